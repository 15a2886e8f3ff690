//! Samples of a series, and what is found among them at a moment.

use crate::Labels;

/// What says that a series has ended.
const STALE: u64 = 0x7ff0_0000_0000_0002;
/// What a processor may set when it moves a number that is none.
const QUIET: u64 = 1 << 51;

pub fn stale() -> f64 {
    f64::from_bits(STALE)
}

pub fn is_stale(value: f64) -> bool {
    value.to_bits() | QUIET == STALE | QUIET
}

#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub labels: Labels,
    /// In the order of their times, which are milliseconds since 1970; one of each time.
    pub samples: Vec<(i64, f64)>,
}

impl Series {
    /// The last sample that is not after `at` and after `since`, unless it says that the series has ended.
    pub(crate) fn latest(&self, since: i64, at: i64) -> Option<(i64, f64)> {
        let behind = self.samples.partition_point(|it| it.0 <= at);
        let last = *self.samples.get(behind.checked_sub(1)?)?;
        (last.0 > since && !is_stale(last.1)).then_some(last)
    }

    /// All samples from `from` to `to`, both included.
    pub(crate) fn within(&self, from: i64, to: i64) -> &[(i64, f64)] {
        let first = self.samples.partition_point(|it| it.0 < from);
        let behind = self.samples.partition_point(|it| it.0 <= to);
        self.samples.get(first..behind).unwrap_or_default()
    }
}
