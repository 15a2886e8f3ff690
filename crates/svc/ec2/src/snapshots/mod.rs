//! Snapshots of volumes: records here, bytes among the blobs.
//!
//! A snapshot is a list of chunks, blobs like those of images and objects ([`wharf_planeproto::snapshot`]), of which it
//! owns each. A chunk that an earlier snapshot of the account has is not sent again, so what a snapshot costs is what
//! changed; none rests on another, so any may be deleted at any time.
//!
//! The host that a volume lies on learns of a snapshot over the machines plane, takes it and sends what is missing
//! ([`bytes`]). A snapshot is completed in one transaction, once all that its pages list is durable and owned by it:
//! before that nobody can use it, and whoever dies in between goes on. What a snapshot owns is let go by the reconciler
//! ([`reconcile`]) when it was deleted and no volume is still to be made of it.
//!
//! What is billed of the bytes that snapshots share is said in [`held`].
//!
//! A copy owns what its source owns ([`copying`]), or under a key of its own what is made of that ([`resealing`]).

mod attributes;
mod bytes;
mod copy;
mod copying;
mod create;
mod create_set;
mod delete;
mod describe;
mod held;
mod owned;
mod permission;
mod reconcile;
mod records;
mod resealing;

pub use attributes::{
    describe as describe_attribute, modify as modify_attribute, reset as reset_attribute,
};
pub use bytes::{NotTaken, Place};
pub use copy::{check_region, copy, room_for_copies};
pub use create::{await_taken, create};
pub use create_set::{Member, Members, create_set, instance, members};
pub use delete::delete;
pub use describe::describe;
pub use held::Held;
pub use owned::Owned;
pub use reconcile::snapshot as reconcile;
pub use records::{CopyUse, Root, Set, Shared, Snapshot, Source, State, Use};
pub use resealing::step as reseal;

use wharf_records::{Record as _, Scope};
use wharf_service::platform;
use wharf_wire::{Context, Fault};

use crate::{Ec2Service, fault, table::SERVICE};

/// Snapshots of an account in a region.
const MAX_SNAPSHOTS: usize = 10_000;
/// As in AWS: snapshots of one volume that are being taken.
const MAX_PENDING: usize = 5;

/// A snapshot that the caller may see and make volumes of.
pub async fn find(service: &Ec2Service, cx: &Context, id: &str) -> Result<Snapshot, Fault> {
    find_for(service, &cx.account, &cx.region, id).await
}

/// … that an account may.
pub async fn find_for(
    service: &Ec2Service,
    account: &str,
    region: &str,
    id: &str,
) -> Result<Snapshot, Fault> {
    check_id(id)?;
    let found = visible_to(service, account, region, id).await?;
    found.ok_or_else(|| fault::snapshot_not_found(id))
}

/// `snap-` and hexadecimal digits.
pub fn check_id(id: &str) -> Result<(), Fault> {
    let digits = id.strip_prefix("snap-").unwrap_or_default();
    let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    match matches!(digits.len(), 8 | 17) && digits.bytes().all(is_digit) {
        true => Ok(()),
        false => Err(fault::malformed_id(id, "snapshotId", "snap")),
    }
}

async fn visible(service: &Ec2Service, cx: &Context, id: &str) -> Result<Option<Snapshot>, Fault> {
    visible_to(service, &cx.account, &cx.region, id).await
}

/// Of any region.
async fn visible_to(
    service: &Ec2Service,
    account: &str,
    region: &str,
    id: &str,
) -> Result<Option<Snapshot>, Fault> {
    let of_users = |it: &Snapshot| it.is_seen() && it.may_use(account);
    let own = Scope::new(SERVICE, account, region);
    let found = service
        .table
        .read::<Snapshot>(&own.key(Snapshot::KIND, id))
        .await?;
    if let Some(found) = found {
        return Ok(Some(found.record).filter(of_users));
    }
    for key in [
        own.key(Shared::KIND_OF_ACCOUNT, id),
        all_accounts(region, id),
    ] {
        let Some(shared) = service.table.read::<Shared>(&key).await? else {
            continue;
        };
        let key = Scope::new(SERVICE, &shared.record.owner, region).key(Snapshot::KIND, id);
        let found = service.table.read::<Snapshot>(&key).await?;
        if let Some(found) = found.map(|it| it.record).filter(of_users) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Where the pointer to a public snapshot lies.
fn all_accounts(region: &str, id: &str) -> String {
    platform::scope(SERVICE).key(Shared::KIND_OF_ALL, &format!("{region}:{id}"))
}

/// Where an account finds a snapshot of another.
fn shared_key(cx: &Context, account: &str, id: &str) -> String {
    Scope::new(SERVICE, account, &cx.region).key(Shared::KIND_OF_ACCOUNT, id)
}
