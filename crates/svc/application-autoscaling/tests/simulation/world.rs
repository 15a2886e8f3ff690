//! The server as it really runs, but for ECS: Application Auto Scaling and CloudWatch with their loops, joined as the
//! server joins them, over one store in memory whose calls are late, refused, overtaken or left without an answer. The
//! time is the runtime's, which passes as soon as there is nothing to do.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use serde_json::Value;
use tokio::{
    runtime::Handle,
    sync::Notify,
    task::{JoinSet, spawn_blocking},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock as _, Timestamp};
use wharf_contributors::{LogEvents, Question, Tally, Untold};
use wharf_delivery::{Actor, ApiDestinations, Failure, Invocation, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_series::{Options, Sample, Series};
use wharf_store::{Chaos, Store, StoreOptions};
use wharf_svc_application_autoscaling::{Alarmed, ApplicationAutoscalingService, Parts};
use wharf_svc_cloudwatch::{CloudwatchService, Scaling, StoredAlarms};
use wharf_svc_iam::Mode;
use wharf_testkit::{ACCOUNT, REGION, VirtualClock, VirtualSeconds, call_at};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::{check::Seen, ecs::Ecs, plan::Service};

/// What ends with the server.
struct Server {
    scaling: ApplicationAutoscalingService,
    cloudwatch: Arc<wharf_api_cloudwatch::Routes>,
    _loops: JoinSet<()>,
}

/// By policy and alarm, each word that was brought to its policy: when it was said, by the server's clock, and the minute
/// in which it first came.
pub type Words = BTreeMap<(String, String), Vec<(Timestamp, f64)>>;

/// Minutes within which a word that comes again was said once: a clock that was put back may say the same time later.
const REPEATED: f64 = 10.0;

pub struct World {
    pub seed: u64,
    pub services: Vec<Service>,
    pub ecs: Ecs,
    pub clock: Arc<VirtualClock>,
    /// The second in which it began.
    pub begun: i64,
    pub store: Store,
    pub seen: Mutex<Seen>,
    pub words: Mutex<Words>,
    /// Of all that is left to chance while time passes.
    pub random: Mutex<SmallRng>,
    /// The server is to end now, whatever it is at.
    pub crash: Notify,
    pub crashes: AtomicI64,
    calm: AtomicBool,
    testkit: wharf_testkit::World,
    series: Series,
    server: Mutex<Option<Server>>,
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
        let services: Vec<Service> = (0..services)
            .map(|number| Service::new(number, &mut random))
            .collect();
        let world = Arc::new_cyclic(|me| Self {
            seed,
            seen: Mutex::new(Seen::new(&services)),
            services,
            ecs: Ecs::default(),
            clock: Arc::new(VirtualClock::at(start)),
            begun: start.millis() / 1000,
            testkit: wharf_testkit::World::over(store.clone(), Mode::Off),
            store,
            words: Mutex::default(),
            random: Mutex::new(random),
            crash: Notify::new(),
            crashes: AtomicI64::new(0),
            calm: AtomicBool::new(true),
            series: Series::open(folder.path(), options).unwrap(),
            server: Mutex::new(None),
            me: me.clone(),
            _folder: folder,
        });
        world.serve();
        world
    }

    /// Ends the server wherever it is, if there is one, and begins another over the same store.
    pub fn serve(&self) {
        // What was under way ends where it waits.
        drop(self.server.lock().take());
        let me = self.me.upgrade().expect("whoever calls holds it");
        let scaling = ApplicationAutoscalingService::new(Parts {
            store: self.store.clone(),
            keyring: self.testkit.keyring.clone(),
            operations: me.clone(),
            alarms: Arc::new(StoredAlarms::new(self.store.clone(), self.clock.clone())),
            clock: self.clock.clone(),
            takeover: Takeover::Replace,
        });
        let cloudwatch = CloudwatchService::new(wharf_svc_cloudwatch::Parts {
            store: self.store.clone(),
            keyring: self.testkit.keyring.clone(),
            series: self.series.clone(),
            operations: me.clone(),
            scaling: me.clone(),
            log_events: me.clone(),
            destinations: me,
            quotas: Default::default(),
            clock: self.clock.clone(),
            takeover: Takeover::Replace,
        });
        let mut loops = JoinSet::new();
        let (one, other) = (scaling.clone(), cloudwatch.clone());
        loops.spawn(async move { one.run(CancellationToken::new()).await });
        loops.spawn(async move { other.run(CancellationToken::new()).await });
        *self.server.lock() = Some(Server {
            scaling,
            cloudwatch: Arc::new(wharf_api_cloudwatch::Routes(Arc::new(cloudwatch))),
            _loops: loops,
        });
    }

    pub fn end(&self) {
        drop(self.server.lock().take());
    }

    /// Crashes whenever somebody says so.
    pub async fn crash_when_told(self: Arc<Self>) {
        loop {
            self.crash.notified().await;
            self.crashes.fetch_add(1, Ordering::Relaxed);
            self.serve();
        }
    }

    pub fn scaling(&self) -> ApplicationAutoscalingService {
        let server = self.server.lock();
        server.as_ref().expect("it runs").scaling.clone()
    }

    pub fn call(&self) -> Call {
        call_at(self.clock.now())
    }

    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub fn set_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::Relaxed);
        self.store.set_chaos(match calm {
            true => Chaos::none(self.seed),
            false => Chaos {
                delayed: 0.2,
                refused: 0.01,
                unanswered: 0.01,
                overtaken: 0.01,
                ..Chaos::none(self.seed)
            },
        });
    }

    pub fn service(&self, name: &str) -> &Service {
        let number: usize = name[1..].parse().expect("names are numbers");
        &self.services[number]
    }

    /// Samples that arrive now. The thread that writes them is not the runtime's: time stands still meanwhile.
    pub async fn measured(&self, samples: Vec<Sample>) {
        VirtualSeconds::set(self.clock.truth());
        let (series, here) = (self.series.clone(), Handle::current());
        let appended = spawn_blocking(move || here.block_on(series.append(ACCOUNT, samples)));
        appended.await.unwrap().unwrap();
    }

    fn note_word(&self, key: (String, String), at: Timestamp) {
        let minute = self.minutes();
        let mut words = self.words.lock();
        let said = words.entry(key).or_default();
        let mut lately = said.iter().rev().take_while(|it| minute - it.1 < REPEATED);
        if !lately.any(|it| it.0 == at) {
            said.push((at, minute));
        }
    }

    pub async fn call_cloudwatch(&self, operation: &str, input: &Value) -> Result<Value, Fault> {
        let routes = self.server.lock().as_ref().map(|it| it.cloudwatch.clone());
        let routes = routes.ok_or_else(|| Fault::sender("ServiceUnavailable", 503, "it ended"))?;
        let cx = Context::internal(ACCOUNT, REGION, "tests", self.clock.now());
        let input = input.to_string().into_bytes();
        let answer = self.testkit.dispatcher.call(&*routes, cx, operation, input);
        Ok(serde_json::from_slice(&answer.await?).unwrap())
    }
}

#[async_trait]
impl ApiDestinations for World {
    async fn invoke(&self, _: &Actor, it: &Invocation<'_>) -> Result<(), Failure> {
        panic!(
            "there is no metric stream that could send to {}",
            it.destination
        );
    }
}

#[async_trait]
impl LogEvents for World {
    async fn tally(&self, question: Question) -> Result<Tally, Untold> {
        panic!("there is no rule of contributors: {question:?}");
    }
}

#[async_trait]
impl Operations for World {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let Actor::Service { source_arn, .. } = actor else {
            panic!("in the name of {actor:?}");
        };
        let target = source_arn.rsplit('/').next().unwrap_or_default();
        match request.service.as_str() {
            "ecs" => crate::ecs::call(self, target, &request.operation, &request.input).await,
            _ => {
                self.call_cloudwatch(&request.operation, &request.input)
                    .await
            }
        }
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Ok(())
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

/// Words of alarms come late, twice, and with a lost answer.
#[async_trait]
impl Scaling for World {
    async fn alarmed(&self, alarmed: wharf_svc_cloudwatch::Alarmed) -> Result<(), Fault> {
        let chance = match self.is_calm() {
            true => 100,
            false => self.random.lock().random_range(0..100),
        };
        if chance < 10 {
            sleep(Duration::from_millis(500 + 2000 * chance)).await;
        }
        let key = (alarmed.policy.clone(), alarmed.alarm.clone());
        self.note_word(key, alarmed.at);
        let heard = Alarmed {
            policy: alarmed.policy,
            alarm: alarmed.alarm,
            state: alarmed.state.to_owned(),
            threshold: alarmed.threshold,
            values: alarmed.values,
            measured_from: alarmed.measured_from,
            at: alarmed.at,
            every: alarmed.every,
        };
        let scaling = self.server.lock().as_ref().map(|it| it.scaling.clone());
        let scaling =
            scaling.ok_or_else(|| Fault::sender("ServiceUnavailable", 503, "it ended"))?;
        let answer = scaling.alarmed(alarmed.place.clone(), heard.clone()).await;
        match chance {
            10..15 => scaling.alarmed(alarmed.place, heard).await,
            15..17 => Err(Fault::sender("ServiceUnavailable", 503, "a lost answer")),
            _ => answer,
        }
    }
}
