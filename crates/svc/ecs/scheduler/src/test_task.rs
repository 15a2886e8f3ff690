//! A task of the cluster `default`, for tests.

use serde_json::json;
use wharf_records::ecs::Task;

/// Of a launch type as records spell it, not placed in any network, PROVISIONING, made at the epoch.
pub fn task(launch: &str) -> Task {
    let claim = wharf_records::hosts::Claim::default();
    let task = json!({
        "id": "3f", "arn": "arn:task/default/3f",
        "cluster": "default", "cluster_arn": "arn:cluster/default",
        "definition": "arn:task-definition/web:1", "launch": launch,
        "host": "h", "claim": claim, "instance": "arn:container-instance/default/i",
        "ec2_instance": "i-1", "group": "family:web", "availability_zone": "us-east-1a",
        "cpu": "256", "memory": "512", "overrides": {}, "credentials_seed": "", "containers": [],
        "desired": "RUNNING", "last": "PROVISIONING", "version": 1, "created_at": 0,
    });
    serde_json::from_value(task).expect("a task")
}
