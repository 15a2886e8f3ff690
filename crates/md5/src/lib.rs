//! MD5 of many bytes, which S3's ETags are made of. It protects nothing.
//!
//! A step of MD5 waits for the one before it, so how fast it is depends on how many operations lie between the two. The
//! crate `md-5` leaves that to the compiler, which adds a step's constant behind what the step waits for: an operation more
//! in most of them. AWS-LC's, in assembly, adds it before, and takes a fifth less time; the library is part of the program
//! anyway. Where few bytes are digested `md-5` serves as well.

use aws_lc_sys as lc;

/// Bytes of a digest.
pub const DIGEST: usize = 16;

/// The digest of the bytes so far.
#[derive(Debug, Clone)]
pub struct Md5(lc::MD5_CTX);

impl Default for Md5 {
    fn default() -> Self {
        let mut state = lc::MD5_CTX {
            h: [0; 4],
            Nl: 0,
            Nh: 0,
            data: [0; 64],
            num: 0,
        };
        // SAFETY: it writes the state, which is this function's own. It cannot fail.
        unsafe { lc::MD5_Init(&raw mut state) };
        Self(state)
    }
}

impl Md5 {
    pub fn update(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        // SAFETY: the state was begun by `MD5_Init` and is borrowed here alone; as many bytes are read as there are. What
        // is kept of them is a copy. It cannot fail.
        unsafe { lc::MD5_Update(&raw mut self.0, bytes.as_ptr().cast(), bytes.len()) };
    }

    #[must_use]
    pub fn finish(mut self) -> [u8; DIGEST] {
        let mut digest = [0; DIGEST];
        // SAFETY: the state was begun by `MD5_Init` and ends here; 16 bytes are written. It cannot fail.
        unsafe { lc::MD5_Final(digest.as_mut_ptr(), &raw mut self.0) };
        digest
    }
}

#[cfg(test)]
mod tests {
    use md5::Digest as _;
    use proptest::prelude::*;

    use super::*;

    fn of(pieces: &[&[u8]]) -> String {
        let mut md5 = Md5::default();
        for piece in pieces {
            md5.update(piece);
        }
        hex::encode(md5.finish())
    }

    /// RFC 1321, A.5.
    #[test]
    fn digests_are_those_of_the_standard() {
        for (text, expected) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(of(&[text.as_bytes()]), expected, "{text}");
        }
    }

    #[test]
    fn a_copy_goes_on_by_itself() {
        let mut one = Md5::default();
        one.update(b"ab");
        let mut other = one.clone();
        one.update(b"c");
        other.update(b"d");
        assert_eq!(hex::encode(one.finish()), of(&[b"abc"]));
        assert_eq!(hex::encode(other.finish()), of(&[b"abd"]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn pieces_make_no_difference(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6),
        ) {
            let whole = md5::Md5::digest(pieces.concat());
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(of(&pieces), hex::encode(whole));
        }
    }
}
