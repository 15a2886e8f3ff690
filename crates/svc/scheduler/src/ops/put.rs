//! CreateSchedule and UpdateSchedule.

use std::time::Duration;

use wharf_api_scheduler::{
    CreateScheduleInput, CreateScheduleOutput, FlexibleTimeWindow, Target, UpdateScheduleInput,
    UpdateScheduleOutput,
};
use wharf_base::{Timestamp, ids};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, digest},
    fault,
    names::{self, DEFAULT_GROUP, PRINCIPAL},
    records::{Schedule, Token, When},
    target, timing, under_key,
};

/// What an account may have in a region, as AWS has it.
pub const MOST_SCHEDULES: usize = 1_000_000;

/// How far back a schedule may begin.
const EARLIEST_START: Duration = Duration::from_secs(5 * 60);

/// So expressions of one moment begin.
const ONCE: &str = "at(";

/// What both operations give.
struct Given {
    group: String,
    name: String,
    when: When,
    target: Target,
    kms_key: Option<String>,
    description: Option<String>,
    enabled: bool,
    delete_after: bool,
}

pub async fn create_schedule(
    core: &Core,
    call: &Call,
    input: CreateScheduleInput,
) -> Result<CreateScheduleOutput, Fault> {
    let place = Place::of(call);
    let token = input.client_token.clone().map(|token| Token {
        token,
        digest: digest("CreateSchedule", &input),
    });
    let given = Given::of(input)?;
    let arn = check(core, &place, &given, None).await?;
    let key = names::schedule_key(&place, &given.group, &given.name);
    let all = names::scope(&place).prefix(<Schedule as wharf_records::Record>::KIND);
    if core.table.count(&all).await? >= MOST_SCHEDULES {
        return Err(fault::too_many("schedules", MOST_SCHEDULES));
    }
    let made = given.record(core, call, &arn, token).await?;
    transact!(core.table, &call.permit, |tx| {
        core.standing_group(&mut tx, &place, &made.group).await?;
        match tx.find::<Schedule>(&key).await? {
            None => tx.put(&key, &made),
            Some(there) => repeats(&there.token, &made.token, || {
                fault::schedule_exists(&made.name)
            })?,
        }
    });
    Ok(CreateScheduleOutput {
        schedule_arn: Some(arn),
    })
}

/// Whether a request that finds its resource is the one that made it.
///
/// # Errors
/// `exists`, or the token's with another request.
pub fn repeats(
    there: &Option<Token>,
    asked: &Option<Token>,
    exists: impl Fn() -> Fault,
) -> Result<(), Fault> {
    match (there, asked) {
        (Some(there), Some(asked)) if there == asked => Ok(()),
        (Some(there), Some(asked)) if there.token == asked.token => Err(fault::other_request()),
        _ => Err(exists()),
    }
}

/// All of it is replaced: what is not given has its default again.
pub async fn update_schedule(
    core: &Core,
    call: &Call,
    input: UpdateScheduleInput,
) -> Result<UpdateScheduleOutput, Fault> {
    let place = Place::of(call);
    let given = Given::of(CreateScheduleInput {
        name: input.name,
        group_name: input.group_name,
        schedule_expression: input.schedule_expression,
        start_date: input.start_date,
        end_date: input.end_date,
        description: input.description,
        schedule_expression_timezone: input.schedule_expression_timezone,
        state: input.state,
        kms_key_arn: input.kms_key_arn,
        target: input.target,
        flexible_time_window: input.flexible_time_window,
        client_token: None,
        action_after_completion: input.action_after_completion,
    })?;
    let before = core.schedule(&place, &given.group, &given.name).await?;
    let arn = check(core, &place, &given, before.when.start).await?;
    let key = names::schedule_key(&place, &given.group, &given.name);
    let made = given.record(core, call, &arn, None).await?;
    transact!(core.table, &call.permit, |tx| {
        core.standing_group(&mut tx, &place, &made.group).await?;
        let there = tx.find::<Schedule>(&key).await?;
        let there = there.ok_or_else(|| fault::no_schedule(&made.name))?;
        let changed = Schedule {
            created_at: there.created_at,
            token: there.token,
            unknown: there.unknown,
            ..made.clone()
        };
        tx.put(&key, &changed);
    });
    Ok(UpdateScheduleOutput {
        schedule_arn: Some(arn),
    })
}

fn when(
    expression: Option<String>,
    zone: Option<String>,
    (start, end): (Option<Timestamp>, Option<Timestamp>),
    window: &FlexibleTimeWindow,
) -> Result<When, Fault> {
    let minutes = window.maximum_window_in_minutes;
    let window_minutes = match (window.mode.as_deref(), minutes) {
        (Some("FLEXIBLE"), Some(minutes)) => u32::try_from(minutes).unwrap_or_default(),
        (Some("FLEXIBLE"), None) => {
            return Err(fault::invalid(
                "MaximumWindowInMinutes is required for a flexible time window.",
            ));
        }
        (_, Some(_)) => {
            return Err(fault::invalid(
                "MaximumWindowInMinutes must not be given when the flexible time window is OFF.",
            ));
        }
        (_, None) => 0,
    };
    Ok(When {
        expression: expression.unwrap_or_default(),
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        start,
        end,
        window_minutes,
    })
}

/// The ARN of a schedule that could be carried out. `began`: when it does already, which may be long ago.
///
/// # Errors
/// It could not.
async fn check(
    core: &Core,
    place: &Place,
    given: &Given,
    began: Option<Timestamp>,
) -> Result<String, Fault> {
    timing::check(&given.when)?;
    let request = target::check(&given.target, &place.region)?;
    if target::is_universal(&given.target) {
        let arn = given.target.arn.as_deref().unwrap_or_default();
        let known = core
            .parts
            .operations
            .knows(&request.service, &request.operation);
        known.map_err(|it| {
            fault::invalid(format!("{arn} is not a valid target ARN: {}", it.message))
        })?;
    }
    if given.when.end.is_some_and(|end| end <= core.now()) {
        return Err(fault::invalid(
            "The EndDate you specify must be in the future.",
        ));
    }
    let earliest = core.now() - EARLIEST_START;
    // One that happens once has no beginning, whatever is said of it.
    let start = (given.when.start).filter(|_| !given.when.expression.starts_with(ONCE));
    if start != began && start.is_some_and(|start| start < earliest) {
        return Err(fault::invalid(
            "The StartDate you specify cannot be earlier than 5 minutes ago.",
        ));
    }
    core.group(place, &given.group).await?;
    let arn = names::schedule_arn(place, &given.group, &given.name);
    let role = given.target.role_arn.as_deref().unwrap_or_default();
    let operations = &core.parts.operations;
    let allowed = operations.may_assume(role, PRINCIPAL, &arn).await;
    allowed.map_err(|error| match error.status {
        500.. => error,
        _ => fault::role(),
    })?;
    Ok(arn)
}

impl Given {
    /// # Errors
    /// A window that cannot be.
    fn of(input: CreateScheduleInput) -> Result<Self, Fault> {
        let window = input.flexible_time_window.unwrap_or_default();
        Ok(Self {
            group: input.group_name.unwrap_or_else(|| DEFAULT_GROUP.to_owned()),
            name: input.name.unwrap_or_default(),
            when: when(
                input.schedule_expression,
                input.schedule_expression_timezone,
                (input.start_date, input.end_date),
                &window,
            )?,
            target: input.target.unwrap_or_default(),
            kms_key: input.kms_key_arn,
            description: input.description,
            enabled: input.state.as_deref() != Some("DISABLED"),
            delete_after: input.action_after_completion.as_deref() == Some("DELETE"),
        })
    }

    /// # Errors
    /// Its key cannot be used.
    async fn record(
        self,
        core: &Core,
        call: &Call,
        arn: &str,
        token: Option<Token>,
    ) -> Result<Schedule, Fault> {
        let now = core.now();
        let made = Schedule {
            done_until: timing::done_at_first(&self.when, now),
            target: target::document(&self.target),
            kms_key: None,
            sealed: None,
            group: self.group,
            name: self.name,
            when: self.when,
            description: self.description,
            enabled: self.enabled,
            delete_after: self.delete_after,
            created_at: now,
            changed_at: now,
            incarnation: ids::uuid(),
            token,
            unknown: Default::default(),
        };
        match self.kms_key {
            Some(key) => under_key::kept(&*core.parts.kms, call, arn, &key, made).await,
            None => Ok(made),
        }
    }
}
