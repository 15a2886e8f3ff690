//! Where subscriptions lead beside queues: log groups, destinations with names and policies, API destinations.

use std::sync::Arc;

use parking_lot::Mutex;
use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_delivery::{Actor, ApiDestinations, Body, Failure, Invocation};
use wharf_svc_logs::LogsService;
use wharf_testkit::ACCOUNT;
use wharf_wire::{Call, Fault, async_trait};

use crate::support::{Called, NOW, arn, call, make, open, put, unpacked};

const OTHER: &str = "111122223333";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:lines";
const ROLE: &str = "arn:aws:iam::000000000000:role/sends";

fn logs(folder: &std::path::Path) -> (LogsService, Arc<Called>) {
    let (logs, called) = (open(folder), Arc::new(Called::default()));
    logs.calling(called.clone());
    (logs, called)
}

async fn deliver(logs: &LogsService) {
    logs.deliver_once(Timestamp(NOW)).await;
}

fn call_in(account: &str) -> Call {
    let mut cx = wharf_testkit::context_of(wharf_wire::Caller::root(account));
    cx.now = Timestamp(NOW);
    Call::by_controller(cx, wharf_base::Permit::for_controller("tests"))
}

async fn subscribe(
    logs: &LogsService,
    call: &Call,
    group: &str,
    to: &str,
    change: impl FnOnce(&mut PutSubscriptionFilterRequest),
) -> Result<(), Fault> {
    let mut input = PutSubscriptionFilterRequest {
        log_group_name: Some(group.into()),
        filter_name: Some("f".into()),
        filter_pattern: Some("ERROR".into()),
        destination_arn: Some(to.into()),
        ..Default::default()
    };
    change(&mut input);
    logs.put_subscription_filter(call, input).await
}

/// Texts of a group by stream.
async fn texts(logs: &LogsService, call: &Call, group: &str) -> Vec<(String, String)> {
    let input = FilterLogEventsRequest {
        log_group_name: Some(group.into()),
        ..Default::default()
    };
    let found = logs.filter_log_events(call, input).await.unwrap();
    let events = found.events.unwrap().into_iter();
    events
        .map(|it| (it.log_stream_name.unwrap(), it.message.unwrap()))
        .collect()
}

async fn line(logs: &LogsService, group: &str, text: &str) {
    put(logs, &call(), (group, "s"), &[(NOW, text)])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_group_gets_events_of_another_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path());
    make(&logs, "g", &["s"]).await;
    make(&logs, "all", &[]).await;
    subscribe(&logs, &call(), "g", &arn("all"), |_| {})
        .await
        .unwrap();
    assert_eq!(
        texts(&logs, &call(), "all").await,
        [],
        "no message to try it out"
    );
    line(&logs, "g", "ERROR one").await;
    line(&logs, "g", "fine").await;
    deliver(&logs).await;
    let stream = format!("{ACCOUNT}/us-east-1/g/s");
    let expected = [(stream, "ERROR one".to_owned())];
    assert_eq!(texts(&logs, &call(), "all").await, expected);
    deliver(&logs).await;
    assert_eq!(texts(&logs, &call(), "all").await, expected);
}

/// Two groups that subscribe to each other would fill the disk.
#[tokio::test]
async fn what_was_forwarded_goes_to_no_further_group() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path());
    for group in ["a", "b"] {
        make(&logs, group, &["s"]).await;
    }
    let own = subscribe(&logs, &call(), "a", &arn("a"), |_| {}).await;
    assert!(own.unwrap_err().message.contains("its own"));
    subscribe(&logs, &call(), "a", &arn("b"), |_| {})
        .await
        .unwrap();
    subscribe(&logs, &call(), "b", &arn("a"), |_| {})
        .await
        .unwrap();
    subscribe(&logs, &call(), "b", QUEUE, |it| {
        it.filter_name = Some("queue".into())
    })
    .await
    .unwrap();
    called.take();
    line(&logs, "a", "ERROR here").await;
    for _ in 0..3 {
        deliver(&logs).await;
    }
    assert_eq!(texts(&logs, &call(), "a").await.len(), 1);
    assert_eq!(texts(&logs, &call(), "b").await.len(), 1);
    let sent = called.take();
    assert_eq!(sent.len(), 1, "a queue gets it: {sent:?}");
    // What is put in the group itself goes on.
    line(&logs, "b", "ERROR there").await;
    deliver(&logs).await;
    assert_eq!(texts(&logs, &call(), "a").await.len(), 2);
}

#[tokio::test]
async fn a_group_of_another_account_must_let_the_service_in() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path());
    make(&logs, "g", &["s"]).await;
    let theirs = call_in(OTHER);
    let input = CreateLogGroupRequest {
        log_group_name: Some("all".into()),
        ..Default::default()
    };
    logs.create_log_group(&theirs, input).await.unwrap();
    let to = format!("arn:aws:logs:us-east-1:{OTHER}:log-group:all:*");
    called.bar(Some(ACCOUNT));
    let refused = subscribe(&logs, &call(), "g", &to, |_| {})
        .await
        .unwrap_err();
    assert!(refused.message.contains("Could not deliver"), "{refused:?}");
    called.bar(None);
    subscribe(&logs, &call(), "g", &to, |_| {}).await.unwrap();
    line(&logs, "g", "ERROR one").await;
    deliver(&logs).await;
    assert_eq!(texts(&logs, &theirs, "all").await.len(), 1);
}

async fn name(logs: &LogsService, call: &Call, name: &str, target: &str) -> Destination {
    let input = PutDestinationRequest {
        destination_name: Some(name.into()),
        target_arn: Some(target.into()),
        role_arn: Some(ROLE.into()),
        ..Default::default()
    };
    let made = logs.put_destination(call, input).await.unwrap();
    made.destination.unwrap()
}

async fn names(logs: &LogsService, prefix: &str) -> Vec<Destination> {
    let input = DescribeDestinationsRequest {
        destination_name_prefix: Some(prefix.into()),
        ..Default::default()
    };
    let found = logs.describe_destinations(&call(), input).await.unwrap();
    found.destinations.unwrap()
}

#[tokio::test]
async fn destinations_have_names_targets_and_policies() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path());
    let made = name(&logs, &call(), "d", QUEUE).await;
    let to = format!("arn:aws:logs:us-east-1:{ACCOUNT}:destination:d");
    assert_eq!(made.arn.as_deref(), Some(&*to));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},
        "Action":"logs:PutSubscriptionFilter","Resource":"*"}]}"#;
    let set = async |name: &str, policy: &str| {
        let input = PutDestinationPolicyRequest {
            destination_name: Some(name.into()),
            access_policy: Some(policy.into()),
            ..Default::default()
        };
        logs.put_destination_policy(&call(), input).await
    };
    set("d", policy).await.unwrap();
    assert_eq!(
        set("d", "{").await.unwrap_err().code,
        "InvalidParameterException"
    );
    assert_eq!(
        set("e", policy).await.unwrap_err().code,
        "ResourceNotFoundException"
    );
    // Another target, and the policy stays.
    name(&logs, &call(), "d", &format!("{QUEUE}.fifo")).await;
    name(&logs, &call(), "other", QUEUE).await;
    let found = names(&logs, "d").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].access_policy.as_deref(), Some(policy));
    assert_eq!(found[0].target_arn, Some(format!("{QUEUE}.fifo")));
    let chained = PutDestinationRequest {
        destination_name: Some("chained".into()),
        target_arn: Some(to),
        role_arn: Some(ROLE.into()),
        ..Default::default()
    };
    assert!(logs.put_destination(&call(), chained).await.is_err());
    let delete = || DeleteDestinationRequest {
        destination_name: Some("d".into()),
    };
    logs.delete_destination(&call(), delete()).await.unwrap();
    let again = logs
        .delete_destination(&call(), delete())
        .await
        .unwrap_err();
    assert_eq!(again.code, "ResourceNotFoundException");
    assert_eq!(names(&logs, "").await.len(), 1);
}

/// The role of the destination sends, and its policy is asked with each batch.
#[tokio::test]
async fn filters_of_others_send_through_a_destination_while_its_policy_lets_them() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path());
    make(&logs, "g", &["s"]).await;
    name(&logs, &call_in(OTHER), "d", QUEUE).await;
    let to = format!("arn:aws:logs:us-east-1:{OTHER}:destination:d");
    let both = subscribe(&logs, &call(), "g", &to, |it| {
        it.role_arn = Some(ROLE.into())
    })
    .await;
    assert!(both.unwrap_err().message.contains("roleArn"));
    subscribe(&logs, &call(), "g", &to, |_| {}).await.unwrap();
    called.take();
    line(&logs, "g", "ERROR one").await;
    deliver(&logs).await;
    let (actor, request) = called.take().pop().unwrap();
    let Actor::Role { arn: role, .. } = actor else {
        panic!("{actor:?}");
    };
    assert_eq!(role, ROLE);
    let found = unpacked(&request);
    assert_eq!(
        (&found["owner"], &found["logGroup"]),
        (&ACCOUNT.into(), &"g".into())
    );
    called.bar(Some(ACCOUNT));
    line(&logs, "g", "ERROR two").await;
    deliver(&logs).await;
    assert_eq!(called.take(), []);
    let missing = format!("arn:aws:logs:us-east-1:{OTHER}:destination:missing");
    let refused = subscribe(&logs, &call(), "g", &missing, |_| {})
        .await
        .unwrap_err();
    assert!(refused.message.contains("does not exist"), "{refused:?}");
}

/// Bodies that API destinations got, with their ARNs.
#[derive(Default)]
struct Invoked(Mutex<Vec<(String, String)>>);

#[async_trait]
impl ApiDestinations for Invoked {
    async fn invoke(&self, actor: &Actor, it: &Invocation<'_>) -> Result<(), Failure> {
        assert!(matches!(actor, Actor::Role { .. }), "{actor:?}");
        let Body::Gzip(body) = it.body else {
            panic!("it goes out packed: {:?}", it.body);
        };
        let told = (it.destination.to_owned(), body.to_owned());
        self.0.lock().push(told);
        Ok(())
    }
}

#[tokio::test]
async fn a_web_server_gets_events_through_an_api_destination() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path());
    let invoked = Arc::new(Invoked::default());
    logs.invoking(invoked.clone());
    make(&logs, "g", &["s"]).await;
    let to = format!("arn:aws:events:us-east-1:{ACCOUNT}:api-destination/a/1");
    let bare = subscribe(&logs, &call(), "g", &to, |_| {})
        .await
        .unwrap_err();
    assert!(bare.message.contains("roleArn is required"), "{bare:?}");
    subscribe(&logs, &call(), "g", &to, |it| {
        it.role_arn = Some(ROLE.into())
    })
    .await
    .unwrap();
    line(&logs, "g", "ERROR one").await;
    deliver(&logs).await;
    let got = std::mem::take(&mut *invoked.0.lock());
    let of = |at: usize| serde_json::from_str::<serde_json::Value>(&got[at].1).unwrap();
    assert!(got.iter().all(|(arn, _)| *arn == to));
    assert_eq!(of(0)["messageType"], "CONTROL_MESSAGE");
    assert_eq!(of(1)["logEvents"][0]["message"], "ERROR one");
    assert_eq!(got.len(), 2);
}

/// A queue with order has one line for each stream, or one for each message.
#[tokio::test]
async fn a_distribution_at_random_keeps_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path());
    make(&logs, "g", &["s"]).await;
    let random = |it: &mut PutSubscriptionFilterRequest| it.distribution = Some("Random".into());
    let refused = subscribe(&logs, &call(), "g", QUEUE, random)
        .await
        .unwrap_err();
    assert!(refused.message.contains("Random"), "{refused:?}");
    let fifo = format!("{QUEUE}.fifo");
    for (is_random, lines) in [(false, 1), (true, 2)] {
        subscribe(&logs, &call(), "g", &fifo, |it| {
            if is_random {
                random(it);
            }
        })
        .await
        .unwrap();
        called.take();
        for text in ["ERROR one", "ERROR two"] {
            line(&logs, "g", text).await;
            deliver(&logs).await;
        }
        let sent = called.take();
        let groups = sent
            .iter()
            .map(|(_, it)| it.input["MessageGroupId"].to_string());
        let groups: std::collections::BTreeSet<String> = groups.collect();
        assert_eq!((sent.len(), groups.len()), (2, lines));
    }
}
