//! The loop that owns the core: commands and outcomes in, effects out.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_base::Clock;

use super::{
    core::{Core, Effect, ManifestVerdict, TaskContext},
    credentials::CredentialStore,
    directory::Directory,
    disk::Disk,
    machine::{Machine, Observation},
    reports::Reporter,
};
use crate::{
    engine::{Action, Event},
    protocol::{
        acs::{Manifest, StopVerified},
        payload::Task,
    },
};

/// What the loop is told.
#[derive(Debug)]
pub enum Command {
    /// `reply` hears true when every task is durable, false if one was refused.
    Payload {
        tasks: Vec<Task>,
        sequence: Option<i64>,
        reply: oneshot::Sender<bool>,
    },
    Manifest {
        manifest: Manifest,
        reply: oneshot::Sender<ManifestVerdict>,
    },
    StopVerified(StopVerified),
    Registered {
        arn: String,
    },
    Reported {
        id: String,
    },
}

/// What came of something the loop had set going.
enum Outcome {
    Done {
        id: String,
        action: Action,
        events: Vec<Event>,
    },
    Disposed {
        id: String,
    },
}

/// Records are waited for that long. After that new tasks are not acknowledged, and what a stopped one
/// held is given back all the same: a disk that is full may be so because of it.
const SAVE_PATIENCE: Duration = Duration::from_secs(2);

/// Commands that may wait before their senders do.
pub const COMMAND_QUEUE: usize = 256;

pub struct NodeLoop {
    pub core: Core,
    pub disk: Disk,
    pub machine: Arc<dyn Machine>,
    pub reporter: Reporter,
    pub directory: Directory,
    pub credentials: CredentialStore,
    pub clock: Arc<dyn Clock>,
    pub commands: mpsc::Receiver<Command>,
    pub observations: mpsc::Receiver<Observation>,
    pub image_cleanup_every: Duration,
    /// Everything this loop sets going.
    pub running: TaskTracker,
    pub shutdown: CancellationToken,
}

impl NodeLoop {
    /// Finds again what an earlier agent left. Before [`NodeLoop::run`].
    pub async fn recover(mut self) -> Self {
        let contexts = self.core.contexts();
        for (id, events) in self.machine.recover(&contexts).await {
            // Plans nothing yet: all must be known before anything is begun.
            self.core.recovered(&id, events, self.clock.now());
        }
        self.show_all();
        self
    }

    /// Shows its tasks to those who look, as far as they are known. Before [`NodeLoop::recover`], as they were saved: one shim that
    /// does not answer holds that up for long, and all tasks run and ask meanwhile.
    pub fn show_all(&self) {
        for context in self.core.contexts() {
            self.show(&context.id);
        }
    }

    /// Runs until shutdown. Containers run on; what is under way is given up and taken up again by
    /// the next agent.
    pub async fn run(mut self) {
        let (outcomes, mut ended) = mpsc::unbounded_channel();
        let effects = self.core.tick(self.clock.now());
        self.carry_out(effects, &outcomes);

        let first = Instant::now() + self.image_cleanup_every;
        let mut cleanup = interval_at(first, self.image_cleanup_every);
        cleanup.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wake = self.wake();
            let (effects, seen) = tokio::select! {
                () = self.shutdown.cancelled() => return,
                Some(outcome) = ended.recv() => {
                    let now = self.clock.now();
                    match outcome {
                        Outcome::Done { id, action, events } => {
                            (self.core.done(&id, action, events, now), Some(id))
                        }
                        Outcome::Disposed { id } => (self.core.disposed(&id, now), Some(id)),
                    }
                }
                Some(Observation { task_id, event }) = self.observations.recv() => {
                    (self.core.happened(&task_id, vec![event], self.clock.now()), Some(task_id))
                }
                command = self.commands.recv() => match command {
                    Some(command) => {
                        self.command(command, &outcomes);
                        continue;
                    }
                    None => return,
                },
                () = wake => (self.core.tick(self.clock.now()), None),
                _ = cleanup.tick() => {
                    self.clean_images();
                    continue;
                }
            };
            // Also what asks for nothing, such as a container's health, is there to be seen.
            self.carry_out_of(seen, effects, &outcomes);
        }
    }

    fn wake(&self) -> impl Future<Output = ()> + use<> {
        let wait = self.core.wake_at().map(|at| at.since(self.clock.now()));
        async move {
            match wait {
                // A moment more than the deadline, which has passed by then.
                Some(wait) => sleep(wait + Duration::from_millis(1)).await,
                None => std::future::pending().await,
            }
        }
    }

    fn command(&mut self, command: Command, outcomes: &mpsc::UnboundedSender<Outcome>) {
        let now = self.clock.now();
        match command {
            Command::Payload {
                tasks,
                sequence,
                reply,
            } => {
                let mut effects = sequence.map_or_else(Vec::new, |n| self.core.sequence(n));
                let mut all = true;
                for task in tasks {
                    let (arn, cluster) = (task.arn.clone(), task.task_cluster_arn.clone());
                    match self.core.accept(task, now) {
                        Ok(more) => effects.extend(more),
                        Err(error) => {
                            all = false;
                            self.reporter.reject(arn, cluster, error.to_string());
                        }
                    }
                }
                let saves = self.carry_out(effects, outcomes);
                self.running.spawn(async move {
                    let durable = async {
                        for save in saves {
                            save.await?;
                        }
                        Ok::<(), oneshot::error::RecvError>(())
                    };
                    // Not durable: dropping the reply means no acknowledgement, so the tasks come again.
                    if let Ok(Ok(())) = timeout(SAVE_PATIENCE, durable).await {
                        let _ = reply.send(all);
                    }
                });
            }
            Command::Manifest { manifest, reply } => {
                let (verdict, effects) = self.core.manifest(&manifest);
                self.carry_out(effects, outcomes);
                let _ = reply.send(verdict);
            }
            Command::StopVerified(verified) => {
                let effects =
                    self.core
                        .stop_verified(&verified.message_id, &verified.stop_tasks, now);
                self.carry_out(effects, outcomes);
            }
            Command::Registered { arn } => {
                self.directory.set_container_instance(&arn);
                let effects = self.core.registered(Some(arn));
                self.carry_out(effects, outcomes);
            }
            Command::Reported { id } => {
                let effects = self.core.reported(&id, now);
                self.carry_out(effects, outcomes);
            }
        }
    }

    fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        outcomes: &mpsc::UnboundedSender<Outcome>,
    ) -> Vec<oneshot::Receiver<()>> {
        self.carry_out_of(None, effects, outcomes)
    }

    /// Returns the saves under way. Each file is written once, with its newest content, and what became of a task is shown once,
    /// also that of the one in `seen`.
    fn carry_out_of(
        &mut self,
        seen: Option<String>,
        effects: Vec<Effect>,
        outcomes: &mpsc::UnboundedSender<Outcome>,
    ) -> Vec<oneshot::Receiver<()>> {
        let mut saves = Vec::new();
        let mut touched: BTreeSet<String> = seen.into_iter().collect();
        let mut dispose: Vec<Arc<TaskContext>> = Vec::new();
        let mut save_node = false;
        let mut save: BTreeSet<String> = BTreeSet::new();
        for effect in effects {
            match effect {
                Effect::Perform { task, action } => {
                    touched.insert(task.id.clone());
                    self.perform(task, action, outcomes.clone());
                }
                Effect::Save { id } => {
                    save.insert(id);
                }
                Effect::SaveNode => save_node = true,
                Effect::Report { id, report } => {
                    if let Some(context) = self.core.context(&id) {
                        self.reporter.send(context, &report);
                    }
                    touched.insert(id);
                }
                Effect::Dispose { task } => {
                    save.insert(task.id.clone());
                    dispose.push(task);
                }
                Effect::Forget { id } => self.forget(&id),
            }
        }
        if save_node {
            saves.push(self.disk.save_node(self.core.node()));
        }
        for id in save {
            if let Some(record) = self.core.record(&id) {
                saves.push(self.disk.save_task(record));
                if let Some(at) = dispose.iter().position(|task| task.id == id) {
                    // The writer merges the two; each has its own to hear it.
                    let saved = self.disk.save_task(record);
                    self.dispose(dispose.swap_remove(at), saved, outcomes.clone());
                }
            }
            touched.insert(id);
        }
        touched.iter().for_each(|id| self.show(id));
        saves
    }

    fn perform(
        &self,
        task: Arc<TaskContext>,
        action: Action,
        outcomes: mpsc::UnboundedSender<Outcome>,
    ) {
        let (machine, shutdown) = (self.machine.clone(), self.shutdown.clone());
        self.running.spawn(async move {
            let events = tokio::select! {
                // Given up halfway; the next agent asks for it again.
                () = shutdown.cancelled() => return,
                events = machine.perform(&task, action) => events,
            };
            let _ = outcomes.send(Outcome::Done {
                id: task.id.clone(),
                action,
                events,
            });
        });
    }

    fn dispose(
        &self,
        task: Arc<TaskContext>,
        saved: oneshot::Receiver<()>,
        outcomes: mpsc::UnboundedSender<Outcome>,
    ) {
        let (machine, shutdown) = (self.machine.clone(), self.shutdown.clone());
        self.running.spawn(async move {
            let disposing = async {
                if !matches!(timeout(SAVE_PATIENCE, saved).await, Ok(Ok(()))) {
                    tracing::warn!(
                        task = task.id,
                        "failed to save the record of a stopped task; released its resources anyway, will retry"
                    );
                }
                machine.dispose(&task).await;
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = disposing => {}
            }
            let id = task.id.clone();
            let _ = outcomes.send(Outcome::Disposed { id });
        });
    }

    fn forget(&self, id: &str) {
        if let Some(view) = self.directory.task(id) {
            let record = &view.record;
            let ids = [&record.credentials_id, &record.execution_credentials_id];
            self.credentials
                .forget(ids.into_iter().flatten().map(String::as_str));
        }
        self.directory.remove(id);
        self.disk.remove_task(id);
    }

    fn clean_images(&self) {
        let (machine, contexts) = (self.machine.clone(), self.core.contexts());
        self.running
            .spawn(async move { machine.collect_images(&contexts).await });
    }

    fn show(&self, id: &str) {
        if let (Some(context), Some(record)) = (self.core.context(id), self.core.record(id)) {
            self.directory.put(context, record);
        }
    }
}
