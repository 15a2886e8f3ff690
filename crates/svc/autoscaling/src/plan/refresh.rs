//! An instance refresh: which instances are taken or launched next, and when it is over.
//!
//! Instances that were made before it began are old. As many old ones go at a time as leave the minimum of healthy
//! ones, and one at least; with a maximum above the desired capacity their successors are launched first. A new
//! instance counts as healthy when it has been in service for the warm-up. Going back replaces what is not made of
//! what the group says.

use std::time::Duration;

use super::{Draft, balance::For, choose, words};
use crate::records::{Member, Others, Process, Refresh, Rollback, Stage, State};

/// Without any progress it has failed.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Launches in a row that fail before it has failed.
const MOST_FAILURES: u32 = 5;
const LAUNCHES_FAIL: &str = "Instances could not be launched.";
const NO_PROGRESS: &str = "The instance refresh made no progress within an hour.";

impl Draft<'_> {
    /// Whether a member is to be replaced.
    fn is_old(&self, refresh: &Refresh, member: &Member) -> bool {
        let goal = self.source_of(member.wanted_type.as_deref());
        let matches = |member: &Member| goal.is_some() && member.source.as_ref() == goal;
        match refresh.stage {
            Stage::RollbackInProgress => !matches(member),
            _ if refresh.settings.skips_matching && matches(member) => false,
            _ => member.created_at <= refresh.started_at,
        }
    }

    /// One to be replaced, as far as protection and standby let it.
    fn is_due(&self, refresh: &Refresh, member: &Member) -> bool {
        let settings = &refresh.settings;
        let leaves = member.state.is_terminating() || member.state == State::Detaching;
        let stays = (member.protected && settings.protected == Others::Ignore)
            || (member.state == State::Standby && settings.standby == Others::Ignore);
        !leaves && !stays && !member.is_pooled() && self.is_old(refresh, member)
    }

    /// One of the warm pool that is to be replaced. The pool takes it, at once.
    fn is_stale(&self, refresh: &Refresh, member: &Member) -> bool {
        member.is_pooled() && !member.state.is_terminating() && self.is_old(refresh, member)
    }

    /// Whether a refresh that is under way replaces this one of the warm pool.
    pub(super) fn is_stale_in_pool(&self, member: &Member) -> bool {
        let refresh = self.refresh.as_ref().filter(|_| self.launches_first());
        refresh.is_some_and(|it| self.is_stale(it, member))
    }

    fn may_take(&self, refresh: &Refresh, member: &Member) -> bool {
        let settings = &refresh.settings;
        match member.state {
            State::Standby => settings.standby == Others::Take,
            State::EnteringStandby | State::PendingWait | State::Pending => false,
            _ => !member.protected || settings.protected == Others::Take,
        }
    }

    /// In service, well, and warm if it is new.
    fn is_ready(&self, refresh: &Refresh, member: &Member) -> bool {
        let warmup = refresh
            .settings
            .warmup_seconds
            .or(self.group.warmup_seconds);
        let warmup = Duration::from_secs(warmup.unwrap_or(self.group.grace_seconds).into());
        let since = member.in_service_at.unwrap_or(member.created_at);
        let is_old = member.created_at <= refresh.started_at;
        member.state == State::InService
            && member.unhealthy.is_none()
            && (is_old || since + warmup <= self.now)
    }

    /// What a group that shrinks takes first.
    pub(super) fn outdated(&self, member: &Member) -> bool {
        let refresh = self.refresh.as_ref().filter(|it| !it.stage.is_over());
        refresh.is_some_and(|it| it.stage != Stage::Cancelling && self.is_due(it, member))
    }

    /// Whether successors that are in service wait to be warm before they count.
    pub(super) fn launches_first(&self) -> bool {
        let refresh = self.refresh.as_ref();
        refresh.is_some_and(|it| !it.stage.is_over() && it.stage != Stage::Cancelling)
    }

    /// Whether one may be taken when the group shrinks.
    pub(super) fn gives_way(&self, member: &Member) -> bool {
        let takes = |it: &Refresh| it.settings.protected == Others::Take;
        !member.protected
            // Protection is against scale-in alone.
            || self.is_worn(member)
            || (self.outdated(member) && self.refresh.as_ref().is_some_and(takes))
    }

    /// Successors that were launched first count once they are warm, or when nobody waits for that any more.
    pub(super) fn warm(&mut self) {
        let refresh = self.refresh.as_ref().filter(|_| self.launches_first());
        let counts = |it: &&Member| {
            let ready = match refresh {
                Some(refresh) => self.is_ready(refresh, it),
                None => !self.keeps_first() || self.is_settled(it),
            };
            it.extra && it.state == State::InService && ready
        };
        let ready: Vec<String> = self
            .members
            .values()
            .filter(counts)
            .take(self.room())
            .map(|it| it.token.clone())
            .collect();
        for token in ready {
            if let Some(member) = self.members.get_mut(&token) {
                member.extra = false;
                self.touched += 1;
            }
        }
    }

    pub(super) fn refresh(&mut self) {
        let Some(mut refresh) = self.refresh.take() else {
            return;
        };
        if !refresh.stage.is_over() {
            self.bring(&mut refresh);
            if !refresh.stage.is_over() {
                self.wake(self.now + super::advance::LOOK);
            }
        }
        self.refresh = Some(refresh);
    }

    fn bring(&mut self, refresh: &mut Refresh) {
        if refresh.stage == Stage::Cancelling {
            let waits = |it: &Member| it.state.is_pending() || it.state.is_terminating();
            if !self.members.values().any(waits) {
                self.end(refresh, Stage::Cancelled, None);
            }
            return;
        }
        if refresh.stage != Stage::RollbackInProgress
            && let Some(alarm) = &self.seen.alarm
        {
            let reason = format!("The alarm {alarm} went into the ALARM state.");
            return self.fails(refresh, &reason);
        }
        let suspended = [
            Process::InstanceRefresh,
            Process::Launch,
            Process::Terminate,
        ];
        if suspended.into_iter().any(|it| self.group.suspends(it)) || self.seen.source.is_none() {
            return;
        }
        let all: Vec<Member> = self.members.values().cloned().collect();
        let old = all.iter().filter(|it| self.is_due(refresh, it));
        let old: Vec<&Member> = old.collect();
        let unready = all.iter().filter(|it| {
            let is_new = it.counts() || it.extra;
            is_new && !self.is_old(refresh, it) && !self.is_ready(refresh, it)
        });
        let left = u32::try_from(old.len() + unready.count()).unwrap_or(u32::MAX);
        if refresh.total.is_none() {
            refresh.total = Some(u32::try_from(old.len()).unwrap_or(u32::MAX));
            refresh.left = refresh.total.unwrap_or_default();
            if refresh.stage == Stage::Pending {
                refresh.stage = Stage::InProgress;
            }
        }
        // What is replaced is done when its successor is ready.
        let left = left.min(refresh.total.unwrap_or_default());
        if left < refresh.left {
            refresh.left = left;
            refresh.moved_at = self.now;
        }
        if self.has_failed(refresh) {
            return;
        }
        let pool_is_new = !all.iter().any(|it| self.is_stale(refresh, it));
        if old.is_empty() && left == 0 && self.is_sized() && pool_is_new {
            return self.replaced(refresh);
        }
        if self.rests(refresh) {
            return;
        }
        self.replace(refresh, old);
    }

    fn has_failed(&mut self, refresh: &mut Refresh) -> bool {
        let fails = self
            .group
            .failing
            .values()
            .any(|it| it.times >= MOST_FAILURES);
        let reason = match () {
            () if fails => LAUNCHES_FAIL,
            () if refresh.moved_at + PATIENCE <= self.now => NO_PROGRESS,
            () => return false,
        };
        self.fails(refresh, reason);
        true
    }

    fn fails(&mut self, refresh: &mut Refresh, reason: &str) {
        match refresh.stage {
            Stage::RollbackInProgress => {
                self.end(refresh, Stage::RollbackFailed, Some(reason.to_owned()));
            }
            _ if refresh.settings.rolls_back => {
                self.group.failing.clear();
                roll_back(refresh, reason.to_owned(), self.now);
            }
            _ => self.end(refresh, Stage::Failed, Some(reason.to_owned())),
        }
    }

    fn end(&mut self, refresh: &mut Refresh, stage: Stage, reason: Option<String>) {
        refresh.stage = stage;
        refresh.reason = reason.or_else(|| refresh.reason.take());
        refresh.ended_at = Some(self.now);
        refresh.rests_until = None;
    }

    /// All are replaced: it bakes, and is over.
    fn replaced(&mut self, refresh: &mut Refresh) {
        if refresh.stage == Stage::RollbackInProgress {
            return self.end(refresh, Stage::RollbackSuccessful, None);
        }
        if refresh.stage != Stage::Baking && refresh.settings.bake_seconds > 0 {
            refresh.stage = Stage::Baking;
            let bakes = Duration::from_secs(refresh.settings.bake_seconds.into());
            refresh.rests_until = Some(self.now + bakes);
        }
        if let Some(until) = refresh.rests_until.filter(|it| *it > self.now) {
            refresh.moved_at = self.now.max(refresh.moved_at);
            return self.wake(until);
        }
        if let Some(desired) = refresh.desired.clone() {
            self.group.launch = desired;
        }
        self.end(refresh, Stage::Successful, None);
    }

    /// Whether a checkpoint holds it.
    fn rests(&mut self, refresh: &mut Refresh) -> bool {
        if refresh.stage == Stage::RollbackInProgress {
            return false;
        }
        if let Some(until) = refresh.rests_until {
            if self.now < until {
                // Waiting is no lack of progress.
                refresh.moved_at = self.now;
                self.wake(until);
                return true;
            }
            refresh.rests_until = None;
        }
        let settings = &refresh.settings;
        let at = refresh.percentage();
        let next = settings.checkpoints.iter().find(|it| **it > refresh.passed);
        if let Some(checkpoint) = next.copied().filter(|it| *it <= at) {
            refresh.passed = checkpoint;
            let rests = Duration::from_secs(settings.checkpoint_seconds.into());
            refresh.rests_until = Some(self.now + rests);
            refresh.moved_at = self.now;
            self.wake(self.now + rests);
            return true;
        }
        false
    }

    /// How many may be replaced before the next checkpoint.
    fn before_checkpoint(&self, refresh: &Refresh, old: usize) -> usize {
        let total = refresh.total.unwrap_or_default();
        let checkpoints = &refresh.settings.checkpoints;
        let next = checkpoints.iter().find(|it| **it > refresh.passed);
        let next = next.copied().unwrap_or(100);
        let upto = (u64::from(total) * u64::from(next)).div_ceil(100);
        let begun = u64::from(total).saturating_sub(old as u64);
        usize::try_from(upto.saturating_sub(begun)).unwrap_or(usize::MAX)
    }

    fn replace(&mut self, refresh: &Refresh, old: Vec<&Member>) {
        let desired = u64::from(self.group.desired);
        let settings = &refresh.settings;
        let least = (desired * u64::from(settings.min_healthy)).div_ceil(100);
        let most = desired * u64::from(settings.max_healthy) / 100;
        let allowed = self.before_checkpoint(refresh, old.len()).min(self.room());
        let standing = old.iter().filter(|it| self.may_take(refresh, it));
        let mut takeable: Vec<Member> = standing.map(|it| (*it).clone()).collect();
        // Those in standby take no part in the capacity.
        takeable.retain(|it| {
            let is_standby = it.state == State::Standby;
            if is_standby {
                let cause = words::at(self.now, words::REFRESHED);
                self.take(&it.token, cause);
            }
            !is_standby
        });
        let moving = self.members.values().filter(|it| it.counts() || it.extra);
        let ready = moving.clone().filter(|it| self.is_ready(refresh, it));
        let ready = self.group.units_of(ready) as u64;
        let there = self.group.units_of(moving) as u64;
        if settings.max_healthy > 100 {
            // What the group lacks or has too many of comes first.
            if !self.is_sized() {
                return;
            }
            let extra = self.members.values().filter(|it| it.extra).count();
            // Each that is launched first stands for one that is old.
            let wanted = takeable.len().saturating_sub(extra).min(allowed);
            let mut room = (most.max(desired + 1)).saturating_sub(there);
            for launched in 0..wanted {
                let Some(subnet) = self.emptiest() else {
                    return;
                };
                // One at least is launched, whatever its size.
                if self.next_units(&subnet.id) as u64 > room && extra + launched > 0 {
                    return;
                }
                let cause = words::at(self.now, words::REFRESHING);
                let units = self.launch(subnet, cause, For::Successor);
                room = room.saturating_sub(units as u64);
            }
            return;
        }
        let spare = ready.saturating_sub(least);
        if there < desired {
            return self.take_down_to(&takeable, spare, allowed);
        }
        // One at least goes, whatever its size.
        let smallest = takeable.iter().map(|it| self.group.units(it)).min();
        let one_at_least = smallest.filter(|_| ready >= desired).unwrap_or(0);
        self.take_down_to(&takeable, spare.max(one_at_least as u64), allowed);
    }

    /// Takes as many as may go of so many units to spare.
    fn take_down_to(&mut self, takeable: &[Member], mut spare: u64, allowed: usize) {
        let mut left: Vec<Member> = takeable.to_vec();
        for _ in 0..allowed {
            left.retain(|it| self.group.units(it) as u64 <= spare);
            let Some(token) = choose::victim(&self.group, left.iter().collect(), self.now) else {
                return;
            };
            let goes = left.iter().find(|it| it.token == token);
            spare -= goes.map_or(0, |it| self.group.units(it) as u64).min(spare);
            left.retain(|it| it.token != token);
            let cause = words::at(self.now, words::REFRESHED);
            self.take(&token, cause);
        }
    }
}

/// It goes back: what was made of another source is replaced again.
pub fn roll_back(refresh: &mut Refresh, reason: String, now: wharf_base::Timestamp) {
    refresh.rollback = Some(Rollback {
        reason,
        started_at: now,
        percentage: refresh.percentage(),
        left: refresh.left,
    });
    refresh.stage = Stage::RollbackInProgress;
    refresh.desired = None;
    refresh.total = None;
    refresh.rests_until = None;
    refresh.moved_at = now;
}

#[cfg(test)]
mod tests;
