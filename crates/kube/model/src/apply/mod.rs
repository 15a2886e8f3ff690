//! Server-side apply and managedFields: who owns which field.
//!
//! An entry of another version than the writer's (autoscaling/v1 beside v2) keeps its fields as they are: it is not compared.

mod managed;
mod merge;
mod set;
mod typed;

#[cfg(test)]
mod tests;

use crate::Resource;
use crate::conform;
use managed::{Managed, Manager};
use serde_json::{Map, Value};
use set::Set;
use std::{collections::BTreeMap, sync::LazyLock};
use typed::{Comparison, Type};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const BEFORE: &str = "before-first-apply";
/// All annotations together, as upstream bounds them.
const MAX_ANNOTATIONS: usize = 256 << 10;

/// Who writes what, when.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    pub resource: &'a Resource,
    /// `status`, `scale`, …; none for the object itself.
    pub subresource: Option<&'a str>,
    pub manager: &'a str,
    /// RFC 3339, in seconds.
    pub now: &'a str,
}

/// A field somebody else owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// `.spec.replicas`
    pub field: String,
    /// `conflict with "kubectl" using apps/v1`
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyError {
    /// 409, each conflict a cause `FieldManagerConflict`; the message as upstream words it.
    Conflicts {
        message: String,
        conflicts: Vec<Conflict>,
    },
    /// What was sent cannot be applied: BadRequest (400).
    Invalid(String),
}

/// The object after `config` was applied by the writer to `live`, with managedFields. For an object that is not there yet, `live`
/// holds apiVersion, kind, metadata.name and namespace alone. The result equals `live` when nothing changed; defaults are the
/// caller's to set after it.
pub fn apply(
    writer: Writer<'_>,
    live: &Value,
    config: &Value,
    force: bool,
) -> Result<Value, ApplyError> {
    let version = writer.resource.api_version();
    let given = config
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if given != version {
        return Err(ApplyError::Invalid(format!(
            "Incorrect version specified in apply patch. Specified patch version: {given}, expected: {version}"
        )));
    }
    if managed::fields(config).is_some() {
        return Err(ApplyError::Invalid(
            "metadata.managedFields must be nil".into(),
        ));
    }
    let types = Type::root(writer.resource.schema.root());
    let wrong = typed::check(types, config);
    if !wrong.is_empty() {
        return Err(ApplyError::Invalid(untyped(config, &wrong)));
    }
    let mut before = Managed::of(live)
        .ok_or_else(|| ApplyError::Invalid("failed to decode managed fields".into()))?;
    let mut plain = live.clone();
    managed::strip(&mut plain);
    if before.0.is_empty() && live["metadata"]["uid"].is_string() {
        let earlier = Writer {
            manager: BEFORE,
            ..writer
        };
        record(earlier, types, &empty(writer.resource), &plain, &mut before);
    }
    let applied = Applied {
        writer,
        types,
        live: &plain,
        config,
        before: &before,
    };
    let (mut object, mut managed) = match applied.run(force) {
        Err(conflicts) if writer.manager == "kubectl" => {
            // What a client-side apply wrote is kubectl's own, whatever name it wrote by.
            let conflicts = without_last_applied(types, &plain, conflicts);
            if !conflicts.is_empty() {
                return Err(told(&conflicts));
            }
            applied.run(true).map_err(|conflicts| told(&conflicts))?
        }
        other => other.map_err(|conflicts| told(&conflicts))?,
    };
    let mut changed = object != plain;
    if writer.manager == "kubectl" && has_last_applied(&object) {
        set_last_applied(&mut object, config);
        changed = object != plain;
    }
    if !changed && managed.same(&Managed::of(live).unwrap_or_default()) {
        return Ok(live.clone());
    }
    if let Some(entry) = managed
        .0
        .iter_mut()
        .find(|entry| entry.manager == Manager::of(writer, false))
    {
        entry.time = Some(writer.now.to_owned());
    }
    conform::object(writer.resource, &mut object)
        .map_err(|error| ApplyError::Invalid(error.message))?;
    managed.write(&mut object);
    Ok(object)
}

/// Records in `new` what a create (`live` is none), update or patch changed. Never fails: managedFields that cannot be read
/// are begun anew, as upstream does. Both objects are conformed and have their defaults.
pub fn update(writer: Writer<'_>, live: Option<&Value>, new: &mut Value) {
    let stored = |live: Option<&Value>| live.and_then(Managed::of).unwrap_or_default();
    let mut managed = if writer.subresource.is_some() {
        stored(live)
    } else if Managed::resets(new) {
        Managed::default()
    } else {
        // A client that does not know of managedFields must not delete them by leaving them out.
        Managed::of(new)
            .filter(|managed| !managed.0.is_empty())
            .unwrap_or_else(|| stored(live))
    };
    managed::strip(new);
    if managed.0.is_empty() && live.is_some() {
        return;
    }
    let types = Type::root(writer.resource.schema.root());
    let nothing;
    let mut plain;
    let live = match live {
        Some(live) => {
            plain = live.clone();
            managed::strip(&mut plain);
            &plain
        }
        None => {
            nothing = empty(writer.resource);
            &nothing
        }
    };
    record(writer, types, live, new, &mut managed);
    managed.cap();
    managed.write(new);
}

/// An object nothing was said of, as a create compares with: what is always written is nobody's.
fn empty(resource: &Resource) -> Value {
    let mut object = Value::Object(Map::new());
    if resource.custom.is_none() {
        let _ = conform::object(resource, &mut object);
    }
    object
}

/// What an endpoint takes from nobody: status of the object itself, spec of its status.
fn taken(writer: Writer<'_>, set: Set) -> Set {
    match writer.subresource {
        None if writer.resource.subresource("status").is_some() => set.without("f:status"),
        Some("status") => set.without("f:spec"),
        _ => set,
    }
}

/// Fields that are the server's.
static UNOWNED: LazyLock<Set> = LazyLock::new(|| {
    Set::of(&[
        &["f:apiVersion"],
        &["f:kind"],
        &["f:metadata"],
        &["f:metadata", "f:managedFields"],
        &["f:metadata", "f:resourceVersion"],
        &["f:metadata", "f:name"],
        &["f:metadata", "f:namespace"],
        &["f:metadata", "f:creationTimestamp"],
        &["f:metadata", "f:selfLink"],
        &["f:metadata", "f:uid"],
        &["f:metadata", "f:clusterName"],
        &["f:metadata", "f:generation"],
    ])
});

/// Moves ownership of what changed between two objects to the writer.
fn record(writer: Writer<'_>, types: Type<'_>, old: &Value, new: &Value, managed: &mut Managed) {
    let found = typed::compare(types, old, new);
    let written = taken(writer, found.modified.union(found.added));
    let version = writer.resource.api_version();
    for entry in managed
        .0
        .iter_mut()
        .filter(|entry| entry.version == version)
    {
        let set = std::mem::take(&mut entry.set);
        entry.set = set.difference(&written).difference(&found.removed);
    }
    let own = written.difference(&UNOWNED);
    if !own.is_empty() {
        let entry = managed.entry(Manager::of(writer, true), &version);
        entry.set = std::mem::take(&mut entry.set).union(own);
        entry.time = Some(writer.now.to_owned());
    }
    managed.drop_empty();
}

/// Fields in conflict, by manager.
type Conflicts = BTreeMap<Manager, Set>;

struct Applied<'a> {
    writer: Writer<'a>,
    types: Type<'a>,
    live: &'a Value,
    config: &'a Value,
    before: &'a Managed,
}

impl Applied<'_> {
    fn run(&self, force: bool) -> Result<(Value, Managed), Conflicts> {
        let version = self.writer.resource.api_version();
        let manager = Manager::of(self.writer, false);
        let mut managed = self.before.clone();
        let last = managed
            .get(&manager)
            .map(|entry| entry.set.clone())
            .unwrap_or_default();
        let merged = merge::merge(self.types, self.live, self.config);
        let mut set = taken(self.writer, typed::field_set(self.types, self.config));
        let entry = managed.entry(manager.clone(), &version);
        (entry.set, entry.version) = (set.clone(), version.clone());
        let object = self.prune(merged, &managed, &last);

        let Comparison {
            added,
            modified,
            removed,
        } = typed::compare(self.types, self.live, &object);
        let written = taken(self.writer, modified.union(added));
        let others = || {
            self.before
                .0
                .iter()
                .filter(|entry| entry.manager != manager && entry.version == version)
        };
        let conflicts: Conflicts = others()
            .map(|entry| (entry.manager.clone(), entry.set.intersection(&written)))
            .filter(|(_, set)| !set.is_empty())
            .collect();
        if !force && !conflicts.is_empty() {
            return Err(conflicts);
        }
        for entry in managed
            .0
            .iter_mut()
            .filter(|entry| entry.manager != manager && entry.version == version)
        {
            let set = std::mem::take(&mut entry.set);
            entry.set = set.difference(&written).difference(&removed);
        }
        set = set.difference(&UNOWNED);
        managed.entry(manager, &version).set = set;
        managed.drop_empty();
        Ok((object, managed))
    }

    /// Takes out what the manager applied before, does not apply now, and nobody else owns.
    fn prune(&self, merged: Value, managed: &Managed, last: &Set) -> Value {
        if last.is_empty() {
            return merged;
        }
        let types = self.types;
        let left = |value: Option<Value>| value.unwrap_or_else(|| Value::Object(Map::new()));
        let named = |set: &Set| set.with_named(types);
        let pruned = left(merge::remove(types, &merged, &named(last)));
        let owned = managed.0.iter().fold(Set::default(), |owned, entry| {
            owned.union(entry.set.clone())
        });
        let all = named(&typed::field_set(types, &merged));
        let kept = named(&typed::field_set(types, &pruned)).union(named(&owned));
        let pruned = left(merge::remove(
            types,
            &merged,
            &all.clone().difference(&kept),
        ));
        // Items nobody owns that were not this manager's either stay.
        let gone = all
            .difference(&named(&typed::field_set(types, &pruned)))
            .intersection(&named(last));
        left(merge::remove(types, &merged, &gone))
    }
}

fn untyped(config: &Value, wrong: &[String]) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&config["apiVersion"]);
    let errors = if let [one] = wrong {
        one.clone()
    } else {
        format!("errors:\n  {}", wrong.join("\n  "))
    };
    format!(
        "failed to create typed patch object ({}/{}; {version}, Kind={}): {errors}",
        text(&config["metadata"]["namespace"]),
        text(&config["metadata"]["name"]),
        text(&config["kind"])
    )
}

fn told(conflicts: &Conflicts) -> ApplyError {
    let mut told = Vec::new();
    let mut lines = Vec::new();
    for (manager, set) in conflicts {
        let manager = manager.text();
        lines.push(format!("conflicts with {manager}:"));
        for field in set.paths() {
            lines.push(format!("- {field}"));
            told.push(Conflict {
                field,
                message: format!("conflict with {manager}"),
            });
        }
    }
    let message = match told.as_slice() {
        [one] => format!(
            "Apply failed with 1 conflict: {}: {}",
            one.message, one.field
        ),
        _ => format!(
            "Apply failed with {} conflicts: {}",
            told.len(),
            lines.join("\n")
        ),
    };
    ApplyError::Conflicts {
        message,
        conflicts: told,
    }
}

fn last_applied(object: &Value) -> Option<&str> {
    object
        .get("metadata")?
        .get("annotations")?
        .get(LAST_APPLIED)?
        .as_str()
        .filter(|text| !text.is_empty())
}

fn has_last_applied(object: &Value) -> bool {
    last_applied(object).is_some()
}

/// Conflicts about fields that are still as the last client-side apply left them are none.
fn without_last_applied(types: Type<'_>, live: &Value, conflicts: Conflicts) -> Conflicts {
    let last = last_applied(live).and_then(|text| crate::codec::json::decode(text.as_bytes()).ok());
    let Some((last, _)) = last.filter(|(last, _)| last.get("apiVersion") == live.get("apiVersion"))
    else {
        return conflicts;
    };
    let found = typed::compare(types, &last, live);
    let theirs = typed::field_set(types, &last);
    let theirs = theirs
        .difference(&found.modified)
        .difference(&found.added)
        .difference(&found.removed);
    let left = conflicts
        .into_iter()
        .map(|(manager, set)| (manager, set.difference(&theirs)));
    left.filter(|(_, set)| !set.is_empty()).collect()
}

/// A client-side apply after this one compares with what was applied now.
fn set_last_applied(object: &mut Value, config: &Value) {
    let mut config = config.clone();
    if let Some(Value::Object(annotations)) = config
        .get_mut("metadata")
        .and_then(|data| data.get_mut("annotations"))
    {
        annotations.shift_remove(LAST_APPLIED);
    }
    let Some(Value::Object(annotations)) = object
        .get_mut("metadata")
        .and_then(|data| data.get_mut("annotations"))
    else {
        return;
    };
    annotations.insert(LAST_APPLIED.into(), format!("{config}\n").into());
    let size: usize = annotations
        .iter()
        .map(|(name, value)| name.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > MAX_ANNOTATIONS {
        annotations.shift_remove(LAST_APPLIED);
    }
}
