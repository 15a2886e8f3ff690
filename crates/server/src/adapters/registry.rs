//! The registry on its paths, and how fast images are pulled from the public gallery.

use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, Request, Response};
use wharf_base::Timestamp;
use wharf_registry::{Pulls, RegistryApi, Standing};
use wharf_wire::Caller;

use crate::gateway::{
    self, Asking, Body, Handler, Incoming, Paced, Peer, Source, throttle::Throttle,
};

/// The registry on its paths.
pub struct Registry(pub RegistryApi);

/// How fast images are pulled from the public gallery.
pub struct GalleryPulls(pub Arc<Throttle>);

impl std::fmt::Debug for GalleryPulls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("GalleryPulls")
    }
}

impl Pulls for GalleryPulls {
    fn take(&self, caller: Option<&Caller>, from: &wharf_registry::Peer, now: Timestamp) -> bool {
        let from = match &from.task {
            Some(task) => Some(Source::Task(task.to_string())),
            None => from.address.map(Source::of),
        };
        self.0.take_pull(caller, from, now).is_ok()
    }
}

/// What the registry knows of where a request came in.
fn registry_peer(peer: &Peer) -> wharf_registry::Peer {
    let task = match Source::of_peer(peer) {
        Source::Task(task) => Some(task.into()),
        _ => None,
    };
    wharf_registry::Peer {
        address: Some(peer.address.ip()),
        task,
        origin: peer.origin(),
        secure: peer.secure,
    }
}

#[async_trait]
impl Handler for Registry {
    async fn handle(&self, request: Request<Incoming>, peer: Peer, _: &Asking) -> Response<Body> {
        let peer = registry_peer(&peer);
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let registry = self.0.clone();
        let work = async move { registry.handle(request.map(Paced::new), peer).await };
        match changes {
            // What came whole is kept though its client is gone.
            true => gateway::to_its_end(work).await,
            false => work.await,
        }
    }
}

impl gateway::Registry for Registry {
    fn standing(&self, request: &mut Request<Incoming>) -> Standing {
        self.0.standing(request)
    }
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::forward::Forwarded;

    use super::*;
    use crate::gateway::throttle::Throttling;

    /// VPCs have the ranges that their owners choose.
    #[test]
    fn visitors_among_tasks_are_told_apart_by_their_tasks() {
        let throttle = Throttle::new(Throttling::default(), Default::default());
        let pulls = GalleryPulls(Arc::new(throttle));
        let pulled = |task: Option<&str>, address: &str| {
            let address = address.parse().unwrap();
            let peer = Peer {
                address: (address, 4566).into(),
                secure: false,
                task: task.map(|task| {
                    Arc::new(Forwarded {
                        task: Some(task.to_owned()),
                        address: Some(address),
                        ..Forwarded::default()
                    })
                }),
                through: None,
            };
            let (from, now) = (registry_peer(&peer), Timestamp(1_700_000_000_000));
            (0..50).filter(|_| pulls.take(None, &from, now)).count()
        };
        assert_eq!(pulled(Some("one"), "10.0.0.7"), 10);
        assert_eq!(pulled(Some("one"), "10.0.0.8"), 0);
        assert_eq!(pulled(Some("another"), "10.0.0.7"), 10);
        assert_eq!(pulled(Some("third"), "198.51.100.1"), 10);
        assert_eq!(pulled(None, "198.51.100.1"), 10);
        assert_eq!(pulled(None, "198.51.100.1"), 0);
    }
}
