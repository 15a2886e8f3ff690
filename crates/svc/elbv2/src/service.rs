//! The service as the server holds it: operations, what hosts say, loops.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_delivery::Operations;
use wharf_planeproto::{access_logs::Head, measured::Minute, report};
use wharf_service::Loops;

use crate::{
    access_logs::{self, NotTaken},
    authorize,
    config::Parts,
    core::{ChangeError, Core},
    feed, measured,
    names::SERVICE,
    ops, reconcile, reports,
};

/// Keys of each kind worked on at once.
const WORKERS: usize = 8;
/// Pause before a sweep that failed is tried again.
const SWEEP_RETRY: Duration = Duration::from_secs(5);

/// Elastic Load Balancing over a store.
#[derive(Clone)]
pub struct Elbv2Service {
    core: Arc<Core>,
}

/// The service as one that it is made of has it.
#[derive(Clone)]
pub struct WeakElbv2Service {
    core: Weak<Core>,
}

impl WeakElbv2Service {
    /// While it is there.
    pub fn upgrade(&self) -> Option<Elbv2Service> {
        let core = self.core.upgrade()?;
        Some(Elbv2Service { core })
    }
}

impl Elbv2Service {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    pub fn downgrade(&self) -> WeakElbv2Service {
        WeakElbv2Service {
            core: Arc::downgrade(&self.core),
        }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Once all operations of the installation are there.
    pub fn calling(&self, operations: Arc<dyn Operations>) {
        let _ = self.core.operations.set(operations);
    }

    /// Writes a file of a log that a host hands over into its bucket.
    pub async fn take_access_log(&self, head: &Head, packed: Bytes) -> Result<(), NotTaken> {
        access_logs::take(&self.core, head, packed).await
    }

    /// A load balancer host has subscribed, in that version of the protocol. It counts as serving until its last stream has ended for
    /// a while; see [`Self::lb_host_disconnected`].
    pub async fn lb_host_connected(
        &self,
        instance: &str,
        zone: &str,
        version: u32,
    ) -> Result<(), ChangeError> {
        reports::connected(&self.core, instance, zone, version).await
    }

    /// A stream of a host that was announced by [`Self::lb_host_connected`] has ended.
    pub fn lb_host_disconnected(&self, instance: &str) {
        reports::disconnected(&self.core, instance);
    }

    /// A host is none any more: its interfaces are given up at once.
    pub async fn lb_host_gone(&self, instance: &str) -> Result<(), ChangeError> {
        reports::gone(&self.core, instance).await
    }

    /// Takes over how a host sees targets. What is new is stored, what is not costs a read.
    pub async fn report(
        &self,
        host: &str,
        health: Vec<report::TargetHealth>,
    ) -> Result<(), ChangeError> {
        reports::report(&self.core, host, health).await
    }

    /// Keeps what a host in a zone reports of load balancers that it carries, once; `false` if it should come
    /// again.
    pub async fn measured(&self, host: &str, zone: &str, minute: Minute) -> bool {
        measured::keep(&self.core, host, zone, minute).await
    }

    /// ARNs of target groups whose settings, targets or health changed. Whoever lags behind should
    /// look at all.
    pub fn changes(&self) -> broadcast::Receiver<String> {
        self.core.changes.subscribe()
    }

    /// The public key, in PEM, by which targets check what load balancers tell them of users.
    pub async fn session_public_key(&self, id: &str) -> Result<Option<String>, ChangeError> {
        self.core.session_public_key(id).await
    }

    /// Runs the reconcilers until `stop`, or until a part of them panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let mut loops = Loops::new(SERVICE, stop);
        let (store, how) = (core.parts.store.clone(), core.parts.config.takeover);
        let permit = Permit::for_controller("elbv2-shard");
        loops.hold(&core.shard, &store, permit, how).await;
        let of = core.clone();
        let changed = move |key: &str, look| feed::changed(&of, key, look);
        loops.spawn(wharf_service::feed(
            store.clone(),
            SERVICE,
            loops.stop(),
            changed,
        ));
        if let Some(service) = core.parts.instances.told_by() {
            let of = core.clone();
            let changed = move |key: &str, _| feed::instance_changed(&of, key);
            loops.spawn(wharf_service::feed(store, service, loops.stop(), changed));
        }
        loops.spawn(sweep(core.clone(), loops.stop()));
        loops.spawn(feed::certificates(core.clone(), loops.stop()));

        let of = core.clone();
        loops.work(&core.balancers, WORKERS, move |key| {
            reconcile::balancer(of.clone(), key)
        });
        let of = core.clone();
        loops.work(&core.groups, WORKERS, move |key| {
            reconcile::group(of.clone(), key)
        });
        let of = core.clone();
        loops.work(&core.certificates, WORKERS, move |key| {
            reconcile::certificate(of.clone(), key)
        });
        let of = core.clone();
        loops.work(&core.session_keys, WORKERS, move |key| {
            reconcile::session_keys(of.clone(), key)
        });
        let of = core.clone();
        loops.work(&core.hosts, WORKERS, move |key| {
            reconcile::host(of.clone(), key)
        });
        let of = core.clone();
        loops.work(&core.instances, WORKERS, move |which| {
            reconcile::instance(of.clone(), which)
        });
        loops.run().await;
    }
}

async fn sweep(core: Arc<Core>, stop: CancellationToken) {
    loop {
        let pause = match reconcile::sweep(core.clone()).await {
            Ok(()) => core.parts.config.sweep,
            Err(error) => {
                tracing::warn!(%error, "sweeping interfaces without an owner failed, will retry");
                SWEEP_RETRY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_elbv2::operations! {
    impl Elbv2Service;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    add_listener_certificates = ops::listener_certificates::add;
    add_tags = ops::tags::add;
    create_listener = ops::listeners::create;
    create_load_balancer = ops::create_load_balancer::create_load_balancer;
    create_rule = ops::rules::create;
    create_target_group = ops::target_groups::create;
    delete_listener = ops::listeners::delete;
    delete_load_balancer = ops::delete_load_balancer::delete_load_balancer;
    delete_rule = ops::rules::delete;
    delete_target_group = ops::target_groups::delete;
    deregister_targets = ops::targets::deregister;
    describe_account_limits = ops::facts::account_limits;
    describe_listener_attributes = ops::attributes::describe_listener;
    describe_capacity_reservation = ops::capacity::describe;
    describe_listener_certificates = ops::listener_certificates::describe;
    describe_listeners = ops::listeners::describe;
    describe_load_balancer_attributes = ops::attributes::describe_balancer;
    describe_load_balancers = ops::load_balancers::describe;
    describe_rules = ops::rules::describe;
    describe_ssl_policies = ops::facts::ssl_policies;
    describe_tags = ops::tags::describe;
    describe_target_group_attributes = ops::attributes::describe_group;
    describe_target_groups = ops::target_groups::describe;
    describe_target_health = ops::describe_target_health::describe_target_health;
    modify_listener = ops::listeners::modify;
    modify_listener_attributes = ops::attributes::modify_listener;
    modify_load_balancer_attributes = ops::attributes::modify_balancer;
    modify_rule = ops::rules::modify;
    modify_target_group = ops::target_groups::modify;
    modify_target_group_attributes = ops::attributes::modify_group;
    register_targets = ops::targets::register;
    remove_listener_certificates = ops::listener_certificates::remove;
    remove_tags = ops::tags::remove;
    set_ip_address_type = ops::load_balancers::set_ip_address_type;
    set_rule_priorities = ops::rules::set_priorities;
    set_security_groups = ops::load_balancers::set_security_groups;
    set_subnets = ops::load_balancers::set_subnets;
}
