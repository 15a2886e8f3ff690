//! PutDeliveryDestination, GetDeliveryDestination, DescribeDeliveryDestinations and DeleteDeliveryDestination: log groups and
//! buckets that logs may be delivered to; and the policies that let other accounts do so.

use wharf_api_logs::{
    faults,
    types::{
        DeleteDeliveryDestinationPolicyRequest, DeleteDeliveryDestinationRequest,
        DeliveryDestination as Shown, DeliveryDestinationConfiguration,
        DescribeDeliveryDestinationsRequest, DescribeDeliveryDestinationsResponse,
        GetDeliveryDestinationPolicyRequest, GetDeliveryDestinationPolicyResponse,
        GetDeliveryDestinationRequest, GetDeliveryDestinationResponse, Policy,
        PutDeliveryDestinationPolicyRequest, PutDeliveryDestinationPolicyResponse,
        PutDeliveryDestinationRequest, PutDeliveryDestinationResponse,
    },
};
use wharf_base::Arn;
use wharf_iam::{Document, DocumentKind};
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::{principals, transact};
use wharf_wire::{Call, Context, Fault};

use super::{delivery_sources::MOST, tags::RULES_OF_DELIVERIES};
use crate::{
    LogsService,
    deliveries::{
        access, catalog, delivery_key,
        layout::bucket_of,
        records::{Delivery, DeliveryDestination, DestinationType, Format},
    },
    fault::{self, LogsFaults},
    named, names,
};

const PAGE: usize = 50;
/// Below it are the names of files that are delivered.
const RESERVED: &str = "AWSLogs";

fn key(cx: &Context, name: &str) -> String {
    LogsService::scope(cx).key(DeliveryDestination::KIND, name)
}

pub fn missing() -> Fault {
    faults::resource_not_found_exception(
        "Requested Delivery Destination does not exist in this account.",
    )
}

fn in_use() -> Fault {
    faults::conflict_exception(
        "This Delivery Destination is in use by a Delivery. Delete its Deliveries first.",
    )
}

fn invalid(text: impl Into<String>) -> Fault {
    faults::validation_exception(text)
}

fn shown(cx: &Context, name: &str, it: DeliveryDestination) -> Shown {
    Shown {
        arn: Some(names::arn_in(
            &LogsService::scope(cx),
            names::DELIVERY_DESTINATION,
            name,
        )),
        name: Some(name.to_owned()),
        delivery_destination_type: type_of(&it.target).map(|it| it.as_str().to_owned()),
        output_format: it.format.map(|it| it.as_str().to_owned()),
        delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
            destination_resource_arn: Some(it.target),
        }),
        tags: (!it.tags.is_empty()).then_some(it.tags),
        ..Shown::default()
    }
}

/// What an ARN that was let in stands for.
pub fn type_of(target: &str) -> Option<DestinationType> {
    let arn: Arn = target.parse().ok()?;
    match &*arn.service {
        "logs" => Some(DestinationType::Group),
        "s3" => Some(DestinationType::Bucket),
        _ => None,
    }
}

/// Makes a destination, or gives it another log group or bucket; its deliveries go there from now on.
pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutDeliveryDestinationRequest,
) -> Result<PutDeliveryDestinationResponse, Fault> {
    let name = input.name.unwrap_or_default();
    let target = input.delivery_destination_configuration;
    let target = target.and_then(|it| it.destination_resource_arn);
    let said = input.delivery_destination_type.as_deref();
    let of = checked(service, call, target.as_deref(), said).await?;
    let target = target.unwrap_or_default();
    let format = input.output_format.as_deref().and_then(Format::named);
    if let Some(format) = format.filter(|it| !catalog::formats(of).contains(it)) {
        return Err(invalid(format!(
            "outputFormat {} is not allowed for the delivery destination type {}.",
            format.as_str(),
            of.as_str()
        )));
    }
    let tags = RULES_OF_DELIVERIES.given(input.tags.unwrap_or_default())?;
    let (at, scope) = (key(call, &name), LogsService::scope(call));
    let prefix = scope.prefix(DeliveryDestination::KIND);
    let count = service.table.count(&prefix).await?;
    let made = transact!(service.table, &call.permit, |tx| {
        let made = match tx.find::<DeliveryDestination>(&at).await? {
            Some(former) => {
                if !tags.is_empty() {
                    return Err(fault::tagged_by_update());
                }
                unchanged(&former, of, format)?;
                if former.target != target {
                    check_move(service, &scope, &former, &target).await?;
                }
                DeliveryDestination {
                    target: target.clone(),
                    ..former
                }
            }
            None if count >= MOST => return Err(fault::over_quota()),
            None => DeliveryDestination {
                target: target.clone(),
                format,
                policy: None,
                deliveries: Default::default(),
                created_at: call.now,
                tags: tags.clone(),
                unknown: Unknown::new(),
            },
        };
        tx.put(&at, &made);
        made
    });
    service.set_routes_to(&at).await?;
    Ok(PutDeliveryDestinationResponse {
        delivery_destination: Some(shown(call, &name, made)),
    })
}

/// What goes to a destination stays of one form.
fn unchanged(
    former: &DeliveryDestination,
    of: DestinationType,
    format: Option<Format>,
) -> Result<(), Fault> {
    let other = if type_of(&former.target) != Some(of) {
        "Delivery Destination Type"
    } else if format.is_some_and(|it| it != former.format()) {
        "Output Format"
    } else {
        return Ok(());
    };
    Err(invalid(format!(
        "Update to existing Delivery Destination with new {other} is not allowed. Please create a new Delivery Destination instead."
    )))
}

/// Whether what goes to a destination, which is `owner`'s, may go to another target: all of its deliveries would.
///
/// # Errors
/// The policy of the bucket, or that of a log group's account, does not let in one of its deliveries.
async fn check_move(
    service: &LogsService,
    owner: &Scope,
    former: &DeliveryDestination,
    target: &str,
) -> Result<(), Fault> {
    let arn = target.parse::<Arn>();
    let arn = arn.map_err(|_| invalid("Invalid ARN provided."))?;
    for delivery in &former.deliveries {
        let Some(key) = delivery_key(delivery) else {
            continue;
        };
        let Some((scope, _, _)) = Scope::parse(&key) else {
            continue;
        };
        // Those of an account that is closed are gone.
        let Some(found) = service.table.read::<Delivery>(&key).await? else {
            continue;
        };
        let shut = access::shut(service, &scope, &found.record, (owner, &arn)).await?;
        if let Some(why) = shut {
            return Err(invalid(why));
        }
    }
    Ok(())
}

/// The type of what an ARN stands for, which is the one that is said.
async fn checked(
    service: &LogsService,
    call: &Call,
    target: Option<&str>,
    said: Option<&str>,
) -> Result<DestinationType, Fault> {
    let Some(target) = target else {
        return Err(invalid(
            "deliveryDestinationConfiguration.destinationResourceArn is required.",
        ));
    };
    let arn = target.parse::<Arn>();
    let arn = arn.map_err(|_| invalid("Invalid ARN provided."))?;
    let of = match &*arn.service {
        "logs" => {
            let group = names::group_in(&arn).ok_or_else(|| invalid("Invalid ARN provided."))?;
            if (&arn.account, &arn.region) != (&call.account, &call.region) {
                return Err(invalid(
                    "A log group must be of the account and the region of the request.",
                ));
            }
            service.group(call, group).await?;
            DestinationType::Group
        }
        "s3" => {
            let bucket = bucket_of(&arn).ok_or_else(|| invalid("Invalid ARN provided."))?;
            if bucket.1.split('/').any(|it| it == RESERVED) {
                return Err(invalid(format!(
                    "{RESERVED} is a reserved term and can't be a folder of destinationResourceArn."
                )));
            }
            DestinationType::Bucket
        }
        other => {
            return Err(invalid(format!(
                "Delivery destinations of {other} are not supported by this version of wharf: log groups and buckets of S3 are."
            )));
        }
    };
    match said.is_none_or(|it| it == of.as_str()) {
        true => Ok(of),
        false => Err(invalid(
            "deliveryDestinationType does not match destinationResourceArn.",
        )),
    }
}

pub async fn get(
    service: &LogsService,
    call: &Call,
    input: GetDeliveryDestinationRequest,
) -> Result<GetDeliveryDestinationResponse, Fault> {
    let name = input.name.unwrap_or_default();
    let found = find(service, call, &name).await?;
    Ok(GetDeliveryDestinationResponse {
        delivery_destination: Some(shown(call, &name, found)),
    })
}

async fn find(
    service: &LogsService,
    call: &Call,
    name: &str,
) -> Result<DeliveryDestination, Fault> {
    let found = service
        .table
        .read::<DeliveryDestination>(&key(call, name))
        .await?;
    Ok(found.ok_or_else(missing)?.record)
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeDeliveryDestinationsRequest,
) -> Result<DescribeDeliveryDestinationsResponse, Fault> {
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let wanted = input.names.unwrap_or_default();
    let page = service
        .pages(call, &format!("delivery destinations {wanted:?}"))
        .page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let scope = LogsService::scope(call);
    let mut all = service.table.all::<DeliveryDestination>(&scope, "").await?;
    all.retain(|(name, _)| wanted.is_empty() || wanted.contains(name));
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let each = all.into_iter();
    let each = each.map(|(name, it)| shown(call, &name, it.record));
    Ok(DescribeDeliveryDestinationsResponse {
        delivery_destinations: Some(each.collect()),
        next_token,
    })
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteDeliveryDestinationRequest,
) -> Result<(), Fault> {
    let at = key(call, &input.name.unwrap_or_default());
    transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<DeliveryDestination>(&at).await?;
        let found = found.ok_or_else(missing)?;
        // Those of an account that is closed are gone.
        for arn in &found.deliveries {
            if let Some(delivery) = delivery_key(arn)
                && tx.find::<Delivery>(&delivery).await?.is_some()
            {
                return Err(in_use());
            }
        }
        tx.delete(&at);
    });
    Ok(())
}

fn bad_policy() -> Fault {
    invalid("Invalid Delivery Destination resource Policy is provided.")
}

/// Says which other accounts may make deliveries to a destination. Those that are there go on.
pub async fn put_policy(
    service: &LogsService,
    call: &Call,
    input: PutDeliveryDestinationPolicyRequest,
) -> Result<PutDeliveryDestinationPolicyResponse, Fault> {
    let name = input.delivery_destination_name.unwrap_or_default();
    let policy = input.delivery_destination_policy.unwrap_or_default();
    if let Err(error) = Document::parse(&policy, DocumentKind::Resource) {
        tracing::debug!(%error, "a policy of a delivery destination is refused");
        return Err(bad_policy());
    }
    let policy = principals::bound(call, policy).await;
    let policy = policy.map_err(|it| it.fault::<LogsFaults>(|_| bad_policy()))?;
    set_policy(service, call, &name, Some(&policy)).await?;
    Ok(PutDeliveryDestinationPolicyResponse {
        policy: Some(Policy {
            delivery_destination_policy: Some(named::shown(call, policy).await?),
        }),
    })
}

pub async fn get_policy(
    service: &LogsService,
    call: &Call,
    input: GetDeliveryDestinationPolicyRequest,
) -> Result<GetDeliveryDestinationPolicyResponse, Fault> {
    let name = input.delivery_destination_name.unwrap_or_default();
    let found = find(service, call, &name).await?;
    let policy = match found.policy {
        Some(policy) => Some(named::shown(call, policy).await?),
        None => None,
    };
    Ok(GetDeliveryDestinationPolicyResponse {
        policy: Some(Policy {
            delivery_destination_policy: policy,
        }),
    })
}

pub async fn delete_policy(
    service: &LogsService,
    call: &Call,
    input: DeleteDeliveryDestinationPolicyRequest,
) -> Result<(), Fault> {
    let name = input.delivery_destination_name.unwrap_or_default();
    set_policy(service, call, &name, None).await
}

async fn set_policy(
    service: &LogsService,
    call: &Call,
    name: &str,
    policy: Option<&str>,
) -> Result<(), Fault> {
    let edit = |it: &mut DeliveryDestination| {
        it.policy = policy.map(str::to_owned);
        Ok::<_, Fault>(())
    };
    let at = key(call, name);
    let changed = service.table.change(&call.permit, &at, edit).await?;
    changed.map(|_| ()).ok_or_else(missing)
}
