//! HorizontalPodAutoscalers: as many pods as what they use asks for.
//!
//! Input are the autoscalers, the scale of the target of each, its pods and what those use (`metrics.k8s.io`); output is the scale, through
//! the subresource, so that whatever has one can be scaled. Each is looked at every fifteen seconds, since nobody tells of metrics, and
//! at once when its spec changes.
//!
//! Invariants: what is not known never takes pods away; nothing is taken away before a whole window of recommendations was seen, which a
//! controller that starts does not have.

mod history;
pub(crate) mod limits;
pub(crate) mod metric;
pub(crate) mod others;
mod plan;
mod replicas;
mod report;
mod usage;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use wharf_kube_client::{Change, Error, Informer, Kind, Object, Recorder, Ref, Selection, kind};
use wharf_kube_model::selector::Labels;

use self::{
    history::History,
    plan::{Observed, Selected, plan, without_scale},
    report::Report,
};
use crate::runtime::{Context, Controller, Key, Next, Queue};

/// Upstream's own period.
const LOOKS: Duration = Duration::from_secs(15);
/// Who writes the target's status all the time has written by then.
const AFTER_CONFLICT: Duration = Duration::from_secs(1);
const POD_METRICS: Kind = Kind::known("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", true);
/// Kinds of targets that are remembered by their plurals.
const MOST_KINDS: usize = 256;

pub struct Autoscalers {
    context: Context,
    scalers: Informer,
    pods: Informer,
    recorder: Recorder,
    known: Mutex<BTreeMap<Key, Known>>,
    /// By group and kind of a target.
    kinds: Mutex<BTreeMap<(String, String), Kind>>,
}

/// What is remembered of an autoscaler.
#[derive(Default)]
struct Known {
    /// One of the same name is another one.
    uid: String,
    history: History,
    selector: Option<Labels>,
}

impl Autoscalers {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            scalers: context.informer(&kind::HORIZONTAL_POD_AUTOSCALER),
            pods: context.informer(&kind::POD),
            recorder: context.recorder("horizontal-pod-autoscaler"),
            known: Mutex::default(),
            kinds: Mutex::default(),
        })
    }

    /// The kind that a target is of, by discovery. Its version does not matter, as with upstream.
    async fn kind_of(&self, target: &Value) -> Result<Kind, NoScale> {
        let (version, name) = (target.text("/apiVersion"), target.text("/kind"));
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let key = (group.to_owned(), name.to_owned());
        if let Some(known) = self.kinds.lock().get(&key).cloned() {
            return Ok(known);
        }
        let client = &self.context.client;
        let found = match client.kind(group, name).await {
            // One of an aggregated server is found in the version that is named.
            Ok(None) if !group.is_empty() => client.kind_in(group, version, name).await,
            found => found,
        };
        let found = found.map_err(NoScale::NotFound)?;
        let found = found.ok_or_else(|| NoScale::NoSuchKind {
            kind: name.to_owned(),
            group: group.to_owned(),
        })?;
        let mut kinds = self.kinds.lock();
        if kinds.len() >= MOST_KINDS {
            kinds.clear();
        }
        kinds.insert(key, found.clone());
        Ok(found)
    }

    async fn scale_of(&self, scaler: &Value) -> Result<(Kind, Value), NoScale> {
        let target = scaler.at("/spec/scaleTargetRef");
        let kind = self.kind_of(target).await?;
        let (namespace, name) = (scaler.namespace(), target.text("/name"));
        let client = &self.context.client;
        let read = client.get_from(&kind, namespace, name, "scale").await;
        if read.as_ref().is_err_and(Error::is_not_found) {
            // The kind itself may be served otherwise by now.
            self.kinds.lock().retain(|_, it| *it != kind);
        }
        let mut scale = read?;
        check(&scale)?;
        // It is written back to where it was read.
        scale["metadata"]["namespace"] = namespace.into();
        scale["metadata"]["name"] = name.into();
        Ok((kind, scale))
    }

    /// Remembers the selector of a target, and finds out whose pods it chooses.
    fn select(&self, key: &Key, scale: &Value) -> Selected {
        let text = scale.text("/status/selector");
        self.known.lock().entry(key.clone()).or_default().selector = None;
        let selector = match Labels::parse(text) {
            _ if text.is_empty() => return Selected::Missing,
            Ok(selector) => selector,
            Err(why) => return Selected::Invalid(why.to_string()),
        };
        let mut pods = self.pods.in_namespace(&key.namespace);
        pods.retain(|it| selector.matches_object(it));
        let mut known = self.known.lock();
        known.entry(key.clone()).or_default().selector = Some(selector);
        let chooses = |it: &Known| {
            let selector = it.selector.as_ref();
            selector.is_some_and(|it| pods.iter().any(|pod| it.matches_object(pod)))
        };
        let beside = known.iter().filter(|(it, _)| it.namespace == key.namespace);
        let sharing = beside.filter(|(it, known)| *it == key || chooses(known));
        let names: Vec<String> = sharing.map(|(it, _)| format!("{it:?}")).collect();
        if names.len() > 1 {
            let names = names.join(" ");
            let text =
                format!("pods by selector {text} are controlled by multiple HPAs: [{names}]");
            return Selected::Shared(text);
        }
        Selected::Pods(pods)
    }

    async fn measured(&self, scaler: &Value, scale: &Value) -> Result<Vec<Value>, Error> {
        if !metric::needs_usage(scaler) {
            return Ok(Vec::new());
        }
        let selection = Selection {
            namespace: scaler.namespace().to_owned(),
            labels: scale.text("/status/selector").to_owned(),
            ..Selection::default()
        };
        let client = &self.context.client;
        Ok(client.list(&POD_METRICS, &selection).await?.items)
    }

    /// What adapters tell of the metrics that are theirs.
    async fn of_others(&self, scaler: &Value, scale: &Value) -> BTreeMap<usize, others::Found> {
        let metrics = scaler.list("/spec/metrics").iter().enumerate();
        let mut all = BTreeMap::new();
        for (at, metric) in metrics.filter(|(_, it)| others::is_one(it)) {
            let described = match metric.text("/type") {
                "Object" => self
                    .kind_of(metric.at("/object/describedObject"))
                    .await
                    .map(Some),
                _ => Ok(None),
            };
            let found = match described {
                Ok(described) => {
                    let (client, selector) = (&self.context.client, scale.text("/status/selector"));
                    let of = scaler.namespace();
                    others::read(client, metric, of, selector, described.as_ref()).await
                }
                Err(why) => Err(others::Failed::Other(why.to_string())),
            };
            all.insert(at, found);
        }
        all
    }

    fn history(&self, key: &Key, scaler: &Value, current: i64) -> History {
        let mut known = self.known.lock();
        let it = known.entry(key.clone()).or_default();
        if it.uid != scaler.uid() {
            *it = Known {
                uid: scaler.uid().to_owned(),
                ..Known::default()
            };
        }
        it.history.begin(current, self.context.now());
        it.history.clone()
    }

    fn remember(&self, key: &Key, with: impl FnOnce(&mut History)) {
        if let Some(known) = self.known.lock().get_mut(key) {
            with(&mut known.history);
        }
    }

    async fn publish(&self, scaler: &Value, report: &Report) -> Result<(), Error> {
        for event in &report.events {
            let about = Ref::of(&kind::HORIZONTAL_POD_AUTOSCALER, scaler);
            match event.is_warning {
                true => self.recorder.warning(about, event.reason, &event.message),
                false => self.recorder.normal(about, event.reason, &event.message),
            }
        }
        if *report.status() == scaler["status"] {
            return Ok(());
        }
        let mut changed = scaler.clone();
        changed["status"] = report.status().clone();
        let client = &self.context.client;
        let kind = kind::HORIZONTAL_POD_AUTOSCALER;
        let mut written = client.update_status(&kind, &changed).await;
        if written.as_ref().is_err_and(Error::is_conflict) {
            // What was done is reported all the same, of the object as it is by now.
            let mut newest = client.get(&kind, scaler.namespace(), scaler.name()).await?;
            newest["status"] = changed["status"].take();
            written = client.update_status(&kind, &newest).await;
        }
        self.scalers.observe(&written?);
        Ok(())
    }

    async fn look(&self, key: &Key, scaler: &Value) -> Result<(), Error> {
        let (kind, mut scale) = match self.scale_of(scaler).await {
            Ok(found) => found,
            Err(why) => {
                let report = without_scale(scaler, &why.to_string(), self.context.now());
                return self.publish(scaler, &report).await;
            }
        };
        let history = self.history(key, scaler, plan::replicas(&scale));
        let mut plan = plan(&Observed {
            scaler,
            scale: &scale,
            selected: self.select(key, &scale),
            others: self.of_others(scaler, &scale).await,
            measured: self.measured(scaler, &scale).await,
            history: &history,
            now: self.context.now(),
        });
        if let Some(replicas) = plan.recommended {
            self.remember(key, |it| it.recommend(replicas, self.context.now()));
        }
        if let Some((to, why)) = plan.rescale.take() {
            scale["spec"]["replicas"] = to.into();
            let client = &self.context.client;
            match client.update_at(&kind, "scale", &scale).await {
                Ok(_) => {
                    let (from, now) = (plan.current(), self.context.now());
                    self.remember(key, |it| it.scaled(from, to, now));
                    plan.scaled(to, &why);
                }
                // It changed meanwhile: all of it is looked at again.
                Err(error) if error.is_conflict() => return Err(error),
                Err(error) => {
                    let before = scaler
                        .integer("/status/desiredReplicas")
                        .unwrap_or_default();
                    plan.refused(to, &why, before, &error.to_string());
                }
            }
        }
        self.publish(scaler, &plan.report).await
    }
}

/// Why there is no scale of a target, in upstream's words.
#[derive(Debug, thiserror::Error)]
enum NoScale {
    #[error("unable to determine resource for scale target reference: {0}")]
    NotFound(#[source] Error),
    #[error(
        "unable to determine resource for scale target reference: no matches for kind \"{kind}\" in group \"{group}\""
    )]
    NoSuchKind { kind: String, group: String },
    #[error(transparent)]
    NotRead(#[from] Error),
    #[error("what was answered is no scale")]
    Odd,
}

/// Whether it is a scale that can be reckoned with: an aggregated server answers what it likes.
fn check(scale: &Value) -> Result<(), NoScale> {
    let is_object = |it: &Value| it.is_null() || it.is_object();
    let is_count = |path: &str| {
        let it = scale.at(path);
        it.is_null()
            || it
                .as_i64()
                .is_some_and(|it| i32::try_from(it).is_ok_and(|it| it >= 0))
    };
    let fits = scale.is_object()
        && is_object(scale.at("/metadata"))
        && is_object(scale.at("/spec"))
        && is_object(scale.at("/status"))
        && is_count("/spec/replicas")
        && is_count("/status/replicas");
    match fits {
        true => Ok(()),
        false => Err(NoScale::Odd),
    }
}

#[async_trait]
impl Controller for Autoscalers {
    fn informers(&self) -> Vec<Informer> {
        vec![self.scalers.clone(), self.pods.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        let queue = queue.clone();
        self.scalers.subscribe(move |change| {
            if let Change::Changed { old, new } = change
                && old.at("/spec") == new.at("/spec")
            {
                return;
            }
            queue.wake(Key::of(change.object()));
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let scaler = self.scalers.get(&key.namespace, &key.name);
        let Some(scaler) = scaler.filter(|it| !it.is_deleting()) else {
            self.known.lock().remove(key);
            return Ok(Next::Settled);
        };
        match self.look(key, &scaler).await {
            Ok(()) => Ok(Next::After(LOOKS)),
            Err(error) if error.is_conflict() => Ok(Next::After(AFTER_CONFLICT)),
            // The queue's retries grow beyond the period, which is kept.
            Err(error) => {
                tracing::warn!(autoscaler = ?key, %error, "failed to write the status of an autoscaler; will retry");
                Ok(Next::After(LOOKS))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_scale_is_not_reckoned_with() {
        let scale = |replicas: Value| json!({"metadata": {}, "spec": {"replicas": replicas}, "status": {"replicas": 1}});
        assert!(check(&scale(json!(3))).is_ok());
        assert!(check(&json!({"spec": null})).is_ok());
        for other in [
            json!([]),
            json!("scale"),
            json!({"spec": []}),
            json!({"metadata": 1}),
            json!({"status": "x"}),
            scale(json!(i64::MAX)),
            scale(json!(-1)),
            scale(json!("3")),
        ] {
            assert!(check(&other).is_err(), "{other}");
        }
    }
}
