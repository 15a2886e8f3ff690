//! Services of Kubernetes: addresses that no interface has, and that lead whoever belongs to a node of the cluster to one of several
//! endpoints.
//!
//! ```text
//! table <table>_<node>      one a node, in the namespace of its VPC
//!   members                   set: the addresses of the node's instance and of its pods
//!   guards                    map: address . protocol . port : jump to who may call there, where not everybody may
//!   services                  map: address . protocol . port : goto the chain of what is led alike
//!   endpoints                 map: address . protocol . port . place : address . port
//!   clients                   map: address . protocol . port . who called there : the endpoint, for a time
//!   kept                      set: address . protocol . port . address and port of an endpoint
//!   ports, port_endpoints …   the same of the node's address, for callers that are no members
//!   hairpins                  map: member . the same member : the node's address
//!   prerouting                from a member: … vmap @guards, … vmap @services; from others: … vmap @port_guards, … vmap @ports
//!   from_<number>…            comes back for who is of these ranges, and drops all else
//!   to_<places>…              dnat to an endpoint by chance, or to where the client was
//!   refused, dropped          …
//!   postrouting               what a member sends itself by a service is from the node, so that its answer comes back this way;
//!                             so is what others are to hear by way of the node alone
//!
//! table <table>_<node>      and one in the node's own namespace, for what its programs call at the node's addresses, loopback among them
//!   services, endpoints …     as above
//!   output                    … vmap @services
//!   postrouting               what left from a loopback address is from the node
//!   prerouting                nothing comes in to a loopback address: the kernel is told to route these
//! ```
//! Two clusters may share a VPC and a range of services, since each node's table asks who sends. Security groups see both ends as they
//! are, behind the translation ([`crate::netlink::nft::Side`]): a service opens nothing. Who calls a port of the node must be let in
//! there, and the node let out to the endpoint ([`crate::groups`]).
//!
//! Services that are led alike share a chain, so what changes of one is elements of maps. With a chain for each, a change of one would be a
//! walk through all: the kernel checks all elements of a map for each chain that comes to use it, and all chains that use a map for each
//! element that comes to it.
//!
//! Tables outlive the agent. One that a former run left stays as it is until the services of its node are known, and is then replaced in
//! one batch; after that, only what differs is sent.

mod plan;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::table::{BY_NODE, Table};
use crate::error::NetworkError;
use crate::host;
use crate::model::{Scope, Subnet};
use crate::names::check_key;
use crate::netlink::{Family, Socket, conntrack};
use crate::netns::Namespace;
use crate::state::{Endpoint, TaskRecord};
use crate::worker::Worker;

/// Whom a front end leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// The node's instance and its pods.
    Member,
    /// Everybody else who reaches the node's address.
    Other,
    /// Programs in the node's own network, where they call what never leaves it: the node's address and loopback ones.
    Own,
}

/// Where a service is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrontEnd {
    pub caller: Caller,
    pub address: Ipv4Addr,
    /// Its number in an IP packet.
    pub protocol: u8,
    pub port: u16,
}

/// Where a service leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lead {
    /// To one of these, each without a repetition and not none; `sticky` keeps a client where it was until it has not come for so long.
    /// `by_node`: the endpoint sees the
    /// node as who calls, so that its answer comes back by way of the node.
    To {
        endpoints: Vec<SocketAddrV4>,
        sticky: Option<Duration>,
        by_node: bool,
    },
    /// The caller hears that nobody is there.
    Refused,
    /// The caller hears nothing, and may try again.
    Dropped,
    /// As `lead`, which is none of these itself, for those who call from one of these ranges; all else hear nothing.
    Only {
        sources: Arc<[Subnet]>,
        lead: Box<Lead>,
    },
}

impl Lead {
    /// How those are led who may call.
    pub(crate) fn of_allowed(&self) -> &Self {
        match self {
            Self::Only { lead, .. } => lead,
            other => other,
        }
    }
}

/// What a node's services became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServicesUpdate {
    /// All there are.
    Snapshot(BTreeMap<FrontEnd, Lead>),
    /// Those that are others now, or are gone.
    Changes(BTreeMap<FrontEnd, Option<Lead>>),
    /// The node is none any more.
    Gone,
}

impl ServicesUpdate {
    /// What is led in the VPC, and what in the node itself.
    fn split(self) -> (Self, Self) {
        match self {
            Self::Snapshot(all) => {
                let (own, others) = all.into_iter().partition(|(at, _)| is_own(at));
                (Self::Snapshot(others), Self::Snapshot(own))
            }
            Self::Changes(all) => {
                let (own, others) = all.into_iter().partition(|(at, _)| is_own(at));
                (Self::Changes(others), Self::Changes(own))
            }
            Self::Gone => (Self::Gone, Self::Gone),
        }
    }
}

fn is_own(at: &FrontEnd) -> bool {
    at.caller == Caller::Own
}

const UDP: u8 = 17;

/// What programs of a node reach at its own addresses.
#[derive(Debug)]
pub(crate) struct OwnServices {
    table: Table,
    /// Of the node's namespace. To close it would wait until what was removed there is freed.
    socket: Socket,
}

impl Worker {
    /// `node` is the key of the attachment of an instance.
    pub(crate) fn serve_services(
        &mut self,
        node: &str,
        update: ServicesUpdate,
    ) -> Result<(), NetworkError> {
        check_key(node)?;
        let unknown = || NetworkError::NoSuchAttachment(node.to_owned());
        let Some(endpoint) = self.tasks.get(node).and_then(|it| it.endpoint.clone()) else {
            return match update {
                ServicesUpdate::Gone => Ok(()),
                _ => Err(unknown()),
            };
        };
        let is_going = update == ServicesUpdate::Gone;
        // What the machine had before it booted went with its VPCs.
        if is_going && !self.scopes.contains_key(&endpoint.scope) {
            return Ok(());
        }
        let (update, own) = update.split();
        self.serve_vpc_services(node, &endpoint, update)?;
        // Last: the node's own users are root there, and may have put anything in the way.
        match self.serve_own_services(node, endpoint.address, own) {
            Err(error) if is_going => {
                tracing::warn!(node, %error, "failed to remove services from a node's own network; they go with it");
                Ok(())
            }
            other => other,
        }
    }

    /// What members of a node and those who call its ports reach.
    fn serve_vpc_services(
        &mut self,
        node: &str,
        endpoint: &Endpoint,
        update: ServicesUpdate,
    ) -> Result<(), NetworkError> {
        let unknown = || NetworkError::NoSuchAttachment(node.to_owned());
        let members = self.members(node);
        let scope = &endpoint.scope;
        let net = self.scopes.get_mut(scope);
        let net = net.ok_or_else(|| NetworkError::NoSuchScope(scope.to_string()))?;
        let stale = match update {
            ServicesUpdate::Gone => {
                net.services.remove(node);
                let socket = net.rules_socket()?;
                table::remove(socket, &self.names, node)?;
                BTreeSet::new()
            }
            ServicesUpdate::Snapshot(all) => {
                let former = net.services.remove(node);
                let mut own =
                    former.unwrap_or_else(|| Table::new(&self.names, node, endpoint.address));
                let changed = own.replace(net.rules_socket()?, all, members);
                net.services.insert(node.to_owned(), own);
                changed?
            }
            ServicesUpdate::Changes(changes) => {
                let mut own = net.services.remove(node).ok_or_else(unknown)?;
                let changed = own.change(net.rules_socket()?, changes, members);
                net.services.insert(node.to_owned(), own);
                changed?
            }
        };
        forget(net.rules_socket()?, &stale)
    }

    /// What programs of the node reach at its own addresses.
    fn serve_own_services(
        &mut self,
        node: &str,
        address: Ipv4Addr,
        update: ServicesUpdate,
    ) -> Result<(), NetworkError> {
        if matches!(&update, ServicesUpdate::Changes(all) if all.is_empty()) {
            return Ok(());
        }
        // It is not there while the instance is: then there is nobody to lead.
        let Some(namespace) = Namespace::open(&self.state.task_netns(node))? else {
            return Ok(());
        };
        let names = &self.names;
        let former = self.own_services.remove(node);
        let work = || -> Result<Option<OwnServices>, NetworkError> {
            let mut own = match former {
                Some(own) => own,
                None => OwnServices {
                    table: Table::of_node(names, node, address),
                    socket: host::open(Family::Netfilter)?,
                },
            };
            let (table, socket) = (&mut own.table, &mut own.socket);
            let none = BTreeSet::new();
            let stale = match update {
                ServicesUpdate::Changes(changes) => table.change(socket, changes, none)?,
                ServicesUpdate::Snapshot(all) if !all.is_empty() => {
                    table.replace(socket, all, none)?
                }
                ServicesUpdate::Snapshot(_) | ServicesUpdate::Gone => {
                    table::remove_of_node(socket, names, node)?;
                    return Ok(None);
                }
            };
            forget(socket, &stale)?;
            Ok(Some(own))
        };
        let led = namespace
            .run(work)
            .map_err(|e| NetworkError::kernel("enter a network namespace", e))
            .flatten()?;
        self.own_services
            .extend(led.map(|it| (node.to_owned(), it)));
        Ok(())
    }

    /// The addresses of a node's instance and of its pods.
    fn members(&self, node: &str) -> BTreeSet<Ipv4Addr> {
        let all = self.tasks.values().filter(|it| node_of(it) == Some(node));
        all.filter_map(|it| Some(it.endpoint.as_ref()?.address))
            .collect()
    }

    /// An attachment is about to be wired that belongs to a node.
    pub(crate) fn join_services(&mut self, record: &TaskRecord) -> Result<(), NetworkError> {
        self.change_member(record, Table::join)
    }

    /// It is about to go. What a former run wrote of it goes too.
    pub(crate) fn leave_services(&mut self, record: &TaskRecord) -> Result<(), NetworkError> {
        let (Some(node), Some(endpoint)) = (node_of(record), &record.endpoint) else {
            return Ok(());
        };
        if node != record.key {
            return self.change_member(record, Table::leave);
        }
        let Some(net) = self.scopes.get_mut(&endpoint.scope) else {
            return Ok(());
        };
        net.services.remove(node);
        // Its other one goes with its namespace.
        self.own_services.remove(node);
        table::remove(net.rules_socket()?, &self.names, node)
    }

    fn change_member(
        &mut self,
        record: &TaskRecord,
        change: impl FnOnce(&Table, &mut Socket, Ipv4Addr) -> Result<(), NetworkError>,
    ) -> Result<(), NetworkError> {
        let (Some(node), Some(endpoint)) = (node_of(record), &record.endpoint) else {
            return Ok(());
        };
        let at = self.tasks.get(node).and_then(|it| it.endpoint.as_ref());
        let (Some(at), Some(net)) = (at, self.scopes.get_mut(&endpoint.scope)) else {
            return Ok(());
        };
        // A former run may have left one.
        let table = Table::new(&self.names, node, at.address);
        change(&table, net.rules_socket()?, endpoint.address)
    }
}

/// A flow of datagrams stays with its endpoint, or whoever it was taken for, as long as they come.
fn forget(socket: &mut Socket, endpoints: &BTreeSet<Ipv4Addr>) -> Result<(), NetworkError> {
    // To look for them costs a walk through all connections.
    match endpoints.is_empty() {
        true => Ok(()),
        false => conntrack::forget_udp(socket, endpoints),
    }
}

/// Whose services an attachment may call: an instance's are those of the node that it is, if it is one.
fn node_of(record: &TaskRecord) -> Option<&str> {
    let is_in_vpc = matches!(
        record.endpoint.as_ref().map(|it| &it.scope),
        Some(Scope::Vpc(_))
    );
    match &record.node {
        _ if !is_in_vpc => None,
        Some(node) => Some(node),
        None if record.is_instance() => Some(&record.key),
        None => None,
    }
}
