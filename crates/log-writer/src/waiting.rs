//! Lines that wait for Logs. Nobody who has something to say waits for it: lines are left here, one task of its own
//! writes them, and accounts take turns. What does not fit is dropped, and how much that was is logged.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;
use wharf_service::Place;

use crate::Line;

/// Of one account: performance events of some thousand tasks in a minute.
const MOST_OF_ACCOUNT: usize = 16 << 20;
/// Of all accounts.
const MOST: usize = 64 << 20;
/// Of one turn.
const TURN: usize = 1 << 20;
/// What a line takes beside its text.
const OVERHEAD: usize = 128;
/// What one turn may take, so that an account whose lines cannot be written holds up the others for so long alone.
const TURN_TIME: Duration = Duration::from_secs(10);
/// What is left to write when the service is told to end has so long.
const END_TIME: Duration = Duration::from_secs(5);

/// Lines of accounts, in the order in which they came.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Of which kind they are, for the log.
    kind: &'static str,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    lanes: BTreeMap<String, Lane>,
    bytes: usize,
    /// The account whose turn was last.
    turn: String,
}

#[derive(Debug, Default)]
struct Lane {
    /// With their regions.
    lines: VecDeque<(String, Line)>,
    bytes: usize,
    dropped: usize,
}

impl Waiting {
    pub fn of(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    pub fn add(&self, place: &Place, lines: impl IntoIterator<Item = Line>) {
        let mut state = self.state.lock();
        let State { lanes, bytes, .. } = &mut *state;
        let mut lane = lanes.remove(&place.account).unwrap_or_default();
        for line in lines {
            let size = size(&line);
            if lane.bytes + size > MOST_OF_ACCOUNT || *bytes + size > MOST {
                lane.dropped += 1;
                continue;
            }
            lane.bytes += size;
            *bytes += size;
            lane.lines.push_back((place.region.clone(), line));
        }
        // Of an account that has none waiting nobody would come to log what was dropped.
        if lane.lines.is_empty() {
            lane.log(self.kind, &place.account);
            return;
        }
        lanes.insert(place.account.clone(), lane);
        drop(state);
        self.wake.notify_one();
    }

    /// Some lines of the account whose turn it is, those that came first, of one region.
    fn next(&self) -> Option<(Place, Vec<Line>)> {
        let mut state = self.state.lock();
        let after = (Bound::Excluded(state.turn.as_str()), Bound::Unbounded);
        let later = state.lanes.range::<str, _>(after).next();
        let account = later.or_else(|| state.lanes.iter().next())?.0.clone();
        let mut lane = state.lanes.remove(&account)?;
        let (mut lines, mut bytes) = (Vec::new(), 0);
        let region = lane.lines.front()?.0.clone();
        while let Some((_, line)) = lane.lines.pop_front_if(|it| it.0 == region && bytes < TURN) {
            bytes += size(&line);
            lines.push(line);
        }
        lane.bytes -= bytes;
        state.bytes -= bytes;
        lane.log(self.kind, &account);
        lane.dropped = 0;
        if !lane.lines.is_empty() {
            state.lanes.insert(account.clone(), lane);
        }
        state.turn.clone_from(&account);
        Some((Place { account, region }, lines))
    }

    /// Writes what comes, until `stop` and what is there by then.
    pub async fn run<F>(&self, stop: CancellationToken, write: impl Fn(Place, Vec<Line>) -> F)
    where
        F: Future<Output = ()>,
    {
        loop {
            let came = self.wake.notified();
            self.write_all(&write, &stop).await;
            tokio::select! {
                () = stop.cancelled() => break,
                () = came => {}
            }
        }
        let never = CancellationToken::new();
        let rest = self.write_all(&write, &never);
        if timeout(END_TIME, rest).await.is_err() {
            tracing::warn!(
                kind = self.kind,
                "writing log lines timed out at the end; they are dropped"
            );
        }
    }

    async fn write_all<F>(&self, write: &impl Fn(Place, Vec<Line>) -> F, stop: &CancellationToken)
    where
        F: Future<Output = ()>,
    {
        while !stop.is_cancelled()
            && let Some((place, lines)) = self.next()
        {
            let (of, count) = (place.clone(), lines.len());
            if timeout(TURN_TIME, write(of, lines)).await.is_err() {
                tracing::warn!(
                    kind = self.kind,
                    account = place.account,
                    region = place.region,
                    count,
                    "writing log lines timed out; some may be lost"
                );
            }
        }
    }
}

impl Lane {
    fn log(&self, kind: &str, account: &str) {
        if self.dropped > 0 {
            tracing::warn!(
                kind,
                account,
                dropped = self.dropped,
                "lines came faster than Logs takes them; some were dropped"
            );
        }
    }
}

fn size(line: &Line) -> usize {
    line.text.len() + line.group.len() + line.stream.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn place(account: &str) -> Place {
        Place {
            account: account.to_owned(),
            region: "r".to_owned(),
        }
    }

    fn line(at: i64, bytes: usize) -> Line {
        Line {
            group: "g".to_owned(),
            stream: "s".to_owned(),
            at,
            text: "x".repeat(bytes),
        }
    }

    /// Whose turns come, and when the lines of each were made.
    fn turns(waiting: &Waiting) -> Vec<(String, Vec<i64>)> {
        let turns = std::iter::from_fn(|| waiting.next());
        turns
            .map(|(place, lines)| {
                let made = lines.iter().map(|it| it.at);
                (place.account, made.collect())
            })
            .collect()
    }

    #[test]
    fn accounts_take_turns() {
        let waiting = Waiting::default();
        waiting.add(&place("a"), (0..3).map(|at| line(at, 700 << 10)));
        waiting.add(&place("b"), [line(7, 1)]);
        let expected = [("a", vec![0, 1]), ("b", vec![7]), ("a", vec![2])];
        assert_eq!(turns(&waiting), expected.map(|it| (it.0.to_owned(), it.1)));
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_takes_no_room_of_others() {
        let waiting = Waiting::default();
        waiting.add(&place("a"), (0..100).map(|at| line(at, 1 << 20)));
        waiting.add(&place("b"), [line(7, 1)]);
        assert_eq!(waiting.state.lock().lanes["a"].dropped, 85);
        let turns = turns(&waiting);
        assert_eq!(turns.len(), 16);
        assert_eq!(turns[1], ("b".to_owned(), vec![7]));
        assert_eq!(waiting.state.lock().bytes, 0);
        for account in 0..100 {
            let of = place(&account.to_string());
            waiting.add(&of, (0..15).map(|at| line(at, 1 << 20)));
        }
        let bytes = waiting.state.lock().bytes;
        assert!(bytes <= MOST && bytes > MOST - (2 << 20), "{bytes}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_cannot_be_written_holds_up_the_others_for_a_while_alone() {
        let waiting = Arc::new(Waiting::default());
        waiting.add(&place("a"), [line(0, 1)]);
        waiting.add(&place("b"), [line(7, 1)]);
        let (stop, written) = (CancellationToken::new(), Mutex::new(Vec::new()));
        let write = |place: Place, lines: Vec<Line>| {
            let (stop, written) = (&stop, &written);
            async move {
                if place.account == "a" {
                    std::future::pending::<()>().await;
                }
                written.lock().push((place.account, lines.len()));
                stop.cancel();
            }
        };
        waiting.run(stop.clone(), write).await;
        assert_eq!(*written.lock(), [("b".to_owned(), 1)]);
    }

    #[tokio::test]
    async fn what_is_there_at_the_end_is_written() {
        let waiting = Waiting::default();
        waiting.add(&place("a"), [line(0, 1)]);
        let (stop, written) = (CancellationToken::new(), Mutex::new(0));
        stop.cancel();
        let write = |_, lines: Vec<Line>| {
            *written.lock() += lines.len();
            std::future::ready(())
        };
        waiting.run(stop, write).await;
        assert_eq!(*written.lock(), 1);
    }
}
