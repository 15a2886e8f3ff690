//! Secrets, as CloudWatch tells their number. Those that wait to be deleted count; replicas do as secrets of their regions.

use wharf_records::Record as _;
use wharf_service::{Counted, Counting};

use crate::{
    names::SERVICE,
    records::{Replica, Secret},
};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "Secrets Manager",
    resources: &[
        Counting::all(Secret::KIND, "SecretCount"),
        Counting::all(Replica::KIND, "SecretCount"),
    ],
};
