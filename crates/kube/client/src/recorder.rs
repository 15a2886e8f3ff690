//! Events: what a component has to say about an object, for people.
//!
//! Events of the same text are one object that counts. They go out in the background and are dropped where that falls behind: nobody
//! may wait for them, nor decide by them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use serde_json::json;
use tokio::sync::mpsc;
use wharf_base::{Clock, SystemClock, Timestamp};

use crate::{
    client::{Client, Patch},
    kind,
    object::Ref,
};

/// Events that wait to be written.
const QUEUE: usize = 1024;
/// Events that are remembered, so that the next of the same text counts.
const REMEMBERED: usize = 4096;
/// Bytes of a message, as the API bounds it.
const MAX_MESSAGE: usize = 1024;

/// What a component has to say of an object.
pub struct Said<'a> {
    pub about: &'a Ref,
    pub is_warning: bool,
    pub reason: &'a str,
    pub message: &'a str,
    pub at: Timestamp,
}

/// Hears all that is said, each time, whatever becomes of the Event. It keeps nobody waiting.
pub trait Journal: Send + Sync + 'static {
    fn hear(&self, said: &Said<'_>);
}

/// Writes Events in the name of a component.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Entry>,
    clock: Arc<dyn Clock>,
    journal: Option<Arc<dyn Journal>>,
}

struct Entry {
    about: Ref,
    is_warning: bool,
    reason: String,
    message: String,
    at: Timestamp,
}

impl Recorder {
    /// `component` is told as the source, `host` too where it is not empty. Writing ends with the last handle.
    pub fn start(client: Client, component: &str, host: &str) -> Self {
        let (queue, entries) = mpsc::channel(QUEUE);
        let journal = client.journal();
        let writer = Writer {
            client,
            component: component.to_owned(),
            host: host.to_owned(),
            known: HashMap::new(),
            order: VecDeque::new(),
        };
        tokio::spawn(writer.run(entries));
        Self {
            queue,
            clock: Arc::new(SystemClock),
            journal,
        }
    }

    pub fn normal(&self, about: Ref, reason: &str, message: &str) {
        self.record(about, false, reason, message);
    }

    pub fn warning(&self, about: Ref, reason: &str, message: &str) {
        self.record(about, true, reason, message);
    }

    fn record(&self, about: Ref, is_warning: bool, reason: &str, message: &str) {
        let mut message = message.to_owned();
        if message.len() > MAX_MESSAGE {
            let end = (0..=MAX_MESSAGE)
                .rev()
                .find(|it| message.is_char_boundary(*it));
            message.truncate(end.unwrap_or(0));
        }
        let entry = Entry {
            about,
            is_warning,
            reason: reason.to_owned(),
            message,
            at: self.clock.now(),
        };
        if let Some(journal) = &self.journal {
            journal.hear(&Said {
                about: &entry.about,
                is_warning,
                reason,
                message: &entry.message,
                at: entry.at,
            });
        }
        if self.queue.try_send(entry).is_err() {
            tracing::debug!(reason, "an event was dropped: too many wait to be written");
        }
    }
}

struct Writer {
    client: Client,
    component: String,
    host: String,
    known: HashMap<Same, Written>,
    order: VecDeque<Same>,
}

/// What makes two events one. The object's revision does not.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Same {
    uid: String,
    name: String,
    field_path: String,
    reason: String,
    message: String,
}

struct Written {
    name: String,
    count: u64,
}

impl Writer {
    async fn run(mut self, mut entries: mpsc::Receiver<Entry>) {
        while let Some(entry) = entries.recv().await {
            self.write(entry).await;
        }
    }

    async fn write(&mut self, entry: Entry) {
        let same = Same {
            uid: entry.about.uid.clone(),
            name: entry.about.name.clone(),
            field_path: entry.about.field_path.clone(),
            reason: entry.reason.clone(),
            message: entry.message.clone(),
        };
        let namespace = match entry.about.namespace.as_str() {
            "" => "default",
            namespace => namespace,
        };
        if let Some(written) = self.known.get_mut(&same) {
            let patch = Patch::Merge(json!({
                "count": written.count + 1, "lastTimestamp": entry.at.iso8601_seconds(),
            }));
            let patched = self
                .client
                .patch(&kind::EVENT, namespace, &written.name, &patch)
                .await;
            match patched {
                Ok(_) => {
                    written.count += 1;
                    return;
                }
                // It was kept for its hour: begin again.
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    tracing::debug!(%error, "an event could not be counted");
                    return;
                }
            }
        }
        // Unique like upstream's: the object's name and the time.
        let stamp = format!(
            "{:x}",
            i128::from(entry.at.millis()) * 1_000_000 + self.salt()
        );
        let name = format!("{}.{stamp}", entry.about.name);
        match self
            .client
            .create(
                &kind::EVENT,
                namespace,
                &self.event(&entry, namespace, &name),
            )
            .await
        {
            Ok(_) => self.remember(same, Written { name, count: 1 }),
            Err(error) => {
                tracing::debug!(%error, reason = entry.reason, "an event could not be written")
            }
        }
    }

    fn event(&self, entry: &Entry, namespace: &str, name: &str) -> serde_json::Value {
        let at = entry.at.iso8601_seconds();
        let about = &entry.about;
        let mut involved = json!({
            "kind": about.kind.kind, "apiVersion": about.kind.api_version(), "name": about.name,
            "uid": about.uid, "resourceVersion": about.resource_version,
        });
        if !about.namespace.is_empty() {
            involved["namespace"] = about.namespace.as_str().into();
        }
        if !about.field_path.is_empty() {
            involved["fieldPath"] = about.field_path.as_str().into();
        }
        let mut source = json!({"component": self.component});
        if !self.host.is_empty() {
            source["host"] = self.host.as_str().into();
        }
        json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved,
            "type": if entry.is_warning { "Warning" } else { "Normal" },
            "reason": entry.reason, "message": entry.message, "source": source,
            "firstTimestamp": at, "lastTimestamp": at, "count": 1,
            "eventTime": null, "reportingComponent": self.component, "reportingInstance": self.host,
        })
    }

    fn salt(&self) -> i128 {
        i128::from(rand::random::<u32>() % 1_000_000)
    }

    fn remember(&mut self, same: Same, written: Written) {
        if self.known.insert(same.clone(), written).is_none() {
            self.order.push_back(same);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{client::Selection, fake::Fake};

    #[tokio::test]
    async fn events_of_the_same_text_are_counted() {
        let fake = Fake::new();
        let client = fake.client();
        let pod = client
            .create(&kind::POD, "a", &json!({"metadata": {"name": "p"}}))
            .await
            .unwrap();
        let recorder = Recorder::start(client.clone(), "test", "");
        let about = Ref::of(&kind::POD, &pod);
        for _ in 0..3 {
            recorder.normal(about.clone(), "Pulled", "it is here");
        }
        recorder.warning(about, "Failed", &"ä".repeat(1000));
        // The same of a part of it is another.
        let part = Ref::of(&kind::POD, &pod).part("spec.containers{a}".to_owned());
        recorder.normal(part, "Pulled", "it is here");
        let wanted =
            |events: &[Value]| events.len() == 3 && events.iter().any(|it| it["count"] == 3);
        let events = loop {
            let list = client
                .list(&kind::EVENT, &Selection::default())
                .await
                .unwrap();
            if wanted(&list.items) {
                break list.items;
            }
            tokio::task::yield_now().await;
        };
        let failed = events.iter().find(|it| it["reason"] == "Failed").unwrap();
        assert_eq!(failed["message"].as_str().unwrap().len(), 1024);
        assert_eq!(failed["type"], "Warning");
        assert_eq!(failed["involvedObject"]["uid"], pod["metadata"]["uid"]);
        let of_part = |it: &&Value| it["involvedObject"]["fieldPath"] == "spec.containers{a}";
        assert_eq!(events.iter().find(of_part).unwrap()["count"], 1);
    }
}
