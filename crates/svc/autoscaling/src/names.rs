//! Names, keys and ARNs.

use wharf_base::Arn;
use wharf_records::{Record as _, Scope};
use wharf_service::Place;

use wharf_scaling::forecast::Forecast;

use crate::records::{
    Activity, Configuration, Group, Hook, LaunchRequest, Member, Notice, Policy, Refresh, Scheduled,
};

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

pub fn policy_key(place: &Place, group: &str, name: &str) -> String {
    scope(place).key(Policy::KIND, &below(group, name))
}

pub fn forecast_key(place: &Place, group: &str, policy: &str) -> String {
    scope(place).key(Forecast::KIND, &below(group, policy))
}

pub fn scheduled_key(place: &Place, group: &str, name: &str) -> String {
    scope(place).key(Scheduled::KIND, &below(group, name))
}

pub fn refresh_key(place: &Place, group: &str, id: &str) -> String {
    scope(place).key(Refresh::KIND, &below(group, id))
}

/// `token` is the client's.
pub fn launch_request_key(place: &Place, group: &str, token: &str) -> String {
    scope(place).key(LaunchRequest::KIND, &below(group, token))
}

/// `id` is the activity's.
pub fn notice_key(place: &Place, group: &str, id: &str, topic: &str) -> String {
    scope(place).key(Notice::KIND, &below(group, &format!("{id}/{topic}")))
}

/// The region of a topic of SNS.
pub fn region_of(topic: &str) -> Option<String> {
    let arn: Arn = topic.parse().ok()?;
    (arn.service == "sns" && !arn.resource.is_empty()).then_some(arn.region)
}

/// The id of what belongs to a group; `group` is its uuid.
pub fn below(group: &str, name: &str) -> String {
    format!("{group}/{name}")
}

pub fn group_arn(place: &Place, uuid: &str, name: &str) -> String {
    let resource = format!("autoScalingGroup:{uuid}:autoScalingGroupName/{name}");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

pub fn scheduled_arn(place: &Place, uuid: &str, group: &str, name: &str) -> String {
    let resource = format!(
        "scheduledUpdateGroupAction:{uuid}:autoScalingGroupName/{group}:scheduledActionName/{name}"
    );
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

pub fn policy_arn(place: &Place, uuid: &str, group: &str, name: &str) -> String {
    let resource = format!("scalingPolicy:{uuid}:autoScalingGroupName/{group}:policyName/{name}");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

/// What the ARN of a policy says.
#[derive(Debug, PartialEq, Eq)]
pub struct PolicyName {
    pub place: Place,
    pub uuid: String,
    pub group: String,
    pub name: String,
}

pub fn policy_of_arn(arn: &str) -> Option<PolicyName> {
    let arn: Arn = arn.parse().ok()?;
    let rest = arn.resource.strip_prefix("scalingPolicy:")?;
    let (uuid, rest) = rest.split_once(":autoScalingGroupName/")?;
    let (group, name) = rest.split_once(":policyName/")?;
    (arn.service == SERVICE).then(|| PolicyName {
        place: Place::new(&arn.account, &arn.region),
        uuid: uuid.to_owned(),
        group: group.to_owned(),
        name: name.to_owned(),
    })
}

pub fn alarm_arn(place: &Place, name: &str) -> String {
    let resource = format!("alarm:{name}");
    Arn::new("cloudwatch", &place.region, &place.account, resource).to_string()
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
