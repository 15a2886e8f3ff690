//! As many instances as are desired, spread over the zones.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Draft, choose, words};
use crate::records::{Member, Mixed, Pooled, Process, SPOT, State, Subnet, place};

/// What an instance is launched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// The desired capacity.
    Capacity,
    /// Another that goes when this one stands.
    Successor,
    /// The warm pool.
    Pool,
}

/// A member that goes, and for what.
struct Going {
    token: String,
    /// Its successor stands, as the instance maintenance policy wants it.
    worn: bool,
    /// A refresh replaces it.
    refreshed: bool,
}

impl Draft<'_> {
    pub(super) fn balance(&mut self) {
        self.group.failing.retain(|place, _| {
            let of = self.group.subnets.iter();
            let subnet = place.strip_prefix(SPOT).unwrap_or(place);
            let subnet = subnet.split('/').next().unwrap_or_default();
            of.map(|it| &it.id).any(|it| it == subnet)
        });
        if self.group.deleting {
            return self.end_all();
        }
        let desired = self.group.desired as usize;
        self.promote(desired.saturating_sub(self.counting()));
        let counting = self.counting();
        if counting < desired {
            self.grow();
        } else if !self.is_sized() {
            self.shrink();
        } else {
            // What was asked for is on its way: what comes next has other causes.
            self.group.cause = None;
            self.rest();
            self.rebalance();
        }
    }

    /// Successors of what is gone before them count at once: nothing else is launched in its place.
    fn promote(&mut self, missing: usize) {
        if self.launches_first() {
            return;
        }
        let waits = |it: &&Member| it.extra && !it.state.is_terminating();
        let waiting = self.members.values().filter(waits).take(self.room());
        let mut left = missing;
        let some = waiting.take_while(|it| {
            let is_missing = left > 0;
            left = left.saturating_sub(self.group.units(it));
            is_missing
        });
        let tokens: Vec<String> = some.map(|it| it.token.clone()).collect();
        for token in tokens {
            if let Some(member) = self.members.get_mut(&token) {
                member.extra = false;
                self.touched += 1;
            }
        }
    }

    /// The cooldown of simple scaling begins when all instances are there or gone.
    fn rest(&mut self) {
        let mut of_group = self.members.values().filter(|it| !it.is_pooled());
        let settled = of_group.all(|it| it.activity.is_none());
        if let Some(resting) = &mut self.group.resting
            && settled
            && resting.since.is_none()
        {
            resting.since = Some(self.now);
        }
    }

    fn grow(&mut self) {
        if self.group.suspends(Process::Launch) {
            return;
        }
        for _ in 0..self.room() {
            let (from, to) = (self.counting(), self.group.desired);
            if from >= to as usize {
                return;
            }
            let what = words::started(from, to);
            let cause = words::cause(self.group.cause.as_deref(), self.now, &what);
            if self.take_from_pool(&cause) {
                continue;
            }
            if self.seen.source.is_none() {
                return;
            }
            let Some(subnet) = self.emptiest() else {
                return;
            };
            self.launch(subnet, cause, For::Capacity);
        }
    }

    /// Launches one; how many units that is.
    pub(super) fn launch(&mut self, subnet: Subnet, cause: String, purpose: For) -> usize {
        let token = (self.ids)().0;
        let mut member = self.next_member(token.clone(), subnet, purpose);
        let description = match purpose {
            For::Pool => words::launching_into_pool(None),
            For::Capacity | For::Successor => words::launching(None),
        };
        let mut begun = self.begin(&member.subnet, &member.zone, description, cause);
        begun.1.pooled = member.pooled;
        self.note(&begun.0, &begun.1);
        member.activity = Some(begun);
        let units = self.group.units(&member);
        self.members.insert(token, member);
        self.touched += 1;
        units
    }

    /// What is launched next in a subnet.
    fn next_member(&self, token: String, subnet: Subnet, purpose: For) -> Member {
        let wanted_type = self.wanted_type(&subnet.id).flatten();
        let weight = self.group.weight_of(wanted_type.as_deref());
        Member {
            group: self.group.name.clone(),
            token,
            instance: None,
            subnet: subnet.id,
            zone: subnet.zone,
            source: self.source_of(wanted_type.as_deref()).cloned(),
            wanted_type,
            weight,
            spot: self.is_spot_next(),
            instance_type: None,
            image: None,
            state: match purpose {
                For::Pool => State::WarmedPending,
                For::Capacity | For::Successor => State::Pending,
            },
            unhealthy: None,
            // Nothing of the pool is protected before the group takes it.
            protected: purpose != For::Pool && self.group.protects_new,
            created_at: self.now,
            in_service_at: None,
            activity: None,
            waits: Vec::new(),
            registered: Default::default(),
            extra: purpose == For::Successor,
            pooled: match purpose {
                For::Pool => Pooled::Of,
                For::Capacity | For::Successor => Pooled::No,
            },
            unknown: Default::default(),
        }
    }

    /// Units of what would be launched next in a subnet.
    pub(super) fn next_units(&self, subnet: &str) -> usize {
        let of = self.wanted_type(subnet).flatten();
        self.group.weight_of(of.as_deref()).unwrap_or(1) as usize
    }

    /// How much there is in each zone of the group, by what `counts`.
    pub(super) fn zones(&self, counts: impl Fn(&Member) -> bool) -> BTreeMap<&str, usize> {
        let of_group = self.group.subnets.iter().map(|it| (it.zone.as_str(), 0));
        let mut zones: BTreeMap<&str, usize> = of_group.collect();
        for member in self.members.values().filter(|it| counts(it)) {
            *zones.entry(&member.zone).or_default() += self.group.units(member);
        }
        zones
    }

    /// How much counts that is On-Demand, and how much of Spot instances.
    fn markets(&self) -> (usize, usize) {
        let counting = self.members.values().filter(|it| it.counts());
        let (spot, on_demand): (Vec<_>, Vec<_>) = counting.partition(|it| it.spot);
        (self.group.units_of(on_demand), self.group.units_of(spot))
    }

    /// Whether the next instance is a Spot instance, by the mixed instances policy.
    fn is_spot_next(&self) -> bool {
        let mixed = self.group.mixed.as_ref();
        mixed.is_some_and(|mixed| {
            let (on_demand, spot) = self.markets();
            mixed.has_spot() && on_demand >= mixed.on_demand_of(on_demand + spot + 1)
        })
    }

    /// Of which market the group has too much for one instance less; `None` where it has but one.
    fn market_to_shrink(&self) -> Option<bool> {
        let mixed = self.group.mixed.as_ref().filter(|it| it.has_spot())?;
        let (on_demand, spot) = self.markets();
        let left = (on_demand + spot).saturating_sub(1);
        Some(on_demand <= mixed.on_demand_of(left))
    }

    /// The type to launch in a subnet: the first of a mixed instances policy that did not fail there of late, or what the
    /// source says. `None`: nothing is launched there for now.
    fn wanted_type(&self, subnet: &str) -> Option<Option<String>> {
        let spot = self.is_spot_next();
        let open = |of: Option<&str>| {
            let failing = self.group.failing.get(&place(subnet, of, spot));
            failing.is_none_or(|failing| failing.until <= self.now)
        };
        let mixed = self.group.mixed.as_ref();
        let types = mixed.map(|it| it.ordered(spot));
        match types.filter(|it| !it.is_empty()) {
            None => open(None).then_some(None),
            Some(types) => {
                let pools = mixed.filter(|_| spot).map_or(1, Mixed::pools);
                let is_open = |it: &&String| open(Some(it)) && self.source_of(Some(it)).is_some();
                let open = types.iter().filter(is_open).take(pools);
                // Where there are several pools, from the one that has given the fewest.
                let given = |of: &&String| {
                    let all = self.members.values().filter(|it| it.counts() && it.spot);
                    self.group
                        .units_of(all.filter(|it| it.wanted_type.as_ref() == Some(*of)))
                };
                open.min_by_key(given).cloned().map(Some)
            }
        }
    }

    /// The subnet for the next instance: that of the zone with the fewest, and there the one with the fewest. Where
    /// launches failed, none is tried for a while.
    pub(super) fn emptiest(&mut self) -> Option<Subnet> {
        self.emptiest_by(Member::counts)
    }

    /// The same by other members.
    pub(super) fn emptiest_by(&mut self, counts: impl Fn(&Member) -> bool) -> Option<Subnet> {
        let waits = |it: &&Subnet| self.wanted_type(&it.id).is_some();
        let zones = self.zones(&counts);
        let in_subnet = |id: &str| {
            let of = self.members.values().filter(|it| it.subnet == id);
            self.group.units_of(of.filter(|it| counts(it)))
        };
        let of_group = self.group.subnets.iter();
        let of_group = of_group.filter_map(|it| zones.get(it.zone.as_str()).copied());
        let least = of_group.min().filter(|_| self.group.evenly_only);
        let may =
            |it: &&Subnet| least.is_none_or(|least| zones.get(it.zone.as_str()) == Some(&least));
        let open = self.group.subnets.iter().filter(may).filter(waits);
        let found = open.min_by_key(|it| {
            (
                zones.get(it.zone.as_str()).copied(),
                in_subnet(&it.id),
                &it.id,
            )
        });
        let found = found.cloned();
        // Those that are over are of types or markets that are not asked for now.
        let failing = self.group.failing.values().map(|it| it.until);
        if found.is_none()
            && let Some(next) = failing.filter(|it| *it > self.now).min()
        {
            self.wake(next);
        }
        found
    }

    fn shrink(&mut self) {
        if self.group.suspends(Process::Terminate) {
            return;
        }
        for _ in 0..self.room() {
            // Nothing where all that are left are protected, or too large to go.
            let Some(Going {
                token,
                worn,
                refreshed,
            }) = self.next_to_go()
            else {
                return;
            };
            let what = words::shrinking(self.counting(), self.group.desired);
            let cause = match (worn, refreshed && self.group.cause.is_none()) {
                (true, _) => words::at(self.now, &self.why_worn(&token)),
                (false, true) => words::at(self.now, words::REFRESHED),
                (false, false) => words::cause(self.group.cause.as_deref(), self.now, &what),
            };
            let returns = !refreshed && !worn && self.returns(&token);
            self.take(&token, cause);
            if returns {
                self.return_to_pool(&token);
            }
        }
    }

    /// What goes next of a group that is larger than desired.
    fn next_to_go(&self) -> Option<Going> {
        let desired = self.group.desired as usize;
        let surplus = self.counting().saturating_sub(desired);
        if surplus == 0 {
            return None;
        }
        let zones = self.zones(Member::counts);
        let may = |it: &&Member| it.counts() && self.gives_way(it);
        let mut candidates: Vec<&Member> = self.members.values().filter(may).collect();
        // A refresh launched successors: it is what they replace that goes.
        let refreshed = candidates.iter().any(|it| self.outdated(it));
        if refreshed {
            candidates.retain(|it| self.outdated(it));
        }
        // So it is with what the instance maintenance policy kept until now.
        let worn = candidates.iter().any(|it| self.is_worn(it));
        if worn {
            candidates.retain(|it| self.is_worn(it));
        }
        // What is left is no less than desired, but where successors stand for something larger than they are.
        let fits = |it: &&Member| self.group.units(it) <= surplus;
        if !(refreshed || worn) || candidates.iter().any(fits) {
            candidates.retain(fits);
        }
        if !(refreshed || worn) {
            // Nothing that is in service goes for what is only on its way.
            let serves = |it: &&Member| it.counts() && it.state == State::InService;
            let serving = self.members.values().filter(serves);
            let serving = self.group.units_of(serving);
            candidates.retain(|it| !serves(it) || serving >= desired + self.group.units(it));
        }
        // Then what there is too much of by the mixed instances policy.
        if let Some(spot) = self.market_to_shrink()
            && candidates.iter().any(|it| it.spot == spot)
        {
            candidates.retain(|it| it.spot == spot);
        }
        let count = |it: &Member| zones.get(it.zone.as_str()).copied();
        let fullest = candidates.iter().copied();
        let fullest = fullest.map(|it| (count(it), Reverse(it.zone.as_str())));
        let (_, Reverse(zone)) = fullest.max()?;
        let in_zone = candidates.iter().filter(|it| it.zone == zone).copied();
        let token = choose::victim(&self.group, in_zone.collect(), self.now)?;
        Some(Going {
            token,
            worn,
            refreshed,
        })
    }

    /// Begins the end of a member by its token.
    pub(super) fn take(&mut self, token: &str, cause: String) {
        let Some(mut member) = self.members.remove(token) else {
            return;
        };
        let chosen = format!("instance {} was selected for termination.", member.id());
        let cause = format!("{cause}  {}", words::at(self.now, &chosen));
        self.terminate(&mut member, cause);
        if let Some((id, activity)) = &member.activity
            && member.instance.is_some()
        {
            self.note(id, activity);
        } else {
            // There is nothing yet to be told of its end.
            member.activity = None;
        }
        self.members.insert(token.to_owned(), member);
        self.touched += 1;
    }

    fn end_all(&mut self) {
        let stays = |it: &&Member| !it.state.is_terminating();
        let staying = self.members.values().filter(stays);
        let tokens: Vec<String> = staying.map(|it| it.token.clone()).collect();
        for token in tokens.iter().take(self.room()) {
            let cause = words::cause(self.group.cause.as_deref(), self.now, words::DELETED);
            self.take(token, cause);
        }
    }

    /// A zone has at least two more than another: one is launched where there are few, and when it is in service one
    /// goes where there are many.
    fn rebalance(&mut self) {
        let settled = self.members.values().all(|it| {
            let stands = matches!(it.state, State::InService | State::Standby);
            it.is_pooled() || (stands && it.unhealthy.is_none())
        });
        let suspended = [Process::AZRebalance, Process::Launch, Process::Terminate];
        if !settled
            || self.launches_first()
            || self.members.values().any(|it| it.extra)
            || self.seen.source.is_none()
            || self.room() == 0
            || suspended.into_iter().any(|it| self.group.suspends(it))
        {
            return;
        }
        let Some(subnet) = self.emptiest() else {
            return;
        };
        let zones = self.zones(Member::counts);
        let few = zones.get(subnet.zone.as_str()).copied().unwrap_or_default();
        let most = zones.values().copied().max().unwrap_or_default();
        let full = |zone: &str| zones.get(zone).copied() == Some(most);
        let comes = self.next_units(&subnet.id);
        // The group does not want for what goes once the other is there, and the zones are no less even.
        let evens = |goes: usize| goes <= comes && most >= few + comes + goes;
        let goes = |it: &&Member| {
            it.counts() && !it.protected && full(&it.zone) && evens(self.group.units(it))
        };
        let candidates: Vec<&Member> = self.members.values().filter(goes).collect();
        if candidates.is_empty() {
            return;
        }
        if self.group.maintenance.is_none() || self.keeps_first() {
            // What goes then may be another, by the markets of the mixed instances policy or its units.
            if !self.would_even(&subnet) {
                return;
            }
            let cause = words::at(self.now, words::REBALANCING);
            self.launch(subnet, cause, For::Successor);
        } else if let Some(token) = choose::victim(&self.group, candidates, self.now)
            && self.may_go_first(&token)
        {
            // The policy has no room for one more.
            let cause = words::at(self.now, words::UNBALANCED);
            self.take(&token, cause);
        }
    }

    /// Whether the zones are more even once another instance is in service in a subnet, and what there is too much of then is gone.
    fn would_even(&mut self, subnet: &Subnet) -> bool {
        let before = unevenness(&self.zones(Member::counts));
        let members = self.members.clone();
        let stands = Member {
            instance: Some(String::new()),
            state: State::InService,
            in_service_at: Some(self.now),
            extra: false,
            ..self.next_member(String::new(), subnet.clone(), For::Successor)
        };
        self.members.insert(String::new(), stands);
        while let Some(going) = self.next_to_go() {
            self.members.remove(&going.token);
        }
        let after = unevenness(&self.zones(Member::counts));
        self.members = members;
        after < before
    }
}

/// How far zones are from having the same: of as much in all, the sum of squares is least where they have.
fn unevenness(zones: &BTreeMap<&str, usize>) -> (usize, usize) {
    let counts = || zones.values().copied();
    let spread = counts().max().unwrap_or_default() - counts().min().unwrap_or_default();
    (spread, counts().map(|it| it * it).sum())
}
