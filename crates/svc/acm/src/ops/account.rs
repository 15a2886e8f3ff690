//! GetAccountConfiguration and PutAccountConfiguration: from when on the end of certificates is told.

use wharf_api_acm::{
    ExpiryEventsConfiguration, GetAccountConfigurationResponse, PutAccountConfigurationRequest,
};
use wharf_records::Unknown;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{core::Core, expiry::DEFAULT_DAYS, fault, names::Place, records::AccountSettings};

/// As long as a certificate may last with AWS.
const MAX_DAYS: i32 = 395;

pub async fn get(
    core: &Core,
    call: &Call,
    (): (),
) -> Result<GetAccountConfigurationResponse, Fault> {
    let settings = core.settings(&Place::of(call)).await?;
    let days = settings.map_or(DEFAULT_DAYS, |it| it.days_before_expiry);
    Ok(GetAccountConfigurationResponse {
        expiry_events: Some(ExpiryEventsConfiguration {
            days_before_expiry: i32::try_from(days).ok(),
        }),
    })
}

pub async fn put(
    core: &Core,
    call: &Call,
    input: PutAccountConfigurationRequest,
) -> Result<(), Fault> {
    // Whoever repeats the request with its token asks for the same once more, which changes nothing.
    let Some(days) = input.expiry_events.and_then(|it| it.days_before_expiry) else {
        return Ok(());
    };
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(fault::invalid(format!(
            "DaysBeforeExpiry must be between 1 and {MAX_DAYS}."
        )));
    }
    let key = Core::settings_key(&Place::of(call));
    transact!(core.table, &call.permit, |tx| {
        let before = tx.find::<AccountSettings>(&key).await?;
        let unknown = before.map_or_else(Unknown::new, |it| it.unknown);
        tx.put(
            &key,
            &AccountSettings {
                days_before_expiry: days.unsigned_abs(),
                unknown,
            },
        );
    });
    Ok(())
}
