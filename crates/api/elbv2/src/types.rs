// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Action {
    pub type_: Option<String>,
    pub target_group_arn: Option<String>,
    pub authenticate_oidc_config: Option<AuthenticateOidcActionConfig>,
    pub authenticate_cognito_config: Option<AuthenticateCognitoActionConfig>,
    pub order: Option<i32>,
    pub redirect_config: Option<RedirectActionConfig>,
    pub fixed_response_config: Option<FixedResponseActionConfig>,
    pub forward_config: Option<ForwardActionConfig>,
    pub jwt_validation_config: Option<JwtValidationActionConfig>,
}
structure!(Action {
0 type_,
1 target_group_arn,
2 authenticate_oidc_config,
3 authenticate_cognito_config,
4 order,
5 redirect_config,
6 fixed_response_config,
7 forward_config,
8 jwt_validation_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddListenerCertificatesInput {
    pub listener_arn: Option<String>,
    pub certificates: Option<Vec<Certificate>>,
}
structure!(AddListenerCertificatesInput {
0 listener_arn,
1 certificates,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddListenerCertificatesOutput {
    pub certificates: Option<Vec<Certificate>>,
}
structure!(AddListenerCertificatesOutput {
0 certificates,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTagsInput {
    pub resource_arns: Option<Vec<String>>,
    pub tags: Option<Vec<Tag>>,
}
structure!(AddTagsInput {
0 resource_arns,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTagsOutput {}
structure!(AddTagsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTrustStoreRevocationsInput {
    pub trust_store_arn: Option<String>,
    pub revocation_contents: Option<Vec<RevocationContent>>,
}
structure!(AddTrustStoreRevocationsInput {
0 trust_store_arn,
1 revocation_contents,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTrustStoreRevocationsOutput {
    pub trust_store_revocations: Option<Vec<TrustStoreRevocation>>,
}
structure!(AddTrustStoreRevocationsOutput {
0 trust_store_revocations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdministrativeOverride {
    pub state: Option<String>,
    pub reason: Option<String>,
    pub description: Option<String>,
}
structure!(AdministrativeOverride {
0 state,
1 reason,
2 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalyDetection {
    pub result: Option<String>,
    pub mitigation_in_effect: Option<String>,
}
structure!(AnomalyDetection {
0 result,
1 mitigation_in_effect,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthenticateCognitoActionConfig {
    pub user_pool_arn: Option<String>,
    pub user_pool_client_id: Option<String>,
    pub user_pool_domain: Option<String>,
    pub session_cookie_name: Option<String>,
    pub scope: Option<String>,
    pub session_timeout: Option<i64>,
    pub authentication_request_extra_params: Option<BTreeMap<String, String>>,
    pub on_unauthenticated_request: Option<String>,
}
structure!(AuthenticateCognitoActionConfig {
0 user_pool_arn,
1 user_pool_client_id,
2 user_pool_domain,
3 session_cookie_name,
4 scope,
5 session_timeout,
6 authentication_request_extra_params,
7 on_unauthenticated_request,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthenticateOidcActionConfig {
    pub issuer: Option<String>,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub user_info_endpoint: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    pub session_cookie_name: Option<String>,
    pub scope: Option<String>,
    pub session_timeout: Option<i64>,
    pub authentication_request_extra_params: Option<BTreeMap<String, String>>,
    pub on_unauthenticated_request: Option<String>,
    pub use_existing_client_secret: Option<bool>,
}
structure!(AuthenticateOidcActionConfig {
0 issuer,
1 authorization_endpoint,
2 token_endpoint,
3 user_info_endpoint,
4 client_id,
5 client_secret,
6 session_cookie_name,
7 scope,
8 session_timeout,
9 authentication_request_extra_params,
10 on_unauthenticated_request,
11 use_existing_client_secret,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AvailabilityZone {
    pub zone_name: Option<String>,
    pub subnet_id: Option<String>,
    pub outpost_id: Option<String>,
    pub load_balancer_addresses: Option<Vec<LoadBalancerAddress>>,
    pub source_nat_ipv6_prefixes: Option<Vec<String>>,
}
structure!(AvailabilityZone {
0 zone_name,
1 subnet_id,
2 outpost_id,
3 load_balancer_addresses,
4 source_nat_ipv6_prefixes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityReservationStatus {
    pub code: Option<String>,
    pub reason: Option<String>,
}
structure!(CapacityReservationStatus {
0 code,
1 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Certificate {
    pub certificate_arn: Option<String>,
    pub is_default: Option<bool>,
}
structure!(Certificate {
0 certificate_arn,
1 is_default,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cipher {
    pub name: Option<String>,
    pub priority: Option<i32>,
}
structure!(Cipher {
0 name,
1 priority,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateListenerInput {
    pub load_balancer_arn: Option<String>,
    pub protocol: Option<String>,
    pub port: Option<i32>,
    pub ssl_policy: Option<String>,
    pub certificates: Option<Vec<Certificate>>,
    pub default_actions: Option<Vec<Action>>,
    pub alpn_policy: Option<Vec<String>>,
    pub tags: Option<Vec<Tag>>,
    pub mutual_authentication: Option<MutualAuthenticationAttributes>,
}
structure!(CreateListenerInput {
0 load_balancer_arn,
1 protocol,
2 port,
3 ssl_policy,
4 certificates,
5 default_actions,
6 alpn_policy,
7 tags,
8 mutual_authentication,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateListenerOutput {
    pub listeners: Option<Vec<Listener>>,
}
structure!(CreateListenerOutput {
0 listeners,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLoadBalancerInput {
    pub name: Option<String>,
    pub subnets: Option<Vec<String>>,
    pub subnet_mappings: Option<Vec<SubnetMapping>>,
    pub security_groups: Option<Vec<String>>,
    pub scheme: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub type_: Option<String>,
    pub ip_address_type: Option<String>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub enable_prefix_for_ipv6_source_nat: Option<String>,
    pub ipam_pools: Option<IpamPools>,
}
structure!(CreateLoadBalancerInput {
0 name,
1 subnets,
2 subnet_mappings,
3 security_groups,
4 scheme,
5 tags,
6 type_,
7 ip_address_type,
8 customer_owned_ipv4_pool,
9 enable_prefix_for_ipv6_source_nat,
10 ipam_pools,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLoadBalancerOutput {
    pub load_balancers: Option<Vec<LoadBalancer>>,
}
structure!(CreateLoadBalancerOutput {
0 load_balancers,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRuleInput {
    pub listener_arn: Option<String>,
    pub conditions: Option<Vec<RuleCondition>>,
    pub priority: Option<i32>,
    pub actions: Option<Vec<Action>>,
    pub tags: Option<Vec<Tag>>,
    pub transforms: Option<Vec<RuleTransform>>,
}
structure!(CreateRuleInput {
0 listener_arn,
1 conditions,
2 priority,
3 actions,
4 tags,
5 transforms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRuleOutput {
    pub rules: Option<Vec<Rule>>,
}
structure!(CreateRuleOutput {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTargetGroupInput {
    pub name: Option<String>,
    pub protocol: Option<String>,
    pub protocol_version: Option<String>,
    pub port: Option<i32>,
    pub vpc_id: Option<String>,
    pub health_check_protocol: Option<String>,
    pub health_check_port: Option<String>,
    pub health_check_enabled: Option<bool>,
    pub health_check_path: Option<String>,
    pub health_check_interval_seconds: Option<i32>,
    pub health_check_timeout_seconds: Option<i32>,
    pub healthy_threshold_count: Option<i32>,
    pub unhealthy_threshold_count: Option<i32>,
    pub matcher: Option<Matcher>,
    pub target_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub ip_address_type: Option<String>,
    pub target_control_port: Option<i32>,
}
structure!(CreateTargetGroupInput {
0 name,
1 protocol,
2 protocol_version,
3 port,
4 vpc_id,
5 health_check_protocol,
6 health_check_port,
7 health_check_enabled,
8 health_check_path,
9 health_check_interval_seconds,
10 health_check_timeout_seconds,
11 healthy_threshold_count,
12 unhealthy_threshold_count,
13 matcher,
14 target_type,
15 tags,
16 ip_address_type,
17 target_control_port,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTargetGroupOutput {
    pub target_groups: Option<Vec<TargetGroup>>,
}
structure!(CreateTargetGroupOutput {
0 target_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTrustStoreInput {
    pub name: Option<String>,
    pub ca_certificates_bundle_s3_bucket: Option<String>,
    pub ca_certificates_bundle_s3_key: Option<String>,
    pub ca_certificates_bundle_s3_object_version: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateTrustStoreInput {
0 name,
1 ca_certificates_bundle_s3_bucket,
2 ca_certificates_bundle_s3_key,
3 ca_certificates_bundle_s3_object_version,
4 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTrustStoreOutput {
    pub trust_stores: Option<Vec<TrustStore>>,
}
structure!(CreateTrustStoreOutput {
0 trust_stores,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteListenerInput {
    pub listener_arn: Option<String>,
}
structure!(DeleteListenerInput {
0 listener_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteListenerOutput {}
structure!(DeleteListenerOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLoadBalancerInput {
    pub load_balancer_arn: Option<String>,
}
structure!(DeleteLoadBalancerInput {
0 load_balancer_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLoadBalancerOutput {}
structure!(DeleteLoadBalancerOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRuleInput {
    pub rule_arn: Option<String>,
}
structure!(DeleteRuleInput {
0 rule_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRuleOutput {}
structure!(DeleteRuleOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSharedTrustStoreAssociationInput {
    pub trust_store_arn: Option<String>,
    pub resource_arn: Option<String>,
}
structure!(DeleteSharedTrustStoreAssociationInput {
0 trust_store_arn,
1 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSharedTrustStoreAssociationOutput {}
structure!(DeleteSharedTrustStoreAssociationOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTargetGroupInput {
    pub target_group_arn: Option<String>,
}
structure!(DeleteTargetGroupInput {
0 target_group_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTargetGroupOutput {}
structure!(DeleteTargetGroupOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTrustStoreInput {
    pub trust_store_arn: Option<String>,
}
structure!(DeleteTrustStoreInput {
0 trust_store_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTrustStoreOutput {}
structure!(DeleteTrustStoreOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterTargetsInput {
    pub target_group_arn: Option<String>,
    pub targets: Option<Vec<TargetDescription>>,
}
structure!(DeregisterTargetsInput {
0 target_group_arn,
1 targets,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterTargetsOutput {}
structure!(DeregisterTargetsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountLimitsInput {
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeAccountLimitsInput {
0 marker,
1 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountLimitsOutput {
    pub limits: Option<Vec<Limit>>,
    pub next_marker: Option<String>,
}
structure!(DescribeAccountLimitsOutput {
0 limits,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCapacityReservationInput {
    pub load_balancer_arn: Option<String>,
}
structure!(DescribeCapacityReservationInput {
0 load_balancer_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCapacityReservationOutput {
    pub last_modified_time: Option<Timestamp>,
    pub decrease_requests_remaining: Option<i32>,
    pub minimum_load_balancer_capacity: Option<MinimumLoadBalancerCapacity>,
    pub capacity_reservation_state: Option<Vec<ZonalCapacityReservationState>>,
}
structure!(DescribeCapacityReservationOutput {
0 last_modified_time,
1 decrease_requests_remaining,
2 minimum_load_balancer_capacity,
3 capacity_reservation_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeListenerAttributesInput {
    pub listener_arn: Option<String>,
}
structure!(DescribeListenerAttributesInput {
0 listener_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeListenerAttributesOutput {
    pub attributes: Option<Vec<ListenerAttribute>>,
}
structure!(DescribeListenerAttributesOutput {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeListenerCertificatesInput {
    pub listener_arn: Option<String>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeListenerCertificatesInput {
0 listener_arn,
1 marker,
2 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeListenerCertificatesOutput {
    pub certificates: Option<Vec<Certificate>>,
    pub next_marker: Option<String>,
}
structure!(DescribeListenerCertificatesOutput {
0 certificates,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeListenersInput {
    pub load_balancer_arn: Option<String>,
    pub listener_arns: Option<Vec<String>>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeListenersInput {
0 load_balancer_arn,
1 listener_arns,
2 marker,
3 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeListenersOutput {
    pub listeners: Option<Vec<Listener>>,
    pub next_marker: Option<String>,
}
structure!(DescribeListenersOutput {
0 listeners,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLoadBalancerAttributesInput {
    pub load_balancer_arn: Option<String>,
}
structure!(DescribeLoadBalancerAttributesInput {
0 load_balancer_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLoadBalancerAttributesOutput {
    pub attributes: Option<Vec<LoadBalancerAttribute>>,
}
structure!(DescribeLoadBalancerAttributesOutput {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLoadBalancersInput {
    pub load_balancer_arns: Option<Vec<String>>,
    pub names: Option<Vec<String>>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeLoadBalancersInput {
0 load_balancer_arns,
1 names,
2 marker,
3 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLoadBalancersOutput {
    pub load_balancers: Option<Vec<LoadBalancer>>,
    pub next_marker: Option<String>,
}
structure!(DescribeLoadBalancersOutput {
0 load_balancers,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRulesInput {
    pub listener_arn: Option<String>,
    pub rule_arns: Option<Vec<String>>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeRulesInput {
0 listener_arn,
1 rule_arns,
2 marker,
3 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRulesOutput {
    pub rules: Option<Vec<Rule>>,
    pub next_marker: Option<String>,
}
structure!(DescribeRulesOutput {
0 rules,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSSLPoliciesInput {
    pub names: Option<Vec<String>>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
    pub load_balancer_type: Option<String>,
}
structure!(DescribeSSLPoliciesInput {
0 names,
1 marker,
2 page_size,
3 load_balancer_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSSLPoliciesOutput {
    pub ssl_policies: Option<Vec<SslPolicy>>,
    pub next_marker: Option<String>,
}
structure!(DescribeSSLPoliciesOutput {
0 ssl_policies,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTagsInput {
    pub resource_arns: Option<Vec<String>>,
}
structure!(DescribeTagsInput {
0 resource_arns,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTagsOutput {
    pub tag_descriptions: Option<Vec<TagDescription>>,
}
structure!(DescribeTagsOutput {
0 tag_descriptions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTargetGroupAttributesInput {
    pub target_group_arn: Option<String>,
}
structure!(DescribeTargetGroupAttributesInput {
0 target_group_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTargetGroupAttributesOutput {
    pub attributes: Option<Vec<TargetGroupAttribute>>,
}
structure!(DescribeTargetGroupAttributesOutput {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTargetGroupsInput {
    pub load_balancer_arn: Option<String>,
    pub target_group_arns: Option<Vec<String>>,
    pub names: Option<Vec<String>>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeTargetGroupsInput {
0 load_balancer_arn,
1 target_group_arns,
2 names,
3 marker,
4 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTargetGroupsOutput {
    pub target_groups: Option<Vec<TargetGroup>>,
    pub next_marker: Option<String>,
}
structure!(DescribeTargetGroupsOutput {
0 target_groups,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTargetHealthInput {
    pub target_group_arn: Option<String>,
    pub targets: Option<Vec<TargetDescription>>,
    pub include: Option<Vec<String>>,
}
structure!(DescribeTargetHealthInput {
0 target_group_arn,
1 targets,
2 include,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTargetHealthOutput {
    pub target_health_descriptions: Option<Vec<TargetHealthDescription>>,
}
structure!(DescribeTargetHealthOutput {
0 target_health_descriptions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrustStoreAssociationsInput {
    pub trust_store_arn: Option<String>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeTrustStoreAssociationsInput {
0 trust_store_arn,
1 marker,
2 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrustStoreAssociationsOutput {
    pub trust_store_associations: Option<Vec<TrustStoreAssociation>>,
    pub next_marker: Option<String>,
}
structure!(DescribeTrustStoreAssociationsOutput {
0 trust_store_associations,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrustStoreRevocation {
    pub trust_store_arn: Option<String>,
    pub revocation_id: Option<i64>,
    pub revocation_type: Option<String>,
    pub number_of_revoked_entries: Option<i64>,
}
structure!(DescribeTrustStoreRevocation {
0 trust_store_arn,
1 revocation_id,
2 revocation_type,
3 number_of_revoked_entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrustStoreRevocationsInput {
    pub trust_store_arn: Option<String>,
    pub revocation_ids: Option<Vec<i64>>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeTrustStoreRevocationsInput {
0 trust_store_arn,
1 revocation_ids,
2 marker,
3 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrustStoreRevocationsOutput {
    pub trust_store_revocations: Option<Vec<DescribeTrustStoreRevocation>>,
    pub next_marker: Option<String>,
}
structure!(DescribeTrustStoreRevocationsOutput {
0 trust_store_revocations,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrustStoresInput {
    pub trust_store_arns: Option<Vec<String>>,
    pub names: Option<Vec<String>>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}
structure!(DescribeTrustStoresInput {
0 trust_store_arns,
1 names,
2 marker,
3 page_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrustStoresOutput {
    pub trust_stores: Option<Vec<TrustStore>>,
    pub next_marker: Option<String>,
}
structure!(DescribeTrustStoresOutput {
0 trust_stores,
1 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FixedResponseActionConfig {
    pub message_body: Option<String>,
    pub status_code: Option<String>,
    pub content_type: Option<String>,
}
structure!(FixedResponseActionConfig {
0 message_body,
1 status_code,
2 content_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ForwardActionConfig {
    pub target_groups: Option<Vec<TargetGroupTuple>>,
    pub target_group_stickiness_config: Option<TargetGroupStickinessConfig>,
}
structure!(ForwardActionConfig {
0 target_groups,
1 target_group_stickiness_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourcePolicyInput {
    pub resource_arn: Option<String>,
}
structure!(GetResourcePolicyInput {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourcePolicyOutput {
    pub policy: Option<String>,
}
structure!(GetResourcePolicyOutput {
0 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrustStoreCaCertificatesBundleInput {
    pub trust_store_arn: Option<String>,
}
structure!(GetTrustStoreCaCertificatesBundleInput {
0 trust_store_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrustStoreCaCertificatesBundleOutput {
    pub location: Option<String>,
}
structure!(GetTrustStoreCaCertificatesBundleOutput {
0 location,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrustStoreRevocationContentInput {
    pub trust_store_arn: Option<String>,
    pub revocation_id: Option<i64>,
}
structure!(GetTrustStoreRevocationContentInput {
0 trust_store_arn,
1 revocation_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrustStoreRevocationContentOutput {
    pub location: Option<String>,
}
structure!(GetTrustStoreRevocationContentOutput {
0 location,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostHeaderConditionConfig {
    pub values: Option<Vec<String>>,
    pub regex_values: Option<Vec<String>>,
}
structure!(HostHeaderConditionConfig {
0 values,
1 regex_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostHeaderRewriteConfig {
    pub rewrites: Option<Vec<RewriteConfig>>,
}
structure!(HostHeaderRewriteConfig {
0 rewrites,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpHeaderConditionConfig {
    pub http_header_name: Option<String>,
    pub values: Option<Vec<String>>,
    pub regex_values: Option<Vec<String>>,
}
structure!(HttpHeaderConditionConfig {
0 http_header_name,
1 values,
2 regex_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpRequestMethodConditionConfig {
    pub values: Option<Vec<String>>,
}
structure!(HttpRequestMethodConditionConfig {
0 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IpamPools {
    pub ipv4_ipam_pool_id: Option<String>,
}
structure!(IpamPools {
0 ipv4_ipam_pool_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct JwtValidationActionAdditionalClaim {
    pub format: Option<String>,
    pub name: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(JwtValidationActionAdditionalClaim {
0 format,
1 name,
2 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct JwtValidationActionConfig {
    pub jwks_endpoint: Option<String>,
    pub issuer: Option<String>,
    pub additional_claims: Option<Vec<JwtValidationActionAdditionalClaim>>,
}
structure!(JwtValidationActionConfig {
0 jwks_endpoint,
1 issuer,
2 additional_claims,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limit {
    pub name: Option<String>,
    pub max: Option<String>,
}
structure!(Limit {
0 name,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listener {
    pub listener_arn: Option<String>,
    pub load_balancer_arn: Option<String>,
    pub port: Option<i32>,
    pub protocol: Option<String>,
    pub certificates: Option<Vec<Certificate>>,
    pub ssl_policy: Option<String>,
    pub default_actions: Option<Vec<Action>>,
    pub alpn_policy: Option<Vec<String>>,
    pub mutual_authentication: Option<MutualAuthenticationAttributes>,
}
structure!(Listener {
0 listener_arn,
1 load_balancer_arn,
2 port,
3 protocol,
4 certificates,
5 ssl_policy,
6 default_actions,
7 alpn_policy,
8 mutual_authentication,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListenerAttribute {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(ListenerAttribute {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadBalancer {
    pub load_balancer_arn: Option<String>,
    pub dns_name: Option<String>,
    pub canonical_hosted_zone_id: Option<String>,
    pub created_time: Option<Timestamp>,
    pub load_balancer_name: Option<String>,
    pub scheme: Option<String>,
    pub vpc_id: Option<String>,
    pub state: Option<LoadBalancerState>,
    pub type_: Option<String>,
    pub availability_zones: Option<Vec<AvailabilityZone>>,
    pub security_groups: Option<Vec<String>>,
    pub ip_address_type: Option<String>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
    pub enable_prefix_for_ipv6_source_nat: Option<String>,
    pub ipam_pools: Option<IpamPools>,
}
structure!(LoadBalancer {
0 load_balancer_arn,
1 dns_name,
2 canonical_hosted_zone_id,
3 created_time,
4 load_balancer_name,
5 scheme,
6 vpc_id,
7 state,
8 type_,
9 availability_zones,
10 security_groups,
11 ip_address_type,
12 customer_owned_ipv4_pool,
13 enforce_security_group_inbound_rules_on_private_link_traffic,
14 enable_prefix_for_ipv6_source_nat,
15 ipam_pools,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadBalancerAddress {
    pub ip_address: Option<String>,
    pub allocation_id: Option<String>,
    pub private_i_pv4_address: Option<String>,
    pub i_pv6_address: Option<String>,
}
structure!(LoadBalancerAddress {
0 ip_address,
1 allocation_id,
2 private_i_pv4_address,
3 i_pv6_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadBalancerAttribute {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(LoadBalancerAttribute {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadBalancerState {
    pub code: Option<String>,
    pub reason: Option<String>,
}
structure!(LoadBalancerState {
0 code,
1 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matcher {
    pub http_code: Option<String>,
    pub grpc_code: Option<String>,
}
structure!(Matcher {
0 http_code,
1 grpc_code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MinimumLoadBalancerCapacity {
    pub capacity_units: Option<i32>,
}
structure!(MinimumLoadBalancerCapacity {
0 capacity_units,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyCapacityReservationInput {
    pub load_balancer_arn: Option<String>,
    pub minimum_load_balancer_capacity: Option<MinimumLoadBalancerCapacity>,
    pub reset_capacity_reservation: Option<bool>,
}
structure!(ModifyCapacityReservationInput {
0 load_balancer_arn,
1 minimum_load_balancer_capacity,
2 reset_capacity_reservation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyCapacityReservationOutput {
    pub last_modified_time: Option<Timestamp>,
    pub decrease_requests_remaining: Option<i32>,
    pub minimum_load_balancer_capacity: Option<MinimumLoadBalancerCapacity>,
    pub capacity_reservation_state: Option<Vec<ZonalCapacityReservationState>>,
}
structure!(ModifyCapacityReservationOutput {
0 last_modified_time,
1 decrease_requests_remaining,
2 minimum_load_balancer_capacity,
3 capacity_reservation_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyIpPoolsInput {
    pub load_balancer_arn: Option<String>,
    pub ipam_pools: Option<IpamPools>,
    pub remove_ipam_pools: Option<Vec<String>>,
}
structure!(ModifyIpPoolsInput {
0 load_balancer_arn,
1 ipam_pools,
2 remove_ipam_pools,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyIpPoolsOutput {
    pub ipam_pools: Option<IpamPools>,
}
structure!(ModifyIpPoolsOutput {
0 ipam_pools,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyListenerAttributesInput {
    pub listener_arn: Option<String>,
    pub attributes: Option<Vec<ListenerAttribute>>,
}
structure!(ModifyListenerAttributesInput {
0 listener_arn,
1 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyListenerAttributesOutput {
    pub attributes: Option<Vec<ListenerAttribute>>,
}
structure!(ModifyListenerAttributesOutput {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyListenerInput {
    pub listener_arn: Option<String>,
    pub port: Option<i32>,
    pub protocol: Option<String>,
    pub ssl_policy: Option<String>,
    pub certificates: Option<Vec<Certificate>>,
    pub default_actions: Option<Vec<Action>>,
    pub alpn_policy: Option<Vec<String>>,
    pub mutual_authentication: Option<MutualAuthenticationAttributes>,
}
structure!(ModifyListenerInput {
0 listener_arn,
1 port,
2 protocol,
3 ssl_policy,
4 certificates,
5 default_actions,
6 alpn_policy,
7 mutual_authentication,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyListenerOutput {
    pub listeners: Option<Vec<Listener>>,
}
structure!(ModifyListenerOutput {
0 listeners,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyLoadBalancerAttributesInput {
    pub load_balancer_arn: Option<String>,
    pub attributes: Option<Vec<LoadBalancerAttribute>>,
}
structure!(ModifyLoadBalancerAttributesInput {
0 load_balancer_arn,
1 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyLoadBalancerAttributesOutput {
    pub attributes: Option<Vec<LoadBalancerAttribute>>,
}
structure!(ModifyLoadBalancerAttributesOutput {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyRuleInput {
    pub rule_arn: Option<String>,
    pub conditions: Option<Vec<RuleCondition>>,
    pub actions: Option<Vec<Action>>,
    pub transforms: Option<Vec<RuleTransform>>,
    pub reset_transforms: Option<bool>,
}
structure!(ModifyRuleInput {
0 rule_arn,
1 conditions,
2 actions,
3 transforms,
4 reset_transforms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyRuleOutput {
    pub rules: Option<Vec<Rule>>,
}
structure!(ModifyRuleOutput {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyTargetGroupAttributesInput {
    pub target_group_arn: Option<String>,
    pub attributes: Option<Vec<TargetGroupAttribute>>,
}
structure!(ModifyTargetGroupAttributesInput {
0 target_group_arn,
1 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyTargetGroupAttributesOutput {
    pub attributes: Option<Vec<TargetGroupAttribute>>,
}
structure!(ModifyTargetGroupAttributesOutput {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyTargetGroupInput {
    pub target_group_arn: Option<String>,
    pub health_check_protocol: Option<String>,
    pub health_check_port: Option<String>,
    pub health_check_path: Option<String>,
    pub health_check_enabled: Option<bool>,
    pub health_check_interval_seconds: Option<i32>,
    pub health_check_timeout_seconds: Option<i32>,
    pub healthy_threshold_count: Option<i32>,
    pub unhealthy_threshold_count: Option<i32>,
    pub matcher: Option<Matcher>,
}
structure!(ModifyTargetGroupInput {
0 target_group_arn,
1 health_check_protocol,
2 health_check_port,
3 health_check_path,
4 health_check_enabled,
5 health_check_interval_seconds,
6 health_check_timeout_seconds,
7 healthy_threshold_count,
8 unhealthy_threshold_count,
9 matcher,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyTargetGroupOutput {
    pub target_groups: Option<Vec<TargetGroup>>,
}
structure!(ModifyTargetGroupOutput {
0 target_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyTrustStoreInput {
    pub trust_store_arn: Option<String>,
    pub ca_certificates_bundle_s3_bucket: Option<String>,
    pub ca_certificates_bundle_s3_key: Option<String>,
    pub ca_certificates_bundle_s3_object_version: Option<String>,
}
structure!(ModifyTrustStoreInput {
0 trust_store_arn,
1 ca_certificates_bundle_s3_bucket,
2 ca_certificates_bundle_s3_key,
3 ca_certificates_bundle_s3_object_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyTrustStoreOutput {
    pub trust_stores: Option<Vec<TrustStore>>,
}
structure!(ModifyTrustStoreOutput {
0 trust_stores,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MutualAuthenticationAttributes {
    pub mode: Option<String>,
    pub trust_store_arn: Option<String>,
    pub ignore_client_certificate_expiry: Option<bool>,
    pub trust_store_association_status: Option<String>,
    pub advertise_trust_store_ca_names: Option<String>,
}
structure!(MutualAuthenticationAttributes {
0 mode,
1 trust_store_arn,
2 ignore_client_certificate_expiry,
3 trust_store_association_status,
4 advertise_trust_store_ca_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathPatternConditionConfig {
    pub values: Option<Vec<String>>,
    pub regex_values: Option<Vec<String>>,
}
structure!(PathPatternConditionConfig {
0 values,
1 regex_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryStringConditionConfig {
    pub values: Option<Vec<QueryStringKeyValuePair>>,
}
structure!(QueryStringConditionConfig {
0 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryStringKeyValuePair {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(QueryStringKeyValuePair {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RedirectActionConfig {
    pub protocol: Option<String>,
    pub port: Option<String>,
    pub host: Option<String>,
    pub path: Option<String>,
    pub query: Option<String>,
    pub status_code: Option<String>,
}
structure!(RedirectActionConfig {
0 protocol,
1 port,
2 host,
3 path,
4 query,
5 status_code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterTargetsInput {
    pub target_group_arn: Option<String>,
    pub targets: Option<Vec<TargetDescription>>,
}
structure!(RegisterTargetsInput {
0 target_group_arn,
1 targets,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterTargetsOutput {}
structure!(RegisterTargetsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveListenerCertificatesInput {
    pub listener_arn: Option<String>,
    pub certificates: Option<Vec<Certificate>>,
}
structure!(RemoveListenerCertificatesInput {
0 listener_arn,
1 certificates,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveListenerCertificatesOutput {}
structure!(RemoveListenerCertificatesOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTagsInput {
    pub resource_arns: Option<Vec<String>>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(RemoveTagsInput {
0 resource_arns,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTagsOutput {}
structure!(RemoveTagsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTrustStoreRevocationsInput {
    pub trust_store_arn: Option<String>,
    pub revocation_ids: Option<Vec<i64>>,
}
structure!(RemoveTrustStoreRevocationsInput {
0 trust_store_arn,
1 revocation_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTrustStoreRevocationsOutput {}
structure!(RemoveTrustStoreRevocationsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevocationContent {
    pub s3_bucket: Option<String>,
    pub s3_key: Option<String>,
    pub s3_object_version: Option<String>,
    pub revocation_type: Option<String>,
}
structure!(RevocationContent {
0 s3_bucket,
1 s3_key,
2 s3_object_version,
3 revocation_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RewriteConfig {
    pub regex: Option<String>,
    pub replace: Option<String>,
}
structure!(RewriteConfig {
0 regex,
1 replace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rule {
    pub rule_arn: Option<String>,
    pub priority: Option<String>,
    pub conditions: Option<Vec<RuleCondition>>,
    pub actions: Option<Vec<Action>>,
    pub is_default: Option<bool>,
    pub transforms: Option<Vec<RuleTransform>>,
}
structure!(Rule {
0 rule_arn,
1 priority,
2 conditions,
3 actions,
4 is_default,
5 transforms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleCondition {
    pub field: Option<String>,
    pub values: Option<Vec<String>>,
    pub host_header_config: Option<HostHeaderConditionConfig>,
    pub path_pattern_config: Option<PathPatternConditionConfig>,
    pub http_header_config: Option<HttpHeaderConditionConfig>,
    pub query_string_config: Option<QueryStringConditionConfig>,
    pub http_request_method_config: Option<HttpRequestMethodConditionConfig>,
    pub source_ip_config: Option<SourceIpConditionConfig>,
    pub regex_values: Option<Vec<String>>,
}
structure!(RuleCondition {
0 field,
1 values,
2 host_header_config,
3 path_pattern_config,
4 http_header_config,
5 query_string_config,
6 http_request_method_config,
7 source_ip_config,
8 regex_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RulePriorityPair {
    pub rule_arn: Option<String>,
    pub priority: Option<i32>,
}
structure!(RulePriorityPair {
0 rule_arn,
1 priority,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleTransform {
    pub type_: Option<String>,
    pub host_header_rewrite_config: Option<HostHeaderRewriteConfig>,
    pub url_rewrite_config: Option<UrlRewriteConfig>,
}
structure!(RuleTransform {
0 type_,
1 host_header_rewrite_config,
2 url_rewrite_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetIpAddressTypeInput {
    pub load_balancer_arn: Option<String>,
    pub ip_address_type: Option<String>,
}
structure!(SetIpAddressTypeInput {
0 load_balancer_arn,
1 ip_address_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetIpAddressTypeOutput {
    pub ip_address_type: Option<String>,
}
structure!(SetIpAddressTypeOutput {
0 ip_address_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetRulePrioritiesInput {
    pub rule_priorities: Option<Vec<RulePriorityPair>>,
}
structure!(SetRulePrioritiesInput {
0 rule_priorities,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetRulePrioritiesOutput {
    pub rules: Option<Vec<Rule>>,
}
structure!(SetRulePrioritiesOutput {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetSecurityGroupsInput {
    pub load_balancer_arn: Option<String>,
    pub security_groups: Option<Vec<String>>,
    pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
}
structure!(SetSecurityGroupsInput {
0 load_balancer_arn,
1 security_groups,
2 enforce_security_group_inbound_rules_on_private_link_traffic,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetSecurityGroupsOutput {
    pub security_group_ids: Option<Vec<String>>,
    pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
}
structure!(SetSecurityGroupsOutput {
0 security_group_ids,
1 enforce_security_group_inbound_rules_on_private_link_traffic,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetSubnetsInput {
    pub load_balancer_arn: Option<String>,
    pub subnets: Option<Vec<String>>,
    pub subnet_mappings: Option<Vec<SubnetMapping>>,
    pub ip_address_type: Option<String>,
    pub enable_prefix_for_ipv6_source_nat: Option<String>,
}
structure!(SetSubnetsInput {
0 load_balancer_arn,
1 subnets,
2 subnet_mappings,
3 ip_address_type,
4 enable_prefix_for_ipv6_source_nat,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetSubnetsOutput {
    pub availability_zones: Option<Vec<AvailabilityZone>>,
    pub ip_address_type: Option<String>,
    pub enable_prefix_for_ipv6_source_nat: Option<String>,
}
structure!(SetSubnetsOutput {
0 availability_zones,
1 ip_address_type,
2 enable_prefix_for_ipv6_source_nat,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceIpConditionConfig {
    pub values: Option<Vec<String>>,
    pub ip_address_type: Option<String>,
}
structure!(SourceIpConditionConfig {
0 values,
1 ip_address_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SslPolicy {
    pub ssl_protocols: Option<Vec<String>>,
    pub ciphers: Option<Vec<Cipher>>,
    pub name: Option<String>,
    pub supported_load_balancer_types: Option<Vec<String>>,
}
structure!(SslPolicy {
0 ssl_protocols,
1 ciphers,
2 name,
3 supported_load_balancer_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubnetMapping {
    pub subnet_id: Option<String>,
    pub allocation_id: Option<String>,
    pub private_i_pv4_address: Option<String>,
    pub i_pv6_address: Option<String>,
    pub source_nat_ipv6_prefix: Option<String>,
}
structure!(SubnetMapping {
0 subnet_id,
1 allocation_id,
2 private_i_pv4_address,
3 i_pv6_address,
4 source_nat_ipv6_prefix,
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
pub struct TagDescription {
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagDescription {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetDescription {
    pub id: Option<String>,
    pub port: Option<i32>,
    pub availability_zone: Option<String>,
    pub quic_server_id: Option<String>,
}
structure!(TargetDescription {
0 id,
1 port,
2 availability_zone,
3 quic_server_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetGroup {
    pub target_group_arn: Option<String>,
    pub target_group_name: Option<String>,
    pub protocol: Option<String>,
    pub port: Option<i32>,
    pub vpc_id: Option<String>,
    pub health_check_protocol: Option<String>,
    pub health_check_port: Option<String>,
    pub health_check_enabled: Option<bool>,
    pub health_check_interval_seconds: Option<i32>,
    pub health_check_timeout_seconds: Option<i32>,
    pub healthy_threshold_count: Option<i32>,
    pub unhealthy_threshold_count: Option<i32>,
    pub health_check_path: Option<String>,
    pub matcher: Option<Matcher>,
    pub load_balancer_arns: Option<Vec<String>>,
    pub target_type: Option<String>,
    pub protocol_version: Option<String>,
    pub ip_address_type: Option<String>,
    pub target_control_port: Option<i32>,
}
structure!(TargetGroup {
0 target_group_arn,
1 target_group_name,
2 protocol,
3 port,
4 vpc_id,
5 health_check_protocol,
6 health_check_port,
7 health_check_enabled,
8 health_check_interval_seconds,
9 health_check_timeout_seconds,
10 healthy_threshold_count,
11 unhealthy_threshold_count,
12 health_check_path,
13 matcher,
14 load_balancer_arns,
15 target_type,
16 protocol_version,
17 ip_address_type,
18 target_control_port,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetGroupAttribute {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(TargetGroupAttribute {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetGroupStickinessConfig {
    pub enabled: Option<bool>,
    pub duration_seconds: Option<i32>,
}
structure!(TargetGroupStickinessConfig {
0 enabled,
1 duration_seconds,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetGroupTuple {
    pub target_group_arn: Option<String>,
    pub weight: Option<i32>,
}
structure!(TargetGroupTuple {
0 target_group_arn,
1 weight,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetHealth {
    pub state: Option<String>,
    pub reason: Option<String>,
    pub description: Option<String>,
}
structure!(TargetHealth {
0 state,
1 reason,
2 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetHealthDescription {
    pub target: Option<TargetDescription>,
    pub health_check_port: Option<String>,
    pub target_health: Option<TargetHealth>,
    pub anomaly_detection: Option<AnomalyDetection>,
    pub administrative_override: Option<AdministrativeOverride>,
}
structure!(TargetHealthDescription {
0 target,
1 health_check_port,
2 target_health,
3 anomaly_detection,
4 administrative_override,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrustStore {
    pub name: Option<String>,
    pub trust_store_arn: Option<String>,
    pub status: Option<String>,
    pub number_of_ca_certificates: Option<i32>,
    pub total_revoked_entries: Option<i64>,
}
structure!(TrustStore {
0 name,
1 trust_store_arn,
2 status,
3 number_of_ca_certificates,
4 total_revoked_entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrustStoreAssociation {
    pub resource_arn: Option<String>,
}
structure!(TrustStoreAssociation {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrustStoreRevocation {
    pub trust_store_arn: Option<String>,
    pub revocation_id: Option<i64>,
    pub revocation_type: Option<String>,
    pub number_of_revoked_entries: Option<i64>,
}
structure!(TrustStoreRevocation {
0 trust_store_arn,
1 revocation_id,
2 revocation_type,
3 number_of_revoked_entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UrlRewriteConfig {
    pub rewrites: Option<Vec<RewriteConfig>>,
}
structure!(UrlRewriteConfig {
0 rewrites,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ZonalCapacityReservationState {
    pub state: Option<CapacityReservationStatus>,
    pub availability_zone: Option<String>,
    pub effective_capacity_units: Option<f64>,
}
structure!(ZonalCapacityReservationState {
0 state,
1 availability_zone,
2 effective_capacity_units,
});
