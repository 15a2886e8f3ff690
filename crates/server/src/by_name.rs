//! Operations by their names, for services that call what their users named: targets of schedules, of
//! rules, of topics (`wharf_delivery`).

use std::sync::{Arc, OnceLock, Weak};

use serde_json::Value;
use wharf_base::Clock;
use wharf_delivery::{Actor, Operations, Request};
use wharf_svc_ec2::Roles;
use wharf_svc_iam::{AssumeError, Directory, IdentifyError};
use wharf_wire::{
    ByteStream, Caller, Check, Context, Dispatcher, Fault, Service, async_trait, fault::Chain,
};

/// What a session of a role is called that a service assumed.
const SESSION: &str = "wharf";

/// Every service of the table, once all are built.
pub(crate) struct ByName {
    directory: Arc<Directory>,
    dispatcher: Dispatcher,
    clock: Arc<dyn Clock>,
    /// The gateway keeps them; they themselves hold this.
    services: OnceLock<Vec<Weak<dyn Service>>>,
}

impl ByName {
    pub fn new(directory: Arc<Directory>, dispatcher: Dispatcher, clock: Arc<dyn Clock>) -> Self {
        Self {
            directory,
            dispatcher,
            clock,
            services: OnceLock::new(),
        }
    }

    /// Once all are built.
    pub fn serve(&self, services: &[Arc<dyn Service>]) {
        let _ = self
            .services
            .set(services.iter().map(Arc::downgrade).collect());
    }

    /// One call in the name of a caller that is known, let in and told of like a request from outside.
    pub async fn call_as(
        &self,
        cx: Context,
        service: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Value, Fault> {
        let called = self.named(service)?;
        let input = input.to_string().into_bytes();
        let answer = self.dispatcher.call(&*called, cx, operation, input).await?;
        serde_json::from_slice(&answer).map_err(|error| unavailable(&error))
    }

    fn named(&self, name: &str) -> Result<Arc<dyn Service>, Fault> {
        let services = self.services.get().map_or(&[][..], Vec::as_slice);
        let mut services = services.iter().filter_map(Weak::upgrade);
        let called = services.find(|it| it.schema().name == name);
        called.ok_or_else(|| {
            let text = format!("{name} is not supported by this version of wharf.");
            Fault::sender("UnknownOperationException", 400, text)
        })
    }

    async fn context(&self, actor: &Actor, region: &str) -> Result<Context, Fault> {
        let now = self.clock.now();
        match actor {
            Actor::Service {
                name,
                account,
                source_arn,
            } => {
                let cx = Context::internal(account, region, name, now);
                Ok(cx.acting_for(source_arn.clone()))
            }
            Actor::Account {
                account,
                source_arn,
            } => {
                let cx = Context::internal(account, region, account, now);
                let cx = cx.acting_for(source_arn.clone());
                let caller = Caller::root(account);
                Ok(Context { caller, ..cx })
            }
            Actor::Role {
                arn,
                service,
                source_arn,
            } => {
                let caller = self.assume(arn, service, source_arn).await?;
                let cx = Context::internal(&caller.account, region, service, now);
                Ok(Context {
                    caller,
                    acting: Some(service.clone()),
                    ..cx
                })
            }
        }
    }

    async fn assume(&self, role: &str, service: &str, source_arn: &str) -> Result<Caller, Fault> {
        let now = self.clock.now();
        let assumed =
            self.directory
                .assume_for_service(role, service, SESSION, Some(source_arn), now);
        let minted = assumed.await.map_err(|error| match error {
            AssumeError::Directory(error) => unavailable(&error),
            error => Fault::sender("AccessDeniedException", 400, error.to_string()),
        })?;
        let identified = self
            .directory
            .identify(&minted.access_key_id, Some(&minted.token), now);
        let identified = identified.await.map_err(|error| match error {
            IdentifyError::Directory(error) => unavailable(&error),
            error => Fault::sender("AccessDeniedException", 400, Chain(&error).to_string()),
        })?;
        Ok(identified.caller)
    }
}

#[async_trait]
impl Operations for ByName {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let cx = self.context(actor, &request.region).await?;
        let Request {
            service,
            operation,
            input,
            ..
        } = request;
        self.call_as(cx, service, operation, input).await
    }

    async fn call_with_body(
        &self,
        actor: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        let cx = self.context(actor, &request.region).await?;
        let called = self.named(&request.service)?;
        let input = request.input.to_string().into_bytes();
        let answered =
            self.dispatcher
                .call_with_body(&*called, cx, &request.operation, input, body);
        serde_json::from_slice(&answered.await?).map_err(|error| unavailable(&error))
    }

    fn knows(&self, service: &str, operation: &str) -> Result<(), Fault> {
        let called = self.named(service)?;
        match called.schema().find_operation(operation) {
            Some(index) if called.has(index) => Ok(()),
            Some(_) => Err(Fault::unsupported(service, operation)),
            None => {
                let text = format!("{service} has no operation {operation}.");
                Err(Fault::sender("UnknownOperationException", 400, text))
            }
        }
    }

    async fn may(&self, actor: &Actor, region: &str, checks: &[Check]) -> Result<(), Fault> {
        let cx = self.context(actor, region).await?;
        let decided = self.dispatcher.decide(&cx, checks).await;
        decided.map_err(|denied| Fault::sender("AccessDeniedException", 400, denied.0))
    }

    async fn may_assume(&self, role: &str, service: &str, source_arn: &str) -> Result<(), Fault> {
        self.assume(role, service, source_arn).await.map(|_| ())
    }
}

fn unavailable(cause: &dyn std::error::Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "An internal error has occurred.",
        cause,
    )
}

#[async_trait]
impl Roles for ByName {
    async fn session(&self, role: &str, service: &str, source_arn: &str) -> Result<Caller, Fault> {
        self.assume(role, service, source_arn).await
    }
}
