//! CopySnapshot: a record in the caller's account and region that owns what another snapshot owns. Nothing is
//! transferred: all regions of an installation have their bytes in one place, and a chunk lies there once. Under another key
//! it comes to have bytes of its own.

use wharf_api_ec2::types::{CopySnapshotRequest, CopySnapshotResult};
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{MAX_SNAPSHOTS, Snapshot, State, check_id, create::check_description, visible_to};
use crate::{
    Ec2Service,
    encryption::{Asked, CopyKeys},
    fault,
    records::tags_to_wire,
    table::SERVICE,
    tags,
};

/// As in AWS: copies to a region that are under way.
pub const MAX_COPIES: usize = 20;
const MAX_REGION: usize = 64;

/// The name of a region, whether there is one or not.
pub fn check_region(region: &str) -> Result<(), Fault> {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    match region.len() <= MAX_REGION && region.bytes().all(plain) {
        true => Ok(()),
        false => Err(fault::bad_source_region(region)),
    }
}

/// Refuses more copies beside what an account has in a region.
pub fn room_for_copies(known: &[Snapshot], more: usize) -> Result<(), Fault> {
    if known.len() + more > MAX_SNAPSHOTS {
        return Err(fault::too_many_snapshots());
    }
    let is_copied = |it: &&Snapshot| it.origin.is_some() && it.is_being_taken();
    match known.iter().filter(is_copied).count() + more <= MAX_COPIES {
        true => Ok(()),
        false => Err(fault::too_many_copies(MAX_COPIES)),
    }
}

pub async fn copy(
    service: &Ec2Service,
    call: &Call,
    input: CopySnapshotRequest,
) -> Result<CopySnapshotResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.bytes()?;
    let region = input.source_region.as_deref().unwrap_or_default();
    if region.is_empty() {
        return Err(fault::missing_parameter("sourceRegion"));
    }
    check_region(region)?;
    // Clients send it along with a signed request for the source, which nobody needs here.
    let destination = input.destination_region.as_deref().unwrap_or_default();
    if !destination.is_empty() && destination != call.region {
        return Err(fault::copied_elsewhere(destination, &call.region));
    }
    let id = input.source_snapshot_id.as_deref().unwrap_or_default();
    check_id(id)?;
    let found = visible_to(service, &call.account, region, id).await?;
    let source = found.ok_or_else(|| fault::snapshot_not_found(id))?;
    if source.state != State::Completed {
        return Err(fault::snapshot_state(source.state.as_str()));
    }
    let description = input.description.filter(|it| !it.is_empty());
    let description = description.unwrap_or_else(|| format!("[Copied {id} from {region}]"));
    check_description(&description)?;
    let tags = tags::specified(call, input.tag_specifications.as_deref(), Snapshot::KIND)?;
    let asked = Asked::new(input.encrypted, input.kms_key_id.as_deref())?;
    let _turn = service.counting.take((&call.account, Snapshot::KIND)).await;
    let known = service.all::<Snapshot>(call).await?;
    room_for_copies(&known, 1)?;
    let keys = CopyKeys::of(service, call, &source, &asked).await?;
    let made = write(service, call, &source, &keys, |of| Snapshot {
        description: description.clone(),
        tags: tags.clone(),
        ..keys.give(of.copied(call))
    });
    let made = made.await;
    keys.let_go(service).await;
    let made = made?;
    Ok(CopySnapshotResult {
        tags: (!made.tags.is_empty()).then(|| tags_to_wire(&made.tags)),
        snapshot_id: Some(made.id),
    })
}

async fn write(
    service: &Ec2Service,
    call: &Call,
    source: &Snapshot,
    keys: &CopyKeys,
    copied: impl Fn(&Snapshot) -> Snapshot,
) -> Result<Snapshot, Fault> {
    let scope = Scope::new(SERVICE, &source.owner, &source.region);
    let source_key = scope.key(Snapshot::KIND, &source.id);
    Ok(transact!(service.table, &call.permit, |tx| {
        // A deletion of the source either sees the copy, or is seen here.
        let still = tx.find::<Snapshot>(&source_key).await?;
        let still = still.filter(|it| !it.deleting && it.may_use(&call.account));
        let still = still.ok_or_else(|| fault::snapshot_not_found(&source.id))?;
        let copy = copied(&still);
        if let Some((key, word)) = copy.copy_word() {
            tx.put(key, &word);
        }
        tx.put(Ec2Service::key::<Snapshot>(call, &copy.id), &copy);
        tx.join(keys.ended());
        copy
    }))
}
