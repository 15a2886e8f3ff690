//! ScheduleKeyDeletion and CancelKeyDeletion.

use wharf_api_kms::{
    CancelKeyDeletionRequest, CancelKeyDeletionResponse, ScheduleKeyDeletionRequest,
    ScheduleKeyDeletionResponse,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, again, family_again, kept},
    describe, fault,
    records::Deletion,
    rotation,
};

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
    let asked = |is_held: bool| Deletion {
        asked_at: call.now,
        due_at: (!is_held).then(|| call.now + rotation::days(days)),
        days,
    };
    let key = transact!(core.table, &call.permit, |tx| {
        let (mut key, is_held) = match found.family {
            None => (again(&mut tx, &found).await?, false),
            Some(_) => {
                let (key, family) = family_again(&mut tx, &found).await?;
                (key, family.is_held(&place.region))
            }
        };
        kept(&key, &arn)?;
        key.deletion = Some(asked(is_held));
        key.enabled = false;
        tx.put(&found.stored.key, &key);
        key
    });
    Ok(ScheduleKeyDeletionResponse {
        key_id: Some(arn),
        deletion_date: key.deletion.and_then(|it| it.due_at),
        key_state: Some(describe::state(&key, found.is_whole()).to_owned()),
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
        Some(deletion) if !deletion.is_over(now) => {
            key.deletion = None;
            Ok(())
        }
        Some(_) => Err(fault::no_key(&arn)),
        None => Err(fault::not_pending_deletion(&arn)),
    })
    .await?;
    Ok(CancelKeyDeletionResponse { key_id: Some(arn) })
}
