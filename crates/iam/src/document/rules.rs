//! What a document of each kind must and must not say.

use std::collections::HashSet;

use super::{
    Document, DocumentKind, Listed, Malformed, PrincipalElement, PrincipalType, Statement, Version,
};
use crate::{
    condition::Condition,
    principal::is_account,
    template::{Reading, Template},
};

pub(super) fn check(document: &Document, kind: DocumentKind) -> Result<(), Malformed> {
    // Only managed policies insist on the newer language; inline ones may still be old.
    if kind == DocumentKind::Managed && document.version != Version::V2012 {
        return Err(Malformed::OldVersion);
    }
    let mut sids = HashSet::new();
    for statement in &document.statements {
        if let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty()) {
            check_sid(sid, kind)?;
            if !sids.insert(sid) {
                return Err(Malformed::DuplicateSid);
            }
        }
        check_principal(statement, kind)?;
        check_actions(&statement.actions, kind)?;
        check_resources(statement, document.version, kind)?;
        for condition in &statement.conditions {
            check_condition_key(&condition.key)?;
            Condition::compile(condition, document.version)?;
        }
    }
    Ok(())
}

fn check_sid(sid: &str, kind: DocumentKind) -> Result<(), Malformed> {
    // Resource and trust policies are not so strict about the names of their statements.
    let plain = sid.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain || kind.has_principal() {
        Ok(())
    } else {
        Err(Malformed::BadSid)
    }
}

fn check_principal(statement: &Statement, kind: DocumentKind) -> Result<(), Malformed> {
    match (&statement.principal, kind.has_principal()) {
        (None, false) => Ok(()),
        (Some(_), false) => Err(Malformed::UnexpectedPrincipal),
        (None, true) => Err(Malformed::NoPrincipal),
        (Some(element), true) => check_entries(element),
    }
}

fn check_entries(element: &PrincipalElement) -> Result<(), Malformed> {
    if element.entries.is_empty() {
        return Err(Malformed::NoPrincipal);
    }
    for (kind, value) in &element.entries {
        let (kind, valid) = match kind {
            PrincipalType::Everyone => ("AWS", true),
            PrincipalType::Aws => ("AWS", names_aws_principal(value)),
            PrincipalType::Service => ("SERVICE", names_service(value)),
            PrincipalType::Federated => ("FEDERATED", !value.is_empty() && !value.contains('*')),
            PrincipalType::CanonicalUser => ("CANONICAL_USER", !value.is_empty()),
        };
        if !valid {
            return Err(Malformed::BadPrincipal {
                kind,
                value: value.clone(),
            });
        }
    }
    Ok(())
}

/// `*`, an account, the ARN of a user, role, session or root, or the unique id of one that is gone.
fn names_aws_principal(value: &str) -> bool {
    if value == "*" || is_account(value) || is_unique_id(value) {
        return true;
    }
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else {
        return false;
    };
    let kinds: &[&str] = match service {
        "iam" => &["user/", "role/"],
        "sts" => &["assumed-role/", "federated-user/"],
        _ => return false,
    };
    let names_something = kinds.iter().any(|kind| {
        resource
            .strip_prefix(kind)
            .is_some_and(|name| !name.is_empty())
    });
    partition.starts_with("aws")
        && is_account(account)
        && (names_something || (service == "iam" && resource == "root"))
        && !value.contains(['*', '?'])
}

fn is_unique_id(value: &str) -> bool {
    (16..=128).contains(&value.len())
        && (value.starts_with("AIDA") || value.starts_with("AROA"))
        && value
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn names_service(value: &str) -> bool {
    let host = value
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
    let known = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazon.com",
        ".aws.internal",
    ];
    host && known
        .iter()
        .any(|end| value.strip_suffix(end).is_some_and(|name| !name.is_empty()))
}

fn check_actions(actions: &Listed, kind: DocumentKind) -> Result<(), Malformed> {
    for action in &actions.values {
        if kind == DocumentKind::Trust {
            if !action.to_ascii_lowercase().starts_with("sts:") {
                return Err(Malformed::NotAnAssumeAction);
            }
        } else if action == "*" {
            continue;
        }
        let (vendor, name) = action.split_once(':').ok_or(Malformed::NoVendor)?;
        if name.contains(':') {
            return Err(Malformed::TwoColons);
        }
        let valid = !vendor.is_empty()
            && vendor
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if !valid && vendor != "*" {
            return Err(Malformed::BadVendor(vendor.to_owned()));
        }
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Malformed::LegacyParsing);
        }
    }
    Ok(())
}

fn check_resources(
    statement: &Statement,
    version: Version,
    kind: DocumentKind,
) -> Result<(), Malformed> {
    let resources = match (&statement.resources, kind) {
        (None, DocumentKind::Trust | DocumentKind::Resource) => return Ok(()),
        (Some(_), DocumentKind::Trust) => return Err(Malformed::UnexpectedResource),
        (Some(resources), _) if !resources.values.is_empty() => resources,
        _ => return Err(Malformed::NoResources),
    };
    for resource in &resources.values {
        check_resource(resource)?;
        Template::parse(resource, resource_reading(version))
            .map_err(|_| Malformed::LegacyParsing)?;
    }
    Ok(())
}

/// How resources are read in a document of `version`.
pub(crate) fn resource_reading(version: Version) -> Reading {
    Reading {
        variables: version == Version::V2012,
        wildcards: true,
        fold: false,
    }
}

fn check_resource(resource: &str) -> Result<(), Malformed> {
    if resource == "*" {
        return Ok(());
    }
    let Some(rest) = resource.strip_prefix("arn:") else {
        return Err(Malformed::NotAnArn(resource.to_owned()));
    };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let open = |part: &str| part.contains(['*', '?', '$']);
    // A wildcard spans colons, so an open last segment may stand for all that are missing.
    if parts.len() < 5 && !parts.last().copied().is_some_and(open) {
        return Err(Malformed::LegacyParsing);
    }
    let partition = parts[0];
    if !(open(partition) || partition == "aws" || partition.starts_with("aws-")) {
        let partition = partition.to_owned();
        return Err(Malformed::BadPartition {
            partition,
            resource: resource.to_owned(),
        });
    }
    if parts.len() == 5 && parts[1] == "iam" && !(parts[2].is_empty() || parts[2] == "*") {
        return Err(Malformed::IamWithRegion(resource.to_owned()));
    }
    Ok(())
}

fn check_condition_key(key: &str) -> Result<(), Malformed> {
    match key.split_once(':') {
        Some((vendor, name)) if !vendor.is_empty() && !name.is_empty() => Ok(()),
        _ => Err(Malformed::NoVendor),
    }
}
