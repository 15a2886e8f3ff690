//! Cases of refreshes, each brought to its end over a cloud that does what it is asked.

use std::collections::BTreeMap;

use super::super::{
    Ec2State, Instance, Observed, Plan, Seen, plan,
    tests::{a_refresh, group, member, second, template},
};
use crate::records::{Group, Member, Others, Refresh, Settings, Source, Stage, State};

struct Home {
    group: Group,
    members: BTreeMap<String, Member>,
    refresh: Refresh,
    source: Source,
    at: i64,
    minted: u32,
    /// The fewest and the most that were in service or on their way at once.
    least: usize,
    most: usize,
    alarm: Option<String>,
}

impl Home {
    fn new(desired: u32, settings: impl FnOnce(&mut Settings)) -> Self {
        let old = (0..desired).map(|at| member(&at.to_string(), "a", State::InService));
        let mut refresh = a_refresh(second(1000));
        settings(&mut refresh.settings);
        Self {
            group: group(&["a"], 0, desired, 20),
            members: old.map(|it| (it.token.clone(), it)).collect(),
            refresh,
            source: template(2),
            at: 1000,
            minted: 100,
            least: usize::MAX,
            most: 0,
            alarm: None,
        }
    }

    fn plan(&mut self) -> Plan {
        let members: Vec<Member> = self.members.values().cloned().collect();
        let seen = |it: &Member| {
            let state = match it.state.is_terminating() {
                true => Ec2State::Terminated,
                false => Ec2State::Running,
            };
            let seen = Instance {
                id: it.id().to_owned(),
                state,
                reason: None,
                impaired_since: None,
                recalled: false,
                named: true,
                gave_up: false,
                instance_type: None,
                image: None,
            };
            it.instance.clone().map(|id| (id, seen))
        };
        let seen = Seen {
            instances: members.iter().filter_map(seen).collect(),
            tokens: members
                .iter()
                .map(|it| (it.token.clone(), format!("i-{}", it.token)))
                .collect(),
            targets: BTreeMap::new(),
            source: Some(self.source.clone()),
            templates: BTreeMap::new(),
            alarm: self.alarm.clone(),
            started_at: second(0),
        };
        let observed = Observed {
            group: &self.group,
            members: &members,
            hooks: &[],
            refresh: Some(&self.refresh).filter(|it| !it.stage.is_over()),
            seen: &seen,
        };
        let minted = &mut self.minted;
        plan(&observed, second(self.at), &mut || {
            *minted += 1;
            (minted.to_string(), minted.to_string())
        })
    }

    /// Ten seconds pass, in which all that can be done is.
    fn pass(&mut self) {
        self.at += 10;
        for _ in 0..50 {
            let plan = self.plan();
            let standing = self.members.values();
            let standing = standing.filter(|it| it.state == State::InService).count();
            (self.least, self.most) = (self.least.min(standing), self.most.max(standing));
            if plan.changes_nothing() {
                return;
            }
            if let Some(group) = plan.group {
                self.group = group;
            }
            if let Some(refresh) = plan.refresh {
                self.refresh = refresh;
            }
            self.members.extend(plan.members);
            for token in plan.gone {
                self.members.remove(&token);
            }
        }
        panic!("it never rests");
    }

    fn until(&mut self, stage: Stage) {
        for _ in 0..500 {
            if self.refresh.stage == stage {
                return;
            }
            assert!(!self.refresh.stage.is_over(), "{:?}", self.refresh);
            self.pass();
        }
        panic!("never {stage:?}: {:?}", self.refresh);
    }

    fn versions(&self) -> Vec<&Source> {
        self.members
            .values()
            .filter_map(|it| it.source.as_ref())
            .collect()
    }
}

#[test]
fn all_are_replaced_and_as_many_stay_as_must() {
    let mut home = Home::new(8, |it| it.min_healthy = 75);
    home.refresh.desired = Some(template(2));
    home.until(Stage::Successful);
    assert_eq!(home.versions(), vec![&template(2); 8]);
    assert_eq!((home.least, home.most), (6, 8), "two are down at a time");
    assert_eq!(home.group.launch, template(2));
    assert_eq!(home.refresh.percentage(), 100);
    assert!(home.at >= 1240, "each pair warms up: {}", home.at);
}

#[test]
fn successors_are_launched_first_where_there_may_be_more() {
    let mut home = Home::new(4, |it| (it.min_healthy, it.max_healthy) = (100, 150));
    home.until(Stage::Successful);
    assert_eq!(home.versions(), vec![&template(2); 4]);
    assert_eq!((home.least, home.most), (4, 6));
}

#[test]
fn the_only_one_is_replaced_too() {
    let mut home = Home::new(1, |it| it.min_healthy = 100);
    home.until(Stage::Successful);
    assert_eq!(home.versions(), [&template(2)]);
    let mut none = Home::new(0, |_| {});
    none.until(Stage::Successful);
}

#[test]
fn what_matches_stays() {
    let mut home = Home::new(3, |it| it.skips_matching = true);
    home.members.get_mut("1").unwrap().source = Some(template(2));
    home.until(Stage::Successful);
    assert!(home.members.contains_key("1"));
    assert!(!home.members.contains_key("0"));
}

#[test]
fn a_checkpoint_holds_it() {
    let mut home = Home::new(4, |it| {
        (it.checkpoints, it.checkpoint_seconds) = (vec![50, 100], 600);
    });
    while home.refresh.passed < 50 {
        home.pass();
    }
    let at = home.at;
    home.pass();
    assert_eq!(
        home.versions()
            .iter()
            .filter(|it| ***it == template(2))
            .count(),
        2
    );
    home.until(Stage::Successful);
    assert!(home.at >= at + 600);
}

#[test]
fn protected_ones_are_waited_for_ignored_or_taken() {
    for (protected, stage) in [
        (Others::Ignore, Stage::Successful),
        (Others::Take, Stage::Successful),
        (Others::Wait, Stage::Failed),
    ] {
        let mut home = Home::new(2, |it| it.protected = protected);
        home.members.get_mut("0").unwrap().protected = true;
        home.until(stage);
        let stays = home.members.contains_key("0");
        assert_eq!(stays, protected != Others::Take, "{protected:?}");
    }
}

#[test]
fn it_goes_back_to_what_the_group_says() {
    let mut home = Home::new(4, |_| {});
    home.refresh.desired = Some(template(2));
    while home.refresh.percentage() < 50 {
        home.pass();
    }
    super::roll_back(&mut home.refresh, "no".to_owned(), second(home.at));
    home.source = template(1);
    home.until(Stage::RollbackSuccessful);
    assert_eq!(home.versions(), vec![&template(1); 4]);
    assert_eq!(home.group.launch, template(1));
    assert_eq!(
        home.refresh.rollback.as_ref().map(|it| it.percentage),
        Some(50)
    );
}

#[test]
fn a_cancelled_one_lets_what_is_under_way_come_to_its_end() {
    let mut home = Home::new(4, |_| {});
    home.pass();
    home.refresh.stage = Stage::Cancelling;
    home.until(Stage::Cancelled);
    assert_eq!(home.members.len(), 4);
}

#[test]
fn an_alarm_ends_it_or_sends_it_back() {
    let mut home = Home::new(4, |it| it.max_healthy = 100);
    home.pass();
    home.alarm = Some("errors".to_owned());
    home.until(Stage::Failed);
    let reason = home.refresh.reason.clone().unwrap();
    assert_eq!(reason, "The alarm errors went into the ALARM state.");
    // What goes back does not end by the alarm that sent it.
    let mut home = Home::new(4, |it| it.rolls_back = true);
    home.refresh.desired = Some(template(2));
    home.pass();
    home.alarm = Some("errors".to_owned());
    home.until(Stage::RollbackInProgress);
    home.source = template(1);
    home.until(Stage::RollbackSuccessful);
    let old = template(1);
    assert!(home.versions().iter().all(|it| **it == old));
}
