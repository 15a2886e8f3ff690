//! Sends messages to the queues that subscribed, and dead letters to theirs, as the service: the policies of the queues
//! decide.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use wharf_base::Arn;
use wharf_delivery::{
    Actor, Courier, DeadLetter, Failure, GivenUp, Lane, Operations, Parcel, Policy, Request,
    Sending, send_all, targets,
};
use wharf_wire::async_trait;

use crate::message::Message;

/// The name under which the service acts.
const PRINCIPAL: &str = "sns.amazonaws.com";
/// Queues are tried for 23 days on AWS, 100,015 times; here as long, about as often as the waits allow.
pub const POLICY: Policy = Policy {
    retries: 100_015,
    max_age_seconds: 23 * 86_400,
};

/// One message for one subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Errand {
    /// ARN of the topic.
    pub topic: String,
    /// The account of the topic.
    pub account: String,
    /// ARN of the queue.
    pub queue: String,
    pub raw: bool,
    #[serde(default)]
    pub dead_letters: Option<String>,
    pub message: Message,
}

impl Errand {
    fn actor(&self) -> Actor {
        Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: self.account.clone(),
            source_arn: self.topic.clone(),
        }
    }

    fn body(&self) -> String {
        match self.raw {
            true => self.message.text.clone(),
            false => self.message.envelope(&self.topic),
        }
    }

    fn request(&self) -> Result<Request, Failure> {
        let queue: Arn = self.queue.parse().map_err(|it| never(format!("{it}")))?;
        let group = self.message.group.as_deref();
        let mut request = targets::send_message(&queue, &self.body(), group, &[], &self.message.id);
        if self.raw {
            let attributes = self.message.raw_attributes();
            let attributes =
                attributes.ok_or_else(|| never("more attributes than a queue takes".to_owned()))?;
            if attributes != json!({}) {
                request.input["MessageAttributes"] = attributes;
            }
        }
        Ok(request)
    }
}

fn never(text: String) -> Failure {
    Failure {
        code: "InvalidParameter".to_owned(),
        text,
        passes: false,
    }
}

pub struct Queues(pub Arc<dyn Operations>);

#[async_trait]
impl Courier for Queues {
    type Work = Errand;

    fn lane(&self, errand: &Errand) -> Lane {
        Lane::of(&[&errand.topic, &errand.queue])
    }

    async fn deliver(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        let sendings = parcels.iter().map(|it| {
            Ok(Sending {
                actor: it.work.actor(),
                request: it.work.request()?,
            })
        });
        send_all(&*self.0, sendings.collect()).await
    }

    async fn given_up(&self, parcel: &Parcel<Errand>, why: GivenUp) -> Result<(), Failure> {
        let errand = &parcel.work;
        let why = GivenUp {
            // AWS says it of rules and schedules alone.
            exhausted: None,
            ..why
        };
        let letter = DeadLetter {
            queue: errand.dead_letters.as_deref(),
            body: &errand.body(),
            attributes: why.attributes(),
            token: &errand.message.id,
        };
        letter.send(&*self.0, &errand.actor()).await
    }
}
