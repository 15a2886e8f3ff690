//! A running service over the real EC2; certificates and instances are faked through their traits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::broadcast;
use wharf_api_elbv2::{self as api, Elbv2 as _};
use wharf_planeproto::{
    Key, Resource,
    balancer::TargetRef,
    report::{TargetHealth, TargetState},
};
use wharf_records::Scope;
use wharf_store::{Range, Txn};
use wharf_svc_elbv2::{
    CertificateLookup, Certificates, Elbv2Service, FoundCertificate, InstanceLookup, Instances,
    LookupError, Place, plane,
};
use wharf_testkit::{Network, PERMIT, Running, World, call_of_service};
pub use wharf_testkit::{call, context, until as wait};
use wharf_vended::Vended;
use wharf_wire::{Fault, async_trait};

/// The principal in whose name interfaces are made.
pub const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";

pub struct Harness {
    pub world: World,
    pub network: Network,
    pub elb: Running<Elbv2Service>,
    pub certificates: Arc<FakeCertificates>,
    pub instances: Arc<FakeInstances>,
}

impl Harness {
    pub async fn start() -> Self {
        Self::measured(Vended::default()).await
    }

    /// With a place for what load balancers measured.
    pub async fn measured(metrics: Vended) -> Self {
        let world = World::new();
        let certificates = Arc::new(FakeCertificates::default());
        let instances = Arc::new(FakeInstances::default());
        let elb = world.elbv2(|parts| {
            parts.certificates = certificates.clone();
            parts.instances = instances.clone();
            parts.metrics = metrics.clone();
            parts.config.provisioning_patience = Duration::from_millis(50);
        });
        let network = world.network().await;
        instances.vpc.lock().unwrap().clone_from(&network.vpc);
        Self {
            network,
            world,
            elb,
            certificates,
            instances,
        }
    }

    /// Hosts that have an attached interface, with its subnet.
    pub async fn attached(&self) -> Vec<(String, String)> {
        // Users are not told.
        let service = call_of_service(PRINCIPAL);
        let all = self.world.interfaces_as(&service).await.into_iter();
        all.filter_map(|it| Some((it.attachment?.instance_id?, it.subnet_id?)))
            .collect()
    }

    pub async fn balancer(&self, name: &str) -> api::LoadBalancer {
        self.create_balancer(name, |_| ()).await.unwrap()
    }

    pub async fn create_balancer(
        &self,
        name: &str,
        change: impl FnOnce(&mut api::CreateLoadBalancerInput),
    ) -> Result<api::LoadBalancer, Fault> {
        let mut input = api::CreateLoadBalancerInput {
            name: Some(name.to_owned()),
            subnets: Some(self.network.subnets_in("ab")),
            ..Default::default()
        };
        change(&mut input);
        let made = self.elb.create_load_balancer(&call(), input).await?;
        Ok(made.load_balancers.unwrap().remove(0))
    }

    pub async fn group(&self, name: &str) -> String {
        self.create_group(name, |_| ())
            .await
            .unwrap()
            .target_group_arn
            .unwrap()
    }

    pub async fn create_group(
        &self,
        name: &str,
        change: impl FnOnce(&mut api::CreateTargetGroupInput),
    ) -> Result<api::TargetGroup, Fault> {
        let mut input = api::CreateTargetGroupInput {
            name: Some(name.to_owned()),
            protocol: Some("HTTP".to_owned()),
            port: Some(80),
            vpc_id: Some(self.network.vpc.clone()),
            target_type: Some("ip".to_owned()),
            ..Default::default()
        };
        change(&mut input);
        let made = self.elb.create_target_group(&call(), input).await?;
        Ok(made.target_groups.unwrap().remove(0))
    }

    pub async fn listener(
        &self,
        balancer: &str,
        port: i32,
        action: api::Action,
    ) -> Result<api::Listener, Fault> {
        let input = api::CreateListenerInput {
            load_balancer_arn: Some(balancer.to_owned()),
            protocol: Some("HTTP".to_owned()),
            port: Some(port),
            default_actions: Some(vec![action]),
            ..Default::default()
        };
        let made = self.elb.create_listener(&call(), input).await?;
        Ok(made.listeners.unwrap().remove(0))
    }

    /// A load balancer with a listener on port 80 that forwards to a group: their ARNs.
    pub async fn serving(&self) -> (String, String, String) {
        let balancer = self.balancer("web").await.load_balancer_arn.unwrap();
        let group = self.group("web").await;
        let listener = self.listener(&balancer, 80, forward(&group)).await.unwrap();
        (balancer, listener.listener_arn.unwrap(), group)
    }

    pub async fn rule(
        &self,
        listener: &str,
        priority: i32,
        path: &str,
        action: api::Action,
    ) -> Result<api::Rule, Fault> {
        let input = api::CreateRuleInput {
            listener_arn: Some(listener.to_owned()),
            priority: Some(priority),
            conditions: Some(vec![path_is(path)]),
            actions: Some(vec![action]),
            ..Default::default()
        };
        let made = self.elb.create_rule(&call(), input).await?;
        Ok(made.rules.unwrap().remove(0))
    }

    pub async fn register(&self, group: &str, target: &str) -> Result<(), Fault> {
        let input = api::RegisterTargetsInput {
            target_group_arn: Some(group.to_owned()),
            targets: Some(vec![target_of(target)]),
        };
        self.elb.register_targets(&call(), input).await.map(|_| ())
    }

    pub async fn deregister(&self, group: &str, target: &str) {
        let input = api::DeregisterTargetsInput {
            target_group_arn: Some(group.to_owned()),
            targets: Some(vec![target_of(target)]),
        };
        self.elb.deregister_targets(&call(), input).await.unwrap();
    }

    pub async fn report(&self, host: &str, group: &str, target: &str, state: TargetState) {
        let report = TargetHealth {
            target: TargetRef {
                group: group.to_owned(),
                id: target.to_owned(),
                port: 80,
            },
            state,
            reason: None,
            description: None,
        };
        self.elb.report(host, vec![report]).await.unwrap();
    }

    /// States of all targets of a group, by target.
    pub async fn states(&self, group: &str) -> BTreeMap<String, String> {
        let input = api::DescribeTargetHealthInput {
            target_group_arn: Some(group.to_owned()),
            ..Default::default()
        };
        let found = self
            .elb
            .describe_target_health(&call(), input)
            .await
            .unwrap();
        found
            .target_health_descriptions
            .unwrap()
            .into_iter()
            .map(|it| {
                (
                    it.target.unwrap().id.unwrap(),
                    it.target_health.unwrap().state.unwrap(),
                )
            })
            .collect()
    }

    pub async fn describe(&self, arn: &str) -> Result<api::LoadBalancer, Fault> {
        let input = api::DescribeLoadBalancersInput {
            load_balancer_arns: Some(vec![arn.to_owned()]),
            ..Default::default()
        };
        let found = self.elb.describe_load_balancers(&call(), input).await?;
        Ok(found.load_balancers.unwrap().remove(0))
    }

    pub async fn delete_balancer(&self, arn: &str) -> Result<(), Fault> {
        let input = api::DeleteLoadBalancerInput {
            load_balancer_arn: Some(arn.to_owned()),
        };
        self.elb
            .delete_load_balancer(&call(), input)
            .await
            .map(|_| ())
    }

    /// What planes are told.
    pub async fn resources(&self) -> Vec<Resource> {
        let all = self
            .world
            .store
            .all(Range::prefix(plane::prefix()))
            .await
            .unwrap();
        let all = all
            .entries
            .iter()
            .filter_map(|entry| plane::resource(entry, &self.world.keyring));
        all.collect()
    }

    /// Keys of the store that planes would be told are gone, were they deleted.
    pub async fn keys(&self) -> Vec<Key> {
        let all = self
            .world
            .store
            .all(Range::prefix(plane::prefix()))
            .await
            .unwrap();
        all.entries
            .iter()
            .filter_map(|entry| plane::key(&entry.key))
            .collect()
    }

    /// What the service that keeps an instance writes of it.
    pub async fn instance_changed(&self, id: &str) {
        let place = Place::of(&call());
        let key = Scope::new(FakeInstances::SERVICE, &place.account, &place.region).key("it", id);
        let txn = Txn::new().put(key, "changed");
        self.world.store.txn(&PERMIT, txn).await.unwrap();
    }

    pub async fn count(&self, kind: &str) -> usize {
        let all = self
            .world
            .store
            .all(Range::prefix(plane::prefix()))
            .await
            .unwrap();
        let part = format!("/{kind}/");
        all.entries
            .iter()
            .filter(|entry| entry.key.contains(&part))
            .count()
    }
}

pub fn target_of(id: &str) -> api::TargetDescription {
    api::TargetDescription {
        id: Some(id.to_owned()),
        ..Default::default()
    }
}

pub fn forward(group: &str) -> api::Action {
    api::Action {
        type_: Some("forward".to_owned()),
        target_group_arn: Some(group.to_owned()),
        ..Default::default()
    }
}

pub fn fixed(status: &str) -> api::Action {
    api::Action {
        type_: Some("fixed-response".to_owned()),
        fixed_response_config: Some(api::FixedResponseActionConfig {
            status_code: Some(status.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn path_is(path: &str) -> api::RuleCondition {
    api::RuleCondition {
        field: Some("path-pattern".to_owned()),
        values: Some(vec![path.to_owned()]),
        ..Default::default()
    }
}

/// A certificate that can be renewed.
pub const MANAGED: &str = "arn:aws:acm:us-east-1:000000000000:certificate/managed";

pub struct FakeCertificates {
    renewed: Mutex<Option<String>>,
    changes: broadcast::Sender<String>,
}

impl Default for FakeCertificates {
    fn default() -> Self {
        Self {
            renewed: Mutex::default(),
            changes: broadcast::Sender::new(8),
        }
    }
}

impl FakeCertificates {
    /// The managed certificate has another chain now; `told` says whether anybody hears of it.
    pub fn renew(&self, chain: &str, told: bool) {
        *self.renewed.lock().unwrap() = Some(chain.to_owned());
        if told {
            let _ = self.changes.send(MANAGED.to_owned());
        }
    }
}

#[async_trait]
impl Certificates for FakeCertificates {
    async fn find(&self, _: &Place, arn: &str) -> Result<CertificateLookup, LookupError> {
        if arn.contains("/pending") {
            return Ok(CertificateLookup::NotServable);
        }
        let renewed = self.renewed.lock().unwrap().clone();
        let chain = match renewed {
            Some(chain) if arn == MANAGED => chain,
            _ if arn == MANAGED || arn.contains("server-certificate/known") => {
                "the chain".to_owned()
            }
            _ => return Ok(CertificateLookup::Unknown),
        };
        Ok(CertificateLookup::Found(FoundCertificate {
            names: vec!["*.example.com".to_owned()],
            chain,
            private_key: "the key".into(),
            unchanged: None,
        }))
    }

    fn changes(&self) -> Option<broadcast::Receiver<String>> {
        Some(self.changes.subscribe())
    }
}

#[derive(Default)]
pub struct FakeInstances {
    pub vpc: Mutex<String>,
    pub ended: Mutex<BTreeSet<String>>,
}

impl FakeInstances {
    pub const SERVICE: &'static str = "instances-of-a-test";
}

#[async_trait]
impl Instances for FakeInstances {
    async fn find(&self, _: &Place, instance: &str) -> Result<InstanceLookup, LookupError> {
        if self.ended.lock().unwrap().contains(instance) {
            return Ok(InstanceLookup::Gone);
        }
        let in_vpc = |vpc: &str| InstanceLookup::Vpc {
            vpc: vpc.to_owned(),
            address: "172.31.0.7".parse().unwrap(),
            zone: "us-east-1a".to_owned(),
        };
        Ok(match instance {
            "i-1" => InstanceLookup::Host("192.0.2.1".parse().unwrap()),
            "i-3" => in_vpc(self.vpc.lock().unwrap().as_str()),
            "i-4" => in_vpc("vpc-other"),
            "i-5" => InstanceLookup::NotRunning,
            _ => InstanceLookup::Gone,
        })
    }

    fn told_by(&self) -> Option<&'static str> {
        Some(Self::SERVICE)
    }

    fn told(&self, key: &str) -> Option<(Place, String)> {
        let (scope, _, id) = Scope::parse(key)?;
        Some((Place::of_scope(&scope), id))
    }
}
