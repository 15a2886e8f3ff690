//! Subresources that are no objects: logs, sessions and proxies.

use serde_json::{Map, Value, json};

use super::paths::{Said, Writer, camel};
use crate::catalog::Subresource;

type Query = &'static [(&'static str, &'static str)];

const LOG: Query = &[
    ("container", "string"),
    ("follow", "boolean"),
    ("insecureSkipTLSVerifyBackend", "boolean"),
    ("limitBytes", "integer"),
    ("previous", "boolean"),
    ("sinceSeconds", "integer"),
    ("stream", "string"),
    ("tailLines", "integer"),
    ("timestamps", "boolean"),
];
const SESSION: Query = &[
    ("container", "string"),
    ("stderr", "boolean"),
    ("stdin", "boolean"),
    ("stdout", "boolean"),
    ("tty", "boolean"),
];
const COMMAND: Query = &[("command", "string")];
const PORTS: Query = &[("ports", "integer")];
const PATH: Query = &[("path", "string")];

const OPENED: [&str; 2] = ["get", "post"];
const PROXIED: [&str; 7] = ["delete", "get", "head", "options", "patch", "post", "put"];

pub fn is_connected(sub: &Subresource) -> bool {
    ["log", "exec", "attach", "portforward", "proxy"].contains(&sub.name.as_str())
}

/// `object` is the path of the object that has it.
pub fn add(
    writer: &mut Writer<'_, '_>,
    sub: &Subresource,
    object: &str,
    paths: &mut Map<String, Value>,
) {
    let path = format!("{object}/{}", sub.name);
    let (methods, query): (&[&str], &[Query]) = match sub.name.as_str() {
        "log" => {
            paths.insert(path, log(writer, sub));
            return;
        }
        "exec" => (&OPENED, &[COMMAND, SESSION]),
        "attach" => (&OPENED, &[SESSION]),
        "portforward" => (&OPENED, &[PORTS]),
        _ => (&PROXIED, &[PATH]),
    };
    paths.insert(path.clone(), item(writer, sub, methods, query, false));
    if sub.name == "proxy" {
        let below = format!("{path}/{{path}}");
        paths.insert(below, item(writer, sub, methods, query, true));
    }
}

fn log(writer: &mut Writer<'_, '_>, sub: &Subresource) -> Value {
    let resource = writer.resource;
    let produced = [vec!["text/plain"], writer.produced(false)].concat();
    let operation = writer.made(Said {
        id: format!("read{}Namespaced{}Log", writer.version_id(), resource.kind),
        action: "get",
        of: (&sub.group, &sub.version, &sub.kind),
        consumed: &["*/*"],
        produced: &produced,
        query: &[],
        sends: None,
        answers: vec![(200, json!({"type": "string"}))],
    });
    let mut parameters = writer.places(true, true);
    parameters.extend(options(writer, &[LOG]));
    json!({"get": operation, "parameters": parameters})
}

fn item(
    writer: &mut Writer<'_, '_>,
    sub: &Subresource,
    methods: &[&str],
    query: &[Query],
    below: bool,
) -> Value {
    let resource = writer.resource;
    let scope = if resource.namespaced {
        "Namespaced"
    } else {
        ""
    };
    let (kind, part) = (&resource.kind, camel(&sub.name));
    let suffix = if below { "WithPath" } else { "" };
    let mut item = Map::new();
    for method in methods {
        let (version, of) = (writer.version_id(), camel(method));
        let operation = writer.made(Said {
            id: format!("connect{version}{of}{scope}{kind}{part}{suffix}"),
            action: "connect",
            of: (&sub.group, &sub.version, &sub.kind),
            consumed: &["*/*"],
            produced: &["*/*"],
            query: &[],
            sends: None,
            answers: vec![(200, json!({"type": "string"}))],
        });
        item.insert((*method).to_owned(), operation);
    }
    // Sessions are not printed.
    let mut parameters = writer.places(resource.namespaced, true);
    parameters.retain(|it| it["name"] != "pretty");
    if below {
        let text = "path to the resource";
        parameters.push(writer.parameter("path", "path", "string", text));
    }
    parameters.extend(options(writer, query));
    item.insert("parameters".to_owned(), parameters.into());
    Value::Object(item)
}

fn options(writer: &Writer<'_, '_>, query: &[Query]) -> Vec<Value> {
    let all = query.iter().copied().flatten();
    all.map(|(name, kind)| writer.parameter("query", name, kind, ""))
        .collect()
}
