//! Names of buckets, keys, versions and owners. Pure.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use wharf_wire::Fault;

use crate::fault;

/// Bytes of a key.
pub const MAX_KEY: usize = 1024;

/// The rules of general purpose buckets.
pub fn check_bucket(name: &str) -> Result<(), Fault> {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let fits = (3..=63).contains(&bytes.len())
        && bytes.iter().all(plain)
        && edge(bytes.first())
        && edge(bytes.last())
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"]
            .iter()
            .any(|it| name.starts_with(it))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
            .iter()
            .any(|it| name.ends_with(it));
    match fits {
        true => Ok(()),
        false => Err(fault::bad_bucket_name(name)),
    }
}

pub fn check_key(key: &str) -> Result<(), Fault> {
    if key.len() > MAX_KEY {
        return Err(fault::key_too_long(key.len()));
    }
    if key.is_empty() || key.contains('\0') {
        return Err(fault::bad_uri(key));
    }
    Ok(())
}

pub fn bucket_arn(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

pub fn object_arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

/// The canonical user id of an account.
pub fn owner_id(account: &str) -> String {
    hex::encode(Sha256::digest(format!("wharf canonical user {account}")))
}

/// The id of a version: its place, and a digest, so that none can be guessed from another.
pub fn version_id(bucket_id: &str, key: &str, seq: u64) -> String {
    let mut id = seq.to_be_bytes().to_vec();
    let digest = Sha256::digest(format!("{bucket_id}/{seq}/{key}"));
    id.extend_from_slice(&digest[..16]);
    URL_SAFE_NO_PAD.encode(id)
}

/// The place of the version with this id; `None` if no version of the key can have it.
pub fn version_place(bucket_id: &str, key: &str, id: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let seq = u64::from_be_bytes(bytes.first_chunk().copied()?);
    (version_id(bucket_id, key, seq) == id).then_some(seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets() {
        for good in ["abc", "a-b.c1", "0bc", &"a".repeat(63)] {
            assert_eq!(check_bucket(good), Ok(()), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            "ab",
            "Abc",
            "a_c",
            "-ab",
            "ab-",
            "a..b",
            "192.168.5.4",
            "xn--a",
            "a-s3alias",
            ".ab",
            &long,
            "a/b",
        ] {
            assert_eq!(
                check_bucket(bad).unwrap_err().code,
                "InvalidBucketName",
                "{bad}"
            );
        }
    }

    #[test]
    fn versions() {
        let id = version_id("b", "k", 7);
        assert_eq!((id.len(), version_place("b", "k", &id)), (32, Some(7)));
        assert_eq!(version_place("b", "other", &id), None);
        assert_eq!(version_place("b", "k", "null"), None);
        assert_eq!(version_place("b", "k", ""), None);
    }

    #[test]
    fn keys() {
        assert_eq!(check_key("a/é"), Ok(()));
        assert_eq!(check_key(&"a".repeat(1024)), Ok(()));
        assert_eq!(
            check_key(&"a".repeat(1025)).unwrap_err().code,
            "KeyTooLongError"
        );
        assert_eq!(check_key("a\0b").unwrap_err().code, "InvalidURI");
    }
}
