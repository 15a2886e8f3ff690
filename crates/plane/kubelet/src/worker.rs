//! One task for each pod: asks the plan what to do, does it, and tells the API how things are. It decides nothing itself.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use futures_util::FutureExt as _;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use wharf_base::Timestamp;
use wharf_container::image::Image;
use wharf_kube_client::{Object as _, Ref, kind};

use crate::{
    app_armor,
    disks::Behind,
    machine::Found,
    node::Node,
    objects::Followed,
    perform,
    plan::{Action, begin, is_over, plan},
    pod::{Container, Pod},
    probe,
    refused::{self, refused, refused_ephemeral},
    reporter::Reporter,
    resizing,
    state::{Event, PodState, Sandbox},
    status::status,
    takeover::take_over,
    tokens::PodTokens,
};

const EVENTS: usize = 256;

/// What the API says of a pod.
#[derive(Debug, Clone)]
pub enum Wanted {
    Is(Arc<Value>),
    /// The API knows it no more.
    Gone,
}

/// What the jobs of a pod share with its worker.
pub struct Context {
    pub node: Arc<Node>,
    pub sandbox: String,
    /// By container.
    pub images: Mutex<BTreeMap<String, Image>>,
    pub followed: Followed,
    pub tokens: tokio::sync::Mutex<PodTokens>,
    /// Of its claims, by the names of its volumes.
    pub disks: Mutex<BTreeMap<String, Behind>>,
    /// The pod as it was last heard of, for what goes on while it changes.
    pub pod: Mutex<Arc<Pod>>,
    /// Something that the pod refers to or tells of itself changed.
    pub changed: Arc<Notify>,
    /// How often its sandbox was lost, for what was begun before and is under way.
    pub losses: AtomicU32,
}

pub struct Worker {
    context: Arc<Context>,
    wanted: watch::Receiver<Wanted>,
    pod: Pod,
    state: PodState,
    jobs: JoinSet<Vec<Event>>,
    events: mpsc::Receiver<Event>,
    tell_events: mpsc::Sender<Event>,
    probes: BTreeMap<String, AbortOnDropHandle<()>>,
    following: Option<AbortOnDropHandle<()>>,
    volumes: Option<AbortOnDropHandle<()>>,
    limits: Option<AbortOnDropHandle<()>>,
    reporter: Reporter,
}

impl Worker {
    /// `found` is the sandbox that an earlier agent left; `refusal` why the node has no room for it.
    pub fn new(
        node: Arc<Node>,
        wanted: watch::Receiver<Wanted>,
        object: &Arc<Value>,
        found: Option<Found>,
        refusal: Option<(String, String)>,
    ) -> Self {
        let is_new = found.is_none();
        let (pod, unreadable) = match Pod::read(object) {
            Ok(mut pod) => {
                // It has what it was given, until it is asked whether there is room for more.
                if !is_new || resizing::is_pending(object) {
                    resizing::take_back(&mut pod);
                }
                (pod, None)
            }
            Err(error) => (Pod::unreadable(object), Some(error.to_string())),
        };
        let sandbox = node.sandbox_of(&pod.metadata.uid);
        let mut state = PodState::new(&pod, node.clock.now());
        let has = node.has();
        let refused = |at: usize, of: &Container| refused_ephemeral(&pod, of, at, has);
        let now = state.seen_at;
        state.welcome(&pod, refused, now);
        if unreadable.is_some() && !is_new {
            // Nothing of it can be told apart: it goes as a whole.
            state.sandbox = Sandbox::Ready;
        } else {
            take_over(&pod, &mut state, found.as_ref());
        }
        if let Some(message) = unreadable {
            state.failed = Some(("InvalidPod".to_owned(), message));
        }
        if is_new && !state.is_finished && state.failed.is_none() {
            state.failed = refusal;
        }
        let changed = Arc::new(Notify::new());
        let followed = node.objects.follow(&pod, &changed);
        let (tell_events, events) = mpsc::channel(EVENTS);
        node.pressure.join(&sandbox, tell_events.clone());
        let reporter = Reporter::start(node.clone(), object.clone());
        let context = Context {
            node,
            sandbox,
            images: Mutex::default(),
            followed,
            tokens: tokio::sync::Mutex::default(),
            disks: Mutex::default(),
            pod: Mutex::new(Arc::new(pod.clone())),
            changed,
            losses: AtomicU32::new(0),
        };
        Self {
            context: Arc::new(context),
            wanted,
            pod,
            state,
            jobs: JoinSet::new(),
            events,
            tell_events,
            probes: BTreeMap::new(),
            following: None,
            volumes: None,
            limits: None,
            reporter,
        }
    }

    /// Until nothing of the pod is left, here and in the API.
    pub async fn run(mut self) {
        self.refuse();
        self.keep_images();
        if let Ok(pod) = Pod::read(self.reporter.object()) {
            self.become_now(pod);
        }
        loop {
            let wake_at = self.advance();
            self.look_after();
            self.tell_ports();
            self.tell();
            if self.state.is_deleted && self.reporter.is_done() {
                return;
            }
            let now = self.context.node.clock.now();
            let wait = wake_at.map(|at| at.since(now));
            tokio::select! {
                changed = self.wanted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.hear();
                }
                Some(event) = self.events.recv() => self.take(event),
                Some(done) = self.jobs.join_next() => {
                    for event in done.unwrap_or_default() {
                        self.take(event);
                    }
                }
                () = async { sleep(wait.unwrap_or_default()).await }, if wait.is_some() => {}
                () = self.reporter.finished(), if self.state.is_deleted => {}
            }
        }
    }

    /// What the pod asks for, now that it was heard of, and this node does not have.
    fn refuse(&mut self) {
        if self.state.is_finished {
            return;
        }
        let node = &self.context.node;
        // What runs is not asked again, as upstream has it: its containers are, before they begin anew.
        if !matches!(self.pod.status.text("/phase"), "" | "Pending") {
            return;
        }
        let lacking = refused(&self.pod, node.has()).map(|it| (refused::REASON, it));
        let unprotected = || {
            let refused = app_armor::refused(&self.pod, || node.machine.app_armor());
            Some((app_armor::REASON, refused?))
        };
        if let Some((reason, message)) = lacking.or_else(unprotected) {
            if self.state.failed.is_none() {
                let about = Ref::of(&kind::POD, self.reporter.object());
                node.recorder.warning(about, reason, &message);
            }
            let reason = reason.to_owned();
            self.state.failed.get_or_insert((reason, message));
        }
    }

    /// Containers that were added to the pod.
    fn welcome(&mut self) {
        let (pod, node) = (&self.pod, &self.context.node);
        let (has, now) = (node.has(), node.clock.now());
        let refused = |at: usize, of: &Container| refused_ephemeral(pod, of, at, has);
        self.state.welcome(pod, refused, now);
    }

    /// Images of what runs already stay on this machine.
    fn keep_images(&self) {
        for (name, known) in &self.state.containers {
            if known.is_running() && known.image_id.contains('@') {
                let job =
                    perform::keep_image(self.context.clone(), name.clone(), known.image_id.clone());
                tokio::spawn(job);
            }
        }
    }

    fn hear(&mut self) {
        let wanted = self.wanted.borrow_and_update().clone();
        match wanted {
            Wanted::Is(object) => match Pod::read(&object) {
                Ok(pod) if pod.metadata.uid == self.pod.metadata.uid => {
                    let (now, before) = (&pod.metadata, &self.pod.metadata);
                    let tells_otherwise =
                        now.labels != before.labels || now.annotations != before.annotations;
                    self.become_now(pod);
                    self.welcome();
                    if tells_otherwise {
                        self.context.changed.notify_one();
                    }
                    self.reporter.heard(object);
                    self.refuse();
                }
                // Another of the same name: this one is gone.
                Ok(_) => self.gone(),
                Err(error) => {
                    let deleted = Pod::unreadable(&object).metadata.deletion_timestamp;
                    self.pod.metadata.deletion_timestamp = deleted;
                    self.reporter.heard(object);
                    let told = ("InvalidPod".to_owned(), error.to_string());
                    self.state.failed.get_or_insert(told);
                }
            },
            Wanted::Gone => self.gone(),
        }
    }

    /// The pod is this now. It keeps what it has of its node where that has no room for more, also while its containers wait to begin
    /// again.
    fn become_now(&mut self, mut pod: Pod) {
        let node = &self.context.node;
        let had = |of: &Container| self.pod.container(&of.name).map(|it| &it.resources);
        let differs = |of: &Container| had(of).is_some_and(|had| *had != of.resources);
        let asks = !is_over(&self.pod, &self.state) && pod.all_containers().any(differs);
        let pending = asks.then(|| resizing::lacking(node, &self.pod, &pod));
        let pending = pending.flatten();
        if let Some(why) = &pending {
            resizing::keep(&mut pod, &self.pod);
            if self.state.pending.as_ref() != Some(why) {
                let about = Ref::of(&kind::POD, self.reporter.object());
                let recorder = &node.recorder;
                recorder.warning(about, why.event(), &why.message);
            }
        }
        self.state.pending = pending;
        *self.context.pod.lock() = Arc::new(pod.clone());
        self.state.resize(&self.pod, &pod);
        self.state.change_images(&self.pod, &pod);
        self.pod = pod;
    }

    fn gone(&mut self) {
        let at = self.context.node.clock.now().iso8601_seconds();
        self.pod.metadata.deletion_timestamp.get_or_insert(at);
        // Whoever took it from the API waits for nothing any more.
        self.pod.metadata.deletion_grace_period_seconds = Some(GRACE_OF_THE_LOST);
        self.reporter.gone();
    }

    fn take(&mut self, event: Event) {
        let now = self.context.node.clock.now();
        let (context, object) = (&self.context, self.reporter.object());
        perform::record(context, object, &self.pod, &event);
        let ended = match &event {
            Event::Ended { container, .. } => Some(container.clone()),
            _ => None,
        };
        self.state.take(&self.pod, event, now);
        context.losses.store(self.state.losses, Ordering::Release);
        if let Some(container) = ended {
            let of = (&self.state, container.as_str());
            perform::record_pause(context, object, &self.pod, of, now);
        }
    }

    /// Begins all that is to be done; when to ask again.
    fn advance(&mut self) -> Option<Timestamp> {
        let now = self.context.node.clock.now();
        let plan = plan(&self.pod, &self.state, now);
        for action in plan.actions {
            if action == Action::MakeSandbox && perform::network(&self.pod).is_none() {
                // Its interface is not there yet: the annotation comes with a change of the pod.
                continue;
            }
            let object = self.reporter.object();
            perform::record_begin(&self.context, object, &self.pod, &self.state, &action);
            begin(&mut self.state, &action);
            if let Action::Start { container, .. } = &action
                && let Some(of) = self.pod.container(container)
            {
                self.state.give(of);
            }
            let failure = perform::failure(&action);
            let patience = perform::patience(&action);
            let job = perform::perform(
                self.context.clone(),
                self.pod.clone(),
                self.state.clone(),
                action,
            );
            // One that panics or hangs has failed like any other.
            self.jobs.spawn(async move {
                let done = timeout(patience, AssertUnwindSafe(job).catch_unwind()).await;
                match done {
                    Ok(Ok(events)) => events,
                    _ => failure,
                }
            });
        }
        plan.wake_at
    }

    /// Follows the sandbox, probes what runs, and keeps volumes as what they are made of.
    fn look_after(&mut self) {
        let ready = self.state.sandbox == Sandbox::Ready;
        if !ready {
            self.following = None;
            self.volumes = None;
            self.limits = None;
        } else if self.following.is_none() {
            let job = perform::follow(self.context.clone(), self.tell_events.clone());
            self.following = Some(AbortOnDropHandle::new(tokio::spawn(job)));
            let job = perform::keep_volumes(self.context.clone());
            self.volumes = Some(AbortOnDropHandle::new(tokio::spawn(job)));
            if perform::has_limits(&self.pod) {
                let job = perform::keep_limits(self.context.clone(), self.tell_events.clone());
                self.limits = Some(AbortOnDropHandle::new(tokio::spawn(job)));
            }
        }
        let (state, pod) = (&self.state, &self.pod);
        let runs = |name: &str| state.container(name).is_some_and(|it| it.is_running());
        self.probes.retain(|name, _| runs(name));
        for of in pod.all_containers() {
            if !runs(&of.name) || self.probes.contains_key(&of.name) || !probe::has_any(of) {
                continue;
            }
            let Some(known) = state.container(&of.name) else {
                continue;
            };
            let job = probe::run(
                self.context.clone(),
                of.clone(),
                known.attempt,
                known.since(),
                known.has_started,
                state.ip,
                self.tell_events.clone(),
            );
            let job = AbortOnDropHandle::new(tokio::spawn(job));
            self.probes.insert(of.name.clone(), job);
        }
    }

    /// What leads to the pod by the node's ports. A worker that ends with this process takes nothing back.
    fn tell_ports(&self) {
        let is_there = self.state.sandbox == Sandbox::Ready && !self.state.is_finished;
        let address = self.state.ip.filter(|_| is_there);
        self.context.node.host_ports.put(&self.pod, address);
    }

    fn tell(&mut self) {
        let node = &self.context.node;
        if self.state.is_finished {
            if self.state.is_deleted {
                self.reporter.delete();
            }
            return;
        }
        let mut pod = self.pod.clone();
        pod.status = self.reporter.before();
        let status = status(&pod, &self.state, &node.place, node.clock.now());
        self.reporter.report(status);
        if self.state.is_deleted {
            self.reporter.delete();
        }
    }
}

/// Seconds that the containers of a pod have that the API does not know any more.
const GRACE_OF_THE_LOST: i64 = 2;
