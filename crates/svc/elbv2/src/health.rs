//! What is known of a target's health, and when a deregistered one is gone. Pure.
//!
//! Every host that serves load balancers checks targets by itself. A target is healthy as soon as
//! one of them finds it so, since that one sends it requests; it is unhealthy when all that have
//! an opinion agree. Hosts that are lost have none.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_planeproto::report::TargetHealth;

use crate::records::{Health, HostReport, Target, TargetState};

/// Bytes of a description that are kept.
const MAX_DESCRIPTION: usize = 512;

/// A target's health as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub description: Option<String>,
}

impl Shown {
    fn new(state: &'static str, reason: &'static str, description: &str) -> Self {
        Self {
            state,
            reason: Some(reason),
            description: Some(description.to_owned()),
        }
    }

    pub fn not_registered() -> Self {
        Self::new(
            "unused",
            "Target.NotRegistered",
            "Target is not registered to the target group",
        )
    }

    fn not_in_use() -> Self {
        Self::new(
            "unused",
            "Target.NotInUse",
            "Target group is not configured to receive traffic from the load balancer",
        )
    }

    fn draining() -> Self {
        Self::new(
            "draining",
            "Target.DeregistrationInProgress",
            "Target deregistration is in progress",
        )
    }

    fn registering() -> Self {
        Self::new(
            "initial",
            "Elb.RegistrationInProgress",
            "Target registration is in progress",
        )
    }

    fn checking() -> Self {
        Self::new(
            "initial",
            "Elb.InitialHealthChecking",
            "Initial health checks in progress",
        )
    }
}

/// The health of a registered target. `in_use`: some listener or rule forwards to its group.
pub fn shown(
    in_use: bool,
    target: &Target,
    health: Option<&Health>,
    serving: &BTreeSet<String>,
) -> Shown {
    if target.draining_since.is_some() {
        return Shown::draining();
    }
    if !in_use {
        return Shown::not_in_use();
    }
    let reports = opinions(health, serving);
    let with = |state| reports.iter().find(|report| report.state == state);
    if with(TargetState::Healthy).is_some() {
        return Shown {
            state: "healthy",
            reason: None,
            description: None,
        };
    }
    if with(TargetState::Initial).is_some() {
        return Shown::checking();
    }
    if let Some(report) = with(TargetState::Unhealthy) {
        return unhealthy(report);
    }
    if with(TargetState::Unavailable).is_some() {
        return Shown::new(
            "unavailable",
            "Target.HealthCheckDisabled",
            "Health checks are disabled for this target",
        );
    }
    Shown::registering()
}

/// What serving hosts say; what all said, if all of them are lost.
fn opinions<'a>(health: Option<&'a Health>, serving: &BTreeSet<String>) -> Vec<&'a HostReport> {
    let Some(health) = health else {
        return Vec::new();
    };
    let heard: Vec<&HostReport> = health
        .hosts
        .iter()
        .filter(|(host, _)| serving.contains(*host))
        .map(|(_, report)| report)
        .collect();
    if heard.is_empty() && serving.is_empty() {
        return health.hosts.values().collect();
    }
    heard
}

fn unhealthy(report: &HostReport) -> Shown {
    let reason = report.reason.as_deref().and_then(reason);
    let reason = reason.unwrap_or("Target.FailedHealthChecks");
    let default = match reason {
        "Target.Timeout" => "Request timed out",
        _ => "Health checks failed",
    };
    let description = report.description.clone();
    Shown {
        state: "unhealthy",
        reason: Some(reason),
        description: description.or_else(|| Some(default.to_owned())),
    }
}

/// AWS's code of that name; hosts may say no others.
fn reason(given: &str) -> Option<&'static str> {
    const KNOWN: [&str; 5] = [
        "Target.ResponseCodeMismatch",
        "Target.Timeout",
        "Target.FailedHealthChecks",
        "Target.InvalidState",
        "Elb.InternalError",
    ];
    KNOWN.into_iter().find(|known| *known == given)
}

/// Takes what a host reports over; false if it is nothing new, or of an earlier life of the target.
pub fn take(
    health: &mut Health,
    target: &Target,
    host: &str,
    report: &TargetHealth,
    now: Timestamp,
) -> bool {
    let state = TargetState::of_report(report.state);
    let ending = matches!(state, TargetState::Draining | TargetState::Drained);
    if ending != target.draining_since.is_some() {
        return false;
    }
    let description = report.description.as_deref().map(shortened);
    let taken = HostReport {
        state,
        reason: report.reason.as_deref().and_then(reason).map(str::to_owned),
        description,
        since: now,
    };
    let same = |old: &HostReport| {
        old.state == taken.state
            && old.reason == taken.reason
            && old.description == taken.description
    };
    if health.hosts.get(host).is_some_and(same) {
        return false;
    }
    health.hosts.insert(host.to_owned(), taken);
    true
}

fn shortened(text: &str) -> String {
    let mut kept = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if kept.len() + c.len_utf8() > MAX_DESCRIPTION {
            break;
        }
        kept.push(c);
    }
    kept
}

/// What becomes of a target that was deregistered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It still may have requests; looked at again then at the latest.
    Until(Timestamp),
    Gone,
}

/// `None` for a target that is registered.
pub fn fate(
    in_use: bool,
    target: &Target,
    health: Option<&Health>,
    serving: &BTreeSet<String>,
    delay: Duration,
    now: Timestamp,
) -> Option<Fate> {
    let end = target.draining_since? + delay;
    let known: BTreeMap<&String, &HostReport> = health
        .map(|health| health.hosts.iter().collect())
        .unwrap_or_default();
    // A host may have given it requests before its first report of it came here; it then says that
    // they are done. Without any host nobody did.
    let unseen = known.is_empty() && serving.is_empty();
    if !in_use || unseen || now >= end {
        return Some(Fate::Gone);
    }
    let mut heard = known
        .iter()
        .filter(|(host, _)| serving.contains(**host))
        .peekable();
    let drained =
        heard.peek().is_some() && heard.all(|(_, report)| report.state == TargetState::Drained);
    Some(if drained {
        Fate::Gone
    } else {
        Fate::Until(end)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_planeproto::{balancer::TargetRef, report::TargetState as Reported};
    use wharf_records::Unknown;

    use super::*;

    const DELAY: Duration = Duration::from_secs(300);

    fn target(draining_since: Option<i64>) -> Target {
        Target {
            address: "172.31.0.9".parse().unwrap(),
            in_vpc: false,
            zone: None,
            vpc_ranges: Vec::new(),
            registered_at: Timestamp(0),
            draining_since: draining_since.map(Timestamp),
            unknown: Unknown::new(),
        }
    }

    fn report(state: Reported) -> TargetHealth {
        TargetHealth {
            target: TargetRef {
                group: "arn".to_owned(),
                id: "172.31.0.9".to_owned(),
                port: 80,
            },
            state,
            reason: None,
            description: None,
        }
    }

    fn health(states: &[(&str, Reported)]) -> Health {
        let mut health = Health::default();
        for (host, state) in states {
            let ending = matches!(state, Reported::Draining | Reported::Drained);
            let target = target(ending.then_some(0));
            take(&mut health, &target, host, &report(*state), Timestamp(0));
        }
        health
    }

    fn hosts(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn states_with_aws_words() {
        use Reported::{Healthy, Initial, Unhealthy};
        let all = hosts(&["a", "b"]);
        let see = |health: Option<&Health>| shown(true, &target(None), health, &all);
        assert_eq!(see(None), Shown::registering());
        assert_eq!(see(Some(&health(&[("a", Initial)]))), Shown::checking());
        assert_eq!(
            see(Some(&health(&[("a", Initial), ("b", Healthy)]))).state,
            "healthy"
        );
        assert_eq!(
            see(Some(&health(&[("a", Unhealthy), ("b", Healthy)]))).state,
            "healthy"
        );
        assert_eq!(
            see(Some(&health(&[("a", Unhealthy), ("b", Initial)]))),
            Shown::checking()
        );
        let ill = see(Some(&health(&[("a", Unhealthy)])));
        assert_eq!(ill.reason, Some("Target.FailedHealthChecks"));
        assert_eq!(ill.description.as_deref(), Some("Health checks failed"));
        let unused = shown(false, &target(None), Some(&health(&[("a", Healthy)])), &all);
        assert_eq!(
            (unused.state, unused.reason, unused.description.as_deref()),
            (
                "unused",
                Some("Target.NotInUse"),
                Some("Target group is not configured to receive traffic from the load balancer")
            )
        );
        let leaving = shown(true, &target(Some(0)), None, &all);
        assert_eq!(leaving.reason, Some("Target.DeregistrationInProgress"));
    }

    #[test]
    fn lost_hosts_have_no_opinion_unless_all_are() {
        use Reported::{Healthy, Unhealthy};
        let health = health(&[("a", Unhealthy), ("b", Healthy)]);
        let see =
            |serving: &[&str]| shown(true, &target(None), Some(&health), &hosts(serving)).state;
        assert_eq!(see(&["a"]), "unhealthy");
        assert_eq!(see(&["b"]), "healthy");
        assert_eq!(see(&[]), "healthy");
        assert_eq!(see(&["c"]), "initial");
    }

    #[test]
    fn only_news_are_taken() {
        let mut health = Health::default();
        let mut given = report(Reported::Unhealthy);
        given.reason = Some("Target.ResponseCodeMismatch".to_owned());
        given.description = Some("Health checks failed with these codes: [502]".to_owned());
        let registered = target(None);
        assert!(take(&mut health, &registered, "a", &given, Timestamp(1)));
        assert!(
            !take(&mut health, &registered, "a", &given, Timestamp(2)),
            "nothing new"
        );
        assert_eq!(health.hosts["a"].since, Timestamp(1));
        let drained = report(Reported::Drained);
        assert!(
            !take(&mut health, &registered, "a", &drained, Timestamp(3)),
            "of an earlier life"
        );
        assert!(
            !take(&mut health, &target(Some(0)), "a", &given, Timestamp(3)),
            "it is leaving"
        );
        given.reason = Some("Nonsense".to_owned());
        given.description = Some("x\n".repeat(1000));
        assert!(take(&mut health, &registered, "a", &given, Timestamp(4)));
        assert_eq!(health.hosts["a"].reason, None);
        assert_eq!(
            health.hosts["a"].description.as_deref(),
            Some("x".repeat(512).as_str())
        );
    }

    #[test]
    fn draining_ends() {
        use Reported::{Drained, Draining, Healthy};
        let ask = |in_use, health: Option<&Health>, serving: &[&str], now| {
            fate(
                in_use,
                &target(Some(0)),
                health,
                &hosts(serving),
                DELAY,
                Timestamp(now),
            )
        };
        let end = Timestamp(300_000);
        let one = health(&[("a", Healthy)]);
        assert_eq!(
            ask(false, Some(&one), &["a"], 0),
            Some(Fate::Gone),
            "unused"
        );
        assert_eq!(ask(true, None, &[], 0), Some(Fate::Gone), "never seen");
        assert_eq!(
            ask(true, None, &["a"], 0),
            Some(Fate::Until(end)),
            "not reported yet"
        );
        let none_left = health(&[("a", Drained)]);
        assert_eq!(ask(true, Some(&none_left), &["a"], 0), Some(Fate::Gone));
        assert_eq!(ask(true, Some(&one), &["a"], 0), Some(Fate::Until(end)));
        assert_eq!(
            ask(true, Some(&one), &["a"], 300_000),
            Some(Fate::Gone),
            "the delay is over"
        );
        let two = health(&[("a", Drained), ("b", Draining)]);
        assert_eq!(
            ask(true, Some(&two), &["a", "b"], 0),
            Some(Fate::Until(end))
        );
        assert_eq!(
            ask(true, Some(&two), &["a"], 0),
            Some(Fate::Gone),
            "b is lost"
        );
        assert_eq!(
            ask(true, Some(&two), &[], 0),
            Some(Fate::Until(end)),
            "all are lost"
        );
        let registered = fate(true, &target(None), None, &hosts(&[]), DELAY, Timestamp(0));
        assert_eq!(registered, None);
    }

    fn state() -> impl Strategy<Value = Reported> {
        use Reported::*;
        prop::sample::select(vec![
            Initial,
            Healthy,
            Unhealthy,
            Draining,
            Drained,
            Unavailable,
        ])
    }

    proptest! {
        /// Whatever hosts report in whatever order: a target that is leaving is gone when its delay
        /// is over at the latest, and never before while a serving host has requests of it.
        #[test]
        fn a_leaving_target_goes_in_time(
            reports in prop::collection::vec((0..3_u8, state()), 0..20),
            serving in prop::collection::btree_set(0..3_u8, 0..3),
            now in 0..400_000_i64,
        ) {
            let mut health = Health::default();
            let leaving = target(Some(0));
            let before = target(None);
            for (index, (host, state)) in reports.iter().enumerate() {
                let as_of = if index % 2 == 0 { &before } else { &leaving };
                take(&mut health, as_of, &host.to_string(), &report(*state), Timestamp(0));
            }
            let serving: BTreeSet<String> = serving.iter().map(u8::to_string).collect();
            let fate = fate(true, &leaving, Some(&health), &serving, DELAY, Timestamp(now)).unwrap();
            if now >= 300_000 {
                prop_assert_eq!(fate, Fate::Gone);
            } else if health.hosts.iter().any(|(host, it)| serving.contains(host) && it.state != TargetState::Drained) {
                prop_assert_eq!(fate, Fate::Until(Timestamp(300_000)));
            }
            prop_assert_eq!(shown(true, &leaving, Some(&health), &serving).state, "draining");
        }
    }
}
