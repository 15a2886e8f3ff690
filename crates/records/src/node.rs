//! Nodes of other machines: what the join token bound each to.
//!
//! A record is kept under the name of the node's user for as long as the node may come. The control
//! plane's own node has none, and no limits.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use crate::{
    key::Scope,
    value::{Record, Unknown},
};

/// Service segment of the keys.
const SERVICE: &str = "wharf";
/// Path of the users behind nodes.
pub const USER_PATH: &str = "/wharf/";
/// The user behind the control plane's own node.
pub const OWN_USER: &str = "wharf-node";
/// What a node's identity is sealed for, in the file of it.
pub const IDENTITY_PURPOSE: &str = "node/identity";
/// The cluster of a node whose token names none.
pub const DEFAULT_CLUSTER: &str = "default";

/// A node that joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Name of its user.
    pub user: String,
    pub grant: Grant,
    pub joined_at: Timestamp,
    /// Which credentials it may renew; none yet if it has long-lived keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Renewable>,
    /// Digests of the authorities that it said to trust; none yet from versions that did not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusts: Vec<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Node {
    const KIND: &'static str = "node";
    const FORMAT: u32 = 1;
}

impl Node {
    pub fn key(account: &str, region: &str, user: &str) -> String {
        Scope::new(SERVICE, account, region).key(Self::KIND, user)
    }

    /// Where all of a region are.
    pub fn prefix(account: &str, region: &str) -> String {
        Scope::new(SERVICE, account, region).prefix(Self::KIND)
    }
}

/// Credentials that may be renewed, by their access key ids. Whoever comes with others comes with a
/// copy that is worth nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewable {
    pub current: String,
    /// Those before, until the node says that it has written the current ones down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// When the current ones were made; not known of those from earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Timestamp>,
}

/// What a join token allows a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Grant {
    pub cluster: String,
    /// Its availability zone; the region's first without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Takes Fargate tasks of every cluster.
    pub fargate: bool,
    /// Keeps EC2 instances of every account; not said by earlier versions ([`Grant::keeps_instances`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<bool>,
    /// Most capacity: CPU units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cpu: Option<u32>,
    /// MiB
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory: Option<u32>,
    /// Where other hosts reach it, if not at the address that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub underlay: Option<IpAddr>,
    /// Carries load balancers.
    pub balancers: bool,
    /// The accounts whose Fargate tasks it takes; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// The regions whose Fargate tasks it takes; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// The instance of EC2 that the machine is, where it was made to be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_for: Option<MadeFor>,
    /// It is one of the pool of Fargate: it takes what runs on Fargate, and nothing else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pool: bool,
}

/// An instance of EC2 for which a machine was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MadeFor {
    /// `i-…`: nobody else may register by it with this token, nor this node by another.
    pub instance: String,
    pub instance_type: String,
}

impl Default for Grant {
    fn default() -> Self {
        Self {
            cluster: DEFAULT_CLUSTER.to_owned(),
            zone: None,
            fargate: false,
            instances: None,
            max_cpu: None,
            max_memory: None,
            underlay: None,
            balancers: false,
            accounts: Vec::new(),
            regions: Vec::new(),
            made_for: None,
            pool: false,
        }
    }
}

impl Grant {
    /// Whether it is for the machine that is that instance.
    pub fn is_for(&self, instance: &str) -> bool {
        let made_for = self.made_for.as_ref();
        made_for.is_some_and(|it| it.instance == instance)
    }

    /// Where nothing is said of instances, the token is of a version whose tokens allowed them with Fargate tasks.
    pub fn keeps_instances(&self) -> bool {
        self.instances.unwrap_or(self.fargate)
    }
}

/// Name of the user with this ARN, if it is one behind a node.
pub fn user_of(arn: &str) -> Option<&str> {
    let (_, path) = arn.split_once(":user")?;
    path.strip_prefix(USER_PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_behind_nodes() {
        for (arn, user) in [
            (
                "arn:aws:iam::000000000000:user/wharf/wharf-node-1",
                Some("wharf-node-1"),
            ),
            ("arn:aws:iam::000000000000:user/alice", None),
            ("arn:aws:iam::000000000000:user/a/wharf/b", None),
            ("arn:aws:sts::000000000000:assumed-role/wharf/x", None),
        ] {
            assert_eq!(user_of(arn), user);
        }
    }

    #[test]
    fn nodes_of_before_keep_their_instances() {
        let before: Grant = serde_json::from_str(r#"{"fargate":true}"#).unwrap();
        assert!(before.keeps_instances());
        let now: Grant = serde_json::from_str(r#"{"fargate":true,"instances":false}"#).unwrap();
        assert!(!now.keeps_instances());
        assert!(!Grant::default().keeps_instances());
    }

    #[test]
    fn a_grant_without_members_is_the_least() {
        assert_eq!(
            serde_json::from_str::<Grant>("{}").unwrap(),
            Grant::default()
        );
        let full = Grant {
            zone: Some("us-east-1b".to_owned()),
            fargate: true,
            instances: Some(true),
            max_cpu: Some(4096),
            underlay: Some([10, 0, 0, 7].into()),
            made_for: Some(MadeFor {
                instance: "i-0123456789abcdef0".to_owned(),
                instance_type: "m7i.large".to_owned(),
            }),
            pool: true,
            ..Grant::default()
        };
        let text = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<Grant>(&text).unwrap(), full);
        assert!(full.is_for("i-0123456789abcdef0") && !full.is_for("i-0123456789abcdef1"));
        assert!(!Grant::default().is_for(""));
    }
}
