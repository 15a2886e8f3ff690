//! XDR (RFC 4506): what is read is bounded by the bytes that came, what is written by who writes it.

/// What came makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbled;

pub type Read<T> = Result<T, Garbled>;

pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, length: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Garbled)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn u32(&mut self) -> Read<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes(bytes.try_into().map_err(|_| Garbled)?))
    }

    pub fn u64(&mut self) -> Read<u64> {
        let bytes = self.take(8)?;
        Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| Garbled)?))
    }

    pub fn bool(&mut self) -> Read<bool> {
        Ok(self.u32()? != 0)
    }

    pub fn fixed<const N: usize>(&mut self) -> Read<[u8; N]> {
        let bytes = self.take(N.next_multiple_of(4))?;
        bytes[..N].try_into().map_err(|_| Garbled)
    }

    /// Bytes of a length that stands before them.
    pub fn opaque(&mut self, most: usize) -> Read<&'a [u8]> {
        let length = self.u32()? as usize;
        if length > most {
            return Err(Garbled);
        }
        let padded = self.take(length.next_multiple_of(4))?;
        Ok(&padded[..length])
    }

    /// Words of a number that stands before them.
    pub fn words(&mut self, most: usize) -> Read<Vec<u32>> {
        let count = self.u32()? as usize;
        if count > most {
            return Err(Garbled);
        }
        (0..count).map(|_| self.u32()).collect()
    }
}

#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.u32(u32::from(value))
    }

    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        let padding = bytes.len().next_multiple_of(4) - bytes.len();
        self.bytes.extend(std::iter::repeat_n(0, padding));
        self
    }

    pub fn opaque(&mut self, bytes: &[u8]) -> &mut Self {
        // Nothing here is as long as a word can say.
        self.u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.fixed(bytes)
    }

    /// What was written from `at` on is taken back.
    pub fn truncate(&mut self, at: usize) {
        self.bytes.truncate(at);
    }

    /// Writes over a word.
    pub fn put(&mut self, at: usize, value: u32) {
        if let Some(place) = self.bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::default();
        writer
            .u32(7)
            .u64(1 << 40)
            .bool(true)
            .opaque(b"abcde")
            .fixed(b"xyz");
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.u32(), Ok(7));
        assert_eq!(reader.u64(), Ok(1 << 40));
        assert_eq!(reader.bool(), Ok(true));
        assert_eq!(reader.opaque(5), Ok(&b"abcde"[..]));
        assert_eq!(reader.fixed::<3>(), Ok(*b"xyz"));
        assert_eq!(reader.u32(), Err(Garbled));
    }

    #[test]
    fn lengths_are_bounded_by_what_came() {
        let bytes = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        assert_eq!(Reader::new(&bytes).opaque(usize::MAX), Err(Garbled));
        assert_eq!(Reader::new(&bytes).words(16), Err(Garbled));
        assert_eq!(Reader::new(&[0, 0, 0, 9, 0]).opaque(8), Err(Garbled));
    }
}
