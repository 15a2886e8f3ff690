//! Assertions that come encrypted: what opens, with which keys, and that nothing is told of what does not.

use aws_lc_rs::{
    aead::{self, AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    encoding::{AsDer as _, Pkcs8V1Der},
    iv::FixedLength,
    rsa::{
        KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384,
        OAEP_SHA512_MGF1SHA512, OaepPublicEncryptingKey, PublicEncryptingKey,
    },
    signature::KeyPair as _,
};

use super::*;

const XMLENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const XMLENC_11: &str = "http://www.w3.org/2009/xmlenc11#";
const CLOSED: &str = "The assertion cannot be decrypted with the private keys of the specified provider, or is not signed by it";

/// The pair of a service that assertions are encrypted for.
struct Reader {
    pem: String,
    public: PublicEncryptingKey,
}

impl Reader {
    fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let lines = BASE64.encode(der.as_ref());
        let public = pair.public_key();
        let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = public.as_der().unwrap();
        Self {
            pem: format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"),
            public: PublicEncryptingKey::from_der(public.as_ref()).unwrap(),
        }
    }

    /// The key of an assertion as XML, encrypted by one of the ways that there are.
    fn key(&self, transport: &str, key: &[u8]) -> String {
        let dsig = |name: &str| format!("<ds:DigestMethod Algorithm=\"{name}\"></ds:DigestMethod>");
        let mgf = |bits: &str| {
            format!(
                "<e11:MGF xmlns:e11=\"{XMLENC_11}\" Algorithm=\"{XMLENC_11}mgf1sha{bits}\"></e11:MGF>"
            )
        };
        let more = "http://www.w3.org/2001/04/xmldsig-more#";
        let (how, name, inside) = match transport {
            "mgf1p" => (
                &OAEP_SHA1_MGF1SHA1,
                format!("{XMLENC}rsa-oaep-mgf1p"),
                String::new(),
            ),
            "sha1" => (
                &OAEP_SHA1_MGF1SHA1,
                format!("{XMLENC_11}rsa-oaep"),
                dsig(&format!("{XML_DSIG}sha1")),
            ),
            "sha256" => (
                &OAEP_SHA256_MGF1SHA256,
                format!("{XMLENC_11}rsa-oaep"),
                dsig(&format!("{XMLENC}sha256")) + &mgf("256"),
            ),
            "sha384" => (
                &OAEP_SHA384_MGF1SHA384,
                format!("{XMLENC_11}rsa-oaep"),
                dsig(&format!("{more}sha384")) + &mgf("384"),
            ),
            _ => (
                &OAEP_SHA512_MGF1SHA512,
                format!("{XMLENC_11}rsa-oaep"),
                dsig(&format!("{XMLENC}sha512")) + &mgf("512"),
            ),
        };
        let public = OaepPublicEncryptingKey::new(self.public.clone()).unwrap();
        let mut room = vec![0; public.ciphertext_size()];
        let sealed = public.encrypt(how, key, &mut room, None).unwrap();
        format!(
            "<xenc:EncryptedKey xmlns:xenc=\"{XMLENC}\" xmlns:ds=\"{XML_DSIG}\">\
             <xenc:EncryptionMethod Algorithm=\"{name}\">{inside}</xenc:EncryptionMethod><xenc:CipherData>\
             <xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>",
            BASE64.encode(sealed)
        )
    }

    fn encrypt(&self, text: &str, with: &str, transport: &str) -> String {
        let (name, bits) = (format!("{XMLENC_11}{with}"), &with[3..6]);
        let key = [7_u8; 32];
        let key = &key[..bits.parse::<usize>().unwrap() / 8];
        let (name, bytes) = match with.strip_suffix("-gcm") {
            Some(_) => (name, gcm(key, text)),
            None => (format!("{XMLENC}{with}"), cbc(key, text)),
        };
        data(&name, &self.key(transport, key), "", &bytes)
    }
}

/// An encrypted assertion whose key is within the data, or beside it.
fn data(algorithm: &str, within: &str, beside: &str, bytes: &[u8]) -> String {
    format!(
        "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
         <xenc:EncryptedData xmlns:xenc=\"{XMLENC}\" Type=\"{XMLENC}Element\">\
         <xenc:EncryptionMethod Algorithm=\"{algorithm}\"></xenc:EncryptionMethod>\
         <ds:KeyInfo xmlns:ds=\"{XML_DSIG}\">{within}</ds:KeyInfo><xenc:CipherData>\
         <xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>{beside}</saml:EncryptedAssertion>",
        BASE64.encode(bytes)
    )
}

fn gcm(key: &[u8], text: &str) -> Vec<u8> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        _ => &AES_256_GCM,
    };
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap());
    let nonce = [9; aead::NONCE_LEN];
    let mut sealed = text.as_bytes().to_vec();
    let given = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(given, Aad::empty(), &mut sealed)
        .unwrap();
    [&nonce[..], &sealed].concat()
}

/// Padded as XML Encryption has it: any bytes, then how many.
fn cbc(key: &[u8], text: &str) -> Vec<u8> {
    let algorithm = match key.len() {
        16 => &AES_128,
        _ => &AES_256,
    };
    let key = EncryptingKey::cbc(UnboundCipherKey::new(algorithm, key).unwrap()).unwrap();
    let mut sealed = text.as_bytes().to_vec();
    let padding = 16 - sealed.len() % 16;
    sealed.extend((1..padding).map(|_| 0xab));
    sealed.push(u8::try_from(padding).unwrap());
    let begin = [5; 16];
    let given = EncryptionContext::Iv128(FixedLength::from(&begin));
    key.less_safe_encrypt(&mut sealed, given).unwrap();
    [&begin[..], &sealed].concat()
}

async fn corp_with_key(mode: &str) -> (Corp, Reader) {
    let (corp, reader) = (corp().await, Reader::new());
    let update = iam::UpdateSAMLProviderRequest {
        assertion_encryption_mode: text(mode),
        add_private_key: text(&reader.pem),
        ..about()
    };
    corp.update(update).await.unwrap();
    (corp, reader)
}

fn about() -> iam::UpdateSAMLProviderRequest {
    iam::UpdateSAMLProviderRequest {
        saml_provider_arn: text(PROVIDER),
        ..Default::default()
    }
}

impl Corp {
    async fn update(&self, wanted: iam::UpdateSAMLProviderRequest) -> Result<(), Fault> {
        let done = self.w.iam.update_saml_provider(&root(), wanted).await;
        done.map(drop)
    }

    async fn shown(&self) -> iam::GetSAMLProviderResponse {
        let wanted = iam::GetSAMLProviderRequest {
            saml_provider_arn: text(PROVIDER),
        };
        self.w.iam.get_saml_provider(&root(), wanted).await.unwrap()
    }

    async fn closed(&self, xml: &str) {
        refused(self.send(xml).await, "InvalidIdentityToken", CLOSED);
    }
}

#[tokio::test]
async fn assertions_are_opened_by_each_algorithm() {
    let (corp, reader) = corp_with_key("Required").await;
    let signed = corp.idp.signed(&says());
    for with in ["aes128-gcm", "aes256-gcm", "aes128-cbc", "aes256-cbc"] {
        for transport in ["mgf1p", "sha1", "sha256", "sha384", "sha512"] {
            let response = around(&reader.encrypt(&signed, with, transport));
            let answer = corp.send(&response).await;
            let answer = answer.unwrap_or_else(|fault| panic!("{with} {transport}: {fault:?}"));
            assert_eq!(answer.subject.as_deref(), Some("anna"));
        }
    }
    // For several readers, beside the data.
    let key = [7; 32];
    let keys = Reader::new().key("mgf1p", &key) + &reader.key("mgf1p", &key);
    let beside = data(
        &format!("{XMLENC_11}aes256-gcm"),
        "",
        &keys,
        &gcm(&key, &signed),
    );
    assert!(corp.send(&around(&beside)).await.is_ok());
    let many = data(
        &format!("{XMLENC_11}aes256-gcm"),
        "",
        &keys.repeat(3),
        &gcm(&key, &signed),
    );
    corp.closed(&around(&many)).await;
}

#[tokio::test]
async fn a_signed_response_vouches_for_what_is_encrypted_in_it() {
    let (corp, reader) = corp_with_key("Allowed").await;
    // Canonical: what is declared around it is not declared again.
    let declared = format!("<xenc:EncryptedKey xmlns:xenc=\"{XMLENC}\" xmlns:ds=\"{XML_DSIG}\">");
    let encrypt = |with: &str| {
        let made = reader.encrypt(&says().canonical(), with, "mgf1p");
        made.replace(&declared, "<xenc:EncryptedKey>")
    };
    let encrypted = encrypt("aes256-cbc");
    let inside = format!("{STATUS}{encrypted}");
    let signature = corp.idp.signature(&open_response(&inside), "_r1");
    let whole = open_response(&format!("{signature}{inside}"));
    let answer = corp.send(&whole).await.unwrap();
    assert_eq!(answer.subject.as_deref(), Some("anna"));
    let other = encrypt("aes256-gcm");
    refused(
        corp.send(&whole.replace(&encrypted, &other)).await,
        "InvalidIdentityToken",
        BAD,
    );
    corp.closed(&around(&encrypted)).await;
}

#[tokio::test]
async fn nothing_is_told_of_what_does_not_open() {
    let (corp, reader) = corp_with_key("Allowed").await;
    let signed = corp.idp.signed(&says());
    let good = reader.encrypt(&signed, "aes256-cbc", "mgf1p");
    assert!(corp.send(&around(&good)).await.is_ok());
    let key = [7; 32];
    let name = format!("{XMLENC}aes256-cbc");
    let sealed = cbc(&key, &signed);
    let bytes = |bytes: &[u8]| around(&data(&name, &reader.key("mgf1p", &key), "", bytes));
    // Each byte of the last blocks and of the first, as an attacker of the padding changes them.
    let last = sealed.len() - 32;
    for at in (0..48).chain(last..sealed.len()) {
        let mut changed = sealed.clone();
        changed[at] ^= 0x55;
        corp.closed(&bytes(&changed)).await;
    }
    for cut in [0, 1, 15, 16, 17, sealed.len() - 1] {
        corp.closed(&bytes(&sealed[..cut])).await;
    }
    let opens_to = [
        says().canonical(),
        Idp::new().signed(&says()),
        signed.replace(">anna<", ">eve<"),
        signed.replace(">anna<", ">an<!-- -->na<"),
        signed.replace(">anna<", "><![CDATA[anna]]><"),
        signed[1..].to_owned(),
        format!("{signed}{signed}"),
        around(&signed),
        good.clone(),
        signed.replacen("<saml:Subject>", "<saml:Subject id=\"_a1\">", 1),
        signed.replacen(
            "<saml:Subject>",
            &format!("<saml:Advice>{signed}</saml:Advice><saml:Subject>"),
            1,
        ),
        String::new(),
    ];
    for text in opens_to {
        let response = around(&reader.encrypt(&text, "aes128-gcm", "sha256"));
        corp.closed(&response).await;
    }
    for (from, to) in [
        ("rsa-oaep-mgf1p", "rsa-1_5"),
        ("aes256-cbc", "tripledes-cbc"),
        ("aes256-cbc", "aes128-cbc"),
        ("<xenc:CipherValue>", "<xenc:CipherValue>AA"),
        ("xenc:CipherData>", "xenc:Cipher>"),
        ("EncryptedKey", "Key"),
        (
            "</xenc:EncryptionMethod><xenc:CipherData>",
            "<xenc:OAEPparams>AAAA</xenc:OAEPparams></xenc:EncryptionMethod><xenc:CipherData>",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        corp.closed(&around(&good.replace(from, to))).await;
    }
    corp.closed(&around(&Reader::new().encrypt(
        &signed,
        "aes256-gcm",
        "mgf1p",
    )))
    .await;
    // Of one that is encrypted and one that is not, and of two, nobody knows which is meant.
    for both in [format!("{good}{signed}"), format!("{good}{good}")] {
        refused(
            corp.send(&around(&both)).await,
            "InvalidIdentityToken",
            SHAPE,
        );
    }
    // What is wrong with an assertion whose signature holds is told as ever.
    let mut of = says();
    of.issued_s = -400;
    let late = reader.encrypt(&corp.idp.signed(&of), "aes256-gcm", "mgf1p");
    assert_eq!(
        corp.send(&around(&late)).await.unwrap_err().code,
        "ExpiredTokenException"
    );
}

#[tokio::test]
async fn keys_and_modes_are_added_changed_and_removed() {
    let corp = corp().await;
    let encrypted = Reader::new().encrypt(&corp.idp.signed(&says()), "aes256-gcm", "mgf1p");
    let no_key = "The assertion is encrypted, and the specified provider has no private key";
    refused(
        corp.send(&around(&encrypted)).await,
        "InvalidIdentityToken",
        no_key,
    );

    let needs = "AssertionEncryptionMode needs a private key to decrypt assertions with.";
    let mode = |mode: &str| iam::UpdateSAMLProviderRequest {
        assertion_encryption_mode: text(mode),
        ..about()
    };
    let add = |pem: &str| iam::UpdateSAMLProviderRequest {
        add_private_key: text(pem),
        ..about()
    };
    let remove = |id: &str| iam::UpdateSAMLProviderRequest {
        remove_private_key: text(id),
        ..about()
    };
    refused(corp.update(mode("Required")).await, "InvalidInput", needs);
    let wrong = corp.update(mode("Sometimes")).await.unwrap_err();
    assert_eq!(wrong.code, "ValidationError");
    let unread = "Unable to parse private key. Please ensure the key is an RSA key in PEM format and not encrypted.";
    let curve = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for bad in [
        "x",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        &curve,
    ] {
        refused(corp.update(add(bad)).await, "InvalidInput", unread);
    }

    let (one, two) = (Reader::new(), Reader::new());
    corp.update(add(&one.pem)).await.unwrap();
    corp.update(mode("Required")).await.unwrap();
    corp.update(add(&two.pem)).await.unwrap();
    let quota = "Cannot exceed quota for PrivateKeysPerSAMLProvider: 2";
    refused(corp.update(add(&two.pem)).await, "LimitExceeded", quota);
    let shown = corp.shown().await;
    assert_eq!(shown.assertion_encryption_mode.as_deref(), Some("Required"));
    assert_eq!(shown.saml_metadata_document, Some(corp.idp.metadata()));
    let keys = shown.private_key_list.unwrap();
    let ids: Vec<String> = keys.into_iter().filter_map(|it| it.key_id).collect();
    assert!(ids.len() == 2 && ids.iter().all(|it| it.len() >= 22));

    let plain = "The specified provider requires encrypted assertions";
    refused(corp.say(&says()).await, "InvalidIdentityToken", plain);
    let for_one = around(&one.encrypt(&corp.idp.signed(&says()), "aes256-gcm", "sha1"));
    let for_two = around(&two.encrypt(&corp.idp.signed(&says()), "aes256-gcm", "sha1"));
    assert!(corp.send(&for_one).await.is_ok() && corp.send(&for_two).await.is_ok());
    corp.update(remove(&ids[0])).await.unwrap();
    corp.closed(&for_one).await;
    assert!(corp.send(&for_two).await.is_ok());
    let gone = corp.update(remove(&ids[0])).await.unwrap_err();
    assert_eq!(gone.code, "NoSuchEntity");
    refused(corp.update(remove(&ids[1])).await, "InvalidInput", needs);
    // One for another in one call.
    let exchange = iam::UpdateSAMLProviderRequest {
        assertion_encryption_mode: text("Allowed"),
        add_private_key: text(&one.pem),
        ..remove(&ids[1])
    };
    corp.update(exchange).await.unwrap();
    assert!(corp.send(&for_one).await.is_ok() && corp.say(&says()).await.is_ok());
    corp.closed(&for_two).await;
}
