//! Ed25519ph: signatures of a message's SHA-512 digest by an Ed25519 key (RFC 8032, HashEdDSA of FIPS 186-5).
//!
//! It is here, apart, for what `aws-lc-rs` does not offer: its Ed25519 signs whole messages alone. All arithmetic is
//! AWS-LC's, which takes the same time for all keys and messages; the calls into its C library read and write arrays
//! of fixed lengths and keep nothing.

use std::ptr;

use aws_lc_sys as lc;
use zeroize::Zeroizing;

/// Bytes of the secret that a private key is made of.
pub const SEED: usize = 32;
/// Bytes of a public key.
pub const PUBLIC_KEY: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE: usize = 64;

/// The seed with the public key behind it, as the library takes a private key.
const PRIVATE_KEY: usize = SEED + PUBLIC_KEY;

/// The library could not sign. Says nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an Ed25519 key cannot sign")]
pub struct SignError;

/// Signs a message, which is digested first, without a context.
///
/// # Errors
/// There is no memory.
pub fn sign_prehashed(seed: &[u8; SEED], message: &[u8]) -> Result<[u8; SIGNATURE], SignError> {
    let mut public = [0_u8; PUBLIC_KEY];
    let mut private = Zeroizing::new([0_u8; PRIVATE_KEY]);
    // SAFETY: each array is as long as the function's parameter says: 32 and 64 bytes written, 32 read.
    unsafe {
        lc::ED25519_keypair_from_seed(public.as_mut_ptr(), private.as_mut_ptr(), seed.as_ptr());
    }
    let mut signature = [0_u8; SIGNATURE];
    // SAFETY: 64 bytes are written and 64 of the private key read; the message is as long as is said, and a context
    // of no bytes is not read.
    let done = unsafe {
        lc::ED25519ph_sign(
            signature.as_mut_ptr(),
            message.as_ptr(),
            message.len(),
            private.as_ptr(),
            ptr::null(),
            0,
        )
    };
    if done != 1 {
        clear_errors();
        return Err(SignError);
    }
    Ok(signature)
}

/// Whether a signature is one of the message's digest by the key, without a context.
#[must_use]
pub fn is_prehashed_signature(
    public: &[u8; PUBLIC_KEY],
    message: &[u8],
    signature: &[u8; SIGNATURE],
) -> bool {
    // SAFETY: 64 bytes of the signature are read and 32 of the public key; the message is as long as is said, and a
    // context of no bytes is not read.
    let done = unsafe {
        lc::ED25519ph_verify(
            message.as_ptr(),
            message.len(),
            signature.as_ptr(),
            public.as_ptr(),
            ptr::null(),
            0,
        )
    };
    if done != 1 {
        clear_errors();
    }
    done == 1
}

/// What failed lies in a queue of the thread, where a later call by another could take it for its own.
fn clear_errors() {
    // SAFETY: it only touches the calling thread's queue.
    unsafe { lc::ERR_clear_error() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// RFC 8032, 7.3.
    #[test]
    fn signatures_are_those_of_others() {
        let seed = bytes("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
        let public = bytes("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf");
        let expected = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41\
                        31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406";
        let made = sign_prehashed(&seed, b"abc").unwrap();
        assert_eq!(hex::encode(made), expected);
        assert!(is_prehashed_signature(&public, b"abc", &made));
        assert!(!is_prehashed_signature(&public, b"abd", &made));
        for at in 0..SIGNATURE {
            let mut changed = made;
            changed[at] ^= 1;
            assert!(!is_prehashed_signature(&public, b"abc", &changed), "{at}");
        }
        for none in [[0; PUBLIC_KEY], [0xff; PUBLIC_KEY]] {
            assert!(!is_prehashed_signature(&none, b"abc", &made));
        }
    }

    #[test]
    fn no_message_is_too_short() {
        let made = sign_prehashed(&[7; SEED], b"").unwrap();
        assert_ne!(made, sign_prehashed(&[7; SEED], b"\0").unwrap());
        assert_ne!(made, sign_prehashed(&[8; SEED], b"").unwrap());
    }
}
