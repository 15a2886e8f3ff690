//! IPv6: ranges of VPCs and subnets, addresses of interfaces, and what is open to them.

use std::{net::Ipv6Addr, sync::LazyLock};

use wharf_api_ec2::{Ec2, types::*};
use wharf_base::Cidr6;
use wharf_planeproto::{Resource, network::Peer};
use wharf_wire::{Call, Fault};

use crate::world::{World, filter, refusal, service, told, user, world};

static ME: LazyLock<Call> = LazyLock::new(user);
static SERVICE: LazyLock<Call> = LazyLock::new(service);

fn me() -> &'static Call {
    &ME
}

/// A VPC with such a range.
struct Net {
    world: World,
    vpc: String,
    range: Cidr6,
    association: String,
}

impl Net {
    async fn new() -> Self {
        let world = world();
        let input = CreateVpcRequest {
            cidr_block: Some("10.0.0.0/16".to_owned()),
            amazon_provided_ipv6_cidr_block: Some(true),
            ..Default::default()
        };
        let vpc = world
            .ec2
            .create_vpc(me(), input)
            .await
            .unwrap()
            .vpc
            .unwrap();
        let made = &vpc.ipv6_cidr_block_association_set.unwrap()[0];
        let state = made.ipv6_cidr_block_state.as_ref().unwrap();
        assert_eq!(state.state.as_deref(), Some("associating"));
        Self {
            world,
            vpc: vpc.vpc_id.unwrap(),
            range: made.ipv6_cidr_block.as_ref().unwrap().parse().unwrap(),
            association: made.association_id.clone().unwrap(),
        }
    }

    /// The /64 of that number.
    fn range_of(&self, number: u8) -> String {
        let bits = self.range.network().to_bits() | u128::from(number) << 64;
        format!("{}/64", Ipv6Addr::from_bits(bits))
    }

    fn at(&self, number: u8, offset: u128) -> String {
        let bits = self.range.network().to_bits() | u128::from(number) << 64 | offset;
        Ipv6Addr::from_bits(bits).to_string()
    }

    async fn subnet(&self, number: u8, ipv6: Option<&str>) -> Result<Subnet, Fault> {
        let input = CreateSubnetRequest {
            vpc_id: Some(self.vpc.clone()),
            cidr_block: Some(format!("10.0.{number}.0/24")),
            ipv6_cidr_block: ipv6.map(str::to_owned),
            ..Default::default()
        };
        let made = self.world.ec2.create_subnet(me(), input).await?;
        Ok(made.subnet.unwrap())
    }

    async fn with_ipv6(&self, number: u8) -> String {
        let made = self.subnet(number, Some(&self.range_of(number))).await;
        made.unwrap().subnet_id.unwrap()
    }

    async fn interface(
        &self,
        subnet: &str,
        named: &[&str],
        count: Option<i32>,
    ) -> Result<NetworkInterface, Fault> {
        let one = |it: &&str| InstanceIpv6Address {
            ipv6_address: Some((*it).to_owned()),
            is_primary_ipv6: None,
        };
        let input = CreateNetworkInterfaceRequest {
            subnet_id: Some(subnet.to_owned()),
            ipv6_addresses: Some(named.iter().map(one).collect()),
            ipv6_address_count: count,
            ..Default::default()
        };
        let made = self.world.ec2.create_network_interface(me(), input);
        Ok(made.await?.network_interface.unwrap())
    }

    async fn assign(
        &self,
        id: &str,
        named: &[&str],
        count: Option<i32>,
    ) -> Result<Vec<String>, Fault> {
        let input = AssignIpv6AddressesRequest {
            network_interface_id: Some(id.to_owned()),
            ipv6_addresses: Some(named.iter().map(|it| (*it).to_owned()).collect()),
            ipv6_address_count: count,
            ..Default::default()
        };
        let done = self.world.ec2.assign_ipv6_addresses(me(), input).await?;
        Ok(done.assigned_ipv6_addresses.unwrap())
    }

    async fn unassign(&self, id: &str, named: &[&str]) -> Result<(), Fault> {
        let input = UnassignIpv6AddressesRequest {
            network_interface_id: Some(id.to_owned()),
            ipv6_addresses: Some(named.iter().map(|it| (*it).to_owned()).collect()),
            ..Default::default()
        };
        let done = self.world.ec2.unassign_ipv6_addresses(me(), input);
        done.await.map(drop)
    }

    async fn free(&self, subnet: &str) -> i32 {
        let input = DescribeSubnetsRequest {
            subnet_ids: Some(vec![subnet.to_owned()]),
            ..Default::default()
        };
        let shown = self.world.ec2.describe_subnets(me(), input).await;
        shown.unwrap().subnets.unwrap()[0]
            .available_ip_address_count
            .unwrap()
    }

    async fn associate(&self, subnet: &str, cidr: &str) -> Result<String, Fault> {
        let input = AssociateSubnetCidrBlockRequest {
            subnet_id: Some(subnet.to_owned()),
            ipv6_cidr_block: Some(cidr.to_owned()),
            ..Default::default()
        };
        let done = self.world.ec2.associate_subnet_cidr_block(me(), input);
        let made = done.await?.ipv6_cidr_block_association.unwrap();
        Ok(made.association_id.unwrap())
    }

    async fn disassociate(&self, association: &str) -> Result<(), Fault> {
        let input = DisassociateSubnetCidrBlockRequest {
            association_id: Some(association.to_owned()),
        };
        let done = self.world.ec2.disassociate_subnet_cidr_block(me(), input);
        done.await.map(drop)
    }
}

fn ipv6_of(interface: &NetworkInterface) -> Vec<String> {
    let all = interface.ipv6_addresses.iter().flatten();
    all.filter_map(|it| it.ipv6_address.clone()).collect()
}

fn id_of(interface: &NetworkInterface) -> &str {
    interface.network_interface_id.as_deref().unwrap()
}

#[tokio::test]
async fn a_vpc_gets_a_range_of_its_own_and_is_open_to_it() {
    let net = Net::new().await;
    let ec2 = &net.world.ec2;
    assert_eq!(net.range.prefix(), 56);
    assert!("fd00::/8".parse::<Cidr6>().unwrap().covers(net.range));
    for (name, value) in [
        (
            "ipv6-cidr-block-association.ipv6-cidr-block",
            net.range.to_string(),
        ),
        (
            "ipv6-cidr-block-association.association-id",
            net.association.clone(),
        ),
        ("ipv6-cidr-block-association.state", "associated".to_owned()),
    ] {
        let input = DescribeVpcsRequest {
            filters: Some(vec![filter(name, &value)]),
            ..Default::default()
        };
        let found = ec2.describe_vpcs(me(), input).await.unwrap().vpcs.unwrap();
        assert_eq!(found.len(), 1, "{name}");
        let set = found[0].ipv6_cidr_block_association_set.as_ref().unwrap();
        let state = set[0].ipv6_cidr_block_state.as_ref().unwrap();
        assert_eq!(state.state.as_deref(), Some("associated"));
    }
    let of_vpc = || Some(vec![filter("vpc-id", &net.vpc)]);
    let groups = DescribeSecurityGroupsRequest {
        filters: of_vpc(),
        ..Default::default()
    };
    let groups = ec2.describe_security_groups(me(), groups).await.unwrap();
    let egress = groups.security_groups.unwrap()[0]
        .ip_permissions_egress
        .clone();
    let ranges = egress.unwrap()[0].ipv6_ranges.clone().unwrap();
    assert_eq!(ranges[0].cidr_ipv6.as_deref(), Some("::/0"));
    let acls = DescribeNetworkAclsRequest {
        filters: Some(vec![
            filter("vpc-id", &net.vpc),
            filter("entry.ipv6-cidr", "::/0"),
        ]),
        ..Default::default()
    };
    let acls = ec2.describe_network_acls(me(), acls).await.unwrap();
    let entries = acls.network_acls.unwrap()[0].entries.clone().unwrap();
    let numbers: Vec<i32> = entries.iter().filter_map(|it| it.rule_number).collect();
    assert_eq!(numbers, [100, 101, 32767, 32768, 100, 101, 32767, 32768]);
    let tables = DescribeRouteTablesRequest {
        filters: of_vpc(),
        ..Default::default()
    };
    let tables = ec2.describe_route_tables(me(), tables).await.unwrap();
    let routes = tables.route_tables.unwrap()[0].routes.clone().unwrap();
    let local = routes
        .iter()
        .find(|it| it.destination_ipv6_cidr_block.is_some());
    assert_eq!(local.unwrap().gateway_id.as_deref(), Some("local"));
}

#[tokio::test]
async fn a_vpc_that_is_there_gets_one_later_and_loses_it() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let ask = |cidr: Option<&str>| AssociateVpcCidrBlockRequest {
        vpc_id: Some(vpc.clone()),
        amazon_provided_ipv6_cidr_block: Some(true),
        cidr_block: cidr.map(str::to_owned),
        ..Default::default()
    };
    let group = |name: &str| CreateSecurityGroupRequest {
        group_name: Some(name.to_owned()),
        description: Some("a test".to_owned()),
        vpc_id: Some(vpc.clone()),
        ..Default::default()
    };
    let old = world.ec2.create_security_group(me(), group("old")).await;
    let old = old.unwrap().group_id.unwrap();
    let both = world
        .ec2
        .associate_vpc_cidr_block(me(), ask(Some("10.1.0.0/16")));
    assert!(refusal(both.await).starts_with("InvalidParameterCombination"));
    let made = world.ec2.associate_vpc_cidr_block(me(), ask(None)).await;
    let made = made.unwrap().ipv6_cidr_block_association.unwrap();
    let again = world.ec2.associate_vpc_cidr_block(me(), ask(None)).await;
    assert!(refusal(again).starts_with("VpcCidrBlockLimitExceeded"));
    let egress = world.shown_group(&old).await.ip_permissions_egress.unwrap();
    assert_eq!(
        egress[0].ipv6_ranges.as_ref().unwrap().len(),
        1,
        "as it was made"
    );

    let gone = || DisassociateVpcCidrBlockRequest {
        association_id: made.association_id.clone(),
    };
    let subnet = CreateSubnetRequest {
        vpc_id: Some(vpc.clone()),
        cidr_block: Some("10.0.1.0/24".to_owned()),
        ipv6_cidr_block: made
            .ipv6_cidr_block
            .as_ref()
            .map(|it| it.replace("/56", "/64")),
        ..Default::default()
    };
    let subnet = world.ec2.create_subnet(me(), subnet).await.unwrap();
    let subnet = subnet.subnet.unwrap();
    let kept = world.ec2.disassociate_vpc_cidr_block(me(), gone()).await;
    assert!(refusal(kept).starts_with("InvalidCidrBlock.InUse"));
    let input = DisassociateSubnetCidrBlockRequest {
        association_id: subnet.ipv6_cidr_block_association_set.unwrap()[0]
            .association_id
            .clone(),
    };
    world
        .ec2
        .disassociate_subnet_cidr_block(me(), input)
        .await
        .unwrap();
    let done = world.ec2.disassociate_vpc_cidr_block(me(), gone()).await;
    let done = done.unwrap().ipv6_cidr_block_association.unwrap();
    assert_eq!(done.ipv6_cidr_block, made.ipv6_cidr_block);
    let again = world.ec2.disassociate_vpc_cidr_block(me(), gone()).await;
    assert!(refusal(again).starts_with("InvalidVpcCidrBlockAssociationID.NotFound"));
}

#[tokio::test]
async fn ranges_of_subnets() {
    let net = Net::new().await;
    let one = net.with_ipv6(1).await;
    let (first, vpc) = (net.range_of(1), net.range.to_string());
    for (cidr, code) in [
        (first.as_str(), "InvalidSubnet.Conflict"),
        (vpc.as_str(), "InvalidSubnet.Range"),
        ("fd00:1:2:3::/64", "InvalidSubnet.Range"),
        ("fd00:1:2:3::/63", "InvalidSubnet.Range"),
        ("10.0.0.0/24", "InvalidParameterValue"),
        ("fd00::", "InvalidParameterValue"),
    ] {
        let refused = refusal(net.subnet(2, Some(cidr)).await);
        assert!(refused.starts_with(code), "{cidr}: {refused}");
        let plain = net.subnet(2, None).await.unwrap().subnet_id.unwrap();
        let refused = refusal(net.associate(&plain, cidr).await);
        assert!(refused.starts_with(code), "{cidr}: {refused}");
        let input = DeleteSubnetRequest {
            subnet_id: Some(plain),
            ..Default::default()
        };
        net.world.ec2.delete_subnet(me(), input).await.unwrap();
    }
    let second = refusal(net.associate(&one, &net.range_of(3)).await);
    assert!(second.starts_with("InvalidSubnet.Conflict"), "{second}");
    // One address holds the range.
    let plain = net.subnet(2, None).await.unwrap().subnet_id.unwrap();
    assert!(
        refusal(net.interface(&plain, &[], Some(1)).await).starts_with("InvalidParameterValue")
    );
    let modify = |on| ModifySubnetAttributeRequest {
        subnet_id: Some(plain.clone()),
        assign_ipv6_address_on_creation: Some(AttributeBooleanValue { value: Some(on) }),
        ..Default::default()
    };
    let early = net
        .world
        .ec2
        .modify_subnet_attribute(me(), modify(true))
        .await;
    assert!(refusal(early).starts_with("InvalidParameterValue"));
    let association = net.associate(&plain, &net.range_of(2)).await.unwrap();
    let held = net.interface(&plain, &[], Some(1)).await.unwrap();
    let kept = refusal(net.disassociate(&association).await);
    assert!(kept.starts_with("DependencyViolation"), "{kept}");
    let address = ipv6_of(&held).remove(0);
    net.unassign(id_of(&held), &[&address]).await.unwrap();
    net.disassociate(&association).await.unwrap();
    let again = refusal(net.disassociate(&association).await);
    assert!(again.starts_with("InvalidSubnetCidrBlockAssociationID.NotFound"));
}

#[tokio::test]
async fn addresses_of_interfaces() {
    let net = Net::new().await;
    let subnet = net.with_ipv6(1).await;
    let before = net.free(&subnet).await;
    let five = net.at(1, 5);
    let first = net.interface(&subnet, &[&five], None).await.unwrap();
    assert_eq!(ipv6_of(&first), [five.as_str()]);
    assert_eq!(
        net.free(&subnet).await,
        before - 1,
        "those of IPv4 are counted"
    );
    let (third, last) = (net.at(1, 3), net.at(1, u128::from(u64::MAX)));
    let (elsewhere, six) = (net.at(2, 5), net.at(1, 6));
    for (named, count, code) in [
        (&[five.as_str()][..], None, "InvalidIPAddress.InUse"),
        (&[third.as_str()][..], None, "InvalidParameterValue"),
        (&[last.as_str()][..], None, "InvalidParameterValue"),
        (&[elsewhere.as_str()][..], None, "InvalidParameterValue"),
        (&[six.as_str()][..], Some(1), "InvalidParameterCombination"),
        (
            &[six.as_str(), six.as_str()][..],
            None,
            "InvalidParameterValue",
        ),
        (&["10.0.1.5"][..], None, "InvalidParameterValue"),
        (&["nonsense"][..], None, "InvalidParameterValue"),
        (&[][..], Some(-1), "InvalidParameterValue"),
        (&[][..], Some(51), "PrivateIpAddressLimitExceeded"),
    ] {
        let made = refusal(net.interface(&subnet, named, count).await);
        assert!(made.starts_with(code), "{named:?} {count:?}: {made}");
        if named != [five.as_str()] {
            let assigned = refusal(net.assign(id_of(&first), named, count).await);
            assert!(
                assigned.starts_with(code),
                "{named:?} {count:?}: {assigned}"
            );
        }
    }
    let nothing = refusal(net.assign(id_of(&first), &[], None).await);
    assert!(nothing.starts_with("MissingParameter"), "{nothing}");

    // What it has already is no reason to refuse it.
    assert_eq!(
        net.assign(id_of(&first), &[&five], None).await.unwrap(),
        [five.as_str()]
    );
    let more = net.assign(id_of(&first), &[], Some(3)).await.unwrap();
    assert_eq!(more.len(), 3);
    let range: Cidr6 = net.range_of(1).parse().unwrap();
    assert!(more.iter().all(|it| range.contains(it.parse().unwrap())));
    let second = net.interface(&subnet, &[], None).await.unwrap();
    assert!(ipv6_of(&second).is_empty(), "nobody asked for any");
    let taken = refusal(net.assign(id_of(&second), &[&five], None).await);
    assert!(taken.starts_with("InvalidIPAddress.InUse"), "{taken}");
    let strange = refusal(net.unassign(id_of(&second), &[&five]).await);
    assert!(strange.starts_with("InvalidParameterValue"), "{strange}");
    net.unassign(id_of(&first), &[&five]).await.unwrap();
    net.assign(id_of(&second), &[&five], None).await.unwrap();
    let input = DescribeNetworkInterfacesRequest {
        filters: Some(vec![filter("ipv6-addresses.ipv6-address", &five)]),
        ..Default::default()
    };
    let found = net.world.ec2.describe_network_interfaces(me(), input).await;
    let found = found.unwrap().network_interfaces.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(id_of(&found[0]), id_of(&second));
    // They go with it.
    let input = DeleteNetworkInterfaceRequest {
        network_interface_id: second.network_interface_id.clone(),
        ..Default::default()
    };
    net.world
        .ec2
        .delete_network_interface(me(), input)
        .await
        .unwrap();
    net.interface(&subnet, &[&five], None).await.unwrap();
}

#[tokio::test]
async fn a_subnet_may_give_one_to_everybody_but_services() {
    let net = Net::new().await;
    let subnet = net.with_ipv6(1).await;
    let modify = ModifySubnetAttributeRequest {
        subnet_id: Some(subnet.clone()),
        assign_ipv6_address_on_creation: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    net.world
        .ec2
        .modify_subnet_attribute(me(), modify)
        .await
        .unwrap();
    let by_itself = net.interface(&subnet, &[], None).await.unwrap();
    assert_eq!(ipv6_of(&by_itself).len(), 1);
    let none = net.interface(&subnet, &[], Some(0)).await.unwrap();
    assert!(ipv6_of(&none).is_empty());
    let of_service = |count| CreateNetworkInterfaceRequest {
        subnet_id: Some(subnet.clone()),
        ipv6_address_count: count,
        ..Default::default()
    };
    for (count, wanted) in [(None, 0), (Some(1), 1)] {
        let made = net
            .world
            .ec2
            .create_network_interface(&SERVICE, of_service(count));
        let made = made.await.unwrap().network_interface.unwrap();
        assert_eq!(ipv6_of(&made).len(), wanted, "{count:?}");
    }
}

#[tokio::test]
async fn what_hosts_are_told() {
    let net = Net::new().await;
    let subnet = net.with_ipv6(1).await;
    let five = net.at(1, 5);
    net.interface(&subnet, &[&five], None).await.unwrap();
    let range = net.range_of(1);
    let mut seen = (false, false, false, false);
    for resource in told(&net.world).await {
        match resource {
            Resource::Interface(it) if it.vpc == net.vpc => {
                seen.0 = it.ipv6 == [five.parse::<Ipv6Addr>().unwrap()];
            }
            Resource::Subnet(it) if it.id == subnet => seen.1 = it.ipv6_cidr == Some(range.clone()),
            Resource::NetworkAcl(it) if it.vpc == net.vpc => {
                seen.2 = it.ingress.len() == 1 && it.ingress_ipv6.len() == 1;
            }
            Resource::SecurityGroup(it) if it.vpc == net.vpc => {
                let all = Peer::Cidr("::/0".to_owned());
                seen.3 = it.egress.iter().any(|it| it.peer == all);
            }
            _ => {}
        }
    }
    assert_eq!(seen, (true, true, true, true));
}
