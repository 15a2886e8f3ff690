//! UpdateSecurityGroupRuleDescriptionsIngress and -Egress.

use wharf_api_ec2::types::{
    IpPermission, SecurityGroupRuleDescription, UpdateSecurityGroupRuleDescriptionsEgressRequest,
    UpdateSecurityGroupRuleDescriptionsEgressResult,
    UpdateSecurityGroupRuleDescriptionsIngressRequest,
    UpdateSecurityGroupRuleDescriptionsIngressResult,
};
use wharf_wire::{Call, Fault};

use super::{group_peers::name_by_id, security_groups::locate};
use crate::{
    Ec2Service, fault,
    permission::{self, checked_description},
    records::{Direction, SecurityGroup},
};

pub async fn ingress(
    service: &Ec2Service,
    call: &Call,
    input: UpdateSecurityGroupRuleDescriptionsIngressRequest,
) -> Result<UpdateSecurityGroupRuleDescriptionsIngressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let update = Update {
        group: locate(service, call, input.group_id, input.group_name).await?,
        direction: Direction::Ingress,
        permissions: input.ip_permissions.unwrap_or_default(),
        by_id: input.security_group_rule_descriptions.unwrap_or_default(),
    };
    update.apply(service, call).await?;
    Ok(UpdateSecurityGroupRuleDescriptionsIngressResult {
        return_: Some(true),
    })
}

pub async fn egress(
    service: &Ec2Service,
    call: &Call,
    input: UpdateSecurityGroupRuleDescriptionsEgressRequest,
) -> Result<UpdateSecurityGroupRuleDescriptionsEgressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let update = Update {
        group: locate(service, call, input.group_id, input.group_name).await?,
        direction: Direction::Egress,
        permissions: input.ip_permissions.unwrap_or_default(),
        by_id: input.security_group_rule_descriptions.unwrap_or_default(),
    };
    update.apply(service, call).await?;
    Ok(UpdateSecurityGroupRuleDescriptionsEgressResult {
        return_: Some(true),
    })
}

struct Update {
    group: String,
    direction: Direction,
    permissions: Vec<IpPermission>,
    by_id: Vec<SecurityGroupRuleDescription>,
}

impl Update {
    /// A rule that is named without a description loses the one it had.
    async fn apply(mut self, service: &Ec2Service, call: &Call) -> Result<(), Fault> {
        if self.permissions.is_empty() && self.by_id.is_empty() {
            return Err(fault::missing_parameter("ipPermissions"));
        }
        let group: SecurityGroup = service.get(call, &self.group).await?;
        name_by_id(service, call, &group, &mut self.permissions).await?;
        let named = permission::rules(&self.permissions)?;
        let decide = |group: &mut SecurityGroup| {
            let rules = group.rules_mut(self.direction);
            for wanted in &named {
                let known = rules.iter_mut().find(|rule| rule.allows_same(wanted));
                let known = known.ok_or_else(fault::rule_not_found)?;
                known.description.clone_from(&wanted.description);
            }
            for update in &self.by_id {
                let id = update.security_group_rule_id.as_deref().unwrap_or_default();
                let known = rules.iter_mut().find(|rule| rule.id == id);
                let known = known.ok_or_else(|| fault::rule_id_not_found(id))?;
                let text = update.description.as_deref();
                known.description = text.map(checked_description).transpose()?;
            }
            Ok(())
        };
        service.change(call, &self.group, decide).await
    }
}
