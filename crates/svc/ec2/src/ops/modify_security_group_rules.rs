//! ModifySecurityGroupRules: other contents under the same ids, all of a request or none.

use wharf_api_ec2::types::{ModifySecurityGroupRulesRequest, ModifySecurityGroupRulesResult};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::group_peers::{fill_lists, peers_of};
use crate::{
    Ec2Service, fault, permission,
    prefix_lists::PrefixList,
    records::{Direction, Rule, SecurityGroup},
    table::LeanOn,
};

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifySecurityGroupRulesRequest,
) -> Result<ModifySecurityGroupRulesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.group_id.as_deref().unwrap_or_default();
    let mut new = Vec::new();
    for update in input.security_group_rules.iter().flatten() {
        let request = update.security_group_rule.clone().unwrap_or_default();
        let rule = permission::replacement(&request)?;
        let id = update.security_group_rule_id.clone().unwrap_or_default();
        new.push(Rule { id, ..rule });
    }
    if new.is_empty() {
        return Err(fault::missing_parameter("SecurityGroupRule"));
    }
    Ok(transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<SecurityGroup>(call, id).await?;
        let mut record = stored.record.clone();
        let peers = peers_of(service, call, &record, &new).await?;
        let lists = fill_lists(service, call, &mut new).await?;
        for rule in &new {
            replace(&mut record, rule)?;
        }
        check_distinct(&record)?;
        let mut txn = Txn::new()
            .when(stored.unchanged())
            .put(&stored.key, encode(&record));
        for peer in &peers {
            txn = txn.lean_on::<SecurityGroup>(call, peer);
        }
        for list in &lists {
            txn = txn
                .when(list.unchanged())
                .lean_on::<PrefixList>(call, &list.record.id);
        }
        tx.join(txn);
        ModifySecurityGroupRulesResult {
            return_: Some(true),
        }
    }))
}

/// The rule keeps its tags and its direction.
fn replace(group: &mut SecurityGroup, new: &Rule) -> Result<(), Fault> {
    let rules = group.ingress.iter_mut().chain(&mut group.egress);
    let known = rules.into_iter().find(|rule| rule.id == new.id);
    let known = known.ok_or_else(|| fault::rule_id_not_found(&new.id))?;
    let tags = std::mem::take(&mut known.tags);
    *known = Rule {
        tags,
        ..new.clone()
    };
    Ok(())
}

fn check_distinct(group: &SecurityGroup) -> Result<(), Fault> {
    for direction in [Direction::Ingress, Direction::Egress] {
        let rules = group.rules(direction);
        permission::check_room(rules)?;
        for (place, rule) in rules.iter().enumerate() {
            if rules[..place].iter().any(|known| known.allows_same(rule)) {
                return Err(fault::rule_exists(&permission::spoken(rule)));
            }
        }
    }
    Ok(())
}
