//! Reads that the server does for itself while it decides about a request.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use serde_json::Value;
use wharf_kube_model::Resource;
use wharf_store::{Revision, StoreError};

use crate::{cluster::Inner, storage::Object};

/// Objects read at a time.
const AT_ONCE: usize = 500;
/// What writes of others are decided by, each time anew: what was parsed of these is remembered.
const REMEMBERED: [(&str, &str); 5] = [
    ("", "limitranges"),
    ("", "namespaces"),
    ("", "serviceaccounts"),
    ("networking.k8s.io", "servicecidrs"),
    ("scheduling.k8s.io", "priorityclasses"),
];
/// Objects that are remembered at most, and the bytes of one.
const MOST_REMEMBERED: usize = 512;
const LARGEST_REMEMBERED: usize = 8 << 10;

/// Objects as they were parsed, by their keys. What is looked up is always read from the store: an object counts if it is still of
/// the same revision.
#[derive(Default)]
pub struct Remembered(Mutex<HashMap<String, (Revision, Arc<Value>)>>);

impl Remembered {
    fn value(
        &self,
        key: impl FnOnce() -> String,
        object: &Object,
        resource: &Resource,
    ) -> Option<Arc<Value>> {
        let of = (resource.group.as_str(), resource.plural.as_str());
        if !REMEMBERED.contains(&of) || object.bytes() > LARGEST_REMEMBERED {
            return object.value(resource).map(Arc::new);
        }
        let key = key();
        if let Some((revision, value)) = self.0.lock().get(&key)
            && *revision == object.revision
        {
            return Some(Arc::clone(value));
        }
        let value = Arc::new(object.value(resource)?);
        let mut all = self.0.lock();
        if all.len() >= MOST_REMEMBERED {
            all.clear();
        }
        all.insert(key, (object.revision, Arc::clone(&value)));
        Some(value)
    }
}

impl Inner {
    /// An object of the group without a name.
    pub async fn core_object(
        &self,
        plural: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Arc<Value>>, StoreError> {
        let found = self.object("", plural, namespace, name).await?;
        Ok(found.map(|(_, value)| value))
    }

    /// An object and its value, in the shape it is stored in.
    pub async fn object(
        &self,
        group: &str,
        plural: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<(Object, Arc<Value>)>, StoreError> {
        let catalog = self.catalog.load();
        let mut all = catalog.all();
        let resource = all.find(|it| it.group == group && it.plural == plural);
        let Some(resource) = resource else {
            return Ok(None);
        };
        let storage = &resource.storage;
        let key = self
            .objects
            .keys
            .object(&storage.group, &storage.plural, namespace, name);
        let Some(object) = self.objects.get(&key).await? else {
            return Ok(None);
        };
        let value = self.remembered.value(|| key, &object, resource);
        Ok(value.map(|value| (object, value)))
    }

    /// All objects of a resource, in a namespace or everywhere: for kinds of which there are few.
    pub async fn some(
        &self,
        group: &str,
        plural: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<(Object, Arc<Value>)>, StoreError> {
        self.chosen(group, plural, namespace, |object, value| {
            Some((object, value))
        })
        .await
    }

    /// What `choose` makes of the objects of a resource, in a namespace or everywhere. They are held a page at a time.
    pub async fn chosen<T>(
        &self,
        group: &str,
        plural: &str,
        namespace: Option<&str>,
        mut choose: impl FnMut(Object, Arc<Value>) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let catalog = self.catalog.load_full();
        let mut all = catalog.all();
        let resource = all.find(|it| it.group == group && it.plural == plural);
        let Some(resource) = resource else {
            return Ok(Vec::new());
        };
        let storage = &resource.storage;
        let keys = &self.objects.keys;
        let folder = match namespace {
            Some(namespace) => keys.namespace(&storage.group, &storage.plural, namespace),
            None => keys.folder(&storage.group, &storage.plural),
        };
        let mut found = Vec::new();
        let (mut after, mut at): (Option<String>, _) = (None, None);
        loop {
            let page = self
                .objects
                .page(&folder, after.as_deref(), at, AT_ONCE)
                .await?;
            at = Some(page.revision);
            after = page.objects.last().map(|(path, _)| path.clone());
            for (path, object) in page.objects {
                let key = || format!("{folder}{path}");
                if let Some(value) = self.remembered.value(key, &object, resource) {
                    found.extend(choose(object, value));
                }
            }
            if !page.more || after.is_none() {
                return Ok(found);
            }
        }
    }
}
