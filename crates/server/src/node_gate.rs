//! The gate that nodes pass beyond their policies: a log stream or a repository is a node's business
//! only if a task that was placed on it has to do with it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use wharf_base::{LogEnd, LogResource, Timestamp};
use wharf_svc_ecs::{Need, WeakEcsService, is_node};
use wharf_wire::{Check, Context, Denied, Gate, Unreadable, audit::Decided, fault::Chain};

/// A yes is remembered as long as it is used: lines are delivered many times a second, and the last
/// ones after the task is over.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// Beyond, everything is asked anew.
const MAX_REMEMBERED: usize = 65_536;

/// IAM's gate with the nodes' behind it.
pub struct NodeGate {
    iam: Arc<dyn Gate>,
    /// Set once ECS is there; it stands on this gate itself.
    ecs: Arc<OnceLock<WeakEcsService>>,
    /// With `--iam off` nothing is asked, with `soft` nothing is refused.
    enforced: bool,
    allowed: Mutex<HashMap<(String, String), Timestamp>>,
}

impl NodeGate {
    pub fn new(iam: Arc<dyn Gate>, enforced: bool) -> (Self, Arc<OnceLock<WeakEcsService>>) {
        let ecs = Arc::new(OnceLock::new());
        let gate = Self {
            iam,
            ecs: ecs.clone(),
            enforced,
            allowed: Mutex::default(),
        };
        (gate, ecs)
    }

    async fn is_its_business(&self, cx: &Context, check: &Check) -> bool {
        let Some(need) = need(&check.action, &check.resource) else {
            return true;
        };
        let Some(ecs) = self.ecs.get().and_then(WeakEcsService::upgrade) else {
            return false;
        };
        let key = (cx.caller.arn.clone(), check.resource.clone());
        // Only streams are asked for so often.
        let is_stream = matches!(need, Need::LogStream { .. });
        if is_stream && self.is_remembered(&key, cx.now) {
            return true;
        }
        match ecs.serves(cx, need).await {
            Ok(serves) => {
                if serves && is_stream {
                    self.remember(key, cx.now);
                }
                serves
            }
            Err(error) => {
                tracing::error!(error = %Chain(&error), "failed to read which tasks a node runs");
                false
            }
        }
    }

    /// Refuses a node the first check that is none of its business.
    async fn require_business(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        if !self.enforced || !is_node(cx) {
            return Ok(());
        }
        for check in checks {
            if !self.is_its_business(cx, check).await {
                let Check {
                    action, resource, ..
                } = check;
                return Err(Denied(format!(
                    "User: {} is not authorized to perform: {action} on resource: {resource} because no \
                     task on this node needs it",
                    cx.caller.arn
                )));
            }
        }
        Ok(())
    }

    fn is_remembered(&self, key: &(String, String), now: Timestamp) -> bool {
        let mut allowed = self.allowed.lock();
        match allowed.get_mut(key) {
            Some(at) if now.since(*at) < REMEMBERED => {
                *at = now;
                true
            }
            _ => false,
        }
    }

    fn remember(&self, key: (String, String), now: Timestamp) {
        let mut allowed = self.allowed.lock();
        if allowed.len() >= MAX_REMEMBERED {
            allowed.retain(|_, at| now.since(*at) < REMEMBERED);
        }
        if allowed.len() >= MAX_REMEMBERED {
            allowed.clear();
        }
        allowed.insert(key, now);
    }
}

#[async_trait]
impl Gate for NodeGate {
    async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        self.iam.decide(cx, checks).await?;
        self.require_business(cx, checks).await
    }

    async fn explain(&self, cx: &Context, checks: &[Check]) -> (Result<(), Denied>, Vec<Decided>) {
        let (outcome, mut decided) = self.iam.explain(cx, checks).await;
        if outcome.is_err() {
            return (outcome, decided);
        }
        let outcome = self.require_business(cx, checks).await;
        if let (Err(_), Some(last)) = (&outcome, decided.last_mut()) {
            last.allowed = false;
            "no task on this node needs it".clone_into(&mut last.by);
        }
        (outcome, decided)
    }

    async fn unique_ids(
        &self,
        arns: &[String],
    ) -> Result<Option<BTreeMap<String, String>>, Unreadable> {
        self.iam.unique_ids(arns).await
    }

    async fn arns(&self, ids: &[String]) -> Result<BTreeMap<String, String>, Unreadable> {
        self.iam.arns(ids).await
    }
}

/// What a call needs a task for.
fn need<'a>(action: &str, resource: &'a str) -> Option<Need<'a>> {
    let named = || resource.splitn(6, ':').nth(5).and_then(LogResource::parse);
    // No task needs one without a name.
    let group = || {
        let group = named().and_then(LogResource::whole_group);
        group.unwrap_or_default()
    };
    let stream = || match named() {
        Some(LogResource {
            group,
            end: LogEnd::Stream(stream),
        }) => (group, stream),
        _ => ("", ""),
    };
    match action {
        "logs:CreateLogGroup" => Some(Need::NewLogGroup(group())),
        // Which has no name yet, so that its group is asked about.
        "logs:CreateLogStream" => match stream() {
            (group, "") => Some(Need::LogGroup(group)),
            _ => Some(Need::LogGroup("")),
        },
        // What of it may be read, the operation beside it says.
        "logs:Unmask" => Some(Need::LogGroup(group())),
        "logs:PutLogEvents" | "logs:GetLogEvents" => {
            let (group, stream) = stream();
            Some(Need::LogStream { group, stream })
        }
        "ecr:BatchCheckLayerAvailability" | "ecr:BatchGetImage" | "ecr:GetDownloadUrlForLayer" => {
            let name = resource.split_once(":repository/").map(|(_, name)| name);
            Some(Need::Repository(name.unwrap_or_default()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_read_from_resources() {
        let group = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/app:*";
        let no_stream = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/app:log-stream:";
        let stream = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/app:log-stream:p/web/1";
        let repository = "arn:aws:ecr:us-east-1:000000000000:repository/team/app";
        for (action, resource, wanted) in [
            (
                "logs:CreateLogGroup",
                group,
                Some(Need::NewLogGroup("/ecs/app")),
            ),
            (
                "logs:CreateLogStream",
                no_stream,
                Some(Need::LogGroup("/ecs/app")),
            ),
            ("logs:CreateLogGroup", stream, Some(Need::NewLogGroup(""))),
            ("logs:CreateLogStream", stream, Some(Need::LogGroup(""))),
            ("logs:Unmask", group, Some(Need::LogGroup("/ecs/app"))),
            (
                "logs:GetLogEvents",
                stream,
                Some(Need::LogStream {
                    group: "/ecs/app",
                    stream: "p/web/1",
                }),
            ),
            (
                "logs:PutLogEvents",
                "*",
                Some(Need::LogStream {
                    group: "",
                    stream: "",
                }),
            ),
            (
                "ecr:BatchGetImage",
                repository,
                Some(Need::Repository("team/app")),
            ),
            ("ecr:BatchGetImage", "*", Some(Need::Repository(""))),
            ("ecs:Poll", "*", None),
        ] {
            assert_eq!(need(action, resource), wanted, "{action} {resource}");
        }
    }
}
