//! What is to be done for a group: from its record, its instances as EC2 has them and the time to what is written down
//! next, and what EC2 and load balancing are then asked. Pure.
//!
//! Inputs: the group, its members, its hooks, what was seen of them. Outputs: records as they should be, and the calls
//! that those records owe. A plan that changes records owes no calls yet: they are read off what is written, so that a
//! server that ends in between owes the same again.
//!
//! Invariants: no instance that is protected from scale-in is taken to shrink; the members that count never exceed the
//! desired capacity by a launch, but by what the last one is more than was left; at most [`BATCH`] members change at a time.
//!
//! Capacity is in units: a mixed instances policy may say how many an instance of each type is. Of a group that is a little
//! larger than desired nothing goes that would leave it smaller, and nothing that is in service for what is only on its way.

pub mod advance;
mod balance;
mod choose;
mod hold;
mod maintain;
mod pool;
mod refresh;
mod words;

pub use refresh::roll_back;
pub use words::{BY_USER, at as words_at, refused_by_ec2, terminating};

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;

use crate::records::{Activity, Group, Hook, Member, Pooled, Refresh, SPOT, Source, State, Subnet};

/// Members that change in one transaction: each is a comparison, a write and an activity.
pub const BATCH: usize = 25;
/// How long status checks have to fail before an instance is replaced for that. They fail within seconds after its host was last
/// heard of, and after an absence of the server those of every host do: agents pause for up to two minutes between tries to come back.
pub const IMPAIRED_FOR: Duration = Duration::from_secs(150);
/// Writes of one transaction, with room for the group and its refresh.
const MOST_WRITES: usize = 110;

/// What was seen of an instance in EC2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    pub state: Ec2State,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// EC2 gave up bringing it to another state.
    pub gave_up: bool,
    /// Since when its status checks have failed, if they do.
    pub impaired_since: Option<Timestamp>,
    /// It has been told that its Spot capacity is taken back.
    pub recalled: bool,
    /// Its tag says that it is the group's.
    pub named: bool,
    pub instance_type: Option<String>,
    pub image: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ec2State {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

/// How a target group sees an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

/// All that was seen of the members.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// By their ids. One that is not there has been gone for long.
    pub instances: BTreeMap<String, Instance>,
    /// Ids by client tokens, for members that do not know theirs.
    pub tokens: BTreeMap<String, String>,
    /// By target group and instance. A group that could not be asked is not there.
    pub targets: BTreeMap<String, BTreeMap<String, Health>>,
    /// What new instances are made of; `None` if that cannot be said now.
    pub source: Option<Source>,
    /// The same of types with a template of their own. One of which that cannot be said is not there.
    pub templates: BTreeMap<String, Source>,
    /// An alarm of the refresh that went off.
    pub alarm: Option<String>,
    /// When this server began, by what the clock shows now. No host could come back before.
    pub started_at: Timestamp,
}

/// Something another service is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// EC2 launches the member of this token.
    Launch(String),
    Terminate(String),
    /// EC2 stops or starts an instance of the warm pool.
    Stop(String),
    Start(String),
    /// The tag by which an instance says whose it is: one that was attached gets it, and one that is detached has it no more.
    Name(String),
    Unname(String),
    /// Load balancing: the member and the target group.
    Register(String, String),
    Deregister(String, String),
    /// A hook's target hears that it is waited for.
    Tell(String, String),
}

/// What to write, and what is owed when there is nothing to write.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The group, if it is another now.
    pub group: Option<Group>,
    /// Members that are new or other than they were, by their tokens.
    pub members: BTreeMap<String, Member>,
    pub gone: Vec<String>,
    pub activities: Vec<(String, Activity)>,
    /// The instance refresh, if it is another now.
    pub refresh: Option<Refresh>,
    pub calls: Vec<Call>,
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    pub fn changes_nothing(&self) -> bool {
        self.group.is_none()
            && self.members.is_empty()
            && self.gone.is_empty()
            && self.activities.is_empty()
            && self.refresh.is_none()
    }
}

/// What a plan is made from.
pub struct Observed<'a> {
    pub group: &'a Group,
    pub members: &'a [Member],
    pub hooks: &'a [Hook],
    /// The one that is under way.
    pub refresh: Option<&'a Refresh>,
    pub seen: &'a Seen,
}

/// The plan for a group. `ids` mints a uuid, and the id of an activity below its group.
pub fn plan(
    observed: &Observed<'_>,
    now: Timestamp,
    ids: &mut dyn FnMut() -> (String, String),
) -> Plan {
    let mut draft = Draft::of(observed, now, ids);
    draft.advance();
    draft.warm();
    draft.balance();
    draft.maintain();
    draft.fill_pool();
    draft.refresh();
    draft.finish(observed)
}

/// So many further units in one subnet, which the desired capacity then holds: of what the group launches next, whatever
/// failed in that subnet before.
pub fn order(
    observed: &Observed<'_>,
    (count, subnet): (u32, &Subnet),
    cause: &str,
    now: Timestamp,
    ids: &mut dyn FnMut() -> (String, String),
) -> Plan {
    let mut draft = Draft::of(observed, now, ids);
    draft.group.desired = draft.group.desired.saturating_add(count);
    draft.group.failing.retain(|place, _| {
        let of = place.strip_prefix(SPOT).unwrap_or(place);
        of.split('/').next() != Some(subnet.id.as_str())
    });
    let mut left = count as usize;
    while left > 0 {
        let units = draft.launch(subnet.clone(), cause.to_owned(), balance::For::Capacity);
        left = left.saturating_sub(units);
    }
    draft.finish(observed)
}

/// A plan in the making.
struct Draft<'a> {
    group: Group,
    members: BTreeMap<String, Member>,
    hooks: &'a [Hook],
    refresh: Option<Refresh>,
    seen: &'a Seen,
    now: Timestamp,
    ids: &'a mut dyn FnMut() -> (String, String),
    touched: usize,
    plan: Plan,
}

impl<'a> Draft<'a> {
    fn of(
        observed: &Observed<'a>,
        now: Timestamp,
        ids: &'a mut dyn FnMut() -> (String, String),
    ) -> Self {
        let members = observed.members.iter();
        Self {
            group: observed.group.clone(),
            members: members.map(|it| (it.token.clone(), it.clone())).collect(),
            hooks: observed.hooks,
            refresh: observed.refresh.cloned(),
            seen: observed.seen,
            now,
            ids,
            touched: 0,
            plan: Plan::default(),
        }
    }
}

impl Draft<'_> {
    fn room(&self) -> usize {
        // A member may end two activities, of which each topic is to hear.
        let writes = 3 + 2 * self.group.notifications.len();
        BATCH.min(MOST_WRITES / writes).saturating_sub(self.touched)
    }

    fn wake(&mut self, at: Timestamp) {
        let next = self.plan.wake_at.map_or(at, |it| it.min(at));
        self.plan.wake_at = Some(next);
    }

    /// Writes an activity down as it is now.
    fn note(&mut self, id: &str, activity: &Activity) {
        self.plan.activities.retain(|it| it.0 != id);
        self.plan.activities.push((id.to_owned(), activity.clone()));
    }

    /// What an instance of a type is made of; `None` if that cannot be said now.
    fn source_of(&self, of: Option<&str>) -> Option<&Source> {
        let mixed = self.group.mixed.as_ref();
        let has_own = |of: &&str| mixed.is_some_and(|it| it.templates.contains_key(*of));
        match of.filter(has_own) {
            Some(of) => self.seen.templates.get(of),
            None => self.seen.source.as_ref(),
        }
    }

    /// Units of what counts.
    fn counting(&self) -> usize {
        let counting = self.members.values().filter(|it| it.counts());
        self.group.units_of(counting)
    }

    /// Whether there is as much as desired, and no more than can be without the smallest going.
    fn is_sized(&self) -> bool {
        let surplus = self.counting().checked_sub(self.group.desired as usize);
        let counting = self.members.values().filter(|it| it.counts());
        let smallest = counting.map(|it| self.group.units(it)).min();
        surplus.is_some_and(|it| it == 0 || smallest.is_some_and(|smallest| it < smallest))
    }

    /// What is owed is read off records that nothing is to be changed in.
    fn finish(mut self, observed: &Observed<'_>) -> Plan {
        if self.group != *observed.group {
            self.plan.group = Some(self.group.clone());
        }
        if self.refresh.as_ref() != observed.refresh {
            self.plan.refresh = self.refresh.take();
        }
        let before: BTreeMap<&str, &Member> = observed
            .members
            .iter()
            .map(|it| (it.token.as_str(), it))
            .collect();
        for (token, member) in &self.members {
            if before.get(token.as_str()) != Some(&member) {
                self.plan.members.insert(token.clone(), member.clone());
            }
        }
        for token in before.keys() {
            if !self.members.contains_key(*token) {
                self.plan.gone.push((*token).to_owned());
            }
        }
        if self.plan.changes_nothing() {
            let members: Vec<Member> = self.members.values().cloned().collect();
            for member in &members {
                self.owe(member);
            }
        }
        self.plan
    }

    fn owe(&mut self, member: &Member) {
        let calls = &mut self.plan.calls;
        let token = || member.token.clone();
        match member.state {
            State::Pending | State::WarmedPending if member.instance.is_none() => {
                calls.push(Call::Launch(token()));
            }
            State::Pending if member.pooled == Pooled::From => {
                let seen = self.seen.instances.get(member.id());
                if seen.is_some_and(|it| it.state == Ec2State::Stopped) {
                    calls.push(Call::Start(token()));
                }
            }
            State::WarmedPendingProceed => {
                let seen = self.seen.instances.get(member.id());
                if seen.is_some_and(|it| it.state == Ec2State::Running) {
                    calls.push(Call::Stop(token()));
                }
            }
            State::TerminatingProceed if member.instance.is_some() => {
                let seen = self.seen.instances.get(member.id());
                let ends = |it: &Instance| {
                    matches!(it.state, Ec2State::ShuttingDown | Ec2State::Terminated)
                };
                if seen.is_some_and(|it| !ends(it)) {
                    calls.push(Call::Terminate(token()));
                }
            }
            _ => {}
        }
        let named = self.seen.instances.get(member.id()).map(|it| it.named);
        match member.state {
            State::Detaching if member.registered.is_empty() && named == Some(true) => {
                calls.push(Call::Unname(token()));
            }
            State::Pending | State::PendingWait | State::InService
                if member.source.is_none() && named == Some(false) =>
            {
                calls.push(Call::Name(token()));
            }
            _ => {}
        }
        let waits = member.waits.iter().filter(|it| !it.told);
        calls.extend(waits.map(|it| Call::Tell(token(), it.hook.clone())));
        let stays = member.state == State::InService;
        if stays
            && !self
                .group
                .suspends(crate::records::Process::AddToLoadBalancer)
        {
            let missing = self.group.target_groups.iter();
            let missing = missing.filter(|it| !member.registered.contains(*it));
            calls.extend(missing.map(|it| Call::Register(token(), it.clone())));
        }
        for group in &member.registered {
            if !stays || !self.group.target_groups.contains(group) {
                let known = self.seen.targets.get(group);
                let there = known.and_then(|it| it.get(member.id()));
                // One that drains was let go already.
                if known.is_some() && there.is_none_or(|it| *it != Health::Draining) {
                    calls.push(Call::Deregister(token(), group.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::{a_group, member as a_member};
