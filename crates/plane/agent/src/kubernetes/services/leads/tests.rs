use serde_json::{Value, json};

use super::*;

fn node() -> Node {
    Node {
        instance: "i-1".to_owned(),
        name: "here".to_owned(),
        zone: "near".to_owned(),
        address: Ipv4Addr::new(172, 31, 0, 9),
        api_server: "169.254.170.2:20001".parse().unwrap(),
        pod_identity: "169.254.170.2:20002".parse().unwrap(),
        health: "169.254.170.2:20003".parse().unwrap(),
    }
}

fn entry(namespace: &str, name: &str, spec: &Value, endpoints: &[&str]) -> Entry {
    let mut book = wharf_kube_services::Book::default();
    book.put_service(&json!({"metadata": {"namespace": namespace, "name": name}, "spec": spec}));
    let endpoints = endpoints
        .iter()
        .map(|it| json!({"addresses": [it], "nodeName": "there"}));
    book.put_slice(&json!({
        "metadata": {"namespace": namespace, "name": "x", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4", "ports": [{"name": "https", "port": 8080}], "endpoints": endpoints.collect::<Vec<_>>(),
    }));
    book.get(&Name::new(namespace, name)).unwrap().clone()
}

fn shown_lead(lead: &Lead) -> String {
    match lead {
        Lead::To {
            endpoints,
            sticky,
            by_node,
        } => {
            let all: Vec<String> = endpoints.iter().map(ToString::to_string).collect();
            let sticky = if sticky.is_some() { " sticky" } else { "" };
            let by_node = if *by_node { " by node" } else { "" };
            format!("{}{sticky}{by_node}", all.join(","))
        }
        Lead::Only { sources, lead } => {
            let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
            format!("{} for [{}]", shown_lead(lead), sources.join(" "))
        }
        other => format!("{other:?}"),
    }
}

fn shown(all: &BTreeMap<FrontEnd, Lead>) -> Vec<String> {
    let one = |(at, lead): (&FrontEnd, &Lead)| {
        let lead = shown_lead(lead);
        let who = match at.caller {
            Caller::Member => "",
            Caller::Other => "others ",
            Caller::Own => "itself ",
        };
        format!("{who}{}/{}:{} {lead}", at.address, at.protocol, at.port)
    };
    all.iter().map(one).collect()
}

#[test]
fn addresses_of_a_service_and_its_node_port_lead_to_its_endpoints() {
    let spec = json!({
        "type": "NodePort", "clusterIP": "10.100.0.7", "sessionAffinity": "ClientIP",
        "externalIPs": ["192.0.2.7", "169.254.170.2", "127.0.0.1", "172.31.0.9"],
        "ports": [{"name": "https", "port": 80, "nodePort": 30080}, {"name": "s", "port": 81, "protocol": "SCTP"}],
    });
    let all = leads(
        &entry("a", "s", &spec, &["10.0.0.1", "127.0.0.1"]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(
        shown(&all),
        [
            "10.100.0.7/6:80 10.0.0.1:8080 sticky",
            "172.31.0.9/6:30080 10.0.0.1:8080 sticky by node",
            "192.0.2.7/6:80 10.0.0.1:8080 sticky",
            "others 172.31.0.9/6:30080 10.0.0.1:8080 sticky by node",
            "itself 172.31.0.9/6:30080 10.0.0.1:8080 sticky",
        ]
    );
}

#[test]
fn no_service_has_addresses_of_links_of_hosts_or_of_the_node() {
    for address in [
        "169.254.169.254",
        "169.254.170.23",
        "127.0.0.1",
        "172.31.0.9",
        "224.0.0.1",
    ] {
        let spec = json!({"clusterIP": address, "ports": [{"name": "https", "port": 80}]});
        let all = leads(
            &entry("a", "s", &spec, &["10.0.0.1"]),
            &node(),
            &Parts::new(),
        );
        assert!(all.is_empty(), "{address}");
    }
}

/// A service whose load balancer somebody else made.
fn balanced(ingress: &Value, sources: &[&str]) -> Entry {
    let mut book = wharf_kube_services::Book::default();
    book.put_service(&json!({
        "metadata": {"namespace": "a", "name": "s"},
        "spec": {
            "type": "LoadBalancer", "loadBalancerClass": "example.com/theirs", "clusterIP": "10.100.0.7",
            "externalIPs": ["192.0.2.8"], "loadBalancerSourceRanges": sources,
            "ports": [{"name": "https", "port": 80, "nodePort": 30080}],
        },
        "status": {"loadBalancer": {"ingress": ingress}},
    }));
    book.put_slice(&json!({
        "metadata": {"namespace": "a", "name": "x", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4", "ports": [{"name": "https", "port": 8080}],
        "endpoints": [{"addresses": ["10.0.0.1"], "nodeName": "there"}],
    }));
    book.get(&Name::new("a", "s")).unwrap().clone()
}

#[test]
fn a_load_balancers_address_is_for_its_source_ranges_and_others_are_for_all() {
    let ingress = json!([
        {"ip": "192.0.2.7", "ipMode": "VIP"}, {"ip": "192.0.2.9", "ipMode": "Proxy"},
        {"hostname": "x.example.com"}, {"ip": "10.100.0.7"}, {"ip": "192.0.2.8"},
    ]);
    let told = |sources: &[&str]| {
        let all = leads(&balanced(&ingress, sources), &node(), &Parts::new());
        let mut shown = shown(&all);
        // Of the node's own ports, through which a balancer may come, they say nothing.
        shown.retain(|it| !it.contains(":30080"));
        shown
    };
    let own = "10.100.0.7/6:80 10.0.0.1:8080";
    let given = ["10.0.0.0/8", " 172.31.0.9/24 ", "fd00::/8"];
    assert_eq!(
        told(&given),
        [
            own,
            "192.0.2.7/6:80 10.0.0.1:8080 for [10.0.0.0/8 172.31.0.0/24]",
            "192.0.2.8/6:80 10.0.0.1:8080 for [10.0.0.0/8 172.31.0.0/24]",
        ]
    );
    let open = [
        "192.0.2.7/6:80 10.0.0.1:8080",
        "192.0.2.8/6:80 10.0.0.1:8080",
    ];
    let none: [&[&str]; 2] = [&[], &["fd00::/8"]];
    for none in none {
        assert_eq!(told(none), [&[own][..], &open].concat());
    }
    // Nobody is let in by what is no range.
    let told = told(&["10.0.0.0/99"]);
    assert!(told[1].ends_with(" for []"), "{told:?}");
    // What leads nowhere is not told of to others either.
    let mut book = wharf_kube_services::Book::default();
    let entry = balanced(&ingress, &["10.0.0.0/8"]);
    book.put_service(&json!({
        "metadata": {"namespace": "a", "name": "s"},
        "spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8"], "ports": [{"name": "https", "port": 80}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}},
    }));
    assert!(claimed(&entry).contains(&Ipv4Addr::new(192, 0, 2, 7)));
    let without_pods = book.get(&Name::new("a", "s")).unwrap().clone();
    assert_eq!(
        shown(&leads(&without_pods, &node(), &Parts::new())),
        ["192.0.2.7/6:80 Refused for [10.0.0.0/8]"]
    );
}

#[test]
fn load_balancers_hear_of_the_node_whether_it_has_pods_of_a_service() {
    let spec = |kind: &str| json!({"type": kind, "healthCheckNodePort": 31000, "ports": []});
    let told = |kind| {
        let entry = entry("a", "s", &spec(kind), &["10.0.0.1"]);
        shown(&leads(&entry, &node(), &Parts::new()))
    };
    assert_eq!(
        told("LoadBalancer"),
        [
            "172.31.0.9/6:31000 169.254.170.2:20003",
            "others 172.31.0.9/6:31000 169.254.170.2:20003",
        ]
    );
    assert!(told("NodePort").is_empty());
}

#[test]
fn a_node_port_that_is_local_leads_others_to_pods_of_the_node_alone() {
    let spec = json!({"type": "NodePort", "externalTrafficPolicy": "Local", "ports": [{"name": "https", "port": 80, "nodePort": 30080}]});
    let there = entry("a", "s", &spec, &["10.0.0.1"]);
    assert_eq!(
        shown(&leads(&there, &node(), &Parts::new())),
        [
            "172.31.0.9/6:30080 10.0.0.1:8080",
            "others 172.31.0.9/6:30080 Dropped",
            "itself 172.31.0.9/6:30080 10.0.0.1:8080",
        ]
    );
    let here = Node {
        name: "there".to_owned(),
        ..node()
    };
    assert_eq!(
        shown(&leads(&there, &here, &Parts::new()))[1],
        "others 172.31.0.9/6:30080 10.0.0.1:8080"
    );
}

#[test]
fn none_is_refused_and_none_here_is_dropped() {
    let spec = |policy| json!({"clusterIP": "10.100.0.7", "internalTrafficPolicy": policy, "ports": [{"name": "https", "port": 80}]});
    let none = leads(
        &entry("a", "s", &spec("Cluster"), &[]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(shown(&none), ["10.100.0.7/6:80 Refused"]);
    let there = leads(
        &entry("a", "s", &spec("Local"), &["10.0.0.1"]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(shown(&there), ["10.100.0.7/6:80 Dropped"]);
}

#[test]
fn what_has_no_address_of_the_cluster_is_led_by_no_other() {
    for spec in [
        json!({"clusterIP": "None"}),
        json!({"type": "ExternalName", "externalName": "example.com"}),
    ] {
        let mut spec = spec;
        spec["externalIPs"] = json!(["192.0.2.7"]);
        spec["ports"] = json!([{"name": "https", "port": 80}]);
        let all = leads(
            &entry("a", "s", &spec, &["10.0.0.1"]),
            &node(),
            &Parts::new(),
        );
        assert_eq!(shown(&all), [""; 0], "{spec}");
    }
}

#[test]
fn services_that_another_proxy_is_to_lead_are_left_alone() {
    let led = |labels: Value| {
        let mut book = wharf_kube_services::Book::default();
        let metadata = json!({"namespace": "a", "name": "s", "labels": labels});
        book.put_service(&json!({"metadata": metadata, "spec": {
            "type": "LoadBalancer", "clusterIP": "10.100.0.7", "healthCheckNodePort": 31000,
            "ports": [{"port": 80, "nodePort": 30080}],
        }}));
        let entry = book.get(&Name::new("a", "s")).unwrap();
        leads(entry, &node(), &Parts::new()).len()
    };
    assert_eq!(led(json!({"app": "web"})), 6);
    assert_eq!(
        led(json!({"service.kubernetes.io/service-proxy-name": "mine"})),
        0
    );
    assert_eq!(led(json!({"service.kubernetes.io/headless": ""})), 0);
}

#[test]
fn neither_policy_is_about_the_node_and_its_pods_where_they_call_what_is_for_the_outside() {
    let spec = json!({
        "type": "NodePort", "clusterIP": "10.100.0.7", "externalIPs": ["192.0.2.7"],
        "internalTrafficPolicy": "Local", "externalTrafficPolicy": "Local",
        "ports": [{"name": "https", "port": 80, "nodePort": 30080}],
    });
    let all = leads(
        &entry("a", "s", &spec, &["10.0.0.1"]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(
        shown(&all),
        [
            "10.100.0.7/6:80 Dropped",
            "172.31.0.9/6:30080 10.0.0.1:8080",
            "192.0.2.7/6:80 10.0.0.1:8080",
            "others 172.31.0.9/6:30080 Dropped",
            "itself 172.31.0.9/6:30080 10.0.0.1:8080",
        ]
    );
}

#[test]
fn the_api_server_is_where_the_node_says() {
    let spec = json!({"clusterIP": "10.100.0.1", "ports": [{"name": "https", "port": 443}]});
    let all = leads(
        &entry("default", "kubernetes", &spec, &["192.0.2.9"]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(shown(&all), ["10.100.0.1/6:443 169.254.170.2:20001"]);
    let other = leads(
        &entry("a", "kubernetes", &spec, &["192.0.2.9"]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(shown(&other), ["10.100.0.1/6:443 192.0.2.9:8080"]);
}

#[test]
fn names_are_asked_at_the_node_unless_the_service_has_endpoints() {
    let spec = json!({"clusterIP": "10.100.0.10", "ports": [
        {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "https", "port": 53}, {"name": "x", "port": 9153}]});
    let all = leads(
        &entry("kube-system", "kube-dns", &spec, &[]),
        &node(),
        &Parts::new(),
    );
    let own = [
        "10.100.0.10/6:53 169.254.20.10:53",
        "10.100.0.10/6:9153 Refused",
        "10.100.0.10/17:53 169.254.20.10:53",
    ];
    assert_eq!(shown(&all), own);
    let all = leads(
        &entry("kube-system", "kube-dns", &spec, &["10.0.0.1"]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(shown(&all)[0], "10.100.0.10/6:53 10.0.0.1:8080");
    let all = leads(
        &entry("default", "kube-dns", &spec, &[]),
        &node(),
        &Parts::new(),
    );
    assert_eq!(shown(&all)[0], "10.100.0.10/6:53 Refused");
}

#[test]
fn credentials_are_asked_for_at_the_node_whatever_a_service_claims() {
    let mut book = Book::default();
    let spec = json!({"clusterIP": "169.254.170.23", "ports": [{"name": "https", "port": 80}]});
    let claimed = leads(
        &entry("a", "s", &spec, &["10.0.0.1"]),
        &node(),
        &Parts::new(),
    );
    book.put(&Name::new("a", "s"), claimed, &BTreeSet::new());
    let (name, leads) = own(&node(), &Parts::new());
    book.put(&name, leads, &BTreeSet::new());
    assert_eq!(
        shown(&book.all()),
        ["169.254.170.23/6:80 169.254.170.2:20002"]
    );
}

#[test]
fn what_several_claim_is_the_first_ones_until_it_goes() {
    let at = FrontEnd {
        caller: Caller::Member,
        address: Ipv4Addr::new(192, 0, 2, 7),
        protocol: 6,
        port: 80,
    };
    let lead = |port| Lead::To {
        endpoints: vec![SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), port)],
        sticky: None,
        by_node: false,
    };
    let (first, second) = (Name::new("a", "a"), Name::new("a", "b"));
    let mut book = Book::default();
    let led = book.put(&second, BTreeMap::from([(at, lead(2))]), &BTreeSet::new());
    assert_eq!(led, BTreeMap::from([(at, Some(lead(2)))]));
    let led = book.put(&first, BTreeMap::from([(at, lead(1))]), &BTreeSet::new());
    assert_eq!(led, BTreeMap::from([(at, Some(lead(1)))]));
    assert!(
        book.put(&second, BTreeMap::from([(at, lead(3))]), &BTreeSet::new())
            .is_empty()
    );
    assert_eq!(book.all(), BTreeMap::from([(at, lead(1))]));
    let led = book.put(&first, BTreeMap::new(), &BTreeSet::new());
    assert_eq!(led, BTreeMap::from([(at, Some(lead(3)))]));
    let led = book.put(&second, BTreeMap::new(), &BTreeSet::new());
    assert_eq!(led, BTreeMap::from([(at, None)]));
    assert!(book.services.is_empty() && book.claims.is_empty());
}

#[test]
fn an_address_that_the_cluster_gave_is_nobody_elses_to_claim() {
    let spec = json!({"clusterIP": "10.100.0.10", "ports": [{"name": "dns", "port": 53}]});
    let names = entry("kube-system", "kube-dns", &spec, &[]);
    // A tenant whose namespace comes first in the order of names.
    let spec = json!({"clusterIP": "10.100.9.9", "externalIPs": ["10.100.0.10", "192.0.2.7"],
        "ports": [{"name": "https", "port": 53}]});
    let thief = entry("a", "s", &spec, &["10.0.0.1"]);
    let mut book = Book::default();
    let mut put = |namespace: &str, name: &str, entry: &Entry| {
        let leads = leads(entry, &node(), &Parts::new());
        book.put(&Name::new(namespace, name), leads, &claimed(entry))
    };
    put("a", "s", &thief);
    put("kube-system", "kube-dns", &names);
    put("a", "s", &thief);
    assert_eq!(
        shown(&book.all()),
        [
            "10.100.0.10/6:53 169.254.20.10:53",
            "10.100.9.9/6:53 10.0.0.1:8080",
            "192.0.2.7/6:53 10.0.0.1:8080",
        ]
    );
}

#[test]
fn a_cluster_goes_without_what_it_says() {
    let spec = json!({"clusterIP": "10.100.0.10", "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}]});
    let names = entry("kube-system", "kube-dns", &spec, &[]);
    let without = |part| leads(&names, &node(), &[part].into());
    assert_eq!(
        shown(&without(Part::CoreDns)),
        ["10.100.0.10/17:53 Refused"]
    );
    assert!(without(Part::KubeProxy).is_empty());
    assert_eq!(shown(&without(Part::MetricsServer)).len(), 1);
    let (_, own) = own(&node(), &[Part::PodIdentityAgent].into());
    assert_eq!(shown(&own), ["169.254.170.23/6:80 Refused"]);
}

#[test]
fn a_port_of_the_node_leads_to_its_pod_unless_a_service_has_it() {
    let port = |port, to: &str| HostPort {
        at: HostAddress::Any,
        protocol: 6,
        port,
        to: to.parse().unwrap(),
    };
    let spec =
        json!({"type": "NodePort", "ports": [{"name": "https", "port": 80, "nodePort": 30080}]});
    let service = entry("a", "s", &spec, &["10.0.0.1"]);
    let mut book = Book::default();
    let none = BTreeSet::new();
    let leads_of = |all: &[HostPort]| leads_of_ports(&node(), all);
    book.put(
        &Name::new("a", "s"),
        leads(&service, &node(), &Parts::new()),
        &none,
    );
    let own = [port(80, "10.0.0.2:8080"), port(30080, "10.0.0.2:8081")];
    let claimed = BTreeSet::from([node().address]);
    book.put(&Name::new("", "u"), leads_of(&own), &claimed);
    assert_eq!(
        shown(&book.all()),
        [
            "172.31.0.9/6:80 10.0.0.2:8080",
            "172.31.0.9/6:30080 10.0.0.1:8080 by node",
            "others 172.31.0.9/6:80 10.0.0.2:8080",
            "others 172.31.0.9/6:30080 10.0.0.1:8080 by node",
            "itself 127.0.0.1/6:80 10.0.0.2:8080",
            "itself 127.0.0.1/6:30080 10.0.0.2:8081",
            "itself 172.31.0.9/6:80 10.0.0.2:8080",
            "itself 172.31.0.9/6:30080 10.0.0.1:8080",
        ]
    );
    book.put(&Name::new("", "u"), leads_of(&[]), &claimed);
    assert_eq!(shown(&book.all()).len(), 3);
}

#[test]
fn one_port_at_several_addresses_of_the_node_leads_to_several_pods() {
    let port = |at, to: &str| HostPort {
        at,
        protocol: 6,
        port: 80,
        to: to.parse().unwrap(),
    };
    let own = [
        port(HostAddress::Node, "10.0.0.2:80"),
        port(HostAddress::Loopback(Ipv4Addr::LOCALHOST), "10.0.0.3:80"),
    ];
    assert_eq!(
        shown(&leads_of_ports(&node(), &own)),
        [
            "172.31.0.9/6:80 10.0.0.2:80",
            "others 172.31.0.9/6:80 10.0.0.2:80",
            "itself 127.0.0.1/6:80 10.0.0.3:80",
            "itself 172.31.0.9/6:80 10.0.0.2:80",
        ]
    );
}

#[test]
fn hints_lead_to_the_zone_of_the_node() {
    let mut book = wharf_kube_services::Book::default();
    book.put_service(&json!({
        "metadata": {"namespace": "a", "name": "s"},
        "spec": {"clusterIP": "10.100.0.7", "ports": [{"port": 80}]},
    }));
    let endpoint = |address, zone| json!({"addresses": [address], "zone": zone, "hints": {"forZones": [{"name": zone}]}});
    book.put_slice(&json!({
        "metadata": {"namespace": "a", "name": "x", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4", "ports": [{"port": 8080}],
        "endpoints": [endpoint("10.0.0.1", "near"), endpoint("10.0.0.2", "far")],
    }));
    let entry = book.get(&Name::new("a", "s")).unwrap();
    let of_zone = |zone: &str| {
        let node = Node {
            zone: zone.to_owned(),
            ..node()
        };
        shown(&leads(entry, &node, &Parts::new()))
    };
    assert_eq!(of_zone("near"), ["10.100.0.7/6:80 10.0.0.1:8080"]);
    assert_eq!(of_zone("far"), ["10.100.0.7/6:80 10.0.0.2:8080"]);
    assert_eq!(
        of_zone("third"),
        ["10.100.0.7/6:80 10.0.0.1:8080,10.0.0.2:8080"]
    );
}
