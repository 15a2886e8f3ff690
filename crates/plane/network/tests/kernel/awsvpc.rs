//! Elastic network interfaces: their address and nobody else's, VPCs side by side; the modes none
//! and host.

use super::control::*;
use super::support::*;
use wharf_network::*;

#[test]
fn an_interface_has_its_address_and_reaches_its_neighbours() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni("vpc-a", 6)).await.unwrap();
        open_up(&network, "vpc-a", &[5, 6]).await;
        assert!(one.host_reachable && one.bindings.is_empty());
        let links = inside(netns(&one), || ip("-o link show eth0"));
        assert!(links.contains("0a:00:00:00:00:05"), "{links}");
        let addresses = inside(netns(&one), || ip("-o addr show eth0"));
        assert!(
            addresses.contains("172.31.20.5/32") && !addresses.contains("inet6"),
            "{addresses}"
        );
        let _servers = [
            Server::start(one.netns.as_deref(), 80),
            Server::start(two.netns.as_deref(), 80),
        ];
        let _outside = Server::start(Some(&host.neighbour), 7000);

        let seen = ask_from(two.netns.as_deref(), (eni_address(5), 80), PATIENCE).unwrap();
        assert_eq!(seen, eni_address(6), "between interfaces");
        assert!(ask((eni_address(5), 80), PATIENCE).is_ok(), "from the host");
        let seen = ask_from(one.netns.as_deref(), (NEIGHBOUR, 7000), PATIENCE).unwrap();
        assert_eq!(seen, EXTERNAL, "out, hidden behind the host");
        let nobody = ask_from(one.netns.as_deref(), (eni_address(99), 80), PATIENCE).unwrap_err();
        assert_eq!(
            nobody.raw_os_error(),
            Some(113),
            "told at once: no route to host"
        );

        network.detach("two").await.unwrap();
        assert!(ask_from(one.netns.as_deref(), (eni_address(6), 80), REFUSED).is_err());
        let again = network.attach("three", eni("vpc-a", 6)).await.unwrap();
        assert!(again.host_reachable, "the address is free again");
    });
}

#[test]
fn subnets_reach_each_other_and_other_networks_through_published_ports() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        open_up(&network, "vpc-a", &[5]).await;
        let elsewhere = Mode::Awsvpc(Eni {
            vpc_id: "vpc-a".into(),
            eni_id: "eni-x".into(),
            mac: MacAddress::new([0x0a, 0, 0, 0, 1, 1]),
            address: "172.31.32.9".parse().unwrap(),
            subnet: "172.31.32.0/20".parse().unwrap(),
            gateway: "172.31.32.1".parse().unwrap(),
            ipv6: Vec::new(),
        });
        let two = network.attach("two", elsewhere).await.unwrap();
        let web_task = network.attach("web", web()).await.unwrap();
        let _servers = [
            Server::start(one.netns.as_deref(), 80),
            Server::start(web_task.netns.as_deref(), 80),
        ];
        let seen = ask_from(two.netns.as_deref(), (eni_address(5), 80), PATIENCE).unwrap();
        assert_eq!(seen, address(&two), "another subnet of the same VPC");
        let refused = ask_from(web_task.netns.as_deref(), (eni_address(5), 80), REFUSED);
        assert!(refused.is_err(), "no bridge task sees into a VPC");
        let to = (address(&web_task), 80);
        let refused = ask_from(one.netns.as_deref(), to, REFUSED);
        assert!(refused.is_err(), "nor the other way");
        let published = (EXTERNAL, web_task.bindings[0].host.first);
        assert!(
            ask_from(one.netns.as_deref(), published, PATIENCE).is_ok(),
            "a published port"
        );
    });
}

#[test]
fn an_address_cannot_be_borrowed() {
    on_a_host(|host| async move {
        let (network, mut endpoints) = host.start("ab12").await;
        let liar = network.attach("liar", eni("vpc-a", 5)).await.unwrap();
        let victim = network.attach("victim", eni("vpc-a", 6)).await.unwrap();
        let target = network.attach("target", eni("vpc-a", 7)).await.unwrap();
        let other = network.attach("other", eni("vpc-a", 8)).await.unwrap();
        open_up(&network, "vpc-a", &[7]).await;
        let ears = receiver(target.netns.as_deref(), eni_address(7), 7000);
        let metadata = Server::on(endpoints.try_recv().unwrap().listener);
        let endpoint = std::net::Ipv4Addr::new(169, 254, 170, 2);
        assert!(ask_from(liar.netns.as_deref(), (endpoint, 80), PATIENCE).is_ok());
        let to = (eni_address(7), 7000);
        shout(liar.netns.as_deref(), to, "honest");
        assert_eq!(heard(&ears), "honest");
        // With every right in its own namespace, whether the victim is there or gone.
        inside(netns(&liar), || {
            ip("addr flush dev eth0");
            ip("addr add 172.31.20.6/32 dev eth0");
            ip("route replace 172.31.16.1/32 dev eth0 scope link");
            ip("neigh replace 172.31.16.1 lladdr 02:77:68:61:72:66 dev eth0");
            ip("route replace default via 172.31.16.1 src 172.31.20.6");
        });
        for round in ["victim there", "victim gone"] {
            shout(liar.netns.as_deref(), to, "lie");
            shout(Some(netns(&other)), to, "truth");
            assert_eq!(heard(&ears), "truth", "{round}");
            let lie = ask_from(liar.netns.as_deref(), (endpoint, 80), REFUSED);
            assert!(lie.is_err(), "{round}: {lie:?}");
            network.detach("victim").await.unwrap();
        }
        drop((metadata, victim));
    });
}

#[test]
fn two_vpcs_use_the_same_addresses() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let first = network.attach("first", eni("vpc-a", 5)).await.unwrap();
        let second = network.attach("second", eni("vpc-b", 5)).await.unwrap();
        let peer = network.attach("peer", eni("vpc-b", 6)).await.unwrap();
        assert!(
            first.host_reachable && !second.host_reachable,
            "first come, first served"
        );
        assert!(peer.host_reachable);
        let _outside = Server::start(Some(&host.neighbour), 7000);
        for task in [&first, &second] {
            let seen = ask_from(task.netns.as_deref(), (NEIGHBOUR, 7000), PATIENCE).unwrap();
            assert_eq!(seen, EXTERNAL, "both reach the world");
        }
        open_up(&network, "vpc-b", &[5]).await;
        let _server = Server::start(second.netns.as_deref(), 80);
        assert!(ask_from(peer.netns.as_deref(), (eni_address(5), 80), PATIENCE).is_ok());
        assert!(
            ask((eni_address(5), 80), REFUSED).is_err(),
            "the host speaks to the first"
        );
        assert_eq!(
            network
                .key_at(&Scope::Vpc("vpc-b".into()), eni_address(5))
                .as_deref(),
            Some("second")
        );
    });
}

#[test]
fn two_installations_side_by_side() {
    for forwarding in ["0", "1"] {
        on_a_host(move |host| async move {
            run("sysctl", &format!("-qw net.ipv4.ip_forward={forwarding}"));
            live_side_by_side(&host, forwarding).await;
        });
    }
}

async fn live_side_by_side(host: &Host, forwarding: &str) {
    let (one, _endpoints) = host.start("aaaa").await;
    let (two, _more) = host.start("bbbb").await;
    let a = one.attach("a", eni("vpc-a", 5)).await.unwrap();
    let b = two.attach("b", eni("vpc-a", 5)).await.unwrap();
    assert!(a.host_reachable && !b.host_reachable);
    let web_a = one.attach("web", web()).await.unwrap();
    let web_b = two.attach("web", web()).await.unwrap();
    assert_ne!(web_a.gateway, web_b.gateway);
    assert_ne!(web_a.bindings[0].host, web_b.bindings[0].host);
    let _servers = [
        Server::start(web_a.netns.as_deref(), 80),
        Server::start(web_b.netns.as_deref(), 80),
    ];
    let check = |task: &Attachment| {
        let to = (EXTERNAL, task.bindings[0].host.first);
        ask_from(Some(&host.neighbour), to, PATIENCE).unwrap();
    };
    check(&web_a);
    check(&web_b);
    one.teardown_all().await.unwrap();
    check(&web_b);
    assert!(run("nft", "list tables").contains("wharf_bbbb"));
    assert!(!run("nft", "list tables").contains("wharf_aaaa"));
    assert_eq!(
        std::fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap(),
        "1\n"
    );
    two.teardown_all().await.unwrap();
    assert_eq!(
        std::fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap(),
        format!("{forwarding}\n"),
        "as it was"
    );
}

#[test]
fn a_range_has_one_installation() {
    on_a_host(|host| async move {
        let subnet: Subnet = "10.9.0.0/24".parse().unwrap();
        let config = |id| NetworkConfig {
            bridge_subnet: Some(subnet),
            ..host.config(id)
        };
        let (one, _endpoints) = Network::start(config("aaaa")).await.unwrap();
        let (two, _more) = Network::start(config("bbbb")).await.unwrap();
        let task = one.attach("web", web()).await.unwrap();
        assert!(subnet.contains(address(&task)));
        let refused = two.attach("web", web()).await;
        assert!(
            matches!(refused, Err(NetworkError::RangeInUse { .. })),
            "{refused:?}"
        );
        one.teardown_all().await.unwrap();
        two.attach("web", web()).await.unwrap();
    });
}

#[test]
fn the_hosts_own_neighbours_are_not_taken_from_it() {
    on_a_host(|host| async move {
        ip("addr add 172.31.20.200/20 dev ext0");
        let (network, _endpoints) = host.start("ab12").await;
        for last in [5, 200] {
            let task = network
                .attach(&format!("t{last}"), eni("vpc-a", last))
                .await
                .unwrap();
            assert!(!task.host_reachable, "the host's link has this range");
        }
    });
}

#[test]
fn contradictions_are_refused() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let Mode::Awsvpc(good) = eni("vpc-a", 5) else {
            unreachable!()
        };
        let bad = [
            Eni {
                vpc_id: "../up".into(),
                ..good.clone()
            },
            Eni {
                mac: MacAddress::new([1, 0, 0, 0, 0, 0]),
                ..good.clone()
            },
            Eni {
                gateway: EXTERNAL,
                ..good.clone()
            },
            Eni {
                address: EXTERNAL,
                ..good.clone()
            },
            Eni {
                gateway: good.address,
                ..good.clone()
            },
        ];
        for eni in bad {
            let refused = network.attach("t", Mode::Awsvpc(eni)).await;
            assert!(
                matches!(
                    refused,
                    Err(NetworkError::BadMode(_) | NetworkError::BadKey(_))
                ),
                "{refused:?}"
            );
        }
        assert!(matches!(
            network.attach("a/b", Mode::None).await,
            Err(NetworkError::BadKey(_))
        ));
        network
            .attach("t", Mode::Awsvpc(good.clone()))
            .await
            .unwrap();
        let other = network.attach("u", Mode::Awsvpc(good)).await;
        assert!(matches!(other, Err(NetworkError::AddressInUse { .. })));
        let other = network.attach("t", Mode::None).await;
        assert!(matches!(other, Err(NetworkError::KeyInUse { .. })));
        assert_eq!(network.recover().await.unwrap().len(), 1);
    });
}

#[test]
fn the_modes_none_and_host() {
    on_a_host(|host| async move {
        let before = lists();
        let (network, _endpoints) = host.start("ab12").await;
        let none = network.attach("none", Mode::None).await.unwrap();
        let links = inside(netns(&none), || ip("-o link show"));
        assert_eq!(links.lines().count(), 1, "{links}");
        assert!(links.contains("LOOPBACK,UP"), "{links}");
        let port = inside(netns(&none), || {
            std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap()
        });
        assert_eq!(port.trim(), "0");
        let own = network.attach("host", Mode::Host).await.unwrap();
        assert_eq!((own.netns, own.scope), (None, None));
        network.detach("none").await.unwrap();
        network.detach("host").await.unwrap();
        network.detach("unknown").await.unwrap();
        assert_same_lists(&before, &lists());
    });
}
