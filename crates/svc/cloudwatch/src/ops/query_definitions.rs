//! PutMetricDataQueryDefinition and those that read and delete: queries that people keep for later. An expression that
//! could not be asked is not kept.

use wharf_api_cloudwatch::{
    DeleteMetricDataQueryDefinitionInput, DeleteMetricDataQueryDefinitionOutput,
    GetMetricDataQueryDefinitionInput, GetMetricDataQueryDefinitionOutput,
    ListMetricDataQueryDefinitionsInput, ListMetricDataQueryDefinitionsOutput,
    MetricDataQueryDefinitionSummary, PutMetricDataQueryDefinitionInput,
    PutMetricDataQueryDefinitionOutput, faults,
};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Changes, Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::{CloudwatchFaults, invalid},
    insights, math, names,
    records::{QueryDefinition, QueryPath},
};

/// Definitions of an account in a region.
const MOST: usize = 1000;
const PAGE: usize = 100;

pub async fn put_metric_data_query_definition(
    core: &Core,
    call: &Call,
    input: PutMetricDataQueryDefinitionInput,
) -> Result<PutMetricDataQueryDefinitionOutput, Fault> {
    let place = Place::of(call);
    let kind = input.type_.unwrap_or_default();
    let expression = input.expression.unwrap_or_default();
    let path = input.path.unwrap_or_default();
    checked(&kind, &expression)?;
    let (is_change, id) = match input.id {
        Some(id) => (true, id),
        None => (false, ids::uuid()),
    };
    let key = names::query_definition_key(&place, &id);
    let path_key = names::query_path_key(&place, &path);
    transact!(core.table, &call.permit, |tx| {
        let before = tx.find::<QueryDefinition>(&key).await?;
        if before.is_none() && is_change {
            return Err(missing(&id));
        }
        if let Some(of) = tx.find::<QueryPath>(&path_key).await?
            && of.id != id
        {
            let other = names::query_definition_key(&place, &of.id);
            let other = tx.find::<QueryDefinition>(&other).await?;
            if other.is_some_and(|it| it.path == path) {
                return Err(faults::conflict_exception(format!(
                    "A query definition with the path {path} already exists."
                )));
            }
        }
        if before.is_none() {
            let prefix = names::scope(&place).prefix(QueryDefinition::KIND);
            if core.table.count(&prefix).await? >= MOST {
                return Err(faults::limit_exceeded_exception(format!(
                    "The account has the most query definitions that it may have: {MOST}."
                )));
            }
        }
        if let Some(before) = before.as_ref().filter(|it| it.path != path) {
            leave(&mut tx, &place, &id, &before.path).await?;
        }
        let of = QueryPath {
            id: id.clone(),
            unknown: Unknown::new(),
        };
        tx.put(&path_key, &of);
        let definition = QueryDefinition {
            path: path.clone(),
            expression: expression.clone(),
            kind: kind.clone(),
            created_at: before.map_or(call.now, |it| it.created_at),
            changed_at: call.now,
            unknown: Unknown::new(),
        };
        tx.put(&key, &definition);
    });
    let made = core.table.read::<QueryDefinition>(&key).await?;
    let made = made.ok_or_else(|| missing(&id))?.record;
    Ok(PutMetricDataQueryDefinitionOutput {
        arn: Some(names::query_definition_arn(&place, &id)),
        id: Some(id),
        path: Some(made.path),
        expression: Some(made.expression),
        type_: Some(made.kind),
        created_at: Some(made.created_at),
        updated_at: Some(made.changed_at),
    })
}

/// A path is free again.
///
/// # Errors
/// The store's.
async fn leave(
    tx: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    id: &str,
    path: &str,
) -> Result<(), Fault> {
    let key = names::query_path_key(place, path);
    let of = tx.find::<QueryPath>(&key).await?;
    if of.is_some_and(|it| it.id == id) {
        tx.delete(&key);
    }
    Ok(())
}

/// # Errors
/// It is no expression of its type.
fn checked(kind: &str, expression: &str) -> Result<(), Fault> {
    let bad = match kind {
        "SQL" => insights::Query::parse(expression)
            .err()
            .map(|it| it.to_string()),
        "METRIC_MATH" => math::parse(expression).err().map(|it| it.to_string()),
        "PROMQL" => wharf_promql::Query::parse(expression)
            .err()
            .map(|it| it.to_string()),
        other => {
            return Err(invalid(format!(
                "The value {other} for parameter Type is invalid: it must be PROMQL, SQL or METRIC_MATH."
            )));
        }
    };
    match bad {
        None => Ok(()),
        Some(bad) => Err(invalid(format!(
            "The parameter Expression is not valid: {bad}."
        ))),
    }
}

fn missing(id: &str) -> Fault {
    faults::resource_not_found_exception(format!("The query definition {id} does not exist."))
        .with("ResourceType", "MetricDataQueryDefinition")
        .with("ResourceId", id)
}

pub async fn get_metric_data_query_definition(
    core: &Core,
    call: &Call,
    input: GetMetricDataQueryDefinitionInput,
) -> Result<GetMetricDataQueryDefinitionOutput, Fault> {
    let place = Place::of(call);
    let id = input.id.unwrap_or_default();
    let key = names::query_definition_key(&place, &id);
    let found = core.table.read::<QueryDefinition>(&key).await?;
    let found = found.ok_or_else(|| missing(&id))?.record;
    Ok(GetMetricDataQueryDefinitionOutput {
        arn: Some(names::query_definition_arn(&place, &id)),
        id: Some(id),
        path: Some(found.path),
        expression: Some(found.expression),
        type_: Some(found.kind),
        created_at: Some(found.created_at),
        updated_at: Some(found.changed_at),
    })
}

pub async fn list_metric_data_query_definitions(
    core: &Core,
    call: &Call,
    input: ListMetricDataQueryDefinitionsInput,
) -> Result<ListMetricDataQueryDefinitionsOutput, Fault> {
    let place = Place::of(call);
    let pages = core.pages(call, "cloudwatch/ListMetricDataQueryDefinitions", &());
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let prefix = names::scope(&place).prefix(QueryDefinition::KIND);
    let found = core
        .table
        .page::<QueryDefinition>(&prefix, page.after.clone(), page.size, |_| true)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let items = found.records.into_iter().filter_map(|it| {
        let id = wharf_records::Scope::parse(&it.key)?.2;
        Some(MetricDataQueryDefinitionSummary {
            id: Some(id),
            path: Some(it.record.path),
            type_: Some(it.record.kind),
            updated_at: Some(it.record.changed_at),
        })
    });
    Ok(ListMetricDataQueryDefinitionsOutput {
        items: Some(items.collect()),
        next_token,
    })
}

/// One that is not there is as gone.
pub async fn delete_metric_data_query_definition(
    core: &Core,
    call: &Call,
    input: DeleteMetricDataQueryDefinitionInput,
) -> Result<DeleteMetricDataQueryDefinitionOutput, Fault> {
    let place = Place::of(call);
    let id = input.id.unwrap_or_default();
    let key = names::query_definition_key(&place, &id);
    transact!(core.table, &call.permit, |tx| {
        if let Some(found) = tx.find::<QueryDefinition>(&key).await? {
            leave(&mut tx, &place, &id, &found.path).await?;
            tx.delete(&key);
        }
    });
    Ok(DeleteMetricDataQueryDefinitionOutput {})
}
