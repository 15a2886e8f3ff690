//! The life of an instance: what users ask, what its host reports, and what comes next. Pure.
//!
//! ```text
//! pending ──▶ running ──▶ stopping ──▶ stopped ──▶ pending (the same disk, one boot more)
//!    └──────────┴───────────┴────────────┴──▶ shutting-down ──▶ terminated
//! ```
//!
//! Invariants: an instance has one host at most, from its first placement to its end, since its disk is
//! there; what it claims of the host is released only when the host has said that nothing runs any more,
//! or has left for good; nothing follows `terminated`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_planeproto::machine::{self, InstanceState as Reported, NO_KEY};

use super::run::{self, Run};

/// How long an instance waits for a host that has room.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long a host that was given an instance may say nothing of it. Somebody waits for the launch.
pub const SILENCE: Duration = Duration::from_secs(3 * 60);
/// How long a terminated instance is shown.
pub const RETENTION: Duration = Duration::from_secs(3600);
/// Pause between two looks for room.
const NEXT_TRY: Duration = Duration::from_secs(1);
/// Pause between two looks at the host.
const NEXT_LOOK: Duration = Duration::from_secs(10);
/// How a host's words begin for a boot that failed where the disk of the instance is kept.
const CANNOT_BOOT: &str = "cannot boot: ";
/// What is kept of a host's words, in characters.
const MAX_REASON: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

impl State {
    /// Whether it runs, or comes to.
    pub fn lives(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    pub fn code(self) -> i32 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }
}

/// The host that keeps an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRef {
    /// Of its record, and of its ledger.
    pub id: String,
    /// Under which it takes part in planes, `i-…`.
    pub machine: String,
}

/// Why an instance is in its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// `Client.UserInitiatedShutdown`
    pub code: String,
    pub message: String,
}

impl Reason {
    /// EC2's messages begin with the code.
    pub fn new(code: &str, text: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: format!("{code}: {text}"),
        }
    }

    fn pending() -> Self {
        Self {
            code: "pending".to_owned(),
            message: "pending".to_owned(),
        }
    }
}

/// What its host is to make of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    Running,
    /// No process of it; its disk stays.
    Stopped,
    /// Nothing of it.
    Terminated,
}

impl Wanted {
    pub fn to_plane(self) -> machine::Wanted {
        match self {
            Self::Running => machine::Wanted::Running,
            Self::Stopped => machine::Wanted::Stopped,
            Self::Terminated => machine::Wanted::Terminated,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Life {
    pub state: State,
    pub wanted: Wanted,
    /// Counts its boots.
    pub boot: u64,
    pub host: Option<HostRef>,
    /// Room for it is claimed on the host.
    pub claimed: bool,
    /// The host has said that nothing of it is left.
    pub gone: bool,
    /// When the state began.
    pub since: Timestamp,
    pub launched_at: Timestamp,
    pub reason: Option<Reason>,
    /// `User initiated (2026-01-02 03:04:05 GMT)`
    pub transition: String,
    /// Since when nothing is heard of the host.
    pub impaired_since: Option<Timestamp>,
    /// The newest boot that the host spoke of.
    #[serde(default)]
    pub heard_boot: u64,
    /// By when it has room that Spot capacity is given up for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_by: Option<Timestamp>,
    /// The last time that it ran, which is what it is billed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// What is known of the host of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostIs {
    Connected,
    Silent,
    /// It was deregistered: nothing is ever heard of it again.
    Left,
}

/// What is to be done for an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Nothing,
    After(Duration),
    /// Claim room; on the host where its disk is, if it has one. Look again after that time if there is none.
    Place(Duration),
    /// There was no room for too long.
    GiveUp,
    /// The host that has room for it did not boot it, nor say why.
    Withdraw,
    /// Release the room of an instance that was stopped.
    Release,
    /// The host left, and the disk with it.
    Lose,
    /// Release everything: nothing is left on any host.
    Finish,
    /// Its Spot capacity is taken back.
    Interrupt,
    /// Its host is retired, or not any more, of which it does not know yet; or its time there is over.
    FollowHost,
    /// Its host is not heard of any more, or is again.
    Impaired(bool),
    /// It is never to boot again.
    End,
    /// It was shown for long enough.
    Forget,
}

impl Life {
    /// Of an instance that is launched.
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: State::Pending,
            wanted: Wanted::Running,
            boot: 1,
            host: None,
            claimed: false,
            gone: false,
            since: now,
            launched_at: now,
            reason: Some(Reason::pending()),
            transition: String::new(),
            impaired_since: None,
            heard_boot: 0,
            room_by: None,
            run: None,
        }
    }

    pub(super) fn enter(&mut self, state: State, now: Timestamp) {
        if self.state != state {
            let (before, since) = (self.state, self.since);
            self.state = state;
            self.since = now;
            run::follow(&mut self.run, (before, since), (state, now));
        }
    }

    /// What is told of its state: it is stopping until the room of its boot is released, so that what a
    /// stopped instance may have changed can be changed once it is seen to be one.
    pub fn shown(&self) -> State {
        match self.state {
            State::Stopped if self.claimed => State::Stopping,
            other => other,
        }
    }

    /// StopInstances; `Err` in a state from which that is not possible.
    pub fn stop(&mut self, now: Timestamp) -> Result<(), State> {
        match self.state {
            State::Running => {
                self.enter(State::Stopping, now);
                self.wanted = Wanted::Stopped;
                self.by_user("Client.UserInitiatedShutdown", now);
                Ok(())
            }
            State::Stopping | State::Stopped => Ok(()),
            other => Err(other),
        }
    }

    /// StartInstances.
    pub fn start(&mut self, now: Timestamp) -> Result<(), State> {
        match self.state {
            State::Stopped => {
                self.enter(State::Pending, now);
                self.wanted = Wanted::Running;
                self.boot += 1;
                self.launched_at = now;
                self.reason = Some(Reason::pending());
                self.transition = String::new();
                Ok(())
            }
            State::Pending | State::Running => Ok(()),
            other => Err(other),
        }
    }

    /// RebootInstances.
    pub fn reboot(&mut self) -> Result<(), State> {
        match self.state {
            State::Running => {
                self.boot += 1;
                Ok(())
            }
            // It boots anyway.
            State::Pending => Ok(()),
            other => Err(other),
        }
    }

    /// TerminateInstances.
    pub fn terminate(&mut self, now: Timestamp) {
        if !self.is_ending() {
            self.end(now);
            self.by_user("Client.UserInitiatedShutdown", now);
        }
    }

    /// Ends what is of no use.
    pub fn abandon(&mut self, why: &str, now: Timestamp) {
        if !self.is_ending() {
            self.fail("Server.InternalError", why, now);
        }
    }

    /// Whether it is still to come to run for the first time, so that its disk may not be made yet.
    pub fn is_first_boot(&self) -> bool {
        self.boot == 1 && self.state == State::Pending
    }

    fn is_ending(&self) -> bool {
        matches!(self.state, State::ShuttingDown | State::Terminated)
    }

    /// Why, whatever brought it here says.
    pub fn end(&mut self, now: Timestamp) {
        self.enter(State::ShuttingDown, now);
        self.wanted = Wanted::Terminated;
    }

    fn by_user(&mut self, code: &str, now: Timestamp) {
        self.reason = Some(Reason::new(code, "User initiated shutdown"));
        self.transition = format!("User initiated ({})", gmt(now));
    }

    pub(super) fn fail(&mut self, code: &str, text: &str, now: Timestamp) {
        self.end(now);
        self.reason = Some(Reason::new(code, text));
        self.transition = code.to_owned();
    }

    /// Takes over what the host says of it: of `boot`, the state `found` and its words for why.
    /// `ends_on_shutdown`: what follows when the instance shuts itself down.
    pub fn reported(
        &mut self,
        (boot, found, words): (u64, Reported, Option<&str>),
        ends_on_shutdown: bool,
        now: Timestamp,
    ) {
        if self.state == State::Terminated || self.host.is_none() {
            return;
        }
        self.heard_boot = self.heard_boot.max(boot.min(self.boot));
        let is_nothing = matches!(found, Reported::Failed | Reported::Terminated);
        match self.wanted {
            // A boot that failed leaves a record at least, until the host hears of the end.
            Wanted::Terminated => self.gone |= found == Reported::Terminated,
            // A launch that came to nothing. Of any later boot there is a disk.
            Wanted::Running if is_nothing && boot == 1 && self.is_launching() => {
                let (code, text) = not_booted(words, "Internal error on launch: ");
                self.fail(code, &text, now);
            }
            Wanted::Stopped => {
                if found == Reported::Stopped || is_nothing {
                    self.enter(State::Stopped, now);
                }
            }
            // It speaks of the boot before.
            Wanted::Running if boot != self.boot => {}
            Wanted::Running => match found {
                Reported::Running => self.ran(now),
                Reported::Failed | Reported::Terminated => self.did_not_boot(words, now),
                Reported::Stopped if words.is_some_and(|it| it.starts_with(CANNOT_BOOT)) => {
                    self.did_not_boot(words, now);
                }
                Reported::Stopped => self.shut_down(ends_on_shutdown, now),
                _ => {}
            },
        }
    }

    pub(super) fn ran(&mut self, now: Timestamp) {
        if self.state == State::Pending {
            self.enter(State::Running, now);
            self.reason = None;
            self.transition = String::new();
        }
    }

    fn is_launching(&self) -> bool {
        self.boot == 1 && self.state == State::Pending
    }

    /// Whatever is to follow a shutdown: its disk is there, and nobody asked for its end.
    fn did_not_boot(&mut self, words: Option<&str>, now: Timestamp) {
        self.enter(State::Stopped, now);
        self.wanted = Wanted::Stopped;
        let (code, text) = not_booted(words, "");
        self.reason = Some(Reason::new(code, &text));
        self.transition = code.to_owned();
    }

    /// Its first process ended by itself.
    pub(super) fn shut_down(&mut self, ends: bool, now: Timestamp) {
        if ends {
            self.end(now);
        } else {
            self.enter(State::Stopped, now);
            self.wanted = Wanted::Stopped;
        }
        let code = "Client.InstanceInitiatedShutdown";
        self.reason = Some(Reason::new(code, "Instance initiated shutdown"));
        self.transition = code.to_owned();
    }

    /// There was no room for it: it is terminated, or stopped again if it has a disk.
    pub fn give_up(&mut self, now: Timestamp) {
        let code = "Server.InsufficientInstanceCapacity";
        let text = "Insufficient capacity to satisfy instance request";
        match self.host {
            None => self.fail(code, text, now),
            Some(_) => {
                self.enter(State::Stopped, now);
                self.wanted = Wanted::Stopped;
                self.reason = Some(Reason::new(code, text));
                self.transition = code.to_owned();
            }
        }
    }

    /// Its host is silent. It may run there all the same: what it holds there waits for the host's word, or for its
    /// leaving.
    pub fn withdraw(&mut self, now: Timestamp) {
        let code = "Server.InsufficientInstanceCapacity";
        let text = "The host of the instance does not answer";
        if self.is_launching() {
            return self.fail(code, text, now);
        }
        self.enter(State::Stopping, now);
        self.wanted = Wanted::Stopped;
        self.reason = Some(Reason::new(code, text));
        self.transition = code.to_owned();
    }

    /// How long it waits for room.
    fn patient_until(&self) -> Timestamp {
        let patient = self.since + PATIENCE;
        self.room_by.map_or(patient, |at| at.max(patient))
    }

    /// Since when its host should have booted it, if nothing is heard of that.
    fn silent_since(&self) -> Option<Timestamp> {
        match self.heard_boot == self.boot {
            true => self.impaired_since,
            false => Some(self.since),
        }
    }

    /// Its Spot capacity was taken back.
    pub fn interrupted(&mut self, ends: bool, now: Timestamp) {
        let (code, text) = match ends {
            true => (
                "Server.SpotInstanceTermination",
                "Spot instance termination",
            ),
            false => ("Server.SpotInstanceShutdown", "Spot instance shutdown"),
        };
        match ends {
            true => self.end(now),
            false => {
                self.enter(State::Stopping, now);
                self.wanted = Wanted::Stopped;
            }
        }
        self.reason = Some(Reason::new(code, text));
        self.transition = code.to_owned();
    }

    /// Its host is retired, and its disk is there.
    pub fn retired(&mut self, now: Timestamp) {
        if !self.is_ending() {
            self.fail(
                "Server.ScheduledStop",
                "Stopped due to scheduled retirement",
                now,
            );
        }
    }

    /// Its host left for good.
    pub fn lose(&mut self, now: Timestamp) {
        if self.wanted != Wanted::Terminated {
            let text = "The host of the instance was deregistered";
            self.fail("Server.InternalError", text, now);
        }
        self.gone = true;
    }

    /// Nothing of it is left anywhere.
    pub fn finish(&mut self, now: Timestamp) {
        self.enter(State::Terminated, now);
        self.host = None;
        self.claimed = false;
        self.impaired_since = None;
    }

    /// What is to be done. `host`: what is known of its host, if it has one; `started`: when this server began, before which
    /// nobody could say anything.
    pub fn step(&self, host: Option<HostIs>, started: Timestamp, now: Timestamp) -> Step {
        if self.state == State::Terminated {
            let until = self.since + RETENTION;
            return match now < until {
                true => Step::After(until.since(now)),
                false => Step::Forget,
            };
        }
        let ends = self.wanted == Wanted::Terminated;
        match host {
            _ if ends && (self.gone || self.host.is_none()) => return Step::Finish,
            Some(HostIs::Left) => return Step::Lose,
            // A time that is still to come was written before the clock was set back.
            Some(HostIs::Silent) if self.impaired_since.is_none_or(|at| at > now) => {
                return Step::Impaired(true);
            }
            Some(HostIs::Connected) if self.impaired_since.is_some() => {
                return Step::Impaired(false);
            }
            _ => {}
        }
        let is_silent = |at: Timestamp| now >= at.max(started) + SILENCE;
        match self.state {
            State::Pending if !self.claimed && now >= self.patient_until() => Step::GiveUp,
            State::Pending if !self.claimed => Step::Place(NEXT_TRY),
            State::Pending if self.silent_since().is_some_and(is_silent) => Step::Withdraw,
            State::Stopped if self.claimed => Step::Release,
            _ => match self.host {
                Some(_) => Step::After(NEXT_LOOK),
                None => Step::Nothing,
            },
        }
    }
}

fn gmt(at: Timestamp) -> String {
    let text = at.iso8601_seconds();
    format!("{} GMT", text.trim_end_matches('Z').replace('T', " "))
}

/// Code and text for what a host says of a boot that failed; `what` stands before words that are of no other kind.
fn not_booted(words: Option<&str>, what: &str) -> (&'static str, String) {
    let said = words.map_or("Internal error".to_owned(), printable);
    let is_shut = |it: &str| {
        it.strip_prefix(CANNOT_BOOT)
            .unwrap_or(it)
            .starts_with(NO_KEY)
    };
    match words.is_some_and(is_shut) {
        // As AWS says it where the key of a volume is not to be had.
        true => (
            "Client.InternalError",
            format!("Client error on launch: {said}"),
        ),
        false => ("Server.InternalError", format!("{what}{said}")),
    }
}

/// A host's words as people are shown them.
fn printable(words: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    words.chars().take(MAX_REASON).map(plain).collect()
}

#[cfg(test)]
#[path = "life_tests.rs"]
mod tests;
