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
    CreateAnomalyMonitor(&'a CreateAnomalyMonitorRequest),
    CreateAnomalySubscription(&'a CreateAnomalySubscriptionRequest),
    CreateCostCategoryDefinition(&'a CreateCostCategoryDefinitionRequest),
    DeleteAnomalyMonitor(&'a DeleteAnomalyMonitorRequest),
    DeleteAnomalySubscription(&'a DeleteAnomalySubscriptionRequest),
    DeleteCostCategoryDefinition(&'a DeleteCostCategoryDefinitionRequest),
    DescribeCostCategoryDefinition(&'a DescribeCostCategoryDefinitionRequest),
    GetAnomalies(&'a GetAnomaliesRequest),
    GetAnomalyMonitors(&'a GetAnomalyMonitorsRequest),
    GetAnomalySubscriptions(&'a GetAnomalySubscriptionsRequest),
    GetCostAndUsage(&'a GetCostAndUsageRequest),
    GetCostAndUsageWithResources(&'a GetCostAndUsageWithResourcesRequest),
    GetCostCategories(&'a GetCostCategoriesRequest),
    GetCostForecast(&'a GetCostForecastRequest),
    GetDimensionValues(&'a GetDimensionValuesRequest),
    GetTags(&'a GetTagsRequest),
    GetUsageForecast(&'a GetUsageForecastRequest),
    ListCostAllocationTags(&'a ListCostAllocationTagsRequest),
    ListCostCategoryDefinitions(&'a ListCostCategoryDefinitionsRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateAnomalyMonitor(&'a UpdateAnomalyMonitorRequest),
    UpdateAnomalySubscription(&'a UpdateAnomalySubscriptionRequest),
    UpdateCostAllocationTagsStatus(&'a UpdateCostAllocationTagsStatusRequest),
    UpdateCostCategoryDefinition(&'a UpdateCostCategoryDefinitionRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateAnomalyMonitor(_) => "CreateAnomalyMonitor",
            Self::CreateAnomalySubscription(_) => "CreateAnomalySubscription",
            Self::CreateCostCategoryDefinition(_) => "CreateCostCategoryDefinition",
            Self::DeleteAnomalyMonitor(_) => "DeleteAnomalyMonitor",
            Self::DeleteAnomalySubscription(_) => "DeleteAnomalySubscription",
            Self::DeleteCostCategoryDefinition(_) => "DeleteCostCategoryDefinition",
            Self::DescribeCostCategoryDefinition(_) => "DescribeCostCategoryDefinition",
            Self::GetAnomalies(_) => "GetAnomalies",
            Self::GetAnomalyMonitors(_) => "GetAnomalyMonitors",
            Self::GetAnomalySubscriptions(_) => "GetAnomalySubscriptions",
            Self::GetCostAndUsage(_) => "GetCostAndUsage",
            Self::GetCostAndUsageWithResources(_) => "GetCostAndUsageWithResources",
            Self::GetCostCategories(_) => "GetCostCategories",
            Self::GetCostForecast(_) => "GetCostForecast",
            Self::GetDimensionValues(_) => "GetDimensionValues",
            Self::GetTags(_) => "GetTags",
            Self::GetUsageForecast(_) => "GetUsageForecast",
            Self::ListCostAllocationTags(_) => "ListCostAllocationTags",
            Self::ListCostCategoryDefinitions(_) => "ListCostCategoryDefinitions",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateAnomalyMonitor(_) => "UpdateAnomalyMonitor",
            Self::UpdateAnomalySubscription(_) => "UpdateAnomalySubscription",
            Self::UpdateCostAllocationTagsStatus(_) => "UpdateCostAllocationTagsStatus",
            Self::UpdateCostCategoryDefinition(_) => "UpdateCostCategoryDefinition",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("ce:{}", self.operation())
    }
}

#[async_trait]
pub trait Ce: Send + Sync + 'static {
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

    async fn create_anomaly_monitor(
        &self,
        call: &Call,
        input: CreateAnomalyMonitorRequest,
    ) -> Result<CreateAnomalyMonitorResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "CreateAnomalyMonitor"))
    }

    async fn create_anomaly_subscription(
        &self,
        call: &Call,
        input: CreateAnomalySubscriptionRequest,
    ) -> Result<CreateAnomalySubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "CreateAnomalySubscription"))
    }

    async fn create_cost_category_definition(
        &self,
        call: &Call,
        input: CreateCostCategoryDefinitionRequest,
    ) -> Result<CreateCostCategoryDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "CreateCostCategoryDefinition"))
    }

    async fn delete_anomaly_monitor(
        &self,
        call: &Call,
        input: DeleteAnomalyMonitorRequest,
    ) -> Result<DeleteAnomalyMonitorResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "DeleteAnomalyMonitor"))
    }

    async fn delete_anomaly_subscription(
        &self,
        call: &Call,
        input: DeleteAnomalySubscriptionRequest,
    ) -> Result<DeleteAnomalySubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "DeleteAnomalySubscription"))
    }

    async fn delete_cost_category_definition(
        &self,
        call: &Call,
        input: DeleteCostCategoryDefinitionRequest,
    ) -> Result<DeleteCostCategoryDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "DeleteCostCategoryDefinition"))
    }

    async fn describe_cost_category_definition(
        &self,
        call: &Call,
        input: DescribeCostCategoryDefinitionRequest,
    ) -> Result<DescribeCostCategoryDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "DescribeCostCategoryDefinition"))
    }

    async fn get_anomalies(
        &self,
        call: &Call,
        input: GetAnomaliesRequest,
    ) -> Result<GetAnomaliesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetAnomalies"))
    }

    async fn get_anomaly_monitors(
        &self,
        call: &Call,
        input: GetAnomalyMonitorsRequest,
    ) -> Result<GetAnomalyMonitorsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetAnomalyMonitors"))
    }

    async fn get_anomaly_subscriptions(
        &self,
        call: &Call,
        input: GetAnomalySubscriptionsRequest,
    ) -> Result<GetAnomalySubscriptionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetAnomalySubscriptions"))
    }

    async fn get_cost_and_usage(
        &self,
        call: &Call,
        input: GetCostAndUsageRequest,
    ) -> Result<GetCostAndUsageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetCostAndUsage"))
    }

    async fn get_cost_and_usage_with_resources(
        &self,
        call: &Call,
        input: GetCostAndUsageWithResourcesRequest,
    ) -> Result<GetCostAndUsageWithResourcesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetCostAndUsageWithResources"))
    }

    async fn get_cost_categories(
        &self,
        call: &Call,
        input: GetCostCategoriesRequest,
    ) -> Result<GetCostCategoriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetCostCategories"))
    }

    async fn get_cost_forecast(
        &self,
        call: &Call,
        input: GetCostForecastRequest,
    ) -> Result<GetCostForecastResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetCostForecast"))
    }

    async fn get_dimension_values(
        &self,
        call: &Call,
        input: GetDimensionValuesRequest,
    ) -> Result<GetDimensionValuesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetDimensionValues"))
    }

    async fn get_tags(&self, call: &Call, input: GetTagsRequest) -> Result<GetTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetTags"))
    }

    async fn get_usage_forecast(
        &self,
        call: &Call,
        input: GetUsageForecastRequest,
    ) -> Result<GetUsageForecastResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "GetUsageForecast"))
    }

    async fn list_cost_allocation_tags(
        &self,
        call: &Call,
        input: ListCostAllocationTagsRequest,
    ) -> Result<ListCostAllocationTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "ListCostAllocationTags"))
    }

    async fn list_cost_category_definitions(
        &self,
        call: &Call,
        input: ListCostCategoryDefinitionsRequest,
    ) -> Result<ListCostCategoryDefinitionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "ListCostCategoryDefinitions"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "ListTagsForResource"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "UntagResource"))
    }

    async fn update_anomaly_monitor(
        &self,
        call: &Call,
        input: UpdateAnomalyMonitorRequest,
    ) -> Result<UpdateAnomalyMonitorResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "UpdateAnomalyMonitor"))
    }

    async fn update_anomaly_subscription(
        &self,
        call: &Call,
        input: UpdateAnomalySubscriptionRequest,
    ) -> Result<UpdateAnomalySubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "UpdateAnomalySubscription"))
    }

    async fn update_cost_allocation_tags_status(
        &self,
        call: &Call,
        input: UpdateCostAllocationTagsStatusRequest,
    ) -> Result<UpdateCostAllocationTagsStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "UpdateCostAllocationTagsStatus"))
    }

    async fn update_cost_category_definition(
        &self,
        call: &Call,
        input: UpdateCostCategoryDefinitionRequest,
    ) -> Result<UpdateCostCategoryDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ce", "UpdateCostCategoryDefinition"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Ce>);

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
            0 => Box::new(CreateAnomalyMonitorRequest::default()),
            1 => Box::new(CreateAnomalySubscriptionRequest::default()),
            2 => Box::new(CreateCostCategoryDefinitionRequest::default()),
            3 => Box::new(DeleteAnomalyMonitorRequest::default()),
            4 => Box::new(DeleteAnomalySubscriptionRequest::default()),
            5 => Box::new(DeleteCostCategoryDefinitionRequest::default()),
            6 => Box::new(DescribeCostCategoryDefinitionRequest::default()),
            7 => Box::new(GetAnomaliesRequest::default()),
            8 => Box::new(GetAnomalyMonitorsRequest::default()),
            9 => Box::new(GetAnomalySubscriptionsRequest::default()),
            10 => Box::new(GetCostAndUsageRequest::default()),
            11 => Box::new(GetCostAndUsageWithResourcesRequest::default()),
            12 => Box::new(GetCostCategoriesRequest::default()),
            13 => Box::new(GetCostForecastRequest::default()),
            14 => Box::new(GetDimensionValuesRequest::default()),
            15 => Box::new(GetTagsRequest::default()),
            16 => Box::new(GetUsageForecastRequest::default()),
            17 => Box::new(ListCostAllocationTagsRequest::default()),
            18 => Box::new(ListCostCategoryDefinitionsRequest::default()),
            19 => Box::new(ListTagsForResourceRequest::default()),
            20 => Box::new(TagResourceRequest::default()),
            21 => Box::new(UntagResourceRequest::default()),
            22 => Box::new(UpdateAnomalyMonitorRequest::default()),
            23 => Box::new(UpdateAnomalySubscriptionRequest::default()),
            24 => Box::new(UpdateCostAllocationTagsStatusRequest::default()),
            25 => Box::new(UpdateCostCategoryDefinitionRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(CreateAnomalyMonitorResponse::default()),
            1 => Box::new(CreateAnomalySubscriptionResponse::default()),
            2 => Box::new(CreateCostCategoryDefinitionResponse::default()),
            3 => Box::new(DeleteAnomalyMonitorResponse::default()),
            4 => Box::new(DeleteAnomalySubscriptionResponse::default()),
            5 => Box::new(DeleteCostCategoryDefinitionResponse::default()),
            6 => Box::new(DescribeCostCategoryDefinitionResponse::default()),
            7 => Box::new(GetAnomaliesResponse::default()),
            8 => Box::new(GetAnomalyMonitorsResponse::default()),
            9 => Box::new(GetAnomalySubscriptionsResponse::default()),
            10 => Box::new(GetCostAndUsageResponse::default()),
            11 => Box::new(GetCostAndUsageWithResourcesResponse::default()),
            12 => Box::new(GetCostCategoriesResponse::default()),
            13 => Box::new(GetCostForecastResponse::default()),
            14 => Box::new(GetDimensionValuesResponse::default()),
            15 => Box::new(GetTagsResponse::default()),
            16 => Box::new(GetUsageForecastResponse::default()),
            17 => Box::new(ListCostAllocationTagsResponse::default()),
            18 => Box::new(ListCostCategoryDefinitionsResponse::default()),
            19 => Box::new(ListTagsForResourceResponse::default()),
            20 => Box::new(TagResourceResponse::default()),
            21 => Box::new(UntagResourceResponse::default()),
            22 => Box::new(UpdateAnomalyMonitorResponse::default()),
            23 => Box::new(UpdateAnomalySubscriptionResponse::default()),
            24 => Box::new(UpdateCostAllocationTagsStatusResponse::default()),
            25 => Box::new(UpdateCostCategoryDefinitionResponse::default()),
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
            0 => Input::CreateAnomalyMonitor(borrowed(input)),
            1 => Input::CreateAnomalySubscription(borrowed(input)),
            2 => Input::CreateCostCategoryDefinition(borrowed(input)),
            3 => Input::DeleteAnomalyMonitor(borrowed(input)),
            4 => Input::DeleteAnomalySubscription(borrowed(input)),
            5 => Input::DeleteCostCategoryDefinition(borrowed(input)),
            6 => Input::DescribeCostCategoryDefinition(borrowed(input)),
            7 => Input::GetAnomalies(borrowed(input)),
            8 => Input::GetAnomalyMonitors(borrowed(input)),
            9 => Input::GetAnomalySubscriptions(borrowed(input)),
            10 => Input::GetCostAndUsage(borrowed(input)),
            11 => Input::GetCostAndUsageWithResources(borrowed(input)),
            12 => Input::GetCostCategories(borrowed(input)),
            13 => Input::GetCostForecast(borrowed(input)),
            14 => Input::GetDimensionValues(borrowed(input)),
            15 => Input::GetTags(borrowed(input)),
            16 => Input::GetUsageForecast(borrowed(input)),
            17 => Input::ListCostAllocationTags(borrowed(input)),
            18 => Input::ListCostCategoryDefinitions(borrowed(input)),
            19 => Input::ListTagsForResource(borrowed(input)),
            20 => Input::TagResource(borrowed(input)),
            21 => Input::UntagResource(borrowed(input)),
            22 => Input::UpdateAnomalyMonitor(borrowed(input)),
            23 => Input::UpdateAnomalySubscription(borrowed(input)),
            24 => Input::UpdateCostAllocationTagsStatus(borrowed(input)),
            25 => Input::UpdateCostCategoryDefinition(borrowed(input)),
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
            0 => Box::new(self.0.create_anomaly_monitor(call, typed(input)).await?),
            1 => Box::new(
                self.0
                    .create_anomaly_subscription(call, typed(input))
                    .await?,
            ),
            2 => Box::new(
                self.0
                    .create_cost_category_definition(call, typed(input))
                    .await?,
            ),
            3 => Box::new(self.0.delete_anomaly_monitor(call, typed(input)).await?),
            4 => Box::new(
                self.0
                    .delete_anomaly_subscription(call, typed(input))
                    .await?,
            ),
            5 => Box::new(
                self.0
                    .delete_cost_category_definition(call, typed(input))
                    .await?,
            ),
            6 => Box::new(
                self.0
                    .describe_cost_category_definition(call, typed(input))
                    .await?,
            ),
            7 => Box::new(self.0.get_anomalies(call, typed(input)).await?),
            8 => Box::new(self.0.get_anomaly_monitors(call, typed(input)).await?),
            9 => Box::new(self.0.get_anomaly_subscriptions(call, typed(input)).await?),
            10 => Box::new(self.0.get_cost_and_usage(call, typed(input)).await?),
            11 => Box::new(
                self.0
                    .get_cost_and_usage_with_resources(call, typed(input))
                    .await?,
            ),
            12 => Box::new(self.0.get_cost_categories(call, typed(input)).await?),
            13 => Box::new(self.0.get_cost_forecast(call, typed(input)).await?),
            14 => Box::new(self.0.get_dimension_values(call, typed(input)).await?),
            15 => Box::new(self.0.get_tags(call, typed(input)).await?),
            16 => Box::new(self.0.get_usage_forecast(call, typed(input)).await?),
            17 => Box::new(self.0.list_cost_allocation_tags(call, typed(input)).await?),
            18 => Box::new(
                self.0
                    .list_cost_category_definitions(call, typed(input))
                    .await?,
            ),
            19 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            20 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            21 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            22 => Box::new(self.0.update_anomaly_monitor(call, typed(input)).await?),
            23 => Box::new(
                self.0
                    .update_anomaly_subscription(call, typed(input))
                    .await?,
            ),
            24 => Box::new(
                self.0
                    .update_cost_allocation_tags_status(call, typed(input))
                    .await?,
            ),
            25 => Box::new(
                self.0
                    .update_cost_category_definition(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Ce>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Ce>, dispatcher: Dispatcher) -> Self {
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
impl Ce for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn create_anomaly_monitor(
        &self,
        call: &Call,
        input: CreateAnomalyMonitorRequest,
    ) -> Result<CreateAnomalyMonitorResponse, Fault> {
        let call = self
            .admit(call, Input::CreateAnomalyMonitor(&input), 0, &input)
            .await?;
        self.inner.create_anomaly_monitor(&call, input).await
    }

    async fn create_anomaly_subscription(
        &self,
        call: &Call,
        input: CreateAnomalySubscriptionRequest,
    ) -> Result<CreateAnomalySubscriptionResponse, Fault> {
        let call = self
            .admit(call, Input::CreateAnomalySubscription(&input), 1, &input)
            .await?;
        self.inner.create_anomaly_subscription(&call, input).await
    }

    async fn create_cost_category_definition(
        &self,
        call: &Call,
        input: CreateCostCategoryDefinitionRequest,
    ) -> Result<CreateCostCategoryDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::CreateCostCategoryDefinition(&input), 2, &input)
            .await?;
        self.inner
            .create_cost_category_definition(&call, input)
            .await
    }

    async fn delete_anomaly_monitor(
        &self,
        call: &Call,
        input: DeleteAnomalyMonitorRequest,
    ) -> Result<DeleteAnomalyMonitorResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAnomalyMonitor(&input), 3, &input)
            .await?;
        self.inner.delete_anomaly_monitor(&call, input).await
    }

    async fn delete_anomaly_subscription(
        &self,
        call: &Call,
        input: DeleteAnomalySubscriptionRequest,
    ) -> Result<DeleteAnomalySubscriptionResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAnomalySubscription(&input), 4, &input)
            .await?;
        self.inner.delete_anomaly_subscription(&call, input).await
    }

    async fn delete_cost_category_definition(
        &self,
        call: &Call,
        input: DeleteCostCategoryDefinitionRequest,
    ) -> Result<DeleteCostCategoryDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteCostCategoryDefinition(&input), 5, &input)
            .await?;
        self.inner
            .delete_cost_category_definition(&call, input)
            .await
    }

    async fn describe_cost_category_definition(
        &self,
        call: &Call,
        input: DescribeCostCategoryDefinitionRequest,
    ) -> Result<DescribeCostCategoryDefinitionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeCostCategoryDefinition(&input),
                6,
                &input,
            )
            .await?;
        self.inner
            .describe_cost_category_definition(&call, input)
            .await
    }

    async fn get_anomalies(
        &self,
        call: &Call,
        input: GetAnomaliesRequest,
    ) -> Result<GetAnomaliesResponse, Fault> {
        let call = self
            .admit(call, Input::GetAnomalies(&input), 7, &input)
            .await?;
        self.inner.get_anomalies(&call, input).await
    }

    async fn get_anomaly_monitors(
        &self,
        call: &Call,
        input: GetAnomalyMonitorsRequest,
    ) -> Result<GetAnomalyMonitorsResponse, Fault> {
        let call = self
            .admit(call, Input::GetAnomalyMonitors(&input), 8, &input)
            .await?;
        self.inner.get_anomaly_monitors(&call, input).await
    }

    async fn get_anomaly_subscriptions(
        &self,
        call: &Call,
        input: GetAnomalySubscriptionsRequest,
    ) -> Result<GetAnomalySubscriptionsResponse, Fault> {
        let call = self
            .admit(call, Input::GetAnomalySubscriptions(&input), 9, &input)
            .await?;
        self.inner.get_anomaly_subscriptions(&call, input).await
    }

    async fn get_cost_and_usage(
        &self,
        call: &Call,
        input: GetCostAndUsageRequest,
    ) -> Result<GetCostAndUsageResponse, Fault> {
        let call = self
            .admit(call, Input::GetCostAndUsage(&input), 10, &input)
            .await?;
        self.inner.get_cost_and_usage(&call, input).await
    }

    async fn get_cost_and_usage_with_resources(
        &self,
        call: &Call,
        input: GetCostAndUsageWithResourcesRequest,
    ) -> Result<GetCostAndUsageWithResourcesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetCostAndUsageWithResources(&input),
                11,
                &input,
            )
            .await?;
        self.inner
            .get_cost_and_usage_with_resources(&call, input)
            .await
    }

    async fn get_cost_categories(
        &self,
        call: &Call,
        input: GetCostCategoriesRequest,
    ) -> Result<GetCostCategoriesResponse, Fault> {
        let call = self
            .admit(call, Input::GetCostCategories(&input), 12, &input)
            .await?;
        self.inner.get_cost_categories(&call, input).await
    }

    async fn get_cost_forecast(
        &self,
        call: &Call,
        input: GetCostForecastRequest,
    ) -> Result<GetCostForecastResponse, Fault> {
        let call = self
            .admit(call, Input::GetCostForecast(&input), 13, &input)
            .await?;
        self.inner.get_cost_forecast(&call, input).await
    }

    async fn get_dimension_values(
        &self,
        call: &Call,
        input: GetDimensionValuesRequest,
    ) -> Result<GetDimensionValuesResponse, Fault> {
        let call = self
            .admit(call, Input::GetDimensionValues(&input), 14, &input)
            .await?;
        self.inner.get_dimension_values(&call, input).await
    }

    async fn get_tags(&self, call: &Call, input: GetTagsRequest) -> Result<GetTagsResponse, Fault> {
        let call = self.admit(call, Input::GetTags(&input), 15, &input).await?;
        self.inner.get_tags(&call, input).await
    }

    async fn get_usage_forecast(
        &self,
        call: &Call,
        input: GetUsageForecastRequest,
    ) -> Result<GetUsageForecastResponse, Fault> {
        let call = self
            .admit(call, Input::GetUsageForecast(&input), 16, &input)
            .await?;
        self.inner.get_usage_forecast(&call, input).await
    }

    async fn list_cost_allocation_tags(
        &self,
        call: &Call,
        input: ListCostAllocationTagsRequest,
    ) -> Result<ListCostAllocationTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListCostAllocationTags(&input), 17, &input)
            .await?;
        self.inner.list_cost_allocation_tags(&call, input).await
    }

    async fn list_cost_category_definitions(
        &self,
        call: &Call,
        input: ListCostCategoryDefinitionsRequest,
    ) -> Result<ListCostCategoryDefinitionsResponse, Fault> {
        let call = self
            .admit(call, Input::ListCostCategoryDefinitions(&input), 18, &input)
            .await?;
        self.inner
            .list_cost_category_definitions(&call, input)
            .await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 19, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 20, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 21, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_anomaly_monitor(
        &self,
        call: &Call,
        input: UpdateAnomalyMonitorRequest,
    ) -> Result<UpdateAnomalyMonitorResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateAnomalyMonitor(&input), 22, &input)
            .await?;
        self.inner.update_anomaly_monitor(&call, input).await
    }

    async fn update_anomaly_subscription(
        &self,
        call: &Call,
        input: UpdateAnomalySubscriptionRequest,
    ) -> Result<UpdateAnomalySubscriptionResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateAnomalySubscription(&input), 23, &input)
            .await?;
        self.inner.update_anomaly_subscription(&call, input).await
    }

    async fn update_cost_allocation_tags_status(
        &self,
        call: &Call,
        input: UpdateCostAllocationTagsStatusRequest,
    ) -> Result<UpdateCostAllocationTagsStatusResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateCostAllocationTagsStatus(&input),
                24,
                &input,
            )
            .await?;
        self.inner
            .update_cost_allocation_tags_status(&call, input)
            .await
    }

    async fn update_cost_category_definition(
        &self,
        call: &Call,
        input: UpdateCostCategoryDefinitionRequest,
    ) -> Result<UpdateCostCategoryDefinitionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateCostCategoryDefinition(&input),
                25,
                &input,
            )
            .await?;
        self.inner
            .update_cost_category_definition(&call, input)
            .await
    }
}
