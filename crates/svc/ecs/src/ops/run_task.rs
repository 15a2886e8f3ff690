//! RunTask: chooses hosts, claims them and writes the tasks in one transaction ([`placing`]).

use sha2::{Digest, Sha256};
use wharf_api_ecs::{Failure, RunTaskRequest, RunTaskResponse, TaskOverride, faults};
use wharf_base::Opaque;
use wharf_hosts::Outcome;
use wharf_records::{
    Record,
    ecs::{ClientToken, Cluster, Definition, DefinitionStatus},
};
use wharf_wire::{Call, Fault};

use super::{settings, subnets};
use crate::{
    core::{Core, MAX_TRIES, Stored, conflict},
    credentials::RoleError,
    describe, document, fault,
    images::{self, NotAdmitted, Pins},
    launch::{self, Order},
    names::{Place, role_arn},
    placing::{self, Job, Token},
    provider,
    services::events,
};

/// The reason of the failure where rules of admission refuse an image.
pub const IMAGE: &str = "IMAGE_NOT_ADMITTED";

pub async fn run_task(
    core: &Opaque<Core>,
    call: &Call,
    mut input: RunTaskRequest,
) -> Result<RunTaskResponse, Fault> {
    full_roles(&call.account, input.overrides.as_mut());
    let mut cluster = String::new();
    for _ in 0..MAX_TRIES {
        let job = match prepare(core, call, &input).await? {
            Prepared::Job(job) => job,
            Prepared::Made(arns) => return repeat(core, &arns).await,
            Prepared::NotAdmitted(why) => return Ok(refused(&input, &why)),
        };
        cluster.clone_from(&job.cluster.key);
        if let Outcome::Made(made) = placing::place(&core.scheduler, *job).await? {
            let shown = made.tasks.iter().map(|task| describe::task(task, true));
            let shown: Result<Vec<_>, _> = shown.collect();
            return Ok(RunTaskResponse {
                tasks: Some(shown.map_err(|e| fault::server(&e))?),
                failures: Some(made.failures),
            });
        }
    }
    Err(conflict(&cluster).into())
}

enum Prepared {
    Job(Box<Job>),
    /// The token led to these tasks before.
    Made(Vec<String>),
    /// An image of theirs may not start.
    NotAdmitted(NotAdmitted),
}

/// What ECS answers where no task can be placed: a failure for each.
fn refused(input: &RunTaskRequest, why: &NotAdmitted) -> RunTaskResponse {
    let count = usize::try_from(input.count.unwrap_or(1)).unwrap_or(1);
    let failure = Failure {
        reason: Some(IMAGE.to_owned()),
        detail: Some(why.to_string()),
        ..Failure::default()
    };
    RunTaskResponse {
        tasks: Some(Vec::new()),
        failures: Some(vec![failure; count]),
    }
}

/// Everything there is to find out before hosts are chosen.
async fn prepare(core: &Core, call: &Call, input: &RunTaskRequest) -> Result<Prepared, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let count = match input.count.unwrap_or(1) {
        count @ 1..=10 => usize::try_from(count).unwrap_or(1),
        _ => return Err(fault::invalid("count must be between 1 and 10.")),
    };
    let token = match Read::token(core, call, &cluster, input).await? {
        Some(Read::Made(arns)) => return Ok(Prepared::Made(arns)),
        Some(Read::New(token)) => Some(token),
        None => None,
    };
    let place = Place::of(call);
    let definition = active_definition(core, &place, input.task_definition.as_deref()).await?;
    let source = provider::source(
        &cluster,
        input.launch_type.as_deref(),
        input.capacity_provider_strategy.as_ref(),
        count,
    )?;
    let mut order = launch::run(input, &cluster.name, source.launch, &definition.record)?;
    let pool = order.pool(&place, &cluster.arn);
    let nowhere = events::nowhere(&place.region, &core.state.view.elsewhere(&place, &pool));
    check_roles(core, call, &order).await?;
    let wanted = images::wanted(&order.parsed, &Pins::new());
    match core.images.admit(&place, &wanted).await {
        Ok(admitted) => order.admit(admitted),
        Err(why) => return Ok(Prepared::NotAdmitted(why)),
    }
    let subnets = match &mut order.network {
        Some(network) => {
            network.ipv6 = settings::has_ipv6(core, call).await?;
            subnets::resolve(core, call, network).await?
        }
        None => Vec::new(),
    };
    Ok(Prepared::Job(Box::new(Job {
        call: call.clone(),
        place,
        cluster,
        definition,
        order,
        subnets,
        count,
        providers: source.providers,
        nowhere,
        token,
    })))
}

/// Overridden roles may be given by their names alone.
pub fn full_roles(account: &str, overrides: Option<&mut TaskOverride>) {
    let Some(overrides) = overrides else { return };
    for role in [
        &mut overrides.task_role_arn,
        &mut overrides.execution_role_arn,
    ] {
        *role = role.take().map(|given| role_arn(account, &given));
    }
}

/// The definition to start tasks of.
pub async fn active_definition(
    core: &Core,
    place: &Place,
    given: Option<&str>,
) -> Result<Stored<Definition>, Fault> {
    let found = core
        .state
        .definition(place, given.unwrap_or_default())
        .await?;
    let found = found.ok_or_else(|| fault::client("TaskDefinition not found."))?;
    match found.record.status {
        DefinitionStatus::Active => Ok(found),
        _ => Err(fault::client("TaskDefinition is inactive")),
    }
}

/// Roles that cannot be assumed are refused before anything starts.
pub async fn check_roles(core: &Core, call: &Call, order: &Order) -> Result<(), Fault> {
    let task = order
        .overrides
        .task_role_arn
        .as_ref()
        .or(order.parsed.task_role_arn.as_ref());
    let execution = order
        .overrides
        .execution_role_arn
        .as_ref()
        .or(order.parsed.execution_role_arn.as_ref());
    let place = Place::of(call);
    for role in [task, execution].into_iter().flatten() {
        check_role(role, core.credentials.usable(&place, role).await)?;
    }
    if let Some(volume) = &order.volume {
        let usable = core.credentials.usable_by_ecs(&place, &volume.role).await;
        check_role(&volume.role, usable)?;
    }
    Ok(())
}

fn check_role(role: &str, usable: Result<(), RoleError>) -> Result<(), Fault> {
    match usable {
        Ok(()) => Ok(()),
        Err(RoleError::Unusable(_)) => Err(fault::client(crate::task::stop::role_text(role))),
        Err(unavailable) => Err(fault::server(&unavailable)),
    }
}

/// What is known of a client token.
enum Read {
    New(Token),
    /// What it led to before.
    Made(Vec<String>),
}

impl Read {
    async fn token(
        core: &Core,
        call: &Call,
        cluster: &Cluster,
        input: &RunTaskRequest,
    ) -> Result<Option<Self>, Fault> {
        let Some(token) = input.client_token.as_deref().filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        if token.len() > 64 || !token.bytes().all(|b| (33..=126).contains(&b)) {
            return Err(fault::invalid(
                "clientToken can have up to 64 characters in the range of 33-126 of ASCII.",
            ));
        }
        let id = format!("RunTask:{}:{token}", cluster.name);
        let key = Place::of(call).scope().key(ClientToken::KIND, &id);
        let request = document::of_request("RunTask", input).to_string();
        let request = hex::encode(Sha256::digest(request.as_bytes()));
        match core.state.table.read::<ClientToken>(&key).await? {
            None => {}
            Some(found) if found.record.request == request => {
                return Ok(Some(Self::Made(found.record.made)));
            }
            Some(found) => {
                return Err(faults::conflict_exception(
                    "The client token was used with other parameters before.",
                )
                .with("resourceIds", found.record.made));
            }
        }
        let lease = core.state.token_lease(&call.permit).await?;
        Ok(Some(Self::New(Token {
            key,
            request,
            lease,
        })))
    }
}

/// The same tasks again, as they are now.
async fn repeat(core: &Core, made: &[String]) -> Result<RunTaskResponse, Fault> {
    let mut tasks = Vec::new();
    for arn in made {
        if let Some(task) = core.state.task_by_arn(arn).await? {
            tasks.push(describe::task(&task.record, true).map_err(|e| fault::server(&e))?);
        }
    }
    Ok(RunTaskResponse {
        tasks: Some(tasks),
        failures: Some(Vec::new()),
    })
}
