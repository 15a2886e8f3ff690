//! Metrics of others: of the target's pods, of an object, or of something outside, as an adapter behind the API has them. What is read
//! becomes a proposal here; that is pure.

use serde_json::{Value, json};
use wharf_kube_client::{Client, Error, Kind, Object, Selection};
use wharf_kube_model::{
    quantity::Quantity,
    selector::{BadLabels, Labels},
};

use super::{
    metric::{Asks, Unknown, Weighed, without_adapter},
    replicas::{self, Input, NoProposal, Target},
    usage::Used,
};

const EXTERNAL: &str = "external.metrics.k8s.io";
const CUSTOM: &str = "custom.metrics.k8s.io";
const VERSION: &str = "v1beta1";
const MOST: f64 = i32::MAX as f64;

/// Why there are no values.
#[derive(Debug, Clone, PartialEq)]
pub enum Failed {
    /// Nobody serves such metrics.
    NotServed,
    Other(String),
}

/// Why values ask for no number of pods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NotWeighed {
    #[error("it has no averageValue")]
    NoAverage,
    #[error(transparent)]
    NoProposal(#[from] NoProposal),
    #[error("unable to calculate ready pods: {0}")]
    NoneReady(#[source] NoProposal),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error.is_not_found() {
            true => Self::NotServed,
            false => Self::Other(error.to_string()),
        }
    }
}

pub type Found = Result<Vec<Value>, Failed>;

/// Whether a metric is one of these.
pub fn is_one(metric: &Value) -> bool {
    ["Pods", "Object", "External"].contains(&metric.text("/type"))
}

/// `selector` chooses the pods of the target; `described` is the kind of the object that the metric is about.
pub async fn read(
    client: &Client,
    metric: &Value,
    namespace: &str,
    selector: &str,
    described: Option<&Kind>,
) -> Found {
    let name = metric_of(metric).text("/name").to_owned();
    let labels = labels_of(metric).map_err(|why| Failed::Other(why.to_string()))?;
    let kind = |group: &'static str, plural: String, namespaced: bool| Kind {
        group: group.into(),
        version: VERSION.into(),
        kind: "MetricValueList".into(),
        plural: plural.into(),
        namespaced,
    };
    let list = match metric.text("/type") {
        "External" => {
            let selection = Selection {
                namespace: namespace.to_owned(),
                labels,
                ..Selection::default()
            };
            return Ok(client
                .list(&kind(EXTERNAL, name, true), &selection)
                .await?
                .items);
        }
        "Pods" => {
            let pods = kind(CUSTOM, "pods".to_owned(), true);
            let query = [
                ("labelSelector", selector),
                ("metricLabelSelector", labels.as_str()),
            ];
            client
                .get_selected(&pods, (namespace, "*", &name), &query)
                .await?
        }
        _ => {
            let described = described.ok_or(Failed::NotServed)?;
            let object = metric.text("/object/describedObject/name");
            let query = [("metricLabelSelector", labels.as_str())];
            let plural = match described.group.as_ref() {
                "" => described.plural.to_string(),
                group => format!("{}.{group}", described.plural),
            };
            let of = kind(CUSTOM, plural, described.namespaced);
            client
                .get_selected(&of, (namespace, object, &name), &query)
                .await?
        }
    };
    Ok(list.list("/items").to_vec())
}

fn source(metric: &Value) -> &Value {
    metric.at(match metric.text("/type") {
        "External" => "/external",
        "Pods" => "/pods",
        _ => "/object",
    })
}

fn metric_of(metric: &Value) -> &Value {
    source(metric).at("/metric")
}

fn labels_of(metric: &Value) -> Result<String, BadLabels> {
    match metric_of(metric).at("/selector") {
        Value::Null => Ok(String::new()),
        some => Labels::of_selector(Some(some)).map(|it| it.to_string()),
    }
}

/// Thousandths.
fn amount(value: &Value) -> Option<i64> {
    Quantity::of(value.at("/value")).ok().map(Quantity::millis)
}

pub fn weigh(metric: &Value, found: &Found, by: &Weighed<'_>) -> Result<Asks, Unknown> {
    let kind = metric.text("/type");
    let items = match found {
        Ok(items) if items.is_empty() => {
            let api = if kind == "External" {
                "external"
            } else {
                "custom"
            };
            let why = format!("no metrics returned from {api} metrics API");
            return Err(without_adapter(kind, metric, by.namespace, Some(&why)));
        }
        Ok(items) => items,
        Err(Failed::NotServed) => return Err(without_adapter(kind, metric, by.namespace, None)),
        Err(Failed::Other(why)) => {
            return Err(without_adapter(kind, metric, by.namespace, Some(why)));
        }
    };
    let unknown = |why: String| without_adapter(kind, metric, by.namespace, Some(&why));
    let amounts: Option<Vec<i64>> = items.iter().map(amount).collect();
    let unread = || unknown("a value that cannot be read".to_owned());
    let amounts = amounts.ok_or_else(unread)?;
    if kind == "Pods" {
        let asks = of_pods(metric, items, &amounts, by);
        return asks.map_err(|why| unknown(why.to_string()));
    }
    let used = amounts
        .iter()
        .fold(0, |sum: i64, it| sum.saturating_add(*it));
    let target = source(metric).at("/target");
    let wanted = |name: &str| Quantity::of(target.at(name)).ok().map(Quantity::millis);
    let (replicas, current) = match (wanted("/value"), wanted("/averageValue")) {
        (_, Some(each)) => {
            let there = by.there.max(1);
            let average = used / there + i64::from(used % there > 0);
            (
                per_pod(used, each, by),
                json!({"averageValue": shown(average)}),
            )
        }
        (Some(most), None) => {
            let replicas = by_ratio(used as f64 / most.max(1) as f64, by);
            let replicas = replicas.map_err(|why| unknown(why.to_string()))?;
            (replicas, json!({"value": shown(used)}))
        }
        (None, None) => {
            let why =
                "invalid metric source: neither a value target nor an average value target was set";
            return Err(unknown(why.to_owned()));
        }
    };
    Ok(Asks {
        replicas,
        name: title(metric),
        status: status(metric, current),
    })
}

fn of_pods(
    metric: &Value,
    items: &[Value],
    amounts: &[i64],
    by: &Weighed<'_>,
) -> Result<Asks, NotWeighed> {
    let each = source(metric).at("/target/averageValue");
    let each = Quantity::of(each).map_err(|_| NotWeighed::NoAverage)?;
    let named = items.iter().map(|it| it.text("/describedObject/name"));
    let used = named.zip(amounts).map(|(name, amount)| {
        let used = Used {
            at: by.now,
            window: std::time::Duration::ZERO,
            amount: *amount,
        };
        (name.to_owned(), used)
    });
    let proposal = replicas::propose(&Input {
        current: by.current,
        resource: "",
        container: None,
        target: Target::Average(each.millis()),
        pods: by.pods,
        used: used.collect(),
        tolerance: by.tolerance,
        now: by.now,
    })?;
    Ok(Asks {
        replicas: proposal.replicas,
        name: title(metric),
        status: status(metric, json!({"averageValue": shown(proposal.average)})),
    })
}

fn per_pod(used: i64, each: i64, by: &Weighed<'_>) -> i64 {
    let each = each.max(1) as f64;
    let ratio = used as f64 / (each * by.there.max(0) as f64);
    match by.tolerance.covers(ratio) {
        true => by.there,
        false => ceil(used as f64 / each),
    }
}

/// Of what one value says the pods that are ready have their share.
fn by_ratio(ratio: f64, by: &Weighed<'_>) -> Result<i64, NotWeighed> {
    if by.current == 0 {
        return Ok(ceil(ratio));
    }
    if by.tolerance.covers(ratio) {
        return Ok(by.current);
    }
    if by.pods.is_empty() {
        return Err(NotWeighed::NoneReady(NoProposal::NoPods));
    }
    let is_ready = |it: &&std::sync::Arc<Value>| {
        it.text("/status/phase") == "Running" && it.has_condition("Ready", "True")
    };
    let ready = by.pods.iter().filter(is_ready).count();
    Ok(ceil(ratio * ready as f64))
}

fn ceil(replicas: f64) -> i64 {
    replicas.ceil().clamp(0.0, MOST) as i64
}

fn shown(millis: i64) -> String {
    let amount = Quantity::parse(&format!("{millis}m")).unwrap_or(Quantity::ZERO);
    amount.to_string()
}

/// As conditions and events name it.
fn title(metric: &Value) -> String {
    let name = metric_of(metric).text("/name");
    match metric.text("/type") {
        "Pods" => format!("pods metric {name}"),
        "External" => format!("external metric {name}({})", selector_text(metric)),
        _ => format!(
            "{} metric {name}",
            metric.text("/object/describedObject/kind")
        ),
    }
}

/// A selector as upstream prints it.
pub fn selector_text(metric: &Value) -> String {
    match metric_of(metric).at("/selector") {
        Value::Null => "nil".to_owned(),
        some => match Labels::of_selector(Some(some)) {
            Ok(labels) => labels.to_string(),
            Err(why) => why.to_string(),
        },
    }
}

fn status(metric: &Value, current: Value) -> Value {
    let mut of = json!({"metric": metric_of(metric), "current": current});
    let kind = metric.text("/type");
    let member = match kind {
        "Pods" => "pods",
        "External" => "external",
        _ => {
            of["describedObject"] = metric.at("/object/describedObject").clone();
            "object"
        }
    };
    json!({"type": kind, member: of})
}

#[cfg(test)]
mod tests;
