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
    AddTagsToCertificate(&'a AddTagsToCertificateRequest),
    DeleteCertificate(&'a DeleteCertificateRequest),
    DescribeCertificate(&'a DescribeCertificateRequest),
    ExportCertificate(&'a ExportCertificateRequest),
    GetAccountConfiguration(&'a ()),
    GetCertificate(&'a GetCertificateRequest),
    ImportCertificate(&'a ImportCertificateRequest),
    ListCertificates(&'a ListCertificatesRequest),
    ListTagsForCertificate(&'a ListTagsForCertificateRequest),
    PutAccountConfiguration(&'a PutAccountConfigurationRequest),
    RemoveTagsFromCertificate(&'a RemoveTagsFromCertificateRequest),
    RenewCertificate(&'a RenewCertificateRequest),
    RequestCertificate(&'a RequestCertificateRequest),
    ResendValidationEmail(&'a ResendValidationEmailRequest),
    RevokeCertificate(&'a RevokeCertificateRequest),
    UpdateCertificateOptions(&'a UpdateCertificateOptionsRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AddTagsToCertificate(_) => "AddTagsToCertificate",
            Self::DeleteCertificate(_) => "DeleteCertificate",
            Self::DescribeCertificate(_) => "DescribeCertificate",
            Self::ExportCertificate(_) => "ExportCertificate",
            Self::GetAccountConfiguration(_) => "GetAccountConfiguration",
            Self::GetCertificate(_) => "GetCertificate",
            Self::ImportCertificate(_) => "ImportCertificate",
            Self::ListCertificates(_) => "ListCertificates",
            Self::ListTagsForCertificate(_) => "ListTagsForCertificate",
            Self::PutAccountConfiguration(_) => "PutAccountConfiguration",
            Self::RemoveTagsFromCertificate(_) => "RemoveTagsFromCertificate",
            Self::RenewCertificate(_) => "RenewCertificate",
            Self::RequestCertificate(_) => "RequestCertificate",
            Self::ResendValidationEmail(_) => "ResendValidationEmail",
            Self::RevokeCertificate(_) => "RevokeCertificate",
            Self::UpdateCertificateOptions(_) => "UpdateCertificateOptions",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("acm:{}", self.operation())
    }
}

#[async_trait]
pub trait Acm: Send + Sync + 'static {
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

    async fn add_tags_to_certificate(
        &self,
        call: &Call,
        input: AddTagsToCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "AddTagsToCertificate"))
    }

    async fn delete_certificate(
        &self,
        call: &Call,
        input: DeleteCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "DeleteCertificate"))
    }

    async fn describe_certificate(
        &self,
        call: &Call,
        input: DescribeCertificateRequest,
    ) -> Result<DescribeCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "DescribeCertificate"))
    }

    async fn export_certificate(
        &self,
        call: &Call,
        input: ExportCertificateRequest,
    ) -> Result<ExportCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "ExportCertificate"))
    }

    async fn get_account_configuration(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetAccountConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "GetAccountConfiguration"))
    }

    async fn get_certificate(
        &self,
        call: &Call,
        input: GetCertificateRequest,
    ) -> Result<GetCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "GetCertificate"))
    }

    async fn import_certificate(
        &self,
        call: &Call,
        input: ImportCertificateRequest,
    ) -> Result<ImportCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "ImportCertificate"))
    }

    async fn list_certificates(
        &self,
        call: &Call,
        input: ListCertificatesRequest,
    ) -> Result<ListCertificatesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "ListCertificates"))
    }

    async fn list_tags_for_certificate(
        &self,
        call: &Call,
        input: ListTagsForCertificateRequest,
    ) -> Result<ListTagsForCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "ListTagsForCertificate"))
    }

    async fn put_account_configuration(
        &self,
        call: &Call,
        input: PutAccountConfigurationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "PutAccountConfiguration"))
    }

    async fn remove_tags_from_certificate(
        &self,
        call: &Call,
        input: RemoveTagsFromCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "RemoveTagsFromCertificate"))
    }

    async fn renew_certificate(
        &self,
        call: &Call,
        input: RenewCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "RenewCertificate"))
    }

    async fn request_certificate(
        &self,
        call: &Call,
        input: RequestCertificateRequest,
    ) -> Result<RequestCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "RequestCertificate"))
    }

    async fn resend_validation_email(
        &self,
        call: &Call,
        input: ResendValidationEmailRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "ResendValidationEmail"))
    }

    async fn revoke_certificate(
        &self,
        call: &Call,
        input: RevokeCertificateRequest,
    ) -> Result<RevokeCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "RevokeCertificate"))
    }

    async fn update_certificate_options(
        &self,
        call: &Call,
        input: UpdateCertificateOptionsRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("acm", "UpdateCertificateOptions"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Acm>);

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
            0 => Box::new(AddTagsToCertificateRequest::default()),
            1 => Box::new(DeleteCertificateRequest::default()),
            2 => Box::new(DescribeCertificateRequest::default()),
            3 => Box::new(ExportCertificateRequest::default()),
            5 => Box::new(GetCertificateRequest::default()),
            6 => Box::new(ImportCertificateRequest::default()),
            7 => Box::new(ListCertificatesRequest::default()),
            8 => Box::new(ListTagsForCertificateRequest::default()),
            9 => Box::new(PutAccountConfigurationRequest::default()),
            10 => Box::new(RemoveTagsFromCertificateRequest::default()),
            11 => Box::new(RenewCertificateRequest::default()),
            12 => Box::new(RequestCertificateRequest::default()),
            13 => Box::new(ResendValidationEmailRequest::default()),
            14 => Box::new(RevokeCertificateRequest::default()),
            15 => Box::new(UpdateCertificateOptionsRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            2 => Box::new(DescribeCertificateResponse::default()),
            3 => Box::new(ExportCertificateResponse::default()),
            4 => Box::new(GetAccountConfigurationResponse::default()),
            5 => Box::new(GetCertificateResponse::default()),
            6 => Box::new(ImportCertificateResponse::default()),
            7 => Box::new(ListCertificatesResponse::default()),
            8 => Box::new(ListTagsForCertificateResponse::default()),
            12 => Box::new(RequestCertificateResponse::default()),
            14 => Box::new(RevokeCertificateResponse::default()),
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
            0 => Input::AddTagsToCertificate(borrowed(input)),
            1 => Input::DeleteCertificate(borrowed(input)),
            2 => Input::DescribeCertificate(borrowed(input)),
            3 => Input::ExportCertificate(borrowed(input)),
            4 => Input::GetAccountConfiguration(borrowed(input)),
            5 => Input::GetCertificate(borrowed(input)),
            6 => Input::ImportCertificate(borrowed(input)),
            7 => Input::ListCertificates(borrowed(input)),
            8 => Input::ListTagsForCertificate(borrowed(input)),
            9 => Input::PutAccountConfiguration(borrowed(input)),
            10 => Input::RemoveTagsFromCertificate(borrowed(input)),
            11 => Input::RenewCertificate(borrowed(input)),
            12 => Input::RequestCertificate(borrowed(input)),
            13 => Input::ResendValidationEmail(borrowed(input)),
            14 => Input::RevokeCertificate(borrowed(input)),
            15 => Input::UpdateCertificateOptions(borrowed(input)),
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
            0 => Box::new(self.0.add_tags_to_certificate(call, typed(input)).await?),
            1 => Box::new(self.0.delete_certificate(call, typed(input)).await?),
            2 => Box::new(self.0.describe_certificate(call, typed(input)).await?),
            3 => Box::new(self.0.export_certificate(call, typed(input)).await?),
            4 => Box::new(self.0.get_account_configuration(call, typed(input)).await?),
            5 => Box::new(self.0.get_certificate(call, typed(input)).await?),
            6 => Box::new(self.0.import_certificate(call, typed(input)).await?),
            7 => Box::new(self.0.list_certificates(call, typed(input)).await?),
            8 => Box::new(self.0.list_tags_for_certificate(call, typed(input)).await?),
            9 => Box::new(self.0.put_account_configuration(call, typed(input)).await?),
            10 => Box::new(
                self.0
                    .remove_tags_from_certificate(call, typed(input))
                    .await?,
            ),
            11 => Box::new(self.0.renew_certificate(call, typed(input)).await?),
            12 => Box::new(self.0.request_certificate(call, typed(input)).await?),
            13 => Box::new(self.0.resend_validation_email(call, typed(input)).await?),
            14 => Box::new(self.0.revoke_certificate(call, typed(input)).await?),
            15 => Box::new(
                self.0
                    .update_certificate_options(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Acm>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Acm>, dispatcher: Dispatcher) -> Self {
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
impl Acm for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn add_tags_to_certificate(
        &self,
        call: &Call,
        input: AddTagsToCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AddTagsToCertificate(&input), 0, &input)
            .await?;
        self.inner.add_tags_to_certificate(&call, input).await
    }

    async fn delete_certificate(
        &self,
        call: &Call,
        input: DeleteCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteCertificate(&input), 1, &input)
            .await?;
        self.inner.delete_certificate(&call, input).await
    }

    async fn describe_certificate(
        &self,
        call: &Call,
        input: DescribeCertificateRequest,
    ) -> Result<DescribeCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeCertificate(&input), 2, &input)
            .await?;
        self.inner.describe_certificate(&call, input).await
    }

    async fn export_certificate(
        &self,
        call: &Call,
        input: ExportCertificateRequest,
    ) -> Result<ExportCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::ExportCertificate(&input), 3, &input)
            .await?;
        self.inner.export_certificate(&call, input).await
    }

    async fn get_account_configuration(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetAccountConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccountConfiguration(&input), 4, &input)
            .await?;
        self.inner.get_account_configuration(&call, input).await
    }

    async fn get_certificate(
        &self,
        call: &Call,
        input: GetCertificateRequest,
    ) -> Result<GetCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::GetCertificate(&input), 5, &input)
            .await?;
        self.inner.get_certificate(&call, input).await
    }

    async fn import_certificate(
        &self,
        call: &Call,
        input: ImportCertificateRequest,
    ) -> Result<ImportCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::ImportCertificate(&input), 6, &input)
            .await?;
        self.inner.import_certificate(&call, input).await
    }

    async fn list_certificates(
        &self,
        call: &Call,
        input: ListCertificatesRequest,
    ) -> Result<ListCertificatesResponse, Fault> {
        let call = self
            .admit(call, Input::ListCertificates(&input), 7, &input)
            .await?;
        self.inner.list_certificates(&call, input).await
    }

    async fn list_tags_for_certificate(
        &self,
        call: &Call,
        input: ListTagsForCertificateRequest,
    ) -> Result<ListTagsForCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForCertificate(&input), 8, &input)
            .await?;
        self.inner.list_tags_for_certificate(&call, input).await
    }

    async fn put_account_configuration(
        &self,
        call: &Call,
        input: PutAccountConfigurationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutAccountConfiguration(&input), 9, &input)
            .await?;
        self.inner.put_account_configuration(&call, input).await
    }

    async fn remove_tags_from_certificate(
        &self,
        call: &Call,
        input: RemoveTagsFromCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RemoveTagsFromCertificate(&input), 10, &input)
            .await?;
        self.inner.remove_tags_from_certificate(&call, input).await
    }

    async fn renew_certificate(
        &self,
        call: &Call,
        input: RenewCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RenewCertificate(&input), 11, &input)
            .await?;
        self.inner.renew_certificate(&call, input).await
    }

    async fn request_certificate(
        &self,
        call: &Call,
        input: RequestCertificateRequest,
    ) -> Result<RequestCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::RequestCertificate(&input), 12, &input)
            .await?;
        self.inner.request_certificate(&call, input).await
    }

    async fn resend_validation_email(
        &self,
        call: &Call,
        input: ResendValidationEmailRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ResendValidationEmail(&input), 13, &input)
            .await?;
        self.inner.resend_validation_email(&call, input).await
    }

    async fn revoke_certificate(
        &self,
        call: &Call,
        input: RevokeCertificateRequest,
    ) -> Result<RevokeCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::RevokeCertificate(&input), 14, &input)
            .await?;
        self.inner.revoke_certificate(&call, input).await
    }

    async fn update_certificate_options(
        &self,
        call: &Call,
        input: UpdateCertificateOptionsRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateCertificateOptions(&input), 15, &input)
            .await?;
        self.inner.update_certificate_options(&call, input).await
    }
}
