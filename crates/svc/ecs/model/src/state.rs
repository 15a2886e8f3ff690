//! The state that all rooms of ECS share: its records, the view of them, the machines, and how a task
//! changes.
//!
//! Whoever changes a task does it through [`State::change_task`], so that the host's ledger moves in the
//! same transaction. What only one room needs (queues, connections, other services) is not here.

mod lookup;

use std::{sync::Arc, time::Duration};

use wharf_base::{Clock, Permit, Timestamp};
use wharf_hosts::Hosts;
use wharf_reconcile::Shard;
use wharf_records::{ecs::Task, hosts::Ledger};
pub use wharf_service::{MAX_TRIES, Stored};
use wharf_service::{Table, Turns, transact};
use wharf_store::{Compare, LeaseId, Store};

use crate::{
    ahead::Ahead,
    fault::EcsFaults,
    task::{claim, settle},
    view::View,
};

/// How long a client token is remembered at least.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 3600);
/// Tokens of so long a time share a lease: SDKs send one with every call, and a lease of its own
/// would cost each of them a write more.
const TOKENS_TOGETHER: Duration = Duration::from_secs(15 * 60);

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<EcsFaults>;
/// Why a reconciler tries a key again.
pub type StepError = wharf_service::StepError<EcsFaults>;

/// See the [module](self).
pub struct State {
    pub store: Store,
    pub table: Table<EcsFaults>,
    /// The machines, and the turns of those who claim room on them.
    pub hosts: Hosts,
    pub view: Arc<View>,
    /// What hosts fetch ahead of tasks.
    pub ahead: Ahead,
    /// Held by the server whose reconcilers may write.
    pub shard: Shard,
    clock: Arc<dyn Clock>,
    /// The lease of the client tokens of this time, and until when it is given to further ones.
    token_lease: tokio::sync::Mutex<Option<(LeaseId, Timestamp)>>,
    /// Who changes a host's ledger, or a family, waits here for its turn: compare-and-swap alone would
    /// be correct, but a hundred writers of one record would starve each other. Locks are shared by hash.
    turns: Turns,
}

impl State {
    /// `home_account`: whose nodes serve every account.
    pub fn new(
        store: Store,
        hosts: Hosts,
        clock: Arc<dyn Clock>,
        home_account: Option<String>,
    ) -> Self {
        Self {
            view: Arc::new(View::new(hosts.clone(), home_account)),
            hosts,
            ahead: Ahead::default(),
            table: Table::new(store.clone()),
            store,
            shard: Shard::new("/w1/c0/ecs/shard/0"),
            clock,
            token_lease: tokio::sync::Mutex::default(),
            turns: Turns::default(),
        }
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until the view shows everything written so far.
    pub async fn up_to_date(&self) {
        self.hosts.up_to_date().await;
        let newest = wharf_service::newest(&self.store).await;
        self.view.reach(newest).await;
    }

    /// What a reconciler's transaction must compare.
    ///
    /// # Errors
    /// Another server holds the shard.
    pub fn fence(&self) -> Result<Compare, StepError> {
        wharf_service::fence(&self.shard)
    }

    /// Changes one task, settles it, and moves its host's ledger along in the same transaction.
    /// Returns the task as it is afterwards; `None` if there is none.
    ///
    /// # Errors
    /// The store failed, every try was lost to another writer, or the fence broke.
    pub async fn change_task(
        &self,
        permit: &Permit,
        fence: Option<&Compare>,
        key: &str,
        mut change: impl FnMut(&mut Task),
    ) -> Result<Option<Task>, ChangeError> {
        let mut turn = None;
        let changed = transact!(self.table, permit, |tx| {
            if let Some(fence) = fence {
                tx.fence(fence.clone());
            }
            let Some(before) = tx.find::<Task>(key).await? else {
                return Ok(None);
            };
            let mut task = before.clone();
            change(&mut task);
            settle(&mut task, self.now());
            if task == before {
                return Ok(Some(task));
            }
            tx.put(key, &task);
            // One that waits for capacity has claimed nothing.
            if !task.host.is_empty() && claim::moves(&before, &task) {
                if turn.is_none() {
                    turn = Some(self.turn(&task.host).await);
                }
                let ledger_key = Ledger::key(&task.host);
                if let Some(mut ledger) = tx.find::<Ledger>(&ledger_key).await?
                    && claim::follow(&mut ledger, &task)
                {
                    tx.put(ledger_key, &ledger);
                }
            }
            task
        });
        Ok(Some(changed))
    }

    /// The lease under which a client token is remembered.
    ///
    /// # Errors
    /// The store failed.
    pub async fn token_lease(&self, permit: &Permit) -> Result<LeaseId, ChangeError> {
        let mut current = self.token_lease.lock().await;
        if let Some((lease, until)) = *current
            && self.now() < until
        {
            return Ok(lease);
        }
        let ttl = TOKEN_TTL + TOKENS_TOGETHER;
        let lease = self.store.lease_grant(permit, ttl).await?;
        *current = Some((lease, self.now() + TOKENS_TOGETHER));
        Ok(lease)
    }

    /// Waits for the turn to change what `of` names.
    pub async fn turn(&self, of: &str) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns.take(of).await
    }
}

/// Every try was lost to another writer.
pub fn conflict(key: &str) -> ChangeError {
    ChangeError::conflict(key)
}
