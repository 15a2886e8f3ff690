//! The warm pool: as many instances as it is to have, prepared and at rest, for a group that grows.
//!
//! An instance of the pool passes the hooks of launches when it comes in and again when the group takes it. It counts
//! towards no capacity and stands behind no load balancer. One that is not in the state of the pool any more is replaced.

use super::{
    Draft, Ec2State, Instance,
    advance::{LOOK, Stays, status},
    balance::For,
    words,
};
use crate::records::{Member, Pool, Pooled, Process, Rest, State, Status, Transition};

impl Draft<'_> {
    /// The next state of one whose instance is there.
    pub(super) fn pooled(&mut self, member: &mut Member, seen: Option<&Instance>) -> Stays {
        let state = seen.map(|it| it.state);
        match member.state {
            State::WarmedPending => match state {
                Some(Ec2State::Running) => {
                    let waits = self.waits(Transition::Launching);
                    if waits.is_empty() {
                        self.rest_in_pool(member);
                    } else {
                        member.waits = waits;
                        member.state = State::WarmedPendingWait;
                        status(member, Status::MidLifecycleAction, 50);
                    }
                }
                Some(Ec2State::Stopping | Ec2State::Stopped) => self.drop_from_pool(member),
                _ => self.look_soon(member),
            },
            State::WarmedPendingWait => return self.pending_wait(member, Self::rest_in_pool),
            State::WarmedPendingProceed => match state {
                Some(Ec2State::Stopped) => {
                    member.state = State::WarmedStopped;
                    self.ends_well(member);
                }
                Some(Ec2State::Running | Ec2State::Stopping) => match member.unhealthy.clone() {
                    Some(cause) => self.terminate(member, words::at(self.now, &cause)),
                    None => self.look_soon(member),
                },
                _ => self.drop_from_pool(member),
            },
            _ => {
                let rests = match member.state {
                    State::WarmedStopped => Ec2State::Stopped,
                    _ => Ec2State::Running,
                };
                let replaces = !self.group.suspends(Process::HealthCheck)
                    && !self.group.suspends(Process::ReplaceUnhealthy)
                    && !self.group.suspends(Process::Terminate);
                let is_impaired = seen.is_some_and(|it| self.is_impaired(it));
                if replaces && (state != Some(rests) || is_impaired) {
                    self.drop_from_pool(member);
                } else if replaces && let Some(cause) = member.unhealthy.clone() {
                    let cause = words::at(self.now, &cause);
                    self.terminate(member, cause);
                }
                self.wake(self.now + LOOK);
            }
        }
        Stays::Yes
    }

    /// All hooks let it go on: it waits as the pool has its instances wait.
    fn rest_in_pool(&mut self, member: &mut Member) {
        member.waits.clear();
        self.group.failing.remove(&member.place());
        let rest = self.group.pool.as_ref().map(|it| it.rest);
        if rest == Some(Rest::Stopped) {
            member.state = State::WarmedPendingProceed;
            status(member, Status::InProgress, 80);
            self.look_soon(member);
        } else {
            member.state = State::WarmedRunning;
            self.ends_well(member);
        }
    }

    fn drop_from_pool(&mut self, member: &mut Member) {
        let cause = words::at(self.now, words::NOT_AS_POOLED);
        self.terminate(member, cause);
    }

    /// The group takes one of the pool; whether there was one that is ready.
    pub(super) fn take_from_pool(&mut self, cause: &str) -> bool {
        let zones = self.zones(Member::counts);
        let is_ready = |it: &&Member| {
            let of_group = self.group.subnets.iter().any(|of| of.id == it.subnet);
            it.state.is_warm() && it.unhealthy.is_none() && of_group && !self.is_stale_in_pool(it)
        };
        let ready = self.members.values().filter(is_ready);
        let first = ready.min_by_key(|it| {
            let in_zone = zones.get(it.zone.as_str()).copied();
            (in_zone, it.created_at, it.token.as_str())
        });
        let Some(mut member) = first.cloned() else {
            return false;
        };
        let description = words::launching_from_pool(member.id());
        let cause = cause.to_owned();
        let mut begun = self.begin(&member.subnet, &member.zone, description, cause);
        begun.1.instance.clone_from(&member.instance);
        begun.1.status = Status::PreInService;
        begun.1.progress = 30;
        begun.1.pooled = Pooled::From;
        self.note(&begun.0, &begun.1);
        member.activity = Some(begun);
        member.state = State::Pending;
        member.pooled = Pooled::From;
        member.protected = self.group.protects_new;
        self.members.insert(member.token.clone(), member);
        self.touched += 1;
        true
    }

    /// Whether one that the group lets go returns to the pool.
    pub(super) fn returns(&self, token: &str) -> bool {
        let stands = self.members.get(token).is_some_and(|it| {
            it.state == State::InService && it.unhealthy.is_none() && it.instance.is_some()
        });
        let reuses = |it: &Pool| it.reuses && self.in_pool() < it.wanted(&self.group);
        stands && self.group.pool.as_ref().is_some_and(reuses)
    }

    pub(super) fn return_to_pool(&mut self, token: &str) {
        let Some(member) = self.members.get_mut(token) else {
            return;
        };
        member.pooled = Pooled::To;
        let description = words::returning(member.id());
        if let Some((id, activity)) = &mut member.activity {
            activity.description = description;
            activity.pooled = Pooled::To;
            let noted = (id.clone(), activity.clone());
            self.note(&noted.0, &noted.1);
        }
    }

    /// Those that the pool has or will have.
    fn in_pool(&self) -> usize {
        let of = |it: &&Member| match it.pooled {
            Pooled::Of => !it.state.is_terminating(),
            Pooled::To => true,
            Pooled::No | Pooled::From => false,
        };
        self.members.values().filter(of).count()
    }

    /// Brings the pool to its size.
    pub(super) fn fill_pool(&mut self) {
        let Some(pool) = self.group.pool.clone() else {
            return;
        };
        if self.group.deleting {
            return;
        }
        if pool.deleting && !self.members.values().any(|it| it.pooled == Pooled::Of) {
            self.group.pool = None;
            return;
        }
        let stale = |it: &&Member| self.is_stale_in_pool(it);
        let stale: Vec<String> = self.members.values().filter(stale).map(token_of).collect();
        let wanted = pool.wanted(&self.group);
        let there = self.in_pool();
        if !self.group.suspends(Process::Terminate) {
            for token in stale.iter().take(self.room()) {
                self.take(token, words::at(self.now, words::REFRESHED));
            }
            self.shrink_pool(&pool, self.in_pool().saturating_sub(wanted));
        }
        if there < wanted && !self.group.suspends(Process::Launch) && self.seen.source.is_some() {
            for filled in 0..(wanted - there).min(self.room()) {
                let Some(subnet) = self.emptiest_by(|it| it.counts() || it.is_pooled()) else {
                    return;
                };
                let what = words::warming(there + filled, wanted);
                let cause = words::at(self.now, &what);
                self.launch(subnet, cause, For::Pool);
            }
        }
    }

    /// The youngest go first: what is not ready yet costs least.
    fn shrink_pool(&mut self, pool: &Pool, surplus: usize) {
        let of_pool = |it: &&Member| it.is_pooled() && !it.state.is_terminating();
        let mut pooled: Vec<&Member> = self.members.values().filter(of_pool).collect();
        pooled.sort_by_key(|it| (it.state.is_warm(), std::cmp::Reverse(it.created_at)));
        let tokens: Vec<String> = pooled.into_iter().map(token_of).collect();
        let there = self.in_pool();
        for (gone, token) in tokens.iter().take(surplus.min(self.room())).enumerate() {
            let cause = match pool.deleting {
                true => words::at(self.now, words::POOL_DELETED),
                false => {
                    let what = words::cooling(there - gone, there - surplus);
                    words::at(self.now, &what)
                }
            };
            self.take(token, cause);
        }
    }
}

fn token_of(member: &Member) -> String {
    member.token.clone()
}

#[cfg(test)]
mod tests;
