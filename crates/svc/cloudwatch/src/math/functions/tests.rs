use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use wharf_service::rates::Quotas;

use super::*;
use crate::{
    anomaly::{Model, Settings},
    math::{Budget, Source, parse},
};

fn line(label: &str, points: &[(i64, f64)]) -> Value {
    Value::Line(Line {
        label: label.to_owned(),
        period: 60,
        points: points.to_vec(),
        of: None,
    })
}

/// `m1` is 1, 2, -, 4 and `m2` is 10, -, 30, 40, minute by minute from 2026-11-22T10:00.
const FROM: i64 = 1_795_341_600;

/// Of a series that is 5 or 7, without a season.
fn model() -> Arc<Model> {
    let points: Vec<(i64, f64)> = (0..30)
        .map(|it| (FROM - 1800 + it * 60, if it % 2 == 0 { 5.0 } else { 7.0 }))
        .collect();
    Arc::new(Model::fit(&points, 60, FROM, Settings::default()).unwrap())
}

fn run(text: &str) -> Result<Value, Bad> {
    let values = BTreeMap::from([
        (
            "m1".to_owned(),
            line("m1", &[(FROM, 1.0), (FROM + 60, 2.0), (FROM + 180, 4.0)]),
        ),
        (
            "m2".to_owned(),
            line(
                "m2",
                &[(FROM, 10.0), (FROM + 120, 30.0), (FROM + 180, 40.0)],
            ),
        ),
        ("empty".to_owned(), line("empty", &[])),
        ("e1".to_owned(), line("e1", &[(FROM, 7.0)])),
    ]);
    let metrics = ["m1".to_owned(), "m2".to_owned()];
    let found = Line {
        label: "found".into(),
        period: 60,
        points: vec![(FROM, 5.0)],
        of: None,
    };
    let key = ("{App}".to_owned(), "Sum".to_owned(), Some(60));
    let given = Given {
        values: &values,
        metrics: &metrics,
        searches: &BTreeMap::from([(key, vec![found])]),
        rules: &BTreeMap::new(),
        bands: &BTreeMap::from([("m2".to_owned(), model())]),
        quotas: &quotas(),
        from: FROM,
        to: FROM + 240,
        period: 60,
        budget: &Budget::default(),
    };
    evaluate(&parse(text)?, &given)
}

/// Minutes and values of a line; a number as minute -1.
fn points(value: Value) -> Vec<(i64, f64)> {
    match value {
        Value::Number(number) => vec![(-1, number)],
        Value::Line(line) => line
            .points
            .iter()
            .map(|(at, it)| ((at - FROM) / 60, *it))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_function_of_a_line() {
    for (text, wanted) in [
        ("m1 + m2", &[(0, 11.0), (3, 44.0)][..]),
        ("m1 * 2 - 1", &[(0, 1.0), (1, 3.0), (3, 7.0)]),
        ("10 / m1", &[(0, 10.0), (1, 5.0), (3, 2.5)]),
        ("m1 / 0", &[]),
        ("m1 ^ 2", &[(0, 1.0), (1, 4.0), (3, 16.0)]),
        ("-m1", &[(0, -1.0), (1, -2.0), (3, -4.0)]),
        ("m1 > 1", &[(0, 0.0), (1, 1.0), (3, 1.0)]),
        ("m1 >= 2 AND m1 < 4", &[(0, 0.0), (1, 1.0), (3, 0.0)]),
        ("m1 == 1 OR m1 != 4", &[(0, 1.0), (1, 1.0), (3, 0.0)]),
        ("ABS(-m1)", &[(0, 1.0), (1, 2.0), (3, 4.0)]),
        ("CEIL(m1/2)", &[(0, 1.0), (1, 1.0), (3, 2.0)]),
        ("FLOOR(m1/2)", &[(0, 0.0), (1, 1.0), (3, 2.0)]),
        (
            "LOG10(m2)",
            &[(0, 1.0), (2, 30f64.log10()), (3, 40f64.log10())],
        ),
        ("LOG(m1)", &[(0, 0.0), (1, 2f64.ln()), (3, 4f64.ln())]),
        ("AVG(m1)", &[(-1, 7.0 / 3.0)]),
        ("SUM(m1)", &[(-1, 7.0)]),
        ("MIN(m1)", &[(-1, 1.0)]),
        ("MAX(m1)", &[(-1, 4.0)]),
        ("DATAPOINT_COUNT(m1)", &[(-1, 3.0)]),
        (
            "DATAPOINT_COUNT(METRICS())",
            &[(0, 2.0), (1, 1.0), (2, 1.0), (3, 2.0)],
        ),
        ("METRIC_COUNT(METRICS())", &[(-1, 2.0)]),
        (
            "SUM(METRICS())",
            &[(0, 11.0), (1, 2.0), (2, 30.0), (3, 44.0)],
        ),
        ("SUM(METRICS(\"m2\"))", &[(0, 10.0), (2, 30.0), (3, 40.0)]),
        ("AVG([m1, m2])", &[(0, 5.5), (1, 2.0), (2, 30.0), (3, 22.0)]),
        ("MIN([m1, m2])", &[(0, 1.0), (1, 2.0), (2, 30.0), (3, 4.0)]),
        (
            "MAX([m1, m2])",
            &[(0, 10.0), (1, 2.0), (2, 30.0), (3, 40.0)],
        ),
        (
            "STDDEV([m1, m2])",
            &[(0, 4.5), (1, 0.0), (2, 0.0), (3, 18.0)],
        ),
        (
            "m1 / SUM(m1)",
            &[(0, 1.0 / 7.0), (1, 2.0 / 7.0), (3, 4.0 / 7.0)],
        ),
        ("DIFF(m1)", &[(1, 1.0), (3, 2.0)]),
        ("DIFF_TIME(m1)", &[(1, 60.0), (3, 120.0)]),
        ("RATE(m1)", &[(1, 1.0 / 60.0), (3, 2.0 / 120.0)]),
        ("RUNNING_SUM(m1)", &[(0, 1.0), (1, 3.0), (3, 7.0)]),
        ("PERIOD(m1)", &[(-1, 60.0)]),
        ("FILL(m1, 0)", &[(0, 1.0), (1, 2.0), (2, 0.0), (3, 4.0)]),
        (
            "FILL(m1, REPEAT)",
            &[(0, 1.0), (1, 2.0), (2, 2.0), (3, 4.0)],
        ),
        (
            "FILL(m1, LINEAR)",
            &[(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0)],
        ),
        ("FILL(m1, m2)", &[(0, 1.0), (1, 2.0), (2, 30.0), (3, 4.0)]),
        ("FILL(empty, 9)", &[(0, 9.0), (1, 9.0), (2, 9.0), (3, 9.0)]),
        ("IF(m1 > 1, m2, 0)", &[(0, 0.0), (1, 0.0), (3, 40.0)]),
        ("IF(m1 > 1, 9, m2)", &[(0, 10.0), (1, 9.0), (3, 9.0)]),
        ("IF(m1 < 4, 9, empty)", &[(0, 9.0), (1, 9.0)]),
        ("IF(m1 > 1, m1)", &[(1, 2.0), (3, 4.0)]),
        ("IF(1, m1, m2)", &[(0, 1.0), (1, 2.0), (3, 4.0)]),
        ("IF(1, m1)", &[(0, 1.0), (1, 2.0), (3, 4.0)]),
        ("IF(0, m1)", &[]),
        // As AWS's documentation shows them: where one of two has no point it counts as 0.
        ("m1 < m2", &[(0, 1.0), (1, 0.0), (2, 1.0), (3, 1.0)]),
        ("m2 == 0", &[(0, 0.0), (2, 0.0), (3, 0.0)]),
        (
            "m1 > 1 AND m2 > 1",
            &[(0, 0.0), (1, 0.0), (2, 0.0), (3, 1.0)],
        ),
        (
            "m1 > 1 || m2 > 1",
            &[(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0)],
        ),
        (
            "SUM([m1, empty] < m2)",
            &[(0, 2.0), (1, 0.0), (2, 2.0), (3, 2.0)],
        ),
        ("FIRST(METRICS())", &[(0, 1.0), (1, 2.0), (3, 4.0)]),
        ("LAST(METRICS())", &[(0, 10.0), (2, 30.0), (3, 40.0)]),
        (
            "FIRST(SLICE(METRICS(), 1))",
            &[(0, 10.0), (2, 30.0), (3, 40.0)],
        ),
        ("METRIC_COUNT(SLICE(METRICS(), 0, 1))", &[(-1, 1.0)]),
        (
            "FIRST(SORT(METRICS(), MAX, DESC))",
            &[(0, 10.0), (2, 30.0), (3, 40.0)],
        ),
        (
            "FIRST(SORT(METRICS(), AVG, ASC, 1))",
            &[(0, 1.0), (1, 2.0), (3, 4.0)],
        ),
        ("METRIC_COUNT(SORT(METRICS(), SUM, ASC, 1))", &[(-1, 1.0)]),
        ("METRIC_COUNT(REMOVE_EMPTY([m1, empty]))", &[(-1, 1.0)]),
        ("TIME_SERIES(3)", &[(0, 3.0), (1, 3.0), (2, 3.0), (3, 3.0)]),
        ("SUM(SEARCH('{App}', 'Sum', 60))", &[(0, 5.0)]),
        // Without gaps, whatever the line has.
        ("MINUTE(m1)", &[(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)]),
        ("HOUR(e1) - m1", &[(0, 9.0), (1, 8.0), (3, 6.0)]),
        // A Sunday.
        ("DAY(empty) * e1", &[(0, 49.0)]),
        ("DATE(e1) + e1", &[(0, 29.0)]),
        ("MONTH(e1) + e1", &[(0, 18.0)]),
        ("YEAR(e1) + e1", &[(0, 2033.0)]),
        ("EPOCH(e1) + e1 * 0", &[(0, FROM as f64)]),
        ("IF(DAY(m1) < 6, m1)", &[]),
        ("IF(MINUTE(m1) >= 2, m2)", &[(2, 30.0), (3, 40.0)]),
    ] {
        let found = run(text).map(points);
        assert_eq!(found, Ok(wanted.to_vec()), "{text}");
    }
}

#[test]
fn lists_keep_their_lines_apart() {
    let Ok(Value::Lines(lines)) = run("METRICS() * 2") else {
        panic!("a list");
    };
    let labels: Vec<&str> = lines.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["m1", "m2"]);
    let Ok(Value::Lines(filled)) = run("FILL(METRICS(), 0)") else {
        panic!("a list");
    };
    assert!(filled.iter().all(|it| it.points.len() == 4));
}

#[test]
fn what_cannot_be_done_is_said() {
    for (text, said) in [
        ("m3 + 1", "Undefined variable 'm3'"),
        (
            "METRICS() + METRICS()",
            "Unsupported operand type(s) for +: 'Array of Time Series' and 'Array of Time Series'",
        ),
        ("AVG(3)", "Unsupported operand type(s) for AVG: 'Scalar'"),
        ("AVG()", "The function AVG does not take 0 arguments"),
        ("IF(m1)", "The function IF does not take 1 arguments"),
        ("NO_SUCH(m1)", "Unknown function 'NO_SUCH'"),
        (
            "INSIGHT_RULE_METRIC(m1)",
            "INSIGHT_RULE_METRIC takes the name of a rule and UniqueContributors, MaxContributorValue, SampleCount, Sum, Minimum, Maximum or Average",
        ),
        (
            "SORT(METRICS(), MEDIAN, ASC)",
            "SORT does not know the function 'MEDIAN'",
        ),
        ("SLICE(METRICS(), -1)", "-1 is no place in an array"),
        (
            "'a' + 1",
            "Unsupported operand type(s) for +: 'String' and 'Scalar'",
        ),
    ] {
        assert_eq!(run(text), Err(Bad::new(said)), "{text}");
    }
}

#[test]
fn a_band_has_an_upper_and_a_lower_bound_at_each_moment() {
    let Ok(Value::Lines(lines)) = run("ANOMALY_DETECTION_BAND(m2, 1)") else {
        panic!("no lines");
    };
    let labels: Vec<&str> = lines.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["m2 (expected)"; 2]);
    for (line, wanted) in lines.iter().zip([7.0, 5.0]) {
        let times: Vec<i64> = line.points.iter().map(|it| it.0 - FROM).collect();
        assert_eq!(times, [0, 60, 120, 180], "also where nothing was measured");
        assert!(
            line.values().all(|it| (it - wanted).abs() < 0.1),
            "{line:?}"
        );
    }
    let first = run("FIRST(ANOMALY_DETECTION_BAND(m2)) - LAST(ANOMALY_DETECTION_BAND(m2, 2))");
    let wide = points(first.unwrap());
    assert!(wide.iter().all(|it| (it.1 - 4.0).abs() < 0.2), "{wide:?}");
    // Too little is known of the other.
    let Ok(Value::Lines(lines)) = run("ANOMALY_DETECTION_BAND(m1)") else {
        panic!("no lines");
    };
    assert!(lines.len() == 2 && lines.iter().all(|it| it.points.is_empty()));
    for (text, said) in [
        (
            "ANOMALY_DETECTION_BAND(m1 + 1)",
            "ANOMALY_DETECTION_BAND takes the id of a metric or expression, and a number",
        ),
        (
            "ANOMALY_DETECTION_BAND(m1, 0)",
            "The second argument of ANOMALY_DETECTION_BAND must be a positive number",
        ),
        ("ANOMALY_DETECTION_BAND(m9)", "Undefined variable 'm9'"),
    ] {
        assert_eq!(run(text), Err(Bad::new(said)), "{text}");
    }
}

/// Each value is an array of a hundred of the one before.
#[test]
fn arrays_of_arrays_end_with_the_budget() {
    let budget = Budget::default();
    let mut values = BTreeMap::from([("v0".to_owned(), line("m", &[(FROM, 1.0)]))]);
    let mut refused = Vec::new();
    for level in 0..3 {
        let given = Given {
            values: &values,
            metrics: &[],
            searches: &BTreeMap::new(),
            rules: &BTreeMap::new(),
            bands: &BTreeMap::new(),
            quotas: &Quotas::default(),
            from: FROM,
            to: FROM + 240,
            period: 60,
            budget: &budget,
        };
        let text = format!("[{}]", vec![format!("v{level}"); 100].join(","));
        let value = evaluate(&parse(&text).unwrap(), &given);
        refused.push(value.clone().err().map(|it| it.0));
        values.insert(
            format!("v{}", level + 1),
            value.unwrap_or(Value::Number(0.0)),
        );
    }
    let said = Some("The expressions would make too many datapoints".to_owned());
    assert_eq!(refused, [None, None, said]);
}

#[test]
fn what_fills_and_repeats_is_made_within_the_budget() {
    // A month of minutes is within the bound of one line, 500 of them are not.
    let values = BTreeMap::from([("all".to_owned(), Value::Lines(vec![Line::default(); 500]))]);
    for text in ["FILL(all, 1)", "[FILL(all, 1), FILL(all, 1)]"] {
        let given = Given {
            values: &values,
            metrics: &[],
            searches: &BTreeMap::new(),
            rules: &BTreeMap::new(),
            bands: &BTreeMap::new(),
            quotas: &Quotas::default(),
            from: 0,
            to: 60 * 100_000,
            period: 60,
            budget: &Budget::default(),
        };
        assert!(evaluate(&parse(text).unwrap(), &given).is_err(), "{text}");
    }
}

/// Each line of an array that is compared has the points of the other side, too.
#[test]
fn what_is_compared_is_made_within_the_budget() {
    let long = (0..50_000).map(|at| (at * 60, 1.0)).collect::<Vec<_>>();
    let values = BTreeMap::from([
        ("all".to_owned(), Value::Lines(vec![Line::default(); 500])),
        ("long".to_owned(), line("long", &long)),
    ]);
    for (text, fits) in [
        ("all > long", false),
        ("long > all", false),
        ("all + long", true),
    ] {
        let given = Given {
            values: &values,
            metrics: &[],
            searches: &BTreeMap::new(),
            rules: &BTreeMap::new(),
            bands: &BTreeMap::new(),
            quotas: &Quotas::default(),
            from: 0,
            to: 60 * 50_000,
            period: 60,
            budget: &Budget::default(),
        };
        let made = evaluate(&parse(text).unwrap(), &given);
        assert_eq!(made.is_ok(), fits, "{text}");
    }
}

/// A text of 2,048 characters on a small stack.
#[test]
fn a_long_chain_takes_no_stack() {
    let work = || {
        let text = vec!["1"; 1024].join("+");
        let sum = run(&text);
        // What holds such trees goes the same way.
        let tree = parse(&text).unwrap();
        assert_eq!(tree.clone(), tree);
        sum
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let sum = thread.spawn(work).unwrap().join().unwrap();
    assert_eq!(sum, Ok(Value::Number(1024.0)));
}

proptest! {
    #[test]
    fn any_expression_comes_to_something_or_is_refused(
        text in "(AVG|SUM|FILL|IF|SORT|SLICE|RATE|DIFF|FIRST|METRICS|TIME_SERIES|ABS)\\((m1|m2|\\[m1,m2\\]|\\[\\[m1,m2\\],METRICS\\(\\)\\]|METRICS\\(\\)|1|'x')(,(0|REPEAT|LINEAR|m1|SUM)){0,3}\\)( [+*/^<-] (m1|2|METRICS\\(\\))){0,40}"
    ) {
        let _ = run(&text);
    }
}

fn quotas() -> Quotas {
    let quotas = Quotas::default();
    quotas.say(|service, operation| {
        let is_known = (service, operation) == ("CloudWatch", "PutMetricData");
        is_known.then_some(500.0)
    });
    quotas.say_of_resources(|service, resource| {
        let is_known = (service, resource) == ("CloudWatch", "InsightRule");
        is_known.then_some(100.0)
    });
    quotas
}

fn usage(operation: &str, namespace: &str) -> Value {
    used("CallCount", "API", operation, namespace)
}

fn used(name: &str, kind: &str, resource: &str, namespace: &str) -> Value {
    let dimensions = [
        ("Class", "None"),
        ("Resource", resource),
        ("Service", "CloudWatch"),
        ("Type", kind),
    ];
    let Value::Line(line) = line(name, &[(FROM + 60, 9000.0)]) else {
        panic!("it is a line");
    };
    let source = Source {
        metric: wharf_series::Metric {
            account: "1".to_owned(),
            region: "r".to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions.map(|(a, b)| (a.to_owned(), b.to_owned())).into(),
        },
        stat: "Sum".to_owned(),
    };
    Value::Line(Line {
        of: Some(Arc::new(source)),
        ..line
    })
}

#[test]
fn a_quota_is_that_of_the_operation_that_a_metric_counts() {
    let values = BTreeMap::from([
        ("m1".to_owned(), usage("PutMetricData", "AWS/Usage")),
        ("m2".to_owned(), usage("ListMetrics", "AWS/Usage")),
        ("m3".to_owned(), usage("PutMetricData", "App")),
        (
            "m4".to_owned(),
            used("ResourceCount", "Resource", "InsightRule", "AWS/Usage"),
        ),
        (
            "m5".to_owned(),
            used("ResourceCount", "Resource", "PutMetricData", "AWS/Usage"),
        ),
        (
            "m6".to_owned(),
            used("ResourceCount", "API", "InsightRule", "AWS/Usage"),
        ),
    ]);
    let run = |text: &str| {
        let given = Given {
            values: &values,
            metrics: &[],
            searches: &BTreeMap::new(),
            rules: &BTreeMap::new(),
            bands: &BTreeMap::new(),
            quotas: &quotas(),
            from: FROM,
            to: FROM + 240,
            period: 60,
            budget: &Budget::default(),
        };
        evaluate(&parse(text).unwrap(), &given)
    };
    let all: Vec<(i64, f64)> = (0..4).map(|at| (at, 500.0)).collect();
    assert_eq!(points(run("SERVICE_QUOTA(m1)").unwrap()), all);
    let part = run("m1 / 60 / SERVICE_QUOTA(m1) * 100").unwrap();
    assert_eq!(points(part), [(1, 30.0)]);
    assert_eq!(points(run("SERVICE_QUOTA(m2)").unwrap()), [], "unbounded");
    let all: Vec<(i64, f64)> = (0..4).map(|at| (at, 100.0)).collect();
    assert_eq!(points(run("SERVICE_QUOTA(m4)").unwrap()), all);
    assert_eq!(points(run("SERVICE_QUOTA(m5)").unwrap()), [], "unbounded");
    for bad in [
        "SERVICE_QUOTA(m3)",
        "SERVICE_QUOTA(m6)",
        "SERVICE_QUOTA(1)",
        "SERVICE_QUOTA()",
    ] {
        assert!(run(bad).is_err(), "{bad}");
    }
}
