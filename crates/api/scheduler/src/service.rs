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
    CreateSchedule(&'a CreateScheduleInput),
    CreateScheduleGroup(&'a CreateScheduleGroupInput),
    DeleteSchedule(&'a DeleteScheduleInput),
    DeleteScheduleGroup(&'a DeleteScheduleGroupInput),
    GetSchedule(&'a GetScheduleInput),
    GetScheduleGroup(&'a GetScheduleGroupInput),
    ListScheduleGroups(&'a ListScheduleGroupsInput),
    ListSchedules(&'a ListSchedulesInput),
    ListTagsForResource(&'a ListTagsForResourceInput),
    TagResource(&'a TagResourceInput),
    UntagResource(&'a UntagResourceInput),
    UpdateSchedule(&'a UpdateScheduleInput),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateSchedule(_) => "CreateSchedule",
            Self::CreateScheduleGroup(_) => "CreateScheduleGroup",
            Self::DeleteSchedule(_) => "DeleteSchedule",
            Self::DeleteScheduleGroup(_) => "DeleteScheduleGroup",
            Self::GetSchedule(_) => "GetSchedule",
            Self::GetScheduleGroup(_) => "GetScheduleGroup",
            Self::ListScheduleGroups(_) => "ListScheduleGroups",
            Self::ListSchedules(_) => "ListSchedules",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateSchedule(_) => "UpdateSchedule",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("scheduler:{}", self.operation())
    }
}

#[async_trait]
pub trait Scheduler: Send + Sync + 'static {
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

    async fn create_schedule(
        &self,
        call: &Call,
        input: CreateScheduleInput,
    ) -> Result<CreateScheduleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "CreateSchedule"))
    }

    async fn create_schedule_group(
        &self,
        call: &Call,
        input: CreateScheduleGroupInput,
    ) -> Result<CreateScheduleGroupOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "CreateScheduleGroup"))
    }

    async fn delete_schedule(
        &self,
        call: &Call,
        input: DeleteScheduleInput,
    ) -> Result<DeleteScheduleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "DeleteSchedule"))
    }

    async fn delete_schedule_group(
        &self,
        call: &Call,
        input: DeleteScheduleGroupInput,
    ) -> Result<DeleteScheduleGroupOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "DeleteScheduleGroup"))
    }

    async fn get_schedule(
        &self,
        call: &Call,
        input: GetScheduleInput,
    ) -> Result<GetScheduleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "GetSchedule"))
    }

    async fn get_schedule_group(
        &self,
        call: &Call,
        input: GetScheduleGroupInput,
    ) -> Result<GetScheduleGroupOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "GetScheduleGroup"))
    }

    async fn list_schedule_groups(
        &self,
        call: &Call,
        input: ListScheduleGroupsInput,
    ) -> Result<ListScheduleGroupsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "ListScheduleGroups"))
    }

    async fn list_schedules(
        &self,
        call: &Call,
        input: ListSchedulesInput,
    ) -> Result<ListSchedulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "ListSchedules"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "ListTagsForResource"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceInput,
    ) -> Result<UntagResourceOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "UntagResource"))
    }

    async fn update_schedule(
        &self,
        call: &Call,
        input: UpdateScheduleInput,
    ) -> Result<UpdateScheduleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("scheduler", "UpdateSchedule"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Scheduler>);

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
            0 => Box::new(CreateScheduleInput::default()),
            1 => Box::new(CreateScheduleGroupInput::default()),
            2 => Box::new(DeleteScheduleInput::default()),
            3 => Box::new(DeleteScheduleGroupInput::default()),
            4 => Box::new(GetScheduleInput::default()),
            5 => Box::new(GetScheduleGroupInput::default()),
            6 => Box::new(ListScheduleGroupsInput::default()),
            7 => Box::new(ListSchedulesInput::default()),
            8 => Box::new(ListTagsForResourceInput::default()),
            9 => Box::new(TagResourceInput::default()),
            10 => Box::new(UntagResourceInput::default()),
            11 => Box::new(UpdateScheduleInput::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(CreateScheduleOutput::default()),
            1 => Box::new(CreateScheduleGroupOutput::default()),
            2 => Box::new(DeleteScheduleOutput::default()),
            3 => Box::new(DeleteScheduleGroupOutput::default()),
            4 => Box::new(GetScheduleOutput::default()),
            5 => Box::new(GetScheduleGroupOutput::default()),
            6 => Box::new(ListScheduleGroupsOutput::default()),
            7 => Box::new(ListSchedulesOutput::default()),
            8 => Box::new(ListTagsForResourceOutput::default()),
            9 => Box::new(TagResourceOutput::default()),
            10 => Box::new(UntagResourceOutput::default()),
            11 => Box::new(UpdateScheduleOutput::default()),
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
            0 => Input::CreateSchedule(borrowed(input)),
            1 => Input::CreateScheduleGroup(borrowed(input)),
            2 => Input::DeleteSchedule(borrowed(input)),
            3 => Input::DeleteScheduleGroup(borrowed(input)),
            4 => Input::GetSchedule(borrowed(input)),
            5 => Input::GetScheduleGroup(borrowed(input)),
            6 => Input::ListScheduleGroups(borrowed(input)),
            7 => Input::ListSchedules(borrowed(input)),
            8 => Input::ListTagsForResource(borrowed(input)),
            9 => Input::TagResource(borrowed(input)),
            10 => Input::UntagResource(borrowed(input)),
            11 => Input::UpdateSchedule(borrowed(input)),
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
            0 => Box::new(self.0.create_schedule(call, typed(input)).await?),
            1 => Box::new(self.0.create_schedule_group(call, typed(input)).await?),
            2 => Box::new(self.0.delete_schedule(call, typed(input)).await?),
            3 => Box::new(self.0.delete_schedule_group(call, typed(input)).await?),
            4 => Box::new(self.0.get_schedule(call, typed(input)).await?),
            5 => Box::new(self.0.get_schedule_group(call, typed(input)).await?),
            6 => Box::new(self.0.list_schedule_groups(call, typed(input)).await?),
            7 => Box::new(self.0.list_schedules(call, typed(input)).await?),
            8 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            9 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            10 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            11 => Box::new(self.0.update_schedule(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Scheduler>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Scheduler>, dispatcher: Dispatcher) -> Self {
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
impl Scheduler for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn create_schedule(
        &self,
        call: &Call,
        input: CreateScheduleInput,
    ) -> Result<CreateScheduleOutput, Fault> {
        let call = self
            .admit(call, Input::CreateSchedule(&input), 0, &input)
            .await?;
        self.inner.create_schedule(&call, input).await
    }

    async fn create_schedule_group(
        &self,
        call: &Call,
        input: CreateScheduleGroupInput,
    ) -> Result<CreateScheduleGroupOutput, Fault> {
        let call = self
            .admit(call, Input::CreateScheduleGroup(&input), 1, &input)
            .await?;
        self.inner.create_schedule_group(&call, input).await
    }

    async fn delete_schedule(
        &self,
        call: &Call,
        input: DeleteScheduleInput,
    ) -> Result<DeleteScheduleOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteSchedule(&input), 2, &input)
            .await?;
        self.inner.delete_schedule(&call, input).await
    }

    async fn delete_schedule_group(
        &self,
        call: &Call,
        input: DeleteScheduleGroupInput,
    ) -> Result<DeleteScheduleGroupOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteScheduleGroup(&input), 3, &input)
            .await?;
        self.inner.delete_schedule_group(&call, input).await
    }

    async fn get_schedule(
        &self,
        call: &Call,
        input: GetScheduleInput,
    ) -> Result<GetScheduleOutput, Fault> {
        let call = self
            .admit(call, Input::GetSchedule(&input), 4, &input)
            .await?;
        self.inner.get_schedule(&call, input).await
    }

    async fn get_schedule_group(
        &self,
        call: &Call,
        input: GetScheduleGroupInput,
    ) -> Result<GetScheduleGroupOutput, Fault> {
        let call = self
            .admit(call, Input::GetScheduleGroup(&input), 5, &input)
            .await?;
        self.inner.get_schedule_group(&call, input).await
    }

    async fn list_schedule_groups(
        &self,
        call: &Call,
        input: ListScheduleGroupsInput,
    ) -> Result<ListScheduleGroupsOutput, Fault> {
        let call = self
            .admit(call, Input::ListScheduleGroups(&input), 6, &input)
            .await?;
        self.inner.list_schedule_groups(&call, input).await
    }

    async fn list_schedules(
        &self,
        call: &Call,
        input: ListSchedulesInput,
    ) -> Result<ListSchedulesOutput, Fault> {
        let call = self
            .admit(call, Input::ListSchedules(&input), 7, &input)
            .await?;
        self.inner.list_schedules(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 8, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 9, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceInput,
    ) -> Result<UntagResourceOutput, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 10, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_schedule(
        &self,
        call: &Call,
        input: UpdateScheduleInput,
    ) -> Result<UpdateScheduleOutput, Fault> {
        let call = self
            .admit(call, Input::UpdateSchedule(&input), 11, &input)
            .await?;
        self.inner.update_schedule(&call, input).await
    }
}
