//! Steps, done.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_ec2::{
    AuthorizeSecurityGroupIngressRequest, CreateSecurityGroupRequest, CreateTagsRequest,
    DeleteSecurityGroupRequest, DeleteTagsRequest, IpPermission, IpRange,
    RevokeSecurityGroupIngressRequest, Tag as Ec2Tag, TagSpecification, UserIdGroupPair,
};
use wharf_api_elbv2 as elb;

use super::{Arns, Cloud, CloudError, failed, wire};
use crate::{
    plan::Step,
    stack::{Admission, Auth, Check, Group, Key, Listener, NO_ALPN, Source, Stack, Target},
};

/// Targets that are registered at once.
const TARGETS_AT_ONCE: usize = 100;

fn tags(tags: BTreeMap<String, String>) -> Option<Vec<elb::Tag>> {
    let tag = |(key, value)| elb::Tag {
        key: Some(key),
        value: Some(value),
    };
    Some(tags.into_iter().map(tag).collect())
}

fn ec2_tags(tags: BTreeMap<String, String>) -> Option<Vec<Ec2Tag>> {
    let tag = |(key, value)| Ec2Tag {
        key: Some(key),
        value: Some(value),
    };
    Some(tags.into_iter().map(tag).collect())
}

fn certificate(arn: &str) -> elb::Certificate {
    elb::Certificate {
        certificate_arn: Some(arn.to_owned()),
        is_default: None,
    }
}

fn certificates(arns: &[String]) -> Option<Vec<elb::Certificate>> {
    Some(arns.iter().map(|it| certificate(it)).collect())
}

/// Load balancing keeps a policy that is not named.
fn alpn_of(listener: &Listener) -> Option<Vec<String>> {
    let given = listener.alpn.as_deref().unwrap_or(NO_ALPN);
    (listener.protocol == "TLS").then(|| vec![given.to_owned()])
}

/// The default one; the others are added to the listener.
fn default_of(listener: &Listener) -> Option<Vec<elb::Certificate>> {
    listener
        .certificates
        .first()
        .map(|it| vec![certificate(it)])
}

fn matcher(check: &Check, version: &str) -> Option<elb::Matcher> {
    let codes = check.codes.clone()?;
    Some(match version {
        "GRPC" => elb::Matcher {
            grpc_code: Some(codes),
            http_code: None,
        },
        _ => elb::Matcher {
            http_code: Some(codes),
            grpc_code: None,
        },
    })
}

fn described(targets: &[&Target]) -> Option<Vec<elb::TargetDescription>> {
    let target = |it: &&Target| elb::TargetDescription {
        id: Some(it.id.clone()),
        port: Some(i32::from(it.port)),
        ..elb::TargetDescription::default()
    };
    Some(targets.iter().map(target).collect())
}

fn permissions(what: &BTreeSet<Admission>) -> Option<Vec<IpPermission>> {
    let made = |it: &Admission| {
        let mut permission = IpPermission {
            ip_protocol: Some(it.protocol.to_owned()),
            from_port: Some(i32::from(it.from)),
            to_port: Some(i32::from(it.to)),
            ..IpPermission::default()
        };
        match &it.source {
            Source::Range(range) => {
                permission.ip_ranges = Some(vec![IpRange {
                    cidr_ip: Some(range.clone()),
                    ..IpRange::default()
                }]);
            }
            Source::Group(group) => {
                permission.user_id_group_pairs = Some(vec![UserIdGroupPair {
                    group_id: Some(group.clone()),
                    ..UserIdGroupPair::default()
                }]);
            }
        }
        permission
    };
    Some(what.iter().map(made).collect())
}

/// What is done already, or gone already, is no failure.
pub(super) fn unless(result: Result<(), CloudError>, codes: &[&str]) -> Result<(), CloudError> {
    match result {
        Err(CloudError::Fault { fault, .. }) if codes.contains(&fault.code.as_ref()) => Ok(()),
        other => other,
    }
}

impl Cloud {
    /// Does a step; `stack` is what is wanted, and `arns` learns what is made.
    pub async fn act(
        &self,
        key: &Key,
        stack: Option<&Stack>,
        step: Step,
        arns: &mut Arns,
    ) -> Result<(), CloudError> {
        let call = self.call();
        let (elb, ec2) = (&self.elb, &self.ec2);
        match step {
            Step::CreateSecurityGroup { name } => {
                let Some(stack) = stack else { return Ok(()) };
                let all = self.tags_with(&stack.tags, key, "ManagedLBSecurityGroup");
                let request = CreateSecurityGroupRequest {
                    description: Some("[k8s] Managed SecurityGroup for LoadBalancer".to_owned()),
                    group_name: Some(name),
                    vpc_id: Some(self.vpc.clone()),
                    tag_specifications: Some(vec![TagSpecification {
                        resource_type: Some("security-group".to_owned()),
                        tags: ec2_tags(all),
                    }]),
                    ..CreateSecurityGroupRequest::default()
                };
                let made = ec2.create_security_group(&call, request).await;
                made.map(drop).map_err(failed("create a security group"))
            }
            Step::Admit { group, what } => {
                // One by one: where one is there already, the others are wanted all the same.
                for one in what {
                    let request = AuthorizeSecurityGroupIngressRequest {
                        group_id: Some(group.clone()),
                        ip_permissions: permissions(&BTreeSet::from([one])),
                        ..AuthorizeSecurityGroupIngressRequest::default()
                    };
                    let done = ec2.authorize_security_group_ingress(&call, request).await;
                    let done = done.map(drop).map_err(failed("open a security group"));
                    unless(done, &["InvalidPermission.Duplicate"])?;
                }
                Ok(())
            }
            Step::Revoke { group, what } => {
                for one in what {
                    let request = RevokeSecurityGroupIngressRequest {
                        group_id: Some(group.clone()),
                        ip_permissions: permissions(&BTreeSet::from([one])),
                        ..RevokeSecurityGroupIngressRequest::default()
                    };
                    let done = ec2.revoke_security_group_ingress(&call, request).await;
                    let done = done.map(drop).map_err(failed("close a security group"));
                    unless(
                        done,
                        &["InvalidPermission.NotFound", "InvalidGroup.NotFound"],
                    )?;
                }
                Ok(())
            }
            Step::CreateGroup { name, group } => {
                let arn = self.create_group(key, name.clone(), group).await?;
                self.keep_ours("target group", name, arn, &mut arns.groups)
                    .await
            }
            Step::ModifyGroup { arn, group } => {
                let check = &group.check;
                let request = elb::ModifyTargetGroupInput {
                    target_group_arn: Some(arn),
                    health_check_protocol: Some(check.protocol.clone()),
                    health_check_port: Some(check.port.clone()),
                    health_check_path: check.path.clone(),
                    health_check_interval_seconds: Some(check.interval),
                    health_check_timeout_seconds: Some(check.timeout),
                    healthy_threshold_count: Some(check.healthy),
                    unhealthy_threshold_count: Some(check.unhealthy),
                    matcher: matcher(check, &group.version),
                    ..elb::ModifyTargetGroupInput::default()
                };
                let done = elb.modify_target_group(&call, request).await;
                done.map(drop).map_err(failed("change a health check"))
            }
            Step::SetGroupAttributes { arn, attributes } => {
                let attribute = |(key, value)| elb::TargetGroupAttribute {
                    key: Some(key),
                    value: Some(value),
                };
                let request = elb::ModifyTargetGroupAttributesInput {
                    target_group_arn: Some(arn),
                    attributes: Some(attributes.into_iter().map(attribute).collect()),
                };
                let done = elb.modify_target_group_attributes(&call, request).await;
                done.map(drop)
                    .map_err(failed("set the attributes of a target group"))
            }
            Step::CreateBalancer { security } => {
                let Some(stack) = stack else { return Ok(()) };
                let all = self.tags_with(&stack.tags, key, "LoadBalancer");
                let scheme = if stack.internal {
                    "internal"
                } else {
                    "internet-facing"
                };
                let request = elb::CreateLoadBalancerInput {
                    name: Some(stack.name.clone()),
                    subnets: Some(stack.subnets.clone()),
                    security_groups: Some(security),
                    scheme: Some(scheme.to_owned()),
                    tags: tags(all),
                    type_: Some(stack.kind.name().to_owned()),
                    ..elb::CreateLoadBalancerInput::default()
                };
                let made = elb.create_load_balancer(&call, request).await;
                let made = made.map_err(failed("create a load balancer"))?;
                let made = made.load_balancers.into_iter().flatten().next();
                let arn = made.and_then(|it| it.load_balancer_arn).unwrap_or_default();
                self.keep_ours(
                    "load balancer",
                    stack.name.clone(),
                    arn,
                    &mut arns.balancers,
                )
                .await
            }
            Step::SetSubnets { arn } => {
                let request = elb::SetSubnetsInput {
                    load_balancer_arn: Some(arn),
                    subnets: stack.map(|it| it.subnets.clone()),
                    ..elb::SetSubnetsInput::default()
                };
                let done = elb.set_subnets(&call, request).await;
                done.map(drop)
                    .map_err(failed("set the subnets of a load balancer"))
            }
            Step::SetSecurity { arn, security } => {
                let request = elb::SetSecurityGroupsInput {
                    load_balancer_arn: Some(arn),
                    security_groups: Some(security),
                    ..elb::SetSecurityGroupsInput::default()
                };
                let done = elb.set_security_groups(&call, request).await;
                done.map(drop)
                    .map_err(failed("set the security groups of a load balancer"))
            }
            Step::SetBalancerAttributes { arn, attributes } => {
                self.set_attributes(arn, attributes).await
            }
            Step::Register { arn, targets } => self.register(&arn, &targets).await,
            Step::Deregister { arn, targets } => self.deregister(&arn, &targets).await,
            Step::CreateListener {
                balancer,
                port,
                listener,
            } => {
                let Some(stack) = stack else { return Ok(()) };
                let all = self.tags_with(&stack.tags, key, &port.to_string());
                let request = elb::CreateListenerInput {
                    load_balancer_arn: Some(balancer),
                    protocol: Some(listener.protocol.clone()),
                    port: Some(i32::from(port)),
                    ssl_policy: listener.policy.clone(),
                    alpn_policy: alpn_of(&listener),
                    certificates: default_of(&listener),
                    default_actions: Some(wire::actions(listener.auth.as_ref(), &listener.default)),
                    tags: tags(all),
                    ..elb::CreateListenerInput::default()
                };
                let done = elb.create_listener(&call, request).await;
                let made = done.map_err(failed("create a listener"))?;
                let made = made.listeners.into_iter().flatten().next();
                told(
                    arns,
                    made.and_then(|it| it.listener_arn),
                    listener.auth.as_ref(),
                );
                Ok(())
            }
            Step::ModifyListener {
                arn,
                port,
                listener,
            } => {
                let request = elb::ModifyListenerInput {
                    listener_arn: Some(arn.clone()),
                    port: Some(i32::from(port)),
                    protocol: Some(listener.protocol.clone()),
                    ssl_policy: listener.policy.clone(),
                    alpn_policy: alpn_of(&listener),
                    certificates: default_of(&listener),
                    default_actions: Some(wire::actions(listener.auth.as_ref(), &listener.default)),
                    ..elb::ModifyListenerInput::default()
                };
                let done = elb.modify_listener(&call, request).await;
                done.map_err(failed("change a listener"))?;
                told(arns, Some(arn), listener.auth.as_ref());
                Ok(())
            }
            Step::SetListenerAttributes { arn, attributes } => {
                let attribute = |(key, value)| elb::ListenerAttribute {
                    key: Some(key),
                    value: Some(value),
                };
                let request = elb::ModifyListenerAttributesInput {
                    listener_arn: Some(arn),
                    attributes: Some(attributes.into_iter().map(attribute).collect()),
                };
                let done = elb.modify_listener_attributes(&call, request).await;
                done.map(drop)
                    .map_err(failed("set the attributes of a listener"))
            }
            Step::AddCertificates {
                arn,
                certificates: more,
            } => {
                let request = elb::AddListenerCertificatesInput {
                    listener_arn: Some(arn),
                    certificates: certificates(&more),
                };
                let done = elb.add_listener_certificates(&call, request).await;
                done.map(drop)
                    .map_err(failed("add certificates to a listener"))
            }
            Step::RemoveCertificates {
                arn,
                certificates: fewer,
            } => {
                let request = elb::RemoveListenerCertificatesInput {
                    listener_arn: Some(arn),
                    certificates: certificates(&fewer),
                };
                let done = elb.remove_listener_certificates(&call, request).await;
                done.map(drop)
                    .map_err(failed("remove certificates of a listener"))
            }
            Step::CreateRule {
                listener,
                priority,
                rule,
            } => {
                let all = self.tags_with(&rule.tags, key, &format!("rule:{priority}"));
                let request = elb::CreateRuleInput {
                    listener_arn: Some(listener),
                    conditions: Some(rule.conditions.iter().map(wire::condition).collect()),
                    priority: Some(priority),
                    actions: Some(wire::actions(rule.auth.as_ref(), &rule.action)),
                    tags: tags(all),
                    ..elb::CreateRuleInput::default()
                };
                let done = elb.create_rule(&call, request).await;
                let made = done.map_err(failed("create a rule"))?;
                let made = made.rules.into_iter().flatten().next();
                told(arns, made.and_then(|it| it.rule_arn), rule.auth.as_ref());
                Ok(())
            }
            Step::ModifyRule { arn, rule } => {
                let request = elb::ModifyRuleInput {
                    rule_arn: Some(arn.clone()),
                    conditions: Some(rule.conditions.iter().map(wire::condition).collect()),
                    actions: Some(wire::actions(rule.auth.as_ref(), &rule.action)),
                    ..elb::ModifyRuleInput::default()
                };
                let done = elb.modify_rule(&call, request).await;
                done.map_err(failed("change a rule"))?;
                told(arns, Some(arn), rule.auth.as_ref());
                Ok(())
            }
            Step::DeleteRule { arn } => {
                let request = elb::DeleteRuleInput {
                    rule_arn: Some(arn),
                };
                let done = elb.delete_rule(&call, request).await;
                let done = done.map(drop).map_err(failed("delete a rule"));
                unless(done, &["RuleNotFound"])
            }
            Step::Tag {
                resource,
                tags: more,
            } => self.tag(resource, more).await,
            Step::Untag { resource, keys } => self.untag(resource, keys).await,
            Step::DeleteListener { arn } => {
                let request = elb::DeleteListenerInput {
                    listener_arn: Some(arn),
                };
                let done = elb.delete_listener(&call, request).await;
                let done = done.map(drop).map_err(failed("delete a listener"));
                unless(done, &["ListenerNotFound"])
            }
            Step::DeleteBalancer { arn } => {
                let request = elb::DeleteLoadBalancerInput {
                    load_balancer_arn: Some(arn.clone()),
                };
                let done = elb.delete_load_balancer(&call, request).await;
                let done = done.map(drop).map_err(failed("delete a load balancer"));
                unless(done, &["LoadBalancerNotFound"])?;
                arns.balancers.retain(|it| *it != arn);
                Ok(())
            }
            Step::DeleteGroup { arn } => {
                let request = elb::DeleteTargetGroupInput {
                    target_group_arn: Some(arn.clone()),
                };
                let done = elb.delete_target_group(&call, request).await;
                let done = done.map(drop).map_err(failed("delete a target group"));
                unless(done, &["TargetGroupNotFound"])?;
                arns.groups.retain(|it| *it != arn);
                Ok(())
            }
            Step::DeleteSecurityGroup { id } => {
                let request = DeleteSecurityGroupRequest {
                    group_id: Some(id),
                    ..DeleteSecurityGroupRequest::default()
                };
                let done = ec2.delete_security_group(&call, request).await;
                let done = done.map(drop).map_err(failed("delete a security group"));
                unless(done, &["InvalidGroup.NotFound"])
            }
        }
    }

    async fn tag(
        &self,
        resource: String,
        more: BTreeMap<String, String>,
    ) -> Result<(), CloudError> {
        let call = self.call();
        let done = match resource.starts_with("arn:") {
            true => {
                let request = elb::AddTagsInput {
                    resource_arns: Some(vec![resource]),
                    tags: tags(more),
                };
                self.elb.add_tags(&call, request).await.map(drop)
            }
            false => {
                let request = CreateTagsRequest {
                    resources: Some(vec![resource]),
                    tags: ec2_tags(more),
                    ..CreateTagsRequest::default()
                };
                self.ec2.create_tags(&call, request).await
            }
        };
        done.map_err(failed("tag a part of a load balancer"))
    }

    async fn untag(&self, resource: String, keys: BTreeSet<String>) -> Result<(), CloudError> {
        let call = self.call();
        let done = match resource.starts_with("arn:") {
            true => {
                let request = elb::RemoveTagsInput {
                    resource_arns: Some(vec![resource]),
                    tag_keys: Some(keys.into_iter().collect()),
                };
                self.elb.remove_tags(&call, request).await.map(drop)
            }
            false => {
                let tag = |key| Ec2Tag {
                    key: Some(key),
                    value: None,
                };
                let request = DeleteTagsRequest {
                    resources: Some(vec![resource]),
                    tags: Some(keys.into_iter().map(tag).collect()),
                    ..DeleteTagsRequest::default()
                };
                self.ec2.delete_tags(&call, request).await
            }
        };
        done.map_err(failed("untag a part of a load balancer"))
    }

    pub(super) async fn register(
        &self,
        arn: &str,
        targets: &BTreeSet<Target>,
    ) -> Result<(), CloudError> {
        let targets: Vec<&Target> = targets.iter().collect();
        for some in targets.chunks(TARGETS_AT_ONCE) {
            let request = elb::RegisterTargetsInput {
                target_group_arn: Some(arn.to_owned()),
                targets: described(some),
            };
            let done = self.elb.register_targets(&self.call(), request).await;
            done.map_err(failed("register targets"))?;
        }
        Ok(())
    }

    pub(super) async fn deregister(
        &self,
        arn: &str,
        targets: &BTreeSet<Target>,
    ) -> Result<(), CloudError> {
        let targets: Vec<&Target> = targets.iter().collect();
        for some in targets.chunks(TARGETS_AT_ONCE) {
            let request = elb::DeregisterTargetsInput {
                target_group_arn: Some(arn.to_owned()),
                targets: described(some),
            };
            let done = self.elb.deregister_targets(&self.call(), request).await;
            done.map_err(failed("deregister targets"))?;
        }
        Ok(())
    }

    async fn create_group(
        &self,
        key: &Key,
        name: String,
        group: Group,
    ) -> Result<String, CloudError> {
        let check = &group.check;
        let request = elb::CreateTargetGroupInput {
            name: Some(name),
            protocol: Some(group.protocol.clone()),
            protocol_version: Some(group.version.clone()).filter(|it| !it.is_empty()),
            port: Some(i32::from(group.port)),
            vpc_id: Some(self.vpc.clone()),
            health_check_protocol: Some(check.protocol.clone()),
            health_check_port: Some(check.port.clone()),
            health_check_path: check.path.clone(),
            health_check_interval_seconds: Some(check.interval),
            health_check_timeout_seconds: Some(check.timeout),
            healthy_threshold_count: Some(check.healthy),
            unhealthy_threshold_count: Some(check.unhealthy),
            matcher: matcher(check, &group.version),
            target_type: Some(group.kind.name().to_owned()),
            tags: tags(self.tags_with(&group.tags, key, &group.of)),
            ..elb::CreateTargetGroupInput::default()
        };
        let made = self.elb.create_target_group(&self.call(), request).await;
        let made = made.map_err(failed("create a target group"))?.target_groups;
        let made = made.into_iter().flatten().next();
        Ok(made.and_then(|it| it.target_group_arn).unwrap_or_default())
    }

    pub async fn set_attributes(
        &self,
        arn: String,
        attributes: BTreeMap<String, String>,
    ) -> Result<(), CloudError> {
        let attribute = |(key, value)| elb::LoadBalancerAttribute {
            key: Some(key),
            value: Some(value),
        };
        let request = elb::ModifyLoadBalancerAttributesInput {
            load_balancer_arn: Some(arn),
            attributes: Some(attributes.into_iter().map(attribute).collect()),
        };
        let done = self
            .elb
            .modify_load_balancer_attributes(&self.call(), request)
            .await;
        done.map(drop)
            .map_err(failed("set the attributes of a load balancer"))
    }

    /// What is asked for again and is there already is answered with what is there, whosever it is.
    async fn keep_ours(
        &self,
        what: &'static str,
        name: String,
        arn: String,
        arns: &mut Vec<String>,
    ) -> Result<(), CloudError> {
        if self.ours(std::slice::from_ref(&arn)).await?.is_empty() {
            return Err(CloudError::Others { what, name });
        }
        if !arns.contains(&arn) {
            arns.push(arn);
        }
        Ok(())
    }
}
/// Remembers which secret load balancing was told.
fn told(arns: &mut Arns, arn: Option<String>, auth: Option<&Auth>) {
    let digest = auth.and_then(|it| it.secret.digest());
    if let (Some(arn), Some(digest)) = (arn, digest) {
        arns.secrets.insert(arn, digest);
    }
}
