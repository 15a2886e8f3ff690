//! An account setting of one principal, or the account's default.

use serde::{Deserialize, Serialize};

use crate::value::{Record, Unknown};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub name: String,
    pub value: String,
    /// The account's root ARN for a default.
    pub principal: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Setting {
    const KIND: &'static str = "setting";
    const FORMAT: u32 = 1;
}
