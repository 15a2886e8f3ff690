//! The codecs against what the official SDK sends and reads (`goldens/README.md`).

use std::{fs, path::PathBuf, sync::Arc};

use serde_json::{Value, json};
use wharf_wire::{
    Check, Context, Fault, Service, async_trait,
    codec::{form::Form, json as json_codec},
    node::Payload,
    service::{Body, failure},
};

/// A service without operations: the goldens need only its schema and types.
struct Nothing;

macro_rules! nothing {
    ($($name:ident = $crate_name:ident :: $service:ident),* $(,)?) => {
        $(#[async_trait]
        impl $crate_name::$service for Nothing {
            async fn authorize(&self, _: &Context, input: $crate_name::Input<'_>) -> Result<Vec<Check>, Fault> {
                Ok(vec![Check::any(input.action())])
            }
        })*

        fn service(name: &str) -> Box<dyn Service> {
            match name {
                $(stringify!($name) => Box::new($crate_name::Routes(Arc::new(Nothing))),)*
                other => panic!("no contract for {other}"),
            }
        }
    };
}

nothing! {
    acm = wharf_api_acm::Acm,
    ec2 = wharf_api_ec2::Ec2,
    ecr = wharf_api_ecr::Ecr,
    ecs = wharf_api_ecs::Ecs,
    elbv2 = wharf_api_elbv2::Elbv2,
    iam = wharf_api_iam::Iam,
    logs = wharf_api_logs::Logs,
    sts = wharf_api_sts::Sts,
    wharf = wharf_api_wharf::Wharf,
}

struct Golden {
    stem: String,
    service: Box<dyn Service>,
    operation: usize,
    json: Value,
}

fn goldens(folder: &str) -> Vec<Golden> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("goldens")
        .join(folder);
    let mut found: Vec<Golden> = fs::read_dir(folder)
        .expect("the goldens are in the repository")
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let json: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let service = service(json["service"].as_str().unwrap());
            let name = json["operation"].as_str().unwrap();
            let operation = service
                .schema()
                .find_operation(name)
                .unwrap_or_else(|| panic!("{name}"));
            Golden {
                stem: path.file_stem().unwrap().to_string_lossy().into_owned(),
                service,
                operation,
                json,
            }
        })
        .collect();
    found.sort_by(|a, b| a.stem.cmp(&b.stem));
    assert!(!found.is_empty());
    found
}

fn from_json(
    golden: &Golden,
    mut payload: Box<dyn Payload>,
    shape: Option<u16>,
    value: &Value,
) -> Box<dyn Payload> {
    let body = value.to_string();
    json_codec::decode(
        golden.service.schema(),
        shape,
        body.as_bytes(),
        payload.as_struct_mut(),
    )
    .unwrap_or_else(|error| panic!("{}: {error}", golden.stem));
    payload
}

fn show(golden: &Golden, shape: Option<u16>, payload: &dyn Payload) -> Value {
    shape.map_or(json!({}), |shape| {
        json_codec::to_value(golden.service.schema(), shape, payload.as_struct())
    })
}

#[test]
fn reads_what_the_sdk_sends() {
    for golden in goldens("requests") {
        let schema = golden.service.schema();
        let operation = &schema.operations[golden.operation];
        let body = golden.json["body"].as_str().unwrap().as_bytes();
        let mut read = golden.service.input(golden.operation);
        let body = if schema.protocol.is_json() {
            let target = golden.json["headers"]["x-amz-target"].as_str().unwrap();
            let prefix = schema.target_prefix;
            assert_eq!(target, format!("{prefix}.{}", operation.name));
            Body::Json(body.to_vec().into())
        } else {
            let form = Form::parse(body).unwrap();
            assert_eq!(form.get("Action"), Some(operation.name));
            assert_eq!(form.get("Version"), Some(schema.api_version));
            Body::Form(form)
        };
        let codec = body.protocol(schema).codec();
        let input = read.as_struct_mut();
        codec.decode(schema, operation, &body, input).unwrap();
        let wanted = from_json(
            &golden,
            golden.service.input(golden.operation),
            operation.input,
            &golden.json["parameters"],
        );
        assert_eq!(
            show(&golden, operation.input, &*read),
            show(&golden, operation.input, &*wanted),
            "{}",
            golden.stem
        );
    }
}

/// Writes every answer into the folder named by `WHARF_GOLDEN_ANSWERS`, where `goldens/verify.py`
/// reads them with the SDK's own parsers; the script sets the variable and runs this test.
#[test]
fn writes_answers_for_the_sdk() {
    let folder = std::env::var_os("WHARF_GOLDEN_ANSWERS").map(PathBuf::from);
    for golden in goldens("responses") {
        let schema = golden.service.schema();
        let operation = &schema.operations[golden.operation];
        let answer = if golden.json.get("error").is_some() {
            failure(schema, &fault(&golden.json["error"]), "request-id")
        } else {
            let output = golden.service.output(golden.operation);
            let output = from_json(&golden, output, operation.output, &golden.json["value"]);
            let codec = schema.protocol.codec();
            codec.encode(schema, operation, output.as_struct(), "request-id")
        };
        let (status, content_type, body) = (answer.status, answer.content_type, answer.body);
        let body = String::from_utf8(body).expect("answers are text");
        assert!(!body.is_empty());
        if let Some(folder) = &folder {
            let file = json!({
                "status": status,
                "headers": { "content-type": content_type, "x-amzn-requestid": "request-id" },
                "body": body,
            });
            fs::write(
                folder.join(format!("{}.response", golden.stem)),
                file.to_string(),
            )
            .unwrap();
        }
    }
}

fn fault(error: &Value) -> Fault {
    let status = error["status"].as_u64().unwrap() as u16;
    let mut fault = Fault::sender(
        error["code"].as_str().unwrap().to_owned(),
        status,
        error["message"].as_str().unwrap_or_default(),
    );
    fault.sender = status < 500;
    for (name, value) in error["members"].as_object().into_iter().flatten() {
        fault = fault.with(Box::leak(name.clone().into_boxed_str()), value.clone());
    }
    fault
}
