//! Elastic and public addresses, and NAT gateways.

use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use wharf_api_ec2::{Ec2, types::*};
use wharf_base::Timestamp;
use wharf_planeproto::Resource;
use wharf_store::Range;
use wharf_svc_ec2::{
    Ec2Service,
    elastic::{ForwardNames, PublicAddresses},
};
use wharf_wire::{Fault, async_trait};

use crate::world::{World, filter, of_account, refusal, service, told, user, user_at, world};

/// The service with these ranges of public addresses, over the world's store.
fn with_ranges(world: &World, ranges: &[&str], each: usize) -> Arc<dyn Ec2> {
    let ranges = ranges.iter().map(|it| it.parse().unwrap()).collect();
    let made = Ec2Service::new(world.store.clone(), world.keyring.clone());
    Arc::new(made.with_public_addresses(PublicAddresses::of(ranges, Some(each))))
}

async fn allocate(ec2: &Arc<dyn Ec2>) -> Result<(String, String), Fault> {
    let made = ec2.allocate_address(&user(), Default::default()).await?;
    Ok((made.allocation_id.unwrap(), made.public_ip.unwrap()))
}

async fn release(ec2: &Arc<dyn Ec2>, id: &str) -> Result<(), Fault> {
    let input = ReleaseAddressRequest {
        allocation_id: Some(id.to_owned()),
        ..Default::default()
    };
    ec2.release_address(&user(), input).await
}

fn to_interface(allocation: &str, interface: &str) -> AssociateAddressRequest {
    AssociateAddressRequest {
        allocation_id: Some(allocation.to_owned()),
        network_interface_id: Some(interface.to_owned()),
        ..Default::default()
    }
}

async fn default_subnet(ec2: &Arc<dyn Ec2>) -> Subnet {
    let input = DescribeSubnetsRequest {
        filters: Some(vec![filter("default-for-az", "true")]),
        ..Default::default()
    };
    let found = ec2.describe_subnets(&user(), input).await;
    found.unwrap().subnets.unwrap().remove(0)
}

async fn interface(ec2: &Arc<dyn Ec2>) -> String {
    let input = CreateNetworkInterfaceRequest {
        subnet_id: default_subnet(ec2).await.subnet_id,
        ..Default::default()
    };
    let made = ec2.create_network_interface(&user(), input).await.unwrap();
    made.network_interface
        .unwrap()
        .network_interface_id
        .unwrap()
}

async fn shown(ec2: &Arc<dyn Ec2>, id: &str) -> Option<NetworkInterfaceAssociation> {
    let input = DescribeNetworkInterfacesRequest {
        network_interface_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let found = ec2.describe_network_interfaces(&user(), input).await;
    found
        .unwrap()
        .network_interfaces
        .unwrap()
        .remove(0)
        .association
}

async fn addresses(ec2: &Arc<dyn Ec2>) -> Vec<Address> {
    let found = ec2.describe_addresses(&user(), Default::default()).await;
    found.unwrap().addresses.unwrap()
}

/// The addresses that somebody has.
async fn held(world: &World) -> BTreeSet<String> {
    let all = world.store.all(Range::prefix(String::new())).await.unwrap();
    let keys = all.entries.into_iter().map(|it| it.key);
    let of_addresses = keys.filter(|key| key.contains("/public-address/"));
    of_addresses
        .map(|key| key.rsplit('/').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn addresses_are_allocated_until_there_are_none() {
    let world = world();
    let ec2 = with_ranges(&world, &["203.0.113.8/30", "198.51.100.7/32"], 3);
    let mut all = BTreeSet::new();
    let mut first = String::new();
    for _ in 0..3 {
        let (id, address) = allocate(&ec2).await.unwrap();
        assert!(all.insert(address));
        first = id;
    }
    let expected = ["198.51.100.7", "203.0.113.10", "203.0.113.9"];
    assert!(all.iter().map(String::as_str).eq(expected));
    assert_eq!(held(&world).await, all);
    assert_eq!(
        refusal(allocate(&ec2).await),
        "AddressLimitExceeded: The maximum number of addresses has been reached."
    );
    let another = ec2
        .allocate_address(&of_account("111111111111"), Default::default())
        .await;
    assert_eq!(
        refusal(another),
        "InsufficientAddressCapacity: Not enough available addresses to satisfy your request."
    );
    release(&ec2, &first).await.unwrap();
    assert_eq!(
        refusal(release(&ec2, &first).await),
        format!("InvalidAllocationID.NotFound: The allocation ID '{first}' does not exist")
    );
    let other = of_account("111111111111");
    let theirs = ec2.allocate_address(&other, Default::default()).await;
    let theirs = theirs.unwrap().allocation_id.unwrap();
    assert!(
        refusal(release(&ec2, &theirs).await).starts_with("InvalidAllocationID.NotFound"),
        "another account's"
    );
}

#[tokio::test]
async fn an_address_and_its_interface_name_each_other() {
    let world = world();
    let ec2 = with_ranges(&world, &["203.0.113.0/24"], 5);
    let (one, two) = (interface(&ec2).await, interface(&ec2).await);
    let (allocation, address) = allocate(&ec2).await.unwrap();
    let made = ec2
        .associate_address(&user(), to_interface(&allocation, &one))
        .await;
    let association = made.unwrap().association_id.unwrap();
    let again = ec2
        .associate_address(&user(), to_interface(&allocation, &one))
        .await;
    let again = again.unwrap().association_id.unwrap();
    assert_eq!(again, association, "it is there");

    let association_of = shown(&ec2, &one).await.unwrap();
    assert_eq!(association_of.public_ip.as_ref(), Some(&address));
    assert_eq!(association_of.allocation_id.as_ref(), Some(&allocation));
    assert_eq!(association_of.ip_owner_id.as_deref(), Some("000000000000"));
    let listed = &addresses(&ec2).await[0];
    assert_eq!(listed.network_interface_id.as_ref(), Some(&one));
    assert_eq!(listed.association_id.as_ref(), Some(&association));
    let by_address = DescribeNetworkInterfacesRequest {
        filters: Some(vec![filter("association.public-ip", &address)]),
        ..Default::default()
    };
    let found = ec2.describe_network_interfaces(&user(), by_address).await;
    assert_eq!(found.unwrap().network_interfaces.unwrap().len(), 1);
    assert_eq!(
        refusal(release(&ec2, &allocation).await),
        format!("InvalidIPAddress.InUse: Address {address} is in use.")
    );

    assert_eq!(
        refusal(
            ec2.associate_address(&user(), to_interface(&allocation, &two))
                .await
        ),
        format!(
            "Resource.AlreadyAssociated: resource {allocation} is already associated with associate-id {association}"
        )
    );
    let moved = AssociateAddressRequest {
        allow_reassociation: Some(true),
        ..to_interface(&allocation, &two)
    };
    let moved = ec2.associate_address(&user(), moved).await.unwrap();
    assert_eq!(shown(&ec2, &one).await, None);
    assert!(shown(&ec2, &two).await.is_some());

    // What goes leaves the address to whom it is allocated.
    let end = |association: &str| DisassociateAddressRequest {
        association_id: Some(association.to_owned()),
        ..Default::default()
    };
    assert!(
        refusal(ec2.disassociate_address(&user(), end(&association)).await)
            .starts_with("InvalidAssociationID.NotFound"),
        "the former one"
    );
    let moved = moved.association_id.unwrap();
    ec2.disassociate_address(&user(), end(&moved))
        .await
        .unwrap();
    assert_eq!(shown(&ec2, &two).await, None);
    ec2.associate_address(&user(), to_interface(&allocation, &two))
        .await
        .unwrap();
    let delete = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(two),
        ..Default::default()
    };
    ec2.delete_network_interface(&user(), delete).await.unwrap();
    assert_eq!(addresses(&ec2).await[0].association_id, None);
    release(&ec2, &allocation).await.unwrap();
    assert!(held(&world).await.is_empty());
}

#[tokio::test]
async fn an_interface_has_an_address_of_its_own_until_it_goes() {
    let world = world();
    let ec2 = with_ranges(&world, &["203.0.113.8/30"], 5);
    let one = interface(&ec2).await;
    let give = |on: bool| ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some(one.clone()),
        associate_public_ip_address: Some(on),
        ..Default::default()
    };
    let modify = async |on| {
        ec2.modify_network_interface_attribute(&user(), give(on))
            .await
    };
    for _ in 0..2 {
        modify(true).await.unwrap();
        assert_eq!(held(&world).await.len(), 1);
    }
    let association = shown(&ec2, &one).await.unwrap();
    assert_eq!(association.ip_owner_id.as_deref(), Some("amazon"));
    assert_eq!(association.allocation_id, None);
    assert!(addresses(&ec2).await.is_empty());
    modify(false).await.unwrap();
    assert!(held(&world).await.is_empty());

    // An elastic one takes its place.
    modify(true).await.unwrap();
    let (allocation, address) = allocate(&ec2).await.unwrap();
    ec2.associate_address(&user(), to_interface(&allocation, &one))
        .await
        .unwrap();
    assert_eq!(held(&world).await, BTreeSet::from([address.clone()]));
    modify(false).await.unwrap();
    let kept = shown(&ec2, &one).await.unwrap();
    assert_eq!(kept.public_ip, Some(address), "it is nobody's to take");
    let delete = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(one.clone()),
        ..Default::default()
    };
    let another = interface(&ec2).await;
    let of_another = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some(another.clone()),
        ..give(true)
    };
    ec2.modify_network_interface_attribute(&user(), of_another.clone())
        .await
        .unwrap();
    let full = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some(interface(&ec2).await),
        ..of_another
    };
    let full = ec2.modify_network_interface_attribute(&user(), full).await;
    assert!(refusal(full).starts_with("InsufficientAddressCapacity"));
    ec2.delete_network_interface(&user(), delete).await.unwrap();
    assert_eq!(held(&world).await.len(), 2, "the elastic one stays");
}

#[tokio::test]
async fn hosts_are_told_who_has_which_address() {
    let world = world();
    let ec2 = with_ranges(&world, &["203.0.113.8/32"], 5);
    let one = interface(&ec2).await;
    let (allocation, _) = allocate(&ec2).await.unwrap();
    ec2.associate_address(&user(), to_interface(&allocation, &one))
        .await
        .unwrap();
    let public = told(&world).await.into_iter().find_map(|it| match it {
        Resource::Interface(it) => it.public,
        _ => None,
    });
    let public = public.unwrap();
    assert_eq!(public.address.to_string(), "203.0.113.8");
    assert!(public.routed);
}

#[tokio::test]
async fn addresses_need_a_gateway_and_keep_it() {
    let world = world();
    let ec2 = with_ranges(&world, &["203.0.113.0/24"], 5);
    let vpc = world.vpc("10.0.0.0/16").await;
    let subnet = world.subnet(&vpc, "10.0.0.0/24").await.unwrap();
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnet.subnet_id,
        ..Default::default()
    };
    let made = ec2.create_network_interface(&user(), input).await.unwrap();
    let inside = made
        .network_interface
        .unwrap()
        .network_interface_id
        .unwrap();
    let (allocation, _) = allocate(&ec2).await.unwrap();
    let refused = ec2
        .associate_address(&user(), to_interface(&allocation, &inside))
        .await;
    assert_eq!(
        refusal(refused),
        format!("Gateway.NotAttached: Network {vpc} is not attached to any internet gateway")
    );

    let outside = interface(&ec2).await;
    ec2.associate_address(&user(), to_interface(&allocation, &outside))
        .await
        .unwrap();
    let gateways = ec2
        .describe_internet_gateways(&user(), Default::default())
        .await;
    let gateway = gateways.unwrap().internet_gateways.unwrap().remove(0);
    let at = gateway.attachments.unwrap()[0].vpc_id.clone().unwrap();
    let detach = DetachInternetGatewayRequest {
        internet_gateway_id: gateway.internet_gateway_id,
        vpc_id: Some(at.clone()),
        ..Default::default()
    };
    let refused = ec2.detach_internet_gateway(&user(), detach).await;
    assert!(refusal(refused).starts_with(&format!(
        "DependencyViolation: Network {at} has some mapped public address(es)."
    )));

    // What a service made for itself is that service's.
    let input = CreateNetworkInterfaceRequest {
        subnet_id: default_subnet(&ec2).await.subnet_id,
        ..Default::default()
    };
    let made = ec2.create_network_interface(&service(), input).await;
    let theirs = made.unwrap().network_interface.unwrap();
    let moved = AssociateAddressRequest {
        allow_reassociation: Some(true),
        ..to_interface(&allocation, &theirs.network_interface_id.unwrap())
    };
    let refused = ec2.associate_address(&user(), moved).await;
    assert!(refusal(refused).starts_with("AuthFailure"));
}

async fn gateways(ec2: &Arc<dyn Ec2>, ids: &[&str]) -> Result<Vec<NatGateway>, Fault> {
    let input = DescribeNatGatewaysRequest {
        nat_gateway_ids: Some(ids.iter().map(|id| (*id).to_owned()).collect()),
        ..Default::default()
    };
    let found = ec2.describe_nat_gateways(&user(), input).await?;
    Ok(found.nat_gateways.unwrap())
}

async fn make_gateway(ec2: &Arc<dyn Ec2>, allocation: &str) -> Result<NatGateway, Fault> {
    let input = CreateNatGatewayRequest {
        subnet_id: default_subnet(ec2).await.subnet_id,
        allocation_id: Some(allocation.to_owned()),
        client_token: Some(format!("token-{allocation}")),
        ..Default::default()
    };
    let made = ec2.create_nat_gateway(&user(), input).await?;
    Ok(made.nat_gateway.unwrap())
}

#[tokio::test]
async fn a_nat_gateway_holds_its_address_until_it_is_deleted() {
    let world = world();
    let ec2 = with_ranges(&world, &["203.0.113.0/24"], 5);
    default_subnet(&ec2).await;
    let (allocation, address) = allocate(&ec2).await.unwrap();
    let made = make_gateway(&ec2, &allocation).await.unwrap();
    let id = made.nat_gateway_id.clone().unwrap();
    assert_eq!(made.state.as_deref(), Some("pending"));
    let again = make_gateway(&ec2, &allocation).await.unwrap();
    assert_eq!(again.nat_gateway_id, made.nat_gateway_id);
    let shown = gateways(&ec2, &[&id]).await.unwrap().remove(0);
    assert_eq!(shown.state.as_deref(), Some("available"));
    let of_it = &shown.nat_gateway_addresses.unwrap()[0];
    assert_eq!(of_it.public_ip.as_ref(), Some(&address));
    let interface = of_it.network_interface_id.clone().unwrap();

    // Nobody else gets at its address or its interface.
    assert!(refusal(release(&ec2, &allocation).await).starts_with("InvalidIPAddress.InUse"));
    let association = addresses(&ec2).await[0].association_id.clone();
    let end = DisassociateAddressRequest {
        association_id: association,
        ..Default::default()
    };
    let refused = ec2.disassociate_address(&user(), end).await;
    assert!(refusal(refused).starts_with("AuthFailure"));
    let delete = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(interface),
        ..Default::default()
    };
    let refused = ec2.delete_network_interface(&user(), delete).await;
    assert!(refusal(refused).starts_with("OperationNotPermitted"));
    let is_told = |told: Vec<Resource>| {
        let mut told = told.into_iter();
        told.any(
            |it| matches!(it, Resource::NatGateway(it) if it.public.address.to_string() == address),
        )
    };
    assert!(is_told(told(&world).await));

    // Routes to it lead nowhere once it is gone.
    let tables = ec2.describe_route_tables(&user(), Default::default()).await;
    let table = tables.unwrap().route_tables.unwrap().remove(0);
    let table = table.route_table_id.unwrap();
    let route = CreateRouteRequest {
        route_table_id: Some(table.clone()),
        destination_cidr_block: Some("198.51.100.0/24".to_owned()),
        nat_gateway_id: Some(id.clone()),
        ..Default::default()
    };
    ec2.create_route(&user(), route.clone()).await.unwrap();
    let state = || async {
        let found = ec2.describe_route_tables(&user(), Default::default()).await;
        let table = found.unwrap().route_tables.unwrap().remove(0);
        let mut routes = table.routes.unwrap().into_iter();
        let route = routes.find(|it| it.nat_gateway_id.as_ref() == Some(&id));
        route.unwrap().state.unwrap()
    };
    assert_eq!(state().await, "active");
    let delete = DeleteNatGatewayRequest {
        nat_gateway_id: Some(id.clone()),
        ..Default::default()
    };
    for _ in 0..2 {
        ec2.delete_nat_gateway(&user(), delete.clone())
            .await
            .unwrap();
    }
    assert_eq!(state().await, "blackhole");
    assert!(!is_told(told(&world).await));
    let shown = gateways(&ec2, &[&id]).await.unwrap().remove(0);
    assert_eq!(shown.state.as_deref(), Some("deleted"));
    let elsewhere = CreateRouteRequest {
        destination_cidr_block: Some("192.0.2.0/24".to_owned()),
        ..route
    };
    let refused = ec2.create_route(&user(), elsewhere).await;
    assert_eq!(
        refusal(refused),
        format!("InvalidNatGatewayID.NotFound: The natGateway ID '{id}' does not exist")
    );
    release(&ec2, &allocation).await.unwrap();

    // It is shown for an hour.
    let later = user_at(Timestamp(3_600_000));
    let input = DescribeNatGatewaysRequest::default();
    let found = ec2.describe_nat_gateways(&later, input).await.unwrap();
    assert_eq!(found.nat_gateways, Some(vec![]));
}

#[tokio::test]
async fn a_nat_gateway_has_an_address_that_nobody_has() {
    let world = world();
    let ec2 = with_ranges(&world, &["203.0.113.0/24"], 9);
    let one = interface(&ec2).await;
    let (allocation, _) = allocate(&ec2).await.unwrap();
    ec2.associate_address(&user(), to_interface(&allocation, &one))
        .await
        .unwrap();
    let refused = make_gateway(&ec2, &allocation).await;
    assert!(refusal(refused).starts_with("Resource.AlreadyAssociated"));
    for _ in 0..5 {
        let (allocation, _) = allocate(&ec2).await.unwrap();
        make_gateway(&ec2, &allocation).await.unwrap();
    }
    let (allocation, _) = allocate(&ec2).await.unwrap();
    let refused = make_gateway(&ec2, &allocation).await;
    assert!(refusal(refused).starts_with("NatGatewayLimitExceeded"));
}

/// One name that leads somewhere.
#[derive(Default)]
struct OneName(Mutex<Option<(String, Ipv4Addr)>>);

#[async_trait]
impl ForwardNames for OneName {
    async fn addresses(&self, _: &str, name: &str) -> Vec<Ipv4Addr> {
        let known = self.0.lock().unwrap().clone();
        let known = known.filter(|(known, _)| known == name);
        known.map(|(_, address)| address).into_iter().collect()
    }
}

#[tokio::test]
async fn an_elastic_address_leads_back_to_a_name_that_leads_to_it() {
    let (world, me, names) = (world(), user(), Arc::new(OneName::default()));
    let made = Ec2Service::new(world.store.clone(), world.keyring.clone());
    made.forward_names_from(names.clone());
    let ec2: Arc<dyn Ec2> = Arc::new(made);
    let (first, address) = allocate(&ec2).await.unwrap();
    let (second, _) = allocate(&ec2).await.unwrap();
    let leads = |name: &str, address: &str| {
        let known = (name.to_owned(), address.parse().unwrap());
        *names.0.lock().unwrap() = Some(known);
    };
    let modify = async |allocation: &str, name: &str| {
        let input = ModifyAddressAttributeRequest {
            allocation_id: Some(allocation.to_owned()),
            domain_name: Some(name.to_owned()),
            ..Default::default()
        };
        let changed = ec2.modify_address_attribute(&me, input).await?;
        Ok::<_, Fault>(changed.address.unwrap())
    };
    let reset = async || {
        let input = ResetAddressAttributeRequest {
            allocation_id: Some(first.clone()),
            attribute: Some("domain-name".to_owned()),
            ..Default::default()
        };
        let changed = ec2.reset_address_attribute(&me, input).await;
        changed.unwrap().address.unwrap()
    };
    let described = async || {
        let input = DescribeAddressesAttributeRequest {
            attribute: Some("domain-name".to_owned()),
            ..Default::default()
        };
        let found = ec2.describe_addresses_attribute(&me, input).await;
        found.unwrap().addresses.unwrap()
    };
    let reverse = async || {
        let all = told(&world).await.into_iter();
        let mut names = all.filter_map(|it| match it {
            Resource::ReverseName(it) => Some((it.address.to_string(), it.name)),
            _ => None,
        });
        names.next()
    };
    let is = |before: Option<&str>, update: Option<Option<&str>>| AddressAttribute {
        public_ip: Some(address.clone()),
        allocation_id: Some(first.clone()),
        ptr_record: before.map(str::to_owned),
        ptr_record_update: update.map(|value| PtrUpdateStatus {
            value: value.map(str::to_owned),
            status: Some("PENDING".to_owned()),
            reason: None,
        }),
    };

    let refused = refusal(modify(&first, "mail.example.com").await);
    assert_eq!(
        refused,
        format!(
            "InvalidParameterValue: Value (mail.example.com) for parameter DomainName is invalid. The name has no A record that \
             leads to {address}."
        )
    );
    leads("mail.example.com", &address);
    for (allocation, name, code) in [
        (&second, "mail.example.com", "InvalidParameterValue"),
        (&first, "other.example.com", "InvalidParameterValue"),
        (&first, "mail_example", "InvalidParameterValue"),
        (&first, "", "MissingParameter"),
        (
            &"eipalloc-1".to_owned(),
            "mail.example.com",
            "InvalidAllocationID.NotFound",
        ),
    ] {
        let refused = modify(allocation, name).await.unwrap_err();
        assert_eq!(refused.code, code, "{}", refused.message);
    }
    assert_eq!((described().await, reverse().await), (vec![], None));

    let changed = modify(&first, "Mail.Example.com.").await.unwrap();
    assert_eq!(changed, is(None, Some(Some("mail.example.com."))));
    assert_eq!(described().await, [is(Some("mail.example.com."), None)]);
    let name = "mail.example.com".to_owned();
    assert_eq!(reverse().await, Some((address.clone(), name)));
    let changed = modify(&first, "mail.example.com").await.unwrap();
    assert_eq!(changed, is(Some("mail.example.com."), None), "it is so");
    leads("web.example.com", &address);
    let changed = modify(&first, "web.example.com").await.unwrap();
    let update = Some(Some("web.example.com."));
    assert_eq!(changed, is(Some("mail.example.com."), update));

    let locked = refusal(release(&ec2, &first).await);
    assert!(locked.starts_with("InvalidAddress.Locked: "), "{locked}");
    assert_eq!(reset().await, is(Some("web.example.com."), Some(None)));
    assert_eq!(reset().await, is(None, None));
    assert_eq!((described().await, reverse().await), (vec![], None));
    release(&ec2, &first).await.unwrap();
}
