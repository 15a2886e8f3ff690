// Waiters end when what they wait for is there, and say what they saw when it cannot be.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const ecsSdk = require("@aws-sdk/client-ecs");
const ecrSdk = require("@aws-sdk/client-ecr");
const elbSdk = require("@aws-sdk/client-elastic-load-balancing-v2");
const { ecs, ecr, elb, made } = require("./sdk.cjs");

const at = (client) => ({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 60 });
const { name, balancer, group, definition, network } = made;

test("tasks run and stop, a token makes one of two calls", async () => {
  const wanted = {
    cluster: name, taskDefinition: definition, launchType: "FARGATE", networkConfiguration: network, clientToken: `${name}-once`,
  };
  const first = await ecs.send(new ecsSdk.RunTaskCommand(wanted));
  const again = await ecs.send(new ecsSdk.RunTaskCommand(wanted));
  const tasks = first.tasks.map((task) => task.taskArn);
  assert.deepEqual(again.tasks.map((task) => task.taskArn), tasks);
  assert.ok(first.tasks[0].createdAt instanceof Date);
  const input = { cluster: name, tasks };
  await ecsSdk.waitUntilTasksRunning(at(ecs), input);
  await ecs.send(new ecsSdk.StopTaskCommand({ cluster: name, task: tasks[0], reason: "enough" }));
  await ecsSdk.waitUntilTasksStopped(at(ecs), input);
  // A task that has stopped will not run: the waiter fails instead of waiting.
  await assert.rejects(ecsSdk.waitUntilTasksRunning(at(ecs), input));
});

test("services become stable and inactive", async () => {
  const service = `${name}-waited`;
  await ecs.send(new ecsSdk.CreateServiceCommand({
    cluster: name, serviceName: service, taskDefinition: definition, desiredCount: 1, launchType: "FARGATE", networkConfiguration: network,
    loadBalancers: [{ targetGroupArn: group, containerName: "main", containerPort: 80 }],
  }));
  await ecsSdk.waitUntilServicesStable(at(ecs), { cluster: name, services: [service] });
  await elbSdk.waitUntilTargetInService(at(elb), { TargetGroupArn: group });
  const health = await elb.send(new elbSdk.DescribeTargetHealthCommand({ TargetGroupArn: group }));
  await ecs.send(new ecsSdk.DeleteServiceCommand({ cluster: name, service, force: true }));
  await ecsSdk.waitUntilServicesInactive(at(ecs), { cluster: name, services: [service] });
  const Targets = health.TargetHealthDescriptions.map((one) => one.Target);
  await elbSdk.waitUntilTargetDeregistered(at(elb), { TargetGroupArn: group, Targets });
});

test("load balancers are there, available and gone", async () => {
  await elbSdk.waitUntilLoadBalancerExists(at(elb), { LoadBalancerArns: [balancer] });
  await elbSdk.waitUntilLoadBalancerAvailable(at(elb), { LoadBalancerArns: [balancer] });
  await elb.send(new elbSdk.DeleteLoadBalancerCommand({ LoadBalancerArn: balancer }));
  await elbSdk.waitUntilLoadBalancersDeleted(at(elb), { LoadBalancerArns: [balancer] });
});

test("a preview of a lifecycle policy completes", async () => {
  const lifecyclePolicyText = JSON.stringify({
    rules: [{ rulePriority: 1, selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 1 }, action: { type: "expire" } }],
  });
  await ecr.send(new ecrSdk.StartLifecyclePolicyPreviewCommand({ repositoryName: name, lifecyclePolicyText }));
  const { reason } = await ecrSdk.waitUntilLifecyclePolicyPreviewComplete(at(ecr), { repositoryName: name });
  assert.equal(reason.status, "COMPLETE");
});
