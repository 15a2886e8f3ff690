//! ListCertificates: filters and pages.

use std::{collections::BTreeSet, time::Duration};

use wharf_api_acm::{self as api, Acm, Filters};
use wharf_wire::Fault;

use crate::harness::Harness;

async fn list(
    harness: &Harness,
    change: impl FnOnce(&mut api::ListCertificatesRequest),
) -> Result<(Vec<String>, Option<String>), Fault> {
    let mut input = api::ListCertificatesRequest {
        includes: Some(Filters {
            key_types: Some(vec!["EC_prime256v1".to_owned(), "EC_secp384r1".to_owned()]),
            ..Default::default()
        }),
        ..Default::default()
    };
    change(&mut input);
    let page = harness
        .acm
        .list_certificates(&harness.call(), input)
        .await?;
    let found = page.certificate_summary_list.unwrap();
    let arns = found.into_iter().map(|it| it.certificate_arn.unwrap());
    Ok((arns.collect(), page.next_token))
}

#[tokio::test]
async fn by_status_and_kind_of_key() {
    let harness = Harness::start();
    let issued = harness.issued("a.example.com").await;
    let other = |it: &mut api::RequestCertificateRequest| {
        it.key_algorithm = Some("EC_secp384r1".to_owned());
    };
    let pending = harness.request("b.example.com", other).await.unwrap();
    let all = list(&harness, |_| ()).await.unwrap().0;
    let both = BTreeSet::from([issued.clone(), pending.clone()]);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), both);
    let with_status = |status: &'static str| {
        move |it: &mut api::ListCertificatesRequest| {
            it.certificate_statuses = Some(vec![status.to_owned()]);
        }
    };
    let found = list(&harness, with_status("PENDING_VALIDATION")).await;
    assert_eq!(found.unwrap().0, [pending]);
    let found = list(&harness, with_status("EXPIRED")).await.unwrap().0;
    assert!(found.is_empty());
    let with_usage = |usage: &'static str| {
        move |it: &mut api::ListCertificatesRequest| {
            let filters = it.includes.as_mut().unwrap();
            filters.extended_key_usage = Some(vec![usage.to_owned()]);
        }
    };
    let found = list(&harness, with_usage("TLS_WEB_SERVER_AUTHENTICATION")).await;
    assert_eq!(found.unwrap().0, [issued]);
    assert!(
        list(&harness, with_usage("CODE_SIGNING"))
            .await
            .unwrap()
            .0
            .is_empty()
    );
    // Who asks for no kind of key sees RSA alone.
    let found = list(&harness, |it| it.includes = None).await.unwrap().0;
    assert!(found.is_empty());
}

#[tokio::test]
async fn in_pages() {
    let harness = Harness::start();
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(
            harness
                .request(&format!("a{n}.example.com"), |_| ())
                .await
                .unwrap(),
        );
        harness.clock.advance(Duration::from_millis(1));
    }
    for descending in [false, true] {
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let next = |it: &mut api::ListCertificatesRequest| {
                it.max_items = Some(2);
                it.next_token = token.clone();
                let order = if descending {
                    "DESCENDING"
                } else {
                    "ASCENDING"
                };
                (it.sort_by, it.sort_order) =
                    (Some("CREATED_AT".to_owned()), Some(order.to_owned()));
            };
            let (page, after) = list(&harness, next).await.unwrap();
            assert!(page.len() <= 2);
            seen.extend(page);
            token = after;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, made);
        made.reverse();
    }
    let bad = list(&harness, |it| it.next_token = Some("x".to_owned())).await;
    assert_eq!(bad.unwrap_err().code, "ValidationException");
    let first = list(&harness, |it| it.max_items = Some(2)).await.unwrap();
    let foreign = |it: &mut api::ListCertificatesRequest| {
        it.next_token = first.1;
        it.certificate_statuses = Some(vec!["ISSUED".to_owned()]);
    };
    let foreign = list(&harness, foreign).await.unwrap_err();
    assert_eq!(foreign.message, "The specified NextToken is not valid.");
    let half = list(&harness, |it| it.sort_by = Some("CREATED_AT".to_owned())).await;
    assert_eq!(half.unwrap_err().code, "InvalidArgsException");
}
