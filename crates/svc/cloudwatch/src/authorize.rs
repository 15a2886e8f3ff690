//! What each operation does to which resource. Samples and metrics are no resources of IAM: what is done with them
//! is asked on `*`.

use std::collections::BTreeSet;

use wharf_api_cloudwatch::{ActionConfiguration, Dimension, Input, MetricDataQuery, Tag};
use wharf_base::Arn;
use wharf_contributors::Rule;
use wharf_service::{Place, tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    alarm::{action::Action, instances, told_tags},
    core::Core,
    math,
    names::{self, Named},
    stream::deliver::PRINCIPAL,
    widget::read,
};

/// To see the tags of an alarm, which it may tell others.
const LIST_TAGS: &str = "cloudwatch:ListTagsForResource";
/// To see what a rule of Contributor Insights has counted.
const READ_RULE: &str = "cloudwatch:GetInsightRuleReport";
/// The log groups that a rule is about, as it names them.
const LOG_GROUPS: &str = "cloudwatch:requestInsightRuleLogGroups";

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let action = input.action();
    let row = Row {
        core,
        place: &Place::of(cx),
        action: &action,
    };
    let any = || Check::any(row.action);
    let check = match input {
        Input::PutMetricData(it) => any().with(
            "cloudwatch:namespace",
            it.namespace.as_deref().unwrap_or_default(),
        ),
        Input::PutMetricAlarm(it) => {
            let actions = [
                &it.ok_actions,
                &it.alarm_actions,
                &it.insufficient_data_actions,
            ];
            let check = row.acting_alarm(it.alarm_name.as_deref(), actions).await?;
            let mut checks = and_tagging(check, it.tags.as_deref());
            let told = it.action_configuration.as_ref();
            checks.extend(row.told_tags(it.alarm_name.as_deref(), told).await?);
            checks.extend(row.rules_of(it.metrics.as_deref()).await?);
            checks.extend(row.instances(it.dimensions.as_deref(), actions));
            return Ok(checks);
        }
        Input::GetMetricData(it) => {
            let mut checks = vec![any()];
            checks.extend(row.rules_of(it.metric_data_queries.as_deref()).await?);
            return Ok(checks);
        }
        Input::GetMetricWidgetImage(it) => {
            let text = it.metric_widget.as_deref().unwrap_or_default();
            // What is no widget the operation refuses.
            let widget = read::widget(text, cx.now, &row.place.account, &row.place.region);
            let queries = widget.map(|it| it.queries).unwrap_or_default();
            let mut checks = vec![any()];
            checks.extend(row.rules_of(Some(&queries[..])).await?);
            return Ok(checks);
        }
        Input::PutInsightRule(it) => {
            let check = row.rule(it.rule_name.as_deref()).await?;
            let definition = it.rule_definition.as_deref().unwrap_or_default();
            // What is no rule the operation refuses.
            let groups = Rule::parse(definition).map(|it| it.groups().to_vec());
            let check = groups
                .unwrap_or_default()
                .into_iter()
                .fold(check, |check, group| check.with(LOG_GROUPS, group));
            return Ok(and_tagging(check, it.tags.as_deref()));
        }
        Input::GetInsightRuleReport(it) => row.rule(it.rule_name.as_deref()).await?,
        Input::EnableInsightRules(it) => return row.rules(it.rule_names.as_deref()).await,
        Input::DisableInsightRules(it) => return row.rules(it.rule_names.as_deref()).await,
        Input::DeleteInsightRules(it) => return row.rules(it.rule_names.as_deref()).await,
        Input::DescribeAlarmContributors(it) => row.alarm(it.alarm_name.as_deref()).await?,
        Input::PutCompositeAlarm(it) => {
            let actions = [
                &it.ok_actions,
                &it.alarm_actions,
                &it.insufficient_data_actions,
            ];
            let check = row.acting_alarm(it.alarm_name.as_deref(), actions).await?;
            let mut checks = and_tagging(check, it.tags.as_deref());
            let told = it.action_configuration.as_ref();
            checks.extend(row.told_tags(it.alarm_name.as_deref(), told).await?);
            return Ok(checks);
        }
        Input::DeleteAlarms(it) => return row.alarms(it.alarm_names.as_deref()).await,
        Input::EnableAlarmActions(it) => return row.alarms(it.alarm_names.as_deref()).await,
        Input::DisableAlarmActions(it) => return row.alarms(it.alarm_names.as_deref()).await,
        Input::SetAlarmState(it) => row.alarm(it.alarm_name.as_deref()).await?,
        Input::DescribeAlarms(_) => row.every_alarm(),
        Input::DescribeAlarmHistory(it) => match it.alarm_name.as_deref() {
            Some(name) => row.alarm(Some(name)).await?,
            None => row.every_alarm(),
        },
        Input::PutAlarmMuteRule(it) => {
            let targets = it
                .mute_targets
                .as_ref()
                .and_then(|it| it.alarm_names.as_deref());
            let check = row.mute_rule(it.name.as_deref()).await?;
            let mut checks = and_tagging(check, it.tags.as_deref());
            // Whoever may not mute an alarm may not do so by a rule of their own.
            if targets.is_some_and(|it| !it.is_empty()) {
                checks.extend(row.alarms(targets).await?);
            }
            return Ok(checks);
        }
        Input::GetAlarmMuteRule(it) => row.mute_rule(it.alarm_mute_rule_name.as_deref()).await?,
        Input::DeleteAlarmMuteRule(it) => row.mute_rule(it.alarm_mute_rule_name.as_deref()).await?,
        Input::PutDashboard(it) => {
            let check = row.dashboard(it.dashboard_name.as_deref());
            return Ok(and_tagging(check, it.tags.as_deref()));
        }
        Input::PutMetricStream(it) => {
            let check = row.stream(it.name.as_deref()).await?;
            let role = it.role_arn.as_deref();
            let mut checks = and_tagging(check, it.tags.as_deref());
            checks.extend(role.map(|role| Check::pass_role(role, PRINCIPAL)));
            return Ok(checks);
        }
        Input::GetMetricStream(it) => row.stream(it.name.as_deref()).await?,
        Input::DeleteMetricStream(it) => row.stream(it.name.as_deref()).await?,
        Input::StartMetricStreams(it) => return row.streams(it.names.as_deref()).await,
        Input::StopMetricStreams(it) => return row.streams(it.names.as_deref()).await,
        Input::GetDashboard(it) => row.dashboard(it.dashboard_name.as_deref()),
        Input::DeleteDashboards(it) => {
            let names: BTreeSet<&String> = it.dashboard_names.iter().flatten().collect();
            if names.is_empty() {
                return Ok(vec![row.dashboard(None)]);
            }
            return Ok(names
                .into_iter()
                .map(|it| row.dashboard(Some(it)))
                .collect());
        }
        Input::PutMetricDataQueryDefinition(it) => row.definition(it.id.as_deref()),
        Input::GetMetricDataQueryDefinition(it) => row.definition(it.id.as_deref()),
        Input::DeleteMetricDataQueryDefinition(it) => row.definition(it.id.as_deref()),
        Input::TagResource(it) => with_tags(
            row.at(it.resource_arn.as_deref()).await?,
            it.tags.as_deref(),
        ),
        Input::UntagResource(it) => {
            let check = row.at(it.resource_arn.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => row.at(it.resource_arn.as_deref()).await?,
        _ => any(),
    };
    Ok(vec![check])
}

struct Row<'a> {
    core: &'a Core,
    place: &'a Place,
    action: &'a str,
}

impl Row<'_> {
    /// With its tags, if it is there.
    async fn alarm(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let check = Check::new(self.action, names::alarm_arn(self.place, name));
        let held = names::tags_of(self.core, self.place, &Named::Alarm(name.to_owned())).await?;
        Ok(tags::of_resource(check, None, &held.unwrap_or_default()))
    }

    /// A new one has no id yet.
    fn definition(&self, id: Option<&str>) -> Check {
        let id = id.unwrap_or("*");
        Check::new(self.action, names::query_definition_arn(self.place, id))
    }

    async fn mute_rule(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let check = Check::new(self.action, names::mute_arn(self.place, name));
        let named = Named::MuteRule(name.to_owned());
        let held = names::tags_of(self.core, self.place, &named).await?;
        Ok(tags::of_resource(check, None, &held.unwrap_or_default()))
    }

    /// One that is put, with what it is to do in each of its states.
    async fn acting_alarm(
        &self,
        name: Option<&str>,
        actions: [&Option<Vec<String>>; 3],
    ) -> Result<Check, Fault> {
        let actions = actions.into_iter().flatten().flatten();
        Ok(actions.fold(self.alarm(name).await?, |check, action| {
            check.with("cloudwatch:AlarmActions", action.as_str())
        }))
    }

    /// Whoever has an alarm tell its tags must be allowed to see them.
    async fn told_tags(
        &self,
        name: Option<&str>,
        given: Option<&ActionConfiguration>,
    ) -> Result<Option<Check>, Fault> {
        if !told_tags::are_on(given) {
            return Ok(None);
        }
        let row = Row {
            action: LIST_TAGS,
            ..*self
        };
        row.alarm(name).await.map(Some)
    }

    /// What an alarm will do to its instance, whoever puts it must be allowed to do.
    fn instances(
        &self,
        dimensions: Option<&[Dimension]>,
        actions: [&Option<Vec<String>>; 3],
    ) -> Vec<Check> {
        let given = dimensions.unwrap_or_default().iter();
        let given = given.filter_map(|it| Some((it.name.as_deref()?, it.value.as_deref()?)));
        // An alarm without one the operation refuses.
        let Some(instance) = instances::among(given) else {
            return Vec::new();
        };
        let Place {
            account, region, ..
        } = self.place;
        let arn = Arn::new("ec2", region, account, format!("instance/{instance}"));
        let deeds = actions.into_iter().flatten().flatten();
        let deeds = deeds.filter_map(|it| match Action::parse(it) {
            Ok(Action::Instance(deed, _)) => Some(deed.permission()),
            _ => None,
        });
        let deeds: BTreeSet<&str> = deeds.collect();
        let check = |it| Check::new(format!("ec2:{it}"), arn.to_string());
        deeds.into_iter().map(check).collect()
    }

    /// Each of them must be allowed.
    async fn alarms(&self, names: Option<&[String]>) -> Result<Vec<Check>, Fault> {
        let names: BTreeSet<&String> = names.into_iter().flatten().collect();
        let mut checks = Vec::with_capacity(names.len());
        for name in names {
            checks.push(self.alarm(Some(name)).await?);
        }
        if checks.is_empty() {
            checks.push(self.alarm(None).await?);
        }
        Ok(checks)
    }

    fn every_alarm(&self) -> Check {
        Check::new(self.action, names::alarm_arn(self.place, "*"))
    }

    /// With its tags, if it is there.
    async fn stream(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let check = Check::new(self.action, names::stream_arn(self.place, name));
        let held = names::tags_of(self.core, self.place, &Named::Stream(name.to_owned())).await?;
        Ok(tags::of_resource(check, None, &held.unwrap_or_default()))
    }

    /// Each of them must be allowed.
    async fn streams(&self, names: Option<&[String]>) -> Result<Vec<Check>, Fault> {
        let names: BTreeSet<&String> = names.into_iter().flatten().collect();
        let mut checks = Vec::with_capacity(names.len());
        for name in names {
            checks.push(self.stream(Some(name)).await?);
        }
        if checks.is_empty() {
            checks.push(self.stream(None).await?);
        }
        Ok(checks)
    }

    /// With its tags, if it is there.
    async fn rule(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let check = Check::new(self.action, names::insight_rule_arn(self.place, name));
        let named = Named::InsightRule(name.to_owned());
        let held = names::tags_of(self.core, self.place, &named).await?;
        Ok(tags::of_resource(check, None, &held.unwrap_or_default()))
    }

    /// Each of them must be allowed.
    async fn rules(&self, names: Option<&[String]>) -> Result<Vec<Check>, Fault> {
        let names: BTreeSet<&String> = names.into_iter().flatten().collect();
        let mut checks = Vec::with_capacity(names.len());
        for name in names {
            checks.push(self.rule(Some(name)).await?);
        }
        if checks.is_empty() {
            checks.push(self.rule(None).await?);
        }
        Ok(checks)
    }

    /// Whoever asks a rule by an expression must be allowed to see its reports.
    async fn rules_of(&self, queries: Option<&[MetricDataQuery]>) -> Result<Vec<Check>, Fault> {
        let mut names = BTreeSet::new();
        for text in queries
            .into_iter()
            .flatten()
            .filter_map(|it| it.expression.as_deref())
        {
            // What is no expression the operation refuses.
            if let Ok(expression) = math::parse(text) {
                expression.walk(&mut |part| {
                    names.extend(math::rule_of(part).map(|it| it.0.to_owned()));
                });
            }
        }
        let row = Row {
            action: READ_RULE,
            ..*self
        };
        let mut checks = Vec::with_capacity(names.len());
        for name in names {
            checks.push(row.rule(Some(&name)).await?);
        }
        Ok(checks)
    }

    fn dashboard(&self, name: Option<&str>) -> Check {
        let arn = names::dashboard_arn(&self.place.account, name.unwrap_or_default());
        Check::new(self.action, arn)
    }

    /// What an ARN names; one of elsewhere as it stands.
    async fn at(&self, arn: Option<&str>) -> Result<Check, Fault> {
        let arn = arn.unwrap_or_default();
        let check = Check::new(self.action, arn);
        let Some(named) = names::named(self.place, arn) else {
            return Ok(check);
        };
        let held = names::tags_of(self.core, self.place, &named).await?;
        Ok(tags::of_resource(check, None, &held.unwrap_or_default()))
    }
}

/// With the tags that a request sets.
fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

/// What makes or changes a resource; if it gives tags, whoever may not tag it may not do that either.
fn and_tagging(check: Check, given: Option<&[Tag]>) -> Vec<Check> {
    let mut checks = vec![with_tags(check, given)];
    if given.is_some_and(|it| !it.is_empty()) {
        let mut tagging = checks[0].clone();
        tagging.action = "cloudwatch:TagResource".to_owned();
        tagging.context.remove("cloudwatch:AlarmActions");
        tagging.context.remove(LOG_GROUPS);
        checks.push(tagging);
    }
    checks
}
