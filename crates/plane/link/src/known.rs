//! What a plane was told so far. Pure.

use std::collections::BTreeMap;

use wharf_planeproto::{Change, Key, Resource, wire::Position};

/// What a plane is told at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Everything: what is not in it is not there.
    Snapshot(Vec<Resource>),
    /// What became different.
    Changes(Vec<Change>),
}

/// Everything a plane knows, and as of when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    pub resources: BTreeMap<Key, Resource>,
    /// `None` if the plane may not have all of it.
    pub position: Option<Position>,
    /// It began with a snapshot: what is not in it is not there. Until then it says nothing that a plane could start with.
    pub is_whole: bool,
}

impl Known {
    /// All that there is.
    pub fn new(resources: Vec<Resource>, position: Option<Position>) -> Self {
        let resources = resources
            .into_iter()
            .map(|resource| (resource.key(), resource))
            .collect();
        Self {
            resources,
            position,
            is_whole: true,
        }
    }

    /// Takes an update over, as of `position`.
    pub fn apply(&mut self, update: Update, position: Position) {
        match update {
            Update::Snapshot(resources) => *self = Self::new(resources, Some(position)),
            Update::Changes(changes) => {
                for change in changes {
                    match change {
                        Change::Put(resource) => {
                            self.resources.insert(resource.key(), resource);
                        }
                        Change::Delete(key) => {
                            self.resources.remove(&key);
                        }
                    }
                }
                // After a refusal only a snapshot makes it whole again.
                if self.position.is_some() {
                    self.position = Some(position);
                }
            }
        }
    }

    /// The plane may not have taken over what was told last: only a snapshot makes it sure again.
    pub fn doubt(&mut self) {
        self.position = None;
    }
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::network::Host;

    use super::*;

    fn host(id: &str) -> Resource {
        Resource::Host(Host {
            id: id.to_owned(),
            underlay: None,
        })
    }

    fn at(revision: u64) -> Position {
        Position {
            epoch: 1,
            revision,
            version: 2,
        }
    }

    #[test]
    fn a_snapshot_replaces_and_changes_add_up() {
        let mut known = Known::default();
        known.apply(Update::Changes(vec![Change::Put(host("x"))]), at(1));
        assert_eq!(
            known.position, None,
            "changes to nothing make nothing whole"
        );
        assert!(!known.is_whole);
        known.apply(Update::Snapshot(vec![host("a"), host("b")]), at(2));
        known.apply(
            Update::Changes(vec![
                Change::Delete(host("a").key()),
                Change::Put(host("c")),
            ]),
            at(3),
        );
        let ids: Vec<&str> = known.resources.keys().map(|key| key.id.as_str()).collect();
        assert_eq!(ids, ["b", "c"]);
        assert_eq!(known.position, Some(at(3)));
        assert!(known.is_whole);
    }

    #[test]
    fn what_was_refused_is_known_as_of_no_position() {
        let mut known = Known::default();
        known.apply(Update::Snapshot(vec![host("a")]), at(1));
        known.apply(Update::Changes(vec![Change::Put(host("b"))]), at(2));
        known.doubt();
        // What comes before all is told anew counts, and cannot be gone on from.
        known.apply(
            Update::Changes(vec![Change::Delete(host("a").key())]),
            at(3),
        );
        let ids: Vec<&str> = known.resources.keys().map(|key| key.id.as_str()).collect();
        assert_eq!((ids, known.position), (vec!["b"], None));
        assert!(known.is_whole);
        known.apply(Update::Snapshot(vec![host("c")]), at(4));
        assert_eq!(known.position, Some(at(4)));
    }
}
