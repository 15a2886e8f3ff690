//! A mixed instances policy: the types that a group launches, in the order of preference, and how many of them are Spot
//! instances.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Source;

/// Its launch template is the group's, but for types that have their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mixed {
    /// The first that there is room for is launched; none: what the template says.
    pub types: Vec<String>,
    /// How many units of capacity an instance of each type is; none: each is one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, u32>,
    /// What instances of some types are made of instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<String, Source>,
    /// In units, as all that is about capacity.
    pub base: u32,
    /// Of capacity beyond the base, how many in a hundred are On-Demand; all where nothing is said.
    #[serde(default)]
    pub percentage: Option<u32>,
    /// On-Demand instances are launched of the type that costs least.
    #[serde(default)]
    pub by_price: bool,
    /// The types in the order in which they are, if it is another than that of the policy.
    #[serde(default)]
    pub on_demand_types: Vec<String>,
    /// The types in the order in which Spot instances are launched.
    #[serde(default)]
    pub spot_types: Vec<String>,
    /// Which strategy was given for Spot instances.
    #[serde(default)]
    pub spot_strategy: Option<String>,
    #[serde(default)]
    pub spot_pools: Option<u32>,
    #[serde(default)]
    pub spot_price: Option<String>,
}

impl Mixed {
    pub fn has_spot(&self) -> bool {
        self.percentage.is_some_and(|it| it < 100)
    }

    /// What an instance of a type is made of in a group that launches `launch`.
    pub fn source<'a>(&'a self, launch: &'a Source, of: &str) -> &'a Source {
        self.templates.get(of).unwrap_or(launch)
    }

    /// The types in the order in which instances are launched.
    pub fn ordered(&self, spot: bool) -> &[String] {
        match spot {
            true => &self.spot_types,
            false if self.on_demand_types.is_empty() => &self.types,
            false => &self.on_demand_types,
        }
    }

    /// Of how many of the first types in their order Spot instances are launched in turn.
    pub fn pools(&self) -> usize {
        match self.spot_strategy.as_deref() {
            Some("diversified") => self.spot_types.len().max(1),
            _ => self.spot_pools.map_or(1, |it| it.max(1) as usize),
        }
    }

    /// How much of so much capacity is On-Demand: the base, and of the others their part, rounded up.
    pub fn on_demand_of(&self, all: usize) -> usize {
        let base = all.min(self.base as usize);
        let part = self.percentage.unwrap_or(100) as usize;
        base + ((all - base) * part).div_ceil(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_is_on_demand() {
        for (base, percentage, all, expected) in [
            (0, None, 5, 5),
            (0, Some(0), 5, 0),
            (2, Some(0), 5, 2),
            (2, Some(0), 1, 1),
            (1, Some(50), 4, 3),
            (0, Some(25), 3, 1),
            (0, Some(100), 3, 3),
        ] {
            let mixed = Mixed {
                base,
                percentage,
                ..Mixed::default()
            };
            assert_eq!(
                mixed.on_demand_of(all),
                expected,
                "{base} {percentage:?} {all}"
            );
        }
    }
}
