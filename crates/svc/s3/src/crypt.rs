//! Bytes under a key that is not wharf's own: one of KMS, or the customer's. Pure.
//!
//! ```text
//! 32 bytes of salt, then frames of 64 KiB, the last one shorter, each with its tag (AES-256-GCM)
//! ```
//! Each stream has a key of its own, derived from the given one and the salt, so the number of a frame serves as its
//! nonce. What a tag covers besides says which frame is the last: none can be left out or moved.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf,
    rand::{SecureRandom as _, SystemRandom},
};

/// Plain bytes of a frame.
const FRAME: usize = 64 << 10;
const TAG: usize = 16;
pub const SALT: usize = 32;

/// A key as it is given.
pub type Key = [u8; 32];

/// Frames that do not open: another key, or other bytes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not open under the key")]
pub struct Broken;

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

fn derived(key: &Key, salt: &[u8]) -> Result<LessSafeKey, Broken> {
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key);
    let okm = secret
        .expand(&[b"wharf s3 object"], Length)
        .map_err(|_| Broken)?;
    let mut bytes = [0; 32];
    okm.fill(&mut bytes).map_err(|_| Broken)?;
    let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| Broken)?;
    Ok(LessSafeKey::new(key))
}

fn nonce(frame: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&frame.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

/// Seals bytes as they pass.
pub struct Sealer {
    key: LessSafeKey,
    frame: u64,
    held: BytesMut,
    /// Before the first frame has gone.
    salt: Option<[u8; SALT]>,
}

impl Sealer {
    pub fn new(key: &Key) -> Result<Self, Broken> {
        let mut salt = [0; SALT];
        SystemRandom::new().fill(&mut salt).map_err(|_| Broken)?;
        Ok(Self {
            key: derived(key, &salt)?,
            frame: 0,
            held: BytesMut::with_capacity(FRAME + TAG),
            salt: Some(salt),
        })
    }

    /// What of it can be written by now.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Bytes>, Broken> {
        let mut ready = Vec::new();
        while !bytes.is_empty() {
            // A full frame waits until it is known not to be the last.
            if self.held.len() == FRAME {
                self.seal(false, &mut ready)?;
            }
            let some = bytes.len().min(FRAME - self.held.len());
            self.held.extend_from_slice(&bytes[..some]);
            bytes = &bytes[some..];
        }
        Ok(ready)
    }

    pub fn finish(mut self) -> Result<Vec<Bytes>, Broken> {
        let mut ready = Vec::new();
        self.seal(true, &mut ready)?;
        Ok(ready)
    }

    fn seal(&mut self, last: bool, ready: &mut Vec<Bytes>) -> Result<(), Broken> {
        if let Some(salt) = self.salt.take() {
            ready.push(Bytes::copy_from_slice(&salt));
        }
        let mut frame = std::mem::replace(&mut self.held, BytesMut::with_capacity(FRAME + TAG));
        let aad = Aad::from([u8::from(last)]);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(self.frame), aad, &mut frame);
        frame.extend_from_slice(tag.map_err(|_| Broken)?.as_ref());
        self.frame += 1;
        ready.push(frame.freeze());
        Ok(())
    }
}

/// Opens a range of the plain bytes.
pub struct Opener {
    key: LessSafeKey,
    held: BytesMut,
    frame: u64,
    last: u64,
    /// Plain bytes before the range in the next frame, and bytes of the range still to come.
    skip: usize,
    left: u64,
}

/// The stored bytes that a range of plain ones is in.
pub fn stored_range(range: &Range<u64>, size: u64) -> Range<u64> {
    let (frame, whole) = (FRAME as u64, (FRAME + TAG) as u64);
    let first = range.start / frame;
    let behind = range.end.div_ceil(frame).max(first + 1);
    let end = (behind * whole).min(stored_size(size) - SALT as u64);
    SALT as u64 + first * whole..SALT as u64 + end
}

/// Stored bytes of so many plain ones, of which there is at least one.
pub fn stored_size(size: u64) -> u64 {
    SALT as u64 + size + size.div_ceil(FRAME as u64).max(1) * TAG as u64
}

impl Opener {
    pub fn new(key: &Key, salt: &[u8], range: &Range<u64>, size: u64) -> Result<Self, Broken> {
        let frame = FRAME as u64;
        Ok(Self {
            key: derived(key, salt)?,
            held: BytesMut::new(),
            frame: range.start / frame,
            last: size.div_ceil(frame).max(1) - 1,
            skip: usize::try_from(range.start % frame).map_err(|_| Broken)?,
            left: range.end - range.start,
        })
    }

    /// Takes stored bytes, gives plain ones: none until a frame is whole.
    pub fn push(&mut self, stored: &[u8], is_end: bool) -> Result<Bytes, Broken> {
        self.held.extend_from_slice(stored);
        let mut plain = BytesMut::new();
        while self.held.len() >= FRAME + TAG || (is_end && !self.held.is_empty()) {
            let mut frame = self.held.split_to(self.held.len().min(FRAME + TAG));
            let aad = Aad::from([u8::from(self.frame == self.last)]);
            let opened = self.key.open_in_place(nonce(self.frame), aad, &mut frame);
            let opened = opened.map_err(|_| Broken)?;
            let opened = opened.get(std::mem::take(&mut self.skip)..).ok_or(Broken)?;
            let some = opened
                .len()
                .min(usize::try_from(self.left).unwrap_or(usize::MAX));
            plain.extend_from_slice(&opened[..some]);
            self.left -= some as u64;
            self.frame += 1;
        }
        match is_end && self.left > 0 {
            true => Err(Broken),
            false => Ok(plain.freeze()),
        }
    }
}

/// Opens all of what one [`Sealer`] made.
pub fn open_whole(key: &Key, stored: &[u8]) -> Result<Bytes, Broken> {
    let (salt, frames) = stored.split_at_checked(SALT).ok_or(Broken)?;
    let count = frames.len().div_ceil(FRAME + TAG).max(1);
    let size = frames.len().checked_sub(count * TAG).ok_or(Broken)? as u64;
    Opener::new(key, salt, &(0..size), size)?.push(frames, true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: Key = [7; 32];

    fn sealed(plain: &[u8], piece: usize) -> Vec<u8> {
        let mut sealer = Sealer::new(&KEY).unwrap();
        let mut all = Vec::new();
        for some in plain.chunks(piece) {
            all.extend(sealer.push(some).unwrap());
        }
        all.extend(sealer.finish().unwrap());
        all.concat()
    }

    fn opened(key: &Key, stored: &[u8], range: Range<u64>, size: u64) -> Result<Vec<u8>, Broken> {
        let part = stored_range(&range, size);
        let part = &stored[part.start as usize..part.end as usize];
        let mut opener = Opener::new(key, &stored[..SALT], &range, size)?;
        let (first, rest) = part.split_at(part.len() / 3);
        let mut plain = opener.push(first, false)?.to_vec();
        plain.extend(opener.push(rest, true)?);
        Ok(plain)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn a_range_opens(size in prop_oneof![1_usize..200, 65_530_usize..65_545, 131_000_usize..200_000],
            start: prop::sample::Index, length: prop::sample::Index, piece in 1000_usize..100_000) {
            let plain: Vec<u8> = (0..size).map(|it| (it % 251) as u8).collect();
            let stored = sealed(&plain, piece);
            prop_assert_eq!(stored.len() as u64, stored_size(size as u64));
            let start = start.index(size);
            let end = start + 1 + length.index(size - start);
            let found = opened(&KEY, &stored, start as u64..end as u64, size as u64);
            prop_assert_eq!(found.unwrap(), &plain[start..end]);
            prop_assert_eq!(open_whole(&KEY, &stored).unwrap(), plain);
        }
    }

    #[test]
    fn what_does_not_open() {
        let plain = vec![1; FRAME + 5];
        let stored = sealed(&plain, 10_000);
        let size = plain.len() as u64;
        assert_eq!(opened(&[8; 32], &stored, 0..1, size), Err(Broken));
        let mut changed = stored.clone();
        changed[SALT + 3] ^= 1;
        assert_eq!(opened(&KEY, &changed, 0..1, size), Err(Broken));
        // Cut off at a frame.
        let cut = &stored[..SALT + FRAME + TAG];
        assert_eq!(opened(&KEY, cut, 0..1, FRAME as u64), Err(Broken));
        assert_ne!(sealed(&plain, 9), sealed(&plain, 9));
        assert_eq!(open_whole(&KEY, &sealed(b"", 1)).unwrap(), "");
        for cut in [0, SALT - 1, SALT, SALT + TAG - 1, stored.len() - 1] {
            assert_eq!(open_whole(&KEY, &stored[..cut]), Err(Broken), "{cut}");
        }
    }
}
