//! EC2 and load balancing, called in the name of the service-linked role for a group.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wharf_api_ec2::{
    CreateTagsRequest, DeleteTagsRequest, DescribeInstanceStatusRequest, DescribeInstancesRequest,
    DescribeLaunchTemplateVersionsRequest, DescribeSpotInstanceRequestsRequest,
    DescribeSpotPriceHistoryRequest, Filter, Instance as Described, RunInstancesRequest,
    StartInstancesRequest, StopInstancesRequest, Tag, TerminateInstancesRequest,
};
use wharf_delivery::{Actor, Request};
use wharf_scaling::{ManyLines, forecasting::Metrics};
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use crate::{
    core::Core,
    fault::invalid,
    names::{self, GROUP_TAG, PRINCIPAL},
    plan::{Ec2State, Health, Instance, Seen},
    reconcile::PERMIT,
    records::{Group, Member, Source},
};

/// Values of one filter.
const AT_ONCE: usize = 100;
/// What requests say of Spot instances whose capacity is taken back.
const RECALLED: [&str; 2] = ["marked-for-termination", "marked-for-stop"];
/// Pages of one answer that are read: more than [`AT_ONCE`] instances are not asked for.
const MOST_PAGES: usize = 20;

/// What Spot instances of these types cost, in millionths of a dollar an hour.
///
/// # Errors
/// EC2's: there is no such type.
pub async fn spot_prices(
    core: &Core,
    place: &Place,
    types: &[String],
) -> Result<BTreeMap<String, u64>, Fault> {
    let context = Context::internal(&place.account, &place.region, PRINCIPAL, core.now());
    let call = Call::by_controller(context, PERMIT.clone());
    let asked = DescribeSpotPriceHistoryRequest {
        instance_types: Some(types.to_vec()),
        ..DescribeSpotPriceHistoryRequest::default()
    };
    let found = core
        .parts
        .ec2
        .describe_spot_price_history(&call, asked)
        .await;
    let found = found.map_err(crate::fault::of_launch)?.spot_price_history;
    let price = |text: &str| text.replace('.', "").parse().ok();
    let read = found.into_iter().flatten().filter_map(|it| {
        let price = price(it.spot_price.as_deref()?)?;
        Some((it.instance_type?, price))
    });
    Ok(read.collect())
}

/// They do what they are asked for a group.
pub struct Cloud<'a> {
    core: &'a Core,
    place: &'a Place,
    arn: String,
}

impl<'a> Cloud<'a> {
    pub fn of(core: &'a Core, place: &'a Place, group: &Group) -> Self {
        Self {
            core,
            place,
            arn: names::group_arn(place, &group.uuid, &group.name),
        }
    }

    fn call(&self) -> Call {
        let Place { account, region } = self.place;
        let context = Context::internal(account, region, PRINCIPAL, self.core.now());
        Call::by_controller(context.acting_for(self.arn.clone()), PERMIT.clone())
    }

    pub async fn by_name(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, Fault> {
        let actor = Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: self.place.account.clone(),
            source_arn: self.arn.clone(),
        };
        let request = Request::new(service, operation, &self.place.region, input);
        self.core.parts.operations.call(&actor, &request).await
    }

    /// All that is to be known of a group's members.
    ///
    /// # Errors
    /// EC2 could not be asked.
    pub async fn see(&self, group: &Group, members: &[Member]) -> Result<Seen, Fault> {
        let mut seen = Seen {
            started_at: self.core.started.shown_by(&*self.core.parts.clock),
            ..Seen::default()
        };
        let ids: Vec<String> = members
            .iter()
            .filter_map(|it| it.instance.clone())
            .collect();
        let unlaunched = members.iter().filter(|it| it.instance.is_none());
        let tokens: Vec<String> = unlaunched.map(|it| it.token.clone()).collect();
        let mut spot = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            for found in self.described("instance-id", some).await? {
                let is_spot = found.instance_lifecycle.as_deref() == Some("spot");
                let found = instance(&found, group);
                spot.extend(Some(found.id.clone()).filter(|_| is_spot));
                seen.instances.insert(found.id.clone(), found);
            }
            self.statuses(some, &mut seen).await?;
        }
        if group.rebalances {
            for some in spot.chunks(AT_ONCE) {
                self.recalls(some, &mut seen).await?;
            }
        }
        for some in tokens.chunks(AT_ONCE) {
            for found in self.described("client-token", some).await? {
                let read = instance(&found, group);
                if let Some(token) = found.client_token {
                    seen.tokens.insert(token, read.id.clone());
                }
                seen.instances.insert(read.id.clone(), read);
            }
        }
        let registered = members.iter().flat_map(|it| &it.registered);
        let groups: BTreeSet<&String> = registered.chain(&group.target_groups).collect();
        for arn in groups {
            if let Some(health) = self.health(arn).await {
                seen.targets.insert(arn.clone(), health);
            }
        }
        Ok(seen)
    }

    async fn described(&self, filter: &str, values: &[String]) -> Result<Vec<Described>, Fault> {
        let mut token = None;
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            let request = DescribeInstancesRequest {
                filters: Some(vec![Filter {
                    name: Some(filter.to_owned()),
                    values: Some(values.to_vec()),
                }]),
                next_token: token,
                ..DescribeInstancesRequest::default()
            };
            let answer = self
                .core
                .parts
                .ec2
                .describe_instances(&self.call(), request)
                .await?;
            let reservations = answer.reservations.unwrap_or_default();
            found.extend(
                reservations
                    .into_iter()
                    .flat_map(|it| it.instances.unwrap_or_default()),
            );
            token = answer.next_token.filter(|it| !it.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Marks those whose checks fail.
    async fn statuses(&self, ids: &[String], seen: &mut Seen) -> Result<(), Fault> {
        // One that is gone would make EC2 refuse the whole.
        let running = |id: &&String| {
            let found = seen.instances.get(*id);
            found.is_some_and(|it| it.state == Ec2State::Running)
        };
        let ids: Vec<String> = ids.iter().filter(running).cloned().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let request = DescribeInstanceStatusRequest {
            instance_ids: Some(ids),
            ..DescribeInstanceStatusRequest::default()
        };
        let answer = self
            .core
            .parts
            .ec2
            .describe_instance_status(&self.call(), request)
            .await?;
        for status in answer.instance_statuses.unwrap_or_default() {
            let summaries = [status.instance_status, status.system_status];
            let failed = summaries.into_iter().flatten();
            let failed = failed.filter(|it| it.status.as_deref() == Some("impaired"));
            let details = failed.flat_map(|it| it.details.unwrap_or_default());
            let since = details.filter_map(|it| it.impaired_since).min();
            let found = status
                .instance_id
                .and_then(|it| seen.instances.get_mut(&it));
            if let Some(found) = found {
                found.impaired_since = since;
            }
        }
        Ok(())
    }

    /// Marks those whose Spot capacity is taken back.
    async fn recalls(&self, ids: &[String], seen: &mut Seen) -> Result<(), Fault> {
        let filter = |name: &str, values: Vec<String>| Filter {
            name: Some(name.to_owned()),
            values: Some(values),
        };
        let codes = RECALLED.map(str::to_owned).to_vec();
        let request = DescribeSpotInstanceRequestsRequest {
            filters: Some(vec![
                filter("instance-id", ids.to_vec()),
                filter("status-code", codes),
            ]),
            ..DescribeSpotInstanceRequestsRequest::default()
        };
        let answer = self
            .core
            .parts
            .ec2
            .describe_spot_instance_requests(&self.call(), request)
            .await?;
        for request in answer.spot_instance_requests.unwrap_or_default() {
            let found = request
                .instance_id
                .and_then(|it| seen.instances.get_mut(&it));
            if let Some(found) = found {
                found.recalled = true;
            }
        }
        Ok(())
    }

    /// `None` if load balancing cannot say now; a target group that is gone has no targets.
    async fn health(&self, arn: &str) -> Option<BTreeMap<String, Health>> {
        let input = json!({ "TargetGroupArn": arn });
        let answer = match self.by_name("elbv2", "DescribeTargetHealth", input).await {
            Ok(answer) => answer,
            Err(fault) if fault.code.starts_with("TargetGroupNotFound") => {
                return Some(BTreeMap::new());
            }
            Err(error) => {
                tracing::warn!(group = self.arn, target_group = arn, %error, "reading the health of targets failed, will retry");
                return None;
            }
        };
        let targets = answer["TargetHealthDescriptions"].as_array();
        let read = targets.into_iter().flatten().filter_map(|it| {
            let id = it["Target"]["Id"].as_str()?;
            let health = match it["TargetHealth"]["State"].as_str()? {
                "healthy" => Health::Healthy,
                "unhealthy" => Health::Unhealthy,
                "draining" => Health::Draining,
                _ => Health::Initial,
            };
            Some((id.to_owned(), health))
        });
        Some(read.collect())
    }

    /// # Errors
    /// Load balancing's.
    pub async fn register(&self, target_group: &str, instance: &str) -> Result<(), Fault> {
        self.targets("RegisterTargets", target_group, instance)
            .await
    }

    /// # Errors
    /// Load balancing's; a target group that is gone is none.
    pub async fn deregister(&self, target_group: &str, instance: &str) -> Result<(), Fault> {
        match self
            .targets("DeregisterTargets", target_group, instance)
            .await
        {
            Err(fault) if fault.code.starts_with("TargetGroupNotFound") => Ok(()),
            done => done,
        }
    }

    async fn targets(
        &self,
        operation: &str,
        target_group: &str,
        instance: &str,
    ) -> Result<(), Fault> {
        let input = json!({ "TargetGroupArn": target_group, "Targets": [{ "Id": instance }] });
        self.by_name("elbv2", operation, input).await.map(drop)
    }

    /// The id of the instance of a client token, which EC2 launches once.
    ///
    /// # Errors
    /// EC2's.
    pub async fn launch(&self, request: RunInstancesRequest) -> Result<Option<String>, Fault> {
        let made = self.run(request).await?;
        Ok(made.and_then(|it| it.instance_id))
    }

    /// The same, with all that EC2 says of the instance.
    ///
    /// # Errors
    /// EC2's.
    pub async fn run(&self, request: RunInstancesRequest) -> Result<Option<Described>, Fault> {
        let made = self
            .core
            .parts
            .ec2
            .run_instances(&self.call(), request)
            .await?;
        Ok(made.instances.into_iter().flatten().next())
    }

    /// # Errors
    /// EC2's; one that is not there has ended.
    pub async fn terminate(&self, instance: &str) -> Result<(), Fault> {
        let request = TerminateInstancesRequest {
            instance_ids: Some(vec![instance.to_owned()]),
            ..TerminateInstancesRequest::default()
        };
        match self
            .core
            .parts
            .ec2
            .terminate_instances(&self.call(), request)
            .await
        {
            Err(fault) if fault.code.starts_with("InvalidInstanceID") => Ok(()),
            done => done.map(drop),
        }
    }

    /// # Errors
    /// EC2's.
    pub async fn stop(&self, instance: &str) -> Result<(), Fault> {
        let request = StopInstancesRequest {
            instance_ids: Some(vec![instance.to_owned()]),
            ..StopInstancesRequest::default()
        };
        let ec2 = &self.core.parts.ec2;
        ec2.stop_instances(&self.call(), request).await.map(drop)
    }

    /// # Errors
    /// EC2's.
    pub async fn start(&self, instance: &str) -> Result<(), Fault> {
        let request = StartInstancesRequest {
            instance_ids: Some(vec![instance.to_owned()]),
            ..StartInstancesRequest::default()
        };
        let ec2 = &self.core.parts.ec2;
        ec2.start_instances(&self.call(), request).await.map(drop)
    }

    /// Says by its tag that an instance is the group's, or takes the tag away.
    ///
    /// # Errors
    /// EC2's.
    pub async fn name(&self, instance: &str, group: &str, is_of: bool) -> Result<(), Fault> {
        let resources = Some(vec![instance.to_owned()]);
        let tags = Some(vec![Tag {
            key: Some(GROUP_TAG.to_owned()),
            value: Some(group.to_owned()),
        }]);
        let ec2 = &self.core.parts.ec2;
        if is_of {
            let request = CreateTagsRequest {
                resources,
                tags,
                ..CreateTagsRequest::default()
            };
            return ec2.create_tags(&self.call(), request).await;
        }
        let request = DeleteTagsRequest {
            resources,
            tags,
            ..DeleteTagsRequest::default()
        };
        ec2.delete_tags(&self.call(), request).await
    }

    /// What a group launches now: the version of a template by its number.
    ///
    /// # Errors
    /// EC2's; there is no such version.
    pub async fn resolve(&self, source: &Source) -> Result<Source, Fault> {
        let Source::Template { id, name, version } = source else {
            return Ok(source.clone());
        };
        if version.parse::<u64>().is_ok() {
            return Ok(source.clone());
        }
        let request = DescribeLaunchTemplateVersionsRequest {
            launch_template_id: Some(id.clone()),
            versions: Some(vec![version.clone()]),
            ..DescribeLaunchTemplateVersionsRequest::default()
        };
        let ec2 = &self.core.parts.ec2;
        let found = ec2
            .describe_launch_template_versions(&self.call(), request)
            .await?;
        let mut found = found.launch_template_versions.into_iter().flatten();
        let number = found.next().and_then(|it| it.version_number);
        let number = number.ok_or_else(|| {
            crate::fault::invalid(format!(
                "The launch template {name} has no version {version}."
            ))
        })?;
        Ok(Source::Template {
            id: id.clone(),
            name: name.clone(),
            version: number.to_string(),
        })
    }

    /// The same of types with a template of their own. What cannot be said of one is told, and keeps nothing else from being done.
    pub async fn templates(&self, group: &Group) -> BTreeMap<String, Source> {
        let mut found = BTreeMap::new();
        for (of, template) in group.mixed.iter().flat_map(|it| &it.templates) {
            match self.resolve(template).await {
                Ok(source) => {
                    found.insert(of.clone(), source);
                }
                Err(error) => {
                    tracing::warn!(group = group.name, instance_type = of, %error, "resolving the launch template of an instance type failed, none of it is launched, will retry");
                }
            }
        }
        found
    }

    /// A message to a hook's queue or topic, in the name of the role that was given with it.
    ///
    /// # Errors
    /// The queue's or the topic's.
    pub async fn tell(
        &self,
        target: &str,
        role: Option<&str>,
        message: &Value,
    ) -> Result<(), Fault> {
        let actor = match role {
            Some(role) => Actor::Role {
                arn: role.to_owned(),
                service: PRINCIPAL.to_owned(),
                source_arn: self.arn.clone(),
            },
            None => Actor::Service {
                name: PRINCIPAL.to_owned(),
                account: self.place.account.clone(),
                source_arn: self.arn.clone(),
            },
        };
        let request = notification(self.place, target, message);
        let request = request
            .ok_or_else(|| crate::fault::invalid(format!("{target} is no queue and no topic.")))?;
        self.core
            .parts
            .operations
            .call(&actor, &request)
            .await
            .map(drop)
    }
}

/// The request that brings a message to a queue or a topic.
pub fn notification(place: &Place, target: &str, message: &Value) -> Option<Request> {
    let arn: wharf_base::Arn = target.parse().ok()?;
    let text = message.to_string();
    match arn.service.as_str() {
        "sqs" => {
            let url = format!(
                "https://sqs.{}.amazonaws.com/{}/{}",
                arn.region, arn.account, arn.resource
            );
            let input = json!({ "QueueUrl": url, "MessageBody": text });
            Some(Request::new("sqs", "SendMessage", &arn.region, input))
        }
        "sns" => {
            let subject = format!(
                "Auto Scaling:  Lifecycle action for account {}",
                place.account
            );
            let input = json!({ "TopicArn": target, "Subject": subject, "Message": text });
            Some(Request::new("sns", "Publish", &arn.region, input))
        }
        _ => None,
    }
}

fn is_named(found: &Described, group: &Group) -> bool {
    let mut tags = found.tags.iter().flatten();
    tags.any(|it| it.key.as_deref() == Some(GROUP_TAG) && it.value.as_ref() == Some(&group.name))
}

fn instance(found: &Described, group: &Group) -> Instance {
    let state = found.state.as_ref().and_then(|it| it.name.as_deref());
    Instance {
        id: found.instance_id.clone().unwrap_or_default(),
        state: match state {
            Some("running") => Ec2State::Running,
            Some("stopping") => Ec2State::Stopping,
            Some("stopped") => Ec2State::Stopped,
            Some("shutting-down") => Ec2State::ShuttingDown,
            Some("terminated") => Ec2State::Terminated,
            _ => Ec2State::Pending,
        },
        reason: found
            .state_reason
            .as_ref()
            .and_then(|it| it.message.clone()),
        gave_up: found
            .state_reason
            .as_ref()
            .and_then(|it| it.code.as_deref())
            .is_some_and(|it| it.starts_with("Server.")),
        impaired_since: None,
        recalled: false,
        named: is_named(found, group),
        instance_type: found.instance_type.clone(),
        image: found.image_id.clone(),
    }
}

impl Metrics for Cloud<'_> {
    type Fault = Fault;

    async fn read(&self, input: Value) -> Result<Value, Fault> {
        self.by_name("cloudwatch", "GetMetricData", input).await
    }

    fn refused(many: ManyLines) -> Fault {
        invalid(many.to_string())
    }
}
