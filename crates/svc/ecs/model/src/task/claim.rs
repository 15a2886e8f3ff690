//! What a task's state means for its claim on the host's ledger.

use wharf_placement::ledger;
use wharf_records::{
    ecs::{Desired, Status, Task},
    hosts::Ledger,
};

/// Brings a ledger in line with `task`: cpu and memory are free once it was told to stop, ports and
/// interfaces once it is STOPPED. Returns whether the ledger changed and has to be written.
///
/// An interface whose task was lost with its host stays claimed until the host has confirmed.
pub fn follow(ledger: &mut Ledger, task: &Task) -> bool {
    if task.last == Status::Stopped && !task.unconfirmed {
        ledger::release(ledger, &task.arn)
    } else if task.desired == Desired::Stopped {
        ledger::stopping(ledger, &task.arn)
    } else {
        mark(ledger, task)
    }
}

/// A claim of an earlier version does not say that it is Spot capacity.
fn mark(ledger: &mut Ledger, task: &Task) -> bool {
    let held = ledger.claims.get(&task.arn);
    let unmarked = held.filter(|it| task.claim.spot && !it.spot).cloned();
    if let Some(mut claim) = unmarked {
        claim.spot = true;
        ledger.claims.insert(&task.arn, claim);
        return true;
    }
    false
}

/// Whether going from `before` to `after` moves the ledger at all, without reading it.
pub fn moves(before: &Task, after: &Task) -> bool {
    let gone = |task: &Task| task.last == Status::Stopped && !task.unconfirmed;
    let marked = before.claim.spot != after.claim.spot;
    before.desired != after.desired || gone(before) != gone(after) || marked
}
