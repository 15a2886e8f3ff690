//! The loop: woken by pods and nodes that change, it has an interface made for each pod that wants one, and one deleted for each that is
//! gone. At its start, and whenever pods are listed anew, interfaces of pods that went unseen are found by their tags.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::json;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_kube_client::{
    Change, Client, Error, Index, Informer, Informers, Kind, Object as _, Patch, Recorder, Ref,
    kind,
};
use wharf_kube_model::node::instance_of;

use crate::{
    POD_ENI,
    interfaces::{Interfaces, NoInterface},
    plan::{Wish, unwanted, wants, wishes},
};

/// Pods that want an interface.
const WANTING: Index = Index {
    name: "wants-interface",
    keys: |it| wants(it).then(String::new).into_iter().collect(),
};

/// What informers must be able to find.
pub fn indexes() -> Vec<(Kind, Index)> {
    vec![(kind::POD, WANTING)]
}

/// Pods that are given interfaces at the same time.
const AT_ONCE: usize = 16;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

struct Controller {
    client: Client,
    interfaces: Interfaces,
    pods: Informer,
    nodes: Informer,
    recorder: Recorder,
    /// Whether pods are given interfaces; those that are gone are taken back anyway.
    gives: watch::Receiver<bool>,
    /// Interfaces by the uids of their pods. What a pod's annotation says of it is its users' to change.
    made: Mutex<BTreeMap<String, String>>,
    /// Of pods that are gone: their interfaces, by id.
    left: Mutex<BTreeSet<String>>,
    stop: CancellationToken,
}

/// What became of a try.
enum Done {
    /// Or it wants none any more. The pod's uid.
    Given(String),
    Refused(String),
    TakenBack,
}

/// Until `stop`; what EC2 was asked for by then is done when this returns. Pods that begin while it does not give wait.
pub async fn run(
    client: Client,
    informers: Informers,
    interfaces: Interfaces,
    gives: watch::Receiver<bool>,
    stop: CancellationToken,
) {
    let controller = Arc::new(Controller::new(client, &informers, interfaces, gives, stop));
    controller.follow().await;
}

impl Controller {
    fn new(
        client: Client,
        informers: &Informers,
        interfaces: Interfaces,
        gives: watch::Receiver<bool>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            pods: informers.of(&kind::POD),
            nodes: informers.of(&kind::NODE),
            recorder: Recorder::start(client.clone(), "vpc-resource-controller", ""),
            client,
            interfaces,
            gives,
            made: Mutex::default(),
            left: Mutex::default(),
            stop,
        }
    }

    async fn follow(self: Arc<Self>) {
        let changed = Arc::new(Notify::new());
        let (tell, this) = (changed.clone(), Arc::downgrade(&self));
        self.pods.subscribe(move |change| {
            if let (Change::Deleted(pod), Some(this)) = (change, this.upgrade()) {
                let made = this.made.lock().remove(pod.uid());
                this.left.lock().extend(made);
            }
            if matches!(change, Change::Deleted(_)) || wants(change.object()) {
                tell.notify_one();
            }
        });
        let tell = changed.clone();
        self.nodes.subscribe(move |_| tell.notify_one());
        tokio::select! {
            () = self.stop.cancelled() => return,
            () = self.pods.synced() => {}
        }
        self.sweep().await;
        let mut switched = self.gives.clone();
        let mut working = BTreeSet::new();
        let mut jobs: JoinSet<Done> = JoinSet::new();
        // Those that were refused wait outside, so that they hold up no others.
        let mut waits: BTreeMap<String, Backoff> = BTreeMap::new();
        let mut resting = BTreeSet::new();
        let mut rests: JoinSet<String> = JoinSet::new();
        loop {
            let wanted = match *switched.borrow_and_update() {
                true => wishes(&self.pods.by(WANTING.name, "")),
                false => BTreeMap::default(),
            };
            waits.retain(|uid, _| wanted.contains_key(uid));
            for (uid, wish) in wanted {
                let node = self.nodes.get("", &wish.node);
                let instance = node.as_deref().and_then(instance_of).map(str::to_owned);
                // A node that is not known yet wakes the loop when it is.
                let Some(instance) = instance else { continue };
                let is_busy = working.contains(&uid) || resting.contains(&uid);
                if working.len() >= AT_ONCE || is_busy {
                    continue;
                }
                working.insert(uid);
                jobs.spawn(self.clone().give(wish, instance));
            }
            let left = std::mem::take(&mut *self.left.lock());
            for id in left {
                jobs.spawn(self.clone().take_back(id));
            }
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = changed.notified() => {}
                Ok(()) = switched.changed() => {}
                Some(Ok(uid)) = rests.join_next() => {
                    resting.remove(&uid);
                }
                Some(done) = jobs.join_next() => match done {
                    Ok(Done::Given(uid)) => {
                        working.remove(&uid);
                        waits.remove(&uid);
                    }
                    Ok(Done::Refused(uid)) => {
                        working.remove(&uid);
                        let first = || Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
                        let pause = waits.entry(uid.clone()).or_insert_with(first).wait();
                        resting.insert(uid.clone());
                        rests.spawn(async move {
                            sleep(pause).await;
                            uid
                        });
                    }
                    Ok(Done::TakenBack) | Err(_) => {}
                },
            }
        }
        while jobs.join_next().await.is_some() {}
    }

    /// Interfaces of pods that ended while nobody looked.
    async fn sweep(&self) {
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        while !self.stop.is_cancelled() {
            match self.interfaces.all().await {
                Ok(made) => {
                    // Those that go from now on are told.
                    let mut known = self.made.lock();
                    known.extend(made.iter().map(|(id, uid)| (uid.clone(), id.clone())));
                    let gone = unwanted(&made, &self.pods.all());
                    known.retain(|_, id| !gone.contains(id));
                    self.left.lock().extend(gone);
                    return;
                }
                Err(error) => {
                    let pause = wait.wait();
                    tracing::warn!(cluster = self.interfaces.cluster.name, %error, ?pause, "failed to look for interfaces of pods; will retry");
                    self.pause(pause).await;
                }
            }
        }
    }

    fn wants_still(&self, wish: &Wish) -> bool {
        let pod = self.pods.get(&wish.namespace, &wish.name);
        !self.stop.is_cancelled()
            && *self.gives.borrow()
            && pod.is_some_and(|it| {
                it.uid() == wish.uid && it.annotation(POD_ENI).is_none() && !it.is_deleting()
            })
    }

    /// One try, for a pod that wants its interface still.
    async fn give(self: Arc<Self>, wish: Wish, instance: String) -> Done {
        if !self.wants_still(&wish) {
            return Done::Given(wish.uid);
        }
        let Err(error) = self.once(&wish, &instance).await else {
            return Done::Given(wish.uid);
        };
        let reason = error.to_string();
        tracing::warn!(
            pod = wish.name,
            namespace = wish.namespace,
            reason,
            "failed to give a pod its interface; will retry"
        );
        if let Some(pod) = self.pods.get(&wish.namespace, &wish.name) {
            let about = Ref::of(&kind::POD, &pod);
            self.recorder
                .warning(about, "BranchAllocationFailed", &reason);
        }
        Done::Refused(wish.uid)
    }

    async fn once(&self, wish: &Wish, instance: &str) -> Result<(), NoInterface> {
        let (id, told) = self.interfaces.make(wish, instance).await?;
        self.made.lock().insert(wish.uid.clone(), id.clone());
        let patch = Patch::Merge(json!({
            "metadata": {"uid": wish.uid, "annotations": {(POD_ENI): told.to_string()}},
        }));
        let patched = self
            .client
            .patch(&kind::POD, &wish.namespace, &wish.name, &patch)
            .await;
        let refused = match patched {
            Ok(written) => {
                self.pods.observe(&written);
                return Ok(());
            }
            Err(error) => error,
        };
        if !self.is_gone(wish, &refused).await {
            return Err(refused.into());
        }
        // What was made for it goes as well.
        self.made.lock().remove(&wish.uid);
        self.left.lock().insert(id);
        Ok(())
    }

    /// Whether a patch of a pod was refused since it is gone, or another has its name by now.
    async fn is_gone(&self, wish: &Wish, refused: &Error) -> bool {
        if !refused.is_outdated() {
            return false;
        }
        let kind = kind::POD;
        let found = self.client.get(&kind, &wish.namespace, &wish.name);
        match found.await {
            Ok(pod) => pod.uid() != wish.uid,
            Err(error) => error.is_not_found(),
        }
    }

    async fn take_back(self: Arc<Self>, id: String) -> Done {
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        while let Err(error) = self.interfaces.delete(&id).await {
            let pause = wait.wait();
            tracing::warn!(interface = id, %error, ?pause, "failed to delete the interface of a pod that is gone; will retry");
            self.pause(pause).await;
            if self.stop.is_cancelled() {
                break;
            }
        }
        Done::TakenBack
    }

    /// Not beyond the end.
    async fn pause(&self, wait: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests;
