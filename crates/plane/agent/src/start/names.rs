//! Name services of network scopes.

use std::net::SocketAddr;

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_dns::Names;
use wharf_network::ResolverSockets;

/// Sockets of name services that may wait to be served: two of every scope that a host can have.
pub const RESOLVER_SOCKETS: usize = 128;
const NAME_SERVICE_PORT: u16 = 53;

/// Whom the host asks for names.
pub fn host_name_servers() -> Vec<SocketAddr> {
    let servers = wharf_network::upstream_name_servers().into_iter();
    servers
        .map(|server| SocketAddr::new(server, NAME_SERVICE_PORT))
        .collect()
}

/// Takes the sockets of network scopes as they appear.
pub async fn serve_names(
    names: Names,
    mut sockets: mpsc::Receiver<ResolverSockets>,
    running: TaskTracker,
    shutdown: CancellationToken,
) {
    loop {
        let next = tokio::select! {
            () = shutdown.cancelled() => return,
            next = sockets.recv() => next,
        };
        let Some(next) = next else {
            return;
        };
        let scope = next.scope.clone();
        if let Err(error) = names.serve(next, &running, &shutdown) {
            tracing::error!(%scope, %error, "failed to serve DNS");
        }
    }
}
