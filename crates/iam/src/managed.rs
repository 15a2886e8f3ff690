//! Policies every account finds ready, owned by `aws`: the ones the platform's own documentation,
//! Terraform modules and consoles refer to.

use wharf_base::arn::PARTITION;

/// A policy nobody can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedPolicy {
    pub name: &'static str,
    /// `/` or `/service-role/`.
    pub path: &'static str,
    pub description: &'static str,
    pub document: &'static str,
}

impl ManagedPolicy {
    /// `arn:aws:iam::aws:policy/service-role/…`
    pub fn arn(&self) -> String {
        format!("arn:{PARTITION}:iam::aws:policy{}{}", self.path, self.name)
    }
}

/// The policy of this ARN.
pub fn find(arn: &str) -> Option<&'static ManagedPolicy> {
    let named = arn
        .strip_prefix("arn:")?
        .strip_prefix(PARTITION)?
        .strip_prefix(":iam::aws:policy")?;
    ALL.iter().find(|policy| {
        named
            .strip_prefix(policy.path)
            .is_some_and(|name| name == policy.name)
    })
}

macro_rules! managed {
    ($($path:literal $name:literal: $description:literal;)*) => {
        /// All of them, by name.
        pub const ALL: &[ManagedPolicy] = &[$(ManagedPolicy {
            name: $name,
            path: $path,
            description: $description,
            document: include_str!(concat!("managed/", $name, ".json")),
        }),*];
    };
}

managed! {
    "/service-role/" "AWSAppRunnerServicePolicyForECRAccess":
        "Lets App Runner pull images from ECR.";
    "/aws-service-role/" "AWSApplicationAutoscalingECSServicePolicy":
        "What Application Auto Scaling does in an account with services of ECS.";
    "/" "AWSCertificateManagerFullAccess":
        "Provides full access to AWS Certificate Manager (ACM)";
    "/" "AWSCertificateManagerReadOnly":
        "Provides read only access to AWS Certificate Manager (ACM).";
    "/" "AWSCloudTrail_FullAccess":
        "Provides full access to AWS CloudTrail.";
    "/" "AWSCloudTrail_ReadOnlyAccess":
        "Provides read only access to AWS CloudTrail.";
    "/aws-service-role/" "AWSECRPullThroughCache_ServiceRolePolicy":
        "What pulls through a cache of ECR do in an account.";
    "/aws-service-role/" "AWSElasticLoadBalancingServiceRolePolicy":
        "What Elastic Load Balancing does in an account.";
    "/aws-service-role/" "AWSServiceRoleForAmazonEKSNodegroup":
        "What EKS does in an account for its node groups.";
    "/" "AdministratorAccess":
        "Provides full access to AWS services and resources.";
    "/service-role/" "AmazonEBSCSIDriverPolicy":
        "What the EBS CSI driver needs of EC2 for volumes of pods.";
    "/" "AmazonEC2ContainerRegistryFullAccess":
        "Provides administrative access to Amazon ECR resources";
    "/" "AmazonEC2ContainerRegistryPowerUser":
        "Full access to images in ECR repositories, but none to the repositories themselves.";
    "/" "AmazonEC2ContainerRegistryPullOnly":
        "Lets its bearer pull images from ECR.";
    "/" "AmazonEC2ContainerRegistryReadOnly":
        "Provides read-only access to Amazon EC2 Container Registry repositories.";
    "/service-role/" "AmazonEC2ContainerServiceEventsRole":
        "Policy to enable CloudWatch Events for EC2 Container Service";
    "/service-role/" "AmazonEC2ContainerServiceRole":
        "Default policy for Amazon ECS service role.";
    "/service-role/" "AmazonEC2ContainerServiceforEC2Role":
        "Default policy for the instance role of container instances.";
    "/" "AmazonEC2FullAccess":
        "Provides full access to Amazon EC2.";
    "/" "AmazonEC2ReadOnlyAccess":
        "Provides read only access to Amazon EC2.";
    "/aws-service-role/" "AmazonECSComputeServiceRolePolicy":
        "What ECS does in an account for its Managed Instances.";
    "/" "AmazonECSInfrastructureRolePolicyForManagedInstances":
        "What ECS needs of other services to launch Managed Instances.";
    "/service-role/" "AmazonECSInfrastructureRolePolicyForVolumes":
        "What ECS needs of other services to manage the volumes of tasks.";
    "/" "AmazonECSInstanceRolePolicyForManagedInstances":
        "What Managed Instances need to take part in a cluster of ECS.";
    "/aws-service-role/" "AmazonECSServiceRolePolicy":
        "What ECS does in an account.";
    "/service-role/" "AmazonECSTaskExecutionRolePolicy":
        "Provides access to other AWS service resources that are required to run Amazon ECS tasks";
    "/" "AmazonECS_FullAccess":
        "Administrative access to ECS and what it needs of other services.";
    "/service-role/" "AmazonEFSCSIDriverPolicy":
        "What the EFS CSI driver needs of EFS for volumes of pods.";
    "/" "AmazonEKSClusterPolicy":
        "What Kubernetes needs to manage resources for a cluster.";
    "/" "AmazonEKSFargatePodExecutionRolePolicy":
        "What is needed to run pods on Fargate.";
    "/aws-service-role/" "AmazonEKSServiceRolePolicy":
        "What EKS does in an account for its clusters.";
    "/" "AmazonEKSWorkerNodePolicy":
        "Lets worker nodes connect to their cluster.";
    "/" "AmazonEKS_CNI_Policy":
        "Lets the VPC network plug-in change the addresses of worker nodes.";
    "/" "AmazonElasticContainerRegistryPublicFullAccess":
        "Provides administrative access to Amazon ECR Public resources";
    "/" "AmazonElasticContainerRegistryPublicPowerUser":
        "Full access to images in public repositories, but none to the repositories themselves.";
    "/" "AmazonElasticContainerRegistryPublicReadOnly":
        "Provides read-only access to Amazon ECR Public repositories.";
    "/aws-service-role/" "AmazonElasticFileSystemServiceRolePolicy":
        "What EFS does in an account for mount targets.";
    "/" "AmazonSSMManagedInstanceCore":
        "What a host needs to be managed by Systems Manager.";
    "/" "AmazonVPCFullAccess":
        "Provides full access to Amazon VPC.";
    "/" "AmazonVPCReadOnlyAccess":
        "Provides read only access to Amazon VPC.";
    "/aws-service-role/" "AutoScalingServiceRolePolicy":
        "What EC2 Auto Scaling does in an account.";
    "/" "CloudWatchLogsFullAccess":
        "Provides full access to CloudWatch Logs";
    "/" "CloudWatchLogsReadOnlyAccess":
        "Provides read only access to CloudWatch Logs";
    "/aws-service-role/" "ECRReplicationServiceRolePolicy":
        "What replication of ECR does in an account.";
    "/" "ElasticLoadBalancingFullAccess":
        "Provides full access to Amazon ElasticLoadBalancing, and limited access to other services necessary to provide ElasticLoadBalancing features.";
    "/" "ElasticLoadBalancingReadOnly":
        "Provides read only access to Amazon ElasticLoadBalancing and dependent services.";
    "/" "IAMFullAccess":
        "Provides full access to IAM.";
    "/" "IAMReadOnlyAccess":
        "Provides read only access to IAM.";
    "/" "PowerUserAccess":
        "Full access to services and resources, but no management of users and groups.";
    "/" "ReadOnlyAccess":
        "Provides read-only access to AWS services and resources.";
}

/// A service that acts in accounts, and the role it does so with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRole {
    /// `ecs.amazonaws.com`
    pub service: &'static str,
    /// Its name below `/aws-service-role/<service>/`.
    pub role: &'static str,
    /// The one policy of the role: all the service may do. None: the service does nothing yet.
    pub policy: Option<&'static str>,
}

/// The services that have service-linked roles here.
pub const SERVICE_ROLES: &[ServiceRole] = &[
    ServiceRole {
        service: "autoscaling.amazonaws.com",
        role: "AWSServiceRoleForAutoScaling",
        policy: Some("arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"),
    },
    ServiceRole {
        service: "ecs.amazonaws.com",
        role: "AWSServiceRoleForECS",
        policy: Some("arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"),
    },
    ServiceRole {
        service: "ecs.application-autoscaling.amazonaws.com",
        role: "AWSServiceRoleForApplicationAutoScaling_ECSService",
        policy: Some(
            "arn:aws:iam::aws:policy/aws-service-role/AWSApplicationAutoscalingECSServicePolicy",
        ),
    },
    ServiceRole {
        service: "eks.amazonaws.com",
        role: "AWSServiceRoleForAmazonEKS",
        policy: Some("arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy"),
    },
    ServiceRole {
        service: "eks-nodegroup.amazonaws.com",
        role: "AWSServiceRoleForAmazonEKSNodegroup",
        policy: Some(
            "arn:aws:iam::aws:policy/aws-service-role/AWSServiceRoleForAmazonEKSNodegroup",
        ),
    },
    ServiceRole {
        service: "elasticfilesystem.amazonaws.com",
        role: "AWSServiceRoleForAmazonElasticFileSystem",
        policy: Some(
            "arn:aws:iam::aws:policy/aws-service-role/AmazonElasticFileSystemServiceRolePolicy",
        ),
    },
    ServiceRole {
        service: "elasticloadbalancing.amazonaws.com",
        role: "AWSServiceRoleForElasticLoadBalancing",
        policy: Some(
            "arn:aws:iam::aws:policy/aws-service-role/AWSElasticLoadBalancingServiceRolePolicy",
        ),
    },
    ServiceRole {
        service: "pullthroughcache.ecr.amazonaws.com",
        role: "AWSServiceRoleForECRPullThroughCache",
        policy: Some(
            "arn:aws:iam::aws:policy/aws-service-role/AWSECRPullThroughCache_ServiceRolePolicy",
        ),
    },
    ServiceRole {
        service: "replication.ecr.amazonaws.com",
        role: "AWSServiceRoleForECRReplication",
        policy: Some("arn:aws:iam::aws:policy/aws-service-role/ECRReplicationServiceRolePolicy"),
    },
];

/// What services do besides, each by a policy that users give to a role for it: ECS makes volumes only where it could
/// assume one, and then in its own name; EKS is itself the driver of EBS volumes and of file systems. And what another
/// service-linked role is for elsewhere: ECS ends instances that it launched in a role, whatever has become of that.
pub const FOR_USERS: &[(&str, &str)] = &[
    (
        "ecs.amazonaws.com",
        "arn:aws:iam::aws:policy/aws-service-role/AmazonECSComputeServiceRolePolicy",
    ),
    (
        "ecs.amazonaws.com",
        "arn:aws:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForVolumes",
    ),
    (
        "eks.amazonaws.com",
        "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
    ),
    (
        "eks.amazonaws.com",
        "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy",
    ),
];

/// The role of a service.
pub fn service_role(service: &str) -> Option<&'static ServiceRole> {
    SERVICE_ROLES.iter().find(|role| role.service == service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompiledPolicy, DocumentKind};

    #[test]
    fn every_one_is_valid_and_found_by_its_arn() {
        for policy in ALL {
            let arn = policy.arn();
            if let Err(error) = CompiledPolicy::parse(&arn, policy.document, DocumentKind::Managed)
            {
                panic!("{arn}: {error}");
            }
            assert_eq!(find(&arn), Some(policy));
        }
        assert!(ALL.is_sorted_by_key(|policy| policy.name));
    }

    #[test]
    fn service_roles_have_policies_that_are_there() {
        for role in SERVICE_ROLES {
            assert!(
                role.policy.is_none_or(|arn| find(arn).is_some()),
                "{role:?}"
            );
        }
        assert_eq!(
            service_role("ecs.amazonaws.com").map(|it| it.role),
            Some("AWSServiceRoleForECS")
        );
        assert_eq!(service_role("nothing.amazonaws.com"), None);
        assert!(FOR_USERS.iter().all(|(_, arn)| find(arn).is_some()));
    }

    #[test]
    fn finds_nothing_else() {
        for arn in [
            "",
            "arn:aws:iam::aws:policy/Nothing",
            "arn:aws:iam::000000000000:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy",
        ] {
            assert_eq!(find(arn), None, "{arn}");
        }
    }
}
