//! Names, keys and ARNs.

use sha2::{Digest as _, Sha256};
use wharf_base::Arn;
use wharf_records::{Record as _, Scope, escape};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    fault,
    records::{Activity, Forecast, Policy, Scheduled, Target},
};

pub const SERVICE: &str = "application-autoscaling";
/// What is scaled.
pub const NAMESPACE: &str = "ecs";
pub const DIMENSION: &str = "ecs:service:DesiredCount";
/// In whose name services of ECS are scaled: what its service-linked role may do.
pub const PRINCIPAL: &str = "ecs.application-autoscaling.amazonaws.com";
/// Digits of the id in a target's ARN.
const ID_DIGITS: usize = 36;
const LONGEST_NAME: usize = 255;

/// A service of ECS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub cluster: String,
    pub service: String,
}

impl Resource {
    /// # Errors
    /// It is nothing that is scaled here.
    pub fn of_request(
        namespace: Option<&str>,
        id: Option<&str>,
        dimension: Option<&str>,
    ) -> Result<Self, Fault> {
        known(namespace, dimension)?;
        Self::parse(id.unwrap_or_default()).ok_or_else(fault::unsupported_resource)
    }

    /// `service/CLUSTER/SERVICE`
    pub fn parse(id: &str) -> Option<Self> {
        let pieces: Vec<&str> = id.split('/').collect();
        let ["service", cluster, service] = pieces[..] else {
            return None;
        };
        let of_name = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
        let is_name = |it: &str| (1..=LONGEST_NAME).contains(&it.len()) && it.chars().all(of_name);
        (is_name(cluster) && is_name(service)).then(|| Self {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
        })
    }

    pub fn id(&self) -> String {
        format!("service/{}/{}", self.cluster, self.service)
    }

    pub fn service_arn(&self, place: &Place) -> String {
        Arn::new(NAMESPACE, &place.region, &place.account, self.id()).to_string()
    }

    pub fn cluster_arn(&self, place: &Place) -> String {
        let resource = format!("cluster/{}", self.cluster);
        Arn::new(NAMESPACE, &place.region, &place.account, resource).to_string()
    }
}

/// # Errors
/// The namespace or the dimension is another than the one that is scaled here.
pub fn known(namespace: Option<&str>, dimension: Option<&str>) -> Result<(), Fault> {
    let namespace = namespace.unwrap_or_default();
    if namespace != NAMESPACE {
        return Err(fault::invalid(format!(
            "The service namespace {namespace} is not supported by this version of wharf: services of ECS ({NAMESPACE}) are scaled alone."
        )));
    }
    match dimension {
        None | Some(DIMENSION) => Ok(()),
        Some(_) => Err(fault::unsupported_resource()),
    }
}

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

/// What tells a target from others: it is in its ARN, and its records begin with it. The same resource always has the
/// same.
pub fn target_id(place: &Place, resource: &str) -> String {
    let digest = Sha256::new()
        .chain_update(&place.account)
        .chain_update("\n")
        .chain_update(&place.region)
        .chain_update("\n")
        .chain_update(NAMESPACE)
        .chain_update("\n")
        .chain_update(resource)
        .chain_update("\n")
        .chain_update(DIMENSION)
        .finalize();
    let mut id = hex::encode(digest);
    id.truncate(ID_DIGITS);
    id
}

pub fn target_key(place: &Place, id: &str) -> String {
    scope(place).key(Target::KIND, id)
}

pub fn policy_key(place: &Place, target: &str, name: &str) -> String {
    scope(place).key(Policy::KIND, &below(target, name))
}

pub fn forecast_key(place: &Place, target: &str, policy: &str) -> String {
    scope(place).key(Forecast::KIND, &below(target, policy))
}

pub fn scheduled_key(place: &Place, target: &str, name: &str) -> String {
    scope(place).key(Scheduled::KIND, &below(target, name))
}

pub fn activity_key(place: &Place, target: &str, id: &str) -> String {
    scope(place).key(Activity::KIND, &below(target, id))
}

/// The id of what belongs to a target.
pub fn below(target: &str, name: &str) -> String {
    format!("{target}/{name}")
}

/// The target that an id of [`below`] belongs to.
pub fn owner(id: &str) -> Option<&str> {
    id.split_once('/').map(|it| it.0)
}

/// What keys of all that belongs to a target begin with, or of all targets.
pub fn prefix(place: &Place, kind: &str, target: Option<&str>) -> String {
    let start = target.map_or_else(String::new, |it| escape(&below(it, "")));
    scope(place).prefix(kind) + &start
}

pub fn target_arn(place: &Place, id: &str) -> String {
    let resource = format!("scalable-target/{id}");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

/// The target that an ARN of this place names.
pub fn target_of_arn(place: &Place, arn: &str) -> Option<String> {
    let start = target_arn(place, "");
    arn.strip_prefix(start.as_str()).map(str::to_owned)
}

pub fn policy_arn(place: &Place, uuid: &str, resource: &str, name: &str) -> String {
    let resource =
        format!("scalingPolicy:{uuid}:resource/{NAMESPACE}/{resource}:policyName/{name}");
    Arn::new("autoscaling", &place.region, &place.account, resource).to_string()
}

pub fn scheduled_arn(place: &Place, uuid: &str, resource: &str, name: &str) -> String {
    let resource = format!(
        "scheduledAction:{uuid}:resource/{NAMESPACE}/{resource}:scheduledActionName/{name}"
    );
    Arn::new("autoscaling", &place.region, &place.account, resource).to_string()
}

/// What the ARN of a policy says.
#[derive(Debug, PartialEq, Eq)]
pub struct PolicyName {
    pub place: Place,
    pub uuid: String,
    pub resource: String,
    pub name: String,
}

pub fn policy_of_arn(arn: &str) -> Option<PolicyName> {
    let arn: Arn = arn.parse().ok()?;
    let rest = arn.resource.strip_prefix("scalingPolicy:")?;
    let (uuid, rest) = rest.split_once(":resource/ecs/")?;
    let (resource, name) = rest.split_once(":policyName/")?;
    (arn.service == "autoscaling").then(|| PolicyName {
        place: Place::new(&arn.account, &arn.region),
        uuid: uuid.to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
    })
}

/// The role that the service acts with.
pub fn role_arn(place: &Place) -> String {
    let role = "AWSServiceRoleForApplicationAutoScaling_ECSService";
    let resource = format!("role/aws-service-role/{PRINCIPAL}/{role}");
    Arn::new("iam", "", &place.account, resource).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_services_of_clusters() {
        let parsed = Resource::parse("service/c-1/web_2").unwrap();
        assert_eq!(parsed.id(), "service/c-1/web_2");
        for bad in [
            "",
            "service/c",
            "service/c/s/t",
            "service//s",
            "service/c/ ",
            "cluster/c/s",
            "table/x",
            "service/c/s\n",
        ] {
            assert_eq!(Resource::parse(bad), None, "{bad:?}");
        }
        assert_eq!(
            Resource::parse(&format!("service/c/{}", "s".repeat(256))),
            None
        );
    }

    #[test]
    fn arns_of_policies_say_what_they_are_of() {
        let place = Place::new("000000000000", "us-east-1");
        let arn = policy_arn(&place, "7", "service/c/s", "a:policyName/b c");
        assert_eq!(
            arn,
            "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:7:resource/ecs/service/c/s:policyName/a:policyName/b c"
        );
        let read = policy_of_arn(&arn).unwrap();
        assert_eq!((read.place, read.uuid.as_str()), (place.clone(), "7"));
        assert_eq!(
            (read.resource.as_str(), read.name.as_str()),
            ("service/c/s", "a:policyName/b c")
        );
        for bad in [
            "",
            "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:7:autoScalingGroupName/g:policyName/p",
            "arn:aws:sns:us-east-1:000000000000:scalingPolicy:7:resource/ecs/service/c/s:policyName/p",
        ] {
            assert_eq!(policy_of_arn(bad), None, "{bad}");
        }
    }

    #[test]
    fn ids_of_targets_fit_their_arns() {
        let (here, there) = (Place::new("1", "us-east-1"), Place::new("2", "us-east-1"));
        let id = target_id(&here, "service/c/s");
        assert_eq!(id.len(), ID_DIGITS);
        assert_eq!(id, target_id(&here, "service/c/s"));
        assert_ne!(id, target_id(&there, "service/c/s"));
        assert_eq!(
            target_of_arn(&here, &target_arn(&here, &id)),
            Some(id.clone())
        );
        assert_eq!(target_of_arn(&there, &target_arn(&here, &id)), None);
    }
}
