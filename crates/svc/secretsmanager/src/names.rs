//! Names and ARNs of secrets. Pure.
//!
//! An ARN ends in the name, a hyphen and six random characters; requests name a secret by its name, its
//! ARN, or its ARN without those. A secret of another account is named by its whole ARN alone, as on AWS: who only
//! guesses names learns neither which are there nor their random characters.

use rand::Rng;
use wharf_base::Arn;
use wharf_records::Scope;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::fault;

/// In keys and in ARNs.
pub const SERVICE: &str = "secretsmanager";
/// How policies name this service.
pub const PRINCIPAL: &str = "secretsmanager.amazonaws.com";
/// The random end of an ARN.
const SUFFIX: usize = 6;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub fn arn(place: &Place, name: &str, suffix: &str) -> String {
    let resource = format!("secret:{name}-{suffix}");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

pub fn random_suffix() -> String {
    let mut rng = rand::rng();
    let mut one = || char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]);
    (0..SUFFIX).map(|_| one()).collect()
}

/// A name that a new secret may have.
///
/// # Errors
/// AWS's text for any other.
pub fn check(name: &str) -> Result<(), Fault> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_+=.@!".contains(&byte);
    match name.bytes().all(fits) {
        true => Ok(()),
        false => Err(Fault::sender(
            "ValidationException",
            400,
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the \
             following: -/_+=.@!",
        )),
    }
}

/// What a `SecretId` may stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub place: Place,
    /// Names to look for, each with the suffix that the secret must have; the first match counts.
    pub candidates: Vec<(String, Option<String>)>,
}

/// Reads the `SecretId` of a request made at `place`.
///
/// # Errors
/// An ARN of something else, or of another region, stands for no secret.
pub fn asked(place: &Place, given: &str) -> Result<Asked, Fault> {
    if !given.starts_with("arn:") {
        return Ok(Asked {
            place: place.clone(),
            candidates: vec![(given.to_owned(), None)],
        });
    }
    let arn: Arn = given.parse().map_err(|_| fault::no_secret())?;
    let rest = arn.resource.strip_prefix("secret:");
    let ours = arn.service == SERVICE && arn.region == place.region && arn.is_in_its_partition();
    let rest = rest.filter(|it| ours && !it.is_empty() && !arn.account.is_empty());
    let rest = rest.ok_or_else(fault::no_secret)?;
    let whole = rest.len().checked_sub(SUFFIX + 1).filter(|at| *at > 0);
    let split = whole.and_then(|at| Some((rest.get(..at)?, rest.get(at..)?.strip_prefix('-')?)));
    let mut candidates: Vec<(String, Option<String>)> = Vec::new();
    if let Some((name, suffix)) = split {
        candidates.push((name.to_owned(), Some(suffix.to_owned())));
    }
    if arn.account == place.account {
        candidates.push((rest.to_owned(), None));
    }
    Ok(Asked {
        place: Place::new(&arn.account, &arn.region),
        candidates,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> Place {
        Place::new("000000000000", "us-east-1")
    }

    #[test]
    fn a_secret_is_named_in_three_ways() {
        let arn = arn(&place(), "app/db", "aB3dE6");
        assert_eq!(
            arn,
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-aB3dE6"
        );
        let whole = asked(&place(), &arn).unwrap();
        assert_eq!(
            whole.candidates[0],
            ("app/db".into(), Some("aB3dE6".into()))
        );
        let partial = asked(&place(), arn.strip_suffix("-aB3dE6").unwrap()).unwrap();
        assert_eq!(partial.candidates, [("app/db".into(), None)]);
        let elsewhere = Place::new("111122223333", "us-east-1");
        assert_eq!(
            asked(&elsewhere, &arn).unwrap().candidates,
            [("app/db".into(), Some("aB3dE6".into()))]
        );
        let partial = arn.strip_suffix("-aB3dE6").unwrap();
        assert_eq!(asked(&elsewhere, partial).unwrap().candidates, []);
        let name = asked(&place(), "app/db-aB3dE6").unwrap();
        assert_eq!(name.candidates, [("app/db-aB3dE6".into(), None)]);
        for other in [
            arn.replace("us-east-1", "eu-west-1"),
            arn.replace("secretsmanager", "ssm"),
            arn.replace("secret:", "key:"),
            "arn:aws".to_owned(),
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:".to_owned(),
        ] {
            let refused = asked(&place(), &other).unwrap_err();
            assert_eq!(refused.code, "ResourceNotFoundException", "{other}");
        }
        assert_eq!(random_suffix().len(), 6);
        assert!(check("a/b-c_d+e=f.g@h!1").is_ok());
        assert_eq!(check("a b").unwrap_err().code, "ValidationException");
    }

    proptest! {
        #[test]
        fn nothing_given_panics(given in "\\PC*") {
            let _ = asked(&place(), &given);
            let _ = asked(&place(), &format!("arn:aws:secretsmanager:us-east-1:0:secret:{given}"));
        }
    }
}
