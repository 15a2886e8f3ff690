//! Targets and their groups as they are now: what outlives a change of configuration.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
};

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use wharf_base::Cidr;
use wharf_planeproto::balancer::TargetRef;

use crate::{clock, metrics::GroupCounters, netns::Origin};

/// What the health checks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Initial,
    Healthy,
    Unhealthy,
    /// Not checked.
    Unavailable,
}

/// One target with its state; shared by routing tables, pools and its health check.
#[derive(Debug)]
pub struct TargetState {
    /// Never given to another target of this process; not 0.
    pub number: u64,
    pub reference: TargetRef,
    pub address: SocketAddr,
    /// The ranges of its VPC, by which it may see its clients' addresses; none where it may not.
    pub vpc: Vec<Cidr>,
    /// From where it is reached; changes when the load balancer's interface comes or goes.
    origin: ArcSwap<Origin>,
    health: AtomicU8,
    /// When it became healthy, for slow start.
    healthy_since_ms: AtomicU64,
    in_flight: AtomicUsize,
    draining: AtomicBool,
    /// Woken when a draining target may have become free.
    freed: Arc<Notify>,
}

static NUMBERS: AtomicU64 = AtomicU64::new(1);

impl TargetState {
    pub fn new(
        reference: TargetRef,
        (address, vpc): (SocketAddr, Vec<Cidr>),
        origin: Origin,
        freed: Arc<Notify>,
    ) -> Self {
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            reference,
            address,
            vpc,
            origin: ArcSwap::from_pointee(origin),
            health: AtomicU8::new(0),
            healthy_since_ms: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            freed,
        }
    }

    pub fn origin(&self) -> Arc<Origin> {
        self.origin.load_full()
    }

    pub fn set_origin(&self, origin: &Origin) {
        if **self.origin.load() != *origin {
            self.origin.store(Arc::new(origin.clone()));
        }
    }

    pub fn health(&self) -> Health {
        match self.health.load(Ordering::Relaxed) {
            0 => Health::Initial,
            1 => Health::Healthy,
            2 => Health::Unhealthy,
            _ => Health::Unavailable,
        }
    }

    pub fn set_health(&self, health: Health) {
        let code = match health {
            Health::Initial => 0,
            Health::Healthy => 1,
            Health::Unhealthy => 2,
            Health::Unavailable => 3,
        };
        if self.health.swap(code, Ordering::Relaxed) != code && health == Health::Healthy {
            self.healthy_since_ms
                .store(clock::now_ms(), Ordering::Relaxed);
        }
    }

    /// How long it has been healthy.
    pub fn healthy_for_ms(&self) -> u64 {
        clock::coarse_ms().saturating_sub(self.healthy_since_ms.load(Ordering::Relaxed))
    }

    /// From the return of this call on, no new request goes to it: one that was being assigned
    /// meanwhile either is counted in [`Self::in_flight`] already or will be turned away.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
}

/// A request's claim on its target, from the choice until its last byte.
#[derive(Debug)]
pub struct Lease {
    target: Arc<TargetState>,
}

impl Lease {
    /// `None` if the target takes no new requests.
    pub fn take(target: &Arc<TargetState>) -> Option<Self> {
        target.in_flight.fetch_add(1, Ordering::SeqCst);
        let lease = Self {
            target: Arc::clone(target),
        };
        // Counted first, asked second; `drain` does the opposite, so that one of both sees the other.
        (!target.is_draining()).then_some(lease)
    }

    pub fn target(&self) -> &Arc<TargetState> {
        &self.target
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.target.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 && self.target.is_draining() {
            self.target.freed.notify_one();
        }
    }
}

/// The targets of a group that get requests.
#[derive(Debug, Default)]
pub struct Rotation {
    /// Healthy ones; if there is none, all that are registered (fail open).
    pub targets: Box<[Arc<TargetState>]>,
    /// Whether there is none that is healthy.
    pub fails_open: bool,
}

impl Rotation {
    /// Of the group's targets, in order.
    pub fn of(targets: impl Iterator<Item = Arc<TargetState>> + Clone) -> Self {
        let registered = targets.filter(|target| !target.is_draining());
        let serving: Box<[_]> = registered
            .clone()
            .filter(|target| matches!(target.health(), Health::Healthy | Health::Unavailable))
            .collect();
        let fails_open = serving.is_empty();
        let targets = if fails_open {
            registered.collect()
        } else {
            serving
        };
        Self {
            targets,
            fails_open,
        }
    }
}

/// A group's state that changes apart from its configuration.
#[derive(Debug, Default)]
pub struct GroupState {
    pub rotation: ArcSwap<Rotation>,
    /// Whose turn it is.
    pub turn: AtomicUsize,
    pub counters: Arc<GroupCounters>,
    /// All that are registered or end what they began.
    pub targets: ArcSwap<Vec<Arc<TargetState>>>,
}

impl GroupState {
    /// Counts a choice of a target, if it was one among targets of which none is healthy.
    pub fn chosen_unhealthy(&self) {
        if self.rotation.load().fails_open {
            self.counters.unhealthy_routing.one();
        }
    }
}
