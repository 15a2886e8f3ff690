//! PutPermission and RemovePermission: the policy of a bus.

use wharf_api_events::{PutPermissionRequest, RemovePermissionRequest};
use wharf_service::{Place, principals, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, bus_in},
    fault::{self, EventsFaults},
    policy,
};

pub async fn put_permission(
    core: &Core,
    call: &Call,
    input: PutPermissionRequest,
) -> Result<(), Fault> {
    let (named, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let one = [&input.action, &input.principal, &input.statement_id];
    if input.policy.is_some() && (one.iter().any(|it| it.is_some()) || input.condition.is_some()) {
        return Err(fault::invalid(
            "Parameter Policy can't be specified with Action, Principal, StatementId or Condition.",
        ));
    }
    let whole = match &input.policy {
        Some(text) => {
            let text = principals::bound(call, policy::whole(text)?).await;
            Some(text.map_err(|it| it.fault::<EventsFaults>(nobody))?)
        }
        None => None,
    };
    transact!(core.table, &call.permit, |tx| {
        let mut bus = bus_in(&mut tx, &named).await?;
        bus.policy = Some(match &whole {
            Some(text) => text.clone(),
            None => policy::with_statement(bus.policy.as_deref(), &named.arn(), &input)?,
        });
        bus.changed_at = call.now;
        tx.put(named.key(), &bus);
    });
    Ok(())
}

fn nobody(arn: &str) -> Fault {
    fault::invalid(format!(
        "Parameter Policy is not valid. Reason: There is no principal {arn}."
    ))
}

pub async fn remove_permission(
    core: &Core,
    call: &Call,
    input: RemovePermissionRequest,
) -> Result<(), Fault> {
    let (named, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let all = input.remove_all_permissions.unwrap_or_default();
    if !all && input.statement_id.is_none() {
        return Err(fault::invalid(
            "Parameter(s) StatementId must be specified.",
        ));
    }
    let id = input.statement_id.unwrap_or_default();
    transact!(core.table, &call.permit, |tx| {
        let mut bus = bus_in(&mut tx, &named).await?;
        bus.policy = match all {
            true => None,
            false => policy::without_statement(bus.policy.as_deref(), &id)?,
        };
        bus.changed_at = call.now;
        tx.put(named.key(), &bus);
    });
    Ok(())
}
