//! RevokeSecurityGroupIngress and -Egress: rules are taken away, named by id or by what they allow.

use wharf_api_ec2::types::{
    IpPermission, RevokeSecurityGroupEgressRequest, RevokeSecurityGroupEgressResult,
    RevokeSecurityGroupIngressRequest, RevokeSecurityGroupIngressResult, RevokedSecurityGroupRule,
};
use wharf_wire::{Call, Fault};

use super::{group_peers::name_by_id, security_groups::locate};
use crate::{
    Ec2Service, fault,
    permission::{self, asked},
    records::{Direction, Rule, SecurityGroup, Vpc},
};

pub async fn ingress(
    service: &Ec2Service,
    call: &Call,
    mut input: RevokeSecurityGroupIngressRequest,
) -> Result<RevokeSecurityGroupIngressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let permissions = asked(&mut input);
    let unwanted = Unwanted {
        group: locate(service, call, input.group_id, input.group_name).await?,
        direction: Direction::Ingress,
        permissions,
        rule_ids: input.security_group_rule_ids.unwrap_or_default(),
    };
    let (revoked, unknown) = unwanted.take(service, call).await?;
    Ok(RevokeSecurityGroupIngressResult {
        return_: Some(true),
        unknown_ip_permissions: Some(unknown),
        revoked_security_group_rules: Some(revoked),
    })
}

pub async fn egress(
    service: &Ec2Service,
    call: &Call,
    mut input: RevokeSecurityGroupEgressRequest,
) -> Result<RevokeSecurityGroupEgressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let permissions = asked(&mut input);
    let unwanted = Unwanted {
        group: locate(service, call, input.group_id, None).await?,
        direction: Direction::Egress,
        permissions,
        rule_ids: input.security_group_rule_ids.unwrap_or_default(),
    };
    let (revoked, unknown) = unwanted.take(service, call).await?;
    Ok(RevokeSecurityGroupEgressResult {
        return_: Some(true),
        unknown_ip_permissions: Some(unknown),
        revoked_security_group_rules: Some(revoked),
    })
}

struct Unwanted {
    group: String,
    direction: Direction,
    permissions: Vec<IpPermission>,
    rule_ids: Vec<String>,
}

type Taken = (Vec<RevokedSecurityGroupRule>, Vec<IpPermission>);

impl Unwanted {
    /// The rules that went, and the permissions that there was no rule for.
    async fn take(mut self, service: &Ec2Service, call: &Call) -> Result<Taken, Fault> {
        if self.permissions.is_empty() && self.rule_ids.is_empty() {
            return Err(fault::nothing_to_revoke());
        }
        let group: SecurityGroup = service.get(call, &self.group).await?;
        name_by_id(service, call, &group, &mut self.permissions).await?;
        let unwanted = permission::rules(&self.permissions)?;
        let vpc: Option<Vpc> = service.find(call, &group.vpc_id).await?;
        let lenient = vpc.is_some_and(|vpc| vpc.is_default);
        let decide = |group: &mut SecurityGroup| {
            let rules = group.rules_mut(self.direction);
            let mut taken = take_by_id(rules, &self.rule_ids)?;
            let (by_value, unknown) = take_by_value(rules, &unwanted);
            // In the default VPC what is not there is passed over and told of.
            if !unknown.is_empty() && !lenient {
                return Err(fault::rule_not_found());
            }
            taken.extend(by_value);
            Ok((taken, unknown))
        };
        let (taken, unknown) = service.change(call, &self.group, decide).await?;
        let shown = |rule: &Rule| shown(rule, &self.group, self.direction);
        let unknown = unknown.iter().map(|rule| rule.to_permission(&call.account));
        Ok((taken.iter().map(shown).collect(), unknown.collect()))
    }
}

fn take_by_id(rules: &mut Vec<Rule>, ids: &[String]) -> Result<Vec<Rule>, Fault> {
    for id in ids {
        if !rules.iter().any(|rule| rule.id == *id) {
            return Err(fault::rule_id_not_found(id));
        }
    }
    Ok(rules
        .extract_if(.., |rule| ids.contains(&rule.id))
        .collect())
}

/// The rules taken, and those that were not there.
fn take_by_value(rules: &mut Vec<Rule>, unwanted: &[Rule]) -> (Vec<Rule>, Vec<Rule>) {
    let (mut taken, mut unknown) = (Vec::new(), Vec::new());
    for rule in unwanted {
        match rules.iter().position(|known| known.allows_same(rule)) {
            Some(place) => taken.push(rules.remove(place)),
            None => unknown.push(rule.clone()),
        }
    }
    (taken, unknown)
}

fn shown(rule: &Rule, group: &str, direction: Direction) -> RevokedSecurityGroupRule {
    let (from, to) = rule.shown_ports();
    RevokedSecurityGroupRule {
        security_group_rule_id: Some(rule.id.clone()),
        group_id: Some(group.to_owned()),
        is_egress: Some(direction == Direction::Egress),
        ip_protocol: Some(rule.protocol.clone()),
        from_port: Some(from),
        to_port: Some(to),
        cidr_ipv4: rule.cidr().map(|cidr| cidr.to_string()),
        cidr_ipv6: rule.cidr6().map(|cidr| cidr.to_string()),
        referenced_group_id: rule.any_group().map(str::to_owned),
        prefix_list_id: rule.prefix_list().map(|list| list.id.clone()),
        description: rule.description.clone(),
    }
}
