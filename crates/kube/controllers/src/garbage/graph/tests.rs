use wharf_kube_client::kind;

use super::*;

fn node(uid: &str, owners: &[&str]) -> Node {
    Node {
        kind: kind::POD,
        namespace: "a".to_owned(),
        name: uid.to_owned(),
        uid: uid.to_owned(),
        owners: owners
            .iter()
            .map(|it| Owner {
                api_version: "v1".to_owned(),
                kind: "Pod".to_owned(),
                name: (*it).to_owned(),
                uid: (*it).to_owned(),
                blocks: true,
            })
            .collect(),
        is_deleting: false,
        is_foreground: false,
        orphans: false,
    }
}

fn foreground(uid: &str, owners: &[&str]) -> Node {
    Node {
        is_deleting: true,
        is_foreground: true,
        ..node(uid, owners)
    }
}

fn graph(nodes: Vec<Node>) -> Graph {
    let mut graph = Graph::default();
    for node in nodes {
        graph.put(node);
    }
    graph
}

fn absent(uids: &[&str]) -> HashSet<String> {
    uids.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn what_becomes_of_a_dependent() {
    let none = absent(&[]);
    let it = graph(vec![node("o", &[]), node("d", &["o"])]);
    assert_eq!(it.decide("o", &none), Step::Nothing);
    assert_eq!(it.decide("d", &none), Step::Nothing);

    let it = graph(vec![node("d", &["o"])]);
    assert!(matches!(it.decide("d", &none), Step::Find(owners) if owners[0].uid == "o"));
    assert_eq!(
        it.decide("d", &absent(&["o"])),
        Step::Delete { foreground: false }
    );

    let it = graph(vec![node("p", &[]), node("d", &["o", "p"])]);
    assert_eq!(
        it.decide("d", &absent(&["o"])),
        Step::Leave(vec!["o".to_owned()])
    );
}

/// A uid alone makes nobody an owner: of other namespaces and under other names there is none.
#[test]
fn an_owner_is_what_it_is_called() {
    let elsewhere = Node {
        namespace: "b".to_owned(),
        ..node("o", &[])
    };
    let of_cluster = Node {
        namespace: String::new(),
        ..node("o", &[])
    };
    let mut misnamed = node("d", &["o"]);
    misnamed.owners[0].name = "other".to_owned();
    let mut of_other_kind = node("d", &["o"]);
    of_other_kind.owners[0].kind = "Service".to_owned();
    let mut of_other_group = node("d", &["o"]);
    of_other_group.owners[0].api_version = "apps/v1".to_owned();
    for (owner, dependent, is_owner) in [
        (node("o", &[]), node("d", &["o"]), true),
        (of_cluster, node("d", &["o"]), true),
        (elsewhere, node("d", &["o"]), false),
        (node("o", &[]), misnamed, false),
        (node("o", &[]), of_other_kind, false),
        (node("o", &[]), of_other_group, false),
    ] {
        let it = graph(vec![owner, dependent]);
        let step = it.decide("d", &absent(&[]));
        match is_owner {
            true => assert_eq!(step, Step::Nothing),
            false => assert!(matches!(step, Step::Find(_)), "{step:?}"),
        }
        let step = it.decide("d", &absent(&["o"]));
        match is_owner {
            true => assert_eq!(step, Step::Nothing),
            false => assert_eq!(step, Step::Delete { foreground: false }),
        }
    }
}

#[test]
fn in_the_foreground_dependents_go_first() {
    let none = absent(&[]);
    let mut it = graph(vec![
        foreground("o", &[]),
        node("d", &["o"]),
        node("e", &["d"]),
    ]);
    assert_eq!(it.decide("o", &none), Step::Look(vec!["d".to_owned()]));
    assert_eq!(it.decide("d", &none), Step::Delete { foreground: true });
    it.put(foreground("d", &["o"]));
    assert_eq!(it.decide("e", &none), Step::Delete { foreground: false });
    assert!(it.remove("e").contains(&"d".to_owned()));
    assert_eq!(it.decide("d", &none), Step::LetGo);
    assert!(it.remove("d").contains(&"o".to_owned()));
    assert_eq!(it.decide("o", &none), Step::LetGo);
}

/// Whoever knows its uid does not hold what is in a namespace of others.
#[test]
fn an_owner_waits_for_nothing_in_another_namespace() {
    let elsewhere = Node {
        namespace: "b".to_owned(),
        ..node("d", &["o"])
    };
    let it = graph(vec![foreground("o", &[]), elsewhere]);
    assert_eq!(it.decide("o", &absent(&[])), Step::LetGo);
}

#[test]
fn orphans_stay() {
    let mut owner = node("o", &[]);
    owner.is_deleting = true;
    owner.orphans = true;
    let it = graph(vec![node("d", &["o"]), owner]);
    assert_eq!(
        it.decide("o", &absent(&[])),
        Step::Orphan(vec!["d".to_owned()])
    );
}

#[test]
fn changes_say_whom_to_look_at() {
    let mut it = graph(vec![node("o", &[]), node("d", &["o"])]);
    assert_eq!(it.put(foreground("o", &[])), ["d", "o"]);
    // The dependent was taken over by another: the owner waits for it no longer.
    assert!(it.put(node("d", &["p"])).contains(&"o".to_owned()));
    assert!(it.dependents("o").is_empty());
}

#[test]
fn a_circle_is_opened_where_it_would_close() {
    let none = absent(&[]);
    let mut it = graph(vec![
        foreground("a", &["c"]),
        node("b", &["a"]),
        node("c", &["b"]),
    ]);
    assert_eq!(it.decide("a", &none), Step::Look(vec!["b".to_owned()]));
    assert_eq!(it.decide("b", &none), Step::Delete { foreground: true });
    it.put(foreground("b", &["a"]));
    assert_eq!(it.decide("c", &none), Step::Unblock);
    let mut unblocked = foreground("c", &["b"]);
    unblocked.owners[0].blocks = false;
    it.put(unblocked);
    assert_eq!(it.decide("b", &none), Step::LetGo);
    it.remove("b");
    assert_eq!(it.decide("a", &none), Step::LetGo);
    it.remove("a");
    assert_eq!(it.decide("c", &none), Step::LetGo);
}

#[test]
fn in_a_circle_that_waits_the_first_waits_for_nobody() {
    let none = absent(&[]);
    let mut it = graph(vec![
        foreground("a", &["c"]),
        foreground("b", &["a"]),
        foreground("c", &["b"]),
        node("d", &["a"]),
    ]);
    // What is no part of the circle still blocks.
    assert_eq!(it.decide("a", &none), Step::Look(vec!["d".to_owned()]));
    assert_eq!(it.decide("b", &none), Step::Look(vec!["a".to_owned()]));
    it.remove("d");
    assert_eq!(it.decide("a", &none), Step::LetGo);
    it.remove("a");
    assert_eq!(it.decide("c", &none), Step::LetGo);
    it.remove("c");
    assert_eq!(it.decide("b", &none), Step::LetGo);
    let own = graph(vec![foreground("a", &["a"])]);
    assert_eq!(own.decide("a", &none), Step::LetGo);
}
