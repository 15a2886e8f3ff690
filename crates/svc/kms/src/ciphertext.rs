//! What a symmetric key encrypted: which key, which of its materials, and for which context. Pure.
//!
//! Layout, version 1: `1 | account (6) | key (16) | material (4) | salt (16) | nonce (12) | body | tag (16)`; what keys
//! of several regions encrypt begins with 2, and says no region: all of them open it.
//! The account is a number of 48 bits, big-endian like the number of the material. Everything before
//! the body is authenticated with it, and so is the encryption context.

use std::collections::BTreeMap;

use crate::names::KeyId;

const ONE_REGION: u8 = 1;
const SEVERAL: u8 = 2;
pub const SALT: usize = 16;
pub const NONCE: usize = 12;
pub const TAG: usize = 16;
const ACCOUNT: usize = 6;
const HEAD: usize = 1 + ACCOUNT + 16 + 4 + SALT + NONCE;

/// Encryption contexts are bounded by what a policy could be asked about.
pub type Context = BTreeMap<String, String>;

/// A ciphertext in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Of the key.
    pub account: String,
    pub key: KeyId,
    /// Which of the key's materials, from 0.
    pub material: u32,
    pub salt: [u8; SALT],
    pub nonce: [u8; NONCE],
    /// The ciphertext proper with its tag.
    pub body: Vec<u8>,
}

impl Blob {
    /// `None` for what this service never made.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let is_multi = match *version {
            ONE_REGION => false,
            SEVERAL => true,
            _ => return None,
        };
        let (account, rest) = rest.split_first_chunk::<ACCOUNT>()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (material, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, body) = rest.split_first_chunk()?;
        if body.len() < TAG {
            return None;
        }
        let mut number = [0; 8];
        number[8 - ACCOUNT..].copy_from_slice(account);
        let account = format!("{:012}", u64::from_be_bytes(number));
        (account.len() == 12).then(|| Self {
            account,
            key: KeyId::new(*key, is_multi),
            material: u32::from_be_bytes(*material),
            salt: *salt,
            nonce: *nonce,
            body: body.to_vec(),
        })
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn head(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.body.len());
        let account: u64 = self.account.parse().unwrap_or_default();
        bytes.push(if self.key.is_multi {
            SEVERAL
        } else {
            ONE_REGION
        });
        bytes.extend_from_slice(&account.to_be_bytes()[8 - ACCOUNT..]);
        bytes.extend_from_slice(self.key.bytes());
        bytes.extend_from_slice(&self.material.to_be_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.nonce);
        bytes
    }

    /// What is authenticated beside the body: the head and the encryption context.
    pub fn associated(&self, context: &Context) -> Vec<u8> {
        let mut bytes = self.head();
        let mut text = |it: &str| {
            bytes.extend_from_slice(&(it.len() as u64).to_be_bytes());
            bytes.extend_from_slice(it.as_bytes());
        };
        for (key, value) in context {
            text(key);
            text(value);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blob(account: u64, key: KeyId, material: u32, body: Vec<u8>) -> Blob {
        Blob {
            account: format!("{account:012}"),
            key,
            material,
            salt: [7; SALT],
            nonce: [9; NONCE],
            body,
        }
    }

    #[test]
    fn contexts_differ_wherever_they_are_cut() {
        let blob = blob(1, KeyId::new([0; 16], false), 0, vec![0; TAG]);
        let context = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            blob.associated(&pairs.map(|(k, v)| ((*k).into(), (*v).into())).collect())
        };
        let all = [
            context(&[]),
            context(&[("", "")]),
            context(&[("a", "b")]),
            context(&[("ab", "")]),
            context(&[("", "ab")]),
            context(&[("a", "b"), ("c", "d")]),
            context(&[("a", "bcd")]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            account in 0..1_000_000_000_000u64,
            key in any::<[u8; 16]>(),
            is_multi: bool,
            material in any::<u32>(),
            body in prop::collection::vec(any::<u8>(), TAG..100),
        ) {
            let blob = blob(account, KeyId::new(key, is_multi), material, body);
            prop_assert_eq!(Blob::parse(&blob.to_bytes()), Some(blob));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            crate::fuzz::ciphertext(&bytes);
            if let Some(first) = bytes.first_mut() {
                *first = ONE_REGION + (*first & 1);
            }
            crate::fuzz::ciphertext(&bytes);
        }
    }
}
