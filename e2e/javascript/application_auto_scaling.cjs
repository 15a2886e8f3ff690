// Application Auto Scaling: targets, policies, scheduled actions, pages, tags and typed errors. RESOURCE has one task wanted.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const sdk = require("@aws-sdk/client-application-auto-scaling");

const client = new sdk.ApplicationAutoScalingClient({ maxAttempts: 1 });
const ServiceNamespace = "ecs";
const target = { ServiceNamespace, ResourceId: process.env.RESOURCE, ScalableDimension: "ecs:service:DesiredCount" };
const of = { ServiceNamespace, ResourceId: target.ResourceId };
const said = (input) => client.send(new sdk[`${input.call}Command`]({ ...target, ...input, call: undefined }));
const isRefused = (type, text) => (error) => error instanceof type && text.test(error.message);

async function names(paginate, member, name, pageSize) {
  const found = [];
  for await (const page of paginate({ client, pageSize }, { ...of })) {
    if (pageSize) assert.ok(page[member].length <= pageSize, `a page of ${page[member].length}`);
    found.push(...page[member].map((it) => it[name]));
  }
  return found;
}

const steps = (PolicyName, ScalingAdjustment) =>
  said({
    call: "PutScalingPolicy",
    PolicyName,
    PolicyType: "StepScaling",
    StepScalingPolicyConfiguration: { AdjustmentType: "ChangeInCapacity", StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment }] },
  });

test("what is not there is an error of its type", async () => {
  await assert.rejects(steps("early", 1), isRefused(sdk.ObjectNotFoundException, /^No scalable target registered for service namespace: ecs/));
  await assert.rejects(said({ call: "DeregisterScalableTarget" }), isRefused(sdk.ObjectNotFoundException, /^No scalable target/));
  await assert.rejects(said({ call: "RegisterScalableTarget", MinCapacity: 3, MaxCapacity: 2 }), isRefused(sdk.ValidationException, /capacity/i));
});

test("a target is registered, and another range moves the count", async () => {
  const registered = await said({ call: "RegisterScalableTarget", MinCapacity: 2, MaxCapacity: 4, Tags: { team: "web" } });
  const ResourceARN = registered.ScalableTargetARN;
  assert.match(ResourceARN, /^arn:aws:application-autoscaling:us-east-1:\d{12}:scalable-target\//);
  const { ScalableTargets } = await client.send(new sdk.DescribeScalableTargetsCommand({ ServiceNamespace, ResourceIds: [target.ResourceId] }));
  assert.deepEqual([ScalableTargets[0].MinCapacity, ScalableTargets[0].MaxCapacity], [2, 4]);
  assert.ok(ScalableTargets[0].CreationTime instanceof Date);
  assert.deepEqual((await client.send(new sdk.ListTagsForResourceCommand({ ResourceARN }))).Tags, { team: "web" });
  for (let activity; activity?.StatusCode !== "Successful"; ) {
    [activity] = (await client.send(new sdk.DescribeScalingActivitiesCommand(of))).ScalingActivities;
    if (activity) assert.equal(activity.Cause, "minimum capacity was set to 2");
    await new Promise((then) => setTimeout(then, 100));
  }
});

test("policies and scheduled actions are listed by pages", async () => {
  for (const name of ["one", "two", "three"]) {
    await steps(name, 1);
    const Schedule = "cron(0 8 * * ? *)";
    const kept = { ScheduledActionName: name, Schedule, Timezone: "Europe/Berlin", ScalableTargetAction: { MinCapacity: 1 } };
    await said({ call: "PutScheduledAction", ...kept });
  }
  for (const [paginate, member, name] of [
    [sdk.paginateDescribeScalingPolicies, "ScalingPolicies", "PolicyName"],
    [sdk.paginateDescribeScheduledActions, "ScheduledActions", "ScheduledActionName"],
  ]) {
    const whole = await names(paginate, member, name);
    assert.deepEqual([...whole].sort(), ["one", "three", "two"]);
    assert.deepEqual(await names(paginate, member, name, 1), whole);
  }
  await said({ call: "DeleteScalingPolicy", PolicyName: "one" });
  await assert.rejects(said({ call: "DeleteScalingPolicy", PolicyName: "one" }), isRefused(sdk.ObjectNotFoundException, /one/));
});

test("with its target all of it goes", async () => {
  await said({ call: "DeregisterScalableTarget" });
  assert.deepEqual(await names(sdk.paginateDescribeScalingPolicies, "ScalingPolicies", "PolicyName"), []);
  assert.deepEqual(await names(sdk.paginateDescribeScheduledActions, "ScheduledActions", "ScheduledActionName"), []);
});
