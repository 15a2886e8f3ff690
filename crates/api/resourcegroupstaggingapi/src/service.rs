// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait,
    constraints::Violation,
    node::{Payload, Struct},
    schema::ServiceSchema,
    understood::{self, Understood},
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    GetResources(&'a GetResourcesInput),
    GetTagKeys(&'a GetTagKeysInput),
    GetTagValues(&'a GetTagValuesInput),
    TagResources(&'a TagResourcesInput),
    UntagResources(&'a UntagResourcesInput),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::GetResources(_) => "GetResources",
            Self::GetTagKeys(_) => "GetTagKeys",
            Self::GetTagValues(_) => "GetTagValues",
            Self::TagResources(_) => "TagResources",
            Self::UntagResources(_) => "UntagResources",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("tag:{}", self.operation())
    }
}

#[async_trait]
pub trait Resourcegroupstaggingapi: Send + Sync + 'static {
    /// The authorisation row of each operation: what it does to which resource, evaluated by the
    /// dispatcher before the operation runs.
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;

    /// The service's own words for an input that breaks the model; `None` for the protocol's.
    fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        let _ = (operation, violations);
        None
    }

    /// Which members of inputs operations understand.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }

    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn get_resources(
        &self,
        call: &Call,
        input: GetResourcesInput,
    ) -> Result<GetResourcesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "resourcegroupstaggingapi",
            "GetResources",
        ))
    }

    async fn get_tag_keys(
        &self,
        call: &Call,
        input: GetTagKeysInput,
    ) -> Result<GetTagKeysOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("resourcegroupstaggingapi", "GetTagKeys"))
    }

    async fn get_tag_values(
        &self,
        call: &Call,
        input: GetTagValuesInput,
    ) -> Result<GetTagValuesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "resourcegroupstaggingapi",
            "GetTagValues",
        ))
    }

    async fn tag_resources(
        &self,
        call: &Call,
        input: TagResourcesInput,
    ) -> Result<TagResourcesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "resourcegroupstaggingapi",
            "TagResources",
        ))
    }

    async fn untag_resources(
        &self,
        call: &Call,
        input: UntagResourcesInput,
    ) -> Result<UntagResourcesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "resourcegroupstaggingapi",
            "UntagResources",
        ))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Resourcegroupstaggingapi>);

/// The payload as the type that the operation's number stands for.
fn typed<T: 'static>(input: Box<dyn Payload>) -> T {
    *input
        .into_any()
        .downcast()
        .expect("the input was made for this operation")
}

fn borrowed<T: 'static>(input: &dyn Payload) -> &T {
    input
        .as_any()
        .downcast_ref()
        .expect("the input was made for this operation")
}

#[async_trait]
impl Service for Routes {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(GetResourcesInput::default()),
            1 => Box::new(GetTagKeysInput::default()),
            2 => Box::new(GetTagValuesInput::default()),
            3 => Box::new(TagResourcesInput::default()),
            4 => Box::new(UntagResourcesInput::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(GetResourcesOutput::default()),
            1 => Box::new(GetTagKeysOutput::default()),
            2 => Box::new(GetTagValuesOutput::default()),
            3 => Box::new(TagResourcesOutput::default()),
            4 => Box::new(UntagResourcesOutput::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    fn understood(&self) -> Option<&'static Understood> {
        self.0.understood()
    }

    fn written(&self) -> Option<&'static [&'static str]> {
        self.0.written()
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::GetResources(borrowed(input)),
            1 => Input::GetTagKeys(borrowed(input)),
            2 => Input::GetTagValues(borrowed(input)),
            3 => Input::TagResources(borrowed(input)),
            4 => Input::UntagResources(borrowed(input)),
            _ => unreachable!("operations are numbered by the schema"),
        };
        self.0.authorize(cx, input).await
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<wharf_wire::Output, Fault> {
        Ok(wharf_wire::Output::Whole(match operation {
            0 => Box::new(self.0.get_resources(call, typed(input)).await?),
            1 => Box::new(self.0.get_tag_keys(call, typed(input)).await?),
            2 => Box::new(self.0.get_tag_values(call, typed(input)).await?),
            3 => Box::new(self.0.tag_resources(call, typed(input)).await?),
            4 => Box::new(self.0.untag_resources(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Resourcegroupstaggingapi>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Resourcegroupstaggingapi>, dispatcher: Dispatcher) -> Self {
        Self { inner, dispatcher }
    }

    async fn admit(
        &self,
        call: &Call,
        input: Input<'_>,
        operation: usize,
        given: &dyn Struct,
    ) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;
        understood::check(self.inner.understood(), &SERVICE, operation, given)?;
        Ok(call)
    }
}

#[async_trait]
impl Resourcegroupstaggingapi for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn get_resources(
        &self,
        call: &Call,
        input: GetResourcesInput,
    ) -> Result<GetResourcesOutput, Fault> {
        let call = self
            .admit(call, Input::GetResources(&input), 0, &input)
            .await?;
        self.inner.get_resources(&call, input).await
    }

    async fn get_tag_keys(
        &self,
        call: &Call,
        input: GetTagKeysInput,
    ) -> Result<GetTagKeysOutput, Fault> {
        let call = self
            .admit(call, Input::GetTagKeys(&input), 1, &input)
            .await?;
        self.inner.get_tag_keys(&call, input).await
    }

    async fn get_tag_values(
        &self,
        call: &Call,
        input: GetTagValuesInput,
    ) -> Result<GetTagValuesOutput, Fault> {
        let call = self
            .admit(call, Input::GetTagValues(&input), 2, &input)
            .await?;
        self.inner.get_tag_values(&call, input).await
    }

    async fn tag_resources(
        &self,
        call: &Call,
        input: TagResourcesInput,
    ) -> Result<TagResourcesOutput, Fault> {
        let call = self
            .admit(call, Input::TagResources(&input), 3, &input)
            .await?;
        self.inner.tag_resources(&call, input).await
    }

    async fn untag_resources(
        &self,
        call: &Call,
        input: UntagResourcesInput,
    ) -> Result<UntagResourcesOutput, Fault> {
        let call = self
            .admit(call, Input::UntagResources(&input), 4, &input)
            .await?;
        self.inner.untag_resources(&call, input).await
    }
}
