//! Clusters of EKS, each with how many nodes and pods it has.

use serde_json::Value;

use super::{Row, Table, Tone, cell, list, number, out_of};

/// Where the overview has clusters of EKS.
pub const KUBERNETES: &str = "kubernetesClusters";

/// Whether a cluster does not do what it is for: it has failed, or nodes of it are away.
pub(super) fn is_ill(cluster: &Value) -> bool {
    let has_failed = cluster["status"] == "FAILED";
    has_failed || number(cluster, "readyNodes") < number(cluster, "nodes")
}

/// Whether it is made, updated or deleted; nobody knows of one that may not be described.
fn is_changing(cluster: &Value) -> bool {
    cluster["status"].as_str().is_some_and(|it| it != "ACTIVE")
}

pub(super) fn kubernetes(seen: &Value) -> Table {
    let row = |it: &Value| Row {
        tone: match () {
            () if is_ill(it) => Tone::Bad,
            () if is_changing(it) || number(it, "pendingPods") > 0 => Tone::Doubtful,
            () => Tone::Plain,
        },
        cells: vec![
            cell(it, "name"),
            cell(it, "version"),
            cell(it, "status"),
            out_of(it, "readyNodes", "nodes"),
            cell(it, "runningPods"),
            cell(it, "pendingPods"),
            cell(it, "failedPods"),
        ],
    };
    Table::new(
        &[
            "KUBERNETES",
            "VERSION",
            "STATUS",
            "NODES READY",
            "PODS RUNNING",
            "PENDING",
            "FAILED",
        ],
        list(seen, KUBERNETES).map(row),
    )
}
