//! The machines as they are now, shared by all who place something on them.

use parking_lot::RwLock;
use wharf_base::Opaque;
use wharf_store::Store;

use crate::{FargateQueue, Machines, Needs, Reached, placement_queue::PlacementQueue};

/// A handle on the machines of the installation. Clones share everything.
#[derive(Clone)]
pub struct Hosts {
    inner: Opaque<Inner>,
}

struct Inner {
    store: Store,
    machines: RwLock<Machines>,
    reached: Reached,
    queue: PlacementQueue,
    needs: Needs,
    fargate: FargateQueue,
}

impl Hosts {
    /// Nothing is known before [`Hosts::feed`] runs.
    pub fn new(store: Store) -> Self {
        let inner = Inner {
            store,
            machines: RwLock::default(),
            reached: Reached::default(),
            queue: PlacementQueue::default(),
            needs: Needs::default(),
            fargate: FargateQueue::default(),
        };
        Self {
            inner: Opaque::new(inner),
        }
    }

    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Waits until the machines show everything written so far.
    pub async fn up_to_date(&self) {
        let newest = wharf_service::newest(&self.inner.store).await;
        self.inner.reached.wait(newest).await;
    }

    /// Looks at the machines; nothing else happens to them meanwhile, so keep it short. A service's
    /// own lock may be taken within, never the other way round.
    pub fn read<R>(&self, look: impl FnOnce(&Machines) -> R) -> R {
        look(&self.inner.machines.read())
    }

    /// Changes what is known of them; as [`Hosts::read`].
    pub fn write<R>(&self, change: impl FnOnce(&mut Machines) -> R) -> R {
        change(&mut self.inner.machines.write())
    }

    /// Those who wait for Spot capacity to be given up.
    pub fn needs(&self) -> &Needs {
        &self.inner.needs
    }

    /// Those who wait for room of Fargate.
    pub fn fargate(&self) -> &FargateQueue {
        &self.inner.fargate
    }

    pub(crate) fn reached(&self) -> &Reached {
        &self.inner.reached
    }

    pub(crate) fn queue(&self) -> &PlacementQueue {
        &self.inner.queue
    }
}
