//! AES-256 in XTS mode (IEEE 1619), over sectors of [`SECTOR`] bytes. Pure.
//!
//! Whatever changes within a sector changes the blocks of 16 bytes that it lies in and no others: a sector of which a loss
//! of power left some blocks old and some new opens to just these, as one that is not encrypted does.

#![forbid(unsafe_code)]

use aes::{
    Aes256,
    cipher::{Block, BlockDecrypt, BlockEncrypt, KeyInit},
};
use zeroize::Zeroizing;

pub const SECTOR: usize = 4096;
/// Two keys of AES-256.
pub const KEY: usize = 64;
const BLOCK: usize = 16;
/// Blocks that are worked on at a time: the processor overlaps some.
const AT_ONCE: usize = 16;

/// Opens and seals sectors. Its keys are wiped when it goes.
pub struct Cipher {
    data: Aes256,
    tweak: Aes256,
}

#[derive(Debug, thiserror::Error)]
pub enum BadKey {
    #[error("a key has {KEY} bytes")]
    Length,
    /// As the standard asks: with equal halves the mode hides less.
    #[error("the halves of the key are equal")]
    Halves,
}

impl Cipher {
    pub fn new(key: &[u8]) -> Result<Self, BadKey> {
        let key: &[u8; KEY] = key.try_into().map_err(|_| BadKey::Length)?;
        let (data, tweak) = key.split_at(KEY / 2);
        if data == tweak {
            return Err(BadKey::Halves);
        }
        let made = |half: &[u8]| Aes256::new_from_slice(half).map_err(|_| BadKey::Length);
        Ok(Self {
            data: made(data)?,
            tweak: made(tweak)?,
        })
    }

    /// Whole sectors, the first of which has that number.
    pub fn seal(&self, first: u64, sectors: &mut [u8]) {
        for (number, sector) in (first..).zip(sectors.chunks_exact_mut(SECTOR)) {
            self.each(number, sector, |blocks| self.data.encrypt_blocks(blocks));
        }
    }

    pub fn open(&self, first: u64, sectors: &mut [u8]) {
        for (number, sector) in (first..).zip(sectors.chunks_exact_mut(SECTOR)) {
            self.each(number, sector, |blocks| self.data.decrypt_blocks(blocks));
        }
    }

    fn each(&self, number: u64, sector: &mut [u8], work: impl Fn(&mut [Block<Aes256>])) {
        let mut tweak = Block::<Aes256>::default();
        tweak[..8].copy_from_slice(&number.to_le_bytes());
        self.tweak.encrypt_block(&mut tweak);
        let mut tweak = u128::from_le_bytes(tweak.into());
        let mut blocks = [Block::<Aes256>::default(); AT_ONCE];
        for part in sector.chunks_exact_mut(AT_ONCE * BLOCK) {
            let mut tweaks = [0_u128; AT_ONCE];
            for ((block, own), bytes) in blocks
                .iter_mut()
                .zip(&mut tweaks)
                .zip(part.chunks_exact(BLOCK))
            {
                *own = tweak;
                *block = (word(bytes) ^ tweak).to_le_bytes().into();
                tweak = doubled(tweak);
            }
            work(&mut blocks);
            for ((block, own), bytes) in blocks.iter().zip(tweaks).zip(part.chunks_exact_mut(BLOCK))
            {
                bytes.copy_from_slice(&(word(block) ^ own).to_le_bytes());
            }
        }
    }
}

fn word(bytes: &[u8]) -> u128 {
    let mut word = [0; BLOCK];
    word.copy_from_slice(bytes);
    u128::from_le_bytes(word)
}

/// Times x in the field of 2^128 elements.
fn doubled(word: u128) -> u128 {
    (word << 1) ^ (0x87 * (word >> 127))
}

/// Whether a sector was never written: nothing is sealed to zeros alone.
pub fn is_unwritten(sector: &[u8]) -> bool {
    let (words, rest) = sector.as_chunks::<16>();
    words.iter().all(|it| *it == [0; 16]) && rest.iter().all(|it| *it == 0)
}

/// Opens sectors as they are read of a file: one that was never written is zeros.
pub fn open_written(cipher: &Cipher, first: u64, sectors: &mut [u8]) {
    for (number, sector) in (first..).zip(sectors.chunks_exact_mut(SECTOR)) {
        if !is_unwritten(sector) {
            cipher.open(number, sector);
        }
    }
}

/// Bytes of a volume under another key, or under one for the first time. What was never written stays so, and what is zeros
/// becomes so.
pub fn resealed(from: Option<&Cipher>, to: &Cipher, at: u64, bytes: &mut [u8]) {
    let first = at / SECTOR as u64;
    for (number, sector) in (first..).zip(bytes.chunks_exact_mut(SECTOR)) {
        if is_unwritten(sector) {
            continue;
        }
        if let Some(from) = from {
            from.open(number, sector);
        }
        to.seal(number, sector);
    }
}

/// A key that is wiped when it goes.
pub type Key = Zeroizing<Vec<u8>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(key: &[u8; KEY], number: u64, bytes: &[u8]) -> Vec<u8> {
        let mut all = bytes.to_vec();
        Cipher::new(key).unwrap().seal(number, &mut all);
        all
    }

    fn key(first: u8, second: u8) -> [u8; KEY] {
        std::array::from_fn(|at| if at < KEY / 2 { first } else { second })
    }

    #[test]
    fn keys() {
        assert!(matches!(Cipher::new(&[1; 32]), Err(BadKey::Length)));
        assert!(matches!(Cipher::new(&[1; 64]), Err(BadKey::Halves)));
        assert!(Cipher::new(&key(1, 2)).is_ok());
    }

    #[test]
    fn what_is_sealed_opens_and_each_sector_is_another() {
        let cipher = Cipher::new(&key(1, 2)).unwrap();
        let plain = vec![7; 3 * SECTOR];
        let mut all = plain.clone();
        cipher.seal(40, &mut all);
        let sectors: Vec<&[u8]> = all.chunks(SECTOR).collect();
        assert!(sectors[0] != sectors[1] && sectors[1] != sectors[2]);
        // Each by itself is what all are.
        assert_eq!(sealed(&key(1, 2), 41, &plain[..SECTOR]), sectors[1]);
        cipher.open(40, &mut all);
        assert_eq!(all, plain);
    }

    #[test]
    fn what_was_never_written_is_zeros_under_every_key() {
        let (one, other) = (key(1, 2), key(3, 4));
        let (one, other) = (Cipher::new(&one).unwrap(), Cipher::new(&other).unwrap());
        let mut bytes = vec![0; 3 * SECTOR];
        bytes[SECTOR..2 * SECTOR].fill(9);
        let plain = bytes.clone();
        resealed(None, &one, 8 * SECTOR as u64, &mut bytes);
        assert!(is_unwritten(&bytes[..SECTOR]) && is_unwritten(&bytes[2 * SECTOR..]));
        assert!(bytes[SECTOR..2 * SECTOR] != plain[SECTOR..2 * SECTOR]);
        resealed(Some(&one), &other, 8 * SECTOR as u64, &mut bytes);
        open_written(&other, 8, &mut bytes);
        assert_eq!(bytes, plain);
    }

    /// The same as `openssl enc -aes-256-xts` and Python's `cryptography` make of it.
    #[test]
    fn as_others_seal() {
        let key: [u8; KEY] = std::array::from_fn(|at| at as u8);
        let plain: Vec<u8> = (0..SECTOR).map(|at| (at % 251) as u8).collect();
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|it| format!("{it:02x}")).collect() };
        let all = sealed(&key, 0x0012_3456_789a, &plain);
        assert_eq!(
            hex(&all[..32]),
            "1ad4aaecba8050a2cdaaa7327fec9bf450bf671c1fb491a77a01bb3517f343cc"
        );
        assert_eq!(
            hex(&all[SECTOR - 32..]),
            "e316a75a3f16d95bc0ae419357786056803151b6ae5260611f2abc416ed03298"
        );
    }
}
