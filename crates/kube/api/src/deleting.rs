//! Delete and deletecollection: preconditions, finalizers, propagation, and the grace that pods have.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_model::{
    codec,
    status::{MODIFIED, Status},
    strategy,
    view::text_at,
    warnings,
};

use crate::{
    admission::{self, Operation},
    answer::{Answer, Fault, options_fault},
    call::{Call, store_fault},
    conversion,
    definitions::CLEANUP,
    negotiate,
    reading::{self, Selection, Stopped},
    storage::{Object, WriteError},
    webhooks::{self, About, Verb},
    writing,
};

const OPTIONS: &str = "DeleteOptions";
const POLICY: &str = "propagationPolicy";
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";
/// Tries of a deletion that others got ahead of.
const TRIES: usize = 32;

/// How to delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub grace_seconds: Option<i64>,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
    pub propagation: Option<Propagation>,
    pub is_dry: bool,
    /// In the old form of propagation.
    orphan_dependents: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    Orphan,
    Background,
    Foreground,
}

impl Options {
    /// From the body if there is one, else from the query.
    pub fn of(call: &Call, body: &Bytes) -> Result<Self, Fault> {
        let mut options = match body.is_empty() {
            true => Self::of_query(call)?,
            false => Self::of_body(call, body)?,
        };
        options.is_dry |= call.is_dry_run()?;
        if let (Some(given), Some(_)) = (options.propagation, options.orphan_dependents) {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            return Err(options_fault(OPTIONS, POLICY, |errors, path| {
                errors.invalid(path, format!("{given:?}"), why);
            }));
        }
        if let Some(orphans) = options.orphan_dependents {
            options.propagation = Some(match orphans {
                true => Propagation::Orphan,
                false => Propagation::Background,
            });
        }
        Ok(options)
    }

    fn of_query(call: &Call) -> Result<Self, Fault> {
        let query = &call.query;
        let propagation = query
            .get("propagationPolicy")
            .map(propagation)
            .transpose()?;
        Ok(Self {
            grace_seconds: query.number("gracePeriodSeconds").map_err(Status::from)?,
            propagation,
            orphan_dependents: query.says("orphanDependents"),
            ..Self::default()
        })
    }

    fn of_body(call: &Call, body: &Bytes) -> Result<Self, Fault> {
        let kind = call.headers.get(http::header::CONTENT_TYPE);
        let media = negotiate::body_media(kind.and_then(|it| it.to_str().ok()));
        let media = media.ok_or_else(|| Status::unsupported_media_type(&negotiate::ALL))?;
        let decoded = codec::decode(&call.catalog, media, body, Some(("v1", "DeleteOptions")));
        let options = decoded
            .map_err(|error| Status::bad_request(error.message))?
            .value;
        let kind = options.get("kind").and_then(Value::as_str);
        if kind.is_some_and(|it| !it.is_empty() && it != "DeleteOptions") {
            return Err(Status::bad_request("the body is no DeleteOptions").into());
        }
        let dry = options.get("dryRun").and_then(Value::as_array);
        let dry = dry.map_or(&[][..], Vec::as_slice);
        if dry.iter().any(|it| it.as_str() != Some("All")) {
            let given = Value::from(dry.to_vec());
            return Err(options_fault(OPTIONS, "dryRun", |errors, path| {
                errors.not_supported(path, given, &["All"]);
            }));
        }
        Ok(Self {
            orphan_dependents: options.get("orphanDependents").and_then(Value::as_bool),
            ..options_of_value(&options)?
        })
    }
}

fn propagation(text: &str) -> Result<Propagation, Fault> {
    match text {
        "Orphan" => Ok(Propagation::Orphan),
        "Background" => Ok(Propagation::Background),
        "Foreground" => Ok(Propagation::Foreground),
        other => Err(options_fault(OPTIONS, POLICY, |errors, path| {
            errors.not_supported(path, other, &["Foreground", "Background", "Orphan", "nil"]);
        })),
    }
}

/// What a deletion comes to.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// The object as it is shown last.
    Remove(Value),
    /// The object waits, so written, for its grace or its finalizers.
    Mark(Value),
    /// It waits already.
    Waits,
}

/// Tells whoever says nothing of what becomes of a job's pods that they stay.
fn warn_of_pods(call: &Call, options: &Options) {
    if options.propagation.is_none() && call.group() == "batch" && call.resource.plural == "jobs" {
        call.warn(warnings::PODS_OF_JOBS_STAY.to_owned());
    }
}

/// What deleting an object means: pure.
fn decide(call: &Call, live: &Value, options: &Options) -> Verdict {
    let is_deleting = live["metadata"]["deletionTimestamp"].is_string();
    let mut new = live.clone();
    let finalizers = finalizers(live, options.propagation, default_propagation(call));
    let grace = strategy::grace_seconds(&call.resource, live, options.grace_seconds);
    let has_grace = grace.is_some();
    let grace = grace.unwrap_or(0).max(0);
    set_finalizers(&mut new, &finalizers);
    if is_deleting {
        let current = live["metadata"]["deletionGracePeriodSeconds"].as_i64();
        let current = current.unwrap_or(0);
        if grace < current {
            mark(&mut new, shortened(live, grace, current, call.now), grace);
        }
    } else {
        let at = call.now + std::time::Duration::from_secs(grace.unsigned_abs());
        mark(&mut new, at, grace);
        if (is_namespace(call) || is_definition(call))
            && let Some(metadata) = new["metadata"].as_object_mut()
        {
            metadata.shift_remove("deletionGracePeriodSeconds");
        }
        if is_definition(call) {
            let mut finalizers = finalizers.clone();
            if !finalizers.iter().any(|it| it == CLEANUP) {
                finalizers.push(CLEANUP.to_owned());
            }
            set_finalizers(&mut new, &finalizers);
            ends(&mut new, call.now);
        } else if live["metadata"]["generation"]
            .as_i64()
            .is_some_and(|it| it > 0)
        {
            let generation = live["metadata"]["generation"].as_i64().unwrap_or(0);
            new["metadata"]["generation"] = (generation + 1).into();
        }
        if is_namespace(call) {
            new["status"]["phase"] = "Terminating".into();
        }
    }
    if writing::is_finished(&new) {
        // Only of what has a grace it is told that there is none.
        return Verdict::Remove(match has_grace {
            true => new,
            false => live.clone(),
        });
    }
    if new == *live {
        Verdict::Waits
    } else {
        Verdict::Mark(new)
    }
}

/// When the deletion with less grace is due: counted from when the first one was asked for.
fn shortened(live: &Value, grace: i64, current: i64, now: Timestamp) -> Timestamp {
    let due = text_at(live, &["metadata", "deletionTimestamp"]);
    let due = Timestamp::parse_iso8601(due).unwrap_or(now);
    let second = |seconds: i64| std::time::Duration::from_secs(seconds.unsigned_abs());
    due - second(current) + second(grace)
}

fn mark(object: &mut Value, at: Timestamp, grace: i64) {
    object["metadata"]["deletionTimestamp"] = at.iso8601_seconds().into();
    object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
}

fn is_namespace(call: &Call) -> bool {
    call.resource.group.is_empty() && call.resource.plural == "namespaces"
}

fn is_definition(call: &Call) -> bool {
    call.group() == "apiextensions.k8s.io" && call.resource.plural == "customresourcedefinitions"
}

/// What a definition tells while its objects go.
fn ends(definition: &mut Value, now: Timestamp) {
    let told = json!({
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": now.iso8601_seconds(),
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    });
    let all = &mut definition["status"]["conditions"];
    if !all.is_array() {
        *all = json!([]);
    }
    if let Some(all) = all.as_array_mut() {
        all.retain(|it| it["type"] != "Terminating");
        all.push(told);
    }
}

/// What becomes of dependents when nobody says.
fn default_propagation(call: &Call) -> Propagation {
    match (call.group(), call.resource.plural.as_str()) {
        // For clients as old as these kinds.
        ("batch", "jobs") | ("", "replicationcontrollers") => Propagation::Orphan,
        _ => Propagation::Background,
    }
}

/// The finalizers with those of the garbage collector added or left out, as the propagation says.
fn finalizers(live: &Value, asked: Option<Propagation>, default: Propagation) -> Vec<String> {
    let own = live["metadata"]["finalizers"].as_array();
    let own = own.into_iter().flatten().filter_map(Value::as_str);
    let own: Vec<String> = own.map(str::to_owned).collect();
    let has = |name: &str| own.iter().any(|it| it == name);
    let propagation = match asked {
        Some(asked) => asked,
        // What an earlier deletion said stands.
        None if has(ORPHAN) => Propagation::Orphan,
        None if has(FOREGROUND) => Propagation::Foreground,
        None => default,
    };
    let wanted = match propagation {
        Propagation::Orphan => Some(ORPHAN),
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Background => None,
    };
    let others = own.iter().filter(|it| *it != ORPHAN && *it != FOREGROUND);
    let mut all: Vec<String> = others.cloned().collect();
    all.extend(wanted.map(str::to_owned));
    all
}

fn set_finalizers(object: &mut Value, finalizers: &[String]) {
    let Some(metadata) = object["metadata"].as_object_mut() else {
        return;
    };
    if finalizers.is_empty() {
        metadata.shift_remove("finalizers");
    } else {
        metadata.insert("finalizers".into(), json!(finalizers));
    }
}

pub fn check_preconditions(
    call: &Call,
    name: &str,
    live: &Value,
    options: &Options,
) -> Result<(), Fault> {
    // Upstream names the kind here, not the resource.
    let conflict = |why: &str| {
        Fault::from(Status::conflict(
            call.group(),
            &call.resource.kind,
            name,
            why,
        ))
    };
    let uid = text_at(live, &["metadata", "uid"]);
    if let Some(wanted) = options.uid.as_deref().filter(|it| *it != uid) {
        return Err(conflict(&format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )));
    }
    let version = text_at(live, &["metadata", "resourceVersion"]);
    if let Some(wanted) = options
        .resource_version
        .as_deref()
        .filter(|it| *it != version)
    {
        return Err(conflict(&format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        )));
    }
    Ok(())
}

/// An object that is gone, or that waits for its end.
pub enum Deleted {
    Gone(Value),
    Waits(Value),
}

/// Deletes the object of a name.
pub async fn delete_object(call: &Call, name: &str, options: &Options) -> Result<Deleted, Fault> {
    delete_by(call, name, options, true).await
}

/// The same without asking webhooks.
pub async fn delete_unasked(call: &Call, name: &str, options: &Options) -> Result<Deleted, Fault> {
    delete_by(call, name, options, false).await
}

impl Options {
    fn about<'a>(&self, name: &'a str) -> About<'a> {
        let mut options = json!({"kind": OPTIONS, "apiVersion": "meta.k8s.io/v1"});
        if let Some(seconds) = self.grace_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        if let Some(propagation) = self.propagation {
            options[POLICY] = format!("{propagation:?}").into();
        }
        if self.is_dry {
            options["dryRun"] = json!(["All"]);
        }
        About {
            verb: Verb::Delete,
            subresource: "",
            name,
            kind: None,
            is_dry: self.is_dry,
            options,
        }
    }
}

async fn delete_by(
    call: &Call,
    name: &str,
    options: &Options,
    asks: bool,
) -> Result<Deleted, Fault> {
    let key = call.key_of(name);
    let objects = &call.cluster.objects;
    for _ in 0..TRIES {
        let found: Option<Object> = objects.get(&key).await.map_err(store_fault)?;
        let not_found = || Status::not_found(call.group(), &call.resource.plural, name);
        let object = found.ok_or_else(not_found)?;
        let object = conversion::shown_one(call, object).await?;
        let live = call.value(&object)?;
        check_preconditions(call, name, &live, options)?;
        let mut shown = live.clone();
        let effects = admission::admit(call, Operation::Delete, &mut shown, Some(&live)).await?;
        if asks && webhooks::are_there(call) {
            webhooks::admit(call, &options.about(name), None, Some(&live)).await?;
        }
        let written = match decide(call, &live, options) {
            Verdict::Waits => return Ok(Deleted::Waits(live)),
            Verdict::Remove(last) if options.is_dry => return Ok(Deleted::Gone(last)),
            Verdict::Mark(new) if options.is_dry => return Ok(Deleted::Waits(new)),
            Verdict::Remove(mut last) => {
                let removed = objects
                    .remove(&key, object.revision, &admission::released(call, &live))
                    .await;
                removed.map(|revision| {
                    last["metadata"]["resourceVersion"] = revision.to_string().into();
                    Deleted::Gone(last)
                })
            }
            Verdict::Mark(new) => {
                let record = conversion::stored(call, new).await?;
                let written = objects
                    .replace(&key, object.revision, record, &effects, None)
                    .await;
                match written {
                    Ok(object) => {
                        let object = conversion::shown_one(call, object).await?;
                        Ok(Deleted::Waits(call.value(&object)?))
                    }
                    Err(error) => Err(error),
                }
            }
        };
        match written {
            Ok(deleted) => {
                crate::definitions::after_write(call).await?;
                return Ok(deleted);
            }
            Err(WriteError::Changed) => {}
            Err(error) => return Err(call.write_fault(name, error)),
        }
    }
    Err(call.conflict(name, MODIFIED))
}

pub async fn delete(call: &Call, body: &Bytes) -> Result<Answer, Fault> {
    let options = Options::of(call, body)?;
    warn_of_pods(call, &options);
    let deleted = delete_object(call, call.name(), &options).await?;
    match deleted {
        Deleted::Waits(object) => {
            let code = match options.orphan_dependents {
                Some(false) => 202,
                _ => 200,
            };
            call.answer_value(code, &object)
        }
        Deleted::Gone(object) => {
            let plural = call.resource.plural.as_str();
            if strategy::is_shown_when_deleted(&call.resource) {
                return call.answer_value(200, &object);
            }
            let uid = text_at(&object, &["metadata", "uid"]);
            let status = Status::deleted(call.group(), plural, call.name(), uid);
            Ok(call.answer_other(200, &status.to_value()))
        }
    }
}

/// Deletes what a list of the same selection would show, and answers with it.
pub async fn delete_collection(call: &Call, body: &Bytes) -> Result<Answer, Fault> {
    let options = Options::of(call, body)?;
    warn_of_pods(call, &options);
    Selection::of(call)?;
    let part = match reading::read(call).await {
        Ok(part) => part,
        Err(Stopped::Fault(fault)) => return Err(fault),
        Err(Stopped::Expired { .. }) => {
            let text =
                "The provided continue parameter is too old to display a consistent list result.";
            return Err(Status::expired(text).into());
        }
    };
    let mut all = Vec::new();
    for object in &part.objects {
        let value = call.value(object)?;
        let name = text_at(&value, &["metadata", "name"]).to_owned();
        match delete_object(call, &name, &options).await {
            Ok(_) => all.push(value),
            // Another one deleted it meanwhile.
            Err(fault) if call.is_missing(&name, &fault).await? => {}
            Err(fault) => return Err(fault),
        }
    }
    let metadata = reading::list_metadata(call, part.revision).into();
    call.encoded(200, call.presenter().list_of_values(&metadata, all))
}

/// What a body is that only says how to delete: an eviction's.
pub fn options_of_value(value: &Value) -> Result<Options, Fault> {
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    };
    let policy = value.get("propagationPolicy").and_then(Value::as_str);
    Ok(Options {
        grace_seconds: value.get("gracePeriodSeconds").and_then(Value::as_i64),
        uid: text(&value["preconditions"]["uid"]),
        resource_version: text(&value["preconditions"]["resourceVersion"]),
        propagation: policy.map(propagation).transpose()?,
        orphan_dependents: None,
        is_dry: value["dryRun"].as_array().is_some_and(|it| !it.is_empty()),
    })
}
