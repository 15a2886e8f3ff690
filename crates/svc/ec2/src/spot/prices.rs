//! What instances cost. Pure.
//!
//! The Spot price is a part of the On-Demand price of the example price list, as that of Fargate Spot is, and does not move.

use std::{fmt, sync::LazyLock};

use crate::instance_types::InstanceType;

const TABLE: &str = include_str!("prices.txt");
/// Of the On-Demand price, in hundredths.
const PART: u64 = 30;
const MICROS: u64 = 1_000_000;
/// Digits before the point of a price that somebody names.
const MAX_DOLLARS: u64 = 1_000_000;

/// Dollars an hour, in millionths.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Price(pub u64);

impl fmt::Display for Price {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:06}", self.0 / MICROS, self.0 % MICROS)
    }
}

impl Price {
    /// A price as requests name it: `0.05`. What is smaller than a millionth does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.len() <= 18 && text.bytes().all(|it| it.is_ascii_digit());
        if !digits(whole) || !digits(part) || (whole.is_empty() && part.is_empty()) {
            return None;
        }
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let padded = format!("{part:0<6}");
        let micros: u64 = padded[..6].parse().ok()?;
        let all = (whole <= MAX_DOLLARS).then(|| whole * MICROS + micros)?;
        (all > 0).then_some(Self(all))
    }

    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

struct Row {
    family: &'static str,
    of_memory: bool,
    micros: u64,
}

fn row(line: &'static str) -> Option<Row> {
    let mut columns = line.split_whitespace();
    let (family, unit) = (columns.next()?, columns.next()?);
    Some(Row {
        family,
        of_memory: unit != "vCPU",
        micros: columns.next()?.parse().ok()?,
    })
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|it| !it.starts_with('#'));
    lines.filter_map(row).collect()
});

/// An hour of a type On-Demand.
pub fn on_demand(of: &InstanceType) -> Price {
    let family = of
        .name
        .split_once('.')
        .map_or(of.name, |(family, _)| family);
    let row = ROWS.iter().find(|it| it.family == family);
    // Every type has a row: a test holds the tables together.
    let Some(row) = row else {
        return Price(MICROS);
    };
    match row.of_memory {
        true => Price((row.micros * of.memory_mib).div_ceil(1024)),
        false => Price(row.micros * u64::from(of.vcpus)),
    }
}

/// An hour of a type as Spot capacity.
pub fn spot(of: &InstanceType) -> Price {
    Price((on_demand(of).0 * PART).div_ceil(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance_types;

    #[test]
    fn every_type_has_its_price() {
        for it in instance_types::all() {
            let family = it.name.split_once('.').unwrap().0;
            assert!(ROWS.iter().any(|row| row.family == family), "{family}");
            assert!(spot(it) < on_demand(it));
        }
        for (name, price, spot_price) in [
            ("t3.nano", "0.005200", "0.001560"),
            ("t3.micro", "0.010400", "0.003120"),
            ("m5.large", "0.096000", "0.028800"),
            ("c7i.48xlarge", "8.568000", "2.570400"),
        ] {
            let it = instance_types::find(name).unwrap();
            assert_eq!(on_demand(it).to_string(), price, "{name}");
            assert_eq!(spot(it).to_string(), spot_price, "{name}");
        }
    }

    #[test]
    fn costs_are_told_by_the_same_list() {
        let billed = include_str!("../../../../billing/src/instances.txt");
        let rows = billed.lines().filter(|it| !it.starts_with('#'));
        let rows: Vec<(&str, &str)> = rows.filter_map(|it| it.split_once(' ')).collect();
        assert_eq!(rows.len(), instance_types::all().count());
        for (name, micros) in rows {
            let it = instance_types::find(name).unwrap();
            assert_eq!(on_demand(it).0.to_string(), micros, "{name}");
        }
    }

    #[test]
    fn prices_that_are_named() {
        for (text, expected) in [
            ("0.05", Some(50_000)),
            ("1", Some(1_000_000)),
            (".5", Some(500_000)),
            ("0.0000019", Some(1)),
            ("", None),
            (".", None),
            ("0", None),
            ("0.0000001", None),
            ("-1", None),
            ("1e3", None),
            ("1.2.3", None),
            ("99999999999999999999", None),
            ("1000001", None),
        ] {
            assert_eq!(Price::parse(text).map(|it| it.0), expected, "{text}");
        }
    }
}
