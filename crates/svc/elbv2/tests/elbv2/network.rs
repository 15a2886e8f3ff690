//! Network load balancers: what they share with the others, and what not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use wharf_api_elbv2::{self as api, Elbv2, ModifyListenerInput};
use wharf_planeproto::{
    Resource,
    balancer::{BalancerKind, Protocol},
    endpoint::BALANCERS_SINCE,
};
use wharf_records::Scope;
use wharf_store::Compare;
use wharf_svc_elbv2::{EndpointServices, LookupError};
use wharf_wire::{Fault, async_trait};

use crate::harness::{Harness, call, fixed, forward, wait};

/// A load balancer and a group for TCP: their ARNs.
async fn made(harness: &Harness) -> (String, String) {
    let network = |it: &mut api::CreateLoadBalancerInput| {
        it.type_ = Some("network".to_owned());
        it.subnets.as_mut().unwrap().truncate(1);
    };
    let balancer = harness.create_balancer("flows", network).await.unwrap();
    assert_eq!(balancer.type_.as_deref(), Some("network"));
    let tcp = |it: &mut api::CreateTargetGroupInput| it.protocol = Some("TCP".to_owned());
    let group = harness.create_group("flows", tcp).await.unwrap();
    let arn = balancer.load_balancer_arn.unwrap();
    assert!(arn.contains(":loadbalancer/net/flows/"), "{arn}");
    (arn, group.target_group_arn.unwrap())
}

async fn listener(
    harness: &Harness,
    balancer: &str,
    protocol: &str,
    action: api::Action,
) -> Result<String, Fault> {
    let input = api::CreateListenerInput {
        load_balancer_arn: Some(balancer.to_owned()),
        protocol: Some(protocol.to_owned()),
        port: Some(80),
        default_actions: Some(vec![action]),
        ..Default::default()
    };
    let made = harness.elb.create_listener(&call(), input).await?;
    Ok(made.listeners.unwrap().remove(0).listener_arn.unwrap())
}

#[tokio::test]
async fn planes_are_told_what_they_carry() {
    let harness = Harness::start().await;
    let (balancer, group) = made(&harness).await;
    listener(&harness, &balancer, "TCP", forward(&group))
        .await
        .unwrap();
    let told = harness.resources().await;
    assert!(told.iter().any(|it| matches!(it,
        Resource::LoadBalancer(it) if it.arn == balancer && it.kind == BalancerKind::Network)));
    assert!(told.iter().any(|it| matches!(it,
        Resource::Listener(it) if it.load_balancer == balancer && it.protocol == Protocol::Tcp)));
    assert!(told.iter().any(|it| matches!(it,
        Resource::TargetGroup(it) if it.arn == group && it.protocol == Protocol::Tcp
            && it.health_check.protocol == Protocol::Tcp)));
}

#[tokio::test]
async fn a_name_is_of_one_type() {
    let harness = Harness::start().await;
    let (balancer, _) = made(&harness).await;
    let again = made(&harness).await;
    assert_eq!(again.0, balancer, "the same request means the same");
    let other = harness.create_balancer("flows", |_| ()).await;
    assert_eq!(other.unwrap_err().code, "DuplicateLoadBalancerName");
}

#[tokio::test]
async fn groups_speak_what_listeners_pass_on() {
    let harness = Harness::start().await;
    let (balancer, group) = made(&harness).await;
    let http = harness.group("web").await;
    for (protocol, action, code) in [
        ("TCP", forward(&http), "IncompatibleProtocols"),
        ("UDP", forward(&group), "IncompatibleProtocols"),
        ("TCP", fixed("200"), "InvalidLoadBalancerAction"),
        ("HTTP", forward(&group), "ValidationError"),
        ("TLS", forward(&group), "ValidationError"),
    ] {
        let refused = listener(&harness, &balancer, protocol, action).await;
        assert_eq!(refused.unwrap_err().code, code, "{protocol}");
    }
    let web = harness.balancer("web").await.load_balancer_arn.unwrap();
    let refused = harness.listener(&web, 80, forward(&group)).await;
    assert_eq!(refused.unwrap_err().code, "IncompatibleProtocols");
    let listener = listener(&harness, &balancer, "TCP", forward(&group))
        .await
        .unwrap();
    // Another protocol for the same group is looked at too.
    let input = ModifyListenerInput {
        listener_arn: Some(listener.clone()),
        protocol: Some("UDP".to_owned()),
        ..Default::default()
    };
    let refused = harness.elb.modify_listener(&call(), input).await;
    assert_eq!(refused.unwrap_err().code, "IncompatibleProtocols");
    let rule = harness.rule(&listener, 1, "/", forward(&group)).await;
    assert_eq!(
        rule.unwrap_err().message,
        "Rules are unsupported for Network Load Balancer listeners"
    );
}

/// A service is given the load balancer right after the first look.
#[derive(Default)]
struct Given(AtomicBool);

#[async_trait]
impl EndpointServices for Given {
    async fn have(&self, _: &str) -> Result<(bool, Option<Compare>), LookupError> {
        let is_given = self.0.swap(true, Ordering::Relaxed);
        Ok((is_given, Some(Compare::present("/nowhere"))))
    }
}

#[tokio::test]
async fn one_that_a_service_is_given_meanwhile_stays() {
    let harness = Harness::start().await;
    let (balancer, _) = made(&harness).await;
    let elb = harness.world.elbv2(|parts| {
        parts.endpoint_services = Arc::new(Given::default());
    });
    let input = api::DeleteLoadBalancerInput {
        load_balancer_arn: Some(balancer.clone()),
    };
    let refused = elb.delete_load_balancer(&call(), input).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "ResourceInUse: Load balancer '{balancer}' cannot be deleted because it is currently associated with another service"
        )
    );
    harness.describe(&balancer).await.unwrap();
}

#[tokio::test]
async fn vpc_endpoints_lead_to_hosts_that_know_them() {
    let harness = Harness::start().await;
    let (balancer, _) = made(&harness).await;
    let connects = async |host: &str, version: u32| {
        let connected = harness.elb.lb_host_connected(host, "us-east-1a", version);
        connected.await.unwrap();
    };
    let carriers = async || {
        let found = harness.elb.carried(&balancer).await.unwrap().unwrap();
        let mut hosts: Vec<String> = found.hosts.into_iter().map(|it| it.0).collect();
        hosts.sort();
        hosts
    };
    connects("i-1", BALANCERS_SINCE).await;
    wait("a host", async || carriers().await == ["i-1"]).await;
    connects("i-2", BALANCERS_SINCE - 1).await;
    wait("it is on both", async || {
        let scope = Scope::new("elbv2", "000000000000", "us-east-1");
        let stored = harness.world.stored(&scope.prefix("load-balancer")).await;
        stored.matches(r#""attached":true"#).count() == 2
    })
    .await;
    assert_eq!(carriers().await, ["i-1"]);
    connects("i-2", BALANCERS_SINCE).await;
    assert_eq!(carriers().await, ["i-1", "i-2"]);
}
