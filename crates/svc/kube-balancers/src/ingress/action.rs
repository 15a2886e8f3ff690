//! `actions.NAME`: what an annotation says should become of requests.

use serde_json::Value;
use wharf_kube_client::Object as _;

use super::{Making, PREFIX};
use crate::{
    annotations::{Annotations, Refused, refused},
    endpoints::PortRef,
    stack::Action,
};

/// Of one action, as load balancing bounds them.
const MOST_GROUPS: usize = 5;

impl Making<'_> {
    /// The action that a backend with the port `use-annotation` names.
    pub(super) fn by_annotation(&mut self, ingress: &Value, name: &str) -> Result<Action, Refused> {
        let note = format!("actions.{name}");
        let Some(given) = Annotations::new(PREFIX, &[ingress]).json(&note)? else {
            return refused(format!(
                "a backend asks for the annotation {PREFIX}{note}, and there is none"
            ));
        };
        match given.text("/type") {
            "forward" => self.forward(ingress, &note, &given),
            "redirect" => redirect(&note, &given),
            "fixed-response" => fixed(&note, &given),
            other => refused(format!(
                "{PREFIX}{note}: the type {other:?} is not supported"
            )),
        }
    }

    fn forward(&mut self, ingress: &Value, note: &str, given: &Value) -> Result<Action, Refused> {
        // Groups that others made are not to be reached through an Ingress.
        let names_others = |it: &Value| {
            ["/targetGroupARN", "/targetGroupName"]
                .iter()
                .any(|at| !it.at(at).is_null())
        };
        let tuples = given.list("/forwardConfig/targetGroups");
        if names_others(given) || tuples.iter().any(names_others) {
            return refused(format!(
                "{PREFIX}{note}: target groups can be named by serviceName and servicePort only"
            ));
        }
        if tuples.is_empty() || tuples.len() > MOST_GROUPS {
            return refused(format!(
                "{PREFIX}{note}: forwardConfig.targetGroups must have 1 to {MOST_GROUPS} entries"
            ));
        }
        let mut groups = Vec::new();
        for tuple in tuples {
            let service = tuple.text("/serviceName");
            let port = match tuple.at("/servicePort") {
                Value::Number(number) => PortRef::Number(number.as_i64().unwrap_or_default()),
                other => PortRef::of_text(other.as_str().unwrap_or_default()),
            };
            let weight = match tuple.at("/weight") {
                Value::Null => 1,
                weight => match weight.as_i64().and_then(|it| i32::try_from(it).ok()) {
                    Some(weight) if (0..1000).contains(&weight) => weight,
                    _ => return refused(format!("{PREFIX}{note}: a weight must be from 0 to 999")),
                },
            };
            let Some(group) = self.group(ingress, service, &port)? else {
                return refused(format!(
                    "{PREFIX}{note}: the Service {service} has no such port, or does not exist"
                ));
            };
            groups.push((group, weight));
        }
        let config = given.at("/forwardConfig/targetGroupStickinessConfig");
        let sticky = config
            .is_true("/enabled")
            .then(|| config.integer("/durationSeconds").unwrap_or(3600));
        let sticky = sticky.and_then(|it| i32::try_from(it).ok());
        Ok(Action::Forward { groups, sticky })
    }
}

/// What load balancing makes of members that are not given.
fn redirect(note: &str, given: &Value) -> Result<Action, Refused> {
    let config = given.at("/redirectConfig");
    let or = |at: &str, default: &str| match config.text(at) {
        "" => default.to_owned(),
        given => given.to_owned(),
    };
    let status = config.text("/statusCode");
    if !matches!(status, "HTTP_301" | "HTTP_302") {
        return refused(format!(
            "{PREFIX}{note}: redirectConfig.statusCode must be HTTP_301 or HTTP_302"
        ));
    }
    Ok(Action::Redirect {
        protocol: or("/protocol", "#{protocol}"),
        port: or("/port", "#{port}"),
        host: or("/host", "#{host}"),
        path: or("/path", "/#{path}"),
        query: or("/query", "#{query}"),
        status: status.to_owned(),
    })
}

fn fixed(note: &str, given: &Value) -> Result<Action, Refused> {
    let config = given.at("/fixedResponseConfig");
    let text = |at: &str| {
        Some(config.text(at))
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    };
    let Some(status) = text("/statusCode") else {
        return refused(format!(
            "{PREFIX}{note}: fixedResponseConfig.statusCode must be a text like \"503\""
        ));
    };
    Ok(Action::Fixed {
        status,
        content_type: text("/contentType"),
        body: text("/messageBody"),
    })
}
