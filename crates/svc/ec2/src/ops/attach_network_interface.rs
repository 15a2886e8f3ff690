//! AttachNetworkInterface and DetachNetworkInterface.
//!
//! Only a service attaches interfaces, those that it asked for: to the instance ids under which hosts
//! registered, or to instances, whose hosts then wire them.

use wharf_api_ec2::types::{
    AttachNetworkInterfaceRequest, AttachNetworkInterfaceResult, DetachNetworkInterfaceRequest,
};
use wharf_base::ids;
use wharf_wire::{Call, Fault};

use super::interfaces::may_manage;
use crate::{
    Ec2Service, fault, flow_logs,
    instances::life::State,
    records::{Attachment, Instance, Interface, Machine, is_seen},
};

/// Attaching again to the same instance changes nothing.
pub async fn attach(
    service: &Ec2Service,
    call: &Call,
    input: AttachNetworkInterfaceRequest,
) -> Result<AttachNetworkInterfaceResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    let instance = input.instance_id.as_deref().unwrap_or_default();
    check_instance_id(instance)?;
    let machine = machine(service, call, instance).await?;
    let decide = |interface: &mut Interface| {
        if interface.requester.is_none() {
            return Err(fault::instance_not_found(instance));
        }
        if !may_manage(call, interface) {
            return Err(fault::attachment_managed());
        }
        if let Some(known) = &interface.attachment {
            if known.instance_id == instance {
                return Ok(known.id.clone());
            }
            return Err(fault::interface_in_use(id));
        }
        let attachment = Attachment {
            id: ids::ec2_id("eni-attach"),
            instance_id: instance.to_owned(),
            instance_owner: None,
            device_index: input.device_index.unwrap_or_default(),
            attached_at: call.now,
            delete_on_termination: false,
            machine: machine.clone(),
        };
        let attachment_id = attachment.id.clone();
        interface.attachment = Some(attachment);
        Ok(attachment_id)
    };
    let attachment_id = service.change(call, id, decide).await?;
    flow_logs::attached(service, call, id).await?;
    Ok(AttachNetworkInterfaceResult {
        attachment_id: Some(attachment_id),
        network_card_index: Some(0),
    })
}

/// The interface stays, unattached.
pub async fn detach(
    service: &Ec2Service,
    call: &Call,
    input: DetachNetworkInterfaceRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.attachment_id.as_deref().unwrap_or_default();
    let all: Vec<Interface> = service.all(call).await?;
    let of_it = |interface: &Interface| {
        let attachment = interface.attachment.as_ref();
        attachment.is_some_and(|attachment| attachment.id == id)
    };
    let interface = all.into_iter().find(|interface| of_it(interface));
    let interface = interface.ok_or_else(|| fault::attachment_not_found(id))?;
    let decide = |interface: &mut Interface| {
        if !of_it(interface) {
            return Err(fault::attachment_not_found(id));
        }
        if !may_manage(call, interface) {
            return Err(fault::attachment_managed());
        }
        let to_instance = |it: &Attachment| it.machine != Machine::Itself && it.device_index == 0;
        if interface.requester.is_none() && interface.attachment.as_ref().is_some_and(to_instance) {
            return Err(fault::primary_interface());
        }
        interface.attachment = None;
        Ok(())
    };
    service.change(call, &interface.id, decide).await
}

/// The machine where an instance id is: a host's own id, or that of the host of one of EC2's instances.
async fn machine(service: &Ec2Service, call: &Call, id: &str) -> Result<Machine, Fault> {
    let found = service.find::<Instance>(call, id).await?;
    let Some(instance) = found.filter(|it| is_seen(it, call) && it.provider.is_host()) else {
        return Ok(Machine::Itself);
    };
    match (instance.life.state, instance.life.host) {
        (State::Running, Some(host)) => Ok(Machine::On(host.machine)),
        (state, _) => Err(fault::wrong_state(id, state, "attached to")),
    }
}

/// A host's identity document may hold any id; only its shape is looked at.
fn check_instance_id(id: &str) -> Result<(), Fault> {
    let rest = id.strip_prefix("i-").unwrap_or_default();
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (1..=32).contains(&rest.len()) && rest.bytes().all(is_id) {
        Ok(())
    } else {
        Err(fault::instance_malformed(id))
    }
}
