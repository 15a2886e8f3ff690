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
    AddPermission(&'a AddPermissionRequest),
    CancelMessageMoveTask(&'a CancelMessageMoveTaskRequest),
    ChangeMessageVisibility(&'a ChangeMessageVisibilityRequest),
    ChangeMessageVisibilityBatch(&'a ChangeMessageVisibilityBatchRequest),
    CreateQueue(&'a CreateQueueRequest),
    DeleteMessage(&'a DeleteMessageRequest),
    DeleteMessageBatch(&'a DeleteMessageBatchRequest),
    DeleteQueue(&'a DeleteQueueRequest),
    GetQueueAttributes(&'a GetQueueAttributesRequest),
    GetQueueUrl(&'a GetQueueUrlRequest),
    ListDeadLetterSourceQueues(&'a ListDeadLetterSourceQueuesRequest),
    ListMessageMoveTasks(&'a ListMessageMoveTasksRequest),
    ListQueueTags(&'a ListQueueTagsRequest),
    ListQueues(&'a ListQueuesRequest),
    PurgeQueue(&'a PurgeQueueRequest),
    ReceiveMessage(&'a ReceiveMessageRequest),
    RemovePermission(&'a RemovePermissionRequest),
    SendMessage(&'a SendMessageRequest),
    SendMessageBatch(&'a SendMessageBatchRequest),
    SetQueueAttributes(&'a SetQueueAttributesRequest),
    StartMessageMoveTask(&'a StartMessageMoveTaskRequest),
    TagQueue(&'a TagQueueRequest),
    UntagQueue(&'a UntagQueueRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AddPermission(_) => "AddPermission",
            Self::CancelMessageMoveTask(_) => "CancelMessageMoveTask",
            Self::ChangeMessageVisibility(_) => "ChangeMessageVisibility",
            Self::ChangeMessageVisibilityBatch(_) => "ChangeMessageVisibilityBatch",
            Self::CreateQueue(_) => "CreateQueue",
            Self::DeleteMessage(_) => "DeleteMessage",
            Self::DeleteMessageBatch(_) => "DeleteMessageBatch",
            Self::DeleteQueue(_) => "DeleteQueue",
            Self::GetQueueAttributes(_) => "GetQueueAttributes",
            Self::GetQueueUrl(_) => "GetQueueUrl",
            Self::ListDeadLetterSourceQueues(_) => "ListDeadLetterSourceQueues",
            Self::ListMessageMoveTasks(_) => "ListMessageMoveTasks",
            Self::ListQueueTags(_) => "ListQueueTags",
            Self::ListQueues(_) => "ListQueues",
            Self::PurgeQueue(_) => "PurgeQueue",
            Self::ReceiveMessage(_) => "ReceiveMessage",
            Self::RemovePermission(_) => "RemovePermission",
            Self::SendMessage(_) => "SendMessage",
            Self::SendMessageBatch(_) => "SendMessageBatch",
            Self::SetQueueAttributes(_) => "SetQueueAttributes",
            Self::StartMessageMoveTask(_) => "StartMessageMoveTask",
            Self::TagQueue(_) => "TagQueue",
            Self::UntagQueue(_) => "UntagQueue",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("sqs:{}", self.operation())
    }
}

#[async_trait]
pub trait Sqs: Send + Sync + 'static {
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

    async fn add_permission(&self, call: &Call, input: AddPermissionRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "AddPermission"))
    }

    async fn cancel_message_move_task(
        &self,
        call: &Call,
        input: CancelMessageMoveTaskRequest,
    ) -> Result<CancelMessageMoveTaskResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "CancelMessageMoveTask"))
    }

    async fn change_message_visibility(
        &self,
        call: &Call,
        input: ChangeMessageVisibilityRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "ChangeMessageVisibility"))
    }

    async fn change_message_visibility_batch(
        &self,
        call: &Call,
        input: ChangeMessageVisibilityBatchRequest,
    ) -> Result<ChangeMessageVisibilityBatchResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "ChangeMessageVisibilityBatch"))
    }

    async fn create_queue(
        &self,
        call: &Call,
        input: CreateQueueRequest,
    ) -> Result<CreateQueueResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "CreateQueue"))
    }

    async fn delete_message(&self, call: &Call, input: DeleteMessageRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "DeleteMessage"))
    }

    async fn delete_message_batch(
        &self,
        call: &Call,
        input: DeleteMessageBatchRequest,
    ) -> Result<DeleteMessageBatchResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "DeleteMessageBatch"))
    }

    async fn delete_queue(&self, call: &Call, input: DeleteQueueRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "DeleteQueue"))
    }

    async fn get_queue_attributes(
        &self,
        call: &Call,
        input: GetQueueAttributesRequest,
    ) -> Result<GetQueueAttributesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "GetQueueAttributes"))
    }

    async fn get_queue_url(
        &self,
        call: &Call,
        input: GetQueueUrlRequest,
    ) -> Result<GetQueueUrlResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "GetQueueUrl"))
    }

    async fn list_dead_letter_source_queues(
        &self,
        call: &Call,
        input: ListDeadLetterSourceQueuesRequest,
    ) -> Result<ListDeadLetterSourceQueuesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "ListDeadLetterSourceQueues"))
    }

    async fn list_message_move_tasks(
        &self,
        call: &Call,
        input: ListMessageMoveTasksRequest,
    ) -> Result<ListMessageMoveTasksResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "ListMessageMoveTasks"))
    }

    async fn list_queue_tags(
        &self,
        call: &Call,
        input: ListQueueTagsRequest,
    ) -> Result<ListQueueTagsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "ListQueueTags"))
    }

    async fn list_queues(
        &self,
        call: &Call,
        input: ListQueuesRequest,
    ) -> Result<ListQueuesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "ListQueues"))
    }

    async fn purge_queue(&self, call: &Call, input: PurgeQueueRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "PurgeQueue"))
    }

    async fn receive_message(
        &self,
        call: &Call,
        input: ReceiveMessageRequest,
    ) -> Result<ReceiveMessageResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "ReceiveMessage"))
    }

    async fn remove_permission(
        &self,
        call: &Call,
        input: RemovePermissionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "RemovePermission"))
    }

    async fn send_message(
        &self,
        call: &Call,
        input: SendMessageRequest,
    ) -> Result<SendMessageResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "SendMessage"))
    }

    async fn send_message_batch(
        &self,
        call: &Call,
        input: SendMessageBatchRequest,
    ) -> Result<SendMessageBatchResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "SendMessageBatch"))
    }

    async fn set_queue_attributes(
        &self,
        call: &Call,
        input: SetQueueAttributesRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "SetQueueAttributes"))
    }

    async fn start_message_move_task(
        &self,
        call: &Call,
        input: StartMessageMoveTaskRequest,
    ) -> Result<StartMessageMoveTaskResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "StartMessageMoveTask"))
    }

    async fn tag_queue(&self, call: &Call, input: TagQueueRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "TagQueue"))
    }

    async fn untag_queue(&self, call: &Call, input: UntagQueueRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sqs", "UntagQueue"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Sqs>);

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
            0 => Box::new(AddPermissionRequest::default()),
            1 => Box::new(CancelMessageMoveTaskRequest::default()),
            2 => Box::new(ChangeMessageVisibilityRequest::default()),
            3 => Box::new(ChangeMessageVisibilityBatchRequest::default()),
            4 => Box::new(CreateQueueRequest::default()),
            5 => Box::new(DeleteMessageRequest::default()),
            6 => Box::new(DeleteMessageBatchRequest::default()),
            7 => Box::new(DeleteQueueRequest::default()),
            8 => Box::new(GetQueueAttributesRequest::default()),
            9 => Box::new(GetQueueUrlRequest::default()),
            10 => Box::new(ListDeadLetterSourceQueuesRequest::default()),
            11 => Box::new(ListMessageMoveTasksRequest::default()),
            12 => Box::new(ListQueueTagsRequest::default()),
            13 => Box::new(ListQueuesRequest::default()),
            14 => Box::new(PurgeQueueRequest::default()),
            15 => Box::new(ReceiveMessageRequest::default()),
            16 => Box::new(RemovePermissionRequest::default()),
            17 => Box::new(SendMessageRequest::default()),
            18 => Box::new(SendMessageBatchRequest::default()),
            19 => Box::new(SetQueueAttributesRequest::default()),
            20 => Box::new(StartMessageMoveTaskRequest::default()),
            21 => Box::new(TagQueueRequest::default()),
            22 => Box::new(UntagQueueRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            1 => Box::new(CancelMessageMoveTaskResult::default()),
            3 => Box::new(ChangeMessageVisibilityBatchResult::default()),
            4 => Box::new(CreateQueueResult::default()),
            6 => Box::new(DeleteMessageBatchResult::default()),
            8 => Box::new(GetQueueAttributesResult::default()),
            9 => Box::new(GetQueueUrlResult::default()),
            10 => Box::new(ListDeadLetterSourceQueuesResult::default()),
            11 => Box::new(ListMessageMoveTasksResult::default()),
            12 => Box::new(ListQueueTagsResult::default()),
            13 => Box::new(ListQueuesResult::default()),
            15 => Box::new(ReceiveMessageResult::default()),
            17 => Box::new(SendMessageResult::default()),
            18 => Box::new(SendMessageBatchResult::default()),
            20 => Box::new(StartMessageMoveTaskResult::default()),
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
            0 => Input::AddPermission(borrowed(input)),
            1 => Input::CancelMessageMoveTask(borrowed(input)),
            2 => Input::ChangeMessageVisibility(borrowed(input)),
            3 => Input::ChangeMessageVisibilityBatch(borrowed(input)),
            4 => Input::CreateQueue(borrowed(input)),
            5 => Input::DeleteMessage(borrowed(input)),
            6 => Input::DeleteMessageBatch(borrowed(input)),
            7 => Input::DeleteQueue(borrowed(input)),
            8 => Input::GetQueueAttributes(borrowed(input)),
            9 => Input::GetQueueUrl(borrowed(input)),
            10 => Input::ListDeadLetterSourceQueues(borrowed(input)),
            11 => Input::ListMessageMoveTasks(borrowed(input)),
            12 => Input::ListQueueTags(borrowed(input)),
            13 => Input::ListQueues(borrowed(input)),
            14 => Input::PurgeQueue(borrowed(input)),
            15 => Input::ReceiveMessage(borrowed(input)),
            16 => Input::RemovePermission(borrowed(input)),
            17 => Input::SendMessage(borrowed(input)),
            18 => Input::SendMessageBatch(borrowed(input)),
            19 => Input::SetQueueAttributes(borrowed(input)),
            20 => Input::StartMessageMoveTask(borrowed(input)),
            21 => Input::TagQueue(borrowed(input)),
            22 => Input::UntagQueue(borrowed(input)),
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
            0 => Box::new(self.0.add_permission(call, typed(input)).await?),
            1 => Box::new(self.0.cancel_message_move_task(call, typed(input)).await?),
            2 => Box::new(self.0.change_message_visibility(call, typed(input)).await?),
            3 => Box::new(
                self.0
                    .change_message_visibility_batch(call, typed(input))
                    .await?,
            ),
            4 => Box::new(self.0.create_queue(call, typed(input)).await?),
            5 => Box::new(self.0.delete_message(call, typed(input)).await?),
            6 => Box::new(self.0.delete_message_batch(call, typed(input)).await?),
            7 => Box::new(self.0.delete_queue(call, typed(input)).await?),
            8 => Box::new(self.0.get_queue_attributes(call, typed(input)).await?),
            9 => Box::new(self.0.get_queue_url(call, typed(input)).await?),
            10 => Box::new(
                self.0
                    .list_dead_letter_source_queues(call, typed(input))
                    .await?,
            ),
            11 => Box::new(self.0.list_message_move_tasks(call, typed(input)).await?),
            12 => Box::new(self.0.list_queue_tags(call, typed(input)).await?),
            13 => Box::new(self.0.list_queues(call, typed(input)).await?),
            14 => Box::new(self.0.purge_queue(call, typed(input)).await?),
            15 => Box::new(self.0.receive_message(call, typed(input)).await?),
            16 => Box::new(self.0.remove_permission(call, typed(input)).await?),
            17 => Box::new(self.0.send_message(call, typed(input)).await?),
            18 => Box::new(self.0.send_message_batch(call, typed(input)).await?),
            19 => Box::new(self.0.set_queue_attributes(call, typed(input)).await?),
            20 => Box::new(self.0.start_message_move_task(call, typed(input)).await?),
            21 => Box::new(self.0.tag_queue(call, typed(input)).await?),
            22 => Box::new(self.0.untag_queue(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Sqs>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Sqs>, dispatcher: Dispatcher) -> Self {
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
impl Sqs for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn add_permission(&self, call: &Call, input: AddPermissionRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AddPermission(&input), 0, &input)
            .await?;
        self.inner.add_permission(&call, input).await
    }

    async fn cancel_message_move_task(
        &self,
        call: &Call,
        input: CancelMessageMoveTaskRequest,
    ) -> Result<CancelMessageMoveTaskResult, Fault> {
        let call = self
            .admit(call, Input::CancelMessageMoveTask(&input), 1, &input)
            .await?;
        self.inner.cancel_message_move_task(&call, input).await
    }

    async fn change_message_visibility(
        &self,
        call: &Call,
        input: ChangeMessageVisibilityRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ChangeMessageVisibility(&input), 2, &input)
            .await?;
        self.inner.change_message_visibility(&call, input).await
    }

    async fn change_message_visibility_batch(
        &self,
        call: &Call,
        input: ChangeMessageVisibilityBatchRequest,
    ) -> Result<ChangeMessageVisibilityBatchResult, Fault> {
        let call = self
            .admit(call, Input::ChangeMessageVisibilityBatch(&input), 3, &input)
            .await?;
        self.inner
            .change_message_visibility_batch(&call, input)
            .await
    }

    async fn create_queue(
        &self,
        call: &Call,
        input: CreateQueueRequest,
    ) -> Result<CreateQueueResult, Fault> {
        let call = self
            .admit(call, Input::CreateQueue(&input), 4, &input)
            .await?;
        self.inner.create_queue(&call, input).await
    }

    async fn delete_message(&self, call: &Call, input: DeleteMessageRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteMessage(&input), 5, &input)
            .await?;
        self.inner.delete_message(&call, input).await
    }

    async fn delete_message_batch(
        &self,
        call: &Call,
        input: DeleteMessageBatchRequest,
    ) -> Result<DeleteMessageBatchResult, Fault> {
        let call = self
            .admit(call, Input::DeleteMessageBatch(&input), 6, &input)
            .await?;
        self.inner.delete_message_batch(&call, input).await
    }

    async fn delete_queue(&self, call: &Call, input: DeleteQueueRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteQueue(&input), 7, &input)
            .await?;
        self.inner.delete_queue(&call, input).await
    }

    async fn get_queue_attributes(
        &self,
        call: &Call,
        input: GetQueueAttributesRequest,
    ) -> Result<GetQueueAttributesResult, Fault> {
        let call = self
            .admit(call, Input::GetQueueAttributes(&input), 8, &input)
            .await?;
        self.inner.get_queue_attributes(&call, input).await
    }

    async fn get_queue_url(
        &self,
        call: &Call,
        input: GetQueueUrlRequest,
    ) -> Result<GetQueueUrlResult, Fault> {
        let call = self
            .admit(call, Input::GetQueueUrl(&input), 9, &input)
            .await?;
        self.inner.get_queue_url(&call, input).await
    }

    async fn list_dead_letter_source_queues(
        &self,
        call: &Call,
        input: ListDeadLetterSourceQueuesRequest,
    ) -> Result<ListDeadLetterSourceQueuesResult, Fault> {
        let call = self
            .admit(call, Input::ListDeadLetterSourceQueues(&input), 10, &input)
            .await?;
        self.inner
            .list_dead_letter_source_queues(&call, input)
            .await
    }

    async fn list_message_move_tasks(
        &self,
        call: &Call,
        input: ListMessageMoveTasksRequest,
    ) -> Result<ListMessageMoveTasksResult, Fault> {
        let call = self
            .admit(call, Input::ListMessageMoveTasks(&input), 11, &input)
            .await?;
        self.inner.list_message_move_tasks(&call, input).await
    }

    async fn list_queue_tags(
        &self,
        call: &Call,
        input: ListQueueTagsRequest,
    ) -> Result<ListQueueTagsResult, Fault> {
        let call = self
            .admit(call, Input::ListQueueTags(&input), 12, &input)
            .await?;
        self.inner.list_queue_tags(&call, input).await
    }

    async fn list_queues(
        &self,
        call: &Call,
        input: ListQueuesRequest,
    ) -> Result<ListQueuesResult, Fault> {
        let call = self
            .admit(call, Input::ListQueues(&input), 13, &input)
            .await?;
        self.inner.list_queues(&call, input).await
    }

    async fn purge_queue(&self, call: &Call, input: PurgeQueueRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PurgeQueue(&input), 14, &input)
            .await?;
        self.inner.purge_queue(&call, input).await
    }

    async fn receive_message(
        &self,
        call: &Call,
        input: ReceiveMessageRequest,
    ) -> Result<ReceiveMessageResult, Fault> {
        let call = self
            .admit(call, Input::ReceiveMessage(&input), 15, &input)
            .await?;
        self.inner.receive_message(&call, input).await
    }

    async fn remove_permission(
        &self,
        call: &Call,
        input: RemovePermissionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RemovePermission(&input), 16, &input)
            .await?;
        self.inner.remove_permission(&call, input).await
    }

    async fn send_message(
        &self,
        call: &Call,
        input: SendMessageRequest,
    ) -> Result<SendMessageResult, Fault> {
        let call = self
            .admit(call, Input::SendMessage(&input), 17, &input)
            .await?;
        self.inner.send_message(&call, input).await
    }

    async fn send_message_batch(
        &self,
        call: &Call,
        input: SendMessageBatchRequest,
    ) -> Result<SendMessageBatchResult, Fault> {
        let call = self
            .admit(call, Input::SendMessageBatch(&input), 18, &input)
            .await?;
        self.inner.send_message_batch(&call, input).await
    }

    async fn set_queue_attributes(
        &self,
        call: &Call,
        input: SetQueueAttributesRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SetQueueAttributes(&input), 19, &input)
            .await?;
        self.inner.set_queue_attributes(&call, input).await
    }

    async fn start_message_move_task(
        &self,
        call: &Call,
        input: StartMessageMoveTaskRequest,
    ) -> Result<StartMessageMoveTaskResult, Fault> {
        let call = self
            .admit(call, Input::StartMessageMoveTask(&input), 20, &input)
            .await?;
        self.inner.start_message_move_task(&call, input).await
    }

    async fn tag_queue(&self, call: &Call, input: TagQueueRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagQueue(&input), 21, &input)
            .await?;
        self.inner.tag_queue(&call, input).await
    }

    async fn untag_queue(&self, call: &Call, input: UntagQueueRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagQueue(&input), 22, &input)
            .await?;
        self.inner.untag_queue(&call, input).await
    }
}
