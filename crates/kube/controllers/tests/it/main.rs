//! All controllers and the scheduler on a server of `wharf-kube-api`, with nodes that only say that pods run.

mod autoscalers;
mod certificates;
mod cluster;
mod daemon_sets;
mod node;
mod outdated;
mod quotas;
mod workloads;
