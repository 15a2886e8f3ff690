//! The sockets that the control plane answers at.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::TcpListener;

use super::{ServerConfig, StartError};

/// The port of https.
const HTTPS: u16 = 443;

/// Everything that is listened on, and where that has port 443. That port is worth a line in the log,
/// not the control plane's end.
pub(super) async fn listen(
    config: &ServerConfig,
) -> Result<(Vec<TcpListener>, Option<IpAddr>), StartError> {
    let mut listeners = Vec::new();
    for ip in &config.listen {
        let address = SocketAddr::new(*ip, config.port);
        let listener = listen_at(address, config).await;
        listeners.push(listener.map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::PortInUse { address },
            _ => StartError::Listen { address, source },
        })?);
    }
    let Some(ip) = config.at_443 else {
        return Ok((listeners, None));
    };
    if config.port == HTTPS {
        return Ok((listeners, Some(ip)));
    }
    let address = SocketAddr::new(ip, HTTPS);
    match listen_at(address, config).await {
        Ok(listener) => listeners.push(listener),
        Err(error) => {
            tracing::warn!(
                %address,
                %error,
                "cannot listen there: container agents of another make cannot join from other \
                 machines. wharf's own nodes need port {} alone; --port-443 off leaves it be",
                config.port
            );
            return Ok((listeners, None));
        }
    }
    Ok((listeners, Some(ip)))
}

/// By the socket that is held for this process, if there is one.
async fn listen_at(address: SocketAddr, config: &ServerConfig) -> io::Result<TcpListener> {
    let at_address = |it: &&std::net::TcpListener| it.local_addr().is_ok_and(|it| it == address);
    match config.sockets.iter().find(at_address) {
        Some(held) => take_over(held),
        None => TcpListener::bind(address).await,
    }
}

fn take_over(held: &std::net::TcpListener) -> io::Result<TcpListener> {
    let own = held.try_clone()?;
    own.set_nonblocking(true)?;
    TcpListener::from_std(own)
}
