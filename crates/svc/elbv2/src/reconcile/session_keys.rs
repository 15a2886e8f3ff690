//! Keys of listeners that authenticate users are replaced when it is time, in two steps: a new one opens first, and seals later. Hosts are
//! told with the next change of the plane.

use std::sync::Arc;

use wharf_reconcile::Next;
use wharf_records::{Record, Scope};
use wharf_service::{fence, transact};
use wharf_store::Txn;

use super::{PERMIT, StepError};
use crate::{
    core::Core,
    login::{self, Step},
    names::{Kind, Names as _, Place},
    records::Listener,
};

pub async fn session_keys(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, Listener::KIND, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let arn = Place::of_scope(&scope).arn(Kind::Listener, &id);
    transact!(core.table, &PERMIT, |tx| {
        let Some(mut record) = tx.find::<Listener>(&key).await? else {
            return Ok(Next::Settled);
        };
        let Some(step) = login::next_step(&record.session_keys) else {
            return Ok(Next::Settled);
        };
        let now = core.now();
        if now < step.due() {
            return Ok(Next::After(step.due().since(now)));
        }
        let keys = std::mem::take(&mut record.session_keys);
        match step {
            Step::Add(_) => {
                let made = core.new_session_key(Txn::new(), &arn);
                let (mut txn, new) = made.map_err(StepError::other)?;
                let (keys, gone) = login::added(keys, new);
                record.session_keys = keys;
                for id in gone {
                    txn = txn.delete(login::public_key(&id));
                }
                tx.join(txn);
            }
            Step::First(_) => record.session_keys = login::newest_first(keys),
        }
        tx.fence(fence(&core.shard)?);
        tx.put(&key, &record);
    });
    tracing::info!(listener = arn, "the keys of users' sessions have changed");
    // Its own change brings it here again.
    Ok(Next::Settled)
}
