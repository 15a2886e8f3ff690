//! Cases of replacements under an instance maintenance policy.

use super::super::{
    Ec2State,
    tests::{Case, group, instance, member, second},
    words,
};
use crate::records::{Maintenance, Member, State, Subnet};

fn case(max_healthy: u32, min_healthy: u32, count: u32) -> Case {
    let mut of = group(&["a"], 0, count, 20);
    of.maintenance = Some(Maintenance {
        min_healthy,
        max_healthy,
    });
    of.warmup_seconds = Some(60);
    let members = (0..count).map(|it| member(&it.to_string(), "a", State::InService));
    Case::of(of, members.collect())
}

fn impair(case: &mut Case, tokens: &[&str]) {
    for token in tokens {
        let seen = case.seen.instances.get_mut(&format!("i-{token}"));
        seen.unwrap().impaired_since = Some(second(0));
    }
}

/// What is planned is written.
fn write(case: &mut Case) -> Vec<Member> {
    let plan = case.plan();
    if let Some(group) = plan.group {
        case.group = group;
    }
    let mut new = Vec::new();
    for (token, member) in plan.members {
        match case.members.iter_mut().find(|it| it.token == token) {
            Some(before) => *before = member,
            None => {
                new.push(member.clone());
                case.members.push(member);
            }
        }
    }
    new
}

/// Whatever was launched runs.
fn boot(case: &mut Case) {
    for it in case.members.iter_mut().filter(|it| it.instance.is_none()) {
        it.instance = Some(format!("i-{}", it.token));
        let made = instance(&it.token, Ec2State::Running);
        case.seen.instances.insert(made.id.clone(), made);
    }
}

#[test]
fn an_unhealthy_instance_stays_until_its_successor_is_warm() {
    let mut case = case(150, 100, 2);
    case.members[0].protected = true;
    impair(&mut case, &["0"]);
    let new = write(&mut case);
    assert_eq!(new.len(), 1);
    assert!(new[0].extra);
    let before = &case.members[0];
    assert_eq!(before.unhealthy.as_deref(), Some(words::IMPAIRED));
    assert_eq!(before.state, State::InService);
    // No second one comes while the first is on its way.
    assert!(write(&mut case).is_empty());
    boot(&mut case);
    write(&mut case);
    assert_eq!(case.members[2].state, State::InService);
    assert!(case.plan().changes_nothing(), "it is not warm yet");
    case.at += 60;
    // Protection is against scale-in alone.
    let plan = case.plan();
    assert_eq!(case.takes(), ["0"]);
    let (_, ended) = plan.activities.last().unwrap();
    assert!(ended.cause.contains(words::IMPAIRED), "{}", ended.cause);
    assert!(!plan.members[&case.members[2].token].extra);
}

#[test]
fn no_more_successors_come_than_the_policy_has_room_for() {
    let mut of = case(150, 100, 4);
    impair(&mut of, &["0", "1", "2"]);
    assert_eq!(write(&mut of).len(), 2);
    // One at least, however small the part.
    let mut of = case(101, 100, 4);
    impair(&mut of, &["0", "1", "2"]);
    assert_eq!(write(&mut of).len(), 1);
}

#[test]
fn what_does_not_run_goes_at_once() {
    let mut case = case(150, 100, 2);
    case.seen.instances.get_mut("i-0").unwrap().state = Ec2State::Stopped;
    assert_eq!(case.takes(), ["0"]);
}

#[test]
fn a_successor_comes_where_the_old_one_was() {
    let mut case = case(150, 100, 2);
    case.group.subnets.push(Subnet {
        id: "subnet-b".to_owned(),
        zone: "b".to_owned(),
    });
    case.members[1].zone = "b".to_owned();
    case.members[1].subnet = "subnet-b".to_owned();
    impair(&mut case, &["1"]);
    assert_eq!(write(&mut case)[0].zone, "b");
}

#[test]
fn old_ones_go_as_far_as_enough_stay() {
    let mut case = case(100, 50, 4);
    case.group.max_lifetime_seconds = Some(900);
    assert_eq!(case.takes().len(), 2);
    // An unhealthy one is none of those that stay.
    case.group.max_lifetime_seconds = None;
    impair(&mut case, &["0", "1", "2"]);
    assert_eq!(case.takes().len(), 3);
    // Where all have to stay, one goes at a time.
    let mut case = self::case(100, 100, 3);
    case.group.max_lifetime_seconds = Some(900);
    assert_eq!(case.takes().len(), 1);
}

#[test]
fn without_room_for_one_more_a_zone_gives_first() {
    let mut case = case(100, 50, 3);
    case.group.subnets.push(Subnet {
        id: "subnet-b".to_owned(),
        zone: "b".to_owned(),
    });
    let new = write(&mut case);
    assert!(new.is_empty());
    let ending = case.members.iter().filter(|it| it.state.is_terminating());
    assert_eq!(ending.count(), 1);
    let new = write(&mut case);
    assert_eq!((new.len(), new[0].zone.as_str()), (1, "b"));
    assert!(!new[0].extra);
}

#[test]
fn spot_capacity_that_is_taken_back_has_a_successor_first() {
    let mut case = case(100, 100, 2);
    case.group.maintenance = None;
    for member in &mut case.members {
        member.spot = true;
    }
    case.seen.instances.get_mut("i-0").unwrap().recalled = true;
    assert!(case.plan().changes_nothing(), "nobody asked for it");
    case.group.rebalances = true;
    let new = write(&mut case);
    assert_eq!(new.len(), 1);
    assert!(new[0].extra);
    boot(&mut case);
    // Without a policy it counts when it is in service, and then the old one goes.
    write(&mut case);
    assert_eq!(case.members[2].state, State::InService);
    let ending = case.members.iter().filter(|it| it.state.is_terminating());
    let tokens: Vec<&str> = ending.map(|it| it.token.as_str()).collect();
    assert_eq!(tokens, ["0"]);
}

#[test]
fn a_successor_of_what_is_gone_before_it_takes_its_place() {
    let mut case = case(150, 100, 2);
    impair(&mut case, &["0"]);
    write(&mut case);
    case.seen.instances.get_mut("i-0").unwrap().state = Ec2State::Terminated;
    let new = write(&mut case);
    assert!(new.is_empty());
    assert!(!case.members[2].extra);
}
