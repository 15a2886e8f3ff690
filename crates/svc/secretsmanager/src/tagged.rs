//! Resources of Secrets Manager that have tags. The random end of a secret's ARN is in its record.

use wharf_records::{Record as _, decode};
use wharf_service::{Held, Kind, Tagged};

use crate::{names::SERVICE, records::Secret};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[Kind::within(Secret::KIND, secret)],
};

fn secret(name: &str, value: &[u8]) -> Held {
    let secret: Secret = decode(value)?;
    Ok(vec![(
        format!("secret:{name}-{}", secret.suffix),
        secret.tags,
    )])
}
