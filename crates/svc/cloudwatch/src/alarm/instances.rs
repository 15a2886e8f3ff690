//! What alarms do to instances: which ARNs say so, and which instance it is. Pure.

use serde::{Deserialize, Serialize};
use wharf_base::Arn;
use wharf_delivery::Policy;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    alarm::action::Action,
    fault::validation,
    records::{MetricRule, Source},
};

const DIMENSION: &str = "InstanceId";
const NAMESPACE: &str = "AWS/EC2";
/// What is said of an instance's host.
const SYSTEM: &str = "StatusCheckFailed_System";
/// The account in the ARNs of what is done in the name of the alarm's account.
const AUTOMATE: &str = "ec2";

/// What is done to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Stop,
    Terminate,
    Reboot,
    /// What it runs on has failed.
    Recover,
}

/// An alarm's deed on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errand {
    pub alarm_arn: String,
    pub alarm: String,
    pub account: String,
    pub region: String,
    /// The action's ARN, as it was given.
    pub action: String,
    pub operation: String,
    pub instance: String,
}

impl Errand {
    /// An instance that could not be reached for minutes may be wanted again.
    pub const POLICY: Policy = Policy {
        retries: 185,
        max_age_seconds: 300,
    };
}

impl Deed {
    /// Of `arn:aws:automate:REGION:ec2:stop`, or `arn:aws:swf:REGION:ACCOUNT:action/actions/AWS_EC2.InstanceId.Stop/1.0`.
    pub fn named(arn: &Arn) -> Option<Self> {
        let name = match arn.service.as_str() {
            "automate" if arn.account == AUTOMATE => arn.resource.clone(),
            "swf" => {
                let of = arn
                    .resource
                    .strip_prefix("action/actions/AWS_EC2.InstanceId.");
                let name = of?.strip_suffix("/1.0")?;
                name.to_ascii_lowercase()
            }
            _ => return None,
        };
        match name.as_str() {
            "stop" => Some(Self::Stop),
            "terminate" => Some(Self::Terminate),
            "reboot" => Some(Self::Reboot),
            "recover" => Some(Self::Recover),
            _ => None,
        }
    }

    /// The operation of EC2. A disk is where its instance's host is, so an instance is recovered there: it boots anew as soon
    /// as its host is back, as it would on another one in AWS.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Stop => "StopInstances",
            Self::Terminate => "TerminateInstances",
            Self::Reboot | Self::Recover => "RebootInstances",
        }
    }

    /// What policies must allow to whoever puts such an alarm.
    pub fn permission(self) -> &'static str {
        match self {
            Self::Recover => "RecoverInstances",
            other => other.operation(),
        }
    }
}

/// Whether an action is of the alarm's place.
pub fn is_of(place: &Place, arn: &Arn) -> bool {
    let own = arn.account == AUTOMATE || arn.account == place.account;
    own && arn.region == place.region
}

/// The instance in the dimensions of a metric.
pub fn among<'a>(dimensions: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    let mut dimensions = dimensions.into_iter();
    let found = dimensions.find(|(name, _)| *name == DIMENSION)?.1;
    let digits = found.strip_prefix("i-")?;
    let are_hex = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit());
    (are_hex && digits.len() <= 17).then_some(found)
}

/// The instance that an alarm is about.
pub fn watched(rule: &MetricRule) -> Option<&str> {
    let Source::Metric(metric) = &rule.source else {
        return None;
    };
    let dimensions = metric.dimensions.iter();
    among(dimensions.map(|(name, value)| (name.as_str(), value.as_str())))
}

/// # Errors
/// An action is for an instance, and the alarm is about none, or is not about what the action is for.
pub fn check(rule: &MetricRule, actions: [&Option<Vec<String>>; 3]) -> Result<(), Fault> {
    for action in actions.into_iter().flatten().flatten() {
        let Ok(Action::Instance(deed, _)) = Action::parse(action) else {
            continue;
        };
        if watched(rule).is_none() {
            return Err(validation(format!(
                "The action {action} is for alarms on one metric with the dimension {DIMENSION} alone, whose value is an instance's id."
            )));
        }
        if deed == Deed::Recover && !is_of_system(rule) {
            return Err(validation(format!(
                "The action {action} is for alarms on the metric {SYSTEM} of {NAMESPACE} alone."
            )));
        }
    }
    Ok(())
}

/// Whether an alarm looks at what an instance runs on.
fn is_of_system(rule: &MetricRule) -> bool {
    match &rule.source {
        Source::Metric(metric) => (&*metric.namespace, &*metric.name) == (NAMESPACE, SYSTEM),
        Source::Queries(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_have_two_sorts_of_arns() {
        let named = |text: &str| Deed::named(&text.parse().unwrap());
        let automate = |deed: &str| named(&format!("arn:aws:automate:us-east-1:ec2:{deed}"));
        assert_eq!(automate("stop"), Some(Deed::Stop));
        assert_eq!(automate("terminate"), Some(Deed::Terminate));
        assert_eq!(automate("reboot"), Some(Deed::Reboot));
        assert_eq!(automate("recover"), Some(Deed::Recover));
        assert_eq!(automate("hibernate"), None);
        let swf = "arn:aws:swf:us-east-1:000000000000:action/actions/AWS_EC2.InstanceId";
        assert_eq!(named(&format!("{swf}.Reboot/1.0")), Some(Deed::Reboot));
        assert_eq!(named(&format!("{swf}.Recover/1.0")), Some(Deed::Recover));
        assert_eq!(named(&format!("{swf}.Stop/2.0")), None);
        assert_eq!(named("arn:aws:automate:us-east-1:0123:stop"), None);
    }

    #[test]
    fn an_instance_is_its_dimension() {
        let of = |name, value| among([("Other", "i-0"), (name, value)]);
        assert_eq!(of(DIMENSION, "i-0abc"), Some("i-0abc"));
        for (name, value) in [
            ("instanceid", "i-0abc"),
            (DIMENSION, "i-"),
            (DIMENSION, "*"),
            (DIMENSION, "i-0abc*"),
            (DIMENSION, "i-0123456789abcdef01"),
        ] {
            assert_eq!(of(name, value), None, "{name} {value}");
        }
    }
}
