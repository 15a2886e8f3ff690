//! What instances are launched from: instance types, launch templates, images, key pairs.

use wharf_wire::Fault;

use super::sender;

pub fn instance_types_not_found(names: &[&str]) -> Fault {
    let names = names.join(", ");
    sender(
        "InvalidInstanceType",
        format!("The following supplied instance types do not exist: [{names}]"),
    )
}

pub fn bad_location_type(kind: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The location type '{kind}' is not valid"),
    )
}

pub fn template_exists() -> Fault {
    sender(
        "InvalidLaunchTemplateName.AlreadyExistsException",
        "Launch template name already in use.".to_owned(),
    )
}

pub fn malformed_template_name() -> Fault {
    sender(
        "InvalidLaunchTemplateName.MalformedException",
        "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the \
         following characters: - ( ) . / _."
            .to_owned(),
    )
}

pub fn malformed_template_id(id: &str) -> Fault {
    sender(
        "InvalidLaunchTemplateId.Malformed",
        format!("The specified launch template ID, {id}, is not valid."),
    )
}

pub fn template_not_named() -> Fault {
    sender(
        "MissingParameter",
        "Either the launch template ID or the launch template name must be specified.".to_owned(),
    )
}

pub fn template_named_twice() -> Fault {
    sender(
        "InvalidParameterCombination",
        "You must specify either the launch template ID or the launch template name, but not both."
            .to_owned(),
    )
}

pub fn template_version_not_found(id: &str, version: &str) -> Fault {
    sender(
        "InvalidLaunchTemplateId.VersionNotFound",
        format!(
            "Could not find the specified version {version} for the launch template with ID {id}."
        ),
    )
}

pub fn malformed_template_version(version: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The launch template version '{version}' is not valid."),
    )
}

pub fn versions_and_bounds() -> Fault {
    sender(
        "InvalidParameterCombination",
        "You cannot specify both versions and a minimum or maximum version.".to_owned(),
    )
}

pub fn too_many_templates(limit: usize) -> Fault {
    sender(
        "LaunchTemplateLimitExceeded",
        format!("You have reached the limit of {limit} launch templates or versions of them."),
    )
}

pub fn templates_too_long(limit: usize) -> Fault {
    sender(
        "LaunchTemplateLimitExceeded",
        format!("The versions of your launch templates have reached the limit of {limit} bytes."),
    )
}

pub fn too_many_in_template(what: &str, limit: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("At most {limit} {what} can be specified."),
    )
}

pub fn groups_beside_interfaces() -> Fault {
    sender(
        "InvalidParameterCombination",
        "Network interfaces and an instance-level security groups may not be specified on the same request"
            .to_owned(),
    )
}

pub fn malformed_user_data() -> Fault {
    sender(
        "InvalidUserData.Malformed",
        "Invalid BASE64 encoding of user data".to_owned(),
    )
}

pub fn user_data_too_long(limit: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("User data is limited to {limit} bytes"),
    )
}

pub fn malformed_image_id(id: &str) -> Fault {
    sender(
        "InvalidAMIID.Malformed",
        format!("Invalid id: \"{id}\" (expecting \"ami-...\")"),
    )
}

pub fn alias_not_found(alias: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The parameter of the image alias '{alias}' does not exist."),
    )
}

pub fn alias_of_no_image(alias: &str) -> Fault {
    sender(
        "InvalidAMIID.Malformed",
        format!("The parameter of the image alias '{alias}' does not hold the ID of an image."),
    )
}

/// Systems Manager refused to say.
pub fn alias_not_read(alias: &str, refused: &Fault) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "The parameter of the image alias '{alias}' could not be read: {}",
            refused.message
        ),
    )
}

pub fn image_not_found(id: &str) -> Fault {
    sender(
        "InvalidAMIID.NotFound",
        format!("The image id '[{id}]' does not exist"),
    )
}

pub fn image_unavailable(id: &str) -> Fault {
    sender(
        "InvalidAMIID.Unavailable",
        format!("The image ID '{id}' is not available"),
    )
}

/// AWS's words.
pub fn no_storage_permission() -> Fault {
    sender(
        "InvalidRequest",
        "You do not have permission to access the storage of this ami".to_owned(),
    )
}

pub fn root_of_snapshot_and_location() -> Fault {
    sender(
        "InvalidParameterCombination",
        "An image whose root is of a snapshot stands on the image that the snapshot's instance was of: ImageLocation \
         cannot be specified with it."
            .to_owned(),
    )
}

pub fn bad_architecture_of_root(of_snapshot: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The snapshot of the root is of an instance of the architecture '{of_snapshot}'."),
    )
}

pub fn image_of_others(id: &str) -> Fault {
    sender("AuthFailure", format!("Not authorized for image:{id}"))
}

pub fn image_name_taken(name: &str, id: &str) -> Fault {
    sender(
        "InvalidAMIName.Duplicate",
        format!("AMI name {name} is already in use by AMI {id}"),
    )
}

pub fn malformed_image_name() -> Fault {
    sender(
        "InvalidAMIName.Malformed",
        "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '[', ']', \
         ' ', '.', '/', '-', ''', '@' and '_'"
            .to_owned(),
    )
}

pub fn too_many_images(limit: usize) -> Fault {
    sender(
        "ImageLimitExceeded",
        format!("You have reached the limit of {limit} images."),
    )
}

pub fn too_many_named_images(limit: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("At most {limit} images can be named in one request."),
    )
}

pub fn bad_architecture(text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The architecture '{text}' is not supported. Images are of x86_64 or arm64."),
    )
}

pub fn bad_boot_mode(text: &str) -> Fault {
    super::bad_value_of("BootMode", text)
}

pub fn boot_mode_of_architecture(mode: &str, architecture: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!(
            "The boot mode '{mode}' is not supported for images of the architecture '{architecture}'."
        ),
    )
}

/// The snapshot of a root is of an instance that was booted in another way.
pub fn boot_mode_of_root(mode: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!(
            "The boot mode '{mode}' is not supported for the snapshot of a root of an instance that did not boot in it."
        ),
    )
}

pub fn bad_root_device(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({name}) for parameter RootDeviceName is invalid."),
    )
}

pub fn bad_image_location(text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "The image location '{text}' is not valid. It must name an image of an ECR repository: \
             ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG or …@sha256:DIGEST"
        ),
    )
}

pub fn image_location_elsewhere(text: &str, region: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The image location '{text}' must be in the region {region}."),
    )
}

pub fn no_image_at(location: &str) -> Fault {
    sender(
        "InvalidManifest",
        format!("There is no image at '{location}'."),
    )
}

/// ECR refused to say.
pub fn image_not_read(location: &str, refused: &Fault) -> Fault {
    sender(
        "InvalidManifest",
        format!(
            "The image at '{location}' could not be read: {}",
            refused.message
        ),
    )
}

pub fn no_image_for(location: &str, architecture: &str) -> Fault {
    sender(
        "InvalidManifest",
        format!("The image at '{location}' has no manifest for Linux on {architecture}."),
    )
}

pub fn bad_image_attribute(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({name}) for parameter attribute is invalid. Unknown attribute."),
    )
}

pub fn bad_permission() -> Fault {
    sender(
        "InvalidParameterCombination",
        "A launch permission names either an account or the group 'all'.".to_owned(),
    )
}

pub fn bad_account(id: &str) -> Fault {
    sender(
        "InvalidAMIAttributeItemValue",
        format!("Invalid attribute item value \"{id}\" for userId item type."),
    )
}

pub fn two_image_attributes() -> Fault {
    sender(
        "InvalidParameterCombination",
        "A request can change one attribute of an image, and must not say two things of it."
            .to_owned(),
    )
}

pub fn too_many_permission_changes(limit: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("A request can add and remove at most {limit} accounts."),
    )
}

pub fn too_many_public_images(limit: usize) -> Fault {
    sender(
        "ResourceLimitExceeded",
        format!("You have reached the limit of {limit} public images."),
    )
}

pub fn template_too_long(limit: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The data of a launch template version is limited to {limit} bytes."),
    )
}

pub fn too_many_permissions(limit: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("An image can be shared with at most {limit} accounts."),
    )
}

pub fn key_pair_not_found(name: &str) -> Fault {
    sender(
        "InvalidKeyPair.NotFound",
        format!("The key pair '{name}' does not exist"),
    )
}

pub fn key_pair_id_not_found(id: &str) -> Fault {
    sender(
        "InvalidKeyPair.NotFound",
        format!("The key pair ID '{id}' does not exist"),
    )
}

pub fn key_pair_exists() -> Fault {
    sender(
        "InvalidKeyPair.Duplicate",
        "The keypair already exists".to_owned(),
    )
}

pub fn key_pair_named_twice() -> Fault {
    sender(
        "InvalidParameterCombination",
        "Either the name or the ID of a key pair can be specified, not both.".to_owned(),
    )
}

pub fn malformed_key_name() -> Fault {
    sender(
        "InvalidParameterValue",
        "The name of a key pair must be at most 255 ASCII characters, without spaces before or after it."
            .to_owned(),
    )
}

pub fn malformed_public_key() -> Fault {
    sender(
        "InvalidKey.Format",
        "Key is not in valid OpenSSH public key format".to_owned(),
    )
}

pub fn too_many_key_pairs(limit: usize) -> Fault {
    sender(
        "KeyPairLimitExceeded",
        format!("You have reached the limit of {limit} key pairs."),
    )
}
