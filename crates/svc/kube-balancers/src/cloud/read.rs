//! What is there.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_ec2::{
    DescribeNetworkInterfacesRequest, DescribeSecurityGroupsRequest, Filter, IpPermission,
    SecurityGroup,
};
use wharf_api_elbv2 as elb;

use super::{Arns, CLUSTER_ID_TAG, Cloud, CloudError, Told, failed, wire};
use crate::{
    annotations::is_reserved,
    plan::{Seen, SeenBalancer, SeenGroup, SeenListener, SeenRule, SeenSecurity},
    stack::{Admission, Check, Group, Key, NO_ALPN, Rule, Source, Target, TargetKind},
};

/// Resources whose tags are asked for at once, and interfaces that are described at once.
const TAGS_AT_ONCE: usize = 20;
const INTERFACES_AT_ONCE: usize = 200;

pub fn filter(name: impl Into<String>, value: &str) -> Filter {
    Filter {
        name: Some(name.into()),
        values: Some(vec![value.to_owned()]),
    }
}

fn is_gone(error: &CloudError) -> bool {
    let CloudError::Fault { fault, .. } = error else {
        return false;
    };
    matches!(
        fault.code.as_ref(),
        "LoadBalancerNotFound" | "TargetGroupNotFound" | "ListenerNotFound" | "RuleNotFound"
    )
}

/// `None` for what is gone.
pub(super) fn there<T>(result: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Cloud {
    /// All that was made for the cluster, by stacks.
    pub async fn all(&self) -> Result<BTreeMap<Key, Arns>, CloudError> {
        let mut all: BTreeMap<Key, Arns> = BTreeMap::new();
        let balancers = self.all_balancers().await?;
        for (arn, key) in self.ours(&balancers).await? {
            all.entry(key).or_default().balancers.push(arn);
        }
        let groups = self.all_groups().await?;
        for (arn, key) in self.ours(&groups).await? {
            all.entry(key).or_default().groups.push(arn);
        }
        let filters = vec![filter(format!("tag:{CLUSTER_ID_TAG}"), &self.cluster.id)];
        for group in self.security_groups(filters).await? {
            let tags = group.tags.iter().flatten();
            let tags = tags.filter_map(|it| Some((it.key.as_deref()?, it.value.as_deref()?)));
            if let Some(key) = self.stack_of(tags) {
                all.entry(key).or_default();
            }
        }
        Ok(all)
    }

    async fn all_balancers(&self) -> Result<Vec<String>, CloudError> {
        let (mut arns, mut marker) = (Vec::new(), None);
        loop {
            let request = elb::DescribeLoadBalancersInput {
                marker,
                ..elb::DescribeLoadBalancersInput::default()
            };
            let page = self
                .elb
                .describe_load_balancers(&self.call(), request)
                .await;
            let page = page.map_err(failed("list load balancers"))?;
            let found = page.load_balancers.into_iter().flatten();
            arns.extend(found.filter_map(|it| it.load_balancer_arn));
            marker = page.next_marker;
            if marker.is_none() {
                return Ok(arns);
            }
        }
    }

    pub(super) async fn all_groups(&self) -> Result<Vec<String>, CloudError> {
        let (mut arns, mut marker) = (Vec::new(), None);
        loop {
            let request = elb::DescribeTargetGroupsInput {
                marker,
                ..elb::DescribeTargetGroupsInput::default()
            };
            let page = self.elb.describe_target_groups(&self.call(), request).await;
            let page = page.map_err(failed("list target groups"))?;
            let found = page.target_groups.into_iter().flatten();
            arns.extend(found.filter_map(|it| it.target_group_arn));
            marker = page.next_marker;
            if marker.is_none() {
                return Ok(arns);
            }
        }
    }

    /// Those that are the cluster's, with their stacks.
    pub(super) async fn ours(&self, arns: &[String]) -> Result<Vec<(String, Key)>, CloudError> {
        let all = self.tags_of(arns).await?.into_iter();
        let ours = all.filter_map(|(arn, tags)| {
            let tags = tags
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()));
            Some((arn, self.stack_of(tags)?))
        });
        Ok(ours.collect())
    }

    /// Those that are there, with their tags.
    pub(super) async fn tags_of(
        &self,
        arns: &[String],
    ) -> Result<Vec<(String, BTreeMap<String, String>)>, CloudError> {
        let mut all = Vec::new();
        for some in arns.chunks(TAGS_AT_ONCE) {
            let request = elb::DescribeTagsInput {
                resource_arns: Some(some.to_vec()),
            };
            let found = self.elb.describe_tags(&self.call(), request).await;
            let found = match there(found.map_err(failed("read tags")))? {
                Some(found) => found.tag_descriptions.unwrap_or_default(),
                // One went meanwhile: the others are asked for alone.
                None if some.len() > 1 => {
                    for one in some {
                        all.extend(Box::pin(self.tags_of(std::slice::from_ref(one))).await?);
                    }
                    continue;
                }
                None => continue,
            };
            for described in found {
                let tags = described.tags.into_iter().flatten();
                let tags = tags.filter_map(|it| Some((it.key?, it.value?)));
                if let Some(arn) = described.resource_arn {
                    all.push((arn, tags.collect()));
                }
            }
        }
        Ok(all)
    }

    /// What is there of a stack; `arns` loses what is gone.
    pub async fn see(&self, key: &Key, arns: &mut Arns) -> Result<Seen, CloudError> {
        let mut seen = Seen::default();
        for arn in std::mem::take(&mut arns.balancers) {
            if let Some(balancer) = there(self.balancer(&arn, &arns.secrets).await)? {
                seen.balancers.insert(arn.clone(), balancer);
                arns.balancers.push(arn);
            }
        }
        let is_there = |arn: &str| {
            let mut listeners = seen.balancers.values().flat_map(|it| it.listeners.values());
            listeners.any(|it| it.arn == arn || it.rules.values().any(|it| it.arn == arn))
        };
        arns.secrets.retain(|arn, _| is_there(arn));
        for arn in std::mem::take(&mut arns.groups) {
            if let Some(group) = there(self.group(&arn).await)? {
                seen.groups.insert(arn.clone(), group);
                arns.groups.push(arn);
            }
        }
        self.read_tags(&mut seen).await?;
        let (tag, value) = key.tag();
        let filters = vec![
            filter(format!("tag:{CLUSTER_ID_TAG}"), &self.cluster.id),
            filter(format!("tag:{tag}"), &value),
        ];
        let own = self.security_groups(filters).await?.into_iter().next();
        let Some(own) = own else {
            return Ok(seen);
        };
        let id = own.group_id.clone().unwrap_or_default();
        let filters = vec![filter("ip-permission.group-id", &id)];
        for group in self.security_groups(filters).await? {
            let of = Source::Group(id.clone());
            let mut open = admissions(&group);
            open.retain(|it| it.source == of);
            if let (Some(group), false) = (group.group_id, open.is_empty()) {
                seen.openings.insert(group, open);
            }
        }
        let tags = own.tags.iter().flatten();
        let tags = tags.filter_map(|it| Some((it.key.clone()?, it.value.clone()?)));
        seen.own = Some(SeenSecurity {
            id,
            admits: admissions(&own),
            tags: of_users(tags),
        });
        Ok(seen)
    }

    /// Adds the tags of all that load balancing has of a stack.
    async fn read_tags(&self, seen: &mut Seen) -> Result<(), CloudError> {
        let mut arns: Vec<String> = seen.groups.keys().cloned().collect();
        for (arn, balancer) in &seen.balancers {
            arns.push(arn.clone());
            for listener in balancer.listeners.values() {
                arns.push(listener.arn.clone());
                arns.extend(listener.rules.values().map(|it| it.arn.clone()));
            }
        }
        let all = self.tags_of(&arns).await?.into_iter();
        let all: BTreeMap<String, BTreeMap<String, String>> =
            all.map(|(arn, tags)| (arn, of_users(tags))).collect();
        let of = |arn: &str| all.get(arn).cloned().unwrap_or_default();
        for (arn, group) in &mut seen.groups {
            group.group.tags = of(arn);
        }
        for (arn, balancer) in &mut seen.balancers {
            balancer.tags = of(arn);
            for listener in balancer.listeners.values_mut() {
                listener.tags = of(&listener.arn);
                for SeenRule { arn, rule } in listener.rules.values_mut() {
                    if let Some(rule) = rule {
                        rule.tags = of(arn);
                    }
                }
            }
        }
        Ok(())
    }

    async fn security_groups(
        &self,
        filters: Vec<Filter>,
    ) -> Result<Vec<SecurityGroup>, CloudError> {
        let (mut all, mut next_token) = (Vec::new(), None);
        loop {
            let request = DescribeSecurityGroupsRequest {
                filters: Some(filters.clone()),
                next_token,
                ..DescribeSecurityGroupsRequest::default()
            };
            let page = self
                .ec2
                .describe_security_groups(&self.call(), request)
                .await;
            let page = page.map_err(failed("list security groups"))?;
            all.extend(page.security_groups.unwrap_or_default());
            next_token = page.next_token;
            if next_token.is_none() {
                return Ok(all);
            }
        }
    }

    /// The groups that lead to interfaces and to the first ones of instances, one of each: the one tagged as the cluster's, else the
    /// first.
    pub async fn groups_of(
        &self,
        interfaces: &BTreeSet<String>,
        instances: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, CloudError> {
        let mut found = self.groups_by("network-interface-id", interfaces).await?;
        found.extend(self.groups_by("attachment.instance-id", instances).await?);
        if found.iter().all(|it| it.len() < 2) {
            return Ok(found.into_iter().flatten().collect());
        }
        let owned = format!("kubernetes.io/cluster/{}", self.cluster.name);
        let owned = self
            .security_groups(vec![filter("tag-key", &owned)])
            .await?;
        let owned: BTreeSet<String> = owned.into_iter().filter_map(|it| it.group_id).collect();
        let chosen = found.into_iter().filter_map(|groups| {
            let ours = groups.iter().find(|it| owned.contains(*it));
            ours.or(groups.first()).cloned()
        });
        Ok(chosen.collect())
    }

    /// The groups of each interface that a filter chooses.
    async fn groups_by(
        &self,
        name: &str,
        values: &BTreeSet<String>,
    ) -> Result<BTreeSet<BTreeSet<String>>, CloudError> {
        let values: Vec<String> = values.iter().cloned().collect();
        let mut found = BTreeSet::new();
        for some in values.chunks(INTERFACES_AT_ONCE) {
            // An id that is no more would fail a list of ids; a filter passes over it.
            let request = DescribeNetworkInterfacesRequest {
                filters: Some(vec![Filter {
                    name: Some(name.to_owned()),
                    values: Some(some.to_vec()),
                }]),
                ..DescribeNetworkInterfacesRequest::default()
            };
            let page = self
                .ec2
                .describe_network_interfaces(&self.call(), request)
                .await;
            let page = page.map_err(failed("read the interfaces of targets"))?;
            for interface in page.network_interfaces.into_iter().flatten() {
                // Of an instance, those of its pods are attached as well.
                let attached = interface.attachment.and_then(|it| it.device_index);
                if name == "attachment.instance-id" && attached != Some(0) {
                    continue;
                }
                let groups = interface.groups.into_iter().flatten();
                found.insert(groups.filter_map(|it| it.group_id).collect());
            }
        }
        Ok(found)
    }

    /// Where the stack is reached.
    pub async fn dns_name(&self, arn: &str) -> Result<String, CloudError> {
        let found = self.described(arn).await?;
        Ok(found.dns_name.unwrap_or_default())
    }

    async fn described(&self, arn: &str) -> Result<elb::LoadBalancer, CloudError> {
        let request = elb::DescribeLoadBalancersInput {
            load_balancer_arns: Some(vec![arn.to_owned()]),
            ..elb::DescribeLoadBalancersInput::default()
        };
        let found = self
            .elb
            .describe_load_balancers(&self.call(), request)
            .await;
        let found = found.map_err(failed("describe a load balancer"))?;
        Ok(found
            .load_balancers
            .into_iter()
            .flatten()
            .next()
            .unwrap_or_default())
    }

    async fn balancer(&self, arn: &str, secrets: &Told) -> Result<SeenBalancer, CloudError> {
        let found = self.described(arn).await?;
        let request = elb::DescribeLoadBalancerAttributesInput {
            load_balancer_arn: Some(arn.to_owned()),
        };
        let attributes = self
            .elb
            .describe_load_balancer_attributes(&self.call(), request)
            .await;
        let attributes = attributes.map_err(failed("read the attributes of a load balancer"))?;
        let attributes = attributes.attributes.into_iter().flatten();
        let zones = found.availability_zones.into_iter().flatten();
        let mut seen = SeenBalancer {
            name: found.load_balancer_name.unwrap_or_default(),
            kind: found.type_.unwrap_or_default(),
            internal: found.scheme.as_deref() == Some("internal"),
            subnets: zones.filter_map(|it| it.subnet_id).collect(),
            security: found.security_groups.into_iter().flatten().collect(),
            attributes: attributes
                .filter_map(|it| Some((it.key?, it.value?)))
                .collect(),
            tags: BTreeMap::new(),
            listeners: BTreeMap::new(),
        };
        let mut marker = None;
        loop {
            let request = elb::DescribeListenersInput {
                load_balancer_arn: Some(arn.to_owned()),
                marker,
                ..elb::DescribeListenersInput::default()
            };
            let page = self.elb.describe_listeners(&self.call(), request).await;
            let page = page.map_err(failed("list listeners"))?;
            for listener in page.listeners.into_iter().flatten() {
                let port = listener.port.and_then(|it| u16::try_from(it).ok());
                let listener = self.listener(listener, &seen.kind, secrets).await?;
                seen.listeners.insert(port.unwrap_or_default(), listener);
            }
            marker = page.next_marker;
            if marker.is_none() {
                return Ok(seen);
            }
        }
    }

    async fn listener(
        &self,
        found: elb::Listener,
        kind: &str,
        secrets: &Told,
    ) -> Result<SeenListener, CloudError> {
        let arn = found.listener_arn.unwrap_or_default();
        let certificates = found.certificates.into_iter().flatten();
        let mut certificates: Vec<String> =
            certificates.filter_map(|it| it.certificate_arn).collect();
        if !certificates.is_empty() {
            let request = elb::DescribeListenerCertificatesInput {
                listener_arn: Some(arn.clone()),
                ..elb::DescribeListenerCertificatesInput::default()
            };
            let more = self
                .elb
                .describe_listener_certificates(&self.call(), request)
                .await;
            let more = more.map_err(failed("list the certificates of a listener"))?;
            let more = more.certificates.into_iter().flatten();
            let more = more.filter(|it| it.is_default != Some(true));
            certificates.extend(more.filter_map(|it| it.certificate_arn));
        }
        let request = elb::DescribeListenerAttributesInput {
            listener_arn: Some(arn.clone()),
        };
        let attributes = self
            .elb
            .describe_listener_attributes(&self.call(), request)
            .await;
        let attributes = attributes.map_err(failed("read the attributes of a listener"))?;
        let attributes = attributes.attributes.into_iter().flatten();
        let alpn = found.alpn_policy.into_iter().flatten().next();
        let rules = match kind {
            "network" => BTreeMap::new(),
            _ => self.rules(&arn, secrets).await?,
        };
        let told = secrets.get(&arn).copied();
        let (auth, default) = match wire::actions_seen(found.default_actions, told) {
            Some((auth, default)) => (auth, Some(default)),
            None => (None, None),
        };
        Ok(SeenListener {
            arn,
            protocol: found.protocol.unwrap_or_default(),
            certificates,
            policy: found.ssl_policy,
            alpn: alpn.filter(|it| it != NO_ALPN),
            attributes: attributes
                .filter_map(|it| Some((it.key?, it.value?)))
                .collect(),
            auth,
            default,
            tags: BTreeMap::new(),
            rules,
        })
    }

    async fn rules(
        &self,
        listener: &str,
        secrets: &Told,
    ) -> Result<BTreeMap<i32, SeenRule>, CloudError> {
        let (mut rules, mut marker) = (BTreeMap::new(), None);
        loop {
            let request = elb::DescribeRulesInput {
                listener_arn: Some(listener.to_owned()),
                marker,
                ..elb::DescribeRulesInput::default()
            };
            let page = self.elb.describe_rules(&self.call(), request).await;
            let page = page.map_err(failed("list rules"))?;
            for rule in page.rules.into_iter().flatten() {
                let Some(priority) = rule.priority.and_then(|it| it.parse().ok()) else {
                    continue;
                };
                let conditions = rule.conditions.unwrap_or_default().into_iter();
                let conditions: Option<Vec<_>> = conditions.map(wire::condition_seen).collect();
                let arn = rule.rule_arn.unwrap_or_default();
                let told = secrets.get(&arn).copied();
                let read = conditions.zip(wire::actions_seen(rule.actions, told));
                let read = read.map(|(conditions, (auth, action))| Rule {
                    conditions,
                    auth,
                    action,
                    tags: BTreeMap::new(),
                });
                rules.insert(priority, SeenRule { arn, rule: read });
            }
            marker = page.next_marker;
            if marker.is_none() {
                return Ok(rules);
            }
        }
    }

    pub(super) async fn target_group(&self, arn: &str) -> Result<elb::TargetGroup, CloudError> {
        let request = elb::DescribeTargetGroupsInput {
            target_group_arns: Some(vec![arn.to_owned()]),
            ..elb::DescribeTargetGroupsInput::default()
        };
        let found = self.elb.describe_target_groups(&self.call(), request).await;
        let found = found
            .map_err(failed("describe a target group"))?
            .target_groups;
        Ok(found.into_iter().flatten().next().unwrap_or_default())
    }

    /// The targets of a group that were not deregistered.
    pub(super) async fn targets(&self, arn: &str) -> Result<BTreeSet<Target>, CloudError> {
        let request = elb::DescribeTargetHealthInput {
            target_group_arn: Some(arn.to_owned()),
            ..elb::DescribeTargetHealthInput::default()
        };
        let health = self.elb.describe_target_health(&self.call(), request).await;
        let health = health.map_err(failed("read the targets of a target group"))?;
        let targets = health.target_health_descriptions.into_iter().flatten();
        let targets = targets.filter(|it| {
            it.target_health.as_ref().and_then(|it| it.state.as_deref()) != Some("draining")
        });
        let targets = targets.filter_map(|it| {
            let target = it.target?;
            let port = u16::try_from(target.port?).ok()?;
            let id = target.id?;
            Some(Target { id, port })
        });
        Ok(targets.collect())
    }

    async fn group(&self, arn: &str) -> Result<SeenGroup, CloudError> {
        let found = self.target_group(arn).await?;
        let request = elb::DescribeTargetGroupAttributesInput {
            target_group_arn: Some(arn.to_owned()),
        };
        let attributes = self
            .elb
            .describe_target_group_attributes(&self.call(), request)
            .await;
        let attributes = attributes.map_err(failed("read the attributes of a target group"))?;
        let attributes = attributes.attributes.into_iter().flatten();
        let targets = self.targets(arn).await?;
        let matcher = found.matcher.unwrap_or_default();
        Ok(SeenGroup {
            name: found.target_group_name.unwrap_or_default(),
            group: Group {
                kind: TargetKind::read(found.target_type.as_deref()),
                protocol: found.protocol.unwrap_or_default(),
                version: found.protocol_version.unwrap_or_default(),
                port: found
                    .port
                    .and_then(|it| u16::try_from(it).ok())
                    .unwrap_or_default(),
                check: Check {
                    protocol: found.health_check_protocol.unwrap_or_default(),
                    port: found.health_check_port.unwrap_or_default(),
                    path: found.health_check_path,
                    codes: matcher.http_code.or(matcher.grpc_code),
                    interval: found.health_check_interval_seconds.unwrap_or_default(),
                    timeout: found.health_check_timeout_seconds.unwrap_or_default(),
                    healthy: found.healthy_threshold_count.unwrap_or_default(),
                    unhealthy: found.unhealthy_threshold_count.unwrap_or_default(),
                },
                attributes: attributes
                    .filter_map(|it| Some((it.key?, it.value?)))
                    .collect(),
                targets,
                tags: BTreeMap::new(),
                of: String::new(),
            },
        })
    }
}

fn of_users(tags: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let tags = tags.into_iter();
    tags.filter(|(key, _)| !is_reserved(key)).collect()
}

fn admissions(group: &SecurityGroup) -> BTreeSet<Admission> {
    let all = group.ip_permissions.iter().flatten();
    all.flat_map(of_permission).collect()
}

/// Only what this could have made.
fn of_permission(permission: &IpPermission) -> Vec<Admission> {
    let protocol = match permission.ip_protocol.as_deref() {
        Some("tcp") => "tcp",
        Some("udp") => "udp",
        _ => return Vec::new(),
    };
    let port = |it: Option<i32>| it.and_then(|it| u16::try_from(it).ok());
    let (Some(from), Some(to)) = (port(permission.from_port), port(permission.to_port)) else {
        return Vec::new();
    };
    let ranges = permission.ip_ranges.iter().flatten();
    let ranges = ranges
        .filter_map(|it| it.cidr_ip.clone())
        .map(Source::Range);
    let groups = permission.user_id_group_pairs.iter().flatten();
    let groups = groups
        .filter_map(|it| it.group_id.clone())
        .map(Source::Group);
    let made = |source| Admission {
        protocol,
        from,
        to,
        source,
    };
    ranges.chain(groups).map(made).collect()
}
