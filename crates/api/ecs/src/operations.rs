// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Ecs`](crate::Ecs) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Ecs] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod associate_gateway_with_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateGatewayWithClusterRequest;
        pub type Output = AssociateGatewayWithClusterResponse;
    }

    pub mod continue_service_deployment {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ContinueServiceDeploymentRequest;
        pub type Output = ContinueServiceDeploymentResponse;
    }

    pub mod create_capacity_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateCapacityProviderRequest;
        pub type Output = CreateCapacityProviderResponse;
    }

    pub mod create_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateClusterRequest;
        pub type Output = CreateClusterResponse;
    }

    pub mod create_daemon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateDaemonRequest;
        pub type Output = CreateDaemonResponse;
    }

    pub mod create_express_gateway_service {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateExpressGatewayServiceRequest;
        pub type Output = CreateExpressGatewayServiceResponse;
    }

    pub mod create_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateGatewayRequest;
        pub type Output = CreateGatewayResponse;
    }

    pub mod create_service {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateServiceRequest;
        pub type Output = CreateServiceResponse;
    }

    pub mod create_task_set {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateTaskSetRequest;
        pub type Output = CreateTaskSetResponse;
    }

    pub mod delete_account_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAccountSettingRequest;
        pub type Output = DeleteAccountSettingResponse;
    }

    pub mod delete_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAttributesRequest;
        pub type Output = DeleteAttributesResponse;
    }

    pub mod delete_capacity_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteCapacityProviderRequest;
        pub type Output = DeleteCapacityProviderResponse;
    }

    pub mod delete_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteClusterRequest;
        pub type Output = DeleteClusterResponse;
    }

    pub mod delete_daemon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDaemonRequest;
        pub type Output = DeleteDaemonResponse;
    }

    pub mod delete_daemon_task_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDaemonTaskDefinitionRequest;
        pub type Output = DeleteDaemonTaskDefinitionResponse;
    }

    pub mod delete_express_gateway_service {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteExpressGatewayServiceRequest;
        pub type Output = DeleteExpressGatewayServiceResponse;
    }

    pub mod delete_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteGatewayRequest;
        pub type Output = DeleteGatewayResponse;
    }

    pub mod delete_service {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteServiceRequest;
        pub type Output = DeleteServiceResponse;
    }

    pub mod delete_task_definitions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTaskDefinitionsRequest;
        pub type Output = DeleteTaskDefinitionsResponse;
    }

    pub mod delete_task_set {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTaskSetRequest;
        pub type Output = DeleteTaskSetResponse;
    }

    pub mod deregister_container_instance {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterContainerInstanceRequest;
        pub type Output = DeregisterContainerInstanceResponse;
    }

    pub mod deregister_task_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterTaskDefinitionRequest;
        pub type Output = DeregisterTaskDefinitionResponse;
    }

    pub mod describe_capacity_providers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeCapacityProvidersRequest;
        pub type Output = DescribeCapacityProvidersResponse;
    }

    pub mod describe_clusters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeClustersRequest;
        pub type Output = DescribeClustersResponse;
    }

    pub mod describe_container_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeContainerInstancesRequest;
        pub type Output = DescribeContainerInstancesResponse;
    }

    pub mod describe_daemon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDaemonRequest;
        pub type Output = DescribeDaemonResponse;
    }

    pub mod describe_daemon_deployments {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDaemonDeploymentsRequest;
        pub type Output = DescribeDaemonDeploymentsResponse;
    }

    pub mod describe_daemon_revisions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDaemonRevisionsRequest;
        pub type Output = DescribeDaemonRevisionsResponse;
    }

    pub mod describe_daemon_task_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDaemonTaskDefinitionRequest;
        pub type Output = DescribeDaemonTaskDefinitionResponse;
    }

    pub mod describe_express_gateway_service {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeExpressGatewayServiceRequest;
        pub type Output = DescribeExpressGatewayServiceResponse;
    }

    pub mod describe_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeGatewayRequest;
        pub type Output = DescribeGatewayResponse;
    }

    pub mod describe_gateway_resources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeGatewayResourcesRequest;
        pub type Output = DescribeGatewayResourcesResponse;
    }

    pub mod describe_gateway_route {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeGatewayRouteRequest;
        pub type Output = DescribeGatewayRouteResponse;
    }

    pub mod describe_service_deployments {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeServiceDeploymentsRequest;
        pub type Output = DescribeServiceDeploymentsResponse;
    }

    pub mod describe_service_revisions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeServiceRevisionsRequest;
        pub type Output = DescribeServiceRevisionsResponse;
    }

    pub mod describe_services {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeServicesRequest;
        pub type Output = DescribeServicesResponse;
    }

    pub mod describe_task_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTaskDefinitionRequest;
        pub type Output = DescribeTaskDefinitionResponse;
    }

    pub mod describe_task_sets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTaskSetsRequest;
        pub type Output = DescribeTaskSetsResponse;
    }

    pub mod describe_tasks {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTasksRequest;
        pub type Output = DescribeTasksResponse;
    }

    pub mod disassociate_gateway_from_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateGatewayFromClusterRequest;
        pub type Output = DisassociateGatewayFromClusterResponse;
    }

    pub mod discover_poll_endpoint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DiscoverPollEndpointRequest;
        pub type Output = DiscoverPollEndpointResponse;
    }

    pub mod execute_command {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ExecuteCommandRequest;
        pub type Output = ExecuteCommandResponse;
    }

    pub mod get_task_protection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTaskProtectionRequest;
        pub type Output = GetTaskProtectionResponse;
    }

    pub mod list_account_settings {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAccountSettingsRequest;
        pub type Output = ListAccountSettingsResponse;
    }

    pub mod list_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAttributesRequest;
        pub type Output = ListAttributesResponse;
    }

    pub mod list_clusters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListClustersRequest;
        pub type Output = ListClustersResponse;
    }

    pub mod list_container_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListContainerInstancesRequest;
        pub type Output = ListContainerInstancesResponse;
    }

    pub mod list_daemon_deployments {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListDaemonDeploymentsRequest;
        pub type Output = ListDaemonDeploymentsResponse;
    }

    pub mod list_daemon_task_definitions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListDaemonTaskDefinitionsRequest;
        pub type Output = ListDaemonTaskDefinitionsResponse;
    }

    pub mod list_daemons {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListDaemonsRequest;
        pub type Output = ListDaemonsResponse;
    }

    pub mod list_gateway_cluster_associations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListGatewayClusterAssociationsRequest;
        pub type Output = ListGatewayClusterAssociationsResponse;
    }

    pub mod list_gateway_routes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListGatewayRoutesRequest;
        pub type Output = ListGatewayRoutesResponse;
    }

    pub mod list_gateways {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListGatewaysRequest;
        pub type Output = ListGatewaysResponse;
    }

    pub mod list_service_deployments {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListServiceDeploymentsRequest;
        pub type Output = ListServiceDeploymentsResponse;
    }

    pub mod list_services {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListServicesRequest;
        pub type Output = ListServicesResponse;
    }

    pub mod list_services_by_namespace {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListServicesByNamespaceRequest;
        pub type Output = ListServicesByNamespaceResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod list_task_definition_families {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTaskDefinitionFamiliesRequest;
        pub type Output = ListTaskDefinitionFamiliesResponse;
    }

    pub mod list_task_definitions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTaskDefinitionsRequest;
        pub type Output = ListTaskDefinitionsResponse;
    }

    pub mod list_tasks {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTasksRequest;
        pub type Output = ListTasksResponse;
    }

    pub mod put_account_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountSettingRequest;
        pub type Output = PutAccountSettingResponse;
    }

    pub mod put_account_setting_default {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountSettingDefaultRequest;
        pub type Output = PutAccountSettingDefaultResponse;
    }

    pub mod put_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAttributesRequest;
        pub type Output = PutAttributesResponse;
    }

    pub mod put_cluster_capacity_providers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutClusterCapacityProvidersRequest;
        pub type Output = PutClusterCapacityProvidersResponse;
    }

    pub mod register_container_instance {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterContainerInstanceRequest;
        pub type Output = RegisterContainerInstanceResponse;
    }

    pub mod register_daemon_task_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterDaemonTaskDefinitionRequest;
        pub type Output = RegisterDaemonTaskDefinitionResponse;
    }

    pub mod register_task_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterTaskDefinitionRequest;
        pub type Output = RegisterTaskDefinitionResponse;
    }

    pub mod run_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RunTaskRequest;
        pub type Output = RunTaskResponse;
    }

    pub mod start_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartTaskRequest;
        pub type Output = StartTaskResponse;
    }

    pub mod stop_service_deployment {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopServiceDeploymentRequest;
        pub type Output = StopServiceDeploymentResponse;
    }

    pub mod stop_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopTaskRequest;
        pub type Output = StopTaskResponse;
    }

    pub mod submit_attachment_state_changes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SubmitAttachmentStateChangesRequest;
        pub type Output = SubmitAttachmentStateChangesResponse;
    }

    pub mod submit_container_state_change {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SubmitContainerStateChangeRequest;
        pub type Output = SubmitContainerStateChangeResponse;
    }

    pub mod submit_task_state_change {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SubmitTaskStateChangeRequest;
        pub type Output = SubmitTaskStateChangeResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = TagResourceResponse;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = UntagResourceResponse;
    }

    pub mod update_capacity_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateCapacityProviderRequest;
        pub type Output = UpdateCapacityProviderResponse;
    }

    pub mod update_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateClusterRequest;
        pub type Output = UpdateClusterResponse;
    }

    pub mod update_cluster_settings {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateClusterSettingsRequest;
        pub type Output = UpdateClusterSettingsResponse;
    }

    pub mod update_container_agent {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateContainerAgentRequest;
        pub type Output = UpdateContainerAgentResponse;
    }

    pub mod update_container_instances_state {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateContainerInstancesStateRequest;
        pub type Output = UpdateContainerInstancesStateResponse;
    }

    pub mod update_daemon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateDaemonRequest;
        pub type Output = UpdateDaemonResponse;
    }

    pub mod update_express_gateway_service {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateExpressGatewayServiceRequest;
        pub type Output = UpdateExpressGatewayServiceResponse;
    }

    pub mod update_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateGatewayRequest;
        pub type Output = UpdateGatewayResponse;
    }

    pub mod update_service {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateServiceRequest;
        pub type Output = UpdateServiceResponse;
    }

    pub mod update_service_primary_task_set {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateServicePrimaryTaskSetRequest;
        pub type Output = UpdateServicePrimaryTaskSetResponse;
    }

    pub mod update_task_protection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateTaskProtectionRequest;
        pub type Output = UpdateTaskProtectionResponse;
    }

    pub mod update_task_set {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateTaskSetRequest;
        pub type Output = UpdateTaskSetResponse;
    }
}
