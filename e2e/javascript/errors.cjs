// Errors arrive as the classes that the SDK made of the services' models, with their members.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const ecsSdk = require("@aws-sdk/client-ecs");
const ecrSdk = require("@aws-sdk/client-ecr");
const elbSdk = require("@aws-sdk/client-elastic-load-balancing-v2");
const logsSdk = require("@aws-sdk/client-cloudwatch-logs");
const { ecs, ecr, elb, logs, made } = require("./sdk.cjs");

function refused(kind, sdk, client, command, input) {
  test(`${command}: ${kind}`, async () => {
    await assert.rejects(client.send(new sdk[command](input)), (error) => {
      assert.ok(error instanceof sdk[kind], `${error.name}: ${error.message}`);
      assert.equal(error.name, kind);
      assert.equal(error.$fault, "client");
      assert.ok(error.$metadata.httpStatusCode >= 400 && error.$metadata.httpStatusCode < 500);
      assert.ok(error.$metadata.requestId, "no request id");
      assert.ok(error.message, "no message");
      return true;
    });
  });
}

const { name } = made;
refused("ClusterNotFoundException", ecsSdk, ecs, "ListTasksCommand", { cluster: "nowhere" });
refused("ServiceNotFoundException", ecsSdk, ecs, "UpdateServiceCommand", { cluster: name, service: "nobody", desiredCount: 1 });
refused("InvalidParameterException", ecsSdk, ecs, "DescribeTasksCommand", { cluster: name, tasks: [] });
refused("ClientException", ecsSdk, ecs, "DescribeTaskDefinitionCommand", { taskDefinition: "nothing" });
refused("ClusterContainsServicesException", ecsSdk, ecs, "DeleteClusterCommand", { cluster: name });
refused("RepositoryNotFoundException", ecrSdk, ecr, "ListImagesCommand", { repositoryName: "nothing" });
refused("RepositoryAlreadyExistsException", ecrSdk, ecr, "CreateRepositoryCommand", { repositoryName: name });
refused("RepositoryNotEmptyException", ecrSdk, ecr, "DeleteRepositoryCommand", { repositoryName: name });
refused("LifecyclePolicyNotFoundException", ecrSdk, ecr, "GetLifecyclePolicyCommand", { repositoryName: name });
refused("LoadBalancerNotFoundException", elbSdk, elb, "DescribeLoadBalancersCommand", { Names: ["nobody"] });
refused("TargetGroupNotFoundException", elbSdk, elb, "DescribeTargetGroupsCommand", { Names: ["nobody"] });
refused("ResourceInUseException", elbSdk, elb, "DeleteTargetGroupCommand", { TargetGroupArn: made.group });
refused("ResourceNotFoundException", logsSdk, logs, "GetLogEventsCommand", { logGroupName: "/nowhere", logStreamName: "s" });
refused("ResourceAlreadyExistsException", logsSdk, logs, "CreateLogGroupCommand", { logGroupName: `/${name}-0` });
refused("InvalidParameterException", logsSdk, logs, "PutRetentionPolicyCommand", { logGroupName: `/${name}-0`, retentionInDays: 8 });

test("an operation that is not there says so", async () => {
  await assert.rejects(ecs.send(new ecsSdk.CreateTaskSetCommand({ cluster: name, service: "s", taskDefinition: "t" })), /not supported/);
});

