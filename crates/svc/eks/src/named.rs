//! Which cluster, and what in it, a request names: EKS says so in its refusals, and the AWS CLI prints it.

use wharf_api_eks as api;
use wharf_wire::Fault;

/// What a request names, by the members of `InvalidParameterException`.
pub struct Names(Vec<(&'static str, Option<String>)>);

impl Names {
    /// A refusal of what was asked for says of what. Others say by themselves what they are about.
    pub fn told(self, fault: Fault) -> Fault {
        if fault.code != "InvalidParameterException" {
            return fault;
        }
        self.0
            .into_iter()
            .fold(fault, |fault, (member, name)| match name {
                Some(name) if !fault.members.iter().any(|it| it.0 == member) => {
                    fault.with(member, name)
                }
                _ => fault,
            })
    }
}

/// An input of EKS.
pub trait Named {
    fn names(&self) -> Names;
}

macro_rules! named {
    ($($input:ident { $($member:literal: $field:ident),* })*) => {
        $(impl Named for api::$input {
            fn names(&self) -> Names {
                Names(vec![$(($member, self.$field.clone())),*])
            }
        })*
    };
}

named! {
    AssociateAccessPolicyRequest {}
    AssociateEncryptionConfigRequest { "clusterName": cluster_name }
    AssociateIdentityProviderConfigRequest { "clusterName": cluster_name }
    CancelUpdateRequest { "clusterName": name }
    CreateAccessEntryRequest {}
    CreateAddonRequest { "clusterName": cluster_name, "addonName": addon_name }
    CreateClusterRequest { "clusterName": name }
    CreateFargateProfileRequest { "clusterName": cluster_name, "fargateProfileName": fargate_profile_name }
    CreateNodegroupRequest { "clusterName": cluster_name, "nodegroupName": nodegroup_name }
    CreatePodIdentityAssociationRequest {}
    DeleteAccessEntryRequest {}
    DeleteAddonRequest { "clusterName": cluster_name, "addonName": addon_name }
    DeleteClusterRequest { "clusterName": name }
    DeleteFargateProfileRequest { "clusterName": cluster_name, "fargateProfileName": fargate_profile_name }
    DeleteNodegroupRequest { "clusterName": cluster_name, "nodegroupName": nodegroup_name }
    DeletePodIdentityAssociationRequest {}
    DescribeAccessEntryRequest {}
    DescribeAddonConfigurationRequest { "addonName": addon_name }
    DescribeAddonRequest { "clusterName": cluster_name, "addonName": addon_name }
    DescribeAddonVersionsRequest { "addonName": addon_name }
    DescribeClusterRequest { "clusterName": name }
    DescribeClusterVersionsRequest {}
    DescribeFargateProfileRequest { "clusterName": cluster_name, "fargateProfileName": fargate_profile_name }
    DescribeIdentityProviderConfigRequest { "clusterName": cluster_name }
    DescribeNodegroupRequest { "clusterName": cluster_name, "nodegroupName": nodegroup_name }
    DescribePodIdentityAssociationRequest {}
    DescribeUpdateRequest { "clusterName": name, "nodegroupName": nodegroup_name, "addonName": addon_name }
    DisassociateAccessPolicyRequest {}
    DisassociateIdentityProviderConfigRequest { "clusterName": cluster_name }
    ListAccessEntriesRequest {}
    ListAccessPoliciesRequest {}
    ListAddonsRequest { "clusterName": cluster_name }
    ListAssociatedAccessPoliciesRequest {}
    ListClustersRequest {}
    ListFargateProfilesRequest { "clusterName": cluster_name }
    ListIdentityProviderConfigsRequest { "clusterName": cluster_name }
    ListNodegroupsRequest { "clusterName": cluster_name }
    ListPodIdentityAssociationsRequest {}
    ListTagsForResourceRequest {}
    ListUpdatesRequest { "clusterName": name, "nodegroupName": nodegroup_name, "addonName": addon_name }
    TagResourceRequest {}
    UntagResourceRequest {}
    UpdateAccessEntryRequest {}
    UpdateAddonRequest { "clusterName": cluster_name, "addonName": addon_name }
    UpdateClusterConfigRequest { "clusterName": name }
    UpdateClusterVersionRequest { "clusterName": name }
    UpdateNodegroupConfigRequest { "clusterName": cluster_name, "nodegroupName": nodegroup_name }
    UpdateNodegroupVersionRequest { "clusterName": cluster_name, "nodegroupName": nodegroup_name }
    UpdatePodIdentityAssociationRequest {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault;

    #[test]
    fn a_refusal_says_of_what_and_says_it_once() {
        let request = api::CreateNodegroupRequest {
            cluster_name: Some("demo".to_owned()),
            nodegroup_name: Some("workers".to_owned()),
            ..api::CreateNodegroupRequest::default()
        };
        let both: Vec<(&'static str, serde_json::Value)> = vec![
            ("clusterName", "demo".into()),
            ("nodegroupName", "workers".into()),
        ];
        let refused = request.names().told(fault::foreign_subnets("vpc-1"));
        assert_eq!(refused.members, both);
        let refused = fault::foreign_subnets("vpc-1").with("clusterName", "demo");
        assert_eq!(request.names().told(refused).members, both);
        let missing = request.names().told(fault::no_group("workers"));
        assert_eq!(
            missing.members,
            [("nodegroupName", serde_json::Value::from("workers"))]
        );
    }
}
