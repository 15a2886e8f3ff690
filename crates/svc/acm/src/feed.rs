//! Which keys a change in the store concerns.

use wharf_records::{Record, Scope};
use wharf_service::{Look, Reach};

use crate::{
    core::Core,
    records::{Authority, Certificate, Token},
};

/// Wakes the reconciler. Another authority concerns every certificate.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    match Scope::parse(key) {
        Some((_, Certificate::KIND | Token::KIND, _)) => core.certificates.wake(key.to_owned()),
        Some((_, Authority::KIND, _)) => return Reach::All,
        _ => {}
    }
    Reach::One
}
