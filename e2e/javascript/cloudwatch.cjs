// CloudWatch: figures in and out, percentiles, math, pages, alarms and their waiter.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const cloudwatch = require("@aws-sdk/client-cloudwatch");

const client = new cloudwatch.CloudWatchClient({ maxAttempts: 1 });
const Namespace = process.env.NAMESPACE;
const minute = new Date(Math.floor(Date.now() / 60000) * 60000 - 120000);
const span = { StartTime: minute, EndTime: new Date(minute.getTime() + 60000) };
const metric = (MetricName) => ({ Namespace, MetricName, Dimensions: [{ Name: "Page", Value: "/" }] });

async function data(MetricDataQueries) {
  const found = await client.send(new cloudwatch.GetMetricDataCommand({ ...span, MetricDataQueries }));
  return Object.fromEntries(found.MetricDataResults.map((it) => [it.Id, it.Values]));
}

test("what is put is there", async () => {
  const { Dimensions } = metric();
  const Values = Array.from({ length: 100 }, (_, at) => at + 1);
  await client.send(
    new cloudwatch.PutMetricDataCommand({
      Namespace,
      MetricData: [
        { MetricName: "Latency", Dimensions, Timestamp: minute, Unit: "Milliseconds", Values },
        { MetricName: "Errors", Dimensions, Timestamp: minute, Unit: "Count", StatisticValues: { SampleCount: 4, Sum: 5, Minimum: 0, Maximum: 3 } },
      ],
    }),
  );
  const stat = (Id, MetricName, Stat) => ({ Id, MetricStat: { Metric: metric(MetricName), Period: 60, Stat } });
  const found = await data([
    stat("requests", "Latency", "SampleCount"),
    stat("slow", "Latency", "p90"),
    stat("errors", "Errors", "Sum"),
    { Id: "part", Expression: "100 * errors / requests" },
  ]);
  assert.deepEqual([found.requests, found.errors, found.part], [[100], [5], [5]]);
  assert.ok(Math.abs(found.slow[0] - 90) <= 2, `${found.slow}`);
});

test("metrics are listed by pages", async () => {
  const names = [];
  for await (const page of cloudwatch.paginateListMetrics({ client }, { Namespace })) names.push(...page.Metrics.map((it) => it.MetricName));
  assert.deepEqual(names.sort(), ["Errors", "Latency"]);
});

test("an alarm goes off, and the waiter hears of it", async () => {
  const AlarmName = Namespace;
  await client.send(
    new cloudwatch.PutMetricAlarmCommand({
      ...metric("Errors"), AlarmName, Statistic: "Sum", Period: 60, EvaluationPeriods: 5, DatapointsToAlarm: 1,
      Threshold: 1, ComparisonOperator: "GreaterThanThreshold", TreatMissingData: "notBreaching",
    }),
  );
  const AlarmNames = [AlarmName];
  await cloudwatch.waitUntilAlarmExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { AlarmNames });
  let alarm;
  const until = Date.now() + 60000;
  do {
    const found = await client.send(new cloudwatch.DescribeAlarmsCommand({ AlarmNames, StateValue: "ALARM" }));
    [alarm] = found.MetricAlarms;
    if (!alarm) await new Promise((resolve) => setTimeout(resolve, 500));
  } while (!alarm && Date.now() < until);
  assert.equal(alarm?.StateValue, "ALARM");
  assert.ok(alarm.StateUpdatedTimestamp instanceof Date);
  await client.send(new cloudwatch.DeleteAlarmsCommand({ AlarmNames }));
});

test("errors have their classes", async () => {
  const both = new cloudwatch.GetMetricStatisticsCommand({ ...metric("Errors"), StartTime: span.EndTime, EndTime: span.StartTime, Period: 60, Statistics: ["Sum"] });
  await assert.rejects(client.send(both), (error) => {
    assert.ok(error instanceof cloudwatch.InvalidParameterValueException || error instanceof cloudwatch.InvalidParameterCombinationException, `${error.name}: ${error.message}`);
    return true;
  });
  await assert.rejects(client.send(new cloudwatch.GetDashboardCommand({ DashboardName: "none" })), (error) => {
    assert.match(error.name, /DashboardNotFoundError|ResourceNotFound/);
    return true;
  });
});
