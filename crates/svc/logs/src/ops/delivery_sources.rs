//! PutDeliverySource, GetDeliverySource, DescribeDeliverySources and DeleteDeliverySource: resources whose logs may be
//! delivered, each with a type of its logs.

use serde_json::json;
use wharf_api_logs::{
    faults,
    types::{
        DeleteDeliverySourceRequest, DeliverySource as Shown, DescribeDeliverySourcesRequest,
        DescribeDeliverySourcesResponse, GetDeliverySourceRequest, GetDeliverySourceResponse,
        PutDeliverySourceRequest, PutDeliverySourceResponse,
    },
};
use wharf_base::Arn;
use wharf_delivery::{Actor, Request};
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Context, Fault};

use super::tags::RULES_OF_DELIVERIES;
use crate::{
    LogsService,
    deliveries::{
        catalog::SourceKind,
        records::{DeliverySource, SourceOf},
    },
    fault, names,
};

/// Of an account in a region, as with AWS.
pub const MOST: usize = 1000;
const PAGE: usize = 50;

fn key(cx: &Context, name: &str) -> String {
    LogsService::scope(cx).key(DeliverySource::KIND, name)
}

fn key_of(cx: &Context, resource: &str, log_type: &str) -> String {
    LogsService::scope(cx).key(SourceOf::KIND, &format!("{log_type}:{resource}"))
}

pub fn missing() -> Fault {
    faults::resource_not_found_exception(
        "Requested Delivery Source does not exist in this account.",
    )
}

fn shown(cx: &Context, name: &str, it: DeliverySource) -> Shown {
    let service = it.resource.parse::<Arn>().map(|arn| arn.service).ok();
    Shown {
        arn: Some(names::arn_in(
            &LogsService::scope(cx),
            names::DELIVERY_SOURCE,
            name,
        )),
        name: Some(name.to_owned()),
        resource_arns: Some(vec![it.resource]),
        service,
        log_type: Some(it.log_type),
        tags: (!it.tags.is_empty()).then_some(it.tags),
        ..Shown::default()
    }
}

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutDeliverySourceRequest,
) -> Result<PutDeliverySourceResponse, Fault> {
    let name = input.name.unwrap_or_default();
    let (resource, log_type) = (
        input.resource_arn.unwrap_or_default(),
        input.log_type.unwrap_or_default(),
    );
    check(service, call, &resource, &log_type).await?;
    let tags = RULES_OF_DELIVERIES.given(input.tags.unwrap_or_default())?;
    let scope = LogsService::scope(call);
    let (at, of) = (key(call, &name), key_of(call, &resource, &log_type));
    let count = service
        .table
        .count(&scope.prefix(DeliverySource::KIND))
        .await?;
    let made = transact!(service.table, &call.permit, |tx| {
        if let Some(former) = tx.find::<DeliverySource>(&at).await? {
            unchanged(&former, &resource, &log_type)?;
            if !tags.is_empty() {
                return Err(fault::tagged_by_update());
            }
            return Ok(PutDeliverySourceResponse {
                delivery_source: Some(shown(call, &name, former)),
            });
        }
        if tx.find::<SourceOf>(&of).await?.is_some() {
            return Err(faults::conflict_exception(
                "This ResourceId has already been used in another Delivery Source in this account.",
            ));
        }
        if count >= MOST {
            return Err(fault::over_quota());
        }
        let made = DeliverySource {
            resource: resource.clone(),
            log_type: log_type.clone(),
            deliveries: Default::default(),
            created_at: call.now,
            tags: tags.clone(),
            unknown: Unknown::new(),
        };
        let name = name.clone();
        let unknown = Unknown::new();
        tx.put(&of, &SourceOf { name, unknown });
        tx.put(&at, &made);
        made
    });
    Ok(PutDeliverySourceResponse {
        delivery_source: Some(shown(call, &name, made)),
    })
}

/// A source stays that of its resource.
fn unchanged(former: &DeliverySource, resource: &str, log_type: &str) -> Result<(), Fault> {
    let other = if former.resource != resource {
        "ResourceId"
    } else if former.log_type != log_type {
        "LogType"
    } else {
        return Ok(());
    };
    Err(faults::conflict_exception(format!(
        "Update to existing Delivery Source with new {other} is not allowed. Please create a new Delivery Source instead."
    )))
}

/// A resource of the caller's that is there and has logs of that type.
async fn check(
    service: &LogsService,
    call: &Call,
    resource: &str,
    log_type: &str,
) -> Result<(), Fault> {
    let arn = resource.parse::<Arn>().ok();
    let arn = arn.filter(Arn::is_in_its_partition);
    let arn = arn.ok_or_else(|| faults::validation_exception("Invalid ARN provided."))?;
    let (kind, name) = SourceKind::of(&arn)
        .ok_or_else(|| faults::resource_not_found_exception("Cannot access provided service."))?;
    if !kind.log_types.contains(&log_type) {
        return Err(faults::validation_exception(
            "This service is not allowed for this LogSource.",
        ));
    }
    if (&arn.account, &arn.region) != (&call.account, &call.region) {
        return Err(faults::validation_exception(
            "The resourceArn must be of the account and the region of the request.",
        ));
    }
    let Some(operations) = service.operations.get() else {
        return Ok(());
    };
    let actor = Actor::Account {
        account: call.account.clone(),
        source_arn: resource.to_owned(),
    };
    // All sources are buses so far.
    let asked = Request::new(
        kind.service,
        "DescribeEventBus",
        &call.region,
        json!({ "Name": name }),
    );
    match operations.call(&actor, &asked).await {
        Ok(_) => Ok(()),
        Err(fault) if fault.code == "ResourceNotFoundException" => {
            Err(faults::resource_not_found_exception(fault.message))
        }
        Err(fault) => Err(fault),
    }
}

pub async fn get(
    service: &LogsService,
    call: &Call,
    input: GetDeliverySourceRequest,
) -> Result<GetDeliverySourceResponse, Fault> {
    let name = input.name.unwrap_or_default();
    let found = service
        .table
        .read::<DeliverySource>(&key(call, &name))
        .await?;
    let found = found.ok_or_else(missing)?.record;
    Ok(GetDeliverySourceResponse {
        delivery_source: Some(shown(call, &name, found)),
    })
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeDeliverySourcesRequest,
) -> Result<DescribeDeliverySourcesResponse, Fault> {
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let wanted = input.resource_arns.unwrap_or_default();
    let page = service
        .pages(call, &format!("delivery sources {wanted:?}"))
        .page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let scope = LogsService::scope(call);
    let mut all = service.table.all::<DeliverySource>(&scope, "").await?;
    all.retain(|(_, it)| wanted.is_empty() || wanted.contains(&it.record.resource));
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let each = all.into_iter();
    let each = each.map(|(name, it)| shown(call, &name, it.record));
    Ok(DescribeDeliverySourcesResponse {
        delivery_sources: Some(each.collect()),
        next_token,
    })
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteDeliverySourceRequest,
) -> Result<(), Fault> {
    let at = key(call, &input.name.unwrap_or_default());
    transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<DeliverySource>(&at).await?;
        let found = found.ok_or_else(missing)?;
        if !found.deliveries.is_empty() {
            return Err(faults::conflict_exception(
                "This Delivery Source is in use by a Delivery. Delete its Deliveries first.",
            ));
        }
        tx.delete(key_of(call, &found.resource, &found.log_type));
        tx.delete(&at);
    });
    Ok(())
}
