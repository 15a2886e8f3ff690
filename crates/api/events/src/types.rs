// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActivateEventSourceRequest {
    pub name: Option<String>,
}
structure!(ActivateEventSourceRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApiDestination {
    pub api_destination_arn: Option<String>,
    pub name: Option<String>,
    pub api_destination_state: Option<String>,
    pub connection_arn: Option<String>,
    pub invocation_endpoint: Option<String>,
    pub http_method: Option<String>,
    pub invocation_rate_limit_per_second: Option<i32>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
}
structure!(ApiDestination {
0 api_destination_arn,
1 name,
2 api_destination_state,
3 connection_arn,
4 invocation_endpoint,
5 http_method,
6 invocation_rate_limit_per_second,
7 creation_time,
8 last_modified_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AppSyncParameters {
    pub graph_ql_operation: Option<String>,
}
structure!(AppSyncParameters {
0 graph_ql_operation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Archive {
    pub archive_name: Option<String>,
    pub event_source_arn: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub retention_days: Option<i32>,
    pub size_bytes: Option<i64>,
    pub event_count: Option<i64>,
    pub creation_time: Option<Timestamp>,
}
structure!(Archive {
0 archive_name,
1 event_source_arn,
2 state,
3 state_reason,
4 retention_days,
5 size_bytes,
6 event_count,
7 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsVpcConfiguration {
    pub subnets: Option<Vec<String>>,
    pub security_groups: Option<Vec<String>>,
    pub assign_public_ip: Option<String>,
}
structure!(AwsVpcConfiguration {
0 subnets,
1 security_groups,
2 assign_public_ip,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchArrayProperties {
    pub size: Option<i32>,
}
structure!(BatchArrayProperties {
0 size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchParameters {
    pub job_definition: Option<String>,
    pub job_name: Option<String>,
    pub array_properties: Option<BatchArrayProperties>,
    pub retry_strategy: Option<BatchRetryStrategy>,
}
structure!(BatchParameters {
0 job_definition,
1 job_name,
2 array_properties,
3 retry_strategy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchRetryStrategy {
    pub attempts: Option<i32>,
}
structure!(BatchRetryStrategy {
0 attempts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelReplayRequest {
    pub replay_name: Option<String>,
}
structure!(CancelReplayRequest {
0 replay_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelReplayResponse {
    pub replay_arn: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
}
structure!(CancelReplayResponse {
0 replay_arn,
1 state,
2 state_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityProviderStrategyItem {
    pub capacity_provider: Option<String>,
    pub weight: Option<i32>,
    pub base: Option<i32>,
}
structure!(CapacityProviderStrategyItem {
0 capacity_provider,
1 weight,
2 base,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    pub type_: Option<String>,
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Condition {
0 type_,
1 key,
2 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Connection {
    pub connection_arn: Option<String>,
    pub name: Option<String>,
    pub connection_state: Option<String>,
    pub state_reason: Option<String>,
    pub authorization_type: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
    pub last_authorized_time: Option<Timestamp>,
}
structure!(Connection {
0 connection_arn,
1 name,
2 connection_state,
3 state_reason,
4 authorization_type,
5 creation_time,
6 last_modified_time,
7 last_authorized_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionApiKeyAuthResponseParameters {
    pub api_key_name: Option<String>,
}
structure!(ConnectionApiKeyAuthResponseParameters {
0 api_key_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionAuthResponseParameters {
    pub basic_auth_parameters: Option<ConnectionBasicAuthResponseParameters>,
    pub o_auth_parameters: Option<ConnectionOAuthResponseParameters>,
    pub api_key_auth_parameters: Option<ConnectionApiKeyAuthResponseParameters>,
    pub invocation_http_parameters: Option<ConnectionHttpParameters>,
    pub connectivity_parameters: Option<DescribeConnectionConnectivityParameters>,
}
structure!(ConnectionAuthResponseParameters {
0 basic_auth_parameters,
1 o_auth_parameters,
2 api_key_auth_parameters,
3 invocation_http_parameters,
4 connectivity_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionBasicAuthResponseParameters {
    pub username: Option<String>,
}
structure!(ConnectionBasicAuthResponseParameters {
0 username,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionBodyParameter {
    pub key: Option<String>,
    pub value: Option<String>,
    pub is_value_secret: Option<bool>,
}
structure!(ConnectionBodyParameter {
0 key,
1 value,
2 is_value_secret,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionHeaderParameter {
    pub key: Option<String>,
    pub value: Option<String>,
    pub is_value_secret: Option<bool>,
}
structure!(ConnectionHeaderParameter {
0 key,
1 value,
2 is_value_secret,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionHttpParameters {
    pub header_parameters: Option<Vec<ConnectionHeaderParameter>>,
    pub query_string_parameters: Option<Vec<ConnectionQueryStringParameter>>,
    pub body_parameters: Option<Vec<ConnectionBodyParameter>>,
}
structure!(ConnectionHttpParameters {
0 header_parameters,
1 query_string_parameters,
2 body_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionOAuthClientResponseParameters {
    pub client_id: Option<String>,
}
structure!(ConnectionOAuthClientResponseParameters {
0 client_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionOAuthResponseParameters {
    pub client_parameters: Option<ConnectionOAuthClientResponseParameters>,
    pub authorization_endpoint: Option<String>,
    pub http_method: Option<String>,
    pub o_auth_http_parameters: Option<ConnectionHttpParameters>,
}
structure!(ConnectionOAuthResponseParameters {
0 client_parameters,
1 authorization_endpoint,
2 http_method,
3 o_auth_http_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionQueryStringParameter {
    pub key: Option<String>,
    pub value: Option<String>,
    pub is_value_secret: Option<bool>,
}
structure!(ConnectionQueryStringParameter {
0 key,
1 value,
2 is_value_secret,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectivityResourceConfigurationArn {
    pub resource_configuration_arn: Option<String>,
}
structure!(ConnectivityResourceConfigurationArn {
0 resource_configuration_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectivityResourceParameters {
    pub resource_parameters: Option<ConnectivityResourceConfigurationArn>,
}
structure!(ConnectivityResourceParameters {
0 resource_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateApiDestinationRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub connection_arn: Option<String>,
    pub invocation_endpoint: Option<String>,
    pub http_method: Option<String>,
    pub invocation_rate_limit_per_second: Option<i32>,
}
structure!(CreateApiDestinationRequest {
0 name,
1 description,
2 connection_arn,
3 invocation_endpoint,
4 http_method,
5 invocation_rate_limit_per_second,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateApiDestinationResponse {
    pub api_destination_arn: Option<String>,
    pub api_destination_state: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
}
structure!(CreateApiDestinationResponse {
0 api_destination_arn,
1 api_destination_state,
2 creation_time,
3 last_modified_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateArchiveRequest {
    pub archive_name: Option<String>,
    pub event_source_arn: Option<String>,
    pub description: Option<String>,
    pub event_pattern: Option<String>,
    pub retention_days: Option<i32>,
    pub kms_key_identifier: Option<String>,
}
structure!(CreateArchiveRequest {
0 archive_name,
1 event_source_arn,
2 description,
3 event_pattern,
4 retention_days,
5 kms_key_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateArchiveResponse {
    pub archive_arn: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub creation_time: Option<Timestamp>,
}
structure!(CreateArchiveResponse {
0 archive_arn,
1 state,
2 state_reason,
3 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateConnectionApiKeyAuthRequestParameters {
    pub api_key_name: Option<String>,
    pub api_key_value: Option<String>,
}
structure!(CreateConnectionApiKeyAuthRequestParameters {
0 api_key_name,
1 api_key_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateConnectionAuthRequestParameters {
    pub basic_auth_parameters: Option<CreateConnectionBasicAuthRequestParameters>,
    pub o_auth_parameters: Option<CreateConnectionOAuthRequestParameters>,
    pub api_key_auth_parameters: Option<CreateConnectionApiKeyAuthRequestParameters>,
    pub invocation_http_parameters: Option<ConnectionHttpParameters>,
    pub connectivity_parameters: Option<ConnectivityResourceParameters>,
}
structure!(CreateConnectionAuthRequestParameters {
0 basic_auth_parameters,
1 o_auth_parameters,
2 api_key_auth_parameters,
3 invocation_http_parameters,
4 connectivity_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateConnectionBasicAuthRequestParameters {
    pub username: Option<String>,
    pub password: Option<String>,
}
structure!(CreateConnectionBasicAuthRequestParameters {
0 username,
1 password,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateConnectionOAuthClientRequestParameters {
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
}
structure!(CreateConnectionOAuthClientRequestParameters {
0 client_id,
1 client_secret,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateConnectionOAuthRequestParameters {
    pub client_parameters: Option<CreateConnectionOAuthClientRequestParameters>,
    pub authorization_endpoint: Option<String>,
    pub http_method: Option<String>,
    pub o_auth_http_parameters: Option<ConnectionHttpParameters>,
}
structure!(CreateConnectionOAuthRequestParameters {
0 client_parameters,
1 authorization_endpoint,
2 http_method,
3 o_auth_http_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateConnectionRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub authorization_type: Option<String>,
    pub auth_parameters: Option<CreateConnectionAuthRequestParameters>,
    pub invocation_connectivity_parameters: Option<ConnectivityResourceParameters>,
    pub kms_key_identifier: Option<String>,
}
structure!(CreateConnectionRequest {
0 name,
1 description,
2 authorization_type,
3 auth_parameters,
4 invocation_connectivity_parameters,
5 kms_key_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateConnectionResponse {
    pub connection_arn: Option<String>,
    pub connection_state: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
}
structure!(CreateConnectionResponse {
0 connection_arn,
1 connection_state,
2 creation_time,
3 last_modified_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEndpointRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub routing_config: Option<RoutingConfig>,
    pub replication_config: Option<ReplicationConfig>,
    pub event_buses: Option<Vec<EndpointEventBus>>,
    pub role_arn: Option<String>,
}
structure!(CreateEndpointRequest {
0 name,
1 description,
2 routing_config,
3 replication_config,
4 event_buses,
5 role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEndpointResponse {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub routing_config: Option<RoutingConfig>,
    pub replication_config: Option<ReplicationConfig>,
    pub event_buses: Option<Vec<EndpointEventBus>>,
    pub role_arn: Option<String>,
    pub state: Option<String>,
}
structure!(CreateEndpointResponse {
0 name,
1 arn,
2 routing_config,
3 replication_config,
4 event_buses,
5 role_arn,
6 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEventBusRequest {
    pub name: Option<String>,
    pub event_source_name: Option<String>,
    pub description: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub dead_letter_config: Option<DeadLetterConfig>,
    pub log_config: Option<LogConfig>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateEventBusRequest {
0 name,
1 event_source_name,
2 description,
3 kms_key_identifier,
4 dead_letter_config,
5 log_config,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEventBusResponse {
    pub event_bus_arn: Option<String>,
    pub description: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub dead_letter_config: Option<DeadLetterConfig>,
    pub log_config: Option<LogConfig>,
}
structure!(CreateEventBusResponse {
0 event_bus_arn,
1 description,
2 kms_key_identifier,
3 dead_letter_config,
4 log_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePartnerEventSourceRequest {
    pub name: Option<String>,
    pub account: Option<String>,
}
structure!(CreatePartnerEventSourceRequest {
0 name,
1 account,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePartnerEventSourceResponse {
    pub event_source_arn: Option<String>,
}
structure!(CreatePartnerEventSourceResponse {
0 event_source_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeactivateEventSourceRequest {
    pub name: Option<String>,
}
structure!(DeactivateEventSourceRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeadLetterConfig {
    pub arn: Option<String>,
}
structure!(DeadLetterConfig {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeauthorizeConnectionRequest {
    pub name: Option<String>,
}
structure!(DeauthorizeConnectionRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeauthorizeConnectionResponse {
    pub connection_arn: Option<String>,
    pub connection_state: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
    pub last_authorized_time: Option<Timestamp>,
}
structure!(DeauthorizeConnectionResponse {
0 connection_arn,
1 connection_state,
2 creation_time,
3 last_modified_time,
4 last_authorized_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteApiDestinationRequest {
    pub name: Option<String>,
}
structure!(DeleteApiDestinationRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteApiDestinationResponse {}
structure!(DeleteApiDestinationResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteArchiveRequest {
    pub archive_name: Option<String>,
}
structure!(DeleteArchiveRequest {
0 archive_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteArchiveResponse {}
structure!(DeleteArchiveResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteConnectionRequest {
    pub name: Option<String>,
}
structure!(DeleteConnectionRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteConnectionResponse {
    pub connection_arn: Option<String>,
    pub connection_state: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
    pub last_authorized_time: Option<Timestamp>,
}
structure!(DeleteConnectionResponse {
0 connection_arn,
1 connection_state,
2 creation_time,
3 last_modified_time,
4 last_authorized_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteEndpointRequest {
    pub name: Option<String>,
}
structure!(DeleteEndpointRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteEndpointResponse {}
structure!(DeleteEndpointResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteEventBusRequest {
    pub name: Option<String>,
}
structure!(DeleteEventBusRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePartnerEventSourceRequest {
    pub name: Option<String>,
    pub account: Option<String>,
}
structure!(DeletePartnerEventSourceRequest {
0 name,
1 account,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRuleRequest {
    pub name: Option<String>,
    pub event_bus_name: Option<String>,
    pub force: Option<bool>,
}
structure!(DeleteRuleRequest {
0 name,
1 event_bus_name,
2 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeApiDestinationRequest {
    pub name: Option<String>,
}
structure!(DescribeApiDestinationRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeApiDestinationResponse {
    pub api_destination_arn: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub api_destination_state: Option<String>,
    pub connection_arn: Option<String>,
    pub invocation_endpoint: Option<String>,
    pub http_method: Option<String>,
    pub invocation_rate_limit_per_second: Option<i32>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
}
structure!(DescribeApiDestinationResponse {
0 api_destination_arn,
1 name,
2 description,
3 api_destination_state,
4 connection_arn,
5 invocation_endpoint,
6 http_method,
7 invocation_rate_limit_per_second,
8 creation_time,
9 last_modified_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeArchiveRequest {
    pub archive_name: Option<String>,
}
structure!(DescribeArchiveRequest {
0 archive_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeArchiveResponse {
    pub archive_arn: Option<String>,
    pub archive_name: Option<String>,
    pub event_source_arn: Option<String>,
    pub description: Option<String>,
    pub event_pattern: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub retention_days: Option<i32>,
    pub size_bytes: Option<i64>,
    pub event_count: Option<i64>,
    pub creation_time: Option<Timestamp>,
}
structure!(DescribeArchiveResponse {
0 archive_arn,
1 archive_name,
2 event_source_arn,
3 description,
4 event_pattern,
5 state,
6 state_reason,
7 kms_key_identifier,
8 retention_days,
9 size_bytes,
10 event_count,
11 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeConnectionConnectivityParameters {
    pub resource_parameters: Option<DescribeConnectionResourceParameters>,
}
structure!(DescribeConnectionConnectivityParameters {
0 resource_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeConnectionRequest {
    pub name: Option<String>,
}
structure!(DescribeConnectionRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeConnectionResourceParameters {
    pub resource_configuration_arn: Option<String>,
    pub resource_association_arn: Option<String>,
}
structure!(DescribeConnectionResourceParameters {
0 resource_configuration_arn,
1 resource_association_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeConnectionResponse {
    pub connection_arn: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub invocation_connectivity_parameters: Option<DescribeConnectionConnectivityParameters>,
    pub connection_state: Option<String>,
    pub state_reason: Option<String>,
    pub authorization_type: Option<String>,
    pub secret_arn: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub auth_parameters: Option<ConnectionAuthResponseParameters>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
    pub last_authorized_time: Option<Timestamp>,
}
structure!(DescribeConnectionResponse {
0 connection_arn,
1 name,
2 description,
3 invocation_connectivity_parameters,
4 connection_state,
5 state_reason,
6 authorization_type,
7 secret_arn,
8 kms_key_identifier,
9 auth_parameters,
10 creation_time,
11 last_modified_time,
12 last_authorized_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEndpointRequest {
    pub name: Option<String>,
    pub home_region: Option<String>,
}
structure!(DescribeEndpointRequest {
0 name,
1 home_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEndpointResponse {
    pub name: Option<String>,
    pub description: Option<String>,
    pub arn: Option<String>,
    pub routing_config: Option<RoutingConfig>,
    pub replication_config: Option<ReplicationConfig>,
    pub event_buses: Option<Vec<EndpointEventBus>>,
    pub role_arn: Option<String>,
    pub endpoint_id: Option<String>,
    pub endpoint_url: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
}
structure!(DescribeEndpointResponse {
0 name,
1 description,
2 arn,
3 routing_config,
4 replication_config,
5 event_buses,
6 role_arn,
7 endpoint_id,
8 endpoint_url,
9 state,
10 state_reason,
11 creation_time,
12 last_modified_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEventBusRequest {
    pub name: Option<String>,
}
structure!(DescribeEventBusRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEventBusResponse {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub description: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub dead_letter_config: Option<DeadLetterConfig>,
    pub policy: Option<String>,
    pub log_config: Option<LogConfig>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
    pub managed_by: Option<String>,
}
structure!(DescribeEventBusResponse {
0 name,
1 arn,
2 description,
3 kms_key_identifier,
4 dead_letter_config,
5 policy,
6 log_config,
7 creation_time,
8 last_modified_time,
9 managed_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEventSourceRequest {
    pub name: Option<String>,
}
structure!(DescribeEventSourceRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEventSourceResponse {
    pub arn: Option<String>,
    pub created_by: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub expiration_time: Option<Timestamp>,
    pub name: Option<String>,
    pub state: Option<String>,
}
structure!(DescribeEventSourceResponse {
0 arn,
1 created_by,
2 creation_time,
3 expiration_time,
4 name,
5 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePartnerEventSourceRequest {
    pub name: Option<String>,
}
structure!(DescribePartnerEventSourceRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePartnerEventSourceResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(DescribePartnerEventSourceResponse {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeReplayRequest {
    pub replay_name: Option<String>,
}
structure!(DescribeReplayRequest {
0 replay_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeReplayResponse {
    pub replay_name: Option<String>,
    pub replay_arn: Option<String>,
    pub description: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub event_source_arn: Option<String>,
    pub destination: Option<ReplayDestination>,
    pub event_start_time: Option<Timestamp>,
    pub event_end_time: Option<Timestamp>,
    pub event_last_replayed_time: Option<Timestamp>,
    pub replay_start_time: Option<Timestamp>,
    pub replay_end_time: Option<Timestamp>,
}
structure!(DescribeReplayResponse {
0 replay_name,
1 replay_arn,
2 description,
3 state,
4 state_reason,
5 event_source_arn,
6 destination,
7 event_start_time,
8 event_end_time,
9 event_last_replayed_time,
10 replay_start_time,
11 replay_end_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRuleRequest {
    pub name: Option<String>,
    pub event_bus_name: Option<String>,
}
structure!(DescribeRuleRequest {
0 name,
1 event_bus_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRuleResponse {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub event_pattern: Option<String>,
    pub schedule_expression: Option<String>,
    pub state: Option<String>,
    pub description: Option<String>,
    pub role_arn: Option<String>,
    pub managed_by: Option<String>,
    pub event_bus_name: Option<String>,
    pub created_by: Option<String>,
}
structure!(DescribeRuleResponse {
0 name,
1 arn,
2 event_pattern,
3 schedule_expression,
4 state,
5 description,
6 role_arn,
7 managed_by,
8 event_bus_name,
9 created_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableRuleRequest {
    pub name: Option<String>,
    pub event_bus_name: Option<String>,
}
structure!(DisableRuleRequest {
0 name,
1 event_bus_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcsParameters {
    pub task_definition_arn: Option<String>,
    pub task_count: Option<i32>,
    pub launch_type: Option<String>,
    pub network_configuration: Option<NetworkConfiguration>,
    pub platform_version: Option<String>,
    pub group: Option<String>,
    pub capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    pub enable_ecs_managed_tags: Option<bool>,
    pub enable_execute_command: Option<bool>,
    pub placement_constraints: Option<Vec<PlacementConstraint>>,
    pub placement_strategy: Option<Vec<PlacementStrategy>>,
    pub propagate_tags: Option<String>,
    pub reference_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(EcsParameters {
0 task_definition_arn,
1 task_count,
2 launch_type,
3 network_configuration,
4 platform_version,
5 group,
6 capacity_provider_strategy,
7 enable_ecs_managed_tags,
8 enable_execute_command,
9 placement_constraints,
10 placement_strategy,
11 propagate_tags,
12 reference_id,
13 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableRuleRequest {
    pub name: Option<String>,
    pub event_bus_name: Option<String>,
}
structure!(EnableRuleRequest {
0 name,
1 event_bus_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Endpoint {
    pub name: Option<String>,
    pub description: Option<String>,
    pub arn: Option<String>,
    pub routing_config: Option<RoutingConfig>,
    pub replication_config: Option<ReplicationConfig>,
    pub event_buses: Option<Vec<EndpointEventBus>>,
    pub role_arn: Option<String>,
    pub endpoint_id: Option<String>,
    pub endpoint_url: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
}
structure!(Endpoint {
0 name,
1 description,
2 arn,
3 routing_config,
4 replication_config,
5 event_buses,
6 role_arn,
7 endpoint_id,
8 endpoint_url,
9 state,
10 state_reason,
11 creation_time,
12 last_modified_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EndpointEventBus {
    pub event_bus_arn: Option<String>,
}
structure!(EndpointEventBus {
0 event_bus_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventBus {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub description: Option<String>,
    pub policy: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
    pub managed_by: Option<String>,
}
structure!(EventBus {
0 name,
1 arn,
2 description,
3 policy,
4 creation_time,
5 last_modified_time,
6 managed_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventSource {
    pub arn: Option<String>,
    pub created_by: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub expiration_time: Option<Timestamp>,
    pub name: Option<String>,
    pub state: Option<String>,
}
structure!(EventSource {
0 arn,
1 created_by,
2 creation_time,
3 expiration_time,
4 name,
5 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FailoverConfig {
    pub primary: Option<Primary>,
    pub secondary: Option<Secondary>,
}
structure!(FailoverConfig {
0 primary,
1 secondary,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpParameters {
    pub path_parameter_values: Option<Vec<String>>,
    pub header_parameters: Option<BTreeMap<String, String>>,
    pub query_string_parameters: Option<BTreeMap<String, String>>,
}
structure!(HttpParameters {
0 path_parameter_values,
1 header_parameters,
2 query_string_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputTransformer {
    pub input_paths_map: Option<BTreeMap<String, String>>,
    pub input_template: Option<String>,
}
structure!(InputTransformer {
0 input_paths_map,
1 input_template,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KinesisParameters {
    pub partition_key_path: Option<String>,
}
structure!(KinesisParameters {
0 partition_key_path,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListApiDestinationsRequest {
    pub name_prefix: Option<String>,
    pub connection_arn: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListApiDestinationsRequest {
0 name_prefix,
1 connection_arn,
2 next_token,
3 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListApiDestinationsResponse {
    pub api_destinations: Option<Vec<ApiDestination>>,
    pub next_token: Option<String>,
}
structure!(ListApiDestinationsResponse {
0 api_destinations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListArchivesRequest {
    pub name_prefix: Option<String>,
    pub event_source_arn: Option<String>,
    pub state: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListArchivesRequest {
0 name_prefix,
1 event_source_arn,
2 state,
3 next_token,
4 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListArchivesResponse {
    pub archives: Option<Vec<Archive>>,
    pub next_token: Option<String>,
}
structure!(ListArchivesResponse {
0 archives,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListConnectionsRequest {
    pub name_prefix: Option<String>,
    pub connection_state: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListConnectionsRequest {
0 name_prefix,
1 connection_state,
2 next_token,
3 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListConnectionsResponse {
    pub connections: Option<Vec<Connection>>,
    pub next_token: Option<String>,
}
structure!(ListConnectionsResponse {
0 connections,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEndpointsRequest {
    pub name_prefix: Option<String>,
    pub home_region: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListEndpointsRequest {
0 name_prefix,
1 home_region,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEndpointsResponse {
    pub endpoints: Option<Vec<Endpoint>>,
    pub next_token: Option<String>,
}
structure!(ListEndpointsResponse {
0 endpoints,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEventBusesRequest {
    pub name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListEventBusesRequest {
0 name_prefix,
1 next_token,
2 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEventBusesResponse {
    pub event_buses: Option<Vec<EventBus>>,
    pub next_token: Option<String>,
}
structure!(ListEventBusesResponse {
0 event_buses,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEventSourcesRequest {
    pub name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListEventSourcesRequest {
0 name_prefix,
1 next_token,
2 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEventSourcesResponse {
    pub event_sources: Option<Vec<EventSource>>,
    pub next_token: Option<String>,
}
structure!(ListEventSourcesResponse {
0 event_sources,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPartnerEventSourceAccountsRequest {
    pub event_source_name: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListPartnerEventSourceAccountsRequest {
0 event_source_name,
1 next_token,
2 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPartnerEventSourceAccountsResponse {
    pub partner_event_source_accounts: Option<Vec<PartnerEventSourceAccount>>,
    pub next_token: Option<String>,
}
structure!(ListPartnerEventSourceAccountsResponse {
0 partner_event_source_accounts,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPartnerEventSourcesRequest {
    pub name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListPartnerEventSourcesRequest {
0 name_prefix,
1 next_token,
2 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPartnerEventSourcesResponse {
    pub partner_event_sources: Option<Vec<PartnerEventSource>>,
    pub next_token: Option<String>,
}
structure!(ListPartnerEventSourcesResponse {
0 partner_event_sources,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListReplaysRequest {
    pub name_prefix: Option<String>,
    pub state: Option<String>,
    pub event_source_arn: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListReplaysRequest {
0 name_prefix,
1 state,
2 event_source_arn,
3 next_token,
4 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListReplaysResponse {
    pub replays: Option<Vec<Replay>>,
    pub next_token: Option<String>,
}
structure!(ListReplaysResponse {
0 replays,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRuleNamesByTargetRequest {
    pub target_arn: Option<String>,
    pub event_bus_name: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListRuleNamesByTargetRequest {
0 target_arn,
1 event_bus_name,
2 next_token,
3 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRuleNamesByTargetResponse {
    pub rule_names: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListRuleNamesByTargetResponse {
0 rule_names,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRulesRequest {
    pub name_prefix: Option<String>,
    pub event_bus_name: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListRulesRequest {
0 name_prefix,
1 event_bus_name,
2 next_token,
3 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRulesResponse {
    pub rules: Option<Vec<Rule>>,
    pub next_token: Option<String>,
}
structure!(ListRulesResponse {
0 rules,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceRequest {
    pub resource_arn: Option<String>,
}
structure!(ListTagsForResourceRequest {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceResponse {
    pub tags: Option<Vec<Tag>>,
}
structure!(ListTagsForResourceResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTargetsByRuleRequest {
    pub rule: Option<String>,
    pub event_bus_name: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListTargetsByRuleRequest {
0 rule,
1 event_bus_name,
2 next_token,
3 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTargetsByRuleResponse {
    pub targets: Option<Vec<Target>>,
    pub next_token: Option<String>,
}
structure!(ListTargetsByRuleResponse {
0 targets,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogConfig {
    pub include_detail: Option<String>,
    pub level: Option<String>,
}
structure!(LogConfig {
0 include_detail,
1 level,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkConfiguration {
    pub awsvpc_configuration: Option<AwsVpcConfiguration>,
}
structure!(NetworkConfiguration {
0 awsvpc_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartnerEventSource {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(PartnerEventSource {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartnerEventSourceAccount {
    pub account: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub expiration_time: Option<Timestamp>,
    pub state: Option<String>,
}
structure!(PartnerEventSourceAccount {
0 account,
1 creation_time,
2 expiration_time,
3 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacementConstraint {
    pub type_: Option<String>,
    pub expression: Option<String>,
}
structure!(PlacementConstraint {
0 type_,
1 expression,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacementStrategy {
    pub type_: Option<String>,
    pub field: Option<String>,
}
structure!(PlacementStrategy {
0 type_,
1 field,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Primary {
    pub health_check: Option<String>,
}
structure!(Primary {
0 health_check,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutEventsRequest {
    pub entries: Option<Vec<PutEventsRequestEntry>>,
    pub endpoint_id: Option<String>,
}
structure!(PutEventsRequest {
0 entries,
1 endpoint_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutEventsRequestEntry {
    pub time: Option<Timestamp>,
    pub source: Option<String>,
    pub resources: Option<Vec<String>>,
    pub detail_type: Option<String>,
    pub detail: Option<String>,
    pub event_bus_name: Option<String>,
    pub trace_header: Option<String>,
}
structure!(PutEventsRequestEntry {
0 time,
1 source,
2 resources,
3 detail_type,
4 detail,
5 event_bus_name,
6 trace_header,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutEventsResponse {
    pub failed_entry_count: Option<i32>,
    pub entries: Option<Vec<PutEventsResultEntry>>,
}
structure!(PutEventsResponse {
0 failed_entry_count,
1 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutEventsResultEntry {
    pub event_id: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(PutEventsResultEntry {
0 event_id,
1 error_code,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutPartnerEventsRequest {
    pub entries: Option<Vec<PutPartnerEventsRequestEntry>>,
}
structure!(PutPartnerEventsRequest {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutPartnerEventsRequestEntry {
    pub time: Option<Timestamp>,
    pub source: Option<String>,
    pub resources: Option<Vec<String>>,
    pub detail_type: Option<String>,
    pub detail: Option<String>,
}
structure!(PutPartnerEventsRequestEntry {
0 time,
1 source,
2 resources,
3 detail_type,
4 detail,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutPartnerEventsResponse {
    pub failed_entry_count: Option<i32>,
    pub entries: Option<Vec<PutPartnerEventsResultEntry>>,
}
structure!(PutPartnerEventsResponse {
0 failed_entry_count,
1 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutPartnerEventsResultEntry {
    pub event_id: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(PutPartnerEventsResultEntry {
0 event_id,
1 error_code,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutPermissionRequest {
    pub event_bus_name: Option<String>,
    pub action: Option<String>,
    pub principal: Option<String>,
    pub statement_id: Option<String>,
    pub condition: Option<Condition>,
    pub policy: Option<String>,
}
structure!(PutPermissionRequest {
0 event_bus_name,
1 action,
2 principal,
3 statement_id,
4 condition,
5 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRuleRequest {
    pub name: Option<String>,
    pub schedule_expression: Option<String>,
    pub event_pattern: Option<String>,
    pub state: Option<String>,
    pub description: Option<String>,
    pub role_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub event_bus_name: Option<String>,
}
structure!(PutRuleRequest {
0 name,
1 schedule_expression,
2 event_pattern,
3 state,
4 description,
5 role_arn,
6 tags,
7 event_bus_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRuleResponse {
    pub rule_arn: Option<String>,
}
structure!(PutRuleResponse {
0 rule_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutTargetsRequest {
    pub rule: Option<String>,
    pub event_bus_name: Option<String>,
    pub targets: Option<Vec<Target>>,
}
structure!(PutTargetsRequest {
0 rule,
1 event_bus_name,
2 targets,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutTargetsResponse {
    pub failed_entry_count: Option<i32>,
    pub failed_entries: Option<Vec<PutTargetsResultEntry>>,
}
structure!(PutTargetsResponse {
0 failed_entry_count,
1 failed_entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutTargetsResultEntry {
    pub target_id: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(PutTargetsResultEntry {
0 target_id,
1 error_code,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RedshiftDataParameters {
    pub secret_manager_arn: Option<String>,
    pub database: Option<String>,
    pub db_user: Option<String>,
    pub sql: Option<String>,
    pub statement_name: Option<String>,
    pub with_event: Option<bool>,
    pub sqls: Option<Vec<String>>,
}
structure!(RedshiftDataParameters {
0 secret_manager_arn,
1 database,
2 db_user,
3 sql,
4 statement_name,
5 with_event,
6 sqls,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemovePermissionRequest {
    pub statement_id: Option<String>,
    pub remove_all_permissions: Option<bool>,
    pub event_bus_name: Option<String>,
}
structure!(RemovePermissionRequest {
0 statement_id,
1 remove_all_permissions,
2 event_bus_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTargetsRequest {
    pub rule: Option<String>,
    pub event_bus_name: Option<String>,
    pub ids: Option<Vec<String>>,
    pub force: Option<bool>,
}
structure!(RemoveTargetsRequest {
0 rule,
1 event_bus_name,
2 ids,
3 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTargetsResponse {
    pub failed_entry_count: Option<i32>,
    pub failed_entries: Option<Vec<RemoveTargetsResultEntry>>,
}
structure!(RemoveTargetsResponse {
0 failed_entry_count,
1 failed_entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTargetsResultEntry {
    pub target_id: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(RemoveTargetsResultEntry {
0 target_id,
1 error_code,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    pub replay_name: Option<String>,
    pub event_source_arn: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub event_start_time: Option<Timestamp>,
    pub event_end_time: Option<Timestamp>,
    pub event_last_replayed_time: Option<Timestamp>,
    pub replay_start_time: Option<Timestamp>,
    pub replay_end_time: Option<Timestamp>,
}
structure!(Replay {
0 replay_name,
1 event_source_arn,
2 state,
3 state_reason,
4 event_start_time,
5 event_end_time,
6 event_last_replayed_time,
7 replay_start_time,
8 replay_end_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplayDestination {
    pub arn: Option<String>,
    pub filter_arns: Option<Vec<String>>,
}
structure!(ReplayDestination {
0 arn,
1 filter_arns,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationConfig {
    pub state: Option<String>,
}
structure!(ReplicationConfig {
0 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetryPolicy {
    pub maximum_retry_attempts: Option<i32>,
    pub maximum_event_age_in_seconds: Option<i32>,
}
structure!(RetryPolicy {
0 maximum_retry_attempts,
1 maximum_event_age_in_seconds,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoutingConfig {
    pub failover_config: Option<FailoverConfig>,
}
structure!(RoutingConfig {
0 failover_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rule {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub event_pattern: Option<String>,
    pub state: Option<String>,
    pub description: Option<String>,
    pub schedule_expression: Option<String>,
    pub role_arn: Option<String>,
    pub managed_by: Option<String>,
    pub event_bus_name: Option<String>,
}
structure!(Rule {
0 name,
1 arn,
2 event_pattern,
3 state,
4 description,
5 schedule_expression,
6 role_arn,
7 managed_by,
8 event_bus_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunCommandParameters {
    pub run_command_targets: Option<Vec<RunCommandTarget>>,
}
structure!(RunCommandParameters {
0 run_command_targets,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunCommandTarget {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(RunCommandTarget {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SageMakerPipelineParameter {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(SageMakerPipelineParameter {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SageMakerPipelineParameters {
    pub pipeline_parameter_list: Option<Vec<SageMakerPipelineParameter>>,
}
structure!(SageMakerPipelineParameters {
0 pipeline_parameter_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Secondary {
    pub route: Option<String>,
}
structure!(Secondary {
0 route,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SqsParameters {
    pub message_group_id: Option<String>,
}
structure!(SqsParameters {
0 message_group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartReplayRequest {
    pub replay_name: Option<String>,
    pub description: Option<String>,
    pub event_source_arn: Option<String>,
    pub event_start_time: Option<Timestamp>,
    pub event_end_time: Option<Timestamp>,
    pub destination: Option<ReplayDestination>,
}
structure!(StartReplayRequest {
0 replay_name,
1 description,
2 event_source_arn,
3 event_start_time,
4 event_end_time,
5 destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartReplayResponse {
    pub replay_arn: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub replay_start_time: Option<Timestamp>,
}
structure!(StartReplayResponse {
0 replay_arn,
1 state,
2 state_reason,
3 replay_start_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Tag {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceRequest {
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceRequest {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceResponse {}
structure!(TagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Target {
    pub id: Option<String>,
    pub arn: Option<String>,
    pub role_arn: Option<String>,
    pub input: Option<String>,
    pub input_path: Option<String>,
    pub input_transformer: Option<InputTransformer>,
    pub kinesis_parameters: Option<KinesisParameters>,
    pub run_command_parameters: Option<RunCommandParameters>,
    pub ecs_parameters: Option<EcsParameters>,
    pub batch_parameters: Option<BatchParameters>,
    pub sqs_parameters: Option<SqsParameters>,
    pub http_parameters: Option<HttpParameters>,
    pub redshift_data_parameters: Option<RedshiftDataParameters>,
    pub sage_maker_pipeline_parameters: Option<SageMakerPipelineParameters>,
    pub dead_letter_config: Option<DeadLetterConfig>,
    pub retry_policy: Option<RetryPolicy>,
    pub app_sync_parameters: Option<AppSyncParameters>,
}
structure!(Target {
0 id,
1 arn,
2 role_arn,
3 input,
4 input_path,
5 input_transformer,
6 kinesis_parameters,
7 run_command_parameters,
8 ecs_parameters,
9 batch_parameters,
10 sqs_parameters,
11 http_parameters,
12 redshift_data_parameters,
13 sage_maker_pipeline_parameters,
14 dead_letter_config,
15 retry_policy,
16 app_sync_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestEventPatternRequest {
    pub event_pattern: Option<String>,
    pub event: Option<String>,
}
structure!(TestEventPatternRequest {
0 event_pattern,
1 event,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestEventPatternResponse {
    pub result: Option<bool>,
}
structure!(TestEventPatternResponse {
0 result,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub resource_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 resource_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceResponse {}
structure!(UntagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateApiDestinationRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub connection_arn: Option<String>,
    pub invocation_endpoint: Option<String>,
    pub http_method: Option<String>,
    pub invocation_rate_limit_per_second: Option<i32>,
}
structure!(UpdateApiDestinationRequest {
0 name,
1 description,
2 connection_arn,
3 invocation_endpoint,
4 http_method,
5 invocation_rate_limit_per_second,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateApiDestinationResponse {
    pub api_destination_arn: Option<String>,
    pub api_destination_state: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
}
structure!(UpdateApiDestinationResponse {
0 api_destination_arn,
1 api_destination_state,
2 creation_time,
3 last_modified_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateArchiveRequest {
    pub archive_name: Option<String>,
    pub description: Option<String>,
    pub event_pattern: Option<String>,
    pub retention_days: Option<i32>,
    pub kms_key_identifier: Option<String>,
}
structure!(UpdateArchiveRequest {
0 archive_name,
1 description,
2 event_pattern,
3 retention_days,
4 kms_key_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateArchiveResponse {
    pub archive_arn: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub creation_time: Option<Timestamp>,
}
structure!(UpdateArchiveResponse {
0 archive_arn,
1 state,
2 state_reason,
3 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConnectionApiKeyAuthRequestParameters {
    pub api_key_name: Option<String>,
    pub api_key_value: Option<String>,
}
structure!(UpdateConnectionApiKeyAuthRequestParameters {
0 api_key_name,
1 api_key_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConnectionAuthRequestParameters {
    pub basic_auth_parameters: Option<UpdateConnectionBasicAuthRequestParameters>,
    pub o_auth_parameters: Option<UpdateConnectionOAuthRequestParameters>,
    pub api_key_auth_parameters: Option<UpdateConnectionApiKeyAuthRequestParameters>,
    pub invocation_http_parameters: Option<ConnectionHttpParameters>,
    pub connectivity_parameters: Option<ConnectivityResourceParameters>,
}
structure!(UpdateConnectionAuthRequestParameters {
0 basic_auth_parameters,
1 o_auth_parameters,
2 api_key_auth_parameters,
3 invocation_http_parameters,
4 connectivity_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConnectionBasicAuthRequestParameters {
    pub username: Option<String>,
    pub password: Option<String>,
}
structure!(UpdateConnectionBasicAuthRequestParameters {
0 username,
1 password,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConnectionOAuthClientRequestParameters {
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
}
structure!(UpdateConnectionOAuthClientRequestParameters {
0 client_id,
1 client_secret,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConnectionOAuthRequestParameters {
    pub client_parameters: Option<UpdateConnectionOAuthClientRequestParameters>,
    pub authorization_endpoint: Option<String>,
    pub http_method: Option<String>,
    pub o_auth_http_parameters: Option<ConnectionHttpParameters>,
}
structure!(UpdateConnectionOAuthRequestParameters {
0 client_parameters,
1 authorization_endpoint,
2 http_method,
3 o_auth_http_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConnectionRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub authorization_type: Option<String>,
    pub auth_parameters: Option<UpdateConnectionAuthRequestParameters>,
    pub invocation_connectivity_parameters: Option<ConnectivityResourceParameters>,
    pub kms_key_identifier: Option<String>,
}
structure!(UpdateConnectionRequest {
0 name,
1 description,
2 authorization_type,
3 auth_parameters,
4 invocation_connectivity_parameters,
5 kms_key_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConnectionResponse {
    pub connection_arn: Option<String>,
    pub connection_state: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub last_modified_time: Option<Timestamp>,
    pub last_authorized_time: Option<Timestamp>,
}
structure!(UpdateConnectionResponse {
0 connection_arn,
1 connection_state,
2 creation_time,
3 last_modified_time,
4 last_authorized_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEndpointRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub routing_config: Option<RoutingConfig>,
    pub replication_config: Option<ReplicationConfig>,
    pub event_buses: Option<Vec<EndpointEventBus>>,
    pub role_arn: Option<String>,
}
structure!(UpdateEndpointRequest {
0 name,
1 description,
2 routing_config,
3 replication_config,
4 event_buses,
5 role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEndpointResponse {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub routing_config: Option<RoutingConfig>,
    pub replication_config: Option<ReplicationConfig>,
    pub event_buses: Option<Vec<EndpointEventBus>>,
    pub role_arn: Option<String>,
    pub endpoint_id: Option<String>,
    pub endpoint_url: Option<String>,
    pub state: Option<String>,
}
structure!(UpdateEndpointResponse {
0 name,
1 arn,
2 routing_config,
3 replication_config,
4 event_buses,
5 role_arn,
6 endpoint_id,
7 endpoint_url,
8 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEventBusRequest {
    pub name: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub description: Option<String>,
    pub dead_letter_config: Option<DeadLetterConfig>,
    pub log_config: Option<LogConfig>,
}
structure!(UpdateEventBusRequest {
0 name,
1 kms_key_identifier,
2 description,
3 dead_letter_config,
4 log_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEventBusResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub kms_key_identifier: Option<String>,
    pub description: Option<String>,
    pub dead_letter_config: Option<DeadLetterConfig>,
    pub log_config: Option<LogConfig>,
}
structure!(UpdateEventBusResponse {
0 arn,
1 name,
2 kms_key_identifier,
3 description,
4 dead_letter_config,
5 log_config,
});
