//! DescribeAlarmContributors: the lines by which an alarm on several of them is in ALARM.

use wharf_api_cloudwatch::{
    DescribeAlarmContributorsInput, DescribeAlarmContributorsOutput, faults,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{core::Core, names, records::Alarm};

const PAGE: usize = 100;

/// An alarm here watches one line (`GROUP BY` is refused when it is put), so none of them has contributors.
pub async fn describe_alarm_contributors(
    core: &Core,
    call: &Call,
    input: DescribeAlarmContributorsInput,
) -> Result<DescribeAlarmContributorsOutput, Fault> {
    let place = Place::of(call);
    let name = input.alarm_name.unwrap_or_default();
    let pages = core.pages(call, "cloudwatch/DescribeAlarmContributors", &name);
    pages.page(input.next_token.as_deref(), PAGE)?;
    let key = names::alarm_key(&place, &name);
    if core.table.read::<Alarm>(&key).await?.is_none() {
        return Err(
            faults::resource_not_found_exception(format!("Alarm {name} does not exist."))
                .with("ResourceType", "Alarm")
                .with("ResourceId", name),
        );
    }
    Ok(DescribeAlarmContributorsOutput {
        alarm_contributors: Some(Vec::new()),
        next_token: None,
    })
}
