//! Policies of buses: statements one by one, or all at once. Pure.

use serde_json::{Map, Value, json};
use wharf_api_events::{PutPermissionRequest, faults};
use wharf_base::arn::PARTITION;
use wharf_iam::{Document, DocumentKind};
use wharf_wire::Fault;

use crate::fault;

/// Characters of a policy.
const LONGEST: usize = 10_240;

/// A policy that replaces another.
///
/// # Errors
/// It is no policy of a resource, or too long.
pub fn whole(text: &str) -> Result<String, Fault> {
    Document::parse(text, DocumentKind::Resource).map_err(|error| {
        fault::invalid(format!("Parameter Policy is not valid. Reason: {error}"))
    })?;
    bounded(text.to_owned())
}

/// The policy with the statement that a request describes; one of the same id is replaced.
///
/// # Errors
/// Something is missing; it would be too long.
pub fn with_statement(
    before: Option<&str>,
    bus_arn: &str,
    asked: &PutPermissionRequest,
) -> Result<String, Fault> {
    let said = |name: &str, value: &Option<String>| {
        let value = value.clone().filter(|it| !it.is_empty());
        value.ok_or_else(|| fault::invalid(format!("Parameter(s) {name} must be specified.")))
    };
    let id = said("StatementId", &asked.statement_id)?;
    let action = said("Action", &asked.action)?;
    let principal = said("Principal", &asked.principal)?;
    let mut statement = Map::new();
    statement.insert("Sid".to_owned(), id.clone().into());
    statement.insert("Effect".to_owned(), "Allow".into());
    let principal = match principal.as_str() {
        "*" => json!("*"),
        account => json!({ "AWS": format!("arn:{PARTITION}:iam::{account}:root") }),
    };
    statement.insert("Principal".to_owned(), principal);
    statement.insert("Action".to_owned(), action.into());
    statement.insert("Resource".to_owned(), bus_arn.into());
    if let Some(condition) = &asked.condition {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let key = json!({ text(&condition.key): text(&condition.value) });
        statement.insert(
            "Condition".to_owned(),
            json!({ text(&condition.type_): key }),
        );
    }
    let (mut policy, mut statements) = read(before);
    statements.retain(|it| it["Sid"] != id.as_str());
    statements.push(Value::Object(statement));
    policy["Statement"] = statements.into();
    whole(&policy.to_string())
}

/// The policy without a statement; `None` if nothing is left of it.
///
/// # Errors
/// There is no such statement.
pub fn without_statement(before: Option<&str>, id: &str) -> Result<Option<String>, Fault> {
    if before.is_none() {
        return Err(faults::resource_not_found_exception(
            "EventBus does not have a policy.",
        ));
    }
    let (mut policy, mut statements) = read(before);
    let count = statements.len();
    statements.retain(|it| it["Sid"] != id);
    if statements.len() == count {
        return Err(faults::resource_not_found_exception(
            "Statement with the provided id does not exist.",
        ));
    }
    if statements.is_empty() {
        return Ok(None);
    }
    policy["Statement"] = statements.into();
    Ok(Some(policy.to_string()))
}

/// A policy that was checked as it came, and its statements.
fn read(text: Option<&str>) -> (Value, Vec<Value>) {
    let policy = text.and_then(|it| serde_json::from_str::<Value>(it).ok());
    let policy = policy.unwrap_or_else(|| json!({ "Version": "2012-10-17", "Statement": [] }));
    let statements = match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    (policy, statements)
}

fn bounded(text: String) -> Result<String, Fault> {
    match text.len() > LONGEST {
        true => Err(faults::policy_length_exceeded_exception(
            "The policy is longer than 10240 characters.",
        )),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: &str, principal: &str) -> PutPermissionRequest {
        PutPermissionRequest {
            statement_id: Some(id.to_owned()),
            action: Some("events:PutEvents".to_owned()),
            principal: Some(principal.to_owned()),
            ..PutPermissionRequest::default()
        }
    }

    #[test]
    fn statements_come_and_go() {
        let bus = "arn:aws:events:us-east-1:000000000000:event-bus/b";
        let one = with_statement(None, bus, &asked("a", "111111111111")).unwrap();
        let two = with_statement(Some(&one), bus, &asked("b", "*")).unwrap();
        let again = with_statement(Some(&two), bus, &asked("b", "222222222222")).unwrap();
        assert!(again.contains("222222222222") && !again.contains(r#""Principal":"*""#));
        let left = without_statement(Some(&again), "b").unwrap().unwrap();
        assert_eq!(left, one);
        assert_eq!(without_statement(Some(&left), "a").unwrap(), None);
        assert_eq!(
            without_statement(Some(&left), "x").unwrap_err().code,
            "ResourceNotFoundException"
        );
        assert_eq!(
            without_statement(None, "x").unwrap_err().message,
            "EventBus does not have a policy."
        );
        assert!(with_statement(None, bus, &PutPermissionRequest::default()).is_err());
        assert!(whole("{").is_err());
    }
}
