//! Claims that grow: how far it is, as their status tells it, and what is to be done next. What grows volumes, nodes and quotas agree on
//! it. Pure.
//!
//! `allocatedResources` is the size that is being gone for, or was last; `allocatedResourceStatuses` is where that is. A claim whose
//! size cannot be had may ask for less again, as long as it is more than it has.

use serde_json::Value;

use crate::{
    persistent::{bytes, capacity, requested},
    view::{at, items, text, text_at},
};

/// Statuses of a resource of a claim.
pub const IN_PROGRESS: &str = "ControllerResizeInProgress";
pub const INFEASIBLE: &str = "ControllerResizeInfeasible";
pub const NODE_PENDING: &str = "NodeResizePending";
pub const NODE_IN_PROGRESS: &str = "NodeResizeInProgress";
pub const NODE_INFEASIBLE: &str = "NodeResizeInfeasible";
/// All of them, in the order of the alphabet.
pub const STATUSES: &[&str] = &[
    IN_PROGRESS,
    INFEASIBLE,
    NODE_IN_PROGRESS,
    NODE_INFEASIBLE,
    NODE_PENDING,
];

/// Conditions of a claim.
pub const RESIZING: &str = "Resizing";
pub const REFUSED: &str = "ControllerResizeError";
pub const FILE_SYSTEM_PENDING: &str = "FileSystemResizePending";

/// The status of a claim's size; empty where nothing is going on.
pub fn status(claim: &Value) -> &str {
    text_at(claim, &["status", "allocatedResourceStatuses", "storage"])
}

/// What is being gone for, or was last, in bytes.
pub fn allocated(claim: &Value) -> Option<i64> {
    let told = at(claim, &["status", "allocatedResources", "storage"]);
    told.map(|it| bytes(Some(it)))
}

fn has_condition(claim: &Value, kind: &str) -> bool {
    let mut all = items(&claim["status"], "conditions").iter();
    all.any(|it| text(it, "type") == kind && text(it, "status") == "True")
}

/// The size that the volume of a claim is to get, in bytes; `None` while there is nothing to do, or it is the node's turn.
///
/// A size that was begun with comes to its end before another one, unless it was refused: it may have been done without anybody having
/// heard. What is left to the node alone holds up nobody, since a file system becomes as large as its volume is by then.
pub fn next_size(claim: &Value, volume: &Value) -> Option<i64> {
    let asked = requested(claim);
    if asked <= bytes(at(claim, &["status", "capacity", "storage"])) {
        return None;
    }
    let allocated = allocated(claim);
    match (status(claim), capacity(volume) >= asked) {
        (IN_PROGRESS, _) if !has_condition(claim, REFUSED) => Some(allocated.unwrap_or(asked)),
        (_, false) | (IN_PROGRESS | INFEASIBLE, true) => Some(asked),
        (NODE_PENDING | NODE_IN_PROGRESS, true) => None,
        // Of a status that an older server wrote, where the node may have been told.
        (_, true) => allocated.filter(|_| !has_condition(claim, FILE_SYSTEM_PENDING)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// In GiB: what the volume has, what the claim asks for and has.
    fn next(sizes: (i64, i64, i64), status: &str, allocated: Option<i64>, said: &str) -> i64 {
        let (volume, asked, has) = sizes;
        let amount = |gib: i64| json!({"storage": format!("{gib}Gi")});
        let mut claim = json!({
            "spec": {"resources": {"requests": amount(asked)}},
            "status": {"capacity": amount(has), "conditions": [{"type": said, "status": "True"}]},
        });
        if !status.is_empty() {
            claim["status"]["allocatedResourceStatuses"] = json!({"storage": status});
        }
        if let Some(gib) = allocated {
            claim["status"]["allocatedResources"] = amount(gib);
        }
        let volume = json!({"spec": {"capacity": amount(volume)}});
        next_size(&claim, &volume).map_or(0, |it| it >> 30)
    }

    #[test]
    fn sizes_that_come_next() {
        for (sizes, status, allocated, said, want) in [
            ((1, 1, 1), "", None, "", 0),
            ((2, 2, 2), "", Some(2), "", 0),
            ((1, 2, 1), "", None, "", 2),
            ((1, 2, 1), IN_PROGRESS, Some(2), RESIZING, 2),
            // Another size is asked for meanwhile.
            ((1, 9, 1), IN_PROGRESS, Some(2), RESIZING, 2),
            ((1, 2, 1), IN_PROGRESS, Some(9), RESIZING, 9),
            ((1, 2, 1), IN_PROGRESS, Some(9), REFUSED, 2),
            ((1, 2, 1), INFEASIBLE, Some(9), REFUSED, 2),
            ((1, 9, 1), INFEASIBLE, Some(9), REFUSED, 9),
            // The volume has it, the claim was not told.
            ((2, 2, 1), IN_PROGRESS, Some(2), RESIZING, 2),
            ((9, 2, 1), IN_PROGRESS, Some(9), RESIZING, 9),
            ((2, 2, 1), "", Some(2), "", 2),
            // It is the node's turn.
            ((2, 2, 1), NODE_PENDING, Some(2), FILE_SYSTEM_PENDING, 0),
            ((2, 2, 1), NODE_IN_PROGRESS, Some(2), FILE_SYSTEM_PENDING, 0),
            ((2, 2, 1), "", None, FILE_SYSTEM_PENDING, 0),
            ((2, 9, 1), NODE_PENDING, Some(2), FILE_SYSTEM_PENDING, 9),
            // A larger one was refused before the node had its turn.
            ((4, 3, 2), INFEASIBLE, Some(9), REFUSED, 3),
        ] {
            let found = next(sizes, status, allocated, said);
            assert_eq!(found, want, "{sizes:?} {status} {allocated:?} {said}");
        }
    }
}
