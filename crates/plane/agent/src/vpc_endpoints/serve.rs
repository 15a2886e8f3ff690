//! Listens where endpoints are, and carries what comes.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    os::unix::fs::MetadataExt,
    path::PathBuf,
    sync::Arc,
};

use parking_lot::RwLock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wharf_network::{Network, Scope};
use wharf_planeproto::network::balancer_attachment;
use wharf_wire::fault::Chain;

use super::book::{Book, Place};
use crate::{
    endpoint::{Way, WayOf, callers_in},
    start::Endpoints,
};

/// The listeners of this host.
pub struct Listeners {
    network: Network,
    /// The network's own folder.
    dir: PathBuf,
    book: Arc<RwLock<Book>>,
    endpoints: Endpoints,
    open: BTreeMap<Place, Open>,
}

/// Of one place.
struct Open {
    /// Number of the network namespace in which it is; a new one takes its place when the interface is wired anew.
    namespace: u64,
    stop: CancellationToken,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Listeners {
    pub fn new(
        network: Network,
        dir: PathBuf,
        book: Arc<RwLock<Book>>,
        endpoints: Endpoints,
    ) -> Self {
        Self {
            network,
            dir,
            book,
            endpoints,
            open: BTreeMap::new(),
        }
    }

    /// Listens where endpoints are wired, and nowhere else.
    pub async fn follow(&mut self) {
        let places = self.book.read().places();
        self.open.retain(|place, _| places.contains(place));
        for place in places {
            let key = balancer_attachment(&place.interface);
            let path = Network::netns_path(&self.dir, &key);
            let Ok(namespace) = std::fs::metadata(path).map(|it| it.ino()) else {
                // It is not wired: the next word has it wired.
                self.open.remove(&place);
                continue;
            };
            let is_open = |open: &Open| open.namespace == namespace;
            if self.open.get(&place).is_some_and(is_open) {
                continue;
            }
            self.open.remove(&place);
            match self.listen(&place, &key).await {
                Ok(stop) => drop(self.open.insert(place, Open { namespace, stop })),
                Err(error) => tracing::error!(
                    interface = place.interface,
                    error = %Chain(&error),
                    "failed to serve a VPC endpoint; will retry with the next change"
                ),
            }
        }
    }

    async fn listen(&self, place: &Place, key: &str) -> io::Result<CancellationToken> {
        let mut listeners = Vec::new();
        for port in place.ports {
            let at = SocketAddr::new(place.address.into(), *port);
            let listener = self.network.listen_at(key, at).await;
            let listener = listener.map_err(io::Error::other)?;
            listeners.push(TcpListener::from_std(listener)?);
        }
        let Endpoints {
            proxy,
            connections,
            running,
            shutdown,
            ..
        } = &self.endpoints;
        let stop = shutdown.child_token();
        for listener in listeners {
            let serving = proxy.clone().serve_through(
                listener,
                callers_in(self.network.clone(), Scope::Vpc(place.vpc.clone())),
                self.ways(place),
                connections.clone(),
                running.clone(),
                stop.clone(),
            );
            running.spawn(serving);
        }
        Ok(stop)
    }

    /// By which endpoint an address comes in at the place now; what is not this VPC's on this host comes by none.
    fn ways(&self, place: &Place) -> WayOf {
        let (book, place, network) = (self.book.clone(), place.clone(), self.network.clone());
        let scope = Scope::Vpc(place.vpc.clone());
        Arc::new(move |address| {
            let IpAddr::V4(source) = address else {
                return None;
            };
            network.key_at(&scope, source)?;
            let endpoint = book.read().endpoint_at(&place, source)?.to_owned();
            Some(Way {
                vpc: place.vpc.clone(),
                endpoint,
            })
        })
    }
}
