//! Metric streams in virtual time: minutes end, and what was measured in them goes to a destination that is a note.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use wharf_api_cloudwatch::{
    Cloudwatch as _, DeleteMetricStreamInput, Dimension, GetMetricStreamInput, Input,
    ListMetricStreamsInput, ListTagsForResourceInput, MetricDatum, MetricStreamFilter,
    MetricStreamStatisticsConfiguration, MetricStreamStatisticsMetric, PutMetricStreamInput,
    StartMetricStreamsInput, StopMetricStreamsInput, Tag, TagResourceInput,
};
use wharf_base::Timestamp;
use wharf_delivery::{Actor, Failure};
use wharf_testkit::{refused, until};

use crate::home::{Home, at, datum, metric, minute};

const MINUTE: Duration = Duration::from_secs(60);
const ROLE: &str = "arn:aws:iam::000000000000:role/stream";

fn destination(name: &str) -> String {
    format!("arn:aws:events:us-east-1:000000000000:api-destination/{name}/1")
}

fn filter(namespace: &str, names: &[&str]) -> MetricStreamFilter {
    MetricStreamFilter {
        namespace: Some(namespace.to_owned()),
        metric_names: Some(names.iter().map(|it| (*it).to_owned()).collect()),
    }
}

/// All metrics of `App` as JSON.
fn stream(name: &str) -> PutMetricStreamInput {
    PutMetricStreamInput {
        name: Some(name.to_owned()),
        include_filters: Some(vec![filter("App", &[])]),
        firehose_arn: Some(destination(name)),
        role_arn: Some(ROLE.to_owned()),
        output_format: Some("json".to_owned()),
        ..PutMetricStreamInput::default()
    }
}

async fn put(home: &Home, input: PutMetricStreamInput) {
    let answer = home.service.put_metric_stream(&home.call(), input).await;
    answer.unwrap();
}

/// Time passes, and the stream `s` is looked at.
async fn pass(home: &Home, time: Duration) {
    home.pass(time);
    put(home, stream("s")).await;
}

/// The stream `s` comes to a minute.
async fn reached(home: &Home, minute: Timestamp) {
    let key = "/w1/c0/cloudwatch/000000000000/us-east-1/metric-stream-position/s";
    let wanted = format!("\"minute\":{},", minute.millis() / 1000);
    until(&format!("the stream is at {wanted}"), || async {
        let stored = home.world.store.get(key).await.unwrap().unwrap();
        String::from_utf8_lossy(&stored.value).contains(&wanted)
    })
    .await;
}

/// The lines of all requests so far that a destination got.
fn lines(home: &Home, to: &str) -> Vec<Value> {
    let posts = home.notes.posts.lock();
    let bodies = posts
        .iter()
        .filter(|it| it.destination == destination(to))
        .map(|it| String::from_utf8(it.body.clone()).unwrap());
    bodies
        .flat_map(|it| {
            let all = it.lines().map(|it| serde_json::from_str(it).unwrap());
            all.collect::<Vec<Value>>()
        })
        .collect()
}

/// Names and sums.
fn said(lines: &[Value]) -> Vec<(String, f64)> {
    lines
        .iter()
        .map(|it| {
            let name = it["metric_name"].as_str().unwrap().to_owned();
            (name, it["value"]["sum"].as_f64().unwrap())
        })
        .collect()
}

async fn got(home: &Home, to: &str, count: usize) -> Vec<(String, f64)> {
    until(&format!("{to} got {count} updates"), || async {
        lines(home, to).len() >= count
    })
    .await;
    said(&lines(home, to))
}

/// What the metric about the stream sums up to.
async fn counted(home: &Home, name: &str, of: &str) -> f64 {
    let mut query = metric("m1", of, "a", "Sum");
    let stat = query.metric_stat.as_mut().unwrap();
    stat.metric = Some(wharf_api_cloudwatch::Metric {
        namespace: Some("AWS/CloudWatch/MetricStreams".to_owned()),
        metric_name: Some(of.to_owned()),
        dimensions: Some(vec![Dimension {
            name: Some("MetricStreamName".to_owned()),
            value: Some(name.to_owned()),
        }]),
    });
    let input = wharf_api_cloudwatch::GetMetricDataInput {
        metric_data_queries: Some(vec![query]),
        start_time: Some(minute(0)),
        end_time: Some(at("2026-11-23T10:00:00Z")),
        ..wharf_api_cloudwatch::GetMetricDataInput::default()
    };
    let answer = home.service.get_metric_data(&home.call(), input).await;
    let lines = answer.unwrap().metric_data_results.unwrap();
    lines[0].values.iter().flatten().sum()
}

#[tokio::test]
async fn each_minute_goes_once_and_in_order() {
    let mut home = Home::start();
    put(&home, stream("s")).await;
    let before = at("2026-11-22T09:59:10Z");
    home.put(
        "App",
        vec![
            datum("A", "a", 1.0, before),
            datum("A", "a", 2.0, before),
            datum("B", "a", 5.0, minute(0)),
            datum("A", "a", 7.0, minute(0)),
            datum("C", "a", 9.0, minute(1)),
        ],
    )
    .await
    .unwrap();
    home.put("Other", vec![datum("D", "a", 1.0, minute(0))])
        .await
        .unwrap();
    let pair = |name: &str, sum: f64| (name.to_owned(), sum);
    pass(&home, MINUTE).await;
    assert_eq!(got(&home, "s", 1).await, [pair("A", 3.0)]);
    let first = lines(&home, "s").remove(0);
    assert_eq!(first["timestamp"], 1_795_341_540_000_i64);
    assert_eq!(first["value"]["count"], 2.0);
    assert_eq!(first["dimensions"]["Host"], "a");
    // Two minutes are due at once.
    pass(&home, 2 * MINUTE).await;
    let all = got(&home, "s", 4).await;
    let mut wanted = vec![
        pair("A", 3.0),
        pair("A", 7.0),
        pair("B", 5.0),
        pair("C", 9.0),
    ];
    assert_eq!(all, wanted);
    // The next server begins behind them.
    reached(&home, minute(2)).await;
    home.restart();
    let data = vec![datum("D", "a", 4.0, minute(2))];
    home.put("App", data).await.unwrap();
    pass(&home, MINUTE).await;
    wanted.push(pair("D", 4.0));
    assert_eq!(got(&home, "s", 5).await, wanted);
    let post = home.notes.posts.lock()[0].clone();
    assert_eq!(post.content_type, "application/x-ndjson");
    let own = Actor::Role {
        arn: ROLE.to_owned(),
        service: "streams.metrics.cloudwatch.amazonaws.com".to_owned(),
        source_arn: "arn:aws:cloudwatch:us-east-1:000000000000:metric-stream/s".to_owned(),
    };
    assert_eq!(post.actor, own);
    until("it is counted", || async {
        counted(&home, "s", "MetricUpdate").await == 5.0
    })
    .await;
    assert_eq!(counted(&home, "s", "PublishErrorRate").await, 0.0);
}

#[tokio::test]
async fn what_was_not_taken_goes_again_before_what_follows() {
    let home = Home::start();
    put(&home, stream("s")).await;
    let data = vec![
        datum("A", "a", 1.0, at("2026-11-22T09:59:10Z")),
        datum("B", "a", 2.0, minute(0)),
    ];
    home.put("App", data).await.unwrap();
    let down = Failure::passing("503", "the endpoint answered 503");
    home.notes.answers.lock().extend([down.clone(), down]);
    pass(&home, 2 * MINUTE).await;
    let all = got(&home, "s", 4).await;
    let names: Vec<&str> = all.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["A", "A", "A", "B"]);
    let posts = home.notes.posts.lock();
    assert_eq!(posts[0].id, posts[1].id);
    assert_ne!(posts[2].id, posts[3].id);
}

#[tokio::test]
async fn what_is_refused_for_its_content_is_lost_and_counted() {
    let home = Home::start();
    put(&home, stream("s")).await;
    let data = vec![
        datum("A", "a", 1.0, at("2026-11-22T09:59:10Z")),
        datum("B", "a", 2.0, minute(0)),
    ];
    home.put("App", data).await.unwrap();
    let bad = Failure::lasting("400", "the endpoint answered 400");
    home.notes.answers.lock().push_back(bad);
    pass(&home, 2 * MINUTE).await;
    let names: Vec<String> = got(&home, "s", 2)
        .await
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(names, ["A", "B"]);
    until("the loss is counted", || async {
        counted(&home, "s", "MetricUpdateLost").await == 1.0
            && counted(&home, "s", "MetricUpdate").await == 1.0
    })
    .await;
}

#[tokio::test]
async fn what_is_three_hours_behind_is_passed_over_and_counted() {
    let home = Home::start();
    put(&home, stream("s")).await;
    let data = vec![
        datum("A", "a", 1.0, minute(0)),
        datum("B", "a", 2.0, at("2026-11-22T11:30:00Z")),
    ];
    home.put("App", data).await.unwrap();
    pass(&home, 4 * 60 * MINUTE).await;
    let all = got(&home, "s", 1).await;
    assert_eq!(all, [("B".to_owned(), 2.0)]);
    // From 9:59, which it began with, to 10:59.
    until("the loss is counted", || async {
        counted(&home, "s", "MinutesLost").await == 60.0
    })
    .await;
}

#[tokio::test]
async fn a_destination_that_is_silent_holds_up_no_other_stream() {
    let home = Home::start();
    for name in ["silent", "s"] {
        put(&home, stream(name)).await;
    }
    let data = vec![datum("A", "a", 1.0, at("2026-11-22T09:59:10Z"))];
    home.put("App", data).await.unwrap();
    pass(&home, MINUTE).await;
    put(&home, stream("silent")).await;
    got(&home, "silent", 1).await;
    assert_eq!(got(&home, "s", 1).await, [("A".to_owned(), 1.0)]);
}

#[tokio::test]
async fn a_long_minute_goes_in_several_requests_each_metric_once() {
    let home = Home::start();
    put(&home, stream("s")).await;
    // More than are read together and more than a request takes, some in two units.
    let name = |number: usize| format!("{}{number:04}", "m".repeat(200));
    let wide = |number: usize, unit: &str| MetricDatum {
        unit: Some(unit.to_owned()),
        dimensions: Some(vec![Dimension {
            name: Some("Host".to_owned()),
            value: Some("v".repeat(1000)),
        }]),
        ..datum(&name(number), "a", 1.0, minute(0))
    };
    for from in (0..1200).step_by(200) {
        let data = (from..from + 200).map(|it| wide(it, "None"));
        home.put("App", data.collect()).await.unwrap();
    }
    let twice = (490..510).map(|it| wide(it, "Seconds"));
    home.put("App", twice.collect()).await.unwrap();
    pass(&home, 2 * MINUTE).await;
    got(&home, "s", 1220).await;
    let all: Vec<(String, String)> = lines(&home, "s")
        .iter()
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap().to_owned();
            (text("metric_name"), text("unit"))
        })
        .collect();
    let once: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!((all.len(), once.len()), (1220, 1220));
    let posts = home.notes.posts.lock();
    assert!(posts.len() > 1, "{}", posts.len());
    assert!(posts.iter().all(|it| it.body.len() < (1 << 20) + 4096));
}

#[tokio::test]
async fn a_stream_that_is_stopped_sends_nothing_and_starts_anew() {
    let home = Home::start();
    put(&home, stream("s")).await;
    let names = || Some(vec!["s".to_owned()]);
    let stop = StopMetricStreamsInput { names: names() };
    home.service
        .stop_metric_streams(&home.call(), stop)
        .await
        .unwrap();
    let data = vec![
        datum("A", "a", 1.0, minute(0)),
        datum("B", "a", 2.0, minute(10)),
    ];
    home.put("App", data).await.unwrap();
    home.pass(11 * MINUTE);
    let shown = GetMetricStreamInput {
        name: Some("s".to_owned()),
    };
    let shown = home.service.get_metric_stream(&home.call(), shown).await;
    assert_eq!(shown.unwrap().state.as_deref(), Some("stopped"));
    let start = StartMetricStreamsInput { names: names() };
    home.service
        .start_metric_streams(&home.call(), start)
        .await
        .unwrap();
    pass(&home, MINUTE).await;
    assert_eq!(got(&home, "s", 1).await, [("B".to_owned(), 2.0)]);
}

#[tokio::test]
async fn streams_are_shown_as_they_were_put() {
    let home = Home::start();
    let call = home.call();
    let statistics = MetricStreamStatisticsConfiguration {
        include_metrics: Some(vec![MetricStreamStatisticsMetric {
            namespace: Some("App".to_owned()),
            metric_name: Some("A".to_owned()),
        }]),
        additional_statistics: Some(vec!["p99".to_owned(), "p50".to_owned()]),
    };
    let input = PutMetricStreamInput {
        output_format: Some("opentelemetry1.0".to_owned()),
        statistics_configurations: Some(vec![statistics.clone()]),
        tags: Some(vec![tag("team", "a")]),
        ..stream("s")
    };
    let arn = home.service.put_metric_stream(&call, input.clone()).await;
    let arn = arn.unwrap().arn.unwrap();
    put(&home, stream("t")).await;
    let get = || GetMetricStreamInput {
        name: Some("s".to_owned()),
    };
    let shown = home.service.get_metric_stream(&call, get()).await.unwrap();
    assert_eq!(shown.arn.as_deref(), Some(arn.as_str()));
    assert_eq!(shown.state.as_deref(), Some("running"));
    assert_eq!(shown.statistics_configurations, Some(vec![statistics]));
    assert_eq!(shown.output_format.as_deref(), Some("opentelemetry1.0"));
    assert_eq!(shown.firehose_arn, Some(destination("s")));
    let filters = shown.include_filters.unwrap();
    assert_eq!(filters[0].namespace.as_deref(), Some("App"));
    let page = |next_token| ListMetricStreamsInput {
        next_token,
        max_results: Some(1),
    };
    let first = home.service.list_metric_streams(&call, page(None)).await;
    let first = first.unwrap();
    let second = page(first.next_token.clone());
    let second = home.service.list_metric_streams(&call, second).await;
    let second = second.unwrap();
    let name = |entries: Option<Vec<wharf_api_cloudwatch::MetricStreamEntry>>| {
        entries.unwrap().remove(0).name.unwrap()
    };
    assert_eq!(
        (name(first.entries), name(second.entries)),
        ("s".into(), "t".into())
    );
    assert_eq!(second.next_token, None);
    let more = TagResourceInput {
        resource_arn: Some(arn.clone()),
        tags: Some(vec![tag("stage", "b")]),
    };
    home.service.tag_resource(&call, more).await.unwrap();
    let asked = ListTagsForResourceInput {
        resource_arn: Some(arn.clone()),
    };
    let tags = home.service.list_tags_for_resource(&call, asked).await;
    assert_eq!(tags.unwrap().tags.unwrap().len(), 2);
    // Who puts one passes its role on.
    let checks = home
        .service
        .authorize(&call, Input::PutMetricStream(&input));
    let checks = checks.await.unwrap();
    let actions: Vec<&str> = checks.iter().map(|it| it.action.as_str()).collect();
    let wanted = [
        "cloudwatch:PutMetricStream",
        "cloudwatch:TagResource",
        "iam:PassRole",
    ];
    assert_eq!(actions, wanted);
    assert_eq!(checks[0].resource, arn);
    assert_eq!(checks[2].resource, ROLE);
    for _ in 0..2 {
        let gone = DeleteMetricStreamInput {
            name: Some("s".to_owned()),
        };
        home.service
            .delete_metric_stream(&call, gone)
            .await
            .unwrap();
    }
    let text = "Metric stream s does not exist.";
    let answer = home.service.get_metric_stream(&call, get()).await;
    refused(answer, "ResourceNotFoundException", text);
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    }
}

#[tokio::test]
async fn streams_that_cannot_be_are_refused_by_name() {
    let home = Home::start();
    let statistic = |name: &str| {
        Some(vec![MetricStreamStatisticsConfiguration {
            include_metrics: Some(Vec::new()),
            additional_statistics: Some(vec![name.to_owned()]),
        }])
    };
    let invalid = "InvalidParameterValueException";
    for (input, code, text) in [
        (
            PutMetricStreamInput {
                output_format: Some("opentelemetry0.7".to_owned()),
                ..stream("s")
            },
            invalid,
            "The value opentelemetry0.7 for parameter OutputFormat is not supported: it must be json or opentelemetry1.0.",
        ),
        (
            PutMetricStreamInput {
                firehose_arn: Some(
                    "arn:aws:firehose:us-east-1:000000000000:deliverystream/d".to_owned(),
                ),
                ..stream("s")
            },
            invalid,
            "The value arn:aws:firehose:us-east-1:000000000000:deliverystream/d for parameter FirehoseArn is not supported: there is no Firehose here, it must be the ARN of an API destination of EventBridge of this account.",
        ),
        (
            PutMetricStreamInput {
                exclude_filters: Some(vec![filter("B", &[])]),
                ..stream("s")
            },
            "InvalidParameterCombinationException",
            "The parameters IncludeFilters and ExcludeFilters must not be given together.",
        ),
        (
            PutMetricStreamInput {
                include_filters: Some(vec![MetricStreamFilter::default()]),
                ..stream("s")
            },
            "MissingRequiredParameterException",
            "The parameter IncludeFilters.member.1.Namespace is required.",
        ),
        (
            PutMetricStreamInput {
                output_format: Some("opentelemetry1.0".to_owned()),
                statistics_configurations: statistic("tm90"),
                ..stream("s")
            },
            invalid,
            "The value tm90 for parameter AdditionalStatistics is not supported with the output format opentelemetry1.0.",
        ),
        (
            PutMetricStreamInput {
                statistics_configurations: statistic("Sum"),
                ..stream("s")
            },
            invalid,
            "The value Sum for parameter AdditionalStatistics is not supported with the output format json.",
        ),
        (
            PutMetricStreamInput {
                role_arn: Some("arn:aws:iam::000000000000:role/closed".to_owned()),
                ..stream("s")
            },
            invalid,
            "The role arn:aws:iam::000000000000:role/closed must let streams.metrics.cloudwatch.amazonaws.com assume it: It may not.",
        ),
        (
            stream("a b"),
            invalid,
            "The value a b for parameter Name is invalid: it may have letters, digits, - and _, at most 255.",
        ),
    ] {
        let answer = home.service.put_metric_stream(&home.call(), input).await;
        refused(answer, code, text);
    }
    let input = StopMetricStreamsInput {
        names: Some(vec!["none".to_owned()]),
    };
    let answer = home.service.stop_metric_streams(&home.call(), input).await;
    refused(answer, invalid, "Metric stream none does not exist.");
}
