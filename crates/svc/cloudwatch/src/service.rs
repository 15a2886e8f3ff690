//! The service as the server holds it: operations and the loops.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_service::{Loops, feed};

use crate::{
    authorize,
    config::Parts,
    core::{Core, SENDERS, WORKERS},
    names::SERVICE,
    ops, reconcile,
    stream::deliver,
};

/// CloudWatch over a store of samples and one of records.
#[derive(Clone)]
pub struct CloudwatchService {
    core: Arc<Core>,
}

impl CloudwatchService {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// How messages of alarms are delivered, for metrics.
    pub fn deliveries(&self) -> wharf_delivery::Figures {
        self.core.outbox.figures()
    }

    /// Looks at alarms, delivers what they owe and sends metric streams until `stop`, or until a part of it panics.
    pub async fn run(&self, stop: CancellationToken) {
        let stop = stop.child_token();
        let core = &self.core;
        core.queue.wake(reconcile::SWEEP.to_owned());
        let mut loops = Loops::new(SERVICE, stop.clone());
        let held = loops.hold(
            &core.shard,
            &core.parts.store,
            Permit::for_controller("cloudwatch-shard"),
            core.parts.takeover,
        );
        held.await;
        let fed = core.clone();
        let changed = move |key: &str, look| {
            deliver::changed(&fed, key);
            reconcile::changed(&fed, key, look)
        };
        loops.spawn(feed(
            core.parts.store.clone(),
            SERVICE,
            stop.clone(),
            changed,
        ));
        let worked = core.clone();
        let work = move |key| reconcile::key(worked.clone(), key);
        loops.work(&core.queue, WORKERS, work);
        // Apart from alarms: destinations that do not answer hold up nothing else.
        let sent = core.clone();
        let send = move |key| deliver::key(sent.clone(), key);
        loops.work(&core.streams, SENDERS, send);
        // Whichever ends takes the other with it.
        let looked = async {
            loops.run().await;
            stop.cancel();
        };
        let delivered = async {
            core.outbox.clone().run(stop.clone()).await;
            stop.cancel();
        };
        tokio::join!(looked, delivered);
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_cloudwatch::operations! {
    impl CloudwatchService;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    delete_alarm_mute_rule = ops::mute::delete_alarm_mute_rule;
    delete_alarms = ops::alarms::delete_alarms;
    delete_anomaly_detector = ops::anomaly::delete_anomaly_detector;
    delete_dashboards = ops::dashboards::delete_dashboards;
    delete_metric_stream = ops::streams::delete_metric_stream;
    delete_insight_rules = ops::insight_rules::delete_insight_rules;
    describe_alarm_contributors = ops::alarm_contributors::describe_alarm_contributors;
    describe_insight_rules = ops::insight_rules::describe_insight_rules;
    disable_insight_rules = ops::insight_rules::disable_insight_rules;
    enable_insight_rules = ops::insight_rules::enable_insight_rules;
    get_insight_rule_report = ops::insight_report::get_insight_rule_report;
    put_insight_rule = ops::insight_rules::put_insight_rule;
    describe_alarm_history = ops::alarms::describe_alarm_history;
    describe_alarms = ops::alarms::describe_alarms;
    describe_alarms_for_metric = ops::alarms::describe_alarms_for_metric;
    describe_anomaly_detectors = ops::anomaly::describe_anomaly_detectors;
    disable_alarm_actions = ops::alarms::disable_alarm_actions;
    enable_alarm_actions = ops::alarms::enable_alarm_actions;
    get_alarm_mute_rule = ops::mute::get_alarm_mute_rule;
    get_dashboard = ops::dashboards::get_dashboard;
    get_metric_data = ops::data::get_metric_data;
    get_metric_statistics = ops::statistics::get_metric_statistics;
    get_metric_stream = ops::streams::get_metric_stream;
    get_metric_widget_image = ops::widget::get_metric_widget_image;
    list_alarm_mute_rules = ops::mute::list_alarm_mute_rules;
    list_dashboards = ops::dashboards::list_dashboards;
    list_metric_streams = ops::streams::list_metric_streams;
    list_metrics = ops::list::list_metrics;
    list_tags_for_resource = ops::tags::list_tags_for_resource;
    put_alarm_mute_rule = ops::mute::put_alarm_mute_rule;
    delete_metric_data_query_definition = ops::query_definitions::delete_metric_data_query_definition;
    get_metric_data_query_definition = ops::query_definitions::get_metric_data_query_definition;
    list_metric_data_query_definitions = ops::query_definitions::list_metric_data_query_definitions;
    put_metric_data_query_definition = ops::query_definitions::put_metric_data_query_definition;
    put_anomaly_detector = ops::anomaly::put_anomaly_detector;
    put_composite_alarm = ops::put_alarm::put_composite_alarm;
    put_dashboard = ops::dashboards::put_dashboard;
    put_metric_alarm = ops::put_alarm::put_metric_alarm;
    put_metric_data = ops::put::put_metric_data;
    put_metric_stream = ops::streams::put_metric_stream;
    set_alarm_state = ops::alarms::set_alarm_state;
    start_metric_streams = ops::streams::start_metric_streams;
    stop_metric_streams = ops::streams::stop_metric_streams;
    tag_resource = ops::tags::tag_resource;
    untag_resource = ops::tags::untag_resource;
}
