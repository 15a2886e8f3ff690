//! What is asked of a placement.

use std::collections::HashMap;

use wharf_records::hosts::Claim;

use crate::{fleet::HostIx, offer::Asks, query::Expression};

/// Which hosts may serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pool {
    /// Container instances of one cluster, by its ARN.
    Cluster(String),
    /// Those of them that belong to a capacity provider, by its name.
    Provider { cluster: String, provider: String },
    /// Every host that offers Fargate capacity to that account and region.
    Fargate { account: String, region: String },
}

#[derive(Debug, Clone)]
pub enum Constraint {
    /// No two tasks of the group on one host.
    DistinctInstance,
    MemberOf(Expression),
}

/// Ranks hosts; strategies are applied from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    Random,
    SpreadHost,
    /// Least tasks of the group per value of this attribute.
    SpreadAttribute(String),
    BinpackCpu,
    BinpackMemory,
}

/// One shape of task, to be placed once or more.
#[derive(Debug, Clone)]
pub struct Demand {
    pub pool: Pool,
    pub claim: Claim,
    /// Attributes a host must have, each with its value if one is asked for.
    pub attributes: Vec<(String, Option<String>)>,
    /// What of its host the task asks for beyond what is its own.
    pub asks: Asks,
    /// Letters of the zones that can serve, empty for any (an interface lives in its subnet's zone).
    pub zones: Vec<String>,
    pub constraints: Vec<Constraint>,
    pub strategies: Vec<Strategy>,
    /// The group whose tasks spread and distinctInstance count, as [`crate::group_of`] names it.
    pub group: String,
    /// What of hosts is for others.
    pub(crate) promised: HashMap<HostIx, Promised>,
    /// Tasks of the group on hosts that are about to go.
    pub(crate) going: HashMap<HostIx, u32>,
}

/// What of a host is for others although nobody has it yet.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Promised {
    pub cpu: u32,
    pub memory: u32,
    pub interfaces: u32,
}

impl Demand {
    pub fn new(pool: Pool, claim: Claim) -> Self {
        Self {
            pool,
            claim,
            attributes: Vec::new(),
            asks: Asks::default(),
            zones: Vec::new(),
            constraints: Vec::new(),
            strategies: Vec::new(),
            group: String::new(),
            promised: HashMap::new(),
            going: HashMap::new(),
        }
    }

    /// Stands back for what others were promised of a host.
    pub fn leave(&mut self, host: HostIx, claims: &[Claim]) {
        let promised = self.promised.entry(host).or_default();
        for claim in claims {
            promised.cpu = promised.cpu.saturating_add(claim.cpu);
            promised.memory = promised.memory.saturating_add(claim.memory);
            promised.interfaces = promised.interfaces.saturating_add(claim.interfaces);
        }
    }

    /// A task of the group on that host is about to go: what spreads over an attribute counts it no more. Its host has it
    /// until then, so a spread over hosts and distinctInstance do.
    pub fn pass_over(&mut self, host: HostIx) {
        *self.going.entry(host).or_default() += 1;
    }
}
