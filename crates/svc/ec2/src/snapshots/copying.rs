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
};
use crate::{Ec2Service, fault::Ec2Faults, instances::PERMIT, table::SERVICE};

type Step = Result<Next, wharf_service::StepError<Ec2Faults>>;

pub async fn step(service: &Ec2Service, scope: &Scope, stored: &Stored<Snapshot>) -> Step {
    let record = &stored.record;
    let Some(origin) = &record.origin else {
        return Ok(Next::Settled);
    };
    let of_source = Scope::new(SERVICE, &origin.owner, &origin.region);
    let key = of_source.key(Snapshot::KIND, &origin.id);
    let source = service.table.read::<Snapshot>(&key).await?;
    // It stays until the copy is there, so this is a source whose records were lost.
    let Some(source) = source.map(|it| it.record) else {
        return fail(service, stored, "its source is gone").await;
    };
    let at = Place {
        account: scope.account.clone(),
        region: scope.region.clone(),
        id: record.id.clone(),
    };
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
            return fail(service, stored, "bytes of its source are missing").await;
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

async fn fail(service: &Ec2Service, stored: &Stored<Snapshot>, why: &str) -> Step {
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
