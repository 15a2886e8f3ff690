"""Clusters, task definitions and services."""

from .form import Resource, gone, step

PARTS = ["TAGS", "CONFIGURATIONS", "SETTINGS"]


def live(answer):
    """A cluster that was deleted is shown as inactive for a while; the provider takes it for gone."""
    return bool(answer["clusters"]) and answer["clusters"][0]["status"] == "ACTIVE"


CLUSTER = Resource(
    "aws_ecs_cluster",
    create=(
        step(
            "ecs.create_cluster", clusterName="terraform", settings=[{"name": "containerInsights", "value": "disabled"}],
            tags=[{"key": "Name", "value": "terraform"}], keep={"cluster": "cluster.clusterArn"},
        ),
        step("ecs.describe_clusters", clusters=["$cluster"], include=PARTS, until=live),
    ),
    read=(
        step(
            "ecs.describe_clusters", clusters=["$cluster"], include=PARTS,
            shows={"clusters.0.clusterName": "terraform", "clusters.0.settings": [{"name": "containerInsights", "value": "disabled"}], "clusters.0.tags": [{"key": "Name", "value": "terraform"}]},
        ),
    ),
    update=(
        step("ecs.update_cluster", cluster="$cluster", configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}}),
        step("ecs.describe_clusters", clusters=["$cluster"], include=PARTS, until=live),
        step("ecs.untag_resource", resourceArn="$cluster", tagKeys=["Name"]),
        step("ecs.tag_resource", resourceArn="$cluster", tags=[{"key": "Name", "value": "changed"}]),
    ),
    updated={0: {"clusters.0.tags": [{"key": "Name", "value": "changed"}], "clusters.0.configuration.executeCommandConfiguration.logging": "DEFAULT"}},
    delete=(
        step(
            "ecs.delete_cluster", cluster="$cluster", until=lambda it: it is not None,
            forgiven=["ClusterContainsContainerInstancesException", "ClusterContainsServicesException", "ClusterContainsTasksException", "UpdateInProgressException"],
        ),
        step("ecs.describe_clusters", clusters=["$cluster"], include=PARTS, forgiven=["ClusterNotFoundException"], until=lambda it: not live(it)),
    ),
)  # fmt: skip

BOTH = ["FARGATE", "FARGATE_SPOT"]

PROVIDERS = Resource(
    "aws_ecs_cluster_capacity_providers",
    create=(
        step(
            "ecs.put_cluster_capacity_providers", cluster="terraform", capacityProviders=BOTH, forgiven=["ResourceInUseException", "UpdateInProgressException"],
            defaultCapacityProviderStrategy=[{"base": 1, "weight": 100, "capacityProvider": "FARGATE"}], until=lambda it: it is not None,
        ),
        step("ecs.describe_clusters", clusters=["terraform"], include=PARTS, until=live),
    ),
    read=(
        step(
            "ecs.describe_clusters", clusters=["terraform"], include=PARTS,
            shows={"clusters.0.capacityProviders": BOTH, "clusters.0.defaultCapacityProviderStrategy": [{"base": 1, "weight": 100, "capacityProvider": "FARGATE"}]},
        ),
    ),
    delete=(
        step(
            "ecs.put_cluster_capacity_providers", cluster="terraform", capacityProviders=[], defaultCapacityProviderStrategy=[],
            forgiven=["ResourceInUseException", "UpdateInProgressException"], until=lambda it: it is not None,
        ),
        step("ecs.describe_clusters", clusters=["terraform"], include=PARTS, until=live),
    ),
)  # fmt: skip

CONTAINER = {
    "name": "main", "image": "$image", "essential": True, "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
    "environment": [{"name": "VERSION", "value": "v1"}],
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/terraform", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "main"}},
}  # fmt: skip

DEFINITION = Resource(
    "aws_ecs_task_definition",
    create=(
        step(
            "ecs.register_task_definition", family="terraform", containerDefinitions=[CONTAINER], requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc", cpu="256", memory="512", executionRoleArn="$role", runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            tags=[{"key": "Name", "value": "terraform"}], keep={"definition": "taskDefinition.taskDefinitionArn"},
        ),
    ),
    read=(
        step(
            "ecs.describe_task_definition", taskDefinition="$definition", include=["TAGS"],
            shows={
                "taskDefinition.status": "ACTIVE", "taskDefinition.cpu": "256", "taskDefinition.executionRoleArn": "$role", "taskDefinition.volumes": [],
                "taskDefinition.placementConstraints": [], "tags": [{"key": "Name", "value": "terraform"}],
                "taskDefinition.containerDefinitions.0.portMappings": CONTAINER["portMappings"],
                "taskDefinition.containerDefinitions.0.logConfiguration": CONTAINER["logConfiguration"],
                "taskDefinition.runtimePlatform.operatingSystemFamily": "LINUX",
            },
        ),
    ),
    update=(step("ecs.tag_resource", resourceArn="$definition", tags=[{"key": "Name", "value": "changed"}]),),
    updated={0: {"tags": [{"key": "Name", "value": "changed"}]}},
    delete=(
        step("ecs.deregister_task_definition", taskDefinition="$definition"),
        step("ecs.describe_task_definition", taskDefinition="$definition", shows={"taskDefinition.status": "INACTIVE"}),
    ),
)  # fmt: skip

MISSING = ["ServiceNotFoundException", "ClusterNotFoundException"]
NETWORK = {"awsvpcConfiguration": {"subnets": ["$subnet_a", "$subnet_b"], "securityGroups": ["$group"], "assignPublicIp": "ENABLED"}}


def in_state(state):
    return lambda it: it["services"][0]["status"] == state


SERVICE = Resource(
    "aws_ecs_service",
    create=(
        step(
            "ecs.create_service", clientToken="terraform-20260101000000000000000001", cluster="$cluster", serviceName="terraform",
            taskDefinition="$definition", desiredCount=1, launchType="FARGATE", schedulingStrategy="REPLICA", availabilityZoneRebalancing="DISABLED",
            deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 100, "deploymentCircuitBreaker": {"enable": True, "rollback": True}},
            enableECSManagedTags=False, enableExecuteCommand=False, networkConfiguration=NETWORK, placementConstraints=[],
            loadBalancers=[{"targetGroupArn": "$target_group", "containerName": "main", "containerPort": 80}],
            tags=[{"key": "Name", "value": "terraform"}], keep={"service": "service.serviceArn"},
        ),
        step("ecs.describe_services", cluster="$cluster", services=["$service"], include=["TAGS"], until=in_state("ACTIVE")),
    ),
    read=(
        step(
            "ecs.describe_services", cluster="$cluster", services=["$service"], include=["TAGS"],
            shows={
                "services.0.desiredCount": 1, "services.0.launchType": "FARGATE", "services.0.schedulingStrategy": "REPLICA",
                "services.0.taskDefinition": "$definition", "services.0.platformVersion": "LATEST", "services.0.propagateTags": "NONE",
                "services.0.deploymentConfiguration.maximumPercent": 200, "services.0.deploymentConfiguration.deploymentCircuitBreaker.enable": True, "services.0.deploymentConfiguration.deploymentCircuitBreaker.rollback": True,
                "services.0.networkConfiguration.awsvpcConfiguration.securityGroups": ["$group"],
                "services.0.networkConfiguration.awsvpcConfiguration.assignPublicIp": "ENABLED", "services.0.enableExecuteCommand": False, "services.0.availabilityZoneRebalancing": "DISABLED",
                "services.0.loadBalancers": [{"targetGroupArn": "$target_group", "containerName": "main", "containerPort": 80}],
                "services.0.tags": [{"key": "Name", "value": "terraform"}], "services.0.placementConstraints": [], "services.0.placementStrategy": [],
            },
        ),
    ),
    update=(
        step("ecs.update_service", cluster="$cluster", service="$service", forceNewDeployment=False, desiredCount=0, healthCheckGracePeriodSeconds=30),
        step("ecs.describe_services", cluster="$cluster", services=["$service"], include=["TAGS"], until=in_state("ACTIVE")),
    ),
    updated={0: {"services.0.desiredCount": 0, "services.0.healthCheckGracePeriodSeconds": 30}},
    delete=(
        step("ecs.describe_services", cluster="$cluster", services=["$service"], forgiven=MISSING, shows={"services.0.status": "ACTIVE"}),
        step("ecs.update_service", cluster="$cluster", service="$service", desiredCount=0),
        step(
            "ecs.delete_service", cluster="$cluster", service="$service", forgiven=["InvalidParameterException"], until=lambda it: it is not None,
        ),
        step("ecs.describe_services", cluster="$cluster", services=["$service"], forgiven=MISSING, until=in_state("INACTIVE")),
    ),
    volatile=frozenset({"events", "deployments", "runningCount", "pendingCount", "currentServiceDeployment", "currentServiceRevisions"}),
)  # fmt: skip

LOG_GROUP = Resource(
    "aws_cloudwatch_log_group",
    create=(
        step("logs.create_log_group", logGroupName="/terraform", tags={"Name": "terraform"}),
        step("logs.put_retention_policy", logGroupName="/terraform", retentionInDays=7),
    ),
    read=(
        step(
            "logs.describe_log_groups", logGroupNamePrefix="/terraform", keep={"log_group": "logGroups.0.logGroupArn"},
            shows={"logGroups.0.logGroupName": "/terraform", "logGroups.0.retentionInDays": 7, "logGroups.0.logGroupClass": "STANDARD"},
        ),
        step("logs.list_tags_for_resource", resourceArn="$log_group", shows={"tags": {"Name": "terraform"}}),
    ),
    update=(
        step("logs.delete_retention_policy", logGroupName="/terraform"),
        step("logs.put_retention_policy", logGroupName="/terraform", retentionInDays=14),
        step("logs.untag_resource", resourceArn="$log_group", tagKeys=["Name"]),
        step("logs.tag_resource", resourceArn="$log_group", tags={"Name": "changed"}),
    ),
    updated={0: {"logGroups.0.retentionInDays": 14}, 1: {"tags": {"Name": "changed"}}},
    delete=(
        step("logs.delete_log_group", logGroupName="/terraform", forgiven=["ResourceNotFoundException"]),
        step("logs.describe_log_groups", logGroupNamePrefix="/terraform", until=gone),
    ),
    volatile=frozenset({"storedBytes"}),
)  # fmt: skip

PARAMETER = Resource(
    "aws_ssm_parameter",
    create=(
        step("ssm.put_parameter", Name="/terraform/url", Type="String", Value="one", Description="a", Tags=[{"Key": "Name", "Value": "terraform"}]),
    ),
    read=(
        step(
            "ssm.get_parameter", Name="/terraform/url", WithDecryption=True,
            shows={"Parameter.Name": "/terraform/url", "Parameter.Type": "String", "Parameter.Value": "one", "Parameter.Version": 1},
        ),
        step(
            "ssm.describe_parameters", ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": ["/terraform/url"]}],
            shows={"Parameters.0.Tier": "Standard", "Parameters.0.DataType": "text", "Parameters.0.Description": "a"},
        ),
        step(
            "ssm.list_tags_for_resource", ResourceType="Parameter", ResourceId="/terraform/url",
            shows={"TagList": [{"Key": "Name", "Value": "terraform"}]},
        ),
    ),
    update=(
        step("ssm.put_parameter", Name="/terraform/url", Type="SecureString", Value="two", Description="b", Overwrite=True, Tier="Standard"),
        step("ssm.add_tags_to_resource", ResourceType="Parameter", ResourceId="/terraform/url", Tags=[{"Key": "Name", "Value": "changed"}]),
    ),
    updated={
        0: {"Parameter.Type": "SecureString", "Parameter.Value": "two", "Parameter.Version": 2},
        1: {"Parameters.0.KeyId": "alias/aws/ssm", "Parameters.0.Description": "b"},
        2: {"TagList": [{"Key": "Name", "Value": "changed"}]},
    },
    delete=(
        step("ssm.delete_parameter", Name="/terraform/url", forgiven=["ParameterNotFound"]),
        step("ssm.get_parameter", Name="/terraform/url", WithDecryption=True, forgiven=["ParameterNotFound"], until=gone),
    ),
)  # fmt: skip

RESOURCES = [LOG_GROUP, PARAMETER, CLUSTER, PROVIDERS, DEFINITION, SERVICE]
