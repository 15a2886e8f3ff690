//! PutAnomalyDetector, DescribeAnomalyDetectors and DeleteAnomalyDetector.

use std::collections::BTreeSet;

use wharf_api_cloudwatch::{
    AnomalyDetector, AnomalyDetectorConfiguration, DeleteAnomalyDetectorInput,
    DeleteAnomalyDetectorOutput, DescribeAnomalyDetectorsInput, DescribeAnomalyDetectorsOutput,
    Dimension, MetricCharacteristics, MetricMathAnomalyDetector, PutAnomalyDetectorInput,
    PutAnomalyDetectorOutput, Range, SingleMetricAnomalyDetector, faults,
};
use wharf_base::Timestamp;
use wharf_records::{Record as _, Unknown};
use wharf_schedule::Zone;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    anomaly,
    core::Core,
    datum,
    fault::{combination, invalid, missing},
    names,
    records::{Detector, DetectorSource, StoredQuery, WatchedMetric, wire_dimensions},
    stat::Stat,
};

/// Detectors of an account in a region.
const MOST: usize = 500;
/// Ranges that a detector excludes, and queries that it is over, as in AWS.
const MOST_EXCLUDED: usize = 10;
const MOST_QUERIES: usize = 20;
/// Detectors of a page.
const PAGE: usize = 100;

/// The members by which a request names a source: some of before, and two since.
struct Named {
    single: Option<SingleMetricAnomalyDetector>,
    math: Option<MetricMathAnomalyDetector>,
    older: SingleMetricAnomalyDetector,
}

/// The same members of the model's two shapes.
macro_rules! named {
    ($input:ident) => {
        Named {
            single: $input.single_metric_anomaly_detector,
            math: $input.metric_math_anomaly_detector,
            older: SingleMetricAnomalyDetector {
                namespace: $input.namespace,
                metric_name: $input.metric_name,
                dimensions: $input.dimensions,
                stat: $input.stat,
                ..SingleMetricAnomalyDetector::default()
            },
        }
    };
}

impl Named {
    fn is_older(&self) -> bool {
        let it = &self.older;
        let dimensions = it.dimensions.as_ref().is_some_and(|it| !it.is_empty());
        it.namespace.is_some() || it.metric_name.is_some() || it.stat.is_some() || dimensions
    }

    /// `None` if none is given.
    fn source(self, place: &Place) -> Result<Option<DetectorSource>, Fault> {
        let is_older = self.is_older();
        let (single, prefix) = match (self.single, self.math) {
            (Some(single), None) if !is_older => (single, "SingleMetricAnomalyDetector."),
            (None, Some(math)) if !is_older => return Ok(Some(of_queries(place, math)?)),
            (None, None) if is_older => (self.older, ""),
            (None, None) => return Ok(None),
            _ => {
                return Err(combination(
                    "Exactly one of SingleMetricAnomalyDetector, MetricMathAnomalyDetector and the parameters Namespace, MetricName, Dimensions and Stat must be specified.",
                ));
            }
        };
        let parameter = |name: &str| format!("{prefix}{name}");
        let required = |it: Option<String>, name: &str| it.ok_or_else(|| missing(&parameter(name)));
        let metric = WatchedMetric {
            namespace: required(single.namespace, "Namespace")?,
            name: required(single.metric_name, "MetricName")?,
            dimensions: datum::dimensions(single.dimensions, &parameter("Dimensions"))?,
            statistic: required(single.stat, "Stat")?,
        };
        match Stat::parse(&metric.statistic) {
            Some(_) => Ok(Some(DetectorSource::Metric(Box::new(metric)))),
            None => Err(datum::bad_value(&metric.statistic, &parameter("Stat"))),
        }
    }
}

fn of_queries(place: &Place, given: MetricMathAnomalyDetector) -> Result<DetectorSource, Fault> {
    let queries = given.metric_data_queries.unwrap_or_default();
    if queries.len() > MOST_QUERIES {
        return Err(invalid(format!(
            "An anomaly detector has at most {MOST_QUERIES} metrics and expressions."
        )));
    }
    let stored: Vec<StoredQuery> = queries.iter().map(StoredQuery::of).collect();
    let checked = anomaly::checked(place, &stored);
    // The operation has an error of its own for what other operations call invalid.
    checked.map_err(|fault| match fault.code.as_ref() {
        "ValidationException" => invalid(fault.message),
        _ => fault,
    })?;
    Ok(DetectorSource::Queries(stored))
}

pub async fn put_anomaly_detector(
    core: &Core,
    call: &Call,
    input: PutAnomalyDetectorInput,
) -> Result<PutAnomalyDetectorOutput, Fault> {
    let place = Place::of(call);
    let named = named!(input);
    let source = named.source(&place)?;
    let configuration = input.configuration.unwrap_or_default();
    let zone = configuration.metric_timezone.filter(|it| !it.is_empty());
    if let Some(name) = zone.as_deref().filter(|it| it.parse::<Zone>().is_err()) {
        return Err(datum::bad_value(name, "Configuration.MetricTimezone"));
    }
    let characteristics = input.metric_characteristics.unwrap_or_default();
    let detector = Detector {
        source: source.ok_or_else(|| missing("SingleMetricAnomalyDetector"))?,
        excluded: excluded(configuration.excluded_time_ranges.unwrap_or_default())?,
        timezone: zone,
        adaptation_speed: configuration.adaptation_speed,
        outlier_filtering: configuration.outlier_filtering_strength,
        periodic_spikes: characteristics.periodic_spikes,
        unknown: Unknown::new(),
    };
    let id = anomaly::identity(&detector.source);
    let key = names::detector_key(&place, &id);
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Detector>(&key).await?.is_none() {
            let prefix = names::scope(&place).prefix(Detector::KIND);
            if core.table.count(&prefix).await? >= MOST {
                return Err(faults::limit_exceeded_exception(format!(
                    "The account has the most anomaly detectors that it may have: {MOST}."
                )));
            }
        }
        tx.put(&key, &detector);
    });
    let anomaly_detector_id = Some(id);
    Ok(PutAnomalyDetectorOutput {
        anomaly_detector_id,
    })
}

fn excluded(given: Vec<Range>) -> Result<Vec<(Timestamp, Timestamp)>, Fault> {
    if given.len() > MOST_EXCLUDED {
        return Err(invalid(format!(
            "The collection ExcludedTimeRanges must not have a size greater than {MOST_EXCLUDED}."
        )));
    }
    let range = |it: Range| {
        let (from, to) = (
            it.start_time.unwrap_or_default(),
            it.end_time.unwrap_or_default(),
        );
        match from < to {
            true => Ok((from, to)),
            false => Err(invalid(
                "The StartTime of an excluded time range must be before its EndTime.",
            )),
        }
    };
    given.into_iter().map(range).collect()
}

pub async fn describe_anomaly_detectors(
    core: &Core,
    call: &Call,
    input: DescribeAnomalyDetectorsInput,
) -> Result<DescribeAnomalyDetectorsOutput, Fault> {
    let place = Place::of(call);
    let types = input.anomaly_detector_types.unwrap_or_default();
    let ids: BTreeSet<String> = input
        .anomaly_detector_ids
        .unwrap_or_default()
        .into_iter()
        .collect();
    let dimensions = match input.dimensions {
        None => None,
        given => Some(datum::dimensions(given, "Dimensions")?),
    };
    let wants = |kind: &str| match types.is_empty() {
        // Those that are named are shown whatever they are.
        true => kind == "SINGLE_METRIC" || !ids.is_empty(),
        false => types.iter().any(|it| it == kind),
    };
    let about_metric = [&input.namespace, &input.metric_name];
    let fits = |it: &Detector| match &it.source {
        DetectorSource::Metric(metric) => {
            let own = [&metric.namespace, &metric.name];
            let same = about_metric.iter().zip(own);
            wants("SINGLE_METRIC")
                && same
                    .into_iter()
                    .all(|(wanted, own)| wanted.as_ref().is_none_or(|it| it == own))
                && dimensions
                    .as_ref()
                    .is_none_or(|it| *it == metric.dimensions)
        }
        DetectorSource::Queries(_) => {
            wants("METRIC_MATH")
                && about_metric.iter().all(|it| it.is_none())
                && dimensions.is_none()
        }
    };
    let selection = (&types, &ids, &about_metric, &dimensions);
    let pages = core.pages(call, "cloudwatch/DescribeAnomalyDetectors", &selection);
    let size = match input.max_results {
        None => PAGE,
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|it| (1..=PAGE).contains(it))
            .ok_or_else(|| invalid(format!("MaxResults must be from 1 to {PAGE}.")))?,
    };
    let page = pages.page(input.next_token.as_deref(), size)?;
    let mut all = core
        .table
        .all::<Detector>(&names::scope(&place), "")
        .await?;
    all.retain(|(id, it)| (ids.is_empty() || ids.contains(id)) && fits(&it.record));
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let (shown, next_token) = page.cut(all, |it| &it.0);
    let shown = shown.into_iter().map(|(id, stored)| {
        let training = core.models.training(&stored);
        AnomalyDetector {
            anomaly_detector_id: Some(id),
            state_value: Some(training.name().to_owned()),
            ..described(stored.record)
        }
    });
    Ok(DescribeAnomalyDetectorsOutput {
        anomaly_detectors: Some(shown.collect()),
        next_token,
    })
}

fn described(of: Detector) -> AnomalyDetector {
    let range = |(from, to): (Timestamp, Timestamp)| Range {
        start_time: Some(from),
        end_time: Some(to),
    };
    let mut shown = AnomalyDetector {
        configuration: Some(AnomalyDetectorConfiguration {
            excluded_time_ranges: Some(of.excluded.into_iter().map(range).collect()),
            metric_timezone: of.timezone,
            adaptation_speed: of.adaptation_speed,
            outlier_filtering_strength: of.outlier_filtering,
        }),
        metric_characteristics: of.periodic_spikes.map(|it| MetricCharacteristics {
            periodic_spikes: Some(it),
        }),
        ..AnomalyDetector::default()
    };
    match of.source {
        DetectorSource::Metric(metric) => {
            let dimensions: Option<Vec<Dimension>> = Some(wire_dimensions(&metric.dimensions));
            // Clients of before read these.
            shown.namespace = Some(metric.namespace.clone());
            shown.metric_name = Some(metric.name.clone());
            shown.dimensions.clone_from(&dimensions);
            shown.stat = Some(metric.statistic.clone());
            shown.single_metric_anomaly_detector = Some(SingleMetricAnomalyDetector {
                account_id: None,
                namespace: Some(metric.namespace),
                metric_name: Some(metric.name),
                dimensions,
                stat: Some(metric.statistic),
            });
        }
        DetectorSource::Queries(queries) => {
            let queries = queries.iter().map(StoredQuery::to_wire).collect();
            shown.metric_math_anomaly_detector = Some(MetricMathAnomalyDetector {
                metric_data_queries: Some(queries),
            });
        }
    }
    shown
}

pub async fn delete_anomaly_detector(
    core: &Core,
    call: &Call,
    input: DeleteAnomalyDetectorInput,
) -> Result<DeleteAnomalyDetectorOutput, Fault> {
    let place = Place::of(call);
    let named = named!(input);
    let id = match (input.anomaly_detector_id, named.source(&place)?) {
        (Some(id), None) => id,
        (None, Some(source)) => anomaly::identity(&source),
        (None, None) => return Err(missing("AnomalyDetectorId")),
        (Some(_), Some(_)) => {
            let text = "An anomaly detector is named by its id or by its metric.";
            return Err(combination(text));
        }
    };
    let key = names::detector_key(&place, &id);
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Detector>(&key).await?.is_none() {
            let text = "The anomaly detector does not exist.";
            return Err(faults::resource_not_found_exception(text)
                .with("ResourceType", "AnomalyDetector")
                .with("ResourceId", id.as_str()));
        }
        tx.delete(&key);
    });
    Ok(DeleteAnomalyDetectorOutput::default())
}
