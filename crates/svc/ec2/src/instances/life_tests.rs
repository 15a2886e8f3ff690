//! Tables, then what holds whatever happens.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// The server runs for long.
const START: Timestamp = Timestamp(0);

fn placed() -> Life {
    let mut life = Life::new(NOW);
    life.host = Some(HostRef {
        id: "h".to_owned(),
        machine: "i-host".to_owned(),
    });
    life.claimed = true;
    life
}

fn running() -> Life {
    let mut life = placed();
    life.reported((1, Reported::Running, None), false, NOW);
    life
}

fn code(life: &Life) -> &str {
    life.reason.as_ref().map_or("", |it| &it.code)
}

#[test]
fn an_instance_boots_stops_and_boots_again() {
    let mut life = running();
    assert_eq!((life.state, code(&life)), (State::Running, ""));
    life.stop(NOW).unwrap();
    assert_eq!(life.state, State::Stopping);
    life.reported((1, Reported::Running, None), false, NOW);
    assert_eq!(life.state, State::Stopping);
    life.reported((1, Reported::Stopped, None), false, NOW);
    assert_eq!(
        (life.state, life.step(Some(HostIs::Connected), START, NOW)),
        (State::Stopped, Step::Release)
    );
    assert_eq!(life.shown(), State::Stopping);
    life.claimed = false;
    assert_eq!(life.shown(), State::Stopped);
    life.start(NOW).unwrap();
    assert!(matches!(
        life.step(Some(HostIs::Connected), START, NOW),
        Step::Place(_)
    ));
    // Of the boot before.
    life.reported((1, Reported::Stopped, None), false, NOW);
    assert_eq!((life.state, life.boot), (State::Pending, 2));
    life.claimed = true;
    life.reported((2, Reported::Running, None), false, NOW);
    assert_eq!(life.state, State::Running);
}

#[test]
fn what_ends_by_itself_follows_its_behavior() {
    for (ends, state, wanted) in [
        (false, State::Stopped, Wanted::Stopped),
        (true, State::ShuttingDown, Wanted::Terminated),
    ] {
        let mut life = running();
        life.reported((1, Reported::Stopped, None), ends, NOW);
        assert_eq!((life.state, life.wanted), (state, wanted));
        assert_eq!(code(&life), "Client.InstanceInitiatedShutdown");
    }
}

#[test]
fn a_boot_that_fails_ends_with_the_hosts_words() {
    let mut life = placed();
    life.reported((1, Reported::Failed, Some("no\nroom")), false, NOW);
    // Its host takes away what it has on record.
    assert_eq!((life.state, life.gone), (State::ShuttingDown, false));
    let reason = life.reason.clone().unwrap();
    assert_eq!(
        reason.message,
        "Server.InternalError: Internal error on launch: no room"
    );
    life.reported((1, Reported::Terminated, None), false, NOW);
    assert_eq!(life.step(Some(HostIs::Connected), START, NOW), Step::Finish);
}

#[test]
fn a_key_that_is_not_to_be_had_is_the_clients_matter() {
    let words = format!("{NO_KEY}it is disabled");
    let text = format!("Client.InternalError: Client error on launch: {words}");
    let mut launched = placed();
    launched.reported((1, Reported::Failed, Some(&words)), false, NOW);
    let reason = launched.reason.clone().unwrap();
    assert_eq!(
        (launched.state, reason.message),
        (State::ShuttingDown, text)
    );
    let mut life = running();
    life.reported((1, Reported::Stopped, None), false, NOW);
    life.start(NOW).unwrap();
    let words = format!("cannot boot: {words}");
    life.reported((2, Reported::Stopped, Some(&words)), true, NOW);
    assert_eq!(
        (life.state, code(&life)),
        (State::Stopped, "Client.InternalError")
    );
}

#[test]
fn a_later_boot_that_fails_ends_nothing() {
    for (found, words) in [
        (Reported::Stopped, "cannot boot: no image"),
        (Reported::Failed, "no image"),
    ] {
        let mut life = running();
        life.reported((1, Reported::Stopped, None), false, NOW);
        life.start(NOW).unwrap();
        life.claimed = true;
        life.reported((2, found, Some(words)), true, NOW);
        assert_eq!((life.state, life.gone), (State::Stopped, false));
        assert_eq!(code(&life), "Server.InternalError");
        // As after a failure of power.
        let mut life = running();
        life.reported((1, found, Some(words)), true, NOW);
        assert_eq!((life.state, life.gone), (State::Stopped, false));
    }
}

#[test]
fn without_room_it_ends_or_stays_stopped() {
    let late = NOW + PATIENCE;
    let mut fresh = Life::new(NOW);
    assert!(matches!(fresh.step(None, START, NOW), Step::Place(_)));
    assert_eq!(fresh.step(None, START, late), Step::GiveUp);
    fresh.give_up(late);
    assert_eq!(
        (fresh.state, fresh.step(None, START, late)),
        (State::ShuttingDown, Step::Finish)
    );
    assert_eq!(code(&fresh), "Server.InsufficientInstanceCapacity");
    let mut again = running();
    again.stop(NOW).unwrap();
    again.reported((1, Reported::Stopped, None), false, NOW);
    again.claimed = false;
    again.start(NOW).unwrap();
    assert_eq!(
        again.step(Some(HostIs::Connected), START, late),
        Step::GiveUp
    );
    again.give_up(late);
    assert_eq!(again.state, State::Stopped);
}

#[test]
fn a_launch_on_a_silent_host_fails_and_holds_its_room_until_the_host_speaks() {
    let late = NOW + SILENCE;
    let mut life = placed();
    assert!(matches!(
        life.step(Some(HostIs::Connected), START, NOW),
        Step::After(_)
    ));
    // Connected, and deaf all the same.
    assert_eq!(
        life.step(Some(HostIs::Connected), START, late),
        Step::Withdraw
    );
    // A long pull is no silence.
    life.reported((1, Reported::Preparing, None), false, NOW);
    assert!(matches!(
        life.step(Some(HostIs::Connected), START, late),
        Step::After(_)
    ));
    life.impaired_since = Some(late);
    let later = late + SILENCE;
    assert_eq!(
        life.step(Some(HostIs::Silent), START, later),
        Step::Withdraw
    );
    life.withdraw(later);
    assert_eq!(code(&life), "Server.InsufficientInstanceCapacity");
    assert_eq!((life.state, life.claimed), (State::ShuttingDown, true));
    // Back again, it may say that the instance runs.
    life.impaired_since = None;
    life.reported((1, Reported::Running, None), false, later);
    assert_eq!((life.state, life.gone), (State::ShuttingDown, false));
    life.reported((1, Reported::Terminated, None), false, later);
    assert_eq!(
        life.step(Some(HostIs::Connected), START, later),
        Step::Finish
    );

    // One with a disk is stopped, once the host says so.
    let mut again = running();
    again.stop(NOW).unwrap();
    again.reported((1, Reported::Stopped, None), false, NOW);
    again.start(NOW).unwrap();
    again.withdraw(late);
    assert_eq!(
        (again.state, again.wanted),
        (State::Stopping, Wanted::Stopped)
    );
    again.reported((1, Reported::Stopped, None), false, late);
    assert_eq!(
        (
            again.state,
            again.step(Some(HostIs::Connected), START, late)
        ),
        (State::Stopped, Step::Release)
    );
}

/// Nobody could say that it runs while no server ran.
#[test]
fn a_host_has_all_of_its_time_after_the_server_began() {
    let after = |seconds: u64| NOW + Duration::from_secs(seconds);
    let started = after(3600);
    let unheard = placed();
    let mut heard = placed();
    heard.reported((1, Reported::Preparing, None), false, NOW);
    heard.impaired_since = Some(after(1));
    for (life, host) in [(&unheard, HostIs::Connected), (&heard, HostIs::Silent)] {
        for (at, expected) in [
            (started, Step::After(NEXT_LOOK)),
            (after(3779), Step::After(NEXT_LOOK)),
            (after(3780), Step::Withdraw),
        ] {
            assert_eq!(life.step(Some(host), started, at), expected, "{at:?}");
        }
    }
    // The host booted it meanwhile.
    let mut life = unheard;
    life.reported((1, Reported::Running, None), false, after(3610));
    assert_eq!(life.state, State::Running);
}

#[test]
fn checks_that_fail_since_a_time_to_come_fail_since_now() {
    let mut life = running();
    life.impaired_since = Some(NOW + Duration::from_secs(3600));
    let step = |life: &Life| life.step(Some(HostIs::Silent), START, NOW);
    assert_eq!(step(&life), Step::Impaired(true));
    life.impaired_since = Some(NOW);
    assert_eq!(step(&life), Step::After(NEXT_LOOK));
}

#[test]
fn what_a_host_holds_waits_for_the_host() {
    let mut life = running();
    life.terminate(NOW);
    assert!(matches!(
        life.step(Some(HostIs::Connected), START, NOW),
        Step::After(_)
    ));
    assert_eq!(
        life.step(Some(HostIs::Silent), START, NOW),
        Step::Impaired(true)
    );
    life.impaired_since = Some(NOW);
    assert!(matches!(
        life.step(Some(HostIs::Silent), START, NOW),
        Step::After(_)
    ));
    assert_eq!(life.step(Some(HostIs::Left), START, NOW), Step::Lose);
    life.lose(NOW);
    assert_eq!(life.step(Some(HostIs::Left), START, NOW), Step::Finish);
    assert_eq!(code(&life), "Client.UserInitiatedShutdown");
    life.finish(NOW);
    assert_eq!(life.step(None, START, NOW + RETENTION), Step::Forget);
}

#[test]
fn transitions_are_refused_by_state() {
    let mut life = Life::new(NOW);
    assert_eq!(life.stop(NOW), Err(State::Pending));
    life.terminate(NOW);
    assert_eq!(life.start(NOW), Err(State::ShuttingDown));
    assert_eq!(life.reboot(), Err(State::ShuttingDown));
    assert_eq!(life.transition, "User initiated (2023-11-14 22:13:20 GMT)");
}

/// A host that keeps one instance, as far as its reports tell.
#[derive(Debug, Clone, Copy, PartialEq)]
enum OnHost {
    Nothing,
    Runs(u64),
    Lies(u64),
}

#[derive(Debug, Clone)]
enum Event {
    Stop,
    Start,
    Terminate,
    Reboot,
    /// The host does what it was told, and that report arrives or is lost.
    Obeys(bool),
    /// Its first process ends.
    Exits,
    Fails,
    Reports,
    Left,
    /// The reconciler looks.
    Look(HostIs, bool),
    Later,
}

fn event() -> impl Strategy<Value = Event> {
    let is = prop_oneof![Just(HostIs::Connected), Just(HostIs::Silent)];
    prop_oneof![
        Just(Event::Stop),
        Just(Event::Start),
        Just(Event::Terminate),
        Just(Event::Reboot),
        any::<bool>().prop_map(Event::Obeys),
        Just(Event::Exits),
        Just(Event::Fails),
        Just(Event::Reports),
        Just(Event::Left),
        (is.clone(), any::<bool>()).prop_map(|(is, room)| Event::Look(is, room)),
        (is, any::<bool>()).prop_map(|(is, room)| Event::Look(is, room)),
        Just(Event::Later),
    ]
}

struct World {
    life: Life,
    host: OnHost,
    left: bool,
    now: Timestamp,
    ends: bool,
}

impl World {
    fn report(&mut self) {
        if self.life.host.is_none() || self.left {
            return;
        }
        let said = match self.host {
            OnHost::Nothing if self.life.wanted == Wanted::Terminated => (0, Reported::Terminated),
            OnHost::Nothing => return,
            OnHost::Runs(boot) => (boot, Reported::Running),
            OnHost::Lies(boot) => (boot, Reported::Stopped),
        };
        self.life
            .reported((said.0, said.1, None), self.ends, self.now);
    }

    /// What the plane tells: see `plane/instance.rs`.
    fn told(&self) -> Option<(Wanted, u64)> {
        self.life.host.as_ref()?;
        let waits = self.life.wanted == Wanted::Running && !self.life.claimed;
        Some(match waits {
            true => (Wanted::Stopped, self.life.boot - 1),
            false => (self.life.wanted, self.life.boot),
        })
    }

    fn happen(&mut self, event: &Event) {
        let now = self.now;
        match event {
            Event::Stop => drop(self.life.stop(now)),
            Event::Start => drop(self.life.start(now)),
            Event::Terminate => self.life.terminate(now),
            Event::Reboot => drop(self.life.reboot()),
            Event::Obeys(_) if self.left => {}
            Event::Obeys(heard) => {
                self.host = match self.told() {
                    None | Some((Wanted::Terminated, _)) => OnHost::Nothing,
                    Some((Wanted::Stopped, boot)) => OnHost::Lies(boot),
                    Some((Wanted::Running, boot)) => match self.host {
                        // That boot has ended by itself.
                        OnHost::Lies(ended) if ended == boot => self.host,
                        _ => OnHost::Runs(boot),
                    },
                };
                if *heard {
                    self.report();
                }
            }
            Event::Exits => {
                if let OnHost::Runs(boot) = self.host {
                    self.host = OnHost::Lies(boot);
                }
            }
            Event::Fails => {
                if let (Some((_, boot)), false) = (self.told(), self.left) {
                    self.host = OnHost::Nothing;
                    self.life
                        .reported((boot, Reported::Failed, None), self.ends, now);
                }
            }
            Event::Reports => self.report(),
            Event::Left => self.left = self.life.host.is_some(),
            Event::Later => self.now = self.now + SILENCE,
            Event::Look(is, room) => self.look(*is, *room),
        }
    }

    fn look(&mut self, is: HostIs, room: bool) {
        let is = if self.left { HostIs::Left } else { is };
        let host = self.life.host.as_ref().map(|_| is);
        let now = self.now;
        match self.life.step(host, START, now) {
            Step::Nothing
            | Step::After(_)
            | Step::Forget
            | Step::End
            | Step::Interrupt
            | Step::FollowHost => {}
            Step::Place(_) => {
                if room {
                    self.life.claimed = true;
                    self.life.host = placed().host;
                }
            }
            Step::GiveUp => self.life.give_up(now),
            Step::Withdraw => self.life.withdraw(now),
            Step::Release => self.life.claimed = false,
            Step::Lose => self.life.lose(now),
            Step::Finish => {
                self.life.finish(now);
                // What may still run there is of no concern to anybody.
                if std::mem::take(&mut self.left) {
                    self.host = OnHost::Nothing;
                }
            }
            Step::Impaired(yes) => self.life.impaired_since = yes.then_some(now),
        }
    }

    /// Nothing runs on a host that is heard of without room claimed for it there.
    fn holds(&self) -> Result<(), TestCaseError> {
        let life = &self.life;
        if let (OnHost::Runs(_), false) = (self.host, self.left) {
            prop_assert!(life.claimed && life.host.is_some(), "{life:?}");
        }
        prop_assert!(!life.claimed || life.host.is_some());
        let is_over = life.state == State::Terminated;
        prop_assert!(!is_over || life.host.is_none() && !life.claimed);
        Ok(())
    }
}

proptest! {
    #[test]
    fn nothing_runs_where_no_room_is_claimed(
        ends in any::<bool>(),
        events in prop::collection::vec(event(), 0..60),
    ) {
        let (life, now) = (Life::new(NOW), NOW);
        let mut world = World { life, host: OnHost::Nothing, left: false, now, ends };
        for event in &events {
            let before = world.life.state;
            world.happen(event);
            if world.life.state == State::Terminated && before != State::Terminated {
                // Of a host that left, nobody knows.
                prop_assert!(world.host == OnHost::Nothing || matches!(event, Event::Look(..)));
            }
            world.holds()?;
            prop_assert!(before != State::Terminated || world.life.state == State::Terminated);
        }
        // Whatever happened, a termination comes to its end.
        world.life.terminate(world.now);
        for _ in 0..3 {
            world.happen(&Event::Obeys(true));
            world.happen(&Event::Look(HostIs::Connected, true));
        }
        prop_assert_eq!(world.life.state, State::Terminated);
    }
}

#[test]
fn what_is_wanted_is_stored_as_the_versions_before_did() {
    for (wanted, name) in [
        (Wanted::Running, "running"),
        (Wanted::Stopped, "stopped"),
        (Wanted::Terminated, "terminated"),
    ] {
        assert_eq!(serde_json::to_value(wanted).unwrap(), name);
        assert_eq!(serde_json::to_value(wanted.to_plane()).unwrap(), name);
        assert_eq!(
            serde_json::from_value::<Wanted>(name.into()).unwrap(),
            wanted
        );
    }
}
