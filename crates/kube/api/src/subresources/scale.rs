//! Scale: how many, as a kind of its own over any object that counts copies.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_model::{
    apply::{self, ApplyError, Conflict, Writer},
    field::{Errors, Path},
    selector::Labels,
    status::Status,
    view::text_at,
};

use crate::{
    answer::{Answer, Fault},
    body::Expected,
    call::Call,
    patching::{self, Kind, Patch},
    webhooks::{self, Verb},
    writing::{self, Changed, Next, Plan},
};

const SCALE: Expected<'_> = Expected {
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
};

/// Where an object keeps what its scale shows.
struct Paths {
    spec: Vec<String>,
    status: Vec<String>,
    /// A text in the status of custom resources; built-in kinds have a selector.
    selector: Option<Vec<String>>,
}

impl Paths {
    fn of(call: &Call) -> Self {
        let split = |path: &str| {
            let parts = path.split('.').filter(|it| !it.is_empty());
            parts.map(str::to_owned).collect::<Vec<_>>()
        };
        match call
            .resource
            .custom
            .as_ref()
            .and_then(|it| it.scale.as_ref())
        {
            Some(paths) => Self {
                spec: split(&paths.spec_replicas),
                status: split(&paths.status_replicas),
                selector: paths.label_selector.as_deref().map(split),
            },
            None => Self {
                spec: split("spec.replicas"),
                status: split("status.replicas"),
                selector: None,
            },
        }
    }
}

fn at<'a>(object: &'a Value, path: &[String]) -> &'a Value {
    path.iter()
        .fold(object, |value, name| &value[name.as_str()])
}

fn set(object: &mut Value, path: &[String], to: Value) {
    let mut value = object;
    for name in path {
        if !value.is_object() {
            *value = json!({});
        }
        value = &mut value[name.as_str()];
    }
    *value = to;
}

/// The scale of an object: pure.
fn scale_of(call: &Call, paths: &Paths, object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut scale = json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {"name": metadata["name"]},
        "spec": {},
        "status": {"replicas": at(object, &paths.status).as_i64().unwrap_or(0)},
    });
    for name in ["namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = metadata.get(name) {
            scale["metadata"][name] = value.clone();
        }
    }
    if let Some(replicas) = at(object, &paths.spec).as_i64().filter(|it| *it != 0) {
        scale["spec"]["replicas"] = replicas.into();
    }
    let selector = match &paths.selector {
        Some(path) => at(object, path).as_str().map(str::to_owned),
        None if call.resource.custom.is_some() => None,
        None => selector_text(&object["spec"]["selector"]),
    };
    if let Some(selector) = selector.filter(|it| !it.is_empty()) {
        scale["status"]["selector"] = selector.into();
    }
    scale
}

/// A LabelSelector, or a plain map of labels, as text.
fn selector_text(selector: &Value) -> Option<String> {
    let object = selector.as_object()?;
    let is_plain = object.values().all(Value::is_string);
    let labels = match is_plain {
        true => Labels::of_set(Some(object)),
        false => Labels::of_selector(Some(selector)).ok()?,
    };
    Some(labels.to_string())
}

/// Asks webhooks about a change of an object's scale, which they see alone.
pub async fn admit(call: &Call, live: &Value, new: &mut Value) -> Result<(), Fault> {
    let paths = Paths::of(call);
    let (old, mut scale) = (scale_of(call, &paths, live), scale_of(call, &paths, new));
    let (verb, name) = (Verb::Update, call.name());
    webhooks::admit_other(call, verb, "scale", name, SCALE, &mut scale, Some(&old)).await?;
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    let replicas = replicas.clamp(0, i64::from(i32::MAX));
    if at(new, &paths.spec).as_i64().unwrap_or(0) != replicas {
        set(new, &paths.spec, replicas.into());
    }
    Ok(())
}

pub async fn serve(call: &Call, verb: &str, body: &Bytes) -> Result<Answer, Fault> {
    let paths = Paths::of(call);
    if verb == "get" {
        let object = match call.read().await {
            // Upstream names the subresource too, of its own kinds.
            Err(fault) if fault.code() == 404 && call.resource.custom.is_none() => {
                let resource = format!("{}/scale", call.resource.plural);
                return Err(Status::not_found(call.group(), &resource, call.name()).into());
            }
            read => call.value(&read?)?,
        };
        let replicas = at(&object, &paths.spec);
        if call.resource.custom.is_some() && replicas.is_null() {
            let path = paths.spec.join(".");
            let why = format!("the spec replicas field \".{path}\" does not exist");
            return Err(Status::internal(&why).into());
        }
        return Ok(shown(call, &scale_of(call, &paths, &object)));
    }
    let patch = match verb {
        "patch" => Some(Patch::parse(call, body)?),
        _ => None,
    };
    let patch = match patch {
        Some(patch) if patch.kind == Kind::Apply => return apply(call, &paths, patch).await,
        other => other,
    };
    let given = match &patch {
        Some(_) => None,
        None => Some(call.decode_other(body, SCALE)?),
    };
    let next = |live: &Value| {
        let scale = match (&patch, &given) {
            (Some(patch), _) => {
                let scale = scale_of(call, &paths, live);
                let mut patched = patch.applied_to_other(&scale)?;
                let made = patched.clone();
                let conformed = call.conform_other(&mut patched, SCALE);
                conformed.map_err(|fault| no_scale(&patch.shown(made, &scale), &fault))?;
                patched
            }
            (None, Some(given)) => given.clone(),
            (None, None) => Value::Null,
        };
        let replicas = replicas_of(&scale);
        if !COUNTS.contains(&replicas) {
            return Err(negative(call, &paths, replicas));
        }
        let mut new = live.clone();
        set(&mut new, &paths.spec, replicas.into());
        let version = text_at(&scale, &["metadata", "resourceVersion"]);
        new["metadata"]["resourceVersion"] = version.into();
        Ok(Next::Update(new))
    };
    change(call, &paths, next).await
}

/// Changes the object, and shows its scale.
async fn change(
    call: &Call,
    paths: &Paths,
    next: impl Fn(&Value) -> Result<Next, Fault>,
) -> Result<Answer, Fault> {
    let plan = Plan {
        subresource: "scale",
        retries: true,
    };
    let changed = match writing::change(call, plan, next).await? {
        Changed::Stored(object) => call.value(&object)?,
        Changed::Tried(value) | Changed::Removed(value) => value,
    };
    Ok(shown(call, &scale_of(call, paths, &changed)))
}

/// Who applies a scale owns that field of the object, apart from what the same manager applies to the object itself.
async fn apply(call: &Call, paths: &Paths, patch: Patch) -> Result<Answer, Fault> {
    let (version, kind) = (SCALE.api_version(), SCALE.kind);
    let mut scale = patching::configuration(call, patch.into_value(), &version, kind)?;
    call.conform_other(&mut scale, SCALE)?;
    let replicas = replicas_of(&scale);
    if !COUNTS.contains(&replicas) {
        return Err(negative(call, paths, replicas));
    }
    let mut config = json!({
        "apiVersion": call.resource.api_version(),
        "kind": call.resource.kind,
        "metadata": {"name": call.name()},
    });
    if let Some(namespace) = call.namespace() {
        config["metadata"]["namespace"] = namespace.into();
    }
    if !scale["spec"]["replicas"].is_null() {
        set(&mut config, &paths.spec, replicas.into());
    }
    let force = call.query.is_set("force");
    let (manager, now) = (call.manager()?, call.now.iso8601_seconds());
    let writer = Writer {
        resource: &call.resource,
        subresource: Some("scale"),
        manager: &manager,
        now: &now,
    };
    let given = text_at(&scale, &["metadata", "resourceVersion"]);
    let next = |live: &Value| {
        let applied = apply::apply(writer, live, &config, force);
        let mut applied = applied.map_err(|it| patching::apply_fault(of_scale(call, it)))?;
        if at(&applied, &paths.spec).is_null() {
            set(&mut applied, &paths.spec, 0.into());
        }
        if !given.is_empty() {
            applied["metadata"]["resourceVersion"] = given.into();
        }
        Ok(Next::Applied(applied))
    };
    change(call, paths, next).await
}

/// Conflicts are told of the scale's own field and version.
fn of_scale(call: &Call, error: ApplyError) -> ApplyError {
    let ApplyError::Conflicts { message, conflicts } = error else {
        return error;
    };
    let using = |version: &str| format!(" using {version}");
    let (from, to) = (
        using(&call.resource.api_version()),
        using(&SCALE.api_version()),
    );
    // There is one field alone, whatever it is called in a custom resource.
    let own = conflicts.first().map(|it| it.field.clone());
    let own = own.unwrap_or_else(|| OWN_FIELD.to_owned());
    let message = message.replace(&from, &to).replace(&own, OWN_FIELD);
    let conflicts = conflicts.into_iter().map(|it| Conflict {
        message: it.message.replace(&from, &to),
        field: OWN_FIELD.to_owned(),
    });
    ApplyError::Conflicts {
        message,
        conflicts: conflicts.collect(),
    }
}

/// As a scale has it.
const OWN_FIELD: &str = ".spec.replicas";
const COUNTS: std::ops::RangeInclusive<i64> = 0..=i32::MAX as i64;

fn replicas_of(scale: &Value) -> i64 {
    match &scale["spec"]["replicas"] {
        Value::Null => 0,
        other => other.as_i64().unwrap_or(-1),
    }
}

/// A patch made something that is no scale.
fn no_scale(shown: &str, fault: &Fault) -> Fault {
    let mut errors = Errors::new();
    let (_, why) = fault.message.split_once("as a Scale: ").unwrap_or_default();
    errors.invalid(&Path::root("patch"), shown, why);
    Status::invalid("", "", "", errors.into_vec()).into()
}

/// Of a custom resource upstream tells the field that the scale stands for.
fn negative(call: &Call, paths: &Paths, replicas: i64) -> Fault {
    let mut errors = Errors::new();
    if call.resource.custom.is_some() {
        let field = format!(".{}", paths.spec.join("."));
        let why = "should be a non-negative integer";
        errors.invalid(&Path::root(&field), replicas, why);
        return call.invalid(call.name(), errors.into_vec());
    }
    let spec = Path::root("spec");
    let why = "must be greater than or equal to 0";
    errors.invalid(&spec.child("replicas"), replicas, why);
    Status::invalid("autoscaling", "Scale", call.name(), errors.into_vec()).into()
}

fn shown(call: &Call, scale: &Value) -> Answer {
    let shaped = call.presenter().shaped_scale(scale);
    call.answer_other(200, shaped.as_ref().unwrap_or(scale))
}
