//! A copy comes to own what its source owns, page by page. Each page is a step of its own, so a server that dies goes on
//! where it was; what a step began is done again.

use wharf_planeproto::snapshot::{Complete, hex_of};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;

use super::{
    NotTaken, Place, Snapshot, State,
    bytes::{AT_ONCE, digest},
    records::Origin,
};
use crate::{Ec2Service, fault::Ec2Faults, instances::PERMIT, table::SERVICE};

pub(super) type Step = Result<Next, wharf_service::StepError<Ec2Faults>>;

pub(super) const SOURCE_GONE: &str = "its source is gone";
pub(super) const BYTES_MISSING: &str = "bytes of its source are missing";

/// It stays until the copy is there, so without it its records were lost.
pub(super) async fn source_of(
    service: &Ec2Service,
    origin: &Origin,
) -> Result<Option<Snapshot>, wharf_service::StepError<Ec2Faults>> {
    let of_source = Scope::new(SERVICE, &origin.owner, &origin.region);
    let key = of_source.key(Snapshot::KIND, &origin.id);
    let source = service.table.read::<Snapshot>(&key).await?;
    Ok(source.map(|it| it.record))
}

pub(super) fn place_of(scope: &Scope, record: &Snapshot) -> Place {
    Place {
        account: scope.account.clone(),
        region: scope.region.clone(),
        id: record.id.clone(),
    }
}

pub async fn step(service: &Ec2Service, scope: &Scope, stored: &Stored<Snapshot>) -> Step {
    let record = &stored.record;
    let Some(origin) = &record.origin else {
        return Ok(Next::Settled);
    };
    let Some(source) = source_of(service, origin).await? else {
        return fail(service, stored, SOURCE_GONE).await;
    };
    let at = place_of(scope, record);
    let done = match source.pages.get(origin.copied) {
        Some(page) => service.copy_page(&at, page).await,
        None => {
            let pages = source.pages.clone();
            let now = service.instances.now();
            service
                .snapshot_complete(&at, &Complete { pages }, now)
                .await
        }
    };
    match done {
        Ok(()) => {}
        // It was deleted meanwhile, and comes again.
        Err(NotTaken::Gone) => return Ok(Next::Settled),
        Err(NotTaken::Missing | NotTaken::Malformed(_)) => {
            return fail(service, stored, BYTES_MISSING).await;
        }
        Err(error @ (NotTaken::Failed(_) | NotTaken::Shut(_))) => {
            return Err(wharf_service::StepError::other(error));
        }
    }
    // What was written wakes it again, or it is completed.
    if origin.copied == source.pages.len() {
        return Ok(Next::Settled);
    }
    let shard = fence(&service.instances.shard)?;
    let mut moved = record.clone();
    if let Some(origin) = &mut moved.origin {
        origin.copied += 1;
        let share = origin.copied * 100 / source.pages.len();
        moved.progress = u8::try_from(share).unwrap_or(99).min(99);
    }
    moved.moved_at = Some(service.instances.now());
    let txn = Txn::new().when(shard).when(stored.unchanged());
    let txn = txn.put(&stored.key, encode(&moved));
    service.table.commit(&PERMIT, txn).await?;
    // What was written wakes it again.
    Ok(Next::Settled)
}

pub(super) async fn fail(service: &Ec2Service, stored: &Stored<Snapshot>, why: &str) -> Step {
    let mut failed = stored.record.clone();
    failed.state = State::Error;
    failed.reason = Some(why.to_owned());
    let txn = Txn::new().when(fence(&service.instances.shard)?);
    let txn = txn.when(stored.unchanged());
    let mut txn = txn.put(&stored.key, encode(&failed));
    if let Some(word) = failed.origin_use() {
        txn = txn.delete(word);
    }
    service.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

impl Ec2Service {
    /// Makes a copy the owner of a page and of what it lists.
    async fn copy_page(&self, at: &Place, page: &str) -> Result<(), NotTaken> {
        let page = digest(page)?;
        let mut all = vec![page];
        for entry in self.entries_of(&page).await? {
            all.push(digest(&hex_of(&entry.sum))?);
        }
        for some in all.chunks(AT_ONCE) {
            if !self.own(at, some, false).await?.is_empty() {
                return Err(NotTaken::Missing);
            }
        }
        Ok(())
    }
}
