//! Texts that callers write: policies, patterns, expressions, names.

use std::{collections::BTreeMap, sync::Arc};

use wharf_base::{Arn, Timestamp};
use wharf_iam::{
    Ambient, CompiledPolicy, DocumentKind, PolicySet, Principal, PrincipalPolicies, Request,
    ResourcePolicy, evaluate,
};
use wharf_insights::{At, Event, Query, Run, Stop, Table};
use wharf_placement::query::{Expression, HostFacts};
use wharf_transform::Transformer;

use crate::input;

pub fn arn(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    if let Ok(arn) = text.parse::<Arn>() {
        assert_eq!(arn.to_string(), text);
        let _ = (arn.resource_type(), arn.resource_after_slash());
    }
}

/// A line `action resource`, then a policy.
pub fn iam_policy(bytes: &[u8]) {
    let Some((asked, text)) = input::line(bytes) else {
        return;
    };
    let Some(text) = input::text(text) else {
        return;
    };
    let (action, resource) = asked.split_once(' ').unwrap_or((asked, "*"));
    let compiled = |kind| CompiledPolicy::parse("fuzz", text, kind).ok();
    let who = Principal::user(
        "arn:aws:iam::000000000000:user/anna",
        "AIDAEXAMPLEEXAMPLEEXA",
    );
    let mut context = Ambient {
        principal: &who,
        now: Timestamp::from_millis(1_767_312_000_000),
        region: "us-east-1",
        source_ip: "10.0.0.7".parse().ok(),
        user_agent: Some("aws-cli/2"),
        referer: None,
        secure_transport: true,
        called_via: &[],
    }
    .context();
    context.set_all("aws:TagKeys", ["a", "b"]);
    context.set("ecs:cluster", resource);
    let request = Request {
        principal: &who,
        action,
        resource,
        resource_account: "000000000000",
        context: &context,
    };
    let own = PrincipalPolicies {
        identity: compiled(DocumentKind::Managed)
            .map(Arc::new)
            .into_iter()
            .collect(),
        ..PrincipalPolicies::default()
    };
    let of_resource = compiled(DocumentKind::Resource).map(Arc::new);
    let policies = PolicySet {
        principal: &own,
        resource: of_resource.as_ref().map(|policy| ResourcePolicy {
            policy,
            required: true,
        }),
    };
    let decision = evaluate(&request, &policies);
    let _ = decision.message(&request);
    if let Some(policy) = compiled(DocumentKind::Trust) {
        let _ = policy.context_keys().count();
    }
}

/// A line with a pattern of a rule of EventBridge or a filter policy, then the event it is held against, which an index
/// of patterns judges alike.
pub fn event_pattern(bytes: &[u8]) {
    use wharf_patterns::{Index, Pattern};

    let Some((pattern, document)) = input::line(bytes) else {
        return;
    };
    let (Ok(pattern), Ok(document)) = (
        Pattern::parse(pattern),
        serde_json::from_slice::<serde_json::Value>(document),
    ) else {
        return;
    };
    let found = Index::new([&pattern]).matches(&document);
    assert_eq!(
        found.len(),
        usize::from(pattern.matches(&document)),
        "the index and the pattern disagree"
    );
}

/// A line with a query of Logs Insights, then the message it is asked about.
pub fn insights_query(bytes: &[u8]) {
    let Some((query, message)) = input::line(bytes) else {
        return;
    };
    let (Ok(mut query), Some(message)) = (Query::parse(query), input::text(message)) else {
        return;
    };
    // What it looks values up in is the same text.
    let names: Vec<String> = query.tables().into_iter().map(str::to_owned).collect();
    if let Ok(table) = Table::parse(message).map(Arc::new) {
        for name in names {
            let given = query.give_table(&name, &table).is_ok();
            let fits = query.fits_table(&name, Some(table.columns())).is_ok();
            assert_eq!(
                given, fits,
                "a table fits and is not taken, or the other way round"
            );
        }
    }
    let needles = query
        .needles()
        .hits(message.as_bytes())
        .may_pass(0, message.len());
    let mut run = Run::new(query.into(), 0, None, 1 << 20, Stop::default());
    let event = Event {
        timestamp: 0,
        ingestion: 0,
        stream: "s",
        log: "1:g",
        message,
        fields: None,
        transformation_error: None,
        at: At {
            source: 0,
            offset: 0,
        },
        unmasked: None,
        is_earlier: false,
    };
    if run.push(&event).is_ok()
        && let Ok(found) = run.finish()
    {
        assert!(
            needles || found.matched == 0,
            "the filter passes what its needles do not"
        );
    }
}

pub fn placement_query(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let Ok(expression) = Expression::parse(text) else {
        return;
    };
    let attributes = [("ecs.os-type", "linux"), ("stack", "prod")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
        .collect();
    let groups = BTreeMap::from([("0/r/service:web".to_owned(), 1)]);
    let _ = expression.holds(&HostFacts {
        attributes: &attributes,
        agent_connected: true,
        agent_version: "1.2.3",
        ec2_instance: "i-0",
        registered_at: Timestamp::from_millis(1_767_312_000_000),
        home: "0/r/",
        running_tasks: 3,
        groups: &groups,
    });
}

/// Times in the forms that bodies and signatures have, and seconds.
pub fn timestamp(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let basic = Timestamp::parse_iso8601_basic(text);
    let seconds = || text.parse().ok().and_then(Timestamp::from_epoch_seconds);
    let Some(at) = Timestamp::parse_iso8601(text).or(basic).or_else(seconds) else {
        return;
    };
    assert_eq!(
        Timestamp::parse_iso8601(&at.iso8601()),
        Some(at),
        "a time that was read can be written"
    );
}

/// A query of Prometheus, evaluated at a moment and over some steps; its series are the same each time.
pub fn promql(bytes: &[u8]) {
    use wharf_promql::{Budget, Labels, Query, Series, Times};

    let Some(query) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|it| Query::parse(it).ok())
    else {
        return;
    };
    let values = [
        1.0,
        f64::NAN,
        3.0,
        f64::INFINITY,
        2.0,
        wharf_promql::stale(),
    ];
    let series = ["a", "b"].map(|job| Series {
        labels: Labels::new(vec![
            ("__name__".to_owned(), "up".to_owned()),
            ("job".to_owned(), job.to_owned()),
            ("le".to_owned(), "+Inf".to_owned()),
        ]),
        samples: (0..).map(|it| it * 60_000).zip(values).collect(),
    });
    let budget = Budget {
        work: 100_000,
        points: 10_000,
    };
    let times = Times::between(0, 360_000, 30_000);
    let all: Vec<Vec<Series>> = query
        .selections(times)
        .iter()
        .map(|_| series.to_vec())
        .collect();
    let _ = query.instant(Times::at(200_000), &all, budget);
    let _ = query.range(times, &all, budget);
}

/// Processors in JSON on the first line, then an event: it becomes an object within bounds, the same one each time, or stays.
pub fn transformer(bytes: &[u8]) {
    let Some((config, message)) = input::line(bytes) else {
        return;
    };
    let Ok(config) = serde_json::from_str(config) else {
        return;
    };
    let (Ok(transformer), Some(message)) = (Transformer::parse(&config), input::text(message))
    else {
        return;
    };
    let subject = wharf_transform::Subject {
        message,
        account: "000000000000",
        region: "us-east-1",
        group: "/shop/web",
        stream: "one",
    };
    let Some(made) = transformer.apply(subject) else {
        return;
    };
    assert!(made.len() <= 2 * wharf_transform::MAX_EVENT);
    let read: serde_json::Value = serde_json::from_str(&made).expect("it is JSON");
    assert!(read.is_object(), "{made}");
    assert!(plain(&read) <= wharf_transform::MAX_FIELDS, "{made}");
    assert_eq!(transformer.apply(subject), Some(made));
}

/// How many plain values are in it.
fn plain(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Object(map) => map.values().map(plain).sum(),
        serde_json::Value::Array(list) => list.iter().map(plain).sum(),
        _ => 1,
    }
}
