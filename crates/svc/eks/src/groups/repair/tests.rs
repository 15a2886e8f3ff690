use super::*;
use crate::groups::plan::State;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn after(minutes: u64) -> Timestamp {
    NOW + Duration::from_secs(60 * minutes)
}

/// A group whose nodes have two pods each, and evict one at a look.
struct World {
    rules: Rules,
    repairs: BTreeMap<String, Repairing>,
    members: Vec<Member>,
    next: usize,
    rebooted: Vec<String>,
    evicts: bool,
}

fn member(number: usize) -> Member {
    Member {
        id: format!("i-{number:02}"),
        version: 1,
        state: State::InService,
        node: Some(Node {
            name: format!("n{number:02}"),
            ready: true,
            cordoned: false,
            pods: 2,
            bad: Vec::new(),
        }),
    }
}

impl World {
    fn new(count: usize) -> Self {
        Self {
            rules: Rules {
                enabled: true,
                ..Rules::default()
            },
            repairs: BTreeMap::new(),
            members: (0..count).map(member).collect(),
            next: count,
            rebooted: Vec::new(),
            evicts: true,
        }
    }

    fn node(&mut self, number: usize) -> &mut Node {
        let id = format!("i-{number:02}");
        let found = self.members.iter_mut().find(|it| it.id == id);
        found.unwrap().node.as_mut().unwrap()
    }

    /// A node is bad from now on.
    fn fails(&mut self, number: usize, condition: &str, at: Timestamp) {
        let status = if condition == "Ready" {
            "Unknown"
        } else {
            "False"
        };
        let bad = Bad::of(condition, status, "Why", at).unwrap();
        let node = self.node(number);
        node.ready &= condition != "Ready";
        node.bad.push(bad);
    }

    fn is_there(&self, number: usize) -> bool {
        self.members
            .iter()
            .any(|it| it.id == format!("i-{number:02}"))
    }

    /// One look, and what comes of it.
    fn look(&mut self, now: Timestamp) -> (Vec<Act>, Option<Issue>) {
        let (acts, issue) = repair(&self.rules, &mut self.repairs, &self.members, now);
        for act in &acts {
            self.act(act);
        }
        (acts, issue)
    }

    fn act(&mut self, act: &Act) {
        let evicts = self.evicts;
        let named = |all: &mut Vec<Member>, name: &String, change: &dyn Fn(&mut Node)| {
            let nodes = all.iter_mut().filter_map(|it| it.node.as_mut());
            nodes.filter(|it| &it.name == name).for_each(change);
        };
        match act {
            Act::Cordon(name) => named(&mut self.members, name, &|it| it.cordoned = true),
            Act::Uncordon(name) => named(&mut self.members, name, &|it| it.cordoned = false),
            Act::Evict(name) => named(&mut self.members, name, &|it| {
                it.pods = it.pods.saturating_sub(usize::from(evicts));
            }),
            Act::Terminate { id, replaced } => {
                assert!(replaced);
                self.members.retain(|it| &it.id != id);
                self.members.push(member(self.next));
                self.next += 1;
            }
            Act::Reboot(id) => self.rebooted.push(id.clone()),
            other => panic!("{other:?} is no repair"),
        }
    }

    /// When the node is gone, in minutes, if it goes within an hour.
    fn gone_after(&mut self, number: usize) -> Option<u64> {
        (0..60).find(|minutes| {
            self.look(after(*minutes));
            !self.is_there(number)
        })
    }
}

#[test]
fn a_bad_node_is_replaced_when_its_time_has_come() {
    for (condition, expected) in [
        // Nobody waits for pods of a node that is not heard of.
        ("Ready", 31),
        // It takes no more pods, then two go at two looks.
        ("AcceleratedHardwareReady", 14),
        ("ContainerRuntimeReady", 34),
        ("KernelReady", 34),
        ("NetworkingReady", 34),
        ("StorageReady", 34),
    ] {
        let mut world = World::new(3);
        world.fails(1, condition, NOW);
        assert_eq!(world.gone_after(1), Some(expected), "{condition}");
        assert!(world.is_there(0) && world.is_there(2) && world.members.len() == 3);
        world.look(after(61));
        assert_eq!(world.look(after(62)), (Vec::new(), None));
        assert!(world.repairs.is_empty());
    }
}

#[test]
fn who_asks_for_no_repair_has_none() {
    let mut world = World::new(3);
    world.rules.enabled = false;
    world.fails(1, "Ready", NOW);
    assert_eq!(world.gone_after(1), None);
    assert!(world.repairs.is_empty());
}

#[test]
fn pods_that_stay_are_not_waited_for_longer_than_a_while() {
    let mut world = World::new(3);
    world.evicts = false;
    world.fails(1, "KernelReady", NOW);
    assert_eq!(world.gone_after(1), Some(45));
}

#[test]
fn a_node_that_becomes_good_takes_pods_again() {
    for cordoned in [false, true] {
        let mut world = World::new(3);
        world.evicts = false;
        world.node(1).cordoned = cordoned;
        world.fails(1, "KernelReady", NOW);
        world.look(after(30));
        world.look(after(31));
        assert!(world.node(1).cordoned);
        world.node(1).bad.clear();
        world.look(after(32));
        // As it was before.
        assert_eq!(world.node(1).cordoned, cordoned);
        assert!(world.repairs.is_empty() && world.is_there(1));
    }
}

#[test]
fn what_was_not_written_down_was_not_begun() {
    let mut world = World::new(3);
    world.evicts = false;
    world.fails(1, "KernelReady", NOW);
    world.look(after(30));
    // Somebody else changed the group meanwhile.
    world.repairs.clear();
    world.look(after(31));
    world.look(after(32));
    assert!(world.node(1).cordoned);
    world.node(1).bad.clear();
    world.look(after(33));
    assert!(!world.node(1).cordoned && world.repairs.is_empty());
}

#[test]
fn what_nothing_is_done_about_does_not_count() {
    let mut world = World::new(3);
    world.evicts = false;
    world.rules.bearable = Some(Unavailable::Number(1));
    world.rules.overrides = vec![Override {
        condition: "StorageReady".to_owned(),
        reason: "Why".to_owned(),
        wait_mins: 0,
        action: Action::Nothing,
    }];
    for number in 0..3 {
        world.fails(number, "StorageReady", NOW);
    }
    world.fails(1, "KernelReady", NOW);
    assert_eq!(world.look(after(30)).1, None);
    world.look(after(31));
    assert!(world.node(1).cordoned);
    // It is well again but for what was there all the while.
    world
        .node(1)
        .bad
        .retain(|it| it.condition == "StorageReady");
    world.look(after(32));
    assert!(!world.node(1).cordoned && world.repairs.is_empty() && world.is_there(1));
}

#[test]
fn turned_off_repair_lets_nodes_be() {
    let mut world = World::new(3);
    world.evicts = false;
    world.fails(1, "KernelReady", NOW);
    world.look(after(30));
    world.look(after(31));
    world.rules.enabled = false;
    world.look(after(32));
    assert!(!world.node(1).cordoned && world.repairs.is_empty());
    assert_eq!(world.look(after(60)), (Vec::new(), None));
}

#[test]
fn overrides_say_when_and_what() {
    let over = |reason: &str, wait_mins, action| Override {
        condition: "KernelReady".to_owned(),
        reason: reason.to_owned(),
        wait_mins,
        action,
    };
    let check = |overrides: Vec<Override>| {
        let mut world = World::new(3);
        world.rules.overrides = overrides;
        world.fails(1, "KernelReady", NOW);
        let gone = world.gone_after(1);
        (gone, world.rebooted.len())
    };
    assert_eq!(check(vec![over("Why", 2, Action::Replace)]), (Some(6), 0));
    assert_eq!(
        check(vec![over("Other", 2, Action::Replace)]),
        (Some(34), 0)
    );
    assert_eq!(check(vec![over("Why", 2, Action::Nothing)]), (None, 0));
    // It has as long after each reboot.
    assert_eq!(check(vec![over("Why", 20, Action::Reboot)]).1, 2);
}

#[test]
fn a_node_that_a_reboot_heals_stays() {
    let mut world = World::new(3);
    world.rules.overrides = vec![Override {
        condition: "KernelReady".to_owned(),
        reason: "Why".to_owned(),
        wait_mins: 1,
        action: Action::Reboot,
    }];
    world.fails(1, "KernelReady", NOW);
    for minute in 0..60 {
        world.look(after(minute));
        if !world.rebooted.is_empty() {
            world.node(1).bad.clear();
        }
    }
    assert_eq!(world.rebooted, ["i-01"]);
    assert!(world.is_there(1) && !world.node(1).cordoned && world.repairs.is_empty());
}

#[test]
fn nothing_begins_while_too_many_are_bad() {
    for (all, bad, bearable, stops) in [
        // A small group has no bound.
        (5, 5, None, false),
        (6, 1, None, false),
        (6, 2, None, true),
        (10, 2, None, false),
        (10, 3, None, true),
        (5, 2, Some(Unavailable::Number(1)), true),
        (10, 3, Some(Unavailable::Number(3)), false),
        (4, 2, Some(Unavailable::Percent(50)), false),
        (4, 3, Some(Unavailable::Percent(50)), true),
    ] {
        let mut world = World::new(all);
        world.rules.bearable = bearable;
        (0..bad).for_each(|it| world.fails(it, "Ready", NOW));
        assert_eq!(world.look(after(29)), (Vec::new(), None));
        let (_, issue) = world.look(after(30));
        assert_eq!(world.repairs.is_empty(), stops, "{all} {bad} {bearable:?}");
        assert_eq!(
            issue.map(|it| (it.code, it.resources.len())),
            stops.then(|| ("Unknown".to_owned(), bad))
        );
    }
}

#[test]
fn no_more_are_repaired_at_once_than_may_be() {
    for (parallel, most) in [
        (Unavailable::Number(1), 1),
        (Unavailable::Number(2), 2),
        (Unavailable::Percent(40), 4),
        (Unavailable::Percent(1), 1),
    ] {
        let mut world = World::new(10);
        world.rules.bearable = Some(Unavailable::Percent(100));
        world.rules.parallel = Some(parallel);
        (0..6).for_each(|it| world.fails(it, "StorageReady", NOW));
        for minute in 0..200 {
            world.look(after(minute));
            let cordoned = world.members.iter().filter_map(|it| it.node.as_ref());
            assert!(cordoned.filter(|it| it.cordoned).count() <= most);
        }
        assert!((0..6).all(|it| !world.is_there(it)), "{parallel:?}");
        assert_eq!(world.members.len(), 10);
    }
}

#[test]
fn who_leaves_otherwise_is_no_matter_of_repair() {
    let mut world = World::new(2);
    world.fails(1, "Ready", NOW);
    world.members[1].state = State::Waiting;
    assert_eq!(world.look(after(60)), (Vec::new(), None));
    assert_eq!(world.look(NOW), (Vec::new(), None));
    assert!(world.repairs.is_empty());
}
