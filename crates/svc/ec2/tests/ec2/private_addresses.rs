//! Secondary private addresses: who may have which, and what becomes of them.

use std::sync::LazyLock;

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::{Resource, network::Interface};
use wharf_wire::{Call, Fault};

use crate::world::{World, filter, of_account, refusal, service, told, user, world};

static ME: LazyLock<Call> = LazyLock::new(user);

fn me() -> &'static Call {
    &ME
}

/// An interface of a subnet of /24.
struct Eni {
    world: World,
    subnet: String,
    id: String,
}

impl Eni {
    async fn new() -> Self {
        let world = world();
        let vpc = CreateVpcRequest {
            cidr_block: Some("10.0.0.0/16".to_owned()),
            ..Default::default()
        };
        let vpc = world.ec2.create_vpc(me(), vpc).await.unwrap().vpc.unwrap();
        let subnet = CreateSubnetRequest {
            vpc_id: vpc.vpc_id,
            cidr_block: Some("10.0.0.0/24".to_owned()),
            ..Default::default()
        };
        let subnet = world.ec2.create_subnet(me(), subnet).await.unwrap();
        let subnet = subnet.subnet.unwrap().subnet_id.unwrap();
        let mut it = Self {
            world,
            subnet,
            id: String::new(),
        };
        it.id = it.another("10.0.0.4").await;
        it
    }

    fn wanted(&self) -> CreateNetworkInterfaceRequest {
        CreateNetworkInterfaceRequest {
            subnet_id: Some(self.subnet.clone()),
            ..Default::default()
        }
    }

    async fn another(&self, primary: &str) -> String {
        let input = CreateNetworkInterfaceRequest {
            private_ip_address: Some(primary.to_owned()),
            ..self.wanted()
        };
        self.made(input)
            .await
            .unwrap()
            .network_interface_id
            .unwrap()
    }

    async fn made(&self, input: CreateNetworkInterfaceRequest) -> Result<NetworkInterface, Fault> {
        let made = self.world.ec2.create_network_interface(me(), input);
        Ok(made.await?.network_interface.unwrap())
    }

    async fn assign(&self, id: &str, named: &[&str], may_move: bool) -> Result<Vec<String>, Fault> {
        let input = AssignPrivateIpAddressesRequest {
            network_interface_id: Some(id.to_owned()),
            private_ip_addresses: Some(named.iter().map(|it| (*it).to_owned()).collect()),
            allow_reassignment: may_move.then_some(true),
            ..Default::default()
        };
        self.assigned(input).await
    }

    async fn assigned(&self, input: AssignPrivateIpAddressesRequest) -> Result<Vec<String>, Fault> {
        let done = self.world.ec2.assign_private_ip_addresses(me(), input);
        let all = done.await?.assigned_private_ip_addresses.unwrap();
        let all = all.into_iter().filter_map(|it| it.private_ip_address);
        Ok(all.collect())
    }

    async fn some(&self, count: i32) -> Result<Vec<String>, Fault> {
        self.assigned(AssignPrivateIpAddressesRequest {
            network_interface_id: Some(self.id.clone()),
            secondary_private_ip_address_count: Some(count),
            ..Default::default()
        })
        .await
    }

    async fn unassign(&self, id: &str, named: &[&str]) -> Result<(), Fault> {
        let input = UnassignPrivateIpAddressesRequest {
            network_interface_id: Some(id.to_owned()),
            private_ip_addresses: Some(named.iter().map(|it| (*it).to_owned()).collect()),
            ..Default::default()
        };
        self.world
            .ec2
            .unassign_private_ip_addresses(me(), input)
            .await
    }

    async fn by(&self, name: &str, value: &str) -> Vec<NetworkInterface> {
        let input = DescribeNetworkInterfacesRequest {
            filters: Some(vec![filter(name, value)]),
            ..Default::default()
        };
        let found = self
            .world
            .ec2
            .describe_network_interfaces(me(), input)
            .await;
        found.unwrap().network_interfaces.unwrap()
    }

    /// The addresses of an interface, the primary one first.
    async fn of(&self, id: &str) -> Vec<String> {
        let shown = self.by("network-interface-id", id).await.remove(0);
        let all = shown.private_ip_addresses.unwrap();
        assert!(all.iter().skip(1).all(|it| it.primary == Some(false)));
        all.into_iter()
            .filter_map(|it| it.private_ip_address)
            .collect()
    }

    async fn told(&self, id: &str) -> Interface {
        let told = told(&self.world).await.into_iter();
        let mut all = told.filter_map(|it| match it {
            Resource::Interface(it) => Some(it),
            _ => None,
        });
        all.find(|it| it.id == id).unwrap()
    }
}

#[tokio::test]
async fn an_interface_has_those_that_it_is_given_until_they_are_taken_away() {
    let it = Eni::new().await;
    let named = it.assign(&it.id, &["10.0.0.9", "10.0.0.10"], false).await;
    assert_eq!(named.unwrap(), ["10.0.0.9", "10.0.0.10"]);
    let any = it.some(2).await.unwrap();
    assert_eq!(
        it.of(&it.id).await,
        ["10.0.0.4", "10.0.0.9", "10.0.0.10", &any[0], &any[1]]
    );
    let told = it.told(&it.id).await;
    assert_eq!(told.secondary.len(), 4);
    assert_eq!(told.secondary[0].address.to_string(), "10.0.0.9");
    let found = it.by("addresses.private-ip-address", "10.0.0.10").await;
    assert_eq!(found[0].network_interface_id.as_ref(), Some(&it.id));
    assert_eq!(it.by("addresses.primary", "false").await.len(), 1);
    assert!(it.by("private-ip-address", "10.0.0.10").await.is_empty());

    it.unassign(&it.id, &["10.0.0.9", &any[0]]).await.unwrap();
    assert_eq!(it.of(&it.id).await, ["10.0.0.4", "10.0.0.10", &any[1]]);
    // Others may have them now, and all of them once the interface is gone.
    assert!(!it.another("10.0.0.9").await.is_empty());
    let input = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(it.id.clone()),
        ..Default::default()
    };
    it.world
        .ec2
        .delete_network_interface(me(), input)
        .await
        .unwrap();
    for address in ["10.0.0.4", "10.0.0.10", &any[1]] {
        it.another(address).await;
    }
}

#[tokio::test]
async fn interfaces_are_made_with_them() {
    let it = Eni::new().await;
    let one = |address: &str, primary| PrivateIpAddressSpecification {
        primary: Some(primary),
        private_ip_address: Some(address.to_owned()),
    };
    let list = CreateNetworkInterfaceRequest {
        private_ip_addresses: Some(vec![one("10.0.0.20", false), one("10.0.0.21", true)]),
        ..it.wanted()
    };
    let made = it.made(list.clone()).await.unwrap();
    assert_eq!(made.private_ip_address.as_deref(), Some("10.0.0.21"));
    let id = made.network_interface_id.unwrap();
    assert_eq!(it.of(&id).await, ["10.0.0.21", "10.0.0.20"]);
    let refused = it.made(list).await.unwrap_err();
    assert_eq!(refused.code, "InvalidIPAddress.InUse");
    let counted = CreateNetworkInterfaceRequest {
        secondary_private_ip_address_count: Some(3),
        ..it.wanted()
    };
    let made = it.made(counted).await.unwrap();
    assert_eq!(made.private_ip_addresses.unwrap().len(), 4);
}

#[tokio::test]
async fn one_moves_to_another_interface_with_its_elastic_address() {
    let it = Eni::new().await;
    let other = it.another("10.0.0.5").await;
    it.assign(&it.id, &["10.0.0.9", "10.0.0.10"], false)
        .await
        .unwrap();
    let vpc = it.by("network-interface-id", &it.id).await.remove(0).vpc_id;
    let gateway = it
        .world
        .ec2
        .create_internet_gateway(me(), Default::default());
    let gateway = gateway.await.unwrap().internet_gateway.unwrap();
    let attach = AttachInternetGatewayRequest {
        internet_gateway_id: gateway.internet_gateway_id,
        vpc_id: vpc,
        ..Default::default()
    };
    it.world
        .ec2
        .attach_internet_gateway(me(), attach)
        .await
        .unwrap();
    let address = it.world.ec2.allocate_address(me(), Default::default());
    let address = address.await.unwrap();
    let associate = |private: &str| AssociateAddressRequest {
        allocation_id: address.allocation_id.clone(),
        network_interface_id: Some(it.id.clone()),
        private_ip_address: Some(private.to_owned()),
        ..Default::default()
    };
    let refused = it
        .world
        .ec2
        .associate_address(me(), associate("10.0.0.5"))
        .await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterValue");
    let done = it
        .world
        .ec2
        .associate_address(me(), associate("10.0.0.9"))
        .await;
    let association = done.unwrap().association_id.unwrap();
    let described = || async {
        let all = it
            .world
            .ec2
            .describe_addresses(me(), Default::default())
            .await;
        all.unwrap().addresses.unwrap().remove(0)
    };
    let shown = described().await;
    assert_eq!(shown.private_ip_address.as_deref(), Some("10.0.0.9"));
    // It is none of the interface's first address.
    let told = it.told(&it.id).await;
    assert_eq!(told.public, None);
    let public = told.secondary[0].public.unwrap();
    assert_eq!(Some(public.address.to_string()), address.public_ip);
    assert!(told.secondary[1].public.is_none());
    // To another address of the same interface only by who says so.
    let moved = associate("10.0.0.10");
    let refused = it.world.ec2.associate_address(me(), moved.clone()).await;
    assert_eq!(refused.unwrap_err().code, "Resource.AlreadyAssociated");
    let moved = AssociateAddressRequest {
        allow_reassociation: Some(true),
        ..moved
    };
    let done = it.world.ec2.associate_address(me(), moved).await;
    let moved = done.unwrap().association_id.unwrap();
    assert_ne!(moved, association);
    let told = it.told(&it.id).await;
    assert!(told.secondary[0].public.is_none() && told.secondary[1].public.is_some());

    let denied = it.assign(&other, &["10.0.0.10", "10.0.0.9"], false).await;
    assert_eq!(
        refusal(denied),
        "InvalidParameterValue: [10.0.0.10, 10.0.0.9] assigned, but move is not allowed."
    );
    it.assign(&other, &["10.0.0.10"], true).await.unwrap();
    assert_eq!(it.of(&it.id).await, ["10.0.0.4", "10.0.0.9"]);
    assert_eq!(it.of(&other).await, ["10.0.0.5", "10.0.0.10"]);
    let shown = described().await;
    assert_eq!(shown.network_interface_id.as_ref(), Some(&other));
    assert_eq!(shown.association_id, Some(moved));
    assert!(it.told(&other).await.secondary[0].public.is_some());
    // Once more changes nothing.
    it.assign(&other, &["10.0.0.10"], true).await.unwrap();
    assert_eq!(it.of(&other).await, ["10.0.0.5", "10.0.0.10"]);
    let primary = it.assign(&other, &["10.0.0.4"], true).await;
    assert_eq!(
        refusal(primary),
        "InvalidParameterValue: [10.0.0.4] assigned, but move is not allowed."
    );

    // What is taken away gives its elastic address back.
    it.unassign(&other, &["10.0.0.10"]).await.unwrap();
    assert_eq!(described().await.association_id, None);
    let release = ReleaseAddressRequest {
        allocation_id: address.allocation_id.clone(),
        ..Default::default()
    };
    it.world.ec2.release_address(me(), release).await.unwrap();
}

#[tokio::test]
async fn what_is_refused() {
    let it = Eni::new().await;
    it.another("10.0.0.5").await;
    for (named, text) in [
        (
            "10.0.1.9",
            "InvalidParameterValue: Address 10.0.1.9 does not fall within the subnet's address range",
        ),
        (
            "10.0.0.3",
            "InvalidParameterValue: Address 10.0.0.3 does not fall within the subnet's address range",
        ),
        (
            "10.0.0.5",
            "InvalidParameterValue: [10.0.0.5] assigned, but move is not allowed.",
        ),
        (
            "10.0.0.4",
            "InvalidParameterValue: [10.0.0.4] assigned, but move is not allowed.",
        ),
    ] {
        assert_eq!(refusal(it.assign(&it.id, &[named], false).await), text);
    }
    let malformed = it.assign(&it.id, &["ten"], false).await.unwrap_err();
    assert_eq!(malformed.code, "InvalidParameterValue");
    let nothing = it.assign(&it.id, &[], false).await.unwrap_err();
    assert_eq!(nothing.code, "MissingParameter");
    let limit = format!(
        "PrivateIpAddressLimitExceeded: {}: Number of private addresses will exceed limit.",
        it.id
    );
    assert_eq!(refusal(it.some(50).await), limit);
    assert_eq!(it.some(49).await.unwrap().len(), 49);
    assert_eq!(refusal(it.some(1).await), limit);
    let both = AssignPrivateIpAddressesRequest {
        network_interface_id: Some(it.id.clone()),
        private_ip_addresses: Some(vec!["10.0.0.9".to_owned()]),
        secondary_private_ip_address_count: Some(1),
        ..Default::default()
    };
    let both = it.assigned(both).await.unwrap_err();
    assert_eq!(both.code, "InvalidParameterCombination");

    let text = format!(
        "InvalidParameterValue: Some of the specified addresses are not assigned to interface {}",
        it.id
    );
    assert_eq!(refusal(it.unassign(&it.id, &["10.0.0.5"]).await), text);
    let mut many = vec!["10.0.0.5"; 51];
    many.push("rubbish");
    let malformed = it.unassign(&it.id, &many).await.unwrap_err();
    assert_eq!(malformed.code, "InvalidParameterValue");
    assert!(
        malformed.message.contains("rubbish"),
        "{}",
        malformed.message
    );
    let primary = it.unassign(&it.id, &["10.0.0.4"]).await.unwrap_err();
    assert_eq!(primary.code, "InvalidParameterValue");
    assert_eq!(it.of(&it.id).await.len(), 50);

    // What is a service's, or another account's, is not the user's.
    let ecs = service();
    let of_service = it.world.ec2.create_network_interface(&ecs, it.wanted());
    let of_service = of_service.await.unwrap().network_interface.unwrap();
    let of_service = of_service.network_interface_id.unwrap();
    let refused = it.assign(&of_service, &["10.0.0.250"], false).await;
    assert_eq!(refused.unwrap_err().code, "AuthFailure");
    let input = AssignPrivateIpAddressesRequest {
        network_interface_id: Some(it.id.clone()),
        secondary_private_ip_address_count: Some(1),
        ..Default::default()
    };
    let stranger = of_account("000000000042");
    let refused = it
        .world
        .ec2
        .assign_private_ip_addresses(&stranger, input)
        .await;
    assert_eq!(
        refused.unwrap_err().code,
        "InvalidNetworkInterfaceID.NotFound"
    );
}
