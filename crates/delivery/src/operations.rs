//! Operations by their names, and in whose name they are called.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_service::Place;
use wharf_wire::{ByteStream, Check, Fault, async_trait};

use crate::Failure;

/// In whose name something is done for a resource of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Actor {
    /// A role whose trust policy names the service; its policies decide.
    Role {
        arn: String,
        /// `scheduler.amazonaws.com`
        service: String,
        /// What it is done for (`aws:SourceArn`).
        source_arn: String,
    },
    /// An account: what it may do with its own was decided when it asked for this, the policies of others'
    /// resources decide the rest.
    Account { account: String, source_arn: String },
    /// The service itself; the policy of the resource decides.
    Service {
        /// `events.amazonaws.com`
        name: String,
        /// The account that it acts for (`aws:SourceAccount`).
        account: String,
        source_arn: String,
    },
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The service by its name in `models/`: `sqs`, `elbv2`.
    pub service: String,
    /// `SendMessage`
    pub operation: String,
    pub region: String,
    /// Members as in the model or as an SDK spells them.
    pub input: Value,
}

impl Request {
    pub fn new(service: &str, operation: &str, region: &str, input: Value) -> Self {
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            region: region.to_owned(),
            input,
        }
    }
}

/// All operations of this installation.
#[async_trait]
pub trait Operations: Send + Sync {
    /// The operation's output as JSON.
    ///
    /// # Errors
    /// The role cannot be assumed (`AccessDeniedException`); there is no such operation; those of the
    /// operation.
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault>;

    /// The same of an operation whose input has a body that passes piece by piece: PutObject of S3. The body is read
    /// while the operation runs, and nothing is kept of one that fails.
    ///
    /// # Errors
    /// Those of [`Operations::call`], and of the body.
    async fn call_with_body(
        &self,
        actor: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        let _ = (actor, body);
        let text = format!("{} takes no body here.", request.operation);
        Err(Fault::sender("UnknownOperationException", 400, text))
    }

    /// Whether there is such an operation here. What stands in for all of them need not know.
    ///
    /// # Errors
    /// There is none; the text says what there is not.
    fn knows(&self, service: &str, operation: &str) -> Result<(), Fault> {
        let _ = (service, operation);
        Ok(())
    }

    /// Whether an actor may do something, for a service that does it itself.
    ///
    /// # Errors
    /// It may not, or its role cannot be assumed (`AccessDeniedException`); nobody can say now.
    async fn may(&self, actor: &Actor, region: &str, checks: &[Check]) -> Result<(), Fault>;

    /// Whether a role lets a service act in its name for a resource.
    ///
    /// # Errors
    /// It does not (`AccessDeniedException`); nobody can say now.
    async fn may_assume(&self, role: &str, service: &str, source_arn: &str) -> Result<(), Fault>;
}

/// A request to an API destination of EventBridge.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// ARN of the destination.
    pub destination: &'a str,
    /// Whose destination it must be.
    pub account: &'a str,
    /// Tells it from others that wait for the destination's rate; the same with each try.
    pub id: &'a str,
    pub body: Body<'a>,
    /// When nobody tries it any more.
    pub last: Timestamp,
}

/// What a request to an API destination carries.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// JSON, to which the connection adds its own members.
    Json(&'a str),
    /// The same; it goes out compressed by gzip, and says so.
    Gzip(&'a str),
    /// Bytes of another form, which go out as they are.
    Bytes(&'a [u8], ContentType),
}

/// As the header names it.
pub type ContentType = &'static str;

/// EventBridge's API destinations, for other services that send to them.
#[async_trait]
pub trait ApiDestinations: Send + Sync {
    /// Sends a request if the actor may, at the destination's rate.
    ///
    /// # Errors
    /// The actor may not; there is no such destination; its rate puts it off; its server did not take it.
    async fn invoke(&self, actor: &Actor, invocation: &Invocation<'_>) -> Result<(), Failure>;
}

/// CloudWatch's alarms, for services that have what they call.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Takes an action out of all alarms of an account in a region that have it. They stay as they are otherwise.
    ///
    /// # Errors
    /// Those of CloudWatch's records; some alarms may be without it by then.
    async fn detach(&self, place: &Place, action: &str) -> Result<(), Fault>;
}
