//! How many tasks there may be and must be (spec ecs §5, rolling maths), and what the circuit
//! breaker bears.

use wharf_records::ecs::{Breaker, Service, Threshold, ThresholdKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub desired: u32,
    /// Healthy tasks a stop of ours must leave.
    pub lower: u32,
    /// Live tasks a launch of ours may reach.
    pub upper: u32,
}

impl Bounds {
    pub(super) fn new(service: &Service) -> Self {
        let desired = service.desired;
        let percent = |part: u32| u64::from(desired) * u64::from(part);
        let lower = percent(service.options.minimum_percent).div_ceil(100);
        let upper = percent(service.options.maximum_percent) / 100;
        Self {
            desired,
            lower: u32::try_from(lower).unwrap_or(u32::MAX),
            upper: u32::try_from(upper).unwrap_or(u32::MAX),
        }
    }
}

const DEFAULT: Threshold = Threshold {
    kind: ThresholdKind::BoundedPercent,
    value: 50,
};

/// Failures that trigger the breaker.
pub fn threshold(breaker: &Breaker, desired: u32) -> u32 {
    let threshold = breaker.threshold.unwrap_or(DEFAULT);
    let share = (u64::from(desired) * u64::from(threshold.value)).div_ceil(100);
    let share = u32::try_from(share).unwrap_or(u32::MAX);
    match threshold.kind {
        ThresholdKind::BoundedPercent => share.clamp(3, 200),
        ThresholdKind::UnboundedPercent => share.max(1),
        ThresholdKind::Count => threshold.value.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_examples() {
        let breaker = Breaker::default();
        for (desired, wanted) in [(1, 3), (25, 13), (400, 200), (0, 3)] {
            assert_eq!(threshold(&breaker, desired), wanted, "{desired}");
        }
        let with = |kind, value| Breaker {
            threshold: Some(Threshold { kind, value }),
            ..Breaker::default()
        };
        let unbounded = with(ThresholdKind::UnboundedPercent, 100);
        assert_eq!(threshold(&unbounded, 400), 400);
        assert_eq!(threshold(&with(ThresholdKind::Count, 7), 1), 7);
    }
}
