//! Ids, ARNs and aliases of keys. Pure.

use std::fmt;

use wharf_base::{Arn, ids};
use wharf_records::Scope;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::fault;

/// The service's name in ARNs, keys of records and actions.
pub const SERVICE: &str = "kms";

const ALIAS: &str = "alias/";
/// Begins the names of aliases that only services make.
const RESERVED: &str = "alias/aws/";

/// Begins the ids of keys that may be in several regions.
const MULTI: &str = "mrk-";

/// A key's id: sixteen bytes, and whether it may be in several regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId {
    bytes: [u8; 16],
    pub is_multi: bool,
}

impl KeyId {
    pub fn new(bytes: [u8; 16], is_multi: bool) -> Self {
        Self { bytes, is_multi }
    }

    pub fn bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// Reads an id as it is printed.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, is_multi) = match text.strip_prefix(MULTI) {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let mut read = Vec::with_capacity(32);
        for (at, byte) in digits.bytes().enumerate() {
            match (at, byte) {
                (8 | 13 | 18 | 23, b'-') if !is_multi => {}
                (8 | 13 | 18 | 23, _) if !is_multi => return None,
                (_, b'0'..=b'9') => read.push(byte - b'0'),
                (_, b'a'..=b'f') => read.push(byte - b'a' + 10),
                _ => return None,
            }
        }
        let read: [u8; 32] = read.try_into().ok()?;
        let bytes = std::array::from_fn(|at| read[2 * at] << 4 | read[2 * at + 1]);
        Some(Self { bytes, is_multi })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_multi {
            out.write_str(MULTI)?;
        }
        for (at, byte) in self.bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) && !self.is_multi {
                out.write_str("-")?;
            }
            write!(out, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// A new key's id.
pub fn new_id(is_multi: bool) -> String {
    match is_multi {
        true => format!("{MULTI}{}", ids::hex32()),
        false => ids::uuid(),
    }
}

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub fn key_arn(place: &Place, id: &str) -> String {
    Arn::new(SERVICE, &place.region, &place.account, format!("key/{id}")).to_string()
}

/// `alias` is the whole name, `alias/app`.
pub fn alias_arn(place: &Place, alias: &str) -> String {
    Arn::new(SERVICE, &place.region, &place.account, alias).to_string()
}

/// What a `KeyId` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Key {
        place: Place,
        id: String,
    },
    /// By its whole name, `alias/app`.
    Alias {
        place: Place,
        name: String,
    },
}

/// Reads the `KeyId` of a request made at `place`.
///
/// # Errors
/// It stands for no key of this region.
pub fn asked(place: &Place, given: &str) -> Result<Asked, Fault> {
    if !given.starts_with("arn:") {
        return named(place.clone(), given).ok_or_else(|| fault::bad_key_id(given));
    }
    let bad = || fault::bad_key_id(given);
    let arn: Arn = given.parse().map_err(|_| bad())?;
    let is_account = arn.account.len() == 12 && arn.account.bytes().all(|it| it.is_ascii_digit());
    if arn.service != SERVICE || !is_account || !arn.is_in_its_partition() {
        return Err(bad());
    }
    if arn.region != place.region {
        return Err(fault::wrong_region(&arn.region));
    }
    let at = Place::new(&arn.account, &arn.region);
    let resource = match arn.resource.strip_prefix("key/") {
        Some(id) if !id.starts_with(ALIAS) => id,
        Some(_) => return Err(bad()),
        None if arn.resource.starts_with(ALIAS) => &arn.resource,
        None => return Err(bad()),
    };
    named(at, resource).ok_or_else(bad)
}

fn named(place: Place, text: &str) -> Option<Asked> {
    if text.starts_with(ALIAS) {
        let name = text.to_owned();
        return is_alias(text).then_some(Asked::Alias { place, name });
    }
    let id = text.to_owned();
    KeyId::parse(text).map(|_| Asked::Key { place, id })
}

fn is_alias(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    let rest = name.strip_prefix(ALIAS);
    rest.is_some_and(|rest| !rest.is_empty() && name.len() <= 256 && rest.bytes().all(fits))
}

/// A name that a caller may give an alias.
///
/// # Errors
/// AWS's text for any other.
pub fn check_alias(name: &str) -> Result<(), Fault> {
    if !name.starts_with(ALIAS) {
        return Err(fault::invalid(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ));
    }
    if name.starts_with(RESERVED) {
        return Err(Fault::sender(
            "NotAuthorizedException",
            400,
            "Alias names that begin with alias/aws/ are reserved for AWS services.",
        ));
    }
    match is_alias(name) {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "{name} contains invalid characters for an alias"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    fn place() -> Place {
        Place::new("000000000000", "us-east-1")
    }

    #[test]
    fn a_key_is_named_in_four_ways() {
        let key = Asked::Key {
            place: place(),
            id: ID.to_owned(),
        };
        assert_eq!(asked(&place(), ID).unwrap(), key);
        assert_eq!(asked(&place(), &key_arn(&place(), ID)).unwrap(), key);
        let alias = Asked::Alias {
            place: place(),
            name: "alias/app".to_owned(),
        };
        assert_eq!(asked(&place(), "alias/app").unwrap(), alias);
        let arn = alias_arn(&place(), "alias/app");
        assert_eq!(asked(&place(), &arn).unwrap(), alias);
        let other = asked(&place(), &arn.replace("000000000000", "111122223333")).unwrap();
        assert!(matches!(other, Asked::Alias { place, .. } if place.account == "111122223333"));
    }

    #[test]
    fn what_stands_for_no_key() {
        let arn = key_arn(&place(), ID);
        for (given, text) in [
            ("app", "Invalid keyId 'app'".to_owned()),
            ("", "Invalid keyId ''".to_owned()),
            ("alias/", "Invalid keyId 'alias/'".to_owned()),
            (
                &arn.replace("us-east-1", "eu-west-1"),
                "Invalid arn eu-west-1".to_owned(),
            ),
            (
                &arn.replace("kms", "s3"),
                format!("Invalid keyId '{}'", arn.replace("kms", "s3")),
            ),
            (
                &arn.replace("key/", "key:"),
                format!("Invalid keyId '{}'", arn.replace("key/", "key:")),
            ),
            (
                &arn.replace("000000000000", "aws"),
                format!("Invalid keyId '{}'", arn.replace("000000000000", "aws")),
            ),
            (
                &ID.to_uppercase(),
                format!("Invalid keyId '{}'", ID.to_uppercase()),
            ),
            (&format!("mrk-{ID}"), format!("Invalid keyId 'mrk-{ID}'")),
            (
                &"0a".repeat(16),
                format!("Invalid keyId '{}'", "0a".repeat(16)),
            ),
        ] {
            let refused = asked(&place(), given).unwrap_err();
            assert_eq!(
                (&*refused.code, refused.message),
                ("NotFoundException", text)
            );
        }
    }

    #[test]
    fn aliases_have_rules() {
        assert!(check_alias("alias/app/db_1-x").is_ok());
        for (name, code) in [
            ("app", "ValidationException"),
            ("alias/a:b", "ValidationException"),
            ("alias/", "ValidationException"),
            ("alias/aws/x", "NotAuthorizedException"),
        ] {
            assert_eq!(check_alias(name).unwrap_err().code, code, "{name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_given_panics(given in "\\PC*") {
            let _ = asked(&place(), &given);
            let _ = asked(&place(), &format!("arn:aws:kms:us-east-1:000000000000:key/{given}"));
        }

        #[test]
        fn ids_are_read_as_they_are_printed(bytes in any::<[u8; 16]>(), is_multi: bool) {
            let id = KeyId::new(bytes, is_multi);
            prop_assert_eq!(KeyId::parse(&id.to_string()), Some(id));
        }
    }
}
