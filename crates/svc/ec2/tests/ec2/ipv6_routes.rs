//! Routes to ranges of IPv6 addresses, and egress-only internet gateways.

use std::sync::LazyLock;

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::Resource;
use wharf_wire::{Call, Fault};

use crate::world::{World, refusal, told, user, world};

static ME: LazyLock<Call> = LazyLock::new(user);

fn me() -> &'static Call {
    &ME
}

/// A VPC with a range, and its main table.
struct Net {
    world: World,
    vpc: String,
    range: String,
    table: String,
}

impl Net {
    async fn new() -> Self {
        let world = world();
        let input = CreateVpcRequest {
            cidr_block: Some("10.0.0.0/16".to_owned()),
            amazon_provided_ipv6_cidr_block: Some(true),
            ..Default::default()
        };
        let made = world.ec2.create_vpc(me(), input).await;
        let vpc = made.unwrap().vpc.unwrap();
        let set = vpc.ipv6_cidr_block_association_set.unwrap();
        let vpc = vpc.vpc_id.unwrap();
        let filter = crate::world::filter("vpc-id", &vpc);
        let input = DescribeRouteTablesRequest {
            filters: Some(vec![filter]),
            ..Default::default()
        };
        let tables = world.ec2.describe_route_tables(me(), input).await;
        let tables = tables.unwrap().route_tables.unwrap();
        Self {
            range: set[0].ipv6_cidr_block.clone().unwrap(),
            table: tables[0].route_table_id.clone().unwrap(),
            world,
            vpc,
        }
    }

    async fn egress_only(&self, vpc: &str, token: Option<&str>) -> Result<String, Fault> {
        let input = CreateEgressOnlyInternetGatewayRequest {
            vpc_id: Some(vpc.to_owned()),
            client_token: token.map(str::to_owned),
            ..Default::default()
        };
        let made = self
            .world
            .ec2
            .create_egress_only_internet_gateway(me(), input);
        let made = made.await?.egress_only_internet_gateway.unwrap();
        Ok(made.egress_only_internet_gateway_id.unwrap())
    }

    async fn gateway(&self) -> String {
        let made = self
            .world
            .ec2
            .create_internet_gateway(me(), Default::default());
        let made = made.await.unwrap().internet_gateway.unwrap();
        let id = made.internet_gateway_id.unwrap();
        let input = AttachInternetGatewayRequest {
            internet_gateway_id: Some(id.clone()),
            vpc_id: Some(self.vpc.clone()),
            ..Default::default()
        };
        let attached = self.world.ec2.attach_internet_gateway(me(), input);
        attached.await.unwrap();
        id
    }

    /// To a gateway of whatever kind.
    fn route(&self, destination: &str, target: &str) -> CreateRouteRequest {
        let target = Some(target.to_owned());
        let mut input = CreateRouteRequest {
            route_table_id: Some(self.table.clone()),
            ..Default::default()
        };
        match destination.contains(':') {
            true => input.destination_ipv6_cidr_block = Some(destination.to_owned()),
            false => input.destination_cidr_block = Some(destination.to_owned()),
        }
        match target.as_deref().and_then(|it| it.split('-').next()) {
            Some("eigw") => input.egress_only_internet_gateway_id = target,
            Some("nat") => input.nat_gateway_id = target,
            Some("pcx") => input.vpc_peering_connection_id = target,
            _ => input.gateway_id = target,
        }
        input
    }

    async fn create(&self, input: CreateRouteRequest) -> Result<CreateRouteResult, Fault> {
        self.world.ec2_client().create_route(me(), input).await
    }

    /// Destination, target and state of each route of IPv6.
    async fn shown(&self) -> Vec<(String, String, String)> {
        let input = DescribeRouteTablesRequest {
            route_table_ids: Some(vec![self.table.clone()]),
            ..Default::default()
        };
        let tables = self.world.ec2.describe_route_tables(me(), input).await;
        let table = tables.unwrap().route_tables.unwrap().remove(0);
        let routes = table.routes.unwrap().into_iter();
        let shown = routes.filter_map(|it| {
            let target = it.egress_only_internet_gateway_id.or(it.gateway_id);
            let target = target.or(it.vpc_peering_connection_id);
            Some((it.destination_ipv6_cidr_block?, target?, it.state?))
        });
        shown.collect()
    }
}

fn row(destination: &str, target: &str, state: &str) -> (String, String, String) {
    (destination.to_owned(), target.to_owned(), state.to_owned())
}

#[tokio::test]
async fn a_vpc_has_one_egress_only_gateway() {
    let net = Net::new().await;
    let one = net.egress_only(&net.vpc, Some("token")).await.unwrap();
    assert_eq!(
        net.egress_only(&net.vpc, Some("token")).await.unwrap(),
        one,
        "the same again"
    );
    assert_eq!(
        refusal(net.egress_only(&net.vpc, None).await),
        format!(
            "InvalidParameterValue: Network {} already has an egress-only internet gateway attached",
            net.vpc
        )
    );
    assert_eq!(
        refusal(net.egress_only("vpc-0", None).await),
        "InvalidVpcID.NotFound: The vpc ID 'vpc-0' does not exist"
    );
    let describe = |id: &str| DescribeEgressOnlyInternetGatewaysRequest {
        egress_only_internet_gateway_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let ec2 = &net.world.ec2;
    let found = ec2.describe_egress_only_internet_gateways(me(), describe(&one));
    let found = found.await.unwrap().egress_only_internet_gateways.unwrap();
    let attachment = &found[0].attachments.as_ref().unwrap()[0];
    assert_eq!(attachment.vpc_id.as_ref(), Some(&net.vpc));
    assert_eq!(attachment.state.as_deref(), Some("attached"));
    let none = ec2.describe_egress_only_internet_gateways(me(), describe("eigw-0"));
    let none = none.await.unwrap().egress_only_internet_gateways;
    assert_eq!(none, Some(Vec::new()));
    let delete_vpc = DeleteVpcRequest {
        vpc_id: Some(net.vpc.clone()),
        ..Default::default()
    };
    assert_eq!(
        refusal(ec2.delete_vpc(me(), delete_vpc.clone()).await),
        format!(
            "DependencyViolation: The vpc '{}' has dependencies and cannot be deleted.",
            net.vpc
        )
    );
    let delete = DeleteEgressOnlyInternetGatewayRequest {
        egress_only_internet_gateway_id: Some(one.clone()),
        ..Default::default()
    };
    let deleted = ec2.delete_egress_only_internet_gateway(me(), delete.clone());
    assert_eq!(deleted.await.unwrap().return_code, Some(true));
    assert_eq!(
        refusal(ec2.delete_egress_only_internet_gateway(me(), delete).await),
        format!("InvalidGatewayID.NotFound: The gateway ID '{one}' does not exist")
    );
    ec2.delete_vpc(me(), delete_vpc).await.unwrap();
}

#[tokio::test]
async fn routes_lead_out_and_hosts_are_told() {
    let net = Net::new().await;
    let (out, only) = (
        net.gateway().await,
        net.egress_only(&net.vpc, None).await.unwrap(),
    );
    assert_eq!(net.shown().await, [row(&net.range, "local", "active")]);
    net.create(net.route("::/0", &only)).await.unwrap();
    net.create(net.route("2001:db8::1/32", &out)).await.unwrap();
    assert_eq!(
        net.shown().await,
        [
            row(&net.range, "local", "active"),
            row("::/0", &only, "active"),
            row("2001:db8::/32", &out, "active"),
        ]
    );
    let replace = ReplaceRouteRequest {
        route_table_id: Some(net.table.clone()),
        destination_ipv6_cidr_block: Some("2001:db8::/32".to_owned()),
        egress_only_internet_gateway_id: Some(only.clone()),
        ..Default::default()
    };
    let ec2 = &net.world.ec2;
    ec2.replace_route(me(), replace).await.unwrap();
    let mut seen = (false, false);
    for resource in told(&net.world).await {
        match resource {
            Resource::Vpc(it) if it.id == net.vpc => {
                seen.0 = it.egress_only.as_ref() == Some(&only)
                    && it.ipv6_cidr.as_ref() == Some(&net.range);
            }
            Resource::RouteTable(it) if it.id == net.table => {
                let routes = it.routes.iter();
                let routes: Vec<_> = routes.map(|it| (&*it.destination, &*it.gateway)).collect();
                seen.1 = routes == [("::/0", only.as_str()), ("2001:db8::/32", &only)];
            }
            _ => {}
        }
    }
    assert_eq!(seen, (true, true));
    let delete = DeleteEgressOnlyInternetGatewayRequest {
        egress_only_internet_gateway_id: Some(only.clone()),
        ..Default::default()
    };
    ec2.delete_egress_only_internet_gateway(me(), delete)
        .await
        .unwrap();
    assert_eq!(net.shown().await[1], row("::/0", &only, "blackhole"));
    let delete = |destination: &str| DeleteRouteRequest {
        route_table_id: Some(net.table.clone()),
        destination_ipv6_cidr_block: Some(destination.to_owned()),
        ..Default::default()
    };
    ec2.delete_route(me(), delete("::/0")).await.unwrap();
    for (destination, expected) in [
        (
            "::/0",
            format!(
                "InvalidRoute.NotFound: no route with destination-ipv6-cidr-block ::/0 in route table {}",
                net.table
            ),
        ),
        (
            &*net.range,
            format!(
                "InvalidParameterValue: cannot remove local route {} in route table {}",
                net.range, net.table
            ),
        ),
    ] {
        let deleted = ec2.delete_route(me(), delete(destination)).await;
        assert_eq!(refusal(deleted), expected);
    }
}

#[tokio::test]
async fn routes_lead_to_peers() {
    let net = Net::new().await;
    let ec2 = &net.world.ec2;
    let input = CreateVpcRequest {
        cidr_block: Some("10.1.0.0/16".to_owned()),
        amazon_provided_ipv6_cidr_block: Some(true),
        ..Default::default()
    };
    let other = ec2.create_vpc(me(), input).await.unwrap().vpc.unwrap();
    let theirs = other.ipv6_cidr_block_association_set.unwrap();
    let theirs = theirs[0].ipv6_cidr_block.clone().unwrap();
    let input = CreateVpcPeeringConnectionRequest {
        vpc_id: Some(net.vpc.clone()),
        peer_vpc_id: other.vpc_id,
        ..Default::default()
    };
    let made = ec2.create_vpc_peering_connection(me(), input).await;
    let made = made.unwrap().vpc_peering_connection.unwrap();
    let pcx = made.vpc_peering_connection_id.unwrap();
    let ranges = |end: Option<VpcPeeringConnectionVpcInfo>| {
        let set = end.unwrap().ipv6_cidr_block_set.unwrap_or_default();
        let ranges = set.into_iter().filter_map(|it| it.ipv6_cidr_block);
        ranges.collect::<Vec<_>>()
    };
    assert_eq!(ranges(made.requester_vpc_info), [net.range.as_str()]);
    assert!(ranges(made.accepter_vpc_info).is_empty(), "not yet asked");
    let input = AcceptVpcPeeringConnectionRequest {
        vpc_peering_connection_id: Some(pcx.clone()),
        ..Default::default()
    };
    let accepted = ec2.accept_vpc_peering_connection(me(), input).await;
    let accepted = accepted.unwrap().vpc_peering_connection.unwrap();
    assert_eq!(ranges(accepted.requester_vpc_info), [net.range.as_str()]);
    assert_eq!(ranges(accepted.accepter_vpc_info), [theirs.as_str()]);
    net.create(net.route(&theirs, &pcx)).await.unwrap();
    assert_eq!(net.shown().await[1], row(&theirs, &pcx, "active"));
    let tables = told(&net.world).await.into_iter();
    let mut tables = tables.filter_map(|it| match it {
        Resource::RouteTable(it) if it.id == net.table => Some(it.routes),
        _ => None,
    });
    let routes = tables.next().unwrap();
    assert!(
        routes
            .iter()
            .any(|it| (&it.destination, &it.gateway) == (&theirs, &pcx))
    );
    let input = DeleteVpcPeeringConnectionRequest {
        vpc_peering_connection_id: Some(pcx.clone()),
        ..Default::default()
    };
    ec2.delete_vpc_peering_connection(me(), input)
        .await
        .unwrap();
    assert_eq!(net.shown().await[1], row(&theirs, &pcx, "blackhole"));
}

#[tokio::test]
async fn what_is_no_route() {
    let net = Net::new().await;
    let (out, only) = (
        net.gateway().await,
        net.egress_only(&net.vpc, None).await.unwrap(),
    );
    net.create(net.route("::/0", &out)).await.unwrap();
    let of_both = CreateRouteRequest {
        destination_cidr_block: Some("0.0.0.0/0".to_owned()),
        ..net.route("2001:db8::/32", &out)
    };
    let in_the_vpc = net.range.replace("/56", "/64");
    let two_targets = CreateRouteRequest {
        gateway_id: Some(out.clone()),
        ..net.route("2001:db8::/32", &only)
    };
    let of_ipv4 = CreateRouteRequest {
        destination_ipv6_cidr_block: Some("10.0.0.0/8".to_owned()),
        destination_cidr_block: None,
        ..net.route("10.0.0.0/8", &out)
    };
    for (input, expected) in [
        (
            net.route("::/0", &only),
            "RouteAlreadyExists: The route identified by ::/0 already exists.".to_owned(),
        ),
        (
            of_both,
            "InvalidParameterCombination: Only one of destinationCidrBlock, destinationIpv6CidrBlock and destinationPrefixListId can be specified."
                .to_owned(),
        ),
        (
            two_targets,
            "InvalidParameterCombination: The request must contain exactly one target of the route"
                .to_owned(),
        ),
        (
            of_ipv4,
            "InvalidParameterValue: Value (10.0.0.0/8) for parameter destinationIpv6CidrBlock is invalid. This is not a valid CIDR block."
                .to_owned(),
        ),
        (
            net.route("0.0.0.0/0", &only),
            "InvalidParameterValue: Egress-only internet gateways cannot be the target of a route to IPv4 addresses"
                .to_owned(),
        ),
        (
            net.route("2001:db8::/32", "nat-1"),
            "InvalidParameterValue: NAT gateways cannot be the target of a route to IPv6 addresses"
                .to_owned(),
        ),
        (
            net.route("2001:db8::/32", "eigw-1"),
            "InvalidGatewayID.NotFound: The gateway ID 'eigw-1' does not exist".to_owned(),
        ),
        (
            net.route(&in_the_vpc, &out),
            format!(
                "InvalidParameterValue: The destination CIDR block {in_the_vpc} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance."
            ),
        ),
    ] {
        assert_eq!(refusal(net.create(input).await), expected);
    }
    let other = net.world.vpc("10.1.0.0/16").await;
    let others = net.egress_only(&other, None).await.unwrap();
    assert_eq!(
        refusal(net.create(net.route("2001:db8::/32", &others)).await),
        format!(
            "InvalidParameterValue: route table {} and network gateway {others} belong to different networks",
            net.table
        )
    );
}
