//! An installation with tasks and nothing else.

use std::{collections::BTreeMap, error::Error, sync::Arc, time::Duration};

use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wharf_api_ce::types::{DateInterval, Expression, GroupDefinition};
use wharf_base::{Clock as _, Permit, TestClock, Timestamp};
use wharf_billing::shown;
use wharf_journal::{Journal, JournalOptions, Records};
use wharf_reconcile::Takeover;
use wharf_records::{Record as _, Scope, decode, ecs::task::Task, encode};
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions, Txn};
use wharf_wire::async_trait;

use crate::{
    Balanced, CeService, Parts, Traffic,
    ask::{self, Asked},
    filter::{self, Filter},
    period::{Granularity, Periods},
    records::{Meter, SERVICE, TagKey, scope},
    service::Core,
};

pub const ACCOUNT: &str = "000000000000";
pub const HOUR: i64 = 3_600_000;
/// 2026-04-10T12:00:00Z
pub const NOON: i64 = 1_775_822_400_000;
const PERMIT: Permit = Permit::for_controller("test");

pub struct Home {
    pub store: Store,
    pub folder: TempDir,
    pub clock: Arc<TestClock>,
    service: CeService,
    stop: CancellationToken,
    running: JoinHandle<()>,
    journal: Journal,
}

/// Instead of seconds, which each test would wait for.
const STRIDE: Duration = Duration::from_millis(100);

/// A group's quantity and cost in a period.
pub type Row = (String, Vec<String>, String, String);

impl Home {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal"), JournalOptions::default());
        let journal = journal.unwrap();
        let store = Store::in_memory(StoreOptions::default());
        let clock = Arc::new(TestClock::at(Timestamp(NOON)));
        let (service, stop, running) = launch(&store, &journal, &folder, &clock);
        Self {
            store,
            folder,
            clock,
            service,
            stop,
            running,
            journal,
        }
    }

    pub fn core(&self) -> &Arc<Core> {
        self.service.core()
    }

    /// The server is killed, and begins again once nothing of it is under way any more: the journal has what it will ever have of
    /// that life.
    pub async fn restart(&mut self) {
        self.stop.cancel();
        let _ = (&mut self.running).await;
        let mut last = Records::default();
        last.push(b"the end").unwrap();
        let appended = self.journal.append_gathered("test/end", &mut last).await;
        appended.unwrap();
        let life = launch(&self.store, &self.journal, &self.folder, &self.clock);
        (self.service, self.stop, self.running) = life;
    }

    /// Nobody meters from here on.
    pub fn kill(&mut self) {
        self.stop.cancel();
    }

    pub fn advance(&self, millis: i64) {
        self.clock.advance(Duration::from_millis(millis as u64));
    }

    /// A task as ECS writes it down, from its first pull on.
    pub async fn task(&self, id: &str, start: i64, end: Option<i64>, tags: &[(&str, &str)]) {
        let mut task = a_task(id, tags);
        task.pull_started_at = Some(Timestamp(start));
        task.stopped_at = end.map(Timestamp);
        self.put(&task).await;
    }

    pub async fn put(&self, task: &Task) {
        let txn = Txn::new().put(key(&task.id), encode(task));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    pub async fn forget(&self, id: &str) {
        let txn = Txn::new().delete(key(id));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    pub async fn meters(&self) -> Vec<Meter> {
        let found = self
            .core()
            .table
            .everywhere::<Meter>(SERVICE)
            .await
            .unwrap();
        found.into_iter().map(|(_, _, it)| it.record).collect()
    }

    /// What a kill between ledger and store leaves behind.
    pub async fn put_meter(&self, meter: &Meter) {
        let txn = Txn::new().put(scope(ACCOUNT).key(Meter::KIND, &meter.id), encode(meter));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    /// As a store that came back from a backup: it has no cursors.
    pub async fn drop_cursor(&self) {
        let name = crate::meters::CURSOR.to_owned();
        let txn = Txn::new().then(wharf_store::Op::DropCursor { name });
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    pub async fn has_cursor(&self) -> bool {
        let cursors = self.store.cursors().await.unwrap();
        cursors.contains_key(crate::meters::CURSOR)
    }

    pub async fn activate(&self, key: &str) {
        let at = scope(ACCOUNT).key(TagKey::KIND, key);
        until("the key is known", || async {
            self.store.get(&at).await.unwrap().is_some()
        })
        .await;
        let known: TagKey = decode(&self.store.get(&at).await.unwrap().unwrap().value).unwrap();
        let txn = Txn::new().put(
            &at,
            encode(&TagKey {
                active: true,
                ..known
            }),
        );
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    /// Until all tasks that ended are in the ledger and no meter of them is left.
    pub async fn settled(&self) {
        until("ended tasks are in the ledger", || async {
            self.meters().await.iter().all(|it| it.end.is_none())
        })
        .await;
    }

    /// Until the ledger has all tasks: none runs.
    pub async fn over(&self) {
        until("no meter is left", || async {
            self.meters().await.is_empty()
        })
        .await;
    }

    /// Days from the first of a month, as a report.
    pub async fn days(&self, from: &str, to: &str, groups: &[(&str, &str)]) -> Vec<Row> {
        self.report(Granularity::Daily, from, to, groups, None)
            .await
    }

    pub async fn report(
        &self,
        by: Granularity,
        from: &str,
        to: &str,
        groups: &[(&str, &str)],
        filter: Option<&Expression>,
    ) -> Vec<Row> {
        let time = DateInterval {
            start: Some(from.to_owned()),
            end: Some(to.to_owned()),
        };
        let periods = Periods::of(Some(&time), by, self.clock.now()).unwrap();
        let groups = groups.iter().map(|(kind, key)| GroupDefinition {
            type_: Some((*kind).to_owned()),
            key: Some((*key).to_owned()),
        });
        let groups: Vec<GroupDefinition> = groups.collect();
        let asked = Asked {
            account: ACCOUNT.to_owned(),
            periods: periods.clone(),
            filter: Filter::of(filter).unwrap(),
            groups: filter::groups(&groups).unwrap(),
        };
        let prices = self.core().prices.read().await.unwrap();
        let sums = ask::sums(self.core(), asked, prices).await.unwrap();
        let rows = sums.iter().enumerate().flat_map(|(index, sums)| {
            let start = periods.written(index).start.unwrap();
            let sums = sums.iter();
            sums.map(move |(keys, it)| {
                (
                    start.clone(),
                    keys.clone(),
                    shown(it.number()),
                    shown(it.cost.amount()),
                )
            })
        });
        rows.collect()
    }
}

/// Load balancers whose names say that they are busy use a unit each hour.
struct Busy;

#[async_trait]
impl Balanced for Busy {
    async fn traffic(
        &self,
        place: (&str, &str),
        balancer: &str,
        hour: i64,
    ) -> Result<Traffic, Box<dyn Error + Send + Sync>> {
        assert_eq!((place, hour % 3_600), ((ACCOUNT, "us-east-1"), 0));
        let new = match balancer.contains("busy") {
            true => 90_000,
            false => 0,
        };
        Ok(Traffic {
            new,
            ..Traffic::default()
        })
    }
}

fn launch(
    store: &Store,
    journal: &Journal,
    folder: &TempDir,
    clock: &Arc<TestClock>,
) -> (CeService, CancellationToken, JoinHandle<()>) {
    let service = CeService::new(Parts {
        store: store.clone(),
        journal: journal.clone(),
        keyring: Keyring::in_memory(),
        prices: folder.path().join("prices.json"),
        clock: clock.clone(),
        balanced: Arc::new(Busy),
        takeover: Takeover::Replace,
        stride: STRIDE,
    });
    let stop = CancellationToken::new();
    let (running, told) = (service.clone(), stop.clone());
    let running = tokio::spawn(async move { running.run(told).await });
    (service, stop, running)
}

fn key(id: &str) -> String {
    Scope::new("ecs", ACCOUNT, "us-east-1").key(Task::KIND, &format!("shop:{id}"))
}

/// One that waits for its image.
pub fn a_task(id: &str, tags: &[(&str, &str)]) -> Task {
    let tags: BTreeMap<&str, &str> = tags.iter().copied().collect();
    let task = json!({
        "id": id,
        "arn": format!("arn:aws:ecs:us-east-1:{ACCOUNT}:task/shop/{id}"),
        "cluster": "shop",
        "cluster_arn": format!("arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/shop"),
        "definition": format!("arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/web:1"),
        "launch": "FARGATE",
        "host": "h",
        "claim": {"cpu": 256, "memory": 512, "interfaces": 1, "phase": "held"},
        "instance": "i", "ec2_instance": "i-1", "group": "family:web",
        "availability_zone": "us-east-1a",
        "cpu": "256", "memory": "512",
        "overrides": {}, "credentials_seed": "", "containers": [],
        "desired": "RUNNING", "last": "PENDING", "version": 1, "created_at": NOON - 100 * 24 * HOUR,
        "tags": tags,
    });
    serde_json::from_value(task).unwrap()
}

/// Waits until something is true.
pub async fn until<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while !ask().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "it never came true that {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
