//! DescribeManagedPrefixLists, GetManagedPrefixListEntries and GetManagedPrefixListAssociations.

use wharf_api_ec2::types::{
    DescribeManagedPrefixListsRequest, DescribeManagedPrefixListsResult,
    GetManagedPrefixListAssociationsRequest, GetManagedPrefixListAssociationsResult,
    GetManagedPrefixListEntriesRequest, GetManagedPrefixListEntriesResult, ManagedPrefixList,
    PrefixListAssociation, PrefixListEntry,
};
use wharf_wire::{Call, Fault};

use super::{Entry, PrefixList, fault, users};
use wharf_records::Record as _;
use wharf_service::tags::Tags;

use crate::{
    Ec2Service, endpoints,
    filter::{self, Fields, names},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeManagedPrefixListsRequest,
) -> Result<DescribeManagedPrefixListsResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let selection = (&input.prefix_list_ids, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, PrefixList::KIND, &selection, page)?;
    let filters = filter::checked(input.filters, &names::MANAGED_PREFIX_LISTS)?;
    let own: Vec<PrefixList> = service.all(call).await?;
    let mut all: Vec<(String, Tags, ManagedPrefixList)> = Vec::new();
    for list in own {
        let done = if list.version == 1 {
            "create"
        } else {
            "modify"
        };
        all.push((list.id.clone(), list.tags.clone(), list.to_wire(call, done)));
    }
    for list in endpoints::managed_lists(&call.region) {
        all.push((
            list.0.clone(),
            Tags::new(),
            endpoints::managed_shown(call, list),
        ));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(ids) = input.prefix_list_ids.filter(|ids| !ids.is_empty()) {
        let is_known = |id: &&String| all.iter().any(|(it, ..)| it == *id);
        if let Some(missing) = ids.iter().find(|id| !is_known(id)) {
            return Err(fault::not_found(missing));
        }
        all.retain(|(id, ..)| ids.contains(id));
    }
    let fields = |list: &ManagedPrefixList| -> Fields {
        let one = |value: &Option<String>| value.iter().cloned().collect();
        vec![
            ("owner-id", one(&list.owner_id)),
            ("prefix-list-id", one(&list.prefix_list_id)),
            ("prefix-list-name", one(&list.prefix_list_name)),
        ]
    };
    all.retain(|(_, tags, list)| filter::matches(&filters, &fields(list), tags));
    let (page, next_token) = page.cut(all, |(id, ..)| id);
    Ok(DescribeManagedPrefixListsResult {
        prefix_lists: Some(page.into_iter().map(|(.., list)| list).collect()),
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
    let (version, mut entries) = match endpoints::managed_list(&call.region, id) {
        Some(listed) => (0, listed.ranges.into_iter().map(Entry::of).collect()),
        None => {
            let list: PrefixList = service.get(call, id).await?;
            let version = input.target_version.unwrap_or(list.version);
            let entries = list.versions.get(&version);
            let entries = entries.cloned();
            (
                version,
                entries.ok_or_else(|| fault::no_version(id, version))?,
            )
        }
    };
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
    if endpoints::managed_list(&call.region, id).is_some() {
        // What names AWS's own lists is told to nobody.
        return Ok(GetManagedPrefixListAssociationsResult {
            prefix_list_associations: Some(vec![]),
            next_token: None,
        });
    }
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
