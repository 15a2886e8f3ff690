//! What a session or a proxied request is asked for with, as admission webhooks see it.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_kube_model::status::Status;

use crate::{
    answer::Fault,
    body::Expected,
    call::Call,
    webhooks::{self, Verb},
};

/// How long webhooks may take together.
const TAKES: Duration = Duration::from_secs(60);

/// Asks the webhooks about a connection. Logs are read, which is none.
pub async fn admit(call: &Call, subresource: &str) -> Result<(), Fault> {
    let Some(kind) = call.resource.subresource(subresource) else {
        return Ok(());
    };
    if subresource == "log" {
        return Ok(());
    }
    let kind = Expected {
        group: &kind.group,
        version: &kind.version,
        kind: &kind.kind,
    };
    let asked_for = options(call, subresource, kind);
    let mut object = asked_for.clone();
    let asked = webhooks::admit_other(
        call,
        Verb::Connect,
        subresource,
        call.name(),
        kind,
        &mut object,
        None,
    );
    let asked = tokio::time::timeout(TAKES, asked).await;
    let text = "request did not complete within the allotted timeout";
    asked.unwrap_or_else(|_| Err(Status::timeout(text, 0).into()))?;
    // What is passed on is the request as it came, so a change must not seem to be one.
    match object == asked_for {
        true => Ok(()),
        false => {
            let text = "an admission webhook changed the options of a connection, which this server does not support";
            Err(Status::internal(text).into())
        }
    }
}

fn options(call: &Call, subresource: &str, kind: Expected<'_>) -> Value {
    let query = &call.query;
    let mut options = json!({"kind": kind.kind, "apiVersion": kind.api_version()});
    match subresource {
        "exec" | "attach" => {
            for name in ["stdin", "stdout", "stderr", "tty"] {
                if query.is_set(name) {
                    options[name] = true.into();
                }
            }
            if let Some(container) = query.get("container") {
                options["container"] = container.into();
            }
            let command: Vec<&str> = query.all("command").collect();
            if subresource == "exec" {
                options["command"] = json!(command);
            }
        }
        "portforward" => {
            let ports = query.all("ports").filter_map(|it| it.parse::<u16>().ok());
            options["ports"] = ports.collect::<Vec<_>>().into();
        }
        _ => options["path"] = format!("/{}", call.asked.rest).into(),
    }
    options
}
