//! What listeners, targets and health checks speak.

use serde::{Deserialize, Serialize};
use wharf_planeproto::balancer as plane;

/// Those of application load balancers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    Http,
    Https,
}

impl Protocol {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
        }
    }

    pub fn to_plane(self) -> plane::Protocol {
        match self {
            Self::Http => plane::Protocol::Http,
            Self::Https => plane::Protocol::Https,
        }
    }
}
