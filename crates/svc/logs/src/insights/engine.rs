//! Queries side by side: so many of an account at once and so many of all, each on all processors, piece by piece.
//! Between two pieces every query waits for its turn, the accounts in turn, so a short query is not behind a long one
//! of somebody else.

mod results;

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use wharf_base::{Permit, Timestamp};
use wharf_insights::{Halted, Query as Compiled, QueryError, ResultRow, Run, Stop};
use wharf_records::{Record as _, Scope};
use wharf_service::Shares;
use wharf_wire::Fault;

use self::results::Results;
use super::{
    POINTER,
    pointer::Pointer,
    scan::{Scanned, scan},
    source::{Needs, Part, Skipped, Source, Sources, Times},
    tables::{self, Ungiven},
};
use crate::{
    LogsService, bound, fault,
    opener::ReadError,
    records::{Group, Query, QueryEnd},
};

/// Queries of an account in a region that run or wait, CloudWatch Logs' own quota.
pub const MAX_WAITING: usize = 100;
/// Of these, so many run at once; and so many of all accounts.
const RUNNING_OF_ACCOUNT: usize = 2;
const RUNNING: usize = 8;
/// Bytes that each thread's part of a query may keep.
const BUDGET: usize = 32 << 20;
/// A query that takes longer ends, as with AWS.
const LONGEST: Duration = Duration::from_secs(3600);
const PERMIT: Permit = Permit::for_controller("logs-queries");

/// Texts of queries being read.
static READING: LazyLock<Shares> = LazyLock::new(Shares::of_processors);

pub const COMPLETE: &str = "Complete";
pub const FAILED: &str = "Failed";
pub const CANCELLED: &str = "Cancelled";
pub const TIMEOUT: &str = "Timeout";
pub const RUNS: &str = "Running";
pub const WAITS: &str = "Scheduled";

pub struct Engine {
    /// Queries that run or wait, by account, region and id.
    tasks: Mutex<HashMap<String, Arc<Task>>>,
    results: Mutex<Results>,
    /// Places of all running queries.
    places: Arc<Semaphore>,
    /// One for each processor: who has it scans a piece.
    turns: Arc<Semaphore>,
    threads: usize,
    accounts: Mutex<HashMap<String, Arc<Places>>>,
}

/// What the queries of one account share.
struct Places {
    running: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A query that runs or waits.
pub struct Task {
    /// Regions of an account share its places: their names are the users' own.
    account: String,
    /// The account and region, whose quota it counts for.
    place: String,
    runs: AtomicBool,
    scanned: Scanned,
    stop: watch::Sender<bool>,
    /// The same for its threads.
    halt: Stop,
}

impl Task {
    fn stop(&self) {
        self.stop.send_replace(true);
        self.halt.stop();
    }
}

/// Ends the threads of a query that nobody waits for any more.
struct Ending(Arc<Task>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A turn on a processor. Threads have it themselves, since they go on when nobody waits for them.
struct Turn {
    _own: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
}

/// How far a query has come, and what it found.
#[derive(Clone, Default)]
pub struct Progress {
    pub status: &'static str,
    pub events: u64,
    pub bytes: u64,
    pub matched: u64,
    pub skipped: Skipped,
    pub groups: usize,
    pub rows: Arc<Vec<Row>>,
}

/// Names and values, in the order of the query.
pub type Row = Vec<(Arc<str>, String)>;

/// Why a query ended without a result.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("it was cancelled")]
    Cancelled,
    #[error(transparent)]
    Halted(#[from] Halted),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{0}")]
    Fault(Fault),
    #[error("it is no query any more: {0}")]
    Text(#[from] QueryError),
    #[error("a thread of it failed")]
    Thread,
    #[error(transparent)]
    Unread(#[from] Unread),
    #[error(transparent)]
    Ungiven(#[from] Ungiven),
}

/// The thread that read a query's text failed.
#[derive(Debug, thiserror::Error)]
#[error("the query was not read")]
pub struct Unread;

impl Default for Engine {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            tasks: Mutex::default(),
            results: Mutex::default(),
            places: Arc::new(Semaphore::new(RUNNING)),
            turns: Arc::new(Semaphore::new(threads)),
            threads,
            accounts: Mutex::default(),
        }
    }
}

fn place(scope: &Scope) -> String {
    format!("{}/{}", scope.account, scope.region)
}

fn key(scope: &Scope, id: &str) -> String {
    format!("{}/{id}", place(scope))
}

impl Engine {
    /// How many queries of an account run or wait.
    pub fn waiting(&self, scope: &Scope) -> usize {
        waiting(&self.tasks.lock(), &place(scope))
    }

    /// What is known of a query without running it.
    pub fn progress(&self, scope: &Scope, id: &str) -> Option<Progress> {
        let key = key(scope, id);
        if let Some(task) = self.tasks.lock().get(&key) {
            let status = if task.runs.load(Ordering::Relaxed) {
                RUNS
            } else {
                WAITS
            };
            return Some(Progress {
                status,
                events: task.scanned.events.load(Ordering::Relaxed),
                bytes: task.scanned.bytes.load(Ordering::Relaxed),
                ..Progress::default()
            });
        }
        self.results
            .lock()
            .kept
            .get(&key)
            .map(|(progress, _)| progress.clone())
    }

    /// Asks a query to end; whether it ran or waited.
    pub fn stop(&self, scope: &Scope, id: &str) -> bool {
        let tasks = self.tasks.lock();
        tasks.get(&key(scope, id)).is_some_and(|task| {
            task.stop();
            true
        })
    }

    /// Runs a query, unless that is done already or too many wait; whether it runs or waits now.
    pub fn start(
        self: &Arc<Self>,
        service: &LogsService,
        scope: &Scope,
        id: &str,
        query: Query,
        now: Timestamp,
    ) -> bool {
        let key = key(scope, id);
        let task = Arc::new(Task {
            account: scope.account.clone(),
            place: place(scope),
            runs: AtomicBool::new(false),
            scanned: Scanned::default(),
            stop: watch::Sender::new(false),
            halt: Stop::default(),
        });
        {
            let mut tasks = self.tasks.lock();
            if tasks.contains_key(&key) {
                return true;
            }
            if waiting(&tasks, &task.place) >= MAX_WAITING {
                return false;
            }
            tasks.insert(key.clone(), task.clone());
        }
        let (engine, service, scope, id) =
            (self.clone(), service.clone(), scope.clone(), id.to_owned());
        tokio::spawn(async move {
            let began = Instant::now();
            let mut stop = task.stop.subscribe();
            let ended = {
                let _ending = Ending(task.clone());
                tokio::select! {
                    biased;
                    _ = stop.wait_for(|stop| *stop) => Err((CANCELLED, Ended::Cancelled)),
                    ended = engine.run(&service, &scope, &query, &task, now) => ended,
                }
            };
            let progress = ended.unwrap_or_else(|(status, why)| {
                if status == FAILED {
                    tracing::warn!(query = id, error = %why, "a query of logs failed");
                }
                Progress {
                    status,
                    events: task.scanned.events.load(Ordering::Relaxed),
                    bytes: task.scanned.bytes.load(Ordering::Relaxed),
                    ..Progress::default()
                }
            });
            let end = QueryEnd {
                status: progress.status.to_owned(),
                at: now + began.elapsed(),
                bytes_scanned: progress.bytes,
            };
            engine.results.lock().keep(key.clone(), progress);
            engine.tasks.lock().remove(&key);
            let at = scope.key(Query::KIND, &id);
            let change = |query: &mut Query| {
                // Of a query that is run again, the first end counts.
                query.ended.get_or_insert(end.clone());
                Ok::<(), Fault>(())
            };
            let noted = service.table.change(&PERMIT, &at, change).await;
            if let Err(error) = noted {
                tracing::warn!(query = id, %error, "failed to record the end of a query; it is run again after a restart");
            }
        });
        true
    }

    async fn run(
        self: &Arc<Self>,
        service: &LogsService,
        scope: &Scope,
        query: &Query,
        task: &Arc<Task>,
        now: Timestamp,
    ) -> Result<Progress, (&'static str, Ended)> {
        let places = self.places_of(&task.account);
        let _own = places
            .running
            .acquire()
            .await
            .map_err(|_| (FAILED, Ended::Cancelled))?;
        let place = self.places.acquire().await;
        let _place = place.map_err(|_| (FAILED, Ended::Cancelled))?;
        task.runs.store(true, Ordering::Relaxed);
        // Its hour begins when it runs.
        let done = self.run_in_place(service, scope, query, task, &places, now);
        match tokio::time::timeout(LONGEST, done).await {
            Ok(done) => done.map_err(|why| (FAILED, why)),
            Err(_) => Err((TIMEOUT, Ended::Cancelled)),
        }
    }

    async fn run_in_place(
        self: &Arc<Self>,
        service: &LogsService,
        scope: &Scope,
        query: &Query,
        task: &Arc<Task>,
        places: &Arc<Places>,
        now: Timestamp,
    ) -> Result<Progress, Ended> {
        let compiled = compiled(&scope.account, query.text.clone()).await??;
        let compiled = Arc::new(tables::given(service, scope, compiled, now).await?);
        let mut groups = Vec::new();
        for name in &query.groups {
            // One that was deleted since has nothing.
            let found = service
                .table
                .read::<Group>(&scope.key(Group::KIND, name))
                .await;
            groups.extend(
                found
                    .map_err(|cause| Ended::Fault(cause.into()))?
                    .map(|it| it.record),
            );
        }
        let of_query =
            query.start.saturating_mul(1000)..query.end.saturating_add(1).saturating_mul(1000);
        let earlier = compiled.compares_with((of_query.start, of_query.end));
        let times = Times {
            of_query,
            earlier: earlier.map(|(start, end)| start..end),
        };
        let count = groups.len();
        let sources = Sources::new(service.clone(), scope.clone(), groups, times, now);
        let sources = sources.needing(Needs::of(&compiled));
        let sources = Arc::new(tokio::sync::Mutex::new(sources));
        let created = query.created_at.millis();
        let mut workers = tokio::task::JoinSet::new();
        let run = || {
            let (compiled, halt) = (compiled.clone(), task.halt.clone());
            Run::new(compiled, created, query.limit, BUDGET, halt)
        };
        for _ in 0..self.threads {
            let (engine, places) = (self.clone(), places.clone());
            workers.spawn(engine.work(
                places,
                compiled.clone(),
                sources.clone(),
                task.clone(),
                run(),
            ));
        }
        let mut whole = run();
        while let Some(done) = workers.join_next().await {
            let run = done.map_err(|_| Ended::Thread)??;
            whole.join(run)?;
        }
        let turn = self.turn(places).await?;
        let finished = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            whole.finish()
        });
        let finished = finished.await;
        let outcome = finished.map_err(|_| Ended::Thread)??;
        let (known, skipped) = match Arc::try_unwrap(sources) {
            Ok(sources) => sources.into_inner().into_known(),
            Err(_) => return Err(Ended::Thread),
        };
        let rows = outcome
            .rows
            .into_iter()
            .map(|row| with_pointer(row, &known));
        Ok(Progress {
            status: COMPLETE,
            events: task.scanned.events.load(Ordering::Relaxed),
            bytes: task.scanned.bytes.load(Ordering::Relaxed),
            matched: outcome.matched,
            skipped,
            groups: count,
            rows: Arc::new(rows.collect()),
        })
    }

    /// One thread's way through a query.
    async fn work(
        self: Arc<Self>,
        places: Arc<Places>,
        query: Arc<Compiled>,
        sources: Arc<tokio::sync::Mutex<Sources>>,
        task: Arc<Task>,
        mut run: Run,
    ) -> Result<Run, Ended> {
        loop {
            let parts = sources.lock().await.next().await.map_err(Ended::Fault)?;
            if parts.is_empty() {
                return Ok(run);
            }
            let turn = self.turn(&places).await?;
            let (query, task) = (query.clone(), task.clone());
            let scanned = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                piece(parts, &query, &task, run)
            });
            run = scanned.await.map_err(|_| Ended::Thread)??;
        }
    }

    async fn turn(&self, places: &Places) -> Result<Turn, Ended> {
        let own = places.turns.clone().acquire_owned().await;
        let own = own.map_err(|_| Ended::Cancelled)?;
        let turn = self.turns.clone().acquire_owned().await;
        Ok(Turn {
            _own: own,
            _turn: turn.map_err(|_| Ended::Cancelled)?,
        })
    }

    fn places_of(&self, account: &str) -> Arc<Places> {
        let mut accounts = self.accounts.lock();
        // Who has no query under way needs no places.
        accounts.retain(|name, places| name == account || Arc::strong_count(places) > 1);
        let new = || {
            Arc::new(Places {
                running: Arc::new(Semaphore::new(RUNNING_OF_ACCOUNT)),
                turns: Arc::new(Semaphore::new(self.threads)),
            })
        };
        accounts
            .entry(account.to_owned())
            .or_insert_with(new)
            .clone()
    }
}

fn waiting(tasks: &HashMap<String, Arc<Task>>, place: &str) -> usize {
    tasks.values().filter(|task| task.place == place).count()
}

/// Reads the text of an account's query. Its regular expressions take a while, and up to a MiB each.
pub async fn compiled(account: &str, text: String) -> Result<Result<Compiled, QueryError>, Unread> {
    let turn = READING.take(account).await;
    let parsed = tokio::task::spawn_blocking(move || {
        // It goes on when nobody waits for it any more, and keeps its turn.
        let _turn = turn;
        Compiled::parse(&text)
    });
    parsed.await.map_err(|_| Unread)
}

/// Scans some parts into a run.
fn piece(parts: Vec<Part>, query: &Compiled, task: &Task, mut run: Run) -> Result<Run, Ended> {
    let mut outcome = Ok(());
    for mut part in parts {
        scan(
            &mut part,
            (query.needles(), query.message_needles()),
            (query.needs_messages(), query.unmasks()),
            &task.scanned,
            |event| {
                outcome = run.push(event);
                outcome.is_ok()
            },
        )?;
        outcome?;
    }
    Ok(run)
}

fn with_pointer(row: ResultRow, known: &[Arc<Source>]) -> Row {
    let mut fields = row.fields;
    if let Some(at) = row.at
        && let Some(source) = known.get(at.source as usize)
    {
        let pointer = Pointer {
            group: source.group.clone(),
            stream: source.stream.name.clone(),
            stream_id: source.stream.id.clone(),
            offset: at.offset,
        };
        fields.push((POINTER.into(), pointer.write()));
    }
    fields
}

impl LogsService {
    /// How far a query has come; one that nothing is known of any more is run again.
    pub(crate) fn progress_of(
        &self,
        scope: &Scope,
        id: &str,
        query: &Query,
        now: Timestamp,
    ) -> Progress {
        if let Some(progress) = self.queries.progress(scope, id) {
            return progress;
        }
        if let Some(end) = query.ended.as_ref().filter(|end| end.status != COMPLETE) {
            let known = [FAILED, CANCELLED, TIMEOUT]
                .into_iter()
                .find(|it| *it == end.status);
            return Progress {
                status: known.unwrap_or(FAILED),
                bytes: end.bytes_scanned,
                ..Progress::default()
            };
        }
        // If too many wait it is begun when it is asked for again.
        let _ = self.queries.start(self, scope, id, query.clone(), now);
        Progress {
            status: WAITS,
            ..Progress::default()
        }
    }

    /// Forgets queries that are older than a week, and of each account those beyond the newest thousand.
    pub async fn expire_queries(&self, now: Timestamp) -> Result<(), Fault> {
        const KEPT_FOR_MS: i64 = 7 * 86_400_000;
        const KEPT: usize = 1000;
        // An account without groups may have queries of those that it had.
        for scope in bound::scopes(self).await? {
            let all = self.table.all::<Query>(&scope, "").await?.into_iter();
            let mut all: Vec<(i64, String)> = all
                .map(|(id, it)| (it.record.created_at.millis(), scope.key(Query::KIND, &id)))
                .collect();
            all.sort_unstable_by_key(|(created, _)| std::cmp::Reverse(*created));
            for (index, (created, key)) in all.iter().enumerate() {
                if index >= KEPT || *created < now.millis() - KEPT_FOR_MS {
                    let gone = self.table.store().delete(&PERMIT, key).await;
                    gone.map_err(fault::store)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn texts_of_an_account_wait_behind_its_own_alone() {
        let mut turns = Vec::new();
        while let Some(turn) = READING.try_take("busy") {
            turns.push(turn);
        }
        let read = |account: &'static str| compiled(account, "fields @message".to_owned());
        let waits = tokio::spawn(read("busy"));
        // Where there is one processor alone, everybody waits.
        if let Some(free) = READING.try_take("other") {
            drop(free);
            read("other").await.unwrap().unwrap();
        }
        assert!(!waits.is_finished());
        drop(turns);
        waits.await.unwrap().unwrap().unwrap();
    }
}
