//! Scale: how many, as a kind of its own over any object that counts copies.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_model::{selector::Labels, status::Status, view::text_at};

use crate::{
    answer::{Answer, Fault},
    body::Expected,
    call::Call,
    patching::{Kind, Patch},
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
        let object = call.value(&call.read().await?)?;
        return Ok(call.answer_other(200, &scale_of(call, &paths, &object)));
    }
    let patch = match verb {
        "patch" => Some(Patch::parse(call, body)?),
        _ => None,
    };
    if patch.as_ref().is_some_and(|it| it.kind == Kind::Apply) {
        let text = "server-side apply to the scale subresource is not supported by this server yet";
        return Err(Status::bad_request(text).into());
    }
    let given = match &patch {
        Some(_) => None,
        None => Some(call.decode_other(body, SCALE)?),
    };
    let next = |live: &Value| {
        let scale = match (&patch, &given) {
            (Some(patch), _) => {
                let mut patched = patch.applied_to_other(&scale_of(call, &paths, live))?;
                call.conform_other(&mut patched, SCALE)?;
                patched
            }
            (None, Some(given)) => given.clone(),
            (None, None) => Value::Null,
        };
        let replicas = &scale["spec"]["replicas"];
        let replicas = match replicas {
            Value::Null => 0,
            other => other.as_i64().unwrap_or(-1),
        };
        if !(0..=i64::from(i32::MAX)).contains(&replicas) {
            let mut errors = wharf_kube_model::field::Errors::new();
            let spec = wharf_kube_model::field::Path::root("spec");
            let path = spec.child("replicas");
            errors.invalid(&path, replicas, "must be greater than or equal to 0");
            let name = call.name();
            let status = Status::invalid("autoscaling", "Scale", name, errors.into_vec());
            return Err(status.into());
        }
        let mut new = live.clone();
        set(&mut new, &paths.spec, replicas.into());
        let version = text_at(&scale, &["metadata", "resourceVersion"]);
        new["metadata"]["resourceVersion"] = version.into();
        Ok(Next::Update(new))
    };
    let plan = Plan {
        subresource: "scale",
        retries: true,
    };
    let changed = match writing::change(call, plan, next).await? {
        Changed::Stored(object) => call.value(&object)?,
        Changed::Tried(value) | Changed::Removed(value) => value,
    };
    Ok(call.answer_other(200, &scale_of(call, &paths, &changed)))
}
