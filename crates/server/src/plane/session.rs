//! One subscription, from its first frame to its end.
//!
//! Inputs: the plane's messages, the view's revision, time. Outputs: messages to the plane, reports
//! to the load balancers' service. Invariants: at most one update waits for its answer; a plane
//! that refused one gets everything again; nobody hears anything before the binding was checked.

mod reports;

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_hosts::Subscription;
use wharf_planeproto::{
    Kind, Messages, Plane, ReadError, Resource,
    file_system::FileSystemReport,
    machine::InstanceReport,
    volume::VolumeReport,
    wire::{
        self, Commit, FrameError, HEARTBEAT, OLDEST_VERSION, Position, Refusal, SILENCE, ToPlane,
        ToServer, VERSION,
    },
};
use wharf_store::Revision;
use wharf_wire::{Context, fault::Chain};

use self::reports::printable;
use super::{
    Planes,
    delivered::{Delivered, Subscriber},
};
use crate::gateway::Incoming;

/// After a refusal everything is sent again so much later, then twice as late each time.
const FIRST_RESYNC: Duration = Duration::from_secs(1);
const LAST_RESYNC: Duration = Duration::from_secs(60);
/// A subscription that is so old ends, so that key and policies are looked at again. The plane
/// resumes at once.
const MAX_AGE: Duration = Duration::from_secs(30 * 60);
/// Longest instance id; EC2's are `i-` and 17 digits.
const MAX_INSTANCE: usize = 64;

/// A subscription that is being served.
pub struct Session {
    pub planes: Arc<Planes>,
    pub cx: Context,
    pub plane: Plane,
    pub peer: IpAddr,
    pub incoming: Messages<Incoming>,
    pub outgoing: mpsc::Sender<Bytes>,
}

/// Why a session ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("refused: {1}")]
    Refused(Refusal, String),
    #[error("the plane is gone")]
    Read(#[from] ReadError),
    #[error("a message cannot be sent")]
    Frame(#[from] FrameError),
    #[error("the plane takes nothing")]
    Stuck,
    #[error("the store")]
    Store(#[from] wharf_store::StoreError),
    #[error("it is old")]
    Expired,
    #[error("the server ends")]
    Stopped,
}

/// What the first frame says.
struct Wanted {
    /// The version that both sides speak.
    version: u32,
    instance: String,
    underlay: Option<IpAddr>,
    resume: Option<Position>,
}

/// The conversation after it.
struct Conversation {
    subscriber: Subscriber,
    /// The host's.
    zone: String,
    delivered: Delivered,
    nonce: u64,
    /// Nonce of the update that is not answered yet, and whether it is a snapshot.
    unanswered: Option<(u64, bool)>,
    resync: Option<Instant>,
    next_resync: Duration,
    /// The host's last word of its instances, while not all of it was taken over: it says nothing twice.
    unkept_instances: Vec<InstanceReport>,
    /// … and of its volumes.
    unkept_volumes: Vec<VolumeReport>,
    /// … and of its file systems.
    unkept_file_systems: Vec<FileSystemReport>,
}

impl Session {
    pub async fn run(mut self) {
        let plane = self.plane;
        match self.serve().await {
            Err(End::Refused(refusal, reason)) => {
                tracing::info!(%plane, caller = self.cx.caller.arn, reason, "a subscription is refused");
                let _ = self.send(&ToPlane::Refused { refusal, reason }).await;
            }
            Err(end) => {
                tracing::debug!(%plane, caller = self.cx.caller.arn, end = %Chain(&end), "a subscription ended");
            }
            Ok(never) => match never {},
        }
    }

    async fn serve(&mut self) -> Result<std::convert::Infallible, End> {
        let wanted = self.first().await?;
        let host = wanted.instance.clone();
        let zone = self.bound(&host).await?;
        let wish = self.granted(&wanted).await?;
        let live = self.planes.live(self.plane, &host);
        let known_from = self.write_down(&wanted.instance, wish, &zone).await?;
        let balancers = self.planes.balancers.clone();
        if self.plane == Plane::LoadBalancer {
            balancers.host_connected(&host, &zone, wanted.version).await;
        }
        let ended = self.talk((wanted, zone), known_from, live.token()).await;
        if self.plane == Plane::LoadBalancer {
            balancers.host_disconnected(&host).await;
        }
        ended
    }

    async fn talk(
        &mut self,
        (wanted, zone): (Wanted, String),
        known_from: Revision,
        superseded: CancellationToken,
    ) -> Result<std::convert::Infallible, End> {
        let mut news = self.planes.shared.news(self.plane).subscribe();
        let mut reached = self.planes.shared.reached.subscribe();
        // What the plane resumes from was known to an earlier server: ours must have caught up.
        let newest = self.planes.store.revision().await?.max(known_from);
        self.wait_for(&mut reached, newest).await?;
        let mut talk = self.begin(wanted, zone).await?;
        self.converse(&mut talk, &mut news, superseded).await
    }

    async fn first(&mut self) -> Result<Wanted, End> {
        let malformed = |text: &str| End::Refused(Refusal::Malformed, text.to_owned());
        let ToServer::Subscribe {
            version,
            instance,
            underlay,
            resume,
        } = self.incoming.next().await?
        else {
            return Err(malformed("The first message must be subscribe."));
        };
        if version < OLDEST_VERSION {
            return Err(End::Refused(
                Refusal::Version,
                format!("Versions {OLDEST_VERSION} to {VERSION} are spoken here."),
            ));
        }
        if instance.is_empty() || instance.len() > MAX_INSTANCE {
            return Err(malformed("That is no instance id."));
        }
        Ok(Wanted {
            version: version.min(VERSION),
            instance,
            underlay,
            resume,
        })
    }

    /// The zone of the host, if the caller is bound to it.
    async fn bound(&self, host: &str) -> Result<String, End> {
        let bound = self.planes.nodes.zone_if_bound(&self.cx, host).await;
        bound.map_err(|fault| End::Refused(Refusal::NotYours, fault.message))
    }

    /// The underlay address that the host may ask for: a joined node the one of its token alone.
    async fn granted(&self, wanted: &Wanted) -> Result<Option<IpAddr>, End> {
        let grant = self.planes.nodes.grant(&self.cx).await;
        let grant = grant.map_err(|fault| End::Refused(Refusal::Busy, fault.message))?;
        let Some(grant) = grant else {
            return Ok(wanted.underlay);
        };
        match wanted.underlay {
            Some(wish) if wish != self.peer.to_canonical() && Some(wish) != grant.underlay => {
                let text = format!(
                    "The token that this node joined with does not name the underlay address {wish} \
                     (--underlay). Make another with `wharf token`."
                );
                Err(End::Refused(Refusal::NotYours, text))
            }
            _ => Ok(grant.underlay),
        }
    }

    async fn write_down(
        &self,
        instance: &str,
        wish: Option<IpAddr>,
        zone: &str,
    ) -> Result<Revision, End> {
        let seen = Subscription {
            account: &self.cx.account,
            region: &self.cx.region,
            id: instance,
            zone,
            plane: self.plane,
            peer: self.peer,
            announced: wish,
        };
        let is_live = |host: &str| self.planes.is_live(Plane::Network, host);
        let written = self.planes.hosts.subscribed(&seen, is_live).await;
        written.map_err(|error| {
            tracing::error!(error = %Chain(&error), "failed to store a host record");
            End::Refused(Refusal::Busy, "The store cannot be written.".to_owned())
        })
    }

    async fn wait_for(
        &self,
        reached: &mut watch::Receiver<Revision>,
        revision: Revision,
    ) -> Result<(), End> {
        let ready = timeout(SILENCE, reached.wait_for(|at| *at >= revision)).await;
        match ready {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(End::Stopped),
            Err(_) => Err(End::Refused(
                Refusal::Busy,
                "The records are still being read.".to_owned(),
            )),
        }
    }

    async fn begin(&mut self, wanted: Wanted, zone: String) -> Result<Conversation, End> {
        let Wanted {
            version,
            instance,
            resume,
            ..
        } = wanted;
        let subscriber = Subscriber {
            plane: self.plane,
            version,
            host: instance,
        };
        let epoch = self.planes.store.epoch();
        let resume = resume.filter(|at| at.epoch == epoch && at.version == version);
        let resumed = resume.and_then(|at| {
            let shared = &self.planes.shared;
            shared.read(|view| Delivered::resumed(view, &subscriber, at.revision))
        });
        self.send(&ToPlane::Hello {
            version,
            resumed: resumed.is_some(),
        })
        .await?;
        let fresh = resumed.is_none();
        let delivered = resumed.unwrap_or_else(|| Delivered::nothing(&subscriber));
        let mut talk = Conversation {
            subscriber,
            zone,
            delivered,
            nonce: 0,
            unanswered: None,
            resync: None,
            next_resync: FIRST_RESYNC,
            unkept_instances: Vec::new(),
            unkept_volumes: Vec::new(),
            unkept_file_systems: Vec::new(),
        };
        if fresh {
            self.snapshot(&mut talk).await?;
        }
        Ok(talk)
    }

    async fn converse(
        &mut self,
        talk: &mut Conversation,
        news: &mut watch::Receiver<Revision>,
        superseded: CancellationToken,
    ) -> Result<std::convert::Infallible, End> {
        let stop = self.planes.stop.clone();
        let expires = Instant::now() + MAX_AGE;
        let mut beat = interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What happened since the position that it resumed from.
        self.changes(talk).await?;
        loop {
            tokio::select! {
                message = self.incoming.next() => self.hear(talk, message?).await?,
                changed = news.changed(), if talk.unanswered.is_none() => {
                    changed.map_err(|_| End::Stopped)?;
                    self.changes(talk).await?;
                }
                () = due(talk.resync), if talk.unanswered.is_none() => self.snapshot(talk).await?,
                _ = beat.tick() => {
                    // What happens is mostly nothing to this plane; it then knows all of it.
                    self.changes(talk).await?;
                    let position = talk.unanswered.is_none().then(|| self.position(talk));
                    // A node that trusts others renews its credentials, and with them what it trusts.
                    let authorities = self.planes.authorities.digests();
                    self.send(&ToPlane::Heartbeat { position, authorities }).await?;
                    if !talk.unkept_instances.is_empty() {
                        let again = std::mem::take(&mut talk.unkept_instances);
                        self.instances(talk, again).await;
                    }
                    if !talk.unkept_volumes.is_empty() {
                        let again = std::mem::take(&mut talk.unkept_volumes);
                        self.volumes(talk, again).await;
                    }
                    if !talk.unkept_file_systems.is_empty() {
                        let again = std::mem::take(&mut talk.unkept_file_systems);
                        self.file_systems(talk, again).await;
                    }
                }
                () = superseded.cancelled() => {
                    let text = "Another connection of this host took over.".to_owned();
                    return Err(End::Refused(Refusal::Superseded, text));
                }
                () = sleep_until(expires) => return Err(End::Expired),
                () = stop.cancelled() => return Err(End::Stopped),
            }
        }
    }

    async fn hear(&mut self, talk: &mut Conversation, message: ToServer) -> Result<(), End> {
        let (nonce, refused) = match message {
            ToServer::Ack { nonce } => (nonce, None),
            ToServer::Nack { nonce, reason } => (nonce, Some(reason)),
            ToServer::Report { health } => {
                self.report(talk, health).await;
                return Ok(());
            }
            ToServer::Unbound { endpoints } => {
                self.closed(talk, endpoints);
                return Ok(());
            }
            ToServer::Measured { number, minute } => {
                return self.measured(talk, number, minute).await;
            }
            ToServer::Instances { instances } => {
                self.instances(talk, instances).await;
                return Ok(());
            }
            ToServer::FileSystems { file_systems } => {
                self.file_systems(talk, file_systems).await;
                return Ok(());
            }
            ToServer::Volumes { volumes } => {
                self.volumes(talk, volumes).await;
                return Ok(());
            }
            ToServer::Console { console } => {
                self.console(talk, console).await;
                return Ok(());
            }
            ToServer::Heartbeat => return Ok(()),
            ToServer::Subscribe { .. } => {
                let text = "A stream is subscribed once.".to_owned();
                return Err(End::Refused(Refusal::Malformed, text));
            }
        };
        let Some((_, snapshot)) = talk.unanswered.take_if(|(asked, _)| *asked == nonce) else {
            // To an update before the one that waits, or to none.
            return Ok(());
        };
        match refused {
            Some(reason) => {
                let reason = printable(&reason);
                tracing::warn!(plane = %self.plane, host = talk.subscriber.host, reason, "a host failed to apply an update; it is sent everything again");
                talk.resync = Some(Instant::now() + talk.next_resync);
                talk.next_resync = (talk.next_resync * 2).min(LAST_RESYNC);
            }
            None if snapshot => talk.next_resync = FIRST_RESYNC,
            None => {}
        }
        // What happened while the plane was busy.
        self.changes(talk).await
    }

    async fn snapshot(&mut self, talk: &mut Conversation) -> Result<(), End> {
        let shared = &self.planes.shared;
        let (delivered, all) = shared.read(|view| Delivered::anew(view, &talk.subscriber));
        talk.delivered = delivered;
        talk.resync = None;
        let resources = all.iter().map(|held| held.told_to(self.plane)).collect();
        for resources in wire::parts(resources, too_long) {
            self.send(&ToPlane::Snapshot { resources }).await?;
        }
        let commit = self.commit(talk, true);
        self.send(&ToPlane::SnapshotComplete { commit }).await
    }

    async fn changes(&mut self, talk: &mut Conversation) -> Result<(), End> {
        if talk.unanswered.is_some() {
            return Ok(());
        }
        let (due, registered) = self.planes.shared.read(|view| {
            let own = view.now().find(Kind::Host, &talk.subscriber.host);
            (talk.delivered.advance(view), own.is_some())
        });
        if !registered {
            let text = "The container instance is not registered any more.".to_owned();
            return Err(End::Refused(Refusal::NotYours, text));
        }
        let Some(due) = due else {
            return self.snapshot(talk).await;
        };
        let changes = due.into_iter().map(|due| due.change(self.plane)).collect();
        let mut parts = wire::parts(changes, |change| {
            if let wharf_planeproto::Change::Put(resource) = change {
                too_long(resource);
            }
        });
        let Some(last) = parts.pop() else {
            return Ok(());
        };
        for changes in parts {
            let commit = None;
            self.send(&ToPlane::Changes { changes, commit }).await?;
        }
        let commit = Some(self.commit(talk, false));
        self.send(&ToPlane::Changes {
            changes: last,
            commit,
        })
        .await
    }

    fn commit(&self, talk: &mut Conversation, snapshot: bool) -> Commit {
        talk.nonce += 1;
        talk.unanswered = Some((talk.nonce, snapshot));
        Commit {
            nonce: talk.nonce,
            position: self.position(talk),
        }
    }

    fn position(&self, talk: &Conversation) -> Position {
        Position {
            epoch: self.planes.store.epoch(),
            revision: talk.delivered.at(),
            version: talk.subscriber.version,
        }
    }

    async fn send(&self, message: &ToPlane) -> Result<(), End> {
        let frame = wire::encode(message)?;
        match timeout(SILENCE, self.outgoing.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Stuck),
        }
    }
}

fn too_long(resource: &Resource) {
    tracing::error!(resource = %resource.key(), "failed to send a record to hosts: it is too long for a message; they work without it");
}

/// Returns at the moment given; never without one.
async fn due(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
