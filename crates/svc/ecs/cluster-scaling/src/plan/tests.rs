use wharf_placement::ledger::Free;
use wharf_records::hosts::Claim;

use super::*;
use crate::seen::Member;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn size() -> Capacity {
    Capacity {
        cpu: 2048,
        memory: 4096,
        interfaces: 3,
        disk: None,
        reserved: Vec::new(),
    }
}

/// What the cases are about; the rest is as usual.
struct World {
    settings: Settings,
    group: Seen,
    containers: BTreeMap<String, Container>,
    waiting: Vec<Waiting>,
    /// The second of the first look.
    seen_at: i64,
    heartbeats: BTreeMap<String, Timestamp>,
    answered: BTreeSet<String>,
}

impl World {
    fn new(desired: u32) -> Self {
        Self {
            settings: Settings {
                scales: true,
                target_percent: 100,
                steps: (1, 100),
                warm_up: Duration::from_secs(300),
                protects: true,
                drains: true,
            },
            group: Seen {
                max: 10,
                desired,
                protects_new: true,
                zones: BTreeSet::from(["a".to_owned()]),
                ..Seen::default()
            },
            containers: BTreeMap::new(),
            waiting: Vec::new(),
            seen_at: 0,
            heartbeats: BTreeMap::new(),
            answered: BTreeSet::new(),
        }
    }

    fn member(mut self, id: &str, cycle: Cycle, protected: bool) -> Self {
        self.group.members.push(Member {
            id: id.to_owned(),
            kind: "t3.small".to_owned(),
            zone: "a".to_owned(),
            cycle,
            protected,
        });
        self
    }

    fn joined(mut self, id: &str, active: bool, tasks: usize) -> Self {
        let size = size();
        let container = Container {
            key: format!("key of {id}"),
            active,
            connecting: false,
            ready: active,
            tasks,
            free: Free {
                cpu: if tasks == 0 { size.cpu } else { 0 },
                memory: size.memory,
                interfaces: size.interfaces,
                disk: None,
                taken: Vec::new(),
            },
            whole: size,
        };
        self.containers.insert(id.to_owned(), container);
        self
    }

    fn waits(mut self, tasks: usize) -> Self {
        for number in 0..tasks {
            self.waiting.push(Waiting {
                id: number.to_string(),
                since: at(100),
                claim: Claim {
                    cpu: 2048,
                    ..Claim::default()
                },
                apart: None,
            });
        }
        self
    }

    /// It has registered, and its agent has not connected yet.
    fn registered(self, id: &str) -> Self {
        let mut world = self.joined(id, true, 0);
        let it = world.containers.get_mut(id).unwrap();
        (it.connecting, it.ready) = (true, false);
        world
    }

    fn plan(&self) -> Plan {
        let mut sightings = Sightings::default();
        for second in [self.seen_at, 101] {
            sightings.look(&self.group, &self.containers, at(second));
        }
        let observed = Observed {
            settings: self.settings,
            group: &self.group,
            containers: &self.containers,
            waiting: &self.waiting,
            size: Some(&size()),
            sightings: &sightings,
            heartbeats: &self.heartbeats,
            answered: &self.answered,
        };
        plan(&observed, at(101))
    }
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn a_group_grows_by_what_waits_and_no_further() {
    let world = World::new(0).waits(3);
    assert_eq!(world.plan().actions, [Action::Grow(3)]);
    // Ordered is ordered, whether or not the group has begun.
    assert_eq!(World::new(3).waits(3).plan().actions, []);
    let launched = World::new(3).member("i-1", Cycle::Counts, true).waits(3);
    assert_eq!(launched.plan().actions, []);
    let full = World::new(0).waits(30);
    assert_eq!(full.plan().actions, [Action::Grow(10)]);
    let mut off = World::new(0).waits(3);
    off.settings.scales = false;
    assert_eq!(off.plan().actions, []);
}

#[test]
fn a_group_that_came_to_have_weights_grows_in_its_units() {
    let mut world = World::new(4).waits(2);
    world.group.weights.insert("t3.small".to_owned(), 4);
    // The four units are the one that comes.
    assert_eq!(world.plan().actions, [Action::Grow(8)]);
    let mut joined = world
        .member("i-1", Cycle::Counts, true)
        .joined("i-1", true, 1);
    assert_eq!(joined.plan().estimate.there, 1);
    // Not beyond its maximum, which is in units too.
    assert_eq!(joined.plan().actions, [Action::Grow(10)]);
    joined.group.desired = 8;
    joined.waiting.pop();
    assert_eq!(joined.plan().actions, []);
}

#[test]
fn no_more_than_a_step_is_on_its_way() {
    let mut world = World::new(0).waits(9);
    world.settings.steps = (1, 4);
    assert_eq!(world.plan().actions, [Action::Grow(4)]);
    world.group.desired = 4;
    assert_eq!(world.plan().actions, []);
    let mut world = world
        .member("i-1", Cycle::Counts, true)
        .joined("i-1", true, 1);
    world.waiting.pop();
    // One of the four has come: one more may follow.
    assert_eq!(world.plan().actions, [Action::Grow(5)]);
}

#[test]
fn an_instance_that_never_joins_is_given_up_after_the_warm_up() {
    let mut world = World::new(1).member("i-1", Cycle::Counts, true).waits(1);
    let plan = world.plan();
    assert_eq!((plan.actions, plan.wake_at), (vec![], Some(at(110))));
    world.settings.warm_up = Duration::from_secs(60);
    assert_eq!(world.plan().actions[0], Action::Grow(2));
}

#[test]
fn what_registers_and_has_not_connected_is_on_its_way_still() {
    let mut world = World::new(1)
        .member("i-1", Cycle::Counts, true)
        .registered("i-1")
        .waits(1);
    let plan = world.plan();
    assert_eq!((plan.actions, plan.wake_at), (vec![], Some(at(110))));
    assert_eq!(plan.estimate.reservation(), 100.0);
    // Nor is placement late with room that came a moment ago, however long ago it registered.
    world.containers.clear();
    let mut connected = world.joined("i-1", true, 0);
    connected.waiting[0].since = at(10);
    connected.seen_at = 92;
    assert_eq!(connected.plan().actions, []);
    // Its agent never connects.
    let mut never = connected.registered("i-1");
    never.settings.warm_up = Duration::from_secs(9);
    never.seen_at = 91;
    assert_eq!(never.plan().actions[0], Action::Grow(2));
}

#[test]
fn the_warm_up_begins_when_an_instance_is_in_service() {
    let mut world = World::new(1).member("i-1", Cycle::Pending, true).waits(1);
    world.settings.warm_up = Duration::from_secs(60);
    assert_eq!(world.plan().actions, []);
    world.group.members[0].cycle = Cycle::Counts;
    world.seen_at = 50;
    assert_eq!(world.plan().actions, []);
    world.seen_at = 41;
    assert_eq!(world.plan().actions[0], Action::Grow(2));
}

#[test]
fn only_what_is_idle_and_too_much_loses_its_protection() {
    let world = World::new(3)
        .member("i-1", Cycle::Counts, false)
        .member("i-2", Cycle::Counts, true)
        .member("i-3", Cycle::Counts, true)
        .joined("i-1", true, 1)
        .joined("i-2", true, 0)
        .joined("i-3", true, 0);
    let plan = world.plan();
    assert_eq!(plan.estimate.reservation(), 100.0 / 3.0);
    assert_eq!(
        plan.actions,
        [
            Action::Protect(ids(&["i-1"])),
            Action::Release(ids(&["i-2", "i-3"]))
        ]
    );
    let mut least = world;
    least.group.min = 2;
    assert_eq!(least.plan().actions[1], Action::Release(ids(&["i-2"])));
    least.group.min = 3;
    assert_eq!(least.plan().actions, [Action::Protect(ids(&["i-1"]))]);
}

#[test]
fn protection_that_is_right_is_left_alone() {
    let world = World::new(2)
        .member("i-1", Cycle::Counts, true)
        .member("i-2", Cycle::Counts, false)
        .joined("i-1", true, 1)
        .joined("i-2", true, 0);
    assert_eq!(world.plan().actions, []);
    // Somebody waits who may take the idle one.
    let mut needed = world.waits(1);
    needed.waiting[0].since = at(100);
    needed.seen_at = 95;
    assert_eq!(needed.plan().actions, [Action::Protect(ids(&["i-2"]))]);
}

#[test]
fn an_end_is_held_until_the_instance_is_empty_and_takes_no_more() {
    let world = |active, tasks| {
        World::new(0)
            .member("i-1", Cycle::Held, false)
            .joined("i-1", active, tasks)
    };
    let drain = Action::Drain("key of i-1".to_owned());
    assert_eq!(world(true, 0).plan().actions, std::slice::from_ref(&drain));
    assert_eq!(world(true, 2).plan().actions, std::slice::from_ref(&drain));
    let beats = world(false, 2);
    assert_eq!(beats.plan().actions, [Action::Heartbeat("i-1".to_owned())]);
    let mut beaten = beats;
    beaten.heartbeats.insert("i-1".to_owned(), at(100));
    let plan = beaten.plan();
    assert_eq!(
        (plan.actions, plan.wake_at),
        (vec![], Some(at(100) + HEARTBEAT_EVERY))
    );
    let done = Action::Complete("i-1".to_owned());
    assert_eq!(world(false, 0).plan().actions, std::slice::from_ref(&done));
    let mut told = world(false, 0);
    told.answered.insert("i-1".to_owned());
    assert_eq!(told.plan().actions, []);
    let never_joined = World::new(0).member("i-1", Cycle::Held, false);
    assert_eq!(never_joined.plan().actions, [done]);
    // Before its hooks are asked it takes no more already.
    let ending = World::new(0)
        .member("i-1", Cycle::Ending, false)
        .joined("i-1", true, 1);
    assert_eq!(ending.plan().actions, [drain]);
    let mut not_asked = world(true, 0);
    not_asked.settings.drains = false;
    assert_eq!(not_asked.plan().actions, []);
}

#[test]
fn a_group_that_is_being_deleted_is_neither_grown_nor_protected() {
    let mut world = World::new(0)
        .member("i-1", Cycle::Counts, false)
        .joined("i-1", true, 1)
        .waits(1);
    world.group.deleting = true;
    assert_eq!(world.plan().actions, []);
}
