//! Roots of instances that are virtual machines, as volumes. They have no records: what there is to say of one its instance says,
//! with which it comes and goes, its tags too. They are looked at, tagged and taken snapshots of; what else is asked of one is refused by
//! its name.

use std::collections::BTreeSet;

use wharf_api_ec2::types as wire;
use wharf_wire::{Call, Context, Fault};

use super::{
    Attachment, Life, Sized, Volume, kinds::Kind, life::AttachmentState, of_instance::mapping_of,
};
use crate::{
    Ec2Service, fault,
    instances::{describe::ROOT_DEVICE, life::State},
    records::{Instance, OfRoot, is_seen},
    snapshots::Root,
};

/// What EBS gives to the types that say it, where nobody asks for more.
const IOPS: u32 = 3000;
/// MiB a second.
const THROUGHPUT: u32 = 125;

/// The root of an instance; `None`: it is no volume, or there is no more of it. Pure.
pub fn root_of(instance: &Instance) -> Option<Volume> {
    if !instance.is_virtual() || instance.life.state == State::Terminated {
        return None;
    }
    let sized = Sized {
        kind: Kind::Gp3,
        gib: instance.disk_gib,
        iops: Some(IOPS),
        throughput: Some(THROUGHPUT),
    };
    let sealed = instance.sealed_root.as_ref();
    let at = instance.created_at;
    Some(Volume {
        id: Root::volume_of(&instance.id),
        source: instance.image.root.clone(),
        encryption: sealed.map(|it| it.encryption.clone()),
        life: Life {
            attachment: Some(Attachment {
                state: AttachmentState::Attached,
                ..Attachment::at_launch(&instance.id, ROOT_DEVICE, true, at)
            }),
            ..Life::default()
        },
        auto_enable_io: instance.root.auto_enable_io,
        tags: instance.root.tags.clone(),
        ..Volume::new(sized, &instance.zone, at)
    })
}

/// How descriptions of an instance show its root.
pub fn root_mapping(instance: &Instance) -> Option<wire::InstanceBlockDeviceMapping> {
    let (_, shown) = mapping_of(&root_of(instance)?)?;
    Some(shown)
}

/// Those of an account; of these ids alone, if there are any.
pub async fn roots(
    service: &Ec2Service,
    cx: &Context,
    ids: Option<&[String]>,
) -> Result<Vec<Volume>, Fault> {
    let ids: BTreeSet<&String> = ids.into_iter().flatten().collect();
    if ids.is_empty() {
        let all: Vec<Instance> = service.all(cx).await?;
        let seen = all.iter().filter(|it| is_seen(*it, cx));
        return Ok(seen.filter_map(root_of).collect());
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(find(service, cx, id).await?);
    }
    Ok(found)
}

/// The root that has the id of that volume.
pub async fn find(
    service: &Ec2Service,
    cx: &Context,
    volume: &str,
) -> Result<Option<Volume>, Fault> {
    let instance = Root::instance_of(volume);
    let found = service.find::<Instance>(cx, &instance).await?;
    let found = found.filter(|it| is_seen(it, cx));
    Ok(found.as_ref().and_then(root_of))
}

/// Whether that is the root of an instance that is there.
pub async fn is_root(service: &Ec2Service, cx: &Context, volume: &str) -> Result<bool, Fault> {
    Ok(find(service, cx, volume).await?.is_some())
}

/// Changes what users say of a root.
///
/// # Errors
/// There is no more of it, or what `set` refuses.
pub async fn change(
    service: &Ec2Service,
    call: &Call,
    volume: &str,
    set: impl Fn(&mut OfRoot) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let decide = |it: &mut Instance| match root_of(it) {
        Some(_) => set(&mut it.root),
        None => Err(fault::volume_not_found(volume)),
    };
    let instance = Root::instance_of(volume);
    service.change(call, &instance, decide).await
}

/// Refuses what changes a volume, where that is a root. `action`: `DetachVolume`.
///
/// # Errors
/// It is one.
pub async fn refuse_root(
    service: &Ec2Service,
    cx: &Context,
    volume: &str,
    action: &str,
) -> Result<(), Fault> {
    match find(service, cx, volume).await? {
        None => Ok(()),
        Some(root) => Err(fault::not_of_root(&root.id, action)),
    }
}
