//! Every operation of every model, in each of its protocols, against the official SDK: see
//! `crates/wire/goldens/every.py`, which writes what is decoded here and reads what is encoded.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use wharf_wire::{
    Fault,
    codec::{Answer, Body, form::Form, json as json_codec, rest},
    dynamic::Dynamic,
    schema::{OperationSchema, Protocol, ServiceSchema, ShapeIndex},
    sigv4::RequestParts,
};

type Schema = &'static ServiceSchema;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn schemas() -> HashMap<String, Schema> {
    let files = fs::read_dir(models()).expect("the models are in the repository");
    let paths = files.map(|it| it.expect("a readable folder").path());
    let models = paths.filter(|it| it.extension().is_some_and(|it| it == "json"));
    models
        .map(|path| {
            let model = wharf_model::read(&path).unwrap();
            let schema = wharf_model::schema(&model).unwrap();
            (schema.name.to_owned(), schema)
        })
        .collect()
}

fn protocol(schema: Schema, name: &str) -> Protocol {
    let is_meant = |it: &&Protocol| match name {
        "json" => it.is_json(),
        "query" => **it == Protocol::Query,
        "ec2" => **it == Protocol::Ec2,
        "rest-json" => **it == Protocol::RestJson,
        "rest-xml" => **it == Protocol::RestXml,
        _ => **it == Protocol::Cbor,
    };
    *schema.protocols.iter().find(is_meant).unwrap()
}

/// One line of what is asked.
struct Line {
    json: Value,
    schema: Schema,
    protocol: Protocol,
    index: usize,
}

impl Line {
    fn text(&self, key: &str) -> &str {
        self.json[key].as_str().unwrap()
    }

    fn operation(&self) -> &'static OperationSchema {
        &self.schema.operations[self.index]
    }

    /// A value of the form that goldens have.
    fn value(&self, shape: Option<ShapeIndex>, value: &Value) -> Result<Option<Dynamic>, String> {
        let Some(shape) = shape else { return Ok(None) };
        let mut read = Dynamic::new(self.schema, shape);
        let body = value.to_string();
        json_codec::decode(self.schema, Some(shape), body.as_bytes(), &mut read)
            .map_err(|error| error.to_string())?;
        Ok(Some(read))
    }

    fn shown(&self, shape: Option<ShapeIndex>, value: Option<&Dynamic>) -> Value {
        let shown = shape
            .zip(value)
            .map(|(shape, it)| json_codec::to_value(self.schema, shape, it));
        shown.unwrap_or_else(|| json!({}))
    }

    /// The request as its codec reads it, found as the gateway finds it.
    fn body(&self) -> Result<Body, String> {
        let body = BASE64.decode(self.text("body")).unwrap();
        let name = self.operation().name;
        let header = |name: &str| self.json["headers"][name].as_str().unwrap_or_default();
        let same = |found: &str, wanted: String| match found == wanted {
            true => Ok(()),
            false => Err(format!("{found} is not {wanted}")),
        };
        Ok(match self.protocol {
            Protocol::Json { .. } => {
                let prefix = self.schema.target_prefix;
                same(header("x-amz-target"), format!("{prefix}.{name}"))?;
                let kind = self.protocol.codec().content_type();
                same(header("content-type"), kind.to_owned())?;
                Body::Json(body.into())
            }
            Protocol::Cbor => {
                let prefix = self.schema.target_prefix;
                let path = format!("/service/{prefix}/operation/{name}");
                same(self.text("path"), path)?;
                Body::Cbor(body.into())
            }
            Protocol::Query | Protocol::Ec2 => {
                let form = Form::parse(&body).map_err(|error| error.to_string())?;
                same(form.get("Action").unwrap_or_default(), name.to_owned())?;
                let version = self.schema.api_version.to_owned();
                same(form.get("Version").unwrap_or_default(), version)?;
                Body::Form(form)
            }
            Protocol::RestJson | Protocol::RestXml => {
                let headers = self.json["headers"].as_object().unwrap().iter();
                let headers: Vec<_> = headers
                    .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                    .collect();
                let parts = RequestParts {
                    method: self.text("method"),
                    path: self.text("path"),
                    query: self.text("query"),
                    headers: &headers,
                };
                let read =
                    rest::read(self.schema, &parts, None, body).map_err(|it| it.to_string())?;
                let (index, request) = read.ok_or("no operation has the path")?;
                same(self.schema.operations[index].name, name.to_owned())?;
                Body::Rest(Box::new(request))
            }
        })
    }

    fn decode(&self) -> Result<(), String> {
        let (body, shape) = (self.body()?, self.operation().input);
        let mut read = shape.map(|it| Dynamic::new(self.schema, it));
        let codec = body.protocol(self.schema).codec();
        let input: &mut dyn wharf_wire::node::Struct = match &mut read {
            Some(read) => read,
            None => &mut (),
        };
        codec
            .decode(self.schema, self.operation(), &body, input)
            .map_err(|error| error.to_string())?;
        let wanted = self.value(shape, &self.json["parameters"])?;
        let wanted = self.shown(shape, wanted.as_ref());
        let read = self.shown(shape, read.as_ref());
        match difference("", &wanted, &read) {
            Some(difference) => Err(difference),
            None => Ok(()),
        }
    }

    fn encode(&self) -> Result<Answer, String> {
        let codec = self.protocol.codec();
        if self.text("kind") == "error" {
            return Ok(codec.fault(self.schema, &self.fault(), "request-id"));
        }
        let output = self.value(self.operation().output, &self.json["value"])?;
        let output: &dyn wharf_wire::node::Struct = match &output {
            Some(output) => output,
            None => &(),
        };
        Ok(codec.encode(self.schema, self.operation(), output, "request-id"))
    }

    fn fault(&self) -> Fault {
        let status = u16::try_from(self.json["status"].as_u64().unwrap()).unwrap();
        let code = self.text("code").to_owned();
        let mut fault = Fault::sender(code, status, self.text("message"));
        fault.sender = status < 500;
        for (name, value) in self.json["members"].as_object().unwrap() {
            fault = fault.with(name.clone().leak(), value.clone());
        }
        fault
    }
}

/// The first place at which two values differ.
fn difference(path: &str, wanted: &Value, read: &Value) -> Option<String> {
    match (wanted, read) {
        (Value::Object(wanted), Value::Object(read)) => {
            let more = read.keys().find(|it| !wanted.contains_key(*it));
            if let Some(more) = more {
                return Some(format!("{path}.{more} should not be there"));
            }
            wanted.iter().find_map(|(name, wanted)| {
                let path = format!("{path}.{name}");
                match read.get(name) {
                    Some(read) => difference(&path, wanted, read),
                    None => Some(format!("{path} is missing")),
                }
            })
        }
        (Value::Array(wanted), Value::Array(read)) if wanted.len() == read.len() => {
            let mut pairs = wanted.iter().zip(read).enumerate();
            pairs
                .find_map(|(at, (wanted, read))| difference(&format!("{path}[{at}]"), wanted, read))
        }
        _ if wanted == read => None,
        _ => Some(format!("{path}: {wanted} was sent, {read} was read")),
    }
}

fn lines(folder: &Path) -> Vec<Line> {
    let schemas = schemas();
    let asked = fs::read_to_string(folder.join("asked.jsonl")).expect("every.py has run");
    let line = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        let schema = schemas[json["service"].as_str().unwrap()];
        Line {
            schema,
            protocol: protocol(schema, json["protocol"].as_str().unwrap()),
            index: schema
                .find_operation(json["operation"].as_str().unwrap())
                .unwrap(),
            json,
        }
    };
    asked.lines().map(line).collect()
}

#[test]
fn every_operation_in_each_of_its_protocols() {
    // `scripts/test.sh` sets it; the SDK is Python's.
    let Some(folder) = std::env::var_os("WHARF_EVERY").map(PathBuf::from) else {
        eprintln!("nothing was compared: see crates/wire/goldens/README.md");
        return;
    };
    let (mut answered, mut wrong, mut operations) = (String::new(), Vec::new(), 0);
    for line in lines(&folder) {
        let outcome = match line.text("kind") {
            "request" => {
                operations += 1;
                line.decode()
            }
            _ => line.encode().map(|answer| {
                let answer = json!({
                    "status": answer.status,
                    "headers": headers(&answer),
                    "body": BASE64.encode(&answer.body),
                });
                let _ = writeln!(answered, "{answer}");
            }),
        };
        if let Err(why) = outcome {
            let name = format!("{} {}", line.schema.name, line.text("protocol"));
            wrong.push(format!(
                "{name} {} {}: {why}",
                line.text("operation"),
                line.text("kind")
            ));
        }
    }
    fs::write(folder.join("answered.jsonl"), answered).unwrap();
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(operations > 1641, "only {operations} requests were read");
}

fn headers(answer: &Answer) -> Vec<(String, String)> {
    let kind = ("content-type".to_owned(), answer.content_type.to_owned());
    let more = answer.headers.iter();
    let more = more.map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    std::iter::once(kind).chain(more).collect()
}

/// The tables fit together, and nothing of a model is unknown.
#[test]
fn every_model_is_understood() {
    let schemas = schemas();
    // AWS's, and the installation's own.
    assert_eq!(schemas.len(), 33 + 1);
    for schema in schemas.values() {
        assert!(
            schema.protocols.contains(&schema.protocol),
            "{}",
            schema.name
        );
        assert!(!schema.signing_name.is_empty(), "{}", schema.name);
        assert!(
            schema.shapes.is_sorted_by_key(|it| it.name),
            "{}",
            schema.name
        );
    }
    let prefixes = ["cloudwatch", "elbv2", "resourcegroupstaggingapi", "ecs"];
    let prefixes = prefixes.map(|it| (schemas[it].action_prefix, schemas[it].signing_name));
    let expected = [
        ("cloudwatch", "monitoring"),
        ("elasticloadbalancing", "elasticloadbalancing"),
        ("tag", "tagging"),
        ("ecs", "ecs"),
    ];
    assert_eq!(prefixes, expected);
}
