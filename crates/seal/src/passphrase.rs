//! A keyring's file under a passphrase: scrypt makes a key of it, and that seals the document.
//!
//! Salt and key stay the same until the passphrase is set anew, so that a running server can write the
//! file without knowing the passphrase; every write has a nonce of its own.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::aead::{Aad, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    envelope::{DATA_KEY_BYTES, NONCE_BYTES},
    keyring::{aead_key, random},
    secret::Secret,
};

/// Of the file.
pub(crate) const FORMAT: u32 = 2;
/// Longest passphrase, in bytes.
pub const MAX_PASSPHRASE: usize = 1024;
const SALT_BYTES: usize = 16;
/// 64 MiB and some tenths of a second for each guess.
const COST: Cost = Cost {
    log_n: 16,
    r: 8,
    p: 2,
};
/// What a file may ask for at most: 256 MiB.
const HIGHEST: Cost = Cost {
    log_n: 18,
    r: 8,
    p: 4,
};

/// scrypt's parameters.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    log_n: u8,
    r: u32,
    p: u32,
}

/// What protects the file: a key, and how it was made of the passphrase.
#[derive(Clone)]
pub(crate) struct Lock {
    cost: Cost,
    salt: [u8; SALT_BYTES],
    key: Zeroizing<[u8; DATA_KEY_BYTES]>,
}

impl fmt::Debug for Lock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Lock")
    }
}

/// How a protected file is opened.
#[derive(Clone, Copy)]
pub(crate) enum Unlock<'a> {
    Nothing,
    Passphrase(&'a Secret),
    /// As it was opened before.
    Lock(&'a Lock),
}

/// A protected file does not open.
pub(crate) enum Locked {
    Needed,
    Wrong,
    /// It was protected otherwise when this process read it first.
    Changed,
    Damaged(&'static str),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    scrypt: Cost,
    salt: String,
    nonce: String,
    sealed: String,
}

impl Lock {
    /// A fresh one. Takes as long as a guess.
    pub(crate) fn new(passphrase: &Secret) -> Self {
        let salt = random();
        Self::derive(COST, salt, passphrase).expect("the cost is a valid one")
    }

    fn derive(cost: Cost, salt: [u8; SALT_BYTES], passphrase: &Secret) -> Option<Self> {
        let params = scrypt::Params::new(cost.log_n, cost.r, cost.p, DATA_KEY_BYTES).ok()?;
        let mut key = Zeroizing::new([0; DATA_KEY_BYTES]);
        scrypt::scrypt(passphrase.expose(), &salt, &params, key.as_mut_slice()).ok()?;
        Some(Self { cost, salt, key })
    }

    /// The file's bytes around a plain document.
    pub(crate) fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random();
        let mut body = plain.to_vec();
        aead_key(&self.key)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.bound()),
                &mut body,
            )
            .expect("a keyring is far below AES-GCM's limit");
        let document = Document {
            format: FORMAT,
            scrypt: self.cost,
            salt: STANDARD.encode(self.salt),
            nonce: STANDARD.encode(nonce),
            sealed: STANDARD.encode(body),
        };
        serde_json::to_vec_pretty(&document).expect("strings and numbers only")
    }

    /// What is authenticated beside the document.
    fn bound(&self) -> Vec<u8> {
        let Cost { log_n, r, p } = self.cost;
        let mut bound = format!("wharf/keyring/{FORMAT} {log_n} {r} {p} ").into_bytes();
        bound.extend(self.salt);
        bound
    }
}

/// Opens a protected file: the plain document, and what it is protected by.
pub(crate) fn open(bytes: &[u8], unlock: Unlock<'_>) -> Result<(Zeroizing<Vec<u8>>, Lock), Locked> {
    let damaged = Locked::Damaged;
    let document: Document =
        serde_json::from_slice(bytes).map_err(|_| damaged("not the expected JSON"))?;
    let cost = document.scrypt;
    let bounded = cost.log_n <= HIGHEST.log_n
        && (1..=HIGHEST.r).contains(&cost.r)
        && (1..=HIGHEST.p).contains(&cost.p);
    if !bounded {
        return Err(damaged("bad parameters of its passphrase"));
    }
    let salt: [u8; SALT_BYTES] = bytes_of(&document.salt).ok_or(damaged("bad salt"))?;
    let nonce: [u8; NONCE_BYTES] = bytes_of(&document.nonce).ok_or(damaged("bad nonce"))?;
    let lock = match unlock {
        Unlock::Nothing => return Err(Locked::Needed),
        Unlock::Lock(lock) if lock.salt == salt && lock.cost == cost => lock.clone(),
        Unlock::Lock(_) => return Err(Locked::Changed),
        Unlock::Passphrase(passphrase) => Lock::derive(cost, salt, passphrase)
            .ok_or(damaged("bad parameters of its passphrase"))?,
    };
    let sealed = STANDARD.decode(&document.sealed);
    let mut body = Zeroizing::new(sealed.map_err(|_| damaged("bad base 64"))?);
    let length = aead_key(&lock.key)
        .open_in_place(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(lock.bound()),
            body.as_mut_slice(),
        )
        .map_err(|_| Locked::Wrong)?
        .len();
    body.truncate(length);
    Ok((body, lock))
}

fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}
