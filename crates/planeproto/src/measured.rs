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
#[expect(
    clippy::large_enum_variant,
    reason = "a minute has a row for each load balancer and group of a host, not more"
)]
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
    /// Redirects that came to nothing, since the new address would have been too long.
    #[serde(skip_serializing_if = "is_zero")]
    pub long_redirects: u64,
    /// Rules that were compared with requests, without default ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub rule_evaluations: u64,
    /// Requests to groups with stickiness whose client was not bound to a target that there is.
    #[serde(skip_serializing_if = "is_zero")]
    pub non_sticky: u64,
    /// Requests that went to a target without header fields whose names are not valid.
    #[serde(skip_serializing_if = "is_zero")]
    pub headers_dropped: u64,
    /// And with such.
    #[serde(skip_serializing_if = "is_zero")]
    pub headers_forwarded: u64,
    /// What came over IPv6, whoever answered.
    #[serde(skip_serializing_if = "is_zero")]
    pub ipv6_requests: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub ipv6_bytes: u64,
    #[serde(skip_serializing_if = "Logins::is_none")]
    pub logins: Logins,
    /// Of a network load balancer: flows over TCP, TLS and UDP. They are among its connections and bytes.
    #[serde(skip_serializing_if = "Flows::are_none")]
    pub flows: [Flows; 3],
    /// Of a network load balancer: flows for which there was no port towards their target.
    #[serde(skip_serializing_if = "is_zero")]
    pub port_errors: u64,
}

/// Users who were authenticated, or could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logins {
    /// The provider could not be reached or understood, or there was no room, or no key.
    pub errors: u64,
    /// The provider or the browser did not say who it is.
    pub failures: u64,
    pub successes: u64,
    /// Sessions that were renewed.
    pub refreshes: u64,
    /// The provider said too much of the user.
    pub too_much: u64,
    /// How long providers took, whatever came of it.
    pub latency: Option<Span>,
}

/// Times of which it is not known how they are spread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub count: u64,
    pub sum_us: u64,
    pub least_us: u64,
    pub most_us: u64,
}

/// Flows over one protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flows {
    pub new: u64,
    /// At the end of the minute.
    pub active: u64,
    pub rejected: u64,
    pub bytes: u64,
}

impl Logins {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Flows {
    fn are_none(all: &[Self; 3]) -> bool {
        *all == [Self::default(); 3]
    }
}

/// As serde asks.
fn is_zero(count: &u64) -> bool {
    *count == 0
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
    /// Targets with which no TLS connection could be made.
    #[serde(skip_serializing_if = "is_zero")]
    pub tls_errors: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub grpc_requests: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub ipv6_requests: u64,
    /// Requests or flows for which a target was chosen though none is healthy.
    #[serde(skip_serializing_if = "is_zero")]
    pub unhealthy_routing: u64,
    /// Whether there are targets that are healthy, or not checked, at the end of the minute; `None` without any target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serves: Option<bool>,
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

    #[test]
    fn a_row_has_what_was_counted_alone_and_those_of_before_are_read() {
        let quiet = serde_json::to_value(BalancerRow::default()).unwrap();
        for later in ["rule_evaluations", "logins", "flows", "ipv6_bytes"] {
            assert!(quiet.get(later).is_none(), "{later}");
        }
        let mut row = BalancerRow {
            rule_evaluations: 3,
            ..BalancerRow::default()
        };
        row.flows[1].bytes = 7;
        row.logins.latency = Some(Span {
            count: 1,
            sum_us: 2,
            least_us: 2,
            most_us: 2,
        });
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<BalancerRow>(&text).unwrap(), row);
        let before = r#"{"arn": "b", "new_connections": 1, "resets": [0, 1, 0]}"#;
        let before: BalancerRow = serde_json::from_str(before).unwrap();
        assert_eq!((before.new_connections, before.rule_evaluations), (1, 0));
        let before: GroupRow = serde_json::from_str(r#"{"group": "g", "healthy": 1}"#).unwrap();
        assert_eq!((before.healthy, before.serves), (1, None));
    }
}
