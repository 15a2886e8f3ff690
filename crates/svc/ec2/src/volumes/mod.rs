//! EBS volumes: what was asked for, on which host the bytes lie, and who has them.
//!
//! A volume is a record until it is attached for the first time; then its bytes are a file on that host, and stay
//! there ([`life`], pure). Hosts learn of volumes over the machines plane and report what there is ([`reports`]).
//! Volumes are made by services alone, ECS for its tasks: what a user could attach one to is no device of its own.

mod attach;
mod create;
mod delete;
mod describe;
mod kinds;
mod life;
mod reconcile;
mod records;
mod reports;
mod status;

pub use attach::{attach, detach};
pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use reconcile::volume as reconcile;
pub use records::Volume;
pub use reports::ToldVolume;
pub use status::describe as status;

use wharf_wire::{Call, CallerKind, Fault};

use crate::fault;

/// Volumes of an account in a region.
const MAX_VOLUMES: usize = 5_000;

/// What a service made is that service's alone.
fn check_manages(call: &Call, volume: &Volume) -> Result<(), Fault> {
    let caller = &call.caller;
    match &volume.requester {
        Some(it) if caller.kind == CallerKind::Service && caller.arn == *it => Ok(()),
        Some(it) if volume.life.attachment.is_some() => Err(fault::volume_managed(&volume.id, it)),
        _ => Ok(()),
    }
}

/// What is done for nobody but services is refused by its name.
fn service_only(call: &Call, what: &str) -> Result<String, Fault> {
    match call.caller.kind {
        CallerKind::Service => Ok(call.caller.arn.clone()),
        _ => Err(fault::volumes_of_tasks_only(what)),
    }
}
