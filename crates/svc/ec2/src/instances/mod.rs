//! Instances: what was asked for, on which host it is, and how it comes there.
//!
//! Operations write what is wanted ([`life`], pure); the reconciler ([`reconcile`]) claims room on a host,
//! which learns of the instance over the plane stream; what the host reports ([`reports`]) moves the record
//! on, and the reconciler releases what an instance held when nothing of it is left. Of hosts that are retired they are told, and
//! end with them ([`scheduled`]).

pub mod consoles;
mod cut_off;
pub mod describe;
pub mod fields;
pub mod figures;
pub mod launch;
pub mod life;
pub mod located;
pub mod machines;
pub mod operated;
pub mod placing;
pub mod pods;
pub mod providers;
mod reconcile;
mod reports;
mod run;
pub mod scheduled;
pub mod size;
mod typeless;

pub use cut_off::Sight;
pub use figures::Part;
pub use machines::{Dedicated, MachineNode, MachineNodeWish};
pub use pods::{PodMachine, PodMachineWish};
pub use providers::{
    MachineNodes, Maker, MakerConfig, MakerOverview, MakerPace, MakerParts, MakerSecret,
    MakerSecretError, OpenAccounts, Pool, PoolConfig, PoolMachineShown, PoolShown, PoolSize,
    ShownMachine, ShownMachineWish, maker_protocol, maker_url,
};
pub use reconcile::{PERMIT, has_room_again};
pub use reports::{InstanceImage, InstanceRole, Told};

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Mark, Permit, SystemClock, Timestamp};
use wharf_datakeys::grants::PendingGrant;
use wharf_hosts::Hosts;
use wharf_reconcile::{Queue, Shard, Takeover};
use wharf_records::{Record, Scope};
use wharf_service::{Look, Loops, Reach, feed};
use wharf_store::Store;
use wharf_vended::Vended;
use wharf_wire::{Fault, async_trait};

use self::{
    consoles::Consoles,
    figures::{Checks, Processors},
    placing::claimant,
    providers::webhook::{self, Making},
};
use crate::{
    Ec2Service,
    endpoint_services::{self, EndpointService, Wake, follow_balancers},
    endpoints::VpcEndpoint,
    fleet::{Fleet, Pauses, SpotFleet},
    flow_logs::{self, FlowBatch, FlowSource},
    records::{Instance, Launch},
    snapshots::{self, Snapshot},
    spot::{SpotRequest, interrupt},
    table::SERVICE,
    volumes::Volume,
};

/// Instances worked on at once.
const WORKERS: usize = 8;
/// Instances of a machine maker worked on at once. It may take seconds to answer.
const MADE: usize = 8;
/// Fleets and Spot requests worked on at once. What they try in vain keeps no instance waiting.
const LAUNCHERS: usize = 4;
/// Flow logs whose records are delivered at once.
const DELIVERERS: usize = 4;

/// Endpoints of load balancers looked at at once.
const LINKERS: usize = 2;

/// Copies of snapshots that are sealed anew at once: each works a processor.
const RESEALERS: usize = 2;

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
    began: Mark,
    queue: Arc<Queue<String>>,
    /// Fleets and Spot requests.
    launchers: Arc<Queue<String>>,
    /// Flow logs with records to be delivered.
    flow_logs: Arc<Queue<String>>,
    /// Copies of snapshots that are sealed anew.
    resealing: Arc<Queue<String>>,
    /// Endpoints that lead to load balancers, and what they hang on.
    pub links: Arc<Queue<Wake>>,
    /// When fleets that lack something try again.
    pub pauses: Pauses,
    pub shard: Shard,
    pub consoles: Consoles,
    pub of_spot: OfSpot,
    making: Making,
    checks: Checks,
    processors: Processors,
    /// When the server was last seen to be cut off from its hosts.
    cut_off: Mutex<Option<Mark>>,
}

/// Keys of the instances that are Spot capacity, by the names of their claims.
#[derive(Default)]
pub struct OfSpot(Mutex<BTreeMap<String, String>>);

impl OfSpot {
    pub fn key(&self, claim: &str) -> Option<String> {
        self.0.lock().get(claim).cloned()
    }

    fn take(&self, key: &str, instance: &Instance) {
        if instance.spot.is_some() {
            let name = claimant(&instance.id).name();
            self.0.lock().insert(name, key.to_owned());
        }
    }

    fn forget(&self, key: &str) {
        if let Some((_, _, id)) = Scope::parse(key) {
            self.0.lock().remove(&claimant(&id).name());
        }
    }
}

impl Keeper {
    pub fn new(parts: Parts) -> Self {
        Self {
            began: Mark::now(&*parts.clock),
            parts,
            queue: Arc::default(),
            launchers: Arc::default(),
            flow_logs: Arc::default(),
            resealing: Arc::default(),
            links: Arc::default(),
            pauses: Pauses::default(),
            of_spot: OfSpot::default(),
            making: Making::default(),
            shard: Shard::new("/w1/c0/ec2/shard/0"),
            consoles: Consoles::default(),
            checks: Checks::default(),
            processors: Processors::default(),
            cut_off: Mutex::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// When this server began, by what the clock shows now.
    pub fn started(&self) -> Timestamp {
        self.began.shown_by(&*self.parts.clock)
    }

    /// Has a copy of a snapshot be sealed on.
    pub fn wake_resealing(&self, key: &str) {
        self.resealing.wake(key.to_owned());
    }
}

impl Ec2Service {
    /// Runs the reconciler of instances until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let keeper = &self.instances;
        let (fed, worked) = (self.clone(), self.clone());
        let changed = move |key: &str, _: Look| {
            let keeper = &fed.instances;
            let queue = match Scope::parse(key) {
                Some((
                    _,
                    Instance::KIND
                    | Launch::KIND
                    | Volume::KIND
                    | Snapshot::KIND
                    | PendingGrant::KIND,
                    _,
                )) => &keeper.queue,
                Some((_, SpotRequest::KIND | Fleet::KIND | SpotFleet::KIND, _)) => {
                    &keeper.launchers
                }
                Some((_, FlowSource::KIND, _)) => &keeper.flow_logs,
                Some((scope, VpcEndpoint::KIND, _)) => {
                    keeper.links.wake(Wake::Endpoint(key.to_owned()));
                    keeper.links.wake(Wake::Unnamed(scope));
                    return Reach::One;
                }
                Some((_, EndpointService::KIND, _)) => {
                    keeper.links.wake(Wake::Service(key.to_owned()));
                    return Reach::One;
                }
                Some((scope, FlowBatch::KIND, id)) => {
                    if let Some(log) = flow_logs::key_of_batch(&scope, &id) {
                        keeper.flow_logs.wake(log);
                    }
                    return Reach::One;
                }
                _ => return Reach::One,
            };
            queue.wake(key.to_owned());
            Reach::One
        };
        let work = move |key: String| {
            let service = worked.clone();
            async move { reconcile::key(&service, &key).await }
        };
        let resealed = self.clone();
        let reseal = move |key: String| {
            let service = resealed.clone();
            async move { snapshots::reseal(&service, &key).await }
        };
        let made = self.clone();
        let make = move |key: String| {
            let service = made.clone();
            async move { webhook::reconcile(&service, &key).await }
        };
        let linked = self.clone();
        let link = move |wake: Wake| {
            let service = linked.clone();
            async move { endpoint_services::reconcile(&service, wake).await }
        };
        let balanced = self.clone();
        let (listed, pooled) = (self.clone(), self.clone());
        // One that panics ends the service, as the loops of the reconciler do.
        let ended = stop.child_token();
        let taking_back = interrupt::run(self, ended.clone());
        let reconciling = async {
            let mut loops = Loops::new(SERVICE, stop);
            let (store, permit) = (self.table.store(), Permit::for_controller("ec2-shard"));
            let held = loops.hold(&keeper.shard, store, permit, keeper.parts.takeover);
            held.await;
            loops.spawn(feed(store.clone(), SERVICE, loops.stop(), changed));
            loops.work(&keeper.queue, WORKERS, work.clone());
            loops.work(&keeper.launchers, LAUNCHERS, work.clone());
            loops.work(&keeper.flow_logs, DELIVERERS, work);
            loops.work(&keeper.resealing, RESEALERS, reseal);
            loops.work(&keeper.making.queue, MADE, make);
            loops.work(&keeper.links, LINKERS, link);
            loops.spawn(follow_balancers(balanced, loops.stop()));
            loops.spawn(webhook::follow_lists(listed, loops.stop()));
            loops.spawn(webhook::fargate_pool::follow(pooled, loops.stop()));
            loops.run().await;
            ended.cancel();
        };
        tokio::join!(taking_back, reconciling);
    }
}
