//! Tasks that begin to wait for Fargate, and those that do so no more. The look at their queue, which says what they lack, comes later;
//! until then Spot capacity leaves them room by what the view knows of them.

use std::collections::BTreeMap;

use wharf_hosts::{Claimant, FargateQueue, FargateWaiting};
use wharf_records::ecs::Task;

use crate::{names::Place, task::waiting};

/// What the queue is still to hear of each, the last of it: who waits, or `None`.
#[derive(Debug, Default)]
pub struct Beginnings(BTreeMap<Claimant, Option<FargateWaiting>>);

impl Beginnings {
    /// Takes over what a task is in place of `before`. Those of Spot have no room kept for them.
    pub(super) fn follow(&mut self, place: &Place, before: Option<&Task>, after: Option<&Task>) {
        let waits = |it: &&Task| waiting::waits_for_fargate(it) && !it.claim.spot;
        match (before.filter(waits), after.filter(waits)) {
            (None, Some(task)) => {
                // The definition, which may name a processor, is not in the view.
                let one = waiting::lack_of_fargate(place, task, None);
                self.0.insert(one.claimant.clone(), Some(one));
            }
            (Some(task), None) => {
                self.0.insert(waiting::claimant(task), None);
            }
            _ => {}
        }
    }

    /// Has the queue hear of them.
    pub(super) fn tell(&mut self, queue: &FargateQueue) {
        for (claimant, waiting) in std::mem::take(&mut self.0) {
            match waiting {
                Some(one) => queue.begin(one),
                None => queue.looked_at([&claimant]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_records::{ecs::Waiting, hosts::Claim};

    use super::*;

    fn task(launch: &str, spot: bool, waits: bool) -> Task {
        let claim = Claim {
            cpu: 256,
            spot,
            ..Claim::default()
        };
        let task = json!({
            "id": "3f", "arn": "arn:aws:ecs:us-east-1:000000000000:task/default/3f",
            "cluster": "default", "cluster_arn": "arn:cluster/default",
            "definition": "arn:task-definition/web:1", "launch": launch,
            "host": "", "claim": claim, "instance": "", "ec2_instance": "",
            "group": "family:web", "availability_zone": "",
            "cpu": "256", "memory": "512", "overrides": {}, "credentials_seed": "", "containers": [],
            "desired": "RUNNING", "last": "PROVISIONING", "version": 1, "created_at": 0,
        });
        let mut task: Task = serde_json::from_value(task).unwrap();
        task.waiting = waits.then(Box::<Waiting>::default);
        task
    }

    /// The CPU units of those for whom something is to be said.
    fn said(before: Option<&Task>, after: Option<&Task>) -> Vec<Option<u32>> {
        let place = Place {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let mut beginnings = Beginnings::default();
        beginnings.follow(&place, before, after);
        let all = beginnings.0.values();
        all.map(|it| it.as_ref().map(|it| it.claim.cpu)).collect()
    }

    #[test]
    fn tasks_that_are_not_spot_begin_to_wait_and_end() {
        let waits = task("FARGATE", false, true);
        let placed = task("FARGATE", false, false);
        assert_eq!(said(None, Some(&waits)), [Some(256)]);
        assert_eq!(said(Some(&waits), Some(&waits)), []);
        assert_eq!(said(Some(&waits), Some(&placed)), [None]);
        assert_eq!(said(Some(&waits), None), [None]);
        assert_eq!(said(None, Some(&placed)), []);
        for other in [task("FARGATE", true, true), task("EC2", false, true)] {
            assert_eq!(said(None, Some(&other)), [], "{other:?}");
        }
    }
}
