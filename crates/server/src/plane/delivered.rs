//! What one plane was told, and what it must be told next. Pure.
//!
//! A plane that was told all as of a revision has what it was entitled to then. So nothing is kept
//! of each plane but that revision: the view remembers what its changes replaced, and what a plane
//! had and what it is to have are both made of that. Changes that cancel out while a plane is busy
//! cost nothing; one that lags behind what is remembered begins with a snapshot.
//!
//! The cost of telling a plane is that of what changed, or of a VPC when its host enters or leaves
//! one; it does not depend on the number of hosts, nor on what else there is.

mod balancers;
mod machines;
mod network;

use std::{collections::BTreeSet, sync::Arc};

use wharf_planeproto::{Change, Key, Kind, Plane, Resource};
use wharf_store::Revision;

use self::balancers::Balancers;
use super::records::{Former, Held, Records, View};

/// Who is told: a plane of a host, in a version of the protocol.
#[derive(Debug, Clone)]
pub struct Subscriber {
    pub plane: Plane,
    pub version: u32,
    pub host: String,
}

/// The control plane's side of what a plane knows.
#[derive(Debug)]
pub struct Delivered {
    subscriber: Subscriber,
    /// Of a load balancer plane: what it was entitled to at that revision.
    balancers: Balancers,
    /// Load balancers and target groups that it was told of since it subscribed, those that are gone too: what
    /// they measured last comes when they are.
    told: BTreeSet<String>,
    /// What the plane has is a picture of this revision.
    at: Revision,
}

/// One thing to tell. What it needs of the records is shared, so that they are held up for moments
/// only.
#[derive(Debug)]
pub enum Due {
    Put(Arc<Held>),
    Delete(Key),
}

impl Due {
    pub fn change(self, plane: Plane) -> Change {
        match self {
            Self::Put(held) => Change::Put(held.told_to(plane)),
            Self::Delete(key) => Change::Delete(key),
        }
    }
}

/// Who may know what, at one time.
trait Entitled {
    fn admits(&self, resource: &Resource) -> bool;
}

impl Delivered {
    /// A plane that knows nothing, and all that it is to be told.
    pub fn anew(view: &View, subscriber: &Subscriber) -> (Self, Vec<Arc<Held>>) {
        let now = view.now();
        let balancers = Balancers::at_present(now, subscriber);
        let delivered = Self {
            subscriber: subscriber.clone(),
            told: balancers.measured().cloned().collect(),
            balancers,
            at: view.revision(),
        };
        let mut all: Vec<(&Key, &Arc<Held>)> = match subscriber.plane {
            Plane::Network => network::all(now, &subscriber.host),
            Plane::LoadBalancer => delivered.balancers.all(now),
            Plane::Machines => machines::all(now, &subscriber.host),
        };
        all.retain(|(key, _)| delivered.understands(key));
        all.sort_by_key(|(key, _)| order(key));
        let all = all.into_iter().map(|(_, held)| held.clone()).collect();
        (delivered, all)
    }

    /// A plane that knows nothing yet.
    pub fn nothing(subscriber: &Subscriber) -> Self {
        Self {
            subscriber: subscriber.clone(),
            balancers: Balancers::default(),
            told: BTreeSet::new(),
            at: 0,
        }
    }

    /// A plane that knows all as of `revision`; `None` if that is forgotten or still to come.
    pub fn resumed(view: &View, subscriber: &Subscriber, revision: Revision) -> Option<Self> {
        if revision > view.revision() {
            return None;
        }
        let former = view.former(revision, subscriber.plane)?;
        let balancers = Balancers::formerly(view.now(), &former, subscriber);
        Some(Self {
            subscriber: subscriber.clone(),
            told: balancers.measured().cloned().collect(),
            balancers,
            at: revision,
        })
    }

    /// The revision that the plane knows all of.
    pub fn at(&self) -> Revision {
        self.at
    }

    /// What the plane must be told to know all of the present; it counts as told. `None` if what it
    /// has is forgotten: it begins anew.
    pub fn advance(&mut self, view: &View) -> Option<Vec<Due>> {
        if view.revision() < self.at {
            // The view is being read again.
            return Some(Vec::new());
        }
        let former = view.former(self.at, self.subscriber.plane)?;
        self.at = view.revision();
        if former.is_empty() {
            return Some(Vec::new());
        }
        let mut due = match self.subscriber.plane {
            Plane::Network => {
                let changes = network::Changes::of(view.now(), &former, &self.subscriber.host);
                self.compare(
                    view.now(),
                    &former,
                    changes.keys(),
                    &changes.before(),
                    &changes.now(),
                )
            }
            Plane::LoadBalancer => {
                let before = self.balancers.clone();
                let mut keys: BTreeSet<&Key> = former.keys().copied().collect();
                if balancers::is_structure(&former) {
                    self.balancers = Balancers::at_present(view.now(), &self.subscriber);
                    self.told.extend(self.balancers.measured().cloned());
                    for entitled in [&before, &self.balancers] {
                        keys.extend(entitled.all(view.now()).into_iter().map(|(key, _)| key));
                    }
                }
                self.compare(view.now(), &former, keys, &before, &self.balancers)
            }
            Plane::Machines => {
                let own = machines::Own(&self.subscriber.host);
                self.compare(view.now(), &former, former.keys().copied(), &own, &own)
            }
        };
        due.sort_by_key(|due| match due {
            Due::Put(held) => (false, order(&held.resource.key())),
            // Taken apart from the top.
            Due::Delete(key) => (true, u8::MAX - order(key)),
        });
        Some(due)
    }

    /// What differs under `keys` between what the plane has and what it is to have.
    fn compare<'a>(
        &self,
        now: &'a Records,
        former: &Former<'a>,
        keys: impl IntoIterator<Item = &'a Key>,
        entitled_before: &impl Entitled,
        entitled_now: &impl Entitled,
    ) -> Vec<Due> {
        let keys = keys.into_iter().filter(|key| self.understands(key));
        keys.filter_map(|key| {
            let is = now.get(key);
            let was = former.get(key).copied().unwrap_or(is);
            let was = was.filter(|held| entitled_before.admits(&held.resource));
            let is = is.filter(|held| entitled_now.admits(&held.resource));
            match (was, is) {
                (Some(was), Some(is)) if was.revision == is.revision => None,
                (_, Some(is)) => Some(Due::Put(is.clone())),
                (Some(_), None) => Some(Due::Delete(key.clone())),
                (None, None) => None,
            }
        })
        .collect()
    }

    fn understands(&self, key: &Key) -> bool {
        let Subscriber { plane, version, .. } = self.subscriber;
        key.kind.concerns(plane) && key.kind.since(plane) <= version
    }

    /// Whether a load balancer plane may say what a load balancer or a target group measured.
    pub fn told_of(&self, arn: &str) -> bool {
        self.told.contains(arn)
    }

    /// Whether a load balancer plane may speak of the target.
    pub fn knows_target(&self, view: &View, key: &Key) -> bool {
        let target = view.now().get(key);
        target.is_some_and(|held| self.balancers.admits(&held.resource))
    }
}

/// What others refer to comes first.
fn order(key: &Key) -> u8 {
    match key.kind {
        Kind::Host => 0,
        Kind::Vpc => 1,
        Kind::SecurityGroup => 2,
        Kind::NatGateway => 3,
        Kind::NetworkAcl => 4,
        Kind::RouteTable => 5,
        Kind::Subnet => 6,
        Kind::Interface => 7,
        Kind::Certificate => 8,
        Kind::TargetGroup => 9,
        Kind::Target => 10,
        Kind::Endpoint => 18,
        Kind::FlowLog => 19,
        Kind::LoadBalancer => 11,
        Kind::Listener => 12,
        Kind::Rule => 13,
        Kind::Instance => 14,
        Kind::Volume => 16,
        // Of volumes that were told of.
        Kind::Snapshot => 17,
        Kind::FileSystem => 20,
        // Of VPCs that were told of.
        Kind::Peering => 15,
        Kind::ReverseName => 21,
    }
}
