//! What fuzzing reaches of this crate: the languages within the annotations of Services and Ingresses, and what TargetGroupBindings say.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::Object as _;
use wharf_service::Place;

use crate::{
    binding,
    endpoints::Services,
    ingress::{self, build},
    service,
    stack::TargetKind,
};

/// A cluster that has one object of each kind at most, by whatever name.
#[derive(Default)]
pub struct World {
    pub service: Option<Arc<Value>>,
    pub slice: Option<Arc<Value>>,
    pub pod: Option<Arc<Value>>,
    pub node: Option<Arc<Value>>,
    pub secret: Option<Arc<Value>>,
}

impl Services for World {
    fn service(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        self.service.clone()
    }

    fn slices(&self, _: &str, _: &str) -> Vec<Arc<Value>> {
        self.slice.iter().cloned().collect()
    }

    fn pod(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        self.pod.clone()
    }

    fn nodes(&self) -> Vec<Arc<Value>> {
        self.node.iter().cloned().collect()
    }

    fn secret(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        self.secret.clone()
    }
}

/// A Service, which has a load balancer or none.
pub fn service(service: &Value, world: &World) {
    if service.name().is_empty() || service.namespace().is_empty() {
        return;
    }
    let _ = service::wants(service);
    if let Ok(built) = service::build("c", service, world) {
        let listeners = built.stack.listeners.len();
        assert!(listeners <= 50, "{listeners} listeners");
    }
}

/// A TargetGroupBinding of a cluster in us-east-1.
pub fn binding(object: &Value, world: &World) {
    let place = Place {
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
    };
    let _ = binding::names_service(object, "web");
    let Ok(wish) = binding::read(object, &place) else {
        return;
    };
    for kind in [TargetKind::Ip, TargetKind::Instance] {
        if let Ok(wanted) = binding::wanted(object, &wish, kind, world) {
            assert!(wanted.targets.len() <= 1000);
        }
    }
}

/// An Ingress, as the API server keeps them, beside a Secret with what a login needs.
pub fn ingress(ingress: Value, secret: Value) {
    let ingress = Arc::new(ingress);
    if ingress.name().is_empty() || ingress.namespace().is_empty() {
        return;
    }
    if let Ok(key) = ingress::key(&ingress) {
        let world = World {
            secret: Some(Arc::new(secret)),
            ..World::default()
        };
        let _ = build("c", &key, vec![ingress], &world);
    }
}
