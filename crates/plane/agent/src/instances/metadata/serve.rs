//! Connections of instances to the metadata service.

use std::{net::IpAddr, sync::Arc};

use http::Request;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::MetadataService;
use crate::endpoint::{Caller, CallerOf, Connections, accept, answer_on};

/// Serves until shutdown.
pub async fn serve(
    listener: TcpListener,
    service: Arc<MetadataService>,
    caller: CallerOf,
    connections: Connections,
    running: TaskTracker,
    shutdown: CancellationToken,
) {
    let handle = move |stream: TcpStream, _: IpAddr, caller: Caller| {
        let service = service.clone();
        async move {
            // So far and no further: a container in the instance is one hop away.
            if let Some(hops) = service.hop_limit(&caller)
                && let Err(error) = stream.set_ttl(hops.into())
            {
                return tracing::warn!(%error, "failed to limit how far instance metadata goes");
            }
            let answer = |request: Request<Incoming>| {
                let (service, caller) = (&service, &caller);
                async move { service.answer(&request, caller).await }
            };
            answer_on(stream, answer).await;
        }
    };
    accept(listener, caller, connections, shutdown, running, handle).await;
}
