//! What every operation and loop of the service works with.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;
use tokio::sync::broadcast;
use wharf_base::{Mark, Timestamp};
use wharf_delivery::Operations;
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record;
use wharf_service::{Stored, Table};
use wharf_wire::{Call, Fault};

use crate::{
    config::Parts,
    fault::{self, Elbv2Faults},
    names::{Kind, Names as _, Place, platform_scope},
    records::{Host, LoadBalancer, TargetGroup},
};

/// In whose name this service calls others.
pub const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";

/// Changes a slow listener may be behind before it hears that it missed some.
const CHANGES: usize = 1024;

pub struct Core {
    pub parts: Parts,
    pub table: Table<Elbv2Faults>,
    /// Keys of load balancers, and of what deleted ones have left.
    pub balancers: Arc<Queue<String>>,
    /// Keys of target groups.
    pub groups: Arc<Queue<String>>,
    /// Keys of hosts.
    pub hosts: Arc<Queue<String>>,
    /// Keys of certificates.
    pub certificates: Arc<Queue<String>>,
    /// Instances that changed, by their ids.
    pub instances: Arc<Queue<(Place, String)>>,
    /// Those that are targets. Others change far more often.
    pub as_targets: Mutex<HashSet<(Place, String)>>,
    /// Keys of listeners, whose keys of sessions have their time.
    pub session_keys: Arc<Queue<String>>,
    pub shard: Shard,
    /// ARNs of target groups whose targets or health changed.
    pub changes: broadcast::Sender<String>,
    /// How many streams each host has open to this server; of those that came since it began.
    pub connections: Mutex<HashMap<String, u32>>,
    /// When this server began.
    pub started: Mark,
    /// By which buckets are written to, once all services are there.
    pub operations: OnceLock<Arc<dyn Operations>>,
}

/// Whether a host is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has a stream open.
    Connected,
    /// All its streams have ended.
    Gone,
    /// It has opened none since the server began.
    NotYet,
}

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<Elbv2Faults>;

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            started: Mark::now(&*parts.clock),
            table: Table::new(parts.store.clone()),
            parts,
            balancers: Arc::default(),
            groups: Arc::default(),
            hosts: Arc::default(),
            certificates: Arc::default(),
            instances: Arc::default(),
            as_targets: Mutex::default(),
            session_keys: Arc::default(),
            shard: Shard::new("/w1/c0/elbv2/shard/0"),
            changes: broadcast::Sender::new(CHANGES),
            connections: Mutex::default(),
            operations: OnceLock::new(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The load balancer of an ARN that a caller gave, with its id.
    pub async fn balancer(
        &self,
        place: &Place,
        arn: Option<&str>,
    ) -> Result<(String, Stored<LoadBalancer>), Fault> {
        self.find(place, Kind::Balancer, arn, fault::balancer_not_found)
            .await
    }

    /// The target group of an ARN that a caller gave, with its id.
    pub async fn group(
        &self,
        place: &Place,
        arn: Option<&str>,
    ) -> Result<(String, Stored<TargetGroup>), Fault> {
        self.find(place, Kind::Group, arn, fault::group_not_found)
            .await
    }

    /// What an ARN of a kind names, or the fault for what is not there.
    pub async fn find<T: Record>(
        &self,
        place: &Place,
        kind: Kind,
        arn: Option<&str>,
        missing: fn() -> Fault,
    ) -> Result<(String, Stored<T>), Fault> {
        let id = place.id(kind, arn)?.ok_or_else(missing)?;
        let found = self.table.read(&place.scope().key(T::KIND, &id)).await?;
        Ok((id, found.ok_or_else(missing)?))
    }

    /// Every host that is known.
    pub async fn known_hosts(&self) -> Result<BTreeMap<String, Host>, ChangeError> {
        let all = self.table.all::<Host>(&platform_scope(), "").await?;
        Ok(all.into_iter().map(|(id, it)| (id, it.record)).collect())
    }

    /// The hosts that can be counted on.
    pub async fn serving(&self) -> Result<BTreeSet<String>, ChangeError> {
        let hosts = self.known_hosts().await?.into_iter();
        Ok(hosts.filter(|(_, it)| !it.lost).map(|(id, _)| id).collect())
    }

    /// What this server knows of the streams of a host.
    pub fn presence(&self, host: &str) -> Presence {
        match self.connections.lock().get(host) {
            None => Presence::NotYet,
            Some(0) => Presence::Gone,
            Some(_) => Presence::Connected,
        }
    }
}

/// The caller's request passed on to another service.
pub fn onward(call: &Call) -> Call {
    call.passed_on_by(PRINCIPAL)
}
