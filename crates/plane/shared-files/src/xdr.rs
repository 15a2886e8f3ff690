//! XDR (RFC 4506): big-endian words of four bytes. Pure. A length is compared with what may be and with what has come
//! before anything is set aside for it.

/// Bytes that are no answer of the kind that was awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server's answer cannot be read")]
pub struct Malformed;

#[derive(Debug, Default, Clone)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn u32(&mut self, it: u32) {
        self.0.extend(it.to_be_bytes());
    }

    pub fn u64(&mut self, it: u64) {
        self.0.extend(it.to_be_bytes());
    }

    pub fn flag(&mut self, it: bool) {
        self.u32(it.into());
    }

    /// Bytes whose number both sides know.
    pub fn fixed(&mut self, it: &[u8]) {
        self.0.extend(it);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    pub fn opaque(&mut self, it: &[u8]) {
        self.u32(u32::try_from(it.len()).unwrap_or(u32::MAX));
        self.fixed(it);
    }

    pub fn words(&mut self, it: &[u32]) {
        self.u32(u32::try_from(it.len()).unwrap_or(u32::MAX));
        it.iter().for_each(|it| self.u32(*it));
    }

    pub fn append(&mut self, other: &Writer) {
        self.0.extend(&other.0);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[derive(Debug, Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        let (word, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*word))
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        let (word, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(u64::from_be_bytes(*word))
    }

    pub fn flag(&mut self) -> Result<bool, Malformed> {
        match self.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    pub fn fixed(&mut self, bytes: usize) -> Result<&'a [u8], Malformed> {
        let padded = bytes.checked_next_multiple_of(4).ok_or(Malformed)?;
        let (all, rest) = self.0.split_at_checked(padded).ok_or(Malformed)?;
        self.0 = rest;
        Ok(&all[..bytes])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.fixed(N)?.try_into().map_err(|_| Malformed)
    }

    pub fn opaque(&mut self, most: usize) -> Result<&'a [u8], Malformed> {
        let bytes = self.u32()? as usize;
        match bytes <= most {
            true => self.fixed(bytes),
            false => Err(Malformed),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut out = Writer::default();
        out.u32(7);
        out.u64(1 << 40);
        out.flag(true);
        out.opaque(b"abcde");
        out.words(&[1, 2]);
        let mut read = Reader::new(out.bytes());
        assert_eq!(read.u32(), Ok(7));
        assert_eq!(read.u64(), Ok(1 << 40));
        assert_eq!(read.flag(), Ok(true));
        assert_eq!(read.opaque(5), Ok(&b"abcde"[..]));
        assert_eq!(read.words(2), Ok(vec![1, 2]));
        assert!(read.is_empty());
    }

    #[test]
    fn lengths_that_are_not_there_are_refused() {
        for bytes in [
            &[0, 0, 0, 9, 1, 2, 3, 4][..],
            &[0xff, 0xff, 0xff, 0xff],
            &[0, 0, 0, 1, 1],
            &[0, 0],
        ] {
            assert_eq!(Reader::new(bytes).opaque(usize::MAX), Err(Malformed));
        }
        assert_eq!(
            Reader::new(&[0, 0, 0, 4, 1, 2, 3, 4]).opaque(3),
            Err(Malformed)
        );
        assert_eq!(
            Reader::new(&[0, 0, 0, 200, 0, 0, 0, 0]).words(300),
            Err(Malformed)
        );
        assert_eq!(Reader::new(&[0, 0, 0, 2]).flag(), Err(Malformed));
    }
}
