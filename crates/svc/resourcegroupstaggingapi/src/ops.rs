//! GetResources, GetTagKeys and GetTagValues.

use std::collections::BTreeSet;

use wharf_api_resourcegroupstaggingapi::types::*;
use wharf_service::{TaggedResource, tags};
use wharf_wire::{Call, Fault};

use crate::{ResourcegroupstaggingapiService, fault};

/// Resources of a page where a request names no number, and at most.
const PAGE: i32 = 50;
const MAX_PAGE: i32 = 100;
/// Keys or values of a page.
const NAMES: usize = 500;

/// Resources with tags that all filters accept; each page begins where the one before ended.
pub(crate) async fn get_resources(
    service: &ResourcegroupstaggingapiService,
    call: &Call,
    input: GetResourcesInput,
) -> Result<GetResourcesOutput, Fault> {
    let size = input.resources_per_page.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&size) {
        return Err(fault::invalid(format!(
            "ResourcesPerPage must be between 1 and {MAX_PAGE}."
        )));
    }
    let filters = input.tag_filters.unwrap_or_default();
    let types = input.resource_type_filters.unwrap_or_default();
    let arns: Option<BTreeSet<String>> = input.resource_arn_list.map(|it| it.into_iter().collect());
    if arns.is_some() && !(filters.is_empty() && types.is_empty()) {
        return Err(fault::invalid(
            "ResourceARNList cannot be combined with TagFilters or ResourceTypeFilters.",
        ));
    }
    let selection = (&filters, &types, &arns);
    let pages = service.pages(call, "tag/GetResources", &selection);
    let page = pages.page(input.pagination_token.as_deref(), size as usize)?;
    let wanted = |it: &TaggedResource| {
        filters.iter().all(|filter| has(it, filter))
            && (types.is_empty() || types.iter().any(|wanted| is_of_type(it, wanted)))
            && arns
                .as_ref()
                .is_none_or(|arns| arns.contains(&it.arn.to_string()))
    };
    let found = service.resources(call, wanted).await?;
    let (found, token) = page.cut(found, |(arn, _)| arn);
    let mapping = found.into_iter().map(|(arn, it)| ResourceTagMapping {
        resource_arn: Some(arn),
        tags: Some(tags::to_wire(&it.tags, |key, value| Tag { key, value })),
        compliance_details: None,
    });
    Ok(GetResourcesOutput {
        resource_tag_mapping_list: Some(mapping.collect()),
        pagination_token: Some(token.unwrap_or_default()),
    })
}

/// A filter without values asks for the key alone.
fn has(resource: &TaggedResource, filter: &TagFilter) -> bool {
    let value = resource.tags.get(filter.key.as_deref().unwrap_or_default());
    let values = filter.values.as_deref().unwrap_or_default();
    value.is_some_and(|value| values.is_empty() || values.contains(value))
}

/// `ec2` for all of a service, `ec2:vpc` for one type.
fn is_of_type(resource: &TaggedResource, wanted: &str) -> bool {
    let (service, kind) = match wanted.split_once(':') {
        Some((service, kind)) => (service, Some(kind)),
        None => (wanted, None),
    };
    let own = resource.arn.resource.split(['/', ':']).next();
    resource.arn.service == service && kind.is_none_or(|kind| own == Some(kind))
}

pub(crate) async fn get_tag_keys(
    service: &ResourcegroupstaggingapiService,
    call: &Call,
    input: GetTagKeysInput,
) -> Result<GetTagKeysOutput, Fault> {
    let page = service.pages(call, "tag/GetTagKeys", &());
    let page = page.page(input.pagination_token.as_deref(), NAMES)?;
    let found = service.resources(call, |_| true).await?;
    let keys: BTreeSet<String> = found
        .into_iter()
        .flat_map(|(_, it)| it.tags.into_keys())
        .collect();
    let (keys, token) = page.cut(keys, String::as_str);
    Ok(GetTagKeysOutput {
        tag_keys: Some(keys),
        pagination_token: Some(token.unwrap_or_default()),
    })
}

pub(crate) async fn get_tag_values(
    service: &ResourcegroupstaggingapiService,
    call: &Call,
    input: GetTagValuesInput,
) -> Result<GetTagValuesOutput, Fault> {
    let key = input.key.unwrap_or_default();
    let page = service.pages(call, "tag/GetTagValues", &key);
    let page = page.page(input.pagination_token.as_deref(), NAMES)?;
    let found = service
        .resources(call, |it| it.tags.contains_key(&key))
        .await?;
    let values = found
        .into_iter()
        .filter_map(|(_, mut it)| it.tags.remove(&key));
    let values: BTreeSet<String> = values.collect();
    let (values, token) = page.cut(values, String::as_str);
    Ok(GetTagValuesOutput {
        tag_values: Some(values),
        pagination_token: Some(token.unwrap_or_default()),
    })
}
