//! What becomes of events and of the targets of rules, as metrics under `AWS/Events`: of a rule of the default bus by
//! its name, of another bus's with that bus, and invocations besides of all rules together.

use wharf_base::Arn;
use wharf_delivery::Became;
use wharf_vended::{Counters, Subject};

use crate::{courier::Errand, names::BusName};

const NAMESPACE: &str = "AWS/Events";

/// Says that an event triggered a rule.
pub fn matched(counters: &Counters, bus: &BusName, rule: &str) {
    let of = subject(bus, rule);
    counters.one(&of, "MatchedEvents");
    counters.one(&of, "TriggeredRules");
}

/// Says that a target does not get an event, since too much of its account waits.
pub fn dropped(counters: &Counters, bus: &BusName, rule: &str) {
    let of = subject(bus, rule);
    let all = Subject {
        dimensions: Vec::new(),
        ..of.clone()
    };
    counters.one(&all, "Invocations");
    counters.one(&of, "Invocations");
    counters.one(&of, "FailedInvocations");
}

/// Counts what became of a delivery.
pub fn became(counters: &Counters, errand: &Errand, is_again: bool, what: Became) {
    let Some(of) = rule(&errand.rule_arn) else {
        return;
    };
    let all = Subject {
        dimensions: Vec::new(),
        ..of.clone()
    };
    let names: &[&'static str] = match what {
        Became::Delivered => {
            counters.one(&all, "Invocations");
            &[
                "Invocations",
                "InvocationAttempts",
                "SuccessfulInvocationAttempts",
            ]
        }
        Became::Failed | Became::Throttled => &["InvocationAttempts"],
        Became::GivenUp => {
            counters.one(&all, "Invocations");
            &["Invocations", "FailedInvocations"]
        }
        Became::Buried if errand.has_dead_letters() => &["InvocationsSentToDlq"],
        Became::Lost => &["InvocationsFailedToBeSentToDlq"],
        Became::Buried => &[],
    };
    let is_try = matches!(what, Became::Delivered | Became::Failed | Became::Throttled);
    for name in names.iter().chain(
        [&"RetryInvocationAttempts"]
            .into_iter()
            .filter(|_| is_try && is_again),
    ) {
        counters.one(&of, name);
    }
}

fn subject(bus: &BusName, rule: &str) -> Subject {
    let mut dimensions = vec![("RuleName", rule.to_owned())];
    if !bus.is_default() {
        dimensions.push(("EventBusName", bus.name.clone()));
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
    let place = wharf_service::Place::new(&arn.account, &arn.region);
    Some(subject(&BusName::asked(&place, bus), rule))
}

#[cfg(test)]
mod tests {
    use wharf_service::Place;

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
}
