//! GetConfiguration and UpdateConfiguration: for how long images are compared again.

use wharf_api_inspector2::*;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{fault, images::Rescan, service::Inspector2Service};

const LIFETIME: &str = "LIFETIME";
const DAYS: &str = "DAYS_";
const LAST_PULL_DATE: &str = "LAST_PULL_DATE";
const LAST_IN_USE_AT: &str = "LAST_IN_USE_AT";

pub(crate) async fn get_configuration(
    it: &Inspector2Service,
    call: &Call,
    input: GetConfigurationRequest,
) -> Result<GetConfigurationResponse, Fault> {
    own(call, input.account_id.as_deref())?;
    let rescan = it.images.rescan(&Place::of(call)).await;
    let rescan = rescan.map_err(fault::images)?;
    Ok(GetConfigurationResponse {
        ecr_configuration: Some(EcrConfigurationState {
            rescan_duration_state: Some(state(rescan)),
        }),
        ..GetConfigurationResponse::default()
    })
}

pub(crate) async fn update_configuration(
    it: &Inspector2Service,
    call: &Call,
    input: UpdateConfigurationRequest,
) -> Result<UpdateConfigurationResponse, Fault> {
    own(call, input.account_id.as_deref())?;
    let place = Place::of(call);
    if let Some(wanted) = input.ecr_configuration {
        let pushed = wanted.rescan_duration.as_deref().and_then(days);
        let pulled = wanted.pull_date_rescan_duration.as_deref().and_then(days);
        let mode = wanted.pull_date_rescan_mode.as_deref();
        let by_use = mode.map(|it| it == LAST_IN_USE_AT);
        let set = it
            .images
            .set_rescan(&call.permit, &place, pushed, pulled, by_use, it.now());
        set.await.map_err(fault::images)?;
    }
    Ok(UpdateConfigurationResponse::default())
}

/// Delegated administrators of others are not here.
fn own(call: &Call, account: Option<&str>) -> Result<(), Fault> {
    match account.is_none_or(|account| account == call.account) {
        true => Ok(()),
        false => Err(faults::access_denied_exception(
            "The account is not a member of an organization that the caller administers.",
        )),
    }
}

/// `DAYS_14`; `None` for good. The model has seen to the values.
fn days(duration: &str) -> Option<u32> {
    duration.strip_prefix(DAYS)?.parse().ok()
}

fn state(rescan: Rescan) -> EcrRescanDurationState {
    let word = |days: u32| format!("{DAYS}{days}");
    let mode = match rescan.by_use {
        true => LAST_IN_USE_AT,
        false => LAST_PULL_DATE,
    };
    EcrRescanDurationState {
        rescan_duration: Some(rescan.pushed_days.map_or_else(|| LIFETIME.to_owned(), word)),
        status: Some("SUCCESS".to_owned()),
        updated_at: rescan.updated_at,
        pull_date_rescan_mode: (rescan.by_use || rescan.pulled_days.is_some())
            .then(|| mode.to_owned()),
        pull_date_rescan_duration: rescan.pulled_days.map(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_as_they_were_given() {
        for duration in ["LIFETIME", "DAYS_3", "DAYS_180"] {
            let rescan = Rescan {
                pushed_days: days(duration),
                pulled_days: days("DAYS_7"),
                by_use: true,
                updated_at: None,
            };
            let shown = state(rescan);
            let mode = shown.pull_date_rescan_mode.as_deref();
            assert_eq!(mode, Some("LAST_IN_USE_AT"));
            assert_eq!(shown.rescan_duration.as_deref(), Some(duration));
            assert_eq!(shown.pull_date_rescan_duration.as_deref(), Some("DAYS_7"));
        }
        assert_eq!(state(Rescan::default()).pull_date_rescan_mode, None);
    }
}
