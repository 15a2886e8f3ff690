//! Admission webhooks: programs of the cluster's users that change and judge what is written.
//!
//! Their configurations are kept as an index, made again with each change of one, so requests of clusters without any pay nothing. The
//! mutating ones are asked one after the other, in the order of their configurations' names; the validating ones side by side, about what
//! will be written. They are never asked about the kinds of their own group, by which a bad one is taken away, nor about what the server
//! itself makes as it starts.

mod ask;
mod hook;
mod index;
mod review;

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use wharf_base::ids;
use wharf_kube_model::{
    Resource, convert,
    field::quoted,
    patch::{self, PatchError},
    status::Status,
    view::restore,
};

use crate::{
    answer::Fault,
    body::Expected,
    bootstrap,
    call::{Call, store_fault},
    writing::SERVERS_OWN,
};
pub use hook::Verb;
use hook::{Hook, Subject};
pub use index::{Webhooks, after_write, follow, load};
use review::{Named, Question, Verdict};

const GROUP: &str = "admissionregistration.k8s.io";
/// Bytes of an object that webhooks patched: one after the other may add to it, and each is told all of it. A request has no more.
const MOST_OBJECT: usize = 3 << 20;
/// Notes of all webhooks for the audit log, and bytes of one.
const MOST_NOTES: usize = 64;
const MOST_NOTE: usize = 1 << 10;

/// Notes on a request for the audit log.
pub type Notes = BTreeMap<String, String>;

/// A request as webhooks are told of it.
pub struct About<'a> {
    pub verb: Verb,
    pub subresource: &'a str,
    pub name: &'a str,
    /// The kind of the object, where it is not the resource's own.
    pub kind: Option<Expected<'a>>,
    pub is_dry: bool,
    pub options: Value,
}

impl<'a> About<'a> {
    /// A write with the options of its query.
    pub fn of(call: &Call, verb: Verb, subresource: &'a str, name: &'a str) -> Result<Self, Fault> {
        let is_dry = call.is_dry_run()?;
        let kind = match verb {
            Verb::Create => "CreateOptions",
            _ => "UpdateOptions",
        };
        let mut options = json!({"kind": kind, "apiVersion": "meta.k8s.io/v1"});
        if is_dry {
            options["dryRun"] = json!(["All"]);
        }
        for name in ["fieldManager", "fieldValidation"] {
            if let Some(value) = call.query.get(name) {
                options[name] = value.into();
            }
        }
        Ok(Self {
            verb,
            subresource,
            name,
            kind: None,
            is_dry,
            options,
        })
    }
}

fn is_exempt(call: &Call) -> bool {
    call.group() == GROUP || call.user.name == bootstrap::USER
}

/// The shapes of the call's kind, its own in front.
fn shapes(call: &Call) -> Vec<Arc<Resource>> {
    let own = &call.resource;
    let others = call.catalog.all().filter(|it| {
        let (a, b) = (&it.storage, &own.storage);
        (&a.group, &a.plural) == (&b.group, &b.plural)
            && (&it.group, &it.version) != (&own.group, &own.version)
    });
    std::iter::once(own).chain(others).cloned().collect()
}

/// The shape in which a webhook is to see the request, if it is about it.
async fn chosen<'a>(
    call: &Call,
    about: &About<'_>,
    hook: &Hook,
    shapes: &'a [Arc<Resource>],
    states: [Option<&Value>; 2],
) -> Result<Option<&'a Resource>, Fault> {
    let resource = &call.resource;
    let subject = Subject {
        verb: about.verb,
        group: &resource.group,
        version: &resource.version,
        plural: &resource.plural,
        subresource: about.subresource,
        is_in_namespace: call.namespace().is_some(),
    };
    let Some(shape) = hook.shape(&subject, shapes.iter().map(AsRef::as_ref)) else {
        return Ok(None);
    };
    if !hook.chooses(states) {
        return Ok(None);
    }
    if hook.namespaces.is_everything() {
        return Ok(Some(shape));
    }
    let is_namespace = resource.group.is_empty() && resource.plural == "namespaces";
    let namespace = match call.namespace() {
        Some(namespace) => namespace,
        None if is_namespace => about.name,
        None => return Ok(Some(shape)),
    };
    let labels = |it: &Value| it["metadata"]["labels"].as_object().cloned();
    // By a subresource its labels do not change, whatever a body says of them.
    let is_whole = is_namespace && about.subresource.is_empty();
    let found: Option<Map<String, Value>> = match states[0].filter(|_| is_whole) {
        Some(object) => labels(object),
        None => {
            let found = call.cluster.core_object("namespaces", None, namespace);
            let found = found.await.map_err(store_fault)?;
            let found = found.ok_or_else(|| Status::not_found("", "namespaces", namespace))?;
            labels(&found)
        }
    };
    Ok(hook.chooses_namespace(found.as_ref()).then_some(shape))
}

/// An object of one shape of its kind in another one.
fn shaped(from: &Resource, to: &Resource, object: &Value) -> Value {
    if (&from.group, &from.version) == (&to.group, &to.version) {
        return object.clone();
    }
    let mut object = convert::from_stored(to, convert::to_stored(from, object.clone()));
    object["apiVersion"] = to.api_version().into();
    object
}

/// What a webhook says of a request; nothing where it could not be asked and that does not matter.
async fn asked(
    call: &Call,
    about: &About<'_>,
    hook: &Hook,
    shape: &Resource,
    states: [Option<&Value>; 2],
    may_patch: bool,
) -> Result<Option<Verdict>, Fault> {
    let uid = ids::uuid();
    let own = &call.resource;
    let body = || {
        let seen = states.map(|it| match about.kind {
            Some(_) => it.cloned(),
            None => it.map(|it| shaped(own, shape, it)),
        });
        let kind = |it: &'_ Resource| match about.kind {
            Some(kind) => (
                kind.group.to_owned(),
                kind.version.to_owned(),
                kind.kind.to_owned(),
            ),
            None => (it.group.clone(), it.version.clone(), it.kind.clone()),
        };
        let (kind, request_kind) = (kind(shape), kind(own));
        Question {
            uid: &uid,
            kind: Named(&kind.0, &kind.1, &kind.2),
            resource: Named(&shape.group, &shape.version, &shape.plural),
            request_kind: Named(&request_kind.0, &request_kind.1, &request_kind.2),
            request_resource: Named(&own.group, &own.version, &own.plural),
            subresource: about.subresource,
            name: about.name,
            namespace: match call.namespace() {
                Some(namespace) => namespace,
                None if own.group.is_empty() && own.plural == "namespaces" => about.name,
                None => "",
            },
            verb: about.verb,
            user: &call.user,
            object: seen[0].as_ref(),
            old: seen[1].as_ref(),
            is_dry: about.is_dry,
            options: &about.options,
        }
        .body()
    };
    let answer = ask::ask(&call.cluster, hook, body).await;
    let answer = answer.map_err(|why| format!("failed to call webhook: {why}"));
    let verdict = answer.and_then(|body| {
        let verdict = review::judge(&hook.name, &uid, may_patch, &body);
        verdict.map_err(|why| format!("received invalid webhook response: {why}"))
    });
    let mut verdict = match verdict {
        Ok(verdict) => verdict,
        Err(why) if hook.fails_open => {
            tracing::warn!(
                webhook = hook.name,
                why,
                "failed to call an admission webhook, which is ignored"
            );
            return Ok(None);
        }
        Err(why) => {
            let text = format!("failed calling webhook {}: {why}", quoted(&hook.name));
            return Err(Status::internal(&text).into());
        }
    };
    verdict.warnings.drain(..).for_each(|it| call.warn(it));
    note(call, hook, &mut verdict);
    match verdict.refusal.take() {
        Some(refusal) => Err(refusal),
        None => Ok(Some(verdict)),
    }
}

fn note(call: &Call, hook: &Hook, verdict: &mut Verdict) {
    let mut notes = call.notes.lock();
    for (key, value) in verdict.notes.drain(..) {
        let key = format!("{}/{key}", hook.name);
        if notes.len() < MOST_NOTES && key.len() <= MOST_NOTE && value.len() <= MOST_NOTE {
            notes.insert(key, value);
        }
    }
}

/// The object as a webhook's patch makes it, complete again.
fn patched(
    call: &Call,
    about: &About<'_>,
    hook: &Hook,
    shape: &Resource,
    object: &Value,
    patch: &Value,
) -> Result<Value, Fault> {
    let failed = |why: &str| {
        let text = format!(
            "the patch of webhook {} cannot be applied: {why}",
            quoted(&hook.name)
        );
        Fault::from(Status::internal(&text))
    };
    let seen = match about.kind {
        Some(_) => object.clone(),
        None => shaped(&call.resource, shape, object),
    };
    let new = patch::json(&seen, patch).map_err(|error| match error {
        PatchError::BadRequest(why)
        | PatchError::Unprocessable(why)
        | PatchError::TooLarge(why) => failed(&why),
    })?;
    if serde_json::to_writer(Room(MOST_OBJECT), &new).is_err() {
        return Err(failed(&format!(
            "the object would have more than {MOST_OBJECT} bytes"
        )));
    }
    if !new.is_object() || object["metadata"].is_object() && !new["metadata"].is_object() {
        return Err(failed("the result is no object"));
    }
    let mut new = match about.kind {
        Some(_) => new,
        None => shaped(shape, &call.resource, &new),
    };
    for name in ["kind", "apiVersion"] {
        restore(&mut new, name, object);
    }
    if new["metadata"].is_object() {
        for name in SERVERS_OWN.into_iter().chain(["managedFields"]) {
            restore(&mut new["metadata"], name, &object["metadata"]);
        }
        if about.verb != Verb::Create {
            restore(&mut new["metadata"], "name", &object["metadata"]);
        }
    }
    match about.kind {
        Some(kind) => call.conform_other(&mut new, kind)?,
        None => {
            new = call
                .completed_quietly(new)
                .map_err(|error| failed(&error.message))?
        }
    }
    Ok(new)
}

/// Takes so many bytes, and keeps none.
struct Room(usize);

impl std::io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The mutating webhooks and one request.
pub struct Round {
    hooks: Arc<index::Hooks>,
    shapes: Vec<Arc<Resource>>,
    /// By the places of the webhooks: whether it was asked.
    asked: Vec<bool>,
    last_change: Option<usize>,
}

impl Round {
    /// `None` if nobody is to be asked.
    pub fn begin(call: &Call) -> Option<Self> {
        let hooks = call.cluster.webhooks.now();
        if hooks.mutating.is_empty() || is_exempt(call) {
            return None;
        }
        Some(Self {
            asked: vec![false; hooks.mutating.len()],
            shapes: shapes(call),
            last_change: None,
            hooks,
        })
    }

    /// Asks all. Whether the object was changed.
    pub async fn first(
        &mut self,
        call: &Call,
        about: &About<'_>,
        object: Option<&mut Value>,
        old: Option<&Value>,
    ) -> Result<bool, Fault> {
        let mut object = object;
        for at in 0..self.asked.len() {
            if self
                .ask(call, about, at, object.as_deref_mut(), old)
                .await?
            {
                self.last_change = Some(at);
            }
        }
        Ok(self.last_change.is_some())
    }

    /// Asks those once more that want to hear of changes which came after them. Whether the object was changed.
    pub async fn again(
        &mut self,
        call: &Call,
        about: &About<'_>,
        object: &mut Value,
        old: Option<&Value>,
        has_changed: bool,
    ) -> Result<bool, Fault> {
        let mut changed = false;
        for at in 0..self.asked.len() {
            let is_behind = has_changed || changed || self.last_change.is_some_and(|it| it > at);
            if self.asked[at] && is_behind && self.hooks.mutating[at].asks_again {
                changed |= self.ask(call, about, at, Some(object), old).await?;
            }
        }
        Ok(changed)
    }

    async fn ask(
        &mut self,
        call: &Call,
        about: &About<'_>,
        at: usize,
        object: Option<&mut Value>,
        old: Option<&Value>,
    ) -> Result<bool, Fault> {
        let hook = Arc::clone(&self.hooks.mutating[at]);
        let states = [object.as_deref(), old];
        let Some(shape) = chosen(call, about, &hook, &self.shapes, states).await? else {
            return Ok(false);
        };
        self.asked[at] = true;
        let verdict = asked(call, about, &hook, shape, states, true).await?;
        let Some(patch) = verdict.and_then(|it| it.patch) else {
            return Ok(false);
        };
        let Some(object) = object else {
            let text = format!(
                "admission webhook {} attempted to modify the object, which is not supported for this operation",
                quoted(&hook.name)
            );
            return Err(Status::internal(&text).into());
        };
        let new = patched(call, about, &hook, shape, object, &patch)?;
        let is_changed = new != *object;
        *object = new;
        Ok(is_changed)
    }
}

/// Whether a cluster has any.
pub fn are_there(call: &Call) -> bool {
    let hooks = call.cluster.webhooks.now();
    !hooks.mutating.is_empty() || !hooks.validating.is_empty()
}

/// Asks the validating webhooks about an object as it will be written.
pub async fn validate_write(
    call: &Call,
    verb: Verb,
    subresource: &str,
    name: &str,
    object: &Value,
    old: Option<&Value>,
) -> Result<(), Fault> {
    if !are_there(call) {
        return Ok(());
    }
    let about = About::of(call, verb, subresource, name)?;
    validate(call, &about, Some(object), old).await
}

/// Side by side.
async fn validate(
    call: &Call,
    about: &About<'_>,
    object: Option<&Value>,
    old: Option<&Value>,
) -> Result<(), Fault> {
    let hooks = call.cluster.webhooks.now();
    if hooks.validating.is_empty() || is_exempt(call) {
        return Ok(());
    }
    let (shapes, states) = (shapes(call), [object, old]);
    let all = hooks.validating.iter().map(|hook| async {
        match chosen(call, about, hook, &shapes, states).await? {
            Some(shape) => asked(call, about, hook, shape, states, false)
                .await
                .map(drop),
            None => Ok(()),
        }
    });
    join_all(all).await.into_iter().collect()
}

/// Asks all webhooks about an object that is not the resource's own, or about a deletion.
pub async fn admit(
    call: &Call,
    about: &About<'_>,
    mut object: Option<&mut Value>,
    old: Option<&Value>,
) -> Result<(), Fault> {
    if let Some(mut round) = Round::begin(call) {
        let changed = round.first(call, about, object.as_deref_mut(), old).await?;
        if let Some(object) = object.as_deref_mut()
            && changed
        {
            round.again(call, about, object, old, false).await?;
        }
    }
    validate(call, about, object.as_deref(), old).await
}

/// The same of a write to a subresource of its own kind.
pub async fn admit_other(
    call: &Call,
    verb: Verb,
    subresource: &str,
    name: &str,
    kind: Expected<'_>,
    object: &mut Value,
    old: Option<&Value>,
) -> Result<(), Fault> {
    if !are_there(call) {
        return Ok(());
    }
    let mut about = About::of(call, verb, subresource, name)?;
    about.kind = Some(kind);
    if verb == Verb::Connect {
        about.options = Value::Null;
    }
    admit(call, &about, Some(object), old).await
}
