//! Quantities and costs, added exactly and divided only to be shown.

use std::ops::AddAssign;

use rust_decimal::Decimal;

use crate::{Unit, month};

/// Units of an hour of one vCPU or one GB: 1,024 CPU units or MiB, by the millisecond.
const HOUR: i128 = 1_024 * 3_600_000;
/// Units of a month of one GB: KiB, by the millisecond, as many times as [`month::SHARES`] says.
const MONTH: i128 = (1 << 20) * 3_600_000 * month::SHARES as i128;
/// Digits behind the point of what is shown.
const SHOWN_DIGITS: u32 = 10;

/// What was used. Hours and months are kept apart, since a month is no fixed number of hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quantity {
    hours: i128,
    months: i128,
}

impl Quantity {
    /// Amounts of [`Item`](crate::Item), times milliseconds, of one month: that of `at`.
    pub fn of(unit: Unit, units: i128, at: i64) -> Self {
        match unit {
            Unit::Hours | Unit::CapacityHours | Unit::GbHours => Self {
                hours: units,
                months: 0,
            },
            Unit::GbMonths | Unit::IopsMonths | Unit::GibpsMonths => Self {
                hours: 0,
                months: units.saturating_mul(i128::from(month::shares_of_an_hour(at))),
            },
        }
    }

    /// In the unit that it is counted in.
    pub fn number(self) -> Decimal {
        decimal(self.hours) / decimal(HOUR) + decimal(self.months) / decimal(MONTH)
    }

    /// At so much for one.
    pub fn at(self, rate: Decimal) -> Cost {
        // Without overflow for 10^9 tasks of a month; beyond that the cost stops growing.
        Cost {
            hours: decimal(self.hours).saturating_mul(rate),
            months: decimal(self.months).saturating_mul(rate),
        }
    }
}

fn decimal(units: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(units, 0).unwrap_or(Decimal::MAX)
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        self.hours = self.hours.saturating_add(other.hours);
        self.months = self.months.saturating_add(other.months);
    }
}

/// Money, as many times too much as [`HOUR`] and [`MONTH`] say: sums of it are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    hours: Decimal,
    months: Decimal,
}

impl Cost {
    pub fn amount(self) -> Decimal {
        self.hours / decimal(HOUR) + self.months / decimal(MONTH)
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.hours = self.hours.saturating_add(other.hours);
        self.months = self.months.saturating_add(other.months);
    }
}

/// A number as reports print it: ten digits behind the point, without zeros at the end.
pub fn shown(number: Decimal) -> String {
    number.round_dp(SHOWN_DIGITS).normalize().to_string()
}
