// Every paginator with a page size of one finds what it finds with the default one.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const ecsSdk = require("@aws-sdk/client-ecs");
const ecrSdk = require("@aws-sdk/client-ecr");
const elbSdk = require("@aws-sdk/client-elastic-load-balancing-v2");
const logsSdk = require("@aws-sdk/client-cloudwatch-logs");
const { ecs, ecr, elb, logs, made } = require("./sdk.cjs");

async function collect(paginate, client, input, member, pageSize) {
  const found = [];
  // A copy: paginators leave their last token in what they were given.
  for await (const page of paginate({ client, pageSize }, { ...input })) {
    const items = page[member] ?? [];
    if (pageSize) assert.ok(items.length <= pageSize, `a page of ${items.length}`);
    found.push(...items);
  }
  return found;
}

function same(name, paginate, client, input, member, atLeast) {
  test(name, async () => {
    const whole = await collect(paginate, client, input, member);
    const singly = await collect(paginate, client, input, member, 1);
    assert.ok(whole.length >= atLeast, `${whole.length} found`);
    assert.deepEqual(singly, whole);
  });
}

// Paginators of load balancing know no page size: it is a member of the request.
const sized = (paginate) => ({ client, pageSize }, input) => paginate({ client }, { ...input, PageSize: pageSize });

const { name, balancer, listener } = made;
same("clusters", ecsSdk.paginateListClusters, ecs, {}, "clusterArns", 3);
same("families", ecsSdk.paginateListTaskDefinitionFamilies, ecs, { familyPrefix: name }, "families", 3);
same("definitions", ecsSdk.paginateListTaskDefinitions, ecs, { familyPrefix: `${name}-0` }, "taskDefinitionArns", 3);
same("services", ecsSdk.paginateListServices, ecs, { cluster: name }, "serviceArns", 3);
same("tasks", ecsSdk.paginateListTasks, ecs, { cluster: name }, "taskArns", 3);
same("settings", ecsSdk.paginateListAccountSettings, ecs, { effectiveSettings: true }, "settings", 3);
same("instances", ecsSdk.paginateListContainerInstances, ecs, {}, "containerInstanceArns", 1);
same("attributes", ecsSdk.paginateListAttributes, ecs, { targetType: "container-instance" }, "attributes", 3);

same("repositories", ecrSdk.paginateDescribeRepositories, ecr, {}, "repositories", 3);
same("images", ecrSdk.paginateListImages, ecr, { repositoryName: name }, "imageIds", 3);
same("image details", ecrSdk.paginateDescribeImages, ecr, { repositoryName: name }, "imageDetails", 1);

same("load balancers", sized(elbSdk.paginateDescribeLoadBalancers), elb, {}, "LoadBalancers", 1);
same("target groups", sized(elbSdk.paginateDescribeTargetGroups), elb, {}, "TargetGroups", 3);
same("listeners", sized(elbSdk.paginateDescribeListeners), elb, { LoadBalancerArn: balancer }, "Listeners", 1);
same("rules", sized(elbSdk.paginateDescribeRules), elb, { ListenerArn: listener }, "Rules", 3);
same("limits", sized(elbSdk.paginateDescribeAccountLimits), elb, {}, "Limits", 3);

same("log groups", logsSdk.paginateDescribeLogGroups, logs, { logGroupNamePrefix: `/${name}` }, "logGroups", 3);
same("log streams", logsSdk.paginateDescribeLogStreams, logs, { logGroupName: `/${name}-0` }, "logStreams", 3);
same("events of a group", logsSdk.paginateFilterLogEvents, logs, { logGroupName: `/${name}-0` }, "events", 3);
const stream = { logGroupName: `/${name}-0`, logStreamName: "0", startFromHead: true };
same("events of a stream", (config, input) => logsSdk.paginateGetLogEvents({ ...config, stopOnSameToken: true }, input), logs, stream, "events", 3);
