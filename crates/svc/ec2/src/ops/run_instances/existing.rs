//! A network interface that is there already, which an instance is launched with in place of one of its own.
//!
//! It has its addresses and groups already and keeps them: it is neither made nor, when the instance ends, deleted. It may be
//! another account's that lets the caller's have it: then subnet, groups and addresses are that account's.

use wharf_wire::{Call, Fault};

use super::{super::private_addresses::Chosen, prepare::Prepared};
use crate::{
    Ec2Service, fault,
    instances::launch::Wanted,
    interface_permissions::{Usable, Use},
    records::{Attachment, Interface},
};

/// The interface that a launch names, if it names one.
///
/// # Errors
/// It is not there, another account's that does not let the caller's have it, in use, a service's, or has more addresses than
/// the type may have.
pub(super) async fn find(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
) -> Result<Option<Usable>, Fault> {
    let Some(id) = &wanted.interface else {
        return Ok(None);
    };
    let found = service.usable(call, id, Use::InstanceAttach).await?;
    let interface = &found.stored.record;
    if interface.requester.is_some() {
        return Err(fault::not_yours());
    }
    if interface.attachment.is_some() {
        return Err(fault::interface_in_use(id));
    }
    let most = wanted.kind.addresses as usize;
    match interface.secondary.len() < most && interface.ipv6.len() <= most {
        true => Ok(Some(found)),
        false => Err(fault::too_many_private_addresses(Some(id))),
    }
}

/// Its addresses.
pub(super) fn chosen(interface: &Interface) -> Chosen {
    let secondary = interface.secondary.iter();
    Chosen {
        primary: interface.address,
        secondary: secondary.map(|it| it.address).collect(),
        ipv6: interface.ipv6.clone(),
    }
}

/// The interface as the instance has it.
pub(super) fn attached(
    it: &Usable,
    instance: &str,
    (wanted, prepared): (&Wanted, &Prepared),
    call: &Call,
) -> Interface {
    let attachment = Attachment::at_launch(instance, call.now, wanted.delete_interface);
    Interface {
        attachment: Some(Attachment {
            instance_owner: it.owner.as_ref().map(|_| call.account.clone()),
            ..attachment
        }),
        resource_name: wanted.resource_name(&prepared.subnet),
        ..it.stored.record.clone()
    }
}
