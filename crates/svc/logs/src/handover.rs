//! Where the events of a filter go, and the call that hands them over.

use std::time::Duration;

use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Actor, Body, Failure, Invocation, Operations, send};
use wharf_records::{Record as _, Scope};
use wharf_wire::{Check, Fault};

use crate::{
    LogsService,
    records::{Group, LogDestination, Stream, SubscriptionFilter},
    subscription::{self, Content, Destination, PRINCIPAL, Sent},
};

/// How long a turn at an API destination's rate may be ahead.
const LONGEST_TURN: Duration = Duration::from_secs(60);
/// A message is larger than its destination takes, as we say it ourselves.
const TOO_LONG: &str = "MessageTooLong";

/// Whose events they are.
pub struct Origin<'o> {
    pub scope: &'o Scope,
    pub group: &'o Group,
    pub stream: &'o Stream,
    /// ARN of the group.
    pub arn: String,
}

impl<'o> Origin<'o> {
    pub fn new(scope: &'o Scope, group: &'o Group, stream: &'o Stream) -> Self {
        let resource = format!("log-group:{}", group.name);
        Self {
            scope,
            group,
            stream,
            arn: Arn::new("logs", &scope.region, &scope.account, resource).to_string(),
        }
    }
}

/// Where events go, and in whose name.
#[derive(Debug)]
pub struct Way {
    pub actor: Actor,
    pub to: Destination,
    /// Whose API destinations may be used.
    account: String,
}

/// Whether fewer events would pass.
pub fn is_too_long(failure: &Failure) -> bool {
    let says = |text| failure.text.contains(text);
    failure.code == TOO_LONG
        // A web server's.
        || failure.code == "413"
        || says("Message must be shorter than")
        || says("Message too long")
}

fn later(text: &str) -> Failure {
    Failure::passing("ServiceUnavailableException", text)
}

impl LogsService {
    fn all_operations(&self) -> Result<&dyn Operations, Failure> {
        let operations = self.operations.get();
        let operations = operations.ok_or_else(|| later("the operations are not ready"))?;
        Ok(&**operations)
    }

    async fn destination(&self, arn: &Arn, name: &str) -> Result<Option<LogDestination>, Fault> {
        let scope = Scope::new("logs", &arn.account, &arn.region);
        let at = scope.key(LogDestination::KIND, name);
        let found = self.table.read::<LogDestination>(&at).await?;
        Ok(found.map(|it| it.record))
    }

    /// Whose filters may send to a destination.
    pub(crate) async fn destination_policy(
        &self,
        arn: &Arn,
        name: &str,
    ) -> Result<Option<String>, Fault> {
        let found = self.destination(arn, name).await?;
        Ok(found.and_then(|it| it.policy))
    }

    /// Where a filter's events go as things stand now.
    pub(crate) async fn way(
        &self,
        filter: &SubscriptionFilter,
        origin: &Origin<'_>,
    ) -> Result<Way, Failure> {
        self.way_from(filter, origin.scope, &origin.arn).await
    }

    pub(crate) async fn way_from(
        &self,
        filter: &SubscriptionFilter,
        scope: &Scope,
        source_arn: &str,
    ) -> Result<Way, Failure> {
        let bad =
            |it: subscription::BadDestination| Failure::lasting("BadDestination", it.to_string());
        let to = Destination::parse(&filter.destination).map_err(bad)?;
        let Destination::Named(arn, name) = &to else {
            let role = filter.role.as_deref();
            return Ok(Way {
                actor: subscription::actor(role, &to, &scope.account, source_arn),
                account: scope.account.clone(),
                to,
            });
        };
        let found = self.destination(arn, name).await;
        let found = found.map_err(|it| later(&it.to_string()))?;
        let found = found.ok_or_else(|| {
            Failure::lasting("ResourceNotFoundException", format!("{arn} does not exist"))
        })?;
        let LogDestination {
            target,
            role,
            policy,
            ..
        } = found;
        // Its policy may have changed since the filter was made.
        let asking = Actor::Account {
            account: scope.account.clone(),
            source_arn: source_arn.to_owned(),
        };
        let check = Check::new("logs:PutSubscriptionFilter", arn.to_string());
        let check = check.with_resource_policy(policy);
        let operations = self.all_operations()?;
        operations.may(&asking, &arn.region, &[check]).await?;
        let account = arn.account.clone();
        let to = Destination::parse(&target).map_err(bad)?;
        Ok(Way {
            actor: subscription::actor(Some(&role), &to, &account, source_arn),
            to,
            account,
        })
    }

    /// Events of one stream that a filter chose, in the order of their places. Says how many bytes went out: of what
    /// is compressed here, as it is then.
    pub(crate) async fn hand_over(
        &self,
        way: &Way,
        origin: &Origin<'_>,
        filter: &SubscriptionFilter,
        events: &[&Sent],
        token: &str,
        now: Timestamp,
    ) -> Result<usize, Failure> {
        if let Destination::Group(arn, group) = &way.to {
            return self
                .forward(&way.actor, (arn, group), origin, events, now)
                .await;
        }
        let scope = origin.scope;
        let content = Content::data(
            &scope.account,
            &origin.group.name,
            &origin.stream.name,
            &filter.name,
            events,
        );
        let line = match &way.to {
            // One batch of each filter waits for its turn.
            Destination::Api(_) => format!("{}/{}", origin.stream.id, filter.name),
            _ if filter.random => token.to_owned(),
            _ => origin.stream.id.clone(),
        };
        self.hand_content(way, &content, &line, token, now).await
    }

    /// A message, to see whether a destination takes it. A log group is asked whether it would.
    pub(crate) async fn try_way(
        &self,
        way: &Way,
        destination: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if let Destination::Group(arn, group) = &way.to {
            return self
                .may_forward(&way.actor, (arn, group), "*", now)
                .await
                .map(|_| ());
        }
        let content = Content::control(destination, now.millis());
        let handed = self.hand_content(way, &content, "control", token, now);
        handed.await.map(|_| ())
    }

    async fn hand_content(
        &self,
        way: &Way,
        content: &Content,
        line: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<usize, Failure> {
        if let Destination::Api(arn) = &way.to {
            let destinations = self.api_destinations.get();
            let destinations = destinations.ok_or_else(|| later("EventBridge is not ready"))?;
            let invocation = Invocation {
                destination: &arn.to_string(),
                account: &way.account,
                id: line,
                body: Body::Gzip(content.json()),
                last: now + LONGEST_TURN,
            };
            destinations.invoke(&way.actor, &invocation).await?;
            return Ok(content.json().len());
        }
        let (message, bytes) = content.packed();
        if message.len() > way.to.most_bytes() {
            let text = format!("the message has {} bytes", message.len());
            return Err(Failure::lasting(TOO_LONG, text));
        }
        let request = way.to.call(&message, line, token);
        let request = request.ok_or_else(|| {
            Failure::lasting("BadDestination", format!("{PRINCIPAL} has no call for it"))
        })?;
        send(self.all_operations()?, &way.actor, &request).await?;
        Ok(bytes)
    }
}
