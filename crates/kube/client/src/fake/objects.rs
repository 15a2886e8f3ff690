//! The objects, their history, and what writes do to them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_base::{Clock, SystemClock};
use wharf_kube_model::{
    Catalog,
    patch::{self, PatchError},
};

use super::{Refused, is_empty, not_found, refused, request::Target};
use crate::{
    kind::{self, Kind},
    object::Object,
};

/// Group, plural, namespace, name.
type Key = (String, String, String, String);

#[derive(Default)]
pub(super) struct Objects {
    pub revision: u64,
    objects: BTreeMap<Key, Value>,
    history: Vec<Entry>,
    compacted: u64,
    made: u64,
}

struct Entry {
    revision: u64,
    group: String,
    plural: String,
    old: Option<Value>,
    /// For a deletion the last state, with the revision of the deletion.
    new: Value,
    is_deletion: bool,
}

/// An event of a watch.
pub(super) struct Told {
    pub revision: u64,
    pub event: &'static str,
    pub object: Value,
}

type Answer = Result<Value, Refused>;

impl Objects {
    pub fn compact(&mut self) {
        self.history.clear();
        self.compacted = self.revision;
    }

    pub fn since(&self, target: &Target, revision: u64) -> Result<Vec<Told>, Refused> {
        if revision < self.compacted {
            return Err(refused(410, "Expired", "too old resource version"));
        }
        let entries = self.history.iter().filter(|it| {
            it.revision > revision && it.group == target.group && it.plural == target.plural
        });
        let told = entries.filter_map(|it| {
            let was = it.old.as_ref().is_some_and(|old| target.selects(old));
            let event = match (was, target.selects(&it.new) && !it.is_deletion) {
                (false, true) => "ADDED",
                (true, true) => "MODIFIED",
                (true, false) => "DELETED",
                (false, false) => return None,
            };
            Some(Told {
                revision: it.revision,
                event,
                object: it.new.clone(),
            })
        });
        Ok(told.collect())
    }

    pub fn list(&self, target: &Target) -> Answer {
        let all = self.objects.iter().filter(|((group, plural, ..), object)| {
            *group == target.group && *plural == target.plural && target.selects(object)
        });
        let limit: usize = target.query("limit").parse().unwrap_or(usize::MAX);
        let skip: usize = target.query("continue").parse().unwrap_or(0);
        let items: Vec<&Value> = all.map(|(_, it)| it).skip(skip).collect();
        let page = &items[..items.len().min(limit)];
        let next = match page.len() < items.len() {
            true => (skip + page.len()).to_string(),
            false => String::new(),
        };
        Ok(json!({
            "kind": "List", "metadata": {"resourceVersion": self.revision.to_string(), "continue": next},
            "items": page,
        }))
    }

    pub fn get(&self, target: &Target) -> Answer {
        let found = self.objects.get(&key(target));
        found.cloned().ok_or_else(|| not_found(target))
    }

    pub fn create(&mut self, target: &Target, mut object: Value) -> Answer {
        if !target.name.is_empty() {
            return self.create_at(target, &object);
        }
        let namespace = (
            "".into(),
            "namespaces".into(),
            "".into(),
            target.namespace.clone(),
        );
        if self
            .objects
            .get(&namespace)
            .is_some_and(Object::is_deleting)
        {
            let mut refused = refused(403, "Forbidden", "the namespace is being terminated");
            refused.body["details"] = json!({"causes": [{"reason": "NamespaceTerminating"}]});
            return Err(refused);
        }
        self.made += 1;
        let generated = object.text("/metadata/generateName").to_owned();
        if object.name().is_empty() && !generated.is_empty() {
            object["metadata"]["name"] = format!("{generated}{:05}", self.made).into();
        }
        let kind = KINDS
            .iter()
            .find(|it| it.group == target.group && it.plural == target.plural);
        if let Some(kind) = kind {
            object["apiVersion"] = kind.api_version().into();
            object["kind"] = kind.kind.as_ref().into();
        }
        object["metadata"]["uid"] = format!("uid-{}", self.made).into();
        object["metadata"]["creationTimestamp"] = SystemClock.now().iso8601_seconds().into();
        object["metadata"]["generation"] = 1.into();
        if !target.namespace.is_empty() {
            object["metadata"]["namespace"] = target.namespace.as_str().into();
        }
        match target.plural.as_str() {
            "pods" if object["status"].is_null() => object["status"] = json!({"phase": "Pending"}),
            "namespaces" => {
                object["spec"]["finalizers"] = json!(["kubernetes"]);
                object["status"] = json!({"phase": "Active"});
            }
            _ => {}
        }
        let key = (
            target.group.clone(),
            target.plural.clone(),
            target.namespace.clone(),
            object.name().to_owned(),
        );
        if self.objects.contains_key(&key) {
            let message = format!("{} {:?} already exists", target.plural, object.name());
            return Err(refused(409, "AlreadyExists", &message));
        }
        Ok(self.put(key, object))
    }

    fn create_at(&mut self, target: &Target, body: &Value) -> Answer {
        let mut object = self.get(target)?;
        match (target.plural.as_str(), target.subresource.as_str()) {
            ("pods", "binding") => {
                if !object.text("/spec/nodeName").is_empty() {
                    return Err(refused(
                        409,
                        "Conflict",
                        "pod is already assigned to a node",
                    ));
                }
                object["spec"]["nodeName"] = body.at("/target/name").clone();
                object["status"]["conditions"] =
                    json!([{"type": "PodScheduled", "status": "True"}]);
                self.put(key(target), object);
            }
            ("pods", "eviction") => {
                self.delete(target, body.at("/deleteOptions"))?;
            }
            _ => return Err(not_found(target)),
        }
        Ok(json!({"kind": "Status", "status": "Success"}))
    }

    pub fn update(&mut self, target: &Target, new: Value) -> Answer {
        let old = self.get(target)?;
        let (told, known) = (new.resource_version(), old.resource_version());
        if !told.is_empty() && told != known || !new.uid().is_empty() && new.uid() != old.uid() {
            return Err(refused(409, "Conflict", "the object has been modified"));
        }
        let mut next = old.clone();
        match target.subresource.as_str() {
            "status" => next["status"] = new["status"].clone(),
            "finalize" => next["spec"]["finalizers"] = new["spec"]["finalizers"].clone(),
            "" => {
                next = new;
                next["status"] = old["status"].clone();
                for fixed in [
                    "uid",
                    "creationTimestamp",
                    "deletionTimestamp",
                    "generation",
                ] {
                    next["metadata"][fixed] = old["metadata"][fixed].clone();
                }
                if next["spec"] != old["spec"] {
                    next["metadata"]["generation"] = (old.generation() + 1).into();
                }
            }
            _ => return Err(not_found(target)),
        }
        next["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone();
        if next["status"].is_null() {
            next.as_object_mut().map(|it| it.shift_remove("status"));
        }
        if next == old {
            return Ok(old);
        }
        if next.is_deleting()
            && is_empty(&next, "/metadata/finalizers")
            && is_empty(&next, "/spec/finalizers")
            && (target.plural != "pods" || !is_empty(&old, "/metadata/finalizers"))
        {
            return Ok(self.remove(&key(target), next));
        }
        Ok(self.put(key(target), next))
    }

    pub fn patch(&mut self, target: &Target, media: Option<&str>, change: &Value) -> Answer {
        let live = self.get(target)?;
        let unknown = || {
            let message = format!("{media:?} is no patch this server knows");
            refused(415, "UnsupportedMediaType", &message)
        };
        let patched = match media {
            Some("application/merge-patch+json") => patch::merge(&live, change),
            // Of the kinds that every cluster has, as the real one.
            Some("application/strategic-merge-patch+json") => {
                let (version, kind) = (live.text("/apiVersion"), live.text("/kind"));
                let schema = Catalog::built_in().schema(version, kind);
                patch::strategic(schema.ok_or_else(unknown)?.root(), &live, change)
            }
            _ => return Err(unknown()),
        };
        let patched = patched.map_err(unfit)?;
        // Unlike an update, a patch has no uid that it asks for: it would change it.
        if !patched.uid().is_empty() && patched.uid() != live.uid() {
            let message = "metadata.uid: Invalid value: field is immutable";
            let mut refused = refused(422, "Invalid", message);
            let cause =
                json!({"reason": "FieldValueInvalid", "message": message, "field": "metadata.uid"});
            refused.body["details"] = json!({"causes": [cause]});
            return Err(refused);
        }
        self.update(target, patched)
    }

    pub fn delete(&mut self, target: &Target, options: &Value) -> Answer {
        if target.name.is_empty() {
            let all = self.list(target)?;
            for object in all.list("/items") {
                let mut one = target.clone();
                one.name = object.name().to_owned();
                one.namespace = object.namespace().to_owned();
                self.delete(&one, options)?;
            }
            return Ok(json!({"kind": "Status", "status": "Success"}));
        }
        let mut object = self.get(target)?;
        let wanted = options.text("/preconditions/uid");
        if !wanted.is_empty() && wanted != object.uid() {
            return Err(refused(
                409,
                "Conflict",
                "the UID in the precondition is another",
            ));
        }
        let finalizer = match options.text("/propagationPolicy") {
            "Foreground" => Some("foregroundDeletion"),
            "Orphan" => Some("orphan"),
            _ => None,
        };
        if let Some(finalizer) = finalizer
            && !object.has_finalizer(finalizer)
        {
            let mut finalizers = object.list("/metadata/finalizers").to_vec();
            finalizers.push(finalizer.into());
            object["metadata"]["finalizers"] = finalizers.into();
        }
        let grace = options.integer("/gracePeriodSeconds").unwrap_or(30);
        let runs = target.plural == "pods"
            && !object.text("/spec/nodeName").is_empty()
            && !["Succeeded", "Failed"].contains(&object.text("/status/phase"))
            && grace > 0;
        let is_held = runs
            || !is_empty(&object, "/metadata/finalizers")
            || target.plural == "namespaces" && !is_empty(&object, "/spec/finalizers");
        if !is_held {
            self.remove(&key(target), object);
            return Ok(json!({"kind": "Status", "status": "Success"}));
        }
        if !object.is_deleting() {
            object["metadata"]["deletionTimestamp"] = SystemClock.now().iso8601_seconds().into();
            object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
            if target.plural == "namespaces" {
                object["status"]["phase"] = "Terminating".into();
            }
        }
        if Some(&object) == self.objects.get(&key(target)) {
            return Ok(object);
        }
        Ok(self.put(key(target), object))
    }

    fn put(&mut self, key: Key, mut object: Value) -> Value {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = self.revision.to_string().into();
        let old = self.objects.insert(key.clone(), object.clone());
        self.history.push(Entry {
            revision: self.revision,
            group: key.0,
            plural: key.1,
            old,
            new: object.clone(),
            is_deletion: false,
        });
        object
    }

    fn remove(&mut self, key: &Key, mut object: Value) -> Value {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = self.revision.to_string().into();
        let old = self.objects.remove(key);
        self.history.push(Entry {
            revision: self.revision,
            group: key.0.clone(),
            plural: key.1.clone(),
            old,
            new: object.clone(),
            is_deletion: true,
        });
        object
    }
}

fn key(target: &Target) -> Key {
    (
        target.group.clone(),
        target.plural.clone(),
        target.namespace.clone(),
        target.name.clone(),
    )
}

/// Why a patch was not applied.
fn unfit(why: PatchError) -> Refused {
    match why {
        PatchError::BadRequest(why) => refused(400, "BadRequest", &why),
        PatchError::Unprocessable(why) => refused(422, "Invalid", &why),
        PatchError::TooLarge(why) => refused(413, "RequestEntityTooLarge", &why),
    }
}

static KINDS: [Kind; 21] = [
    kind::CONFIG_MAP,
    kind::ENDPOINTS,
    kind::EVENT,
    kind::NAMESPACE,
    kind::NODE,
    kind::PERSISTENT_VOLUME,
    kind::PERSISTENT_VOLUME_CLAIM,
    kind::POD,
    kind::RESOURCE_QUOTA,
    kind::SECRET,
    kind::SERVICE,
    kind::SERVICE_ACCOUNT,
    kind::CONTROLLER_REVISION,
    kind::DAEMON_SET,
    kind::DEPLOYMENT,
    kind::REPLICA_SET,
    kind::STATEFUL_SET,
    kind::CRON_JOB,
    kind::JOB,
    kind::LEASE,
    kind::ENDPOINT_SLICE,
];

/// Answers of discovery.
pub(super) fn discovery(path: &str) -> Option<Value> {
    let verbs = [
        "create",
        "delete",
        "deletecollection",
        "get",
        "list",
        "patch",
        "update",
        "watch",
    ];
    if path == "/apis" {
        let mut groups: Vec<Value> = Vec::new();
        for kind in KINDS.iter().filter(|it| !it.group.is_empty()) {
            let version = json!({"version": kind.version});
            let group =
                json!({"name": kind.group, "versions": [version], "preferredVersion": version});
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        return Some(json!({"groups": groups}));
    }
    let of = |kind: &Kind| match kind.group.as_ref() {
        "" => format!("/api/{}", kind.version),
        group => format!("/apis/{group}/{}", kind.version),
    };
    let found: Vec<Value> = KINDS
        .iter()
        .filter(|it| of(it) == path)
        .map(|it| json!({"name": it.plural, "kind": it.kind, "namespaced": it.namespaced, "verbs": verbs}))
        .collect();
    (!found.is_empty()).then(|| json!({"resources": found}))
}

#[cfg(test)]
impl Objects {
    pub fn take_away(&mut self, namespace: &str, name: &str) -> bool {
        let key = ("".into(), "pods".into(), namespace.into(), name.into());
        let object = self.objects.get(&key).cloned();
        object.is_some_and(|object| !self.remove(&key, object).is_null())
    }
}
