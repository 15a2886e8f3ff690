//! CreateAlias, UpdateAlias, DeleteAlias and ListAliases.

use std::collections::BTreeSet;

use wharf_api_kms::{
    AliasListEntry, CreateAliasRequest, DeleteAliasRequest, ListAliasesRequest,
    ListAliasesResponse, UpdateAliasRequest, faults,
};
use wharf_records::Unknown;
use wharf_service::{Pages, Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, again, alias_key, key},
    describe,
    fault::{self, KmsFaults},
    names::{self, Asked},
    records::{Alias, Key},
};

/// Aliases of one key, as in AWS.
const MOST: usize = 50;

pub async fn create_alias(
    core: &Core,
    call: &Call,
    input: CreateAliasRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.alias_name.unwrap_or_default();
    names::check_alias(&name)?;
    let target = input.target_key_id.as_deref();
    must_be_a_key(&place, target)?;
    let found = core.find_by_id(&place, target).await?;
    let found = found.kept()?;
    let alias = Alias {
        key: found.id.clone(),
        created_at: call.now,
        changed_at: call.now,
        unknown: Unknown::new(),
    };
    let at = alias_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Alias>(&at).await?.is_some() {
            let arn = names::alias_arn(&place, &name);
            let text = format!("An alias with the name {arn} already exists");
            return Err(faults::already_exists_exception(text));
        }
        let mut key = again(&mut tx, &found).await?;
        lead_here(&mut key, &name)?;
        tx.put(&at, &alias);
        tx.put(&found.stored.key, &key);
    });
    Ok(())
}

fn must_be_a_key(place: &Place, target: Option<&str>) -> Result<(), Fault> {
    match names::asked(place, target.unwrap_or_default())? {
        Asked::Key { .. } => Ok(()),
        Asked::Alias { .. } => Err(fault::invalid("Aliases must refer to keys. Not aliases")),
    }
}

fn lead_here(key: &mut Key, name: &str) -> Result<(), Fault> {
    key.aliases.insert(name.to_owned());
    match key.aliases.len() <= MOST {
        true => Ok(()),
        false => Err(fault::limit(format!(
            "A KMS key can have at most {MOST} aliases."
        ))),
    }
}

pub async fn update_alias(
    core: &Core,
    call: &Call,
    input: UpdateAliasRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.alias_name.unwrap_or_default();
    names::check_alias(&name)?;
    let target = input.target_key_id.as_deref();
    must_be_a_key(&place, target)?;
    let found = core.find_by_id(&place, target).await?;
    let found = found.kept()?;
    let at = alias_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        let alias = tx.find::<Alias>(&at).await?;
        let mut alias = alias.ok_or_else(|| fault::no_alias(&names::alias_arn(&place, &name)))?;
        let mut target = again(&mut tx, &found).await?;
        if alias.key != found.id {
            let before = key(&place, &alias.key);
            if let Some(mut source) = tx.find::<Key>(&before).await? {
                same_kind(&source, &target, &name)?;
                source.aliases.remove(&name);
                tx.put(&before, &source);
            }
            lead_here(&mut target, &name)?;
            tx.put(&found.stored.key, &target);
        }
        alias.key.clone_from(&found.id);
        alias.changed_at = call.now;
        tx.put(&at, &alias);
    });
    Ok(())
}

/// What used the alias must be able to go on.
fn same_kind(before: &Key, after: &Key, name: &str) -> Result<(), Fault> {
    let kind = |it: &Key| (it.usage.name(), it.spec.is_asymmetric());
    match kind(before) == kind(after) {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "Alias {name} and the KMS key must have the same key usage and key type."
        ))),
    }
}

pub async fn delete_alias(
    core: &Core,
    call: &Call,
    input: DeleteAliasRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.alias_name.unwrap_or_default();
    names::check_alias(&name)?;
    let at = alias_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        let alias = tx.find::<Alias>(&at).await?;
        let alias = alias.ok_or_else(|| fault::no_alias(&names::alias_arn(&place, &name)))?;
        let of = key(&place, &alias.key);
        if let Some(mut key) = tx.find::<Key>(&of).await? {
            key.aliases.remove(&name);
            tx.put(&of, &key);
        }
        tx.delete(&at);
    });
    Ok(())
}

pub async fn list_aliases(
    core: &Core,
    call: &Call,
    input: ListAliasesRequest,
) -> Result<ListAliasesResponse, Fault> {
    let place = Place::of(call);
    let size = describe::page_size(input.limit, 50, 100)?;
    let of: Option<BTreeSet<String>> = match input.key_id.as_deref() {
        None => None,
        given => {
            let found = core.find_by_id(&place, given).await?;
            match found.place == place {
                true => Some(found.key().aliases.clone()),
                // Which aliases other accounts have is theirs.
                false => return Err(fault::no_key(&found.arn())),
            }
        }
    };
    let keyring = &core.parts.keyring;
    let pages = Pages::<KmsFaults>::new(keyring, call, "kms/ListAliases", &input.key_id);
    let page = pages.page(input.marker.as_deref(), size)?;
    let mut all = core.table.all::<Alias>(&names::scope(&place), "").await?;
    all.retain(|(name, _)| of.as_ref().is_none_or(|it| it.contains(name)));
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (shown, next_marker) = page.cut(all, |(name, _)| name);
    let entry = |(name, stored): (String, wharf_service::Stored<Alias>)| AliasListEntry {
        alias_arn: Some(names::alias_arn(&place, &name)),
        alias_name: Some(name),
        target_key_id: Some(stored.record.key),
        creation_date: Some(stored.record.created_at),
        last_updated_date: Some(stored.record.changed_at),
    };
    Ok(ListAliasesResponse {
        aliases: Some(shown.into_iter().map(entry).collect()),
        truncated: Some(next_marker.is_some()),
        next_marker,
    })
}
