//! Clusters, their groups and capacity providers, services and policies are made, by the operations that users call.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wharf_base::public_images::PublicImage;

use crate::{
    plan::{Cluster, GOAL, MOST_TASKS, REGION, Service},
    world::World,
};

const DIMENSION: &str = "ecs:service:DesiredCount";

pub async fn all(world: &World) {
    for cluster in &world.plan.clusters {
        machines(world, cluster).await;
    }
    for it in &world.plan.services {
        service(world, it).await;
    }
}

async fn subnets(world: &World, account: &str) -> Vec<String> {
    let input = json!({"Filters": [{"Name": "default-for-az", "Values": ["true"]}]});
    let found = world
        .call(account, ("ec2", "DescribeSubnets"), input)
        .await
        .unwrap();
    let all = found["Subnets"].as_array().unwrap().iter();
    let in_zones = all.filter(|it| {
        let zone = it["AvailabilityZone"].as_str().unwrap();
        ["a", "b", "c"]
            .iter()
            .any(|letter| zone == format!("{REGION}{letter}"))
    });
    in_zones
        .map(|it| it["SubnetId"].as_str().unwrap().to_owned())
        .collect()
}

async fn machines(world: &World, cluster: &Cluster) {
    let subnets = subnets(world, cluster.account).await;
    let call = |operation, input| world.call(cluster.account, operation, input);
    for (group, spot) in cluster.groups().iter().zip([false, true]) {
        let mut data = json!({
            "ImageId": PublicImage::for_ecs(REGION).id,
            "InstanceType": "t3.nano",
            "UserData": STANDARD.encode(format!("ECS_CLUSTER={}", cluster.name)),
        });
        if cluster.has_disks {
            data["BlockDeviceMappings"] =
                json!([{"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 1}}]);
        }
        if spot {
            data["InstanceMarketOptions"] = json!({"MarketType": "spot"});
        }
        let input = json!({"LaunchTemplateName": group, "LaunchTemplateData": data});
        call(("ec2", "CreateLaunchTemplate"), input).await.unwrap();
        let input = json!({
            "AutoScalingGroupName": group,
            "LaunchTemplate": {"LaunchTemplateName": group, "Version": "$Latest"},
            "MinSize": 0, "MaxSize": cluster.most, "DesiredCapacity": 0,
            "VPCZoneIdentifier": subnets.join(","),
            "NewInstancesProtectedFromScaleIn": true,
            "HealthCheckGracePeriod": 60,
        });
        call(("autoscaling", "CreateAutoScalingGroup"), input)
            .await
            .unwrap();
        let input = json!({"AutoScalingGroupNames": [group]});
        let found = call(("autoscaling", "DescribeAutoScalingGroups"), input).await;
        let arn = found.unwrap()["AutoScalingGroups"][0]["AutoScalingGroupARN"].take();
        let input = json!({"name": group, "autoScalingGroupProvider": {
            "autoScalingGroupArn": arn,
            "managedScaling": {"status": "ENABLED", "targetCapacity": 100, "instanceWarmupPeriod": 120},
            "managedTerminationProtection": "ENABLED",
            "managedDraining": "ENABLED",
        }});
        call(("ecs", "CreateCapacityProvider"), input)
            .await
            .unwrap();
    }
    let input = json!({"clusterName": cluster.name, "capacityProviders": cluster.groups()});
    call(("ecs", "CreateCluster"), input).await.unwrap();
}

async fn service(world: &World, service: &Service) {
    let call = |operation, input| world.call(service.account, operation, input);
    let cluster = world
        .plan
        .clusters
        .iter()
        .find(|it| it.name == service.cluster);
    let [steady, spot] = cluster.unwrap().groups();
    let mut container = json!({"name": "web", "image": "busybox", "memory": 200, "cpu": 64});
    let mut definition = json!({"family": service.name, "requiresCompatibilities": ["EC2"]});
    let strategy = match service.is_on_spot() {
        true => {
            json!([{"capacityProvider": steady, "base": 1, "weight": 0}, {"capacityProvider": spot, "weight": 1}])
        }
        false => json!([{"capacityProvider": steady, "weight": 1}]),
    };
    let mut input = json!({
        "cluster": service.cluster, "serviceName": service.name, "taskDefinition": service.name,
        "desiredCount": service.tasks, "capacityProviderStrategy": strategy,
        "deploymentConfiguration": {"minimumHealthyPercent": service.minimum_percent, "maximumPercent": 200},
    });
    if service.has_interfaces() {
        definition["networkMode"] = json!("awsvpc");
        let subnets = subnets(world, service.account).await;
        input["networkConfiguration"] = json!({"awsvpcConfiguration": {"subnets": subnets}});
    }
    if service.has_volumes() {
        definition["volumes"] = json!([{"name": "data", "configuredAtLaunch": true}]);
        container["mountPoints"] = json!([{"sourceVolume": "data", "containerPath": "/data"}]);
        let role = format!("arn:aws:iam::{}:role/ecsInfrastructure", service.account);
        let volume = json!({"roleArn": role, "sizeInGiB": 1, "filesystemType": "ext4"});
        input["volumeConfigurations"] = json!([{"name": "data", "managedEBSVolume": volume}]);
    }
    definition["containerDefinitions"] = json!([container]);
    call(("ecs", "RegisterTaskDefinition"), definition)
        .await
        .unwrap();
    call(("ecs", "CreateService"), input).await.unwrap();
    if service.is_tracked() {
        call(
            ("application-autoscaling", "RegisterScalableTarget"),
            target(service, 1, MOST_TASKS),
        )
        .await
        .unwrap();
        let mut input = target(service, 0, 0);
        input["PolicyName"] = json!("cpu");
        input["PolicyType"] = json!("TargetTrackingScaling");
        input["TargetTrackingScalingPolicyConfiguration"] = json!({
            "TargetValue": GOAL, "ScaleInCooldown": 120, "ScaleOutCooldown": 60,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        });
        for bound in ["MinCapacity", "MaxCapacity"] {
            input.as_object_mut().unwrap().remove(bound);
        }
        call(("application-autoscaling", "PutScalingPolicy"), input)
            .await
            .unwrap();
    }
}

pub fn target(service: &Service, min: u32, max: u32) -> Value {
    json!({
        "ServiceNamespace": "ecs", "ScalableDimension": DIMENSION,
        "ResourceId": format!("service/{}/{}", service.cluster, service.name),
        "MinCapacity": min, "MaxCapacity": max,
    })
}
