//! What a certificate needs next. Pure.

use std::time::Duration;

use wharf_base::Timestamp;

use crate::records::{Certificate, Origin};

/// Its names count as validated this long after the request: there is nobody to ask but ourselves,
/// but programs that expect a certificate to be pending at first find it so.
pub const VALIDATION: Duration = Duration::from_millis(250);
/// Renewed when less than this is left, as in AWS since 2026.
pub const RENEWED_BEFORE_END: Duration = Duration::from_secs(45 * 86_400);
/// Between two looks at a certificate that may become due: whether it is in use is seen then, and a
/// clock that was set too.
pub const LOOK: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Sign the first certificate.
    Issue,
    /// Sign another with a new key, in place of the one there is.
    Renew,
    After(Duration),
    Nothing,
}

pub fn step(certificate: &Certificate, in_use: bool, now: Timestamp) -> Step {
    if certificate.origin == Origin::Imported {
        return Step::Nothing;
    }
    let Some(issued) = &certificate.issued else {
        let validated = certificate.created_at + VALIDATION;
        return match validated <= now {
            true => Step::Issue,
            false => Step::After(validated.since(now)),
        };
    };
    let asked = certificate.renewal.is_some_and(|it| it.pending);
    let due = issued.facts.not_after - RENEWED_BEFORE_END;
    match asked || (in_use && due <= now) {
        true => Step::Renew,
        false => Step::After(match due.since(now) {
            Duration::ZERO => LOOK,
            left => left.min(LOOK),
        }),
    }
}
