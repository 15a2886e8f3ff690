//! Target tracking: the capacity in proportion to a metric that should stay at a target.

/// What an alarm of a policy says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// It is in `ALARM`, by this value of the metric.
    Alarm(f64),
    Fine,
    /// `INSUFFICIENT_DATA`, or it was not evaluated yet.
    Missing,
}

/// What both alarms of a tracking policy say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observed {
    pub high: Reading,
    pub low: Reading,
}

/// A target for a metric that falls when the capacity grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackingPolicy {
    target: f64,
    /// The policy adds capacity only.
    scale_in_disabled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("TargetValue must be a finite number greater than 0")]
    NotPositive,
}

/// What a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    Out(u32),
    In(u32),
    /// The capacity is what it wants.
    Same,
    /// No change; a scale-in of the target waits for this policy.
    Hold,
    /// No opinion: others may scale in without it.
    Abstain,
}

/// The least below the target that makes the low alarm: 10 %.
const LOW: f64 = 0.9;
/// Digits of a quotient that are its arithmetic's and not the metric's.
const NOISE: f64 = 1e-9;

impl TrackingPolicy {
    /// # Errors
    /// The target is no number that a metric can be compared with.
    pub fn new(target: f64, scale_in_disabled: bool) -> Result<Self, BadTarget> {
        // A subnormal target has a low threshold of nothing.
        match target.is_normal() && target > 0.0 {
            true => Ok(Self {
                target,
                scale_in_disabled,
            }),
            false => Err(BadTarget::NotPositive),
        }
    }

    pub fn target(self) -> f64 {
        self.target
    }

    /// Below this is the low alarm.
    pub fn low_threshold(self) -> f64 {
        self.target * LOW
    }

    pub fn scales_in(self) -> bool {
        !self.scale_in_disabled
    }

    /// `base` is the capacity that the metric was measured with, as far as is known; `current` the one that
    /// is set. Missing data never changes anything, and holds back a scale-in.
    pub(crate) fn say(self, base: u32, current: u32, observed: Observed) -> Say {
        if let Some(value) = measured(observed.high) {
            return match self.proportional(base, value) {
                wanted if wanted > current => Say::Out(wanted),
                // The load is still high: nobody shrinks what was just added for it.
                _ => Say::Hold,
            };
        }
        match measured(observed.low) {
            Some(value) if self.scales_in() => {
                Say::In(self.proportional(current, value).min(current))
            }
            _ => self.otherwise(),
        }
    }

    fn otherwise(self) -> Say {
        match self.scales_in() {
            true => Say::Hold,
            false => Say::Abstain,
        }
    }

    /// The smallest capacity with which the same load is not above the target. Nothing divides among no
    /// tasks, so a load on none of them wants one.
    fn proportional(self, capacity: u32, value: f64) -> u32 {
        let exact = f64::from(capacity.max(1)) * (value / self.target);
        let near = exact.round();
        let whole = match (exact - near).abs() <= near.abs() * NOISE {
            true => near,
            false => exact.ceil(),
        };
        // `as` saturates.
        whole as u32
    }
}

/// The value of an alarm that is on. One that is no number is no value.
fn measured(reading: Reading) -> Option<f64> {
    match reading {
        Reading::Alarm(value) if value.is_finite() && value >= 0.0 => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
