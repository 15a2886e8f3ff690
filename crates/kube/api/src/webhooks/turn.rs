//! A webhook's turn: what it is asked, and what becomes of the object by its answer.

use std::borrow::Cow;

use serde_json::{Value, json};
use tokio::sync::SemaphorePermit;
use wharf_base::ids;
use wharf_kube_model::{
    Resource,
    field::quoted,
    patch::{self, PatchError},
    status::Status,
    view::restore,
};

use super::{
    About,
    ask::{NoAnswer, ask, turn_to_read},
    hook::{Hook, Verb},
    own::Unanswered,
    review::{self, BadReview, Named, Question, Verdict},
};
use crate::{answer::Fault, call::Call, conversion, writing::SERVERS_OWN};

/// Bytes of an object that webhooks patched: one after the other may add to it, and each is told all of it. A request has no more.
const MOST_OBJECT: usize = 3 << 20;
/// Notes of all webhooks for the audit log, and bytes of one.
const MOST_NOTES: usize = 64;
const MOST_NOTE: usize = 1 << 10;

/// Why a webhook has said nothing that holds.
#[derive(Debug, thiserror::Error)]
enum NoVerdict {
    #[error("failed to call webhook: context deadline exceeded")]
    Late,
    /// The one of this process.
    #[error("failed to call webhook: {0}")]
    Own(Unanswered),
    #[error("failed to call webhook: {0}")]
    NoAnswer(#[from] NoAnswer),
    #[error("received invalid webhook response: {0}")]
    Invalid(#[from] BadReview),
}

/// One state of an object as a webhook is to see it: the very same, or in another shape.
async fn seen<'a>(
    call: &Call,
    about: &About<'_>,
    shape: &Resource,
    state: Option<&'a Value>,
) -> Result<Option<Cow<'a, Value>>, Fault> {
    let Some(state) = state else { return Ok(None) };
    let own = &call.resource;
    let is_own = (&own.group, &own.version) == (&shape.group, &shape.version);
    if about.kind.is_some() || is_own {
        return Ok(Some(Cow::Borrowed(state)));
    }
    let shaped = conversion::shaped(&call.cluster, own, shape, state).await?;
    Ok(Some(Cow::Owned(shaped)))
}

/// A webhook whose turn it is, and when: for the audit log, as upstream counts.
pub(super) struct Turn<'a> {
    pub hook: &'a Hook,
    pub may_patch: bool,
    pub round: u8,
    pub at: usize,
}

impl Turn<'_> {
    fn key(&self, what: &str) -> String {
        let kind = match (what, self.may_patch) {
            ("mutation", _) => "mutation",
            (_, true) => "failed-open.mutating",
            (_, false) => "failed-open.validation",
        };
        format!(
            "{kind}.webhook.admission.k8s.io/round_{}_index_{}",
            self.round, self.at
        )
    }

    /// Whether the webhook changed the object.
    pub fn note_mutated(&self, call: &Call, is_changed: bool) {
        let Hook {
            name,
            configuration,
            ..
        } = self.hook;
        let told = json!({"configuration": configuration, "webhook": name, "mutated": is_changed});
        note(call, self.key("mutation"), told.to_string());
    }
}

/// The object of a request as a webhook's patch makes it, in the shape that it saw; nothing if there is no patch, or if it could not be
/// asked and that does not matter.
pub(super) async fn asked(
    call: &Call,
    about: &About<'_>,
    turn: &Turn<'_>,
    shape: &Resource,
    states: [Option<&Value>; 2],
) -> Result<Option<Value>, Fault> {
    let hook = turn.hook;
    let uid = ids::uuid();
    let own = &call.resource;
    let states = [
        seen(call, about, shape, states[0]).await?,
        seen(call, about, shape, states[1]).await?,
    ];
    let kind = |it: &'_ Resource| match about.kind {
        Some(kind) => (
            kind.group.to_owned(),
            kind.version.to_owned(),
            kind.kind.to_owned(),
        ),
        None => (it.group.clone(), it.version.clone(), it.kind.clone()),
    };
    let (kind, request_kind) = (kind(shape), kind(own));
    let question = Question {
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
        object: states[0].as_deref(),
        old: states[1].as_deref(),
        is_dry: about.is_dry,
        options: &about.options,
    };
    let (verdict, _turn) = verdict(call, turn, &question).await;
    let mut verdict = match verdict {
        Ok(verdict) => verdict,
        Err(why) if hook.fails_open => {
            tracing::warn!(
                webhook = hook.name,
                %why,
                "failed to call an admission webhook, which is ignored"
            );
            note(call, turn.key("failed-open"), hook.name.clone());
            return Ok(None);
        }
        Err(why) => {
            let text = format!("failed calling webhook {}: {why}", quoted(&hook.name));
            return Err(Status::internal(&text).into());
        }
    };
    verdict.warnings.drain(..).for_each(|it| call.warn(it));
    for (key, value) in verdict.notes.drain(..) {
        note(call, format!("{}/{key}", hook.name), value);
    }
    if let Some(refusal) = verdict.refusal.take() {
        return Err(refusal);
    }
    match (verdict.patch, states[0].as_deref()) {
        (None, _) => Ok(None),
        (Some(patch), Some(object)) => patched(hook, object, &patch).map(Some),
        (Some(_), None) => {
            let text = format!(
                "admission webhook {} attempted to modify the object, which is not supported for this operation",
                quoted(&hook.name)
            );
            Err(Status::internal(&text).into())
        }
    }
}

/// What a webhook answers, and the turn to read it, which is held until the patch is applied: from here on nothing is waited for.
async fn verdict(
    call: &Call,
    turn: &Turn<'_>,
    question: &Question<'_>,
) -> (Result<Verdict, NoVerdict>, Option<SemaphorePermit<'static>>) {
    let hook = turn.hook;
    let own = call.cluster.parts.own_webhook.as_ref();
    if let Some(own) = own.filter(|_| hook.is_own) {
        let asked = question.in_process();
        let answered = tokio::time::timeout(hook.endpoint.timeout, own.review(&asked)).await;
        let verdict = match answered {
            Ok(Ok(response)) => Ok(response.into()),
            Ok(Err(why)) => Err(NoVerdict::Own(why)),
            Err(_) => Err(NoVerdict::Late),
        };
        return (verdict, None);
    }
    let answer = ask(&call.cluster, &hook.endpoint, || question.body()).await;
    let turn_held = match &answer {
        Ok(answer) => turn_to_read(answer).await,
        Err(_) => None,
    };
    let verdict = answer.map_err(NoVerdict::NoAnswer).and_then(|body| {
        let verdict = review::judge(&hook.name, question.uid, turn.may_patch, &body);
        verdict.map_err(NoVerdict::Invalid)
    });
    (verdict, turn_held)
}

fn note(call: &Call, key: String, value: String) {
    let mut notes = call.notes.lock();
    if notes.len() < MOST_NOTES && key.len() <= MOST_NOTE && value.len() <= MOST_NOTE {
        notes.insert(key, value);
    }
}

fn not_applied(hook: &Hook, why: &str) -> Fault {
    let text = format!(
        "the patch of webhook {} cannot be applied: {why}",
        quoted(&hook.name)
    );
    Status::internal(&text).into()
}

/// What a webhook's patch makes of what it saw.
fn patched(hook: &Hook, seen: &Value, patch: &Value) -> Result<Value, Fault> {
    let new = patch::json(seen, patch).map_err(|error| match error {
        PatchError::BadRequest(why)
        | PatchError::Unprocessable(why)
        | PatchError::TooLarge(why) => not_applied(hook, &why),
    })?;
    if serde_json::to_writer(Room(MOST_OBJECT), &new).is_err() {
        let why = format!("the object would have more than {MOST_OBJECT} bytes");
        return Err(not_applied(hook, &why));
    }
    if !new.is_object() || seen["metadata"].is_object() && !new["metadata"].is_object() {
        return Err(not_applied(hook, "the result is no object"));
    }
    Ok(new)
}

/// A patched object in the shape of the request, complete again.
pub(super) async fn completed(
    call: &Call,
    about: &About<'_>,
    hook: &Hook,
    shape: &Resource,
    (object, new): (&Value, Value),
) -> Result<Value, Fault> {
    let mut new = match about.kind {
        Some(_) => new,
        None => conversion::shaped(&call.cluster, shape, &call.resource, &new).await?,
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
                .map_err(|error| not_applied(hook, &error.message))?
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
