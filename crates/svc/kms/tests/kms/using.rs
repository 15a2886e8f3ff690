//! What keys do, and what they refuse to.

use wharf_testkit::refused;

use super::*;

#[tokio::test]
async fn a_ciphertext_knows_its_key_and_its_context() {
    let home = Home::start();
    let (key, other) = (home.create().await, home.create().await);
    let bound = [("app", "web")];
    let blob = home.encrypt(&call(), &key, &bound).await.unwrap();
    assert_eq!(
        home.decrypt(&call(), &blob, &bound).await.unwrap(),
        b"plain"
    );
    refused(
        home.decrypt(&call(), &blob, &[("app", "db")]).await,
        "InvalidCiphertextException",
        "",
    );
    assert_eq!(
        code(home.decrypt(&call(), b"nonsense", &[]).await),
        "InvalidCiphertextException"
    );
    let by_other = api::DecryptRequest {
        key_id: Some(other.clone()),
        ciphertext_blob: Some(blob.clone()),
        encryption_context: pairs(&bound),
        ..Default::default()
    };
    refused(
        home.gated().decrypt(&call(), by_other).await,
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    );
    let again = api::ReEncryptRequest {
        ciphertext_blob: Some(blob),
        source_encryption_context: pairs(&bound),
        destination_key_id: Some(other.clone()),
        ..Default::default()
    };
    let again = home.gated().re_encrypt(&call(), again).await.unwrap();
    assert_eq!(again.source_key_id.as_deref(), Some(&*key));
    assert_eq!(again.key_id.as_deref(), Some(&*other));
    let blob = again.ciphertext_blob.unwrap();
    assert_eq!(home.decrypt(&call(), &blob, &[]).await.unwrap(), b"plain");
}

#[tokio::test]
async fn data_keys_come_open_and_sealed() {
    let home = Home::start();
    let key = home.create().await;
    let input = api::GenerateDataKeyRequest {
        key_id: Some(key.clone()),
        key_spec: Some("AES_256".to_owned()),
        ..Default::default()
    };
    let made = home
        .gated()
        .generate_data_key(&call(), input.clone())
        .await
        .unwrap();
    let opened = home
        .decrypt(&call(), &made.ciphertext_blob.unwrap(), &[])
        .await
        .unwrap();
    assert_eq!(Some(&opened), made.plaintext.as_ref());
    assert_eq!(opened.len(), 32);
    let dry = api::GenerateDataKeyRequest {
        dry_run: Some(true),
        ..input.clone()
    };
    refused(
        home.gated().generate_data_key(&call(), dry).await,
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    );
    let both = api::GenerateDataKeyRequest {
        number_of_bytes: Some(32),
        ..input
    };
    refused(
        home.gated().generate_data_key(&call(), both).await,
        "ValidationException",
        "Please specify either number of bytes or key spec.",
    );
    let pair = api::GenerateDataKeyPairRequest {
        key_id: Some(key.clone()),
        key_pair_spec: Some("ECC_NIST_P256".to_owned()),
        ..Default::default()
    };
    let pair = home
        .gated()
        .generate_data_key_pair(&call(), pair)
        .await
        .unwrap();
    let blob = pair.private_key_ciphertext_blob.unwrap();
    let opened = home.decrypt(&call(), &blob, &[]).await.unwrap();
    assert_eq!(Some(opened), pair.private_key_plaintext);
    let other = api::GenerateDataKeyPairRequest {
        key_id: Some(key),
        key_pair_spec: Some("SM2".to_owned()),
        ..Default::default()
    };
    refused(
        home.gated().generate_data_key_pair(&call(), other).await,
        "UnsupportedOperationException",
        "KeyPairSpec SM2 is not supported by this version of wharf.",
    );
    let random = api::GenerateRandomRequest {
        number_of_bytes: Some(7),
        ..Default::default()
    };
    let random = home.gated().generate_random(&call(), random).await.unwrap();
    assert_eq!(random.plaintext.unwrap().len(), 7);
}

#[tokio::test]
async fn signatures_and_codes_are_checked() {
    let home = Home::start();
    let key = home.create_spec("ECC_NIST_P256", "SIGN_VERIFY").await;
    let sign = |kind: &str, message: &[u8], algorithm: &str| api::SignRequest {
        key_id: Some(key.clone()),
        message: Some(message.to_vec()),
        message_type: Some(kind.to_owned()),
        signing_algorithm: Some(algorithm.to_owned()),
        ..Default::default()
    };
    let gated = home.gated();
    let made = gated
        .sign(&call(), sign("RAW", b"message", "ECDSA_SHA_256"))
        .await;
    let signature = made.unwrap().signature;
    let verify = |message: &[u8]| api::VerifyRequest {
        key_id: Some(key.clone()),
        message: Some(message.to_vec()),
        signature: signature.clone(),
        signing_algorithm: Some("ECDSA_SHA_256".to_owned()),
        ..Default::default()
    };
    let checked = gated.verify(&call(), verify(b"message")).await.unwrap();
    assert_eq!(checked.signature_valid, Some(true));
    let wrong = gated.verify(&call(), verify(b"massage")).await;
    assert_eq!(code(wrong), "KMSInvalidSignatureException");
    refused(
        gated
            .sign(&call(), sign("DIGEST", b"short", "ECDSA_SHA_256"))
            .await,
        "ValidationException",
        "Digest is invalid length for algorithm ECDSA_SHA_256.",
    );
    refused(
        gated
            .sign(&call(), sign("RAW", b"m", "ECDSA_SHA_384"))
            .await,
        "InvalidKeyUsageException",
        "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.",
    );
    refused(
        gated
            .sign(&call(), sign("EXTERNAL_MU", b"m", "ECDSA_SHA_256"))
            .await,
        "ValidationException",
        "Message type EXTERNAL_MU is incompatible with key spec ECC_NIST_P256.",
    );

    let key = home.create_spec("HMAC_256", "GENERATE_VERIFY_MAC").await;
    let input = api::GenerateMacRequest {
        key_id: Some(key.clone()),
        message: Some(b"message".to_vec()),
        mac_algorithm: Some("HMAC_SHA_256".to_owned()),
        ..Default::default()
    };
    let mac = gated.generate_mac(&call(), input).await.unwrap().mac;
    let verify = |message: &[u8]| api::VerifyMacRequest {
        key_id: Some(key.clone()),
        message: Some(message.to_vec()),
        mac: mac.clone(),
        mac_algorithm: Some("HMAC_SHA_256".to_owned()),
        ..Default::default()
    };
    assert!(gated.verify_mac(&call(), verify(b"message")).await.is_ok());
    let wrong = gated.verify_mac(&call(), verify(b"massage")).await;
    assert_eq!(code(wrong), "KMSInvalidMacException");
}

#[tokio::test]
async fn each_algorithm_of_ed25519_has_its_kind_of_message() {
    let home = Home::start();
    let key = home
        .create_spec("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
        .await;
    let gated = home.gated();
    let public = api::GetPublicKeyRequest {
        key_id: Some(key.clone()),
        ..Default::default()
    };
    let shown = gated.get_public_key(&call(), public).await.unwrap();
    assert_eq!(
        shown.signing_algorithms.unwrap(),
        ["ED25519_SHA_512", "ED25519_PH_SHA_512"]
    );
    let sign = |kind: &str, algorithm: &str, message: &[u8]| api::SignRequest {
        key_id: Some(key.clone()),
        message: Some(message.to_vec()),
        message_type: Some(kind.to_owned()),
        signing_algorithm: Some(algorithm.to_owned()),
        ..Default::default()
    };
    for (kind, algorithm, message) in [
        ("RAW", "ED25519_SHA_512", &b"message"[..]),
        ("DIGEST", "ED25519_PH_SHA_512", &[7; 64]),
    ] {
        let input = sign(kind, algorithm, message);
        let signature = gated.sign(&call(), input).await.unwrap().signature;
        let verify = |message: &[u8]| api::VerifyRequest {
            key_id: Some(key.clone()),
            message: Some(message.to_vec()),
            message_type: Some(kind.to_owned()),
            signature: signature.clone(),
            signing_algorithm: Some(algorithm.to_owned()),
            ..Default::default()
        };
        assert!(gated.verify(&call(), verify(message)).await.is_ok());
        let wrong = gated.verify(&call(), verify(&[8; 64])).await;
        assert_eq!(code(wrong), "KMSInvalidSignatureException", "{algorithm}");
    }
    for (kind, algorithm, message, text) in [
        (
            "DIGEST",
            "ED25519_SHA_512",
            &[7; 64][..],
            "Message type DIGEST is incompatible with signing algorithm ED25519_SHA_512.",
        ),
        (
            "RAW",
            "ED25519_PH_SHA_512",
            &[7; 64],
            "Message type RAW is incompatible with signing algorithm ED25519_PH_SHA_512.",
        ),
        (
            "DIGEST",
            "ED25519_PH_SHA_512",
            &[7; 32],
            "Digest is invalid length for algorithm ED25519_PH_SHA_512.",
        ),
    ] {
        let refusal = gated.sign(&call(), sign(kind, algorithm, message)).await;
        refused(refusal, "ValidationException", text);
    }
    refused(
        gated
            .sign(&call(), sign("RAW", "ECDSA_SHA_512", b"m"))
            .await,
        "InvalidKeyUsageException",
        "Algorithm ECDSA_SHA_512 is incompatible with key spec ECC_NIST_EDWARDS25519.",
    );
}

#[tokio::test]
async fn each_key_does_what_it_is_for() {
    let home = Home::start();
    let symmetric = home.create().await;
    let signing = home.create_spec("ECC_NIST_P384", "SIGN_VERIFY").await;
    let rsa = home.create_spec("RSA_2048", "ENCRYPT_DECRYPT").await;
    refused(
        home.encrypt(&call(), &signing, &[]).await,
        "InvalidKeyUsageException",
        &format!("{signing} key usage is SIGN_VERIFY which is not valid for Encrypt."),
    );
    let public = |key: &str| api::GetPublicKeyRequest {
        key_id: Some(key.to_owned()),
        ..Default::default()
    };
    let gated = home.gated();
    let answer = gated
        .get_public_key(&call(), public(&signing))
        .await
        .unwrap();
    assert_eq!(answer.signing_algorithms.unwrap(), ["ECDSA_SHA_384"]);
    assert!(answer.public_key.is_some());
    let none = gated.get_public_key(&call(), public(&symmetric)).await;
    assert_eq!(code(none), "UnsupportedOperationException");
    let data_key = api::GenerateDataKeyRequest {
        key_id: Some(rsa.clone()),
        number_of_bytes: Some(16),
        ..Default::default()
    };
    refused(
        gated.generate_data_key(&call(), data_key).await,
        "InvalidKeyUsageException",
        &format!("{rsa} key spec is RSA_2048 which is not valid for GenerateDataKey."),
    );
    let encrypt = |plain: usize| api::EncryptRequest {
        key_id: Some(rsa.clone()),
        plaintext: Some(vec![1; plain]),
        encryption_algorithm: Some("RSAES_OAEP_SHA_256".to_owned()),
        ..Default::default()
    };
    refused(
        gated.encrypt(&call(), encrypt(191)).await,
        "ValidationException",
        "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.",
    );
    let sealed = gated
        .encrypt(&call(), encrypt(190))
        .await
        .unwrap()
        .ciphertext_blob;
    let decrypt = |ciphertext_blob| api::DecryptRequest {
        key_id: Some(rsa.clone()),
        ciphertext_blob,
        encryption_algorithm: Some("RSAES_OAEP_SHA_256".to_owned()),
        ..Default::default()
    };
    let opened = gated.decrypt(&call(), decrypt(sealed)).await.unwrap();
    assert_eq!(opened.plaintext, Some(vec![1; 190]));
    let nonsense = gated.decrypt(&call(), decrypt(Some(vec![1; 256]))).await;
    assert_eq!(code(nonsense), "InvalidCiphertextException");
    refused(
        home.encrypt(&call(), &rsa, &[]).await,
        "InvalidKeyUsageException",
        "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.",
    );
}

#[tokio::test]
async fn using_a_key_writes_nothing_and_shows_nothing() {
    let home = Home::start();
    let key = home.create().await;
    let before = home.world.stored("/w1/c0/kms/000000000000/").await;
    let blob = home.encrypt(&call(), &key, &[("a", "b")]).await.unwrap();
    home.decrypt(&call(), &blob, &[("a", "b")]).await.unwrap();
    let input = api::GenerateDataKeyPairRequest {
        key_id: Some(key),
        key_pair_spec: Some("ECC_NIST_P256".to_owned()),
        ..Default::default()
    };
    home.gated()
        .generate_data_key_pair(&call(), input)
        .await
        .unwrap();
    assert_eq!(home.world.stored("/w1/c0/kms/000000000000/").await, before);
    // Private keys would be there in base 64: as PKCS #8 they begin like this.
    home.create_spec("ECC_NIST_P256", "SIGN_VERIFY").await;
    home.create_spec("RSA_2048", "SIGN_VERIFY").await;
    let stored = home.world.stored("/w1/c0/kms/").await;
    for begin in [
        "MIGHAgEAMBMGByqGSM49",
        "MIIEvQIBADANBgkqhkiG9w0B",
        "MIIEvAIBADANBgkqhkiG9w0B",
    ] {
        assert!(!stored.contains(begin));
    }
    assert!(stored.contains("sealed"));
}
