//! The group, placement, services and users of a simulation.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    time::Duration,
};

use rand::{Rng as _, rngs::SmallRng};
use wharf_base::Timestamp;
use wharf_placement::ledger::Free;
use wharf_records::hosts::{Capacity, Claim};
use wharf_svc_ecs_cluster_scaling::{
    estimate::Waiting,
    plan::{Action, Container, Observed, Settings, plan},
    seen::{Cycle, Member, Seen},
    sightings::Sightings,
};

const CPU: u32 = 2048;
const MINUTE: i64 = 60;
/// Minutes below nine tenths of the target before the policy takes capacity away.
const LOW_FOR: usize = 15;

#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub min: u32,
    pub max: u32,
    pub steps: (u32, u32),
    pub target: u32,
}

/// How long things take, in seconds.
#[derive(Debug, Clone)]
pub struct Pace {
    pub launches: RangeInclusive<i64>,
    pub registers: RangeInclusive<i64>,
    pub connects: RangeInclusive<i64>,
    /// Between looks of placement at who waits.
    pub places_every: i64,
    /// Launches fail, machines never join, calls get lost.
    pub fails: bool,
}

struct Machine {
    id: String,
    cycle: Cycle,
    protected: bool,
    serves_from: i64,
    /// When it registers, or has, and when its agent connects; `None`: never.
    joins: Option<(i64, i64)>,
    draining: bool,
    /// The hook lets its end go on.
    released: bool,
}

struct Task {
    id: u32,
    cpu: u32,
    on: Option<String>,
    since: i64,
    /// Those of services go on; others end.
    ends: Option<i64>,
}

pub struct World {
    bounds: Bounds,
    pace: Pace,
    random: SmallRng,
    now: i64,
    pub desired: u32,
    machines: Vec<Machine>,
    tasks: Vec<Task>,
    /// Tasks that a service wants.
    pub service: usize,
    next: u32,
    /// No launch succeeds for now.
    failing: bool,
    sightings: Sightings,
    heartbeats: BTreeMap<String, Timestamp>,
    answered: BTreeSet<String>,
    /// What the metric said, minute by minute.
    minutes: Vec<f64>,
    /// Instances that the group has taken away.
    pub ended: u32,
}

impl Machine {
    fn counts(&self) -> bool {
        matches!(self.cycle, Cycle::Pending | Cycle::Counts)
    }

    fn has_registered(&self, now: i64) -> bool {
        self.joins.is_some_and(|(registers, _)| registers <= now)
    }

    fn has_connected(&self, now: i64) -> bool {
        self.joins.is_some_and(|(_, connects)| connects <= now)
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

impl World {
    pub fn new(bounds: Bounds, pace: Pace, random: SmallRng) -> Self {
        Self {
            bounds,
            pace,
            random,
            now: 0,
            desired: bounds.min,
            machines: Vec::new(),
            tasks: Vec::new(),
            service: 0,
            next: 0,
            failing: false,
            sightings: Sightings::default(),
            heartbeats: BTreeMap::new(),
            answered: BTreeSet::new(),
            minutes: Vec::new(),
            ended: 0,
        }
    }

    pub fn second(&mut self, busy: bool) {
        self.now += 1;
        if busy {
            self.users();
        } else {
            self.failing = false;
        }
        self.launches();
        self.shrinks();
        self.services();
        self.places();
        self.decides();
        if self.now.rem_euclid(MINUTE) == 0 {
            self.tracks();
        }
    }

    pub fn live(&self) -> u32 {
        self.machines.iter().filter(|it| it.counts()).count() as u32
    }

    pub fn waiting(&self) -> Vec<u32> {
        let waiting = self.tasks.iter().filter(|it| it.on.is_none());
        waiting.map(|it| it.id).collect()
    }

    pub fn in_use(&self) -> u32 {
        let used = |it: &&Machine| it.counts() && self.tasks_on(&it.id) > 0;
        self.machines.iter().filter(used).count() as u32
    }

    fn tasks_on(&self, id: &str) -> usize {
        let on = |it: &&Task| it.on.as_deref() == Some(id);
        self.tasks.iter().filter(on).count()
    }

    fn chance(&mut self, of: u32) -> bool {
        self.random.random_range(0..of) == 0
    }

    fn fails(&self) -> bool {
        self.pace.fails
    }

    fn mint(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn users(&mut self) {
        if self.chance(120) {
            self.service = self.random.random_range(0..12);
        }
        if self.chance(60) {
            let task = Task {
                id: self.mint(),
                cpu: self.random.random_range(128..CPU),
                on: None,
                since: self.now,
                ends: Some(self.now + self.random.random_range(5..600)),
            };
            self.tasks.push(task);
        }
        if self.chance(300) {
            self.failing = !self.failing;
        }
        if self.chance(400) && !self.machines.is_empty() {
            // A machine breaks: its tasks are lost with it.
            let at = self.random.random_range(0..self.machines.len());
            let lost = self.machines.remove(at);
            self.tasks.retain(|it| it.on.as_ref() != Some(&lost.id));
        }
        if self.chance(500) {
            self.desired = self.random.random_range(self.bounds.min..=self.bounds.max);
        }
        if self.chance(200) {
            // The server was killed.
            self.sightings = Sightings::default();
            self.heartbeats.clear();
            self.answered.clear();
        }
    }

    fn launches(&mut self) {
        for machine in &mut self.machines {
            if machine.cycle == Cycle::Pending && machine.serves_from <= self.now {
                machine.cycle = Cycle::Counts;
            }
        }
        while self.live() < self.desired {
            if self.fails() && (self.failing || self.chance(4)) {
                return;
            }
            let serves_from = self.now + self.random.random_range(self.pace.launches.clone());
            let registers = serves_from + self.random.random_range(self.pace.registers.clone());
            let connects = registers + self.random.random_range(self.pace.connects.clone());
            let never = self.fails() && self.chance(12);
            let machine = Machine {
                id: format!("i-{}", self.mint()),
                cycle: Cycle::Pending,
                protected: true,
                serves_from,
                joins: Some((registers, connects)).filter(|_| !never),
                draining: false,
                released: false,
            };
            self.machines.push(machine);
        }
    }

    fn shrinks(&mut self) {
        let mut over = self.live().saturating_sub(self.desired);
        for machine in &mut self.machines {
            if over > 0 && machine.counts() && !machine.protected {
                machine.cycle = Cycle::Held;
                over -= 1;
            }
        }
        let gone: Vec<(String, bool, bool)> = self
            .machines
            .iter()
            .filter(|it| it.released)
            .map(|it| {
                let joined = it.has_registered(self.now);
                (it.id.clone(), it.draining, joined)
            })
            .collect();
        for (id, draining, joined) in gone {
            assert_eq!(self.tasks_on(&id), 0, "{id} ends with tasks");
            assert!(draining || !joined, "{id} ends while it takes tasks");
            self.machines.retain(|it| it.id != id);
            self.ended += 1;
        }
    }

    /// Tasks of the service that are on instances that drain are replaced before they stop.
    fn services(&mut self) {
        let now = self.now;
        self.tasks.retain(|it| it.ends.is_none_or(|at| now < at));
        let draining: BTreeSet<String> = self
            .machines
            .iter()
            .filter(|it| it.draining)
            .map(|it| it.id.clone())
            .collect();
        let leaves = |it: &Task| it.on.as_ref().is_some_and(|on| draining.contains(on));
        let own = |it: &&Task| it.ends.is_none();
        let kept = self
            .tasks
            .iter()
            .filter(own)
            .filter(|it| !leaves(it))
            .count();
        for _ in kept..self.service {
            let task = Task {
                id: self.mint(),
                cpu: 700,
                on: None,
                since: self.now,
                ends: None,
            };
            self.tasks.push(task);
        }
        let own = |it: &Task| it.ends.is_none();
        let placed = |it: &&Task| own(it) && !leaves(it) && it.on.is_some();
        let replaced = self.tasks.iter().filter(placed).count() >= self.service;
        if replaced {
            self.tasks.retain(|it| !(own(it) && leaves(it)));
        }
        let mut over = kept.saturating_sub(self.service);
        // Those that wait go first.
        for waits in [true, false] {
            self.tasks.retain(|it| {
                let goes = over > 0 && own(it) && it.on.is_none() == waits;
                over -= usize::from(goes);
                !goes
            });
        }
    }

    /// A task of the service that runs ends by itself.
    pub fn loses_a_task(&mut self) {
        let runs = |it: &Task| it.ends.is_none() && it.on.is_some();
        if let Some(at) = self.tasks.iter().position(runs) {
            self.tasks.remove(at);
        }
    }

    fn free(&self, id: &str) -> u32 {
        let on = self.tasks.iter().filter(|it| it.on.as_deref() == Some(id));
        CPU - on.map(|it| it.cpu).sum::<u32>()
    }

    fn places(&mut self) {
        if self.now % self.pace.places_every != 0 {
            return;
        }
        for at in 0..self.tasks.len() {
            if self.tasks[at].on.is_some() {
                continue;
            }
            let takes = |it: &&Machine| {
                it.has_connected(self.now)
                    && !it.draining
                    && self.free(&it.id) >= self.tasks[at].cpu
            };
            let id = self.machines.iter().find(takes).map(|it| it.id.clone());
            self.tasks[at].on = id;
        }
    }

    fn decides(&mut self) {
        let size = Capacity {
            cpu: CPU,
            memory: 4096,
            interfaces: 3,
            disk: None,
            reserved: Vec::new(),
        };
        let members = self.machines.iter().map(|it| Member {
            id: it.id.clone(),
            kind: String::new(),
            zone: "a".to_owned(),
            cycle: it.cycle,
            protected: it.protected,
        });
        let group = Seen {
            min: self.bounds.min,
            max: self.bounds.max,
            desired: self.desired,
            zones: BTreeSet::from(["a".to_owned()]),
            members: members.collect(),
            ..Seen::default()
        };
        let joined = self.machines.iter().filter_map(|it| {
            if !it.has_registered(self.now) {
                return None;
            }
            let connected = it.has_connected(self.now);
            let container = Container {
                key: it.id.clone(),
                active: !it.draining,
                connecting: !it.draining && !connected,
                ready: !it.draining && connected,
                tasks: self.tasks_on(&it.id),
                whole: size.clone(),
                free: Free {
                    cpu: self.free(&it.id),
                    memory: size.memory,
                    interfaces: size.interfaces,
                    disk: None,
                    taken: Vec::new(),
                },
            };
            Some((it.id.clone(), container))
        });
        let containers = joined.collect();
        self.sightings.look(&group, &containers, at(self.now));
        let waits = self.tasks.iter().filter(|it| it.on.is_none());
        let waiting: Vec<Waiting> = waits
            .map(|it| Waiting {
                id: format!("{:06}", it.id),
                since: at(it.since),
                claim: Claim {
                    cpu: it.cpu,
                    ..Claim::default()
                },
                apart: None,
            })
            .collect();
        let observed = Observed {
            settings: Settings {
                scales: true,
                target_percent: self.bounds.target,
                steps: self.bounds.steps,
                warm_up: Duration::from_secs(120),
                protects: true,
                drains: true,
            },
            group: &group,
            containers: &containers,
            waiting: &waiting,
            size: Some(&size),
            sightings: &self.sightings,
            heartbeats: &self.heartbeats,
            answered: &self.answered,
        };
        let planned = plan(&observed, at(self.now));
        if self.now.rem_euclid(MINUTE) == 0 {
            self.minutes.push(planned.estimate.reservation());
        }
        for action in planned.actions {
            // A call that is lost is planned again.
            if !self.fails() || !self.chance(5) {
                self.perform(action);
            }
        }
    }

    fn machine(&mut self, id: &str) -> &mut Machine {
        let found = self.machines.iter_mut().find(|it| it.id == id);
        found.expect("a plan is about instances that are there")
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Grow(desired) => {
                assert!(desired > self.desired && desired <= self.bounds.max);
                self.desired = desired;
            }
            Action::Protect(ids) => ids.iter().for_each(|it| self.machine(it).protected = true),
            Action::Release(ids) => ids.iter().for_each(|it| {
                assert_eq!(self.tasks_on(it), 0, "{it} is in use");
                self.machine(it).protected = false;
            }),
            Action::Drain(id) => self.machine(&id).draining = true,
            Action::Heartbeat(id) => {
                self.heartbeats.insert(id, at(self.now));
            }
            Action::Complete(id) => {
                self.machine(&id).released = true;
                self.answered.insert(id);
            }
        }
    }

    /// The policy of the group, by its alarms: one minute above the target, fifteen below nine tenths of it.
    fn tracks(&mut self) {
        let target = f64::from(self.bounds.target);
        let Some(last) = self.minutes.last().copied() else {
            return;
        };
        let live = self.live();
        let wanted = (f64::from(live) * last / target).ceil() as u32;
        let low = self.minutes.len() >= LOW_FOR
            && self.minutes[self.minutes.len() - LOW_FOR..]
                .iter()
                .all(|it| *it < target * 0.9);
        if last > target && live > 0 {
            self.desired = self.desired.max(wanted.min(self.bounds.max));
        } else if low {
            self.desired = self.desired.min(wanted.max(self.bounds.min));
        }
    }
}
