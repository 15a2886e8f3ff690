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
    AssociateCrossAccountReplica(&'a AssociateCrossAccountReplicaRequest),
    BatchGetSecretValue(&'a BatchGetSecretValueRequest),
    CancelRotateSecret(&'a CancelRotateSecretRequest),
    CreateSecret(&'a CreateSecretRequest),
    DeleteResourcePolicy(&'a DeleteResourcePolicyRequest),
    DeleteSecret(&'a DeleteSecretRequest),
    DescribeSecret(&'a DescribeSecretRequest),
    DisassociateCrossAccountReplica(&'a DisassociateCrossAccountReplicaRequest),
    GetRandomPassword(&'a GetRandomPasswordRequest),
    GetResourcePolicy(&'a GetResourcePolicyRequest),
    GetSecretValue(&'a GetSecretValueRequest),
    ListResourcePolicies(&'a ListResourcePoliciesRequest),
    ListSecretVersionIds(&'a ListSecretVersionIdsRequest),
    ListSecrets(&'a ListSecretsRequest),
    PutResourcePolicy(&'a PutResourcePolicyRequest),
    PutSecretValue(&'a PutSecretValueRequest),
    RemoveRegionsFromReplication(&'a RemoveRegionsFromReplicationRequest),
    ReplicateSecretToRegions(&'a ReplicateSecretToRegionsRequest),
    RestoreSecret(&'a RestoreSecretRequest),
    RotateSecret(&'a RotateSecretRequest),
    StopReplicationToReplica(&'a StopReplicationToReplicaRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateSecret(&'a UpdateSecretRequest),
    UpdateSecretVersionStage(&'a UpdateSecretVersionStageRequest),
    ValidateResourcePolicy(&'a ValidateResourcePolicyRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AssociateCrossAccountReplica(_) => "AssociateCrossAccountReplica",
            Self::BatchGetSecretValue(_) => "BatchGetSecretValue",
            Self::CancelRotateSecret(_) => "CancelRotateSecret",
            Self::CreateSecret(_) => "CreateSecret",
            Self::DeleteResourcePolicy(_) => "DeleteResourcePolicy",
            Self::DeleteSecret(_) => "DeleteSecret",
            Self::DescribeSecret(_) => "DescribeSecret",
            Self::DisassociateCrossAccountReplica(_) => "DisassociateCrossAccountReplica",
            Self::GetRandomPassword(_) => "GetRandomPassword",
            Self::GetResourcePolicy(_) => "GetResourcePolicy",
            Self::GetSecretValue(_) => "GetSecretValue",
            Self::ListResourcePolicies(_) => "ListResourcePolicies",
            Self::ListSecretVersionIds(_) => "ListSecretVersionIds",
            Self::ListSecrets(_) => "ListSecrets",
            Self::PutResourcePolicy(_) => "PutResourcePolicy",
            Self::PutSecretValue(_) => "PutSecretValue",
            Self::RemoveRegionsFromReplication(_) => "RemoveRegionsFromReplication",
            Self::ReplicateSecretToRegions(_) => "ReplicateSecretToRegions",
            Self::RestoreSecret(_) => "RestoreSecret",
            Self::RotateSecret(_) => "RotateSecret",
            Self::StopReplicationToReplica(_) => "StopReplicationToReplica",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateSecret(_) => "UpdateSecret",
            Self::UpdateSecretVersionStage(_) => "UpdateSecretVersionStage",
            Self::ValidateResourcePolicy(_) => "ValidateResourcePolicy",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("secretsmanager:{}", self.operation())
    }
}

#[async_trait]
pub trait Secretsmanager: Send + Sync + 'static {
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

    async fn associate_cross_account_replica(
        &self,
        call: &Call,
        input: AssociateCrossAccountReplicaRequest,
    ) -> Result<AssociateCrossAccountReplicaResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "secretsmanager",
            "AssociateCrossAccountReplica",
        ))
    }

    async fn batch_get_secret_value(
        &self,
        call: &Call,
        input: BatchGetSecretValueRequest,
    ) -> Result<BatchGetSecretValueResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "BatchGetSecretValue"))
    }

    async fn cancel_rotate_secret(
        &self,
        call: &Call,
        input: CancelRotateSecretRequest,
    ) -> Result<CancelRotateSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "CancelRotateSecret"))
    }

    async fn create_secret(
        &self,
        call: &Call,
        input: CreateSecretRequest,
    ) -> Result<CreateSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "CreateSecret"))
    }

    async fn delete_resource_policy(
        &self,
        call: &Call,
        input: DeleteResourcePolicyRequest,
    ) -> Result<DeleteResourcePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "DeleteResourcePolicy"))
    }

    async fn delete_secret(
        &self,
        call: &Call,
        input: DeleteSecretRequest,
    ) -> Result<DeleteSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "DeleteSecret"))
    }

    async fn describe_secret(
        &self,
        call: &Call,
        input: DescribeSecretRequest,
    ) -> Result<DescribeSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "DescribeSecret"))
    }

    async fn disassociate_cross_account_replica(
        &self,
        call: &Call,
        input: DisassociateCrossAccountReplicaRequest,
    ) -> Result<DisassociateCrossAccountReplicaResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "secretsmanager",
            "DisassociateCrossAccountReplica",
        ))
    }

    async fn get_random_password(
        &self,
        call: &Call,
        input: GetRandomPasswordRequest,
    ) -> Result<GetRandomPasswordResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "GetRandomPassword"))
    }

    async fn get_resource_policy(
        &self,
        call: &Call,
        input: GetResourcePolicyRequest,
    ) -> Result<GetResourcePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "GetResourcePolicy"))
    }

    async fn get_secret_value(
        &self,
        call: &Call,
        input: GetSecretValueRequest,
    ) -> Result<GetSecretValueResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "GetSecretValue"))
    }

    async fn list_resource_policies(
        &self,
        call: &Call,
        input: ListResourcePoliciesRequest,
    ) -> Result<ListResourcePoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "ListResourcePolicies"))
    }

    async fn list_secret_version_ids(
        &self,
        call: &Call,
        input: ListSecretVersionIdsRequest,
    ) -> Result<ListSecretVersionIdsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "ListSecretVersionIds"))
    }

    async fn list_secrets(
        &self,
        call: &Call,
        input: ListSecretsRequest,
    ) -> Result<ListSecretsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "ListSecrets"))
    }

    async fn put_resource_policy(
        &self,
        call: &Call,
        input: PutResourcePolicyRequest,
    ) -> Result<PutResourcePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "PutResourcePolicy"))
    }

    async fn put_secret_value(
        &self,
        call: &Call,
        input: PutSecretValueRequest,
    ) -> Result<PutSecretValueResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "PutSecretValue"))
    }

    async fn remove_regions_from_replication(
        &self,
        call: &Call,
        input: RemoveRegionsFromReplicationRequest,
    ) -> Result<RemoveRegionsFromReplicationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "secretsmanager",
            "RemoveRegionsFromReplication",
        ))
    }

    async fn replicate_secret_to_regions(
        &self,
        call: &Call,
        input: ReplicateSecretToRegionsRequest,
    ) -> Result<ReplicateSecretToRegionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "secretsmanager",
            "ReplicateSecretToRegions",
        ))
    }

    async fn restore_secret(
        &self,
        call: &Call,
        input: RestoreSecretRequest,
    ) -> Result<RestoreSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "RestoreSecret"))
    }

    async fn rotate_secret(
        &self,
        call: &Call,
        input: RotateSecretRequest,
    ) -> Result<RotateSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "RotateSecret"))
    }

    async fn stop_replication_to_replica(
        &self,
        call: &Call,
        input: StopReplicationToReplicaRequest,
    ) -> Result<StopReplicationToReplicaResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "secretsmanager",
            "StopReplicationToReplica",
        ))
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "TagResource"))
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "UntagResource"))
    }

    async fn update_secret(
        &self,
        call: &Call,
        input: UpdateSecretRequest,
    ) -> Result<UpdateSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("secretsmanager", "UpdateSecret"))
    }

    async fn update_secret_version_stage(
        &self,
        call: &Call,
        input: UpdateSecretVersionStageRequest,
    ) -> Result<UpdateSecretVersionStageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "secretsmanager",
            "UpdateSecretVersionStage",
        ))
    }

    async fn validate_resource_policy(
        &self,
        call: &Call,
        input: ValidateResourcePolicyRequest,
    ) -> Result<ValidateResourcePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "secretsmanager",
            "ValidateResourcePolicy",
        ))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Secretsmanager>);

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
            0 => Box::new(AssociateCrossAccountReplicaRequest::default()),
            1 => Box::new(BatchGetSecretValueRequest::default()),
            2 => Box::new(CancelRotateSecretRequest::default()),
            3 => Box::new(CreateSecretRequest::default()),
            4 => Box::new(DeleteResourcePolicyRequest::default()),
            5 => Box::new(DeleteSecretRequest::default()),
            6 => Box::new(DescribeSecretRequest::default()),
            7 => Box::new(DisassociateCrossAccountReplicaRequest::default()),
            8 => Box::new(GetRandomPasswordRequest::default()),
            9 => Box::new(GetResourcePolicyRequest::default()),
            10 => Box::new(GetSecretValueRequest::default()),
            11 => Box::new(ListResourcePoliciesRequest::default()),
            12 => Box::new(ListSecretVersionIdsRequest::default()),
            13 => Box::new(ListSecretsRequest::default()),
            14 => Box::new(PutResourcePolicyRequest::default()),
            15 => Box::new(PutSecretValueRequest::default()),
            16 => Box::new(RemoveRegionsFromReplicationRequest::default()),
            17 => Box::new(ReplicateSecretToRegionsRequest::default()),
            18 => Box::new(RestoreSecretRequest::default()),
            19 => Box::new(RotateSecretRequest::default()),
            20 => Box::new(StopReplicationToReplicaRequest::default()),
            21 => Box::new(TagResourceRequest::default()),
            22 => Box::new(UntagResourceRequest::default()),
            23 => Box::new(UpdateSecretRequest::default()),
            24 => Box::new(UpdateSecretVersionStageRequest::default()),
            25 => Box::new(ValidateResourcePolicyRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AssociateCrossAccountReplicaResponse::default()),
            1 => Box::new(BatchGetSecretValueResponse::default()),
            2 => Box::new(CancelRotateSecretResponse::default()),
            3 => Box::new(CreateSecretResponse::default()),
            4 => Box::new(DeleteResourcePolicyResponse::default()),
            5 => Box::new(DeleteSecretResponse::default()),
            6 => Box::new(DescribeSecretResponse::default()),
            7 => Box::new(DisassociateCrossAccountReplicaResponse::default()),
            8 => Box::new(GetRandomPasswordResponse::default()),
            9 => Box::new(GetResourcePolicyResponse::default()),
            10 => Box::new(GetSecretValueResponse::default()),
            11 => Box::new(ListResourcePoliciesResponse::default()),
            12 => Box::new(ListSecretVersionIdsResponse::default()),
            13 => Box::new(ListSecretsResponse::default()),
            14 => Box::new(PutResourcePolicyResponse::default()),
            15 => Box::new(PutSecretValueResponse::default()),
            16 => Box::new(RemoveRegionsFromReplicationResponse::default()),
            17 => Box::new(ReplicateSecretToRegionsResponse::default()),
            18 => Box::new(RestoreSecretResponse::default()),
            19 => Box::new(RotateSecretResponse::default()),
            20 => Box::new(StopReplicationToReplicaResponse::default()),
            23 => Box::new(UpdateSecretResponse::default()),
            24 => Box::new(UpdateSecretVersionStageResponse::default()),
            25 => Box::new(ValidateResourcePolicyResponse::default()),
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
            0 => Input::AssociateCrossAccountReplica(borrowed(input)),
            1 => Input::BatchGetSecretValue(borrowed(input)),
            2 => Input::CancelRotateSecret(borrowed(input)),
            3 => Input::CreateSecret(borrowed(input)),
            4 => Input::DeleteResourcePolicy(borrowed(input)),
            5 => Input::DeleteSecret(borrowed(input)),
            6 => Input::DescribeSecret(borrowed(input)),
            7 => Input::DisassociateCrossAccountReplica(borrowed(input)),
            8 => Input::GetRandomPassword(borrowed(input)),
            9 => Input::GetResourcePolicy(borrowed(input)),
            10 => Input::GetSecretValue(borrowed(input)),
            11 => Input::ListResourcePolicies(borrowed(input)),
            12 => Input::ListSecretVersionIds(borrowed(input)),
            13 => Input::ListSecrets(borrowed(input)),
            14 => Input::PutResourcePolicy(borrowed(input)),
            15 => Input::PutSecretValue(borrowed(input)),
            16 => Input::RemoveRegionsFromReplication(borrowed(input)),
            17 => Input::ReplicateSecretToRegions(borrowed(input)),
            18 => Input::RestoreSecret(borrowed(input)),
            19 => Input::RotateSecret(borrowed(input)),
            20 => Input::StopReplicationToReplica(borrowed(input)),
            21 => Input::TagResource(borrowed(input)),
            22 => Input::UntagResource(borrowed(input)),
            23 => Input::UpdateSecret(borrowed(input)),
            24 => Input::UpdateSecretVersionStage(borrowed(input)),
            25 => Input::ValidateResourcePolicy(borrowed(input)),
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
                    .associate_cross_account_replica(call, typed(input))
                    .await?,
            ),
            1 => Box::new(self.0.batch_get_secret_value(call, typed(input)).await?),
            2 => Box::new(self.0.cancel_rotate_secret(call, typed(input)).await?),
            3 => Box::new(self.0.create_secret(call, typed(input)).await?),
            4 => Box::new(self.0.delete_resource_policy(call, typed(input)).await?),
            5 => Box::new(self.0.delete_secret(call, typed(input)).await?),
            6 => Box::new(self.0.describe_secret(call, typed(input)).await?),
            7 => Box::new(
                self.0
                    .disassociate_cross_account_replica(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.get_random_password(call, typed(input)).await?),
            9 => Box::new(self.0.get_resource_policy(call, typed(input)).await?),
            10 => Box::new(self.0.get_secret_value(call, typed(input)).await?),
            11 => Box::new(self.0.list_resource_policies(call, typed(input)).await?),
            12 => Box::new(self.0.list_secret_version_ids(call, typed(input)).await?),
            13 => Box::new(self.0.list_secrets(call, typed(input)).await?),
            14 => Box::new(self.0.put_resource_policy(call, typed(input)).await?),
            15 => Box::new(self.0.put_secret_value(call, typed(input)).await?),
            16 => Box::new(
                self.0
                    .remove_regions_from_replication(call, typed(input))
                    .await?,
            ),
            17 => Box::new(
                self.0
                    .replicate_secret_to_regions(call, typed(input))
                    .await?,
            ),
            18 => Box::new(self.0.restore_secret(call, typed(input)).await?),
            19 => Box::new(self.0.rotate_secret(call, typed(input)).await?),
            20 => Box::new(
                self.0
                    .stop_replication_to_replica(call, typed(input))
                    .await?,
            ),
            21 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            22 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            23 => Box::new(self.0.update_secret(call, typed(input)).await?),
            24 => Box::new(
                self.0
                    .update_secret_version_stage(call, typed(input))
                    .await?,
            ),
            25 => Box::new(self.0.validate_resource_policy(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Secretsmanager>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Secretsmanager>, dispatcher: Dispatcher) -> Self {
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
impl Secretsmanager for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn associate_cross_account_replica(
        &self,
        call: &Call,
        input: AssociateCrossAccountReplicaRequest,
    ) -> Result<AssociateCrossAccountReplicaResponse, Fault> {
        let call = self
            .admit(call, Input::AssociateCrossAccountReplica(&input), 0, &input)
            .await?;
        self.inner
            .associate_cross_account_replica(&call, input)
            .await
    }

    async fn batch_get_secret_value(
        &self,
        call: &Call,
        input: BatchGetSecretValueRequest,
    ) -> Result<BatchGetSecretValueResponse, Fault> {
        let call = self
            .admit(call, Input::BatchGetSecretValue(&input), 1, &input)
            .await?;
        self.inner.batch_get_secret_value(&call, input).await
    }

    async fn cancel_rotate_secret(
        &self,
        call: &Call,
        input: CancelRotateSecretRequest,
    ) -> Result<CancelRotateSecretResponse, Fault> {
        let call = self
            .admit(call, Input::CancelRotateSecret(&input), 2, &input)
            .await?;
        self.inner.cancel_rotate_secret(&call, input).await
    }

    async fn create_secret(
        &self,
        call: &Call,
        input: CreateSecretRequest,
    ) -> Result<CreateSecretResponse, Fault> {
        let call = self
            .admit(call, Input::CreateSecret(&input), 3, &input)
            .await?;
        self.inner.create_secret(&call, input).await
    }

    async fn delete_resource_policy(
        &self,
        call: &Call,
        input: DeleteResourcePolicyRequest,
    ) -> Result<DeleteResourcePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteResourcePolicy(&input), 4, &input)
            .await?;
        self.inner.delete_resource_policy(&call, input).await
    }

    async fn delete_secret(
        &self,
        call: &Call,
        input: DeleteSecretRequest,
    ) -> Result<DeleteSecretResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteSecret(&input), 5, &input)
            .await?;
        self.inner.delete_secret(&call, input).await
    }

    async fn describe_secret(
        &self,
        call: &Call,
        input: DescribeSecretRequest,
    ) -> Result<DescribeSecretResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeSecret(&input), 6, &input)
            .await?;
        self.inner.describe_secret(&call, input).await
    }

    async fn disassociate_cross_account_replica(
        &self,
        call: &Call,
        input: DisassociateCrossAccountReplicaRequest,
    ) -> Result<DisassociateCrossAccountReplicaResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DisassociateCrossAccountReplica(&input),
                7,
                &input,
            )
            .await?;
        self.inner
            .disassociate_cross_account_replica(&call, input)
            .await
    }

    async fn get_random_password(
        &self,
        call: &Call,
        input: GetRandomPasswordRequest,
    ) -> Result<GetRandomPasswordResponse, Fault> {
        let call = self
            .admit(call, Input::GetRandomPassword(&input), 8, &input)
            .await?;
        self.inner.get_random_password(&call, input).await
    }

    async fn get_resource_policy(
        &self,
        call: &Call,
        input: GetResourcePolicyRequest,
    ) -> Result<GetResourcePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetResourcePolicy(&input), 9, &input)
            .await?;
        self.inner.get_resource_policy(&call, input).await
    }

    async fn get_secret_value(
        &self,
        call: &Call,
        input: GetSecretValueRequest,
    ) -> Result<GetSecretValueResponse, Fault> {
        let call = self
            .admit(call, Input::GetSecretValue(&input), 10, &input)
            .await?;
        self.inner.get_secret_value(&call, input).await
    }

    async fn list_resource_policies(
        &self,
        call: &Call,
        input: ListResourcePoliciesRequest,
    ) -> Result<ListResourcePoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListResourcePolicies(&input), 11, &input)
            .await?;
        self.inner.list_resource_policies(&call, input).await
    }

    async fn list_secret_version_ids(
        &self,
        call: &Call,
        input: ListSecretVersionIdsRequest,
    ) -> Result<ListSecretVersionIdsResponse, Fault> {
        let call = self
            .admit(call, Input::ListSecretVersionIds(&input), 12, &input)
            .await?;
        self.inner.list_secret_version_ids(&call, input).await
    }

    async fn list_secrets(
        &self,
        call: &Call,
        input: ListSecretsRequest,
    ) -> Result<ListSecretsResponse, Fault> {
        let call = self
            .admit(call, Input::ListSecrets(&input), 13, &input)
            .await?;
        self.inner.list_secrets(&call, input).await
    }

    async fn put_resource_policy(
        &self,
        call: &Call,
        input: PutResourcePolicyRequest,
    ) -> Result<PutResourcePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutResourcePolicy(&input), 14, &input)
            .await?;
        self.inner.put_resource_policy(&call, input).await
    }

    async fn put_secret_value(
        &self,
        call: &Call,
        input: PutSecretValueRequest,
    ) -> Result<PutSecretValueResponse, Fault> {
        let call = self
            .admit(call, Input::PutSecretValue(&input), 15, &input)
            .await?;
        self.inner.put_secret_value(&call, input).await
    }

    async fn remove_regions_from_replication(
        &self,
        call: &Call,
        input: RemoveRegionsFromReplicationRequest,
    ) -> Result<RemoveRegionsFromReplicationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::RemoveRegionsFromReplication(&input),
                16,
                &input,
            )
            .await?;
        self.inner
            .remove_regions_from_replication(&call, input)
            .await
    }

    async fn replicate_secret_to_regions(
        &self,
        call: &Call,
        input: ReplicateSecretToRegionsRequest,
    ) -> Result<ReplicateSecretToRegionsResponse, Fault> {
        let call = self
            .admit(call, Input::ReplicateSecretToRegions(&input), 17, &input)
            .await?;
        self.inner.replicate_secret_to_regions(&call, input).await
    }

    async fn restore_secret(
        &self,
        call: &Call,
        input: RestoreSecretRequest,
    ) -> Result<RestoreSecretResponse, Fault> {
        let call = self
            .admit(call, Input::RestoreSecret(&input), 18, &input)
            .await?;
        self.inner.restore_secret(&call, input).await
    }

    async fn rotate_secret(
        &self,
        call: &Call,
        input: RotateSecretRequest,
    ) -> Result<RotateSecretResponse, Fault> {
        let call = self
            .admit(call, Input::RotateSecret(&input), 19, &input)
            .await?;
        self.inner.rotate_secret(&call, input).await
    }

    async fn stop_replication_to_replica(
        &self,
        call: &Call,
        input: StopReplicationToReplicaRequest,
    ) -> Result<StopReplicationToReplicaResponse, Fault> {
        let call = self
            .admit(call, Input::StopReplicationToReplica(&input), 20, &input)
            .await?;
        self.inner.stop_replication_to_replica(&call, input).await
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 21, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 22, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_secret(
        &self,
        call: &Call,
        input: UpdateSecretRequest,
    ) -> Result<UpdateSecretResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateSecret(&input), 23, &input)
            .await?;
        self.inner.update_secret(&call, input).await
    }

    async fn update_secret_version_stage(
        &self,
        call: &Call,
        input: UpdateSecretVersionStageRequest,
    ) -> Result<UpdateSecretVersionStageResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateSecretVersionStage(&input), 24, &input)
            .await?;
        self.inner.update_secret_version_stage(&call, input).await
    }

    async fn validate_resource_policy(
        &self,
        call: &Call,
        input: ValidateResourcePolicyRequest,
    ) -> Result<ValidateResourcePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::ValidateResourcePolicy(&input), 25, &input)
            .await?;
        self.inner.validate_resource_policy(&call, input).await
    }
}
