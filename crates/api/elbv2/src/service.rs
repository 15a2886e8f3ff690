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
    AddListenerCertificates(&'a AddListenerCertificatesInput),
    AddTags(&'a AddTagsInput),
    AddTrustStoreRevocations(&'a AddTrustStoreRevocationsInput),
    CreateListener(&'a CreateListenerInput),
    CreateLoadBalancer(&'a CreateLoadBalancerInput),
    CreateRule(&'a CreateRuleInput),
    CreateTargetGroup(&'a CreateTargetGroupInput),
    CreateTrustStore(&'a CreateTrustStoreInput),
    DeleteListener(&'a DeleteListenerInput),
    DeleteLoadBalancer(&'a DeleteLoadBalancerInput),
    DeleteRule(&'a DeleteRuleInput),
    DeleteSharedTrustStoreAssociation(&'a DeleteSharedTrustStoreAssociationInput),
    DeleteTargetGroup(&'a DeleteTargetGroupInput),
    DeleteTrustStore(&'a DeleteTrustStoreInput),
    DeregisterTargets(&'a DeregisterTargetsInput),
    DescribeAccountLimits(&'a DescribeAccountLimitsInput),
    DescribeCapacityReservation(&'a DescribeCapacityReservationInput),
    DescribeListenerAttributes(&'a DescribeListenerAttributesInput),
    DescribeListenerCertificates(&'a DescribeListenerCertificatesInput),
    DescribeListeners(&'a DescribeListenersInput),
    DescribeLoadBalancerAttributes(&'a DescribeLoadBalancerAttributesInput),
    DescribeLoadBalancers(&'a DescribeLoadBalancersInput),
    DescribeRules(&'a DescribeRulesInput),
    DescribeSSLPolicies(&'a DescribeSSLPoliciesInput),
    DescribeTags(&'a DescribeTagsInput),
    DescribeTargetGroupAttributes(&'a DescribeTargetGroupAttributesInput),
    DescribeTargetGroups(&'a DescribeTargetGroupsInput),
    DescribeTargetHealth(&'a DescribeTargetHealthInput),
    DescribeTrustStoreAssociations(&'a DescribeTrustStoreAssociationsInput),
    DescribeTrustStoreRevocations(&'a DescribeTrustStoreRevocationsInput),
    DescribeTrustStores(&'a DescribeTrustStoresInput),
    GetResourcePolicy(&'a GetResourcePolicyInput),
    GetTrustStoreCaCertificatesBundle(&'a GetTrustStoreCaCertificatesBundleInput),
    GetTrustStoreRevocationContent(&'a GetTrustStoreRevocationContentInput),
    ModifyCapacityReservation(&'a ModifyCapacityReservationInput),
    ModifyIpPools(&'a ModifyIpPoolsInput),
    ModifyListener(&'a ModifyListenerInput),
    ModifyListenerAttributes(&'a ModifyListenerAttributesInput),
    ModifyLoadBalancerAttributes(&'a ModifyLoadBalancerAttributesInput),
    ModifyRule(&'a ModifyRuleInput),
    ModifyTargetGroup(&'a ModifyTargetGroupInput),
    ModifyTargetGroupAttributes(&'a ModifyTargetGroupAttributesInput),
    ModifyTrustStore(&'a ModifyTrustStoreInput),
    RegisterTargets(&'a RegisterTargetsInput),
    RemoveListenerCertificates(&'a RemoveListenerCertificatesInput),
    RemoveTags(&'a RemoveTagsInput),
    RemoveTrustStoreRevocations(&'a RemoveTrustStoreRevocationsInput),
    SetIpAddressType(&'a SetIpAddressTypeInput),
    SetRulePriorities(&'a SetRulePrioritiesInput),
    SetSecurityGroups(&'a SetSecurityGroupsInput),
    SetSubnets(&'a SetSubnetsInput),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AddListenerCertificates(_) => "AddListenerCertificates",
            Self::AddTags(_) => "AddTags",
            Self::AddTrustStoreRevocations(_) => "AddTrustStoreRevocations",
            Self::CreateListener(_) => "CreateListener",
            Self::CreateLoadBalancer(_) => "CreateLoadBalancer",
            Self::CreateRule(_) => "CreateRule",
            Self::CreateTargetGroup(_) => "CreateTargetGroup",
            Self::CreateTrustStore(_) => "CreateTrustStore",
            Self::DeleteListener(_) => "DeleteListener",
            Self::DeleteLoadBalancer(_) => "DeleteLoadBalancer",
            Self::DeleteRule(_) => "DeleteRule",
            Self::DeleteSharedTrustStoreAssociation(_) => "DeleteSharedTrustStoreAssociation",
            Self::DeleteTargetGroup(_) => "DeleteTargetGroup",
            Self::DeleteTrustStore(_) => "DeleteTrustStore",
            Self::DeregisterTargets(_) => "DeregisterTargets",
            Self::DescribeAccountLimits(_) => "DescribeAccountLimits",
            Self::DescribeCapacityReservation(_) => "DescribeCapacityReservation",
            Self::DescribeListenerAttributes(_) => "DescribeListenerAttributes",
            Self::DescribeListenerCertificates(_) => "DescribeListenerCertificates",
            Self::DescribeListeners(_) => "DescribeListeners",
            Self::DescribeLoadBalancerAttributes(_) => "DescribeLoadBalancerAttributes",
            Self::DescribeLoadBalancers(_) => "DescribeLoadBalancers",
            Self::DescribeRules(_) => "DescribeRules",
            Self::DescribeSSLPolicies(_) => "DescribeSSLPolicies",
            Self::DescribeTags(_) => "DescribeTags",
            Self::DescribeTargetGroupAttributes(_) => "DescribeTargetGroupAttributes",
            Self::DescribeTargetGroups(_) => "DescribeTargetGroups",
            Self::DescribeTargetHealth(_) => "DescribeTargetHealth",
            Self::DescribeTrustStoreAssociations(_) => "DescribeTrustStoreAssociations",
            Self::DescribeTrustStoreRevocations(_) => "DescribeTrustStoreRevocations",
            Self::DescribeTrustStores(_) => "DescribeTrustStores",
            Self::GetResourcePolicy(_) => "GetResourcePolicy",
            Self::GetTrustStoreCaCertificatesBundle(_) => "GetTrustStoreCaCertificatesBundle",
            Self::GetTrustStoreRevocationContent(_) => "GetTrustStoreRevocationContent",
            Self::ModifyCapacityReservation(_) => "ModifyCapacityReservation",
            Self::ModifyIpPools(_) => "ModifyIpPools",
            Self::ModifyListener(_) => "ModifyListener",
            Self::ModifyListenerAttributes(_) => "ModifyListenerAttributes",
            Self::ModifyLoadBalancerAttributes(_) => "ModifyLoadBalancerAttributes",
            Self::ModifyRule(_) => "ModifyRule",
            Self::ModifyTargetGroup(_) => "ModifyTargetGroup",
            Self::ModifyTargetGroupAttributes(_) => "ModifyTargetGroupAttributes",
            Self::ModifyTrustStore(_) => "ModifyTrustStore",
            Self::RegisterTargets(_) => "RegisterTargets",
            Self::RemoveListenerCertificates(_) => "RemoveListenerCertificates",
            Self::RemoveTags(_) => "RemoveTags",
            Self::RemoveTrustStoreRevocations(_) => "RemoveTrustStoreRevocations",
            Self::SetIpAddressType(_) => "SetIpAddressType",
            Self::SetRulePriorities(_) => "SetRulePriorities",
            Self::SetSecurityGroups(_) => "SetSecurityGroups",
            Self::SetSubnets(_) => "SetSubnets",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("elasticloadbalancing:{}", self.operation())
    }
}

#[async_trait]
pub trait Elbv2: Send + Sync + 'static {
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

    async fn add_listener_certificates(
        &self,
        call: &Call,
        input: AddListenerCertificatesInput,
    ) -> Result<AddListenerCertificatesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "AddListenerCertificates"))
    }

    async fn add_tags(&self, call: &Call, input: AddTagsInput) -> Result<AddTagsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "AddTags"))
    }

    async fn add_trust_store_revocations(
        &self,
        call: &Call,
        input: AddTrustStoreRevocationsInput,
    ) -> Result<AddTrustStoreRevocationsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "AddTrustStoreRevocations"))
    }

    async fn create_listener(
        &self,
        call: &Call,
        input: CreateListenerInput,
    ) -> Result<CreateListenerOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "CreateListener"))
    }

    async fn create_load_balancer(
        &self,
        call: &Call,
        input: CreateLoadBalancerInput,
    ) -> Result<CreateLoadBalancerOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "CreateLoadBalancer"))
    }

    async fn create_rule(
        &self,
        call: &Call,
        input: CreateRuleInput,
    ) -> Result<CreateRuleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "CreateRule"))
    }

    async fn create_target_group(
        &self,
        call: &Call,
        input: CreateTargetGroupInput,
    ) -> Result<CreateTargetGroupOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "CreateTargetGroup"))
    }

    async fn create_trust_store(
        &self,
        call: &Call,
        input: CreateTrustStoreInput,
    ) -> Result<CreateTrustStoreOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "CreateTrustStore"))
    }

    async fn delete_listener(
        &self,
        call: &Call,
        input: DeleteListenerInput,
    ) -> Result<DeleteListenerOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DeleteListener"))
    }

    async fn delete_load_balancer(
        &self,
        call: &Call,
        input: DeleteLoadBalancerInput,
    ) -> Result<DeleteLoadBalancerOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DeleteLoadBalancer"))
    }

    async fn delete_rule(
        &self,
        call: &Call,
        input: DeleteRuleInput,
    ) -> Result<DeleteRuleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DeleteRule"))
    }

    async fn delete_shared_trust_store_association(
        &self,
        call: &Call,
        input: DeleteSharedTrustStoreAssociationInput,
    ) -> Result<DeleteSharedTrustStoreAssociationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "elbv2",
            "DeleteSharedTrustStoreAssociation",
        ))
    }

    async fn delete_target_group(
        &self,
        call: &Call,
        input: DeleteTargetGroupInput,
    ) -> Result<DeleteTargetGroupOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DeleteTargetGroup"))
    }

    async fn delete_trust_store(
        &self,
        call: &Call,
        input: DeleteTrustStoreInput,
    ) -> Result<DeleteTrustStoreOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DeleteTrustStore"))
    }

    async fn deregister_targets(
        &self,
        call: &Call,
        input: DeregisterTargetsInput,
    ) -> Result<DeregisterTargetsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DeregisterTargets"))
    }

    async fn describe_account_limits(
        &self,
        call: &Call,
        input: DescribeAccountLimitsInput,
    ) -> Result<DescribeAccountLimitsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeAccountLimits"))
    }

    async fn describe_capacity_reservation(
        &self,
        call: &Call,
        input: DescribeCapacityReservationInput,
    ) -> Result<DescribeCapacityReservationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeCapacityReservation"))
    }

    async fn describe_listener_attributes(
        &self,
        call: &Call,
        input: DescribeListenerAttributesInput,
    ) -> Result<DescribeListenerAttributesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeListenerAttributes"))
    }

    async fn describe_listener_certificates(
        &self,
        call: &Call,
        input: DescribeListenerCertificatesInput,
    ) -> Result<DescribeListenerCertificatesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeListenerCertificates"))
    }

    async fn describe_listeners(
        &self,
        call: &Call,
        input: DescribeListenersInput,
    ) -> Result<DescribeListenersOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeListeners"))
    }

    async fn describe_load_balancer_attributes(
        &self,
        call: &Call,
        input: DescribeLoadBalancerAttributesInput,
    ) -> Result<DescribeLoadBalancerAttributesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "elbv2",
            "DescribeLoadBalancerAttributes",
        ))
    }

    async fn describe_load_balancers(
        &self,
        call: &Call,
        input: DescribeLoadBalancersInput,
    ) -> Result<DescribeLoadBalancersOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeLoadBalancers"))
    }

    async fn describe_rules(
        &self,
        call: &Call,
        input: DescribeRulesInput,
    ) -> Result<DescribeRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeRules"))
    }

    async fn describe_ssl_policies(
        &self,
        call: &Call,
        input: DescribeSSLPoliciesInput,
    ) -> Result<DescribeSSLPoliciesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeSSLPolicies"))
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsInput,
    ) -> Result<DescribeTagsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeTags"))
    }

    async fn describe_target_group_attributes(
        &self,
        call: &Call,
        input: DescribeTargetGroupAttributesInput,
    ) -> Result<DescribeTargetGroupAttributesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeTargetGroupAttributes"))
    }

    async fn describe_target_groups(
        &self,
        call: &Call,
        input: DescribeTargetGroupsInput,
    ) -> Result<DescribeTargetGroupsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeTargetGroups"))
    }

    async fn describe_target_health(
        &self,
        call: &Call,
        input: DescribeTargetHealthInput,
    ) -> Result<DescribeTargetHealthOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeTargetHealth"))
    }

    async fn describe_trust_store_associations(
        &self,
        call: &Call,
        input: DescribeTrustStoreAssociationsInput,
    ) -> Result<DescribeTrustStoreAssociationsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "elbv2",
            "DescribeTrustStoreAssociations",
        ))
    }

    async fn describe_trust_store_revocations(
        &self,
        call: &Call,
        input: DescribeTrustStoreRevocationsInput,
    ) -> Result<DescribeTrustStoreRevocationsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeTrustStoreRevocations"))
    }

    async fn describe_trust_stores(
        &self,
        call: &Call,
        input: DescribeTrustStoresInput,
    ) -> Result<DescribeTrustStoresOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "DescribeTrustStores"))
    }

    async fn get_resource_policy(
        &self,
        call: &Call,
        input: GetResourcePolicyInput,
    ) -> Result<GetResourcePolicyOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "GetResourcePolicy"))
    }

    async fn get_trust_store_ca_certificates_bundle(
        &self,
        call: &Call,
        input: GetTrustStoreCaCertificatesBundleInput,
    ) -> Result<GetTrustStoreCaCertificatesBundleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "elbv2",
            "GetTrustStoreCaCertificatesBundle",
        ))
    }

    async fn get_trust_store_revocation_content(
        &self,
        call: &Call,
        input: GetTrustStoreRevocationContentInput,
    ) -> Result<GetTrustStoreRevocationContentOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "elbv2",
            "GetTrustStoreRevocationContent",
        ))
    }

    async fn modify_capacity_reservation(
        &self,
        call: &Call,
        input: ModifyCapacityReservationInput,
    ) -> Result<ModifyCapacityReservationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyCapacityReservation"))
    }

    async fn modify_ip_pools(
        &self,
        call: &Call,
        input: ModifyIpPoolsInput,
    ) -> Result<ModifyIpPoolsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyIpPools"))
    }

    async fn modify_listener(
        &self,
        call: &Call,
        input: ModifyListenerInput,
    ) -> Result<ModifyListenerOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyListener"))
    }

    async fn modify_listener_attributes(
        &self,
        call: &Call,
        input: ModifyListenerAttributesInput,
    ) -> Result<ModifyListenerAttributesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyListenerAttributes"))
    }

    async fn modify_load_balancer_attributes(
        &self,
        call: &Call,
        input: ModifyLoadBalancerAttributesInput,
    ) -> Result<ModifyLoadBalancerAttributesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyLoadBalancerAttributes"))
    }

    async fn modify_rule(
        &self,
        call: &Call,
        input: ModifyRuleInput,
    ) -> Result<ModifyRuleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyRule"))
    }

    async fn modify_target_group(
        &self,
        call: &Call,
        input: ModifyTargetGroupInput,
    ) -> Result<ModifyTargetGroupOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyTargetGroup"))
    }

    async fn modify_target_group_attributes(
        &self,
        call: &Call,
        input: ModifyTargetGroupAttributesInput,
    ) -> Result<ModifyTargetGroupAttributesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyTargetGroupAttributes"))
    }

    async fn modify_trust_store(
        &self,
        call: &Call,
        input: ModifyTrustStoreInput,
    ) -> Result<ModifyTrustStoreOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "ModifyTrustStore"))
    }

    async fn register_targets(
        &self,
        call: &Call,
        input: RegisterTargetsInput,
    ) -> Result<RegisterTargetsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "RegisterTargets"))
    }

    async fn remove_listener_certificates(
        &self,
        call: &Call,
        input: RemoveListenerCertificatesInput,
    ) -> Result<RemoveListenerCertificatesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "RemoveListenerCertificates"))
    }

    async fn remove_tags(
        &self,
        call: &Call,
        input: RemoveTagsInput,
    ) -> Result<RemoveTagsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "RemoveTags"))
    }

    async fn remove_trust_store_revocations(
        &self,
        call: &Call,
        input: RemoveTrustStoreRevocationsInput,
    ) -> Result<RemoveTrustStoreRevocationsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "RemoveTrustStoreRevocations"))
    }

    async fn set_ip_address_type(
        &self,
        call: &Call,
        input: SetIpAddressTypeInput,
    ) -> Result<SetIpAddressTypeOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "SetIpAddressType"))
    }

    async fn set_rule_priorities(
        &self,
        call: &Call,
        input: SetRulePrioritiesInput,
    ) -> Result<SetRulePrioritiesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "SetRulePriorities"))
    }

    async fn set_security_groups(
        &self,
        call: &Call,
        input: SetSecurityGroupsInput,
    ) -> Result<SetSecurityGroupsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "SetSecurityGroups"))
    }

    async fn set_subnets(
        &self,
        call: &Call,
        input: SetSubnetsInput,
    ) -> Result<SetSubnetsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("elbv2", "SetSubnets"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Elbv2>);

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
            0 => Box::new(AddListenerCertificatesInput::default()),
            1 => Box::new(AddTagsInput::default()),
            2 => Box::new(AddTrustStoreRevocationsInput::default()),
            3 => Box::new(CreateListenerInput::default()),
            4 => Box::new(CreateLoadBalancerInput::default()),
            5 => Box::new(CreateRuleInput::default()),
            6 => Box::new(CreateTargetGroupInput::default()),
            7 => Box::new(CreateTrustStoreInput::default()),
            8 => Box::new(DeleteListenerInput::default()),
            9 => Box::new(DeleteLoadBalancerInput::default()),
            10 => Box::new(DeleteRuleInput::default()),
            11 => Box::new(DeleteSharedTrustStoreAssociationInput::default()),
            12 => Box::new(DeleteTargetGroupInput::default()),
            13 => Box::new(DeleteTrustStoreInput::default()),
            14 => Box::new(DeregisterTargetsInput::default()),
            15 => Box::new(DescribeAccountLimitsInput::default()),
            16 => Box::new(DescribeCapacityReservationInput::default()),
            17 => Box::new(DescribeListenerAttributesInput::default()),
            18 => Box::new(DescribeListenerCertificatesInput::default()),
            19 => Box::new(DescribeListenersInput::default()),
            20 => Box::new(DescribeLoadBalancerAttributesInput::default()),
            21 => Box::new(DescribeLoadBalancersInput::default()),
            22 => Box::new(DescribeRulesInput::default()),
            23 => Box::new(DescribeSSLPoliciesInput::default()),
            24 => Box::new(DescribeTagsInput::default()),
            25 => Box::new(DescribeTargetGroupAttributesInput::default()),
            26 => Box::new(DescribeTargetGroupsInput::default()),
            27 => Box::new(DescribeTargetHealthInput::default()),
            28 => Box::new(DescribeTrustStoreAssociationsInput::default()),
            29 => Box::new(DescribeTrustStoreRevocationsInput::default()),
            30 => Box::new(DescribeTrustStoresInput::default()),
            31 => Box::new(GetResourcePolicyInput::default()),
            32 => Box::new(GetTrustStoreCaCertificatesBundleInput::default()),
            33 => Box::new(GetTrustStoreRevocationContentInput::default()),
            34 => Box::new(ModifyCapacityReservationInput::default()),
            35 => Box::new(ModifyIpPoolsInput::default()),
            36 => Box::new(ModifyListenerInput::default()),
            37 => Box::new(ModifyListenerAttributesInput::default()),
            38 => Box::new(ModifyLoadBalancerAttributesInput::default()),
            39 => Box::new(ModifyRuleInput::default()),
            40 => Box::new(ModifyTargetGroupInput::default()),
            41 => Box::new(ModifyTargetGroupAttributesInput::default()),
            42 => Box::new(ModifyTrustStoreInput::default()),
            43 => Box::new(RegisterTargetsInput::default()),
            44 => Box::new(RemoveListenerCertificatesInput::default()),
            45 => Box::new(RemoveTagsInput::default()),
            46 => Box::new(RemoveTrustStoreRevocationsInput::default()),
            47 => Box::new(SetIpAddressTypeInput::default()),
            48 => Box::new(SetRulePrioritiesInput::default()),
            49 => Box::new(SetSecurityGroupsInput::default()),
            50 => Box::new(SetSubnetsInput::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AddListenerCertificatesOutput::default()),
            1 => Box::new(AddTagsOutput::default()),
            2 => Box::new(AddTrustStoreRevocationsOutput::default()),
            3 => Box::new(CreateListenerOutput::default()),
            4 => Box::new(CreateLoadBalancerOutput::default()),
            5 => Box::new(CreateRuleOutput::default()),
            6 => Box::new(CreateTargetGroupOutput::default()),
            7 => Box::new(CreateTrustStoreOutput::default()),
            8 => Box::new(DeleteListenerOutput::default()),
            9 => Box::new(DeleteLoadBalancerOutput::default()),
            10 => Box::new(DeleteRuleOutput::default()),
            11 => Box::new(DeleteSharedTrustStoreAssociationOutput::default()),
            12 => Box::new(DeleteTargetGroupOutput::default()),
            13 => Box::new(DeleteTrustStoreOutput::default()),
            14 => Box::new(DeregisterTargetsOutput::default()),
            15 => Box::new(DescribeAccountLimitsOutput::default()),
            16 => Box::new(DescribeCapacityReservationOutput::default()),
            17 => Box::new(DescribeListenerAttributesOutput::default()),
            18 => Box::new(DescribeListenerCertificatesOutput::default()),
            19 => Box::new(DescribeListenersOutput::default()),
            20 => Box::new(DescribeLoadBalancerAttributesOutput::default()),
            21 => Box::new(DescribeLoadBalancersOutput::default()),
            22 => Box::new(DescribeRulesOutput::default()),
            23 => Box::new(DescribeSSLPoliciesOutput::default()),
            24 => Box::new(DescribeTagsOutput::default()),
            25 => Box::new(DescribeTargetGroupAttributesOutput::default()),
            26 => Box::new(DescribeTargetGroupsOutput::default()),
            27 => Box::new(DescribeTargetHealthOutput::default()),
            28 => Box::new(DescribeTrustStoreAssociationsOutput::default()),
            29 => Box::new(DescribeTrustStoreRevocationsOutput::default()),
            30 => Box::new(DescribeTrustStoresOutput::default()),
            31 => Box::new(GetResourcePolicyOutput::default()),
            32 => Box::new(GetTrustStoreCaCertificatesBundleOutput::default()),
            33 => Box::new(GetTrustStoreRevocationContentOutput::default()),
            34 => Box::new(ModifyCapacityReservationOutput::default()),
            35 => Box::new(ModifyIpPoolsOutput::default()),
            36 => Box::new(ModifyListenerOutput::default()),
            37 => Box::new(ModifyListenerAttributesOutput::default()),
            38 => Box::new(ModifyLoadBalancerAttributesOutput::default()),
            39 => Box::new(ModifyRuleOutput::default()),
            40 => Box::new(ModifyTargetGroupOutput::default()),
            41 => Box::new(ModifyTargetGroupAttributesOutput::default()),
            42 => Box::new(ModifyTrustStoreOutput::default()),
            43 => Box::new(RegisterTargetsOutput::default()),
            44 => Box::new(RemoveListenerCertificatesOutput::default()),
            45 => Box::new(RemoveTagsOutput::default()),
            46 => Box::new(RemoveTrustStoreRevocationsOutput::default()),
            47 => Box::new(SetIpAddressTypeOutput::default()),
            48 => Box::new(SetRulePrioritiesOutput::default()),
            49 => Box::new(SetSecurityGroupsOutput::default()),
            50 => Box::new(SetSubnetsOutput::default()),
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
            0 => Input::AddListenerCertificates(borrowed(input)),
            1 => Input::AddTags(borrowed(input)),
            2 => Input::AddTrustStoreRevocations(borrowed(input)),
            3 => Input::CreateListener(borrowed(input)),
            4 => Input::CreateLoadBalancer(borrowed(input)),
            5 => Input::CreateRule(borrowed(input)),
            6 => Input::CreateTargetGroup(borrowed(input)),
            7 => Input::CreateTrustStore(borrowed(input)),
            8 => Input::DeleteListener(borrowed(input)),
            9 => Input::DeleteLoadBalancer(borrowed(input)),
            10 => Input::DeleteRule(borrowed(input)),
            11 => Input::DeleteSharedTrustStoreAssociation(borrowed(input)),
            12 => Input::DeleteTargetGroup(borrowed(input)),
            13 => Input::DeleteTrustStore(borrowed(input)),
            14 => Input::DeregisterTargets(borrowed(input)),
            15 => Input::DescribeAccountLimits(borrowed(input)),
            16 => Input::DescribeCapacityReservation(borrowed(input)),
            17 => Input::DescribeListenerAttributes(borrowed(input)),
            18 => Input::DescribeListenerCertificates(borrowed(input)),
            19 => Input::DescribeListeners(borrowed(input)),
            20 => Input::DescribeLoadBalancerAttributes(borrowed(input)),
            21 => Input::DescribeLoadBalancers(borrowed(input)),
            22 => Input::DescribeRules(borrowed(input)),
            23 => Input::DescribeSSLPolicies(borrowed(input)),
            24 => Input::DescribeTags(borrowed(input)),
            25 => Input::DescribeTargetGroupAttributes(borrowed(input)),
            26 => Input::DescribeTargetGroups(borrowed(input)),
            27 => Input::DescribeTargetHealth(borrowed(input)),
            28 => Input::DescribeTrustStoreAssociations(borrowed(input)),
            29 => Input::DescribeTrustStoreRevocations(borrowed(input)),
            30 => Input::DescribeTrustStores(borrowed(input)),
            31 => Input::GetResourcePolicy(borrowed(input)),
            32 => Input::GetTrustStoreCaCertificatesBundle(borrowed(input)),
            33 => Input::GetTrustStoreRevocationContent(borrowed(input)),
            34 => Input::ModifyCapacityReservation(borrowed(input)),
            35 => Input::ModifyIpPools(borrowed(input)),
            36 => Input::ModifyListener(borrowed(input)),
            37 => Input::ModifyListenerAttributes(borrowed(input)),
            38 => Input::ModifyLoadBalancerAttributes(borrowed(input)),
            39 => Input::ModifyRule(borrowed(input)),
            40 => Input::ModifyTargetGroup(borrowed(input)),
            41 => Input::ModifyTargetGroupAttributes(borrowed(input)),
            42 => Input::ModifyTrustStore(borrowed(input)),
            43 => Input::RegisterTargets(borrowed(input)),
            44 => Input::RemoveListenerCertificates(borrowed(input)),
            45 => Input::RemoveTags(borrowed(input)),
            46 => Input::RemoveTrustStoreRevocations(borrowed(input)),
            47 => Input::SetIpAddressType(borrowed(input)),
            48 => Input::SetRulePriorities(borrowed(input)),
            49 => Input::SetSecurityGroups(borrowed(input)),
            50 => Input::SetSubnets(borrowed(input)),
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
            0 => Box::new(self.0.add_listener_certificates(call, typed(input)).await?),
            1 => Box::new(self.0.add_tags(call, typed(input)).await?),
            2 => Box::new(
                self.0
                    .add_trust_store_revocations(call, typed(input))
                    .await?,
            ),
            3 => Box::new(self.0.create_listener(call, typed(input)).await?),
            4 => Box::new(self.0.create_load_balancer(call, typed(input)).await?),
            5 => Box::new(self.0.create_rule(call, typed(input)).await?),
            6 => Box::new(self.0.create_target_group(call, typed(input)).await?),
            7 => Box::new(self.0.create_trust_store(call, typed(input)).await?),
            8 => Box::new(self.0.delete_listener(call, typed(input)).await?),
            9 => Box::new(self.0.delete_load_balancer(call, typed(input)).await?),
            10 => Box::new(self.0.delete_rule(call, typed(input)).await?),
            11 => Box::new(
                self.0
                    .delete_shared_trust_store_association(call, typed(input))
                    .await?,
            ),
            12 => Box::new(self.0.delete_target_group(call, typed(input)).await?),
            13 => Box::new(self.0.delete_trust_store(call, typed(input)).await?),
            14 => Box::new(self.0.deregister_targets(call, typed(input)).await?),
            15 => Box::new(self.0.describe_account_limits(call, typed(input)).await?),
            16 => Box::new(
                self.0
                    .describe_capacity_reservation(call, typed(input))
                    .await?,
            ),
            17 => Box::new(
                self.0
                    .describe_listener_attributes(call, typed(input))
                    .await?,
            ),
            18 => Box::new(
                self.0
                    .describe_listener_certificates(call, typed(input))
                    .await?,
            ),
            19 => Box::new(self.0.describe_listeners(call, typed(input)).await?),
            20 => Box::new(
                self.0
                    .describe_load_balancer_attributes(call, typed(input))
                    .await?,
            ),
            21 => Box::new(self.0.describe_load_balancers(call, typed(input)).await?),
            22 => Box::new(self.0.describe_rules(call, typed(input)).await?),
            23 => Box::new(self.0.describe_ssl_policies(call, typed(input)).await?),
            24 => Box::new(self.0.describe_tags(call, typed(input)).await?),
            25 => Box::new(
                self.0
                    .describe_target_group_attributes(call, typed(input))
                    .await?,
            ),
            26 => Box::new(self.0.describe_target_groups(call, typed(input)).await?),
            27 => Box::new(self.0.describe_target_health(call, typed(input)).await?),
            28 => Box::new(
                self.0
                    .describe_trust_store_associations(call, typed(input))
                    .await?,
            ),
            29 => Box::new(
                self.0
                    .describe_trust_store_revocations(call, typed(input))
                    .await?,
            ),
            30 => Box::new(self.0.describe_trust_stores(call, typed(input)).await?),
            31 => Box::new(self.0.get_resource_policy(call, typed(input)).await?),
            32 => Box::new(
                self.0
                    .get_trust_store_ca_certificates_bundle(call, typed(input))
                    .await?,
            ),
            33 => Box::new(
                self.0
                    .get_trust_store_revocation_content(call, typed(input))
                    .await?,
            ),
            34 => Box::new(
                self.0
                    .modify_capacity_reservation(call, typed(input))
                    .await?,
            ),
            35 => Box::new(self.0.modify_ip_pools(call, typed(input)).await?),
            36 => Box::new(self.0.modify_listener(call, typed(input)).await?),
            37 => Box::new(
                self.0
                    .modify_listener_attributes(call, typed(input))
                    .await?,
            ),
            38 => Box::new(
                self.0
                    .modify_load_balancer_attributes(call, typed(input))
                    .await?,
            ),
            39 => Box::new(self.0.modify_rule(call, typed(input)).await?),
            40 => Box::new(self.0.modify_target_group(call, typed(input)).await?),
            41 => Box::new(
                self.0
                    .modify_target_group_attributes(call, typed(input))
                    .await?,
            ),
            42 => Box::new(self.0.modify_trust_store(call, typed(input)).await?),
            43 => Box::new(self.0.register_targets(call, typed(input)).await?),
            44 => Box::new(
                self.0
                    .remove_listener_certificates(call, typed(input))
                    .await?,
            ),
            45 => Box::new(self.0.remove_tags(call, typed(input)).await?),
            46 => Box::new(
                self.0
                    .remove_trust_store_revocations(call, typed(input))
                    .await?,
            ),
            47 => Box::new(self.0.set_ip_address_type(call, typed(input)).await?),
            48 => Box::new(self.0.set_rule_priorities(call, typed(input)).await?),
            49 => Box::new(self.0.set_security_groups(call, typed(input)).await?),
            50 => Box::new(self.0.set_subnets(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Elbv2>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Elbv2>, dispatcher: Dispatcher) -> Self {
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
impl Elbv2 for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn add_listener_certificates(
        &self,
        call: &Call,
        input: AddListenerCertificatesInput,
    ) -> Result<AddListenerCertificatesOutput, Fault> {
        let call = self
            .admit(call, Input::AddListenerCertificates(&input), 0, &input)
            .await?;
        self.inner.add_listener_certificates(&call, input).await
    }

    async fn add_tags(&self, call: &Call, input: AddTagsInput) -> Result<AddTagsOutput, Fault> {
        let call = self.admit(call, Input::AddTags(&input), 1, &input).await?;
        self.inner.add_tags(&call, input).await
    }

    async fn add_trust_store_revocations(
        &self,
        call: &Call,
        input: AddTrustStoreRevocationsInput,
    ) -> Result<AddTrustStoreRevocationsOutput, Fault> {
        let call = self
            .admit(call, Input::AddTrustStoreRevocations(&input), 2, &input)
            .await?;
        self.inner.add_trust_store_revocations(&call, input).await
    }

    async fn create_listener(
        &self,
        call: &Call,
        input: CreateListenerInput,
    ) -> Result<CreateListenerOutput, Fault> {
        let call = self
            .admit(call, Input::CreateListener(&input), 3, &input)
            .await?;
        self.inner.create_listener(&call, input).await
    }

    async fn create_load_balancer(
        &self,
        call: &Call,
        input: CreateLoadBalancerInput,
    ) -> Result<CreateLoadBalancerOutput, Fault> {
        let call = self
            .admit(call, Input::CreateLoadBalancer(&input), 4, &input)
            .await?;
        self.inner.create_load_balancer(&call, input).await
    }

    async fn create_rule(
        &self,
        call: &Call,
        input: CreateRuleInput,
    ) -> Result<CreateRuleOutput, Fault> {
        let call = self
            .admit(call, Input::CreateRule(&input), 5, &input)
            .await?;
        self.inner.create_rule(&call, input).await
    }

    async fn create_target_group(
        &self,
        call: &Call,
        input: CreateTargetGroupInput,
    ) -> Result<CreateTargetGroupOutput, Fault> {
        let call = self
            .admit(call, Input::CreateTargetGroup(&input), 6, &input)
            .await?;
        self.inner.create_target_group(&call, input).await
    }

    async fn create_trust_store(
        &self,
        call: &Call,
        input: CreateTrustStoreInput,
    ) -> Result<CreateTrustStoreOutput, Fault> {
        let call = self
            .admit(call, Input::CreateTrustStore(&input), 7, &input)
            .await?;
        self.inner.create_trust_store(&call, input).await
    }

    async fn delete_listener(
        &self,
        call: &Call,
        input: DeleteListenerInput,
    ) -> Result<DeleteListenerOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteListener(&input), 8, &input)
            .await?;
        self.inner.delete_listener(&call, input).await
    }

    async fn delete_load_balancer(
        &self,
        call: &Call,
        input: DeleteLoadBalancerInput,
    ) -> Result<DeleteLoadBalancerOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteLoadBalancer(&input), 9, &input)
            .await?;
        self.inner.delete_load_balancer(&call, input).await
    }

    async fn delete_rule(
        &self,
        call: &Call,
        input: DeleteRuleInput,
    ) -> Result<DeleteRuleOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteRule(&input), 10, &input)
            .await?;
        self.inner.delete_rule(&call, input).await
    }

    async fn delete_shared_trust_store_association(
        &self,
        call: &Call,
        input: DeleteSharedTrustStoreAssociationInput,
    ) -> Result<DeleteSharedTrustStoreAssociationOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteSharedTrustStoreAssociation(&input),
                11,
                &input,
            )
            .await?;
        self.inner
            .delete_shared_trust_store_association(&call, input)
            .await
    }

    async fn delete_target_group(
        &self,
        call: &Call,
        input: DeleteTargetGroupInput,
    ) -> Result<DeleteTargetGroupOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteTargetGroup(&input), 12, &input)
            .await?;
        self.inner.delete_target_group(&call, input).await
    }

    async fn delete_trust_store(
        &self,
        call: &Call,
        input: DeleteTrustStoreInput,
    ) -> Result<DeleteTrustStoreOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteTrustStore(&input), 13, &input)
            .await?;
        self.inner.delete_trust_store(&call, input).await
    }

    async fn deregister_targets(
        &self,
        call: &Call,
        input: DeregisterTargetsInput,
    ) -> Result<DeregisterTargetsOutput, Fault> {
        let call = self
            .admit(call, Input::DeregisterTargets(&input), 14, &input)
            .await?;
        self.inner.deregister_targets(&call, input).await
    }

    async fn describe_account_limits(
        &self,
        call: &Call,
        input: DescribeAccountLimitsInput,
    ) -> Result<DescribeAccountLimitsOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeAccountLimits(&input), 15, &input)
            .await?;
        self.inner.describe_account_limits(&call, input).await
    }

    async fn describe_capacity_reservation(
        &self,
        call: &Call,
        input: DescribeCapacityReservationInput,
    ) -> Result<DescribeCapacityReservationOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeCapacityReservation(&input), 16, &input)
            .await?;
        self.inner.describe_capacity_reservation(&call, input).await
    }

    async fn describe_listener_attributes(
        &self,
        call: &Call,
        input: DescribeListenerAttributesInput,
    ) -> Result<DescribeListenerAttributesOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeListenerAttributes(&input), 17, &input)
            .await?;
        self.inner.describe_listener_attributes(&call, input).await
    }

    async fn describe_listener_certificates(
        &self,
        call: &Call,
        input: DescribeListenerCertificatesInput,
    ) -> Result<DescribeListenerCertificatesOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeListenerCertificates(&input),
                18,
                &input,
            )
            .await?;
        self.inner
            .describe_listener_certificates(&call, input)
            .await
    }

    async fn describe_listeners(
        &self,
        call: &Call,
        input: DescribeListenersInput,
    ) -> Result<DescribeListenersOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeListeners(&input), 19, &input)
            .await?;
        self.inner.describe_listeners(&call, input).await
    }

    async fn describe_load_balancer_attributes(
        &self,
        call: &Call,
        input: DescribeLoadBalancerAttributesInput,
    ) -> Result<DescribeLoadBalancerAttributesOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeLoadBalancerAttributes(&input),
                20,
                &input,
            )
            .await?;
        self.inner
            .describe_load_balancer_attributes(&call, input)
            .await
    }

    async fn describe_load_balancers(
        &self,
        call: &Call,
        input: DescribeLoadBalancersInput,
    ) -> Result<DescribeLoadBalancersOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeLoadBalancers(&input), 21, &input)
            .await?;
        self.inner.describe_load_balancers(&call, input).await
    }

    async fn describe_rules(
        &self,
        call: &Call,
        input: DescribeRulesInput,
    ) -> Result<DescribeRulesOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeRules(&input), 22, &input)
            .await?;
        self.inner.describe_rules(&call, input).await
    }

    async fn describe_ssl_policies(
        &self,
        call: &Call,
        input: DescribeSSLPoliciesInput,
    ) -> Result<DescribeSSLPoliciesOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeSSLPolicies(&input), 23, &input)
            .await?;
        self.inner.describe_ssl_policies(&call, input).await
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsInput,
    ) -> Result<DescribeTagsOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeTags(&input), 24, &input)
            .await?;
        self.inner.describe_tags(&call, input).await
    }

    async fn describe_target_group_attributes(
        &self,
        call: &Call,
        input: DescribeTargetGroupAttributesInput,
    ) -> Result<DescribeTargetGroupAttributesOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeTargetGroupAttributes(&input),
                25,
                &input,
            )
            .await?;
        self.inner
            .describe_target_group_attributes(&call, input)
            .await
    }

    async fn describe_target_groups(
        &self,
        call: &Call,
        input: DescribeTargetGroupsInput,
    ) -> Result<DescribeTargetGroupsOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeTargetGroups(&input), 26, &input)
            .await?;
        self.inner.describe_target_groups(&call, input).await
    }

    async fn describe_target_health(
        &self,
        call: &Call,
        input: DescribeTargetHealthInput,
    ) -> Result<DescribeTargetHealthOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeTargetHealth(&input), 27, &input)
            .await?;
        self.inner.describe_target_health(&call, input).await
    }

    async fn describe_trust_store_associations(
        &self,
        call: &Call,
        input: DescribeTrustStoreAssociationsInput,
    ) -> Result<DescribeTrustStoreAssociationsOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeTrustStoreAssociations(&input),
                28,
                &input,
            )
            .await?;
        self.inner
            .describe_trust_store_associations(&call, input)
            .await
    }

    async fn describe_trust_store_revocations(
        &self,
        call: &Call,
        input: DescribeTrustStoreRevocationsInput,
    ) -> Result<DescribeTrustStoreRevocationsOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeTrustStoreRevocations(&input),
                29,
                &input,
            )
            .await?;
        self.inner
            .describe_trust_store_revocations(&call, input)
            .await
    }

    async fn describe_trust_stores(
        &self,
        call: &Call,
        input: DescribeTrustStoresInput,
    ) -> Result<DescribeTrustStoresOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeTrustStores(&input), 30, &input)
            .await?;
        self.inner.describe_trust_stores(&call, input).await
    }

    async fn get_resource_policy(
        &self,
        call: &Call,
        input: GetResourcePolicyInput,
    ) -> Result<GetResourcePolicyOutput, Fault> {
        let call = self
            .admit(call, Input::GetResourcePolicy(&input), 31, &input)
            .await?;
        self.inner.get_resource_policy(&call, input).await
    }

    async fn get_trust_store_ca_certificates_bundle(
        &self,
        call: &Call,
        input: GetTrustStoreCaCertificatesBundleInput,
    ) -> Result<GetTrustStoreCaCertificatesBundleOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::GetTrustStoreCaCertificatesBundle(&input),
                32,
                &input,
            )
            .await?;
        self.inner
            .get_trust_store_ca_certificates_bundle(&call, input)
            .await
    }

    async fn get_trust_store_revocation_content(
        &self,
        call: &Call,
        input: GetTrustStoreRevocationContentInput,
    ) -> Result<GetTrustStoreRevocationContentOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::GetTrustStoreRevocationContent(&input),
                33,
                &input,
            )
            .await?;
        self.inner
            .get_trust_store_revocation_content(&call, input)
            .await
    }

    async fn modify_capacity_reservation(
        &self,
        call: &Call,
        input: ModifyCapacityReservationInput,
    ) -> Result<ModifyCapacityReservationOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyCapacityReservation(&input), 34, &input)
            .await?;
        self.inner.modify_capacity_reservation(&call, input).await
    }

    async fn modify_ip_pools(
        &self,
        call: &Call,
        input: ModifyIpPoolsInput,
    ) -> Result<ModifyIpPoolsOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyIpPools(&input), 35, &input)
            .await?;
        self.inner.modify_ip_pools(&call, input).await
    }

    async fn modify_listener(
        &self,
        call: &Call,
        input: ModifyListenerInput,
    ) -> Result<ModifyListenerOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyListener(&input), 36, &input)
            .await?;
        self.inner.modify_listener(&call, input).await
    }

    async fn modify_listener_attributes(
        &self,
        call: &Call,
        input: ModifyListenerAttributesInput,
    ) -> Result<ModifyListenerAttributesOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyListenerAttributes(&input), 37, &input)
            .await?;
        self.inner.modify_listener_attributes(&call, input).await
    }

    async fn modify_load_balancer_attributes(
        &self,
        call: &Call,
        input: ModifyLoadBalancerAttributesInput,
    ) -> Result<ModifyLoadBalancerAttributesOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::ModifyLoadBalancerAttributes(&input),
                38,
                &input,
            )
            .await?;
        self.inner
            .modify_load_balancer_attributes(&call, input)
            .await
    }

    async fn modify_rule(
        &self,
        call: &Call,
        input: ModifyRuleInput,
    ) -> Result<ModifyRuleOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyRule(&input), 39, &input)
            .await?;
        self.inner.modify_rule(&call, input).await
    }

    async fn modify_target_group(
        &self,
        call: &Call,
        input: ModifyTargetGroupInput,
    ) -> Result<ModifyTargetGroupOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyTargetGroup(&input), 40, &input)
            .await?;
        self.inner.modify_target_group(&call, input).await
    }

    async fn modify_target_group_attributes(
        &self,
        call: &Call,
        input: ModifyTargetGroupAttributesInput,
    ) -> Result<ModifyTargetGroupAttributesOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyTargetGroupAttributes(&input), 41, &input)
            .await?;
        self.inner
            .modify_target_group_attributes(&call, input)
            .await
    }

    async fn modify_trust_store(
        &self,
        call: &Call,
        input: ModifyTrustStoreInput,
    ) -> Result<ModifyTrustStoreOutput, Fault> {
        let call = self
            .admit(call, Input::ModifyTrustStore(&input), 42, &input)
            .await?;
        self.inner.modify_trust_store(&call, input).await
    }

    async fn register_targets(
        &self,
        call: &Call,
        input: RegisterTargetsInput,
    ) -> Result<RegisterTargetsOutput, Fault> {
        let call = self
            .admit(call, Input::RegisterTargets(&input), 43, &input)
            .await?;
        self.inner.register_targets(&call, input).await
    }

    async fn remove_listener_certificates(
        &self,
        call: &Call,
        input: RemoveListenerCertificatesInput,
    ) -> Result<RemoveListenerCertificatesOutput, Fault> {
        let call = self
            .admit(call, Input::RemoveListenerCertificates(&input), 44, &input)
            .await?;
        self.inner.remove_listener_certificates(&call, input).await
    }

    async fn remove_tags(
        &self,
        call: &Call,
        input: RemoveTagsInput,
    ) -> Result<RemoveTagsOutput, Fault> {
        let call = self
            .admit(call, Input::RemoveTags(&input), 45, &input)
            .await?;
        self.inner.remove_tags(&call, input).await
    }

    async fn remove_trust_store_revocations(
        &self,
        call: &Call,
        input: RemoveTrustStoreRevocationsInput,
    ) -> Result<RemoveTrustStoreRevocationsOutput, Fault> {
        let call = self
            .admit(call, Input::RemoveTrustStoreRevocations(&input), 46, &input)
            .await?;
        self.inner
            .remove_trust_store_revocations(&call, input)
            .await
    }

    async fn set_ip_address_type(
        &self,
        call: &Call,
        input: SetIpAddressTypeInput,
    ) -> Result<SetIpAddressTypeOutput, Fault> {
        let call = self
            .admit(call, Input::SetIpAddressType(&input), 47, &input)
            .await?;
        self.inner.set_ip_address_type(&call, input).await
    }

    async fn set_rule_priorities(
        &self,
        call: &Call,
        input: SetRulePrioritiesInput,
    ) -> Result<SetRulePrioritiesOutput, Fault> {
        let call = self
            .admit(call, Input::SetRulePriorities(&input), 48, &input)
            .await?;
        self.inner.set_rule_priorities(&call, input).await
    }

    async fn set_security_groups(
        &self,
        call: &Call,
        input: SetSecurityGroupsInput,
    ) -> Result<SetSecurityGroupsOutput, Fault> {
        let call = self
            .admit(call, Input::SetSecurityGroups(&input), 49, &input)
            .await?;
        self.inner.set_security_groups(&call, input).await
    }

    async fn set_subnets(
        &self,
        call: &Call,
        input: SetSubnetsInput,
    ) -> Result<SetSubnetsOutput, Fault> {
        let call = self
            .admit(call, Input::SetSubnets(&input), 50, &input)
            .await?;
        self.inner.set_subnets(&call, input).await
    }
}
