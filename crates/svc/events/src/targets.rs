//! What a target may be, and what it must say of itself. Pure.

use wharf_api_events::Target;
use wharf_base::{Arn, LogResource};
use wharf_service::Place;

use crate::transform::{BadTransform, Transform};

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Queue,
    Topic,
    Cluster,
    Bus,
    Destination,
    LogGroup,
}

impl Kind {
    /// `None` for what no event can be sent to.
    pub fn of(arn: &str) -> Option<Self> {
        let arn: Arn = arn.parse().ok()?;
        match (arn.service.as_str(), arn.resource.split_once('/')) {
            ("sqs", None) => Some(Self::Queue),
            ("sns", None) => Some(Self::Topic),
            ("logs", _) if log_group(&arn.resource).is_some() => Some(Self::LogGroup),
            ("ecs", Some(("cluster", _))) => Some(Self::Cluster),
            ("events", Some(("event-bus", _))) => Some(Self::Bus),
            ("events", Some(("api-destination", _))) => Some(Self::Destination),
            _ => None,
        }
    }
}

/// Why a target cannot be kept, in EventBridge's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("Parameter {0} is not valid. Reason: Provided Arn is not in correct format.")]
    NoArn(String),
    #[error("{0} is not a supported target for a rule.")]
    Unsupported(String),
    #[error(
        "Parameter {0} is not valid. Reason: the log group must be of the rule's account and region."
    )]
    Elsewhere(String),
    #[error("Parameter {0} is not valid. Reason: only event buses are targets in other regions.")]
    OtherRegion(String),
    #[error("Parameter(s) {parameters} are not valid for target: {id}.")]
    Unfit {
        parameters: &'static str,
        id: String,
    },
    #[error("Parameter(s) {parameters} must be specified for target: {id}.")]
    Missing {
        parameters: &'static str,
        id: String,
    },
    #[error("RoleArn is required for target {0}.")]
    NoRole(String),
    #[error(
        "Parameter TaskCount is not valid for target {0}. Reason: it must be between 1 and 10."
    )]
    TaskCount(String),
    #[error(
        "Input, InputPath and InputTransformer are not valid for target {0}: a bus gets the event."
    )]
    OfBus(String),
    #[error("Parameter DeadLetterConfig is not valid. Reason: {0} is not a standard SQS queue.")]
    DeadLetters(String),
    #[error(transparent)]
    Transform(#[from] BadTransform),
}

/// The name of a log group, from its ARN's last part.
pub fn log_group(resource: &str) -> Option<&str> {
    LogResource::parse(resource)?.whole_group()
}

/// A log group is one of the rule's account and region, others but buses are of its region.
pub fn check_place(target: &Target, place: &Place) -> Result<(), BadTarget> {
    let text = target.arn.as_deref().unwrap_or_default();
    let Ok(arn) = text.parse::<Arn>() else {
        return Ok(());
    };
    let is_here = arn.region == place.region;
    match Kind::of(text) {
        Some(Kind::LogGroup) if !is_here || arn.account != place.account => {
            Err(BadTarget::Elsewhere(text.to_owned()))
        }
        None | Some(Kind::Bus | Kind::LogGroup) => Ok(()),
        Some(_) if is_here => Ok(()),
        Some(_) => Err(BadTarget::OtherRegion(text.to_owned())),
    }
}

/// Whether a target can be kept.
///
/// # Errors
/// Why not.
pub fn check(target: &Target) -> Result<(), BadTarget> {
    let id = target.id.as_deref().unwrap_or_default();
    let arn = target.arn.as_deref().unwrap_or_default();
    if arn.parse::<Arn>().is_err() {
        return Err(BadTarget::NoArn(arn.to_owned()));
    }
    let kind = Kind::of(arn);
    let kind = kind.ok_or_else(|| BadTarget::Unsupported(arn.to_owned()))?;
    let unfit = |parameters| BadTarget::Unfit {
        parameters,
        id: id.to_owned(),
    };
    if kind != Kind::Cluster && target.ecs_parameters.is_some() {
        return Err(unfit("EcsParameters"));
    }
    if kind != Kind::Queue && target.sqs_parameters.is_some() {
        return Err(unfit("SqsParameters"));
    }
    if kind != Kind::Destination && target.http_parameters.is_some() {
        return Err(unfit("HttpParameters"));
    }
    match kind {
        Kind::Destination if target.role_arn.is_none() => {
            return Err(BadTarget::NoRole(arn.to_owned()));
        }
        Kind::Destination | Kind::LogGroup => {}
        Kind::Cluster => cluster(target, arn, id)?,
        Kind::Queue => {
            let group = target
                .sqs_parameters
                .as_ref()
                .and_then(|it| it.message_group_id.as_ref());
            let fifo = arn.ends_with(".fifo");
            if fifo && group.is_none_or(String::is_empty) {
                return Err(missing("SqsParameters", id));
            }
        }
        Kind::Topic => {}
        Kind::Bus => {
            let changes = [
                target.input.is_some(),
                target.input_path.is_some(),
                target.input_transformer.is_some(),
            ];
            if changes.contains(&true) {
                return Err(BadTarget::OfBus(id.to_owned()));
            }
        }
    }
    if let Some(queue) = target
        .dead_letter_config
        .as_ref()
        .and_then(|it| it.arn.as_deref())
    {
        check_dead_letters(queue)?;
    }
    Transform::check(target)?;
    Ok(())
}

/// Whether a queue can be one of dead letters.
///
/// # Errors
/// It is none, or one with order.
pub fn check_dead_letters(queue: &str) -> Result<(), BadTarget> {
    match Kind::of(queue) == Some(Kind::Queue) && !queue.ends_with(".fifo") {
        true => Ok(()),
        false => Err(BadTarget::DeadLetters(queue.to_owned())),
    }
}

fn missing(parameters: &'static str, id: &str) -> BadTarget {
    BadTarget::Missing {
        parameters,
        id: id.to_owned(),
    }
}

fn cluster(target: &Target, arn: &str, id: &str) -> Result<(), BadTarget> {
    if target.role_arn.is_none() {
        return Err(BadTarget::NoRole(arn.to_owned()));
    }
    let Some(parameters) = &target.ecs_parameters else {
        return Err(missing("EcsParameters", id));
    };
    let count = parameters.task_count.unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(BadTarget::TaskCount(id.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_api_events::{DeadLetterConfig, EcsParameters};

    fn target(arn: &str) -> Target {
        Target {
            id: Some("t".to_owned()),
            arn: Some(arn.to_owned()),
            ..Target::default()
        }
    }

    #[test]
    fn buses_alone_are_of_other_regions() {
        let place = Place::new("000000000000", "us-east-1");
        for (arn, fits) in [
            ("arn:aws:sqs:us-east-1:111111111111:q", true),
            ("arn:aws:sqs:eu-west-1:000000000000:q", false),
            ("arn:aws:sns:eu-west-1:000000000000:t", false),
            ("arn:aws:ecs:eu-west-1:000000000000:cluster/c", false),
            ("arn:aws:logs:eu-west-1:000000000000:log-group:g", false),
            ("arn:aws:events:eu-west-1:000000000000:event-bus/b", true),
        ] {
            let checked = check_place(&target(arn), &place);
            assert_eq!(checked.is_ok(), fits, "{arn} {checked:?}");
        }
    }

    #[test]
    fn what_a_target_must_say() {
        let cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/c";
        let queue = "arn:aws:sqs:us-east-1:000000000000:q";
        let full = Target {
            role_arn: Some("arn:aws:iam::000000000000:role/r".to_owned()),
            ecs_parameters: Some(EcsParameters::default()),
            ..target(cluster)
        };
        let dead = |queue: &str| Target {
            dead_letter_config: Some(DeadLetterConfig {
                arn: Some(queue.to_owned()),
            }),
            ..target(queue)
        };
        for good in [
            target(queue),
            full.clone(),
            target("arn:aws:sns:r:1:t"),
            target("arn:aws:logs:us-east-1:000000000000:log-group:/a/b:*"),
            dead(queue),
        ] {
            assert_eq!(check(&good), Ok(()));
        }
        let many = EcsParameters {
            task_count: Some(11),
            ..EcsParameters::default()
        };
        for bad in [
            target("x"),
            target("arn:aws:logs:us-east-1:000000000000:log-group:a:log-stream:b"),
            target("arn:aws:logs:us-east-1:000000000000:log-group:*"),
            target("arn:aws:events:us-east-1:000000000000:api-destination/a/b"),
            target("arn:aws:lambda:us-east-1:000000000000:function:f"),
            target(cluster),
            target("arn:aws:sqs:us-east-1:000000000000:q.fifo"),
            dead("arn:aws:sqs:us-east-1:000000000000:q.fifo"),
            Target {
                role_arn: None,
                ..full.clone()
            },
            Target {
                ecs_parameters: None,
                ..full.clone()
            },
            Target {
                ecs_parameters: Some(many),
                ..full.clone()
            },
            Target {
                ecs_parameters: full.ecs_parameters,
                ..target(queue)
            },
        ] {
            assert!(check(&bad).is_err(), "{bad:?}");
        }
    }
}
