//! Signatures of SHA-1 digests: `RSA_sign` of AWS-LC, the function that `aws-lc-rs` itself ends at for other digests.
//!
//! It blinds, multiplies in constant time, and checks its result before it gives it out.

use std::ptr::{self, NonNull};

use aws_lc_rs::digest;
use aws_lc_sys as lc;

use super::RsaError;

/// A key inside the C library. Never null, of RSA, and freed with this.
pub struct LegacyKey(NonNull<lc::RSA>);

// SAFETY: an `RSA` is bound to no thread; it is freed once, by whoever drops this.
unsafe impl Send for LegacyKey {}
// SAFETY: of what is called after it was made, `RSA_size` only reads and `RSA_sign` "does not mutate the key for
// thread-safety purposes and may be used concurrently": it locks what it remembers for blinding.
unsafe impl Sync for LegacyKey {}

impl Drop for LegacyKey {
    fn drop(&mut self) {
        // SAFETY: this owns one reference, which nothing uses after it.
        unsafe { lc::RSA_free(self.0.as_ptr()) }
    }
}

impl LegacyKey {
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, RsaError> {
        let mut cursor = lc::CBS {
            data: ptr::null(),
            len: 0,
        };
        // SAFETY: the cursor is ours alone, and looks at `der` only until the next call returns.
        let parsed = unsafe {
            lc::CBS_init(&raw mut cursor, der.as_ptr(), der.len());
            lc::EVP_parse_private_key(&raw mut cursor)
        };
        let Some(parsed) = NonNull::new(parsed) else {
            clear_errors();
            return Err(RsaError::Read);
        };
        // SAFETY: `parsed` is a key that we own. What `get1` returns is null or a reference of its own, so that it
        // outlives `parsed`, which nothing uses after it was freed.
        let key = unsafe {
            let key = lc::EVP_PKEY_get1_RSA(parsed.as_ptr());
            lc::EVP_PKEY_free(parsed.as_ptr());
            key
        };
        match NonNull::new(key) {
            Some(key) if cursor.len == 0 => Ok(Self(key)),
            Some(key) => {
                drop(Self(key));
                Err(RsaError::Read)
            }
            None => {
                clear_errors();
                Err(RsaError::Read)
            }
        }
    }

    pub fn sign_sha1(&self, message: &[u8]) -> Result<Vec<u8>, RsaError> {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message);
        let digest = digest.as_ref();
        // SAFETY: the key is there as long as `self`.
        let size = unsafe { lc::RSA_size(self.0.as_ptr()) };
        let mut signature = vec![0; size as usize];
        let mut written = 0;
        // SAFETY: the key is there as long as `self`; the digest is as long as is said, and the signature has room
        // for the `RSA_size` bytes that are written at most.
        let done = unsafe {
            lc::RSA_sign(
                lc::NID_sha1,
                digest.as_ptr(),
                digest.len(),
                signature.as_mut_ptr(),
                &raw mut written,
                self.0.as_ptr(),
            )
        };
        if done != 1 || written != size {
            clear_errors();
            return Err(RsaError::Sign);
        }
        Ok(signature)
    }
}

/// What failed lies in a queue of the thread, where a later call by another could take it for its own.
fn clear_errors() {
    // SAFETY: it only touches the calling thread's queue.
    unsafe { lc::ERR_clear_error() }
}
