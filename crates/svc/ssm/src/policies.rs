//! The policies of a parameter: JSON in a text. Pure.
//!
//! There is Expiration alone: nobody would send the events of the other two.

use serde_json::{Map, Value};
use wharf_api_ssm::faults;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{fault, records::Expiration};

const MAX_POLICIES: usize = 10;
const EXPIRATION: &str = "Expiration";
const NOTIFICATIONS: [&str; 2] = ["ExpirationNotification", "NoChangeNotification"];

/// The policies of a request: `Some(None)` takes away those there are.
///
/// # Errors
/// AWS's text for what is none; those that are not there yet, by name.
pub fn parse(given: Option<&str>) -> Result<Option<Option<Expiration>>, Fault> {
    let Some(text) = given else {
        return Ok(None);
    };
    let refused = || fault::invalid(format!("Invalid policies input: {text}."));
    let parsed: Value = serde_json::from_str(text).map_err(|_| refused())?;
    let all = match parsed {
        Value::Array(all) => all,
        // `{}` takes them away, as `[]` and `[{}]` do.
        Value::Object(one) if one.is_empty() => Vec::new(),
        _ => return Err(refused()),
    };
    if all.len() > MAX_POLICIES {
        return Err(faults::policies_limit_exceeded_exception(format!(
            "Number of policies attached to a parameter cannot exceed {MAX_POLICIES}"
        )));
    }
    let mut found = None;
    for policy in &all {
        let policy = policy.as_object().ok_or_else(refused)?;
        if policy.is_empty() {
            continue;
        }
        let expiration = one(policy)?;
        if found.replace(expiration).is_some() {
            return Err(faults::incompatible_policy_exception(
                "There can be only one expiration policy",
            ));
        }
    }
    Ok(Some(found))
}

fn one(policy: &Map<String, Value>) -> Result<Expiration, Fault> {
    let attribute = |text: &str| faults::invalid_policy_attribute_exception(text);
    let kind = policy
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if NOTIFICATIONS.contains(&kind) {
        return Err(fault::unsupported(&format!("The parameter policy {kind}")));
    }
    if kind != EXPIRATION {
        return Err(faults::invalid_policy_type_exception(format!(
            "Policy type {kind} is not supported."
        )));
    }
    if policy.get("Version").and_then(Value::as_str) != Some("1.0") {
        return Err(attribute("Unsupported policy version."));
    }
    let attributes = policy.get("Attributes").and_then(Value::as_object);
    let attributes =
        attributes.ok_or_else(|| attribute("Mandatory policy attribute Attributes is missing."))?;
    let at = attributes.get("Timestamp").ok_or_else(|| {
        attribute("A valid Expiration policy must have an attribute of Timestamp.")
    })?;
    let at = at.as_str().and_then(Timestamp::parse_iso8601);
    Ok(Expiration {
        at: at.ok_or_else(|| attribute("Invalid timestamp format"))?,
        text: Value::Object(policy.clone()).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiration_alone_is_there() {
        let policy = |timestamp: &str| {
            format!(
                r#"{{"Type":"Expiration","Version":"1.0","Attributes":{{"Timestamp":"{timestamp}"}}}}"#
            )
        };
        let good = policy("2030-01-02T03:04:05.000Z");
        let found = parse(Some(&format!("[{good}]"))).unwrap().unwrap().unwrap();
        assert_eq!(found.text, good);
        assert_eq!(
            found.at,
            Timestamp::parse_iso8601("2030-01-02T03:04:05Z").unwrap()
        );
        assert_eq!(parse(None), Ok(None));
        for none in ["[]", "{}", "[{}]"] {
            assert_eq!(parse(Some(none)), Ok(Some(None)), "{none}");
        }
        let many = format!("[{}]", [good.as_str(); 11].join(","));
        for (text, code, message) in [
            (good.as_str(), "ValidationException", format!("Invalid policies input: {good}.")),
            ("[1]", "ValidationException", "Invalid policies input: [1].".to_owned()),
            ("[", "ValidationException", "Invalid policies input: [.".to_owned()),
            (
                &many,
                "PoliciesLimitExceededException",
                "Number of policies attached to a parameter cannot exceed 10".to_owned(),
            ),
            (
                &format!("[{good},{good}]"),
                "IncompatiblePolicyException",
                "There can be only one expiration policy".to_owned(),
            ),
            (
                r#"[{"Type":"expiration"}]"#,
                "InvalidPolicyTypeException",
                "Policy type expiration is not supported.".to_owned(),
            ),
            (
                r#"[{"Type":"Expiration","Version":"2"}]"#,
                "InvalidPolicyAttributeException",
                "Unsupported policy version.".to_owned(),
            ),
            (
                r#"[{"Type":"Expiration","Version":"1.0"}]"#,
                "InvalidPolicyAttributeException",
                "Mandatory policy attribute Attributes is missing.".to_owned(),
            ),
            (
                r#"[{"Type":"Expiration","Version":"1.0","Attributes":{}}]"#,
                "InvalidPolicyAttributeException",
                "A valid Expiration policy must have an attribute of Timestamp.".to_owned(),
            ),
            (
                &format!("[{}]", policy("tomorrow")),
                "InvalidPolicyAttributeException",
                "Invalid timestamp format".to_owned(),
            ),
            (
                r#"[{"Type":"NoChangeNotification","Version":"1.0"}]"#,
                "ValidationException",
                "The parameter policy NoChangeNotification is not supported by this version of wharf."
                    .to_owned(),
            ),
        ] {
            let refused = parse(Some(text)).unwrap_err();
            assert_eq!((refused.code.as_ref(), refused.message), (code, message), "{text}");
        }
    }
}
