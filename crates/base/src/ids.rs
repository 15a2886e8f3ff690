//! Identifiers in the forms the AWS APIs print them, minted from one source of randomness.

use std::fmt;

use rand::Rng;
use serde::{Deserialize, Serialize};

/// 32 lowercase hexadecimal digits: tasks and container instances.
pub fn hex32() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// 17 lowercase hexadecimal digits behind `prefix-`: `eni-0a1b…`, `vpc-…`, `i-…`.
pub fn ec2_id(prefix: &str) -> String {
    format!("{prefix}-0{:016x}", rand::rng().random::<u64>())
}

/// 16 lowercase hexadecimal digits: load balancers, listeners, target groups.
pub fn hex16() -> String {
    format!("{:016x}", rand::rng().random::<u64>())
}

/// 19 decimal digits: deployments and service revisions (`ecs-svc/<19 digits>`).
pub fn digits19() -> String {
    rand::rng()
        .random_range(1_000_000_000_000_000_000_u64..10_000_000_000_000_000_000)
        .to_string()
}

/// The number of an account: twelve decimal digits.
pub fn account() -> String {
    rand::rng()
        .random_range(100_000_000_000_u64..1_000_000_000_000)
        .to_string()
}

/// A random UUID with dashes: attachments, containers, events, requests.
pub fn uuid() -> String {
    // From the thread's own generator: the crate's would ask the kernel each time.
    let random = rand::rng().random();
    uuid::Builder::from_random_bytes(random)
        .into_uuid()
        .to_string()
}

/// The UUID that stands for some bytes: the same for the same, so that what is done again is known again.
pub fn uuid_of(bytes: &[u8]) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, bytes).to_string()
}

/// `prefix` and upper-case letters and digits up to `len` characters: `AIDA…`, `AROA…`.
pub fn iam_id(prefix: &str, len: usize) -> String {
    from_alphabet(prefix, BASE32, len)
}

/// The id of an access key of an account, behind `AKIA` or `ASIA`. As with AWS, the account is in it:
/// whoever has an id learns whose it would be, and not whether there is that key.
///
/// Behind the prefix are 80 bits in base 32: a one, the account's number in 40 bits, and 39 that are
/// random.
pub fn access_key_id(prefix: &str, account: &str) -> String {
    let account = account.parse::<u64>().unwrap_or_default() & ACCOUNT_MASK;
    let random: u64 = rand::rng().random();
    let bits = (1 << 79)
        | (u128::from(account) << ACCOUNT_SHIFT)
        | u128::from(random & ((1 << ACCOUNT_SHIFT) - 1));
    let digit = |place: u32| char::from(BASE32[(bits >> (place * 5)) as usize % BASE32.len()]);
    prefix.chars().chain((0..16).rev().map(digit)).collect()
}

/// The account in the id of an access key; `None` for a text that is no id with one in it.
pub fn account_of_access_key(id: &str) -> Option<String> {
    let digits = id
        .strip_prefix("AKIA")
        .or_else(|| id.strip_prefix("ASIA"))?;
    if digits.len() != 16 {
        return None;
    }
    let bits = digits.bytes().try_fold(0_u128, |bits, byte| {
        let digit = BASE32.iter().position(|it| *it == byte)?;
        Some(bits << 5 | digit as u128)
    })?;
    let account = (bits >> ACCOUNT_SHIFT) as u64 & ACCOUNT_MASK;
    (bits >> 79 == 1 && account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ACCOUNT_SHIFT: u32 = 39;
const ACCOUNT_MASK: u64 = (1 << 40) - 1;

/// The id of an association of EKS Pod Identity: `a-` and 17 lowercase letters and digits.
pub fn association() -> String {
    from_alphabet("a-", LOWER, 19)
}

const LOWER: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The alias of a public registry: a lowercase letter, and seven lowercase letters and digits.
pub fn registry_alias() -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    from_alphabet(&from_alphabet("", LETTERS, 1), LOWER, 8)
}

/// A secret access key: 40 characters of base 64's alphabet.
pub fn secret_access_key() -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    from_alphabet("", ALPHABET, 40)
}

fn from_alphabet(prefix: &str, alphabet: &[u8], len: usize) -> String {
    let mut rng = rand::rng();
    let mut id = String::with_capacity(len);
    id.push_str(prefix);
    while id.len() < len {
        id.push(char::from(alphabet[rng.random_range(0..alphabet.len())]));
    }
    id
}

/// Four lowercase letters or digits that every object on the host carries, so that several
/// installations on one machine never touch each other's (architecture: §6, last point).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstallationId(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an installation id, which has four characters of a-z and 0-9")]
pub struct BadInstallationId;

impl InstallationId {
    pub const LEN: usize = 4;

    pub fn mint() -> Self {
        Self(from_alphabet(
            "",
            b"abcdefghijklmnopqrstuvwxyz0123456789",
            Self::LEN,
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InstallationId {
    type Error = BadInstallationId;
    fn try_from(text: String) -> Result<Self, BadInstallationId> {
        let fits = text.len() == Self::LEN
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits {
            Ok(Self(text))
        } else {
            Err(BadInstallationId)
        }
    }
}

impl From<InstallationId> for String {
    fn from(id: InstallationId) -> Self {
        id.0
    }
}

impl fmt::Display for InstallationId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert_eq!(hex32().len(), 32);
        assert_eq!(digits19().len(), 19);
        assert_eq!(ec2_id("eni").len(), 21);
        assert_eq!(iam_id("AROA", 21).len(), 21);
        assert_eq!(secret_access_key().len(), 40);
    }

    #[test]
    fn ids_of_access_keys_have_their_account() {
        for account in ["000000000000", "123456789012", "999999999999"] {
            let id = access_key_id("AKIA", account);
            assert_eq!(id.len(), 20);
            assert_ne!(id, access_key_id("AKIA", account));
            assert_eq!(account_of_access_key(&id).as_deref(), Some(account), "{id}");
        }
        // Published with the way AWS's ids are read.
        let known = account_of_access_key("ASIAQNZGKIQY56JQ7WML");
        assert_eq!(known.as_deref(), Some("029608264753"));
        for none in [
            "",
            "AKIA",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIA777777777777777",
            "AKIA7777777777777777",
            "AKIAQNZGKIQY56JQ7WM1",
            "AROAQNZGKIQY56JQ7WML",
        ] {
            assert_eq!(account_of_access_key(none), None, "{none}");
        }
    }

    #[test]
    fn installation_ids_are_four_plain_characters() {
        assert!(InstallationId::try_from("ab12".to_owned()).is_ok());
        for bad in ["", "abc", "abcde", "AB12", "ab-1", "é12"] {
            assert!(InstallationId::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
