//! Brings groups forward: looks at their instances, writes what is planned, and asks others for what the records owe.
//! Its writes compare the shard's lease.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::json;
use wharf_base::{Permit, Timestamp};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_scaling::Forecaster;
use wharf_service::{Changes, Look, Place, Reach, Stored, fence};
use wharf_wire::Fault;

use crate::{
    alarms::{self, Left},
    calendar,
    cloud::Cloud,
    core::Core,
    fault::AutoscalingFaults,
    launch, names, notices,
    plan::{self, Call, Observed, Plan, advance},
    policy::{self, Rule},
    predicting,
    records::{
        Activity, Group, Hook, LaunchRequest, Member, Notice, Policy, Process, Refresh, Scheduled,
    },
    scale,
    sweep::{self, Kept},
};

/// EC2 has no room for an instance in its zone.
pub const NO_CAPACITY: &str = "InsufficientInstanceCapacity";

/// The state of an alarm that went off.
const ALARM: &str = "ALARM";

pub static PERMIT: Permit = Permit::for_controller("autoscaling");
/// The key of the sweep of old activities: no key of a record.
pub const SWEEP: &str = "sweep";
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// Records that go in one transaction.
const DELETED_AT_ONCE: usize = 50;
/// How long a client token of LaunchInstances stands for its first request.
const REMEMBERED: Duration = Duration::from_secs(86_400);
/// Changes of a group in one look.
const MOST_STEPS: usize = 32;
/// When a group without anything under way is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// When topics of a group that is to go are told again what they could not be told, at first and at the latest.
const OWED_AGAIN: Duration = Duration::from_secs(2);
const OWED_AGAIN_LATEST: Duration = Duration::from_secs(60);
/// How long the end of a group waits for that; its name is taken meanwhile.
const OWED_AT_MOST: Duration = Duration::from_secs(300);
/// How often alarms of policies are compared with what they should be.
const REPAIR_EVERY: Duration = Duration::from_secs(60);

pub type StepError = wharf_service::StepError<AutoscalingFaults>;

/// Wakes the reconciler for what changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    let Some((scope, kind, _)) = Scope::parse(key) else {
        return Reach::One;
    };
    if kind == Group::KIND {
        core.queue.wake(key.to_owned());
    }
    let _ = scope;
    Reach::One
}

/// Brings a group forward, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    if key == SWEEP {
        return sweep_up(&core).await;
    }
    match Scope::parse(&key) {
        Some((scope, _, name)) => bring(&core, &Place::of_scope(&scope), &name).await,
        None => Ok(Next::Settled),
    }
}

async fn bring(core: &Core, place: &Place, name: &str) -> Result<Next, StepError> {
    let key = names::group_key(place, name);
    let _turn = core.turns.take(&key).await;
    for _ in 0..MOST_STEPS {
        let Some(stored) = core.table.read::<Group>(&key).await? else {
            return Ok(Next::Settled);
        };
        let members = core.members(place, &stored.record.uuid).await?;
        let work = Work {
            core,
            place,
            stored: &stored,
            members: &members,
            now: core.now(),
        };
        match work.step().await {
            Ok(Some(next)) => return Ok(next),
            Ok(None) => {}
            // Somebody came between: what they wrote is read.
            Err(StepError::Change(error)) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Next::After(Duration::ZERO))
}

/// One look at a group.
struct Work<'a> {
    core: &'a Core,
    place: &'a Place,
    stored: &'a Stored<Group>,
    members: &'a [Stored<Member>],
    now: Timestamp,
}

/// The first moment that has come.
fn due(all: &[Stored<Scheduled>], now: Timestamp) -> Option<(&Stored<Scheduled>, Timestamp)> {
    let due = all.iter().filter_map(|it| Some((it, it.record.due(now)?)));
    due.min_by_key(|it| it.1)
}

/// After as long as it has been owed already, so that waits double.
fn owed_again(since: Timestamp, now: Timestamp) -> Duration {
    now.since(since).clamp(OWED_AGAIN, OWED_AGAIN_LATEST)
}

fn neighbour(action: &'static str) -> impl FnOnce(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

impl Work<'_> {
    /// `None` if there may be more to do.
    async fn step(&self) -> Result<Option<Next>, StepError> {
        let group = &self.stored.record;
        let members: Vec<Member> = self.members.iter().map(|it| it.record.clone()).collect();
        let figures = &self.core.figures;
        figures.take(&self.stored.key, self.place, group, &members);
        if group.deleting && self.members.is_empty() {
            if let Some(since) = self.notify().await? {
                return Ok(Some(Next::After(owed_again(since, self.now))));
            }
            self.remove().await?;
            return Ok(Some(Next::Settled));
        }
        let scheduled = self.core.scheduled(self.place, &group.uuid).await?;
        if !group.deleting
            && let Some((action, at)) = due(&scheduled, self.now)
        {
            self.carry_out(action, at).await?;
            return Ok(None);
        }
        let cloud = Cloud::of(self.core, self.place, group);
        let policies = scale::rules(self.core, self.place, group).await?;
        let forecasters = predicting::forecasters(self.core, self.place, group, &policies).await?;
        if !group.deleting {
            predicting::ask(self.core, self.place, group, &forecasters, self.now);
            if self.prepare(&forecasters).await? {
                return Ok(None);
            }
        }
        let seen = cloud.see(group, &members).await;
        let mut seen = seen.map_err(neighbour("looking at the instances of a group"))?;
        let refreshes = self.core.refreshes(self.place, &group.uuid).await?;
        let mut refreshes = refreshes.into_iter();
        let refresh = refreshes.find(|it| !it.record.stage.is_over());
        let wanted = refresh.as_ref().and_then(|it| it.record.desired.as_ref());
        seen.source = match cloud.resolve(wanted.unwrap_or(&group.launch)).await {
            Ok(source) => Some(source),
            Err(error) => {
                tracing::warn!(group = group.name, %error, "resolving a launch template failed, nothing is launched, will retry");
                None
            }
        };
        seen.templates = cloud.templates(group).await;
        let alarms = refresh
            .as_ref()
            .map(|it| it.record.settings.alarms.as_slice());
        if let Some(alarms) = alarms.filter(|it| !it.is_empty()) {
            let states = cloud.states_of(alarms).await;
            let states = states.map_err(neighbour("reading the alarms of an instance refresh"))?;
            let mut off = states.into_iter().filter(|it| it.1 == ALARM);
            seen.alarm = off.next().map(|it| it.0);
        }
        let hooks = self.core.hooks(self.place, &group.uuid).await?;
        let hooks: Vec<Hook> = hooks.into_iter().map(|it| it.record).collect();
        let observed = Observed {
            group,
            members: &members,
            hooks: &hooks,
            refresh: refresh.as_ref().map(|it| &it.record),
            seen: &seen,
        };
        let plan = plan::plan(&observed, self.now, &mut || self.core.mint(self.now));
        if !plan.changes_nothing() {
            self.write(&plan, refresh.as_ref()).await?;
            return Ok(None);
        }
        if self.perform_all(&cloud, &hooks, &plan.calls).await? {
            return Ok(None);
        }
        self.notify().await?;
        self.keep_policies(&cloud).await?;
        let scheduled = scheduled.iter().filter(|_| !group.deleting);
        let next = scheduled.filter_map(|it| it.record.next());
        let changes = forecasters.iter().map(|it| it.next_change(self.now));
        let next = next.chain(changes).chain(plan.wake_at).min();
        let wait = next.map_or(LOOK_EVERY, |it| it.since(self.now));
        Ok(Some(Next::After(wait.min(LOOK_EVERY))))
    }

    /// Raises what is below a forecast. Whether anything was written.
    async fn prepare(&self, all: &[Forecaster]) -> Result<bool, StepError> {
        let Some(foreseen) = predicting::foreseen(all, &self.stored.record, self.now) else {
            return Ok(false);
        };
        let mut group = self.stored.record.clone();
        if !predicting::prepare(&mut group, &foreseen, self.now) {
            return Ok(false);
        }
        let mut changes = self.core.table.begin();
        changes.when(self.stored.unchanged());
        changes.fence(fence::<AutoscalingFaults>(&self.core.shard)?);
        changes.put(&self.stored.key, &group);
        changes.write(&PERMIT).await?;
        Ok(true)
    }

    /// A scheduled action at its moment, and its end when there is no other.
    async fn carry_out(&self, action: &Stored<Scheduled>, at: Timestamp) -> Result<(), StepError> {
        let mut group = self.stored.record.clone();
        let done = Scheduled {
            done_until: at,
            ..action.record.clone()
        };
        if !group.suspends(Process::ScheduledActions)
            && let Err(error) = calendar::carry_out(&mut group, &done, self.now)
        {
            tracing::warn!(group = group.name, action = done.name, %error, "a scheduled action failed, it runs again at its next time");
        }
        let mut changes = self.core.table.begin();
        changes.when(self.stored.unchanged());
        changes.when(action.unchanged());
        changes.fence(fence::<AutoscalingFaults>(&self.core.shard)?);
        changes.put(&self.stored.key, &group);
        match done.next() {
            Some(_) => changes.put(&action.key, &done),
            None => changes.delete(&action.key),
        }
        Ok(changes.write(&PERMIT).await?)
    }

    /// Policies that were deleted go, and the alarms of the others are as they should be.
    async fn keep_policies(&self, cloud: &Cloud<'_>) -> Result<(), StepError> {
        let key = &self.stored.key;
        let uuid = &self.stored.record.uuid;
        let last = self.core.repaired.lock().get(key).copied();
        if last.is_some_and(|it| it <= self.now && self.now.since(it) < REPAIR_EVERY) {
            return Ok(());
        }
        for stored in self.core.policies(self.place, uuid).await? {
            if stored.record.deleting {
                self.take_down(cloud, &stored).await?;
                continue;
            }
            if let Ok(Rule::Tracking(rule, metric)) = Rule::of(&stored.record) {
                let wanted = policy::wanted(self.place, &stored.record, rule, &metric);
                let repaired = cloud.repair_alarms(&wanted).await;
                repaired.map_err(neighbour("repairing the alarms of a policy"))?;
            }
        }
        self.core.repaired.lock().insert(key.clone(), self.now);
        Ok(())
    }

    async fn take_down(&self, cloud: &Cloud<'_>, stored: &Stored<Policy>) -> Result<(), StepError> {
        let fence = Some(fence::<AutoscalingFaults>(&self.core.shard)?);
        let gone = alarms::take_down(self.core, cloud, self.place, stored, &PERMIT, fence).await;
        gone.map_err(|left| match left {
            Left::Change(error) => StepError::Change(error),
            Left::Alarm(fault) => neighbour("deleting or changing an alarm of a policy")(fault),
        })
    }

    fn member(&self, token: &str) -> Option<&Stored<Member>> {
        self.members.iter().find(|it| it.record.token == token)
    }

    fn member_key(&self, token: &str) -> String {
        names::member_key(self.place, &self.stored.record.uuid, token)
    }

    /// What is planned, on the condition that all it was planned by still stands.
    async fn write(&self, plan: &Plan, refresh: Option<&Stored<Refresh>>) -> Result<(), StepError> {
        let mut changes = self.core.table.begin();
        changes.when(self.stored.unchanged());
        changes.fence(fence::<AutoscalingFaults>(&self.core.shard)?);
        if let Some(group) = &plan.group {
            changes.put(&self.stored.key, group);
        }
        if let (Some(before), Some(after)) = (refresh, &plan.refresh) {
            changes.when(before.unchanged());
            changes.put(&before.key, after);
        }
        let others = plan.members.keys().chain(&plan.gone);
        for before in others.filter_map(|it| self.member(it)) {
            changes.when(before.unchanged());
        }
        for (token, member) in &plan.members {
            changes.put(self.member_key(token), member);
        }
        for token in &plan.gone {
            changes.delete(self.member_key(token));
        }
        for (id, activity) in &plan.activities {
            self.put_activity(&mut changes, id, activity);
        }
        Ok(changes.write(&PERMIT).await?)
    }

    /// With what topics are owed for its end.
    fn put_activity(
        &self,
        changes: &mut Changes<'_, AutoscalingFaults>,
        id: &str,
        activity: &Activity,
    ) {
        let group = &self.stored.record;
        let key = names::activity_key(self.place, &group.uuid, id);
        changes.put(key, activity);
        notices::owe(changes, self.place, group, (id, activity));
    }

    /// Tells topics what they are owed. What a topic refuses it never hears. The end of the first activity that one is still to
    /// hear of.
    async fn notify(&self) -> Result<Option<Timestamp>, StepError> {
        let group = &self.stored.record;
        let mut owed = None;
        // Of those that could not be told no more is tried for now.
        let mut deaf: BTreeSet<String> = BTreeSet::new();
        for notice in self.core.notices(self.place, &group.uuid).await? {
            let topic = &notice.record.topic;
            let is_late = self.is_late(&notice.record);
            if !deaf.contains(topic) {
                match notices::send(self.core, self.place, group, &notice.record).await {
                    // An account without room for further messages is no refusal.
                    Err(fault) if fault.status >= 500 || fault.status == 429 => {
                        tracing::warn!(group = group.name, topic, retried = !is_late, error = %fault, "notifying a topic of a scaling activity failed");
                        deaf.insert(topic.clone());
                    }
                    Err(error) => {
                        tracing::warn!(group = group.name, topic, %error, "notifying a topic of a scaling activity failed, no further retry");
                    }
                    Ok(()) => {}
                }
            }
            if deaf.contains(topic) && !is_late {
                owed = owed.or(notice.record.activity.ended_at);
                continue;
            }
            let mut changes = self.core.table.begin();
            changes.fence(fence::<AutoscalingFaults>(&self.core.shard)?);
            changes.delete(&notice.key);
            changes.write(&PERMIT).await?;
        }
        Ok(owed)
    }

    /// A group that is to go waits for its topics, but not for ever.
    fn is_late(&self, notice: &Notice) -> bool {
        let ended = notice.activity.ended_at;
        self.stored.record.deleting && ended.is_none_or(|it| self.now >= it + OWED_AT_MOST)
    }

    /// All calls, as far as nothing was written that they were planned by. What fails keeps nothing else from being done, but
    /// further launches.
    async fn perform_all(
        &self,
        cloud: &Cloud<'_>,
        hooks: &[Hook],
        calls: &[Call],
    ) -> Result<bool, StepError> {
        let (mut done, mut failed) = (false, None);
        for call in calls {
            if failed.is_some() && matches!(call, Call::Launch(_)) {
                continue;
            }
            match self.perform(cloud, hooks, call).await {
                Ok(written) => done |= written,
                Err(error @ StepError::Neighbour { .. }) => failed = failed.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(done),
        }
    }

    /// One call, and what is written of its answer. Whether anything was.
    async fn perform(
        &self,
        cloud: &Cloud<'_>,
        hooks: &[Hook],
        call: &Call,
    ) -> Result<bool, StepError> {
        match call {
            Call::Launch(token) => self.launch(cloud, token).await,
            Call::Terminate(token) => {
                if let Some(member) = self.member(token) {
                    let ended = cloud.terminate(member.record.id()).await;
                    if let Err(fault) = ended {
                        self.no_more_now(member, "terminating an instance", fault)?;
                    }
                }
                // EC2's next word is waited for.
                Ok(false)
            }
            Call::Stop(token) => {
                if let Some(member) = self.member(token) {
                    let stopped = cloud.stop(member.record.id()).await;
                    if let Err(fault) = stopped {
                        let action = "stopping an instance of a warm pool";
                        return self.refused_by_ec2(member, action, fault).await;
                    }
                }
                Ok(false)
            }
            Call::Start(token) => {
                if let Some(member) = self.member(token) {
                    let started = cloud.start(member.record.id()).await;
                    if let Err(fault) = started {
                        let action = "starting an instance of a warm pool";
                        return self.refused_by_ec2(member, action, fault).await;
                    }
                }
                Ok(false)
            }
            Call::Name(token) | Call::Unname(token) => {
                if let Some(member) = self.member(token) {
                    let is_of = matches!(call, Call::Name(_));
                    let group = &self.stored.record.name;
                    let named = cloud.name(member.record.id(), group, is_of).await;
                    if let Err(fault) = named {
                        self.no_more_now(member, "changing the tag of an instance", fault)?;
                    }
                }
                Ok(false)
            }
            Call::Register(token, target_group) => {
                let Some(member) = self.member(token) else {
                    return Ok(false);
                };
                match cloud.register(target_group, member.record.id()).await {
                    Ok(()) => {
                        let mut after = member.record.clone();
                        after.registered.insert(target_group.clone());
                        self.write_member(member, &after).await?;
                        Ok(true)
                    }
                    Err(error) => {
                        tracing::warn!(group = self.stored.record.name, target_group, instance = member.record.id(), %error, "registering an instance failed, will retry");
                        Ok(false)
                    }
                }
            }
            Call::Deregister(token, target_group) => {
                if let Some(member) = self.member(token) {
                    let done = cloud.deregister(target_group, member.record.id()).await;
                    done.map_err(neighbour("deregistering an instance"))?;
                }
                Ok(false)
            }
            Call::Tell(token, hook) => self.tell(cloud, hooks, token, hook).await,
        }
    }

    /// What is refused for good keeps nothing else of the group from being done; all other faults are tried again at once.
    fn no_more_now(
        &self,
        member: &Stored<Member>,
        action: &'static str,
        fault: Fault,
    ) -> Result<(), StepError> {
        if fault.status >= 500 {
            return Err(neighbour(action)(fault));
        }
        tracing::warn!(group = self.stored.record.name, instance = member.record.id(), error = %fault, "{action} failed, will retry");
        Ok(())
    }

    /// … and an instance that cannot be brought where the pool or the group wants it is replaced.
    async fn refused_by_ec2(
        &self,
        member: &Stored<Member>,
        action: &'static str,
        fault: Fault,
    ) -> Result<bool, StepError> {
        let mut after = member.record.clone();
        after.unhealthy = Some(plan::refused_by_ec2(&fault.message));
        self.no_more_now(member, action, fault)?;
        self.write_member(member, &after).await?;
        Ok(true)
    }

    async fn launch(&self, cloud: &Cloud<'_>, token: &str) -> Result<bool, StepError> {
        let Some(member) = self.member(token) else {
            return Ok(false);
        };
        let group = &self.stored.record;
        let request = launch::of_member(self.core, self.place, group, &member.record).await;
        let launched = match request {
            Ok(request) => cloud.launch(request).await,
            Err(fault) => Err(fault),
        };
        match launched {
            Ok(Some(id)) => {
                let mut after = member.record.clone();
                advance::launched(&mut after, id);
                self.write_member(member, &after).await?;
                Ok(true)
            }
            Ok(None) => Ok(false),
            // The same token is tried again, but for what is said of a zone that is full, with the same status.
            Err(fault) if fault.status >= 500 && fault.code != NO_CAPACITY => {
                Err(neighbour("launching an instance")(fault))
            }
            Err(fault) => {
                tracing::warn!(group = group.name, subnet = member.record.subnet, error = %fault, "launching an instance failed, retrying later");
                self.refused(member, &fault.message).await?;
                // The group was written: what else is planned is planned anew.
                Err(StepError::Change(
                    self.core.table.conflict(&self.stored.key),
                ))
            }
        }
    }

    /// EC2 refused a launch: the member goes, and its activity says why.
    async fn refused(&self, member: &Stored<Member>, reason: &str) -> Result<(), StepError> {
        let mut group = self.stored.record.clone();
        advance::failed(&mut group, &member.record.place(), self.now);
        let mut changes = self.core.table.begin();
        changes.when(self.stored.unchanged());
        changes.when(member.unchanged());
        changes.fence(fence::<AutoscalingFaults>(&self.core.shard)?);
        changes.put(&self.stored.key, &group);
        changes.delete(&member.key);
        if let Some((id, activity)) = advance::refused(&member.record, reason, self.now) {
            self.put_activity(&mut changes, &id, &activity);
        }
        Ok(changes.write(&PERMIT).await?)
    }

    async fn write_member(&self, before: &Stored<Member>, after: &Member) -> Result<(), StepError> {
        let mut changes = self.core.table.begin();
        changes.when(before.unchanged());
        changes.fence(fence::<AutoscalingFaults>(&self.core.shard)?);
        changes.put(&before.key, after);
        if let Some((id, activity)) = &after.activity {
            self.put_activity(&mut changes, id, activity);
        }
        Ok(changes.write(&PERMIT).await?)
    }

    async fn tell(
        &self,
        cloud: &Cloud<'_>,
        hooks: &[Hook],
        token: &str,
        name: &str,
    ) -> Result<bool, StepError> {
        let Some(member) = self.member(token) else {
            return Ok(false);
        };
        let hook = hooks.iter().find(|it| it.name == name);
        let wait = member.record.waits.iter().find(|it| it.hook == name);
        if let (Some(hook), Some(wait)) = (hook, wait)
            && let Some(target) = &hook.target
        {
            let message = json!({
                "LifecycleHookName": hook.name,
                "AccountId": self.place.account,
                "RequestId": wait.token,
                "LifecycleTransition": hook.transition.name(),
                "AutoScalingGroupName": hook.group,
                "Service": "AWS Auto Scaling",
                "Time": wait.since.iso8601(),
                "EC2InstanceId": member.record.id(),
                "NotificationMetadata": hook.metadata,
                "LifecycleActionToken": wait.token,
            });
            let told = cloud.tell(target, hook.role.as_deref(), &message).await;
            match told {
                Err(fault) if fault.status >= 500 => {
                    return Err(neighbour("telling of a lifecycle action")(fault));
                }
                Err(error) => {
                    tracing::warn!(group = hook.group, hook = hook.name, target, %error, "sending the notification of a lifecycle action failed, no further retry");
                }
                Ok(()) => {}
            }
        }
        let mut after = member.record.clone();
        for wait in after.waits.iter_mut().filter(|it| it.hook == name) {
            wait.told = true;
        }
        self.write_member(member, &after).await?;
        Ok(true)
    }

    /// A group without instances goes, with all that belongs to it but its activities.
    async fn remove(&self) -> Result<(), StepError> {
        let cloud = Cloud::of(self.core, self.place, &self.stored.record);
        let uuid = &self.stored.record.uuid;
        for policy in self.core.policies(self.place, uuid).await? {
            self.take_down(&cloud, &policy).await?;
        }
        let hooks = self
            .core
            .hooks(self.place, &self.stored.record.uuid)
            .await?;
        let scheduled = self.core.scheduled(self.place, uuid).await?.into_iter();
        let refreshes = self.core.refreshes(self.place, uuid).await?.into_iter();
        let hooks = hooks.into_iter().map(|it| it.key);
        let others = scheduled.map(|it| it.key).chain(refreshes.map(|it| it.key));
        let requests = self.core.launch_requests(self.place, uuid).await?;
        let others = others.chain(requests.into_iter().map(|it| it.key));
        let mut keys: Vec<String> = hooks.chain(others).collect();
        keys.push(self.stored.key.clone());
        for some in keys.chunks(DELETED_AT_ONCE) {
            let mut changes = self.core.table.begin();
            changes.fence(fence::<AutoscalingFaults>(&self.core.shard)?);
            changes.when(self.stored.unchanged());
            some.iter().for_each(|it| changes.delete(it));
            changes.write(&PERMIT).await?;
        }
        self.core.forget(&self.stored.key);
        Ok(())
    }
}

/// Removes the activities that are not kept.
async fn sweep_up(core: &Core) -> Result<Next, StepError> {
    let all = core.table.everywhere::<Activity>(names::SERVICE).await?;
    let all = all.into_iter().map(|(scope, id, stored)| {
        let group = id.split_once('/').map_or("", |it| it.0);
        Kept {
            group: format!("{}/{group}", scope.region),
            account: scope.account,
            key: stored.key,
            started_at: stored.record.started_at,
            ended_at: stored.record.ended_at,
        }
    });
    let now = core.now();
    let mut old = sweep::old(all.collect(), now);
    let requests = core
        .table
        .everywhere::<LaunchRequest>(names::SERVICE)
        .await?;
    let requests = requests.into_iter().map(|it| it.2);
    let requests = requests.filter(|it| it.record.requested_at + REMEMBERED < now);
    old.extend(requests.map(|it| it.key));
    for some in old.chunks(DELETED_AT_ONCE) {
        let mut changes = core.table.begin();
        changes.fence(fence::<AutoscalingFaults>(&core.shard)?);
        some.iter().for_each(|it| changes.delete(it));
        changes.write(&PERMIT).await?;
    }
    Ok(Next::After(SWEEP_EVERY))
}
