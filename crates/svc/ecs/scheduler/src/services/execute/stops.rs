//! Tasks are told to stop.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use wharf_records::ecs::{TargetState, Task};

use super::{
    super::{events, plan::Why},
    Look,
};
use crate::{state::StepError, task::stop};

impl Look<'_> {
    /// Tells tasks to stop, all at once.
    pub(super) async fn stop(
        &self,
        name: &str,
        orders: &[(String, Why)],
        said: &mut Vec<String>,
    ) -> Result<(), StepError> {
        if orders.is_empty() {
            return Ok(());
        }
        let now = self.scheduler.state.now();
        let one = async |(task, why): &(String, Why)| {
            let why = why.stop();
            let mut stopped = false;
            let change = |task: &mut Task| {
                stopped = stop::stop(task, &why, now);
            };
            let task = self.change(task, change).await?;
            Ok::<_, StepError>(task.filter(|_| stopped))
        };
        let moved: BTreeSet<&String> = orders
            .iter()
            .filter(|(_, why)| matches!(why, Why::Rebalancing(_)))
            .map(|(task, _)| task)
            .collect();
        let mut moved_out = BTreeMap::<String, Vec<String>>::new();
        let mut stopped = Vec::new();
        let mut draining = BTreeMap::<String, usize>::new();
        for result in join_all(orders.iter().map(one)).await {
            let Some(task) = result? else { continue };
            if let Some(membership) = &task.service
                && membership
                    .targets
                    .iter()
                    .any(|t| t.state == TargetState::Registered)
            {
                *draining.entry(membership.deployment.clone()).or_default() += 1;
            }
            match moved.contains(&task.id) {
                true => {
                    let of_zone = moved_out.entry(task.availability_zone).or_default();
                    of_zone.push(task.id);
                }
                false => stopped.push(task.id),
            }
        }
        for (zone, tasks) in moved_out {
            said.push(events::moved_out(name, &zone, &tasks));
        }
        if !stopped.is_empty() {
            said.push(events::stopped(name, &stopped));
        }
        for (deployment, count) in draining {
            said.push(events::draining(name, &deployment, count));
        }
        Ok(())
    }
}
