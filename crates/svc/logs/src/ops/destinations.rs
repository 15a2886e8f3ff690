//! PutDestination, PutDestinationPolicy, DescribeDestinations and DeleteDestination: names for targets that filters of
//! other accounts may send to.

use wharf_api_logs::{
    faults,
    types::{
        DeleteDestinationRequest, DescribeDestinationsRequest, DescribeDestinationsResponse,
        Destination as Shown, PutDestinationPolicyRequest, PutDestinationRequest,
        PutDestinationResponse,
    },
};
use wharf_iam::{Document, DocumentKind};
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Context, Fault};

use crate::{LogsService, fault, named, names, records::LogDestination, subscription::Destination};

/// Destinations of an account in a region.
const MOST: usize = 1000;
/// Bytes of a policy, as with AWS.
const LONGEST_POLICY: usize = 5120;
const PAGE: usize = 50;

fn key(cx: &Context, name: &str) -> String {
    LogsService::scope(cx).key(LogDestination::KIND, name)
}

fn missing() -> Fault {
    faults::resource_not_found_exception("The specified destination does not exist.")
}

async fn shown(call: &Call, name: &str, it: LogDestination) -> Result<Shown, Fault> {
    let policy = match it.policy {
        Some(policy) => Some(named::shown(call, policy).await?),
        None => None,
    };
    Ok(Shown {
        arn: Some(names::destination_arn(call, name)),
        destination_name: Some(name.to_owned()),
        target_arn: Some(it.target),
        role_arn: Some(it.role),
        access_policy: policy,
        creation_time: Some(it.created_at.millis()),
    })
}

/// Makes a destination or gives it another target; its policy stays.
pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutDestinationRequest,
) -> Result<PutDestinationResponse, Fault> {
    let name = input.destination_name.unwrap_or_default();
    let target = input.target_arn.unwrap_or_default();
    let role = input.role_arn.unwrap_or_default();
    let to = Destination::parse(&target).map_err(|cause| fault::invalid(cause.to_string()))?;
    if matches!(to, Destination::Named(..)) {
        return Err(fault::invalid(
            "The target of a destination cannot be a destination of CloudWatch Logs.",
        ));
    }
    let (at, scope) = (key(call, &name), LogsService::scope(call));
    let prefix = scope.prefix(LogDestination::KIND);
    let count = service.table.count(&prefix).await?;
    let made = transact!(service.table, &call.permit, |tx| {
        let former = tx.find::<LogDestination>(&at).await?;
        if former.is_none() && count >= MOST {
            return Err(faults::limit_exceeded_exception("Resource limit exceeded."));
        }
        let former = former.unwrap_or_else(|| LogDestination {
            target: String::new(),
            role: String::new(),
            policy: None,
            created_at: call.now,
            unknown: Unknown::new(),
        });
        let made = LogDestination {
            target: target.clone(),
            role: role.clone(),
            ..former
        };
        tx.put(&at, &made);
        made
    });
    Ok(PutDestinationResponse {
        destination: Some(shown(call, &name, made).await?),
    })
}

/// Says whose filters may send to a destination. Those that no longer may send nothing from now on.
pub async fn put_policy(
    service: &LogsService,
    call: &Call,
    input: PutDestinationPolicyRequest,
) -> Result<(), Fault> {
    let name = input.destination_name.unwrap_or_default();
    let policy = input.access_policy.unwrap_or_default();
    if policy.len() > LONGEST_POLICY {
        return Err(fault::invalid(format!(
            "accessPolicy must have at most {LONGEST_POLICY} bytes."
        )));
    }
    Document::parse(&policy, DocumentKind::Resource).map_err(|error| {
        fault::invalid(format!(
            "Unexpected token or invalid policy document: {error}"
        ))
    })?;
    let policy = named::bound(call, policy).await?;
    let at = key(call, &name);
    let changed = service
        .table
        .change(&call.permit, &at, |it: &mut LogDestination| {
            it.policy = Some(policy.clone());
            Ok::<_, Fault>(())
        });
    changed.await?.map(|_| ()).ok_or_else(missing)
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeDestinationsRequest,
) -> Result<DescribeDestinationsResponse, Fault> {
    let prefix = input.destination_name_prefix.unwrap_or_default();
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let page = service
        .pages(call, &format!("destinations {prefix:?}"))
        .page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let scope = LogsService::scope(call);
    let all = service.table.all::<LogDestination>(&scope, &prefix).await?;
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let mut destinations = Vec::with_capacity(all.len());
    for (name, it) in all {
        destinations.push(shown(call, &name, it.record).await?);
    }
    Ok(DescribeDestinationsResponse {
        destinations: Some(destinations),
        next_token,
    })
}

/// Filters that send to it fail from now on; what they had to send is tried for a day.
pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteDestinationRequest,
) -> Result<(), Fault> {
    let at = key(call, &input.destination_name.unwrap_or_default());
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<LogDestination>(&at).await?.is_none() {
            return Err(missing());
        }
        tx.delete(&at);
    });
    Ok(())
}
