//! What a request is about.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, Request};
use serde_json::Value;

use crate::object::Object;

#[derive(Debug, Clone)]
pub(super) struct Target {
    pub group: String,
    pub plural: String,
    pub namespace: String,
    /// Empty for the collection.
    pub name: String,
    pub subresource: String,
    query: HashMap<String, String>,
    is_get: bool,
}

impl Target {
    pub fn parse(request: &Request<Bytes>) -> Option<Self> {
        let path = request.uri().path();
        let decoded = percent_encoding::percent_decode_str(path)
            .decode_utf8()
            .ok()?;
        let mut parts: Vec<&str> = decoded.split('/').skip(1).collect();
        let group = match parts.remove(0) {
            "api" => "",
            "apis" if parts.len() > 1 => parts.remove(0),
            _ => return None,
        };
        let mut parts = parts.into_iter();
        parts.next()?;
        let mut rest: Vec<&str> = parts.collect();
        let mut namespace = "";
        if rest.len() > 2 && rest[0] == "namespaces" && !["status", "finalize"].contains(&rest[2]) {
            namespace = rest[1];
            rest.drain(..2);
        }
        let query = request.uri().query().unwrap_or_default();
        let text = |at: usize| rest.get(at).copied().unwrap_or_default().to_owned();
        Some(Self {
            group: group.to_owned(),
            plural: text(0),
            namespace: namespace.to_owned(),
            name: text(1),
            subresource: text(2),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            is_get: request.method() == Method::GET,
        })
    }

    pub fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    pub fn is_watch(&self) -> bool {
        self.is_get && self.query("watch") == "true"
    }

    pub fn is_list(&self) -> bool {
        self.is_get && self.name.is_empty() && !self.plural.is_empty()
    }

    /// Whether an object of the collection is selected. Selectors are of equality alone.
    pub fn selects(&self, object: &Value) -> bool {
        let terms = |text: &str| -> Vec<(String, String)> {
            let terms = text.split(',').filter_map(|it| it.split_once('='));
            terms
                .map(|(name, value)| (name.to_owned(), value.trim_start_matches('=').to_owned()))
                .collect()
        };
        let labels = terms(self.query("labelSelector"));
        let fields = terms(self.query("fieldSelector"));
        (self.namespace.is_empty() || object.namespace() == self.namespace)
            && labels
                .iter()
                .all(|(name, value)| object.label(name) == Some(value))
            && fields
                .iter()
                .all(|(name, value)| object.text(&format!("/{}", name.replace('.', "/"))) == value)
    }
}
