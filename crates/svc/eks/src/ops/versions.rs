//! DescribeClusterVersions.

use wharf_api_eks::{DescribeClusterVersionsRequest, DescribeClusterVersionsResponse};
use wharf_wire::{Call, Fault};

use crate::{core::Core, versions};

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeClusterVersionsRequest,
) -> Result<DescribeClusterVersionsResponse, Fault> {
    let mut all = versions::all(core.now());
    let chosen = input.cluster_versions.unwrap_or_default();
    all.retain(|it| {
        let fits =
            |asked: &Option<String>, found: &Option<String>| asked.is_none() || asked == found;
        let supported = it.version_status.as_deref() != Some("UNSUPPORTED");
        (chosen.is_empty()
            || it
                .cluster_version
                .as_ref()
                .is_some_and(|it| chosen.contains(it)))
            && fits(&input.cluster_type, &it.cluster_type)
            && fits(&input.version_status, &it.version_status)
            && fits(&input.status, &it.status)
            && (input.default_only != Some(true) || it.default_version == Some(true))
            && (supported || input.include_all == Some(true))
    });
    let names = all
        .iter()
        .filter_map(|it| it.cluster_version.clone())
        .collect();
    let at = (input.next_token.as_deref(), input.max_results);
    let (names, next_token) = core.page(call, ("eks/DescribeClusterVersions", &[]), names, at)?;
    all.retain(|it| {
        it.cluster_version
            .as_ref()
            .is_some_and(|it| names.contains(it))
    });
    Ok(DescribeClusterVersionsResponse {
        next_token,
        cluster_versions: Some(all),
    })
}
