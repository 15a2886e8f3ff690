//! A subscription: one task that keeps a plane told.
//!
//! Inputs: the stream from the control plane, the plane's answers, its reports. Outputs: deliveries
//! to the plane, one at a time; answers and reports to the control plane; what it was told last on
//! disk. A lost connection changes nothing for the plane and is opened again for ever.

mod reports;
mod saving;

use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::task::AbortOnDropHandle;
use wharf_base::{Backoff, Clock};
use wharf_planeproto::{
    Change, Plane,
    file_system::{self, FileSystemReport},
    machine::{Console, InstanceReport},
    measured::{self, Minute},
    report::{TargetHealth, UnboundEndpoint},
    volume::{self, VolumeReport},
    wire::{self, Commit, HEARTBEAT, MAX_STATE, ToPlane, ToServer, VERSION},
};
use wharf_seal::Keyring;
use wharf_wire::fault::Chain;

use self::{
    reports::{Reports, Sent},
    saving::{Shared, save_changes},
};
use crate::{
    CurrentKeys, Dialer, Endpoint, Update, disk,
    known::Known,
    measured::{Asked, Waiting},
    stream::{PlaneStream, StreamError},
};

/// On this machine a try costs nothing; across a network many planes must not hammer.
const LONGEST_PAUSE_HERE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE_AWAY: Duration = Duration::from_secs(5);
/// A connection that lasted less is no reason to come back at once.
const SETTLED: Duration = Duration::from_secs(5);
/// What a subscription is started with.
pub struct LinkConfig {
    pub endpoint: Endpoint,
    pub dialer: Dialer,
    pub keys: CurrentKeys,
    pub region: String,
    pub plane: Plane,
    /// Where what the plane was told is kept.
    pub state_file: PathBuf,
    /// Seals the file, where it can hold private keys.
    pub keyring: Option<Keyring>,
    /// The host's instance id, once it is known.
    pub instance: watch::Receiver<Option<String>>,
    /// The address at which other hosts reach this one, if not the one the control plane sees.
    pub underlay: Option<IpAddr>,
    pub clock: Arc<dyn Clock>,
}

/// Why an update is not in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    /// As the plane says it.
    #[error("{0}")]
    Refused(String),
    #[error("the plane gave no answer")]
    NoAnswer,
}

/// Something the plane is told, to be answered. Dropped unanswered it counts as refused.
#[derive(Debug)]
pub struct Delivery {
    /// The instance id of the host that this is for.
    pub host: String,
    pub update: Update,
    answer: oneshot::Sender<Result<(), NotApplied>>,
}

impl Delivery {
    /// One that nobody sent, as tests have it; and where its answer arrives.
    pub fn new(host: &str, update: Update) -> (Self, oneshot::Receiver<Result<(), NotApplied>>) {
        let (answer, answered) = oneshot::channel();
        let delivery = Self {
            host: host.to_owned(),
            update,
            answer,
        };
        (delivery, answered)
    }

    /// The plane is as the update wants it.
    pub fn applied(self) {
        let _ = self.answer.send(Ok(()));
    }

    /// It is not; the control plane will send everything again.
    pub fn refused(self, why: impl Into<String>) {
        let _ = self.answer.send(Err(NotApplied::Refused(why.into())));
    }
}

/// A running subscription; it ends when this is dropped.
pub struct Subscription {
    reports: Arc<Reports>,
    measured: Arc<Waiting>,
    state: watch::Receiver<LinkState>,
    _task: AbortOnDropHandle<()>,
    _saver: AbortOnDropHandle<()>,
}

impl Subscription {
    /// Starts one. The first delivery is the state on disk, if there is one.
    pub fn start(config: LinkConfig) -> (Self, mpsc::Receiver<Delivery>) {
        // One at a time: the next delivery waits for the answer to the one before.
        let (deliveries, receiver) = mpsc::channel(1);
        let reports = Arc::new(Reports::default());
        let measured = Arc::new(Waiting::default());
        let (state, seen) = watch::channel(LinkState::Connecting);
        let shared = Arc::new(Shared::default());
        let saver = save_changes(
            shared.clone(),
            config.plane,
            config.state_file.clone(),
            config.keyring.clone(),
        );
        let task = Task {
            config,
            deliveries,
            reports: reports.clone(),
            measured: measured.clone(),
            shared,
            state,
        };
        let subscription = Self {
            reports,
            measured,
            state: seen,
            _task: AbortOnDropHandle::new(tokio::spawn(task.run())),
            _saver: AbortOnDropHandle::new(tokio::spawn(saver)),
        };
        (subscription, receiver)
    }

    /// Reports how targets are. The latest of each is kept and sent again after a reconnection.
    pub fn report(&self, health: Vec<TargetHealth>) {
        self.reports.put(health);
    }

    /// Reports all endpoints that are closed. Kept and sent again after a reconnection.
    pub fn closed(&self, endpoints: Vec<UnboundEndpoint>) {
        *self.reports.closed() = endpoints;
        self.reports.changed.notify_one();
    }

    /// Reports all EC2 instances that this host has. Kept and sent again after a reconnection.
    pub fn instances(&self, instances: Vec<InstanceReport>) {
        *self.reports.instances.lock() = Some(instances);
        self.reports.changed.notify_one();
    }

    /// Reports all EBS volumes that this host has. Kept and sent again after a reconnection.
    pub fn volumes(&self, volumes: Vec<VolumeReport>) {
        *self.reports.volumes.lock() = Some(volumes);
        self.reports.changed.notify_one();
    }

    /// Reports all file systems that this host has. Kept and sent again after a reconnection.
    pub fn file_systems(&self, file_systems: Vec<FileSystemReport>) {
        *self.reports.file_systems.lock() = Some(file_systems);
        self.reports.changed.notify_one();
    }

    /// Reports the end of an instance's console. The latest of each that was reported last is kept and sent again
    /// after a reconnection.
    pub fn console(&self, console: Console) {
        self.reports
            .consoles
            .lock()
            .insert(console.id.clone(), Arc::new(console));
        self.reports.changed.notify_one();
    }

    /// Reports whose consoles are no more are forgotten.
    pub fn keep_consoles(&self, keep: impl Fn(&str) -> bool) {
        self.reports.consoles.lock().retain(|id, _| keep(id));
    }

    /// Reports what was measured. Each waits until the control plane has said that it is kept.
    pub fn measured(&self, minutes: Vec<Minute>) {
        for minute in minutes {
            self.measured.put(minute);
        }
    }

    /// What was measured and may not be kept yet.
    pub fn unkept(&self) -> Vec<Minute> {
        self.measured.all()
    }

    /// Until all that was measured is kept, or nobody is there to keep it.
    pub async fn all_kept(&self) {
        let mut state = self.state.clone();
        let lost = state.wait_for(|now| matches!(now, LinkState::Lost(_)));
        tokio::select! {
            () = self.measured.empty() => {}
            _ = lost => {}
        }
    }

    /// Whether the control plane is there.
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }
}

/// How a subscription is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    Connecting,
    Connected,
    /// Not connected, and why; tried again all the time.
    Lost(String),
}

struct Task {
    config: LinkConfig,
    deliveries: mpsc::Sender<Delivery>,
    reports: Arc<Reports>,
    measured: Arc<Waiting>,
    shared: Arc<Shared>,
    state: watch::Sender<LinkState>,
}

/// Why a connection ended.
enum End {
    Stream(StreamError),
    /// This host is another container instance now.
    Renamed,
    /// Nobody takes deliveries any more.
    PlaneGone,
}

impl From<StreamError> for End {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

/// A delivery that is not answered yet.
struct Pending {
    commit: Commit,
    update: Update,
    answer: oneshot::Receiver<Result<(), NotApplied>>,
}

impl Task {
    async fn run(mut self) {
        if self.start_from_disk().await.is_err() {
            return;
        }
        let most = if self.config.endpoint.is_loopback() {
            LONGEST_PAUSE_HERE
        } else {
            LONGEST_PAUSE_AWAY
        };
        let mut backoff = Backoff::new(Duration::from_millis(50), most, 2.0);
        loop {
            let Some(host) = self.host().await else {
                return;
            };
            let began = Instant::now();
            let ended = self.connection(&host).await;
            if began.elapsed() >= SETTLED {
                backoff.reset();
            }
            match ended {
                End::PlaneGone => return,
                End::Renamed => {
                    self.state.send_replace(LinkState::Connecting);
                    continue;
                }
                End::Stream(error) => {
                    let (plane, why) = (self.config.plane, Chain(&error).to_string());
                    let lost = LinkState::Lost(why.clone());
                    // Once: it is tried again every few seconds.
                    match self.state.send_replace(lost.clone()) == lost {
                        false => tracing::info!(%plane, why, "not subscribed, trying again"),
                        true => tracing::debug!(%plane, why, "not subscribed"),
                    }
                }
            }
            sleep(backoff.wait()).await;
        }
    }

    async fn start_from_disk(&mut self) -> Result<(), End> {
        let (plane, path) = (self.config.plane, self.config.state_file.clone());
        let keyring = self.config.keyring.clone();
        let load = move || disk::load(&path, plane, keyring.as_ref());
        let loaded = tokio::task::spawn_blocking(load).await;
        let (host, mut known) = match loaded {
            Ok(Ok(Some(loaded))) => loaded,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => {
                let path = self.config.state_file.display();
                tracing::warn!(%path, error = %Chain(&error), "failed to load a plane's saved state; starting without it");
                return Ok(());
            }
            Err(error) => {
                tracing::error!(%error, "reading a plane's state panicked");
                return Ok(());
            }
        };
        let all = Update::Snapshot(known.resources.values().cloned().collect());
        let answer = self.deliver(&host, all).await?;
        let answer = answer.await.unwrap_or(Err(NotApplied::NoAnswer));
        if let Err(refused) = answer {
            let reason = refused.to_string();
            tracing::warn!(%plane, reason, "failed to apply the saved state of a plane; waiting for the control plane");
            known.doubt();
        }
        *self.shared.known() = (Some(host), known);
        Ok(())
    }

    /// The instance id; waits for it. `None` when nobody will tell it any more.
    async fn host(&mut self) -> Option<String> {
        let told = self.config.instance.wait_for(Option::is_some).await;
        let host = told.ok()?.clone()?;
        let mut held = self.shared.known();
        if held.0.as_ref() != Some(&host) {
            // What another was told is nothing to resume from.
            *held = (Some(host.clone()), Known::default());
        }
        Some(host)
    }

    async fn deliver(
        &self,
        host: &str,
        update: Update,
    ) -> Result<oneshot::Receiver<Result<(), NotApplied>>, End> {
        let (delivery, answered) = Delivery::new(host, update);
        let sent = self.deliveries.send(delivery).await;
        sent.map(|()| answered).map_err(|_| End::PlaneGone)
    }

    async fn connection(&mut self, host: &str) -> End {
        let mut stream = match PlaneStream::open(&self.config).await {
            Ok(stream) => stream,
            Err(error) => return error.into(),
        };
        let mut pending = None;
        let mut ended = match self.converse(host, &mut stream, &mut pending).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        if let End::Stream(StreamError::Ended) = ended
            && let Some(why) = stream.last_words().await
        {
            // What was to be sent met the end of the request before the reason of that end was read.
            ended = why.into();
        }
        if let Some(pending) = pending.take() {
            // Where to go on from depends on what becomes of it.
            let Pending {
                commit,
                update,
                answer,
            } = pending;
            let answer = answer.await.unwrap_or(Err(NotApplied::NoAnswer));
            self.settle(commit, update, answer);
        }
        ended
    }

    async fn converse(
        &mut self,
        host: &str,
        stream: &mut PlaneStream,
        pending: &mut Option<Pending>,
    ) -> Result<std::convert::Infallible, End> {
        let resume = self.shared.known().1.position;
        let subscribe = ToServer::Subscribe {
            version: VERSION,
            instance: host.to_owned(),
            underlay: self.config.underlay,
            resume,
        };
        stream.send(&subscribe).await?;
        let mut gathered = Gathered::default();
        let (mut sent, mut asked) = (Sent::default(), Asked::default());
        let mut renamed = self.config.instance.clone();
        let mut beat = interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = stream.next() => {
                    if let Some((commit, update)) = self.message(message?, &mut gathered, stream.take_bytes())? {
                        if pending.is_some() {
                            return Err(StreamError::Unexpected("an update before the answer to the last").into());
                        }
                        let answer = self.deliver(host, update.clone()).await?;
                        *pending = Some(Pending { commit, update, answer });
                    }
                }
                answer = answered(pending) => {
                    let Pending { commit, update, .. } = pending.take().expect("it was answered");
                    let message = self.settle(commit, update, answer);
                    stream.send(&message).await?;
                }
                () = self.reports.changed.notified() => {
                    self.send_reports(stream, gathered.version, &mut sent).await?;
                }
                () = self.measured.more() => {}
                _ = beat.tick() => stream.send(&ToServer::Heartbeat).await?,
                () = is_another(&mut renamed, host) => return Err(End::Renamed),
                () = self.deliveries.closed() => return Err(End::PlaneGone),
            }
            if gathered.greeted && !self.is_connected() {
                if let LinkState::Lost(_) = self.state.send_replace(LinkState::Connected) {
                    tracing::info!(plane = %self.config.plane, "subscribed again");
                }
                // All of them: the server may be another than before.
                self.send_reports(stream, gathered.version, &mut sent)
                    .await?;
            }
            // An older control plane would not understand it.
            if gathered.version >= measured::SINCE
                && let Some(frame) = self.measured.due(&mut asked)
            {
                stream.send_frame(frame).await?;
            }
        }
    }

    /// Takes a message in; an update if it completes one.
    fn message(
        &self,
        message: ToPlane,
        gathered: &mut Gathered,
        bytes: usize,
    ) -> Result<Option<(Commit, Update)>, StreamError> {
        gathered.bytes += bytes;
        if gathered.bytes > MAX_STATE {
            return Err(StreamError::Unexpected("more than any plane has"));
        }
        match message {
            ToPlane::Refused { refusal, reason } => {
                return Err(StreamError::Refused { refusal, reason });
            }
            ToPlane::Hello { version, resumed } => {
                gathered.greeted = true;
                gathered.version = version;
                tracing::debug!(plane = %self.config.plane, resumed, "subscribed");
            }
            ToPlane::Snapshot { resources } => gathered.resources.extend(resources),
            ToPlane::SnapshotComplete { commit } => {
                return Ok(Some((commit, gathered.snapshot())));
            }
            ToPlane::Changes { changes, commit } => {
                gathered.changes.extend(changes);
                return Ok(commit.map(|commit| (commit, gathered.changes())));
            }
            ToPlane::Kept { number } => self.measured.kept(number),
            ToPlane::Heartbeat {
                position,
                authorities,
            } => {
                gathered.bytes = 0;
                if !authorities.is_empty() {
                    self.config.dialer.told(authorities);
                }
                let mut held = self.shared.known();
                if let (Some(_), Some(position)) = (held.1.position, position) {
                    held.1.position = Some(position);
                }
            }
        }
        Ok(None)
    }

    /// Takes the plane's answer over; what the control plane is told of it.
    fn settle(&self, commit: Commit, update: Update, answer: Result<(), NotApplied>) -> ToServer {
        let nonce = commit.nonce;
        let mut held = self.shared.known();
        held.1.apply(update.clone(), commit.position);
        self.reports.prune(&update, &held.1);
        // Saved either way: what a start goes by is what the control plane said, not what a plane had made of it by then.
        self.shared.changed.notify_one();
        match answer {
            Ok(()) => ToServer::Ack { nonce },
            Err(refused) => {
                let reason = refused.to_string();
                tracing::warn!(plane = %self.config.plane, reason, "failed to apply an update of a plane; the control plane sends everything again");
                held.1.doubt();
                ToServer::Nack { nonce, reason }
            }
        }
    }

    fn is_connected(&self) -> bool {
        *self.state.borrow() == LinkState::Connected
    }

    async fn send_reports(
        &self,
        stream: &PlaneStream,
        version: u32,
        sent: &mut Sent,
    ) -> Result<(), StreamError> {
        if !self.is_connected() {
            return Ok(());
        }
        for health in wire::parts(self.reports.unsent(&mut sent.health), |_| ()) {
            stream.send(&ToServer::Report { health }).await?;
        }
        if let Some(endpoints) = self.reports.unsent_closed(&mut sent.closed) {
            stream.send(&ToServer::Unbound { endpoints }).await?;
        }
        if let Some(instances) = self.reports.unsent_instances(&mut sent.instances) {
            let mut parts = wire::parts(instances, |_| ());
            if parts.is_empty() {
                // That there are none is said too.
                parts.push(Vec::new());
            }
            for instances in parts {
                stream.send(&ToServer::Instances { instances }).await?;
            }
        }
        if version >= volume::SINCE
            && let Some(volumes) = self.reports.unsent_volumes(&mut sent.volumes)
        {
            stream.send(&ToServer::Volumes { volumes }).await?;
        }
        if version >= file_system::SINCE
            && let Some(file_systems) = self.reports.unsent_file_systems(&mut sent.file_systems)
        {
            stream.send(&ToServer::FileSystems { file_systems }).await?;
        }
        if let Some(console) = self.reports.unsent_console(&mut sent.consoles) {
            let console = Console::clone(&console);
            stream.send(&ToServer::Console { console }).await?;
            // What is heard, and reports that are news, go before the next of them.
            self.reports.changed.notify_one();
        }
        Ok(())
    }
}

/// The answer to what is pending; never if nothing is.
async fn answered(pending: &mut Option<Pending>) -> Result<(), NotApplied> {
    match pending {
        Some(pending) => {
            let answer = (&mut pending.answer).await;
            answer.unwrap_or(Err(NotApplied::NoAnswer))
        }
        None => std::future::pending().await,
    }
}

/// Returns when the instance id is not `host` any more, or will be told no more.
async fn is_another(instance: &mut watch::Receiver<Option<String>>, host: &str) {
    let _ = instance
        .wait_for(|told| told.as_deref() != Some(host))
        .await;
}

/// Parts of an update that is not complete.
#[derive(Default)]
struct Gathered {
    greeted: bool,
    /// The one that both sides speak, once it is known.
    version: u32,
    resources: Vec<wharf_planeproto::Resource>,
    changes: Vec<Change>,
    bytes: usize,
}

impl Gathered {
    fn snapshot(&mut self) -> Update {
        self.bytes = 0;
        self.changes.clear();
        Update::Snapshot(std::mem::take(&mut self.resources))
    }

    fn changes(&mut self) -> Update {
        self.bytes = 0;
        Update::Changes(std::mem::take(&mut self.changes))
    }
}

#[cfg(test)]
mod tests;
