//! What becomes of events and of the targets of rules, as metrics under `AWS/Events`: of a rule of the default bus by
//! its name, of another bus's with that bus. Tries of targets, and how long events take to them, are also those of such a bus
//! as a whole and of all rules together. PutEvents is counted for the account that calls.

use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Became, Outcome};
use wharf_service::Place;
use wharf_vended::{Counters, Subject, Together};

use crate::{courier::Errand, names::BusName};

const NAMESPACE: &str = "AWS/Events";
const BUS: &str = "EventBusName";

/// Says that an event of a bus triggered rules, which send it to so many targets.
pub fn matched<'a>(
    counts: &mut Together<'_>,
    bus: &BusName,
    rules: impl IntoIterator<Item = &'a str>,
    targets: usize,
) {
    let mut is_first = true;
    for rule in rules {
        let of = subject(bus, rule);
        counts.one(&of, "MatchedEvents");
        // The event counts once for its bus.
        if let Some(bus) = of_bus(&of).filter(|_| is_first) {
            counts.one(&bus, "MatchedEvents");
        }
        is_first = false;
        for of in wider(of) {
            counts.one(&of, "TriggeredRules");
        }
    }
    if targets > 0 {
        let all = subject(bus, "");
        counts.add(&of_all(&all), "InvocationsCreated", "Count", targets as f64);
    }
}

/// Says that targets of rules, each with its bus, do not get an event, since too much of their account waits.
pub fn dropped(counters: &Counters, all: &[(BusName, String)]) {
    counters.together(|counts| {
        for (bus, rule) in all {
            let of = subject(bus, rule);
            counts.one(&of_all(&of), "Invocations");
            counts.one(&of, "Invocations");
            counts.one(&of, "FailedInvocations");
        }
    });
}

/// Counts what became of a delivery, and how long it took.
pub fn became(counts: &mut Together<'_>, outcome: &Outcome<'_, Errand>) {
    let (errand, what) = (&outcome.parcel.work, outcome.what);
    let Some(of) = rule(&errand.rule_arn) else {
        return;
    };
    let all = of_all(&of);
    let names: &[&'static str] = match what {
        Became::Delivered => {
            counts.one(&all, "Invocations");
            &["Invocations"]
        }
        Became::Failed | Became::Throttled => &[],
        Became::GivenUp => {
            counts.one(&all, "Invocations");
            &["Invocations", "FailedInvocations"]
        }
        Became::Buried if errand.has_dead_letters() => &["InvocationsSentToDlq"],
        Became::Lost => &["InvocationsFailedToBeSentToDlq"],
        Became::Buried => &[],
    };
    for name in names.iter().copied() {
        counts.one(&of, name);
    }
    let tries: &[&'static str] = match what {
        Became::Delivered => &["InvocationAttempts", "SuccessfulInvocationAttempts"],
        Became::Failed | Became::Throttled => &["InvocationAttempts"],
        Became::GivenUp | Became::Buried | Became::Lost => &[],
    };
    let is_again = outcome.parcel.failures > 0;
    let again = is_again.then_some("RetryInvocationAttempts");
    let again = again.filter(|_| !tries.is_empty());
    let times = times(outcome);
    for of in wider(of) {
        for name in tries.iter().copied().chain(again) {
            counts.one(&of, name);
        }
        for &(name, ms) in &times {
            counts.sample(&of, name, "Milliseconds", ms);
        }
    }
}

/// The time from an event's coming onto its bus to the first try of a target, to the end of that, and to the end of the one
/// that succeeded.
fn times(outcome: &Outcome<'_, Errand>) -> Vec<(&'static str, f64)> {
    let mut times = Vec::with_capacity(3);
    let (parcel, Some(span)) = (outcome.parcel, outcome.span) else {
        return times;
    };
    let until = |at: Timestamp| at.since(parcel.created_at).as_secs_f64() * 1000.0;
    if parcel.failures == 0 {
        times.push(("IngestionToInvocationStartLatency", until(span.began)));
        times.push(("IngestionToInvocationCompleteLatency", until(span.ended)));
    }
    if outcome.what == Became::Delivered {
        times.push(("IngestionToInvocationSuccessLatency", until(span.ended)));
    }
    times
}

/// A call of PutEvents.
#[derive(Debug, Clone, Copy)]
pub struct Put {
    /// Of its entries together.
    pub bytes: usize,
    pub entries: usize,
    /// Those that were not taken; `None` if the call failed.
    pub refused: Option<usize>,
    pub began: Timestamp,
    pub ended: Timestamp,
}

/// Counts a call of PutEvents that is over.
pub fn put(counters: &Counters, place: &Place, put: Put) {
    let of = Subject {
        account: place.account.clone(),
        region: place.region.clone(),
        namespace: NAMESPACE,
        dimensions: Vec::new(),
    };
    let took = put.ended.since(put.began).as_secs_f64() * 1000.0;
    let failed = put.refused.unwrap_or(put.entries);
    counters.together(|counts| {
        counts.one(&of, "PutEventsApproximateCallCount");
        counts.one(
            &of,
            match put.refused {
                Some(_) => "PutEventsApproximateSuccessCount",
                None => "PutEventsApproximateFailedCount",
            },
        );
        counts.sample(&of, "PutEventsLatency", "Milliseconds", took);
        counts.sample(&of, "PutEventsRequestSize", "Bytes", put.bytes as f64);
        counts.sample(&of, "PutEventsEntriesCount", "Count", put.entries as f64);
        counts.sample(&of, "PutEventsFailedEntriesCount", "Count", failed as f64);
    });
}

/// A rule, all of its bus, and all.
fn wider(rule: Subject) -> impl Iterator<Item = Subject> {
    let (all, bus) = (of_all(&rule), of_bus(&rule));
    [rule, all].into_iter().chain(bus)
}

/// All rules of an account.
fn of_all(rule: &Subject) -> Subject {
    Subject {
        dimensions: Vec::new(),
        ..rule.clone()
    }
}

/// All rules of the bus that a rule is of; the default one has no name among dimensions.
fn of_bus(rule: &Subject) -> Option<Subject> {
    let mut of = rule.clone();
    of.dimensions.retain(|it| it.0 == BUS);
    (!of.dimensions.is_empty()).then_some(of)
}

fn subject(bus: &BusName, rule: &str) -> Subject {
    let mut dimensions = vec![("RuleName", rule.to_owned())];
    if !bus.is_default() {
        dimensions.push((BUS, bus.name.clone()));
    }
    Subject {
        account: bus.place.account.clone(),
        region: bus.place.region.clone(),
        namespace: NAMESPACE,
        dimensions,
    }
}

/// The rule of an ARN.
fn rule(arn: &str) -> Option<Subject> {
    let arn: Arn = arn.parse().ok()?;
    let resource = arn.resource.strip_prefix("rule/")?;
    let (bus, rule) = match resource.rsplit_once('/') {
        Some((bus, rule)) => (Some(bus), rule),
        None => (None, resource),
    };
    let place = Place::new(&arn.account, &arn.region);
    Some(subject(&BusName::asked(&place, bus), rule))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wharf_base::TestClock;
    use wharf_delivery::{Parcel, Policy, Span};

    use super::*;

    #[test]
    fn the_rule_of_an_arn_is_counted_as_the_rule_itself() {
        for bus in ["default", "orders"] {
            let place = Place::new("123456789012", "eu-west-1");
            let bus = BusName::asked(&place, Some(bus));
            assert_eq!(rule(&bus.rule_arn("r")), Some(subject(&bus, "r")));
        }
        assert_eq!(rule("arn:aws:events:eu-west-1:1:event-bus/a"), None);
    }

    #[test]
    fn times_are_from_an_events_coming_to_the_first_try_and_to_the_one_that_succeeds() {
        let counters = Counters::new(Arc::new(TestClock::at(Timestamp(0))));
        let bus = BusName::asked(&Place::new("1", "r"), Some("orders"));
        let errand = Errand {
            id: "e".to_owned(),
            account: "1".to_owned(),
            rule: "r".to_owned(),
            rule_arn: bus.rule_arn("r"),
            target: serde_json::Value::Null,
            payload: String::new(),
            hops: 0,
            event: None,
            too_large: false,
            is_managed: false,
            sealed: None,
        };
        let first = Parcel::new(errand, Policy::DEFAULT, Timestamp(1000));
        let again = Parcel {
            failures: 1,
            ..first.clone()
        };
        counters.together(|counts| {
            for (parcel, what, began, ended) in [
                (&first, Became::Failed, 1040, 1100),
                (&again, Became::Failed, 2000, 2100),
                (&again, Became::Delivered, 4000, 4500),
            ] {
                let span = Span {
                    began: Timestamp(began),
                    ended: Timestamp(ended),
                };
                let span = Some(span);
                became(counts, &Outcome { parcel, what, span });
            }
        });
        let mut found = Vec::new();
        let points = counters.take(i64::MAX).into_iter().flat_map(|it| it.1);
        for (_, point) in points.filter(|it| it.1.unit == "Milliseconds") {
            assert_eq!(point.summary.count, 1.0);
            let values: Vec<_> = point.dimensions.iter().map(|it| it.1.as_str()).collect();
            found.push((point.name, values.join(" "), point.summary.sum));
        }
        found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let names = [
            ("IngestionToInvocationCompleteLatency", 100.0),
            ("IngestionToInvocationStartLatency", 40.0),
            ("IngestionToInvocationSuccessLatency", 3500.0),
        ];
        let each = |(name, ms)| ["", "orders", "r orders"].map(|of| (name, of.to_owned(), ms));
        assert_eq!(found, names.into_iter().flat_map(each).collect::<Vec<_>>());
    }

    #[test]
    fn rules_of_the_default_bus_are_of_no_bus_by_name() {
        let place = Place::new("123456789012", "eu-west-1");
        let of = |bus| of_bus(&subject(&BusName::asked(&place, Some(bus)), "r"));
        assert_eq!(of("default"), None);
        let orders = of("orders").map(|it| it.dimensions);
        assert_eq!(orders, Some(vec![(BUS, "orders".to_owned())]));
    }
}
