//! What listeners, targets and health checks speak.

use serde::{Deserialize, Serialize};
use wharf_planeproto::balancer as plane;

/// HTTP and HTTPS are those of application load balancers, the others of network load balancers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    Http,
    Https,
    Tcp,
    Tls,
    Udp,
    #[serde(rename = "TCP_UDP")]
    TcpUdp,
}

impl Protocol {
    const ALL: [Self; 6] = [
        Self::Http,
        Self::Https,
        Self::Tcp,
        Self::Tls,
        Self::Udp,
        Self::TcpUdp,
    ];

    /// As the API names it.
    pub fn name(self) -> &'static str {
        self.to_plane().name()
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether it is of network load balancers.
    pub fn is_network(self) -> bool {
        !matches!(self, Self::Http | Self::Https)
    }

    /// Whether it is of datagrams, be it of connections as well.
    pub fn has_datagrams(self) -> bool {
        matches!(self, Self::Udp | Self::TcpUdp)
    }

    /// Whether listeners that speak it have certificates.
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }

    /// Whether a listener that speaks this can pass on to targets that speak the other.
    pub fn reaches(self, group: Self) -> bool {
        match self {
            Self::Http | Self::Https => !group.is_network(),
            Self::Tcp => matches!(group, Self::Tcp | Self::TcpUdp),
            Self::Tls => matches!(group, Self::Tcp | Self::Tls),
            Self::Udp => matches!(group, Self::Udp | Self::TcpUdp),
            Self::TcpUdp => group == Self::TcpUdp,
        }
    }

    pub fn to_plane(self) -> plane::Protocol {
        match self {
            Self::Http => plane::Protocol::Http,
            Self::Https => plane::Protocol::Https,
            Self::Tcp => plane::Protocol::Tcp,
            Self::Tls => plane::Protocol::Tls,
            Self::Udp => plane::Protocol::Udp,
            Self::TcpUdp => plane::Protocol::TcpUdp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known() {
        for protocol in Protocol::ALL {
            assert_eq!(Protocol::named(protocol.name()), Some(protocol));
        }
    }

    #[test]
    fn who_reaches_whom() {
        use Protocol::{Http, Https, Tcp, TcpUdp, Tls, Udp};
        for (listener, groups) in [
            (Http, &[Http, Https][..]),
            (Https, &[Http, Https]),
            (Tcp, &[Tcp, TcpUdp]),
            (Tls, &[Tcp, Tls]),
            (Udp, &[Udp, TcpUdp]),
            (TcpUdp, &[TcpUdp]),
        ] {
            let reached = Protocol::ALL.into_iter().filter(|it| listener.reaches(*it));
            assert_eq!(reached.collect::<Vec<_>>(), groups, "{listener:?}");
        }
    }
}
