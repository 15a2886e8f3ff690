//! Revisions of the templates of daemon sets and stateful sets: ControllerRevisions.

mod written;

use std::sync::Arc;

use serde_json::{Map, Value, json};
use wharf_kube_client::{Client, Delete, Error, Informer, Kind, Object, Ref, kind};

use self::written::{are_same, written};
use crate::deployment::hash;

/// The label by which pods name their revision.
pub const HASH_LABEL: &str = "controller-revision-hash";

/// What is kept of a set: how its template is to be. A patch, which clients apply to go back to it.
pub fn data(set: &Value) -> Value {
    patch(written(&set["spec"]["template"]))
}

fn patch(template: Value) -> Value {
    let mut patch = Map::from_iter([("$patch".to_owned(), "replace".into())]);
    if let Value::Object(template) = template {
        patch.extend(template);
    }
    json!({"spec": {"template": patch}})
}

/// Whether a revision is of the set as it is: it may be one that was written in another form.
fn is_of(revision: &Value, set: &Value) -> bool {
    are_same(&template(revision), &set["spec"]["template"])
}

/// The template that a revision holds.
pub fn template(revision: &Value) -> Value {
    let mut template = revision["data"]["spec"]["template"].clone();
    if let Some(template) = template.as_object_mut() {
        template.shift_remove("$patch");
    }
    template
}

pub fn number(revision: &Value) -> i64 {
    revision.integer("/revision").unwrap_or_default()
}

pub struct History<'a> {
    pub client: &'a Client,
    pub revisions: &'a Informer,
    pub kind: &'a Kind,
}

impl History<'_> {
    /// Revisions of a set, the oldest first.
    pub fn of(&self, set: &Value) -> Vec<Arc<Value>> {
        let mut revisions = self.revisions.owned_by(set.uid());
        revisions.retain(|it| it.is_controlled_by(set.uid()));
        revisions.sort_by_key(|it| (number(it), it.name().to_owned()));
        revisions
    }

    /// The revision of the set as it is, made where there is none, and always the newest. `collisions` is the set's status' count.
    pub async fn current(&self, set: &Value) -> Result<Arc<Value>, Error> {
        let all = self.of(set);
        let wanted = data(set);
        let newest = all.last().map(|it| number(it)).unwrap_or_default();
        if let Some(same) = all.iter().rev().find(|it| is_of(it, set)) {
            if number(same) == newest {
                return Ok(same.clone());
            }
            let mut renewed = Value::clone(same);
            renewed["revision"] = (newest + 1).into();
            let written = self
                .client
                .update(&kind::CONTROLLER_REVISION, &renewed)
                .await?;
            self.revisions.observe(&written);
            return Ok(Arc::new(written));
        }
        let mut collisions = set.integer("/status/collisionCount").unwrap_or_default();
        loop {
            // Of the template as it is in the set: it has the name that it always had.
            let hash = hash(&patch(set["spec"]["template"].clone()), collisions);
            let mut labels = set
                .map("/spec/template/metadata/labels")
                .cloned()
                .unwrap_or_default();
            labels.insert(HASH_LABEL.to_owned(), hash.as_str().into());
            let revision = json!({
                "apiVersion": "apps/v1", "kind": "ControllerRevision",
                "metadata": {
                    "name": format!("{}-{hash}", set.name()), "namespace": set.namespace(), "labels": labels,
                    "ownerReferences": [Ref::of(self.kind, set).as_controller()],
                },
                "data": wanted, "revision": newest + 1,
            });
            let created = self
                .client
                .create(&kind::CONTROLLER_REVISION, set.namespace(), &revision)
                .await;
            match created {
                Ok(written) => {
                    self.revisions.observe(&written);
                    return Ok(Arc::new(written));
                }
                Err(error) if error.is_already_exists() => {
                    let there = self
                        .client
                        .get(&kind::CONTROLLER_REVISION, set.namespace(), revision.name())
                        .await?;
                    if there.is_controlled_by(set.uid()) && is_of(&there, set) {
                        return Ok(Arc::new(there));
                    }
                    collisions += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Deletes the oldest of those that nothing uses, down to the set's limit.
    pub async fn trim(&self, set: &Value, is_used: impl Fn(&str) -> bool) -> Result<(), Error> {
        let Some(limit) = set.integer("/spec/revisionHistoryLimit") else {
            return Ok(());
        };
        let mut unused = self.of(set);
        unused.retain(|it| !is_used(it.label(HASH_LABEL).unwrap_or_default()));
        let excess = unused.len().saturating_sub(limit.max(0) as usize);
        for revision in unused.into_iter().take(excess) {
            let options = Delete::of_uid(revision.uid());
            let (namespace, name) = (revision.namespace(), revision.name());
            let deleted = self
                .client
                .delete(&kind::CONTROLLER_REVISION, namespace, name, &options)
                .await;
            match deleted {
                Ok(answer) => self.revisions.observe_deletion(&revision, &answer),
                Err(error) if error.is_outdated() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
