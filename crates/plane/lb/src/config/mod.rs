//! The configuration as told, each resource compiled when it is taken over.
//!
//! Resources are checked one by one and never against each other: a rule may come before its
//! group. What refers to something that is not there is left out of the tables ([`table`]).

mod attributes;
mod ingress;
mod stream;
pub mod table;

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
};

use rustls::sign::CertifiedKey;
use wharf_planeproto::{
    Change, Key, Kind, Resource,
    balancer::{Certificate, Listener, LoadBalancer, Protocol, Rule, Target, TargetGroup},
    endpoint::Endpoint,
    network::SecurityGroup,
};

pub use self::attributes::{
    Algorithm, BalancerSettings, ForwardedFor, GroupSettings, ResponseHeaders, Stickiness,
    WrongValue,
};
pub use self::stream::{FlowSettings, idle_timeout_ms};
use crate::{
    Update,
    health::{Matcher, WrongMatcher},
    rules::{CompiledRule, Unusable},
    tls,
};

/// Why a resource cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Attribute(#[from] WrongValue),
    #[error(transparent)]
    Condition(#[from] Unusable),
    #[error(transparent)]
    Matcher(#[from] WrongMatcher),
    #[error(transparent)]
    Certificate(#[from] tls::WrongCertificate),
    #[error("health checks do not speak {0}")]
    CheckProtocol(&'static str),
    #[error("it belongs to another plane")]
    Plane,
}

/// A resource that is not in force.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {why}")]
pub struct Rejected {
    pub key: Key,
    pub why: Refusal,
}

/// What of an update is not in force; the rest of it is.
#[derive(Debug)]
pub struct NotInForce(pub Vec<Rejected>);

impl std::error::Error for NotInForce {}

impl fmt::Display for NotInForce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        out.write_str(&all.join("; "))
    }
}

#[derive(Debug)]
pub struct CompiledBalancer {
    pub record: LoadBalancer,
    pub settings: BalancerSettings,
}

#[derive(Debug)]
pub struct CompiledGroup {
    pub record: TargetGroup,
    pub settings: GroupSettings,
    /// Of a network load balancer.
    pub flows: Option<FlowSettings>,
    pub matcher: Matcher,
}

impl CompiledGroup {
    pub fn deregistration_delay_ms(&self) -> i64 {
        let flows = self.flows.as_ref().map(|it| it.deregistration_delay_ms);
        flows.unwrap_or(self.settings.deregistration_delay_ms)
    }

    /// Whether what a target still has under way when its delay is over is ended.
    pub fn ends_deregistered(&self) -> bool {
        self.flows.as_ref().is_none_or(|it| it.ends_deregistered)
    }

    pub fn ends_unhealthy(&self) -> bool {
        self.flows.as_ref().is_some_and(|it| it.ends_unhealthy)
    }
}

/// Whether it is a protocol of network load balancers.
pub fn is_network(protocol: Protocol) -> bool {
    !matches!(protocol, Protocol::Http | Protocol::Https)
}

#[derive(Debug)]
pub struct CompiledCertificate {
    record: Certificate,
    pub key: Arc<CertifiedKey>,
}

impl CompiledCertificate {
    /// Names as SNI asks for them.
    pub fn names(&self) -> &[String] {
        &self.record.names
    }
}

/// All resources that can be used, by ARN (targets by their key's id).
#[derive(Debug, Default)]
pub struct Registry {
    pub balancers: BTreeMap<String, Arc<CompiledBalancer>>,
    pub listeners: BTreeMap<String, Arc<Listener>>,
    pub rules: BTreeMap<String, Arc<CompiledRule>>,
    pub groups: BTreeMap<String, Arc<CompiledGroup>>,
    pub targets: BTreeMap<String, Target>,
    pub certificates: BTreeMap<String, Arc<CompiledCertificate>>,
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// VPC endpoints that lead to load balancers.
    pub endpoints: BTreeMap<String, Endpoint>,
}

impl Registry {
    /// Takes an update over.
    ///
    /// # Errors
    /// Some of its resources cannot be used; the rest is taken.
    pub fn apply(&mut self, update: Update) -> Result<(), NotInForce> {
        let refused: Vec<Rejected> = match update {
            Update::Snapshot(resources) => {
                let told: HashSet<Key> = resources.iter().map(Resource::key).collect();
                let gone: Vec<Key> = self.keys().filter(|key| !told.contains(key)).collect();
                gone.iter().for_each(|key| self.remove(key));
                let refused = resources.into_iter().map(|it| self.put(it));
                refused.filter_map(Result::err).collect()
            }
            Update::Changes(changes) => {
                let refused = changes.into_iter().map(|change| match change {
                    Change::Put(resource) => self.put(resource),
                    Change::Delete(key) => {
                        self.remove(&key);
                        Ok(())
                    }
                });
                refused.filter_map(Result::err).collect()
            }
        };
        match refused.is_empty() {
            true => Ok(()),
            false => Err(NotInForce(refused)),
        }
    }

    fn keys(&self) -> impl Iterator<Item = Key> {
        fn of<T>(kind: Kind, map: &BTreeMap<String, T>) -> impl Iterator<Item = Key> {
            let key = move |id: &String| Key {
                kind,
                id: id.clone(),
            };
            map.keys().map(key)
        }
        of(Kind::LoadBalancer, &self.balancers)
            .chain(of(Kind::Listener, &self.listeners))
            .chain(of(Kind::Rule, &self.rules))
            .chain(of(Kind::TargetGroup, &self.groups))
            .chain(of(Kind::Target, &self.targets))
            .chain(of(Kind::Certificate, &self.certificates))
            .chain(of(Kind::SecurityGroup, &self.security_groups))
            .chain(of(Kind::Endpoint, &self.endpoints))
    }

    fn remove(&mut self, key: &Key) {
        match key.kind {
            Kind::LoadBalancer => drop(self.balancers.remove(&key.id)),
            Kind::Listener => drop(self.listeners.remove(&key.id)),
            Kind::Rule => drop(self.rules.remove(&key.id)),
            Kind::TargetGroup => drop(self.groups.remove(&key.id)),
            Kind::Target => drop(self.targets.remove(&key.id)),
            Kind::Certificate => drop(self.certificates.remove(&key.id)),
            Kind::SecurityGroup => drop(self.security_groups.remove(&key.id)),
            Kind::Endpoint => drop(self.endpoints.remove(&key.id)),
            Kind::Host
            | Kind::Vpc
            | Kind::Interface
            | Kind::Subnet
            | Kind::RouteTable
            | Kind::Peering
            | Kind::NatGateway
            | Kind::NetworkAcl
            | Kind::Instance
            | Kind::Volume
            | Kind::FlowLog
            | Kind::Snapshot
            | Kind::FileSystem
            | Kind::ReverseName => {}
        }
    }

    fn put(&mut self, resource: Resource) -> Result<(), Rejected> {
        let key = resource.key();
        let taken = match resource {
            Resource::LoadBalancer(record) => self.put_balancer(record),
            Resource::Listener(record) => self.put_listener(record),
            Resource::Rule(record) => self.put_rule(record),
            Resource::TargetGroup(record) => self.put_group(record),
            Resource::Target(record) => {
                self.targets.insert(key.id.clone(), record);
                Ok(())
            }
            Resource::Certificate(record) => self.put_certificate(record),
            Resource::SecurityGroup(record) => {
                self.security_groups.insert(key.id.clone(), record);
                Ok(())
            }
            Resource::Endpoint(record) => {
                self.endpoints.insert(key.id.clone(), record);
                Ok(())
            }
            _ => Err(Refusal::Plane),
        };
        taken.map_err(|why| Rejected { key, why })
    }

    fn put_balancer(&mut self, record: LoadBalancer) -> Result<(), Refusal> {
        let settings = BalancerSettings::read(&record.attributes)?;
        let arn = record.arn.clone();
        self.balancers
            .insert(arn, Arc::new(CompiledBalancer { record, settings }));
        Ok(())
    }

    fn put_listener(&mut self, record: Listener) -> Result<(), Refusal> {
        match is_network(record.protocol) {
            true => drop(idle_timeout_ms(&record.attributes)?),
            false => drop(ResponseHeaders::read(&record.attributes)?),
        }
        self.listeners.insert(record.arn.clone(), Arc::new(record));
        Ok(())
    }

    fn put_rule(&mut self, record: Rule) -> Result<(), Refusal> {
        if self.rules.get(&record.arn).map(|it| &it.rule) != Some(&record) {
            let arn = record.arn.clone();
            self.rules.insert(arn, CompiledRule::compile(record)?);
        }
        Ok(())
    }

    fn put_group(&mut self, record: TargetGroup) -> Result<(), Refusal> {
        let check = record.health_check.protocol;
        if matches!(check, Protocol::Tls | Protocol::Udp | Protocol::TcpUdp) {
            return Err(Refusal::CheckProtocol(check.name()));
        }
        let (settings, flows) = match is_network(record.protocol) {
            true => (
                GroupSettings::read(&Default::default())?,
                Some(FlowSettings::read(&record.attributes)?),
            ),
            false => (GroupSettings::read(&record.attributes)?, None),
        };
        let matcher = Matcher::parse(&record.health_check.matcher)?;
        let arn = record.arn.clone();
        let compiled = CompiledGroup {
            record,
            settings,
            flows,
            matcher,
        };
        self.groups.insert(arn, Arc::new(compiled));
        Ok(())
    }

    fn put_certificate(&mut self, record: Certificate) -> Result<(), Refusal> {
        if self.certificates.get(&record.arn).map(|it| &it.record) == Some(&record) {
            return Ok(());
        }
        let key = tls::certified_key(&record)?;
        let arn = record.arn.clone();
        self.certificates
            .insert(arn, Arc::new(CompiledCertificate { record, key }));
        Ok(())
    }
}
