//! Quantities and costs, added exactly and divided only to be shown.

use std::ops::AddAssign;

use rust_decimal::Decimal;

/// Units of a [`Quantity`] in an hour of one vCPU or one GB: 1,024 CPU units or MiB, by the millisecond.
const HOUR: i64 = 1_024 * 3_600_000;
/// Digits behind the point of what is shown.
const SHOWN_DIGITS: u32 = 10;

/// CPU units or MiB, times milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i128);

impl Quantity {
    /// vCPU-hours or GB-hours.
    pub fn hours(self) -> Decimal {
        decimal(self.0) / Decimal::from(HOUR)
    }

    /// At so much an hour.
    pub fn at(self, rate: Decimal) -> Cost {
        // Without overflow for 10^9 tasks of a month; beyond that the cost stops growing.
        Cost(decimal(self.0).saturating_mul(rate))
    }
}

fn decimal(units: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(units, 0).unwrap_or(Decimal::MAX)
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

/// Money, as many times too much as [`HOUR`] says: sums of it are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(Decimal);

impl Cost {
    pub fn amount(self) -> Decimal {
        self.0 / Decimal::from(HOUR)
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

/// A number as reports print it: ten digits behind the point, without zeros at the end.
pub fn shown(number: Decimal) -> String {
    number.round_dp(SHOWN_DIGITS).normalize().to_string()
}
