// Clients of the JavaScript SDK, and the names of what the test made. Endpoint, region and keys come from the environment.
const { ECSClient } = require("@aws-sdk/client-ecs");
const { ECRClient } = require("@aws-sdk/client-ecr");
const { ElasticLoadBalancingV2Client } = require("@aws-sdk/client-elastic-load-balancing-v2");
const { CloudWatchLogsClient } = require("@aws-sdk/client-cloudwatch-logs");

const once = { maxAttempts: 1 };

module.exports = {
  ecs: new ECSClient(once),
  ecr: new ECRClient(once),
  elb: new ElasticLoadBalancingV2Client(once),
  logs: new CloudWatchLogsClient(once),
  made: JSON.parse(process.env.MADE),
};
