//! How material that is imported comes wrapped, and for which keys. Pure but for the cryptography, which is the library's.

use aws_lc_rs::{
    key_wrap::{AES_256, AesKek, KeyWrapPadded as _},
    rsa::PrivateDecryptingKey,
};
use wharf_seal::Secret;
use wharf_wire::Fault;
use zeroize::Zeroizing;

use crate::{
    fault,
    material::{Failed, asymmetric},
    spec::{OAEP_SHA_1, OAEP_SHA_256, Spec},
};

/// An AES key that the caller made wraps the material, and is itself wrapped by RSA, in front of it.
const BY_AES_SHA_1: &str = "RSA_AES_KEY_WRAP_SHA_1";
const BY_AES_SHA_256: &str = "RSA_AES_KEY_WRAP_SHA_256";

/// Bytes of that AES key.
const AES_KEY: usize = 32;

/// The algorithm of RSA, and whether an AES key stands between.
fn parts(algorithm: &str) -> (&str, bool) {
    match algorithm {
        BY_AES_SHA_1 => (OAEP_SHA_1, true),
        BY_AES_SHA_256 => (OAEP_SHA_256, true),
        other => (other, false),
    }
}

/// Whether material of a type may come wrapped like that.
///
/// # Errors
/// It may not: private keys of RSA are too long for RSA, so is one of P-521 for its shortest keys, and only
/// private keys come by an AES key.
pub fn check(spec: Spec, algorithm: &str, by: Spec) -> Result<(), Fault> {
    let (_, has_aes) = parts(algorithm);
    let is_too_long = spec.is_rsa() || (spec == Spec::P521 && by == Spec::Rsa2048);
    let fits = match has_aes {
        true => spec.is_asymmetric(),
        false => !is_too_long,
    };
    match fits {
        true => Ok(()),
        false => Err(fault::wrong_wrapping(algorithm, by.name(), spec.name())),
    }
}

/// Unwraps what came. What is wrong with anything else is not told.
///
/// # Errors
/// It was wrapped with another key or algorithm, or changed.
pub fn unwrap(private: &Secret, algorithm: &str, wrapped: &[u8]) -> Result<Secret, Failed> {
    let (rsa, has_aes) = parts(algorithm);
    if !has_aes {
        return asymmetric::decrypt(private, rsa, wrapped);
    }
    let length = PrivateDecryptingKey::from_pkcs8(private.expose())?.key_size_bytes();
    let (key, wrapped) = wrapped.split_at_checked(length).ok_or(Failed)?;
    let key = asymmetric::decrypt(private, rsa, key)?;
    if key.expose().len() != AES_KEY {
        return Err(Failed);
    }
    let kek = AesKek::new(&AES_256, key.expose())?;
    let mut out = Zeroizing::new(vec![0; wrapped.len()]);
    let plain = kek.unwrap_with_padding(wrapped, &mut out)?;
    Ok(Secret::from(&*plain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::material;

    #[test]
    fn each_type_has_its_wrappings() {
        let all = [OAEP_SHA_1, OAEP_SHA_256, BY_AES_SHA_1, BY_AES_SHA_256];
        for (spec, by, directly, by_aes) in [
            (Spec::Symmetric, Spec::Rsa2048, true, false),
            (Spec::Hmac512, Spec::Rsa2048, true, false),
            (Spec::Rsa2048, Spec::Rsa4096, false, true),
            (Spec::Rsa4096, Spec::Rsa2048, false, true),
            (Spec::P256, Spec::Rsa2048, true, true),
            (Spec::K256, Spec::Rsa2048, true, true),
            (Spec::Ed25519, Spec::Rsa2048, true, true),
            (Spec::P521, Spec::Rsa2048, false, true),
            (Spec::P521, Spec::Rsa3072, true, true),
        ] {
            for (at, algorithm) in all.iter().enumerate() {
                let expected = if at < 2 { directly } else { by_aes };
                let was = check(spec, algorithm, by);
                assert_eq!(was.is_ok(), expected, "{spec:?} {by:?} {algorithm}");
            }
        }
    }

    /// As a client wraps.
    fn wrapped(public: &[u8], algorithm: &str, key: &[u8], plain: &[u8]) -> Vec<u8> {
        let kek = AesKek::new(&AES_256, key).unwrap();
        let mut inner = vec![0; plain.len() + 15];
        let inner = kek.wrap_with_padding(plain, &mut inner).unwrap();
        let outer = asymmetric::encrypt(public, parts(algorithm).0, key).unwrap();
        [&outer, &*inner].concat()
    }

    #[test]
    fn what_was_wrapped_is_unwrapped_and_nothing_else() {
        let made = material::generate(Spec::Rsa2048).unwrap();
        let public = made.public.unwrap();
        for algorithm in [BY_AES_SHA_1, BY_AES_SHA_256] {
            for plain in [&b"seven b"[..], &[9; 2400]] {
                let whole = wrapped(&public, algorithm, &[3; 32], plain);
                let opened = unwrap(&made.secret, algorithm, &whole).unwrap();
                assert_eq!(opened.expose(), plain);
                for at in [0, 255, 256, whole.len() - 1] {
                    let mut changed = whole.clone();
                    changed[at] ^= 1;
                    assert!(unwrap(&made.secret, algorithm, &changed).is_err(), "{at}");
                }
                for end in [0, 100, 256, 257, 264, whole.len() - 8] {
                    assert!(unwrap(&made.secret, algorithm, &whole[..end]).is_err());
                }
            }
        }
        let other = wrapped(&public, BY_AES_SHA_1, &[3; 32], b"plain");
        assert!(unwrap(&made.secret, BY_AES_SHA_256, &other).is_err());
        let short = asymmetric::encrypt(&public, OAEP_SHA_256, &[3; 16]).unwrap();
        assert!(
            unwrap(
                &made.secret,
                BY_AES_SHA_256,
                &[&short[..], &[0; 16]].concat()
            )
            .is_err()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn nothing_given_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            for (spec, _) in crate::spec::SPECS {
                prop_assert!(material::imported(spec, &bytes).is_err() || !spec.is_asymmetric());
            }
        }
    }
}
