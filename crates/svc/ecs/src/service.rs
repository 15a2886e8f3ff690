//! The service as the server holds it: operations, websocket endpoints, loops.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wharf_base::{Opaque, Permit, WeakOpaque, image_index};
use wharf_records::{Record as _, ecs::Task, node::Grant};
use wharf_service::Loops;
use wharf_svc_ecs_exec::Sessions;
use wharf_svc_ecs_scheduler::retirement;
use wharf_vended::Minute;
use wharf_wire::{Call, Context, Fault};

use crate::{
    acs::Endpoint,
    announced::Announcer,
    authz, binding,
    config::Parts,
    core::Core,
    file_systems::{self, FileVolume},
    grant::{self, NodeInstance},
    names::Place,
    ops,
    placed::{self, PlacedTask},
    refuse, services,
    services::explain::{HostExplained, ServiceExplained, TaskExplained},
    serving::{self, Need},
    view::{Change, feed},
};

#[derive(Clone)]
pub struct EcsService {
    core: Opaque<Core>,
}

/// For what the service itself stands on, so that neither keeps the other for ever.
#[derive(Debug, Clone)]
pub struct WeakEcsService {
    core: WeakOpaque<Core>,
}

impl WeakEcsService {
    /// While it is there.
    pub fn upgrade(&self) -> Option<EcsService> {
        let core = self.core.upgrade()?;
        Some(EcsService { core })
    }
}

impl EcsService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Opaque::new(Core::new(parts)),
        }
    }

    pub fn downgrade(&self) -> WeakEcsService {
        WeakEcsService {
            core: self.core.downgrade(),
        }
    }

    /// Why a service is as it is.
    pub async fn explain_service(
        &self,
        call: &Call,
        cluster: Option<&str>,
        name: &str,
    ) -> Result<ServiceExplained, Fault> {
        services::explain::service(&self.core.scheduler, call, cluster, name).await
    }

    /// Why a task is as it is, and what the hosts it could be on say.
    pub async fn explain_task(
        &self,
        call: &Call,
        cluster: Option<&str>,
        task: &str,
    ) -> Result<(TaskExplained, Vec<HostExplained>), Fault> {
        services::explain::task(&self.core.scheduler, call, cluster, task).await
    }

    /// What changes of its records mean to the world.
    pub fn announcing(&self) -> Announcer {
        Announcer {
            state: self.core.state.clone(),
        }
    }

    /// The machines that tasks are placed on.
    pub fn hosts(&self) -> &wharf_hosts::Hosts {
        &self.core.state.hosts
    }

    /// What there is to do, for metrics.
    pub fn figures(&self) -> crate::figures::Figures {
        crate::figures::figures(&self.core)
    }

    /// What the minute that is over has of what accounts use of Fargate.
    pub fn look(&self, minute: &Minute<'_>) {
        crate::figures::look(&self.core, minute);
    }

    /// Looks at every task of a place that is remembered, those that stopped lately included.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn each_task(&self, place: &Place, look: impl FnMut(Task)) -> Result<(), Fault> {
        let prefix = place.scope().prefix(Task::KIND);
        ops::list_tasks::each(&self.core, &prefix, look).await
    }

    /// The architecture of the machine of a container instance, as its attribute says it, of whatever account and
    /// region; `None` where it is gone.
    pub fn architecture(&self, place: &Place, instance: &str) -> Option<String> {
        self.attribute(place, instance, "ecs.cpu-architecture")
    }

    /// The level of its processor in the same way ([`image_index::LEVEL`]); `None` where it does not say it, too.
    pub fn processor_level(&self, place: &Place, instance: &str) -> Option<u8> {
        let said = self.attribute(place, instance, image_index::LEVEL);
        said?.parse().ok()
    }

    fn attribute(&self, place: &Place, instance: &str, name: &str) -> Option<String> {
        self.core.state.view.read(place, |region| {
            let held = region.instance_by_arn(instance)?;
            held.record.attributes.get(name)?.clone()
        })
    }

    /// The websockets agents connect to.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.core.agents.clone())
    }

    /// The sessions of ECS Exec.
    pub fn sessions(&self) -> Sessions {
        self.core.exec.clone()
    }

    /// The zone of the host with the instance id `i-…`.
    ///
    /// # Errors
    /// The caller may not speak for it, or there is none.
    pub async fn zone_if_bound(&self, cx: &Context, ec2_instance: &str) -> Result<String, Fault> {
        binding::zone_of(&self.core.agents, cx, ec2_instance).await
    }

    /// What the join token of the caller allows; `None` for callers that are no joined node.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn node_grant(&self, cx: &Context) -> Result<Option<Grant>, Fault> {
        Ok(grant::of(&self.core.agents, cx).await?)
    }

    /// Whether a task of the calling node needs that.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn serves(&self, cx: &Context, need: Need<'_>) -> Result<bool, Fault> {
        Ok(serving::serves(&self.core.agents, cx, need).await?)
    }

    /// The volume of that name of a task that the calling node runs; `None` if it runs none such, or that is of another kind.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn file_volume(
        &self,
        cx: &Context,
        task_arn: &str,
        volume: &str,
    ) -> Result<Option<FileVolume>, Fault> {
        file_systems::volume(&self.core.agents, cx, task_arn, volume).await
    }

    /// Where a task is; `None` if there is no such task.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn placed_task(
        &self,
        cx: &Context,
        task_arn: &str,
    ) -> Result<Option<PlacedTask>, Fault> {
        placed::task(&self.core.agents, cx, task_arn).await
    }

    /// The container instances that a user registered and that still are.
    pub async fn instances_of(&self, place: (&str, &str), user_arn: &str) -> Vec<NodeInstance> {
        let place = Place {
            account: place.0.to_owned(),
            region: place.1.to_owned(),
        };
        self.core.state.up_to_date().await;
        grant::instances_of(&self.core.agents, &place, user_arn)
    }

    /// Deregisters them by force; their ARNs.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn deregister_all(&self, call: &Call, user_arn: &str) -> Result<Vec<String>, Fault> {
        grant::deregister_all(&self.core.agents, call, user_arn).await
    }

    /// Marks the hosts that a user registered as retired, or takes that back; the ARNs of their container instances. `notice`:
    /// for how long EC2 instances stay there.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn retire(
        &self,
        call: &Call,
        user_arn: &str,
        (cancel, notice): (bool, Option<Duration>),
    ) -> Result<Vec<String>, Fault> {
        self.core.state.up_to_date().await;
        let place = Place::of(call);
        let mut marked = Vec::new();
        for instance in grant::instances_of(&self.core.agents, &place, user_arn) {
            let (scheduler, permit) = (&self.core.scheduler, &call.permit);
            match cancel {
                false => retirement::mark(scheduler, permit, &instance.host, notice).await?,
                true => retirement::unmark(scheduler, permit, &instance.host).await?,
            }
            marked.push(instance.arn);
        }
        Ok(marked)
    }

    /// What a node that has no record of its own (it joined before there were any) has registered,
    /// with its instance id; `None` if it is not registered.
    pub async fn registered_as(
        &self,
        place: (&str, &str),
        user_arn: &str,
    ) -> Option<(Grant, String)> {
        let place = Place {
            account: place.0.to_owned(),
            region: place.1.to_owned(),
        };
        grant::registered_as(&self.core.agents, &place, user_arn).await
    }

    /// Whether there is an ACTIVE cluster of that name.
    pub async fn has_cluster(&self, call: &Call, name: &str) -> bool {
        self.core.state.cluster(call, Some(name)).await.is_ok()
    }

    /// Whether a container instance is registered under that instance id.
    pub async fn is_registered(&self, account: &str, region: &str, ec2_instance: &str) -> bool {
        let place = Place {
            account: account.to_owned(),
            region: region.to_owned(),
        };
        binding::is_registered(&self.core.agents, &place, ec2_instance).await
    }

    /// Runs the view and the reconcilers until `stop`, or until a part of them panics. Operations wait
    /// until the view has been read and the machines have, so start both before serving.
    pub async fn run(&self, stop: CancellationToken) {
        let (core, state) = (&self.core, &self.core.state);
        let mut loops = Loops::new("ecs", stop);
        let (scheduler, agents) = (core.scheduler.clone(), core.agents.clone());
        let scaling = core.scaling.clone();
        let changed = move |change| {
            scaling.changed(&change);
            match change {
                Change::Task(key) => scheduler.wake_task(key),
                Change::Service(key) => scheduler.wake_service(key),
                Change::Provider(key) => scheduler.wake_provider(key),
                Change::Room(queue) => scheduler.wake_waiting(queue),
                Change::Instance(key) => {
                    agents.wake_instance(key.clone());
                    scheduler.wake_instance(key);
                }
            }
        };
        let (store, view) = (state.store.clone(), state.view.clone());
        loops.spawn(feed::feed(store, view, changed, loops.stop()));
        let permit = Permit::for_controller("ecs-shard");
        loops
            .hold(&state.shard, &state.store, permit, core.takeover)
            .await;
        core.scheduler.work(&mut loops);
        core.agents.work(&mut loops);
        core.scaling.work(&mut loops);
        loops.run().await;
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_ecs::operations! {
    impl EcsService;
    authorize(self, cx, input) = authz::checks(&self.core, cx, input).await;
    refuse = refuse::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    create_cluster = ops::clusters::create_cluster;
    describe_clusters = ops::clusters::describe_clusters;
    list_clusters = ops::clusters::list_clusters;
    delete_cluster = ops::clusters::delete_cluster;
    update_cluster = ops::clusters::update_cluster;
    update_cluster_settings = ops::clusters::update_cluster_settings;
    put_cluster_capacity_providers = ops::cluster_providers::put_cluster_capacity_providers;
    create_capacity_provider = ops::capacity_providers::create_capacity_provider;
    update_capacity_provider = ops::capacity_providers::update_capacity_provider;
    delete_capacity_provider = ops::capacity_providers::delete_capacity_provider;
    describe_capacity_providers = ops::describe_providers::describe_capacity_providers;
    register_task_definition = ops::register_task_definition::register_task_definition;
    deregister_task_definition = ops::definitions::deregister_task_definition;
    describe_task_definition = ops::definitions::describe_task_definition;
    delete_task_definitions = ops::definitions::delete_task_definitions;
    list_task_definitions = ops::definitions::list_task_definitions;
    list_task_definition_families = ops::definitions::list_task_definition_families;
    run_task = ops::run_task::run_task;
    start_task = ops::start_task::start_task;
    stop_task = ops::stop_task::stop_task;
    execute_command = ops::execute_command::execute_command;
    describe_tasks = ops::describe_tasks::describe_tasks;
    list_tasks = ops::list_tasks::list_tasks;
    register_container_instance = ops::register_instance::register_container_instance;
    deregister_container_instance = ops::instances::deregister_container_instance;
    describe_container_instances = ops::instances::describe_container_instances;
    list_container_instances = ops::instances::list_container_instances;
    update_container_instances_state = ops::instances::update_container_instances_state;
    discover_poll_endpoint = ops::instances::discover_poll_endpoint;
    submit_task_state_change = ops::submit::submit_task_state_change;
    submit_container_state_change = ops::submit::submit_container_state_change;
    submit_attachment_state_changes = ops::submit::submit_attachment_state_changes;
    tag_resource = ops::tag::tag_resource;
    untag_resource = ops::tag::untag_resource;
    list_tags_for_resource = ops::tag::list_tags_for_resource;
    put_account_setting = ops::settings::put_account_setting;
    put_account_setting_default = ops::settings::put_account_setting_default;
    delete_account_setting = ops::settings::delete_account_setting;
    list_account_settings = ops::settings::list_account_settings;
    list_attributes = ops::attributes::list_attributes;
    put_attributes = ops::attributes::put_attributes;
    delete_attributes = ops::attributes::delete_attributes;
    create_service = ops::create_service::create_service;
    update_service = ops::update_service::update_service;
    delete_service = ops::delete_service::delete_service;
    describe_services = ops::describe_services::describe_services;
    list_services = ops::list_services::list_services;
    list_services_by_namespace = ops::list_services::list_services_by_namespace;
    describe_service_deployments = ops::service_deployments::describe_service_deployments;
    describe_service_revisions = ops::service_deployments::describe_service_revisions;
    list_service_deployments = ops::service_deployments::list_service_deployments;
    stop_service_deployment = ops::service_deployments::stop_service_deployment;
    get_task_protection = ops::task_protection::get_task_protection;
    update_task_protection = ops::task_protection::update_task_protection;
}
