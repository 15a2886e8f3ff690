//! One row per operation: what it does to which bus, rule or connection, under which condition keys.

use wharf_api_events::{Input, Tag};
use wharf_service::{Place, tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    chosen,
    connection::{Connection, Destination},
    core::Core,
    courier::PRINCIPAL,
    names::{BusName, Tagged, arn},
};

/// Whether an event comes by a rule of another bus, or from whoever calls the API.
pub const INVOCATION: &str = "events:eventBusInvocation";

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let place = Place::of(cx);
    let row = Row {
        core,
        action: input.action(),
        place: &place,
    };
    Ok(match input {
        Input::PutEvents(it) => {
            let mut checks: Vec<Check> = Vec::new();
            for entry in it.entries.iter().flatten() {
                let mut check = row.bus(entry.event_bus_name.as_deref()).await?;
                check = check.with(INVOCATION, "false");
                if let Some(source) = &entry.source {
                    check = check.with("events:source", source.clone());
                }
                if let Some(detail_type) = &entry.detail_type {
                    check = check.with("events:detail-type", detail_type.clone());
                }
                if !checks.contains(&check) {
                    checks.push(check);
                }
            }
            match checks.is_empty() {
                // Refused by the model before it comes here.
                true => vec![row.bus(None).await?],
                false => checks,
            }
        }
        Input::PutRule(it) => {
            let check = row
                .rule(it.event_bus_name.as_deref(), it.name.as_deref())
                .await?;
            let check = chosen::with_pattern(check, it.event_pattern.as_deref());
            let made = check.resource.clone();
            let mut checks = vec![with_tags(check, it.tags.as_deref())];
            if it.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
                let bus = BusName::asked(&place, it.event_bus_name.as_deref());
                let rule = bus.rule_arn(it.name.as_deref().unwrap_or_default());
                let tagging = Check::new("events:TagResource", rule);
                checks.push(with_tags(tagging, it.tags.as_deref()));
            }
            let role = it.role_arn.iter();
            checks.extend(role.map(|it| passed(it, &made)));
            checks
        }
        Input::PutTargets(it) => {
            let mut check = row
                .rule(it.event_bus_name.as_deref(), it.rule.as_deref())
                .await?;
            let mut roles = Vec::new();
            for target in it.targets.iter().flatten() {
                check = check.with("events:TargetArn", target.arn.clone().unwrap_or_default());
                let role = target.role_arn.iter().filter(|it| !roles.contains(it));
                roles.extend(role.collect::<Vec<_>>());
            }
            let roles = roles.into_iter().map(|it| passed(it, &check.resource));
            let mut checks: Vec<Check> = roles.collect();
            checks.insert(0, check);
            checks
        }
        Input::CreateEventBus(it) => {
            let check = row.bus(it.name.as_deref()).await?;
            let mut checks = vec![with_tags(check, it.tags.as_deref())];
            if it.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
                let bus = BusName::asked(&place, it.name.as_deref());
                let tagging = Check::new("events:TagResource", bus.arn());
                checks.push(with_tags(tagging, it.tags.as_deref()));
            }
            checks
        }
        // What is made of something else is asked about that too.
        Input::CreateArchive(it) => {
            let archive = row.named("archive", it.archive_name.as_deref());
            vec![archive, row.bus(it.event_source_arn.as_deref()).await?]
        }
        Input::StartReplay(it) => {
            let replay = row.named("replay", it.replay_name.as_deref());
            let archive = it.event_source_arn.as_deref().unwrap_or_default();
            let onto = it.destination.as_ref().and_then(|it| it.arn.as_deref());
            let archive = Check::new(&row.action, archive);
            vec![replay, archive, row.bus(onto).await?]
        }
        Input::CreateApiDestination(it) => {
            let connection = it.connection_arn.as_deref().unwrap_or_default();
            let made = row.destination(it.name.as_deref()).await?;
            vec![made, Check::new(&row.action, connection)]
        }
        Input::TagResource(it) => {
            let check = row.tagged(it.resource_arn.as_deref()).await?;
            vec![with_tags(check, it.tags.as_deref())]
        }
        Input::UntagResource(it) => {
            let check = row.tagged(it.resource_arn.as_deref()).await?;
            vec![tags::removed(check, it.tag_keys.as_deref())]
        }
        other => vec![row.plain(other).await?],
    })
}

/// A role is passed to EventBridge for a rule.
fn passed(role: &str, rule: &str) -> Check {
    Check::pass_role(role, PRINCIPAL).associated_with(rule)
}

fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

struct Row<'a> {
    core: &'a Core,
    place: &'a Place,
    action: String,
}

impl Row<'_> {
    /// Of operations that are about one thing and have no further condition keys.
    async fn plain(&self, input: Input<'_>) -> Result<Check, Fault> {
        let on = |kind: &str, name: &Option<String>| Ok(self.named(kind, name.as_deref()));
        match input {
            Input::DescribeEventBus(it) => self.bus(it.name.as_deref()).await,
            Input::DeleteEventBus(it) => self.bus(it.name.as_deref()).await,
            Input::UpdateEventBus(it) => self.bus(it.name.as_deref()).await,
            Input::DeleteRule(it) => {
                self.rule(it.event_bus_name.as_deref(), it.name.as_deref())
                    .await
            }
            Input::DescribeRule(it) => {
                self.rule(it.event_bus_name.as_deref(), it.name.as_deref())
                    .await
            }
            Input::DisableRule(it) => {
                self.rule(it.event_bus_name.as_deref(), it.name.as_deref())
                    .await
            }
            Input::EnableRule(it) => {
                self.rule(it.event_bus_name.as_deref(), it.name.as_deref())
                    .await
            }
            Input::ListTargetsByRule(it) => {
                self.rule(it.event_bus_name.as_deref(), it.rule.as_deref())
                    .await
            }
            Input::RemoveTargets(it) => {
                self.rule(it.event_bus_name.as_deref(), it.rule.as_deref())
                    .await
            }
            Input::ListTagsForResource(it) => self.tagged(it.resource_arn.as_deref()).await,
            Input::DeleteArchive(it) => on("archive", &it.archive_name),
            Input::DescribeArchive(it) => on("archive", &it.archive_name),
            Input::UpdateArchive(it) => on("archive", &it.archive_name),
            Input::CancelReplay(it) => on("replay", &it.replay_name),
            Input::DescribeReplay(it) => on("replay", &it.replay_name),
            Input::DeleteApiDestination(it) => self.destination(it.name.as_deref()).await,
            Input::DescribeApiDestination(it) => self.destination(it.name.as_deref()).await,
            Input::UpdateApiDestination(it) => self.destination(it.name.as_deref()).await,
            Input::CreateConnection(it) => self.connection(it.name.as_deref()).await,
            Input::DeauthorizeConnection(it) => self.connection(it.name.as_deref()).await,
            Input::DeleteConnection(it) => self.connection(it.name.as_deref()).await,
            Input::DescribeConnection(it) => self.connection(it.name.as_deref()).await,
            Input::UpdateConnection(it) => self.connection(it.name.as_deref()).await,
            _ => Ok(Check::any(self.action.clone())),
        }
    }

    /// On what a kind and a name stand for.
    fn named(&self, kind: &str, name: Option<&str>) -> Check {
        let name = name.unwrap_or_default();
        Check::new(&self.action, arn(self.place, format!("{kind}/{name}")))
    }

    /// On a connection. Its ARN ends in an id that only one that is there has.
    async fn connection(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let found = self
            .core
            .table
            .read::<Connection>(&Connection::key(self.place, name))
            .await?;
        let arn = match found {
            Some(it) => it.record.arn(self.place, name),
            None => arn(self.place, format!("connection/{name}")),
        };
        Ok(Check::new(&self.action, arn))
    }

    /// The same on an API destination.
    async fn destination(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let key = Destination::key(self.place, name);
        let arn = match self.core.table.read::<Destination>(&key).await? {
            Some(it) => it.record.arn(self.place, name),
            None => arn(self.place, format!("api-destination/{name}")),
        };
        Ok(Check::new(&self.action, arn))
    }

    /// On a bus, with its policy and tags.
    async fn bus(&self, given: Option<&str>) -> Result<Check, Fault> {
        let named = BusName::asked(self.place, given);
        let check = Check::new(&self.action, named.arn());
        Ok(match self.core.look(&named).await? {
            Some(bus) => tags::of_resource(check, None, &bus.tags).with_resource_policy(bus.policy),
            None => check,
        })
    }

    /// On a rule, with its tags.
    async fn rule(&self, bus: Option<&str>, rule: Option<&str>) -> Result<Check, Fault> {
        let bus = BusName::asked(self.place, bus);
        self.rule_of(&bus, rule.unwrap_or_default()).await
    }

    async fn rule_of(&self, bus: &BusName, rule: &str) -> Result<Check, Fault> {
        let check = Check::new(&self.action, bus.rule_arn(rule));
        let found = self.core.table.read(&bus.rule_key(rule)).await?;
        let found: Option<wharf_service::Stored<crate::records::Rule>> = found;
        Ok(match found {
            Some(rule) => tags::of_resource(check, None, &rule.record.tags)
                .with("events:creatorAccount", rule.record.created_by),
            None => check.with("events:creatorAccount", self.place.account.clone()),
        })
    }

    /// On a bus or rule that an ARN names.
    async fn tagged(&self, given: Option<&str>) -> Result<Check, Fault> {
        let given = given.unwrap_or_default();
        match Tagged::parse(given) {
            Some(Tagged::Bus(bus)) => self.bus(Some(&bus.arn())).await,
            Some(Tagged::Rule(bus, rule)) => self.rule_of(&bus, &rule).await,
            None => Ok(Check::new(&self.action, given)),
        }
    }
}
