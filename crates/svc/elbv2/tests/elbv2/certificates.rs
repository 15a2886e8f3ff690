//! HTTPS listeners and their certificates.

use std::{sync::Arc, time::Duration};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wharf_api_elbv2::{
    self as api, AddListenerCertificatesInput, Certificate, DescribeListenerCertificatesInput,
    Elbv2, RemoveListenerCertificatesInput,
};
use wharf_planeproto::Resource;
use wharf_svc_elbv2::{CertificateLookup, Certificates, Elbv2Service, LookupError, Parts, Place};
use wharf_testkit::World;
use wharf_wire::async_trait;

use crate::harness::{Harness, MANAGED, call, fixed, wait};

const KNOWN: &str = "arn:aws:iam::000000000000:server-certificate/known";

fn certificate(arn: &str) -> Option<Vec<Certificate>> {
    Some(vec![Certificate {
        certificate_arn: Some(arn.to_owned()),
        is_default: None,
    }])
}

async fn https(
    harness: &Harness,
    balancer: &str,
    arn: &str,
) -> Result<api::Listener, wharf_wire::Fault> {
    let input = api::CreateListenerInput {
        load_balancer_arn: Some(balancer.to_owned()),
        protocol: Some("HTTPS".to_owned()),
        port: Some(443),
        certificates: certificate(arn),
        default_actions: Some(vec![fixed("200")]),
        ..Default::default()
    };
    let made = harness.elb.create_listener(&call(), input).await?;
    Ok(made.listeners.unwrap().remove(0))
}

#[tokio::test]
async fn the_key_is_sealed_in_the_store_and_opened_for_planes() {
    let harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn.unwrap();
    let unknown = KNOWN.replace("known", "gone");
    let fault = https(&harness, &balancer, &unknown).await.unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message),
        (
            "CertificateNotFound",
            format!("Certificate '{unknown}' not found")
        )
    );
    let listener = https(&harness, &balancer, KNOWN).await.unwrap();
    assert_eq!(
        listener.ssl_policy.as_deref(),
        Some("ELBSecurityPolicy-2016-08")
    );
    let all = harness
        .world
        .store
        .all(wharf_store::Range::prefix(""))
        .await
        .unwrap();
    assert!(
        !all.entries
            .iter()
            .any(|it| String::from_utf8_lossy(&it.value).contains("the key"))
    );
    let told = harness.resources().await;
    let told = told.iter().find_map(|it| match it {
        Resource::Certificate(it) => Some(it),
        _ => None,
    });
    let told = told.unwrap();
    assert_eq!(
        (told.arn.as_str(), told.private_key.as_str()),
        (KNOWN, "the key")
    );
    let input = api::DeleteListenerInput {
        listener_arn: listener.listener_arn,
    };
    harness.elb.delete_listener(&call(), input).await.unwrap();
    assert_eq!(harness.count("certificate").await, 0);
}

#[tokio::test]
async fn further_ones_are_added_and_removed() {
    let harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn.unwrap();
    let listener = https(&harness, &balancer, KNOWN)
        .await
        .unwrap()
        .listener_arn;
    let second = format!("{KNOWN}-2");
    let add = AddListenerCertificatesInput {
        listener_arn: listener.clone(),
        certificates: certificate(&second),
    };
    harness
        .elb
        .add_listener_certificates(&call(), add)
        .await
        .unwrap();
    let describe = DescribeListenerCertificatesInput {
        listener_arn: listener.clone(),
        ..Default::default()
    };
    let found = harness
        .elb
        .describe_listener_certificates(&call(), describe)
        .await
        .unwrap();
    let found: Vec<_> = found
        .certificates
        .unwrap()
        .into_iter()
        .map(|it| it.is_default)
        .collect();
    assert_eq!(found, [Some(true), Some(false)]);
    let remove = |arn: &str| RemoveListenerCertificatesInput {
        listener_arn: listener.clone(),
        certificates: certificate(arn),
    };
    assert!(
        harness
            .elb
            .remove_listener_certificates(&call(), remove(KNOWN))
            .await
            .is_err()
    );
    harness
        .elb
        .remove_listener_certificates(&call(), remove(&second))
        .await
        .unwrap();
    assert_eq!(harness.count("certificate").await, 1);
}

#[tokio::test]
async fn the_default_one_may_be_a_further_one_as_well() {
    let harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn.unwrap();
    let listener = https(&harness, &balancer, KNOWN)
        .await
        .unwrap()
        .listener_arn;
    let second = format!("{KNOWN}-2");
    let shown = async || {
        let describe = DescribeListenerCertificatesInput {
            listener_arn: listener.clone(),
            ..Default::default()
        };
        let found = harness
            .elb
            .describe_listener_certificates(&call(), describe)
            .await
            .unwrap();
        let found = found.certificates.unwrap().into_iter();
        found
            .map(|it| (it.certificate_arn.unwrap(), it.is_default.unwrap()))
            .collect::<Vec<_>>()
    };
    let known = |is_default| (KNOWN.to_owned(), is_default);
    let add = AddListenerCertificatesInput {
        listener_arn: listener.clone(),
        certificates: certificate(KNOWN),
    };
    harness
        .elb
        .add_listener_certificates(&call(), add)
        .await
        .unwrap();
    assert_eq!(shown().await, [known(true), known(false)]);
    // So it stays when another takes its place.
    let modify = api::ModifyListenerInput {
        listener_arn: listener.clone(),
        certificates: certificate(&second),
        ..Default::default()
    };
    harness.elb.modify_listener(&call(), modify).await.unwrap();
    assert_eq!(shown().await, [known(false), (second, true)]);
    assert_eq!(harness.count("certificate").await, 2);
    let remove = RemoveListenerCertificatesInput {
        listener_arn: listener.clone(),
        certificates: certificate(KNOWN),
    };
    harness
        .elb
        .remove_listener_certificates(&call(), remove)
        .await
        .unwrap();
    assert_eq!(harness.count("certificate").await, 1);
}

#[tokio::test]
async fn a_renewed_certificate_reaches_listeners() {
    let mut harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn.unwrap();
    https(&harness, &balancer, MANAGED).await.unwrap();
    let chain = async |harness: &Harness| {
        let told = harness.resources().await;
        let found = told.into_iter().find_map(|it| match it {
            Resource::Certificate(it) => Some(it.chain),
            _ => None,
        });
        found.unwrap()
    };
    assert_eq!(chain(&harness).await, "the chain");
    harness.certificates.renew("another", true);
    wait("the other chain", || async {
        chain(&harness).await == "another"
    })
    .await;
    // Renewed while nobody listened: seen at the next start.
    harness.certificates.renew("a third", false);
    harness.elb.restart();
    wait("the third chain", || async {
        chain(&harness).await == "a third"
    })
    .await;

    let place = ("000000000000", "us-east-1");
    let (users, unchanged) =
        wharf_svc_elbv2::certificate_users(&harness.world.store, place.0, place.1, MANAGED)
            .await
            .unwrap();
    assert_eq!(users.into_iter().collect::<Vec<_>>(), [balancer]);
    assert!(unchanged.key.contains("certificate"));
}

#[tokio::test]
async fn a_pending_certificate_is_refused() {
    let harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn.unwrap();
    let pending = MANAGED.replace("managed", "x/pending");
    let fault = https(&harness, &balancer, &pending).await.unwrap_err();
    assert_eq!(fault.code, "UnsupportedCertificate");
    assert!(
        fault
            .message
            .contains("must have a fully-qualified domain name")
    );
}

/// A neighbour whose bug shows in the loop that follows certificates.
struct Broken;

#[async_trait]
impl Certificates for Broken {
    async fn find(&self, _: &Place, _: &str) -> Result<CertificateLookup, LookupError> {
        Ok(CertificateLookup::Unknown)
    }

    fn changes(&self) -> Option<broadcast::Receiver<String>> {
        panic!("a bug in a neighbour")
    }
}

#[tokio::test]
async fn a_loop_that_panics_ends_the_service() {
    let world = World::new();
    let parts = Parts {
        certificates: Arc::new(Broken),
        ..Parts::new(
            world.store.clone(),
            world.keyring.clone(),
            world.ec2_client(),
        )
    };
    // Nobody tells it to stop.
    let run = async { Elbv2Service::new(parts).run(CancellationToken::new()).await };
    let ended = tokio::time::timeout(Duration::from_secs(10), run).await;
    assert!(ended.is_ok(), "the service lives on without a loop");
}
