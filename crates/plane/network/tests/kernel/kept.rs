//! Load balancers that speak as their clients.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeVal;
use wharf_planeproto::network::{Interface, balancer_attachment};
use wharf_planeproto::{Kind, Resource};

use super::control::*;
use super::overlay::{HERE, THERE, Two};
use super::support::*;
use wharf_network::*;

mod nodes;

const BALANCER: u8 = 9;
/// Of somebody who is in no VPC.
const STRANGER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

fn balancer(kind: &str, host: &str) -> Resource {
    let arn = format!("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/{kind}/a/1");
    let serving = Interface {
        load_balancer: Some(arn),
        ..interface("vpc-a", BALANCER, &["sg-balancer"])
    };
    on_host(host, serving)
}

/// The namespace of the load balancer's interface.
fn of_balancer(host: &Host, id: &str) -> PathBuf {
    let dir = host.dir.path().join(format!("network-{id}"));
    Network::netns_path(&dir, &balancer_attachment(&eni_id("vpc-a", BALANCER)))
}

fn as_client(path: &Path, kind: SockType, client: Ipv4Addr) -> io::Result<OwnedFd> {
    let made = inside(path, || {
        socket(AddressFamily::Inet, kind, SockFlag::SOCK_CLOEXEC, None)
    })?;
    setsockopt(&made, sockopt::IpTransparent, &true)?;
    bind(
        made.as_raw_fd(),
        &SockaddrIn::from(SocketAddrV4::new(client, 0)),
    )?;
    Ok(made)
}

fn within(socket: &OwnedFd, patience: Duration) -> io::Result<()> {
    let time = TimeVal::new(
        patience.as_secs() as i64,
        i64::from(patience.subsec_micros()),
    );
    setsockopt(socket, sockopt::SendTimeout, &time)?;
    Ok(setsockopt(socket, sockopt::ReceiveTimeout, &time)?)
}

/// A connection as the client, from the namespace at `path`.
fn call_as(
    path: &Path,
    client: Ipv4Addr,
    to: (Ipv4Addr, u16),
    patience: Duration,
) -> io::Result<TcpStream> {
    let made = as_client(path, SockType::Stream, client)?;
    within(&made, patience)?;
    connect(
        made.as_raw_fd(),
        &SockaddrIn::from(SocketAddrV4::new(to.0, to.1)),
    )?;
    Ok(TcpStream::from(made))
}

/// Whom the server sees.
fn ask_as(
    path: &Path,
    client: Ipv4Addr,
    to: (Ipv4Addr, u16),
    patience: Duration,
) -> io::Result<Ipv4Addr> {
    let mut stream = call_as(path, client, to, patience)?;
    stream.write_all(b"?")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    text.parse().map_err(io::Error::other)
}

fn ask_udp_as(path: &Path, client: Ipv4Addr, to: (Ipv4Addr, u16)) -> io::Result<Ipv4Addr> {
    let made = as_client(path, SockType::Datagram, client)?;
    within(&made, PATIENCE)?;
    let socket = UdpSocket::from(made);
    socket.connect(to)?;
    socket.send(b"?")?;
    let mut buffer = [0; 64];
    let len = socket.recv(&mut buffer)?;
    String::from_utf8_lossy(&buffer[..len])
        .parse()
        .map_err(io::Error::other)
}

async fn one_host(network: &Network) {
    let own = HostIdentity {
        instance_id: HERE.to_owned(),
        underlay: None,
    };
    network.set_host(own).await.unwrap();
    let target = group("sg-target", vec![all("@sg-balancer")]);
    let calling = group("sg-balancer", vec![all(ANYBODY)]);
    // Whoever calls a load balancer need not be allowed to call its targets.
    let client = group_with("sg-client", vec![all(ANYBODY)], vec![tcp(80, "10.0.0.0/8")]);
    let five = on_host(HERE, interface("vpc-a", 5, &["sg-client"]));
    let six = on_host(HERE, interface("vpc-a", 6, &["sg-target"]));
    let all = [
        host(HERE, None),
        vpc("vpc-a", 11),
        target,
        calling,
        client,
        five,
        six,
        balancer("net", HERE),
    ];
    say(network, all).await;
}

#[test]
fn a_load_balancer_speaks_as_its_client() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("aaaa").await;
        let five = network.attach("five", eni("vpc-a", 5)).await.unwrap();
        let six = network.attach("six", eni("vpc-a", 6)).await.unwrap();
        one_host(&network).await;
        let lb = of_balancer(&host, "aaaa");
        let _server = Server::start(six.netns.as_deref(), 80);
        let target = (eni_address(6), 80);
        for client in [eni_address(5), STRANGER, eni_address(77)] {
            let seen = ask_as(&lb, client, target, PATIENCE);
            assert_eq!(seen.unwrap(), client, "{client}");
        }
        let seen = ask_from(Some(&lb), target, PATIENCE);
        assert_eq!(seen.unwrap(), eni_address(BALANCER), "and as itself");
        let datagrams = udp_server(netns(&six), 80);
        assert_eq!(ask_udp_as(&lb, STRANGER, target).unwrap(), STRANGER);
        assert_eq!(
            ask_udp_as(&lb, eni_address(5), target).unwrap(),
            eni_address(5)
        );
        shout(Some(netns(&six)), (eni_address(6), 80), "");
        datagrams.join().unwrap();
        // Nobody else does, whatever rights they have in their own namespace.
        assert!(ask_as(netns(&five), STRANGER, target, REFUSED).is_err());
        assert!(
            ask_from(five.netns.as_deref(), target, REFUSED).is_err(),
            "groups hold"
        );

        // The target's groups are asked about the client, and about the load balancer's groups.
        let client = format!("{STRANGER}/32");
        say(&network, [group("sg-target", vec![tcp(80, &client)])]).await;
        assert_eq!(ask_as(&lb, STRANGER, target, PATIENCE).unwrap(), STRANGER);
        assert!(ask_as(&lb, eni_address(5), target, REFUSED).is_err());
        say(
            &network,
            [group("sg-target", vec![tcp(81, "@sg-balancer")])],
        )
        .await;
        assert!(
            ask_as(&lb, STRANGER, target, REFUSED).is_err(),
            "another port"
        );
        say(&network, [group("sg-target", vec![tcp(80, "@sg-client")])]).await;
        assert_eq!(
            ask_as(&lb, eni_address(5), target, PATIENCE).unwrap(),
            eni_address(5)
        );
        // What the load balancer may not call, it may not call as anybody.
        let mute = group_with("sg-balancer", vec![all(ANYBODY)], vec![]);
        say(&network, [mute]).await;
        assert!(ask_as(&lb, eni_address(5), target, REFUSED).is_err());
    });
}

#[test]
fn without_load_balancers_nothing_is_left_of_it() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("aaaa").await;
        network.attach("six", eni("vpc-a", 6)).await.unwrap();
        say(&network, [vpc("vpc-a", 11)]).await;
        let scope = scope_of(&host);
        let state = || inside(&scope, || (ip("rule show"), run("nft", "list ruleset")));
        let before = inside(&scope, || ip("rule show"));
        one_host(&network).await;
        let (rules, tables) = state();
        assert!(
            rules != before && tables.contains("table ip wharf_aaaa_kept"),
            "{tables}"
        );
        unsay(&network, Kind::Interface, &eni_id("vpc-a", BALANCER)).await;
        let (rules, tables) = state();
        assert_eq!(rules, before);
        assert!(!tables.contains("wharf_aaaa_kept"), "{tables}");
        let left = inside(&scope, || ip("route show table all"));
        assert!(
            !left
                .lines()
                .any(|it| it.starts_with("default") && it.contains("table")),
            "{left}"
        );
        // One of HTTP has no use for it.
        say(&network, [balancer("app", HERE)]).await;
        assert!(!state().1.contains("wharf_aaaa_kept"));
        let _server = Server::start(Some(&task_of(&host)), 80);
        let lb = of_balancer(&host, "aaaa");
        assert!(ask_as(&lb, STRANGER, (eni_address(6), 80), REFUSED).is_err());
    });
}

fn scope_of(host: &Host) -> PathBuf {
    host.dir.path().join("network-aaaa/netns/vpc.vpc-a")
}

fn task_of(host: &Host) -> PathBuf {
    host.dir.path().join("network-aaaa/netns/task.six")
}

#[test]
fn it_outlives_the_agent() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("aaaa").await;
        let six = network.attach("six", eni("vpc-a", 6)).await.unwrap();
        one_host(&network).await;
        let lb = of_balancer(&host, "aaaa");
        let listener = inside(netns(&six), || TcpListener::bind("0.0.0.0:81").unwrap());
        let mut line = call_as(&lb, STRANGER, (eni_address(6), 81), PATIENCE).unwrap();
        let mut far = listener.accept().unwrap().0;
        far.set_read_timeout(Some(PATIENCE)).unwrap();
        let _server = Server::start(six.netns.as_deref(), 80);
        let mut holds = |when: &str| {
            line.write_all(b"x").unwrap();
            far.read_exact(&mut [0; 1]).expect(when);
            far.write_all(b"y").unwrap();
            line.read_exact(&mut [0; 1]).expect(when);
            let seen = ask_as(&lb, STRANGER, (eni_address(6), 80), PATIENCE);
            assert_eq!(seen.expect(when), STRANGER, "{when}");
        };
        holds("at first");
        network.close().await.unwrap();
        drop(endpoints);
        holds("without an agent");
        let (network, _endpoints) = host.start("aaaa").await;
        holds("before the control plane spoke");
        one_host(&network).await;
        holds("and after");
    });
}

#[test]
fn answers_from_other_hosts_come_back_to_the_load_balancer() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let five = two.here.attach("five", eni("vpc-a", 5)).await.unwrap();
        let six = two.there.attach("six", eni("vpc-a", 6)).await.unwrap();
        let seven = two.there.attach("seven", eni("vpc-a", 7)).await.unwrap();
        let open = |last, host: &str| on_host(host, interface("vpc-a", last, &["sg-target"]));
        let said = [
            group("sg-target", vec![all("@sg-balancer")]),
            group("sg-balancer", vec![all(ANYBODY)]),
            open(5, HERE),
            open(6, THERE),
            open(7, THERE),
            balancer("net", HERE),
        ];
        two.say(said).await;
        let lb = of_balancer(&host, "aaaa");
        let _servers = [&five, &six].map(|task| Server::start(task.netns.as_deref(), 80));
        let datagrams = udp_server(netns(&six), 80);
        // Those of either host, of none, and of nobody.
        for client in [5, 7, 77].map(eni_address).into_iter().chain([STRANGER]) {
            for target in [5, 6] {
                if client == eni_address(target) {
                    continue;
                }
                let seen = ask_as(&lb, client, (eni_address(target), 80), PATIENCE);
                assert_eq!(seen.unwrap(), client, "{client} to {target}");
            }
            let seen = ask_udp_as(&lb, client, (eni_address(6), 80));
            assert_eq!(seen.unwrap(), client, "{client} over UDP");
        }
        shout(Some(netns(&six)), (eni_address(6), 80), "");
        datagrams.join().unwrap();
        // Tasks of the other host speak as themselves alone, and to whom they may.
        let to = (eni_address(5), 80);
        assert!(ask_as(netns(&seven), STRANGER, to, REFUSED).is_err());
        assert!(ask_from(seven.netns.as_deref(), to, REFUSED).is_err());

        // Without the load balancer, what came by the tunnel as anybody does so no more.
        let listener = inside(netns(&six), || TcpListener::bind("0.0.0.0:81").unwrap());
        let mut line = call_as(&lb, STRANGER, (eni_address(6), 81), PATIENCE).unwrap();
        let mut far = listener.accept().unwrap().0;
        far.set_read_timeout(Some(REFUSED)).unwrap();
        line.write_all(b"x").unwrap();
        far.read_exact(&mut [0; 1]).unwrap();
        unsay(&two.there, Kind::Interface, &eni_id("vpc-a", BALANCER)).await;
        line.write_all(b"x").unwrap();
        assert!(far.read_exact(&mut [0; 1]).is_err());
        assert!(ask_as(&lb, STRANGER, (eni_address(6), 80), REFUSED).is_err());
    });
}
