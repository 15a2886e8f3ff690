//! The configuration as told, each resource compiled when it is taken over.
//!
//! Resources are checked one by one and never against each other: a rule may come before its
//! group. What refers to something that is not there is left out of the tables ([`table`]).

mod attributes;
mod ingress;
pub mod table;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use rustls::sign::CertifiedKey;
use wharf_planeproto::{
    Change, Key, Kind, Resource,
    balancer::{
        BalancerKind, Certificate, Listener, LoadBalancer, Protocol, Rule, Target, TargetGroup,
    },
    network::SecurityGroup,
};

pub use self::attributes::{
    Algorithm, BalancerSettings, ForwardedFor, GroupSettings, ResponseHeaders, Stickiness,
    WrongValue,
};
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
    #[error("{0} is not served here: HTTP and HTTPS are")]
    Protocol(String),
    #[error("network load balancers are not served here")]
    Kind,
    #[error("it belongs to another plane")]
    Plane,
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
    pub matcher: Matcher,
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
}

impl Registry {
    /// Takes an update over. What it returns was refused, and why; the rest is taken.
    pub fn apply(&mut self, update: Update) -> Vec<String> {
        match update {
            Update::Snapshot(resources) => {
                let told: HashSet<Key> = resources.iter().map(Resource::key).collect();
                let gone: Vec<Key> = self.keys().filter(|key| !told.contains(key)).collect();
                gone.iter().for_each(|key| self.remove(key));
                let refused = resources.into_iter().filter_map(|it| self.put(it));
                refused.collect()
            }
            Update::Changes(changes) => {
                let refused = changes.into_iter().filter_map(|change| match change {
                    Change::Put(resource) => self.put(resource),
                    Change::Delete(key) => {
                        self.remove(&key);
                        None
                    }
                });
                refused.collect()
            }
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
            Kind::Host
            | Kind::Vpc
            | Kind::Interface
            | Kind::Subnet
            | Kind::RouteTable
            | Kind::Peering
            | Kind::NatGateway
            | Kind::NetworkAcl
            | Kind::Instance
            | Kind::Volume => {}
        }
    }

    /// Takes a resource over, or says why not.
    fn put(&mut self, resource: Resource) -> Option<String> {
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
            _ => Err(Refusal::Plane),
        };
        taken.err().map(|refusal| format!("{key}: {refusal}"))
    }

    fn put_balancer(&mut self, record: LoadBalancer) -> Result<(), Refusal> {
        if record.kind != BalancerKind::Application {
            return Err(Refusal::Kind);
        }
        let settings = BalancerSettings::read(&record.attributes)?;
        let arn = record.arn.clone();
        self.balancers
            .insert(arn, Arc::new(CompiledBalancer { record, settings }));
        Ok(())
    }

    fn put_listener(&mut self, record: Listener) -> Result<(), Refusal> {
        match record.protocol {
            Protocol::Http | Protocol::Https => {
                ResponseHeaders::read(&record.attributes)?;
                self.listeners.insert(record.arn.clone(), Arc::new(record));
                Ok(())
            }
            other => Err(Refusal::Protocol(format!("{other:?}").to_uppercase())),
        }
    }

    fn put_rule(&mut self, record: Rule) -> Result<(), Refusal> {
        if self.rules.get(&record.arn).map(|it| &it.rule) != Some(&record) {
            let arn = record.arn.clone();
            self.rules.insert(arn, CompiledRule::compile(record)?);
        }
        Ok(())
    }

    fn put_group(&mut self, record: TargetGroup) -> Result<(), Refusal> {
        if !matches!(record.protocol, Protocol::Http | Protocol::Https) {
            return Err(Refusal::Protocol(format!("{:?}", record.protocol)));
        }
        let settings = GroupSettings::read(&record.attributes)?;
        let matcher = Matcher::parse(&record.health_check.matcher)?;
        let arn = record.arn.clone();
        let compiled = CompiledGroup {
            record,
            settings,
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
