//! What lies in queues, for metrics: of all of them together, since their names are their owners'.

use std::time::Duration;

use crate::core::Core;

/// Counted when asked for, of the queues in memory: those that were asked for since the start, and all once the
/// reconciler has looked at each.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    pub queues: usize,
    pub visible: usize,
    pub delayed: usize,
    pub in_flight: usize,
    /// Since the oldest message was sent.
    pub oldest: Duration,
}

pub(crate) fn figures(core: &Core) -> Figures {
    let now = core.now();
    let mut figures = Figures::default();
    for live in core.loaded() {
        let mut state = live.state();
        let counts = state.machine.counts(now);
        figures.queues += 1;
        figures.visible += counts.ready;
        figures.delayed += counts.delayed;
        figures.in_flight += counts.held;
        let oldest = state.machine.oldest();
        let age = oldest.map_or(0, |it| now.saturating_sub(it));
        figures.oldest = figures.oldest.max(Duration::from_millis(age));
    }
    figures
}
