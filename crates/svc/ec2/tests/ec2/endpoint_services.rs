//! Endpoint services: who sees them and connects to them, what providers answer, and where hosts are told that endpoints are.

mod bounds;
mod flows;
mod names;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio_util::sync::{CancellationToken, DropGuard};
use wharf_api_ec2::{Ec2, types::*};
use wharf_base::Permit;
use wharf_planeproto::{
    Resource,
    endpoint::{Endpoint, EndpointWay, Front},
    network::Interface,
};
use wharf_records::Scope;
use wharf_store::{Compare, Txn};
use wharf_svc_ec2::endpoint_services::{Balancers, Carrier, FoundBalancer, TextRecords, ToldOf};
use wharf_testkit::until;
use wharf_wire::{Call, Fault, async_trait};

use crate::world::{World, of_account, refusal, told, user, world};

const CONSUMER: &str = "111122223333";
const STRANGER: &str = "444455556666";

fn balancer(name: &str) -> String {
    format!("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/{name}/1")
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn one(id: &str) -> Option<Vec<String>> {
    Some(vec![id.to_owned()])
}

/// Load balancing as the tests say that it is.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<BTreeMap<String, FoundBalancer>>>);

impl Told {
    /// A network load balancer in two zones, on these hosts.
    fn is_on(&self, name: &str, hosts: &[(&str, char)]) {
        let arn = balancer(name);
        let carriers = hosts.iter().map(|(host, zone)| Carrier {
            balancer: arn.clone(),
            host: (*host).to_owned(),
            zone: format!("us-east-1{zone}"),
        });
        let found = FoundBalancer {
            is_network: true,
            zones: vec!["us-east-1a".to_owned(), "us-east-1b".to_owned()],
            carriers: carriers.collect(),
            still_there: None,
        };
        self.0.lock().unwrap().insert(arn, found);
    }

    /// Deletes it right after the next look.
    fn goes(&self, name: &str) {
        let mut all = self.0.lock().unwrap();
        let found = all.get_mut(&balancer(name)).unwrap();
        found.still_there = Some(Compare::present("/nowhere"));
    }
}

#[async_trait]
impl Balancers for Told {
    async fn find(&self, arn: &str) -> Result<Option<FoundBalancer>, Fault> {
        let mut all = self.0.lock().unwrap();
        let found = all.get(arn).cloned();
        if found.as_ref().is_some_and(|it| it.still_there.is_some()) {
            all.remove(arn);
        }
        Ok(found)
    }

    fn told_by(&self) -> &'static str {
        "elbv2"
    }

    fn told(&self, key: &str) -> Option<ToldOf> {
        let (_, kind, id) = Scope::parse(key)?;
        match kind {
            "host" => Some(ToldOf::All),
            "load-balancer" => Some(ToldOf::One(balancer(&id))),
            _ => None,
        }
    }
}

/// TXT records of the world, by name.
#[derive(Clone, Default)]
struct Texts(Arc<Mutex<BTreeMap<String, String>>>);

impl Texts {
    fn say(&self, name: &str, text: &str) {
        let mut all = self.0.lock().unwrap();
        all.insert(name.to_owned(), text.to_owned());
    }
}

#[async_trait]
impl TextRecords for Texts {
    async fn find(&self, _: &str, name: &str) -> Option<Vec<String>> {
        let found = self.0.lock().unwrap().get(name).cloned();
        Some(found.into_iter().collect())
    }
}

/// A provider with a load balancer, and EC2 with its loops.
struct Private {
    world: World,
    balancers: Told,
    texts: Texts,
    _running: DropGuard,
}

impl Private {
    async fn new() -> Self {
        let (world, balancers) = (world(), Told::default());
        world.ec2.balancers_from(Arc::new(balancers.clone()));
        let texts = Texts::default();
        world.ec2.text_records_from(Arc::new(texts.clone()));
        balancers.is_on("one", &[("i-1", 'a')]);
        let stop = CancellationToken::new();
        let (running, until) = (world.ec2.clone(), stop.clone());
        tokio::spawn(async move { running.run(until).await });
        Self {
            world,
            balancers,
            texts,
            _running: stop.drop_guard(),
        }
    }

    async fn serve(&self, acceptance: bool) -> String {
        let input = CreateVpcEndpointServiceConfigurationRequest {
            network_load_balancer_arns: one(&balancer("one")),
            acceptance_required: Some(acceptance),
            ..Default::default()
        };
        let (me, ec2) = (user(), &self.world.ec2);
        let made = ec2.create_vpc_endpoint_service_configuration(&me, input);
        let made = made.await.unwrap().service_configuration.unwrap();
        made.service_id.unwrap()
    }

    async fn admit(&self, service: &str, principal: &str) {
        let input = ModifyVpcEndpointServicePermissionsRequest {
            service_id: text(service),
            add_allowed_principals: one(principal),
            ..Default::default()
        };
        let (me, ec2) = (user(), &self.world.ec2);
        let added = ec2.modify_vpc_endpoint_service_permissions(&me, input);
        assert_eq!(added.await.unwrap().return_value, Some(true));
    }

    /// The subnet of a caller's default VPC in a zone.
    async fn subnet(&self, of: &Call, zone: &str) -> Subnet {
        let all = DescribeSubnetsRequest::default();
        let found = self.world.ec2.describe_subnets(of, all).await.unwrap();
        let mut found = found.subnets.unwrap().into_iter();
        let there = found.find(|it| it.availability_zone.as_deref() == Some(zone));
        there.unwrap()
    }

    async fn connect(
        &self,
        of: &Call,
        service: &str,
        zones: &[&str],
    ) -> Result<VpcEndpoint, Fault> {
        let mut subnets = Vec::new();
        for zone in zones {
            subnets.push(self.subnet(of, zone).await);
        }
        let input = CreateVpcEndpointRequest {
            vpc_id: subnets[0].vpc_id.clone(),
            service_name: Some(name(service)),
            vpc_endpoint_type: text("Interface"),
            subnet_ids: Some(subnets.into_iter().filter_map(|it| it.subnet_id).collect()),
            ..Default::default()
        };
        let made = self.world.ec2.create_vpc_endpoint(of, input).await?;
        Ok(made.vpc_endpoint.unwrap())
    }

    async fn state(&self, of: &Call, endpoint: &str) -> String {
        let input = DescribeVpcEndpointsRequest {
            vpc_endpoint_ids: one(endpoint),
            ..Default::default()
        };
        let shown = self.world.ec2.describe_vpc_endpoints(of, input).await;
        let mut shown = shown.unwrap().vpc_endpoints.unwrap();
        shown.remove(0).state.unwrap()
    }

    /// Endpoints that the provider sees, with their owners and states.
    async fn connections(&self) -> Vec<(String, String, String)> {
        let all = DescribeVpcEndpointConnectionsRequest::default();
        let ec2 = &self.world.ec2;
        let found = ec2.describe_vpc_endpoint_connections(&user(), all).await;
        let found = found.unwrap().vpc_endpoint_connections.unwrap();
        let row = |it: VpcEndpointConnection| {
            Some((
                it.vpc_endpoint_id?,
                it.vpc_endpoint_owner?,
                it.vpc_endpoint_state?,
            ))
        };
        found.into_iter().filter_map(row).collect()
    }

    async fn accept(
        &self,
        by: &Call,
        (service, endpoint): (&str, &str),
    ) -> Result<Vec<String>, Fault> {
        let input = AcceptVpcEndpointConnectionsRequest {
            service_id: text(service),
            vpc_endpoint_ids: one(endpoint),
            ..Default::default()
        };
        let done = self.world.ec2.accept_vpc_endpoint_connections(by, input);
        Ok(codes(done.await?.unsuccessful))
    }

    async fn reject(&self, (service, endpoint): (&str, &str)) -> Vec<String> {
        let input = RejectVpcEndpointConnectionsRequest {
            service_id: text(service),
            vpc_endpoint_ids: one(endpoint),
            ..Default::default()
        };
        let ec2 = &self.world.ec2;
        let done = ec2.reject_vpc_endpoint_connections(&user(), input).await;
        codes(done.unwrap().unsuccessful)
    }

    async fn delete(&self, service: &str) -> Vec<String> {
        let input = DeleteVpcEndpointServiceConfigurationsRequest {
            service_ids: one(service),
            ..Default::default()
        };
        let (me, ec2) = (user(), &self.world.ec2);
        let done = ec2.delete_vpc_endpoint_service_configurations(&me, input);
        codes(done.await.unwrap().unsuccessful)
    }

    /// Gives the service a private name, or takes it.
    async fn rename(&self, service: &str, name: Option<&str>) -> Result<(), Fault> {
        let input = ModifyVpcEndpointServiceConfigurationRequest {
            service_id: text(service),
            private_dns_name: name.map(str::to_owned),
            remove_private_dns_name: name.is_none().then_some(true),
            ..Default::default()
        };
        let (me, ec2) = (user(), &self.world.ec2);
        let changed = ec2.modify_vpc_endpoint_service_configuration(&me, input);
        changed.await.map(drop)
    }

    /// How far the private name of the service is verified, after it is asked for.
    async fn verify(&self, service: &str) -> String {
        let input = StartVpcEndpointServicePrivateDnsVerificationRequest {
            service_id: text(service),
            ..Default::default()
        };
        let (me, ec2) = (user(), &self.world.ec2);
        let started = ec2.start_vpc_endpoint_service_private_dns_verification(&me, input);
        assert_eq!(started.await.unwrap().return_value, Some(true));
        self.proof(service).await.state.unwrap()
    }

    async fn proof(&self, service: &str) -> PrivateDnsNameConfiguration {
        let input = DescribeVpcEndpointServiceConfigurationsRequest {
            service_ids: one(service),
            ..Default::default()
        };
        let (me, ec2) = (user(), &self.world.ec2);
        let shown = ec2.describe_vpc_endpoint_service_configurations(&me, input);
        let mut shown = shown.await.unwrap().service_configurations.unwrap();
        shown.remove(0).private_dns_name_configuration.unwrap()
    }

    async fn private_dns(&self, of: &Call, endpoint: &str, enabled: bool) -> Result<(), Fault> {
        let input = ModifyVpcEndpointRequest {
            vpc_endpoint_id: text(endpoint),
            private_dns_enabled: Some(enabled),
            ..Default::default()
        };
        let changed = self.world.ec2.modify_vpc_endpoint(of, input).await;
        changed.map(drop)
    }

    /// Whether the endpoint's VPC knows it by that name.
    async fn is_named(&self, endpoint: &str, name: &str) -> bool {
        let told = self.told_endpoint(endpoint).await;
        told.names.iter().any(|it| it.name == name)
    }

    async fn offered(&self, to: &Call) -> Vec<String> {
        let all = DescribeVpcEndpointServicesRequest::default();
        let found = self.world.ec2.describe_vpc_endpoint_services(to, all).await;
        let names = found.unwrap().service_names.unwrap();
        let private = |it: &String| it.starts_with("com.amazonaws.vpce.");
        names.into_iter().filter(private).collect()
    }

    async fn told_endpoint(&self, id: &str) -> Endpoint {
        let told = told(&self.world).await.into_iter();
        let mut endpoints = told.filter_map(|it| match it {
            Resource::Endpoint(it) => Some(it),
            _ => None,
        });
        endpoints.find(|it| it.id == id).unwrap()
    }

    async fn told_interface(&self, id: &str) -> Interface {
        let told = told(&self.world).await.into_iter();
        let mut interfaces = told.filter_map(|it| match it {
            Resource::Interface(it) => Some(it),
            _ => None,
        });
        interfaces.find(|it| it.id == id).unwrap()
    }

    /// Hosts of the endpoint's fronts.
    async fn hosts(&self, id: &str) -> Vec<String> {
        let told = self.told_endpoint(id).await;
        told.fronts.into_iter().map(|it| it.host).collect()
    }

    /// Load balancing writes a key.
    async fn changes(&self, kind: &str, id: &str) {
        let scope = Scope::new("elbv2", "000000000000", "us-east-1");
        let txn = Txn::new().put(scope.key(kind, id), "x");
        let permit = Permit::for_controller("test");
        let done = self.world.store.txn(&permit, txn).await.unwrap();
        assert!(done.succeeded);
    }
}

fn name(service: &str) -> String {
    format!("com.amazonaws.vpce.us-east-1.{service}")
}

fn codes(items: Option<Vec<UnsuccessfulItem>>) -> Vec<String> {
    let items = items.unwrap().into_iter();
    items.filter_map(|it| it.error?.code).collect()
}

#[tokio::test]
async fn an_endpoint_is_where_its_load_balancer_is_once_the_provider_accepts() {
    let it = Private::new().await;
    let (me, consumer) = (user(), of_account(CONSUMER));
    let service = it.serve(true).await;
    it.admit(&service, &format!("arn:aws:iam::{CONSUMER}:root"))
        .await;
    let made = it.connect(&consumer, &service, &["us-east-1a"]).await;
    let made = made.unwrap();
    let id = made.vpc_endpoint_id.unwrap();
    assert_eq!(made.state.as_deref(), Some("pendingAcceptance"));
    assert_eq!(made.service_name, Some(name(&service)));
    assert_eq!(made.private_dns_enabled, Some(false));
    let own = made.dns_entries.unwrap().remove(0).dns_name.unwrap();
    let base = format!(".{service}.us-east-1.vpce.amazonaws.com");
    assert!(own.starts_with(&id) && own.ends_with(&base), "{own}");
    let eni = made.network_interface_ids.unwrap().remove(0);

    // Its name leads to its interface, where nobody is yet.
    let told = it.told_endpoint(&id).await;
    assert_eq!(told.names[0].name, own);
    assert!(told.fronts.is_empty());
    assert!(
        matches!(&told.way, EndpointWay::Interface { interfaces, .. } if interfaces.is_empty())
    );
    assert_eq!(it.told_interface(&eni).await.host, None);
    let row = |state: &str| (id.clone(), CONSUMER.to_owned(), state.to_owned());
    assert_eq!(it.connections().await, [row("pendingAcceptance")]);
    let both = (service.as_str(), id.as_str());
    let foreign = it.accept(&consumer, both).await;
    assert_eq!(
        refusal(foreign),
        format!(
            "InvalidVpcEndpointServiceId.NotFound: The VpcEndpointService Id '{service}' does not exist"
        )
    );

    assert!(it.accept(&me, both).await.unwrap().is_empty());
    until("somebody answers", || async {
        it.state(&consumer, &id).await == "available"
    })
    .await;
    assert_eq!(it.connections().await, [row("available")]);
    assert_eq!(it.accept(&me, both).await.unwrap(), ["InvalidState"]);
    let interface = it.told_interface(&eni).await;
    assert_eq!(interface.host.as_deref(), Some("i-1"));
    let arn = format!("arn:aws:ec2:us-east-1:{CONSUMER}:vpc-endpoint/{id}");
    assert_eq!(interface.load_balancer, Some(arn));
    let front = Front {
        interface: eni.clone(),
        address: interface.address,
        host: "i-1".to_owned(),
        load_balancer: balancer("one"),
    };
    assert_eq!(it.told_endpoint(&id).await.fronts, [front]);
    // The consumer does not see whose host that is.
    let input = DescribeNetworkInterfacesRequest {
        network_interface_ids: one(&eni),
        ..Default::default()
    };
    let shown = it.world.ec2.describe_network_interfaces(&consumer, input);
    let shown = shown.await.unwrap().network_interfaces.unwrap().remove(0);
    assert_eq!(shown.attachment.unwrap().instance_id, None);

    // A service that somebody uses stays; who is rejected is cut at once.
    assert_eq!(
        it.delete(&service).await,
        ["ExistingVpcEndpointConnections"]
    );
    assert!(it.reject(both).await.is_empty());
    assert!(it.told_endpoint(&id).await.fronts.is_empty());
    assert_eq!(it.told_interface(&eni).await.host, None);
    assert_eq!(it.state(&consumer, &id).await, "rejected");
    assert_eq!(it.reject(both).await, ["InvalidState"]);
    assert!(it.delete(&service).await.is_empty());
    assert_eq!(
        it.delete(&service).await,
        ["InvalidVpcEndpointServiceId.NotFound"]
    );
    assert!(it.accept(&me, both).await.is_err(), "it is gone");
    let input = DeleteVpcEndpointsRequest {
        vpc_endpoint_ids: one(&id),
        ..Default::default()
    };
    let deleted = it.world.ec2.delete_vpc_endpoints(&consumer, input).await;
    assert_eq!(deleted.unwrap().unsuccessful, Some(vec![]));
    assert!(it.connections().await.is_empty());
}

#[tokio::test]
async fn an_endpoint_follows_its_load_balancer() {
    let it = Private::new().await;
    let consumer = of_account(CONSUMER);
    let service = it.serve(false).await;
    it.admit(&service, "*").await;
    let zones = ["us-east-1a", "us-east-1b"];
    let made = it.connect(&consumer, &service, &zones).await.unwrap();
    let id = made.vpc_endpoint_id.unwrap();
    assert_eq!(made.state.as_deref(), Some("pending"));
    until("it is available", || async {
        it.state(&consumer, &id).await == "available"
    })
    .await;
    assert_eq!(it.hosts(&id).await, ["i-1", "i-1"]);
    // The host is lost; others have the load balancer.
    it.balancers.is_on("one", &[("i-2", 'a'), ("i-3", 'b')]);
    it.changes("host", "i-1").await;
    until("others take over", || async {
        it.hosts(&id).await == ["i-2", "i-3"]
    })
    .await;
    // Nobody has it.
    it.balancers.is_on("one", &[]);
    it.changes("load-balancer", "one").await;
    until("nobody answers", || async {
        it.hosts(&id).await.is_empty()
    })
    .await;
    assert_eq!(it.state(&consumer, &id).await, "pending");
    // The service gets another one.
    it.balancers.is_on("two", &[("i-9", 'c')]);
    let input = ModifyVpcEndpointServiceConfigurationRequest {
        service_id: text(&service),
        add_network_load_balancer_arns: one(&balancer("two")),
        remove_network_load_balancer_arns: one(&balancer("one")),
        ..Default::default()
    };
    let ec2 = &it.world.ec2;
    ec2.modify_vpc_endpoint_service_configuration(&user(), input)
        .await
        .unwrap();
    until("the other one answers", || async {
        it.hosts(&id).await == ["i-9", "i-9"]
    })
    .await;
}

#[tokio::test]
async fn nobody_sees_a_service_who_may_not_connect_to_it() {
    let it = Private::new().await;
    let (me, consumer, stranger) = (user(), of_account(CONSUMER), of_account(STRANGER));
    let service = it.serve(true).await;
    it.admit(&service, &format!("arn:aws:iam::{CONSUMER}:root"))
        .await;
    assert_eq!(it.offered(&me).await, [name(&service)], "its owner does");
    assert_eq!(it.offered(&consumer).await, [name(&service)]);
    assert!(it.offered(&stranger).await.is_empty());
    let named = DescribeVpcEndpointServicesRequest {
        service_names: Some(vec![name(&service)]),
        ..Default::default()
    };
    let ec2 = &it.world.ec2;
    let gone = format!(
        "InvalidServiceName: The Vpc Endpoint Service '{}' does not exist",
        name(&service)
    );
    let found = ec2.describe_vpc_endpoint_services(&stranger, named).await;
    assert_eq!(refusal(found), gone);
    let made = it.connect(&stranger, &service, &["us-east-1a"]).await;
    assert_eq!(refusal(made), gone);
    assert!(it.connections().await.is_empty());

    // Whose permission is taken keeps what is there, and gets nothing more.
    let made = it.connect(&consumer, &service, &["us-east-1a"]).await;
    let id = made.unwrap().vpc_endpoint_id.unwrap();
    let input = ModifyVpcEndpointServicePermissionsRequest {
        service_id: text(&service),
        remove_allowed_principals: Some(vec![format!("arn:aws:iam::{CONSUMER}:root")]),
        ..Default::default()
    };
    ec2.modify_vpc_endpoint_service_permissions(&me, input)
        .await
        .unwrap();
    assert_eq!(it.connections().await.len(), 1);
    assert_eq!(it.state(&consumer, &id).await, "pendingAcceptance");
    assert!(it.offered(&consumer).await.is_empty());
    let second = it.connect(&consumer, &service, &["us-east-1b"]).await;
    assert_eq!(refusal(second), gone);
}

#[tokio::test]
async fn what_services_and_their_endpoints_cannot_be() {
    let it = Private::new().await;
    let (me, ec2) = (user(), &it.world.ec2);
    let create = |arns: &[String]| CreateVpcEndpointServiceConfigurationRequest {
        network_load_balancer_arns: Some(arns.to_vec()),
        ..Default::default()
    };
    for (arns, expected) in [
        (vec![], "InvalidParameter: An endpoint service must have"),
        (
            vec![balancer("none")],
            "InvalidParameter: The Network Load Balancer '",
        ),
        (
            vec![balancer("one").replace("000000000000", CONSUMER)],
            "InvalidParameter: The Network Load Balancer '",
        ),
    ] {
        let made = ec2.create_vpc_endpoint_service_configuration(&me, create(&arns));
        let refused = refusal(made.await);
        assert!(refused.starts_with(expected), "{refused}");
    }
    // A repeated request makes one.
    let twice = CreateVpcEndpointServiceConfigurationRequest {
        client_token: text("token"),
        ..create(&[balancer("one")])
    };
    let first = ec2.create_vpc_endpoint_service_configuration(&me, twice.clone());
    let first = first.await.unwrap().service_configuration.unwrap();
    let again = ec2.create_vpc_endpoint_service_configuration(&me, twice);
    let again = again.await.unwrap().service_configuration.unwrap();
    assert_eq!(first, again);
    assert_eq!(first.acceptance_required, Some(true));
    let zones = ["us-east-1a", "us-east-1b"].map(str::to_owned).to_vec();
    assert_eq!(first.availability_zones, Some(zones));
    let service = first.service_id.unwrap();

    let principal = ModifyVpcEndpointServicePermissionsRequest {
        service_id: text(&service),
        add_allowed_principals: one("everybody"),
        ..Default::default()
    };
    let added = ec2.modify_vpc_endpoint_service_permissions(&me, principal);
    assert_eq!(
        refusal(added.await),
        "InvalidPrincipal: Invalid Principal: 'everybody'"
    );
    let elsewhere = it.connect(&me, &service, &["us-east-1c"]).await;
    assert!(refusal(elsewhere).contains("does not support the availability zone"));
    let subnet = it.subnet(&me, "us-east-1a").await;
    let endpoint = CreateVpcEndpointRequest {
        vpc_id: subnet.vpc_id.clone(),
        service_name: Some(name(&service)),
        vpc_endpoint_type: text("Interface"),
        ..Default::default()
    };
    for (input, expected) in [
        (
            CreateVpcEndpointRequest {
                vpc_endpoint_type: None,
                ..endpoint.clone()
            },
            "Endpoint type (Gateway) does not match",
        ),
        (
            CreateVpcEndpointRequest {
                private_dns_enabled: Some(true),
                ..endpoint.clone()
            },
            "Private DNS can't be enabled",
        ),
        (
            CreateVpcEndpointRequest {
                policy_document: text(r#"{"Statement":[]}"#),
                ..endpoint.clone()
            },
            "does not support endpoint policies",
        ),
    ] {
        let refused = refusal(ec2.create_vpc_endpoint(&me, input).await);
        assert!(refused.contains(expected), "{refused}");
    }
}
