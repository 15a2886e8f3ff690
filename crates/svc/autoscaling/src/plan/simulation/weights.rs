//! Groups of instances that are several units each, of types and markets that run out, in virtual time: nobody looks before a plan asks
//! for it.
//!
//! Safety at each plan: what goes because there is too much counts, and is not protected; what is left is as much as is desired, in
//! service where what goes was; one launch at most is more than was missing. Liveness: once the cloud is well, as much as is desired is
//! in service within [`RECOVERS_WITHIN_S`], stays so, and after a while nothing is launched or ended any more.

use std::collections::BTreeSet;

use super::*;
use crate::records::{Mixed, Termination};

/// The longest that an instance takes until it runs.
const BOOTS_IN_S: i64 = 60;
/// The longest pause after launches that failed, a boot, and looks at both (docs/spot.md).
const RECOVERS_WITHIN_S: i64 = 600 + BOOTS_IN_S + 60;
/// Longer than anything is waited for.
const QUIET_S: i64 = 900;
const STORM: usize = 150;

struct World {
    rng: StdRng,
    /// Milliseconds.
    at: i64,
    group: Group,
    members: BTreeMap<String, Member>,
    cloud: BTreeMap<String, Instance>,
    /// When an instance runs that boots, or is gone that ends.
    due: BTreeMap<String, i64>,
    /// By token.
    launched: BTreeMap<String, String>,
    /// Where there is no capacity.
    empty: BTreeSet<String>,
    minted: u64,
    /// When an instance was last to come or to go.
    moved_at: i64,
    /// Nothing fails any more.
    well: bool,
}

fn seconds(count: i64) -> i64 {
    count * 1000
}

fn in_service(member: &Member) -> bool {
    member.counts() && member.state == State::InService
}

impl World {
    fn new(seed: u64, well: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let zones = &["a", "b", "c"][..rng.random_range(1..=3)];
        let min: u32 = rng.random_range(0..10);
        let more: u32 = rng.random_range(1..30);
        let max = min + more;
        let mut of = group(zones, min, rng.random_range(min..=max), max);
        of.termination = vec![match rng.random_bool(0.5) {
            true => Termination::OldestInstance,
            false => Termination::NewestInstance,
        }];
        let names = ["t3.small", "t3.large", "m5.large"];
        let types = names[..rng.random_range(1..=names.len())].iter();
        let types: Vec<String> = types.map(ToString::to_string).collect();
        let mut spot_types = types.clone();
        if rng.random_bool(0.5) {
            spot_types.reverse();
        }
        let mut weights = BTreeMap::new();
        for it in &types {
            weights.insert(it.clone(), rng.random_range(1..=5));
        }
        of.mixed = Some(Mixed {
            types,
            weights,
            base: rng.random_range(0..4),
            percentage: [0, 25, 50, 100].choose(&mut rng).copied(),
            spot_types,
            spot_pools: rng.random_bool(0.5).then_some(2),
            ..Mixed::default()
        });
        Self {
            rng,
            at: seconds(1000),
            group: of,
            members: BTreeMap::new(),
            cloud: BTreeMap::new(),
            due: BTreeMap::new(),
            launched: BTreeMap::new(),
            empty: BTreeSet::new(),
            minted: 0,
            moved_at: seconds(1000),
            well,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }

    fn fails(&mut self, odds: f64) -> bool {
        !self.well && self.rng.random_bool(odds)
    }

    fn units(&self, of: impl Fn(&Member) -> bool) -> usize {
        let all = self.members.values().filter(|it| of(it));
        self.group.units_of(all)
    }

    /// Units that serve, whatever of that was seen.
    fn serving(&self) -> usize {
        self.units(|it| {
            let there = self.cloud.get(it.id());
            in_service(it) && there.is_some_and(|it| it.state == Ec2State::Running)
        })
    }

    fn desired(&self) -> usize {
        self.group.desired as usize
    }

    /// One look and what follows from it, then time until the next.
    fn turn(&mut self) {
        let seen = Seen {
            instances: self.cloud.clone(),
            tokens: self.launched.clone(),
            source: Some(template(1)),
            ..Seen::default()
        };
        let members: Vec<Member> = self.members.values().cloned().collect();
        let observed = Observed {
            group: &self.group,
            members: &members,
            hooks: &[],
            refresh: None,
            seen: &seen,
        };
        let mut minted = self.minted;
        let mut ids = || {
            minted += 1;
            (format!("{minted:06}"), format!("{minted:06}"))
        };
        let plan = plan(&observed, self.now(), &mut ids);
        self.minted = minted;
        self.is_safe(&plan);
        if !plan.changes_nothing() {
            // The server may end before it writes.
            if !self.fails(0.1) {
                self.write(plan);
            }
            self.at += 10;
        } else if plan.calls.is_empty() {
            let next = plan.wake_at.map(Timestamp::millis);
            // Else nobody looks before a user does something.
            let next = next.unwrap_or(self.at + seconds(60));
            self.at = next.max(self.at + 1);
        } else {
            for call in plan.calls {
                // Or between the call and what is written of it.
                if !self.perform(&call) {
                    break;
                }
            }
            self.at += 50;
        }
        self.passes();
    }

    fn write(&mut self, plan: Plan) {
        let moves = |(token, it): (&String, &Member)| {
            let before = self.members.get(token);
            before.is_none_or(|before| it.state.is_terminating() && !before.state.is_terminating())
        };
        if plan.members.iter().any(moves) {
            self.moved_at = self.at;
        }
        if let Some(group) = plan.group {
            self.group = group;
        }
        self.members.extend(plan.members);
        for token in plan.gone {
            self.members.remove(&token);
        }
    }

    fn is_safe(&self, plan: &Plan) {
        let mut after = self.members.clone();
        after.extend(plan.members.clone());
        for token in &plan.gone {
            after.remove(token);
        }
        let units = |of: &dyn Fn(&Member) -> bool| {
            let all = after.values().filter(|it| of(it));
            self.group.units_of(all)
        };
        let (counting, desired) = (units(&Member::counts), self.desired());
        let mut shrinks = false;
        for (token, member) in &plan.members {
            let Some(before) = self.members.get(token) else {
                continue;
            };
            // What was not launched yet ends without a word.
            let cause = member.activity.as_ref().map(|it| it.1.cause.as_str());
            let is_surplus = cause.is_none_or(|it| it.contains("shrinking"));
            let begins = member.state.is_terminating() && !before.state.is_terminating();
            if !begins || !is_surplus {
                continue;
            }
            shrinks = true;
            assert!(before.counts() || before.extra, "{before:?} does not count");
            assert!(!before.protected, "{before:?} is protected");
            assert!(counting >= desired, "{counting} of {desired} are left");
            if in_service(before) {
                let left = units(&in_service);
                assert!(left >= desired, "{left} of {desired} are left in service");
            }
        }
        let new = plan.members.iter();
        let new: Vec<&Member> = new
            .filter(|it| !self.members.contains_key(it.0))
            .map(|it| it.1)
            .collect();
        let weights = self.group.mixed.as_ref().map(|it| &it.weights);
        for it in &new {
            let of = it.wanted_type.as_ref().unwrap();
            assert_eq!(it.weight.as_ref(), weights.unwrap().get(of));
        }
        let for_capacity = new.iter().filter(|it| !it.extra);
        let largest = for_capacity.map(|it| self.group.units(it)).max();
        if let Some(largest) = largest {
            assert!(!shrinks, "it grows and shrinks at once");
            assert!(
                counting < desired + largest,
                "{counting} of {desired}, of which one is {largest}"
            );
        }
        let waits = |it: &&Member| it.extra && !it.state.is_terminating();
        assert!(after.values().filter(waits).count() <= 1);
    }

    fn perform(&mut self, call: &Call) -> bool {
        match call {
            Call::Launch(token) => {
                let place = self.members[token].place();
                if self.empty.contains(&place) || self.fails(0.1) {
                    self.members.remove(token);
                    let now = self.now();
                    advance::failed(&mut self.group, &place, now);
                    return false;
                }
                assert!(!self.launched.contains_key(token), "launched twice");
                let id = format!("i-{}", self.launched.len());
                self.launched.insert(token.clone(), id.clone());
                let made = Instance {
                    id: id.clone(),
                    state: Ec2State::Pending,
                    reason: None,
                    impaired_since: None,
                    recalled: false,
                    named: true,
                    gave_up: false,
                    instance_type: None,
                    image: None,
                };
                self.cloud.insert(id.clone(), made);
                self.takes(&id, BOOTS_IN_S);
                if self.fails(0.2) {
                    return false;
                }
                advance::launched(self.members.get_mut(token).unwrap(), id);
            }
            Call::Terminate(token) => {
                let id = self.members[token].id().to_owned();
                self.cloud.get_mut(&id).unwrap().state = Ec2State::ShuttingDown;
                self.takes(&id, 30);
            }
            other => panic!("nobody has asked for {other:?}"),
        }
        true
    }

    fn takes(&mut self, id: &str, longest: i64) {
        let takes = self.rng.random_range(1..=seconds(longest));
        self.due.insert(id.to_owned(), self.at + takes);
    }

    /// Instances come up, end, and are lost.
    fn passes(&mut self) {
        let (well, at, rng) = (self.well, self.at, &mut self.rng);
        for it in self.cloud.values_mut() {
            let is_due = self.due.get(&it.id).is_some_and(|due| *due <= at);
            it.state = match it.state {
                Ec2State::Pending | Ec2State::Running if !well && rng.random_bool(0.01) => {
                    Ec2State::Terminated
                }
                Ec2State::Pending if is_due => Ec2State::Running,
                Ec2State::ShuttingDown if is_due => Ec2State::Terminated,
                same => same,
            };
        }
    }

    /// Users change their minds, and capacity runs out.
    fn storms(&mut self) {
        if self.rng.random_bool(0.1) {
            self.desires();
        }
        if self.rng.random_bool(0.1) {
            self.protects();
        }
        if self.rng.random_bool(0.1) {
            let places: BTreeSet<String> = self.members.values().map(Member::place).collect();
            let places: Vec<String> = places.into_iter().collect();
            self.empty.extend(places.choose(&mut self.rng).cloned());
        }
        if self.rng.random_bool(0.05) {
            self.empty.clear();
        }
    }

    fn desires(&mut self) {
        let (min, max) = (self.group.min, self.group.max);
        self.group.desired = self.rng.random_range(min..=max);
    }

    /// One that serves, if any does.
    fn one_in_service(&mut self) -> Option<&mut Member> {
        let serving = self.members.values().filter(|it| in_service(it));
        let tokens: Vec<String> = serving.map(|it| it.token.clone()).collect();
        let token = tokens.choose(&mut self.rng)?;
        self.members.get_mut(token)
    }

    fn protects(&mut self) {
        if let Some(member) = self.one_in_service() {
            member.protected = !member.protected;
        }
    }

    /// Looks until nothing has been launched or ended for long; `check` sees each moment.
    fn comes_to_rest(&mut self, seed: u64, mut check: impl FnMut(&Self)) {
        let since = self.at;
        self.moved_at = since;
        while self.at - self.moved_at < seconds(QUIET_S) {
            self.turn();
            check(self);
            assert!(self.at - since < seconds(7200), "seed {seed} never rests");
        }
        let waits = |it: &&Member| !matches!(it.state, State::InService | State::Standby);
        let waiting: Vec<&Member> = self.members.values().filter(waits).collect();
        assert!(waiting.is_empty(), "seed {seed}: {waiting:?}");
    }
}

#[test]
fn whatever_fails_as_many_units_as_are_desired_serve_again_in_time() {
    for seed in 0..60 {
        let mut world = World::new(seed, false);
        for _ in 0..STORM {
            world.storms();
            world.turn();
        }
        world.well = true;
        world.empty.clear();
        let since = world.at;
        let mut stands = false;
        world.comes_to_rest(seed, |world| {
            let (serving, desired) = (world.serving(), world.desired());
            stands |= serving >= desired;
            let is_late = world.at - since > seconds(RECOVERS_WITHIN_S);
            let waits = !stands && !is_late;
            assert!(
                waits || serving >= desired,
                "seed {seed}: {serving} of {desired}"
            );
        });
    }
}

#[test]
fn units_follow_what_is_desired_and_never_fall_below_it() {
    for seed in 0..40 {
        let mut world = World::new(seed, true);
        world.comes_to_rest(seed, |_| {});
        for _ in 0..3 {
            if world.rng.random_bool(0.3) {
                world.protects();
            }
            if world.rng.random_bool(0.3)
                && let Some(member) = world.one_in_service()
            {
                member.state = State::Standby;
            }
            world.desires();
            let (since, before) = (world.at, world.serving());
            world.comes_to_rest(seed, |world| {
                let (serving, desired) = (world.serving(), world.desired());
                assert!(
                    serving >= before.min(desired),
                    "seed {seed}: {serving} of {desired}, after {before}"
                );
                // Nothing fails: a boot, and the looks at it.
                let is_late = world.at - since > seconds(BOOTS_IN_S + 60);
                assert!(!is_late || serving >= desired, "seed {seed}: {serving}");
            });
            assert!(world.serving() >= world.group.min as usize);
        }
    }
}
