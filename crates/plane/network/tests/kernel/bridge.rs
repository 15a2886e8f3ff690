//! Bridge tasks: published ports from everywhere, the way out, what stays closed.

use super::support::*;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::time::Instant;
use wharf_network::*;

const LOCALHOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

#[test]
fn a_published_port_is_reached_from_everywhere() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("web", web()).await.unwrap();
        let other = network.attach("other", web()).await.unwrap();
        let port = task.bindings[0].host.first;
        assert!((32768..=60999).contains(&port));
        assert_eq!(task.bindings[0].bind_ip, Ipv4Addr::UNSPECIFIED);
        assert_ne!(port, other.bindings[0].host.first);
        let _server = Server::start(task.netns.as_deref(), 80);
        let gateway = task.gateway.unwrap();

        assert_eq!(ask((LOCALHOST, port), PATIENCE).unwrap(), gateway);
        assert_eq!(ask((EXTERNAL, port), PATIENCE).unwrap(), EXTERNAL);
        let outside = ask_from(Some(&host.neighbour), (EXTERNAL, port), PATIENCE).unwrap();
        assert_eq!(outside, NEIGHBOUR, "the client's address is kept");
        for (who, from) in [("another task", &other), ("the task itself", &task)] {
            let seen = ask_from(from.netns.as_deref(), (gateway, port), PATIENCE);
            assert_eq!(seen.unwrap(), gateway, "{who}, through the host");
        }
        let direct = ask_from(other.netns.as_deref(), (address(&task), 80), PATIENCE).unwrap();
        assert_eq!(
            direct,
            address(&other),
            "tasks of the bridge reach each other"
        );
        assert_eq!(
            ask((address(&task), 80), PATIENCE).unwrap(),
            gateway,
            "and the host them"
        );
    });
}

#[test]
fn udp_ports_and_ranges() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let range = PortMapping {
            container: PortRange {
                first: 9000,
                last: 9002,
            },
            host: HostPort::Dynamic,
            protocol: Protocol::Udp,
        };
        let task = network
            .attach("dns", Mode::Bridge { ports: vec![range] })
            .await
            .unwrap();
        assert_eq!(task.bindings[0].host.len(), 3);
        let server = udp_server(netns(&task), 9001);
        let to = (LOCALHOST, task.bindings[0].host.first + 1);
        assert_eq!(ask_udp(to, PATIENCE).unwrap(), task.gateway.unwrap());
        let socket = UdpSocket::bind((LOCALHOST, 0)).unwrap();
        socket.send_to(b"", to).unwrap();
        server.join().unwrap();
    });
}

#[test]
fn a_udp_client_speaks_to_whoever_has_the_port_now() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let dns = bridge(&[(53, HostPort::Fixed(5353), Protocol::Udp)]);
        let client = inside(&host.neighbour, || UdpSocket::bind((NEIGHBOUR, 0)).unwrap());
        client.connect((EXTERNAL, 5353)).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        for key in ["first", "second"] {
            let task = network.attach(key, dns.clone()).await.unwrap();
            let server = udp_server(netns(&task), 53);
            client.send(b"?").unwrap();
            let mut buffer = [0; 64];
            let len = client.recv(&mut buffer).expect(key);
            assert_eq!(&buffer[..len], NEIGHBOUR.to_string().as_bytes(), "{key}");
            client.send(b"").unwrap();
            server.join().unwrap();
            network.detach(key).await.unwrap();
        }
    });
}

#[test]
fn tasks_reach_the_world_and_the_world_only_ports() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("web", web()).await.unwrap();
        let _inside = Server::start(task.netns.as_deref(), 80);
        let _outside = Server::start(Some(&host.neighbour), 7000);
        let seen = ask_from(task.netns.as_deref(), (NEIGHBOUR, 7000), PATIENCE).unwrap();
        assert_eq!(seen, EXTERNAL, "hidden behind the host");

        let to = address(&task);
        inside(&host.neighbour, || {
            ip(&format!("route add {to}/32 via {EXTERNAL}"))
        });
        let uninvited = ask_from(Some(&host.neighbour), (to, 80), REFUSED);
        assert!(uninvited.is_err(), "only published ports: {uninvited:?}");

        // A cloud's metadata service next to the host stays out of reach.
        let metadata = Ipv4Addr::new(169, 254, 169, 254);
        inside(&host.neighbour, || ip("addr add 169.254.169.254/32 dev lo"));
        assert_eq!(ask((metadata, 7000), PATIENCE).unwrap(), EXTERNAL);
        assert!(ask_from(task.netns.as_deref(), (metadata, 7000), REFUSED).is_err());
    });
}

#[test]
fn loopback_services_of_the_host_stay_its_own() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("web", web()).await.unwrap();
        let secret = receiver(None, LOCALHOST, 7001);
        let open = receiver(None, task.gateway.unwrap(), 7001);
        // The worst case: even the scope's namespace would pass such packets on.
        let scope = host.dir.path().join("network-ab12/netns/bridge");
        for path in [netns(&task), &scope] {
            inside(path, || {
                run("sysctl", "-qw net.ipv4.conf.all.route_localnet=1");
                ip("addr flush dev lo");
                ip(&format!(
                    "route add 127.0.0.1/32 via {}",
                    task.gateway.unwrap()
                ));
            });
        }
        for (to, text) in [(task.gateway.unwrap(), "first"), (LOCALHOST, "intruder")] {
            shout(task.netns.as_deref(), (to, 7001), text);
        }
        assert_eq!(heard(&open), "first");
        // The last one on the way has passed where the intruder had to pass.
        shout(task.netns.as_deref(), (task.gateway.unwrap(), 7001), "last");
        assert_eq!(heard(&open), "last");
        shout(None, (LOCALHOST, 7001), "own");
        assert_eq!(heard(&secret), "own", "the first thing that came");
    });
}

#[test]
fn the_endpoints_know_their_caller() {
    on_a_host(|host| async move {
        let (network, mut endpoints) = host.start("ab12").await;
        let one = network.attach("one", web()).await.unwrap();
        let two = network.attach("two", web()).await.unwrap();
        let metadata = endpoints.try_recv().expect("there before attach returns");
        let aws = endpoints.try_recv().unwrap();
        assert_eq!((metadata.port, aws.port), (80, 4566));
        assert_eq!(metadata.scope, Scope::Bridge);
        assert!(endpoints.try_recv().is_err(), "once for each scope");
        let _servers = [Server::on(metadata.listener), Server::on(aws.listener)];
        let endpoint = Ipv4Addr::new(169, 254, 170, 2);
        for (key, task) in [("one", &one), ("two", &two)] {
            for port in [80, 4566] {
                let seen = ask_from(task.netns.as_deref(), (endpoint, port), PATIENCE).unwrap();
                assert_eq!(network.key_at(&Scope::Bridge, seen).as_deref(), Some(key));
            }
        }
        let extra = network
            .listen_in(&Scope::Bridge, "169.254.170.2:53".parse().unwrap())
            .await;
        let _extra = Server::on(extra.unwrap());
        assert!(ask_from(one.netns.as_deref(), (endpoint, 53), PATIENCE).is_ok());
        network.detach("one").await.unwrap();
        assert_eq!(network.key_at(&Scope::Bridge, address(&one)), None);
        let unknown = Scope::Vpc("vpc-x".into());
        let nowhere = network
            .listen_in(&unknown, "0.0.0.0:1".parse().unwrap())
            .await;
        assert!(matches!(nowhere, Err(NetworkError::NoSuchScope(_))));
    });
}

#[test]
fn ports_in_use_on_the_host_are_respected() {
    on_a_host(|host| async move {
        let mut config = host.config("ab12");
        config.host_port_range = 40000..=40002;
        let (network, _endpoints) = Network::start(config).await.unwrap();
        let _other = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 40000)).unwrap();
        let one = network.attach("one", web()).await.unwrap();
        assert_eq!(one.bindings[0].host.first, 40001);
        let fixed = |port| bridge(&[(80, HostPort::Fixed(port), Protocol::Tcp)]);
        match network.attach("two", fixed(40000)).await {
            Err(NetworkError::PortInUse { port: 40000, .. }) => {}
            other => panic!("{other:?}"),
        }
        match network.attach("two", fixed(40001)).await {
            Err(NetworkError::PortInUse { by, .. }) => assert_eq!(by, "`one`"),
            other => panic!("{other:?}"),
        }
        let held = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 40001));
        assert!(held.is_err(), "other programs cannot take a published port");
        network.detach("one").await.unwrap();
        network.attach("two", fixed(40001)).await.unwrap();
        assert_eq!(
            network.recover().await.unwrap().len(),
            1,
            "refusals leave no record"
        );
    });
}

#[test]
fn the_rules_read_as_meant() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let task = network
            .attach("web", bridge(&[(80, HostPort::Fixed(8080), Protocol::Tcp)]))
            .await
            .unwrap();
        let range = "10.213.0.0/16".parse::<Subnet>().unwrap();
        assert!(range.contains(address(&task)));
        let table = run("nft", "list table ip wharf_ab12");
        for line in [
            "type inet_proto . inet_service : ipv4_addr . inet_service",
            &format!("elements = {{ tcp . 8080 : {} . 80 }}", address(&task)),
            "iifname \"wab12u*\" ip daddr 127.0.0.0/8 drop",
            "fib daddr type local dnat ip to meta l4proto . th dport map @ports",
            "oifname \"wab12u*\" iifname != \"wab12u*\" ct state new ct status ! dnat drop",
            "oifname \"wab12u*\" ip saddr 127.0.0.0/8 masquerade",
        ] {
            assert!(table.contains(line), "{line}\nis not in\n{table}");
        }
        let scope = host.dir.path().join("network-ab12/netns/bridge");
        let table = inside(&scope, || run("nft", "list table ip wharf_ab12"));
        for line in [
            "ip daddr 169.254.0.0/16 drop",
            "update @connections { iif limit rate over 100/second burst 200 packets } drop",
            "update @datagrams { iif limit rate over 1024/second burst 1024 packets } drop",
        ] {
            assert!(table.contains(line), "{line}\nis not in\n{table}");
        }
        network.detach("web").await.unwrap();
        let table = run("nft", "list table ip wharf_ab12");
        assert!(!table.contains("elements"), "{table}");
        let links = inside(&scope, || ip("-o link show"));
        assert!(
            !links.contains("wab12e"),
            "detach waits for the link's end: {links}"
        );
    });
}

const ENDPOINT: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);

/// What a bucket lets through: its burst at once, and its rate from then on.
fn let_through(burst: u32, rate: u32, since: Instant) -> u32 {
    burst + (f64::from(rate) * since.elapsed().as_secs_f64()).ceil() as u32
}

#[test]
fn one_tasks_connections_to_the_networks_services_are_bounded() {
    on_a_host(|host| async move {
        let (network, mut endpoints) = host.start("ab12").await;
        let flooding = network.attach("flooding", web()).await.unwrap();
        let neighbour = network.attach("neighbour", web()).await.unwrap();
        let endpoint = endpoints.recv().await.unwrap();
        let to = (ENDPOINT, endpoint.listener.local_addr().unwrap().port());
        let _server = Server::on(endpoint.listener);

        let begun = Instant::now();
        let passed = (1..)
            .find(|_| ask_from(flooding.netns.as_deref(), to, REFUSED).is_err())
            .unwrap();
        let bound = let_through(200, 100, begun);
        assert!((200..=bound).contains(&passed), "{passed} of {bound}");
        ask_from(neighbour.netns.as_deref(), to, PATIENCE).expect("others have their own share");
        ask_from(flooding.netns.as_deref(), to, PATIENCE).expect("it is a delay, no refusal");
    });
}

#[test]
fn connections_that_say_nothing_are_not_handed_over() {
    on_a_host(|host| async move {
        let (network, mut endpoints) = host.start("ab12").await;
        let task = network.attach("task", web()).await.unwrap();
        let listener = endpoints.recv().await.unwrap().listener;
        let to = (ENDPOINT, listener.local_addr().unwrap().port());
        let connect = || TcpStream::connect(to).unwrap();
        let [silent, mut speaking] = [connect, connect].map(|it| inside(netns(&task), it));
        speaking.write_all(b"GET").unwrap();
        listener.set_nonblocking(false).unwrap();
        let (_, accepted) = listener.accept().unwrap();
        assert_eq!(accepted, speaking.local_addr().unwrap());
        drop(silent);
    });
}

#[test]
fn one_tasks_datagrams_to_the_networks_services_are_bounded() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let flooding = network.attach("flooding", web()).await.unwrap();
        let neighbour = network.attach("neighbour", web()).await.unwrap();
        let scope = host.dir.path().join("network-ab12/netns/bridge");
        let receiver = receiver(Some(&scope), ENDPOINT, 9000);
        let begun = Instant::now();
        // A thousand and some fit the receiver's buffer.
        let mut arrived = 0;
        receiver.set_nonblocking(true).unwrap();
        inside(netns(&flooding), || {
            let sender = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
            for _ in 0..4000 {
                sender.send_to(b"x", (ENDPOINT, 9000)).unwrap();
                arrived += u32::from(receiver.recv(&mut [0; 8]).is_ok());
            }
        });
        let bound = let_through(1024, 1024, begun);
        assert!((1000..=bound).contains(&arrived), "{arrived} of {bound}");
        receiver.set_nonblocking(false).unwrap();
        shout(neighbour.netns.as_deref(), (ENDPOINT, 9000), "heard");
        while heard(&receiver) != "heard" {}
    });
}
