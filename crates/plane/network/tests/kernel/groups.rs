//! Security groups: who may speak to whom, from the first packet to the last.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use super::control::*;
use super::support::*;
use wharf_network::*;
use wharf_planeproto::{Kind, Resource};

/// Three tasks in `vpc-a`, at 5, 6 and 7.
async fn three(network: &Network) -> [Attachment; 3] {
    let mut tasks = Vec::new();
    for last in [5, 6, 7] {
        let key = format!("task-{last}");
        tasks.push(network.attach(&key, eni("vpc-a", last)).await.unwrap());
    }
    tasks.try_into().unwrap()
}

fn interfaces(groups: &[(u8, &[&str])]) -> Vec<Resource> {
    let each = groups.iter();
    each.map(|(last, groups)| Resource::Interface(interface("vpc-a", *last, groups)))
        .collect()
}

fn reaches(from: &Attachment, to: u8, port: u16) -> bool {
    let to = (eni_address(to), port);
    ask_from(from.netns.as_deref(), to, REFUSED).is_ok()
}

#[test]
fn an_interface_that_nobody_spoke_of_calls_and_is_not_called() {
    on_a_host(|host| async move {
        let (network, mut endpoints) = host.start("ab12").await;
        let [one, two, _] = three(&network).await;
        let _servers = [80, 81].map(|port| Server::start(one.netns.as_deref(), port));
        let _outside = Server::start(Some(&host.neighbour), 7000);
        let _metadata = Server::on(endpoints.try_recv().unwrap().listener);
        assert!(!reaches(&two, 5, 80), "from a neighbour");
        assert!(
            ask((eni_address(5), 80), PATIENCE).is_ok(),
            "from the host itself"
        );
        let to = (NEIGHBOUR, 7000);
        assert!(
            ask_from(one.netns.as_deref(), to, PATIENCE).is_ok(),
            "to the world"
        );
        let endpoint = (Ipv4Addr::new(169, 254, 170, 2), 80);
        assert!(ask_from(one.netns.as_deref(), endpoint, PATIENCE).is_ok());
        let bridge = network.attach("bridge", web()).await.unwrap();
        let from_bridge = ask_from(bridge.netns.as_deref(), (eni_address(5), 80), REFUSED);
        assert!(from_bridge.is_err(), "from a bridge task");
    });
}

#[test]
fn what_a_group_allows() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two, three] = three(&network).await;
        let _servers = [80, 81, 82].map(|port| Server::start(one.netns.as_deref(), port));
        let rules = vec![
            tcp(80, "172.31.20.6/32"),
            tcp(81, "@sg-clients"),
            ping("172.31.20.7/32"),
        ];
        let mut said = interfaces(&[(5, &["sg-web"]), (6, &["sg-other"]), (7, &["sg-clients"])]);
        said.push(group("sg-web", rules));
        said.push(group("sg-other", vec![]));
        said.push(group("sg-clients", vec![]));
        say(&network, said).await;
        assert!(reaches(&two, 5, 80), "its address is named");
        assert!(!reaches(&three, 5, 80));
        assert!(reaches(&three, 5, 81), "its group is named");
        assert!(!reaches(&two, 5, 81) && !reaches(&two, 5, 82));
        let ping = |from: &Attachment| pings(netns(from), eni_address(5), REFUSED);
        assert!(ping(&three) && !ping(&two));
        assert!(ask((eni_address(5), 80), REFUSED).is_err(), "nor the host");

        // The sender is asked as well.
        let shy = group_with("sg-clients", vec![], vec![tcp(443, ANYBODY)]);
        say(&network, [shy]).await;
        assert!(!reaches(&three, 5, 81));
        say(&network, [group("sg-clients", vec![])]).await;
        assert!(reaches(&three, 5, 81));

        // Groups come and go with the interface's record.
        say(&network, interfaces(&[(6, &["sg-other", "sg-clients"])])).await;
        assert!(reaches(&two, 5, 81), "any of several groups");
        say(&network, interfaces(&[(6, &["sg-other"])])).await;
        assert!(!reaches(&two, 5, 81));
        // One that has them elsewhere counts too, and counts no more when it is gone.
        unsay(&network, Kind::SecurityGroup, "sg-web").await;
        assert!(!reaches(&two, 5, 80), "a group that is gone allows nothing");
    });
}

#[test]
fn the_host_is_an_address_like_others() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("web", eni("vpc-a", 5)).await.unwrap();
        let bridge = network.attach("bridge", web()).await.unwrap();
        let _server = Server::start(task.netns.as_deref(), 80);
        let uplink = bridge.gateway.unwrap();
        let to = (eni_address(5), 80);
        let mut said = interfaces(&[(5, &["sg-web"])]);
        said.push(group("sg-web", vec![tcp(80, "@sg-web")]));
        say(&network, said).await;
        assert!(ask(to, REFUSED).is_err());
        say(
            &network,
            [group("sg-web", vec![tcp(80, &format!("{uplink}/32"))])],
        )
        .await;
        assert_eq!(ask(to, PATIENCE).unwrap(), uplink);
        assert!(ask_from(bridge.netns.as_deref(), to, REFUSED).is_err());
        say(&network, [group("sg-web", vec![tcp(80, ANYBODY)])]).await;
        assert!(ask(to, PATIENCE).is_ok());
        let from_bridge = ask_from(bridge.netns.as_deref(), to, REFUSED);
        assert!(from_bridge.is_err(), "no way leads from there");
    });
}

/// A connection from task 6 to task 5, and whether it still carries something each way.
struct Talk {
    client: TcpStream,
    server: TcpStream,
}

impl Talk {
    fn begin(from: &Attachment, to: &Attachment, port: u16) -> Self {
        let listener = inside(netns(to), || TcpListener::bind(("0.0.0.0", port)).unwrap());
        let to = (address(to), port);
        let client = inside(netns(from), || TcpStream::connect(to).unwrap());
        let (server, _) = listener.accept().unwrap();
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
        }
        Self { client, server }
    }

    fn carries(&mut self, patience: Duration) -> [bool; 2] {
        let up = passes(&mut self.client, &mut self.server, patience);
        [up, passes(&mut self.server, &mut self.client, patience)]
    }
}

fn passes(from: &mut TcpStream, to: &mut TcpStream, patience: Duration) -> bool {
    to.set_read_timeout(Some(patience)).unwrap();
    from.write_all(b"x").unwrap();
    let mut buffer = [0; 1];
    match to.read_exact(&mut buffer) {
        Ok(()) => true,
        Err(error) => {
            assert!(matches!(
                error.kind(),
                ErrorKind::WouldBlock | ErrorKind::TimedOut
            ));
            false
        }
    }
}

const NOTHING: [bool; 2] = [false, false];
const BOTH: [bool; 2] = [true, true];

#[test]
fn a_revoked_rule_cuts_a_live_connection() {
    type Revoke = fn() -> Vec<Resource>;
    let ways: [(&str, Revoke); 5] = [
        ("the rule", || vec![group("sg-web", vec![tcp(81, ANYBODY)])]),
        ("the peer's membership", || {
            interfaces(&[(6, &["sg-others"])])
        }),
        ("the receiver's group", || {
            interfaces(&[(5, &["sg-others"])])
        }),
        ("the sender's egress", || {
            vec![group_with("sg-clients", vec![], vec![tcp(443, ANYBODY)])]
        }),
        ("the sender's address", || {
            let moved = interface("vpc-a", 6, &["sg-clients"]);
            let address = eni_address(66);
            vec![Resource::Interface(wharf_planeproto::network::Interface {
                address,
                ..moved
            })]
        }),
    ];
    for (what, revoke) in ways {
        on_a_host(move |host| async move {
            let (network, _endpoints) = host.start("ab12").await;
            let [one, two, _] = three(&network).await;
            let mut said = interfaces(&[(5, &["sg-web"]), (6, &["sg-clients"])]);
            said.push(group(
                "sg-web",
                vec![tcp(80, "@sg-clients"), tcp(81, ANYBODY)],
            ));
            said.push(group("sg-clients", vec![]));
            said.push(group("sg-others", vec![]));
            say(&network, said.clone()).await;
            let mut revoked = Talk::begin(&two, &one, 80);
            let mut kept = Talk::begin(&two, &one, 81);
            assert_eq!(revoked.carries(PATIENCE), BOTH, "{what}");
            assert_eq!(kept.carries(PATIENCE), BOTH, "{what}");
            say(&network, revoke()).await;
            assert_eq!(revoked.carries(REFUSED), NOTHING, "{what}");
            if ["the rule", "the peer's membership", "the sender's address"].contains(&what) {
                assert_eq!(
                    kept.carries(PATIENCE),
                    BOTH,
                    "{what}: what is allowed goes on"
                );
            }
            // Given back in time, it goes on where it was.
            say(&network, said).await;
            assert_eq!(kept.carries(PATIENCE), BOTH, "{what}");
        });
    }
}

#[test]
fn answers_stop_with_the_question() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two, _] = three(&network).await;
        let mut said = interfaces(&[(5, &["sg-web"]), (6, &["sg-clients"])]);
        said.push(group("sg-web", vec![udp(53, "@sg-clients")]));
        said.push(group("sg-clients", vec![]));
        say(&network, said).await;
        let bind = |task: &Attachment, port: u16| {
            let socket = inside(netns(task), || {
                UdpSocket::bind((address(task), port)).unwrap()
            });
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            socket
        };
        let (server, client) = (bind(&one, 53), bind(&two, 4000));
        let mut buffer = [0; 8];
        client.send_to(b"?", (address(&one), 53)).unwrap();
        server.recv_from(&mut buffer).unwrap();
        server.send_to(b"!", (address(&two), 4000)).unwrap();
        client.recv_from(&mut buffer).unwrap();
        say(&network, [group("sg-web", vec![])]).await;
        client.set_read_timeout(Some(REFUSED)).unwrap();
        server.send_to(b"late", (address(&two), 4000)).unwrap();
        assert!(client.recv_from(&mut buffer).is_err());
    });
}

#[test]
fn the_rules_outlive_the_agent() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let [one, two, three] = three(&network).await;
        let _server = Server::start(one.netns.as_deref(), 80);
        let mut said = interfaces(&[(5, &["sg-web"]), (6, &["sg-clients"]), (7, &["sg-idle"])]);
        said.push(group("sg-web", vec![tcp(80, "@sg-clients")]));
        said.push(group("sg-idle", vec![]));
        said.push(group("sg-clients", vec![]));
        say(&network, said.clone()).await;
        network.close().await.unwrap();
        drop(endpoints);
        let (network, _endpoints) = host.start("ab12").await;
        for moment in ["before the first word", "after it"] {
            assert!(reaches(&two, 5, 80), "{moment}");
            assert!(!reaches(&three, 5, 80), "{moment}");
            let fresh = network.attach("fresh", eni("vpc-a", 8)).await.unwrap();
            assert!(!reaches(&fresh, 5, 80), "{moment}");
            network.detach("fresh").await.unwrap();
            network
                .apply(NetworkUpdate::Snapshot(said.clone()))
                .await
                .unwrap();
        }
        // Flushed by somebody: the next change brings all of it back.
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        inside(&scope, || run("nft", "flush ruleset"));
        say(&network, [group("sg-web", vec![tcp(80, "172.31.20.7/32")])]).await;
        assert!(reaches(&three, 5, 80) && !reaches(&two, 5, 80));
        // What a snapshot does not name is no more.
        let mut rest = said;
        rest.retain(|resource| resource.key().id != "sg-clients");
        network.apply(NetworkUpdate::Snapshot(rest)).await.unwrap();
        assert!(!reaches(&two, 5, 80), "nobody allows it to call");
    });
}

#[test]
fn a_task_with_every_right_in_its_namespace_gains_nothing() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [target, liar, victim] = three(&network).await;
        let _server = Server::start(target.netns.as_deref(), 80);
        let _own = Server::start(victim.netns.as_deref(), 80);
        let mut said = interfaces(&[(5, &["sg-web"]), (6, &["sg-none"]), (7, &["sg-clients"])]);
        said.push(group("sg-web", vec![all("@sg-clients"), all("@sg-web")]));
        said.push(group("sg-clients", vec![all("@sg-web")]));
        said.push(group_with("sg-none", vec![], vec![all("172.31.20.5/32")]));
        say(&network, said).await;
        assert!(reaches(&victim, 5, 80) && !reaches(&liar, 5, 80));
        // Its own rules are nothing to others.
        inside(netns(&liar), || {
            run("nft", "add table ip wharf_ab12");
            run("nft", "flush ruleset");
        });
        assert!(!reaches(&liar, 5, 80));
        // The victim's address and hardware address, while the victim is there.
        let ears = receiver(target.netns.as_deref(), eni_address(5), 7000);
        inside(netns(&liar), || {
            ip("link set eth0 down");
            ip("link set eth0 address 0a:00:00:00:00:07");
            ip("addr flush dev eth0");
            ip("addr add 172.31.20.7/32 dev eth0");
            ip("link set eth0 up");
            ip("route replace 172.31.16.1/32 dev eth0 scope link");
            ip("neigh replace 172.31.16.1 lladdr 02:77:68:61:72:66 dev eth0");
            ip("route replace default via 172.31.16.1 src 172.31.20.7");
        });
        shout(liar.netns.as_deref(), (eni_address(5), 7000), "lie");
        shout(victim.netns.as_deref(), (eni_address(5), 7000), "truth");
        assert_eq!(heard(&ears), "truth");
        // What is for the victim goes to the victim.
        let _thief = Server::start(liar.netns.as_deref(), 81);
        assert!(reaches(&target, 7, 80));
        assert!(
            !reaches(&target, 7, 81),
            "nobody listens there but the thief"
        );
        // Nor is the second address of a link any better than the first.
        inside(netns(&liar), || {
            ip("addr add 172.31.20.6/32 dev eth0");
            ip("route replace default via 172.31.16.1 src 172.31.20.6");
        });
        assert!(!reaches(&liar, 5, 80));
    });
}

#[test]
fn what_went_through_is_counted() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two, _] = three(&network).await;
        open_up(&network, "vpc-a", &[5, 6]).await;
        let ears = receiver(one.netns.as_deref(), eni_address(5), 7000);
        let before = network.counters("task-5").await.unwrap().unwrap();
        let text = "0123456789".repeat(6);
        shout(two.netns.as_deref(), (eni_address(5), 7000), &text);
        heard(&ears);
        let after = network.counters("task-5").await.unwrap().unwrap();
        assert_eq!(after.rx_packets, before.rx_packets + 1);
        // With the headers of UDP, IP and the link.
        assert_eq!(after.rx_bytes, before.rx_bytes + 60 + 8 + 20 + 14);
        assert_eq!(after.tx_packets, before.tx_packets);
        network.attach("none", Mode::None).await.unwrap();
        assert_eq!(network.counters("none").await.unwrap(), None);
        let unknown = network.counters("nobody").await;
        assert!(matches!(unknown, Err(NetworkError::NoSuchAttachment(_))));
    });
}

#[test]
fn interfaces_of_load_balancers_are_wired_without_a_task() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let task = network.attach("task", eni("vpc-a", 5)).await.unwrap();
        let _server = Server::start(task.netns.as_deref(), 80);
        let balancer = |on: &str| {
            let mut of = interface("vpc-a", 9, &["sg-lb"]);
            of.load_balancer = Some("arn:lb".to_owned());
            on_host(on, of)
        };
        let mut said = interfaces(&[(5, &["sg-web"])]);
        said.push(group("sg-web", vec![tcp(80, "@sg-lb")]));
        said.push(group("sg-lb", vec![]));
        said.push(balancer("i-1"));
        network.apply(NetworkUpdate::Snapshot(said)).await.unwrap();
        let key = format!("lb-{}", eni_id("vpc-a", 9));
        let path = Network::netns_path(&host.dir.path().join("network-ab12"), &key);
        assert!(!path.exists(), "this host is nobody yet");
        let own = HostIdentity {
            instance_id: "i-1".to_owned(),
            underlay: None,
        };
        network.set_host(own.clone()).await.unwrap();
        let asked = || ask_from(Some(&path), (eni_address(5), 80), PATIENCE);
        assert_eq!(asked().unwrap(), eni_address(9));
        assert_eq!(
            network.recover().await.unwrap().len(),
            1,
            "no task to be told of"
        );
        let theirs = network.attach(&key, Mode::None).await;
        assert!(matches!(theirs, Err(NetworkError::BadKey(_))));
        // A successor finds it.
        network.close().await.unwrap();
        drop(endpoints);
        let (network, _endpoints) = host.start("ab12").await;
        assert!(asked().is_ok());
        network.set_host(own).await.unwrap();
        say(&network, [balancer("i-2")]).await;
        assert!(!path.exists());
    });
}

#[test]
fn the_rules_read_as_meant() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        three(&network).await;
        let mut said = interfaces(&[(5, &["sg-web"]), (6, &["sg-clients", "sg-web"])]);
        let rules = vec![
            tcp(80, "@sg-clients"),
            tcp(81, "10.0.0.0/8"),
            ping(ANYBODY),
            all("fe80::/10"),
        ];
        said.push(group("sg-web", rules));
        said.push(group_with(
            "sg-clients",
            vec![],
            vec![udp(53, "10.1.2.3/32")],
        ));
        say(&network, said).await;
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let list = || {
            let table = inside(&scope, || run("nft", "list table ip wharf_ab12"));
            // Generations differ from run to run.
            let words = table.split_whitespace();
            words.collect::<Vec<_>>().join(" ")
        };
        let table = list();
        for part in [
            "set group/sg-clients { type ipv4_addr elements = { 172.31.20.6 } }",
            "172.31.20.5 : goto out/+sg-web",
            "172.31.20.6 : goto in/+sg-clients+sg-web",
            "172.31.20.7 : goto in/++unknown",
            "type filter hook forward priority filter + 5; policy accept;",
            "ct original ip saddr vmap @senders",
            "ct reply ip saddr vmap @receivers",
            "ct direction original iifname \"wab12e*\" drop",
            "chain in/+sg-clients+sg-web { jump in/sg-clients jump in/sg-web drop }",
            "chain in/sg-clients { }",
            "ct original ip saddr @group/sg-clients goto admit",
            "ct original ip saddr 10.0.0.0/8 goto admit",
            "ct reply ip saddr 10.1.2.3 accept",
            "chain out/sg-web { accept }",
        ] {
            assert!(table.contains(part), "{part}\nis not in\n{table}");
        }
        assert!(
            !table.contains("group/sg-web") && !table.contains("fe80"),
            "{table}"
        );
        // What nobody needs is not there.
        for last in [5, 6] {
            network.detach(&format!("task-{last}")).await.unwrap();
        }
        let table = list();
        assert!(!table.contains("sg-"), "{table}");
    });
}
