//! Access logs and connection logs on their way: what the load balancers gather goes to disk, and from there to the control plane, file after file.
//!
//! A file is there until the control plane has written it, refuses it, or an hour has passed. Nothing here waits for the other: entries are
//! kept while nobody answers, and by the next process if this one ends.

use std::{collections::VecDeque, io, path::PathBuf, sync::Arc, time::Duration};

use http::Method;
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};
use wharf_agent::client::{Api, CallError};
use wharf_base::{Backoff, Clock as _, SystemClock};
use wharf_lb::{AccessLogs, Lines, NotKept, Packed, Spool, Waiting};
use wharf_planeproto::access_logs::PATH;
use wharf_wire::fault::Chain;

/// In the node's folder.
pub const SPOOL: &str = "load-balancer-access-logs";
const OPERATION: &str = "DeliverAccessLog";
/// An answer is waited for so long: the control plane writes the file first.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries.
const RETRY: Duration = Duration::from_secs(4);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After the end of its interval a file is tried for so long.
const TRIED_FOR_S: i64 = 3600;
/// Between two words about what is lost.
const WARNED_EVERY: Duration = Duration::from_secs(60);

/// Hands files over.
pub struct Carrier {
    logs: AccessLogs,
    /// The host's instance id.
    host: String,
    /// Taken from the logs and not yet on disk.
    pending: Mutex<VecDeque<Lines>>,
    spool: Arc<Mutex<Spool>>,
    added: Notify,
    warned: Mutex<Option<Instant>>,
}

impl Carrier {
    /// With the files that the process before this one left.
    pub fn open(logs: AccessLogs, host: &str, dir: PathBuf) -> io::Result<Self> {
        Ok(Self {
            logs,
            host: host.to_owned(),
            pending: Mutex::default(),
            spool: Arc::new(Mutex::new(Spool::open(dir)?)),
            added: Notify::new(),
            warned: Mutex::default(),
        })
    }

    /// For ever.
    pub async fn run(&self, api: &Api) {
        tokio::join!(self.gather(), self.hand_over(api));
    }

    async fn gather(&self) {
        loop {
            let lines = self.logs.next().await;
            self.pending.lock().extend(lines);
            self.keep().await;
        }
    }

    /// Keeps what the load balancers still have, for the next process.
    pub async fn rest(&self) {
        self.pending.lock().extend(self.logs.rest());
        self.keep().await;
    }

    /// If this is given up, a file that is being written is finished, and the others are still pending.
    async fn keep(&self) {
        while let Some(lines) = self.next_pending() {
            let (entries, balancer) = (lines.head.entries, lines.head.balancer.clone());
            let (spool, host) = (Arc::clone(&self.spool), self.host.clone());
            let kept = spawn_blocking(move || -> Result<(), NotKept> {
                // Packed outside of the lock: that takes a while.
                let packed = Packed::new(lines, &host)?;
                spool.lock().keep(&packed)
            });
            match kept.await {
                Ok(Ok(())) => self.added.notify_one(),
                Ok(Err(error)) => self.lost(&balancer, entries, &Chain(&error).to_string()),
                Err(error) => self.lost(&balancer, entries, &error.to_string()),
            }
        }
    }

    async fn hand_over(&self, api: &Api) {
        let mut backoff = Backoff::new(RETRY, LONGEST_PAUSE, 2.0);
        let mut has_failed = false;
        loop {
            let Some(file) = self.first() else {
                self.added.notified().await;
                continue;
            };
            match send(api, &file).await {
                Ok(()) => {
                    self.spool.lock().remove(&file);
                    has_failed = false;
                    backoff.reset();
                }
                Err(error) if is_refused(&error) || is_given_up(&file) => {
                    self.spool.lock().remove(&file);
                    let why = Chain(&error).to_string();
                    self.lost(&file.head.balancer, file.head.entries, &why);
                }
                Err(error) => {
                    if !has_failed {
                        tracing::warn!(error = %Chain(&error), "failed to hand over logs of load balancers; will retry");
                    }
                    has_failed = true;
                    self.spool.lock().put_last(&file);
                    sleep(backoff.wait()).await;
                }
            }
        }
    }

    fn next_pending(&self) -> Option<Lines> {
        self.pending.lock().pop_front()
    }

    fn first(&self) -> Option<Waiting> {
        self.spool.lock().first()
    }

    fn lost(&self, balancer: &str, entries: u64, why: &str) {
        self.logs.drop_more(entries);
        let mut warned = self.warned.lock();
        if warned.is_none_or(|at| at.elapsed() >= WARNED_EVERY) {
            *warned = Some(Instant::now());
            tracing::warn!(
                balancer,
                entries,
                why,
                "failed to keep entries of a load balancer's logs; they are dropped"
            );
        }
    }
}

async fn send(api: &Api, file: &Waiting) -> Result<(), CallError> {
    let gone = || CallError::Fault {
        code: "Gone".to_owned(),
        message: "the file cannot be read".to_owned(),
        status: 400,
    };
    let of = file.clone();
    let read = spawn_blocking(move || of.read()).await;
    let bytes = read.ok().and_then(Result::ok).flatten().ok_or_else(gone)?;
    let sent = api.send_signed(OPERATION, Method::POST, PATH, bytes.into());
    match timeout(PATIENCE, sent).await {
        Ok(answered) => answered.map(drop),
        Err(_) => Err(CallError::Malformed {
            operation: OPERATION,
        }),
    }
}

/// The same file would be refused for ever.
fn is_refused(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Fault {
            status: 400 | 404 | 409 | 413,
            ..
        }
    )
}

fn is_given_up(file: &Waiting) -> bool {
    SystemClock.now().millis().div_euclid(1000) - file.head.end > TRIED_FOR_S
}
