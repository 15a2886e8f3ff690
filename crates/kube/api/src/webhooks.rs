//! Admission webhooks: programs of the cluster's users that change and judge what is written.
//!
//! Their configurations are kept as an index, made again with each change of one, so requests of clusters without any pay nothing. The
//! mutating ones are asked one after the other, in the order of their configurations' names; the validating ones side by side, about what
//! will be written. They are never asked about the kinds of their own group, by which a bad one is taken away, nor about what the server
//! itself makes as it starts.

mod address;
mod ask;
mod hook;
mod index;
mod own;
pub(crate) mod review;
mod turn;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use wharf_kube_model::{Resource, status::Status, view::items};

use crate::{
    answer::Fault,
    body::Expected,
    bootstrap,
    call::{Call, store_fault},
};
pub use ask::{NotReached, ask, speak, turn_to_read};
pub use hook::{Endpoint, Service, Verb};
use hook::{Hook, Subject};
pub use index::{Webhooks, after_write, follow, load};
pub use own::{OwnWebhook, ReviewRequest, ReviewResponse, Unanswered};
use turn::{Turn, asked, completed};

const GROUP: &str = "admissionregistration.k8s.io";
/// Webhooks of all configurations of a cluster.
const MOST_HOOKS: usize = 500;

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

/// Lets no more webhooks into a cluster than it may have.
pub fn before_write(call: &Call, object: &Value, live: Option<&Value>) -> Result<(), Fault> {
    let own = items(object, "webhooks").len();
    if call.group() != GROUP
        || call.user.name == bootstrap::USER
        || live.is_some_and(|it| own <= items(it, "webhooks").len())
    {
        return Ok(());
    }
    let hooks = call.cluster.webhooks.now();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let is_mutating = call.resource.plural == index::MUTATING;
    let all = hooks.mutating.iter().map(|it| (it, true));
    let all = all.chain(hooks.validating.iter().map(|it| (it, false)));
    let others = all.filter(|(it, mutates)| *mutates != is_mutating || it.configuration != name);
    match others.count() + own > MOST_HOOKS {
        true => {
            let why = format!("a cluster has at most {MOST_HOOKS} webhooks");
            Err(call.forbidden(name, &why))
        }
        false => Ok(()),
    }
}

/// The other shapes of a call's kind, once somebody needs them.
#[derive(Default)]
struct Shapes(OnceLock<Vec<Arc<Resource>>>);

impl Shapes {
    fn of(&self, call: &Call) -> &[Arc<Resource>] {
        let own = &call.resource;
        self.0.get_or_init(|| {
            let others = call.catalog.all().filter(|it| {
                let (a, b) = (&it.storage, &own.storage);
                (&a.group, &a.plural) == (&b.group, &b.plural)
                    && (&it.group, &it.version) != (&own.group, &own.version)
            });
            others.cloned().collect()
        })
    }
}

/// The shape in which a webhook is to see the request, if it is about it.
async fn chosen<'a>(
    call: &'a Call,
    about: &About<'_>,
    hook: &Hook,
    shapes: &'a Shapes,
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
    let Some(shape) = hook.shape(&subject, resource, || shapes.of(call)) else {
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

/// The mutating webhooks and one request.
pub struct Round {
    hooks: Arc<index::Hooks>,
    shapes: Shapes,
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
            shapes: Shapes::default(),
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
                .ask(call, about, (0, at), object.as_deref_mut(), old)
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
                changed |= self.ask(call, about, (1, at), Some(object), old).await?;
            }
        }
        Ok(changed)
    }

    async fn ask(
        &mut self,
        call: &Call,
        about: &About<'_>,
        (round, at): (u8, usize),
        object: Option<&mut Value>,
        old: Option<&Value>,
    ) -> Result<bool, Fault> {
        let hook = Arc::clone(&self.hooks.mutating[at]);
        let states = [object.as_deref(), old];
        let Some(shape) = chosen(call, about, &hook, &self.shapes, states).await? else {
            return Ok(false);
        };
        self.asked[at] = true;
        let turn = Turn {
            hook: &hook,
            may_patch: true,
            round,
            at,
        };
        let new = asked(call, about, &turn, shape, states).await?;
        let is_changed = match (new, object) {
            (Some(new), Some(object)) => {
                let new = completed(call, about, &hook, shape, (object, new)).await?;
                let is_changed = new != *object;
                *object = new;
                is_changed
            }
            _ => false,
        };
        turn.note_mutated(call, is_changed);
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
    if call.cluster.webhooks.now().validating.is_empty() {
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
    let (shapes, states) = (Shapes::default(), [object, old]);
    let (shapes, hooks) = (&shapes, hooks.validating.iter().enumerate());
    let all = hooks.map(|(at, hook)| async move {
        let Some(shape) = chosen(call, about, hook, shapes, states).await? else {
            return Ok(());
        };
        let turn = Turn {
            hook,
            may_patch: false,
            round: 0,
            at,
        };
        asked(call, about, &turn, shape, states).await.map(drop)
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
