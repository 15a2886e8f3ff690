//! Ends the buckets of an account that was closed, with all that is in them. Each step is a transaction of its own, and
//! can be done again.

use wharf_base::Permit;
use wharf_records::decode;
use wharf_service::transact;
use wharf_store::{Range, Txn};
use wharf_wanted::MARKER;
use wharf_wire::Fault;

use crate::{
    core::{ChangeError, Core, Open},
    ops::buckets::drop_uploads,
    records::{self, Body, Bucket, Object},
};

/// Versions removed in one transaction: a record and what its bytes are owned by each; the store takes 128 operations.
const AT_ONCE: usize = 60;

/// How many buckets the account had.
pub async fn account(core: &Core, permit: &Permit, account: &str) -> Result<usize, Fault> {
    let buckets = core.buckets().await?.into_iter();
    let own = buckets.filter(|it| it.record.account == account);
    let mut count = 0;
    for open in own {
        bucket(core, permit, &open).await?;
        count += 1;
    }
    Ok(count)
}

async fn bucket(core: &Core, permit: &Permit, open: &Open) -> Result<(), Fault> {
    let id = &open.record.id;
    let _work = core.at_work.begin(id);
    let mark = |bucket: &mut Bucket| {
        bucket.deleting |= bucket.id == *id;
        Ok::<_, Fault>(())
    };
    // From now on nothing is added.
    core.table.change(permit, &open.key, mark).await?;
    // Noncurrent versions first: where there is one, there is a current one.
    for folder in [
        records::all_versions(id),
        records::markers(id),
        records::objects(id),
    ] {
        while remove(core, permit, &folder).await? {}
    }
    drop_uploads(core, permit, id).await?;
    transact!(core.table, permit, |tx| {
        let found = tx.find::<Bucket>(&open.key).await?;
        if found.is_some_and(|it| it.id == *id && it.deleting) {
            tx.delete(open.key.clone());
            tx.delete(records::name(&open.record.name));
        }
    });
    core.parts.store.release(records::SERVICE, id);
    core.doomed.notify_one();
    Ok(())
}

/// Removes some versions; whether there are more.
async fn remove(core: &Core, permit: &Permit, folder: &str) -> Result<bool, Fault> {
    let range = Range::prefix(folder).limit(AT_ONCE);
    let page = core.table.store().range(range).await;
    let page = page.map_err(ChangeError::from)?;
    let mut txn = Txn::new();
    for entry in &page.entries {
        let object: Object = decode(&entry.value).map_err(ChangeError::from)?;
        txn = txn.delete(&entry.key);
        txn = match object.body {
            Body::Empty => txn,
            Body::Blob(digest, who) => txn.delete(wharf_wanted::owner(&digest, &who)),
            Body::Packed { slot, .. } => txn.delete(records::slot(&slot)),
            Body::Parts { upload, .. } => {
                let marker = wharf_records::encode(&MARKER);
                txn.put(records::doomed(&upload), marker)
            }
        };
    }
    if !page.entries.is_empty() {
        core.table.commit(permit, txn).await?;
    }
    Ok(page.more)
}
