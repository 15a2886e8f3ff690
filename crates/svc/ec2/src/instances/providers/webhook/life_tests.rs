//! Tables, then what holds whatever happens.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const TERMS: Terms = Terms {
    join_within: Duration::from_secs(600),
    ends_on_shutdown: false,
    started: Timestamp(0),
};

fn at(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn told(action: Action, boot: u64) -> Told {
    Told { action, boot }
}

fn said(state: MachineState) -> Said {
    Said {
        state,
        ..Said::default()
    }
}

fn seen(host: Option<HostIs>, listed: Listed) -> Seen {
    Seen { host, listed }
}

fn is_as(state: MachineState) -> Listed {
    Listed::As(said(state))
}

const CONNECTED: Option<HostIs> = Some(HostIs::Connected);
const SILENT: Option<HostIs> = Some(HostIs::Silent);

/// One whose machine joined.
fn running() -> Life {
    let mut life = Life::new(NOW);
    let run = Some(told(Action::Run, 1));
    follow(
        &mut life,
        run,
        &seen(CONNECTED, Listed::Unknown),
        TERMS,
        NOW,
    );
    assert_eq!(life.state, State::Running);
    life
}

fn code(life: &Life) -> &str {
    life.reason.as_ref().map_or("", |it| it.code.as_str())
}

fn why(life: &Life) -> &str {
    life.reason.as_ref().map_or("", |it| it.message.as_str())
}

#[test]
fn it_runs_once_its_node_has_joined_and_its_maker_has_taken_it() {
    let mut life = Life::new(NOW);
    assert_eq!(due(&life, None), Some(told(Action::Run, 1)));
    // Before the maker has answered a node may be there already.
    follow(
        &mut life,
        None,
        &seen(CONNECTED, Listed::Unknown),
        TERMS,
        at(1),
    );
    assert_eq!(life.state, State::Pending);
    let run = told(Action::Run, 1);
    answered(&mut life, run, &said(MachineState::Working), at(1));
    assert_eq!(due(&life, Some(run)), None);
    for host in [None, SILENT] {
        let listed = is_as(MachineState::Running);
        follow(&mut life, Some(run), &seen(host, listed), TERMS, at(2));
        assert_eq!(life.state, State::Pending, "{host:?}");
    }
    follow(
        &mut life,
        Some(run),
        &seen(CONNECTED, Listed::Missing),
        TERMS,
        at(3),
    );
    assert_eq!((life.state, &life.reason), (State::Running, &None));
    assert_eq!(due(&life, Some(run)), None);
}

#[test]
fn a_launch_that_fails_says_why() {
    let of = |reason: Option<&str>, code: Option<&str>| Said {
        state: MachineState::Failed,
        reason: reason.map(str::to_owned),
        code: code.map(str::to_owned),
        console: None,
    };
    let none = Some("InsufficientInstanceCapacity");
    for (answer, wanted, words) in [
        (
            of(Some("rack 7 is full"), none),
            NO_CAPACITY,
            "rack 7 is full",
        ),
        (of(None, none), NO_CAPACITY, "Insufficient capacity"),
        (
            of(Some("no such image"), None),
            FAILED,
            "on launch: no such image",
        ),
        (of(None, None), FAILED, "does not say why"),
    ] {
        let run = told(Action::Run, 1);
        let mut life = Life::new(NOW);
        answered(&mut life, run, &answer, at(1));
        let mut later = Life::new(NOW);
        follow(
            &mut later,
            Some(run),
            &seen(None, Listed::As(answer)),
            TERMS,
            at(1),
        );
        for life in [life, later] {
            assert_eq!((life.state, code(&life)), (State::ShuttingDown, wanted));
            assert!(why(&life).contains(words), "{}", why(&life));
            // What there may be of it goes.
            assert_eq!(due(&life, Some(run)), Some(told(Action::Terminate, 1)));
        }
    }
}

#[test]
fn a_launch_that_never_joins_ends() {
    let run = Some(told(Action::Run, 1));
    let listed = || is_as(MachineState::Running);
    let mut life = Life::new(NOW);
    follow(&mut life, run, &seen(None, listed()), TERMS, at(599));
    assert_eq!(life.state, State::Pending);
    follow(&mut life, run, &seen(None, listed()), TERMS, at(600));
    assert_eq!((life.state, code(&life)), (State::ShuttingDown, FAILED));
    assert!(why(&life).contains("did not join within 600 s"));
    // One whose maker never answers does so too.
    let mut life = Life::new(NOW);
    follow(&mut life, None, &Seen::default(), TERMS, at(600));
    assert_eq!(life.state, State::ShuttingDown);
}

#[test]
fn a_machine_has_all_of_its_time_to_join_after_the_server_began() {
    let run = Some(told(Action::Run, 1));
    let terms = Terms {
        started: at(9000),
        ..TERMS
    };
    let mut life = Life::new(NOW);
    for (seconds, state) in [
        (9000, State::Pending),
        (9599, State::Pending),
        (9600, State::ShuttingDown),
    ] {
        follow(&mut life, run, &Seen::default(), terms, at(seconds));
        assert_eq!(life.state, state, "at {seconds}");
    }
}

#[test]
fn a_machine_that_is_gone_ends_its_instance() {
    let run = Some(told(Action::Run, 1));
    for (host, listed, ends) in [
        (SILENT, Listed::Missing, true),
        (None, Listed::Missing, true),
        (SILENT, is_as(MachineState::Ended), true),
        (SILENT, is_as(MachineState::Failed), true),
        (Some(HostIs::Left), Listed::Unknown, true),
        (SILENT, Listed::Unknown, false),
        (SILENT, is_as(MachineState::Working), false),
        // Its node is there: a list may be wrong.
        (CONNECTED, Listed::Missing, false),
        (CONNECTED, is_as(MachineState::Ended), false),
        (CONNECTED, is_as(MachineState::Stopped), false),
    ] {
        let mut life = running();
        // It has been away for long enough.
        life.impaired_since = Some(at(0));
        follow(&mut life, run, &seen(host, listed.clone()), TERMS, at(20));
        let state = if ends {
            State::ShuttingDown
        } else {
            State::Running
        };
        assert_eq!(life.state, state, "{host:?} {listed:?}");
        assert_eq!(code(&life), if ends { FAILED } else { "" });
    }
    // A maker that forgot everything ends nothing whose node is away for a moment.
    let mut life = running();
    for (seconds, host, state) in [
        (1, None, State::Running),
        (2, SILENT, State::Running),
        (21, SILENT, State::Running),
        (22, SILENT, State::ShuttingDown),
    ] {
        follow(
            &mut life,
            run,
            &seen(host, Listed::Missing),
            TERMS,
            at(seconds),
        );
        assert_eq!(life.state, state, "at {seconds}");
    }
}

#[test]
fn its_checks_follow_its_node() {
    let run = Some(told(Action::Run, 1));
    let mut life = running();
    for (seconds, host, impaired) in [
        (5, SILENT, Some(5)),
        (9, SILENT, Some(5)),
        // Right after a start of the server nobody knows.
        (10, None, Some(5)),
        (3600, SILENT, Some(5)),
        (3601, CONNECTED, None),
        (3602, None, None),
    ] {
        follow(
            &mut life,
            run,
            &seen(host, Listed::Unknown),
            TERMS,
            at(seconds),
        );
        assert_eq!(life.state, State::Running);
        assert_eq!(life.impaired_since, impaired.map(at), "at {seconds}");
    }
}

#[test]
fn it_is_stopped_started_and_rebooted() {
    let run = told(Action::Run, 1);
    let mut life = running();
    life.reboot().unwrap();
    let reboot = told(Action::Reboot, 2);
    assert_eq!(due(&life, Some(run)), Some(reboot));
    assert_eq!(due(&life, Some(reboot)), None);

    life.stop(at(10)).unwrap();
    let stop = told(Action::Stop, 2);
    assert_eq!(due(&life, Some(reboot)), Some(stop));
    answered(&mut life, stop, &said(MachineState::Working), at(11));
    assert_eq!(
        (life.state, due(&life, Some(stop))),
        (State::Stopping, None)
    );
    let off = || is_as(MachineState::Stopped);
    follow(
        &mut life,
        Some(stop),
        &seen(CONNECTED, off()),
        TERMS,
        at(12),
    );
    assert_eq!(life.state, State::Stopping);
    follow(&mut life, Some(stop), &seen(SILENT, off()), TERMS, at(13));
    assert_eq!(life.state, State::Stopped);
    follow(&mut life, Some(stop), &seen(SILENT, off()), TERMS, at(9999));
    assert_eq!((life.state, due(&life, Some(stop))), (State::Stopped, None));

    life.start(at(20_000)).unwrap();
    let start = told(Action::Start, 3);
    assert_eq!(due(&life, Some(stop)), Some(start));
    answered(&mut life, start, &said(MachineState::Accepted), at(20_001));
    // That may be the connection of before.
    follow(
        &mut life,
        Some(start),
        &seen(CONNECTED, Listed::Unknown),
        TERMS,
        at(20_002),
    );
    assert_eq!(life.state, State::Pending);
    follow(
        &mut life,
        Some(start),
        &seen(CONNECTED, Listed::Unknown),
        TERMS,
        at(20_015),
    );
    assert_eq!(life.state, State::Running);

    // One that does not come back is switched off again.
    life.stop(at(30_000)).unwrap();
    answered(
        &mut life,
        told(Action::Stop, 3),
        &said(MachineState::Stopped),
        at(30_000),
    );
    assert_eq!(life.state, State::Stopped);
    life.start(at(30_001)).unwrap();
    let start = Some(told(Action::Start, 4));
    follow(
        &mut life,
        start,
        &seen(SILENT, Listed::Unknown),
        TERMS,
        at(30_601),
    );
    assert_eq!((life.state, code(&life)), (State::Stopping, FAILED));
    assert_eq!(due(&life, start), Some(told(Action::Stop, 4)));
}

#[test]
fn one_that_shuts_itself_down_stops_or_ends() {
    for (ends, state) in [(false, State::Stopped), (true, State::ShuttingDown)] {
        let mut life = running();
        let terms = Terms {
            ends_on_shutdown: ends,
            ..TERMS
        };
        let off = seen(SILENT, is_as(MachineState::Stopped));
        follow(&mut life, Some(told(Action::Run, 1)), &off, terms, at(5));
        assert_eq!(life.state, state);
        assert_eq!(code(&life), "Client.InstanceInitiatedShutdown");
    }
}

#[test]
fn one_that_is_off_while_it_reboots_has_not_shut_itself_down() {
    let mut life = running();
    life.reboot().unwrap();
    let reboot = Some(told(Action::Reboot, 2));
    let off = seen(SILENT, is_as(MachineState::Stopped));
    for now in [5, 24] {
        follow(&mut life, reboot, &off, TERMS, at(now));
        assert_eq!(life.state, State::Running);
    }
    // It stays off.
    follow(&mut life, reboot, &off, TERMS, at(25));
    assert_eq!(code(&life), "Client.InstanceInitiatedShutdown");
}

#[test]
fn its_end_is_asked_for_until_nothing_is_left() {
    let mut life = running();
    life.terminate(at(5));
    let end = told(Action::Terminate, 1);
    for state in [
        MachineState::Accepted,
        MachineState::Working,
        MachineState::Running,
    ] {
        assert_eq!(due(&life, Some(end)), Some(end));
        answered(&mut life, end, &said(state), at(6));
        assert!(!life.gone);
    }
    answered(&mut life, end, &said(MachineState::Ended), at(8));
    assert!(life.gone);
    assert_eq!(due(&life, Some(end)), None);
    assert!(why(&life).contains("User initiated"));
}

#[test]
fn each_try_has_the_same_key() {
    let keys = [
        (told(Action::Run, 1), "i-1"),
        (told(Action::Stop, 2), "i-1:stop:2"),
        (told(Action::Start, 3), "i-1:start:3"),
        (told(Action::Reboot, 4), "i-1:reboot:4"),
        (told(Action::Terminate, 4), "i-1:terminate"),
    ];
    for (told, key) in keys {
        assert_eq!(told.key("i-1"), key);
    }
}

fn any_seen() -> impl Strategy<Value = Seen> {
    let host = prop_oneof![
        Just(None),
        Just(Some(HostIs::Connected)),
        Just(Some(HostIs::Silent)),
        Just(Some(HostIs::Left)),
    ];
    let listed = prop_oneof![
        Just(Listed::Unknown),
        Just(Listed::Missing),
        any_state().prop_map(is_as),
    ];
    (host, listed).prop_map(|(host, listed)| seen(host, listed))
}

fn any_state() -> impl Strategy<Value = MachineState> {
    prop_oneof![
        Just(MachineState::Accepted),
        Just(MachineState::Working),
        Just(MachineState::Running),
        Just(MachineState::Stopped),
        Just(MachineState::Ended),
        Just(MachineState::Failed),
    ]
}

proptest! {
    /// Whatever users, its node and its maker do: it is run once, and nothing of it is left unasked for.
    #[test]
    fn what_holds_always(steps in prop::collection::vec((0_u8..6, any_seen(), any_state(), 1_u64..700), 1..60)) {
        let (mut life, mut last, mut seconds) = (Life::new(NOW), None, 0);
        for (choice, seen, state, later) in steps {
            seconds += later;
            let now = at(seconds);
            match choice {
                0 => _ = life.stop(now),
                1 => _ = life.start(now),
                2 => _ = life.reboot(),
                3 if later > 600 => life.terminate(now),
                _ => {}
            }
            let before = life.clone();
            follow(&mut life, last, &seen, TERMS, now);
            if before.state == State::Pending && life.state == State::Running {
                prop_assert_eq!(seen.host, CONNECTED);
            }
            if let Some(it) = due(&life, last) {
                prop_assert_eq!(it.action == Action::Run, life.state == State::Pending && life.boot == 1);
                prop_assert!(it.action != Action::Run || last.is_none());
                let said = said(state);
                if !said.declines(it.action) {
                    answered(&mut life, it, &said, now);
                    last = Some(it);
                }
            }
            if life.gone {
                prop_assert_eq!(life.state, State::ShuttingDown);
                prop_assert_eq!(last.map(|it| it.action), Some(Action::Terminate));
            }
            // It does nothing twice by the same picture.
            let (once, now) = (life.clone(), at(seconds));
            follow(&mut life, last, &Seen::default(), TERMS, now);
            let mut again = life.clone();
            follow(&mut again, last, &Seen::default(), TERMS, now);
            prop_assert_eq!(&again, &life);
            prop_assert!(once.state != State::ShuttingDown || once == life);
        }
    }
}
