use super::*;

fn open(folder: &Path, keyring: &Keyring) -> Result<Authorities, TlsError> {
    Authorities::open_or_create(folder, keyring, &["10.0.0.1".to_owned()])
}

/// The authority that the gateway's certificate is of.
fn shows(authorities: &Authorities) -> String {
    let shown = authorities.shown.0.read();
    sha256_hex(&shown.cert[1])
}

#[test]
fn the_authority_stays_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::in_memory();
    let first = open(folder.path(), &keyring).unwrap();
    let again = open(folder.path(), &keyring).unwrap();
    assert_eq!(first.digest().unwrap(), again.digest().unwrap());
    assert_eq!(shows(&again), again.digest().unwrap());
    assert!(again.acceptor().is_ok());
    for name in fs::read_dir(folder.path()).unwrap() {
        let text = fs::read_to_string(name.unwrap().path()).unwrap();
        assert!(!text.contains("PRIVATE"));
    }
    assert!(matches!(
        open(folder.path(), &Keyring::in_memory()),
        Err(TlsError::Sealed)
    ));
}

#[test]
fn both_are_trusted_until_the_first_is_retired() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::in_memory();
    let authorities = open(folder.path(), &keyring).unwrap();
    let first = authorities.digest().unwrap();
    assert!(matches!(
        authorities.retire(&first),
        Err(TlsError::NotRotating)
    ));
    let second = authorities.rotate().unwrap();
    assert!(matches!(authorities.rotate(), Err(TlsError::Rotating)));
    // As after a kill, at whatever moment.
    for _ in 0..2 {
        fs::remove_file(folder.path().join("ca.pem")).unwrap();
        let opened = open(folder.path(), &keyring).unwrap();
        assert_eq!(opened.digests(), [first.clone(), second.clone()]);
        assert_eq!(shows(&opened), first);
        let trusted = fs::read_to_string(folder.path().join("ca.pem")).unwrap();
        assert_eq!(trusted, authorities.bundle());
        assert_eq!(trusted.matches("BEGIN CERTIFICATE").count(), 2);
    }
    assert!(matches!(
        authorities.retire(&first),
        Err(TlsError::NotRotating)
    ));
    authorities.retire(&second).unwrap();
    assert_eq!(shows(&authorities), second);
    let opened = open(folder.path(), &keyring).unwrap();
    assert_eq!(
        (opened.digests(), shows(&opened)),
        (vec![second.clone()], second)
    );
    let trusted = fs::read_to_string(folder.path().join("ca.pem")).unwrap();
    assert_eq!(trusted.matches("BEGIN CERTIFICATE").count(), 1);
}

#[test]
fn keys_are_sealed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    let keyring = Keyring::open_or_create(&path).unwrap();
    let authorities = open(folder.path(), &keyring).unwrap();
    authorities.rotate().unwrap();
    assert_eq!(authorities.reseal().unwrap(), 0);
    keyring.rotate().unwrap();
    assert_eq!(authorities.reseal().unwrap(), 2);
    keyring.retire().unwrap();
    assert_eq!(open(folder.path(), &keyring).unwrap().digests().len(), 2);
}

#[test]
fn the_files_of_earlier_versions_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::in_memory();
    let kept = Kept::new(NAME.to_owned(), &keyring).unwrap();
    fs::write(folder.path().join("ca.pem"), &kept.certificate).unwrap();
    fs::write(earlier_key(folder.path()), &kept.key).unwrap();
    for _ in 0..2 {
        let opened = open(folder.path(), &keyring).unwrap();
        assert_eq!(
            opened.digest().unwrap(),
            kept.digest(folder.path()).unwrap()
        );
        assert!(!earlier_key(folder.path()).exists());
    }
    let path = folder.path().join(FILE);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"format\":1", "\"format\":2")).unwrap();
    assert!(matches!(
        open(folder.path(), &keyring),
        Err(TlsError::Format { found: 2, .. })
    ));
}
