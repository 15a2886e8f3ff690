//! The nodes of this process, as those see them who are asked by tasks of any: ids and endpoints are
//! random, so whoever has one has its task, whichever node that is of.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;

use super::{
    credentials::CredentialStore,
    directory::{Directory, TaskView},
};
use crate::client::Api;

/// What a node shows of itself.
#[derive(Clone)]
pub struct Member {
    pub directory: Directory,
    pub credentials: CredentialStore,
    /// Calls in the node's own name.
    pub api: Api,
}

/// A task, and the node that it is of.
#[derive(Clone)]
pub struct Found {
    pub node: Arc<Member>,
    pub task: Arc<TaskView>,
}

/// Shared, cheap to clone.
#[derive(Clone, Default)]
pub struct Roster(Arc<Inner>);

#[derive(Default)]
struct Inner {
    members: RwLock<Vec<(u64, Arc<Member>)>>,
    next: AtomicU64,
    awaited: RwLock<BTreeSet<String>>,
}

/// A node is on the roster until this is dropped.
pub struct Membership {
    roster: Roster,
    number: u64,
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut members = self.roster.0.members.write();
        members.retain(|(number, _)| *number != self.number);
    }
}

impl Roster {
    pub fn join(&self, member: Member) -> Membership {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let mut members = self.0.members.write();
        members.push((number, Arc::new(member)));
        Membership {
            roster: self.clone(),
            number,
        }
    }

    /// These tasks were here when this process began; a node will find them again.
    pub fn await_tasks(&self, tasks: BTreeSet<String>) {
        self.0.awaited.write().extend(tasks);
    }

    /// Whether it is one of those that no node has found again yet.
    pub fn awaits(&self, task: &str) -> bool {
        self.0.awaited.read().contains(task)
    }

    /// All of them.
    pub fn awaited(&self) -> BTreeSet<String> {
        self.0.awaited.read().clone()
    }

    /// Their node has found them again, or they are ended.
    pub fn found(&self, tasks: &BTreeSet<String>) {
        self.0.awaited.write().retain(|id| !tasks.contains(id));
    }

    pub fn task(&self, id: &str) -> Option<Found> {
        self.find(|directory| directory.task(id))
            .map(|(node, task)| Found { node, task })
    }

    /// The task whose own role has the credentials of that id.
    pub fn with_credentials(&self, id: &str) -> Option<Found> {
        self.find(|directory| directory.with_credentials(id))
            .map(|(node, task)| Found { node, task })
    }

    /// The container that a metadata URI speaks for.
    pub fn at_endpoint(&self, endpoint_id: &str) -> Option<(Found, usize)> {
        self.find(|directory| directory.at_endpoint(endpoint_id))
            .map(|(node, (task, at))| (Found { node, task }, at))
    }

    /// The tasks of all nodes.
    pub fn all(&self) -> Vec<Arc<TaskView>> {
        let members = self.0.members.read();
        let nodes = members.iter().map(|(_, node)| node);
        nodes.flat_map(|node| node.directory.all()).collect()
    }

    fn find<T>(&self, look: impl Fn(&Directory) -> Option<T>) -> Option<(Arc<Member>, T)> {
        let members = self.0.members.read();
        let mut nodes = members.iter().map(|(_, node)| node);
        nodes.find_map(|node| Some((node.clone(), look(&node.directory)?)))
    }
}
