//! A task that waits for room of Fargate, as who has room hears of it ([`wharf_hosts::fargate`]).

use wharf_hosts::{Claimant, FargateWaiting};
use wharf_records::ecs::{Desired, Launch, Task};

use crate::names::Place;

/// Of what kind tasks are among those who claim room.
pub const CLAIMANT: &str = "task";

/// Who claims room for a task.
pub fn claimant(task: &Task) -> Claimant {
    Claimant::new(CLAIMANT, task.arn.clone())
}

/// Whether it waits for room of Fargate.
pub fn waits_for_fargate(task: &Task) -> bool {
    task.launch == Launch::Fargate && task.waiting.is_some() && task.desired == Desired::Running
}

/// What a task lacks that waits for Fargate. `architecture`: that of its definition, if it names one.
pub fn lack_of_fargate(place: &Place, task: &Task, architecture: Option<&str>) -> FargateWaiting {
    let network = task.waiting.as_ref().and_then(|it| it.network.as_ref());
    let subnets = network.into_iter().flat_map(|it| &it.subnets);
    let zones = subnets.map(|it| place.zone_letter(&it.zone).to_owned());
    FargateWaiting {
        account: place.account.clone(),
        claimant: claimant(task),
        claim: task.claim.clone(),
        zones: zones.collect(),
        architecture: architecture.map(str::to_owned),
        since: task.created_at,
    }
}
