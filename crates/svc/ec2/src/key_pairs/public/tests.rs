use super::*;

/// Made by `ssh-keygen`; fingerprints by `openssl md5 -c` of the DER, and `ssh-keygen -l`.
const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCXkM6s7txnpa/klLbACv9pYNwVd3ucNA1A2k9nsl6q16Dig1u8VADqvMQCGUpR0Yj5PqxB6+erdzhhQcIIGuMputFWOrcpnFKYXQYZ9OXQBAkADqwGpGXOsY1gbdy6BrEa2bI1RIsYa2E369NFmMPt5wYNik1C25PMp3KMhfmx+rI97W3uj3fV3WibSa27yhShdseY24+cv9t0+f8MwzHHsNjc8KDFRMxTiZAUbladCESLyapeU+Ck6Qdk+lfIqkUmGhWLFPerEtaKfJ47ehXvAY+CsTb6/LIP/RhObrlpYvwbEoa0mQc3ab18eSiHZ99kNB5muXya79fnaNpKV6bR me";
const RSA_FINGERPRINT: &str = "66:a3:ba:d9:b0:ad:fd:6a:26:e5:fd:60:ad:ce:75:ce";
const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINoG4t81lH9YaxuPw99hA4WaKVU5QQcJHxDRzaWGvwNu me";
const ED25519_FINGERPRINT: &str = "L8H0NgzENmm8SGxklewPU1nAqxaRoGrJx4TBnJk7Qgg=";
const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCCh8DrmeiTNKnWR57moEyM1TfJfHLpHfTrsv02ps+4tGu5cAm1BsEWwm94o63XiZJnEB74jSP6yiR0P+56OlW4= me";
const RSA_3072: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDQFfVU6FEGVu5BAx444fNl7oG5YGoRs0tpbDiGzZoP+On6mAvBEaSJTlHGLfGVD6z7CAxSImW5iIfxP+CbKEuOMYht/zTvO+2A1HWH0azrAMEy3KMsrRyNAMoITjUICPZUqinPn8X517arLwj6hazxvBA6CKWXscooI2l7DanMyrzAi4rmOCnPaQ53CH032wgO1ho9slxOmMfbjgItqpa4t4ieT+rKw7FaYOOLs76QXtPf/YElocT/+ttHtkOpK2i49Zidwss1xf5GnVDhD+bOKmSKBpIBaG1QQCWPaRffRt2Lw5pG1lRSzGACbG/teXUXUf3rNoRlR/kvjCwyU8fqO/N1v+r/J/2zmZeYhUFApqZTecQqYkdXFFFWN6HXDe69XurE9fmdbuqt/i7Ud6+IVuTES2zqCBJQ6E/O4Ij1ywirwP1NPX1+7BAKWe9ns1BT49Xj8JstNkghLIJeWGgxEw3z0WOdY05N90TX4D0bP4Y4hwjdfOMeJW8+gOUU95k= root@vm";

#[test]
fn keys_of_others_have_the_fingerprints_of_other_tools() {
    for (text, key_type, fingerprint) in [
        (RSA, KeyType::Rsa, RSA_FINGERPRINT),
        (ED25519, KeyType::Ed25519, ED25519_FINGERPRINT),
    ] {
        let found = read(text.as_bytes()).unwrap();
        assert_eq!(found.key_type, key_type);
        assert_eq!(found.fingerprint, fingerprint);
        // A comment or a line's end is no part of it.
        let bare = text.strip_suffix(" me").unwrap();
        assert_eq!(read(bare.as_bytes()), Some(found.clone()));
        assert_eq!(read(format!("{text}\r\n").as_bytes()), Some(found));
    }
}

#[test]
fn what_is_no_key() {
    let two = format!("{RSA}\n{ED25519}");
    let other = RSA.replacen("ssh-rsa", "ssh-ed25519", 1);
    let long = format!("{RSA}{}", " ".repeat(MAX_TEXT) + "x");
    let more = format!(
        "ssh-ed25519 {}",
        STANDARD.encode([super::super::ssh::ed25519_blob(&[7; 32]), vec![1]].concat())
    );
    let short = format!(
        "ssh-ed25519 {}",
        STANDARD.encode(super::super::ssh::ed25519_blob(&[7; 31]))
    );
    let cut = &RSA[..RSA.len() - 20];
    for text in [
        "",
        "ssh-rsa",
        "ssh-rsa AAAA",
        "ssh-rsa !!!!",
        "-----BEGIN PUBLIC KEY-----",
        ECDSA,
        RSA_3072,
        &two,
        &other,
        &long,
        &more,
        &short,
        cut,
    ] {
        assert_eq!(read(text.as_bytes()), None, "{text:.60}");
    }
    assert_eq!(read(&[0xff; 20]), None);
}
