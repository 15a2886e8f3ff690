//! The service over a store, with targets that a test looks into.

mod announced;
mod archives;
mod bus_log;
mod destinations;
mod lists;
mod metered;
mod passing;
mod putting;
mod room;
mod rules;
mod scheduled;
mod under_key;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wharf_api_events::{
    Events as _, PutEventsRequest, PutEventsRequestEntry, PutEventsResponse, PutRuleRequest,
    PutTargetsRequest, Target,
};
use wharf_base::{Clock as _, SystemClock, TestClock, Timestamp};
use wharf_delivery::{Actor, LogDeliveries, LogRecord, Operations, Request};
use wharf_egress::Egress;
use wharf_journal::{Journal, JournalOptions};
use wharf_reconcile::Takeover;
use wharf_service::announce::Announce;
use wharf_svc_events::{EventsService, Parts};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_secretsmanager::{Parts as SecretsParts, SecretsmanagerService};
use wharf_testkit::{Counted, World, call, until};
use wharf_wire::{Caller, Check, Dispatcher, Fault, async_trait};

pub const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";

/// Everything that was called, and what is answered.
#[derive(Default)]
pub struct Called {
    pub calls: Mutex<Vec<(Actor, Request)>>,
    pub refusal: Mutex<Option<Fault>>,
    /// Whoever asks whether a target is there learns that it is not.
    pub is_gone: AtomicBool,
    /// What the next call answers.
    pub answer: Mutex<Option<Value>>,
    /// How long a call takes.
    pub takes: Mutex<Option<(Arc<TestClock>, Duration)>>,
    gate: OnceLock<Dispatcher>,
}

#[async_trait]
impl Operations for Called {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        // A batch is seen as what it carries.
        if request.operation == "SendMessageBatch" {
            let mut failed = Vec::new();
            for entry in request.input["Entries"].as_array().unwrap() {
                let mut one = entry.clone();
                one["QueueUrl"] = request.input["QueueUrl"].clone();
                let one = Request::new("sqs", "SendMessage", &request.region, one);
                if let Err(fault) = self.call(actor, &one).await {
                    let (code, text) = (fault.code.to_string(), fault.message.clone());
                    let sender = fault.status < 500;
                    failed.push(json!({"Id": entry["Id"], "Code": code, "Message": text, "SenderFault": sender}));
                }
            }
            return Ok(json!({ "Failed": failed }));
        }
        if request.operation == "GetQueueAttributes" {
            assert!(matches!(actor, Actor::Account { account, .. } if account == "000000000000"));
            return match self.is_gone.load(Ordering::Relaxed) {
                true => Err(Fault::sender("QueueDoesNotExist", 400, "It is gone.")),
                false => Ok(json!({})),
            };
        }
        let refusal = self.refusal.lock().clone();
        if let Some((clock, time)) = &*self.takes.lock() {
            clock.advance(*time);
        }
        self.calls.lock().push((actor.clone(), request.clone()));
        let is_letter = request.input["MessageAttributes"].is_object();
        match refusal.filter(|_| !is_letter) {
            Some(fault) => Err(fault),
            None => Ok(self.answer.lock().take().unwrap_or_else(|| json!({}))),
        }
    }

    async fn may(&self, actor: &Actor, region: &str, checks: &[Check]) -> Result<(), Fault> {
        let Actor::Account { account, .. } = actor else {
            return Ok(());
        };
        let mut cx = wharf_testkit::context_of(Caller::root(account));
        cx.region = region.to_owned();
        let decided = self.gate.get().unwrap().decide(&cx, checks).await;
        decided.map_err(|denied| Fault::sender("AccessDeniedException", 400, denied.0))
    }

    async fn may_assume(&self, role: &str, _: &str, _: &str) -> Result<(), Fault> {
        match role.ends_with("/closed") {
            true => Err(Fault::sender("AccessDeniedException", 400, "no")),
            false => Ok(()),
        }
    }
}

/// Deliveries that keep what they get of the types of logs that they are for.
#[derive(Default)]
pub struct Logged {
    pub types: Mutex<Vec<&'static str>>,
    pub records: Mutex<Vec<(String, Value)>>,
    /// Calls, those that are held up included.
    pub asked: AtomicUsize,
    /// There is no room for any record.
    pub is_full: AtomicBool,
    /// Types of those that were not made therefore, with what would have been in them.
    pub refused: Mutex<Vec<(String, usize)>>,
    /// Who holds it keeps records from being written down.
    pub writing: tokio::sync::Mutex<()>,
}

#[async_trait]
impl LogDeliveries for Logged {
    fn are_any(&self) -> bool {
        !self.types.lock().is_empty()
    }

    fn wants(&self, _: &str, log_type: &str) -> bool {
        self.types.lock().contains(&log_type)
    }

    fn admits(&self, _: &str, log_type: &str, (field, bytes): (&str, usize)) -> bool {
        assert_eq!(field, "details");
        let is_full = self.is_full.load(Ordering::Relaxed);
        if is_full {
            self.refused.lock().push((log_type.to_owned(), bytes));
        }
        !is_full
    }

    async fn log(&self, resource: &str, records: Vec<LogRecord>, _: Timestamp) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        drop(self.writing.lock().await);
        for it in records {
            let log_type = it.log_type;
            assert!(self.wants(resource, log_type), "{log_type} is not wanted");
            let record = (resource.to_owned(), Value::Object(it.fields));
            self.records.lock().push(record);
        }
    }
}

pub struct Home {
    pub events: EventsService,
    pub logged: Arc<Logged>,
    pub secrets: SecretsmanagerService,
    pub kms: wharf_api_kms::Client,
    pub folder: tempfile::TempDir,
    pub called: Arc<Called>,
    pub clock: Arc<TestClock>,
    pub counted: Counted,
    pub world: World,
    stop: CancellationToken,
    running: Mutex<Option<JoinHandle<()>>>,
}

impl Home {
    pub fn start() -> Self {
        Self::over(World::new())
    }

    pub fn over(world: World) -> Self {
        Self::with(world, |_| {})
    }

    pub fn with(world: World, change: impl FnOnce(&mut Parts)) -> Self {
        let called = Arc::new(Called::default());
        let _ = called.gate.set(world.dispatcher.clone());
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let folder = tempfile::tempdir().unwrap();
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let kms = wharf_api_kms::Client::new(Arc::new(kms), world.dispatcher.clone());
        let secrets = SecretsmanagerService::new(SecretsParts {
            egress: Egress::to(Vec::new()),
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            dispatcher: world.dispatcher.clone(),
            kms: Arc::new(kms.clone()),
            clock: clock.clone(),
            regions: wharf_base::regions::Regions::default(),
            takeover: Takeover::Replace,
        });
        let announcing: Arc<dyn Announce> = Arc::new(announced::ANNOUNCING);
        let counted = Counted::new(clock.clone());
        let logged = Arc::new(Logged::default());
        let mut parts = Parts {
            store: world.store.clone(),
            journal: Journal::open(&folder.path().join("journal"), JournalOptions::default())
                .unwrap(),
            keyring: world.keyring.clone(),
            kms: Arc::new(kms.clone()),
            operations: called.clone(),
            egress: Egress::to(vec!["127.0.0.0/8".parse().unwrap()]),
            secrets: Arc::new(secrets.clone()),
            log_deliveries: logged.clone(),
            sources: Arc::new(OnceLock::from(vec![announcing])),
            clock: clock.clone(),
            counters: counted.counters.clone(),
            most_waiting: wharf_delivery::MOST_WAITING,
            most_archived: u64::MAX,
            takeover: Takeover::Replace,
        };
        change(&mut parts);
        let events = EventsService::new(parts);
        let stop = CancellationToken::new();
        let (running, ended) = (events.clone(), stop.clone());
        let running = tokio::spawn(async move { running.run(ended).await });
        Self {
            events,
            logged,
            secrets,
            kms,
            called,
            clock,
            counted,
            world,
            stop,
            running: Mutex::new(Some(running)),
            folder,
        }
    }

    /// A rule of the default bus with targets.
    pub async fn rule(&self, name: &str, pattern: Value, targets: Vec<Target>) {
        let rule = PutRuleRequest {
            name: Some(name.to_owned()),
            event_pattern: Some(pattern.to_string()),
            ..PutRuleRequest::default()
        };
        self.events.put_rule(&call(), rule).await.unwrap();
        let targets = PutTargetsRequest {
            rule: Some(name.to_owned()),
            targets: Some(targets),
            ..PutTargetsRequest::default()
        };
        let answer = self.events.put_targets(&call(), targets).await.unwrap();
        assert_eq!(answer.failed_entry_count, Some(0));
    }

    pub async fn put(&self, entries: Vec<PutEventsRequestEntry>) -> PutEventsResponse {
        let request = PutEventsRequest {
            entries: Some(entries),
            ..PutEventsRequest::default()
        };
        self.events.put_events(&call(), request).await.unwrap()
    }

    /// The calls of targets, once there are as many.
    pub async fn calls(&self, count: usize) -> Vec<(Actor, Request)> {
        until("all calls were made", || async {
            self.called.calls.lock().len() >= count
        })
        .await;
        self.called.calls.lock().clone()
    }

    /// Tells the loops to end, and waits until they have.
    pub async fn end(&self) {
        self.stop.cancel();
        let running = self.running.lock().take();
        if let Some(running) = running {
            running.await.unwrap();
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn queue(id: &str) -> Target {
    Target {
        id: Some(id.to_owned()),
        arn: Some(QUEUE.to_owned()),
        ..Target::default()
    }
}

pub fn entry(source: &str, detail: Value) -> PutEventsRequestEntry {
    PutEventsRequestEntry {
        source: Some(source.to_owned()),
        detail_type: Some("order".to_owned()),
        detail: Some(detail.to_string()),
        ..PutEventsRequestEntry::default()
    }
}
