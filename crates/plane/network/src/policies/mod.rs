//! Network policies of Kubernetes: with whom the pods of a node may begin connections, and who with them.
//!
//! ```text
//! table <table>_<node>_policies   one a node, in the namespace of its VPC
//!   egress, egress-here            forward and input hooks: ct original saddr vmap @senders
//!   ingress                        forward hook, after those: ct reply saddr vmap @receivers
//!   out/<address>, in/<address>    one a pod that is isolated in this way: jumps to its policies, then drop
//!   policy/<n>                     one rule for each permission of a policy in one way; what it allows it accepts
//!   peers/<n>                      set: addresses that a selector chooses
//!   listeners/<n>                  set: address . protocol . port: what pods call by the name of a port
//! ```
//! As with security groups ([`crate::groups`]) a packet is judged by the first one of its connection, whichever way it goes: who began,
//! as itself, and who answers, behind any translation. So a service is judged by its endpoints, answers pass, and what lives by a
//! policy that is gone ends with the next packet. Both are asked, and groups and ACLs as well: whoever refuses first has the word.
//!
//! A pod whose address is in no map is not isolated. What a pod sends itself, by a service too, always passes, and so does what comes
//! from its node's own address or goes there. Names and the API server are answered by the VPC's namespace itself, so what pods send
//! there is judged at its input.
//!
//! Tables outlive the agent. One that a former run left stays as it is until the policies of its node are known, and is then replaced
//! in one batch; after that each change is a batch of what changed.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

pub(crate) use self::table::Table;
use crate::error::NetworkError;
use crate::model::Subnet;
use crate::names::check_key;
use crate::state::TaskRecord;
use crate::worker::Worker;

/// An address, the protocol's number in an IP packet, a port.
pub type Listener = (Ipv4Addr, u8, u16);

/// Which end of a connection a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyWay {
    /// Who calls its pods.
    Ingress,
    /// Whom its pods call.
    Egress,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyPeer {
    Anybody,
    Range {
        within: Subnet,
        except: Vec<Subnet>,
    },
    /// One of [`PolicyRules::peers`].
    Peers(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyTraffic {
    All,
    /// First and last port of a protocol.
    Ports(u8, u16, u16),
    /// One of [`PolicyRules::listeners`].
    Listeners(u64),
}

/// Allows the connections that match all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    pub peer: PolicyPeer,
    pub traffic: PolicyTraffic,
}

/// What a pod is held to; `None` is not isolated, and none of the policies allows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Isolation {
    pub ingress: Option<BTreeSet<u64>>,
    pub egress: Option<BTreeSet<u64>>,
}

/// All that a node holds its pods to. Numbers name things within it; what is named is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyRules {
    pub peers: BTreeMap<u64, BTreeSet<Ipv4Addr>>,
    pub listeners: BTreeMap<u64, BTreeSet<Listener>>,
    pub policies: BTreeMap<u64, (PolicyWay, Vec<Permission>)>,
    pub pods: BTreeMap<Ipv4Addr, Isolation>,
}

/// Parts of it as they are now; `None` is gone. A number that is gone does not come back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyChanges {
    pub peers: BTreeMap<u64, Option<BTreeSet<Ipv4Addr>>>,
    pub listeners: BTreeMap<u64, Option<BTreeSet<Listener>>>,
    pub policies: BTreeMap<u64, Option<(PolicyWay, Vec<Permission>)>>,
    pub pods: BTreeMap<Ipv4Addr, Option<Isolation>>,
}

/// What a node's policies became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoliciesUpdate {
    Snapshot(PolicyRules),
    Changes(PolicyChanges),
    /// The node is none any more.
    Gone,
}

impl Worker {
    /// `node` is the key of the attachment of an instance.
    pub(crate) fn serve_policies(
        &mut self,
        node: &str,
        update: PoliciesUpdate,
    ) -> Result<(), NetworkError> {
        check_key(node)?;
        let unknown = || NetworkError::NoSuchAttachment(node.to_owned());
        let Some(endpoint) = self.tasks.get(node).and_then(|it| it.endpoint.clone()) else {
            return match update {
                PoliciesUpdate::Gone => Ok(()),
                _ => Err(unknown()),
            };
        };
        let scope = &endpoint.scope;
        let Some(net) = self.scopes.get_mut(scope) else {
            return match update {
                // What the machine had before it booted went with its VPCs.
                PoliciesUpdate::Gone => Ok(()),
                _ => Err(NetworkError::NoSuchScope(scope.to_string())),
            };
        };
        match update {
            PoliciesUpdate::Gone => {
                net.policies.remove(node);
                table::remove(net.rules_socket()?, &self.names, node)
            }
            PoliciesUpdate::Snapshot(all) => {
                let mut made = Table::new(&self.names, node, endpoint.address);
                made.write(net.rules_socket()?, all)?;
                net.policies.insert(node.to_owned(), made);
                Ok(())
            }
            PoliciesUpdate::Changes(changes) => {
                let mut own = net.policies.remove(node).ok_or_else(unknown)?;
                let changed = own.change(net.rules_socket()?, changes);
                net.policies.insert(node.to_owned(), own);
                changed
            }
        }
    }

    /// An attachment is about to go. With a node its policies go; a pod's stay until its node says so, since one that is wired again
    /// must not be open meanwhile.
    pub(crate) fn leave_policies(&mut self, record: &TaskRecord) -> Result<(), NetworkError> {
        let Some(endpoint) = record.endpoint.as_ref().filter(|_| record.node.is_none()) else {
            return Ok(());
        };
        let Some(net) = self.scopes.get_mut(&endpoint.scope) else {
            return Ok(());
        };
        if net.policies.remove(&record.key).is_none() && !record.key.starts_with("i-") {
            return Ok(());
        }
        table::remove(net.rules_socket()?, &self.names, &record.key)
    }
}
