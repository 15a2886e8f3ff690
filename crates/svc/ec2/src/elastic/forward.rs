//! Where names lead to: an elastic address leads back to a name only where that leads to it.

use std::net::Ipv4Addr;

use wharf_wire::async_trait;

/// Says where names lead to.
#[async_trait]
pub trait ForwardNames: Send + Sync + 'static {
    /// The IPv4 addresses of `mail.example.com`; none where it is not known in time. `account`: who asks.
    async fn addresses(&self, account: &str, name: &str) -> Vec<Ipv4Addr>;
}
