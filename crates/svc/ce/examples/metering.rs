//! What tasks that were metered take, and how soon reports of them are made:
//! `cargo run --release -p wharf-svc-ce --example metering -- FOLDER fill TASKS`, then `… FOLDER ask TASKS ROUNDS`.
//!
//! In process, on FOLDER's disk. Filled as a server fills it: records of Fargate tasks that ended, all of one month, are put into the
//! store, the service follows them and writes its ledger. A process of its own opens that again and asks by the API's operations; what
//! it is told is compared with what was put.

use std::{
    error::Error,
    ops::Range,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_api_ce::{
    Ce as _,
    types::{
        CostAllocationTagStatusEntry, DateInterval, GetCostAndUsageRequest,
        GetCostAndUsageResponse, GroupDefinition, UpdateCostAllocationTagsStatusRequest,
    },
};
use wharf_base::{Clock, Permit, Timestamp};
use wharf_journal::{Journal, JournalOptions};
use wharf_reconcile::Takeover;
use wharf_records::{Record as _, Scope, ecs::task::Task, encode};
use wharf_seal::Keyring;
use wharf_store::{Revision, Store, StoreError, StoreOptions, Txn};
use wharf_svc_ce::{Balanced, CeService, Parts, STRIDE, Traffic};
use wharf_wire::{Call, Context, async_trait};

static PERMIT: Permit = Permit::for_controller("bench");
const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
/// Of the service, on the history of what it meters.
const CURSOR: &str = "ce/ecs";
/// 2026-04-01T00:00:00Z
const APRIL: i64 = 1_775_001_600_000;
const DAY: i64 = 24 * 3_600_000;
/// Of the month, so that no task ends after it.
const SPREAD: i64 = 29 * DAY;
const LASTED: i64 = 600_000;
/// What a task of a quarter of a vCPU uses in that time.
const VCPU_HOURS: f64 = 1.0 / 24.0;
const CLUSTERS: usize = 10;
const SERVICES: usize = 10;
const TEAMS: usize = 5;
/// Tasks of one transaction, and those that are put before the service has followed: the store forgets what is long past.
const A_WRITE: usize = 100;
const AHEAD: usize = 2_000;
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// The journal merges what was written; it has ended when nothing changes for this long.
const QUIET: Duration = Duration::from_secs(3);
const MOST_MERGING: Duration = Duration::from_secs(120);

type Failed = Box<dyn Error>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [folder, "fill", tasks] => fill(Path::new(folder), tasks.parse()?).await,
        [folder, "ask", tasks, rounds] => {
            ask(Path::new(folder), tasks.parse()?, rounds.parse()?).await
        }
        _ => Err("FOLDER fill TASKS, or FOLDER ask TASKS ROUNDS".into()),
    }
}

/// Noon of the first day after the month.
#[derive(Debug)]
struct May;

impl Clock for May {
    fn now(&self) -> Timestamp {
        Timestamp(APRIL + 30 * DAY + DAY / 2)
    }
}

/// There are no load balancers.
struct Idle;

#[async_trait]
impl Balanced for Idle {
    async fn traffic(
        &self,
        _: (&str, &str),
        _: &str,
        _: i64,
    ) -> Result<Traffic, Box<dyn Error + Send + Sync>> {
        Ok(Traffic::default())
    }
}

struct World {
    store: Store,
    journal: Journal,
    service: CeService,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

fn open(folder: &Path) -> Result<World, Failed> {
    let (of_store, of_journal) = (folder.join("store"), folder.join("journal"));
    std::fs::create_dir_all(&of_store)?;
    std::fs::create_dir_all(&of_journal)?;
    let store = Store::open(&of_store, StoreOptions::default())?;
    let journal = Journal::open(&of_journal, JournalOptions::default())?;
    let service = CeService::new(Parts {
        store: store.clone(),
        journal: journal.clone(),
        keyring: Keyring::in_memory(),
        prices: folder.join("prices.json"),
        clock: Arc::new(May),
        balanced: Arc::new(Idle),
        takeover: Takeover::Replace,
        stride: STRIDE,
    });
    let stop = CancellationToken::new();
    let (runs, told) = (service.clone(), stop.clone());
    let running = tokio::spawn(async move { runs.run(told).await });
    Ok(World {
        store,
        journal,
        service,
        stop,
        running,
    })
}

impl World {
    /// Waits until the service has followed the history up to there.
    async fn followed(&self, to: Revision) -> Result<(), StoreError> {
        loop {
            let cursors = self.store.cursors().await?;
            if cursors.get(CURSOR).is_some_and(|at| *at >= to) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// All at once; the revision of the last of them.
    async fn write(&self, txns: impl Iterator<Item = Txn>) -> Result<Revision, Failed> {
        let mut writes = JoinSet::new();
        for txn in txns {
            let store = self.store.clone();
            writes.spawn(async move { store.txn(&PERMIT, txn).await });
        }
        let mut last = 0;
        while let Some(written) = writes.join_next().await {
            last = last.max(written??.revision);
        }
        Ok(last)
    }

    /// Tasks that ended, and that are forgotten once they are metered.
    async fn put(&self, tasks: &[Task]) -> Result<(), Failed> {
        let parts = || tasks.chunks(A_WRITE);
        let puts = parts().map(|part| {
            let all = part.iter();
            all.fold(Txn::new(), |txn, it| txn.put(key(it), encode(it)))
        });
        let last = self.write(puts).await?;
        self.followed(last).await?;
        let deletes = parts().map(|part| {
            let all = part.iter();
            all.fold(Txn::new(), |txn, it| txn.delete(key(it)))
        });
        self.write(deletes).await?;
        Ok(())
    }

    /// Waits until the ledger has all that was metered.
    async fn settled(&self) {
        while self.store.held_of_kind("ce", "meter", ACCOUNT).keys > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What the ledger takes on disk, once the journal has merged what there is to merge.
    async fn merged(&self) -> u64 {
        let begun = Instant::now();
        loop {
            let before = self.journal.usage().bytes;
            tokio::time::sleep(QUIET).await;
            let now = self.journal.usage().bytes;
            if now == before || begun.elapsed() > MOST_MERGING {
                return now;
            }
        }
    }

    async fn close(self) -> Result<(), Failed> {
        self.stop.cancel();
        self.running.await?;
        self.journal.close().await;
        self.store.close().await;
        Ok(())
    }
}

fn key(task: &Task) -> String {
    let id = format!("{}:{}", task.cluster, task.id);
    Scope::new("ecs", ACCOUNT, REGION).key(Task::KIND, &id)
}

/// A task of each service.
fn kinds() -> Result<Vec<Task>, serde_json::Error> {
    let all = (0..CLUSTERS).flat_map(|cluster| (0..SERVICES).map(move |it| (cluster, it)));
    let tasks = all.map(|(cluster, number)| {
        let (cluster, service) = (format!("shop-{cluster}"), format!("web-{number}"));
        serde_json::from_value(json!({
            "id": "", "arn": "",
            "cluster": cluster,
            "cluster_arn": format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{cluster}"),
            "definition": format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{service}:1"),
            "launch": "FARGATE",
            "host": "h",
            "claim": {"cpu": 256, "memory": 512, "interfaces": 1, "phase": "held"},
            "instance": "i", "ec2_instance": "i-1", "group": format!("service:{service}"),
            "availability_zone": "us-east-1a",
            "cpu": "256", "memory": "512",
            "overrides": {}, "credentials_seed": "", "containers": [],
            "desired": "STOPPED", "last": "STOPPED", "version": 5, "created_at": APRIL,
            "tags": {
                "aws:ecs:clusterName": cluster,
                "aws:ecs:serviceName": service,
                "team": format!("team-{}", number % TEAMS),
            },
        }))
    });
    tasks.collect()
}

/// One of so many that ran in the course of the month.
fn task(kind: &Task, number: usize, of: usize) -> Task {
    let start = APRIL + SPREAD * number as i64 / of as i64;
    let id = format!("{number:032x}");
    Task {
        arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/{}/{id}", kind.cluster),
        id,
        created_at: Timestamp(start - 1_000),
        pull_started_at: Some(Timestamp(start)),
        stopped_at: Some(Timestamp(start + LASTED)),
        ..kind.clone()
    }
}

async fn fill(folder: &Path, count: usize) -> Result<(), Failed> {
    let (world, kinds) = (open(folder)?, kinds()?);
    world.followed(0).await?;
    let begun = Instant::now();
    for first in (0..count).step_by(AHEAD) {
        let numbers: Range<usize> = first..count.min(first + AHEAD);
        let tasks = numbers.map(|it| task(&kinds[it % kinds.len()], it, count));
        let tasks: Vec<Task> = tasks.collect();
        world.put(&tasks).await?;
    }
    world.settled().await;
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    println!("tasks that ended put and metered a second: {rate:.0}");
    let entry = CostAllocationTagStatusEntry {
        tag_key: Some("team".to_owned()),
        status: Some("Active".to_owned()),
    };
    let input = UpdateCostAllocationTagsStatusRequest {
        cost_allocation_tags_status: Some(vec![entry]),
    };
    let (service, call) = (&world.service, call());
    let answer = service.update_cost_allocation_tags_status(&call, input);
    let errors = answer.await.map_err(|fault| fault.message)?.errors;
    if errors.is_some_and(|it| !it.is_empty()) {
        return Err("the tag of the tasks is not known".into());
    }
    let bytes = world.merged().await as f64;
    println!("bytes on disk a record: {:.1}", bytes / count as f64);
    world.close().await
}

fn call() -> Call {
    let context = Context::internal(ACCOUNT, REGION, "ce.amazonaws.com", May.now());
    Call::by_controller(context, PERMIT.clone())
}

/// What is asked about the month.
struct Question {
    what: &'static str,
    granularity: &'static str,
    groups: &'static [(&'static str, &'static str)],
    /// Groups of each period.
    expected: usize,
}

const BY_TEAM: &[(&str, &str)] = &[("TAG", "team"), ("DIMENSION", "USAGE_TYPE")];
const QUESTIONS: [Question; 5] = [
    Question {
        what: "the month by service",
        granularity: "MONTHLY",
        groups: &[("DIMENSION", "SERVICE")],
        expected: 1,
    },
    Question {
        what: "the month by cluster",
        granularity: "MONTHLY",
        groups: &[("TAG", "aws:ecs:clusterName")],
        expected: CLUSTERS,
    },
    Question {
        what: "the month by cluster and service of ECS",
        granularity: "MONTHLY",
        groups: &[
            ("TAG", "aws:ecs:clusterName"),
            ("TAG", "aws:ecs:serviceName"),
        ],
        expected: CLUSTERS * SERVICES,
    },
    Question {
        what: "the month by a tag of the user's and usage type",
        granularity: "MONTHLY",
        groups: BY_TEAM,
        expected: TEAMS * 2,
    },
    Question {
        what: "the same by days",
        granularity: "DAILY",
        groups: BY_TEAM,
        expected: TEAMS * 2,
    },
];

impl Question {
    async fn ask(&self, service: &CeService) -> Result<GetCostAndUsageResponse, Failed> {
        let groups = self.groups.iter().map(|(kind, key)| GroupDefinition {
            type_: Some((*kind).to_owned()),
            key: Some((*key).to_owned()),
        });
        let input = GetCostAndUsageRequest {
            time_period: Some(DateInterval {
                start: Some("2026-04-01".to_owned()),
                end: Some("2026-05-01".to_owned()),
            }),
            granularity: Some(self.granularity.to_owned()),
            metrics: Some(vec!["UsageQuantity".to_owned(), "UnblendedCost".to_owned()]),
            group_by: Some(groups.collect()),
            ..GetCostAndUsageRequest::default()
        };
        let answer = service.get_cost_and_usage(&call(), input).await;
        Ok(answer.map_err(|fault| fault.message)?)
    }

    /// # Errors
    /// It is not what so many tasks used.
    fn check(&self, answer: GetCostAndUsageResponse, tasks: usize) -> Result<(), Failed> {
        let (mut hours, mut has_types) = (0.0, false);
        for period in answer.results_by_time.unwrap_or_default() {
            let groups = period.groups.unwrap_or_default();
            // None ran on the last day.
            if groups.len() != self.expected && !groups.is_empty() {
                return Err(format!("{}: {} groups", self.what, groups.len()).into());
            }
            for group in groups {
                let keys = group.keys.unwrap_or_default();
                if !keys.iter().any(|it| it.ends_with("vCPU-Hours:perCPU")) {
                    continue;
                }
                has_types = true;
                let metrics = group.metrics.unwrap_or_default();
                let quantity = metrics.get("UsageQuantity");
                let amount = quantity.and_then(|it| it.amount.as_deref());
                hours += amount.unwrap_or_default().parse::<f64>()?;
            }
        }
        let all = tasks as f64 * VCPU_HOURS;
        if has_types && (hours / all - 1.0).abs() > 1e-6 {
            return Err(format!("{}: {hours} vCPU-hours of {all}", self.what).into());
        }
        Ok(())
    }
}

async fn ask(folder: &Path, tasks: usize, rounds: usize) -> Result<(), Failed> {
    let (before, begun) = (mib("VmRSS")?, Instant::now());
    let world = open(folder)?;
    world.followed(0).await?;
    println!("opened again, ms: {}", begun.elapsed().as_millis());
    let opened = mib("VmRSS")?;
    for question in &QUESTIONS {
        let mut took = Vec::new();
        for _ in 0..rounds.max(1) {
            let begun = Instant::now();
            let answer = question.ask(&world.service).await?;
            took.push(begun.elapsed().as_millis());
            question.check(answer, tasks)?;
        }
        took.sort_unstable();
        let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
        println!("{}, ms: {median} (slowest {slowest})", question.what);
    }
    let most = mib("VmHWM")?;
    println!("memory, MiB: {opened} (before it was opened {before}, at most {most})");
    world.close().await
}

/// Of this process.
fn mib(what: &str) -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|it| it.starts_with(what));
    let kib = line.and_then(|it| it.split_whitespace().nth(1));
    let kib: u64 = kib.ok_or("the kernel says nothing of memory")?.parse()?;
    Ok(kib >> 10)
}
