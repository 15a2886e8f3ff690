//! The parcels of schedules, carried to their targets.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_api_scheduler::Target;
use wharf_base::Timestamp;
use wharf_datakeys::Envelope;
use wharf_delivery::{
    Actor, Courier, DeadLetter, Failure, GivenUp, Lane, Operations, Outcome, Parcel, Sending,
    send_all,
};
use wharf_vended::Counters;
use wharf_wire::async_trait;

use crate::{
    metered,
    names::PRINCIPAL,
    target::{self, Fired},
    under_key,
};

fn never(text: String) -> Failure {
    Failure::lasting("InvalidTarget", text)
}

/// One moment of a schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errand {
    pub schedule_arn: String,
    pub region: String,
    pub at: Timestamp,
    pub execution: String,
    /// As the schedule had it at that moment.
    pub target: Value,
    /// Its input, if that is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Envelope>,
}

/// Calls targets, and writes to the queues of dead letters.
pub struct Messenger {
    pub operations: Arc<dyn Operations>,
    pub counters: Counters,
}

impl Errand {
    fn actor(&self, target: &Target) -> Actor {
        Actor::Role {
            arn: target.role_arn.clone().unwrap_or_default(),
            service: PRINCIPAL.to_owned(),
            source_arn: self.schedule_arn.clone(),
        }
    }

    fn fired(&self, attempt: u32) -> Fired<'_> {
        Fired {
            schedule_arn: &self.schedule_arn,
            at: self.at,
            execution: &self.execution,
            attempt,
        }
    }
}

impl Messenger {
    /// The target of an errand with its input.
    async fn whole(&self, errand: &Errand) -> Result<Value, Failure> {
        let Some(sealed) = &errand.sealed else {
            return Ok(errand.target.clone());
        };
        let target = target::read(&errand.target).map_err(|error| never(error.to_string()))?;
        let actor = errand.actor(&target);
        let at = (errand.region.as_str(), errand.schedule_arn.as_str());
        under_key::opened(&*self.operations, &actor, at, &errand.target, sealed).await
    }

    async fn sending(&self, parcel: &Parcel<Errand>) -> Result<Sending, Failure> {
        let errand = &parcel.work;
        let whole = self.whole(errand).await?;
        let target = target::read(&whole).map_err(|error| never(error.to_string()))?;
        let fired = errand.fired(parcel.failures.saturating_add(1));
        let request = target::request(&target, &whole, &errand.region, &fired);
        Ok(Sending {
            actor: errand.actor(&target),
            request: request.map_err(|bad| never(bad.0))?,
            answer_is_enough: target::is_universal(&target),
        })
    }
}

#[async_trait]
impl Courier for Messenger {
    type Work = Errand;

    fn lane(&self, errand: &Errand) -> Lane {
        Lane::of(&[&errand.schedule_arn])
    }

    async fn deliver(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        let mut sendings = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            sendings.push(self.sending(parcel).await);
        }
        send_all(&*self.operations, sendings).await
    }

    async fn given_up(&self, parcel: &Parcel<Errand>, why: GivenUp) -> Result<(), Failure> {
        let errand = &parcel.work;
        // An input that does not open stays shut: its letter says all but that.
        let whole = self.whole(errand).await;
        let is_shut = whole.is_err();
        let whole = whole.unwrap_or_else(|_| errand.target.clone());
        let Ok(target) = target::read(&whole) else {
            return Ok(());
        };
        let body = match is_shut {
            true => "{}".to_owned(),
            false => target::letter(&target, &errand.region, &errand.fired(1)),
        };
        let mut attributes = why.attributes();
        attributes.extend([
            ("EXECUTION_ID", errand.execution.clone()),
            ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
            ("SCHEDULED_TIME", errand.at.iso8601_seconds()),
            ("SCHEDULE_ARN", errand.schedule_arn.clone()),
            ("TARGET_ARN", target.arn.clone().unwrap_or_default()),
        ]);
        let queue = target.dead_letter_config.as_ref();
        let letter = DeadLetter {
            queue: queue.and_then(|it| it.arn.as_deref()),
            body: &body,
            group: None,
            attributes,
            token: &errand.execution,
        };
        let actor = errand.actor(&target);
        letter.send(&*self.operations, &actor).await
    }

    fn became(&self, all: &[Outcome<'_, Errand>]) {
        self.counters.together(|counts| {
            for it in all {
                let errand = &it.parcel.work;
                let queue = &errand.target["DeadLetterConfig"]["Arn"];
                metered::became(counts, &errand.schedule_arn, queue.is_string(), it.what);
            }
        });
    }
}
