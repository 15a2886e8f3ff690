//! What all parts of a simulation share: the time, the store, the server while it runs, and what was seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use serde_json::Value;
use tokio::{runtime::Handle, sync::Notify, task::JoinSet, task::spawn_blocking};
use wharf_base::{Clock as _, Timestamp};
use wharf_series::{Options, Sample, Series};
use wharf_store::{Chaos, Range, Store, StoreOptions};
use wharf_svc_iam::Mode;
use wharf_testkit::{ACCOUNT, VirtualClock, VirtualSeconds};
use wharf_wire::{Caller, Context, Fault};

use crate::{
    agent::{Stage, Tasks},
    plan::{Plan, REGION},
    server::Server,
};

/// By how much the clock is wrong, from and until which look of the storm on, in seconds.
const WRONG_CLOCKS: [(usize, usize, i64); 2] = [(60, 90, 600), (200, 230, -600)];
/// The longest that a host is silent, in looks.
pub const LONGEST_SILENCE: usize = 60;

/// At that look of the storm the server ends whatever the chances are.
const CRASHES: usize = 120;

pub struct World {
    pub seed: u64,
    pub plan: Plan,
    pub clock: Arc<VirtualClock>,
    pub store: Store,
    pub testkit: wharf_testkit::World,
    pub series: Series,
    /// Of all that is left to chance while time passes.
    pub random: Mutex<SmallRng>,
    /// The server is to end now, whatever it is at.
    pub crash: Notify,
    pub crashes: AtomicUsize,
    pub looks: AtomicUsize,
    /// The look with which the storm began.
    storm: AtomicUsize,
    calm: AtomicBool,
    /// Every service has its minimum again, and nothing takes it away any more.
    pub recovered: AtomicBool,
    server: Mutex<Option<(Arc<Server>, JoinSet<()>)>>,
    /// What runs in instances, by their ids.
    pub tasks: Mutex<BTreeMap<String, Tasks>>,
    /// Tasks that ran, of all that ever were.
    pub ran: AtomicUsize,
    /// Tasks that were lost with their machines, of which nobody knew whether they run.
    pub lost: AtomicUsize,
    /// Instances whose Spot capacity was taken back, and when, in milliseconds since 1970.
    pub interrupted: Mutex<BTreeMap<String, i64>>,
    /// How many of them there were when others began to want ever more.
    pub interrupted_before: AtomicUsize,
    /// … and those that users ended.
    pub ended_by_users: Mutex<BTreeSet<String>>,
    /// By service, the load and the count that its users want now.
    pub wanted: Mutex<BTreeMap<String, u32>>,
    /// What must not be and was, as those say who saw it.
    wrong: Mutex<Vec<String>>,
    me: Weak<Self>,
    _folder: tempfile::TempDir,
}

impl World {
    pub fn start(seed: u64, services: usize) -> Arc<Self> {
        let mut random = SmallRng::seed_from_u64(seed);
        let start = Timestamp::parse_iso8601("2026-11-22T10:00:00Z").unwrap();
        VirtualSeconds::set(start);
        let store = Store::in_memory(StoreOptions {
            chaos: Some(Chaos::none(seed)),
            ..StoreOptions::default()
        });
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            now: VirtualSeconds::get,
            ..Options::default()
        };
        let plan = Plan::of(services, &mut random);
        let wanted = plan.services.iter().map(|it| (it.name.clone(), it.tasks));
        let wanted = wanted.collect();
        let world = Arc::new_cyclic(|me| Self {
            seed,
            plan,
            clock: Arc::new(VirtualClock::at(start)),
            testkit: wharf_testkit::World::over(store.clone(), Mode::Off),
            store,
            series: Series::open(folder.path(), options).unwrap(),
            random: Mutex::new(random),
            crash: Notify::new(),
            crashes: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            storm: AtomicUsize::new(0),
            calm: AtomicBool::new(true),
            recovered: AtomicBool::new(false),
            server: Mutex::new(None),
            tasks: Mutex::default(),
            ran: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            interrupted: Mutex::default(),
            interrupted_before: AtomicUsize::new(0),
            ended_by_users: Mutex::default(),
            wanted: Mutex::new(wanted),
            wrong: Mutex::default(),
            me: me.clone(),
            _folder: folder,
        });
        world.serve();
        world
    }

    /// How this is run again.
    pub fn replay(&self) -> String {
        format!(
            "WHARF_MACHINES_SEED={} WHARF_MACHINES_SERVICES={}, minute {:.1}",
            self.seed,
            self.plan.services.len(),
            self.minutes()
        )
    }

    /// Ends the server wherever it is, if there is one, and begins another over the same store.
    fn serve(&self) {
        self.end();
        let begun = Server::start(self.me.upgrade().expect("whoever calls holds it"));
        *self.server.lock() = Some(begun);
    }

    pub fn end(&self) {
        if let Some((server, loops)) = self.server.lock().take() {
            server.ended.cancel();
            drop(loops);
        }
    }

    /// Crashes whenever somebody says so.
    pub async fn crash_when_told(self: Arc<Self>) {
        loop {
            self.crash.notified().await;
            self.crashes.fetch_add(1, Ordering::Relaxed);
            self.serve();
        }
    }

    pub fn me(&self) -> Arc<Self> {
        self.me.upgrade().expect("whoever calls holds it")
    }

    pub fn server(&self) -> Option<Arc<Server>> {
        self.server.lock().as_ref().map(|it| it.0.clone())
    }

    pub fn minutes(&self) -> f64 {
        self.clock.elapsed().as_secs_f64() / 60.0
    }

    pub fn look(&self) -> usize {
        self.looks.load(Ordering::Relaxed)
    }

    /// Since when the storm is, in looks.
    pub fn in_storm(&self) -> Option<usize> {
        let begun = self.storm.load(Ordering::Relaxed);
        (!self.is_calm()).then(|| self.look() - begun)
    }

    /// Whether the clock has not been set since what a host hears of now was decided by it: it may have been silent meanwhile.
    pub fn clock_is_steady(&self) -> bool {
        let set = WRONG_CLOCKS.iter().flat_map(|(from, to, _)| [*from, *to]);
        let mut unsteady = set.map(|at| at..=at + LONGEST_SILENCE + 1);
        self.in_storm()
            .is_none_or(|now| !unsteady.any(|it| it.contains(&now)))
    }

    /// How many tasks of each service run on machines.
    pub fn running(&self) -> BTreeMap<String, u32> {
        let mut running = BTreeMap::new();
        let all: Vec<_> = self.tasks.lock().values().cloned().collect();
        for tasks in all {
            for run in tasks.lock().values().filter(|it| it.stage == Stage::Runs) {
                *running.entry(run.family.clone()).or_default() += 1;
            }
        }
        running
    }

    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub fn set_calm(&self, calm: bool) {
        self.storm.store(self.look(), Ordering::Relaxed);
        self.calm.store(calm, Ordering::Relaxed);
        self.store.set_chaos(self.chaos());
        if calm {
            self.clock.set_ahead(0);
        }
    }

    fn chaos(&self) -> Chaos {
        match self.is_calm() {
            true => Chaos::none(self.seed),
            false => Chaos {
                delayed: 0.2,
                refused: 0.01,
                unanswered: 0.01,
                overtaken: 0.02,
                ..Chaos::none(self.seed + self.look() as u64)
            },
        }
    }

    /// What goes well whatever the weather is.
    pub async fn well<T>(&self, what: impl Future<Output = T>) -> T {
        self.store.set_chaos(Chaos::none(self.seed));
        let done = what.await;
        self.store.set_chaos(self.chaos());
        done
    }

    /// Whether something happens that happens so often, in percent.
    pub fn chance(&self, percent: f64) -> bool {
        !self.is_calm() && self.random.lock().random_bool(percent / 100.0)
    }

    pub fn between(&self, least: u64, most: u64) -> u64 {
        self.random.lock().random_range(least..=most)
    }

    pub fn wrong(&self, what: String) {
        self.wrong.lock().push(what);
    }

    /// Prints the records that name an instance of which something was seen that must not be: a failing seed does not fail
    /// again in the same way.
    pub async fn tell_of_what_is_wrong(&self) {
        let wrong = self.wrong.lock().join("\n");
        let words = wrong.split_whitespace();
        for id in words.filter(|it| it.starts_with("i-")) {
            let all = self.well(self.store.all(Range::prefix(""))).await;
            for entry in all.unwrap().entries {
                let value = String::from_utf8_lossy(&entry.value);
                if value.contains(id) || entry.key.contains(id) {
                    println!("{}\n    {value}", entry.key);
                }
            }
        }
    }

    /// # Panics
    /// If something was seen that must not be.
    pub fn nothing_is_wrong(&self) {
        let wrong = self.wrong.lock().join("\n");
        assert!(wrong.is_empty(), "{}:\n{wrong}", self.replay());
    }

    /// What happens to the server by itself, and to its clock.
    pub async fn passes(&self) {
        let in_storm = self.in_storm();
        for (from, to, ahead) in WRONG_CLOCKS {
            match in_storm {
                Some(now) if now == from => self.clock.set_ahead(ahead),
                Some(now) if now == to => self.clock.set_ahead(0),
                _ => {}
            }
        }
        if in_storm == Some(CRASHES) || self.chance(1.0) {
            let (wait, world) = (self.between(0, 5000), self.me());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(wait)).await;
                world.crash.notify_one();
            });
        }
        // What is written by threads of their own is written by now: time stands still until this is.
        self.measured(ACCOUNT, Vec::new()).await;
    }

    /// Samples that arrive now. The thread that writes them is not the runtime's: time stands still meanwhile.
    pub async fn measured(&self, account: &'static str, samples: Vec<Sample>) {
        VirtualSeconds::set(self.clock.truth());
        let (series, here) = (self.series.clone(), Handle::current());
        let appended = spawn_blocking(move || here.block_on(series.append(account, samples)));
        appended.await.unwrap().unwrap();
    }

    pub fn context(&self, caller: Caller) -> Context {
        let mut cx = Context::internal(&caller.account, REGION, "test", self.clock.now());
        cx.caller = caller;
        cx
    }

    /// An operation by its name, of a user of an account.
    pub async fn call(
        &self,
        account: &str,
        (service, operation): (&str, &str),
        input: Value,
    ) -> Result<Value, Fault> {
        let cx = self.context(Caller::root(account));
        self.call_as(cx, (service, operation), &input).await
    }

    pub async fn call_as(
        &self,
        cx: Context,
        (service, operation): (&str, &str),
        input: &Value,
    ) -> Result<Value, Fault> {
        let server = self.server().ok_or_else(unavailable)?;
        server.call(cx, (service, operation), input).await
    }

    /// All pages of an operation that lists something.
    pub async fn pages(
        &self,
        account: &str,
        operation: (&str, &str),
        mut input: Value,
    ) -> Result<Vec<Value>, Fault> {
        let mut pages = Vec::new();
        loop {
            let page = self.call(account, operation, input.clone()).await?;
            let name = ["NextToken", "nextToken"]
                .into_iter()
                .find(|it| page[it].is_string());
            if let Some(name) = name {
                input[name] = page[name].clone();
            }
            pages.push(page);
            if name.is_none() {
                return Ok(pages);
            }
        }
    }
}

pub fn unavailable() -> Fault {
    Fault::sender("ServiceUnavailable", 503, "the server has ended")
}
