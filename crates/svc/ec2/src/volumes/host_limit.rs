//! How many volumes of an account may lie on one host: each is told to the host, looked at and held there, and a host
//! has no more than [`wharf_planeproto::volume::MAX_VOLUMES`] of all accounts.

use wharf_wire::{Context, Fault};

use super::Volume;
use crate::{Ec2Service, fault};

/// A few times what the largest instances have.
pub const MAX_ON_HOST: usize = 512;

/// Whether one more may come to a host: `id`, which may be there already.
pub async fn check_host(
    service: &Ec2Service,
    cx: &Context,
    host: &str,
    id: &str,
) -> Result<(), Fault> {
    let all: Vec<Volume> = service.all(cx).await?;
    match has_room(&all, host, id) {
        true => Ok(()),
        false => Err(fault::too_many_volumes_of_host(host, MAX_ON_HOST)),
    }
}

pub fn has_room<'a>(all: impl IntoIterator<Item = &'a Volume>, host: &str, id: &str) -> bool {
    let others = all.into_iter().filter(|it| it.id != id);
    let there = others.filter(|it| it.life.host.as_deref() == Some(host));
    there.count() < MAX_ON_HOST
}
