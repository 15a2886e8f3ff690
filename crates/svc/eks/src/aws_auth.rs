//! Roles of nodes in the ConfigMap `kube-system/aws-auth`, by which they enter clusters without access entries.
//!
//! The map is its users': one entry is added or removed as text, so that what they wrote stays as they wrote it. The new text is read
//! before it is written and must hold just the entries that were meant; text that cannot be changed like that is left alone.

use serde_json::{Value, json};
use wharf_kube_auth::mapping::without_path;
use wharf_kube_client::{Client, Error, Object as _, kind};
use wharf_kube_model::codec;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "aws-auth";
/// Texts that are read as a whole to find what to take out: whoever writes the map says how many places look like it.
const MOST_LOOKS: usize = 32;
/// Changes by others that come between one of ours before it fails, to be tried again later.
const TRIES: u32 = 5;

/// As whom nodes enter.
#[derive(Debug, Clone, Copy)]
pub struct Nodes {
    groups: &'static [&'static str],
    username: &'static str,
}

/// Nodes that are instances.
pub const OF_INSTANCES: Nodes = Nodes {
    groups: &["system:bootstrappers", "system:nodes"],
    username: "system:node:{{EC2PrivateDNSName}}",
};
pub const OF_FARGATE: Nodes = Nodes {
    groups: &[
        "system:bootstrappers",
        "system:nodes",
        "system:node-proxier",
    ],
    username: "system:node:{{SessionName}}",
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("mapRoles of the ConfigMap kube-system/aws-auth is no list that an entry can be added to")]
pub struct Unreadable;

/// Why a role is not mapped.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Api(#[from] Error),
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Add,
    Remove,
}

/// Lets nodes with a role in.
///
/// # Errors
/// The map cannot be changed, or the API's.
pub async fn map(client: &Client, role: &str, nodes: Nodes) -> Result<(), MapError> {
    change(client, role, nodes, Change::Add).await
}

/// Takes out what [`map`] put in. What cannot be taken out stays: it keeps nobody from deleting what had the role.
///
/// # Errors
/// The API's.
pub async fn unmap(client: &Client, role: &str, nodes: Nodes) -> Result<(), Error> {
    match change(client, role, nodes, Change::Remove).await {
        Err(MapError::Api(error)) if !error.is_forbidden() && !error.is_invalid() => Err(error),
        Err(error) => {
            tracing::warn!(role, %error, "removing the role of nodes from aws-auth failed: it stays there");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

async fn change(client: &Client, role: &str, nodes: Nodes, what: Change) -> Result<(), MapError> {
    let mut tries = 1;
    loop {
        match try_change(client, role, nodes, what).await {
            Err(MapError::Api(error)) if tries < TRIES && error.is_outdated() => {
                tries += 1;
            }
            done => return done,
        }
    }
}

async fn try_change(
    client: &Client,
    role: &str,
    nodes: Nodes,
    what: Change,
) -> Result<(), MapError> {
    let found = match client.get(&kind::CONFIG_MAP, NAMESPACE, NAME).await {
        Ok(map) => Some(map),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    let held = found.as_ref().map_or("", |it| it.text("/data/mapRoles"));
    let text = match what {
        Change::Add => added(held, role, nodes)?,
        Change::Remove => removed(held, role, nodes)?,
    };
    let Some(text) = text else {
        return Ok(());
    };
    match found {
        Some(mut map) => {
            map["data"]["mapRoles"] = text.into();
            client.update(&kind::CONFIG_MAP, &map).await?;
        }
        None => {
            let map = json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": NAME, "namespace": NAMESPACE},
                "data": {"mapRoles": text},
            });
            client.create(&kind::CONFIG_MAP, NAMESPACE, &map).await?;
        }
    }
    Ok(())
}

impl Nodes {
    fn entry(&self, role: &str) -> Value {
        json!({"groups": self.groups, "rolearn": role, "username": self.username})
    }

    /// The entry as a list in lines has it, each of them behind `indent`.
    fn lines(&self, role: &str, indent: &str) -> String {
        let username = self.username;
        let groups = self.groups.iter();
        let groups: String = groups.map(|it| format!("{indent}  - {it}\n")).collect();
        format!(
            "{indent}- groups:\n{groups}{indent}  rolearn: {role}\n{indent}  username: {username}\n"
        )
    }

    /// The entry as a list in brackets has it.
    fn inline(&self, role: &str) -> String {
        let username = self.username;
        let groups: Vec<String> = self.groups.iter().map(|it| format!("\"{it}\"")).collect();
        let groups = groups.join(", ");
        format!("{{\"groups\": [{groups}], \"rolearn\": \"{role}\", \"username\": \"{username}\"}}")
    }

    /// Whether nodes with the role enter by these entries, of which the last for it counts; it may give them more groups.
    fn enter_by(&self, entries: &[Value], role: &str) -> bool {
        let is_of = |it: &&Value| {
            let arn = it["rolearn"].as_str().unwrap_or_default();
            arn.eq_ignore_ascii_case(role)
        };
        let Some(entry) = entries.iter().rfind(is_of) else {
            return false;
        };
        let given = entry["groups"].as_array().into_iter().flatten();
        let given: Vec<&str> = given.filter_map(Value::as_str).collect();
        entry["username"].as_str() == Some(self.username)
            && self.groups.iter().all(|it| given.contains(it))
    }
}

/// The entries, if it is a list or nothing.
fn entries(text: &str) -> Option<Vec<Value>> {
    match codec::from_yaml(text).ok()? {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => Some(items),
        _ => None,
    }
}

/// What the entries of a list in lines begin with.
fn indent(text: &str) -> &str {
    let mut lines = text.lines();
    let first = lines.find(|it| it.trim_start().starts_with("- "));
    first.map_or("", |it| &it[..it.len() - it.trim_start().len()])
}

fn ended(text: &str) -> String {
    match text.is_empty() || text.ends_with('\n') {
        true => text.to_owned(),
        false => format!("{text}\n"),
    }
}

/// The text with an entry by which nodes with a role enter; nothing if there is one. AWS has roles there without their paths.
fn added(held: &str, role: &str, nodes: Nodes) -> Result<Option<String>, Unreadable> {
    let role = without_path(role);
    let mut expected = entries(held).ok_or(Unreadable)?;
    if nodes.enter_by(&expected, &role) {
        return Ok(None);
    }
    let is_empty = expected.is_empty();
    expected.push(nodes.entry(&role));
    let mut texts = Vec::new();
    if matches!(held.trim(), "" | "[]") {
        texts.push(nodes.lines(&role, ""));
    }
    texts.push(ended(held) + &nodes.lines(&role, indent(held)));
    if let Some((start, end)) = held.rsplit_once(']') {
        let comma = if is_empty { "" } else { ", " };
        let entry = nodes.inline(&role);
        texts.push(format!("{start}{comma}{entry}]{end}"));
    }
    let mut texts = texts.into_iter();
    let fitting = texts.find(|it| entries(it).as_ref() == Some(&expected));
    fitting.map(Some).ok_or(Unreadable)
}

/// The text without what [`added`] writes, each time that it did; nothing if it is not there, or not just as it was written.
fn removed(held: &str, role: &str, nodes: Nodes) -> Result<Option<String>, Unreadable> {
    let role = without_path(role);
    let mut left: Option<String> = None;
    let mut looks = MOST_LOOKS;
    while let Some(text) = removed_once(left.as_deref().unwrap_or(held), &role, nodes, &mut looks)?
    {
        left = Some(text);
    }
    Ok(left)
}

fn removed_once(
    held: &str,
    role: &str,
    nodes: Nodes,
    looks: &mut usize,
) -> Result<Option<String>, Unreadable> {
    let mut expected = entries(held).ok_or(Unreadable)?;
    let entry = nodes.entry(role);
    let Some(at) = expected.iter().rposition(|it| *it == entry) else {
        return Ok(None);
    };
    expected.remove(at);
    let held = &ended(held);
    let inline = nodes.inline(role);
    let written = [
        nodes.lines(role, indent(held)),
        format!(", {inline}"),
        format!("{inline}, "),
        inline,
    ];
    // The last entry is most often where its text is last.
    let texts = written.iter().flat_map(|own| {
        let places = held.rmatch_indices(own.as_str());
        places.map(move |(at, own)| format!("{}{}", &held[..at], &held[at + own.len()..]))
    });
    for text in texts {
        let Some(fewer) = looks.checked_sub(1) else {
            break;
        };
        *looks = fewer;
        if entries(&text).as_ref() == Some(&expected) {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::000000000000:role/nodes";
    const OWN: &str = "\
- groups:
  - system:bootstrappers
  - system:nodes
  rolearn: arn:aws:iam::000000000000:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
";

    fn with(held: &str) -> Result<Option<String>, Unreadable> {
        added(held, ROLE, OF_INSTANCES)
    }

    fn without(held: &str) -> Result<Option<String>, Unreadable> {
        removed(held, ROLE, OF_INSTANCES)
    }

    #[test]
    fn an_entry_comes_and_goes_and_others_stay_as_they_are_written() {
        let others = "# mine\n- rolearn: arn:aws:iam::000000000000:role/devs # all\n  username: dev\n  groups: [devs]\n";
        let both = format!("{others}{OWN}");
        assert_eq!(with(others), Ok(Some(both.clone())));
        assert_eq!(with(others.trim_end()), Ok(Some(both.clone())));
        assert_eq!(with(&both), Ok(None));
        assert_eq!(without(&both), Ok(Some(others.to_owned())));
        assert_eq!(without(both.trim_end()), Ok(Some(others.to_owned())));
        assert_eq!(
            without(&format!("{OWN}{others}")),
            Ok(Some(others.to_owned()))
        );
        assert_eq!(without(others), Ok(None));
        for nothing in ["", "[]", " []\n"] {
            assert_eq!(with(nothing), Ok(Some(OWN.to_owned())));
        }
        assert_eq!(without(OWN), Ok(Some(String::new())));
    }

    #[test]
    fn a_list_keeps_its_form() {
        let deep = "  - rolearn: a\n    username: b\n";
        let both = with(deep).unwrap().unwrap();
        assert!(both.starts_with(deep) && both.contains("\n  - groups:\n    - system:"));
        assert_eq!(without(&both), Ok(Some(deep.to_owned())));
        let brackets = "[{\"rolearn\": \"a\", \"username\": \"b\"}]\n";
        let both = with(brackets).unwrap().unwrap();
        assert!(both.starts_with("[{\"rolearn\": \"a\", \"username\": \"b\"}, {"));
        assert_eq!(with(&both), Ok(None));
        assert_eq!(without(&both), Ok(Some(brackets.to_owned())));
    }

    #[test]
    fn only_an_entry_of_the_very_role_counts() {
        let similar = OWN.replace("role/nodes", "role/nodes-big");
        assert_eq!(with(&similar), Ok(Some(format!("{similar}{OWN}"))));
        assert_eq!(without(&similar), Ok(None));
        let lines = OWN.lines().map(|it| format!("# {it}\n"));
        let comment: String = lines.collect();
        assert_eq!(with(&comment), Ok(Some(format!("{comment}{OWN}"))));
        assert_eq!(without(&comment), Ok(None));
        let fargate = OF_FARGATE.lines(ROLE, "");
        assert_eq!(with(&fargate), Ok(Some(format!("{fargate}{OWN}"))));
        let other_case = OWN.replace("role/nodes", "role/Nodes");
        assert_eq!(with(&other_case), Ok(None));
    }

    #[test]
    fn a_role_is_mapped_without_its_path() {
        let role = "arn:aws:iam::000000000000:role/team/blue/nodes";
        let text = added("", role, OF_INSTANCES);
        assert_eq!(text, Ok(Some(OWN.to_owned())));
        assert_eq!(added(OWN, role, OF_INSTANCES), Ok(None));
        assert_eq!(removed(OWN, role, OF_INSTANCES), Ok(Some(String::new())));
    }

    #[test]
    fn what_a_user_changed_stays() {
        let more = OWN.replace("  rolearn", "  - system:masters\n  rolearn");
        assert_eq!(with(&more), Ok(None));
        assert_eq!(without(&more), Ok(None));
        // The same entry, in a text of somebody else.
        let turned = format!(
            "- rolearn: {ROLE}\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n  groups:\n  - system:bootstrappers\n  - system:nodes\n"
        );
        assert_eq!(with(&turned), Ok(None));
        assert_eq!(without(&turned), Ok(None));
    }

    #[test]
    fn an_entry_behind_it_for_the_same_role_counts_instead() {
        let other = format!("- rolearn: {ROLE}\n  username: dev\n");
        let behind = format!("{OWN}{other}");
        let twice = format!("{behind}{OWN}");
        assert_eq!(with(&behind), Ok(Some(twice.clone())));
        assert_eq!(with(&twice), Ok(None));
        assert_eq!(with(&format!("{other}{OWN}")), Ok(None));
        assert_eq!(without(&twice), Ok(Some(other)));
    }

    #[test]
    fn what_looks_like_it_very_often_takes_no_end_of_time() {
        let many = |count: usize| OWN.repeat(count);
        let left = without(&many(1000)).unwrap().unwrap();
        assert_eq!(left, many(1000 - MOST_LOOKS));
        assert_eq!(without(&many(2)), Ok(Some(String::new())));
    }

    #[test]
    fn what_is_no_list_is_left_alone() {
        for text in ["- [", "x: y\n", "text", "- a\n...\n"] {
            assert_eq!(with(text), Err(Unreadable), "{text}");
        }
        assert_eq!(without("x: y\n"), Err(Unreadable));
    }
}
