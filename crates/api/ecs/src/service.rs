// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait,
    constraints::Violation,
    node::{Payload, Struct},
    schema::ServiceSchema,
    understood::{self, Understood},
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    AssociateGatewayWithCluster(&'a AssociateGatewayWithClusterRequest),
    ContinueServiceDeployment(&'a ContinueServiceDeploymentRequest),
    CreateCapacityProvider(&'a CreateCapacityProviderRequest),
    CreateCluster(&'a CreateClusterRequest),
    CreateDaemon(&'a CreateDaemonRequest),
    CreateExpressGatewayService(&'a CreateExpressGatewayServiceRequest),
    CreateGateway(&'a CreateGatewayRequest),
    CreateService(&'a CreateServiceRequest),
    CreateTaskSet(&'a CreateTaskSetRequest),
    DeleteAccountSetting(&'a DeleteAccountSettingRequest),
    DeleteAttributes(&'a DeleteAttributesRequest),
    DeleteCapacityProvider(&'a DeleteCapacityProviderRequest),
    DeleteCluster(&'a DeleteClusterRequest),
    DeleteDaemon(&'a DeleteDaemonRequest),
    DeleteDaemonTaskDefinition(&'a DeleteDaemonTaskDefinitionRequest),
    DeleteExpressGatewayService(&'a DeleteExpressGatewayServiceRequest),
    DeleteGateway(&'a DeleteGatewayRequest),
    DeleteService(&'a DeleteServiceRequest),
    DeleteTaskDefinitions(&'a DeleteTaskDefinitionsRequest),
    DeleteTaskSet(&'a DeleteTaskSetRequest),
    DeregisterContainerInstance(&'a DeregisterContainerInstanceRequest),
    DeregisterTaskDefinition(&'a DeregisterTaskDefinitionRequest),
    DescribeCapacityProviders(&'a DescribeCapacityProvidersRequest),
    DescribeClusters(&'a DescribeClustersRequest),
    DescribeContainerInstances(&'a DescribeContainerInstancesRequest),
    DescribeDaemon(&'a DescribeDaemonRequest),
    DescribeDaemonDeployments(&'a DescribeDaemonDeploymentsRequest),
    DescribeDaemonRevisions(&'a DescribeDaemonRevisionsRequest),
    DescribeDaemonTaskDefinition(&'a DescribeDaemonTaskDefinitionRequest),
    DescribeExpressGatewayService(&'a DescribeExpressGatewayServiceRequest),
    DescribeGateway(&'a DescribeGatewayRequest),
    DescribeGatewayResources(&'a DescribeGatewayResourcesRequest),
    DescribeGatewayRoute(&'a DescribeGatewayRouteRequest),
    DescribeServiceDeployments(&'a DescribeServiceDeploymentsRequest),
    DescribeServiceRevisions(&'a DescribeServiceRevisionsRequest),
    DescribeServices(&'a DescribeServicesRequest),
    DescribeTaskDefinition(&'a DescribeTaskDefinitionRequest),
    DescribeTaskSets(&'a DescribeTaskSetsRequest),
    DescribeTasks(&'a DescribeTasksRequest),
    DisassociateGatewayFromCluster(&'a DisassociateGatewayFromClusterRequest),
    DiscoverPollEndpoint(&'a DiscoverPollEndpointRequest),
    ExecuteCommand(&'a ExecuteCommandRequest),
    GetTaskProtection(&'a GetTaskProtectionRequest),
    ListAccountSettings(&'a ListAccountSettingsRequest),
    ListAttributes(&'a ListAttributesRequest),
    ListClusters(&'a ListClustersRequest),
    ListContainerInstances(&'a ListContainerInstancesRequest),
    ListDaemonDeployments(&'a ListDaemonDeploymentsRequest),
    ListDaemonTaskDefinitions(&'a ListDaemonTaskDefinitionsRequest),
    ListDaemons(&'a ListDaemonsRequest),
    ListGatewayClusterAssociations(&'a ListGatewayClusterAssociationsRequest),
    ListGatewayRoutes(&'a ListGatewayRoutesRequest),
    ListGateways(&'a ListGatewaysRequest),
    ListServiceDeployments(&'a ListServiceDeploymentsRequest),
    ListServices(&'a ListServicesRequest),
    ListServicesByNamespace(&'a ListServicesByNamespaceRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    ListTaskDefinitionFamilies(&'a ListTaskDefinitionFamiliesRequest),
    ListTaskDefinitions(&'a ListTaskDefinitionsRequest),
    ListTasks(&'a ListTasksRequest),
    PutAccountSetting(&'a PutAccountSettingRequest),
    PutAccountSettingDefault(&'a PutAccountSettingDefaultRequest),
    PutAttributes(&'a PutAttributesRequest),
    PutClusterCapacityProviders(&'a PutClusterCapacityProvidersRequest),
    RegisterContainerInstance(&'a RegisterContainerInstanceRequest),
    RegisterDaemonTaskDefinition(&'a RegisterDaemonTaskDefinitionRequest),
    RegisterTaskDefinition(&'a RegisterTaskDefinitionRequest),
    RunTask(&'a RunTaskRequest),
    StartTask(&'a StartTaskRequest),
    StopServiceDeployment(&'a StopServiceDeploymentRequest),
    StopTask(&'a StopTaskRequest),
    SubmitAttachmentStateChanges(&'a SubmitAttachmentStateChangesRequest),
    SubmitContainerStateChange(&'a SubmitContainerStateChangeRequest),
    SubmitTaskStateChange(&'a SubmitTaskStateChangeRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateCapacityProvider(&'a UpdateCapacityProviderRequest),
    UpdateCluster(&'a UpdateClusterRequest),
    UpdateClusterSettings(&'a UpdateClusterSettingsRequest),
    UpdateContainerAgent(&'a UpdateContainerAgentRequest),
    UpdateContainerInstancesState(&'a UpdateContainerInstancesStateRequest),
    UpdateDaemon(&'a UpdateDaemonRequest),
    UpdateExpressGatewayService(&'a UpdateExpressGatewayServiceRequest),
    UpdateGateway(&'a UpdateGatewayRequest),
    UpdateService(&'a UpdateServiceRequest),
    UpdateServicePrimaryTaskSet(&'a UpdateServicePrimaryTaskSetRequest),
    UpdateTaskProtection(&'a UpdateTaskProtectionRequest),
    UpdateTaskSet(&'a UpdateTaskSetRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AssociateGatewayWithCluster(_) => "AssociateGatewayWithCluster",
            Self::ContinueServiceDeployment(_) => "ContinueServiceDeployment",
            Self::CreateCapacityProvider(_) => "CreateCapacityProvider",
            Self::CreateCluster(_) => "CreateCluster",
            Self::CreateDaemon(_) => "CreateDaemon",
            Self::CreateExpressGatewayService(_) => "CreateExpressGatewayService",
            Self::CreateGateway(_) => "CreateGateway",
            Self::CreateService(_) => "CreateService",
            Self::CreateTaskSet(_) => "CreateTaskSet",
            Self::DeleteAccountSetting(_) => "DeleteAccountSetting",
            Self::DeleteAttributes(_) => "DeleteAttributes",
            Self::DeleteCapacityProvider(_) => "DeleteCapacityProvider",
            Self::DeleteCluster(_) => "DeleteCluster",
            Self::DeleteDaemon(_) => "DeleteDaemon",
            Self::DeleteDaemonTaskDefinition(_) => "DeleteDaemonTaskDefinition",
            Self::DeleteExpressGatewayService(_) => "DeleteExpressGatewayService",
            Self::DeleteGateway(_) => "DeleteGateway",
            Self::DeleteService(_) => "DeleteService",
            Self::DeleteTaskDefinitions(_) => "DeleteTaskDefinitions",
            Self::DeleteTaskSet(_) => "DeleteTaskSet",
            Self::DeregisterContainerInstance(_) => "DeregisterContainerInstance",
            Self::DeregisterTaskDefinition(_) => "DeregisterTaskDefinition",
            Self::DescribeCapacityProviders(_) => "DescribeCapacityProviders",
            Self::DescribeClusters(_) => "DescribeClusters",
            Self::DescribeContainerInstances(_) => "DescribeContainerInstances",
            Self::DescribeDaemon(_) => "DescribeDaemon",
            Self::DescribeDaemonDeployments(_) => "DescribeDaemonDeployments",
            Self::DescribeDaemonRevisions(_) => "DescribeDaemonRevisions",
            Self::DescribeDaemonTaskDefinition(_) => "DescribeDaemonTaskDefinition",
            Self::DescribeExpressGatewayService(_) => "DescribeExpressGatewayService",
            Self::DescribeGateway(_) => "DescribeGateway",
            Self::DescribeGatewayResources(_) => "DescribeGatewayResources",
            Self::DescribeGatewayRoute(_) => "DescribeGatewayRoute",
            Self::DescribeServiceDeployments(_) => "DescribeServiceDeployments",
            Self::DescribeServiceRevisions(_) => "DescribeServiceRevisions",
            Self::DescribeServices(_) => "DescribeServices",
            Self::DescribeTaskDefinition(_) => "DescribeTaskDefinition",
            Self::DescribeTaskSets(_) => "DescribeTaskSets",
            Self::DescribeTasks(_) => "DescribeTasks",
            Self::DisassociateGatewayFromCluster(_) => "DisassociateGatewayFromCluster",
            Self::DiscoverPollEndpoint(_) => "DiscoverPollEndpoint",
            Self::ExecuteCommand(_) => "ExecuteCommand",
            Self::GetTaskProtection(_) => "GetTaskProtection",
            Self::ListAccountSettings(_) => "ListAccountSettings",
            Self::ListAttributes(_) => "ListAttributes",
            Self::ListClusters(_) => "ListClusters",
            Self::ListContainerInstances(_) => "ListContainerInstances",
            Self::ListDaemonDeployments(_) => "ListDaemonDeployments",
            Self::ListDaemonTaskDefinitions(_) => "ListDaemonTaskDefinitions",
            Self::ListDaemons(_) => "ListDaemons",
            Self::ListGatewayClusterAssociations(_) => "ListGatewayClusterAssociations",
            Self::ListGatewayRoutes(_) => "ListGatewayRoutes",
            Self::ListGateways(_) => "ListGateways",
            Self::ListServiceDeployments(_) => "ListServiceDeployments",
            Self::ListServices(_) => "ListServices",
            Self::ListServicesByNamespace(_) => "ListServicesByNamespace",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::ListTaskDefinitionFamilies(_) => "ListTaskDefinitionFamilies",
            Self::ListTaskDefinitions(_) => "ListTaskDefinitions",
            Self::ListTasks(_) => "ListTasks",
            Self::PutAccountSetting(_) => "PutAccountSetting",
            Self::PutAccountSettingDefault(_) => "PutAccountSettingDefault",
            Self::PutAttributes(_) => "PutAttributes",
            Self::PutClusterCapacityProviders(_) => "PutClusterCapacityProviders",
            Self::RegisterContainerInstance(_) => "RegisterContainerInstance",
            Self::RegisterDaemonTaskDefinition(_) => "RegisterDaemonTaskDefinition",
            Self::RegisterTaskDefinition(_) => "RegisterTaskDefinition",
            Self::RunTask(_) => "RunTask",
            Self::StartTask(_) => "StartTask",
            Self::StopServiceDeployment(_) => "StopServiceDeployment",
            Self::StopTask(_) => "StopTask",
            Self::SubmitAttachmentStateChanges(_) => "SubmitAttachmentStateChanges",
            Self::SubmitContainerStateChange(_) => "SubmitContainerStateChange",
            Self::SubmitTaskStateChange(_) => "SubmitTaskStateChange",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateCapacityProvider(_) => "UpdateCapacityProvider",
            Self::UpdateCluster(_) => "UpdateCluster",
            Self::UpdateClusterSettings(_) => "UpdateClusterSettings",
            Self::UpdateContainerAgent(_) => "UpdateContainerAgent",
            Self::UpdateContainerInstancesState(_) => "UpdateContainerInstancesState",
            Self::UpdateDaemon(_) => "UpdateDaemon",
            Self::UpdateExpressGatewayService(_) => "UpdateExpressGatewayService",
            Self::UpdateGateway(_) => "UpdateGateway",
            Self::UpdateService(_) => "UpdateService",
            Self::UpdateServicePrimaryTaskSet(_) => "UpdateServicePrimaryTaskSet",
            Self::UpdateTaskProtection(_) => "UpdateTaskProtection",
            Self::UpdateTaskSet(_) => "UpdateTaskSet",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("ecs:{}", self.operation())
    }
}

#[async_trait]
pub trait Ecs: Send + Sync + 'static {
    /// The authorisation row of each operation: what it does to which resource, evaluated by the
    /// dispatcher before the operation runs.
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;

    /// The service's own words for an input that breaks the model; `None` for the protocol's.
    fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        let _ = (operation, violations);
        None
    }

    /// Which members of inputs operations understand.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }

    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn associate_gateway_with_cluster(
        &self,
        call: &Call,
        input: AssociateGatewayWithClusterRequest,
    ) -> Result<AssociateGatewayWithClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "AssociateGatewayWithCluster"))
    }

    async fn continue_service_deployment(
        &self,
        call: &Call,
        input: ContinueServiceDeploymentRequest,
    ) -> Result<ContinueServiceDeploymentResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ContinueServiceDeployment"))
    }

    async fn create_capacity_provider(
        &self,
        call: &Call,
        input: CreateCapacityProviderRequest,
    ) -> Result<CreateCapacityProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "CreateCapacityProvider"))
    }

    async fn create_cluster(
        &self,
        call: &Call,
        input: CreateClusterRequest,
    ) -> Result<CreateClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "CreateCluster"))
    }

    async fn create_daemon(
        &self,
        call: &Call,
        input: CreateDaemonRequest,
    ) -> Result<CreateDaemonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "CreateDaemon"))
    }

    async fn create_express_gateway_service(
        &self,
        call: &Call,
        input: CreateExpressGatewayServiceRequest,
    ) -> Result<CreateExpressGatewayServiceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "CreateExpressGatewayService"))
    }

    async fn create_gateway(
        &self,
        call: &Call,
        input: CreateGatewayRequest,
    ) -> Result<CreateGatewayResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "CreateGateway"))
    }

    async fn create_service(
        &self,
        call: &Call,
        input: CreateServiceRequest,
    ) -> Result<CreateServiceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "CreateService"))
    }

    async fn create_task_set(
        &self,
        call: &Call,
        input: CreateTaskSetRequest,
    ) -> Result<CreateTaskSetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "CreateTaskSet"))
    }

    async fn delete_account_setting(
        &self,
        call: &Call,
        input: DeleteAccountSettingRequest,
    ) -> Result<DeleteAccountSettingResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteAccountSetting"))
    }

    async fn delete_attributes(
        &self,
        call: &Call,
        input: DeleteAttributesRequest,
    ) -> Result<DeleteAttributesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteAttributes"))
    }

    async fn delete_capacity_provider(
        &self,
        call: &Call,
        input: DeleteCapacityProviderRequest,
    ) -> Result<DeleteCapacityProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteCapacityProvider"))
    }

    async fn delete_cluster(
        &self,
        call: &Call,
        input: DeleteClusterRequest,
    ) -> Result<DeleteClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteCluster"))
    }

    async fn delete_daemon(
        &self,
        call: &Call,
        input: DeleteDaemonRequest,
    ) -> Result<DeleteDaemonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteDaemon"))
    }

    async fn delete_daemon_task_definition(
        &self,
        call: &Call,
        input: DeleteDaemonTaskDefinitionRequest,
    ) -> Result<DeleteDaemonTaskDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteDaemonTaskDefinition"))
    }

    async fn delete_express_gateway_service(
        &self,
        call: &Call,
        input: DeleteExpressGatewayServiceRequest,
    ) -> Result<DeleteExpressGatewayServiceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteExpressGatewayService"))
    }

    async fn delete_gateway(
        &self,
        call: &Call,
        input: DeleteGatewayRequest,
    ) -> Result<DeleteGatewayResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteGateway"))
    }

    async fn delete_service(
        &self,
        call: &Call,
        input: DeleteServiceRequest,
    ) -> Result<DeleteServiceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteService"))
    }

    async fn delete_task_definitions(
        &self,
        call: &Call,
        input: DeleteTaskDefinitionsRequest,
    ) -> Result<DeleteTaskDefinitionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteTaskDefinitions"))
    }

    async fn delete_task_set(
        &self,
        call: &Call,
        input: DeleteTaskSetRequest,
    ) -> Result<DeleteTaskSetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeleteTaskSet"))
    }

    async fn deregister_container_instance(
        &self,
        call: &Call,
        input: DeregisterContainerInstanceRequest,
    ) -> Result<DeregisterContainerInstanceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeregisterContainerInstance"))
    }

    async fn deregister_task_definition(
        &self,
        call: &Call,
        input: DeregisterTaskDefinitionRequest,
    ) -> Result<DeregisterTaskDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DeregisterTaskDefinition"))
    }

    async fn describe_capacity_providers(
        &self,
        call: &Call,
        input: DescribeCapacityProvidersRequest,
    ) -> Result<DescribeCapacityProvidersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeCapacityProviders"))
    }

    async fn describe_clusters(
        &self,
        call: &Call,
        input: DescribeClustersRequest,
    ) -> Result<DescribeClustersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeClusters"))
    }

    async fn describe_container_instances(
        &self,
        call: &Call,
        input: DescribeContainerInstancesRequest,
    ) -> Result<DescribeContainerInstancesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeContainerInstances"))
    }

    async fn describe_daemon(
        &self,
        call: &Call,
        input: DescribeDaemonRequest,
    ) -> Result<DescribeDaemonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeDaemon"))
    }

    async fn describe_daemon_deployments(
        &self,
        call: &Call,
        input: DescribeDaemonDeploymentsRequest,
    ) -> Result<DescribeDaemonDeploymentsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeDaemonDeployments"))
    }

    async fn describe_daemon_revisions(
        &self,
        call: &Call,
        input: DescribeDaemonRevisionsRequest,
    ) -> Result<DescribeDaemonRevisionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeDaemonRevisions"))
    }

    async fn describe_daemon_task_definition(
        &self,
        call: &Call,
        input: DescribeDaemonTaskDefinitionRequest,
    ) -> Result<DescribeDaemonTaskDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeDaemonTaskDefinition"))
    }

    async fn describe_express_gateway_service(
        &self,
        call: &Call,
        input: DescribeExpressGatewayServiceRequest,
    ) -> Result<DescribeExpressGatewayServiceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeExpressGatewayService"))
    }

    async fn describe_gateway(
        &self,
        call: &Call,
        input: DescribeGatewayRequest,
    ) -> Result<DescribeGatewayResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeGateway"))
    }

    async fn describe_gateway_resources(
        &self,
        call: &Call,
        input: DescribeGatewayResourcesRequest,
    ) -> Result<DescribeGatewayResourcesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeGatewayResources"))
    }

    async fn describe_gateway_route(
        &self,
        call: &Call,
        input: DescribeGatewayRouteRequest,
    ) -> Result<DescribeGatewayRouteResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeGatewayRoute"))
    }

    async fn describe_service_deployments(
        &self,
        call: &Call,
        input: DescribeServiceDeploymentsRequest,
    ) -> Result<DescribeServiceDeploymentsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeServiceDeployments"))
    }

    async fn describe_service_revisions(
        &self,
        call: &Call,
        input: DescribeServiceRevisionsRequest,
    ) -> Result<DescribeServiceRevisionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeServiceRevisions"))
    }

    async fn describe_services(
        &self,
        call: &Call,
        input: DescribeServicesRequest,
    ) -> Result<DescribeServicesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeServices"))
    }

    async fn describe_task_definition(
        &self,
        call: &Call,
        input: DescribeTaskDefinitionRequest,
    ) -> Result<DescribeTaskDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeTaskDefinition"))
    }

    async fn describe_task_sets(
        &self,
        call: &Call,
        input: DescribeTaskSetsRequest,
    ) -> Result<DescribeTaskSetsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeTaskSets"))
    }

    async fn describe_tasks(
        &self,
        call: &Call,
        input: DescribeTasksRequest,
    ) -> Result<DescribeTasksResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DescribeTasks"))
    }

    async fn disassociate_gateway_from_cluster(
        &self,
        call: &Call,
        input: DisassociateGatewayFromClusterRequest,
    ) -> Result<DisassociateGatewayFromClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DisassociateGatewayFromCluster"))
    }

    async fn discover_poll_endpoint(
        &self,
        call: &Call,
        input: DiscoverPollEndpointRequest,
    ) -> Result<DiscoverPollEndpointResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "DiscoverPollEndpoint"))
    }

    async fn execute_command(
        &self,
        call: &Call,
        input: ExecuteCommandRequest,
    ) -> Result<ExecuteCommandResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ExecuteCommand"))
    }

    async fn get_task_protection(
        &self,
        call: &Call,
        input: GetTaskProtectionRequest,
    ) -> Result<GetTaskProtectionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "GetTaskProtection"))
    }

    async fn list_account_settings(
        &self,
        call: &Call,
        input: ListAccountSettingsRequest,
    ) -> Result<ListAccountSettingsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListAccountSettings"))
    }

    async fn list_attributes(
        &self,
        call: &Call,
        input: ListAttributesRequest,
    ) -> Result<ListAttributesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListAttributes"))
    }

    async fn list_clusters(
        &self,
        call: &Call,
        input: ListClustersRequest,
    ) -> Result<ListClustersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListClusters"))
    }

    async fn list_container_instances(
        &self,
        call: &Call,
        input: ListContainerInstancesRequest,
    ) -> Result<ListContainerInstancesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListContainerInstances"))
    }

    async fn list_daemon_deployments(
        &self,
        call: &Call,
        input: ListDaemonDeploymentsRequest,
    ) -> Result<ListDaemonDeploymentsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListDaemonDeployments"))
    }

    async fn list_daemon_task_definitions(
        &self,
        call: &Call,
        input: ListDaemonTaskDefinitionsRequest,
    ) -> Result<ListDaemonTaskDefinitionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListDaemonTaskDefinitions"))
    }

    async fn list_daemons(
        &self,
        call: &Call,
        input: ListDaemonsRequest,
    ) -> Result<ListDaemonsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListDaemons"))
    }

    async fn list_gateway_cluster_associations(
        &self,
        call: &Call,
        input: ListGatewayClusterAssociationsRequest,
    ) -> Result<ListGatewayClusterAssociationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListGatewayClusterAssociations"))
    }

    async fn list_gateway_routes(
        &self,
        call: &Call,
        input: ListGatewayRoutesRequest,
    ) -> Result<ListGatewayRoutesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListGatewayRoutes"))
    }

    async fn list_gateways(
        &self,
        call: &Call,
        input: ListGatewaysRequest,
    ) -> Result<ListGatewaysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListGateways"))
    }

    async fn list_service_deployments(
        &self,
        call: &Call,
        input: ListServiceDeploymentsRequest,
    ) -> Result<ListServiceDeploymentsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListServiceDeployments"))
    }

    async fn list_services(
        &self,
        call: &Call,
        input: ListServicesRequest,
    ) -> Result<ListServicesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListServices"))
    }

    async fn list_services_by_namespace(
        &self,
        call: &Call,
        input: ListServicesByNamespaceRequest,
    ) -> Result<ListServicesByNamespaceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListServicesByNamespace"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListTagsForResource"))
    }

    async fn list_task_definition_families(
        &self,
        call: &Call,
        input: ListTaskDefinitionFamiliesRequest,
    ) -> Result<ListTaskDefinitionFamiliesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListTaskDefinitionFamilies"))
    }

    async fn list_task_definitions(
        &self,
        call: &Call,
        input: ListTaskDefinitionsRequest,
    ) -> Result<ListTaskDefinitionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListTaskDefinitions"))
    }

    async fn list_tasks(
        &self,
        call: &Call,
        input: ListTasksRequest,
    ) -> Result<ListTasksResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "ListTasks"))
    }

    async fn put_account_setting(
        &self,
        call: &Call,
        input: PutAccountSettingRequest,
    ) -> Result<PutAccountSettingResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "PutAccountSetting"))
    }

    async fn put_account_setting_default(
        &self,
        call: &Call,
        input: PutAccountSettingDefaultRequest,
    ) -> Result<PutAccountSettingDefaultResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "PutAccountSettingDefault"))
    }

    async fn put_attributes(
        &self,
        call: &Call,
        input: PutAttributesRequest,
    ) -> Result<PutAttributesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "PutAttributes"))
    }

    async fn put_cluster_capacity_providers(
        &self,
        call: &Call,
        input: PutClusterCapacityProvidersRequest,
    ) -> Result<PutClusterCapacityProvidersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "PutClusterCapacityProviders"))
    }

    async fn register_container_instance(
        &self,
        call: &Call,
        input: RegisterContainerInstanceRequest,
    ) -> Result<RegisterContainerInstanceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "RegisterContainerInstance"))
    }

    async fn register_daemon_task_definition(
        &self,
        call: &Call,
        input: RegisterDaemonTaskDefinitionRequest,
    ) -> Result<RegisterDaemonTaskDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "RegisterDaemonTaskDefinition"))
    }

    async fn register_task_definition(
        &self,
        call: &Call,
        input: RegisterTaskDefinitionRequest,
    ) -> Result<RegisterTaskDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "RegisterTaskDefinition"))
    }

    async fn run_task(&self, call: &Call, input: RunTaskRequest) -> Result<RunTaskResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "RunTask"))
    }

    async fn start_task(
        &self,
        call: &Call,
        input: StartTaskRequest,
    ) -> Result<StartTaskResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "StartTask"))
    }

    async fn stop_service_deployment(
        &self,
        call: &Call,
        input: StopServiceDeploymentRequest,
    ) -> Result<StopServiceDeploymentResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "StopServiceDeployment"))
    }

    async fn stop_task(
        &self,
        call: &Call,
        input: StopTaskRequest,
    ) -> Result<StopTaskResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "StopTask"))
    }

    async fn submit_attachment_state_changes(
        &self,
        call: &Call,
        input: SubmitAttachmentStateChangesRequest,
    ) -> Result<SubmitAttachmentStateChangesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "SubmitAttachmentStateChanges"))
    }

    async fn submit_container_state_change(
        &self,
        call: &Call,
        input: SubmitContainerStateChangeRequest,
    ) -> Result<SubmitContainerStateChangeResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "SubmitContainerStateChange"))
    }

    async fn submit_task_state_change(
        &self,
        call: &Call,
        input: SubmitTaskStateChangeRequest,
    ) -> Result<SubmitTaskStateChangeResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "SubmitTaskStateChange"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UntagResource"))
    }

    async fn update_capacity_provider(
        &self,
        call: &Call,
        input: UpdateCapacityProviderRequest,
    ) -> Result<UpdateCapacityProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateCapacityProvider"))
    }

    async fn update_cluster(
        &self,
        call: &Call,
        input: UpdateClusterRequest,
    ) -> Result<UpdateClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateCluster"))
    }

    async fn update_cluster_settings(
        &self,
        call: &Call,
        input: UpdateClusterSettingsRequest,
    ) -> Result<UpdateClusterSettingsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateClusterSettings"))
    }

    async fn update_container_agent(
        &self,
        call: &Call,
        input: UpdateContainerAgentRequest,
    ) -> Result<UpdateContainerAgentResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateContainerAgent"))
    }

    async fn update_container_instances_state(
        &self,
        call: &Call,
        input: UpdateContainerInstancesStateRequest,
    ) -> Result<UpdateContainerInstancesStateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateContainerInstancesState"))
    }

    async fn update_daemon(
        &self,
        call: &Call,
        input: UpdateDaemonRequest,
    ) -> Result<UpdateDaemonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateDaemon"))
    }

    async fn update_express_gateway_service(
        &self,
        call: &Call,
        input: UpdateExpressGatewayServiceRequest,
    ) -> Result<UpdateExpressGatewayServiceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateExpressGatewayService"))
    }

    async fn update_gateway(
        &self,
        call: &Call,
        input: UpdateGatewayRequest,
    ) -> Result<UpdateGatewayResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateGateway"))
    }

    async fn update_service(
        &self,
        call: &Call,
        input: UpdateServiceRequest,
    ) -> Result<UpdateServiceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateService"))
    }

    async fn update_service_primary_task_set(
        &self,
        call: &Call,
        input: UpdateServicePrimaryTaskSetRequest,
    ) -> Result<UpdateServicePrimaryTaskSetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateServicePrimaryTaskSet"))
    }

    async fn update_task_protection(
        &self,
        call: &Call,
        input: UpdateTaskProtectionRequest,
    ) -> Result<UpdateTaskProtectionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateTaskProtection"))
    }

    async fn update_task_set(
        &self,
        call: &Call,
        input: UpdateTaskSetRequest,
    ) -> Result<UpdateTaskSetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecs", "UpdateTaskSet"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Ecs>);

/// The payload as the type that the operation's number stands for.
fn typed<T: 'static>(input: Box<dyn Payload>) -> T {
    *input
        .into_any()
        .downcast()
        .expect("the input was made for this operation")
}

fn borrowed<T: 'static>(input: &dyn Payload) -> &T {
    input
        .as_any()
        .downcast_ref()
        .expect("the input was made for this operation")
}

#[async_trait]
impl Service for Routes {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AssociateGatewayWithClusterRequest::default()),
            1 => Box::new(ContinueServiceDeploymentRequest::default()),
            2 => Box::new(CreateCapacityProviderRequest::default()),
            3 => Box::new(CreateClusterRequest::default()),
            4 => Box::new(CreateDaemonRequest::default()),
            5 => Box::new(CreateExpressGatewayServiceRequest::default()),
            6 => Box::new(CreateGatewayRequest::default()),
            7 => Box::new(CreateServiceRequest::default()),
            8 => Box::new(CreateTaskSetRequest::default()),
            9 => Box::new(DeleteAccountSettingRequest::default()),
            10 => Box::new(DeleteAttributesRequest::default()),
            11 => Box::new(DeleteCapacityProviderRequest::default()),
            12 => Box::new(DeleteClusterRequest::default()),
            13 => Box::new(DeleteDaemonRequest::default()),
            14 => Box::new(DeleteDaemonTaskDefinitionRequest::default()),
            15 => Box::new(DeleteExpressGatewayServiceRequest::default()),
            16 => Box::new(DeleteGatewayRequest::default()),
            17 => Box::new(DeleteServiceRequest::default()),
            18 => Box::new(DeleteTaskDefinitionsRequest::default()),
            19 => Box::new(DeleteTaskSetRequest::default()),
            20 => Box::new(DeregisterContainerInstanceRequest::default()),
            21 => Box::new(DeregisterTaskDefinitionRequest::default()),
            22 => Box::new(DescribeCapacityProvidersRequest::default()),
            23 => Box::new(DescribeClustersRequest::default()),
            24 => Box::new(DescribeContainerInstancesRequest::default()),
            25 => Box::new(DescribeDaemonRequest::default()),
            26 => Box::new(DescribeDaemonDeploymentsRequest::default()),
            27 => Box::new(DescribeDaemonRevisionsRequest::default()),
            28 => Box::new(DescribeDaemonTaskDefinitionRequest::default()),
            29 => Box::new(DescribeExpressGatewayServiceRequest::default()),
            30 => Box::new(DescribeGatewayRequest::default()),
            31 => Box::new(DescribeGatewayResourcesRequest::default()),
            32 => Box::new(DescribeGatewayRouteRequest::default()),
            33 => Box::new(DescribeServiceDeploymentsRequest::default()),
            34 => Box::new(DescribeServiceRevisionsRequest::default()),
            35 => Box::new(DescribeServicesRequest::default()),
            36 => Box::new(DescribeTaskDefinitionRequest::default()),
            37 => Box::new(DescribeTaskSetsRequest::default()),
            38 => Box::new(DescribeTasksRequest::default()),
            39 => Box::new(DisassociateGatewayFromClusterRequest::default()),
            40 => Box::new(DiscoverPollEndpointRequest::default()),
            41 => Box::new(ExecuteCommandRequest::default()),
            42 => Box::new(GetTaskProtectionRequest::default()),
            43 => Box::new(ListAccountSettingsRequest::default()),
            44 => Box::new(ListAttributesRequest::default()),
            45 => Box::new(ListClustersRequest::default()),
            46 => Box::new(ListContainerInstancesRequest::default()),
            47 => Box::new(ListDaemonDeploymentsRequest::default()),
            48 => Box::new(ListDaemonTaskDefinitionsRequest::default()),
            49 => Box::new(ListDaemonsRequest::default()),
            50 => Box::new(ListGatewayClusterAssociationsRequest::default()),
            51 => Box::new(ListGatewayRoutesRequest::default()),
            52 => Box::new(ListGatewaysRequest::default()),
            53 => Box::new(ListServiceDeploymentsRequest::default()),
            54 => Box::new(ListServicesRequest::default()),
            55 => Box::new(ListServicesByNamespaceRequest::default()),
            56 => Box::new(ListTagsForResourceRequest::default()),
            57 => Box::new(ListTaskDefinitionFamiliesRequest::default()),
            58 => Box::new(ListTaskDefinitionsRequest::default()),
            59 => Box::new(ListTasksRequest::default()),
            60 => Box::new(PutAccountSettingRequest::default()),
            61 => Box::new(PutAccountSettingDefaultRequest::default()),
            62 => Box::new(PutAttributesRequest::default()),
            63 => Box::new(PutClusterCapacityProvidersRequest::default()),
            64 => Box::new(RegisterContainerInstanceRequest::default()),
            65 => Box::new(RegisterDaemonTaskDefinitionRequest::default()),
            66 => Box::new(RegisterTaskDefinitionRequest::default()),
            67 => Box::new(RunTaskRequest::default()),
            68 => Box::new(StartTaskRequest::default()),
            69 => Box::new(StopServiceDeploymentRequest::default()),
            70 => Box::new(StopTaskRequest::default()),
            71 => Box::new(SubmitAttachmentStateChangesRequest::default()),
            72 => Box::new(SubmitContainerStateChangeRequest::default()),
            73 => Box::new(SubmitTaskStateChangeRequest::default()),
            74 => Box::new(TagResourceRequest::default()),
            75 => Box::new(UntagResourceRequest::default()),
            76 => Box::new(UpdateCapacityProviderRequest::default()),
            77 => Box::new(UpdateClusterRequest::default()),
            78 => Box::new(UpdateClusterSettingsRequest::default()),
            79 => Box::new(UpdateContainerAgentRequest::default()),
            80 => Box::new(UpdateContainerInstancesStateRequest::default()),
            81 => Box::new(UpdateDaemonRequest::default()),
            82 => Box::new(UpdateExpressGatewayServiceRequest::default()),
            83 => Box::new(UpdateGatewayRequest::default()),
            84 => Box::new(UpdateServiceRequest::default()),
            85 => Box::new(UpdateServicePrimaryTaskSetRequest::default()),
            86 => Box::new(UpdateTaskProtectionRequest::default()),
            87 => Box::new(UpdateTaskSetRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AssociateGatewayWithClusterResponse::default()),
            1 => Box::new(ContinueServiceDeploymentResponse::default()),
            2 => Box::new(CreateCapacityProviderResponse::default()),
            3 => Box::new(CreateClusterResponse::default()),
            4 => Box::new(CreateDaemonResponse::default()),
            5 => Box::new(CreateExpressGatewayServiceResponse::default()),
            6 => Box::new(CreateGatewayResponse::default()),
            7 => Box::new(CreateServiceResponse::default()),
            8 => Box::new(CreateTaskSetResponse::default()),
            9 => Box::new(DeleteAccountSettingResponse::default()),
            10 => Box::new(DeleteAttributesResponse::default()),
            11 => Box::new(DeleteCapacityProviderResponse::default()),
            12 => Box::new(DeleteClusterResponse::default()),
            13 => Box::new(DeleteDaemonResponse::default()),
            14 => Box::new(DeleteDaemonTaskDefinitionResponse::default()),
            15 => Box::new(DeleteExpressGatewayServiceResponse::default()),
            16 => Box::new(DeleteGatewayResponse::default()),
            17 => Box::new(DeleteServiceResponse::default()),
            18 => Box::new(DeleteTaskDefinitionsResponse::default()),
            19 => Box::new(DeleteTaskSetResponse::default()),
            20 => Box::new(DeregisterContainerInstanceResponse::default()),
            21 => Box::new(DeregisterTaskDefinitionResponse::default()),
            22 => Box::new(DescribeCapacityProvidersResponse::default()),
            23 => Box::new(DescribeClustersResponse::default()),
            24 => Box::new(DescribeContainerInstancesResponse::default()),
            25 => Box::new(DescribeDaemonResponse::default()),
            26 => Box::new(DescribeDaemonDeploymentsResponse::default()),
            27 => Box::new(DescribeDaemonRevisionsResponse::default()),
            28 => Box::new(DescribeDaemonTaskDefinitionResponse::default()),
            29 => Box::new(DescribeExpressGatewayServiceResponse::default()),
            30 => Box::new(DescribeGatewayResponse::default()),
            31 => Box::new(DescribeGatewayResourcesResponse::default()),
            32 => Box::new(DescribeGatewayRouteResponse::default()),
            33 => Box::new(DescribeServiceDeploymentsResponse::default()),
            34 => Box::new(DescribeServiceRevisionsResponse::default()),
            35 => Box::new(DescribeServicesResponse::default()),
            36 => Box::new(DescribeTaskDefinitionResponse::default()),
            37 => Box::new(DescribeTaskSetsResponse::default()),
            38 => Box::new(DescribeTasksResponse::default()),
            39 => Box::new(DisassociateGatewayFromClusterResponse::default()),
            40 => Box::new(DiscoverPollEndpointResponse::default()),
            41 => Box::new(ExecuteCommandResponse::default()),
            42 => Box::new(GetTaskProtectionResponse::default()),
            43 => Box::new(ListAccountSettingsResponse::default()),
            44 => Box::new(ListAttributesResponse::default()),
            45 => Box::new(ListClustersResponse::default()),
            46 => Box::new(ListContainerInstancesResponse::default()),
            47 => Box::new(ListDaemonDeploymentsResponse::default()),
            48 => Box::new(ListDaemonTaskDefinitionsResponse::default()),
            49 => Box::new(ListDaemonsResponse::default()),
            50 => Box::new(ListGatewayClusterAssociationsResponse::default()),
            51 => Box::new(ListGatewayRoutesResponse::default()),
            52 => Box::new(ListGatewaysResponse::default()),
            53 => Box::new(ListServiceDeploymentsResponse::default()),
            54 => Box::new(ListServicesResponse::default()),
            55 => Box::new(ListServicesByNamespaceResponse::default()),
            56 => Box::new(ListTagsForResourceResponse::default()),
            57 => Box::new(ListTaskDefinitionFamiliesResponse::default()),
            58 => Box::new(ListTaskDefinitionsResponse::default()),
            59 => Box::new(ListTasksResponse::default()),
            60 => Box::new(PutAccountSettingResponse::default()),
            61 => Box::new(PutAccountSettingDefaultResponse::default()),
            62 => Box::new(PutAttributesResponse::default()),
            63 => Box::new(PutClusterCapacityProvidersResponse::default()),
            64 => Box::new(RegisterContainerInstanceResponse::default()),
            65 => Box::new(RegisterDaemonTaskDefinitionResponse::default()),
            66 => Box::new(RegisterTaskDefinitionResponse::default()),
            67 => Box::new(RunTaskResponse::default()),
            68 => Box::new(StartTaskResponse::default()),
            69 => Box::new(StopServiceDeploymentResponse::default()),
            70 => Box::new(StopTaskResponse::default()),
            71 => Box::new(SubmitAttachmentStateChangesResponse::default()),
            72 => Box::new(SubmitContainerStateChangeResponse::default()),
            73 => Box::new(SubmitTaskStateChangeResponse::default()),
            74 => Box::new(TagResourceResponse::default()),
            75 => Box::new(UntagResourceResponse::default()),
            76 => Box::new(UpdateCapacityProviderResponse::default()),
            77 => Box::new(UpdateClusterResponse::default()),
            78 => Box::new(UpdateClusterSettingsResponse::default()),
            79 => Box::new(UpdateContainerAgentResponse::default()),
            80 => Box::new(UpdateContainerInstancesStateResponse::default()),
            81 => Box::new(UpdateDaemonResponse::default()),
            82 => Box::new(UpdateExpressGatewayServiceResponse::default()),
            83 => Box::new(UpdateGatewayResponse::default()),
            84 => Box::new(UpdateServiceResponse::default()),
            85 => Box::new(UpdateServicePrimaryTaskSetResponse::default()),
            86 => Box::new(UpdateTaskProtectionResponse::default()),
            87 => Box::new(UpdateTaskSetResponse::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    fn understood(&self) -> Option<&'static Understood> {
        self.0.understood()
    }

    fn written(&self) -> Option<&'static [&'static str]> {
        self.0.written()
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::AssociateGatewayWithCluster(borrowed(input)),
            1 => Input::ContinueServiceDeployment(borrowed(input)),
            2 => Input::CreateCapacityProvider(borrowed(input)),
            3 => Input::CreateCluster(borrowed(input)),
            4 => Input::CreateDaemon(borrowed(input)),
            5 => Input::CreateExpressGatewayService(borrowed(input)),
            6 => Input::CreateGateway(borrowed(input)),
            7 => Input::CreateService(borrowed(input)),
            8 => Input::CreateTaskSet(borrowed(input)),
            9 => Input::DeleteAccountSetting(borrowed(input)),
            10 => Input::DeleteAttributes(borrowed(input)),
            11 => Input::DeleteCapacityProvider(borrowed(input)),
            12 => Input::DeleteCluster(borrowed(input)),
            13 => Input::DeleteDaemon(borrowed(input)),
            14 => Input::DeleteDaemonTaskDefinition(borrowed(input)),
            15 => Input::DeleteExpressGatewayService(borrowed(input)),
            16 => Input::DeleteGateway(borrowed(input)),
            17 => Input::DeleteService(borrowed(input)),
            18 => Input::DeleteTaskDefinitions(borrowed(input)),
            19 => Input::DeleteTaskSet(borrowed(input)),
            20 => Input::DeregisterContainerInstance(borrowed(input)),
            21 => Input::DeregisterTaskDefinition(borrowed(input)),
            22 => Input::DescribeCapacityProviders(borrowed(input)),
            23 => Input::DescribeClusters(borrowed(input)),
            24 => Input::DescribeContainerInstances(borrowed(input)),
            25 => Input::DescribeDaemon(borrowed(input)),
            26 => Input::DescribeDaemonDeployments(borrowed(input)),
            27 => Input::DescribeDaemonRevisions(borrowed(input)),
            28 => Input::DescribeDaemonTaskDefinition(borrowed(input)),
            29 => Input::DescribeExpressGatewayService(borrowed(input)),
            30 => Input::DescribeGateway(borrowed(input)),
            31 => Input::DescribeGatewayResources(borrowed(input)),
            32 => Input::DescribeGatewayRoute(borrowed(input)),
            33 => Input::DescribeServiceDeployments(borrowed(input)),
            34 => Input::DescribeServiceRevisions(borrowed(input)),
            35 => Input::DescribeServices(borrowed(input)),
            36 => Input::DescribeTaskDefinition(borrowed(input)),
            37 => Input::DescribeTaskSets(borrowed(input)),
            38 => Input::DescribeTasks(borrowed(input)),
            39 => Input::DisassociateGatewayFromCluster(borrowed(input)),
            40 => Input::DiscoverPollEndpoint(borrowed(input)),
            41 => Input::ExecuteCommand(borrowed(input)),
            42 => Input::GetTaskProtection(borrowed(input)),
            43 => Input::ListAccountSettings(borrowed(input)),
            44 => Input::ListAttributes(borrowed(input)),
            45 => Input::ListClusters(borrowed(input)),
            46 => Input::ListContainerInstances(borrowed(input)),
            47 => Input::ListDaemonDeployments(borrowed(input)),
            48 => Input::ListDaemonTaskDefinitions(borrowed(input)),
            49 => Input::ListDaemons(borrowed(input)),
            50 => Input::ListGatewayClusterAssociations(borrowed(input)),
            51 => Input::ListGatewayRoutes(borrowed(input)),
            52 => Input::ListGateways(borrowed(input)),
            53 => Input::ListServiceDeployments(borrowed(input)),
            54 => Input::ListServices(borrowed(input)),
            55 => Input::ListServicesByNamespace(borrowed(input)),
            56 => Input::ListTagsForResource(borrowed(input)),
            57 => Input::ListTaskDefinitionFamilies(borrowed(input)),
            58 => Input::ListTaskDefinitions(borrowed(input)),
            59 => Input::ListTasks(borrowed(input)),
            60 => Input::PutAccountSetting(borrowed(input)),
            61 => Input::PutAccountSettingDefault(borrowed(input)),
            62 => Input::PutAttributes(borrowed(input)),
            63 => Input::PutClusterCapacityProviders(borrowed(input)),
            64 => Input::RegisterContainerInstance(borrowed(input)),
            65 => Input::RegisterDaemonTaskDefinition(borrowed(input)),
            66 => Input::RegisterTaskDefinition(borrowed(input)),
            67 => Input::RunTask(borrowed(input)),
            68 => Input::StartTask(borrowed(input)),
            69 => Input::StopServiceDeployment(borrowed(input)),
            70 => Input::StopTask(borrowed(input)),
            71 => Input::SubmitAttachmentStateChanges(borrowed(input)),
            72 => Input::SubmitContainerStateChange(borrowed(input)),
            73 => Input::SubmitTaskStateChange(borrowed(input)),
            74 => Input::TagResource(borrowed(input)),
            75 => Input::UntagResource(borrowed(input)),
            76 => Input::UpdateCapacityProvider(borrowed(input)),
            77 => Input::UpdateCluster(borrowed(input)),
            78 => Input::UpdateClusterSettings(borrowed(input)),
            79 => Input::UpdateContainerAgent(borrowed(input)),
            80 => Input::UpdateContainerInstancesState(borrowed(input)),
            81 => Input::UpdateDaemon(borrowed(input)),
            82 => Input::UpdateExpressGatewayService(borrowed(input)),
            83 => Input::UpdateGateway(borrowed(input)),
            84 => Input::UpdateService(borrowed(input)),
            85 => Input::UpdateServicePrimaryTaskSet(borrowed(input)),
            86 => Input::UpdateTaskProtection(borrowed(input)),
            87 => Input::UpdateTaskSet(borrowed(input)),
            _ => unreachable!("operations are numbered by the schema"),
        };
        self.0.authorize(cx, input).await
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<wharf_wire::Output, Fault> {
        Ok(wharf_wire::Output::Whole(match operation {
            0 => Box::new(
                self.0
                    .associate_gateway_with_cluster(call, typed(input))
                    .await?,
            ),
            1 => Box::new(
                self.0
                    .continue_service_deployment(call, typed(input))
                    .await?,
            ),
            2 => Box::new(self.0.create_capacity_provider(call, typed(input)).await?),
            3 => Box::new(self.0.create_cluster(call, typed(input)).await?),
            4 => Box::new(self.0.create_daemon(call, typed(input)).await?),
            5 => Box::new(
                self.0
                    .create_express_gateway_service(call, typed(input))
                    .await?,
            ),
            6 => Box::new(self.0.create_gateway(call, typed(input)).await?),
            7 => Box::new(self.0.create_service(call, typed(input)).await?),
            8 => Box::new(self.0.create_task_set(call, typed(input)).await?),
            9 => Box::new(self.0.delete_account_setting(call, typed(input)).await?),
            10 => Box::new(self.0.delete_attributes(call, typed(input)).await?),
            11 => Box::new(self.0.delete_capacity_provider(call, typed(input)).await?),
            12 => Box::new(self.0.delete_cluster(call, typed(input)).await?),
            13 => Box::new(self.0.delete_daemon(call, typed(input)).await?),
            14 => Box::new(
                self.0
                    .delete_daemon_task_definition(call, typed(input))
                    .await?,
            ),
            15 => Box::new(
                self.0
                    .delete_express_gateway_service(call, typed(input))
                    .await?,
            ),
            16 => Box::new(self.0.delete_gateway(call, typed(input)).await?),
            17 => Box::new(self.0.delete_service(call, typed(input)).await?),
            18 => Box::new(self.0.delete_task_definitions(call, typed(input)).await?),
            19 => Box::new(self.0.delete_task_set(call, typed(input)).await?),
            20 => Box::new(
                self.0
                    .deregister_container_instance(call, typed(input))
                    .await?,
            ),
            21 => Box::new(
                self.0
                    .deregister_task_definition(call, typed(input))
                    .await?,
            ),
            22 => Box::new(
                self.0
                    .describe_capacity_providers(call, typed(input))
                    .await?,
            ),
            23 => Box::new(self.0.describe_clusters(call, typed(input)).await?),
            24 => Box::new(
                self.0
                    .describe_container_instances(call, typed(input))
                    .await?,
            ),
            25 => Box::new(self.0.describe_daemon(call, typed(input)).await?),
            26 => Box::new(
                self.0
                    .describe_daemon_deployments(call, typed(input))
                    .await?,
            ),
            27 => Box::new(self.0.describe_daemon_revisions(call, typed(input)).await?),
            28 => Box::new(
                self.0
                    .describe_daemon_task_definition(call, typed(input))
                    .await?,
            ),
            29 => Box::new(
                self.0
                    .describe_express_gateway_service(call, typed(input))
                    .await?,
            ),
            30 => Box::new(self.0.describe_gateway(call, typed(input)).await?),
            31 => Box::new(
                self.0
                    .describe_gateway_resources(call, typed(input))
                    .await?,
            ),
            32 => Box::new(self.0.describe_gateway_route(call, typed(input)).await?),
            33 => Box::new(
                self.0
                    .describe_service_deployments(call, typed(input))
                    .await?,
            ),
            34 => Box::new(
                self.0
                    .describe_service_revisions(call, typed(input))
                    .await?,
            ),
            35 => Box::new(self.0.describe_services(call, typed(input)).await?),
            36 => Box::new(self.0.describe_task_definition(call, typed(input)).await?),
            37 => Box::new(self.0.describe_task_sets(call, typed(input)).await?),
            38 => Box::new(self.0.describe_tasks(call, typed(input)).await?),
            39 => Box::new(
                self.0
                    .disassociate_gateway_from_cluster(call, typed(input))
                    .await?,
            ),
            40 => Box::new(self.0.discover_poll_endpoint(call, typed(input)).await?),
            41 => Box::new(self.0.execute_command(call, typed(input)).await?),
            42 => Box::new(self.0.get_task_protection(call, typed(input)).await?),
            43 => Box::new(self.0.list_account_settings(call, typed(input)).await?),
            44 => Box::new(self.0.list_attributes(call, typed(input)).await?),
            45 => Box::new(self.0.list_clusters(call, typed(input)).await?),
            46 => Box::new(self.0.list_container_instances(call, typed(input)).await?),
            47 => Box::new(self.0.list_daemon_deployments(call, typed(input)).await?),
            48 => Box::new(
                self.0
                    .list_daemon_task_definitions(call, typed(input))
                    .await?,
            ),
            49 => Box::new(self.0.list_daemons(call, typed(input)).await?),
            50 => Box::new(
                self.0
                    .list_gateway_cluster_associations(call, typed(input))
                    .await?,
            ),
            51 => Box::new(self.0.list_gateway_routes(call, typed(input)).await?),
            52 => Box::new(self.0.list_gateways(call, typed(input)).await?),
            53 => Box::new(self.0.list_service_deployments(call, typed(input)).await?),
            54 => Box::new(self.0.list_services(call, typed(input)).await?),
            55 => Box::new(
                self.0
                    .list_services_by_namespace(call, typed(input))
                    .await?,
            ),
            56 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            57 => Box::new(
                self.0
                    .list_task_definition_families(call, typed(input))
                    .await?,
            ),
            58 => Box::new(self.0.list_task_definitions(call, typed(input)).await?),
            59 => Box::new(self.0.list_tasks(call, typed(input)).await?),
            60 => Box::new(self.0.put_account_setting(call, typed(input)).await?),
            61 => Box::new(
                self.0
                    .put_account_setting_default(call, typed(input))
                    .await?,
            ),
            62 => Box::new(self.0.put_attributes(call, typed(input)).await?),
            63 => Box::new(
                self.0
                    .put_cluster_capacity_providers(call, typed(input))
                    .await?,
            ),
            64 => Box::new(
                self.0
                    .register_container_instance(call, typed(input))
                    .await?,
            ),
            65 => Box::new(
                self.0
                    .register_daemon_task_definition(call, typed(input))
                    .await?,
            ),
            66 => Box::new(self.0.register_task_definition(call, typed(input)).await?),
            67 => Box::new(self.0.run_task(call, typed(input)).await?),
            68 => Box::new(self.0.start_task(call, typed(input)).await?),
            69 => Box::new(self.0.stop_service_deployment(call, typed(input)).await?),
            70 => Box::new(self.0.stop_task(call, typed(input)).await?),
            71 => Box::new(
                self.0
                    .submit_attachment_state_changes(call, typed(input))
                    .await?,
            ),
            72 => Box::new(
                self.0
                    .submit_container_state_change(call, typed(input))
                    .await?,
            ),
            73 => Box::new(self.0.submit_task_state_change(call, typed(input)).await?),
            74 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            75 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            76 => Box::new(self.0.update_capacity_provider(call, typed(input)).await?),
            77 => Box::new(self.0.update_cluster(call, typed(input)).await?),
            78 => Box::new(self.0.update_cluster_settings(call, typed(input)).await?),
            79 => Box::new(self.0.update_container_agent(call, typed(input)).await?),
            80 => Box::new(
                self.0
                    .update_container_instances_state(call, typed(input))
                    .await?,
            ),
            81 => Box::new(self.0.update_daemon(call, typed(input)).await?),
            82 => Box::new(
                self.0
                    .update_express_gateway_service(call, typed(input))
                    .await?,
            ),
            83 => Box::new(self.0.update_gateway(call, typed(input)).await?),
            84 => Box::new(self.0.update_service(call, typed(input)).await?),
            85 => Box::new(
                self.0
                    .update_service_primary_task_set(call, typed(input))
                    .await?,
            ),
            86 => Box::new(self.0.update_task_protection(call, typed(input)).await?),
            87 => Box::new(self.0.update_task_set(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Ecs>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Ecs>, dispatcher: Dispatcher) -> Self {
        Self { inner, dispatcher }
    }

    async fn admit(
        &self,
        call: &Call,
        input: Input<'_>,
        operation: usize,
        given: &dyn Struct,
    ) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;
        understood::check(self.inner.understood(), &SERVICE, operation, given)?;
        Ok(call)
    }
}

#[async_trait]
impl Ecs for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn associate_gateway_with_cluster(
        &self,
        call: &Call,
        input: AssociateGatewayWithClusterRequest,
    ) -> Result<AssociateGatewayWithClusterResponse, Fault> {
        let call = self
            .admit(call, Input::AssociateGatewayWithCluster(&input), 0, &input)
            .await?;
        self.inner
            .associate_gateway_with_cluster(&call, input)
            .await
    }

    async fn continue_service_deployment(
        &self,
        call: &Call,
        input: ContinueServiceDeploymentRequest,
    ) -> Result<ContinueServiceDeploymentResponse, Fault> {
        let call = self
            .admit(call, Input::ContinueServiceDeployment(&input), 1, &input)
            .await?;
        self.inner.continue_service_deployment(&call, input).await
    }

    async fn create_capacity_provider(
        &self,
        call: &Call,
        input: CreateCapacityProviderRequest,
    ) -> Result<CreateCapacityProviderResponse, Fault> {
        let call = self
            .admit(call, Input::CreateCapacityProvider(&input), 2, &input)
            .await?;
        self.inner.create_capacity_provider(&call, input).await
    }

    async fn create_cluster(
        &self,
        call: &Call,
        input: CreateClusterRequest,
    ) -> Result<CreateClusterResponse, Fault> {
        let call = self
            .admit(call, Input::CreateCluster(&input), 3, &input)
            .await?;
        self.inner.create_cluster(&call, input).await
    }

    async fn create_daemon(
        &self,
        call: &Call,
        input: CreateDaemonRequest,
    ) -> Result<CreateDaemonResponse, Fault> {
        let call = self
            .admit(call, Input::CreateDaemon(&input), 4, &input)
            .await?;
        self.inner.create_daemon(&call, input).await
    }

    async fn create_express_gateway_service(
        &self,
        call: &Call,
        input: CreateExpressGatewayServiceRequest,
    ) -> Result<CreateExpressGatewayServiceResponse, Fault> {
        let call = self
            .admit(call, Input::CreateExpressGatewayService(&input), 5, &input)
            .await?;
        self.inner
            .create_express_gateway_service(&call, input)
            .await
    }

    async fn create_gateway(
        &self,
        call: &Call,
        input: CreateGatewayRequest,
    ) -> Result<CreateGatewayResponse, Fault> {
        let call = self
            .admit(call, Input::CreateGateway(&input), 6, &input)
            .await?;
        self.inner.create_gateway(&call, input).await
    }

    async fn create_service(
        &self,
        call: &Call,
        input: CreateServiceRequest,
    ) -> Result<CreateServiceResponse, Fault> {
        let call = self
            .admit(call, Input::CreateService(&input), 7, &input)
            .await?;
        self.inner.create_service(&call, input).await
    }

    async fn create_task_set(
        &self,
        call: &Call,
        input: CreateTaskSetRequest,
    ) -> Result<CreateTaskSetResponse, Fault> {
        let call = self
            .admit(call, Input::CreateTaskSet(&input), 8, &input)
            .await?;
        self.inner.create_task_set(&call, input).await
    }

    async fn delete_account_setting(
        &self,
        call: &Call,
        input: DeleteAccountSettingRequest,
    ) -> Result<DeleteAccountSettingResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAccountSetting(&input), 9, &input)
            .await?;
        self.inner.delete_account_setting(&call, input).await
    }

    async fn delete_attributes(
        &self,
        call: &Call,
        input: DeleteAttributesRequest,
    ) -> Result<DeleteAttributesResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAttributes(&input), 10, &input)
            .await?;
        self.inner.delete_attributes(&call, input).await
    }

    async fn delete_capacity_provider(
        &self,
        call: &Call,
        input: DeleteCapacityProviderRequest,
    ) -> Result<DeleteCapacityProviderResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteCapacityProvider(&input), 11, &input)
            .await?;
        self.inner.delete_capacity_provider(&call, input).await
    }

    async fn delete_cluster(
        &self,
        call: &Call,
        input: DeleteClusterRequest,
    ) -> Result<DeleteClusterResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteCluster(&input), 12, &input)
            .await?;
        self.inner.delete_cluster(&call, input).await
    }

    async fn delete_daemon(
        &self,
        call: &Call,
        input: DeleteDaemonRequest,
    ) -> Result<DeleteDaemonResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteDaemon(&input), 13, &input)
            .await?;
        self.inner.delete_daemon(&call, input).await
    }

    async fn delete_daemon_task_definition(
        &self,
        call: &Call,
        input: DeleteDaemonTaskDefinitionRequest,
    ) -> Result<DeleteDaemonTaskDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteDaemonTaskDefinition(&input), 14, &input)
            .await?;
        self.inner.delete_daemon_task_definition(&call, input).await
    }

    async fn delete_express_gateway_service(
        &self,
        call: &Call,
        input: DeleteExpressGatewayServiceRequest,
    ) -> Result<DeleteExpressGatewayServiceResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteExpressGatewayService(&input), 15, &input)
            .await?;
        self.inner
            .delete_express_gateway_service(&call, input)
            .await
    }

    async fn delete_gateway(
        &self,
        call: &Call,
        input: DeleteGatewayRequest,
    ) -> Result<DeleteGatewayResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteGateway(&input), 16, &input)
            .await?;
        self.inner.delete_gateway(&call, input).await
    }

    async fn delete_service(
        &self,
        call: &Call,
        input: DeleteServiceRequest,
    ) -> Result<DeleteServiceResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteService(&input), 17, &input)
            .await?;
        self.inner.delete_service(&call, input).await
    }

    async fn delete_task_definitions(
        &self,
        call: &Call,
        input: DeleteTaskDefinitionsRequest,
    ) -> Result<DeleteTaskDefinitionsResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteTaskDefinitions(&input), 18, &input)
            .await?;
        self.inner.delete_task_definitions(&call, input).await
    }

    async fn delete_task_set(
        &self,
        call: &Call,
        input: DeleteTaskSetRequest,
    ) -> Result<DeleteTaskSetResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteTaskSet(&input), 19, &input)
            .await?;
        self.inner.delete_task_set(&call, input).await
    }

    async fn deregister_container_instance(
        &self,
        call: &Call,
        input: DeregisterContainerInstanceRequest,
    ) -> Result<DeregisterContainerInstanceResponse, Fault> {
        let call = self
            .admit(call, Input::DeregisterContainerInstance(&input), 20, &input)
            .await?;
        self.inner.deregister_container_instance(&call, input).await
    }

    async fn deregister_task_definition(
        &self,
        call: &Call,
        input: DeregisterTaskDefinitionRequest,
    ) -> Result<DeregisterTaskDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::DeregisterTaskDefinition(&input), 21, &input)
            .await?;
        self.inner.deregister_task_definition(&call, input).await
    }

    async fn describe_capacity_providers(
        &self,
        call: &Call,
        input: DescribeCapacityProvidersRequest,
    ) -> Result<DescribeCapacityProvidersResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeCapacityProviders(&input), 22, &input)
            .await?;
        self.inner.describe_capacity_providers(&call, input).await
    }

    async fn describe_clusters(
        &self,
        call: &Call,
        input: DescribeClustersRequest,
    ) -> Result<DescribeClustersResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeClusters(&input), 23, &input)
            .await?;
        self.inner.describe_clusters(&call, input).await
    }

    async fn describe_container_instances(
        &self,
        call: &Call,
        input: DescribeContainerInstancesRequest,
    ) -> Result<DescribeContainerInstancesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeContainerInstances(&input), 24, &input)
            .await?;
        self.inner.describe_container_instances(&call, input).await
    }

    async fn describe_daemon(
        &self,
        call: &Call,
        input: DescribeDaemonRequest,
    ) -> Result<DescribeDaemonResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeDaemon(&input), 25, &input)
            .await?;
        self.inner.describe_daemon(&call, input).await
    }

    async fn describe_daemon_deployments(
        &self,
        call: &Call,
        input: DescribeDaemonDeploymentsRequest,
    ) -> Result<DescribeDaemonDeploymentsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeDaemonDeployments(&input), 26, &input)
            .await?;
        self.inner.describe_daemon_deployments(&call, input).await
    }

    async fn describe_daemon_revisions(
        &self,
        call: &Call,
        input: DescribeDaemonRevisionsRequest,
    ) -> Result<DescribeDaemonRevisionsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeDaemonRevisions(&input), 27, &input)
            .await?;
        self.inner.describe_daemon_revisions(&call, input).await
    }

    async fn describe_daemon_task_definition(
        &self,
        call: &Call,
        input: DescribeDaemonTaskDefinitionRequest,
    ) -> Result<DescribeDaemonTaskDefinitionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeDaemonTaskDefinition(&input),
                28,
                &input,
            )
            .await?;
        self.inner
            .describe_daemon_task_definition(&call, input)
            .await
    }

    async fn describe_express_gateway_service(
        &self,
        call: &Call,
        input: DescribeExpressGatewayServiceRequest,
    ) -> Result<DescribeExpressGatewayServiceResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeExpressGatewayService(&input),
                29,
                &input,
            )
            .await?;
        self.inner
            .describe_express_gateway_service(&call, input)
            .await
    }

    async fn describe_gateway(
        &self,
        call: &Call,
        input: DescribeGatewayRequest,
    ) -> Result<DescribeGatewayResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeGateway(&input), 30, &input)
            .await?;
        self.inner.describe_gateway(&call, input).await
    }

    async fn describe_gateway_resources(
        &self,
        call: &Call,
        input: DescribeGatewayResourcesRequest,
    ) -> Result<DescribeGatewayResourcesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeGatewayResources(&input), 31, &input)
            .await?;
        self.inner.describe_gateway_resources(&call, input).await
    }

    async fn describe_gateway_route(
        &self,
        call: &Call,
        input: DescribeGatewayRouteRequest,
    ) -> Result<DescribeGatewayRouteResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeGatewayRoute(&input), 32, &input)
            .await?;
        self.inner.describe_gateway_route(&call, input).await
    }

    async fn describe_service_deployments(
        &self,
        call: &Call,
        input: DescribeServiceDeploymentsRequest,
    ) -> Result<DescribeServiceDeploymentsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeServiceDeployments(&input), 33, &input)
            .await?;
        self.inner.describe_service_deployments(&call, input).await
    }

    async fn describe_service_revisions(
        &self,
        call: &Call,
        input: DescribeServiceRevisionsRequest,
    ) -> Result<DescribeServiceRevisionsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeServiceRevisions(&input), 34, &input)
            .await?;
        self.inner.describe_service_revisions(&call, input).await
    }

    async fn describe_services(
        &self,
        call: &Call,
        input: DescribeServicesRequest,
    ) -> Result<DescribeServicesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeServices(&input), 35, &input)
            .await?;
        self.inner.describe_services(&call, input).await
    }

    async fn describe_task_definition(
        &self,
        call: &Call,
        input: DescribeTaskDefinitionRequest,
    ) -> Result<DescribeTaskDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeTaskDefinition(&input), 36, &input)
            .await?;
        self.inner.describe_task_definition(&call, input).await
    }

    async fn describe_task_sets(
        &self,
        call: &Call,
        input: DescribeTaskSetsRequest,
    ) -> Result<DescribeTaskSetsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeTaskSets(&input), 37, &input)
            .await?;
        self.inner.describe_task_sets(&call, input).await
    }

    async fn describe_tasks(
        &self,
        call: &Call,
        input: DescribeTasksRequest,
    ) -> Result<DescribeTasksResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeTasks(&input), 38, &input)
            .await?;
        self.inner.describe_tasks(&call, input).await
    }

    async fn disassociate_gateway_from_cluster(
        &self,
        call: &Call,
        input: DisassociateGatewayFromClusterRequest,
    ) -> Result<DisassociateGatewayFromClusterResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DisassociateGatewayFromCluster(&input),
                39,
                &input,
            )
            .await?;
        self.inner
            .disassociate_gateway_from_cluster(&call, input)
            .await
    }

    async fn discover_poll_endpoint(
        &self,
        call: &Call,
        input: DiscoverPollEndpointRequest,
    ) -> Result<DiscoverPollEndpointResponse, Fault> {
        let call = self
            .admit(call, Input::DiscoverPollEndpoint(&input), 40, &input)
            .await?;
        self.inner.discover_poll_endpoint(&call, input).await
    }

    async fn execute_command(
        &self,
        call: &Call,
        input: ExecuteCommandRequest,
    ) -> Result<ExecuteCommandResponse, Fault> {
        let call = self
            .admit(call, Input::ExecuteCommand(&input), 41, &input)
            .await?;
        self.inner.execute_command(&call, input).await
    }

    async fn get_task_protection(
        &self,
        call: &Call,
        input: GetTaskProtectionRequest,
    ) -> Result<GetTaskProtectionResponse, Fault> {
        let call = self
            .admit(call, Input::GetTaskProtection(&input), 42, &input)
            .await?;
        self.inner.get_task_protection(&call, input).await
    }

    async fn list_account_settings(
        &self,
        call: &Call,
        input: ListAccountSettingsRequest,
    ) -> Result<ListAccountSettingsResponse, Fault> {
        let call = self
            .admit(call, Input::ListAccountSettings(&input), 43, &input)
            .await?;
        self.inner.list_account_settings(&call, input).await
    }

    async fn list_attributes(
        &self,
        call: &Call,
        input: ListAttributesRequest,
    ) -> Result<ListAttributesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAttributes(&input), 44, &input)
            .await?;
        self.inner.list_attributes(&call, input).await
    }

    async fn list_clusters(
        &self,
        call: &Call,
        input: ListClustersRequest,
    ) -> Result<ListClustersResponse, Fault> {
        let call = self
            .admit(call, Input::ListClusters(&input), 45, &input)
            .await?;
        self.inner.list_clusters(&call, input).await
    }

    async fn list_container_instances(
        &self,
        call: &Call,
        input: ListContainerInstancesRequest,
    ) -> Result<ListContainerInstancesResponse, Fault> {
        let call = self
            .admit(call, Input::ListContainerInstances(&input), 46, &input)
            .await?;
        self.inner.list_container_instances(&call, input).await
    }

    async fn list_daemon_deployments(
        &self,
        call: &Call,
        input: ListDaemonDeploymentsRequest,
    ) -> Result<ListDaemonDeploymentsResponse, Fault> {
        let call = self
            .admit(call, Input::ListDaemonDeployments(&input), 47, &input)
            .await?;
        self.inner.list_daemon_deployments(&call, input).await
    }

    async fn list_daemon_task_definitions(
        &self,
        call: &Call,
        input: ListDaemonTaskDefinitionsRequest,
    ) -> Result<ListDaemonTaskDefinitionsResponse, Fault> {
        let call = self
            .admit(call, Input::ListDaemonTaskDefinitions(&input), 48, &input)
            .await?;
        self.inner.list_daemon_task_definitions(&call, input).await
    }

    async fn list_daemons(
        &self,
        call: &Call,
        input: ListDaemonsRequest,
    ) -> Result<ListDaemonsResponse, Fault> {
        let call = self
            .admit(call, Input::ListDaemons(&input), 49, &input)
            .await?;
        self.inner.list_daemons(&call, input).await
    }

    async fn list_gateway_cluster_associations(
        &self,
        call: &Call,
        input: ListGatewayClusterAssociationsRequest,
    ) -> Result<ListGatewayClusterAssociationsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListGatewayClusterAssociations(&input),
                50,
                &input,
            )
            .await?;
        self.inner
            .list_gateway_cluster_associations(&call, input)
            .await
    }

    async fn list_gateway_routes(
        &self,
        call: &Call,
        input: ListGatewayRoutesRequest,
    ) -> Result<ListGatewayRoutesResponse, Fault> {
        let call = self
            .admit(call, Input::ListGatewayRoutes(&input), 51, &input)
            .await?;
        self.inner.list_gateway_routes(&call, input).await
    }

    async fn list_gateways(
        &self,
        call: &Call,
        input: ListGatewaysRequest,
    ) -> Result<ListGatewaysResponse, Fault> {
        let call = self
            .admit(call, Input::ListGateways(&input), 52, &input)
            .await?;
        self.inner.list_gateways(&call, input).await
    }

    async fn list_service_deployments(
        &self,
        call: &Call,
        input: ListServiceDeploymentsRequest,
    ) -> Result<ListServiceDeploymentsResponse, Fault> {
        let call = self
            .admit(call, Input::ListServiceDeployments(&input), 53, &input)
            .await?;
        self.inner.list_service_deployments(&call, input).await
    }

    async fn list_services(
        &self,
        call: &Call,
        input: ListServicesRequest,
    ) -> Result<ListServicesResponse, Fault> {
        let call = self
            .admit(call, Input::ListServices(&input), 54, &input)
            .await?;
        self.inner.list_services(&call, input).await
    }

    async fn list_services_by_namespace(
        &self,
        call: &Call,
        input: ListServicesByNamespaceRequest,
    ) -> Result<ListServicesByNamespaceResponse, Fault> {
        let call = self
            .admit(call, Input::ListServicesByNamespace(&input), 55, &input)
            .await?;
        self.inner.list_services_by_namespace(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 56, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn list_task_definition_families(
        &self,
        call: &Call,
        input: ListTaskDefinitionFamiliesRequest,
    ) -> Result<ListTaskDefinitionFamiliesResponse, Fault> {
        let call = self
            .admit(call, Input::ListTaskDefinitionFamilies(&input), 57, &input)
            .await?;
        self.inner.list_task_definition_families(&call, input).await
    }

    async fn list_task_definitions(
        &self,
        call: &Call,
        input: ListTaskDefinitionsRequest,
    ) -> Result<ListTaskDefinitionsResponse, Fault> {
        let call = self
            .admit(call, Input::ListTaskDefinitions(&input), 58, &input)
            .await?;
        self.inner.list_task_definitions(&call, input).await
    }

    async fn list_tasks(
        &self,
        call: &Call,
        input: ListTasksRequest,
    ) -> Result<ListTasksResponse, Fault> {
        let call = self
            .admit(call, Input::ListTasks(&input), 59, &input)
            .await?;
        self.inner.list_tasks(&call, input).await
    }

    async fn put_account_setting(
        &self,
        call: &Call,
        input: PutAccountSettingRequest,
    ) -> Result<PutAccountSettingResponse, Fault> {
        let call = self
            .admit(call, Input::PutAccountSetting(&input), 60, &input)
            .await?;
        self.inner.put_account_setting(&call, input).await
    }

    async fn put_account_setting_default(
        &self,
        call: &Call,
        input: PutAccountSettingDefaultRequest,
    ) -> Result<PutAccountSettingDefaultResponse, Fault> {
        let call = self
            .admit(call, Input::PutAccountSettingDefault(&input), 61, &input)
            .await?;
        self.inner.put_account_setting_default(&call, input).await
    }

    async fn put_attributes(
        &self,
        call: &Call,
        input: PutAttributesRequest,
    ) -> Result<PutAttributesResponse, Fault> {
        let call = self
            .admit(call, Input::PutAttributes(&input), 62, &input)
            .await?;
        self.inner.put_attributes(&call, input).await
    }

    async fn put_cluster_capacity_providers(
        &self,
        call: &Call,
        input: PutClusterCapacityProvidersRequest,
    ) -> Result<PutClusterCapacityProvidersResponse, Fault> {
        let call = self
            .admit(call, Input::PutClusterCapacityProviders(&input), 63, &input)
            .await?;
        self.inner
            .put_cluster_capacity_providers(&call, input)
            .await
    }

    async fn register_container_instance(
        &self,
        call: &Call,
        input: RegisterContainerInstanceRequest,
    ) -> Result<RegisterContainerInstanceResponse, Fault> {
        let call = self
            .admit(call, Input::RegisterContainerInstance(&input), 64, &input)
            .await?;
        self.inner.register_container_instance(&call, input).await
    }

    async fn register_daemon_task_definition(
        &self,
        call: &Call,
        input: RegisterDaemonTaskDefinitionRequest,
    ) -> Result<RegisterDaemonTaskDefinitionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::RegisterDaemonTaskDefinition(&input),
                65,
                &input,
            )
            .await?;
        self.inner
            .register_daemon_task_definition(&call, input)
            .await
    }

    async fn register_task_definition(
        &self,
        call: &Call,
        input: RegisterTaskDefinitionRequest,
    ) -> Result<RegisterTaskDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::RegisterTaskDefinition(&input), 66, &input)
            .await?;
        self.inner.register_task_definition(&call, input).await
    }

    async fn run_task(&self, call: &Call, input: RunTaskRequest) -> Result<RunTaskResponse, Fault> {
        let call = self.admit(call, Input::RunTask(&input), 67, &input).await?;
        self.inner.run_task(&call, input).await
    }

    async fn start_task(
        &self,
        call: &Call,
        input: StartTaskRequest,
    ) -> Result<StartTaskResponse, Fault> {
        let call = self
            .admit(call, Input::StartTask(&input), 68, &input)
            .await?;
        self.inner.start_task(&call, input).await
    }

    async fn stop_service_deployment(
        &self,
        call: &Call,
        input: StopServiceDeploymentRequest,
    ) -> Result<StopServiceDeploymentResponse, Fault> {
        let call = self
            .admit(call, Input::StopServiceDeployment(&input), 69, &input)
            .await?;
        self.inner.stop_service_deployment(&call, input).await
    }

    async fn stop_task(
        &self,
        call: &Call,
        input: StopTaskRequest,
    ) -> Result<StopTaskResponse, Fault> {
        let call = self
            .admit(call, Input::StopTask(&input), 70, &input)
            .await?;
        self.inner.stop_task(&call, input).await
    }

    async fn submit_attachment_state_changes(
        &self,
        call: &Call,
        input: SubmitAttachmentStateChangesRequest,
    ) -> Result<SubmitAttachmentStateChangesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::SubmitAttachmentStateChanges(&input),
                71,
                &input,
            )
            .await?;
        self.inner
            .submit_attachment_state_changes(&call, input)
            .await
    }

    async fn submit_container_state_change(
        &self,
        call: &Call,
        input: SubmitContainerStateChangeRequest,
    ) -> Result<SubmitContainerStateChangeResponse, Fault> {
        let call = self
            .admit(call, Input::SubmitContainerStateChange(&input), 72, &input)
            .await?;
        self.inner.submit_container_state_change(&call, input).await
    }

    async fn submit_task_state_change(
        &self,
        call: &Call,
        input: SubmitTaskStateChangeRequest,
    ) -> Result<SubmitTaskStateChangeResponse, Fault> {
        let call = self
            .admit(call, Input::SubmitTaskStateChange(&input), 73, &input)
            .await?;
        self.inner.submit_task_state_change(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 74, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 75, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_capacity_provider(
        &self,
        call: &Call,
        input: UpdateCapacityProviderRequest,
    ) -> Result<UpdateCapacityProviderResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateCapacityProvider(&input), 76, &input)
            .await?;
        self.inner.update_capacity_provider(&call, input).await
    }

    async fn update_cluster(
        &self,
        call: &Call,
        input: UpdateClusterRequest,
    ) -> Result<UpdateClusterResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateCluster(&input), 77, &input)
            .await?;
        self.inner.update_cluster(&call, input).await
    }

    async fn update_cluster_settings(
        &self,
        call: &Call,
        input: UpdateClusterSettingsRequest,
    ) -> Result<UpdateClusterSettingsResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateClusterSettings(&input), 78, &input)
            .await?;
        self.inner.update_cluster_settings(&call, input).await
    }

    async fn update_container_agent(
        &self,
        call: &Call,
        input: UpdateContainerAgentRequest,
    ) -> Result<UpdateContainerAgentResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateContainerAgent(&input), 79, &input)
            .await?;
        self.inner.update_container_agent(&call, input).await
    }

    async fn update_container_instances_state(
        &self,
        call: &Call,
        input: UpdateContainerInstancesStateRequest,
    ) -> Result<UpdateContainerInstancesStateResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateContainerInstancesState(&input),
                80,
                &input,
            )
            .await?;
        self.inner
            .update_container_instances_state(&call, input)
            .await
    }

    async fn update_daemon(
        &self,
        call: &Call,
        input: UpdateDaemonRequest,
    ) -> Result<UpdateDaemonResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateDaemon(&input), 81, &input)
            .await?;
        self.inner.update_daemon(&call, input).await
    }

    async fn update_express_gateway_service(
        &self,
        call: &Call,
        input: UpdateExpressGatewayServiceRequest,
    ) -> Result<UpdateExpressGatewayServiceResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateExpressGatewayService(&input), 82, &input)
            .await?;
        self.inner
            .update_express_gateway_service(&call, input)
            .await
    }

    async fn update_gateway(
        &self,
        call: &Call,
        input: UpdateGatewayRequest,
    ) -> Result<UpdateGatewayResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateGateway(&input), 83, &input)
            .await?;
        self.inner.update_gateway(&call, input).await
    }

    async fn update_service(
        &self,
        call: &Call,
        input: UpdateServiceRequest,
    ) -> Result<UpdateServiceResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateService(&input), 84, &input)
            .await?;
        self.inner.update_service(&call, input).await
    }

    async fn update_service_primary_task_set(
        &self,
        call: &Call,
        input: UpdateServicePrimaryTaskSetRequest,
    ) -> Result<UpdateServicePrimaryTaskSetResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateServicePrimaryTaskSet(&input), 85, &input)
            .await?;
        self.inner
            .update_service_primary_task_set(&call, input)
            .await
    }

    async fn update_task_protection(
        &self,
        call: &Call,
        input: UpdateTaskProtectionRequest,
    ) -> Result<UpdateTaskProtectionResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateTaskProtection(&input), 86, &input)
            .await?;
        self.inner.update_task_protection(&call, input).await
    }

    async fn update_task_set(
        &self,
        call: &Call,
        input: UpdateTaskSetRequest,
    ) -> Result<UpdateTaskSetResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateTaskSet(&input), 87, &input)
            .await?;
        self.inner.update_task_set(&call, input).await
    }
}
