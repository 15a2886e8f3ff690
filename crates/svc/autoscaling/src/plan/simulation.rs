//! A group over a cloud that refuses, loses and delays, with a server that ends at any moment. Safety at each step:
//! nothing protected is taken to shrink, no token launches twice, the size stays within what is wanted. Liveness: when
//! the cloud is well again, the group comes to its desired capacity, evenly over its zones, and rests.

mod weights;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use super::{
    tests::{a_refresh, group, second, template},
    *,
};
use crate::records::{Maintenance, Outcome, Pool, Rest, Settings, Transition};

struct World {
    rng: StdRng,
    at: i64,
    group: Group,
    members: BTreeMap<String, Member>,
    hooks: Vec<Hook>,
    refresh: Option<Refresh>,
    /// The version that new instances are made of.
    version: u32,
    cloud: BTreeMap<String, Instance>,
    /// By token.
    launched: BTreeMap<String, String>,
    minted: u64,
    /// Nothing fails any more.
    well: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let zones = &["a", "b", "c"][..rng.random_range(1..=3)];
        let mut of = group(zones, 0, rng.random_range(0..12), 12);
        of.protects_new = rng.random_bool(0.2);
        of.maintenance = match seed % 4 {
            0 => Some(Maintenance {
                min_healthy: 100,
                max_healthy: 130,
            }),
            1 => Some(Maintenance {
                min_healthy: 60,
                max_healthy: 100,
            }),
            _ => None,
        };
        if rng.random_bool(0.4) {
            of.pool = Some(a_pool(&mut rng));
        }
        let hooks = match rng.random_bool(0.3) {
            true => vec![Hook {
                name: "h".to_owned(),
                group: of.name.clone(),
                transition: match rng.random_bool(0.5) {
                    true => Transition::Launching,
                    false => Transition::Terminating,
                },
                heartbeat_seconds: 30,
                otherwise: Outcome::Continue,
                metadata: None,
                target: None,
                role: None,
                unknown: Default::default(),
            }],
            false => Vec::new(),
        };
        Self {
            rng,
            at: 1000,
            group: of,
            members: BTreeMap::new(),
            hooks,
            refresh: None,
            version: 1,
            cloud: BTreeMap::new(),
            launched: BTreeMap::new(),
            minted: 0,
            well: false,
        }
    }

    fn seen(&self) -> Seen {
        Seen {
            instances: self.cloud.clone(),
            tokens: self.launched.clone(),
            targets: BTreeMap::new(),
            source: Some(template(self.version)),
            templates: BTreeMap::new(),
            alarm: None,
            started_at: second(0),
        }
    }

    /// One look; whether there was nothing to do.
    fn step(&mut self) -> bool {
        let seen = self.seen();
        let members: Vec<Member> = self.members.values().cloned().collect();
        let observed = Observed {
            group: &self.group,
            members: &members,
            hooks: &self.hooks,
            refresh: self.refresh.as_ref(),
            seen: &seen,
        };
        let mut minted = self.minted;
        let mut ids = || {
            minted += 1;
            (format!("{minted:06}"), format!("{minted:06}"))
        };
        let plan = plan(&observed, second(self.at), &mut ids);
        self.minted = minted;
        self.is_safe(&plan);
        if !plan.changes_nothing() {
            assert!(plan.calls.is_empty());
            // The server may end before it writes.
            if self.fails(0.1) {
                return false;
            }
            if let Some(group) = plan.group {
                self.group = group;
            }
            self.members.extend(plan.members);
            if let Some(refresh) = plan.refresh {
                self.refresh = Some(refresh).filter(|it| !it.stage.is_over());
            }
            for token in plan.gone {
                self.members.remove(&token);
            }
            return false;
        }
        let rests = plan.calls.is_empty();
        for call in plan.calls {
            // Or between the call and what is written of it.
            if !self.perform(&call) {
                break;
            }
        }
        rests
    }

    fn is_safe(&self, plan: &Plan) {
        for (token, member) in &plan.members {
            let before = self.members.get(token);
            let begins = member.state == State::Terminating
                && before.is_some_and(|it| !it.state.is_terminating());
            if begins && member.protected && !member.is_pooled() {
                let cause = &member.activity.as_ref().unwrap().1.cause;
                assert!(!cause.contains("shrinking"), "protected: {cause}");
            }
            let activity = member.activity.as_ref().filter(|_| begins);
            if activity.is_some_and(|it| it.1.cause.contains(words::IMPAIRED)) {
                let since = self.cloud[member.id()].impaired_since.unwrap();
                assert!(since + IMPAIRED_FOR <= second(self.at), "too early");
            }
        }
        let mut after = self.members.clone();
        after.extend(plan.members.clone());
        for token in &plan.gone {
            after.remove(token);
        }
        let counting = after.values().filter(|it| it.counts()).count();
        let desired = self.group.desired as usize;
        let new = plan.members.iter();
        for (_, member) in new.filter(|it| !self.members.contains_key(it.0)) {
            if member.is_pooled() {
                assert!(!member.counts() && self.group.pool.is_some());
                continue;
            }
            // One more is launched to rebalance or to replace another, and counts when it is in service.
            assert!(counting <= desired, "{} of {desired}", counting);
            assert!(!member.extra || counting == desired);
        }
        let stale = self.refresh.is_some();
        let in_pool = |all: &BTreeMap<String, Member>| {
            let of = all.values().filter(|it| it.is_pooled());
            of.filter(|it| !it.state.is_terminating()).count()
        };
        let wanted = self
            .group
            .pool
            .as_ref()
            .map_or(0, |it| it.wanted(&self.group));
        let (before, there) = (in_pool(&self.members), in_pool(&after));
        assert!(
            stale || there <= before.max(wanted),
            "{there} of {wanted} in the pool"
        );
    }

    fn fails(&mut self, odds: f64) -> bool {
        !self.well && self.rng.random_bool(odds)
    }

    fn perform(&mut self, call: &Call) -> bool {
        match call {
            Call::Launch(token) => {
                if self.fails(0.2) {
                    let member = self.members.remove(token).unwrap();
                    advance::failed(&mut self.group, &member.subnet, second(self.at));
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
                if self.fails(0.2) {
                    return false;
                }
                advance::launched(self.members.get_mut(token).unwrap(), id);
                true
            }
            Call::Terminate(token) => {
                let id = self.members[token].id().to_owned();
                self.cloud.get_mut(&id).unwrap().state = Ec2State::ShuttingDown;
                true
            }
            Call::Stop(token) | Call::Start(token) => {
                let stops = matches!(call, Call::Stop(_));
                let id = self.members[token].id().to_owned();
                let instance = self.cloud.get_mut(&id).unwrap();
                let (from, to) = match stops {
                    true => (Ec2State::Running, Ec2State::Stopping),
                    false => (Ec2State::Stopped, Ec2State::Pending),
                };
                assert_eq!(instance.state, from, "{call:?}");
                instance.state = to;
                true
            }
            Call::Tell(..)
            | Call::Register(..)
            | Call::Deregister(..)
            | Call::Name(_)
            | Call::Unname(_) => {
                panic!("nobody has asked for {call:?}")
            }
        }
    }

    /// Instances come up, end, and are lost.
    fn passes(&mut self) {
        self.at += self.rng.random_range(1..20);
        let (well, rng, now) = (self.well, &mut self.rng, second(self.at));
        for it in self.cloud.values_mut() {
            it.state = match it.state {
                Ec2State::Pending if !well && rng.random_bool(0.1) => Ec2State::Terminated,
                Ec2State::Pending if rng.random_bool(0.5) => Ec2State::Running,
                Ec2State::Running if !well && rng.random_bool(0.02) => Ec2State::Terminated,
                Ec2State::Running if !well && rng.random_bool(0.01) => Ec2State::Stopped,
                Ec2State::Stopping if rng.random_bool(0.5) => Ec2State::Stopped,
                Ec2State::Stopped if !well && rng.random_bool(0.01) => Ec2State::Running,
                Ec2State::ShuttingDown if rng.random_bool(0.5) => Ec2State::Terminated,
                same => same,
            };
            if !well && it.state == Ec2State::Running && rng.random_bool(0.01) {
                it.impaired_since.get_or_insert(now);
            }
        }
        if well {
            return;
        }
        if self.refresh.is_none() && rng.random_bool(0.03) {
            self.version += 1;
            self.refresh = Some(refreshing(rng, second(self.at)));
        }
        if rng.random_bool(0.1) {
            self.group.desired = rng.random_range(0..=self.group.max);
        }
        if rng.random_bool(0.02) {
            self.group.pool = match self.group.pool.take() {
                None => Some(a_pool(rng)),
                Some(pool) => Some(Pool {
                    deleting: true,
                    ..pool
                }),
            };
        }
        if rng.random_bool(0.1) {
            let tokens: Vec<String> = self.members.keys().cloned().collect();
            if let Some(token) = tokens.choose(rng) {
                let member = self.members.get_mut(token).unwrap();
                member.protected = !member.protected;
            }
        }
    }

    /// What is asked of the group: as many healthy ones as a refresh must leave stay, unless they were lost.
    fn refreshed(&self) {
        assert_eq!(self.refresh, None, "it is over");
    }

    /// What ends well: as many as are desired, all in service, and evenly spread.
    fn is_as_desired(&self) {
        let (pooled, standing): (Vec<&Member>, Vec<&Member>) =
            self.members.values().partition(|it| it.is_pooled());
        let wanted = self.group.pool.as_ref();
        assert_eq!(pooled.len(), wanted.map_or(0, |it| it.wanted(&self.group)));
        assert!(pooled.iter().all(|it| it.state.is_warm()));
        assert!(standing.iter().all(|it| it.state == State::InService));
        assert_eq!(standing.len(), self.group.desired as usize);
        let zones = self.group.subnets.iter().map(|subnet| {
            let of = standing.iter().filter(|it| it.zone == subnet.zone);
            of.count()
        });
        let counts: Vec<usize> = zones.collect();
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= 1, "{counts:?}");
        let runs = |it: &&Instance| it.state == Ec2State::Running;
        let running = self.cloud.values().filter(runs).count();
        let warm = pooled.iter().filter(|it| it.state == State::WarmedRunning);
        let known = standing.len() + warm.count();
        assert_eq!(running, known, "nothing runs that nobody knows of");
    }
}

fn a_pool(rng: &mut StdRng) -> Pool {
    Pool {
        prepared: rng.random_bool(0.5).then(|| rng.random_range(0..15)),
        min: rng.random_range(0..3),
        rest: match rng.random_bool(0.5) {
            true => Rest::Stopped,
            false => Rest::Running,
        },
        reuses: rng.random_bool(0.5),
        deleting: false,
    }
}

fn refreshing(rng: &mut StdRng, at: Timestamp) -> Refresh {
    let max_healthy = if rng.random_bool(0.5) { 100 } else { 150 };
    Refresh {
        settings: Settings {
            min_healthy: rng.random_range(50..=100),
            max_healthy,
            warmup_seconds: Some(rng.random_range(0..30)),
            checkpoints: if rng.random_bool(0.3) {
                vec![50]
            } else {
                Vec::new()
            },
            checkpoint_seconds: 60,
            rolls_back: rng.random_bool(0.3),
            ..a_refresh(at).settings
        },
        ..a_refresh(at)
    }
}

#[test]
fn whatever_fails_the_group_comes_to_what_is_desired() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        for _ in 0..150 {
            world.step();
            world.passes();
        }
        world.well = true;
        world
            .members
            .values_mut()
            .for_each(|it| it.protected = false);
        world.group.protects_new = false;
        let mut rested = 0;
        for _ in 0..3000 {
            let rests = world.step();
            world.passes();
            rested = if rests { rested + 1 } else { 0 };
            if rested > 60 {
                break;
            }
        }
        assert!(rested > 60, "seed {seed} never rests");
        world.is_as_desired();
        world.refreshed();
    }
}
