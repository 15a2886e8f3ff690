//! What fuzzing reaches of this crate: the languages within the annotations of Services and Ingresses.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::{
    endpoints::Services,
    ingress::{self, build},
};

/// A cluster that has nothing but one Secret.
struct Empty(Arc<Value>);

impl Services for Empty {
    fn service(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn slices(&self, _: &str, _: &str) -> Vec<Arc<Value>> {
        Vec::new()
    }

    fn pod(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn nodes(&self) -> Vec<Arc<Value>> {
        Vec::new()
    }

    fn secret(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        Some(self.0.clone())
    }
}

/// An Ingress, as the API server keeps them, beside a Secret with what a login needs.
pub fn ingress(ingress: Value, secret: Value) {
    let ingress = Arc::new(ingress);
    if ingress.name().is_empty() || ingress.namespace().is_empty() {
        return;
    }
    if let Ok(key) = ingress::key(&ingress) {
        let _ = build("c", &key, vec![ingress], &Empty(Arc::new(secret)));
    }
}
