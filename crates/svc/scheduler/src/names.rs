//! Names, keys and ARNs.

use wharf_base::Arn;
use wharf_records::{Record as _, Scope};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    fault,
    records::{Group, Schedule},
};

pub const SERVICE: &str = "scheduler";
/// Whom roles of targets trust.
pub const PRINCIPAL: &str = "scheduler.amazonaws.com";
/// The group of schedules that name none. It is always there.
pub const DEFAULT_GROUP: &str = "default";

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

/// What a schedule's record is called. A name has no `/`, so groups keep apart.
pub fn schedule_id(group: &str, name: &str) -> String {
    format!("{group}/{name}")
}

pub fn schedule_key(place: &Place, group: &str, name: &str) -> String {
    scope(place).key(Schedule::KIND, &schedule_id(group, name))
}

pub fn group_key(place: &Place, name: &str) -> String {
    scope(place).key(Group::KIND, name)
}

pub fn schedule_arn(place: &Place, group: &str, name: &str) -> String {
    arn(place, format!("schedule/{group}/{name}"))
}

pub fn group_arn(place: &Place, name: &str) -> String {
    arn(place, format!("schedule-group/{name}"))
}

fn arn(place: &Place, resource: String) -> String {
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

/// The group that an ARN of the caller's place names.
///
/// # Errors
/// It is of elsewhere.
pub fn group_of_arn(place: &Place, arn: &str) -> Result<String, Fault> {
    let missing = || fault::no_group(arn);
    let parsed: Arn = arn.parse().map_err(|_| missing())?;
    let ours = parsed.account == place.account && parsed.region == place.region;
    let name = parsed.resource.strip_prefix("schedule-group/");
    name.filter(|_| ours).map(str::to_owned).ok_or_else(missing)
}
