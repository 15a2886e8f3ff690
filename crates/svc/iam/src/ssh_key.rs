//! Public keys of SSH as they are uploaded: RSA, as `ssh-rsa …` or in PEM. Pure.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use wharf_api_iam::faults;
use wharf_wire::Fault;
use x509_parser::{prelude::FromDer, public_key::PublicKey, x509::SubjectPublicKeyInfo};

const KIND: &[u8] = b"ssh-rsa";
/// Bits of a modulus, as AWS takes them.
const BITS: std::ops::RangeInclusive<usize> = 2_048..=16_384;

/// Modulus and exponent, without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RsaKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// How a key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Ssh,
    Pem,
}

impl RsaKey {
    /// Reads a key in either form.
    pub(crate) fn read(text: &str) -> Result<(Self, Encoding), Fault> {
        let text = text.trim();
        let (key, encoding) = match text.starts_with("-----BEGIN") {
            true => (Self::of_pem(text), Encoding::Pem),
            false => (Self::of_line(text), Encoding::Ssh),
        };
        let key = key.ok_or_else(|| {
            faults::unrecognized_public_key_encoding_exception(
                "The public key is neither in the form of ssh-rsa nor an RSA key in PEM.",
            )
        })?;
        let first = key.modulus.first().map_or(0, |it| it.leading_zeros());
        let bits = key.modulus.len() * 8 - first as usize;
        let is_odd = |number: &[u8]| number.last().is_some_and(|it| it % 2 == 1);
        if !BITS.contains(&bits) || !is_odd(&key.modulus) || !is_odd(&key.exponent) {
            return Err(faults::invalid_public_key_exception(
                "The public key is malformed or otherwise invalid.",
            ));
        }
        Ok((key, encoding))
    }

    fn of_line(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        if words.next()?.as_bytes() != KIND {
            return None;
        }
        let blob = STANDARD.decode(words.next()?).ok()?;
        let mut rest = blob.as_slice();
        let kind = part(&mut rest)?;
        let (exponent, modulus) = (part(&mut rest)?, part(&mut rest)?);
        (kind == KIND && rest.is_empty()).then(|| Self {
            modulus: plain(modulus),
            exponent: plain(exponent),
        })
    }

    fn of_pem(text: &str) -> Option<Self> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
        let (rest, info) = SubjectPublicKeyInfo::from_der(&der).ok()?;
        match info.parsed().ok()? {
            PublicKey::RSA(key) if rest.is_empty() => Some(Self {
                modulus: plain(key.modulus),
                exponent: plain(key.exponent),
            }),
            _ => None,
        }
    }

    /// As SSH sends it.
    fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        for part in [KIND.to_vec(), signed(&self.exponent), signed(&self.modulus)] {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            blob.extend(length.to_be_bytes());
            blob.extend(part);
        }
        blob
    }

    /// `SubjectPublicKeyInfo` in DER.
    fn info(&self) -> Vec<u8> {
        // rsaEncryption with NULL.
        const ALGORITHM: [u8; 15] = [
            0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
            0x00,
        ];
        let numbers = [
            der(0x02, &signed(&self.modulus)),
            der(0x02, &signed(&self.exponent)),
        ];
        let key = der(0x30, &numbers.concat());
        let bits = der(0x03, &[&[0][..], &key].concat());
        der(0x30, &[&ALGORITHM[..], &bits].concat())
    }

    pub(crate) fn write(&self, encoding: Encoding) -> String {
        match encoding {
            Encoding::Ssh => format!("ssh-rsa {}", STANDARD.encode(self.blob())),
            Encoding::Pem => {
                let text = STANDARD.encode(self.info());
                let lines = text.as_bytes().chunks(64);
                let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
                let body = lines.join("\n");
                format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
            }
        }
    }

    /// MD5 of the key in that form, as AWS shows it.
    pub(crate) fn fingerprint(&self, encoding: Encoding) -> String {
        let bytes = match encoding {
            Encoding::Ssh => self.blob(),
            Encoding::Pem => self.info(),
        };
        let pairs = Md5::digest(bytes);
        let pairs = pairs.iter().map(|it| format!("{it:02x}"));
        pairs.collect::<Vec<_>>().join(":")
    }
}

/// A length of four bytes and as many that follow.
fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (part, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

fn plain(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|it| **it == 0).count();
    number[zeros..].to_vec()
}

/// With a zero before it where it would be read as negative.
fn signed(number: &[u8]) -> Vec<u8> {
    match number.first() {
        Some(first) if *first >= 0x80 => [&[0][..], number].concat(),
        _ => number.to_vec(),
    }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let digits = plain(&length.to_be_bytes());
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            bytes.extend(digits);
        }
    }
    bytes.extend(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    // A key of ssh-keygen; its fingerprint and PEM are those of `ssh-keygen -E md5 -lf` and `-e -m PKCS8`.
    const LINE: &str = include_str!("ssh_key/example.pub");
    const PEM: &str = include_str!("ssh_key/example.pem");
    const FINGERPRINT: &str = include_str!("ssh_key/example.md5");

    #[test]
    fn both_forms_are_one_key() {
        let (key, encoding) = RsaKey::read(LINE).unwrap();
        assert_eq!(encoding, Encoding::Ssh);
        assert_eq!(key.fingerprint(Encoding::Ssh), FINGERPRINT.trim());
        assert_eq!(key.write(Encoding::Pem), PEM);
        assert!(LINE.starts_with(&key.write(Encoding::Ssh)));
        assert_eq!(RsaKey::read(PEM).unwrap(), (key, Encoding::Pem));
    }

    #[test]
    fn what_is_no_key() {
        let cut = &LINE[..LINE.len() / 2];
        let other = LINE.replacen("ssh-rsa", "ssh-dss", 1);
        let short = RsaKey {
            modulus: vec![0xff; 128],
            exponent: vec![1, 0, 1],
        };
        let even = RsaKey {
            modulus: vec![0xf0; 256],
            exponent: vec![1, 0, 1],
        };
        for text in [
            "",
            "ssh-rsa",
            "ssh-rsa AAAA",
            cut,
            &other,
            "-----BEGIN PUBLIC KEY-----",
        ] {
            let fault = RsaKey::read(text).unwrap_err();
            assert_eq!(fault.code, "UnrecognizedPublicKeyEncoding", "{text}");
        }
        for key in [short, even] {
            for form in [Encoding::Ssh, Encoding::Pem] {
                let fault = RsaKey::read(&key.write(form)).unwrap_err();
                assert_eq!(fault.code, "InvalidPublicKey");
            }
        }
    }
}
