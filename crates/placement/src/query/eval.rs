//! Whether a host satisfies an expression.

use std::{cmp::Ordering, collections::BTreeMap};

use wharf_base::Timestamp;

use super::{Node, Relation, Subject, Test};
use crate::fleet::Attributes;

/// What an expression can ask of a host.
#[derive(Debug, Clone, Copy)]
pub struct HostFacts<'a> {
    pub attributes: &'a Attributes,
    pub agent_connected: bool,
    pub agent_version: &'a str,
    pub ec2_instance: &'a str,
    pub registered_at: Timestamp,
    pub running_tasks: u32,
    /// Groups that have a task on the host, as [`crate::group_of`] names them.
    pub groups: &'a BTreeMap<String, u32>,
    /// What those begin with that an expression may know of.
    pub home: &'a str,
}

impl<'a> HostFacts<'a> {
    /// What all hosts with these attributes have in common.
    pub(crate) fn of_class(attributes: &'a Attributes) -> Self {
        static NO_GROUPS: BTreeMap<String, u32> = BTreeMap::new();
        Self {
            attributes,
            agent_connected: true,
            agent_version: "",
            ec2_instance: "",
            registered_at: Timestamp::default(),
            running_tasks: 0,
            groups: &NO_GROUPS,
            home: "",
        }
    }
}

pub(super) fn holds(node: &Node, host: &HostFacts<'_>) -> bool {
    match node {
        Node::Not(inner) => !holds(inner, host),
        Node::All(nodes) => nodes.iter().all(|node| holds(node, host)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, host)),
        Node::Test(Subject::TaskGroup, test) => group_holds(test, host),
        Node::Test(subject, test) => test_holds(test, value(subject, host).as_ref()),
    }
}

/// A subject's value, with how it compares.
struct Value {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Version,
    Date,
}

fn value(subject: &Subject, host: &HostFacts<'_>) -> Option<Value> {
    let of = |text: String, kind| Some(Value { text, kind });
    match subject {
        Subject::Attribute(name) => {
            let value = host.attributes.get(name)?;
            of(value.clone().unwrap_or_default(), Kind::Text)
        }
        Subject::AgentConnected => of(host.agent_connected.to_string(), Kind::Text),
        Subject::AgentVersion => of(host.agent_version.to_owned(), Kind::Version),
        Subject::Ec2InstanceId => of(host.ec2_instance.to_owned(), Kind::Text),
        Subject::RegisteredAt => of(host.registered_at.iso8601(), Kind::Date),
        Subject::RunningTasksCount => of(host.running_tasks.to_string(), Kind::Number),
        Subject::TaskGroup => None,
    }
}

/// `task:group` has as many values as the host has groups; a negated operator asks of all of them.
fn group_holds(test: &Test, host: &HostFacts<'_>) -> bool {
    let all = host.groups.keys();
    let mut groups = all.filter_map(|group| group.strip_prefix(host.home));
    let one = |test: &Test, group: &str| {
        let value = Value {
            text: group.to_owned(),
            kind: Kind::Text,
        };
        test_holds(test, Some(&value))
    };
    match test {
        Test::Exists(wanted) => groups.next().is_some() == *wanted,
        Test::Compare(Relation::NotEqual, _) | Test::In(false, _) | Test::Matches(false, _) => {
            groups.all(|group| one(test, group))
        }
        _ => groups.any(|group| one(test, group)),
    }
}

/// An absent value satisfies the negated operators and no other.
fn test_holds(test: &Test, value: Option<&Value>) -> bool {
    match (test, value) {
        (Test::Exists(wanted), value) => value.is_some() == *wanted,
        (Test::Compare(Relation::NotEqual, _), None) => true,
        (Test::Compare(..), None) => false,
        (Test::In(wanted, _), None) | (Test::Matches(wanted, _), None) => !wanted,
        (Test::Compare(relation, wanted), Some(value)) => compares(*relation, value, wanted),
        (Test::In(wanted, list), Some(value)) => list.contains(&value.text) == *wanted,
        (Test::Matches(wanted, pattern), Some(value)) => pattern.is_match(&value.text) == *wanted,
    }
}

fn compares(relation: Relation, value: &Value, wanted: &str) -> bool {
    let order = match value.kind {
        Kind::Number => by(value.text.parse::<f64>().ok(), wanted.parse::<f64>().ok()),
        Kind::Version => by(version(&value.text), version(wanted)),
        Kind::Date => by(date(&value.text), date(wanted)),
        Kind::Text => text_order(&value.text, wanted),
    };
    let Some(order) = order else {
        return relation == Relation::NotEqual;
    };
    match relation {
        Relation::Equal => order == Ordering::Equal,
        Relation::NotEqual => order != Ordering::Equal,
        Relation::Greater => order == Ordering::Greater,
        Relation::GreaterOrEqual => order != Ordering::Less,
        Relation::Less => order == Ordering::Less,
        Relation::LessOrEqual => order != Ordering::Greater,
    }
}

/// Numbers compare as numbers, everything else as text.
fn text_order(value: &str, wanted: &str) -> Option<Ordering> {
    by(value.parse::<f64>().ok(), wanted.parse::<f64>().ok()).or_else(|| Some(value.cmp(wanted)))
}

fn by<T: PartialOrd>(left: Option<T>, right: Option<T>) -> Option<Ordering> {
    left?.partial_cmp(&right?)
}

/// `1.14.0` and also `1.14`: missing parts are zero.
fn version(text: &str) -> Option<[u64; 3]> {
    let mut parts = [0; 3];
    let mut pieces = text.split('.');
    for part in &mut parts {
        match pieces.next() {
            Some(piece) => *part = piece.parse().ok()?,
            None => break,
        }
    }
    Some(parts)
}

/// `2018-06-18`, `2018-06-18T13:00:00`, each with or without a zone.
fn date(text: &str) -> Option<Timestamp> {
    let forms = [
        text.to_owned(),
        format!("{text}Z"),
        format!("{text}T00:00:00Z"),
    ];
    forms.iter().find_map(|form| Timestamp::parse_iso8601(form))
}
