//! DescribeAlarmContributors: the lines by which an alarm on several of them is in ALARM.

use wharf_api_cloudwatch::{
    AlarmContributor, DescribeAlarmContributorsInput, DescribeAlarmContributorsOutput, faults,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    names,
    records::{Alarm, Contributor, StateValue},
};

const PAGE: usize = 100;

/// Those that are in ALARM, by their ids.
pub async fn describe_alarm_contributors(
    core: &Core,
    call: &Call,
    input: DescribeAlarmContributorsInput,
) -> Result<DescribeAlarmContributorsOutput, Fault> {
    let place = Place::of(call);
    let name = input.alarm_name.unwrap_or_default();
    let pages = core.pages(call, "cloudwatch/DescribeAlarmContributors", &name);
    let page = pages.page(input.next_token.as_deref(), PAGE)?;
    let key = names::alarm_key(&place, &name);
    let Some(alarm) = core.table.read::<Alarm>(&key).await? else {
        return Err(
            faults::resource_not_found_exception(format!("Alarm {name} does not exist."))
                .with("ResourceType", "Alarm")
                .with("ResourceId", name),
        );
    };
    let alarming = alarm.record.contributors.into_iter();
    let alarming = alarming.filter(|it| it.1.state == StateValue::Alarm);
    let (shown, next_token) = page.cut(alarming, |it: &(String, Contributor)| &it.0);
    let shown = shown.into_iter().map(|(id, it)| AlarmContributor {
        contributor_id: Some(id),
        contributor_attributes: Some(it.attributes),
        state_reason: Some(it.reason),
        state_transitioned_timestamp: Some(it.changed_at),
    });
    Ok(DescribeAlarmContributorsOutput {
        alarm_contributors: Some(shown.collect()),
        next_token,
    })
}
