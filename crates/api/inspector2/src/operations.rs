// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Inspector2`](crate::Inspector2) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Inspector2] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod batch_get_account_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchGetAccountStatusRequest;
        pub type Output = BatchGetAccountStatusResponse;
    }

    pub mod batch_get_finding_details {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchGetFindingDetailsRequest;
        pub type Output = BatchGetFindingDetailsResponse;
    }

    pub mod cancel_findings_report {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelFindingsReportRequest;
        pub type Output = CancelFindingsReportResponse;
    }

    pub mod cancel_sbom_export {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelSbomExportRequest;
        pub type Output = CancelSbomExportResponse;
    }

    pub mod create_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateFilterRequest;
        pub type Output = CreateFilterResponse;
    }

    pub mod create_findings_report {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateFindingsReportRequest;
        pub type Output = CreateFindingsReportResponse;
    }

    pub mod create_sbom_export {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSbomExportRequest;
        pub type Output = CreateSbomExportResponse;
    }

    pub mod delete_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteFilterRequest;
        pub type Output = DeleteFilterResponse;
    }

    pub mod disable {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableRequest;
        pub type Output = DisableResponse;
    }

    pub mod enable {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableRequest;
        pub type Output = EnableResponse;
    }

    pub mod get_clusters_for_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetClustersForImageRequest;
        pub type Output = GetClustersForImageResponse;
    }

    pub mod get_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetConfigurationRequest;
        pub type Output = GetConfigurationResponse;
    }

    pub mod get_encryption_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetEncryptionKeyRequest;
        pub type Output = GetEncryptionKeyResponse;
    }

    pub mod get_findings_report_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetFindingsReportStatusRequest;
        pub type Output = GetFindingsReportStatusResponse;
    }

    pub mod get_sbom_export {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSbomExportRequest;
        pub type Output = GetSbomExportResponse;
    }

    pub mod list_account_permissions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAccountPermissionsRequest;
        pub type Output = ListAccountPermissionsResponse;
    }

    pub mod list_coverage {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCoverageRequest;
        pub type Output = ListCoverageResponse;
    }

    pub mod list_coverage_statistics {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCoverageStatisticsRequest;
        pub type Output = ListCoverageStatisticsResponse;
    }

    pub mod list_filters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListFiltersRequest;
        pub type Output = ListFiltersResponse;
    }

    pub mod list_finding_aggregations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListFindingAggregationsRequest;
        pub type Output = ListFindingAggregationsResponse;
    }

    pub mod list_findings {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListFindingsRequest;
        pub type Output = ListFindingsResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod list_usage_totals {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListUsageTotalsRequest;
        pub type Output = ListUsageTotalsResponse;
    }

    pub mod reset_encryption_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetEncryptionKeyRequest;
        pub type Output = ResetEncryptionKeyResponse;
    }

    pub mod search_vulnerabilities {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SearchVulnerabilitiesRequest;
        pub type Output = SearchVulnerabilitiesResponse;
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

    pub mod update_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateConfigurationRequest;
        pub type Output = UpdateConfigurationResponse;
    }

    pub mod update_encryption_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateEncryptionKeyRequest;
        pub type Output = UpdateEncryptionKeyResponse;
    }

    pub mod update_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateFilterRequest;
        pub type Output = UpdateFilterResponse;
    }
}
