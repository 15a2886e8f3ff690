//! Load balancing, EC2 and Certificate Manager, asked in the name of EKS for one cluster.
//!
//! What belongs to the cluster is known by its tags alone; a thing of the right name without them is another's and is left alone. What
//! users name (subnets, security groups, certificates) must be of the cluster's VPC, or of its account and region.

mod act;
mod bindings;
mod read;
mod settle;
mod wire;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use wharf_api_acm::Acm;
use wharf_api_ec2::Ec2;
use wharf_api_elbv2::Elbv2;
use wharf_base::{Clock, Permit};
use wharf_service::{Cluster, Place};
use wharf_wire::{Call, Fault};

use crate::stack::Key;

const PERMIT: Permit = Permit::for_controller("eks-balancers");
const CLUSTER_TAG: &str = "elbv2.k8s.aws/cluster";
/// Of one cluster alone: its name is another's once it is gone.
const CLUSTER_ID_TAG: &str = "elbv2.k8s.aws/cluster-id";

/// Which instances are nodes of Kubernetes, by the word of the machines that keep them. A Node is of those who may write it.
#[async_trait]
pub trait Nodes: Send + Sync + 'static {
    /// Those of these nodes, by the instances that they say they are, which run as one in a VPC under that name.
    async fn among(
        &self,
        place: &Place,
        vpc: &str,
        nodes: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Fault>;
}

/// What load balancers are made with.
#[derive(Clone)]
pub struct Cloud {
    pub elb: Arc<dyn Elbv2>,
    pub ec2: Arc<dyn Ec2>,
    pub nodes: Arc<dyn Nodes>,
    pub acm: Arc<dyn Acm>,
    pub clock: Arc<dyn Clock>,
    /// Whose load balancers they are.
    pub cluster: Cluster,
    pub vpc: String,
    pub subnets: Vec<String>,
}

/// Why something was not done, for people.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CloudError {
    #[error("failed to {action}: {}", .fault.message)]
    Fault { action: &'static str, fault: Fault },
    #[error("{0}")]
    Refused(#[from] crate::annotations::Refused),
    #[error("the {what} {name} exists, and is not of this cluster's load balancer")]
    Others { what: &'static str, name: String },
}

impl CloudError {
    /// Something still uses it, which goes on its own.
    pub fn is_in_use(&self) -> bool {
        let Self::Fault { fault, .. } = self else {
            return false;
        };
        matches!(fault.code.as_ref(), "DependencyViolation" | "ResourceInUse")
    }
}

fn failed(action: &'static str) -> impl FnOnce(Fault) -> CloudError {
    move |fault| CloudError::Fault { action, fault }
}

/// Digests of the clients' secrets that listeners and rules were told, by their ARNs.
pub type Told = BTreeMap<String, [u8; 32]>;

/// What is there of a stack, by ARNs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arns {
    pub balancers: Vec<String>,
    pub groups: Vec<String>,
    pub secrets: Told,
}

impl Cloud {
    fn call(&self) -> Call {
        self.cluster.call(PERMIT, self.clock.now())
    }

    /// The tags of everything that is made for a stack.
    fn tags(&self, key: &Key, resource: &str) -> BTreeMap<String, String> {
        let (stack, of) = key.tag();
        let kind = stack.split('/').next().unwrap_or_default();
        BTreeMap::from([
            (CLUSTER_TAG.to_owned(), self.cluster.name.clone()),
            (CLUSTER_ID_TAG.to_owned(), self.cluster.id.clone()),
            (stack.to_owned(), of),
            (format!("{kind}/resource"), resource.to_owned()),
        ])
    }

    /// Those of users with them.
    fn tags_with(
        &self,
        users: &BTreeMap<String, String>,
        key: &Key,
        resource: &str,
    ) -> BTreeMap<String, String> {
        let mut all = users.clone();
        all.extend(self.tags(key, resource));
        all
    }

    /// The stack of this cluster that something is of, by its tags.
    fn stack_of<'a>(&self, tags: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Key> {
        let (mut is_ours, mut key) = (false, None);
        for (name, value) in tags {
            is_ours |= name == CLUSTER_ID_TAG && value == self.cluster.id;
            key = key.or_else(|| Key::of_tag(name, value));
        }
        key.filter(|_| is_ours)
    }
}
