//! The service as the server holds it: operations, what hosts say, loops.

use std::{sync::Arc, time::Duration};

use tokio::{sync::broadcast, task::JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_api_elbv2::*;
use wharf_base::Permit;
use wharf_planeproto::report;
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::{
    authorize,
    config::Parts,
    core::{ChangeError, Core},
    feed, ops, reconcile, reports,
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

impl Elbv2Service {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// A load balancer host has subscribed. It counts as serving until its last stream has ended for
    /// a while; see [`Self::lb_host_disconnected`].
    pub async fn lb_host_connected(&self, instance: &str, zone: &str) -> Result<(), ChangeError> {
        reports::connected(&self.core, instance, zone).await
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

    /// ARNs of target groups whose settings, targets or health changed. Whoever lags behind should
    /// look at all.
    pub fn changes(&self) -> broadcast::Receiver<String> {
        self.core.changes.subscribe()
    }

    /// Runs the reconcilers until `stop`, and returns once they have ended.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        let mut loops = JoinSet::new();
        let (store, how) = (core.parts.store.clone(), core.parts.config.takeover);
        let permit = Permit::for_controller("elbv2-shard");
        // Held before the first key is looked at, or each of them would fail once; what goes wrong
        // here is tried again by `hold`.
        if let Err(error) = core.shard.renew(&store, &permit, how).await {
            tracing::warn!(%error, "load balancers are not reconciled yet");
        }
        loops.spawn(core.shard.clone().hold(store, permit, how, stop.clone()));
        loops.spawn(feed::feed(core.clone(), stop.clone()));
        loops.spawn(sweep(core.clone(), stop.clone()));

        let (of, queue) = (core.clone(), core.balancers.clone());
        let work = move |key| reconcile::balancer(of.clone(), key);
        loops.spawn(wharf_reconcile::run(queue, WORKERS, stop.clone(), work));
        let (of, queue) = (core.clone(), core.groups.clone());
        let work = move |key| reconcile::group(of.clone(), key);
        loops.spawn(wharf_reconcile::run(queue, WORKERS, stop.clone(), work));
        let (of, queue) = (core.clone(), core.certificates.clone());
        let work = move |key| reconcile::certificate(of.clone(), key);
        loops.spawn(wharf_reconcile::run(queue, WORKERS, stop.clone(), work));
        loops.spawn(feed::certificates(core.clone(), stop.clone()));
        let (of, queue) = (core.clone(), core.hosts.clone());
        let work = move |key| reconcile::host(of.clone(), key);
        loops.spawn(wharf_reconcile::run(queue, WORKERS, stop, work));
        while let Some(ended) = loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a loop of load balancing ended with a panic");
            }
        }
    }
}

async fn sweep(core: Arc<Core>, stop: CancellationToken) {
    loop {
        let pause = match reconcile::sweep(core.clone()).await {
            Ok(()) => core.parts.config.sweep,
            Err(error) => {
                tracing::warn!(%error, "interfaces without an owner stay for now");
                SWEEP_RETRY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

#[async_trait]
impl Elbv2 for Elbv2Service {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        authorize::checks(&self.core, cx, input).await
    }

    async fn add_listener_certificates(
        &self,
        call: &Call,
        input: AddListenerCertificatesInput,
    ) -> Result<AddListenerCertificatesOutput, Fault> {
        ops::listener_certificates::add(&self.core, call, input).await
    }

    async fn add_tags(&self, call: &Call, input: AddTagsInput) -> Result<AddTagsOutput, Fault> {
        ops::tags::add(&self.core, call, input).await
    }

    async fn create_listener(
        &self,
        call: &Call,
        input: CreateListenerInput,
    ) -> Result<CreateListenerOutput, Fault> {
        ops::listeners::create(&self.core, call, input).await
    }

    async fn create_load_balancer(
        &self,
        call: &Call,
        input: CreateLoadBalancerInput,
    ) -> Result<CreateLoadBalancerOutput, Fault> {
        ops::create_load_balancer::create_load_balancer(&self.core, call, input).await
    }

    async fn create_rule(
        &self,
        call: &Call,
        input: CreateRuleInput,
    ) -> Result<CreateRuleOutput, Fault> {
        ops::rules::create(&self.core, call, input).await
    }

    async fn create_target_group(
        &self,
        call: &Call,
        input: CreateTargetGroupInput,
    ) -> Result<CreateTargetGroupOutput, Fault> {
        ops::target_groups::create(&self.core, call, input).await
    }

    async fn delete_listener(
        &self,
        call: &Call,
        input: DeleteListenerInput,
    ) -> Result<DeleteListenerOutput, Fault> {
        ops::listeners::delete(&self.core, call, input).await
    }

    async fn delete_load_balancer(
        &self,
        call: &Call,
        input: DeleteLoadBalancerInput,
    ) -> Result<DeleteLoadBalancerOutput, Fault> {
        ops::delete_load_balancer::delete_load_balancer(&self.core, call, input).await
    }

    async fn delete_rule(
        &self,
        call: &Call,
        input: DeleteRuleInput,
    ) -> Result<DeleteRuleOutput, Fault> {
        ops::rules::delete(&self.core, call, input).await
    }

    async fn delete_target_group(
        &self,
        call: &Call,
        input: DeleteTargetGroupInput,
    ) -> Result<DeleteTargetGroupOutput, Fault> {
        ops::target_groups::delete(&self.core, call, input).await
    }

    async fn deregister_targets(
        &self,
        call: &Call,
        input: DeregisterTargetsInput,
    ) -> Result<DeregisterTargetsOutput, Fault> {
        ops::targets::deregister(&self.core, call, input).await
    }

    async fn describe_account_limits(
        &self,
        _: &Call,
        input: DescribeAccountLimitsInput,
    ) -> Result<DescribeAccountLimitsOutput, Fault> {
        ops::facts::account_limits(input)
    }

    async fn describe_listener_attributes(
        &self,
        call: &Call,
        input: DescribeListenerAttributesInput,
    ) -> Result<DescribeListenerAttributesOutput, Fault> {
        ops::attributes::describe_listener(&self.core, call, input).await
    }

    async fn describe_capacity_reservation(
        &self,
        call: &Call,
        input: DescribeCapacityReservationInput,
    ) -> Result<DescribeCapacityReservationOutput, Fault> {
        ops::capacity::describe(&self.core, call, input).await
    }

    async fn describe_listener_certificates(
        &self,
        call: &Call,
        input: DescribeListenerCertificatesInput,
    ) -> Result<DescribeListenerCertificatesOutput, Fault> {
        ops::listener_certificates::describe(&self.core, call, input).await
    }

    async fn describe_listeners(
        &self,
        call: &Call,
        input: DescribeListenersInput,
    ) -> Result<DescribeListenersOutput, Fault> {
        ops::listeners::describe(&self.core, call, input).await
    }

    async fn describe_load_balancer_attributes(
        &self,
        call: &Call,
        input: DescribeLoadBalancerAttributesInput,
    ) -> Result<DescribeLoadBalancerAttributesOutput, Fault> {
        ops::attributes::describe_balancer(&self.core, call, input).await
    }

    async fn describe_load_balancers(
        &self,
        call: &Call,
        input: DescribeLoadBalancersInput,
    ) -> Result<DescribeLoadBalancersOutput, Fault> {
        ops::load_balancers::describe(&self.core, call, input).await
    }

    async fn describe_rules(
        &self,
        call: &Call,
        input: DescribeRulesInput,
    ) -> Result<DescribeRulesOutput, Fault> {
        ops::rules::describe(&self.core, call, input).await
    }

    async fn describe_ssl_policies(
        &self,
        _: &Call,
        input: DescribeSSLPoliciesInput,
    ) -> Result<DescribeSSLPoliciesOutput, Fault> {
        ops::facts::ssl_policies(input)
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsInput,
    ) -> Result<DescribeTagsOutput, Fault> {
        ops::tags::describe(&self.core, call, input).await
    }

    async fn describe_target_group_attributes(
        &self,
        call: &Call,
        input: DescribeTargetGroupAttributesInput,
    ) -> Result<DescribeTargetGroupAttributesOutput, Fault> {
        ops::attributes::describe_group(&self.core, call, input).await
    }

    async fn describe_target_groups(
        &self,
        call: &Call,
        input: DescribeTargetGroupsInput,
    ) -> Result<DescribeTargetGroupsOutput, Fault> {
        ops::target_groups::describe(&self.core, call, input).await
    }

    async fn describe_target_health(
        &self,
        call: &Call,
        input: DescribeTargetHealthInput,
    ) -> Result<DescribeTargetHealthOutput, Fault> {
        ops::describe_target_health::describe_target_health(&self.core, call, input).await
    }

    async fn modify_listener(
        &self,
        call: &Call,
        input: ModifyListenerInput,
    ) -> Result<ModifyListenerOutput, Fault> {
        ops::listeners::modify(&self.core, call, input).await
    }

    async fn modify_listener_attributes(
        &self,
        call: &Call,
        input: ModifyListenerAttributesInput,
    ) -> Result<ModifyListenerAttributesOutput, Fault> {
        ops::attributes::modify_listener(&self.core, call, input).await
    }

    async fn modify_load_balancer_attributes(
        &self,
        call: &Call,
        input: ModifyLoadBalancerAttributesInput,
    ) -> Result<ModifyLoadBalancerAttributesOutput, Fault> {
        ops::attributes::modify_balancer(&self.core, call, input).await
    }

    async fn modify_rule(
        &self,
        call: &Call,
        input: ModifyRuleInput,
    ) -> Result<ModifyRuleOutput, Fault> {
        ops::rules::modify(&self.core, call, input).await
    }

    async fn modify_target_group(
        &self,
        call: &Call,
        input: ModifyTargetGroupInput,
    ) -> Result<ModifyTargetGroupOutput, Fault> {
        ops::target_groups::modify(&self.core, call, input).await
    }

    async fn modify_target_group_attributes(
        &self,
        call: &Call,
        input: ModifyTargetGroupAttributesInput,
    ) -> Result<ModifyTargetGroupAttributesOutput, Fault> {
        ops::attributes::modify_group(&self.core, call, input).await
    }

    async fn register_targets(
        &self,
        call: &Call,
        input: RegisterTargetsInput,
    ) -> Result<RegisterTargetsOutput, Fault> {
        ops::targets::register(&self.core, call, input).await
    }

    async fn remove_listener_certificates(
        &self,
        call: &Call,
        input: RemoveListenerCertificatesInput,
    ) -> Result<RemoveListenerCertificatesOutput, Fault> {
        ops::listener_certificates::remove(&self.core, call, input).await
    }

    async fn remove_tags(
        &self,
        call: &Call,
        input: RemoveTagsInput,
    ) -> Result<RemoveTagsOutput, Fault> {
        ops::tags::remove(&self.core, call, input).await
    }

    async fn set_ip_address_type(
        &self,
        call: &Call,
        input: SetIpAddressTypeInput,
    ) -> Result<SetIpAddressTypeOutput, Fault> {
        ops::load_balancers::set_ip_address_type(&self.core, call, input).await
    }

    async fn set_rule_priorities(
        &self,
        call: &Call,
        input: SetRulePrioritiesInput,
    ) -> Result<SetRulePrioritiesOutput, Fault> {
        ops::rules::set_priorities(&self.core, call, input).await
    }

    async fn set_security_groups(
        &self,
        call: &Call,
        input: SetSecurityGroupsInput,
    ) -> Result<SetSecurityGroupsOutput, Fault> {
        ops::load_balancers::set_security_groups(&self.core, call, input).await
    }

    async fn set_subnets(
        &self,
        call: &Call,
        input: SetSubnetsInput,
    ) -> Result<SetSubnetsOutput, Fault> {
        ops::load_balancers::set_subnets(&self.core, call, input).await
    }
}
