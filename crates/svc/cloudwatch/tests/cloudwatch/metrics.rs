//! Samples in, and questions about them.

use wharf_api_cloudwatch::{
    Cloudwatch as _, DimensionFilter, GetMetricStatisticsInput, GetMetricWidgetImageInput,
    ListMetricsInput, MetricDataQuery,
};
use wharf_testkit::refused;

use crate::home::{Home, at, datum, dimension, expression, metric, minute, now};

async fn filled() -> Home {
    let home = Home::start();
    let mut data = Vec::new();
    for step in 0..4 {
        for (number, host) in ["a", "b"].into_iter().enumerate() {
            let value = (number + 1) as f64 * f64::from(step);
            data.push(datum("Errors", host, value, minute(step)));
        }
    }
    home.put("App", data).await.unwrap();
    home
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let home = Home::start();
    for part in 0..2 {
        let data = (0..400).map(|n| datum("m", &format!("h{part}-{n:03}"), 1.0, minute(1)));
        home.put("App", data.collect()).await.unwrap();
    }
    home.put("Other", vec![datum("m", "x", 1.0, minute(1))])
        .await
        .unwrap();
    let service = &home.service;
    let list =
        |input: ListMetricsInput| async move { service.list_metrics(&now(), input).await.unwrap() };
    let of_app = ListMetricsInput {
        namespace: Some("App".to_owned()),
        metric_name: Some("m".to_owned()),
        ..ListMetricsInput::default()
    };
    let first = list(of_app.clone()).await;
    assert_eq!(first.metrics.as_ref().map(Vec::len), Some(500));
    let second = list(ListMetricsInput {
        next_token: first.next_token.clone(),
        ..of_app.clone()
    })
    .await;
    assert_eq!(
        (second.metrics.map(|it| it.len()), second.next_token),
        (Some(300), None)
    );
    let wrong = ListMetricsInput {
        next_token: first.next_token,
        ..ListMetricsInput::default()
    };
    let answer = home.service.list_metrics(&now(), wrong).await;
    refused(answer, "InvalidNextToken", "The next token is invalid.");
    let filtered = list(ListMetricsInput {
        dimensions: Some(vec![DimensionFilter {
            name: Some("Host".to_owned()),
            value: Some("x".to_owned()),
        }]),
        ..ListMetricsInput::default()
    })
    .await;
    let found = filtered.metrics.unwrap();
    assert_eq!(
        (found.len(), found[0].namespace.as_deref()),
        (1, Some("Other"))
    );
}

#[tokio::test]
async fn statistics_of_an_hour_and_their_refusals() {
    let home = filled().await;
    let asked = || GetMetricStatisticsInput {
        namespace: Some("App".to_owned()),
        metric_name: Some("Errors".to_owned()),
        dimensions: Some(vec![dimension("b")]),
        start_time: Some(minute(0)),
        end_time: Some(at("2026-11-22T11:00:00Z")),
        period: Some(3600),
        statistics: Some(vec!["Sum".to_owned(), "Maximum".to_owned()]),
        ..GetMetricStatisticsInput::default()
    };
    let answer = home
        .service
        .get_metric_statistics(&now(), asked())
        .await
        .unwrap();
    let points = answer.datapoints.unwrap();
    assert_eq!(
        (points.len(), points[0].sum, points[0].maximum),
        (1, Some(12.0), Some(6.0))
    );
    assert_eq!(
        (points[0].timestamp, points[0].average),
        (Some(minute(0)), None)
    );
    let ask = |change: fn(&mut GetMetricStatisticsInput)| {
        let mut input = asked();
        change(&mut input);
        let service = &home.service;
        async move { service.get_metric_statistics(&now(), input).await }
    };
    let invalid = "InvalidParameterValueException";
    refused(
        ask(|it| it.period = Some(7)).await,
        invalid,
        "The value 7 for parameter Period is invalid.",
    );
    refused(
        ask(|it| it.end_time = it.start_time).await,
        invalid,
        "The parameter StartTime must be less than the parameter EndTime.",
    );
    refused(
        ask(|it| {
            it.period = Some(60);
            it.start_time = Some(at("2026-11-20T00:00:00Z"));
        })
        .await,
        "InvalidParameterCombinationException",
        "You have requested up to 3540 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
    );
    refused(
        ask(|it| it.statistics = None).await,
        "InvalidParameterCombinationException",
        "Must specify either Statistics or ExtendedStatistics",
    );
    refused(
        ask(|it| it.statistics = Some(vec!["p99".to_owned()])).await,
        invalid,
        "The value p99 for parameter Statistics.member.1 is invalid.",
    );
}

#[tokio::test]
async fn questions_are_answered_in_their_order_and_refer_to_each_other() {
    let home = filled().await;
    let hidden = |query: MetricDataQuery| MetricDataQuery {
        return_data: Some(false),
        ..query
    };
    let found = home
        .ask(vec![
            expression("twice", "sum * 2"),
            expression("sum", "SUM(METRICS())"),
            hidden(metric("a", "Errors", "a", "Sum")),
            hidden(metric("b", "Errors", "b", "Sum")),
            metric("none", "Errors", "c", "Sum"),
        ])
        .await
        .unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|it| {
            (
                it.id.as_deref().unwrap(),
                it.values.clone().unwrap(),
                it.label.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("twice", vec![0.0, 6.0, 12.0, 18.0], "twice"),
            ("sum", vec![0.0, 3.0, 6.0, 9.0], "sum"),
            ("none", vec![], "Errors"),
        ]
    );
    let search = "SEARCH('{App,Host} Errors', 'Maximum', 300)";
    let found = home.ask(vec![expression("all", search)]).await.unwrap();
    let labels: Vec<_> = found
        .iter()
        .map(|it| it.label.as_deref().unwrap())
        .collect();
    assert_eq!(labels, ["a Errors", "b Errors"]);
}

#[tokio::test]
async fn searches_of_a_request_are_bounded_and_done_once() {
    let home = filled().await;
    let search = |id: usize, text: &str| {
        let text = format!("SEARCH('{{App,Host}} {text}', 'Sum', 60)");
        expression(&format!("s{id}"), &text)
    };
    let same = (0..150).map(|id| search(id, "no such")).collect();
    assert_eq!(home.ask(same).await.unwrap(), []);
    let others = (0..101).map(|id| search(id, &format!("no{id}"))).collect();
    refused(
        home.ask(others).await,
        "ValidationException",
        "A request may have at most 100 SEARCH expressions.",
    );
}

#[tokio::test]
async fn questions_that_cannot_be_answered() {
    let home = filled().await;
    let code = "ValidationException";
    for (queries, text) in [
        (
            vec![],
            "The collection MetricDataQueries must have a size from 1 to 500.",
        ),
        (
            vec![expression("A", "1")],
            "The value 'A' for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
        ),
        (
            vec![MetricDataQuery {
                expression: Some("1".to_owned()),
                ..metric("a", "m", "h", "Sum")
            }],
            "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified both.",
        ),
        (
            vec![metric("a", "m", "h", "Total")],
            "The value Total for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.",
        ),
        (
            vec![metric("a", "", "h", "Sum")],
            "The parameter MetricDataQueries.member.1.MetricStat.Metric.MetricName is required.",
        ),
        (
            vec![expression("a", "1")],
            "Error in expression 'a': The expression must return a time series or an array of time series",
        ),
        (
            vec![expression("a", "b + 1"), expression("b", "a + 1")],
            "Error in expression 'a': it refers to itself",
        ),
        (
            vec![expression("a", "1 +")],
            "Error in expression 'a': The expression ends too early",
        ),
        (
            vec![expression("a", "SEARCH('{', 'Sum', 60)")],
            "Error in expression 'a': The schema of a search has no end",
        ),
        (
            vec![expression("a", "SELECT SUM(m) FROM App")],
            "Error in expression 'a': A query of Metrics Insights takes a Period.",
        ),
        (
            vec![metric("a", "m", "h", "Sum"), metric("a", "m", "h", "Sum")],
            "The values for parameter id in MetricDataQueries are not unique: a.",
        ),
        (
            vec![MetricDataQuery {
                return_data: Some(false),
                ..metric("a", "m", "h", "Sum")
            }],
            "At least one of the elements in MetricDataQueries must return data.",
        ),
    ] {
        refused(home.ask(queries).await, code, text);
    }
}

#[tokio::test]
async fn a_label_is_bounded_where_it_is_filled_in() {
    let home = filled().await;
    let labelled = |length: usize| MetricDataQuery {
        label: Some("x".repeat(length)),
        ..metric("m1", "Errors", "a", "Sum")
    };
    assert_eq!(home.ask(vec![labelled(1024)]).await.unwrap().len(), 1);
    let text = "The label of 'm1' must have at most 1024 bytes.";
    let answer = home.ask(vec![labelled(1025)]).await;
    refused(answer, "ValidationException", text);
}

#[tokio::test]
async fn a_widget_is_drawn_and_its_faults_are_named() {
    let home = filled().await;
    let draw = async |widget: &str, format: Option<&str>| {
        let input = GetMetricWidgetImageInput {
            metric_widget: Some(widget.to_owned()),
            output_format: format.map(str::to_owned),
        };
        let answer = home.service.get_metric_widget_image(&now(), input).await;
        answer.map(|it| it.metric_widget_image.unwrap())
    };
    let of = |name: &str, more: &str| {
        format!(
            r#"{{"metrics": [["App", "{name}", "Host", "b", {{"period": 60}}]], "start": "-PT1H"{more}}}"#
        )
    };
    let image = draw(&of("Errors", ""), Some("png")).await.unwrap();
    assert!(image.starts_with(b"\x89PNG\r\n\x1a\n"));
    // The label is the same, the data are not.
    let elsewhere = of("Errors", "").replace(r#""b""#, r#""none""#);
    assert_ne!(draw(&elsewhere, None).await.unwrap(), image);
    assert_eq!(draw(&of("Errors", ""), None).await.unwrap(), image);
    // A rule that is not there has no points.
    let rule = |period: u32| {
        format!(
            r#"{{"metrics": [[{{"expression": "INSIGHT_RULE_METRIC('r', 'Sum')", "period": {period}}}]], "start": "-P7D"}}"#
        )
    };
    assert!(draw(&rule(3600), None).await.is_ok());
    let label = format!(r#"{{"label": "{}", "period": 60}}"#, "x".repeat(1025));
    for (widget, format, text) in [
        (
            of("Errors", ""),
            Some("image/png"),
            "The value image/png for parameter OutputFormat is not supported: it must be png.",
        ),
        (
            of("Errors", r#", "liveData": true"#),
            None,
            "The parameter MetricWidget is not valid: liveData is not supported.",
        ),
        (
            String::new(),
            None,
            "The parameter MetricWidget is not valid: it is no JSON object.",
        ),
        (
            of("Errors", "").replace(r#"{"period": 60}"#, &label),
            None,
            "The label of 'metric1' must have at most 1024 bytes.",
        ),
        (
            rule(60),
            None,
            "A graph of Contributor Insights rules may have at most 2000 points in a line: choose a longer period or a shorter time.",
        ),
    ] {
        refused(draw(&widget, format).await, "ValidationException", text);
    }
}
