//! From JSON to a [`Document`]: members, scalars or lists, nothing unknown.

use serde_json::{Map, Value};

use super::{
    ConditionElement, Document, Effect, Listed, Malformed, PrincipalElement, PrincipalType,
    Statement, Version,
};

type Object = Map<String, Value>;

pub(super) fn document(value: &Value) -> Result<Document, Malformed> {
    let members = value.as_object().ok_or(Malformed::Syntax)?;
    only(members, &["Version", "Id", "Statement"])?;
    let version = match members.get("Version").map(Value::as_str) {
        None | Some(Some("2008-10-17")) => Version::V2008,
        Some(Some("2012-10-17")) => Version::V2012,
        Some(_) => return Err(Malformed::Syntax),
    };
    if members.get("Id").is_some_and(|id| !id.is_string()) {
        return Err(Malformed::Syntax);
    }
    let statements = match members.get("Statement") {
        Some(Value::Array(list)) if !list.is_empty() => {
            list.iter().map(statement).collect::<Result<_, _>>()?
        }
        Some(single @ Value::Object(_)) => vec![statement(single)?],
        _ => return Err(Malformed::Syntax),
    };
    Ok(Document {
        version,
        statements,
    })
}

fn statement(value: &Value) -> Result<Statement, Malformed> {
    let members = value.as_object().ok_or(Malformed::Syntax)?;
    only(
        members,
        &[
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ],
    )?;
    let sid = match members.get("Sid") {
        None => None,
        Some(Value::String(sid)) => Some(sid.clone()),
        Some(_) => return Err(Malformed::Syntax),
    };
    let effect = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(Malformed::Syntax),
    };
    let principal = match one_of(members, "Principal", "NotPrincipal")? {
        None => None,
        Some((negated, value)) => Some(PrincipalElement {
            negated,
            entries: principals(value)?,
        }),
    };
    let actions = listed(members, "Action", "NotAction")?
        .filter(|actions| !actions.values.is_empty())
        .ok_or(Malformed::NoActions)?;
    let resources = listed(members, "Resource", "NotResource")?;
    let conditions = members
        .get("Condition")
        .map_or(Ok(Vec::new()), conditions)?;
    Ok(Statement {
        sid,
        effect,
        principal,
        actions,
        resources,
        conditions,
    })
}

fn only(members: &Object, known: &[&str]) -> Result<(), Malformed> {
    let all_known = members.keys().all(|name| known.contains(&name.as_str()));
    if all_known {
        Ok(())
    } else {
        Err(Malformed::Syntax)
    }
}

/// The one of two members that exclude each other, and whether it is the negated one.
fn one_of<'a>(
    members: &'a Object,
    plain: &str,
    negated: &str,
) -> Result<Option<(bool, &'a Value)>, Malformed> {
    match (members.get(plain), members.get(negated)) {
        (Some(_), Some(_)) => Err(Malformed::Syntax),
        (Some(value), None) => Ok(Some((false, value))),
        (None, Some(value)) => Ok(Some((true, value))),
        (None, None) => Ok(None),
    }
}

fn listed(members: &Object, plain: &str, negated: &str) -> Result<Option<Listed>, Malformed> {
    let Some((negated, value)) = one_of(members, plain, negated)? else {
        return Ok(None);
    };
    Ok(Some(Listed {
        negated,
        values: strings(value)?,
    }))
}

fn strings(value: &Value) -> Result<Vec<String>, Malformed> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(Malformed::Syntax);
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        single => Ok(vec![text(single)?]),
    }
}

fn principals(value: &Value) -> Result<Vec<(PrincipalType, String)>, Malformed> {
    let members = match value {
        Value::String(all) if all == "*" => {
            return Ok(vec![(PrincipalType::Everyone, all.clone())]);
        }
        Value::Object(members) if !members.is_empty() => members,
        _ => return Err(Malformed::Syntax),
    };
    let mut entries = Vec::new();
    for (kind, value) in members {
        let kind = match kind.as_str() {
            "AWS" => PrincipalType::Aws,
            "Service" => PrincipalType::Service,
            "Federated" => PrincipalType::Federated,
            "CanonicalUser" => PrincipalType::CanonicalUser,
            _ => return Err(Malformed::Syntax),
        };
        entries.extend(strings(value)?.into_iter().map(|value| (kind, value)));
    }
    Ok(entries)
}

fn conditions(value: &Value) -> Result<Vec<ConditionElement>, Malformed> {
    let mut elements = Vec::new();
    for (operator, keys) in value.as_object().ok_or(Malformed::Syntax)? {
        for (key, values) in keys.as_object().ok_or(Malformed::Syntax)? {
            let values = match values {
                Value::Array(list) => list.iter().map(condition_value).collect::<Result<_, _>>()?,
                single => vec![condition_value(single)?],
            };
            elements.push(ConditionElement {
                operator: operator.clone(),
                key: key.clone(),
                values,
            });
        }
    }
    Ok(elements)
}

/// Numbers and booleans may stand without quotes.
fn condition_value(value: &Value) -> Result<String, Malformed> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(value) => Ok(value.to_string()),
        _ => Err(Malformed::Syntax),
    }
}
