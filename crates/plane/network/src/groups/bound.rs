//! Rules that interfaces share by what their subnet says, as its route table or its network ACL: a
//! table of rules is there as long as an interface is bound to it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::model::Subnet;

/// One step towards what is wanted; they are in an order in which nothing is named before it is
/// there, nor removed while it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<T> {
    /// The rules of a table.
    AddTable(String, Arc<T>),
    RewriteTable(String, Arc<T>),
    RemoveTable(String),
    /// The interface with that address is bound to that table.
    AddInterface(Ipv4Addr, String),
    RemoveInterface(Ipv4Addr),
}

/// What the kernel has.
#[derive(Debug)]
pub(crate) struct Bound<T> {
    /// The interfaces wired here, with their subnets.
    interfaces: BTreeMap<Ipv4Addr, Subnet>,
    /// Address → table; those that are bound to none are absent.
    bound: BTreeMap<Ipv4Addr, String>,
    tables: BTreeMap<String, Arc<T>>,
}

impl<T> Default for Bound<T> {
    fn default() -> Self {
        Self {
            interfaces: BTreeMap::new(),
            bound: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }
}

impl<T: PartialEq> Bound<T> {
    /// An interface is wired here, or no longer is.
    pub(crate) fn wire(&mut self, address: Ipv4Addr, subnet: Option<Subnet>) {
        match subnet {
            Some(subnet) => drop(self.interfaces.insert(address, subnet)),
            None => drop(self.interfaces.remove(&address)),
        }
    }

    /// The steps to what `table_of` says of the subnets of all interfaces, if what it says of any
    /// changed, else of those at `addresses`.
    pub(crate) fn follow(
        &mut self,
        table_of: impl Fn(Subnet) -> Option<(String, Arc<T>)>,
        addresses: &BTreeSet<Ipv4Addr>,
        changed: bool,
    ) -> Vec<Step<T>> {
        let (mut tables, mut interfaces, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        let all: BTreeSet<Ipv4Addr>;
        let mut addresses = addresses;
        if changed {
            all = self
                .interfaces
                .keys()
                .chain(self.bound.keys())
                .copied()
                .collect();
            addresses = &all;
        }
        let mut known: BTreeMap<Subnet, Option<(String, Arc<T>)>> = BTreeMap::new();
        for address in addresses {
            let subnet = self.interfaces.get(address).copied();
            let wanted = subnet.and_then(|subnet| {
                let table = known.entry(subnet).or_insert_with(|| table_of(subnet));
                table.clone()
            });
            if let Some((id, table)) = &wanted {
                let former = self.tables.insert(id.clone(), table.clone());
                match former {
                    None => tables.push(Step::AddTable(id.clone(), table.clone())),
                    Some(former) if former != *table => {
                        tables.push(Step::RewriteTable(id.clone(), table.clone()));
                    }
                    Some(_) => {}
                }
            }
            let wanted = wanted.map(|(id, _)| id);
            if self.bound.get(address) == wanted.as_ref() {
                continue;
            }
            if self.bound.remove(address).is_some() {
                interfaces.push(Step::RemoveInterface(*address));
            }
            if let Some(id) = wanted {
                interfaces.push(Step::AddInterface(*address, id.clone()));
                self.bound.insert(*address, id);
            }
        }
        if !interfaces.is_empty() {
            let used: BTreeSet<&String> = self.bound.values().collect();
            let unused = self.tables.keys().filter(|id| !used.contains(id));
            gone.extend(unused.cloned().map(Step::RemoveTable));
        }
        for step in &gone {
            if let Step::RemoveTable(id) = step {
                self.tables.remove(id);
            }
        }
        tables.into_iter().chain(interfaces).chain(gone).collect()
    }

    /// The steps from nothing.
    pub(crate) fn rebuild(
        &mut self,
        table_of: impl Fn(Subnet) -> Option<(String, Arc<T>)>,
    ) -> Vec<Step<T>> {
        self.bound.clear();
        self.tables.clear();
        self.follow(table_of, &BTreeSet::new(), true)
    }
}
