//! Bucket policies: what may be attached, and what is public. Pure.

use wharf_base::net::Cidr;
use wharf_iam::{
    Document, DocumentKind,
    document::{Effect, PrincipalType, Statement},
};
use wharf_wire::Fault;

/// Bytes of a policy.
pub const MAX: usize = 20 << 10;

/// Reads a policy as the one of a bucket.
pub fn parse(text: &str, bucket: &str) -> Result<Document, Fault> {
    let malformed = |text: String| Fault::sender("MalformedPolicy", 400, text);
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
    let arn = crate::names::bucket_arn(bucket);
    let fits = |resource: &str| {
        let rest = wharf_base::arn::canonical(resource);
        let rest = rest.strip_prefix(arn.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*', '?']))
    };
    let all = document.statements.iter();
    if !all.clone().flat_map(resources).all(fits) {
        return Err(malformed("Policy has invalid resource".to_owned()));
    }
    let of_s3 = |action: &str| action == "*" || action.to_ascii_lowercase().starts_with("s3:");
    if !all.flat_map(actions).all(of_s3) {
        return Err(malformed("Policy has invalid action".to_owned()));
    }
    Ok(document)
}

fn resources(statement: &Statement) -> impl Iterator<Item = &str> {
    statement
        .resources
        .iter()
        .flat_map(|it| &it.values)
        .map(String::as_str)
}

fn actions(statement: &Statement) -> impl Iterator<Item = &str> {
    statement.actions.values.iter().map(String::as_str)
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
