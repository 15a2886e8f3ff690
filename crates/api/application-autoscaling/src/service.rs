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
    DeleteScalingPolicy(&'a DeleteScalingPolicyRequest),
    DeleteScheduledAction(&'a DeleteScheduledActionRequest),
    DeregisterScalableTarget(&'a DeregisterScalableTargetRequest),
    DescribeScalableTargets(&'a DescribeScalableTargetsRequest),
    DescribeScalingActivities(&'a DescribeScalingActivitiesRequest),
    DescribeScalingPolicies(&'a DescribeScalingPoliciesRequest),
    DescribeScheduledActions(&'a DescribeScheduledActionsRequest),
    GetPredictiveScalingForecast(&'a GetPredictiveScalingForecastRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    PutScalingPolicy(&'a PutScalingPolicyRequest),
    PutScheduledAction(&'a PutScheduledActionRequest),
    RegisterScalableTarget(&'a RegisterScalableTargetRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::DeleteScalingPolicy(_) => "DeleteScalingPolicy",
            Self::DeleteScheduledAction(_) => "DeleteScheduledAction",
            Self::DeregisterScalableTarget(_) => "DeregisterScalableTarget",
            Self::DescribeScalableTargets(_) => "DescribeScalableTargets",
            Self::DescribeScalingActivities(_) => "DescribeScalingActivities",
            Self::DescribeScalingPolicies(_) => "DescribeScalingPolicies",
            Self::DescribeScheduledActions(_) => "DescribeScheduledActions",
            Self::GetPredictiveScalingForecast(_) => "GetPredictiveScalingForecast",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::PutScalingPolicy(_) => "PutScalingPolicy",
            Self::PutScheduledAction(_) => "PutScheduledAction",
            Self::RegisterScalableTarget(_) => "RegisterScalableTarget",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("application-autoscaling:{}", self.operation())
    }
}

#[async_trait]
pub trait ApplicationAutoscaling: Send + Sync + 'static {
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

    async fn delete_scaling_policy(
        &self,
        call: &Call,
        input: DeleteScalingPolicyRequest,
    ) -> Result<DeleteScalingPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "DeleteScalingPolicy",
        ))
    }

    async fn delete_scheduled_action(
        &self,
        call: &Call,
        input: DeleteScheduledActionRequest,
    ) -> Result<DeleteScheduledActionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "DeleteScheduledAction",
        ))
    }

    async fn deregister_scalable_target(
        &self,
        call: &Call,
        input: DeregisterScalableTargetRequest,
    ) -> Result<DeregisterScalableTargetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "DeregisterScalableTarget",
        ))
    }

    async fn describe_scalable_targets(
        &self,
        call: &Call,
        input: DescribeScalableTargetsRequest,
    ) -> Result<DescribeScalableTargetsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "DescribeScalableTargets",
        ))
    }

    async fn describe_scaling_activities(
        &self,
        call: &Call,
        input: DescribeScalingActivitiesRequest,
    ) -> Result<DescribeScalingActivitiesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "DescribeScalingActivities",
        ))
    }

    async fn describe_scaling_policies(
        &self,
        call: &Call,
        input: DescribeScalingPoliciesRequest,
    ) -> Result<DescribeScalingPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "DescribeScalingPolicies",
        ))
    }

    async fn describe_scheduled_actions(
        &self,
        call: &Call,
        input: DescribeScheduledActionsRequest,
    ) -> Result<DescribeScheduledActionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "DescribeScheduledActions",
        ))
    }

    async fn get_predictive_scaling_forecast(
        &self,
        call: &Call,
        input: GetPredictiveScalingForecastRequest,
    ) -> Result<GetPredictiveScalingForecastResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "GetPredictiveScalingForecast",
        ))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "ListTagsForResource",
        ))
    }

    async fn put_scaling_policy(
        &self,
        call: &Call,
        input: PutScalingPolicyRequest,
    ) -> Result<PutScalingPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "PutScalingPolicy",
        ))
    }

    async fn put_scheduled_action(
        &self,
        call: &Call,
        input: PutScheduledActionRequest,
    ) -> Result<PutScheduledActionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "PutScheduledAction",
        ))
    }

    async fn register_scalable_target(
        &self,
        call: &Call,
        input: RegisterScalableTargetRequest,
    ) -> Result<RegisterScalableTargetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "RegisterScalableTarget",
        ))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("application-autoscaling", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "application-autoscaling",
            "UntagResource",
        ))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn ApplicationAutoscaling>);

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
            0 => Box::new(DeleteScalingPolicyRequest::default()),
            1 => Box::new(DeleteScheduledActionRequest::default()),
            2 => Box::new(DeregisterScalableTargetRequest::default()),
            3 => Box::new(DescribeScalableTargetsRequest::default()),
            4 => Box::new(DescribeScalingActivitiesRequest::default()),
            5 => Box::new(DescribeScalingPoliciesRequest::default()),
            6 => Box::new(DescribeScheduledActionsRequest::default()),
            7 => Box::new(GetPredictiveScalingForecastRequest::default()),
            8 => Box::new(ListTagsForResourceRequest::default()),
            9 => Box::new(PutScalingPolicyRequest::default()),
            10 => Box::new(PutScheduledActionRequest::default()),
            11 => Box::new(RegisterScalableTargetRequest::default()),
            12 => Box::new(TagResourceRequest::default()),
            13 => Box::new(UntagResourceRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(DeleteScalingPolicyResponse::default()),
            1 => Box::new(DeleteScheduledActionResponse::default()),
            2 => Box::new(DeregisterScalableTargetResponse::default()),
            3 => Box::new(DescribeScalableTargetsResponse::default()),
            4 => Box::new(DescribeScalingActivitiesResponse::default()),
            5 => Box::new(DescribeScalingPoliciesResponse::default()),
            6 => Box::new(DescribeScheduledActionsResponse::default()),
            7 => Box::new(GetPredictiveScalingForecastResponse::default()),
            8 => Box::new(ListTagsForResourceResponse::default()),
            9 => Box::new(PutScalingPolicyResponse::default()),
            10 => Box::new(PutScheduledActionResponse::default()),
            11 => Box::new(RegisterScalableTargetResponse::default()),
            12 => Box::new(TagResourceResponse::default()),
            13 => Box::new(UntagResourceResponse::default()),
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
            0 => Input::DeleteScalingPolicy(borrowed(input)),
            1 => Input::DeleteScheduledAction(borrowed(input)),
            2 => Input::DeregisterScalableTarget(borrowed(input)),
            3 => Input::DescribeScalableTargets(borrowed(input)),
            4 => Input::DescribeScalingActivities(borrowed(input)),
            5 => Input::DescribeScalingPolicies(borrowed(input)),
            6 => Input::DescribeScheduledActions(borrowed(input)),
            7 => Input::GetPredictiveScalingForecast(borrowed(input)),
            8 => Input::ListTagsForResource(borrowed(input)),
            9 => Input::PutScalingPolicy(borrowed(input)),
            10 => Input::PutScheduledAction(borrowed(input)),
            11 => Input::RegisterScalableTarget(borrowed(input)),
            12 => Input::TagResource(borrowed(input)),
            13 => Input::UntagResource(borrowed(input)),
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
            0 => Box::new(self.0.delete_scaling_policy(call, typed(input)).await?),
            1 => Box::new(self.0.delete_scheduled_action(call, typed(input)).await?),
            2 => Box::new(
                self.0
                    .deregister_scalable_target(call, typed(input))
                    .await?,
            ),
            3 => Box::new(self.0.describe_scalable_targets(call, typed(input)).await?),
            4 => Box::new(
                self.0
                    .describe_scaling_activities(call, typed(input))
                    .await?,
            ),
            5 => Box::new(self.0.describe_scaling_policies(call, typed(input)).await?),
            6 => Box::new(
                self.0
                    .describe_scheduled_actions(call, typed(input))
                    .await?,
            ),
            7 => Box::new(
                self.0
                    .get_predictive_scaling_forecast(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            9 => Box::new(self.0.put_scaling_policy(call, typed(input)).await?),
            10 => Box::new(self.0.put_scheduled_action(call, typed(input)).await?),
            11 => Box::new(self.0.register_scalable_target(call, typed(input)).await?),
            12 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            13 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn ApplicationAutoscaling>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn ApplicationAutoscaling>, dispatcher: Dispatcher) -> Self {
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
impl ApplicationAutoscaling for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn delete_scaling_policy(
        &self,
        call: &Call,
        input: DeleteScalingPolicyRequest,
    ) -> Result<DeleteScalingPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteScalingPolicy(&input), 0, &input)
            .await?;
        self.inner.delete_scaling_policy(&call, input).await
    }

    async fn delete_scheduled_action(
        &self,
        call: &Call,
        input: DeleteScheduledActionRequest,
    ) -> Result<DeleteScheduledActionResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteScheduledAction(&input), 1, &input)
            .await?;
        self.inner.delete_scheduled_action(&call, input).await
    }

    async fn deregister_scalable_target(
        &self,
        call: &Call,
        input: DeregisterScalableTargetRequest,
    ) -> Result<DeregisterScalableTargetResponse, Fault> {
        let call = self
            .admit(call, Input::DeregisterScalableTarget(&input), 2, &input)
            .await?;
        self.inner.deregister_scalable_target(&call, input).await
    }

    async fn describe_scalable_targets(
        &self,
        call: &Call,
        input: DescribeScalableTargetsRequest,
    ) -> Result<DescribeScalableTargetsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeScalableTargets(&input), 3, &input)
            .await?;
        self.inner.describe_scalable_targets(&call, input).await
    }

    async fn describe_scaling_activities(
        &self,
        call: &Call,
        input: DescribeScalingActivitiesRequest,
    ) -> Result<DescribeScalingActivitiesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeScalingActivities(&input), 4, &input)
            .await?;
        self.inner.describe_scaling_activities(&call, input).await
    }

    async fn describe_scaling_policies(
        &self,
        call: &Call,
        input: DescribeScalingPoliciesRequest,
    ) -> Result<DescribeScalingPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeScalingPolicies(&input), 5, &input)
            .await?;
        self.inner.describe_scaling_policies(&call, input).await
    }

    async fn describe_scheduled_actions(
        &self,
        call: &Call,
        input: DescribeScheduledActionsRequest,
    ) -> Result<DescribeScheduledActionsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeScheduledActions(&input), 6, &input)
            .await?;
        self.inner.describe_scheduled_actions(&call, input).await
    }

    async fn get_predictive_scaling_forecast(
        &self,
        call: &Call,
        input: GetPredictiveScalingForecastRequest,
    ) -> Result<GetPredictiveScalingForecastResponse, Fault> {
        let call = self
            .admit(call, Input::GetPredictiveScalingForecast(&input), 7, &input)
            .await?;
        self.inner
            .get_predictive_scaling_forecast(&call, input)
            .await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 8, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn put_scaling_policy(
        &self,
        call: &Call,
        input: PutScalingPolicyRequest,
    ) -> Result<PutScalingPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutScalingPolicy(&input), 9, &input)
            .await?;
        self.inner.put_scaling_policy(&call, input).await
    }

    async fn put_scheduled_action(
        &self,
        call: &Call,
        input: PutScheduledActionRequest,
    ) -> Result<PutScheduledActionResponse, Fault> {
        let call = self
            .admit(call, Input::PutScheduledAction(&input), 10, &input)
            .await?;
        self.inner.put_scheduled_action(&call, input).await
    }

    async fn register_scalable_target(
        &self,
        call: &Call,
        input: RegisterScalableTargetRequest,
    ) -> Result<RegisterScalableTargetResponse, Fault> {
        let call = self
            .admit(call, Input::RegisterScalableTarget(&input), 11, &input)
            .await?;
        self.inner.register_scalable_target(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 12, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 13, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }
}
