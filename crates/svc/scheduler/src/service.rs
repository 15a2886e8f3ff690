//! The service as the server holds it: operations and loops.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_service::{Loops, OneQueue};

use crate::{authorize, config::Parts, core::Core, names, ops, reconcile};

/// Schedules looked at at once.
const WORKERS: usize = 8;

/// EventBridge Scheduler over a store.
#[derive(Clone)]
pub struct SchedulerService {
    core: Arc<Core>,
}

impl SchedulerService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// How schedules are kept, for metrics.
    pub fn figures(&self) -> crate::figures::Figures {
        crate::figures::figures(&self.core)
    }

    /// How deliveries go, for metrics.
    pub fn deliveries(&self) -> wharf_delivery::Figures {
        self.core.outbox.figures()
    }

    /// Carries out schedules until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let mut loops = Loops::new(names::SERVICE, stop.clone());
        loops.spawn(self.core.outbox.clone().run(stop.clone()));
        loops.spawn(self.clone().watch(stop));
        loops.run().await;
    }

    async fn watch(self, stop: CancellationToken) {
        let core = &self.core;
        let loops = OneQueue {
            service: names::SERVICE,
            store: &core.parts.store,
            shard: &core.shard,
            permit: Permit::for_controller("scheduler-shard"),
            takeover: core.parts.takeover,
            queue: &core.queue,
            workers: WORKERS,
        };
        let (fed, worked) = (core.clone(), core.clone());
        let changed = move |key: &str, look| reconcile::changed(&fed, key, look);
        let work = move |key| reconcile::key(worked.clone(), key);
        loops.run(stop, changed, work).await;
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_scheduler::operations! {
    impl SchedulerService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    create_schedule = ops::put::create_schedule;
    create_schedule_group = ops::groups::create_schedule_group;
    delete_schedule = ops::schedules::delete_schedule;
    delete_schedule_group = ops::groups::delete_schedule_group;
    get_schedule = ops::schedules::get_schedule;
    get_schedule_group = ops::groups::get_schedule_group;
    list_schedule_groups = ops::groups::list_schedule_groups;
    list_schedules = ops::schedules::list_schedules;
    list_tags_for_resource = ops::tags::list_tags_for_resource;
    tag_resource = ops::tags::tag_resource;
    untag_resource = ops::tags::untag_resource;
    update_schedule = ops::put::update_schedule;
}
