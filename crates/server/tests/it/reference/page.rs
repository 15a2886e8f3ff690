//! The pages, as Markdown.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use wharf_wire::{AskedOf, schema::ServiceSchema};

use super::{Asked, Row, level};

const HEAD: &str =
    "Written by `cargo xtask reference` from the rows that authorisation uses; do not edit.";

/// The page of a service.
pub fn service(schema: &ServiceSchema, rows: &BTreeMap<&str, Row>) -> String {
    let mut out = format!(
        "# {}: actions, resources and condition keys\n{HEAD} What the columns mean: [README.md](README.md).\n\n",
        schema.action_prefix
    );
    out.push_str("## Actions\n| operation | asks for | level | on | condition keys |\n| --- | --- | --- | --- | --- |\n");
    for (operation, row) in rows {
        let mut name = (*operation).to_owned();
        for (action, asked) in own_first(operation, row) {
            let level = match asked.of {
                Some(AskedOf::Nobody) => "open to all who have valid keys".to_owned(),
                Some(AskedOf::Operation) => {
                    format!("{}, weighed by the operation", level::of(action))
                }
                _ => level::of(action).to_owned(),
            };
            let _ = writeln!(
                out,
                "| {name} | `{action}` | {level} | {} | {} |",
                codes(&asked.resources),
                codes(&asked.keys)
            );
            name.clear();
        }
    }
    let all = || rows.values().flat_map(BTreeMap::iter);
    let mut resources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (action, asked) in all() {
        for resource in asked.resources.iter().filter(|it| *it != "*") {
            resources.entry(resource).or_default().extend(
                asked
                    .keys
                    .iter()
                    .filter(|it| it.contains("ResourceTag"))
                    .map(String::as_str),
            );
        }
        for key in &asked.keys {
            keys.entry(key).or_default().insert(action);
        }
    }
    if !resources.is_empty() {
        out.push_str("\n## Resources\n| ARN | its tags as |\n| --- | --- |\n");
        for (resource, tags) in resources {
            let _ = writeln!(out, "| `{resource}` | {} |", codes(tags));
        }
    }
    if !keys.is_empty() {
        out.push_str("\n## Condition keys\n| key | seen by |\n| --- | --- |\n");
        for (key, actions) in keys {
            let _ = writeln!(out, "| `{key}` | {} |", codes(actions));
        }
    }
    out
}

/// The action that is called as the operation is, then those that come with it.
fn own_first<'a>(operation: &str, row: &'a Row) -> Vec<(&'a String, &'a Asked)> {
    let mut all: Vec<_> = row.iter().collect();
    all.sort_by_key(|(action, _)| {
        let name = action.split_once(':').map(|it| it.1);
        (name != Some(operation), *action == "iam:PassRole")
    });
    all
}

fn codes<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let each = texts.into_iter().map(|it| format!("`{}`", it.as_ref()));
    each.collect::<Vec<_>>().join(", ")
}

/// The page that leads to the others.
pub fn index(services: &[(&'static ServiceSchema, BTreeMap<&str, Row>)]) -> String {
    let mut out = format!(
        "# What policies can say of each service\n{HEAD}\n\n\
         An operation is let in when all actions of its lines are allowed on their resources. `REGION` and `ACCOUNT` are the \
         resource's, `*` in an ARN is its name or id, and a lone `*` means that the action has no resource: only a \
         statement with `\"Resource\": \"*\"` allows it. Of several resources in one line all are asked about, or that one which the \
         request names.\n\n\
         Levels are those of AWS's service reference, read from the action's name. Condition keys are there when the request or \
         the resource says something: `aws:ResourceTag/TAG-KEY` for a tag that the resource has, `aws:RequestTag/TAG-KEY` and `aws:TagKeys` \
         for tags that the request brings. Global keys (`aws:SourceIp`, `aws:PrincipalTag/…`) go with every request and are \
         not repeated: [access-control.md](../access-control.md). The installation's own operations (`wharf:CreateJoinToken`, …) have \
         no resources and no keys.\n\n\
         | service | prefix | operations | condition keys of its own |\n| --- | --- | --- | --- |\n"
    );
    for (schema, rows) in services {
        let asked = rows.values().flat_map(BTreeMap::values);
        let own: BTreeSet<&String> = asked
            .flat_map(|it| &it.keys)
            .filter(|it| it.starts_with(schema.action_prefix))
            .collect();
        let _ = writeln!(
            out,
            "| [{0}]({0}.md) | `{1}:` | {2} | {3} |",
            schema.name,
            schema.action_prefix,
            rows.len(),
            own.len()
        );
    }
    out
}
