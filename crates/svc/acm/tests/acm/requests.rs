//! What is requested, until it is issued or deleted.

use std::time::Duration;

use wharf_api_acm::{self as api, Acm};
use wharf_svc_acm::Found;
use x509_parser::pem::Pem;

use crate::harness::{ACCOUNT, Harness, REGION, call_at, tag, wait};

#[tokio::test]
async fn pending_then_issued_by_the_authority() {
    let harness = Harness::start();
    let request = |input: &mut api::RequestCertificateRequest| {
        input.subject_alternative_names =
            Some(vec!["*.Example.com".to_owned(), "example.com".to_owned()]);
        input.tags = Some(vec![tag("team", "a")]);
    };
    let arn = harness.request("Example.com", request).await.unwrap();
    let shown = harness.describe(&arn).await.unwrap();
    assert_eq!(shown.status.as_deref(), Some("PENDING_VALIDATION"));
    assert_eq!(
        shown.subject_alternative_names.unwrap(),
        ["example.com", "*.example.com"]
    );
    let options = shown.domain_validation_options.unwrap();
    let record = |index: usize| {
        let record = options[index].resource_record.clone().unwrap();
        (record.name.unwrap(), record.value.unwrap())
    };
    // A wildcard is validated by its domain's record.
    assert_eq!(record(0), record(1));
    assert!(record(0).0.ends_with(".example.com.") && record(0).0.starts_with('_'));
    assert!(record(0).1.ends_with(".acm-validations.aws."));
    let found = harness.acm.find(ACCOUNT, REGION, &arn).await.unwrap();
    assert!(matches!(found, Found::NotServable));
    let get = api::GetCertificateRequest {
        certificate_arn: Some(arn.clone()),
    };
    let early = harness
        .acm
        .get_certificate(&harness.call(), get.clone())
        .await;
    assert_eq!(early.unwrap_err().code, "RequestInProgressException");

    harness.clock.advance(Duration::from_secs(1));
    wait("the certificate", || async {
        harness.status(&arn).await == "ISSUED"
    })
    .await;
    let shown = harness.describe(&arn).await.unwrap();
    assert_eq!(shown.subject.as_deref(), Some("CN=example.com"));
    assert_eq!(shown.issuer.as_deref(), Some("wharf"));
    assert_eq!(
        shown.signature_algorithm.as_deref(),
        Some("SHA256WITHECDSA")
    );
    let got = harness
        .acm
        .get_certificate(&harness.call(), get)
        .await
        .unwrap();
    assert_eq!(
        got.certificate_chain,
        Some(harness.acm.authority().await.unwrap())
    );
    verified(&got.certificate.unwrap(), &got.certificate_chain.unwrap());
    assert!(!harness.world.stored("").await.contains("PRIVATE"));
    let served = harness.served(&arn).await.unwrap();
    assert!(served.private_key.expose_str().unwrap().contains("PRIVATE"));
    assert!(!format!("{served:?}").contains("PRIVATE"));
    // Certificates belong to their region.
    let elsewhere = harness.acm.find(ACCOUNT, "eu-west-1", &arn).await.unwrap();
    assert!(matches!(elsewhere, Found::Nothing));
}

fn verified(leaf: &str, authority: &str) {
    let pem = |text: &str| {
        Pem::iter_from_buffer(text.as_bytes())
            .next()
            .unwrap()
            .unwrap()
    };
    let (leaf, authority) = (pem(leaf), pem(authority));
    let (leaf, authority) = (leaf.parse_x509().unwrap(), authority.parse_x509().unwrap());
    assert_eq!(leaf.issuer(), authority.subject());
    leaf.verify_signature(Some(authority.public_key())).unwrap();
    assert!(authority.is_ca() && !leaf.is_ca());
}

#[tokio::test]
async fn what_cannot_be_requested() {
    let harness = Harness::start();
    let long = format!("{}.example.com", "a".repeat(63));
    let many: Vec<String> = (0..10).map(|n| format!("a{n}.example.com")).collect();
    type Change = Box<dyn FnOnce(&mut api::RequestCertificateRequest)>;
    let cases: Vec<(&str, &str, Change)> = vec![
        ("nodots", "ValidationException", Box::new(|_| ())),
        (&long, "ValidationException", Box::new(|_| ())),
        (
            "a.example.com",
            "LimitExceededException",
            Box::new(move |it| it.subject_alternative_names = Some(many)),
        ),
        (
            "a.example.com",
            "InvalidParameterException",
            Box::new(|it| it.key_algorithm = Some("RSA_4096".to_owned())),
        ),
        (
            "a.example.com",
            "InvalidParameterException",
            Box::new(|it| it.validation_method = Some("HTTP".to_owned())),
        ),
        (
            "a.example.com",
            "InvalidTagException",
            Box::new(|it| it.tags = Some(vec![tag("aws:x", "")])),
        ),
        (
            "a.example.com",
            "InvalidDomainValidationOptionsException",
            Box::new(|it| it.domain_validation_options = Some(vec![option("b.com", "b.com")])),
        ),
        (
            "a.example.com",
            "InvalidDomainValidationOptionsException",
            Box::new(|it| {
                it.domain_validation_options = Some(vec![option("a.example.com", "xample.com")]);
            }),
        ),
        (
            "a.example.com",
            "UnsupportedOperation",
            Box::new(|it| it.managed_by = Some("CLOUDFRONT".to_owned())),
        ),
    ];
    for (name, code, change) in cases {
        let fault = harness.request(name, change).await.unwrap_err();
        assert_eq!(fault.code, code, "{name}: {}", fault.message);
    }
    assert!(!harness.world.stored("").await.contains("example.com"));
}

fn option(name: &str, domain: &str) -> api::DomainValidationOption {
    api::DomainValidationOption {
        domain_name: Some(name.to_owned()),
        validation_domain: Some(domain.to_owned()),
    }
}

#[tokio::test]
async fn mail_goes_to_the_validation_domain() {
    let harness = Harness::start();
    let request = |input: &mut api::RequestCertificateRequest| {
        input.validation_method = None;
        input.domain_validation_options = Some(vec![option("a.example.com", "example.com")]);
    };
    let arn = harness.request("a.example.com", request).await.unwrap();
    let shown = harness.describe(&arn).await.unwrap();
    let option = shown.domain_validation_options.unwrap().remove(0);
    assert_eq!(option.validation_method.as_deref(), Some("EMAIL"));
    assert_eq!(option.validation_emails.unwrap()[0], "admin@example.com");
    assert_eq!(option.resource_record, None);
}

#[tokio::test]
async fn the_same_request_within_the_hour_is_one() {
    let harness = Harness::start();
    let with = |token: &'static str| {
        move |input: &mut api::RequestCertificateRequest| {
            input.idempotency_token = Some(token.to_owned());
        }
    };
    let all = futures(&harness, 8, with("t")).await;
    assert!(all.iter().all(|arn| *arn == all[0]), "{all:?}");
    let other = harness.request("a.example.com", with("u")).await.unwrap();
    assert_ne!(other, all[0]);
    let other = harness.request("b.example.com", with("t")).await.unwrap();
    assert_ne!(other, all[0]);
    harness.clock.advance(Duration::from_secs(3601));
    let later = harness.request("a.example.com", with("t")).await.unwrap();
    assert_ne!(later, all[0]);
    // What was deleted is not remembered.
    harness.delete(&later).await.unwrap();
    assert_ne!(
        harness.request("a.example.com", with("t")).await.unwrap(),
        later
    );
}

async fn futures(
    harness: &Harness,
    count: usize,
    change: impl FnOnce(&mut api::RequestCertificateRequest) + Copy + Send + 'static,
) -> Vec<String> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (acm, call) = (harness.acm.clone(), harness.call());
        let mut input = api::RequestCertificateRequest {
            domain_name: Some("a.example.com".to_owned()),
            validation_method: Some("DNS".to_owned()),
            key_algorithm: Some("EC_prime256v1".to_owned()),
            ..Default::default()
        };
        change(&mut input);
        tasks.spawn(async move {
            let made = acm.request_certificate(&call, input).await.unwrap();
            made.certificate_arn.unwrap()
        });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted() {
    let harness = Harness::start();
    let arn = harness.issued("a.example.com").await;
    harness.users.take(&arn);
    let fault = harness.delete(&arn).await.unwrap_err();
    assert_eq!(fault.code, "ResourceInUseException");
    let other = harness.issued("b.example.com").await;
    harness.delete(&other).await.unwrap();
    let missing = harness.describe(&other).await.unwrap_err();
    assert_eq!(missing.code, "ResourceNotFoundException");
    let bad = harness
        .describe("arn:aws:acm:us-east-1:000000000000:x/y")
        .await;
    assert_eq!(bad.unwrap_err().code, "InvalidArnException");
    let get = api::DescribeCertificateRequest {
        certificate_arn: Some(arn),
    };
    let elsewhere = call_at("eu-west-1", harness.call().now);
    let elsewhere = harness.acm.describe_certificate(&elsewhere, get).await;
    assert_eq!(elsewhere.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_request_survives_a_crash() {
    let mut harness = Harness::start();
    let arn = harness.request("a.example.com", |_| ()).await.unwrap();
    harness.acm.restart();
    assert_eq!(harness.status(&arn).await, "PENDING_VALIDATION");
    harness.clock.advance(Duration::from_secs(1));
    wait("the certificate", || async {
        harness.status(&arn).await == "ISSUED"
    })
    .await;
    let before = harness.describe(&arn).await.unwrap();
    harness.acm.restart();
    assert_eq!(harness.describe(&arn).await.unwrap(), before);
}

#[tokio::test]
async fn a_key_leaves_only_where_the_request_allowed_it() {
    let harness = Harness::start();
    let export = async |arn: &str, passphrase: &str| {
        let input = api::ExportCertificateRequest {
            certificate_arn: Some(arn.to_owned()),
            passphrase: Some(passphrase.as_bytes().to_vec()),
        };
        harness.acm.export_certificate(&harness.call(), input).await
    };
    let closed = harness.issued("a.example.com").await;
    let fault = export(&closed, "secret").await.unwrap_err();
    assert_eq!(fault.code, "ValidationException");
    let open = |input: &mut api::RequestCertificateRequest| {
        input.options = Some(api::CertificateOptions {
            export: Some("ENABLED".to_owned()),
            ..Default::default()
        });
    };
    let arn = harness.request("b.example.com", open).await.unwrap();
    let fault = export(&arn, "secret").await.unwrap_err();
    assert_eq!(fault.code, "RequestInProgressException");
    harness.clock.advance(Duration::from_secs(1));
    wait("the certificate", || async {
        harness.status(&arn).await == "ISSUED"
    })
    .await;
    let fault = export(&arn, "50%").await.unwrap_err();
    assert_eq!(fault.code, "ValidationException");
    let exported = export(&arn, "secret").await.unwrap();
    let key = exported.private_key.unwrap();
    assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let shown = harness.describe(&arn).await.unwrap();
    assert_eq!(shown.renewal_eligibility.as_deref(), Some("ELIGIBLE"));
    assert_eq!(shown.options.unwrap().export.as_deref(), Some("ENABLED"));
}

#[tokio::test]
async fn tokens_go_after_their_hour() {
    let mut harness = Harness::start();
    let with = |input: &mut api::RequestCertificateRequest| {
        input.idempotency_token = Some("t".to_owned());
    };
    harness.request("a.example.com", with).await.unwrap();
    let is_kept = async |harness: &Harness| {
        harness
            .world
            .stored("")
            .await
            .contains("\"kind\":\"token\"")
    };
    assert!(is_kept(&harness).await);
    harness.clock.advance(Duration::from_secs(3601));
    harness.acm.restart();
    wait("the token's end", || async { !is_kept(&harness).await }).await;
}
