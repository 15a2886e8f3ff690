//! The policies of a parameter: JSON in a text, and what of them is due. Pure.

use std::time::Duration;

use serde_json::{Map, Value};
use wharf_api_ssm::faults;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    fault,
    records::{Expiration, Meta, Notice, When},
};

const MAX_POLICIES: usize = 10;
pub const EXPIRATION: &str = "Expiration";
const BEFORE_EXPIRATION: &str = "ExpirationNotification";
const WITHOUT_CHANGE: &str = "NoChangeNotification";
/// The longest span of a notice: more days than anybody plans for.
const MAX_SPAN: Duration = Duration::from_secs(100 * 366 * 86_400);

/// What a request says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    pub expiration: Option<Expiration>,
    pub notices: Vec<Notice>,
}

impl Policies {
    /// Those that a new version takes over from the one before it: time begins anew for what waits for
    /// the parameter to stay as it is.
    pub fn kept(before: &Meta) -> Self {
        let mut notices = before.notices.clone();
        for notice in &mut notices {
            notice.carried_out &= matches!(notice.when, When::BeforeExpiration(_));
        }
        Self {
            expiration: before.expiration.clone(),
            notices,
        }
    }
}

/// The policies of a request: none takes away those there are; `None` leaves them.
///
/// # Errors
/// AWS's text for what is none.
pub fn parse(given: Option<&str>) -> Result<Option<Policies>, Fault> {
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
    let mut found = Policies::default();
    for policy in &all {
        let policy = policy.as_object().ok_or_else(refused)?;
        if policy.is_empty() {
            continue;
        }
        one(policy, &mut found)?;
    }
    let before = |it: &Notice| matches!(it.when, When::BeforeExpiration(_));
    if found.expiration.is_none() && found.notices.iter().any(before) {
        return Err(faults::incompatible_policy_exception(
            "An ExpirationNotification policy requires an Expiration policy",
        ));
    }
    Ok(Some(found))
}

fn attribute(text: impl Into<String>) -> Fault {
    faults::invalid_policy_attribute_exception(text.into())
}

fn one(policy: &Map<String, Value>, found: &mut Policies) -> Result<(), Fault> {
    let kind = policy
        .get("Type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if ![EXPIRATION, BEFORE_EXPIRATION, WITHOUT_CHANGE].contains(&kind) {
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
    let given = |name: &str| {
        let text = || format!("A valid {kind} policy must have an attribute of {name}.");
        attributes.get(name).ok_or_else(|| attribute(text()))
    };
    let text = Value::Object(policy.clone()).to_string();
    let when = match kind {
        EXPIRATION => {
            let at = given("Timestamp")?
                .as_str()
                .and_then(Timestamp::parse_iso8601);
            let expiration = Expiration {
                at: at.ok_or_else(|| attribute("Invalid timestamp format"))?,
                text,
                carried_out: false,
            };
            return match found.expiration.replace(expiration) {
                None => Ok(()),
                Some(_) => Err(faults::incompatible_policy_exception(
                    "There can be only one expiration policy",
                )),
            };
        }
        BEFORE_EXPIRATION => When::BeforeExpiration(span(kind, given("Before")?, given("Unit")?)?),
        _ => When::AfterChange(span(kind, given("After")?, given("Unit")?)?),
    };
    found.notices.push(Notice {
        when,
        text,
        carried_out: false,
    });
    Ok(())
}

/// So many days or hours, written as a text or a number.
fn span(kind: &str, count: &Value, unit: &Value) -> Result<Duration, Fault> {
    let seconds = match unit.as_str() {
        Some("Days") => 86_400_u64,
        Some("Hours") => 3600,
        _ => {
            return Err(attribute(format!(
                "A valid {kind} policy must have a Unit of Days or Hours."
            )));
        }
    };
    let count = match count {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    let span = count
        .filter(|it: &u64| *it > 0)
        .and_then(|it| it.checked_mul(seconds))
        .map(Duration::from_secs);
    span.filter(|it| *it <= MAX_SPAN).ok_or_else(|| {
        attribute(format!(
            "A {kind} policy has an invalid number of time units."
        ))
    })
}

/// Carries out what is due, and says when the next of it is.
pub fn carry_out(meta: &mut Meta, now: Timestamp) -> Option<Timestamp> {
    let expires = meta.expiration.as_ref().map(|it| it.at);
    let modified = meta.modified_at;
    let mut next: Option<Timestamp> = None;
    let mut is_due = |at: Timestamp| {
        if at > now {
            next = Some(next.map_or(at, |it| it.min(at)));
        }
        at <= now
    };
    for notice in meta.notices.iter_mut().filter(|it| !it.carried_out) {
        let at = match notice.when {
            When::BeforeExpiration(before) => expires.map(|it| it - before),
            When::AfterChange(after) => Some(modified + after),
        };
        notice.carried_out = at.is_some_and(&mut is_due);
    }
    if let Some(expiration) = meta.expiration.as_mut().filter(|it| !it.carried_out) {
        expiration.carried_out = is_due(expiration.at);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_policy_is_refused() {
        let policy = |timestamp: &str| {
            format!(
                r#"{{"Type":"Expiration","Version":"1.0","Attributes":{{"Timestamp":"{timestamp}"}}}}"#
            )
        };
        let good = policy("2030-01-02T03:04:05.000Z");
        let found = parse(Some(&format!("[{good}]"))).unwrap().unwrap();
        let found = found.expiration.unwrap();
        assert_eq!(found.text, good);
        assert_eq!(
            found.at,
            Timestamp::parse_iso8601("2030-01-02T03:04:05Z").unwrap()
        );
        assert_eq!(parse(None), Ok(None));
        for none in ["[]", "{}", "[{}]"] {
            assert_eq!(parse(Some(none)), Ok(Some(Policies::default())), "{none}");
        }
        let many = format!("[{}]", [good.as_str(); 11].join(","));
        for (text, code, message) in [
            (
                good.as_str(),
                "ValidationException",
                format!("Invalid policies input: {good}."),
            ),
            (
                "[1]",
                "ValidationException",
                "Invalid policies input: [1].".to_owned(),
            ),
            (
                "[",
                "ValidationException",
                "Invalid policies input: [.".to_owned(),
            ),
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
                "InvalidPolicyAttributeException",
                "Mandatory policy attribute Attributes is missing.".to_owned(),
            ),
        ] {
            let refused = parse(Some(text)).unwrap_err();
            assert_eq!(
                (refused.code.as_ref(), refused.message),
                (code, message),
                "{text}"
            );
        }
    }

    fn meta(policies: &str) -> Meta {
        let found = parse(Some(policies)).unwrap().unwrap();
        Meta {
            kind: crate::records::Kind::String,
            tier: crate::records::Tier::Advanced,
            description: None,
            allowed_pattern: None,
            data_type: "text".to_owned(),
            key_id: None,
            expiration: found.expiration,
            notices: found.notices,
            modified_at: Timestamp(0),
            modified_by: String::new(),
        }
    }

    #[test]
    fn notices_and_the_end_come_in_their_time() {
        let mut meta = meta(
            r#"[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"1970-01-11T00:00:00Z"}},
                {"Type":"ExpirationNotification","Version":"1.0","Attributes":{"Before":"2","Unit":"Days"}},
                {"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"20","Unit":"Hours"}}]"#,
        );
        let hour = |it: u64| Timestamp(0) + Duration::from_secs(it * 3600);
        let done = |meta: &Meta| {
            let end = meta.expiration.as_ref().is_some_and(|it| it.carried_out);
            let notices: Vec<bool> = meta.notices.iter().map(|it| it.carried_out).collect();
            (notices, end)
        };
        for (at, next, notices, end) in [
            (0, Some(20), [false, false], false),
            (19, Some(20), [false, false], false),
            (20, Some(8 * 24), [false, true], false),
            (8 * 24, Some(240), [true, true], false),
            (240, None, [true, true], true),
            (999, None, [true, true], true),
        ] {
            assert_eq!(carry_out(&mut meta, hour(at)), next.map(hour), "{at}");
            assert_eq!(done(&meta), (notices.to_vec(), end), "{at}");
        }
        let kept = Policies::kept(&meta);
        let notices: Vec<bool> = kept.notices.iter().map(|it| it.carried_out).collect();
        assert_eq!(notices, [true, false], "a change begins the time anew");
    }

    #[test]
    fn notices_say_how_long() {
        let of = |kind: &str, attributes: &str| {
            let text =
                format!(r#"[{{"Type":"{kind}","Version":"1.0","Attributes":{attributes}}}]"#);
            parse(Some(&text)).map(drop).map_err(|it| it.message)
        };
        for (attributes, message) in [
            (r#"{"After":"20","Unit":"Days"}"#, None),
            (r#"{"After":20,"Unit":"Hours"}"#, None),
            (
                r#"{"Unit":"Days"}"#,
                Some("A valid NoChangeNotification policy must have an attribute of After."),
            ),
            (
                r#"{"After":"20","Unit":"Weeks"}"#,
                Some("A valid NoChangeNotification policy must have a Unit of Days or Hours."),
            ),
            (
                r#"{"After":"0","Unit":"Days"}"#,
                Some("A NoChangeNotification policy has an invalid number of time units."),
            ),
            (
                r#"{"After":"99999999999999999","Unit":"Days"}"#,
                Some("A NoChangeNotification policy has an invalid number of time units."),
            ),
        ] {
            let found = of("NoChangeNotification", attributes);
            assert_eq!(found.err().as_deref(), message, "{attributes}");
        }
        assert_eq!(
            of("ExpirationNotification", r#"{"Before":"1","Unit":"Days"}"#),
            Err("An ExpirationNotification policy requires an Expiration policy".to_owned())
        );
    }
}
