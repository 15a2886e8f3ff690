//! The service over a store, and targets that note what is called.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_kms::{Client, DecryptRequest, Kms as _};
use wharf_api_scheduler::{
    CreateScheduleInput, FlexibleTimeWindow, RetryPolicy, Scheduler as _, Target,
};
use wharf_base::{TestClock, Timestamp};
use wharf_delivery::{Actor, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_scheduler::{Parts, SchedulerService};
use wharf_testkit::{Counted, Running, World, call, until};
use wharf_wire::{Check, Fault, async_trait};

pub const ROLE: &str = "arn:aws:iam::000000000000:role/scheduler";
pub const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:jobs";

/// Every operation there is: answers what it was told to, and notes who called what.
#[derive(Default)]
pub struct Notes {
    pub calls: Mutex<Vec<(Actor, Request)>>,
    /// What the next calls answer; then all succeed.
    pub answers: Mutex<VecDeque<Result<Value, Fault>>>,
    /// Opens data keys, and is not noted.
    pub kms: OnceLock<Client>,
}

#[async_trait]
impl Operations for Notes {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        if (&*request.service, &*request.operation) == ("kms", "Decrypt") {
            let sealed = request.input["CiphertextBlob"].as_str().unwrap();
            let context = request.input["EncryptionContext"].clone();
            let input = DecryptRequest {
                ciphertext_blob: Some(BASE64.decode(sealed).unwrap()),
                encryption_context: Some(serde_json::from_value(context).unwrap()),
                ..DecryptRequest::default()
            };
            let opened = self.kms.get().unwrap().decrypt(&call(), input).await?;
            return Ok(json!({"Plaintext": BASE64.encode(opened.plaintext.unwrap())}));
        }
        self.calls.lock().push((actor.clone(), request.clone()));
        self.answers
            .lock()
            .pop_front()
            .unwrap_or_else(|| Ok(json!({})))
    }

    fn knows(&self, _: &str, operation: &str) -> Result<(), Fault> {
        match operation {
            "Foo" => Err(Fault::sender("Unknown", 400, "there is no Foo.")),
            _ => Ok(()),
        }
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Ok(())
    }

    async fn may_assume(&self, role: &str, _: &str, _: &str) -> Result<(), Fault> {
        match role == ROLE {
            true => Ok(()),
            false => Err(Fault::sender("AccessDeniedException", 400, "no")),
        }
    }
}

pub struct Home {
    pub world: World,
    pub scheduler: Running<SchedulerService>,
    pub notes: Arc<Notes>,
    pub kms: Client,
    pub clock: Arc<TestClock>,
    pub counted: Counted,
}

/// When each of these tests begins.
pub const BEGIN: &str = "2026-11-22T10:00:00Z";

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).unwrap()
}

impl Home {
    pub fn start() -> Self {
        Self::with_most_waiting(wharf_delivery::MOST_WAITING)
    }

    pub fn with_most_waiting(most_waiting: u64) -> Self {
        let world = World::new();
        let notes = Arc::new(Notes::default());
        let clock = Arc::new(TestClock::at(at(BEGIN)));
        let counted = Counted::new(clock.clone());
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let kms = Client::new(Arc::new(kms), world.dispatcher.clone());
        let _ = notes.kms.set(kms.clone());
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            kms: Arc::new(kms.clone()),
            operations: notes.clone(),
            clock: clock.clone(),
            counters: counted.counters.clone(),
            most_waiting,
            takeover: Takeover::Replace,
        };
        let scheduler = Running::start(move || {
            let service = SchedulerService::new(parts.clone());
            let running = service.clone();
            (service, move |stop| async move { running.run(stop).await })
        });
        Self {
            world,
            scheduler,
            notes,
            kms,
            clock,
            counted,
        }
    }

    /// Nobody is there for a while.
    pub fn away(&mut self, time: Duration) {
        self.clock.advance(time);
        self.scheduler.restart();
    }

    pub async fn create(&self, input: CreateScheduleInput) -> Result<String, Fault> {
        let made = self.scheduler.create_schedule(&call(), input).await?;
        Ok(made.schedule_arn.unwrap())
    }

    pub fn called(&self) -> Vec<Request> {
        self.notes
            .calls
            .lock()
            .iter()
            .map(|(_, request)| request.clone())
            .collect()
    }

    /// Waits until so many calls were made, and that nothing is left to be delivered.
    pub async fn delivered(&self, count: usize) {
        until("calls were made", || async { self.called().len() >= count }).await;
        until("nothing is left", || async {
            self.parcels().await.is_empty()
        })
        .await;
        assert_eq!(self.called().len(), count);
    }

    /// What waits to be delivered.
    pub async fn parcels(&self) -> String {
        let prefix = "/w1/c0/scheduler/000000000000/us-east-1/delivery/";
        self.world.stored(prefix).await
    }
}

pub fn target() -> Target {
    Target {
        arn: Some(QUEUE.to_owned()),
        role_arn: Some(ROLE.to_owned()),
        input: Some("go".to_owned()),
        retry_policy: Some(RetryPolicy::default()),
        ..Target::default()
    }
}

pub fn schedule(name: &str, expression: &str) -> CreateScheduleInput {
    CreateScheduleInput {
        name: Some(name.to_owned()),
        schedule_expression: Some(expression.to_owned()),
        target: Some(target()),
        flexible_time_window: Some(FlexibleTimeWindow {
            mode: Some("OFF".to_owned()),
            maximum_window_in_minutes: None,
        }),
        ..CreateScheduleInput::default()
    }
}
