//! EBS volumes: what was asked for, on which host the bytes lie, and who has them.
//!
//! A volume is a record until it is attached for the first time; then its bytes are a file on that host, until it is
//! attached to an instance on another ([`life`], pure; [`moving`]). Hosts learn of volumes over the machines plane and report what there is ([`reports`]).
//! Users make volumes and attach them to instances, which have them as block devices; services make them too, ECS for
//! its tasks, and what a service made is that service's alone. EKS makes and attaches volumes of users: the host mounts
//! them for pods of an instance, which has no device of them. Roots of virtual machines are shown among them ([`roots`]).

mod attach;
mod attributes;
mod create;
mod delete;
mod describe;
mod host_limit;
pub mod kinds;
mod life;
mod modification;
mod modify;
mod moving;
mod of_instance;
mod reconcile;
mod records;
mod reports;
pub mod roots;
mod status;

pub use attach::{MOST_DEVICES, attach, detach, device_name, name_in_dev};
pub use attributes::{describe as describe_attribute, modify as modify_attribute};
pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use kinds::{Asked, Sized, checked};
pub use life::{Attachment, Life};
pub use modify::{describe as describe_modifications, modify};
pub use moving::carrier;
pub use of_instance::{by_instance, keys_of, mapping_of, of_instance, set_delete_on_termination};
pub use reconcile::volume as reconcile;
pub use records::Volume;
pub use reports::ToldVolume;
pub use roots::{is_root, refuse_root, root_mapping, root_of};
pub use status::describe as status;

use wharf_wire::{Call, CallerKind, Fault};

use crate::fault;

/// What it makes for claims of Kubernetes are its users' volumes, as those of the EBS CSI driver.
const EKS: &str = "eks.amazonaws.com";

/// Volumes of an account in a region.
pub const MAX_VOLUMES: usize = 5_000;

/// Whether a service acts on volumes of users, as their program would.
fn acts_for_users(call: &Call) -> bool {
    call.caller.kind == CallerKind::Service && call.caller.arn == EKS
}

/// Whether it is for pods that a volume is attached: by EKS itself, or in the role that its driver has.
fn is_for_pods(call: &Call) -> bool {
    acts_for_users(call) || call.called_via.last().is_some_and(|it| it == EKS)
}

/// What a service made is that service's alone.
fn check_manages(call: &Call, volume: &Volume) -> Result<(), Fault> {
    let caller = &call.caller;
    match &volume.requester {
        Some(it) if caller.kind == CallerKind::Service && caller.arn == *it => Ok(()),
        Some(it) if volume.life.attachment.is_some() => Err(fault::volume_managed(&volume.id, it)),
        _ => Ok(()),
    }
}

/// `vol-` and hexadecimal digits.
fn check_id(id: Option<&str>) -> Result<&str, Fault> {
    let id = id.unwrap_or_default();
    let digits = id.strip_prefix("vol-").unwrap_or_default();
    let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    match matches!(digits.len(), 8 | 17) && digits.bytes().all(is_digit) {
        true => Ok(id),
        false => Err(fault::malformed_id(id, "volumeId", "vol")),
    }
}
