//! BatchGetFindingDetails: of what is published about a vulnerability, the references are known here.

use std::collections::BTreeMap;

use wharf_api_inspector2::*;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{findings::At, service::Inspector2Service};

/// Findings that are read at once.
const PAGE: usize = 500;

pub(crate) async fn batch_get_finding_details(
    it: &Inspector2Service,
    call: &Call,
    input: BatchGetFindingDetailsRequest,
) -> Result<BatchGetFindingDetailsResponse, Fault> {
    let asked = input.finding_arns.unwrap_or_default();
    let one = |arn: &String| StringFilter {
        comparison: Some("EQUALS".to_owned()),
        value: Some(arn.clone()),
    };
    let criteria = FilterCriteria {
        finding_arn: Some(asked.iter().map(one).collect()),
        ..FilterCriteria::default()
    };
    let place = Place::of(call);
    let mut found: BTreeMap<String, FindingDetail> = BTreeMap::new();
    let mut at = Some(At::default());
    while let Some(from) = at.filter(|_| asked.iter().any(|arn| !found.contains_key(arn))) {
        let (some, next) = it.walk(&place, &criteria, from, PAGE).await?;
        for finding in some {
            let arn = finding.finding_arn.unwrap_or_default();
            found.insert(
                arn.clone(),
                detail(arn, finding.package_vulnerability_details),
            );
        }
        at = next;
    }
    let (mut finding_details, mut errors) = (Vec::new(), Vec::new());
    for arn in asked {
        match found.get(&arn) {
            Some(detail) => finding_details.push(detail.clone()),
            None => errors.push(FindingDetailsError {
                error_code: Some("FINDING_DETAILS_NOT_FOUND".to_owned()),
                error_message: Some(format!("There is no finding {arn}.")),
                finding_arn: Some(arn),
            }),
        }
    }
    Ok(BatchGetFindingDetailsResponse {
        finding_details: Some(finding_details),
        errors: Some(errors),
    })
}

fn detail(arn: String, about: Option<PackageVulnerabilityDetails>) -> FindingDetail {
    FindingDetail {
        finding_arn: Some(arn),
        reference_urls: about.and_then(|it| it.reference_urls),
        ..FindingDetail::default()
    }
}
