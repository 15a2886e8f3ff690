//! ListFindings, ListCoverage and ListCoverageStatistics.

use std::collections::BTreeMap;

use wharf_api_inspector2::*;
use wharf_service::{Faults as _, Place};
use wharf_wire::{Call, Fault};

use crate::{fault::Inspector2Faults, findings::At, service::Inspector2Service};

const MAX_FINDINGS: usize = 100;
const MAX_COVERED: usize = 200;

pub(super) fn size(asked: Option<i32>, most: usize) -> usize {
    let asked = asked.and_then(|it| usize::try_from(it).ok());
    asked.unwrap_or(most).clamp(1, most)
}

pub(crate) async fn list_findings(
    it: &Inspector2Service,
    call: &Call,
    input: ListFindingsRequest,
) -> Result<ListFindingsResponse, Fault> {
    let place = Place::of(call);
    let criteria = input.filter_criteria.unwrap_or_default();
    let selection = (&criteria, &input.sort_criteria);
    let pages = it.pages(call, "inspector2/ListFindings", &selection);
    let after = pages.after(input.next_token.as_deref())?;
    let size = size(input.max_results, MAX_FINDINGS);
    let bad_token = || Inspector2Faults::bad_token();
    if let Some(sort) = &input.sort_criteria {
        let from = after
            .map_or(Ok(0), |it| it.parse::<usize>())
            .map_err(|_| bad_token())?;
        let _share = it.large.take(&place.account).await;
        let all = it.sorted(&place, &criteria, sort).await?;
        let end = from.saturating_add(size);
        let next_token = (end < all.len()).then(|| pages.token(&end.to_string()));
        return Ok(ListFindingsResponse {
            findings: Some(all.into_iter().skip(from).take(size).collect()),
            next_token,
        });
    }
    let at = match after {
        Some(text) => At::read(&text).ok_or_else(bad_token)?,
        None => At::default(),
    };
    let (findings, next) = it.walk(&place, &criteria, at, size).await?;
    Ok(ListFindingsResponse {
        findings: Some(findings),
        next_token: next.map(|it| pages.token(&it.text())),
    })
}

pub(crate) async fn list_coverage(
    it: &Inspector2Service,
    call: &Call,
    input: ListCoverageRequest,
) -> Result<ListCoverageResponse, Fault> {
    let criteria = input.filter_criteria.unwrap_or_default();
    let pages = it.pages(call, "inspector2/ListCoverage", &criteria);
    let after = pages.after(input.next_token.as_deref())?;
    let size = size(input.max_results, MAX_COVERED);
    let (resources, next) = it.covered(&Place::of(call), &criteria, after, size).await?;
    Ok(ListCoverageResponse {
        covered_resources: Some(resources),
        next_token: next.map(|it| pages.token(&it)),
    })
}

pub(crate) async fn list_coverage_statistics(
    it: &Inspector2Service,
    call: &Call,
    input: ListCoverageStatisticsRequest,
) -> Result<ListCoverageStatisticsResponse, Fault> {
    let criteria = input.filter_criteria.unwrap_or_default();
    let (place, mut after, mut total) = (Place::of(call), None, 0_i64);
    let mut groups: BTreeMap<String, i64> = BTreeMap::new();
    loop {
        let (some, next) = it.covered(&place, &criteria, after, MAX_COVERED).await?;
        for resource in some {
            total += 1;
            if let Some(key) = &input.group_by {
                *groups.entry(group(key, resource)).or_default() += 1;
            }
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    let group_key = input.group_by;
    let counts = groups.into_values().map(|count| Counts {
        count: Some(count),
        group_key: group_key.clone(),
    });
    Ok(ListCoverageStatisticsResponse {
        counts_by_group: group_key.is_some().then(|| counts.collect()),
        total_counts: Some(total),
        next_token: None,
    })
}

/// What a resource is counted under.
fn group(key: &str, it: CoveredResource) -> String {
    let status = it.scan_status.unwrap_or_default();
    let repository = it.resource_metadata.and_then(|it| it.ecr_repository?.name);
    let value = match key {
        "SCAN_STATUS_CODE" => status.status_code,
        "SCAN_STATUS_REASON" => status.reason,
        "ACCOUNT_ID" => it.account_id,
        "RESOURCE_TYPE" => it.resource_type,
        "ECR_REPOSITORY_NAME" => repository,
        _ => None,
    };
    value.unwrap_or_default()
}
