//! What instances used, minute by minute: processor time of their control groups, and what their interfaces carried.
//!
//! Counters are read at the turn of each minute, and what they grew by since the turn before is a row. An instance
//! that booted in between begins anew: its first row is of the first whole minute.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, SystemClock};
use wharf_container::runtime::TaskHandle;
use wharf_planeproto::measured::{InstanceRow, MINUTE, MOST_PARTS, MOST_ROWS, Minute, Row};

use super::{Tell, host::Host};
use crate::machine::network_usage;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counters {
    /// Of its first process: of another boot they begin anew.
    pid: i32,
    at: Instant,
    cpu_ns: u64,
    /// Bytes and packets.
    received: (u64, u64),
    sent: (u64, u64),
}

/// Measures until the agent ends.
pub async fn run(
    host: Arc<Host>,
    running: Running,
    tell: Arc<dyn Tell>,
    shutdown: CancellationToken,
) {
    let run = rand::random();
    let mut before = BTreeMap::new();
    let mut last = i64::MIN;
    loop {
        let now = SystemClock.now().millis();
        let rest = MINUTE * 1000 - now.rem_euclid(MINUTE * 1000);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(rest.unsigned_abs())) => {}
        }
        let mut after = BTreeMap::new();
        for (id, handle) in running.all() {
            if let Some(counters) = read(&host, &handle).await {
                after.insert(id, counters);
            }
        }
        let rows = rows(&before, &after);
        before = after;
        let start = (now + rest) / 1000 - MINUTE;
        // Where the clock on the wall went back, that minute was told already.
        if start > last && !rows.is_empty() {
            tell.measured(minutes(run, start, rows));
        }
        last = last.max(start);
    }
}

async fn read(host: &Host, handle: &TaskHandle) -> Option<Counters> {
    let pid = host.first_process(handle).await?;
    let stats = host.stats(handle)?;
    let network = network_usage(pid)?;
    Some(Counters {
        pid,
        at: Instant::now(),
        cpu_ns: stats.cpu_ns,
        received: (network.rx_bytes, network.rx_packets),
        sent: (network.tx_bytes, network.tx_packets),
    })
}

fn rows(before: &BTreeMap<String, Counters>, after: &BTreeMap<String, Counters>) -> Vec<Row> {
    let row = |(id, now): (&String, &Counters)| {
        let was = before.get(id).filter(|it| it.pid == now.pid)?;
        let span = now.at.checked_duration_since(was.at)?;
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
    after.iter().filter_map(row).collect()
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

    #[test]
    fn a_row_is_what_counters_grew_by_in_one_boot() {
        let begin = Instant::now();
        let counters = |pid, seconds, cpu_ms: u64, bytes| Counters {
            pid,
            at: begin + Duration::from_secs(seconds),
            cpu_ns: cpu_ms * 1_000_000,
            received: (bytes, 2),
            sent: (2 * bytes, 3),
        };
        let of = |all: &[(&str, Counters)]| -> BTreeMap<String, Counters> {
            all.iter().map(|(id, it)| ((*id).to_owned(), *it)).collect()
        };
        let before = of(&[
            ("i-1", counters(7, 0, 100, 1000)),
            ("i-2", counters(8, 0, 100, 0)),
        ]);
        let after = of(&[
            ("i-1", counters(7, 60, 30_100, 1500)),
            // It booted again, and another is new.
            ("i-2", counters(9, 60, 10, 0)),
            ("i-3", counters(10, 60, 10, 0)),
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

    #[test]
    fn many_rows_are_told_in_parts() {
        let row = Row::Instance(InstanceRow::default());
        let parts = minutes(7, 60, vec![row; MOST_ROWS + 1]);
        let sizes: Vec<(u32, usize)> = parts.iter().map(|it| (it.part, it.rows.len())).collect();
        assert_eq!(sizes, [(0, MOST_ROWS), (1, 1)]);
    }
}
