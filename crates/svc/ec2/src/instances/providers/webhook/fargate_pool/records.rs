//! A machine of the pool as it is stored.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, hosts::Capacity};
use wharf_seal::Sealed;

use super::PoolSize;

/// How far a machine has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It is to be made, and to join.
    Ordered,
    /// It takes what runs on Fargate.
    Joined,
    /// Nothing comes to it any more, and nothing is to be left of it.
    Ending,
}

/// A machine that was ordered for Fargate. It is there before its maker hears of it, and until nothing is left of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolMachine {
    /// `i-…`, under which its node joins.
    pub id: String,
    pub size: PoolSize,
    /// `us-east-1a`
    pub zone: String,
    pub stage: Stage,
    pub ordered_at: Timestamp,
    /// By which its node joins; there before the maker hears of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Sealed>,
    /// When its maker has taken the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Timestamp>,
    /// Of the machine's record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Of whom it was ordered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for PoolMachine {
    const KIND: &'static str = "fargate-machine";
    const FORMAT: u32 = 1;
}

/// What machines of a size have once they have joined, under the size as it is written. Other than its operator says: less memory, and
/// the disk and the interfaces that it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnedSize {
    pub size: PoolSize,
    pub capacity: Capacity,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for LearnedSize {
    const KIND: &'static str = "fargate-machine-size";
    const FORMAT: u32 = 1;
}

/// What the token of a machine is sealed for.
pub fn token_purpose(account: &str, region: &str, id: &str) -> String {
    format!("fargate machine token {account} {region} {id}")
}

#[cfg(test)]
mod tests {
    use wharf_records::{decode, encode};

    use super::*;

    #[test]
    fn a_machine_as_it_is_stored() {
        let machine = PoolMachine {
            id: "i-0123456789abcdef0".to_owned(),
            size: "4vcpu,16gib".parse().unwrap(),
            zone: "us-east-1a".to_owned(),
            stage: Stage::Ordered,
            ordered_at: Timestamp(1_700_000_000_000),
            token: None,
            told_at: None,
            joined_at: None,
            host: None,
            account: None,
            why: None,
            unknown: Unknown::new(),
        };
        let bytes = encode(&machine);
        let stored: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let stored = &stored["body"];
        assert_eq!(stored["stage"], "ordered");
        assert_eq!(stored["size"]["memory_gib"], 16);
        assert_eq!(stored.get("token"), None);
        assert_eq!(stored.get("account"), None);
        assert_eq!(decode::<PoolMachine>(&bytes).unwrap(), machine);
    }

    #[test]
    fn a_size_as_it_is_stored() {
        let learned = LearnedSize {
            size: "4vcpu,16gib".parse().unwrap(),
            capacity: Capacity {
                cpu: 4096,
                memory: 15_800,
                interfaces: 120,
                disk: Some(90_000),
                ..Capacity::default()
            },
            unknown: Unknown::new(),
        };
        let bytes = encode(&learned);
        let stored: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let stored = &stored["body"];
        assert_eq!(stored["size"]["vcpus"], 4);
        assert_eq!(stored["capacity"]["memory"], 15_800);
        assert_eq!(decode::<LearnedSize>(&bytes).unwrap(), learned);
    }
}
