//! What instances used, minute by minute: processor time of their control groups, and what their interfaces carried.
//!
//! Counters are read at the turn of each minute, and what they grew by since the turn before is a row. An instance
//! that booted in between begins anew: its first row is of the first whole minute.
//!
//! An agent that is killed takes none of it along: counters as they were at the last turn, and reports that the control
//! plane may not have, are in a file in memory before anything of them is sent ([`Kept`]). The next agent tells what
//! waits, under the names it had, and its first row of an instance is of all the time since that turn.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, SystemClock};
use wharf_container::runtime::TaskHandle;
use wharf_planeproto::measured::{InstanceRow, MINUTE, MOST_PARTS, MOST_ROWS, Minute, Row};

use super::{Tell, host::Host};
use crate::{
    machine::network_usage,
    measure::{Kept, since_boot},
};

/// Of an instance that cannot be read: its counters are waited for so long, as when the next agent has not found it again.
const MISSED_FOR: Duration = Duration::from_secs(600);
/// Of the folder of counts.
const FOLDER: &str = "instances";

/// The instances that run here, by their ids.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<BTreeMap<String, TaskHandle>>>);

impl Running {
    /// `None`: it does not run.
    pub fn set(&self, id: &str, handle: Option<&TaskHandle>) {
        let mut all = self.0.lock();
        match handle {
            Some(handle) => drop(all.insert(id.to_owned(), handle.clone())),
            None => drop(all.remove(id)),
        }
    }

    fn all(&self) -> BTreeMap<String, TaskHandle> {
        self.0.lock().clone()
    }
}

/// Counters of a running instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Counters {
    /// Of its first process: of another boot they begin anew.
    pid: i32,
    /// Since the machine began.
    at: Duration,
    cpu_ns: u64,
    /// Bytes and packets.
    received: (u64, u64),
    sent: (u64, u64),
}

type All = BTreeMap<String, Counters>;

/// What the next agent goes on with.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Open {
    /// Of reports: no two of a run have the same minute and part.
    run: u64,
    /// The minute that was told last.
    last: Option<i64>,
    before: All,
    /// Reports that the control plane may not have, and the host that told them.
    waiting: Vec<Minute>,
    host: Option<String>,
}

impl Open {
    /// The minute that began at `start` is over. Gives its reports; `None` if it was told already, as where the clock on the
    /// wall went back a little: what was counted since is told with the next.
    fn turn(&mut self, start: i64, seen: All) -> Option<Vec<Minute>> {
        if self.last == Some(start) {
            return None;
        }
        // The control plane would take it for one that it has.
        if self.last.is_some_and(|it| start < it) {
            self.run = self.run.wrapping_add(1);
        }
        self.last = Some(start);
        let rows = rows(&self.before, &seen);
        let newest = seen.values().map(|it| it.at).max();
        let mut missed = std::mem::replace(&mut self.before, seen);
        missed.retain(|_, it| newest.is_none_or(|now| now < it.at + MISSED_FOR));
        for (id, counters) in missed {
            self.before.entry(id).or_insert(counters);
        }
        Some(minutes(self.run, start, rows))
    }

    /// What the agent before this one may have told, now that it is known as whom this one tells it. Another host leaves it
    /// out, as the control plane would not know it for the same: lost rather than counted twice.
    fn left_to(&mut self, host: &str, left: Vec<Minute>) -> Vec<Minute> {
        let is_same = self.host.as_deref().is_none_or(|it| it == host);
        self.host = Some(host.to_owned());
        if is_same {
            return left;
        }
        tracing::warn!(
            host,
            reports = left.len(),
            "left out what instances may have measured as another host's"
        );
        Vec::new()
    }
}

/// Where it is kept; nowhere without a folder of counts.
pub fn kept(counts: Option<PathBuf>) -> Kept {
    let Some(folder) = counts.map(|it| it.join(FOLDER)) else {
        return Kept::default();
    };
    match wharf_durable::private_folder(&folder) {
        Ok(()) => Kept::in_folder(&folder),
        Err(error) => {
            tracing::warn!(%error, "failed to keep what instances use outside of this process; what is not told is lost if it is killed");
            Kept::default()
        }
    }
}

/// Measures until the agent ends. `own` is the container instance as which this machine tells.
pub async fn run(
    host: Arc<Host>,
    running: Running,
    tell: Arc<dyn Tell>,
    mut own: watch::Receiver<Option<String>>,
    mut kept: Kept,
    shutdown: CancellationToken,
) {
    let found = kept.load::<Open>();
    let mut open = found.unwrap_or_else(|| Open {
        run: rand::random(),
        ..Open::default()
    });
    let mut left = std::mem::take(&mut open.waiting);
    loop {
        let now = SystemClock.now().millis();
        let rest = MINUTE * 1000 - now.rem_euclid(MINUTE * 1000);
        tokio::select! {
            () = shutdown.cancelled() => return,
            as_whom = known(&mut own), if !left.is_empty() => {
                let left = open.left_to(&as_whom, std::mem::take(&mut left));
                tell.measured(left);
                continue;
            }
            () = tokio::time::sleep(Duration::from_millis(rest.unsigned_abs())) => {}
        }
        let mut seen = BTreeMap::new();
        for (id, handle) in running.all() {
            if let Some(counters) = read(&host, &handle).await {
                seen.insert(id, counters);
            }
        }
        let start = (now + rest) / 1000 - MINUTE;
        let Some(told) = open.turn(start, seen) else {
            continue;
        };
        if left.is_empty() {
            let as_whom = own.borrow().clone();
            open.host = as_whom.or(open.host);
        }
        // Counters as they are now, and what is told of them, at once: a kill finds both or neither.
        open.waiting = [left.clone(), tell.unkept(), told.clone()].concat();
        kept.save(&open);
        open.waiting.clear();
        tell.measured(told);
    }
}

/// Waits until the machine is registered.
async fn known(own: &mut watch::Receiver<Option<String>>) -> String {
    if let Ok(known) = own.wait_for(Option::is_some).await
        && let Some(known) = &*known
    {
        return known.clone();
    }
    // The agent ends.
    std::future::pending().await
}

async fn read(host: &Host, handle: &TaskHandle) -> Option<Counters> {
    let pid = host.first_process(handle).await?;
    let stats = host.stats(handle)?;
    let network = network_usage(pid)?;
    Some(Counters {
        pid,
        at: since_boot(),
        cpu_ns: stats.cpu_ns,
        received: (network.rx_bytes, network.rx_packets),
        sent: (network.tx_bytes, network.tx_packets),
    })
}

fn rows(before: &All, seen: &All) -> Vec<Row> {
    let row = |(id, now): (&String, &Counters)| {
        let was = before.get(id)?;
        // A process id comes again some day, counters of one boot only grow.
        if was.pid != now.pid || now.cpu_ns < was.cpu_ns {
            return None;
        }
        let span = now.at.checked_sub(was.at)?;
        Some(Row::Instance(InstanceRow {
            id: id.clone(),
            span_ms: u64::try_from(span.as_millis()).ok()?,
            cpu_us: now.cpu_ns.saturating_sub(was.cpu_ns) / 1000,
            received_bytes: now.received.0.saturating_sub(was.received.0),
            received_packets: now.received.1.saturating_sub(was.received.1),
            sent_bytes: now.sent.0.saturating_sub(was.sent.0),
            sent_packets: now.sent.1.saturating_sub(was.sent.1),
        }))
    };
    seen.iter().filter_map(row).collect()
}

fn minutes(run: u64, start: i64, rows: Vec<Row>) -> Vec<Minute> {
    let parts = rows.chunks(MOST_ROWS).zip(0..MOST_PARTS);
    let minute = |(rows, part): (&[Row], u32)| Minute {
        run,
        start,
        part,
        rows: rows.to_vec(),
    };
    parts.map(minute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(pid: i32, seconds: u64, cpu_ms: u64, bytes: u64) -> Counters {
        Counters {
            pid,
            at: Duration::from_secs(seconds),
            cpu_ns: cpu_ms * 1_000_000,
            received: (bytes, 2),
            sent: (2 * bytes, 3),
        }
    }

    fn of(all: &[(&str, Counters)]) -> All {
        all.iter().map(|(id, it)| ((*id).to_owned(), *it)).collect()
    }

    #[test]
    fn a_row_is_what_counters_grew_by_in_one_boot() {
        let before = of(&[
            ("i-1", counters(7, 0, 100, 1000)),
            ("i-2", counters(8, 0, 100, 0)),
            ("i-4", counters(11, 0, 100, 0)),
        ]);
        let after = of(&[
            ("i-1", counters(7, 60, 30_100, 1500)),
            // It booted again, another is new, and one has the process id that it had before.
            ("i-2", counters(9, 60, 10, 0)),
            ("i-3", counters(10, 60, 10, 0)),
            ("i-4", counters(11, 60, 10, 0)),
        ]);
        let expected = InstanceRow {
            id: "i-1".to_owned(),
            span_ms: 60_000,
            cpu_us: 30_000_000,
            received_bytes: 500,
            received_packets: 0,
            sent_bytes: 1000,
            sent_packets: 0,
        };
        assert_eq!(rows(&before, &after), [Row::Instance(expected)]);
    }

    /// Start, milliseconds, and processor time of what is told.
    fn told(minutes: &[Minute]) -> Vec<(i64, u64, u64)> {
        let rows = minutes
            .iter()
            .flat_map(|it| it.rows.iter().map(move |row| (it.start, row)));
        rows.map(|(start, row)| match row {
            Row::Instance(row) => (start, row.span_ms, row.cpu_us),
            Row::Balancer(_) | Row::Group(_) => unreachable!(),
        })
        .collect()
    }

    #[test]
    fn the_next_agent_tells_all_since_the_last_turn() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = kept(Some(folder.path().to_owned()));
        let mut open = Open::default();
        let seen = |seconds, cpu_ms| of(&[("i-1", counters(7, seconds, cpu_ms, 0))]);
        assert_eq!(open.turn(600, seen(60, 1000)), Some(Vec::new()));
        open.waiting = open.turn(660, seen(120, 1500)).unwrap();
        open.host = Some("ci".to_owned());
        kept.save(&open);
        let mut next: Open = kept.load().unwrap();
        assert_eq!(next, open);
        let left = std::mem::take(&mut next.waiting);
        assert_eq!(told(&next.left_to("ci", left)), [(660, 60_000, 500_000)]);
        // It was not there for a turn, and did not find the instance in time for another.
        assert_eq!(next.turn(780, All::new()), Some(Vec::new()));
        let rows = next.turn(840, seen(300, 4500)).unwrap();
        assert_eq!(told(&rows), [(840, 180_000, 3_000_000)]);
        assert_eq!(rows[0].run, open.run);
    }

    #[test]
    fn another_host_leaves_out_what_may_have_been_told() {
        let mut open = Open {
            host: Some("ci".to_owned()),
            ..Open::default()
        };
        let left = minutes(7, 60, vec![Row::Instance(InstanceRow::default())]);
        assert_eq!(open.left_to("another", left.clone()), []);
        assert_eq!(open.left_to("another", left.clone()), left);
        assert_eq!(Open::default().left_to("ci", left.clone()), left);
    }

    #[test]
    fn a_minute_is_told_once_whatever_the_clock_does() {
        let mut open = Open::default();
        let seen = |seconds, cpu_ms| of(&[("i-1", counters(7, seconds, cpu_ms, 0))]);
        let mut all = Vec::new();
        let turns = [
            (600, 0),
            (660, 100),
            (660, 150),
            (720, 200),
            (600, 300),
            (660, 400),
        ];
        for (at, (start, cpu_ms)) in turns.into_iter().enumerate() {
            all.extend(
                open.turn(start, seen(60 * at as u64, cpu_ms))
                    .unwrap_or_default(),
            );
        }
        let used: u64 = told(&all).iter().map(|it| it.2).sum();
        assert_eq!(used, 400_000, "all of it, once");
        let mut names: Vec<_> = all.iter().map(|it| (it.run, it.start, it.part)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn counters_of_those_that_are_gone_go_too() {
        let mut open = Open::default();
        open.turn(60, of(&[("i-1", counters(7, 60, 1, 0))]));
        open.turn(120, of(&[("i-2", counters(8, 120, 1, 0))]));
        assert_eq!(open.before.len(), 2);
        open.turn(780, of(&[("i-2", counters(8, 780, 1, 0))]));
        assert_eq!(open.before.len(), 1);
    }

    #[test]
    fn many_rows_are_told_in_parts() {
        let row = Row::Instance(InstanceRow::default());
        let parts = minutes(7, 60, vec![row; MOST_ROWS + 1]);
        let sizes: Vec<(u32, usize)> = parts.iter().map(|it| (it.part, it.rows.len())).collect();
        assert_eq!(sizes, [(0, MOST_ROWS), (1, 1)]);
    }
}
