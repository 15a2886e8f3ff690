//! Whether an image meets the rules. Pure.

use std::{collections::HashMap, fmt};

use wharf_base::{Timestamp, glob::Glob};
use wharf_records::admission::AdmissionRule;
use wharf_signature::{Key, Unverified, notation, simple_signing};

/// What a signature is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// A document and the text of its signature.
    Simple {
        document: Vec<u8>,
        signature: String,
    },
    Notation(Vec<u8>),
}

/// An image that is to start.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// As rules name it.
    pub repository: &'a str,
    /// With all its signatures that could be read; `None` for what is not in a registry of the account.
    pub signed: Option<(&'a str, &'a [Signature])>,
}

/// Why an image does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    NotNamed,
    NotHere,
    Unsigned {
        rule: String,
        /// Fingerprints of the keys that would do.
        keys: Vec<String>,
        /// Signatures that were looked at.
        looked_at: usize,
        /// Why the nearest of them does not count.
        nearest: Option<Unverified>,
    },
    /// There are more keys and signatures than are tried.
    TooMany,
    /// A key of the rule cannot be read any more.
    Broken {
        rule: String,
    },
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNamed => write!(out, "no rule of admission names its repository"),
            Self::NotHere => write!(
                out,
                "it is not in a registry of the account, where its signatures would be"
            ),
            Self::TooMany => write!(
                out,
                "the rules that name it have more keys than are tried with so many signatures"
            ),
            Self::Broken { rule } => write!(out, "a key of the rule '{rule}' cannot be read"),
            Self::Unsigned {
                rule,
                keys,
                looked_at,
                nearest,
            } => {
                let keys = keys.join(" or ");
                write!(
                    out,
                    "the rule '{rule}' asks for a signature by the key {keys}"
                )?;
                match nearest {
                    None => write!(out, ", and there is no signature of it"),
                    Some(why) => write!(out, ", and of {looked_at} found none counts: {why}"),
                }
            }
        }
    }
}

/// The rules that name a repository.
pub fn naming<'a>(rules: &'a [AdmissionRule], repository: &str) -> Vec<&'a AdmissionRule> {
    let names = |pattern: &String| Glob::stars(pattern).matches(repository);
    let of = |rule: &&AdmissionRule| rule.repositories.iter().any(names);
    rules.iter().filter(of).collect()
}

/// Signatures of an image that are tried with keys. A try costs up to a millisecond.
const MOST_TRIES: usize = 500;

/// A key, and what came of trying it: a key that many rules name is tried once.
struct Tried {
    key: Key,
    outcome: Option<Result<(), Option<Unverified>>>,
}

/// Each rule that names the image's repository must be met, and one must name it.
pub fn decide(rules: &[AdmissionRule], image: Image<'_>, now: Timestamp) -> Result<(), Refusal> {
    let mut known: HashMap<&str, Tried> = HashMap::new();
    let mut tries = 0;
    let naming = naming(rules, image.repository);
    if naming.is_empty() {
        return Err(Refusal::NotNamed);
    }
    for rule in naming.into_iter().filter(|rule| !rule.keys.is_empty()) {
        let (digest, signatures) = image.signed.ok_or(Refusal::NotHere)?;
        for pem in &rule.keys {
            if !known.contains_key(pem.as_str()) {
                let key = Key::from_pem(pem).map_err(|_| Refusal::Broken {
                    rule: rule.name.clone(),
                })?;
                known.insert(pem, Tried { key, outcome: None });
            }
        }
        let (mut met, mut nearest) = (false, None);
        for pem in &rule.keys {
            let Some(tried) = known.get_mut(pem.as_str()) else {
                continue;
            };
            if tried.outcome.is_none() {
                tries += signatures.len();
                if tries > MOST_TRIES {
                    return Err(Refusal::TooMany);
                }
            }
            let key = &tried.key;
            let outcome = tried
                .outcome
                .get_or_insert_with(|| signed_by(key, digest, signatures, now));
            match outcome {
                Ok(()) => {
                    met = true;
                    break;
                }
                Err(why) => nearest = nearer(nearest, *why),
            }
        }
        if !met {
            let keys = rule.keys.iter().filter_map(|it| known.get(it.as_str()));
            return Err(Refusal::Unsigned {
                rule: rule.name.clone(),
                keys: keys.map(|it| it.key.fingerprint()).collect(),
                looked_at: signatures.len(),
                nearest,
            });
        }
    }
    Ok(())
}

/// Whether the key made one of the signatures; else the reason of the one that came nearest.
fn signed_by(
    key: &Key,
    digest: &str,
    signatures: &[Signature],
    now: Timestamp,
) -> Result<(), Option<Unverified>> {
    let mut nearest = None;
    for signature in signatures {
        let verified = match signature {
            Signature::Simple {
                document,
                signature,
            } => simple_signing::verify(key, document, signature, digest),
            Signature::Notation(envelope) => notation::verify(key, envelope, digest, now),
        };
        match verified {
            Ok(()) => return Ok(()),
            Err(why) => nearest = nearer(nearest, Some(why)),
        }
    }
    Err(nearest)
}

/// The reason of which more was right; of two alike the one that was there.
fn nearer(one: Option<Unverified>, other: Option<Unverified>) -> Option<Unverified> {
    match (one, other) {
        (Some(one), Some(other)) if rank(other) > rank(one) => Some(other),
        (one, other) => one.or(other),
    }
}

/// How much was right about it.
fn rank(why: Unverified) -> u8 {
    match why {
        Unverified::Unreadable => 0,
        Unverified::Algorithm => 1,
        Unverified::OtherKey => 2,
        Unverified::Critical => 3,
        Unverified::OtherImage => 4,
        Unverified::Expired => 5,
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use rcgen::{KeyPair, SigningKey};
    use wharf_records::Unknown;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn rule(name: &str, repository: &str, keys: &[&KeyPair]) -> AdmissionRule {
        AdmissionRule {
            name: name.to_owned(),
            repositories: vec![repository.to_owned()],
            keys: keys.iter().map(|key| key.public_key_pem()).collect(),
            changed_at: NOW,
            changed_by: "root".to_owned(),
            unknown: Unknown::new(),
        }
    }

    fn signature(key: &KeyPair, digest: &str) -> Signature {
        let document = format!(
            r#"{{"critical":{{"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}}}}"#
        );
        let signature = STANDARD.encode(key.sign(document.as_bytes()).unwrap());
        Signature::Simple {
            document: document.into_bytes(),
            signature,
        }
    }

    fn check(
        rules: &[AdmissionRule],
        repository: &str,
        signatures: &[Signature],
    ) -> Result<(), String> {
        let image = Image {
            repository,
            signed: Some((DIGEST, signatures)),
        };
        decide(rules, image, NOW).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn every_rule_that_names_a_repository_must_be_met() {
        let (ours, theirs) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let rules = [
            rule("release", "prod/*", &[&ours]),
            rule("audit", "prod/pay", &[&theirs]),
            rule("bases", "docker.io/library/*", &[]),
        ];
        let (by_us, by_them) = (signature(&ours, DIGEST), signature(&theirs, DIGEST));
        assert_eq!(
            check(&rules, "prod/web", std::slice::from_ref(&by_us)),
            Ok(())
        );
        assert_eq!(
            check(&rules, "prod/pay", &[by_us.clone(), by_them.clone()]),
            Ok(())
        );
        assert!(check(&rules, "prod/pay", std::slice::from_ref(&by_us)).is_err());
        assert!(check(&rules, "prod/web", &[by_them]).is_err());
        assert_eq!(check(&rules, "docker.io/library/redis", &[]), Ok(()));
        let stranger = check(&rules, "docker.io/stranger/redis", &[by_us]);
        assert_eq!(
            stranger.unwrap_err(),
            "no rule of admission names its repository"
        );
    }

    #[test]
    fn either_key_of_a_rule_does() {
        let (old, new) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let rules = [rule("release", "*", &[&old, &new])];
        for key in [&old, &new] {
            assert_eq!(check(&rules, "web", &[signature(key, DIGEST)]), Ok(()));
        }
    }

    #[test]
    fn keys_and_signatures_are_tried_once_each_and_not_without_end() {
        let (ours, theirs) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let many = vec![signature(&theirs, DIGEST); 19];
        let with_ours = [many.clone(), vec![signature(&ours, DIGEST)]].concat();
        let same = (0..50).map(|at| rule(&at.to_string(), "*", &[&ours]));
        assert_eq!(check(&same.collect::<Vec<_>>(), "web", &with_ours), Ok(()));
        let other = || KeyPair::generate().unwrap();
        let each = (0..50).map(|at| rule(&at.to_string(), "*", &[&other(), &ours]));
        let refused = check(&each.collect::<Vec<_>>(), "web", &with_ours).unwrap_err();
        assert!(refused.contains("more keys than are tried"), "{refused}");
    }

    #[test]
    fn a_refusal_names_rule_key_and_cause() {
        let (ours, theirs) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let rules = [rule("release", "*", &[&ours])];
        let key = Key::from_pem(&ours.public_key_pem()).unwrap().fingerprint();
        let asks = format!("the rule 'release' asks for a signature by the key {key}");
        let refused = |signatures: &[Signature]| check(&rules, "web", signatures).unwrap_err();
        assert_eq!(
            refused(&[]),
            format!("{asks}, and there is no signature of it")
        );
        let other = "sha256:bb";
        let signatures = [signature(&theirs, DIGEST), signature(&ours, other)];
        assert_eq!(
            refused(&signatures),
            format!("{asks}, and of 2 found none counts: it is about another image")
        );
        let signatures = [signature(&theirs, DIGEST)];
        assert_eq!(
            refused(&signatures),
            format!(
                "{asks}, and of 1 found none counts: it is by another key, or what was signed was changed"
            )
        );
    }

    #[test]
    fn what_is_not_here_or_not_readable_is_refused() {
        let ours = KeyPair::generate().unwrap();
        let mut rules = vec![rule("release", "*", &[&ours])];
        let image = Image {
            repository: "docker.io/library/redis",
            signed: None,
        };
        assert_eq!(decide(&rules, image, NOW), Err(Refusal::NotHere));
        rules[0].keys = vec!["damaged".to_owned()];
        let broken = check(&rules, "web", &[signature(&ours, DIGEST)]);
        assert_eq!(
            broken.unwrap_err(),
            "a key of the rule 'release' cannot be read"
        );
    }
}
