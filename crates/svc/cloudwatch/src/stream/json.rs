//! Updates as AWS writes them in the `json` format: an object a line. Pure.

use serde::Serialize;
use serde_json::{Map, Value};

use super::update::Update;

pub const CONTENT_TYPE: &str = "application/x-ndjson";

#[derive(Serialize)]
struct Written<'a> {
    metric_stream_name: &'a str,
    account_id: &'a str,
    region: &'a str,
    namespace: &'a str,
    metric_name: &'a str,
    dimensions: Map<String, Value>,
    /// Milliseconds since 1970.
    timestamp: i64,
    value: Map<String, Value>,
    unit: &'a str,
}

/// Adds a line.
pub fn write(stream: &str, update: &Update, out: &mut Vec<u8>) {
    let metric = &update.metric;
    let dimensions = metric.dimensions.iter();
    let further = update.further.iter().map(|it| (it.0.as_str(), it.2));
    let values = [
        ("count", update.count),
        ("sum", update.sum),
        ("max", update.max),
        ("min", update.min),
    ];
    let line = Written {
        metric_stream_name: stream,
        account_id: &metric.account,
        region: &metric.region,
        namespace: &metric.namespace,
        metric_name: &metric.name,
        dimensions: dimensions
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect(),
        timestamp: update.minute * 1000,
        value: (values.into_iter().chain(further))
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
        unit: &update.unit,
    };
    serde_json::to_writer(&mut *out, &line).expect("texts and numbers are JSON");
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_all_of_it() {
        let mut out = Vec::new();
        write("all", &Update::example(), &mut out);
        write("all", &Update::example(), &mut out);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        let p99 = lines[0]["value"]["p99"].as_f64().unwrap();
        assert!((98.0..100.0).contains(&p99), "{p99}");
        let mut line = lines[0].clone();
        line["value"].as_object_mut().unwrap().remove("p99");
        let wanted = json!({
            "metric_stream_name": "all", "account_id": "000000000000", "region": "us-east-1",
            "namespace": "Shop", "metric_name": "Latency", "dimensions": {"Host": "a\"b"},
            "timestamp": 1_795_341_600_000_i64, "unit": "Seconds",
            "value": {"count": 100.0, "sum": 5050.0, "max": 100.0, "min": 1.0},
        });
        assert_eq!(line, wanted);
    }
}
