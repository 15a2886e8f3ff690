use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ZONE: &str = "svc.cluster.local";

fn service(namespace: &str, name: &str, spec: Value) -> Value {
    json!({"metadata": {"namespace": namespace, "name": name}, "spec": spec})
}

fn slice(namespace: &str, service: &str, endpoints: Value) -> Value {
    json!({
        "metadata": {"namespace": namespace, "name": service, "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}], "endpoints": endpoints,
    })
}

fn find(zone: &Zone, name: &str, kind: RecordType) -> Found {
    zone.find(&Query::query(Name::from_ascii(name).unwrap(), kind), 0)
}

/// `-` for a name that is not there, empty for one without such records.
fn said(zone: &Zone, name: &str, kind: RecordType) -> String {
    match find(zone, &format!("{name}."), kind) {
        Found::Records(all) | Found::Located(all, _) => {
            assert!(all.iter().all(|it| it.ttl == TTL));
            let mut all: Vec<String> = all.iter().map(|it| it.data.to_string()).collect();
            all.sort();
            all.join(", ")
        }
        Found::Alias(_, to) => format!("= {to}"),
        Found::Absent => "-".to_owned(),
        Found::Elsewhere => "elsewhere".to_owned(),
    }
}

fn example() -> Zone {
    let mut book = Book::default();
    let ports =
        json!([{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]);
    for object in [
        service(
            "shop",
            "web",
            json!({"clusterIP": "10.100.0.7", "ports": ports}),
        ),
        service("shop", "db", json!({"clusterIP": "None", "ports": ports})),
        service(
            "shop",
            "early",
            json!({"clusterIP": "None", "publishNotReadyAddresses": true}),
        ),
        service("shop", "empty", json!({"clusterIP": "None"})),
        service(
            "shop",
            "far",
            json!({"type": "ExternalName", "externalName": "api.example.org"}),
        ),
    ] {
        book.put_service(&object);
    }
    let endpoint = |address, host: Value, ready| json!({"addresses": [address], "hostname": host, "conditions": {"ready": ready}});
    let named = json!([
        endpoint("10.0.0.1", "db-0".into(), true),
        endpoint("10.0.0.2", Value::Null, true),
        endpoint("10.0.0.3", "db-2".into(), false)
    ]);
    book.put_slice(&slice("shop", "db", named));
    book.put_slice(&slice(
        "shop",
        "early",
        json!([endpoint("10.0.0.9", Value::Null, false)]),
    ));
    book.put_slice(&slice(
        "shop",
        "web",
        json!([
            endpoint("10.0.0.8", Value::Null, true),
            endpoint("10.0.0.6", "Front".into(), true),
            endpoint("10.0.0.5", Value::Null, false)
        ]),
    ));
    Zone::of(&book)
}

#[test]
fn each_kind_of_name() {
    use RecordType::{A, AAAA, PTR, SOA, SRV, TXT};
    let zone = example();
    for (name, kind, wanted) in [
        ("web.shop.svc.cluster.local", A, "10.100.0.7"),
        ("WEB.Shop.svc.Cluster.LOCAL", A, "10.100.0.7"),
        ("web.shop.svc.cluster.local", AAAA, ""),
        ("10-0-0-8.web.shop.svc.cluster.local", A, "10.0.0.8"),
        ("10-0-0-8.web.shop.svc.cluster.local", AAAA, ""),
        ("front.web.shop.svc.cluster.local", A, "10.0.0.6"),
        ("10-0-0-6.web.shop.svc.cluster.local", A, "-"),
        ("10-0-0-5.web.shop.svc.cluster.local", A, "-"),
        ("web.other.svc.cluster.local", A, "-"),
        ("other.shop.svc.cluster.local", A, "-"),
        (
            "_http._tcp.web.shop.svc.cluster.local",
            SRV,
            "0 100 80 web.shop.svc.cluster.local.",
        ),
        (
            "_dns._udp.web.shop.svc.cluster.local",
            SRV,
            "0 100 53 web.shop.svc.cluster.local.",
        ),
        ("_http._udp.web.shop.svc.cluster.local", SRV, "-"),
        ("_tcp.web.shop.svc.cluster.local", SRV, ""),
        ("_http._tcp.web.shop.svc.cluster.local", A, ""),
        ("db.shop.svc.cluster.local", A, "10.0.0.1, 10.0.0.2"),
        ("db-0.db.shop.svc.cluster.local", A, "10.0.0.1"),
        ("10-0-0-2.db.shop.svc.cluster.local", A, "10.0.0.2"),
        ("db-2.db.shop.svc.cluster.local", A, "-"),
        (
            "_http._tcp.db.shop.svc.cluster.local",
            SRV,
            "0 50 8080 10-0-0-2.db.shop.svc.cluster.local., 0 50 8080 db-0.db.shop.svc.cluster.local.",
        ),
        // A slice of its own says that it is not ready, whatever the service does.
        ("early.shop.svc.cluster.local", A, "-"),
        ("empty.shop.svc.cluster.local", A, "-"),
        ("far.shop.svc.cluster.local", A, "= api.example.org."),
        ("x.far.shop.svc.cluster.local", A, "-"),
        (
            "7.0.100.10.in-addr.arpa",
            PTR,
            "web.shop.svc.cluster.local.",
        ),
        (
            "1.0.0.10.in-addr.arpa",
            PTR,
            "db-0.db.shop.svc.cluster.local.",
        ),
        (
            "8.0.0.10.in-addr.arpa",
            PTR,
            "10-0-0-8.web.shop.svc.cluster.local.",
        ),
        ("5.0.0.10.in-addr.arpa", PTR, "elsewhere"),
        ("7.0.100.10.in-addr.arpa", A, ""),
        ("10-0-0-5.shop.pod.cluster.local", A, "10.0.0.5"),
        ("10-0-0.shop.pod.cluster.local", A, "-"),
        ("dns-version.cluster.local", TXT, "1.1.0"),
        ("dns-version.cluster.local", A, ""),
        ("cluster.local", A, ""),
        ("svc.cluster.local", A, ""),
        ("shop.svc.cluster.local", A, ""),
        ("other.svc.cluster.local", A, "-"),
        ("x.cluster.local", A, "-"),
        ("xcluster.local", A, "elsewhere"),
        ("web.shop", A, "elsewhere"),
        ("example.org", SOA, "elsewhere"),
    ] {
        assert_eq!(said(&zone, name, kind), wanted, "{name} {kind}");
    }
    assert_ne!(said(&zone, "cluster.local", SOA), "");
}

#[test]
fn where_ports_are_comes_with_addresses() {
    let mut book = Book::default();
    let ports = json!([{"name": "http", "port": 80}]);
    let addresses = json!(["10.100.0.7", "fd00::7"]);
    let web = json!({"clusterIP": "10.100.0.7", "clusterIPs": addresses, "ports": ports});
    book.put_service(&service("shop", "web", web));
    book.put_service(&service("shop", "db", json!({"clusterIP": "None"})));
    let endpoint = |address, host: &str| json!({"addresses": [address], "hostname": host});
    let mut db = slice("shop", "db", json!([endpoint("10.0.0.1", "db-0")]));
    // Two numbers of one name, at the same host.
    db["ports"] = json!([{"name": "http", "port": 80}, {"name": "HTTP", "port": 81}]);
    book.put_slice(&db);
    let zone = Zone::of(&book);
    let also = |name: &str| {
        let name = format!("_http._tcp.{name}.shop.svc.cluster.local.");
        let Found::Located(answers, additional) = find(&zone, &name, RecordType::SRV) else {
            panic!("{name}");
        };
        let additional = additional.iter();
        let additional = additional.map(|it| format!("{} {} {}", it.name, it.ttl, it.data));
        (answers.len(), additional.collect::<Vec<String>>())
    };
    let own = ["10.100.0.7", "fd00::7"].map(|it| format!("web.shop.svc.cluster.local. 5 {it}"));
    assert_eq!(also("web"), (1, own.to_vec()));
    let host = "db-0.db.shop.svc.cluster.local. 5 10.0.0.1".to_owned();
    assert_eq!(also("db"), (2, vec![host]));
}

#[test]
fn a_name_goes_with_its_service() {
    let mut book = Book::default();
    book.put_service(&service("a", "s", json!({"clusterIP": "None"})));
    book.put_slice(&slice("a", "s", json!([{"addresses": ["10.0.0.1"]}])));
    let (mut zone, name) = (Zone::of(&book), ServiceName::new("a", "s"));
    assert_eq!(
        said(&zone, &format!("s.a.{ZONE}"), RecordType::A),
        "10.0.0.1"
    );
    book.put_slice(&slice("a", "s", json!([{"addresses": ["10.0.0.2"]}])));
    zone.put(&name, book.get(&name));
    assert_eq!(
        said(&zone, &format!("s.a.{ZONE}"), RecordType::A),
        "10.0.0.2"
    );
    zone.put(&name, None);
    assert_eq!(said(&zone, &format!("s.a.{ZONE}"), RecordType::A), "-");
    assert!(zone.namespaces.is_empty() && zone.addresses.is_empty());
}

#[test]
fn of_ports_of_endpoints_without_end_some_have_names() {
    let mut book = Book::default();
    book.put_service(&service("shop", "db", json!({"clusterIP": "None"})));
    let endpoints: Vec<Value> = (0..500)
        .map(|it| json!({"addresses": [format!("10.0.{}.{}", it / 256, it % 256)]}))
        .collect();
    let ports: Vec<Value> = (1..=1000)
        .map(|it| json!({"name": format!("p{it}"), "port": it}))
        .collect();
    let mut many = slice("shop", "db", json!(endpoints));
    many["ports"] = json!(ports);
    book.put_slice(&many);
    let served = Served::of(book.get(&ServiceName::new("shop", "db")).unwrap()).unwrap();
    let targets: usize = served.ports.values().map(Vec::len).sum();
    assert_eq!(targets, MOST_TARGETS);
    assert_eq!(served.addresses.len(), 500);
}

#[test]
fn a_long_answer_fits_a_message_and_all_take_turns() {
    let endpoints: Vec<Value> = (0..2000)
        .map(|n| json!({"addresses": [format!("10.0.{}.{}", n / 250, n % 250)], "hostname": format!("{:a<60}", format!("h{n}-"))}))
        .collect();
    let mut book = Book::default();
    book.put_service(&service(
        &"n".repeat(63),
        &"s".repeat(63),
        json!({"clusterIP": "None"}),
    ));
    book.put_slice(&slice(&"n".repeat(63), &"s".repeat(63), endpoints.into()));
    let zone = Zone::of(&book);
    let name = format!("{}.{}.{ZONE}.", "s".repeat(63), "n".repeat(63));
    let mut seen = BTreeSet::new();
    for (name, kind) in [
        (name.clone(), RecordType::A),
        (format!("_http._tcp.{name}"), RecordType::SRV),
    ] {
        for turn in (0..2000).step_by(50) {
            let query = Query::query(Name::from_ascii(&name).unwrap(), kind);
            let (all, additionals) = match zone.find(&query, turn) {
                Found::Records(all) => (all, Vec::new()),
                Found::Located(all, additionals) => (all, additionals),
                _ => panic!("{name}"),
            };
            assert!(!all.is_empty());
            let mut message =
                hickory_proto::op::Message::response(1, hickory_proto::op::OpCode::Query);
            message.add_query(query);
            seen.extend(all.iter().map(|it| it.data.to_string()));
            (message.answers, message.additionals) = (all, additionals);
            assert!(message.to_vec().unwrap().len() <= usize::from(u16::MAX));
        }
    }
    assert_eq!(seen.len(), 4000);
}

proptest! {
    /// Whatever changes, each service that is there has its address and no other has.
    #[test]
    fn the_zone_follows_the_book(steps in prop::collection::vec((0..3_u8, 0..4_u8, 0..4_u8, 0..4_u8), 0..40)) {
        let (mut book, mut zone) = (Book::default(), Zone::default());
        let mut wanted: BTreeMap<(u8, u8), (bool, u8)> = BTreeMap::new();
        let mut backs: BTreeMap<(u8, u8), u8> = BTreeMap::new();
        for (namespace, name, what, last) in steps {
            let (ns, it) = (format!("n{namespace}"), format!("s{name}"));
            let address = format!("10.100.0.{last}");
            match what {
                0 => {
                    book.put_service(&service(&ns, &it, json!({"clusterIP": address})));
                    wanted.insert((namespace, name), (false, last));
                }
                1 => {
                    book.put_service(&service(&ns, &it, json!({"clusterIP": "None"})));
                    wanted.insert((namespace, name), (true, last));
                }
                2 => {
                    book.put_slice(&slice(&ns, &it, json!([{"addresses": [format!("10.0.0.{last}")]}])));
                    backs.insert((namespace, name), last);
                }
                _ => {
                    book.remove_service(&service(&ns, &it, json!({})));
                    wanted.remove(&(namespace, name));
                }
            }
            let key = ServiceName::new(&ns, &it);
            zone.put(&key, book.get(&key));
            for namespace in 0..3 {
                for name in 0..4 {
                    let key = (namespace, name);
                    let should = match (wanted.get(&key), backs.get(&key)) {
                        (Some((false, last)), _) => format!("10.100.0.{last}"),
                        (Some((true, _)), Some(last)) => format!("10.0.0.{last}"),
                        _ => "-".to_owned(),
                    };
                    let asked = format!("S{name}.N{namespace}.{ZONE}");
                    prop_assert_eq!(said(&zone, &asked, RecordType::A), should);
                }
            }
        }
        let used: BTreeSet<String> = zone.addresses.keys().map(ToString::to_string).collect();
        let own = wanted.values().filter(|(is_headless, _)| !is_headless);
        let own = own.map(|(_, last)| format!("10.100.0.{last}"));
        let behind = backs.iter().filter(|(key, _)| wanted.contains_key(key));
        let behind = behind.map(|(_, last)| format!("10.0.0.{last}"));
        prop_assert_eq!(used, own.chain(behind).collect::<BTreeSet<String>>());
    }

    #[test]
    fn any_name_is_sought(labels in prop::collection::vec("[a-z0-9_.-]{1,12}", 0..6)) {
        let zone = example();
        for end in ["cluster.local.", "svc.cluster.local.", "in-addr.arpa.", "ip6.arpa."] {
            if let Ok(name) = Name::from_ascii(format!("{}.{end}", labels.join("."))) {
                let _ = zone.find(&Query::query(name, RecordType::ANY), 3);
            }
        }
    }
}
