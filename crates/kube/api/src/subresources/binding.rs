//! Binding: the node of a pod, said once.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_model::{
    field::{Errors, Path},
    status::Status,
    view::text_at,
};

use crate::{
    admission::{label_by_node, node_named, not_for_others_than_fargate},
    answer::{Answer, Fault},
    body::Expected,
    call::Call,
    request::Asked,
    webhooks::{self, Verb},
    writing::{self, Next, Plan},
};

/// Who gives machines of Fargate their pods.
const FARGATE_SCHEDULER: &str = "eks:fargate-scheduler";

const BINDING: Expected<'_> = Expected {
    group: "",
    version: "v1",
    kind: "Binding",
};

/// Of `pods/NAME/binding`, and of the resource `bindings`, whose body names the pod.
pub async fn bind(call: &Call, body: &Bytes) -> Result<Answer, Fault> {
    let mut binding = call.decode_other(body, BINDING)?;
    let named = text_at(&binding, &["metadata", "name"]);
    let name = match call.asked.name.as_deref() {
        Some(name) if !named.is_empty() && name != named => {
            return Err(
                Status::bad_request("name in URL does not match name in Binding object").into(),
            );
        }
        Some(name) => name.to_owned(),
        None => named.to_owned(),
    };
    let subresource = call.asked.subresource.as_deref().unwrap_or_default();
    let asked = text_at(&binding, &["target", "name"]).to_owned();
    let mut found = node_named(call, &asked).await?;
    if let Some(node) = &found {
        label_by_node(&mut binding, node);
    }
    webhooks::admit_other(
        call,
        Verb::Create,
        subresource,
        &name,
        BINDING,
        &mut binding,
        None,
    )
    .await?;
    let node = text_at(&binding, &["target", "name"]);
    let kind = text_at(&binding, &["target", "kind"]);
    let (mut errors, target) = (Errors::new(), Path::root("target"));
    if !["", "Node"].contains(&kind) {
        errors.not_supported(&target.child("kind"), kind, &["Node", "<empty>"]);
    }
    if node.is_empty() {
        errors.required(&target.child("name"), "");
    }
    let errors = errors.into_vec();
    if !errors.is_empty() {
        return Err(Status::invalid("", BINDING.kind, &name, errors).into());
    }
    if node != asked {
        found = node_named(call, node).await?;
    }
    if call.user.name != FARGATE_SCHEDULER
        && let Some(why) = found.as_deref().and_then(not_for_others_than_fargate)
    {
        return Err(Status::conflict("", "pods/binding", &name, &why).into());
    }
    let pods = call.catalog.resource("", "v1", "pods").cloned();
    let pods = pods.ok_or_else(Status::no_such_page)?;
    let of_pod = Call {
        cluster: call.cluster.clone(),
        catalog: call.catalog.clone(),
        resource: pods,
        asked: Asked {
            name: Some(name.clone()),
            ..call.asked.clone()
        },
        query: call.query.clone(),
        user: call.user.clone(),
        headers: call.headers.clone(),
        form: call.form,
        now: call.now,
        warnings: Default::default(),
        notes: call.notes.clone(),
        running: call.running.clone(),
    };
    let now = call.now.iso8601_seconds();
    let uid = text_at(&binding, &["metadata", "uid"]);
    let next = |live: &Value| {
        let refuse = |why: String| Err(Status::conflict("", "pods/binding", &name, &why).into());
        let own_uid = text_at(live, &["metadata", "uid"]);
        if !uid.is_empty() && uid != own_uid {
            return refuse(format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {own_uid}"
            ));
        }
        if live["metadata"]["deletionTimestamp"].is_string() {
            return refuse(format!(
                "pod {name} is being deleted, cannot be assigned to a host"
            ));
        }
        let assigned = text_at(live, &["spec", "nodeName"]);
        if !assigned.is_empty() {
            return refuse(format!(
                "pod {name} is already assigned to node \"{assigned}\""
            ));
        }
        if live["spec"]["schedulingGates"]
            .as_array()
            .is_some_and(|it| !it.is_empty())
        {
            return refuse(format!("pod {name} has non-empty .spec.schedulingGates"));
        }
        let mut new = live.clone();
        new["spec"]["nodeName"] = node.into();
        for part in ["annotations", "labels"] {
            for (key, value) in binding["metadata"][part].as_object().into_iter().flatten() {
                new["metadata"][part][key] = value.clone();
            }
        }
        scheduled(&mut new, &now);
        // Since 1.35: what was promised is had.
        if let Some(status) = new["status"].as_object_mut() {
            status.shift_remove("nominatedNodeName");
        }
        Ok(Next::Update(new))
    };
    let plan = Plan {
        subresource: writing::BINDING,
        retries: true,
    };
    writing::change(&of_pod, plan, next).await?;
    let mut status = Status::deleted("", "", "", "");
    status.code = 201;
    status.details = None;
    Ok(call.answer_other(201, &status.to_value()))
}

/// Sets the condition that the pod has a node.
fn scheduled(pod: &mut Value, now: &str) {
    let condition = json!({
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": now,
    });
    if !pod["status"]["conditions"].is_array() {
        pod["status"]["conditions"] = json!([]);
    }
    let Some(conditions) = pod["status"]["conditions"].as_array_mut() else {
        return;
    };
    match conditions
        .iter_mut()
        .find(|it| it["type"] == "PodScheduled")
    {
        Some(own) if own["status"] == "True" => {}
        Some(own) => *own = condition,
        None => conditions.push(condition),
    }
}
