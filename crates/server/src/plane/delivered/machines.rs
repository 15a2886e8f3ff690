//! What a host is told of EC2 instances and EBS volumes: those that it keeps.

use std::sync::Arc;

use wharf_planeproto::{Key, Resource};

use super::Entitled;
use crate::plane::records::{Held, Records, kept_by};

/// All that a host is to know now.
pub fn all<'a>(now: &'a Records, host: &str) -> Vec<(&'a Key, &'a Arc<Held>)> {
    let keys = now.kept_on(host);
    keys.filter_map(|key| Some((key, now.get(key)?))).collect()
}

/// Of the host with that instance id.
pub struct Own<'a>(pub &'a str);

impl Entitled for Own<'_> {
    fn admits(&self, resource: &Resource) -> bool {
        kept_by(resource) == Some(self.0)
    }
}
