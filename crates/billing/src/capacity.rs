//! Capacity units of load balancers: what one did in an hour, by the dimension of which it used most.

use crate::Stored;

/// A unit for an hour, in the parts that a millisecond of [`Item`](crate::Item) counts.
const ONE_UNIT: u128 = 1_024 * 3_600_000;
const SECONDS: u128 = 3_600;
const MINUTES: u128 = 60;
const GIB: u128 = 1 << 30;

/// What a load balancer did in an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections, or flows, that came.
    pub new: u64,
    /// Those that were open at the end of each minute, added up.
    pub active: u64,
    /// From and to clients.
    pub bytes: u64,
}

impl Traffic {
    /// The units that it used. Evaluations of rules cost nothing, and flows of every protocol are as those over TCP.
    pub fn capacity(self, network: bool) -> Stored {
        Stored::Capacity {
            network,
            parts: u64::try_from(self.parts(network)).unwrap_or(u64::MAX),
        }
    }

    /// The same as a number of units for an hour.
    pub fn units(self, network: bool) -> f64 {
        self.parts(network) as f64 / ONE_UNIT as f64
    }

    fn parts(self, network: bool) -> u128 {
        // Of each dimension so much is a unit: a second, at a time, an hour.
        let (new, active) = match network {
            false => (25, 3_000),
            true => (800, 100_000),
        };
        let parts = [
            u128::from(self.new) * ONE_UNIT / (new * SECONDS),
            u128::from(self.active) * ONE_UNIT / (active * MINUTES),
            u128::from(self.bytes) * ONE_UNIT / GIB,
        ];
        parts.into_iter().max().unwrap_or_default()
    }
}
