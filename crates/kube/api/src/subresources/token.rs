//! Tokens of service accounts: made by whoever keeps the cluster's users, bound to a pod that runs, a secret or a node that is there.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_auth::{Bound, TokenRefused, TokenRequest};
use wharf_kube_model::{
    Resource,
    apply::{self, Writer},
    status::Status,
    view::text_at,
};

use crate::{
    answer::{Answer, Fault},
    body::Expected,
    call::{Call, store_fault},
    webhooks::{self, Verb},
};

const REQUEST: Expected<'_> = Expected {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
};
const DEFAULT_SECONDS: u64 = 3600;
const LEAST_SECONDS: u64 = 600;
/// The longest that is asked for; the token's own life is a day at most, as with EKS.
const MOST_SECONDS: u64 = 1 << 32;
const LASTS_SECONDS: u64 = 24 * 3600;
const MOST_AUDIENCES: usize = 32;

pub async fn create(call: &Call, body: &Bytes) -> Result<Answer, Fault> {
    let mut request = call.decode_other(body, REQUEST)?;
    own(call, &mut request)?;
    let account = call.value(&call.read().await?)?;
    let (verb, name) = (Verb::Create, call.name());
    webhooks::admit_other(call, verb, "token", name, REQUEST, &mut request, None).await?;
    let spec = &request["spec"];
    let seconds = spec["expirationSeconds"]
        .as_u64()
        .unwrap_or(DEFAULT_SECONDS);
    let invalid = |field: &str, value: Value, why: &str| {
        let mut errors = wharf_kube_model::field::Errors::new();
        let spec = wharf_kube_model::field::Path::root("spec");
        errors.invalid(&spec.child(field), value, why);
        let status = Status::invalid(
            "authentication.k8s.io",
            "TokenRequest",
            "",
            errors.into_vec(),
        );
        Err(status.into())
    };
    if seconds < LEAST_SECONDS {
        return invalid(
            "expirationSeconds",
            seconds.into(),
            "may not specify a duration less than 10 minutes",
        );
    }
    if seconds > MOST_SECONDS {
        return invalid(
            "expirationSeconds",
            seconds.into(),
            "may not specify a duration larger than 2^32 seconds",
        );
    }
    let audiences = spec["audiences"].as_array().into_iter().flatten();
    let audiences: Vec<String> = audiences
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if audiences.len() > MOST_AUDIENCES {
        return invalid("audiences", audiences.len().into(), "too many audiences");
    }
    let (bound, node) = bound_to(call, &spec["boundObjectRef"]).await?;
    if let Some(own) = call.user.as_node() {
        let is_own = node.as_ref().is_some_and(|(name, _)| name == own);
        let reference = &request["spec"]["boundObjectRef"];
        let why = if text_at(reference, &["kind"]) != "Pod" {
            Some("node requested token not bound to a pod")
        } else if text_at(reference, &["uid"]).is_empty() {
            Some("node requested token with a pod binding without a uid")
        } else if !is_own {
            Some("node requested token bound to a pod scheduled on a different node")
        } else {
            None
        };
        if let Some(why) = why {
            return Err(call.forbidden(call.name(), why));
        }
    }
    let wanted = TokenRequest {
        namespace: call.namespace().unwrap_or_default().to_owned(),
        account: call.name().to_owned(),
        account_uid: text_at(&account, &["metadata", "uid"]).to_owned(),
        audiences,
        life_seconds: seconds.min(LASTS_SECONDS),
        bound,
        node,
    };
    let issued = call.cluster.parts.tokens.issue(&wanted).await;
    let issued = issued.map_err(|error| match error {
        TokenRefused::Invalid(text) => Status::bad_request(text),
        TokenRefused::Unavailable => Status::unavailable(error.to_string()),
    })?;
    for (name, value) in [
        ("name", call.name().to_owned()),
        ("namespace", wanted.namespace),
        ("creationTimestamp", call.now.iso8601_seconds()),
    ] {
        request["metadata"][name] = value.into();
    }
    request["spec"]["audiences"] = json!(issued.audiences);
    request["spec"]["expirationSeconds"] = wanted.life_seconds.into();
    request["status"] = json!({
        "token": issued.token,
        "expirationTimestamp": issued.expires.iso8601_seconds(),
    });
    Ok(call.answer_other(201, &request))
}

/// Whoever asks owns the question, though it is stored nowhere. Of its metadata nothing else is taken.
fn own(call: &Call, request: &mut Value) -> Result<(), Fault> {
    request["metadata"] = json!({});
    let (group, version) = (REQUEST.group, REQUEST.version);
    let schema = call.catalog.schema(&REQUEST.api_version(), REQUEST.kind);
    let Some(schema) = schema else { return Ok(()) };
    let resource = Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: REQUEST.kind.to_owned(),
        schema: schema.clone(),
        ..Resource::clone(&call.resource)
    };
    let (manager, now) = (call.manager()?, call.now.iso8601_seconds());
    let writer = Writer {
        resource: &resource,
        subresource: Some("token"),
        manager: &manager,
        now: &now,
    };
    apply::update(writer, None, request);
    Ok(())
}

/// What a token is bound to, if anything, and the node of a pod.
async fn bound_to(
    call: &Call,
    reference: &Value,
) -> Result<(Option<Bound>, Option<(String, String)>), Fault> {
    if !reference.is_object() {
        return Ok((None, None));
    }
    let (kind, name) = (text_at(reference, &["kind"]), text_at(reference, &["name"]));
    let (plural, namespace) = match (text_at(reference, &["apiVersion"]), kind) {
        ("v1" | "", "Pod") => ("pods", call.namespace()),
        ("v1" | "", "Secret") => ("secrets", call.namespace()),
        ("v1" | "", "Node") => ("nodes", None),
        _ => {
            let text = format!(
                "cannot bind token for serviceaccount \"{}\" to object kind {kind}",
                call.name()
            );
            return Err(Status::bad_request(text).into());
        }
    };
    let object = named(call, plural, namespace, name).await?;
    let object = object.ok_or_else(|| Status::not_found("", plural, name))?;
    let uid = text_at(&object, &["metadata", "uid"]).to_owned();
    let wanted = text_at(reference, &["uid"]);
    if !wanted.is_empty() && wanted != uid {
        let why = format!(
            "the UID in the bound object reference ({wanted}) does not match the UID in record. The object might have been deleted and then recreated"
        );
        // Upstream names the kind here, not the resource.
        return Err(Status::conflict("", kind, name, &why).into());
    }
    let mut node = None;
    if kind == "Pod" {
        let account = text_at(&object, &["spec", "serviceAccountName"]);
        if account != call.name() {
            let text = format!(
                "cannot bind token for serviceaccount \"{}\" to pod running with different serviceaccount name.",
                call.name()
            );
            return Err(Status::bad_request(text).into());
        }
        let on = text_at(&object, &["spec", "nodeName"]);
        if let Some(found) = named(call, "nodes", None, on).await? {
            node = Some((
                on.to_owned(),
                text_at(&found, &["metadata", "uid"]).to_owned(),
            ));
        }
    }
    let bound = Bound {
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid,
    };
    Ok((Some(bound), node))
}

async fn named(
    call: &Call,
    plural: &str,
    namespace: Option<&str>,
    name: &str,
) -> Result<Option<Arc<Value>>, Fault> {
    if name.is_empty() {
        return Ok(None);
    }
    call.cluster
        .core_object(plural, namespace, name)
        .await
        .map_err(store_fault)
}
