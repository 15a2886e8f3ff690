//! Flow logs: what the kernel counted of what passed interfaces, and of what was dropped at them.

use std::net::Ipv4Addr;

use super::control::*;
use super::ipv6::{ANYBODY6, ask6, at, eni6, group6, interface6, said, serve};
use super::support::*;
use wharf_network::*;
use wharf_planeproto::flows::{Flow, FlowLog, FlowsOf, Part, Window};
use wharf_planeproto::{Kind, Resource};

fn flow_log(id: &str, of: FlowsOf) -> Resource {
    Resource::FlowLog(FlowLog {
        id: id.to_owned(),
        vpc: "vpc-a".to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        of,
        accepted: true,
        rejected: true,
        tcp_flags: true,
    })
}

fn flow_table(host: &Host) -> Option<String> {
    let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
    let tables = inside(&scope, || run("nft", "list tables"));
    tables
        .contains("wharf_ab12_flows")
        .then(|| inside(&scope, || run("nft", "list table ip wharf_ab12_flows")))
}

async fn host_is(network: &Network) {
    let own = HostIdentity {
        instance_id: "i-1".to_owned(),
        underlay: None,
    };
    network.set_host(own).await.unwrap();
}

/// Windows that end now, since who reads them changes.
async fn windows(network: &Network, taken: &mut u64, log: &str) -> Vec<Window> {
    network.flows(*taken).await.unwrap();
    say(network, [flow_log(log, FlowsOf::Vpc)]).await;
    let report = network.flows(*taken).await.unwrap().unwrap();
    assert_eq!(report.instance, "i-1");
    *taken = report
        .windows
        .iter()
        .map(|it| it.number)
        .max()
        .unwrap_or(*taken);
    report.windows
}

fn of(windows: &[Window], interface: u8) -> Vec<Flow> {
    let id = eni_id("vpc-a", interface);
    let own = windows.iter().filter(|it| it.interface == id);
    own.flat_map(|it| it.flows.clone()).collect()
}

fn calls(flows: &[Flow], to: Ipv4Addr, port: u16) -> Vec<&Flow> {
    let called = |it: &&Flow| it.destination == to && it.destination_port == port;
    flows.iter().filter(called).collect()
}

#[test]
fn what_passes_and_what_is_dropped_is_counted_at_each_interface() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        host_is(&network).await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let _two = network.attach("two", eni("vpc-a", 6)).await.unwrap();
        let two = network.recover().await.unwrap();
        let two = two.iter().find(|it| it.key == "two").unwrap();
        let _server = Server::start(two.attachment.netns.as_deref(), 80);
        let rules = vec![tcp(80, ANYBODY)];
        let closed = |last| Resource::Interface(interface("vpc-a", last, &["sg-web"]));
        say(&network, [closed(5), closed(6), group("sg-web", rules)]).await;
        assert_eq!(
            flow_table(&host),
            None,
            "without flow logs there is nothing"
        );
        assert_eq!(network.flows(0).await.unwrap(), None);

        say(&network, [flow_log("fl-1", FlowsOf::Vpc)]).await;
        let mut taken = 0;
        let begun = network.flows(0).await.unwrap().unwrap();
        assert!(begun.windows.iter().all(|it| it.part == Part::Begin));
        assert_eq!(begun.windows.len(), 2);
        taken = taken.max(begun.windows[1].number);
        let call =
            |port, patience| ask_from(one.netns.as_deref(), (eni_address(6), port), patience);
        assert!(call(80, PATIENCE).is_ok());
        assert!(call(81, REFUSED).is_err());
        assert!(!pings(netns(&one), eni_address(6), REFUSED));
        let table = flow_table(&host).unwrap();
        assert!(table.contains("seen/eni-"), "{table}");

        let all = windows(&network, &mut taken, "fl-2").await;
        assert!(
            all.iter().all(|it| it.logs == ["fl-1"] && !it.skipped),
            "{all:?}"
        );
        for (interface, ingress) in [(5, false), (6, true)] {
            let flows = of(&all, interface);
            let answered = calls(&flows, eni_address(6), 80);
            assert_eq!(answered.len(), 1, "{flows:?}");
            let flow = answered[0];
            assert!(flow.accepted && flow.ingress == ingress && flow.protocol == 6);
            assert!((3..20).contains(&flow.packets), "{flow:?}");
            assert!(flow.bytes >= flow.packets * 40 && flow.bytes < flow.packets * 400);
            assert_eq!(flow.tcp_flags & 18, 2, "it began the connection: {flow:?}");
            let back = flows.iter().find(|it| it.source_port == 80).unwrap();
            assert!(back.accepted && back.ingress != ingress);
            assert_eq!(back.tcp_flags & 18, 18, "it answered: {back:?}");
            let dropped = calls(&flows, eni_address(6), 81);
            assert_eq!(dropped.len(), 1, "{flows:?}");
            assert_eq!(
                dropped[0].accepted,
                interface == 5,
                "only the receiver's group refuses"
            );
            assert_eq!(dropped[0].tcp_flags, 2);
            let pinged = flows.iter().find(|it| it.protocol == 1).unwrap();
            assert_eq!((pinged.source_port, pinged.destination_port), (0, 0));
            assert_eq!(pinged.accepted, interface == 5);
        }

        // What the sender's group refuses never comes to the receiver.
        let shut = group_with("sg-shut", vec![], vec![]);
        let mute = Resource::Interface(interface("vpc-a", 5, &["sg-shut"]));
        say(&network, [shut, mute]).await;
        assert!(call(80, REFUSED).is_err());
        let all = windows(&network, &mut taken, "fl-3").await;
        let sent = of(&all, 5);
        let sent = calls(&sent, eni_address(6), 80);
        assert_eq!((sent.len(), sent[0].accepted), (1, false));
        assert!(of(&all, 6).is_empty(), "{all:?}");

        // Nothing is lost or told twice where the process is another.
        assert!(call(80, REFUSED).is_err());
        network.flows(taken).await.unwrap();
        network.close().await.unwrap();
        drop((network, endpoints));
        let (network, _endpoints) = host.start("ab12").await;
        host_is(&network).await;
        let again = network.flows(taken).await.unwrap().unwrap();
        assert!(again.windows.iter().all(|it| it.number > taken));
        let mut resources = vec![closed(6), group("sg-web", vec![tcp(80, ANYBODY)])];
        resources.push(Resource::Interface(interface("vpc-a", 5, &["sg-shut"])));
        resources.push(group_with("sg-shut", vec![], vec![]));
        for id in ["fl-1", "fl-2", "fl-3"] {
            resources.push(flow_log(id, FlowsOf::Vpc));
        }
        say(&network, resources).await;
        let all = windows(&network, &mut taken, "fl-4").await;
        assert!(all.iter().all(|it| !it.skipped), "{all:?}");
        let sent = of(&all, 5);
        let sent = calls(&sent, eni_address(6), 80);
        assert_eq!((sent.len(), sent[0].packets), (1, 1), "{sent:?}");

        // An interface that goes tells its last; the last flow log takes the table with it.
        for id in ["fl-1", "fl-2", "fl-3"] {
            unsay(&network, Kind::FlowLog, id).await;
        }
        network.detach("two").await.unwrap();
        let report = network.flows(taken).await.unwrap().unwrap();
        let last = report.windows.last().unwrap();
        assert_eq!(
            (last.part, &*last.interface),
            (Part::End, &*eni_id("vpc-a", 6))
        );
        unsay(&network, Kind::FlowLog, "fl-4").await;
        assert_eq!(flow_table(&host), None);
        let rest = network.flows(u64::MAX).await.unwrap();
        assert!(rest.is_some_and(|it| it.windows.is_empty()));
        assert_eq!(network.flows(u64::MAX).await.unwrap(), None);
    });
}

/// The table of IPv6 is there while an interface with such an address is recorded.
#[test]
fn ipv6_is_counted_as_ipv4_is() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        host_is(&network).await;
        let one = network.attach("one", eni6("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni6("vpc-a", 6)).await.unwrap();
        let _servers = [80, 82].map(|port| serve(&two, port));
        let rules = || group6("sg-web", vec![tcp(80, ANYBODY6)]);
        let known = || [said("vpc-a", 5, &["sg-web"]), said("vpc-a", 6, &["sg-web"])];
        say(&network, known().into_iter().chain([rules()])).await;
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let has_table =
            || inside(&scope, || run("nft", "list tables")).contains("ip6 wharf_ab12_flows");
        assert!(!has_table(), "without flow logs there is nothing");
        say(&network, [flow_log("fl-1", FlowsOf::Vpc)]).await;
        assert!(has_table());
        let mut taken = 0;
        windows(&network, &mut taken, "fl-2").await;

        let call = |port, patience| ask6(netns(&one), at(6), port, patience);
        assert!(call(80, PATIENCE).is_ok());
        assert!(call(81, REFUSED).is_err());
        let all = windows(&network, &mut taken, "fl-3").await;
        assert!(all.iter().all(|it| !it.skipped), "{all:?}");
        let to = |flows: &[Flow], port| -> Vec<Flow> {
            let called = |it: &&Flow| (it.destination, it.destination_port) == (at(6).into(), port);
            flows.iter().filter(called).copied().collect()
        };
        for (interface, ingress) in [(5, false), (6, true)] {
            let flows = of(&all, interface);
            let [flow] = to(&flows, 80)[..] else {
                panic!("{flows:?}");
            };
            assert_eq!(flow.source, std::net::IpAddr::from(at(5)));
            assert!(flow.accepted && flow.ingress == ingress && flow.protocol == 6);
            assert!((3..20).contains(&flow.packets), "{flow:?}");
            assert!(flow.bytes >= flow.packets * 60 && flow.bytes < flow.packets * 400);
            assert_eq!(flow.tcp_flags & 18, 2, "it began the connection: {flow:?}");
            let back = flows.iter().find(|it| it.source_port == 80).unwrap();
            assert!(back.accepted && back.ingress != ingress);
            let dropped = to(&flows, 81);
            assert_eq!(dropped.len(), 1, "{flows:?}");
            assert_eq!(dropped[0].accepted, interface == 5, "the receiver refuses");
        }

        // Nothing is lost or told twice where the process is another, or addresses come and go.
        assert!(call(81, REFUSED).is_err());
        network.flows(taken).await.unwrap();
        network.close().await.unwrap();
        drop((network, endpoints));
        let (network, _endpoints) = host.start("ab12").await;
        host_is(&network).await;
        let logs = ["fl-1", "fl-2", "fl-3"].map(|id| flow_log(id, FlowsOf::Vpc));
        say(&network, known().into_iter().chain([rules()]).chain(logs)).await;
        let further = Resource::Interface(wharf_planeproto::network::Interface {
            ipv6: vec![at(5), at(9)],
            ..interface6("vpc-a", 5, &["sg-web"])
        });
        say(&network, [further]).await;
        let all = windows(&network, &mut taken, "fl-4").await;
        assert!(all.iter().all(|it| !it.skipped), "{all:?}");
        let sent: u64 = to(&of(&all, 5), 81).iter().map(|it| it.packets).sum();
        assert_eq!(sent, 1);
        inside(netns(&one), || {
            ip(&format!(
                "-6 route replace default via fe80::1 dev eth0 src {}",
                at(9)
            ));
        });
        assert!(call(80, PATIENCE).is_ok());
        let all = windows(&network, &mut taken, "fl-5").await;
        let sent = to(&of(&all, 5), 80);
        assert_eq!(
            sent[0].source,
            std::net::IpAddr::from(at(9)),
            "the further address"
        );

        // With the last address its table goes, and IPv4 is counted on.
        for last in [5, 6] {
            say(
                &network,
                [Resource::Interface(interface("vpc-a", last, &["sg-web"]))],
            )
            .await;
        }
        assert!(!has_table() && flow_table(&host).is_some());
    });
}

/// More flows than the kernel lists in one piece.
#[test]
fn many_flows_are_each_counted_once() {
    const MANY: u16 = 700;
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        host_is(&network).await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        network.attach("two", eni("vpc-a", 6)).await.unwrap();
        let rules = group("sg-web", vec![tcp(80, ANYBODY)]);
        let closed = |last| Resource::Interface(interface("vpc-a", last, &["sg-web"]));
        say(&network, [closed(5), closed(6), rules]).await;
        say(&network, [flow_log("fl-1", FlowsOf::Vpc)]).await;
        for _ in 0..2 {
            inside(one.netns.as_deref().unwrap(), || {
                let from = std::net::UdpSocket::bind("0.0.0.0:40000").unwrap();
                for port in 0..MANY {
                    let to = (eni_address(6), 10_000 + port);
                    from.send_to(b"x", to).unwrap();
                }
            });
        }
        let mut taken = 0;
        let mut all = windows(&network, &mut taken, "fl-2").await;
        while let Some(report) = network.flows(taken).await.unwrap()
            && let Some(last) = report.windows.last()
        {
            taken = last.number;
            all.extend(report.windows);
        }
        assert!(all.iter().all(|it| !it.skipped));
        for (interface, accepted) in [(5, true), (6, false)] {
            let flows = of(&all, interface);
            assert_eq!(flows.len(), usize::from(MANY), "{interface}");
            let is_right = |it: &Flow| it.accepted == accepted && it.packets == 2;
            assert!(flows.iter().all(is_right), "{interface}");
        }
    });
}

#[test]
fn flow_logs_are_of_a_subnet_or_of_one_interface() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        host_is(&network).await;
        for (key, last) in [("one", 5), ("two", 6)] {
            network.attach(key, eni("vpc-a", last)).await.unwrap();
        }
        open_up(&network, "vpc-a", &[5, 6]).await;
        let recorded = |table: Option<String>| {
            let table = table.unwrap_or_default();
            [5, 6].map(|last| table.contains(&format!("passed/{}", eni_id("vpc-a", last))))
        };
        for (of, expected) in [
            (FlowsOf::Interface(eni_id("vpc-a", 6)), [false, true]),
            (FlowsOf::Subnet("172.31.16.0/20".to_owned()), [true, true]),
            (FlowsOf::Subnet("172.31.32.0/20".to_owned()), [false, false]),
            (FlowsOf::Subnet("nonsense".to_owned()), [false, false]),
            (FlowsOf::Interface(eni_id("vpc-a", 5)), [true, false]),
        ] {
            say(&network, [flow_log("fl-1", of.clone())]).await;
            assert_eq!(recorded(flow_table(&host)), expected, "{of:?}");
        }
        // What is counted of it changes, in one batch.
        for (rejected, tcp_flags) in [(false, false), (true, false), (false, true)] {
            let Resource::FlowLog(log) = flow_log("fl-1", FlowsOf::Vpc) else {
                unreachable!()
            };
            let log = FlowLog {
                rejected,
                tcp_flags,
                ..log
            };
            say(&network, [Resource::FlowLog(log)]).await;
            let table = flow_table(&host).unwrap();
            assert_eq!(table.contains("seen/eni-"), rejected);
        }
        let report = network.flows(0).await.unwrap().unwrap();
        assert!(report.windows.iter().all(|it| !it.skipped), "{report:?}");
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        // Somebody takes the table away: it comes back, and what was lost is told.
        inside(&scope, || run("nft", "delete table ip wharf_ab12_flows"));
        say(&network, [flow_log("fl-2", FlowsOf::Vpc)]).await;
        assert_eq!(recorded(flow_table(&host)), [true, true]);
        say(&network, [flow_log("fl-3", FlowsOf::Vpc)]).await;
        let report = network.flows(0).await.unwrap().unwrap();
        assert!(report.windows.iter().any(|it| it.skipped), "{report:?}");
    });
}

#[test]
fn calls_to_instances_are_judged_where_they_come_in() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        host_is(&network).await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let it = network
            .attach("i-0123456789abcdef0", eni("vpc-a", 6))
            .await
            .unwrap();
        let _server = Server::start(it.netns.as_deref(), 80);
        let closed = |last| Resource::Interface(interface("vpc-a", last, &["sg-web"]));
        let rules = group("sg-web", vec![tcp(80, ANYBODY)]);
        say(&network, [closed(5), closed(6), rules]).await;
        say(&network, [flow_log("fl-1", FlowsOf::Vpc)]).await;
        let call =
            |port, patience| ask_from(one.netns.as_deref(), (eni_address(6), port), patience);
        assert!(call(80, PATIENCE).is_ok());
        assert!(call(22, REFUSED).is_err());
        let mut taken = 0;
        let all = windows(&network, &mut taken, "fl-2").await;
        for interface in [5, 6] {
            let flows = of(&all, interface);
            assert!(
                calls(&flows, eni_address(6), 80)
                    .iter()
                    .all(|it| it.accepted)
            );
            let refused = calls(&flows, eni_address(6), 22);
            assert_eq!(refused.len(), 1, "{interface}: {flows:?}");
            assert_eq!(refused[0].accepted, interface == 5);
        }
    });
}
