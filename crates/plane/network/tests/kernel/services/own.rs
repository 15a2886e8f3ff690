//! Services at addresses of the node itself, for its own programs.

use std::fs;
use std::process::{Command, Stdio};

use super::*;

const ROUTES_LOOPBACK: &str = "/proc/sys/net/ipv4/conf/all/route_localnet";

/// Calls an address of the node from within it. What comes to the pod is told with it: who calls there.
fn call_own(from: &Path, at: (Ipv4Addr, u16), source: Option<Ipv4Addr>) -> io::Result<String> {
    inside(from, || {
        let socket = nix::sys::socket::socket(
            nix::sys::socket::AddressFamily::Inet,
            nix::sys::socket::SockType::Stream,
            nix::sys::socket::SockFlag::SOCK_CLOEXEC,
            None,
        )?;
        if let Some(source) = source {
            let at = nix::sys::socket::SockaddrIn::from(SocketAddrV4::new(source, 0));
            nix::sys::socket::bind(socket.as_raw_fd(), &at)?;
        }
        let to = nix::sys::socket::SockaddrIn::from(SocketAddrV4::new(at.0, at.1));
        nix::sys::socket::connect(socket.as_raw_fd(), &to)?;
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    })
}

#[test]
fn programs_of_a_node_are_led_at_its_own_addresses() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, _] = &it.pods;
        let _servers = it.answers([8080, 8080]);
        let (own, loopback) = (eni_address(4), Ipv4Addr::LOCALHOST);
        let front = |address, port| FrontEnd {
            caller: Caller::Own,
            address,
            protocol: 6,
            port,
        };
        let node = netns(&it.node);
        assert!(call_own(node, (loopback, 9000), None).is_err());
        // As changes, where nothing was led yet.
        let update = ServicesUpdate::Snapshot(BTreeMap::new());
        it.network.services(NODE, update).await.unwrap();
        let led = BTreeMap::from([
            (front(loopback, 9000), Some(to(false, &[(5, 8080)]))),
            (front(own, 9000), Some(to(false, &[(6, 8080)]))),
            (front(own, 9001), Some(Lead::Refused)),
        ]);
        let update = ServicesUpdate::Changes(led);
        it.network.services(NODE, update).await.unwrap();
        for (at, source, expected) in [
            (loopback, None, "one"),
            (loopback, Some(own), "one"),
            (own, None, "two"),
            (own, Some(loopback), "two"),
        ] {
            let said = call_own(node, (at, 9000), source).unwrap();
            assert_eq!(said, expected, "{at} from {source:?}");
        }
        let refused = call_own(node, (own, 9001), None).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

        // Nobody else comes in by a loopback address that the kernel routes now, from the next link either.
        let secret = Named::start(&it.node, 7000, "secret");
        assert_eq!(call_own(node, (loopback, 7000), None).unwrap(), "secret");
        let other = format!(
            "link add side type veth peer name side netns {}",
            netns(one).display()
        );
        inside(node, || {
            run("ip", &other);
            run("ip", "address add 192.0.2.1/30 dev side");
            run("ip", "link set side up");
        });
        inside(netns(one), || {
            run("ip", "address add 192.0.2.2/30 dev side");
            run("ip", "link set side up");
            run("ip", "address flush dev lo");
            run("ip", "route add 127.0.0.0/8 via 192.0.2.1 dev side");
            fs::write(ROUTES_LOOPBACK, "1").unwrap();
        });
        let reached = || {
            inside(netns(one), || {
                let at = SocketAddr::from((loopback, 7000));
                TcpStream::connect_timeout(&at, REFUSED).is_ok()
            })
        };
        assert!(!reached());
        // What goes is led no more, and an agent that is back begins anew.
        let change = ServicesUpdate::Changes(BTreeMap::from([(front(loopback, 9000), None)]));
        it.network.services(NODE, change).await.unwrap();
        assert!(call_own(node, (loopback, 9000), None).is_err());
        it.network.close().await.unwrap();
        assert_eq!(call_own(node, (own, 9000), None).unwrap(), "two");
        let (network, _endpoints) = host.start("ab12").await;
        let led = BTreeMap::from([(front(own, 9000), to(false, &[(5, 8080)]))]);
        network
            .services(NODE, ServicesUpdate::Snapshot(led))
            .await
            .unwrap();
        assert_eq!(call_own(node, (own, 9000), None).unwrap(), "one");
        assert_eq!(
            inside(node, || run("nft", "list tables"))
                .matches(NODE)
                .count(),
            1
        );
        network.services(NODE, ServicesUpdate::Gone).await.unwrap();
        assert!(call_own(node, (own, 9000), None).is_err());
        let tables = inside(node, || run("nft", "list tables"));
        assert!(!tables.contains(NODE), "{tables}");
        // Routed by nobody; and what kept others out was the table.
        let routed = inside(node, || fs::read_to_string(ROUTES_LOOPBACK).unwrap());
        assert_eq!(routed.trim(), "0");
        assert!(!reached());
        inside(node, || fs::write(ROUTES_LOOPBACK, "1").unwrap());
        assert!(reached());
        drop(secret);
    });
}

/// Who is root in a node can hold a table of that name there, so that nobody else writes to it.
#[test]
fn users_of_a_node_are_in_the_way_of_nothing_outside() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let one = &it.pods[0];
        let _server = Named::start(one, 8080, "one");
        let node = netns(&it.node);
        let own = FrontEnd {
            caller: Caller::Own,
            address: eni_address(4),
            protocol: 6,
            port: 9000,
        };
        let led = || {
            let of_vpc = (front(80), to(false, &[(5, 8080)]));
            ServicesUpdate::Snapshot([of_vpc, (own, to(false, &[(5, 8080)]))].into())
        };
        it.network.services(NODE, led()).await.unwrap();
        let tables = inside(node, || run("nft", "list tables"));
        let table = tables.lines().find(|line| line.contains(NODE)).unwrap();
        it.network
            .services(NODE, ServicesUpdate::Gone)
            .await
            .unwrap();
        // It is held as long as this runs.
        let mut holder = inside(node, || {
            let mut nft = Command::new("nft");
            nft.arg("-i").stdin(Stdio::piped()).stdout(Stdio::null());
            nft.spawn().unwrap()
        });
        let mut told = holder.stdin.take().unwrap();
        writeln!(told, "add {table} {{ flags owner; }}").unwrap();
        let begun = Instant::now();
        while !inside(node, || run("nft", "list tables")).contains(NODE) {
            assert!(begun.elapsed() < PATIENCE, "nobody holds it");
            thread::yield_now();
        }
        let refused = it.network.services(NODE, led()).await;
        assert!(refused.is_err(), "it is told again");
        assert_eq!(call(netns(one), 80, PATIENCE).unwrap(), "one");
        it.network
            .services(NODE, ServicesUpdate::Gone)
            .await
            .unwrap();
        assert!(call(netns(one), 80, REFUSED).is_err());
        drop(told);
        holder.wait().unwrap();
    });
}
