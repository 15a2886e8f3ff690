//! What topics are to hear of a group.

use serde::{Deserialize, Serialize};
use wharf_records::{Record, Unknown};

use super::{Activity, Kind, Status};

/// What happens to a group's instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Happening {
    Launch,
    LaunchError,
    Terminate,
    TerminateError,
    /// Of a topic, when it is named.
    Test,
}

impl Happening {
    pub const ALL: [Self; 5] = [
        Self::Launch,
        Self::LaunchError,
        Self::Terminate,
        Self::TerminateError,
        Self::Test,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "autoscaling:EC2_INSTANCE_LAUNCH",
            Self::LaunchError => "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
            Self::Terminate => "autoscaling:EC2_INSTANCE_TERMINATE",
            Self::TerminateError => "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
            Self::Test => "autoscaling:TEST_NOTIFICATION",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What an activity came to.
    pub fn of(activity: &Activity) -> Option<Self> {
        activity.ended_at?;
        match (activity.kind, activity.status) {
            (Kind::Launch, Status::Successful) => Some(Self::Launch),
            (Kind::Launch, Status::Failed | Status::Cancelled) => Some(Self::LaunchError),
            (Kind::Terminate, Status::Successful) => Some(Self::Terminate),
            (Kind::Terminate, Status::Failed) => Some(Self::TerminateError),
            _ => None,
        }
    }

    /// As subjects of messages have it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::LaunchError => "failed launch",
            Self::Terminate => "termination",
            Self::TerminateError => "failed termination",
            Self::Test => "test notification",
        }
    }
}

/// A message that a topic is owed, under the group's uuid, the activity's id and the topic. It is written with the end
/// of the activity, and goes when the topic has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub topic: String,
    pub what: Happening,
    pub activity: Activity,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Notice {
    const KIND: &'static str = "notice";
    const FORMAT: u32 = 1;
}
