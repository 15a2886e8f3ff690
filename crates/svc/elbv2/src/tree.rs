//! A load balancer with all that is below it, and the changes that touch several of its records.
//!
//! Whoever changes a listener or a rule reads the tree, decides, and writes in a transaction that
//! compares and bumps the load balancer's guard: ports, priorities and limits that were checked
//! still hold then. Target groups know who forwards to them; [`Links`] keeps that true in the same
//! transaction.

use std::collections::{BTreeMap, BTreeSet};

use wharf_records::{Record, Unknown, encode};
use wharf_service::Stored;
use wharf_store::Txn;
use wharf_wire::Fault;

use crate::{
    core::{ChangeError, Core},
    fault, login,
    names::{self, Kind, Names as _, Place},
    records::{Action, Guard, Listener, LoadBalancer, Protocol, Rule, TargetGroup, Version},
};

pub struct Tree {
    pub place: Place,
    /// Of the load balancer.
    pub id: String,
    pub balancer: Stored<LoadBalancer>,
    guard: Stored<Guard>,
    pub listeners: Vec<(String, Stored<Listener>)>,
    pub rules: Vec<(String, Stored<Rule>)>,
}

impl Core {
    /// Reads the tree of a load balancer; `None` if there is no such load balancer.
    pub async fn tree(&self, place: &Place, id: &str) -> Result<Option<Tree>, ChangeError> {
        let scope = place.scope();
        // First, so that whatever is read below is at least as new.
        let guard = self.table.read(&scope.key(Guard::KIND, id)).await?;
        let balancer = self.table.read(&scope.key(LoadBalancer::KIND, id)).await?;
        let (Some(guard), Some(balancer)) = (guard, balancer) else {
            return Ok(None);
        };
        let below = format!("{id}/");
        Ok(Some(Tree {
            listeners: self.table.all(&scope, &below).await?,
            rules: self.table.all(&scope, &below).await?,
            place: place.clone(),
            id: id.to_owned(),
            balancer,
            guard,
        }))
    }
}

/// The guard of a new load balancer.
pub fn first_guard() -> Guard {
    Guard {
        changes: 0,
        unknown: Unknown::new(),
    }
}

impl Tree {
    pub fn arn(&self) -> String {
        self.place.arn(Kind::Balancer, &self.id)
    }

    /// Makes the transaction fail if anything of the tree has changed since it was read.
    pub fn touch(&self, txn: Txn) -> Txn {
        let mut next = self.guard.record.clone();
        next.changes += 1;
        txn.when(self.guard.unchanged())
            .put(&self.guard.key, encode(&next))
    }

    /// For the end of the load balancer.
    pub fn drop_guard(&self, txn: Txn) -> Txn {
        txn.when(self.guard.unchanged()).delete(&self.guard.key)
    }

    pub fn listener(&self, id: &str) -> Option<&Stored<Listener>> {
        let found = self.listeners.iter().find(|(other, _)| other == id);
        found.map(|(_, stored)| stored)
    }

    /// The rules of a listener, by priority.
    pub fn rules_of(&self, listener: &str) -> Vec<&(String, Stored<Rule>)> {
        let own = |(id, _): &&(String, Stored<Rule>)| names::owner(id) == listener;
        let mut found: Vec<_> = self.rules.iter().filter(own).collect();
        found.sort_by_key(|(_, it)| it.record.priority);
        found
    }

    /// ARNs of all target groups that requests are forwarded to.
    pub fn groups(&self) -> BTreeSet<String> {
        let listeners = self
            .listeners
            .iter()
            .map(|(_, it)| &it.record.default_actions);
        let rules = self.rules.iter().map(|(_, it)| &it.record.actions);
        listeners.chain(rules).flat_map(|it| groups(it)).collect()
    }
}

/// ARNs of the groups that actions forward to.
pub fn groups(actions: &[Action]) -> BTreeSet<String> {
    actions.iter().flat_map(Action::groups).cloned().collect()
}

/// Whether a listener that speaks the protocol can pass on to targets of the group.
fn fits(protocol: Protocol, arn: &str, group: &TargetGroup) -> Result<(), Fault> {
    if !protocol.reaches(group.protocol) {
        let (own, of_group) = (protocol.name(), group.protocol.name());
        return Err(fault::incompatible(arn, own, of_group));
    }
    // Clients speak HTTP/2, and gRPC over it, where TLS lets them agree on it.
    if protocol == Protocol::Http && group.version != Version::Http1 {
        return Err(fault::version_needs_https(group.version.name()));
    }
    Ok(())
}

/// Target groups whose users change, each read once.
pub struct Links<'a> {
    core: &'a Core,
    place: &'a Place,
    groups: BTreeMap<String, (Stored<TargetGroup>, TargetGroup)>,
}

impl<'a> Links<'a> {
    pub fn new(core: &'a Core, place: &'a Place) -> Self {
        Self {
            core,
            place,
            groups: BTreeMap::new(),
        }
    }

    /// `user`, a listener that speaks the protocol or a rule of one, all of `tree`, forwards to `after` instead of `before`.
    pub async fn change(
        &mut self,
        tree: &Tree,
        (user, protocol): (&str, Protocol),
        before: &BTreeSet<String>,
        after: &BTreeSet<String>,
    ) -> Result<(), Fault> {
        if protocol.has_datagrams() && tree.balancer.record.dual_stack {
            return Err(fault::datagrams_of_dual_stack());
        }
        for arn in after.difference(before) {
            let own = tree.arn();
            let group = self.group(arn).await?.ok_or_else(fault::group_not_found)?;
            if group.vpc != tree.balancer.record.vpc {
                let vpc = &tree.balancer.record.vpc;
                return Err(fault::group_of_other_vpc(arn, &group.vpc, vpc));
            }
            if group.ipv6 && !tree.balancer.record.dual_stack {
                return Err(fault::group_needs_dual_stack(arn));
            }
            fits(protocol, arn, group)?;
            let foreign = |user: &String| names::balancer_of(user).as_ref() != Some(&own);
            if group.used_by.iter().any(foreign) {
                return Err(fault::group_of_other_balancer(arn));
            }
            group.used_by.insert(user.to_owned());
        }
        for arn in before.difference(after) {
            self.release(user, arn).await?;
        }
        Ok(())
    }

    /// That a listener which comes to speak the protocol can pass on to the groups of its rules.
    pub async fn still_fit(
        &mut self,
        protocol: Protocol,
        groups: &BTreeSet<String>,
    ) -> Result<(), Fault> {
        for arn in groups {
            if let Some(group) = self.group(arn).await? {
                fits(protocol, arn, group)?;
            }
        }
        Ok(())
    }

    /// `user` no longer forwards to the group.
    pub async fn release(&mut self, user: &str, arn: &str) -> Result<(), ChangeError> {
        if let Some(group) = self.group(arn).await? {
            group.used_by.remove(user);
        }
        Ok(())
    }

    async fn group(&mut self, arn: &str) -> Result<Option<&mut TargetGroup>, ChangeError> {
        if !self.groups.contains_key(arn) {
            let Some((place, Kind::Group, id)) = names::parse(arn) else {
                return Ok(None);
            };
            if place != *self.place {
                return Ok(None);
            }
            let key = place.scope().key(TargetGroup::KIND, &id);
            let Some(stored) = self.core.table.read::<TargetGroup>(&key).await? else {
                return Ok(None);
            };
            let copy = stored.record.clone();
            self.groups.insert(arn.to_owned(), (stored, copy));
        }
        Ok(self.groups.get_mut(arn).map(|(_, group)| group))
    }

    /// Adds what changed to a transaction.
    pub fn write(&self, mut txn: Txn) -> Txn {
        for (stored, group) in self.groups.values() {
            if stored.record != *group {
                txn = txn.when(stored.unchanged()).put(&stored.key, encode(group));
            }
        }
        txn
    }
}

/// Rules removed in one transaction: with five groups each it stays below the store's 128 operations.
pub const RULES_AT_ONCE: usize = 12;

impl Core {
    /// The removal of a listener, and of up to [`RULES_AT_ONCE`] rules.
    pub async fn removal(
        &self,
        place: &Place,
        listener: Option<(&str, &Stored<Listener>)>,
        rules: &[&(String, Stored<Rule>)],
    ) -> Result<Txn, ChangeError> {
        let mut links = Links::new(self, place);
        let mut txn = Txn::new();
        if let Some((id, stored)) = listener {
            let arn = place.arn(Kind::Listener, id);
            for group in groups(&stored.record.default_actions) {
                links.release(&arn, &group).await?;
            }
            txn = txn.when(stored.unchanged()).delete(&stored.key);
            for key in &stored.record.session_keys {
                txn = txn.delete(login::public_key(&key.id));
            }
            txn = self
                .drop_certificates(txn, place, &arn, &stored.record.certificates)
                .await?;
        }
        for (id, stored) in rules {
            let arn = place.arn(Kind::Rule, id);
            for group in groups(&stored.record.actions) {
                links.release(&arn, &group).await?;
            }
            txn = txn.when(stored.unchanged()).delete(&stored.key);
        }
        Ok(links.write(txn))
    }
}
