//! Table cases of warm pools.

use super::super::{
    Call, Instance, Observed, Plan, Seen, plan,
    tests::{group, instance, member, running, second},
};
use super::*;
use crate::records::{Group, Hook, Kind, Outcome};

fn with_pool(desired: u32, pool: Pool) -> Group {
    Group {
        pool: Some(pool),
        ..group(&["a"], 0, desired, 4)
    }
}

fn a_pool(rest: Rest) -> Pool {
    Pool {
        prepared: None,
        min: 0,
        rest,
        reuses: false,
        deleting: false,
    }
}

fn of_pool(token: &str, state: State) -> Member {
    Member {
        pooled: Pooled::Of,
        ..member(token, "a", state)
    }
}

fn planned(group: &Group, members: &[Member], hooks: &[Hook], seen: &Seen) -> Plan {
    let observed = Observed {
        group,
        members,
        hooks,
        refresh: None,
        seen,
    };
    let mut minted = 0;
    let mut ids = || {
        minted += 1;
        (format!("new-{minted}"), format!("key-{minted}"))
    };
    plan(&observed, second(100), &mut ids)
}

fn seen(instances: &[(&str, Ec2State)]) -> Seen {
    let of = instances.iter().map(|it| instance(it.0, it.1));
    Seen {
        instances: of.map(|it: Instance| (it.id.clone(), it)).collect(),
        ..running(&[])
    }
}

#[test]
fn the_pool_is_as_large_as_group_and_maximum_say() {
    for (prepared, min, desired, wanted) in [
        (None, 0, 1, 3),
        (None, 0, 4, 0),
        (None, 2, 4, 2),
        (Some(2), 0, 1, 1),
        (Some(2), 0, 3, 0),
        (Some(6), 1, 3, 3),
    ] {
        let pool = Pool {
            prepared,
            min,
            ..a_pool(Rest::Stopped)
        };
        let group = with_pool(desired, pool.clone());
        assert_eq!(pool.wanted(&group), wanted, "{prepared:?} {min} {desired}");
    }
}

#[test]
fn one_that_cannot_be_started_gives_its_place_up() {
    let group = with_pool(
        1,
        Pool {
            prepared: Some(1),
            ..a_pool(Rest::Stopped)
        },
    );
    let taken = Member {
        pooled: Pooled::From,
        ..member("1", "a", State::Pending)
    };
    let mut seen = seen(&[("1", Ec2State::Stopped)]);
    let waits = planned(&group, std::slice::from_ref(&taken), &[], &seen);
    assert!(waits.calls.contains(&Call::Start("1".to_owned())));
    for it in seen.instances.values_mut() {
        it.gave_up = true;
        it.reason = Some("Insufficient capacity".to_owned());
    }
    let refused = Member {
        unhealthy: Some("refused".to_owned()),
        ..taken.clone()
    };
    let stuck = self::seen(&[("1", Ec2State::Stopped)]);
    for (it, seen) in [(&taken, &seen), (&refused, &stuck)] {
        let plan = planned(&group, std::slice::from_ref(it), &[], seen);
        let after = &plan.members["1"];
        assert_eq!(after.state, State::Terminating);
    }
}

#[test]
fn one_is_replaced_when_its_checks_have_failed_for_a_while() {
    let pool = Pool {
        prepared: Some(1),
        ..a_pool(Rest::Running)
    };
    let (group, pooled) = (with_pool(0, pool), of_pool("1", State::WarmedRunning));
    let mut seen = seen(&[("1", Ec2State::Running)]);
    for (since, started, expected) in [
        (-49, -900, None),
        (-900, -49, None),
        (-50, -900, Some(State::Terminating)),
        (-900, -50, Some(State::Terminating)),
    ] {
        for it in seen.instances.values_mut() {
            it.impaired_since = Some(second(since));
        }
        seen.started_at = second(started);
        let plan = planned(&group, std::slice::from_ref(&pooled), &[], &seen);
        let after = plan.members.get("1").map(|it| it.state);
        assert_eq!(after, expected, "{since} {started}");
    }
}

#[test]
fn one_that_does_not_return_ends_as_any_other() {
    let mut group = with_pool(1, a_pool(Rest::Stopped));
    group.pool = None;
    let leaving = Member {
        pooled: Pooled::To,
        ..member("1", "a", State::Terminating)
    };
    let seen = seen(&[("1", Ec2State::Running)]);
    let plan = planned(&group, &[leaving], &[], &seen);
    let after = &plan.members["1"];
    let found = (after.state, after.pooled);
    assert_eq!(found, (State::TerminatingProceed, Pooled::No));
}

#[test]
fn a_pool_is_filled_beside_the_group() {
    let members = [member("1", "a", State::InService)];
    let found = planned(
        &with_pool(1, a_pool(Rest::Stopped)),
        &members,
        &[],
        &running(&members),
    );
    assert_eq!(found.members.len(), 3);
    for made in found.members.values() {
        assert_eq!(made.state, State::WarmedPending);
        assert!(made.is_pooled() && !made.counts());
        let activity = &made.activity.as_ref().unwrap().1;
        assert_eq!(
            activity.description,
            "Launching a new EC2 instance into warm pool"
        );
    }
}

#[test]
fn one_that_runs_is_stopped_and_rests() {
    let group = with_pool(3, a_pool(Rest::Stopped));
    let in_service: Vec<Member> = ["1", "2", "3"]
        .map(|it| member(it, "a", State::InService))
        .to_vec();
    let with = |state| [in_service.clone(), vec![of_pool("4", state)]].concat();
    let all = |state| {
        let mut seen = running(&in_service);
        let four = instance("4", state);
        seen.instances.insert(four.id.clone(), four);
        seen
    };
    let next = |state, seen| {
        let found = planned(&group, &with(state), &[], &all(seen));
        (found.members.get("4").map(|it| it.state), found.calls)
    };
    assert_eq!(
        next(State::WarmedPending, Ec2State::Running).0,
        Some(State::WarmedPendingProceed)
    );
    assert_eq!(
        next(State::WarmedPendingProceed, Ec2State::Running),
        (None, vec![Call::Stop("4".to_owned())])
    );
    assert_eq!(
        next(State::WarmedPendingProceed, Ec2State::Stopping),
        (None, vec![])
    );
    assert_eq!(
        next(State::WarmedPendingProceed, Ec2State::Stopped).0,
        Some(State::WarmedStopped)
    );
    assert_eq!(
        next(State::WarmedStopped, Ec2State::Stopped),
        (None, vec![])
    );
    // Somebody started it: what it does is not known any more.
    assert_eq!(
        next(State::WarmedStopped, Ec2State::Running).0,
        Some(State::Terminating)
    );
    assert_eq!(
        next(State::WarmedRunning, Ec2State::Stopped).0,
        Some(State::Terminating)
    );
}

#[test]
fn a_group_that_grows_takes_from_its_pool_first() {
    let group = with_pool(2, a_pool(Rest::Stopped));
    let members = [
        of_pool("1", State::WarmedStopped),
        of_pool("2", State::WarmedPending),
    ];
    let there = seen(&[("1", Ec2State::Stopped), ("2", Ec2State::Pending)]);
    let found = planned(&group, &members, &[], &there);
    let taken = &found.members["1"];
    assert_eq!((taken.state, taken.pooled), (State::Pending, Pooled::From));
    assert!(taken.counts());
    assert_eq!(
        taken.activity.as_ref().unwrap().1.description,
        "Launching a new EC2 instance from warm pool: i-1"
    );
    let states = found.members.values().map(|it| it.state);
    assert_eq!(states.filter(|it| *it == State::Pending).count(), 2);

    let members = [taken.clone()];
    let group = with_pool(
        1,
        Pool {
            prepared: Some(1),
            ..a_pool(Rest::Stopped)
        },
    );
    for (state, calls) in [
        (Ec2State::Stopping, vec![]),
        (Ec2State::Stopped, vec![Call::Start("1".to_owned())]),
        (Ec2State::Pending, vec![]),
    ] {
        let found = planned(&group, &members, &[], &seen(&[("1", state)]));
        assert!(found.changes_nothing(), "{state:?}");
        assert_eq!(found.calls, calls);
    }
    let found = planned(&group, &members, &[], &seen(&[("1", Ec2State::Running)]));
    let stands = &found.members["1"];
    assert_eq!(
        (stands.state, stands.pooled),
        (State::InService, Pooled::No)
    );
}

#[test]
fn one_that_is_let_go_returns_where_that_is_wanted() {
    for (reuses, abandons, comes_to) in [
        (true, false, State::WarmedPending),
        (true, true, State::TerminatingProceed),
        (false, false, State::TerminatingProceed),
    ] {
        let pool = Pool {
            reuses,
            ..a_pool(Rest::Running)
        };
        let group = with_pool(0, pool);
        let hook = Hook {
            name: "h".to_owned(),
            group: "g".to_owned(),
            transition: Transition::Terminating,
            heartbeat_seconds: 60,
            otherwise: Outcome::Continue,
            metadata: None,
            target: None,
            role: None,
            unknown: Default::default(),
        };
        let hooks = [hook];
        let members = [member("1", "a", State::InService)];
        let there = running(&members);
        let found = planned(&group, &members, &hooks, &there);
        let mut leaving = found.members["1"].clone();
        assert_eq!(leaving.state, State::Terminating);
        assert_eq!(leaving.pooled == Pooled::To, reuses);
        // What it leaves of the pool's size is filled with new ones.
        let launched = found.members.len() - 1;
        assert_eq!(launched, if reuses { 3 } else { 4 });
        leaving = planned(&group, &[leaving], &hooks, &there).members["1"].clone();
        assert_eq!(leaving.state, State::TerminatingWait);
        leaving.waits[0].outcome = Some(match abandons {
            true => Outcome::Abandon,
            false => Outcome::Continue,
        });
        let after = planned(&group, &[leaving], &hooks, &there).members["1"].clone();
        assert_eq!(after.state, comes_to, "{reuses} {abandons}");
        assert_eq!(after.is_pooled(), comes_to == State::WarmedPending);
    }
}

#[test]
fn a_pool_that_is_deleted_goes_when_its_instances_have() {
    let pool = Pool {
        deleting: true,
        ..a_pool(Rest::Stopped)
    };
    let group = with_pool(0, pool);
    let members = [of_pool("1", State::WarmedStopped)];
    let there = seen(&[("1", Ec2State::Stopped)]);
    let found = planned(&group, &members, &[], &there);
    let ends = &found.members["1"];
    assert_eq!(ends.state_name(), "Warmed:Terminating");
    assert!(ends.activity.as_ref().unwrap().1.kind == Kind::Terminate);
    assert_eq!(found.group, None);
    let found = planned(&group, &[], &[], &there);
    assert_eq!(found.group.unwrap().pool, None);
}
