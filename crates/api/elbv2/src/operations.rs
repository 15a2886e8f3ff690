// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Elbv2`](crate::Elbv2) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Elbv2] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod add_listener_certificates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddListenerCertificatesInput;
        pub type Output = AddListenerCertificatesOutput;
    }

    pub mod add_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddTagsInput;
        pub type Output = AddTagsOutput;
    }

    pub mod add_trust_store_revocations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddTrustStoreRevocationsInput;
        pub type Output = AddTrustStoreRevocationsOutput;
    }

    pub mod create_listener {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateListenerInput;
        pub type Output = CreateListenerOutput;
    }

    pub mod create_load_balancer {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLoadBalancerInput;
        pub type Output = CreateLoadBalancerOutput;
    }

    pub mod create_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateRuleInput;
        pub type Output = CreateRuleOutput;
    }

    pub mod create_target_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateTargetGroupInput;
        pub type Output = CreateTargetGroupOutput;
    }

    pub mod create_trust_store {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateTrustStoreInput;
        pub type Output = CreateTrustStoreOutput;
    }

    pub mod delete_listener {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteListenerInput;
        pub type Output = DeleteListenerOutput;
    }

    pub mod delete_load_balancer {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLoadBalancerInput;
        pub type Output = DeleteLoadBalancerOutput;
    }

    pub mod delete_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRuleInput;
        pub type Output = DeleteRuleOutput;
    }

    pub mod delete_shared_trust_store_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSharedTrustStoreAssociationInput;
        pub type Output = DeleteSharedTrustStoreAssociationOutput;
    }

    pub mod delete_target_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTargetGroupInput;
        pub type Output = DeleteTargetGroupOutput;
    }

    pub mod delete_trust_store {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTrustStoreInput;
        pub type Output = DeleteTrustStoreOutput;
    }

    pub mod deregister_targets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterTargetsInput;
        pub type Output = DeregisterTargetsOutput;
    }

    pub mod describe_account_limits {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAccountLimitsInput;
        pub type Output = DescribeAccountLimitsOutput;
    }

    pub mod describe_capacity_reservation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeCapacityReservationInput;
        pub type Output = DescribeCapacityReservationOutput;
    }

    pub mod describe_listener_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeListenerAttributesInput;
        pub type Output = DescribeListenerAttributesOutput;
    }

    pub mod describe_listener_certificates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeListenerCertificatesInput;
        pub type Output = DescribeListenerCertificatesOutput;
    }

    pub mod describe_listeners {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeListenersInput;
        pub type Output = DescribeListenersOutput;
    }

    pub mod describe_load_balancer_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLoadBalancerAttributesInput;
        pub type Output = DescribeLoadBalancerAttributesOutput;
    }

    pub mod describe_load_balancers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLoadBalancersInput;
        pub type Output = DescribeLoadBalancersOutput;
    }

    pub mod describe_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRulesInput;
        pub type Output = DescribeRulesOutput;
    }

    pub mod describe_ssl_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSSLPoliciesInput;
        pub type Output = DescribeSSLPoliciesOutput;
    }

    pub mod describe_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTagsInput;
        pub type Output = DescribeTagsOutput;
    }

    pub mod describe_target_group_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTargetGroupAttributesInput;
        pub type Output = DescribeTargetGroupAttributesOutput;
    }

    pub mod describe_target_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTargetGroupsInput;
        pub type Output = DescribeTargetGroupsOutput;
    }

    pub mod describe_target_health {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTargetHealthInput;
        pub type Output = DescribeTargetHealthOutput;
    }

    pub mod describe_trust_store_associations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTrustStoreAssociationsInput;
        pub type Output = DescribeTrustStoreAssociationsOutput;
    }

    pub mod describe_trust_store_revocations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTrustStoreRevocationsInput;
        pub type Output = DescribeTrustStoreRevocationsOutput;
    }

    pub mod describe_trust_stores {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTrustStoresInput;
        pub type Output = DescribeTrustStoresOutput;
    }

    pub mod get_resource_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetResourcePolicyInput;
        pub type Output = GetResourcePolicyOutput;
    }

    pub mod get_trust_store_ca_certificates_bundle {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTrustStoreCaCertificatesBundleInput;
        pub type Output = GetTrustStoreCaCertificatesBundleOutput;
    }

    pub mod get_trust_store_revocation_content {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTrustStoreRevocationContentInput;
        pub type Output = GetTrustStoreRevocationContentOutput;
    }

    pub mod modify_capacity_reservation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyCapacityReservationInput;
        pub type Output = ModifyCapacityReservationOutput;
    }

    pub mod modify_ip_pools {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyIpPoolsInput;
        pub type Output = ModifyIpPoolsOutput;
    }

    pub mod modify_listener {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyListenerInput;
        pub type Output = ModifyListenerOutput;
    }

    pub mod modify_listener_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyListenerAttributesInput;
        pub type Output = ModifyListenerAttributesOutput;
    }

    pub mod modify_load_balancer_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyLoadBalancerAttributesInput;
        pub type Output = ModifyLoadBalancerAttributesOutput;
    }

    pub mod modify_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyRuleInput;
        pub type Output = ModifyRuleOutput;
    }

    pub mod modify_target_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyTargetGroupInput;
        pub type Output = ModifyTargetGroupOutput;
    }

    pub mod modify_target_group_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyTargetGroupAttributesInput;
        pub type Output = ModifyTargetGroupAttributesOutput;
    }

    pub mod modify_trust_store {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyTrustStoreInput;
        pub type Output = ModifyTrustStoreOutput;
    }

    pub mod register_targets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterTargetsInput;
        pub type Output = RegisterTargetsOutput;
    }

    pub mod remove_listener_certificates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveListenerCertificatesInput;
        pub type Output = RemoveListenerCertificatesOutput;
    }

    pub mod remove_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveTagsInput;
        pub type Output = RemoveTagsOutput;
    }

    pub mod remove_trust_store_revocations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveTrustStoreRevocationsInput;
        pub type Output = RemoveTrustStoreRevocationsOutput;
    }

    pub mod set_ip_address_type {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetIpAddressTypeInput;
        pub type Output = SetIpAddressTypeOutput;
    }

    pub mod set_rule_priorities {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetRulePrioritiesInput;
        pub type Output = SetRulePrioritiesOutput;
    }

    pub mod set_security_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetSecurityGroupsInput;
        pub type Output = SetSecurityGroupsOutput;
    }

    pub mod set_subnets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetSubnetsInput;
        pub type Output = SetSubnetsOutput;
    }
}
