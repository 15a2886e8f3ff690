//! No range of a VPC changes where others send, whatever it is; who on the host reaches tasks.

use std::net::Ipv4Addr;

use super::control::*;
use super::support::*;
use wharf_network::*;

const PUBLIC: Ipv4Addr = Ipv4Addr::new(8, 8, 8, 8);

/// An interface that has `address`, in a subnet of 28 bits.
fn at(vpc: &str, address: Ipv4Addr) -> Mode {
    let [a, b, c, d] = address.octets();
    let first = d & 0xf0;
    Mode::Awsvpc(Eni {
        vpc_id: vpc.to_owned(),
        eni_id: eni_id(vpc, d),
        mac: MacAddress::new([0x0a, a, b, c, 0, d]),
        address,
        subnet: Subnet::new(address, 28).unwrap(),
        gateway: Ipv4Addr::new(a, b, c, first + 1),
        ipv6: Vec::new(),
    })
}

/// The way that a packet of the host takes, without what differs from one question to the next.
fn way(to: Ipv4Addr) -> String {
    ip(&format!("route get {to}"))
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

/// The host's address on an uplink, and the one at its other end.
fn ends(uplink: &str) -> (String, String) {
    let line = ip(&format!("-o addr show {uplink}"));
    let mut words = line.split_whitespace().skip(3).step_by(2);
    let (host, peer) = (words.next().unwrap(), words.next().unwrap());
    (host.to_owned(), peer.split('/').next().unwrap().to_owned())
}

/// As `way`, for a packet that comes from a task behind `uplink`.
fn forwarded(to: Ipv4Addr, uplink: &str) -> String {
    let (_, peer) = ends(uplink);
    ip(&format!("route get {to} from {peer} iif {uplink}"))
}

#[test]
fn a_vpc_of_public_addresses_takes_them_from_nobody() {
    on_a_host(|host| async move {
        let before = way(PUBLIC);
        // The real one, behind the host's default gateway.
        inside(&host.neighbour, || ip("addr add 8.8.8.8/32 dev lo"));
        let _real = Server::start(Some(&host.neighbour), 53);
        let (network, _endpoints) = host.start("ab12").await;
        let thief = network.attach("thief", at("vpc-t", PUBLIC)).await.unwrap();
        let victim = network.attach("victim", eni("vpc-a", 5)).await.unwrap();
        let bridge = network.attach("bridge", web()).await.unwrap();
        open_up(&network, "vpc-a", &[5]).await;
        assert!(!thief.host_reachable);
        let _stolen = Server::start(thief.netns.as_deref(), 53);
        assert_eq!(way(PUBLIC), before);
        for uplink in ["wab12u0", "wab12u1", "wab12u2"] {
            let way = forwarded(PUBLIC, uplink);
            assert!(way.contains("via 192.0.2.2 dev ext0"), "{uplink}: {way}");
        }
        // The neighbour sees the host; the thief would see an address of the private range.
        assert_eq!(ask((PUBLIC, 53), PATIENCE).unwrap(), EXTERNAL, "the host");
        for task in [&victim, &bridge] {
            let seen = ask_from(task.netns.as_deref(), (PUBLIC, 53), PATIENCE);
            assert_eq!(seen.unwrap(), EXTERNAL, "{:?}", task.scope);
        }
        network.teardown_all().await.unwrap();
        assert_eq!(way(PUBLIC), before);
    });
}

#[test]
fn vpcs_of_one_host_do_not_see_each_other() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let other = Ipv4Addr::new(10, 88, 0, 9);
        let two = network.attach("two", at("vpc-b", other)).await.unwrap();
        let interfaces = [
            interface("vpc-a", 5, &["sg-open"]),
            wharf_planeproto::network::Interface {
                id: eni_id("vpc-b", 9),
                address: other,
                ..interface("vpc-b", 9, &["sg-open"])
            },
        ];
        let open = interfaces.map(wharf_planeproto::Resource::Interface);
        say(
            &network,
            open.into_iter()
                .chain([group("sg-open", vec![all(ANYBODY)])]),
        )
        .await;
        let _servers = [&one, &two].map(|task| Server::start(task.netns.as_deref(), 80));
        assert!(
            ask((eni_address(5), 80), PATIENCE).is_ok(),
            "its group is open"
        );
        let refused = ask_from(one.netns.as_deref(), (other, 80), REFUSED);
        assert!(refused.is_err(), "no route leads there: {refused:?}");
        // Nor does the host forward it where an administrator made a route.
        let (_, peer) = ends("wab12u1");
        ip(&format!(
            "route add {other}/32 via {peer} dev wab12u1 onlink"
        ));
        assert!(
            ask((other, 80), PATIENCE).is_ok(),
            "the host has that route"
        );
        let refused = ask_from(one.netns.as_deref(), (other, 80), REFUSED);
        assert!(refused.is_err(), "forwarded: {refused:?}");
        // What a published port leads to is everybody's.
        let web_task = network.attach("web", web()).await.unwrap();
        let _web = Server::start(web_task.netns.as_deref(), 80);
        let port = web_task.bindings[0].host.first;
        for task in [&one, &two, &web_task] {
            let seen = ask_from(task.netns.as_deref(), (EXTERNAL, port), PATIENCE);
            assert!(seen.is_ok(), "{:?}: {seen:?}", task.scope);
        }
    });
}

#[test]
fn the_hosts_own_routes_come_first() {
    on_a_host(|host| async move {
        // As distributions set it: the way back is looked up for what comes in.
        run("sysctl", "-qw net.ipv4.conf.all.rp_filter=1");
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        open_up(&network, "vpc-a", &[5]).await;
        let _server = Server::start(task.netns.as_deref(), 80);
        assert!(task.host_reachable);
        assert!(way(eni_address(5)).contains("dev wab12u0"));
        let main = ip("route show table main");
        assert!(!main.contains("172.31."), "{main}");
        // One that comes later, wider than the task's.
        ip("route add 172.31.0.0/17 via 192.0.2.2");
        assert!(way(eni_address(5)).contains("dev ext0"));
        ip("route del 172.31.0.0/17");
        assert!(ask((eni_address(5), 80), PATIENCE).is_ok());
        // What others send is not looked up there at all.
        let others = inside(&host.neighbour, || {
            ip("route add 172.31.0.0/16 via 192.0.2.1");
            ask((eni_address(5), 80), REFUSED)
        });
        assert!(others.is_err(), "{others:?}");
    });
}

#[test]
fn a_range_with_an_address_of_the_host_is_left_alone() {
    on_a_host(|host| async move {
        ip("addr add 172.31.99.1/32 dev ext0");
        let reserved = NetworkConfig {
            reach: vec!["10.1.0.0/16".parse().unwrap()],
            reserved: vec![Ipv4Addr::new(10, 1, 2, 3)],
            ..host.config("cd34")
        };
        for (config, mode) in [
            (host.config("ab12"), eni("vpc-a", 5)),
            (reserved, at("vpc-a", Ipv4Addr::new(10, 1, 0, 9))),
        ] {
            let before = ip("rule show");
            let (network, _endpoints) = Network::start(config).await.unwrap();
            let task = network.attach("one", mode).await.unwrap();
            assert!(!task.host_reachable);
            assert_eq!(ip("rule show"), before);
        }
    });
}

#[test]
fn routes_of_a_former_version_go_at_the_start() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let near = network.attach("near", eni("vpc-a", 5)).await.unwrap();
        let far = network.attach("far", at("vpc-t", PUBLIC)).await.unwrap();
        let web_task = network.attach("web", web()).await.unwrap();
        assert!(near.host_reachable && !far.host_reachable);
        network.close().await.unwrap();
        drop(endpoints);
        let wanted = lists();
        // As it would have left them.
        ip("rule flush");
        ip("rule add pref 32766 lookup main");
        ip("route flush table 1633825074");
        for (uplink, address) in [("wab12u0", eni_address(5)), ("wab12u1", PUBLIC)] {
            let (host, peer) = ends(uplink);
            ip(&format!(
                "route add {address}/32 via {peer} dev {uplink} onlink proto 213 src {host}"
            ));
        }
        let (network, _endpoints) = host.start("ab12").await;
        let flushed = |lists: &[(&'static str, String)]| -> Vec<_> {
            let kept = lists.iter().filter(|(name, _)| *name != "rules");
            kept.cloned().collect()
        };
        assert_same_lists(&flushed(&wanted), &flushed(&lists()));
        let rules = ip("rule show");
        assert!(
            rules.contains("to 172.31.0.0/16 iif lo lookup 1633825074"),
            "{rules}"
        );
        let _server = Server::start(web_task.netns.as_deref(), 80);
        assert!(
            ask((address(&web_task), 80), PATIENCE).is_ok(),
            "bridge tasks are left alone"
        );
        network.teardown_all().await.unwrap();
        assert!(!ip("rule show").contains("1633825074"));
        assert!(!ip("rule show").contains("suppress"));
    });
}
