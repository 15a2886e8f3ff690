//! Messages of FIFO queues.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use wharf_api_sqs::ReceiveMessageRequest;

use crate::home::{Home, receiving, said};

const FIFO: (&str, &str) = ("FifoQueue", "true");

#[tokio::test]
async fn groups_are_received_in_order_and_one_batch_at_a_time() {
    let mut home = Home::new();
    let queue = home.queue("jobs.fifo", &[FIFO]).await;
    for (body, group) in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")] {
        home.send_to_group(&queue, body, group, Some(body))
            .await
            .unwrap();
    }
    let two = ReceiveMessageRequest {
        max_number_of_messages: Some(2),
        ..receiving(&queue)
    };
    let first = home.try_receive(two).await.unwrap();
    assert_eq!(
        first
            .iter()
            .map(|it| it.body.clone().unwrap())
            .collect::<Vec<_>>(),
        ["a1", "a2"]
    );
    home.sqs.restart();
    assert_eq!(home.bodies(&queue).await, ["b1"]);
    // Of group a nothing more, until both are deleted.
    home.delete(&queue, &first[0]).await.unwrap();
    assert_eq!(home.bodies(&queue).await, [""; 0]);
    home.delete(&queue, &first[1]).await.unwrap();
    assert_eq!(home.bodies(&queue).await, ["a3"]);
    // What comes back comes before what is behind it.
    home.send_to_group(&queue, "a4", "a", Some("a4"))
        .await
        .unwrap();
    home.pass(31);
    let mut back = home.bodies(&queue).await;
    back.sort();
    assert_eq!(back, ["a3", "a4", "b1"]);
    let refused = home.delete(&queue, &first[1]).await;
    assert!(refused.is_ok(), "it is deleted already");
}

#[tokio::test]
async fn what_is_sent_twice_is_kept_once() {
    let mut home = Home::new();
    let queue = home
        .queue("jobs.fifo", &[FIFO, ("ContentBasedDeduplication", "true")])
        .await;
    let first = home.send_to_group(&queue, "same", "a", None).await.unwrap();
    home.sqs.restart();
    let second = home.send_to_group(&queue, "same", "b", None).await.unwrap();
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(first.sequence_number, second.sequence_number);
    let got = home.receive(&queue).await;
    assert_eq!(got.len(), 1);
    assert_eq!(
        said(&got[0], "SequenceNumber"),
        first.sequence_number.unwrap()
    );
    assert_eq!(said(&got[0], "MessageGroupId"), "a");
    // Its deletion changes nothing; time does.
    home.delete(&queue, &got[0]).await.unwrap();
    home.send_to_group(&queue, "same", "a", None).await.unwrap();
    assert_eq!(home.bodies(&queue).await, [""; 0]);
    home.pass(301);
    let third = home.send_to_group(&queue, "same", "a", None).await.unwrap();
    assert_ne!(third.message_id, second.message_id);
    assert!(third.sequence_number > second.sequence_number);
    home.set(&queue, &[("DeduplicationScope", "messageGroup")])
        .await
        .unwrap();
    home.send_to_group(&queue, "x", "a", None).await.unwrap();
    home.send_to_group(&queue, "x", "b", None).await.unwrap();
    assert_eq!(home.receive(&queue).await.len(), 3);
}

#[tokio::test]
async fn an_attempt_that_is_repeated_gets_the_same() {
    let home = Home::new();
    let queue = home.queue("jobs.fifo", &[FIFO]).await;
    home.send_to_group(&queue, "1", "a", Some("1"))
        .await
        .unwrap();
    let attempt = || ReceiveMessageRequest {
        receive_request_attempt_id: Some("try".to_owned()),
        ..receiving(&queue)
    };
    let first = home.try_receive(attempt()).await.unwrap();
    home.pass(20);
    let again = home.try_receive(attempt()).await.unwrap();
    assert_eq!(first[0].receipt_handle, again[0].receipt_handle);
    // It holds them for the whole timeout anew.
    home.pass(20);
    assert_eq!(home.receive(&queue).await.len(), 0);
    home.delete(&queue, &again[0]).await.unwrap();
    assert_eq!(home.try_receive(attempt()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_fifo_queues_want() {
    let home = Home::new();
    let queue = home.queue("jobs.fifo", &[FIFO]).await;
    let code = |sent: Result<_, wharf_wire::Fault>| {
        sent.map(|_: wharf_api_sqs::SendMessageResult| ())
            .unwrap_err()
            .code
    };
    assert_eq!(
        code(home.send_to_group(&queue, "x", "a", None).await),
        "InvalidParameterValue"
    );
    assert_eq!(
        code(home.send_to_group(&queue, "x", "a b", Some("x")).await),
        "InvalidParameterValue"
    );
    let standard = home.queue("jobs", &[]).await;
    assert_eq!(
        code(home.send_to_group(&standard, "x", "a", Some("x")).await),
        "InvalidParameterValue"
    );
    home.send_to_group(&standard, "x", "a", None).await.unwrap();
    home.send_to_group(&queue, "x", "a", Some("x"))
        .await
        .unwrap();
    let held = home.receive(&queue).await;
    home.pass(31);
    assert_eq!(home.receive(&queue).await.len(), 1);
    assert_eq!(
        home.delete(&queue, &held[0]).await.unwrap_err().code,
        "InvalidParameterValue"
    );
}

/// Who tries again since the answer did not come in time, says the same id again: the turn lasts until the first is there.
#[tokio::test]
async fn what_a_sender_that_went_away_sent_is_not_kept_twice() {
    let home = Home::new();
    let queue = home.queue("jobs.fifo", &[FIFO]).await;
    home.send_to_group(&queue, "first", "g", Some("1"))
        .await
        .unwrap();
    {
        let sending = pin!(home.send_to_group(&queue, "x", "g", Some("2")));
        let polled = sending.poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending(), "it is being written");
    }
    home.send_to_group(&queue, "x", "g", Some("2"))
        .await
        .unwrap();
    assert_eq!(home.counts(&queue).await, ["2", "0", "0"]);
}
