//! CreateSbomExport, GetSbomExport and CancelSbomExport.

use serde_json::Value;
use wharf_api_inspector2::*;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::reports::{self, Wanted};
use crate::{records, reports::About, service::Inspector2Service};

pub(crate) async fn create_sbom_export(
    it: &Inspector2Service,
    call: &Call,
    input: CreateSbomExportRequest,
) -> Result<CreateSbomExportResponse, Fault> {
    let criteria = input.resource_filter_criteria.as_ref();
    let wanted = Wanted {
        about: About::Sboms,
        format: input.report_format,
        criteria: criteria.map_or(Value::Null, records::stored_resources),
        to: input.s3_destination,
    };
    let id = reports::create(it, call, wanted).await?;
    Ok(CreateSbomExportResponse {
        report_id: Some(id),
    })
}

pub(crate) async fn get_sbom_export(
    it: &Inspector2Service,
    call: &Call,
    input: GetSbomExportRequest,
) -> Result<GetSbomExportResponse, Fault> {
    let id = input.report_id.unwrap_or_default();
    let report = reports::find(it, &Place::of(call), About::Sboms, &id).await?;
    let given = !report.criteria.is_null();
    let criteria = given.then(|| records::read_resources(&report.criteria));
    Ok(GetSbomExportResponse {
        report_id: Some(id),
        status: Some(report.outcome.name().to_owned()),
        filter_criteria: criteria.transpose()?,
        s3_destination: Some(reports::destination(&report)),
        format: Some(report.format),
        error_code: report.error_code,
        error_message: report.error_message,
    })
}

pub(crate) async fn cancel_sbom_export(
    it: &Inspector2Service,
    call: &Call,
    input: CancelSbomExportRequest,
) -> Result<CancelSbomExportResponse, Fault> {
    let id = input.report_id.unwrap_or_default();
    reports::cancel(it, call, About::Sboms, &id).await?;
    Ok(CancelSbomExportResponse {
        report_id: Some(id),
    })
}
