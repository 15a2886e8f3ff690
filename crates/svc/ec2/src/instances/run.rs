//! The times in which an instance runs, by which it is metered. Pure.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::life::State;

/// A time in which an instance ran, over its reboots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Counts them.
    pub number: u64,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What becomes of the last one as an instance goes from a state that it has been in since then into another.
pub fn follow(
    last: &mut Option<Run>,
    (before, since): (State, Timestamp),
    (state, now): (State, Timestamp),
) {
    let begun = |number, started_at| Run {
        number,
        started_at,
        ended_at: None,
    };
    // It ran before there were any of these.
    if before == State::Running && last.is_none() {
        *last = Some(begun(1, since));
    }
    let is_open = last.as_ref().is_some_and(|it| it.ended_at.is_none());
    match (state == State::Running, last) {
        (true, last) if !is_open => {
            let number = last.as_ref().map_or(1, |it| it.number + 1);
            *last = Some(begun(number, now));
        }
        (false, Some(run)) if is_open => run.ended_at = Some(now),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_that_it_runs_counts_once() {
        let at = |second: i64| Timestamp(second * 1000);
        let mut run = None;
        let states = [
            State::Pending,
            State::Running,
            State::Stopping,
            State::Stopped,
            State::Pending,
            State::Running,
            State::ShuttingDown,
            State::Terminated,
        ];
        let mut seen = Vec::new();
        for (pair, second) in states.windows(2).zip(1..) {
            follow(&mut run, (pair[0], at(0)), (pair[1], at(second)));
            let it: &Run = run.as_ref().unwrap();
            seen.push((
                it.number,
                it.started_at.0 / 1000,
                it.ended_at.map(|it| it.0 / 1000),
            ));
        }
        assert_eq!(
            seen,
            [
                (1, 1, None),
                (1, 1, Some(2)),
                (1, 1, Some(2)),
                (1, 1, Some(2)),
                (2, 5, None),
                (2, 5, Some(6)),
                (2, 5, Some(6)),
            ]
        );
        // One of an earlier version.
        let mut run = None;
        follow(&mut run, (State::Running, at(3)), (State::Stopping, at(9)));
        let it = run.unwrap();
        assert_eq!(
            (it.number, it.started_at, it.ended_at),
            (1, at(3), Some(at(9)))
        );
    }
}
