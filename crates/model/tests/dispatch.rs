//! Each request is answered in its own protocol, by a service that speaks several.

use std::path::Path;

use serde_json::{Value, json};
use wharf_wire::{
    Call, Check, Context, Denied, Dispatcher, Fault, Gate, Output, Service, Timestamp, async_trait,
    codec::{Answer, Body, form::Form, json as json_codec, rest},
    constraints::Violation,
    dynamic::Dynamic,
    node::Payload,
    schema::ServiceSchema,
    sigv4::RequestParts,
};

struct Open;

#[async_trait]
impl Gate for Open {
    async fn decide(&self, _: &Context, checks: &[Check]) -> Result<(), Denied> {
        match checks[0].action.starts_with("cloudwatch:Delete") {
            true => Err(Denied("no".to_owned())),
            false => Ok(()),
        }
    }
}

/// A service that answers every operation with the same value or fault.
struct Canned {
    schema: &'static ServiceSchema,
    answer: Result<Value, Fault>,
}

impl Canned {
    fn new(name: &str, answer: Result<Value, Fault>) -> Self {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let model = wharf_model::read(&models.join(format!("{name}.json"))).unwrap();
        let schema = wharf_model::schema(&model).unwrap();
        Self { schema, answer }
    }

    fn empty(&self, shape: Option<u16>) -> Box<dyn Payload> {
        match shape {
            Some(shape) => Box::new(Dynamic::new(self.schema, shape)),
            None => Box::new(()),
        }
    }

    async fn ask(&self, operation: &str, body: Body) -> Answer {
        let cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
        let dispatcher = Dispatcher::new(std::sync::Arc::new(Open));
        let reply = dispatcher.dispatch(self, cx, operation, body).await;
        reply.whole().unwrap()
    }

    /// The same with the operation found by method and path.
    async fn ask_rest(&self, method: &str, target: &str, body: &str) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts = RequestParts {
            method,
            path,
            query,
            headers: &[],
        };
        let read = rest::read(self.schema, &parts, None, body.as_bytes().to_vec()).unwrap();
        let (index, request) = read.expect("an operation has the path");
        let body = Body::Rest(Box::new(request));
        self.ask(self.schema.operations[index].name, body).await
    }
}

#[async_trait]
impl Service for Canned {
    fn schema(&self) -> &'static ServiceSchema {
        self.schema
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        self.empty(self.schema.operations[operation].input)
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        self.empty(self.schema.operations[operation].output)
    }

    fn refuse(&self, _: usize, _: &[Violation]) -> Option<Fault> {
        None
    }

    async fn checks(
        &self,
        _: &Context,
        operation: usize,
        _: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let name = self.schema.operations[operation].name;
        let action = format!("{}:{name}", self.schema.action_prefix);
        Ok(vec![Check::any(action)])
    }

    async fn invoke(
        &self,
        _: &Call,
        operation: usize,
        _: Box<dyn Payload>,
    ) -> Result<Output, Fault> {
        let (value, mut output) = (self.answer.clone()?, self.output(operation));
        let shape = self.schema.operations[operation].output;
        let body = value.to_string();
        let filled = output.as_struct_mut();
        json_codec::decode(self.schema, shape, body.as_bytes(), filled).unwrap();
        Ok(Output::Whole(output))
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// The same request in CBOR, JSON and a form.
fn in_all() -> [Body; 3] {
    let form = b"Action=ListDashboards&Version=2010-08-01&DashboardNamePrefix=a";
    [
        Body::Cbor(b"\xa1\x73DashboardNamePrefix\x61a".as_slice().into()),
        Body::Json(br#"{"DashboardNamePrefix":"a"}"#.as_slice().into()),
        Body::Form(Form::parse(form).unwrap()),
    ]
}

#[tokio::test]
async fn a_service_of_three_protocols() {
    let service = Canned::new("cloudwatch", Ok(json!({ "NextToken": "next" })));
    let [cbor, json, form] = in_all();
    let answer = service.ask("ListDashboards", cbor).await;
    assert_eq!(answer.body, b"\xbf\x69NextToken\x64next\xff");
    assert_eq!(answer.content_type, "application/cbor");
    assert_eq!(header(&answer, "smithy-protocol"), Some("rpc-v2-cbor"));
    let answer = service.ask("ListDashboards", json).await;
    assert_eq!(text(&answer), r#"{"NextToken":"next"}"#);
    assert_eq!(answer.content_type, "application/x-amz-json-1.0");
    let answer = service.ask("ListDashboards", form).await;
    let within = "<ListDashboardsResult><NextToken>next</NextToken></ListDashboardsResult>";
    assert!(text(&answer).contains(within), "{}", text(&answer));
}

#[tokio::test]
async fn its_faults_have_the_codes_that_clients_know() {
    let fault = Fault::sender("LimitExceededFault", 400, "Too many.");
    let service = Canned::new("cloudwatch", Err(fault));
    let [cbor, json, form] = in_all();
    for body in [cbor, json] {
        let answer = service.ask("ListDashboards", body).await;
        assert_eq!(
            header(&answer, "x-amzn-query-error"),
            Some("LimitExceeded;Sender")
        );
        assert!(
            text(&answer).contains("LimitExceededFault"),
            "{}",
            text(&answer)
        );
    }
    let answer = service.ask("ListDashboards", form).await;
    let code = "<Type>Sender</Type><Code>LimitExceeded</Code><Message>Too many.</Message>";
    assert!(text(&answer).contains(code), "{}", text(&answer));
}

#[tokio::test]
async fn refusals_are_in_the_requests_protocol() {
    let service = Canned::new("cloudwatch", Ok(json!({})));
    let broken = service
        .ask("ListDashboards", Body::Cbor(b"\xff".as_slice().into()))
        .await;
    assert!(
        text(&broken).contains("SerializationException"),
        "{}",
        text(&broken)
    );
    assert_eq!(header(&broken, "smithy-protocol"), Some("rpc-v2-cbor"));
    let form = Form::parse(b"Action=DeleteDashboards&DashboardNames.member.1=a").unwrap();
    let denied = service.ask("DeleteDashboards", Body::Form(form)).await;
    assert_eq!(denied.status, 403);
    assert!(
        text(&denied).contains("<Code>AccessDenied</Code>"),
        "{}",
        text(&denied)
    );
    let unknown = service
        .ask("Nothing", Body::Json(b"{}".as_slice().into()))
        .await;
    assert!(
        text(&unknown).contains("UnknownOperationException"),
        "{}",
        text(&unknown)
    );
}

#[tokio::test]
async fn rest_binds_members_to_path_query_and_body() {
    let cluster = json!({ "cluster": { "name": "a", "createdAt": 1.5 } });
    let service = Canned::new("eks", Ok(cluster));
    let answer = service.ask_rest("GET", "/clusters/a", "").await;
    assert_eq!(text(&answer), r#"{"cluster":{"name":"a","createdAt":1.5}}"#);
    assert_eq!(
        (answer.status, answer.content_type),
        (200, "application/json")
    );
    let denied = Fault::sender("ResourceNotFoundException", 404, "No cluster.");
    let service = Canned::new("eks", Err(denied.with("clusterName", "a")));
    let answer = service.ask_rest("GET", "/clusters/a", "").await;
    assert_eq!(
        header(&answer, "x-amzn-errortype"),
        Some("ResourceNotFoundException")
    );
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (&body["message"], &body["clusterName"]),
        (&json!("No cluster."), &json!("a"))
    );
    let answer = service.ask_rest("POST", "/clusters", "{}").await;
    assert_eq!(
        header(&answer, "x-amzn-errortype"),
        Some("ValidationException")
    );
    let answer = service.ask_rest("POST", "/clusters", "{").await;
    assert_eq!(
        header(&answer, "x-amzn-errortype"),
        Some("SerializationException")
    );
}

#[tokio::test]
async fn answers_of_s3_have_its_namespace_and_faults_have_none() {
    let answer = json!({ "LocationConstraint": "eu-west-1" });
    let service = Canned::new("s3", Ok(answer));
    let answer = service.ask_rest("GET", "/b?location", "").await;
    let expected = "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">eu-west-1</LocationConstraint>";
    assert!(text(&answer).ends_with(expected), "{}", text(&answer));
    let fault = Fault::sender("NoSuchBucket", 404, "None.");
    let service = Canned::new("s3", Err(fault));
    let answer = service.ask_rest("GET", "/b?location", "").await;
    let expected = "<Error><Code>NoSuchBucket</Code>";
    assert!(text(&answer).contains(expected), "{}", text(&answer));
}

#[tokio::test]
async fn s3_names_the_parameter_that_it_cannot_read() {
    let service = Canned::new("s3", Ok(json!({})));
    let answer = service
        .ask_rest("GET", "/b?list-type=2&max-keys=x", "")
        .await;
    let said = text(&answer);
    for part in [
        "<Code>InvalidArgument</Code>",
        "<ArgumentName>max-keys</ArgumentName>",
        "<ArgumentValue>x</ArgumentValue>",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let answer = service.ask_rest("PUT", "/b?versioning", "<").await;
    let said = text(&answer);
    assert!(said.contains("<Code>MalformedXML</Code>"), "{said}");
}

#[tokio::test]
async fn a_condition_on_a_time_that_is_none_is_ignored_and_a_guard_is_refused() {
    let service = Canned::new("s3", Ok(json!({})));
    for (name, value, status) in [
        ("if-modified-since", "yesterday", 200),
        ("if-modified-since", "Fri, 02 Jan 2026 03:04:05 GMT", 200),
        ("if-unmodified-since", "yesterday", 400),
    ] {
        let headers = [(name.to_owned(), value.to_owned())];
        let parts = RequestParts {
            method: "HEAD",
            path: "/b/k",
            query: "",
            headers: &headers,
        };
        let read = rest::read(service.schema, &parts, None, Vec::new()).unwrap();
        let (_, request) = read.expect("an operation has the path");
        let body = Body::Rest(Box::new(request));
        let answer = service.ask("HeadObject", body).await;
        assert_eq!(answer.status, status, "{name}: {value}");
    }
}

#[test]
fn s3_is_told_apart_by_query_and_headers() {
    let schema = Canned::new("s3", Ok(json!({}))).schema;
    let routed = |method: &str, target: &str, header: &str| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = [(header.to_owned(), "a".to_owned())];
        let parts = RequestParts {
            method,
            path,
            query,
            headers: &headers,
        };
        let found = rest::read(schema, &parts, None, Vec::new()).unwrap();
        found.map(|(index, request)| (schema.operations[index].name, request.labels))
    };
    let copy = "x-amz-copy-source";
    for (method, target, header, expected) in [
        ("GET", "/", "", Some("ListBuckets")),
        ("GET", "/b?list-type=2", "", Some("ListObjectsV2")),
        ("GET", "/b/?list-type=2", "", Some("ListObjectsV2")),
        ("GET", "/b?location", "", Some("GetBucketLocation")),
        ("GET", "/b/k/l", "", Some("GetObject")),
        ("GET", "/b/k?uploadId=1", "", Some("ListParts")),
        ("PUT", "/b", "", Some("CreateBucket")),
        ("PUT", "/b/k", "", Some("PutObject")),
        ("PUT", "/b/k", copy, Some("CopyObject")),
        (
            "PUT",
            "/b/k?X-Amz-Signature=0&X-Amz-Copy-Source=c%2Fd",
            "",
            Some("CopyObject"),
        ),
        ("PUT", "/b/k?x-amz-copy-source=c%2Fd", "", Some("PutObject")),
        (
            "PUT",
            "/b/k?partNumber=1&uploadId=1",
            "",
            Some("UploadPart"),
        ),
        (
            "PUT",
            "/b/k?partNumber=1&uploadId=1",
            copy,
            Some("UploadPartCopy"),
        ),
        ("POST", "/b/k?uploads", "", Some("CreateMultipartUpload")),
        ("POST", "/b?delete", "", Some("DeleteObjects")),
        ("PATCH", "/b/k", "", None),
    ] {
        let found = routed(method, target, header).map(|it| it.0);
        assert_eq!(found, expected, "{method} {target} {header}");
    }
    let (_, labels) = routed("GET", "/b/k%2Fl/%20m", "").unwrap();
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(labels, [label("Bucket", "b"), label("Key", "k/l/ m")]);
}
