//! An instance maintenance policy: how much of a group is there while instances of it are replaced.

use serde::{Deserialize, Serialize};

/// Percentages of the desired capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Maintenance {
    pub min_healthy: u32,
    pub max_healthy: u32,
}

impl Maintenance {
    /// Successors come before what they replace goes.
    pub fn launches_first(self) -> bool {
        self.max_healthy > 100
    }

    /// Healthy instances that stay.
    pub fn least(self, desired: u32) -> usize {
        let part = u64::from(desired) * u64::from(self.min_healthy);
        usize::try_from(part.div_ceil(100)).unwrap_or(usize::MAX)
    }

    /// Instances with all successors: one successor at least.
    pub fn most(self, desired: u32) -> usize {
        let part = u64::from(desired) * u64::from(self.max_healthy) / 100;
        usize::try_from(part.max(u64::from(desired) + 1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_desired_capacity() {
        for (min, max, desired, least, most) in [
            (90, 100, 10, 9, 11),
            (50, 100, 3, 2, 4),
            (100, 110, 4, 4, 5),
            (100, 200, 4, 4, 8),
            (0, 100, 0, 0, 1),
        ] {
            let policy = Maintenance {
                min_healthy: min,
                max_healthy: max,
            };
            assert_eq!(policy.least(desired), least, "{policy:?} {desired}");
            assert_eq!(policy.most(desired), most, "{policy:?} {desired}");
        }
    }
}
