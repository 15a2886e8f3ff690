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
    BatchGetAccountStatus(&'a BatchGetAccountStatusRequest),
    BatchGetFindingDetails(&'a BatchGetFindingDetailsRequest),
    CancelFindingsReport(&'a CancelFindingsReportRequest),
    CancelSbomExport(&'a CancelSbomExportRequest),
    CreateFilter(&'a CreateFilterRequest),
    CreateFindingsReport(&'a CreateFindingsReportRequest),
    CreateSbomExport(&'a CreateSbomExportRequest),
    DeleteFilter(&'a DeleteFilterRequest),
    Disable(&'a DisableRequest),
    Enable(&'a EnableRequest),
    GetClustersForImage(&'a GetClustersForImageRequest),
    GetConfiguration(&'a GetConfigurationRequest),
    GetEncryptionKey(&'a GetEncryptionKeyRequest),
    GetFindingsReportStatus(&'a GetFindingsReportStatusRequest),
    GetSbomExport(&'a GetSbomExportRequest),
    ListAccountPermissions(&'a ListAccountPermissionsRequest),
    ListCoverage(&'a ListCoverageRequest),
    ListCoverageStatistics(&'a ListCoverageStatisticsRequest),
    ListFilters(&'a ListFiltersRequest),
    ListFindingAggregations(&'a ListFindingAggregationsRequest),
    ListFindings(&'a ListFindingsRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    ListUsageTotals(&'a ListUsageTotalsRequest),
    ResetEncryptionKey(&'a ResetEncryptionKeyRequest),
    SearchVulnerabilities(&'a SearchVulnerabilitiesRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateConfiguration(&'a UpdateConfigurationRequest),
    UpdateEncryptionKey(&'a UpdateEncryptionKeyRequest),
    UpdateFilter(&'a UpdateFilterRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::BatchGetAccountStatus(_) => "BatchGetAccountStatus",
            Self::BatchGetFindingDetails(_) => "BatchGetFindingDetails",
            Self::CancelFindingsReport(_) => "CancelFindingsReport",
            Self::CancelSbomExport(_) => "CancelSbomExport",
            Self::CreateFilter(_) => "CreateFilter",
            Self::CreateFindingsReport(_) => "CreateFindingsReport",
            Self::CreateSbomExport(_) => "CreateSbomExport",
            Self::DeleteFilter(_) => "DeleteFilter",
            Self::Disable(_) => "Disable",
            Self::Enable(_) => "Enable",
            Self::GetClustersForImage(_) => "GetClustersForImage",
            Self::GetConfiguration(_) => "GetConfiguration",
            Self::GetEncryptionKey(_) => "GetEncryptionKey",
            Self::GetFindingsReportStatus(_) => "GetFindingsReportStatus",
            Self::GetSbomExport(_) => "GetSbomExport",
            Self::ListAccountPermissions(_) => "ListAccountPermissions",
            Self::ListCoverage(_) => "ListCoverage",
            Self::ListCoverageStatistics(_) => "ListCoverageStatistics",
            Self::ListFilters(_) => "ListFilters",
            Self::ListFindingAggregations(_) => "ListFindingAggregations",
            Self::ListFindings(_) => "ListFindings",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::ListUsageTotals(_) => "ListUsageTotals",
            Self::ResetEncryptionKey(_) => "ResetEncryptionKey",
            Self::SearchVulnerabilities(_) => "SearchVulnerabilities",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateConfiguration(_) => "UpdateConfiguration",
            Self::UpdateEncryptionKey(_) => "UpdateEncryptionKey",
            Self::UpdateFilter(_) => "UpdateFilter",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("inspector2:{}", self.operation())
    }
}

#[async_trait]
pub trait Inspector2: Send + Sync + 'static {
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

    async fn batch_get_account_status(
        &self,
        call: &Call,
        input: BatchGetAccountStatusRequest,
    ) -> Result<BatchGetAccountStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "BatchGetAccountStatus"))
    }

    async fn batch_get_finding_details(
        &self,
        call: &Call,
        input: BatchGetFindingDetailsRequest,
    ) -> Result<BatchGetFindingDetailsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "BatchGetFindingDetails"))
    }

    async fn cancel_findings_report(
        &self,
        call: &Call,
        input: CancelFindingsReportRequest,
    ) -> Result<CancelFindingsReportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "CancelFindingsReport"))
    }

    async fn cancel_sbom_export(
        &self,
        call: &Call,
        input: CancelSbomExportRequest,
    ) -> Result<CancelSbomExportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "CancelSbomExport"))
    }

    async fn create_filter(
        &self,
        call: &Call,
        input: CreateFilterRequest,
    ) -> Result<CreateFilterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "CreateFilter"))
    }

    async fn create_findings_report(
        &self,
        call: &Call,
        input: CreateFindingsReportRequest,
    ) -> Result<CreateFindingsReportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "CreateFindingsReport"))
    }

    async fn create_sbom_export(
        &self,
        call: &Call,
        input: CreateSbomExportRequest,
    ) -> Result<CreateSbomExportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "CreateSbomExport"))
    }

    async fn delete_filter(
        &self,
        call: &Call,
        input: DeleteFilterRequest,
    ) -> Result<DeleteFilterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "DeleteFilter"))
    }

    async fn disable(&self, call: &Call, input: DisableRequest) -> Result<DisableResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "Disable"))
    }

    async fn enable(&self, call: &Call, input: EnableRequest) -> Result<EnableResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "Enable"))
    }

    async fn get_clusters_for_image(
        &self,
        call: &Call,
        input: GetClustersForImageRequest,
    ) -> Result<GetClustersForImageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "GetClustersForImage"))
    }

    async fn get_configuration(
        &self,
        call: &Call,
        input: GetConfigurationRequest,
    ) -> Result<GetConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "GetConfiguration"))
    }

    async fn get_encryption_key(
        &self,
        call: &Call,
        input: GetEncryptionKeyRequest,
    ) -> Result<GetEncryptionKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "GetEncryptionKey"))
    }

    async fn get_findings_report_status(
        &self,
        call: &Call,
        input: GetFindingsReportStatusRequest,
    ) -> Result<GetFindingsReportStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "GetFindingsReportStatus"))
    }

    async fn get_sbom_export(
        &self,
        call: &Call,
        input: GetSbomExportRequest,
    ) -> Result<GetSbomExportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "GetSbomExport"))
    }

    async fn list_account_permissions(
        &self,
        call: &Call,
        input: ListAccountPermissionsRequest,
    ) -> Result<ListAccountPermissionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListAccountPermissions"))
    }

    async fn list_coverage(
        &self,
        call: &Call,
        input: ListCoverageRequest,
    ) -> Result<ListCoverageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListCoverage"))
    }

    async fn list_coverage_statistics(
        &self,
        call: &Call,
        input: ListCoverageStatisticsRequest,
    ) -> Result<ListCoverageStatisticsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListCoverageStatistics"))
    }

    async fn list_filters(
        &self,
        call: &Call,
        input: ListFiltersRequest,
    ) -> Result<ListFiltersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListFilters"))
    }

    async fn list_finding_aggregations(
        &self,
        call: &Call,
        input: ListFindingAggregationsRequest,
    ) -> Result<ListFindingAggregationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListFindingAggregations"))
    }

    async fn list_findings(
        &self,
        call: &Call,
        input: ListFindingsRequest,
    ) -> Result<ListFindingsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListFindings"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListTagsForResource"))
    }

    async fn list_usage_totals(
        &self,
        call: &Call,
        input: ListUsageTotalsRequest,
    ) -> Result<ListUsageTotalsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ListUsageTotals"))
    }

    async fn reset_encryption_key(
        &self,
        call: &Call,
        input: ResetEncryptionKeyRequest,
    ) -> Result<ResetEncryptionKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "ResetEncryptionKey"))
    }

    async fn search_vulnerabilities(
        &self,
        call: &Call,
        input: SearchVulnerabilitiesRequest,
    ) -> Result<SearchVulnerabilitiesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "SearchVulnerabilities"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "UntagResource"))
    }

    async fn update_configuration(
        &self,
        call: &Call,
        input: UpdateConfigurationRequest,
    ) -> Result<UpdateConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "UpdateConfiguration"))
    }

    async fn update_encryption_key(
        &self,
        call: &Call,
        input: UpdateEncryptionKeyRequest,
    ) -> Result<UpdateEncryptionKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "UpdateEncryptionKey"))
    }

    async fn update_filter(
        &self,
        call: &Call,
        input: UpdateFilterRequest,
    ) -> Result<UpdateFilterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("inspector2", "UpdateFilter"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Inspector2>);

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
            0 => Box::new(BatchGetAccountStatusRequest::default()),
            1 => Box::new(BatchGetFindingDetailsRequest::default()),
            2 => Box::new(CancelFindingsReportRequest::default()),
            3 => Box::new(CancelSbomExportRequest::default()),
            4 => Box::new(CreateFilterRequest::default()),
            5 => Box::new(CreateFindingsReportRequest::default()),
            6 => Box::new(CreateSbomExportRequest::default()),
            7 => Box::new(DeleteFilterRequest::default()),
            8 => Box::new(DisableRequest::default()),
            9 => Box::new(EnableRequest::default()),
            10 => Box::new(GetClustersForImageRequest::default()),
            11 => Box::new(GetConfigurationRequest::default()),
            12 => Box::new(GetEncryptionKeyRequest::default()),
            13 => Box::new(GetFindingsReportStatusRequest::default()),
            14 => Box::new(GetSbomExportRequest::default()),
            15 => Box::new(ListAccountPermissionsRequest::default()),
            16 => Box::new(ListCoverageRequest::default()),
            17 => Box::new(ListCoverageStatisticsRequest::default()),
            18 => Box::new(ListFiltersRequest::default()),
            19 => Box::new(ListFindingAggregationsRequest::default()),
            20 => Box::new(ListFindingsRequest::default()),
            21 => Box::new(ListTagsForResourceRequest::default()),
            22 => Box::new(ListUsageTotalsRequest::default()),
            23 => Box::new(ResetEncryptionKeyRequest::default()),
            24 => Box::new(SearchVulnerabilitiesRequest::default()),
            25 => Box::new(TagResourceRequest::default()),
            26 => Box::new(UntagResourceRequest::default()),
            27 => Box::new(UpdateConfigurationRequest::default()),
            28 => Box::new(UpdateEncryptionKeyRequest::default()),
            29 => Box::new(UpdateFilterRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(BatchGetAccountStatusResponse::default()),
            1 => Box::new(BatchGetFindingDetailsResponse::default()),
            2 => Box::new(CancelFindingsReportResponse::default()),
            3 => Box::new(CancelSbomExportResponse::default()),
            4 => Box::new(CreateFilterResponse::default()),
            5 => Box::new(CreateFindingsReportResponse::default()),
            6 => Box::new(CreateSbomExportResponse::default()),
            7 => Box::new(DeleteFilterResponse::default()),
            8 => Box::new(DisableResponse::default()),
            9 => Box::new(EnableResponse::default()),
            10 => Box::new(GetClustersForImageResponse::default()),
            11 => Box::new(GetConfigurationResponse::default()),
            12 => Box::new(GetEncryptionKeyResponse::default()),
            13 => Box::new(GetFindingsReportStatusResponse::default()),
            14 => Box::new(GetSbomExportResponse::default()),
            15 => Box::new(ListAccountPermissionsResponse::default()),
            16 => Box::new(ListCoverageResponse::default()),
            17 => Box::new(ListCoverageStatisticsResponse::default()),
            18 => Box::new(ListFiltersResponse::default()),
            19 => Box::new(ListFindingAggregationsResponse::default()),
            20 => Box::new(ListFindingsResponse::default()),
            21 => Box::new(ListTagsForResourceResponse::default()),
            22 => Box::new(ListUsageTotalsResponse::default()),
            23 => Box::new(ResetEncryptionKeyResponse::default()),
            24 => Box::new(SearchVulnerabilitiesResponse::default()),
            25 => Box::new(TagResourceResponse::default()),
            26 => Box::new(UntagResourceResponse::default()),
            27 => Box::new(UpdateConfigurationResponse::default()),
            28 => Box::new(UpdateEncryptionKeyResponse::default()),
            29 => Box::new(UpdateFilterResponse::default()),
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
            0 => Input::BatchGetAccountStatus(borrowed(input)),
            1 => Input::BatchGetFindingDetails(borrowed(input)),
            2 => Input::CancelFindingsReport(borrowed(input)),
            3 => Input::CancelSbomExport(borrowed(input)),
            4 => Input::CreateFilter(borrowed(input)),
            5 => Input::CreateFindingsReport(borrowed(input)),
            6 => Input::CreateSbomExport(borrowed(input)),
            7 => Input::DeleteFilter(borrowed(input)),
            8 => Input::Disable(borrowed(input)),
            9 => Input::Enable(borrowed(input)),
            10 => Input::GetClustersForImage(borrowed(input)),
            11 => Input::GetConfiguration(borrowed(input)),
            12 => Input::GetEncryptionKey(borrowed(input)),
            13 => Input::GetFindingsReportStatus(borrowed(input)),
            14 => Input::GetSbomExport(borrowed(input)),
            15 => Input::ListAccountPermissions(borrowed(input)),
            16 => Input::ListCoverage(borrowed(input)),
            17 => Input::ListCoverageStatistics(borrowed(input)),
            18 => Input::ListFilters(borrowed(input)),
            19 => Input::ListFindingAggregations(borrowed(input)),
            20 => Input::ListFindings(borrowed(input)),
            21 => Input::ListTagsForResource(borrowed(input)),
            22 => Input::ListUsageTotals(borrowed(input)),
            23 => Input::ResetEncryptionKey(borrowed(input)),
            24 => Input::SearchVulnerabilities(borrowed(input)),
            25 => Input::TagResource(borrowed(input)),
            26 => Input::UntagResource(borrowed(input)),
            27 => Input::UpdateConfiguration(borrowed(input)),
            28 => Input::UpdateEncryptionKey(borrowed(input)),
            29 => Input::UpdateFilter(borrowed(input)),
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
            0 => Box::new(self.0.batch_get_account_status(call, typed(input)).await?),
            1 => Box::new(self.0.batch_get_finding_details(call, typed(input)).await?),
            2 => Box::new(self.0.cancel_findings_report(call, typed(input)).await?),
            3 => Box::new(self.0.cancel_sbom_export(call, typed(input)).await?),
            4 => Box::new(self.0.create_filter(call, typed(input)).await?),
            5 => Box::new(self.0.create_findings_report(call, typed(input)).await?),
            6 => Box::new(self.0.create_sbom_export(call, typed(input)).await?),
            7 => Box::new(self.0.delete_filter(call, typed(input)).await?),
            8 => Box::new(self.0.disable(call, typed(input)).await?),
            9 => Box::new(self.0.enable(call, typed(input)).await?),
            10 => Box::new(self.0.get_clusters_for_image(call, typed(input)).await?),
            11 => Box::new(self.0.get_configuration(call, typed(input)).await?),
            12 => Box::new(self.0.get_encryption_key(call, typed(input)).await?),
            13 => Box::new(
                self.0
                    .get_findings_report_status(call, typed(input))
                    .await?,
            ),
            14 => Box::new(self.0.get_sbom_export(call, typed(input)).await?),
            15 => Box::new(self.0.list_account_permissions(call, typed(input)).await?),
            16 => Box::new(self.0.list_coverage(call, typed(input)).await?),
            17 => Box::new(self.0.list_coverage_statistics(call, typed(input)).await?),
            18 => Box::new(self.0.list_filters(call, typed(input)).await?),
            19 => Box::new(self.0.list_finding_aggregations(call, typed(input)).await?),
            20 => Box::new(self.0.list_findings(call, typed(input)).await?),
            21 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            22 => Box::new(self.0.list_usage_totals(call, typed(input)).await?),
            23 => Box::new(self.0.reset_encryption_key(call, typed(input)).await?),
            24 => Box::new(self.0.search_vulnerabilities(call, typed(input)).await?),
            25 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            26 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            27 => Box::new(self.0.update_configuration(call, typed(input)).await?),
            28 => Box::new(self.0.update_encryption_key(call, typed(input)).await?),
            29 => Box::new(self.0.update_filter(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Inspector2>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Inspector2>, dispatcher: Dispatcher) -> Self {
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
impl Inspector2 for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn batch_get_account_status(
        &self,
        call: &Call,
        input: BatchGetAccountStatusRequest,
    ) -> Result<BatchGetAccountStatusResponse, Fault> {
        let call = self
            .admit(call, Input::BatchGetAccountStatus(&input), 0, &input)
            .await?;
        self.inner.batch_get_account_status(&call, input).await
    }

    async fn batch_get_finding_details(
        &self,
        call: &Call,
        input: BatchGetFindingDetailsRequest,
    ) -> Result<BatchGetFindingDetailsResponse, Fault> {
        let call = self
            .admit(call, Input::BatchGetFindingDetails(&input), 1, &input)
            .await?;
        self.inner.batch_get_finding_details(&call, input).await
    }

    async fn cancel_findings_report(
        &self,
        call: &Call,
        input: CancelFindingsReportRequest,
    ) -> Result<CancelFindingsReportResponse, Fault> {
        let call = self
            .admit(call, Input::CancelFindingsReport(&input), 2, &input)
            .await?;
        self.inner.cancel_findings_report(&call, input).await
    }

    async fn cancel_sbom_export(
        &self,
        call: &Call,
        input: CancelSbomExportRequest,
    ) -> Result<CancelSbomExportResponse, Fault> {
        let call = self
            .admit(call, Input::CancelSbomExport(&input), 3, &input)
            .await?;
        self.inner.cancel_sbom_export(&call, input).await
    }

    async fn create_filter(
        &self,
        call: &Call,
        input: CreateFilterRequest,
    ) -> Result<CreateFilterResponse, Fault> {
        let call = self
            .admit(call, Input::CreateFilter(&input), 4, &input)
            .await?;
        self.inner.create_filter(&call, input).await
    }

    async fn create_findings_report(
        &self,
        call: &Call,
        input: CreateFindingsReportRequest,
    ) -> Result<CreateFindingsReportResponse, Fault> {
        let call = self
            .admit(call, Input::CreateFindingsReport(&input), 5, &input)
            .await?;
        self.inner.create_findings_report(&call, input).await
    }

    async fn create_sbom_export(
        &self,
        call: &Call,
        input: CreateSbomExportRequest,
    ) -> Result<CreateSbomExportResponse, Fault> {
        let call = self
            .admit(call, Input::CreateSbomExport(&input), 6, &input)
            .await?;
        self.inner.create_sbom_export(&call, input).await
    }

    async fn delete_filter(
        &self,
        call: &Call,
        input: DeleteFilterRequest,
    ) -> Result<DeleteFilterResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteFilter(&input), 7, &input)
            .await?;
        self.inner.delete_filter(&call, input).await
    }

    async fn disable(&self, call: &Call, input: DisableRequest) -> Result<DisableResponse, Fault> {
        let call = self.admit(call, Input::Disable(&input), 8, &input).await?;
        self.inner.disable(&call, input).await
    }

    async fn enable(&self, call: &Call, input: EnableRequest) -> Result<EnableResponse, Fault> {
        let call = self.admit(call, Input::Enable(&input), 9, &input).await?;
        self.inner.enable(&call, input).await
    }

    async fn get_clusters_for_image(
        &self,
        call: &Call,
        input: GetClustersForImageRequest,
    ) -> Result<GetClustersForImageResponse, Fault> {
        let call = self
            .admit(call, Input::GetClustersForImage(&input), 10, &input)
            .await?;
        self.inner.get_clusters_for_image(&call, input).await
    }

    async fn get_configuration(
        &self,
        call: &Call,
        input: GetConfigurationRequest,
    ) -> Result<GetConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::GetConfiguration(&input), 11, &input)
            .await?;
        self.inner.get_configuration(&call, input).await
    }

    async fn get_encryption_key(
        &self,
        call: &Call,
        input: GetEncryptionKeyRequest,
    ) -> Result<GetEncryptionKeyResponse, Fault> {
        let call = self
            .admit(call, Input::GetEncryptionKey(&input), 12, &input)
            .await?;
        self.inner.get_encryption_key(&call, input).await
    }

    async fn get_findings_report_status(
        &self,
        call: &Call,
        input: GetFindingsReportStatusRequest,
    ) -> Result<GetFindingsReportStatusResponse, Fault> {
        let call = self
            .admit(call, Input::GetFindingsReportStatus(&input), 13, &input)
            .await?;
        self.inner.get_findings_report_status(&call, input).await
    }

    async fn get_sbom_export(
        &self,
        call: &Call,
        input: GetSbomExportRequest,
    ) -> Result<GetSbomExportResponse, Fault> {
        let call = self
            .admit(call, Input::GetSbomExport(&input), 14, &input)
            .await?;
        self.inner.get_sbom_export(&call, input).await
    }

    async fn list_account_permissions(
        &self,
        call: &Call,
        input: ListAccountPermissionsRequest,
    ) -> Result<ListAccountPermissionsResponse, Fault> {
        let call = self
            .admit(call, Input::ListAccountPermissions(&input), 15, &input)
            .await?;
        self.inner.list_account_permissions(&call, input).await
    }

    async fn list_coverage(
        &self,
        call: &Call,
        input: ListCoverageRequest,
    ) -> Result<ListCoverageResponse, Fault> {
        let call = self
            .admit(call, Input::ListCoverage(&input), 16, &input)
            .await?;
        self.inner.list_coverage(&call, input).await
    }

    async fn list_coverage_statistics(
        &self,
        call: &Call,
        input: ListCoverageStatisticsRequest,
    ) -> Result<ListCoverageStatisticsResponse, Fault> {
        let call = self
            .admit(call, Input::ListCoverageStatistics(&input), 17, &input)
            .await?;
        self.inner.list_coverage_statistics(&call, input).await
    }

    async fn list_filters(
        &self,
        call: &Call,
        input: ListFiltersRequest,
    ) -> Result<ListFiltersResponse, Fault> {
        let call = self
            .admit(call, Input::ListFilters(&input), 18, &input)
            .await?;
        self.inner.list_filters(&call, input).await
    }

    async fn list_finding_aggregations(
        &self,
        call: &Call,
        input: ListFindingAggregationsRequest,
    ) -> Result<ListFindingAggregationsResponse, Fault> {
        let call = self
            .admit(call, Input::ListFindingAggregations(&input), 19, &input)
            .await?;
        self.inner.list_finding_aggregations(&call, input).await
    }

    async fn list_findings(
        &self,
        call: &Call,
        input: ListFindingsRequest,
    ) -> Result<ListFindingsResponse, Fault> {
        let call = self
            .admit(call, Input::ListFindings(&input), 20, &input)
            .await?;
        self.inner.list_findings(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 21, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn list_usage_totals(
        &self,
        call: &Call,
        input: ListUsageTotalsRequest,
    ) -> Result<ListUsageTotalsResponse, Fault> {
        let call = self
            .admit(call, Input::ListUsageTotals(&input), 22, &input)
            .await?;
        self.inner.list_usage_totals(&call, input).await
    }

    async fn reset_encryption_key(
        &self,
        call: &Call,
        input: ResetEncryptionKeyRequest,
    ) -> Result<ResetEncryptionKeyResponse, Fault> {
        let call = self
            .admit(call, Input::ResetEncryptionKey(&input), 23, &input)
            .await?;
        self.inner.reset_encryption_key(&call, input).await
    }

    async fn search_vulnerabilities(
        &self,
        call: &Call,
        input: SearchVulnerabilitiesRequest,
    ) -> Result<SearchVulnerabilitiesResponse, Fault> {
        let call = self
            .admit(call, Input::SearchVulnerabilities(&input), 24, &input)
            .await?;
        self.inner.search_vulnerabilities(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 25, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 26, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_configuration(
        &self,
        call: &Call,
        input: UpdateConfigurationRequest,
    ) -> Result<UpdateConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateConfiguration(&input), 27, &input)
            .await?;
        self.inner.update_configuration(&call, input).await
    }

    async fn update_encryption_key(
        &self,
        call: &Call,
        input: UpdateEncryptionKeyRequest,
    ) -> Result<UpdateEncryptionKeyResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateEncryptionKey(&input), 28, &input)
            .await?;
        self.inner.update_encryption_key(&call, input).await
    }

    async fn update_filter(
        &self,
        call: &Call,
        input: UpdateFilterRequest,
    ) -> Result<UpdateFilterResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateFilter(&input), 29, &input)
            .await?;
        self.inner.update_filter(&call, input).await
    }
}
