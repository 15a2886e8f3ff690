//! `actions.NAME`: what an annotation says should become of requests.

use serde_json::Value;
use wharf_kube_client::Object as _;

use super::{Making, PREFIX};
use crate::{
    annotations::{Annotations, Refused, refused},
    endpoints::PortRef,
    stack::{Action, BY_NAME},
};

/// Of one action, as load balancing bounds them.
const MOST_GROUPS: usize = 5;
/// By which of them an action names a target group of a user.
const GROUP_NAMES: [&str; 2] = ["/targetGroupARN", "/targetGroupName"];

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
        let tuples = given.list("/forwardConfig/targetGroups");
        // The short form: the one group of the action.
        let is_short = GROUP_NAMES.iter().any(|at| !given.at(at).is_null());
        if is_short && !given.at("/forwardConfig").is_null() {
            return refused(format!(
                "{PREFIX}{note}: precisely one of targetGroupARN, targetGroupName and forwardConfig can be specified"
            ));
        }
        let tuples = match is_short {
            true => std::slice::from_ref(given),
            false => tuples,
        };
        if tuples.is_empty() || tuples.len() > MOST_GROUPS {
            return refused(format!(
                "{PREFIX}{note}: forwardConfig.targetGroups must have 1 to {MOST_GROUPS} entries"
            ));
        }
        let mut groups = Vec::new();
        for tuple in tuples {
            let weight = match tuple.at("/weight") {
                Value::Null => 1,
                weight => match weight.as_i64().and_then(|it| i32::try_from(it).ok()) {
                    Some(weight) if (0..1000).contains(&weight) => weight,
                    _ => return refused(format!("{PREFIX}{note}: a weight must be from 0 to 999")),
                },
            };
            let group = match of_users(note, tuple)? {
                Some(group) => group,
                None => self.of_service(ingress, note, tuple)?,
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

    fn of_service(
        &mut self,
        ingress: &Value,
        note: &str,
        tuple: &Value,
    ) -> Result<String, Refused> {
        let service = tuple.text("/serviceName");
        let port = match tuple.at("/servicePort") {
            Value::Number(number) => PortRef::Number(number.as_i64().unwrap_or_default()),
            other => PortRef::of_text(other.as_str().unwrap_or_default()),
        };
        match self.group(ingress, service, &port)? {
            Some(group) => Ok(group),
            None => refused(format!(
                "{PREFIX}{note}: the Service {service} has no such port, or does not exist"
            )),
        }
    }
}

/// The target group that a user made and the action names; `None` where it names a Service.
fn of_users(note: &str, tuple: &Value) -> Result<Option<String>, Refused> {
    let [arn, name] = GROUP_NAMES.map(|at| tuple.at(at));
    let service = tuple.at("/serviceName");
    let given = [arn, name, service].into_iter();
    if given.filter(|it| !it.is_null()).count() > 1 {
        return refused(format!(
            "{PREFIX}{note}: precisely one of targetGroupARN, targetGroupName and serviceName can be specified"
        ));
    }
    if name.is_null() && arn.is_null() {
        return Ok(None);
    }
    let group = match (arn.as_str(), name.as_str()) {
        (Some(arn), _) => Some(arn.to_owned()).filter(|it| it.starts_with("arn:")),
        (_, Some(name)) => Some(format!("{BY_NAME}{name}")).filter(|_| !name.is_empty()),
        _ => None,
    };
    match group {
        Some(group) => Ok(Some(group)),
        None => refused(format!(
            "{PREFIX}{note}: targetGroupARN must be an ARN, and targetGroupName a name"
        )),
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
