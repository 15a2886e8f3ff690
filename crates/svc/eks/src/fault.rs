//! The service's own sentences. Those of its model are in `wharf_api_eks::faults`.

use wharf_api_eks::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

use crate::{
    addons::Addon,
    config::LookupError,
    fargate::FargateProfile,
    groups::records::NodeGroup,
    names,
    updates::{self, Update},
};

/// What the service says when its records or pages fail.
#[derive(Debug)]
pub enum EksFaults {}

impl Faults for EksFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        faults::server_exception("An internal error has occurred.", cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        let text = "The resource is being changed by another request. Try again.";
        faults::resource_in_use_exception(text)
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::resource_limit_exceeded_exception(cause.to_string())
    }

    fn bad_token() -> Fault {
        invalid("The provided nextToken is not valid.")
    }
}

pub fn server(cause: &dyn std::error::Error) -> Fault {
    EksFaults::internal(cause)
}

/// IAM cannot be asked.
pub fn lookup(error: LookupError) -> Fault {
    server(&error)
}

pub fn invalid(text: impl Into<String>) -> Fault {
    faults::invalid_parameter_exception(text)
}

/// Of what is no name it is said that it is none.
pub fn no_cluster(name: &str) -> Fault {
    if !names::is_name(name) {
        return invalid(
            "The clusterName parameter contains invalid characters. It should conform to the regular expression \"^[0-9A-Za-z][A-Za-z0-9-_]*\"In other words, it should start with a number or letter, and can contain numbers, letters, dashes, and underscores.",
        );
    }
    let fault = faults::resource_not_found_exception(format!("No cluster found for name: {name}."));
    fault.with("clusterName", name)
}

pub fn cluster_exists(name: &str) -> Fault {
    let text = format!("Cluster already exists with name: {name}");
    faults::resource_in_use_exception(text).with("clusterName", name)
}

/// In EKS' words.
pub fn bad_cluster_name() -> Fault {
    invalid(
        "The name parameter contains invalid characters. It should begin with letter or digit and can have any of the following characters: the set of Unicode letters, digits, hyphens and underscores.",
    )
}

pub fn not_active(name: &str) -> Fault {
    let text = format!("Cluster '{name}' is not in ACTIVE status");
    faults::invalid_request_exception(text).with("clusterName", name)
}

pub fn too_many_clusters(most: usize) -> Fault {
    faults::resource_limit_exceeded_exception(format!(
        "You've reached the limit of {most} clusters in this region."
    ))
}

pub fn protected(name: &str) -> Fault {
    faults::invalid_request_exception(format!(
        "Cluster '{name}' has deletion protection enabled and cannot be deleted."
    ))
}

pub fn bad_role(arn: &str) -> Fault {
    invalid(format!(
        "Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct"
    ))
}

/// Of the role of a Fargate profile, in EKS' words, by which Terraform tries again.
pub fn untrusting_pod_role() -> Fault {
    invalid(
        "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal",
    )
}

pub fn cluster_has_groups(cluster: &str, group: &str) -> Fault {
    let fault = faults::resource_in_use_exception("Cluster has nodegroups attached");
    fault
        .with("clusterName", cluster)
        .with("nodegroupName", group)
}

pub fn cluster_is_updating(kind: &str, name: &str, update: &str) -> Fault {
    let text =
        format!("Cannot {kind} because cluster {name} currently has update {update} in progress");
    faults::resource_in_use_exception(text).with("clusterName", name)
}

pub fn unsupported_version() -> Fault {
    invalid("unsupported Kubernetes version")
}

pub fn unsupported_update(from: &str, to: &str) -> Fault {
    invalid(format!(
        "Unsupported Kubernetes minor version update from {from} to {to}"
    ))
}

pub fn unsupported_group_version(cluster: &str, group: &str) -> Fault {
    invalid(format!(
        "Nodegroup Kubernetes version should be equal to Cluster kubernetes version {cluster} or NodeGroup kubernetes version {group}"
    ))
}

pub fn version_of_own_image() -> Fault {
    invalid("You cannot specify the field kubernetesVersion when using custom AMIs")
}

/// What EKS says of node groups; nodes of none are named as well.
pub fn nodes_left_behind(names: &[String], version: &str) -> Fault {
    invalid(format!(
        "Nodegroups {} must be updated to match cluster version {version} before updating cluster version",
        names.join(", ")
    ))
}

/// As EKS has it that nodes go back before their cluster; its own words are not known.
pub fn nodes_ahead(names: &[String], version: &str) -> Fault {
    invalid(format!(
        "Nodegroups {} must be updated to version {version} before rolling back cluster version",
        names.join(", ")
    ))
}

/// EKS cancels rollbacks of versions in Auto Mode and no other update; its own words are not known.
pub fn not_cancellable(update: &Update) -> Fault {
    let Update { id, kind, .. } = update;
    let text = match update.status {
        updates::Status::InProgress => {
            format!("Update {id} of type {kind} cannot be cancelled")
        }
        _ => format!("Update {id} is not in progress"),
    };
    faults::invalid_request_exception(text)
}

pub fn is_encrypted() -> Fault {
    invalid("Encryption is already enabled on the cluster")
}

/// What EKS says of other resources is not known.
pub fn not_encryptable(resources: &[String]) -> Fault {
    let given = resources.join(", ");
    invalid(format!(
        "Only secrets can be encrypted: [{given}] in resources of encryptionConfig is not supported"
    ))
}

/// In our words, as are the next ones: what EKS says is not known.
pub fn bad_key_arn(named: &str) -> Fault {
    invalid(format!(
        "The keyArn for encryptionConfig is not valid: {named}"
    ))
}

pub fn key_elsewhere(named: &str) -> Fault {
    invalid(format!(
        "The keyArn for encryptionConfig must be in the region of the cluster: {named}"
    ))
}

pub fn key_not_symmetric(arn: &str) -> Fault {
    invalid(format!(
        "The keyArn for encryptionConfig must be of a symmetric key that encrypts and decrypts: {arn}"
    ))
}

pub fn key_not_enabled(arn: &str, state: &str) -> Fault {
    invalid(format!(
        "The keyArn for encryptionConfig must be of a key that is enabled: {arn} is {state}"
    ))
}

/// What KMS says of the key for a cluster's Secrets.
pub fn of_kms(fault: Fault, operation: &str) -> Fault {
    match &*fault.code {
        _ if !fault.sender => fault,
        // Clients try it again by themselves.
        "ThrottlingException" => faults::throttling_exception(fault.message.clone()),
        // In EKS' words.
        "AccessDeniedException" => faults::invalid_request_exception(format!(
            "User not authorized to perform kms:{operation} operation"
        )),
        _ => invalid(fault.message.clone()),
    }
}

pub fn no_update(id: &str) -> Fault {
    faults::resource_not_found_exception(format!("No update found for ID: {id}"))
}

pub fn no_group(name: &str) -> Fault {
    let fault =
        faults::resource_not_found_exception(format!("No node group found for name: {name}."));
    fault.with("nodegroupName", name)
}

pub fn group_exists(name: &str, cluster: &str) -> Fault {
    let text = format!("NodeGroup already exists with name {name} and cluster name {cluster}");
    let fault = faults::resource_in_use_exception(text);
    fault
        .with("clusterName", cluster)
        .with("nodegroupName", name)
}

pub fn too_many_groups(most: u32) -> Fault {
    faults::resource_limit_exceeded_exception(format!(
        "You've reached the limit of {most} node groups in this cluster."
    ))
}

pub fn group_is_updating(group: &NodeGroup) -> Fault {
    group_is_busy(group, "updated")
}

pub fn group_cannot_be_deleted(group: &NodeGroup) -> Fault {
    group_is_busy(group, "deleted")
}

fn group_is_busy(group: &NodeGroup, what: &str) -> Fault {
    let update = group.update.as_deref().unwrap_or_default();
    let text = format!(
        "Nodegroup cannot be {what} as it is currently not in Active State: update {update} is in progress"
    );
    let fault = faults::resource_in_use_exception(text);
    fault
        .with("clusterName", &*group.cluster)
        .with("nodegroupName", &*group.name)
}

pub fn group_not_active(group: &NodeGroup) -> Fault {
    let text = "Nodegroup cannot be updated as it is currently not in Active State";
    let fault = faults::invalid_request_exception(text);
    fault
        .with("clusterName", &*group.cluster)
        .with("nodegroupName", &*group.name)
}

/// In EKS' words, as are the next ones'.
pub fn bad_group_name() -> Fault {
    invalid(
        "The nodegroup name parameter contains invalid characters. It should conform to the regular expression ^[0-9A-Za-z][A-Za-z0-9-_]*",
    )
}

pub fn bad_taint_effect(given: &str) -> Fault {
    invalid(format!(
        "Invalid taint effect: {given}, must be one of these [NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE]"
    ))
}

/// Of a label or a taint.
pub fn reserved_prefix(what: &str) -> Fault {
    invalid(format!(
        "{what} cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]"
    ))
}

pub fn types_twice() -> Fault {
    faults::invalid_request_exception(
        "Cannot specify instance types in launch template and API Request",
    )
}

pub fn no_size_given() -> Fault {
    invalid("Either all or at least one of minSize, maxSize, desiredSize must be provided")
}

/// Nodes have no SSH; with a launch template it is refused by EKS too, in these words.
pub fn no_remote_access(has_template: bool) -> Fault {
    match has_template {
        true => invalid("Remote access configuration cannot be specified with a launch template."),
        false => Fault::sender(
            "UnsupportedOperation",
            400,
            "The parameter remoteAccess is not supported by this version of wharf.",
        ),
    }
}

/// In EKS' words.
pub fn group_is_ill(group: &NodeGroup) -> Fault {
    let borne = BORNE_ISSUES.join(", ");
    let text = format!("Nodegroup health has issues other than [ {borne} ]");
    let fault = faults::invalid_request_exception(text);
    fault
        .with("clusterName", &*group.cluster)
        .with("nodegroupName", &*group.name)
}

/// What may be wrong with a group whose nodes are replaced.
pub const BORNE_ISSUES: [&str; 4] = [
    "AsgInstanceLaunchFailures",
    "InstanceLimitExceeded",
    "InsufficientFreeAddresses",
    "ClusterUnreachable",
];

pub fn untrusting_node_role(role: &str) -> Fault {
    invalid(format!(
        "Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole {role}"
    ))
}

pub fn too_few_zones() -> Fault {
    invalid("Subnets specified must be in at least two different AZs")
}

/// In EKS' words, as are the next one's. `groups` are those of other VPCs than `vpc`.
pub fn foreign_security_groups(groups: &[&str], vpc: &str) -> Fault {
    let groups = groups.join(", ");
    invalid(format!(
        "Security group(s) [{groups}] are not in the same VPC as the subnets. Please specify a security group that is associated with the VPC: {vpc}."
    ))
}

/// Of a node group.
pub fn foreign_subnets(vpc: &str) -> Fault {
    invalid(format!(
        "Specified subnets must belong to cluster's vpc {vpc}"
    ))
}

/// What EC2 says of a caller's network.
pub fn of_ec2(fault: Fault) -> Fault {
    match fault.status {
        500.. => fault,
        _ => invalid(fault.message.clone()),
    }
}

pub fn entry_exists() -> Fault {
    let text = "The specified access entry resource is already in use on this cluster.";
    faults::resource_in_use_exception(text)
}

/// Of what is no principal of IAM it is said that it is none.
pub fn no_entry(principal: &str) -> Fault {
    if !names::is_of_iam(principal) {
        return bad_principal(principal);
    }
    faults::resource_not_found_exception(
        "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
    )
}

/// In EKS' words: of entries of nodes.
pub fn not_standard() -> Fault {
    invalid("This operation can only be performed on Access Entries with a type of \"STANDARD\".")
}

/// In EKS' words.
pub fn is_service_linked() -> Fault {
    invalid(
        "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role",
    )
}

/// In EKS' words: nobody could write the config map.
pub fn nobody_enters() -> Fault {
    invalid(
        "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP",
    )
}

pub fn no_entries_in_this_mode() -> Fault {
    faults::invalid_request_exception(
        "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
    )
}

pub fn association_exists(id: &str) -> Fault {
    faults::resource_in_use_exception(format!("Association already exists: {id}"))
}

/// In EKS' words where it cannot be the id of one.
pub fn no_association(id: &str) -> Fault {
    if id.len() != names::LENGTH_OF_ASSOCIATION {
        return invalid(format!(
            "The parameter associationId should be {} characters long.",
            names::LENGTH_OF_ASSOCIATION
        ));
    }
    faults::resource_not_found_exception(format!("No association found with ID: {id}."))
}

/// In EKS' words, by which Terraform tries again.
pub fn no_role_of_pods() -> Fault {
    invalid("Role provided in the request does not exist.")
}

pub fn too_many_associations(most: u32) -> Fault {
    faults::resource_limit_exceeded_exception(format!(
        "You've reached the limit of {most} pod identity associations in this cluster."
    ))
}

pub fn no_such_addon(name: &str, version: &str) -> Fault {
    invalid(format!(
        "Addon {name} specified is not supported in {version} kubernetes version"
    ))
}

pub fn no_such_addon_version() -> Fault {
    invalid("Addon version specified is not supported")
}

pub fn bad_configuration(why: &str) -> Fault {
    invalid(format!(
        "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [{why}]"
    ))
}

/// In EKS' words, as are the next one's.
pub fn no_pod_identity_of_addon(version: &str) -> Fault {
    invalid(format!(
        "Pod Identity feature is not supported for addon version: {version}"
    ))
}

pub fn not_the_account_of_addon(account: &str, addon: &str) -> Fault {
    invalid(format!(
        "Service account {account} in pod identity configuration is not supported for addon {addon}"
    ))
}

pub fn account_of_addon_twice(account: &str) -> Fault {
    invalid(format!(
        "Service account {account} is specified more than once in pod identity configuration"
    ))
}

pub fn no_account_of_addon(addon: &str) -> Fault {
    invalid(format!(
        "Addon {addon} has no service account that can have a role: serviceAccountRoleArn is not supported for it"
    ))
}

pub fn two_kinds_of_roles() -> Fault {
    invalid("serviceAccountRoleArn and podIdentityAssociations cannot be specified together")
}

fn of_addon(fault: Fault, addon: &Addon) -> Fault {
    fault
        .with("clusterName", &*addon.cluster)
        .with("addonName", addon.part.name())
}

pub fn addon_exists(addon: &Addon) -> Fault {
    of_addon(
        faults::resource_in_use_exception("Addon already exists."),
        addon,
    )
}

pub fn no_addon(name: &str, cluster: &str) -> Fault {
    let text = format!("No addon: {name} found in cluster: {cluster}");
    let fault = faults::resource_not_found_exception(text);
    fault.with("clusterName", cluster).with("addonName", name)
}

/// While it changes it is not updated.
pub fn addon_cannot_be_updated(addon: &Addon) -> Fault {
    let (name, status) = (addon.part.name(), addon.status.name());
    let text = format!("Addon {name} cannot be updated as it is currently in {status} state");
    of_addon(faults::resource_in_use_exception(text), addon)
}

/// Nor deleted, for which the model has no fault of a resource in use.
pub fn addon_cannot_be_deleted(addon: &Addon) -> Fault {
    let (name, status) = (addon.part.name(), addon.status.name());
    let text = format!("Addon {name} cannot be deleted as it is currently in {status} state");
    of_addon(faults::invalid_request_exception(text), addon)
}

pub fn cluster_has_profiles(cluster: &str) -> Fault {
    let text = "Cluster has Fargate Profiles in ACTIVE/CREATING state";
    faults::resource_in_use_exception(text).with("clusterName", cluster)
}

pub fn no_profile(name: &str) -> Fault {
    let text = format!("No Fargate Profile found with name: {name}.");
    faults::resource_not_found_exception(text).with("fargateProfileName", name)
}

pub fn profile_exists(cluster: &str, name: &str) -> Fault {
    let text = "A Fargate Profile already exists with this name in this cluster.";
    let fault = faults::resource_in_use_exception(text).with("clusterName", cluster);
    fault.with("fargateProfileName", name)
}

pub fn too_many_profiles(most: u32) -> Fault {
    faults::resource_limit_exceeded_exception(format!(
        "You've reached the limit of {most} Fargate profiles in this cluster."
    ))
}

/// `what` is to be done to a profile while `other` is under way.
pub fn profiles_are_busy(what: &str, name: &str, other: &FargateProfile) -> Fault {
    let (cluster, status) = (&other.cluster, other.status.name());
    let text = format!(
        "Cannot {what} Fargate Profile {name} because cluster {cluster} currently has Fargate profile {} in status {status}",
        other.name
    );
    faults::resource_in_use_exception(text).with("clusterName", &**cluster)
}

pub fn profile_waits_for_update(profile: &FargateProfile) -> Fault {
    let (name, cluster) = (&profile.name, &profile.cluster);
    let text = format!(
        "Cannot Delete Fargate Profile {name} because cluster {cluster} currently has an update in progress"
    );
    faults::resource_in_use_exception(text).with("clusterName", &**cluster)
}

/// In EKS' words, as are the next one's.
pub fn no_provider(cluster: &str, name: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "No config found for cluster: {cluster}, config type: oidc, config name: {name}"
    ))
}

pub fn own_issuer() -> Fault {
    invalid(
        "Incorrect Identity Provider URL configuration. The Identity Provider URL cannot be same as OpenID Connect (OIDC) issuer URL",
    )
}

pub fn provider_exists(name: &str) -> Fault {
    faults::resource_in_use_exception(format!(
        "The cluster already has an identity provider config with name: {name}"
    ))
}

/// In EKS' words.
pub fn bad_principal(principal: &str) -> Fault {
    invalid(match names::is_of_iam(principal) {
        true => "The specified principalArn is invalid: invalid principal.",
        false => "The principalArn parameter format is not valid",
    })
}

/// What is said of tags, of an operation on nothing but tags: those have a code of their own.
pub fn bad_request(fault: Fault) -> Fault {
    faults::bad_request_exception(fault.message)
}

pub fn no_resource(arn: &str) -> Fault {
    faults::not_found_exception(format!("No resource found for ARN: {arn}"))
}
