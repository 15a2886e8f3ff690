//! Sends messages to subscribers: to queues as the service, whose policies decide, and to web servers by HTTP; dead
//! letters to their queues.

use std::{borrow::Cow, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{
    Request as HttpRequest, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use serde_json::json;
use wharf_api_kms::Kms;
use wharf_base::{Arn, Clock};
use wharf_delivery::{
    Courier, DeadLetter, Failure, GivenUp, Lane, Operations, Outcome, Parcel, Rates, Request,
    Sending, gap, send_all, targets,
};
use wharf_egress::{Failure as NoAnswer, Limits, Shares};
use wharf_seal::Keyring;
use wharf_vended::Counters;
use wharf_wire::async_trait;

use crate::{
    crypt,
    delivery_policy::Effective,
    endpoint::{Protocol, without_credentials},
    envelope::{Envelope, Kind, links},
    errand::Errand,
    mail::{Mailer, UNREACHED, text},
    metered,
    names::TopicId,
    signing::Signer,
    token::{LIFE, Token},
};

/// A web server that has not answered by then has failed, as on AWS; of what it answers nothing is needed.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(15),
    body: 64 << 10,
};
/// Requests to one web server at once.
const MOST_REQUESTS: usize = 8;
/// Requests under way and names looked up at once, of all accounts, and of one of them.
pub const ALL_AT_ONCE: (usize, usize) = (96, 12);
pub const AT_ONCE: (usize, usize) = (32, 4);
/// How long a message waits for its account's next turn.
const TURN: Duration = Duration::from_secs(1);
/// Mails to one subscriber, as on AWS.
const MAILS_A_SECOND: u32 = 10;
/// Between two questions of one account to one mailbox, which did not ask for them.
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(60);
/// A mail's body, of what is said and a link.
type Text = fn(&str, &str) -> String;
const AGENT: &str = "Amazon Simple Notification Service Agent";

#[derive(Clone)]
pub struct Messages {
    pub operations: Arc<dyn Operations>,
    pub egress: Arc<Shares>,
    pub signer: Arc<Signer>,
    pub keyring: Keyring,
    pub mailer: Option<Mailer>,
    /// Opens messages of topics with a key.
    pub kms: Arc<dyn Kms>,
    pub clock: Arc<dyn Clock>,
    /// Where this installation is reached, for subscriptions that do not say it.
    pub address: String,
    pub rates: Arc<Rates>,
    pub counters: Counters,
}

fn never(text: String) -> Failure {
    Failure::lasting("InvalidParameter", text)
}

fn later(cause: &dyn std::error::Error) -> Failure {
    Failure::passing("InternalFailure", cause.to_string())
}

impl Messages {
    /// A parcel whose message can be read.
    async fn opened<'a>(
        &self,
        parcel: &'a Parcel<Errand>,
    ) -> Result<Cow<'a, Parcel<Errand>>, Failure> {
        let errand = &parcel.work;
        if errand.message.sealed.is_none() {
            return Ok(Cow::Borrowed(parcel));
        }
        let topic = TopicId::given(Some(&errand.topic)).map_err(|it| never(it.message))?;
        let now = self.clock.now();
        let message = crypt::opened(&*self.kms, &topic, &errand.message, now).await?;
        let mut opened = parcel.clone();
        opened.work.message = message.for_protocol(errand.protocol);
        Ok(Cow::Owned(opened))
    }

    fn base<'a>(&'a self, errand: &'a Errand) -> &'a str {
        match errand.base.as_str() {
            // What a person trusts must not lead where a caller says.
            _ if errand.protocol.is_mail() => &self.address,
            "" => &self.address,
            base => base,
        }
    }

    /// Waits for a turn; a mailbox has one however many subscriptions lead to it.
    fn turn(&self, parcel: &Parcel<Errand>, gap: Duration) -> Result<(), Failure> {
        let (of, id) = turn_of(&parcel.work);
        let turn = self
            .rates
            .take(&of, id, gap, self.clock.now(), parcel.last());
        turn.map_err(Failure::put_off)
    }

    /// The link by which the endpoint agrees, with its token, or by which it wants no more.
    fn link(&self, parcel: &Parcel<Errand>) -> Result<(Option<String>, String), Failure> {
        let (errand, base) = (&parcel.work, self.base(&parcel.work));
        if errand.kind == Kind::Notification {
            return Ok((None, links::unsubscribe(base, &errand.subscription)));
        }
        let token = Token {
            subscription: errand.subscription.clone(),
            ends_at: parcel.created_at + LIFE,
        };
        let token = token.sealed(&self.keyring).map_err(|it| later(&it))?;
        let link = links::confirm(base, &errand.topic, &token);
        Ok((Some(token), link))
    }

    fn turn_of_mail(&self, parcel: &Parcel<Errand>) -> Result<(), Failure> {
        match parcel.work.kind {
            // A question that was tried has had its turn.
            Kind::SubscriptionConfirmation if parcel.failures > 0 => Ok(()),
            Kind::SubscriptionConfirmation => self.turn(parcel, BETWEEN_QUESTIONS),
            _ => self.turn(parcel, gap(MAILS_A_SECOND)),
        }
    }

    async fn to_mailbox(&self, parcel: &Parcel<Errand>) -> Result<(), Failure> {
        let parcel = &*self.opened(parcel).await?;
        let (errand, message) = (&parcel.work, &parcel.work.message);
        let mailer = self.mailer.as_ref();
        let mailer = mailer
            .ok_or_else(|| Failure::passing(UNREACHED, "wharf up was given no SMTP server"))?;
        let (usual, body) = match errand.kind {
            Kind::Notification => ("AWS Notification Message", text::notification as Text),
            Kind::SubscriptionConfirmation => (
                "AWS Notification - Subscription Confirmation",
                text::confirmation as Text,
            ),
            Kind::UnsubscribeConfirmation => (
                "AWS Notification - Unsubscribe Confirmation",
                text::ended as Text,
            ),
        };
        // Whoever agrees is a person, in either form.
        let body = match (errand.protocol, errand.kind) {
            (Protocol::EmailJson, Kind::Notification) => self.content(parcel).await?,
            (_, kind) => {
                let said = match kind {
                    Kind::Notification => &message.text,
                    _ => &errand.topic,
                };
                body(said, &self.link(parcel)?.1)
            }
        };
        let sender = match errand.sender.as_str() {
            "" => text::SENDER,
            sender => sender,
        };
        let subject = message.subject.as_deref().unwrap_or(usual);
        let to = (sender, errand.endpoint.as_str());
        mailer.send(to, subject, &message.id, body).await
    }

    /// What the endpoint gets.
    async fn content(&self, parcel: &Parcel<Errand>) -> Result<String, Failure> {
        let errand = &parcel.work;
        if errand.raw {
            return Ok(errand.message.text.clone());
        }
        let base = self.base(errand);
        let (token, link) = self.link(parcel)?;
        let envelope = Envelope {
            kind: errand.kind,
            message: &errand.message,
            topic: &errand.topic,
            token: token.as_deref(),
            link: &link,
        };
        let signed = self
            .signer
            .sign(errand.signature, &envelope.canonical())
            .await;
        let signature = signed.map_err(|it| later(&it))?;
        let path = self.signer.certificate_path().await;
        let path = path.map_err(|it| later(&it))?;
        let certificate = format!("{}{path}", base.trim_end_matches('/'));
        Ok(envelope.signed(errand.signature, &signature, &certificate))
    }

    async fn to_queue(&self, parcel: &Parcel<Errand>) -> Result<Sending, Failure> {
        let parcel = &*self.opened(parcel).await?;
        let errand = &parcel.work;
        let queue: Arn = errand
            .endpoint
            .parse()
            .map_err(|it| never(format!("{it}")))?;
        let (body, message) = (self.content(parcel).await?, &errand.message);
        let group = message.group.as_deref();
        let token = message.told_by.as_deref().unwrap_or(&message.id);
        let mut request: Request = targets::send_message(&queue, &body, group, &[], token);
        if errand.raw {
            let attributes = message.raw_attributes();
            let attributes =
                attributes.ok_or_else(|| never("more attributes than a queue takes".to_owned()))?;
            if attributes != json!({}) {
                request.input["MessageAttributes"] = attributes;
            }
        }
        Ok(Sending {
            actor: errand.actor(),
            request,
            answer_is_enough: false,
        })
    }

    async fn to_web(&self, parcel: &Parcel<Errand>) -> Result<(), Failure> {
        let parcel = &*self.opened(parcel).await?;
        let errand = &parcel.work;
        let usual = Effective::default();
        let delivery = errand.delivery.as_ref().unwrap_or(&usual);
        if let Some(rate) = delivery.per_second {
            self.turn(parcel, gap(rate))?;
        }
        let request = web_request(errand, delivery, self.content(parcel).await?)?;
        let wait = delivery.retries.wait(parcel.failures.saturating_add(1));
        let egress = self.egress.of(&errand.account);
        let answer = egress.send_in_turn(request, LIMITS).await;
        let answer = answer.map_err(|failure| {
            if let NoAnswer::Busy(_) = failure {
                return Failure::put_off(TURN);
            }
            let failed = Failure::lasting("ConnectionFailure", failure.to_string());
            let passes = failure.passes();
            Failure { passes, ..failed }.after(wait)
        })?;
        judged(answer.status()).map_err(|it| it.after(wait))
    }
}

/// What a message waits for, and as what.
fn turn_of(errand: &Errand) -> (String, &str) {
    let of = match (errand.protocol.is_mail(), errand.kind) {
        (false, _) => errand.subscription.clone(),
        (true, Kind::SubscriptionConfirmation) => {
            format!("question/{}/{}", errand.account, mailbox(&errand.endpoint))
        }
        (true, _) => format!("mail/{}", mailbox(&errand.endpoint)),
    };
    (of, &errand.message.id)
}

/// One way to write an address.
fn mailbox(address: &str) -> String {
    address.to_lowercase()
}

/// Whether an answer is one that took the message.
fn judged(status: StatusCode) -> Result<(), Failure> {
    let (code, text) = (status.as_str(), format!("the endpoint answered {status}"));
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(Failure::passing(code, text)),
        _ if status.is_server_error() => Err(Failure::passing(code, text)),
        _ => Err(Failure::lasting(code, text)),
    }
}

fn web_request(
    errand: &Errand,
    delivery: &Effective,
    body: String,
) -> Result<HttpRequest<Bytes>, Failure> {
    let (address, credentials) = without_credentials(&errand.endpoint);
    let mut request = HttpRequest::post(address)
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, delivery.content_type())
        .header("x-amz-sns-message-type", errand.kind.name())
        .header("x-amz-sns-message-id", &errand.message.id)
        .header("x-amz-sns-topic-arn", &errand.topic);
    if errand.kind != Kind::SubscriptionConfirmation {
        request = request.header("x-amz-sns-subscription-arn", &errand.subscription);
    }
    if errand.raw {
        request = request.header("x-amz-sns-rawdelivery", "true");
    }
    if let Some(credentials) = credentials {
        let plain = percent_encoding::percent_decode_str(&credentials);
        let value = format!("Basic {}", STANDARD.encode(plain.collect::<Vec<_>>()));
        request = request.header(AUTHORIZATION, value);
    }
    let request = request.body(Bytes::from(body));
    request.map_err(|it| never(it.to_string()))
}

#[async_trait]
impl Courier for Messages {
    type Work = Errand;

    fn lane(&self, errand: &Errand) -> Lane {
        Lane::of(&[&errand.topic, errand.protocol.name(), &errand.endpoint])
    }

    async fn deliver(&self, parcels: &[&Parcel<Errand>]) -> Vec<Result<(), Failure>> {
        // All of a lane have one endpoint.
        if parcels.iter().any(|it| it.work.protocol.is_web()) {
            let mut requests = Vec::with_capacity(parcels.len());
            for parcel in parcels {
                requests.push(self.to_web(parcel));
            }
            let requests = stream::iter(requests);
            return requests.buffered(MOST_REQUESTS).collect().await;
        }
        if parcels.iter().any(|it| it.work.protocol.is_mail()) {
            let mut answers = Vec::with_capacity(parcels.len());
            let mut unreached = None;
            for parcel in parcels {
                let answer = match (self.turn_of_mail(parcel), &unreached) {
                    (Err(put_off), _) => Err(put_off),
                    // The others would wait as long for the same.
                    (Ok(()), Some(failure)) => Err(Failure::clone(failure)),
                    (Ok(()), None) => self.to_mailbox(parcel).await,
                };
                if let Err(failure) = &answer
                    && failure.code == UNREACHED
                {
                    unreached = Some(failure.clone());
                }
                answers.push(answer);
            }
            return answers;
        }
        let mut sendings = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            sendings.push(self.to_queue(parcel).await);
        }
        send_all(&*self.operations, sendings).await
    }

    async fn given_up(&self, parcel: &Parcel<Errand>, why: GivenUp) -> Result<(), Failure> {
        let errand = &parcel.work;
        let (of, id) = turn_of(errand);
        self.rates.forget(&of, id);
        if errand.dead_letters.is_none() || errand.kind != Kind::Notification {
            return Ok(());
        }
        let parcel = &*self.opened(parcel).await?;
        let errand = &parcel.work;
        let why = GivenUp {
            // AWS says it of rules and schedules alone.
            exhausted: None,
            ..why
        };
        let letter = DeadLetter {
            queue: errand.dead_letters.as_deref(),
            body: &self.content(parcel).await?,
            group: errand.message.group.as_deref(),
            attributes: why.attributes(),
            token: &errand.message.id,
        };
        letter.send(&*self.operations, &errand.actor()).await
    }

    fn became(&self, all: &[Outcome<'_, Errand>]) {
        self.counters.together(|counts| {
            for it in all {
                metered::became(counts, &it.parcel.work, it.what);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_mean() {
        for (status, passes) in [
            (200, None),
            (204, None),
            (302, Some(false)),
            (400, Some(false)),
            (404, Some(false)),
            (429, Some(true)),
            (500, Some(true)),
            (503, Some(true)),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(judged(status).err().map(|it| it.passes), passes, "{status}");
        }
    }
}
