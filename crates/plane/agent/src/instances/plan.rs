//! What is to be done for one instance. Pure.
//!
//! What is wanted and what there is come in, one action goes out; after it what there is is looked at anew. Failing
//! and ending by itself are part of what there is: a boot that failed, or whose first process ended, is not done
//! again under the same number.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_container::{image::Digest, runtime::ExitRecord};
use wharf_planeproto::machine::{InstanceReport, InstanceState, Wanted};
use wharf_userns::IdRange;

/// What the control plane wants. An instance that it is silent about has no process, and keeps its disk: only an
/// explicit word takes that away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goal {
    pub wanted: Wanted,
    pub boot: u64,
}

/// How the reason of a boot that failed begins where the disk is kept; the control plane tells it from an end by it.
pub const CANNOT_BOOT: &str = "cannot boot: ";
/// Ends of an emulator by itself that its machine is booted again after, each soon after the boot before.
const MOST_CRASHES: u32 = 3;
/// One that comes later is as the first.
const RAN_WELL: Duration = Duration::from_secs(10 * 60);

/// Whose first process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Instance,
    /// It ran for so long, if that is known.
    Machine(Option<Duration>),
}

/// What is on record of the last boot that was begun here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub boot: u64,
    pub came_to: CameTo,
    #[serde(default)]
    pub reason: Option<String>,
    /// Some boot came as far as a running process: its disk is worth something.
    #[serde(default)]
    pub lived: bool,
    /// The user numbers that the files on its disk carry; not known of earlier versions' boots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<IdRange>,
    /// The image that its disk is written over, if that is one of a registry; not known of earlier versions' boots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Digest>,
    /// How often the emulator of this boot failed, if it is a virtual machine.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub crashes: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Last {
    /// The record after the first process ended. One that nothing came of is begun again.
    ///
    /// An instance ends with its first process, as a machine with its kernel. The first process of a virtual machine says
    /// whether that was shut down; if it was not, its emulator failed, as hosts do: it boots again. A guest under which it fails
    /// again and again is stopped.
    pub fn after(&self, exit: &ExitRecord, of: Of) -> Self {
        let by_itself = |reason: String| Self {
            came_to: CameTo::AnEnd,
            reason: Some(reason),
            ..self.clone()
        };
        let code = exit.code;
        let ran = match of {
            Of::Machine(ran) if code != 0 => ran,
            _ if exit.oom => {
                let text = "its memory did not suffice; its first process ended";
                return by_itself(text.to_owned());
            }
            _ => return by_itself(format!("its first process ended with code {code}")),
        };
        let crashes = match ran.is_none_or(|it| it >= RAN_WELL) {
            true => 1,
            false => self.crashes.saturating_add(1),
        };
        let again = Self {
            crashes,
            ..self.clone()
        };
        if crashes <= MOST_CRASHES {
            return again;
        }
        let why = match exit.oom {
            true => "for want of memory",
            false => "as its console says",
        };
        Self {
            came_to: CameTo::Failure,
            reason: Some(format!(
                "{CANNOT_BOOT}the emulator of the virtual machine failed {crashes} times, {why}"
            )),
            ..again
        }
    }

    /// The record with the image, if it does not say so already.
    pub fn made_of(&self, image: &Digest) -> Option<Self> {
        (self.image.as_ref() != Some(image)).then(|| Self {
            image: Some(image.clone()),
            ..self.clone()
        })
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CameTo {
    /// Begun. Where the machine went down since, it is begun again.
    #[default]
    Nothing,
    /// Its first process ended by itself, or it was stopped.
    AnEnd,
    Failure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// Neither it nor anything that was made for it.
    None,
    /// Of this boot.
    Runs(u64),
    /// What was made for it is there: shim, mounts, network.
    Remains,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct There {
    pub process: Process,
    /// `None`: it never booted here, and there is no disk.
    pub last: Option<Last>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Boot,
    /// End its processes.
    Halt,
    /// Take away what a process that ended leaves.
    Clear,
    /// Take away its disk and all that is known of it.
    Remove,
    Nothing,
}

pub fn plan(goal: Option<Goal>, there: &There) -> Action {
    let wanted = goal.map_or(Wanted::Stopped, |goal| goal.wanted);
    match (wanted, there.process) {
        (Wanted::Running, Process::Runs(boot)) if goal.is_some_and(|goal| goal.boot == boot) => {
            Action::Nothing
        }
        (_, Process::Runs(_)) => Action::Halt,
        (_, Process::Remains) => Action::Clear,
        (Wanted::Running, Process::None) => match &there.last {
            Some(last) if goal.is_some_and(|goal| goal.boot == last.boot) && is_over(last) => {
                Action::Nothing
            }
            _ => Action::Boot,
        },
        (Wanted::Stopped, Process::None) => Action::Nothing,
        (Wanted::Terminated, Process::None) if there.last.is_some() => Action::Remove,
        (Wanted::Terminated, Process::None) => Action::Nothing,
    }
}

fn is_over(last: &Last) -> bool {
    last.came_to != CameTo::Nothing
}

/// What the control plane is told.
pub fn report(id: &str, goal: Goal, there: &There) -> InstanceReport {
    let last = there.last.as_ref();
    let of_goal = last.filter(|last| last.boot == goal.boot && is_over(last));
    let (boot, state) = match (goal.wanted, there.process) {
        (_, Process::Runs(boot)) => (boot, InstanceState::Running),
        // It is on its way out: so it is until what it held is given back.
        (_, Process::Remains) => (
            last.map_or(goal.boot, |last| last.boot),
            InstanceState::Running,
        ),
        (Wanted::Terminated, Process::None) => match last {
            Some(last) => (last.boot, InstanceState::Stopped),
            None => (goal.boot, InstanceState::Terminated),
        },
        (Wanted::Stopped, Process::None) => (goal.boot, InstanceState::Stopped),
        (Wanted::Running, Process::None) => match of_goal.map(|last| last.came_to) {
            // Its disk is there as before: it is stopped, and may be started another time.
            Some(CameTo::Failure) if last.is_some_and(|last| last.lived) => {
                (goal.boot, InstanceState::Stopped)
            }
            Some(CameTo::Failure) => (goal.boot, InstanceState::Failed),
            Some(CameTo::AnEnd) => (goal.boot, InstanceState::Stopped),
            Some(CameTo::Nothing) | None => (goal.boot, InstanceState::Preparing),
        },
    };
    InstanceReport {
        id: id.to_owned(),
        boot,
        state,
        reason: of_goal.and_then(|last| last.reason.clone()),
        kubelet: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn last(boot: u64, came_to: CameTo) -> Option<Last> {
        Some(Last {
            boot,
            came_to,
            reason: None,
            lived: true,
            range: None,
            image: None,
            crashes: 0,
        })
    }

    fn check(
        wanted: Wanted,
        boot: u64,
        process: Process,
        last: Option<Last>,
        action: Action,
        state: InstanceState,
    ) {
        let goal = Goal { wanted, boot };
        let there = There { process, last };
        assert_eq!(plan(Some(goal), &there), action, "{goal:?} {there:?}");
        assert_eq!(
            report("i-1", goal, &there).state,
            state,
            "{goal:?} {there:?}"
        );
    }

    #[test]
    fn tables() {
        use InstanceState as S;
        use Process::{None as Gone, Remains, Runs};
        use Wanted::{Running, Stopped, Terminated};
        let begun = || last(1, CameTo::Nothing);
        check(Running, 1, Gone, None, Action::Boot, S::Preparing);
        check(Running, 1, Runs(1), begun(), Action::Nothing, S::Running);
        // A reboot, and a start after a stop that was never seen.
        check(Running, 2, Runs(1), begun(), Action::Halt, S::Running);
        check(
            Running,
            2,
            Gone,
            last(1, CameTo::AnEnd),
            Action::Boot,
            S::Preparing,
        );
        // The machine went down.
        check(Running, 1, Gone, begun(), Action::Boot, S::Preparing);
        // It ended by itself.
        check(
            Running,
            1,
            Remains,
            last(1, CameTo::AnEnd),
            Action::Clear,
            S::Running,
        );
        check(
            Running,
            1,
            Gone,
            last(1, CameTo::AnEnd),
            Action::Nothing,
            S::Stopped,
        );
        check(
            Running,
            1,
            Gone,
            last(1, CameTo::Failure),
            Action::Nothing,
            S::Stopped,
        );
        let never_lived = last(1, CameTo::Failure).map(|it| Last { lived: false, ..it });
        check(Running, 1, Gone, never_lived, Action::Nothing, S::Failed);
        check(Stopped, 1, Runs(1), begun(), Action::Halt, S::Running);
        check(
            Stopped,
            1,
            Gone,
            last(1, CameTo::AnEnd),
            Action::Nothing,
            S::Stopped,
        );
        check(Terminated, 1, Runs(1), begun(), Action::Halt, S::Running);
        check(
            Terminated,
            1,
            Gone,
            last(1, CameTo::AnEnd),
            Action::Remove,
            S::Stopped,
        );
        check(Terminated, 1, Gone, None, Action::Nothing, S::Terminated);
    }

    #[test]
    fn what_nobody_speaks_of_stops_and_keeps_its_disk() {
        let mut there = There {
            process: Process::Runs(3),
            last: last(3, CameTo::Nothing),
        };
        assert_eq!(plan(None, &there), Action::Halt);
        there.process = Process::None;
        assert_eq!(plan(None, &there), Action::Nothing);
    }

    #[test]
    fn the_record_says_what_the_disk_is_written_over() {
        let before: Last = serde_json::from_str(r#"{"boot":1,"came_to":"an-end"}"#).unwrap();
        assert_eq!(before.image, None);
        let image = Digest::of(&[1; 32]);
        let now = before.made_of(&image).unwrap();
        assert_eq!((now.boot, now.came_to), (1, CameTo::AnEnd));
        assert_eq!(now.made_of(&image), None);
        let text = serde_json::to_string(&now).unwrap();
        assert_eq!(serde_json::from_str::<Last>(&text).unwrap(), now);
    }

    fn exit(code: i32, oom: bool) -> ExitRecord {
        ExitRecord { code, oom, at: 0 }
    }

    #[test]
    fn ends_of_first_processes() {
        let begun = last(1, CameTo::Nothing).unwrap();
        let soon = Of::Machine(Some(Duration::from_secs(5)));
        for (code, oom, of, came_to, words) in [
            (0, false, Of::Instance, CameTo::AnEnd, Some("code 0")),
            (1, false, Of::Instance, CameTo::AnEnd, Some("code 1")),
            (137, false, Of::Instance, CameTo::AnEnd, Some("code 137")),
            (137, true, Of::Instance, CameTo::AnEnd, Some("memory")),
            // The guest shut down.
            (0, false, soon, CameTo::AnEnd, Some("code 0")),
            (0, true, soon, CameTo::AnEnd, Some("memory")),
            // The emulator failed, or all of it was killed.
            (1, false, soon, CameTo::Nothing, None),
            (1, true, soon, CameTo::Nothing, None),
            (137, false, soon, CameTo::Nothing, None),
            (137, false, Of::Machine(None), CameTo::Nothing, None),
        ] {
            let after = begun.after(&exit(code, oom), of);
            assert_eq!(after.came_to, came_to, "{code} {of:?}");
            let has = |reason: &str| words.is_some_and(|words| reason.contains(words));
            assert_eq!(after.reason.as_deref().map(has), words.map(|_| true));
        }
    }

    #[test]
    fn a_machine_whose_emulator_fails_boots_again_a_few_times() {
        let soon = Of::Machine(Some(Duration::from_secs(5)));
        let mut last = last(1, CameTo::Nothing).unwrap();
        for crashes in 1..=MOST_CRASHES {
            last = last.after(&exit(1, false), soon);
            assert_eq!((last.came_to, last.crashes), (CameTo::Nothing, crashes));
        }
        let text = serde_json::to_string(&last).unwrap();
        assert_eq!(serde_json::from_str::<Last>(&text).unwrap(), last);
        let late = last.after(&exit(1, false), Of::Machine(Some(RAN_WELL)));
        assert_eq!((late.came_to, late.crashes), (CameTo::Nothing, 1));
        let over = last.after(&exit(1, true), soon);
        assert_eq!(over.came_to, CameTo::Failure);
        let reason = over.reason.clone().unwrap();
        assert!(reason.starts_with(CANNOT_BOOT) && reason.ends_with("memory"));
        let goal = Goal {
            wanted: Wanted::Running,
            boot: 1,
        };
        let there = There {
            process: Process::None,
            last: Some(over),
        };
        let told = report("i-1", goal, &there);
        assert_eq!(told.state, InstanceState::Stopped);
        assert_eq!(told.reason, Some(reason));
    }

    fn any_there() -> impl Strategy<Value = There> {
        let process = prop_oneof![
            Just(Process::None),
            (1..4_u64).prop_map(Process::Runs),
            Just(Process::Remains)
        ];
        let came_to = prop_oneof![
            Just(CameTo::Nothing),
            Just(CameTo::AnEnd),
            Just(CameTo::Failure)
        ];
        let known = (1..4_u64, came_to).prop_map(|(boot, came_to)| last(boot, came_to));
        (process, prop_oneof![Just(None), known])
            .prop_map(|(process, last)| There { process, last })
    }

    /// What an action that succeeds comes to.
    fn done(action: Action, goal: Option<Goal>, there: &mut There) {
        let boot = goal.map_or(0, |goal| goal.boot);
        match action {
            Action::Boot => {
                there.last = last(boot, CameTo::Nothing);
                there.process = Process::Runs(boot);
            }
            Action::Halt => {
                if let Some(last) = &mut there.last {
                    last.came_to = CameTo::AnEnd;
                }
                there.process = Process::Remains;
            }
            Action::Clear => there.process = Process::None,
            Action::Remove => there.last = None,
            Action::Nothing => {}
        }
    }

    proptest! {
        #[test]
        fn every_goal_is_reached_in_a_few_steps(
            mut there in any_there(),
            wanted in prop_oneof![Just(None), Just(Some(Wanted::Running)), Just(Some(Wanted::Stopped)), Just(Some(Wanted::Terminated))],
            boot in 1..4_u64,
        ) {
            let goal = wanted.map(|wanted| Goal { wanted, boot });
            for _ in 0..5 {
                let action = plan(goal, &there);
                // Nothing is taken away under a process, and nothing booted beside one.
                prop_assert!(!matches!(action, Action::Boot | Action::Remove) || there.process == Process::None);
                done(action, goal, &mut there);
            }
            prop_assert_eq!(plan(goal, &there), Action::Nothing);
            match wanted {
                Some(Wanted::Running) => {
                    let over = there.last.as_ref().is_some_and(is_over);
                    prop_assert!(there.process == Process::Runs(boot) || over);
                }
                Some(Wanted::Stopped) | None => prop_assert_eq!(there.process, Process::None),
                Some(Wanted::Terminated) => {
                    prop_assert_eq!(there, There { process: Process::None, last: None });
                }
            }
        }
    }
}
