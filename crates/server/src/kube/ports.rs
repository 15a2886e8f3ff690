//! Ports of clusters.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use wharf_svc_eks::control_planes::Wanted;

use super::Clusters;

/// Ports of clusters: below those that the system gives to outgoing connections, which could have one while the server is away, and
/// below those of services that nodes listen for.
const PORTS: std::ops::Range<u16> = 20_000..30_000;
/// Tries to find a port that is free on every address.
const PORTS_TRIED: usize = 1000;

impl Clusters {
    /// On every address of the server, at one port: the one there was, or one that is free.
    pub(super) async fn listen(&self, wanted: &Wanted) -> std::io::Result<(u16, Vec<TcpListener>)> {
        if let Some(port) = wanted.port {
            return Ok((port, self.listen_at(port).await?));
        }
        let mut ports = ports(&wanted.id).take(PORTS_TRIED);
        loop {
            let Some(port) = ports.next() else {
                return Err(std::io::ErrorKind::AddrInUse.into());
            };
            match self.listen_at(port).await {
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                done => return Ok((port, done?)),
            }
        }
    }

    async fn listen_at(&self, port: u16) -> std::io::Result<Vec<TcpListener>> {
        let mut listeners = Vec::new();
        for ip in &self.settings.listen {
            listeners.push(TcpListener::bind(SocketAddr::new(*ip, port)).await?);
        }
        Ok(listeners)
    }
}

/// All ports of clusters, from one on that the id of a cluster says: clusters that start together want the same one seldom.
fn ports(id: &str) -> impl Iterator<Item = u16> {
    let start = id.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    let start = usize::try_from(start).unwrap_or_default() % PORTS.len();
    PORTS.cycle().skip(start).take(PORTS.len())
}
