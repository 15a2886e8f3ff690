//! CreateDelivery, GetDelivery, DescribeDeliveries, DeleteDelivery and UpdateDeliveryConfiguration: logs of a source go to a
//! destination, and in which form.

use std::collections::BTreeSet;

use wharf_api_logs::{
    faults,
    types::{
        CreateDeliveryRequest, CreateDeliveryResponse, DeleteDeliveryRequest, Delivery as Shown,
        DescribeDeliveriesRequest, DescribeDeliveriesResponse, GetDeliveryRequest,
        GetDeliveryResponse, S3DeliveryConfiguration, UpdateDeliveryConfigurationRequest,
        UpdateDeliveryConfigurationResponse,
    },
};
use wharf_base::{Arn, ids};
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::{Changes, transact};
use wharf_wire::{Call, Context, Fault};

use super::{
    delivery_destinations::{self, type_of},
    delivery_sources::{self, MOST},
    resource_policies,
    tags::RULES_OF_DELIVERIES,
};
use crate::{
    LogsService,
    deliveries::{
        access,
        catalog::{DELIMITERS, SourceKind},
        format, layout,
        records::{Delivery, DeliveryDestination, DeliverySource, DestinationType, Format},
    },
    fault,
    fault::LogsFaults,
    names,
    records::{Group, ResourcePolicy},
};

const PAGE: usize = 50;

fn key(cx: &Context, id: &str) -> String {
    LogsService::scope(cx).key(Delivery::KIND, id)
}

fn source_key(cx: &Context, name: &str) -> String {
    LogsService::scope(cx).key(DeliverySource::KIND, name)
}

pub fn missing() -> Fault {
    faults::resource_not_found_exception("Requested Delivery does not exist in this account.")
}

fn invalid(text: impl Into<String>) -> Fault {
    faults::validation_exception(text)
}

fn arn(scope: &Scope, id: &str) -> String {
    names::arn_in(scope, names::DELIVERY, id)
}

/// What a request says of how records are written.
#[derive(Debug, Clone, Default)]
struct Given {
    fields: Option<Vec<String>>,
    delimiter: Option<String>,
    s3: Option<S3DeliveryConfiguration>,
}

impl Given {
    /// Changes a delivery; what is not said stays.
    ///
    /// # Errors
    /// What is said is nothing for its source or its destination.
    fn apply(self, it: &mut Delivery, kind: &SourceKind, written: Format) -> Result<(), Fault> {
        if let Some(fields) = self.fields {
            let known: BTreeSet<&str> = kind.fields.iter().copied().collect();
            let mut seen = BTreeSet::new();
            for field in &fields {
                if !known.contains(field.as_str()) || !seen.insert(field.as_str()) {
                    return Err(invalid(format!(
                        "recordFields has {field}, which is unknown or there twice."
                    )));
                }
            }
            // None at all is as good as no choice.
            it.fields = (!fields.is_empty()).then_some(fields);
        }
        if let Some(delimiter) = self.delimiter.filter(|it| !it.is_empty()) {
            if written == Format::Json {
                return Err(invalid(
                    "fieldDelimiter is for the output formats plain, w3c and raw.",
                ));
            }
            if !DELIMITERS.contains(&delimiter.as_str()) {
                return Err(invalid(format!(
                    "fieldDelimiter must be one of {DELIMITERS:?}."
                )));
            }
            it.delimiter = Some(delimiter);
        }
        let Some(s3) = self.s3 else {
            return Ok(());
        };
        if it.destination_type != DestinationType::Bucket {
            return Err(invalid(
                "s3DeliveryConfiguration is for destinations of the type S3.",
            ));
        }
        it.hive = s3.enable_hive_compatible_path.unwrap_or(it.hive);
        it.suffix = s3.suffix_path.or_else(|| it.suffix.take());
        let suffix = layout::suffix(kind, it);
        layout::check(kind, suffix, it.hive).map_err(|bad| invalid(bad.to_string()))
    }
}

/// What a source is of.
fn kind_of(source: &DeliverySource) -> Result<&'static SourceKind, Fault> {
    let arn = source.resource.parse::<Arn>().ok();
    let kind = arn.as_ref().and_then(SourceKind::of).map(|it| it.0);
    kind.ok_or_else(delivery_sources::missing)
}

/// As it is shown, with what holds where nothing is said.
fn shown(
    cx: &Context,
    (id, it): (&str, Delivery),
    (kind, written): (&SourceKind, Format),
) -> Shown {
    let is_bucket = it.destination_type == DestinationType::Bucket;
    let s3 = is_bucket.then(|| S3DeliveryConfiguration {
        suffix_path: Some(layout::suffix(kind, &it).to_owned()),
        enable_hive_compatible_path: Some(it.hive),
    });
    let delimiter = (written != Format::Json).then(|| format::delimiter(&it).to_owned());
    Shown {
        id: Some(id.to_owned()),
        arn: Some(arn(&LogsService::scope(cx), id)),
        record_fields: Some(format::fields(kind, &it)),
        delivery_source_name: Some(it.source),
        delivery_destination_arn: Some(it.destination),
        delivery_destination_type: Some(it.destination_type.as_str().to_owned()),
        field_delimiter: delimiter,
        s3_delivery_configuration: s3,
        tags: (!it.tags.is_empty()).then_some(it.tags),
    }
}

/// The source and the destination of a delivery, by the source's name and the destination's ARN.
async fn ends(
    service: &LogsService,
    cx: &Context,
    source: &str,
    destination: &str,
) -> Result<(DeliverySource, (Scope, DeliveryDestination)), Fault> {
    let found = source_named(service, cx, source).await?;
    let (scope, name) = destination_of(cx, destination)?;
    let key = scope.key(DeliveryDestination::KIND, &name);
    let to = service.table.read::<DeliveryDestination>(&key).await?;
    let to = to.ok_or_else(delivery_destinations::missing)?.record;
    Ok((found, (scope, to)))
}

async fn source_named(
    service: &LogsService,
    cx: &Context,
    name: &str,
) -> Result<DeliverySource, Fault> {
    let key = source_key(cx, name);
    let found = service.table.read::<DeliverySource>(&key).await?;
    Ok(found.ok_or_else(delivery_sources::missing)?.record)
}

/// Where the destination of an ARN is, and its name; it may be another account's.
fn destination_of(cx: &Context, arn: &str) -> Result<(Scope, String), Fault> {
    let found = names::delivery_destination(arn);
    let found = found.filter(|(scope, _)| scope.region == cx.region);
    found.ok_or_else(delivery_destinations::missing)
}

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateDeliveryRequest,
) -> Result<CreateDeliveryResponse, Fault> {
    let source = input.delivery_source_name.unwrap_or_default();
    let destination = input.delivery_destination_arn.unwrap_or_default();
    let (from, (there, to)) = ends(service, call, &source, &destination).await?;
    let kind = kind_of(&from)?;
    let of = type_of(&to.target).ok_or_else(delivery_destinations::missing)?;
    let scope = LogsService::scope(call);
    let mut made = Delivery {
        source,
        destination,
        destination_type: of,
        fields: None,
        delimiter: None,
        suffix: None,
        hive: false,
        created_at: call.now,
        tags: RULES_OF_DELIVERIES.given(input.tags.unwrap_or_default())?,
        unknown: Unknown::new(),
    };
    let given = Given {
        fields: input.record_fields,
        delimiter: input.field_delimiter,
        s3: input.s3_delivery_configuration,
    };
    given.apply(&mut made, kind, to.format())?;
    let count = service.table.count(&scope.prefix(Delivery::KIND)).await?;
    let policies = scope.prefix(ResourcePolicy::KIND);
    let policies = service.table.count(&policies).await?;
    let opened = opened(service, call, &made, (&there, &to)).await?;
    let (id, written) = (ids::hex16(), to.format());
    transact!(service.table, &call.permit, |tx| {
        join(&mut tx, call, &made, &id).await?;
        if count >= MOST {
            return Err(fault::over_quota());
        }
        if let Some(group) = &opened {
            let at = scope.key(ResourcePolicy::KIND, access::POLICY);
            let former = tx.find::<ResourcePolicy>(&at).await?;
            if former.is_none() && policies >= resource_policies::MOST {
                return Err(fault::over_quota());
            }
            let policy = policy_with(former, call, group)?;
            tx.put(&at, &policy);
        }
        tx.put(key(call, &id), &made);
    });
    service.set_route(&key(call, &id)).await?;
    Ok(CreateDeliveryResponse {
        delivery: Some(shown(call, (&id, made), (kind, written))),
    })
}

/// Notes down a delivery at its two ends, which must be there.
async fn join(
    tx: &mut Changes<'_, LogsFaults>,
    call: &Call,
    made: &Delivery,
    id: &str,
) -> Result<(), Fault> {
    let at = source_key(call, &made.source);
    let from = tx.find::<DeliverySource>(&at).await?;
    let mut from = from.ok_or_else(delivery_sources::missing)?;
    if let Some(former) = from.deliveries.get(&made.destination_type) {
        let former = tx.find::<Delivery>(&key(call, former)).await?;
        let is_same = former.is_some_and(|it| it.destination == made.destination);
        return Err(faults::conflict_exception(match is_same {
            true => "The specified Delivery already exists",
            false => {
                "Delivery already exists for this Delivery Source with the same Delivery Destination Type."
            }
        }));
    }
    from.deliveries.insert(made.destination_type, id.to_owned());
    tx.put(&at, &from);
    let (scope, name) = destination_of(call, &made.destination)?;
    let at = scope.key(DeliveryDestination::KIND, &name);
    let to = tx.find::<DeliveryDestination>(&at).await?;
    let mut to = to.ok_or_else(delivery_destinations::missing)?;
    to.deliveries.insert(arn(&LogsService::scope(call), id));
    tx.put(&at, &to);
    Ok(())
}

/// The log group of the caller's that the service has to be let into by a policy still.
///
/// # Errors
/// There is no such group. A bucket does not let it in, or a group of another account.
async fn opened(
    service: &LogsService,
    call: &Call,
    made: &Delivery,
    (owner, to): (&Scope, &DeliveryDestination),
) -> Result<Option<String>, Fault> {
    let target: Arn = to
        .target
        .parse()
        .map_err(|_| delivery_destinations::missing())?;
    let (scope, group) = (LogsService::scope(call), names::group_in(&target));
    if let Some(group) = group {
        let key = owner.key(Group::KIND, group);
        let found = service.table.read::<Group>(&key).await?;
        found.ok_or_else(fault::no_group)?;
    }
    check_target(service, &scope, made, (owner, &target)).await?;
    let Some(group) = group.filter(|_| owner.account == scope.account) else {
        return Ok(None);
    };
    let source_arn = names::arn_in(&scope, names::DELIVERY_SOURCE, &made.source);
    let source = (scope.account.as_str(), source_arn.as_str());
    let lets_in = access::group_lets_in(service, (owner, group), source).await?;
    Ok((!lets_in).then(|| group.to_owned()))
}

async fn check_target(
    service: &LogsService,
    scope: &Scope,
    delivery: &Delivery,
    to: (&Scope, &Arn),
) -> Result<(), Fault> {
    match access::shut(service, scope, delivery, to).await? {
        None => Ok(()),
        Some(why) => Err(faults::access_denied_exception(why)),
    }
}

fn policy_with(
    former: Option<ResourcePolicy>,
    call: &Call,
    group: &str,
) -> Result<ResourcePolicy, Fault> {
    let document = former.as_ref().map(|it| it.document.as_str());
    let document = access::with_group(document, &LogsService::scope(call), group);
    let document = document.filter(|it| it.len() <= resource_policies::LONGEST);
    let document = document.ok_or_else(|| {
        faults::access_denied_exception(format!(
            "The resource policy {} cannot be extended by the log group {group}: let delivery.logs.amazonaws.com write into it by another one.",
            access::POLICY
        ))
    })?;
    let unknown = former.map_or_else(Unknown::new, |it| it.unknown);
    Ok(ResourcePolicy {
        document,
        changed_at: call.now,
        unknown,
    })
}

pub async fn get(
    service: &LogsService,
    call: &Call,
    input: GetDeliveryRequest,
) -> Result<GetDeliveryResponse, Fault> {
    let id = input.id.unwrap_or_default();
    let found = service.table.read::<Delivery>(&key(call, &id)).await?;
    let found = found.ok_or_else(missing)?.record;
    Ok(GetDeliveryResponse {
        delivery: Some(told(service, call, &id, found).await?),
    })
}

async fn told(service: &LogsService, call: &Call, id: &str, it: Delivery) -> Result<Shown, Fault> {
    let from = source_named(service, call, &it.source).await?;
    let (scope, name) = destination_of(call, &it.destination)?;
    let key = scope.key(DeliveryDestination::KIND, &name);
    let to = service.table.read::<DeliveryDestination>(&key).await?;
    // One of an account that is closed is gone; who has the delivery must see it to delete it.
    let written = to.map_or(Format::Json, |it| it.record.format());
    Ok(shown(call, (id, it), (kind_of(&from)?, written)))
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeDeliveriesRequest,
) -> Result<DescribeDeliveriesResponse, Fault> {
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let wanted = input.delivery_source_names.unwrap_or_default();
    let page = service
        .pages(call, &format!("deliveries {wanted:?}"))
        .page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let scope = LogsService::scope(call);
    let mut all = service.table.all::<Delivery>(&scope, "").await?;
    all.retain(|(_, it)| wanted.is_empty() || wanted.contains(&it.record.source));
    let (all, next_token) = page.cut(all, |(id, _)| id.as_str());
    let mut deliveries = Vec::with_capacity(all.len());
    for (id, it) in all {
        match told(service, call, &id, it.record).await {
            Ok(one) => deliveries.push(one),
            // It is being deleted.
            Err(fault) if fault.code == "ResourceNotFoundException" => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(DescribeDeliveriesResponse {
        deliveries: Some(deliveries),
        next_token,
    })
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteDeliveryRequest,
) -> Result<(), Fault> {
    let id = input.id.unwrap_or_default();
    let at = key(call, &id);
    transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<Delivery>(&at).await?.ok_or_else(missing)?;
        let of_source = source_key(call, &found.source);
        if let Some(mut source) = tx.find::<DeliverySource>(&of_source).await? {
            source.deliveries.retain(|_, it| *it != id);
            tx.put(&of_source, &source);
        }
        if let Some((scope, name)) = names::delivery_destination(&found.destination) {
            let of_destination = scope.key(DeliveryDestination::KIND, &name);
            let to = tx.find::<DeliveryDestination>(&of_destination).await?;
            if let Some(mut to) = to {
                to.deliveries.remove(&arn(&LogsService::scope(call), &id));
                tx.put(&of_destination, &to);
            }
        }
        tx.delete(&at);
    });
    service.set_route(&at).await
}

pub async fn update(
    service: &LogsService,
    call: &Call,
    input: UpdateDeliveryConfigurationRequest,
) -> Result<UpdateDeliveryConfigurationResponse, Fault> {
    let at = key(call, &input.id.unwrap_or_default());
    let found = service.table.read::<Delivery>(&at).await?;
    let mut found = found.ok_or_else(missing)?.record;
    let (from, (there, to)) = ends(service, call, &found.source, &found.destination).await?;
    let (kind, written) = (kind_of(&from)?, to.format());
    let given = Given {
        fields: input.record_fields,
        delimiter: input.field_delimiter,
        s3: input.s3_delivery_configuration,
    };
    let moves = given.s3.is_some();
    given.clone().apply(&mut found, kind, written)?;
    // Its files may be in a folder now that the bucket has not let it into yet.
    if let Some(target) = to.target.parse::<Arn>().ok().filter(|_| moves) {
        let to = (&there, &target);
        check_target(service, &LogsService::scope(call), &found, to).await?;
    }
    let edit = |it: &mut Delivery| given.clone().apply(it, kind, written);
    let changed = service.table.change(&call.permit, &at, edit).await?;
    changed.ok_or_else(missing)?;
    service.set_route(&at).await?;
    Ok(UpdateDeliveryConfigurationResponse {})
}
