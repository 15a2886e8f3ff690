//! What is kept of a prefix list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Cidr4;
use wharf_records::Unknown;
use wharf_service::tags::Tags;
use wharf_wire::Context;

use super::fault;
use crate::records::{arn, entity, tags_to_wire};

/// Entries of all former versions that are kept: a record stays small.
const FORMER_ENTRIES: usize = 2000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrefixList {
    pub id: String,
    pub name: String,
    pub max_entries: u32,
    pub version: i64,
    /// Of this version and of former ones.
    pub versions: BTreeMap<i64, Vec<Entry>>,
    pub client_token: Option<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(PrefixList, "prefix-list", fault::not_found);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub cidr: Cidr4,
    pub description: Option<String>,
}

impl Entry {
    pub fn of(cidr: Cidr4) -> Self {
        Self {
            cidr,
            description: None,
        }
    }
}

/// A list as rules and routes keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub id: String,
    /// As many rules or routes as it counts for, however many ranges it has.
    pub weight: u32,
    pub ranges: Vec<Cidr4>,
}

impl Listed {
    /// One that is only named so far.
    pub fn named(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            weight: 1,
            ranges: Vec::new(),
        }
    }
}

impl PrefixList {
    pub fn entries(&self) -> &[Entry] {
        self.versions.get(&self.version).map_or(&[], Vec::as_slice)
    }

    pub fn listed(&self) -> Listed {
        Listed {
            id: self.id.clone(),
            weight: self.max_entries,
            ranges: self.entries().iter().map(|entry| entry.cidr).collect(),
        }
    }

    /// The next version. The oldest ones go when there are too many entries in all.
    pub fn add_version(&mut self, entries: Vec<Entry>) {
        self.version += 1;
        self.versions.insert(self.version, entries);
        let former = |versions: &BTreeMap<i64, Vec<Entry>>| {
            // An empty version is worth an entry too.
            let all = versions.values().map(|entries| entries.len().max(1));
            all.sum::<usize>()
        };
        while self.versions.len() > 1 && former(&self.versions) > FORMER_ENTRIES {
            self.versions.pop_first();
        }
    }

    /// `done`: what was done to it just now.
    pub fn to_wire(&self, cx: &Context, done: &str) -> wire::ManagedPrefixList {
        wire::ManagedPrefixList {
            prefix_list_id: Some(self.id.clone()),
            address_family: Some("IPv4".to_owned()),
            state: Some(format!("{done}-complete")),
            prefix_list_arn: Some(arn(cx, "prefix-list", &self.id)),
            prefix_list_name: Some(self.name.clone()),
            max_entries: i32::try_from(self.max_entries).ok(),
            version: Some(self.version),
            tags: Some(tags_to_wire(&self.tags)),
            owner_id: Some(cx.account.clone()),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_versions_are_kept_while_they_are_few() {
        let entry = |last: u8| Entry {
            cidr: format!("10.0.0.{last}/32").parse().unwrap(),
            description: None,
        };
        let mut list = PrefixList {
            id: "pl-1".to_owned(),
            name: "list".to_owned(),
            max_entries: 1000,
            version: 1,
            versions: BTreeMap::from([(1, vec![entry(1)])]),
            client_token: None,
            tags: Tags::new(),
            unknown: Unknown::new(),
        };
        list.add_version(vec![entry(2), entry(3)]);
        assert_eq!(list.version, 2);
        assert_eq!(list.versions.len(), 2);
        assert_eq!(list.listed().ranges.len(), 2);
        list.add_version(vec![entry(4); FORMER_ENTRIES]);
        assert_eq!(list.versions.len(), 1, "there is always the newest");
        list.add_version(Vec::new());
        assert_eq!(list.versions.keys().copied().collect::<Vec<_>>(), [4]);
        assert!(list.entries().is_empty());
    }
}
