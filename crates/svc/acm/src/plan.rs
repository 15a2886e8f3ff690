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

/// `authority` is the generation of the one that signs.
pub fn step(certificate: &Certificate, in_use: bool, authority: u32, now: Timestamp) -> Step {
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
    let in_use = in_use || certificate.exported;
    // Clients will trust the authority before no longer. What is over stays over.
    let outdated = issued.authority < authority && issued.facts.not_after > now;
    match asked || outdated || (in_use && due <= now) {
        true => Step::Renew,
        false => Step::After(match due.since(now) {
            Duration::ZERO => LOOK,
            left => left.min(LOOK),
        }),
    }
}

#[cfg(test)]
pub mod tests {
    use wharf_seal::Keyring;

    use super::*;
    use crate::{
        facts::Facts,
        key::Algorithm,
        records::{Issued, Method, Renewal},
    };

    pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    pub fn certificate(left: Option<Duration>) -> Certificate {
        let issued = left.map(|left| Issued {
            body: String::new(),
            chain: None,
            facts: Facts {
                serial: String::new(),
                subject: String::new(),
                issuer: String::new(),
                not_before: NOW - LOOK,
                not_after: NOW + left,
                signature_algorithm: String::new(),
                key_usages: Vec::new(),
                extended_key_usages: Vec::new(),
            },
            at: NOW,
            authority: 1,
        });
        Certificate {
            origin: Origin::Requested {
                method: Method::Dns,
                validations: Vec::new(),
                transparency: true,
                exportable: true,
            },
            domain: "a.example.com".to_owned(),
            names: vec!["a.example.com".to_owned()],
            algorithm: Algorithm::P256,
            private_key: Keyring::in_memory().seal(b"", "x"),
            issued,
            created_at: NOW,
            renewal: None,
            exported: false,
            days_told: None,
            tags: Default::default(),
            unknown: Default::default(),
        }
    }

    #[test]
    fn a_request_is_pending_for_a_moment() {
        let pending = certificate(None);
        assert_eq!(step(&pending, false, 1, NOW), Step::After(VALIDATION));
        assert_eq!(step(&pending, false, 1, NOW + VALIDATION), Step::Issue);
    }

    #[test]
    fn what_is_in_use_is_renewed_in_time() {
        let (second, due) = (Duration::from_secs(1), RENEWED_BEFORE_END);
        for (left, in_use, expected) in [
            (due * 2, true, Step::After(LOOK)),
            (due + second, true, Step::After(second)),
            (due, true, Step::Renew),
            (due, false, Step::After(LOOK)),
            (Duration::ZERO, true, Step::Renew),
        ] {
            let certificate = certificate(Some(left));
            assert_eq!(
                step(&certificate, in_use, 1, NOW),
                expected,
                "{left:?} {in_use}"
            );
        }
        let mut exported = certificate(Some(due));
        exported.exported = true;
        assert_eq!(step(&exported, false, 1, NOW), Step::Renew);
        let mut asked = certificate(Some(due * 2));
        asked.renewal = Some(Renewal {
            pending: true,
            updated_at: NOW,
        });
        assert_eq!(step(&asked, false, 1, NOW), Step::Renew);
        let mut imported = certificate(Some(Duration::ZERO));
        imported.origin = Origin::Imported;
        assert_eq!(step(&imported, true, 2, NOW), Step::Nothing);
    }

    #[test]
    fn what_another_authority_signed_is_renewed_unless_it_is_over() {
        let fresh = certificate(Some(RENEWED_BEFORE_END * 2));
        for (authority, expected) in [(1, Step::After(LOOK)), (2, Step::Renew), (3, Step::Renew)] {
            assert_eq!(step(&fresh, false, authority, NOW), expected, "{authority}");
        }
        let over = certificate(Some(Duration::ZERO));
        assert_eq!(step(&over, false, 2, NOW), Step::After(LOOK));
    }
}
