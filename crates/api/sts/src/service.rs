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
    AssumeRole(&'a AssumeRoleRequest),
    AssumeRoleWithSAML(&'a AssumeRoleWithSAMLRequest),
    AssumeRoleWithWebIdentity(&'a AssumeRoleWithWebIdentityRequest),
    AssumeRoot(&'a AssumeRootRequest),
    DecodeAuthorizationMessage(&'a DecodeAuthorizationMessageRequest),
    GetAccessKeyInfo(&'a GetAccessKeyInfoRequest),
    GetCallerIdentity(&'a GetCallerIdentityRequest),
    GetDelegatedAccessToken(&'a GetDelegatedAccessTokenRequest),
    GetFederationToken(&'a GetFederationTokenRequest),
    GetSessionToken(&'a GetSessionTokenRequest),
    GetWebIdentityToken(&'a GetWebIdentityTokenRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AssumeRole(_) => "AssumeRole",
            Self::AssumeRoleWithSAML(_) => "AssumeRoleWithSAML",
            Self::AssumeRoleWithWebIdentity(_) => "AssumeRoleWithWebIdentity",
            Self::AssumeRoot(_) => "AssumeRoot",
            Self::DecodeAuthorizationMessage(_) => "DecodeAuthorizationMessage",
            Self::GetAccessKeyInfo(_) => "GetAccessKeyInfo",
            Self::GetCallerIdentity(_) => "GetCallerIdentity",
            Self::GetDelegatedAccessToken(_) => "GetDelegatedAccessToken",
            Self::GetFederationToken(_) => "GetFederationToken",
            Self::GetSessionToken(_) => "GetSessionToken",
            Self::GetWebIdentityToken(_) => "GetWebIdentityToken",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("sts:{}", self.operation())
    }
}

#[async_trait]
pub trait Sts: Send + Sync + 'static {
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

    async fn assume_role(
        &self,
        call: &Call,
        input: AssumeRoleRequest,
    ) -> Result<AssumeRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "AssumeRole"))
    }

    async fn assume_role_with_saml(
        &self,
        call: &Call,
        input: AssumeRoleWithSAMLRequest,
    ) -> Result<AssumeRoleWithSAMLResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "AssumeRoleWithSAML"))
    }

    async fn assume_role_with_web_identity(
        &self,
        call: &Call,
        input: AssumeRoleWithWebIdentityRequest,
    ) -> Result<AssumeRoleWithWebIdentityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "AssumeRoleWithWebIdentity"))
    }

    async fn assume_root(
        &self,
        call: &Call,
        input: AssumeRootRequest,
    ) -> Result<AssumeRootResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "AssumeRoot"))
    }

    async fn decode_authorization_message(
        &self,
        call: &Call,
        input: DecodeAuthorizationMessageRequest,
    ) -> Result<DecodeAuthorizationMessageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "DecodeAuthorizationMessage"))
    }

    async fn get_access_key_info(
        &self,
        call: &Call,
        input: GetAccessKeyInfoRequest,
    ) -> Result<GetAccessKeyInfoResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "GetAccessKeyInfo"))
    }

    async fn get_caller_identity(
        &self,
        call: &Call,
        input: GetCallerIdentityRequest,
    ) -> Result<GetCallerIdentityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "GetCallerIdentity"))
    }

    async fn get_delegated_access_token(
        &self,
        call: &Call,
        input: GetDelegatedAccessTokenRequest,
    ) -> Result<GetDelegatedAccessTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "GetDelegatedAccessToken"))
    }

    async fn get_federation_token(
        &self,
        call: &Call,
        input: GetFederationTokenRequest,
    ) -> Result<GetFederationTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "GetFederationToken"))
    }

    async fn get_session_token(
        &self,
        call: &Call,
        input: GetSessionTokenRequest,
    ) -> Result<GetSessionTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "GetSessionToken"))
    }

    async fn get_web_identity_token(
        &self,
        call: &Call,
        input: GetWebIdentityTokenRequest,
    ) -> Result<GetWebIdentityTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sts", "GetWebIdentityToken"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Sts>);

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
            0 => Box::new(AssumeRoleRequest::default()),
            1 => Box::new(AssumeRoleWithSAMLRequest::default()),
            2 => Box::new(AssumeRoleWithWebIdentityRequest::default()),
            3 => Box::new(AssumeRootRequest::default()),
            4 => Box::new(DecodeAuthorizationMessageRequest::default()),
            5 => Box::new(GetAccessKeyInfoRequest::default()),
            6 => Box::new(GetCallerIdentityRequest::default()),
            7 => Box::new(GetDelegatedAccessTokenRequest::default()),
            8 => Box::new(GetFederationTokenRequest::default()),
            9 => Box::new(GetSessionTokenRequest::default()),
            10 => Box::new(GetWebIdentityTokenRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AssumeRoleResponse::default()),
            1 => Box::new(AssumeRoleWithSAMLResponse::default()),
            2 => Box::new(AssumeRoleWithWebIdentityResponse::default()),
            3 => Box::new(AssumeRootResponse::default()),
            4 => Box::new(DecodeAuthorizationMessageResponse::default()),
            5 => Box::new(GetAccessKeyInfoResponse::default()),
            6 => Box::new(GetCallerIdentityResponse::default()),
            7 => Box::new(GetDelegatedAccessTokenResponse::default()),
            8 => Box::new(GetFederationTokenResponse::default()),
            9 => Box::new(GetSessionTokenResponse::default()),
            10 => Box::new(GetWebIdentityTokenResponse::default()),
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
            0 => Input::AssumeRole(borrowed(input)),
            1 => Input::AssumeRoleWithSAML(borrowed(input)),
            2 => Input::AssumeRoleWithWebIdentity(borrowed(input)),
            3 => Input::AssumeRoot(borrowed(input)),
            4 => Input::DecodeAuthorizationMessage(borrowed(input)),
            5 => Input::GetAccessKeyInfo(borrowed(input)),
            6 => Input::GetCallerIdentity(borrowed(input)),
            7 => Input::GetDelegatedAccessToken(borrowed(input)),
            8 => Input::GetFederationToken(borrowed(input)),
            9 => Input::GetSessionToken(borrowed(input)),
            10 => Input::GetWebIdentityToken(borrowed(input)),
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
            0 => Box::new(self.0.assume_role(call, typed(input)).await?),
            1 => Box::new(self.0.assume_role_with_saml(call, typed(input)).await?),
            2 => Box::new(
                self.0
                    .assume_role_with_web_identity(call, typed(input))
                    .await?,
            ),
            3 => Box::new(self.0.assume_root(call, typed(input)).await?),
            4 => Box::new(
                self.0
                    .decode_authorization_message(call, typed(input))
                    .await?,
            ),
            5 => Box::new(self.0.get_access_key_info(call, typed(input)).await?),
            6 => Box::new(self.0.get_caller_identity(call, typed(input)).await?),
            7 => Box::new(
                self.0
                    .get_delegated_access_token(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.get_federation_token(call, typed(input)).await?),
            9 => Box::new(self.0.get_session_token(call, typed(input)).await?),
            10 => Box::new(self.0.get_web_identity_token(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Sts>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Sts>, dispatcher: Dispatcher) -> Self {
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
impl Sts for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn assume_role(
        &self,
        call: &Call,
        input: AssumeRoleRequest,
    ) -> Result<AssumeRoleResponse, Fault> {
        let call = self
            .admit(call, Input::AssumeRole(&input), 0, &input)
            .await?;
        self.inner.assume_role(&call, input).await
    }

    async fn assume_role_with_saml(
        &self,
        call: &Call,
        input: AssumeRoleWithSAMLRequest,
    ) -> Result<AssumeRoleWithSAMLResponse, Fault> {
        let call = self
            .admit(call, Input::AssumeRoleWithSAML(&input), 1, &input)
            .await?;
        self.inner.assume_role_with_saml(&call, input).await
    }

    async fn assume_role_with_web_identity(
        &self,
        call: &Call,
        input: AssumeRoleWithWebIdentityRequest,
    ) -> Result<AssumeRoleWithWebIdentityResponse, Fault> {
        let call = self
            .admit(call, Input::AssumeRoleWithWebIdentity(&input), 2, &input)
            .await?;
        self.inner.assume_role_with_web_identity(&call, input).await
    }

    async fn assume_root(
        &self,
        call: &Call,
        input: AssumeRootRequest,
    ) -> Result<AssumeRootResponse, Fault> {
        let call = self
            .admit(call, Input::AssumeRoot(&input), 3, &input)
            .await?;
        self.inner.assume_root(&call, input).await
    }

    async fn decode_authorization_message(
        &self,
        call: &Call,
        input: DecodeAuthorizationMessageRequest,
    ) -> Result<DecodeAuthorizationMessageResponse, Fault> {
        let call = self
            .admit(call, Input::DecodeAuthorizationMessage(&input), 4, &input)
            .await?;
        self.inner.decode_authorization_message(&call, input).await
    }

    async fn get_access_key_info(
        &self,
        call: &Call,
        input: GetAccessKeyInfoRequest,
    ) -> Result<GetAccessKeyInfoResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccessKeyInfo(&input), 5, &input)
            .await?;
        self.inner.get_access_key_info(&call, input).await
    }

    async fn get_caller_identity(
        &self,
        call: &Call,
        input: GetCallerIdentityRequest,
    ) -> Result<GetCallerIdentityResponse, Fault> {
        let call = self
            .admit(call, Input::GetCallerIdentity(&input), 6, &input)
            .await?;
        self.inner.get_caller_identity(&call, input).await
    }

    async fn get_delegated_access_token(
        &self,
        call: &Call,
        input: GetDelegatedAccessTokenRequest,
    ) -> Result<GetDelegatedAccessTokenResponse, Fault> {
        let call = self
            .admit(call, Input::GetDelegatedAccessToken(&input), 7, &input)
            .await?;
        self.inner.get_delegated_access_token(&call, input).await
    }

    async fn get_federation_token(
        &self,
        call: &Call,
        input: GetFederationTokenRequest,
    ) -> Result<GetFederationTokenResponse, Fault> {
        let call = self
            .admit(call, Input::GetFederationToken(&input), 8, &input)
            .await?;
        self.inner.get_federation_token(&call, input).await
    }

    async fn get_session_token(
        &self,
        call: &Call,
        input: GetSessionTokenRequest,
    ) -> Result<GetSessionTokenResponse, Fault> {
        let call = self
            .admit(call, Input::GetSessionToken(&input), 9, &input)
            .await?;
        self.inner.get_session_token(&call, input).await
    }

    async fn get_web_identity_token(
        &self,
        call: &Call,
        input: GetWebIdentityTokenRequest,
    ) -> Result<GetWebIdentityTokenResponse, Fault> {
        let call = self
            .admit(call, Input::GetWebIdentityToken(&input), 10, &input)
            .await?;
        self.inner.get_web_identity_token(&call, input).await
    }
}
