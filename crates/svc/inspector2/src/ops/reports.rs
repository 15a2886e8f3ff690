//! CreateFindingsReport, GetFindingsReportStatus and CancelFindingsReport.

use serde_json::Value;
use wharf_api_inspector2::*;
use wharf_base::ids;
use wharf_records::Record as _;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    fault, filters,
    records::{self, scope},
    reports::{Outcome, Report},
    service::Inspector2Service,
};

/// Reports of an account in a region that are remembered; the oldest that ended go.
const KEPT: usize = 100;
/// A key of S3 has 1,024 bytes, of which the name of the file takes some.
const LONGEST_PREFIX: usize = 900;

fn key(place: &Place, id: &str) -> String {
    scope(place).key(Report::KIND, id)
}

pub(crate) async fn create_findings_report(
    it: &Inspector2Service,
    call: &Call,
    input: CreateFindingsReportRequest,
) -> Result<CreateFindingsReportResponse, Fault> {
    let place = Place::of(call);
    let to = input.s3_destination.unwrap_or_default();
    let prefix = to.key_prefix.unwrap_or_default();
    if prefix.len() > LONGEST_PREFIX {
        return Err(fault::invalid(format!(
            "keyPrefix must have at most {LONGEST_PREFIX} bytes."
        )));
    }
    let (bucket, kms) = (
        to.bucket_name.unwrap_or_default(),
        to.kms_key_arn.unwrap_or_default(),
    );
    if bucket.is_empty() {
        return Err(fault::invalid("bucketName must not be empty."));
    }
    if !kms.contains(":kms:") || !kms.contains(":key/") {
        return Err(fault::invalid("kmsKeyArn must be the ARN of a key of KMS."));
    }
    let report = Report {
        format: input.report_format.unwrap_or_default(),
        criteria: input
            .filter_criteria
            .as_ref()
            .map_or(Value::Null, records::stored),
        bucket,
        prefix,
        key: kms,
        bucket_owner: to.expected_bucket_owner,
        created_at: it.now(),
        outcome: Outcome::InProgress,
        error_code: None,
        error_message: None,
        ended_at: None,
        unknown: Default::default(),
    };
    // One after the other: there is one report at a time.
    let _turn = it.turns.take((&place.account, &place.region)).await;
    let mut all = it.table.all::<Report>(&scope(&place), "").await?;
    if all
        .iter()
        .any(|(_, it)| it.record.outcome == Outcome::InProgress)
    {
        return Err(fault::invalid(
            "A report is in progress already. There is one at a time.",
        ));
    }
    all.sort_by_key(|(_, it)| it.record.created_at);
    let surplus = (all.len() + 1).saturating_sub(KEPT);
    let surplus: Vec<String> = all
        .into_iter()
        .take(surplus)
        .map(|(_, it)| it.key)
        .collect();
    let id = ids::uuid();
    let at = key(&place, &id);
    transact!(it.table, &call.permit, |tx| {
        tx.put(&at, &report);
        surplus.iter().for_each(|key| tx.delete(key));
    });
    Ok(CreateFindingsReportResponse {
        report_id: Some(id),
    })
}

pub(crate) async fn get_findings_report_status(
    it: &Inspector2Service,
    call: &Call,
    input: GetFindingsReportStatusRequest,
) -> Result<GetFindingsReportStatusResponse, Fault> {
    let place = Place::of(call);
    let (id, report) = match input.report_id {
        Some(id) => {
            let found = it.table.read::<Report>(&key(&place, &id)).await?;
            let found = found.ok_or_else(|| fault::no_report(&id))?;
            (id, found.record)
        }
        // The newest.
        None => {
            let all = it.table.all::<Report>(&scope(&place), "").await?;
            let newest = all.into_iter().max_by_key(|(_, it)| it.record.created_at);
            let (id, found) = newest.ok_or_else(fault::no_reports)?;
            (id, found.record)
        }
    };
    let given = !report.criteria.is_null();
    Ok(GetFindingsReportStatusResponse {
        report_id: Some(id),
        status: Some(report.outcome.name().to_owned()),
        filter_criteria: given.then(|| filters::read(&report.criteria)).transpose()?,
        error_code: report.error_code,
        error_message: report.error_message,
        destination: Some(Destination {
            bucket_name: Some(report.bucket),
            key_prefix: Some(report.prefix).filter(|it| !it.is_empty()),
            kms_key_arn: Some(report.key),
            expected_bucket_owner: report.bucket_owner,
        }),
    })
}

/// A file that is on its way may come into the bucket still.
pub(crate) async fn cancel_findings_report(
    it: &Inspector2Service,
    call: &Call,
    input: CancelFindingsReportRequest,
) -> Result<CancelFindingsReportResponse, Fault> {
    let id = input.report_id.unwrap_or_default();
    let at = key(&Place::of(call), &id);
    let now = it.now();
    transact!(it.table, &call.permit, |tx| {
        let found = tx.find::<Report>(&at).await?;
        let mut report = found.ok_or_else(|| fault::no_report(&id))?;
        if report.outcome != Outcome::InProgress {
            let status = report.outcome.name();
            return Err(fault::invalid(format!(
                "The report {id} has ended: {status}."
            )));
        }
        report.end(Outcome::Cancelled, None, now);
        tx.put(&at, &report);
    });
    Ok(CancelFindingsReportResponse {
        report_id: Some(id),
    })
}
