//! What pods use, as the API tells it. Pure.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::Object;
use wharf_kube_model::quantity::Quantity;

/// A pod's use of one resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Used {
    pub at: Timestamp,
    pub window: Duration,
    /// Thousandths.
    pub amount: i64,
}

/// A measured pod has no container of the name that a metric is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("container {container} not present in metrics for pod {namespace}/{pod}")]
pub struct NoContainer {
    pub container: String,
    /// Of the pod.
    pub namespace: String,
    pub pod: String,
}

/// By the names of pods; of one container where it is named.
///
/// # Errors
/// A measured pod has no such container.
pub fn read(
    measured: &[Value],
    resource: &str,
    container: Option<&str>,
) -> Result<BTreeMap<String, Used>, NoContainer> {
    let mut all = BTreeMap::new();
    for pod in measured {
        let containers = pod.list("/containers").iter();
        let mut chosen =
            containers.filter(|it| container.is_none_or(|name| it.text("/name") == name));
        let first = chosen.next();
        if let (None, Some(name)) = (first, container) {
            return Err(NoContainer {
                container: name.to_owned(),
                namespace: pod.namespace().to_owned(),
                pod: pod.name().to_owned(),
            });
        }
        let amounts = first
            .into_iter()
            .chain(chosen)
            .map(|it| amount(it, resource));
        // A container without it would make the pod look idle.
        let sum: Option<i64> = amounts
            .reduce(|sum, it| Some(sum?.saturating_add(it?)))
            .flatten();
        let at = Timestamp::parse_iso8601(pod.text("/timestamp"));
        if let (Some(amount), Some(at)) = (sum, at) {
            let window = duration(pod.text("/window")).unwrap_or_default();
            all.insert(pod.name().to_owned(), Used { at, window, amount });
        }
    }
    Ok(all)
}

fn amount(container: &Value, resource: &str) -> Option<i64> {
    let usage = container.map("/usage")?.get(resource)?;
    Quantity::of(usage).ok().map(Quantity::millis)
}

/// As Go writes them: `1m30s`, `10.5s`, `200ms`.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..]
            .find(|it: char| it.is_ascii_digit() || it == '.')
            .map_or(rest.len(), |it| end + it);
        seconds += number
            * match &rest[end..unit_end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn measured(name: &str, usage: &[(&str, Value)]) -> Value {
        let containers = usage
            .iter()
            .map(|(name, it)| json!({"name": name, "usage": it}));
        json!({
            "metadata": {"name": name, "namespace": "n"}, "timestamp": "2026-01-01T00:00:00Z", "window": "10.5s",
            "containers": containers.collect::<Vec<_>>(),
        })
    }

    #[test]
    fn containers_are_added_up() {
        let a = measured(
            "a",
            &[
                ("x", json!({"cpu": "1500000n", "memory": "1Ki"})),
                ("y", json!({"cpu": "1"})),
            ],
        );
        let all = [a, measured("none", &[])];
        let cpu = read(&all, "cpu", None).unwrap();
        assert_eq!((cpu.len(), cpu["a"].amount), (1, 1002));
        assert_eq!(cpu["a"].window, Duration::from_millis(10_500));
        assert!(read(&all, "memory", None).unwrap().is_empty());
        let x = read(&all[..1], "memory", Some("x")).unwrap();
        assert_eq!(x["a"].amount, 1_024_000);
        assert_eq!(
            read(&all, "cpu", Some("z")).unwrap_err().to_string(),
            "container z not present in metrics for pod n/a"
        );
    }

    #[test]
    fn durations() {
        for (text, millis) in [
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("1h", 3_600_000),
            ("200ms", 200),
        ] {
            assert_eq!(
                duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in ["10", "s", "1x", "-1s", "1..s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
