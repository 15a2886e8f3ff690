//! Rotation, by an endpoint.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wharf_api_secretsmanager::{self as api, Secretsmanager as _};

use crate::home::{DEADLINE, HIDDEN, Home, code};

/// By what a secret is rotated, as policies know it.
const KEPT: &str = "secretsmanager:resource/AllowRotationLambdaArn";

/// An endpoint in this process that does what rotation functions do. It fails its first try.
async fn rotator(home: &Arc<Home>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/rotate", listener.local_addr().unwrap());
    let home = home.clone();
    tokio::spawn(async move {
        let mut tries = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            tries += 1;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.lines().next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let status = match tries {
                1 => 503,
                _ => {
                    step(&home, &event).await;
                    200
                }
            };
            let answer =
                format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

async fn step(home: &Home, event: &serde_json::Value) {
    let text = |name: &str| Some(event[name].as_str().unwrap().to_owned());
    let (secret_id, token) = (text("SecretId"), text("ClientRequestToken"));
    match event["Step"].as_str().unwrap() {
        "createSecret" => {
            let input = api::PutSecretValueRequest {
                secret_id,
                client_request_token: token,
                secret_string: Some("rotated".to_owned()),
                version_stages: Some(vec!["AWSPENDING".to_owned()]),
                ..Default::default()
            };
            let put = home.secrets.put_secret_value(&home.call(), input).await;
            put.unwrap();
        }
        "finishSecret" => {
            let described = describe(home, secret_id.as_deref().unwrap()).await;
            let versions = described.version_ids_to_stages.unwrap();
            let mut current = versions
                .iter()
                .filter(|(_, it)| it.contains(&"AWSCURRENT".to_owned()));
            let input = api::UpdateSecretVersionStageRequest {
                secret_id,
                version_stage: Some("AWSCURRENT".to_owned()),
                move_to_version_id: token,
                remove_from_version_id: current.next().map(|(id, _)| id.clone()),
            };
            let call = home.call();
            let moved = home.secrets.update_secret_version_stage(&call, input);
            moved.await.unwrap();
        }
        _ => {}
    }
}

async fn describe(home: &Home, id: &str) -> api::DescribeSecretResponse {
    let input = api::DescribeSecretRequest {
        secret_id: Some(id.to_owned()),
    };
    let described = home.secrets.describe_secret(&home.call(), input).await;
    described.unwrap()
}

fn rotate(by: Option<&str>) -> api::RotateSecretRequest {
    api::RotateSecretRequest {
        secret_id: Some("app/db".to_owned()),
        rotation_lambda_arn: by.map(str::to_owned),
        ..Default::default()
    }
}

/// Time goes on until it is so.
async fn until_rotated(home: &Home, text: &str) {
    let rotated = async {
        while home.get("app/db").await.unwrap() != text {
            home.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, rotated).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_rotates_a_secret_now_and_on_its_schedule() {
    let home = Arc::new(Home::start());
    home.create("app/db", HIDDEN).await.unwrap();
    let refused = home.secrets.rotate_secret(&home.call(), rotate(None)).await;
    assert_eq!(code(refused), "InvalidRequestException");
    let address = rotator(&home).await;
    let input = api::RotateSecretRequest {
        rotation_rules: Some(api::RotationRulesType {
            automatically_after_days: Some(7),
            ..Default::default()
        }),
        ..rotate(Some(&address))
    };
    let rotated = home.secrets.rotate_secret(&home.call(), input).await;
    let version = rotated.unwrap().version_id.unwrap();
    until_rotated(&home, "rotated").await;
    let finished = async {
        while describe(&home, "app/db").await.last_rotated_date.is_none() {
            home.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, finished).await.unwrap();
    let described = describe(&home, "app/db").await;
    assert_eq!(described.rotation_enabled, Some(true));
    let stages = described.version_ids_to_stages.unwrap();
    assert_eq!(stages[&version], ["AWSCURRENT"]);
    // The next one comes by itself.
    home.put("app/db", "by hand", None).await.unwrap();
    home.clock.advance(Duration::from_secs(8 * 24 * 3600));
    home.put("app/db", "by hand again", None).await.unwrap();
    until_rotated(&home, "rotated").await;
    let cancel = || api::CancelRotateSecretRequest {
        secret_id: Some("app/db".to_owned()),
    };
    let cancelled = home
        .secrets
        .cancel_rotate_secret(&home.call(), cancel())
        .await;
    cancelled.unwrap();
    let again = home
        .secrets
        .cancel_rotate_secret(&home.call(), cancel())
        .await;
    assert_eq!(code(again), "InvalidRequestException");
    assert_eq!(describe(&home, "app/db").await.next_rotation_date, None);
}

/// Takes connections and answers none of them; or answers all.
async fn endpoint(answers: bool) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = taken.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            if answers {
                let answer = b"HTTP/1.1 200 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
            }
            open.push(stream);
        }
    });
    (address, taken)
}

#[tokio::test]
async fn endpoints_that_never_answer_keep_nothing_from_other_accounts() {
    let home = Home::start();
    let rotated = async |call: &wharf_wire::Call, name: String, by: &str| {
        let made = api::CreateSecretRequest {
            name: Some(name.clone()),
            secret_string: Some(HIDDEN.to_owned()),
            ..Default::default()
        };
        home.secrets.create_secret(call, made).await.unwrap();
        let input = api::RotateSecretRequest {
            secret_id: Some(name),
            ..rotate(Some(by))
        };
        home.secrets.rotate_secret(call, input).await.unwrap();
    };
    let (silent, taken) = endpoint(false).await;
    for number in 0..200 {
        rotated(&home.call(), format!("stuck{number}"), &silent).await;
    }
    let stuck = async {
        while taken.load(Ordering::Relaxed) < 6 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, stuck).await.unwrap();
    let (address, told) = endpoint(true).await;
    let other = home.call_at("111111111111", "us-east-1");
    rotated(&other, "db".to_owned(), &address).await;
    let called = async {
        while told.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, called).await.unwrap();
    assert_eq!(taken.load(Ordering::Relaxed), 6, "the share of an account");
}

fn container(name: &str) -> Vec<api::ExternalSecretRotationMetadataItem> {
    vec![api::ExternalSecretRotationMetadataItem {
        key: Some("container".to_owned()),
        value: Some(name.to_owned()),
    }]
}

/// Who may rotate a secret cannot have its role start something else: for that they must be allowed to pass it.
#[tokio::test]
async fn what_a_kept_role_starts_is_changed_only_by_who_may_pass_it() {
    let home = Home::start();
    home.create("app/db", HIDDEN).await.unwrap();
    let task = "arn:aws:ecs:us-east-1:000000000000:task-definition/rotate:1";
    let first = api::RotateSecretRequest {
        external_secret_rotation_role_arn: Some("arn:aws:iam::000000000000:role/closed".to_owned()),
        external_secret_rotation_metadata: Some(container("c")),
        ..rotate(Some(task))
    };
    let asked = api::Input::RotateSecret(&first);
    let checks = home.secrets.authorize(&home.call(), asked).await.unwrap();
    let context = &checks[0].context;
    assert_eq!(
        context["secretsmanager:ExternalSecretRotationRoleArn"],
        ["arn:aws:iam::000000000000:role/closed"]
    );
    assert!(!context.contains_key(KEPT));
    let rotated = home.secrets.rotate_secret(&home.call(), first).await;
    rotated.unwrap();
    let get = api::GetSecretValueRequest {
        secret_id: Some("app/db".to_owned()),
        ..Default::default()
    };
    let asked = api::Input::GetSecretValue(&get);
    let checks = home.secrets.authorize(&home.call(), asked).await.unwrap();
    assert_eq!(checks[0].context[KEPT], [task]);
    let other = task.replace("rotate", "other");
    let with_container = api::RotateSecretRequest {
        external_secret_rotation_metadata: Some(container("d")),
        ..rotate(None)
    };
    for changed in [rotate(Some(&other)), with_container] {
        let refused = home.secrets.rotate_secret(&home.call(), changed).await;
        assert_eq!(code(refused), "AccessDeniedException");
    }
    let before = describe(&home, "app/db").await.rotation_rules;
    // As it is, anybody may who may rotate the secret, by its name too; an endpoint needs no role.
    let as_it_is = api::RotateSecretRequest {
        external_secret_rotation_metadata: Some(container("c")),
        ..rotate(Some(task))
    };
    for allowed in [rotate(None), as_it_is, rotate(Some("https://example.com/"))] {
        let again = home.secrets.rotate_secret(&home.call(), allowed).await;
        let fault = again.unwrap_err();
        assert!(fault.message.starts_with("A previous rotation"), "{fault}");
    }
    // What is refused is not kept.
    let another = api::RotateSecretRequest {
        rotation_rules: Some(api::RotationRulesType {
            schedule_expression: Some("rate(9 days)".to_owned()),
            ..Default::default()
        }),
        ..rotate(None)
    };
    let again = home.secrets.rotate_secret(&home.call(), another).await;
    again.unwrap_err();
    let after = describe(&home, "app/db").await;
    assert_eq!(after.rotation_rules, before);
    assert_eq!(after.rotation_lambda_arn.as_deref(), Some(task));
}

#[tokio::test]
async fn rotations_that_cannot_be_carried_out_are_refused() {
    let home = Home::start();
    home.create("app/db", HIDDEN).await.unwrap();
    let task = "arn:aws:ecs:us-east-1:000000000000:task-definition/rotate:1";
    for by in [
        "arn:aws:lambda:us-east-1:000000000000:function:rotate",
        "http://",
        "nonsense",
        // Without a role.
        task,
    ] {
        let refused = home
            .secrets
            .rotate_secret(&home.call(), rotate(Some(by)))
            .await;
        assert_eq!(code(refused), "InvalidParameterException", "{by}");
    }
    let unknown = api::RotateSecretRequest {
        external_secret_rotation_metadata: Some(vec![api::ExternalSecretRotationMetadataItem {
            key: Some("colour".to_owned()),
            value: Some("red".to_owned()),
        }]),
        ..rotate(Some(task))
    };
    let refused = home.secrets.rotate_secret(&home.call(), unknown).await;
    assert_eq!(code(refused), "InvalidParameterException");
    assert_eq!(describe(&home, "app/db").await.rotation_enabled, None);
}
