//! Connections of instances to the metadata service.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::MetadataService;
use crate::endpoint::{Caller, CallerOf, Connections, HEADER_TIMEOUT, LIFETIME, accept};

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
            let answer = service_fn(|request: http::Request<hyper::body::Incoming>| {
                let (service, caller) = (service.clone(), &caller);
                async move {
                    let answer = service.answer(&request, caller).await;
                    Ok::<Response<Full<Bytes>>, std::convert::Infallible>(answer)
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), answer);
            if let Ok(Err(error)) = timeout(LIFETIME, connection).await {
                tracing::trace!(%error, "an instance's connection ended");
            }
        }
    };
    accept(listener, caller, connections, shutdown, running, handle).await;
}
