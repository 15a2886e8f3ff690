//! The agents of container instances, as this server knows them.

use std::sync::Arc;

use wharf_api_ec2::Ec2;
use wharf_api_logs::Logs;
use wharf_base::Permit;
use wharf_log_writer::{Kind, Line, Writer};
use wharf_reconcile::{Depth, Queue};
use wharf_seal::Keyring;
use wharf_service::Loops;

use wharf_vended::Vended;

use crate::{
    Config,
    acs::hub::Hub,
    instances,
    metrics::{performance::Event, reservation},
    names::Place,
    roles::TaskCredentials,
    state::State,
};

const INSTANCE_WORKERS: usize = 4;

/// Groups of performance events keep them for a day, as AWS sets it.
const PERFORMANCE: Kind = Kind {
    name: "performance events",
    principal: "ecs.amazonaws.com",
    permit: Permit::for_controller("ecs-insights"),
    retention: Some(1),
};

/// What [`Agents`] are made of.
pub struct Parts {
    pub state: Arc<State>,
    pub keyring: Arc<Keyring>,
    pub credentials: Arc<dyn TaskCredentials>,
    /// Says what became of machines that are its instances.
    pub ec2: Arc<dyn Ec2>,
    /// Where what they measure is kept.
    pub metrics: Vended,
    /// Where performance events go; without it there are none.
    pub logs: Option<Arc<dyn Logs>>,
    pub config: Config,
}

/// Handles on it are shared as an `Arc`.
pub struct Agents {
    pub state: Arc<State>,
    pub hub: Hub,
    pub config: Config,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) credentials: Arc<dyn TaskCredentials>,
    pub(crate) ec2: Arc<dyn Ec2>,
    pub(crate) metrics: Vended,
    /// Performance events on their way into Logs.
    events: Option<Arc<Writer>>,
    /// Keys of container instances whose connection is to be looked at.
    instances: Arc<Queue<String>>,
}

impl Agents {
    /// No instance counts as silent before [`Agents::work`].
    pub fn new(parts: Parts) -> Self {
        let clock = parts.state.clock();
        let writer = |logs| Writer::new(PERFORMANCE, logs, clock);
        Self {
            events: parts.logs.map(writer),
            state: parts.state,
            hub: Hub::default(),
            config: parts.config,
            keyring: parts.keyring,
            credentials: parts.credentials,
            ec2: parts.ec2,
            metrics: parts.metrics,
            instances: Arc::default(),
        }
    }

    /// The container instance of that key has changed, or its connection has.
    pub fn wake_instance(&self, key: String) {
        self.instances.wake(key);
    }

    /// How much there is to do.
    pub fn depth(&self) -> Depth {
        self.instances.depth()
    }

    /// Leaves performance events to be written; nobody waits for that.
    pub(crate) fn tell(&self, place: &Place, events: impl IntoIterator<Item = Event>) {
        let Some(writer) = &self.events else { return };
        let place = wharf_service::Place {
            account: place.account.clone(),
            region: place.region.clone(),
        };
        let lines = events.into_iter().map(|it| Line {
            group: format!("/aws/ecs/containerinsights/{}/performance", it.cluster),
            stream: it.stream,
            at: it.at * 1000,
            text: it.text,
        });
        writer.add(&place, lines);
    }

    /// Adds the loops that follow connections and measure clusters to those of the service.
    pub fn work(self: &Arc<Self>, loops: &mut Loops) {
        self.hub.start();
        let of = self.clone();
        loops.work(&self.instances, INSTANCE_WORKERS, move |key| {
            instances::instance(of.clone(), key)
        });
        let (of, stop) = (self.clone(), loops.stop());
        loops.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = reservation::run(of) => {}
            }
        });
        if let Some(writer) = self.events.clone() {
            let stop = loops.stop();
            loops.spawn(async move { writer.run(stop).await });
        }
    }
}
