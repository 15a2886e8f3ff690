//! A node group in EC2, Auto Scaling and IAM, asked in the name of EKS.

use wharf_api_autoscaling::{
    Activity, AutoScalingGroup, AutoScalingGroupNamesType, CompleteLifecycleActionType,
    CreateAutoScalingGroupType, DeleteAutoScalingGroupType, DescribeScalingActivitiesType,
    InstancesDistribution, LaunchTemplate as MixedTemplate, LaunchTemplateOverrides,
    LaunchTemplateSpecification, LifecycleHookSpecification, MixedInstancesPolicy, Tag as GroupTag,
    TerminateInstanceInAutoScalingGroupType, UpdateAutoScalingGroupType,
};
use wharf_api_ec2::{
    CreateLaunchTemplateRequest, CreateLaunchTemplateVersionRequest, DeleteLaunchTemplateRequest,
    DescribeInstancesRequest, DescribeLaunchTemplatesRequest, Filter,
    LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateTagSpecificationRequest,
    RebootInstancesRequest, RequestLaunchTemplateData, Tag,
};
use wharf_api_iam::{
    AddRoleToInstanceProfileRequest, CreateInstanceProfileRequest, DeleteInstanceProfileRequest,
    RemoveRoleFromInstanceProfileRequest,
};
use wharf_base::public_images::PublicImage;
use wharf_kube_model::Version;
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use super::{
    checks, devices,
    plan::{Member, State},
    records::{NodeGroup, Size, Template},
    user_data::{self, ClusterFacts},
};
use crate::{
    core::Core,
    fault,
    names::{self, OF_GROUPS},
    reconcile::PERMIT,
    records::Cluster,
};

/// By which who leaves waits for its pods.
const HOOK: &str = "Terminate-LC-Hook";
/// Seconds; longer than nodes are emptied for.
const HELD: i32 = 1800;

/// The services of a region, for one node group.
pub struct Cloud<'a> {
    pub core: &'a Core,
    pub place: &'a Place,
    pub group: &'a NodeGroup,
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    }
}

/// What was there already, or is gone already, is as it should be.
fn unless<T>(done: Result<T, Fault>, codes: &[&str]) -> Result<(), Fault> {
    match done {
        Err(fault) if !codes.contains(&&*fault.code) => Err(fault),
        _ => Ok(()),
    }
}

fn role_name(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

impl Cloud<'_> {
    fn call(&self) -> Call {
        let Place { account, region } = self.place;
        let context = Context::internal(account, region, OF_GROUPS, self.core.now());
        let arn = names::group_arn(self.place, self.group);
        Call::by_controller(context.acting_for(arn), PERMIT)
    }

    /// The image that its instances have.
    pub fn image(&self) -> String {
        let own = self.group.source.as_ref().and_then(|it| it.image.clone());
        own.unwrap_or_else(|| PublicImage::for_ecs(&self.place.region).id)
    }

    /// The instance profile with the role of its nodes.
    pub async fn make_profile(&self) -> Result<(), Fault> {
        let (call, iam) = (self.call(), &self.core.parts.iam);
        let name = self.group.own_name();
        let request = CreateInstanceProfileRequest {
            instance_profile_name: Some(name.clone()),
            ..CreateInstanceProfileRequest::default()
        };
        let made = iam.create_instance_profile(&call, request).await;
        unless(made, &["EntityAlreadyExists"])?;
        let request = AddRoleToInstanceProfileRequest {
            instance_profile_name: Some(name),
            role_name: Some(role_name(&self.group.role)),
        };
        let added = iam.add_role_to_instance_profile(&call, request).await;
        // It has the one role it can have.
        unless(added, &["LimitExceeded"])
    }

    pub async fn remove_profile(&self) -> Result<(), Fault> {
        let (call, iam) = (self.call(), &self.core.parts.iam);
        let name = self.group.own_name();
        let request = RemoveRoleFromInstanceProfileRequest {
            instance_profile_name: Some(name.clone()),
            role_name: Some(role_name(&self.group.role)),
        };
        let removed = iam.remove_role_from_instance_profile(&call, request).await;
        unless(removed, &["NoSuchEntity"])?;
        let request = DeleteInstanceProfileRequest {
            instance_profile_name: Some(name),
        };
        let deleted = iam.delete_instance_profile(&call, request).await;
        unless(deleted, &["NoSuchEntity"])
    }

    /// The version of its launch template for its generation.
    pub async fn make_template(&self, cluster: &Cluster) -> Result<Template, Fault> {
        let (call, ec2) = (self.call(), &self.core.parts.ec2);
        let generation = self.group.generation;
        let token = format!("{}-{generation}", self.group.uuid);
        let data = self.template_data(cluster)?;
        let there = self.found_template(&call).await?;
        let (id, version) = match there {
            Some(id) => {
                let request = CreateLaunchTemplateVersionRequest {
                    client_token: Some(token),
                    launch_template_id: Some(id.clone()),
                    launch_template_data: Some(data),
                    ..CreateLaunchTemplateVersionRequest::default()
                };
                let made = ec2.create_launch_template_version(&call, request).await?;
                let made = made.launch_template_version.unwrap_or_default();
                (id, made.version_number.unwrap_or(1))
            }
            None => {
                let request = CreateLaunchTemplateRequest {
                    client_token: Some(token),
                    launch_template_name: Some(self.group.own_name()),
                    launch_template_data: Some(data),
                    ..CreateLaunchTemplateRequest::default()
                };
                let made = ec2.create_launch_template(&call, request).await?;
                let made = made.launch_template.unwrap_or_default();
                (made.launch_template_id.unwrap_or_default(), 1)
            }
        };
        Ok(Template {
            id,
            version,
            generation,
        })
    }

    async fn found_template(&self, call: &Call) -> Result<Option<String>, Fault> {
        let request = DescribeLaunchTemplatesRequest {
            filters: Some(vec![Filter {
                name: Some("launch-template-name".to_owned()),
                values: Some(vec![self.group.own_name()]),
            }]),
            ..DescribeLaunchTemplatesRequest::default()
        };
        let found = self
            .core
            .parts
            .ec2
            .describe_launch_templates(call, request)
            .await?;
        let mut found = found.launch_templates.unwrap_or_default().into_iter();
        Ok(found.find_map(|it| it.launch_template_id))
    }

    pub async fn remove_template(&self) -> Result<(), Fault> {
        let call = self.call();
        let Some(id) = self.found_template(&call).await? else {
            return Ok(());
        };
        let request = DeleteLaunchTemplateRequest {
            launch_template_id: Some(id),
            ..DeleteLaunchTemplateRequest::default()
        };
        let deleted = self
            .core
            .parts
            .ec2
            .delete_launch_template(&call, request)
            .await;
        unless(deleted, &["InvalidLaunchTemplateId.NotFound"])
    }

    fn template_data(&self, cluster: &Cluster) -> Result<RequestLaunchTemplateData, Fault> {
        let group = self.group;
        let source = group.source.as_ref();
        let facts = ClusterFacts::of(cluster);
        let image = self.image();
        let user_data = match source.filter(|it| it.image.is_some()) {
            Some(own) => own.user_data.clone(),
            None => Some(user_data::user_data(&facts, group, &image).map_err(fault::invalid)?),
        };
        let mut groups = source
            .map(|it| it.security_groups.clone())
            .unwrap_or_default();
        if groups.is_empty() {
            groups.extend(cluster.own_group.clone());
        }
        let own_types = source.and_then(|it| it.instance_type.clone());
        let instance_type = own_types.or_else(|| group.types.first().cloned());
        let tags = source.map(|it| it.tags.clone()).unwrap_or_default();
        let tags = tags
            .into_iter()
            .map(|(kind, pairs)| LaunchTemplateTagSpecificationRequest {
                resource_type: Some(kind),
                tags: Some(pairs.iter().map(|(key, value)| tag(key, value)).collect()),
            });
        let metadata =
            source.filter(|it| it.metadata_tokens.is_some() || it.metadata_hops.is_some());
        Ok(RequestLaunchTemplateData {
            image_id: Some(image),
            instance_type,
            iam_instance_profile: Some(LaunchTemplateIamInstanceProfileSpecificationRequest {
                name: Some(group.own_name()),
                ..LaunchTemplateIamInstanceProfileSpecificationRequest::default()
            }),
            key_name: source.and_then(|it| it.key.clone()),
            block_device_mappings: devices::of(group),
            security_group_ids: Some(groups),
            user_data,
            tag_specifications: Some(tags.collect::<Vec<_>>()).filter(|it| !it.is_empty()),
            metadata_options: metadata.map(|it| LaunchTemplateInstanceMetadataOptionsRequest {
                http_tokens: it.metadata_tokens.clone(),
                http_put_response_hop_limit: it.metadata_hops,
                ..LaunchTemplateInstanceMetadataOptionsRequest::default()
            }),
            ..RequestLaunchTemplateData::default()
        })
    }

    pub async fn scaling_group(&self) -> Result<Option<AutoScalingGroup>, Fault> {
        let request = AutoScalingGroupNamesType {
            auto_scaling_group_names: Some(vec![self.group.scaling_group()]),
            ..AutoScalingGroupNamesType::default()
        };
        let scaling = &self.core.parts.autoscaling;
        let found = scaling
            .describe_auto_scaling_groups(&self.call(), request)
            .await?;
        Ok(found.auto_scaling_groups.unwrap_or_default().pop())
    }

    fn specification(&self, template: &Template) -> LaunchTemplateSpecification {
        LaunchTemplateSpecification {
            launch_template_id: Some(template.id.clone()),
            version: Some(template.version.to_string()),
            ..LaunchTemplateSpecification::default()
        }
    }

    /// The template alone, or with the types that may be had besides the first.
    fn launched_from(
        &self,
        template: &Template,
    ) -> (
        Option<LaunchTemplateSpecification>,
        Option<MixedInstancesPolicy>,
    ) {
        let specification = self.specification(template);
        if self.group.types.len() < 2 && !self.group.spot {
            return (Some(specification), None);
        }
        let overrides = self.group.types.iter().map(|it| LaunchTemplateOverrides {
            instance_type: Some(it.clone()),
            ..LaunchTemplateOverrides::default()
        });
        let mixed = MixedInstancesPolicy {
            launch_template: Some(MixedTemplate {
                launch_template_specification: Some(specification),
                overrides: Some(overrides.collect()),
            }),
            instances_distribution: Some(InstancesDistribution {
                on_demand_allocation_strategy: Some("prioritized".to_owned()),
                on_demand_percentage_above_base_capacity: Some(match self.group.spot {
                    true => 0,
                    false => 100,
                }),
                spot_allocation_strategy: (self.group.spot)
                    .then(|| "price-capacity-optimized".to_owned()),
                ..InstancesDistribution::default()
            }),
        };
        (None, Some(mixed))
    }

    pub async fn make_scaling_group(&self, template: &Template) -> Result<(), Fault> {
        let group = self.group;
        let name = group.scaling_group();
        let of_cluster = format!("kubernetes.io/cluster/{}", group.cluster);
        let of_scaler = format!("k8s.io/cluster-autoscaler/{}", group.cluster);
        let tags = [
            ("eks:cluster-name", group.cluster.as_str(), true),
            ("eks:nodegroup-name", &group.name, true),
            (&of_cluster, "owned", true),
            ("k8s.io/cluster-autoscaler/enabled", "true", false),
            (&of_scaler, "owned", false),
        ];
        let tags = tags.into_iter().map(|(key, value, propagated)| GroupTag {
            resource_id: Some(name.clone()),
            resource_type: Some("auto-scaling-group".to_owned()),
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
            propagate_at_launch: Some(propagated),
        });
        let hook = LifecycleHookSpecification {
            lifecycle_hook_name: Some(HOOK.to_owned()),
            lifecycle_transition: Some("autoscaling:EC2_INSTANCE_TERMINATING".to_owned()),
            heartbeat_timeout: Some(HELD),
            default_result: Some("CONTINUE".to_owned()),
            ..LifecycleHookSpecification::default()
        };
        let (launch_template, mixed_instances_policy) = self.launched_from(template);
        let request = CreateAutoScalingGroupType {
            auto_scaling_group_name: Some(name.clone()),
            launch_template,
            mixed_instances_policy,
            min_size: Some(group.size.min),
            max_size: Some(group.size.max),
            desired_capacity: Some(group.size.desired),
            vpc_zone_identifier: Some(group.subnets.join(",")),
            lifecycle_hook_specification_list: Some(vec![hook]),
            tags: Some(tags.collect()),
            ..CreateAutoScalingGroupType::default()
        };
        let scaling = &self.core.parts.autoscaling;
        let made = scaling
            .create_auto_scaling_group(&self.call(), request)
            .await;
        unless(made, &["AlreadyExists"])
    }

    async fn update(&self, request: UpdateAutoScalingGroupType) -> Result<(), Fault> {
        let request = UpdateAutoScalingGroupType {
            auto_scaling_group_name: Some(self.group.scaling_group()),
            ..request
        };
        let scaling = &self.core.parts.autoscaling;
        scaling
            .update_auto_scaling_group(&self.call(), request)
            .await
            .map(|_| ())
    }

    pub async fn set_template(&self, template: &Template) -> Result<(), Fault> {
        let (launch_template, mixed_instances_policy) = self.launched_from(template);
        self.update(UpdateAutoScalingGroupType {
            launch_template,
            mixed_instances_policy,
            ..UpdateAutoScalingGroupType::default()
        })
        .await
    }

    pub async fn resize(&self, size: Size) -> Result<(), Fault> {
        self.update(UpdateAutoScalingGroupType {
            min_size: Some(size.min),
            max_size: Some(size.max),
            desired_capacity: Some(size.desired),
            ..UpdateAutoScalingGroupType::default()
        })
        .await
    }

    pub async fn remove_scaling_group(&self) -> Result<(), Fault> {
        let request = DeleteAutoScalingGroupType {
            auto_scaling_group_name: Some(self.group.scaling_group()),
            force_delete: Some(true),
        };
        let scaling = &self.core.parts.autoscaling;
        scaling
            .delete_auto_scaling_group(&self.call(), request)
            .await
            .map(|_| ())
    }

    pub async fn terminate(&self, instance: &str, replaced: bool) -> Result<(), Fault> {
        let request = TerminateInstanceInAutoScalingGroupType {
            instance_id: Some(instance.to_owned()),
            should_decrement_desired_capacity: Some(!replaced),
            ..TerminateInstanceInAutoScalingGroupType::default()
        };
        let scaling = &self.core.parts.autoscaling;
        scaling
            .terminate_instance_in_auto_scaling_group(&self.call(), request)
            .await
            .map(|_| ())
    }

    pub async fn reboot(&self, instance: &str) -> Result<(), Fault> {
        let request = RebootInstancesRequest {
            instance_ids: Some(vec![instance.to_owned()]),
            ..RebootInstancesRequest::default()
        };
        let ec2 = &self.core.parts.ec2;
        ec2.reboot_instances(&self.call(), request).await.map(drop)
    }

    pub async fn release(&self, instance: &str) -> Result<(), Fault> {
        let request = CompleteLifecycleActionType {
            lifecycle_hook_name: Some(HOOK.to_owned()),
            auto_scaling_group_name: Some(self.group.scaling_group()),
            lifecycle_action_result: Some("CONTINUE".to_owned()),
            instance_id: Some(instance.to_owned()),
            ..CompleteLifecycleActionType::default()
        };
        let scaling = &self.core.parts.autoscaling;
        scaling
            .complete_lifecycle_action(&self.call(), request)
            .await
            .map(|_| ())
    }

    /// What the group did last, the latest first.
    pub async fn activities(&self) -> Result<Vec<Activity>, Fault> {
        let request = DescribeScalingActivitiesType {
            auto_scaling_group_name: Some(self.group.scaling_group()),
            max_records: Some(10),
            ..DescribeScalingActivitiesType::default()
        };
        let scaling = &self.core.parts.autoscaling;
        let found = scaling
            .describe_scaling_activities(&self.call(), request)
            .await?;
        Ok(found.activities.unwrap_or_default())
    }

    /// Whether an instance is there and has not ended.
    pub async fn exists(&self, instance: &str) -> Result<bool, Fault> {
        let request = DescribeInstancesRequest {
            filters: Some(vec![Filter {
                name: Some("instance-id".to_owned()),
                values: Some(vec![instance.to_owned()]),
            }]),
            ..DescribeInstancesRequest::default()
        };
        let found = self
            .core
            .parts
            .ec2
            .describe_instances(&self.call(), request)
            .await?;
        let all = found.reservations.unwrap_or_default().into_iter();
        let mut all = all.flat_map(|it| it.instances.unwrap_or_default());
        Ok(all.any(|it| {
            let state = it.state.and_then(|it| it.name);
            state.is_some_and(|it| it != "terminated")
        }))
    }
}

/// The version of the launch template that the group launches from.
pub fn version_of(group: &AutoScalingGroup) -> Option<String> {
    let mixed = group.mixed_instances_policy.as_ref();
    let mixed = mixed.and_then(|it| it.launch_template.as_ref());
    let mixed = mixed.and_then(|it| it.launch_template_specification.as_ref());
    let of = group.launch_template.as_ref().or(mixed);
    of.and_then(|it| it.version.clone())
}

pub fn size_of(group: &AutoScalingGroup) -> Size {
    Size {
        min: group.min_size.unwrap_or_default(),
        max: group.max_size.unwrap_or_default(),
        desired: group.desired_capacity.unwrap_or_default(),
    }
}

/// Its instances, without their nodes.
pub fn members(group: &AutoScalingGroup) -> Vec<Member> {
    let all = group.instances.iter().flatten();
    let all = all.map(|it| {
        let state = match it.lifecycle_state.as_deref().unwrap_or_default() {
            "InService" => State::InService,
            "Terminating:Wait" => State::Waiting,
            it if it.starts_with("Terminat") || it.starts_with("Detach") => State::Leaving,
            _ => State::Starting,
        };
        let version = it
            .launch_template
            .as_ref()
            .and_then(|it| it.version.as_deref());
        Member {
            id: it.instance_id.clone().unwrap_or_default(),
            version: version.and_then(|it| it.parse().ok()).unwrap_or_default(),
            state,
            node: None,
        }
    });
    all.collect()
}

/// The zones of the group.
pub fn zones(group: &AutoScalingGroup) -> usize {
    group.availability_zones.as_ref().map_or(1, Vec::len)
}

/// What nodes run: the version of Kubernetes and that of the image.
pub fn release(version: Version, region: &str) -> String {
    let image = PublicImage::for_ecs(region);
    format!("{}-{}", version.patch(), image.version)
}

/// # Errors
/// Another one was asked for.
pub fn check_release(version: Version, region: &str, asked: Option<&str>) -> Result<(), Fault> {
    match asked.filter(|it| *it != release(version, region)) {
        None => Ok(()),
        Some(asked) => Err(fault::invalid(format!(
            "Requested release version {asked} is not valid for kubernetes version {}.",
            version.name()
        ))),
    }
}

/// As a group of a template's own image has it.
pub fn release_of(version: Version, region: &str, ami_type: &str) -> String {
    match ami_type {
        checks::CUSTOM => String::new(),
        _ => release(version, region),
    }
}
