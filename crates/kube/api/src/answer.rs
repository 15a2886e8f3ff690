//! Answers: objects, lists and Status objects in the form a client asked for.

use std::io;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_model::{
    Catalog, Resource,
    codec::{self, MediaType},
    field::{Errors, Path},
    status::{Details, Status},
    table::{self, Include},
};

use crate::{
    negotiate::{Form, Shape, content_type},
    storage::Object,
};

/// A body that may come piece by piece.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;
pub type Answer = Response<Body>;
/// Why a request was not done, as its client is told.
pub type Fault = Box<Status>;

/// What is wrong with an option of a request; `kind` is `ListOptions`, `DeleteOptions` and so on.
pub fn options_fault(kind: &str, field: &str, tell: impl FnOnce(&mut Errors, &Path<'_>)) -> Fault {
    let mut errors = Errors::new();
    tell(&mut errors, &Path::root(field));
    Box::new(Status::invalid("meta.k8s.io", kind, "", errors.into_vec()))
}

/// The path is there, and not for this method.
pub fn no_such_method() -> Status {
    let mut status = Status::method_not_allowed("", "", "");
    status.message = "the server does not allow this method on the requested resource".to_owned();
    status.details = Some(Details::default());
    status
}

pub fn bytes(code: u16, kind: &str, body: impl Into<Bytes>) -> Answer {
    let body = Full::new(body.into()).map_err(|never| match never {});
    with_body(code, kind, body.boxed_unsync())
}

pub fn with_body(code: u16, kind: &str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::OK);
    let headers = answer.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(kind) {
        headers.insert(CONTENT_TYPE, kind);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    answer
}

pub fn text(code: u16, body: impl Into<Bytes>) -> Answer {
    bytes(code, "text/plain; charset=utf-8", body)
}

/// What is told of a path that leads nowhere: a Status below what is this server's own, and a page of text elsewhere, as with upstream,
/// where the last of its servers that know nothing of the path says so.
pub fn nowhere(is_own: bool) -> Result<Answer, Fault> {
    if is_own {
        return Err(Status::no_such_page().into());
    }
    let mut answer = text(404, "404 page not found\n");
    let headers = answer.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

/// A value that is no object of a resource: a Status, a review, options.
pub fn value(catalog: &Catalog, code: u16, media: MediaType, value: &Value) -> Answer {
    match encode(catalog, media, value) {
        Some(body) => bytes(code, content_type(media, false), body),
        None => bytes(
            code,
            content_type(MediaType::Json, false),
            value.to_string(),
        ),
    }
}

pub fn fault(catalog: &Catalog, media: MediaType, status: &Status) -> Answer {
    let mut answer = value(catalog, status.code(), media, &status.to_value());
    let seconds = status
        .details
        .as_ref()
        .map_or(0, |it| it.retry_after_seconds);
    if seconds > 0 {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

fn encode(catalog: &Catalog, media: MediaType, value: &Value) -> Option<Vec<u8>> {
    if media == MediaType::Json {
        return serde_json::to_vec(value).ok();
    }
    codec::encode(catalog, media, value)
}

/// How objects of one resource are shown to one client.
pub struct Presenter<'a> {
    pub catalog: &'a Catalog,
    pub resource: &'a Resource,
    pub form: Form,
    pub include: Include,
    pub now: Timestamp,
}

impl Presenter<'_> {
    /// Whether stored texts can be passed on as they are.
    pub fn passes(&self, object: &Object) -> bool {
        self.passes_texts() && object.is_shaped_as(self.resource)
    }

    /// The same of all that are stored in the shape of the resource.
    pub fn passes_texts(&self) -> bool {
        self.form == Form::JSON && !self.is_compared()
    }

    /// Whether clients compare a text of it with one that Go wrote, byte for byte.
    fn is_compared(&self) -> bool {
        self.resource.kind == "ControllerRevision" && self.resource.custom.is_none()
    }

    fn encode(&self, value: &Value) -> Option<Vec<u8>> {
        if self.form.media == MediaType::Json && self.is_compared() {
            return Some(codec::as_go_has_it(value.to_string()).into_bytes());
        }
        encode(self.catalog, self.form.media, value)
    }

    pub fn head(&self) -> (String, String) {
        (self.resource.kind.clone(), self.resource.api_version())
    }

    /// The bytes of one object; `None` if it is damaged or has no such form.
    pub fn object(&self, object: &Object) -> Option<Vec<u8>> {
        if self.passes(object) {
            let (kind, version) = self.head();
            let mut out = Vec::with_capacity(object.bytes() + 128);
            object.write_json(Some((&kind, &version)), &mut out);
            return Some(out);
        }
        self.value(&object.value(self.resource)?)
    }

    pub fn value(&self, object: &Value) -> Option<Vec<u8>> {
        let shown = self.shaped(object);
        self.encode(shown.as_ref().unwrap_or(object))
    }

    /// The object in another shape than its own.
    fn shaped(&self, object: &Value) -> Option<Value> {
        match self.form.shape {
            Shape::Whole => None,
            Shape::Metadata(version) | Shape::MetadataList(version) => {
                Some(metadata_only(version, object))
            }
            Shape::Table(version) => {
                let list = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                let rows = std::slice::from_ref(object);
                Some(self.table(version, &list, rows))
            }
        }
    }

    /// The scale of an object in another shape than its own.
    pub fn shaped_scale(&self, scale: &Value) -> Option<Value> {
        match self.form.shape {
            Shape::Whole => None,
            Shape::Metadata(version) | Shape::MetadataList(version) => {
                Some(metadata_only(version, scale))
            }
            Shape::Table(version) => {
                let mut table = table::scale(scale, self.now, self.include);
                table["apiVersion"] = format!("meta.k8s.io/{version}").into();
                Some(table)
            }
        }
    }

    fn table(&self, version: &str, list: &Value, objects: &[Value]) -> Value {
        let mut table = table::render(self.resource, list, objects, self.now, self.include);
        table["apiVersion"] = format!("meta.k8s.io/{version}").into();
        table
    }

    /// The bytes of a list, `metadata` being its own.
    pub fn list(&self, metadata: &Value, objects: &[Object]) -> Option<Vec<u8>> {
        if self.form == Form::JSON && objects.iter().all(|it| self.passes(it)) {
            return Some(self.list_of_texts(metadata, objects));
        }
        let values = objects.iter().filter_map(|it| it.value(self.resource));
        self.list_of_values(metadata, values.collect())
    }

    fn list_of_texts(&self, metadata: &Value, objects: &[Object]) -> Vec<u8> {
        let size: usize = objects.iter().map(|it| it.bytes() + 64).sum();
        let mut out = Vec::with_capacity(size + 256);
        let (kind, version) = self.head();
        let list_kind = &self.resource.list_kind;
        let start = format!(
            "{{\"kind\":\"{list_kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata},\"items\":["
        );
        out.extend_from_slice(start.as_bytes());
        // Items of built-in kinds go without kind and version, as upstream's do.
        let head = self.resource.custom.as_ref();
        let head = head.map(|_| (kind.as_str(), version.as_str()));
        for (at, object) in objects.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            object.write_json(head, &mut out);
        }
        out.extend_from_slice(b"]}");
        out
    }

    pub fn list_of_values(&self, metadata: &Value, mut objects: Vec<Value>) -> Option<Vec<u8>> {
        let list = match self.form.shape {
            Shape::Table(version) => self.table(version, metadata, &objects),
            Shape::Metadata(version) | Shape::MetadataList(version) => {
                let items = objects.iter().map(|it| metadata_only(version, it));
                let items: Vec<Value> = items.collect();
                // Upstream's list of nothing is none.
                let is_none = items.is_empty() && self.form.media != MediaType::Protobuf;
                json!({
                    "kind": "PartialObjectMetadataList",
                    "apiVersion": format!("meta.k8s.io/{version}"),
                    "metadata": metadata,
                    "items": if is_none { Value::Null } else { items.into() },
                })
            }
            Shape::Whole => {
                if self.resource.custom.is_none() {
                    for object in objects.iter_mut().filter_map(Value::as_object_mut) {
                        object.shift_remove("kind");
                        object.shift_remove("apiVersion");
                    }
                }
                json!({
                    "kind": self.resource.list_kind,
                    "apiVersion": self.resource.api_version(),
                    "metadata": metadata,
                    "items": objects,
                })
            }
        };
        self.encode(&list)
    }
}

fn metadata_only(version: &str, object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": format!("meta.k8s.io/{version}"),
        "metadata": object["metadata"],
    })
}
