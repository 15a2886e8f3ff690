//! DescribeScalingActivities.

use std::collections::BTreeSet;

use serde_json::json;
use wharf_api_autoscaling::{
    ActivitiesType, Activity as Shown, DescribeScalingActivitiesType, Filter,
};
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope, escape};
use wharf_service::{Place, Stored};
use wharf_wire::{Call, Fault};

use super::MOST;
use crate::{
    core::Core,
    fault::invalid,
    names,
    records::{Activity, Group},
};

/// Those of a group with the latest first.
pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeScalingActivitiesType,
) -> Result<ActivitiesType, Fault> {
    let place = Place::of(call);
    let ids: BTreeSet<String> = input.activity_ids.into_iter().flatten().collect();
    let deleted = input.include_deleted_groups == Some(true);
    let name = input.auto_scaling_group_name;
    let wanted = Wanted::read(input.filters)?;
    if wanted.states.is_some() && name.is_none() {
        return Err(invalid("The filter Status needs AutoScalingGroupName."));
    }
    let page = core.page(
        call,
        "autoscaling/DescribeScalingActivities",
        &(&ids, &name, deleted, &wanted),
        input.next_token.as_deref(),
        (input.max_records, MOST, MOST),
    )?;
    let below = match name.as_deref().filter(|_| !deleted) {
        None => String::new(),
        Some(name) => names::below(&core.group(&place, name).await?.uuid, ""),
    };
    let groups = core.table.all::<Group>(&names::scope(&place), "").await?;
    let there: BTreeSet<String> = groups.into_iter().map(|it| it.1.record.uuid).collect();
    let of_group = |key: &str| {
        let id = Scope::parse(key).map(|it| it.2);
        let group = id.and_then(|it| it.split_once('/').map(|it| it.0.to_owned()));
        group.is_some_and(|it| there.contains(&it))
    };
    let prefix = names::scope(&place).prefix(Activity::KIND) + &escape(&below);
    let fits = |it: &Stored<Activity>| {
        (ids.is_empty() || ids.contains(&it.record.id))
            && name.as_ref().is_none_or(|name| *name == it.record.group)
            && (deleted || of_group(&it.key))
            && wanted.has(&it.record)
    };
    let found = core
        .table
        .page::<Activity>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let shown = found.records.into_iter().map(|it| show(it.record));
    Ok(ActivitiesType {
        activities: Some(shown.collect()),
        next_token,
    })
}

/// Which activities filters let through: those in one of the states that began within the bounds.
#[derive(Debug, Default)]
struct Wanted {
    states: Option<BTreeSet<String>>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Wanted {
    fn read(given: Option<Vec<Filter>>) -> Result<Self, Fault> {
        let mut wanted = Self::default();
        for filter in given.unwrap_or_default() {
            let name = filter.name.unwrap_or_default();
            let values = filter.values.unwrap_or_default();
            match name.as_str() {
                "Status" => wanted.states = Some(values.into_iter().collect()),
                "StartTimeLowerBound" => wanted.from = Some(moment(&name, &values)?),
                "StartTimeUpperBound" => wanted.to = Some(moment(&name, &values)?),
                _ => {
                    return Err(invalid(format!(
                        "Filter type {name} is not correct. Allowed Filter types are: StartTimeLowerBound, StartTimeUpperBound, Status"
                    )));
                }
            }
        }
        Ok(wanted)
    }

    fn has(&self, it: &Activity) -> bool {
        let states = self.states.as_ref();
        states.is_none_or(|states| states.contains(it.status.name()))
            && self.from.is_none_or(|from| from <= it.started_at)
            && self.to.is_none_or(|to| it.started_at <= to)
    }
}

fn moment(name: &str, values: &[String]) -> Result<Timestamp, Fault> {
    let read = match values {
        // Without a zone it is UTC.
        [only] => {
            let read = Timestamp::parse_iso8601(only);
            read.or_else(|| Timestamp::parse_iso8601(&format!("{only}Z")))
        }
        _ => None,
    };
    read.ok_or_else(|| {
        invalid(format!(
            "The filter {name} takes one time as in 2026-03-01T12:00:00Z."
        ))
    })
}

pub fn show(it: Activity) -> Shown {
    let details = json!({ "Subnet ID": it.subnet, "Availability Zone": it.zone });
    Shown {
        activity_id: Some(it.id),
        auto_scaling_group_name: Some(it.group),
        description: Some(it.description),
        cause: Some(it.cause),
        start_time: Some(it.started_at),
        end_time: it.ended_at,
        status_code: Some(it.status.name().to_owned()),
        status_message: it.message,
        progress: Some(it.progress.into()),
        details: Some(details.to_string()),
        ..Shown::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Kind, Status};

    fn filter(name: &str, value: &str) -> Filter {
        Filter {
            name: Some(name.to_owned()),
            values: Some(vec![value.to_owned()]),
        }
    }

    #[test]
    fn filters_let_through_what_they_say() {
        let at = |text: &str| Timestamp::parse_iso8601(text).unwrap();
        let activity = Activity {
            id: "1".to_owned(),
            group: "g".to_owned(),
            kind: Kind::Launch,
            instance: None,
            description: String::new(),
            cause: String::new(),
            started_at: at("2026-03-01T12:00:00Z"),
            ended_at: None,
            status: Status::InProgress,
            message: None,
            progress: 0,
            subnet: String::new(),
            zone: String::new(),
            pooled: Default::default(),
            unknown: Default::default(),
        };
        let has = |filters: Vec<Filter>| Wanted::read(Some(filters)).unwrap().has(&activity);
        assert!(has(Vec::new()));
        assert!(has(vec![filter("Status", "InProgress")]));
        assert!(!has(vec![filter("Status", "Successful")]));
        let (lower, upper) = ("StartTimeLowerBound", "StartTimeUpperBound");
        assert!(has(vec![
            filter(lower, "2026-03-01T12:00:00Z"),
            filter(upper, "2026-03-01T12:00:00Z"),
        ]));
        assert!(!has(vec![filter(lower, "2026-03-01T12:00:01Z")]));
        assert!(!has(vec![filter(upper, "2026-03-01T11:59:59Z")]));
        assert!(has(vec![filter(upper, "2026-03-01T12:00:00")]));
        for wrong in [filter(lower, "yesterday"), filter("Name", "x")] {
            let refused = Wanted::read(Some(vec![wrong])).unwrap_err();
            assert_eq!(refused.code, "ValidationError");
        }
    }
}
