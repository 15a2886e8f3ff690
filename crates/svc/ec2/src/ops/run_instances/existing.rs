//! A network interface that is there already, which an instance is launched with in place of one of its own.
//!
//! It has its addresses and groups already and keeps them: it is neither made nor, when the instance ends, deleted.

use wharf_base::Timestamp;
use wharf_wire::{Call, Fault};

use super::{super::private_addresses::Chosen, prepare::Prepared};
use crate::{
    Ec2Service, fault,
    instances::launch::Wanted,
    records::{Attachment, Interface},
    table::Stored,
};

/// The interface that a launch names, if it names one.
///
/// # Errors
/// It is not there, somebody's, a service's, or has more addresses than the type may have.
pub(super) async fn find(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
) -> Result<Option<Stored<Interface>>, Fault> {
    let Some(id) = &wanted.interface else {
        return Ok(None);
    };
    let stored = service.get_stored::<Interface>(call, id).await?;
    let interface = &stored.record;
    if interface.requester.is_some() {
        return Err(fault::not_yours());
    }
    if interface.attachment.is_some() {
        return Err(fault::interface_in_use(id));
    }
    let most = wanted.kind.addresses as usize;
    match interface.secondary.len() < most && interface.ipv6.len() <= most {
        true => Ok(Some(stored)),
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
    interface: &Interface,
    instance: &str,
    (wanted, prepared): (&Wanted, &Prepared),
    now: Timestamp,
) -> Interface {
    Interface {
        attachment: Some(Attachment::at_launch(
            instance,
            now,
            wanted.delete_interface,
        )),
        resource_name: wanted.resource_name(&prepared.subnet),
        ..interface.clone()
    }
}
