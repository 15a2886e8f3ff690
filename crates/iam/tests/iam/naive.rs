//! The specification read aloud over plain JSON: slow, recursive, repetitive, and written without a
//! look at the real evaluator. Valid documents of version 2012-10-17 only.

use std::collections::HashMap;

use serde_json::Value;
use wharf_iam::{Principal, PrincipalKind};

/// Keys in lower case.
pub type Keys = HashMap<String, Vec<String>>;

pub struct Question<'a> {
    pub principal: &'a Principal,
    pub action: &'a str,
    pub resource: &'a str,
    pub resource_account: &'a str,
    pub keys: &'a Keys,
}

#[derive(Debug, Clone, Default)]
pub struct Policies {
    pub service_control: Vec<Value>,
    pub resource: Option<Value>,
    pub required: bool,
    pub identity: Vec<Value>,
    pub boundary: Option<Value>,
    pub session: Option<Vec<Value>>,
}

/// `allow`, `deny <kind>` or `none <kind>`.
pub fn decide(q: &Question<'_>, p: &Policies) -> String {
    // 1: an explicit deny in any applicable policy
    for policy in &p.service_control {
        if denies(q, policy) {
            return "deny ServiceControl".into();
        }
    }
    if p.resource.as_ref().is_some_and(|policy| denies(q, policy)) {
        return "deny Resource".into();
    }
    if p.identity.iter().any(|policy| denies(q, policy)) {
        return "deny Identity".into();
    }
    if p.boundary.as_ref().is_some_and(|policy| denies(q, policy)) {
        return "deny Boundary".into();
    }
    if p.session
        .as_ref()
        .is_some_and(|list| list.iter().any(|policy| denies(q, policy)))
    {
        return "deny Session".into();
    }
    // 2: service control policies must allow
    if !p.service_control.iter().all(|policy| allows(q, policy)) {
        return "none ServiceControl".into();
    }
    // 3: resource policy
    let closeness: Vec<&str> = match &p.resource {
        None => vec![],
        Some(policy) => statements(policy)
            .iter()
            .filter(|s| s["Effect"] == "Allow" && matches_request(q, s))
            .filter_map(|s| names(q, s))
            .collect(),
    };
    let in_account = q.principal.account == q.resource_account;
    let anonymous = q.principal.kind == PrincipalKind::Anonymous;
    let service = matches!(q.principal.kind, PrincipalKind::Service { .. });
    let required = p.resource.is_some() && p.required;
    let alone = anonymous || (service && p.identity.is_empty());
    if closeness.is_empty() && (alone || !in_account || required) {
        return "none Resource".into();
    }
    if (anonymous || service) && !closeness.is_empty() {
        return "allow".into();
    }
    if q.principal.kind == PrincipalKind::Root {
        return "allow".into();
    }
    if in_account && closeness.contains(&"itself") {
        return "allow".into();
    }
    // 4: identity policies
    let enough = in_account && closeness.contains(&"role");
    if !enough && !p.identity.iter().any(|policy| allows(q, policy)) {
        return "none Identity".into();
    }
    // 5: boundary
    if p.boundary.as_ref().is_some_and(|policy| !allows(q, policy)) {
        return "none Boundary".into();
    }
    // 6: session policies
    if p.session
        .as_ref()
        .is_some_and(|list| !list.iter().any(|policy| allows(q, policy)))
    {
        return "none Session".into();
    }
    "allow".into()
}

fn denies(q: &Question<'_>, policy: &Value) -> bool {
    statements(policy)
        .iter()
        .any(|s| s["Effect"] == "Deny" && matches_request(q, s) && names(q, s).is_some())
}

fn allows(q: &Question<'_>, policy: &Value) -> bool {
    statements(policy)
        .iter()
        .any(|s| s["Effect"] == "Allow" && matches_request(q, s) && names(q, s).is_some())
}

fn statements(policy: &Value) -> Vec<Value> {
    list(&policy["Statement"])
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn texts(value: &Value) -> Vec<String> {
    list(value)
        .iter()
        .map(|item| {
            let text = item
                .as_str()
                .map_or_else(|| item.to_string(), str::to_owned);
            in_one_partition(&text)
        })
        .collect()
}

/// Users, roles and sessions are the same in all partitions.
fn in_one_partition(text: &str) -> String {
    let parts: Vec<&str> = text.splitn(4, ':').collect();
    match parts[..] {
        [
            "arn",
            "aws-cn" | "aws-us-gov",
            service @ ("iam" | "sts"),
            rest,
        ] => {
            format!("arn:aws:{service}:{rest}")
        }
        _ => text.to_owned(),
    }
}

fn values(q: &Question<'_>, key: &str) -> Vec<String> {
    let given = q.keys.get(key).cloned().unwrap_or_default();
    given.iter().map(|value| in_one_partition(value)).collect()
}

/// How closely the statement names the caller.
fn names(q: &Question<'_>, statement: &Value) -> Option<&'static str> {
    if let Some(element) = statement.get("Principal") {
        return closest(q, element);
    }
    if let Some(element) = statement.get("NotPrincipal") {
        return if closest(q, element).is_some() {
            None
        } else {
            Some("role")
        };
    }
    Some("itself")
}

fn closest(q: &Question<'_>, element: &Value) -> Option<&'static str> {
    let mut found = Vec::new();
    if element == "*" {
        found.push("role");
    } else {
        for (kind, values) in element.as_object().unwrap() {
            for value in texts(values) {
                if kind == "AWS" {
                    if value == "*" {
                        found.push("role");
                    } else if matches!(q.principal.kind, PrincipalKind::Service { .. }) {
                        // No account speaks for a service.
                    } else if value == q.principal.account
                        || value == format!("arn:aws:iam::{}:root", q.principal.account)
                    {
                        found.push("account");
                    } else if value == q.principal.arn {
                        found.push("itself");
                    } else if let PrincipalKind::Session { role_arn, .. } = &q.principal.kind
                        && value == *role_arn
                    {
                        found.push("role");
                    }
                } else if kind == "Service"
                    && let PrincipalKind::Service { name } = &q.principal.kind
                    && value == *name
                {
                    found.push("itself");
                }
            }
        }
    }
    ["itself", "role", "account"]
        .into_iter()
        .find(|word| found.contains(word))
}

fn matches_request(q: &Question<'_>, s: &Value) -> bool {
    let action = |value: &Value| {
        texts(value).iter().any(|pattern| {
            wildcard(
                &wild(&pattern.to_lowercase()),
                &chars(&q.action.to_lowercase()),
            )
        })
    };
    let action = if s.get("Action").is_some() {
        action(&s["Action"])
    } else {
        !action(&s["NotAction"])
    };
    let resource = |value: &Value| {
        texts(value).iter().any(|pattern| {
            replaced(q, pattern, true)
                .is_some_and(|p| wildcard(&p, &chars(&in_one_partition(q.resource))))
        })
    };
    let resource = if s.get("Resource").is_some() {
        resource(&s["Resource"])
    } else if let Some(value) = s.get("NotResource") {
        // A variable without a value: an Allow must not become wider by it.
        let unresolved = texts(value)
            .iter()
            .any(|pattern| replaced(q, pattern, true).is_none());
        !(resource(value) || unresolved && s["Effect"] == "Allow")
    } else {
        true
    };
    let conditions = match s.get("Condition") {
        None => true,
        Some(operators) => operators
            .as_object()
            .unwrap()
            .iter()
            .all(|(operator, keys)| {
                keys.as_object().unwrap().iter().all(|(key, values)| {
                    condition(q, operator, &key.to_lowercase(), &texts(values))
                })
            }),
    };
    action && resource && conditions
}

/// A character, and whether it is a wildcard.
type Symbol = (char, bool);

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn wild(text: &str) -> Vec<Symbol> {
    text.chars().map(|c| (c, c == '*' || c == '?')).collect()
}

fn literal(text: &str) -> Vec<Symbol> {
    text.chars().map(|c| (c, false)).collect()
}

fn wildcard(pattern: &[Symbol], value: &[char]) -> bool {
    match pattern.first() {
        None => value.is_empty(),
        Some(('*', true)) => {
            wildcard(&pattern[1..], value) || (!value.is_empty() && wildcard(pattern, &value[1..]))
        }
        Some(('?', true)) => !value.is_empty() && wildcard(&pattern[1..], &value[1..]),
        Some((c, _)) => value.first() == Some(c) && wildcard(&pattern[1..], &value[1..]),
    }
}

/// Variables replaced; None if one has no value.
fn replaced(q: &Question<'_>, text: &str, wildcards: bool) -> Option<Vec<Symbol>> {
    let read = |text: &str| if wildcards { wild(text) } else { literal(text) };
    let Some(start) = text.find("${") else {
        return Some(read(text));
    };
    let end = start + text[start..].find('}').unwrap();
    let name = &text[start + 2..end];
    let middle = if ["*", "?", "$"].contains(&name) {
        literal(name)
    } else {
        let (key, default) = match name.split_once(',') {
            None => (name, None),
            Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
        };
        let values = values(q, &key.trim().to_lowercase());
        if values.len() == 1 {
            literal(&values[0])
        } else {
            literal(default?)
        }
    };
    let mut all = read(&text[..start]);
    all.extend(middle);
    all.extend(replaced(q, &text[end + 1..], wildcards)?);
    Some(all)
}

fn condition(q: &Question<'_>, operator: &str, key: &str, wanted: &[String]) -> bool {
    let present = values(q, key);
    if operator == "Null" {
        let absent = present.is_empty().to_string();
        return wanted.contains(&absent);
    }
    let (set, rest) = operator.split_once(':').unwrap_or(("", operator));
    let (name, if_exists) = match rest.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (rest, false),
    };
    let negated = name.contains("Not");
    let positive = name.replace("Not", "");
    if present.is_empty() {
        if if_exists {
            return true;
        }
        return match set {
            "ForAllValues" => true,
            "ForAnyValue" => false,
            _ => negated,
        };
    }
    let one = |value: &String| {
        wanted
            .iter()
            .any(|wanted| agrees(q, &positive, value, wanted))
    };
    match set {
        "ForAllValues" => present.iter().all(|value| one(value) != negated),
        "ForAnyValue" => present.iter().any(|value| one(value) != negated),
        _ if negated => !present.iter().any(one),
        _ => present.iter().any(one),
    }
}

fn agrees(q: &Question<'_>, operator: &str, value: &str, wanted: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    match operator {
        "StringEquals" => replaced(q, wanted, false).is_some_and(|p| wildcard(&p, &chars(value))),
        "StringEqualsIgnoreCase" => replaced(q, wanted, false).is_some_and(|p| {
            let p: String = p.into_iter().map(|(c, _)| c).collect();
            p.to_lowercase() == value.to_lowercase()
        }),
        "StringLike" => replaced(q, wanted, true).is_some_and(|p| wildcard(&p, &chars(value))),
        "ArnLike" | "ArnEquals" => {
            let Some(p) = replaced(q, wanted, true) else {
                return false;
            };
            let parts: Vec<&str> = value.splitn(6, ':').collect();
            let wanted: Vec<&[Symbol]> = p.splitn(6, |s| *s == (':', false)).collect();
            parts.len() == 6
                && parts[0] == "arn"
                && (p == [('*', true)]
                    || wanted.len() == 6 && (0..6).all(|i| wildcard(wanted[i], &chars(parts[i]))))
        }
        "NumericEquals" => number(value).is_some_and(|v| Some(v) == number(wanted)),
        "NumericLessThan" => number(value).is_some_and(|v| v < number(wanted).unwrap()),
        "NumericLessThanEquals" => number(value).is_some_and(|v| v <= number(wanted).unwrap()),
        "NumericGreaterThan" => number(value).is_some_and(|v| v > number(wanted).unwrap()),
        "NumericGreaterThanEquals" => number(value).is_some_and(|v| v >= number(wanted).unwrap()),
        "DateEquals" => date(value).is_some_and(|v| Some(v) == date(wanted)),
        "DateLessThan" => date(value).is_some_and(|v| v < date(wanted).unwrap()),
        "DateGreaterThanEquals" => date(value).is_some_and(|v| v >= date(wanted).unwrap()),
        // The generators know one way to write each value.
        "BinaryEquals" => value == wanted,
        "Bool" => value.to_lowercase() == wanted.to_lowercase(),
        "IpAddress" => in_range(value, wanted),
        other => panic!("the generators make no {other}"),
    }
}

/// Hours of 2026, as the generators write them.
fn date(text: &str) -> Option<u32> {
    match text {
        "2026-01-01" | "2026-01-01T00:00:00Z" | "1767225600" => Some(0),
        "2026-01-01T05:00:00Z" | "2026-01-01T07:00:00+02:00" => Some(5),
        "2026-01-02" => Some(24),
        _ => None,
    }
}

/// IPv4 only.
fn in_range(value: &str, range: &str) -> bool {
    let bits = |text: &str| -> Option<Vec<bool>> {
        let octets: Vec<u8> = text
            .split('.')
            .map(|o| o.parse().ok())
            .collect::<Option<_>>()?;
        if octets.len() != 4 {
            return None;
        }
        Some(
            octets
                .iter()
                .flat_map(|o| (0..8).rev().map(move |bit| o >> bit & 1 == 1))
                .collect(),
        )
    };
    let (base, length) = range.split_once('/').unwrap_or((range, "32"));
    let length: usize = length.parse().unwrap();
    match (bits(value), bits(base)) {
        (Some(value), Some(base)) => value[..length] == base[..length],
        _ => false,
    }
}
