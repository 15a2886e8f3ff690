//! Sends events to API destinations: at their rate, with what their connection proves itself by.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use wharf_base::Timestamp;
use wharf_delivery::{Actor, Body, Failure, Invocation, Rates, gap};
use wharf_egress::{Egress, Failure as NoAnswer, Limits, Shares};
use wharf_service::Place;
use wharf_wire::Check;

use crate::{
    connection::{
        Destination,
        ask::{self, OfTarget},
        kept, named,
        parameters::Proof,
        tokens::Tokens,
    },
    core::Core,
    courier::Errand,
};

/// As on AWS.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(5),
    body: 64 << 10,
};
/// Requests a second to a destination that says nothing of it, as on AWS.
const RATE: u32 = 300;
/// What a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// Requests under way and names looked up at once, of all accounts, and of one of them.
const ALL_AT_ONCE: (usize, usize) = (96, 12);
const AT_ONCE: (usize, usize) = (32, 4);
/// How long an event waits for its account's next turn.
const TURN: Duration = Duration::from_secs(1);

/// What is remembered of destinations.
pub struct Invoker {
    rates: Rates,
    tokens: Tokens,
    egress: Shares,
}

fn never(code: &str, text: String) -> Failure {
    Failure::lasting(code, text)
}

fn later(cause: &dyn std::error::Error) -> Failure {
    Failure::passing("InternalFailure", cause.to_string())
}

/// Why there is no answer, as `code`; what had no turn was not tried.
pub fn unanswered(code: &str, failure: &NoAnswer) -> Failure {
    match failure {
        NoAnswer::Busy(_) => Failure::put_off(TURN),
        failure => Failure {
            passes: failure.passes(),
            ..Failure::lasting(code, failure.to_string())
        },
    }
}

impl Invoker {
    pub fn new(egress: &Egress) -> Self {
        Self {
            rates: Rates::default(),
            tokens: Tokens::default(),
            egress: Shares::new(egress, ALL_AT_ONCE, AT_ONCE),
        }
    }

    /// Nobody tries an errand again.
    pub fn forget(&self, errand: &Errand) {
        let arn = errand.target["Arn"].as_str().unwrap_or_default();
        self.rates.forget(arn, &errand.id);
    }

    pub async fn invoke(
        &self,
        core: &Core,
        it: &Invocation<'_>,
        of: &OfTarget,
        actor: &Actor,
    ) -> Result<(), Failure> {
        let arn = it.destination;
        let gone = || never("ResourceNotFoundException", format!("{arn} does not exist"));
        let (place, name, id) = named("api-destination", arn).ok_or_else(gone)?;
        let key = Destination::key(&place, &name);
        let found = core.table.read::<Destination>(&key).await;
        let found = found.map_err(|it| later(&it))?.map(|it| it.record);
        let found = found.filter(|found| found.id == id && place.account == it.account);
        let destination = found.ok_or_else(gone)?;
        let check = Check::new("events:InvokeApiDestination", arn);
        let operations = &core.parts.operations;
        operations.may(actor, &place.region, &[check]).await?;
        let now = core.parts.clock.now();
        let rate = destination.per_second.unwrap_or(RATE);
        let turn = self.rates.take(arn, it.id, gap(rate), now, it.last);
        turn.map_err(Failure::put_off)?;
        self.send(core, &place, &destination, (of, it.body), now)
            .await
    }

    async fn send(
        &self,
        core: &Core,
        place: &Place,
        destination: &Destination,
        (of_target, body): (&OfTarget, Body<'_>),
        now: Timestamp,
    ) -> Result<(), Failure> {
        let connection = core.connection(place, &destination.connection).await;
        let connection = connection.map_err(|it| later(&it))?;
        let unauthorized = || {
            let text = format!("{} is not authorized", destination.connection);
            never("ConnectionNotAuthorized", text)
        };
        let (name, connection) = connection.ok_or_else(unauthorized)?;
        let opened = kept::read(core, place, &name, &connection).await;
        let opened = opened.map_err(|it| later(&it))?.ok_or_else(unauthorized)?;
        let of = (destination.connection.clone(), connection.changed_at);
        let egress = self.egress.of(&place.account);
        let token = match &opened.proof {
            Proof::OAuth(it) => Some(self.tokens.get(&of, it, &egress, now).await?),
            _ => None,
        };
        let request = ask::request(
            (&destination.method, &destination.endpoint),
            &opened,
            token.as_deref(),
            of_target,
            body,
        );
        let request = request.map_err(|it| never("InvalidRequest", it.to_string()))?;
        let answer = egress.send_in_turn(request, LIMITS).await;
        let answer = answer.map_err(|failure| unanswered("ConnectionFailure", &failure))?;
        let refuses = [
            StatusCode::UNAUTHORIZED,
            StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        ];
        if refuses.contains(&answer.status()) {
            self.tokens.forget(&of);
        }
        judged(answer.status(), answer.headers(), now)
    }
}

/// Whether an answer is one that took the event, and when the server wants it again.
fn judged(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    let text = format!("the endpoint answered {status}");
    let failure = Failure::lasting(status.as_str(), text);
    let passes = matches!(status.as_u16(), 401 | 407 | 409 | 429) || status.is_server_error();
    let failure = Failure { passes, ..failure };
    let asked = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok());
    let wait = asked.and_then(|it| match it.trim().parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Timestamp::parse_http_date(it).map(|at| at.since(now)),
    });
    Err(match wait.filter(|_| passes) {
        Some(wait) => failure.after(wait.min(LONGEST_WAIT)),
        None => failure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_mean() {
        for (status, after, passes, wait) in [
            (200, None, None, None),
            (302, None, Some(false), None),
            (400, Some("5"), Some(false), None),
            (401, None, Some(true), None),
            (409, None, Some(true), None),
            (429, Some("5"), Some(true), Some(5)),
            (
                503,
                Some("Thu, 01 Jan 1970 00:01:00 GMT"),
                Some(true),
                Some(60),
            ),
            (503, Some("99999999999"), Some(true), Some(86_400)),
            (500, Some("soon"), Some(true), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(after) = after {
                headers.insert(RETRY_AFTER, after.parse().unwrap());
            }
            let status = StatusCode::from_u16(status).unwrap();
            let failure = judged(status, &headers, Timestamp(0)).err();
            assert_eq!(failure.as_ref().map(|it| it.passes), passes, "{status}");
            let found = failure.and_then(|it| it.wait);
            assert_eq!(found, wait.map(Duration::from_secs), "{status} {after:?}");
        }
    }
}
