//! The executor: looks at a node group, its instances and its nodes, and takes the next step.
//!
//! What a step does elsewhere is done before the record says so, and can be done twice. While something is under way a group is looked at
//! again soon; else its record and its Auto Scaling group wake it.

use std::time::Duration;

use serde_json::Value;
use wharf_api_autoscaling::{Activity, AutoScalingGroup};
use wharf_kube_client::Client;
use wharf_kube_model::node::instance_of;
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_service::{Place, Stored, fence, settled};
use wharf_wire::Fault;

use super::{
    cloud::{self, Cloud},
    nodes,
    plan::{self, Act, Course, Member, State},
    records::{Issue, NodeGroup, Status},
    removing, repair,
};
use crate::{
    aws_auth::{self, MapError, OF_INSTANCES},
    core::Core,
    fault::EksFaults,
    names,
    reconcile::{PERMIT, Standing, standing},
    records::{Cluster, Mode},
    updates::{Update, UpdateError},
};

/// Until the next look at what is under way.
pub const SOON: Duration = Duration::from_secs(2);
/// Until the next look at nodes that are not ready or there, or may have to be repaired, of a group that is.
pub const LATER: Duration = Duration::from_secs(15);
/// Of activities of Auto Scaling.
const FAILED: &str = "Failed";

pub type StepError = wharf_service::StepError<EksFaults>;

/// Why a step was not taken.
pub enum NotDone {
    /// A neighbour refuses for good: the owner of the group is to know.
    Refused(Fault),
    Failed(StepError),
}

impl NotDone {
    pub fn of(action: &'static str) -> impl FnOnce(Fault) -> Self {
        move |fault| match fault.status {
            400..500 if fault.status != 429 => Self::Refused(fault),
            _ => Self::Failed(StepError::Neighbour { action, fault }),
        }
    }
}

impl From<wharf_kube_client::Error> for NotDone {
    fn from(error: wharf_kube_client::Error) -> Self {
        Self::Failed(StepError::other(error))
    }
}

impl From<MapError> for NotDone {
    fn from(error: MapError) -> Self {
        match error {
            MapError::Unreadable(why) => {
                Self::Refused(Fault::sender("AccessDenied", 403, why.to_string()))
            }
            MapError::Api(error) => error.into(),
        }
    }
}

impl From<StepError> for NotDone {
    fn from(error: StepError) -> Self {
        Self::Failed(error)
    }
}

/// What a look found and did.
struct Looked {
    next: Next,
    /// How the update ended.
    ended: Option<Vec<Issue>>,
}

impl Looked {
    fn again(after: Duration) -> Self {
        Self {
            next: Next::After(after),
            ended: None,
        }
    }
}

pub async fn look(core: &Core, key: &str, stored: Stored<NodeGroup>) -> Result<Next, StepError> {
    let Some((scope, _, id)) = Scope::parse(key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    let mut group = stored.record.clone();
    if matches!(group.status, Status::CreateFailed | Status::DeleteFailed) {
        return Ok(Next::Settled);
    }
    let own = names::cluster_key(&place, &group.cluster);
    let (cluster, client) = match standing(core, &own, &id).await? {
        Standing::Serves(cluster, client) => (*cluster, client),
        Standing::Later => return Ok(Next::After(SOON)),
        Standing::Gone => return Ok(Next::Settled),
    };
    if group.status == Status::Deleting {
        return removing::look(core, &place, (&cluster, &client), stored).await;
    }
    let looked = match advance(core, &place, (&cluster, &client), &mut group).await {
        Ok(looked) => looked,
        Err(NotDone::Failed(error)) => return Err(error),
        Err(NotDone::Refused(fault)) => {
            tracing::info!(group = group.name, cluster = group.cluster, %fault, "a step of a node group was refused");
            refused(&mut group, &fault)
        }
    };
    write(core, &place, (&cluster, &stored), group, looked).await
}

/// A group of which something cannot be done says why.
fn refused(group: &mut NodeGroup, fault: &Fault) -> Looked {
    let issue = issue_of(group, fault);
    failed(group, issue)
}

/// What is wrong where a neighbour refuses.
pub fn issue_of(group: &NodeGroup, fault: &Fault) -> Issue {
    let code = match &*fault.code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => "AccessDenied",
        "NoSuchEntity" => "IamNodeRoleNotFound",
        "InvalidSubnetID.NotFound" => "Ec2SubnetNotFound",
        "InvalidGroup.NotFound" => "Ec2SecurityGroupNotFound",
        "InvalidAMIID.NotFound" => "AmiIdNotFound",
        "LimitExceeded" => "LimitExceeded",
        _ => "InternalFailure",
    };
    Issue::new(code, fault.message.clone(), vec![group.scaling_group()])
}

fn failed(group: &mut NodeGroup, issue: Issue) -> Looked {
    let ended = group.update.is_some().then(|| vec![issue.clone()]);
    if ended.is_some() {
        back(group);
        group.status = Status::Active;
        return Looked {
            next: Next::After(SOON),
            ended,
        };
    }
    group.issues = vec![issue];
    group.status = match group.status {
        Status::Creating => Status::CreateFailed,
        _ => Status::Degraded,
    };
    Looked::again(LATER)
}

/// What nodes ran before an update that failed is what they are to run.
fn back(group: &mut NodeGroup) {
    if let Some(rollout) = group.rollout.take() {
        group.source = rollout.source;
        group.release = rollout.release;
        if let Some(version) = rollout.version {
            group.version = version;
        }
        group.generation += 1;
    }
}

async fn write(
    core: &Core,
    place: &Place,
    (cluster, stored): (&Cluster, &Stored<NodeGroup>),
    mut group: NodeGroup,
    looked: Looked,
) -> Result<Next, StepError> {
    let mut changes = core.table.begin();
    if let Some(issues) = looked.ended
        && let Some(id) = group.update.take()
    {
        let key = names::update_key(place, &cluster.id, &id);
        let errors = issues.into_iter().map(|it| UpdateError {
            code: match &*it.code {
                code @ ("NodeCreationFailure" | "PodEvictionFailure" | "AccessDenied") => code,
                _ => "Unknown",
            }
            .to_owned(),
            message: it.message,
            resources: it.resources,
        });
        if let Some(update) = core.table.read::<Update>(&key).await? {
            changes.when(update.unchanged());
            changes.put(&key, &update.record.ended(errors.collect()));
        }
    }
    if group == stored.record {
        return Ok(looked.next);
    }
    changes.when(stored.unchanged());
    changes.fence(fence::<EksFaults>(&core.shard)?);
    changes.put(&stored.key, &group);
    settled(changes.write(&PERMIT).await)?;
    Ok(looked.next)
}

async fn advance(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    group: &mut NodeGroup,
) -> Result<Looked, NotDone> {
    if !prepared(core, place, cluster, group).await? {
        return Ok(Looked::again(SOON));
    }
    let Some(template) = group.template.clone() else {
        return Ok(Looked::again(SOON));
    };
    if group.status == Status::Creating && cluster.mode == Mode::ConfigMap {
        aws_auth::map(client, &group.role, OF_INSTANCES).await?;
    }
    let own = group.clone();
    let cloud = Cloud {
        core,
        place,
        group: &own,
    };
    let found = cloud.scaling_group().await;
    let found = found.map_err(NotDone::of(
        "looking up the Auto Scaling group of a node group",
    ))?;
    let Some(found) = found else {
        if group.launched {
            let name = group.scaling_group();
            let text = format!("Couldn't find the Auto Scaling group {name} of the node group.");
            return Ok(failed(
                group,
                Issue::new("AutoScalingGroupNotFound", text, vec![name]),
            ));
        }
        let made = cloud.make_scaling_group(&template).await;
        made.map_err(NotDone::of("making the Auto Scaling group of a node group"))?;
        group.launched = true;
        return Ok(Looked::again(SOON));
    };
    group.launched = true;
    if cloud::version_of(&found) != Some(template.version.to_string()) {
        let set = cloud.set_template(&template).await;
        set.map_err(NotDone::of("changing what a node group launches"))?;
        return Ok(Looked::again(SOON));
    }
    if group.resize {
        let resized = cloud.resize(group.size).await;
        resized.map_err(NotDone::of("resizing a node group"))?;
        group.resize = false;
        return Ok(Looked::again(SOON));
    }

    let mut members = cloud::members(&found);
    let known = nodes::of_group(client, group).await?;
    let waiting = members.iter().any(|it| it.state == State::Waiting);
    nodes::joined(
        client,
        &known,
        &mut members,
        waiting || group.rollout.is_some() || !group.repairs.is_empty(),
    )
    .await?;
    for node in &known {
        let id = instance_of(node);
        if members.iter().any(|it| Some(it.id.as_str()) == id) {
            nodes::conform(client, group, node).await?;
        }
    }
    forget(&cloud, client, &known, &members).await?;

    let now = core.now();
    let acts = plan::leaving(&members, &mut group.leaving, &group.repairs, now);
    act(&cloud, client, &acts).await?;
    let mut looked = match group.status {
        Status::Creating => creating(&cloud, group, &found, &members).await?,
        Status::Updating if group.rollout.is_some() => {
            let zones = cloud::zones(&found);
            let (acts, course) = plan::rollout(group, template.version, &members, zones, now);
            act(&cloud, client, &acts).await?;
            course_of(group, course)
        }
        Status::Updating => updated(group),
        _ => {
            let (rules, repairs) = (&group.repair, &mut group.repairs);
            let (acts, issue) = repair::repair(rules, repairs, &members, now);
            act(&cloud, client, &acts).await?;
            // One that is launched again has failed until that is done.
            let not_launched = match is_short(&found, &members) {
                true => not_launched(&cloud, &[FAILED, "Successful"]).await?,
                false => None,
            };
            group.issues = issue.into_iter().chain(not_launched).collect();
            group.status = match group.issues.is_empty() {
                true => Status::Active,
                false => Status::Degraded,
            };
            Looked {
                // Nobody wakes a group for the conditions of its nodes.
                next: match (group.repairs.is_empty(), group.repair.enabled) {
                    (false, _) => Next::After(SOON),
                    (true, true) => Next::After(LATER),
                    (true, false) => Next::Settled,
                },
                ended: None,
            }
        }
    };
    if !group.leaving.is_empty() {
        looked.next = Next::After(SOON);
    } else if matches!(looked.next, Next::Settled)
        && (!members.iter().all(Member::is_ready) || is_short(&found, &members))
    {
        looked.next = Next::After(LATER);
    }
    Ok(looked)
}

/// Whether there are fewer instances than there are to be, those that start among them.
fn is_short(found: &AutoScalingGroup, members: &[Member]) -> bool {
    let comes = |it: &&Member| matches!(it.state, State::Starting | State::InService);
    members.iter().filter(comes).count() < desired(found)
}

fn desired(found: &AutoScalingGroup) -> usize {
    usize::try_from(cloud::size_of(found).desired).unwrap_or_default()
}

/// Why no instance starts, in the words of Auto Scaling, if the last activity of one of these statuses failed.
async fn not_launched(cloud: &Cloud<'_>, statuses: &[&str]) -> Result<Option<Issue>, NotDone> {
    let activities = cloud.activities().await;
    let activities = activities.map_err(NotDone::of("asking why no instance starts"))?;
    let status = |it: &Activity| it.status_code.clone().unwrap_or_default();
    let mut counted = activities.into_iter();
    let last = counted.find(|it| statuses.contains(&status(it).as_str()));
    let failed = last.filter(|it| status(it) == FAILED);
    let name = cloud.group.scaling_group();
    let why = failed.and_then(|it| it.status_message);
    Ok(why.map(|it| Issue::new("AsgInstanceLaunchFailures", it, vec![name])))
}

/// The profile and the template for this generation; whether both were there.
async fn prepared(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
    group: &mut NodeGroup,
) -> Result<bool, NotDone> {
    let made_for = group.template.as_ref().map(|it| it.generation);
    if made_for == Some(group.generation) {
        return Ok(true);
    }
    let cloud = Cloud { core, place, group };
    if made_for.is_none() {
        let made = cloud.make_profile().await;
        made.map_err(NotDone::of("making the instance profile of a node group"))?;
    }
    let made = cloud.make_template(cluster).await;
    let made = made.map_err(NotDone::of("making the launch template of a node group"))?;
    group.template = Some(made);
    Ok(false)
}

/// Nodes whose instances are gone.
pub(super) async fn forget(
    cloud: &Cloud<'_>,
    client: &Client,
    nodes: &[Value],
    members: &[Member],
) -> Result<(), NotDone> {
    for node in nodes {
        let Some(id) = instance_of(node) else {
            continue;
        };
        if members.iter().any(|it| it.id == id) {
            continue;
        }
        let exists = cloud.exists(id).await;
        if !exists.map_err(NotDone::of("looking up the instance of a node"))? {
            nodes::forget(client, node).await?;
        }
    }
    Ok(())
}

pub(super) async fn act(cloud: &Cloud<'_>, client: &Client, acts: &[Act]) -> Result<(), NotDone> {
    for act in acts {
        match act {
            Act::Resize(size) => {
                let done = cloud.resize(*size).await;
                done.map_err(NotDone::of("resizing a node group"))?;
            }
            Act::Cordon(node) => nodes::cordon(client, node, true).await?,
            Act::Uncordon(node) => nodes::cordon(client, node, false).await?,
            Act::Evict(node) => nodes::evict(client, node).await?,
            Act::Empty(node) => nodes::empty(client, node).await?,
            // It may have gone meanwhile: the next look sees how it is.
            Act::Terminate { id, replaced } => tried(cloud.terminate(id, *replaced).await, id)?,
            Act::Release(id) => tried(cloud.release(id).await, id)?,
            Act::Reboot(id) => tried(cloud.reboot(id).await, id)?,
        }
    }
    Ok(())
}

fn tried(done: Result<(), Fault>, instance: &str) -> Result<(), NotDone> {
    match done {
        Err(fault) if fault.status < 500 => {
            tracing::info!(instance, %fault, "what is to be done with an instance of a node group cannot be done yet");
            Ok(())
        }
        done => done.map_err(NotDone::of(
            "ending or rebooting an instance of a node group",
        )),
    }
}

async fn creating(
    cloud: &Cloud<'_>,
    group: &mut NodeGroup,
    found: &AutoScalingGroup,
    members: &[Member],
) -> Result<Looked, NotDone> {
    let ready = members.iter().filter(|it| it.is_ready()).count();
    let wanted = desired(found);
    if ready >= wanted {
        group.status = Status::Active;
        group.modified_at = cloud.core.now();
        tracing::info!(
            group = group.name,
            cluster = group.cluster,
            nodes = ready,
            "a node group is active"
        );
        return Ok(Looked {
            next: Next::Settled,
            ended: None,
        });
    }
    if cloud.core.now() < group.due {
        return Ok(Looked::again(SOON));
    }
    let launched = members.iter().filter(|it| it.state == State::InService);
    let launched: Vec<String> = launched.map(|it| it.id.clone()).collect();
    let not_launched = match launched.len() < wanted {
        true => not_launched(cloud, &[FAILED]).await?,
        false => None,
    };
    let not_joined = || Issue::new("NodeCreationFailure", plan::NOT_JOINED, launched);
    Ok(failed(group, not_launched.unwrap_or_else(not_joined)))
}

fn updated(group: &mut NodeGroup) -> Looked {
    group.status = Status::Active;
    Looked {
        next: Next::After(SOON),
        ended: Some(Vec::new()),
    }
}

fn course_of(group: &mut NodeGroup, course: Course) -> Looked {
    match course {
        Course::Goes => Looked::again(SOON),
        Course::Done => {
            group.rollout = None;
            updated(group)
        }
        Course::Failed(issue) => {
            tracing::info!(
                group = group.name,
                code = issue.code,
                "an update of a node group failed"
            );
            failed(group, issue)
        }
    }
}
