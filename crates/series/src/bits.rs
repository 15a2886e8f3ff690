//! Numbers of any width, bit after bit.

use wharf_wal::DecodeError;

#[derive(Debug, Default)]
pub struct BitWriter {
    out: Vec<u8>,
    /// Bits of the last byte that are taken.
    used: u32,
}

impl BitWriter {
    /// The lowest `width` bits of `value`, the highest of them first.
    pub fn put(&mut self, value: u64, width: u32) {
        let mut left = width;
        while left > 0 {
            if self.used == 0 {
                self.out.push(0);
            }
            let room = 8 - self.used;
            let now = room.min(left);
            let bits = (value >> (left - now)) as u8 & (0xff >> (8 - now));
            if let Some(last) = self.out.last_mut() {
                *last |= bits << (room - now);
            }
            self.used = (self.used + now) % 8;
            left -= now;
        }
    }

    pub fn into_vec(self) -> Vec<u8> {
        self.out
    }
}

#[derive(Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn take(&mut self, width: u32) -> Result<u64, DecodeError> {
        let end = self.at + width as usize;
        if end > self.bytes.len() * 8 {
            return Err(DecodeError::Truncated);
        }
        let mut value = 0u64;
        while self.at < end {
            let room = 8 - self.at % 8;
            let now = room.min(end - self.at);
            let byte = u64::from(self.bytes[self.at / 8]);
            let bits = byte >> (room - now) & (0xff >> (8 - now));
            value = value << now | bits;
            self.at += now;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(all in prop::collection::vec((any::<u64>(), 1u32..=64), 0..50)) {
            let mut out = BitWriter::default();
            all.iter().for_each(|(value, width)| out.put(*value, *width));
            let bytes = out.into_vec();
            let mut from = BitReader::new(&bytes);
            for (value, width) in all {
                prop_assert_eq!(from.take(width), Ok(value & (u64::MAX >> (64 - width))));
            }
            prop_assert_eq!(from.take(8), Err(DecodeError::Truncated));
        }
    }
}
