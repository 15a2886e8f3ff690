//! The controllers of a cluster: each a pure plan from what is there to what is to be written, and an executor over
//! `wharf-kube-client`.
//!
//! - [`run`] starts all of them over shared informers.
//! - A controller is a [`runtime::Controller`]: it says which changes wake which keys, and brings one key forward at a time. What it
//!   decides, a `plan` in its module does, without a clock, a client or a cache.
//! - What a controller wrote is put into its caches with the answer, so that the next plan never does a thing twice.
//!
//! Invariants: nothing is decided before all caches of a controller are complete; nothing is deleted but by its uid.

#![forbid(unsafe_code)]

mod autoscaler;
mod bounds;
mod certificates;
mod claims;
mod cluster_roles;
mod cron_job;
mod daemon_set;
mod deployment;
mod disruption;
mod endpoints;
mod finished_jobs;
#[doc(hidden)]
pub mod fuzz;
mod garbage;
mod history;
mod job;
mod namespace;
mod node_lifecycle;
mod pod_claims;
mod pod_collector;
mod pods;
mod quota;
mod replica_set;
pub mod runtime;
mod service_account;
mod service_ranges;
mod stateful_set;
mod volumes;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Client, Index, Informers, Kind, Object, kind};

pub use crate::certificates::{CertificateSigner, NotSigned, Order, ServerNames};
use crate::runtime::{Context, drive};

/// What differs between clusters.
#[derive(Clone)]
pub struct Options {
    /// The certificates of the cluster's authority, in PEM: pods trust the API server by them.
    pub authority: String,
    /// Its key.
    pub signer: Arc<dyn CertificateSigner>,
    pub server: ServerNames,
}

/// By the node they are on.
pub const PODS_BY_NODE: Index = Index {
    name: "node",
    keys: |it| vec![it.text("/spec/nodeName").to_owned()],
};

/// Indexes that the informers of a cluster need for its controllers.
pub fn indexes() -> Vec<(Kind, Index)> {
    vec![
        (kind::POD, PODS_BY_NODE),
        (kind::ENDPOINT_SLICE, endpoints::SLICES_BY_SERVICE),
    ]
}

/// Runs all controllers of a cluster until `stop`. `informers` were made with [`indexes`].
pub async fn run(client: Client, informers: Informers, options: Options, stop: CancellationToken) {
    let context = Context::new(client, informers, stop.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(drive(namespace::Namespaces::new(&context), stop.clone()));
    let accounts = service_account::ServiceAccounts::new(&context, options.authority);
    tasks.spawn(drive(accounts, stop.clone()));
    let requests = certificates::Requests::new(&context, options.signer, options.server);
    tasks.spawn(drive(requests, stop.clone()));
    tasks.spawn(drive(replica_set::ReplicaSets::new(&context), stop.clone()));
    let controllers = replica_set::ReplicaSets::replication_controllers(&context);
    tasks.spawn(drive(controllers, stop.clone()));
    tasks.spawn(drive(deployment::Deployments::new(&context), stop.clone()));
    tasks.spawn(drive(daemon_set::DaemonSets::new(&context), stop.clone()));
    tasks.spawn(drive(
        stateful_set::StatefulSets::new(&context),
        stop.clone(),
    ));
    tasks.spawn(drive(
        cluster_roles::ClusterRoles::new(&context),
        stop.clone(),
    ));
    tasks.spawn(drive(cron_job::CronJobs::new(&context), stop.clone()));
    tasks.spawn(drive(disruption::Budgets::new(&context), stop.clone()));
    tasks.spawn(drive(
        finished_jobs::FinishedJobs::new(&context),
        stop.clone(),
    ));
    tasks.spawn(drive(job::Jobs::new(&context), stop.clone()));
    tasks.spawn(drive(endpoints::Slices::new(&context), stop.clone()));
    tasks.spawn(drive(endpoints::Mirrors::new(&context), stop.clone()));
    tasks.spawn(drive(node_lifecycle::Nodes::new(&context), stop.clone()));
    tasks.spawn(drive(autoscaler::Autoscalers::new(&context), stop.clone()));
    tasks.spawn(drive(quota::Quotas::new(&context), stop.clone()));
    tasks.spawn(drive(pod_claims::PodClaims::new(&context), stop.clone()));
    tasks.spawn(drive(pod_collector::Pods::new(&context), stop.clone()));
    tasks.spawn(drive(
        service_ranges::ServiceRanges::new(&context),
        stop.clone(),
    ));
    tasks.spawn(drive(volumes::Binder::new(&context), stop.clone()));
    tasks.spawn(drive(volumes::Protection::new(&context), stop.clone()));
    tasks.spawn(garbage::run(context.clone(), stop));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a controller of a cluster failed with a panic; all of them end");
            return;
        }
    }
}
