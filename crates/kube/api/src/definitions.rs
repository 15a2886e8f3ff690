//! Custom resource definitions: when one is accepted, which is said in it after it was written, its kinds are part of the cluster's
//! catalog; when one goes, so do its objects.

use std::{
    collections::HashSet,
    sync::{Arc, Weak},
    time::Duration,
};

use serde_json::{Value, json};
use wharf_kube_model::{
    Catalog,
    apply::{self, Writer},
    parts::Part,
    status::Status,
    view::text_at,
};
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
pub const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";
/// What a definition tells whose objects go.
const IN_PROGRESS: &str = "InstanceDeletionInProgress";
/// Who writes what the server says of definitions.
const MANAGER: &str = "kube-apiserver";
/// Objects of a definition that are removed at a time.
const AT_ONCE: usize = 200;
/// Pause after a failure of the store.
const RETRY: Duration = Duration::from_millis(500);

fn is_definition(call: &Call) -> bool {
    call.group() == GROUP && call.resource.plural == PLURAL
}

/// What the server itself says in objects by which others are reached.
pub fn before_write(call: &Call, object: &mut Value, live: Option<&Value>) -> Result<(), Fault> {
    crate::webhooks::before_write(call, object, live)?;
    crate::aggregation::before_write(call, object, live)
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

/// What is called in a definition, each with why it cannot be, in the order in which upstream looks at it.
const NAMES: [(&str, &str); 5] = [
    ("plural", "PluralConflict"),
    ("singular", "SingularConflict"),
    ("shortNames", "ShortNamesConflict"),
    ("kind", "KindConflict"),
    ("listKind", "ListKindConflict"),
];

/// Names of others in the group of a definition: of resources, and of kinds.
#[derive(Default)]
struct Taken {
    resources: HashSet<String>,
    kinds: HashSet<String>,
}

impl Taken {
    /// What this server has itself in the group, and what other definitions were allowed.
    fn of<'a>(group: &str, catalog: &Catalog, others: impl Iterator<Item = &'a Value>) -> Self {
        let mut taken = Self::default();
        for it in catalog.all().filter(|it| it.group == group) {
            taken
                .resources
                .extend([it.plural.clone(), it.singular.clone()]);
            taken.resources.extend(it.short_names.iter().cloned());
            taken.kinds.extend([it.kind.clone(), it.list_kind.clone()]);
        }
        for other in others.filter(|it| text_at(it, &["spec", "group"]) == group) {
            let names = &other["status"]["acceptedNames"];
            for (name, _) in NAMES {
                let all = texts_of(&names[name]).map(str::to_owned);
                match name {
                    "kind" | "listKind" => taken.kinds.extend(all),
                    _ => taken.resources.extend(all),
                }
            }
        }
        taken
    }

    fn has(&self, name: &str, value: &str) -> bool {
        !value.is_empty()
            && match name {
                "kind" | "listKind" => self.kinds.contains(value),
                _ => self.resources.contains(value),
            }
    }
}

/// A text, or those of a list.
fn texts_of(value: &Value) -> impl Iterator<Item = &str> {
    let all = value.as_array().into_iter().flatten();
    all.chain([value]).filter_map(Value::as_str)
}

/// Whether the server has said all of a definition that it has to say.
fn is_settled(definition: &Value) -> bool {
    let is_named = definition["spec"]["names"] == definition["status"]["acceptedNames"];
    let names = condition(definition, "NamesAccepted");
    let is_served = condition(definition, "Established") == Some(true);
    let is_told = !waits(definition)
        || definition["status"]["conditions"]
            .as_array()
            .is_some_and(|all| all.iter().any(|it| it["reason"] == IN_PROGRESS));
    is_named && names.is_some() && (is_served || names == Some(false)) && is_told
}

/// Sets `acceptedNames` and the conditions: whether its names are free, and so whether its kinds are served. Pure.
fn judge(taken: &Taken, definition: &mut Value, now: &str) {
    let wanted = definition["spec"]["names"].clone();
    let before = definition["status"]["acceptedNames"].clone();
    let mut accepted = match before.is_object() {
        true => before.clone(),
        false => json!({"plural": "", "kind": ""}),
    };
    let mut conflict = None;
    for (name, why) in NAMES {
        let own: Vec<&str> = texts_of(&before[name]).collect();
        let is_taken = |it: &&str| !own.contains(it) && taken.has(name, it);
        let all: Vec<String> = texts_of(&wanted[name])
            .filter(is_taken)
            .map(|it| format!("\"{it}\" is already in use"))
            .collect();
        match all.as_slice() {
            [] => put(&mut accepted, name, &wanted[name]),
            [one] => conflict = Some((why, one.clone())),
            all => conflict = Some((why, format!("[{}]", all.join(", ")))),
        }
    }
    put(&mut accepted, "categories", &wanted["categories"]);
    // In the order of the names that were asked for, so that they are compared as they are.
    if conflict.is_none() {
        accepted = wanted;
    }
    definition["status"]["acceptedNames"] = accepted;
    let was_established = condition(definition, "Established") == Some(true);
    match &conflict {
        None => {
            let why = ("NoConflicts", "no conflicts found");
            set(definition, "NamesAccepted", true, why, now);
            let why = (
                "InitialNamesAccepted",
                "the initial names have been accepted",
            );
            set(definition, "Established", true, why, now);
        }
        Some((reason, why)) => {
            set(definition, "NamesAccepted", false, (reason, why), now);
            if !was_established {
                let why = ("NotAccepted", "not all names are accepted");
                set(definition, "Established", false, why, now);
            }
        }
    }
    if waits(definition) {
        let why = (IN_PROGRESS, "CustomResource deletion is in progress");
        set(definition, "Terminating", true, why, now);
    }
}

fn put(names: &mut Value, name: &str, value: &Value) {
    match names.as_object_mut() {
        Some(names) if value.is_null() => drop(names.shift_remove(name)),
        Some(names) => drop(names.insert(name.to_owned(), value.clone())),
        None => {}
    }
}

/// Whether a definition that goes is kept for its objects.
fn waits(definition: &Value) -> bool {
    let finalizers = definition["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|it| it.iter().any(|it| it == CLEANUP))
        && definition["metadata"]["deletionTimestamp"].is_string()
}

fn condition(definition: &Value, kind: &str) -> Option<bool> {
    let conditions = definition["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|it| it["type"] == kind)?;
    Some(found["status"] == "True")
}

fn set(
    definition: &mut Value,
    kind: &str,
    holds: bool,
    (reason, message): (&str, &str),
    now: &str,
) {
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
    let all = settled(inner).await?;
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
    let converters = Converters::of(&served, &inner.converters.load());
    inner.converters.store(Arc::new(converters));
    inner.catalog.store(catalog);
    Ok(())
}

/// All definitions, about which the server has said what it has to say: here, so that what a client waits for is there with the answer
/// to its request, and that what a server did not come to is said by the next.
async fn settled(inner: &Inner) -> Result<Vec<(Object, Arc<Value>)>, StoreError> {
    let own = Catalog::built_in();
    let resource = own.resource(GROUP, "v1", PLURAL);
    'again: loop {
        let all = inner.some(GROUP, PLURAL, None).await?;
        for (at, (object, definition)) in all.iter().enumerate() {
            if is_settled(definition) {
                continue;
            }
            let others = all.iter().enumerate();
            let others = others.filter_map(|(index, (_, it))| (index != at).then_some(&**it));
            let taken = Taken::of(text_at(definition, &["spec", "group"]), &own, others);
            let mut judged = Value::clone(definition);
            let now = inner.now().iso8601_seconds();
            judge(&taken, &mut judged, &now);
            if judged == **definition {
                continue;
            }
            if let Some(resource) = resource {
                let writer = Writer {
                    resource,
                    subresource: Some("status"),
                    manager: MANAGER,
                    now: &now,
                };
                apply::update(writer, Some(definition), &mut judged);
            }
            let key = text_at(definition, &["metadata", "name"]);
            let key = inner.objects.keys.object(GROUP, PLURAL, None, key);
            let record = record(object.version(), &judged);
            let effects = Effects::default();
            let written = inner
                .objects
                .replace(&key, object.revision, record, &effects, None);
            match written.await {
                // A name that one lets go may be what another waits for.
                Ok(_) | Err(WriteError::Changed) => continue 'again,
                Err(WriteError::Store(error)) => return Err(error),
                Err(error) => tracing::warn!(%error, "failed to establish a definition"),
            }
        }
        return Ok(all);
    }
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
        if waits(&definition) && remove_instances(inner, &definition).await? {
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
