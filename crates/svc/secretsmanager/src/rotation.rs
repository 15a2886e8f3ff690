//! How a secret gets a new value by itself: when, and what of it was done. Pure.
//!
//! A rotation makes a version that is AWSPENDING and has no value yet. An HTTP endpoint is then told the four
//! steps that AWS tells a Lambda function, one after the other; a task of ECS is started once and does them
//! all. The rotation has succeeded when the version is AWSCURRENT.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use wharf_api_secretsmanager::RotationRulesType;
use wharf_base::{Timestamp, backoff::doubled};
use wharf_schedule::{Expression, Zone};
use wharf_wire::Fault;

use crate::{fault, records::Secret, versions};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How far apart rotations are at least and at most, as AWS has it.
const SHORTEST: Duration = Duration::from_secs(4 * 3600);
const LONGEST: Duration = Duration::from_secs(999 * 24 * 3600);
/// Moments of a cron expression that are looked at, from a beginning of a UTC day: those of a month of days.
const LOOKED_AT: usize = 32;
const START: Timestamp = Timestamp(0);
/// Tries of one step; then the rotation waits for its next moment, or for RotateSecret.
pub const MOST_TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LAST_WAIT: Duration = Duration::from_secs(300);

/// How a secret is rotated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    pub enabled: bool,
    /// The address of an endpoint, or the ARN of a task definition.
    pub by: String,
    /// In whose name the task is started.
    #[serde(default)]
    pub role: Option<String>,
    /// How the task is started, by the names of [`PARAMETERS`].
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub rules: Rules,
    #[serde(default)]
    pub last_at: Option<Timestamp>,
    #[serde(default)]
    pub next_at: Option<Timestamp>,
    /// The rotation under way.
    #[serde(default)]
    pub turn: Option<Turn>,
}

/// What `ExternalSecretRotationMetadata` says of a task.
pub const PARAMETERS: [&str; 7] = [
    "cluster",
    "container",
    "launchType",
    "subnets",
    "securityGroups",
    "assignPublicIp",
    "capacityProvider",
];

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    #[serde(default)]
    pub after_days: Option<i64>,
    #[serde(default)]
    pub schedule: Option<String>,
    #[serde(default)]
    pub duration: Option<String>,
}

/// A rotation under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// The version that is to become the current one.
    pub version: String,
    pub step: Step,
    /// Nothing is rotated: the endpoint is only asked to test.
    #[serde(default)]
    pub only_tests: bool,
    /// The task that does it.
    #[serde(default)]
    pub task: Option<String>,
    #[serde(default)]
    pub failures: u32,
    /// `None` after too many failures.
    pub due_at: Option<Timestamp>,
}

/// What an endpoint is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    Create,
    Set,
    Test,
    Finish,
}

impl Step {
    /// As the endpoint is told it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "createSecret",
            Self::Set => "setSecret",
            Self::Test => "testSecret",
            Self::Finish => "finishSecret",
        }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Create => Some(Self::Set),
            Self::Set => Some(Self::Test),
            Self::Test => Some(Self::Finish),
            Self::Finish => None,
        }
    }
}

/// How long after a moment a secret may be rotated.
fn window(text: &str) -> Result<Duration, Fault> {
    let hours = text.strip_suffix('h').and_then(|it| it.parse::<u8>().ok());
    match hours.filter(|it| (1..=24).contains(it)) {
        Some(hours) => Ok(HOUR * u32::from(hours)),
        None => Err(fault::parameter(format!(
            "The Duration {text} isn't valid."
        ))),
    }
}

/// Whether secrets are rotated by such an expression, each time within a window of that length.
fn check(text: &str, window: Duration) -> Result<(), Fault> {
    let bad = || fault::parameter(format!("The ScheduleExpression {text} isn't valid."));
    let too_often = || {
        fault::parameter(format!(
            "The ScheduleExpression {text} isn't valid: a secret is rotated every 4 hours at most."
        ))
    };
    let too_long = || {
        fault::parameter(
            "The Duration must not extend into the next rotation window or the next UTC day.",
        )
    };
    let expression = Expression::parse(text).map_err(|_| bad())?;
    match &expression {
        Expression::At(_) => {
            return Err(fault::parameter(
                "The ScheduleExpression must be a rate or a cron expression.",
            ));
        }
        Expression::Rate(every) => {
            return match *every {
                every if text.contains("minute") || every > LONGEST => Err(bad()),
                every if every < SHORTEST => Err(too_often()),
                every if every < window => Err(too_long()),
                _ => Ok(()),
            };
        }
        Expression::Cron(_) => {}
    }
    let fields = text
        .strip_prefix("cron(")
        .and_then(|it| it.strip_suffix(')'));
    let fields: Vec<&str> = fields.unwrap_or_default().split_whitespace().collect();
    if fields.first() != Some(&"0") || fields.last() != Some(&"*") {
        return Err(fault::parameter(format!(
            "The ScheduleExpression {text} isn't valid: its minutes are 0, its year is *."
        )));
    }
    let mut at = expression.next(START, START, Zone::UTC).ok_or_else(bad)?;
    for _ in 0..LOOKED_AT {
        let in_day = at.since(START).as_secs() % DAY.as_secs();
        if Duration::from_secs(in_day) + window > DAY {
            return Err(too_long());
        }
        let Some(next) = expression.next(at, at, Zone::UTC) else {
            break;
        };
        match next.since(at) {
            between if between < SHORTEST => return Err(too_often()),
            between if between < window => return Err(too_long()),
            _ => at = next,
        }
    }
    Ok(())
}

impl Rules {
    /// The rules that a request gives.
    ///
    /// # Errors
    /// Both forms at once; an expression that is none, or that a window of this length does not go with.
    pub fn given(given: RotationRulesType) -> Result<Self, Fault> {
        if given.automatically_after_days.is_some() && given.schedule_expression.is_some() {
            return Err(fault::parameter(
                "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules.",
            ));
        }
        let window = given.duration.as_deref().map(window).transpose()?;
        if let Some(text) = &given.schedule_expression {
            check(text, window.unwrap_or_default())?;
        }
        Ok(Self {
            after_days: given.automatically_after_days,
            schedule: given.schedule_expression,
            duration: given.duration,
        })
    }

    /// The moment of the rotation that follows one at `now`; `None` if there is no rule for it.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        if let Some(text) = &self.schedule {
            return Expression::parse(text).ok()?.next(now, now, Zone::UTC);
        }
        let days = u32::try_from(self.after_days?).ok()?;
        Some(now + DAY.saturating_mul(days))
    }
}

/// Begins a rotation that makes `version`.
///
/// # Errors
/// More versions than a secret can have.
pub fn begin(
    secret: &mut Secret,
    version: &str,
    only_tests: bool,
    now: Timestamp,
) -> Result<(), Fault> {
    if !only_tests {
        let stages = [versions::PENDING.to_owned()];
        // What it makes room for goes with the version that replaces this one.
        versions::add(secret, version, &stages, None, now)?;
    }
    if let Some(rotation) = &mut secret.rotation {
        let step = match only_tests {
            true => Step::Test,
            false => Step::Create,
        };
        rotation.turn = Some(Turn {
            version: version.to_owned(),
            step,
            only_tests,
            task: None,
            failures: 0,
            due_at: Some(now),
        });
    }
    Ok(())
}

/// Tries a rotation that failed, or waits, at once.
pub fn again(turn: &mut Turn, now: Timestamp) {
    turn.failures = 0;
    turn.due_at = Some(now);
}

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// An endpoint did its step.
    Done,
    /// A task was started, or still runs.
    Running(String),
    /// A task ended: the secret says with what.
    Ended,
    Failed,
}

/// How long a task runs before it is looked at again.
const LOOK: Duration = Duration::from_secs(5);

/// The secret after a try of its rotation.
pub fn tried(secret: &mut Secret, tried: Tried, now: Timestamp) {
    let Some(mut rotation) = secret.rotation.take() else {
        return;
    };
    let Some(mut turn) = rotation.turn.take() else {
        secret.rotation = Some(rotation);
        return;
    };
    let is_current = versions::is(secret, &turn.version, versions::CURRENT);
    let step = match tried {
        Tried::Running(task) => {
            turn.task = Some(task);
            turn.due_at = Some(now + LOOK);
            rotation.turn = Some(turn);
            secret.rotation = Some(rotation);
            return;
        }
        Tried::Done if turn.only_tests => None,
        Tried::Done => Some(turn.step.next()),
        Tried::Ended => Some(None),
        Tried::Failed => Some(Some(turn.step)),
    };
    match step {
        // Only tested.
        None => {}
        Some(Some(step)) if step != turn.step => {
            turn.step = step;
            turn.failures = 0;
            turn.due_at = Some(now);
            rotation.turn = Some(turn);
        }
        Some(None) if is_current => {
            versions::detach(secret, versions::PENDING);
            rotation.last_at = Some(now);
            rotation.next_at = rotation.rules.next(now);
        }
        // It failed, or says it has finished and has not.
        Some(_) => {
            turn.failures += 1;
            turn.task = None;
            let wait = doubled(FIRST_WAIT, LAST_WAIT, turn.failures);
            turn.due_at = (turn.failures < MOST_TRIES).then(|| now + wait);
            rotation.turn = Some(turn);
        }
    }
    secret.rotation = Some(rotation);
}

/// When something is to be done for a rotation; `None`: not before somebody asks for it.
pub fn due(rotation: &Rotation) -> Option<Timestamp> {
    let turn = rotation.turn.as_ref().and_then(|it| it.due_at);
    let next = rotation.next_at.filter(|_| rotation.enabled);
    match (turn, next) {
        (Some(turn), _) => Some(turn),
        (None, next) => next,
    }
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
