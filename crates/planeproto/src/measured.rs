//! What load balancers and instances measured, as their hosts report it minute by minute.
//!
//! A report goes again until the control plane says that it is kept; by its run, start and part the control
//! plane knows one that it has.

use serde::{Deserialize, Serialize};

/// The version of the protocol in which such reports came.
pub const SINCE: u32 = 4;
/// Seconds of a minute.
pub const MINUTE: i64 = 60;
/// Parts of a minute: each has a second of it for a mark.
pub const MOST_PARTS: u32 = 60;
/// Rows of a part.
pub const MOST_ROWS: usize = 250;

/// What a host's load balancers or instances did in a minute, or a part of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minute {
    /// One life of a process: no other part of a run has both this `start` and this `part`.
    pub run: u64,
    /// Seconds since 1970, a multiple of [`MINUTE`].
    pub start: i64,
    pub part: u32,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Row {
    Balancer(BalancerRow),
    Group(GroupRow),
    Instance(InstanceRow),
}

/// What a load balancer did by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BalancerRow {
    pub arn: String,
    /// Of clients.
    pub new_connections: u64,
    /// Of clients, at the end of the minute.
    pub active_connections: u64,
    pub rejected_connections: u64,
    /// From and to clients.
    pub processed_bytes: u64,
    pub tls_errors: u64,
    pub redirects: u64,
    pub fixed_responses: u64,
    /// Requests that RFC 7230 would have otherwise.
    pub non_compliant: u64,
    /// Answers of its own by hundreds, from 3xx on.
    pub hundreds: [u64; 3],
    /// Of those: 500, 502, 503, 504.
    pub failures: [u64; 4],
    /// Of a network load balancer: flows over TCP that the client reset, the target, or the load balancer.
    pub resets: [u64; 3],
}

/// What it did with the targets of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupRow {
    /// ARN of the load balancer.
    pub balancer: String,
    /// ARN of the group.
    pub group: String,
    /// For which a target was chosen.
    pub requests: u64,
    /// Answers of targets by hundreds, from 2xx on.
    pub hundreds: [u64; 4],
    pub connection_errors: u64,
    pub times: Option<Times>,
    /// Targets as this host sees them, at the end of the minute; none of them is draining.
    pub registered: u32,
    pub healthy: u32,
    pub unhealthy: u32,
}

/// What an instance used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceRow {
    /// `i-…`
    pub id: String,
    /// How long it was measured.
    pub span_ms: u64,
    /// Processor time, of all its cores together.
    pub cpu_us: u64,
    pub received_bytes: u64,
    pub received_packets: u64,
    pub sent_bytes: u64,
    pub sent_packets: u64,
}

/// How long targets took to begin their answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    pub sum_us: u64,
    pub least_us: u64,
    pub most_us: u64,
    /// Buckets that are not empty, ascending, with their counts.
    pub buckets: Vec<(u16, u32)>,
}

impl BalancerRow {
    /// Whether it tells nothing.
    pub fn is_idle(&self) -> bool {
        let of_name = Self {
            arn: self.arn.clone(),
            ..Self::default()
        };
        *self == of_name
    }
}

impl GroupRow {
    /// Whether it tells nothing.
    pub fn is_idle(&self) -> bool {
        let of_names = Self {
            balancer: self.balancer.clone(),
            group: self.group.clone(),
            ..Self::default()
        };
        *self == of_names
    }
}

/// Buckets of times in microseconds: each power of two is cut into 64, so the middle of a bucket is less than
/// 1 % from all that is in it.
pub mod bucket {
    const CUTS_LOG2: u32 = 6;
    const CUTS: u64 = 1 << CUTS_LOG2;
    /// No answer takes longer: idle timeouts end at 4000 s.
    const LONGEST_US: u64 = (1 << 33) - 1;
    /// How many there are.
    pub const COUNT: usize = (33 - CUTS_LOG2 as usize + 1) * CUTS as usize;

    /// The bucket of a time; below [`COUNT`].
    pub fn of(time_us: u64) -> u16 {
        let time = time_us.min(LONGEST_US);
        if time < CUTS {
            return time as u16;
        }
        let power = time.ilog2() - CUTS_LOG2;
        // With the time's highest bit, which stands for one more power.
        ((u64::from(power) << CUTS_LOG2) + (time >> power)) as u16
    }

    /// The time in the middle of a bucket; `None` of one that there is not.
    pub fn middle_us(bucket: u16) -> Option<u64> {
        let bucket = u64::from(bucket);
        if bucket >= COUNT as u64 {
            return None;
        }
        if bucket < CUTS {
            return Some(bucket);
        }
        let power = (bucket >> CUTS_LOG2) - 1;
        let lowest = (CUTS + bucket % CUTS) << power;
        Some(lowest + ((1 << power) - 1) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_ascend_without_a_gap_and_are_close_to_their_times() {
        let mut last = 0;
        let mut time = 0u64;
        while time < 1 << 34 {
            let bucket = bucket::of(time);
            assert!(bucket == last || bucket == last + 1, "{time}");
            assert!(usize::from(bucket) < bucket::COUNT);
            last = bucket;
            if time < 1 << 33 {
                let middle = bucket::middle_us(bucket).unwrap();
                assert!(middle.abs_diff(time) * 100 <= time, "{middle} for {time}");
            }
            time += 1 + time / 200;
        }
        assert_eq!(usize::from(bucket::of(u64::MAX)), bucket::COUNT - 1);
        assert_eq!(bucket::middle_us(bucket::COUNT as u16), None);
    }

    #[test]
    fn what_counted_nothing_is_idle() {
        let mut row = GroupRow {
            group: "g".into(),
            ..GroupRow::default()
        };
        assert!(row.is_idle());
        row.registered = 1;
        assert!(!row.is_idle());
        let balancer = BalancerRow {
            arn: "b".into(),
            ..BalancerRow::default()
        };
        assert!(balancer.is_idle());
    }
}
