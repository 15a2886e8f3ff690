//! What every operation and loop of the service works with.

use std::sync::Arc;

use wharf_delivery::{Outbox, Room};
use wharf_egress::Shares;
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record as _;
use wharf_service::{Pages, Stored, Table, Turns};
use wharf_store::Held;
use wharf_wire::{Context, Fault};

use crate::{
    config::Parts,
    courier::{self, Messages},
    fault::{self, SnsFaults},
    fifo::{self, Kept, Lane, Turn},
    names::{SERVICE, SubscriptionId, TopicId},
    records::{Subscription, Topic},
    subscribers::{self, Subscribers},
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<SnsFaults>,
    pub outbox: Arc<Outbox<SnsFaults, Messages>>,
    pub courier: Messages,
    /// Those who publish to the same topic with order, and those who change subscriptions of the same topic.
    pub turns: Turns,
    /// Topics' subscriptions, ready for messages.
    pub subscribers: subscribers::Kept,
    pub lanes: Arc<Queue<Lane>>,
    pub lanes_shard: Shard,
}

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<SnsFaults>;

impl Core {
    pub fn new(parts: Parts) -> Self {
        let table = Table::new(parts.store.clone());
        let (clock, takeover) = (parts.clock.clone(), parts.takeover);
        let courier = Messages {
            operations: parts.operations.clone(),
            egress: Arc::new(Shares::new(
                &parts.egress,
                courier::ALL_AT_ONCE,
                courier::AT_ONCE,
            )),
            signer: parts.signer.clone(),
            keyring: parts.keyring.clone(),
            kms: parts.own_kms.clone(),
            mailer: parts.mailer.clone(),
            clock: clock.clone(),
            address: parts.address.clone(),
            rates: Arc::default(),
            counters: parts.counters.clone(),
        };
        Self {
            outbox: Arc::new(
                Outbox::new(SERVICE, table.clone(), courier.clone(), clock, takeover)
                    .with_most_waiting(parts.most_waiting),
            ),
            courier,
            turns: Turns::default(),
            subscribers: subscribers::Kept::default(),
            lanes: Arc::default(),
            lanes_shard: Shard::new(format!("/w1/c0/{SERVICE}/shard/fifo")),
            table,
            parts,
        }
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, SnsFaults> {
        Pages::new(&self.parts.keyring, cx, list, selection)
    }

    /// What an account has left for messages that wait, with the turns of topics with order.
    pub fn room(&self, account: &str) -> Room {
        self.outbox
            .room(account)
            .less(self.held(Turn::KIND, account).bytes)
    }

    /// What is left for a message to a topic with order that has no archive. Archives are no part of it: nobody waits for
    /// what is in them.
    pub fn room_with_order(&self, account: &str) -> Room {
        let (kept, turns) = (Kept::KIND, Turn::KIND);
        let waiting = fifo::waiting(self.held(kept, account), self.held(turns, account));
        self.room(account).less(waiting)
    }

    fn held(&self, kind: &str, account: &str) -> Held {
        self.parts.store.held_of_kind(SERVICE, kind, account)
    }

    pub async fn topic(&self, id: &TopicId) -> Result<Stored<Topic>, Fault> {
        self.table
            .read(&id.key())
            .await?
            .ok_or_else(fault::no_topic)
    }

    pub async fn subscription(&self, id: &SubscriptionId) -> Result<Stored<Subscription>, Fault> {
        self.table
            .read(&id.key())
            .await?
            .ok_or_else(fault::no_subscription)
    }

    /// The subscriptions of a topic, ready for messages.
    ///
    /// # Errors
    /// The store's; a record that cannot be read.
    pub async fn subscribers(
        &self,
        topic: &TopicId,
        there: &Stored<Topic>,
    ) -> Result<Arc<Subscribers>, Fault> {
        (self.subscribers)
            .of(&self.table, topic, there.revision)
            .await
    }

    /// The subscriptions of a topic, with their ids.
    pub async fn subscriptions(
        &self,
        topic: &TopicId,
    ) -> Result<Vec<(SubscriptionId, Stored<Subscription>)>, ChangeError> {
        let start = format!("{}/", topic.name);
        let all = self
            .table
            .all::<Subscription>(&topic.scope(), &start)
            .await?;
        let id = |id: String| SubscriptionId {
            topic: topic.clone(),
            id: id.rsplit('/').next().unwrap_or_default().to_owned(),
        };
        Ok(all
            .into_iter()
            .map(|(it, stored)| (id(it), stored))
            .collect())
    }
}
