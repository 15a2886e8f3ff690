use super::*;
use crate::labels;

/// Each name with its labels and a value every 15 seconds from 0 on; `None` is a gap.
fn series(pairs: &[(&str, &str)], values: &[Option<f64>]) -> Series {
    let samples = values.iter().enumerate();
    let samples = samples.filter_map(|(at, it)| Some((at as i64 * 15_000, (*it)?)));
    Series {
        labels: labels::of(pairs),
        samples: samples.collect(),
    }
}

fn all() -> Vec<Series> {
    let rising = |by: f64| {
        (0..41)
            .map(|it| Some(f64::from(it) * by))
            .collect::<Vec<_>>()
    };
    vec![
        series(
            &[("__name__", "hits"), ("job", "a"), ("code", "200")],
            &rising(15.0),
        ),
        series(
            &[("__name__", "hits"), ("job", "a"), ("code", "500")],
            &rising(1.5),
        ),
        series(
            &[("__name__", "hits"), ("job", "b"), ("code", "200")],
            &rising(3.0),
        ),
        series(&[("__name__", "limit"), ("job", "a")], &[Some(100.0); 41]),
        series(&[("__name__", "limit"), ("job", "b")], &[Some(50.0); 41]),
        series(
            &[("__name__", "gone")],
            &[Some(1.0), Some(2.0), Some(crate::stale())],
        ),
    ]
}

fn run(text: &str, at: i64) -> Result<Outcome, Error> {
    let query = Query::parse(text)?;
    let times = Times::at(at);
    let series: Vec<Vec<Series>> = query
        .selections(times)
        .iter()
        .map(|it| {
            let fits = |s: &Series| it.matchers.iter().all(|matcher| matcher.fits(&s.labels));
            let mut found: Vec<Series> = all().into_iter().filter(fits).collect();
            // What is not asked for is not there.
            for series in &mut found {
                series
                    .samples
                    .retain(|sample| (it.from..=it.to).contains(&sample.0));
            }
            found
        })
        .collect();
    query.instant(times, &series, Budget::default())
}

fn check(text: &str, wanted: &[&str]) {
    let shown = match run(text, 600_000).unwrap() {
        Outcome::Scalar(it) => vec![shown(it)],
        Outcome::Vector(all) => {
            let all = all
                .into_iter()
                .map(|(labels, value)| format!("{labels} {}", shown(value)));
            all.collect()
        }
        other => panic!("{text} is {other:?}"),
    };
    assert_eq!(shown, wanted, "{text}");
}

#[test]
fn by_hand() {
    check("1 + 2 * 3 ^ 2 % 5", &["4"]);
    check("sum(hits)", &["{} 780"]);
    check(
        "sum by (job) (hits)",
        &["{job=\"a\"} 660", "{job=\"b\"} 120"],
    );
    check("hits{code=\"500\"} / on(job) limit", &["{job=\"a\"} 0.6"]);
    check(
        "hits / ignoring(code) group_left limit",
        &[
            "{code=\"200\", job=\"a\"} 6",
            "{code=\"500\", job=\"a\"} 0.6",
            "{code=\"200\", job=\"b\"} 2.4",
        ],
    );
    check(
        "rate(hits{job=\"b\"}[5m])",
        &["{code=\"200\", job=\"b\"} 0.2"],
    );
    check(
        "increase(hits{code=\"500\"}[1m])",
        &["{code=\"500\", job=\"a\"} 6"],
    );
    check("limit > 60", &["limit{job=\"a\"} 100"]);
    check("limit > bool 60", &["{job=\"a\"} 1", "{job=\"b\"} 0"]);
    check("topk(1, limit)", &["limit{job=\"a\"} 100"]);
    check(
        "limit and on(job) hits{code=\"500\"}",
        &["limit{job=\"a\"} 100"],
    );
    check(
        "limit unless on(job) hits{code=\"500\"}",
        &["limit{job=\"b\"} 50"],
    );
    check("absent(nothing{job=\"x\"})", &["{job=\"x\"} 1"]);
    check("absent(limit)", &[]);
    check(
        "max_over_time(hits{job=\"b\"}[1m] offset 5m)",
        &["{code=\"200\", job=\"b\"} 60"],
    );
    check("hits{job=\"b\"} @ 30", &["hits{code=\"200\", job=\"b\"} 6"]);
    check(
        "count_over_time(hits{job=\"b\"}[2m:30s])",
        &["{code=\"200\", job=\"b\"} 5"],
    );
    check(
        "label_replace(limit{job=\"a\"}, \"x\", \"$1-y\", \"job\", \"(.)\")",
        &["limit{job=\"a\", x=\"a-y\"} 100"],
    );
    check("quantile(0.5, limit)", &["{} 75"]);
    check(
        "count_values(\"v\", limit)",
        &["{v=\"100\"} 1", "{v=\"50\"} 1"],
    );
    check("scalar(limit{job=\"a\"}) + time()", &["700"]);
    check("-limit{job=\"a\"}", &["{job=\"a\"} -100"]);
}

#[test]
fn a_series_that_ended_is_not_there() {
    let at = |at| run("gone", at).unwrap();
    assert!(matches!(at(29_000), Outcome::Vector(all) if all[0].1 == 2.0));
    assert_eq!(at(30_000), Outcome::Vector(Vec::new()));
    let counted = run("count_over_time(gone[1m])", 45_000).unwrap();
    assert!(matches!(counted, Outcome::Vector(all) if all[0].1 == 2.0));
}

#[test]
fn what_has_no_answer_says_so() {
    for (text, wanted) in [
        ("limit * on(job) hits", "found duplicate"),
        ("hits * on(job) limit", "multiple matches"),
        (
            "label_replace(hits, \"code\", \"\", \"code\", \".*\")",
            "same labelset",
        ),
        ("topk(scalar(nothing), limit)", "overflows"),
    ] {
        match run(text, 600_000) {
            Err(Error::Execution(error)) => assert!(error.contains(wanted), "{text}: {error}"),
            other => panic!("{text} is {other:?}"),
        }
    }
}

#[test]
fn work_is_bounded() {
    let query = Query::parse("sum_over_time(sum_over_time(hits[10m:1s])[10m:1s])").unwrap();
    let times = Times::at(600_000);
    let series = vec![all()];
    let found = query.instant(
        times,
        &series,
        Budget {
            work: 1_000_000,
            points: 1_000_000,
        },
    );
    assert_eq!(found, Err(Error::Budget("work")));
    let query = Query::parse("vector(1)[10m:1s]").unwrap();
    let found = query.instant(
        times,
        &[],
        Budget {
            work: 1_000_000,
            points: 100,
        },
    );
    assert_eq!(found, Err(Error::Budget("points")));
}

#[test]
fn values_that_functions_make_are_bounded() {
    let nested = |depth: usize| {
        let mut text = "hits".to_owned();
        for _ in 0..depth {
            text = format!("label_replace({text}, \"job\", \"$0$0$0$0\", \"job\", \".*\")");
        }
        text
    };
    run(&nested(6), 600_000).unwrap();
    let refused = |text: &str| match run(text, 600_000) {
        Err(Error::Execution(why)) => assert!(why.contains("more than 4096 bytes"), "{why}"),
        other => panic!("{text}: {other:?}"),
    };
    refused(&nested(7));
    refused(&nested(40));
    let replacement = "$0".repeat(30_000);
    let wide = format!(
        "label_replace({}, \"x\", \"{replacement}\", \"job\", \".*\")",
        nested(6)
    );
    refused(&wide);
    let separator = "-".repeat(2050);
    refused(&format!(
        "label_join(hits, \"x\", \"{separator}\", \"job\", \"job\", \"job\")"
    ));
    let names = ", \"job\"".repeat(63);
    let many = format!("label_join(hits, \"x\", \"\"{names})");
    assert!(matches!(run(&many, 600_000), Err(Error::Parse(_))));
}

#[test]
fn what_is_made_is_paid_for_by_its_bytes() {
    let long = "a".repeat(4000);
    let text = format!("label_replace(hits, \"x\", \"{long}\", \"job\", \".*\")");
    let query = Query::parse(&text).unwrap();
    let budget = Budget {
        work: 8_000,
        points: 100,
    };
    let times = Times::at(600_000);
    let found = query.instant(times, &[all()], budget);
    assert_eq!(found, Err(Error::Budget("work")));
}

#[test]
fn an_evaluation_ends_when_it_is_stopped() {
    let query = Query::parse("sum(hits)").unwrap();
    let stop = query.stop();
    let times = Times::at(600_000);
    query.instant(times, &[all()], Budget::default()).unwrap();
    stop.stop();
    let stopped = query.instant(times, &[all()], Budget::default());
    assert_eq!(stopped, Err(Error::Stopped));
    let times = Times::between(0, 600_000, 1);
    let stopped = query.range(times, &[all()], Budget::default());
    assert_eq!(stopped.unwrap_err(), Error::Stopped);
}

#[test]
fn regular_expressions_of_a_query_are_bounded_together() {
    let each = |prefix: &str, many: usize| {
        let all = (0..many).map(|it| format!("up{{job=~\"{prefix}{it}.*\"}}"));
        all.collect::<Vec<_>>().join(" or ")
    };
    Query::parse(&each("a", 60)).unwrap();
    assert!(matches!(Query::parse(&each("a", 65)), Err(Error::Parse(_))));
    let texts = [each("a", 1), each("b", 1)];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    crate::selectors(&texts).unwrap();
    let many: Vec<String> = (0..65)
        .map(|it| format!("up{{job=~\"a{it}.*\"}}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(crate::selectors(&many).is_err());
}
