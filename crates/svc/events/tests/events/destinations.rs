//! API destinations: events go to web servers, with what connections prove.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wharf_api_events::{
    ConnectionBodyParameter, ConnectionHttpParameters, CreateApiDestinationRequest,
    CreateConnectionApiKeyAuthRequestParameters, CreateConnectionAuthRequestParameters,
    CreateConnectionOAuthClientRequestParameters, CreateConnectionOAuthRequestParameters,
    CreateConnectionRequest, DeadLetterConfig, DeauthorizeConnectionRequest,
    DeleteConnectionRequest, DescribeApiDestinationRequest, DescribeConnectionRequest, Events as _,
    HttpParameters, ListConnectionsRequest, RetryPolicy, Target,
    UpdateConnectionApiKeyAuthRequestParameters, UpdateConnectionAuthRequestParameters,
    UpdateConnectionBasicAuthRequestParameters, UpdateConnectionRequest,
};
use wharf_api_secretsmanager::{self as secretsmanager, Secretsmanager as _};
use wharf_testkit::{call, refused, until};

use crate::{Home, QUEUE, entry};

/// A server that answers by a list, and with 200 and a token once that is at its end.
#[derive(Default)]
struct Server {
    got: Mutex<Vec<(String, String)>>,
    answers: Mutex<Vec<&'static str>>,
}

impl Server {
    async fn start(answers: &[&'static str]) -> (Arc<Self>, String) {
        let server = Arc::new(Self {
            answers: Mutex::new(answers.iter().rev().copied().collect()),
            ..Self::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (mut head, mut body) = (Vec::new(), Vec::new());
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let length = head.to_lowercase();
                let length = length.split("content-length: ").nth(1).unwrap_or("0\r\n");
                let length = length.split("\r\n").next().unwrap().parse().unwrap();
                body.resize(length, 0);
                stream.read_exact(&mut body).await.unwrap();
                let body = String::from_utf8(body).unwrap();
                let status = serving.answers.lock().pop().unwrap_or("200 OK");
                let token = r#"{"access_token": "t0ken", "expires_in": 3600}"#;
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{token}",
                    token.len()
                );
                serving.got.lock().push((head, body));
                stream.write_all(answer.as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
            }
        });
        (server, url)
    }

    async fn got(&self, number: usize) -> Vec<(String, String)> {
        until("the server got it", async || {
            self.got.lock().len() >= number
        })
        .await;
        self.got.lock().clone()
    }
}

impl Home {
    async fn connection(&self, kind: &str, given: CreateConnectionAuthRequestParameters) -> String {
        let input = CreateConnectionRequest {
            name: Some("shop".to_owned()),
            authorization_type: Some(kind.to_owned()),
            auth_parameters: Some(given),
            ..Default::default()
        };
        let made = self.events.create_connection(&call(), input).await.unwrap();
        assert_eq!(made.connection_state.as_deref(), Some("AUTHORIZED"));
        made.connection_arn.unwrap()
    }

    async fn destination(&self, connection: &str, endpoint: &str, rate: Option<i32>) -> String {
        let input = CreateApiDestinationRequest {
            name: Some("hook".to_owned()),
            connection_arn: Some(connection.to_owned()),
            invocation_endpoint: Some(endpoint.to_owned()),
            http_method: Some("POST".to_owned()),
            invocation_rate_limit_per_second: rate,
            ..Default::default()
        };
        let made = self.events.create_api_destination(&call(), input).await;
        made.unwrap().api_destination_arn.unwrap()
    }
}

fn to(destination: &str) -> Target {
    Target {
        id: Some("hook".to_owned()),
        arn: Some(destination.to_owned()),
        role_arn: Some("arn:aws:iam::000000000000:role/r".to_owned()),
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some(QUEUE.to_owned()),
        }),
        ..Target::default()
    }
}

fn api_key() -> CreateConnectionAuthRequestParameters {
    CreateConnectionAuthRequestParameters {
        api_key_auth_parameters: Some(CreateConnectionApiKeyAuthRequestParameters {
            api_key_name: Some("x-key".to_owned()),
            api_key_value: Some("sesame".to_owned()),
        }),
        invocation_http_parameters: Some(ConnectionHttpParameters {
            body_parameters: Some(vec![ConnectionBodyParameter {
                key: Some("tenant".to_owned()),
                value: Some("7".to_owned()),
                is_value_secret: Some(true),
            }]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_server_gets_events_at_their_rate() {
    let home = Home::start();
    let (server, url) = Server::start(&[]).await;
    let connection = home.connection("API_KEY", api_key()).await;
    let destination = home
        .destination(&connection, &format!("{url}/*/x"), Some(1))
        .await;
    let target = Target {
        http_parameters: Some(HttpParameters {
            path_parameter_values: Some(vec!["a b".to_owned()]),
            header_parameters: Some([("x-other".to_owned(), "1".to_owned())].into()),
            query_string_parameters: None,
        }),
        ..to(&destination)
    };
    home.rule("r", json!({"source": ["shop"]}), vec![target])
        .await;
    home.put(vec![
        entry("shop", json!({"n": 1})),
        entry("shop", json!({"n": 2})),
    ])
    .await;
    let (head, body) = server.got(1).await.remove(0);
    assert!(head.starts_with("POST /a%20b/x HTTP/1.1"), "{head}");
    assert!(
        head.contains("x-key: sesame") && head.contains("x-other: 1"),
        "{head}"
    );
    assert!(body.contains(r#""tenant":"7""#), "{body}");
    assert_eq!(server.got.lock().len(), 1, "the second has to wait");
    until("time passes", async || {
        home.clock.advance(std::time::Duration::from_millis(300));
        server.got.lock().len() == 2
    })
    .await;
    let stored = home.world.stored("/w1/c0/events/000000000000").await;
    assert!(!stored.contains("sesame"), "secrets are sealed");
}

#[tokio::test]
async fn tokens_are_got_kept_and_renewed() {
    let home = Home::start();
    let (server, url) = Server::start(&[]).await;
    let (hook, hook_url) = Server::start(&["200 OK", "401 No", "200 OK"]).await;
    let given = CreateConnectionAuthRequestParameters {
        o_auth_parameters: Some(CreateConnectionOAuthRequestParameters {
            client_parameters: Some(CreateConnectionOAuthClientRequestParameters {
                client_id: Some("me".to_owned()),
                client_secret: Some("s".to_owned()),
            }),
            authorization_endpoint: Some(format!("{url}/token")),
            http_method: Some("POST".to_owned()),
            o_auth_http_parameters: None,
        }),
        ..Default::default()
    };
    let connection = home.connection("OAUTH_CLIENT_CREDENTIALS", given).await;
    let destination = home.destination(&connection, &hook_url, None).await;
    home.rule("r", json!({"source": ["shop"]}), vec![to(&destination)])
        .await;
    home.put(vec![entry("shop", json!({}))]).await;
    assert!(
        hook.got(1).await[0]
            .0
            .contains("authorization: Bearer t0ken")
    );
    assert_eq!(server.got(1).await[0].1, "grant_type=client_credentials");
    home.put(vec![entry("shop", json!({}))]).await;
    until("it was tried again", async || {
        home.clock.advance(std::time::Duration::from_millis(300));
        hook.got.lock().len() == 3
    })
    .await;
    assert_eq!(
        server.got.lock().len(),
        2,
        "a refused token is asked for anew"
    );
}

#[tokio::test]
async fn what_a_server_refuses_is_a_dead_letter() {
    let home = Home::start();
    let (server, url) = Server::start(&["404 No", "503 No"]).await;
    let connection = home.connection("API_KEY", api_key()).await;
    let destination = home.destination(&connection, &url, None).await;
    let target = Target {
        retry_policy: Some(RetryPolicy {
            maximum_retry_attempts: Some(0),
            maximum_event_age_in_seconds: None,
        }),
        ..to(&destination)
    };
    home.rule("r", json!({"source": ["shop"]}), vec![target])
        .await;
    let code = |at: usize, calls: &[(wharf_delivery::Actor, wharf_delivery::Request)]| {
        calls[at].1.input["MessageAttributes"]["ERROR_CODE"]["StringValue"].clone()
    };
    for (at, expected) in ["404", "503"].into_iter().enumerate() {
        // At another time than the one before: there is a rate.
        home.clock.advance(std::time::Duration::from_secs(1));
        home.put(vec![entry("shop", json!({}))]).await;
        let calls = home.calls(at + 1).await;
        assert_eq!(code(at, &calls), "SDK_CLIENT_ERROR");
        let text = &calls[at].1.input["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"];
        assert!(text.as_str().unwrap().contains(expected), "{text}");
    }
    let name = || Some("shop".to_owned());
    let deauthorize = DeauthorizeConnectionRequest { name: name() };
    home.events
        .deauthorize_connection(&call(), deauthorize)
        .await
        .unwrap();
    let describe = DescribeApiDestinationRequest {
        name: Some("hook".to_owned()),
    };
    let shown = home
        .events
        .describe_api_destination(&call(), describe)
        .await
        .unwrap();
    assert_eq!(shown.api_destination_state.as_deref(), Some("INACTIVE"));
    home.clock.advance(std::time::Duration::from_secs(1));
    home.put(vec![entry("shop", json!({}))]).await;
    assert_eq!(code(2, &home.calls(3).await), "SDK_CLIENT_ERROR");
    assert_eq!(server.got.lock().len(), 2);
}

#[tokio::test]
async fn connections_are_changed_and_show_no_secrets() {
    let home = Home::start();
    home.connection("API_KEY", api_key()).await;
    let update = UpdateConnectionRequest {
        name: Some("shop".to_owned()),
        description: Some("ours".to_owned()),
        ..Default::default()
    };
    home.events
        .update_connection(&call(), update)
        .await
        .unwrap();
    let describe = DescribeConnectionRequest {
        name: Some("shop".to_owned()),
    };
    let shown = home
        .events
        .describe_connection(&call(), describe)
        .await
        .unwrap();
    let text = format!("{shown:?}");
    assert!(text.contains("x-key") && text.contains("ours"), "{text}");
    assert!(
        !text.contains("sesame") && !text.contains("\"7\""),
        "{text}"
    );
    let listed = home
        .events
        .list_connections(&call(), ListConnectionsRequest::default())
        .await;
    assert_eq!(listed.unwrap().connections.unwrap().len(), 1);
    let again = CreateConnectionRequest {
        name: Some("shop".to_owned()),
        authorization_type: Some("API_KEY".to_owned()),
        auth_parameters: Some(api_key()),
        ..Default::default()
    };
    refused(
        home.events.create_connection(&call(), again).await,
        "ResourceAlreadyExistsException",
        "Connection shop already exists.",
    );
}

#[tokio::test]
async fn what_a_connection_proves_itself_by_is_a_secret_that_only_event_bridge_changes() {
    let home = Home::start();
    let secrets = &home.secrets;
    let arn = home.connection("API_KEY", api_key()).await;
    let id = arn.rsplit('/').next().unwrap();
    let name = || Some("shop".to_owned());
    let kept = async || {
        let describe = DescribeConnectionRequest { name: name() };
        let shown = home.events.describe_connection(&call(), describe).await;
        shown.unwrap().secret_arn
    };
    let secret = kept().await.unwrap();
    assert!(
        secret.contains(&format!(":secret:events!connection/shop/{id}-")),
        "{secret}"
    );
    let describe = secretsmanager::DescribeSecretRequest {
        secret_id: Some(secret.clone()),
    };
    let shown = secrets
        .describe_secret(&call(), describe.clone())
        .await
        .unwrap();
    assert_eq!(shown.owning_service.as_deref(), Some("events"));
    let value = async |secret: &str| {
        let get = secretsmanager::GetSecretValueRequest {
            secret_id: Some(secret.to_owned()),
            ..Default::default()
        };
        let got = secrets.get_secret_value(&call(), get).await;
        got.unwrap().secret_string.unwrap()
    };
    assert!(value(&secret).await.contains("sesame"));

    let own = call();
    let deleted = secrets.delete_secret(
        &own,
        secretsmanager::DeleteSecretRequest {
            secret_id: Some(secret.clone()),
            force_delete_without_recovery: Some(true),
            ..Default::default()
        },
    );
    let message = "You can't perform this operation on the secret because it is managed by the service events.";
    refused(deleted.await, "InvalidRequestException", message);
    let put = secrets.put_secret_value(
        &own,
        secretsmanager::PutSecretValueRequest {
            secret_id: Some(secret.clone()),
            secret_string: Some("mine".to_owned()),
            ..Default::default()
        },
    );
    refused(put.await, "InvalidRequestException", message);

    let mut changed = api_key_change("open");
    changed.name = name();
    home.events
        .update_connection(&call(), changed.clone())
        .await
        .unwrap();
    // Who may read the secret may read what it says now.
    assert_eq!(kept().await.as_ref(), Some(&secret));
    assert!(value(&secret).await.contains("open"));

    // Another kind has a secret of its own, so that both change at once.
    let basic = UpdateConnectionRequest {
        name: name(),
        authorization_type: Some("BASIC".to_owned()),
        auth_parameters: Some(UpdateConnectionAuthRequestParameters {
            basic_auth_parameters: Some(UpdateConnectionBasicAuthRequestParameters {
                username: Some("anna".to_owned()),
                password: Some("hidden".to_owned()),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    home.events.update_connection(&call(), basic).await.unwrap();
    let second = kept().await.unwrap();
    assert!(second != secret);
    assert!(value(&second).await.contains("hidden"));
    let gone = secrets.describe_secret(&call(), describe).await;
    assert_eq!(gone.unwrap_err().code, "ResourceNotFoundException");
    changed.authorization_type = Some("API_KEY".to_owned());

    let deauthorize = DeauthorizeConnectionRequest { name: name() };
    home.events
        .deauthorize_connection(&call(), deauthorize)
        .await
        .unwrap();
    assert_eq!(kept().await, None);
    let describe = secretsmanager::DescribeSecretRequest {
        secret_id: Some(second.clone()),
    };
    let gone = secrets.describe_secret(&call(), describe).await;
    assert_eq!(gone.unwrap_err().code, "ResourceNotFoundException");
    home.events
        .update_connection(&call(), changed)
        .await
        .unwrap();
    let again = kept().await.unwrap();
    assert!(again != secret && again != second);
    let delete = DeleteConnectionRequest { name: name() };
    home.events
        .delete_connection(&call(), delete)
        .await
        .unwrap();
    assert!(
        home.world
            .stored("/w1/c0/secretsmanager/000000000000/")
            .await
            .is_empty()
    );
}

fn api_key_change(value: &str) -> UpdateConnectionRequest {
    UpdateConnectionRequest {
        auth_parameters: Some(UpdateConnectionAuthRequestParameters {
            api_key_auth_parameters: Some(UpdateConnectionApiKeyAuthRequestParameters {
                api_key_value: Some(value.to_owned()),
                api_key_name: Some("x-key".to_owned()),
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}
