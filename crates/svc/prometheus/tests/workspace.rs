//! A workspace over a real store of metrics: written to by remote write, read by queries and lists.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_prometheus::{Answer, Asked, PrometheusApi, Request};
use wharf_series::{Metric, Options, Sample, Series, Summary, Tier};

/// The beginning of a minute.
const NOW: i64 = 1_767_312_000_000;
const STALE: u64 = 0x7ff0_0000_0000_0002;

struct World {
    api: PrometheusApi,
    series: Series,
    _dir: tempfile::TempDir,
}

fn world(options: Options) -> World {
    let dir = tempfile::tempdir().unwrap();
    let now = || NOW / 1000;
    let series = Series::open(dir.path(), Options { now, ..options }).unwrap();
    World {
        api: PrometheusApi::new(series.clone()),
        series,
        _dir: dir,
    }
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn field(number: u8, of: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    varint(of.len() as u64, out);
    out.extend(of);
}

/// A series of a message of version 1.0, with samples of so many milliseconds before now.
fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Vec<u8> {
    let mut it = Vec::new();
    for (name, value) in labels {
        let mut label = Vec::new();
        field(1, name.as_bytes(), &mut label);
        field(2, value.as_bytes(), &mut label);
        field(1, &label, &mut it);
    }
    for (ago, value) in samples {
        let mut sample = vec![0x09];
        sample.extend(value.to_le_bytes());
        sample.push(0x10);
        varint((NOW - ago) as u64, &mut sample);
        field(2, &sample, &mut it);
    }
    let mut out = Vec::new();
    field(1, &it, &mut out);
    out
}

impl World {
    async fn asked(&self, request: Request, query: &str, kind: &str, body: Vec<u8>) -> Answer {
        let asked = Asked {
            account: "000000000000",
            region: "us-east-1",
            now: Timestamp::from_millis(NOW),
            query,
            content_type: kind,
            content_encoding: "snappy",
            body: body.into(),
        };
        self.api.answer(request, asked).await
    }

    async fn write(&self, parts: &[Vec<u8>]) -> Answer {
        let packed = snap::raw::Encoder::new()
            .compress_vec(&parts.concat())
            .unwrap();
        let kind = "application/x-protobuf";
        self.asked(Request::RemoteWrite, "", kind, packed).await
    }

    async fn read(&self, request: Request, query: &str) -> Value {
        let answer = self.asked(request, query, "", Vec::new()).await;
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        match answer.status {
            200 => body["data"].clone(),
            _ => body,
        }
    }

    /// The values of a query so many seconds before now.
    async fn values(&self, query: &str, ago: i64) -> Vec<String> {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let asked = format!("query={query}&time={}", NOW / 1000 - ago);
        let found = self.read(Request::Query, &asked).await;
        let all = found["result"]
            .as_array()
            .unwrap_or_else(|| panic!("{found}"));
        all.iter()
            .map(|it| it["value"][1].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn what_is_written_is_read() {
    let world = world(Options::default());
    let samples: Vec<(i64, f64)> = (0..5)
        .map(|it| (60_000 - it * 15_000, it as f64 * 30.0))
        .collect();
    let a = series(&[("__name__", "hits_total"), ("job", "a")], &samples);
    let b = series(&[("__name__", "hits_total"), ("job", "b")], &samples[..2]);
    assert_eq!(world.write(&[a, b]).await, Answer::empty(200));
    assert_eq!(world.values("hits_total", 0).await, ["120", "30"]);
    assert_eq!(
        world
            .values("sum(rate(hits_total{job=\"a\"}[1m]))", 0)
            .await,
        ["2"]
    );
    let query = format!(
        "query=sum(hits_total)&start={}&end={}&step=30",
        NOW / 1000 - 30,
        NOW / 1000
    );
    let ranged = world.read(Request::QueryRange, &query).await;
    let seconds = NOW / 1000;
    assert_eq!(
        ranged["result"][0]["values"],
        json!([[seconds - 30, "90"], [seconds, "150"]])
    );
    assert_eq!(
        world.read(Request::Labels, "").await,
        json!(["__name__", "job"])
    );
    let values = Request::Values("job".to_owned());
    assert_eq!(world.read(values.clone(), "").await, json!(["a", "b"]));
    assert_eq!(
        world.read(values, "match[]={job=\"b\"}").await,
        json!(["b"])
    );
    let listed = world
        .read(Request::Series, "match[]=hits_total&limit=1")
        .await;
    assert_eq!(listed, json!([{ "__name__": "hits_total", "job": "a" }]));
    let scraped = world
        .asked(Request::Federate, "match[]=hits_total", "", Vec::new())
        .await;
    let text = String::from_utf8(scraped.body).unwrap();
    assert!(
        text.contains(&format!("hits_total{{job=\"a\"}} 120 {NOW}\n")),
        "{text}"
    );
}

#[tokio::test]
async fn series_end_and_values_may_be_no_numbers() {
    let world = world(Options::default());
    let samples = [
        (30_000, 1.0),
        (20_000, f64::NAN),
        (10_000, f64::INFINITY),
        (0, f64::from_bits(STALE)),
    ];
    assert_eq!(
        world
            .write(&[series(&[("__name__", "gone")], &samples)])
            .await
            .status,
        200
    );
    assert_eq!(world.values("gone", 25).await, ["1"]);
    assert_eq!(world.values("gone", 15).await, ["NaN"]);
    assert_eq!(world.values("gone", 5).await, ["+Inf"]);
    assert!(world.values("gone", 0).await.is_empty());
    assert_eq!(world.values("count_over_time(gone[1m])", 0).await, ["3"]);
}

#[tokio::test]
async fn metrics_are_series_of_their_statistics() {
    let world = world(Options::default());
    let metric = Metric {
        account: "000000000000".into(),
        region: "us-east-1".into(),
        namespace: "AWS/ECS".into(),
        name: "CPUUtilization".into(),
        dimensions: vec![("ClusterName".into(), "web".into())],
    };
    let other = Metric {
        region: "eu-west-1".into(),
        ..metric.clone()
    };
    let sample = |metric: &Metric, value: f64| Sample {
        key: metric.key("Percent").unwrap(),
        tier: Tier::Minute,
        at: NOW / 1000,
        summary: Summary::one(value),
    };
    let samples = vec![
        sample(&metric, 2.0),
        sample(&metric, 8.0),
        sample(&other, 50.0),
    ];
    world.series.append("000000000000", samples).await.unwrap();
    for (stat, wanted) in [
        ("sum", "10"),
        ("sample_count", "2"),
        ("minimum", "2"),
        ("maximum", "8"),
        ("average", "5"),
    ] {
        let name = format!("aws_ecs_cpuutilization_{stat}{{cluster_name=\"web\"}}");
        assert_eq!(world.values(&name, 0).await, [wanted], "{stat}");
    }
    assert_eq!(
        world.values("count({cluster_name=~\"w.*\"})", 0).await,
        ["5"]
    );
}

#[tokio::test]
async fn bounds_are_those_of_metrics() {
    let world = world(Options {
        most_series_of_account: 2,
        ..Options::default()
    });
    let one = |name: &str| series(&[("__name__", name)], &[(0, 1.0)]);
    let answer = world.write(&[one("a"), one("b"), one("c")]).await;
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!((answer.status, answer.is_of_limit), (400, false));
    assert_eq!(
        text,
        "1 samples were not kept, the first because the account has as many series as it may have\n"
    );
    assert_eq!(world.values("count({__name__=~\"a|b|c\"})", 0).await, ["2"]);
    // An account that is full learns nothing else however often it asks.
    let answer = world.write(&[one("d")]).await;
    assert_eq!((answer.status, answer.is_of_limit), (400, true));
    assert!(!world.write(&[one("a")]).await.is_of_limit);
}

#[tokio::test]
async fn errors_are_said_as_prometheus_says_them() {
    let world = world(Options::default());
    for (request, query, kind, wanted) in [
        (
            Request::Query,
            "query=sum(",
            "bad_data",
            "unexpected end of input",
        ),
        (
            Request::Query,
            "query=1&time=x",
            "bad_data",
            "cannot parse \"x\" to a valid timestamp",
        ),
        (
            Request::QueryRange,
            "query=1&start=0&end=1",
            "bad_data",
            "zero or negative",
        ),
        (
            Request::QueryRange,
            "query=1&start=0&end=20000&step=1",
            "bad_data",
            "11,000 points",
        ),
        (
            Request::QueryRange,
            "query=\"a\"&start=0&end=1&step=1",
            "bad_data",
            "invalid expression type",
        ),
        (Request::Series, "", "bad_data", "no match[]"),
        (
            Request::Query,
            "query=topk(scalar(none), vector(1))",
            "execution",
            "overflows",
        ),
    ] {
        let said = world.read(request, query).await;
        assert_eq!(
            (&said["status"], &said["errorType"]),
            (&json!("error"), &json!(kind)),
            "{query}: {said}"
        );
        assert!(
            said["error"].as_str().unwrap().contains(wanted),
            "{query}: {said}"
        );
    }
}

#[tokio::test]
async fn a_selection_that_is_there_twice_and_too_many_of_them() {
    let world = world(Options::default());
    let one = series(&[("__name__", "up"), ("job", "a")], &[(0, 3.0)]);
    assert_eq!(world.write(&[one]).await.status, 200);
    assert_eq!(world.values("up + up * up", 0).await, ["12"]);
    let asked = ["match[]=up"; 32].join("&");
    let listed = world.read(Request::Series, &asked).await;
    assert_eq!(listed, json!([{ "__name__": "up", "job": "a" }]));
    let refused = world.read(Request::Series, &(asked + "&match[]=up")).await;
    assert_eq!(refused["errorType"], json!("bad_data"), "{refused}");
}

#[tokio::test]
async fn a_query_of_more_series_than_it_may_read_is_refused() {
    let world = world(Options::default());
    // Each is a series of five statistics.
    let samples = (0..4_001).map(|number| {
        let metric = Metric {
            account: "000000000000".into(),
            region: "us-east-1".into(),
            namespace: "AWS/ECS".into(),
            name: "CPUUtilization".into(),
            dimensions: vec![("ClusterName".into(), number.to_string())],
        };
        Sample {
            key: metric.key("Percent").unwrap(),
            tier: Tier::Minute,
            at: NOW / 1000,
            summary: Summary::one(1.0),
        }
    });
    let samples = samples.collect();
    world.series.append("000000000000", samples).await.unwrap();
    let asked = "query=count({cluster_name=~\".%2B\"})";
    let refused = world.read(Request::Query, asked).await;
    let text = refused["error"].as_str().unwrap();
    assert!(text.contains("more than 20000 series"), "{text}");
    let but_one = "count({cluster_name=~\".+\",cluster_name!=\"0\"})";
    assert_eq!(world.values(but_one, 0).await, ["20000"]);
    let words = Request::Values("cluster_name".to_owned());
    let words = world.read(words, "").await;
    assert_eq!(words.as_array().unwrap().len(), 4_001);
}

#[tokio::test]
async fn labels_of_a_query_are_bounded_by_their_bytes() {
    let world = world(Options::default());
    // Of a hundred series 3 MB, which each selector of another moment reads again.
    let long = "v".repeat(1000);
    let names: Vec<String> = (0..29).map(|it| format!("label_{it}")).collect();
    let all: Vec<Vec<u8>> = (0..100)
        .map(|it| {
            let number = it.to_string();
            let mut labels = vec![("__name__", "up"), ("n", &*number)];
            labels.extend(names.iter().map(|it| (it.as_str(), &*long)));
            series(&labels, &[(0, 1.0)])
        })
        .collect();
    let answer = world.write(&all).await;
    assert_eq!(answer.status, 200);
    let asked = |selectors: usize| {
        let each = (0..selectors).map(|it| format!("count(up offset -{}s)", it + 1));
        let sum = each.collect::<Vec<_>>().join("%2B");
        format!("query={sum}")
    };
    let found = world.read(Request::Query, &asked(5)).await;
    assert_eq!(found["result"][0]["value"][1], json!("500"), "{found}");
    let refused = world.read(Request::Query, &asked(30)).await;
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("bytes of labels")
    );
}
