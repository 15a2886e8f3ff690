//! The service as the server holds it: operations, websocket endpoints, loops.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wharf_api_ecs::*;
use wharf_base::Permit;
use wharf_wire::{Call, Check, Context, Fault, async_trait, constraints::Violation};

use crate::{
    acs::Endpoint, authz, config::Parts, core::Core, ops, reconcile, refuse, view::Change,
    view::feed,
};

/// Tasks brought forward at once.
const TASK_WORKERS: usize = 16;
const INSTANCE_WORKERS: usize = 4;

#[derive(Clone)]
pub struct EcsService {
    core: Arc<Core>,
}

impl EcsService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// The websockets agents connect to.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.core.clone())
    }

    /// Runs the view and the reconcilers until `stop`, and returns once they have ended. Operations
    /// wait until the view has been read, so start this before serving.
    pub async fn run(&self, stop: CancellationToken) {
        let core = &self.core;
        core.hub.start();
        let mut loops = JoinSet::new();
        let permit = Permit::for_controller("ecs-shard");
        let takeover = core.parts.config.takeover;
        loops.spawn(core.shard.clone().hold(
            core.parts.store.clone(),
            permit,
            takeover,
            stop.clone(),
        ));
        let (tasks, instances) = (core.tasks.clone(), core.instances.clone());
        let changed = move |change| match change {
            Change::Task(key) => tasks.wake(key),
            Change::Instance(key) => instances.wake(key),
        };
        loops.spawn(feed::feed(
            core.parts.store.clone(),
            core.view.clone(),
            changed,
            stop.clone(),
        ));
        let of = core.clone();
        let work = move |key| reconcile::task(of.clone(), key);
        loops.spawn(wharf_reconcile::run(
            core.tasks.clone(),
            TASK_WORKERS,
            stop.clone(),
            work,
        ));
        let of = core.clone();
        let work = move |key| reconcile::instance(of.clone(), key);
        let queue = core.instances.clone();
        loops.spawn(wharf_reconcile::run(queue, INSTANCE_WORKERS, stop, work));
        while let Some(ended) = loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a loop of ECS ended with a panic");
            }
        }
    }
}

/// The delegating line of each operation.
macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $path:path;)*) => {
        #[async_trait]
        impl Ecs for EcsService {
            async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
                authz::checks(&self.core, cx, input).await
            }

            fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
                refuse::refuse(operation, violations)
            }

            $(async fn $name(&self, call: &Call, input: $input) -> Result<$output, Fault> {
                $path(&self.core, call, input).await
            })*
        }
    };
}

operations! {
    create_cluster(CreateClusterRequest) -> CreateClusterResponse = ops::clusters::create_cluster;
    describe_clusters(DescribeClustersRequest) -> DescribeClustersResponse = ops::clusters::describe_clusters;
    list_clusters(ListClustersRequest) -> ListClustersResponse = ops::clusters::list_clusters;
    delete_cluster(DeleteClusterRequest) -> DeleteClusterResponse = ops::clusters::delete_cluster;
    update_cluster(UpdateClusterRequest) -> UpdateClusterResponse = ops::clusters::update_cluster;
    update_cluster_settings(UpdateClusterSettingsRequest) -> UpdateClusterSettingsResponse = ops::clusters::update_cluster_settings;
    put_cluster_capacity_providers(PutClusterCapacityProvidersRequest) -> PutClusterCapacityProvidersResponse = ops::clusters::put_cluster_capacity_providers;
    describe_capacity_providers(DescribeCapacityProvidersRequest) -> DescribeCapacityProvidersResponse = ops::clusters::describe_capacity_providers;
    register_task_definition(RegisterTaskDefinitionRequest) -> RegisterTaskDefinitionResponse = ops::register_task_definition::register_task_definition;
    deregister_task_definition(DeregisterTaskDefinitionRequest) -> DeregisterTaskDefinitionResponse = ops::definitions::deregister_task_definition;
    describe_task_definition(DescribeTaskDefinitionRequest) -> DescribeTaskDefinitionResponse = ops::definitions::describe_task_definition;
    delete_task_definitions(DeleteTaskDefinitionsRequest) -> DeleteTaskDefinitionsResponse = ops::definitions::delete_task_definitions;
    list_task_definitions(ListTaskDefinitionsRequest) -> ListTaskDefinitionsResponse = ops::definitions::list_task_definitions;
    list_task_definition_families(ListTaskDefinitionFamiliesRequest) -> ListTaskDefinitionFamiliesResponse = ops::definitions::list_task_definition_families;
    run_task(RunTaskRequest) -> RunTaskResponse = ops::run_task::run_task;
    start_task(StartTaskRequest) -> StartTaskResponse = ops::start_task::start_task;
    stop_task(StopTaskRequest) -> StopTaskResponse = ops::stop_task::stop_task;
    describe_tasks(DescribeTasksRequest) -> DescribeTasksResponse = ops::describe_tasks::describe_tasks;
    list_tasks(ListTasksRequest) -> ListTasksResponse = ops::list_tasks::list_tasks;
    register_container_instance(RegisterContainerInstanceRequest) -> RegisterContainerInstanceResponse = ops::register_instance::register_container_instance;
    deregister_container_instance(DeregisterContainerInstanceRequest) -> DeregisterContainerInstanceResponse = ops::instances::deregister_container_instance;
    describe_container_instances(DescribeContainerInstancesRequest) -> DescribeContainerInstancesResponse = ops::instances::describe_container_instances;
    list_container_instances(ListContainerInstancesRequest) -> ListContainerInstancesResponse = ops::instances::list_container_instances;
    update_container_instances_state(UpdateContainerInstancesStateRequest) -> UpdateContainerInstancesStateResponse = ops::instances::update_container_instances_state;
    discover_poll_endpoint(DiscoverPollEndpointRequest) -> DiscoverPollEndpointResponse = ops::instances::discover_poll_endpoint;
    submit_task_state_change(SubmitTaskStateChangeRequest) -> SubmitTaskStateChangeResponse = ops::submit::submit_task_state_change;
    submit_container_state_change(SubmitContainerStateChangeRequest) -> SubmitContainerStateChangeResponse = ops::submit::submit_container_state_change;
    submit_attachment_state_changes(SubmitAttachmentStateChangesRequest) -> SubmitAttachmentStateChangesResponse = ops::submit::submit_attachment_state_changes;
    tag_resource(TagResourceRequest) -> TagResourceResponse = ops::tag::tag_resource;
    untag_resource(UntagResourceRequest) -> UntagResourceResponse = ops::tag::untag_resource;
    list_tags_for_resource(ListTagsForResourceRequest) -> ListTagsForResourceResponse = ops::tag::list_tags_for_resource;
    put_account_setting(PutAccountSettingRequest) -> PutAccountSettingResponse = ops::settings::put_account_setting;
    put_account_setting_default(PutAccountSettingDefaultRequest) -> PutAccountSettingDefaultResponse = ops::settings::put_account_setting_default;
    delete_account_setting(DeleteAccountSettingRequest) -> DeleteAccountSettingResponse = ops::settings::delete_account_setting;
    list_account_settings(ListAccountSettingsRequest) -> ListAccountSettingsResponse = ops::settings::list_account_settings;
    list_attributes(ListAttributesRequest) -> ListAttributesResponse = ops::attributes::list_attributes;
    put_attributes(PutAttributesRequest) -> PutAttributesResponse = ops::attributes::put_attributes;
    delete_attributes(DeleteAttributesRequest) -> DeleteAttributesResponse = ops::attributes::delete_attributes;
}
