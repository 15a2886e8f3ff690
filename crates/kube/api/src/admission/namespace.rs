//! The life of namespaces: nothing is made in one that is not there or that ends, and some never end.

use serde_json::Value;
use wharf_kube_model::{
    status::{Cause, Details, Status},
    view::text_at,
};
use wharf_store::Compare;

use crate::{
    answer::Fault,
    call::{Call, store_fault},
};

const LASTING: [&str; 3] = ["default", "kube-public", "kube-system"];

/// What must still hold of the namespace when an object is written into it.
pub async fn must_take(call: &Call, object: &Value) -> Result<Option<Compare>, Fault> {
    let Some(namespace) = call.namespace() else {
        return Ok(None);
    };
    let found = call.cluster.object("", "namespaces", None, namespace).await;
    let found = found.map_err(store_fault)?;
    let (stored, value) = found.ok_or_else(|| Status::not_found("", "namespaces", namespace))?;
    if value["metadata"]["deletionTimestamp"].is_string() {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let name = text_at(object, &["metadata", "name"]);
        let mut fault = call.forbidden(name, &why);
        let details = fault.details.get_or_insert_with(Details::default);
        details.causes.push(Cause {
            reason: "NamespaceTerminating".to_owned(),
            message: format!("namespace {namespace} is being terminated"),
            field: "metadata.namespace".to_owned(),
        });
        return Err(fault);
    }
    let keys = &call.cluster.objects.keys;
    let key = keys.object("", "namespaces", None, namespace);
    Ok(Some(Compare::mod_revision(key, stored.revision)))
}

pub fn may_go(call: &Call, name: &str) -> Result<(), Fault> {
    let is_namespace = call.group().is_empty() && call.resource.plural == "namespaces";
    if is_namespace && LASTING.contains(&name) {
        return Err(call.forbidden(name, "this namespace may not be deleted"));
    }
    Ok(())
}
