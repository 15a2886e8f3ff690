//! A service's model, read into the schema that codecs walk: by the generator, which writes it down as
//! Rust, and by tests, which need no generated code for it.
//!
//! Schemas are static, so what is read here is leaked: once for each model and process.

#![forbid(unsafe_code)]

mod metadata;
mod shapes;
mod sqs;

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use wharf_wire::schema::{Auth, Checksums, OperationSchema, ServiceSchema};

/// Members that real clients send although the public models do not have them: service, structure,
/// member, shape.
const PATCHES: [(&str, &str, &str, &str); 1] =
    // The stock agent's own model is ahead of the public one.
    [(
        "ecs",
        "RegisterContainerInstanceRequest",
        "clientToken",
        "String",
    )];

/// Dates of S3's model that are texts to it: it keeps the header as it came and gives it back. Recent SDKs read it as a text, too
/// (`ExpiresString`), since many a client puts no date there.
const S3_TEXTS: [&str; 2] = ["Expires", "ResponseExpires"];

/// Of S3's answers: the model has it at members of requests alone. Some clients find nothing in what has another.
const S3_NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Root elements of S3's answers, which the models do not have: output, element.
const S3_ROOTS: [(&str, &str); 19] = [
    (
        "CompleteMultipartUploadOutput",
        "CompleteMultipartUploadResult",
    ),
    (
        "CreateMultipartUploadOutput",
        "InitiateMultipartUploadResult",
    ),
    ("DeleteObjectsOutput", "DeleteResult"),
    ("GetBucketAclOutput", "AccessControlPolicy"),
    ("GetBucketCorsOutput", "CORSConfiguration"),
    (
        "GetBucketLifecycleConfigurationOutput",
        "LifecycleConfiguration",
    ),
    ("GetBucketLocationOutput", "LocationConstraint"),
    ("GetBucketLoggingOutput", "BucketLoggingStatus"),
    ("GetBucketTaggingOutput", "Tagging"),
    ("GetBucketVersioningOutput", "VersioningConfiguration"),
    ("GetBucketWebsiteOutput", "WebsiteConfiguration"),
    ("GetObjectAclOutput", "AccessControlPolicy"),
    ("GetObjectAttributesOutput", "GetObjectAttributesResponse"),
    ("GetObjectTaggingOutput", "Tagging"),
    ("ListBucketsOutput", "ListAllMyBucketsResult"),
    ("ListMultipartUploadsOutput", "ListMultipartUploadsResult"),
    ("ListObjectVersionsOutput", "ListVersionsResult"),
    ("ListPartsOutput", "ListPartsResult"),
    ("ListObjectsOutput", "ListBucketResult"),
];

/// The model's text, with what it lacks.
pub fn read(path: &Path) -> Result<Value> {
    let mut model: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let service = model["service"].as_str().context("service")?.to_owned();
    for (_, structure, member, shape) in PATCHES.iter().filter(|patch| patch.0 == service) {
        model["shapes"][*structure]["members"][*member] = serde_json::json!({ "shape": shape });
    }
    if service == "s3" {
        model["metadata"]["xmlNamespace"] = S3_NAMESPACE.into();
        for shape in S3_TEXTS {
            model["shapes"][shape] = serde_json::json!({ "type": "string" });
        }
    }
    if service == "sqs" {
        sqs::patch(&mut model);
    }
    Ok(model)
}

/// The schema of a model that [`read`] returned.
pub fn schema(model: &Value) -> Result<&'static ServiceSchema> {
    let metadata = metadata::Metadata::read(model)?;
    let shapes = shapes::Shapes::new(model, &metadata)?;
    let mut operations = model["operations"]
        .as_object()
        .context("operations")?
        .iter()
        .map(|(name, value)| operation(&shapes, name, value))
        .collect::<Result<Vec<_>>>()?;
    operations.sort_by_key(|it| it.name);
    let mut left_out: Vec<&'static str> = texts(&model["others"]).collect();
    left_out.sort_unstable();
    Ok(Box::leak(Box::new(ServiceSchema {
        name: leaked(metadata.name),
        protocol: metadata.protocol,
        protocols: metadata.protocols.clone().leak(),
        api_version: leaked(metadata.text("apiVersion")),
        signing_name: leaked(metadata.signing_name()),
        action_prefix: leaked(metadata.action_prefix()),
        endpoint_prefix: leaked(metadata.text("endpointPrefix")),
        target_prefix: leaked(metadata.text("targetPrefix")),
        xml_namespace: leaked(metadata.text("xmlNamespace")),
        query_codes: metadata.query_codes(model),
        operations: operations.leak(),
        left_out: left_out.leak(),
        shapes: shapes.all()?,
    })))
}

fn operation(shapes: &shapes::Shapes<'_>, name: &str, value: &Value) -> Result<OperationSchema> {
    let unknown = || format!("operation {name}");
    let shape = |value: &Value| match value.as_str().or_else(|| value["shape"].as_str()) {
        Some(name) => shapes.index(name).map(Some),
        None => Ok(None),
    };
    let http = &value["http"];
    let text = |value: &Value| leaked(value.as_str().unwrap_or_default());
    let checksum = &value["httpChecksum"];
    let status = match http["responseCode"].as_u64() {
        Some(code) => u16::try_from(code)?,
        None => 200,
    };
    Ok(OperationSchema {
        name: leaked(name),
        input: shape(&value["input"]).with_context(unknown)?,
        output: shape(&value["output"]).with_context(unknown)?,
        result_wrapper: wrapper(shapes, &value["output"]),
        method: text(&http["method"]),
        uri: text(&http["requestUri"]),
        status,
        auth: auth(value).with_context(unknown)?,
        packed: texts(&value["requestcompression"]["encodings"]).any(|it| it == "gzip"),
        checksums: Checksums {
            algorithm: text(&checksum["requestAlgorithmMember"]),
            required: checksum["requestChecksumRequired"] == Value::Bool(true),
            mode: text(&checksum["requestValidationModeMember"]),
        },
        host_prefix: text(&value["endpoint"]["hostPrefix"]),
        max_body: shapes.max_body(&value["input"]),
    })
}

fn wrapper(shapes: &shapes::Shapes<'_>, output: &Value) -> &'static str {
    if shapes.service == "s3" {
        let name = output.as_str().unwrap_or_default();
        let name = name.replace("ListObjectsV2", "ListObjects");
        let root = S3_ROOTS.iter().find(|(shape, _)| *shape == name);
        return root.map_or("", |(_, root)| root);
    }
    leaked(output["resultWrapper"].as_str().unwrap_or_default())
}

fn auth(value: &Value) -> Result<Auth> {
    let listed = texts(&value["auth"]).next().unwrap_or_default();
    Ok(match (value["authtype"].as_str(), listed) {
        (Some("none"), _) | (_, "smithy.api#noAuth") => Auth::Unsigned,
        (Some("v4-unsigned-body"), _) => Auth::SignedHead,
        _ if value["unsignedPayload"] == Value::Bool(true) => Auth::SignedHead,
        (None | Some("v4"), _) => Auth::Signed,
        (Some(other), _) => bail!("auth type {other} is not known"),
    })
}

/// The texts of a list; none where there is no list.
fn texts(value: &Value) -> impl Iterator<Item = &'static str> {
    let all = value.as_array().into_iter().flatten();
    let all: Vec<_> = all.filter_map(Value::as_str).map(leaked).collect();
    all.into_iter()
}

fn leaked(text: impl Into<String>) -> &'static str {
    Box::leak(text.into().into_boxed_str())
}

type Object = Map<String, Value>;
