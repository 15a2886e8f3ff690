//! What groups measure, as metrics under `AWS/AutoScaling`: each look at a group leaves its figures, and each minute
//! those of groups that collect metrics are put.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use wharf_service::Place;
use wharf_vended::{Minute, Subject};

use crate::records::{Group, Member, State};

/// As they are called, in the order in which AWS shows them.
pub const ALL: [&str; 20] = [
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
    "GroupInServiceCapacity",
    "GroupPendingCapacity",
    "GroupStandbyCapacity",
    "GroupTerminatingCapacity",
    "GroupTotalCapacity",
    "WarmPoolDesiredCapacity",
    "WarmPoolWarmedCapacity",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
];
pub const GRANULARITY: &str = "1Minute";

/// The figures of groups that collect some, by their keys.
#[derive(Debug, Default)]
pub struct Figures(Mutex<BTreeMap<String, OfGroup>>);

#[derive(Debug)]
struct OfGroup {
    subject: Subject,
    values: Vec<(&'static str, f64)>,
}

impl Figures {
    pub fn take(&self, key: &str, place: &Place, group: &Group, members: &[Member]) {
        if group.metrics.is_empty() {
            self.forget(key);
            return;
        }
        let subject = Subject {
            account: place.account.clone(),
            region: place.region.clone(),
            namespace: "AWS/AutoScaling",
            dimensions: vec![("AutoScalingGroupName", group.name.clone())],
        };
        let values = values(group, members).into_iter();
        let collected = values.filter(|it| group.metrics.contains(it.0));
        let of = OfGroup {
            subject,
            values: collected.collect(),
        };
        self.0.lock().insert(key.to_owned(), of);
    }

    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }

    /// What the minute that is over has of all.
    pub fn look(&self, minute: &Minute<'_>) {
        for of in self.0.lock().values() {
            for (name, value) in &of.values {
                minute.add(&of.subject, name, "None", *value);
            }
        }
    }
}

/// What is no metric of groups, by its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMetric {
    /// Of warm pools, which have more metrics than are measured here.
    #[error("The metric {0} is not supported by this version of wharf.")]
    OfPool(String),
    #[error("The metric {0} is not valid.")]
    Unknown(String),
}

/// Those of a request; none stands for all.
///
/// # Errors
/// One of them is none.
pub fn named(given: &[String]) -> Result<BTreeSet<String>, BadMetric> {
    let all = || ALL.iter().map(|it| (*it).to_owned());
    if given.is_empty() {
        return Ok(all().collect());
    }
    let is_of_pool = |it: &str| it.starts_with("WarmPool") || it.starts_with("GroupAndWarmPool");
    let known = |it: &String| match ALL.contains(&it.as_str()) {
        true => Ok(it.clone()),
        false if is_of_pool(it) => Err(BadMetric::OfPool(it.clone())),
        false => Err(BadMetric::Unknown(it.clone())),
    };
    given.iter().map(known).collect()
}

/// Instances, and capacity in the units of a mixed instances policy; the warm pool's are instances.
fn values(group: &Group, members: &[Member]) -> [(&'static str, f64); 20] {
    let number = |of: usize| u32::try_from(of).map_or(0.0, f64::from);
    let of = |pooled: bool, is: fn(State) -> bool| {
        let of = members.iter().filter(move |it| it.is_pooled() == pooled);
        of.filter(move |it| is(it.state))
    };
    let count_of = |pooled: bool, is: fn(State) -> bool| number(of(pooled, is).count());
    let states: [fn(State) -> bool; 4] = [
        |it| it == State::InService,
        State::is_pending,
        |it| matches!(it, State::Standby | State::EnteringStandby),
        State::is_terminating,
    ];
    let counts = states.map(|is| count_of(false, is));
    let units = states.map(|is| number(group.units_of(of(false, is))));
    let (total, total_units): (f64, f64) = (counts.iter().sum(), units.iter().sum());
    let sizes = [group.min, group.max, group.desired].map(f64::from);
    let instances = counts.into_iter().chain([total]);
    let capacity = units.into_iter().chain([total_units]);
    let pool_wants = group.pool.as_ref().map_or(0, |it| it.wanted(group));
    let warmed = count_of(true, State::is_warm);
    let warming = count_of(true, State::is_warming);
    let cooling = count_of(true, State::is_terminating);
    let pooled = warmed + warming + cooling;
    let pool = [
        number(pool_wants),
        warmed,
        warming,
        cooling,
        pooled,
        f64::from(group.desired) + number(pool_wants),
        total_units + pooled,
    ];
    let values = sizes.into_iter().chain(instances).chain(capacity);
    let values = values.chain(pool);
    let mut named = ALL.map(|it| (it, 0.0));
    named
        .iter_mut()
        .zip(values)
        .for_each(|(it, value)| it.1 = value);
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{a_group, a_member};
    use crate::records::{Pool, Pooled, Rest};

    #[test]
    fn figures_are_what_there_is() {
        let group = Group {
            min: 1,
            desired: 4,
            pool: Some(Pool {
                prepared: None,
                min: 0,
                rest: Rest::Stopped,
                reuses: false,
                deleting: false,
            }),
            ..a_group()
        };
        let states = [
            State::InService,
            State::InService,
            State::PendingWait,
            State::Standby,
            State::TerminatingProceed,
            State::Detaching,
        ];
        let mut members: Vec<Member> = states.iter().map(|it| a_member("1", "a", *it)).collect();
        let pooled = [
            State::WarmedStopped,
            State::WarmedPending,
            State::Terminating,
        ];
        members.extend(pooled.map(|state| Member {
            pooled: Pooled::Of,
            ..a_member("2", "a", state)
        }));
        let found: BTreeMap<_, _> = values(&group, &members).into();
        assert_eq!((found["GroupMinSize"], found["GroupMaxSize"]), (1.0, 10.0));
        assert_eq!(found["GroupDesiredCapacity"], 4.0);
        assert_eq!(found["GroupInServiceInstances"], 2.0);
        assert_eq!(found["GroupPendingCapacity"], 1.0);
        assert_eq!(found["GroupStandbyInstances"], 1.0);
        assert_eq!(found["GroupTerminatingCapacity"], 1.0);
        assert_eq!(found["GroupTotalInstances"], 5.0);
        assert_eq!(found["WarmPoolDesiredCapacity"], 6.0);
        assert_eq!(found["WarmPoolWarmedCapacity"], 1.0);
        assert_eq!(found["WarmPoolPendingCapacity"], 1.0);
        assert_eq!(found["WarmPoolTerminatingCapacity"], 1.0);
        assert_eq!(found["WarmPoolTotalCapacity"], 3.0);
        assert_eq!(found["GroupAndWarmPoolDesiredCapacity"], 10.0);
        assert_eq!(found["GroupAndWarmPoolTotalCapacity"], 8.0);
    }

    #[test]
    fn names_are_known_and_none_is_all() {
        assert_eq!(named(&[]).unwrap().len(), ALL.len());
        let one = ["GroupMaxSize".to_owned()];
        assert_eq!(named(&one).unwrap().into_iter().collect::<Vec<_>>(), one);
        assert_eq!(
            named(&["X".to_owned()]),
            Err(BadMetric::Unknown("X".to_owned()))
        );
    }
}
