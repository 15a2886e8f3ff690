// What sns-validator says of messages of SNS: one a line of standard input. It is told whose certificates count.
const readline = require("node:readline");
const MessageValidator = require("sns-validator");

const validator = new MessageValidator(new RegExp(process.env.HOST_PATTERN));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  validator.validate(line, (error, message) => console.log(error ? `refused: ${error.message}` : `${message.Type}: ${JSON.stringify(message.Message)}`));
});
