//! As whom a flow speaks to its target: as its client, where the target group keeps clients' addresses, else as the load balancer.
//!
//! The network of the VPC leads answers back here whoever they are addressed to (`wharf_network`, `kept`), from targets in the VPC and to
//! addresses that mean somebody beyond this machine. Other clients are those of the load balancer, as everybody's are by default.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    os::fd::{AsRawFd, OwnedFd},
    rc::Rc,
};

use nix::sys::socket::{SockaddrIn, bind, setsockopt, sockopt};
use wharf_base::Cidr;

use crate::{config::FlowSettings, netns::Origin, target::TargetState, worker::Worker};

/// What a flow is to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Balancer,
    Client(SocketAddrV4),
}

impl Source {
    /// Of a flow of `client` to the target; `None` if the two are one, which would hear itself and not answer. What an instance runs may be
    /// no program of its own, but a pod that its port leads to: an instance that is its own client sees the load balancer.
    pub fn of(
        flows: &FlowSettings,
        target: &TargetState,
        client: SocketAddr,
        came_by: &Origin,
        unkept: &[Cidr],
    ) -> Option<Self> {
        let inside = matches!(*target.origin(), Origin::Namespace(_)) && !target.vpc.is_empty();
        let IpAddr::V4(address) = client.ip().to_canonical() else {
            return Some(Self::Balancer);
        };
        // Who comes from beyond the VPC with an address of it would be taken for who has that there, by groups too.
        let is_forged =
            *came_by == Origin::Host && target.vpc.iter().any(|it| it.admits(address.into()));
        // So would who comes through a VPC endpoint: ranges of VPCs may be the same.
        let is_foreign = *came_by != Origin::Host && *came_by != *target.origin();
        let is_forged = is_forged || is_foreign;
        if !flows.keeps_client || !inside || is_forged || !may_be_kept(address, unkept) {
            return Some(Self::Balancer);
        }
        match target.address.ip() {
            IpAddr::V6(_) => Some(Self::Balancer),
            IpAddr::V4(it) if it == address && target.reference.is_instance() => {
                Some(Self::Balancer)
            }
            IpAddr::V4(it) if it == address => None,
            IpAddr::V4(_) => Some(Self::Client(SocketAddrV4::new(address, client.port()))),
        }
    }

    /// Whether the socket speaks as somebody else.
    pub fn is_client(self) -> bool {
        matches!(self, Self::Client(_))
    }

    /// The same from whichever port is free: the client may use its own towards another listener with the same target.
    pub fn on_any_port(self) -> Self {
        match self {
            Self::Client(client) => Self::Client(SocketAddrV4::new(*client.ip(), 0)),
            Self::Balancer => self,
        }
    }

    /// Has a socket speak so.
    fn bind(self, socket: &OwnedFd, shared: bool) -> io::Result<()> {
        let Self::Client(client) = self else {
            return Ok(());
        };
        setsockopt(socket, sockopt::IpTransparent, &true)?;
        if shared {
            // The port of a connection that ended a moment ago.
            setsockopt(socket, sockopt::ReuseAddr, &true)?;
        }
        if client.port() == 0 {
            // So that there may be as many connections from an address as there are targets times ports.
            setsockopt(socket, sockopt::IpBindAddressNoPort, &true)?;
        }
        Ok(bind(socket.as_raw_fd(), &SockaddrIn::from(client))?)
    }
}

/// Whether answers to the address would come here: it is no address of this machine, nor of everybody.
fn may_be_kept(address: Ipv4Addr, unkept: &[Cidr]) -> bool {
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_link_local()
        || address.is_multicast()
        || address.octets()[0] == 0
        || address.octets()[0] >= 240
        || unkept.iter().any(|it| it.admits(address.into())))
}

/// Whether the port is what failed: somebody has it towards this target, or had it a moment ago.
pub fn is_of_port(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable
    )
}

/// A socket for a connection to the target.
pub async fn tcp(worker: &Rc<Worker>, target: &TargetState, source: Source) -> io::Result<OwnedFd> {
    let ip = target.address.ip();
    let socket = worker.sockets.tcp(&target.origin(), ip).await?;
    source.bind(&socket, true)?;
    Ok(socket)
}

/// A socket for datagrams to the target. No two have a port of a client, so that each hears its own answers.
pub async fn udp(worker: &Rc<Worker>, target: &TargetState, source: Source) -> io::Result<OwnedFd> {
    let (origin, ip) = (target.origin(), target.address.ip());
    let socket = worker.sockets.udp(&origin, ip).await?;
    match source.bind(&socket, false) {
        Err(error) if is_of_port(&error) => {
            let socket = worker.sockets.udp(&origin, ip).await?;
            source.on_any_port().bind(&socket, false)?;
            Ok(socket)
        }
        bound => bound.map(|()| socket),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wharf_planeproto::balancer::TargetRef;

    use super::*;

    fn target(address: &str, vpc: &[&str], origin: Origin) -> TargetState {
        let address: SocketAddr = address.parse().unwrap();
        let reference = TargetRef {
            group: "group".to_owned(),
            id: address.ip().to_string(),
            port: address.port(),
        };
        let vpc = vpc.iter().map(|it| it.parse().unwrap()).collect();
        TargetState::new(reference, (address, vpc), origin, Arc::default())
    }

    fn settings(keeps: &str) -> FlowSettings {
        let attributes = [("preserve_client_ip.enabled".to_owned(), keeps.to_owned())];
        FlowSettings::read(&attributes.into()).unwrap()
    }

    #[test]
    fn who_is_kept() {
        let inside = || Origin::Namespace(std::path::Path::new("/a").into());
        let own = ["10.213.0.0/26".parse().unwrap()];
        let of = |target: &TargetState, keeps, client: &str| {
            let client = client.parse().unwrap();
            Source::of(&settings(keeps), target, client, &inside(), &own)
        };
        let vpc = ["172.31.0.0/16"];
        let usual = target("172.31.0.9:80", &vpc, inside());
        let kept = |text: &str| Some(Source::Client(text.parse().unwrap()));
        for client in ["172.31.0.5:41000", "203.0.113.7:1", "10.213.0.70:9"] {
            assert_eq!(of(&usual, "true", client), kept(client), "{client}");
            assert_eq!(of(&usual, "false", client), Some(Source::Balancer));
        }
        let mapped = of(&usual, "true", "[::ffff:172.31.0.5]:4");
        assert_eq!(mapped, kept("172.31.0.5:4"));
        for client in [
            "127.0.0.1:80",
            "10.213.0.1:80",
            "169.254.1.1:80",
            "0.0.0.0:80",
            "224.0.0.1:80",
            "255.255.255.255:80",
            "[fd00::1]:80",
        ] {
            assert_eq!(
                of(&usual, "true", client),
                Some(Source::Balancer),
                "{client}"
            );
        }
        assert_eq!(of(&usual, "true", "172.31.0.9:41000"), None, "itself");
        assert_eq!(
            of(&usual, "false", "172.31.0.9:41000"),
            Some(Source::Balancer)
        );
        let client = "172.31.0.5:41000";
        for other in [
            target("10.0.0.9:80", &[], inside()),
            target("127.0.0.1:80", &vpc, Origin::Host),
            target("[fd00::9]:80", &vpc, inside()),
        ] {
            assert_eq!(
                of(&other, "true", client),
                Some(Source::Balancer),
                "{other:?}"
            );
        }
    }

    #[test]
    fn an_instance_that_calls_itself_sees_the_load_balancer() {
        let inside = || Origin::Namespace(std::path::Path::new("/a").into());
        let address: SocketAddr = "172.31.0.9:30080".parse().unwrap();
        let reference = TargetRef {
            group: "group".to_owned(),
            id: "i-1".to_owned(),
            port: address.port(),
        };
        let vpc = vec!["172.31.0.0/16".parse().unwrap()];
        let target = TargetState::new(reference, (address, vpc), inside(), Arc::default());
        let of = |client: &str| {
            let client = client.parse().unwrap();
            Source::of(&settings("true"), &target, client, &inside(), &[])
        };
        assert_eq!(of("172.31.0.9:41000"), Some(Source::Balancer));
        let client = "172.31.0.5:41000";
        assert_eq!(of(client), Some(Source::Client(client.parse().unwrap())));
    }

    #[test]
    fn nobody_beyond_the_vpc_speaks_as_somebody_in_it() {
        let inside = Origin::Namespace(std::path::Path::new("/a").into());
        let target = target("172.31.0.9:80", &["172.31.0.0/16"], inside);
        let of = |client: &str| {
            let client = client.parse().unwrap();
            Source::of(&settings("true"), &target, client, &Origin::Host, &[])
        };
        assert_eq!(of("172.31.0.5:41000"), Some(Source::Balancer));
        assert_eq!(of("172.31.0.9:41000"), Some(Source::Balancer));
        let beyond = "192.168.1.5:41000";
        assert_eq!(of(beyond), Some(Source::Client(beyond.parse().unwrap())));
    }

    #[test]
    fn who_comes_through_an_endpoint_of_another_vpc_is_not_kept() {
        let inside = Origin::Namespace(std::path::Path::new("/a").into());
        let target = target("172.31.0.9:80", &["172.31.0.0/16"], inside);
        let endpoint = Origin::Namespace(std::path::Path::new("/b").into());
        for client in ["172.31.0.5:41000", "172.31.0.9:41000", "192.168.1.5:1"] {
            let client = client.parse().unwrap();
            let source = Source::of(&settings("true"), &target, client, &endpoint, &[]);
            assert_eq!(source, Some(Source::Balancer), "{client}");
        }
    }
}
