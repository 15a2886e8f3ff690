//! Requests of the Kubernetes API on JSON values.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    error::{Error, Refusal},
    kind::Kind,
    object::Object,
    recorder::Journal,
    transport::{Body, Transport},
    watch::Watch,
};

/// Until the head of an answer, and until the whole of one that is no stream. The server gives up after a minute itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(90);
/// A page of objects, or one.
const MAX_ANSWER: usize = 256 << 20;
/// Objects in a page of a list.
const PAGE: usize = 500;

const JSON: &str = "application/json";
const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// A client of one API server.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    agent: HeaderValue,
    journal: Option<Arc<dyn Journal>>,
}

/// Which objects of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Empty for all.
    pub namespace: String,
    pub labels: String,
    pub fields: String,
    /// Only `metadata` is wanted.
    pub metadata_only: bool,
}

/// Objects of one revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    pub items: Vec<Value>,
    pub revision: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// Operations of RFC 6902.
    Json(Value),
    /// RFC 7386.
    Merge(Value),
    /// Lists are merged by their keys.
    Strategic(Value),
    /// Server-side apply of the fields of a manager.
    Apply {
        fields: Value,
        manager: String,
        force: bool,
    },
}

/// What becomes of the objects that the deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    Background,
    Foreground,
    Orphan,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delete {
    pub grace_seconds: Option<i64>,
    /// Nothing else of the same name is deleted.
    pub uid: Option<String>,
    pub resource_version: Option<String>,
    pub propagation: Option<Propagation>,
}

impl Delete {
    pub fn of_uid(uid: &str) -> Self {
        Self {
            uid: Some(uid.to_owned()),
            ..Self::default()
        }
    }

    fn to_value(&self) -> Value {
        let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
        if let Some(seconds) = self.grace_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        if let Some(uid) = &self.uid {
            options["preconditions"]["uid"] = uid.as_str().into();
        }
        if let Some(version) = &self.resource_version {
            options["preconditions"]["resourceVersion"] = version.as_str().into();
        }
        if let Some(propagation) = self.propagation {
            options["propagationPolicy"] = format!("{propagation:?}").into();
        }
        options
    }
}

impl Client {
    /// `agent` is the `User-Agent`, by which the server names who manages which fields.
    pub fn new(transport: impl Transport, agent: &str) -> Self {
        Self {
            transport: Arc::new(transport),
            agent: HeaderValue::from_str(agent).unwrap_or(HeaderValue::from_static("wharf")),
            journal: None,
        }
    }

    /// The same way to the same server, for another part of this program.
    pub fn named(&self, agent: &str) -> Self {
        Self {
            journal: self.journal.clone(),
            ..Self::new(self.transport.clone(), agent)
        }
    }

    /// What is told in Events by it goes there as well.
    #[must_use]
    pub fn with_journal(self, journal: Arc<dyn Journal>) -> Self {
        Self {
            journal: Some(journal),
            ..self
        }
    }

    pub(crate) fn journal(&self) -> Option<Arc<dyn Journal>> {
        self.journal.clone()
    }

    pub async fn get(&self, kind: &Kind, namespace: &str, name: &str) -> Result<Value, Error> {
        self.get_from(kind, namespace, name, "").await
    }

    /// Reads a subresource.
    pub async fn get_from(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
    ) -> Result<Value, Error> {
        let path = kind.object_path(namespace, name, subresource);
        self.call(Method::GET, &path, None).await
    }

    /// Reads a subresource of an object, by namespace, its name and that of the subresource, with what a query says: as aggregated
    /// servers tell metrics.
    pub async fn get_selected(
        &self,
        kind: &Kind,
        (namespace, name, subresource): (&str, &str, &str),
        query: &[(&str, &str)],
    ) -> Result<Value, Error> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()))
            .finish();
        let path = kind.object_path(namespace, name, subresource);
        self.read(&format!("{path}?{query}")).await
    }

    /// All objects of a selection. What changes while the pages are read is not seen: they are of one revision.
    pub async fn list(&self, kind: &Kind, selection: &Selection) -> Result<List, Error> {
        let mut all = List::default();
        let mut next = String::new();
        loop {
            let limit = PAGE.to_string();
            let mut query = vec![("limit", limit.as_str())];
            if !next.is_empty() {
                query.push(("continue", &next));
            }
            let path = path_of(kind, selection, &query);
            let accept = match selection.metadata_only {
                true => METADATA_LIST,
                false => JSON,
            };
            let request = self.request(Method::GET, &path, None, JSON, accept)?;
            let mut page = self.answer(request).await?;
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                all.items.extend(items);
            }
            all.revision = page.resource_version().to_owned();
            next = page.text("/metadata/continue").to_owned();
            if next.is_empty() {
                break;
            }
        }
        // Items of a list need not say what they are.
        for item in &mut all.items {
            if let Some(item) = item.as_object_mut()
                && !selection.metadata_only
            {
                item.entry("apiVersion")
                    .or_insert_with(|| kind.api_version().into());
                item.entry("kind")
                    .or_insert_with(|| kind.kind.as_ref().into());
            }
        }
        Ok(all)
    }

    /// Watches a selection after `revision`, for `length` at the longest.
    pub async fn watch(
        &self,
        kind: &Kind,
        selection: &Selection,
        revision: &str,
        length: Duration,
    ) -> Result<Watch, Error> {
        let query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", revision),
            ("timeoutSeconds", &length.as_secs().to_string()),
        ];
        let path = path_of(kind, selection, &query);
        let accept = match selection.metadata_only {
            true => METADATA,
            false => JSON,
        };
        let request = self.request(Method::GET, &path, None, JSON, accept)?;
        let answer = self.send(request).await?;
        if !answer.status().is_success() {
            return Err(refused(answer).await);
        }
        Ok(Watch::new(answer.into_body(), length))
    }

    pub async fn create(
        &self,
        kind: &Kind,
        namespace: &str,
        object: &Value,
    ) -> Result<Value, Error> {
        let path = kind.path(namespace);
        self.call(Method::POST, &path, Some(object)).await
    }

    /// Creates at a subresource: a binding, an eviction, a token.
    pub async fn create_at(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        object: &Value,
    ) -> Result<Value, Error> {
        let path = kind.object_path(namespace, name, subresource);
        self.call(Method::POST, &path, Some(object)).await
    }

    /// Replaces an object by one that was made from it; a conflict where it changed since.
    pub async fn update(&self, kind: &Kind, object: &Value) -> Result<Value, Error> {
        self.update_at(kind, "", object).await
    }

    pub async fn update_status(&self, kind: &Kind, object: &Value) -> Result<Value, Error> {
        self.update_at(kind, "status", object).await
    }

    pub async fn update_at(
        &self,
        kind: &Kind,
        subresource: &str,
        object: &Value,
    ) -> Result<Value, Error> {
        let path = kind.object_path(object.namespace(), object.name(), subresource);
        self.call(Method::PUT, &path, Some(object)).await
    }

    pub async fn patch(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        patch: &Patch,
    ) -> Result<Value, Error> {
        self.patch_at(kind, namespace, name, "", patch).await
    }

    pub async fn patch_at(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        patch: &Patch,
    ) -> Result<Value, Error> {
        let mut path = kind.object_path(namespace, name, subresource);
        let (media, body) = match patch {
            Patch::Json(body) => ("application/json-patch+json", body),
            Patch::Merge(body) => ("application/merge-patch+json", body),
            Patch::Strategic(body) => ("application/strategic-merge-patch+json", body),
            Patch::Apply {
                fields,
                manager,
                force,
            } => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair("fieldManager", manager);
                query.append_pair("force", if *force { "true" } else { "false" });
                path = format!("{path}?{}", query.finish());
                ("application/apply-patch+yaml", fields)
            }
        };
        let request = self.request(Method::PATCH, &path, Some(body), media, JSON)?;
        self.answer(request).await
    }

    /// The answer is the object where it waits for finalizers or its node, else a Status.
    pub async fn delete(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        options: &Delete,
    ) -> Result<Value, Error> {
        let path = kind.object_path(namespace, name, "");
        self.call(Method::DELETE, &path, Some(&options.to_value()))
            .await
    }

    /// Deletes all objects of a selection.
    pub async fn delete_all(
        &self,
        kind: &Kind,
        selection: &Selection,
        options: &Delete,
    ) -> Result<(), Error> {
        let path = path_of(kind, selection, &[]);
        self.call(Method::DELETE, &path, Some(&options.to_value()))
            .await
            .map(|_| ())
    }

    /// Any path of the API that answers with JSON.
    pub async fn read(&self, path: &str) -> Result<Value, Error> {
        self.call(Method::GET, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let request = self.request(method, path, body, JSON, JSON)?;
        self.answer(request).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        media: &'static str,
        accept: &'static str,
    ) -> Result<Request<Bytes>, Error> {
        let bytes = body.map_or_else(Bytes::new, |it| it.to_string().into());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, accept)
            .header(header::USER_AGENT, self.agent.clone());
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, media);
        }
        request
            .body(bytes)
            .map_err(|error| Error::Transport(error.to_string()))
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Error> {
        match timeout(ANSWER_TIMEOUT, self.transport.send(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Transport(format!("nothing in {ANSWER_TIMEOUT:?}"))),
        }
    }

    async fn answer(&self, request: Request<Bytes>) -> Result<Value, Error> {
        let answer = self.send(request).await?;
        if !answer.status().is_success() {
            return Err(refused(answer).await);
        }
        let body = collect(answer.into_body()).await?;
        serde_json::from_slice(&body).map_err(|error| Error::Answer(error.to_string()))
    }
}

async fn refused(answer: Response<Body>) -> Error {
    let code = answer.status().as_u16();
    match collect(answer.into_body()).await {
        Ok(body) => {
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            Error::Refused(Box::new(Refusal::of(code, &body)))
        }
        Err(error) => error,
    }
}

async fn collect(body: Body) -> Result<Bytes, Error> {
    match timeout(ANSWER_TIMEOUT, Limited::new(body, MAX_ANSWER).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Error::Answer(format!(
            "it is longer than {MAX_ANSWER} bytes"
        ))),
        Ok(Err(error)) => Err(Error::Transport(error.to_string())),
        Err(_) => Err(Error::Transport(format!(
            "an answer took longer than {ANSWER_TIMEOUT:?}"
        ))),
    }
}

fn path_of(kind: &Kind, selection: &Selection, query: &[(&str, &str)]) -> String {
    let selectors = [
        ("labelSelector", selection.labels.as_str()),
        ("fieldSelector", selection.fields.as_str()),
    ];
    let selectors = selectors.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(selectors.chain(query))
        .finish();
    format!("{}?{query}", kind.path(&selection.namespace))
}
