//! Access logs and connection logs: an entry for each request of a load balancer, or each connection to it, gathered for its bucket.
//!
//! A request of a load balancer that keeps none costs nothing here: its listener has no [`AccessLog`]. An entry is noted while the request is
//! under way ([`Entry`]), becomes a line when its response was handed over ([`line`]), and waits in memory until its five minutes have
//! ended, there is much of it, or nobody wants more ([`AccessLogs::next`]). Then it goes to disk ([`Spool`]), beyond the life of this
//! process. Connections go the same way: to application load balancers once they are there ([`Connection`]), over TLS to network load
//! balancers when they have ended ([`TlsConnection`]). All of that is bounded; what is beyond is dropped and counted, since entries are
//! made as well as may be, as on AWS.

mod connection;
mod entry;
mod line;
mod spool;
mod tls_connection;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::sleep};
use wharf_planeproto::access_logs::{Head, INTERVAL_S, LogKind, MOST_LINES, Place, end_of};

pub use self::{
    connection::{Connection, Handshake},
    entry::Entry,
    spool::{NotKept, Packed, Spool, Waiting},
    tls_connection::{TlsConnection, protocols},
};
use crate::clock;

/// With so much a log does not wait for the end of its five minutes.
const FULL: usize = 4 << 20;
/// Of all logs in memory; one has at most [`MOST_LINES`].
const MOST_IN_MEMORY: usize = 48 << 20;

/// Between looks at logs that ended, for as long as requests have them.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// The logs of this process.
#[derive(Debug, Clone, Default)]
pub struct AccessLogs(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    logs: Mutex<Logs>,
    /// Bytes in memory, of all logs.
    bytes: AtomicUsize,
    dropped: AtomicU64,
    /// There is something that should not wait.
    due: Notify,
}

#[derive(Debug, Default)]
struct Logs {
    kept: BTreeMap<LogId, Arc<AccessLog>>,
    /// Of load balancers that are gone or write elsewhere; requests under way may still have theirs.
    ended: Vec<Arc<AccessLog>>,
}

/// ARN of the load balancer, and which of its logs.
pub type LogId = (String, LogKind);

/// The logs that a load balancer keeps.
#[derive(Debug, Default)]
pub struct Kept {
    pub access: Option<Arc<AccessLog>>,
    pub connections: Option<Arc<AccessLog>>,
}

/// What a load balancer's entries are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub place: Place,
    /// The load balancer's address on this host.
    pub node: IpAddr,
}

/// A log of a load balancer.
#[derive(Debug)]
pub struct AccessLog {
    id: LogId,
    /// `app/web/50dc6c495c0c9188`
    name: String,
    destination: Destination,
    lines: Mutex<Vec<u8>>,
    full: AtomicBool,
    /// Since when the load balancer writes elsewhere, or nowhere.
    ended: OnceLock<Instant>,
    shared: Arc<Shared>,
}

/// Lines that are to go into one file.
#[derive(Debug)]
pub struct Lines {
    /// All but the instance, which is who packs them.
    pub head: Head,
    pub text: Vec<u8>,
}

impl AccessLogs {
    /// The logs of a load balancer.
    pub(crate) fn of(&self, balancer: &str) -> Kept {
        let logs = self.0.logs.lock();
        let of = |kind| logs.kept.get(&(balancer.to_owned(), kind)).cloned();
        Kept {
            access: of(LogKind::Access),
            connections: of(LogKind::Connections),
        }
    }

    /// Which logs are kept. Others end; what they have is handed over once [`Self::hurry`] says so.
    pub(crate) fn follow(&self, wanted: BTreeMap<LogId, Destination>) {
        let mut logs = self.0.logs.lock();
        let Logs { kept, ended } = &mut *logs;
        kept.retain(|id, log| {
            let stays = wanted.get(id) == Some(&log.destination);
            if !stays {
                let _ = log.ended.set(Instant::now());
                ended.push(Arc::clone(log));
            }
            stays
        });
        for (id, destination) in wanted {
            let shared = &self.0;
            kept.entry(id.clone())
                .or_insert_with(|| Arc::new(AccessLog::new(id, destination, Arc::clone(shared))));
        }
    }

    /// Hands over what logs have that ended.
    pub(crate) fn hurry(&self) {
        if !self.0.logs.lock().ended.is_empty() {
            self.0.due.notify_one();
        }
    }

    /// What is to be written next, once there is something.
    pub async fn next(&self) -> Vec<Lines> {
        loop {
            let now = clock::unix_ms();
            let end = end_of(now.div_euclid(1000));
            let left = Duration::from_millis((end * 1000 - now).unsigned_abs());
            let lines = tokio::select! {
                () = self.0.due.notified() => self.take(end_of(clock::unix_ms().div_euclid(1000)), false),
                () = sleep(LAST_LOOK), if self.is_ending() => self.take(end, false),
                () = sleep(left.min(Duration::from_secs(INTERVAL_S.unsigned_abs()))) => self.take(end, true),
            };
            if !lines.is_empty() {
                return lines;
            }
        }
    }

    /// Whether requests under way have logs that nobody adds to otherwise.
    fn is_ending(&self) -> bool {
        !self.0.logs.lock().ended.is_empty()
    }

    /// All there is, for a process that ends.
    pub fn rest(&self) -> Vec<Lines> {
        self.take(end_of(clock::unix_ms().div_euclid(1000)), true)
    }

    /// Entries for which there was no room.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Counts what was dropped on the way from here.
    pub fn drop_more(&self, entries: u64) {
        self.0.dropped.fetch_add(entries, Ordering::Relaxed);
    }

    /// What logs have that are full or ended, or all of them.
    fn take(&self, end: i64, all: bool) -> Vec<Lines> {
        let mut logs = self.0.logs.lock();
        let kept = logs.kept.values();
        let due = kept.filter(|it| all || it.full.load(Ordering::Relaxed));
        let mut lines: Vec<Lines> = due.filter_map(|it| it.take(end)).collect();
        logs.ended.retain(|log| {
            // Looked at first: nothing is added after its last user is gone.
            let is_used = Arc::strong_count(log) > 1;
            lines.extend(log.take(end));
            is_used
        });
        lines
    }
}

impl AccessLog {
    fn new(id: LogId, destination: Destination, shared: Arc<Shared>) -> Self {
        let name = id.0.split_once(":loadbalancer/").map_or("-", |it| it.1);
        Self {
            name: name.to_owned(),
            id,
            destination,
            lines: Mutex::default(),
            full: AtomicBool::default(),
            ended: OnceLock::new(),
            shared,
        }
    }

    /// Adds a line of what is over now. If it outlived this log by `after`, the line goes where the load balancer writes by now,
    /// if it writes anywhere: a place that it left takes no more after a while.
    fn put_late(&self, line: &[u8], after: Duration) {
        let is_over = self.ended.get().is_some_and(|it| it.elapsed() >= after);
        let next = match is_over {
            true => self.shared.logs.lock().kept.get(&self.id).cloned(),
            false => None,
        };
        next.as_deref().unwrap_or(self).put(line);
    }

    /// Adds a line, if there is room.
    fn put(&self, line: &[u8]) {
        let mut lines = self.lines.lock();
        let all = self.shared.bytes.load(Ordering::Relaxed);
        if lines.len() + line.len() > MOST_LINES || all + line.len() > MOST_IN_MEMORY {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.shared.bytes.fetch_add(line.len(), Ordering::Relaxed);
        lines.extend_from_slice(line);
        if lines.len() >= FULL && !self.full.swap(true, Ordering::Relaxed) {
            self.shared.due.notify_one();
        }
    }

    fn take(&self, end: i64) -> Option<Lines> {
        let text = {
            let mut lines = self.lines.lock();
            self.full.store(false, Ordering::Relaxed);
            std::mem::take(&mut *lines)
        };
        self.shared.bytes.fetch_sub(text.len(), Ordering::Relaxed);
        (!text.is_empty()).then(|| Lines {
            head: Head {
                instance: String::new(),
                balancer: self.id.0.clone(),
                kind: self.id.1,
                place: self.destination.place.clone(),
                end,
                node: self.destination.node,
                unique: rand::random(),
                entries: text.iter().filter(|it| **it == b'\n').count() as u64,
            },
            text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/1";

    fn to(bucket: &str) -> BTreeMap<LogId, Destination> {
        let destination = Destination {
            place: Place {
                bucket: bucket.to_owned(),
                prefix: String::new(),
            },
            node: [10, 0, 0, 1].into(),
        };
        BTreeMap::from([((ARN.to_owned(), LogKind::Access), destination)])
    }

    fn text(lines: Vec<Lines>) -> Vec<(String, String)> {
        let text = |it: Lines| (it.head.place.bucket, String::from_utf8(it.text).unwrap());
        lines.into_iter().map(text).collect()
    }

    fn told(bucket: &str, line: &str) -> Vec<(String, String)> {
        vec![(bucket.to_owned(), line.to_owned())]
    }

    #[test]
    fn what_was_taken_is_not_taken_again() {
        let logs = AccessLogs::default();
        assert!(logs.of(ARN).access.is_none());
        logs.follow(to("a"));
        let log = logs.of(ARN).access.unwrap();
        assert_eq!(log.name, "app/web/1");
        log.put(b"one\n");
        logs.follow(to("a"));
        assert!(
            Arc::ptr_eq(&log, &logs.of(ARN).access.unwrap()),
            "nothing changed"
        );
        assert_eq!(text(logs.take(300, false)), [], "it may wait");
        assert_eq!(text(logs.take(300, true)), told("a", "one\n"));
        assert_eq!(text(logs.take(300, true)), []);
        assert_eq!(logs.0.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_log_that_ends_is_handed_over_with_what_comes_late() {
        let logs = AccessLogs::default();
        logs.follow(to("a"));
        let former = logs.of(ARN).access.unwrap();
        former.put(b"one\n");
        logs.follow(to("b"));
        logs.of(ARN).access.unwrap().put(b"two\n");
        assert_eq!(text(logs.take(300, false)), told("a", "one\n"));
        former.put(b"late\n");
        logs.follow(BTreeMap::new());
        assert!(logs.of(ARN).access.is_none());
        let last = text(logs.take(300, false));
        assert_eq!(last, [told("a", "late\n"), told("b", "two\n")].concat());
        drop(former);
        logs.take(300, false);
        assert!(logs.0.logs.lock().ended.is_empty(), "nobody has it");
    }

    #[test]
    fn what_outlives_its_log_goes_where_the_load_balancer_writes_by_then() {
        let logs = AccessLogs::default();
        logs.follow(to("a"));
        let first = logs.of(ARN).access.unwrap();
        first.put_late(b"in time\n", Duration::ZERO);
        logs.follow(to("b"));
        first.put_late(b"a little late\n", Duration::from_secs(60));
        assert_eq!(
            text(logs.take(300, true)),
            told("a", "in time\na little late\n")
        );
        first.put_late(b"long after\n", Duration::ZERO);
        assert_eq!(text(logs.take(300, true)), told("b", "long after\n"));
        logs.follow(BTreeMap::new());
        first.put_late(b"no log is kept\n", Duration::ZERO);
        assert_eq!(text(logs.take(300, true)), told("a", "no log is kept\n"));
    }

    #[tokio::test]
    async fn a_full_log_does_not_wait_and_takes_no_more_than_its_share() {
        let logs = AccessLogs::default();
        logs.follow(to("a"));
        let log = logs.of(ARN).access.unwrap();
        let line = vec![b'x'; 1 << 20];
        (0..10).for_each(|_| log.put(&line));
        assert_eq!(logs.dropped(), 4);
        let (one,) = (logs.next().await.remove(0),);
        assert_eq!(one.text.len(), MOST_LINES);
        log.put(&line);
        assert_eq!(logs.dropped(), 4, "there is room again");
    }
}
