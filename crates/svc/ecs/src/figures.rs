//! What ECS has to do and how far it is, for metrics.

use std::collections::BTreeMap;

use wharf_reconcile::Depth;

use crate::core::Core;

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
    core.state.view.read_all(|region| {
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
