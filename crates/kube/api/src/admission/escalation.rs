//! Nobody gives away rights that they do not have themselves: neither in a role nor by a binding, unless they may `escalate` or `bind`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_kube_auth::{Attributes, PolicyRule};
use wharf_kube_model::view::{restore, text_at};

use crate::{answer::Fault, call::Call};

const GROUP: &str = "rbac.authorization.k8s.io";
/// Bytes of what is told of rules.
const MOST_TOLD: usize = 16 << 10;

pub async fn check(call: &Call, object: &Value, live: Option<&Value>) -> Result<(), Fault> {
    if call.group() != GROUP {
        return Ok(());
    }
    match call.resource.plural.as_str() {
        "roles" | "clusterroles" => role(call, object, live).await,
        "rolebindings" | "clusterrolebindings" => binding(call, object, live).await,
        _ => Ok(()),
    }
}

async fn may(call: &Call, verb: &str, resource: &str, namespace: &str, name: &str) -> bool {
    let asked = Attributes {
        verb: verb.to_owned(),
        group: GROUP.to_owned(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    };
    let decision = call
        .cluster
        .parts
        .authorizer
        .authorize(&call.user, &asked)
        .await;
    decision.allows()
}

/// Whether a write changes no more than what the garbage collector does. Labels are no such thing: by them roles gather the rules of
/// others.
fn is_of_collector(object: &Value, live: Option<&Value>) -> bool {
    live.is_some_and(|live| {
        let mut same = object.clone();
        for name in ["ownerReferences", "finalizers", "managedFields"] {
            restore(&mut same["metadata"], name, &live["metadata"]);
        }
        same == *live
    })
}

/// Rights to everything.
fn everything() -> [PolicyRule; 2] {
    let all = || vec!["*".to_owned()];
    let resources = PolicyRule {
        verbs: all(),
        groups: all(),
        resources: all(),
        ..PolicyRule::default()
    };
    let paths = PolicyRule {
        verbs: all(),
        paths: all(),
        ..PolicyRule::default()
    };
    [resources, paths]
}

async fn role(call: &Call, object: &Value, live: Option<&Value>) -> Result<(), Fault> {
    if is_of_collector(object, live) {
        return Ok(());
    }
    let name = text_at(object, &["metadata", "name"]);
    let namespace = call.namespace().unwrap_or_default();
    if may(call, "escalate", &call.resource.plural, namespace, name).await {
        return Ok(());
    }
    held(call, name, namespace, &PolicyRule::all_of(object)).await?;
    // What an aggregating role comes to hold is not known yet, and what one held it may be kept from.
    let aggregates = |it: &Value| it["aggregationRule"].is_object();
    if aggregates(object) || live.is_some_and(aggregates) {
        let authorizer = &call.cluster.parts.authorizer;
        let all = everything();
        let missing = authorizer.uncovered(&call.user, namespace, &all).await;
        if !missing.is_empty() {
            let why = "must have cluster-admin privileges to use the aggregationRule";
            return Err(call.forbidden(name, why));
        }
    }
    Ok(())
}

async fn binding(call: &Call, object: &Value, live: Option<&Value>) -> Result<(), Fault> {
    if is_of_collector(object, live) {
        return Ok(());
    }
    let name = text_at(object, &["metadata", "name"]);
    let namespace = call.namespace().unwrap_or_default();
    let kind = text_at(object, &["roleRef", "kind"]);
    let of = text_at(object, &["roleRef", "name"]);
    let plural = if kind == "Role" {
        "roles"
    } else {
        "clusterroles"
    };
    let within = if kind == "Role" { namespace } else { "" };
    if may(call, "bind", plural, within, of).await
        || !namespace.is_empty() && may(call, "bind", plural, namespace, of).await
    {
        return Ok(());
    }
    let rules = call
        .cluster
        .parts
        .authorizer
        .role(namespace, kind, of)
        .await;
    let Some(rules) = rules else {
        let plural = if kind == "Role" {
            "role"
        } else {
            "clusterrole"
        };
        let why = format!("{plural}.{GROUP} \"{of}\" not found");
        return Err(call.forbidden(name, &why));
    };
    held(call, name, namespace, &rules).await
}

async fn held(
    call: &Call,
    name: &str,
    namespace: &str,
    wanted: &[PolicyRule],
) -> Result<(), Fault> {
    let authorizer = &call.cluster.parts.authorizer;
    let missing = authorizer.uncovered(&call.user, namespace, wanted).await;
    if missing.is_empty() {
        return Ok(());
    }
    let user = &call.user;
    let why = format!(
        "user \"{}\" (groups={:?}) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        user.groups,
        told(&missing)
    );
    Err(call.forbidden(name, &why))
}

/// Rules a line each, in order: those about one resource of one group are one.
fn told(missing: &[PolicyRule]) -> String {
    let mut simple = BTreeMap::<_, PolicyRule>::new();
    let mut lines = BTreeSet::new();
    for rule in missing {
        let is_simple = rule.names.is_empty() && rule.paths.is_empty();
        match (rule.groups.as_slice(), rule.resources.as_slice()) {
            ([group], [resource]) if is_simple => {
                let known = simple.entry((group, resource));
                let known = known.or_insert_with(|| PolicyRule {
                    verbs: Vec::new(),
                    ..rule.clone()
                });
                known.verbs.extend(rule.verbs.iter().cloned());
            }
            _ => drop(lines.insert(shown(rule))),
        }
    }
    lines.extend(simple.values().map(shown));
    let mut room = MOST_TOLD;
    let lines = lines.into_iter().take_while(|line| {
        let fits = line.len() < room;
        room = room.saturating_sub(line.len() + 1);
        fits
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A rule as upstream prints it.
fn shown(rule: &PolicyRule) -> String {
    let list = |name: &str, all: &[String]| {
        let quoted: Vec<String> = all.iter().map(|it| format!("\"{it}\"")).collect();
        (!all.is_empty()).then(|| format!("{name}:[{}]", quoted.join(" ")))
    };
    let parts = [
        list("APIGroups", &rule.groups),
        list("Resources", &rule.resources),
        list("ResourceNames", &rule.names),
        list("NonResourceURLs", &rule.paths),
        list("Verbs", &rule.verbs),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{{{}}}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_of_one_resource_are_one_rule() {
        let rule = |verb: &str, resource: &str| PolicyRule {
            verbs: vec![verb.to_owned()],
            groups: vec![String::new()],
            resources: vec![resource.to_owned()],
            ..PolicyRule::default()
        };
        let named = PolicyRule {
            names: vec!["n".to_owned()],
            ..rule("get", "pods")
        };
        let all = [
            rule("get", "secrets"),
            rule("get", "pods"),
            rule("list", "secrets"),
            named,
        ];
        assert_eq!(
            told(&all),
            r#"{APIGroups:[""], Resources:["pods"], ResourceNames:["n"], Verbs:["get"]}
{APIGroups:[""], Resources:["pods"], Verbs:["get"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}"#
        );
        let many: Vec<_> = (0..10_000).map(|it| rule("get", &it.to_string())).collect();
        assert!(told(&many).len() <= MOST_TOLD);
    }
}
