//! One task for each instance: looks at what is wanted and at what there is, does what the plan says, and tells.
//!
//! Until the control plane, or what it said last, has been heard it does nothing: silence at a start is no wish.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::watch, time::sleep};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use wharf_base::{Backoff, Chain};
use wharf_container::{
    image::{Digest, Image},
    runtime::{ContainerError, ExitRecord, TaskHandle},
};
use wharf_planeproto::machine::{Image as Source, Instance, InstanceReport, Wanted};

use super::{
    Tell, console,
    disk::Sealer,
    error::InstanceError,
    guest::is_guest,
    host::{Host, named_image},
    joining::{self, Joins},
    measure::Running,
    plan::{Action, CANNOT_BOOT, CameTo, Goal, Last, Of, Process, There, plan, report},
};

/// A boot that fails may have met a moment in which something was missing.
const TRIES: u32 = 3;
/// Of an instance that has a disk already: some minutes, in which the machine and the registry may come up.
const TRIES_WITH_DISK: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Between two looks whether a snapshot is taken.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Of a reason that is reported, in characters.
const MAX_REASON: usize = 500;

/// What a disk opens by, if it is sealed; why that cannot be had.
type Opens = Result<Option<Arc<Sealer>>, InstanceError>;

/// What the control plane said of an instance.
#[derive(Debug, Clone, Default)]
pub enum Told {
    /// Nothing was heard since the start.
    #[default]
    NotYet,
    Of(Arc<Instance>),
    /// It does not speak of it.
    Nothing,
}

/// The reports of all instances, told as a whole after each change.
#[derive(Clone)]
pub struct Board {
    reports: Arc<Mutex<BTreeMap<String, InstanceReport>>>,
    /// Where kubelets of instances listen.
    kubelets: Arc<Mutex<BTreeMap<String, SocketAddr>>>,
    tell: Arc<dyn Tell>,
    /// Those that are measured.
    pub measured: Running,
}

impl Board {
    pub fn new(tell: Arc<dyn Tell>) -> Self {
        Self {
            reports: Arc::default(),
            kubelets: Arc::default(),
            tell,
            measured: Running::default(),
        }
    }

    fn put(&self, mut report: InstanceReport) {
        let mut reports = self.reports.lock();
        report.kubelet = self.kubelets.lock().get(&report.id).copied();
        if reports.get(&report.id) != Some(&report) {
            reports.insert(report.id.clone(), report);
            self.tell.instances(reports.values().cloned().collect());
        }
    }

    /// The kubelet of an instance listens there, or nowhere any more.
    fn listens(&self, id: &str, at: Option<SocketAddr>) {
        let mut reports = self.reports.lock();
        let mut kubelets = self.kubelets.lock();
        let before = match at {
            Some(at) => kubelets.insert(id.to_owned(), at),
            None => kubelets.remove(id),
        };
        if before != at
            && let Some(report) = reports.get_mut(id)
        {
            report.kubelet = at;
            self.tell.instances(reports.values().cloned().collect());
        }
    }

    fn remove(&self, id: &str) {
        let mut reports = self.reports.lock();
        self.kubelets.lock().remove(id);
        if reports.remove(id).is_some() {
            self.tell.instances(reports.values().cloned().collect());
        }
        self.tell.forget_console(id);
    }

    /// What was said so far, again: for the first word, which may be that there are none.
    pub fn tell_all(&self) {
        let reports = self.reports.lock();
        self.tell.instances(reports.values().cloned().collect());
    }
}

/// Whom to tell of an instance. Its worker takes its own place away under the lock, once it has heard all.
pub type Workplaces = Arc<Mutex<BTreeMap<String, watch::Sender<Told>>>>;

pub struct Worker {
    pub id: String,
    pub places: Workplaces,
    pub host: Arc<Host>,
    pub told: watch::Receiver<Told>,
    pub there: There,
    pub handle: Option<TaskHandle>,
    /// When it was booted, if this agent did so.
    pub booted: Option<Instant>,
    pub board: Board,
    pub shutdown: CancellationToken,
    pub console: Option<console::Following>,
    /// What its user is told on it.
    pub notes: watch::Sender<String>,
    pub joins: Arc<dyn Joins>,
    /// Waits until the instance asks for a node.
    pub joining: Option<AbortOnDropHandle<()>>,
    /// Of the boot that is tried.
    pub tries: (u64, u32),
    /// Its disk was made by a boot that is still tried, and is worth nothing yet.
    pub makes_disk: bool,
    /// What an earlier agent may have left of its node was looked after.
    pub is_swept: bool,
}

impl Worker {
    /// Runs until there is nothing of the instance and nobody speaks of it, or the agent ends.
    pub async fn run(mut self) {
        let mut backoff = Backoff::steady(FIRST_PAUSE, LONGEST_PAUSE);
        if self.handle.is_some() {
            self.follow_console();
        }
        loop {
            let running = matches!(self.there.process, Process::Runs(_));
            let handle = self.handle.as_ref().filter(|_| running);
            self.board.measured.set(&self.id, handle);
            self.host.give_volumes(&self.id, handle);
            let told = self.told.borrow_and_update().clone();
            let instance = match &told {
                Told::NotYet => {
                    if self.is_interrupted(None).await {
                        return;
                    }
                    continue;
                }
                Told::Of(instance) => Some(instance),
                Told::Nothing => None,
            };
            if let Some(instance) = instance {
                // One that an earlier version made has a record that does not say it, and may be stopped for long.
                if let Some(image) = named_image(instance)
                    && let Err(error) = self.note_image(&image).await
                {
                    tracing::warn!(
                        instance = self.id,
                        error = %Chain(&error),
                        "failed to note the image of an instance; will retry when it boots"
                    );
                }
                self.follow_joining(instance).await;
            }
            if !self.is_swept {
                // Nobody else would end the tasks of one that has no node any more.
                let has_role = instance.is_some_and(|it| it.metadata.profile.is_some());
                let may_have_node = has_role && self.there.process != Process::None;
                if !may_have_node && let Err(error) = self.sweep().await {
                    let pause = backoff.wait();
                    tracing::warn!(
                        instance = self.id,
                        error = %Chain(&error),
                        "failed to clean up after an instance; will retry"
                    );
                    if self.is_interrupted(Some(pause)).await {
                        return;
                    }
                    continue;
                }
                self.is_swept = true;
            }
            let goal = instance.map(|it| Goal {
                wanted: it.wanted,
                boot: it.boot,
            });
            if let Some(goal) = goal {
                self.board.put(report(&self.id, goal, &self.there));
            }
            let action = plan(goal, &self.there);
            let is_orphan = instance.is_none() && self.there.last.is_some();
            if action == Action::Nothing && is_orphan {
                tracing::warn!(
                    instance = self.id,
                    "the control plane does not know an instance; its disk is kept"
                );
                self.board.remove(&self.id);
            } else if action == Action::Nothing && instance.is_none() {
                let mut places = self.places.lock();
                if self.told.has_changed().unwrap_or(false) {
                    continue;
                }
                places.remove(&self.id);
                // It may have been told of without ever having booted.
                self.host.images.forget(&self.id);
                return self.board.remove(&self.id);
            }
            let done = match (action, instance) {
                (Action::Boot, Some(instance)) => self.boot(instance).await,
                (Action::Halt, instance) => self.halt(instance.is_some()).await,
                (Action::Clear, _) => self.clear().await,
                (Action::Remove, _) => self.remove().await,
                (Action::Nothing | Action::Boot, _) => {
                    backoff.reset();
                    if self.is_interrupted(None).await {
                        return;
                    }
                    continue;
                }
            };
            if let Err(error) = done {
                let pause = backoff.wait();
                tracing::warn!(
                    instance = self.id,
                    ?action,
                    error = %Chain(&error),
                    retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    "failed to start or stop an instance; will retry"
                );
                if self.is_interrupted(Some(pause)).await {
                    return;
                }
            }
            if self.shutdown.is_cancelled() {
                return;
            }
        }
    }

    /// Waits for another word, for the end of the first process, or until `pause` is over if there is one; true at the
    /// agent's end.
    async fn is_interrupted(&mut self, pause: Option<Duration>) -> bool {
        let (host, handle) = (self.host.clone(), self.handle.clone());
        let running = matches!(self.there.process, Process::Runs(_));
        let ended = async move {
            match handle.filter(|_| running) {
                Some(handle) => host.wait(&handle).await,
                None => std::future::pending().await,
            }
        };
        let over = async {
            match pause {
                Some(pause) => sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.shutdown.cancelled() => return true,
            // Whoever speaks of it is gone with the agent.
            changed = self.told.changed() => return changed.is_err(),
            exit = ended => self.ended(exit).await,
            () = over => {}
        }
        false
    }

    /// Its first process is gone: it ended by itself, or was killed with its shim and is to be booted again.
    async fn ended(&mut self, exit: Result<ExitRecord, ContainerError>) {
        self.there.process = Process::Remains;
        let exit = match exit {
            Ok(exit) => exit,
            Err(error) => {
                return tracing::error!(
                    instance = self.id,
                    error = %Chain(&error),
                    "an instance failed; booting it again"
                );
            }
        };
        let is_machine = self.handle.as_ref().is_some_and(is_guest);
        let of = match is_machine {
            true => Of::Machine(self.booted.map(|at| at.elapsed())),
            false => Of::Instance,
        };
        let Some(last) = self.there.last.as_ref().map(|it| it.after(&exit, of)) else {
            return;
        };
        match last.came_to {
            CameTo::Nothing => tracing::error!(
                instance = self.id,
                crashes = last.crashes,
                code = exit.code,
                "the emulator of an instance failed; booting it again"
            ),
            CameTo::Failure => tracing::error!(
                instance = self.id,
                reason = last.reason,
                "the emulator of an instance failed, no further boot"
            ),
            CameTo::AnEnd => {}
        }
        self.becomes(last).await;
    }

    async fn end(&mut self, came_to: CameTo, reason: Option<String>) {
        let Some(last) = &self.there.last else {
            return;
        };
        let last = Last {
            came_to,
            reason: reason.map(|text| text.chars().take(MAX_REASON).collect()),
            ..last.clone()
        };
        self.becomes(last).await;
    }

    async fn becomes(&mut self, last: Last) {
        self.there.last = Some(last.clone());
        if let Err(error) = self.save(last).await {
            // At worst it is booted again after the agent's end.
            tracing::error!(
                instance = self.id,
                error = %Chain(&error),
                "failed to save the record of an instance"
            );
        }
    }

    /// Has the image stay for as long as the record does, if there is one.
    async fn note_image(&mut self, image: &Digest) -> Result<(), InstanceError> {
        let last = self.there.last.as_ref();
        let Some(last) = last.and_then(|last| last.made_of(image)) else {
            return Ok(());
        };
        self.save(last.clone()).await?;
        self.there.last = Some(last);
        Ok(())
    }

    async fn save(&self, last: Last) -> Result<(), InstanceError> {
        let id = self.id.clone();
        self.blocking(move |host| host.save(&id, &last)).await
    }

    async fn blocking(
        &self,
        work: impl FnOnce(&Host) -> std::io::Result<()> + Send + 'static,
    ) -> Result<(), InstanceError> {
        let host = self.host.clone();
        let done = tokio::task::spawn_blocking(move || work(&host)).await?;
        Ok(done?)
    }

    async fn boot(&mut self, it: &Arc<Instance>) -> Result<(), InstanceError> {
        // What it writes from now on is in none of them.
        if !self.are_snapshots_taken(it).await {
            return Ok(());
        }
        // Not counted as a boot that failed: the processes of the one before are still being taken away.
        let id = self.id.clone();
        self.blocking(move |host| host.await_disk(&id)).await?;
        let has_disk = self.host.has_disk(&self.id);
        self.makes_disk = self.makes_disk || !has_disk;
        let recorded = self.there.last.as_ref().is_some_and(|last| last.lived);
        // A record may be lost; a disk that was not made just now is worth something without it.
        let lived = recorded || it.boot > 1 || !self.makes_disk;
        let before = self.there.last.as_ref().and_then(|last| last.range);
        let image = self.there.last.as_ref();
        let image = image.and_then(|last| last.image.clone());
        let same = self.there.last.as_ref().filter(|last| last.boot == it.boot);
        let crashes = same.map_or(0, |last| last.crashes);
        // Numbers of a disk that is made anew are any.
        let before = before.filter(|_| lived);
        let range = self.host.range(&self.id, before);
        let last = Last {
            boot: it.boot,
            lived,
            range: range.as_ref().ok().copied().or(before),
            image,
            crashes,
            ..Last::default()
        };
        self.save(last.clone()).await?;
        self.there.last = Some(last);
        if self.tries.0 != it.boot {
            self.tries = (it.boot, 0);
        }
        let Some(image) = self.image(it, lived).await else {
            // Another word came meanwhile.
            return Ok(());
        };
        // Before anything is written over it.
        if let (Source::Registry { .. }, Ok(image)) = (&it.image, &image) {
            self.note_image(image.digest()).await?;
        }
        let Some(sealer) = self.sealer(it).await else {
            return Ok(());
        };
        let Some(restored) = self.restore(it, lived, &sealer).await else {
            return Ok(());
        };
        let booted = match (restored.and(sealer), image, range) {
            (Ok(sealer), Ok(image), Ok(range)) => {
                let disk = (!lived, sealer);
                self.host.boot(it, &image, range, disk).await
            }
            (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => Err(error),
        };
        let error = match booted {
            Ok(handle) => {
                tracing::info!(instance = self.id, boot = it.boot, "an instance runs");
                self.there.process = Process::Runs(it.boot);
                self.handle = Some(handle);
                self.booted = Some(Instant::now());
                self.makes_disk = false;
                self.follow_console();
                if let Some(last) = self.there.last.as_mut().filter(|last| !last.lived) {
                    last.lived = true;
                    let last = last.clone();
                    self.save(last).await?;
                }
                return Ok(());
            }
            Err(error) => error,
        };
        self.there.process = Process::Remains;
        self.clear().await?;
        self.tries.1 += 1;
        let most = if lived { TRIES_WITH_DISK } else { TRIES };
        // A key that is refused is not given for being asked for again.
        if self.tries.1 < most && !matches!(error, InstanceError::NoKey(_)) {
            return Err(error);
        }
        let reason = Chain(&error).to_string();
        tracing::error!(
            instance = self.id,
            boot = it.boot,
            reason,
            "booting an instance failed, no further retry"
        );
        if !lived {
            let id = self.id.clone();
            self.blocking(move |host| host.remove_disk(&id)).await?;
        }
        self.makes_disk = false;
        let reason = match lived {
            true => format!("{CANNOT_BOOT}{reason}"),
            false => reason,
        };
        self.end(CameTo::Failure, Some(reason)).await;
        Ok(())
    }

    /// `None` if something else is wanted before it is there.
    async fn image(
        &mut self,
        it: &Arc<Instance>,
        has_lived: bool,
    ) -> Option<Result<Image, InstanceError>> {
        let host = self.host.clone();
        let image = async { host.image(it, has_lived).await };
        self.unless_other(it, image).await
    }

    /// The same for its disk, where that is made of a snapshot. One that lived is never made anew.
    async fn restore(
        &mut self,
        it: &Arc<Instance>,
        lived: bool,
        sealer: &Opens,
    ) -> Option<Result<(), InstanceError>> {
        let Some(sealer) = sealer.as_ref().ok().filter(|_| !lived) else {
            return Some(Ok(()));
        };
        let host = self.host.clone();
        let restored = async { host.restore(it, sealer.clone()).await };
        self.unless_other(it, restored).await
    }

    /// The same for what its disk opens by.
    async fn sealer(&mut self, it: &Arc<Instance>) -> Option<Opens> {
        let host = self.host.clone();
        let asked = async { host.sealer(it).await };
        self.unless_other(it, asked).await
    }

    /// Waits for snapshots of its disk; false if something else is wanted before.
    async fn are_snapshots_taken(&mut self, it: &Arc<Instance>) -> bool {
        let (host, id) = (self.host.clone(), self.id.clone());
        let taken = async {
            while host.awaits_snapshot(&id) {
                sleep(LOOK_EVERY).await;
            }
        };
        self.unless_other(it, taken).await.is_some()
    }

    async fn unless_other<T>(
        &mut self,
        it: &Arc<Instance>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let other = self.told.wait_for(|told| match told {
            Told::Of(now) => now.wanted != Wanted::Running || now.boot != it.boot,
            Told::Nothing => true,
            Told::NotYet => false,
        });
        tokio::select! {
            done = work => Some(done),
            _ = other => None,
            () = self.shutdown.cancelled() => None,
        }
    }

    /// Its node ends before it does, with the tasks that it runs.
    async fn leave(&mut self) -> Result<(), InstanceError> {
        self.joining = None;
        self.board.listens(&self.id, None);
        let stopped = self.joins.stop(&self.id).await;
        stopped.map_err(|error| InstanceError::Node(Box::new(error)))
    }

    /// Ends what an agent that was killed left of it.
    async fn sweep(&mut self) -> Result<(), InstanceError> {
        self.leave().await?;
        match self.there.process {
            Process::None => self.shut().await,
            Process::Runs(_) | Process::Remains => Ok(()),
        }
    }

    async fn shut(&self) -> Result<(), InstanceError> {
        let id = self.id.clone();
        let shut = self.blocking(move |host| host.shut(&id)).await;
        shut.map_err(|error| InstanceError::Shut(Box::new(error)))
    }

    /// `is_wish`: the control plane said so. Otherwise the boot is not over: spoken of again, it is begun again.
    async fn halt(&mut self, is_wish: bool) -> Result<(), InstanceError> {
        self.leave().await?;
        let halted = match &self.handle {
            Some(handle) => self.host.halt(handle).await.map(drop),
            None => Ok(()),
        };
        if let Err(error) = halted {
            // What cannot be stopped is killed with everything around it.
            tracing::error!(
                instance = self.id,
                error = %Chain(&error),
                "stopping an instance timed out; killing it"
            );
        }
        self.there.process = Process::Remains;
        if is_wish {
            self.end(CameTo::AnEnd, None).await;
        }
        Ok(())
    }

    async fn clear(&mut self) -> Result<(), InstanceError> {
        self.leave().await?;
        if let Some(console) = self.console.take() {
            console.end().await;
        }
        self.host.clear(&self.id, self.handle.as_ref()).await?;
        self.handle = None;
        self.shut().await?;
        self.there.process = Process::None;
        Ok(())
    }

    async fn remove(&mut self) -> Result<(), InstanceError> {
        let forgotten = self.joins.forget(&self.id).await;
        forgotten.map_err(|error| InstanceError::Nodes(Box::new(error)))?;
        if self.host.awaits_snapshot(&self.id) {
            return Err(InstanceError::AwaitsSnapshot);
        }
        let id = self.id.clone();
        self.blocking(move |host| host.remove(&id)).await?;
        self.there.last = None;
        self.makes_disk = false;
        tracing::info!(instance = self.id, "an instance is gone");
        Ok(())
    }

    /// Without a role it could not join anything.
    async fn follow_joining(&mut self, it: &Arc<Instance>) {
        let runs = self.there.process == Process::Runs(it.boot) && it.wanted == Wanted::Running;
        // What a virtual machine has on its disk is read by nobody else.
        if !runs || it.virtual_machine || self.joining.is_some() || it.metadata.profile.is_none() {
            return;
        }
        let pid = match &self.handle {
            Some(handle) => self.host.first_process(handle).await,
            None => None,
        };
        if let Some(pid) = pid {
            let (board, id) = (self.board.clone(), self.id.clone());
            let listens = move |at| board.listens(&id, Some(at));
            let notes = self.notes.clone();
            let says = move |text: &str| {
                notes.send_if_modified(|said| {
                    let is_news = said != text;
                    text.clone_into(said);
                    is_news
                });
            };
            let follow = joining::follow(it.clone(), pid, self.joins.clone(), (listens, says));
            self.joining = Some(AbortOnDropHandle::new(tokio::spawn(follow)));
        }
    }

    fn follow_console(&mut self) {
        let reader = self.handle.as_ref().map(|handle| self.host.console(handle));
        match reader {
            Some(Ok(reader)) => {
                let (notes, tell) = (self.notes.subscribe(), self.board.tell.clone());
                let following = console::Following::begin(self.id.clone(), reader, notes, tell);
                self.console = Some(following);
            }
            Some(Err(error)) => {
                tracing::warn!(
                    instance = self.id,
                    error = %Chain(&error),
                    "failed to read a console"
                );
            }
            None => {}
        }
    }
}
