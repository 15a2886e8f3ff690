//! Bucket policies: what may be attached, and what is public. Pure.

use wharf_base::net::Cidr;
use wharf_iam::{
    Document, DocumentKind,
    document::{ConditionElement, Effect, PrincipalType, Statement},
};
use wharf_wire::Fault;

use crate::actions::{self, Kinds};

/// Bytes of a policy.
pub const MAX: usize = 20 << 10;

/// Reads a policy as the one of a bucket.
pub fn parse(text: &str, bucket: &str) -> Result<Document, Fault> {
    if text.len() > MAX {
        return Err(malformed(
            "Policy exceeds the maximum allowed document size".to_owned(),
        ));
    }
    if !text.starts_with('{') || serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        let text = "Policies must be valid JSON and the first byte must be '{'";
        return Err(malformed(text.to_owned()));
    }
    let document = Document::parse(text, DocumentKind::Resource)
        .map_err(|error| malformed(error.to_string()))?;
    if document.statements.iter().any(|it| it.resources.is_none()) {
        return Err(malformed("Missing required field Resource"));
    }
    let arn = crate::names::bucket_arn(bucket);
    let fits = |resource: &str| {
        let rest = wharf_base::arn::canonical(resource);
        let rest = rest.strip_prefix(arn.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*', '?']))
    };
    if !document.statements.iter().flat_map(resources).all(fits) {
        return Err(malformed("Policy has invalid resource".to_owned()));
    }
    for statement in &document.statements {
        check_actions(statement, &arn).map_err(|it| malformed(it.to_owned()))?;
    }
    let mut conditions = document.statements.iter().flat_map(|it| &it.conditions);
    if let Some(unknown) = conditions.find(|it| !is_known(it)) {
        let text = format!("Policy has an invalid condition key: {}", unknown.key);
        return Err(malformed(text));
    }
    Ok(document)
}

/// An action that there is not, or that is done to nothing the statement is about, would be taken for a guard.
fn check_actions(statement: &Statement, arn: &str) -> Result<(), &'static str> {
    let about = match &statement.resources {
        Some(listed) if !listed.negated => {
            let kinds = listed.values.iter().map(|it| kinds_of(it, arn));
            kinds.fold(Kinds::default(), Kinds::and)
        }
        // What it leaves out is hardly all there is of a kind.
        _ => Kinds::ALL,
    };
    for action in &statement.actions.values {
        let kinds = actions::kinds(action).ok_or("Policy has invalid action")?;
        // What is named so is what is left out.
        if !statement.actions.negated && !kinds.overlap(about) {
            return Err("Action does not apply to any resource(s) in statement");
        }
    }
    Ok(())
}

/// Which kinds of resources a pattern that begins with the bucket's ARN can match.
fn kinds_of(resource: &str, arn: &str) -> Kinds {
    let resource = wharf_base::arn::canonical(resource);
    match resource.strip_prefix(arn).unwrap_or_default() {
        "" => Kinds {
            bucket: true,
            objects: false,
        },
        rest if rest.starts_with('/') => Kinds {
            bucket: false,
            objects: true,
        },
        // A wildcard stands for the slash, too.
        _ => Kinds::ALL,
    }
}

fn malformed(text: impl Into<String>) -> Fault {
    Fault::sender("MalformedPolicy", 400, text)
}

/// One that names a user or role that does not exist.
pub fn nobody() -> Fault {
    malformed("Invalid principal in policy")
}

/// Keys of S3 that requests have here, or that nothing here could have: access points, and grants, which buckets do not
/// take. In lower case, as all that follow them.
const KEYS: [&str; 30] = [
    "accesspointnetworkorigin",
    "authtype",
    "dataaccesspointaccount",
    "dataaccesspointarn",
    "delimiter",
    "if-match",
    "if-none-match",
    "locationconstraint",
    "max-keys",
    "objectcreationoperation",
    "prefix",
    "requestobjecttagkeys",
    "resourceaccount",
    "signatureage",
    "signatureversion",
    "versionid",
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];

/// A condition that could never come true would be taken for a guard.
fn is_known(condition: &ConditionElement) -> bool {
    let key = condition.key.to_ascii_lowercase();
    let Some(key) = key.strip_prefix("s3:") else {
        return true;
    };
    match key.split_once('/') {
        Some(("existingobjecttag" | "requestobjecttag", tag)) => !tag.is_empty(),
        Some(_) => false,
        None if key == "tlsversion" => asks_for_tls_there_is(condition),
        None => KEYS.contains(&key),
    }
}

/// TLS is of version 1.2 at least here, so that nothing is below it; what asks for more would not be heeded.
fn asks_for_tls_there_is(condition: &ConditionElement) -> bool {
    let operator = condition.operator.to_ascii_lowercase();
    let below = operator.starts_with("numericlessthan") && !operator.contains("equals");
    let least = |it: &String| it.parse::<f64>().is_ok_and(|it| it <= 1.2);
    below && condition.values.iter().all(least)
}

fn resources(statement: &Statement) -> impl Iterator<Item = &str> {
    statement
        .resources
        .iter()
        .flat_map(|it| &it.values)
        .map(String::as_str)
}

/// As [`is_public`], of a text that was read before.
pub fn is_public_text(text: &str) -> bool {
    Document::parse(text, DocumentKind::Resource).is_ok_and(|it| is_public(&it))
}

/// Whether it lets everybody in: allows something to all principals, whatever account they are of, and no
/// condition narrows that to fixed ones.
pub fn is_public(policy: &Document) -> bool {
    policy.statements.iter().any(|statement| {
        statement.effect == Effect::Allow && is_for_everyone(statement) && !is_narrowed(statement)
    })
}

fn is_for_everyone(statement: &Statement) -> bool {
    statement.principal.as_ref().is_some_and(|principal| {
        let all = |(kind, value): &(PrincipalType, String)| {
            *kind == PrincipalType::Everyone || (*kind == PrincipalType::Aws && value == "*")
        };
        principal.negated || principal.entries.iter().any(all)
    })
}

/// Keys whose fixed values make a statement one that is not public.
const NARROWING: [&str; 10] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:userid",
    "s3:dataaccesspointaccount",
];

fn is_narrowed(statement: &Statement) -> bool {
    statement.conditions.iter().any(|it| {
        let key = it.key.to_ascii_lowercase();
        let operator = it.operator.to_ascii_lowercase();
        let fixed = |value: &String| !value.contains(['*', '?', '$']);
        let positive = [
            "stringequals",
            "stringequalsignorecase",
            "stringlike",
            "arnequals",
            "arnlike",
        ];
        if key == "aws:sourceip" {
            // Anything but most of the internet.
            let narrow = |value: &String| {
                Cidr::<wharf_base::net::IpNet>::canonical(value).is_ok_and(|it| it.prefix() >= 8)
            };
            return operator == "ipaddress" && it.values.iter().all(narrow);
        }
        NARROWING.contains(&key.as_str())
            && positive.contains(&operator.as_str())
            && it.values.iter().all(fixed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(condition: &str) -> Result<(), String> {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
               "Resource": "arn:aws:s3:::b/*", "Condition": {condition}}}]}}"#
        );
        parse(&text, "b").map(|_| ()).map_err(|it| it.message)
    }

    fn of(what: &str) -> Result<(), String> {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*", {what}}}]}}"#
        );
        parse(&text, "b").map(|_| ()).map_err(|it| it.message)
    }

    #[test]
    fn actions_that_guard_nothing_are_refused() {
        for good in [
            r#""Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::b/*""#,
            r#""Action": "s3:Delete*", "Resource": "arn:aws:s3:::b""#,
            r#""Action": "s3:GetObject*", "Resource": "arn:aws:s3:::b*""#,
            r#""Action": ["S3:listbucket", "s3:GetObject"], "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/a"]"#,
            r#""Action": "s3:PutObjectRetention", "Resource": "arn:aws:s3:::b/*""#,
            r#""Action": "*", "Resource": "arn:aws:s3:::b""#,
            r#""NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::b""#,
            r#""Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/open/*""#,
        ] {
            assert_eq!(of(good), Ok(()), "{good}");
        }
        let (unknown, idle, elsewhere) = (
            "Policy has invalid action",
            "Action does not apply to any resource(s) in statement",
            "Policy has invalid resource",
        );
        for (bad, text) in [
            (
                r#""Action": "s3:DeleteObjekt", "Resource": "arn:aws:s3:::b/*""#,
                unknown,
            ),
            (
                r#""Action": "s3:Deleet*", "Resource": "arn:aws:s3:::b/*""#,
                unknown,
            ),
            (
                r#""NotAction": "s3:GetObjekt", "Resource": "arn:aws:s3:::b/*""#,
                unknown,
            ),
            (
                r#""Action": ["s3:*", "sqs:SendMessage"], "Resource": "arn:aws:s3:::b/*""#,
                unknown,
            ),
            (
                r#""Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::b""#,
                idle,
            ),
            (
                r#""Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::b/*""#,
                idle,
            ),
            (
                r#""Action": "s3:CreateJob", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]"#,
                idle,
            ),
            (
                r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::bb/*""#,
                elsewhere,
            ),
            (r#""Action": "s3:GetObject", "Resource": "*""#, elsewhere),
        ] {
            assert_eq!(of(bad), Err(text.to_owned()), "{bad}");
        }
    }

    #[test]
    fn a_statement_says_what_it_is_about() {
        let missing = Err("Missing required field Resource".to_owned());
        assert_eq!(of(r#""Action": "s3:GetObject""#), missing);
        assert_eq!(of(r#""Action": "s3:GetObjekt""#), missing);
    }

    #[test]
    fn conditions_that_nothing_could_meet_are_refused() {
        for good in [
            r#"{"NumericGreaterThan": {"s3:signatureAge": "600000"}}"#,
            r#"{"StringNotEquals": {"s3:AuthType": "REST-HEADER"}}"#,
            r#"{"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}"#,
            r#"{"StringEquals": {"s3:ExistingObjectTag/a": "b", "s3:RequestObjectTag/a/b": "c"}}"#,
            r#"{"NumericLessThan": {"s3:TlsVersion": "1.2"}}"#,
            r#"{"Bool": {"aws:SecureTransport": "false"}}"#,
        ] {
            assert_eq!(with(good), Ok(()), "{good}");
        }
        for (bad, key) in [
            (
                r#"{"StringEquals": {"s3:x-amz-content-sha256": "a"}}"#,
                "s3:x-amz-content-sha256",
            ),
            (
                r#"{"NumericLessThan": {"s3:TlsVersion": "1.3"}}"#,
                "s3:TlsVersion",
            ),
            (
                r#"{"NumericGreaterThan": {"s3:TlsVersion": "1.2"}}"#,
                "s3:TlsVersion",
            ),
            (
                r#"{"StringEquals": {"s3:ExistingObjectTag/": "b"}}"#,
                "s3:ExistingObjectTag/",
            ),
            (r#"{"StringEquals": {"s3:prefix/a": "b"}}"#, "s3:prefix/a"),
        ] {
            let text = format!("Policy has an invalid condition key: {key}");
            assert_eq!(with(bad), Err(text), "{bad}");
        }
    }
}
