//! A running service, its neighbours faked through their traits.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wharf_api_ec2::{self as ec2, Ec2};
use wharf_api_elbv2::{self as api, Elbv2};
use wharf_base::{Permit, SystemClock, Timestamp};
use wharf_planeproto::{
    Key, Resource,
    balancer::TargetRef,
    report::{TargetHealth, TargetState},
};
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions};
use wharf_svc_elbv2::{
    CertificateLookup, Certificates, Config, Elbv2Service, FoundCertificate, Instances,
    LookupError, Parts, Place, plane,
};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";
pub const VPC: &str = "vpc-1";

/// Longest wait for anything that happens by itself.
const DEADLINE: Duration = Duration::from_secs(10);

pub struct Harness {
    pub elb: Elbv2Service,
    pub ec2: Arc<FakeEc2>,
    pub certificates: Arc<FakeCertificates>,
    pub store: Store,
    pub keyring: Keyring,
    parts: Parts,
    stop: CancellationToken,
}

impl Harness {
    pub async fn start() -> Self {
        Self::with(Config {
            provisioning_patience: Duration::from_millis(50),
            ..Config::default()
        })
    }

    pub fn with(config: Config) -> Self {
        let store = Store::in_memory(StoreOptions::default());
        let certificates = Arc::new(FakeCertificates::default());
        let (ec2, keyring) = (Arc::new(FakeEc2::default()), Keyring::in_memory());
        let parts = Parts {
            certificates: certificates.clone(),
            instances: Arc::new(FakeInstances),
            clock: Arc::new(SystemClock),
            config,
            ..Parts::new(store.clone(), keyring.clone(), ec2.clone())
        };
        let (elb, stop) = launch(&parts);
        Self {
            elb,
            ec2,
            certificates,
            store,
            keyring,
            parts,
            stop,
        }
    }

    /// Ends the service without a word, as a crash does, and starts another on the same store.
    pub fn restart(&mut self) {
        self.stop.cancel();
        (self.elb, self.stop) = launch(&self.parts);
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
            subnets: Some(vec!["subnet-a".to_owned(), "subnet-b".to_owned()]),
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
            vpc_id: Some(VPC.to_owned()),
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
            .store
            .all(Range::prefix(plane::prefix()))
            .await
            .unwrap();
        let all = all
            .entries
            .iter()
            .filter_map(|entry| plane::resource(entry, &self.keyring));
        all.collect()
    }

    /// Keys of the store that planes would be told are gone, were they deleted.
    pub async fn keys(&self) -> Vec<Key> {
        let all = self
            .store
            .all(Range::prefix(plane::prefix()))
            .await
            .unwrap();
        all.entries
            .iter()
            .filter_map(|entry| plane::key(&entry.key))
            .collect()
    }

    pub async fn count(&self, kind: &str) -> usize {
        let all = self
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

impl Drop for Harness {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn launch(parts: &Parts) -> (Elbv2Service, CancellationToken) {
    let (elb, stop) = (Elbv2Service::new(parts.clone()), CancellationToken::new());
    let (running, token) = (elb.clone(), stop.clone());
    tokio::spawn(async move { running.run(token).await });
    (elb, stop)
}

/// Asks until the answer is yes.
pub async fn wait<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while !ask().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub fn context() -> Context {
    let mut context = Context::internal(ACCOUNT, REGION, "tests", Timestamp::default());
    context.now = wharf_base::Clock::now(&SystemClock);
    context.caller = wharf_wire::Caller::root(ACCOUNT);
    context
}

pub fn call() -> Call {
    Call::by_controller(context(), Permit::for_controller("test"))
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

struct FakeInstances;

#[async_trait]
impl Instances for FakeInstances {
    async fn address(
        &self,
        _: &str,
        _: &str,
        instance: &str,
    ) -> Result<Option<IpAddr>, LookupError> {
        Ok((instance == "i-1").then(|| "192.0.2.1".parse().unwrap()))
    }
}

/// A VPC with a subnet in each of three zones, and interfaces in memory.
#[derive(Default)]
pub struct FakeEc2 {
    pub interfaces: Mutex<BTreeMap<String, ec2::NetworkInterface>>,
    tokens: Mutex<BTreeMap<String, String>>,
    /// Attaching fails while it is set.
    pub broken: Mutex<bool>,
}

impl FakeEc2 {
    /// Hosts that have an attached interface, with its subnet.
    pub fn attached(&self) -> Vec<(String, String)> {
        let all = self.interfaces.lock().unwrap();
        all.values()
            .filter_map(|it| {
                let host = it.attachment.as_ref()?.instance_id.clone()?;
                Some((host, it.subnet_id.clone()?))
            })
            .collect()
    }
}

fn subnet(zone: &str, number: u8) -> ec2::Subnet {
    ec2::Subnet {
        subnet_id: Some(format!("subnet-{zone}")),
        availability_zone: Some(format!("us-east-1{zone}")),
        vpc_id: Some(VPC.to_owned()),
        cidr_block: Some(format!("172.31.{}.0/20", number * 16)),
        ..Default::default()
    }
}

#[async_trait]
impl Ec2 for FakeEc2 {
    async fn authorize(&self, _: &Context, input: ec2::Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn describe_vpcs(
        &self,
        _: &Call,
        input: ec2::DescribeVpcsRequest,
    ) -> Result<ec2::DescribeVpcsResult, Fault> {
        if input
            .vpc_ids
            .iter()
            .flatten()
            .any(|id| !["vpc-1", "vpc-2"].contains(&id.as_str()))
        {
            return Err(Fault::sender(
                "InvalidVpcID.NotFound",
                400,
                "The vpc ID does not exist",
            ));
        }
        Ok(Default::default())
    }

    async fn describe_subnets(
        &self,
        _: &Call,
        input: ec2::DescribeSubnetsRequest,
    ) -> Result<ec2::DescribeSubnetsResult, Fault> {
        let all = [subnet("a", 0), subnet("b", 1), subnet("c", 2)];
        let ids = input.subnet_ids.unwrap_or_default();
        if let Some(gone) = ids
            .iter()
            .find(|id| !all.iter().any(|it| it.subnet_id.as_ref() == Some(id)))
        {
            let text = format!("The subnet ID '{gone}' does not exist");
            return Err(Fault::sender("InvalidSubnetID.NotFound", 400, text));
        }
        let asked = |it: &ec2::Subnet| {
            ids.is_empty() || ids.iter().any(|id| it.subnet_id.as_ref() == Some(id))
        };
        Ok(ec2::DescribeSubnetsResult {
            subnets: Some(all.into_iter().filter(asked).collect()),
            ..Default::default()
        })
    }

    async fn describe_security_groups(
        &self,
        _: &Call,
        input: ec2::DescribeSecurityGroupsRequest,
    ) -> Result<ec2::DescribeSecurityGroupsResult, Fault> {
        let ids = input
            .group_ids
            .unwrap_or_else(|| vec!["sg-default".to_owned()]);
        let group = |id: String| ec2::SecurityGroup {
            vpc_id: Some(if id == "sg-other" { "vpc-2" } else { VPC }.to_owned()),
            group_id: Some(id),
            ..Default::default()
        };
        Ok(ec2::DescribeSecurityGroupsResult {
            security_groups: Some(ids.into_iter().map(group).collect()),
            ..Default::default()
        })
    }

    async fn create_network_interface(
        &self,
        call: &Call,
        input: ec2::CreateNetworkInterfaceRequest,
    ) -> Result<ec2::CreateNetworkInterfaceResult, Fault> {
        assert_eq!(call.caller.arn, "elasticloadbalancing.amazonaws.com");
        let token = input.client_token.unwrap();
        assert!(token.len() <= 64);
        let mut all = self.interfaces.lock().unwrap();
        let mut tokens = self.tokens.lock().unwrap();
        let number = all.len() + 4;
        let id = tokens
            .entry(token)
            .or_insert_with(|| wharf_base::ids::ec2_id("eni"))
            .clone();
        let made = all
            .entry(id.clone())
            .or_insert_with(|| ec2::NetworkInterface {
                network_interface_id: Some(id),
                subnet_id: input.subnet_id,
                description: input.description,
                private_ip_address: Some(format!("172.31.0.{number}")),
                groups: Some(
                    input
                        .groups
                        .unwrap_or_default()
                        .into_iter()
                        .map(|id| ec2::GroupIdentifier {
                            group_id: Some(id),
                            group_name: None,
                        })
                        .collect(),
                ),
                ..Default::default()
            });
        Ok(ec2::CreateNetworkInterfaceResult {
            network_interface: Some(made.clone()),
            client_token: None,
        })
    }

    async fn attach_network_interface(
        &self,
        _: &Call,
        input: ec2::AttachNetworkInterfaceRequest,
    ) -> Result<ec2::AttachNetworkInterfaceResult, Fault> {
        if *self.broken.lock().unwrap() {
            return Err(Fault::sender("IncorrectState", 400, "not now"));
        }
        let mut all = self.interfaces.lock().unwrap();
        let interface = all
            .get_mut(input.network_interface_id.as_ref().unwrap())
            .unwrap();
        interface.attachment = Some(ec2::NetworkInterfaceAttachment {
            attachment_id: Some("eni-attach-1".to_owned()),
            instance_id: input.instance_id,
            ..Default::default()
        });
        Ok(ec2::AttachNetworkInterfaceResult {
            attachment_id: Some("eni-attach-1".to_owned()),
            network_card_index: None,
        })
    }

    async fn detach_network_interface(
        &self,
        _: &Call,
        _: ec2::DetachNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        Ok(())
    }

    async fn modify_network_interface_attribute(
        &self,
        _: &Call,
        input: ec2::ModifyNetworkInterfaceAttributeRequest,
    ) -> Result<(), Fault> {
        let mut all = self.interfaces.lock().unwrap();
        let interface = all
            .get_mut(input.network_interface_id.as_ref().unwrap())
            .unwrap();
        let group = |id: String| ec2::GroupIdentifier {
            group_id: Some(id),
            group_name: None,
        };
        interface.groups = Some(input.groups.unwrap().into_iter().map(group).collect());
        Ok(())
    }

    async fn describe_network_interfaces(
        &self,
        _: &Call,
        _: ec2::DescribeNetworkInterfacesRequest,
    ) -> Result<ec2::DescribeNetworkInterfacesResult, Fault> {
        Ok(ec2::DescribeNetworkInterfacesResult {
            network_interfaces: Some(self.interfaces.lock().unwrap().values().cloned().collect()),
            ..Default::default()
        })
    }

    async fn delete_network_interface(
        &self,
        _: &Call,
        input: ec2::DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let id = input.network_interface_id.unwrap();
        self.tokens.lock().unwrap().retain(|_, known| *known != id);
        match self.interfaces.lock().unwrap().remove(&id) {
            Some(_) => Ok(()),
            None => Err(Fault::sender(
                "InvalidNetworkInterfaceID.NotFound",
                400,
                "gone",
            )),
        }
    }
}
