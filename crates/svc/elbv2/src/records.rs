//! What is stored. Ids are those of [`crate::names`]; the platform's own are under its own scope.
//!
//! | kind | id | plane |
//! | --- | --- | --- |
//! | load-balancer | its id | load balancer |
//! | load-balancer-name | name | |
//! | guard | load balancer's id | |
//! | remains | load balancer's id | |
//! | closed-log | load balancer's id | |
//! | listener | its id | listener |
//! | rule | its id | rule |
//! | target-group | its id | target group |
//! | target-group-name | name | |
//! | target | its id | target |
//! | target-health | target's id | |
//! | certificate | ARN | certificate |
//! | public-address (platform) | address | |
//! | host (platform) | instance id | |
//! | session-public-key (platform) | key id | |

mod balancer;
mod group;
mod oidc;
mod protocol;
mod rule;

pub use balancer::{
    BalancerSubnet, Certificate, ClosedLog, FormerLog, Guard, Host, Interface, Listener,
    LoadBalancer, PublicAddress, Remains, Scheme, Status,
};
pub use group::{
    GroupName, Health, HealthCheck, HostReport, Target, TargetGroup, TargetState, TargetType,
    Version,
};
pub use oidc::{Oidc, OidcSettings, SessionKey, SessionPublicKey, Unauthenticated};
pub use protocol::Protocol;
pub use rule::{Action, Condition, Routing, Rule, WeightedGroup};

/// Names are unique: the key of a name points to what has it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BalancerName {
    pub id: String,
    #[serde(flatten)]
    pub unknown: wharf_records::Unknown,
}

impl wharf_records::Record for BalancerName {
    const KIND: &'static str = "load-balancer-name";
    const FORMAT: u32 = 1;
}

/// By AWS's keys; only what differs from the default is kept.
pub type Attributes = std::collections::BTreeMap<String, String>;
