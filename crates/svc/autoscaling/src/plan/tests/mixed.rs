//! Groups with a mixed instances policy: markets, types, weights and templates.

use super::*;
use crate::records::Mixed;

#[test]
fn a_part_of_the_instances_is_spot() {
    let mut of = group(&["a"], 0, 5, 10);
    of.mixed = Some(Mixed {
        types: vec!["m5.large".to_owned(), "t3.small".to_owned()],
        spot_types: vec!["t3.small".to_owned(), "m5.large".to_owned()],
        base: 1,
        percentage: Some(50),
        ..Mixed::default()
    });
    let markets = |plan: &Plan| {
        let of_each = plan.members.values().filter(|it| it.counts());
        let spot = of_each.clone().filter(|it| it.spot).count();
        (of_each.count() - spot, spot)
    };
    let plan = Case::of(of.clone(), Vec::new()).plan();
    assert_eq!(markets(&plan), (3, 2));
    for it in plan.members.values() {
        let expected = if it.spot { "t3.small" } else { "m5.large" };
        assert_eq!(it.wanted_type.as_deref(), Some(expected));
    }
    // What goes first is what there is too much of.
    let members = |spot: [bool; 3]| {
        let all = spot.into_iter().zip(["1", "2", "3"]);
        let all = all.map(|(spot, token)| Member {
            spot,
            ..member(token, "a", State::InService)
        });
        all.collect::<Vec<_>>()
    };
    of.desired = 2;
    for (spot, taken) in [
        ([false, true, true], true),
        ([false, false, false], false),
        ([false, false, true], true),
    ] {
        let plan = Case::of(of.clone(), members(spot)).plan();
        let all = plan.members.values();
        let ends: Vec<bool> = all
            .filter(|it| it.state.is_terminating())
            .map(|it| it.spot)
            .collect();
        assert_eq!(ends, [taken], "{spot:?}");
    }
    // Spot capacity that is not there is no reason for another market, and is not asked for at once again.
    of.desired = 3;
    advance::failed(&mut of, "spot/subnet-a/t3.small", second(1000));
    advance::failed(&mut of, "spot/subnet-a/m5.large", second(1000));
    let plan = Case::of(of, members([false, false, false])[..2].to_vec()).plan();
    assert!(plan.members.is_empty());
    assert_eq!(plan.wake_at, Some(second(1005)));
}

#[test]
fn spot_instances_come_from_several_pools_in_turn() {
    let types = ["t3.small", "t3.large", "m5.large"].map(str::to_owned);
    let mut of = group(&["a"], 0, 4, 9);
    of.mixed = Some(Mixed {
        types: types.to_vec(),
        spot_types: types.to_vec(),
        percentage: Some(0),
        spot_pools: Some(2),
        ..Mixed::default()
    });
    let launched = |of: &Group| {
        let plan = Case::of(of.clone(), Vec::new()).plan();
        let all = plan.members.into_values().filter_map(|it| it.wanted_type);
        let mut all: Vec<String> = all.collect();
        all.sort();
        all
    };
    assert_eq!(
        launched(&of),
        ["t3.large", "t3.large", "t3.small", "t3.small"]
    );
    // The next one stands in for a pool without capacity.
    advance::failed(&mut of, "spot/subnet-a/t3.small", second(1000));
    assert_eq!(
        launched(&of),
        ["m5.large", "m5.large", "t3.large", "t3.large"]
    );
    if let Some(mixed) = &mut of.mixed {
        mixed.spot_pools = None;
    }
    assert_eq!(launched(&of), ["t3.large"; 4]);
}

/// A group whose small instances are two units and whose large ones are five.
fn weighted(zones: &[&str], desired: u32) -> Group {
    let (small, large) = ("t3.small".to_owned(), "m5.large".to_owned());
    let mut of = group(zones, 0, desired, 100);
    of.mixed = Some(Mixed {
        types: vec![large.clone(), small.clone()],
        weights: BTreeMap::from([(small, 2), (large, 5)]),
        ..Mixed::default()
    });
    of
}

fn of_type(token: &str, zone: &str, of: &str) -> Member {
    Member {
        wanted_type: Some(of.to_owned()),
        ..member(token, zone, State::InService)
    }
}

/// The tokens of those that a plan ends.
fn ends(plan: &Plan) -> Vec<&str> {
    let all = plan.members.values();
    let ends = all.filter(|it| it.state.is_terminating());
    ends.map(|it| it.token.as_str()).collect()
}

#[test]
fn instances_are_launched_until_their_units_are_what_is_desired() {
    for (desired, launched) in [(0, 0), (1, 1), (5, 1), (6, 2), (10, 2), (11, 3)] {
        let of = weighted(&["a"], desired);
        let plan = Case::of(of, Vec::new()).plan();
        assert_eq!(plan.members.len(), launched, "{desired}");
        assert!(plan.members.values().all(|it| it.weight == Some(5)));
    }
    // Where there is no room for the large ones, more small ones are.
    let mut of = weighted(&["a"], 6);
    advance::failed(&mut of, "subnet-a/m5.large", second(1000));
    let plan = Case::of(of, vec![of_type("1", "a", "m5.large")]).plan();
    let launched: Vec<&Member> = plan.members.values().collect();
    assert_eq!(launched.len(), 1);
    assert_eq!(launched[0].wanted_type.as_deref(), Some("t3.small"));
    assert_eq!(launched[0].weight, Some(2));
}

#[test]
fn a_group_is_not_left_smaller_than_desired() {
    let members = [
        of_type("1", "a", "m5.large"),
        of_type("2", "a", "m5.large"),
        of_type("3", "a", "t3.small"),
    ];
    for (desired, ended) in [
        // Of a surplus of two the small one goes, of one and of none nobody.
        (12, 0),
        (11, 0),
        (10, 1),
        (8, 1),
        (7, 1),
        (5, 2),
        (2, 2),
        (1, 2),
        (0, 3),
    ] {
        let plan = Case::of(weighted(&["a"], desired), members.to_vec()).plan();
        let left = members
            .iter()
            .filter(|it| !ends(&plan).contains(&it.token.as_str()));
        let of = weighted(&["a"], desired);
        assert!(of.units_of(left) >= desired as usize, "{desired}");
        assert_eq!(ends(&plan).len(), ended, "{desired}");
        let more = plan.members.values().any(|it| it.state == State::Pending);
        assert!(!more, "{desired}");
    }
}

#[test]
fn what_is_in_service_does_not_go_for_what_is_on_its_way() {
    let small = ["1", "2", "3", "4", "5"].map(|it| of_type(it, "a", "t3.small"));
    let mut members = small.to_vec();
    // One unit was missing, and five come.
    members.push(Member {
        state: State::Pending,
        in_service_at: None,
        ..of_type("6", "a", "m5.large")
    });
    let mut case = Case::of(weighted(&["a"], 11), members);
    for it in case.seen.instances.values_mut() {
        if it.id == "i-6" {
            it.state = Ec2State::Pending;
        }
    }
    assert_eq!(ends(&case.plan()), [""; 0]);
    // What comes goes first where less is desired meanwhile.
    case.group.desired = 10;
    assert_eq!(ends(&case.plan()), ["6"]);
    case.group.desired = 11;
    case.members[5].state = State::InService;
    case.seen = running(&case.members);
    assert_eq!(ends(&case.plan()).len(), 2);
}

#[test]
fn nothing_is_launched_that_would_go_itself() {
    let mut of = group(&["a", "b"], 0, 4, 9);
    of.mixed = Some(Mixed {
        types: vec!["t3.small".to_owned()],
        spot_types: vec!["t3.small".to_owned()],
        percentage: Some(25),
        ..Mixed::default()
    });
    let of_market = |token: &str, zone: &str, spot: bool| Member {
        spot,
        ..of_type(token, zone, "t3.small")
    };
    // The next would be On-Demand, and of five two are: one of these would go, and both are where there are few.
    let mut members = vec![
        of_market("1", "a", true),
        of_market("2", "a", true),
        of_market("3", "a", true),
        of_market("4", "b", false),
    ];
    let plan = Case::of(of.clone(), members.clone()).plan();
    assert!(plan.members.is_empty());
    // Where one is where there are many, that goes.
    (members[0].spot, members[3].spot) = (false, true);
    let plan = Case::of(of, members).plan();
    let extra: Vec<&str> = plan.members.values().map(|it| it.zone.as_str()).collect();
    assert_eq!(extra, ["b"]);
}

#[test]
fn zones_are_even_by_units() {
    // One large instance stands for two small ones.
    let members = vec![
        of_type("1", "a", "m5.large"),
        of_type("2", "b", "t3.small"),
        of_type("3", "b", "t3.small"),
    ];
    let plan = Case::of(weighted(&["a", "b"], 9), members.clone()).plan();
    assert!(plan.members.is_empty());
    let plan = Case::of(weighted(&["a", "b"], 10), members).plan();
    let launched: Vec<&str> = plan.members.values().map(|it| it.zone.as_str()).collect();
    assert_eq!(launched, ["b"]);
    // What comes to the emptier zone is five units.
    let two = [of_type("1", "a", "m5.large"), of_type("2", "a", "m5.large")];
    let plan = Case::of(weighted(&["a", "b"], 10), two.to_vec()).plan();
    let extra: Vec<&Member> = plan.members.values().collect();
    assert!(extra.len() == 1 && extra[0].extra && extra[0].zone == "b");
    let small = [
        of_type("1", "a", "t3.small"),
        of_type("2", "a", "t3.small"),
        of_type("3", "a", "t3.small"),
    ];
    let plan = Case::of(weighted(&["a", "b"], 6), small.to_vec()).plan();
    assert!(plan.members.is_empty(), "the zones would be no more even");
}

#[test]
fn a_type_may_have_a_template_of_its_own() {
    let own = Source::Template {
        id: "lt-2".to_owned(),
        name: "large".to_owned(),
        version: "7".to_owned(),
    };
    let (small, large) = ("t3.small", "m5.large");
    let mut of = weighted(&["a"], 5);
    if let Some(mixed) = &mut of.mixed {
        mixed.templates.insert(large.to_owned(), own.clone());
    }
    let launched = |case: &Case| {
        let plan = case.plan();
        let one = plan.members.into_values().next();
        one.and_then(|it| Some((it.wanted_type?, it.source?)))
    };
    let mut case = Case::of(of, Vec::new());
    // While nobody can say what it is, none of that type is launched.
    assert_eq!(launched(&case), Some((small.to_owned(), template(1))));
    let read = BTreeMap::from([(large.to_owned(), own.clone())]);
    case.seen.templates.clone_from(&read);
    assert_eq!(launched(&case), Some((large.to_owned(), own.clone())));
    // A refresh compares each with what is launched of its type, and neither template is an older one.
    let made = Member {
        source: Some(own),
        ..of_type("1", "a", large)
    };
    case = Case::of(case.group, vec![made, of_type("2", "a", small)]);
    case.group.desired = 7;
    case.seen.templates = read;
    let mut refresh = a_refresh(second(1000));
    refresh.settings.skips_matching = true;
    case.refresh = Some(refresh);
    assert!(ends(&case.plan()).is_empty());
    case.seen.source = Some(template(2));
    assert_eq!(ends(&case.plan()), ["2"]);
    assert!(case.group.launches("lt-1") && case.group.launches("lt-2"));
    assert!(!case.group.launches("lt-3"));
}

#[test]
fn weights_hold_that_the_policy_says_last() {
    let mut of = weighted(&["a"], 10);
    let kept = Member {
        weight: Some(3),
        ..of_type("1", "a", "t3.large")
    };
    let attached = Member {
        wanted_type: None,
        instance_type: Some("m5.large".to_owned()),
        ..of_type("2", "a", "m5.large")
    };
    let strange = Member {
        wanted_type: None,
        ..of_type("3", "a", "m5.large")
    };
    let known = of_type("4", "a", "t3.small");
    let units = |of: &Group| [&kept, &attached, &strange, &known].map(|it| of.units(it));
    assert_eq!(units(&of), [3, 5, 1, 2]);
    let shown = of.shown_weight(&known);
    assert_eq!(shown.as_deref(), Some("2"));
    if let Some(mixed) = &mut of.mixed {
        mixed.weights.clear();
    }
    assert_eq!(units(&of), [1; 4]);
    assert_eq!(of.shown_weight(&known), None);
}

#[test]
fn a_group_with_weights_comes_to_rest() {
    let mut of = weighted(&["a", "b"], 0);
    let mut members: BTreeMap<String, Member> = BTreeMap::new();
    let mut looks = 0;
    for desired in [11, 23, 24, 8, 7, 40, 3, 0] {
        of.desired = desired;
        let mut rests = false;
        for _ in 0..100 {
            looks += 1;
            let all: Vec<Member> = members.values().cloned().collect();
            let case = Case::of(of.clone(), all);
            let plan = case.plan();
            if let Some(group) = plan.group {
                of = group;
            }
            rests = plan.members.is_empty();
            for (token, mut it) in plan.members {
                // Each plan mints the same ones.
                if !members.contains_key(&token) {
                    it.token = format!("{looks}-{token}");
                }
                members.insert(it.token.clone(), it);
            }
            members.retain(|_, it| !it.state.is_terminating());
            for it in members.values_mut() {
                it.state = State::InService;
                it.instance = Some(format!("i-{}", it.token));
                it.in_service_at = Some(second(0));
                it.extra = false;
                it.activity = None;
            }
            if rests {
                break;
            }
        }
        assert!(rests, "{desired}");
        let units = of.units_of(members.values()) as u32;
        assert!(
            (desired..desired + 5).contains(&units),
            "{units} of {desired}"
        );
    }
}

#[test]
fn the_first_type_that_there_is_room_for_is_launched() {
    let mut of = group(&["a"], 0, 1, 5);
    of.mixed = Some(Mixed {
        types: vec!["t3.small".to_owned(), "m5.large".to_owned()],
        ..Mixed::default()
    });
    let launched = |of: &Group| {
        let plan = Case::of(of.clone(), Vec::new()).plan();
        let mut members = plan.members.into_values();
        members.next().and_then(|it| it.wanted_type)
    };
    assert_eq!(launched(&of).as_deref(), Some("t3.small"));
    advance::failed(&mut of, "subnet-a/t3.small", second(1000));
    assert_eq!(launched(&of).as_deref(), Some("m5.large"));
    advance::failed(&mut of, "subnet-a/m5.large", second(1000));
    let plan = Case::of(of, Vec::new()).plan();
    assert!(plan.members.is_empty());
    assert_eq!(plan.wake_at, Some(second(1005)));
}
