//! Replacing single instances as the group's instance maintenance policy says: those that fail their checks while they
//! run, those that are too old, and those of a zone that has too many.
//!
//! Where the policy lets the group be larger than desired, a successor is launched for each, and the old one goes when that
//! is warm. Where it does not, an instance that is too old goes when enough others are healthy, and one that is unhealthy at
//! once, since it is none of those that the minimum is about. What does not run any more is replaced at once in any case.
//! With capacity rebalancing, Spot instances whose capacity is taken back have successors in the same way.
//!
//! An instance refresh that is under way comes first: while it lasts, what is unhealthy is replaced as without a policy.

use std::{collections::BTreeSet, time::Duration};

use wharf_base::Timestamp;

use super::{Draft, balance::For, words};
use crate::records::{Maintenance, Member, Process, State};

/// How much larger a group may be whose Spot instances are replaced before they end.
const FOR_RECALLS: Maintenance = Maintenance {
    min_healthy: 100,
    max_healthy: 110,
};

impl Draft<'_> {
    /// Whether successors come first, and count once they are warm.
    pub(super) fn keeps_first(&self) -> bool {
        let policy = self.group.maintenance;
        policy.is_some_and(Maintenance::launches_first)
    }

    /// When it is too old.
    pub(super) fn expires(&self, member: &Member) -> Option<Timestamp> {
        let most = self.group.max_lifetime_seconds?;
        Some(member.created_at + Duration::from_secs(most.into()))
    }

    /// Whether it stays until its successor is warm.
    pub(super) fn is_worn(&self, member: &Member) -> bool {
        let is_standing = member.state == State::InService && !member.extra;
        is_standing
            && !self.launches_first()
            && !self.group.suspends(Process::Terminate)
            && (self.is_recalled(member) || self.is_kept(member))
    }

    fn is_kept(&self, member: &Member) -> bool {
        self.keeps_first()
            && !self.group.suspends(Process::ReplaceUnhealthy)
            && (member.unhealthy.is_some() || self.is_expired(member))
    }

    fn is_expired(&self, member: &Member) -> bool {
        self.expires(member).is_some_and(|it| it <= self.now)
    }

    /// Its Spot capacity is taken back, and the group does not wait for its end.
    fn is_recalled(&self, member: &Member) -> bool {
        let seen = self.seen.instances.get(member.id());
        self.group.rebalances && seen.is_some_and(|it| it.recalled)
    }

    /// In which words one that is worn goes.
    pub(super) fn why_worn(&self, token: &str) -> String {
        let member = self.members.get(token);
        let unhealthy = member.and_then(|it| it.unhealthy.clone());
        let why = match member.is_some_and(|it| self.is_expired(it)) {
            true => words::TOO_OLD,
            false => words::RECALLED,
        };
        unhealthy.unwrap_or_else(|| why.to_owned())
    }

    /// In service, well and warm.
    pub(super) fn is_settled(&self, member: &Member) -> bool {
        let warmup = self.group.warmup_seconds;
        let warmup = Duration::from_secs(warmup.unwrap_or(self.group.grace_seconds).into());
        let since = member.in_service_at.unwrap_or(member.created_at);
        member.state == State::InService && member.unhealthy.is_none() && since + warmup <= self.now
    }

    /// Whether one may go before its successor is there: enough others are healthy, or all of them.
    pub(super) fn may_go_first(&self, token: &str) -> bool {
        let mut others = self.members.values().filter(|it| it.token != token);
        let Some(policy) = self.group.maintenance else {
            // One at a time: the others wait until its successor is in service.
            return !others.any(|it| it.state != State::InService && !it.is_pooled());
        };
        let settled = others.filter(|it| it.counts() && self.is_settled(it));
        let settled = self.group.units_of(settled);
        let goes = self.members.get(token).map_or(1, |it| self.group.units(it));
        let desired = self.group.desired;
        settled >= policy.least(desired) || settled + goes >= desired as usize
    }

    /// Launches the successors of what is worn.
    pub(super) fn maintain(&mut self) {
        let policy = self.group.maintenance;
        let policy = policy.filter(|it| it.launches_first());
        let most = policy.unwrap_or(FOR_RECALLS).most(self.group.desired);
        if self.group.deleting
            || self.seen.source.is_none()
            || self.group.suspends(Process::Launch)
            || !self.is_sized()
        {
            return;
        }
        let worn = self.members.values().filter(|it| self.is_worn(it));
        let worn: BTreeSet<String> = worn.map(|it| it.token.clone()).collect();
        let is_successor = |it: &Member| it.extra && !it.state.is_terminating();
        let extra = self.members.values().filter(|it| is_successor(it));
        let (extra, units) = (extra.clone().count(), self.group.units_of(extra));
        let wanted = worn.len().saturating_sub(extra);
        let mut room = most.saturating_sub(self.counting().saturating_add(units));
        for launched in 0..wanted.min(self.room()) {
            // Where they are to stand when what is worn is gone.
            let stays =
                |it: &Member| (it.counts() || is_successor(it)) && !worn.contains(&it.token);
            let Some(subnet) = self.emptiest_by(stays) else {
                return;
            };
            // One at least is launched, whatever its size.
            if self.next_units(&subnet.id) > room && extra + launched > 0 {
                return;
            }
            let what = match policy {
                Some(_) => words::MAINTAINING,
                None => words::RECALLING,
            };
            let cause = words::at(self.now, what);
            room = room.saturating_sub(self.launch(subnet, cause, For::Successor));
        }
    }
}

#[cfg(test)]
mod tests;
