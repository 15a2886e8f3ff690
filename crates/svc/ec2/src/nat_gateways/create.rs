//! CreateNatGateway: the gateway, its interface and its elastic address are joined in one transaction.

use std::net::Ipv4Addr;

use wharf_api_ec2::types::{CreateNatGatewayRequest, CreateNatGatewayResult};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use super::{MAX_IN_ZONE, NatGateway};
use crate::{
    Ec2Service,
    elastic::{self, ElasticAddress, Holder},
    fault,
    ops::{create_network_interface::with_address, private_addresses::named_or_free},
    records::{Fence, Interface, NAT_REQUESTER, Pointer, Subnet, Vpc},
    table::{LeanOn, client_token},
    tags,
};

/// Whoever makes one rewrites it, so that no two count the same gateways.
const COUNT: &str = "nat-gateways";

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateNatGatewayRequest,
) -> Result<CreateNatGatewayResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?;
    let token_id = token.map(|token| format!("nat-gateway-token:{token}"));
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    let subnet_id = given(&input.subnet_id).ok_or_else(|| fault::missing_parameter("SubnetId"))?;
    let allocation =
        given(&input.allocation_id).ok_or_else(|| fault::missing_parameter("AllocationId"))?;
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, NatGateway::KIND)?;
    let private = given(&input.private_ip_address);
    let answer = |made: NatGateway| CreateNatGatewayResult {
        client_token: input.client_token.clone(),
        // Others see it available at once; clients wait for that.
        nat_gateway: Some(wharf_api_ec2::types::NatGateway {
            state: Some("pending".to_owned()),
            ..made.to_wire()
        }),
    };
    let made = transact!(service.table, &call.permit, |tx| {
        if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
            if made.subnet_id != subnet_id || made.allocation != allocation {
                return Err(fault::token_reused());
            }
            return Ok(answer(made));
        }
        let fence = service.fence(call, COUNT).await?;
        let subnet: Subnet = service.get(call, &subnet_id).await?;
        check(service, call, &subnet).await?;
        let address = service
            .get_stored::<ElasticAddress>(call, &allocation)
            .await?;
        if let Some(known) = &address.record.association {
            return Err(fault::address_associated(&allocation, &known.id));
        }
        let id = ids::ec2_id("nat");
        let private = named_or_free(service, call, &subnet, private.as_deref()).await?;
        let mut interface = interface(call, &subnet, private, &id);
        let mut txn = Txn::new()
            .when(fence)
            .put(Ec2Service::key::<Fence>(call, COUNT), encode(&Fence {}))
            .lean_on::<Subnet>(call, &subnet.id)
            .lean_on::<Vpc>(call, &subnet.vpc_id);
        let (public, routed) = (address.record.address, address.record.routed);
        let holder = Holder::NatGateway(id.clone());
        txn = elastic::associate_with(txn, address, &mut interface, (holder, call.now));
        let made = NatGateway {
            vpc_id: subnet.vpc_id.clone(),
            subnet_id: subnet.id.clone(),
            subnet_cidr: subnet.cidr,
            zone: subnet.zone.clone(),
            interface: interface.id.clone(),
            private,
            public,
            routed,
            allocation: allocation.clone(),
            association: interface
                .public
                .as_ref()
                .map(|it| it.association.clone())
                .unwrap_or_default(),
            token_id: token_id.clone(),
            created_at: call.now,
            deleted_at: None,
            tags: tags.clone(),
            unknown: Unknown::new(),
            id,
        };
        txn = with_address(txn, call, &interface)
            .put(Ec2Service::key::<NatGateway>(call, &made.id), encode(&made));
        if let Some(token_id) = &token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&Pointer::to(&made.id)));
        }
        tx.join(txn);
        made
    });
    Ok(answer(made))
}

async fn made_before(
    service: &Ec2Service,
    cx: &Context,
    token_id: Option<&str>,
) -> Result<Option<NatGateway>, Fault> {
    let Some(token_id) = token_id else {
        return Ok(None);
    };
    match service.find::<Pointer>(cx, token_id).await? {
        Some(pointer) => service.find(cx, &pointer.id).await,
        None => Ok(None),
    }
}

/// Whether the subnet may have one more.
async fn check(service: &Ec2Service, cx: &Context, subnet: &Subnet) -> Result<(), Fault> {
    let vpc: Vpc = service.get(cx, &subnet.vpc_id).await?;
    if vpc.gateway.is_none() {
        return Err(fault::vpc_without_gateway(&vpc.id));
    }
    let all: Vec<NatGateway> = service.all(cx).await?;
    let counts = |it: &&NatGateway| it.deleted_at.is_none() && it.zone == subnet.zone;
    match all.iter().filter(counts).count() < MAX_IN_ZONE {
        true => Ok(()),
        false => Err(fault::too_many_nat_gateways(MAX_IN_ZONE)),
    }
}

/// No host wires it: it stands for the gateway in lists, and holds its addresses.
fn interface(call: &Call, subnet: &Subnet, address: Ipv4Addr, gateway: &str) -> Interface {
    Interface {
        description: format!("Interface for NAT Gateway {gateway}"),
        source_dest_check: false,
        requester: Some(NAT_REQUESTER.to_owned()),
        ..Interface::new(subnet, address, call.now)
    }
}
