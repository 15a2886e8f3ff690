// StartLiveTail: the SDK's own decoder of event streams, and an endpoint without a prefix to its name.
const assert = require("node:assert/strict");
const { after, test } = require("node:test");
const { CloudWatchLogsClient, PutLogEventsCommand, StartLiveTailCommand } = require("@aws-sdk/client-cloudwatch-logs");
const { made } = require("./sdk.cjs");

const logs = new CloudWatchLogsClient({ maxAttempts: 1, disableHostPrefix: true });
const logGroupName = `/${made.name}-0`;
const arn = `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}`;

// The stream's connection is open until then.
after(() => logs.destroy());

test("a session tells what is put", async () => {
  const { responseStream } = await logs.send(new StartLiveTailCommand({ logGroupIdentifiers: [arn] }));
  const seen = [];
  for await (const event of responseStream) {
    if (event.sessionStart) {
      assert.deepEqual(event.sessionStart.logGroupIdentifiers, [arn]);
      const logEvents = [{ timestamp: Date.now(), message: "told" }];
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: "0", logEvents }));
      continue;
    }
    seen.push(...event.sessionUpdate.sessionResults.map((one) => one.message));
    if (seen.length > 0) break;
  }
  assert.deepEqual(seen, ["told"]);
});

test("a group that is not there is a typed error", async () => {
  const missing = new StartLiveTailCommand({ logGroupIdentifiers: [`${arn}-none`] });
  await assert.rejects(logs.send(missing), { name: "ResourceNotFoundException" });
});
