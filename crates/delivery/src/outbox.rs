//! Parcels of a service, and the workers that deliver them.

use std::{fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit};
use wharf_reconcile::{Next, Queue, Shard, Takeover};
use wharf_records::{Record as _, Scope};
use wharf_service::{Changes, Faults, OneQueue, Place, Reach, Stored, Table, fence, settled};
use wharf_wire::async_trait;

use crate::{Failure, GivenUp, Parcel, Policy};

const PERMIT: Permit = Permit::for_controller("delivery");
/// Parcels on their way at once.
const WORKERS: usize = 32;

/// Who carries the parcels of a service.
#[async_trait]
pub trait Courier: Send + Sync + 'static {
    /// What a parcel says. It is kept in the store, so it holds no secret.
    type Work: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// One try. It may have been made before, if the server ended before that was written down.
    ///
    /// # Errors
    /// It was not delivered.
    async fn deliver(&self, parcel: &Parcel<Self::Work>) -> Result<(), Failure>;

    /// Nobody will try it again: time for its dead letter.
    async fn given_up(&self, parcel: &Parcel<Self::Work>, why: GivenUp);
}

/// The parcels of one service.
pub struct Outbox<F, C> {
    service: &'static str,
    table: Table<F>,
    courier: Arc<C>,
    clock: Arc<dyn Clock>,
    queue: Arc<Queue<String>>,
    shard: Shard,
    takeover: Takeover,
}

impl<F, C> fmt::Debug for Outbox<F, C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Outbox");
        out.field("service", &self.service).finish_non_exhaustive()
    }
}

impl<F: Faults, C: Courier> Outbox<F, C> {
    /// `service` is the one that the parcels' keys belong to.
    pub fn new(
        service: &'static str,
        table: Table<F>,
        courier: C,
        clock: Arc<dyn Clock>,
        takeover: Takeover,
    ) -> Self {
        Self {
            service,
            table,
            courier: Arc::new(courier),
            clock,
            queue: Arc::default(),
            shard: Shard::new(format!("/w1/c0/{service}/shard/delivery")),
            takeover,
        }
    }

    /// Adds a parcel to the change that makes it necessary. `id` tells it from others of the place: the
    /// same one again is the same parcel.
    pub fn put(
        &self,
        changes: &mut Changes<'_, F>,
        place: &Place,
        id: &str,
        work: C::Work,
        policy: Policy,
    ) {
        let parcel = Parcel::new(work, policy, self.clock.now());
        let scope = Scope::new(self.service, &place.account, &place.region);
        changes.put(scope.key(Parcel::<C::Work>::KIND, id), &parcel);
    }

    /// Delivers until `stop`, or until a part of it panics.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let loops = OneQueue {
            service: self.service,
            store: self.table.store(),
            shard: &self.shard,
            permit: PERMIT,
            takeover: self.takeover,
            queue: &self.queue,
            workers: WORKERS,
        };
        let (fed, worked) = (self.queue.clone(), self.clone());
        let changed = move |key: &str, _| {
            let kind = Scope::parse(key).map(|(_, kind, _)| kind);
            if kind == Some(Parcel::<C::Work>::KIND) {
                fed.wake(key.to_owned());
            }
            Reach::One
        };
        let work = move |key| worked.clone().bring(key);
        loops.run(stop, changed, work).await;
    }

    /// Delivers the parcel under a key if it is due.
    async fn bring(self: Arc<Self>, key: String) -> Result<Next, wharf_service::StepError<F>> {
        let Some(stored) = self.table.read::<Parcel<C::Work>>(&key).await? else {
            return Ok(Next::Settled);
        };
        let now = self.clock.now();
        if now < stored.record.due_at {
            return Ok(Next::After(stored.record.due_at.since(now)));
        }
        // Who lost the shard leaves it to the other.
        fence::<F>(&self.shard)?;
        let left = match self.courier.deliver(&stored.record).await {
            Ok(()) => None,
            Err(failure) => self.after(&stored, failure).await,
        };
        settled(self.write(&stored, left).await)
    }

    /// What is left of a parcel that was not delivered; `None` if it is given up.
    async fn after(
        &self,
        stored: &Stored<Parcel<C::Work>>,
        failure: Failure,
    ) -> Option<Parcel<C::Work>> {
        let parcel = stored.record.clone();
        match parcel.failed(failure, self.clock.now(), rand::random()) {
            Ok(again) => Some(again),
            Err(why) => {
                tracing::warn!(key = stored.key, error = %why.failure, retries = why.retries, "a delivery failed and is given up");
                self.courier.given_up(&stored.record, why).await;
                None
            }
        }
    }

    async fn write(
        &self,
        stored: &Stored<Parcel<C::Work>>,
        left: Option<Parcel<C::Work>>,
    ) -> Result<(), wharf_service::ChangeError<F>> {
        let mut changes = self.table.begin();
        changes.when(stored.unchanged());
        if let Some(fence) = self.shard.fence() {
            changes.fence(fence);
        }
        match &left {
            Some(parcel) => changes.put(&stored.key, parcel),
            None => changes.delete(&stored.key),
        }
        changes.write(&PERMIT).await
    }
}
