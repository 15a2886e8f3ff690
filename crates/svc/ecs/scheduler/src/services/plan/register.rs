//! Targets of a load balancer: registered while a task runs, deregistered before it stops.

use std::collections::BTreeMap;

use wharf_base::Timestamp;
use wharf_records::ecs::{Desired, Status, TargetState};

use super::{Action, Plan};
use crate::services::observe::{Seen, SeenTarget, TargetHealth};

pub(super) fn targets(plan: &mut Plan, tasks: &[Seen], _now: Timestamp) {
    let mut register = BTreeMap::<&str, Vec<String>>::new();
    let mut deregister = BTreeMap::<(&str, bool), Vec<String>>::new();
    let mut drained = Vec::new();
    for task in tasks.iter().filter(|task| !task.accounted) {
        for target in &task.targets {
            match step(task, target) {
                Step::Register => register
                    .entry(&target.group)
                    .or_default()
                    .push(task.id.clone()),
                Step::Deregister { told } => deregister
                    .entry((&target.group, told))
                    .or_default()
                    .push(task.id.clone()),
                Step::None => {}
            }
        }
        if is_drained(task) {
            drained.push(task.id.clone());
        }
    }
    let registrations = register.into_iter().map(|(group, tasks)| Action::Register {
        group: group.to_owned(),
        tasks,
    });
    let removals = deregister
        .into_iter()
        .map(|((group, told), tasks)| Action::Deregister {
            group: group.to_owned(),
            tasks,
            told,
        });
    plan.actions.extend(registrations.chain(removals));
    if !drained.is_empty() {
        plan.actions.push(Action::Drained { tasks: drained });
    }
}

enum Step {
    None,
    Register,
    Deregister { told: bool },
}

fn step(task: &Seen, target: &SeenTarget) -> Step {
    let up = matches!(task.last, Status::Activating | Status::Running);
    match target.state {
        TargetState::Waiting if task.is_live() && up => Step::Register,
        // Registered perhaps, and the answer lost in a crash: nothing must stay behind.
        TargetState::Waiting if !task.is_live() && task.started_at.is_some() => {
            Step::Deregister { told: false }
        }
        TargetState::Registered if !task.is_live() => Step::Deregister { told: true },
        _ => Step::None,
    }
}

/// Told to stop, and no connection of the load balancer is left.
fn is_drained(task: &Seen) -> bool {
    let gone = |target: &SeenTarget| match target.state {
        TargetState::Waiting => task.started_at.is_none(),
        TargetState::Registered => false,
        TargetState::Draining => target.health == TargetHealth::Absent,
        TargetState::Gone => true,
    };
    task.end.is_none()
        && task.desired == Desired::Stopped
        && task.last == Status::Deactivating
        && task.targets.iter().all(gone)
}
