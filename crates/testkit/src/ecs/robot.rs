//! An agent that does what it is told by itself: tasks run as soon as they are wanted, and end as
//! soon as they are not.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde_json::json;
use wharf_api_ecs::Ecs;
use wharf_svc_ecs::EcsService;

use super::{Agent, decode};
use crate::call;

/// What becomes of tasks of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Runs,
    FailsToStart,
    /// Runs, and exits with this code at once.
    Exits(i32),
}

/// See the module; clones are the same robot.
#[derive(Clone)]
pub struct Robot {
    ecs: EcsService,
    fates: Arc<Mutex<BTreeMap<String, Fate>>>,
    /// Every task it was told to run, with the family.
    pub told: Arc<Mutex<Vec<(String, String)>>>,
    /// Every task it was told to stop.
    pub stopped: Arc<Mutex<Vec<String>>>,
}

impl Robot {
    /// Registers a machine of the cluster `default` and lives by itself.
    pub async fn join(ecs: &EcsService) -> Self {
        let agent = Agent::join(ecs, "default").await;
        let robot = Self {
            ecs: ecs.clone(),
            fates: Arc::default(),
            told: Arc::default(),
            stopped: Arc::default(),
        };
        tokio::spawn(robot.clone().run(agent));
        robot
    }

    /// What becomes of further tasks of a family.
    pub fn fate(&self, family: &str, fate: Fate) {
        self.fates.lock().insert(family.to_owned(), fate);
    }

    async fn run(self, mut agent: Agent) {
        while let Some(task) = agent.next_payload().await {
            let arn = task["arn"].as_str().unwrap().to_owned();
            let family = task["family"].as_str().unwrap().to_owned();
            let name = task["containers"][0]["name"].as_str().unwrap().to_owned();
            if task["desiredStatus"] == "STOPPED" {
                self.stopped.lock().push(arn.clone());
                self.end(&arn, &name, 143).await;
                continue;
            }
            self.told.lock().push((arn.clone(), family.clone()));
            let fate = self.fates.lock().get(&family).copied();
            match fate.unwrap_or(Fate::Runs) {
                Fate::Runs => self.running(&arn, &name).await,
                Fate::FailsToStart => {
                    let reason = "CannotPullContainerError: not found";
                    let containers =
                        json!([{"containerName": name, "status": "STOPPED", "reason": reason}]);
                    let change =
                        json!({"status": "STOPPED", "reason": reason, "containers": containers});
                    self.report(&arn, change).await;
                }
                Fate::Exits(code) => {
                    self.running(&arn, &name).await;
                    self.end(&arn, &name, code).await;
                }
            }
        }
    }

    async fn running(&self, arn: &str, name: &str) {
        let containers = json!([{"containerName": name, "status": "RUNNING", "runtimeId": "r",
            "networkBindings": [{"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 32768, "protocol": "tcp"}]}]);
        self.report(arn, json!({"status": "RUNNING", "containers": containers}))
            .await;
    }

    /// Says that the task's container ended.
    pub async fn end(&self, arn: &str, name: &str, code: i32) {
        let containers = json!([{"containerName": name, "status": "STOPPED", "exitCode": code}]);
        self.report(arn, json!({"status": "STOPPED", "containers": containers}))
            .await;
    }

    async fn report(&self, task: &str, change: serde_json::Value) {
        let mut request = json!({"cluster": "default", "task": task});
        for (name, value) in change.as_object().unwrap() {
            request[name] = value.clone();
        }
        let input = decode("SubmitTaskStateChange", request);
        let reported = self.ecs.submit_task_state_change(&call(), input).await;
        reported.unwrap();
    }
}
