//! Tasks become targets of load balancers and cease to be; how far each is, their records say.

use futures_util::future::join_all;
use wharf_records::ecs::{TargetState, Task};
use wharf_wire::Fault;

use super::{
    super::{
        observe::address,
        targets::{self, Address},
    },
    Look,
};
use crate::state::StepError;

impl Look<'_> {
    /// Ids and addresses of those tasks in a group that have one.
    fn addresses(&self, group: &str, tasks: &[String]) -> Vec<(String, Address)> {
        self.scheduler.state.view.read(&self.place, |region| {
            let of = |id: &String| {
                let task = region.tasks.get(&self.task_id(id))?;
                let mut targets = task.service.as_ref()?.targets.iter();
                let target = targets.find(|target| target.spec.group == group)?;
                let (address, port) = address(task, target)?;
                Some((id.clone(), Address { id: address, port }))
            };
            tasks.iter().filter_map(of).collect()
        })
    }

    pub(super) async fn register(&self, group: &str, tasks: &[String]) -> Result<usize, StepError> {
        let found = self.addresses(group, tasks);
        if found.is_empty() {
            return Ok(0);
        }
        let (ids, addresses): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let registered =
            targets::register(&self.scheduler.balancers, &self.call, group, &addresses).await;
        registered.map_err(|fault| neighbour("register targets", fault))?;
        self.set_targets(&ids, Some(group), TargetState::Registered)
            .await
    }

    pub(super) async fn deregister(
        &self,
        group: &str,
        tasks: &[String],
    ) -> Result<usize, StepError> {
        let found = self.addresses(group, tasks);
        if !found.is_empty() {
            let addresses: Vec<Address> = found.into_iter().map(|(_, address)| address).collect();
            let gone =
                targets::deregister(&self.scheduler.balancers, &self.call, group, &addresses).await;
            gone.map_err(|fault| neighbour("deregister targets", fault))?;
        }
        self.set_targets(tasks, Some(group), TargetState::Draining)
            .await
    }

    /// Records how far the targets of these tasks are; only a task that is still wanted becomes
    /// registered. Returns how many tasks changed.
    pub(super) async fn set_targets(
        &self,
        tasks: &[String],
        group: Option<&str>,
        state: TargetState,
    ) -> Result<usize, StepError> {
        let one = async |id: &String| {
            let mut changed = false;
            let change = |task: &mut Task| {
                changed = set_state(task, group, state);
            };
            self.change(id, change).await?;
            Ok::<_, StepError>(changed)
        };
        let mut count = 0;
        for result in join_all(tasks.iter().map(one)).await {
            count += usize::from(result?);
        }
        Ok(count)
    }
}

/// Under which the service remembers to have said that targets of a group cannot be registered.
pub(super) fn unregistered(group: &str) -> String {
    format!("unregistered {group}")
}

pub(super) fn neighbour(action: &'static str, fault: Fault) -> StepError {
    StepError::Neighbour { action, fault }
}

fn set_state(task: &mut Task, group: Option<&str>, state: TargetState) -> bool {
    if state == TargetState::Registered && !task.is_live() {
        return false;
    }
    let Some(membership) = &mut task.service else {
        return false;
    };
    let mut changed = false;
    for target in &mut membership.targets {
        if group.is_none_or(|group| target.spec.group == group) && target.state < state {
            target.state = state;
            changed = true;
        }
    }
    changed
}
