use wharf_base::Timestamp;

use super::*;
use crate::groups::records::{Rollout, Source, Status};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub fn source() -> Source {
    Source {
        id: "lt-1".to_owned(),
        name: "mine".to_owned(),
        version: "3".to_owned(),
        image: None,
        instance_type: None,
        key: None,
        security_groups: Vec::new(),
        user_data: None,
        tags: Default::default(),
        metadata_tokens: None,
        metadata_hops: None,
        devices: Vec::new(),
    }
}

pub fn group() -> NodeGroup {
    NodeGroup {
        cluster: "demo".to_owned(),
        name: "workers".to_owned(),
        uuid: "u".to_owned(),
        status: Status::Updating,
        version: "1.36".to_owned(),
        release: "1.36.4-1".to_owned(),
        role: "arn:aws:iam::000000000000:role/nodes".to_owned(),
        subnets: vec!["subnet-1".to_owned()],
        size: Size {
            min: 1,
            max: 4,
            desired: 3,
        },
        types: vec!["t3.medium".to_owned()],
        disk_gib: 8,
        spot: false,
        ami_type: "AL2023_x86_64_STANDARD".to_owned(),
        source: None,
        labels: Default::default(),
        taints: Vec::new(),
        unavailable: Unavailable::Number(1),
        strategy: "DEFAULT".to_owned(),
        made_entry: false,
        generation: 2,
        dropped: Default::default(),
        resize: false,
        template: None,
        launched: true,
        leaving: Default::default(),
        repair: Default::default(),
        repairs: Default::default(),
        update: None,
        rollout: Some(Rollout {
            force: false,
            before: Size {
                min: 1,
                max: 4,
                desired: 3,
            },
            version: None,
            release: "1.36.4-0".to_owned(),
            source: None,
            surge: None,
            draining: Default::default(),
            ready: 0,
            since: NOW,
        }),
        issues: Vec::new(),
        refused_since: None,
        due: NOW,
        created_at: NOW,
        modified_at: NOW,
        token: None,
        tags: Default::default(),
        unknown: Default::default(),
    }
}

fn member(id: usize, version: i64, pods: usize) -> Member {
    Member {
        id: format!("i-{id}"),
        version,
        state: State::InService,
        node: Some(Node {
            name: format!("n{id}"),
            ready: true,
            cordoned: false,
            pods,
            bad: Vec::new(),
        }),
    }
}

/// An Auto Scaling group, its instances and their pods, which do what they are told.
struct World {
    members: Vec<Member>,
    desired: usize,
    max: i32,
    next: usize,
    /// Pods that let themselves be evicted at a look.
    evicted: usize,
}

impl World {
    fn new(count: usize, pods: usize) -> Self {
        Self {
            members: (0..count).map(|it| member(it, 1, pods)).collect(),
            desired: count,
            max: 4,
            next: count,
            evicted: 1,
        }
    }

    fn node(&mut self, name: &str) -> &mut Node {
        let mut nodes = self.members.iter_mut().filter_map(|it| it.node.as_mut());
        nodes.find(|it| it.name == name).unwrap()
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Resize(size) => {
                self.desired = size_of(size.desired);
                self.max = size.max;
            }
            Act::Cordon(name) => self.node(name).cordoned = true,
            Act::Uncordon(name) => self.node(name).cordoned = false,
            Act::Evict(name) => {
                let evicted = self.evicted;
                let node = self.node(name);
                node.pods = node.pods.saturating_sub(evicted);
            }
            Act::Empty(name) => self.node(name).pods = 0,
            Act::Terminate { id, replaced } => {
                let at = self.members.iter().position(|it| &it.id == id).unwrap();
                assert!(self.members[at].node.as_ref().is_none_or(|it| it.pods == 0));
                self.members.remove(at);
                self.desired -= usize::from(!replaced);
            }
            Act::Release(id) => self.members.retain(|it| &it.id != id),
            Act::Reboot(id) => panic!("no update reboots {id}"),
        }
    }

    /// Instances come as they are wanted; those that started before are ready now.
    fn pass(&mut self) {
        for member in &mut self.members {
            member.state = State::InService;
            member.node.get_or_insert_with(|| Node {
                name: format!("n-{}", member.id),
                ready: true,
                ..Node::default()
            });
        }
        while self.members.len() < self.desired {
            let mut made = member(self.next, 2, 0);
            made.node = None;
            made.state = State::Starting;
            self.members.push(made);
            self.next += 1;
        }
    }
}

fn run(world: &mut World, group: &mut NodeGroup, zones: usize, least: usize) -> Course {
    for second in 0..4_000_u64 {
        let now = NOW + Duration::from_secs(second);
        let (acts, course) = rollout(group, 2, &world.members, zones, now);
        acts.iter().for_each(|it| world.act(it));
        let serving = world
            .members
            .iter()
            .filter(|it| it.is_ready() && it.node.as_ref().is_some_and(|it| !it.cordoned));
        let serving = serving.count();
        assert!(serving >= least, "{serving} at {second}");
        if course != Course::Goes {
            return course;
        }
        world.pass();
    }
    panic!("the update does not end");
}

#[test]
fn an_update_replaces_all_and_keeps_what_it_must() {
    for (count, pods, zones, unavailable, minimal) in [
        (1, 0, 1, 1, false),
        (3, 4, 1, 1, false),
        (3, 4, 3, 2, true),
        (7, 1, 1, 1, false),
        (7, 3, 2, 3, false),
        (5, 2, 1, 1, true),
    ] {
        let mut world = World::new(count, pods);
        let mut group = group();
        let desired = i32::try_from(count).unwrap();
        let before = Size {
            min: 1,
            max: desired,
            desired,
        };
        group.size = before;
        group.unavailable = Unavailable::Number(i32::try_from(unavailable).unwrap());
        group.strategy = if minimal { "MINIMAL" } else { "DEFAULT" }.to_owned();
        group.rollout.as_mut().unwrap().before = before;
        let course = run(
            &mut world,
            &mut group,
            zones,
            count.saturating_sub(unavailable),
        );
        assert_eq!(course, Course::Done);
        assert!(world.members.iter().all(|it| it.version == 2));
        assert_eq!(
            (world.members.len(), world.desired, world.max),
            (count, count, desired)
        );
    }
}

#[test]
fn pods_that_stay_fail_an_update_unless_it_is_forced() {
    for force in [false, true] {
        let mut world = World::new(3, 2);
        world.evicted = 0;
        let mut group = group();
        group.rollout.as_mut().unwrap().force = force;
        let course = run(&mut world, &mut group, 1, 2);
        match force {
            true => assert_eq!(course, Course::Done),
            false => {
                assert!(matches!(course, Course::Failed(it) if it.code == "PodEvictionFailure"));
                let cordoned = world.members.iter().filter_map(|it| it.node.as_ref());
                assert!(!cordoned.clone().any(|it| it.cordoned));
                assert!(world.members.iter().filter(|it| it.version == 1).count() >= 1);
            }
        }
    }
}

#[test]
fn new_nodes_that_do_not_come_fail_an_update() {
    let mut world = World::new(3, 1);
    let mut group = group();
    for second in (0..2_000).step_by(10) {
        let now = NOW + Duration::from_secs(second);
        let (acts, course) = rollout(&mut group, 2, &world.members, 1, now);
        acts.iter().for_each(|it| world.act(it));
        if let Course::Failed(issue) = course {
            assert_eq!(issue.code, "NodeCreationFailure");
            assert_eq!(issue.resources.len(), 2);
            assert_eq!(world.members.len(), 3);
            assert!(
                world
                    .members
                    .iter()
                    .all(|it| it.version == 1 && it.is_ready())
            );
            return;
        }
        while world.members.len() < world.desired {
            let mut made = member(world.next, 2, 0);
            made.node = None;
            world.members.push(made);
            world.next += 1;
        }
    }
    panic!("the update does not end");
}

#[test]
fn who_leaves_is_emptied_first_but_not_for_ever() {
    let mut members = vec![member(1, 1, 2)];
    members[0].state = State::Waiting;
    let mut since = BTreeMap::new();
    let acts = leaving(&members, &mut since, &BTreeMap::new(), NOW);
    assert_eq!(
        acts,
        [Act::Cordon("n1".to_owned()), Act::Empty("n1".to_owned())]
    );
    let late = NOW + PATIENCE;
    assert_eq!(
        leaving(&members, &mut since, &BTreeMap::new(), late),
        [Act::Release("i-1".to_owned())]
    );
    members[0].node.as_mut().unwrap().pods = 0;
    assert_eq!(
        leaving(&members, &mut since, &BTreeMap::new(), NOW),
        [Act::Release("i-1".to_owned())]
    );
    // Of who is repaired and not ready nothing is heard.
    let repairing = Repairing {
        action: crate::groups::repair::Action::Replace,
        since: NOW,
        cordoned: false,
        rebooted: None,
    };
    let repairs = [("i-1".to_owned(), repairing)].into();
    let node = members[0].node.as_mut().unwrap();
    (node.pods, node.ready) = (2, false);
    assert_eq!(
        leaving(&members, &mut since, &repairs, NOW),
        [Act::Release("i-1".to_owned())]
    );
    assert_eq!(leaving(&[], &mut since, &BTreeMap::new(), NOW), []);
    assert!(since.is_empty());
}

#[test]
fn a_share_is_one_at_least() {
    assert_eq!(at_once(Unavailable::Percent(50), 5), 2);
    assert_eq!(at_once(Unavailable::Percent(1), 5), 1);
    assert_eq!(at_once(Unavailable::Number(3), 5), 3);
}
