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

#[derive(Debug, Clone, Default, PartialEq)]
struct News {
    status: Option<Value>,
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
        let mut before = self.last.clone();
        let own = before.list("/conditions").iter().filter(|it| is_own(it));
        let others = self.object.list("/status/conditions").iter();
        let others = others.filter(|it| !is_own(it));
        let all: Vec<Value> = own.chain(others).cloned().collect();
        if !all.is_empty() {
            before["conditions"] = all.into();
        }
        before
    }

    pub fn report(&mut self, status: Value) {
        if status != self.last {
            self.last = status.clone();
            self.news.send_modify(|it| it.status = Some(status));
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

struct Writer {
    client: Client,
    namespace: String,
    name: String,
    uid: String,
}

impl Writer {
    async fn run(self, mut news: watch::Receiver<News>) {
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

    /// Whether all is reported.
    async fn write(&self, now: &News, reported: &mut Option<Value>) -> Result<bool, Error> {
        if now.status.is_some() && now.status != *reported {
            let patch = json!({"metadata": {"uid": self.uid}, "status": now.status});
            let patch = Patch::Merge(patch);
            let (namespace, name) = (&self.namespace, &self.name);
            let patched = self
                .client
                .patch_at(&kind::POD, namespace, name, "status", &patch)
                .await;
            match patched {
                Ok(_) => reported.clone_from(&now.status),
                // It is another by now, or none: the watch tells.
                Err(error) if error.is_outdated() => {
                    reported.clone_from(&now.status);
                }
                Err(error) => return Err(error),
            }
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
