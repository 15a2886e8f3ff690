//! SNS over a store, with queues that only count what they get.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use wharf_api_sns::{self as api, Sns as _};
use wharf_base::SystemClock;
use wharf_delivery::{Actor, Operations, Request};
use wharf_egress::Egress;
use wharf_reconcile::Takeover;
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_sns::{Parts, Signer, SnsService};
use wharf_testkit::{Counted, Running, World, call, until};
use wharf_wire::{Check, Fault, async_trait};

/// Takes what is sent to queues, except for those whose names begin with `shut`, and not always for `flaky`.
#[derive(Default)]
pub struct Queues(pub Mutex<Vec<(Actor, Value)>>, Mutex<HashMap<String, u32>>);

/// A flaky queue fails no message more often: each time the next attempt waits twice as long.
const MOST_FAILURES: u32 = 2;

#[async_trait]
impl Operations for Queues {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        assert_eq!(request.service, "sqs");
        if request.operation == "SendMessageBatch" {
            let mut failed = Vec::new();
            for entry in request.input["Entries"].as_array().unwrap() {
                let mut one = entry.clone();
                one["QueueUrl"] = request.input["QueueUrl"].clone();
                let one = Request::new("sqs", "SendMessage", &request.region, one);
                if let Err(fault) = self.call(actor, &one).await {
                    let sender = fault.sender;
                    failed.push(
                        json!({"Id": entry["Id"], "Code": fault.code, "SenderFault": sender}),
                    );
                }
            }
            return Ok(json!({ "Failed": failed }));
        }
        assert_eq!(request.operation, "SendMessage");
        let url = request.input["QueueUrl"].as_str().unwrap();
        if url.contains("/shut") {
            return Err(Fault::sender("AccessDenied", 403, "no"));
        }
        let mut got = self.0.lock().unwrap();
        got.push((actor.clone(), request.input.clone()));
        let mut failures = self.1.lock().unwrap();
        let body = request.input["MessageBody"].as_str().unwrap_or_default();
        let failed = failures.entry(body.to_owned()).or_default();
        if url.contains("/flaky") && *failed < MOST_FAILURES && rand::random_bool(0.2) {
            *failed += 1;
            // It may have taken the message all the same.
            if rand::random() {
                got.pop();
            }
            return Err(Fault::sender("InternalFailure", 503, "try again"));
        }
        Ok(json!({}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Err(Fault::sender("AccessDenied", 403, "no"))
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Err(Fault::sender("AccessDenied", 403, "no"))
    }
}

pub struct Home {
    pub queues: Arc<Queues>,
    pub sns: Running<SnsService>,
    pub kms: Arc<dyn wharf_api_kms::Kms>,
    pub world: World,
    pub counted: Counted,
}

impl Home {
    pub fn new() -> Self {
        Self::with_most_waiting(wharf_delivery::MOST_WAITING)
    }

    pub fn with_most_waiting(most_waiting: u64) -> Self {
        let (world, queues) = (World::new(), Arc::new(Queues::default()));
        let clock = Arc::new(SystemClock);
        let local = "127.0.0.0/8".parse().unwrap();
        let kms = Arc::new(KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        }));
        let gated = wharf_api_kms::Client::new(kms.clone(), world.dispatcher.clone());
        let gated: Arc<dyn wharf_api_kms::Kms> = Arc::new(gated);
        let counted = Counted::new(clock.clone());
        let parts = Parts {
            kms: gated.clone(),
            mailer: None,
            own_kms: kms,
            egress: Egress::to(vec![local]),
            address: "http://wharf.test".to_owned(),
            signer: Arc::new(Signer::new(
                world.store.clone(),
                world.keyring.clone(),
                clock.clone(),
            )),
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            operations: queues.clone(),
            clock,
            counters: counted.counters.clone(),
            most_waiting,
            takeover: Takeover::Replace,
        };
        let sns = Running::start(move || {
            let sns = SnsService::new(parts.clone());
            let running = sns.clone();
            (sns, move |stop| async move { running.run(stop).await })
        });
        Self {
            queues,
            sns,
            kms: gated,
            world,
            counted,
        }
    }

    pub async fn topic(&self, name: &str) -> String {
        let input = api::CreateTopicInput {
            name: Some(name.to_owned()),
            ..Default::default()
        };
        self.sns
            .create_topic(&call(), input)
            .await
            .unwrap()
            .topic_arn
            .unwrap()
    }

    pub async fn subscribe(
        &self,
        topic: &str,
        queue: &str,
        attributes: &[(&str, &str)],
    ) -> Result<String, Fault> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let input = api::SubscribeInput {
            topic_arn: Some(topic.to_owned()),
            protocol: Some("sqs".to_owned()),
            endpoint: Some(format!("arn:aws:sqs:us-east-1:000000000000:{queue}")),
            attributes: Some(attributes.iter().map(owned).collect()),
            ..Default::default()
        };
        let made = self.sns.subscribe(&call(), input).await?;
        Ok(made.subscription_arn.unwrap())
    }

    pub async fn publish(&self, topic: &str, text: &str, kind: &str) -> String {
        let kind = api::MessageAttributeValue {
            data_type: Some("String".to_owned()),
            string_value: Some(kind.to_owned()),
            binary_value: None,
        };
        let input = api::PublishInput {
            topic_arn: Some(topic.to_owned()),
            message: Some(text.to_owned()),
            message_attributes: Some(BTreeMap::from([("kind".to_owned(), kind)])),
            ..Default::default()
        };
        self.sns
            .publish(&call(), input)
            .await
            .unwrap()
            .message_id
            .unwrap()
    }

    /// What queues got, by their names, once they got so much.
    pub async fn got(&self, number: usize) -> Vec<(String, Value)> {
        until("the queues got it", async || {
            self.queues.0.lock().unwrap().len() >= number
        })
        .await;
        let mut got: Vec<_> = self
            .queues
            .0
            .lock()
            .unwrap()
            .iter()
            .map(|(_, it)| {
                let url = it["QueueUrl"].as_str().unwrap();
                (url.rsplit('/').next().unwrap().to_owned(), it.clone())
            })
            .collect();
        got.sort_by(|a, b| a.0.cmp(&b.0));
        got
    }
}
