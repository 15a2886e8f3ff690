use serde_json::json;

use super::*;

const NOW_S: i64 = 1_800_000_000;

fn read(text: &str) -> Result<Widget, String> {
    let now = Timestamp::from_millis(NOW_S * 1000);
    widget(text, now, "000000000000", "us-east-1").map_err(|it| it.to_string())
}

fn with(members: Value) -> Result<Widget, String> {
    let mut whole = json!({"metrics": [["App", "Latency"]]});
    for (name, value) in members.as_object().unwrap() {
        whole[name] = value.clone();
    }
    read(&whole.to_string())
}

#[test]
fn what_is_not_said_has_defaults() {
    let it = with(json!({})).unwrap();
    assert_eq!(
        (it.width, it.height, it.view, it.stacked),
        (600, 400, View::TimeSeries, false)
    );
    assert_eq!((it.range.from, it.range.to), (NOW_S - 3 * 3600, NOW_S));
    let stat = it.queries[0].metric_stat.as_ref().unwrap();
    assert_eq!(
        (stat.period, stat.stat.as_deref()),
        (Some(300), Some("Average"))
    );
}

#[test]
fn metrics_may_repeat_those_before() {
    let it = with(json!({"metrics": [
        ["App", "Latency", "Host", "a", "Zone", "1"],
        [".", "Errors", ".", "b", ".", "."],
        ["...", {"stat": "Sum"}],
        [{"expression": "m1 * 2", "id": "twice", "label": "Twice"}],
        ["...", "2", {"id": "m1", "period": 60, "visible": false, "yAxis": "right"}],
    ]}))
    .unwrap();
    let shown: Vec<String> = it
        .queries
        .iter()
        .map(|it| match &it.metric_stat {
            None => it.expression.clone().unwrap(),
            Some(of) => {
                let metric = of.metric.as_ref().unwrap();
                let values = metric.dimensions.iter().flatten();
                let values: Vec<&str> = values.filter_map(|it| it.value.as_deref()).collect();
                format!(
                    "{} {} {}",
                    metric.metric_name.as_deref().unwrap(),
                    values.join(" "),
                    of.stat.as_deref().unwrap()
                )
            }
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Latency a 1 Average",
            "Errors b 1 Average",
            "Errors b 1 Sum",
            "m1 * 2",
            "Errors b 2 Average"
        ]
    );
    let ids: Vec<&str> = it.shown.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["metric1", "metric2", "metric3", "twice"]);
    assert_eq!(it.queries[3].period, Some(300));
    assert_eq!(it.queries[4].return_data, Some(false));
}

#[test]
fn times_are_moments_or_spans() {
    for (text, wanted) in [
        ("-PT3H", Some(NOW_S - 10_800)),
        ("-P1DT1H30M", Some(NOW_S - 91_800)),
        ("P0D", Some(NOW_S)),
        ("-P1W", Some(NOW_S - 604_800)),
        ("2027-01-15T08:00:00Z", Some(NOW_S)),
        ("-P", None),
        ("-PT", None),
        ("-P3", None),
        ("-PT3D", None),
        ("-P99999999999999999999D", None),
        ("-P9999999D", None),
        ("-Pé", None),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
    ] {
        assert_eq!(moment(text, NOW_S), wanted, "{text}");
    }
}

#[test]
fn annotations_are_lines_or_bands_of_values_and_moments() {
    let it = with(json!({"annotations": {
        "horizontal": [
            [{"value": 2, "label": "much", "color": "#0000ff", "yAxis": "right"}, {"value": 1, "label": "little"}],
            {"value": 3, "visible": false},
        ],
        "vertical": [
            {"value": "2027-01-15T08:00:00Z", "label": "deployed", "fill": "after"},
            [{"value": "2027-01-15T08:00:00Z"}, {"value": "2027-01-15T08:01:00Z", "label": "over"}],
        ],
    }}))
    .unwrap();
    let [rule] = &it.rules[..] else {
        panic!("one that is visible");
    };
    let edges: Vec<_> = rule.mark.edges().collect();
    assert_eq!(edges, [(2.0, "much"), (1.0, "little")]);
    assert_eq!(
        (rule.side, rule.mark.colour),
        (Side::Right, Some((0, 0, 255)))
    );
    let [deployed, band] = &it.moments[..] else {
        panic!("two moments");
    };
    assert_eq!((deployed.at, deployed.fill), (NOW_S, Fill::Above));
    let edges: Vec<_> = band.edges().collect();
    assert_eq!(edges, [(NOW_S, ""), (NOW_S + 60, "over")]);
    assert!(band.is_filled() && deployed.is_filled());
}

#[test]
fn what_is_not_drawn_is_refused_by_name() {
    for (members, wanted) in [
        (json!({"liveData": true}), "liveData is not supported"),
        (
            json!({"view": "pie"}),
            "view must be one of timeSeries, singleValue",
        ),
        (
            json!({"yAxis": {"left": {"showUnits": false}}}),
            "yAxis.left.showUnits is not supported",
        ),
        (
            json!({"yAxis": {"left": {"min": 2, "max": 1}}}),
            "yAxis.left.min must be less than yAxis.left.max",
        ),
        (json!({"yAxis": []}), "yAxis has no value that is valid"),
        (
            json!({"annotations": {"alarms": []}}),
            "annotations.alarms is not supported",
        ),
        (
            json!({"annotations": {"vertical": [{"value": 7}]}}),
            "annotations.vertical[0].value has no value that is valid",
        ),
        (
            json!({"annotations": {"vertical": [{"value": "2027-01-15T08:00:00Z", "yAxis": "left"}]}}),
            "annotations.vertical[0].yAxis is not supported",
        ),
        (
            json!({"annotations": {"vertical": [{"value": "2027-01-15T08:00:00Z", "fill": "above"}]}}),
            "annotations.vertical[0].fill must be one of none, after, before",
        ),
        (
            json!({"annotations": {"horizontal": [[{"value": 1}]]}}),
            "annotations.horizontal[0] must be an object, or two for the edges of a band",
        ),
        (
            json!({"annotations": {"horizontal": [[{"value": 1}, {"value": 2, "fill": "above"}]]}}),
            "annotations.horizontal[0][1].fill is not supported",
        ),
        (
            json!({"annotations": {"horizontal": [{"label": "x"}]}}),
            "annotations.horizontal[0].value has no value that is valid",
        ),
        (
            json!({"legend": {"position": "right"}}),
            "legend.position must be one of bottom, hidden",
        ),
        (json!({"width": 0}), "width has no value that is valid"),
        (json!({"height": 2001}), "height has no value that is valid"),
        (
            json!({"region": "eu-west-1"}),
            "metrics[0] is of another region, and its metrics are not read from here",
        ),
        (
            json!({"start": "PT1H"}),
            "start must be before end, by 5000 days at most",
        ),
        (
            json!({"metrics": []}),
            "metrics must name a metric or an expression that is visible",
        ),
        (
            json!({"metrics": [["App", "X", {"colour": "#fff"}]]}),
            "metrics[0].colour is not supported",
        ),
        (
            json!({"metrics": [["App", "X", {"color": "red"}]]}),
            "metrics[0].color has no value that is valid",
        ),
    ] {
        assert_eq!(with(members.clone()).unwrap_err(), wanted, "{members}");
    }
    let shape = "metrics[0] is no metric: [Namespace, MetricName, Name, Value, …, {…}]";
    for metric in [
        json!("x"),
        json!([]),
        json!(["App"]),
        json!(["."]),
        json!(["..."]),
        json!(["App", 1]),
        json!(["App", "X", "Host"]),
        json!(["App", "X", {"expression": "1"}]),
        json!([{}]),
    ] {
        assert_eq!(
            with(json!({"metrics": [metric]})).unwrap_err(),
            shape,
            "{metric}"
        );
    }
    for text in ["", "[]", "null", "{", &"[".repeat(100_000)] {
        assert_eq!(read(text).unwrap_err(), "it is no JSON object");
    }
    let long = format!("{{\"title\": \"{}\"}}", "x".repeat(MOST_BYTES));
    assert_eq!(read(&long).unwrap_err(), "it has more than 102400 bytes");
    let many = vec![json!(["App", "X"]); MOST_METRICS + 1];
    assert_eq!(
        with(json!({"metrics": many})).unwrap_err(),
        "metrics may have at most 100 members"
    );
}
