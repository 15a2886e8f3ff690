//! Names, keys and ARNs.

use wharf_base::Arn;
use wharf_records::{Record as _, Scope};
use wharf_service::Place;

use crate::records::{Activity, Configuration, Group, Hook, Member};

pub const SERVICE: &str = "autoscaling";
/// In whose name instances are launched: what its service-linked role may do.
pub const PRINCIPAL: &str = "autoscaling.amazonaws.com";
/// The tag by which an instance says whose it is.
pub const GROUP_TAG: &str = "aws:autoscaling:groupName";

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub fn group_key(place: &Place, name: &str) -> String {
    scope(place).key(Group::KIND, name)
}

pub fn configuration_key(place: &Place, name: &str) -> String {
    scope(place).key(Configuration::KIND, name)
}

pub fn member_key(place: &Place, group: &str, token: &str) -> String {
    scope(place).key(Member::KIND, &below(group, token))
}

pub fn hook_key(place: &Place, group: &str, name: &str) -> String {
    scope(place).key(Hook::KIND, &below(group, name))
}

pub fn activity_key(place: &Place, group: &str, id: &str) -> String {
    scope(place).key(Activity::KIND, &below(group, id))
}

/// The id of what belongs to a group; `group` is its uuid.
pub fn below(group: &str, name: &str) -> String {
    format!("{group}/{name}")
}

pub fn group_arn(place: &Place, uuid: &str, name: &str) -> String {
    let resource = format!("autoScalingGroup:{uuid}:autoScalingGroupName/{name}");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

pub fn configuration_arn(place: &Place, uuid: &str, name: &str) -> String {
    let resource = format!("launchConfiguration:{uuid}:launchConfigurationName/{name}");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

/// What the user data of a launch configuration is sealed for.
pub fn user_data(place: &Place, configuration: &str) -> String {
    format!(
        "autoscaling/{}/{}/user-data/{configuration}",
        place.account, place.region
    )
}

/// The role that the service acts with.
pub fn role_arn(place: &Place) -> String {
    let resource = format!("role/aws-service-role/{PRINCIPAL}/AWSServiceRoleForAutoScaling");
    Arn::new("iam", "", &place.account, resource).to_string()
}
