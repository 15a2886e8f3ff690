//! Patches: JSON patch, merge patch, strategic merge patch, and apply, which also creates.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use wharf_kube_model::{
    apply::{self, ApplyError, Writer},
    codec::{self, MediaType},
    field::{self, Errors, Path},
    patch::{self, PatchError},
    status::{Cause, Details, MODIFIED, Status},
    view::text_at,
};

use crate::{
    answer::{Answer, Fault, options_fault},
    body::no_object,
    call::Call,
    creating::{self, Written},
    writing::{self, Next, Plan},
};

const OPTIONS: &str = "PatchOptions";
const JSON_PATCH: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
/// Tries of an apply that finds an object come and gone.
const CREATIONS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl Kind {
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let is_custom = call.resource.custom.is_some();
        let kind = call
            .headers
            .get(CONTENT_TYPE)
            .and_then(|it| it.to_str().ok());
        let kind = kind
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        match kind.trim() {
            JSON_PATCH => Ok(Self::Json),
            MERGE => Ok(Self::Merge),
            STRATEGIC if !is_custom => Ok(Self::Strategic),
            APPLY => Ok(Self::Apply),
            _ if is_custom => {
                let supported = [JSON_PATCH, MERGE, APPLY];
                Err(Status::unsupported_media_type(&supported).into())
            }
            _ => Err(Status::no_such_media_type().into()),
        }
    }
}

/// A patch as it was sent.
pub struct Patch {
    pub kind: Kind,
    value: Value,
    duplicates: Vec<String>,
}

impl Patch {
    pub fn parse(call: &Call, body: &Bytes) -> Result<Self, Fault> {
        let kind = Kind::of(call)?;
        let media = match kind {
            Kind::Apply => MediaType::Yaml,
            _ => MediaType::Json,
        };
        let version = call.resource.api_version();
        let default = Some((version.as_str(), call.resource.kind.as_str()));
        let decoded = codec::decode(&call.catalog, media, body, default);
        let decoded = decoded.map_err(|error| {
            let what = match kind {
                Kind::Apply => "YAML: error converting YAML to JSON",
                _ => "patch",
            };
            let text = format!("error decoding {what}: {}", error.message);
            Status::bad_request(text)
        })?;
        Ok(Self {
            kind,
            value: decoded.value,
            duplicates: decoded.duplicates,
        })
    }

    /// The object with the patch applied, conformed and with its defaults.
    pub fn applied_to(&self, call: &Call, live: &Value) -> Result<Value, Fault> {
        let patched = self.patched(call, live)?;
        call.completed(patched, self.duplicates.clone(), |why| {
            let shown = match self.kind {
                Kind::Strategic | Kind::Apply => printed(&self.value),
                // Made again, since this is rare.
                Kind::Json | Kind::Merge => self
                    .patched(call, live)
                    .map_or_else(|_| String::new(), |made| self.shown(made, live)),
            };
            let mut errors = Errors::new();
            errors.invalid(&Path::root("patch"), shown, why);
            Status::invalid("", "", "", errors.into_vec())
        })
    }

    /// What the patch made of an object, as upstream's library writes it.
    pub fn shown(&self, mut made: Value, live: &Value) -> String {
        patch::order(&mut made, live, &self.value);
        field::go_json(&made)
    }

    fn patched(&self, call: &Call, live: &Value) -> Result<Value, Fault> {
        if self.kind == Kind::Merge && self.value.is_array() {
            // A list takes the place of the object, and is none.
            let why = no_object(&self.value);
            let why = format!("couldn't get version/kind; json parse error: {why}");
            let mut errors = Errors::new();
            errors.invalid(&Path::root("patch"), field::go_json(&self.value), why);
            return Err(Status::invalid("", "", "", errors.into_vec()).into());
        }
        let patched = match self.kind {
            Kind::Json => patch::json(live, &self.value),
            Kind::Merge => patch::merge(live, &self.value),
            Kind::Strategic | Kind::Apply => {
                patch::strategic(call.resource.schema.root(), live, &self.value)
            }
        };
        let mut patched = patched.map_err(|error| patch_fault(call, error))?;
        if !patched.is_object() {
            return Err(Status::bad_request("the patched object is no object").into());
        }
        patched["kind"] = live["kind"].clone();
        patched["apiVersion"] = live["apiVersion"].clone();
        Ok(patched)
    }
}

/// A value as Go prints it, which is how a strategic merge patch is shown that made no object.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(printed).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let members = members
                .into_iter()
                .map(|(name, it)| format!("{name}:{}", printed(it)));
            format!("map[{}]", members.collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}

fn patch_fault(call: &Call, error: PatchError) -> Fault {
    let status = match error {
        PatchError::BadRequest(text) => Status::bad_request(text),
        PatchError::TooLarge(text) => Status::too_large(&text),
        PatchError::Unprocessable(why) => {
            // Upstream keeps to itself what is wrong.
            tracing::debug!(why, name = call.name(), "a patch did not fit");
            let mut status = Status::invalid("", "", "", Vec::new());
            status.message =
                "the server rejected our request due to an error in our request".to_owned();
            status.details = Some(Details::default());
            status
        }
    };
    Box::new(status)
}

pub async fn patch(call: &Call, subresource: &str, body: &Bytes) -> Result<Answer, Fault> {
    let patch = Patch::parse(call, body)?;
    if patch.kind == Kind::Apply {
        return server_side_apply(call, subresource, patch).await;
    }
    if call.query.says("force").is_some() {
        return Err(options_fault(OPTIONS, "force", |errors, path| {
            errors.forbidden(path, "may not be specified for non-apply patch");
        }));
    }
    let plan = Plan {
        subresource,
        retries: true,
    };
    let next = |live: &Value| Ok(Next::Update(patch.applied_to(call, live)?));
    let changed = writing::change(call, plan, next).await?;
    writing::answer_changed(call, 200, &changed)
}

async fn server_side_apply(call: &Call, subresource: &str, patch: Patch) -> Result<Answer, Fault> {
    let Patch {
        value, duplicates, ..
    } = patch;
    let version = call.resource.api_version();
    let mut config = configuration(call, value, &version, &call.resource.kind)?;
    check_fields(call, &config, duplicates)?;
    if let Some(namespace) = call.namespace() {
        let said = text_at(&config, &["metadata", "namespace"]);
        if said.is_empty() {
            config["metadata"]["namespace"] = namespace.into();
        }
    }
    let force = call.query.is_set("force");
    let manager = call.manager()?;
    let now = call.now.iso8601_seconds();
    let writer = Writer {
        resource: &call.resource,
        subresource: Some(subresource).filter(|it| !it.is_empty()),
        manager: &manager,
        now: &now,
    };
    let merged = |live: &Value| -> Result<Value, Fault> {
        let merged = apply::apply(writer, live, &config, force);
        let merged = merged.map_err(apply_fault)?;
        call.complete(merged, Vec::new())
    };
    for _ in 0..CREATIONS {
        let plan = Plan {
            subresource,
            retries: true,
        };
        let next = |live: &Value| Ok(Next::Applied(merged(live)?));
        match writing::change(call, plan, next).await {
            Err(fault)
                if !subresource.is_empty() || !call.is_missing(call.name(), &fault).await? =>
            {
                return Err(fault);
            }
            Err(_) => {}
            Ok(changed) => return writing::answer_changed(call, 200, &changed),
        }
        let uid = text_at(&config, &["metadata", "uid"]);
        if !uid.is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(call.conflict(call.name(), &why));
        }
        writing::may_create(call).await?;
        let mut empty = json!({
            "kind": call.resource.kind,
            "apiVersion": version,
            "metadata": {"name": call.name()},
        });
        if let Some(namespace) = call.namespace() {
            empty["metadata"]["namespace"] = namespace.into();
        }
        let made = merged(&empty)?;
        let name = text_at(&made, &["metadata", "name"]);
        if name != call.name() {
            return Err(writing::other_name(call, name));
        }
        match creating::create_object(call, made, true).await {
            Ok(Written::Stored(object)) => return call.answer(201, &object),
            Ok(Written::Tried(value)) => return call.answer_value(201, &value),
            // Somebody else made it meanwhile: what is applied is merged with that.
            Err(fault) if fault.reason == "AlreadyExists" && call.exists(call.name()).await? => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(call.conflict(call.name(), MODIFIED))
}

/// What is applied, if it may be: somebody's, and of the version and the kind that are told.
pub fn configuration(
    call: &Call,
    config: Value,
    version: &str,
    expected: &str,
) -> Result<Value, Fault> {
    if call.query.get("fieldManager").is_none() {
        return Err(options_fault(OPTIONS, "fieldManager", |errors, path| {
            errors.required(path, "is required for apply patch");
        }));
    }
    if !config.is_object() {
        return Err(Status::bad_request("error decoding YAML: no object").into());
    }
    let given = config.get("apiVersion").and_then(Value::as_str);
    let given = given.unwrap_or_default();
    if given != version {
        let text = format!(
            "Incorrect version specified in apply patch. Specified patch version: {given}, expected: {version}"
        );
        return Err(Status::bad_request(text).into());
    }
    match config.get("kind").and_then(Value::as_str) {
        Some(given) if given == expected => {}
        Some(given) => {
            let text = format!(
                "Incorrect kind specified in apply patch. Specified kind: {given}, expected: {expected}"
            );
            return Err(Status::bad_request(text).into());
        }
        None => return Err(Status::bad_request("Object 'kind' is missing").into()),
    }
    let managed = config["metadata"].get("managedFields");
    if managed.is_some_and(|it| it.as_array().is_none_or(|it| !it.is_empty())) {
        let text = "metadata.managedFields must be nil";
        return Err(Status::bad_request(text).into());
    }
    Ok(config)
}

/// Says which fields of an applied configuration nobody knows.
fn check_fields(call: &Call, config: &Value, duplicates: Vec<String>) -> Result<(), Fault> {
    // Its own copy: what is applied keeps its zero values.
    call.complete(config.clone(), duplicates).map(|_| ())
}

pub fn apply_fault(error: ApplyError) -> Fault {
    match error {
        ApplyError::Invalid(text) => Box::new(Status::bad_request(text)),
        ApplyError::Conflicts { message, conflicts } => {
            let causes = conflicts.into_iter().map(|it| Cause {
                reason: "FieldManagerConflict".to_owned(),
                message: it.message,
                field: it.field,
            });
            Box::new(Status::apply_conflict(causes.collect(), message))
        }
    }
}

impl Patch {
    /// What was sent: for an apply.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// A patch of an object that is no resource of its own: a scale. Without lists to merge, merging by schema is merging.
    pub fn applied_to_other(&self, live: &Value) -> Result<Value, Fault> {
        let patched = match self.kind {
            Kind::Json => patch::json(live, &self.value),
            _ => patch::merge(live, &self.value),
        };
        patched.map_err(|error| match error {
            PatchError::TooLarge(text) => Status::too_large(&text).into(),
            PatchError::BadRequest(text) | PatchError::Unprocessable(text) => {
                Status::bad_request(text).into()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_printed_as_go_prints_it() {
        let patch = json!({"spec": {"b": [1, "x", null], "a": true}, "metadata": {}});
        assert_eq!(
            printed(&patch),
            "map[metadata:map[] spec:map[a:true b:[1 x <nil>]]]"
        );
    }
}
