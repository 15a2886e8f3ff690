//! Table cases: one situation, and what is planned for it.

mod health;
mod mixed;

use std::collections::BTreeSet;

use super::*;
use crate::records::{
    Others, Outcome, Process, Settings, Stage, Status, Subnet, Termination, Transition,
};

pub(super) fn second(at: i64) -> Timestamp {
    Timestamp::from_millis(at * 1000)
}

pub(super) fn template(version: u32) -> Source {
    Source::Template {
        id: "lt-1".to_owned(),
        name: "web".to_owned(),
        version: version.to_string(),
    }
}

pub(super) fn group(zones: &[&str], min: u32, desired: u32, max: u32) -> Group {
    let subnet = |zone: &&str| Subnet {
        id: format!("subnet-{zone}"),
        zone: (*zone).to_owned(),
    };
    Group {
        name: "g".to_owned(),
        uuid: "u".to_owned(),
        created_at: second(0),
        launch: template(1),
        min,
        max,
        desired,
        cooldown_seconds: 300,
        warmup_seconds: None,
        subnets: zones.iter().map(subnet).collect(),
        rebalances: false,
        evenly_only: false,
        elb_health: false,
        grace_seconds: 0,
        termination: vec![Termination::Default],
        protects_new: false,
        max_lifetime_seconds: None,
        maintenance: None,
        tags: Default::default(),
        propagated: BTreeSet::new(),
        suspended: BTreeMap::new(),
        target_groups: Vec::new(),
        placement_group: None,
        context: None,
        kept: None,
        deleting: false,
        cause: None,
        failing: BTreeMap::new(),
        heeded: BTreeMap::new(),
        scaled: None,
        lowered_at: None,
        resting: None,
        mixed: None,
        pool: None,
        notifications: BTreeMap::new(),
        metrics: BTreeSet::new(),
        unknown: Default::default(),
    }
}

pub(crate) fn a_group() -> Group {
    group(&["a"], 0, 0, 10)
}

pub(crate) fn member(token: &str, zone: &str, state: State) -> Member {
    Member {
        group: "g".to_owned(),
        token: token.to_owned(),
        instance: Some(format!("i-{token}")),
        subnet: format!("subnet-{zone}"),
        zone: zone.to_owned(),
        source: Some(template(1)),
        wanted_type: None,
        weight: None,
        spot: false,
        instance_type: None,
        image: None,
        state,
        unhealthy: None,
        protected: false,
        created_at: second(0),
        in_service_at: Some(second(0)),
        activity: None,
        waits: Vec::new(),
        registered: BTreeSet::new(),
        extra: false,
        pooled: Pooled::No,
        unknown: Default::default(),
    }
}

pub(super) fn instance(token: &str, state: Ec2State) -> Instance {
    Instance {
        id: format!("i-{token}"),
        state,
        reason: None,
        impaired_since: None,
        recalled: false,
        named: true,
        gave_up: false,
        instance_type: None,
        image: None,
    }
}

/// All members' instances run.
pub(super) fn running(members: &[Member]) -> Seen {
    let of = members
        .iter()
        .map(|it| instance(&it.token, Ec2State::Running));
    Seen {
        instances: of.map(|it| (it.id.clone(), it)).collect(),
        source: Some(template(1)),
        ..Seen::default()
    }
}

fn hook(transition: Transition) -> Hook {
    Hook {
        name: "h".to_owned(),
        group: "g".to_owned(),
        transition,
        heartbeat_seconds: 60,
        otherwise: Outcome::Abandon,
        metadata: None,
        target: Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned()),
        role: None,
        unknown: Default::default(),
    }
}

pub(super) fn a_refresh(at: Timestamp) -> Refresh {
    Refresh {
        id: "r".to_owned(),
        group: "g".to_owned(),
        stage: Stage::Pending,
        reason: None,
        started_at: at,
        ended_at: None,
        desired: None,
        settings: Settings {
            min_healthy: 50,
            max_healthy: 100,
            warmup_seconds: Some(60),
            checkpoints: Vec::new(),
            checkpoint_seconds: 0,
            skips_matching: false,
            rolls_back: false,
            bake_seconds: 0,
            protected: Others::Wait,
            standby: Others::Wait,
            alarms: Vec::new(),
        },
        total: None,
        left: 0,
        moved_at: at,
        passed: 0,
        rests_until: None,
        rollback: None,
        unknown: Default::default(),
    }
}

pub(super) struct Case {
    pub group: Group,
    pub members: Vec<Member>,
    pub hooks: Vec<Hook>,
    pub refresh: Option<Refresh>,
    pub seen: Seen,
    pub at: i64,
}

impl Case {
    pub fn of(group: Group, members: Vec<Member>) -> Self {
        Self {
            seen: running(&members),
            group,
            members,
            hooks: Vec::new(),
            refresh: None,
            at: 1000,
        }
    }

    pub fn plan(&self) -> Plan {
        let mut next = 0;
        let mut ids = || {
            next += 1;
            (format!("id-{next:03}"), format!("key-{next:03}"))
        };
        let observed = Observed {
            group: &self.group,
            members: &self.members,
            hooks: &self.hooks,
            refresh: self.refresh.as_ref(),
            seen: &self.seen,
        };
        plan(&observed, second(self.at), &mut ids)
    }

    pub fn takes(&self) -> Vec<String> {
        let members = self.plan().members.into_values();
        let taken = members.filter(|it| it.state.is_terminating());
        taken.map(|it| it.token).collect()
    }
}

#[test]
fn what_is_missing_is_launched_where_there_are_fewest() {
    let members = vec![
        member("1", "a", State::InService),
        member("2", "a", State::InService),
        member("3", "b", State::InService),
    ];
    let plan = Case::of(group(&["a", "b", "c"], 0, 6, 9), members).plan();
    let zones: Vec<&str> = plan.members.values().map(|it| it.zone.as_str()).collect();
    assert_eq!(zones.len(), 3);
    assert_eq!(zones.iter().filter(|it| **it == "c").count(), 2);
    assert_eq!(zones.iter().filter(|it| **it == "b").count(), 1);
    assert!(
        plan.calls.is_empty(),
        "nothing is asked before it is written"
    );
    let (_, first) = &plan.activities[0];
    assert_eq!(first.description, "Launching a new EC2 instance");
    assert_eq!(
        first.cause,
        "At 1970-01-01T00:16:40Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 3 to 6."
    );
}

#[test]
fn what_is_written_down_is_asked_for() {
    let mut waiting = member("1", "a", State::Pending);
    waiting.instance = None;
    let mut case = Case::of(group(&["a"], 0, 1, 1), vec![waiting]);
    case.seen.instances.clear();
    let plan = case.plan();
    assert!(plan.changes_nothing());
    assert_eq!(plan.calls, [Call::Launch("1".to_owned())]);
    // A server that ended behind the call finds it by its token.
    case.seen.tokens.insert("1".to_owned(), "i-9".to_owned());
    let plan = case.plan();
    assert_eq!(plan.calls, []);
    assert_eq!(plan.members["1"].instance.as_deref(), Some("i-9"));
}

#[test]
fn a_large_group_grows_in_parts() {
    let plan = Case::of(group(&["a"], 0, 300, 300), Vec::new()).plan();
    assert_eq!(plan.members.len(), BATCH);
}

#[test]
fn suspended_processes_rest() {
    let mut few = group(&["a"], 0, 2, 2);
    few.suspended.insert(Process::Launch, second(0));
    assert!(Case::of(few, Vec::new()).plan().changes_nothing());
    let mut many = group(&["a"], 0, 0, 2);
    many.suspended.insert(Process::Terminate, second(0));
    let members = vec![member("1", "a", State::InService)];
    assert!(Case::of(many, members.clone()).plan().changes_nothing());
    let mut sick = group(&["a"], 0, 1, 2);
    sick.suspended.insert(Process::HealthCheck, second(0));
    let mut case = Case::of(sick, members);
    case.seen.instances.get_mut("i-1").unwrap().state = Ec2State::Stopped;
    assert!(case.plan().changes_nothing());
    case.group.suspended.clear();
    case.group
        .suspended
        .insert(Process::ReplaceUnhealthy, second(0));
    let plan = case.plan();
    assert!(plan.members["1"].unhealthy.is_some());
    assert_eq!(plan.members["1"].state, State::InService);
}

#[test]
fn a_subnet_where_launches_fail_is_left_alone_for_a_while() {
    let mut of = group(&["a", "b"], 0, 2, 2);
    advance::failed(&mut of, "subnet-a", second(1000));
    let mut case = Case::of(of, Vec::new());
    let plan = case.plan();
    assert!(plan.members.values().all(|it| it.zone == "b"));
    assert_eq!(plan.members.len(), 2);
    advance::failed(&mut case.group, "subnet-b", second(1000));
    let plan = case.plan();
    assert!(plan.members.is_empty());
    assert_eq!(plan.wake_at, Some(second(1005)));
    case.at = 1005;
    assert_eq!(case.plan().members.len(), 2);
    // Each failure doubles the pause.
    advance::failed(&mut case.group, "subnet-b", second(1005));
    assert_eq!(case.group.failing["subnet-b"].until, second(1015));
    for _ in 0..40 {
        advance::failed(&mut case.group, "subnet-b", second(1005));
    }
    assert_eq!(case.group.failing["subnet-b"].until, second(1605));
}

#[test]
fn a_zone_that_fails_is_waited_for_where_zones_are_to_be_even() {
    let members = vec![member("1", "a", State::InService)];
    let mut of = group(&["a", "b"], 0, 2, 9);
    advance::failed(&mut of, "subnet-b", second(1000));
    let mut case = Case::of(of, members);
    let zones = |case: &Case| {
        let new = case.plan().members.into_values();
        new.map(|it| it.zone).collect::<Vec<_>>()
    };
    assert_eq!(zones(&case), ["a"]);
    case.group.evenly_only = true;
    assert!(zones(&case).is_empty());
    assert_eq!(case.plan().wake_at, Some(second(1005)));
    case.at = 1005;
    assert_eq!(zones(&case), ["b"]);
}

#[test]
fn the_fullest_zone_gives_and_what_is_protected_stays() {
    let mut members = vec![
        member("1", "a", State::InService),
        member("2", "a", State::InService),
        member("3", "b", State::InService),
    ];
    let of = || group(&["a", "b"], 0, 2, 3);
    let taken = Case::of(of(), members.clone()).takes();
    assert_eq!(taken, ["1"]);
    members[0].protected = true;
    assert_eq!(Case::of(of(), members.clone()).takes(), ["2"]);
    members[1].protected = true;
    assert_eq!(Case::of(of(), members.clone()).takes(), ["3"]);
    members[2].protected = true;
    assert!(Case::of(of(), members).plan().changes_nothing());
}

#[test]
fn termination_policies_choose() {
    let mut members = vec![
        member("1", "a", State::InService),
        member("2", "a", State::InService),
        member("3", "a", State::InService),
    ];
    members[0].created_at = second(500);
    members[1].created_at = second(100);
    members[2].created_at = second(900);
    members[2].source = Some(Source::Configuration {
        name: "old".to_owned(),
        created_at: second(1),
    });
    members[0].source = Some(template(7));
    for (policy, expected) in [
        (Termination::OldestInstance, "2"),
        (Termination::NewestInstance, "3"),
        (Termination::OldestLaunchConfiguration, "3"),
        (Termination::OldestLaunchTemplate, "3"),
        (Termination::Default, "3"),
        (Termination::ClosestToNextInstanceHour, "2"),
    ] {
        let mut of = group(&["a"], 0, 2, 3);
        of.termination = vec![policy];
        assert_eq!(
            Case::of(of, members.clone()).takes(),
            [expected],
            "{policy:?}"
        );
    }
    members[2].source = Some(template(7));
    let of = group(&["a"], 0, 2, 3);
    assert_eq!(Case::of(of, members).takes(), ["2"], "the oldest version");
}

#[test]
fn hooks_hold_instances_until_their_word_or_their_time() {
    let mut case = Case::of(
        group(&["a"], 0, 1, 1),
        vec![member("1", "a", State::Pending)],
    );
    case.hooks.push(hook(Transition::Launching));
    let plan = case.plan();
    let held = &plan.members["1"];
    assert_eq!(held.state, State::PendingWait);
    assert_eq!(plan.wake_at, Some(second(1060)));
    case.members = vec![held.clone()];
    let plan = case.plan();
    assert_eq!(
        plan.calls,
        [Call::Tell("1".to_owned(), "h".to_owned())],
        "its target hears of it"
    );
    let mut answered = held.clone();
    answered.waits[0].outcome = Some(Outcome::Continue);
    case.members = vec![answered];
    assert_eq!(case.plan().members["1"].state, State::InService);
    // Nobody answers: the default is to abandon it, and another takes its place.
    case.members = vec![held.clone()];
    case.at = 1060;
    let plan = case.plan();
    assert_eq!(plan.members["1"].state, State::Terminating);
    assert_eq!(plan.members.len(), 2);
}

#[test]
fn a_hook_that_was_deleted_holds_nothing() {
    for (otherwise, state) in [
        (Outcome::Continue, State::InService),
        (Outcome::Abandon, State::Terminating),
    ] {
        let mut case = Case::of(
            group(&["a"], 0, 1, 1),
            vec![member("1", "a", State::Pending)],
        );
        case.hooks.push(Hook {
            otherwise,
            ..hook(Transition::Launching)
        });
        let held = case.plan().members["1"].clone();
        assert_eq!(held.state, State::PendingWait);
        case.members = vec![held];
        case.hooks.clear();
        assert_eq!(case.plan().members["1"].state, state);
    }
}

#[test]
fn an_ending_instance_leaves_load_balancing_then_its_hooks_then_ec2() {
    let target = "arn:tg".to_owned();
    let mut leaving = member("1", "a", State::InService);
    leaving.registered.insert(target.clone());
    let mut of = group(&["a"], 0, 0, 1);
    of.target_groups.push(target.clone());
    let mut case = Case::of(of, vec![leaving]);
    case.hooks.push(hook(Transition::Terminating));
    let health = |it| BTreeMap::from([("i-1".to_owned(), it)]);
    case.seen
        .targets
        .insert(target.clone(), health(Health::Healthy));
    let plan = case.plan();
    case.members = plan.members.into_values().collect();
    let plan = case.plan();
    case.members = plan.members.into_values().collect();
    let (_, activity) = case.members[0].activity.as_ref().unwrap();
    assert_eq!(activity.status, Status::WaitingForElbConnectionDraining);
    assert_eq!(
        case.plan().calls,
        [Call::Deregister("1".to_owned(), target.clone())]
    );
    case.seen
        .targets
        .insert(target.clone(), health(Health::Draining));
    assert!(case.plan().calls.is_empty());
    case.seen.targets.insert(target, BTreeMap::new());
    let plan = case.plan();
    assert_eq!(plan.members["1"].state, State::TerminatingWait);
    case.members = plan.members.into_values().collect();
    case.at = 1060;
    let plan = case.plan();
    assert_eq!(plan.members["1"].state, State::TerminatingProceed);
    case.members = plan.members.into_values().collect();
    assert_eq!(case.plan().calls, [Call::Terminate("1".to_owned())]);
    case.seen.instances.get_mut("i-1").unwrap().state = Ec2State::ShuttingDown;
    assert!(case.plan().calls.is_empty());
    case.seen.instances.get_mut("i-1").unwrap().state = Ec2State::Terminated;
    let plan = case.plan();
    assert_eq!(plan.gone, ["1"]);
    assert_eq!(plan.activities[0].1.status, Status::Successful);
}

#[test]
fn an_uneven_group_launches_before_it_takes() {
    let members = vec![
        member("1", "a", State::InService),
        member("2", "a", State::InService),
        member("3", "a", State::InService),
    ];
    let mut case = Case::of(group(&["a", "b"], 0, 3, 3), members);
    let plan = case.plan();
    assert_eq!(plan.members.len(), 1);
    let new = plan.members.into_values().next().unwrap();
    assert_eq!((new.zone.as_str(), new.extra), ("b", true));
    // While it comes up, nothing else happens.
    case.members.push(new);
    assert!(case.plan().changes_nothing());
    case.members[3].state = State::InService;
    case.members[3].instance = Some("i-4".to_owned());
    let four = instance("4", Ec2State::Running);
    case.seen.instances.insert(four.id.clone(), four);
    assert_eq!(case.takes(), ["1"]);
    // Where all are protected nobody could go: none is launched.
    case.members.truncate(3);
    case.members.iter_mut().for_each(|it| it.protected = true);
    assert!(case.plan().changes_nothing());
}

#[test]
fn a_deleted_group_ends_all_without_waiting_for_hooks() {
    let mut of = group(&["a"], 0, 0, 0);
    of.deleting = true;
    let mut protected = member("1", "a", State::InService);
    protected.protected = true;
    let mut case = Case::of(of, vec![protected, member("2", "a", State::PendingWait)]);
    case.hooks.push(hook(Transition::Terminating));
    let plan = case.plan();
    assert_eq!(plan.members.len(), 2);
    case.members = plan.members.into_values().collect();
    let plan = case.plan();
    let proceeds = |it: &Member| it.state == State::TerminatingProceed;
    assert!(plan.members.values().all(proceeds));
}

#[test]
fn one_that_is_too_old_goes_alone() {
    let mut of = group(&["a"], 0, 2, 2);
    of.max_lifetime_seconds = Some(900);
    let members = vec![
        member("1", "a", State::InService),
        member("2", "a", State::InService),
    ];
    let mut case = Case::of(of, members);
    let plan = case.plan();
    let taken = plan.members.values().filter(|it| it.state.is_terminating());
    assert_eq!(taken.count(), 1);
    case.at = 100;
    assert!(case.plan().changes_nothing());
}

#[test]
fn the_tag_of_an_instance_follows_its_group() {
    let mut attached = member("1", "a", State::InService);
    attached.source = None;
    let mut case = Case::of(group(&["a"], 0, 1, 1), vec![attached]);
    assert!(case.plan().calls.is_empty());
    case.seen.instances.get_mut("i-1").unwrap().named = false;
    assert_eq!(case.plan().calls, [Call::Name("1".to_owned())]);
    // One that is detached is let go when it does not say any more whose it is.
    case.group.desired = 0;
    case.members[0].state = State::Detaching;
    assert!(case.plan().gone.contains(&"1".to_owned()));
    case.seen.instances.get_mut("i-1").unwrap().named = true;
    let plan = case.plan();
    assert!(plan.gone.is_empty());
    assert_eq!(plan.calls, [Call::Unname("1".to_owned())]);
    // It may have ended meanwhile.
    case.seen.instances.clear();
    assert!(case.plan().gone.contains(&"1".to_owned()));
}
