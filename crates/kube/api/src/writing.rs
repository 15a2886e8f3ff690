//! Update, and what all changes of an object go through.
//!
//! In [`change`] the object is read, decided about, and written on the condition that it still is what was read.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_auth::Attributes;
use wharf_kube_model::{
    apply::{self, Writer},
    field::{Errors, Path},
    status::{MODIFIED, Status},
    strategy, validate,
    view::{restore, text, text_at},
    warnings,
};

use crate::{
    admission::{self, Operation},
    answer::{Answer, Fault},
    call::{Call, store_fault},
    conversion,
    creating::{self, Written},
    serve::not_allowed,
    storage::{Object, WriteError},
    webhooks::{self, Verb},
};

/// Metadata that no write changes, as the server has it.
pub const SERVERS_OWN: [&str; 7] = [
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
];

/// The server's own change of a pod's node and of its status in one.
pub const BINDING: &str = "binding";
/// Tries of a write that others got ahead of.
pub const TRIES: usize = 32;

/// A failure that upstream gives no reason for.
pub fn plain_fault(message: &str) -> Fault {
    let mut status = Status::internal(message);
    status.reason = String::new();
    status.message = message.to_owned();
    status.details = None;
    Box::new(status)
}

/// What is to become of an object.
pub enum Next {
    /// With the fields' owners yet to be told.
    Update(Value),
    /// The fields' owners are told: an apply.
    Applied(Value),
}

/// How an object changes.
pub struct Plan<'a> {
    /// Empty for the object itself.
    pub subresource: &'a str,
    /// Whether other writers' changes in between are no reason to begin anew.
    pub retries: bool,
}

/// An object that was changed, or that has gone with its last finalizer.
pub enum Changed {
    Stored(Object),
    Tried(Value),
    Removed(Value),
}

/// Changes the object that the path names. `next` is asked again with what others made of it.
pub async fn change(
    call: &Call,
    plan: Plan<'_>,
    next: impl Fn(&Value) -> Result<Next, Fault>,
) -> Result<Changed, Fault> {
    let key = call.key();
    for attempt in 1.. {
        let (object, is_current) = call.read_for_change().await?;
        let live = call.value(&object)?;
        let next = next(&live)?;
        let wanted = match &next {
            Next::Update(wanted) | Next::Applied(wanted) => {
                text_at(wanted, &["metadata", "resourceVersion"])
            }
        };
        let current = text_at(&live, &["metadata", "resourceVersion"]);
        if !wanted.is_empty() && wanted != current {
            return Err(call.conflict(call.name(), MODIFIED));
        }
        match store_change(call, &plan, (&key, &object, is_current), live, next).await {
            Err(Stopped::Changed) if plan.retries && attempt < TRIES => {}
            Err(Stopped::Changed) => return Err(call.conflict(call.name(), MODIFIED)),
            Err(Stopped::Taken(fault) | Stopped::Fault(fault)) => return Err(fault),
            Ok(changed) => return Ok(changed),
        }
    }
    Err(call.conflict(call.name(), MODIFIED))
}

/// Why a write was not done.
pub enum Stopped {
    Changed,
    /// There is one of that name, which is not what a webhook says.
    Taken(Fault),
    Fault(Fault),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

async fn store_change(
    call: &Call,
    plan: &Plan<'_>,
    (key, object, is_current): (&str, &Object, bool),
    live: Value,
    next: Next,
) -> Result<Changed, Stopped> {
    let (mut new, is_applied) = match next {
        Next::Update(new) => (new, false),
        Next::Applied(new) => (new, true),
    };
    keep_identity(call, &live, &mut new)?;
    if !is_applied {
        if plan.subresource.is_empty() {
            strategy::as_read(&call.resource, &mut new);
        }
        own(call, plan.subresource, Some(&live), &mut new)?;
    }
    let operation = Operation::Update {
        subresource: plan.subresource,
    };
    let mut effects = match plan.subresource {
        // Webhooks are asked about bindings and scales, each in its own kind.
        BINDING => admission::admit(call, operation, &mut new, Some(&live)).await?,
        "scale" => {
            crate::subresources::admit_scale(call, &live, &mut new).await?;
            admission::admit(call, operation, &mut new, Some(&live)).await?
        }
        _ => admission::admit_asking(call, operation, &mut new, Some(&live)).await?,
    };
    if plan.subresource != BINDING {
        strategy::before_update(&call.resource, plan.subresource, &live, &mut new);
    }
    admission::allocate(call, plan.subresource, &mut new, Some(&live), &mut effects).await?;
    let mut errors = validate::update(&call.resource, &new, &live, plan.subresource);
    errors.extend(admission::certificate_errors(call, &new, Some(&live)));
    if !errors.is_empty() {
        return Err(call.invalid(call.name(), errors).into());
    }
    if ["", "scale"].contains(&plan.subresource) {
        let warned = warnings::update(&call.resource, &new, &live);
        warned.into_iter().for_each(|it| call.warn(it));
    }
    crate::definitions::before_write(call, &mut new, Some(&live))?;
    admission::judge(call, plan.subresource, &new, Some(&live)).await?;
    if ![BINDING, "scale"].contains(&plan.subresource) {
        let (part, name) = (plan.subresource, call.name());
        webhooks::validate_write(call, Verb::Update, part, name, &new, Some(&live)).await?;
    }
    admission::charge(call, plan.subresource, &new, Some(&live), &mut effects).await?;
    if call.is_dry_run()? {
        return Ok(Changed::Tried(new));
    }
    let objects = &call.cluster.objects;
    if is_finished(&new) {
        let effects = admission::released(call, &live);
        return match objects.remove(key, object.revision, &effects).await {
            Ok(revision) => {
                crate::definitions::after_write(call).await?;
                new["metadata"]["resourceVersion"] = revision.to_string().into();
                Ok(Changed::Removed(new))
            }
            Err(WriteError::Changed) => Err(Stopped::Changed),
            Err(error) => Err(call.write_fault(call.name(), error).into()),
        };
    }
    // What is stored in an older version is written in the newer one.
    if is_current && is_same(&live, &new) {
        return Ok(Changed::Stored(object.clone()));
    }
    let inner = &call.cluster;
    let lease = inner
        .expiry
        .lease(&inner.objects, &call.resource, call.now)
        .await;
    let lease = lease.map_err(store_fault)?;
    let record = conversion::stored(call, new).await?;
    match objects
        .replace(key, object.revision, record, &effects, lease)
        .await
    {
        Ok(object) => {
            crate::definitions::after_write(call).await?;
            Ok(Changed::Stored(conversion::shown_one(call, object).await?))
        }
        Err(WriteError::Changed) => Err(Stopped::Changed),
        Err(error) => Err(call.write_fault(call.name(), error).into()),
    }
}

/// Notes who owns the fields that a request writes.
pub fn own(
    call: &Call,
    subresource: &str,
    live: Option<&Value>,
    new: &mut Value,
) -> Result<(), Fault> {
    let (manager, now) = (call.manager()?, call.now.iso8601_seconds());
    let writer = Writer {
        resource: &call.resource,
        subresource: Some(subresource).filter(|it| !it.is_empty()),
        manager: &manager,
        now: &now,
    };
    apply::update(writer, live, new);
    Ok(())
}

pub fn other_name(call: &Call, name: &str) -> Fault {
    let text = format!(
        "the name of the object ({name}) does not match the name on the URL ({})",
        call.name()
    );
    Box::new(Status::bad_request(text))
}

/// A PUT or an apply of what is not there is a creation, and who sends it must be allowed that.
pub async fn may_create(call: &Call) -> Result<(), Fault> {
    let asked = Attributes {
        verb: "create".to_owned(),
        ..call.asked.attributes("", &call.query)
    };
    let decision = call
        .cluster
        .parts
        .authorizer
        .authorize(&call.user, &asked)
        .await;
    match decision.allows() {
        true => Ok(()),
        false => Err(not_allowed(&call.user, &asked, &decision).into()),
    }
}

/// What no request changes: who the object is and whether it is being deleted.
fn keep_identity(call: &Call, live: &Value, new: &mut Value) -> Result<(), Fault> {
    if !new["metadata"].is_object() {
        new["metadata"] = json!({});
    }
    let uid = text_at(new, &["metadata", "uid"]);
    let own_uid = text_at(live, &["metadata", "uid"]);
    let is_other = !uid.is_empty() && uid != own_uid;
    if is_other && call.asked.verb == "patch" {
        let mut errors = Errors::new();
        let metadata = Path::root("metadata");
        errors.immutable(&metadata.child("uid"), Some(&uid.into()));
        return Err(call.invalid(call.name(), errors.into_vec()));
    }
    if is_other {
        return Err(call.conflict(
            call.name(),
            &format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {own_uid}"
            ),
        ));
    }
    let name = text_at(new, &["metadata", "name"]);
    if !name.is_empty() && name != call.name() {
        return Err(other_name(call, name));
    }
    let namespace = text_at(new, &["metadata", "namespace"]);
    if !namespace.is_empty() && Some(namespace) != call.namespace() {
        let text =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(text).into());
    }
    if new["metadata"].is_object() {
        for kept in SERVERS_OWN.into_iter().chain(["name"]) {
            restore(&mut new["metadata"], kept, &live["metadata"]);
        }
    }
    Ok(())
}

/// Whether an object that is being deleted has nothing left to wait for.
pub fn is_finished(object: &Value) -> bool {
    let metadata = &object["metadata"];
    let has = |list: &Value| list.as_array().is_some_and(|it| !it.is_empty());
    let is_namespace = text(object, "kind") == "Namespace" && text(object, "apiVersion") == "v1";
    metadata["deletionTimestamp"].is_string()
        && metadata["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) == 0
        && !has(&metadata["finalizers"])
        && !(is_namespace && has(&object["spec"]["finalizers"]))
}

/// Whether a write would change nothing but the times at which fields got their owners.
fn is_same(live: &Value, new: &Value) -> bool {
    let (Some(live), Some(new)) = (live.as_object(), new.as_object()) else {
        return false;
    };
    let rest = |it: &&String| *it != "metadata";
    if live.keys().filter(rest).count() != new.keys().filter(rest).count() {
        return false;
    }
    let is_equal = |(key, value): (&String, &Value)| {
        key == "metadata" || live.get(key).is_some_and(|own| own == value)
    };
    new.iter().all(is_equal) && timeless(&live["metadata"]) == timeless(&new["metadata"])
}

fn timeless(metadata: &Value) -> Value {
    let mut metadata = metadata.clone();
    for entry in metadata["managedFields"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        if let Some(entry) = entry.as_object_mut() {
            entry.shift_remove("time");
        }
    }
    if metadata["managedFields"].is_null()
        && let Some(metadata) = metadata.as_object_mut()
    {
        metadata.shift_remove("managedFields");
    }
    metadata
}

pub fn answer_changed(call: &Call, code: u16, changed: &Changed) -> Result<Answer, Fault> {
    match changed {
        Changed::Stored(object) => call.answer(code, object),
        Changed::Tried(value) | Changed::Removed(value) => call.answer_value(code, value),
    }
}

pub async fn update(call: &Call, subresource: &str, body: &Bytes) -> Result<Answer, Fault> {
    let object = call.decode(body)?;
    let given = text_at(&object, &["metadata", "resourceVersion"]);
    if text_at(&object, &["metadata", "name"]).is_empty() {
        let text = "the name of the object (\"\") could not be determined: name must be provided";
        return Err(Status::bad_request(text).into());
    }
    let plan = Plan {
        subresource,
        retries: given.is_empty(),
    };
    let name = text_at(&object, &["metadata", "name"]);
    if name != call.name() {
        return Err(other_name(call, name));
    }
    let next = |_: &Value| {
        if given.is_empty() && !strategy::updates_unconditionally(&call.resource) {
            let mut errors = Errors::new();
            let metadata = Path::root("metadata");
            let path = metadata.child("resourceVersion");
            errors.invalid(&path, 0, "must be specified for an update");
            // Upstream names the resource here, not the kind.
            let plural = &call.resource.plural;
            let status = Status::invalid(call.group(), plural, call.name(), errors.into_vec());
            return Err(status.into());
        }
        Ok(Next::Update(object.clone()))
    };
    let changed = change(call, plan, next).await;
    let creates = subresource.is_empty() && strategy::creates_on_update(&call.resource);
    if let Err(fault) = &changed
        && creates
        && call.is_missing(call.name(), fault).await?
    {
        may_create(call).await?;
        let mut object = object;
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.shift_remove("resourceVersion");
        }
        return match creating::create_object(call, object, false).await? {
            Written::Stored(object) => call.answer(201, &object),
            Written::Tried(value) => call.answer_value(201, &value),
        };
    }
    answer_changed(call, 200, &changed?)
}
