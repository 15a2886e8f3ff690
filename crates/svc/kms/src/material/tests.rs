//! Material in use, and answers that others computed.

use super::{
    asymmetric::{Message, Peer, agree, digest_length, longest, sign, verify},
    *,
};
use crate::spec::{ED25519, ED25519_PH, OAEP_SHA_1, OAEP_SHA_256, Usage};

const ECC: [Spec; 4] = [Spec::P256, Spec::P384, Spec::P521, Spec::K256];

fn context(pairs: &[(&str, &str)]) -> Context {
    let pairs = pairs.iter();
    pairs.map(|(k, v)| ((*k).into(), (*v).into())).collect()
}

#[test]
fn a_ciphertext_opens_for_its_context_alone() {
    let made = generate(Spec::Symmetric).unwrap();
    let source = Source {
        account: "000000000042",
        key: KeyId::new([5; 16], false),
        material: 3,
    };
    let bound = context(&[("app", "web"), ("stage", "test")]);
    let bytes = encrypt(&made.secret, source, &bound, b"plain").unwrap();
    assert_ne!(
        encrypt(&made.secret, source, &bound, b"plain").unwrap(),
        bytes
    );
    let blob = Blob::parse(&bytes).unwrap();
    assert_eq!((&*blob.account, blob.material), ("000000000042", 3));
    let opened = decrypt(&made.secret, &blob, &bound).unwrap();
    assert_eq!(opened.expose(), b"plain");
    for other in [
        context(&[]),
        context(&[("app", "web")]),
        context(&[("app", "webstage"), ("", "test")]),
    ] {
        assert!(decrypt(&made.secret, &blob, &other).is_err());
    }
    let other = generate(Spec::Symmetric).unwrap().secret;
    assert!(decrypt(&other, &blob, &bound).is_err());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let opened = Blob::parse(&changed).map(|it| decrypt(&made.secret, &it, &bound));
        assert!(opened.is_none_or(|it| it.is_err()), "byte {at}");
    }
}

#[test]
fn signatures_fit_messages_and_digests() {
    let rsa = generate(Spec::Rsa2048).unwrap();
    let mut pairs = vec![(Spec::Rsa2048, rsa)];
    pairs.extend(ECC.map(|spec| (spec, generate(spec).unwrap())));
    for (spec, made) in pairs {
        let public = made.public.unwrap();
        for algorithm in spec.signing_algorithms(Usage::Sign) {
            let hash = match digest_length(spec, algorithm).unwrap() {
                32 => &aws_lc_rs::digest::SHA256,
                48 => &aws_lc_rs::digest::SHA384,
                _ => &aws_lc_rs::digest::SHA512,
            };
            let digest = aws_lc_rs::digest::digest(hash, b"message");
            let (raw, hashed) = (Message::Raw(b"message"), Message::Digest(digest.as_ref()));
            for signed in [raw, hashed] {
                let made = sign(spec, &made.secret, algorithm, signed).unwrap();
                for checked in [raw, hashed] {
                    assert!(
                        verify(spec, &public, algorithm, checked, &made),
                        "{algorithm}"
                    );
                }
                let other = Message::Raw(b"massage");
                assert!(!verify(spec, &public, algorithm, other, &made));
                assert!(!verify(spec, &public, algorithm, raw, b"nonsense"));
            }
            let short = Message::Digest(&[0; 7]);
            assert!(sign(spec, &made.secret, algorithm, short).is_err());
            assert!(!verify(spec, &public, algorithm, short, b"nonsense"));
        }
    }
}

/// RFC 8032, 7.1, test 1: the key is that of others, written with and without its public half.
#[test]
fn ed25519_keys_are_those_of_others() {
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let point = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let der = |text: String| hex::decode(text).unwrap();
    let alone = der(format!("302e020100300506032b657004220420{seed}"));
    let both = der(format!(
        "3051020101300506032b657004220420{seed}812100{point}"
    ));
    for given in [&alone, &both] {
        let made = imported(Spec::Ed25519, given).unwrap();
        assert_eq!(made.secret.expose(), alone);
        let public = made.public.unwrap();
        assert_eq!(
            hex::encode(&public),
            format!("302a300506032b6570032100{point}")
        );
        let signed = sign(Spec::Ed25519, &made.secret, ED25519, Message::Raw(b"")).unwrap();
        assert_eq!(
            hex::encode(signed),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac\
             c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
    }
    let other = der(format!(
        "3051020101300506032b657004220420{seed}812100{seed}"
    ));
    assert!(imported(Spec::Ed25519, &other).is_err());
    let p256 = generate(Spec::P256).unwrap().secret;
    assert!(imported(Spec::Ed25519, p256.expose()).is_err());
    assert!(imported(Spec::P256, &alone).is_err());
}

#[test]
fn ed25519_signs_messages_by_one_algorithm_and_digests_by_the_other() {
    let spec = Spec::Ed25519;
    let made = generate(spec).unwrap();
    let public = made.public.unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, b"message");
    let (raw, hashed) = (Message::Raw(b"message"), Message::Digest(digest.as_ref()));
    assert_eq!(digest_length(spec, ED25519), None);
    assert_eq!(digest_length(spec, ED25519_PH), Some(64));
    for (algorithm, good, bad) in [(ED25519, raw, hashed), (ED25519_PH, hashed, raw)] {
        let signed = sign(spec, &made.secret, algorithm, good).unwrap();
        assert_eq!(signed.len(), 64);
        assert!(verify(spec, &public, algorithm, good, &signed));
        assert!(!verify(spec, &public, algorithm, bad, &signed));
        let other = generate(spec).unwrap().public.unwrap();
        assert!(!verify(spec, &other, algorithm, good, &signed));
        assert!(!verify(spec, &public, algorithm, good, &signed[1..]));
        assert!(sign(spec, &made.secret, algorithm, bad).is_err());
    }
    // Neither is the other, though the digest is the same.
    let signed = sign(spec, &made.secret, ED25519_PH, hashed).unwrap();
    let as_message = Message::Raw(digest.as_ref());
    assert!(!verify(spec, &public, ED25519, as_message, &signed));
    assert!(sign(spec, &made.secret, ED25519_PH, Message::Digest(&[0; 32])).is_err());
    assert!(sign(spec, &made.secret, "ECDSA_SHA_512", raw).is_err());
}

#[test]
fn two_keys_share_a_secret() {
    for (spec, length) in [(Spec::P256, 32), (Spec::P384, 48), (Spec::P521, 66)] {
        let (one, two) = (generate(spec).unwrap(), generate(spec).unwrap());
        let (public_one, public_two) = (one.public.unwrap(), two.public.unwrap());
        let peer = |public: &[u8]| Peer::read(spec, public).unwrap();
        let shared = agree(spec, &one.secret, peer(&public_two)).unwrap();
        let same = agree(spec, &two.secret, peer(&public_one)).unwrap();
        assert_eq!(shared.expose(), same.expose());
        assert_eq!(shared.expose().len(), length);
        let other = agree(spec, &one.secret, peer(&public_one)).unwrap();
        assert_ne!(shared.expose(), other.expose());
        // The point alone, a changed one, and nothing.
        let point = &public_one[public_one.len() - (2 * length + 1)..];
        let mut changed = public_one.clone();
        *changed.last_mut().unwrap() ^= 1;
        for bad in [point, &changed, b"", b"nonsense"] {
            assert!(Peer::read(spec, bad).is_none(), "{spec:?}");
        }
    }
    for (spec, other) in [
        (Spec::P256, Spec::P384),
        (Spec::P384, Spec::K256),
        (Spec::P256, Spec::Rsa2048),
    ] {
        let public = generate(other).unwrap().public.unwrap();
        assert!(Peer::read(spec, &public).is_none(), "{other:?}");
    }
}

#[test]
fn rsa_encrypts_what_fits() {
    let made = generate(Spec::Rsa2048).unwrap();
    let public = made.public.unwrap();
    for (algorithm, most) in [(OAEP_SHA_1, 214), (OAEP_SHA_256, 190)] {
        assert_eq!(longest(&public, algorithm).unwrap(), most);
        let plain = vec![7; most];
        let sealed = asymmetric::encrypt(&public, algorithm, &plain).unwrap();
        let opened = asymmetric::decrypt(&made.secret, algorithm, &sealed).unwrap();
        assert_eq!(opened.expose(), plain);
        let other = if algorithm == OAEP_SHA_1 {
            OAEP_SHA_256
        } else {
            OAEP_SHA_1
        };
        assert!(asymmetric::decrypt(&made.secret, other, &sealed).is_err());
        assert!(asymmetric::decrypt(&made.secret, algorithm, &sealed[1..]).is_err());
        assert!(asymmetric::encrypt(&public, algorithm, &vec![7; most + 1]).is_err());
    }
}

/// RFC 4231, test case 2.
#[test]
fn codes_are_those_of_others() {
    let secret = Secret::from(b"Jefe".as_slice());
    let message = b"what do ya want for nothing?";
    for (spec, expected) in [
        (
            Spec::Hmac224,
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
        ),
        (
            Spec::Hmac256,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            Spec::Hmac384,
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
             8e2240ca5e69e2c78b3239ecfab21649",
        ),
        (
            Spec::Hmac512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ] {
        let code = mac(spec, &secret, message);
        assert_eq!(hex::encode(&code), expected);
        assert!(is_mac(spec, &secret, message, &code));
        assert!(!is_mac(spec, &secret, message, &code[1..]));
        assert!(!is_mac(spec, &secret, b"what else?", &code));
    }
}
