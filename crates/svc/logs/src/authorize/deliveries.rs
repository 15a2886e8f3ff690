//! What operations of deliveries do to which resource. Who makes a resource a source must be allowed to by its service; who
//! makes a delivery needs its source, and its destination, which may be another account's by its policy.

use wharf_api_logs::Input;
use wharf_base::Arn;
use wharf_records::Record as _;
use wharf_wire::{Check, Context, Fault};

use crate::{
    LogsService,
    deliveries::{access, catalog::SourceKind, records::DeliveryDestination},
    names,
};

/// On a destination, of who makes a delivery to it.
const USE_DESTINATION: &str = "logs:CreateDelivery";
/// Of a delivery to a log group that lets in nobody yet.
const PUT_POLICY: &str = "logs:PutResourcePolicy";

/// `None` for what is about something else.
pub fn checks(cx: &Context, action: &str, input: &Input<'_>) -> Option<Vec<Check>> {
    let scope = LogsService::scope(cx);
    let on = |kind: &str, name: &Option<String>| {
        let name = name.as_deref().unwrap_or("*");
        Check::new(action, names::arn_in(&scope, kind, name))
    };
    let source = |name: &Option<String>| on(names::DELIVERY_SOURCE, name);
    let destination = |name: &Option<String>| on(names::DELIVERY_DESTINATION, name);
    let delivery = |id: &Option<String>| on(names::DELIVERY, id);
    Some(match input {
        Input::PutDeliverySource(it) => {
            let logging = it.resource_arn.as_deref();
            let check = source(&it.name).with_some("logs:LogGeneratingResourceArns", logging);
            let mut checks = vec![check];
            let resource = logging.unwrap_or_default();
            let arn = resource.parse::<Arn>().ok();
            let kind = arn.as_ref().and_then(SourceKind::of);
            // Of others the operation says that they are no sources.
            checks.extend(kind.map(|(kind, _)| Check::new(kind.action, resource)));
            checks
        }
        Input::GetDeliverySource(it) => vec![source(&it.name)],
        Input::DeleteDeliverySource(it) => vec![source(&it.name)],
        Input::PutDeliveryDestination(it) => {
            let wanted = it.delivery_destination_configuration.as_ref();
            let target = wanted.and_then(|it| it.destination_resource_arn.as_deref());
            vec![destination(&it.name).with_some("logs:DeliveryDestinationResourceArn", target)]
        }
        Input::GetDeliveryDestination(it) => vec![destination(&it.name)],
        Input::DeleteDeliveryDestination(it) => vec![destination(&it.name)],
        Input::PutDeliveryDestinationPolicy(it) => vec![destination(&it.delivery_destination_name)],
        Input::GetDeliveryDestinationPolicy(it) => vec![destination(&it.delivery_destination_name)],
        Input::DeleteDeliveryDestinationPolicy(it) => {
            vec![destination(&it.delivery_destination_name)]
        }
        Input::CreateDelivery(it) => {
            let to = it.delivery_destination_arn.as_deref().unwrap_or_default();
            // What is no destination the operation refuses.
            let to = names::delivery_destination(to).map(|_| Check::new(action, to));
            let mut checks = vec![delivery(&None), source(&it.delivery_source_name)];
            checks.extend(to);
            checks
        }
        Input::GetDelivery(it) => vec![delivery(&it.id)],
        Input::DeleteDelivery(it) => vec![delivery(&it.id)],
        Input::UpdateDeliveryConfiguration(it) => vec![delivery(&it.id)],
        _ => return None,
    })
}

/// With the policies of destinations; and with what a delivery to a log group brings about that does not let in the service
/// which delivers: its policy is put.
pub async fn with_policies(
    service: &LogsService,
    cx: &Context,
    input: Input<'_>,
    mut checks: Vec<Check>,
) -> Result<Vec<Check>, Fault> {
    let Input::CreateDelivery(asked) = input else {
        return Ok(checks);
    };
    let arn = asked
        .delivery_destination_arn
        .as_deref()
        .unwrap_or_default();
    let Some((scope, name)) = names::delivery_destination(arn) else {
        return Ok(checks);
    };
    let key = scope.key(DeliveryDestination::KIND, &name);
    let found = service.table.read::<DeliveryDestination>(&key).await?;
    let Some(found) = found.map(|it| it.record) else {
        return Ok(checks);
    };
    let to_it = |it: &&mut Check| it.action == USE_DESTINATION && it.resource == arn;
    if let Some(check) = checks.iter_mut().find(to_it) {
        check.resource_policy = found.policy;
    }
    let target = found.target.parse::<Arn>().ok();
    let group = target.as_ref().and_then(names::group_in);
    if let Some(group) = group.filter(|_| scope.account == cx.account) {
        let source = asked.delivery_source_name.as_deref().unwrap_or_default();
        let own = LogsService::scope(cx);
        let source = names::arn_in(&own, names::DELIVERY_SOURCE, source);
        let source = (cx.account.as_str(), source.as_str());
        if !access::group_lets_in(service, (&scope, group), source).await? {
            checks.push(Check::any(PUT_POLICY));
        }
    }
    Ok(checks)
}
