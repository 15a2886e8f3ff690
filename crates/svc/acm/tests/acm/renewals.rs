//! Certificates that become others: renewed when due or asked, and the authority itself.

use std::time::Duration;

use wharf_api_acm::{self as api, Acm};
use wharf_service::announce::Announce;

use crate::harness::{Harness, wait};

fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

async fn serial(harness: &Harness, arn: &str) -> String {
    harness.describe(arn).await.unwrap().serial.unwrap()
}

async fn renew(harness: &Harness, arn: &str) -> Result<(), wharf_wire::Fault> {
    let input = api::RenewCertificateRequest {
        certificate_arn: Some(arn.to_owned()),
    };
    harness.acm.renew_certificate(&harness.call(), input).await
}

#[tokio::test]
async fn what_is_in_use_is_renewed_before_its_end() {
    let harness = Harness::start();
    let (used, unused) = (
        harness.issued("a.example.com").await,
        harness.issued("b.example.com").await,
    );
    harness.users.take(&used);
    let (first, other) = (
        serial(&harness, &used).await,
        serial(&harness, &unused).await,
    );
    let key = harness.served(&used).await.unwrap().private_key;
    let mut changes = harness.acm.changes();

    harness.clock.advance(days(160));
    harness.touch(&used).await;
    harness.touch(&unused).await;
    wait("the renewal", || async {
        serial(&harness, &used).await != first
    })
    .await;
    // What was told of the first issue may come before.
    while changes.recv().await.unwrap() != used {}
    let shown = harness.describe(&used).await.unwrap();
    let summary = shown.renewal_summary.unwrap();
    assert_eq!(summary.renewal_status.as_deref(), Some("SUCCESS"));
    assert!(shown.not_after.unwrap() > harness.call().now + days(190));
    let served = harness.served(&used).await.unwrap();
    assert!(served.private_key != key, "a renewal makes a new key");
    assert_eq!(serial(&harness, &unused).await, other);

    harness.clock.advance(days(60));
    assert_eq!(harness.status(&unused).await, "EXPIRED");
    assert!(harness.served(&unused).await.is_none());
}

#[tokio::test]
async fn renewed_when_asked() {
    let harness = Harness::start();
    let arn = harness.request("a.example.com", |_| ()).await.unwrap();
    assert_eq!(
        renew(&harness, &arn).await.unwrap_err().code,
        "RequestInProgressException"
    );
    let arn = harness.issued("b.example.com").await;
    let first = serial(&harness, &arn).await;
    renew(&harness, &arn).await.unwrap();
    wait("the renewal", || async {
        serial(&harness, &arn).await != first
    })
    .await;
}

#[tokio::test]
async fn the_authority_outlives_its_certificate() {
    let harness = Harness::start();
    let first = harness.acm.authority().await.unwrap();
    assert_eq!(harness.acm.authority().await.unwrap(), first);
    harness.clock.advance(days(9 * 365 + 200));
    let second = harness.acm.authority().await.unwrap();
    assert_ne!(second, first);
    let parse = |pem: &str| {
        x509_parser::pem::Pem::iter_from_buffer(pem.as_bytes())
            .next()
            .unwrap()
            .unwrap()
    };
    let (first, second) = (parse(&first), parse(&second));
    let (first, second) = (first.parse_x509().unwrap(), second.parse_x509().unwrap());
    assert_eq!(first.subject(), second.subject());
    assert_eq!(first.public_key(), second.public_key());
}

#[tokio::test]
async fn the_end_of_a_certificate_is_told_from_the_day_that_the_account_says() {
    let harness = Harness::start();
    let since = harness.world.store.revision().await.unwrap();
    let prefix = wharf_records::Scope::service_prefix("acm");
    let mut watch = harness.world.store.watch(prefix, since + 1);
    let mut next = async || loop {
        let batch = watch.next().await.unwrap();
        let changes: Vec<&wharf_store::Event> = batch.events.iter().collect();
        let announcer = harness.acm.announcing();
        let mut said = announcer.announced(&changes, harness.call().now).await;
        if let Some(said) = said.pop() {
            return said;
        }
    };
    let arn = harness.issued("a.example.com").await;
    let available = next().await;
    assert_eq!(available.detail_type, "ACM Certificate Available");
    assert_eq!(available.resources, std::slice::from_ref(&arn));
    let detail = &available.detail;
    assert_eq!(detail["Action"], "ISSUANCE");
    assert_eq!(detail["CertificateType"], "AMAZON_ISSUED");
    assert_eq!(detail["DomainValidationMethod"], "DNS");
    assert_eq!(
        (&detail["InUse"], &detail["Exported"]),
        (&false.into(), &false.into())
    );
    let lasts = detail["DaysToExpiry"].as_u64().unwrap();

    let configure = async |days| {
        let input = api::PutAccountConfigurationRequest {
            expiry_events: Some(api::ExpiryEventsConfiguration {
                days_before_expiry: Some(days),
            }),
            idempotency_token: Some("once".to_owned()),
        };
        harness
            .acm
            .put_account_configuration(&harness.call(), input)
            .await
    };
    let days_configured = async || {
        let got = harness
            .acm
            .get_account_configuration(&harness.call(), ())
            .await;
        got.unwrap().expiry_events.unwrap().days_before_expiry
    };
    assert_eq!(days_configured().await, Some(45));
    configure(50).await.unwrap();
    assert_eq!(days_configured().await, Some(50));
    assert_eq!(
        configure(396).await.unwrap_err().code,
        "ValidationException"
    );

    harness.clock.advance(days(lasts - 49));
    harness.touch(&arn).await;
    let approaching = next().await;
    assert_eq!(
        approaching.detail_type,
        "ACM Certificate Approaching Expiration"
    );
    assert_eq!(
        approaching.detail,
        serde_json::json!({"DaysToExpiry": 49, "CommonName": "a.example.com"})
    );
    harness.clock.advance(days(49));
    harness.touch(&arn).await;
    let expired = next().await;
    assert_eq!(expired.detail_type, "ACM Certificate Expired");
    assert!(expired.detail.get("DaysToExpiry").is_none());
}
