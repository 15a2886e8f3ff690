//! Rules of listeners: made, described, changed, ordered, deleted.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_elbv2::{
    self as wire, CreateRuleInput, CreateRuleOutput, DeleteRuleInput, DeleteRuleOutput,
    DescribeRulesInput, DescribeRulesOutput, ModifyRuleInput, ModifyRuleOutput,
    SetRulePrioritiesInput, SetRulePrioritiesOutput, faults,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::{Stored, transact};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::listeners::{tree_of, within_limit};
use crate::{
    check::{self, action::At},
    core::Core,
    describe, fault,
    names::{self, Kind, Names as _, Place},
    page,
    records::{Listener, Rule},
    tree::{Links, Tree, groups},
};

/// Of one load balancer without the default ones, as in AWS.
const MAX_RULES: usize = 100;

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateRuleInput,
) -> Result<CreateRuleOutput, Fault> {
    let place = Place::of(call);
    refuse_transforms(input.transforms.as_deref())?;
    let conditions = check::condition::conditions(input.conditions.unwrap_or_default())?;
    let priority = priority(input.priority)?;
    let tags = check::tags::given(input.tags)?;
    let actions = input.actions.unwrap_or_default();
    Ok(transact!(core.table, &call.permit, |tx| {
        let (tree, listener) = tree_of(core, &place, input.listener_arn.as_deref()).await?;
        if names::is_network(&listener) {
            return Err(fault::configuration(
                "Rules are unsupported for Network Load Balancer listeners",
            ));
        }
        let at = at(&tree, &listener)?;
        if tree
            .rules_of(&listener)
            .iter()
            .any(|(_, it)| it.record.priority == priority)
        {
            return Err(fault::priority_in_use(priority));
        }
        if tree.rules.len() >= MAX_RULES {
            return Err(faults::too_many_rules_exception(
                "The maximum number of rules has been reached on this load balancer: 100",
            ));
        }
        let id = format!("{listener}/{}", ids::hex16());
        let arn = place.arn(Kind::Rule, &id);
        let asked = check::action::actions(actions.clone(), at)?;
        let rule = Rule {
            priority,
            conditions: conditions.clone(),
            actions: core.sealer(&arn).actions(asked, &[])?,
            tags: tags.clone(),
            unknown: Unknown::new(),
        };
        let after = groups(&rule.actions);
        within_limit(&tree, &after)?;
        let mut links = Links::new(core, &place);
        links
            .change(&tree, (&arn, at.protocol), &BTreeSet::new(), &after)
            .await?;
        let key = place.scope().key(Rule::KIND, &id);
        let txn = with_session_keys(core, &place, &tree, &listener, &rule)?;
        let txn = txn.when(Compare::absent(&key)).put(key, encode(&rule));
        tx.join(tree.touch(links.write(txn)));
        CreateRuleOutput {
            rules: Some(vec![describe::rule(&place, &id, &rule)]),
        }
    }))
}

/// Begins a transaction: the rule's listener has keys of sessions if the rule authenticates users.
fn with_session_keys(
    core: &Core,
    place: &Place,
    tree: &Tree,
    listener: &str,
    rule: &Rule,
) -> Result<Txn, Fault> {
    let stored = tree
        .listener(listener)
        .ok_or_else(fault::listener_not_found)?;
    let mut changed = stored.record.clone();
    let arn = place.arn(Kind::Listener, listener);
    let txn = core.with_session_keys(Txn::new(), &arn, &mut changed, &rule.actions)?;
    Ok(match changed == stored.record {
        true => txn,
        false => txn
            .when(stored.unchanged())
            .put(&stored.key, encode(&changed)),
    })
}

fn at(tree: &Tree, listener: &str) -> Result<At, Fault> {
    let stored = tree
        .listener(listener)
        .ok_or_else(fault::listener_not_found)?;
    Ok(At {
        protocol: stored.record.protocol,
        port: stored.record.port,
    })
}

fn priority(given: Option<i32>) -> Result<u32, Fault> {
    let priority = given.and_then(|it| u32::try_from(it).ok());
    priority
        .filter(|it| (1..=50_000).contains(it))
        .ok_or_else(|| fault::invalid("The priority of a rule must be between 1 and 50000"))
}

fn refuse_transforms(given: Option<&[wire::RuleTransform]>) -> Result<(), Fault> {
    match given.unwrap_or_default().first() {
        Some(transform) => {
            let kind = transform.type_.as_deref().unwrap_or_default();
            Err(fault::unsupported(format_args!("The transform '{kind}'")))
        }
        None => Ok(()),
    }
}

/// A rule of its own, or a listener's default one.
enum Named {
    Own(Box<Tree>, String),
    Default(String, Box<Stored<Listener>>),
}

async fn named(core: &Core, place: &Place, arn: Option<&str>) -> Result<Named, Fault> {
    let id = place
        .id(Kind::Rule, arn)?
        .ok_or_else(fault::rule_not_found)?;
    let listener = names::owner(&id);
    let tree = core.tree(place, names::owner(listener)).await?;
    let tree = tree.ok_or_else(fault::rule_not_found)?;
    if let Some(stored) = tree.listener(listener)
        && id.ends_with(&format!("/{}", stored.record.default_rule))
    {
        let stored = Box::new(stored.clone());
        return Ok(Named::Default(listener.to_owned(), stored));
    }
    if !tree.rules.iter().any(|(other, _)| *other == id) {
        return Err(fault::rule_not_found());
    }
    Ok(Named::Own(Box::new(tree), id))
}

fn rule<'a>(tree: &'a Tree, id: &str) -> Result<&'a (String, Stored<Rule>), Fault> {
    let found = tree.rules.iter().find(|(other, _)| other == id);
    found.ok_or_else(fault::rule_not_found)
}

pub async fn describe(
    core: &Core,
    call: &Call,
    mut input: DescribeRulesInput,
) -> Result<DescribeRulesOutput, Fault> {
    let wanted = (input.marker.take(), input.page_size.take());
    let wanted = page::asked(core, call, "elbv2/DescribeRules", &input, wanted)?;
    let place = Place::of(call);
    let arns = input.rule_arns.unwrap_or_default();
    let mut found: Vec<wire::Rule> = Vec::new();
    match (input.listener_arn.as_deref(), arns.is_empty()) {
        (Some(arn), true) => {
            let (tree, listener) = tree_of(core, &place, Some(arn)).await?;
            let own = tree.rules_of(&listener);
            found.extend(
                own.iter()
                    .map(|(id, it)| describe::rule(&place, id, &it.record)),
            );
            let stored = tree
                .listener(&listener)
                .ok_or_else(fault::listener_not_found)?;
            found.push(describe::default_rule(&place, &listener, &stored.record));
        }
        (None, false) => {
            for arn in &arns {
                found.push(match named(core, &place, Some(arn)).await? {
                    Named::Own(tree, id) => {
                        describe::rule(&place, &id, &rule(&tree, &id)?.1.record)
                    }
                    Named::Default(id, stored) => {
                        describe::default_rule(&place, &id, &stored.record)
                    }
                });
            }
        }
        _ => {
            return Err(fault::invalid(
                "You must specify either listener rule ARNs or a listener ARN",
            ));
        }
    }
    found.sort_by_cached_key(order);
    found.dedup();
    let found = found.into_iter().map(|rule| (order(&rule), rule));
    let (page, next_marker) = wanted.cut(found, |(order, _)| order);
    let page = page.into_iter().map(|(_, rule)| rule).collect();
    Ok(DescribeRulesOutput {
        rules: Some(page),
        next_marker,
    })
}

/// By priority, the default rule last; the ARN keeps rules of several listeners apart.
fn order(rule: &wire::Rule) -> String {
    let priority = rule.priority.as_deref().unwrap_or_default();
    let arn = rule.rule_arn.as_deref().unwrap_or_default();
    format!("{priority:0>8} {arn}")
}

pub async fn modify(
    core: &Core,
    call: &Call,
    input: ModifyRuleInput,
) -> Result<ModifyRuleOutput, Fault> {
    let place = Place::of(call);
    refuse_transforms(input.transforms.as_deref())?;
    let conditions = match input.conditions {
        Some(conditions) => Some(check::condition::conditions(conditions)?),
        None => None,
    };
    let arn = input.rule_arn.unwrap_or_default();
    Ok(transact!(core.table, &call.permit, |tx| {
        let Named::Own(tree, id) = named(core, &place, Some(&arn)).await? else {
            return Err(fault::default_rule(&arn, "modified"));
        };
        let (_, stored) = rule(&tree, &id)?;
        let mut changed = stored.record.clone();
        if let Some(conditions) = &conditions {
            changed.conditions.clone_from(conditions);
        }
        let at = at(&tree, names::owner(&id))?;
        if let Some(actions) = input.actions.clone() {
            let asked = check::action::actions(actions, at)?;
            changed.actions = core.sealer(&arn).actions(asked, &stored.record.actions)?;
        }
        let (before, after) = (groups(&stored.record.actions), groups(&changed.actions));
        within_limit(&tree, &after)?;
        let mut links = Links::new(core, &place);
        links
            .change(&tree, (&arn, at.protocol), &before, &after)
            .await?;
        let txn = with_session_keys(core, &place, &tree, names::owner(&id), &changed)?;
        let txn = txn
            .when(stored.unchanged())
            .put(&stored.key, encode(&changed));
        tx.join(tree.touch(links.write(txn)));
        ModifyRuleOutput {
            rules: Some(vec![describe::rule(&place, &id, &changed)]),
        }
    }))
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteRuleInput,
) -> Result<DeleteRuleOutput, Fault> {
    let place = Place::of(call);
    let arn = input.rule_arn.unwrap_or_default();
    transact!(core.table, &call.permit, |tx| {
        let Named::Own(tree, id) = named(core, &place, Some(&arn)).await? else {
            return Err(fault::default_rule(&arn, "deleted"));
        };
        let txn = core.removal(&place, None, &[rule(&tree, &id)?]).await?;
        tx.join(tree.touch(txn));
    });
    Ok(DeleteRuleOutput {})
}

/// All rules get their priorities at once, so that two may swap theirs.
pub async fn set_priorities(
    core: &Core,
    call: &Call,
    input: SetRulePrioritiesInput,
) -> Result<SetRulePrioritiesOutput, Fault> {
    let place = Place::of(call);
    let mut wanted: BTreeMap<String, u32> = BTreeMap::new();
    for pair in input.rule_priorities.unwrap_or_default() {
        let arn = pair.rule_arn.unwrap_or_default();
        let priority = priority(pair.priority)?;
        let id = place
            .id(Kind::Rule, Some(&arn))?
            .ok_or_else(fault::rule_not_found)?;
        if wanted.insert(id, priority).is_some() {
            return Err(fault::invalid(format!(
                "The rule '{arn}' was specified more than once"
            )));
        }
    }
    let first = wanted.keys().next();
    let first = first
        .ok_or_else(|| fault::invalid("A rule priority must be specified"))?
        .clone();
    let listener = names::owner(&first).to_owned();
    if wanted.keys().any(|id| names::owner(id) != listener) {
        return Err(fault::invalid("All rules must belong to the same listener"));
    }
    let mut shown = transact!(core.table, &call.permit, |tx| {
        for id in wanted.keys() {
            let arn = place.arn(Kind::Rule, id);
            if let Named::Default(..) = named(core, &place, Some(&arn)).await? {
                return Err(fault::default_rule(&arn, "reordered"));
            }
        }
        let tree = core.tree(&place, names::owner(&listener)).await?;
        let tree = tree.ok_or_else(fault::rule_not_found)?;
        let own = tree.rules_of(&listener);
        let current = own.iter().map(|(id, it)| (id.clone(), it.record.priority));
        let ordered = reordered(current.collect(), &wanted)?;
        let mut txn = Txn::new();
        let mut shown = Vec::new();
        for (id, stored) in own {
            let mut rule = stored.record.clone();
            rule.priority = ordered[id];
            if wanted.contains_key(id) {
                shown.push(describe::rule(&place, id, &rule));
            }
            if rule != stored.record {
                txn = txn.when(stored.unchanged()).put(&stored.key, encode(&rule));
            }
        }
        tx.join(tree.touch(txn));
        shown
    });
    shown.sort_by_cached_key(order);
    Ok(SetRulePrioritiesOutput { rules: Some(shown) })
}

/// The priorities with the wanted ones in place; each may be there once.
fn reordered(
    mut current: BTreeMap<String, u32>,
    wanted: &BTreeMap<String, u32>,
) -> Result<BTreeMap<String, u32>, Fault> {
    for (id, priority) in wanted {
        *current.get_mut(id).ok_or_else(fault::rule_not_found)? = *priority;
    }
    let mut seen = BTreeSet::new();
    match current.values().find(|priority| !seen.insert(**priority)) {
        Some(twice) => Err(fault::priority_in_use(*twice)),
        None => Ok(current),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(pairs: &[(&str, u32)]) -> BTreeMap<String, u32> {
        pairs
            .iter()
            .map(|(id, priority)| ((*id).to_owned(), *priority))
            .collect()
    }

    #[test]
    fn two_rules_may_swap() {
        let current = of(&[("a", 1), ("b", 2), ("c", 3)]);
        let swapped = reordered(current.clone(), &of(&[("a", 2), ("b", 1)]));
        assert_eq!(swapped, Ok(of(&[("a", 2), ("b", 1), ("c", 3)])));
        let taken = reordered(current.clone(), &of(&[("a", 3)])).unwrap_err();
        assert_eq!(
            (taken.code.as_ref(), taken.message.as_str()),
            ("PriorityInUse", "Priority '3' is currently in use")
        );
        assert_eq!(
            reordered(current, &of(&[("x", 9)])).unwrap_err().code,
            "RuleNotFound"
        );
    }

    #[test]
    fn the_default_rule_is_last() {
        let rule = |priority: &str| wire::Rule {
            priority: Some(priority.to_owned()),
            ..wire::Rule::default()
        };
        let mut rules = [rule("default"), rule("50000"), rule("9"), rule("10")];
        rules.sort_by_cached_key(order);
        let found: Vec<_> = rules
            .iter()
            .filter_map(|it| it.priority.as_deref())
            .collect();
        assert_eq!(found, ["9", "10", "50000", "default"]);
    }

    proptest! {
        /// Whatever is asked: either refused, or all priorities differ and the asked ones are met.
        #[test]
        fn priorities_stay_unique(
            current in prop::collection::btree_map("[a-d]", 1..6_u32, 0..4),
            wanted in prop::collection::btree_map("[a-e]", 1..6_u32, 1..4),
        ) {
            if let Ok(found) = reordered(current.clone(), &wanted) {
                let unique: BTreeSet<u32> = found.values().copied().collect();
                prop_assert_eq!(unique.len(), found.len());
                prop_assert!(wanted.iter().all(|(id, priority)| found[id] == *priority));
                prop_assert!(found.keys().eq(current.keys()));
            }
        }
    }
}
