//! What the other account has: something of each kind, under one name where names are chosen, made by calls of its
//! service.

mod containers;
mod data;
mod machines;
mod measures;
mod messages;
mod network;
mod records;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_wire::{
    schema::{Kind, OperationSchema, ServiceSchema},
    sigv4::SigningKeys,
};

use super::{ask, operation};
use crate::routes::{Server, fill};

/// The account that asks.
pub const STRANGER: &str = "111122223333";
pub const HOME: &str = "000000000000";
const NO_ACCOUNT: &str = "444455556666";
const REGION: &str = "us-east-1";
/// What everything is called, and as long a name of nothing.
pub const NAME: &str = "secret-thing";
const SECOND: &str = "second-thing";
pub const NO_NAME: &str = "absent-thing";
/// What the asker has of its own, which is the same whatever it asks about.
const OWN: &str = "own-thing";
/// A role of both accounts that services assume.
const SERVED: &str = "served-role";
const OF_SERVICES: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["eks.amazonaws.com","scheduler.amazonaws.com","events.amazonaws.com","vpc-flow-logs.amazonaws.com","streams.metrics.cloudwatch.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;

type Values = BTreeMap<&'static str, String>;

/// Values of members by service, in two forms where a name and an ARN are taken; inputs beside them, of members
/// within others; and ids with as long ones of nothing.
pub struct Estate {
    keys: SigningKeys,
    stranger: SigningKeys,
    values: BTreeMap<&'static str, Vec<Values>>,
    inputs: Vec<(&'static str, &'static str, Value)>,
    absent: Vec<(String, String)>,
    /// Handles that are no secret, and what is in them.
    handles: Vec<(String, String)>,
    kms_key: String,
    /// ARN of a network load balancer, and the id of its endpoint service.
    endpoint_service: (String, String),
    /// What could not be made, shown together.
    failed: Vec<String>,
}

/// As long an id of nothing.
fn other(id: &str) -> String {
    let (head, tail) = id.split_at(id.len() - 6);
    let turn = |letter: char| match letter {
        // Digits of base 16 stay such.
        '0'..='8' | 'a'..='e' | 'g'..='y' | 'A'..='Y' => char::from(letter as u8 + 1),
        '9' => '2',
        'f' => 'a',
        'z' => 'g',
        'Z' => 'A',
        rest => rest,
    };
    format!("{head}{}", tail.chars().map(turn).collect::<String>())
}

/// The text in an element of an answer. What was not made is told of at the end.
pub fn element(body: &str, name: &str) -> String {
    let open = format!("<{name}>");
    let Some((_, rest)) = body.split_once(&open) else {
        assert!(body.is_empty(), "no {name} in {body}");
        return "not-made".to_owned();
    };
    rest.split('<').next().unwrap_or_default().to_owned()
}

/// The same of an answer in JSON.
fn text(body: &str, pointer: &str) -> String {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let Some(found) = answer.pointer(pointer).and_then(Value::as_str) else {
        assert!(body.is_empty(), "no {pointer} in {body}");
        return "not-made".to_owned();
    };
    found.to_owned()
}

impl Estate {
    pub async fn make(server: &Server, stranger: &SigningKeys) -> Self {
        let mut it = Self {
            keys: server.root(),
            stranger: stranger.clone(),
            values: BTreeMap::new(),
            inputs: Vec::new(),
            absent: vec![(NAME.to_owned(), NO_NAME.to_owned())],
            handles: Vec::new(),
            kms_key: String::new(),
            endpoint_service: Default::default(),
            failed: Vec::new(),
        };
        let (subnet, group) = it.network(server).await;
        it.identities(server).await;
        it.containers(server).await;
        it.images_and_logs(server).await;
        it.balancing(server, &subnet, &group).await;
        it.certificate(server).await;
        it.parameter(server).await;
        it.key(server).await;
        it.secrets(server).await;
        it.buckets(server).await;
        it.queues(server).await;
        it.topics(server).await;
        it.events(server).await;
        it.schedules(server).await;
        it.metrics(server).await;
        it.trails(server).await;
        it.findings(server).await;
        it.installation(server).await;
        it.files(server, &subnet, &group).await;
        it.kubernetes(server).await;
        it.groups(server).await;
        it.more_of_networks(server, &subnet).await;
        it.more_of_logs(server).await;
        it.more_of_identities(server).await;
        it.more_of_containers(server).await;
        it.scaling(server).await;
        it.costs();
        it.tags();
        it.seconds(server).await;
        let failed = it.failed.join("\n");
        assert!(failed.is_empty(), "not made:\n{failed}");
        it
    }

    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// Inputs of an operation that are not made of values.
    pub fn inputs(&self, service: &str, operation: &str) -> impl Iterator<Item = &Value> {
        let own = self.inputs.iter();
        let own = own.filter(move |it| (it.0, it.1) == (service, operation));
        own.map(|it| &it.2)
    }

    /// An id of the other account that a text tells.
    pub fn id_in(&self, text: &str) -> Option<&str> {
        let ids = self.absent.iter().map(|it| it.0.as_str());
        // What is called by its name may be the asker's too.
        ids.filter(|it| *it != NAME).find(|it| text.contains(it))
    }

    /// The forms that a service's members are given in.
    pub fn values(&self, service: &str) -> &[Values] {
        self.values.get(service).map_or(&[], Vec::as_slice)
    }

    /// The same text about what does not exist.
    pub fn absent(&self, text: &str) -> String {
        let pairs = self.absent.iter();
        pairs.fold(text.to_owned(), |text, (there, not)| {
            text.replace(there, not)
        })
    }

    /// An input about what does not exist: nothing of that name or id, or no such account where it names nothing else.
    pub fn absent_input(&self, input: &Value) -> Value {
        let text = input.to_string();
        let mut absent = self.absent(&text);
        if absent == text {
            absent = text.replace(HOME, NO_ACCOUNT);
        }
        serde_json::from_str(&absent).unwrap()
    }

    /// A text with what is within handles that it has.
    pub fn opened(&self, text: &str) -> String {
        let pairs = self.handles.iter();
        pairs.fold(text.to_owned(), |text, (handle, plain)| {
            text.replace(handle, plain)
        })
    }

    fn remember(&mut self, id: &str) {
        self.absent.push((id.to_owned(), other(id)));
    }

    fn named(&mut self, service: &'static str, values: &[(&[&'static str], String)]) {
        let each = values.iter().flat_map(|(names, value)| {
            let names = names.iter().copied();
            names.map(move |name| (name, value.clone()))
        });
        self.values.entry(service).or_default().push(each.collect());
    }

    /// An input beside those made of values.
    fn besides(&mut self, service: &'static str, operation: &'static str, input: Value) {
        self.inputs.push((service, operation, input));
    }

    async fn call(&mut self, server: &Server, of: (&str, &str), input: Value) -> String {
        let keys = self.keys.clone();
        self.made_by(server, of, input, &keys).await
    }

    /// Makes something of the asker's own.
    async fn own(&mut self, server: &Server, of: (&str, &str), input: Value) -> String {
        let keys = self.stranger.clone();
        self.made_by(server, of, input, &keys).await
    }

    async fn made_by(
        &mut self,
        server: &Server,
        of: (&str, &str),
        input: Value,
        keys: &SigningKeys,
    ) -> String {
        let (status, body) = ask(server, operation(of.0, of.1), &input, keys).await;
        if status.is_success() {
            return body;
        }
        self.failed.push(format!("{of:?} {input}: {status} {body}"));
        String::new()
    }

    /// The member that takes a page token, and one that the other account got.
    pub async fn page_token(
        &self,
        server: &Server,
        of: (&'static ServiceSchema, &'static OperationSchema),
    ) -> Option<(String, String)> {
        let token_name = members(of.0, of.1)
            .into_iter()
            .find(|name| TOKENS.contains(name))?;
        let input = one_a_page(of.0, of.1)?;
        let (_, body) = ask(server, of, &input, &self.keys).await;
        let token = match serde_json::from_str::<Value>(&body) {
            Ok(answer) => answer[token_name].as_str()?.to_owned(),
            Err(_) => ["NextMarker", "Marker", "nextToken"]
                .into_iter()
                .find(|name| body.contains(&format!("<{name}>")))
                .map(|name| element(&body, name))?,
        };
        Some((token_name.to_owned(), token))
    }
}

const TOKENS: [&str; 3] = ["nextToken", "NextToken", "Marker"];
const LIMITS: [&str; 6] = [
    "maxResults",
    "MaxResults",
    "MaxItems",
    "PageSize",
    "limit",
    "Limit",
];

fn members(schema: &ServiceSchema, operation: &OperationSchema) -> Vec<&'static str> {
    match operation.input.map(|it| &schema.shape(it).kind) {
        Some(Kind::Structure { members }) => members.iter().map(|member| member.name).collect(),
        _ => Vec::new(),
    }
}

/// The input of a list that gives one thing a page.
pub fn one_a_page(
    schema: &'static ServiceSchema,
    operation: &'static OperationSchema,
) -> Option<Value> {
    let limit = members(schema, operation)
        .into_iter()
        .find(|name| LIMITS.contains(name))?;
    let mut input = fill::json(schema, operation);
    input[limit] = json!(1);
    Some(input)
}
