//! The same questions to Prometheus itself: `promtool test rules` evaluates each over the same series. It is looked for
//! in `PROMTOOL` and in the usual folders; without it the test says so and asks nothing.

use std::{fmt::Write as _, path::PathBuf, process::Command};

use wharf_promql::{Budget, Labels, Outcome, Query, Series, Times};

const SERIES: [(&str, &str); 9] = [
    ("hits{job=\"a\",code=\"200\"}", "0+15x40"),
    ("hits{job=\"a\",code=\"500\"}", "1+1.5x20 0+2x19"),
    ("hits{job=\"b\",code=\"200\"}", "5 _ 9 12 _ _ 20+3x34"),
    ("limit{job=\"a\"}", "100x40"),
    ("limit{job=\"b\"}", "50-1x40"),
    ("took_bucket{le=\"0.1\",job=\"a\"}", "0+2x40"),
    ("took_bucket{le=\"1\",job=\"a\"}", "0+6x40"),
    ("took_bucket{le=\"+Inf\",job=\"a\"}", "0+7x40"),
    ("odd{x=\"1\"}", "NaN Inf -Inf 3 3 2 8x34"),
];

const QUERIES: [&str; 66] = [
    "hits",
    "rate(hits[5m])",
    "rate(hits[100s])",
    "increase(hits[2m])",
    "irate(hits[1m])",
    "idelta(limit[1m])",
    "delta(limit[90s])",
    "deriv(hits[3m])",
    "predict_linear(hits[3m], 60)",
    "holt_winters(hits[3m], 0.3, 0.6)",
    "changes(hits[5m])",
    "resets(hits[10m])",
    "avg_over_time(hits[5m])",
    "sum_over_time(odd[10m])",
    "min_over_time(odd[10m])",
    "max_over_time(odd[5m])",
    "stddev_over_time(hits[5m])",
    "stdvar_over_time(hits[5m])",
    "quantile_over_time(0.9, hits[5m])",
    "last_over_time(hits[5m])",
    "present_over_time(hits[5m])",
    "count_over_time(hits[5m] offset 3m)",
    "hits offset 2m",
    "hits @ 130",
    "rate(hits[1m] @ 200)",
    "max_over_time(rate(hits[1m])[5m:30s])",
    "sum_over_time(limit[4m:])",
    "sum by (job) (hits)",
    "sum without (job) (hits)",
    "avg(hits)",
    "min by (code) (hits)",
    "max(hits)",
    "count by (code) (hits)",
    "group by (job) (hits)",
    "stddev(hits)",
    "stdvar(hits)",
    "topk(2, hits)",
    "bottomk by (job) (1, hits)",
    "quantile(0.3, hits)",
    "count_values(\"v\", limit)",
    "hits / ignoring(code) group_left limit",
    "limit * on(job) group_right hits",
    "hits{code=\"500\"} - on(job) limit",
    "hits > 100",
    "hits > bool on(job) group_left limit",
    "hits{code=\"500\"} < on(job) limit",
    "hits and on(job) (limit > 60)",
    "hits or limit",
    "hits unless on(job) (limit > 60)",
    "histogram_quantile(0.5, took_bucket)",
    "histogram_quantile(0.9, rate(took_bucket[5m]))",
    "histogram_quantile(0.99, sum by (le) (took_bucket))",
    "label_replace(hits, \"to\", \"$2-$1\", \"job\", \"(.)(.*)\")",
    "label_join(hits, \"to\", \"-\", \"job\", \"code\")",
    "clamp(hits, 50, 200)",
    "clamp_max(hits, 60) + clamp_min(limit{job=\"a\"}, 5) * 0",
    "round(hits / 7, 0.5)",
    "abs(-limit) + ceil(limit / 3) + floor(limit / 3) ",
    "sqrt(limit) + ln(limit) + log2(limit) + log10(limit) + exp(limit / 100)",
    "sin(limit) + cos(limit) + atan(limit) + deg(limit) + rad(limit) + sgn(limit)",
    "absent(nothing{a=\"b\",c=~\"d\"})",
    "absent_over_time(nothing{a=\"b\"}[5m])",
    "timestamp(hits)",
    "hour() + minute() + vector(time()) + day_of_week(vector(1e9)) + days_in_month(vector(951782400))",
    "-limit ^ 2 % 7",
    "limit atan2 on(job) hits{code=\"200\"}",
];

fn promtool() -> Option<PathBuf> {
    let named = std::env::var_os("PROMTOOL").map(PathBuf::from);
    let usual = ["/usr/bin/promtool", "/usr/local/bin/promtool"].map(PathBuf::from);
    named.into_iter().chain(usual).find(|it| it.is_file())
}

/// `0+15x2 _ 3` as promtool reads it: a value every 15 seconds.
fn samples(text: &str) -> Vec<(i64, f64)> {
    let mut values: Vec<Option<f64>> = Vec::new();
    for part in text.split(' ') {
        if part == "_" {
            values.push(None);
            continue;
        }
        let Some((start, times)) = part.split_once('x') else {
            values.push(Some(part.parse().unwrap()));
            continue;
        };
        let sign = start[1..].find(['+', '-']).map(|it| it + 1);
        let (first, by): (f64, f64) = match sign {
            Some(at) => (start[..at].parse().unwrap(), start[at..].parse().unwrap()),
            None => (start.parse().unwrap(), 0.0),
        };
        let times: i32 = times.parse().unwrap();
        values.extend((0..=times).map(|it| Some(first + by * f64::from(it))));
    }
    let all = values.into_iter().enumerate();
    all.filter_map(|(at, it)| Some((at as i64 * 15_000, it?)))
        .collect()
}

fn labels(text: &str) -> Labels {
    let (name, rest) = text.split_once('{').unwrap();
    let mut all = vec![("__name__".to_owned(), name.to_owned())];
    for pair in rest.trim_end_matches('}').split(',') {
        let (name, value) = pair.split_once('=').unwrap();
        all.push((name.to_owned(), value.trim_matches('"').to_owned()));
    }
    Labels::new(all)
}

fn ours(text: &str, at: i64) -> Vec<(Labels, f64)> {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let times = Times {
        default_step: 15_000,
        ..Times::at(at)
    };
    let read = query.selections(times).into_iter().map(|it| {
        let all = SERIES.iter().map(|(of, values)| Series {
            labels: labels(of),
            samples: samples(values),
        });
        let within = all.filter(|s| it.matchers.iter().all(|m| m.fits(&s.labels)));
        let cut = within.map(|s| Series {
            samples: s
                .samples
                .into_iter()
                .filter(|p| (it.from..=it.to).contains(&p.0))
                .collect(),
            ..s
        });
        cut.collect()
    });
    let read: Vec<Vec<Series>> = read.collect();
    match query.instant(times, &read, Budget::default()) {
        Ok(Outcome::Vector(all)) => all,
        other => panic!("{text}: {other:?}"),
    }
}

/// Each query is a test that expects what it never gets, so that the tool says what it got.
#[test]
fn answers_are_those_of_prometheus() {
    let Some(promtool) = promtool() else {
        eprintln!("skipped: promtool is not installed, and PROMTOOL does not name it");
        return;
    };
    let mut yaml =
        "evaluation_interval: 15s\ntests:\n  - interval: 15s\n    input_series:\n".to_owned();
    for (series, values) in SERIES {
        let _ = writeln!(
            yaml,
            "      - series: '{series}'\n        values: '{values}'"
        );
    }
    yaml.push_str("    promql_expr_test:\n");
    let moments = [0i64, 95, 300, 437];
    let asked: Vec<(i64, &str)> = moments
        .into_iter()
        .flat_map(|at| QUERIES.iter().map(move |query| (at, *query)))
        .collect();
    for (at, query) in &asked {
        let _ = writeln!(
            yaml,
            "      - expr: '{query}'\n        eval_time: {at}s\n        exp_samples:\n          - labels: 'never'\n            value: 1"
        );
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tests.yml");
    std::fs::write(&file, yaml).unwrap();
    let ran = Command::new(promtool)
        .args(["test", "rules"])
        .arg(&file)
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    let got: Vec<&str> = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("got:"))
        .collect();
    assert_eq!(got.len(), asked.len(), "{said}");
    let mut differ = Vec::new();
    for ((at, query), got) in asked.iter().zip(got) {
        let theirs = read(got.trim());
        let mut ours = ours(query, at * 1000);
        ours.sort_by(|a, b| a.0.cmp(&b.0));
        let alike = ours.len() == theirs.len()
            && ours
                .iter()
                .zip(&theirs)
                .all(|(a, b)| a.0 == b.0 && is_near(a.1, b.1));
        if !alike {
            differ.push(format!(
                "{query} at {at}: {ours:?}, Prometheus has {theirs:?}"
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Sums are not added up in the same order.
fn is_near(ours: f64, theirs: f64) -> bool {
    let off = (ours - theirs).abs();
    ours == theirs || ours.is_nan() && theirs.is_nan() || off <= 1e-9 * theirs.abs().max(1e-3)
}

/// `{__name__="hits", code="200"} 9E+01, …`
fn read(text: &str) -> Vec<(Labels, f64)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let close = rest.find('}').unwrap();
        let pairs = rest[open + 1..close]
            .split(", ")
            .filter(|it| !it.is_empty());
        let pairs = pairs.map(|it| {
            let (name, value) = it.split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('"').to_owned())
        });
        let labels = Labels::new(pairs.collect());
        rest = rest[close + 1..].trim_start();
        let end = rest.find(", ").unwrap_or(rest.len());
        found.push((labels, rest[..end].parse().unwrap()));
        rest = &rest[end..];
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}
