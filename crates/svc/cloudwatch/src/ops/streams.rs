//! PutMetricStream, GetMetricStream, ListMetricStreams, DeleteMetricStream, StartMetricStreams and StopMetricStreams.

use std::collections::BTreeSet;

use wharf_api_cloudwatch::{
    DeleteMetricStreamInput, DeleteMetricStreamOutput, GetMetricStreamInput, GetMetricStreamOutput,
    ListMetricStreamsInput, ListMetricStreamsOutput, MetricStreamEntry, MetricStreamFilter,
    MetricStreamStatisticsConfiguration, MetricStreamStatisticsMetric, PutMetricStreamInput,
    PutMetricStreamOutput, StartMetricStreamsInput, StartMetricStreamsOutput,
    StopMetricStreamsInput, StopMetricStreamsOutput, faults,
};
use wharf_base::Arn;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::{combination, invalid, missing},
    names,
    records::{MetricStream, StreamFilter, StreamFormat, StreamPosition, StreamStatistics},
    stat::Stat,
    stream::deliver::{self, PRINCIPAL},
    tags,
};

/// Streams of an account in a region: each looks at all its metrics every minute.
const MOST: usize = 20;
/// Streams of a page unless a request says less.
const PAGE: usize = 500;
/// Filters of a stream, and names of metrics in all of them, as in AWS.
const MOST_FILTERS: usize = 1000;
const MOST_NAMES: usize = 1000;
/// Metrics with further statistics, and statistics of each, as in AWS.
const MOST_METRICS: usize = 100;
const MOST_STATISTICS: usize = 20;

pub async fn put_metric_stream(
    core: &Core,
    call: &Call,
    input: PutMetricStreamInput,
) -> Result<PutMetricStreamOutput, Fault> {
    let place = Place::of(call);
    let name = name(input.name)?;
    let arn = names::stream_arn(&place, &name);
    let format = format(input.output_format.as_deref().unwrap_or_default())?;
    if input.include_linked_accounts_metrics == Some(true) {
        return Err(invalid(
            "The parameter IncludeLinkedAccountsMetrics is not supported: there are no linked accounts.",
        ));
    }
    let (include, exclude) = (input.include_filters, input.exclude_filters);
    if [&include, &exclude]
        .iter()
        .all(|it| it.as_ref().is_some_and(|it| !it.is_empty()))
    {
        return Err(combination(
            "The parameters IncludeFilters and ExcludeFilters must not be given together.",
        ));
    }
    let role = input.role_arn.unwrap_or_default();
    let operations = &core.parts.operations;
    let assumed = operations.may_assume(&role, PRINCIPAL, &arn).await;
    assumed.map_err(|fault| match fault.status {
        500.. => fault,
        _ => invalid(format!(
            "The role {role} must let {PRINCIPAL} assume it: {}",
            fault.message
        )),
    })?;
    let stream = MetricStream {
        include: filters("IncludeFilters", include)?,
        exclude: filters("ExcludeFilters", exclude)?,
        destination: destination(&place, input.firehose_arn.unwrap_or_default())?,
        role,
        format,
        statistics: statistics(format, input.statistics_configurations)?,
        running: true,
        created_at: call.now,
        changed_at: call.now,
        tags: tags::given(input.tags)?,
        unknown: Unknown::new(),
    };
    let key = names::stream_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        let stream = match tx.find::<MetricStream>(&key).await? {
            // Tags of one that is there are changed by TagResource alone.
            Some(before) => MetricStream {
                running: before.running,
                created_at: before.created_at,
                tags: before.tags,
                unknown: before.unknown,
                ..stream.clone()
            },
            None => {
                let prefix = names::scope(&place).prefix(MetricStream::KIND);
                if core.table.count(&prefix).await? >= MOST {
                    return Err(faults::limit_exceeded_exception(format!(
                        "The account has the most metric streams that it may have in a region: {MOST}."
                    )));
                }
                tx.put(names::stream_position_key(&place, &name), &begin(call));
                stream.clone()
            }
        };
        tx.put(&key, &stream);
    });
    Ok(PutMetricStreamOutput { arn: Some(arn) })
}

/// Where a stream begins that is new, or was stopped.
fn begin(call: &Call) -> StreamPosition {
    StreamPosition {
        minute: deliver::first_minute(call.now.millis().div_euclid(1000)),
        after: None,
        sent: 0,
        unknown: Unknown::new(),
    }
}

fn name(given: Option<String>) -> Result<String, Fault> {
    let name = given.unwrap_or_default();
    let fits = (1..=255).contains(&name.len())
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_');
    match fits {
        true => Ok(name),
        false => Err(invalid(format!(
            "The value {name} for parameter Name is invalid: it may have letters, digits, - and _, at most 255."
        ))),
    }
}

fn format(given: &str) -> Result<StreamFormat, Fault> {
    StreamFormat::parse(given).ok_or_else(|| {
        invalid(format!(
            "The value {given} for parameter OutputFormat is not supported: it must be json or opentelemetry1.0."
        ))
    })
}

fn destination(place: &Place, given: String) -> Result<String, Fault> {
    let is_destination = given.parse::<Arn>().is_ok_and(|it| {
        let mut parts = it.resource.split('/');
        it.service == "events"
            && it.account == place.account
            && parts.next() == Some("api-destination")
            && parts.by_ref().take(2).filter(|it| !it.is_empty()).count() == 2
            && parts.next().is_none()
    });
    match is_destination {
        true => Ok(given),
        false => Err(invalid(format!(
            "The value {given} for parameter FirehoseArn is not supported: there is no Firehose here, it must be the ARN of an API destination of EventBridge of this account."
        ))),
    }
}

fn filters(
    parameter: &str,
    given: Option<Vec<MetricStreamFilter>>,
) -> Result<Vec<StreamFilter>, Fault> {
    let given = given.unwrap_or_default();
    let names: usize = given
        .iter()
        .flat_map(|it| &it.metric_names)
        .map(Vec::len)
        .sum();
    if given.len() > MOST_FILTERS || names > MOST_NAMES {
        return Err(invalid(format!(
            "The parameter {parameter} may have at most {MOST_FILTERS} filters and {MOST_NAMES} names of metrics."
        )));
    }
    let filter = |(at, it): (usize, MetricStreamFilter)| {
        let namespace = it.namespace.filter(|it| !it.is_empty());
        Ok(StreamFilter {
            namespace: namespace
                .ok_or_else(|| missing(&format!("{parameter}.member.{}.Namespace", at + 1)))?,
            names: it.metric_names.unwrap_or_default(),
        })
    };
    given.into_iter().enumerate().map(filter).collect()
}

fn statistics(
    format: StreamFormat,
    given: Option<Vec<MetricStreamStatisticsConfiguration>>,
) -> Result<Vec<StreamStatistics>, Fault> {
    let given = given.unwrap_or_default();
    let metrics = given.iter().flat_map(|it| &it.include_metrics);
    let most = given.iter().flat_map(|it| &it.additional_statistics);
    let most = most.map(Vec::len).max().unwrap_or(0);
    if metrics.map(Vec::len).sum::<usize>() > MOST_METRICS
        || given.len() > MOST_METRICS
        || most > MOST_STATISTICS
    {
        return Err(invalid(format!(
            "The parameter StatisticsConfigurations may name at most {MOST_METRICS} metrics, and {MOST_STATISTICS} statistics for each."
        )));
    }
    let one = |it: MetricStreamStatisticsConfiguration| {
        let named = |it: MetricStreamStatisticsMetric| {
            (
                it.namespace.unwrap_or_default(),
                it.metric_name.unwrap_or_default(),
            )
        };
        let metrics = it.include_metrics.unwrap_or_default();
        let statistics = it.additional_statistics.unwrap_or_default();
        for name in &statistics {
            let fits = match (Stat::extended(name), format) {
                (Some(Stat::Percentile(_)), _) => true,
                (found, StreamFormat::Json) => found.is_some(),
                (_, StreamFormat::OpenTelemetry1) => false,
            };
            if !fits {
                return Err(invalid(format!(
                    "The value {name} for parameter AdditionalStatistics is not supported with the output format {}.",
                    format.name()
                )));
            }
        }
        Ok(StreamStatistics {
            metrics: metrics.into_iter().map(named).collect(),
            statistics,
        })
    };
    given.into_iter().map(one).collect()
}

fn state(stream: &MetricStream) -> String {
    if stream.running { "running" } else { "stopped" }.to_owned()
}

pub async fn get_metric_stream(
    core: &Core,
    call: &Call,
    input: GetMetricStreamInput,
) -> Result<GetMetricStreamOutput, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    let found = core
        .table
        .read::<MetricStream>(&names::stream_key(&place, &name))
        .await?;
    let arn = names::stream_arn(&place, &name);
    let stream = found.map(|it| it.record).ok_or_else(|| {
        faults::resource_not_found_exception(format!("Metric stream {name} does not exist."))
            .with("ResourceType", "metric-stream")
            .with("ResourceId", arn.as_str())
    })?;
    let filters = |all: &[StreamFilter]| {
        let shown = |it: &StreamFilter| MetricStreamFilter {
            namespace: Some(it.namespace.clone()),
            metric_names: (!it.names.is_empty()).then(|| it.names.clone()),
        };
        (!all.is_empty()).then(|| all.iter().map(shown).collect())
    };
    let metric = |it: &(String, String)| MetricStreamStatisticsMetric {
        namespace: Some(it.0.clone()),
        metric_name: Some(it.1.clone()),
    };
    let statistics = stream.statistics.iter();
    let statistics = statistics.map(|it| MetricStreamStatisticsConfiguration {
        include_metrics: Some(it.metrics.iter().map(metric).collect()),
        additional_statistics: Some(it.statistics.clone()),
    });
    Ok(GetMetricStreamOutput {
        arn: Some(arn),
        name: Some(name),
        include_filters: filters(&stream.include),
        exclude_filters: filters(&stream.exclude),
        firehose_arn: Some(stream.destination.clone()),
        role_arn: Some(stream.role.clone()),
        state: Some(state(&stream)),
        creation_date: Some(stream.created_at),
        last_update_date: Some(stream.changed_at),
        output_format: Some(stream.format.name().to_owned()),
        statistics_configurations: (!stream.statistics.is_empty()).then(|| statistics.collect()),
        include_linked_accounts_metrics: Some(false),
    })
}

pub async fn list_metric_streams(
    core: &Core,
    call: &Call,
    input: ListMetricStreamsInput,
) -> Result<ListMetricStreamsOutput, Fault> {
    let place = Place::of(call);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let pages = core.pages(call, "cloudwatch/ListMetricStreams", &());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE).min(PAGE))?;
    let all = core
        .table
        .all::<MetricStream>(&names::scope(&place), "")
        .await?;
    let (shown, next_token) = page.cut(all, |it| &it.0);
    let entries = shown.into_iter().map(|(name, stored)| MetricStreamEntry {
        arn: Some(names::stream_arn(&place, &name)),
        creation_date: Some(stored.record.created_at),
        last_update_date: Some(stored.record.changed_at),
        firehose_arn: Some(stored.record.destination.clone()),
        state: Some(state(&stored.record)),
        output_format: Some(stored.record.format.name().to_owned()),
        name: Some(name),
    });
    Ok(ListMetricStreamsOutput {
        entries: Some(entries.collect()),
        next_token,
    })
}

/// One that is not there is deleted already.
pub async fn delete_metric_stream(
    core: &Core,
    call: &Call,
    input: DeleteMetricStreamInput,
) -> Result<DeleteMetricStreamOutput, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    let key = names::stream_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<MetricStream>(&key).await?.is_some() {
            tx.delete(&key);
            tx.delete(names::stream_position_key(&place, &name));
        }
    });
    Ok(DeleteMetricStreamOutput::default())
}

pub async fn start_metric_streams(
    core: &Core,
    call: &Call,
    input: StartMetricStreamsInput,
) -> Result<StartMetricStreamsOutput, Fault> {
    turn(core, call, input.names, true).await?;
    Ok(StartMetricStreamsOutput::default())
}

pub async fn stop_metric_streams(
    core: &Core,
    call: &Call,
    input: StopMetricStreamsInput,
) -> Result<StopMetricStreamsOutput, Fault> {
    turn(core, call, input.names, false).await?;
    Ok(StopMetricStreamsOutput::default())
}

/// Starts or stops all of them, or none. What is measured while a stream is stopped is not sent by it.
async fn turn(
    core: &Core,
    call: &Call,
    given: Option<Vec<String>>,
    running: bool,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let wanted: BTreeSet<String> = given.unwrap_or_default().into_iter().collect();
    if !(1..=MOST).contains(&wanted.len()) {
        return Err(invalid(format!(
            "The parameter Names must have 1 to {MOST} names."
        )));
    }
    transact!(core.table, &call.permit, |tx| {
        for name in &wanted {
            let key = names::stream_key(&place, name);
            let stream = tx.find::<MetricStream>(&key).await?;
            let mut stream =
                stream.ok_or_else(|| invalid(format!("Metric stream {name} does not exist.")))?;
            if stream.running != running {
                stream.running = running;
                stream.changed_at = call.now;
                tx.put(&key, &stream);
                if running {
                    tx.put(names::stream_position_key(&place, name), &begin(call));
                }
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_destinations_of_the_account_are_taken() {
        let place = Place::new("000000000000", "us-east-1");
        let fits = |arn: &str| destination(&place, arn.to_owned()).is_ok();
        assert!(fits(
            "arn:aws:events:us-east-1:000000000000:api-destination/d/1"
        ));
        for arn in [
            "",
            "arn:aws:firehose:us-east-1:000000000000:deliverystream/d",
            "arn:aws:events:us-east-1:111111111111:api-destination/d/1",
            "arn:aws:events:us-east-1:000000000000:api-destination/d",
            "arn:aws:events:us-east-1:000000000000:api-destination/d/1/2",
            "arn:aws:events:us-east-1:000000000000:event-bus/d/1",
        ] {
            assert!(!fits(arn), "{arn}");
        }
    }
}
