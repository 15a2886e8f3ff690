//! Types of EC2 instances, as far as they are billed.

use std::{collections::BTreeMap, sync::LazyLock};

use rust_decimal::Decimal;

/// By name: millionths of a dollar for an hour On-Demand.
static TYPES: LazyLock<BTreeMap<&'static str, i64>> = LazyLock::new(|| {
    let lines = include_str!("instances.txt").lines();
    let rows = lines.filter(|it| !it.starts_with('#'));
    let row = |line: &'static str| {
        let (name, micros) = line.split_once(' ')?;
        Some((name, micros.parse().ok()?))
    };
    rows.filter_map(row).collect()
});

/// Of the On-Demand price, in hundredths: what Spot capacity costs.
const SPOT_PART: i64 = 30;

/// A type that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceType(&'static str);

impl InstanceType {
    /// `t3.micro`
    pub fn named(name: &str) -> Option<Self> {
        TYPES.get_key_value(name).map(|(name, _)| Self(name))
    }

    pub fn name(self) -> &'static str {
        self.0
    }

    /// What an hour costs where no price list of the operator names it.
    pub(crate) fn rate(self, spot: bool) -> Decimal {
        let micros = TYPES.get(self.0).copied().unwrap_or_default();
        match spot {
            // As EC2 says it: whole millionths.
            true => Decimal::new((micros * SPOT_PART + 99) / 100, 6),
            false => Decimal::new(micros, 6),
        }
    }
}
