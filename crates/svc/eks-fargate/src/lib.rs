//! Pods on Fargate: each pod that a profile chose gets a machine of its own, as large as it asks for, which joins the cluster as a node
//! for that pod alone and ends with it.
//!
//! The controller is Fargate's scheduler and a client of the Kubernetes API; what machines are it learns from [`Machines`], which profiles
//! there are from [`Profiles`]. It keeps nothing: a machine says which pod it is for, and asking twice for one gives the same. [`plan`] is
//! pure: what to do follows from the pods, nodes and machines that there are.
//!
//! Invariants: nobody else binds pods to such nodes, and a node gets the pod of its machine; a machine lives no longer than its pod is
//! there; a pod whose machine was lost is deleted, so that whoever owns it makes another; a machine that does not become a node in time is
//! replaced, and costs nothing.

#![forbid(unsafe_code)]

mod controller;
mod plan;
mod user_data;

use async_trait::async_trait;
use wharf_base::Timestamp;
use wharf_kube_model::fargate::{self, Size};

pub use self::controller::{indexes, run};

/// The cluster whose pods get machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    pub name: String,
    /// `https://host:port`
    pub endpoint: String,
    /// PEM
    pub authority: String,
    pub service_cidr: String,
}

/// What a pod is to run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub size: Size,
    /// ARNs of the profile and of its role.
    pub profile: String,
    pub role: String,
    pub subnet: String,
    pub user_data: String,
}

/// A machine for a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// `i-…`
    pub id: String,
    /// The pod's.
    pub uid: String,
    /// The name of its node.
    pub node: String,
    pub stage: Stage,
    /// When it was launched.
    pub since: Timestamp,
    /// Why it ended, as far as that is known.
    pub reason: Option<String>,
}

/// How far a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Lives,
    /// It will be gone without being asked again; something of it may be on its host still.
    Ends,
    Gone,
}

/// Somebody else could not do it now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

/// Machines of a cluster's pods.
#[async_trait]
pub trait Machines: Send + Sync + 'static {
    /// Those that have ended may be among them for a while.
    async fn all(&self) -> Result<Vec<Machine>, Failed>;

    /// One that lives already is the answer.
    async fn run(&self, wish: &Wish) -> Result<Machine, Failed>;

    /// Its pod comes to it: from now on it costs. Saying so again changes nothing.
    async fn serve(&self, id: &str) -> Result<(), Failed>;

    /// `why` is kept as its reason, unless it ends by itself. One that is gone is no failure.
    async fn end(&self, id: &str, why: Option<&str>) -> Result<(), Failed>;
}

/// An active profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub of: fargate::Profile,
    pub arn: String,
    pub role: String,
    pub subnets: Vec<String>,
}

/// The profiles of a cluster.
#[async_trait]
pub trait Profiles: Send + Sync + 'static {
    async fn active(&self) -> Result<Vec<Profile>, Failed>;
}

/// Ends all machines of a cluster that is removed.
///
/// # Errors
/// Trying again ends the rest.
pub async fn remove_all(machines: &dyn Machines) -> Result<(), Failed> {
    for machine in machines.all().await? {
        if machine.stage != Stage::Gone {
            machines.end(&machine.id, None).await?;
        }
    }
    Ok(())
}
