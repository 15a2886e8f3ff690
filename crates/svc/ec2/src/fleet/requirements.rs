//! Instance types by what they are like (`InstanceRequirements` of an override) in place of their names. Pure.
//!
//! Of the types that are like that, those are left out that cost much more than the cheapest of the families C, M and R among
//! them, in each market by itself.

use serde::{Deserialize, Serialize};
use wharf_base::Glob;

use crate::{
    instance_types::{self, Hardware, InstanceType},
    spot::{Price, on_demand, spot},
};

/// Per cent over the lowest price that are left in where a request says nothing.
const ON_DEMAND_OVER: u32 = 20;
const SPOT_OVER: u32 = 100;
/// From here on prices are no matter.
const ANY_PRICE: u32 = 999_999;
/// Families that others are compared with.
const COMPARED: [&str; 3] = ["c", "m", "r"];

/// What lies between two numbers, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bounds {
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl Bounds {
    pub fn is_given(self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    /// Whether both make sense.
    pub fn holds_together(self) -> bool {
        let mut all = self.min.iter().chain(&self.max);
        let are_numbers = all.all(|it| it.is_finite() && *it >= 0.0);
        are_numbers && !matches!((self.min, self.max), (Some(min), Some(max)) if min > max)
    }

    fn has(self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// Whether types with a trait are meant too, or alone, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    Included,
    Required,
    Excluded,
}

impl Switch {
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Included, Self::Required, Self::Excluded];
        all.into_iter().find(|it| it.name() == text)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Required => "required",
            Self::Excluded => "excluded",
        }
    }

    fn admits(self, has: bool) -> bool {
        match self {
            Self::Included => true,
            Self::Required => has,
            Self::Excluded => !has,
        }
    }
}

/// As they were given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requirements {
    pub vcpus: Bounds,
    pub memory_mib: Bounds,
    pub gib_per_vcpu: Bounds,
    pub makers: Vec<String>,
    pub excluded: Vec<String>,
    pub allowed: Vec<String>,
    pub generations: Vec<String>,
    pub bare_metal: Option<Switch>,
    pub burstable: Option<Switch>,
    pub hibernates: Option<bool>,
    pub interfaces: Bounds,
    pub network_gbps: Bounds,
    pub ebs_mbps: Bounds,
    pub encrypted: Option<bool>,
    pub local_storage: Option<Switch>,
    pub local_types: Vec<String>,
    pub local_gb: Bounds,
    pub accelerators: Bounds,
    pub accelerator_types: Vec<String>,
    pub accelerator_makers: Vec<String>,
    pub accelerator_names: Vec<String>,
    pub accelerator_mib: Bounds,
    /// Per cent.
    pub on_demand_over: Option<u32>,
    pub spot_over: Option<u32>,
    pub spot_of_on_demand: Option<u32>,
}

/// A type that is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suitable {
    pub kind: &'static InstanceType,
    /// The market that it is too dear for, if there is one: whether Spot.
    pub not_in: Option<bool>,
}

impl Requirements {
    /// The types that are meant, the cheapest first: those of an architecture, if that is known.
    pub fn suitable(&self, architecture: Option<&str>) -> Vec<Suitable> {
        let is_of = |it: &InstanceType| architecture.is_none_or(|of| it.architecture == of);
        let mut alike: Vec<_> = instance_types::all()
            .filter(|it| is_of(it) && self.is_met_by(it))
            .collect();
        alike.sort_by_key(|it| (on_demand(it), it.name));
        let mut all = alike.iter();
        let compared =
            all.find(|it| it.current && COMPARED.iter().any(|begin| it.name.starts_with(begin)));
        let Some(lowest) = compared.or(alike.first()).copied() else {
            return Vec::new();
        };
        let suitable = alike.into_iter().filter_map(|kind| {
            let not_in = match self.markets(kind, lowest) {
                (true, true) => None,
                (true, false) => Some(true),
                (false, true) => Some(false),
                (false, false) => return None,
            };
            Some(Suitable { kind, not_in })
        });
        suitable.collect()
    }

    /// Whether a type is not too dear beside another, On-Demand and as Spot capacity.
    fn markets(&self, kind: &InstanceType, lowest: &InstanceType) -> (bool, bool) {
        let is_within = |price: Price, of: Price, percent: u32| {
            percent >= ANY_PRICE || price.0 * 100 <= of.0 * u64::from(percent)
        };
        let over = |percent: u32| match percent >= ANY_PRICE {
            true => ANY_PRICE,
            false => 100 + percent,
        };
        let by_on_demand = over(self.on_demand_over.unwrap_or(ON_DEMAND_OVER));
        let is_cheap = is_within(on_demand(kind), on_demand(lowest), by_on_demand);
        let is_cheap_spot = match self.spot_of_on_demand {
            Some(percent) => is_within(spot(kind), on_demand(lowest), percent),
            None => {
                let percent = over(self.spot_over.unwrap_or(SPOT_OVER));
                is_within(spot(kind), spot(lowest), percent)
            }
        };
        (is_cheap, is_cheap_spot)
    }

    fn is_met_by(&self, it: &InstanceType) -> bool {
        let vcpus = f64::from(it.vcpus);
        // Up to some terabytes.
        let mib = u32::try_from(it.memory_mib).map_or(f64::MAX, f64::from);
        let metal = it.hardware == Hardware::Metal;
        let generation = if it.current { "current" } else { "previous" };
        let excluded = Switch::Excluded;
        self.vcpus.has(vcpus)
            && self.memory_mib.has(mib)
            && self.gib_per_vcpu.has(mib / 1024.0 / vcpus)
            && (self.makers.is_empty() || self.makers.iter().any(|name| name == maker(it)))
            && !named(&self.excluded, it.name)
            && (self.allowed.is_empty() || named(&self.allowed, it.name))
            && (self.generations.is_empty() || self.generations.iter().any(|it| it == generation))
            && self.bare_metal.unwrap_or(excluded).admits(metal)
            && self.burstable.unwrap_or(excluded).admits(it.burstable)
            && self.hibernates != Some(true)
            && self.interfaces.has(f64::from(it.interfaces))
            && self.network_gbps.has(it.network.baseline)
            && self.ebs_mbps.has(ebs_mbps(it))
            && (self.encrypted != Some(true) || it.encrypted)
            && self.has_no_devices()
    }

    /// No type here has local storage or accelerators.
    fn has_no_devices(&self) -> bool {
        let storage = self.local_storage.unwrap_or(Switch::Included);
        let of_accelerators = [
            &self.accelerator_types,
            &self.accelerator_makers,
            &self.accelerator_names,
        ];
        storage.admits(false)
            && self.local_gb.has(0.0)
            && self.accelerators.has(0.0)
            && self.accelerator_mib.has(0.0)
            && (self.accelerators.max == Some(0.0)
                || of_accelerators.iter().all(|it| it.is_empty()))
    }
}

/// As requests spell it.
fn maker(of: &InstanceType) -> &'static str {
    match of.maker {
        "Intel" => "intel",
        "AMD" => "amd",
        _ => "amazon-web-services",
    }
}

fn ebs_mbps(of: &InstanceType) -> f64 {
    of.ebs.map_or(0.0, |it| f64::from(it.mbps.baseline))
}

/// Whether a pattern, as `m5*`, is that of the name.
fn named(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|it| Glob::stars(it).matches(name))
}

#[cfg(test)]
#[path = "requirements_tests.rs"]
mod tests;
