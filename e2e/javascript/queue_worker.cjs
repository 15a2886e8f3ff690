// A worker of sqs-consumer: it takes jobs, fails the first time at one, and passes what it did on to another queue.
const { SQSClient, SendMessageCommand } = require("@aws-sdk/client-sqs");
const { Consumer } = require("sqs-consumer");

const sqs = new SQSClient();
const failed = new Set();
const consumer = Consumer.create({
  queueUrl: process.env.JOBS,
  sqs,
  batchSize: 5,
  waitTimeSeconds: 1,
  visibilityTimeout: 3,
  heartbeatInterval: 1,
  messageAttributeNames: ["All"],
  handleMessage: async (message) => {
    if (message.Body === "job 3" && !failed.has(message.MessageId)) {
      failed.add(message.MessageId);
      throw new Error("not yet");
    }
    // Longer than the visibility timeout: heartbeats hold the message.
    if (message.Body === "job 4") await new Promise((done) => setTimeout(done, 4500));
    const MessageBody = `${message.Body.toUpperCase()} of ${message.MessageAttributes.who.StringValue}`;
    await sqs.send(new SendMessageCommand({ QueueUrl: process.env.RESULTS, MessageBody }));
    return message;
  },
});
consumer.on("error", (error) => { console.error(error.message); process.exitCode = 1; });
process.on("SIGTERM", () => consumer.stop());
consumer.start();
