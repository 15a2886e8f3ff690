//! CreateManagedPrefixList.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{CreateManagedPrefixListRequest, CreateManagedPrefixListResult};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{Entry, MAX_CHANGES, MAX_LISTS, PrefixList, checked_name, checked_size, entry, fault};
use crate::{Ec2Service, records::Pointer, table::client_token, tags};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateManagedPrefixListRequest,
) -> Result<CreateManagedPrefixListResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let name = checked_name(input.prefix_list_name.as_deref())?.to_owned();
    let max_entries = checked_size(input.max_entries)?;
    match input.address_family.as_deref().unwrap_or_default() {
        "IPv4" => {}
        "" => return Err(crate::fault::missing_parameter("AddressFamily")),
        other => return Err(fault::bad_family(other)),
    }
    let given = input.entries.as_deref().unwrap_or_default();
    if given.len() > MAX_CHANGES {
        return Err(fault::too_many_changes(MAX_CHANGES));
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(given.len());
    for given in given {
        let new = entry(given)?;
        if entries.iter().any(|known| known.cidr == new.cidr) {
            return Err(fault::duplicate(&new.cidr.to_string()));
        }
        entries.push(new);
    }
    if entries.len() > max_entries as usize {
        return Err(fault::too_many_entries(max_entries));
    }
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, PrefixList::KIND)?;
    let token = client_token(input.client_token.as_deref())?;
    if service.all::<PrefixList>(call).await?.len() >= MAX_LISTS {
        return Err(fault::too_many_lists());
    }
    let list = PrefixList {
        id: ids::ec2_id("pl"),
        name,
        max_entries,
        version: 1,
        versions: BTreeMap::from([(1, entries)]),
        client_token: token.map(str::to_owned),
        tags,
        unknown: Unknown::new(),
    };
    let key = Ec2Service::key::<PrefixList>(call, &list.id);
    let mut txn = Txn::new().put(key, encode(&list));
    if let Some(token) = token {
        let claim = Ec2Service::key::<Pointer>(call, &claim(token));
        txn = txn
            .when(Compare::absent(claim.clone()))
            .put(claim, encode(&Pointer::to(&list.id)));
    }
    if service.commit(call, txn).await?.is_none() {
        return Ok(answer(&list, call));
    }
    // The token stands for a list already.
    let token = token.unwrap_or_default();
    let pointer: Option<Pointer> = service.find(call, &claim(token)).await?;
    let id = pointer.map(|it| it.id).unwrap_or_default();
    let known: PrefixList = service.get(call, &id).await?;
    let same = known.name == list.name
        && known.max_entries == list.max_entries
        && known.versions.get(&1) == list.versions.get(&1);
    match same {
        true => Ok(answer(&known, call)),
        false => Err(crate::fault::token_reused()),
    }
}

/// The pointer that a client token leaves, deleted with its list.
pub fn claim(token: &str) -> String {
    format!("prefix-list-token:{token}")
}

fn answer(list: &PrefixList, call: &Call) -> CreateManagedPrefixListResult {
    CreateManagedPrefixListResult {
        prefix_list: Some(list.to_wire(call, "create")),
    }
}
