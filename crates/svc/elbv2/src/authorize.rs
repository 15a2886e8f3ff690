//! One row per operation: what it does to which resource, under which condition keys.
//!
//! The dispatcher evaluates the row before the operation runs; operations never authorise by hand.
//! An operation without a row of its own is judged on `*`, so that none can be reached unasked.

use wharf_api_elbv2::{Input, SubnetMapping, Tag};
use wharf_records::Record as _;
use wharf_service::tags;
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    names::{self, Kind, Names as _, Place},
    ops,
    records::{Listener, Protocol},
    ssl,
};

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let row = Row {
        core,
        place: Place::of(cx),
        action: input.action(),
    };
    Ok(match input {
        Input::CreateLoadBalancer(it) => {
            let name = it.name.as_deref().unwrap_or_default();
            let part = match it.type_.as_deref() {
                Some("network") => "net",
                _ => "app",
            };
            let arn = row.place.arn(Kind::Balancer, &format!("{part}/{name}/*"));
            let mut check = row.creating(&arn, it.tags.as_deref());
            let scheme = it.scheme.as_deref().unwrap_or("internet-facing");
            check = check.with("elasticloadbalancing:Scheme", scheme);
            check = in_subnets(check, it.subnets.as_deref(), it.subnet_mappings.as_deref());
            check = in_groups(check, it.security_groups.as_deref());
            row.tagging(vec![check], &arn, it.tags.as_deref())
        }
        Input::CreateTargetGroup(it) => {
            let name = it.name.as_deref().unwrap_or_default();
            let arn = row.place.arn(Kind::Group, &format!("{name}/*"));
            let check = row.creating(&arn, it.tags.as_deref());
            row.tagging(vec![check], &arn, it.tags.as_deref())
        }
        Input::CreateListener(it) => {
            let tags = it.tags.as_deref();
            let check = with_tags(row.on(it.load_balancer_arn.as_deref()).await?, tags);
            let protocol = it.protocol.as_deref();
            let policy = it.ssl_policy.as_deref().or(usual_policy(protocol));
            let check = listening(check, protocol, policy);
            row.tagging(vec![check], &below(it.load_balancer_arn.as_deref()), tags)
        }
        Input::CreateRule(it) => {
            let tags = it.tags.as_deref();
            let check = with_tags(row.on(it.listener_arn.as_deref()).await?, tags);
            row.tagging(vec![check], &below(it.listener_arn.as_deref()), tags)
        }
        Input::ModifyListener(it) => {
            let (arn, protocol) = (it.listener_arn.as_deref(), it.protocol.as_deref());
            let mut policy = it.ssl_policy.as_deref();
            // One that has a policy keeps it.
            if policy.is_none() && !row.has_policy(arn).await? {
                policy = usual_policy(protocol);
            }
            vec![listening(row.on(arn).await?, protocol, policy)]
        }
        Input::SetSecurityGroups(it) => {
            let check = row.on(it.load_balancer_arn.as_deref()).await?;
            vec![in_groups(check, it.security_groups.as_deref())]
        }
        Input::SetSubnets(it) => {
            let check = row.on(it.load_balancer_arn.as_deref()).await?;
            let (subnets, mappings) = (it.subnets.as_deref(), it.subnet_mappings.as_deref());
            vec![in_subnets(check, subnets, mappings)]
        }
        Input::AddTags(it) => {
            let mut checks = row.on_all(it.resource_arns.as_deref()).await?;
            for check in &mut checks {
                *check = with_tags(check.clone(), it.tags.as_deref());
            }
            checks
        }
        Input::RemoveTags(it) => {
            let mut checks = row.on_all(it.resource_arns.as_deref()).await?;
            for check in &mut checks {
                *check = tags::removed(check.clone(), it.tag_keys.as_deref());
            }
            checks
        }
        Input::SetRulePriorities(it) => {
            let pairs = it.rule_priorities.iter().flatten();
            let arns: Vec<String> = pairs.filter_map(|pair| pair.rule_arn.clone()).collect();
            row.on_all(Some(&arns)).await?
        }
        other => match resource(other) {
            Some(arn) => vec![row.on(arn).await?],
            None => vec![Check::any(row.action)],
        },
    })
}

fn in_subnets(
    check: Check,
    subnets: Option<&[String]>,
    mappings: Option<&[SubnetMapping]>,
) -> Check {
    let mapped = mappings.unwrap_or_default().iter();
    let mapped = mapped.filter_map(|it| it.subnet_id.as_ref());
    let all = subnets.unwrap_or_default().iter().chain(mapped);
    all.fold(check, |check, it| {
        check.with("elasticloadbalancing:Subnet", it)
    })
}

fn in_groups(check: Check, groups: Option<&[String]>) -> Check {
    let all = groups.unwrap_or_default().iter();
    all.fold(check, |check, it| {
        check.with("elasticloadbalancing:SecurityGroup", it)
    })
}

/// What a listener is to speak.
fn listening(check: Check, protocol: Option<&str>, policy: Option<&str>) -> Check {
    let check = match protocol {
        Some(protocol) => check.with("elasticloadbalancing:ListenerProtocol", protocol),
        None => check,
    };
    match policy {
        Some(policy) => check.with("elasticloadbalancing:SecurityPolicy", policy),
        None => check,
    }
}

/// The policy that a listener gets whose request names none.
fn usual_policy(protocol: Option<&str>) -> Option<&'static str> {
    let protocol = protocol.and_then(Protocol::named);
    protocol
        .is_some_and(Protocol::is_secure)
        .then_some(ssl::DEFAULT)
}

/// The one resource of an operation that has one.
fn resource(input: Input<'_>) -> Option<Option<&str>> {
    Some(match input {
        Input::AddListenerCertificates(it) => it.listener_arn.as_deref(),
        Input::DeleteListener(it) => it.listener_arn.as_deref(),
        Input::DeleteLoadBalancer(it) => it.load_balancer_arn.as_deref(),
        Input::DeleteRule(it) => it.rule_arn.as_deref(),
        Input::DeleteTargetGroup(it) => it.target_group_arn.as_deref(),
        Input::DeregisterTargets(it) => it.target_group_arn.as_deref(),
        Input::ModifyListenerAttributes(it) => it.listener_arn.as_deref(),
        Input::ModifyLoadBalancerAttributes(it) => it.load_balancer_arn.as_deref(),
        Input::ModifyRule(it) => it.rule_arn.as_deref(),
        Input::ModifyTargetGroup(it) => it.target_group_arn.as_deref(),
        Input::ModifyTargetGroupAttributes(it) => it.target_group_arn.as_deref(),
        Input::RegisterTargets(it) => it.target_group_arn.as_deref(),
        Input::RemoveListenerCertificates(it) => it.listener_arn.as_deref(),
        Input::SetIpAddressType(it) => it.load_balancer_arn.as_deref(),
        _ => return None,
    })
}

/// ARNs of what will be made below a load balancer or listener.
fn below(arn: Option<&str>) -> String {
    let parsed = names::parse(arn.unwrap_or_default());
    match parsed {
        Some((place, Kind::Balancer, id)) => place.arn(Kind::Listener, &format!("{id}/*")),
        Some((place, Kind::Listener, id)) => place.arn(Kind::Rule, &format!("{id}/*")),
        _ => "*".to_owned(),
    }
}

fn with_tags(check: Check, tags: Option<&[Tag]>) -> Check {
    let tags = tags.unwrap_or_default().iter();
    tags::requested(
        check,
        tags.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

struct Row<'a> {
    core: &'a Core,
    place: Place,
    action: String,
}

impl Row<'_> {
    /// On what is to be made.
    fn creating(&self, arn: &str, tags: Option<&[Tag]>) -> Check {
        with_tags(Check::new(&self.action, arn), tags)
    }

    /// On what is there, with its tags. What is no ARN is judged on all; the operation refuses it.
    async fn on(&self, arn: Option<&str>) -> Result<Check, Fault> {
        let arn = arn.unwrap_or_default();
        let Some((place, kind, id)) = names::parse(arn) else {
            return Ok(Check::any(&self.action));
        };
        let mut check = Check::new(&self.action, arn);
        if place == self.place
            && let Some(tags) = ops::tags::of(self.core, &place, kind, &id).await?
        {
            check = tags::of_resource(check, Some("elasticloadbalancing"), &tags);
        }
        Ok(check)
    }

    /// Whether a listener is there that has a TLS policy.
    async fn has_policy(&self, arn: Option<&str>) -> Result<bool, Fault> {
        let Some((place, Kind::Listener, id)) = names::parse(arn.unwrap_or_default()) else {
            return Ok(false);
        };
        if place != self.place {
            return Ok(false);
        }
        let key = place.scope().key(Listener::KIND, &id);
        let found = self.core.table.read::<Listener>(&key).await?;
        Ok(found.is_some_and(|it| it.record.ssl_policy.is_some()))
    }

    async fn on_all(&self, arns: Option<&[String]>) -> Result<Vec<Check>, Fault> {
        let mut checks = Vec::new();
        for arn in arns.unwrap_or_default() {
            checks.push(self.on(Some(arn)).await?);
        }
        if checks.is_empty() {
            checks.push(Check::any(&self.action));
        }
        Ok(checks)
    }

    /// Tags given with what is made take the right to tag as well.
    fn tagging(&self, mut checks: Vec<Check>, arn: &str, tags: Option<&[Tag]>) -> Vec<Check> {
        if tags.is_some_and(|tags| !tags.is_empty()) {
            let action = self.action.rsplit(':').next().unwrap_or_default();
            let check = Check::new("elasticloadbalancing:AddTags", arn)
                .with("elasticloadbalancing:CreateAction", action);
            checks.push(with_tags(check, tags));
        }
        checks
    }
}
