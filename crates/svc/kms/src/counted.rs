//! Keys of customers, as CloudWatch tells their number.

use wharf_records::{Record as _, decode};
use wharf_service::{Counted, Counting};

use crate::{ops::create::MOST_KEYS, records::Key};

/// By the kinds of their records. Keys that services manage are among them, and there is no quota of those.
pub const COUNTED: Counted = Counted {
    service: "kms",
    name: "KMS",
    resources: &[Counting::those(
        Key::KIND,
        |value| decode::<Key>(value).is_ok_and(|it| it.managed_by.is_none()),
        "KeysPerAccount",
    )
    .at_most(MOST_KEYS)],
};
