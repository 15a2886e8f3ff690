//! SearchVulnerabilities: by the data that scans go by.

use wharf_api_inspector2::{SearchVulnerabilitiesRequest, SearchVulnerabilitiesResponse};
use wharf_wire::{Call, Fault};

use crate::{fault, service::Inspector2Service, vulnerability};

pub(crate) async fn search_vulnerabilities(
    it: &Inspector2Service,
    call: &Call,
    input: SearchVulnerabilitiesRequest,
) -> Result<SearchVulnerabilitiesResponse, Fault> {
    let criteria = input.filter_criteria.unwrap_or_default();
    let pages = it.pages(call, "inspector2/SearchVulnerabilities", &criteria);
    // There is one page, and so no token.
    pages.after(input.next_token.as_deref())?;
    let mut found = Vec::new();
    for id in criteria.vulnerability_ids.iter().flatten() {
        let said = it.images.known_of(&call.account, id).await;
        let said = said.map_err(fault::images)?;
        found.extend(vulnerability::show(id, said));
    }
    Ok(SearchVulnerabilitiesResponse {
        vulnerabilities: Some(found),
        next_token: None,
    })
}
