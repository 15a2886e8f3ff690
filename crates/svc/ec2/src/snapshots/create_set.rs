//! CreateSnapshots: all disks of an instance as they are at one moment. CreateImage takes them alike.

use std::collections::BTreeSet;

use wharf_api_ec2::types::{CreateSnapshotsRequest, CreateSnapshotsResult, SnapshotInfo};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, ecs::Tags};
use wharf_service::{Changes, tags::is_reserved, transact};
use wharf_wire::{Call, Fault};

use super::{
    MAX_PENDING, MAX_SNAPSHOTS, Root, Set, Snapshot,
    create::{await_taken, base_of, check_description, of_volume},
};
use crate::{
    Ec2Service,
    fault::{self, Ec2Faults},
    images,
    instances::{
        describe::ROOT_DEVICE,
        life::State,
        placing::{takes_snapshots, takes_virtual_snapshots},
        providers::Ability,
    },
    records::{Entity as _, Instance, is_seen, tags_to_wire},
    tags,
    volumes::{Volume, of_instance},
};

const VOLUME: &str = "volume";

/// Which disks of an instance are to be taken.
#[derive(Debug, Default)]
pub struct Members {
    pub instance: String,
    /// Not its root.
    pub no_root: bool,
    /// Not these volumes.
    pub excluded: BTreeSet<String>,
}

/// A disk that is taken.
pub struct Member {
    /// `/dev/xvdf`
    pub device: String,
    /// `None`: the root.
    pub volume: Option<Volume>,
    pub snapshot: Snapshot,
}

pub async fn create_set(
    service: &Ec2Service,
    call: &Call,
    input: CreateSnapshotsRequest,
) -> Result<CreateSnapshotsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.bytes()?;
    let description = input.description.unwrap_or_default();
    check_description(&description)?;
    let copies_tags = match input.copy_tags_from_source.as_deref().unwrap_or_default() {
        "" => false,
        VOLUME => true,
        other => return Err(fault::bad_value_of("copyTagsFromSource", other)),
    };
    let of = input.instance_specification.unwrap_or_default();
    let id = of.instance_id.filter(|it| !it.is_empty());
    let asked = Members {
        instance: id.ok_or_else(|| fault::missing_parameter("InstanceId"))?,
        no_root: of.exclude_boot_volume == Some(true),
        excluded: of.exclude_data_volume_ids.into_iter().flatten().collect(),
    };
    let tags = tags::specified(call, input.tag_specifications.as_deref(), Snapshot::KIND)?;
    let turn = service.counting.take((&call.account, Snapshot::KIND)).await;
    let known = service.all::<Snapshot>(call).await?;
    let made = transact!(service.table, &call.permit, |tx| {
        let instance = instance(service, call, &mut tx, &asked.instance).await?;
        let mut made = members(service, call, &mut tx, (&instance, &asked), &known).await?;
        if made.is_empty() {
            return Err(fault::nothing_to_take(&asked.instance));
        }
        for it in &mut made {
            it.snapshot.description.clone_from(&description);
            let of_disk = it.volume.as_ref().map(|it| &it.tags);
            it.snapshot.tags = match copies_tags {
                true => with_tags_of(of_disk.unwrap_or(&instance.root.tags), &tags),
                false => tags.clone(),
            };
            tags::RULES.within_limit(&it.snapshot.tags)?;
            tx.put(
                Ec2Service::key::<Snapshot>(call, &it.snapshot.id),
                &it.snapshot,
            );
        }
        made
    });
    drop(turn);
    for it in &made {
        await_taken(service, call, &it.snapshot.id).await?;
    }
    Ok(CreateSnapshotsResult {
        snapshots: Some(made.iter().map(|it| info(&it.snapshot)).collect()),
    })
}

/// What a request says counts before what the disk says; what services say of it stays there.
fn with_tags_of(disk: &Tags, given: &Tags) -> Tags {
    let of_users = disk.iter().filter(|(key, _)| !is_reserved(key));
    let mut tags: Tags = of_users
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    tags.extend(
        given
            .iter()
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    tags
}

fn info(snapshot: &Snapshot) -> SnapshotInfo {
    SnapshotInfo {
        description: Some(snapshot.description.clone()),
        tags: Some(tags_to_wire(&snapshot.tags)),
        encrypted: Some(snapshot.encryption.is_some()),
        volume_id: Some(snapshot.volume.clone()),
        state: Some(snapshot.state.as_str().to_owned()),
        volume_size: i32::try_from(snapshot.gib).ok(),
        start_time: Some(snapshot.created_at),
        progress: Some(format!("{}%", snapshot.progress)),
        owner_id: Some(snapshot.owner.clone()),
        snapshot_id: Some(snapshot.id.clone()),
        ..SnapshotInfo::default()
    }
}

/// An instance that has disks which can be taken.
pub async fn instance(
    service: &Ec2Service,
    call: &Call,
    tx: &mut Changes<'_, Ec2Faults>,
    id: &str,
) -> Result<Instance, Fault> {
    let found = tx
        .find::<Instance>(&Ec2Service::key::<Instance>(call, id))
        .await?;
    let found = found.filter(|it| is_seen(it, call));
    let found = found.ok_or_else(|| Instance::missing(id))?;
    found.needs(Ability::Volumes)?;
    let state = found.life.state;
    if !matches!(state, State::Running | State::Stopping | State::Stopped) {
        return Err(fault::wrong_state(id, state, "taken snapshots of"));
    }
    let host = found.life.host.as_ref();
    let hosts = &service.instances.parts.hosts;
    hosts.up_to_date().await;
    let takes = host.is_some_and(|it| hosts.read(|machines| takes_snapshots(machines, &it.id)));
    match takes {
        true => Ok(found),
        false => Err(fault::host_takes_no_snapshots(id)),
    }
}

/// Snapshots of the disks of an instance that are of one moment, the root's first. `known`: those of the account.
pub async fn members(
    service: &Ec2Service,
    call: &Call,
    tx: &mut Changes<'_, Ec2Faults>,
    (instance, asked): (&Instance, &Members),
    known: &[Snapshot],
) -> Result<Vec<Member>, Fault> {
    let attached = of_instance(service, call, &instance.id).await?;
    if let Some(other) = asked
        .excluded
        .iter()
        .find(|id| attached.iter().all(|it| it.id != **id))
    {
        return Err(fault::excluded_elsewhere(other, &instance.id));
    }
    let mut made = Vec::new();
    if !asked.no_root {
        check_root(service, instance)?;
        let base = base_of(call, tx, known, &Root::volume_of(&instance.id)).await?;
        let snapshot = of_root(call, instance, base);
        made.push(Member {
            device: ROOT_DEVICE.to_owned(),
            volume: None,
            snapshot,
        });
    }
    for volume in attached
        .iter()
        .filter(|it| !asked.excluded.contains(&it.id))
    {
        let key = Ec2Service::key::<Volume>(call, &volume.id);
        let volume = tx.find::<Volume>(&key).await?;
        let volume = volume.ok_or_else(|| Volume::missing(&asked.instance))?;
        // It may have been let go just now.
        let Some(it) = volume
            .life
            .attachment
            .as_ref()
            .filter(|it| it.instance == instance.id)
        else {
            continue;
        };
        let device = it.device.clone();
        let snapshot = of_volume(call, tx, &volume, known).await?;
        made.push(Member {
            device,
            volume: Some(volume),
            snapshot,
        });
    }
    if known.len() + made.len() > MAX_SNAPSHOTS {
        return Err(fault::too_many_snapshots());
    }
    let pending = |volume: &str| {
        let of_volume = |it: &&Snapshot| it.volume == volume && it.is_being_taken();
        known.iter().filter(of_volume).count()
    };
    if made
        .iter()
        .any(|it| pending(&it.snapshot.volume) >= MAX_PENDING)
    {
        return Err(fault::too_many_pending_snapshots());
    }
    // What was never written needs no moment.
    let taken = made
        .iter()
        .filter(|it| it.snapshot.is_being_taken())
        .count();
    let set = Set {
        id: ids::ec2_id("set"),
        members: u32::try_from(taken).unwrap_or(u32::MAX),
        instance: instance.id.clone(),
        before_boot: None,
    };
    for it in made.iter_mut().filter(|it| it.snapshot.is_being_taken()) {
        it.snapshot.set = Some(set.clone());
    }
    Ok(made)
}

/// A snapshot of the root of an instance alone, by what stands for its volume; `None`: it stands for nothing.
pub async fn of_root_alone(
    service: &Ec2Service,
    call: &Call,
    tx: &mut Changes<'_, Ec2Faults>,
    volume: &str,
    known: &[Snapshot],
) -> Result<Option<Snapshot>, Fault> {
    let id = Root::instance_of(volume);
    let key = Ec2Service::key::<Instance>(call, &id);
    let found = tx.find::<Instance>(&key).await?;
    let has_root = |it: &Instance| {
        is_seen(it, call) && it.provider.is_host() && it.life.state != State::Terminated
    };
    if !found.as_ref().is_some_and(has_root) {
        return Ok(None);
    }
    let found = instance(service, call, tx, &id).await?;
    check_root(service, &found)?;
    let base = base_of(call, tx, known, volume).await?;
    Ok(Some(Snapshot {
        set: Some(Set {
            id: ids::ec2_id("set"),
            members: 1,
            instance: id,
            before_boot: None,
        }),
        ..of_root(call, &found, base)
    }))
}

/// That the host of an instance, which takes snapshots, takes them of its root. One of an earlier version takes none of virtual
/// machines.
fn check_root(service: &Ec2Service, instance: &Instance) -> Result<(), Fault> {
    instance.needs(Ability::RootSnapshots)?;
    let hosts = &service.instances.parts.hosts;
    let host = instance.life.host.as_ref();
    let takes =
        host.is_some_and(|it| hosts.read(|machines| takes_virtual_snapshots(machines, &it.id)));
    match takes || !instance.is_virtual() {
        true => Ok(()),
        false => Err(fault::host_takes_no_snapshots(&instance.id)),
    }
}

fn of_root(call: &Call, instance: &Instance, base: Option<String>) -> Snapshot {
    let volume = Root::volume_of(&instance.id);
    let host = instance.life.host.as_ref();
    let sealed = instance.sealed_root.as_ref();
    Snapshot {
        host: host.map(|it| it.machine.clone()).unwrap_or_default(),
        base,
        encryption: sealed.map(|it| it.encryption.taken_over()),
        root: Some(Root {
            instance: instance.id.clone(),
            source: images::source_of(instance.image.registry.as_deref()),
            puller: instance.image.owner.clone(),
            architecture: instance.image.architecture.clone(),
            boot_mode: instance.image.boot_mode,
            unknown: Unknown::new(),
        }),
        ..Snapshot::new(call, &volume, instance.disk_gib, false)
    }
}
