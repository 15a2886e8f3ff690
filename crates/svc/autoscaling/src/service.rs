//! The service as the server holds it: operations and the loop.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_scaling::{forecasting::FORECASTS, readings::Alarmed};
use wharf_service::{Loops, Place, feed};
use wharf_vended::Minute;
use wharf_wire::Fault;

use crate::{authorize, config::Parts, core::Core, names, ops, predicting, reconcile, scale};

/// Groups looked at at once.
const WORKERS: usize = 8;

/// EC2 Auto Scaling over a store.
#[derive(Clone)]
pub struct AutoscalingService {
    core: Arc<Core>,
}

impl AutoscalingService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// Keeps groups as large as they are to be until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        core.queue.wake(reconcile::SWEEP.to_owned());
        let store = &core.parts.store;
        let permit = Permit::for_controller("autoscaling-shard");
        let mut loops = Loops::new(names::SERVICE, stop);
        loops
            .hold(&core.shard, store, permit, core.parts.takeover)
            .await;
        let (fed, worked, forecast) = (core.clone(), core.clone(), core.clone());
        let changed = move |key: &str, look| reconcile::changed(&fed, key, look);
        loops.spawn(feed(store.clone(), names::SERVICE, loops.stop(), changed));
        loops.work(&core.queue, WORKERS, move |key| {
            reconcile::key(worked.clone(), key)
        });
        loops.work(&core.forecasts, FORECASTS, move |key| {
            predicting::key(forecast.clone(), key)
        });
        loops.run().await;
    }

    /// What groups measured in the minute that is over.
    pub fn look(&self, minute: &Minute<'_>) {
        self.core.figures.look(minute);
    }

    /// An alarm of an account in a region calls a policy. When this returns, what follows from it is written down.
    ///
    /// # Errors
    /// There is no such policy; a fault of ours, after which the same may be said again.
    pub async fn alarmed(&self, place: Place, alarmed: Alarmed) -> Result<(), Fault> {
        scale::alarmed(&self.core, &place, alarmed).await
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_autoscaling::operations! {
    impl AutoscalingService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    attach_instances = ops::membership::attach;
    attach_load_balancer_target_groups = ops::target_groups::attach_target_groups;
    attach_load_balancers = ops::classic::attach;
    attach_traffic_sources = ops::target_groups::attach_sources;
    batch_delete_scheduled_action = ops::scheduled::batch_delete;
    batch_put_scheduled_update_group_action = ops::scheduled::batch_put;
    cancel_instance_refresh = ops::refreshes::cancel;
    complete_lifecycle_action = ops::hooks::complete;
    create_auto_scaling_group = ops::create_group::create;
    create_launch_configuration = ops::configurations::create;
    create_or_update_tags = ops::tags::create;
    delete_auto_scaling_group = ops::groups::delete;
    delete_launch_configuration = ops::configurations::delete;
    delete_lifecycle_hook = ops::hooks::delete;
    delete_notification_configuration = ops::notifications::delete;
    delete_policy = ops::policies::delete;
    delete_scheduled_action = ops::scheduled::delete;
    delete_tags = ops::tags::delete;
    delete_warm_pool = ops::warm_pool::delete;
    describe_account_limits = ops::constants::account_limits;
    describe_adjustment_types = ops::constants::adjustment_types;
    describe_auto_scaling_groups = ops::groups::describe;
    describe_auto_scaling_instances = ops::instances::describe;
    describe_auto_scaling_notification_types = ops::notifications::types;
    describe_instance_refreshes = ops::refreshes::describe;
    describe_launch_configurations = ops::configurations::describe;
    describe_lifecycle_hook_types = ops::constants::lifecycle_hook_types;
    describe_lifecycle_hooks = ops::hooks::describe;
    describe_load_balancer_target_groups = ops::target_groups::describe_target_groups;
    describe_load_balancers = ops::classic::describe;
    describe_metric_collection_types = ops::metrics::describe_types;
    describe_notification_configurations = ops::notifications::describe;
    describe_policies = ops::policies::describe;
    describe_scaling_activities = ops::activities::describe;
    describe_scaling_process_types = ops::constants::process_types;
    describe_scheduled_actions = ops::scheduled::describe;
    describe_tags = ops::tags::describe;
    describe_termination_policy_types = ops::constants::termination_policy_types;
    describe_traffic_sources = ops::target_groups::describe_sources;
    describe_warm_pool = ops::warm_pool::describe;
    detach_instances = ops::membership::detach;
    detach_load_balancer_target_groups = ops::target_groups::detach_target_groups;
    detach_load_balancers = ops::classic::detach;
    detach_traffic_sources = ops::target_groups::detach_sources;
    disable_metrics_collection = ops::metrics::disable;
    enable_metrics_collection = ops::metrics::enable;
    enter_standby = ops::membership::enter_standby;
    execute_policy = ops::policies::execute;
    exit_standby = ops::membership::exit_standby;
    get_predictive_scaling_forecast = ops::forecast::get;
    launch_instances = ops::launch_instances::launch_instances;
    put_lifecycle_hook = ops::hooks::put;
    put_notification_configuration = ops::notifications::put;
    put_scaling_policy = ops::put_policy::put;
    put_scheduled_update_group_action = ops::scheduled::put;
    put_warm_pool = ops::warm_pool::put;
    record_lifecycle_action_heartbeat = ops::hooks::heartbeat;
    resume_processes = ops::processes::resume;
    rollback_instance_refresh = ops::refreshes::rollback;
    set_desired_capacity = ops::groups::set_desired;
    set_instance_health = ops::instances::set_health;
    set_instance_protection = ops::instances::set_protection;
    start_instance_refresh = ops::refreshes::start;
    suspend_processes = ops::processes::suspend;
    terminate_instance_in_auto_scaling_group = ops::membership::terminate;
    update_auto_scaling_group = ops::update_group::update;
}
