//! Objects of a kind as they were last seen, by name and by indexes. Pure.
//!
//! Revisions are compared, so what this program wrote itself can be put in before the watch tells it ([`Cache::observe`]): whoever
//! decides by a cache then never does a thing twice because its own write was not back yet.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;

use crate::object::{Object, number};

/// Groups objects by keys that `keys` finds in each.
#[derive(Clone, Copy)]
pub struct Index {
    pub name: &'static str,
    pub keys: fn(&Value) -> Vec<String>,
}

/// By namespace.
pub const BY_NAMESPACE: Index = Index {
    name: "namespace",
    keys: |it| vec![it.namespace().to_owned()],
};

/// By the uid of each owner.
pub const BY_OWNER: Index = Index {
    name: "owner",
    keys: |it| it.owners().iter().map(|it| it.uid().to_owned()).collect(),
};

/// What became of an object in the cache.
#[derive(Debug, Clone)]
pub enum Change {
    Added(Arc<Value>),
    Changed { old: Arc<Value>, new: Arc<Value> },
    Deleted(Arc<Value>),
}

impl Change {
    /// The object as it is, or last was.
    pub fn object(&self) -> &Arc<Value> {
        match self {
            Self::Added(object) | Self::Deleted(object) => object,
            Self::Changed { new, .. } => new,
        }
    }
}

/// Nobody here asks for them, they are a good part of an object, and the server keeps them where an update says nothing.
pub(crate) const NOT_KEPT: &[&str] = &["managedFields"];
/// Whoever asks for metadata alone wants names, owners and finalizers.
pub(crate) const OF_OWNERS_NOT_KEPT: &[&str] = &["managedFields", "labels", "annotations"];

type Key = (String, String);

pub(crate) struct Cache {
    objects: BTreeMap<Key, Arc<Value>>,
    /// Members of the metadata that are not kept.
    without: &'static [&'static str],
    indexes: Vec<(Index, HashMap<String, BTreeSet<Key>>)>,
    /// The newest revision that was told; 0 before the first list.
    revision: u64,
    /// Objects this program deleted whose end was not told yet, by uid.
    ended: HashSet<String>,
}

impl Cache {
    pub(crate) fn new(indexes: &[Index], without: &'static [&'static str]) -> Self {
        Self {
            objects: BTreeMap::new(),
            without,
            indexes: indexes.iter().map(|it| (*it, HashMap::new())).collect(),
            revision: 0,
            ended: HashSet::new(),
        }
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.objects
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Value>> {
        self.objects.values().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Empty for an index that the cache was not made with.
    pub(crate) fn by(&self, index: &str, key: &str) -> Vec<Arc<Value>> {
        let index = self.indexes.iter().find(|(it, _)| it.name == index);
        let keys = index.and_then(|(_, keys)| keys.get(key));
        keys.into_iter()
            .flatten()
            .filter_map(|key| self.objects.get(key).cloned())
            .collect()
    }

    /// All there is at `revision`. What this program wrote later stays.
    pub(crate) fn replace(&mut self, items: Vec<Value>, revision: &str) -> Vec<Change> {
        let listed: HashSet<Key> = items.iter().map(key).collect();
        let listed_at = number(revision);
        let gone = self.objects.iter().filter(|(key, object)| {
            let is_newer = listed_at > 0 && object.revision() > listed_at;
            !listed.contains(*key) && !is_newer
        });
        let gone: Vec<Key> = gone.map(|(key, _)| key.clone()).collect();
        let gone = gone.iter().filter_map(|key| self.take(key));
        let mut changes: Vec<Change> = gone.map(Change::Deleted).collect();
        self.ended.clear();
        changes.extend(items.into_iter().filter_map(|it| self.put(it)));
        self.revision = listed_at;
        changes
    }

    /// The watch told an object as it became.
    pub(crate) fn told(&mut self, object: Value) -> Option<Change> {
        self.revision = self.revision.max(object.revision());
        if self.ended.contains(object.uid()) {
            return None;
        }
        self.put(object)
    }

    /// The watch told the end of an object.
    pub(crate) fn told_end(&mut self, object: &Value) -> Option<Change> {
        self.revision = self.revision.max(object.revision());
        self.ended.remove(object.uid());
        let key = key(object);
        // Another one of the same name may have been put in already.
        if self.objects.get(&key)?.uid() != object.uid() {
            return None;
        }
        self.take(&key).map(Change::Deleted)
    }

    pub(crate) fn told_revision(&mut self, revision: &str) {
        self.revision = self.revision.max(number(revision));
    }

    /// This program wrote an object, and `object` was the answer.
    pub(crate) fn observe(&mut self, object: Value) -> Option<Change> {
        // What is not newer was told already, and what came after it too.
        if self.revision == 0 || object.revision() <= self.revision {
            return None;
        }
        self.put(object)
    }

    /// This program deleted an object, which is gone.
    pub(crate) fn observe_end(&mut self, object: &Value) -> Option<Change> {
        let key = key(object);
        if self.objects.get(&key)?.uid() != object.uid() {
            return None;
        }
        self.ended.insert(object.uid().to_owned());
        self.take(&key).map(Change::Deleted)
    }

    fn put(&mut self, mut object: Value) -> Option<Change> {
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            metadata.retain(|member, _| !self.without.contains(&member.as_str()));
        }
        let key = key(&object);
        let old = self.objects.get(&key).cloned();
        if let Some(old) = &old {
            let (known, new) = (old.revision(), object.revision());
            if new < known || (new == known && new > 0) {
                return None;
            }
            self.unindex(&key, old);
        }
        for (index, keys) in &mut self.indexes {
            for found in (index.keys)(&object) {
                keys.entry(found).or_default().insert(key.clone());
            }
        }
        let new = Arc::new(object);
        self.objects.insert(key, new.clone());
        Some(match old {
            Some(old) => Change::Changed { old, new },
            None => Change::Added(new),
        })
    }

    fn take(&mut self, key: &Key) -> Option<Arc<Value>> {
        let object = self.objects.remove(key)?;
        self.unindex(key, &object);
        Some(object)
    }

    fn unindex(&mut self, key: &Key, object: &Value) {
        for (index, keys) in &mut self.indexes {
            for found in (index.keys)(object) {
                if let Some(held) = keys.get_mut(&found) {
                    held.remove(key);
                    if held.is_empty() {
                        keys.remove(&found);
                    }
                }
            }
        }
    }
}

fn key(object: &Value) -> Key {
    (object.namespace().to_owned(), object.name().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(name: &str, uid: &str, revision: u64) -> Value {
        json!({"metadata": {
            "namespace": "a", "name": name, "uid": uid, "resourceVersion": revision.to_string(),
            "ownerReferences": [{"uid": "o"}], "managedFields": [{}],
        }})
    }

    fn names(cache: &Cache) -> Vec<String> {
        cache.all().iter().map(|it| it.name().to_owned()).collect()
    }

    #[test]
    fn a_list_replaces_what_was_there_but_not_what_was_written_since() {
        let mut cache = Cache::new(&[BY_OWNER], &[]);
        cache.replace(vec![object("x", "1", 3), object("y", "2", 4)], "5");
        cache.observe(object("z", "3", 9));
        let changes = cache.replace(vec![object("y", "2", 4)], "8");
        assert!(matches!(&changes[..], [Change::Deleted(it)] if it.name() == "x"));
        assert_eq!(names(&cache), ["y", "z"]);
        assert_eq!(cache.by("owner", "o").len(), 2);
        cache.replace(vec![], "10");
        assert!(cache.by("owner", "o").is_empty());
    }

    #[test]
    fn a_write_is_seen_once_whichever_way_it_comes_first() {
        let mut cache = Cache::new(&[], &[]);
        cache.replace(vec![], "5");
        assert!(cache.observe(object("x", "1", 6)).is_some());
        assert!(cache.told(object("x", "1", 6)).is_none(), "known already");
        assert!(cache.told_end(&object("x", "1", 7)).is_some());
        assert!(
            cache.observe(object("x", "1", 6)).is_none(),
            "it ended since"
        );
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn what_was_deleted_does_not_come_back_with_older_news() {
        let mut cache = Cache::new(&[], &[]);
        cache.replace(vec![object("x", "1", 3)], "5");
        assert!(cache.observe_end(&object("x", "1", 3)).is_some());
        assert!(cache.told(object("x", "1", 6)).is_none());
        assert!(cache.told_end(&object("x", "1", 7)).is_none());
        assert!(
            cache.told(object("x", "2", 8)).is_some(),
            "another one of the same name"
        );
        assert!(cache.told_end(&object("x", "1", 9)).is_none());
        assert_eq!(names(&cache), ["x"]);
    }

    #[test]
    fn managed_fields_are_not_kept() {
        let mut cache = Cache::new(&[BY_NAMESPACE], NOT_KEPT);
        cache.replace(vec![object("x", "1", 3)], "5");
        let kept = &cache.by("namespace", "a")[0];
        assert!(kept.at("/metadata/managedFields").is_null());
    }
}
