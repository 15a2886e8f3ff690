//! What to do next so that load balancing has what a stack asks for, and nothing else of it. Pure.
//!
//! A plan is one stage: what needs the id of something that is not there yet comes in a later one, after another look. Nothing that is
//! answered by is taken away before what replaces it is there, and a target is registered before a rule leads to its group. What belongs
//! to the stack and is not asked for goes last, each thing after those that use it. Of tags only those are seen that users may give.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    service::ports::transports,
    stack::{
        Action, Admission, Auth, Group, Listener, Rule, Security, Source, Stack, Target,
        is_of_users, is_secure,
    },
};

/// What AWS's controller gives listeners of which no annotation says another.
const DEFAULT_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// What load balancing and EC2 show of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// By their ARNs.
    pub balancers: BTreeMap<String, SeenBalancer>,
    /// By their ARNs.
    pub groups: BTreeMap<String, SeenGroup>,
    /// The security group of the stack.
    pub own: Option<SeenSecurity>,
    /// Groups that admit the stack's, and what.
    pub openings: BTreeMap<String, BTreeSet<Admission>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSecurity {
    pub id: String,
    pub admits: BTreeSet<Admission>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBalancer {
    pub name: String,
    pub kind: String,
    pub internal: bool,
    pub subnets: BTreeSet<String>,
    pub security: BTreeSet<String>,
    pub attributes: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    /// By their ports, with their ARNs.
    pub listeners: BTreeMap<u16, SeenListener>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenListener {
    pub arn: String,
    pub protocol: String,
    /// The default one first.
    pub certificates: Vec<String>,
    pub policy: Option<String>,
    pub alpn: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub auth: Option<Auth>,
    pub default: Option<Action>,
    pub tags: BTreeMap<String, String>,
    /// By their priorities.
    pub rules: BTreeMap<i32, SeenRule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRule {
    pub arn: String,
    /// `None` for one that this never makes.
    pub rule: Option<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenGroup {
    pub name: String,
    pub group: Group,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    CreateSecurityGroup {
        name: String,
    },
    Admit {
        group: String,
        what: BTreeSet<Admission>,
    },
    Revoke {
        group: String,
        what: BTreeSet<Admission>,
    },
    CreateGroup {
        name: String,
        group: Group,
    },
    ModifyGroup {
        arn: String,
        group: Group,
    },
    SetGroupAttributes {
        arn: String,
        attributes: BTreeMap<String, String>,
    },
    CreateBalancer {
        security: Vec<String>,
    },
    SetSubnets {
        arn: String,
    },
    SetSecurity {
        arn: String,
        security: Vec<String>,
    },
    SetBalancerAttributes {
        arn: String,
        attributes: BTreeMap<String, String>,
    },
    Register {
        arn: String,
        targets: BTreeSet<Target>,
    },
    Deregister {
        arn: String,
        targets: BTreeSet<Target>,
    },
    CreateListener {
        balancer: String,
        port: u16,
        listener: Listener,
    },
    ModifyListener {
        arn: String,
        port: u16,
        listener: Listener,
    },
    SetListenerAttributes {
        arn: String,
        attributes: BTreeMap<String, String>,
    },
    AddCertificates {
        arn: String,
        certificates: Vec<String>,
    },
    RemoveCertificates {
        arn: String,
        certificates: Vec<String>,
    },
    CreateRule {
        listener: String,
        priority: i32,
        rule: Rule,
    },
    ModifyRule {
        arn: String,
        rule: Rule,
    },
    DeleteRule {
        arn: String,
    },
    Tag {
        /// An ARN, or the id of a security group.
        resource: String,
        tags: BTreeMap<String, String>,
    },
    Untag {
        resource: String,
        keys: BTreeSet<String>,
    },
    DeleteListener {
        arn: String,
    },
    DeleteBalancer {
        arn: String,
    },
    DeleteGroup {
        arn: String,
    },
    DeleteSecurityGroup {
        id: String,
    },
}

/// `pods` are the security groups through which the stack's targets are reached.
pub fn plan(wanted: Option<&Stack>, pods: &BTreeSet<String>, seen: &Seen) -> Vec<Step> {
    let Some(stack) = wanted else {
        return removal(seen, None);
    };
    if let (Security::Own(_), None) = (&stack.security, &seen.own) {
        return vec![Step::CreateSecurityGroup {
            name: stack.name.clone(),
        }];
    }
    let mut first = security(stack, pods, seen);
    // Only one can have the name, and what makes it another thing cannot be changed.
    for (arn, other) in &seen.balancers {
        if other.name == stack.name && !is_it(stack, other) {
            first.push(Step::DeleteBalancer { arn: arn.clone() });
        }
    }
    let known: BTreeSet<&str> = seen.groups.values().map(|it| it.name.as_str()).collect();
    for (name, group) in &stack.groups {
        if !known.contains(name.as_str()) {
            first.push(Step::CreateGroup {
                name: name.clone(),
                group: group.clone(),
            });
        }
    }
    let ids = match (&stack.security, &seen.own) {
        (Security::Given(ids), _) => ids.clone(),
        (_, own) => own.iter().map(|it| it.id.clone()).collect(),
    };
    let own = seen.balancers.iter().find(|(_, it)| is_it(stack, it));
    let Some((balancer, shown)) = own else {
        if first.is_empty() {
            first.push(Step::CreateBalancer { security: ids });
        }
        return first;
    };
    if !first.is_empty() {
        return first;
    }
    let mut steps = settings(stack, &ids, balancer, shown);
    let arns: BTreeMap<&str, &str> = seen
        .groups
        .iter()
        .map(|(arn, it)| (it.name.as_str(), arn.as_str()))
        .collect();
    for (arn, shown) in &seen.groups {
        if let Some(group) = stack.groups.get(&shown.name) {
            steps.extend(group_steps(arn, group, &shown.group));
        }
    }
    for (port, listener) in &stack.listeners {
        let named = |action: &Action| {
            action.named(|name| match is_of_users(name) {
                true => Some(name.clone()),
                false => arns.get(name.as_str()).map(|it| (*it).to_owned()),
            })
        };
        // All groups are there by now.
        let Some(listener) = resolved(listener, &named) else {
            continue;
        };
        match shown.listeners.get(port) {
            None => steps.push(Step::CreateListener {
                balancer: balancer.clone(),
                port: *port,
                listener,
            }),
            Some(shown) => steps.extend(listener_steps(*port, &listener, shown)),
        }
    }
    for (port, shown) in &shown.listeners {
        if !stack.listeners.contains_key(port) {
            steps.push(Step::DeleteListener {
                arn: shown.arn.clone(),
            });
        }
    }
    steps.extend(tagging(stack, seen, (balancer.as_str(), shown)));
    if steps.is_empty() {
        return removal(seen, Some((stack, balancer, pods)));
    }
    steps
}

fn is_it(stack: &Stack, seen: &SeenBalancer) -> bool {
    seen.name == stack.name && seen.kind == stack.kind.name() && seen.internal == stack.internal
}

fn resolved(listener: &Listener, named: &dyn Fn(&Action) -> Option<Action>) -> Option<Listener> {
    let rules = listener.rules.iter().map(|rule| {
        Some(Rule {
            conditions: rule.conditions.clone(),
            auth: rule.auth.clone(),
            action: named(&rule.action)?,
            tags: rule.tags.clone(),
        })
    });
    // Load balancing keeps a policy that is not named.
    let usual = is_secure(&listener.protocol).then(|| DEFAULT_POLICY.to_owned());
    Some(Listener {
        policy: listener.policy.clone().or(usual),
        default: named(&listener.default)?,
        rules: rules.collect::<Option<_>>()?,
        ..listener.clone()
    })
}

/// What the stack's own group admits, and what is opened for it. What is superfluous goes once all else is as it should be.
fn security(stack: &Stack, pods: &BTreeSet<String>, seen: &Seen) -> Vec<Step> {
    let (Security::Own(wanted), Some(own)) = (&stack.security, &seen.own) else {
        return Vec::new();
    };
    let (id, there) = (&own.id, &own.admits);
    let mut steps = Vec::new();
    let missing: BTreeSet<Admission> = wanted.difference(there).cloned().collect();
    if !missing.is_empty() {
        steps.push(Step::Admit {
            group: id.clone(),
            what: missing,
        });
    }
    let closed: BTreeSet<Admission> = there.difference(wanted).cloned().collect();
    if !closed.is_empty() {
        steps.push(Step::Revoke {
            group: id.clone(),
            what: closed,
        });
    }
    let needed = openings(stack, id);
    for group in pods {
        let open = seen.openings.get(group).cloned().unwrap_or_default();
        let missing: BTreeSet<Admission> = needed.difference(&open).cloned().collect();
        if !missing.is_empty() {
            steps.push(Step::Admit {
                group: group.clone(),
                what: missing,
            });
        }
    }
    steps
}

/// What pods' groups must admit of the stack's: its targets' ports and those of health checks.
pub fn openings(stack: &Stack, own: &str) -> BTreeSet<Admission> {
    let mut all = BTreeSet::new();
    for group in stack.groups.values() {
        let source = || Source::Group(own.to_owned());
        let mut admit = |protocol, port: u16| {
            all.insert(Admission {
                protocol,
                from: port,
                to: port,
                source: source(),
            });
        };
        for target in &group.targets {
            for transport in transports(&group.protocol) {
                admit(*transport, target.port);
            }
            // A flow of datagrams is checked by a connection.
            admit("tcp", target.port);
        }
        if let (Ok(port), false) = (group.check.port.parse(), group.targets.is_empty()) {
            admit("tcp", port);
        }
    }
    all
}

fn differing(
    wanted: &BTreeMap<String, String>,
    seen: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let differs = |(key, value): &(&String, &String)| seen.get(*key) != Some(*value);
    let all = wanted.iter().filter(differs);
    all.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn settings(stack: &Stack, ids: &[String], arn: &str, seen: &SeenBalancer) -> Vec<Step> {
    let mut steps = Vec::new();
    let subnets: BTreeSet<String> = stack.subnets.iter().cloned().collect();
    let arn = arn.to_owned();
    if subnets != seen.subnets {
        steps.push(Step::SetSubnets { arn: arn.clone() });
    }
    if ids.iter().cloned().collect::<BTreeSet<_>>() != seen.security {
        steps.push(Step::SetSecurity {
            arn: arn.clone(),
            security: ids.to_vec(),
        });
    }
    let attributes = differing(&stack.attributes, &seen.attributes);
    if !attributes.is_empty() {
        steps.push(Step::SetBalancerAttributes { arn, attributes });
    }
    steps
}

fn group_steps(arn: &str, wanted: &Group, seen: &Group) -> Vec<Step> {
    let mut steps = Vec::new();
    let arn = arn.to_owned();
    if !wanted.check.is_shown_by(&seen.check) {
        steps.push(Step::ModifyGroup {
            arn: arn.clone(),
            group: wanted.clone(),
        });
    }
    let attributes = differing(&wanted.attributes, &seen.attributes);
    if !attributes.is_empty() {
        steps.push(Step::SetGroupAttributes {
            arn: arn.clone(),
            attributes,
        });
    }
    let more: BTreeSet<Target> = wanted.targets.difference(&seen.targets).cloned().collect();
    if !more.is_empty() {
        steps.push(Step::Register {
            arn: arn.clone(),
            targets: more,
        });
    }
    let fewer: BTreeSet<Target> = seen.targets.difference(&wanted.targets).cloned().collect();
    if !fewer.is_empty() {
        steps.push(Step::Deregister {
            arn,
            targets: fewer,
        });
    }
    steps
}

impl crate::stack::Check {
    fn is_shown_by(&self, seen: &Self) -> bool {
        let same =
            |wanted: &Option<String>, seen: &Option<String>| wanted.is_none() || wanted == seen;
        self.protocol == seen.protocol
            && self.port == seen.port
            && same(&self.path, &seen.path)
            && same(&self.codes, &seen.codes)
            && (self.interval, self.timeout, self.healthy, self.unhealthy)
                == (seen.interval, seen.timeout, seen.healthy, seen.unhealthy)
    }
}

fn listener_steps(port: u16, wanted: &Listener, seen: &SeenListener) -> Vec<Step> {
    let mut steps = Vec::new();
    let (default, others) = match wanted.certificates.split_first() {
        Some((first, others)) => (Some(first), others),
        None => (None, [].as_slice()),
    };
    let same = wanted.protocol == seen.protocol
        && Some(&wanted.default) == seen.default.as_ref()
        && wanted.auth == seen.auth
        && default == seen.certificates.first()
        && wanted.policy == seen.policy
        && wanted.alpn == seen.alpn;
    let modify = (!same).then(|| Step::ModifyListener {
        arn: seen.arn.clone(),
        port,
        listener: wanted.clone(),
    });
    let shown = seen.certificates.get(1..).unwrap_or_default();
    let without = |all: &[String], those: &[String]| -> Vec<String> {
        let rest = all
            .iter()
            .filter(|it| !those.contains(it) && Some(*it) != default);
        rest.cloned().collect()
    };
    let more = without(others, shown);
    let add = (!more.is_empty()).then(|| Step::AddCertificates {
        arn: seen.arn.clone(),
        certificates: more,
    });
    // A default one that becomes an additional one is both for a moment, or it would be neither. One of HTTP takes none before it is
    // another.
    match is_secure(&seen.protocol) {
        true => steps.extend(add.into_iter().chain(modify)),
        false => steps.extend(modify.into_iter().chain(add)),
    }
    let fewer = without(shown, others);
    // All of them go with the protocol.
    if !fewer.is_empty() && is_secure(&wanted.protocol) {
        steps.push(Step::RemoveCertificates {
            arn: seen.arn.clone(),
            certificates: fewer,
        });
    }
    let attributes = differing(&wanted.attributes, &seen.attributes);
    if !attributes.is_empty() {
        steps.push(Step::SetListenerAttributes {
            arn: seen.arn.clone(),
            attributes,
        });
    }
    let of_rules = rule_steps(&seen.arn, &wanted.rules, &seen.rules);
    let mut rules_seen = seen.rules.values().filter_map(|it| it.rule.as_ref());
    // A listener does not stop to be of HTTPS while a rule of it authenticates users.
    let is_held = wanted.protocol == "HTTP" && rules_seen.any(|it| it.auth.is_some());
    // What it did with all requests, as a redirect does, it does until those are there that are about some.
    let is_split = wanted.protocol == seen.protocol && wanted.rules.len() > seen.rules.len();
    match is_held || is_split {
        true => of_rules.into_iter().chain(steps).collect(),
        false => steps.into_iter().chain(of_rules).collect(),
    }
}

/// Rules stand at the priorities 1, 2, 3 …. Where they get more, they move from the last on, and else from the first on: so each that
/// stays is at one priority or at two all the while, and at none never.
fn rule_steps(listener: &str, wanted: &[Rule], seen: &BTreeMap<i32, SeenRule>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (priority, rule) in (1..).zip(wanted) {
        match seen.get(&priority) {
            None => steps.push(Step::CreateRule {
                listener: listener.to_owned(),
                priority,
                rule: rule.clone(),
            }),
            Some(there) if there.rule.as_ref().is_some_and(|it| it.does_as(rule)) => {}
            Some(there) => steps.push(Step::ModifyRule {
                arn: there.arn.clone(),
                rule: rule.clone(),
            }),
        }
    }
    if wanted.len() > seen.len() {
        steps.reverse();
    }
    let last = i32::try_from(wanted.len()).unwrap_or(i32::MAX);
    let more = seen.iter().filter(|(priority, _)| **priority > last);
    steps.extend(more.map(|(_, it)| Step::DeleteRule {
        arn: it.arn.clone(),
    }));
    steps
}

/// All that stays has the tags that its users give, and none beside.
fn tagging(stack: &Stack, seen: &Seen, (arn, balancer): (&str, &SeenBalancer)) -> Vec<Step> {
    let mut steps = tag_steps(arn, &stack.tags, &balancer.tags);
    if let (Security::Own(_), Some(own)) = (&stack.security, &seen.own) {
        steps.extend(tag_steps(&own.id, &stack.tags, &own.tags));
    }
    for (arn, shown) in &seen.groups {
        if let Some(group) = stack.groups.get(&shown.name) {
            steps.extend(tag_steps(arn, &group.tags, &shown.group.tags));
        }
    }
    for (port, shown) in &balancer.listeners {
        let Some(listener) = stack.listeners.get(port) else {
            continue;
        };
        steps.extend(tag_steps(&shown.arn, &stack.tags, &shown.tags));
        for (priority, rule) in (1_i32..).zip(&listener.rules) {
            let there = shown.rules.get(&priority);
            if let Some((arn, there)) = there.and_then(|it| Some((&it.arn, it.rule.as_ref()?))) {
                steps.extend(tag_steps(arn, &rule.tags, &there.tags));
            }
        }
    }
    steps
}

/// What is not wanted goes first: a thing has no room for more than fifty.
fn tag_steps(
    resource: &str,
    wanted: &BTreeMap<String, String>,
    seen: &BTreeMap<String, String>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let keys = seen.keys().filter(|it| !wanted.contains_key(*it));
    let keys: BTreeSet<String> = keys.cloned().collect();
    if !keys.is_empty() {
        steps.push(Step::Untag {
            resource: resource.to_owned(),
            keys,
        });
    }
    let tags = differing(wanted, seen);
    if !tags.is_empty() {
        steps.push(Step::Tag {
            resource: resource.to_owned(),
            tags,
        });
    }
    steps
}

/// What nobody asks for: load balancers first, then what they used.
fn removal(seen: &Seen, kept: Option<(&Stack, &str, &BTreeSet<String>)>) -> Vec<Step> {
    let mut steps = Vec::new();
    for arn in seen.balancers.keys() {
        if kept.is_none_or(|(_, own, _)| own != arn) {
            steps.push(Step::DeleteBalancer { arn: arn.clone() });
        }
    }
    for (arn, group) in &seen.groups {
        if kept.is_none_or(|(stack, _, _)| !stack.groups.contains_key(&group.name)) {
            steps.push(Step::DeleteGroup { arn: arn.clone() });
        }
    }
    let Some(own) = seen.own.as_ref().map(|it| &it.id) else {
        return steps;
    };
    let keeps_own = kept.filter(|(stack, _, _)| matches!(stack.security, Security::Own(_)));
    let needed = keeps_own
        .map(|(stack, _, _)| openings(stack, own))
        .unwrap_or_default();
    for (group, open) in &seen.openings {
        let is_needed = keeps_own.is_some_and(|(_, _, pods)| pods.contains(group));
        let what: BTreeSet<Admission> = match is_needed {
            true => open.difference(&needed).cloned().collect(),
            false => open.clone(),
        };
        if !what.is_empty() {
            steps.push(Step::Revoke {
                group: group.clone(),
                what,
            });
        }
    }
    if keeps_own.is_none() {
        steps.push(Step::DeleteSecurityGroup { id: own.clone() });
    }
    steps
}

#[cfg(test)]
pub mod tests;
