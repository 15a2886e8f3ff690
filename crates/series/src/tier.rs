//! Resolutions, how long each is kept, and the stretches of time that blocks are about.

use serde::{Deserialize, Serialize};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    Second,
    Minute,
    FiveMinutes,
    Hour,
}

impl Tier {
    /// All of them, the finest first.
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::FiveMinutes, Self::Hour];

    /// Seconds of a point.
    pub const fn step(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => HOUR,
        }
    }

    /// Seconds that points are kept.
    pub const fn kept(self) -> i64 {
        match self {
            Self::Second => 3 * HOUR,
            Self::Minute => 15 * DAY,
            Self::FiveMinutes => 63 * DAY,
            Self::Hour => 455 * DAY,
        }
    }

    /// Seconds of the stretch that a block is about. Each divides that of the next tier.
    pub const fn stretch(self) -> i64 {
        match self {
            Self::Second => HOUR,
            Self::Minute => DAY,
            Self::FiveMinutes => 7 * DAY,
            Self::Hour => 28 * DAY,
        }
    }

    /// Where points go when their time in this tier is over.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Second => Some(Self::Minute),
            Self::Minute => Some(Self::FiveMinutes),
            Self::FiveMinutes => Some(Self::Hour),
            Self::Hour => None,
        }
    }

    /// The beginning of the point that a moment belongs to.
    pub const fn floor(self, at: i64) -> i64 {
        at - at.rem_euclid(self.step())
    }

    /// The beginning of the stretch that a moment belongs to.
    pub const fn stretch_of(self, at: i64) -> i64 {
        at - at.rem_euclid(self.stretch())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_fits_into_one_of_the_next_tier() {
        for tier in Tier::ALL {
            assert_eq!(tier.stretch() % tier.step(), 0);
            if let Some(next) = tier.next() {
                assert_eq!(next.stretch() % tier.stretch(), 0);
                assert_eq!(next.step() % tier.step(), 0);
                assert!(next.kept() > tier.kept() + tier.stretch());
            }
        }
        assert_eq!(Tier::Minute.floor(119), 60);
        assert_eq!(Tier::Minute.stretch_of(86_401), 86_400);
    }
}
