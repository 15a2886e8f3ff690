//! What the node knows of one pod: its sandbox, its containers, and what is being done about them. Pure.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use wharf_base::Timestamp;
use wharf_container::runtime::ProgramUser;

use crate::{
    machine::Took,
    pod::{Container, Pod, Resources},
    refused::REASON,
    resizing::Pending,
};

/// Crashes and failed pulls wait so long before the next try, twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Longer than any pod lives.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// The reason of a pod that its node ended for what it takes.
pub const EVICTED: &str = "Evicted";
/// A run this long was no crash loop.
const GOOD_RUN: Duration = Duration::from_secs(600);
/// The exit code of a program that was killed.
const KILLED: i32 = 137;

#[derive(Debug, Clone, PartialEq)]
pub struct PodState {
    /// When this node first saw it.
    pub seen_at: Timestamp,
    pub sandbox: Sandbox,
    /// How often it was lost.
    pub losses: u32,
    pub ip: Option<Ipv4Addr>,
    /// How often the sandbox could not be made, one time after another.
    pub sandbox_failures: u32,
    pub containers: BTreeMap<String, ContainerState>,
    /// The node ends it, or never began it: reason and message of its status.
    pub failed: Option<(String, String)>,
    /// It was ended because its node ran short of something.
    pub is_for_node: bool,
    /// Once it is over, its node has back what it holds.
    pub gives_back: bool,
    /// Why its containers do not get what it asks for.
    pub pending: Option<Pending>,
    /// It came to its end before, and nothing of it is here: it is not run again.
    pub is_finished: bool,
    /// It was told to the API that it is over: nothing is left to do.
    pub is_deleted: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Sandbox {
    #[default]
    None,
    Making,
    Failed {
        message: String,
        retry: Retry,
    },
    Ready,
    Removing,
    Removed,
}

/// Something that failed, and when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    pub since: Timestamp,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContainerState {
    /// How many runs there were before this one.
    pub attempt: u32,
    /// The first run that is one of this sandbox: those before it were in others.
    pub first_here: u32,
    pub image: ImageState,
    pub run: Run,
    /// How the run before this one ended.
    pub last: Option<Terminated>,
    /// Ends that count for the pause before the next run.
    pub crashes: u32,
    /// What the readiness probe says; without one, that it runs.
    pub is_ready: bool,
    /// The startup probe passed, or there is none.
    pub has_started: bool,
    /// It was told to end, within so many seconds.
    pub stopping: Option<u64>,
    /// A probe failed for good: it is to be ended, and begun again if its policy says so.
    pub is_condemned: bool,
    /// What it was given when it began, or since.
    pub resources: Resources,
    /// It is to have other resources than it was given.
    pub is_resized: bool,
    /// Name and digest of the image it runs.
    pub image_id: String,
    /// The name of the image that it runs, where the pod asks for another by now: it is to be ended, and begun again whatever its
    /// policy says.
    pub outdated: Option<String>,
    /// The pod asks for another image than the one that is being pulled.
    pub pulls_another: bool,
    /// Whom its program began as last.
    pub user: Option<ProgramUser>,
    /// One after another.
    pub failed_pulls: u32,
    /// One after another.
    pub failed_starts: u32,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum ImageState {
    #[default]
    Unknown,
    Pulling,
    Here,
    Failed {
        reason: String,
        message: String,
        retry: Retry,
    },
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Run {
    #[default]
    None,
    Starting,
    /// It could not be started.
    Failed {
        reason: String,
        message: String,
        retry: Retry,
    },
    Running {
        since: Timestamp,
    },
    Ended(Terminated),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Terminated {
    pub code: i32,
    /// `Completed`, `Error`, `OOMKilled`, …
    pub reason: String,
    pub message: String,
    pub started_at: Option<Timestamp>,
    pub finished_at: Timestamp,
    pub attempt: u32,
}

/// What happened to a pod on this node.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    SandboxMade {
        ip: Option<Ipv4Addr>,
    },
    SandboxFailed {
        message: String,
    },
    SandboxRemoved,
    SandboxNotRemoved {
        message: String,
    },
    /// It was ended by something else, with all that ran in it.
    SandboxLost,
    Pulled {
        container: String,
        image_id: String,
        /// None where it lay here already.
        took: Option<Took>,
    },
    NotPulled {
        container: String,
        reason: String,
        message: String,
    },
    Started {
        container: String,
        attempt: u32,
        at: Timestamp,
        user: Option<ProgramUser>,
    },
    NotStarted {
        container: String,
        attempt: u32,
        reason: String,
        message: String,
    },
    Ended {
        container: String,
        attempt: u32,
        code: i32,
        oom: bool,
        at: Timestamp,
        message: String,
    },
    NotStopped {
        container: String,
    },
    Ready {
        container: String,
        is_ready: bool,
    },
    StartupPassed {
        container: String,
    },
    /// Containers have these resources now.
    Resized {
        containers: Vec<(String, Resources)>,
    },
    NotResized {
        containers: Vec<String>,
    },
    /// It takes more than it may, or its node runs short of what it takes.
    Evicted {
        message: String,
        for_node: bool,
    },
    /// Its node runs short of disk: what it holds goes, once it is over.
    GivesBack,
    /// It is to end, and to begin again if its policy says so.
    Condemned {
        container: String,
        by: Condemns,
    },
}

/// Why a container is ended while its pod goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condemns {
    LivenessProbe,
    StartupProbe,
    PostStartHook,
}

impl Retry {
    pub fn after(failures: u32, now: Timestamp) -> Self {
        Self {
            since: now,
            at: now + wait_after(failures),
        }
    }

    /// Whether half of the wait is over: from then on it is the wait that is told, not the failure.
    pub fn backs_off(&self, now: Timestamp) -> bool {
        now >= self.half()
    }

    pub fn half(&self) -> Timestamp {
        self.since + self.at.since(self.since) / 2
    }
}

/// How long something waits that failed so often.
pub fn wait_after(failures: u32) -> Duration {
    wharf_base::backoff::doubled(FIRST_WAIT, LONGEST_WAIT, failures)
}

impl PodState {
    pub fn new(pod: &Pod, now: Timestamp) -> Self {
        let containers = pod.all_containers();
        let containers = containers.map(|it| (it.name.clone(), ContainerState::default()));
        Self {
            seen_at: now,
            sandbox: Sandbox::None,
            losses: 0,
            ip: None,
            sandbox_failures: 0,
            containers: containers.collect(),
            failed: None,
            is_for_node: false,
            gives_back: false,
            pending: None,
            is_finished: false,
            is_deleted: false,
        }
    }

    /// Ephemeral containers that are new. `refused` says why one is not to be had; it never runs.
    pub fn welcome(
        &mut self,
        pod: &Pod,
        refused: impl Fn(usize, &Container) -> Option<String>,
        now: Timestamp,
    ) {
        for (at, of) in pod.spec.ephemeral_containers.iter().enumerate() {
            if self.containers.contains_key(&of.name) {
                continue;
            }
            let mut container = ContainerState::default();
            if let Some(message) = refused(at, of) {
                container.image = ImageState::Here;
                container.run = Run::Failed {
                    reason: REASON.to_owned(),
                    message,
                    retry: Retry {
                        since: now,
                        at: now + NEVER,
                    },
                };
            }
            self.containers.insert(of.name.clone(), container);
        }
    }

    pub fn container(&self, name: &str) -> Option<&ContainerState> {
        self.containers.get(name)
    }

    /// Something happened.
    pub fn take(&mut self, pod: &Pod, event: Event, now: Timestamp) {
        match event {
            Event::SandboxMade { ip } => {
                self.sandbox = Sandbox::Ready;
                self.sandbox_failures = 0;
                self.ip = ip.or(self.ip);
            }
            Event::SandboxFailed { message } => {
                self.sandbox_failures += 1;
                let retry = Retry::after(self.sandbox_failures, now);
                self.sandbox = Sandbox::Failed { message, retry };
            }
            Event::SandboxRemoved => self.sandbox = Sandbox::Removed,
            Event::SandboxNotRemoved { .. } => self.sandbox = Sandbox::Ready,
            Event::SandboxLost => self.lose(now),
            Event::Pulled {
                container,
                image_id,
                ..
            } => self.with(&container, |it| {
                it.failed_pulls = 0;
                it.image_id = image_id;
                it.pulled(ImageState::Here);
            }),
            Event::NotPulled {
                container,
                reason,
                message,
            } => self.with(&container, |it| {
                it.failed_pulls += 1;
                let retry = Retry::after(it.failed_pulls, now);
                it.pulled(ImageState::Failed {
                    reason,
                    message,
                    retry,
                });
            }),
            Event::Started {
                container,
                attempt,
                at,
                user,
            } => {
                let waits = |name: &str| {
                    let of = pod.container(name);
                    let startup = of.is_some_and(|it| it.startup_probe.is_some());
                    let readiness = of.is_some_and(|it| it.readiness_probe.is_some());
                    (startup, readiness)
                };
                let (startup, readiness) = waits(&container);
                self.with(&container, |it| {
                    it.user = user;
                    // It may have ended before it was told that it began.
                    if let Run::Ended(how) = &mut it.run {
                        how.started_at.get_or_insert(at);
                    } else if it.attempt == attempt {
                        it.run = Run::Running { since: at };
                        it.failed_starts = 0;
                        it.has_started = !startup;
                        it.is_ready = !startup && !readiness;
                    }
                });
            }
            Event::NotStarted {
                container,
                attempt,
                reason,
                message,
            } => self.with(&container, |it| {
                // It may have ended with its sandbox before it was told that it did not begin, and the next may be under way.
                if it.attempt != attempt || it.run != Run::Starting {
                    return;
                }
                it.failed_starts += 1;
                let retry = Retry::after(it.failed_starts, now);
                // What it needs may be another image by now.
                it.image = ImageState::Unknown;
                it.run = Run::Failed {
                    reason,
                    message,
                    retry,
                };
            }),
            Event::Ended {
                container,
                attempt,
                code,
                oom,
                at,
                message,
            } => {
                self.with(&container, |it| {
                    // It may be told again.
                    if it.attempt == attempt && it.ended().is_none() {
                        it.end(code, oom, at, message);
                    }
                });
            }
            Event::NotStopped { container } => self.with(&container, |it| it.stopping = None),
            Event::Ready {
                container,
                is_ready,
            } => self.with(&container, |it| {
                it.is_ready = is_ready && it.is_running();
            }),
            Event::StartupPassed { container } => {
                let readiness = pod
                    .container(&container)
                    .is_some_and(|it| it.readiness_probe.is_some());
                self.with(&container, |it| {
                    it.has_started = it.is_running();
                    it.is_ready = it.is_running() && !readiness;
                });
            }
            Event::Resized { containers } => {
                for (name, resources) in containers {
                    self.with(&name, |it| it.resources = resources);
                }
            }
            Event::NotResized { containers } => {
                for name in containers {
                    self.with(&name, |it| it.is_resized = it.is_running());
                }
            }
            Event::Evicted { message, for_node } => {
                let told = (EVICTED.to_owned(), message);
                // What was decided before stays, and is ended as it was.
                if self.failed.is_none() {
                    self.failed = Some(told);
                    self.is_for_node = for_node;
                    self.gives_back = for_node;
                }
            }
            Event::GivesBack => self.gives_back = true,
            Event::Condemned { container, .. } => self.with(&container, |it| {
                it.is_condemned = it.is_running();
            }),
        }
    }

    /// A run begins, with what its container asks for now.
    pub fn give(&mut self, of: &Container) {
        self.with(&of.name, |it| {
            it.resources = of.resources.clone();
            it.is_resized = false;
        });
    }

    /// The pod changed: containers that run may ask for something else.
    pub fn resize(&mut self, before: &Pod, now: &Pod) {
        for of in now.all_containers() {
            let had = before.container(&of.name);
            if had.is_some_and(|it| it.resources != of.resources) {
                self.with(&of.name, |it| it.is_resized = it.is_active());
            }
        }
    }

    /// The pod changed: containers may ask for another image.
    pub fn change_images(&mut self, before: &Pod, after: &Pod) {
        for of in after.all_containers() {
            let had = before.container(&of.name);
            if let Some(had) = had.filter(|it| it.image != of.image) {
                self.with(&of.name, |it| it.change_image(&had.image, &of.image));
            }
        }
    }

    fn with(&mut self, name: &str, change: impl FnOnce(&mut ContainerState)) {
        if let Some(container) = self.containers.get_mut(name) {
            change(container);
        }
    }

    /// All that ran in the sandbox ended with it, nobody saw how.
    fn lose(&mut self, now: Timestamp) {
        self.losses = self.losses.wrapping_add(1);
        for container in self.containers.values_mut() {
            if container.is_active() {
                container.end_unseen(now);
            }
        }
        // What makes or removes it tells how that ended: until then more of it may be there than what was lost.
        if matches!(self.sandbox, Sandbox::Ready) {
            self.sandbox = Sandbox::None;
        }
        self.ip = None;
    }
}

impl ContainerState {
    pub fn is_running(&self) -> bool {
        matches!(self.run, Run::Running { .. })
    }

    /// It runs, or soon may.
    pub fn is_active(&self) -> bool {
        matches!(self.run, Run::Running { .. } | Run::Starting)
    }

    /// It runs or ran, this time or before.
    pub fn has_begun(&self) -> bool {
        self.attempt > 0 || self.is_active() || self.ended().is_some()
    }

    /// It runs or ran in this sandbox.
    pub fn has_begun_here(&self) -> bool {
        match self.run {
            Run::Running { .. } | Run::Starting => true,
            Run::Ended(_) => self.attempt >= self.first_here,
            Run::None | Run::Failed { .. } => self.attempt > self.first_here,
        }
    }

    /// The number of the run that is next.
    pub fn next_attempt(&self) -> u32 {
        let ran = u32::from(self.ended().is_some());
        self.attempt.saturating_add(ran)
    }

    pub fn ended(&self) -> Option<&Terminated> {
        match &self.run {
            Run::Ended(how) => Some(how),
            _ => None,
        }
    }

    /// When the run after one that ended may begin.
    pub fn restarts_at(&self) -> Option<Timestamp> {
        let ended = self.ended()?;
        Some(match self.crashes {
            // The first comes at once.
            0 | 1 => ended.finished_at,
            many => ended.finished_at + wait_after(many - 1),
        })
    }

    /// The next run begins.
    pub fn next_run(&mut self) {
        if let Run::Ended(how) = std::mem::take(&mut self.run) {
            self.last = Some(how);
            self.attempt = self.attempt.saturating_add(1);
        }
        self.run = Run::Starting;
        self.stopping = None;
        self.is_condemned = false;
        self.outdated = None;
        self.has_started = false;
        self.is_ready = false;
    }

    /// The pod asked for the image `had`, and asks for `asks`.
    fn change_image(&mut self, had: &str, asks: &str) {
        if self.is_active() {
            let runs = self.outdated.take();
            let runs = runs.unwrap_or_else(|| had.to_owned());
            self.outdated = (runs != asks).then_some(runs);
        } else if self.image == ImageState::Pulling {
            self.pulls_another = true;
        } else {
            self.image = ImageState::Unknown;
        }
    }

    /// What came of a pull, if it was of the image that is asked for still.
    fn pulled(&mut self, came: ImageState) {
        self.image = match std::mem::take(&mut self.pulls_another) {
            true => ImageState::Unknown,
            false => came,
        };
    }

    /// Since when it runs.
    pub fn since(&self) -> Option<Timestamp> {
        match self.run {
            Run::Running { since } => Some(since),
            _ => None,
        }
    }

    pub fn end(&mut self, code: i32, oom: bool, at: Timestamp, message: String) {
        let started_at = self.since();
        if started_at.is_some_and(|since| at.since(since) >= GOOD_RUN) {
            self.crashes = 0;
        }
        self.crashes += 1;
        let reason = match code {
            _ if oom => "OOMKilled",
            0 => "Completed",
            _ => "Error",
        };
        self.run = Run::Ended(Terminated {
            code,
            reason: reason.to_owned(),
            message,
            started_at,
            finished_at: at,
            attempt: self.attempt,
        });
        self.is_ready = false;
        self.has_started = false;
        self.stopping = None;
        self.is_condemned = false;
        // The next run asks for it again: its policy may want the one that the name means then.
        self.image = ImageState::Unknown;
    }

    /// It ended with its sandbox, and nobody saw how.
    pub fn end_unseen(&mut self, at: Timestamp) {
        let message = "The container could not be located when the pod was terminated";
        self.end(KILLED, false, at, message.to_owned());
        if let Run::Ended(how) = &mut self.run {
            "ContainerStatusUnknown".clone_into(&mut how.reason);
        }
    }
}
