use proptest::prelude::*;
use wharf_placement::{ledger::Free, pack::all_of};
use wharf_records::hosts::Claim;

use super::*;
use crate::seen::{Cycle, Member, Seen as Group};

const HOUR: Duration = Duration::from_secs(3600);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn kind(name: &str, vcpus: u32, memory_mib: u32) -> Kind {
    Kind {
        name: name.to_owned(),
        vcpus,
        memory_mib,
        manufacturer: "intel".to_owned(),
        architectures: vec!["x86_64".to_owned()],
        current: true,
        bare_metal: false,
        burstable: false,
    }
}

fn kinds() -> Vec<Kind> {
    vec![
        kind("c5.large", 2, 4096),
        kind("c5.xlarge", 4, 8192),
        kind("m5.large", 2, 8192),
        kind("m5.xlarge", 4, 16_384),
        kind("r5.large", 2, 16_384),
    ]
}

fn wanting(id: &str, cpu: u32, memory: u32) -> Wanting {
    Wanting {
        task: Waiting {
            id: id.to_owned(),
            since: at(100),
            claim: Claim {
                cpu,
                memory,
                ..Claim::default()
            },
            apart: None,
        },
        zones: BTreeSet::new(),
        architecture: None,
    }
}

fn own(id: &str, kind: &str) -> Own {
    Own {
        id: id.to_owned(),
        kind: kind.to_owned(),
        subnet: "subnet-a".to_owned(),
        zone: "a".to_owned(),
        ordered_at: at(90),
        ec2_instance: Some(format!("i-{id}")),
        found: Some(format!("i-{id}")),
        seen: Seen::Lives,
        noticed: false,
        ending: false,
        container: None,
        idle_since: None,
    }
}

/// With an agent that is connected.
fn joined(id: &str, of: &Kind, tasks: usize, free: u32) -> Own {
    let whole = of.capacity();
    Own {
        container: Some(Container {
            key: format!("key-{id}"),
            active: true,
            connecting: false,
            ready: true,
            tasks,
            free: Free {
                cpu: free,
                ..all_of(&whole)
            },
            whole,
        }),
        ..own(id, &of.name)
    }
}

/// What a case is about; the rest is as it is with a provider that nobody changed.
struct Case {
    active: bool,
    scale_in_after: Option<Duration>,
    kinds: Vec<Kind>,
    learned: BTreeMap<String, Capacity>,
    subnets: Vec<Subnet>,
    instances: Vec<Own>,
    waiting: Vec<Wanting>,
    sightings: Sightings,
    refused: BTreeMap<(String, String), Timestamp>,
    unfit: BTreeMap<(String, String), Timestamp>,
    stuck: BTreeSet<String>,
    paused: Option<Timestamp>,
}

impl Default for Case {
    fn default() -> Self {
        let subnet = |zone: &str| Subnet {
            id: format!("subnet-{zone}"),
            zone: zone.to_owned(),
        };
        Self {
            active: true,
            scale_in_after: Some(Duration::from_secs(300)),
            kinds: kinds(),
            learned: BTreeMap::new(),
            subnets: vec![subnet("a"), subnet("b")],
            instances: Vec::new(),
            waiting: Vec::new(),
            sightings: Sightings::default(),
            refused: BTreeMap::new(),
            unfit: BTreeMap::new(),
            stuck: BTreeSet::new(),
            paused: None,
        }
    }
}

impl Case {
    fn plan(&self, now: i64) -> Plan {
        let observed = Observed {
            active: self.active,
            scale_in_after: self.scale_in_after,
            kinds: &self.kinds,
            learned: &self.learned,
            subnets: &self.subnets,
            instances: &self.instances,
            waiting: &self.waiting,
            sightings: &self.sightings,
            refused: &self.refused,
            unfit: &self.unfit,
            stuck: &self.stuck,
            paused: self.paused,
        };
        plan(&observed, at(now))
    }

    /// Type and zone of each that is ordered.
    fn orders(&self, now: i64) -> Vec<(String, String)> {
        let plan = self.plan(now);
        let order = |it: &Action| match it {
            Action::Order { kind, zone, .. } => Some((kind.clone(), zone.clone())),
            _ => None,
        };
        plan.actions.iter().filter_map(order).collect()
    }

    /// What is there has been seen by placement since that second.
    fn seen_since(mut self, since: i64) -> Self {
        let member = |own: &Own| Member {
            id: own.ec2_instance.clone().unwrap_or_default(),
            kind: own.kind.clone(),
            zone: own.zone.clone(),
            cycle: Cycle::Counts,
            protected: false,
        };
        let group = Group {
            members: self.instances.iter().map(member).collect(),
            ..Group::default()
        };
        let containers = self.instances.iter().filter_map(|own| {
            let id = own.ec2_instance.clone()?;
            Some((id, own.container.clone()?))
        });
        let containers = containers.collect();
        self.sightings.look(&group, &containers, at(since));
        self
    }
}

fn named(orders: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
    orders.iter().map(owned).collect()
}

fn end(id: &str, idle: bool) -> Action {
    let id = id.to_owned();
    Action::End { id, idle }
}

#[test]
fn the_type_is_the_one_that_tasks_leave_least_of() {
    let orders = |waiting: Vec<Wanting>| {
        let case = Case {
            waiting,
            ..Case::default()
        };
        case.orders(101)
    };
    assert_eq!(orders(Vec::new()), []);
    let small = orders(vec![wanting("1", 1024, 1024)]);
    assert_eq!(small, named(&[("c5.large", "a")]));
    // Both are on it.
    let two = orders(vec![wanting("1", 1024, 2048), wanting("2", 1024, 2048)]);
    assert_eq!(two, named(&[("c5.large", "a")]));
    let large = orders(vec![wanting("1", 2048, 12_000)]);
    assert_eq!(large, named(&[("r5.large", "a")]));
    let three = orders(
        (1..=3)
            .map(|it| wanting(&it.to_string(), 2048, 4096))
            .collect(),
    );
    assert_eq!(
        three,
        named(&[("c5.xlarge", "a"), ("c5.large", "b")]),
        "spread over zones"
    );
    assert_eq!(
        orders(vec![wanting("1", 8192, 1024)]),
        [],
        "no type takes it"
    );
}

#[test]
fn what_is_on_its_way_is_not_ordered_again() {
    let mut case = Case {
        waiting: vec![wanting("1", 1024, 1024), wanting("2", 1024, 1024)],
        instances: vec![own("x", "c5.large")],
        ..Case::default()
    };
    assert_eq!(case.plan(101).actions, []);
    case.waiting.push(wanting("3", 1024, 1024));
    assert_eq!(case.orders(101), named(&[("c5.large", "b")]));
    // Ordered, and EC2 has not heard of it.
    case.waiting.pop();
    case.instances = vec![Own {
        ec2_instance: None,
        found: None,
        seen: Seen::Unknown,
        ..own("x", "c5.large")
    }];
    let id = "x".to_owned();
    assert_eq!(case.plan(101).actions, [Action::Launch { id }]);
    // EC2 launched it, and the answer was lost.
    case.instances[0].found = Some("i-x".to_owned());
    case.instances[0].seen = Seen::Lives;
    let note = Action::Note {
        id: "x".to_owned(),
        ec2_instance: "i-x".to_owned(),
    };
    assert_eq!(case.plan(101).actions, [note]);
}

#[test]
fn zones_and_processors_of_tasks_are_heeded() {
    let mut elsewhere = wanting("1", 1024, 1024);
    elsewhere.zones = BTreeSet::from(["b".to_owned()]);
    let mut case = Case {
        waiting: vec![elsewhere],
        instances: vec![own("x", "m5.xlarge")],
        ..Case::default()
    };
    assert_eq!(case.orders(101), named(&[("c5.large", "b")]));
    case.waiting[0].zones = BTreeSet::from(["c".to_owned()]);
    assert_eq!(case.orders(101), []);
    let mut arm = wanting("1", 1024, 1024);
    arm.architecture = Some("arm64".to_owned());
    case.waiting = vec![arm];
    assert_eq!(case.orders(101), []);
    let mut graviton = kind("m6g.large", 2, 8192);
    graviton.architectures = vec!["arm64".to_owned()];
    case.kinds.push(graviton);
    assert_eq!(case.orders(101), named(&[("m6g.large", "b")]));
}

#[test]
fn tasks_that_are_kept_apart_have_an_instance_each() {
    let apart = |id: &str| {
        let mut it = wanting(id, 256, 256);
        it.task.apart = Some("web".to_owned());
        it
    };
    let case = Case {
        waiting: vec![apart("1"), apart("2")],
        ..Case::default()
    };
    assert_eq!(case.orders(101).len(), 2);
}

#[test]
fn where_there_is_no_room_nothing_as_large_is_asked_for() {
    let key = |kind: &str, zone: &str| (kind.to_owned(), format!("subnet-{zone}"));
    let mut case = Case {
        waiting: vec![wanting("1", 2048, 6000)],
        refused: BTreeMap::from([(key("m5.large", "a"), at(160))]),
        ..Case::default()
    };
    assert_eq!(case.orders(101), named(&[("m5.large", "b")]));
    case.refused.insert(key("m5.large", "b"), at(160));
    // c5.xlarge, m5.xlarge and r5.large have no less.
    let plan = case.plan(101);
    assert_eq!(plan.actions, []);
    assert_eq!(plan.wake_at, Some(at(160)));
    assert_eq!(case.orders(160), named(&[("m5.large", "a")]));
    case.paused = Some(at(200));
    assert_eq!(case.plan(160).actions, []);
    assert_eq!(case.plan(160).wake_at, Some(at(200)));
}

#[test]
fn a_type_that_is_not_to_be_had_like_that_says_nothing_of_others() {
    let key = |kind: &str, zone: &str| (kind.to_owned(), format!("subnet-{zone}"));
    let until = at(400);
    let mut case = Case {
        waiting: vec![wanting("1", 2048, 6000)],
        unfit: BTreeMap::from([(key("m5.large", "a"), until), (key("m5.large", "b"), until)]),
        ..Case::default()
    };
    // It has no less than that one.
    assert_eq!(case.orders(101), named(&[("r5.large", "a")]));
    assert_eq!(case.orders(400), named(&[("m5.large", "a")]));
    case.kinds.retain(|it| it.name == "m5.large");
    let plan = case.plan(101);
    assert_eq!((plan.actions, plan.wake_at), (vec![], Some(until)));
}

#[test]
fn what_instances_said_of_their_size_counts() {
    let mut case = Case {
        waiting: vec![wanting("1", 2048, 4096)],
        ..Case::default()
    };
    assert_eq!(case.orders(101), named(&[("c5.large", "a")]));
    let less = Capacity {
        memory: 3900,
        ..kinds()[0].capacity()
    };
    case.learned.insert("c5.large".to_owned(), less);
    assert_eq!(case.orders(101), named(&[("m5.large", "a")]));
}

#[test]
fn a_task_that_is_passed_over_is_not_ordered_for_without_end() {
    let empty = |id: &str| joined(id, &kinds()[0], 0, 2048);
    let case = Case {
        waiting: vec![wanting("1", 1024, 1024)],
        instances: vec![empty("x")],
        ..Case::default()
    };
    let case = case.seen_since(100);
    assert_eq!(case.orders(105), [], "placement has its chance");
    assert_eq!(
        case.orders(111),
        named(&[("c5.large", "b")]),
        "another zone may do"
    );
    let other = Own {
        zone: "b".to_owned(),
        ..empty("y")
    };
    let case = Case {
        instances: vec![empty("x"), other],
        ..case
    };
    let mut case = case.seen_since(100);
    let plan = case.plan(111);
    assert!(plan.stuck.contains("1"));
    assert!(
        !plan
            .actions
            .iter()
            .any(|it| matches!(it, Action::Order { .. }))
    );
    // It stays so when they are gone.
    case.stuck = plan.stuck;
    case.instances = Vec::new();
    assert_eq!(case.orders(500), []);
}

#[test]
fn an_idle_instance_is_drained_and_terminated_after_its_time() {
    let mut case = Case {
        instances: vec![joined("x", &kinds()[0], 1, 1024)],
        ..Case::default()
    };
    assert_eq!(
        (case.plan(200).actions, case.plan(200).idle.len()),
        (vec![], 0)
    );
    case.instances[0] = joined("x", &kinds()[0], 0, 2048);
    let plan = case.plan(200);
    assert_eq!((plan.actions, plan.wake_at), (vec![], Some(at(500))));
    assert_eq!(plan.idle, BTreeMap::from([("x".to_owned(), at(200))]));
    case.instances[0].idle_since = Some(at(200));
    assert_eq!(case.plan(499).actions, []);
    assert_eq!(case.plan(500).actions, [end("x", true)]);
    case.scale_in_after = None;
    assert_eq!(case.plan(9999).actions, []);
    // A waiting task is expected on it.
    case.scale_in_after = Some(Duration::ZERO);
    case.waiting = vec![wanting("1", 1024, 1024)];
    assert_eq!(case.plan(9999).actions, []);
    case.waiting.clear();

    // It is drained: what still runs there has its time.
    let container = case.instances[0].container.as_mut().unwrap();
    (container.active, container.ready, container.tasks) = (false, false, 1);
    case.instances[0].ending = true;
    assert_eq!(case.plan(501).actions, []);
    case.instances[0].container.as_mut().unwrap().tasks = 0;
    let terminate = Action::Terminate {
        id: "x".to_owned(),
        ec2_instance: "i-x".to_owned(),
    };
    assert_eq!(case.plan(502).actions, [terminate]);
    case.instances[0].seen = Seen::Ends;
    assert_eq!(case.plan(503).actions, []);
    case.instances[0].seen = Seen::Ended;
    let (id, in_vain) = ("x".to_owned(), false);
    assert_eq!(case.plan(504).actions, [Action::Forget { id, in_vain }]);
}

#[test]
fn what_somebody_drained_or_stopped_goes() {
    let mut case = Case {
        instances: vec![joined("x", &kinds()[0], 0, 2048)],
        scale_in_after: None,
        ..Case::default()
    };
    let container = case.instances[0].container.as_mut().unwrap();
    (container.active, container.ready) = (false, false);
    assert_eq!(case.plan(200).actions, [end("x", true)]);
    case.instances[0] = joined("x", &kinds()[0], 1, 1024);
    case.instances[0].seen = Seen::Stopped;
    assert_eq!(case.plan(200).actions, [end("x", false)]);
    // Its tasks have the two minutes of the notice, and those who wait an instance of their own.
    case.instances[0] = joined("x", &kinds()[0], 1, 1024);
    case.instances[0].noticed = true;
    case.waiting = vec![wanting("1", 256, 256)];
    assert_eq!(case.plan(200).actions[0], end("x", false));
    assert_eq!(case.orders(200).len(), 1);
}

#[test]
fn an_instance_that_never_joins_goes() {
    let case = Case {
        instances: vec![own("x", "c5.large")],
        ..Case::default()
    };
    assert_eq!(case.plan(90 + 599).actions, []);
    assert_eq!(case.plan(90 + 600).actions, [end("x", true)]);
    // One that ended by itself is not asked for again at once.
    let ended = Case {
        instances: vec![Own {
            seen: Seen::Ended,
            ..own("x", "c5.large")
        }],
        ..Case::default()
    };
    let (id, in_vain) = ("x".to_owned(), true);
    assert_eq!(ended.plan(101).actions, [Action::Forget { id, in_vain }]);
}

#[test]
fn a_provider_goes_with_its_last_instance() {
    let mut case = Case {
        active: false,
        waiting: vec![wanting("1", 1024, 1024)],
        instances: vec![
            joined("x", &kinds()[0], 0, 2048),
            Own {
                ec2_instance: None,
                found: None,
                seen: Seen::Unknown,
                ..own("y", "c5.large")
            },
        ],
        ..Case::default()
    };
    let forget = Action::Forget {
        id: "y".to_owned(),
        in_vain: false,
    };
    assert_eq!(case.plan(101).actions, [end("x", false), forget]);
    case.instances.clear();
    assert_eq!(case.plan(101).actions, [Action::Finish]);
}

proptest! {
    #[test]
    fn what_is_ordered_takes_the_tasks_and_no_more_is_ordered_then(
        sizes in prop::collection::vec((1..4096_u32, 1..16_000_u32), 1..30),
    ) {
        let waiting: Vec<Wanting> = sizes
            .iter()
            .enumerate()
            .map(|(number, (cpu, memory))| wanting(&format!("{number:02}"), *cpu, *memory))
            .collect();
        let mut case = Case { waiting, ..Case::default() };
        // Until nothing is lacking, as looks follow each other.
        for _ in 0..10 {
            let orders = case.orders(101);
            prop_assert!(orders.len() <= case.waiting.len());
            if orders.is_empty() {
                break;
            }
            for (kind, zone) in orders {
                let id = case.instances.len().to_string();
                case.instances.push(Own { zone, ..own(&id, &kind) });
            }
        }
        prop_assert_eq!(case.orders(101), []);
        prop_assert!(case.instances.len() <= case.waiting.len());
        let most: u32 = case.kinds.iter().map(|it| it.memory_mib).max().unwrap();
        let fit = sizes.iter().any(|(cpu, memory)| *cpu <= 4096 && *memory <= most);
        prop_assert_eq!(case.instances.is_empty(), !fit);
    }

    #[test]
    fn an_instance_with_tasks_is_never_ended(tasks in 1..5_usize, now in 101..100_000_i64) {
        let case = Case {
            instances: vec![joined("x", &kinds()[3], tasks, 0)],
            scale_in_after: Some(Duration::ZERO),
            ..Case::default()
        };
        prop_assert_eq!(case.plan(now).actions, []);
        let never = Case { scale_in_after: Some(HOUR), ..case };
        prop_assert_eq!(never.plan(now).actions, []);
    }
}
