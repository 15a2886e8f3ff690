//! DescribeSecurityGroupRules: rules as resources of their own.

use wharf_api_ec2::types::{
    DescribeSecurityGroupRulesRequest, DescribeSecurityGroupRulesResult, SecurityGroupRule,
};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{self, matches, names},
    records::SecurityGroup,
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSecurityGroupRulesRequest,
) -> Result<DescribeSecurityGroupRulesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let selection = (&input.filters, &input.security_group_rule_ids);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "security-group-rule", &selection, page)?;
    let filters = filter::checked(input.filters, &names::SECURITY_GROUP_RULES)?;
    let groups: Vec<SecurityGroup> = service.all(call).await?;
    let ids = input.security_group_rule_ids.unwrap_or_default();
    let mut found: Vec<(&str, SecurityGroupRule)> = Vec::new();
    for group in &groups {
        for (direction, rule) in group.all_rules() {
            let named = vec![
                ("group-id", vec![group.id.clone()]),
                ("security-group-rule-id", vec![rule.id.clone()]),
            ];
            let asked = ids.is_empty() || ids.contains(&rule.id);
            if asked && matches(&filters, &named, &rule.tags) {
                found.push((&rule.id, rule.to_wire(call, &group.id, direction)));
            }
        }
    }
    let known = |id: &&String| {
        groups
            .iter()
            .flat_map(SecurityGroup::all_rules)
            .any(|(_, rule)| rule.id == **id)
    };
    if let Some(id) = ids.iter().find(|id| !known(id)) {
        return Err(fault::rule_id_not_found(id));
    }
    found.sort_by_key(|(id, _)| *id);
    let (page, next_token) = page.cut(found, |(id, _)| id);
    Ok(DescribeSecurityGroupRulesResult {
        security_group_rules: Some(page.into_iter().map(|(_, rule)| rule).collect()),
        next_token,
    })
}
