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
    ActivateEventSource(&'a ActivateEventSourceRequest),
    CancelReplay(&'a CancelReplayRequest),
    CreateApiDestination(&'a CreateApiDestinationRequest),
    CreateArchive(&'a CreateArchiveRequest),
    CreateConnection(&'a CreateConnectionRequest),
    CreateEndpoint(&'a CreateEndpointRequest),
    CreateEventBus(&'a CreateEventBusRequest),
    CreatePartnerEventSource(&'a CreatePartnerEventSourceRequest),
    DeactivateEventSource(&'a DeactivateEventSourceRequest),
    DeauthorizeConnection(&'a DeauthorizeConnectionRequest),
    DeleteApiDestination(&'a DeleteApiDestinationRequest),
    DeleteArchive(&'a DeleteArchiveRequest),
    DeleteConnection(&'a DeleteConnectionRequest),
    DeleteEndpoint(&'a DeleteEndpointRequest),
    DeleteEventBus(&'a DeleteEventBusRequest),
    DeletePartnerEventSource(&'a DeletePartnerEventSourceRequest),
    DeleteRule(&'a DeleteRuleRequest),
    DescribeApiDestination(&'a DescribeApiDestinationRequest),
    DescribeArchive(&'a DescribeArchiveRequest),
    DescribeConnection(&'a DescribeConnectionRequest),
    DescribeEndpoint(&'a DescribeEndpointRequest),
    DescribeEventBus(&'a DescribeEventBusRequest),
    DescribeEventSource(&'a DescribeEventSourceRequest),
    DescribePartnerEventSource(&'a DescribePartnerEventSourceRequest),
    DescribeReplay(&'a DescribeReplayRequest),
    DescribeRule(&'a DescribeRuleRequest),
    DisableRule(&'a DisableRuleRequest),
    EnableRule(&'a EnableRuleRequest),
    ListApiDestinations(&'a ListApiDestinationsRequest),
    ListArchives(&'a ListArchivesRequest),
    ListConnections(&'a ListConnectionsRequest),
    ListEndpoints(&'a ListEndpointsRequest),
    ListEventBuses(&'a ListEventBusesRequest),
    ListEventSources(&'a ListEventSourcesRequest),
    ListPartnerEventSourceAccounts(&'a ListPartnerEventSourceAccountsRequest),
    ListPartnerEventSources(&'a ListPartnerEventSourcesRequest),
    ListReplays(&'a ListReplaysRequest),
    ListRuleNamesByTarget(&'a ListRuleNamesByTargetRequest),
    ListRules(&'a ListRulesRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    ListTargetsByRule(&'a ListTargetsByRuleRequest),
    PutEvents(&'a PutEventsRequest),
    PutPartnerEvents(&'a PutPartnerEventsRequest),
    PutPermission(&'a PutPermissionRequest),
    PutRule(&'a PutRuleRequest),
    PutTargets(&'a PutTargetsRequest),
    RemovePermission(&'a RemovePermissionRequest),
    RemoveTargets(&'a RemoveTargetsRequest),
    StartReplay(&'a StartReplayRequest),
    TagResource(&'a TagResourceRequest),
    TestEventPattern(&'a TestEventPatternRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateApiDestination(&'a UpdateApiDestinationRequest),
    UpdateArchive(&'a UpdateArchiveRequest),
    UpdateConnection(&'a UpdateConnectionRequest),
    UpdateEndpoint(&'a UpdateEndpointRequest),
    UpdateEventBus(&'a UpdateEventBusRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::ActivateEventSource(_) => "ActivateEventSource",
            Self::CancelReplay(_) => "CancelReplay",
            Self::CreateApiDestination(_) => "CreateApiDestination",
            Self::CreateArchive(_) => "CreateArchive",
            Self::CreateConnection(_) => "CreateConnection",
            Self::CreateEndpoint(_) => "CreateEndpoint",
            Self::CreateEventBus(_) => "CreateEventBus",
            Self::CreatePartnerEventSource(_) => "CreatePartnerEventSource",
            Self::DeactivateEventSource(_) => "DeactivateEventSource",
            Self::DeauthorizeConnection(_) => "DeauthorizeConnection",
            Self::DeleteApiDestination(_) => "DeleteApiDestination",
            Self::DeleteArchive(_) => "DeleteArchive",
            Self::DeleteConnection(_) => "DeleteConnection",
            Self::DeleteEndpoint(_) => "DeleteEndpoint",
            Self::DeleteEventBus(_) => "DeleteEventBus",
            Self::DeletePartnerEventSource(_) => "DeletePartnerEventSource",
            Self::DeleteRule(_) => "DeleteRule",
            Self::DescribeApiDestination(_) => "DescribeApiDestination",
            Self::DescribeArchive(_) => "DescribeArchive",
            Self::DescribeConnection(_) => "DescribeConnection",
            Self::DescribeEndpoint(_) => "DescribeEndpoint",
            Self::DescribeEventBus(_) => "DescribeEventBus",
            Self::DescribeEventSource(_) => "DescribeEventSource",
            Self::DescribePartnerEventSource(_) => "DescribePartnerEventSource",
            Self::DescribeReplay(_) => "DescribeReplay",
            Self::DescribeRule(_) => "DescribeRule",
            Self::DisableRule(_) => "DisableRule",
            Self::EnableRule(_) => "EnableRule",
            Self::ListApiDestinations(_) => "ListApiDestinations",
            Self::ListArchives(_) => "ListArchives",
            Self::ListConnections(_) => "ListConnections",
            Self::ListEndpoints(_) => "ListEndpoints",
            Self::ListEventBuses(_) => "ListEventBuses",
            Self::ListEventSources(_) => "ListEventSources",
            Self::ListPartnerEventSourceAccounts(_) => "ListPartnerEventSourceAccounts",
            Self::ListPartnerEventSources(_) => "ListPartnerEventSources",
            Self::ListReplays(_) => "ListReplays",
            Self::ListRuleNamesByTarget(_) => "ListRuleNamesByTarget",
            Self::ListRules(_) => "ListRules",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::ListTargetsByRule(_) => "ListTargetsByRule",
            Self::PutEvents(_) => "PutEvents",
            Self::PutPartnerEvents(_) => "PutPartnerEvents",
            Self::PutPermission(_) => "PutPermission",
            Self::PutRule(_) => "PutRule",
            Self::PutTargets(_) => "PutTargets",
            Self::RemovePermission(_) => "RemovePermission",
            Self::RemoveTargets(_) => "RemoveTargets",
            Self::StartReplay(_) => "StartReplay",
            Self::TagResource(_) => "TagResource",
            Self::TestEventPattern(_) => "TestEventPattern",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateApiDestination(_) => "UpdateApiDestination",
            Self::UpdateArchive(_) => "UpdateArchive",
            Self::UpdateConnection(_) => "UpdateConnection",
            Self::UpdateEndpoint(_) => "UpdateEndpoint",
            Self::UpdateEventBus(_) => "UpdateEventBus",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("events:{}", self.operation())
    }
}

#[async_trait]
pub trait Events: Send + Sync + 'static {
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

    async fn activate_event_source(
        &self,
        call: &Call,
        input: ActivateEventSourceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ActivateEventSource"))
    }

    async fn cancel_replay(
        &self,
        call: &Call,
        input: CancelReplayRequest,
    ) -> Result<CancelReplayResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "CancelReplay"))
    }

    async fn create_api_destination(
        &self,
        call: &Call,
        input: CreateApiDestinationRequest,
    ) -> Result<CreateApiDestinationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "CreateApiDestination"))
    }

    async fn create_archive(
        &self,
        call: &Call,
        input: CreateArchiveRequest,
    ) -> Result<CreateArchiveResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "CreateArchive"))
    }

    async fn create_connection(
        &self,
        call: &Call,
        input: CreateConnectionRequest,
    ) -> Result<CreateConnectionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "CreateConnection"))
    }

    async fn create_endpoint(
        &self,
        call: &Call,
        input: CreateEndpointRequest,
    ) -> Result<CreateEndpointResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "CreateEndpoint"))
    }

    async fn create_event_bus(
        &self,
        call: &Call,
        input: CreateEventBusRequest,
    ) -> Result<CreateEventBusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "CreateEventBus"))
    }

    async fn create_partner_event_source(
        &self,
        call: &Call,
        input: CreatePartnerEventSourceRequest,
    ) -> Result<CreatePartnerEventSourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "CreatePartnerEventSource"))
    }

    async fn deactivate_event_source(
        &self,
        call: &Call,
        input: DeactivateEventSourceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeactivateEventSource"))
    }

    async fn deauthorize_connection(
        &self,
        call: &Call,
        input: DeauthorizeConnectionRequest,
    ) -> Result<DeauthorizeConnectionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeauthorizeConnection"))
    }

    async fn delete_api_destination(
        &self,
        call: &Call,
        input: DeleteApiDestinationRequest,
    ) -> Result<DeleteApiDestinationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeleteApiDestination"))
    }

    async fn delete_archive(
        &self,
        call: &Call,
        input: DeleteArchiveRequest,
    ) -> Result<DeleteArchiveResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeleteArchive"))
    }

    async fn delete_connection(
        &self,
        call: &Call,
        input: DeleteConnectionRequest,
    ) -> Result<DeleteConnectionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeleteConnection"))
    }

    async fn delete_endpoint(
        &self,
        call: &Call,
        input: DeleteEndpointRequest,
    ) -> Result<DeleteEndpointResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeleteEndpoint"))
    }

    async fn delete_event_bus(
        &self,
        call: &Call,
        input: DeleteEventBusRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeleteEventBus"))
    }

    async fn delete_partner_event_source(
        &self,
        call: &Call,
        input: DeletePartnerEventSourceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeletePartnerEventSource"))
    }

    async fn delete_rule(&self, call: &Call, input: DeleteRuleRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DeleteRule"))
    }

    async fn describe_api_destination(
        &self,
        call: &Call,
        input: DescribeApiDestinationRequest,
    ) -> Result<DescribeApiDestinationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeApiDestination"))
    }

    async fn describe_archive(
        &self,
        call: &Call,
        input: DescribeArchiveRequest,
    ) -> Result<DescribeArchiveResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeArchive"))
    }

    async fn describe_connection(
        &self,
        call: &Call,
        input: DescribeConnectionRequest,
    ) -> Result<DescribeConnectionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeConnection"))
    }

    async fn describe_endpoint(
        &self,
        call: &Call,
        input: DescribeEndpointRequest,
    ) -> Result<DescribeEndpointResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeEndpoint"))
    }

    async fn describe_event_bus(
        &self,
        call: &Call,
        input: DescribeEventBusRequest,
    ) -> Result<DescribeEventBusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeEventBus"))
    }

    async fn describe_event_source(
        &self,
        call: &Call,
        input: DescribeEventSourceRequest,
    ) -> Result<DescribeEventSourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeEventSource"))
    }

    async fn describe_partner_event_source(
        &self,
        call: &Call,
        input: DescribePartnerEventSourceRequest,
    ) -> Result<DescribePartnerEventSourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribePartnerEventSource"))
    }

    async fn describe_replay(
        &self,
        call: &Call,
        input: DescribeReplayRequest,
    ) -> Result<DescribeReplayResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeReplay"))
    }

    async fn describe_rule(
        &self,
        call: &Call,
        input: DescribeRuleRequest,
    ) -> Result<DescribeRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DescribeRule"))
    }

    async fn disable_rule(&self, call: &Call, input: DisableRuleRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "DisableRule"))
    }

    async fn enable_rule(&self, call: &Call, input: EnableRuleRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "EnableRule"))
    }

    async fn list_api_destinations(
        &self,
        call: &Call,
        input: ListApiDestinationsRequest,
    ) -> Result<ListApiDestinationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListApiDestinations"))
    }

    async fn list_archives(
        &self,
        call: &Call,
        input: ListArchivesRequest,
    ) -> Result<ListArchivesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListArchives"))
    }

    async fn list_connections(
        &self,
        call: &Call,
        input: ListConnectionsRequest,
    ) -> Result<ListConnectionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListConnections"))
    }

    async fn list_endpoints(
        &self,
        call: &Call,
        input: ListEndpointsRequest,
    ) -> Result<ListEndpointsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListEndpoints"))
    }

    async fn list_event_buses(
        &self,
        call: &Call,
        input: ListEventBusesRequest,
    ) -> Result<ListEventBusesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListEventBuses"))
    }

    async fn list_event_sources(
        &self,
        call: &Call,
        input: ListEventSourcesRequest,
    ) -> Result<ListEventSourcesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListEventSources"))
    }

    async fn list_partner_event_source_accounts(
        &self,
        call: &Call,
        input: ListPartnerEventSourceAccountsRequest,
    ) -> Result<ListPartnerEventSourceAccountsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "events",
            "ListPartnerEventSourceAccounts",
        ))
    }

    async fn list_partner_event_sources(
        &self,
        call: &Call,
        input: ListPartnerEventSourcesRequest,
    ) -> Result<ListPartnerEventSourcesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListPartnerEventSources"))
    }

    async fn list_replays(
        &self,
        call: &Call,
        input: ListReplaysRequest,
    ) -> Result<ListReplaysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListReplays"))
    }

    async fn list_rule_names_by_target(
        &self,
        call: &Call,
        input: ListRuleNamesByTargetRequest,
    ) -> Result<ListRuleNamesByTargetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListRuleNamesByTarget"))
    }

    async fn list_rules(
        &self,
        call: &Call,
        input: ListRulesRequest,
    ) -> Result<ListRulesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListRules"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListTagsForResource"))
    }

    async fn list_targets_by_rule(
        &self,
        call: &Call,
        input: ListTargetsByRuleRequest,
    ) -> Result<ListTargetsByRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "ListTargetsByRule"))
    }

    async fn put_events(
        &self,
        call: &Call,
        input: PutEventsRequest,
    ) -> Result<PutEventsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "PutEvents"))
    }

    async fn put_partner_events(
        &self,
        call: &Call,
        input: PutPartnerEventsRequest,
    ) -> Result<PutPartnerEventsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "PutPartnerEvents"))
    }

    async fn put_permission(&self, call: &Call, input: PutPermissionRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "PutPermission"))
    }

    async fn put_rule(&self, call: &Call, input: PutRuleRequest) -> Result<PutRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "PutRule"))
    }

    async fn put_targets(
        &self,
        call: &Call,
        input: PutTargetsRequest,
    ) -> Result<PutTargetsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "PutTargets"))
    }

    async fn remove_permission(
        &self,
        call: &Call,
        input: RemovePermissionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "RemovePermission"))
    }

    async fn remove_targets(
        &self,
        call: &Call,
        input: RemoveTargetsRequest,
    ) -> Result<RemoveTargetsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "RemoveTargets"))
    }

    async fn start_replay(
        &self,
        call: &Call,
        input: StartReplayRequest,
    ) -> Result<StartReplayResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "StartReplay"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "TagResource"))
    }

    async fn test_event_pattern(
        &self,
        call: &Call,
        input: TestEventPatternRequest,
    ) -> Result<TestEventPatternResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "TestEventPattern"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "UntagResource"))
    }

    async fn update_api_destination(
        &self,
        call: &Call,
        input: UpdateApiDestinationRequest,
    ) -> Result<UpdateApiDestinationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "UpdateApiDestination"))
    }

    async fn update_archive(
        &self,
        call: &Call,
        input: UpdateArchiveRequest,
    ) -> Result<UpdateArchiveResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "UpdateArchive"))
    }

    async fn update_connection(
        &self,
        call: &Call,
        input: UpdateConnectionRequest,
    ) -> Result<UpdateConnectionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "UpdateConnection"))
    }

    async fn update_endpoint(
        &self,
        call: &Call,
        input: UpdateEndpointRequest,
    ) -> Result<UpdateEndpointResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "UpdateEndpoint"))
    }

    async fn update_event_bus(
        &self,
        call: &Call,
        input: UpdateEventBusRequest,
    ) -> Result<UpdateEventBusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("events", "UpdateEventBus"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Events>);

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
            0 => Box::new(ActivateEventSourceRequest::default()),
            1 => Box::new(CancelReplayRequest::default()),
            2 => Box::new(CreateApiDestinationRequest::default()),
            3 => Box::new(CreateArchiveRequest::default()),
            4 => Box::new(CreateConnectionRequest::default()),
            5 => Box::new(CreateEndpointRequest::default()),
            6 => Box::new(CreateEventBusRequest::default()),
            7 => Box::new(CreatePartnerEventSourceRequest::default()),
            8 => Box::new(DeactivateEventSourceRequest::default()),
            9 => Box::new(DeauthorizeConnectionRequest::default()),
            10 => Box::new(DeleteApiDestinationRequest::default()),
            11 => Box::new(DeleteArchiveRequest::default()),
            12 => Box::new(DeleteConnectionRequest::default()),
            13 => Box::new(DeleteEndpointRequest::default()),
            14 => Box::new(DeleteEventBusRequest::default()),
            15 => Box::new(DeletePartnerEventSourceRequest::default()),
            16 => Box::new(DeleteRuleRequest::default()),
            17 => Box::new(DescribeApiDestinationRequest::default()),
            18 => Box::new(DescribeArchiveRequest::default()),
            19 => Box::new(DescribeConnectionRequest::default()),
            20 => Box::new(DescribeEndpointRequest::default()),
            21 => Box::new(DescribeEventBusRequest::default()),
            22 => Box::new(DescribeEventSourceRequest::default()),
            23 => Box::new(DescribePartnerEventSourceRequest::default()),
            24 => Box::new(DescribeReplayRequest::default()),
            25 => Box::new(DescribeRuleRequest::default()),
            26 => Box::new(DisableRuleRequest::default()),
            27 => Box::new(EnableRuleRequest::default()),
            28 => Box::new(ListApiDestinationsRequest::default()),
            29 => Box::new(ListArchivesRequest::default()),
            30 => Box::new(ListConnectionsRequest::default()),
            31 => Box::new(ListEndpointsRequest::default()),
            32 => Box::new(ListEventBusesRequest::default()),
            33 => Box::new(ListEventSourcesRequest::default()),
            34 => Box::new(ListPartnerEventSourceAccountsRequest::default()),
            35 => Box::new(ListPartnerEventSourcesRequest::default()),
            36 => Box::new(ListReplaysRequest::default()),
            37 => Box::new(ListRuleNamesByTargetRequest::default()),
            38 => Box::new(ListRulesRequest::default()),
            39 => Box::new(ListTagsForResourceRequest::default()),
            40 => Box::new(ListTargetsByRuleRequest::default()),
            41 => Box::new(PutEventsRequest::default()),
            42 => Box::new(PutPartnerEventsRequest::default()),
            43 => Box::new(PutPermissionRequest::default()),
            44 => Box::new(PutRuleRequest::default()),
            45 => Box::new(PutTargetsRequest::default()),
            46 => Box::new(RemovePermissionRequest::default()),
            47 => Box::new(RemoveTargetsRequest::default()),
            48 => Box::new(StartReplayRequest::default()),
            49 => Box::new(TagResourceRequest::default()),
            50 => Box::new(TestEventPatternRequest::default()),
            51 => Box::new(UntagResourceRequest::default()),
            52 => Box::new(UpdateApiDestinationRequest::default()),
            53 => Box::new(UpdateArchiveRequest::default()),
            54 => Box::new(UpdateConnectionRequest::default()),
            55 => Box::new(UpdateEndpointRequest::default()),
            56 => Box::new(UpdateEventBusRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            1 => Box::new(CancelReplayResponse::default()),
            2 => Box::new(CreateApiDestinationResponse::default()),
            3 => Box::new(CreateArchiveResponse::default()),
            4 => Box::new(CreateConnectionResponse::default()),
            5 => Box::new(CreateEndpointResponse::default()),
            6 => Box::new(CreateEventBusResponse::default()),
            7 => Box::new(CreatePartnerEventSourceResponse::default()),
            9 => Box::new(DeauthorizeConnectionResponse::default()),
            10 => Box::new(DeleteApiDestinationResponse::default()),
            11 => Box::new(DeleteArchiveResponse::default()),
            12 => Box::new(DeleteConnectionResponse::default()),
            13 => Box::new(DeleteEndpointResponse::default()),
            17 => Box::new(DescribeApiDestinationResponse::default()),
            18 => Box::new(DescribeArchiveResponse::default()),
            19 => Box::new(DescribeConnectionResponse::default()),
            20 => Box::new(DescribeEndpointResponse::default()),
            21 => Box::new(DescribeEventBusResponse::default()),
            22 => Box::new(DescribeEventSourceResponse::default()),
            23 => Box::new(DescribePartnerEventSourceResponse::default()),
            24 => Box::new(DescribeReplayResponse::default()),
            25 => Box::new(DescribeRuleResponse::default()),
            28 => Box::new(ListApiDestinationsResponse::default()),
            29 => Box::new(ListArchivesResponse::default()),
            30 => Box::new(ListConnectionsResponse::default()),
            31 => Box::new(ListEndpointsResponse::default()),
            32 => Box::new(ListEventBusesResponse::default()),
            33 => Box::new(ListEventSourcesResponse::default()),
            34 => Box::new(ListPartnerEventSourceAccountsResponse::default()),
            35 => Box::new(ListPartnerEventSourcesResponse::default()),
            36 => Box::new(ListReplaysResponse::default()),
            37 => Box::new(ListRuleNamesByTargetResponse::default()),
            38 => Box::new(ListRulesResponse::default()),
            39 => Box::new(ListTagsForResourceResponse::default()),
            40 => Box::new(ListTargetsByRuleResponse::default()),
            41 => Box::new(PutEventsResponse::default()),
            42 => Box::new(PutPartnerEventsResponse::default()),
            44 => Box::new(PutRuleResponse::default()),
            45 => Box::new(PutTargetsResponse::default()),
            47 => Box::new(RemoveTargetsResponse::default()),
            48 => Box::new(StartReplayResponse::default()),
            49 => Box::new(TagResourceResponse::default()),
            50 => Box::new(TestEventPatternResponse::default()),
            51 => Box::new(UntagResourceResponse::default()),
            52 => Box::new(UpdateApiDestinationResponse::default()),
            53 => Box::new(UpdateArchiveResponse::default()),
            54 => Box::new(UpdateConnectionResponse::default()),
            55 => Box::new(UpdateEndpointResponse::default()),
            56 => Box::new(UpdateEventBusResponse::default()),
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
            0 => Input::ActivateEventSource(borrowed(input)),
            1 => Input::CancelReplay(borrowed(input)),
            2 => Input::CreateApiDestination(borrowed(input)),
            3 => Input::CreateArchive(borrowed(input)),
            4 => Input::CreateConnection(borrowed(input)),
            5 => Input::CreateEndpoint(borrowed(input)),
            6 => Input::CreateEventBus(borrowed(input)),
            7 => Input::CreatePartnerEventSource(borrowed(input)),
            8 => Input::DeactivateEventSource(borrowed(input)),
            9 => Input::DeauthorizeConnection(borrowed(input)),
            10 => Input::DeleteApiDestination(borrowed(input)),
            11 => Input::DeleteArchive(borrowed(input)),
            12 => Input::DeleteConnection(borrowed(input)),
            13 => Input::DeleteEndpoint(borrowed(input)),
            14 => Input::DeleteEventBus(borrowed(input)),
            15 => Input::DeletePartnerEventSource(borrowed(input)),
            16 => Input::DeleteRule(borrowed(input)),
            17 => Input::DescribeApiDestination(borrowed(input)),
            18 => Input::DescribeArchive(borrowed(input)),
            19 => Input::DescribeConnection(borrowed(input)),
            20 => Input::DescribeEndpoint(borrowed(input)),
            21 => Input::DescribeEventBus(borrowed(input)),
            22 => Input::DescribeEventSource(borrowed(input)),
            23 => Input::DescribePartnerEventSource(borrowed(input)),
            24 => Input::DescribeReplay(borrowed(input)),
            25 => Input::DescribeRule(borrowed(input)),
            26 => Input::DisableRule(borrowed(input)),
            27 => Input::EnableRule(borrowed(input)),
            28 => Input::ListApiDestinations(borrowed(input)),
            29 => Input::ListArchives(borrowed(input)),
            30 => Input::ListConnections(borrowed(input)),
            31 => Input::ListEndpoints(borrowed(input)),
            32 => Input::ListEventBuses(borrowed(input)),
            33 => Input::ListEventSources(borrowed(input)),
            34 => Input::ListPartnerEventSourceAccounts(borrowed(input)),
            35 => Input::ListPartnerEventSources(borrowed(input)),
            36 => Input::ListReplays(borrowed(input)),
            37 => Input::ListRuleNamesByTarget(borrowed(input)),
            38 => Input::ListRules(borrowed(input)),
            39 => Input::ListTagsForResource(borrowed(input)),
            40 => Input::ListTargetsByRule(borrowed(input)),
            41 => Input::PutEvents(borrowed(input)),
            42 => Input::PutPartnerEvents(borrowed(input)),
            43 => Input::PutPermission(borrowed(input)),
            44 => Input::PutRule(borrowed(input)),
            45 => Input::PutTargets(borrowed(input)),
            46 => Input::RemovePermission(borrowed(input)),
            47 => Input::RemoveTargets(borrowed(input)),
            48 => Input::StartReplay(borrowed(input)),
            49 => Input::TagResource(borrowed(input)),
            50 => Input::TestEventPattern(borrowed(input)),
            51 => Input::UntagResource(borrowed(input)),
            52 => Input::UpdateApiDestination(borrowed(input)),
            53 => Input::UpdateArchive(borrowed(input)),
            54 => Input::UpdateConnection(borrowed(input)),
            55 => Input::UpdateEndpoint(borrowed(input)),
            56 => Input::UpdateEventBus(borrowed(input)),
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
            0 => Box::new(self.0.activate_event_source(call, typed(input)).await?),
            1 => Box::new(self.0.cancel_replay(call, typed(input)).await?),
            2 => Box::new(self.0.create_api_destination(call, typed(input)).await?),
            3 => Box::new(self.0.create_archive(call, typed(input)).await?),
            4 => Box::new(self.0.create_connection(call, typed(input)).await?),
            5 => Box::new(self.0.create_endpoint(call, typed(input)).await?),
            6 => Box::new(self.0.create_event_bus(call, typed(input)).await?),
            7 => Box::new(
                self.0
                    .create_partner_event_source(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.deactivate_event_source(call, typed(input)).await?),
            9 => Box::new(self.0.deauthorize_connection(call, typed(input)).await?),
            10 => Box::new(self.0.delete_api_destination(call, typed(input)).await?),
            11 => Box::new(self.0.delete_archive(call, typed(input)).await?),
            12 => Box::new(self.0.delete_connection(call, typed(input)).await?),
            13 => Box::new(self.0.delete_endpoint(call, typed(input)).await?),
            14 => Box::new(self.0.delete_event_bus(call, typed(input)).await?),
            15 => Box::new(
                self.0
                    .delete_partner_event_source(call, typed(input))
                    .await?,
            ),
            16 => Box::new(self.0.delete_rule(call, typed(input)).await?),
            17 => Box::new(self.0.describe_api_destination(call, typed(input)).await?),
            18 => Box::new(self.0.describe_archive(call, typed(input)).await?),
            19 => Box::new(self.0.describe_connection(call, typed(input)).await?),
            20 => Box::new(self.0.describe_endpoint(call, typed(input)).await?),
            21 => Box::new(self.0.describe_event_bus(call, typed(input)).await?),
            22 => Box::new(self.0.describe_event_source(call, typed(input)).await?),
            23 => Box::new(
                self.0
                    .describe_partner_event_source(call, typed(input))
                    .await?,
            ),
            24 => Box::new(self.0.describe_replay(call, typed(input)).await?),
            25 => Box::new(self.0.describe_rule(call, typed(input)).await?),
            26 => Box::new(self.0.disable_rule(call, typed(input)).await?),
            27 => Box::new(self.0.enable_rule(call, typed(input)).await?),
            28 => Box::new(self.0.list_api_destinations(call, typed(input)).await?),
            29 => Box::new(self.0.list_archives(call, typed(input)).await?),
            30 => Box::new(self.0.list_connections(call, typed(input)).await?),
            31 => Box::new(self.0.list_endpoints(call, typed(input)).await?),
            32 => Box::new(self.0.list_event_buses(call, typed(input)).await?),
            33 => Box::new(self.0.list_event_sources(call, typed(input)).await?),
            34 => Box::new(
                self.0
                    .list_partner_event_source_accounts(call, typed(input))
                    .await?,
            ),
            35 => Box::new(
                self.0
                    .list_partner_event_sources(call, typed(input))
                    .await?,
            ),
            36 => Box::new(self.0.list_replays(call, typed(input)).await?),
            37 => Box::new(self.0.list_rule_names_by_target(call, typed(input)).await?),
            38 => Box::new(self.0.list_rules(call, typed(input)).await?),
            39 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            40 => Box::new(self.0.list_targets_by_rule(call, typed(input)).await?),
            41 => Box::new(self.0.put_events(call, typed(input)).await?),
            42 => Box::new(self.0.put_partner_events(call, typed(input)).await?),
            43 => Box::new(self.0.put_permission(call, typed(input)).await?),
            44 => Box::new(self.0.put_rule(call, typed(input)).await?),
            45 => Box::new(self.0.put_targets(call, typed(input)).await?),
            46 => Box::new(self.0.remove_permission(call, typed(input)).await?),
            47 => Box::new(self.0.remove_targets(call, typed(input)).await?),
            48 => Box::new(self.0.start_replay(call, typed(input)).await?),
            49 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            50 => Box::new(self.0.test_event_pattern(call, typed(input)).await?),
            51 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            52 => Box::new(self.0.update_api_destination(call, typed(input)).await?),
            53 => Box::new(self.0.update_archive(call, typed(input)).await?),
            54 => Box::new(self.0.update_connection(call, typed(input)).await?),
            55 => Box::new(self.0.update_endpoint(call, typed(input)).await?),
            56 => Box::new(self.0.update_event_bus(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Events>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Events>, dispatcher: Dispatcher) -> Self {
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
impl Events for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn activate_event_source(
        &self,
        call: &Call,
        input: ActivateEventSourceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ActivateEventSource(&input), 0, &input)
            .await?;
        self.inner.activate_event_source(&call, input).await
    }

    async fn cancel_replay(
        &self,
        call: &Call,
        input: CancelReplayRequest,
    ) -> Result<CancelReplayResponse, Fault> {
        let call = self
            .admit(call, Input::CancelReplay(&input), 1, &input)
            .await?;
        self.inner.cancel_replay(&call, input).await
    }

    async fn create_api_destination(
        &self,
        call: &Call,
        input: CreateApiDestinationRequest,
    ) -> Result<CreateApiDestinationResponse, Fault> {
        let call = self
            .admit(call, Input::CreateApiDestination(&input), 2, &input)
            .await?;
        self.inner.create_api_destination(&call, input).await
    }

    async fn create_archive(
        &self,
        call: &Call,
        input: CreateArchiveRequest,
    ) -> Result<CreateArchiveResponse, Fault> {
        let call = self
            .admit(call, Input::CreateArchive(&input), 3, &input)
            .await?;
        self.inner.create_archive(&call, input).await
    }

    async fn create_connection(
        &self,
        call: &Call,
        input: CreateConnectionRequest,
    ) -> Result<CreateConnectionResponse, Fault> {
        let call = self
            .admit(call, Input::CreateConnection(&input), 4, &input)
            .await?;
        self.inner.create_connection(&call, input).await
    }

    async fn create_endpoint(
        &self,
        call: &Call,
        input: CreateEndpointRequest,
    ) -> Result<CreateEndpointResponse, Fault> {
        let call = self
            .admit(call, Input::CreateEndpoint(&input), 5, &input)
            .await?;
        self.inner.create_endpoint(&call, input).await
    }

    async fn create_event_bus(
        &self,
        call: &Call,
        input: CreateEventBusRequest,
    ) -> Result<CreateEventBusResponse, Fault> {
        let call = self
            .admit(call, Input::CreateEventBus(&input), 6, &input)
            .await?;
        self.inner.create_event_bus(&call, input).await
    }

    async fn create_partner_event_source(
        &self,
        call: &Call,
        input: CreatePartnerEventSourceRequest,
    ) -> Result<CreatePartnerEventSourceResponse, Fault> {
        let call = self
            .admit(call, Input::CreatePartnerEventSource(&input), 7, &input)
            .await?;
        self.inner.create_partner_event_source(&call, input).await
    }

    async fn deactivate_event_source(
        &self,
        call: &Call,
        input: DeactivateEventSourceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeactivateEventSource(&input), 8, &input)
            .await?;
        self.inner.deactivate_event_source(&call, input).await
    }

    async fn deauthorize_connection(
        &self,
        call: &Call,
        input: DeauthorizeConnectionRequest,
    ) -> Result<DeauthorizeConnectionResponse, Fault> {
        let call = self
            .admit(call, Input::DeauthorizeConnection(&input), 9, &input)
            .await?;
        self.inner.deauthorize_connection(&call, input).await
    }

    async fn delete_api_destination(
        &self,
        call: &Call,
        input: DeleteApiDestinationRequest,
    ) -> Result<DeleteApiDestinationResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteApiDestination(&input), 10, &input)
            .await?;
        self.inner.delete_api_destination(&call, input).await
    }

    async fn delete_archive(
        &self,
        call: &Call,
        input: DeleteArchiveRequest,
    ) -> Result<DeleteArchiveResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteArchive(&input), 11, &input)
            .await?;
        self.inner.delete_archive(&call, input).await
    }

    async fn delete_connection(
        &self,
        call: &Call,
        input: DeleteConnectionRequest,
    ) -> Result<DeleteConnectionResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteConnection(&input), 12, &input)
            .await?;
        self.inner.delete_connection(&call, input).await
    }

    async fn delete_endpoint(
        &self,
        call: &Call,
        input: DeleteEndpointRequest,
    ) -> Result<DeleteEndpointResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteEndpoint(&input), 13, &input)
            .await?;
        self.inner.delete_endpoint(&call, input).await
    }

    async fn delete_event_bus(
        &self,
        call: &Call,
        input: DeleteEventBusRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteEventBus(&input), 14, &input)
            .await?;
        self.inner.delete_event_bus(&call, input).await
    }

    async fn delete_partner_event_source(
        &self,
        call: &Call,
        input: DeletePartnerEventSourceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeletePartnerEventSource(&input), 15, &input)
            .await?;
        self.inner.delete_partner_event_source(&call, input).await
    }

    async fn delete_rule(&self, call: &Call, input: DeleteRuleRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteRule(&input), 16, &input)
            .await?;
        self.inner.delete_rule(&call, input).await
    }

    async fn describe_api_destination(
        &self,
        call: &Call,
        input: DescribeApiDestinationRequest,
    ) -> Result<DescribeApiDestinationResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeApiDestination(&input), 17, &input)
            .await?;
        self.inner.describe_api_destination(&call, input).await
    }

    async fn describe_archive(
        &self,
        call: &Call,
        input: DescribeArchiveRequest,
    ) -> Result<DescribeArchiveResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeArchive(&input), 18, &input)
            .await?;
        self.inner.describe_archive(&call, input).await
    }

    async fn describe_connection(
        &self,
        call: &Call,
        input: DescribeConnectionRequest,
    ) -> Result<DescribeConnectionResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeConnection(&input), 19, &input)
            .await?;
        self.inner.describe_connection(&call, input).await
    }

    async fn describe_endpoint(
        &self,
        call: &Call,
        input: DescribeEndpointRequest,
    ) -> Result<DescribeEndpointResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeEndpoint(&input), 20, &input)
            .await?;
        self.inner.describe_endpoint(&call, input).await
    }

    async fn describe_event_bus(
        &self,
        call: &Call,
        input: DescribeEventBusRequest,
    ) -> Result<DescribeEventBusResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeEventBus(&input), 21, &input)
            .await?;
        self.inner.describe_event_bus(&call, input).await
    }

    async fn describe_event_source(
        &self,
        call: &Call,
        input: DescribeEventSourceRequest,
    ) -> Result<DescribeEventSourceResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeEventSource(&input), 22, &input)
            .await?;
        self.inner.describe_event_source(&call, input).await
    }

    async fn describe_partner_event_source(
        &self,
        call: &Call,
        input: DescribePartnerEventSourceRequest,
    ) -> Result<DescribePartnerEventSourceResponse, Fault> {
        let call = self
            .admit(call, Input::DescribePartnerEventSource(&input), 23, &input)
            .await?;
        self.inner.describe_partner_event_source(&call, input).await
    }

    async fn describe_replay(
        &self,
        call: &Call,
        input: DescribeReplayRequest,
    ) -> Result<DescribeReplayResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeReplay(&input), 24, &input)
            .await?;
        self.inner.describe_replay(&call, input).await
    }

    async fn describe_rule(
        &self,
        call: &Call,
        input: DescribeRuleRequest,
    ) -> Result<DescribeRuleResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeRule(&input), 25, &input)
            .await?;
        self.inner.describe_rule(&call, input).await
    }

    async fn disable_rule(&self, call: &Call, input: DisableRuleRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisableRule(&input), 26, &input)
            .await?;
        self.inner.disable_rule(&call, input).await
    }

    async fn enable_rule(&self, call: &Call, input: EnableRuleRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::EnableRule(&input), 27, &input)
            .await?;
        self.inner.enable_rule(&call, input).await
    }

    async fn list_api_destinations(
        &self,
        call: &Call,
        input: ListApiDestinationsRequest,
    ) -> Result<ListApiDestinationsResponse, Fault> {
        let call = self
            .admit(call, Input::ListApiDestinations(&input), 28, &input)
            .await?;
        self.inner.list_api_destinations(&call, input).await
    }

    async fn list_archives(
        &self,
        call: &Call,
        input: ListArchivesRequest,
    ) -> Result<ListArchivesResponse, Fault> {
        let call = self
            .admit(call, Input::ListArchives(&input), 29, &input)
            .await?;
        self.inner.list_archives(&call, input).await
    }

    async fn list_connections(
        &self,
        call: &Call,
        input: ListConnectionsRequest,
    ) -> Result<ListConnectionsResponse, Fault> {
        let call = self
            .admit(call, Input::ListConnections(&input), 30, &input)
            .await?;
        self.inner.list_connections(&call, input).await
    }

    async fn list_endpoints(
        &self,
        call: &Call,
        input: ListEndpointsRequest,
    ) -> Result<ListEndpointsResponse, Fault> {
        let call = self
            .admit(call, Input::ListEndpoints(&input), 31, &input)
            .await?;
        self.inner.list_endpoints(&call, input).await
    }

    async fn list_event_buses(
        &self,
        call: &Call,
        input: ListEventBusesRequest,
    ) -> Result<ListEventBusesResponse, Fault> {
        let call = self
            .admit(call, Input::ListEventBuses(&input), 32, &input)
            .await?;
        self.inner.list_event_buses(&call, input).await
    }

    async fn list_event_sources(
        &self,
        call: &Call,
        input: ListEventSourcesRequest,
    ) -> Result<ListEventSourcesResponse, Fault> {
        let call = self
            .admit(call, Input::ListEventSources(&input), 33, &input)
            .await?;
        self.inner.list_event_sources(&call, input).await
    }

    async fn list_partner_event_source_accounts(
        &self,
        call: &Call,
        input: ListPartnerEventSourceAccountsRequest,
    ) -> Result<ListPartnerEventSourceAccountsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListPartnerEventSourceAccounts(&input),
                34,
                &input,
            )
            .await?;
        self.inner
            .list_partner_event_source_accounts(&call, input)
            .await
    }

    async fn list_partner_event_sources(
        &self,
        call: &Call,
        input: ListPartnerEventSourcesRequest,
    ) -> Result<ListPartnerEventSourcesResponse, Fault> {
        let call = self
            .admit(call, Input::ListPartnerEventSources(&input), 35, &input)
            .await?;
        self.inner.list_partner_event_sources(&call, input).await
    }

    async fn list_replays(
        &self,
        call: &Call,
        input: ListReplaysRequest,
    ) -> Result<ListReplaysResponse, Fault> {
        let call = self
            .admit(call, Input::ListReplays(&input), 36, &input)
            .await?;
        self.inner.list_replays(&call, input).await
    }

    async fn list_rule_names_by_target(
        &self,
        call: &Call,
        input: ListRuleNamesByTargetRequest,
    ) -> Result<ListRuleNamesByTargetResponse, Fault> {
        let call = self
            .admit(call, Input::ListRuleNamesByTarget(&input), 37, &input)
            .await?;
        self.inner.list_rule_names_by_target(&call, input).await
    }

    async fn list_rules(
        &self,
        call: &Call,
        input: ListRulesRequest,
    ) -> Result<ListRulesResponse, Fault> {
        let call = self
            .admit(call, Input::ListRules(&input), 38, &input)
            .await?;
        self.inner.list_rules(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 39, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn list_targets_by_rule(
        &self,
        call: &Call,
        input: ListTargetsByRuleRequest,
    ) -> Result<ListTargetsByRuleResponse, Fault> {
        let call = self
            .admit(call, Input::ListTargetsByRule(&input), 40, &input)
            .await?;
        self.inner.list_targets_by_rule(&call, input).await
    }

    async fn put_events(
        &self,
        call: &Call,
        input: PutEventsRequest,
    ) -> Result<PutEventsResponse, Fault> {
        let call = self
            .admit(call, Input::PutEvents(&input), 41, &input)
            .await?;
        self.inner.put_events(&call, input).await
    }

    async fn put_partner_events(
        &self,
        call: &Call,
        input: PutPartnerEventsRequest,
    ) -> Result<PutPartnerEventsResponse, Fault> {
        let call = self
            .admit(call, Input::PutPartnerEvents(&input), 42, &input)
            .await?;
        self.inner.put_partner_events(&call, input).await
    }

    async fn put_permission(&self, call: &Call, input: PutPermissionRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutPermission(&input), 43, &input)
            .await?;
        self.inner.put_permission(&call, input).await
    }

    async fn put_rule(&self, call: &Call, input: PutRuleRequest) -> Result<PutRuleResponse, Fault> {
        let call = self.admit(call, Input::PutRule(&input), 44, &input).await?;
        self.inner.put_rule(&call, input).await
    }

    async fn put_targets(
        &self,
        call: &Call,
        input: PutTargetsRequest,
    ) -> Result<PutTargetsResponse, Fault> {
        let call = self
            .admit(call, Input::PutTargets(&input), 45, &input)
            .await?;
        self.inner.put_targets(&call, input).await
    }

    async fn remove_permission(
        &self,
        call: &Call,
        input: RemovePermissionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RemovePermission(&input), 46, &input)
            .await?;
        self.inner.remove_permission(&call, input).await
    }

    async fn remove_targets(
        &self,
        call: &Call,
        input: RemoveTargetsRequest,
    ) -> Result<RemoveTargetsResponse, Fault> {
        let call = self
            .admit(call, Input::RemoveTargets(&input), 47, &input)
            .await?;
        self.inner.remove_targets(&call, input).await
    }

    async fn start_replay(
        &self,
        call: &Call,
        input: StartReplayRequest,
    ) -> Result<StartReplayResponse, Fault> {
        let call = self
            .admit(call, Input::StartReplay(&input), 48, &input)
            .await?;
        self.inner.start_replay(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 49, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn test_event_pattern(
        &self,
        call: &Call,
        input: TestEventPatternRequest,
    ) -> Result<TestEventPatternResponse, Fault> {
        let call = self
            .admit(call, Input::TestEventPattern(&input), 50, &input)
            .await?;
        self.inner.test_event_pattern(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 51, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_api_destination(
        &self,
        call: &Call,
        input: UpdateApiDestinationRequest,
    ) -> Result<UpdateApiDestinationResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateApiDestination(&input), 52, &input)
            .await?;
        self.inner.update_api_destination(&call, input).await
    }

    async fn update_archive(
        &self,
        call: &Call,
        input: UpdateArchiveRequest,
    ) -> Result<UpdateArchiveResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateArchive(&input), 53, &input)
            .await?;
        self.inner.update_archive(&call, input).await
    }

    async fn update_connection(
        &self,
        call: &Call,
        input: UpdateConnectionRequest,
    ) -> Result<UpdateConnectionResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateConnection(&input), 54, &input)
            .await?;
        self.inner.update_connection(&call, input).await
    }

    async fn update_endpoint(
        &self,
        call: &Call,
        input: UpdateEndpointRequest,
    ) -> Result<UpdateEndpointResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateEndpoint(&input), 55, &input)
            .await?;
        self.inner.update_endpoint(&call, input).await
    }

    async fn update_event_bus(
        &self,
        call: &Call,
        input: UpdateEventBusRequest,
    ) -> Result<UpdateEventBusResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateEventBus(&input), 56, &input)
            .await?;
        self.inner.update_event_bus(&call, input).await
    }
}
