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
    CancelKeyDeletion(&'a CancelKeyDeletionRequest),
    CreateAlias(&'a CreateAliasRequest),
    CreateGrant(&'a CreateGrantRequest),
    CreateKey(&'a CreateKeyRequest),
    Decrypt(&'a DecryptRequest),
    DeleteAlias(&'a DeleteAliasRequest),
    DeleteImportedKeyMaterial(&'a DeleteImportedKeyMaterialRequest),
    DeriveSharedSecret(&'a DeriveSharedSecretRequest),
    DescribeKey(&'a DescribeKeyRequest),
    DisableKey(&'a DisableKeyRequest),
    DisableKeyRotation(&'a DisableKeyRotationRequest),
    EnableKey(&'a EnableKeyRequest),
    EnableKeyRotation(&'a EnableKeyRotationRequest),
    Encrypt(&'a EncryptRequest),
    GenerateDataKey(&'a GenerateDataKeyRequest),
    GenerateDataKeyPair(&'a GenerateDataKeyPairRequest),
    GenerateDataKeyPairWithoutPlaintext(&'a GenerateDataKeyPairWithoutPlaintextRequest),
    GenerateDataKeyWithoutPlaintext(&'a GenerateDataKeyWithoutPlaintextRequest),
    GenerateMac(&'a GenerateMacRequest),
    GenerateRandom(&'a GenerateRandomRequest),
    GetKeyPolicy(&'a GetKeyPolicyRequest),
    GetKeyRotationStatus(&'a GetKeyRotationStatusRequest),
    GetParametersForImport(&'a GetParametersForImportRequest),
    GetPublicKey(&'a GetPublicKeyRequest),
    ImportKeyMaterial(&'a ImportKeyMaterialRequest),
    ListAliases(&'a ListAliasesRequest),
    ListGrants(&'a ListGrantsRequest),
    ListKeyPolicies(&'a ListKeyPoliciesRequest),
    ListKeyRotations(&'a ListKeyRotationsRequest),
    ListKeys(&'a ListKeysRequest),
    ListResourceTags(&'a ListResourceTagsRequest),
    ListRetirableGrants(&'a ListRetirableGrantsRequest),
    PutKeyPolicy(&'a PutKeyPolicyRequest),
    ReEncrypt(&'a ReEncryptRequest),
    ReplicateKey(&'a ReplicateKeyRequest),
    RetireGrant(&'a RetireGrantRequest),
    RevokeGrant(&'a RevokeGrantRequest),
    RotateKeyOnDemand(&'a RotateKeyOnDemandRequest),
    ScheduleKeyDeletion(&'a ScheduleKeyDeletionRequest),
    Sign(&'a SignRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateAlias(&'a UpdateAliasRequest),
    UpdateKeyDescription(&'a UpdateKeyDescriptionRequest),
    UpdatePrimaryRegion(&'a UpdatePrimaryRegionRequest),
    Verify(&'a VerifyRequest),
    VerifyMac(&'a VerifyMacRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CancelKeyDeletion(_) => "CancelKeyDeletion",
            Self::CreateAlias(_) => "CreateAlias",
            Self::CreateGrant(_) => "CreateGrant",
            Self::CreateKey(_) => "CreateKey",
            Self::Decrypt(_) => "Decrypt",
            Self::DeleteAlias(_) => "DeleteAlias",
            Self::DeleteImportedKeyMaterial(_) => "DeleteImportedKeyMaterial",
            Self::DeriveSharedSecret(_) => "DeriveSharedSecret",
            Self::DescribeKey(_) => "DescribeKey",
            Self::DisableKey(_) => "DisableKey",
            Self::DisableKeyRotation(_) => "DisableKeyRotation",
            Self::EnableKey(_) => "EnableKey",
            Self::EnableKeyRotation(_) => "EnableKeyRotation",
            Self::Encrypt(_) => "Encrypt",
            Self::GenerateDataKey(_) => "GenerateDataKey",
            Self::GenerateDataKeyPair(_) => "GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext(_) => "GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateDataKeyWithoutPlaintext(_) => "GenerateDataKeyWithoutPlaintext",
            Self::GenerateMac(_) => "GenerateMac",
            Self::GenerateRandom(_) => "GenerateRandom",
            Self::GetKeyPolicy(_) => "GetKeyPolicy",
            Self::GetKeyRotationStatus(_) => "GetKeyRotationStatus",
            Self::GetParametersForImport(_) => "GetParametersForImport",
            Self::GetPublicKey(_) => "GetPublicKey",
            Self::ImportKeyMaterial(_) => "ImportKeyMaterial",
            Self::ListAliases(_) => "ListAliases",
            Self::ListGrants(_) => "ListGrants",
            Self::ListKeyPolicies(_) => "ListKeyPolicies",
            Self::ListKeyRotations(_) => "ListKeyRotations",
            Self::ListKeys(_) => "ListKeys",
            Self::ListResourceTags(_) => "ListResourceTags",
            Self::ListRetirableGrants(_) => "ListRetirableGrants",
            Self::PutKeyPolicy(_) => "PutKeyPolicy",
            Self::ReEncrypt(_) => "ReEncrypt",
            Self::ReplicateKey(_) => "ReplicateKey",
            Self::RetireGrant(_) => "RetireGrant",
            Self::RevokeGrant(_) => "RevokeGrant",
            Self::RotateKeyOnDemand(_) => "RotateKeyOnDemand",
            Self::ScheduleKeyDeletion(_) => "ScheduleKeyDeletion",
            Self::Sign(_) => "Sign",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateAlias(_) => "UpdateAlias",
            Self::UpdateKeyDescription(_) => "UpdateKeyDescription",
            Self::UpdatePrimaryRegion(_) => "UpdatePrimaryRegion",
            Self::Verify(_) => "Verify",
            Self::VerifyMac(_) => "VerifyMac",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("kms:{}", self.operation())
    }
}

#[async_trait]
pub trait Kms: Send + Sync + 'static {
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

    async fn cancel_key_deletion(
        &self,
        call: &Call,
        input: CancelKeyDeletionRequest,
    ) -> Result<CancelKeyDeletionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "CancelKeyDeletion"))
    }

    async fn create_alias(&self, call: &Call, input: CreateAliasRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "CreateAlias"))
    }

    async fn create_grant(
        &self,
        call: &Call,
        input: CreateGrantRequest,
    ) -> Result<CreateGrantResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "CreateGrant"))
    }

    async fn create_key(
        &self,
        call: &Call,
        input: CreateKeyRequest,
    ) -> Result<CreateKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "CreateKey"))
    }

    async fn decrypt(&self, call: &Call, input: DecryptRequest) -> Result<DecryptResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "Decrypt"))
    }

    async fn delete_alias(&self, call: &Call, input: DeleteAliasRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "DeleteAlias"))
    }

    async fn delete_imported_key_material(
        &self,
        call: &Call,
        input: DeleteImportedKeyMaterialRequest,
    ) -> Result<DeleteImportedKeyMaterialResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "DeleteImportedKeyMaterial"))
    }

    async fn derive_shared_secret(
        &self,
        call: &Call,
        input: DeriveSharedSecretRequest,
    ) -> Result<DeriveSharedSecretResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "DeriveSharedSecret"))
    }

    async fn describe_key(
        &self,
        call: &Call,
        input: DescribeKeyRequest,
    ) -> Result<DescribeKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "DescribeKey"))
    }

    async fn disable_key(&self, call: &Call, input: DisableKeyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "DisableKey"))
    }

    async fn disable_key_rotation(
        &self,
        call: &Call,
        input: DisableKeyRotationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "DisableKeyRotation"))
    }

    async fn enable_key(&self, call: &Call, input: EnableKeyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "EnableKey"))
    }

    async fn enable_key_rotation(
        &self,
        call: &Call,
        input: EnableKeyRotationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "EnableKeyRotation"))
    }

    async fn encrypt(&self, call: &Call, input: EncryptRequest) -> Result<EncryptResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "Encrypt"))
    }

    async fn generate_data_key(
        &self,
        call: &Call,
        input: GenerateDataKeyRequest,
    ) -> Result<GenerateDataKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GenerateDataKey"))
    }

    async fn generate_data_key_pair(
        &self,
        call: &Call,
        input: GenerateDataKeyPairRequest,
    ) -> Result<GenerateDataKeyPairResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GenerateDataKeyPair"))
    }

    async fn generate_data_key_pair_without_plaintext(
        &self,
        call: &Call,
        input: GenerateDataKeyPairWithoutPlaintextRequest,
    ) -> Result<GenerateDataKeyPairWithoutPlaintextResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "kms",
            "GenerateDataKeyPairWithoutPlaintext",
        ))
    }

    async fn generate_data_key_without_plaintext(
        &self,
        call: &Call,
        input: GenerateDataKeyWithoutPlaintextRequest,
    ) -> Result<GenerateDataKeyWithoutPlaintextResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GenerateDataKeyWithoutPlaintext"))
    }

    async fn generate_mac(
        &self,
        call: &Call,
        input: GenerateMacRequest,
    ) -> Result<GenerateMacResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GenerateMac"))
    }

    async fn generate_random(
        &self,
        call: &Call,
        input: GenerateRandomRequest,
    ) -> Result<GenerateRandomResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GenerateRandom"))
    }

    async fn get_key_policy(
        &self,
        call: &Call,
        input: GetKeyPolicyRequest,
    ) -> Result<GetKeyPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GetKeyPolicy"))
    }

    async fn get_key_rotation_status(
        &self,
        call: &Call,
        input: GetKeyRotationStatusRequest,
    ) -> Result<GetKeyRotationStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GetKeyRotationStatus"))
    }

    async fn get_parameters_for_import(
        &self,
        call: &Call,
        input: GetParametersForImportRequest,
    ) -> Result<GetParametersForImportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GetParametersForImport"))
    }

    async fn get_public_key(
        &self,
        call: &Call,
        input: GetPublicKeyRequest,
    ) -> Result<GetPublicKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "GetPublicKey"))
    }

    async fn import_key_material(
        &self,
        call: &Call,
        input: ImportKeyMaterialRequest,
    ) -> Result<ImportKeyMaterialResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ImportKeyMaterial"))
    }

    async fn list_aliases(
        &self,
        call: &Call,
        input: ListAliasesRequest,
    ) -> Result<ListAliasesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ListAliases"))
    }

    async fn list_grants(
        &self,
        call: &Call,
        input: ListGrantsRequest,
    ) -> Result<ListGrantsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ListGrants"))
    }

    async fn list_key_policies(
        &self,
        call: &Call,
        input: ListKeyPoliciesRequest,
    ) -> Result<ListKeyPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ListKeyPolicies"))
    }

    async fn list_key_rotations(
        &self,
        call: &Call,
        input: ListKeyRotationsRequest,
    ) -> Result<ListKeyRotationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ListKeyRotations"))
    }

    async fn list_keys(
        &self,
        call: &Call,
        input: ListKeysRequest,
    ) -> Result<ListKeysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ListKeys"))
    }

    async fn list_resource_tags(
        &self,
        call: &Call,
        input: ListResourceTagsRequest,
    ) -> Result<ListResourceTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ListResourceTags"))
    }

    async fn list_retirable_grants(
        &self,
        call: &Call,
        input: ListRetirableGrantsRequest,
    ) -> Result<ListGrantsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ListRetirableGrants"))
    }

    async fn put_key_policy(&self, call: &Call, input: PutKeyPolicyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "PutKeyPolicy"))
    }

    async fn re_encrypt(
        &self,
        call: &Call,
        input: ReEncryptRequest,
    ) -> Result<ReEncryptResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ReEncrypt"))
    }

    async fn replicate_key(
        &self,
        call: &Call,
        input: ReplicateKeyRequest,
    ) -> Result<ReplicateKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ReplicateKey"))
    }

    async fn retire_grant(&self, call: &Call, input: RetireGrantRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "RetireGrant"))
    }

    async fn revoke_grant(&self, call: &Call, input: RevokeGrantRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "RevokeGrant"))
    }

    async fn rotate_key_on_demand(
        &self,
        call: &Call,
        input: RotateKeyOnDemandRequest,
    ) -> Result<RotateKeyOnDemandResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "RotateKeyOnDemand"))
    }

    async fn schedule_key_deletion(
        &self,
        call: &Call,
        input: ScheduleKeyDeletionRequest,
    ) -> Result<ScheduleKeyDeletionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "ScheduleKeyDeletion"))
    }

    async fn sign(&self, call: &Call, input: SignRequest) -> Result<SignResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "Sign"))
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "TagResource"))
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "UntagResource"))
    }

    async fn update_alias(&self, call: &Call, input: UpdateAliasRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "UpdateAlias"))
    }

    async fn update_key_description(
        &self,
        call: &Call,
        input: UpdateKeyDescriptionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "UpdateKeyDescription"))
    }

    async fn update_primary_region(
        &self,
        call: &Call,
        input: UpdatePrimaryRegionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "UpdatePrimaryRegion"))
    }

    async fn verify(&self, call: &Call, input: VerifyRequest) -> Result<VerifyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "Verify"))
    }

    async fn verify_mac(
        &self,
        call: &Call,
        input: VerifyMacRequest,
    ) -> Result<VerifyMacResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("kms", "VerifyMac"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Kms>);

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
            0 => Box::new(CancelKeyDeletionRequest::default()),
            1 => Box::new(CreateAliasRequest::default()),
            2 => Box::new(CreateGrantRequest::default()),
            3 => Box::new(CreateKeyRequest::default()),
            4 => Box::new(DecryptRequest::default()),
            5 => Box::new(DeleteAliasRequest::default()),
            6 => Box::new(DeleteImportedKeyMaterialRequest::default()),
            7 => Box::new(DeriveSharedSecretRequest::default()),
            8 => Box::new(DescribeKeyRequest::default()),
            9 => Box::new(DisableKeyRequest::default()),
            10 => Box::new(DisableKeyRotationRequest::default()),
            11 => Box::new(EnableKeyRequest::default()),
            12 => Box::new(EnableKeyRotationRequest::default()),
            13 => Box::new(EncryptRequest::default()),
            14 => Box::new(GenerateDataKeyRequest::default()),
            15 => Box::new(GenerateDataKeyPairRequest::default()),
            16 => Box::new(GenerateDataKeyPairWithoutPlaintextRequest::default()),
            17 => Box::new(GenerateDataKeyWithoutPlaintextRequest::default()),
            18 => Box::new(GenerateMacRequest::default()),
            19 => Box::new(GenerateRandomRequest::default()),
            20 => Box::new(GetKeyPolicyRequest::default()),
            21 => Box::new(GetKeyRotationStatusRequest::default()),
            22 => Box::new(GetParametersForImportRequest::default()),
            23 => Box::new(GetPublicKeyRequest::default()),
            24 => Box::new(ImportKeyMaterialRequest::default()),
            25 => Box::new(ListAliasesRequest::default()),
            26 => Box::new(ListGrantsRequest::default()),
            27 => Box::new(ListKeyPoliciesRequest::default()),
            28 => Box::new(ListKeyRotationsRequest::default()),
            29 => Box::new(ListKeysRequest::default()),
            30 => Box::new(ListResourceTagsRequest::default()),
            31 => Box::new(ListRetirableGrantsRequest::default()),
            32 => Box::new(PutKeyPolicyRequest::default()),
            33 => Box::new(ReEncryptRequest::default()),
            34 => Box::new(ReplicateKeyRequest::default()),
            35 => Box::new(RetireGrantRequest::default()),
            36 => Box::new(RevokeGrantRequest::default()),
            37 => Box::new(RotateKeyOnDemandRequest::default()),
            38 => Box::new(ScheduleKeyDeletionRequest::default()),
            39 => Box::new(SignRequest::default()),
            40 => Box::new(TagResourceRequest::default()),
            41 => Box::new(UntagResourceRequest::default()),
            42 => Box::new(UpdateAliasRequest::default()),
            43 => Box::new(UpdateKeyDescriptionRequest::default()),
            44 => Box::new(UpdatePrimaryRegionRequest::default()),
            45 => Box::new(VerifyRequest::default()),
            46 => Box::new(VerifyMacRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(CancelKeyDeletionResponse::default()),
            2 => Box::new(CreateGrantResponse::default()),
            3 => Box::new(CreateKeyResponse::default()),
            4 => Box::new(DecryptResponse::default()),
            6 => Box::new(DeleteImportedKeyMaterialResponse::default()),
            7 => Box::new(DeriveSharedSecretResponse::default()),
            8 => Box::new(DescribeKeyResponse::default()),
            13 => Box::new(EncryptResponse::default()),
            14 => Box::new(GenerateDataKeyResponse::default()),
            15 => Box::new(GenerateDataKeyPairResponse::default()),
            16 => Box::new(GenerateDataKeyPairWithoutPlaintextResponse::default()),
            17 => Box::new(GenerateDataKeyWithoutPlaintextResponse::default()),
            18 => Box::new(GenerateMacResponse::default()),
            19 => Box::new(GenerateRandomResponse::default()),
            20 => Box::new(GetKeyPolicyResponse::default()),
            21 => Box::new(GetKeyRotationStatusResponse::default()),
            22 => Box::new(GetParametersForImportResponse::default()),
            23 => Box::new(GetPublicKeyResponse::default()),
            24 => Box::new(ImportKeyMaterialResponse::default()),
            25 => Box::new(ListAliasesResponse::default()),
            26 => Box::new(ListGrantsResponse::default()),
            27 => Box::new(ListKeyPoliciesResponse::default()),
            28 => Box::new(ListKeyRotationsResponse::default()),
            29 => Box::new(ListKeysResponse::default()),
            30 => Box::new(ListResourceTagsResponse::default()),
            31 => Box::new(ListGrantsResponse::default()),
            33 => Box::new(ReEncryptResponse::default()),
            34 => Box::new(ReplicateKeyResponse::default()),
            37 => Box::new(RotateKeyOnDemandResponse::default()),
            38 => Box::new(ScheduleKeyDeletionResponse::default()),
            39 => Box::new(SignResponse::default()),
            45 => Box::new(VerifyResponse::default()),
            46 => Box::new(VerifyMacResponse::default()),
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
            0 => Input::CancelKeyDeletion(borrowed(input)),
            1 => Input::CreateAlias(borrowed(input)),
            2 => Input::CreateGrant(borrowed(input)),
            3 => Input::CreateKey(borrowed(input)),
            4 => Input::Decrypt(borrowed(input)),
            5 => Input::DeleteAlias(borrowed(input)),
            6 => Input::DeleteImportedKeyMaterial(borrowed(input)),
            7 => Input::DeriveSharedSecret(borrowed(input)),
            8 => Input::DescribeKey(borrowed(input)),
            9 => Input::DisableKey(borrowed(input)),
            10 => Input::DisableKeyRotation(borrowed(input)),
            11 => Input::EnableKey(borrowed(input)),
            12 => Input::EnableKeyRotation(borrowed(input)),
            13 => Input::Encrypt(borrowed(input)),
            14 => Input::GenerateDataKey(borrowed(input)),
            15 => Input::GenerateDataKeyPair(borrowed(input)),
            16 => Input::GenerateDataKeyPairWithoutPlaintext(borrowed(input)),
            17 => Input::GenerateDataKeyWithoutPlaintext(borrowed(input)),
            18 => Input::GenerateMac(borrowed(input)),
            19 => Input::GenerateRandom(borrowed(input)),
            20 => Input::GetKeyPolicy(borrowed(input)),
            21 => Input::GetKeyRotationStatus(borrowed(input)),
            22 => Input::GetParametersForImport(borrowed(input)),
            23 => Input::GetPublicKey(borrowed(input)),
            24 => Input::ImportKeyMaterial(borrowed(input)),
            25 => Input::ListAliases(borrowed(input)),
            26 => Input::ListGrants(borrowed(input)),
            27 => Input::ListKeyPolicies(borrowed(input)),
            28 => Input::ListKeyRotations(borrowed(input)),
            29 => Input::ListKeys(borrowed(input)),
            30 => Input::ListResourceTags(borrowed(input)),
            31 => Input::ListRetirableGrants(borrowed(input)),
            32 => Input::PutKeyPolicy(borrowed(input)),
            33 => Input::ReEncrypt(borrowed(input)),
            34 => Input::ReplicateKey(borrowed(input)),
            35 => Input::RetireGrant(borrowed(input)),
            36 => Input::RevokeGrant(borrowed(input)),
            37 => Input::RotateKeyOnDemand(borrowed(input)),
            38 => Input::ScheduleKeyDeletion(borrowed(input)),
            39 => Input::Sign(borrowed(input)),
            40 => Input::TagResource(borrowed(input)),
            41 => Input::UntagResource(borrowed(input)),
            42 => Input::UpdateAlias(borrowed(input)),
            43 => Input::UpdateKeyDescription(borrowed(input)),
            44 => Input::UpdatePrimaryRegion(borrowed(input)),
            45 => Input::Verify(borrowed(input)),
            46 => Input::VerifyMac(borrowed(input)),
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
            0 => Box::new(self.0.cancel_key_deletion(call, typed(input)).await?),
            1 => Box::new(self.0.create_alias(call, typed(input)).await?),
            2 => Box::new(self.0.create_grant(call, typed(input)).await?),
            3 => Box::new(self.0.create_key(call, typed(input)).await?),
            4 => Box::new(self.0.decrypt(call, typed(input)).await?),
            5 => Box::new(self.0.delete_alias(call, typed(input)).await?),
            6 => Box::new(
                self.0
                    .delete_imported_key_material(call, typed(input))
                    .await?,
            ),
            7 => Box::new(self.0.derive_shared_secret(call, typed(input)).await?),
            8 => Box::new(self.0.describe_key(call, typed(input)).await?),
            9 => Box::new(self.0.disable_key(call, typed(input)).await?),
            10 => Box::new(self.0.disable_key_rotation(call, typed(input)).await?),
            11 => Box::new(self.0.enable_key(call, typed(input)).await?),
            12 => Box::new(self.0.enable_key_rotation(call, typed(input)).await?),
            13 => Box::new(self.0.encrypt(call, typed(input)).await?),
            14 => Box::new(self.0.generate_data_key(call, typed(input)).await?),
            15 => Box::new(self.0.generate_data_key_pair(call, typed(input)).await?),
            16 => Box::new(
                self.0
                    .generate_data_key_pair_without_plaintext(call, typed(input))
                    .await?,
            ),
            17 => Box::new(
                self.0
                    .generate_data_key_without_plaintext(call, typed(input))
                    .await?,
            ),
            18 => Box::new(self.0.generate_mac(call, typed(input)).await?),
            19 => Box::new(self.0.generate_random(call, typed(input)).await?),
            20 => Box::new(self.0.get_key_policy(call, typed(input)).await?),
            21 => Box::new(self.0.get_key_rotation_status(call, typed(input)).await?),
            22 => Box::new(self.0.get_parameters_for_import(call, typed(input)).await?),
            23 => Box::new(self.0.get_public_key(call, typed(input)).await?),
            24 => Box::new(self.0.import_key_material(call, typed(input)).await?),
            25 => Box::new(self.0.list_aliases(call, typed(input)).await?),
            26 => Box::new(self.0.list_grants(call, typed(input)).await?),
            27 => Box::new(self.0.list_key_policies(call, typed(input)).await?),
            28 => Box::new(self.0.list_key_rotations(call, typed(input)).await?),
            29 => Box::new(self.0.list_keys(call, typed(input)).await?),
            30 => Box::new(self.0.list_resource_tags(call, typed(input)).await?),
            31 => Box::new(self.0.list_retirable_grants(call, typed(input)).await?),
            32 => Box::new(self.0.put_key_policy(call, typed(input)).await?),
            33 => Box::new(self.0.re_encrypt(call, typed(input)).await?),
            34 => Box::new(self.0.replicate_key(call, typed(input)).await?),
            35 => Box::new(self.0.retire_grant(call, typed(input)).await?),
            36 => Box::new(self.0.revoke_grant(call, typed(input)).await?),
            37 => Box::new(self.0.rotate_key_on_demand(call, typed(input)).await?),
            38 => Box::new(self.0.schedule_key_deletion(call, typed(input)).await?),
            39 => Box::new(self.0.sign(call, typed(input)).await?),
            40 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            41 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            42 => Box::new(self.0.update_alias(call, typed(input)).await?),
            43 => Box::new(self.0.update_key_description(call, typed(input)).await?),
            44 => Box::new(self.0.update_primary_region(call, typed(input)).await?),
            45 => Box::new(self.0.verify(call, typed(input)).await?),
            46 => Box::new(self.0.verify_mac(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Kms>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Kms>, dispatcher: Dispatcher) -> Self {
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
impl Kms for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn cancel_key_deletion(
        &self,
        call: &Call,
        input: CancelKeyDeletionRequest,
    ) -> Result<CancelKeyDeletionResponse, Fault> {
        let call = self
            .admit(call, Input::CancelKeyDeletion(&input), 0, &input)
            .await?;
        self.inner.cancel_key_deletion(&call, input).await
    }

    async fn create_alias(&self, call: &Call, input: CreateAliasRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateAlias(&input), 1, &input)
            .await?;
        self.inner.create_alias(&call, input).await
    }

    async fn create_grant(
        &self,
        call: &Call,
        input: CreateGrantRequest,
    ) -> Result<CreateGrantResponse, Fault> {
        let call = self
            .admit(call, Input::CreateGrant(&input), 2, &input)
            .await?;
        self.inner.create_grant(&call, input).await
    }

    async fn create_key(
        &self,
        call: &Call,
        input: CreateKeyRequest,
    ) -> Result<CreateKeyResponse, Fault> {
        let call = self
            .admit(call, Input::CreateKey(&input), 3, &input)
            .await?;
        self.inner.create_key(&call, input).await
    }

    async fn decrypt(&self, call: &Call, input: DecryptRequest) -> Result<DecryptResponse, Fault> {
        let call = self.admit(call, Input::Decrypt(&input), 4, &input).await?;
        self.inner.decrypt(&call, input).await
    }

    async fn delete_alias(&self, call: &Call, input: DeleteAliasRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAlias(&input), 5, &input)
            .await?;
        self.inner.delete_alias(&call, input).await
    }

    async fn delete_imported_key_material(
        &self,
        call: &Call,
        input: DeleteImportedKeyMaterialRequest,
    ) -> Result<DeleteImportedKeyMaterialResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteImportedKeyMaterial(&input), 6, &input)
            .await?;
        self.inner.delete_imported_key_material(&call, input).await
    }

    async fn derive_shared_secret(
        &self,
        call: &Call,
        input: DeriveSharedSecretRequest,
    ) -> Result<DeriveSharedSecretResponse, Fault> {
        let call = self
            .admit(call, Input::DeriveSharedSecret(&input), 7, &input)
            .await?;
        self.inner.derive_shared_secret(&call, input).await
    }

    async fn describe_key(
        &self,
        call: &Call,
        input: DescribeKeyRequest,
    ) -> Result<DescribeKeyResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeKey(&input), 8, &input)
            .await?;
        self.inner.describe_key(&call, input).await
    }

    async fn disable_key(&self, call: &Call, input: DisableKeyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisableKey(&input), 9, &input)
            .await?;
        self.inner.disable_key(&call, input).await
    }

    async fn disable_key_rotation(
        &self,
        call: &Call,
        input: DisableKeyRotationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisableKeyRotation(&input), 10, &input)
            .await?;
        self.inner.disable_key_rotation(&call, input).await
    }

    async fn enable_key(&self, call: &Call, input: EnableKeyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::EnableKey(&input), 11, &input)
            .await?;
        self.inner.enable_key(&call, input).await
    }

    async fn enable_key_rotation(
        &self,
        call: &Call,
        input: EnableKeyRotationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::EnableKeyRotation(&input), 12, &input)
            .await?;
        self.inner.enable_key_rotation(&call, input).await
    }

    async fn encrypt(&self, call: &Call, input: EncryptRequest) -> Result<EncryptResponse, Fault> {
        let call = self.admit(call, Input::Encrypt(&input), 13, &input).await?;
        self.inner.encrypt(&call, input).await
    }

    async fn generate_data_key(
        &self,
        call: &Call,
        input: GenerateDataKeyRequest,
    ) -> Result<GenerateDataKeyResponse, Fault> {
        let call = self
            .admit(call, Input::GenerateDataKey(&input), 14, &input)
            .await?;
        self.inner.generate_data_key(&call, input).await
    }

    async fn generate_data_key_pair(
        &self,
        call: &Call,
        input: GenerateDataKeyPairRequest,
    ) -> Result<GenerateDataKeyPairResponse, Fault> {
        let call = self
            .admit(call, Input::GenerateDataKeyPair(&input), 15, &input)
            .await?;
        self.inner.generate_data_key_pair(&call, input).await
    }

    async fn generate_data_key_pair_without_plaintext(
        &self,
        call: &Call,
        input: GenerateDataKeyPairWithoutPlaintextRequest,
    ) -> Result<GenerateDataKeyPairWithoutPlaintextResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GenerateDataKeyPairWithoutPlaintext(&input),
                16,
                &input,
            )
            .await?;
        self.inner
            .generate_data_key_pair_without_plaintext(&call, input)
            .await
    }

    async fn generate_data_key_without_plaintext(
        &self,
        call: &Call,
        input: GenerateDataKeyWithoutPlaintextRequest,
    ) -> Result<GenerateDataKeyWithoutPlaintextResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GenerateDataKeyWithoutPlaintext(&input),
                17,
                &input,
            )
            .await?;
        self.inner
            .generate_data_key_without_plaintext(&call, input)
            .await
    }

    async fn generate_mac(
        &self,
        call: &Call,
        input: GenerateMacRequest,
    ) -> Result<GenerateMacResponse, Fault> {
        let call = self
            .admit(call, Input::GenerateMac(&input), 18, &input)
            .await?;
        self.inner.generate_mac(&call, input).await
    }

    async fn generate_random(
        &self,
        call: &Call,
        input: GenerateRandomRequest,
    ) -> Result<GenerateRandomResponse, Fault> {
        let call = self
            .admit(call, Input::GenerateRandom(&input), 19, &input)
            .await?;
        self.inner.generate_random(&call, input).await
    }

    async fn get_key_policy(
        &self,
        call: &Call,
        input: GetKeyPolicyRequest,
    ) -> Result<GetKeyPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetKeyPolicy(&input), 20, &input)
            .await?;
        self.inner.get_key_policy(&call, input).await
    }

    async fn get_key_rotation_status(
        &self,
        call: &Call,
        input: GetKeyRotationStatusRequest,
    ) -> Result<GetKeyRotationStatusResponse, Fault> {
        let call = self
            .admit(call, Input::GetKeyRotationStatus(&input), 21, &input)
            .await?;
        self.inner.get_key_rotation_status(&call, input).await
    }

    async fn get_parameters_for_import(
        &self,
        call: &Call,
        input: GetParametersForImportRequest,
    ) -> Result<GetParametersForImportResponse, Fault> {
        let call = self
            .admit(call, Input::GetParametersForImport(&input), 22, &input)
            .await?;
        self.inner.get_parameters_for_import(&call, input).await
    }

    async fn get_public_key(
        &self,
        call: &Call,
        input: GetPublicKeyRequest,
    ) -> Result<GetPublicKeyResponse, Fault> {
        let call = self
            .admit(call, Input::GetPublicKey(&input), 23, &input)
            .await?;
        self.inner.get_public_key(&call, input).await
    }

    async fn import_key_material(
        &self,
        call: &Call,
        input: ImportKeyMaterialRequest,
    ) -> Result<ImportKeyMaterialResponse, Fault> {
        let call = self
            .admit(call, Input::ImportKeyMaterial(&input), 24, &input)
            .await?;
        self.inner.import_key_material(&call, input).await
    }

    async fn list_aliases(
        &self,
        call: &Call,
        input: ListAliasesRequest,
    ) -> Result<ListAliasesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAliases(&input), 25, &input)
            .await?;
        self.inner.list_aliases(&call, input).await
    }

    async fn list_grants(
        &self,
        call: &Call,
        input: ListGrantsRequest,
    ) -> Result<ListGrantsResponse, Fault> {
        let call = self
            .admit(call, Input::ListGrants(&input), 26, &input)
            .await?;
        self.inner.list_grants(&call, input).await
    }

    async fn list_key_policies(
        &self,
        call: &Call,
        input: ListKeyPoliciesRequest,
    ) -> Result<ListKeyPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListKeyPolicies(&input), 27, &input)
            .await?;
        self.inner.list_key_policies(&call, input).await
    }

    async fn list_key_rotations(
        &self,
        call: &Call,
        input: ListKeyRotationsRequest,
    ) -> Result<ListKeyRotationsResponse, Fault> {
        let call = self
            .admit(call, Input::ListKeyRotations(&input), 28, &input)
            .await?;
        self.inner.list_key_rotations(&call, input).await
    }

    async fn list_keys(
        &self,
        call: &Call,
        input: ListKeysRequest,
    ) -> Result<ListKeysResponse, Fault> {
        let call = self
            .admit(call, Input::ListKeys(&input), 29, &input)
            .await?;
        self.inner.list_keys(&call, input).await
    }

    async fn list_resource_tags(
        &self,
        call: &Call,
        input: ListResourceTagsRequest,
    ) -> Result<ListResourceTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListResourceTags(&input), 30, &input)
            .await?;
        self.inner.list_resource_tags(&call, input).await
    }

    async fn list_retirable_grants(
        &self,
        call: &Call,
        input: ListRetirableGrantsRequest,
    ) -> Result<ListGrantsResponse, Fault> {
        let call = self
            .admit(call, Input::ListRetirableGrants(&input), 31, &input)
            .await?;
        self.inner.list_retirable_grants(&call, input).await
    }

    async fn put_key_policy(&self, call: &Call, input: PutKeyPolicyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutKeyPolicy(&input), 32, &input)
            .await?;
        self.inner.put_key_policy(&call, input).await
    }

    async fn re_encrypt(
        &self,
        call: &Call,
        input: ReEncryptRequest,
    ) -> Result<ReEncryptResponse, Fault> {
        let call = self
            .admit(call, Input::ReEncrypt(&input), 33, &input)
            .await?;
        self.inner.re_encrypt(&call, input).await
    }

    async fn replicate_key(
        &self,
        call: &Call,
        input: ReplicateKeyRequest,
    ) -> Result<ReplicateKeyResponse, Fault> {
        let call = self
            .admit(call, Input::ReplicateKey(&input), 34, &input)
            .await?;
        self.inner.replicate_key(&call, input).await
    }

    async fn retire_grant(&self, call: &Call, input: RetireGrantRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RetireGrant(&input), 35, &input)
            .await?;
        self.inner.retire_grant(&call, input).await
    }

    async fn revoke_grant(&self, call: &Call, input: RevokeGrantRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RevokeGrant(&input), 36, &input)
            .await?;
        self.inner.revoke_grant(&call, input).await
    }

    async fn rotate_key_on_demand(
        &self,
        call: &Call,
        input: RotateKeyOnDemandRequest,
    ) -> Result<RotateKeyOnDemandResponse, Fault> {
        let call = self
            .admit(call, Input::RotateKeyOnDemand(&input), 37, &input)
            .await?;
        self.inner.rotate_key_on_demand(&call, input).await
    }

    async fn schedule_key_deletion(
        &self,
        call: &Call,
        input: ScheduleKeyDeletionRequest,
    ) -> Result<ScheduleKeyDeletionResponse, Fault> {
        let call = self
            .admit(call, Input::ScheduleKeyDeletion(&input), 38, &input)
            .await?;
        self.inner.schedule_key_deletion(&call, input).await
    }

    async fn sign(&self, call: &Call, input: SignRequest) -> Result<SignResponse, Fault> {
        let call = self.admit(call, Input::Sign(&input), 39, &input).await?;
        self.inner.sign(&call, input).await
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 40, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 41, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_alias(&self, call: &Call, input: UpdateAliasRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateAlias(&input), 42, &input)
            .await?;
        self.inner.update_alias(&call, input).await
    }

    async fn update_key_description(
        &self,
        call: &Call,
        input: UpdateKeyDescriptionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateKeyDescription(&input), 43, &input)
            .await?;
        self.inner.update_key_description(&call, input).await
    }

    async fn update_primary_region(
        &self,
        call: &Call,
        input: UpdatePrimaryRegionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdatePrimaryRegion(&input), 44, &input)
            .await?;
        self.inner.update_primary_region(&call, input).await
    }

    async fn verify(&self, call: &Call, input: VerifyRequest) -> Result<VerifyResponse, Fault> {
        let call = self.admit(call, Input::Verify(&input), 45, &input).await?;
        self.inner.verify(&call, input).await
    }

    async fn verify_mac(
        &self,
        call: &Call,
        input: VerifyMacRequest,
    ) -> Result<VerifyMacResponse, Fault> {
        let call = self
            .admit(call, Input::VerifyMac(&input), 46, &input)
            .await?;
        self.inner.verify_mac(&call, input).await
    }
}
