//! Reads that the server does for itself while it decides about a request.

use serde_json::Value;
use wharf_store::StoreError;

use crate::{cluster::Inner, storage::Object};

/// Objects read at a time.
const AT_ONCE: usize = 500;

impl Inner {
    /// An object of the group without a name.
    pub async fn core_object(
        &self,
        plural: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, StoreError> {
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
    ) -> Result<Option<(Object, Value)>, StoreError> {
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
        Ok(object.value(resource).map(|value| (object, value)))
    }

    /// All objects of a resource, in a namespace or everywhere: for kinds of which there are few.
    pub async fn some(
        &self,
        group: &str,
        plural: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<(Object, Value)>, StoreError> {
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
        mut choose: impl FnMut(Object, Value) -> Option<T>,
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
            for (_, object) in page.objects {
                if let Some(value) = object.value(resource) {
                    found.extend(choose(object, value));
                }
            }
            if !page.more || after.is_none() {
                return Ok(found);
            }
        }
    }
}
