//! A request for a resource that may be done: what is asked, of which kind, by whom, and how to answer.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue,
    header::{USER_AGENT, WARNING},
};
use parking_lot::Mutex;
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_auth::UserInfo;
use wharf_kube_model::{
    Catalog, Resource,
    selector::{Fields, Labels},
    status::Status,
    table::Include,
};
use wharf_store::StoreError;

use crate::{
    answer::{self, Answer, Fault, Presenter, options_fault},
    body::Expected,
    cluster::Inner,
    conversion,
    metering::Running,
    negotiate::{self, Form, content_type},
    query::Query,
    request::Asked,
    storage::{Object, WriteError},
    webhooks::Notes,
};

/// Warnings of one answer; more are left out.
const MOST_WARNINGS: usize = 20;
/// Bytes of all warnings together, and of each where they are more: they are headers. As upstream has it.
const WARNINGS_BYTES: usize = 4 << 10;
const WARNING_BYTES: usize = 256;
/// Bytes of a manager's name.
const MOST_MANAGER: usize = 128;

pub struct Call {
    pub cluster: Arc<Inner>,
    pub catalog: Arc<Catalog>,
    pub resource: Arc<Resource>,
    pub asked: Asked,
    pub query: Query,
    pub user: UserInfo,
    pub headers: HeaderMap,
    pub form: Form,
    pub now: Timestamp,
    pub warnings: Mutex<Vec<String>>,
    /// For the audit log.
    pub notes: Arc<Mutex<Notes>>,
    /// Counts it as being answered: what lasts holds it until its end.
    pub running: Arc<Running>,
}

impl Call {
    pub fn group(&self) -> &str {
        &self.resource.group
    }

    /// The namespace of the objects that are asked for.
    pub fn namespace(&self) -> Option<&str> {
        self.asked.within(self.resource.namespaced)
    }

    pub fn name(&self) -> &str {
        self.asked.name.as_deref().unwrap_or_default()
    }

    pub fn expected(&self) -> Expected<'_> {
        Expected {
            group: &self.resource.group,
            version: &self.resource.version,
            kind: &self.resource.kind,
        }
    }

    /// The folder of the resource's objects, in all namespaces.
    pub fn folder(&self) -> String {
        let storage = &self.resource.storage;
        self.cluster
            .objects
            .keys
            .folder(&storage.group, &storage.plural)
    }

    pub fn key_of(&self, name: &str) -> String {
        let storage = &self.resource.storage;
        let keys = &self.cluster.objects.keys;
        keys.object(&storage.group, &storage.plural, self.namespace(), name)
    }

    pub fn key(&self) -> String {
        self.key_of(self.name())
    }

    pub fn not_found(&self) -> Status {
        Status::not_found(self.group(), &self.resource.plural, self.name())
    }

    /// The object that the path names.
    pub async fn read(&self) -> Result<Object, Fault> {
        let (object, _) = self.read_for_change().await?;
        Ok(object)
    }

    /// The same, and whether it lies in the store as the kind is stored now.
    pub async fn read_for_change(&self) -> Result<(Object, bool), Fault> {
        let found = self.cluster.objects.get(&self.key()).await;
        let found = found.map_err(store_fault)?;
        let object = found.ok_or_else(|| self.not_found())?;
        let is_current = object.version() == self.resource.storage.version;
        Ok((conversion::shown_one(self, object).await?, is_current))
    }

    /// Whether a refusal says that there is no such object. A webhook's refusal has the code that the webhook likes.
    pub async fn is_missing(&self, name: &str, refusal: &Fault) -> Result<bool, Fault> {
        Ok(refusal.code() == 404 && !self.exists(name).await?)
    }

    pub async fn exists(&self, name: &str) -> Result<bool, Fault> {
        let found = self.cluster.objects.get(&self.key_of(name)).await;
        Ok(found.map_err(store_fault)?.is_some())
    }

    pub fn value(&self, object: &Object) -> Result<Value, Fault> {
        let value = object.value(&self.resource);
        Ok(value.ok_or_else(|| Status::internal("the stored object is damaged"))?)
    }

    pub fn invalid(&self, name: &str, errors: Vec<wharf_kube_model::field::FieldError>) -> Fault {
        // Events are one kind to upstream, whichever group they are asked of.
        let group = match self.group() {
            "events.k8s.io" => "",
            group => group,
        };
        Box::new(Status::invalid(group, &self.resource.kind, name, errors))
    }

    pub fn forbidden(&self, name: &str, why: &str) -> Fault {
        Box::new(Status::forbidden(
            self.group(),
            &self.resource.plural,
            name,
            why,
        ))
    }

    pub fn conflict(&self, name: &str, why: &str) -> Fault {
        Box::new(Status::conflict(
            self.group(),
            &self.resource.plural,
            name,
            why,
        ))
    }

    /// `dryRun`: everything but the write.
    pub fn is_dry_run(&self) -> Result<bool, Fault> {
        let all = self.query.all("dryRun").filter(|it| !it.is_empty());
        let all: Vec<&str> = all.collect();
        if all.iter().all(|it| *it == "All") {
            return Ok(!all.is_empty());
        }
        let kind = self.options_kind();
        Err(options_fault(kind, "dryRun", |errors, path| {
            errors.not_supported(path, all, &["All"]);
        }))
    }

    /// Who owns the fields that this request writes.
    pub fn manager(&self) -> Result<String, Fault> {
        if let Some(manager) = self.query.get("fieldManager") {
            let odd = manager.char_indices().find(|(_, it)| it.is_control());
            if manager.len() <= MOST_MANAGER && odd.is_none() {
                return Ok(manager.to_owned());
            }
            let kind = self.options_kind();
            return Err(options_fault(kind, "fieldManager", |errors, path| {
                if manager.len() > MOST_MANAGER {
                    errors.too_long(path, MOST_MANAGER);
                }
                if let Some((at, odd)) = odd {
                    let code = u32::from(odd);
                    let why = format!("invalid character U+{code:04X} (at position {at})");
                    errors.invalid(path, manager, why);
                }
            }));
        }
        let agent = self.headers.get(USER_AGENT).and_then(|it| it.to_str().ok());
        let name = agent
            .unwrap_or_default()
            .split('/')
            .next()
            .unwrap_or_default();
        let name: String = name.chars().take(MOST_MANAGER).collect();
        Ok(if name.is_empty() {
            "unknown".to_owned()
        } else {
            name
        })
    }

    pub fn warn(&self, mut text: String) {
        cut(&mut text, WARNINGS_BYTES);
        let mut warnings = self.warnings.lock();
        if warnings.len() < MOST_WARNINGS && !warnings.contains(&text) {
            warnings.push(text);
        }
    }

    pub fn labels(&self) -> Result<Labels, Fault> {
        match self.query.get("labelSelector") {
            None => Ok(Labels::everything()),
            Some(text) => {
                let parsed = Labels::parse(text);
                Ok(parsed.map_err(|why| Status::bad_request(why.to_string()))?)
            }
        }
    }

    /// A list or a watch of one name is one by a field selector; old paths of watches name the object themselves.
    pub fn fields(&self) -> Result<Fields, Fault> {
        let text = self.query.get("fieldSelector").unwrap_or_default();
        let parsed = Fields::parse(&self.resource, text);
        let parsed = parsed.map_err(|why| Status::bad_request(why.to_string()))?;
        if self.asked.verb != "watch" || !self.asked.is_named {
            return Ok(parsed);
        }
        if !parsed.is_everything() && self.query.name_selected().as_deref() != Some(self.name()) {
            let text = "fieldSelector metadata.name doesn't match requested name";
            return Err(Status::bad_request(text).into());
        }
        Ok(parsed.and_name(self.name()))
    }

    pub fn presenter(&self) -> Presenter<'_> {
        let include = self.query.get("includeObject").unwrap_or_default();
        Presenter {
            catalog: &self.catalog,
            resource: &self.resource,
            form: self.form,
            include: Include::parse(include).unwrap_or_default(),
            now: self.now,
        }
    }

    pub fn answer(&self, code: u16, object: &Object) -> Result<Answer, Fault> {
        self.encoded(code, self.presenter().object(object))
    }

    pub fn answer_value(&self, code: u16, object: &Value) -> Result<Answer, Fault> {
        self.encoded(code, self.presenter().value(object))
    }

    pub fn encoded(&self, code: u16, body: Option<Vec<u8>>) -> Result<Answer, Fault> {
        let body = body.ok_or_else(|| Status::not_acceptable(&negotiate::ALL))?;
        Ok(answer::bytes(
            code,
            content_type(self.form.media, false),
            body,
        ))
    }

    /// An answer that is no object of the resource.
    pub fn answer_other(&self, code: u16, value: &Value) -> Answer {
        answer::value(&self.catalog, code, self.form.media, value)
    }

    /// Puts the warnings into the answer's head.
    pub fn add_warnings(&self, answer: &mut Answer) {
        for value in self.take_warnings() {
            answer.headers_mut().append(WARNING, value);
        }
    }

    /// The warnings so far, as they stand in an answer's head.
    pub fn take_warnings(&self) -> Vec<HeaderValue> {
        let mut warnings = std::mem::take(&mut *self.warnings.lock());
        if warnings.iter().map(String::len).sum::<usize>() > WARNINGS_BYTES {
            warnings.iter_mut().for_each(|it| cut(it, WARNING_BYTES));
        }
        let mut room = WARNINGS_BYTES;
        let mut values = Vec::new();
        for text in warnings {
            let Some(left) = room.checked_sub(text.len()) else {
                break;
            };
            room = left;
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
            let quoted: String = quoted.chars().filter(|it| !it.is_control()).collect();
            // Words of others are not in ASCII alone.
            values.extend(HeaderValue::from_bytes(
                format!("299 - \"{quoted}\"").as_bytes(),
            ));
        }
        values
    }

    pub fn write_fault(&self, name: &str, error: WriteError) -> Fault {
        match error {
            WriteError::Changed => self.conflict(name, wharf_kube_model::status::MODIFIED),
            WriteError::TooLarge { .. } => {
                let most = crate::storage::MAX_OBJECT_BYTES;
                Box::new(Status::too_large(&format!("limit is {most}")))
            }
            WriteError::Full => self.forbidden(name, "the cluster holds as many objects as it may"),
            WriteError::Store(error) => store_fault(error),
        }
    }
}

/// Cuts a text to so many bytes at most.
pub fn cut(text: &mut String, most: usize) {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

/// What a client hears of a store that cannot answer; the log has the rest.
pub fn store_fault(error: StoreError) -> Fault {
    let status = match &error {
        StoreError::DiskFull { .. } => Status::unavailable("no room left on the server's disk"),
        // What a quota of the cluster's own would answer.
        StoreError::ShareFull(full) => Status::forbidden("", "", "", &full.to_string()),
        StoreError::Later { .. } | StoreError::Unanswered { .. } => {
            Status::unavailable("the store cannot answer at this moment")
        }
        StoreError::Compacted { .. } => {
            Status::expired("The resourceVersion for the provided list is too old.")
        }
        _ => Status::internal("the store failed"),
    };
    tracing::warn!(%error, "a request of the Kubernetes API failed in the store");
    Box::new(status)
}
