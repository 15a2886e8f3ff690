// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Events`](crate::Events) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Events] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod activate_event_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ActivateEventSourceRequest;
        pub type Output = ();
    }

    pub mod cancel_replay {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelReplayRequest;
        pub type Output = CancelReplayResponse;
    }

    pub mod create_api_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateApiDestinationRequest;
        pub type Output = CreateApiDestinationResponse;
    }

    pub mod create_archive {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateArchiveRequest;
        pub type Output = CreateArchiveResponse;
    }

    pub mod create_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateConnectionRequest;
        pub type Output = CreateConnectionResponse;
    }

    pub mod create_endpoint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateEndpointRequest;
        pub type Output = CreateEndpointResponse;
    }

    pub mod create_event_bus {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateEventBusRequest;
        pub type Output = CreateEventBusResponse;
    }

    pub mod create_partner_event_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreatePartnerEventSourceRequest;
        pub type Output = CreatePartnerEventSourceResponse;
    }

    pub mod deactivate_event_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeactivateEventSourceRequest;
        pub type Output = ();
    }

    pub mod deauthorize_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeauthorizeConnectionRequest;
        pub type Output = DeauthorizeConnectionResponse;
    }

    pub mod delete_api_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteApiDestinationRequest;
        pub type Output = DeleteApiDestinationResponse;
    }

    pub mod delete_archive {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteArchiveRequest;
        pub type Output = DeleteArchiveResponse;
    }

    pub mod delete_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteConnectionRequest;
        pub type Output = DeleteConnectionResponse;
    }

    pub mod delete_endpoint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteEndpointRequest;
        pub type Output = DeleteEndpointResponse;
    }

    pub mod delete_event_bus {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteEventBusRequest;
        pub type Output = ();
    }

    pub mod delete_partner_event_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePartnerEventSourceRequest;
        pub type Output = ();
    }

    pub mod delete_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRuleRequest;
        pub type Output = ();
    }

    pub mod describe_api_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeApiDestinationRequest;
        pub type Output = DescribeApiDestinationResponse;
    }

    pub mod describe_archive {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeArchiveRequest;
        pub type Output = DescribeArchiveResponse;
    }

    pub mod describe_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeConnectionRequest;
        pub type Output = DescribeConnectionResponse;
    }

    pub mod describe_endpoint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeEndpointRequest;
        pub type Output = DescribeEndpointResponse;
    }

    pub mod describe_event_bus {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeEventBusRequest;
        pub type Output = DescribeEventBusResponse;
    }

    pub mod describe_event_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeEventSourceRequest;
        pub type Output = DescribeEventSourceResponse;
    }

    pub mod describe_partner_event_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribePartnerEventSourceRequest;
        pub type Output = DescribePartnerEventSourceResponse;
    }

    pub mod describe_replay {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeReplayRequest;
        pub type Output = DescribeReplayResponse;
    }

    pub mod describe_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRuleRequest;
        pub type Output = DescribeRuleResponse;
    }

    pub mod disable_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableRuleRequest;
        pub type Output = ();
    }

    pub mod enable_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableRuleRequest;
        pub type Output = ();
    }

    pub mod list_api_destinations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListApiDestinationsRequest;
        pub type Output = ListApiDestinationsResponse;
    }

    pub mod list_archives {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListArchivesRequest;
        pub type Output = ListArchivesResponse;
    }

    pub mod list_connections {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListConnectionsRequest;
        pub type Output = ListConnectionsResponse;
    }

    pub mod list_endpoints {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListEndpointsRequest;
        pub type Output = ListEndpointsResponse;
    }

    pub mod list_event_buses {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListEventBusesRequest;
        pub type Output = ListEventBusesResponse;
    }

    pub mod list_event_sources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListEventSourcesRequest;
        pub type Output = ListEventSourcesResponse;
    }

    pub mod list_partner_event_source_accounts {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPartnerEventSourceAccountsRequest;
        pub type Output = ListPartnerEventSourceAccountsResponse;
    }

    pub mod list_partner_event_sources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPartnerEventSourcesRequest;
        pub type Output = ListPartnerEventSourcesResponse;
    }

    pub mod list_replays {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListReplaysRequest;
        pub type Output = ListReplaysResponse;
    }

    pub mod list_rule_names_by_target {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListRuleNamesByTargetRequest;
        pub type Output = ListRuleNamesByTargetResponse;
    }

    pub mod list_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListRulesRequest;
        pub type Output = ListRulesResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod list_targets_by_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTargetsByRuleRequest;
        pub type Output = ListTargetsByRuleResponse;
    }

    pub mod put_events {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutEventsRequest;
        pub type Output = PutEventsResponse;
    }

    pub mod put_partner_events {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutPartnerEventsRequest;
        pub type Output = PutPartnerEventsResponse;
    }

    pub mod put_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutPermissionRequest;
        pub type Output = ();
    }

    pub mod put_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRuleRequest;
        pub type Output = PutRuleResponse;
    }

    pub mod put_targets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutTargetsRequest;
        pub type Output = PutTargetsResponse;
    }

    pub mod remove_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemovePermissionRequest;
        pub type Output = ();
    }

    pub mod remove_targets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveTargetsRequest;
        pub type Output = RemoveTargetsResponse;
    }

    pub mod start_replay {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartReplayRequest;
        pub type Output = StartReplayResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = TagResourceResponse;
    }

    pub mod test_event_pattern {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TestEventPatternRequest;
        pub type Output = TestEventPatternResponse;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = UntagResourceResponse;
    }

    pub mod update_api_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateApiDestinationRequest;
        pub type Output = UpdateApiDestinationResponse;
    }

    pub mod update_archive {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateArchiveRequest;
        pub type Output = UpdateArchiveResponse;
    }

    pub mod update_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateConnectionRequest;
        pub type Output = UpdateConnectionResponse;
    }

    pub mod update_endpoint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateEndpointRequest;
        pub type Output = UpdateEndpointResponse;
    }

    pub mod update_event_bus {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateEventBusRequest;
        pub type Output = UpdateEventBusResponse;
    }
}
