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
    assert_eq!(load(&path).unwrap().unwrap().keys.len(), 7);
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
