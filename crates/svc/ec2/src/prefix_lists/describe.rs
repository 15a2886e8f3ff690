//! DescribeManagedPrefixLists, GetManagedPrefixListEntries and GetManagedPrefixListAssociations.

use wharf_api_ec2::types::{
    DescribeManagedPrefixListsRequest, DescribeManagedPrefixListsResult,
    GetManagedPrefixListAssociationsRequest, GetManagedPrefixListAssociationsResult,
    GetManagedPrefixListEntriesRequest, GetManagedPrefixListEntriesResult, PrefixListAssociation,
    PrefixListEntry,
};
use wharf_wire::{Call, Fault};

use super::{Entry, PrefixList, fault, users};
use crate::{
    Ec2Service,
    filter::{Asked, Fields, names},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeManagedPrefixListsRequest,
) -> Result<DescribeManagedPrefixListsResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let asked = Asked {
        ids: input.prefix_list_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |list: &PrefixList| -> Fields {
        vec![
            ("owner-id", vec![call.account.clone()]),
            ("prefix-list-id", vec![list.id.clone()]),
            ("prefix-list-name", vec![list.name.clone()]),
        ]
    };
    let (page, next_token) = service
        .select(call, asked, &names::MANAGED_PREFIX_LISTS, fields)
        .await?;
    let state = |list: &PrefixList| {
        if list.version == 1 {
            "create"
        } else {
            "modify"
        }
    };
    let lists = page.iter().map(|list| list.to_wire(call, state(list)));
    Ok(DescribeManagedPrefixListsResult {
        prefix_lists: Some(lists.collect()),
        next_token,
    })
}

pub async fn entries(
    service: &Ec2Service,
    call: &Call,
    input: GetManagedPrefixListEntriesRequest,
) -> Result<GetManagedPrefixListEntriesResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.prefix_list_id.as_deref().unwrap_or_default();
    let list: PrefixList = service.get(call, id).await?;
    let version = input.target_version.unwrap_or(list.version);
    let entries = list.versions.get(&version);
    let mut entries = entries
        .cloned()
        .ok_or_else(|| fault::no_version(id, version))?;
    entries.sort_by_key(|entry| entry.cidr.to_string());
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "prefix-list-entry", &(id, version), page)?;
    let entries = entries
        .into_iter()
        .map(|entry| (entry.cidr.to_string(), entry));
    let (page, next_token) = page.cut(entries, |(cidr, _)| cidr);
    let shown = |(cidr, entry): (String, Entry)| PrefixListEntry {
        cidr: Some(cidr),
        description: entry.description,
    };
    Ok(GetManagedPrefixListEntriesResult {
        entries: Some(page.into_iter().map(shown).collect()),
        next_token,
    })
}

pub async fn associations(
    service: &Ec2Service,
    call: &Call,
    input: GetManagedPrefixListAssociationsRequest,
) -> Result<GetManagedPrefixListAssociationsResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.prefix_list_id.as_deref().unwrap_or_default();
    service.get::<PrefixList>(call, id).await?;
    let mut users = users::of(service, call, id).await?.ids();
    users.sort();
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "prefix-list-association", &id, page)?;
    let (page, next_token) = page.cut(users, |id| id);
    let shown = |id| PrefixListAssociation {
        resource_id: Some(id),
        resource_owner: Some(call.account.clone()),
    };
    Ok(GetManagedPrefixListAssociationsResult {
        prefix_list_associations: Some(page.into_iter().map(shown).collect()),
        next_token,
    })
}
