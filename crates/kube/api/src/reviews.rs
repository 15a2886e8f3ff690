//! Reviews: questions in the form of objects, answered at once and stored nowhere.

mod selectors;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_auth::{Attributes, Decision, PolicyRule, UNKNOWN_TOKEN, Unauthenticated, UserInfo};
use wharf_kube_model::{
    Resource,
    field::{Errors, Path},
    status::Status,
    validate,
    view::text_at,
};

use self::selectors::Selectors;
use crate::{
    answer::{Answer, Fault},
    call::Call,
    creating,
    writing::own,
};

const AUTHENTICATION: &str = "authentication.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";

pub fn is_review(resource: &Resource) -> bool {
    [AUTHENTICATION, AUTHORIZATION].contains(&resource.group.as_str())
}

pub async fn create(call: &Call, body: &Bytes) -> Result<Answer, Fault> {
    let mut review = call.decode(body)?;
    creating::place(call, &mut review)?;
    // Whoever asks owns the question, though it is stored nowhere.
    own(call, "", None, &mut review)?;
    let status = match call.resource.plural.as_str() {
        "tokenreviews" => token(call, &review["spec"]).await?,
        "selfsubjectreviews" => {
            // Upstream answers these two with another object than the question.
            review["metadata"] = json!({"creationTimestamp": call.now.iso8601_seconds()});
            json!({"userInfo": shown(&call.user)})
        }
        "selfsubjectrulesreviews" => {
            let namespace = text_at(&review, &["spec", "namespace"]);
            if namespace.is_empty() {
                return Err(Status::bad_request("no namespace on request").into());
            }
            let status = rules(call, namespace).await;
            review["spec"] = json!({});
            review["metadata"] = json!({});
            status
        }
        _ => access(call, &review["spec"]).await?,
    };
    review["status"] = status;
    call.answer_value(201, &review)
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn shown(user: &UserInfo) -> Value {
    let mut shown = json!({"username": user.name});
    if !user.uid.is_empty() {
        shown["uid"] = user.uid.clone().into();
    }
    if !user.groups.is_empty() {
        shown["groups"] = json!(user.groups);
    }
    if !user.extra.is_empty() {
        shown["extra"] = json!(user.extra);
    }
    shown
}

async fn token(call: &Call, spec: &Value) -> Result<Value, Fault> {
    let token = text_at(spec, &["token"]);
    if token.is_empty() {
        return Err(
            Status::bad_request("token is required for TokenReview in authentication").into(),
        );
    }
    let audiences = texts(&spec["audiences"]);
    match call.cluster.parts.tokens.review(token, &audiences).await {
        Ok((user, audiences)) => Ok(json!({
            "authenticated": true,
            "user": shown(&user),
            "audiences": audiences,
        })),
        Err(Unauthenticated::TooMany) => {
            Err(Status::too_many_requests("too many token reviews", 1).into())
        }
        Err(Unauthenticated::Refused(why)) => {
            let error = match why.as_str() {
                UNKNOWN_TOKEN => why,
                why => format!("[{UNKNOWN_TOKEN}, {why}]"),
            };
            Ok(json!({"user": {}, "error": error}))
        }
        Err(Unauthenticated::MayNotImpersonate { .. }) => Ok(json!({"user": {}})),
    }
}

fn is_about_oneself(call: &Call) -> bool {
    call.resource.plural == "selfsubjectaccessreviews"
}

/// The user that a review is about: of a SubjectAccessReview somebody else.
fn subject(call: &Call, spec: &Value) -> UserInfo {
    if is_about_oneself(call) {
        return call.user.clone();
    }
    UserInfo {
        name: text_at(spec, &["user"]).to_owned(),
        uid: text_at(spec, &["uid"]).to_owned(),
        groups: texts(&spec["groups"]),
        extra: spec["extra"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, values)| (key.clone(), texts(values)))
            .collect(),
    }
}

/// What is wrong with a question about access, in upstream's words and order.
fn errors_of(call: &Call, user: &UserInfo, spec: &Value) -> Errors {
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let mut errors = Errors::new();
    let root = Path::root("spec");
    let (of_resource, of_path) = (
        root.child("resourceAttributes"),
        root.child("nonResourceAttributes"),
    );
    match (resource.is_object(), path.is_object()) {
        (true, true) => {
            let why = "cannot be specified in combination with resourceAttributes";
            errors.invalid(&of_path, path.clone(), why);
        }
        (false, false) => {
            let why =
                "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            errors.invalid(&of_resource, Value::Null, why);
        }
        _ => {}
    }
    if !is_about_oneself(call) && user.name.is_empty() && user.groups.is_empty() {
        let why = "at least one of user or group must be specified";
        errors.invalid(&root.child("user"), "", why);
    }
    errors.extend(validate::review(spec));
    if let Some(namespace) = call.namespace() {
        let named = text_at(resource, &["namespace"]);
        if resource.is_object() && named != namespace {
            let why = "must match metadata.namespace";
            errors.invalid(&of_resource.child("namespace"), named, why);
        }
        if path.is_object() {
            let why = "disallowed on this kind of request";
            errors.invalid(&of_path, path.clone(), why);
        }
    }
    errors
}

/// What a request for this would be authorised for, and what of its selectors had no effect.
fn of_resource(given: &Value) -> (Attributes, Vec<String>) {
    let text = |name: &str| text_at(given, &[name]).to_owned();
    let Selectors {
        fields,
        labels,
        faults,
    } = Selectors::of(given);
    let asked = Attributes {
        verb: text("verb"),
        group: text("group"),
        version: text("version"),
        resource: text("resource"),
        subresource: text("subresource"),
        namespace: text("namespace"),
        name: text("name"),
        path: String::new(),
        field_selector: fields,
        label_selector: labels,
    };
    (asked, faults)
}

async fn access(call: &Call, spec: &Value) -> Result<Value, Fault> {
    let user = subject(call, spec);
    let errors = errors_of(call, &user, spec);
    if !errors.is_empty() {
        // Which kind of review it is, upstream forgets to say.
        return Err(Status::invalid(call.group(), "", "", errors.into_vec()).into());
    }
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let (asked, faults) = match resource.is_object() {
        true => of_resource(resource),
        false => {
            let text = |name: &str| text_at(path, &[name]).to_owned();
            let asked = Attributes {
                verb: text("verb"),
                path: text("path"),
                ..Attributes::default()
            };
            (asked, Vec::new())
        }
    };
    let decision = call.cluster.parts.authorizer.authorize(&user, &asked).await;
    let mut status = json!({"allowed": decision.allows()});
    if matches!(decision, Decision::Deny(_)) {
        status["denied"] = true.into();
    }
    if !decision.reason().is_empty() {
        status["reason"] = decision.reason().into();
    }
    if !faults.is_empty() {
        status["evaluationError"] = faults.join("; ").into();
    }
    Ok(status)
}

async fn rules(call: &Call, namespace: &str) -> Value {
    let rules = call
        .cluster
        .parts
        .authorizer
        .rules(&call.user, namespace)
        .await;
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    for rule in &rules.rules {
        let PolicyRule {
            verbs,
            groups,
            resources: of,
            names,
            paths: urls,
        } = rule;
        if !of.is_empty() {
            let mut shown = json!({"verbs": verbs, "apiGroups": groups, "resources": of});
            if !names.is_empty() {
                shown["resourceNames"] = json!(names);
            }
            resources.push(shown);
        }
        if !urls.is_empty() {
            paths.push(json!({"verbs": verbs, "nonResourceURLs": urls}));
        }
    }
    let mut status = json!({
        "resourceRules": resources,
        "nonResourceRules": paths,
        "incomplete": rules.incomplete,
    });
    if !rules.error.is_empty() {
        status["evaluationError"] = rules.error.into();
    }
    status
}

#[cfg(test)]
mod tests {
    use wharf_kube_auth::node::{Graph, authorize};

    use super::*;

    /// A node may list its own pods, which is a matter of the selector alone.
    #[test]
    fn a_review_is_of_a_list_as_narrow_as_the_request() {
        let node = UserInfo::authenticated("system:node:n", &["system:nodes"]);
        let requirement =
            |it: &str| json!({"key": "spec.nodeName", "operator": "In", "values": [it]});
        for (selector, allowed) in [
            (Value::Null, false),
            (json!({"rawSelector": "spec.nodeName=n"}), true),
            (json!({"rawSelector": "spec.nodeName=m"}), false),
            (json!({"rawSelector": "spec.nodeName=n,x"}), false),
            (json!({"requirements": [requirement("n")]}), true),
            (json!({"requirements": [requirement("m")]}), false),
        ] {
            let (asked, _) = of_resource(
                &json!({"verb": "list", "version": "v1", "resource": "pods", "fieldSelector": selector}),
            );
            let found = authorize(&Graph::default(), &node, &asked);
            assert_eq!(found.allows(), allowed, "{selector}");
        }
    }
}
