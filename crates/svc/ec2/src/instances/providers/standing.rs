//! The life of an instance that is a joined machine: it runs while its agent is connected. Pure.
//!
//! ```text
//! running ◀──▶ stopped      (the agent's connection, with some patience)
//!    └───────────┴──▶ shutting-down ──▶ terminated      (let go of, or deregistered)
//! ```
//!
//! Nobody here switches the machine on or off: to terminate the instance is to let go of the machine, which stays a node.

use std::{net::Ipv4Addr, time::Duration};

use wharf_base::Timestamp;

use super::super::life::{HostIs, Life, Reason, State, Wanted};
use crate::records::Instance;

/// How long an agent may be silent before its machine counts as stopped: as long as ECS believes in its tasks.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long agents have to come back after this server began, as with ECS: they pause for up to two minutes between tries.
pub const RETURN: Duration = Duration::from_secs(150);
/// Pause between two looks.
const NEXT_LOOK: Duration = Duration::from_secs(2);

/// What is seen of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// `None`: nobody has said yet which machines there are.
    pub host: Option<HostIs>,
    /// By when its agent may still be expected, if it has not come since this server began.
    pub back_by: Option<Timestamp>,
    /// Where other hosts reach it.
    pub address: Option<Ipv4Addr>,
}

/// Moves the record on to what is seen; after which time to look again, if at all.
pub fn follow(instance: &mut Instance, seen: Seen, now: Timestamp) -> Option<Duration> {
    if let Some(address) = seen.address {
        instance.interface.address = address;
    }
    let life = &mut instance.life;
    match (life.state, seen.host) {
        (State::Terminated, _) => return None,
        (State::ShuttingDown, _) => {
            life.finish(now);
            return None;
        }
        (_, Some(HostIs::Left)) => {
            life.lose(now);
            life.finish(now);
            return None;
        }
        (_, Some(HostIs::Connected)) => connected(life, now),
        (_, Some(HostIs::Silent)) => silent(life, seen.back_by, now),
        (_, None) => {}
    }
    Some(NEXT_LOOK)
}

fn connected(life: &mut Life, now: Timestamp) {
    life.impaired_since = None;
    if life.state != State::Running {
        life.enter(State::Running, now);
        life.wanted = Wanted::Running;
        life.reason = None;
        life.transition = String::new();
    }
}

/// Its checks fail at once; that it is off is believed later.
fn silent(life: &mut Life, back_by: Option<Timestamp>, now: Timestamp) {
    // A time that is still to come was written before the clock was set back.
    let since = life.impaired_since.filter(|it| *it <= now).unwrap_or(now);
    life.impaired_since = Some(since);
    let believed = since + PATIENCE;
    let believed = back_by.map_or(believed, |it| it.max(believed));
    if life.state != State::Stopped && now >= believed {
        let code = "Server.InternalError";
        life.enter(State::Stopped, now);
        life.wanted = Wanted::Stopped;
        life.reason = Some(Reason::new(code, "The machine is not connected"));
        life.transition = code.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instances::{life::HostRef, scheduled::tests};

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn instance() -> Instance {
        let mut it = tests::instance();
        it.life.reason = None;
        it
    }

    fn seen(host: HostIs) -> Seen {
        Seen {
            host: Some(host),
            back_by: None,
            address: None,
        }
    }

    #[test]
    fn it_runs_while_it_is_connected() {
        let mut it = instance();
        assert_eq!(it.life.state, State::Running);
        let at = |seconds: u64| NOW + Duration::from_secs(seconds);
        for (seconds, host, state, impaired) in [
            (0, HostIs::Connected, State::Running, false),
            (5, HostIs::Silent, State::Running, true),
            (24, HostIs::Silent, State::Running, true),
            (25, HostIs::Silent, State::Stopped, true),
            (90, HostIs::Silent, State::Stopped, true),
            (91, HostIs::Connected, State::Running, false),
            // A silence begins anew.
            (92, HostIs::Silent, State::Running, true),
            (111, HostIs::Silent, State::Running, true),
        ] {
            assert!(follow(&mut it, seen(host), at(seconds)).is_some());
            let now = (it.life.state, it.life.impaired_since.is_some());
            assert_eq!(now, (state, impaired), "at {seconds}");
            let told = it.life.reason.as_ref().map(|it| it.code.as_str());
            let stopped = state == State::Stopped;
            assert_eq!(told, stopped.then_some("Server.InternalError"));
        }
    }

    /// Its agent was away with the server, and pauses between its tries.
    #[test]
    fn after_a_start_of_the_server_it_runs_until_its_agent_should_be_back() {
        let at = |seconds: u64| NOW + Duration::from_secs(seconds);
        let late = Seen {
            back_by: Some(NOW + RETURN),
            ..seen(HostIs::Silent)
        };
        let mut it = instance();
        for (seconds, state) in [
            (10, State::Running),
            (30, State::Running),
            (149, State::Running),
            (150, State::Stopped),
        ] {
            follow(&mut it, late, at(seconds));
            assert_eq!(it.life.state, state, "at {seconds}");
            assert_eq!(it.life.impaired_since, Some(at(10)));
        }
        // One that was seen to go just before that has its usual time.
        let mut it = instance();
        for (seconds, state) in [(140, State::Running), (159, State::Running)] {
            follow(&mut it, late, at(seconds));
            assert_eq!(it.life.state, state, "at {seconds}");
        }
        follow(&mut it, late, at(160));
        assert_eq!(it.life.state, State::Stopped);
    }

    #[test]
    fn a_silence_that_is_still_to_come_begins_now() {
        let mut it = instance();
        it.life.impaired_since = Some(NOW + Duration::from_secs(3600));
        follow(&mut it, seen(HostIs::Silent), NOW);
        assert_eq!(it.life.impaired_since, Some(NOW));
        follow(&mut it, seen(HostIs::Silent), NOW + PATIENCE);
        assert_eq!(it.life.state, State::Stopped);
    }

    #[test]
    fn before_anybody_speaks_of_machines_it_stays_what_it_is() {
        let mut it = instance();
        let nothing = Seen {
            host: None,
            back_by: None,
            address: None,
        };
        let before = it.clone();
        assert!(follow(&mut it, nothing, NOW + Duration::from_secs(3600)).is_some());
        assert_eq!(it, before);
    }

    #[test]
    fn it_ends_when_it_is_let_go_of_or_leaves() {
        let mut it = instance();
        it.life.terminate(NOW);
        assert_eq!(follow(&mut it, seen(HostIs::Connected), NOW), None);
        assert_eq!((it.life.state, &it.life.host), (State::Terminated, &None));
        assert!(it.life.transition.starts_with("User initiated"));
        assert_eq!(follow(&mut it, seen(HostIs::Connected), NOW), None);
        assert_eq!(it.life.state, State::Terminated);

        let mut it = instance();
        it.life.host = Some(HostRef {
            id: "h".to_owned(),
            machine: "i-1".to_owned(),
        });
        assert_eq!(follow(&mut it, seen(HostIs::Left), NOW), None);
        assert_eq!(it.life.state, State::Terminated);
        let reason = it.life.reason.unwrap().message;
        assert!(reason.contains("was deregistered"), "{reason}");
    }

    #[test]
    fn its_address_is_that_of_its_machine() {
        let mut it = instance();
        let moved = Seen {
            address: Some(Ipv4Addr::new(10, 0, 0, 7)),
            ..seen(HostIs::Connected)
        };
        follow(&mut it, moved, NOW);
        assert_eq!(it.interface.address, Ipv4Addr::new(10, 0, 0, 7));
        follow(&mut it, seen(HostIs::Silent), NOW);
        assert_eq!(it.interface.address, Ipv4Addr::new(10, 0, 0, 7));
    }
}
