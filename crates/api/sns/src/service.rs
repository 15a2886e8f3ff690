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
    AddPermission(&'a AddPermissionInput),
    ConfirmSubscription(&'a ConfirmSubscriptionInput),
    CreateTopic(&'a CreateTopicInput),
    DeleteTopic(&'a DeleteTopicInput),
    GetDataProtectionPolicy(&'a GetDataProtectionPolicyInput),
    GetSubscriptionAttributes(&'a GetSubscriptionAttributesInput),
    GetTopicAttributes(&'a GetTopicAttributesInput),
    ListSubscriptions(&'a ListSubscriptionsInput),
    ListSubscriptionsByTopic(&'a ListSubscriptionsByTopicInput),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    ListTopics(&'a ListTopicsInput),
    Publish(&'a PublishInput),
    PublishBatch(&'a PublishBatchInput),
    PutDataProtectionPolicy(&'a PutDataProtectionPolicyInput),
    RemovePermission(&'a RemovePermissionInput),
    SetSubscriptionAttributes(&'a SetSubscriptionAttributesInput),
    SetTopicAttributes(&'a SetTopicAttributesInput),
    Subscribe(&'a SubscribeInput),
    TagResource(&'a TagResourceRequest),
    Unsubscribe(&'a UnsubscribeInput),
    UntagResource(&'a UntagResourceRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AddPermission(_) => "AddPermission",
            Self::ConfirmSubscription(_) => "ConfirmSubscription",
            Self::CreateTopic(_) => "CreateTopic",
            Self::DeleteTopic(_) => "DeleteTopic",
            Self::GetDataProtectionPolicy(_) => "GetDataProtectionPolicy",
            Self::GetSubscriptionAttributes(_) => "GetSubscriptionAttributes",
            Self::GetTopicAttributes(_) => "GetTopicAttributes",
            Self::ListSubscriptions(_) => "ListSubscriptions",
            Self::ListSubscriptionsByTopic(_) => "ListSubscriptionsByTopic",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::ListTopics(_) => "ListTopics",
            Self::Publish(_) => "Publish",
            Self::PublishBatch(_) => "PublishBatch",
            Self::PutDataProtectionPolicy(_) => "PutDataProtectionPolicy",
            Self::RemovePermission(_) => "RemovePermission",
            Self::SetSubscriptionAttributes(_) => "SetSubscriptionAttributes",
            Self::SetTopicAttributes(_) => "SetTopicAttributes",
            Self::Subscribe(_) => "Subscribe",
            Self::TagResource(_) => "TagResource",
            Self::Unsubscribe(_) => "Unsubscribe",
            Self::UntagResource(_) => "UntagResource",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("sns:{}", self.operation())
    }
}

#[async_trait]
pub trait Sns: Send + Sync + 'static {
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

    async fn add_permission(&self, call: &Call, input: AddPermissionInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "AddPermission"))
    }

    async fn confirm_subscription(
        &self,
        call: &Call,
        input: ConfirmSubscriptionInput,
    ) -> Result<ConfirmSubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "ConfirmSubscription"))
    }

    async fn create_topic(
        &self,
        call: &Call,
        input: CreateTopicInput,
    ) -> Result<CreateTopicResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "CreateTopic"))
    }

    async fn delete_topic(&self, call: &Call, input: DeleteTopicInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "DeleteTopic"))
    }

    async fn get_data_protection_policy(
        &self,
        call: &Call,
        input: GetDataProtectionPolicyInput,
    ) -> Result<GetDataProtectionPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "GetDataProtectionPolicy"))
    }

    async fn get_subscription_attributes(
        &self,
        call: &Call,
        input: GetSubscriptionAttributesInput,
    ) -> Result<GetSubscriptionAttributesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "GetSubscriptionAttributes"))
    }

    async fn get_topic_attributes(
        &self,
        call: &Call,
        input: GetTopicAttributesInput,
    ) -> Result<GetTopicAttributesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "GetTopicAttributes"))
    }

    async fn list_subscriptions(
        &self,
        call: &Call,
        input: ListSubscriptionsInput,
    ) -> Result<ListSubscriptionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "ListSubscriptions"))
    }

    async fn list_subscriptions_by_topic(
        &self,
        call: &Call,
        input: ListSubscriptionsByTopicInput,
    ) -> Result<ListSubscriptionsByTopicResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "ListSubscriptionsByTopic"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "ListTagsForResource"))
    }

    async fn list_topics(
        &self,
        call: &Call,
        input: ListTopicsInput,
    ) -> Result<ListTopicsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "ListTopics"))
    }

    async fn publish(&self, call: &Call, input: PublishInput) -> Result<PublishResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "Publish"))
    }

    async fn publish_batch(
        &self,
        call: &Call,
        input: PublishBatchInput,
    ) -> Result<PublishBatchResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "PublishBatch"))
    }

    async fn put_data_protection_policy(
        &self,
        call: &Call,
        input: PutDataProtectionPolicyInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "PutDataProtectionPolicy"))
    }

    async fn remove_permission(
        &self,
        call: &Call,
        input: RemovePermissionInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "RemovePermission"))
    }

    async fn set_subscription_attributes(
        &self,
        call: &Call,
        input: SetSubscriptionAttributesInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "SetSubscriptionAttributes"))
    }

    async fn set_topic_attributes(
        &self,
        call: &Call,
        input: SetTopicAttributesInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "SetTopicAttributes"))
    }

    async fn subscribe(
        &self,
        call: &Call,
        input: SubscribeInput,
    ) -> Result<SubscribeResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "Subscribe"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "TagResource"))
    }

    async fn unsubscribe(&self, call: &Call, input: UnsubscribeInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "Unsubscribe"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("sns", "UntagResource"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Sns>);

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
            0 => Box::new(AddPermissionInput::default()),
            1 => Box::new(ConfirmSubscriptionInput::default()),
            2 => Box::new(CreateTopicInput::default()),
            3 => Box::new(DeleteTopicInput::default()),
            4 => Box::new(GetDataProtectionPolicyInput::default()),
            5 => Box::new(GetSubscriptionAttributesInput::default()),
            6 => Box::new(GetTopicAttributesInput::default()),
            7 => Box::new(ListSubscriptionsInput::default()),
            8 => Box::new(ListSubscriptionsByTopicInput::default()),
            9 => Box::new(ListTagsForResourceRequest::default()),
            10 => Box::new(ListTopicsInput::default()),
            11 => Box::new(PublishInput::default()),
            12 => Box::new(PublishBatchInput::default()),
            13 => Box::new(PutDataProtectionPolicyInput::default()),
            14 => Box::new(RemovePermissionInput::default()),
            15 => Box::new(SetSubscriptionAttributesInput::default()),
            16 => Box::new(SetTopicAttributesInput::default()),
            17 => Box::new(SubscribeInput::default()),
            18 => Box::new(TagResourceRequest::default()),
            19 => Box::new(UnsubscribeInput::default()),
            20 => Box::new(UntagResourceRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            1 => Box::new(ConfirmSubscriptionResponse::default()),
            2 => Box::new(CreateTopicResponse::default()),
            4 => Box::new(GetDataProtectionPolicyResponse::default()),
            5 => Box::new(GetSubscriptionAttributesResponse::default()),
            6 => Box::new(GetTopicAttributesResponse::default()),
            7 => Box::new(ListSubscriptionsResponse::default()),
            8 => Box::new(ListSubscriptionsByTopicResponse::default()),
            9 => Box::new(ListTagsForResourceResponse::default()),
            10 => Box::new(ListTopicsResponse::default()),
            11 => Box::new(PublishResponse::default()),
            12 => Box::new(PublishBatchResponse::default()),
            17 => Box::new(SubscribeResponse::default()),
            18 => Box::new(TagResourceResponse::default()),
            20 => Box::new(UntagResourceResponse::default()),
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
            1 => Input::ConfirmSubscription(borrowed(input)),
            2 => Input::CreateTopic(borrowed(input)),
            3 => Input::DeleteTopic(borrowed(input)),
            4 => Input::GetDataProtectionPolicy(borrowed(input)),
            5 => Input::GetSubscriptionAttributes(borrowed(input)),
            6 => Input::GetTopicAttributes(borrowed(input)),
            7 => Input::ListSubscriptions(borrowed(input)),
            8 => Input::ListSubscriptionsByTopic(borrowed(input)),
            9 => Input::ListTagsForResource(borrowed(input)),
            10 => Input::ListTopics(borrowed(input)),
            11 => Input::Publish(borrowed(input)),
            12 => Input::PublishBatch(borrowed(input)),
            13 => Input::PutDataProtectionPolicy(borrowed(input)),
            14 => Input::RemovePermission(borrowed(input)),
            15 => Input::SetSubscriptionAttributes(borrowed(input)),
            16 => Input::SetTopicAttributes(borrowed(input)),
            17 => Input::Subscribe(borrowed(input)),
            18 => Input::TagResource(borrowed(input)),
            19 => Input::Unsubscribe(borrowed(input)),
            20 => Input::UntagResource(borrowed(input)),
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
            1 => Box::new(self.0.confirm_subscription(call, typed(input)).await?),
            2 => Box::new(self.0.create_topic(call, typed(input)).await?),
            3 => Box::new(self.0.delete_topic(call, typed(input)).await?),
            4 => Box::new(
                self.0
                    .get_data_protection_policy(call, typed(input))
                    .await?,
            ),
            5 => Box::new(
                self.0
                    .get_subscription_attributes(call, typed(input))
                    .await?,
            ),
            6 => Box::new(self.0.get_topic_attributes(call, typed(input)).await?),
            7 => Box::new(self.0.list_subscriptions(call, typed(input)).await?),
            8 => Box::new(
                self.0
                    .list_subscriptions_by_topic(call, typed(input))
                    .await?,
            ),
            9 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            10 => Box::new(self.0.list_topics(call, typed(input)).await?),
            11 => Box::new(self.0.publish(call, typed(input)).await?),
            12 => Box::new(self.0.publish_batch(call, typed(input)).await?),
            13 => Box::new(
                self.0
                    .put_data_protection_policy(call, typed(input))
                    .await?,
            ),
            14 => Box::new(self.0.remove_permission(call, typed(input)).await?),
            15 => Box::new(
                self.0
                    .set_subscription_attributes(call, typed(input))
                    .await?,
            ),
            16 => Box::new(self.0.set_topic_attributes(call, typed(input)).await?),
            17 => Box::new(self.0.subscribe(call, typed(input)).await?),
            18 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            19 => Box::new(self.0.unsubscribe(call, typed(input)).await?),
            20 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Sns>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Sns>, dispatcher: Dispatcher) -> Self {
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
impl Sns for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn add_permission(&self, call: &Call, input: AddPermissionInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AddPermission(&input), 0, &input)
            .await?;
        self.inner.add_permission(&call, input).await
    }

    async fn confirm_subscription(
        &self,
        call: &Call,
        input: ConfirmSubscriptionInput,
    ) -> Result<ConfirmSubscriptionResponse, Fault> {
        let call = self
            .admit(call, Input::ConfirmSubscription(&input), 1, &input)
            .await?;
        self.inner.confirm_subscription(&call, input).await
    }

    async fn create_topic(
        &self,
        call: &Call,
        input: CreateTopicInput,
    ) -> Result<CreateTopicResponse, Fault> {
        let call = self
            .admit(call, Input::CreateTopic(&input), 2, &input)
            .await?;
        self.inner.create_topic(&call, input).await
    }

    async fn delete_topic(&self, call: &Call, input: DeleteTopicInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteTopic(&input), 3, &input)
            .await?;
        self.inner.delete_topic(&call, input).await
    }

    async fn get_data_protection_policy(
        &self,
        call: &Call,
        input: GetDataProtectionPolicyInput,
    ) -> Result<GetDataProtectionPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetDataProtectionPolicy(&input), 4, &input)
            .await?;
        self.inner.get_data_protection_policy(&call, input).await
    }

    async fn get_subscription_attributes(
        &self,
        call: &Call,
        input: GetSubscriptionAttributesInput,
    ) -> Result<GetSubscriptionAttributesResponse, Fault> {
        let call = self
            .admit(call, Input::GetSubscriptionAttributes(&input), 5, &input)
            .await?;
        self.inner.get_subscription_attributes(&call, input).await
    }

    async fn get_topic_attributes(
        &self,
        call: &Call,
        input: GetTopicAttributesInput,
    ) -> Result<GetTopicAttributesResponse, Fault> {
        let call = self
            .admit(call, Input::GetTopicAttributes(&input), 6, &input)
            .await?;
        self.inner.get_topic_attributes(&call, input).await
    }

    async fn list_subscriptions(
        &self,
        call: &Call,
        input: ListSubscriptionsInput,
    ) -> Result<ListSubscriptionsResponse, Fault> {
        let call = self
            .admit(call, Input::ListSubscriptions(&input), 7, &input)
            .await?;
        self.inner.list_subscriptions(&call, input).await
    }

    async fn list_subscriptions_by_topic(
        &self,
        call: &Call,
        input: ListSubscriptionsByTopicInput,
    ) -> Result<ListSubscriptionsByTopicResponse, Fault> {
        let call = self
            .admit(call, Input::ListSubscriptionsByTopic(&input), 8, &input)
            .await?;
        self.inner.list_subscriptions_by_topic(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 9, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn list_topics(
        &self,
        call: &Call,
        input: ListTopicsInput,
    ) -> Result<ListTopicsResponse, Fault> {
        let call = self
            .admit(call, Input::ListTopics(&input), 10, &input)
            .await?;
        self.inner.list_topics(&call, input).await
    }

    async fn publish(&self, call: &Call, input: PublishInput) -> Result<PublishResponse, Fault> {
        let call = self.admit(call, Input::Publish(&input), 11, &input).await?;
        self.inner.publish(&call, input).await
    }

    async fn publish_batch(
        &self,
        call: &Call,
        input: PublishBatchInput,
    ) -> Result<PublishBatchResponse, Fault> {
        let call = self
            .admit(call, Input::PublishBatch(&input), 12, &input)
            .await?;
        self.inner.publish_batch(&call, input).await
    }

    async fn put_data_protection_policy(
        &self,
        call: &Call,
        input: PutDataProtectionPolicyInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutDataProtectionPolicy(&input), 13, &input)
            .await?;
        self.inner.put_data_protection_policy(&call, input).await
    }

    async fn remove_permission(
        &self,
        call: &Call,
        input: RemovePermissionInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RemovePermission(&input), 14, &input)
            .await?;
        self.inner.remove_permission(&call, input).await
    }

    async fn set_subscription_attributes(
        &self,
        call: &Call,
        input: SetSubscriptionAttributesInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SetSubscriptionAttributes(&input), 15, &input)
            .await?;
        self.inner.set_subscription_attributes(&call, input).await
    }

    async fn set_topic_attributes(
        &self,
        call: &Call,
        input: SetTopicAttributesInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SetTopicAttributes(&input), 16, &input)
            .await?;
        self.inner.set_topic_attributes(&call, input).await
    }

    async fn subscribe(
        &self,
        call: &Call,
        input: SubscribeInput,
    ) -> Result<SubscribeResponse, Fault> {
        let call = self
            .admit(call, Input::Subscribe(&input), 17, &input)
            .await?;
        self.inner.subscribe(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 18, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn unsubscribe(&self, call: &Call, input: UnsubscribeInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::Unsubscribe(&input), 19, &input)
            .await?;
        self.inner.unsubscribe(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 20, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }
}
