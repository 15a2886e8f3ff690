//! A service to ask, that can be ended and started again.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use wharf_api_sqs::{self as api, Message, ReceiveMessageRequest, SendMessageRequest, Sqs as _};
use wharf_base::{Clock as _, SystemClock, TestClock};
use wharf_reconcile::Takeover;
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_sqs::{Parts, SqsService};
use wharf_testkit::{Running, World};
use wharf_vended::Counters;
use wharf_wire::{Call, Fault};

/// Bytes of messages of an account.
pub const MOST_BYTES: u64 = 4 << 20;

pub struct Home {
    pub world: World,
    pub sqs: Running<SqsService>,
    pub kms: KmsService,
    pub clock: Arc<TestClock>,
    pub counters: Counters,
}

impl Home {
    pub fn new() -> Self {
        Self::over(World::new())
    }

    pub fn over(world: World) -> Self {
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let keys = wharf_api_kms::Client::new(Arc::new(kms.clone()), world.dispatcher.clone());
        let counters = Counters::new(clock.clone());
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            kms: Arc::new(keys),
            clock: clock.clone(),
            counters: counters.clone(),
            most_bytes: MOST_BYTES,
            takeover: Takeover::Replace,
        };
        let sqs = Running::start(move || {
            let sqs = SqsService::new(parts.clone());
            let running = sqs.clone();
            (sqs, move |stop| async move { running.run(stop).await })
        });
        Self {
            world,
            sqs,
            kms,
            clock,
            counters,
        }
    }

    pub fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn try_queue(
        &self,
        name: &str,
        attributes: &[(&str, &str)],
    ) -> Result<String, Fault> {
        let input = api::CreateQueueRequest {
            queue_name: Some(name.to_owned()),
            attributes: Some(map(attributes)),
            tags: None,
        };
        let made = self.sqs.create_queue(&call(), input).await?;
        Ok(made.queue_url.unwrap())
    }

    pub async fn queue(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        self.try_queue(name, attributes).await.unwrap()
    }

    /// The message's id.
    pub async fn send(&self, queue: &str, body: &str) -> String {
        let input = SendMessageRequest {
            queue_url: Some(queue.to_owned()),
            message_body: Some(body.to_owned()),
            ..SendMessageRequest::default()
        };
        self.sqs
            .send_message(&call(), input)
            .await
            .unwrap()
            .message_id
            .unwrap()
    }

    pub async fn send_to_group(
        &self,
        queue: &str,
        body: &str,
        group: &str,
        dedup: Option<&str>,
    ) -> Result<api::SendMessageResult, Fault> {
        let input = SendMessageRequest {
            queue_url: Some(queue.to_owned()),
            message_body: Some(body.to_owned()),
            message_group_id: Some(group.to_owned()),
            message_deduplication_id: dedup.map(str::to_owned),
            ..SendMessageRequest::default()
        };
        self.sqs.send_message(&call(), input).await
    }

    pub async fn try_receive(&self, input: ReceiveMessageRequest) -> Result<Vec<Message>, Fault> {
        let got = self.sqs.receive_message(&call(), input).await?;
        Ok(got.messages.unwrap_or_default())
    }

    /// Up to ten messages, with all that is said of them.
    pub async fn receive(&self, queue: &str) -> Vec<Message> {
        self.try_receive(receiving(queue)).await.unwrap()
    }

    pub async fn bodies(&self, queue: &str) -> Vec<String> {
        let got = self.receive(queue).await.into_iter();
        got.map(|it| it.body.unwrap()).collect()
    }

    pub async fn delete(&self, queue: &str, message: &Message) -> Result<(), Fault> {
        let input = api::DeleteMessageRequest {
            queue_url: Some(queue.to_owned()),
            receipt_handle: message.receipt_handle.clone(),
        };
        self.sqs.delete_message(&call(), input).await
    }

    pub async fn hold_for(
        &self,
        queue: &str,
        message: &Message,
        seconds: i32,
    ) -> Result<(), Fault> {
        let input = api::ChangeMessageVisibilityRequest {
            queue_url: Some(queue.to_owned()),
            receipt_handle: message.receipt_handle.clone(),
            visibility_timeout: Some(seconds),
        };
        self.sqs.change_message_visibility(&call(), input).await
    }

    pub async fn attributes(&self, queue: &str) -> BTreeMap<String, String> {
        let input = api::GetQueueAttributesRequest {
            queue_url: Some(queue.to_owned()),
            attribute_names: Some(vec!["All".to_owned()]),
        };
        let got = self.sqs.get_queue_attributes(&call(), input).await.unwrap();
        got.attributes.unwrap()
    }

    pub async fn set(&self, queue: &str, attributes: &[(&str, &str)]) -> Result<(), Fault> {
        let input = api::SetQueueAttributesRequest {
            queue_url: Some(queue.to_owned()),
            attributes: Some(map(attributes)),
        };
        self.sqs.set_queue_attributes(&call(), input).await
    }

    /// Ready, delayed, held.
    pub async fn counts(&self, queue: &str) -> [String; 3] {
        let all = self.attributes(queue).await;
        ["", "Delayed", "NotVisible"]
            .map(|it| all[&format!("ApproximateNumberOfMessages{it}")].clone())
    }
}

pub fn call() -> Call {
    wharf_testkit::call()
}

pub fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

pub fn receiving(queue: &str) -> ReceiveMessageRequest {
    ReceiveMessageRequest {
        queue_url: Some(queue.to_owned()),
        max_number_of_messages: Some(10),
        message_system_attribute_names: Some(vec!["All".to_owned()]),
        message_attribute_names: Some(vec!["All".to_owned()]),
        ..ReceiveMessageRequest::default()
    }
}

pub fn said(message: &Message, attribute: &str) -> String {
    let attributes = message.attributes.as_ref();
    attributes
        .and_then(|it| it.get(attribute))
        .cloned()
        .unwrap_or_default()
}
