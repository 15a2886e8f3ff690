//! What agents tell of their tasks, repeated until it is taken.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rand::Rng;
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::sleep};
use wharf_api_ecs::Ecs;
use wharf_testkit::ecs::decode;

use super::Storm;

/// Pause before a report that was not taken is repeated.
const REPEAT: Duration = Duration::from_millis(500);

/// What became of a task, in the order in which it did.
pub struct Report {
    task: String,
    change: Value,
}

pub fn running(task: &str) -> Report {
    let binding =
        json!({"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 32768, "protocol": "tcp"});
    let container = json!({"containerName": "web", "status": "RUNNING", "runtimeId": "r",
        "networkBindings": [binding]});
    Report {
        task: task.to_owned(),
        change: json!({"status": "RUNNING", "containers": [container]}),
    }
}

pub fn cannot_start(task: &str) -> Report {
    let why = "CannotPullContainerError: not found";
    let container = json!({"containerName": "web", "status": "STOPPED", "reason": why});
    Report {
        task: task.to_owned(),
        change: json!({"status": "STOPPED", "containers": [container]}),
    }
}

pub fn ended(task: &str, code: i32) -> Report {
    let container = json!({"containerName": "web", "status": "STOPPED", "exitCode": code});
    Report {
        task: task.to_owned(),
        change: json!({"status": "STOPPED", "containers": [container]}),
    }
}

/// Reports in their order, each until it is taken or refused for good.
pub async fn send(storm: Arc<Storm>, mut reports: mpsc::UnboundedReceiver<Report>) {
    let mut random = storm.random();
    while let Some(Report { task, mut change }) = reports.recv().await {
        change["cluster"] = json!("default");
        change["task"] = json!(task);
        loop {
            let input = decode("SubmitTaskStateChange", change.clone());
            let call = storm.call();
            let submitted = storm.ecs.submit_task_state_change(&call, input);
            match submitted.await {
                Err(fault) if fault.status >= 500 => {
                    storm.repeated.fetch_add(1, Ordering::Relaxed);
                    sleep(REPEAT).await;
                }
                // Now and then once more than that.
                _ if !storm.is_calm() && random.random_bool(0.1) => {}
                _ => break,
            }
        }
    }
}
