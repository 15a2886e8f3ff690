//! Where names lead to: an elastic address leads back to a name only where that leads to it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{net::lookup_host, time::timeout};
use wharf_service::Shares;
use wharf_wire::async_trait;

/// Names looked up at once: each takes a thread of the resolver as long as name servers are silent.
const AT_ONCE: usize = 4;
/// … of one account, so that one whose name servers never answer leaves turns to the others.
const OF_ONE: usize = 1;
/// Until a name that waits for its turn or for an answer counts as one that leads nowhere.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says where names lead to.
#[async_trait]
pub trait ForwardNames: Send + Sync + 'static {
    /// The IPv4 addresses of `mail.example.com`; none where it is not known in time. `account`: who asks.
    async fn addresses(&self, account: &str, name: &str) -> Vec<Ipv4Addr>;
}

/// The control plane's machine, by its own name servers and its hosts file.
pub struct HostNames {
    turns: Shares,
}

impl Default for HostNames {
    fn default() -> Self {
        Self {
            turns: Shares::new(AT_ONCE, OF_ONE),
        }
    }
}

#[async_trait]
impl ForwardNames for HostNames {
    async fn addresses(&self, account: &str, name: &str) -> Vec<Ipv4Addr> {
        let name = name.to_owned();
        let looking = async move {
            let turn = self.turns.take(account).await;
            // The resolver's thread works on when nobody waits any more, and so does its turn.
            let looking = tokio::spawn(async move {
                let _turn = turn;
                let found = lookup_host((name, 0)).await.ok()?;
                Some(found.collect::<Vec<SocketAddr>>())
            });
            looking.await.ok().flatten()
        };
        let found = timeout(PATIENCE, looking).await.ok().flatten();
        let found = found.into_iter().flatten();
        let ipv4 = found.filter_map(|it| match it.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        });
        ipv4.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_machine_knows_itself_and_not_what_cannot_be() {
        let names = HostNames::default();
        let itself = names.addresses("000000000000", "localhost").await;
        assert!(itself.contains(&Ipv4Addr::LOCALHOST), "{itself:?}");
        let nothing = names.addresses("000000000000", "a..b").await;
        assert!(nothing.is_empty(), "{nothing:?}");
    }
}
