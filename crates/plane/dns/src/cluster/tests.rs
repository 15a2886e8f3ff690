use std::time::Duration;

use hickory_proto::op::{Query, ResponseCode};
use hickory_proto::rr::{Name as DnsName, RecordType};
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use wharf_kube_client::fake::Fake;
use wharf_kube_client::kind;
use wharf_kube_services::Book;
use wharf_planeproto::Resource;
use wharf_planeproto::network::{Interface, Vpc};

use super::*;
use crate::names::Said;

const MOMENT: Duration = Duration::from_secs(60);
const VPC: &str = "vpc-a";
const MEMBER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const OF_OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 6);
const STRANGER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 7);

/// The VPC has an interface at 10.0.0.9.
fn names() -> Names {
    let names = Names::new("us-east-1", Vec::new);
    names.replace([
        Resource::Vpc(Vpc {
            id: VPC.to_owned(),
            region: "us-east-1".to_owned(),
            cidrs: vec!["10.0.0.0/16".to_owned()],
            vni: 1,
            main_route_table: None,
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: None,
        }),
        Resource::Interface(Interface {
            id: "eni-1".to_owned(),
            vpc: VPC.to_owned(),
            subnet_cidr: String::new(),
            address: Ipv4Addr::new(10, 0, 0, 9),
            mac: String::new(),
            groups: Vec::new(),
            host: None,
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        }),
    ]);
    names
}

/// A node of which `member` alone asks; it has heard of all that there is if `is_whole`.
fn join(names: &Names, member: Ipv4Addr, is_whole: bool, services: &[(&str, Value)]) -> Joined {
    let mut book = Book::default();
    for (name, spec) in services {
        book.put_service(&json!({"metadata": {"namespace": "n", "name": name}, "spec": spec}));
    }
    let zone = Zone::of(&book);
    let node = Arc::new(Node {
        vpc: VPC.to_owned(),
        is_member: Box::new(move |it| it == member),
        zone: RwLock::new(zone),
        is_whole: AtomicBool::new(is_whole),
    });
    names.clusters().nodes.write().push(node.clone());
    let names = names.clone();
    Joined { names, node }
}

/// The code and what the records say; `None` if others are to be asked.
fn said(
    names: &Names,
    vpc: &str,
    source: Ipv4Addr,
    name: &str,
    kind: RecordType,
) -> Option<(ResponseCode, Vec<String>)> {
    let query = Query::query(DnsName::from_ascii(name).unwrap(), kind);
    match names.of_cluster(vpc, source, &query) {
        Said::AtOnce(it) => Some((
            it.code,
            it.answers.iter().map(|it| it.data.to_string()).collect(),
        )),
        Said::ByOthers(_) => None,
    }
}

fn found(all: &[&str]) -> Option<(ResponseCode, Vec<String>)> {
    Some((
        ResponseCode::NoError,
        all.iter().map(|it| (*it).to_owned()).collect(),
    ))
}

fn nothing(code: ResponseCode) -> Option<(ResponseCode, Vec<String>)> {
    Some((code, Vec::new()))
}

fn web(address: &str) -> (&'static str, Value) {
    ("web", json!({"clusterIP": address}))
}

fn far(name: &'static str, to: &str) -> (&'static str, Value) {
    (name, json!({"type": "ExternalName", "externalName": to}))
}

#[test]
fn who_asks_decides_the_cluster() {
    let names = names();
    let one = join(&names, MEMBER, true, &[web("10.100.0.7")]);
    let _other = join(&names, OF_OTHER, true, &[web("10.100.0.8")]);
    let of = |vpc, source| {
        said(
            &names,
            vpc,
            source,
            "web.n.svc.cluster.local.",
            RecordType::A,
        )
    };
    assert_eq!(of(VPC, MEMBER), found(&["10.100.0.7"]));
    assert_eq!(of(VPC, OF_OTHER), found(&["10.100.0.8"]));
    assert_eq!(of(VPC, STRANGER), nothing(ResponseCode::Refused));
    assert_eq!(of("vpc-b", MEMBER), nothing(ResponseCode::Refused));
    drop(one);
    assert_eq!(of(VPC, MEMBER), nothing(ResponseCode::Refused));
    assert_eq!(of(VPC, OF_OTHER), found(&["10.100.0.8"]));
}

#[test]
fn nothing_is_absent_before_all_was_heard_of() {
    for (is_whole, absent) in [
        (false, ResponseCode::ServFail),
        (true, ResponseCode::NXDomain),
    ] {
        let names = names();
        let _node = join(&names, MEMBER, is_whole, &[web("10.100.0.7")]);
        let of = |name| said(&names, VPC, MEMBER, name, RecordType::A);
        assert_eq!(of("web.n.svc.cluster.local."), found(&["10.100.0.7"]));
        assert_eq!(of("late.n.svc.cluster.local."), nothing(absent));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_known_before_is_answered_until_the_first_list_replaces_it() {
    let service = |name: &str, address: &str| {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": "n", "name": name}, "spec": {"clusterIP": address},
        })
    };
    let (names, server, stop) = (names(), Fake::new(), CancellationToken::new());
    let (client, made) = (server.client(), service("made", "10.100.0.8"));
    let made = client.create(&kind::SERVICE, "n", &made).await;
    made.unwrap();
    server.shut(Some("services"));
    let mut before = Book::default();
    before.put_service(&service("web", "10.100.0.7"));
    let services = Services::start(client, &stop).knowing(before);
    let (its_names, its_services) = (names.clone(), services.clone());
    let follow = async move {
        let vpc = VPC.to_owned();
        its_names
            .follow_cluster(vpc, |it| it == MEMBER, its_services)
            .await;
    };
    let _following = AbortOnDropHandle::new(tokio::spawn(follow));
    sleep(MOMENT).await;
    let of = |name: &str| said(&names, VPC, MEMBER, name, RecordType::A);
    assert_eq!(of("web.n.svc.cluster.local."), found(&["10.100.0.7"]));
    let unknown = nothing(ResponseCode::ServFail);
    assert_eq!(of("made.n.svc.cluster.local."), unknown);
    server.shut(None);
    services.synced().await;
    sleep(MOMENT).await;
    let absent = nothing(ResponseCode::NXDomain);
    assert_eq!(of("web.n.svc.cluster.local."), absent);
    assert_eq!(of("made.n.svc.cluster.local."), found(&["10.100.0.8"]));
}

#[test]
fn other_names_are_those_of_the_vpc_and_aliases_lead_there() {
    let names = names();
    let services = [
        far("far", "ip-10-0-0-9.ec2.internal"),
        far("near", "far.n.svc.cluster.local"),
        far("lost", "ip-10-0-0-77.ec2.internal"),
        far("world", "example.org"),
        far("ping", "pong.n.svc.cluster.local"),
        far("pong", "ping.n.svc.cluster.local"),
    ];
    let _node = join(&names, MEMBER, true, &services);
    let of = |name: &str, kind| said(&names, VPC, MEMBER, name, kind);
    let address = "10.0.0.9";
    let host = "ip-10-0-0-9.ec2.internal.";
    let far = "far.n.svc.cluster.local.";
    assert_eq!(of(host, RecordType::A), found(&[address]));
    assert_eq!(of(far, RecordType::A), found(&[host, address]));
    assert_eq!(of(far, RecordType::CNAME), found(&[host]));
    let near = of("near.n.svc.cluster.local.", RecordType::A);
    assert_eq!(near, found(&[far, host, address]));
    let (code, answers) = of("lost.n.svc.cluster.local.", RecordType::A).unwrap();
    assert_eq!((code, answers.len()), (ResponseCode::NXDomain, 1));
    assert_eq!(of("example.org.", RecordType::A), None);
    assert_eq!(of("world.n.svc.cluster.local.", RecordType::A), None);
    let round = of("ping.n.svc.cluster.local.", RecordType::A);
    assert_eq!(round, nothing(ResponseCode::ServFail));
}
