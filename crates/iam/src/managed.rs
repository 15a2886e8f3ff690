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
    "/" "AdministratorAccess":
        "Provides full access to AWS services and resources.";
    "/" "AmazonEC2ContainerRegistryFullAccess":
        "Provides administrative access to Amazon ECR resources";
    "/" "AmazonEC2ContainerRegistryPowerUser":
        "Full access to images in ECR repositories, but none to the repositories themselves.";
    "/" "AmazonEC2ContainerRegistryPullOnly":
        "Lets its bearer pull images from ECR.";
    "/" "AmazonEC2ContainerRegistryReadOnly":
        "Provides read-only access to Amazon EC2 Container Registry repositories.";
    "/service-role/" "AmazonEC2ContainerServiceforEC2Role":
        "Default policy for the instance role of container instances.";
    "/service-role/" "AmazonECSTaskExecutionRolePolicy":
        "Provides access to other AWS service resources that are required to run Amazon ECS tasks";
    "/" "AmazonECS_FullAccess":
        "Administrative access to ECS and what it needs of other services.";
    "/" "AmazonEKSClusterPolicy":
        "What Kubernetes needs to manage resources for a cluster.";
    "/" "AmazonEKSFargatePodExecutionRolePolicy":
        "What is needed to run pods on Fargate.";
    "/" "AmazonEKSWorkerNodePolicy":
        "Lets worker nodes connect to their cluster.";
    "/" "AmazonEKS_CNI_Policy":
        "Lets the VPC network plug-in change the addresses of worker nodes.";
    "/" "AmazonSSMManagedInstanceCore":
        "What a host needs to be managed by Systems Manager.";
    "/" "CloudWatchLogsFullAccess":
        "Provides full access to CloudWatch Logs";
    "/" "PowerUserAccess":
        "Full access to services and resources, but no management of users and groups.";
    "/" "ReadOnlyAccess":
        "Provides read-only access to AWS services and resources.";
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
