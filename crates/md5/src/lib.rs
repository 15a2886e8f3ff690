//! MD5 of many bytes, which S3's ETags are made of. It protects nothing.
//!
//! A step of MD5 waits for the one before it, so how fast it is depends on how many operations lie between the two. The
//! crate `md-5` leaves that to the compiler, which adds a step's constant behind what the step waits for: an operation more
//! in most of them. AWS-LC's, in assembly, adds it before, and takes a fifth less time; the library is part of the program
//! anyway. Where few bytes are digested `md-5` serves as well.

use std::ptr::{self, NonNull};

use aws_lc_sys as lc;

/// Bytes of a digest.
pub const DIGEST: usize = 16;

/// The digest of the bytes so far.
#[derive(Debug)]
pub struct Md5(NonNull<lc::EVP_MD_CTX>);

// SAFETY: the state belongs to no thread, and is changed through a borrow that nobody else has.
unsafe impl Send for Md5 {}
// SAFETY: what is borrowed by several is only read.
unsafe impl Sync for Md5 {}

impl Default for Md5 {
    fn default() -> Self {
        // SAFETY: takes nothing; the result is new, or null without memory.
        let room = unsafe { lc::EVP_MD_CTX_new() };
        let new = Self(NonNull::new(room).expect("memory for the state of a digest"));
        // SAFETY: the state is new and ours; MD5 is one of the library's own digests, and no engine is asked for.
        let begun =
            unsafe { lc::EVP_DigestInit_ex(new.0.as_ptr(), lc::EVP_md5(), ptr::null_mut()) };
        assert_eq!(begun, 1, "AWS-LC has MD5");
        new
    }
}

impl Drop for Md5 {
    fn drop(&mut self) {
        // SAFETY: it came from `EVP_MD_CTX_new` and is given back once.
        unsafe { lc::EVP_MD_CTX_free(self.0.as_ptr()) }
    }
}

impl Md5 {
    pub fn update(&mut self, bytes: &[u8]) {
        // SAFETY: the state was begun by `EVP_DigestInit_ex` and is borrowed here alone; as many bytes are read as there
        // are. What is kept of them is a copy.
        let updated =
            unsafe { lc::EVP_DigestUpdate(self.0.as_ptr(), bytes.as_ptr().cast(), bytes.len()) };
        assert_eq!(updated, 1, "MD5 takes any bytes");
    }

    #[must_use]
    pub fn finish(self) -> [u8; DIGEST] {
        let mut digest = [0; DIGEST];
        let no_length = ptr::null_mut();
        // SAFETY: the state was begun by `EVP_DigestInit_ex` and ends here; MD5 writes 16 bytes.
        let ended =
            unsafe { lc::EVP_DigestFinal_ex(self.0.as_ptr(), digest.as_mut_ptr(), no_length) };
        assert_eq!(ended, 1, "MD5 ends after any bytes");
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
