//! Results in the forms of Prometheus's API.

use serde_json::{Map, Value, json};
use wharf_promql::{Labels, Outcome, Series};

/// A value as texts have it.
pub fn number(value: f64) -> String {
    match value {
        it if it.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        it => it.to_string(),
    }
}

pub fn labels(labels: &Labels) -> Value {
    let pairs = labels
        .iter()
        .map(|(name, value)| (name.to_owned(), json!(value)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// Seconds, with as many decimals as there are.
fn point(at: i64, value: &str) -> Value {
    match at % 1000 {
        0 => json!([at / 1000, value]),
        _ => json!([at as f64 / 1000.0, value]),
    }
}

pub fn matrix(all: &[Series]) -> Value {
    let shown = all.iter().map(|it| {
        let points = it
            .samples
            .iter()
            .map(|(at, value)| point(*at, &number(*value)));
        json!({ "metric": labels(&it.labels), "values": points.collect::<Vec<_>>() })
    });
    json!({ "resultType": "matrix", "result": shown.collect::<Vec<_>>() })
}

/// What a query came to at a moment.
pub fn outcome(outcome: &Outcome, at: i64) -> Value {
    match outcome {
        Outcome::Scalar(value) => {
            json!({ "resultType": "scalar", "result": point(at, &number(*value)) })
        }
        Outcome::Text(text) => json!({ "resultType": "string", "result": point(at, text) }),
        Outcome::Vector(all) => {
            let shown = all.iter().map(
                |(of, value)| json!({ "metric": labels(of), "value": point(at, &number(*value)) }),
            );
            json!({ "resultType": "vector", "result": shown.collect::<Vec<_>>() })
        }
        Outcome::Matrix(all) => matrix(all),
    }
}
