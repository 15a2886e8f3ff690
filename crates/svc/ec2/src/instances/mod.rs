//! Instances: what was asked for, on which host it is, and how it comes there.
//!
//! Operations write what is wanted ([`life`], pure); the reconciler ([`reconcile`]) claims room on a host,
//! which learns of the instance over the plane stream; what the host reports ([`reports`]) moves the record
//! on, and the reconciler releases what an instance held when nothing of it is left.

pub mod consoles;
pub mod fields;
pub mod figures;
pub mod launch;
pub mod life;
pub mod placing;
pub mod pods;
mod reconcile;
mod reports;
pub mod shown;
pub mod size;

pub use figures::Part;
pub use pods::{PodMachine, PodMachineWish};
pub use reconcile::{PERMIT, has_room_again};
pub use reports::{InstanceImage, InstanceRole, Told};

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, SystemClock, Timestamp};
use wharf_hosts::Hosts;
use wharf_reconcile::{Queue, Shard, Takeover};
use wharf_records::{Record, Scope};
use wharf_service::{Look, OneQueue, Reach};
use wharf_store::Store;
use wharf_vended::Vended;
use wharf_wire::{Fault, async_trait};

use self::{consoles::Consoles, figures::Checks};
use crate::{
    Ec2Service,
    fleet::{Fleet, SpotFleet},
    records::{Instance, Launch},
    snapshots::Snapshot,
    spot::{SpotRequest, interrupt},
    table::SERVICE,
    volumes::Volume,
};

/// Instances worked on at once.
const WORKERS: usize = 8;

/// What instances stand on.
#[derive(Clone)]
pub struct Parts {
    pub hosts: Hosts,
    pub profiles: Arc<dyn Profiles>,
    /// Where samples are.
    pub metrics: Vended,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}

impl Parts {
    /// Without instance profiles.
    pub fn new(store: Store) -> Self {
        Self {
            hosts: Hosts::new(store),
            profiles: Arc::new(NoProfiles),
            metrics: Vended::default(),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        }
    }
}

/// An instance profile as IAM has it.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundProfile {
    pub arn: String,
    pub id: String,
    /// ARN of its role; it may have none.
    pub role: Option<String>,
}

/// IAM's instance profiles.
#[async_trait]
pub trait Profiles: Send + Sync + 'static {
    /// The account's profile of that name.
    async fn find(&self, account: &str, name: &str) -> Result<Option<FoundProfile>, Fault>;
}

struct NoProfiles;

#[async_trait]
impl Profiles for NoProfiles {
    async fn find(&self, _: &str, _: &str) -> Result<Option<FoundProfile>, Fault> {
        Ok(None)
    }
}

/// What all that is done for instances shares.
pub struct Keeper {
    pub parts: Parts,
    queue: Arc<Queue<String>>,
    pub shard: Shard,
    pub consoles: Consoles,
    checks: Checks,
}

impl Keeper {
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            queue: Arc::default(),
            shard: Shard::new("/w1/c0/ec2/shard/0"),
            consoles: Consoles::default(),
            checks: Checks::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }
}

impl Ec2Service {
    /// Runs the reconciler of instances until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let keeper = &self.instances;
        let loops = OneQueue {
            service: SERVICE,
            store: self.table.store(),
            shard: &keeper.shard,
            permit: Permit::for_controller("ec2-shard"),
            takeover: keeper.parts.takeover,
            queue: &keeper.queue,
            workers: WORKERS,
        };
        let (fed, worked) = (self.clone(), self.clone());
        let changed = move |key: &str, _: Look| {
            let kinds = [
                Instance::KIND,
                Launch::KIND,
                Volume::KIND,
                Snapshot::KIND,
                SpotRequest::KIND,
                Fleet::KIND,
                SpotFleet::KIND,
            ];
            let ours = |kind| kinds.contains(&kind);
            if Scope::parse(key).is_some_and(|(_, kind, _)| ours(kind)) {
                fed.instances.queue.wake(key.to_owned());
            }
            Reach::One
        };
        let work = move |key: String| {
            let service = worked.clone();
            async move { reconcile::key(&service, &key).await }
        };
        // One that panics ends the service, as the loops of the reconciler do.
        let ended = stop.child_token();
        let taking_back = interrupt::run(self, ended.clone());
        let reconciling = async {
            loops.run(stop, changed, work).await;
            ended.cancel();
        };
        tokio::join!(taking_back, reconciling);
    }
}
