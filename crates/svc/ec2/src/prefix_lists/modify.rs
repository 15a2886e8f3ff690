//! ModifyManagedPrefixList: another name, other entries in a new version, or another size.

use wharf_api_ec2::types::{ModifyManagedPrefixListRequest, ModifyManagedPrefixListResult};
use wharf_base::Cidr4;
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{Entry, MAX_CHANGES, PrefixList, checked_name, checked_size, entry, fault, users};
use crate::Ec2Service;

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyManagedPrefixListRequest,
) -> Result<ModifyManagedPrefixListResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.prefix_list_id.as_deref().unwrap_or_default();
    let change = Change::read(&input)?;
    let list = transact!(service.table, &call.permit, |tx| {
        // Whatever comes to name the list rewrites its fence.
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<PrefixList>(call, id).await?;
        let mut list = stored.record.clone();
        change.apply(&mut list)?;
        let txn = Txn::new()
            .when(fence)
            .when(stored.unchanged())
            .put(&stored.key, encode(&list));
        let users = users::of(service, call, id).await?;
        tx.join(users.rewrite(txn, &list.listed())?);
        list
    });
    Ok(ModifyManagedPrefixListResult {
        prefix_list: Some(list.to_wire(call, "modify")),
    })
}

struct Change {
    name: Option<String>,
    size: Option<u32>,
    /// The version that entries are changed of.
    version: Option<i64>,
    added: Vec<Entry>,
    removed: Vec<Cidr4>,
}

impl Change {
    fn read(input: &ModifyManagedPrefixListRequest) -> Result<Self, Fault> {
        let added = input.add_entries.as_deref().unwrap_or_default();
        let removed = input.remove_entries.as_deref().unwrap_or_default();
        if added.len() > MAX_CHANGES || removed.len() > MAX_CHANGES {
            return Err(fault::too_many_changes(MAX_CHANGES));
        }
        let about_entries = !added.is_empty() || !removed.is_empty();
        if about_entries && input.max_entries.is_some() {
            return Err(fault::size_and_entries());
        }
        if about_entries && input.current_version.is_none() {
            return Err(crate::fault::missing_parameter("CurrentVersion"));
        }
        let named = input.prefix_list_name.as_deref();
        let range = |text: &str| Cidr4::canonical(text).map_err(|_| fault::bad_cidr(text));
        let removed = removed.iter().map(|it| it.cidr.as_deref());
        Ok(Self {
            name: named
                .map(|name| checked_name(Some(name)).map(str::to_owned))
                .transpose()?,
            size: input
                .max_entries
                .map(|size| checked_size(Some(size)))
                .transpose()?,
            version: input.current_version,
            added: added.iter().map(entry).collect::<Result<_, _>>()?,
            removed: removed
                .map(|text| range(text.unwrap_or_default()))
                .collect::<Result<_, _>>()?,
        })
    }

    fn apply(&self, list: &mut PrefixList) -> Result<(), Fault> {
        if let Some(given) = self.version
            && given != list.version
        {
            return Err(fault::version(&list.id, given, list.version));
        }
        if let Some(name) = &self.name {
            list.name.clone_from(name);
        }
        let mut entries = list.entries().to_vec();
        for gone in &self.removed {
            let place = entries.iter().position(|known| known.cidr == *gone);
            let place = place.ok_or_else(|| fault::absent(&gone.to_string()))?;
            entries.remove(place);
        }
        for (place, new) in self.added.iter().enumerate() {
            if self.added[..place].iter().any(|it| it.cidr == new.cidr) {
                return Err(fault::duplicate(&new.cidr.to_string()));
            }
            // One that is there already has a new description.
            match entries.iter_mut().find(|known| known.cidr == new.cidr) {
                Some(known) => known.clone_from(new),
                None => entries.push(new.clone()),
            }
        }
        list.max_entries = self.size.unwrap_or(list.max_entries);
        if entries.len() > list.max_entries as usize {
            return Err(fault::too_many_entries(list.max_entries));
        }
        if entries != list.entries() || self.size.is_some() {
            list.add_version(entries);
        }
        Ok(())
    }
}
