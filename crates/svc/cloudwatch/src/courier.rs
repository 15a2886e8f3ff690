//! What alarms owe, on its way: messages to topics, calls of policies of scaling, what is done to instances.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;
use wharf_base::{Arn, Clock, Permit, Timestamp};
use wharf_delivery::{
    Actor, Courier, Failure, GivenUp, Lane, Operations, Parcel, Policy, Request, send,
};
use wharf_service::{Place, Table, transact};
use wharf_wire::async_trait;

use crate::{
    alarm::{history, instances},
    config::{Alarmed, Scaling},
    fault::CloudwatchFaults,
    names,
    records::{Alarm, StateValue},
};

const PERMIT: Permit = Permit::for_controller("cloudwatch-courier");
/// The name under which the service acts.
const PRINCIPAL: &str = "cloudwatch.amazonaws.com";

type ChangeError = wharf_service::ChangeError<CloudwatchFaults>;

/// Something that follows from a change of an alarm's state.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Errand {
    Message(Message),
    Call(Call),
    Instance(instances::Errand),
}

/// A message to a topic.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub alarm_arn: String,
    pub account: String,
    pub topic: String,
    /// The topic's.
    pub region: String,
    pub subject: String,
    pub message: String,
}

/// A call of a policy of scaling.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    pub alarm: String,
    pub account: String,
    pub region: String,
    pub policy: String,
    pub state: StateValue,
    pub threshold: f64,
    #[serde(default)]
    pub values: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_from: Option<Timestamp>,
    pub at: Timestamp,
    pub every_seconds: u32,
}

impl Call {
    /// A later look says it again, and by newer data.
    pub const POLICY: Policy = Policy {
        retries: 185,
        max_age_seconds: 120,
    };

    pub fn alarmed(&self) -> Alarmed {
        Alarmed {
            place: Place::new(&self.account, &self.region),
            policy: self.policy.clone(),
            alarm: self.alarm.clone(),
            state: self.state.name(),
            threshold: self.threshold,
            values: self.values.clone(),
            measured_from: self.measured_from,
            at: self.at,
            every: Duration::from_secs(self.every_seconds.into()),
        }
    }
}

/// Publishes as the service, for the alarm: the topic's policy says whether it may, the default one for alarms of its own account.
pub struct Messenger {
    pub operations: Arc<dyn Operations>,
    pub scaling: Arc<dyn Scaling>,
    pub table: Table<CloudwatchFaults>,
    pub clock: Arc<dyn Clock>,
}

impl Errand {
    /// The alarm, and its action.
    fn of(&self) -> Option<(Place, String, &str)> {
        match self {
            Self::Message(it) => {
                let arn: Arn = it.alarm_arn.parse().ok()?;
                let name = arn.resource.strip_prefix("alarm:")?.to_owned();
                Some((Place::new(arn.account, arn.region), name, &it.topic))
            }
            Self::Call(it) => {
                let place = Place::new(&it.account, &it.region);
                Some((place, it.alarm.clone(), &it.policy))
            }
            Self::Instance(it) => {
                let place = Place::new(&it.account, &it.region);
                Some((place, it.alarm.clone(), &it.action))
            }
        }
    }
}

impl Messenger {
    /// Writes into an alarm's history that an action came to nothing: it is where its owner looks.
    async fn note(&self, errand: &Errand, why: &Failure) -> Result<(), ChangeError> {
        let Some((place, name, action)) = errand.of() else {
            return Ok(());
        };
        let key = names::alarm_key(&place, &name);
        let now = self.clock.now();
        transact!(self.table, &PERMIT, |tx| {
            // Nobody asks for the history of one that was deleted meanwhile.
            let Some(mut alarm) = tx.find::<Alarm>(&key).await? else {
                return Ok(());
            };
            let said = history::failed(action, &alarm, &why.to_string());
            history::note(&mut tx, &place, &mut alarm, said, now);
            tx.put(&key, &alarm);
        });
        Ok(())
    }

    async fn carry(&self, errand: &Errand) -> Result<(), Failure> {
        match errand {
            Errand::Message(it) => {
                let input = json!({
                    "TopicArn": it.topic,
                    "Subject": it.subject,
                    "Message": it.message,
                });
                let actor = Actor::Service {
                    name: PRINCIPAL.to_owned(),
                    account: it.account.clone(),
                    source_arn: it.alarm_arn.clone(),
                };
                let request = Request::new("sns", "Publish", &it.region, input);
                send(&*self.operations, &actor, &request).await
            }
            Errand::Call(it) => Ok(self.scaling.alarmed(it.alarmed()).await?),
            // Whoever put the alarm was asked whether they may.
            Errand::Instance(it) => {
                let input = json!({ "InstanceIds": [it.instance] });
                let actor = Actor::Account {
                    account: it.account.clone(),
                    source_arn: it.alarm_arn.clone(),
                };
                let request = Request::new("ec2", &it.operation, &it.region, input);
                send(&*self.operations, &actor, &request).await
            }
        }
    }
}

#[async_trait]
impl Courier for Messenger {
    type Work = Errand;

    fn lane(&self, errand: &Errand) -> Lane {
        match errand {
            Errand::Message(it) => Lane::ordered(&[&it.alarm_arn, &it.topic]),
            Errand::Call(it) => Lane::ordered(&[&it.alarm, &it.policy]),
            Errand::Instance(it) => Lane::ordered(&[&it.alarm_arn, &it.instance]),
        }
    }

    async fn deliver(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        let mut answers = Vec::with_capacity(parcels.len());
        // Lanes are ordered: there is one.
        for parcel in parcels {
            answers.push(self.carry(&parcel.work).await);
        }
        answers
    }

    async fn given_up(&self, parcel: &Parcel<Errand>, why: GivenUp) -> Result<(), Failure> {
        if let Err(error) = self.note(&parcel.work, &why.failure).await {
            tracing::warn!(%error, "failed to write into an alarm's history that its action failed");
        }
        match &parcel.work {
            Errand::Message(it) => tracing::warn!(
                alarm = it.alarm_arn,
                topic = it.topic,
                error = %why.failure,
                "publishing the message of an alarm failed, no further retry"
            ),
            Errand::Call(it) => tracing::warn!(
                alarm = it.alarm,
                policy = it.policy,
                error = %why.failure,
                "calling the scaling policy of an alarm failed, no further retry"
            ),
            Errand::Instance(it) => tracing::warn!(
                alarm = it.alarm_arn,
                instance = it.instance,
                operation = it.operation,
                error = %why.failure,
                "the action of an alarm on an instance failed, no further retry"
            ),
        }
        Ok(())
    }
}
