//! CreateSnapshot: a record that the volume's host fills. What stands for the volume of a root is taken too.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use wharf_api_ec2::types::{self as wire, CreateSnapshotRequest};
use wharf_records::Record as _;
use wharf_service::{Changes, transact};
use wharf_wire::{Call, Fault};

use super::{MAX_PENDING, MAX_SNAPSHOTS, Snapshot, create_set::of_root_alone};
use crate::{
    Ec2Service,
    encryption::Encryption,
    fault::{self, Ec2Faults},
    records::Entity as _,
    tags,
    volumes::Volume,
};

const MAX_DESCRIPTION: usize = 255;

/// How long its host has to take it before this is answered. Clients wait for a minute.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at a record in memory.
const LOOK: Duration = Duration::from_millis(50);

/// What is written after this was answered is in no snapshot: the answer waits until its host has taken it, as far as
/// that is done soon. Where it is not, the snapshot is of a later moment.
pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateSnapshotRequest,
) -> Result<wire::Snapshot, Fault> {
    fault::dry_run(input.dry_run)?;
    service.bytes()?;
    let volume_id = input.volume_id.as_deref().unwrap_or_default();
    if !volume_id.starts_with("vol-") {
        return Err(fault::malformed_id(volume_id, "volumeId", "vol"));
    }
    let description = input.description.unwrap_or_default();
    check_description(&description)?;
    let tags = tags::specified(call, input.tag_specifications.as_deref(), Snapshot::KIND)?;
    let volume_key = Ec2Service::key::<Volume>(call, volume_id);
    let turn = service.counting.take((&call.account, Snapshot::KIND)).await;
    let known = service.all::<Snapshot>(call).await?;
    if known.len() >= MAX_SNAPSHOTS {
        return Err(fault::too_many_snapshots());
    }
    let of_it = |it: &&Snapshot| it.volume == volume_id && it.is_being_taken() && it.is_seen();
    if known.iter().filter(of_it).count() >= MAX_PENDING {
        return Err(fault::too_many_pending_snapshots());
    }
    let snapshot = transact!(service.table, &call.permit, |tx| {
        let taken = match tx.find::<Volume>(&volume_key).await? {
            Some(volume) => Some(of_volume(call, &mut tx, &volume, &known).await?),
            None => of_root_alone(service, call, &mut tx, volume_id, &known).await?,
        };
        let snapshot = Snapshot {
            description: description.clone(),
            tags: tags.clone(),
            ..taken.ok_or_else(|| Volume::missing(volume_id))?
        };
        tx.put(Ec2Service::key::<Snapshot>(call, &snapshot.id), &snapshot);
        snapshot
    });
    drop(turn);
    await_taken(service, call, &snapshot.id).await?;
    Ok(snapshot.to_wire())
}

pub fn check_description(text: &str) -> Result<(), Fault> {
    match text.chars().count() <= MAX_DESCRIPTION {
        true => Ok(()),
        false => Err(fault::long_snapshot_description(MAX_DESCRIPTION)),
    }
}

/// A snapshot of a volume that is to be taken. `known`: those of the account.
pub async fn of_volume(
    call: &Call,
    tx: &mut Changes<'_, Ec2Faults>,
    volume: &Volume,
    known: &[Snapshot],
) -> Result<Snapshot, Fault> {
    let (id, life) = (&volume.id, &volume.life);
    if life.deleting {
        return Err(fault::volume_state(id, "is being deleted"));
    }
    if let Some(why) = &life.lost {
        return Err(fault::volume_state(id, &format!("cannot be used: {why}")));
    }
    if life.moving.is_some() || life.host.is_none() && life.kept_in.is_some() {
        let text =
            "is on its way to another host; there is no other snapshot of it until it is attached";
        return Err(fault::volume_state(id, text));
    }
    // Nothing was ever written to one that no host has.
    let is_empty = life.host.is_none();
    if is_empty && volume.source.is_some() {
        return Err(fault::volume_state(
            id,
            "is made of its snapshot when it is attached; until then there is no other snapshot of it",
        ));
    }
    Ok(Snapshot {
        host: life.host.clone().unwrap_or_default(),
        encryption: volume.encryption.as_ref().map(Encryption::taken_over),
        base: base_of(call, tx, known, id).await?,
        ..Snapshot::new(call, id, volume.wanted_gib(), is_empty)
    })
}

/// The last snapshot of a volume, or of what stands for one. A deletion of it either sees the one that is taken now, or is
/// seen here.
pub async fn base_of(
    call: &Call,
    tx: &mut Changes<'_, Ec2Faults>,
    known: &[Snapshot],
    volume: &str,
) -> Result<Option<String>, Fault> {
    let base = match newest_of(known, volume) {
        Some(id) => tx.find(&Ec2Service::key::<Snapshot>(call, &id)).await?,
        None => None,
    };
    Ok(base.filter(Snapshot::may_be_base).map(|it| it.id))
}

/// The volume's last snapshot that is whole.
fn newest_of(known: &[Snapshot], volume: &str) -> Option<String> {
    let of_volume = known
        .iter()
        .filter(|it| it.volume == volume && it.may_be_base());
    let newest = of_volume.max_by_key(|it| it.completed_at);
    newest.map(|it| it.id.clone())
}

pub async fn await_taken(service: &Ec2Service, call: &Call, id: &str) -> Result<(), Fault> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let found = service.find::<Snapshot>(call, id).await?;
        if !found.is_some_and(|it| it.is_being_taken() && !it.taken) {
            break;
        }
        sleep(LOOK).await;
    }
    Ok(())
}
