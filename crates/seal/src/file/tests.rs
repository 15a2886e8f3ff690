use std::fs;

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::Keyring;

fn damaged(content: &[u8]) -> KeyringError {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keyring");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let error = Keyring::open_or_create(&path).unwrap_err();
    assert_eq!(
        fs::read(&path).unwrap(),
        content,
        "a damaged keyring is left as it is"
    );
    error
}

#[test]
fn is_created_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secrets/keyring");
    let made = Keyring::open_or_create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(
        fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777,
        0o700
    );
    assert_eq!(
        Keyring::open_or_create(&path).unwrap().active_key(),
        made.active_key()
    );
    assert!(!beside(&path, ".new").exists());
}

#[test]
fn is_made_once_by_many_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keyring");
    let open = || Keyring::open_or_create(&path).unwrap().active_key();
    let ids = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        all.into_iter()
            .map(|t| t.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
}

#[test]
fn rotations_at_a_time_lose_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keyring");
    Keyring::open_or_create(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| Keyring::open_or_create(&path).unwrap().rotate().unwrap());
        }
    });
    let (stored, _) = load(&path, Unlock::Nothing).unwrap().unwrap();
    assert_eq!(stored.keys.len(), 7);
}

#[test]
fn a_leftover_of_a_crash_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keyring");
    fs::write(beside(&path, ".new"), b"{\"for").unwrap();
    Keyring::open_or_create(&path).unwrap();
    assert!(!beside(&path, ".new").exists());
}

#[test]
fn others_must_not_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keyring");
    Keyring::open_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o620] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = Keyring::open_or_create(&path).unwrap_err();
        assert!(
            matches!(error, KeyringError::Exposed { mode: m, .. } if m == mode),
            "{error}"
        );
    }
}

#[test]
fn no_link_and_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    Keyring::open_or_create(&real).unwrap();
    symlink(&real, &link).unwrap();
    assert!(matches!(
        Keyring::open_or_create(&link),
        Err(KeyringError::Io { .. })
    ));
    let folder = dir.path().join("folder");
    fs::create_dir(&folder).unwrap();
    assert!(matches!(
        Keyring::open_or_create(&folder),
        Err(KeyringError::Damaged { .. })
    ));
}

#[test]
fn damage_is_said_without_quoting_the_file() {
    let good = String::from_utf8(StoredKeys::with_one_key().to_json().to_vec()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&good).unwrap();
    let key = value["keys"][0]["key"].as_str().unwrap();
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut copy = value.clone();
        change(&mut copy);
        serde_json::to_vec(&copy).unwrap()
    };
    let cases = [
        Vec::new(),
        good.as_bytes()[..good.len() / 2].to_vec(),
        with(&|v| v["format"] = 2.into()),
        with(&|v| v["active"] = "00000000000000ff".into()),
        with(&|v| v["active"] = "+0000000000000ff".into()),
        with(&|v| v["keys"][0]["created"] = key.into()),
        with(&|v| v["keys"][0]["key"] = key[4..].into()),
        with(&|v| v["keys"] = vec![v["keys"][0].clone(); 2].into()),
        with(&|v| v["more"] = key.into()),
        vec![b' '; MAX_FILE_BYTES as usize + 1],
    ];
    for content in cases {
        let error = damaged(&content);
        assert!(matches!(error, KeyringError::Damaged { .. }), "{error}");
        assert!(
            !format!("{error} {error:?}").contains(&key[4..20]),
            "{error:?}"
        );
    }
}

#[test]
fn a_ring_in_memory_does_not_rotate() {
    assert!(matches!(
        Keyring::in_memory().rotate(),
        Err(KeyringError::InMemory)
    ));
}

mod sources {
    use super::*;
    use crate::{KeyringSource, new_document, set_passphrase};

    fn with(path: &Path, passphrase: &str) -> KeyringSource {
        KeyringSource {
            passphrase: Some(passphrase.into()),
            ..path.to_owned().into()
        }
    }

    #[test]
    fn a_passphrase_protects_the_file_and_rotations_keep_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        let right = with(&path, "correct horse");
        let ring = Keyring::read_or_create(&right).unwrap();
        let sealed = ring.seal(b"hush", "x");
        ring.rotate().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("\"keys\"") && !text.contains("horse"));
        let again = Keyring::read(&right).unwrap();
        assert_eq!(again.keys().len(), 2);
        assert_eq!(again.open(&sealed, "x").unwrap().expose(), b"hush");
        assert_eq!(ring.retire().unwrap().len(), 1);
        for wrong in ["correct horsf", ""] {
            assert!(matches!(
                Keyring::read(&with(&path, wrong)),
                Err(KeyringError::WrongPassphrase { .. })
            ));
        }
        let none = Keyring::open_or_create(&path).unwrap_err();
        assert!(none.to_string().contains("--keyring-passphrase-file"));
        assert_eq!(Keyring::read(&right).unwrap().keys().len(), 1);
    }

    #[test]
    fn a_passphrase_is_set_changed_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        let plain = Keyring::open_or_create(&path).unwrap();
        let (one, two): (Secret, Secret) = ("one".into(), "two".into());
        // Who gives a passphrase must not believe that it protects anything.
        assert!(matches!(
            Keyring::read(&with(&path, "one")),
            Err(KeyringError::NotProtected { .. })
        ));
        set_passphrase(&path, None, Some(&one)).unwrap();
        // What has the file open does not undo it.
        assert!(matches!(
            plain.rotate(),
            Err(KeyringError::PassphraseChanged { .. })
        ));
        let protected = Keyring::read(&with(&path, "one")).unwrap();
        assert!(set_passphrase(&path, Some(&two), Some(&two)).is_err());
        set_passphrase(&path, Some(&one), Some(&two)).unwrap();
        assert!(matches!(
            protected.rotate(),
            Err(KeyringError::PassphraseChanged { .. })
        ));
        set_passphrase(&path, Some(&two), None).unwrap();
        let last = Keyring::open_or_create(&path).unwrap();
        assert_eq!(last.active_key(), plain.active_key());
    }

    #[test]
    fn a_protected_file_may_not_ask_for_everything_and_notices_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        let right = with(&path, "p");
        Keyring::read_or_create(&right).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for (from, to) in [
            ("\"log_n\": 16", "\"log_n\": 40"),
            ("\"r\": 8", "\"r\": 4000000000"),
            ("\"p\": 2", "\"p\": 0"),
            ("\"salt\": \"", "\"salt\": \"AAAA"),
        ] {
            assert!(whole.contains(from));
            fs::write(&path, whole.replace(from, to)).unwrap();
            assert!(
                matches!(Keyring::read(&right), Err(KeyringError::Damaged { .. })),
                "{to}"
            );
        }
        fs::write(&path, whole.replace("\"p\": 2", "\"p\": 1")).unwrap();
        assert!(matches!(
            Keyring::read(&right),
            Err(KeyringError::WrongPassphrase { .. })
        ));
    }

    #[test]
    fn a_document_that_is_given_is_used_and_not_changed() {
        let document = new_document();
        let source = KeyringSource::given(document);
        let ring = Keyring::read(&source).unwrap();
        assert_eq!(
            Keyring::read_or_create(&source).unwrap().active_key(),
            ring.active_key()
        );
        assert!(matches!(ring.rotate(), Err(KeyringError::Given)));
        assert!(matches!(ring.retire(), Err(KeyringError::Given)));
        for bad in [&b""[..], b"{}", b"\xff", &vec![b'['; 70_000]] {
            let bad = KeyringSource::given(bad.into());
            let error = Keyring::read(&bad).unwrap_err();
            assert!(matches!(error, KeyringError::Damaged { .. }), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error_for_who_only_reads() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        assert!(matches!(
            Keyring::read(&path.clone().into()),
            Err(KeyringError::Missing { .. })
        ));
        assert!(!path.exists());
    }

    #[test]
    fn files_are_sealed_for_one_purpose() {
        let ring = Keyring::in_memory();
        let bytes = ring.seal_file(b"hush", "node/identity");
        assert!(crate::is_sealed_file(&bytes) && !crate::is_sealed_file(b"{}"));
        assert_eq!(
            ring.open_file(&bytes, "node/identity").unwrap().expose(),
            b"hush"
        );
        assert!(ring.open_file(&bytes, "node/plane").is_err());
        assert!(
            Keyring::in_memory()
                .open_file(&bytes, "node/identity")
                .is_err()
        );
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 4;
            assert!(ring.open_file(&bad, "node/identity").is_err(), "byte {at}");
            assert!(ring.open_file(&bytes[..at], "node/identity").is_err());
        }
    }
}
