//! Web servers that subscribe: asked first, then sent what is published, again where that failed.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wharf_api_sns::{self as api, Sns as _};
use wharf_testkit::{ACCOUNT, call, call_of, refused, until};
use wharf_wire::{Caller, Fault};

use crate::support::Home;

/// A server that answers by a list, and with 200 once that is at its end.
#[derive(Default)]
struct Server {
    got: Mutex<Vec<(String, Value)>>,
    answers: Mutex<Vec<u16>>,
}

impl Server {
    async fn start(answers: &[u16]) -> (Arc<Self>, String) {
        let server = Arc::new(Self {
            answers: Mutex::new(answers.iter().rev().copied().collect()),
            ..Self::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://user:secret@{}/hook", listener.local_addr().unwrap());
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (mut head, mut body) = (Vec::new(), Vec::new());
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap().to_lowercase();
                let length = head.split("content-length: ").nth(1).unwrap();
                let length = length.split("\r\n").next().unwrap().parse().unwrap();
                body.resize(length, 0);
                stream.read_exact(&mut body).await.unwrap();
                let status = serving.answers.lock().unwrap().pop().unwrap_or(200);
                let body = serde_json::from_slice(&body)
                    .unwrap_or_else(|_| String::from_utf8(body).unwrap().into());
                serving.got.lock().unwrap().push((head, body));
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
            }
        });
        (server, url)
    }

    async fn got(&self, number: usize) -> Vec<(String, Value)> {
        until("the server got it", async || {
            self.got.lock().unwrap().len() >= number
        })
        .await;
        self.got.lock().unwrap().clone()
    }
}

impl Home {
    async fn subscribe_web(
        &self,
        topic: &str,
        url: &str,
        attributes: &[(&str, &str)],
    ) -> Result<String, Fault> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let input = api::SubscribeInput {
            topic_arn: Some(topic.to_owned()),
            protocol: Some("http".to_owned()),
            endpoint: Some(url.to_owned()),
            attributes: Some(attributes.iter().map(owned).collect()),
            ..Default::default()
        };
        Ok(self
            .sns
            .subscribe(&call(), input)
            .await?
            .subscription_arn
            .unwrap())
    }

    async fn confirm(&self, topic: &str, token: &str) -> Result<String, Fault> {
        let input = api::ConfirmSubscriptionInput {
            topic_arn: Some(topic.to_owned()),
            token: Some(token.to_owned()),
            ..Default::default()
        };
        let nobody = call_of(Caller::unproven("", ""));
        let done = self.sns.confirm_subscription(&nobody, input).await?;
        Ok(done.subscription_arn.unwrap())
    }

    async fn subscription(&self, arn: &str, name: &str) -> String {
        let input = api::GetSubscriptionAttributesInput {
            subscription_arn: Some(arn.to_owned()),
        };
        let found = self.sns.get_subscription_attributes(&call(), input).await;
        found.unwrap().attributes.unwrap().remove(name).unwrap()
    }
}

/// Retries that a test waits for.
const AT_ONCE: &str = r#"{"healthyRetryPolicy": {"numRetries": 3, "numNoDelayRetries": 3}}"#;

#[tokio::test]
async fn who_agrees_gets_what_is_published() {
    let home = Home::new();
    let (server, url) = Server::start(&[500, 429]).await;
    let topic = home.topic("news").await;
    let attributes = [("DeliveryPolicy", AT_ONCE)];
    let pending = home.subscribe_web(&topic, &url, &attributes).await.unwrap();
    assert_eq!(pending, "pending confirmation");
    home.publish(&topic, "too early", "order").await;
    // It failed twice.
    let (head, question) = server.got(3).await.pop().unwrap();
    assert!(head.contains("x-amz-sns-message-type: subscriptionconfirmation"));
    assert!(
        head.contains("authorization: basic dxnlcjpzzwnyzxq="),
        "{head}"
    );
    assert_eq!(question["Type"], "SubscriptionConfirmation");
    let token = question["Token"].as_str().unwrap();
    refused(
        home.confirm(&home.topic("other").await, token).await,
        "InvalidParameter",
        "Invalid parameter: Token Reason: Invalid token",
    );
    refused(
        home.confirm(&topic, "abc").await,
        "InvalidParameter",
        "Invalid parameter: Token Reason: Invalid token",
    );
    let arn = home.confirm(&topic, token).await.unwrap();
    assert_eq!(
        home.subscription(&arn, "PendingConfirmation").await,
        "false"
    );
    let id = home.publish(&topic, "now", "order").await;
    let (head, message) = server.got(4).await.pop().unwrap();
    assert!(head.contains("user-agent: amazon simple notification service agent"));
    assert!(head.contains(&format!("x-amz-sns-subscription-arn: {arn}")));
    assert_eq!(message["Message"], "now");
    assert_eq!(message["MessageId"], json!(id));
    assert!(
        message["UnsubscribeURL"]
            .as_str()
            .unwrap()
            .contains("Action=Unsubscribe")
    );
    let certificate = message["SigningCertURL"].as_str().unwrap();
    assert!(
        certificate.contains("/SimpleNotificationService-"),
        "{certificate}"
    );
    assert_eq!(
        server.got.lock().unwrap().len(),
        4,
        "nothing of before it agreed"
    );
}

#[tokio::test]
async fn who_was_sent_a_link_ends_it_and_takes_that_back() {
    let home = Home::new();
    let (server, url) = Server::start(&[]).await;
    let topic = home.topic("news").await;
    let attributes = [("RawMessageDelivery", "true")];
    home.subscribe_web(&topic, &url, &attributes).await.unwrap();
    let (_, question) = server.got(1).await.pop().unwrap();
    let arn = home
        .confirm(&topic, question["Token"].as_str().unwrap())
        .await
        .unwrap();
    let end = || api::UnsubscribeInput {
        subscription_arn: Some(arn.clone()),
    };
    let nobody = call_of(Caller::unproven("", ""));
    home.sns.unsubscribe(&nobody, end()).await.unwrap();
    let (_, told) = server.got(2).await.pop().unwrap();
    assert_eq!(told["Type"], "UnsubscribeConfirmation");
    let again = home
        .confirm(&topic, told["Token"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(again, arn);
    assert_eq!(home.subscription(&arn, "RawMessageDelivery").await, "true");
    home.publish(&topic, "raw", "order").await;
    let (head, body) = server.got(3).await.pop().unwrap();
    assert!(head.contains("x-amz-sns-rawdelivery: true"));
    assert_eq!(body, "raw");
    // Owners' calls end it without a word and for good, queues' subscriptions end by nobody else's.
    home.sns.unsubscribe(&call(), end()).await.unwrap();
    for question in [&question, &told] {
        let token = question["Token"].as_str().unwrap();
        let refusal = home.confirm(&topic, token).await.unwrap_err();
        assert_eq!(refusal.code, "NotFound");
    }
    let queue = home.subscribe(&topic, "all", &[]).await.unwrap();
    let input = api::UnsubscribeInput {
        subscription_arn: Some(queue),
    };
    let refusal = home.sns.unsubscribe(&nobody, input).await.unwrap_err();
    assert_eq!(refusal.code, "AuthorizationError");
    assert_eq!(server.got.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn what_a_server_refuses_is_a_dead_letter() {
    let home = Home::new();
    let (server, url) = Server::start(&[200, 404, 503, 503, 503, 503]).await;
    let topic = home.topic("news").await;
    let queue = format!(r#"{{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:{ACCOUNT}:dead"}}"#);
    let attributes = [("DeliveryPolicy", AT_ONCE), ("RedrivePolicy", &queue)];
    home.subscribe_web(&topic, &url, &attributes).await.unwrap();
    let (_, question) = server.got(1).await.pop().unwrap();
    home.confirm(&topic, question["Token"].as_str().unwrap())
        .await
        .unwrap();
    home.publish(&topic, "one", "order").await;
    let letters = home.got(1).await;
    let code = |at: usize, letters: &[(String, Value)]| {
        letters[at].1["MessageAttributes"]["ERROR_CODE"]["StringValue"].clone()
    };
    assert_eq!(
        code(0, &letters),
        "404",
        "what is refused for good is not tried again"
    );
    home.publish(&topic, "two", "order").await;
    assert_eq!(code(1, &home.got(2).await), "503");
    assert_eq!(
        server.got.lock().unwrap().len(),
        6,
        "as often as the policy says"
    );
    let expected = [
        ("NumberOfMessagesPublished news", 2.0),
        ("PublishSize news", 2.0 * (3.0 + 15.0)),
        // Each try.
        ("NumberOfNotificationsFailed news", 5.0),
        ("NumberOfNotificationsRedrivenToDlq news", 2.0),
    ];
    home.counted.stay(&expected, home.sns.end()).await;
}

#[tokio::test]
async fn bad_subscriptions_are_refused() {
    let home = Home::new();
    let topic = home.topic("news").await;
    for (url, attributes) in [
        ("https://example.com", &[][..]),
        ("example.com", &[]),
        ("http://example.com", &[("DeliveryPolicy", "{")]),
        (
            "http://example.com",
            &[(
                "DeliveryPolicy",
                r#"{"throttlePolicy": {"maxReceivesPerSecond": 0}}"#,
            )],
        ),
    ] {
        let refusal = home
            .subscribe_web(&topic, url, attributes)
            .await
            .unwrap_err();
        assert_eq!(refusal.code, "InvalidParameter", "{url}");
    }
}
