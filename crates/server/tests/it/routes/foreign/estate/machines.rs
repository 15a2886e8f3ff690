//! What it has of file systems, clusters of Kubernetes, groups of instances and what scales services.

use serde_json::json;
use wharf_base::public_images::PublicImage;

use super::{Estate, HOME, NAME, OWN, REGION, SERVED, STRANGER, element, text};
use crate::routes::Server;

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{HOME}:{resource}")
}

impl Estate {
    /// All but mount targets: their file system is served by a host, and there is none.
    pub(super) async fn files(&mut self, server: &Server, subnet: &str, group: &str) {
        let efs = |name: &'static str| ("efs", name);
        let made = json!({"CreationToken": NAME, "Tags": [{"Key": "Name", "Value": NAME}]});
        let made = self.call(server, efs("CreateFileSystem"), made).await;
        let (system, system_arn) = (text(&made, "/FileSystemId"), text(&made, "/FileSystemArn"));
        let made = json!({"ClientToken": NAME, "FileSystemId": system});
        let made = self.call(server, efs("CreateAccessPoint"), made).await;
        let (point, point_arn) = (
            text(&made, "/AccessPointId"),
            text(&made, "/AccessPointArn"),
        );
        self.remember(&system);
        self.remember(&point);
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "elasticfilesystem:ClientMount"}],
        });
        let policy = json!({"FileSystemId": system, "Policy": policy.to_string()});
        self.call(server, efs("PutFileSystemPolicy"), policy.clone())
            .await;
        self.besides("efs", "PutFileSystemPolicy", policy);
        for (system, point, tagged) in [
            (&system, &point, &system),
            (&system_arn, &point_arn, &point),
            (&system, &point, &system_arn),
            (&system, &point, &point_arn),
        ] {
            let members = [
                (&["FileSystemId", "SourceFileSystemId"][..], system.clone()),
                (&["AccessPointId"], point.clone()),
                (&["ResourceId"], tagged.clone()),
                (&["CreationToken", "ClientToken"], NAME.to_owned()),
                (&["SubnetId"], subnet.to_owned()),
                (&["SecurityGroups"], group.to_owned()),
                (&["KmsKeyId"], self.kms_key.clone()),
            ];
            self.named("efs", &members);
        }
    }

    pub(super) async fn kubernetes(&mut self, server: &Server) {
        let eks = |name: &'static str| ("eks", name);
        let subnets = self
            .call(server, ("ec2", "DescribeSubnets"), json!({}))
            .await;
        let subnets: Vec<&str> = subnets
            .split("<subnetId>")
            .skip(1)
            .map(|it| it.split('<').next().unwrap())
            .take(2)
            .collect();
        let role = |account: &str| format!("arn:aws:iam::{account}:role/{SERVED}");
        let made = json!({
            "name": NAME, "roleArn": role(HOME), "clientRequestToken": NAME,
            "resourcesVpcConfig": {"subnetIds": subnets},
            "accessConfig": {"authenticationMode": "API"},
        });
        self.call(server, eks("CreateCluster"), made.clone()).await;
        let mut of_stranger = made;
        of_stranger["roleArn"] = json!(role(STRANGER));
        // The other account's subnets.
        self.besides("eks", "CreateCluster", of_stranger);
        let principal = format!("arn:aws:iam::{HOME}:role/{NAME}");
        let entry = json!({"clusterName": NAME, "principalArn": principal});
        self.call(server, eks("CreateAccessEntry"), entry).await;
        let cluster = arn("eks", &format!("cluster/{NAME}"));
        let names: &[&str] = &[
            "name",
            "clusterName",
            "nodegroupName",
            "fargateProfileName",
            "clientRequestToken",
            "serviceAccount",
            "namespace",
            "capabilityName",
            "identityProviderConfigName",
        ];
        for principal in [principal, format!("arn:aws:iam::{HOME}:root")] {
            let members = [
                (names, NAME.to_owned()),
                (&["addonName"], "coredns".to_owned()),
                (&["principalArn"], principal),
                (&["resourceArn"], cluster.clone()),
                (
                    &["roleArn", "nodeRole", "podExecutionRoleArn"],
                    role(STRANGER),
                ),
                (&["subnets"], subnets[0].to_owned()),
            ];
            self.named("eks", &members);
        }
        self.named(
            "eks-auth",
            &[
                (&["clusterName"][..], NAME.to_owned()),
                (&["token"], "e30.e30.e30".to_owned()),
            ],
        );
    }

    pub(super) async fn groups(&mut self, server: &Server) {
        let groups = |name: &'static str| ("autoscaling", name);
        let image = PublicImage::for_ecs(REGION).id;
        let configuration = |name: &str| json!({"LaunchConfigurationName": name, "ImageId": image, "InstanceType": "t3.small"});
        self.call(
            server,
            groups("CreateLaunchConfiguration"),
            configuration(NAME),
        )
        .await;
        self.own(
            server,
            groups("CreateLaunchConfiguration"),
            configuration(OWN),
        )
        .await;
        let group = |name: &str, of: &str| {
            json!({
                "AutoScalingGroupName": name, "LaunchConfigurationName": of, "MinSize": 0, "MaxSize": 0,
                "AvailabilityZones": ["us-east-1a"],
            })
        };
        self.call(server, groups("CreateAutoScalingGroup"), group(NAME, NAME))
            .await;
        self.own(server, groups("CreateAutoScalingGroup"), group(OWN, OWN))
            .await;
        let policy = json!({
            "AutoScalingGroupName": NAME, "PolicyName": NAME, "AdjustmentType": "ChangeInCapacity",
            "ScalingAdjustment": 1,
        });
        let made = self.call(server, groups("PutScalingPolicy"), policy).await;
        let policy = element(&made, "PolicyARN");
        let action = json!({
            "AutoScalingGroupName": NAME, "ScheduledActionName": NAME, "Recurrence": "0 0 1 1 *", "MinSize": 0,
        });
        self.call(server, groups("PutScheduledUpdateGroupAction"), action)
            .await;
        let hook = json!({
            "AutoScalingGroupName": NAME, "LifecycleHookName": NAME,
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        });
        self.call(server, groups("PutLifecycleHook"), hook).await;
        let tag = json!({
            "ResourceId": NAME, "ResourceType": "auto-scaling-group", "Key": "team", "Value": "x",
            "PropagateAtLaunch": false,
        });
        let tags = json!({"Tags": [tag]});
        self.call(server, groups("CreateOrUpdateTags"), tags.clone())
            .await;
        self.besides("autoscaling", "CreateOrUpdateTags", tags.clone());
        self.besides("autoscaling", "DeleteTags", tags);
        let filters = json!({"Filters": [{"Name": "auto-scaling-group", "Values": [NAME]}]});
        self.besides("autoscaling", "DescribeTags", filters);
        let described = json!({"AutoScalingGroupNames": [NAME]});
        let described = self
            .call(server, groups("DescribeAutoScalingGroups"), described)
            .await;
        let id_of = |arn: &str| arn.split(':').nth(6).unwrap_or("not-made").to_owned();
        let group_id = id_of(&element(&described, "AutoScalingGroupARN"));
        self.remember(&group_id);
        self.remember(&id_of(&policy));
        let names: &[&str] = &[
            "AutoScalingGroupName",
            "AutoScalingGroupNames",
            "LaunchConfigurationName",
            "LaunchConfigurationNames",
            "LifecycleHookName",
            "LifecycleHookNames",
            "ScheduledActionName",
            "ScheduledActionNames",
            "ClientToken",
        ];
        let theirs_of_ec2 = "i-0123456789abcdef0".to_owned();
        for policy in [NAME.to_owned(), policy] {
            let members = [
                (names, NAME.to_owned()),
                (&["PolicyName", "PolicyNames"], policy),
                (&["TopicARN"], arn("sns", NAME)),
                (&["InstanceId", "InstanceIds"], theirs_of_ec2.clone()),
                (&["AvailabilityZones"], "us-east-1a".to_owned()),
                (&["ImageId"], image.clone()),
            ];
            self.named("autoscaling", &members);
        }
        let target = self.target_group();
        let attached = json!({"AutoScalingGroupName": OWN, "TargetGroupARNs": [target]});
        self.besides(
            "autoscaling",
            "AttachLoadBalancerTargetGroups",
            attached.clone(),
        );
        self.besides("autoscaling", "DetachLoadBalancerTargetGroups", attached);
        let source = json!({"AutoScalingGroupName": OWN, "TrafficSources": [{"Identifier": target, "Type": "elbv2"}]});
        self.besides("autoscaling", "AttachTrafficSources", source);
        let told = json!({
            "AutoScalingGroupName": OWN, "TopicARN": arn("sns", NAME),
            "NotificationTypes": ["autoscaling:EC2_INSTANCE_LAUNCH"],
        });
        self.besides("autoscaling", "PutNotificationConfiguration", told);
        let of_theirs = json!({"AutoScalingGroupName": OWN, "LaunchConfigurationName": NAME});
        self.besides("autoscaling", "UpdateAutoScalingGroup", of_theirs);
        let subnet = self.values("efs")[0]["SubnetId"].clone();
        let in_theirs = json!({"AutoScalingGroupName": OWN, "VPCZoneIdentifier": subnet});
        self.besides("autoscaling", "UpdateAutoScalingGroup", in_theirs);
    }

    fn target_group(&self) -> String {
        self.values("elbv2")[0]["TargetGroupArn"].clone()
    }

    pub(super) async fn scaling(&mut self, server: &Server) {
        let scaling = |name: &'static str| ("application-autoscaling", name);
        let service = format!("service/{NAME}/{NAME}");
        let of = |mut more: serde_json::Value| {
            more["ServiceNamespace"] = json!("ecs");
            more["ResourceId"] = json!(service);
            more["ScalableDimension"] = json!("ecs:service:DesiredCount");
            more
        };
        let target = of(json!({"MinCapacity": 0, "MaxCapacity": 1}));
        let made = self
            .call(server, scaling("RegisterScalableTarget"), target.clone())
            .await;
        self.besides("application-autoscaling", "RegisterScalableTarget", target);
        let target = text(&made, "/ScalableTargetARN");
        self.remember(target.rsplit('/').next().unwrap());
        let steps = json!({
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        });
        let policy = of(
            json!({"PolicyName": NAME, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": steps}),
        );
        self.call(server, scaling("PutScalingPolicy"), policy.clone())
            .await;
        self.besides("application-autoscaling", "PutScalingPolicy", policy);
        let action = of(json!({
            "ScheduledActionName": NAME, "Schedule": "rate(30 days)", "ScalableTargetAction": {"MinCapacity": 0},
        }));
        self.call(server, scaling("PutScheduledAction"), action.clone())
            .await;
        self.besides("application-autoscaling", "PutScheduledAction", action);
        let members = [
            (
                &[
                    "PolicyName",
                    "PolicyNames",
                    "ScheduledActionName",
                    "ScheduledActionNames",
                ][..],
                NAME.to_owned(),
            ),
            (&["ServiceNamespace"], "ecs".to_owned()),
            (&["ResourceId", "ResourceIds"], service.clone()),
            (
                &["ScalableDimension"],
                "ecs:service:DesiredCount".to_owned(),
            ),
            (&["ResourceARN"], target),
        ];
        self.named("application-autoscaling", &members);
    }
}
