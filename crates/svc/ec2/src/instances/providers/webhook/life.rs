//! The life of an instance whose machine a maker has: what the maker is told, what it says, and whether the machine's node is
//! there. Pure.
//!
//! ```text
//! pending ──▶ running ──▶ stopping ──▶ stopped ──▶ pending      (the node joined; the maker said so)
//!    └──────────┴────────────┴───────────┴──▶ shutting-down ──▶ terminated
//! ```
//!
//! Invariants: an instance runs only once its own node has joined; it ends only once its maker has said that nothing is left, or
//! was never asked; what a list lacks is missing only if the list was begun after the maker had taken what was asked of it,
//! and its node has been away for a while.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::{
    super::super::life::{HostIs, Life, Reason, State, Wanted},
    protocol::{Action, MachineState, Said},
};

/// How long what is heard of a node may be of the time before its machine was switched off.
const STALE: Duration = Duration::from_secs(15);
/// How long a node is away before a list is believed that lacks the machine of an instance that runs: a maker may have forgotten
/// all of them while the server began anew.
const PATIENCE: Duration = Duration::from_secs(20);
const FAILED: &str = "Server.InternalError";
const NO_CAPACITY: &str = "Server.InsufficientInstanceCapacity";
const GONE: &str = "The machine of the instance is gone";

/// Something that a maker was asked for, and has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub action: Action,
    pub boot: u64,
}

impl Told {
    /// The same for each try of the same thing.
    pub fn key(self, id: &str) -> String {
        match self.action {
            Action::Run => id.to_owned(),
            Action::Terminate => format!("{id}:terminate"),
            Action::Stop => format!("{id}:stop:{}", self.boot),
            Action::Start => format!("{id}:start:{}", self.boot),
            Action::Reboot => format!("{id}:reboot:{}", self.boot),
            Action::Console => format!("{id}:console"),
        }
    }
}

/// What the last list says of a machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Listed {
    /// There was no list since its maker was last told something.
    #[default]
    Unknown,
    Missing,
    As(Said),
}

/// What is seen of the machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Of the node that joined as it; `None` where none has, or nobody has said yet which machines there are.
    pub host: Option<HostIs>,
    pub listed: Listed,
}

/// What holds for all instances of a maker, and for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long a machine may take to join.
    pub join_within: Duration,
    /// The instance ends when its machine shuts itself down.
    pub ends_on_shutdown: bool,
    /// When this server began: no machine could join before.
    pub started: Timestamp,
}

/// What its maker is to be told now.
pub fn due(life: &Life, told: Option<Told>) -> Option<Told> {
    let action = match life.state {
        State::Pending if life.boot == 1 => Action::Run,
        State::Pending => Action::Start,
        State::Running if told.is_some_and(|it| it.boot < life.boot) => Action::Reboot,
        State::Stopping => Action::Stop,
        State::ShuttingDown if !life.gone => Action::Terminate,
        _ => return None,
    };
    let due = Told {
        action,
        boot: life.boot,
    };
    // That it has taken the end says nothing of when it comes: it is asked until then.
    (action == Action::Terminate || told != Some(due)).then_some(due)
}

/// Moves a life on to what is seen of its machine.
pub fn follow(life: &mut Life, told: Option<Told>, seen: &Seen, terms: Terms, now: Timestamp) {
    if matches!(life.state, State::ShuttingDown | State::Terminated) {
        return;
    }
    if seen.host == Some(HostIs::Left) {
        return life.fail(FAILED, "The machine was deregistered", now);
    }
    let connected = seen.host == Some(HostIs::Connected);
    let away = match (life.state, life.impaired_since) {
        (State::Running, Some(since)) => !connected && now >= since + PATIENCE,
        (State::Running, None) => false,
        _ => !connected,
    };
    match &seen.listed {
        Listed::Missing if away => return life.fail(FAILED, GONE, now),
        Listed::As(said) if !connected && (away || !is_between(told, said)) => {
            is_as(life, said, terms, now);
        }
        _ => {}
    }
    match life.state {
        State::Pending => waits(life, told, connected, terms, now),
        State::Running => {
            life.impaired_since = match connected {
                true => None,
                false if seen.host.is_none() => life.impaired_since,
                // A time that is still to come was written before the clock was set back.
                false => life.impaired_since.filter(|it| *it <= now).or(Some(now)),
            };
        }
        _ => {}
    }
}

/// Off, as a machine may be for a moment that is rebooted by switching it off and on.
fn is_between(told: Option<Told>, said: &Said) -> bool {
    said.state == MachineState::Stopped && told.is_some_and(|it| it.action == Action::Reboot)
}

/// What its maker says of a machine whose node is not there.
fn is_as(life: &mut Life, said: &Said, terms: Terms, now: Timestamp) {
    match (said.state, life.state) {
        (MachineState::Ended, _) => life.fail(FAILED, GONE, now),
        (MachineState::Failed, State::Pending) => did_not_start(life, said, now),
        (MachineState::Failed, _) => {
            let why = said.words().unwrap_or_else(|| GONE.to_owned());
            life.fail(FAILED, &why, now);
        }
        (MachineState::Stopped, State::Stopping) => life.enter(State::Stopped, now),
        (MachineState::Stopped, State::Running) => life.shut_down(terms.ends_on_shutdown, now),
        _ => {}
    }
}

/// A machine that is to join, or whose node is to come back.
fn waits(life: &mut Life, told: Option<Told>, connected: bool, terms: Terms, now: Timestamp) {
    let is_first = life.boot == 1;
    let taken = told.is_some() && told == due(life, None);
    let heard = is_first || now >= life.since + STALE;
    if connected && taken && heard {
        life.impaired_since = None;
        return life.ran(now);
    }
    if now < life.since.max(terms.started) + terms.join_within {
        return;
    }
    let seconds = terms.join_within.as_secs();
    match is_first {
        true => {
            let why = format!("The machine did not join within {seconds} s of its launch");
            life.fail(FAILED, &why, now);
        }
        false => {
            let why = format!("The machine did not come back within {seconds} s");
            life.enter(State::Stopping, now);
            stays_off(life, FAILED, &why);
        }
    }
}

/// A launch that came to nothing, or a start; then it is off as before.
fn did_not_start(life: &mut Life, said: &Said, now: Timestamp) {
    let words = said.words();
    let (code, text) = match said.lacks_capacity() {
        true => {
            let usual = || "Insufficient capacity to satisfy instance request".to_owned();
            (NO_CAPACITY, words.unwrap_or_else(usual))
        }
        false => {
            let words = words.unwrap_or_else(|| "the machine maker does not say why".to_owned());
            (FAILED, format!("Internal error on launch: {words}"))
        }
    };
    match life.boot {
        1 => life.fail(code, &text, now),
        _ => {
            life.enter(State::Stopped, now);
            stays_off(life, code, &text);
        }
    }
}

fn stays_off(life: &mut Life, code: &str, text: &str) {
    life.wanted = Wanted::Stopped;
    life.reason = Some(Reason::new(code, text));
    life.transition = code.to_owned();
}

/// Moves a life on by the answer to what its maker was told, and has taken.
pub fn answered(life: &mut Life, told: Told, said: &Said, now: Timestamp) {
    match (told.action, said.state) {
        (Action::Terminate, MachineState::Ended) => life.gone = true,
        (Action::Run | Action::Start, MachineState::Failed) => did_not_start(life, said, now),
        (Action::Stop, MachineState::Stopped) => life.enter(State::Stopped, now),
        (Action::Terminate, _) => {}
        (_, MachineState::Ended) => life.fail(FAILED, GONE, now),
        _ => {}
    }
}

#[cfg(test)]
#[path = "life_tests.rs"]
mod tests;
