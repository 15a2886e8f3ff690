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
    Backup(&'a BackupRequest),
    CloseAccount(&'a CloseAccountRequest),
    CreateAccount(&'a CreateAccountRequest),
    CreateJoinToken(&'a CreateJoinTokenRequest),
    CreateSigningProfile(&'a CreateSigningProfileRequest),
    DedicateNode(&'a DedicateNodeRequest),
    DeleteAdmissionRule(&'a DeleteAdmissionRuleRequest),
    DeleteSigningProfile(&'a DeleteSigningProfileRequest),
    Explain(&'a ExplainRequest),
    GetBackup(&'a GetBackupRequest),
    GetCertificateAuthority(&'a GetCertificateAuthorityRequest),
    ListAccounts(&'a ListAccountsRequest),
    ListAdmissionRules(&'a ListAdmissionRulesRequest),
    ListKeys(&'a ListKeysRequest),
    ListNodes(&'a ListNodesRequest),
    ListOutsideAccess(&'a ListOutsideAccessRequest),
    ListSigningProfiles(&'a ListSigningProfilesRequest),
    Overview(&'a OverviewRequest),
    PutAdmissionRule(&'a PutAdmissionRuleRequest),
    RemoveNode(&'a RemoveNodeRequest),
    RetireKeys(&'a RetireKeysRequest),
    RetireNode(&'a RetireNodeRequest),
    RotateKeys(&'a RotateKeysRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Backup(_) => "Backup",
            Self::CloseAccount(_) => "CloseAccount",
            Self::CreateAccount(_) => "CreateAccount",
            Self::CreateJoinToken(_) => "CreateJoinToken",
            Self::CreateSigningProfile(_) => "CreateSigningProfile",
            Self::DedicateNode(_) => "DedicateNode",
            Self::DeleteAdmissionRule(_) => "DeleteAdmissionRule",
            Self::DeleteSigningProfile(_) => "DeleteSigningProfile",
            Self::Explain(_) => "Explain",
            Self::GetBackup(_) => "GetBackup",
            Self::GetCertificateAuthority(_) => "GetCertificateAuthority",
            Self::ListAccounts(_) => "ListAccounts",
            Self::ListAdmissionRules(_) => "ListAdmissionRules",
            Self::ListKeys(_) => "ListKeys",
            Self::ListNodes(_) => "ListNodes",
            Self::ListOutsideAccess(_) => "ListOutsideAccess",
            Self::ListSigningProfiles(_) => "ListSigningProfiles",
            Self::Overview(_) => "Overview",
            Self::PutAdmissionRule(_) => "PutAdmissionRule",
            Self::RemoveNode(_) => "RemoveNode",
            Self::RetireKeys(_) => "RetireKeys",
            Self::RetireNode(_) => "RetireNode",
            Self::RotateKeys(_) => "RotateKeys",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("wharf:{}", self.operation())
    }
}

#[async_trait]
pub trait Wharf: Send + Sync + 'static {
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

    async fn backup(&self, call: &Call, input: BackupRequest) -> Result<BackupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "Backup"))
    }

    async fn close_account(
        &self,
        call: &Call,
        input: CloseAccountRequest,
    ) -> Result<CloseAccountResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "CloseAccount"))
    }

    async fn create_account(
        &self,
        call: &Call,
        input: CreateAccountRequest,
    ) -> Result<CreateAccountResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "CreateAccount"))
    }

    async fn create_join_token(
        &self,
        call: &Call,
        input: CreateJoinTokenRequest,
    ) -> Result<CreateJoinTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "CreateJoinToken"))
    }

    async fn create_signing_profile(
        &self,
        call: &Call,
        input: CreateSigningProfileRequest,
    ) -> Result<CreateSigningProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "CreateSigningProfile"))
    }

    async fn dedicate_node(
        &self,
        call: &Call,
        input: DedicateNodeRequest,
    ) -> Result<DedicateNodeResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "DedicateNode"))
    }

    async fn delete_admission_rule(
        &self,
        call: &Call,
        input: DeleteAdmissionRuleRequest,
    ) -> Result<DeleteAdmissionRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "DeleteAdmissionRule"))
    }

    async fn delete_signing_profile(
        &self,
        call: &Call,
        input: DeleteSigningProfileRequest,
    ) -> Result<DeleteSigningProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "DeleteSigningProfile"))
    }

    async fn explain(&self, call: &Call, input: ExplainRequest) -> Result<ExplainResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "Explain"))
    }

    async fn get_backup(
        &self,
        call: &Call,
        input: GetBackupRequest,
    ) -> Result<GetBackupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "GetBackup"))
    }

    async fn get_certificate_authority(
        &self,
        call: &Call,
        input: GetCertificateAuthorityRequest,
    ) -> Result<GetCertificateAuthorityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "GetCertificateAuthority"))
    }

    async fn list_accounts(
        &self,
        call: &Call,
        input: ListAccountsRequest,
    ) -> Result<ListAccountsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "ListAccounts"))
    }

    async fn list_admission_rules(
        &self,
        call: &Call,
        input: ListAdmissionRulesRequest,
    ) -> Result<ListAdmissionRulesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "ListAdmissionRules"))
    }

    async fn list_keys(
        &self,
        call: &Call,
        input: ListKeysRequest,
    ) -> Result<ListKeysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "ListKeys"))
    }

    async fn list_nodes(
        &self,
        call: &Call,
        input: ListNodesRequest,
    ) -> Result<ListNodesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "ListNodes"))
    }

    async fn list_outside_access(
        &self,
        call: &Call,
        input: ListOutsideAccessRequest,
    ) -> Result<ListOutsideAccessResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "ListOutsideAccess"))
    }

    async fn list_signing_profiles(
        &self,
        call: &Call,
        input: ListSigningProfilesRequest,
    ) -> Result<ListSigningProfilesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "ListSigningProfiles"))
    }

    async fn overview(
        &self,
        call: &Call,
        input: OverviewRequest,
    ) -> Result<OverviewResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "Overview"))
    }

    async fn put_admission_rule(
        &self,
        call: &Call,
        input: PutAdmissionRuleRequest,
    ) -> Result<PutAdmissionRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "PutAdmissionRule"))
    }

    async fn remove_node(
        &self,
        call: &Call,
        input: RemoveNodeRequest,
    ) -> Result<RemoveNodeResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "RemoveNode"))
    }

    async fn retire_keys(
        &self,
        call: &Call,
        input: RetireKeysRequest,
    ) -> Result<RetireKeysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "RetireKeys"))
    }

    async fn retire_node(
        &self,
        call: &Call,
        input: RetireNodeRequest,
    ) -> Result<RetireNodeResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "RetireNode"))
    }

    async fn rotate_keys(
        &self,
        call: &Call,
        input: RotateKeysRequest,
    ) -> Result<RotateKeysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("wharf", "RotateKeys"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Wharf>);

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
            0 => Box::new(BackupRequest::default()),
            1 => Box::new(CloseAccountRequest::default()),
            2 => Box::new(CreateAccountRequest::default()),
            3 => Box::new(CreateJoinTokenRequest::default()),
            4 => Box::new(CreateSigningProfileRequest::default()),
            5 => Box::new(DedicateNodeRequest::default()),
            6 => Box::new(DeleteAdmissionRuleRequest::default()),
            7 => Box::new(DeleteSigningProfileRequest::default()),
            8 => Box::new(ExplainRequest::default()),
            9 => Box::new(GetBackupRequest::default()),
            10 => Box::new(GetCertificateAuthorityRequest::default()),
            11 => Box::new(ListAccountsRequest::default()),
            12 => Box::new(ListAdmissionRulesRequest::default()),
            13 => Box::new(ListKeysRequest::default()),
            14 => Box::new(ListNodesRequest::default()),
            15 => Box::new(ListOutsideAccessRequest::default()),
            16 => Box::new(ListSigningProfilesRequest::default()),
            17 => Box::new(OverviewRequest::default()),
            18 => Box::new(PutAdmissionRuleRequest::default()),
            19 => Box::new(RemoveNodeRequest::default()),
            20 => Box::new(RetireKeysRequest::default()),
            21 => Box::new(RetireNodeRequest::default()),
            22 => Box::new(RotateKeysRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(BackupResponse::default()),
            1 => Box::new(CloseAccountResponse::default()),
            2 => Box::new(CreateAccountResponse::default()),
            3 => Box::new(CreateJoinTokenResponse::default()),
            4 => Box::new(CreateSigningProfileResponse::default()),
            5 => Box::new(DedicateNodeResponse::default()),
            6 => Box::new(DeleteAdmissionRuleResponse::default()),
            7 => Box::new(DeleteSigningProfileResponse::default()),
            8 => Box::new(ExplainResponse::default()),
            9 => Box::new(GetBackupResponse::default()),
            10 => Box::new(GetCertificateAuthorityResponse::default()),
            11 => Box::new(ListAccountsResponse::default()),
            12 => Box::new(ListAdmissionRulesResponse::default()),
            13 => Box::new(ListKeysResponse::default()),
            14 => Box::new(ListNodesResponse::default()),
            15 => Box::new(ListOutsideAccessResponse::default()),
            16 => Box::new(ListSigningProfilesResponse::default()),
            17 => Box::new(OverviewResponse::default()),
            18 => Box::new(PutAdmissionRuleResponse::default()),
            19 => Box::new(RemoveNodeResponse::default()),
            20 => Box::new(RetireKeysResponse::default()),
            21 => Box::new(RetireNodeResponse::default()),
            22 => Box::new(RotateKeysResponse::default()),
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
            0 => Input::Backup(borrowed(input)),
            1 => Input::CloseAccount(borrowed(input)),
            2 => Input::CreateAccount(borrowed(input)),
            3 => Input::CreateJoinToken(borrowed(input)),
            4 => Input::CreateSigningProfile(borrowed(input)),
            5 => Input::DedicateNode(borrowed(input)),
            6 => Input::DeleteAdmissionRule(borrowed(input)),
            7 => Input::DeleteSigningProfile(borrowed(input)),
            8 => Input::Explain(borrowed(input)),
            9 => Input::GetBackup(borrowed(input)),
            10 => Input::GetCertificateAuthority(borrowed(input)),
            11 => Input::ListAccounts(borrowed(input)),
            12 => Input::ListAdmissionRules(borrowed(input)),
            13 => Input::ListKeys(borrowed(input)),
            14 => Input::ListNodes(borrowed(input)),
            15 => Input::ListOutsideAccess(borrowed(input)),
            16 => Input::ListSigningProfiles(borrowed(input)),
            17 => Input::Overview(borrowed(input)),
            18 => Input::PutAdmissionRule(borrowed(input)),
            19 => Input::RemoveNode(borrowed(input)),
            20 => Input::RetireKeys(borrowed(input)),
            21 => Input::RetireNode(borrowed(input)),
            22 => Input::RotateKeys(borrowed(input)),
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
            0 => Box::new(self.0.backup(call, typed(input)).await?),
            1 => Box::new(self.0.close_account(call, typed(input)).await?),
            2 => Box::new(self.0.create_account(call, typed(input)).await?),
            3 => Box::new(self.0.create_join_token(call, typed(input)).await?),
            4 => Box::new(self.0.create_signing_profile(call, typed(input)).await?),
            5 => Box::new(self.0.dedicate_node(call, typed(input)).await?),
            6 => Box::new(self.0.delete_admission_rule(call, typed(input)).await?),
            7 => Box::new(self.0.delete_signing_profile(call, typed(input)).await?),
            8 => Box::new(self.0.explain(call, typed(input)).await?),
            9 => Box::new(self.0.get_backup(call, typed(input)).await?),
            10 => Box::new(self.0.get_certificate_authority(call, typed(input)).await?),
            11 => Box::new(self.0.list_accounts(call, typed(input)).await?),
            12 => Box::new(self.0.list_admission_rules(call, typed(input)).await?),
            13 => Box::new(self.0.list_keys(call, typed(input)).await?),
            14 => Box::new(self.0.list_nodes(call, typed(input)).await?),
            15 => Box::new(self.0.list_outside_access(call, typed(input)).await?),
            16 => Box::new(self.0.list_signing_profiles(call, typed(input)).await?),
            17 => Box::new(self.0.overview(call, typed(input)).await?),
            18 => Box::new(self.0.put_admission_rule(call, typed(input)).await?),
            19 => Box::new(self.0.remove_node(call, typed(input)).await?),
            20 => Box::new(self.0.retire_keys(call, typed(input)).await?),
            21 => Box::new(self.0.retire_node(call, typed(input)).await?),
            22 => Box::new(self.0.rotate_keys(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Wharf>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Wharf>, dispatcher: Dispatcher) -> Self {
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
impl Wharf for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn backup(&self, call: &Call, input: BackupRequest) -> Result<BackupResponse, Fault> {
        let call = self.admit(call, Input::Backup(&input), 0, &input).await?;
        self.inner.backup(&call, input).await
    }

    async fn close_account(
        &self,
        call: &Call,
        input: CloseAccountRequest,
    ) -> Result<CloseAccountResponse, Fault> {
        let call = self
            .admit(call, Input::CloseAccount(&input), 1, &input)
            .await?;
        self.inner.close_account(&call, input).await
    }

    async fn create_account(
        &self,
        call: &Call,
        input: CreateAccountRequest,
    ) -> Result<CreateAccountResponse, Fault> {
        let call = self
            .admit(call, Input::CreateAccount(&input), 2, &input)
            .await?;
        self.inner.create_account(&call, input).await
    }

    async fn create_join_token(
        &self,
        call: &Call,
        input: CreateJoinTokenRequest,
    ) -> Result<CreateJoinTokenResponse, Fault> {
        let call = self
            .admit(call, Input::CreateJoinToken(&input), 3, &input)
            .await?;
        self.inner.create_join_token(&call, input).await
    }

    async fn create_signing_profile(
        &self,
        call: &Call,
        input: CreateSigningProfileRequest,
    ) -> Result<CreateSigningProfileResponse, Fault> {
        let call = self
            .admit(call, Input::CreateSigningProfile(&input), 4, &input)
            .await?;
        self.inner.create_signing_profile(&call, input).await
    }

    async fn dedicate_node(
        &self,
        call: &Call,
        input: DedicateNodeRequest,
    ) -> Result<DedicateNodeResponse, Fault> {
        let call = self
            .admit(call, Input::DedicateNode(&input), 5, &input)
            .await?;
        self.inner.dedicate_node(&call, input).await
    }

    async fn delete_admission_rule(
        &self,
        call: &Call,
        input: DeleteAdmissionRuleRequest,
    ) -> Result<DeleteAdmissionRuleResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAdmissionRule(&input), 6, &input)
            .await?;
        self.inner.delete_admission_rule(&call, input).await
    }

    async fn delete_signing_profile(
        &self,
        call: &Call,
        input: DeleteSigningProfileRequest,
    ) -> Result<DeleteSigningProfileResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteSigningProfile(&input), 7, &input)
            .await?;
        self.inner.delete_signing_profile(&call, input).await
    }

    async fn explain(&self, call: &Call, input: ExplainRequest) -> Result<ExplainResponse, Fault> {
        let call = self.admit(call, Input::Explain(&input), 8, &input).await?;
        self.inner.explain(&call, input).await
    }

    async fn get_backup(
        &self,
        call: &Call,
        input: GetBackupRequest,
    ) -> Result<GetBackupResponse, Fault> {
        let call = self
            .admit(call, Input::GetBackup(&input), 9, &input)
            .await?;
        self.inner.get_backup(&call, input).await
    }

    async fn get_certificate_authority(
        &self,
        call: &Call,
        input: GetCertificateAuthorityRequest,
    ) -> Result<GetCertificateAuthorityResponse, Fault> {
        let call = self
            .admit(call, Input::GetCertificateAuthority(&input), 10, &input)
            .await?;
        self.inner.get_certificate_authority(&call, input).await
    }

    async fn list_accounts(
        &self,
        call: &Call,
        input: ListAccountsRequest,
    ) -> Result<ListAccountsResponse, Fault> {
        let call = self
            .admit(call, Input::ListAccounts(&input), 11, &input)
            .await?;
        self.inner.list_accounts(&call, input).await
    }

    async fn list_admission_rules(
        &self,
        call: &Call,
        input: ListAdmissionRulesRequest,
    ) -> Result<ListAdmissionRulesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAdmissionRules(&input), 12, &input)
            .await?;
        self.inner.list_admission_rules(&call, input).await
    }

    async fn list_keys(
        &self,
        call: &Call,
        input: ListKeysRequest,
    ) -> Result<ListKeysResponse, Fault> {
        let call = self
            .admit(call, Input::ListKeys(&input), 13, &input)
            .await?;
        self.inner.list_keys(&call, input).await
    }

    async fn list_nodes(
        &self,
        call: &Call,
        input: ListNodesRequest,
    ) -> Result<ListNodesResponse, Fault> {
        let call = self
            .admit(call, Input::ListNodes(&input), 14, &input)
            .await?;
        self.inner.list_nodes(&call, input).await
    }

    async fn list_outside_access(
        &self,
        call: &Call,
        input: ListOutsideAccessRequest,
    ) -> Result<ListOutsideAccessResponse, Fault> {
        let call = self
            .admit(call, Input::ListOutsideAccess(&input), 15, &input)
            .await?;
        self.inner.list_outside_access(&call, input).await
    }

    async fn list_signing_profiles(
        &self,
        call: &Call,
        input: ListSigningProfilesRequest,
    ) -> Result<ListSigningProfilesResponse, Fault> {
        let call = self
            .admit(call, Input::ListSigningProfiles(&input), 16, &input)
            .await?;
        self.inner.list_signing_profiles(&call, input).await
    }

    async fn overview(
        &self,
        call: &Call,
        input: OverviewRequest,
    ) -> Result<OverviewResponse, Fault> {
        let call = self
            .admit(call, Input::Overview(&input), 17, &input)
            .await?;
        self.inner.overview(&call, input).await
    }

    async fn put_admission_rule(
        &self,
        call: &Call,
        input: PutAdmissionRuleRequest,
    ) -> Result<PutAdmissionRuleResponse, Fault> {
        let call = self
            .admit(call, Input::PutAdmissionRule(&input), 18, &input)
            .await?;
        self.inner.put_admission_rule(&call, input).await
    }

    async fn remove_node(
        &self,
        call: &Call,
        input: RemoveNodeRequest,
    ) -> Result<RemoveNodeResponse, Fault> {
        let call = self
            .admit(call, Input::RemoveNode(&input), 19, &input)
            .await?;
        self.inner.remove_node(&call, input).await
    }

    async fn retire_keys(
        &self,
        call: &Call,
        input: RetireKeysRequest,
    ) -> Result<RetireKeysResponse, Fault> {
        let call = self
            .admit(call, Input::RetireKeys(&input), 20, &input)
            .await?;
        self.inner.retire_keys(&call, input).await
    }

    async fn retire_node(
        &self,
        call: &Call,
        input: RetireNodeRequest,
    ) -> Result<RetireNodeResponse, Fault> {
        let call = self
            .admit(call, Input::RetireNode(&input), 21, &input)
            .await?;
        self.inner.retire_node(&call, input).await
    }

    async fn rotate_keys(
        &self,
        call: &Call,
        input: RotateKeysRequest,
    ) -> Result<RotateKeysResponse, Fault> {
        let call = self
            .admit(call, Input::RotateKeys(&input), 22, &input)
            .await?;
        self.inner.rotate_keys(&call, input).await
    }
}
