//! Names, keys and ARNs.

use wharf_base::{Arn, ids};
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, tags::Tags};
use wharf_wire::Fault;

use crate::{
    core::Core,
    records::{
        Alarm, CompositePuts, Dashboard, Detector, InsightRule, MetricStream, MuteRule,
        QueryDefinition, QueryPath, StreamPosition,
    },
};

pub const SERVICE: &str = "cloudwatch";

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub fn alarm_key(place: &Place, name: &str) -> String {
    scope(place).key(Alarm::KIND, name)
}

pub fn alarm_arn(place: &Place, name: &str) -> String {
    Arn::new(
        SERVICE,
        &place.region,
        &place.account,
        format!("alarm:{name}"),
    )
    .to_string()
}

pub fn composite_puts_key(place: &Place) -> String {
    scope(place).key(CompositePuts::KIND, "all")
}

pub fn mute_key(place: &Place, name: &str) -> String {
    scope(place).key(MuteRule::KIND, name)
}

pub fn mute_arn(place: &Place, name: &str) -> String {
    Arn::new(
        SERVICE,
        &place.region,
        &place.account,
        format!("alarm-mute-rule:{name}"),
    )
    .to_string()
}

pub fn detector_key(place: &Place, id: &str) -> String {
    scope(place).key(Detector::KIND, id)
}

/// Dashboards are of no region.
pub fn dashboards(account: &str) -> Scope {
    Scope::new(SERVICE, account, "aws-global")
}

pub fn dashboard_key(account: &str, name: &str) -> String {
    dashboards(account).key(Dashboard::KIND, name)
}

pub fn dashboard_arn(account: &str, name: &str) -> String {
    Arn::new(SERVICE, "", account, format!("dashboard/{name}")).to_string()
}

pub fn stream_key(place: &Place, name: &str) -> String {
    scope(place).key(MetricStream::KIND, name)
}

pub fn stream_position_key(place: &Place, name: &str) -> String {
    scope(place).key(StreamPosition::KIND, name)
}

pub fn stream_arn(place: &Place, name: &str) -> String {
    Arn::new(
        SERVICE,
        &place.region,
        &place.account,
        format!("metric-stream/{name}"),
    )
    .to_string()
}

pub fn insight_rule_key(place: &Place, name: &str) -> String {
    scope(place).key(InsightRule::KIND, name)
}

pub fn insight_rule_arn(place: &Place, name: &str) -> String {
    Arn::new(
        SERVICE,
        &place.region,
        &place.account,
        format!("insight-rule/{name}"),
    )
    .to_string()
}

pub fn query_definition_key(place: &Place, id: &str) -> String {
    scope(place).key(QueryDefinition::KIND, id)
}

/// Paths may be longer than ids.
pub fn query_path_key(place: &Place, path: &str) -> String {
    scope(place).key(QueryPath::KIND, &ids::uuid_of(path.as_bytes()))
}

pub fn query_definition_arn(place: &Place, id: &str) -> String {
    Arn::new(
        SERVICE,
        &place.region,
        &place.account,
        format!("metric-data-query-definition/{id}"),
    )
    .to_string()
}

/// The alarm that a text names, by its name or by its ARN in this place.
pub fn alarm_named<'a>(place: &Place, text: &'a str) -> Option<&'a str> {
    if !text.starts_with("arn:") {
        return Some(text);
    }
    text.strip_prefix(alarm_arn(place, "").as_str())
}

/// A resource with tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Alarm(String),
    MuteRule(String),
    Dashboard(String),
    Stream(String),
    InsightRule(String),
}

/// What an ARN of this account names; `None` for one of elsewhere.
pub fn named(place: &Place, arn: &str) -> Option<Named> {
    let parsed: Arn = arn.parse().ok()?;
    if parsed.service != SERVICE || parsed.account != place.account {
        return None;
    }
    let alarm = parsed.resource.strip_prefix("alarm:");
    let mute = parsed.resource.strip_prefix("alarm-mute-rule:");
    let dashboard = parsed.resource.strip_prefix("dashboard/");
    let stream = parsed.resource.strip_prefix("metric-stream/");
    let rule = parsed.resource.strip_prefix("insight-rule/");
    if let Some(name) = dashboard {
        let is_theirs = parsed.region.is_empty();
        return is_theirs.then(|| Named::Dashboard(name.to_owned()));
    }
    if parsed.region != place.region {
        return None;
    }
    let alarm = alarm.map(|name| Named::Alarm(name.to_owned()));
    let mute = || mute.map(|name| Named::MuteRule(name.to_owned()));
    let stream = || stream.map(|name| Named::Stream(name.to_owned()));
    let rule = || rule.map(|name| Named::InsightRule(name.to_owned()));
    alarm.or_else(mute).or_else(stream).or_else(rule)
}

/// The tags of a resource, if it is there.
///
/// # Errors
/// The store's.
pub async fn tags_of(core: &Core, place: &Place, named: &Named) -> Result<Option<Tags>, Fault> {
    Ok(match named {
        Named::Alarm(name) => {
            let found = core.table.read::<Alarm>(&alarm_key(place, name)).await?;
            found.map(|it| it.record.tags)
        }
        Named::MuteRule(name) => {
            let found = core.table.read::<MuteRule>(&mute_key(place, name)).await?;
            found.map(|it| it.record.tags)
        }
        Named::Dashboard(name) => {
            let found = core
                .table
                .read::<Dashboard>(&dashboard_key(&place.account, name))
                .await?;
            found.map(|it| it.record.tags)
        }
        Named::Stream(name) => {
            let key = stream_key(place, name);
            let found = core.table.read::<MetricStream>(&key).await?;
            found.map(|it| it.record.tags)
        }
        Named::InsightRule(name) => {
            let key = insight_rule_key(place, name);
            let found = core.table.read::<InsightRule>(&key).await?;
            found.map(|it| it.record.tags)
        }
    })
}
