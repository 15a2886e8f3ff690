//! What is reported of an autoscaler: its status and its events, gathered while it is planned.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub is_warning: bool,
    pub reason: &'static str,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    status: Value,
    pub events: Vec<Event>,
    now: Timestamp,
}

impl Report {
    /// Begins with what was reported before.
    pub fn of(scaler: &Value, now: Timestamp) -> Self {
        let mut status = scaler.at("/status").clone();
        if !status.is_object() {
            status = json!({"desiredReplicas": 0, "currentMetrics": null});
        }
        // Where the API counts changes of what is wanted.
        if scaler.generation() > 0 {
            status["observedGeneration"] = scaler.generation().into();
        }
        Self {
            status,
            events: Vec::new(),
            now,
        }
    }

    /// Conditions stay where they are in the list, and know since when they hold or do not.
    pub fn condition(&mut self, kind: &str, holds: bool, reason: &str, message: &str) {
        let holds = if holds { "True" } else { "False" };
        let mut conditions = self.status.list("/conditions").to_vec();
        let known = conditions.iter_mut().find(|it| it.text("/type") == kind);
        match known {
            Some(known) => {
                if known.text("/status") != holds {
                    known["status"] = holds.into();
                    known["lastTransitionTime"] = self.now.iso8601_seconds().into();
                }
                known["reason"] = reason.into();
                known["message"] = message.into();
            }
            None => conditions.push(json!({
                "type": kind, "status": holds, "lastTransitionTime": self.now.iso8601_seconds(),
                "reason": reason, "message": message,
            })),
        }
        self.status["conditions"] = conditions.into();
    }

    pub fn normal(&mut self, reason: &'static str, message: String) {
        self.event(false, reason, message);
    }

    pub fn warning(&mut self, reason: &'static str, message: String) {
        self.event(true, reason, message);
    }

    fn event(&mut self, is_warning: bool, reason: &'static str, message: String) {
        self.events.push(Event {
            is_warning,
            reason,
            message,
        });
    }

    pub fn current(&mut self, replicas: i64, metrics: Vec<Value>) {
        self.status["currentReplicas"] = replicas.into();
        self.status["currentMetrics"] = match metrics.is_empty() {
            true => Value::Null,
            false => metrics.into(),
        };
    }

    pub fn desired(&mut self, replicas: i64) {
        self.status["desiredReplicas"] = replicas.into();
    }

    pub fn scaled_now(&mut self) {
        self.status["lastScaleTime"] = self.now.iso8601_seconds().into();
    }

    pub fn status(&self) -> &Value {
        &self.status
    }
}
