//! What comes into groups of logs, what becomes of it and what goes on to subscribers, as metrics under `AWS/Logs`.

use wharf_delivery::Failure;
use wharf_records::Scope;
use wharf_vended::{Counters, Subject, Together};
use wharf_wire::Context;

use crate::{
    embedded::Errors, records::SubscriptionFilter, rules::Level, subscription::Destination,
    transformed::Made,
};

fn subject((account, region): (&str, &str), dimensions: Vec<(&'static str, String)>) -> Subject {
    Subject {
        account: account.to_owned(),
        region: region.to_owned(),
        namespace: "AWS/Logs",
        dimensions,
    }
}

/// Counts events of a put: for their group, and for all groups of the account together.
pub fn came_in(counters: &Counters, cx: &Context, group: &str, events: usize, bytes: usize) {
    let all = [Vec::new(), vec![("LogGroupName", group.to_owned())]];
    let all = all.map(|dimensions| subject((&cx.account, &cx.region), dimensions));
    counters.together(|counts| {
        for of in &all {
            counts.add(of, "IncomingLogEvents", "Count", events as f64);
            counts.add(of, "IncomingBytes", "Bytes", bytes as f64);
        }
    });
}

/// What a group's own rule is counted by, or one of its account.
fn whose(level: Level, group: &str) -> (&'static str, String) {
    match level {
        Level::Group => ("LogGroupName", group.to_owned()),
        Level::Account => ("PolicyLevel", "AccountPolicy".to_owned()),
    }
}

/// Counts a put that came faster than its stream or its account may send. Requests of which there are too many never get
/// here: the gateway counts those.
pub fn throttled(counters: &Counters, cx: &Context) {
    let operation = [
        ("Type", "API"),
        ("Resource", "PutLogEvents"),
        ("Service", "Logs"),
        ("Class", "None"),
    ];
    let operation = operation.map(|(name, value)| (name, value.to_owned()));
    for dimensions in [Vec::new(), Vec::from(operation)] {
        let of = subject((&cx.account, &cx.region), dimensions);
        counters.add(&of, "ThrottleCount", "None", 1.0);
    }
}

/// Counts what is wrong with events in the embedded metric format, and those that no metrics are wanted of.
pub fn embedded(counters: &Counters, cx: &Context, group: &str, errors: Errors) {
    let all = [
        ("EMFParsingErrors", errors.parsing),
        ("EMFValidationErrors", errors.validation),
        ("EMFDisabledErrors", errors.disabled),
    ];
    for (name, count) in all.into_iter().filter(|it| it.1 > 0) {
        for dimensions in [Vec::new(), vec![("LogGroupName", group.to_owned())]] {
            let of = subject((&cx.account, &cx.region), dimensions);
            counters.add(&of, name, "Count", count as f64);
        }
    }
}

/// Counts events in which data protection found something.
pub fn found(counts: &mut Together<'_>, scope: &Scope, group: &str, events: usize) {
    for dimensions in [Vec::new(), vec![("LogGroupName", group.to_owned())]] {
        let of = subject((&scope.account, &scope.region), dimensions);
        counts.add(&of, "LogEventsWithFindings", "Count", events as f64);
    }
}

/// Counts what the transformer of a group, or those of its account, made.
pub fn transformed(
    counts: &mut Together<'_>,
    scope: &Scope,
    group: &str,
    level: Level,
    made: Made,
) {
    let of = subject((&scope.account, &scope.region), vec![whose(level, group)]);
    if made.events > 0 {
        counts.add(&of, "TransformedLogEvents", "None", made.events as f64);
        counts.add(&of, "TransformedBytes", "Bytes", made.bytes as f64);
    }
    if made.errors > 0 {
        counts.add(&of, "TransformationErrors", "None", made.errors as f64);
    }
}

/// Events on their way to a subscriber.
pub struct Forwarded<'a> {
    pub scope: &'a Scope,
    pub group: &'a str,
    pub filter: &'a SubscriptionFilter,
    pub level: Level,
    pub events: usize,
}

impl Forwarded<'_> {
    /// Counts a try, by the bytes that went out.
    pub fn count(&self, counters: &Counters, answer: &Result<usize, Failure>) {
        let kind = match Destination::parse(&self.filter.destination) {
            Ok(Destination::Queue(_)) => "SQS",
            Ok(Destination::Topic(_)) => "SNS",
            Ok(Destination::Group(..)) => "CloudWatchLogs",
            Ok(Destination::Api(_)) => "ApiDestination",
            Ok(Destination::Named(..)) => "Destination",
            // What was stored was checked before.
            Err(_) => return,
        };
        let of = subject(
            (&self.scope.account, &self.scope.region),
            vec![
                whose(self.level, self.group),
                ("DestinationType", kind.to_owned()),
                ("FilterName", self.filter.name.clone()),
            ],
        );
        let events = self.events as f64;
        match answer {
            Ok(bytes) => counters.together(|counts| {
                counts.add(&of, "ForwardedLogEvents", "Count", events);
                counts.add(&of, "ForwardedBytes", "Bytes", *bytes as f64);
            }),
            Err(failure) if failure.put_off => {}
            Err(failure) if failure.is_throttled() => {
                counters.add(&of, "DeliveryThrottling", "Count", events);
            }
            Err(_) => counters.add(&of, "DeliveryErrors", "Count", events),
        }
    }
}
