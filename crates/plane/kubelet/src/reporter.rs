//! Reports one pod to the API: its status, always the newest, and in the end that nothing of it is left here.
//!
//! Nobody waits for it: while the API does not answer, the pod is looked after all the same, and the last report is what counts.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};
use tokio_util::task::AbortOnDropHandle;
use wharf_base::Backoff;
use wharf_kube_client::{Client, Delete, Error, Object as _, Patch, kind};

use crate::{node::Node, status::is_own};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Of one write, while others write too.
const TRIES: u32 = 8;

#[derive(Debug, Clone, Default, PartialEq)]
struct News {
    status: Option<Value>,
    /// The pod as it was heard of when the status was made.
    object: Arc<Value>,
    is_deleted: bool,
    is_gone: bool,
}

pub struct Reporter {
    object: Arc<Value>,
    /// The status as it was last reported, or as it was found.
    last: Value,
    news: watch::Sender<News>,
    done: watch::Receiver<bool>,
    _writer: AbortOnDropHandle<()>,
}

impl Reporter {
    pub fn start(node: Arc<Node>, object: Arc<Value>) -> Self {
        let (news, hear) = watch::channel(News::default());
        let (set_done, done) = watch::channel(false);
        let writer = Writer {
            client: node.client.clone(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
            answer: None,
        };
        let writer = tokio::spawn(async move {
            writer.run(hear).await;
            let _ = set_done.send(true);
        });
        Self {
            last: object.at("/status").clone(),
            object,
            news,
            done,
            _writer: AbortOnDropHandle::new(writer),
        }
    }

    /// The pod as it was last heard of.
    pub fn object(&self) -> &Arc<Value> {
        &self.object
    }

    pub fn heard(&mut self, object: Arc<Value>) {
        self.object = object;
    }

    /// What was reported before, with the conditions that others write now.
    pub fn before(&self) -> Value {
        with_others(&self.last, &self.object)
    }

    pub fn report(&mut self, status: Value) {
        if status != self.last {
            self.last = status.clone();
            let object = self.object.clone();
            self.news.send_modify(|it| {
                it.status = Some(status);
                it.object = object;
            });
        }
    }

    /// Nothing of it is left here.
    pub fn delete(&self) {
        self.news
            .send_if_modified(|it| !std::mem::replace(&mut it.is_deleted, true));
    }

    /// The API knows it no more: nothing is reported any more.
    pub fn gone(&self) {
        self.news
            .send_if_modified(|it| !std::mem::replace(&mut it.is_gone, true));
    }

    pub fn is_done(&self) -> bool {
        *self.done.borrow()
    }

    pub async fn finished(&mut self) {
        // A writer that died has reported all it could.
        let _ = self.done.wait_for(|it| *it).await;
    }
}

/// A status with the conditions that others wrote to the pod.
fn with_others(status: &Value, pod: &Value) -> Value {
    let own = status.list("/conditions").iter().filter(|it| is_own(it));
    let own: Vec<Value> = own.cloned().collect();
    let others = pod.list("/status/conditions").iter();
    let others = others.filter(|it| {
        let is_same = |own: &Value| own.text("/type") == it.text("/type");
        !is_own(it) && !own.iter().any(is_same)
    });
    let all: Vec<Value> = own.iter().chain(others).cloned().collect();
    let mut status = status.clone();
    if !all.is_empty() {
        status["conditions"] = all.into();
    }
    status
}

/// Versions of one object have an order, whatever else they are.
fn age(pod: &Value) -> u64 {
    pod.resource_version().parse().unwrap_or_default()
}

struct Writer {
    client: Client,
    namespace: String,
    name: String,
    uid: String,
    /// The pod as it was after the last write: those that hear of it learn that a moment later.
    answer: Option<Arc<Value>>,
}

impl Writer {
    async fn run(mut self, mut news: watch::Receiver<News>) {
        let mut wait = Backoff::new(FIRST_WAIT, LONGEST_WAIT, 2.0);
        let mut reported: Option<Value> = None;
        loop {
            let now = news.borrow_and_update().clone();
            if now.is_gone {
                if now.is_deleted {
                    return;
                }
            } else {
                match self.write(&now, &mut reported).await {
                    Ok(true) => return,
                    Ok(false) => wait.reset(),
                    Err(error) => {
                        let pause = wait.wait();
                        tracing::warn!(pod = self.name, namespace = self.namespace, %error, ?pause, "reporting a pod to the API failed, will retry");
                        sleep(pause).await;
                        continue;
                    }
                }
            }
            if news.changed().await.is_err() {
                return;
            }
        }
    }

    /// Writes a status onto a version of the pod that is known: what others said of it a moment ago, as who evicts it does, stays.
    async fn tell(&mut self, status: &Value, heard: &Arc<Value>) -> Result<(), Error> {
        let last = self.answer.as_ref();
        let mut pod = last
            .filter(|it| age(it) > age(heard))
            .unwrap_or(heard)
            .clone();
        for tries in 1.. {
            let metadata = json!({"uid": self.uid, "resourceVersion": pod.resource_version()});
            let status = with_others(status, &pod);
            let patch = Patch::Merge(json!({"metadata": metadata, "status": status}));
            let (namespace, name) = (&self.namespace, &self.name);
            let patched = self
                .client
                .patch_at(&kind::POD, namespace, name, "status", &patch)
                .await;
            match patched {
                Ok(answer) => {
                    self.answer = Some(Arc::new(answer));
                    break;
                }
                Err(error) if error.is_conflict() && tries < TRIES => {}
                // It is none by now: the watch tells.
                Err(error) if error.is_not_found() => break,
                Err(error) => return Err(error),
            }
            match self.client.get(&kind::POD, namespace, name).await {
                Ok(live) if live.uid() == self.uid => pod = Arc::new(live),
                // It is another by now.
                Ok(_) => break,
                Err(error) if error.is_not_found() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether all is reported.
    async fn write(&mut self, now: &News, reported: &mut Option<Value>) -> Result<bool, Error> {
        if let Some(status) = &now.status
            && now.status != *reported
        {
            self.tell(status, &now.object).await?;
            reported.clone_from(&now.status);
        }
        if !now.is_deleted {
            return Ok(false);
        }
        let options = Delete {
            grace_seconds: Some(0),
            ..Delete::of_uid(&self.uid)
        };
        let deleted = self
            .client
            .delete(&kind::POD, &self.namespace, &self.name, &options)
            .await;
        match deleted {
            Err(error) if !error.is_outdated() => Err(error),
            _ => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_kube_client::fake::Fake;

    use super::*;

    #[tokio::test]
    async fn what_others_said_a_moment_ago_stays() {
        let client = Fake::new().client();
        let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}]}});
        let heard = client.create(&kind::POD, "n", &pod).await.unwrap();
        let heard = Arc::new(heard);
        let mut writer = Writer {
            client: client.clone(),
            namespace: "n".to_owned(),
            name: "p".to_owned(),
            uid: heard.uid().to_owned(),
            answer: None,
        };
        let disrupted = json!([{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]);
        let patch = Patch::Merge(json!({"status": {"conditions": disrupted}}));
        client
            .patch_at(&kind::POD, "n", "p", "status", &patch)
            .await
            .unwrap();
        for ready in ["False", "True"] {
            let conditions = json!([{"type": "Ready", "status": ready}]);
            let status = json!({"phase": "Running", "conditions": conditions});
            // The second time it knows by its own write what it has not heard of.
            writer.tell(&status, &heard).await.unwrap();
            let now = client.get(&kind::POD, "n", "p").await.unwrap();
            assert!(now.has_condition("Ready", ready));
            assert!(now.has_condition("DisruptionTarget", "True"), "{now}");
        }
        let delete = Delete {
            grace_seconds: Some(0),
            ..Delete::default()
        };
        client.delete(&kind::POD, "n", "p", &delete).await.unwrap();
        writer
            .tell(&json!({"phase": "Failed"}), &heard)
            .await
            .unwrap();
        // Another of the name is none of its business.
        client.create(&kind::POD, "n", &pod).await.unwrap();
        writer
            .tell(&json!({"phase": "Failed"}), &heard)
            .await
            .unwrap();
        let other = client.get(&kind::POD, "n", "p").await.unwrap();
        assert_eq!(other.text("/status/phase"), "Pending");
    }
}
