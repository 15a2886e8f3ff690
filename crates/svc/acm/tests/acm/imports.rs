//! Certificates from elsewhere.

use rcgen::{CertificateParams, KeyPair};
use wharf_api_acm::{self as api, Acm};
use wharf_wire::Fault;

use crate::harness::{Harness, tag};

/// A certificate with its key, in PEM.
fn pair(name: &str) -> (Vec<u8>, Vec<u8>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let made = params.self_signed(&key).unwrap();
    (made.pem().into_bytes(), key.serialize_pem().into_bytes())
}

async fn import(
    harness: &Harness,
    name: &str,
    change: impl FnOnce(&mut api::ImportCertificateRequest),
) -> Result<String, Fault> {
    let (certificate, private_key) = pair(name);
    let mut input = api::ImportCertificateRequest {
        certificate: Some(certificate),
        private_key: Some(private_key),
        ..Default::default()
    };
    change(&mut input);
    let made = harness
        .acm
        .import_certificate(&harness.call(), input)
        .await?;
    Ok(made.certificate_arn.unwrap())
}

/// ACM answers so, and tools take both members for granted.
#[tokio::test]
async fn without_a_chain_a_certificate_is_its_own() {
    let harness = Harness::start();
    let arn = import(&harness, "a.example.com", |_| {}).await.unwrap();
    let input = api::GetCertificateRequest {
        certificate_arn: Some(arn),
    };
    let got = harness.acm.get_certificate(&harness.call(), input).await;
    let got = got.unwrap();
    assert!(got.certificate.is_some());
    assert_eq!(got.certificate_chain, got.certificate);
}

#[tokio::test]
async fn imported_and_imported_anew() {
    let harness = Harness::start();
    let tags = |it: &mut api::ImportCertificateRequest| it.tags = Some(vec![tag("a", "1")]);
    let arn = import(&harness, "a.example.com", tags).await.unwrap();
    let first = harness.describe(&arn).await.unwrap();
    assert_eq!(first.type_.as_deref(), Some("IMPORTED"));
    assert_eq!(first.status.as_deref(), Some("ISSUED"));
    assert_eq!(first.renewal_eligibility.as_deref(), Some("INELIGIBLE"));
    assert!(first.imported_at.is_some() && first.issued_at.is_none());

    let mut changes = harness.acm.changes();
    let again = |it: &mut api::ImportCertificateRequest| it.certificate_arn = Some(arn.clone());
    assert_eq!(import(&harness, "b.example.com", again).await.unwrap(), arn);
    assert_eq!(changes.recv().await.unwrap(), arn);
    let second = harness.describe(&arn).await.unwrap();
    assert_eq!(second.domain_name.as_deref(), Some("b.example.com"));
    assert_eq!(second.created_at, first.created_at);
    let input = api::ListTagsForCertificateRequest {
        certificate_arn: Some(arn.clone()),
    };
    let kept = harness
        .acm
        .list_tags_for_certificate(&harness.call(), input)
        .await;
    assert_eq!(kept.unwrap().tags, Some(vec![tag("a", "1")]));

    let tagged = |it: &mut api::ImportCertificateRequest| {
        it.certificate_arn = Some(arn.clone());
        it.tags = Some(vec![tag("b", "2")]);
    };
    let fault = import(&harness, "c.example.com", tagged).await.unwrap_err();
    assert_eq!(fault.code, "ValidationException");
    assert!(!harness.world.stored("").await.contains("PRIVATE KEY"));
}

#[tokio::test]
async fn only_imported_ones_are_imported_anew() {
    let harness = Harness::start();
    let issued = harness.issued("a.example.com").await;
    for (arn, code) in [
        (issued.clone(), "ValidationException"),
        (
            issued.replace("certificate/", "certificate/0"),
            "ResourceNotFoundException",
        ),
        (
            "arn:aws:acm:us-east-1:000000000000:other/x".to_owned(),
            "InvalidArnException",
        ),
    ] {
        let over = |it: &mut api::ImportCertificateRequest| it.certificate_arn = Some(arn.clone());
        let fault = import(&harness, "a.example.com", over).await.unwrap_err();
        assert_eq!(fault.code, code, "{}", fault.message);
    }
    let renew = api::RenewCertificateRequest {
        certificate_arn: Some(import(&harness, "a.example.com", |_| ()).await.unwrap()),
    };
    let fault = harness.acm.renew_certificate(&harness.call(), renew).await;
    assert_eq!(fault.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn tags_go_by_key_and_value() {
    let harness = Harness::start();
    let arn = Some(import(&harness, "a.example.com", |_| ()).await.unwrap());
    let add = api::AddTagsToCertificateRequest {
        certificate_arn: arn.clone(),
        tags: Some(vec![tag("a", "1"), tag("b", "2"), tag("c", "3")]),
    };
    harness
        .acm
        .add_tags_to_certificate(&harness.call(), add)
        .await
        .unwrap();
    let any = api::Tag {
        key: Some("b".to_owned()),
        value: None,
    };
    let remove = api::RemoveTagsFromCertificateRequest {
        certificate_arn: arn.clone(),
        tags: Some(vec![tag("a", "other"), any, tag("c", "3")]),
    };
    harness
        .acm
        .remove_tags_from_certificate(&harness.call(), remove)
        .await
        .unwrap();
    let list = api::ListTagsForCertificateRequest {
        certificate_arn: arn,
    };
    let left = harness
        .acm
        .list_tags_for_certificate(&harness.call(), list)
        .await;
    assert_eq!(left.unwrap().tags, Some(vec![tag("a", "1")]));
}
