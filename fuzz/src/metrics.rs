//! Metrics: expressions about them, graphs of them, and what writes them.

/// Metric math, a search, a query of Metrics Insights, the rule of an alarm or a statistic.
pub fn metric_expression(bytes: &[u8]) {
    wharf_svc_cloudwatch::fuzz::expression(bytes);
}

/// The JSON of a graph of metrics, and the graph.
pub fn metric_widget(bytes: &[u8]) {
    wharf_svc_cloudwatch::fuzz::widget(bytes);
}

/// A body of remote write as it is sent, and a message of either version as it is unpacked.
pub fn remote_write(bytes: &[u8]) {
    wharf_prometheus::fuzz::body(bytes);
}
