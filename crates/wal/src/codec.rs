//! Numbers and byte strings within a payload. Decoding trusts nothing: every length is checked
//! against what is left before anything is allocated.

/// Why bytes could not be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("ends too early")]
    Truncated,
    #[error("holds a number out of range")]
    BadNumber,
    #[error("holds text that is not UTF-8")]
    BadText,
    #[error("holds the unknown tag {0}")]
    UnknownTag(u8),
    #[error("goes on after its end")]
    TrailingBytes,
}

/// Writes into a growing buffer.
#[derive(Debug, Default)]
pub struct Encoder {
    out: Vec<u8>,
}

/// Goes on behind what is there.
impl From<Vec<u8>> for Encoder {
    fn from(out: Vec<u8>) -> Self {
        Self { out }
    }
}

impl Encoder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            out: Vec::with_capacity(bytes),
        }
    }

    pub fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// LEB128, at most ten bytes.
    pub fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    /// Length, then the bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.number(value.len() as u64);
        self.out.extend_from_slice(value);
    }

    /// The bytes alone.
    pub fn raw(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }

    pub fn len(&self) -> usize {
        self.out.len()
    }

    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.out
    }

    pub fn clear(&mut self) {
        self.out.clear();
    }

    pub fn into_vec(self) -> Vec<u8> {
        self.out
    }
}

/// Reads from a slice and knows how far it came.
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        let byte = *self.bytes.get(self.at).ok_or(DecodeError::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    pub fn number(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(DecodeError::BadNumber);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::BadNumber)
    }

    /// A number that is counted on from: damage must not bring it near the end of its range.
    pub fn counter(&mut self) -> Result<u64, DecodeError> {
        let value = self.number()?;
        if value > i64::MAX as u64 {
            Err(DecodeError::BadNumber)
        } else {
            Ok(value)
        }
    }

    pub fn raw(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len).ok_or(DecodeError::Truncated)?;
        let slice = self.bytes.get(self.at..end).ok_or(DecodeError::Truncated)?;
        self.at = end;
        Ok(slice)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = usize::try_from(self.number()?).map_err(|_| DecodeError::BadNumber)?;
        self.raw(len)
    }

    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DecodeError::BadText)
    }

    /// How many items follow, refused if even items of `least` bytes each would not fit.
    pub fn count(&mut self, least: usize) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.number()?).map_err(|_| DecodeError::BadNumber)?;
        if count > self.remaining() / least.max(1) {
            return Err(DecodeError::Truncated);
        }
        Ok(count)
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::TrailingBytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(value: u64) {
            let mut out = Encoder::new();
            out.number(value);
            let mut input = Decoder::new(out.as_slice());
            prop_assert_eq!(input.number(), Ok(value));
            prop_assert_eq!(input.finish(), Ok(()));
        }

        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>) {
            let mut input = Decoder::new(&bytes);
            while !input.is_empty() {
                let before = input.position();
                let _ = input.clone().text();
                let _ = input.clone().count(3);
                if input.bytes().is_err() && input.u8().is_err() {
                    break;
                }
                prop_assert!(input.position() > before);
            }
        }
    }
}
