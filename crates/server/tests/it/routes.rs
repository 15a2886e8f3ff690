//! Every route of every service, asked by those who may not: without a signature, with a forged
//! one, an old one, an unknown key, and by a user to whom nothing is allowed.

mod control;
mod fill;
mod foreign;

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_server::{SERVICES, ServerConfig, root_credentials, run};
use wharf_wire::{
    schema::{Auth, OperationSchema, Protocol, ServiceSchema},
    sigv4::{RequestParts, SigningKeys, sha256_hex, sign},
};

use self::fill::Rest;
use crate::installation;

/// Asked of nobody's policies (platform §4).
const OPEN: [&str; 2] = ["GetCallerIdentity", "GetSessionToken"];

struct Server {
    folder: tempfile::TempDir,
    host: String,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    client: Client<hyper_util::client::legacy::connect::HttpConnector, Full<bytes::Bytes>>,
}

async fn start() -> Server {
    start_in(tempfile::tempdir().unwrap()).await
}

async fn start_in(folder: tempfile::TempDir) -> Server {
    let port = installation::free_port();
    let config = ServerConfig {
        trails: Some(folder.path().join("trails")),
        ..ServerConfig::in_folder(folder.path(), port)
    };
    let stop = CancellationToken::new();
    let (ready, answers) = tokio::sync::oneshot::channel();
    let token = stop.clone();
    let task = tokio::spawn(async move {
        run(config, move || ready.send(()).unwrap(), token)
            .await
            .unwrap();
    });
    answers.await.expect("the server starts");
    let client = Client::builder(TokioExecutor::new()).build_http();
    Server {
        folder,
        host: format!("127.0.0.1:{port}"),
        stop,
        task,
        client,
    }
}

impl Server {
    fn root(&self) -> SigningKeys {
        let path: &Path = self.folder.path();
        let root = root_credentials(&path.join("server"), &path.join("keyring").into()).unwrap();
        SigningKeys {
            access_key_id: root.access_key_id,
            secret_access_key: root.secret_access_key,
            session_token: None,
        }
    }

    async fn ask(
        &self,
        asked: &Asked,
        keys: Option<&SigningKeys>,
        now: Timestamp,
    ) -> (StatusCode, String) {
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        headers.extend(asked.headers.iter().cloned());
        if let Some(keys) = keys {
            let parts = RequestParts {
                method: asked.method,
                path: &asked.path,
                query: &asked.query,
                headers: &headers,
            };
            let signed = sign(
                &parts,
                &sha256_hex(asked.body.as_bytes()),
                keys,
                "us-east-1",
                asked.service,
                now,
            );
            headers.extend(signed);
        }
        let query = match asked.query.as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        };
        let uri = format!("http://{}{}{query}", self.host, asked.path);
        let mut request = Request::builder().method(asked.method).uri(uri);
        for (name, value) in headers.iter().filter(|(name, _)| name != "host") {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(asked.body.clone().into())).unwrap();
        let response = self.client.request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// A request for an operation, unsigned.
struct Asked {
    service: &'static str,
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

fn header(name: &str, value: String) -> (String, String) {
    (name.to_owned(), value)
}

fn asked(schema: &'static ServiceSchema, operation: &str, json: &str, form: &str) -> Asked {
    // What speaks CBOR understands JSON too.
    let json_minor = schema.protocols.iter().find_map(|it| match it {
        Protocol::Json { minor } => Some(*minor),
        _ => None,
    });
    match (schema.protocol, json_minor) {
        (Protocol::Json { .. } | Protocol::Cbor, Some(minor)) => Asked {
            service: schema.signing_name,
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![
                header("content-type", format!("application/x-amz-json-1.{minor}")),
                header(
                    "x-amz-target",
                    format!("{}.{operation}", schema.target_prefix),
                ),
            ],
            body: json.to_owned(),
        },
        (Protocol::Query | Protocol::Ec2, _) => Asked {
            service: schema.signing_name,
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![header(
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: format!("Action={operation}&Version={}{form}", schema.api_version),
        },
        (Protocol::RestJson | Protocol::RestXml, _) => asked_of_rest(schema, operation, json),
        (other, _) => unreachable!("no service here prefers {other:?}"),
    }
}

fn asked_of_rest(schema: &'static ServiceSchema, operation: &str, json: &str) -> Asked {
    let index = schema.find_operation(operation).expect("an operation");
    let operation = &schema.operations[index];
    let input = serde_json::from_str(json).expect("an input");
    let Rest {
        path,
        query,
        mut headers,
        body,
    } = fill::rest(schema, operation, &input);
    if schema.protocol == Protocol::RestXml {
        let digest = Sha256::digest(&body);
        headers.push(header("x-amz-content-sha256", sha256_hex(body.as_bytes())));
        headers.push(header("x-amz-checksum-sha256", BASE64.encode(digest)));
        if body.is_empty() && ["PUT", "POST"].contains(&operation.method) {
            headers.push(header("content-length", "0".to_owned()));
        }
    }
    Asked {
        service: schema.signing_name,
        method: operation.method,
        path,
        query,
        headers,
        body,
    }
}

fn routes() -> impl Iterator<Item = (&'static ServiceSchema, &'static OperationSchema)> {
    SERVICES.iter().map(|row| row.schema).flat_map(|schema| {
        schema
            .operations
            .iter()
            .map(move |operation| (schema, operation))
    })
}

/// The code of an error, whatever the protocol.
fn code(body: &str) -> String {
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        return json["__type"].as_str().unwrap_or_default().to_owned();
    }
    let start = body.find("<Code>").map_or(0, |at| at + 6);
    let end = body[start..].find("</Code>").map_or(start, |at| start + at);
    body[start..end].to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_refused_on_every_route() {
    let server = start().await;
    let root = server.root();
    let forged = SigningKeys {
        secret_access_key: "forged".to_owned(),
        ..root.clone()
    };
    let unknown = SigningKeys {
        access_key_id: "AKIAUNKNOWNUNKNOWN12".to_owned(),
        ..root.clone()
    };
    let now = SystemClock.now();
    let old = Timestamp(now.millis() - 3_600_000);
    let mut walked = 0;
    for (schema, operation) in routes() {
        let request = asked(schema, operation.name, "{}", "");
        let cases: [(Option<&SigningKeys>, Timestamp, [&str; 3]); 4] = [
            (
                None,
                now,
                [
                    "MissingAuthenticationTokenException",
                    "MissingAuthenticationToken",
                    "AuthFailure",
                ],
            ),
            (
                Some(&forged),
                now,
                [
                    "InvalidSignatureException",
                    "SignatureDoesNotMatch",
                    "AuthFailure",
                ],
            ),
            (
                Some(&unknown),
                now,
                [
                    "UnrecognizedClientException",
                    "InvalidClientTokenId",
                    "AuthFailure",
                ],
            ),
            (
                Some(&root),
                old,
                [
                    "InvalidSignatureException",
                    "SignatureDoesNotMatch",
                    "RequestExpired",
                ],
            ),
        ];
        for (keys, at, codes) in cases {
            let (status, body) = server.ask(&request, keys, at).await;
            if keys.is_none() && operation.auth == Auth::Unsigned {
                // It brings a proof of its own, and here none.
                assert_eq!((status.as_u16(), &*code(&body)), (400, "ValidationError"));
                continue;
            }
            let (expected_code, expected_status) = match schema.protocol {
                Protocol::Json { .. } | Protocol::Cbor => (codes[0], 400),
                Protocol::Query => (codes[1], 403),
                Protocol::Ec2 => (codes[2], if codes[2] == "AuthFailure" { 401 } else { 400 }),
                // Nobody says which service an unsigned request is for; e2e/test_routes.py has the codes.
                Protocol::RestJson | Protocol::RestXml => {
                    let refused = [400, 403, 404, 405, 411].contains(&status.as_u16());
                    assert!(
                        refused,
                        "{} {}: {status} {body}",
                        schema.name, operation.name
                    );
                    continue;
                }
            };
            assert_eq!(
                code(&body),
                expected_code,
                "{} {}: {body}",
                schema.name,
                operation.name
            );
            assert_eq!(
                status, expected_status,
                "{} {}",
                schema.name, operation.name
            );
        }
        walked += 1;
    }
    assert!(walked > 500, "only {walked} routes were walked");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_open_to_a_user_without_policies() {
    let server = start().await;
    let root = server.root();
    let now = SystemClock.now();
    let iam = &wharf_api_iam::schema::SERVICE;
    let (status, body) = server
        .ask(
            &asked(iam, "CreateUser", "", "&UserName=nobody"),
            Some(&root),
            now,
        )
        .await;
    assert_eq!(status, 200, "{body}");
    let (status, body) = server
        .ask(
            &asked(iam, "CreateAccessKey", "", "&UserName=nobody"),
            Some(&root),
            now,
        )
        .await;
    assert_eq!(status, 200, "{body}");
    let between = |open: &str, close: &str| {
        let start = body.find(open).unwrap() + open.len();
        body[start..start + body[start..].find(close).unwrap()].to_owned()
    };
    let nobody = SigningKeys {
        access_key_id: between("<AccessKeyId>", "</AccessKeyId>"),
        secret_access_key: between("<SecretAccessKey>", "</SecretAccessKey>"),
        session_token: None,
    };
    let (mut walked, mut wrong) = (0, Vec::new());
    for (schema, operation) in routes().filter(|(_, operation)| !OPEN.contains(&operation.name)) {
        let json = fill::json(schema, operation).to_string();
        let form = fill::form(schema, operation);
        let request = asked(schema, operation.name, &json, &form);
        let (status, body) = server.ask(&request, Some(&nobody), now).await;
        let (expected, expected_status) = match schema.protocol {
            Protocol::Json { .. } | Protocol::Cbor => ("AccessDeniedException", 400),
            Protocol::Query => ("AccessDenied", 403),
            Protocol::Ec2 => ("UnauthorizedOperation", 403),
            Protocol::RestJson => ("AccessDeniedException", 403),
            Protocol::RestXml => ("AccessDenied", 403),
        };
        let action = match schema.name {
            // Its actions have names of their own.
            "s3" => "not authorized to perform: s3:".to_owned(),
            _ => {
                let action = action_of(schema, operation.name);
                format!("not authorized to perform: {action} ")
            }
        };
        let denied = match operation.name {
            // Says so of each object, of a bucket that is there; which ones are is no secret, as on AWS.
            "DeleteObjects" => status == 404 && code(&body) == "NoSuchBucket",
            // The token decides, and this is none.
            "AssumeRoleWithSAML" | "AssumeRoleWithWebIdentity" => {
                code(&body) == "InvalidIdentityToken"
            }
            // What HEAD is answered has no body.
            _ if operation.method == "HEAD" => status == expected_status,
            _ => code(&body) == expected && status == expected_status && body.contains(&action),
        };
        if !denied {
            let name = format!("{} {}", schema.name, operation.name);
            wrong.push(format!(
                "{name}: {status} {body}\n    asked {}",
                request.body
            ));
        }
        walked += 1;
    }
    assert!(walked > 500, "only {walked} routes were walked");
    assert!(
        wrong.is_empty(),
        "{} of {walked}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    server.end().await;
}

/// The action that an operation's denial names.
fn action_of(schema: &ServiceSchema, operation: &str) -> String {
    // Two actions, and the first decides for who may nothing.
    let action = match operation {
        "ReEncrypt" => "ReEncryptFrom",
        // Of messages one by one.
        batch if ["sqs", "sns"].contains(&schema.name) => batch.trim_end_matches("Batch"),
        other => other,
    };
    format!("{}:{action}", schema.action_prefix)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_understood_is_refused_in_its_protocol() {
    let server = start().await;
    let root = server.root();
    let now = SystemClock.now();
    let ecs = &wharf_api_ecs::schema::SERVICE;
    let iam = &wharf_api_iam::schema::SERVICE;
    let ec2 = &wharf_api_ec2::schema::SERVICE;
    let json = |body: &str| asked(ecs, "ListClusters", body, "");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (request, expected) in [
        (json("{"), "SerializationException"),
        (json("[]"), "SerializationException"),
        (json(r#"{"maxResults":"many"}"#), "SerializationException"),
        (
            json(&format!(r#"{{"nextToken":{deep}}}"#)),
            "SerializationException",
        ),
        (
            asked(ecs, "NoSuchThing", "{}", ""),
            "UnknownOperationException",
        ),
        (asked(iam, "NoSuchThing", "", ""), "InvalidAction"),
        (asked(ec2, "NoSuchThing", "", ""), "InvalidAction"),
        (
            asked(iam, "ListUsers", "", "&MaxItems=many"),
            "MalformedInput",
        ),
        (asked(iam, "GetRole", "", ""), "ValidationError"),
        (asked(ec2, "DeleteVpc", "", ""), "MissingParameter"),
    ] {
        let (status, body) = server.ask(&request, Some(&root), now).await;
        assert_eq!(code(&body), expected, "{status} {body}");
        assert_eq!(status, 400);
    }
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_keeps_the_root_key_and_what_was_made() {
    let server = start().await;
    let root = server.root();
    let now = SystemClock.now();
    let ecs = &wharf_api_ecs::schema::SERVICE;
    let create = asked(ecs, "CreateCluster", r#"{"clusterName":"kept"}"#, "");
    assert_eq!(server.ask(&create, Some(&root), now).await.0, 200);
    let Server {
        folder, stop, task, ..
    } = server;
    stop.cancel();
    task.await.unwrap();
    let server = start_in(folder).await;
    assert_eq!(server.root().access_key_id, root.access_key_id);
    let describe = asked(ecs, "DescribeClusters", r#"{"clusters":["kept"]}"#, "");
    let (status, body) = server.ask(&describe, Some(&root), now).await;
    assert_eq!(status, 200);
    assert!(
        body.contains("cluster/kept") && body.contains("ACTIVE"),
        "{body}"
    );
    server.end().await;
}
