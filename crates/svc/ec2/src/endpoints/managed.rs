//! The prefix lists of services that have gateway endpoints. They are AWS's: every account has them, and none
//! changes them.

use sha2::{Digest, Sha256};
use wharf_api_ec2::types::{
    DescribePrefixListsRequest, DescribePrefixListsResult, ManagedPrefixList, PrefixList,
};
use wharf_wire::{Call, Context, Fault};

use super::{GATEWAY_RANGE, SERVICES, Service};
use crate::{
    Ec2Service, fault,
    filter::{self, Fields, names},
    prefix_lists::{Listed, not_found},
    records::arn,
};

const OWNER: &str = "AWS";

/// Eight digits that a service is numbered by in a region.
pub fn number(service: &Service, region: &str) -> String {
    let digest = Sha256::digest(service.full_name(region).as_bytes());
    hex::encode(&digest[..4])
}

/// Id of the list of a service in a region.
pub fn id(service: &Service, region: &str) -> String {
    format!("pl-{}", number(service, region))
}

/// Ids and names of all of a region.
pub fn all(region: &str) -> impl Iterator<Item = (String, String)> {
    let services = SERVICES.iter().filter(|it| it.gateway);
    services.map(move |it| (id(it, region), it.full_name(region)))
}

/// The list with that id, as rules and routes keep it.
pub fn listed(region: &str, wanted: &str) -> Option<Listed> {
    let mut all = all(region);
    all.any(|(id, _)| id == wanted).then(|| Listed {
        id: wanted.to_owned(),
        weight: 1,
        ranges: vec![GATEWAY_RANGE],
    })
}

/// As DescribeManagedPrefixLists tells of it.
pub fn shown(cx: &Context, (id, name): (String, String)) -> ManagedPrefixList {
    // AWS's own have no account in their ARN.
    let own = arn(cx, "prefix-list", &id).replace(&format!(":{}:", cx.account), ":aws:");
    ManagedPrefixList {
        address_family: Some("IPv4".to_owned()),
        state: Some("create-complete".to_owned()),
        prefix_list_arn: Some(own),
        prefix_list_name: Some(name),
        owner_id: Some(OWNER.to_owned()),
        prefix_list_id: Some(id),
        ..ManagedPrefixList::default()
    }
}

/// DescribePrefixLists
pub async fn prefix_lists(
    service: &Ec2Service,
    call: &Call,
    input: DescribePrefixListsRequest,
) -> Result<DescribePrefixListsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let selection = (&input.prefix_list_ids, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "aws-prefix-list", &selection, page)?;
    let filters = filter::checked(input.filters, &names::PREFIX_LISTS)?;
    let mut known: Vec<(String, String)> = all(&call.region).collect();
    known.sort();
    if let Some(ids) = input.prefix_list_ids.filter(|ids| !ids.is_empty()) {
        let is_known = |id: &&String| known.iter().any(|(it, _)| it == *id);
        if let Some(missing) = ids.iter().find(|id| !is_known(id)) {
            return Err(not_found(missing));
        }
        known.retain(|(id, _)| ids.contains(id));
    }
    let fields = |(id, name): &(String, String)| -> Fields {
        vec![
            ("prefix-list-id", vec![id.clone()]),
            ("prefix-list-name", vec![name.clone()]),
        ]
    };
    known.retain(|it| filter::matches(&filters, &fields(it), &Default::default()));
    let (page, next_token) = page.cut(known, |(id, _)| id);
    let shown = |(id, name)| PrefixList {
        cidrs: Some(vec![GATEWAY_RANGE.to_string()]),
        prefix_list_id: Some(id),
        prefix_list_name: Some(name),
    };
    Ok(DescribePrefixListsResult {
        next_token,
        prefix_lists: Some(page.into_iter().map(shown).collect()),
    })
}
