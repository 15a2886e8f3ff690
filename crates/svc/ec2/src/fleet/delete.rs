//! DeleteFleets. Each fleet of a call is deleted or not by itself.

use wharf_api_ec2::types::{
    DeleteFleetError, DeleteFleetErrorItem, DeleteFleetSuccessItem, DeleteFleetsRequest,
    DeleteFleetsResult,
};
use wharf_wire::{Call, Fault};

use super::{
    describe::is_uuid,
    records::{Fleet, State, Type},
};
use crate::{Ec2Service, fault};

/// Fleets of one call.
const MOST: usize = 100;

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteFleetsRequest,
) -> Result<DeleteFleetsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let ids = input.fleet_ids.unwrap_or_default();
    if ids.is_empty() {
        return Err(fault::missing_parameter("FleetId"));
    }
    if ids.len() > MOST {
        return Err(fault::bad_value(format!(
            "At most {MOST} fleets can be deleted at once."
        )));
    }
    let ends = input.terminate_instances;
    let ends = ends.ok_or_else(|| fault::missing_parameter("TerminateInstances"))?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for id in ids {
        match one(service, call, &id, ends).await? {
            Ok((before, after)) => done.push(DeleteFleetSuccessItem {
                current_fleet_state: Some(after.to_owned()),
                previous_fleet_state: Some(before.to_owned()),
                fleet_id: Some(id),
            }),
            Err((code, message)) => failed.push(DeleteFleetErrorItem {
                error: Some(DeleteFleetError {
                    code: Some(code.to_owned()),
                    message: Some(message),
                }),
                fleet_id: Some(id),
            }),
        }
    }
    Ok(DeleteFleetsResult {
        successful_fleet_deletions: Some(done),
        unsuccessful_fleet_deletions: Some(failed),
    })
}

type Refused = (&'static str, String);

async fn one(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    ends: bool,
) -> Result<Result<(&'static str, &'static str), Refused>, Fault> {
    if !is_uuid(id, "fleet-") {
        let text = format!("The fleet ID '{id}' is malformed");
        return Ok(Err(("fleetIdMalformed", text)));
    }
    if service.find::<Fleet>(call, id).await?.is_none() {
        let text = format!("The fleet ID '{id}' does not exist");
        return Ok(Err(("fleetIdDoesNotExist", text)));
    }
    let decide = |it: &mut Fleet| {
        let body = &mut it.body;
        if body.kind == Type::Instant && !ends {
            let text = "NoTerminateInstances option is not supported for instant fleet".to_owned();
            return Ok(Err(("unexpectedError", text)));
        }
        let before = body.state;
        if !matches!(before, State::Active | State::DeletedRunning) {
            let text = format!("The fleet '{id}' is not in a state in which it can be deleted");
            return Ok(Err(("fleetNotInDeletableState", text)));
        }
        body.state = match ends {
            true => State::DeletedTerminating,
            false => State::DeletedRunning,
        };
        body.since = call.now;
        Ok(Ok((name(before), name(body.state))))
    };
    service.change(call, id, decide).await
}

fn name(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::DeletedRunning => "deleted_running",
        State::DeletedTerminating => "deleted_terminating",
        State::Deleted => "deleted",
    }
}
