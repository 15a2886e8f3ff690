//! Sends events to targets, and dead letters to queues.

use std::sync::{Arc, Weak};

use futures_util::{StreamExt as _, future::join_all, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::{Arn, Permit};
use wharf_delivery::{
    Actor, Body, Courier, DeadLetter, Failure, GivenUp, Invocation, Lane, Operations, Outcome,
    Parcel, Request, Sending, Span, send_all, targets,
};
use wharf_service::Place;
use wharf_vended::Counters;
use wharf_wire::{Check, async_trait};
use zeroize::Zeroizing;

use crate::{
    accept::{self, Arriving},
    authorize,
    bus_log::{
        self, Logger,
        steps::{self, Step},
    },
    connection::ask::OfTarget,
    core::Core,
    dead_letters, error_code,
    event::Event,
    fault,
    keys::{Sealed, Seals},
    log_group, metered,
    names::{BusName, Tagged},
    targets::Kind,
};

const PERMIT: Permit = Permit::for_controller("events-passed-on");
/// Buses that pass an event on: rules that send it in a circle end there.
const MOST_HOPS: u32 = 3;

/// The name under which the service acts.
pub const PRINCIPAL: &str = "events.amazonaws.com";
/// Requests to one destination at once.
const MOST_REQUESTS: usize = 8;
/// Bytes of what targets get that tries are logged of at once: each is in several records.
const LOGGED_AT_ONCE: usize = 1 << 20;
/// Characters of what a task says it was started by.
const LONGEST_STARTER: usize = 36;

/// One event for one target of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errand {
    /// Of event, rule and target: a target that can, takes the same one once.
    pub id: String,
    /// The account of the rule.
    pub account: String,
    pub rule: String,
    pub rule_arn: String,
    /// As the API shows it.
    pub target: Value,
    /// What the target gets.
    pub payload: String,
    /// Buses that passed the event on before.
    #[serde(default)]
    pub hops: u32,
    /// The event, for its dead letter, where that is something else.
    #[serde(default)]
    pub event: Option<String>,
    /// There is no payload: it would be larger than a target may be sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub too_large: bool,
    /// A service put the rule: it is the service's own, and nothing of it is in the log of its bus.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_managed: bool,
    /// The payload, and the event for a dead letter, if its bus has a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
}

/// What of an errand is sealed.
#[derive(Serialize, Deserialize)]
struct Content {
    payload: String,
    #[serde(default)]
    event: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(it: &bool) -> bool {
    !it
}

impl Errand {
    /// Bytes of its record: quotes in its texts count twice there.
    pub fn size(&self) -> usize {
        let written = serde_json::to_vec(self).map_or(0, |it| it.len());
        written + 1024
    }

    /// The same in at most so many bytes: at first without the event for its dead letter, then with nothing
    /// that can be delivered.
    #[must_use]
    pub fn within(mut self, bytes: usize) -> Self {
        if self.size() <= bytes {
            return self;
        }
        let event = self.event.take();
        if self.size() <= bytes {
            return self;
        }
        self.too_large = true;
        let payload = std::mem::take(&mut self.payload);
        self.event = event.or(Some(payload));
        if self.size() > bytes {
            self.event = None;
        }
        self
    }

    /// The same with what is in it sealed.
    #[must_use]
    pub fn sealed(mut self, seals: &Seals) -> Self {
        let content = Content {
            payload: std::mem::take(&mut self.payload),
            event: self.event.take(),
        };
        let plain = serde_json::to_vec(&content).map(Zeroizing::new);
        let plain = plain.expect("texts are written as JSON");
        self.sealed = Some(seals.seal(&plain));
        self
    }

    pub fn text(&self, member: &str) -> Option<&str> {
        self.target[member].as_str()
    }

    /// In whose name the target is called: its role's, or the service's.
    pub fn actor(&self, role: Option<&str>) -> Actor {
        let source_arn = self.rule_arn.clone();
        match role {
            Some(arn) => Actor::Role {
                arn: arn.to_owned(),
                service: PRINCIPAL.to_owned(),
                source_arn,
            },
            None if self.kind() == Some(Kind::Bus) => Actor::Account {
                account: self.account.clone(),
                source_arn,
            },
            None => self.service(),
        }
    }

    /// The service, for the rule. Dead letters go in its name wherever the event was to go: the queue's policy
    /// decides.
    fn service(&self) -> Actor {
        Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: self.account.clone(),
            source_arn: self.rule_arn.clone(),
        }
    }

    fn kind(&self) -> Option<Kind> {
        Kind::of(self.text("Arn").unwrap_or_default())
    }

    /// What its dead letter says: no queue takes an empty one.
    fn letter(&self) -> &str {
        match (&self.event, &self.sealed) {
            (Some(event), None) => event,
            (None, None) if !self.too_large => &self.payload,
            _ => "{}",
        }
    }

    pub fn has_dead_letters(&self) -> bool {
        self.target["DeadLetterConfig"]["Arn"].is_string()
    }

    /// A token of the errand's own: ids of operations have at most 64 characters.
    pub fn token(&self) -> String {
        wharf_base::ids::uuid_of(self.id.as_bytes())
    }

    fn request(&self) -> Result<Request, Failure> {
        let arn = self.text("Arn").unwrap_or_default();
        let kind = Kind::of(arn).ok_or_else(|| never(format!("{arn} is no target")))?;
        let arn: Arn = arn.parse().map_err(|it| never(format!("{it}")))?;
        let token = self.token();
        Ok(match kind {
            Kind::Queue => {
                let group = self.target["SqsParameters"]["MessageGroupId"].as_str();
                targets::send_message(&arn, &self.payload, group, &[], &token)
            }
            Kind::Topic => targets::publish(&arn, &self.payload),
            Kind::Cluster => {
                let mut started_by = format!("events-rule/{}", self.rule);
                started_by.truncate(LONGEST_STARTER);
                let parameters = &self.target["EcsParameters"];
                let input = Some(self.payload.as_str());
                targets::run_task(&arn, parameters, input, &started_by, &token)
                    .map_err(|bad| never(bad.0))?
            }
            Kind::Bus | Kind::Destination | Kind::LogGroup => {
                return Err(never(format!("{arn} is no target of a call")));
            }
        })
    }
}

/// What may succeed later.
fn later(text: String) -> Failure {
    Failure::passing("InternalFailure", text)
}

/// What would fail for ever.
fn never(text: String) -> Failure {
    Failure::lasting("ValidationException", text)
}

/// Calls targets.
pub struct Targets {
    operations: Arc<dyn Operations>,
    counters: Counters,
    /// Events for other buses go on here.
    core: Weak<Core>,
}

impl Targets {
    pub fn new(operations: Arc<dyn Operations>, counters: Counters, core: Weak<Core>) -> Self {
        Self {
            operations,
            counters,
            core,
        }
    }

    async fn invoke(&self, parcel: &Parcel<Errand>) -> Result<(), Failure> {
        let errand = &parcel.work;
        let core = self.core.upgrade();
        let core = core.ok_or_else(|| later("the service ends".to_owned()))?;
        let actor = errand.actor(errand.text("RoleArn"));
        let invocation = Invocation {
            destination: errand.text("Arn").unwrap_or_default(),
            account: &errand.account,
            id: &errand.id,
            body: Body::Json(&errand.payload),
            last: parcel.last(),
        };
        let of = OfTarget::read(&errand.target["HttpParameters"]);
        let invoked = core.invoker.invoke(&core, &invocation, &of, &actor);
        invoked.await
    }

    /// Puts an event on another bus as it is: neither its source nor whose it is changes on the way.
    async fn pass_on(&self, errand: &Errand) -> Result<(), Failure> {
        let core = self.core.upgrade();
        let core = core.ok_or_else(|| later("the service ends".to_owned()))?;
        let place = Place::new(&errand.account, "");
        let bus = BusName::asked(&place, errand.text("Arn"));
        if errand.hops >= MOST_HOPS {
            return Err(never(format!("the event was passed on {MOST_HOPS} times")));
        }
        let document = serde_json::from_str(&errand.payload).unwrap_or_default();
        let event = Event::read(&document, errand.hops + 1);
        let event = event.ok_or_else(|| never("the event cannot be read".to_owned()))?;
        let found = core.look(&bus).await.map_err(|it| later(it.to_string()))?;
        // Who may not put events on it does not learn whether it is there.
        let policy = found.as_ref().and_then(|it| it.policy.clone());
        let check = Check::new("events:PutEvents", bus.arn())
            .with("events:source", event.source.clone())
            .with("events:detail-type", event.detail_type.clone())
            .with(authorize::INVOCATION, "true")
            .with_resource_policy(policy);
        let actor = errand.actor(errand.text("RoleArn"));
        let region = &bus.place.region;
        self.operations.may(&actor, region, &[check]).await?;
        let found = found.ok_or_else(|| Failure::from(fault::no_bus(&bus.name)))?;
        // What services say of themselves needs no key.
        let is_customers = !event.source.starts_with("aws.");
        if let Some(queue) = found.dead_letters.filter(|_| is_customers)
            && let Err(fault) = core.seals(&bus).await
            && dead_letters::are_for(&fault)
        {
            return dead_letters::send(&core, &bus, &queue, &event, &fault).await;
        }
        let accepted = accept::accept(
            &core,
            &PERMIT,
            vec![Arriving {
                bus,
                event,
                request: None,
                since: None,
                only: None,
            }],
        )
        .await;
        accepted.map_err(|it| later(it.to_string()))?;
        Ok(())
    }

    /// A parcel with what is sealed in it.
    async fn opened(&self, parcel: &Parcel<Errand>) -> Result<Parcel<Errand>, Failure> {
        let mut parcel = parcel.clone();
        let Some(sealed) = parcel.work.sealed.take() else {
            return Ok(parcel);
        };
        let core = self.core.upgrade();
        let core = core.ok_or_else(|| later("the service ends".to_owned()))?;
        // A key that is disabled may be enabled again.
        let opened = core.keys.open(&sealed, core.parts.clock.now()).await;
        let opened = opened.map_err(|it| Failure::passing(it.code, it.message))?;
        let content: Content =
            serde_json::from_slice(opened.expose()).map_err(|it| never(it.to_string()))?;
        parcel.work.payload = content.payload;
        parcel.work.event = content.event;
        Ok(parcel)
    }

    /// Why an errand is given up, in the words of dead letters.
    async fn as_letters_say(&self, errand: &Errand, why: GivenUp) -> GivenUp {
        let mut code = error_code::of(&why.failure);
        let mut text = why.failure.text.clone();
        if code == error_code::NO_PERMISSIONS {
            if !self.may_be_assumed(errand).await {
                code = error_code::FAILED_TO_ASSUME_ROLE;
            } else if let Some(gone) = self.gone(errand).await {
                code = error_code::NO_RESOURCE;
                text = gone;
            }
        }
        GivenUp {
            failure: Failure {
                code: code.to_owned(),
                text,
                ..why.failure
            },
            ..why
        }
    }

    async fn may_be_assumed(&self, errand: &Errand) -> bool {
        let Some(role) = errand.text("RoleArn") else {
            return true;
        };
        let rule = errand.rule_arn.as_str();
        match self.operations.may_assume(role, PRINCIPAL, rule).await {
            Ok(()) => true,
            // Who fails knows nothing.
            Err(fault) => fault.status >= 500,
        }
    }

    /// What is said of a target that is gone, which the service has no permission for: that was in its policy. Nobody asks
    /// for what is of another account, which does not tell whether it is there.
    async fn gone(&self, errand: &Errand) -> Option<String> {
        let arn: Arn = errand.text("Arn")?.parse().ok()?;
        if arn.account != errand.account {
            return None;
        }
        let request = match errand.kind()? {
            Kind::Queue => targets::find_queue(&arn),
            Kind::Topic => targets::find_topic(&arn),
            _ => return None,
        };
        let owner = Actor::Account {
            account: errand.account.clone(),
            source_arn: errand.rule_arn.clone(),
        };
        let fault = self.operations.call(&owner, &request).await.err()?;
        let failure = Failure::from(fault);
        (error_code::of(&failure) == error_code::NO_RESOURCE).then_some(failure.text)
    }

    /// The log of the bus whose rule sends an errand, if something of it is logged.
    async fn logger(&self, errand: &Errand) -> Option<(Arc<Core>, Arc<Logger>)> {
        let core = self.core.upgrade()?;
        if errand.is_managed || !core.parts.log_deliveries.are_any() {
            return None;
        }
        let Some(Tagged::Rule(bus, _)) = Tagged::parse(&errand.rule_arn) else {
            return None;
        };
        let logger = bus_log::logger(&core, &bus).await?;
        Some((core, logger))
    }

    /// One try of parcels that are open, which their bus logs.
    async fn carry(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        let logger = match parcels.first() {
            // All of a lane are of one rule.
            Some(first) => self.logger(&first.work).await,
            None => None,
        };
        let Some((core, logger)) = logger else {
            return self.try_all(parcels).await;
        };
        let began = core.parts.clock.now();
        let answers = self.try_all(parcels).await;
        let ended = core.parts.clock.now();
        let span = Span { began, ended };
        let (mut said, mut bytes) = (Vec::new(), 0);
        for (parcel, answer) in parcels.iter().zip(&answers) {
            said.extend(steps::of_try(parcel, answer, span, logger.is_full));
            bytes += parcel.work.payload.len();
            if bytes >= LOGGED_AT_ONCE {
                logger.log(std::mem::take(&mut said)).await;
                bytes = 0;
            }
        }
        logger.log(said).await;
        answers
    }

    async fn try_all(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        let (mut able, mut answers) = (parcels.to_vec(), Vec::with_capacity(parcels.len()));
        able.retain(|it| !it.work.too_large);
        let mut tried = self.bring(&able).await.into_iter();
        for parcel in parcels {
            if parcel.work.too_large {
                answers.push(Err(never(
                    "the input of the target is too large".to_owned(),
                )));
                continue;
            }
            match tried.next() {
                Some(answer) => answers.push(answer),
                None => break,
            }
        }
        answers
    }

    /// One try of parcels that have a payload.
    async fn bring(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        let errands = parcels.iter().map(|it| &it.work);
        // All of a lane have one target.
        if errands.clone().any(|it| it.kind() == Some(Kind::Bus)) {
            return join_all(errands.map(|it| self.pass_on(it))).await;
        }
        if errands
            .clone()
            .any(|it| it.kind() == Some(Kind::Destination))
        {
            let mut requests = Vec::with_capacity(parcels.len());
            for parcel in parcels {
                requests.push(self.invoke(parcel));
            }
            let requests = stream::iter(requests);
            return requests.buffered(MOST_REQUESTS).collect().await;
        }
        if errands.clone().any(|it| it.kind() == Some(Kind::LogGroup)) {
            return log_group::write(&*self.operations, parcels).await;
        }
        let sendings = errands.map(|errand| {
            Ok(Sending {
                actor: errand.actor(errand.text("RoleArn")),
                request: errand.request()?,
                answer_is_enough: false,
            })
        });
        send_all(&*self.operations, sendings.collect()).await
    }
}

#[async_trait]
impl Courier for Targets {
    type Work = Errand;

    fn lane(&self, errand: &Errand) -> Lane {
        let target = errand.text("Arn").unwrap_or_default();
        let role = errand.text("RoleArn").unwrap_or_default();
        Lane::of(&[&errand.rule_arn, target, role])
    }

    async fn deliver(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        if parcels.iter().all(|it| it.work.sealed.is_none()) {
            return self.carry(parcels).await;
        }
        let mut opened = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            opened.push(self.opened(parcel).await);
        }
        let able: Vec<_> = opened.iter().filter_map(|it| it.as_ref().ok()).collect();
        let mut tried = self.carry(&able).await.into_iter();
        let mut answers = Vec::with_capacity(parcels.len());
        for parcel in &opened {
            match parcel {
                Err(failure) => answers.push(Err(failure.clone())),
                Ok(_) => match tried.next() {
                    Some(answer) => answers.push(answer),
                    None => break,
                },
            }
        }
        answers
    }

    async fn given_up(&self, parcel: &Parcel<Errand>, why: GivenUp) -> Result<(), Failure> {
        let opened = self.opened(parcel).await;
        // What does not open stays shut: its letter says all but what the event was.
        let errand = opened.as_ref().map_or(&parcel.work, |it| &it.work);
        if let Some(core) = self.core.upgrade() {
            core.invoker.forget(errand);
        }
        let logged = self.logger(errand).await;
        // Later its dead letter is tried again.
        if let Some((core, logger)) = logged.as_ref().filter(|_| parcel.failures == 0) {
            let (step, now) = (Step::InvocationFailure, core.parts.clock.now());
            let said = steps::of_end(step, errand, &why, now, logger.is_full);
            logger.log(vec![said]).await;
        }
        let told = match errand.has_dead_letters() {
            true => self.as_letters_say(errand, why.clone()).await,
            false => why.clone(),
        };
        let mut attributes = told.attributes();
        let target = errand.text("Arn").unwrap_or_default();
        attributes.extend([
            ("RULE_ARN", errand.rule_arn.clone()),
            ("TARGET_ARN", target.to_owned()),
        ]);
        let letter = DeadLetter {
            queue: errand.target["DeadLetterConfig"]["Arn"].as_str(),
            body: errand.letter(),
            group: None,
            attributes,
            token: &errand.token(),
        };
        letter.send(&*self.operations, &errand.service()).await?;
        if let Some((core, logger)) = logged.filter(|_| errand.has_dead_letters()) {
            let (step, now) = (Step::InvocationDlq, core.parts.clock.now());
            let said = steps::of_end(step, errand, &why, now, logger.is_full);
            logger.log(vec![said]).await;
        }
        Ok(())
    }

    fn became(&self, all: &[Outcome<'_, Errand>]) {
        self.counters.together(|counts| {
            for it in all {
                metered::became(counts, it);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errand(payload: usize, event: Option<usize>) -> Errand {
        Errand {
            id: "e".to_owned(),
            account: "a".to_owned(),
            rule: "r".to_owned(),
            rule_arn: "arn".to_owned(),
            target: Value::Null,
            // Each takes two bytes when it is written.
            payload: "\"".repeat(payload),
            hops: 0,
            event: event.map(|it| "\"".repeat(it)),
            too_large: false,
            is_managed: false,
            sealed: None,
        }
    }

    #[test]
    fn errands_are_written_as_they_were_before_but_for_those_of_managed_rules() {
        let written = r#"{"id":"e","account":"a","rule":"r","ruleArn":"arn","target":null,"payload":"","hops":0,"event":null}"#;
        let mut read: Errand = serde_json::from_str(written).unwrap();
        assert!(!read.is_managed);
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        read.is_managed = true;
        let written = serde_json::to_string(&read).unwrap();
        assert!(written.contains(r#""isManaged":true"#), "{written}");
        assert_eq!(serde_json::from_str::<Errand>(&written).unwrap(), read);
    }

    #[test]
    fn what_is_too_large_for_its_dead_letter_has_one_all_the_same() {
        assert_eq!(errand(6000, None).within(10_000).letter(), "{}");
        assert_eq!(errand(2, None).within(10_000).letter(), "\"\"");
    }

    #[test]
    fn an_errand_is_cut_to_what_a_record_holds() {
        for (payload, event, left) in [
            (100, Some(100), (100, Some(100), false)),
            (3000, Some(3000), (3000, None, false)),
            (6000, Some(3000), (0, Some(3000), true)),
            (6000, Some(6000), (0, None, true)),
            (6000, None, (0, None, true)),
        ] {
            let cut = errand(payload, event).within(10_000);
            assert!(cut.size() <= 10_000);
            let seen = (
                cut.payload.len(),
                cut.event.map(|it| it.len()),
                cut.too_large,
            );
            assert_eq!(seen, left, "{payload} {event:?}");
        }
    }
}
