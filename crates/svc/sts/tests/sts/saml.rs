//! AssumeRoleWithSAML: roles for whom a provider of SAML vouches, and what is tried to get past it.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};

use super::*;

mod encrypted;

const PROVIDER: &str = "arn:aws:iam::000000000000:saml-provider/corp";
const ENTITY: &str = "https://idp.lan/saml";
const SIGN_IN: &str = "https://signin.aws.amazon.com/saml";
const REFUSED: &str = "Not authorized to perform sts:AssumeRoleWithSAML";
const BAD: &str = "Response signature invalid";
const SHAPE: &str = "Your request included an invalid SAML response.";
const ATTRIBUTE: &str = "https://aws.amazon.com/SAML/Attributes/";
const XML_DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// A provider with a key of its own.
struct Idp {
    pair: EcdsaKeyPair,
    certificate: String,
}

impl Idp {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["idp.lan".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(how, &key.serialize_der(), &SystemRandom::new());
        Self {
            pair: pair.unwrap(),
            certificate: BASE64.encode(certificate.der()),
        }
    }

    fn metadata(&self) -> String {
        let padding = " ".repeat(1000);
        format!(
            "<?xml version=\"1.0\"?><!-- as exported --><md:EntityDescriptor \
             xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{ENTITY}\">\
             <md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
             <md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"{XML_DSIG}\"><ds:X509Data>\
             <ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             </md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>{padding}",
            self.certificate
        )
    }

    /// The signature of an element whose canonical text and id are these.
    fn signature(&self, canonical: &str, id: &str) -> String {
        let hash = BASE64.encode(digest(&SHA256, canonical.as_bytes()));
        let info = format!(
            "<ds:SignedInfo xmlns:ds=\"{XML_DSIG}\">\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#{id}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{XML_DSIG}enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
             <ds:DigestValue>{hash}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        );
        let made = self
            .pair
            .sign(&SystemRandom::new(), info.as_bytes())
            .unwrap();
        let made = BASE64.encode(made);
        format!(
            "<ds:Signature xmlns:ds=\"{XML_DSIG}\">{info}<ds:SignatureValue>{made}</ds:SignatureValue></ds:Signature>"
        )
    }

    /// An assertion with its signature behind the issuer.
    fn signed(&self, of: &Says) -> String {
        let canonical = of.canonical();
        let signature = self.signature(&canonical, &of.id);
        canonical.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)
    }

    fn response(&self, of: &Says) -> String {
        around(&self.signed(of))
    }
}

/// What an assertion says, in canonical form.
struct Says {
    id: String,
    name: String,
    format: String,
    issuer: String,
    audience: String,
    recipient: String,
    issued_s: i64,
    over_s: i64,
    attributes: Vec<(String, String)>,
}

fn says() -> Says {
    Says {
        id: "_a1".to_owned(),
        name: "anna".to_owned(),
        format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".to_owned(),
        issuer: ENTITY.to_owned(),
        audience: "urn:amazon:webservices".to_owned(),
        recipient: SIGN_IN.to_owned(),
        issued_s: -10,
        over_s: 200,
        attributes: vec![
            (format!("{ATTRIBUTE}Role"), format!("{ROLE},{PROVIDER}")),
            (
                format!("{ATTRIBUTE}RoleSessionName"),
                "anna@corp".to_owned(),
            ),
        ],
    }
}

impl Says {
    fn canonical(&self) -> String {
        let at = |seconds: i64| Timestamp::from_millis(NOW.millis() + seconds * 1000).iso8601();
        let Self {
            id,
            name,
            format,
            issuer,
            audience,
            recipient,
            ..
        } = self;
        let (issued, over) = (at(self.issued_s), at(self.over_s));
        let attributes: String = (self.attributes.iter())
            .map(|(name, value)| {
                format!(
                    "<saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
                )
            })
            .collect();
        format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" IssueInstant=\"{issued}\" Version=\"2.0\">\
             <saml:Issuer>{issuer}</saml:Issuer>\
             <saml:Subject><saml:NameID Format=\"{format}\">{name}</saml:NameID>\
             <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
             <saml:SubjectConfirmationData NotOnOrAfter=\"{over}\" Recipient=\"{recipient}\"></saml:SubjectConfirmationData>\
             </saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{issued}\" NotOnOrAfter=\"{over}\"><saml:AudienceRestriction>\
             <saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
        )
    }
}

fn open_response(inside: &str) -> String {
    format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_r1\">{inside}</samlp:Response>"
    )
}

const STATUS: &str = "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode></samlp:Status>";

/// A response that holds an assertion.
fn around(assertion: &str) -> String {
    open_response(&format!("{STATUS}{assertion}"))
}

fn trusting(actions: &str, condition: &str) -> String {
    let rest = format!(
        r#","Principal":{{"Federated":"{PROVIDER}"}},"Condition":{{"StringEquals":{condition}}}"#
    );
    document(&[format!(r#"{{"Effect":"Allow","Action":{actions}{rest}}}"#)])
}

struct Corp {
    w: World,
    idp: Idp,
}

async fn corp_with(trust: &str) -> Corp {
    let (w, idp) = (world(), Idp::new());
    let create = iam::CreateSAMLProviderRequest {
        name: text("corp"),
        saml_metadata_document: Some(idp.metadata()),
        ..Default::default()
    };
    let made = w.iam.create_saml_provider(&root(), create).await.unwrap();
    assert_eq!(made.saml_provider_arn.as_deref(), Some(PROVIDER));
    w.role("deploy", trust, &allow("iam:GetUser")).await;
    Corp { w, idp }
}

async fn corp() -> Corp {
    let condition = format!(r#"{{"SAML:aud":"{SIGN_IN}"}}"#);
    corp_with(&trusting(r#""sts:AssumeRoleWithSAML""#, &condition)).await
}

impl Corp {
    async fn send(&self, xml: &str) -> Result<AssumeRoleWithSAMLResponse, Fault> {
        let wanted = AssumeRoleWithSAMLRequest {
            role_arn: text(ROLE),
            principal_arn: text(PROVIDER),
            saml_assertion: Some(BASE64.encode(xml)),
            ..Default::default()
        };
        let call = by(Caller::unproven("", ""));
        self.w.sts.assume_role_with_saml(&call, wanted).await
    }

    async fn say(&self, of: &Says) -> Result<AssumeRoleWithSAMLResponse, Fault> {
        self.send(&self.idp.response(of)).await
    }
}

#[tokio::test]
async fn an_assertion_is_exchanged_for_a_session() {
    let corp = corp().await;
    let mut of = says();
    of.attributes
        .push(("urn:oid:2.5.4.3".to_owned(), "Anna A.".to_owned()));
    let answer = corp.say(&of).await.unwrap();
    assert_eq!(answer.subject.as_deref(), Some("anna"));
    assert_eq!(answer.subject_type.as_deref(), Some("persistent"));
    assert_eq!(answer.issuer.as_deref(), Some(ENTITY));
    assert_eq!(answer.audience.as_deref(), Some(SIGN_IN));
    let session = corp.w.call(&answer.credentials.unwrap()).await;
    let arn = "arn:aws:sts::000000000000:assumed-role/deploy/anna@corp";
    assert_eq!(session.caller.arn, arn);
    corp.w.anna(None).await;
    assert!(corp.w.may(&session, "anna").await);
    let facts = &session.caller.session.as_ref().unwrap().facts;
    assert_eq!(facts["saml:sub"], ["anna"]);
    assert_eq!(facts["saml:doc"], ["000000000000/corp"]);
    assert_eq!(facts["saml:cn"], ["Anna A."]);
    assert_eq!(facts["aws:FederatedProvider"], [PROVIDER]);
}

#[tokio::test]
async fn formats_of_names_are_told_without_their_prefix() {
    let corp = corp().await;
    const STANDARD: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:";
    const OLDER: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    let entity = format!("{STANDARD}entity");
    for (format, told, key) in [
        (&*format!("{STANDARD}transient"), "transient", "transient"),
        (&*entity, "entity", &*entity),
        (OLDER, OLDER, OLDER),
    ] {
        let of = Says {
            format: format.to_owned(),
            ..says()
        };
        let answer = corp.say(&of).await.unwrap();
        assert_eq!(answer.subject_type.as_deref(), Some(told));
        let session = corp.w.call(&answer.credentials.unwrap()).await;
        let facts = &session.caller.session.as_ref().unwrap().facts;
        assert_eq!(facts["saml:sub_type"], [key]);
    }
}

#[tokio::test]
async fn a_signed_response_speaks_for_its_assertion() {
    let corp = corp().await;
    let inside = format!("{STATUS}{}", says().canonical());
    let canonical = open_response(&inside);
    let signature = corp.idp.signature(&canonical, "_r1");
    let whole = open_response(&format!("{signature}{inside}"));
    assert!(corp.send(&whole).await.is_ok());
    // Changed after it was signed, and a response alone that nobody signed.
    let changed = whole.replace(">anna<", ">eve<");
    refused(corp.send(&changed).await, "InvalidIdentityToken", BAD);
    refused(corp.send(&canonical).await, "InvalidIdentityToken", BAD);
    // Both signed: both must hold.
    let inside = format!("{STATUS}{}", corp.idp.signed(&says()));
    let signature = corp.idp.signature("something else", "_r1");
    let both = open_response(&format!("{signature}{inside}"));
    refused(corp.send(&both).await, "InvalidIdentityToken", BAD);
}

#[tokio::test]
async fn tags_source_and_times_come_from_the_provider() {
    let actions = r#"["sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity"]"#;
    let condition =
        r#"{"aws:RequestTag/team":"web","sts:SourceIdentity":"anna","SAML:sub_type":"persistent"}"#;
    let corp = corp_with(&trusting(actions, condition)).await;
    let mut of = says();
    let mut give = |name: &str, value: &str| {
        of.attributes
            .push((format!("{ATTRIBUTE}{name}"), value.to_owned()));
    };
    give("PrincipalTag:team", "web");
    give("TransitiveTagKeys", "team");
    give("SourceIdentity", "anna");
    give("SessionDuration", "900");
    let answer = corp.say(&of).await.unwrap();
    assert_eq!(answer.source_identity.as_deref(), Some("anna"));
    let credentials = answer.credentials.unwrap();
    assert_eq!(credentials.expiration, Some(NOW + Duration::from_secs(900)));
    let session = corp.w.call(&credentials).await;
    let session = session.caller.session.as_ref().unwrap();
    assert_eq!(session.tags["team"], "web");
    assert_eq!(session.transitive_tag_keys, ["team"]);
    let other = of.attributes.iter_mut().find(|it| it.1 == "web").unwrap();
    other.1 = "db".to_owned();
    refused(corp.say(&of).await, "AccessDenied", REFUSED);
}

#[tokio::test]
async fn what_is_not_for_us_or_not_for_now_is_refused() {
    let corp = corp().await;
    let expired = "The SAML assertion is expired or not valid yet";
    let late = "Token must be redeemed within 5 minutes of issuance";
    let not_for_us = |what: &str| format!("Response is not for this service: {what}");
    type Change = fn(&mut Says);
    let cases: [(Change, &str, String); 11] = [
        (
            |it| it.issuer = "https://other.lan".into(),
            "InvalidIdentityToken",
            "Issuer not present in specified provider".into(),
        ),
        (
            |it| it.audience = "https://other.lan".into(),
            "InvalidIdentityToken",
            not_for_us("Audience"),
        ),
        (
            |it| it.recipient = "https://other.lan/saml".into(),
            "InvalidIdentityToken",
            not_for_us("Recipient"),
        ),
        (
            |it| it.recipient = "https://evil/x.signin.aws.amazon.com/saml".into(),
            "InvalidIdentityToken",
            not_for_us("Recipient"),
        ),
        (
            |it| it.issued_s = -301,
            "ExpiredTokenException",
            late.into(),
        ),
        (
            |it| it.issued_s = 400,
            "ExpiredTokenException",
            expired.into(),
        ),
        (|it| it.over_s = 0, "ExpiredTokenException", expired.into()),
        (
            |it| it.attributes[0].1 = format!("{PROVIDER},{ROLE}2"),
            "AccessDenied",
            REFUSED.into(),
        ),
        (
            |it| drop(it.attributes.pop()),
            "InvalidIdentityToken",
            "RoleSessionName is required in AuthnResponse".into(),
        ),
        (
            |it| it.attributes[1].1 = "a b".into(),
            "InvalidIdentityToken",
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}".into(),
        ),
        (
            |it| {
                it.attributes
                    .push((format!("{ATTRIBUTE}SessionDuration"), "7".into()))
            },
            "InvalidIdentityToken",
            "SessionDuration in AuthnResponse must be a number of seconds between 900 and 43200"
                .into(),
        ),
    ];
    for (change, code, message) in cases {
        let mut of = says();
        change(&mut of);
        refused(corp.say(&of).await, code, &message);
    }
    let mut either_order = says();
    either_order.attributes[0].1 = format!("{PROVIDER}, {ROLE}");
    either_order.recipient = "https://eu-west-1.signin.aws.amazon.com/saml".to_owned();
    either_order.audience = SIGN_IN.to_owned();
    // The trust policy names another place.
    refused(corp.say(&either_order).await, "AccessDenied", REFUSED);
    either_order.recipient = SIGN_IN.to_owned();
    assert!(corp.say(&either_order).await.is_ok());
}

/// The eight ways of wrapping that are known, and their kin: what was signed lies somewhere, what is read elsewhere.
#[tokio::test]
async fn nobody_wraps_what_was_signed() {
    let corp = corp().await;
    let good = corp.idp.signed(&says());
    let evil = Says {
        id: "_e1".to_owned(),
        name: "eve".to_owned(),
        ..says()
    }
    .canonical();
    let same_id = Says {
        name: "eve".to_owned(),
        ..says()
    }
    .canonical();
    let (before, rest) = good.split_once("<ds:Signature").unwrap();
    let (signature, after) = rest.split_once("</ds:Signature>").unwrap();
    let signature = format!("<ds:Signature{signature}</ds:Signature>");
    let bare = format!("{before}{after}");
    let into = |xml: &str, end: &str, what: &str| xml.replacen(end, &format!("{what}{end}"), 1);
    let whole = corp.idp.response(&says());
    let wrapped = [
        // 1, 2: a signed response inside or beside the signature of a false one.
        into(
            &whole.replace("_r1", "_r2").replace(">anna<", ">eve<"),
            "</ds:Signature>",
            &whole,
        ),
        around(&format!("{evil}{whole}")),
        // 3: the false one before the signed one. 4: the signed one inside of the false one.
        around(&format!("{evil}{good}")),
        around(&into(&evil, "</saml:Assertion>", &good)),
        // 5: the signature in the false one, the signed one behind. 6: the signed one inside of that signature.
        around(&format!(
            "{}{bare}",
            evil.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)
        )),
        around(&evil.replacen(
            "</saml:Issuer>",
            &format!(
                "</saml:Issuer>{}",
                into(&signature, "</ds:Signature>", &bare)
            ),
            1,
        )),
        // 7: in an extension. 8: in an object of the signature.
        around(&format!(
            "<samlp:Extensions>{good}</samlp:Extensions>{evil}"
        )),
        around(&evil.replacen(
            "</saml:Issuer>",
            &format!(
                "</saml:Issuer>{}",
                into(
                    &signature,
                    "</ds:Signature>",
                    &format!("<ds:Object>{bare}</ds:Object>")
                )
            ),
            1,
        )),
        // One id twice, and one that reads alike.
        around(&format!("{same_id}{good}")),
        around(&good.replacen("<saml:Subject>", "<saml:Subject id=\"_a1\">", 1)),
        // The signature of another element, and two of them.
        around(&evil.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)),
        around(&good.replacen("<ds:Signature", &format!("{signature}<ds:Signature"), 1)),
    ];
    for (number, xml) in wrapped.iter().enumerate() {
        let fault = corp.send(xml).await.expect_err(&format!("{number}: {xml}"));
        assert_eq!(fault.code, "InvalidIdentityToken", "{number}");
        assert!(
            [BAD, SHAPE].contains(&&*fault.message),
            "{number}: {}",
            fault.message
        );
    }
    assert!(corp.send(&whole).await.is_ok());
}

#[tokio::test]
async fn what_parsers_read_in_two_ways_is_not_read() {
    let corp = corp().await;
    let good = corp.idp.response(&says());
    let depth = format!("{}{}", "<x>".repeat(200), "</x>".repeat(200));
    let bad = [
        good.replace(">anna<", ">anna<!-- -->.evil<"),
        good.replace(">anna<", ">an<?x y?>na<"),
        good.replace(">anna<", "><![CDATA[anna]]><"),
        format!(
            "<!DOCTYPE x [<!ENTITY e \"eve\">]>{}",
            good.replace(">anna<", ">&e;<")
        ),
        format!("<!DOCTYPE x SYSTEM \"file:///etc/passwd\">{good}"),
        good.replacen(STATUS, &format!("{STATUS}{depth}"), 1),
        good.replacen("</samlp:Response>", "", 1),
        format!("{good}{good}"),
        "<a/>".to_owned(),
        String::new(),
    ];
    for xml in bad {
        refused(corp.send(&xml).await, "InvalidIdentityToken", SHAPE);
    }
    let failed = good.replace("status:Success", "status:Requester");
    refused(
        corp.send(&failed).await,
        "IDPRejectedClaim",
        "The SAML response does not say success",
    );
    // Weak, unknown and missing parts of a signature.
    for (from, to) in [
        ("xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha1"),
        ("xmlenc#sha256", "xmldsig#sha1"),
        ("enveloped-signature", "base64"),
        ("URI=\"#_a1\"", "URI=\"\""),
        ("URI=\"#_a1\"", "URI=\"#_r1\""),
        ("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        (">anna<", ">eve<"),
    ] {
        assert!(good.contains(from), "{from}");
        let changed = good.replacen(from, to, 1);
        refused(corp.send(&changed).await, "InvalidIdentityToken", BAD);
    }
    let stranger = Idp::new().response(&says());
    refused(corp.send(&stranger).await, "InvalidIdentityToken", BAD);
}

#[tokio::test]
async fn metadata_fits_the_store_or_is_refused() {
    let corp = &corp().await;
    let update = |padding: &str, count: usize| {
        let end = "</md:EntityDescriptor>";
        let padding = format!("<!--{}-->{end}", padding.repeat(count));
        let update = iam::UpdateSAMLProviderRequest {
            saml_provider_arn: text(PROVIDER),
            saml_metadata_document: Some(corp.idp.metadata().replace(end, &padding)),
            ..Default::default()
        };
        async move { corp.w.iam.update_saml_provider(&root(), update).await }
    };
    let long = "The metadata document is longer than 900000 bytes, with quotes and line breaks counted twice.";
    for (padding, most) in [("x", 890_000), ("\"", 445_000), ("\n", 445_000)] {
        update(padding, most).await.unwrap();
        refused(update(padding, most + 10_000).await, "InvalidInput", long);
    }
    let root = root();
    let all = (corp.w.iam).list_saml_providers(&root, iam::ListSAMLProvidersRequest {});
    let all = all.await.unwrap().saml_provider_list.unwrap();
    assert_eq!(all[0].arn.as_deref(), Some(PROVIDER));
    assert!(all[0].valid_until.unwrap() > NOW && all[0].create_date.is_some());
}

#[tokio::test]
async fn providers_are_made_changed_tagged_and_removed() {
    let corp = corp().await;
    let (w, root) = (&corp.w, root());
    let shown = w.iam.get_saml_provider(
        &root,
        iam::GetSAMLProviderRequest {
            saml_provider_arn: text(PROVIDER),
        },
    );
    let shown = shown.await.unwrap();
    assert_eq!(shown.saml_metadata_document, Some(corp.idp.metadata()));
    assert!(shown.saml_provider_uuid.unwrap().len() >= 22 && shown.valid_until.unwrap() > NOW);
    let again = iam::CreateSAMLProviderRequest {
        name: text("corp"),
        saml_metadata_document: Some(corp.idp.metadata()),
        ..Default::default()
    };
    let again = w.iam.create_saml_provider(&root, again).await;
    refused(
        again,
        "EntityAlreadyExists",
        "SAMLProvider with name corp already exists.",
    );
    let bad = [
        corp.idp
            .metadata()
            .replace("IDPSSODescriptor", "SPSSODescriptor"),
        corp.idp.metadata().replace("entityID", "entity"),
        corp.idp
            .metadata()
            .replacen("<?xml version=\"1.0\"?>", "<!DOCTYPE x>", 1),
        "x".repeat(1000),
    ];
    for metadata in bad {
        let update = iam::UpdateSAMLProviderRequest {
            saml_provider_arn: text(PROVIDER),
            saml_metadata_document: Some(metadata),
            ..Default::default()
        };
        let answer = w.iam.update_saml_provider(&root, update).await;
        refused(answer, "InvalidInput", "Could not parse metadata");
    }
    // Another key: what the former one signed is of nobody now.
    let next = Idp::new();
    let update = iam::UpdateSAMLProviderRequest {
        saml_provider_arn: text(PROVIDER),
        saml_metadata_document: Some(next.metadata()),
        ..Default::default()
    };
    w.iam.update_saml_provider(&root, update).await.unwrap();
    refused(corp.say(&says()).await, "InvalidIdentityToken", BAD);
    assert!(corp.send(&next.response(&says())).await.is_ok());
    let tag = iam::TagSAMLProviderRequest {
        saml_provider_arn: text(PROVIDER),
        tags: Some(vec![iam::Tag {
            key: text("team"),
            value: text("web"),
        }]),
    };
    w.iam.tag_saml_provider(&root, tag).await.unwrap();
    let listed = iam::ListSAMLProviderTagsRequest {
        saml_provider_arn: text(PROVIDER),
        ..Default::default()
    };
    let listed = w.iam.list_saml_provider_tags(&root, listed).await.unwrap();
    assert_eq!(listed.tags.unwrap()[0].value.as_deref(), Some("web"));
    let all = w
        .iam
        .list_saml_providers(&root, iam::ListSAMLProvidersRequest {})
        .await
        .unwrap();
    assert_eq!(
        all.saml_provider_list.unwrap()[0].arn.as_deref(),
        Some(PROVIDER)
    );
    let delete = || iam::DeleteSAMLProviderRequest {
        saml_provider_arn: text(PROVIDER),
    };
    w.iam.delete_saml_provider(&root, delete()).await.unwrap();
    let gone = w.iam.delete_saml_provider(&root, delete()).await;
    refused(
        gone,
        "NoSuchEntity",
        &format!("Manifest not found for arn {PROVIDER}"),
    );
    let answer = corp.send(&next.response(&says())).await;
    refused(
        answer,
        "InvalidIdentityToken",
        "Specified provider doesn't exist",
    );
}
