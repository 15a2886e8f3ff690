//! Reviews: questions in the form of objects, answered at once and stored nowhere.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_auth::{Attributes, Decision, PolicyRule, UNKNOWN_TOKEN, Unauthenticated, UserInfo};
use wharf_kube_model::{Resource, status::Status, view::text_at};

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

/// The user that a review is about: of a SubjectAccessReview somebody else.
fn subject(call: &Call, spec: &Value) -> Result<UserInfo, Fault> {
    if call.resource.plural == "selfsubjectaccessreviews" {
        return Ok(call.user.clone());
    }
    let user = UserInfo {
        name: text_at(spec, &["user"]).to_owned(),
        uid: text_at(spec, &["uid"]).to_owned(),
        groups: texts(&spec["groups"]),
        extra: spec["extra"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, values)| (key.clone(), texts(values)))
            .collect(),
    };
    if user.name.is_empty() && user.groups.is_empty() {
        let text = "at least one of user or group must be specified";
        return Err(invalid(call, "user", json!(""), text));
    }
    Ok(user)
}

/// Which kind of review it is, upstream forgets to say.
fn invalid(call: &Call, field: &str, value: Value, why: &str) -> Fault {
    let mut errors = wharf_kube_model::field::Errors::new();
    let spec = wharf_kube_model::field::Path::root("spec");
    errors.invalid(&spec.child(field), value, why);
    Status::invalid(call.group(), "", "", errors.into_vec()).into()
}

async fn access(call: &Call, spec: &Value) -> Result<Value, Fault> {
    let user = subject(call, spec)?;
    let (of_resource, of_path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let text = |value: &Value, name: &str| text_at(value, &[name]).to_owned();
    let asked = match (of_resource.is_object(), of_path.is_object()) {
        (true, false) => Attributes {
            verb: text(of_resource, "verb"),
            group: text(of_resource, "group"),
            version: text(of_resource, "version"),
            resource: text(of_resource, "resource"),
            subresource: text(of_resource, "subresource"),
            namespace: text(of_resource, "namespace"),
            name: text(of_resource, "name"),
            ..Attributes::default()
        },
        (false, true) => Attributes {
            verb: text(of_path, "verb"),
            path: text(of_path, "path"),
            ..Attributes::default()
        },
        (true, true) => {
            let why = "cannot be specified in combination with resourceAttributes";
            let given = of_path.clone();
            return Err(invalid(call, "nonResourceAttributes", given, why));
        }
        (false, false) => {
            let why =
                "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            return Err(invalid(call, "resourceAttributes", Value::Null, why));
        }
    };
    if call.namespace().is_some_and(|it| it != asked.namespace) {
        let why = "must match metadata.namespace";
        let given = asked.namespace.into();
        return Err(invalid(call, "resourceAttributes.namespace", given, why));
    }
    let decision = call.cluster.parts.authorizer.authorize(&user, &asked).await;
    let mut status = json!({"allowed": decision.allows()});
    if matches!(decision, Decision::Deny(_)) {
        status["denied"] = true.into();
    }
    if !decision.reason().is_empty() {
        status["reason"] = decision.reason().into();
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
