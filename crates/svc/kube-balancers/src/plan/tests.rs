//! What a plan does in a world that refuses what load balancing would: by cases, and from anywhere.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

pub use self::world::World;
use super::*;
use crate::stack::{Check, ClientSecret, Condition, Key, Kind, TargetKind};

pub fn target(last: u8, port: u16) -> Target {
    Target {
        id: format!("10.0.0.{last}"),
        port,
    }
}

pub fn group(targets: &[Target]) -> Group {
    Group {
        kind: TargetKind::Ip,
        protocol: "HTTP".to_owned(),
        version: "HTTP1".to_owned(),
        port: 80,
        check: Check {
            protocol: "HTTP".to_owned(),
            port: "traffic-port".to_owned(),
            path: Some("/".to_owned()),
            codes: Some("200".to_owned()),
            interval: 15,
            timeout: 5,
            healthy: 2,
            unhealthy: 2,
        },
        attributes: BTreeMap::new(),
        targets: targets.iter().cloned().collect(),
        tags: BTreeMap::new(),
        of: "a/web:80".to_owned(),
    }
}

fn forward(group: &str) -> Action {
    Action::Forward {
        groups: vec![(group.to_owned(), 1)],
        sticky: None,
    }
}

fn rule(path: &str, group: &str) -> Rule {
    Rule {
        conditions: vec![Condition::Path(vec![path.to_owned()])],
        auth: None,
        action: forward(group),
        tags: BTreeMap::new(),
    }
}

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn admission(port: u16, source: Source) -> Admission {
    Admission {
        protocol: "tcp",
        from: port,
        to: port,
        source,
    }
}

pub fn stack() -> Stack {
    let range = Source::Range("0.0.0.0/0".to_owned());
    let listener = Listener {
        protocol: "HTTP".to_owned(),
        certificates: vec![],
        hosts: BTreeSet::new(),
        policy: None,
        alpn: None,
        attributes: BTreeMap::new(),
        auth: None,
        default: forward("web"),
        rules: vec![rule("/a", "web"), rule("/b", "api")],
    };
    Stack {
        key: Key::Ingress {
            namespace: "a".to_owned(),
            name: "b".to_owned(),
        },
        kind: Kind::Application,
        name: "k8s-a-b".to_owned(),
        internal: true,
        subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
        security: Security::Own(BTreeSet::from([admission(80, range)])),
        attributes: BTreeMap::new(),
        tags: BTreeMap::new(),
        groups: BTreeMap::from([
            ("web".to_owned(), group(&[target(1, 8080)])),
            ("api".to_owned(), group(&[target(2, 9090)])),
        ]),
        listeners: BTreeMap::from([(80, listener)]),
        nodes: BTreeMap::new(),
    }
}

pub fn pods() -> BTreeSet<String> {
    BTreeSet::from(["sg-pods".to_owned()])
}

#[test]
fn all_of_a_stack_is_made_and_goes() {
    let mut world = World::default();
    let wanted = stack();
    assert!(world.settle(Some(&wanted), &pods(), usize::MAX) > 8);
    assert_eq!(plan(Some(&wanted), &pods(), &world.seen), []);
    let balancer = world.seen.balancers.values().next().unwrap();
    assert_eq!(balancer.listeners[&80].rules.len(), 2);
    let own = world.seen.own.clone().unwrap();
    assert_eq!(own.admits.len(), 1);
    assert_eq!(balancer.security, BTreeSet::from([own.id]));
    let open = &world.seen.openings["sg-pods"];
    let ports: Vec<u16> = open.iter().map(|it| it.from).collect();
    assert_eq!(ports, [8080, 9090]);
    world.settle(None, &BTreeSet::new(), usize::MAX);
    assert_eq!(world.seen, Seen::default());
}

#[test]
fn attributes_of_a_listener_are_set_once_it_is_there_and_others_stay() {
    let mut world = World::default();
    let mut wanted = stack();
    world.settle(Some(&wanted), &pods(), usize::MAX);
    let listener = |world: &World| {
        let balancer = world.seen.balancers.values().next().unwrap();
        balancer.listeners[&80].clone()
    };
    let arn = listener(&world).arn;
    world.listener(&arn).attributes = tags(&[("own", "1"), ("timeout", "350")]);
    wanted.listeners.get_mut(&80).unwrap().attributes = tags(&[("timeout", "600")]);
    assert_eq!(
        plan(Some(&wanted), &pods(), &world.seen),
        [Step::SetListenerAttributes {
            arn,
            attributes: tags(&[("timeout", "600")]),
        }]
    );
    world.settle(Some(&wanted), &pods(), usize::MAX);
    let seen = listener(&world).attributes;
    assert_eq!(seen, tags(&[("own", "1"), ("timeout", "600")]));
    // They wait for a listener that is made with them.
    let mut fresh = World::default();
    fresh.settle(Some(&wanted), &pods(), usize::MAX);
    assert_eq!(listener(&fresh).attributes, tags(&[("timeout", "600")]));
}

#[test]
fn a_policy_of_alpn_comes_and_goes() {
    let mut world = World::default();
    let mut wanted = stack();
    for alpn in [Some("HTTP2Preferred".to_owned()), None] {
        wanted
            .listeners
            .get_mut(&80)
            .unwrap()
            .alpn
            .clone_from(&alpn);
        world.settle(Some(&wanted), &pods(), usize::MAX);
        let balancer = world.seen.balancers.values().next().unwrap();
        assert_eq!(balancer.listeners[&80].alpn, alpn);
    }
}

#[test]
fn a_group_of_users_is_led_to_and_stays_theirs() {
    let theirs =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old/0123456789abcdef";
    let mut wanted = stack();
    wanted.groups.remove("api");
    let listener = wanted.listeners.get_mut(&80).unwrap();
    listener.rules[1].action = forward(theirs);
    let mut world = World::default();
    world.settle(Some(&wanted), &pods(), usize::MAX);
    let balancer = world.seen.balancers.values().next().unwrap();
    let made = balancer.listeners[&80].rules[&2].rule.as_ref().unwrap();
    assert_eq!(made.action, forward(theirs));
    assert_eq!(world.seen.groups.len(), 1);
    world.settle(None, &BTreeSet::new(), usize::MAX);
    assert_eq!(world.seen, Seen::default());
}

#[test]
fn a_rolling_update_comes_before_it_goes() {
    let mut world = World::default();
    let mut wanted = stack();
    world.settle(Some(&wanted), &pods(), usize::MAX);
    wanted.groups.get_mut("web").unwrap().targets = BTreeSet::from([target(3, 8080)]);
    let steps = plan(Some(&wanted), &pods(), &world.seen);
    assert!(
        matches!(&steps[..], [Step::Register { .. }, Step::Deregister { .. }]),
        "{steps:?}"
    );
}

#[test]
fn rules_that_stay_are_never_without_a_priority() {
    let mut world = World::default();
    let mut wanted = stack();
    let names = |paths: &[&str]| paths.iter().map(|it| rule(it, "web")).collect::<Vec<_>>();
    for (before, after, stay) in [
        (
            &["/a", "/b"][..],
            &["/new", "/a", "/b"][..],
            &["/a", "/b"][..],
        ),
        (&["/a", "/b", "/c"], &["/b", "/c"], &["/b", "/c"]),
        (&["/a"], &["/a", "/b"], &["/a"]),
    ] {
        wanted.listeners.get_mut(&80).unwrap().rules = names(before);
        world.settle(Some(&wanted), &pods(), usize::MAX);
        wanted.listeners.get_mut(&80).unwrap().rules = names(after);
        for step in plan(Some(&wanted), &pods(), &world.seen) {
            world.act(Some(&wanted), step).unwrap();
            let balancer = world.seen.balancers.values().next().unwrap();
            let rules = balancer.listeners[&80].rules.values();
            let there: Vec<&Condition> = rules
                .map(|it| &it.rule.as_ref().unwrap().conditions[0])
                .collect();
            for path in stay {
                let condition = Condition::Path(vec![(*path).to_owned()]);
                assert!(
                    there.contains(&&condition),
                    "{path} is gone between {before:?} and {after:?}"
                );
            }
        }
    }
}

#[test]
fn a_listener_does_something_with_requests_all_the_while() {
    let mut world = World::default();
    let mut of_rules = stack();
    let listener = of_rules.listeners.get_mut(&80).unwrap();
    listener.default = Action::Fixed {
        status: "404".to_owned(),
        content_type: None,
        body: None,
    };
    let mut of_all = stack();
    of_all.listeners.get_mut(&80).unwrap().rules.clear();
    world.settle(Some(&of_all), &pods(), usize::MAX);
    for wanted in [&of_rules, &of_all] {
        for step in plan(Some(wanted), &pods(), &world.seen) {
            world.act(Some(wanted), step).unwrap();
            let balancer = world.seen.balancers.values().next().unwrap();
            let shown = &balancer.listeners[&80];
            let is_for_all = matches!(shown.default, Some(Action::Forward { .. }));
            assert!(is_for_all || shown.rules.len() == 2, "{shown:?}");
        }
        assert_eq!(plan(Some(wanted), &pods(), &world.seen), []);
    }
}

#[test]
fn a_port_that_authenticated_users_becomes_one_of_http() {
    let mut world = World::default();
    let mut wanted = stack();
    let auth = Auth {
        issuer: "https://idp.test".to_owned(),
        authorization_endpoint: "https://idp.test/authorize".to_owned(),
        token_endpoint: "https://idp.test/token".to_owned(),
        user_info_endpoint: "https://idp.test/userinfo".to_owned(),
        client_id: "web".to_owned(),
        secret: ClientSecret::known("sesame".to_owned()),
        cookie: "AWSELBAuthSessionCookie".to_owned(),
        scope: "openid".to_owned(),
        seconds: 60,
        extra: BTreeMap::new(),
        unauthenticated: "authenticate".to_owned(),
    };
    let plain = wanted.listeners[&80].clone();
    let listener = wanted.listeners.get_mut(&80).unwrap();
    listener.protocol = "HTTPS".to_owned();
    listener.certificates = vec!["arn:1".to_owned(), "arn:2".to_owned()];
    listener.rules[1].auth = Some(auth);
    world.settle(Some(&wanted), &pods(), usize::MAX);
    wanted.listeners.insert(80, plain);
    world.settle(Some(&wanted), &pods(), usize::MAX);
    let balancer = world.seen.balancers.values().next().unwrap();
    let shown = &balancer.listeners[&80];
    assert_eq!((shown.protocol.as_str(), shown.rules.len()), ("HTTP", 2));
    assert!(
        shown
            .rules
            .values()
            .all(|it| it.rule.as_ref().unwrap().auth.is_none())
    );
}

fn of_https(certificates: &[&str]) -> Stack {
    let mut wanted = stack();
    let listener = wanted.listeners.get_mut(&80).unwrap();
    listener.protocol = "HTTPS".to_owned();
    listener.certificates = certificates.iter().map(|it| (*it).to_owned()).collect();
    wanted
}

#[test]
fn certificates_that_stay_are_there_all_the_while() {
    for (before, after) in [
        // The default one becomes an additional one, and the other way round.
        (&["a", "b"][..], &["b", "a"][..]),
        (&["a", "b"], &["c", "b", "a"]),
        (&["a", "b", "c"], &["c", "b"]),
        (&["a", "b"], &["a", "c"]),
        (&["a"], &["b", "a"]),
    ] {
        let mut world = World::default();
        let (first, then) = (of_https(before), of_https(after));
        world.settle(Some(&first), &pods(), usize::MAX);
        let shown = |world: &World| {
            let balancer = world.seen.balancers.values().next().unwrap();
            balancer.listeners[&80].certificates.clone()
        };
        assert_eq!(shown(&world), before);
        for step in plan(Some(&then), &pods(), &world.seen) {
            world.act(Some(&then), step.clone()).unwrap();
            for it in before.iter().filter(|it| after.contains(it)) {
                assert!(
                    shown(&world).iter().any(|there| there == it),
                    "{it} is gone after {step:?} on the way from {before:?} to {after:?}"
                );
            }
        }
        let now = shown(&world);
        assert_eq!(now[0], after[0]);
        let all = |it: &[&str]| {
            it.iter()
                .map(|it| (*it).to_owned())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(now.into_iter().collect::<BTreeSet<_>>(), all(after));
        assert_eq!(plan(Some(&then), &pods(), &world.seen), []);
    }
}

#[test]
fn without_a_word_of_it_the_policy_is_the_usual_one() {
    let mut world = World::default();
    let usual = of_https(&["a"]);
    let mut strict = usual.clone();
    let policy = "ELBSecurityPolicy-TLS13-1-2-2021-06";
    strict.listeners.get_mut(&80).unwrap().policy = Some(policy.to_owned());
    for (wanted, shown) in [
        (&usual, Some("ELBSecurityPolicy-2016-08")),
        (&strict, Some(policy)),
        (&usual, Some("ELBSecurityPolicy-2016-08")),
        (&stack(), None),
    ] {
        world.settle(Some(wanted), &pods(), usize::MAX);
        let balancer = world.seen.balancers.values().next().unwrap();
        assert_eq!(balancer.listeners[&80].policy.as_deref(), shown);
    }
}

/// A stack whose parts have tags: some of all, and some of its own for each target group and each rule.
fn tagged(of_all: &BTreeMap<String, String>, own: &str) -> Stack {
    let mut wanted = stack();
    wanted.tags.clone_from(of_all);
    for (name, group) in &mut wanted.groups {
        group.tags = tags(&[("of", name.as_str()), ("own", own)]);
    }
    let rules = &mut wanted.listeners.get_mut(&80).unwrap().rules;
    for (rule, of) in rules.iter_mut().zip(["first", "second"]) {
        rule.tags = tags(&[("of", of), ("own", own)]);
    }
    wanted
}

#[test]
fn everything_has_the_tags_that_are_asked_for() {
    let mut world = World::default();
    let blue = tagged(&tags(&[("team", "blue"), ("unit", "a")]), "1");
    world.settle(Some(&blue), &pods(), usize::MAX);
    let mut red = tagged(&tags(&[("team", "red"), ("stage", "test")]), "2");
    // Rules move with their tags.
    red.listeners.get_mut(&80).unwrap().rules.reverse();
    let steps = plan(Some(&red), &pods(), &world.seen);
    let of_tags = |it: &&Step| matches!(it, Step::Tag { .. } | Step::Untag { .. });
    // The load balancer, its security group and its listener lose one and get two; two groups and two rules get one.
    assert_eq!(steps.iter().filter(of_tags).count(), 3 * 2 + 4);
    // As many as a thing can have, and as many others.
    let many = |value: &str| -> BTreeMap<String, String> {
        let keys = (0..50).map(|it| format!("{value}{it}"));
        keys.map(|key| (key, value.to_owned())).collect()
    };
    for wanted in [
        &red,
        &tagged(&many("x"), "3"),
        &tagged(&many("y"), "4"),
        &stack(),
    ] {
        world.settle(Some(wanted), &pods(), usize::MAX);
        let balancer = world.seen.balancers.values().next().unwrap();
        let own = world.seen.own.as_ref().unwrap();
        let listener = &balancer.listeners[&80];
        for shown in [&balancer.tags, &own.tags, &listener.tags] {
            assert_eq!(shown, &wanted.tags);
        }
        for group in world.seen.groups.values() {
            assert_eq!(group.group.tags, wanted.groups[&group.name].tags);
        }
        let rules = listener.rules.values().map(|it| it.rule.as_ref().unwrap());
        let rules = rules.map(|it| &it.tags);
        assert!(rules.eq(wanted.listeners[&80].rules.iter().map(|it| &it.tags)));
    }
}

#[test]
fn another_scheme_is_another_load_balancer() {
    let mut world = World::default();
    let mut wanted = stack();
    world.settle(Some(&wanted), &pods(), usize::MAX);
    // By its own name: the first must go before the second comes.
    wanted.internal = false;
    world.settle(Some(&wanted), &pods(), usize::MAX);
    assert!(world.seen.balancers.values().all(|it| !it.internal));
    assert_eq!(world.seen.balancers.len(), 1);
    // By another: the second is there before the first goes.
    wanted.internal = true;
    wanted.name = "k8s-other".to_owned();
    let mut most = 0;
    for _ in 0..10 {
        for step in plan(Some(&wanted), &pods(), &world.seen) {
            world.act(Some(&wanted), step).unwrap();
            most = most.max(world.seen.balancers.len());
            assert!(!world.seen.balancers.is_empty());
        }
    }
    assert_eq!((most, world.seen.balancers.len()), (2, 1));
}

#[test]
fn groups_that_an_annotation_names_open_nothing() {
    let mut world = World::default();
    let mut wanted = stack();
    world.settle(Some(&wanted), &pods(), usize::MAX);
    wanted.security = Security::Given(vec!["sg-given".to_owned()]);
    world.settle(Some(&wanted), &pods(), usize::MAX);
    assert!(world.seen.own.is_none() && world.seen.openings.is_empty());
    let balancer = world.seen.balancers.values().next().unwrap();
    assert_eq!(balancer.security, BTreeSet::from(["sg-given".to_owned()]));
}

/// Some stack: what changes in the life of an Ingress.
fn some_stack() -> impl Strategy<Value = Option<Stack>> {
    let parts = (
        prop::collection::vec((0..4_u8, 0..3_u8), 0..5),
        prop::collection::btree_set(0..3_u16, 1..3),
        any::<bool>(),
        prop::collection::vec(0..6_u8, 0..4),
        any::<bool>(),
    );
    let made = parts.prop_map(|(rules, ports, internal, targets, given)| {
        let mut stack = stack();
        let mut used = BTreeSet::from(["g0".to_owned()]);
        let rules: Vec<Rule> = rules
            .into_iter()
            .map(|(path, group)| {
                used.insert(format!("g{group}"));
                rule(&format!("/{path}"), &format!("g{group}"))
            })
            .collect();
        let targets: Vec<Target> = targets.into_iter().map(|it| target(it, 8080)).collect();
        stack.groups = used.into_iter().map(|it| (it, group(&targets))).collect();
        let mut listener = stack.listeners[&80].clone();
        listener.default = forward("g0");
        listener.rules = rules;
        stack.listeners = ports
            .into_iter()
            .map(|it| (80 + it, listener.clone()))
            .collect();
        stack.internal = internal;
        if given {
            stack.security = Security::Given(vec!["sg-given".to_owned()]);
        }
        stack
    });
    prop_oneof![4 => made.prop_map(Some), 1 => Just(None)]
}

proptest! {
    /// Wherever one thing ended the next goes on: each wish is fulfilled, and in the end nothing is left.
    #[test]
    fn it_settles_from_anywhere(wishes in prop::collection::vec((some_stack(), 0..25_usize), 1..6)) {
        let mut world = World::default();
        for (wanted, most) in &wishes {
            world.settle(wanted.as_ref(), &pods(), *most);
        }
        let (last, _) = wishes.last().expect("one");
        world.settle(last.as_ref(), &pods(), usize::MAX);
        prop_assert_eq!(plan(last.as_ref(), &pods(), &world.seen), vec![]);
        if let Some(stack) = last {
            let balancer = world.seen.balancers.values().next().expect("a load balancer");
            let rules: Vec<usize> = balancer.listeners.values().map(|it| it.rules.len()).collect();
            let wanted: Vec<usize> = stack.listeners.values().map(|it| it.rules.len()).collect();
            prop_assert_eq!(rules, wanted);
            prop_assert_eq!(world.seen.groups.len(), stack.groups.len());
        }
        world.settle(None, &BTreeSet::new(), usize::MAX);
        prop_assert_eq!(&world.seen, &Seen::default());
    }
}
