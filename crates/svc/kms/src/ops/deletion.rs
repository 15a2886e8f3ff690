//! ScheduleKeyDeletion and CancelKeyDeletion.

use wharf_api_kms::{
    CancelKeyDeletionRequest, CancelKeyDeletionResponse, ScheduleKeyDeletionRequest,
    ScheduleKeyDeletionResponse,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, records::Deletion, rotation};

/// Days of the waiting period: the least, the most, and what is taken when none is given.
const WINDOW: std::ops::RangeInclusive<u32> = 7..=30;
const DEFAULT_WINDOW: u32 = 30;

pub async fn schedule_key_deletion(
    core: &Core,
    call: &Call,
    input: ScheduleKeyDeletionRequest,
) -> Result<ScheduleKeyDeletionResponse, Fault> {
    let days = match input.pending_window_in_days {
        None => DEFAULT_WINDOW,
        Some(given) => {
            let days = u32::try_from(given).ok().filter(|it| WINDOW.contains(it));
            days.ok_or_else(|| {
                fault::invalid(format!(
                    "PendingWindowInDays must be between 7 and 30 (inclusive), but was {given}."
                ))
            })?
        }
    };
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let arn = found.arn();
    let deletion = Deletion {
        asked_at: call.now,
        due_at: call.now + rotation::days(days),
        days,
    };
    core.change(call, &found, |key| {
        if key.deletion.is_some() {
            return Err(fault::pending_deletion(&arn));
        }
        key.deletion = Some(deletion);
        key.enabled = false;
        Ok(())
    })
    .await?;
    Ok(ScheduleKeyDeletionResponse {
        key_id: Some(arn),
        deletion_date: Some(deletion.due_at),
        key_state: Some("PendingDeletion".to_owned()),
        pending_window_in_days: i32::try_from(days).ok(),
    })
}

/// The key is disabled afterwards, as in AWS.
pub async fn cancel_key_deletion(
    core: &Core,
    call: &Call,
    input: CancelKeyDeletionRequest,
) -> Result<CancelKeyDeletionResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let arn = found.arn();
    let now = core.now();
    core.change(call, &found, |key| match key.deletion {
        Some(deletion) if now < deletion.due_at => {
            key.deletion = None;
            Ok(())
        }
        Some(_) => Err(fault::no_key(&arn)),
        None => Err(fault::not_pending_deletion(&arn)),
    })
    .await?;
    Ok(CancelKeyDeletionResponse { key_id: Some(arn) })
}
