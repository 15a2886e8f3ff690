use proptest::prelude::*;

use super::*;

const CONTEXT: &str = "iam/access-key/AKIAEXAMPLE";

#[test]
fn opens_what_it_sealed() {
    let ring = Keyring::in_memory();
    for plain in [&b""[..], b"x", &[7; 5000]] {
        let sealed = ring.seal(plain, CONTEXT);
        assert_eq!(ring.open(&sealed, CONTEXT).unwrap().expose(), plain);
    }
}

#[test]
fn survives_a_record() {
    let ring = Keyring::in_memory();
    let text = serde_json::to_string(&ring.seal(b"secret", CONTEXT)).unwrap();
    let sealed: Sealed = serde_json::from_str(&text).unwrap();
    assert_eq!(
        ring.open(&sealed, CONTEXT).unwrap().expose_str(),
        Some("secret")
    );
}

#[test]
fn two_envelopes_of_one_secret_share_nothing() {
    let ring = Keyring::in_memory();
    let (one, other) = (ring.seal(b"secret", CONTEXT), ring.seal(b"secret", CONTEXT));
    assert_ne!(one.nonce, other.nonce);
    assert_ne!(one.wrapped, other.wrapped);
    assert_ne!(one.body, other.body);
}

#[test]
fn another_context_is_refused() {
    let ring = Keyring::in_memory();
    let sealed = ring.seal(b"secret", CONTEXT);
    for context in [
        "",
        "iam/access-key/AKIAOTHER",
        "iam/access-key/AKIAEXAMPLE ",
    ] {
        assert_eq!(
            ring.open(&sealed, context),
            Err(OpenError::Refused),
            "{context}"
        );
    }
}

#[test]
fn a_token_is_no_record_and_a_record_no_token() {
    let ring = Keyring::in_memory();
    let token = ring.seal_token(b"who", CONTEXT);
    assert_eq!(ring.open_token(&token, CONTEXT).unwrap().expose(), b"who");
    let as_record = Sealed::decode(&token).unwrap();
    assert_eq!(ring.open(&as_record, CONTEXT), Err(OpenError::Refused));
    let record = ring.seal(b"who", CONTEXT).encode();
    assert_eq!(ring.open_token(&record, CONTEXT), Err(OpenError::Refused));
}

#[test]
fn a_token_fits_a_url() {
    let token = Keyring::in_memory().seal_token(&[0xff; 100], CONTEXT);
    assert!(
        token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
        "{token}"
    );
}

#[test]
fn every_flipped_bit_is_noticed() {
    let ring = Keyring::in_memory();
    let sealed = ring.seal(b"secret", CONTEXT);
    let flip = |change: &dyn Fn(&mut Sealed)| {
        let mut copy = sealed.clone();
        change(&mut copy);
        ring.open(&copy, CONTEXT)
    };
    for bit in 0..8 {
        for at in 0..NONCE_BYTES {
            assert_eq!(flip(&|s| s.nonce[at] ^= 1 << bit), Err(OpenError::Refused));
        }
        for at in 0..WRAPPED_BYTES {
            assert_eq!(
                flip(&|s| s.wrapped[at] ^= 1 << bit),
                Err(OpenError::Refused)
            );
        }
        for at in 0..sealed.body.len() {
            assert_eq!(flip(&|s| s.body[at] ^= 1 << bit), Err(OpenError::Refused));
        }
    }
    assert_eq!(
        flip(&|s| s.body.truncate(s.body.len() - 1)),
        Err(OpenError::Refused)
    );
    assert_eq!(flip(&|s| s.body.push(0)), Err(OpenError::Refused));
}

#[test]
fn a_foreign_key_is_named() {
    let (ours, theirs) = (Keyring::in_memory(), Keyring::in_memory());
    let sealed = theirs.seal(b"secret", CONTEXT);
    assert_eq!(
        ours.open(&sealed, CONTEXT),
        Err(OpenError::UnknownKey(theirs.active_key()))
    );
}

#[test]
fn an_old_key_opens_after_a_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keyring");
    let ring = Keyring::open_or_create(&path).unwrap();
    let clone = ring.clone();
    let old = ring.seal(b"secret", CONTEXT);

    let fresh_key = ring.rotate().unwrap();
    assert_ne!(fresh_key, old.key_id());
    assert_eq!(clone.active_key(), fresh_key, "clones share the rotation");

    let reopened = Keyring::open_or_create(&path).unwrap();
    assert_eq!(reopened.active_key(), fresh_key);
    assert_eq!(reopened.open(&old, CONTEXT).unwrap().expose(), b"secret");
    let moved = reopened.reseal(&old, CONTEXT).unwrap().unwrap();
    assert_eq!(moved.key_id(), fresh_key);
    assert_eq!(reopened.open(&moved, CONTEXT).unwrap().expose(), b"secret");
    assert_eq!(reopened.reseal(&moved, CONTEXT), Ok(None));
}

#[test]
fn nothing_prints_a_secret() {
    let ring = Keyring::in_memory();
    let sealed = ring.seal(b"secret", CONTEXT);
    assert_eq!(format!("{sealed:?}"), "Sealed");
    assert_eq!(
        format!("{ring:?}"),
        format!("Keyring(active {})", ring.active_key())
    );
}

proptest! {
    #[test]
    fn hostile_tokens_are_refused_without_a_panic(text in ".{0,400}") {
        prop_assert!(Keyring::in_memory().open_token(&text, CONTEXT).is_err());
    }

    #[test]
    fn hostile_bytes_are_refused_without_a_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
        known_key in any::<bool>(),
    ) {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let ring = Keyring::in_memory();
        if let Some(version) = bytes.first_mut() {
            *version = 1;
        }
        if known_key && bytes.len() > KeyId::BYTES {
            bytes[1..=KeyId::BYTES].copy_from_slice(ring.active_key().bytes());
        }
        prop_assert!(ring.open_token(&URL_SAFE_NO_PAD.encode(&bytes), CONTEXT).is_err());
    }

    #[test]
    fn whatever_goes_in_comes_out(plain: Vec<u8>, context in ".{0,40}") {
        let ring = Keyring::in_memory();
        let token = ring.seal_token(&plain, &context);
        let opened = ring.open_token(&token, &context).unwrap();
        prop_assert_eq!(opened.expose(), plain.as_slice());
    }
}

#[test]
fn retired_keys_open_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    let keyring = Keyring::open_or_create(&path).unwrap();
    let old = keyring.seal(b"old", "x");
    let first = keyring.active_key();
    keyring.rotate().unwrap();
    let kept = keyring.reseal(&old, "x").unwrap().unwrap();
    assert_eq!(keyring.keys().len(), 2);
    assert_eq!(keyring.retire().unwrap(), [first]);
    assert!(matches!(
        keyring.open(&old, "x"),
        Err(OpenError::UnknownKey(_))
    ));
    let again = Keyring::open_or_create(&path).unwrap();
    assert_eq!(again.keys().len(), 1);
    assert_eq!(again.open(&kept, "x").unwrap().expose(), b"old");
}

#[test]
fn a_rotation_by_another_process_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    for passphrase in [None, Some(Secret::from("correct horse"))] {
        let path = folder.path().join(format!("{}", passphrase.is_some()));
        let source = KeyringSource {
            passphrase,
            ..path.clone().into()
        };
        let (here, there) = (
            Keyring::read_or_create(&source).unwrap(),
            Keyring::read(&source).unwrap(),
        );
        let file = there.seal_file(b"secret", CONTEXT);
        assert_eq!(file.len(), sealed_file_size(b"secret".len()));
        assert!(!there.follow().unwrap());
        let active = here.rotate().unwrap();
        assert!(there.follow().unwrap() && there.active_key() == active);
        assert!(!there.follow().unwrap());
        let anew = there.reseal_file(&file, CONTEXT).unwrap().unwrap();
        assert_eq!(sealed_file_key(&anew[..SEALED_FILE_HEAD]), Some(active));
        assert_eq!(there.reseal_file(&anew, CONTEXT).unwrap(), None);
        assert_eq!(there.reseal_file(b"plain", CONTEXT).unwrap(), None);
        here.retire().unwrap();
        assert!(!there.follow().unwrap());
        assert_eq!(there.keys().len(), 1);
        assert_eq!(there.open_file(&anew, CONTEXT).unwrap().expose(), b"secret");
        assert!(there.open_file(&file, CONTEXT).is_err());
    }
    assert!(!Keyring::in_memory().follow().unwrap());
    let gone = Keyring::open_or_create(&folder.path().join("gone")).unwrap();
    std::fs::remove_file(folder.path().join("gone")).unwrap();
    assert!(gone.follow().is_err());
}
