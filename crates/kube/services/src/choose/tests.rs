use serde_json::{Value, json};

use super::*;
use crate::{book::Book, service::Name};

const HERE: Place<'static> = Place {
    node: "here",
    zone: "near",
};

/// Endpoints as `(last byte, node, ready, serving, terminating)`.
fn choose(spec: &Value, all: &[(u8, &str, bool, bool, bool)], from: Origin) -> Chosen {
    let mut book = Book::default();
    let mut service =
        json!({"metadata": {"namespace": "a", "name": "s"}, "spec": {"ports": [{"port": 80}]}});
    for (name, value) in spec.as_object().unwrap() {
        service["spec"][name] = value.clone();
    }
    book.put_service(&service);
    let endpoints: Vec<Value> = all
        .iter()
        .map(|(address, node, ready, serving, terminating)| {
            json!({
                "addresses": [format!("10.0.0.{address}")], "nodeName": node,
                "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
            })
        })
        .collect();
    book.put_slice(&json!({
        "metadata": {"namespace": "a", "name": "x", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4", "ports": [{"port": 8080}], "endpoints": endpoints,
    }));
    let entry = book.get(&Name::new("a", "s")).unwrap();
    let port = entry.service().unwrap().ports[0].clone();
    entry.choose(&port, from, HERE, false)
}

fn to(all: &[u8]) -> Chosen {
    let all = all
        .iter()
        .map(|it| format!("10.0.0.{it}:8080").parse().unwrap());
    Chosen::Endpoints(all.collect())
}

const READY: (bool, bool, bool) = (true, true, false);
const LEAVING: (bool, bool, bool) = (false, true, true);
const DOWN: (bool, bool, bool) = (false, false, false);

fn end(address: u8, node: &str, state: (bool, bool, bool)) -> (u8, &str, bool, bool, bool) {
    (address, node, state.0, state.1, state.2)
}

#[test]
fn ready_ones_else_those_that_serve_until_they_end() {
    let none = json!({});
    for (all, wanted) in [
        (
            vec![end(1, "here", READY), end(2, "there", READY)],
            to(&[1, 2]),
        ),
        (
            vec![end(1, "here", LEAVING), end(2, "there", READY)],
            to(&[2]),
        ),
        (
            vec![end(1, "here", LEAVING), end(2, "there", DOWN)],
            to(&[1]),
        ),
        (vec![end(1, "here", DOWN)], Chosen::Nothing),
        (vec![], Chosen::Nothing),
    ] {
        assert_eq!(choose(&none, &all, Origin::Inside), wanted, "{all:?}");
    }
    let publishes = json!({"publishNotReadyAddresses": true});
    let all = [end(1, "here", DOWN)];
    // Slices alone say so.
    assert_eq!(choose(&publishes, &all, Origin::Inside), Chosen::Nothing);
}

#[test]
fn policies_keep_traffic_on_the_node() {
    let inside = json!({"internalTrafficPolicy": "Local"});
    let outside = json!({"externalTrafficPolicy": "Local"});
    let all = [end(1, "here", READY), end(2, "there", READY)];
    assert_eq!(choose(&inside, &all, Origin::Inside), to(&[1]));
    assert_eq!(choose(&inside, &all, Origin::Outside), to(&[1, 2]));
    assert_eq!(choose(&outside, &all, Origin::Outside), to(&[1]));
    assert_eq!(choose(&outside, &all, Origin::Inside), to(&[1, 2]));
    let both = json!({"internalTrafficPolicy": "Local", "externalTrafficPolicy": "Local"});
    assert_eq!(choose(&both, &all, Origin::Around), to(&[1, 2]));
    let elsewhere = [end(2, "there", READY)];
    assert_eq!(choose(&both, &elsewhere, Origin::Around), to(&[2]));
    assert_eq!(
        choose(&inside, &elsewhere, Origin::Inside),
        Chosen::NoneHere
    );
    let leaving = [end(1, "here", LEAVING), end(2, "there", READY)];
    assert_eq!(choose(&outside, &leaving, Origin::Outside), to(&[1]));
    assert_eq!(choose(&outside, &[], Origin::Outside), Chosen::Nothing);
}

/// Endpoints as `(last byte, ready, zones, nodes)` of hints, none of which is of this node.
fn by_hints(policy: &str, all: &[(u8, bool, &[&str], &[&str])]) -> Chosen {
    let names = |all: &[&str]| -> Vec<Value> { all.iter().map(|it| json!({"name": it})).collect() };
    let endpoints: Vec<Value> = all
        .iter()
        .map(|(address, ready, zones, nodes)| {
            json!({
                "addresses": [format!("10.0.0.{address}")], "nodeName": "there",
                "conditions": {"ready": ready, "serving": true, "terminating": !ready},
                "hints": {"forZones": names(zones), "forNodes": names(nodes)},
            })
        })
        .collect();
    let mut book = Book::default();
    book.put_service(&json!({
        "metadata": {"namespace": "a", "name": "s"},
        "spec": {"ports": [{"port": 80}], "internalTrafficPolicy": policy},
    }));
    book.put_slice(&json!({
        "metadata": {"namespace": "a", "name": "x", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4", "ports": [{"port": 8080}], "endpoints": endpoints,
    }));
    let entry = book.get(&Name::new("a", "s")).unwrap();
    let port = entry.service().unwrap().ports[0].clone();
    entry.choose(&port, Origin::Inside, HERE, false)
}

#[test]
fn hints_keep_traffic_near_while_all_that_are_ready_have_one_and_one_is_for_here() {
    let (near, far): (&[&str], &[&str]) = (&["near"], &["far"]);
    let (here, there): (&[&str], &[&str]) = (&["here"], &["there"]);
    let none: &[&str] = &[];
    for (all, wanted) in [
        // The zone's own.
        (vec![(1, true, near, none), (2, true, far, none)], vec![1]),
        // None is for this zone.
        (vec![(1, true, far, none), (2, true, far, none)], vec![1, 2]),
        // One is for nobody in particular.
        (
            vec![(1, true, near, none), (2, true, none, none)],
            vec![1, 2],
        ),
        // One that is not ready counts neither way.
        (vec![(1, true, near, none), (2, false, none, none)], vec![1]),
        (vec![(1, false, near, none), (2, true, far, none)], vec![2]),
        // The node's own before the zone's.
        (
            vec![
                (1, true, near, here),
                (2, true, near, there),
                (3, true, far, there),
            ],
            vec![1],
        ),
        // No node of theirs is this one: the zone's.
        (vec![(1, true, near, there), (2, true, far, there)], vec![1]),
        // Nodes are not named by all: the zone's.
        (
            vec![(1, true, near, here), (2, true, near, none)],
            vec![1, 2],
        ),
        // All leave: whoever serves to the end.
        (
            vec![(1, false, near, none), (2, false, far, none)],
            vec![1, 2],
        ),
    ] {
        assert_eq!(by_hints("Cluster", &all), to(&wanted), "{all:?}");
    }
    assert_eq!(
        by_hints("Local", &[(1, true, near, here)]),
        Chosen::NoneHere,
        "hints do not widen a policy"
    );
}
