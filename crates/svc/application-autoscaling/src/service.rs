//! The service as the server holds it: operations, the loop, and what alarms say.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_scaling::{
    forecasting::FORECASTS,
    readings::{Alarmed, Reading},
};
use wharf_service::{Loops, Place, feed};
use wharf_wire::Fault;

use crate::{
    authorize, config::Parts, core::Core, fault, names, ops, predicting, reconcile, records::Policy,
};

/// Targets looked at at once.
const WORKERS: usize = 8;

/// Application Auto Scaling over a store.
#[derive(Clone)]
pub struct ApplicationAutoscalingService {
    core: Arc<Core>,
}

impl ApplicationAutoscalingService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// Scales until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        core.queue.wake(reconcile::SWEEP.to_owned());
        let store = &core.parts.store;
        let permit = Permit::for_controller("application-autoscaling-shard");
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

    /// An alarm of an account in a region calls a policy. When this returns, what follows from it is written down.
    ///
    /// # Errors
    /// There is no such policy; a fault of ours, after which the same may be said again.
    pub async fn alarmed(&self, place: Place, alarmed: Alarmed) -> Result<(), Fault> {
        let core = &self.core;
        let unknown = || fault::invalid(format!("There is no scaling policy {}.", alarmed.policy));
        let named = names::policy_of_arn(&alarmed.policy).filter(|it| it.place == place);
        let named = named.ok_or_else(unknown)?;
        let id = names::target_id(&place, &named.resource);
        let key = names::policy_key(&place, &id, &named.name);
        let policy = core.table.read::<Policy>(&key).await?;
        let policy = policy.filter(|it| it.record.uuid == named.uuid && !it.record.deleting);
        let policy = policy.ok_or_else(unknown)?.record;
        let target = names::target_key(&place, &id);
        core.readings
            .hear(&target, Reading::of(&policy.uuid, alarmed), core.now());
        let brought = reconcile::bring(core, &place, &id).await;
        // The loop goes on with what is under way.
        core.queue.wake(target);
        brought.map(drop).map_err(|error| {
            tracing::warn!(resource = named.resource, %error, "scaling by an alarm failed, it is retried when the alarm calls again");
            let text = "The scalable target cannot be brought forward now.";
            Fault::sender("ServiceUnavailable", 503, text)
        })
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_application_autoscaling::operations! {
    impl ApplicationAutoscalingService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    delete_scaling_policy = ops::policies::delete_scaling_policy;
    delete_scheduled_action = ops::scheduled::delete_scheduled_action;
    deregister_scalable_target = ops::targets::deregister_scalable_target;
    describe_scalable_targets = ops::targets::describe_scalable_targets;
    describe_scaling_activities = ops::activities::describe_scaling_activities;
    describe_scaling_policies = ops::policies::describe_scaling_policies;
    describe_scheduled_actions = ops::scheduled::describe_scheduled_actions;
    get_predictive_scaling_forecast = ops::forecast::get_predictive_scaling_forecast;
    list_tags_for_resource = ops::tags::list_tags_for_resource;
    put_scaling_policy = ops::put_policy::put_scaling_policy;
    put_scheduled_action = ops::scheduled::put_scheduled_action;
    register_scalable_target = ops::targets::register_scalable_target;
    tag_resource = ops::tags::tag_resource;
    untag_resource = ops::tags::untag_resource;
}
