//! Metrics and queries as records have them, and as requests do.

use serde::{Deserialize, Serialize};
use wharf_api_cloudwatch::{Dimension, Metric as WireMetric, MetricDataQuery, MetricStat};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricSource {
    pub namespace: String,
    pub name: String,
    /// In the order of their names.
    #[serde(default)]
    pub dimensions: Vec<(String, String)>,
    pub statistic: String,
    pub period: i32,
    #[serde(default)]
    pub unit: Option<String>,
}

impl MetricSource {
    pub fn wire_dimensions(&self) -> Vec<Dimension> {
        wire_dimensions(&self.dimensions)
    }

    fn to_wire(&self) -> MetricStat {
        MetricStat {
            metric: Some(WireMetric {
                namespace: Some(self.namespace.clone()),
                metric_name: Some(self.name.clone()),
                dimensions: Some(self.wire_dimensions()),
            }),
            period: Some(self.period),
            stat: Some(self.statistic.clone()),
            unit: self.unit.clone(),
        }
    }
}

/// A query as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredQuery {
    pub id: String,
    #[serde(default)]
    pub metric: Option<MetricSource>,
    #[serde(default)]
    pub expression: Option<String>,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub return_data: Option<bool>,
    #[serde(default)]
    pub period: Option<i32>,
}

impl StoredQuery {
    pub fn of(given: &MetricDataQuery) -> Self {
        let metric = given.metric_stat.as_ref().map(|it| {
            let metric = it.metric.clone().unwrap_or_default();
            let dimension =
                |it: Dimension| (it.name.unwrap_or_default(), it.value.unwrap_or_default());
            let mut dimensions: Vec<_> = metric
                .dimensions
                .unwrap_or_default()
                .into_iter()
                .map(dimension)
                .collect();
            dimensions.sort();
            MetricSource {
                namespace: metric.namespace.unwrap_or_default(),
                name: metric.metric_name.unwrap_or_default(),
                dimensions,
                statistic: it.stat.clone().unwrap_or_default(),
                period: it.period.unwrap_or_default(),
                unit: it.unit.clone(),
            }
        });
        Self {
            id: given.id.clone().unwrap_or_default(),
            metric,
            expression: given.expression.clone(),
            label: given.label.clone(),
            return_data: given.return_data,
            period: given.period,
        }
    }

    pub fn to_wire(&self) -> MetricDataQuery {
        MetricDataQuery {
            id: Some(self.id.clone()),
            metric_stat: self.metric.as_ref().map(MetricSource::to_wire),
            expression: self.expression.clone(),
            label: self.label.clone(),
            return_data: self.return_data,
            period: self.period,
            account_id: None,
        }
    }
}

/// Dimensions as requests have them.
pub fn wire_dimensions(of: &[(String, String)]) -> Vec<Dimension> {
    let dimension = |(name, value): &(String, String)| Dimension {
        name: Some(name.clone()),
        value: Some(value.clone()),
    };
    of.iter().map(dimension).collect()
}
