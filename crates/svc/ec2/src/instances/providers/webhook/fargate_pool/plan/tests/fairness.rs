//! Who gets machines first, how many one account gets, and what its maker refuses keeps nobody else waiting.

use super::*;

const OTHER: &str = "444455556666";

/// For whom machines are ordered, and where.
fn made_for(plan: &Plan) -> Vec<(Option<&str>, &str)> {
    let all = plan.actions.iter();
    let orders = all.filter_map(|it| match it {
        Action::Order { zone, account, .. } => Some((account.as_deref(), zone.as_str())),
        _ => None,
    });
    orders.collect()
}

fn given_up(plan: &Plan) -> Vec<(&str, Loss)> {
    let all = plan.actions.iter();
    let given_up = all.filter_map(|it| match it {
        Action::GiveUp { id, loss, .. } => Some((id.as_str(), *loss)),
        _ => None,
    });
    given_up.collect()
}

fn of_spot(one: FargateWaiting) -> FargateWaiting {
    let claim = Claim {
        spot: true,
        ..one.claim.clone()
    };
    FargateWaiting { claim, ..one }
}

fn of_account(account: &str, one: FargateWaiting) -> FargateWaiting {
    FargateWaiting {
        account: account.to_owned(),
        ..one
    }
}

/// Its maker answered, and did not take it.
fn untaken(id: &str, zone: &str) -> Own {
    Own {
        told_at: None,
        refused: true,
        ..own(id, zone, Stage::Ordered)
    }
}

#[test]
fn those_of_spot_capacity_come_last() {
    // One account has had a task of Spot capacity wait for long, another has one of each kind wait since now.
    let late = |one: FargateWaiting| FargateWaiting {
        since: START + MINUTE,
        ..of_account(OTHER, one)
    };
    let mut of = terms();
    of.most = 2;
    let mut look = Look {
        terms: Some(of),
        waiting: vec![
            of_spot(waiting("1", 4, &["a"])),
            of_spot(waiting("2", 4, &["a"])),
            late(of_spot(waiting("3", 4, &["b"]))),
            late(waiting("4", 4, &["c"])),
        ],
        ..Look::default()
    };
    let zones = |plan: &Plan| -> Vec<String> {
        let orders = orders(plan).into_iter();
        orders.map(|it| it.1.to_owned()).collect()
    };
    assert_eq!(zones(&look.at(START + MINUTE)), ["c", "a"]);
    // Accounts take turns at what is left to them.
    look.waiting.remove(3);
    assert_eq!(zones(&look.at(START + MINUTE)), ["a", "b"]);
    // So it is with room that is there.
    look.machines = vec![own("i-1", "a", Stage::Ordered)];
    look.waiting = vec![
        of_spot(waiting("1", 4, &["a", "b"])),
        late(waiting("2", 4, &["a"])),
    ];
    assert_eq!(zones(&look.at(START + MINUTE)), ["b"]);
}

#[test]
fn an_account_has_as_many_machines_made_as_may_be() {
    let mut of = terms();
    of.most_per_account = Some(2);
    let mut look = Look {
        terms: Some(of),
        waiting: (0..5)
            .map(|it| waiting(&it.to_string(), 4, &["a"]))
            .collect(),
        ..Look::default()
    };
    let one = look.waiting[0].account.clone();
    let plan = look.at(START);
    assert_eq!(made_for(&plan), [(Some(one.as_str()), "a"); 2]);
    assert_eq!(plan.status.bounded, BTreeMap::from([(one.clone(), 3)]));
    assert_eq!((plan.status.lacking, plan.status.held), (5, None));
    // Another has its own, behind however many of the first.
    look.waiting
        .push(of_account(OTHER, waiting("late", 4, &["c"])));
    let plan = look.at(START);
    assert_eq!(made_for(&plan)[1], (Some(OTHER), "c"));
    assert_eq!(plan.status.bounded.len(), 1);
    // Those that are there and on their way count, those that end do not.
    let of_one = |id: &str, stage| Own {
        account: Some(one.clone()),
        ..own(id, "a", stage)
    };
    let full = |id: &str| Own {
        account: Some(one.clone()),
        ..used(id, "a", 4)
    };
    look.waiting.truncate(2);
    look.machines = vec![full("i-1"), full("i-2"), of_one("i-3", Stage::Ending)];
    let plan = look.at(START);
    assert_eq!(made_for(&plan), []);
    assert_eq!(plan.status.bounded, BTreeMap::from([(one.clone(), 2)]));
    look.machines.remove(1);
    assert_eq!(made_for(&look.at(START)).len(), 1);
}

#[test]
fn where_nobody_says_a_quarter_is_left_to_other_accounts_if_there_are_any() {
    let many: Vec<FargateWaiting> = (0..20)
        .map(|it| waiting(&it.to_string(), 4, &["a"]))
        .collect();
    for (most, said, is_shared, made, bound) in [
        (4, None, false, 4, None),
        (4, None, true, 3, Some(3)),
        // Of three there is no quarter.
        (3, None, true, 3, None),
        (10, None, true, 8, Some(8)),
        (4, Some(2), false, 2, Some(2)),
        (4, Some(4), true, 4, None),
    ] {
        let look = Look {
            terms: Some(Terms {
                most,
                most_per_account: said,
                ..terms()
            }),
            waiting: many.clone(),
            is_shared,
            ..Look::default()
        };
        let plan = look.at(START);
        assert_eq!(made_for(&plan).len(), made, "{made} of {most}");
        assert_eq!(plan.status.most_per_account, bound);
        // Who has all there may be hears that there are no more, and nothing of a bound.
        let held = bound.is_none().then_some(Held::Full(most));
        assert_eq!(plan.status.held, held);
        assert_eq!(plan.status.bounded.is_empty(), bound.is_none());
    }
}

#[test]
fn who_has_no_machine_made_takes_what_others_leave() {
    let mut of = terms();
    of.most_per_account = Some(1);
    let account = waiting("1", 4, &[]).account;
    let look = Look {
        terms: Some(of),
        machines: vec![Own {
            account: Some(account),
            ..used("i-1", "a", 4)
        }],
        waiting: vec![
            waiting("1", 2, &["a"]),
            waiting("2", 4, &["a"]),
            of_account(OTHER, waiting("3", 2, &["a"])),
        ],
        ..Look::default()
    };
    let plan = look.at(START);
    assert_eq!(made_for(&plan), [(Some(OTHER), "a")]);
    let bounded: Vec<usize> = plan.status.bounded.into_values().collect();
    assert_eq!(bounded, [1], "the first has room beside the third");
}

#[test]
fn a_machine_is_of_the_account_that_uses_it() {
    let arn = |account: &str, id: &str| format!("arn:aws:ecs:us-east-1:{account}:task/web/{id}");
    let (one, two) = (arn("1", "a"), [arn("2", "b"), arn("2", "c")]);
    let ledger = |names: &[&str]| Ledger {
        claims: names.iter().map(|it| (*it, claim(1))).collect(),
        ..Ledger::default()
    };
    let two: Vec<&str> = two.iter().map(String::as_str).collect();
    for (made_for, names, expected) in [
        (None, vec![], None),
        (Some("1"), vec![], Some("1")),
        (Some("1"), vec![one.as_str(), two[0], two[1]], Some("1")),
        (Some("1"), two.clone(), Some("2")),
        // Nobody says whose a pod's machine is.
        (Some("1"), vec![two[0], "instance/i-1"], Some("1")),
        (None, vec!["instance/i-1"], None),
        (None, vec![one.as_str(), two[0], two[1]], Some("2")),
    ] {
        let found = account_of(made_for, Some(&ledger(&names)));
        assert_eq!(found.as_deref(), expected, "{made_for:?} {names:?}");
    }
    assert_eq!(account_of(Some("1"), None).as_deref(), Some("1"));
}

#[test]
fn what_the_maker_does_not_take_keeps_nobody_else_waiting() {
    // Nothing is expected of it, and none like it is ordered there meanwhile.
    let mut look = Look {
        machines: vec![untaken("i-1", "a")],
        waiting: vec![waiting("1", 4, &["a", "b"]), waiting("2", 4, &["a"])],
        ..Look::default()
    };
    let plan = look.at(START);
    let tell = Action::Tell {
        id: "i-1".to_owned(),
    };
    assert!(plan.actions.contains(&tell), "it is asked again");
    let four = size("4vcpu,16gib").to_string();
    assert_eq!(orders(&plan), [(four, "b")]);
    assert_eq!(plan.status.held, Some(Held::Refused(None)));
    assert!(!plan.status.closed);
    // Another size may be there.
    let mut of = terms();
    of.sizes.push(size("8vcpu,32gib"));
    look.terms = Some(of);
    look.waiting.remove(0);
    let eight = size("8vcpu,32gib").to_string();
    assert_eq!(orders(&look.at(START)), [(eight, "a")]);
    // Once it is there all is well, whatever its maker said.
    look.machines[0].host = Some("h".to_owned());
    look.machines[0].seen = Some(HostIs::Connected);
    let plan = look.at(START);
    assert_eq!((orders(&plan).len(), plan.status.lacking), (0, 0));
}

#[test]
fn what_the_maker_does_not_take_is_not_in_the_way() {
    let mut of = terms();
    of.most = 1;
    let mut look = Look {
        terms: Some(of),
        machines: vec![untaken("i-1", "a")],
        waiting: vec![waiting("1", 4, &["a"])],
        ..Look::default()
    };
    // It is what is needed.
    let plan = look.at(START);
    assert_eq!(given_up(&plan), []);
    assert_eq!(plan.status.held, Some(Held::Full(1)));
    look.waiting[0].zones.insert("b".to_owned());
    assert_eq!(given_up(&look.at(START)), [("i-1", Loss::InTheWay)]);
    // After a restart nobody has said yet who waits.
    look.waiting.clear();
    assert_eq!(given_up(&look.at(START)), []);
}

#[test]
fn what_came_to_nothing_is_ordered_again_later_and_other_things_at_once() {
    let until = START + MINUTE;
    let four = size("4vcpu,16gib");
    let refused = |zones: &[&str]| {
        let of = |zone: &&str| ((four.clone(), (*zone).to_owned()), until);
        zones.iter().map(of).collect()
    };
    let mut look = Look {
        waiting: vec![waiting("1", 4, &["a"]), waiting("2", 4, &["b"])],
        refused: refused(&["a"]),
        ..Look::default()
    };
    let plan = look.at(START);
    assert_eq!(orders(&plan), [(four.to_string(), "b")]);
    assert_eq!(plan.status.held, Some(Held::Refused(Some(until))));
    assert_eq!(orders(&look.at(until)).len(), 2);
    // Nobody waits: that there may be machines again is seen when it is so.
    look.waiting.clear();
    look.refused = refused(&["a", "b", "c"]);
    let plan = look.at(START);
    assert!(plan.status.closed);
    assert_eq!((plan.actions.len(), plan.wake_at), (0, Some(until)));
    assert!(!look.at(until).status.closed);
}

#[test]
fn the_least_that_machines_of_a_size_have_is_learned() {
    let of = |memory, disk, ports: &[u16]| {
        let mut own = own("i-1", "a", Stage::Joined);
        let ledger = own.ledger.as_mut().unwrap();
        let port = |number: &u16| Port {
            number: *number,
            protocol: Protocol::Tcp,
        };
        ledger.capacity.memory = memory;
        ledger.capacity.disk = disk;
        ledger.capacity.reserved = ports.iter().map(port).collect();
        own
    };
    let mut silent = of(1, None, &[]);
    silent.ledger.as_mut().unwrap().capacity.cpu = 0;
    let machines = [
        of(16_000, Some(90), &[22]),
        of(15_900, None, &[22, 80]),
        silent,
        own("i-2", "a", Stage::Ordered),
    ];
    let learned = learned(&machines);
    assert_eq!(learned.len(), 1);
    let found = learned.values().next().unwrap();
    assert_eq!((found.memory, found.disk), (15_900, Some(90)));
    let ports: Vec<u16> = found.reserved.iter().map(|it| it.number).collect();
    assert_eq!(ports, [22, 80]);
}

proptest! {
    #[test]
    fn no_account_has_more_made_than_may_be(
        mut machines in prop::collection::vec(any_own(), 0..12),
        sizes in prop::collection::vec((1..5_u32, any::<bool>(), any::<bool>()), 0..30),
        most in 1..5_usize,
    ) {
        for (number, it) in machines.iter_mut().enumerate() {
            it.id = format!("i-{number}");
        }
        let tasks = sizes.iter().enumerate().map(|(number, (vcpus, of_one, on_spot))| {
            let one = waiting(&number.to_string(), *vcpus, &[]);
            let one = of_account(if *of_one { "one" } else { "two" }, one);
            if *on_spot { of_spot(one) } else { one }
        });
        let look = Look {
            terms: Some(Terms { most: 100, most_per_account: Some(most), ..terms() }),
            machines: machines.clone(),
            waiting: tasks.collect(),
            ..Look::default()
        };
        let plan = look.at(START);
        for account in ["one", "two"] {
            let lives = machines.iter().filter(|it| it.stage != Stage::Ending);
            let has = lives.filter(|it| it.account.as_deref() == Some(account)).count();
            let made = made_for(&plan);
            let made = made.iter().filter(|it| it.0 == Some(account)).count();
            prop_assert!(made == 0 || has + made <= most);
        }
        // None is ordered where the maker does not take one.
        for (size, zone) in orders(&plan) {
            let mut refused = machines.iter().filter(|it| it.is_refused());
            prop_assert!(!refused.any(|it| it.size.to_string() == size && it.zone == zone));
        }
        prop_assert_eq!(look.at(START), plan);
    }
}
