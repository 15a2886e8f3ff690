//! Load balancing and EC2 in memory, as a plan sees them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    plan::{Seen, SeenBalancer, SeenGroup, SeenListener, SeenRule, SeenSecurity, Step, plan},
    stack::{Action, Rule, Stack},
};

/// Load balancing as the plan sees it: does steps, and refuses what the real one would.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub seen: Seen,
    made: usize,
}

impl World {
    fn id(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}-{}", self.made)
    }

    fn users(&self, arn: &str) -> usize {
        let balancers = self.seen.balancers.values();
        let listeners = balancers.flat_map(|it| it.listeners.values());
        let actions = listeners.flat_map(|it| {
            let rules = it.rules.values().filter_map(|it| it.rule.as_ref());
            rules.map(|it| &it.action).chain(it.default.as_ref())
        });
        let uses = |it: &&Action| matches!(it, Action::Forward { groups, .. } if groups.iter().any(|(it, _)| it == arn));
        actions.filter(uses).count()
    }

    pub fn listener(&mut self, arn: &str) -> &mut SeenListener {
        let balancers = self.seen.balancers.values_mut();
        let mut all = balancers.flat_map(|it| it.listeners.values_mut());
        all.find(|it| it.arn == arn).expect("a listener")
    }

    /// The tags of all that is there, by ARNs and the id of the security group.
    fn tags(&mut self) -> BTreeMap<String, &mut BTreeMap<String, String>> {
        let mut all = BTreeMap::new();
        if let Some(own) = &mut self.seen.own {
            all.insert(own.id.clone(), &mut own.tags);
        }
        for (arn, it) in &mut self.seen.groups {
            all.insert(arn.clone(), &mut it.group.tags);
        }
        for (arn, balancer) in &mut self.seen.balancers {
            all.insert(arn.clone(), &mut balancer.tags);
            for listener in balancer.listeners.values_mut() {
                all.insert(listener.arn.clone(), &mut listener.tags);
                for rule in listener.rules.values_mut() {
                    let tags = &mut rule.rule.as_mut().expect("one of ours").tags;
                    all.insert(rule.arn.clone(), tags);
                }
            }
        }
        all
    }

    pub fn act(&mut self, stack: Option<&Stack>, step: Step) -> Result<(), String> {
        match step {
            Step::CreateSecurityGroup { .. } => {
                assert!(self.seen.own.is_none(), "a second security group");
                self.seen.own = Some(SeenSecurity {
                    id: self.id("sg"),
                    admits: BTreeSet::new(),
                    tags: stack.expect("a stack").tags.clone(),
                });
            }
            Step::Admit { group, what } => match &mut self.seen.own {
                Some(own) if own.id == group => own.admits.extend(what),
                _ => self.seen.openings.entry(group).or_default().extend(what),
            },
            Step::Revoke { group, what } => {
                let own = self.seen.own.as_mut().filter(|it| it.id == group);
                match own {
                    Some(own) => own.admits.retain(|it| !what.contains(it)),
                    None => {
                        let open = self.seen.openings.get_mut(&group).expect("an opening");
                        open.retain(|it| !what.contains(it));
                        if open.is_empty() {
                            self.seen.openings.remove(&group);
                        }
                    }
                }
            }
            Step::CreateGroup { name, group } => {
                let mut group = group;
                group.targets.clear();
                group.attributes.clear();
                let arn = self.id("tg");
                self.seen.groups.insert(arn, SeenGroup { name, group });
            }
            Step::ModifyGroup { arn, group } => {
                self.seen.groups.get_mut(&arn).expect("a group").group.check = group.check;
            }
            Step::SetGroupAttributes { arn, attributes } => {
                let group = &mut self.seen.groups.get_mut(&arn).expect("a group").group;
                group.attributes.extend(attributes);
            }
            Step::CreateBalancer { security } => {
                let stack = stack.expect("a stack");
                if self.seen.balancers.values().any(|it| it.name == stack.name) {
                    return Err("the name is taken".to_owned());
                }
                let made = SeenBalancer {
                    name: stack.name.clone(),
                    kind: stack.kind.name().to_owned(),
                    internal: stack.internal,
                    subnets: stack.subnets.iter().cloned().collect(),
                    security: security.into_iter().collect(),
                    attributes: BTreeMap::new(),
                    tags: stack.tags.clone(),
                    listeners: BTreeMap::new(),
                };
                let arn = self.id("lb");
                self.seen.balancers.insert(arn, made);
            }
            Step::SetSubnets { arn } => {
                let subnets = stack.expect("a stack").subnets.iter().cloned().collect();
                self.seen.balancers.get_mut(&arn).expect("it").subnets = subnets;
            }
            Step::SetSecurity { arn, security } => {
                let it = self.seen.balancers.get_mut(&arn).expect("it");
                it.security = security.into_iter().collect();
            }
            Step::SetBalancerAttributes { arn, attributes } => {
                let it = self.seen.balancers.get_mut(&arn).expect("it");
                it.attributes.extend(attributes);
            }
            Step::Register { arn, targets } => {
                let it = self.seen.groups.get_mut(&arn).expect("a group");
                it.group.targets.extend(targets);
            }
            Step::Deregister { arn, targets } => {
                let it = self.seen.groups.get_mut(&arn).expect("a group");
                it.group.targets.retain(|it| !targets.contains(it));
            }
            Step::CreateListener {
                balancer,
                port,
                listener,
            } => {
                let made = SeenListener {
                    arn: self.id("listener"),
                    protocol: listener.protocol,
                    certificates: listener.certificates.into_iter().take(1).collect(),
                    policy: listener.policy,
                    alpn: listener.alpn,
                    attributes: BTreeMap::new(),
                    auth: listener.auth,
                    default: Some(listener.default),
                    tags: stack.expect("a stack").tags.clone(),
                    rules: BTreeMap::new(),
                };
                let it = self.seen.balancers.get_mut(&balancer).expect("it");
                assert!(it.listeners.insert(port, made).is_none());
            }
            Step::ModifyListener { arn, listener, .. } => {
                let it = self.listener(&arn);
                let mut rules = it.rules.values().filter_map(|it| it.rule.as_ref());
                if listener.protocol != "HTTPS" && rules.any(|it| it.auth.is_some()) {
                    return Err("a rule authenticates users".to_owned());
                }
                it.protocol = listener.protocol;
                it.alpn = listener.alpn;
                it.default = Some(listener.default);
                it.auth = listener.auth;
                let default = listener.certificates.first();
                // One of the others that becomes the default one is that alone.
                let others = it.certificates.iter().skip(1);
                let others = others.filter(|arn| default != Some(*arn));
                it.certificates = default.into_iter().chain(others).cloned().collect();
                match it.protocol.as_str() {
                    "HTTPS" => it.policy = listener.policy.or(it.policy.take()),
                    _ => {
                        it.certificates.clear();
                        it.policy = None;
                    }
                }
            }
            Step::SetListenerAttributes { arn, attributes } => {
                self.listener(&arn).attributes.extend(attributes);
            }
            Step::AddCertificates { arn, certificates } => {
                let it = self.listener(&arn);
                if it.protocol != "HTTPS" {
                    return Err("only a listener of HTTPS has certificates".to_owned());
                }
                it.certificates.extend(certificates);
            }
            Step::RemoveCertificates { arn, certificates } => {
                let it = self.listener(&arn);
                if it.protocol != "HTTPS" {
                    return Err("only a listener of HTTPS has certificates".to_owned());
                }
                let default = it.certificates.remove(0);
                it.certificates.retain(|it| !certificates.contains(it));
                it.certificates.insert(0, default);
            }
            Step::CreateRule {
                listener,
                priority,
                rule,
            } => {
                let arn = self.id("rule");
                let made = SeenRule {
                    arn,
                    rule: Some(rule),
                };
                let before = self.listener(&listener).rules.insert(priority, made);
                assert!(before.is_none(), "the priority {priority} is in use");
            }
            Step::ModifyRule { arn, rule } => {
                let balancers = self.seen.balancers.values_mut();
                let listeners = balancers.flat_map(|it| it.listeners.values_mut());
                let mut rules = listeners.flat_map(|it| it.rules.values_mut());
                let there = rules.find(|it| it.arn == arn).expect("a rule");
                let tags = there.rule.take().map(|it| it.tags).unwrap_or_default();
                there.rule = Some(Rule { tags, ..rule });
            }
            Step::Tag { resource, tags } => {
                let mut all = self.tags();
                let there = all.get_mut(&resource).expect("a thing with tags");
                there.extend(tags);
                if there.len() > 50 {
                    return Err(format!("{resource} has too many tags"));
                }
            }
            Step::Untag { resource, keys } => {
                let mut all = self.tags();
                let there = all.get_mut(&resource).expect("a thing with tags");
                there.retain(|key, _| !keys.contains(key));
            }
            Step::DeleteRule { arn } => {
                for it in self.seen.balancers.values_mut() {
                    for it in it.listeners.values_mut() {
                        it.rules.retain(|_, it| it.arn != arn);
                    }
                }
            }
            Step::DeleteListener { arn } => {
                for it in self.seen.balancers.values_mut() {
                    it.listeners.retain(|_, it| it.arn != arn);
                }
            }
            Step::DeleteBalancer { arn } => {
                self.seen.balancers.remove(&arn);
            }
            Step::DeleteGroup { arn } => {
                if self.users(&arn) > 0 {
                    return Err(format!("{arn} is in use"));
                }
                self.seen.groups.remove(&arn);
            }
            Step::DeleteSecurityGroup { id } => {
                let used = self
                    .seen
                    .balancers
                    .values()
                    .any(|it| it.security.contains(&id));
                if used || !self.seen.openings.is_empty() {
                    return Err(format!("{id} is in use"));
                }
                self.seen.own = None;
            }
        }
        Ok(())
    }

    /// Until nothing is to do, or for so many steps.
    pub fn settle(
        &mut self,
        wanted: Option<&Stack>,
        pods: &BTreeSet<String>,
        most: usize,
    ) -> usize {
        let mut done = 0;
        for _ in 0..20 {
            let steps = plan(wanted, pods, &self.seen);
            if steps.is_empty() {
                return done;
            }
            for step in steps {
                if done == most {
                    return done;
                }
                let said = step.clone();
                if let Err(why) = self.act(wanted, step) {
                    panic!("{said:?}: {why}");
                }
                done += 1;
            }
        }
        panic!("it never settles: {:#?}", self.seen);
    }
}
