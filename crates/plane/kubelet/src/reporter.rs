//! Reports one pod to the API: its status, always the newest, and in the end that nothing of it is left here.
//!
//! Nobody waits for it: while the API does not answer, the pod is looked after all the same, and the last report is what counts. A report
//! says what is this node's alone and differs from what the API has ([`patch`]), and may wait for the next one ([`hold`]).

mod hold;
mod patch;

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use wharf_base::Backoff;
use wharf_kube_client::{Client, Delete, Error, Object as _, Patch, kind};

use crate::{node::Node, status::is_own};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
struct News {
    /// The pod as it was last heard of.
    object: Arc<Value>,
    status: Option<Arc<Value>>,
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
        let (news, hear) = watch::channel(News {
            object: object.clone(),
            status: None,
            is_deleted: false,
            is_gone: false,
        });
        let (set_done, done) = watch::channel(false);
        let writer = Writer {
            client: node.client.clone(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
            seen: Some(object.clone()),
            reported: None,
            held_since: None,
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
        self.object = object.clone();
        self.news.send_modify(|it| it.object = object);
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
            let status = Some(Arc::new(status));
            self.news.send_modify(|it| it.status = status);
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
    /// The pod as the API has it: as it was heard of, or as the last report left it. `None` where it is not known what came of one.
    seen: Option<Arc<Value>>,
    /// What was last told, or need not be.
    reported: Option<Arc<Value>>,
    /// Since when reports wait for what follows them.
    held_since: Option<Instant>,
}

impl Writer {
    async fn run(mut self, mut news: watch::Receiver<News>) {
        let mut wait = Backoff::new(FIRST_WAIT, LONGEST_WAIT, 2.0);
        loop {
            let now = news.borrow_and_update().clone();
            self.hear(&now.object);
            if now.is_gone {
                if now.is_deleted {
                    return;
                }
            } else if let Some(until) = self.held_until(&now) {
                // What comes meanwhile is told in its place, or waits on.
                if let Ok(Err(_)) = timeout_at(until, news.changed()).await {
                    return;
                }
                continue;
            } else {
                match self.write(&now).await {
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

    /// The answer to a report comes before the watch tells of it. What that tells is kept in place of the answer: it lies in memory once.
    fn hear(&mut self, object: &Arc<Value>) {
        let seen = self.seen.as_mut();
        if let Some(seen) = seen.filter(|it| it.revision() <= object.revision()) {
            *seen = object.clone();
        }
    }

    /// The status that is to be told.
    fn unreported<'a>(&self, news: &'a News) -> Option<&'a Arc<Value>> {
        let status = news.status.as_ref();
        status.filter(|it| self.reported.as_ref() != Some(*it))
    }

    /// Until when what is to be told waits for what follows.
    fn held_until(&mut self, news: &News) -> Option<Instant> {
        let status = self.unreported(news)?;
        let seen = self.seen.as_ref()?;
        if news.is_deleted || !hold::is_between_images(seen, status) {
            self.held_since = None;
            return None;
        }
        let now = Instant::now();
        let until = *self.held_since.get_or_insert(now) + hold::LONGEST;
        (now < until).then_some(until)
    }

    /// Whether all is reported.
    async fn write(&mut self, now: &News) -> Result<bool, Error> {
        if let Some(status) = self.unreported(now) {
            self.tell(status).await?;
            self.reported = Some(status.clone());
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

    /// Of another pod of the name, or of none, nothing is told: the watch says that this one is gone.
    async fn tell(&mut self, status: &Value) -> Result<(), Error> {
        let seen = match self.seen.take() {
            Some(seen) => seen,
            None => match self.look().await? {
                Some(found) => found,
                None => return Ok(()),
            },
        };
        let Some(patch) = patch::patch(&self.uid, seen.at("/status"), status) else {
            self.seen = Some(seen);
            return Ok(());
        };
        let (namespace, name) = (&self.namespace, &self.name);
        let patch = Patch::Strategic(patch);
        let patched = self
            .client
            .patch_at(&kind::POD, namespace, name, "status", &patch)
            .await;
        match patched {
            Ok(answer) => {
                self.seen = Some(Arc::new(answer));
                Ok(())
            }
            Err(error) if error.is_not_found() => Ok(()),
            // Another pod's uid is one that may not be changed.
            Err(error) if error.is_conflict() || error.is_invalid() => {
                self.seen = self.look().await?;
                self.seen.as_ref().map_or(Ok(()), |_| Err(error))
            }
            Err(error) => Err(error),
        }
    }

    /// The pod as the API has it now; `None` where that is another, or none.
    async fn look(&self) -> Result<Option<Arc<Value>>, Error> {
        let kind = kind::POD;
        let found = self.client.get(&kind, &self.namespace, &self.name);
        match found.await {
            Ok(found) if found.uid() == self.uid => Ok(Some(Arc::new(found))),
            Ok(_) => Ok(None),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
