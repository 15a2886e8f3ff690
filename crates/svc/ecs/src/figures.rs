//! What ECS has to do and how far it is, for metrics.

use std::collections::BTreeMap;

use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_reconcile::Depth;
use wharf_records::ecs::{Launch, Status, Task};
use wharf_vended::{Minute, Subject};

use crate::{core::Core, provider::FARGATE_SPOT};

/// Counted when asked for, from the view in memory.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Tasks that are not over, or still hold something, by `lastStatus`.
    pub tasks: BTreeMap<&'static str, usize>,
    /// Container instances with an agent that is connected, and without.
    pub connected: usize,
    pub disconnected: usize,
    pub services: usize,
    /// The reconcilers' queues, by what they are about.
    pub queues: [(&'static str, Depth); 5],
}

pub(crate) fn figures(core: &Core) -> Figures {
    let [tasks, services, providers, waiting] = core.scheduler.depths();
    let mut figures = Figures {
        queues: [
            tasks,
            ("instances", core.agents.depth()),
            services,
            providers,
            waiting,
        ],
        ..Figures::default()
    };
    core.state.view.read_all(|_, region| {
        for task in region.tasks.values() {
            *figures.tasks.entry(task.last.as_str()).or_default() += 1;
        }
        for instance in region.instances.values() {
            let connected = instance.agent_connected;
            figures.connected += usize::from(connected);
            figures.disconnected += usize::from(!connected);
        }
        figures.services += region.services.len();
    });
    figures
}

/// What accounts have of Fargate's processors at the end of a minute: of all tasks that are not over, as the quotas count them.
pub(crate) fn look(core: &Core, minute: &Minute<'_>) {
    let mut all = Vec::new();
    core.state.view.read_all(|place, region| {
        let [mut on_demand, mut spot] = [0.0, 0.0];
        for task in region.tasks.values() {
            match task.capacity_provider.as_deref() {
                Some(FARGATE_SPOT) => spot += vcpus(task),
                _ => on_demand += vcpus(task),
            }
        }
        for (class, vcpus) in [("Standard/OnDemand", on_demand), ("Standard/Spot", spot)] {
            if vcpus > 0.0 {
                let at = (place.account.as_str(), place.region.as_str());
                all.push((Subject::resource(at, "Fargate", "vCPU", class), vcpus));
            }
        }
    });
    for (subject, vcpus) in all {
        minute.resource(&subject, vcpus);
    }
}

/// Those of a task on Fargate, until it is over.
fn vcpus(task: &Task) -> f64 {
    let is_over = task.ended || task.last == Status::Stopped;
    let units = (task.launch == Launch::Fargate && !is_over).then(|| task.cpu.parse::<f64>());
    units.and_then(Result::ok).unwrap_or(0.0) / f64::from(UNITS_OF_A_CORE)
}
