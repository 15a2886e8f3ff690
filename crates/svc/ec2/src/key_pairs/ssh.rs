//! Strings and numbers as SSH writes them, and OpenSSH's file of a private key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// Bytes behind their length.
pub fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("keys are short");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// A positive number: without zeros before it, but for the one that keeps it positive.
pub fn mpint(out: &mut Vec<u8>, number: &[u8]) {
    let zeros = number.iter().take_while(|it| **it == 0).count();
    let digits = &number[zeros..];
    match digits.first() {
        Some(first) if first & 0x80 != 0 => string(out, &[&[0], digits].concat()),
        _ => string(out, digits),
    }
}

/// Reads strings one after another.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (bytes, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A positive number without zeros before it.
    pub fn mpint(&mut self) -> Option<&'a [u8]> {
        match self.string()? {
            [] => None,
            [0, rest @ ..] => {
                Some(rest).filter(|rest| rest.first().is_some_and(|it| it & 0x80 != 0))
            }
            [first, ..] if first & 0x80 != 0 => None,
            digits => Some(digits),
        }
    }
}

/// Text of `label` with lines of base 64.
pub fn pem(label: &str, bytes: &[u8], width: usize) -> Zeroizing<String> {
    let body = lines(bytes, width);
    Zeroizing::new(format!(
        "-----BEGIN {label}-----\n{}-----END {label}-----\n",
        body.as_str()
    ))
}

/// Base 64 in lines that each end.
pub fn lines(bytes: &[u8], width: usize) -> Zeroizing<String> {
    let encoded = Zeroizing::new(STANDARD.encode(bytes));
    let mut lines = Zeroizing::new(String::with_capacity(
        encoded.len() + encoded.len() / width + 1,
    ));
    for (place, letter) in encoded.chars().enumerate() {
        if place > 0 && place % width == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines.push('\n');
    lines
}

/// A key of Ed25519 as `ssh-keygen` would write it without a passphrase. `check` is any number.
pub fn ed25519_file(seed: &[u8], public: &[u8], comment: &str, check: u32) -> Zeroizing<String> {
    let blob = ed25519_blob(public);
    let mut secret = Zeroizing::new(Vec::with_capacity(512));
    // Twice, so that a wrong passphrase would show.
    secret.extend_from_slice(&check.to_be_bytes());
    secret.extend_from_slice(&check.to_be_bytes());
    string(&mut secret, b"ssh-ed25519");
    string(&mut secret, public);
    let both = Zeroizing::new([seed, public].concat());
    string(&mut secret, &both);
    string(&mut secret, comment.as_bytes());
    let mut pad = 1;
    while secret.len() % 8 != 0 {
        secret.push(pad);
        pad += 1;
    }
    let mut file = Zeroizing::new(Vec::with_capacity(1024));
    file.extend_from_slice(b"openssh-key-v1\0");
    string(&mut file, b"none");
    string(&mut file, b"none");
    string(&mut file, b"");
    file.extend_from_slice(&1_u32.to_be_bytes());
    string(&mut file, &blob);
    string(&mut file, &secret);
    pem("OPENSSH PRIVATE KEY", &file, 70)
}

pub fn ed25519_blob(public: &[u8]) -> Vec<u8> {
    let mut blob = Vec::new();
    string(&mut blob, b"ssh-ed25519");
    string(&mut blob, public);
    blob
}

pub fn rsa_blob(exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let mut blob = Vec::new();
    string(&mut blob, b"ssh-rsa");
    mpint(&mut blob, exponent);
    mpint(&mut blob, modulus);
    blob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_positive_and_short() {
        for (number, expected) in [
            (&[0x7f][..], &[0, 0, 0, 1, 0x7f][..]),
            (&[0x80], &[0, 0, 0, 2, 0, 0x80]),
            (&[0, 0, 1], &[0, 0, 0, 1, 1]),
            (&[], &[0, 0, 0, 0]),
        ] {
            let mut out = Vec::new();
            mpint(&mut out, number);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn strings_do_not_reach_behind_the_end() {
        assert_eq!(Reader(&[0, 0, 0, 1, 7]).string(), Some(&[7][..]));
        for bytes in [&[0, 0, 0, 2, 7][..], &[0xff; 5], &[0, 0, 0], &[]] {
            assert_eq!(Reader(bytes).string(), None, "{bytes:?}");
        }
        for bytes in [&[0, 0, 0, 1, 0x80][..], &[0, 0, 0, 2, 0, 1], &[0, 0, 0, 0]] {
            assert_eq!(Reader(bytes).mpint(), None, "{bytes:?}");
        }
    }

    #[test]
    fn lines_are_even() {
        assert_eq!(lines(&[0; 6], 4).as_str(), "AAAA\nAAAA\n");
        assert_eq!(lines(&[0; 3], 64).as_str(), "AAAA\n");
    }
}
