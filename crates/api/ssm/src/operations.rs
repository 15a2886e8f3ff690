// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Ssm`](crate::Ssm) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Ssm] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod add_tags_to_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddTagsToResourceRequest;
        pub type Output = AddTagsToResourceResult;
    }

    pub mod cancel_command {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelCommandRequest;
        pub type Output = CancelCommandResult;
    }

    pub mod create_activation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateActivationRequest;
        pub type Output = CreateActivationResult;
    }

    pub mod create_document {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateDocumentRequest;
        pub type Output = CreateDocumentResult;
    }

    pub mod delete_activation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteActivationRequest;
        pub type Output = DeleteActivationResult;
    }

    pub mod delete_document {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDocumentRequest;
        pub type Output = DeleteDocumentResult;
    }

    pub mod delete_parameter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteParameterRequest;
        pub type Output = DeleteParameterResult;
    }

    pub mod delete_parameters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteParametersRequest;
        pub type Output = DeleteParametersResult;
    }

    pub mod deregister_managed_instance {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterManagedInstanceRequest;
        pub type Output = DeregisterManagedInstanceResult;
    }

    pub mod describe_activations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeActivationsRequest;
        pub type Output = DescribeActivationsResult;
    }

    pub mod describe_document {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDocumentRequest;
        pub type Output = DescribeDocumentResult;
    }

    pub mod describe_instance_information {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstanceInformationRequest;
        pub type Output = DescribeInstanceInformationResult;
    }

    pub mod describe_parameters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeParametersRequest;
        pub type Output = DescribeParametersResult;
    }

    pub mod describe_sessions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSessionsRequest;
        pub type Output = DescribeSessionsResponse;
    }

    pub mod get_access_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAccessTokenRequest;
        pub type Output = GetAccessTokenResponse;
    }

    pub mod get_command_invocation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCommandInvocationRequest;
        pub type Output = GetCommandInvocationResult;
    }

    pub mod get_connection_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetConnectionStatusRequest;
        pub type Output = GetConnectionStatusResponse;
    }

    pub mod get_document {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDocumentRequest;
        pub type Output = GetDocumentResult;
    }

    pub mod get_parameter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetParameterRequest;
        pub type Output = GetParameterResult;
    }

    pub mod get_parameter_history {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetParameterHistoryRequest;
        pub type Output = GetParameterHistoryResult;
    }

    pub mod get_parameters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetParametersRequest;
        pub type Output = GetParametersResult;
    }

    pub mod get_parameters_by_path {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetParametersByPathRequest;
        pub type Output = GetParametersByPathResult;
    }

    pub mod get_service_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetServiceSettingRequest;
        pub type Output = GetServiceSettingResult;
    }

    pub mod label_parameter_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = LabelParameterVersionRequest;
        pub type Output = LabelParameterVersionResult;
    }

    pub mod list_command_invocations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCommandInvocationsRequest;
        pub type Output = ListCommandInvocationsResult;
    }

    pub mod list_commands {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCommandsRequest;
        pub type Output = ListCommandsResult;
    }

    pub mod list_documents {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListDocumentsRequest;
        pub type Output = ListDocumentsResult;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResult;
    }

    pub mod put_parameter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutParameterRequest;
        pub type Output = PutParameterResult;
    }

    pub mod remove_tags_from_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveTagsFromResourceRequest;
        pub type Output = RemoveTagsFromResourceResult;
    }

    pub mod reset_service_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetServiceSettingRequest;
        pub type Output = ResetServiceSettingResult;
    }

    pub mod resume_session {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResumeSessionRequest;
        pub type Output = ResumeSessionResponse;
    }

    pub mod send_command {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SendCommandRequest;
        pub type Output = SendCommandResult;
    }

    pub mod start_access_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartAccessRequestRequest;
        pub type Output = StartAccessRequestResponse;
    }

    pub mod start_session {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartSessionRequest;
        pub type Output = StartSessionResponse;
    }

    pub mod terminate_session {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TerminateSessionRequest;
        pub type Output = TerminateSessionResponse;
    }

    pub mod unlabel_parameter_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UnlabelParameterVersionRequest;
        pub type Output = UnlabelParameterVersionResult;
    }

    pub mod update_document {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateDocumentRequest;
        pub type Output = UpdateDocumentResult;
    }

    pub mod update_document_default_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateDocumentDefaultVersionRequest;
        pub type Output = UpdateDocumentDefaultVersionResult;
    }

    pub mod update_managed_instance_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateManagedInstanceRoleRequest;
        pub type Output = UpdateManagedInstanceRoleResult;
    }

    pub mod update_service_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateServiceSettingRequest;
        pub type Output = UpdateServiceSettingResult;
    }
}
