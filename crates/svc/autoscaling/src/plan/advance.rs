//! Each member's next state, by what was seen of its instance.

use std::time::Duration;

use super::{Draft, Ec2State, Health, IMPAIRED_FOR, Instance, words};
use crate::records::{
    Activity, Failing, Group, Kind, Member, Outcome, Pooled, Process, State, Status, Transition,
};

/// The first pause after a failed launch; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// How soon what others do is looked at: EC2 and load balancing call nobody back. The longer it takes, the rarer.
const FIRST_LOOK: Duration = Duration::from_millis(250);
pub(super) const LOOK: Duration = Duration::from_secs(10);

impl Draft<'_> {
    pub(super) fn advance(&mut self) {
        let tokens: Vec<String> = self.members.keys().cloned().collect();
        for token in tokens {
            if self.room() == 0 {
                return;
            }
            let Some(mut member) = self.members.remove(&token) else {
                continue;
            };
            let before = member.clone();
            let stays = self.member(&mut member);
            if stays == Stays::No {
                self.touched += 1;
                continue;
            }
            if member != before {
                self.touched += 1;
                if let Some((id, activity)) = &member.activity {
                    self.note(id, activity);
                }
            }
            self.members.insert(token, member);
        }
    }

    fn member(&mut self, member: &mut Member) -> Stays {
        if member.instance.is_none() {
            return self.unlaunched(member);
        }
        let seen = self.seen.instances.get(member.id()).cloned();
        let ended = seen
            .as_ref()
            .is_none_or(|it| it.state == Ec2State::Terminated);
        let (id, state) = (member.id().to_owned(), member.state);
        member.registered.retain(|group| {
            let known = self.seen.targets.get(group);
            let stays = state == State::InService && self.group.target_groups.contains(group);
            // A target that load balancing does not know any more has been let go.
            stays || known.is_none_or(|it| it.contains_key(&id))
        });
        match member.state {
            State::Pending
            | State::PendingWait
            | State::WarmedPending
            | State::WarmedPendingWait
                if ended =>
            {
                let reason = seen.and_then(|it| it.reason);
                let reason =
                    reason.unwrap_or_else(|| "The instance has been terminated.".to_owned());
                self.launch_failed(member, &reason);
                Stays::No
            }
            State::Pending => self.pending(member, seen.as_ref()),
            State::PendingWait => self.pending_wait(member, Self::enter_service),
            State::InService => self.in_service(member, seen.as_ref()),
            State::EnteringStandby => {
                if member.registered.is_empty() {
                    member.state = State::Standby;
                    self.ends_well(member);
                } else {
                    self.look_soon(member);
                }
                Stays::Yes
            }
            State::Standby if ended => {
                let cause = words::at(self.now, words::NOT_RUNNING);
                self.terminate(member, cause);
                Stays::Yes
            }
            State::Standby => {
                self.wake(self.now + LOOK);
                Stays::Yes
            }
            State::Detaching => {
                let named = seen.is_some_and(|it| it.named) && !ended;
                if member.registered.is_empty() && !named {
                    return self.leaves(member);
                }
                self.look_soon(member);
                Stays::Yes
            }
            State::Terminating | State::TerminatingWait | State::TerminatingProceed
                if ended && member.registered.is_empty() =>
            {
                self.leaves(member)
            }
            State::Terminating => self.terminating(member),
            State::TerminatingWait => {
                if self.group.deleting || self.waited(member) {
                    self.let_go(member);
                }
                Stays::Yes
            }
            State::TerminatingProceed => {
                self.look_soon(member);
                Stays::Yes
            }
            State::WarmedPending
            | State::WarmedPendingWait
            | State::WarmedPendingProceed
            | State::WarmedStopped
            | State::WarmedRunning => self.pooled(member, seen.as_ref()),
        }
    }

    /// Looks again when half as much time has passed as since the activity began.
    pub(super) fn look_soon(&mut self, member: &Member) {
        let begun = member.activity.as_ref().map(|it| it.1.started_at);
        let passed = self.now.since(begun.unwrap_or(member.created_at));
        let pause = (passed / 2).clamp(FIRST_LOOK, LOOK);
        self.wake(self.now + pause);
    }

    fn unlaunched(&mut self, member: &mut Member) -> Stays {
        if let Some(id) = self.seen.tokens.get(&member.token) {
            launched(member, id.clone());
            if let Some(seen) = self.seen.instances.get(id) {
                member.instance_type.clone_from(&seen.instance_type);
                member.image.clone_from(&seen.image);
            }
            return Stays::Yes;
        }
        // Nothing was launched that would have to be ended.
        if member.state.is_terminating() || self.group.deleting {
            let mut ended = member.activity.take();
            if let Some((id, activity)) = &mut ended {
                activity.end(Status::Cancelled, None, self.now);
                self.note(id, activity);
            }
            return Stays::No;
        }
        self.look_soon(member);
        Stays::Yes
    }

    fn pending(&mut self, member: &mut Member, seen: Option<&Instance>) -> Stays {
        match seen.map(|it| it.state) {
            Some(Ec2State::Running) => {
                let waits = self.waits(Transition::Launching);
                if waits.is_empty() {
                    self.enter_service(member);
                } else {
                    member.waits = waits;
                    member.state = State::PendingWait;
                    status(member, Status::MidLifecycleAction, 50);
                }
            }
            Some(Ec2State::Stopping | Ec2State::Stopped) if member.pooled != Pooled::From => {
                let cause = words::at(self.now, words::NOT_RUNNING);
                self.terminate(member, cause);
            }
            // One of the pool is stopped before it is started, and again when that failed.
            Some(Ec2State::Stopping | Ec2State::Stopped) => {
                let gave_up = seen.filter(|it| it.gave_up);
                let why = member.unhealthy.clone();
                let why = why.or_else(|| gave_up.map(|it| it.reason.clone().unwrap_or_default()));
                match why {
                    Some(why) => {
                        self.launch_failed(member, &why);
                        let cause = words::at(self.now, words::NOT_RUNNING);
                        self.terminate(member, cause);
                    }
                    None => self.look_soon(member),
                }
            }
            _ => self.look_soon(member),
        }
        Stays::Yes
    }

    /// `then` is what comes when all hooks let it go on.
    pub(super) fn pending_wait(
        &mut self,
        member: &mut Member,
        then: fn(&mut Self, &mut Member),
    ) -> Stays {
        if !self.waited(member) {
            return Stays::Yes;
        }
        let abandoned = member
            .waits
            .iter()
            .find(|it| it.outcome == Some(Outcome::Abandon));
        match abandoned.map(|it| words::abandoned(&it.token, it.timed_out)) {
            None => then(self, member),
            Some(text) => {
                if let Some((id, mut activity)) = member.activity.take() {
                    activity.end(Status::Cancelled, Some(text.clone()), self.now);
                    self.note(&id, &activity);
                }
                let what = "an instance was taken out of service in response to an abandoned lifecycle action.";
                let cause = words::at(self.now, what);
                self.terminate(member, cause);
            }
        }
        Stays::Yes
    }

    fn enter_service(&mut self, member: &mut Member) {
        member.waits.clear();
        member.state = State::InService;
        member.in_service_at = Some(self.now);
        member.pooled = Pooled::No;
        member.extra = member.extra && (self.launches_first() || self.keeps_first());
        self.group.failing.remove(&member.place());
        self.ends_well(member);
        self.wake(self.now + LOOK);
    }

    pub(super) fn ends_well(&mut self, member: &mut Member) {
        if let Some((id, mut activity)) = member.activity.take() {
            activity.end(Status::Successful, None, self.now);
            self.note(&id, &activity);
        }
    }

    fn in_service(&mut self, member: &mut Member, seen: Option<&Instance>) -> Stays {
        if member.unhealthy.is_none()
            && !self.group.suspends(Process::HealthCheck)
            && let Some(words) = self.unwell(member, seen)
        {
            member.unhealthy = Some(words.to_owned());
        }
        let replaces = !self.group.suspends(Process::ReplaceUnhealthy)
            && !self.group.suspends(Process::Terminate);
        let runs = |it: &Instance| matches!(it.state, Ec2State::Running | Ec2State::Pending);
        if self.is_worn(member) && seen.is_some_and(runs) {
            // Its successor comes first.
        } else if let Some(words) = member.unhealthy.clone()
            && replaces
        {
            let cause = words::at(self.now, &words);
            self.terminate(member, cause);
        } else if self.is_too_old(member) && replaces {
            let cause = words::at(self.now, words::TOO_OLD);
            self.terminate(member, cause);
        }
        self.wake(self.now + LOOK);
        Stays::Yes
    }

    /// In which words it is unhealthy. What does not run is so at once; checks count after the grace period, those of EC2 when they
    /// have failed for a while.
    fn unwell(&self, member: &Member, seen: Option<&Instance>) -> Option<&'static str> {
        let Some(seen) = seen else {
            return Some(words::NOT_RUNNING);
        };
        if !matches!(seen.state, Ec2State::Running | Ec2State::Pending) {
            return Some(words::NOT_RUNNING);
        }
        let grace = Duration::from_secs(self.group.grace_seconds.into());
        let since = member.in_service_at.unwrap_or(member.created_at);
        if self.now.since(since) < grace {
            return None;
        }
        if self.is_impaired(seen) {
            return Some(words::IMPAIRED);
        }
        let mut targets = member.registered.iter();
        let sick = |group: &String| {
            let known = self.seen.targets.get(group);
            known.and_then(|it| it.get(&seen.id)) == Some(&Health::Unhealthy)
        };
        (self.group.elb_health && targets.any(sick)).then_some(words::ELB)
    }

    /// Whether its status checks have failed for long enough, of which the time before this server began is none.
    pub(super) fn is_impaired(&self, seen: &Instance) -> bool {
        let since = seen.impaired_since.map(|it| it.max(self.seen.started_at));
        since.is_some_and(|it| it + IMPAIRED_FOR <= self.now)
    }

    fn is_too_old(&mut self, member: &Member) -> bool {
        let Some(until) = self.expires(member) else {
            return false;
        };
        if self.now < until {
            self.wake(until);
        }
        self.now >= until && self.may_go_first(&member.token)
    }

    /// Begins the end of a member.
    pub(super) fn terminate(&mut self, member: &mut Member, cause: String) {
        if let Some((id, mut activity)) = member.activity.take() {
            activity.end(Status::Cancelled, None, self.now);
            self.note(&id, &activity);
        }
        member.state = State::Terminating;
        member.waits.clear();
        let description = words::terminating(member.id());
        let mut begun = self.begin(&member.subnet, &member.zone, description, cause);
        begun.1.kind = Kind::Terminate;
        begun.1.pooled = member.pooled;
        begun.1.instance.clone_from(&member.instance);
        member.activity = Some(begun);
    }

    fn terminating(&mut self, member: &mut Member) -> Stays {
        if !member.registered.is_empty() {
            status(member, Status::WaitingForElbConnectionDraining, 20);
            self.look_soon(member);
            return Stays::Yes;
        }
        let waits = match self.group.deleting {
            true => Vec::new(),
            false => self.waits(Transition::Terminating),
        };
        if waits.is_empty() {
            self.let_go(member);
        } else {
            member.waits = waits;
            member.state = State::TerminatingWait;
            status(member, Status::MidLifecycleAction, 50);
        }
        Stays::Yes
    }

    /// Hooks have nothing against its end: EC2 ends it, or it goes back to the warm pool.
    fn let_go(&mut self, member: &mut Member) {
        let abandoned = |it: &crate::records::Wait| it.outcome == Some(Outcome::Abandon);
        let returns = member.pooled == Pooled::To
            && !member.waits.iter().any(abandoned)
            && !self.group.deleting
            && self.group.pool.as_ref().is_some_and(|it| !it.deleting);
        member.waits.clear();
        if returns {
            member.state = State::WarmedPending;
            member.pooled = Pooled::Of;
            member.in_service_at = None;
        } else {
            // Whatever was meant with it, it ends.
            if member.pooled == Pooled::To {
                member.pooled = Pooled::No;
                let description = words::terminating(member.id());
                if let Some((_, activity)) = &mut member.activity {
                    activity.description = description;
                    activity.pooled = Pooled::No;
                }
            }
            member.state = State::TerminatingProceed;
            status(member, Status::InProgress, 60);
        }
    }

    fn leaves(&mut self, member: &mut Member) -> Stays {
        self.ends_well(member);
        Stays::No
    }

    /// EC2 refused or lost the instance: its subnet is left alone for a while.
    fn launch_failed(&mut self, member: &mut Member, reason: &str) {
        failed(&mut self.group, &member.place(), self.now);
        if let Some((id, mut activity)) = member.activity.take() {
            let text = words::launch_failed(reason);
            activity.end(Status::Failed, Some(text), self.now);
            self.note(&id, &activity);
        }
    }

    pub(super) fn begin(
        &mut self,
        subnet: &str,
        zone: &str,
        description: String,
        cause: String,
    ) -> (String, Activity) {
        let (id, key) = (self.ids)();
        let activity = Activity {
            id,
            group: self.group.name.clone(),
            kind: Kind::Launch,
            instance: None,
            description,
            cause,
            started_at: self.now,
            ended_at: None,
            status: Status::InProgress,
            message: None,
            progress: 0,
            subnet: subnet.to_owned(),
            zone: zone.to_owned(),
            pooled: Pooled::No,
            unknown: Default::default(),
        };
        (key, activity)
    }
}

/// Whether a member is still one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stays {
    Yes,
    No,
}

pub(super) fn status(member: &mut Member, status: Status, progress: u8) {
    if let Some((_, activity)) = &mut member.activity {
        activity.status = status;
        activity.progress = progress;
    }
}

/// EC2 has launched it.
pub fn launched(member: &mut Member, id: String) {
    if let Some((_, activity)) = &mut member.activity {
        activity.description = match member.pooled {
            Pooled::Of => words::launching_into_pool(Some(&id)),
            _ => words::launching(Some(&id)),
        };
        activity.instance = Some(id.clone());
        activity.status = Status::PreInService;
        activity.progress = 30;
    }
    member.instance = Some(id);
}

/// A launch at a place failed.
pub fn failed(group: &mut Group, place: &str, now: wharf_base::Timestamp) {
    let times = group.failing.get(place).map_or(0, |it| it.times);
    let pause = FIRST_PAUSE
        .saturating_mul(1 << times.min(10))
        .min(LONGEST_PAUSE);
    let failing = Failing {
        times: times.saturating_add(1),
        until: now + pause,
    };
    group.failing.insert(place.to_owned(), failing);
}

/// What a launch that EC2 refused says.
pub fn refused(
    member: &Member,
    reason: &str,
    now: wharf_base::Timestamp,
) -> Option<(String, Activity)> {
    let (id, mut activity) = member.activity.clone()?;
    activity.end(Status::Failed, Some(words::launch_failed(reason)), now);
    Some((id, activity))
}
