//! XDR (RFC 4506): big-endian words of four bytes. A length is compared with what may be and with what has come before
//! anything is set aside for it.

/// Bytes that are not of the kind that was awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the other end sent cannot be read")]
pub struct Malformed;

#[derive(Debug, Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8], Malformed> {
        let padded = bytes.checked_next_multiple_of(4).ok_or(Malformed)?;
        let (all, rest) = self.0.split_at_checked(padded).ok_or(Malformed)?;
        self.0 = rest;
        Ok(&all[..bytes])
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.fixed().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.fixed().map(u64::from_be_bytes)
    }

    pub fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    /// Bytes whose number both sides know.
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    /// Bytes of a length that stands before them.
    pub fn opaque(&mut self, most: usize) -> Result<&'a [u8], Malformed> {
        let bytes = self.u32()? as usize;
        match bytes <= most {
            true => self.take(bytes),
            false => Err(Malformed),
        }
    }

    /// Words of a number that stands before them.
    pub fn words(&mut self, most: usize) -> Result<Vec<u32>, Malformed> {
        let count = self.u32()? as usize;
        if count > most {
            return Err(Malformed);
        }
        (0..count).map(|_| self.u32()).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Debug, Default, Clone)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn u32(&mut self, it: u32) -> &mut Self {
        self.fixed(&it.to_be_bytes())
    }

    pub fn u64(&mut self, it: u64) -> &mut Self {
        self.fixed(&it.to_be_bytes())
    }

    pub fn bool(&mut self, it: bool) -> &mut Self {
        self.u32(it.into())
    }

    pub fn fixed(&mut self, it: &[u8]) -> &mut Self {
        self.0.extend(it);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub fn opaque(&mut self, it: &[u8]) -> &mut Self {
        // Nothing is as long as a word can say.
        self.u32(u32::try_from(it.len()).unwrap_or(u32::MAX));
        self.fixed(it)
    }

    pub fn words(&mut self, it: &[u32]) -> &mut Self {
        self.u32(u32::try_from(it.len()).unwrap_or(u32::MAX));
        it.iter().fold(self, |out, it| out.u32(*it))
    }

    pub fn append(&mut self, other: &Writer) -> &mut Self {
        self.0.extend(&other.0);
        self
    }

    /// What was written from `at` on is taken back.
    pub fn truncate(&mut self, at: usize) {
        self.0.truncate(at);
    }

    /// Writes over a word.
    pub fn put(&mut self, at: usize, it: u32) {
        if let Some(place) = self.0.get_mut(at..at + 4) {
            place.copy_from_slice(&it.to_be_bytes());
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut out = Writer::default();
        out.u32(7).u64(1 << 40).bool(true);
        out.opaque(b"abcde").fixed(b"xyz").words(&[1, 2]);
        out.put(0, 8);
        let mut read = Reader::new(out.bytes());
        assert_eq!((read.u32(), read.u64()), (Ok(8), Ok(1 << 40)));
        assert_eq!(read.bool(), Ok(true));
        assert_eq!(read.opaque(5), Ok(&b"abcde"[..]));
        assert_eq!(read.fixed(), Ok(*b"xyz"));
        assert_eq!(read.words(2), Ok(vec![1, 2]));
        assert!(read.is_empty());
    }

    #[test]
    fn lengths_that_are_not_there_are_refused() {
        for bytes in [
            &[0, 0, 0, 9, 1, 2, 3, 4][..],
            &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
            &[0, 0, 0, 1, 1],
            &[0, 0],
        ] {
            assert_eq!(Reader::new(bytes).opaque(usize::MAX), Err(Malformed));
            assert_eq!(Reader::new(bytes).words(usize::MAX), Err(Malformed));
        }
        assert_eq!(
            Reader::new(&[0, 0, 0, 4, 1, 2, 3, 4]).opaque(3),
            Err(Malformed)
        );
        assert_eq!(
            Reader::new(&[0, 0, 0, 200, 0, 0, 0, 0]).words(300),
            Err(Malformed)
        );
        assert_eq!(Reader::new(&[0, 0, 0, 2]).bool(), Err(Malformed));
    }
}
