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

/// `prefix` and upper-case letters and digits up to `len` characters: `AKIA…`, `AROA…`.
pub fn iam_id(prefix: &str, len: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    from_alphabet(prefix, ALPHABET, len)
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
        assert_eq!(iam_id("AKIA", 20).len(), 20);
        assert_eq!(secret_access_key().len(), 40);
    }

    #[test]
    fn installation_ids_are_four_plain_characters() {
        assert!(InstallationId::try_from("ab12".to_owned()).is_ok());
        for bad in ["", "abc", "abcde", "AB12", "ab-1", "é12"] {
            assert!(InstallationId::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
