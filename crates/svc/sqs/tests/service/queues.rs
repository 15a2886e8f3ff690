//! Queues themselves.

use wharf_api_kms::Kms as _;
use wharf_api_sqs::{self as api, Sqs as _};
use wharf_store::{Chaos, Range, Store, StoreOptions};
use wharf_testkit::{World, refused, until};

use crate::home::{Home, call};

#[tokio::test]
async fn the_same_queue_may_be_made_again() {
    let mut home = Home::new();
    let url = home.queue("jobs", &[("DelaySeconds", "5")]).await;
    assert_eq!(home.queue("jobs", &[("DelaySeconds", "5")]).await, url);
    assert_eq!(home.queue("jobs", &[]).await, url);
    refused(
        home.try_queue("jobs", &[("DelaySeconds", "6")]).await,
        "QueueNameExists",
        "A queue already exists with the same name and a different value for attribute DelaySeconds",
    );
    home.sqs.restart();
    let all = home.attributes(&url).await;
    assert_eq!(all["DelaySeconds"], "5");
    assert_eq!(all["QueueArn"], "arn:aws:sqs:us-east-1:000000000000:jobs");
    for name in ["jobs.fifo", "", "a b"] {
        assert_eq!(
            home.try_queue(name, &[]).await.unwrap_err().code,
            "InvalidParameterValue"
        );
    }
}

#[tokio::test]
async fn lists_have_pages() {
    let home = Home::new();
    for name in ["a1", "a2", "a3", "b1"] {
        home.queue(name, &[]).await;
    }
    let mut token = None;
    let mut seen = Vec::new();
    loop {
        let input = api::ListQueuesRequest {
            queue_name_prefix: Some("a".to_owned()),
            max_results: Some(2),
            next_token: token,
        };
        let page = home.sqs.list_queues(&call(), input).await.unwrap();
        seen.extend(page.queue_urls.unwrap());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        ["/000000000000/a1", "/000000000000/a2", "/000000000000/a3"]
    );
}

/// While a purge waits for its turn, the queue may be deleted and made again.
#[tokio::test]
async fn what_is_sent_after_a_purge_stays() {
    for seed in 0..40 {
        let options = StoreOptions {
            chaos: Some(Chaos {
                delayed: 0.7,
                ..Chaos::none(seed)
            }),
            ..StoreOptions::default()
        };
        let mut world = World::in_memory();
        world.store = Store::in_memory(options);
        let mut home = Home::over(world);
        let queue = home.queue("jobs", &[]).await;
        home.send(&queue, "before").await;
        let (first, second) = (call(), call());
        let purge = api::PurgeQueueRequest {
            queue_url: Some(queue.clone()),
        };
        let delete = api::DeleteQueueRequest {
            queue_url: Some(queue.clone()),
        };
        let again = async {
            home.sqs.delete_queue(&first, delete).await.unwrap();
            home.queue("jobs", &[]).await;
        };
        let (_, purged) = tokio::join!(again, home.sqs.purge_queue(&second, purge));
        if let Err(fault) = purged {
            assert_eq!(fault.code, "QueueDoesNotExist", "{seed}");
        }
        home.send(&queue, "after").await;
        home.sqs.restart();
        assert_eq!(home.bodies(&queue).await, ["after"], "{seed}");
    }
}

/// Nothing of a purged queue is left on disk, however late it was written.
#[tokio::test]
async fn what_a_purge_leaves_goes_after_a_minute() {
    let mut home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    home.send(&queue, "before").await;
    let store = home.world.store.clone();
    let is_empty = || async {
        let all = store.all_keys(Range::prefix("/w1/c0/sqs")).await.unwrap();
        let keys: Vec<_> = all.entries.iter().map(|it| it.key.as_str()).collect();
        keys.iter()
            .all(|it| !it.contains("/sqs-messages/") && !it.contains("/condemned/"))
    };
    let purge = api::PurgeQueueRequest {
        queue_url: Some(queue.clone()),
    };
    home.sqs.purge_queue(&call(), purge).await.unwrap();
    assert!(!is_empty().await);
    home.pass(61);
    home.sqs.restart();
    until("nothing is left", is_empty).await;
}

#[tokio::test]
async fn a_purge_empties_a_queue_and_a_deletion_ends_it() {
    let mut home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    for number in 0..3 {
        home.send(&queue, &number.to_string()).await;
    }
    home.receive(&queue).await;
    let purge = || api::PurgeQueueRequest {
        queue_url: Some(queue.clone()),
    };
    home.sqs.purge_queue(&call(), purge()).await.unwrap();
    assert_eq!(home.counts(&queue).await, ["0", "0", "0"]);
    refused(
        home.sqs.purge_queue(&call(), purge()).await,
        "PurgeQueueInProgress",
        "Only one PurgeQueue operation on jobs is allowed every 60 seconds.",
    );
    home.send(&queue, "after").await;
    home.sqs.restart();
    assert_eq!(home.bodies(&queue).await, ["after"]);
    let delete = api::DeleteQueueRequest {
        queue_url: Some(queue.clone()),
    };
    home.sqs.delete_queue(&call(), delete).await.unwrap();
    let gone = home.try_receive(crate::home::receiving(&queue)).await;
    refused(
        gone,
        "QueueDoesNotExist",
        "The specified queue does not exist.",
    );
    home.pass(61);
    home.sqs.restart();
    until("nothing of it is stored", async || {
        home.world.stored("/w1/c0/sqs-messages/").await.is_empty()
    })
    .await;
    assert_eq!(home.queue("jobs", &[]).await, queue);
    assert_eq!(home.counts(&queue).await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_key_of_kms_shuts_what_it_sealed() {
    let home = Home::new();
    let made = home
        .kms
        .create_key(&call(), Default::default())
        .await
        .unwrap();
    let key = made.key_metadata.unwrap().key_id.unwrap();
    let settings = [
        ("KmsMasterKeyId", key.as_str()),
        ("KmsDataKeyReusePeriodSeconds", "60"),
    ];
    let queue = home.queue("sealed", &settings).await;
    home.send(&queue, "one").await;
    home.pass(61);
    assert_eq!(home.bodies(&queue).await, ["one"]);
    let disable = wharf_api_kms::DisableKeyRequest { key_id: Some(key) };
    home.kms.disable_key(&call(), disable).await.unwrap();
    home.pass(61);
    let shut = home.try_receive(crate::home::receiving(&queue)).await;
    assert_eq!(shut.unwrap_err().code, "KmsDisabled");
    // It was not received, so it does not count.
    assert_eq!(home.counts(&queue).await, ["1", "0", "0"]);
}

#[tokio::test]
async fn a_move_task_takes_dead_letters_back() {
    let home = Home::new();
    let dead = home.queue("dead", &[]).await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}"#);
    let jobs = home
        .queue(
            "jobs",
            &[("RedrivePolicy", &policy), ("VisibilityTimeout", "1")],
        )
        .await;
    for number in 0..25 {
        home.send(&jobs, &number.to_string()).await;
    }
    for _ in 0..2 {
        while !home.receive(&jobs).await.is_empty() {}
        home.pass(1);
    }
    assert_eq!(home.counts(&dead).await, ["25", "0", "0"]);
    let start = || api::StartMessageMoveTaskRequest {
        source_arn: Some(arn.to_owned()),
        ..Default::default()
    };
    home.sqs
        .start_message_move_task(&call(), start())
        .await
        .unwrap();
    until("all are back", async || {
        home.counts(&jobs).await == ["25", "0", "0"]
    })
    .await;
    let list = || api::ListMessageMoveTasksRequest {
        source_arn: Some(arn.to_owned()),
        max_results: None,
    };
    until("the task says so", async || {
        let listed = home.sqs.list_message_move_tasks(&call(), list()).await;
        let task = listed.unwrap().results.unwrap().remove(0);
        let done = (
            task.status.as_deref(),
            task.approximate_number_of_messages_moved,
        );
        done == (Some("COMPLETED"), Some(25))
    })
    .await;
    let of_no_one = api::StartMessageMoveTaskRequest {
        source_arn: Some("arn:aws:sqs:us-east-1:000000000000:jobs".to_owned()),
        ..Default::default()
    };
    let refused = home.sqs.start_message_move_task(&call(), of_no_one).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterValue");
}

#[tokio::test]
async fn a_move_task_keeps_to_its_rate() {
    let mut home = Home::new();
    let dead = home.queue("dead", &[]).await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}"#);
    home.queue("jobs", &[("RedrivePolicy", &policy)]).await;
    let goal = home.queue("goal", &[]).await;
    for number in 0..9 {
        home.send(&dead, &number.to_string()).await;
    }
    let start = || api::StartMessageMoveTaskRequest {
        source_arn: Some(arn.to_owned()),
        destination_arn: Some("arn:aws:sqs:us-east-1:000000000000:goal".to_owned()),
        max_number_of_messages_per_second: Some(2),
    };
    home.sqs
        .start_message_move_task(&call(), start())
        .await
        .unwrap();
    for moved in [2, 4, 6] {
        until("some are moved", async || {
            let list = api::ListMessageMoveTasksRequest {
                source_arn: Some(arn.to_owned()),
                max_results: None,
            };
            let listed = home.sqs.list_message_move_tasks(&call(), list).await;
            let task = listed.unwrap().results.unwrap().remove(0);
            task.approximate_number_of_messages_moved == Some(moved)
        })
        .await;
        // By this clock no time goes on, so that nothing more may be moved, however often somebody looks.
        for _ in 0..3 {
            home.sqs.restart();
            let second = home.sqs.start_message_move_task(&call(), start()).await;
            assert_eq!(second.unwrap_err().code, "UnsupportedOperation");
            tokio::task::yield_now().await;
        }
        let (moved, left) = (moved.to_string(), (9 - moved).to_string());
        assert_eq!(home.counts(&goal).await, [moved.as_str(), "0", "0"]);
        assert_eq!(home.counts(&dead).await, [left.as_str(), "0", "0"]);
        home.pass(1);
        home.sqs.restart();
    }
}

/// Others look for an active task only when the first is written.
#[tokio::test]
async fn of_move_tasks_that_begin_at_once_a_queue_has_one() {
    let home = Home::new();
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    for (source, jobs) in [("dead", "jobs"), ("gone", "others")] {
        let dead = home.queue(source, &[]).await;
        let policy = format!(
            r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#,
            arn(source)
        );
        home.queue(jobs, &[("RedrivePolicy", &policy)]).await;
        for number in 0..3 {
            home.send(&dead, &number.to_string()).await;
        }
    }
    let me = call();
    // By this clock no time goes on, so that no task moves them all.
    let start = |source: &str| {
        let input = api::StartMessageMoveTaskRequest {
            source_arn: Some(arn(source)),
            destination_arn: Some(arn("jobs")),
            max_number_of_messages_per_second: Some(1),
        };
        home.sqs.start_message_move_task(&me, input)
    };
    let (one, other, elsewhere) = tokio::join!(start("dead"), start("dead"), start("gone"));
    elsewhere.unwrap();
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
    let fault = one.err().or(other.err()).unwrap();
    assert_eq!(fault.code, "UnsupportedOperation", "{fault}");
}

#[tokio::test]
async fn data_keys_that_nothing_is_under_are_forgotten() {
    let mut home = Home::new();
    let made = home.kms.create_key(&call(), Default::default()).await;
    let key = made.unwrap().key_metadata.unwrap().key_id.unwrap();
    let attributes = [
        ("KmsMasterKeyId", key.as_str()),
        ("KmsDataKeyReusePeriodSeconds", "60"),
        ("MessageRetentionPeriod", "1209600"),
    ];
    let queue = home.queue("sealed", &attributes).await;
    let keys = async |home: &Home| {
        let all = home
            .world
            .stored("/w1/c0/sqs/000000000000/us-east-1/data-key/");
        all.await.matches("\"kind\":\"data-key\"").count()
    };
    home.send(&queue, "stays").await;
    home.pass(61);
    home.send(&queue, "goes").await;
    assert_eq!(keys(&home).await, 2);
    let both = home.receive(&queue).await;
    for message in &both {
        if message.body.as_deref() == Some("goes") {
            home.delete(&queue, message).await.unwrap();
        }
    }
    // Their time is not over.
    home.pass(24 * 3600);
    home.sqs.restart();
    assert_eq!(home.bodies(&queue).await, ["stays"]);
    assert_eq!(keys(&home).await, 2);
    home.pass(2 * 3600);
    // The timer runs by the machine's clock; a restart makes the reconciler look now.
    home.sqs.restart();
    until("one key is forgotten", async || keys(&home).await == 1).await;
    assert_eq!(home.bodies(&queue).await, ["stays"]);
    home.pass(3600);
    let last = home.receive(&queue).await.remove(0);
    home.delete(&queue, &last).await.unwrap();
    home.pass(7 * 3600);
    home.sqs.restart();
    until("none is left", async || keys(&home).await == 0).await;
}

#[tokio::test]
async fn a_policy_names_fifty_principals_at_most() {
    let home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    let share = |label: &str, accounts: usize| api::AddPermissionRequest {
        queue_url: Some(queue.clone()),
        label: Some(label.to_owned()),
        aws_account_ids: Some((0..accounts).map(|it| format!("{it:012}")).collect()),
        actions: Some(vec!["SendMessage".to_owned()]),
    };
    for (label, accounts, refusal) in [
        (
            "a",
            51,
            Some("51 principals were found, maximum allowed is 50."),
        ),
        ("a", 49, None),
        ("b", 1, None),
        (
            "c",
            1,
            Some("51 principals were found, maximum allowed is 50."),
        ),
    ] {
        let done = home
            .sqs
            .add_permission(&call(), share(label, accounts))
            .await;
        let text = done.err().map(|it| it.message);
        assert_eq!(text.as_deref(), refusal, "{label} {accounts}");
    }
}

#[tokio::test]
async fn permissions_make_no_policy_that_is_too_long() {
    let home = Home::new();
    let name = "q".repeat(80);
    let queue = home.queue(&name, &[]).await;
    let all = [
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
        "ReceiveMessage",
    ];
    let mut refusal = None;
    // Fewer statements than a policy may have, and fewer principals.
    for number in 10..30 {
        let input = api::AddPermissionRequest {
            queue_url: Some(queue.clone()),
            label: Some(format!("{}{number}", "l".repeat(78))),
            aws_account_ids: Some(vec!["111111111111".to_owned(), "222222222222".to_owned()]),
            actions: Some(all.map(str::to_owned).to_vec()),
        };
        if let Err(refused) = home.sqs.add_permission(&call(), input).await {
            refusal = Some(refused);
            break;
        }
    }
    let refusal = refusal.unwrap();
    assert_eq!(refusal.code, "OverLimit");
    let said = &refusal.message;
    assert!(
        said.ends_with("bytes of policy were found, maximum allowed is 8192."),
        "{said}"
    );
    assert!(home.attributes(&queue).await["Policy"].len() <= 8192);
}

/// A partner who may do everything with a queue's messages does not own the queue.
#[tokio::test]
async fn a_queues_policy_opens_to_others_what_is_about_messages_alone() {
    let home = Home::new();
    let queue = home.queue("jobs", &[]).await;
    let shared = api::AddPermissionRequest {
        queue_url: Some(queue.clone()),
        label: Some("partner".to_owned()),
        aws_account_ids: Some(vec!["111111111111".to_owned()]),
        actions: Some(vec!["*".to_owned()]),
    };
    home.sqs.add_permission(&call(), shared).await.unwrap();
    let url = Some(queue);
    let deletion = api::DeleteQueueRequest {
        queue_url: url.clone(),
    };
    let setting = api::SetQueueAttributesRequest {
        queue_url: url.clone(),
        ..Default::default()
    };
    let tasks = api::ListMessageMoveTasksRequest {
        source_arn: Some("arn:aws:sqs:us-east-1:000000000000:jobs".to_owned()),
        ..Default::default()
    };
    let sending = api::SendMessageRequest {
        queue_url: url.clone(),
        ..Default::default()
    };
    let purge = api::PurgeQueueRequest { queue_url: url };
    for (input, opens) in [
        (api::Input::DeleteQueue(&deletion), false),
        (api::Input::SetQueueAttributes(&setting), false),
        (api::Input::ListMessageMoveTasks(&tasks), false),
        (api::Input::SendMessage(&sending), true),
        (api::Input::PurgeQueue(&purge), true),
    ] {
        for (account, is_owner) in [("000000000000", true), ("111111111111", false)] {
            let caller = wharf_wire::Caller::root(account);
            let cx = wharf_testkit::context_of(caller);
            let checks = home.sqs.authorize(&cx, input).await.unwrap();
            let asks_policy = checks[0].resource_policy.is_some();
            assert_eq!(asks_policy, opens || is_owner, "{}", checks[0].action);
        }
    }
}
