//! VPC endpoints: what they are made of, what they keep, and what hosts are told.

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::{
    Resource,
    endpoint::{Endpoint, EndpointWay},
};
use wharf_wire::Fault;

use crate::world::{World, filter, of_account, refusal, told, user, world};

const S3: &str = "com.amazonaws.us-east-1.s3";
const STS: &str = "com.amazonaws.us-east-1.sts";
const POLICY: &str =
    r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:*","Resource":"*"}]}"#;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn one(id: &str) -> Option<Vec<String>> {
    Some(vec![id.to_owned()])
}

fn gateway(vpc: &str, tables: &[&str]) -> CreateVpcEndpointRequest {
    CreateVpcEndpointRequest {
        vpc_id: text(vpc),
        service_name: text(S3),
        route_table_ids: Some(tables.iter().map(|it| (*it).to_owned()).collect()),
        ..Default::default()
    }
}

fn interface(vpc: &str, subnets: &[&str]) -> CreateVpcEndpointRequest {
    CreateVpcEndpointRequest {
        vpc_id: text(vpc),
        service_name: text(STS),
        vpc_endpoint_type: text("Interface"),
        subnet_ids: Some(subnets.iter().map(|it| (*it).to_owned()).collect()),
        private_dns_enabled: Some(false),
        ..Default::default()
    }
}

impl World {
    async fn endpoint(&self, input: CreateVpcEndpointRequest) -> Result<VpcEndpoint, Fault> {
        let made = self.ec2.create_vpc_endpoint(&user(), input).await?;
        Ok(made.vpc_endpoint.unwrap())
    }

    async fn modify_endpoint(&self, input: ModifyVpcEndpointRequest) -> Result<(), Fault> {
        let modified = self.ec2.modify_vpc_endpoint(&user(), input).await?;
        assert_eq!(modified.return_, Some(true));
        Ok(())
    }

    async fn shown_endpoint(&self, id: &str) -> Result<VpcEndpoint, Fault> {
        let input = DescribeVpcEndpointsRequest {
            vpc_endpoint_ids: one(id),
            ..Default::default()
        };
        let shown = self.ec2.describe_vpc_endpoints(&user(), input).await?;
        Ok(shown.vpc_endpoints.unwrap().remove(0))
    }

    async fn delete_endpoint(&self, id: &str) -> Vec<UnsuccessfulItem> {
        let input = DeleteVpcEndpointsRequest {
            vpc_endpoint_ids: one(id),
            ..Default::default()
        };
        let deleted = self.ec2.delete_vpc_endpoints(&user(), input).await;
        deleted.unwrap().unsuccessful.unwrap()
    }

    async fn table(&self, vpc: &str) -> String {
        let input = CreateRouteTableRequest {
            vpc_id: text(vpc),
            ..Default::default()
        };
        let made = self.ec2.create_route_table(&user(), input).await;
        made.unwrap().route_table.unwrap().route_table_id.unwrap()
    }

    /// The targets of a table's routes to prefix lists.
    async fn listed_routes(&self, table: &str) -> Vec<(String, String)> {
        let input = DescribeRouteTablesRequest {
            route_table_ids: one(table),
            ..Default::default()
        };
        let shown = self.ec2.describe_route_tables(&user(), input).await;
        let routes = shown.unwrap().route_tables.unwrap().remove(0).routes;
        let routes = routes.unwrap().into_iter();
        routes
            .filter_map(|it| Some((it.destination_prefix_list_id?, it.gateway_id?)))
            .collect()
    }

    async fn told_endpoints(&self) -> Vec<Endpoint> {
        let told = told(self).await.into_iter();
        let endpoints = told.filter_map(|it| match it {
            Resource::Endpoint(it) => Some(it),
            _ => None,
        });
        endpoints.collect()
    }

    async fn zoned(&self, vpc: &str, cidr: &str, zone: &str) -> String {
        let input = CreateSubnetRequest {
            cidr_block: text(cidr),
            vpc_id: text(vpc),
            availability_zone: text(zone),
            ..Default::default()
        };
        let made = self.ec2.create_subnet(&user(), input).await.unwrap();
        made.subnet.unwrap().subnet_id.unwrap()
    }
}

#[tokio::test]
async fn a_gateway_endpoint_is_a_route_in_its_tables() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let (table, other) = (world.table(&vpc).await, world.table(&vpc).await);
    let made = world.endpoint(gateway(&vpc, &[&table])).await.unwrap();
    let id = made.vpc_endpoint_id.clone().unwrap();
    assert_eq!(made.state.as_deref(), Some("available"));
    assert_eq!(made.vpc_endpoint_type.as_deref(), Some("Gateway"));
    assert_eq!(made.route_table_ids, one(&table));
    let lists = world
        .ec2
        .describe_prefix_lists(&user(), DescribePrefixListsRequest::default())
        .await;
    let list = lists.unwrap().prefix_lists.unwrap().remove(0);
    assert_eq!(list.prefix_list_name.as_deref(), Some(S3));
    let list = list.prefix_list_id.unwrap();
    assert_eq!(
        world.listed_routes(&table).await,
        [(list.clone(), id.clone())]
    );
    assert!(world.listed_routes(&other).await.is_empty());

    let told = world.told_endpoints().await.remove(0);
    let EndpointWay::Gateway { range, .. } = &told.way else {
        panic!("{told:?}");
    };
    assert_eq!(told.names[0].name, "s3.us-east-1.amazonaws.com");
    let routes = crate::world::told(&world)
        .await
        .into_iter()
        .filter_map(|it| match it {
            Resource::RouteTable(it) if it.id == table => Some(it.routes),
            _ => None,
        });
    let routes: Vec<_> = routes.flatten().collect();
    assert_eq!((&routes[0].destination, &routes[0].gateway), (range, &id));

    // The route is the endpoint's: nobody else removes it, or makes a second one.
    let again = refusal(world.endpoint(gateway(&vpc, &[&table])).await);
    assert_eq!(
        again,
        format!(
            "RouteAlreadyExists: route table {table} already has a route with destination-prefix-list-id {list}"
        )
    );
    let removal = DeleteRouteRequest {
        route_table_id: text(&table),
        destination_prefix_list_id: text(&list),
        ..Default::default()
    };
    let removed = refusal(world.ec2.delete_route(&user(), removal).await);
    assert!(
        removed.starts_with("InvalidParameterValue: cannot remove"),
        "{removed}"
    );

    let change = ModifyVpcEndpointRequest {
        vpc_endpoint_id: text(&id),
        add_route_table_ids: one(&other),
        remove_route_table_ids: one(&table),
        ..Default::default()
    };
    world.modify_endpoint(change.clone()).await.unwrap();
    assert!(world.listed_routes(&table).await.is_empty());
    assert_eq!(
        world.shown_endpoint(&id).await.unwrap().route_table_ids,
        one(&other)
    );
    let unknown = refusal(world.modify_endpoint(change).await);
    assert!(unknown.contains("is not associated"), "{unknown}");

    assert_eq!(world.delete_endpoint(&id).await, []);
    assert!(world.listed_routes(&other).await.is_empty());
    let code = world
        .delete_endpoint(&id)
        .await
        .remove(0)
        .error
        .unwrap()
        .code;
    assert_eq!(code.as_deref(), Some("InvalidVpcEndpoint.NotFound"));
    assert_eq!(
        refusal(world.shown_endpoint(&id).await),
        format!("InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '{id}' does not exist")
    );
    assert!(world.told_endpoints().await.is_empty());
}

/// A transaction has 128 operations, and a VPC may have 200 tables.
#[tokio::test]
async fn a_gateway_endpoint_of_many_tables_can_be_deleted() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let made = world.endpoint(gateway(&vpc, &[])).await.unwrap();
    let id = made.vpc_endpoint_id.unwrap();
    let mut tables = Vec::new();
    for _ in 0..130 {
        tables.push(world.table(&vpc).await);
    }
    for some in tables.chunks(50) {
        let more = ModifyVpcEndpointRequest {
            vpc_endpoint_id: text(&id),
            add_route_table_ids: Some(some.to_vec()),
            ..Default::default()
        };
        world.modify_endpoint(more).await.unwrap();
    }
    let shown = world.shown_endpoint(&id).await.unwrap();
    assert_eq!(shown.route_table_ids.unwrap().len(), 130);
    assert_eq!(world.delete_endpoint(&id).await, []);
    for table in &tables {
        assert!(world.listed_routes(table).await.is_empty());
    }
}

#[tokio::test]
async fn an_interface_endpoint_has_an_interface_in_each_subnet() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let first = world.zoned(&vpc, "10.1.1.0/24", "us-east-1a").await;
    let second = world.zoned(&vpc, "10.1.2.0/24", "us-east-1b").await;
    let beside = world.zoned(&vpc, "10.1.3.0/24", "us-east-1a").await;
    let input = CreateVpcEndpointRequest {
        policy_document: text(POLICY),
        ..interface(&vpc, &[&first])
    };
    let made = world.endpoint(input).await.unwrap();
    let id = made.vpc_endpoint_id.unwrap();
    assert_eq!(made.state.as_deref(), Some("pending"));
    assert_eq!(made.subnet_ids, one(&first));
    let shown = world.shown_endpoint(&id).await.unwrap();
    assert_eq!(shown.state.as_deref(), Some("available"));
    assert_eq!(shown.policy_document.as_deref(), Some(POLICY));
    let group = shown.groups.unwrap().remove(0).group_id.unwrap();
    let eni = shown.network_interface_ids.unwrap().remove(0);
    let input = DescribeNetworkInterfacesRequest {
        network_interface_ids: one(&eni),
        ..Default::default()
    };
    let eni = world.ec2.describe_network_interfaces(&user(), input).await;
    let eni = eni.unwrap().network_interfaces.unwrap().remove(0);
    assert_eq!(eni.interface_type.as_deref(), Some("vpc_endpoint"));
    assert_eq!(eni.requester_managed, Some(true));
    let removal = DeleteNetworkInterfaceRequest {
        network_interface_id: eni.network_interface_id.clone(),
        ..Default::default()
    };
    assert!(
        world
            .ec2
            .delete_network_interface(&user(), removal)
            .await
            .is_err()
    );

    let told = world.told_endpoints().await.remove(0);
    let EndpointWay::Interface { interfaces, groups } = &told.way else {
        panic!("{told:?}");
    };
    assert_eq!(
        interfaces[0].address.to_string(),
        eni.private_ip_address.unwrap()
    );
    assert_eq!(groups, &[group]);
    assert!(
        told.names[0]
            .name
            .ends_with(".sts.us-east-1.vpce.amazonaws.com")
    );
    assert_eq!(told.names.len(), 2, "no private name: {:?}", told.names);

    let change = |add: &str, remove: &str| ModifyVpcEndpointRequest {
        vpc_endpoint_id: text(&id),
        add_subnet_ids: one(add).filter(|_| !add.is_empty()),
        remove_subnet_ids: one(remove).filter(|_| !remove.is_empty()),
        ..Default::default()
    };
    assert_eq!(
        refusal(world.modify_endpoint(change(&beside, "")).await),
        format!(
            "DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the availability zone of {beside}"
        )
    );
    world.modify_endpoint(change(&second, "")).await.unwrap();
    world
        .modify_endpoint(change(&beside, &first))
        .await
        .unwrap();
    let mut subnets = world.shown_endpoint(&id).await.unwrap().subnet_ids.unwrap();
    subnets.sort();
    let mut wanted = vec![second.clone(), beside];
    wanted.sort();
    assert_eq!(subnets, wanted);
    let delete = |id: &str| DeleteSubnetRequest {
        subnet_id: text(id),
        ..Default::default()
    };
    let in_use = refusal(world.ec2.delete_subnet(&user(), delete(&second)).await);
    assert!(in_use.starts_with("DependencyViolation"), "{in_use}");
    world
        .ec2
        .delete_subnet(&user(), delete(&first))
        .await
        .unwrap();
    assert_eq!(world.delete_endpoint(&id).await, []);
    world
        .ec2
        .delete_subnet(&user(), delete(&second))
        .await
        .unwrap();
}

#[tokio::test]
async fn groups_are_those_of_all_interfaces_and_are_kept() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let subnet = world.zoned(&vpc, "10.1.1.0/24", "us-east-1a").await;
    let group = CreateSecurityGroupRequest {
        group_name: text("door"),
        description: text("door"),
        vpc_id: text(&vpc),
        ..Default::default()
    };
    let group = world.ec2.create_security_group(&user(), group).await;
    let group = group.unwrap().group_id.unwrap();
    let made = world.endpoint(interface(&vpc, &[&subnet])).await.unwrap();
    let (id, main) = (
        made.vpc_endpoint_id.unwrap(),
        made.groups.unwrap().remove(0).group_id.unwrap(),
    );
    let change = ModifyVpcEndpointRequest {
        vpc_endpoint_id: text(&id),
        add_security_group_ids: one(&group),
        remove_security_group_ids: one(&main),
        ..Default::default()
    };
    world.modify_endpoint(change.clone()).await.unwrap();
    let refused = refusal(world.modify_endpoint(change).await);
    assert!(refused.contains("is not associated"), "{refused}");
    let interfaces = DescribeNetworkInterfacesRequest {
        filters: Some(vec![filter("group-id", &group)]),
        ..Default::default()
    };
    let found = world
        .ec2
        .describe_network_interfaces(&user(), interfaces)
        .await;
    assert_eq!(found.unwrap().network_interfaces.unwrap().len(), 1);
    let delete = DeleteSecurityGroupRequest {
        group_id: text(&group),
        ..Default::default()
    };
    let kept = refusal(
        world
            .ec2
            .delete_security_group(&user(), delete.clone())
            .await,
    );
    assert!(kept.starts_with("DependencyViolation"), "{kept}");
    world.delete_endpoint(&id).await;
    world
        .ec2
        .delete_security_group(&user(), delete)
        .await
        .unwrap();
}

#[tokio::test]
async fn private_names_are_one_endpoints_and_need_names_in_the_vpc() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let private = || CreateVpcEndpointRequest {
        private_dns_enabled: None,
        ..interface(&vpc, &[])
    };
    let refused = refusal(world.endpoint(private()).await);
    assert!(
        refused.contains("enableDnsSupport and enableDnsHostnames"),
        "{refused}"
    );
    let names = ModifyVpcAttributeRequest {
        vpc_id: text(&vpc),
        enable_dns_hostnames: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    world
        .ec2
        .modify_vpc_attribute(&user(), names)
        .await
        .unwrap();
    let made = world.endpoint(private()).await.unwrap();
    assert_eq!(made.private_dns_enabled, Some(true));
    let names = made.dns_entries.unwrap();
    assert_eq!(
        names.last().unwrap().dns_name.as_deref(),
        Some("sts.us-east-1.amazonaws.com")
    );
    let refused = refusal(world.endpoint(private()).await);
    assert!(refused.contains("conflicting DNS domain"), "{refused}");
    let other = world.endpoint(interface(&vpc, &[])).await.unwrap();
    let change = ModifyVpcEndpointRequest {
        vpc_endpoint_id: other.vpc_endpoint_id,
        private_dns_enabled: Some(true),
        ..Default::default()
    };
    assert!(world.modify_endpoint(change.clone()).await.is_err());
    world.delete_endpoint(&made.vpc_endpoint_id.unwrap()).await;
    world.modify_endpoint(change).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_ec2s_words() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let foreign = world.vpc("10.2.0.0/16").await;
    let table = world.table(&foreign).await;
    let subnet = world.zoned(&foreign, "10.2.0.0/24", "us-east-1a").await;
    let of = |service: &str| CreateVpcEndpointRequest {
        service_name: text(service),
        ..gateway(&vpc, &[])
    };
    for (input, expected) in [
        (
            of("com.amazonaws.us-east-1.nothing"),
            "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.us-east-1.nothing' does not exist",
        ),
        (
            of("com.amazonaws.eu-west-1.s3"),
            "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.eu-west-1.s3' does not exist",
        ),
        (
            of(STS),
            "InvalidParameter: Endpoint type (Gateway) does not match available service types ([Interface]).",
        ),
        (
            CreateVpcEndpointRequest {
                service_name: text(S3),
                ..interface(&vpc, &[])
            },
            "InvalidParameter: Endpoint type (Interface) does not match available service types ([Gateway]).",
        ),
        (
            gateway("vpc-1", &[]),
            "InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist",
        ),
        (
            gateway(&vpc, &["rtb-1"]),
            "InvalidRouteTableID.NotFound: The routeTable ID 'rtb-1' does not exist",
        ),
        (
            CreateVpcEndpointRequest {
                subnet_ids: one("subnet-1"),
                ..gateway(&vpc, &[])
            },
            "InvalidParameter: SubnetIds is not valid for Gateway endpoints.",
        ),
        (
            CreateVpcEndpointRequest {
                dry_run: Some(true),
                ..gateway(&vpc, &[])
            },
            "DryRunOperation: Request would have succeeded, but DryRun flag is set.",
        ),
        (
            gateway("", &[]),
            "MissingParameter: The request must contain the parameter VpcId",
        ),
    ] {
        assert_eq!(refusal(world.endpoint(input).await), expected);
    }
    for input in [gateway(&vpc, &[&table]), interface(&vpc, &[&subnet])] {
        let apart = refusal(world.endpoint(input).await);
        assert!(apart.ends_with("belong to different networks"), "{apart}");
    }
    for policy in [
        "{",
        "{}",
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ] {
        let input = CreateVpcEndpointRequest {
            policy_document: text(policy),
            ..gateway(&vpc, &[])
        };
        let refused = refusal(world.endpoint(input).await);
        assert!(
            refused.starts_with("InvalidPolicyDocument: The Policy Document is not valid. "),
            "{refused}"
        );
    }
    assert!(world.told_endpoints().await.is_empty());
}

#[tokio::test]
async fn a_token_makes_one_endpoint_and_an_account_has_so_many() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let with_token = |policy: Option<&str>| CreateVpcEndpointRequest {
        client_token: text("once"),
        policy_document: policy.map(str::to_owned),
        ..gateway(&vpc, &[])
    };
    let made = world.endpoint(with_token(None)).await.unwrap();
    let again = world.endpoint(with_token(None)).await.unwrap();
    assert_eq!(made.vpc_endpoint_id, again.vpc_endpoint_id);
    let other = refusal(world.endpoint(with_token(Some(POLICY))).await);
    assert!(other.starts_with("IdempotentParameterMismatch"), "{other}");
    for _ in 1..20 {
        world.endpoint(gateway(&vpc, &[])).await.unwrap();
    }
    assert_eq!(
        refusal(world.endpoint(gateway(&vpc, &[])).await),
        "VpcEndpointLimitExceeded: The maximum number of VPC endpoints has been reached."
    );
    world.delete_endpoint(&made.vpc_endpoint_id.unwrap()).await;
    world.endpoint(with_token(Some(POLICY))).await.unwrap();

    // Page by page, and nobody else's.
    let mut input = DescribeVpcEndpointsRequest {
        filters: Some(vec![filter("service-name", S3), filter("vpc-id", &vpc)]),
        max_results: Some(7),
        ..Default::default()
    };
    let mut found = 0;
    loop {
        let page = world
            .ec2
            .describe_vpc_endpoints(&user(), input.clone())
            .await
            .unwrap();
        found += page.vpc_endpoints.unwrap().len();
        input.next_token = page.next_token;
        if input.next_token.is_none() {
            break;
        }
    }
    assert_eq!(found, 20);
    let none = DescribeVpcEndpointsRequest::default();
    let none = world
        .ec2
        .describe_vpc_endpoints(&of_account("111111111111"), none)
        .await;
    assert_eq!(none.unwrap().vpc_endpoints, Some(vec![]));
}

#[tokio::test]
async fn services_are_listed_by_name_and_type() {
    let world = world();
    let ask = async |input| {
        world
            .ec2
            .describe_vpc_endpoint_services(&user(), input)
            .await
    };
    let all = ask(DescribeVpcEndpointServicesRequest::default())
        .await
        .unwrap();
    let names = all.service_names.unwrap();
    assert!(
        names.is_sorted()
            && names
                .iter()
                .any(|it| it == "com.amazonaws.us-east-1.ecr.dkr")
    );
    let gateways = ask(DescribeVpcEndpointServicesRequest {
        filters: Some(vec![filter("service-type", "Gateway")]),
        ..Default::default()
    });
    assert_eq!(gateways.await.unwrap().service_names, one(S3));
    let missing = ask(DescribeVpcEndpointServicesRequest {
        service_names: one("com.amazonaws.us-east-1.nothing"),
        ..Default::default()
    });
    assert!(refusal(missing.await).starts_with("InvalidServiceName"));
    let sts = ask(DescribeVpcEndpointServicesRequest {
        service_names: one(STS),
        ..Default::default()
    });
    let detail = sts.await.unwrap().service_details.unwrap().remove(0);
    assert_eq!(
        detail.private_dns_name.as_deref(),
        Some("sts.us-east-1.amazonaws.com")
    );
    assert_eq!(detail.availability_zones.unwrap().len(), 3);
}

#[tokio::test]
async fn rules_may_name_the_list_of_a_service() {
    let world = world();
    let group = world.group("out").await;
    let managed = DescribeManagedPrefixListsRequest {
        filters: Some(vec![filter("owner-id", "AWS")]),
        ..Default::default()
    };
    let managed = world
        .ec2
        .describe_managed_prefix_lists(&user(), managed)
        .await;
    let list = managed.unwrap().prefix_lists.unwrap().remove(0);
    assert_eq!(list.prefix_list_name.as_deref(), Some(S3));
    let permission = IpPermission {
        ip_protocol: text("tcp"),
        from_port: Some(443),
        to_port: Some(443),
        prefix_list_ids: Some(vec![PrefixListId {
            prefix_list_id: list.prefix_list_id.clone(),
            description: None,
        }]),
        ..Default::default()
    };
    let made = world.allow(&group, permission).await.unwrap();
    assert_eq!(made[0].prefix_list_id, list.prefix_list_id);
    let entries = GetManagedPrefixListEntriesRequest {
        prefix_list_id: list.prefix_list_id,
        ..Default::default()
    };
    let entries = world
        .ec2
        .get_managed_prefix_list_entries(&user(), entries)
        .await;
    assert_eq!(
        entries.unwrap().entries.unwrap()[0].cidr.as_deref(),
        Some("198.18.0.0/28")
    );
}

#[tokio::test]
async fn a_vpc_with_an_endpoint_stays() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    let made = world.endpoint(gateway(&vpc, &[])).await.unwrap();
    let delete = DeleteVpcRequest {
        vpc_id: text(&vpc),
        ..Default::default()
    };
    let kept = refusal(world.ec2.delete_vpc(&user(), delete.clone()).await);
    assert!(kept.starts_with("DependencyViolation"), "{kept}");
    world.delete_endpoint(&made.vpc_endpoint_id.unwrap()).await;
    world.ec2.delete_vpc(&user(), delete).await.unwrap();
}

#[tokio::test]
async fn an_interface_has_the_address_that_is_asked_for() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let subnet = async |cidr: &str, zone: &str| {
        let input = CreateSubnetRequest {
            vpc_id: text(&vpc),
            cidr_block: text(cidr),
            availability_zone: text(zone),
            ..Default::default()
        };
        let made = world.ec2.create_subnet(&user(), input).await.unwrap();
        made.subnet.unwrap().subnet_id.unwrap()
    };
    let one = subnet("10.0.0.0/24", "us-east-1a").await;
    let two = subnet("10.0.1.0/24", "us-east-1b").await;
    let configured = |subnet: &str, address: &str| SubnetConfiguration {
        subnet_id: text(subnet),
        ipv4: text(address),
        ipv6: None,
    };
    let with = |configurations: Vec<SubnetConfiguration>| CreateVpcEndpointRequest {
        subnet_configurations: Some(configurations),
        ..interface(&vpc, &[&one])
    };
    for (configurations, expected) in [
        (vec![configured(&two, "10.0.1.9")], "InvalidParameter"),
        (
            vec![configured(&one, "10.0.0.9"), configured(&one, "10.0.0.8")],
            "InvalidParameter",
        ),
        (vec![configured(&one, "10.0.1.9")], "InvalidParameterValue"),
        (vec![configured(&one, "10.0.0.2")], "InvalidParameterValue"),
        (vec![configured(&one, "ten")], "InvalidParameterValue"),
    ] {
        let refused = world.endpoint(with(configurations)).await.unwrap_err();
        assert_eq!(refused.code, expected, "{}", refused.message);
    }
    let addresses = async || {
        let input = DescribeNetworkInterfacesRequest {
            filters: Some(vec![filter("interface-type", "vpc_endpoint")]),
            ..Default::default()
        };
        let ec2 = &world.ec2;
        let found = ec2.describe_network_interfaces(&user(), input).await;
        let found = found.unwrap().network_interfaces.unwrap().into_iter();
        let mut all: Vec<String> = found.filter_map(|it| it.private_ip_address).collect();
        all.sort();
        all
    };
    let made = world.endpoint(with(vec![configured(&one, "10.0.0.9")]));
    let id = made.await.unwrap().vpc_endpoint_id.unwrap();
    assert_eq!(addresses().await, ["10.0.0.9"]);
    let add = |address: &str| ModifyVpcEndpointRequest {
        vpc_endpoint_id: text(&id),
        add_subnet_ids: Some(vec![two.clone()]),
        subnet_configurations: Some(vec![configured(&two, address)]),
        ..Default::default()
    };
    let taken = world.modify_endpoint(add("10.0.0.9")).await;
    assert!(refusal(taken).starts_with("InvalidParameterValue"));
    world.modify_endpoint(add("10.0.1.9")).await.unwrap();
    assert_eq!(addresses().await, ["10.0.0.9", "10.0.1.9"]);
}

/// What a policy that is stored, or shown, names.
fn named(policy: &str) -> String {
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    let named = &policy["Statement"][0]["Principal"]["AWS"];
    named.as_str().unwrap().to_owned()
}

fn policy_for(who: &str) -> Option<String> {
    Some(format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"s3:*","Resource":"*"}}]}}"#
    ))
}

#[tokio::test]
async fn a_policy_is_for_the_very_user_that_it_names() {
    let world = world();
    let call = world.let_in().await;
    let vpc = world.vpc("10.0.0.0/16").await;
    let (anna, id) = world.make_user("anna").await;
    let input = CreateVpcEndpointRequest {
        policy_document: policy_for(&anna),
        ..gateway(&vpc, &[])
    };
    let made = world.ec2.create_vpc_endpoint(&call, input).await.unwrap();
    let made = made.vpc_endpoint.unwrap();
    assert_eq!(named(made.policy_document.as_deref().unwrap()), anna);
    let endpoint = made.vpc_endpoint_id.unwrap();
    let arn = format!("arn:aws:ec2:us-east-1:000000000000:vpc-endpoint/{endpoint}");
    let stored = wharf_svc_ec2::endpoints::find(&world.ec2, &arn).await;
    assert_eq!(named(&stored.unwrap().unwrap().policy), id);

    world.rename_user("anna", "anne").await;
    let input = DescribeVpcEndpointsRequest::default();
    let shown = world.ec2.describe_vpc_endpoints(&call, input).await;
    let shown = shown.unwrap().vpc_endpoints.unwrap().remove(0);
    let shown = shown.policy_document.unwrap();
    assert_eq!(named(&shown), anna.replace("anna", "anne"));

    let input = ModifyVpcEndpointRequest {
        vpc_endpoint_id: text(&endpoint),
        policy_document: policy_for(&anna),
        ..Default::default()
    };
    let refused = world.ec2.modify_vpc_endpoint(&call, input).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, "InvalidPolicyDocument");
    let why = format!("The Policy Document is not valid. There is no principal {anna}.");
    assert_eq!(refused.message, why);
}
