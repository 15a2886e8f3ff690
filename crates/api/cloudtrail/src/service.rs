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
    AddTags(&'a AddTagsRequest),
    CreateTrail(&'a CreateTrailRequest),
    DeleteTrail(&'a DeleteTrailRequest),
    DescribeTrails(&'a DescribeTrailsRequest),
    GetEventSelectors(&'a GetEventSelectorsRequest),
    GetTrail(&'a GetTrailRequest),
    GetTrailStatus(&'a GetTrailStatusRequest),
    ListTags(&'a ListTagsRequest),
    ListTrails(&'a ListTrailsRequest),
    LookupEvents(&'a LookupEventsRequest),
    PutEventSelectors(&'a PutEventSelectorsRequest),
    RemoveTags(&'a RemoveTagsRequest),
    StartLogging(&'a StartLoggingRequest),
    StopLogging(&'a StopLoggingRequest),
    UpdateTrail(&'a UpdateTrailRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AddTags(_) => "AddTags",
            Self::CreateTrail(_) => "CreateTrail",
            Self::DeleteTrail(_) => "DeleteTrail",
            Self::DescribeTrails(_) => "DescribeTrails",
            Self::GetEventSelectors(_) => "GetEventSelectors",
            Self::GetTrail(_) => "GetTrail",
            Self::GetTrailStatus(_) => "GetTrailStatus",
            Self::ListTags(_) => "ListTags",
            Self::ListTrails(_) => "ListTrails",
            Self::LookupEvents(_) => "LookupEvents",
            Self::PutEventSelectors(_) => "PutEventSelectors",
            Self::RemoveTags(_) => "RemoveTags",
            Self::StartLogging(_) => "StartLogging",
            Self::StopLogging(_) => "StopLogging",
            Self::UpdateTrail(_) => "UpdateTrail",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("cloudtrail:{}", self.operation())
    }
}

#[async_trait]
pub trait Cloudtrail: Send + Sync + 'static {
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

    async fn add_tags(&self, call: &Call, input: AddTagsRequest) -> Result<AddTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "AddTags"))
    }

    async fn create_trail(
        &self,
        call: &Call,
        input: CreateTrailRequest,
    ) -> Result<CreateTrailResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "CreateTrail"))
    }

    async fn delete_trail(
        &self,
        call: &Call,
        input: DeleteTrailRequest,
    ) -> Result<DeleteTrailResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "DeleteTrail"))
    }

    async fn describe_trails(
        &self,
        call: &Call,
        input: DescribeTrailsRequest,
    ) -> Result<DescribeTrailsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "DescribeTrails"))
    }

    async fn get_event_selectors(
        &self,
        call: &Call,
        input: GetEventSelectorsRequest,
    ) -> Result<GetEventSelectorsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "GetEventSelectors"))
    }

    async fn get_trail(
        &self,
        call: &Call,
        input: GetTrailRequest,
    ) -> Result<GetTrailResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "GetTrail"))
    }

    async fn get_trail_status(
        &self,
        call: &Call,
        input: GetTrailStatusRequest,
    ) -> Result<GetTrailStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "GetTrailStatus"))
    }

    async fn list_tags(
        &self,
        call: &Call,
        input: ListTagsRequest,
    ) -> Result<ListTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "ListTags"))
    }

    async fn list_trails(
        &self,
        call: &Call,
        input: ListTrailsRequest,
    ) -> Result<ListTrailsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "ListTrails"))
    }

    async fn lookup_events(
        &self,
        call: &Call,
        input: LookupEventsRequest,
    ) -> Result<LookupEventsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "LookupEvents"))
    }

    async fn put_event_selectors(
        &self,
        call: &Call,
        input: PutEventSelectorsRequest,
    ) -> Result<PutEventSelectorsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "PutEventSelectors"))
    }

    async fn remove_tags(
        &self,
        call: &Call,
        input: RemoveTagsRequest,
    ) -> Result<RemoveTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "RemoveTags"))
    }

    async fn start_logging(
        &self,
        call: &Call,
        input: StartLoggingRequest,
    ) -> Result<StartLoggingResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "StartLogging"))
    }

    async fn stop_logging(
        &self,
        call: &Call,
        input: StopLoggingRequest,
    ) -> Result<StopLoggingResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "StopLogging"))
    }

    async fn update_trail(
        &self,
        call: &Call,
        input: UpdateTrailRequest,
    ) -> Result<UpdateTrailResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudtrail", "UpdateTrail"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Cloudtrail>);

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
            0 => Box::new(AddTagsRequest::default()),
            1 => Box::new(CreateTrailRequest::default()),
            2 => Box::new(DeleteTrailRequest::default()),
            3 => Box::new(DescribeTrailsRequest::default()),
            4 => Box::new(GetEventSelectorsRequest::default()),
            5 => Box::new(GetTrailRequest::default()),
            6 => Box::new(GetTrailStatusRequest::default()),
            7 => Box::new(ListTagsRequest::default()),
            8 => Box::new(ListTrailsRequest::default()),
            9 => Box::new(LookupEventsRequest::default()),
            10 => Box::new(PutEventSelectorsRequest::default()),
            11 => Box::new(RemoveTagsRequest::default()),
            12 => Box::new(StartLoggingRequest::default()),
            13 => Box::new(StopLoggingRequest::default()),
            14 => Box::new(UpdateTrailRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AddTagsResponse::default()),
            1 => Box::new(CreateTrailResponse::default()),
            2 => Box::new(DeleteTrailResponse::default()),
            3 => Box::new(DescribeTrailsResponse::default()),
            4 => Box::new(GetEventSelectorsResponse::default()),
            5 => Box::new(GetTrailResponse::default()),
            6 => Box::new(GetTrailStatusResponse::default()),
            7 => Box::new(ListTagsResponse::default()),
            8 => Box::new(ListTrailsResponse::default()),
            9 => Box::new(LookupEventsResponse::default()),
            10 => Box::new(PutEventSelectorsResponse::default()),
            11 => Box::new(RemoveTagsResponse::default()),
            12 => Box::new(StartLoggingResponse::default()),
            13 => Box::new(StopLoggingResponse::default()),
            14 => Box::new(UpdateTrailResponse::default()),
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
            0 => Input::AddTags(borrowed(input)),
            1 => Input::CreateTrail(borrowed(input)),
            2 => Input::DeleteTrail(borrowed(input)),
            3 => Input::DescribeTrails(borrowed(input)),
            4 => Input::GetEventSelectors(borrowed(input)),
            5 => Input::GetTrail(borrowed(input)),
            6 => Input::GetTrailStatus(borrowed(input)),
            7 => Input::ListTags(borrowed(input)),
            8 => Input::ListTrails(borrowed(input)),
            9 => Input::LookupEvents(borrowed(input)),
            10 => Input::PutEventSelectors(borrowed(input)),
            11 => Input::RemoveTags(borrowed(input)),
            12 => Input::StartLogging(borrowed(input)),
            13 => Input::StopLogging(borrowed(input)),
            14 => Input::UpdateTrail(borrowed(input)),
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
            0 => Box::new(self.0.add_tags(call, typed(input)).await?),
            1 => Box::new(self.0.create_trail(call, typed(input)).await?),
            2 => Box::new(self.0.delete_trail(call, typed(input)).await?),
            3 => Box::new(self.0.describe_trails(call, typed(input)).await?),
            4 => Box::new(self.0.get_event_selectors(call, typed(input)).await?),
            5 => Box::new(self.0.get_trail(call, typed(input)).await?),
            6 => Box::new(self.0.get_trail_status(call, typed(input)).await?),
            7 => Box::new(self.0.list_tags(call, typed(input)).await?),
            8 => Box::new(self.0.list_trails(call, typed(input)).await?),
            9 => Box::new(self.0.lookup_events(call, typed(input)).await?),
            10 => Box::new(self.0.put_event_selectors(call, typed(input)).await?),
            11 => Box::new(self.0.remove_tags(call, typed(input)).await?),
            12 => Box::new(self.0.start_logging(call, typed(input)).await?),
            13 => Box::new(self.0.stop_logging(call, typed(input)).await?),
            14 => Box::new(self.0.update_trail(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Cloudtrail>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Cloudtrail>, dispatcher: Dispatcher) -> Self {
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
impl Cloudtrail for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn add_tags(&self, call: &Call, input: AddTagsRequest) -> Result<AddTagsResponse, Fault> {
        let call = self.admit(call, Input::AddTags(&input), 0, &input).await?;
        self.inner.add_tags(&call, input).await
    }

    async fn create_trail(
        &self,
        call: &Call,
        input: CreateTrailRequest,
    ) -> Result<CreateTrailResponse, Fault> {
        let call = self
            .admit(call, Input::CreateTrail(&input), 1, &input)
            .await?;
        self.inner.create_trail(&call, input).await
    }

    async fn delete_trail(
        &self,
        call: &Call,
        input: DeleteTrailRequest,
    ) -> Result<DeleteTrailResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteTrail(&input), 2, &input)
            .await?;
        self.inner.delete_trail(&call, input).await
    }

    async fn describe_trails(
        &self,
        call: &Call,
        input: DescribeTrailsRequest,
    ) -> Result<DescribeTrailsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeTrails(&input), 3, &input)
            .await?;
        self.inner.describe_trails(&call, input).await
    }

    async fn get_event_selectors(
        &self,
        call: &Call,
        input: GetEventSelectorsRequest,
    ) -> Result<GetEventSelectorsResponse, Fault> {
        let call = self
            .admit(call, Input::GetEventSelectors(&input), 4, &input)
            .await?;
        self.inner.get_event_selectors(&call, input).await
    }

    async fn get_trail(
        &self,
        call: &Call,
        input: GetTrailRequest,
    ) -> Result<GetTrailResponse, Fault> {
        let call = self.admit(call, Input::GetTrail(&input), 5, &input).await?;
        self.inner.get_trail(&call, input).await
    }

    async fn get_trail_status(
        &self,
        call: &Call,
        input: GetTrailStatusRequest,
    ) -> Result<GetTrailStatusResponse, Fault> {
        let call = self
            .admit(call, Input::GetTrailStatus(&input), 6, &input)
            .await?;
        self.inner.get_trail_status(&call, input).await
    }

    async fn list_tags(
        &self,
        call: &Call,
        input: ListTagsRequest,
    ) -> Result<ListTagsResponse, Fault> {
        let call = self.admit(call, Input::ListTags(&input), 7, &input).await?;
        self.inner.list_tags(&call, input).await
    }

    async fn list_trails(
        &self,
        call: &Call,
        input: ListTrailsRequest,
    ) -> Result<ListTrailsResponse, Fault> {
        let call = self
            .admit(call, Input::ListTrails(&input), 8, &input)
            .await?;
        self.inner.list_trails(&call, input).await
    }

    async fn lookup_events(
        &self,
        call: &Call,
        input: LookupEventsRequest,
    ) -> Result<LookupEventsResponse, Fault> {
        let call = self
            .admit(call, Input::LookupEvents(&input), 9, &input)
            .await?;
        self.inner.lookup_events(&call, input).await
    }

    async fn put_event_selectors(
        &self,
        call: &Call,
        input: PutEventSelectorsRequest,
    ) -> Result<PutEventSelectorsResponse, Fault> {
        let call = self
            .admit(call, Input::PutEventSelectors(&input), 10, &input)
            .await?;
        self.inner.put_event_selectors(&call, input).await
    }

    async fn remove_tags(
        &self,
        call: &Call,
        input: RemoveTagsRequest,
    ) -> Result<RemoveTagsResponse, Fault> {
        let call = self
            .admit(call, Input::RemoveTags(&input), 11, &input)
            .await?;
        self.inner.remove_tags(&call, input).await
    }

    async fn start_logging(
        &self,
        call: &Call,
        input: StartLoggingRequest,
    ) -> Result<StartLoggingResponse, Fault> {
        let call = self
            .admit(call, Input::StartLogging(&input), 12, &input)
            .await?;
        self.inner.start_logging(&call, input).await
    }

    async fn stop_logging(
        &self,
        call: &Call,
        input: StopLoggingRequest,
    ) -> Result<StopLoggingResponse, Fault> {
        let call = self
            .admit(call, Input::StopLogging(&input), 13, &input)
            .await?;
        self.inner.stop_logging(&call, input).await
    }

    async fn update_trail(
        &self,
        call: &Call,
        input: UpdateTrailRequest,
    ) -> Result<UpdateTrailResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateTrail(&input), 14, &input)
            .await?;
        self.inner.update_trail(&call, input).await
    }
}
