//! PutMetricFilter, DescribeMetricFilters and DeleteMetricFilter.

use wharf_api_logs::{
    faults,
    types::{
        DeleteMetricFilterRequest, DescribeMetricFiltersRequest, DescribeMetricFiltersResponse,
        MetricFilter as Shown, MetricTransformation, PutMetricFilterRequest,
    },
};
use wharf_records::Record as _;
use wharf_wire::{Call, Fault};

use super::tags::change;
use crate::{
    LogsService, fault,
    metric_filter::{self, BadFilter, Compiled},
    records::{Group, MetricFilter, SystemField, Transformation},
};

/// Filters of a group, as with AWS.
const MOST: usize = 100;
const PAGE: usize = 50;

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutMetricFilterRequest,
) -> Result<(), Fault> {
    let filter = MetricFilter {
        name: input.filter_name.unwrap_or_default(),
        pattern: input.filter_pattern.unwrap_or_default(),
        transformations: input
            .metric_transformations
            .unwrap_or_default()
            .into_iter()
            .map(stored)
            .collect(),
        on_transformed: input.apply_on_transformed_logs == Some(true),
        system_dimensions: system_fields(input.emit_system_field_dimensions.unwrap_or_default())?,
        selection: super::subscription_filters::criteria(input.field_selection_criteria)?,
        created_at: call.now,
    };
    let checked = metric_filter::check(&filter).and_then(|()| Compiled::new(&filter));
    checked.map_err(|cause| match cause {
        BadFilter::Pattern(cause) => fault::bad_pattern(&cause),
        BadFilter::Transformation(_) => fault::invalid(cause.to_string()),
    })?;
    let name = input.log_group_name.unwrap_or_default();
    change(service, call, &name, |group| {
        if group.class != "STANDARD" {
            return Err(fault::invalid(format!(
                "Metric filters are not for log groups of the class {}.",
                group.class
            )));
        }
        let all = &mut group.metric_filters;
        match all.binary_search_by(|it| it.name.cmp(&filter.name)) {
            Ok(at) => all[at] = filter.clone(),
            Err(_) if all.len() >= MOST => {
                return Err(faults::limit_exceeded_exception("Resource limit exceeded."));
            }
            Err(at) => all.insert(at, filter.clone()),
        }
        Ok(())
    })
    .await
}

fn system_fields(given: Vec<String>) -> Result<Vec<SystemField>, Fault> {
    let mut fields = Vec::new();
    for name in given {
        let Some(field) = SystemField::parse(&name) else {
            return Err(fault::invalid(format!(
                "{name} is no system field: there are @aws.account and @aws.region."
            )));
        };
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    Ok(fields)
}

fn stored(it: MetricTransformation) -> Transformation {
    Transformation {
        namespace: it.metric_namespace.unwrap_or_default(),
        name: it.metric_name.unwrap_or_default(),
        value: it.metric_value.unwrap_or_default(),
        default_value: it.default_value,
        dimensions: it.dimensions.unwrap_or_default(),
        unit: it.unit,
    }
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeMetricFiltersRequest,
) -> Result<DescribeMetricFiltersResponse, Fault> {
    if input.metric_name.is_some() != input.metric_namespace.is_some() {
        return Err(fault::invalid(
            "metricName and metricNamespace must be given together.",
        ));
    }
    let groups: Vec<Group> = match &input.log_group_name {
        Some(name) => vec![service.group(call, name).await?],
        None => {
            service
                .all(&LogsService::scope(call).prefix(Group::KIND))
                .await?
        }
    };
    let prefix = input.filter_name_prefix.unwrap_or_default();
    let metric = input.metric_namespace.zip(input.metric_name);
    let listing = format!(
        "metric filters {:?} {prefix:?} {metric:?}",
        input.log_group_name
    );
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let page = service
        .pages(call, &listing)
        .page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let of = |filter: &MetricFilter| {
        let is_of = |it: &Transformation| {
            metric
                .as_ref()
                .is_none_or(|(namespace, name)| it.namespace == *namespace && it.name == *name)
        };
        filter.name.starts_with(&prefix) && filter.transformations.iter().any(is_of)
    };
    // A character that names do not have parts them, so that two pairs have two places.
    let mut all: Vec<(String, Shown)> = groups
        .iter()
        .flat_map(|group| {
            let fitting = group.metric_filters.iter().filter(|it| of(it));
            fitting.map(|it| (format!("{}\u{0}{}", it.name, group.name), shown(group, it)))
        })
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (all, next_token) = page.cut(all, |(place, _)| place.as_str());
    Ok(DescribeMetricFiltersResponse {
        metric_filters: Some(all.into_iter().map(|(_, it)| it).collect()),
        next_token,
    })
}

fn shown(group: &Group, filter: &MetricFilter) -> Shown {
    let transformations = filter
        .transformations
        .iter()
        .map(|it| MetricTransformation {
            metric_name: Some(it.name.clone()),
            metric_namespace: Some(it.namespace.clone()),
            metric_value: Some(it.value.clone()),
            default_value: it.default_value,
            dimensions: Some(it.dimensions.clone()).filter(|it| !it.is_empty()),
            unit: it.unit.clone(),
        });
    let system = filter.system_dimensions.iter();
    let system: Vec<String> = system.map(|it| it.as_str().to_owned()).collect();
    Shown {
        filter_name: Some(filter.name.clone()),
        filter_pattern: Some(filter.pattern.clone()),
        metric_transformations: Some(transformations.collect()),
        creation_time: Some(filter.created_at.millis()),
        log_group_name: Some(group.name.clone()),
        apply_on_transformed_logs: Some(filter.on_transformed),
        emit_system_field_dimensions: Some(system).filter(|it| !it.is_empty()),
        field_selection_criteria: filter.selection.clone(),
    }
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteMetricFilterRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    let filter = input.filter_name.unwrap_or_default();
    change(service, call, &name, |group| {
        let before = group.metric_filters.len();
        group.metric_filters.retain(|it| it.name != filter);
        match group.metric_filters.len() < before {
            true => Ok(()),
            false => Err(faults::resource_not_found_exception(
                "The specified metric filter does not exist.",
            )),
        }
    })
    .await
}
