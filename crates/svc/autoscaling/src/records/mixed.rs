//! A mixed instances policy: the types that a group launches, in the order of preference.

use serde::{Deserialize, Serialize};

/// Its launch template is the group's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mixed {
    /// The first that there is room for is launched; none: what the template says.
    pub types: Vec<String>,
    pub base: u32,
    /// Which strategy was given for Spot instances, of which there are none.
    #[serde(default)]
    pub spot_strategy: Option<String>,
    #[serde(default)]
    pub spot_pools: Option<u32>,
    #[serde(default)]
    pub spot_price: Option<String>,
}
