//! Who a connection or a request is counted against.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wharf_planeproto::forward::Forwarded;

use super::Peer;

/// One source of connections and requests. Limits are shared out among sources, so that one that
/// floods the gateway takes only its own share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// This machine: people, tools, and the parts of wharf that have not proven themselves yet.
    Machine,
    V4(Ipv4Addr),
    /// A /64: a site has at least that, and a host may use any address of it.
    V6(Ipv6Addr),
    /// A task or an EC2 instance, by what its node says of it.
    Task(String),
    /// A caller whose signature was verified, by account.
    Account(String),
    /// A node that proved to be one, by its principal.
    Node(String),
}

impl Source {
    /// The task or the instance that a connection is passed on for; those that the node cannot tell apart count
    /// together. An address means something in its VPC only: all default ones have the same range.
    pub fn of_task(forwarded: &Forwarded) -> Self {
        let Forwarded {
            task,
            instance,
            address,
            vpc,
            endpoint: _,
        } = forwarded;
        Self::Task(match (task.as_ref().or(instance.as_ref()), address) {
            (Some(name), _) => name.clone(),
            (None, Some(address)) => format!("{address} {}", vpc.as_deref().unwrap_or_default()),
            (None, None) => "of a host's network".to_owned(),
        })
    }

    /// Who asks over a connection: the addresses of tasks are private ones, the same in many accounts.
    pub fn of_peer(peer: &Peer) -> Self {
        match &peer.task {
            Some(task) => Self::of_task(task),
            None => Self::of(peer.address.ip()),
        }
    }

    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            ip if ip.is_loopback() => Self::Machine,
            IpAddr::V4(ip) => Self::V4(ip),
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                Self::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_in_two_networks_is_two_sources() {
        let of = |vpc: &str, instance: Option<&str>| {
            Source::of_task(&Forwarded {
                address: "172.31.0.4".parse().ok(),
                vpc: Some(vpc.to_owned()),
                instance: instance.map(str::to_owned),
                task: None,
                endpoint: None,
            })
        };
        assert_ne!(of("vpc-1", None), of("vpc-2", None));
        assert_eq!(of("vpc-1", None), of("vpc-1", None));
        assert_ne!(of("vpc-1", Some("i-1")), of("vpc-1", Some("i-2")));
    }

    #[test]
    fn sources_of_addresses() {
        let of = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(of("127.0.0.1"), Source::Machine);
        assert_eq!(of("127.9.9.9"), Source::Machine);
        assert_eq!(of("::1"), Source::Machine);
        assert_eq!(of("::ffff:127.0.0.1"), Source::Machine);
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
