//! AssociateAddress and DisassociateAddress: address and interface name each other, in one transaction.

use std::net::Ipv4Addr;

use wharf_api_ec2::types::{
    AssociateAddressRequest, AssociateAddressResult, DisassociateAddressRequest,
};
use wharf_base::{Timestamp, ids};
use wharf_records::encode;
use wharf_service::{Stored, transact};
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::{Association, ElasticAddress, Holder, Public, give_back};
use crate::{
    Ec2Service, fault,
    instances::{life::State, providers::Ability},
    interface_permissions::Use,
    ops::interfaces::{may_change, may_change_there},
    records::{Instance, Interface, Vpc},
};

pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: AssociateAddressRequest,
) -> Result<AssociateAddressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    let allocation = match (given(&input.allocation_id), given(&input.public_ip)) {
        (Some(_), Some(_)) => {
            return Err(fault::bad_combination(
                "You may specify public IP or allocation id, but not both in the same call",
            ));
        }
        (Some(id), None) => id,
        (None, Some(address)) => of_public_ip(service, call, &address).await?.id,
        (None, None) => return Err(fault::missing_parameter("AllocationId")),
    };
    let interface = match (
        given(&input.network_interface_id),
        given(&input.instance_id),
    ) {
        (Some(id), _) => id,
        (None, Some(id)) => primary(service, call, &id).await?,
        (None, None) => return Err(fault::missing_parameter("NetworkInterfaceId")),
    };
    let may_move = input.allow_reassociation == Some(true);
    let private = given(&input.private_ip_address);
    let id = transact!(service.table, &call.permit, |tx| {
        let mut txn = Txn::new();
        let mut address = service
            .get_stored::<ElasticAddress>(call, &allocation)
            .await?;
        let found = service.usable(call, &interface, Use::EipAssociate).await?;
        let (there, of_another) = (found.there(call), found.owner.clone());
        let mut target = found.stored;
        let condition = target.unchanged();
        let at = (call, &*there);
        let private = check(service, at, &target.record, private.as_deref()).await?;
        let known = address.record.association.as_ref();
        let is_it = |it: &&Association| it.interface == interface && it.private == private;
        if let Some(known) = known.filter(is_it) {
            return Ok(AssociateAddressResult {
                association_id: Some(known.id.clone()),
            });
        }
        if let Some(known) = known {
            let movable = matches!(known.holder, Holder::Interface(_));
            if !may_move || !movable {
                return Err(fault::address_associated(&allocation, &known.id));
            }
            if known.interface == interface {
                target.record.without_public(&allocation);
            } else {
                let at = known.there(call);
                let former = service.stored::<Interface>(&at, &known.interface);
                if let Some(former) = former.await? {
                    txn = without_public(txn, former, &allocation);
                }
            }
        }
        let no_such = || fault::no_such_private_address(&interface, &private.to_string());
        let place = target.record.public_of(private).ok_or_else(no_such)?;
        let former = place.take();
        let elastic = former.as_ref().filter(|it| it.allocation.is_some());
        // Whose an interface is may take away what others put there, and nobody else.
        let is_theirs =
            |it: &&Public| of_another.is_some() && it.owner.as_ref() != Some(&call.account);
        if let Some(public) = elastic.filter(|it| !may_move || is_theirs(it)) {
            return Err(fault::address_associated(&interface, &public.association));
        }
        let scope = Ec2Service::scope(&there);
        let former = (&target.record, former.as_ref());
        txn = give_back(&service.table, &scope, former, (txn, call.now)).await?;
        let id = ids::ec2_id("eipassoc");
        let instance = target.record.attachment.as_ref();
        let holder = Holder::Interface(instance.map(|it| it.instance_id.clone()));
        let unchanged = address.unchanged();
        let of = (&target.record, private);
        address.record.associated(&id, of, holder, call.now);
        if let Some(place) = target.record.public_of(private) {
            *place = Some(Public {
                owner: of_another.as_ref().map(|_| call.account.clone()),
                ..address.record.as_public(&id)
            });
        }
        if let Some(association) = &mut address.record.association {
            association.interface_owner = of_another;
        }
        let txn = txn
            .when(unchanged)
            .when(condition)
            .put(&address.key, encode(&address.record))
            .put(&target.key, encode(&target.record));
        tx.join(txn);
        id
    });
    Ok(AssociateAddressResult {
        association_id: Some(id),
    })
}

/// The interface that an instance was launched with.
async fn primary(service: &Ec2Service, cx: &Context, id: &str) -> Result<String, Fault> {
    let instance: Instance = service.get(cx, id).await?;
    match instance.life.state {
        State::Terminated | State::ShuttingDown => Err(fault::instance_not_found(id)),
        _ => {
            instance.needs(Ability::Interfaces)?;
            Ok(instance.interface.id)
        }
    }
}

/// The private address of an interface that may have an elastic one: the primary one where none is named. `there`: where the
/// interface is.
async fn check(
    service: &Ec2Service,
    (call, there): (&Call, &Context),
    interface: &Interface,
    private: Option<&str>,
) -> Result<Ipv4Addr, Fault> {
    may_change_there(service, (call, there), interface, "AssociateAddress").await?;
    let private = match private {
        None => interface.address,
        Some(named) => {
            let mut all = interface.addresses().map(|(address, _)| address);
            let found = all.find(|it| it.to_string() == named);
            found.ok_or_else(|| fault::no_such_private_address(&interface.id, named))?
        }
    };
    let vpc: Vpc = service.get(there, &interface.vpc_id).await?;
    match vpc.gateway {
        Some(_) => Ok(private),
        None => Err(fault::vpc_without_gateway(&vpc.id)),
    }
}

/// An interface loses its elastic address to another.
fn without_public(txn: Txn, mut stored: Stored<Interface>, allocation: &str) -> Txn {
    let condition = stored.unchanged();
    stored.record.without_public(allocation);
    txn.when(condition).put(&stored.key, encode(&stored.record))
}

/// Adds to the transaction that an address is associated with an interface that is made in it.
pub fn associate_with(
    txn: Txn,
    mut address: Stored<ElasticAddress>,
    interface: &mut Interface,
    (holder, now): (Holder, Timestamp),
) -> Txn {
    let condition = address.unchanged();
    let id = ids::ec2_id("eipassoc");
    let of = (&*interface, interface.address);
    address.record.associated(&id, of, holder, now);
    interface.public = Some(address.record.as_public(&id));
    txn.when(condition)
        .put(&address.key, encode(&address.record))
}

/// An address that nothing has is fine where the address itself is named.
pub async fn disassociate(
    service: &Ec2Service,
    call: &Call,
    input: DisassociateAddressRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    let allocation = match (given(&input.association_id), given(&input.public_ip)) {
        (Some(id), _) => {
            let all: Vec<ElasticAddress> = service.all(call).await?;
            let has_it =
                |it: &ElasticAddress| it.association.as_ref().is_some_and(|it| it.id == id);
            let found = all.into_iter().find(has_it);
            found
                .ok_or_else(|| fault::address_association_not_found(&id))?
                .id
        }
        (None, Some(address)) => of_public_ip(service, call, &address).await?.id,
        (None, None) => return Err(fault::missing_parameter("AssociationId")),
    };
    transact!(service.table, &call.permit, |tx| {
        let mut stored = service
            .get_stored::<ElasticAddress>(call, &allocation)
            .await?;
        let Some(known) = stored.record.association.clone() else {
            return Ok(());
        };
        if let Holder::NatGateway(_) = known.holder {
            return Err(fault::not_yours());
        }
        let mut txn = Txn::new();
        let there = known.there(call);
        let interface = service.stored::<Interface>(&there, &known.interface);
        if let Some(interface) = interface.await? {
            // From another account's interface it comes back to who lent it, whatever has that.
            if known.interface_owner.is_none() {
                may_change(service, call, &interface.record, "DisassociateAddress").await?;
            }
            txn = without_public(txn, interface, &allocation);
        }
        let condition = stored.unchanged();
        stored.record.disassociated(call.now);
        let txn = txn.when(condition).put(&stored.key, encode(&stored.record));
        tx.join(txn);
    });
    Ok(())
}

/// The elastic address of that text, `198.19.0.7`.
pub async fn of_public_ip(
    service: &Ec2Service,
    cx: &Context,
    text: &str,
) -> Result<ElasticAddress, Fault> {
    let all: Vec<ElasticAddress> = service.all(cx).await?;
    let mut named = all.into_iter().filter(|it| it.address.to_string() == text);
    named.next().ok_or_else(|| fault::address_not_found(text))
}

/// That no interface of a VPC has a public address, for which its gateway is.
pub async fn unmapped(service: &Ec2Service, cx: &Context, vpc: &str) -> Result<(), Fault> {
    let all: Vec<Interface> = service.all(cx).await?;
    let has_one = |it: &Interface| it.vpc_id == vpc && it.publics().next().is_some();
    match all.iter().any(has_one) {
        true => Err(fault::addresses_mapped(vpc)),
        false => Ok(()),
    }
}
