//! Custom resource definitions: when one is accepted, its kinds are part of the cluster's catalog; when one goes, so do its objects.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use serde_json::{Value, json};
use wharf_kube_model::{Catalog, parts::Part, status::Status, view::text_at};
use wharf_store::{Compare, StoreError};

use crate::{
    admission::Effects,
    answer::Fault,
    call::{Call, store_fault},
    cluster::Inner,
    conversion::Converters,
    storage::{Object, WriteError, record},
};

const GROUP: &str = "apiextensions.k8s.io";
const PLURAL: &str = "customresourcedefinitions";
/// Keeps a definition until its objects are gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";
/// Objects of a definition that are removed at a time.
const AT_ONCE: usize = 200;
/// Pause after a failure of the store.
const RETRY: Duration = Duration::from_millis(500);

fn is_definition(call: &Call) -> bool {
    call.group() == GROUP && call.resource.plural == PLURAL
}

/// What the server itself says in a definition: whether its names are free, and so whether its kinds are served.
pub fn before_write(call: &Call, object: &mut Value, live: Option<&Value>) -> Result<(), Fault> {
    crate::webhooks::before_write(call, object, live)?;
    crate::aggregation::before_write(call, object, live)?;
    if !is_definition(call) {
        return Ok(());
    }
    if live.is_none() {
        let finalizers = &mut object["metadata"]["finalizers"];
        if !finalizers.is_array() {
            *finalizers = json!([]);
        }
        if let Some(finalizers) = finalizers.as_array_mut()
            && !finalizers.iter().any(|it| it == CLEANUP)
        {
            finalizers.push(CLEANUP.into());
        }
    }
    judge(&call.catalog, object, &call.now.iso8601_seconds());
    Ok(())
}

/// What the write of a custom resource compares, so that none is made once its definition goes.
pub async fn guard(call: &Call) -> Result<Option<Compare>, Fault> {
    let Some(custom) = &call.resource.custom else {
        return Ok(None);
    };
    let name = custom.definition.as_str();
    let found = call.cluster.object(GROUP, PLURAL, None, name).await;
    let found = found.map_err(store_fault)?;
    let (object, definition) = found.ok_or_else(Status::no_such_page)?;
    if definition["metadata"]["deletionTimestamp"].is_string() {
        let mut status = Status::method_not_allowed(call.group(), &call.resource.plural, "create");
        status.message =
            "create not allowed while custom resource definition is terminating".to_owned();
        return Err(status.into());
    }
    let key = call.cluster.objects.keys.object(GROUP, PLURAL, None, name);
    Ok(Some(Compare::mod_revision(key, object.revision)))
}

/// Sets `acceptedNames`, `storedVersions` and the conditions: pure.
fn judge(catalog: &Catalog, definition: &mut Value, now: &str) {
    let name = text_at(definition, &["metadata", "name"]).to_owned();
    let group = text_at(definition, &["spec", "group"]).to_owned();
    let names = definition["spec"]["names"].clone();
    let others = catalog.all().filter(|it| {
        let own = it.custom.as_ref().is_some_and(|it| it.definition == name);
        it.group == group && !own
    });
    let mut conflict = None;
    for other in others {
        let taken: Vec<&str> = [other.plural.as_str(), other.singular.as_str()]
            .into_iter()
            .chain(other.short_names.iter().map(String::as_str))
            .collect();
        let wanted = [text_at(&names, &["plural"]), text_at(&names, &["singular"])];
        let short = names["shortNames"].as_array().into_iter().flatten();
        let wanted = wanted.into_iter().chain(short.filter_map(Value::as_str));
        let found = wanted
            .filter(|it| !it.is_empty())
            .find(|it| taken.contains(it));
        let kinds = [other.kind.as_str(), other.list_kind.as_str()];
        let kind = [text_at(&names, &["kind"]), text_at(&names, &["listKind"])];
        let kind = kind
            .into_iter()
            .find(|it| !it.is_empty() && kinds.contains(it));
        if let Some(name) = found.or(kind) {
            conflict = Some(format!("\"{name}\" is already in use"));
            break;
        }
    }
    let was_established = condition(definition, "Established") == Some(true);
    let accepted = conflict.is_none();
    if accepted {
        definition["status"]["acceptedNames"] = names;
    } else if !definition["status"]["acceptedNames"].is_object() {
        definition["status"]["acceptedNames"] = json!({"kind": "", "plural": ""});
    }
    let versions = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten();
    let stored = versions.filter(|it| it["storage"] == true);
    let stored: Vec<Value> = stored.map(|it| it["name"].clone()).collect();
    let known = definition["status"]["storedVersions"].as_array().cloned();
    let mut known = known.unwrap_or_default();
    for version in stored {
        if !known.contains(&version) {
            known.push(version);
        }
    }
    definition["status"]["storedVersions"] = known.into();
    match &conflict {
        None => {
            set(
                definition,
                "NamesAccepted",
                true,
                "NoConflicts",
                "no conflicts found",
                now,
            );
            set(
                definition,
                "Established",
                true,
                "InitialNamesAccepted",
                "the initial names have been accepted",
                now,
            );
        }
        Some(why) => {
            set(definition, "NamesAccepted", false, "NameConflict", why, now);
            if !was_established {
                set(
                    definition,
                    "Established",
                    false,
                    "NotAccepted",
                    "not all names are accepted",
                    now,
                );
            }
        }
    }
    if definition["metadata"]["deletionTimestamp"].is_string() {
        let text = "CustomResource deletion is in progress";
        set(
            definition,
            "Terminating",
            true,
            "InstanceDeletionInProgress",
            text,
            now,
        );
    }
}

fn condition(definition: &Value, kind: &str) -> Option<bool> {
    let conditions = definition["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|it| it["type"] == kind)?;
    Some(found["status"] == "True")
}

fn set(definition: &mut Value, kind: &str, holds: bool, reason: &str, message: &str, now: &str) {
    let status = if holds { "True" } else { "False" };
    let mut new = json!({
        "type": kind,
        "status": status,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    });
    if !definition["status"]["conditions"].is_array() {
        definition["status"]["conditions"] = json!([]);
    }
    let Some(conditions) = definition["status"]["conditions"].as_array_mut() else {
        return;
    };
    match conditions.iter_mut().find(|it| it["type"] == kind) {
        Some(own) => {
            if own["status"] == status {
                new["lastTransitionTime"] = own["lastTransitionTime"].clone();
            }
            *own = new;
        }
        None => conditions.push(new),
    }
}

/// The catalog is that of the definitions as they are now, and so are the webhooks, before their writer hears of it.
pub async fn after_write(call: &Call) -> Result<(), Fault> {
    crate::webhooks::after_write(call).await?;
    crate::aggregation::after_write(call).await?;
    match is_definition(call) {
        true => load(&call.cluster).await.map_err(store_fault),
        false => Ok(()),
    }
}

pub async fn load(inner: &Inner) -> Result<(), StoreError> {
    let _turn = inner.cataloguing.lock().await;
    let all = inner.some(GROUP, PLURAL, None).await?;
    let served = all.into_iter().map(|(_, it)| Arc::unwrap_or_clone(it));
    let served: Vec<Value> = served
        .filter(|it| condition(it, "Established") == Some(true))
        .collect();
    let mut catalog = Catalog::built_in();
    if inner.without.load().contains(&Part::MetricsServer) {
        catalog = Arc::new(catalog.without(crate::measured::GROUP));
    }
    if !served.is_empty() {
        catalog = Arc::new(catalog.with_custom(&served));
    }
    // What is written under the new catalog finds who converts it.
    inner.converters.store(Arc::new(Converters::of(&served)));
    inner.catalog.store(catalog);
    Ok(())
}

/// Removes the objects of definitions that go, until the cluster is no longer served.
pub async fn follow(inner: Weak<Inner>) {
    let Some(first) = inner.upgrade() else { return };
    let stop = first.objects.feed.stopped().clone();
    let mut told = first.objects.feed.told();
    drop(first);
    loop {
        told.borrow_and_update();
        let Some(this) = inner.upgrade() else { return };
        let swept = sweep(&this).await;
        drop(this);
        let changed = async {
            match swept {
                // Whatever changes: a definition, or an object that kept one.
                Ok(()) => told.changed().await.is_ok(),
                Err(error) => {
                    tracing::warn!(%error, "failed to remove the objects of a custom resource definition, will retry");
                    tokio::time::sleep(RETRY).await;
                    true
                }
            }
        };
        let goes_on = tokio::select! {
            goes_on = changed => goes_on,
            () = stop.cancelled() => false,
        };
        if !goes_on {
            return;
        }
    }
}

/// Definitions that go are brought as near to their end as their objects' finalizers let them.
async fn sweep(inner: &Inner) -> Result<(), WriteError> {
    if inner
        .objects
        .is_without(&inner.objects.keys.folder(GROUP, PLURAL))
        .await?
    {
        return Ok(());
    }
    for (object, definition) in inner.some(GROUP, PLURAL, None).await? {
        let finalizers = definition["metadata"]["finalizers"].as_array();
        let waits = finalizers.is_some_and(|it| it.iter().any(|it| it == CLEANUP));
        if waits
            && definition["metadata"]["deletionTimestamp"].is_string()
            && remove_instances(inner, &definition).await?
        {
            finish(inner, &object, Arc::unwrap_or_clone(definition)).await?;
        }
    }
    Ok(())
}

/// Whether none is left.
async fn remove_instances(inner: &Inner, definition: &Value) -> Result<bool, WriteError> {
    let group = text_at(definition, &["spec", "group"]);
    let plural = text_at(definition, &["spec", "names", "plural"]);
    let folder = inner.objects.keys.folder(group, plural);
    // Whatever is served now: the objects lie where they were written, and only their metadata is looked at.
    let catalog = Catalog::built_in();
    let Some(resource) = catalog.resource("", "v1", "configmaps") else {
        return Ok(true);
    };
    let mut after: Option<String> = None;
    let mut is_empty = true;
    loop {
        let page = inner
            .objects
            .page(&folder, after.as_deref(), None, AT_ONCE)
            .await?;
        for (path, object) in &page.objects {
            let key = format!("{folder}{path}");
            let Some(mut value) = object.value(resource) else {
                continue;
            };
            let has_finalizers = value["metadata"]["finalizers"]
                .as_array()
                .is_some_and(|it| !it.is_empty());
            let written = if !has_finalizers {
                inner
                    .objects
                    .remove(&key, object.revision, &Effects::default())
                    .await
                    .map(|_| ())
            } else {
                is_empty = false;
                if value["metadata"]["deletionTimestamp"].is_string() {
                    continue;
                }
                value["metadata"]["deletionTimestamp"] = inner.now().iso8601_seconds().into();
                value["metadata"]["deletionGracePeriodSeconds"] = 0.into();
                let record = record(object.version(), &value);
                let written = inner
                    .objects
                    .replace(&key, object.revision, record, &Effects::default(), None)
                    .await;
                written.map(|_| ())
            };
            match written {
                Ok(()) => {}
                Err(WriteError::Changed) => is_empty = false,
                Err(error) => return Err(error),
            }
        }
        after = page.objects.last().map(|(path, _)| path.clone());
        if !page.more || after.is_none() {
            return Ok(is_empty);
        }
    }
}

/// Lets the definition go, unless it has changed meanwhile.
async fn finish(inner: &Inner, object: &Object, mut definition: Value) -> Result<(), WriteError> {
    let name = text_at(&definition, &["metadata", "name"]).to_owned();
    if let Some(finalizers) = definition["metadata"]["finalizers"].as_array_mut() {
        finalizers.retain(|it| it != CLEANUP);
    }
    let key = inner.objects.keys.object(GROUP, PLURAL, None, &name);
    let written = if crate::writing::is_finished(&definition) {
        inner
            .objects
            .remove(&key, object.revision, &Effects::default())
            .await
            .map(|_| ())
    } else {
        let record = record(object.version(), &definition);
        let written = inner
            .objects
            .replace(&key, object.revision, record, &Effects::default(), None)
            .await;
        written.map(|_| ())
    };
    match written {
        Ok(()) => {
            load(inner).await?;
            Ok(())
        }
        Err(WriteError::Changed) => Ok(()),
        Err(error) => Err(error),
    }
}
