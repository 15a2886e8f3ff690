//! PutTargets, RemoveTargets, ListTargetsByRule and ListRuleNamesByTarget.

use std::collections::BTreeSet;

use wharf_api_events::{
    ListRuleNamesByTargetRequest, ListRuleNamesByTargetResponse, ListTargetsByRuleRequest,
    ListTargetsByRuleResponse, PutTargetsRequest, PutTargetsResponse, RemoveTargetsRequest,
    RemoveTargetsResponse, RemoveTargetsResultEntry,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{page_size, rules::changeable};
use crate::{
    core::{Core, rules_changed},
    document, fault,
    names::{of_rule_id, scope},
    records::Rule,
    targets,
};

/// Targets of a rule.
const MOST_TARGETS: usize = 5;

/// A target of an id that is there is replaced.
pub async fn put_targets(
    core: &Core,
    call: &Call,
    input: PutTargetsRequest,
) -> Result<PutTargetsResponse, Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let name = input.rule.unwrap_or_default();
    let given = input.targets.unwrap_or_default();
    let mut ids = BTreeSet::new();
    for target in &given {
        targets::check(target).map_err(fault::bad_target)?;
        targets::check_place(target, &bus.place).map_err(fault::bad_target)?;
        if !ids.insert(target.id.as_deref().unwrap_or_default()) {
            return Err(fault::invalid("The target ids of a request must differ."));
        }
    }
    let key = bus.rule_key(&name);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Rule>(&key).await?;
        let mut rule = found.ok_or_else(|| fault::no_rule(&name, &bus.name))?;
        changeable(call, &name, &rule)?;
        for target in &given {
            let id = target.id.clone().unwrap_or_default();
            rule.targets.insert(id, document::of_target(target.clone()));
        }
        if rule.targets.len() > MOST_TARGETS {
            return Err(fault::too_many());
        }
        rules_changed(&mut tx, &bus, |it| it).await?;
        tx.put(&key, &rule);
    });
    Ok(PutTargetsResponse {
        failed_entry_count: Some(0),
        failed_entries: Some(Vec::new()),
    })
}

pub async fn remove_targets(
    core: &Core,
    call: &Call,
    input: RemoveTargetsRequest,
) -> Result<RemoveTargetsResponse, Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let name = input.rule.unwrap_or_default();
    let ids = input.ids.unwrap_or_default();
    let key = bus.rule_key(&name);
    let unknown = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Rule>(&key).await?;
        let mut rule = found.ok_or_else(|| fault::no_rule(&name, &bus.name))?;
        if !input.force.unwrap_or_default() {
            changeable(call, &name, &rule)?;
        }
        let mut unknown = Vec::new();
        for id in &ids {
            if rule.targets.remove(id).is_none() {
                unknown.push(id.clone());
            }
        }
        rules_changed(&mut tx, &bus, |it| it).await?;
        tx.put(&key, &rule);
        unknown
    });
    let failed = |id: String| RemoveTargetsResultEntry {
        error_code: Some("ResourceNotFoundException".to_owned()),
        error_message: Some(format!(
            "Rule {name} does not have a target with the Id {id}."
        )),
        target_id: Some(id),
    };
    Ok(RemoveTargetsResponse {
        failed_entry_count: i32::try_from(unknown.len()).ok(),
        failed_entries: Some(unknown.into_iter().map(failed).collect()),
    })
}

pub async fn list_targets_by_rule(
    core: &Core,
    call: &Call,
    input: ListTargetsByRuleRequest,
) -> Result<ListTargetsByRuleResponse, Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let name = input.rule.unwrap_or_default();
    let rule = core.rule(&bus, &name).await?.record;
    let pages = core.pages(call, "events/ListTargetsByRule", &(&bus.name, &name));
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let (found, next_token) = page.cut(rule.targets, |(id, _)| id.as_str());
    let found = found.iter().filter_map(|(_, it)| document::target(it));
    Ok(ListTargetsByRuleResponse {
        targets: Some(found.collect()),
        next_token,
    })
}

pub async fn list_rule_names_by_target(
    core: &Core,
    call: &Call,
    input: ListRuleNamesByTargetRequest,
) -> Result<ListRuleNamesByTargetResponse, Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let wanted = input.target_arn.unwrap_or_default();
    let pages = core.pages(call, "events/ListRuleNamesByTarget", &(&bus.name, &wanted));
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let start = bus.rule_id("");
    let mut all = core.table.all::<Rule>(&scope(&bus.place), &start).await?;
    let is_wanted = |it: &serde_json::Value| it["Arn"] == *wanted;
    all.retain(|(_, it)| it.record.targets.values().any(is_wanted));
    let (all, next_token) = page.cut(all, |(id, _)| id.as_str());
    let names = all.iter().map(|(id, _)| of_rule_id(id).1.to_owned());
    Ok(ListRuleNamesByTargetResponse {
        rule_names: Some(names.collect()),
        next_token,
    })
}
