//! Finalizers of objects that informers hold.

use serde_json::{Value, json};

use crate::{Client, Error, Informer, Object as _, Patch};

impl Client {
    /// The object with a finalizer more.
    ///
    /// # Errors
    /// Those of a patch; a conflict if the object changed.
    pub async fn add_finalizer(
        &self,
        informer: &Informer,
        object: &Value,
        finalizer: &str,
    ) -> Result<Value, Error> {
        if object.has_finalizer(finalizer) {
            return Ok(object.clone());
        }
        let mut all = object.list("/metadata/finalizers").to_vec();
        all.push(finalizer.into());
        self.set_finalizers(informer, object, all).await
    }

    /// An object that is not there any more has none.
    ///
    /// # Errors
    /// Those of a patch; a conflict if the object changed.
    pub async fn remove_finalizer(
        &self,
        informer: &Informer,
        object: &Value,
        finalizer: &str,
    ) -> Result<(), Error> {
        if !object.has_finalizer(finalizer) {
            return Ok(());
        }
        let mut all = object.list("/metadata/finalizers").to_vec();
        all.retain(|it| it != finalizer);
        match self.set_finalizers(informer, object, all).await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other.map(drop),
        }
    }

    /// The informer has what came of it.
    async fn set_finalizers(
        &self,
        informer: &Informer,
        object: &Value,
        all: Vec<Value>,
    ) -> Result<Value, Error> {
        // The whole list is replaced: of this very revision alone.
        let patch = Patch::Merge(json!({"metadata": {
            "uid": object.uid(), "resourceVersion": object.resource_version(), "finalizers": all,
        }}));
        let (namespace, name) = (object.namespace(), object.name());
        let patched = self.patch(informer.kind(), namespace, name, &patch).await?;
        match has_gone(&patched) {
            true => informer.observe_deletion(object, &Value::Null),
            false => informer.observe(&patched),
        }
        Ok(patched)
    }
}

/// Whether an object went with the write that this is the answer of: it was deleted, and nothing held it any more. A pod is held by its
/// node as well, for as long as it has time left.
pub fn has_gone(written: &Value) -> bool {
    let left = written.integer("/metadata/deletionGracePeriodSeconds");
    let finalizers = written.list("/metadata/finalizers");
    written.is_deleting() && finalizers.is_empty() && left.unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_has_time_left_is_still_there() {
        let deleted = "2026-01-01T00:00:00Z";
        for (metadata, gone) in [
            (json!({}), false),
            (json!({"deletionTimestamp": deleted}), true),
            (
                json!({"deletionTimestamp": deleted, "deletionGracePeriodSeconds": 0}),
                true,
            ),
            (
                json!({"deletionTimestamp": deleted, "deletionGracePeriodSeconds": 30}),
                false,
            ),
            (
                json!({"deletionTimestamp": deleted, "finalizers": ["a/b"]}),
                false,
            ),
        ] {
            assert_eq!(
                has_gone(&json!({ "metadata": metadata })),
                gone,
                "{metadata}"
            );
        }
    }
}
