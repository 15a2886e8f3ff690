//! Carries rotations out: calls endpoints, starts tasks and looks after them. Each step may be told more
//! than once, as AWS says of its own.

use std::time::Duration;

use bytes::Bytes;
use http::{Request as HttpRequest, StatusCode, header};
use rand::Rng as _;
use serde_json::{Value, json};
use wharf_base::{Timestamp, ids};
use wharf_delivery::{Actor, Request, ask};
use wharf_egress::{Egress, Limits};
use wharf_reconcile::Next;
use wharf_service::{Shares, fence};
use wharf_wire::Fault;

use crate::{
    core::{ChangeError, Core, Found},
    fault::SecretFaults,
    names::PRINCIPAL,
    records::Secret,
    rotation::{self, Rotation, Tried, Turn},
};

type StepError = wharf_service::StepError<SecretFaults>;

/// Why a step of a rotation failed.
#[derive(Debug, thiserror::Error)]
enum StepFailed {
    /// The endpoint's address is none.
    #[error(transparent)]
    Address(#[from] http::Error),
    #[error(transparent)]
    NoAnswer(#[from] wharf_egress::Failure),
    #[error("the endpoint answered {0}")]
    Status(StatusCode),
    /// ECS is not there yet.
    #[error("the server starts")]
    Starting,
    /// The task was not found again.
    #[error(transparent)]
    NotSeen(#[from] Fault),
    #[error(transparent)]
    NotRun(#[from] wharf_delivery::Failure),
    #[error("no task was started")]
    NoTask,
}

/// As long as AWS lets a function take; nothing of an answer counts but its status.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(900),
    body: 64 << 10,
};

/// Endpoints called at once, for all accounts and for each. One that never answers holds a turn of its own account for as long
/// as [`LIMITS`] says. With the 96 of topics and the 96 of events they stay below the 256 requests that leave the machine at once,
/// so that keys of identity providers and pulls of images find turns whatever endpoints do.
pub const MOST_CALLS: usize = 48;
const CALLS_OF_ACCOUNT: usize = 6;
/// Names looked up at once: a resolver that does not answer holds a thread.
const LOOKUPS: usize = 8;
const LOOKUPS_OF_ACCOUNT: usize = 2;
/// How long a step waits until it asks again for a turn, at first and at most.
const NO_TURN: Duration = Duration::from_secs(1);
const NO_TURN_YET: Duration = Duration::from_secs(60);

/// The way to the endpoints that rotate secrets, of which each account has a share.
#[derive(Debug)]
pub struct Endpoints {
    turns: Shares,
    ways: wharf_egress::Shares,
}

impl Endpoints {
    pub fn new(egress: &Egress) -> Self {
        Self {
            turns: Shares::new(MOST_CALLS, CALLS_OF_ACCOUNT),
            ways: wharf_egress::Shares::new(
                egress,
                (MOST_CALLS, LOOKUPS),
                (CALLS_OF_ACCOUNT, LOOKUPS_OF_ACCOUNT),
            ),
        }
    }
}

/// Does what is due for the rotation of a secret, and says when to look again.
pub async fn look(core: &Core, found: &Found) -> Result<Next, StepError> {
    let Some(rotation) = &found.secret().rotation else {
        return Ok(Next::Settled);
    };
    let Some(due) = rotation::due(rotation) else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    if now < due {
        return Ok(Next::After(due.since(now)));
    }
    let held = fence::<SecretFaults>(&core.shard)?;
    let mut secret = found.secret().clone();
    let turn = rotation.turn.as_ref().filter(|it| it.due_at.is_some());
    match turn {
        // A moment of the schedule; what failed before is taken up again.
        None => begin(&mut secret, now),
        Some(turn) => {
            let account = &found.place.account;
            let held_turn = match is_task(rotation) {
                true => None,
                false => core.endpoints.turns.try_take(account),
            };
            if held_turn.is_none() && !is_task(rotation) {
                // A worker that waited for it would be taken from other accounts.
                return Ok(Next::Deferred(pause(now.since(due))));
            }
            let tried = carry(core, found, rotation, turn).await;
            // What the endpoint did to the secret meanwhile counts.
            let Some(fresh) = core.table.read::<Secret>(&found.stored.key).await? else {
                return Ok(Next::Settled);
            };
            let is_same = |it: &Secret| {
                let now = it.rotation.as_ref().and_then(|it| it.turn.as_ref());
                it.suffix == secret.suffix && now.is_some_and(|it| it.version == turn.version)
            };
            if !is_same(&fresh.record) {
                return Ok(Next::Settled);
            }
            secret = fresh.record.clone();
            rotation::tried(&mut secret, tried, core.now());
            let mut changes = core.table.begin();
            changes.when(fresh.unchanged());
            changes.fence(held);
            changes.put(&found.stored.key, &secret);
            return again_if_lost(changes.write(&crate::reconcile::PERMIT).await);
        }
    }
    let mut changes = core.table.begin();
    changes.when(found.stored.unchanged());
    changes.fence(held);
    changes.put(&found.stored.key, &secret);
    again_if_lost(changes.write(&crate::reconcile::PERMIT).await)
}

/// How long a step that was due so long ago waits for a turn: about as long again, so that the many of one account with a silent
/// endpoint look seldom, and never all together.
fn pause(overdue: Duration) -> Duration {
    let wait = overdue.clamp(NO_TURN, NO_TURN_YET);
    wait.mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// Another change of the secret came between: a step is told once more.
fn again_if_lost(done: Result<(), ChangeError>) -> Result<Next, StepError> {
    match done {
        Err(error) if error.is_conflict() => Ok(Next::After(Duration::from_millis(50))),
        done => done.map(|()| Next::Settled).map_err(StepError::from),
    }
}

fn begin(secret: &mut Secret, now: Timestamp) {
    let Some(rotation) = &mut secret.rotation else {
        return;
    };
    // The moment after this one; one that was missed is not made up for.
    rotation.next_at = rotation.rules.next(now);
    if let Some(turn) = &mut rotation.turn {
        return rotation::again(turn, now);
    }
    if let Err(error) = rotation::begin(secret, &ids::uuid(), false, now) {
        tracing::warn!(%error, "failed to begin the rotation of a secret");
    }
}

/// A task of ECS rotates the secret; otherwise an endpoint does.
fn is_task(rotation: &Rotation) -> bool {
    rotation.by.starts_with("arn:")
}

async fn carry(core: &Core, found: &Found, rotation: &Rotation, turn: &Turn) -> Tried {
    let arn = found.arn();
    let done = match is_task(rotation) {
        true => task(core, &arn, rotation, turn).await,
        false => {
            let way = core.endpoints.ways.of(&found.place.account);
            endpoint(&way, &arn, &rotation.by, turn).await
        }
    };
    done.unwrap_or_else(|error| {
        tracing::warn!(secret = arn, step = turn.step.name(), tries = turn.failures + 1, %error, "a step of a rotation failed");
        Tried::Failed
    })
}

/// Tells an endpoint its step, as AWS tells a function.
async fn endpoint(
    way: &Egress,
    arn: &str,
    address: &str,
    turn: &Turn,
) -> Result<Tried, StepFailed> {
    let event = json!({
        "Step": turn.step.name(),
        "SecretId": arn,
        "ClientRequestToken": turn.version,
    });
    let request = HttpRequest::post(address)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(event.to_string()))?;
    let status = way.send(request, LIMITS).await?.status();
    match status.is_success() {
        true => Ok(Tried::Done),
        false => Err(StepFailed::Status(status)),
    }
}

/// Starts the task, or looks whether it has ended.
async fn task(
    core: &Core,
    arn: &str,
    rotation: &Rotation,
    turn: &Turn,
) -> Result<Tried, StepFailed> {
    let operations = core.operations.get().ok_or(StepFailed::Starting)?;
    let region = arn.split(':').nth(3).unwrap_or_default();
    let actor = Actor::Role {
        arn: rotation.role.clone().unwrap_or_default(),
        service: PRINCIPAL.to_owned(),
        source_arn: arn.to_owned(),
    };
    let given = |name: &str| rotation.parameters.get(name).map(String::as_str);
    if let Some(task) = &turn.task {
        let input = json!({ "cluster": given("cluster"), "tasks": [task] });
        let request = Request::new("ecs", "DescribeTasks", region, input);
        let answer = operations.call(&actor, &request).await?;
        // One that is not known any more has ended long ago.
        return Ok(match answer["tasks"][0]["lastStatus"].as_str() {
            None | Some("STOPPED") => Tried::Ended,
            Some(_) => Tried::Running(task.clone()),
        });
    }
    let request = Request::new("ecs", "RunTask", region, run(arn, rotation, turn));
    let answer = ask(&**operations, &actor, &request).await?;
    let task = answer["tasks"][0]["taskArn"].as_str();
    let task = task.ok_or(StepFailed::NoTask)?;
    Ok(Tried::Running(task.to_owned()))
}

/// The input of RunTask. The task finds in its environment what a function finds in its event.
fn run(arn: &str, rotation: &Rotation, turn: &Turn) -> Value {
    let given = |name: &str| rotation.parameters.get(name).map(String::as_str);
    let list = |name: &str| -> Vec<&str> {
        let all = given(name).unwrap_or_default().split(',').map(str::trim);
        all.filter(|it| !it.is_empty()).collect()
    };
    let variable = |name: &str, value: &str| json!({ "name": name, "value": value });
    let mut input = json!({
        "cluster": given("cluster"),
        "taskDefinition": rotation.by,
        "startedBy": "secretsmanager",
        "clientToken": ids::uuid_of(format!("{arn} {} {}", turn.version, turn.failures).as_bytes()),
        "overrides": { "containerOverrides": [{
            "name": given("container"),
            "environment": [
                variable("SECRET_ID", arn),
                variable("CLIENT_REQUEST_TOKEN", &turn.version),
            ],
        }] },
    });
    if let Some(kind) = given("launchType") {
        input["launchType"] = kind.into();
    }
    if let Some(provider) = given("capacityProvider") {
        input["capacityProviderStrategy"] = json!([{ "capacityProvider": provider }]);
    }
    let subnets = list("subnets");
    if !subnets.is_empty() {
        let mut vpc = json!({ "subnets": subnets });
        let groups = list("securityGroups");
        if !groups.is_empty() {
            vpc["securityGroups"] = groups.into();
        }
        if let Some(public) = given("assignPublicIp") {
            vpc["assignPublicIp"] = public.into();
        }
        input["networkConfiguration"] = json!({ "awsvpcConfiguration": vpc });
    }
    input
}
