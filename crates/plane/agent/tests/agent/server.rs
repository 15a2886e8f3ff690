//! A control plane in a few lines: calls answered and handed to the test, websockets accepted.
//! Every request's signature is checked.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{Message, handshake::server},
};
use wharf_base::{Clock, SystemClock};
use wharf_wire::sigv4::{self, RequestParts};

pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// A key of an instance's role.
pub const INSTANCE_KEY: &str = "ASIAIOSFODNN7INSTANCE";
/// One that nobody knows.
pub const UNKNOWN_KEY: &str = "ASIAIOSFODNN7UNKNOWN0";
pub const CLUSTER: &str = "default";
pub const INSTANCE: &str = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/11111111111111111111111111111111";

/// Nothing in these tests takes near this long.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Server {
    port: u16,
    calls: mpsc::UnboundedReceiver<Call>,
    acs: mpsc::UnboundedReceiver<Channel>,
    tcs: mpsc::UnboundedReceiver<Channel>,
    refusing: Arc<AtomicBool>,
    /// Calls that came while another was waited for.
    backlog: Vec<Call>,
}

struct Call {
    name: String,
    input: Value,
    refused: bool,
    /// Who signed it.
    by: String,
}

pub struct Channel {
    pub query: BTreeMap<String, String>,
    socket: WebSocketStream<TcpStream>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (call, calls) = mpsc::unbounded_channel();
        let (acs_in, acs) = mpsc::unbounded_channel();
        let (tcs_in, tcs) = mpsc::unbounded_channel();
        let refusing = Arc::new(AtomicBool::new(false));
        let refuse = refusing.clone();
        let events = Events::default();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (call, acs_in, tcs_in) = (call.clone(), acs_in.clone(), tcs_in.clone());
                let (refuse, events) = (refuse.clone(), events.clone());
                tokio::spawn(async move {
                    let mut first = [0; 4];
                    let seen = stream.peek(&mut first).await.unwrap_or(0);
                    if &first[..seen] == b"GET " {
                        let channel = accept(stream).await;
                        let to = if channel.query.contains_key("clusterArn") {
                            acs_in
                        } else {
                            tcs_in
                        };
                        let _ = to.send(channel);
                    } else {
                        serve(stream, port, call, refuse, events).await;
                    }
                });
            }
        });
        Self {
            port,
            calls,
            acs,
            tcs,
            refusing,
            backlog: Vec::new(),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on every call is answered with 503.
    pub fn refuse_calls(&self, refuse: bool) {
        self.refusing.store(refuse, Ordering::SeqCst);
    }

    /// The input of the next accepted call of that name.
    pub async fn call(&mut self, name: &str) -> Value {
        self.next_call(name, false).await
    }

    pub async fn refused(&mut self, name: &str) -> Value {
        self.next_call(name, true).await
    }

    async fn next_call(&mut self, name: &str, refused: bool) -> Value {
        self.find(name, |call| call.name == name && call.refused == refused)
            .await
    }

    /// The input of the next call of that name that somebody signed.
    pub async fn call_by(&mut self, key: &str, name: &str) -> Value {
        self.find(name, |call| call.name == name && call.by == key)
            .await
    }

    async fn find(&mut self, name: &str, is_wanted: impl Fn(&Call) -> bool) -> Value {
        if let Some(at) = self.backlog.iter().position(&is_wanted) {
            return self.backlog.remove(at).input;
        }
        let next = async {
            loop {
                let call = self.calls.recv().await.unwrap();
                if is_wanted(&call) {
                    return call.input;
                }
                self.backlog.push(call);
            }
        };
        timeout(PATIENCE, next)
            .await
            .unwrap_or_else(|_| panic!("{name} was not called"))
    }

    pub async fn acs(&mut self) -> Channel {
        timeout(PATIENCE, self.acs.recv())
            .await
            .expect("no ACS connection")
            .unwrap()
    }

    pub async fn tcs(&mut self) -> Channel {
        timeout(PATIENCE, self.tcs.recv())
            .await
            .expect("no TCS connection")
            .unwrap()
    }
}

impl Channel {
    pub async fn send(&mut self, kind: &str, message: Value) {
        let frame = json!({"type": kind, "message": message}).to_string();
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    pub async fn text(&mut self) -> String {
        loop {
            let next = timeout(PATIENCE, self.socket.next())
                .await
                .expect("nothing came");
            if let Message::Text(text) = next.unwrap().unwrap() {
                return text.to_string();
            }
        }
    }

    /// The next frame, which must be of that type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        let frame: Value = serde_json::from_str(&self.text().await).unwrap();
        assert_eq!(frame["type"], kind, "{frame}");
        frame["message"].clone()
    }
}

async fn accept(stream: TcpStream) -> Channel {
    let mut query = BTreeMap::new();
    // The type of the error is the callback's contract.
    #[allow(clippy::result_large_err)]
    let check = |request: &server::Request, answer: server::Response| {
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_str().unwrap().to_owned()))
            .collect();
        let raw = request.uri().query().unwrap();
        check_signature("GET", request.uri().path(), raw, &headers, b"");
        for pair in raw.split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            let value = percent_encoding::percent_decode_str(value)
                .decode_utf8()
                .unwrap();
            query.insert(name.to_owned(), value.into_owned());
        }
        Ok(answer)
    };
    let socket = accept_hdr_async(stream, check).await.unwrap();
    Channel { query, socket }
}

async fn serve(
    stream: TcpStream,
    port: u16,
    calls: mpsc::UnboundedSender<Call>,
    refusing: Arc<AtomicBool>,
    events: Events,
) {
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let (calls, refusing, events) = (calls.clone(), refusing.clone(), events.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let headers: Vec<(String, String)> = head
                .headers
                .iter()
                .map(|(k, v)| (k.to_string(), v.to_str().unwrap().to_owned()))
                .collect();
            let by = check_signature("POST", head.uri.path(), "", &headers, &body);
            let target = head.headers["x-amz-target"].to_str().unwrap();
            let (service, operation) = target.split_once('.').unwrap();
            assert!(matches!(
                service,
                "AmazonEC2ContainerServiceV20141113" | "Logs_20140328"
            ));
            let input: Value = serde_json::from_slice(&body).unwrap();
            let refuse = refusing.load(Ordering::SeqCst);
            let unknown = by == UNKNOWN_KEY;
            let output = match unknown {
                true => {
                    json!({"__type": "UnrecognizedClientException", "message": "who?"}).to_string()
                }
                false => answer(operation, &input, port, &events),
            };
            let status = match (refuse, unknown) {
                (true, _) => 503,
                (_, true) => 400,
                _ => 200,
            };
            let _ = calls.send(Call {
                name: operation.to_owned(),
                input,
                refused: refuse || unknown,
                by,
            });
            let answer = Response::builder()
                .status(status)
                .body(Full::new(Bytes::from(output)));
            Ok::<_, Infallible>(answer.unwrap())
        }
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The events of the one log stream there is.
type Events = Arc<Mutex<Vec<Value>>>;

/// The machine's own, or one that ends like the id of the instance that registers.
fn arn_of(input: &Value) -> String {
    let document = input["instanceIdentityDocument"].as_str().unwrap();
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    match document["instanceId"].as_str() {
        Some(id) => instance_arn(id),
        None => INSTANCE.to_owned(),
    }
}

pub fn instance_arn(id: &str) -> String {
    let (start, _) = INSTANCE.rsplit_once('/').unwrap();
    format!("{start}/{:0>32}", id.trim_start_matches("i-"))
}

fn answer(operation: &str, input: &Value, port: u16, events: &Events) -> String {
    let output = match operation {
        "RegisterContainerInstance" => json!({"containerInstance": {
            "containerInstanceArn": arn_of(input),
            "attributes": input["attributes"],
            "status": "ACTIVE",
        }}),
        "DiscoverPollEndpoint" => {
            let url = format!("http://127.0.0.1:{port}/");
            json!({"endpoint": url, "telemetryEndpoint": url})
        }
        "SubmitTaskStateChange" => json!({"acknowledgment": "ACK"}),
        "CreateLogStream" => json!({}),
        "PutLogEvents" => {
            events
                .lock()
                .unwrap()
                .extend(input["logEvents"].as_array().unwrap().iter().cloned());
            json!({})
        }
        "GetLogEvents" => {
            let events = events.lock().unwrap();
            let limit = usize::try_from(input["limit"].as_u64().unwrap()).unwrap();
            json!({"events": events[events.len().saturating_sub(limit)..]})
        }
        other => panic!("{other} was called"),
    };
    output.to_string()
}

fn check_signature(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> String {
    let request = RequestParts {
        method,
        path,
        query,
        headers,
    };
    let signature = sigv4::parse(&request).unwrap();
    let keys = [ACCESS_KEY, INSTANCE_KEY, UNKNOWN_KEY];
    assert!(keys.contains(&signature.access_key_id.as_str()));
    assert!(matches!(signature.service.as_str(), "ecs" | "logs"));
    assert_eq!(signature.region, "us-east-1");
    signature.check_time(SystemClock.now()).unwrap();
    signature
        .check(&request, &sigv4::sha256_hex(body), SECRET)
        .unwrap();
    signature.access_key_id
}
