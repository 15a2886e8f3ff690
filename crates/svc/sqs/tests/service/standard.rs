//! Messages of standard queues.

use std::time::Duration;

use wharf_api_sqs::{self as api, ReceiveMessageRequest, Sqs as _};
use wharf_testkit::until;

use crate::home::{Home, call, receiving, said};

#[tokio::test]
async fn a_message_is_held_comes_back_and_is_deleted() {
    let mut home = Home::new();
    let queue = home.queue("jobs", &[("VisibilityTimeout", "10")]).await;
    let id = home.send(&queue, "hello").await;
    let first = home.receive(&queue).await.remove(0);
    assert_eq!(first.message_id.as_deref(), Some(id.as_str()));
    assert_eq!(
        first.md5_of_body.as_deref(),
        Some("5d41402abc4b2a76b9719d911017c592")
    );
    assert_eq!(said(&first, "ApproximateReceiveCount"), "1");
    assert_eq!(home.bodies(&queue).await, [""; 0]);
    assert_eq!(home.counts(&queue).await, ["0", "0", "1"]);
    // That it is held survives the server's end.
    home.sqs.restart();
    assert_eq!(home.bodies(&queue).await, [""; 0]);
    home.pass(10);
    let second = home.receive(&queue).await.remove(0);
    assert_eq!(said(&second, "ApproximateReceiveCount"), "2");
    assert_ne!(first.receipt_handle, second.receipt_handle);
    // The first receipt is too old to delete anything.
    home.delete(&queue, &first).await.unwrap();
    assert_eq!(home.counts(&queue).await, ["0", "0", "1"]);
    home.delete(&queue, &second).await.unwrap();
    home.delete(&queue, &second).await.unwrap();
    assert_eq!(home.counts(&queue).await, ["0", "0", "0"]);
    home.sqs.restart();
    home.pass(60);
    assert_eq!(home.bodies(&queue).await, [""; 0]);
    let stored = home.world.stored("/w1/c0/sqs-messages/").await;
    assert_eq!(stored, "");
}

/// A queue is read in pages of 500 when it is first asked for.
#[tokio::test]
async fn a_queue_of_many_pages_is_read_whole() {
    let mut home = Home::new();
    let queue = home.queue("many", &[]).await;
    let mut sent = Vec::new();
    for number in 0..1_203 {
        // Some lie in a part beside their head.
        let long = if number % 600 == 1 { 5_000 } else { 0 };
        let body = format!("{number} {}", "x".repeat(long));
        home.send(&queue, &body).await;
        sent.push(body);
    }
    home.sqs.restart();
    assert_eq!(home.counts(&queue).await, ["1203", "0", "0"]);
    let mut received = Vec::new();
    while received.len() < sent.len() {
        let some = home.bodies(&queue).await;
        assert!(!some.is_empty(), "only {} came", received.len());
        received.extend(some);
    }
    assert_eq!(received, sent);
}

#[tokio::test]
async fn nobody_holds_a_message_for_more_than_twelve_hours() {
    let mut home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    home.send(&queue, "a").await;
    let it = home.receive(&queue).await.remove(0);
    home.hold_for(&queue, &it, 43_200).await.unwrap();
    home.pass(3600);
    // The handle says when it was, so a server that starts again knows it.
    home.sqs.restart();
    let refused = home.hold_for(&queue, &it, 39_601).await.unwrap_err();
    assert_eq!(
        (refused.code.as_ref(), refused.message.as_str()),
        (
            "InvalidParameterValue",
            "Value 39601 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the \
             message is beyond the limit [43200 seconds]."
        )
    );
    home.hold_for(&queue, &it, 39_600).await.unwrap();
    home.pass(39_600);
    let again = home.receive(&queue).await.remove(0);
    home.hold_for(&queue, &again, 43_200).await.unwrap();
}

#[tokio::test]
async fn who_holds_a_message_says_how_long() {
    let home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    home.send(&queue, "a").await;
    let it = home.receive(&queue).await.remove(0);
    home.hold_for(&queue, &it, 100).await.unwrap();
    home.pass(99);
    assert_eq!(home.bodies(&queue).await, [""; 0]);
    home.hold_for(&queue, &it, 0).await.unwrap();
    let again = home.receive(&queue).await.remove(0);
    let refused = home.hold_for(&queue, &it, 5).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
    home.pass(31);
    let refused = home.hold_for(&queue, &again, 5).await.unwrap_err();
    assert_eq!(refused.code, "MessageNotInflight");
    // Nobody received it since, so its last receipt still deletes it.
    home.delete(&queue, &again).await.unwrap();
    assert_eq!(home.counts(&queue).await, ["0", "0", "0"]);
    for seconds in [-1, 43_201] {
        let refused = home.hold_for(&queue, &again, seconds).await.unwrap_err();
        assert_eq!(refused.code, "InvalidParameterValue");
    }
}

#[tokio::test]
async fn a_long_poll_wakes_at_once_and_all_of_them_do() {
    let home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    let waiting = (0..5).map(|_| {
        let (sqs, queue) = (home.sqs.clone(), queue.clone());
        tokio::spawn(async move {
            let input = ReceiveMessageRequest {
                wait_time_seconds: Some(20),
                max_number_of_messages: Some(1),
                ..receiving(&queue)
            };
            sqs.receive_message(&call(), input)
                .await
                .unwrap()
                .messages
                .unwrap_or_default()
                .len()
        })
    });
    let waiting: Vec<_> = waiting.collect();
    let entries = (0..5).map(|it| api::SendMessageBatchRequestEntry {
        id: Some(it.to_string()),
        message_body: Some("x".to_owned()),
        ..Default::default()
    });
    let batch = api::SendMessageBatchRequest {
        queue_url: Some(queue.clone()),
        entries: Some(entries.collect()),
    };
    home.sqs.send_message_batch(&call(), batch).await.unwrap();
    for one in waiting {
        let got = tokio::time::timeout(Duration::from_secs(5), one).await;
        assert_eq!(got.expect("woken").unwrap(), 1);
    }
}

#[tokio::test]
async fn delays_of_queues_and_messages() {
    let home = Home::new();
    let queue = home.queue("late", &[("DelaySeconds", "10")]).await;
    home.send(&queue, "by the queue").await;
    let input = api::SendMessageRequest {
        queue_url: Some(queue.clone()),
        message_body: Some("at once".to_owned()),
        delay_seconds: Some(0),
        ..Default::default()
    };
    home.sqs.send_message(&call(), input).await.unwrap();
    assert_eq!(home.counts(&queue).await, ["1", "1", "0"]);
    assert_eq!(home.bodies(&queue).await, ["at once"]);
    home.pass(10);
    assert_eq!(home.bodies(&queue).await, ["by the queue"]);
}

#[tokio::test]
async fn dead_letters_go_to_their_queue() {
    let mut home = Home::new();
    let dead = home.queue("dead", &[]).await;
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"2"}"#;
    let jobs = home
        .queue(
            "jobs",
            &[("RedrivePolicy", policy), ("VisibilityTimeout", "1")],
        )
        .await;
    let large = "x".repeat(300_000);
    let ids = [
        home.send(&jobs, "poison").await,
        home.send(&jobs, &large).await,
    ];
    for _ in 0..2 {
        assert_eq!(home.receive(&jobs).await.len(), 2);
        home.pass(1);
    }
    assert_eq!(home.receive(&jobs).await.len(), 0);
    assert_eq!(home.counts(&jobs).await, ["0", "0", "0"]);
    home.sqs.restart();
    let got = home.receive(&dead).await;
    assert_eq!(
        got.iter()
            .map(|it| it.message_id.clone().unwrap())
            .collect::<Vec<_>>(),
        ids
    );
    assert_eq!(got[1].body.as_deref(), Some(large.as_str()));
    let source = "arn:aws:sqs:us-east-1:000000000000:jobs";
    assert_eq!(said(&got[0], "DeadLetterQueueSourceArn"), source);
    let of = api::ListDeadLetterSourceQueuesRequest {
        queue_url: Some(dead.clone()),
        ..Default::default()
    };
    let sources = home.sqs.list_dead_letter_source_queues(&call(), of).await;
    assert_eq!(sources.unwrap().queue_urls, Some(vec![jobs]));
}

/// Numbers of messages begin at the time of sending in each queue, so those of two queues may be equal.
#[tokio::test]
async fn dead_letters_of_several_queues_find_room_beside_each_other() {
    let home = Home::new();
    let dead = home.queue("dead", &[]).await;
    let policy = redrive("dead", 1);
    let attributes = [
        ("RedrivePolicy", policy.as_str()),
        ("VisibilityTimeout", "0"),
    ];
    let one = home.queue("one", &attributes).await;
    let other = home.queue("other", &attributes).await;
    home.send(&one, "1").await;
    for body in ["2", "3", "4"] {
        home.send(&other, body).await;
    }
    for queue in [&one, &one, &other] {
        home.receive(queue).await;
    }
    assert_eq!(home.bodies(&other).await, [""; 0]);
    let mut bodies = home.bodies(&dead).await;
    bodies.sort();
    assert_eq!(bodies, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn no_queue_is_its_own_dead_letter_queue() {
    let home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    let refused = home
        .set(&queue, &[("RedrivePolicy", &redrive("jobs", 1))])
        .await
        .unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
}

/// Each may have its dead letters go to the other; what moves waits there for somebody who receives it.
#[tokio::test]
async fn dead_letters_go_in_a_circle_as_they_are_received_and_not_by_themselves() {
    let home = Home::new();
    let attributes = [("VisibilityTimeout", "0")];
    let one = home.queue("one", &attributes).await;
    let other = home.queue("other", &attributes).await;
    for (queue, to) in [(&one, "other"), (&other, "one")] {
        let policy = redrive(to, 1);
        home.set(queue, &[("RedrivePolicy", &policy)])
            .await
            .unwrap();
    }
    home.send(&one, "x").await;
    for queue in [&one, &other, &one] {
        assert_eq!(home.bodies(queue).await, ["x"]);
        assert_eq!(home.bodies(queue).await, [""; 0], "is moved");
    }
    assert_eq!(home.counts(&other).await, ["1", "0", "0"]);
}

/// A receive that may not wait goes on with so many messages that are dead, and leaves the others to the next.
#[tokio::test]
async fn a_receive_ends_though_there_are_more_dead_letters() {
    let home = Home::new();
    home.queue("dead", &[]).await;
    let queue = home.queue("jobs", &[("VisibilityTimeout", "1")]).await;
    for number in 0..20 {
        home.send(&queue, &number.to_string()).await;
    }
    for _ in 0..2 {
        assert_eq!(home.receive(&queue).await.len(), 10);
    }
    home.pass(1);
    let one = ReceiveMessageRequest {
        max_number_of_messages: Some(1),
        ..receiving(&queue)
    };
    let policy = redrive("dead", 1);
    home.set(&queue, &[("RedrivePolicy", &policy)])
        .await
        .unwrap();
    assert_eq!(home.try_receive(one).await.unwrap().len(), 0);
    let left: usize = home.counts(&queue).await[0].parse().unwrap();
    assert!((1..20).contains(&left), "{left} are left");
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let home = Home::new();
    let queue = home
        .queue("jobs", &[("MessageRetentionPeriod", "60")])
        .await;
    home.send(&queue, "old").await;
    home.send(&queue, &"x".repeat(100_000)).await;
    home.pass(61);
    assert_eq!(home.bodies(&queue).await, [""; 0]);
    until("no message is stored", async || {
        home.world.stored("/w1/c0/sqs-messages/").await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn messages_are_sealed_and_have_their_limits() {
    let home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    home.send(&queue, "a very secret body").await;
    let stored = home.world.stored("/w1/").await;
    assert!(!stored.contains("very secret"));
    let largest = "x".repeat(1 << 20);
    home.send(&queue, &largest).await;
    let mut bodies = home.bodies(&queue).await;
    bodies.sort_by_key(String::len);
    assert_eq!(bodies, ["a very secret body".to_owned(), largest.clone()]);
    let input = api::SendMessageRequest {
        queue_url: Some(queue.clone()),
        message_body: Some(largest + "x"),
        ..Default::default()
    };
    let refused = home.sqs.send_message(&call(), input).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
}

#[tokio::test]
async fn the_queues_of_an_account_hold_so_much_together() {
    let mut home = Home::new();
    let (one, other) = (home.queue("one", &[]).await, home.queue("other", &[]).await);
    let body = "x".repeat(1 << 20);
    let send = async |home: &Home, queue: &str| {
        let input = api::SendMessageRequest {
            queue_url: Some(queue.to_owned()),
            message_body: Some(body.clone()),
            ..Default::default()
        };
        home.sqs.send_message(&call(), input).await
    };
    for queue in [&one, &other, &one] {
        send(&home, queue).await.unwrap();
    }
    assert_eq!(
        send(&home, &other).await.unwrap_err().code,
        "RequestThrottled"
    );
    home.sqs.restart();
    // Both are loaded again, and counted.
    home.counts(&one).await;
    home.counts(&other).await;
    assert!(send(&home, &one).await.is_err());
    let got = home.receive(&one).await;
    home.delete(&one, &got[0]).await.unwrap();
    send(&home, &other).await.unwrap();
    assert!(send(&home, &other).await.is_err());
    let purge = api::PurgeQueueRequest {
        queue_url: Some(other.clone()),
    };
    home.sqs.purge_queue(&call(), purge).await.unwrap();
    send(&home, &one).await.unwrap();
}

#[tokio::test]
async fn what_a_queue_takes_is_said_of_each_message_of_a_batch() {
    let home = Home::new();
    let queue = home.queue("jobs", &[("MaximumMessageSize", "1024")]).await;
    let entry = |id: usize, bytes: usize| api::SendMessageBatchRequestEntry {
        id: Some(id.to_string()),
        message_body: Some("x".repeat(bytes)),
        ..Default::default()
    };
    let mut entries: Vec<_> = (0..9).map(|id| entry(id, 500)).collect();
    entries.push(entry(9, 1025));
    let input = api::SendMessageBatchRequest {
        queue_url: Some(queue),
        entries: Some(entries),
    };
    let sent = home.sqs.send_message_batch(&call(), input).await.unwrap();
    assert_eq!(sent.successful.unwrap().len(), 9);
    assert_eq!(sent.failed.unwrap()[0].id.as_deref(), Some("9"));
}

fn redrive(to: &str, most: u32) -> String {
    let target = format!("arn:aws:sqs:us-east-1:000000000000:{to}");
    format!(r#"{{"deadLetterTargetArn":"{target}","maxReceiveCount":{most}}}"#)
}
