//! The endpoints of tasks in the host's own network.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use tokio::net::TcpListener;

use super::endpoints::Endpoints;
use crate::{
    client::{Api, Endpoint},
    config::NodeConfig,
    endpoint::{Caller, CallerOf},
    machine::Addresses,
    node::{NodeError, disk},
};

/// The endpoints of tasks in the host's own network: ports on loopback that stay the same across
/// restarts, because running tasks have them in their environment.
pub struct Loopback {
    metadata: TcpListener,
    /// `None` where the server itself is on loopback.
    aws: Option<TcpListener>,
    endpoint: Endpoint,
}

impl Loopback {
    pub async fn open(config: &NodeConfig, api: &Api) -> Result<Self, NodeError> {
        let dir = config.data_dir.join("state");
        std::fs::create_dir_all(&dir).map_err(NodeError::Host)?;
        let metadata = kept_port(&dir.join("metadata-port")).await?;
        let aws = if api.endpoint().tls {
            Some(kept_port(&dir.join("aws-port")).await?)
        } else {
            None
        };
        Ok(Self {
            metadata,
            aws,
            endpoint: api.endpoint().clone(),
        })
    }

    pub fn addresses(&self, region: &str) -> Addresses {
        let url = |listener: &TcpListener| {
            let port = listener.local_addr().map_or(0, |a| a.port());
            format!("http://127.0.0.1:{port}")
        };
        Addresses {
            metadata: url(&self.metadata),
            aws: self
                .aws
                .as_ref()
                .map_or_else(|| self.endpoint.to_string(), url),
            region: region.to_owned(),
        }
    }

    pub fn serve(self, endpoints: &Endpoints) {
        // Every task of the host's network comes from the same address: ids must tell.
        let caller: CallerOf = Arc::new(|_| Caller::Host);
        endpoints.metadata(self.metadata, caller.clone());
        if let Some(listener) = self.aws {
            endpoints.aws(listener, caller);
        }
    }
}

/// Listens on the port noted in `file`, or on a free one that is noted from then on.
async fn kept_port(file: &Path) -> Result<TcpListener, NodeError> {
    let noted =
        disk::read(file)?.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok());
    if let Some(port) = noted {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Ok(listener) => return Ok(listener),
            Err(error) => {
                tracing::warn!(port, %error, "tasks in host mode lose their metadata: their port is taken");
            }
        }
    }
    let bound: io::Result<(TcpListener, u16)> = async {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    }
    .await;
    let (listener, port) = bound.map_err(NodeError::Host)?;
    disk::replace(file, port.to_string().as_bytes())?;
    Ok(listener)
}
