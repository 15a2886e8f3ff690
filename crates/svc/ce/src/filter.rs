//! What a request chooses by and groups by. Pure.

use std::{borrow::Cow, collections::BTreeSet};

use wharf_api_ce::types::{Expression, GroupDefinition};
use wharf_billing::{AddressUse, Item, Stored};
use wharf_wire::Fault;

use crate::{fault, ledger::Charge};

/// Expressions in each other, and in all.
const MOST_DEPTH: usize = 16;
const MOST_PARTS: usize = 512;
const MOST_GROUPS: usize = 2;

/// A dimension that usage has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dimension {
    LinkedAccount,
    Operation,
    RecordType,
    Region,
    ResourceId,
    Service,
    UsageType,
}

/// What usage is looked at by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Dimension(Dimension),
    Tag(String),
    /// Which keys of tags a task has: a list in JSON.
    TagKeys,
}

/// Usage of one type by tasks of one charge; of one task where tasks are told apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub account: &'a str,
    pub charge: &'a Charge,
    pub item: Item,
    pub task: Option<&'a str>,
}

impl Subject<'_> {
    /// Whether it is of a pod, not of a task.
    fn is_of_eks(&self) -> bool {
        self.charge.arns.split(':').nth(2) == Some("eks")
    }

    fn service(&self) -> &'static str {
        let used = &self.charge.used;
        match &used.stored {
            Some(Stored::Volume { .. } | Stored::Snapshot { .. } | Stored::NatGateway) => {
                "EC2 - Other"
            }
            Some(Stored::FileSystem { .. }) => "Amazon Elastic File System",
            Some(Stored::LoadBalancer { .. } | Stored::Capacity { .. }) => {
                "Amazon Elastic Load Balancing"
            }
            Some(Stored::PublicAddress { .. } | Stored::Endpoint) => "Amazon Virtual Private Cloud",
            None if used.instance.is_some() => "Amazon Elastic Compute Cloud - Compute",
            None if self.is_of_eks() => "Amazon Elastic Container Service for Kubernetes",
            None => "Amazon Elastic Container Service",
        }
    }

    fn operation(&self) -> &'static str {
        let used = &self.charge.used;
        match &used.stored {
            Some(Stored::Volume { kind, .. }) => kind.operation(),
            Some(Stored::Snapshot { .. }) => "CreateSnapshot",
            Some(Stored::FileSystem { .. }) => "Storage",
            Some(Stored::NatGateway) => "NatGateway",
            Some(Stored::LoadBalancer { network } | Stored::Capacity { network, .. }) => {
                match network {
                    false => "LoadBalancing:Application",
                    true => "LoadBalancing:Network",
                }
            }
            Some(Stored::PublicAddress { of }) => match of {
                AddressUse::Idle => "AllocateAddressVPC",
                AddressUse::Elastic => "AssociateAddressVPC",
                AddressUse::Interface => "RunInstances",
                AddressUse::Balancer => "LoadBalancing:Application",
            },
            Some(Stored::Endpoint) => "VpcEndpoint",
            None if used.instance.is_some() => "RunInstances",
            None if self.is_of_eks() => "FargatePod",
            None => "FargateTask",
        }
    }
}

/// Keys of tags that reports know.
pub(crate) type ActiveTags = BTreeSet<String>;

impl Dimension {
    /// # Errors
    /// Usage here has no such dimension.
    pub fn named(name: &str) -> Result<Self, Fault> {
        Ok(match name {
            "LINKED_ACCOUNT" => Self::LinkedAccount,
            "OPERATION" => Self::Operation,
            "RECORD_TYPE" => Self::RecordType,
            "REGION" => Self::Region,
            "RESOURCE_ID" => Self::ResourceId,
            "SERVICE" => Self::Service,
            "USAGE_TYPE" => Self::UsageType,
            other => {
                return Err(fault::invalid(format!(
                    "The dimension {other} is not supported by this version of wharf."
                )));
            }
        })
    }
}

impl Key {
    /// Its value; empty where a task has no such tag, or where tasks are not told apart.
    pub fn value<'a>(&self, of: Subject<'a>, active: &ActiveTags) -> Cow<'a, str> {
        let used = &of.charge.used;
        Cow::Borrowed(match self {
            Self::Dimension(Dimension::LinkedAccount) => of.account,
            Self::Dimension(Dimension::Operation) => of.operation(),
            Self::Dimension(Dimension::RecordType) => "Usage",
            Self::Dimension(Dimension::Region) => &used.region,
            Self::Dimension(Dimension::Service) => of.service(),
            Self::Dimension(Dimension::UsageType) => {
                return Cow::Owned(of.item.kind.usage_type(&used.region));
            }
            Self::Dimension(Dimension::ResourceId) => match of.task {
                // Each time that one ran, or was of a size, is the same one's. AWS names instances and volumes by their ids.
                Some(time) if used.instance.is_some() || used.stored.is_some() => {
                    let id = time.split(':').next().unwrap_or(time);
                    match used.stored {
                        None | Some(Stored::Volume { .. }) => id,
                        _ => return Cow::Owned(format!("{}{id}", of.charge.arns)),
                    }
                }
                Some(task) => return Cow::Owned(format!("{}{task}", of.charge.arns)),
                None => "",
            },
            Self::Tag(key) if active.contains(key) => used.tags.get(key).map_or("", String::as_str),
            Self::Tag(_) => "",
            Self::TagKeys => {
                let keys: Vec<&String> =
                    used.tags.keys().filter(|it| active.contains(*it)).collect();
                return Cow::Owned(serde_json::to_string(&keys).unwrap_or_default());
            }
        })
    }

    /// As the keys of a group are written.
    pub fn group(&self, of: Subject<'_>, active: &ActiveTags) -> String {
        let value = self.value(of, active);
        match self {
            Self::Dimension(_) | Self::TagKeys => value.into_owned(),
            Self::Tag(key) => format!("{key}${value}"),
        }
    }

    pub fn is_of_resources(&self) -> bool {
        *self == Self::Dimension(Dimension::ResourceId)
    }
}

/// The keys by which a request groups.
///
/// # Errors
/// There are more than two, or one of a type or dimension that is not here.
pub(crate) fn groups(asked: &[GroupDefinition]) -> Result<Vec<Key>, Fault> {
    if asked.len() > MOST_GROUPS {
        return Err(fault::invalid(
            "Group definitions should be less than or equal to 2",
        ));
    }
    let keys = asked.iter().map(|it| {
        let key = it.key.as_deref().unwrap_or_default();
        match it.type_.as_deref().unwrap_or_default() {
            "DIMENSION" => Ok(Key::Dimension(Dimension::named(key)?)),
            "TAG" if !key.is_empty() => Ok(Key::Tag(key.to_owned())),
            "TAG" => Err(fault::invalid("A group by a tag needs its key.")),
            other => Err(fault::invalid(format!(
                "The group type {other} is not supported by this version of wharf."
            ))),
        }
    });
    keys.collect()
}

/// What usage a report is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Has(Key, BTreeSet<String>),
    /// The task has no such tag.
    Lacks(String),
}

impl Filter {
    /// # Errors
    /// The expression is none, too large, or asks for what is not here.
    pub fn of(asked: Option<&Expression>) -> Result<Self, Fault> {
        let mut parts = 0;
        asked.map_or(Ok(Self::All(Vec::new())), |it| {
            expression(it, 0, &mut parts)
        })
    }

    pub fn accepts(&self, of: Subject<'_>, active: &ActiveTags) -> bool {
        match self {
            Self::All(all) => all.iter().all(|it| it.accepts(of, active)),
            Self::Any(any) => any.iter().any(|it| it.accepts(of, active)),
            Self::Not(not) => !not.accepts(of, active),
            Self::Has(key, values) => values.contains(key.value(of, active).as_ref()),
            Self::Lacks(key) => !active.contains(key) || !of.charge.used.tags.contains_key(key),
        }
    }

    pub fn is_of_resources(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_of_resources),
            Self::Not(part) => part.is_of_resources(),
            Self::Has(key, _) => key.is_of_resources(),
            Self::Lacks(_) => false,
        }
    }
}

fn expression(asked: &Expression, depth: usize, parts: &mut usize) -> Result<Filter, Fault> {
    *parts += 1;
    if depth > MOST_DEPTH || *parts > MOST_PARTS {
        return Err(fault::invalid("The filter expression is too large."));
    }
    let mut all = |list: &[Expression], name: &str| -> Result<Vec<Filter>, Fault> {
        if list.len() < 2 {
            return Err(fault::invalid(format!(
                "{name} expression must have at least 2 operands."
            )));
        }
        list.iter()
            .map(|it| expression(it, depth + 1, parts))
            .collect()
    };
    let mut found = Vec::new();
    if let Some(list) = &asked.and {
        found.push(Filter::All(all(list, "And")?));
    }
    if let Some(list) = &asked.or {
        found.push(Filter::Any(all(list, "Or")?));
    }
    if let Some(not) = &asked.not {
        found.push(Filter::Not(Box::new(expression(not, depth + 1, parts)?)));
    }
    if let Some(values) = &asked.dimensions {
        let name = values.key.as_deref().unwrap_or_default();
        let key = Key::Dimension(Dimension::named(name)?);
        let options = options(values.match_options.as_deref())?;
        if options == Match::Absent {
            return Err(fault::invalid("The match option ABSENT is for tags."));
        }
        found.push(Filter::Has(key, given(values.values.as_deref())?));
    }
    if let Some(values) = &asked.tags {
        let key = values.key.clone().filter(|it| !it.is_empty());
        let key = key.ok_or_else(|| fault::invalid("A filter by a tag needs its key."))?;
        found.push(match options(values.match_options.as_deref())? {
            Match::Absent => Filter::Lacks(key),
            Match::Equals => Filter::Has(Key::Tag(key), given(values.values.as_deref())?),
        });
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(fault::invalid("The filter expression is empty.")),
        _ => Err(fault::invalid(
            "Expression has more than one root expression.",
        )),
    }
}

fn given(values: Option<&[String]>) -> Result<BTreeSet<String>, Fault> {
    let values: BTreeSet<String> = values.unwrap_or_default().iter().cloned().collect();
    match values.is_empty() {
        true => Err(fault::invalid("A filter needs values.")),
        false => Ok(values),
    }
}

#[derive(PartialEq, Eq)]
enum Match {
    Equals,
    Absent,
}

fn options(asked: Option<&[String]>) -> Result<Match, Fault> {
    let mut found = Match::Equals;
    for option in asked.unwrap_or_default() {
        match option.as_str() {
            "EQUALS" | "CASE_SENSITIVE" => {}
            "ABSENT" => found = Match::Absent,
            other => {
                return Err(fault::invalid(format!(
                    "The match option {other} is not supported by this version of wharf."
                )));
            }
        }
    }
    Ok(found)
}
