//! A maker of machines in a few lines, and the nodes of its machines.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use wharf_base::{Timestamp, ids};
use wharf_egress::Egress;
use wharf_records::node::Grant;
use wharf_seal::Secret;
use wharf_service::Place;
use wharf_svc_ec2::instances::{
    MachineNodes, MakerConfig, MakerPace, MakerParts, OpenAccounts, maker_protocol::Signed,
};
use wharf_testkit::{ACCOUNT, until};
use wharf_wire::{Fault, async_trait};

use super::super::REGION;

/// In base64.
pub const CONSOLE: &str = "aGVsbG8=";
pub const MOST: u32 = 3;
pub const JOIN_WITHIN: Duration = Duration::from_secs(600);
const SECRET: &str = "0123456789abcdef";
const INSTALLATION: &str = "ab12";

/// What it does with a request in place of what it should.
#[derive(Clone)]
pub enum Answer {
    Status(u16),
    /// What it should; nobody hears of it.
    Lost,
    /// Nothing, and says this.
    Says(Value),
}

#[derive(Default)]
pub struct Rack {
    url: Mutex<String>,
    machines: Mutex<BTreeMap<String, Value>>,
    /// Each time that a machine was made.
    made: Mutex<Vec<String>>,
    asked: Mutex<Vec<Value>>,
    answers: Mutex<Vec<Answer>>,
    list: Mutex<Option<String>>,
    lists: Mutex<u32>,
    /// Those of all requests.
    request_ids: Mutex<BTreeSet<String>>,
    pub tokens: Mutex<BTreeMap<String, Grant>>,
    joined: Mutex<BTreeSet<String>>,
    /// No tokens are to be had.
    tokenless: Mutex<bool>,
    /// There are accounts beside the one.
    shared: Mutex<bool>,
    /// A zone in which it takes no order.
    shut: Mutex<String>,
}

impl Rack {
    pub async fn start() -> Arc<Self> {
        let rack = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/machines", listener.local_addr().unwrap());
        *rack.url.lock().unwrap() = url;
        let serving = rack.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let rack = serving.clone();
                tokio::spawn(async move { rack.serve(stream).await });
            }
        });
        rack
    }

    pub fn parts(self: &Arc<Self>) -> MakerParts {
        let often = Duration::from_millis(20);
        MakerParts {
            config: MakerConfig {
                url: self.url.lock().unwrap().parse().unwrap(),
                secret: Arc::new(Secret::from(SECRET).into()),
                types: vec!["t3".to_owned()],
                zones: Vec::new(),
                most: MOST,
                join_within: JOIN_WITHIN,
                pool: None,
                pace: MakerPace {
                    soon: often,
                    seldom: often,
                    first_retry: Duration::from_millis(5),
                    last_retry: often,
                    look: Duration::from_millis(10),
                },
            },
            home: Place::new(ACCOUNT, REGION),
            installation: INSTALLATION.to_owned(),
            servers: vec!["https://10.0.0.1:4566".to_owned()],
            egress: Egress::to(vec!["127.0.0.0/8".parse().unwrap()]),
            nodes: Arc::new(Nodes(self.clone())),
            accounts: Arc::new(Nodes(self.clone())),
        }
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else {
                return;
            };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|it| it.split_once(": "));
            let found = lines.find(|(it, _)| it.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_owned())
        };
        let length = header("content-length").map_or(0, |it| it.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let mut line = head.split(' ');
        let (method, path) = (line.next().unwrap(), line.next().unwrap());
        let request_id = header("wharf-request-id").unwrap();
        let seconds: i64 = header("wharf-timestamp").unwrap().parse().unwrap();
        let signed = Signed {
            at: Timestamp(seconds * 1000),
            request_id: &request_id,
            installation: INSTALLATION,
            method,
            path,
            body: &body,
        };
        let secret = Secret::from(SECRET);
        assert_eq!(
            header("wharf-signature").unwrap(),
            signed.signature(&secret)
        );
        assert!(self.request_ids.lock().unwrap().insert(request_id.clone()));
        assert_eq!(header("wharf-installation").as_deref(), Some(INSTALLATION));
        let (status, said) = match method {
            "GET" => (200, self.listed()),
            _ => {
                let asked: Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(header("idempotency-key").as_deref(), asked["key"].as_str());
                self.asked.lock().unwrap().push(asked.clone());
                let is_shut = asked["machine"]["zone"] == *self.shut.lock().unwrap();
                let next = match asked["action"].as_str() {
                    Some("console") => None,
                    Some("run") if is_shut => Some(Answer::Status(500)),
                    _ => self.answers.lock().unwrap().pop(),
                };
                match next {
                    None => (200, self.does(&asked).to_string()),
                    Some(Answer::Status(status)) => (status, "no".to_owned()),
                    Some(Answer::Says(said)) => (200, said.to_string()),
                    Some(Answer::Lost) => {
                        self.does(&asked);
                        return;
                    }
                }
            }
        };
        let length = said.len();
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{said}"
        );
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }

    /// Does what it is asked for, once, and says how the machine is.
    fn does(&self, asked: &Value) -> Value {
        let id = asked["id"].as_str().unwrap().to_owned();
        let mut machines = self.machines.lock().unwrap();
        let is = |state: &str| json!({ "state": state });
        match asked["action"].as_str().unwrap() {
            "run" => {
                let made = || {
                    self.made.lock().unwrap().push(id.clone());
                    is("working")
                };
                machines.entry(id.clone()).or_insert_with(made).clone()
            }
            "terminate" => {
                machines.remove(&id);
                is("ended")
            }
            "console" => json!({"state": "running", "console": CONSOLE}),
            "stop" => {
                machines.insert(id, is("stopped"));
                is("working")
            }
            "start" | "reboot" => {
                machines.insert(id, is("running"));
                is("accepted")
            }
            other => panic!("asked for {other}"),
        }
    }

    fn listed(&self) -> String {
        *self.lists.lock().unwrap() += 1;
        if let Some(list) = self.list.lock().unwrap().clone() {
            return list;
        }
        let machines = self.machines.lock().unwrap();
        let one = |(id, said): (&String, &Value)| {
            let mut one = said.clone();
            one["id"] = json!(id);
            one
        };
        let all: Vec<Value> = machines.iter().map(one).collect();
        json!({ "machines": all }).to_string()
    }

    /// In place of the next answers, the first first.
    pub fn will(&self, answers: &[Answer]) {
        *self.answers.lock().unwrap() = answers.iter().rev().cloned().collect();
    }

    /// It takes no order there; everywhere again where that is no zone.
    pub fn will_not_make_in(&self, zone: &str) {
        zone.clone_into(&mut self.shut.lock().unwrap());
    }

    pub fn will_list(&self, text: Option<&str>) {
        *self.list.lock().unwrap() = text.map(str::to_owned);
    }

    pub fn is(&self, id: &str, said: Value) {
        self.machines.lock().unwrap().insert(id.to_owned(), said);
    }

    /// Somebody pulls it out.
    pub fn loses(&self, id: &str) {
        self.machines.lock().unwrap().remove(id);
    }

    pub fn machines(&self) -> Vec<String> {
        self.machines.lock().unwrap().keys().cloned().collect()
    }

    pub fn made(&self) -> Vec<String> {
        self.made.lock().unwrap().clone()
    }

    pub async fn makes(&self, id: &str) {
        let is_made = || async { self.made().iter().any(|it| it == id) };
        until("the machine is made", is_made).await;
    }

    /// It is asked for its list so many times more.
    pub async fn looked_at(&self, times: u32) {
        let from = *self.lists.lock().unwrap();
        let is_asked = || async { *self.lists.lock().unwrap() >= from + times };
        until("the maker is asked for its list", is_asked).await;
    }

    pub fn asked_for(&self, action: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        let of = asked.iter().filter(|it| it["action"] == action);
        of.cloned().collect()
    }

    /// The node of a machine spends its token.
    pub fn joins(&self, id: &str) {
        self.joined.lock().unwrap().insert(id.to_owned());
    }

    /// Nobody can be, nor become, the node of a machine.
    pub fn removed(&self, id: &str) -> bool {
        let tokens = self.tokens.lock().unwrap();
        let joined = self.joined.lock().unwrap();
        !joined.contains(id) && !tokens.values().any(|it| it.is_for(id))
    }

    /// Another account is opened, or closed.
    pub fn is_shared(&self, shared: bool) {
        *self.shared.lock().unwrap() = shared;
    }

    pub fn has_tokens(&self, has: bool) {
        *self.tokenless.lock().unwrap() = !has;
    }
}

/// The nodes of its machines, and the accounts of who has them made.
struct Nodes(Arc<Rack>);

#[async_trait]
impl OpenAccounts for Nodes {
    async fn are_several(&self) -> Result<bool, Fault> {
        Ok(*self.0.shared.lock().unwrap())
    }
}

#[async_trait]
impl MachineNodes for Nodes {
    async fn token(&self, grant: Grant) -> Result<String, Fault> {
        if *self.0.tokenless.lock().unwrap() {
            return Err(Fault::sender("ServiceUnavailable", 503, "not now"));
        }
        let of = grant.made_for.clone().unwrap().instance;
        let token = format!("token of {of}, {}", ids::hex16());
        let mut tokens = self.0.tokens.lock().unwrap();
        tokens.insert(token.clone(), grant);
        Ok(token)
    }

    async fn host_of(&self, instance: &str) -> Result<Option<String>, Fault> {
        let joined = self.0.joined.lock().unwrap().contains(instance);
        Ok(joined.then(|| format!("host-of-{instance}")))
    }

    async fn remove(&self, instance: &str) -> Result<bool, Fault> {
        let mut tokens = self.0.tokens.lock().unwrap();
        tokens.retain(|_, grant| !grant.is_for(instance));
        self.0.joined.lock().unwrap().remove(instance);
        Ok(true)
    }

    fn authorities(&self) -> String {
        "the authorities".to_owned()
    }
}
