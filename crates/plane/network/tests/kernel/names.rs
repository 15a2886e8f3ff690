//! Where tasks ask for names.

use std::net::{Ipv4Addr, UdpSocket};

use super::control::*;
use super::support::*;
use tokio::sync::mpsc;
use wharf_network::*;
use wharf_planeproto::{Change, Resource};

/// Behind the first two addresses of 172.31.0.0/16.
const OF_RANGE: Ipv4Addr = Ipv4Addr::new(172, 31, 0, 2);
const PORT: u16 = 53;

async fn start(host: &Host) -> (Network, mpsc::Receiver<ResolverSockets>) {
    let (resolvers, sockets) = mpsc::channel(8);
    let mut config = host.config("ab12");
    config.resolvers = Some(resolvers);
    let (network, _endpoints) = Network::start(config).await.unwrap();
    (network, sockets)
}

/// The next sockets, for questions to `address` within `scope`; blocking ones.
fn next(
    sockets: &mut mpsc::Receiver<ResolverSockets>,
    scope: &Scope,
    address: Ipv4Addr,
) -> ResolverSockets {
    let found = sockets.try_recv().expect("there before the call returns");
    assert_eq!(&found.scope, scope);
    assert_eq!(found.udp.local_addr().unwrap(), (address, PORT).into());
    assert_eq!(found.tcp.local_addr().unwrap(), (address, PORT).into());
    found.udp.set_nonblocking(false).unwrap();
    found.udp.set_read_timeout(Some(PATIENCE)).unwrap();
    found
}

/// A question of the task and its answer; who asked.
fn exchange(task: &Attachment, server: &UdpSocket) -> Ipv4Addr {
    let to = server.local_addr().unwrap();
    let client = inside(task.netns.as_deref().unwrap(), || {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap()
    });
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.connect(to).unwrap();
    client.send(b"?").unwrap();
    let mut buffer = [0; 8];
    let (_, peer) = server.recv_from(&mut buffer).unwrap();
    server.send_to(b"!", peer).unwrap();
    assert_eq!(client.recv(&mut buffer).unwrap(), 1);
    match peer {
        std::net::SocketAddr::V4(peer) => *peer.ip(),
        std::net::SocketAddr::V6(_) => unreachable!("scopes have no IPv6"),
    }
}

#[test]
fn a_vpc_is_asked_at_two_addresses_whatever_its_groups_and_routes_say() {
    on_a_host(|host| async move {
        let (network, mut sockets) = start(&host).await;
        let vpc_a = Scope::Vpc("vpc-a".to_owned());
        let task = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let anywhere = next(&mut sockets, &vpc_a, RESOLVER);
        assert!(sockets.try_recv().is_err(), "its range is not known yet");
        say(&network, [routed_vpc(None), route_table("rtb-main", &[])]).await;
        let closed = group_with("sg-closed", vec![], vec![]);
        let own = Resource::Interface(interface("vpc-a", 5, &["sg-closed"]));
        say(&network, [closed, own]).await;
        let of_range = next(&mut sockets, &vpc_a, OF_RANGE);
        for server in [&anywhere.udp, &of_range.udp] {
            assert_eq!(exchange(&task, server), eni_address(5));
        }
        for address in [RESOLVER, OF_RANGE] {
            let connected = inside(task.netns.as_deref().unwrap(), || {
                std::net::TcpStream::connect_timeout(&(address, PORT).into(), PATIENCE).is_ok()
            });
            assert!(connected, "{address}");
        }

        let bridge = network.attach("web", web()).await.unwrap();
        let of_bridge = next(&mut sockets, &Scope::Bridge, RESOLVER);
        assert_eq!(Some(exchange(&bridge, &of_bridge.udp)), bridge.address);
        // The same address, another network.
        let other = network.attach("two", eni("vpc-b", 5)).await.unwrap();
        let of_other = next(&mut sockets, &Scope::Vpc("vpc-b".to_owned()), RESOLVER);
        assert_eq!(exchange(&other, &of_other.udp), eni_address(5));
        network.attach("three", eni("vpc-a", 6)).await.unwrap();
        assert!(sockets.try_recv().is_err(), "once for each address");
        assert!(network.host_address().await.unwrap().is_some());
    });
}

#[test]
fn the_next_process_is_asked_in_the_same_places() {
    on_a_host(|host| async move {
        let (network, mut sockets) = start(&host).await;
        assert_eq!(network.host_address().await.unwrap(), None);
        let task = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        say(&network, [vpc("vpc-a", 11)]).await;
        network.close().await.unwrap();
        while sockets.try_recv().is_ok() {}
        drop((network, sockets));

        let (network, mut sockets) = start(&host).await;
        let vpc_a = Scope::Vpc("vpc-a".to_owned());
        let anywhere = next(&mut sockets, &vpc_a, RESOLVER);
        assert_eq!(exchange(&task, &anywhere.udp), eni_address(5));
        say(&network, [vpc("vpc-a", 11)]).await;
        let of_range = next(&mut sockets, &vpc_a, OF_RANGE);
        assert_eq!(exchange(&task, &of_range.udp), eni_address(5));
        let again = NetworkUpdate::Changes(vec![Change::Put(vpc("vpc-a", 12))]);
        network.apply(again).await.unwrap();
        assert!(sockets.try_recv().is_err());
    });
}
