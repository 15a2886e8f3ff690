//! Layers that this node shares with others of its zone: it serves them, and announces to the control plane what it has.
//!
//! The control plane keeps announcements in memory, so the node repeats itself: at once when its layers change, else every few
//! seconds; and says all of it when it is not known.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use http::Method;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_layers::Sharing;
use wharf_planeproto::{
    layers::{Announced, Announcement, HEARTBEAT, PATH},
    snapshot::hex_of,
};
use wharf_wire::fault::Chain;

use crate::client::{Api, CallError};

const OPERATION: &str = "AnnounceLayers";
/// An answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// The layers of an image come one after the other: they are told of together.
const SETTLE: Duration = Duration::from_millis(200);
/// Until a node that is not known yet says so again; doubles up to [`HEARTBEAT`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Opens the port at which layers are served: the system's choice for 0.
///
/// # Errors
/// The port is taken.
pub async fn listen(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
        // A machine without IPv6.
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await
        }
        other => other,
    }
}

/// Serves layers at the port.
pub async fn serve(sharing: Sharing, listener: TcpListener, shutdown: CancellationToken) {
    if let Err(error) = sharing.serve(listener, shutdown).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "failed to serve layers to other nodes"
        );
    }
}

/// Announces layers.
pub struct Announcer {
    pub sharing: Sharing,
    pub api: Api,
    pub port: u16,
    /// The host's id, once it is registered.
    pub instance: watch::Receiver<Option<String>>,
}

impl Announcer {
    /// Until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.announce() => {}
        }
    }

    async fn announce(mut self) {
        let mut changes = self.sharing.cache().changes();
        let mut backoff = Backoff::new(FIRST_PAUSE, HEARTBEAT, 2.0);
        // Whether the session has all that there is.
        let (mut is_told, mut has_failed) = (false, false);
        loop {
            let instance = match self.instance.wait_for(Option::is_some).await {
                Ok(instance) => instance.clone().unwrap_or_default(),
                Err(_) => return,
            };
            is_told &= !changes.has_changed().unwrap_or(true);
            changes.mark_unchanged();
            let said = self.words(instance, is_told);
            let answered = self.tell(&said).await;
            let pause = match &answered {
                Ok(Announced { session: Some(_) }) => {
                    backoff.reset();
                    HEARTBEAT
                }
                // It does not know this node, or not where others reach it.
                Ok(Announced { session: None }) => backoff.wait(),
                Err(error) => {
                    if !has_failed {
                        tracing::warn!(error = %Chain(error), "failed to announce layers; will retry");
                    }
                    backoff.wait()
                }
            };
            has_failed = answered.is_err();
            is_told = match answered {
                Ok(Announced { session }) => {
                    let is_known = session.is_some();
                    self.sharing.known_as(session);
                    is_known
                }
                // What was said may not have arrived.
                Err(_) => is_told && said.held.is_none(),
            };
            tokio::select! {
                () = sleep(pause) => {}
                // The cache lives as long as this does. Looked at above.
                Ok(()) = changes.changed() => {
                    changes.mark_changed();
                    sleep(SETTLE).await;
                }
            }
        }
    }

    fn words(&self, instance: String, is_told: bool) -> Announcement {
        let layers = || self.sharing.cache().layers();
        Announcement {
            instance,
            port: self.port,
            certificate: hex_of(self.sharing.certificate()),
            key: hex_of(self.sharing.key()),
            held: (!is_told).then(|| layers().iter().map(hex_of).collect()),
            session: self.sharing.session(),
        }
    }

    async fn tell(&self, said: &Announcement) -> Result<Announced, CallError> {
        let malformed = |_| CallError::Malformed {
            operation: OPERATION,
        };
        let body = serde_json::to_vec(said).map_err(malformed)?;
        let asked = self
            .api
            .send_signed(OPERATION, Method::POST, PATH, body.into());
        let Ok(answer) = timeout(PATIENCE, asked).await else {
            return Err(CallError::Malformed {
                operation: OPERATION,
            });
        };
        serde_json::from_slice(&answer?).map_err(malformed)
    }
}
