//! Certificate signing requests: who asks is whoever sent it, and who approves or signs must be allowed that for the signer.

use serde_json::{Value, json};
use wharf_kube_auth::{Attributes, UserInfo};
use wharf_kube_model::view::text_at;

use super::Operation;
use crate::{answer::Fault, call::Call};

const GROUP: &str = "certificates.k8s.io";

pub async fn check(
    call: &Call,
    operation: Operation<'_>,
    object: &mut Value,
    live: Option<&Value>,
) -> Result<(), Fault> {
    if call.group() != GROUP || call.resource.plural != "certificatesigningrequests" {
        return Ok(());
    }
    match operation {
        Operation::Create => {
            sent_by(object, &call.user);
            Ok(())
        }
        Operation::Update { subresource } => {
            let verb = match subresource {
                "approval" => "approve",
                "status" if live.is_some_and(|live| signs(object, live)) => "sign",
                _ => return Ok(()),
            };
            let live = live.unwrap_or(object);
            may(call, verb, text_at(live, &["spec", "signerName"])).await
        }
        Operation::Delete => Ok(()),
    }
}

/// Whatever the request says of it.
fn sent_by(request: &mut Value, user: &UserInfo) {
    if !request["spec"].is_object() {
        request["spec"] = json!({});
    }
    let spec = &mut request["spec"];
    spec["username"] = user.name.clone().into();
    spec["groups"] = json!(user.groups);
    spec["uid"] = user.uid.clone().into();
    spec["extra"] = json!(user.extra);
    if let Some(spec) = spec.as_object_mut() {
        spec.retain(|name, value| {
            let is_empty = value == "" || *value == json!({}) || *value == json!([]);
            !(["uid", "extra", "groups"].contains(&name.as_str()) && is_empty)
        });
    }
}

/// Whether a change of the status is a signer's: it issues the certificate or gives up.
fn signs(new: &Value, live: &Value) -> bool {
    let failed = |it: &Value| {
        let conditions = it["status"]["conditions"].as_array().into_iter().flatten();
        conditions.filter(|it| it["type"] == "Failed").count()
    };
    new["status"].get("certificate") != live["status"].get("certificate")
        || failed(new) != failed(live)
}

/// For one signer, or for all of its domain.
async fn may(call: &Call, verb: &str, signer: &str) -> Result<(), Fault> {
    let domain = signer
        .split_once('/')
        .map(|(domain, _)| format!("{domain}/*"));
    for name in [Some(signer.to_owned()), domain].into_iter().flatten() {
        let asked = Attributes {
            verb: verb.to_owned(),
            group: GROUP.to_owned(),
            version: "v1".to_owned(),
            resource: "signers".to_owned(),
            name,
            ..Attributes::default()
        };
        if call
            .cluster
            .parts
            .authorizer
            .authorize(&call.user, &asked)
            .await
            .allows()
        {
            return Ok(());
        }
    }
    let why = format!("user not permitted to {verb} requests with signerName \"{signer}\"");
    Err(call.forbidden(call.name(), &why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_does_not_say_who_sent_it() {
        let mut request = json!({"spec": {
            "username": "system:node:x", "groups": ["system:masters"], "uid": "1", "extra": {"a": ["b"]}, "request": "x",
        }});
        sent_by(&mut request, &UserInfo::authenticated("jane", &["dev"]));
        assert_eq!(
            request["spec"],
            json!({"username": "jane", "groups": ["dev", "system:authenticated"], "request": "x"})
        );
    }

    #[test]
    fn a_certificate_is_a_signers_and_so_is_giving_up() {
        let live = json!({"status": {"conditions": [{"type": "Approved"}]}});
        for (new, expected) in [
            (live.clone(), false),
            (json!({"status": {"certificate": "x"}}), true),
            (
                json!({"status": {"conditions": [{"type": "Approved"}, {"type": "Failed"}]}}),
                true,
            ),
        ] {
            assert_eq!(signs(&new, &live), expected, "{new}");
        }
    }
}
