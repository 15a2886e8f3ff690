//! CreateFindingsReport, GetFindingsReportStatus and CancelFindingsReport, and what exports of SBOMs have in common with them.

use serde_json::Value;
use wharf_api_inspector2::*;
use wharf_base::ids;
use wharf_records::Record as _;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    fault,
    records::{self, scope},
    reports::{About, Outcome, Report},
    service::Inspector2Service,
};

/// Reports of a kind of an account in a region that are remembered; the oldest that ended go.
const KEPT: usize = 100;
/// A key of S3 has 1,024 bytes, of which the names of files take some.
const LONGEST_PREFIX: usize = 900;
/// Those of documents of images take more: an ARN with the name of a repository, and twice the format.
const LONGEST_PREFIX_OF_SBOMS: usize = 300;

fn key(place: &Place, id: &str) -> String {
    scope(place).key(Report::KIND, id)
}

/// What is asked for.
pub(super) struct Wanted {
    pub about: About,
    pub format: Option<String>,
    pub criteria: Value,
    pub to: Option<Destination>,
}

/// Writes down that a report is wanted; its id.
pub(super) async fn create(
    it: &Inspector2Service,
    call: &Call,
    wanted: Wanted,
) -> Result<String, Fault> {
    let place = Place::of(call);
    let to = wanted.to.unwrap_or_default();
    let prefix = to.key_prefix.unwrap_or_default();
    let longest = match wanted.about {
        About::Findings => LONGEST_PREFIX,
        About::Sboms => LONGEST_PREFIX_OF_SBOMS,
    };
    if prefix.len() > longest {
        return Err(fault::invalid(format!(
            "keyPrefix must have at most {longest} bytes."
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
        about: wanted.about,
        format: wanted.format.unwrap_or_default(),
        criteria: wanted.criteria,
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
    // One after the other: there is one report of a kind at a time.
    let _turn = it.turns.take((&place.account, &place.region)).await;
    let mut all = it.table.all::<Report>(&scope(&place), "").await?;
    all.retain(|(_, it)| it.record.about == wanted.about);
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
    Ok(id)
}

/// A report of that kind.
pub(super) async fn find(
    it: &Inspector2Service,
    place: &Place,
    about: About,
    id: &str,
) -> Result<Report, Fault> {
    let found = it.table.read::<Report>(&key(place, id)).await?;
    let found = found.filter(|it| it.record.about == about);
    Ok(found.ok_or_else(|| fault::no_report(id))?.record)
}

/// Ends a report that is in progress. A file that is on its way may come into the bucket still.
pub(super) async fn cancel(
    it: &Inspector2Service,
    call: &Call,
    about: About,
    id: &str,
) -> Result<(), Fault> {
    let at = key(&Place::of(call), id);
    let now = it.now();
    transact!(it.table, &call.permit, |tx| {
        let found = tx.find::<Report>(&at).await?;
        let found = found.filter(|it| it.about == about);
        let mut report = found.ok_or_else(|| fault::no_report(id))?;
        if report.outcome != Outcome::InProgress {
            let status = report.outcome.name();
            return Err(fault::invalid(format!(
                "The report {id} has ended: {status}."
            )));
        }
        report.end(Outcome::Cancelled, None, now);
        tx.put(&at, &report);
    });
    Ok(())
}

/// Where a report is written to.
pub(super) fn destination(report: &Report) -> Destination {
    Destination {
        bucket_name: Some(report.bucket.clone()),
        key_prefix: Some(report.prefix.clone()).filter(|it| !it.is_empty()),
        kms_key_arn: Some(report.key.clone()),
        expected_bucket_owner: report.bucket_owner.clone(),
    }
}

pub(crate) async fn create_findings_report(
    it: &Inspector2Service,
    call: &Call,
    input: CreateFindingsReportRequest,
) -> Result<CreateFindingsReportResponse, Fault> {
    let criteria = input.filter_criteria.as_ref();
    let wanted = Wanted {
        about: About::Findings,
        format: input.report_format,
        criteria: criteria.map_or(Value::Null, records::stored),
        to: input.s3_destination,
    };
    let id = create(it, call, wanted).await?;
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
            let report = find(it, &place, About::Findings, &id).await?;
            (id, report)
        }
        // The newest.
        None => {
            let mut all = it.table.all::<Report>(&scope(&place), "").await?;
            all.retain(|(_, it)| it.record.about == About::Findings);
            let newest = all
                .into_iter()
                .max_by_key(|(_, it)| (it.record.created_at, it.created));
            let (id, found) = newest.ok_or_else(fault::no_reports)?;
            (id, found.record)
        }
    };
    let given = !report.criteria.is_null();
    Ok(GetFindingsReportStatusResponse {
        report_id: Some(id),
        status: Some(report.outcome.name().to_owned()),
        filter_criteria: given.then(|| records::read(&report.criteria)).transpose()?,
        destination: Some(destination(&report)),
        error_code: report.error_code,
        error_message: report.error_message,
    })
}

pub(crate) async fn cancel_findings_report(
    it: &Inspector2Service,
    call: &Call,
    input: CancelFindingsReportRequest,
) -> Result<CancelFindingsReportResponse, Fault> {
    let id = input.report_id.unwrap_or_default();
    cancel(it, call, About::Findings, &id).await?;
    Ok(CancelFindingsReportResponse {
        report_id: Some(id),
    })
}
