//! What every courier that calls operations does: the call itself, and the dead letter.

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use wharf_base::Arn;

use crate::{Actor, Failure, GivenUp, Operations, Request, targets};

/// Entries of a batch, and bytes of their messages: what a queue takes unless it says less.
const MOST_ENTRIES: usize = 10;
const MOST_BYTES: usize = 1 << 20;
/// Bytes of a message beside its body, more than which it rarely has.
const ENTRY_BYTES: usize = 1 << 10;
/// Calls for one lane at once.
const MOST_CALLS: usize = 10;
/// What a queue says that takes less than others.
const TOO_LONG: &str = "BatchRequestTooLong";

/// A call in somebody's name.
#[derive(Debug, Clone, PartialEq)]
pub struct Sending {
    pub actor: Actor,
    pub request: Request,
    /// It is done once the operation answers, whatever it says of what it did not do: for who asked for the
    /// operation itself, of which a part that is done would else be done again.
    pub answer_is_enough: bool,
}

impl Sending {
    async fn send(&self, operations: &dyn Operations) -> Result<(), Failure> {
        if self.answer_is_enough {
            operations.call(&self.actor, &self.request).await?;
            return Ok(());
        }
        send(operations, &self.actor, &self.request).await
    }
}

/// Calls a target.
///
/// # Errors
/// The call failed, or answered that it did nothing.
pub async fn send(
    operations: &dyn Operations,
    actor: &Actor,
    request: &Request,
) -> Result<(), Failure> {
    ask(operations, actor, request).await?;
    Ok(())
}

/// As [`send`], for who wants to know what the target answered.
///
/// # Errors
/// Those of [`send`].
pub async fn ask(
    operations: &dyn Operations,
    actor: &Actor,
    request: &Request,
) -> Result<Value, Failure> {
    let answer = operations.call(actor, request).await?;
    match undone(&answer) {
        None => Ok(answer),
        Some(failure) => Err(failure),
    }
}

/// Calls targets, some at once, and queues with up to ten messages each; the answers stand in the order of
/// the sendings. What is none already failed.
pub async fn send_all(
    operations: &dyn Operations,
    sendings: Vec<Result<Sending, Failure>>,
) -> Vec<Result<(), Failure>> {
    let mut answers: Vec<_> = sendings
        .iter()
        .map(|it| it.as_ref().map(|_| ()).map_err(Clone::clone))
        .collect();
    let good = sendings.into_iter().enumerate();
    let good = good.filter_map(|(at, it)| Some((at, it.ok()?)));
    let calls = batches(good).into_iter();
    let calls = calls.map(|batch| send_batch(operations, batch));
    let mut done = stream::iter(calls).buffer_unordered(MOST_CALLS);
    while let Some(some) = done.next().await {
        for (at, answer) in some {
            answers[at] = answer;
        }
    }
    answers
}

/// Errands with their places.
type Batch = Vec<(usize, Sending)>;

/// Puts messages for the same queue in the same name together. Pure.
fn batches(sendings: impl Iterator<Item = (usize, Sending)>) -> Vec<Batch> {
    let mut batches: Vec<(usize, Batch)> = Vec::new();
    for (at, sending) in sendings {
        let bytes = body_bytes(&sending.request);
        let joined = bytes.and_then(|bytes| {
            let (taken, batch) = batches.last_mut()?;
            let fits = batch.len() < MOST_ENTRIES && *taken + bytes <= MOST_BYTES;
            let together = batch.last().is_some_and(|(_, it)| goes_with(it, &sending));
            (fits && together).then(|| {
                *taken += bytes;
                batch
            })
        });
        match joined {
            Some(batch) => batch.push((at, sending)),
            None => batches.push((bytes.unwrap_or(0), vec![(at, sending)])),
        }
    }
    batches.into_iter().map(|(_, batch)| batch).collect()
}

/// What a message counts for, if the request is one.
fn body_bytes(request: &Request) -> Option<usize> {
    let is_message = request.service == "sqs" && request.operation == "SendMessage";
    let body = request.input["MessageBody"]
        .as_str()
        .filter(|_| is_message)?;
    Some(body.len() + ENTRY_BYTES)
}

fn goes_with(one: &Sending, other: &Sending) -> bool {
    body_bytes(&one.request).is_some()
        && one.actor == other.actor
        && one.request.region == other.request.region
        && one.request.input["QueueUrl"] == other.request.input["QueueUrl"]
}

async fn send_batch(
    operations: &dyn Operations,
    batch: Batch,
) -> Vec<(usize, Result<(), Failure>)> {
    let together = match &batch[..] {
        [_, _, ..] => send_together(operations, &batch).await,
        _ => None,
    };
    if let Some(answers) = together {
        return batch.into_iter().map(|(at, _)| at).zip(answers).collect();
    }
    let mut answers = Vec::with_capacity(batch.len());
    for (at, sending) in batch {
        answers.push((at, sending.send(operations).await));
    }
    answers
}

/// One SendMessageBatch; `None` if the queue wants the messages one by one.
async fn send_together(
    operations: &dyn Operations,
    batch: &Batch,
) -> Option<Vec<Result<(), Failure>>> {
    let Sending { actor, request, .. } = &batch.first()?.1;
    let entries = batch.iter().enumerate().map(|(id, (_, sending))| {
        let mut entry = sending.request.input.clone();
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("QueueUrl");
            entry.insert("Id".to_owned(), id.to_string().into());
        }
        entry
    });
    let input = json!({
        "QueueUrl": request.input["QueueUrl"],
        "Entries": entries.collect::<Vec<_>>(),
    });
    let request = Request::new("sqs", "SendMessageBatch", &request.region, input);
    let answer = match operations.call(actor, &request).await {
        Ok(answer) => answer,
        Err(fault) if fault.code.ends_with(TOO_LONG) => return None,
        Err(fault) => return Some(vec![Err(fault.into()); batch.len()]),
    };
    let mut answers = vec![Ok(()); batch.len()];
    for failed in answer["Failed"].as_array().into_iter().flatten() {
        let id = failed["Id"]
            .as_str()
            .and_then(|it| it.parse::<usize>().ok());
        if let Some(answer) = id.and_then(|it| answers.get_mut(it)) {
            let code = failed["Code"].as_str().unwrap_or_default();
            let text = failed["Message"].as_str().unwrap_or_default();
            let lasting = Failure::lasting(code, text);
            *answer = Err(Failure {
                // A queue that has no room says that the sender is at fault.
                passes: failed["SenderFault"] != true || lasting.is_throttled(),
                ..lasting
            });
        }
    }
    Some(answers)
}

/// A message that nobody will try to deliver again, for the queue that was named for such.
pub struct DeadLetter<'a> {
    /// An ARN; without one there is no letter.
    pub queue: Option<&'a str>,
    pub body: &'a str,
    /// Of a queue with order.
    pub group: Option<&'a str>,
    /// Those that are empty are left out.
    pub attributes: Vec<(&'static str, String)>,
    /// Tells it from others.
    pub token: &'a str,
}

impl DeadLetter<'_> {
    /// Sends it.
    ///
    /// # Errors
    /// It could not be sent.
    pub async fn send(mut self, operations: &dyn Operations, actor: &Actor) -> Result<(), Failure> {
        let Some(queue) = self.queue.and_then(|it| it.parse::<Arn>().ok()) else {
            return Ok(());
        };
        self.attributes.retain(|(_, value)| !value.is_empty());
        let letter =
            targets::send_message(&queue, self.body, self.group, &self.attributes, self.token);
        operations.call(actor, &letter).await?;
        Ok(())
    }
}

impl GivenUp {
    /// What a dead letter says of the failure.
    pub fn attributes(self) -> Vec<(&'static str, String)> {
        vec![
            ("ERROR_CODE", self.failure.code),
            ("ERROR_MESSAGE", self.failure.text),
            ("RETRY_ATTEMPTS", self.retries.to_string()),
            (
                "EXHAUSTED_RETRY_CONDITION",
                self.exhausted.unwrap_or_default(),
            ),
        ]
    }
}

/// How the codes begin of entries that PutEvents would refuse for ever, as AWS documents them.
const REFUSED_FOR_EVER: [&str; 7] = [
    "AccessDenied",
    "InvalidAccountId",
    "InvalidArgument",
    "MalformedDetail",
    "NotAuthorizedForDetailType",
    "NotAuthorizedForSource",
    "RedactionFailure",
];

/// The failure of a call that answered, and did nothing: RunTask without tasks, PutEvents without
/// events.
fn undone(answer: &Value) -> Option<Failure> {
    let of = |failure: &Value, code: &str, text: &str| {
        let member = |name| failure.get(name).and_then(Value::as_str);
        let code = member(code).unwrap_or_default();
        Failure {
            // Else there is no room now, or the entry is throttled.
            passes: !REFUSED_FOR_EVER.iter().any(|it| code.starts_with(it)),
            ..Failure::lasting(code, member(text).unwrap_or_default())
        }
    };
    let items = |name| answer.get(name).and_then(Value::as_array);
    let failures = items("failures").filter(|it| !it.is_empty());
    if let Some(failures) = failures
        && items("tasks").is_none_or(Vec::is_empty)
    {
        return Some(of(&failures[0], "reason", "detail"));
    }
    let entries = items("Entries")?;
    let failed = entries
        .iter()
        .find(|it| it.get("ErrorCode").is_some_and(Value::is_string))?;
    Some(of(failed, "ErrorCode", "ErrorMessage"))
}

#[cfg(test)]
mod tests {
    use wharf_wire::{Check, Fault};

    use super::*;

    #[test]
    fn answers_that_did_nothing() {
        let entry = |code: &str| json!({ "Entries": [{ "ErrorCode": code }] });
        for (answer, failure) in [
            (json!({}), None),
            (json!({ "tasks": [{}], "failures": [] }), None),
            (
                json!({ "tasks": [], "failures": [{ "reason": "RESOURCE:CPU" }] }),
                Some(("RESOURCE:CPU", true)),
            ),
            (
                json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 }),
                None,
            ),
            (entry("InternalFailure"), Some(("InternalFailure", true))),
            (
                entry("ThrottlingException"),
                Some(("ThrottlingException", true)),
            ),
            (entry("MalformedDetail"), Some(("MalformedDetail", false))),
            (entry("InvalidArgument"), Some(("InvalidArgument", false))),
            (
                entry("NotAuthorizedForSource"),
                Some(("NotAuthorizedForSource", false)),
            ),
        ] {
            let found = undone(&answer);
            let found = found.as_ref().map(|it| (it.code.as_str(), it.passes));
            assert_eq!(found, failure, "{answer}");
        }
    }

    /// Queues that take all messages but those that say `no`, and `short` only one at a time.
    #[derive(Default)]
    struct Queues(parking_lot::Mutex<Vec<(String, usize)>>);

    #[wharf_wire::async_trait]
    impl Operations for Queues {
        async fn call(&self, _: &Actor, request: &Request) -> Result<Value, Fault> {
            let input = &request.input;
            let entries = input["Entries"].as_array().cloned().unwrap_or_default();
            self.0
                .lock()
                .push((request.operation.clone(), entries.len()));
            if input["QueueUrl"].as_str() == Some("short") && !entries.is_empty() {
                let code = "AWS.SimpleQueueService.BatchRequestTooLong";
                return Err(Fault::sender(code, 400, "no"));
            }
            let refused = entries.iter().filter(|it| it["MessageBody"] == "no");
            let failed = refused.map(
                |it| json!({ "Id": it["Id"], "Code": "No", "Message": "no", "SenderFault": true }),
            );
            Ok(json!({ "Failed": failed.collect::<Vec<_>>() }))
        }

        async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
            Ok(())
        }

        async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
            Ok(())
        }
    }

    fn message(queue: &str, body: &str) -> Result<Sending, Failure> {
        let input = json!({ "QueueUrl": queue, "MessageBody": body });
        Ok(Sending {
            actor: Actor::Service {
                name: "events.amazonaws.com".to_owned(),
                account: "123456789012".to_owned(),
                source_arn: String::new(),
            },
            request: Request::new("sqs", "SendMessage", "us-east-1", input),
            answer_is_enough: false,
        })
    }

    fn failure(code: &str) -> Failure {
        Failure::lasting(code, "no")
    }

    #[tokio::test]
    async fn messages_for_a_queue_go_ten_at_a_time() {
        let queues = Queues::default();
        let mut sendings: Vec<_> = (0..12).map(|_| message("a", "hi")).collect();
        sendings[3] = message("a", "no");
        sendings.push(Err(failure("Bad")));
        sendings.push(message("b", "hi"));
        let answers = send_all(&queues, sendings).await;
        for (at, answer) in answers.iter().enumerate() {
            let expected = match at {
                3 => Err(failure("No")),
                12 => Err(failure("Bad")),
                _ => Ok(()),
            };
            assert_eq!(*answer, expected, "{at}");
        }
        let mut calls = queues.0.lock().clone();
        calls.sort();
        let batch = |entries| ("SendMessageBatch".to_owned(), entries);
        assert_eq!(calls, [("SendMessage".to_owned(), 0), batch(2), batch(10)]);
    }

    #[tokio::test]
    async fn a_queue_of_short_messages_gets_them_one_by_one() {
        let queues = Queues::default();
        let sendings = vec![message("short", "hi"), message("short", "ho")];
        assert_eq!(send_all(&queues, sendings).await, [Ok(()), Ok(())]);
        assert_eq!(queues.0.lock().len(), 3);
    }

    /// Takes nothing, and says so in its answer.
    struct Refuses;

    #[wharf_wire::async_trait]
    impl Operations for Refuses {
        async fn call(&self, _: &Actor, _: &Request) -> Result<Value, Fault> {
            Ok(json!({ "Entries": [{ "EventId": "1" }, { "ErrorCode": "InternalFailure" }] }))
        }

        async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
            Ok(())
        }

        async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn an_answer_is_looked_into_unless_it_is_enough() {
        let put = |answer_is_enough| Sending {
            request: Request::new("events", "PutEvents", "us-east-1", json!({})),
            answer_is_enough,
            ..message("a", "hi").unwrap()
        };
        let answers = send_all(&Refuses, vec![Ok(put(true)), Ok(put(false))]).await;
        assert_eq!(
            answers,
            [Ok(()), Err(Failure::passing("InternalFailure", ""))]
        );
    }

    #[test]
    fn batches_are_as_large_as_a_queue_takes() {
        let large = "x".repeat(400 << 10);
        let sendings = (0..3).map(|at| (at, message("a", &large).unwrap()));
        let sizes: Vec<usize> = batches(sendings).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1]);
    }
}
