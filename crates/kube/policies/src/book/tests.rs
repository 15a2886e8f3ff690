//! What books say, by cases and beside an evaluator that looks at everything anew for each packet.

mod naive;

use std::time::Instant;

use proptest::prelude::*;
use serde_json::json;

use self::naive::{Op, State, op};
use super::{groups::MOST_SELECTORS, *};
use crate::{
    allowed::{Source, Traffic, holds},
    policy::protocol,
};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// As the kernel judges by the rules.
pub(super) fn passes(rules: &Rules, from: Ipv4Addr, to: Ipv4Addr, protocol: u8, port: u16) -> bool {
    let allowed = |held: Option<&BTreeSet<u64>>, peer: Ipv4Addr| {
        let Some(held) = held else { return true };
        let mut all = held.iter().flat_map(|it| &rules.policies[it].permissions);
        all.any(|it| {
            let by_peer = match &it.peer {
                Source::Anybody => true,
                Source::Block { within, except } => holds(within, except, peer),
                Source::Peers(number) => rules.peers[number].contains(&peer),
            };
            let by_traffic = match it.traffic {
                Traffic::All => true,
                Traffic::Ports(of, first, last) => of == protocol && (first..=last).contains(&port),
                Traffic::Listeners(number) => {
                    rules.listeners[&number].contains(&(to, protocol, port))
                }
            };
            by_peer && by_traffic
        })
    };
    let out = rules.pods.get(&from).and_then(|it| it.egress.as_ref());
    let into = rules.pods.get(&to).and_then(|it| it.ingress.as_ref());
    from == to || (allowed(out, to) && allowed(into, from))
}

fn apply(rules: &mut Rules, changes: Changes) {
    fn each<K: Ord, V>(known: &mut BTreeMap<K, V>, changes: BTreeMap<K, Option<V>>) {
        for (key, value) in changes {
            match value {
                Some(value) => drop(known.insert(key, value)),
                None => drop(known.remove(&key)),
            }
        }
    }
    each(&mut rules.peers, changes.peers);
    each(&mut rules.listeners, changes.listeners);
    each(&mut rules.policies, changes.policies);
    each(&mut rules.pods, changes.pods);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever changes in whatever order, the rules that follow the changes say what the objects say, and what a new book would.
    #[test]
    fn the_rules_say_what_the_objects_say(ops in proptest::collection::vec(op(), 1..25)) {
        let mut state = State::default();
        let mut book = Book::new("here");
        let mut rules = book.rules();
        for op in ops {
            put(&mut book, &state, &op);
            state.put(op);
            apply(&mut rules, book.changes());
            for (from, to, protocol, port) in state.packets() {
                prop_assert_eq!(
                    passes(&rules, from, to, protocol, port),
                    state.passes(from, to, protocol, port),
                    "{} to {} {}/{}: {:?}\n{:?}", from, to, protocol, port, state, rules
                );
            }
        }
        prop_assert_eq!(book.rules(), rules);
        prop_assert!(book.changes().is_empty());
    }
}

fn put(book: &mut Book, state: &State, op: &Op) {
    let (kind, name, object) = op.object();
    let gone = || json!({"metadata": {"namespace": state.namespace_of(kind, &name), "name": name}});
    match (kind, object) {
        ("pod", Some(object)) => {
            // A pod of the same name in another namespace is another; here each name is in one at a time.
            book.remove_pod(&gone());
            book.put_pod(&object);
        }
        ("pod", None) => book.remove_pod(&gone()),
        ("namespace", Some(object)) => book.put_namespace(&object),
        ("namespace", None) => book.remove_namespace(&gone()),
        (_, Some(object)) => {
            if state.namespace_of(kind, &name) != object.namespace() {
                book.remove_policy(&gone());
            }
            book.put_policy(&object);
        }
        (_, None) => book.remove_policy(&gone()),
    }
}

fn pod(namespace: &str, name: &str, address: &str, labels: Value) -> Value {
    json!({
        "metadata": {"namespace": namespace, "name": name, "uid": name, "labels": labels},
        "spec": {"nodeName": "here", "containers": [{"ports": [{"name": "web", "containerPort": 8080}]}]},
        "status": {"podIP": address},
    })
}

fn policy(namespace: &str, name: &str, spec: Value) -> Value {
    json!({"metadata": {"namespace": namespace, "name": name, "resourceVersion": "7"}, "spec": spec})
}

fn at(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, last)
}

#[test]
fn names_and_the_api_server_are_allowed_as_users_name_them() {
    let resolver = Ipv4Addr::new(169, 254, 20, 10);
    let server = Ipv4Addr::new(169, 254, 170, 2);
    let mut book = Book::new("here");
    book.add_pod(Pod::name_service(resolver));
    book.set_fronts(vec![Front {
        known_as: "10.100.0.1:443".parse().unwrap(),
        protocol: TCP,
        at: "169.254.170.2:40123".parse().unwrap(),
    }]);
    book.put_pod(&pod("n", "p", "10.0.0.1", json!({})));
    let kube_system = json!({"kubernetes.io/metadata.name": "kube-system"});
    book.put_namespace(&json!({"metadata": {"name": "kube-system", "labels": kube_system}}));
    let mut check = |to: Value, ports: Value, wanted: (bool, bool)| {
        let spec = json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": to, "ports": ports}]});
        book.put_policy(&policy("n", "out", spec));
        let rules = book.rules();
        let names = passes(&rules, at(1), resolver, UDP, 53);
        let api = passes(&rules, at(1), server, TCP, 40123);
        assert_eq!((names, api), wanted, "{to} {ports}");
    };
    let dns = json!({"namespaceSelector": {"matchLabels": kube_system}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}});
    check(
        json!([dns]),
        json!([{"port": 53, "protocol": "UDP"}]),
        (true, false),
    );
    check(
        json!([dns]),
        json!([{"port": "dns", "protocol": "UDP"}]),
        (true, false),
    );
    check(json!([{"namespaceSelector": {}}]), json!([]), (true, false));
    check(json!([{"podSelector": {}}]), json!([]), (false, false));
    check(json!([]), json!([{"port": 443}]), (false, true));
    check(json!([]), json!([{"port": 40123}]), (false, true));
    check(json!([]), json!([]), (true, true));
    let block = |cidr: &str| json!([{"ipBlock": {"cidr": cidr}}]);
    check(
        block("10.100.0.1/32"),
        json!([{"port": 443}]),
        (false, true),
    );
    check(
        block("10.100.0.0/16"),
        json!([{"port": 444}]),
        (false, false),
    );
    check(block("10.0.0.0/16"), json!([]), (false, false));
}

#[test]
fn two_pods_with_one_address_are_held_to_what_holds_either() {
    let mut book = Book::new("here");
    book.put_pod(&pod("n", "old", "10.0.0.1", json!({"app": "a"})));
    let spec = json!({"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"]});
    book.put_policy(&policy("n", "closed", spec));
    assert!(book.has("old", at(1)));
    book.put_pod(&pod("n", "new", "10.0.0.1", json!({})));
    assert!(!book.has("old", at(1)) && !book.has("new", at(1)));
    assert!(!passes(&book.rules(), at(9), at(1), TCP, 80));
    book.remove_pod(&pod("n", "old", "", json!({})));
    assert!(book.has("new", at(1)));
    assert!(passes(&book.rules(), at(9), at(1), TCP, 80));
    assert_eq!(book.revision("n", "closed"), Some(7));
}

#[test]
fn a_policy_that_asks_for_too_much_is_cut() {
    let mut book = Book::new("here");
    let ports: Vec<Value> = (1..200).map(|it| json!({"port": it})).collect();
    let blocks = (0..200).map(|it| json!({"ipBlock": {"cidr": format!("10.0.{it}.0/24")}}));
    let blocks: Vec<Value> = blocks.collect();
    let spec = json!({"podSelector": {}, "ingress": [{"from": blocks, "ports": ports}]});
    book.put_policy(&policy("n", "much", spec));
    let rules = book.rules();
    let policed = rules.policies.values().next().unwrap();
    assert!(policed.is_cut);
    assert_eq!(policed.permissions.len(), MOST_PERMISSIONS);
}

/// Three thousand policies with as many selectors, five thousand pods. The bounds are wide, for a build without optimisation on a
/// machine that does other things.
#[test]
fn a_change_in_a_large_cluster_costs_little() {
    let mut book = Book::new("here");
    for number in 0..5000_u32 {
        let address = Ipv4Addr::from(0x0a00_0000 + number).to_string();
        let namespace = format!("n{}", number % 100);
        let labels = json!({"app": format!("a{}", number % 300)});
        let mut pod = pod(&namespace, &format!("p{number}"), &address, labels);
        if number >= 200 {
            pod["spec"]["nodeName"] = "there".into();
        }
        book.put_pod(&pod);
    }
    let began = Instant::now();
    for number in 0..3000 {
        let namespace = format!("n{}", number % 100);
        let selector = json!({"matchLabels": {"app": format!("a{}", number / 100)}});
        let spec =
            json!({"podSelector": selector, "ingress": [{"from": [{"podSelector": selector}]}]});
        book.put_policy(&policy(&namespace, &format!("q{number}"), spec));
    }
    book.rules();
    println!("all of it: {:?}", began.elapsed());
    let began = Instant::now();
    book.put_pod(&pod("n1", "new", "10.200.0.1", json!({"app": "a1"})));
    let changes = book.changes();
    println!("a pod: {:?}", began.elapsed());
    assert!(began.elapsed().as_millis() < 500);
    assert!(changes.peers.len() <= 1 && changes.pods.len() == 1 && changes.policies.is_empty());
    assert_eq!(protocol(&json!({})), Some(TCP));
}

fn first_way(book: &mut Book) -> Policed {
    let all = book.rules().policies.into_values();
    let mut ingress = all.filter(|it| it.way == Way::Ingress);
    ingress.next().unwrap()
}

#[test]
fn exceptions_of_blocks_count_as_rules() {
    let except = |count: u32| -> Vec<String> {
        let all = (0..count).map(|it| format!("{}/32", Ipv4Addr::from(0x0a00_0000 + it)));
        all.collect()
    };
    let spec = |count: u32, ports: u32| {
        let ports: Vec<Value> = (1..=ports).map(|it| json!({ "port": it })).collect();
        let block = json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": except(count)}});
        json!({"podSelector": {}, "ingress": [{"from": [block], "ports": ports}]})
    };
    let mut book = Book::new("here");
    for (count, ports, permissions) in [
        (99, 10, 10),
        (99, 100, MOST_PERMISSIONS / 100),
        (50_000, 4000, 0),
    ] {
        book.put_policy(&policy("n", "p", spec(count, ports)));
        let way = first_way(&mut book);
        assert_eq!(way.permissions.len(), permissions, "{count} {ports}");
        assert_eq!(way.is_cut, permissions < ports as usize);
    }
}

#[test]
fn a_pod_is_held_to_so_many_policies_and_open_by_none_beyond() {
    let mut book = Book::new("here");
    book.put_pod(&pod("n", "p", "10.0.0.1", json!({})));
    for number in 0..MOST_POLICIES + 5 {
        let spec = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
        book.put_policy(&policy("n", &format!("q{number}"), spec));
    }
    let rules = book.rules();
    let held = &rules.pods[&Ipv4Addr::new(10, 0, 0, 1)];
    for way in [&held.ingress, &held.egress] {
        assert_eq!(way.as_ref().unwrap().len(), MOST_POLICIES);
    }
}

#[test]
fn selectors_beyond_the_bound_choose_nobody_and_are_forgotten_with_their_policies() {
    const EACH: usize = 4000;
    let mut book = Book::new("here");
    book.put_pod(&pod("n", "p", "10.0.0.1", json!({"a": "late"})));
    let of = |values: Vec<String>| {
        let peers = values
            .iter()
            .map(|it| json!({"podSelector": {"matchLabels": {"a": it}}}));
        let peers: Vec<Value> = peers.collect();
        json!({"podSelector": {}, "ingress": [{"from": peers}]})
    };
    let full = |number: usize| -> Vec<String> {
        let all = (0..EACH).map(|it| format!("{number}-{it}"));
        all.collect()
    };
    let policies = MOST_SELECTORS / EACH;
    for number in 0..policies {
        book.put_policy(&policy("n", &format!("q{number}"), of(full(number))));
    }
    let late = || of(vec!["late".to_owned()]);
    book.put_policy(&policy("n", "r", late()));
    let peers = |rules: &Rules| rules.peers.len();
    let rules = book.rules();
    assert_eq!(peers(&rules), MOST_SELECTORS);
    // All that rules name is there.
    for it in rules.policies.values().flat_map(|it| &it.permissions) {
        assert!(matches!(&it.peer, Source::Peers(number) if rules.peers.contains_key(number)));
    }
    assert_eq!(rules.policies.values().filter(|it| it.is_cut).count(), 1);
    let allowed: usize = rules.policies.values().map(|it| it.permissions.len()).sum();
    assert_eq!(allowed, MOST_SELECTORS, "nothing of the last");
    // Whoever speaks of it later has as little of it, also when there is room.
    book.remove_policy(&policy("n", "q0", json!({})));
    book.put_policy(&policy("n", "s", late()));
    assert_eq!(peers(&book.rules()), MOST_SELECTORS - EACH);
    for name in ["r", "s"] {
        book.remove_policy(&policy("n", name, json!({})));
    }
    book.put_policy(&policy("n", "t", late()));
    let rules = book.rules();
    assert_eq!(peers(&rules), MOST_SELECTORS - EACH + 1);
    let chosen = BTreeSet::from([Ipv4Addr::new(10, 0, 0, 1)]);
    assert!(rules.peers.values().any(|it| *it == chosen));
}

#[test]
fn that_a_policy_says_more_than_is_read_is_told_though_what_is_read_stays() {
    // One more is the rule itself.
    const MOST_PEERS: usize = 4095;
    let spec = |count: usize| {
        let block = json!({"ipBlock": {"cidr": "10.0.0.0/8"}});
        json!({"podSelector": {}, "ingress": [{"from": vec![block; count]}]})
    };
    let mut book = Book::new("here");
    for (count, is_cut) in [
        (MOST_PEERS, false),
        (MOST_PEERS + 1, true),
        (MOST_PEERS, false),
    ] {
        book.put_policy(&policy("n", "p", spec(count)));
        let changed = book.changes().policies.into_values().flatten();
        let mut ingress = changed.filter(|it| it.way == Way::Ingress);
        let ingress = ingress.next().unwrap();
        let told = (ingress.permissions.len(), ingress.is_cut);
        assert_eq!(told, (MOST_PEERS, is_cut), "{count}");
    }
}
