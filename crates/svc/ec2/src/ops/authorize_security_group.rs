//! AuthorizeSecurityGroupIngress and -Egress: rules are added, all of a request or none.

use wharf_api_ec2::types::{
    AuthorizeSecurityGroupEgressRequest, AuthorizeSecurityGroupEgressResult,
    AuthorizeSecurityGroupIngressRequest, AuthorizeSecurityGroupIngressResult, IpPermission,
    SecurityGroupRule, TagSpecification,
};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    group_peers::{fill_lists, name_by_id, peers_of},
    security_groups::locate,
};
use crate::{
    Ec2Service, fault,
    permission::{self, asked},
    prefix_lists::PrefixList,
    records::{Direction, Rule, SecurityGroup},
    table::LeanOn,
    tags,
};

pub async fn ingress(
    service: &Ec2Service,
    call: &Call,
    mut input: AuthorizeSecurityGroupIngressRequest,
) -> Result<AuthorizeSecurityGroupIngressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let permissions = asked(&mut input);
    let wanted = Wanted {
        group: locate(service, call, input.group_id, input.group_name).await?,
        direction: Direction::Ingress,
        permissions,
        tags: input.tag_specifications,
    };
    let rules = wanted.add(service, call).await?;
    Ok(AuthorizeSecurityGroupIngressResult {
        return_: Some(true),
        security_group_rules: Some(rules),
    })
}

pub async fn egress(
    service: &Ec2Service,
    call: &Call,
    mut input: AuthorizeSecurityGroupEgressRequest,
) -> Result<AuthorizeSecurityGroupEgressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let permissions = asked(&mut input);
    let wanted = Wanted {
        group: locate(service, call, input.group_id, None).await?,
        direction: Direction::Egress,
        permissions,
        tags: input.tag_specifications,
    };
    let rules = wanted.add(service, call).await?;
    Ok(AuthorizeSecurityGroupEgressResult {
        return_: Some(true),
        security_group_rules: Some(rules),
    })
}

/// The permissions of a request, in whichever of the two ways it gave them.
struct Wanted {
    group: String,
    direction: Direction,
    permissions: Vec<IpPermission>,
    tags: Option<Vec<TagSpecification>>,
}

impl Wanted {
    async fn add(self, service: &Ec2Service, call: &Call) -> Result<Vec<SecurityGroupRule>, Fault> {
        let Self {
            group: id,
            direction,
            mut permissions,
            tags,
        } = self;
        if permissions.is_empty() {
            return Err(fault::missing_parameter("ipPermissions"));
        }
        let tags = tags::specified(call, tags.as_deref(), "security-group-rule")?;
        let group: SecurityGroup = service.get(call, &id).await?;
        name_by_id(service, call, &group, &mut permissions).await?;
        let mut new = permission::rules(&permissions)?;
        for rule in &mut new {
            rule.tags.clone_from(&tags);
        }
        transact!(service.table, &call.permit, |tx| {
            // A peer may have gone meanwhile; looking again says which.
            let peers = peers_of(service, call, &group, &new).await?;
            let lists = fill_lists(service, call, &mut new).await?;
            let stored = service.get_stored::<SecurityGroup>(call, &id).await?;
            let mut record = stored.record.clone();
            add_to(record.rules_mut(direction), &new)?;
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
        });
        let shown = new.iter().map(|rule| rule.to_wire(call, &id, direction));
        Ok(shown.collect())
    }
}

fn add_to(rules: &mut Vec<Rule>, new: &[Rule]) -> Result<(), Fault> {
    for rule in new {
        if rules.iter().any(|known| known.allows_same(rule)) {
            return Err(fault::rule_exists(&permission::spoken(rule)));
        }
        rules.push(rule.clone());
    }
    permission::check_room(rules)
}
