//! What one plane was told, and what it must be told next. Pure.
//!
//! Level-triggered: what changed only says where to look, and what the plane has is compared with
//! what it is entitled to. So changes that cancel out while a plane is busy cost nothing, and a
//! plane that lags behind what is remembered loses nothing either.

use std::collections::{BTreeSet, HashMap};

use wharf_planeproto::{Change, Key, Kind, Plane, Resource};
use wharf_store::Revision;

use super::{
    records::{Records, View},
    scope::{Difference, Scope},
};

/// The control plane's side of what a plane knows.
#[derive(Debug)]
pub struct Told {
    plane: Plane,
    host: String,
    scope: Scope,
    /// With the revision of each.
    has: HashMap<Key, Revision>,
    /// What the plane has is a picture of this revision.
    at: Revision,
}

impl Told {
    /// A plane that knows nothing, and all that it is to be told.
    pub fn anew(view: &View, plane: Plane, host: &str) -> (Self, Vec<Resource>) {
        let told = Self::having(view.now(), view.revision(), plane, host);
        let mut resources: Vec<Resource> = told
            .has
            .keys()
            .filter_map(|key| Some(view.now().get(key)?.resource.clone()))
            .collect();
        resources.sort_by_key(|resource| order(&resource.key()));
        (told, resources)
    }

    /// A plane that knows all as of `revision`; `None` if that is forgotten.
    pub fn resumed(view: &View, plane: Plane, host: &str, revision: Revision) -> Option<Self> {
        let records = view.at(revision)?;
        Some(Self::having(&records, revision, plane, host))
    }

    fn having(records: &Records, at: Revision, plane: Plane, host: &str) -> Self {
        let scope = Scope::of(records, plane, host);
        let has = records
            .iter()
            .filter(|(_, held)| scope.admits(&held.resource))
            .map(|(key, held)| (key.clone(), held.revision))
            .collect();
        Self {
            plane,
            host: host.to_owned(),
            scope,
            has,
            at,
        }
    }

    /// The revision that the plane knows all of.
    pub fn at(&self) -> Revision {
        self.at
    }

    /// What the plane must be told to know all of the present; it counts as told.
    pub fn advance(&mut self, view: &View) -> Vec<Change> {
        if view.revision() < self.at {
            // The view is being read again.
            return Vec::new();
        }
        let Some(looked_at) = self.where_to_look(view) else {
            self.at = view.revision();
            return Vec::new();
        };
        self.at = view.revision();
        let mut changes: Vec<Change> = looked_at
            .into_iter()
            .filter_map(|key| self.compare(view, key))
            .collect();
        changes.sort_by_key(|change| match change {
            Change::Put(_) => (false, order(&change.key())),
            // Taken apart from the top.
            Change::Delete(_) => (true, u8::MAX - order(&change.key())),
        });
        changes
    }

    /// The keys that may differ from what the plane has, under the scope as it is now; `None` if
    /// nothing of this plane changed.
    fn where_to_look(&mut self, view: &View) -> Option<BTreeSet<Key>> {
        let mine: Option<BTreeSet<Key>> = view.changed_since(self.at).map(|changed| {
            let mine = changed
                .into_iter()
                .filter(|key| key.kind.plane() == self.plane);
            mine.cloned().collect()
        });
        if mine.as_ref().is_some_and(BTreeSet::is_empty) {
            return None;
        }
        let scope = Scope::of(view.now(), self.plane, &self.host);
        let difference = scope.difference(&self.scope);
        self.scope = scope;
        Some(match (mine, difference) {
            (Some(mine), Difference::None) => mine,
            (Some(mine), Difference::Keys(more)) => mine.into_iter().chain(more).collect(),
            (None, _) | (_, Difference::Everything) => self.everything(view),
        })
    }

    /// Whether the plane was told of it.
    pub fn has(&self, key: &Key) -> bool {
        self.has.contains_key(key)
    }

    /// The change that brings one key up to date, if it is not.
    fn compare(&mut self, view: &View, key: Key) -> Option<Change> {
        let wanted = view.now().get(&key);
        let wanted = wanted.filter(|held| self.scope.admits(&held.resource));
        match wanted {
            Some(held) if self.has.get(&key) == Some(&held.revision) => None,
            Some(held) => {
                self.has.insert(key, held.revision);
                Some(Change::Put(held.resource.clone()))
            }
            None => self.has.remove(&key).map(|_| Change::Delete(key)),
        }
    }

    fn everything(&self, view: &View) -> BTreeSet<Key> {
        let there = view.now().iter().map(|(key, _)| key);
        let mine = there.filter(|key| key.kind.plane() == self.plane);
        mine.chain(self.has.keys()).cloned().collect()
    }
}

/// What others refer to comes first.
fn order(key: &Key) -> u8 {
    match key.kind {
        Kind::Host => 0,
        Kind::Vpc => 1,
        Kind::SecurityGroup => 2,
        Kind::Interface => 3,
        Kind::Certificate => 4,
        Kind::TargetGroup => 5,
        Kind::Target => 6,
        Kind::LoadBalancer => 7,
        Kind::Listener => 8,
        Kind::Rule => 9,
    }
}
