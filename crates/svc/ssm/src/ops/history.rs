//! GetParameterHistory.

use wharf_api_ssm::{GetParameterHistoryRequest, GetParameterHistoryResult, faults};
use wharf_service::{Pages, Place};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe,
    fault::{self, SsmFaults},
    names::{self, Target},
};

const DEFAULT_PAGE: u64 = 50;

pub async fn get_parameter_history(
    core: &Core,
    call: &Call,
    input: GetParameterHistoryRequest,
) -> Result<GetParameterHistoryResult, Fault> {
    let place = Place::of(call);
    let asked = names::asked(&place, input.name.as_deref().unwrap_or_default())?;
    let (Target::Own(key_name), None) = (&asked.target, &asked.selector) else {
        return Err(fault::not_found());
    };
    let found = core.find(&place, key_name).await?.record;
    let list = (key_name, &found.id);
    let keyring = &core.parts.keyring;
    let pages = Pages::<SsmFaults>::new(keyring, call, "ssm/GetParameterHistory", &list);
    let after = pages.after(input.next_token.as_deref())?;
    let after = after.map(|it| it.parse::<u64>()).transpose();
    let after =
        after.map_err(|_| faults::invalid_next_token("The specified token isn't valid."))?;
    let size = input.max_results.and_then(|it| u64::try_from(it).ok());
    let first = after.map_or(found.oldest, |it| (it + 1).max(found.oldest));
    let last = found.latest.min(first + size.unwrap_or(DEFAULT_PAGE) - 1);
    let decrypt = input.with_decryption.unwrap_or_default();
    let mut shown = Vec::new();
    for number in first..=last {
        // The oldest may have gone since the parameter was read.
        let Ok(version) = core.version(&place, &found, number).await else {
            continue;
        };
        let value = core.value(call, &found, number, &version, decrypt).await?;
        shown.push(describe::history(&found, &version.meta, number, value));
    }
    let more = last < found.latest;
    Ok(GetParameterHistoryResult {
        next_token: more.then(|| pages.token(&last.to_string())),
        parameters: Some(shown),
    })
}
