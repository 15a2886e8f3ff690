//! Whose address is whose, for those who serve tasks and must know who asks. It is there from the start on, by what a former run wrote
//! down.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::model::Scope;
use crate::state::TaskRecord;

/// Read by every request to the in-task endpoints.
pub(crate) type Directory = Arc<RwLock<HashMap<(Scope, Ipv4Addr), Member>>>;

/// An attachment that has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: String,
    /// The key of the instance that is the node of this pod.
    node: Option<String>,
}

impl Member {
    pub(crate) fn of(record: &TaskRecord) -> Self {
        Self {
            key: record.key.clone(),
            node: record.node.clone(),
        }
    }

    /// Whether it is the node itself or a pod of it.
    pub(crate) fn belongs_to(&self, node: &str) -> bool {
        self.key == node || self.node.as_deref() == Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Mode;

    #[test]
    fn a_node_has_itself_and_its_pods() {
        let member = |key: &str, node: Option<&str>| {
            let mut record = TaskRecord::new(key, Mode::None);
            record.node = node.map(str::to_owned);
            Member::of(&record)
        };
        for (key, node, belongs) in [
            ("i-1", None, true),
            ("pod-1", Some("i-1"), true),
            ("pod-2", Some("i-2"), false),
            ("i-2", None, false),
            ("task-1", None, false),
        ] {
            assert_eq!(member(key, node).belongs_to("i-1"), belongs, "{key}");
        }
    }
}
