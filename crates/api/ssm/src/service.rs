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
    AddTagsToResource(&'a AddTagsToResourceRequest),
    CancelCommand(&'a CancelCommandRequest),
    CreateActivation(&'a CreateActivationRequest),
    CreateDocument(&'a CreateDocumentRequest),
    DeleteActivation(&'a DeleteActivationRequest),
    DeleteDocument(&'a DeleteDocumentRequest),
    DeleteParameter(&'a DeleteParameterRequest),
    DeleteParameters(&'a DeleteParametersRequest),
    DeregisterManagedInstance(&'a DeregisterManagedInstanceRequest),
    DescribeActivations(&'a DescribeActivationsRequest),
    DescribeDocument(&'a DescribeDocumentRequest),
    DescribeInstanceInformation(&'a DescribeInstanceInformationRequest),
    DescribeParameters(&'a DescribeParametersRequest),
    DescribeSessions(&'a DescribeSessionsRequest),
    GetAccessToken(&'a GetAccessTokenRequest),
    GetCommandInvocation(&'a GetCommandInvocationRequest),
    GetConnectionStatus(&'a GetConnectionStatusRequest),
    GetDocument(&'a GetDocumentRequest),
    GetParameter(&'a GetParameterRequest),
    GetParameterHistory(&'a GetParameterHistoryRequest),
    GetParameters(&'a GetParametersRequest),
    GetParametersByPath(&'a GetParametersByPathRequest),
    GetServiceSetting(&'a GetServiceSettingRequest),
    LabelParameterVersion(&'a LabelParameterVersionRequest),
    ListCommandInvocations(&'a ListCommandInvocationsRequest),
    ListCommands(&'a ListCommandsRequest),
    ListDocuments(&'a ListDocumentsRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    PutParameter(&'a PutParameterRequest),
    RemoveTagsFromResource(&'a RemoveTagsFromResourceRequest),
    ResetServiceSetting(&'a ResetServiceSettingRequest),
    ResumeSession(&'a ResumeSessionRequest),
    SendCommand(&'a SendCommandRequest),
    StartAccessRequest(&'a StartAccessRequestRequest),
    StartSession(&'a StartSessionRequest),
    TerminateSession(&'a TerminateSessionRequest),
    UnlabelParameterVersion(&'a UnlabelParameterVersionRequest),
    UpdateDocument(&'a UpdateDocumentRequest),
    UpdateDocumentDefaultVersion(&'a UpdateDocumentDefaultVersionRequest),
    UpdateManagedInstanceRole(&'a UpdateManagedInstanceRoleRequest),
    UpdateServiceSetting(&'a UpdateServiceSettingRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AddTagsToResource(_) => "AddTagsToResource",
            Self::CancelCommand(_) => "CancelCommand",
            Self::CreateActivation(_) => "CreateActivation",
            Self::CreateDocument(_) => "CreateDocument",
            Self::DeleteActivation(_) => "DeleteActivation",
            Self::DeleteDocument(_) => "DeleteDocument",
            Self::DeleteParameter(_) => "DeleteParameter",
            Self::DeleteParameters(_) => "DeleteParameters",
            Self::DeregisterManagedInstance(_) => "DeregisterManagedInstance",
            Self::DescribeActivations(_) => "DescribeActivations",
            Self::DescribeDocument(_) => "DescribeDocument",
            Self::DescribeInstanceInformation(_) => "DescribeInstanceInformation",
            Self::DescribeParameters(_) => "DescribeParameters",
            Self::DescribeSessions(_) => "DescribeSessions",
            Self::GetAccessToken(_) => "GetAccessToken",
            Self::GetCommandInvocation(_) => "GetCommandInvocation",
            Self::GetConnectionStatus(_) => "GetConnectionStatus",
            Self::GetDocument(_) => "GetDocument",
            Self::GetParameter(_) => "GetParameter",
            Self::GetParameterHistory(_) => "GetParameterHistory",
            Self::GetParameters(_) => "GetParameters",
            Self::GetParametersByPath(_) => "GetParametersByPath",
            Self::GetServiceSetting(_) => "GetServiceSetting",
            Self::LabelParameterVersion(_) => "LabelParameterVersion",
            Self::ListCommandInvocations(_) => "ListCommandInvocations",
            Self::ListCommands(_) => "ListCommands",
            Self::ListDocuments(_) => "ListDocuments",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::PutParameter(_) => "PutParameter",
            Self::RemoveTagsFromResource(_) => "RemoveTagsFromResource",
            Self::ResetServiceSetting(_) => "ResetServiceSetting",
            Self::ResumeSession(_) => "ResumeSession",
            Self::SendCommand(_) => "SendCommand",
            Self::StartAccessRequest(_) => "StartAccessRequest",
            Self::StartSession(_) => "StartSession",
            Self::TerminateSession(_) => "TerminateSession",
            Self::UnlabelParameterVersion(_) => "UnlabelParameterVersion",
            Self::UpdateDocument(_) => "UpdateDocument",
            Self::UpdateDocumentDefaultVersion(_) => "UpdateDocumentDefaultVersion",
            Self::UpdateManagedInstanceRole(_) => "UpdateManagedInstanceRole",
            Self::UpdateServiceSetting(_) => "UpdateServiceSetting",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("ssm:{}", self.operation())
    }
}

#[async_trait]
pub trait Ssm: Send + Sync + 'static {
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

    async fn add_tags_to_resource(
        &self,
        call: &Call,
        input: AddTagsToResourceRequest,
    ) -> Result<AddTagsToResourceResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "AddTagsToResource"))
    }

    async fn cancel_command(
        &self,
        call: &Call,
        input: CancelCommandRequest,
    ) -> Result<CancelCommandResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "CancelCommand"))
    }

    async fn create_activation(
        &self,
        call: &Call,
        input: CreateActivationRequest,
    ) -> Result<CreateActivationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "CreateActivation"))
    }

    async fn create_document(
        &self,
        call: &Call,
        input: CreateDocumentRequest,
    ) -> Result<CreateDocumentResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "CreateDocument"))
    }

    async fn delete_activation(
        &self,
        call: &Call,
        input: DeleteActivationRequest,
    ) -> Result<DeleteActivationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DeleteActivation"))
    }

    async fn delete_document(
        &self,
        call: &Call,
        input: DeleteDocumentRequest,
    ) -> Result<DeleteDocumentResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DeleteDocument"))
    }

    async fn delete_parameter(
        &self,
        call: &Call,
        input: DeleteParameterRequest,
    ) -> Result<DeleteParameterResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DeleteParameter"))
    }

    async fn delete_parameters(
        &self,
        call: &Call,
        input: DeleteParametersRequest,
    ) -> Result<DeleteParametersResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DeleteParameters"))
    }

    async fn deregister_managed_instance(
        &self,
        call: &Call,
        input: DeregisterManagedInstanceRequest,
    ) -> Result<DeregisterManagedInstanceResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DeregisterManagedInstance"))
    }

    async fn describe_activations(
        &self,
        call: &Call,
        input: DescribeActivationsRequest,
    ) -> Result<DescribeActivationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DescribeActivations"))
    }

    async fn describe_document(
        &self,
        call: &Call,
        input: DescribeDocumentRequest,
    ) -> Result<DescribeDocumentResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DescribeDocument"))
    }

    async fn describe_instance_information(
        &self,
        call: &Call,
        input: DescribeInstanceInformationRequest,
    ) -> Result<DescribeInstanceInformationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DescribeInstanceInformation"))
    }

    async fn describe_parameters(
        &self,
        call: &Call,
        input: DescribeParametersRequest,
    ) -> Result<DescribeParametersResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DescribeParameters"))
    }

    async fn describe_sessions(
        &self,
        call: &Call,
        input: DescribeSessionsRequest,
    ) -> Result<DescribeSessionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "DescribeSessions"))
    }

    async fn get_access_token(
        &self,
        call: &Call,
        input: GetAccessTokenRequest,
    ) -> Result<GetAccessTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetAccessToken"))
    }

    async fn get_command_invocation(
        &self,
        call: &Call,
        input: GetCommandInvocationRequest,
    ) -> Result<GetCommandInvocationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetCommandInvocation"))
    }

    async fn get_connection_status(
        &self,
        call: &Call,
        input: GetConnectionStatusRequest,
    ) -> Result<GetConnectionStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetConnectionStatus"))
    }

    async fn get_document(
        &self,
        call: &Call,
        input: GetDocumentRequest,
    ) -> Result<GetDocumentResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetDocument"))
    }

    async fn get_parameter(
        &self,
        call: &Call,
        input: GetParameterRequest,
    ) -> Result<GetParameterResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetParameter"))
    }

    async fn get_parameter_history(
        &self,
        call: &Call,
        input: GetParameterHistoryRequest,
    ) -> Result<GetParameterHistoryResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetParameterHistory"))
    }

    async fn get_parameters(
        &self,
        call: &Call,
        input: GetParametersRequest,
    ) -> Result<GetParametersResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetParameters"))
    }

    async fn get_parameters_by_path(
        &self,
        call: &Call,
        input: GetParametersByPathRequest,
    ) -> Result<GetParametersByPathResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetParametersByPath"))
    }

    async fn get_service_setting(
        &self,
        call: &Call,
        input: GetServiceSettingRequest,
    ) -> Result<GetServiceSettingResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "GetServiceSetting"))
    }

    async fn label_parameter_version(
        &self,
        call: &Call,
        input: LabelParameterVersionRequest,
    ) -> Result<LabelParameterVersionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "LabelParameterVersion"))
    }

    async fn list_command_invocations(
        &self,
        call: &Call,
        input: ListCommandInvocationsRequest,
    ) -> Result<ListCommandInvocationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "ListCommandInvocations"))
    }

    async fn list_commands(
        &self,
        call: &Call,
        input: ListCommandsRequest,
    ) -> Result<ListCommandsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "ListCommands"))
    }

    async fn list_documents(
        &self,
        call: &Call,
        input: ListDocumentsRequest,
    ) -> Result<ListDocumentsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "ListDocuments"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "ListTagsForResource"))
    }

    async fn put_parameter(
        &self,
        call: &Call,
        input: PutParameterRequest,
    ) -> Result<PutParameterResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "PutParameter"))
    }

    async fn remove_tags_from_resource(
        &self,
        call: &Call,
        input: RemoveTagsFromResourceRequest,
    ) -> Result<RemoveTagsFromResourceResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "RemoveTagsFromResource"))
    }

    async fn reset_service_setting(
        &self,
        call: &Call,
        input: ResetServiceSettingRequest,
    ) -> Result<ResetServiceSettingResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "ResetServiceSetting"))
    }

    async fn resume_session(
        &self,
        call: &Call,
        input: ResumeSessionRequest,
    ) -> Result<ResumeSessionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "ResumeSession"))
    }

    async fn send_command(
        &self,
        call: &Call,
        input: SendCommandRequest,
    ) -> Result<SendCommandResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "SendCommand"))
    }

    async fn start_access_request(
        &self,
        call: &Call,
        input: StartAccessRequestRequest,
    ) -> Result<StartAccessRequestResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "StartAccessRequest"))
    }

    async fn start_session(
        &self,
        call: &Call,
        input: StartSessionRequest,
    ) -> Result<StartSessionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "StartSession"))
    }

    async fn terminate_session(
        &self,
        call: &Call,
        input: TerminateSessionRequest,
    ) -> Result<TerminateSessionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "TerminateSession"))
    }

    async fn unlabel_parameter_version(
        &self,
        call: &Call,
        input: UnlabelParameterVersionRequest,
    ) -> Result<UnlabelParameterVersionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "UnlabelParameterVersion"))
    }

    async fn update_document(
        &self,
        call: &Call,
        input: UpdateDocumentRequest,
    ) -> Result<UpdateDocumentResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "UpdateDocument"))
    }

    async fn update_document_default_version(
        &self,
        call: &Call,
        input: UpdateDocumentDefaultVersionRequest,
    ) -> Result<UpdateDocumentDefaultVersionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "UpdateDocumentDefaultVersion"))
    }

    async fn update_managed_instance_role(
        &self,
        call: &Call,
        input: UpdateManagedInstanceRoleRequest,
    ) -> Result<UpdateManagedInstanceRoleResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "UpdateManagedInstanceRole"))
    }

    async fn update_service_setting(
        &self,
        call: &Call,
        input: UpdateServiceSettingRequest,
    ) -> Result<UpdateServiceSettingResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ssm", "UpdateServiceSetting"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Ssm>);

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
            0 => Box::new(AddTagsToResourceRequest::default()),
            1 => Box::new(CancelCommandRequest::default()),
            2 => Box::new(CreateActivationRequest::default()),
            3 => Box::new(CreateDocumentRequest::default()),
            4 => Box::new(DeleteActivationRequest::default()),
            5 => Box::new(DeleteDocumentRequest::default()),
            6 => Box::new(DeleteParameterRequest::default()),
            7 => Box::new(DeleteParametersRequest::default()),
            8 => Box::new(DeregisterManagedInstanceRequest::default()),
            9 => Box::new(DescribeActivationsRequest::default()),
            10 => Box::new(DescribeDocumentRequest::default()),
            11 => Box::new(DescribeInstanceInformationRequest::default()),
            12 => Box::new(DescribeParametersRequest::default()),
            13 => Box::new(DescribeSessionsRequest::default()),
            14 => Box::new(GetAccessTokenRequest::default()),
            15 => Box::new(GetCommandInvocationRequest::default()),
            16 => Box::new(GetConnectionStatusRequest::default()),
            17 => Box::new(GetDocumentRequest::default()),
            18 => Box::new(GetParameterRequest::default()),
            19 => Box::new(GetParameterHistoryRequest::default()),
            20 => Box::new(GetParametersRequest::default()),
            21 => Box::new(GetParametersByPathRequest::default()),
            22 => Box::new(GetServiceSettingRequest::default()),
            23 => Box::new(LabelParameterVersionRequest::default()),
            24 => Box::new(ListCommandInvocationsRequest::default()),
            25 => Box::new(ListCommandsRequest::default()),
            26 => Box::new(ListDocumentsRequest::default()),
            27 => Box::new(ListTagsForResourceRequest::default()),
            28 => Box::new(PutParameterRequest::default()),
            29 => Box::new(RemoveTagsFromResourceRequest::default()),
            30 => Box::new(ResetServiceSettingRequest::default()),
            31 => Box::new(ResumeSessionRequest::default()),
            32 => Box::new(SendCommandRequest::default()),
            33 => Box::new(StartAccessRequestRequest::default()),
            34 => Box::new(StartSessionRequest::default()),
            35 => Box::new(TerminateSessionRequest::default()),
            36 => Box::new(UnlabelParameterVersionRequest::default()),
            37 => Box::new(UpdateDocumentRequest::default()),
            38 => Box::new(UpdateDocumentDefaultVersionRequest::default()),
            39 => Box::new(UpdateManagedInstanceRoleRequest::default()),
            40 => Box::new(UpdateServiceSettingRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AddTagsToResourceResult::default()),
            1 => Box::new(CancelCommandResult::default()),
            2 => Box::new(CreateActivationResult::default()),
            3 => Box::new(CreateDocumentResult::default()),
            4 => Box::new(DeleteActivationResult::default()),
            5 => Box::new(DeleteDocumentResult::default()),
            6 => Box::new(DeleteParameterResult::default()),
            7 => Box::new(DeleteParametersResult::default()),
            8 => Box::new(DeregisterManagedInstanceResult::default()),
            9 => Box::new(DescribeActivationsResult::default()),
            10 => Box::new(DescribeDocumentResult::default()),
            11 => Box::new(DescribeInstanceInformationResult::default()),
            12 => Box::new(DescribeParametersResult::default()),
            13 => Box::new(DescribeSessionsResponse::default()),
            14 => Box::new(GetAccessTokenResponse::default()),
            15 => Box::new(GetCommandInvocationResult::default()),
            16 => Box::new(GetConnectionStatusResponse::default()),
            17 => Box::new(GetDocumentResult::default()),
            18 => Box::new(GetParameterResult::default()),
            19 => Box::new(GetParameterHistoryResult::default()),
            20 => Box::new(GetParametersResult::default()),
            21 => Box::new(GetParametersByPathResult::default()),
            22 => Box::new(GetServiceSettingResult::default()),
            23 => Box::new(LabelParameterVersionResult::default()),
            24 => Box::new(ListCommandInvocationsResult::default()),
            25 => Box::new(ListCommandsResult::default()),
            26 => Box::new(ListDocumentsResult::default()),
            27 => Box::new(ListTagsForResourceResult::default()),
            28 => Box::new(PutParameterResult::default()),
            29 => Box::new(RemoveTagsFromResourceResult::default()),
            30 => Box::new(ResetServiceSettingResult::default()),
            31 => Box::new(ResumeSessionResponse::default()),
            32 => Box::new(SendCommandResult::default()),
            33 => Box::new(StartAccessRequestResponse::default()),
            34 => Box::new(StartSessionResponse::default()),
            35 => Box::new(TerminateSessionResponse::default()),
            36 => Box::new(UnlabelParameterVersionResult::default()),
            37 => Box::new(UpdateDocumentResult::default()),
            38 => Box::new(UpdateDocumentDefaultVersionResult::default()),
            39 => Box::new(UpdateManagedInstanceRoleResult::default()),
            40 => Box::new(UpdateServiceSettingResult::default()),
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
            0 => Input::AddTagsToResource(borrowed(input)),
            1 => Input::CancelCommand(borrowed(input)),
            2 => Input::CreateActivation(borrowed(input)),
            3 => Input::CreateDocument(borrowed(input)),
            4 => Input::DeleteActivation(borrowed(input)),
            5 => Input::DeleteDocument(borrowed(input)),
            6 => Input::DeleteParameter(borrowed(input)),
            7 => Input::DeleteParameters(borrowed(input)),
            8 => Input::DeregisterManagedInstance(borrowed(input)),
            9 => Input::DescribeActivations(borrowed(input)),
            10 => Input::DescribeDocument(borrowed(input)),
            11 => Input::DescribeInstanceInformation(borrowed(input)),
            12 => Input::DescribeParameters(borrowed(input)),
            13 => Input::DescribeSessions(borrowed(input)),
            14 => Input::GetAccessToken(borrowed(input)),
            15 => Input::GetCommandInvocation(borrowed(input)),
            16 => Input::GetConnectionStatus(borrowed(input)),
            17 => Input::GetDocument(borrowed(input)),
            18 => Input::GetParameter(borrowed(input)),
            19 => Input::GetParameterHistory(borrowed(input)),
            20 => Input::GetParameters(borrowed(input)),
            21 => Input::GetParametersByPath(borrowed(input)),
            22 => Input::GetServiceSetting(borrowed(input)),
            23 => Input::LabelParameterVersion(borrowed(input)),
            24 => Input::ListCommandInvocations(borrowed(input)),
            25 => Input::ListCommands(borrowed(input)),
            26 => Input::ListDocuments(borrowed(input)),
            27 => Input::ListTagsForResource(borrowed(input)),
            28 => Input::PutParameter(borrowed(input)),
            29 => Input::RemoveTagsFromResource(borrowed(input)),
            30 => Input::ResetServiceSetting(borrowed(input)),
            31 => Input::ResumeSession(borrowed(input)),
            32 => Input::SendCommand(borrowed(input)),
            33 => Input::StartAccessRequest(borrowed(input)),
            34 => Input::StartSession(borrowed(input)),
            35 => Input::TerminateSession(borrowed(input)),
            36 => Input::UnlabelParameterVersion(borrowed(input)),
            37 => Input::UpdateDocument(borrowed(input)),
            38 => Input::UpdateDocumentDefaultVersion(borrowed(input)),
            39 => Input::UpdateManagedInstanceRole(borrowed(input)),
            40 => Input::UpdateServiceSetting(borrowed(input)),
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
            0 => Box::new(self.0.add_tags_to_resource(call, typed(input)).await?),
            1 => Box::new(self.0.cancel_command(call, typed(input)).await?),
            2 => Box::new(self.0.create_activation(call, typed(input)).await?),
            3 => Box::new(self.0.create_document(call, typed(input)).await?),
            4 => Box::new(self.0.delete_activation(call, typed(input)).await?),
            5 => Box::new(self.0.delete_document(call, typed(input)).await?),
            6 => Box::new(self.0.delete_parameter(call, typed(input)).await?),
            7 => Box::new(self.0.delete_parameters(call, typed(input)).await?),
            8 => Box::new(
                self.0
                    .deregister_managed_instance(call, typed(input))
                    .await?,
            ),
            9 => Box::new(self.0.describe_activations(call, typed(input)).await?),
            10 => Box::new(self.0.describe_document(call, typed(input)).await?),
            11 => Box::new(
                self.0
                    .describe_instance_information(call, typed(input))
                    .await?,
            ),
            12 => Box::new(self.0.describe_parameters(call, typed(input)).await?),
            13 => Box::new(self.0.describe_sessions(call, typed(input)).await?),
            14 => Box::new(self.0.get_access_token(call, typed(input)).await?),
            15 => Box::new(self.0.get_command_invocation(call, typed(input)).await?),
            16 => Box::new(self.0.get_connection_status(call, typed(input)).await?),
            17 => Box::new(self.0.get_document(call, typed(input)).await?),
            18 => Box::new(self.0.get_parameter(call, typed(input)).await?),
            19 => Box::new(self.0.get_parameter_history(call, typed(input)).await?),
            20 => Box::new(self.0.get_parameters(call, typed(input)).await?),
            21 => Box::new(self.0.get_parameters_by_path(call, typed(input)).await?),
            22 => Box::new(self.0.get_service_setting(call, typed(input)).await?),
            23 => Box::new(self.0.label_parameter_version(call, typed(input)).await?),
            24 => Box::new(self.0.list_command_invocations(call, typed(input)).await?),
            25 => Box::new(self.0.list_commands(call, typed(input)).await?),
            26 => Box::new(self.0.list_documents(call, typed(input)).await?),
            27 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            28 => Box::new(self.0.put_parameter(call, typed(input)).await?),
            29 => Box::new(self.0.remove_tags_from_resource(call, typed(input)).await?),
            30 => Box::new(self.0.reset_service_setting(call, typed(input)).await?),
            31 => Box::new(self.0.resume_session(call, typed(input)).await?),
            32 => Box::new(self.0.send_command(call, typed(input)).await?),
            33 => Box::new(self.0.start_access_request(call, typed(input)).await?),
            34 => Box::new(self.0.start_session(call, typed(input)).await?),
            35 => Box::new(self.0.terminate_session(call, typed(input)).await?),
            36 => Box::new(self.0.unlabel_parameter_version(call, typed(input)).await?),
            37 => Box::new(self.0.update_document(call, typed(input)).await?),
            38 => Box::new(
                self.0
                    .update_document_default_version(call, typed(input))
                    .await?,
            ),
            39 => Box::new(
                self.0
                    .update_managed_instance_role(call, typed(input))
                    .await?,
            ),
            40 => Box::new(self.0.update_service_setting(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Ssm>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Ssm>, dispatcher: Dispatcher) -> Self {
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
impl Ssm for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn add_tags_to_resource(
        &self,
        call: &Call,
        input: AddTagsToResourceRequest,
    ) -> Result<AddTagsToResourceResult, Fault> {
        let call = self
            .admit(call, Input::AddTagsToResource(&input), 0, &input)
            .await?;
        self.inner.add_tags_to_resource(&call, input).await
    }

    async fn cancel_command(
        &self,
        call: &Call,
        input: CancelCommandRequest,
    ) -> Result<CancelCommandResult, Fault> {
        let call = self
            .admit(call, Input::CancelCommand(&input), 1, &input)
            .await?;
        self.inner.cancel_command(&call, input).await
    }

    async fn create_activation(
        &self,
        call: &Call,
        input: CreateActivationRequest,
    ) -> Result<CreateActivationResult, Fault> {
        let call = self
            .admit(call, Input::CreateActivation(&input), 2, &input)
            .await?;
        self.inner.create_activation(&call, input).await
    }

    async fn create_document(
        &self,
        call: &Call,
        input: CreateDocumentRequest,
    ) -> Result<CreateDocumentResult, Fault> {
        let call = self
            .admit(call, Input::CreateDocument(&input), 3, &input)
            .await?;
        self.inner.create_document(&call, input).await
    }

    async fn delete_activation(
        &self,
        call: &Call,
        input: DeleteActivationRequest,
    ) -> Result<DeleteActivationResult, Fault> {
        let call = self
            .admit(call, Input::DeleteActivation(&input), 4, &input)
            .await?;
        self.inner.delete_activation(&call, input).await
    }

    async fn delete_document(
        &self,
        call: &Call,
        input: DeleteDocumentRequest,
    ) -> Result<DeleteDocumentResult, Fault> {
        let call = self
            .admit(call, Input::DeleteDocument(&input), 5, &input)
            .await?;
        self.inner.delete_document(&call, input).await
    }

    async fn delete_parameter(
        &self,
        call: &Call,
        input: DeleteParameterRequest,
    ) -> Result<DeleteParameterResult, Fault> {
        let call = self
            .admit(call, Input::DeleteParameter(&input), 6, &input)
            .await?;
        self.inner.delete_parameter(&call, input).await
    }

    async fn delete_parameters(
        &self,
        call: &Call,
        input: DeleteParametersRequest,
    ) -> Result<DeleteParametersResult, Fault> {
        let call = self
            .admit(call, Input::DeleteParameters(&input), 7, &input)
            .await?;
        self.inner.delete_parameters(&call, input).await
    }

    async fn deregister_managed_instance(
        &self,
        call: &Call,
        input: DeregisterManagedInstanceRequest,
    ) -> Result<DeregisterManagedInstanceResult, Fault> {
        let call = self
            .admit(call, Input::DeregisterManagedInstance(&input), 8, &input)
            .await?;
        self.inner.deregister_managed_instance(&call, input).await
    }

    async fn describe_activations(
        &self,
        call: &Call,
        input: DescribeActivationsRequest,
    ) -> Result<DescribeActivationsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeActivations(&input), 9, &input)
            .await?;
        self.inner.describe_activations(&call, input).await
    }

    async fn describe_document(
        &self,
        call: &Call,
        input: DescribeDocumentRequest,
    ) -> Result<DescribeDocumentResult, Fault> {
        let call = self
            .admit(call, Input::DescribeDocument(&input), 10, &input)
            .await?;
        self.inner.describe_document(&call, input).await
    }

    async fn describe_instance_information(
        &self,
        call: &Call,
        input: DescribeInstanceInformationRequest,
    ) -> Result<DescribeInstanceInformationResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceInformation(&input), 11, &input)
            .await?;
        self.inner.describe_instance_information(&call, input).await
    }

    async fn describe_parameters(
        &self,
        call: &Call,
        input: DescribeParametersRequest,
    ) -> Result<DescribeParametersResult, Fault> {
        let call = self
            .admit(call, Input::DescribeParameters(&input), 12, &input)
            .await?;
        self.inner.describe_parameters(&call, input).await
    }

    async fn describe_sessions(
        &self,
        call: &Call,
        input: DescribeSessionsRequest,
    ) -> Result<DescribeSessionsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeSessions(&input), 13, &input)
            .await?;
        self.inner.describe_sessions(&call, input).await
    }

    async fn get_access_token(
        &self,
        call: &Call,
        input: GetAccessTokenRequest,
    ) -> Result<GetAccessTokenResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccessToken(&input), 14, &input)
            .await?;
        self.inner.get_access_token(&call, input).await
    }

    async fn get_command_invocation(
        &self,
        call: &Call,
        input: GetCommandInvocationRequest,
    ) -> Result<GetCommandInvocationResult, Fault> {
        let call = self
            .admit(call, Input::GetCommandInvocation(&input), 15, &input)
            .await?;
        self.inner.get_command_invocation(&call, input).await
    }

    async fn get_connection_status(
        &self,
        call: &Call,
        input: GetConnectionStatusRequest,
    ) -> Result<GetConnectionStatusResponse, Fault> {
        let call = self
            .admit(call, Input::GetConnectionStatus(&input), 16, &input)
            .await?;
        self.inner.get_connection_status(&call, input).await
    }

    async fn get_document(
        &self,
        call: &Call,
        input: GetDocumentRequest,
    ) -> Result<GetDocumentResult, Fault> {
        let call = self
            .admit(call, Input::GetDocument(&input), 17, &input)
            .await?;
        self.inner.get_document(&call, input).await
    }

    async fn get_parameter(
        &self,
        call: &Call,
        input: GetParameterRequest,
    ) -> Result<GetParameterResult, Fault> {
        let call = self
            .admit(call, Input::GetParameter(&input), 18, &input)
            .await?;
        self.inner.get_parameter(&call, input).await
    }

    async fn get_parameter_history(
        &self,
        call: &Call,
        input: GetParameterHistoryRequest,
    ) -> Result<GetParameterHistoryResult, Fault> {
        let call = self
            .admit(call, Input::GetParameterHistory(&input), 19, &input)
            .await?;
        self.inner.get_parameter_history(&call, input).await
    }

    async fn get_parameters(
        &self,
        call: &Call,
        input: GetParametersRequest,
    ) -> Result<GetParametersResult, Fault> {
        let call = self
            .admit(call, Input::GetParameters(&input), 20, &input)
            .await?;
        self.inner.get_parameters(&call, input).await
    }

    async fn get_parameters_by_path(
        &self,
        call: &Call,
        input: GetParametersByPathRequest,
    ) -> Result<GetParametersByPathResult, Fault> {
        let call = self
            .admit(call, Input::GetParametersByPath(&input), 21, &input)
            .await?;
        self.inner.get_parameters_by_path(&call, input).await
    }

    async fn get_service_setting(
        &self,
        call: &Call,
        input: GetServiceSettingRequest,
    ) -> Result<GetServiceSettingResult, Fault> {
        let call = self
            .admit(call, Input::GetServiceSetting(&input), 22, &input)
            .await?;
        self.inner.get_service_setting(&call, input).await
    }

    async fn label_parameter_version(
        &self,
        call: &Call,
        input: LabelParameterVersionRequest,
    ) -> Result<LabelParameterVersionResult, Fault> {
        let call = self
            .admit(call, Input::LabelParameterVersion(&input), 23, &input)
            .await?;
        self.inner.label_parameter_version(&call, input).await
    }

    async fn list_command_invocations(
        &self,
        call: &Call,
        input: ListCommandInvocationsRequest,
    ) -> Result<ListCommandInvocationsResult, Fault> {
        let call = self
            .admit(call, Input::ListCommandInvocations(&input), 24, &input)
            .await?;
        self.inner.list_command_invocations(&call, input).await
    }

    async fn list_commands(
        &self,
        call: &Call,
        input: ListCommandsRequest,
    ) -> Result<ListCommandsResult, Fault> {
        let call = self
            .admit(call, Input::ListCommands(&input), 25, &input)
            .await?;
        self.inner.list_commands(&call, input).await
    }

    async fn list_documents(
        &self,
        call: &Call,
        input: ListDocumentsRequest,
    ) -> Result<ListDocumentsResult, Fault> {
        let call = self
            .admit(call, Input::ListDocuments(&input), 26, &input)
            .await?;
        self.inner.list_documents(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResult, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 27, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn put_parameter(
        &self,
        call: &Call,
        input: PutParameterRequest,
    ) -> Result<PutParameterResult, Fault> {
        let call = self
            .admit(call, Input::PutParameter(&input), 28, &input)
            .await?;
        self.inner.put_parameter(&call, input).await
    }

    async fn remove_tags_from_resource(
        &self,
        call: &Call,
        input: RemoveTagsFromResourceRequest,
    ) -> Result<RemoveTagsFromResourceResult, Fault> {
        let call = self
            .admit(call, Input::RemoveTagsFromResource(&input), 29, &input)
            .await?;
        self.inner.remove_tags_from_resource(&call, input).await
    }

    async fn reset_service_setting(
        &self,
        call: &Call,
        input: ResetServiceSettingRequest,
    ) -> Result<ResetServiceSettingResult, Fault> {
        let call = self
            .admit(call, Input::ResetServiceSetting(&input), 30, &input)
            .await?;
        self.inner.reset_service_setting(&call, input).await
    }

    async fn resume_session(
        &self,
        call: &Call,
        input: ResumeSessionRequest,
    ) -> Result<ResumeSessionResponse, Fault> {
        let call = self
            .admit(call, Input::ResumeSession(&input), 31, &input)
            .await?;
        self.inner.resume_session(&call, input).await
    }

    async fn send_command(
        &self,
        call: &Call,
        input: SendCommandRequest,
    ) -> Result<SendCommandResult, Fault> {
        let call = self
            .admit(call, Input::SendCommand(&input), 32, &input)
            .await?;
        self.inner.send_command(&call, input).await
    }

    async fn start_access_request(
        &self,
        call: &Call,
        input: StartAccessRequestRequest,
    ) -> Result<StartAccessRequestResponse, Fault> {
        let call = self
            .admit(call, Input::StartAccessRequest(&input), 33, &input)
            .await?;
        self.inner.start_access_request(&call, input).await
    }

    async fn start_session(
        &self,
        call: &Call,
        input: StartSessionRequest,
    ) -> Result<StartSessionResponse, Fault> {
        let call = self
            .admit(call, Input::StartSession(&input), 34, &input)
            .await?;
        self.inner.start_session(&call, input).await
    }

    async fn terminate_session(
        &self,
        call: &Call,
        input: TerminateSessionRequest,
    ) -> Result<TerminateSessionResponse, Fault> {
        let call = self
            .admit(call, Input::TerminateSession(&input), 35, &input)
            .await?;
        self.inner.terminate_session(&call, input).await
    }

    async fn unlabel_parameter_version(
        &self,
        call: &Call,
        input: UnlabelParameterVersionRequest,
    ) -> Result<UnlabelParameterVersionResult, Fault> {
        let call = self
            .admit(call, Input::UnlabelParameterVersion(&input), 36, &input)
            .await?;
        self.inner.unlabel_parameter_version(&call, input).await
    }

    async fn update_document(
        &self,
        call: &Call,
        input: UpdateDocumentRequest,
    ) -> Result<UpdateDocumentResult, Fault> {
        let call = self
            .admit(call, Input::UpdateDocument(&input), 37, &input)
            .await?;
        self.inner.update_document(&call, input).await
    }

    async fn update_document_default_version(
        &self,
        call: &Call,
        input: UpdateDocumentDefaultVersionRequest,
    ) -> Result<UpdateDocumentDefaultVersionResult, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateDocumentDefaultVersion(&input),
                38,
                &input,
            )
            .await?;
        self.inner
            .update_document_default_version(&call, input)
            .await
    }

    async fn update_managed_instance_role(
        &self,
        call: &Call,
        input: UpdateManagedInstanceRoleRequest,
    ) -> Result<UpdateManagedInstanceRoleResult, Fault> {
        let call = self
            .admit(call, Input::UpdateManagedInstanceRole(&input), 39, &input)
            .await?;
        self.inner.update_managed_instance_role(&call, input).await
    }

    async fn update_service_setting(
        &self,
        call: &Call,
        input: UpdateServiceSettingRequest,
    ) -> Result<UpdateServiceSettingResult, Fault> {
        let call = self
            .admit(call, Input::UpdateServiceSetting(&input), 40, &input)
            .await?;
        self.inner.update_service_setting(&call, input).await
    }
}
