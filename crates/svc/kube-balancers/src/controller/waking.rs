//! Who is woken by what.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::{Change, Object as _};

use super::{Controller, Queue, SERVICE_NAME};
use crate::{
    endpoints::{self, POD_ENI},
    ingress, nodes, objects, service,
    stack::Key,
};

impl Controller {
    pub(super) fn subscribe(self: &Arc<Self>, queue: &Queue) {
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.services.subscribe(move |change| {
            let (Some(this), object) = (this.upgrade(), change.object()) else {
                return;
            };
            this.wake_service(&to, object.namespace(), object.name());
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.slices.subscribe(move |change| {
            let (Some(this), slice) = (this.upgrade(), change.object()) else {
                return;
            };
            if let Some(service) = slice.label(SERVICE_NAME) {
                this.wake_service(&to, slice.namespace(), service);
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.pods.subscribe(move |change| {
            let Some(this) = this.upgrade() else { return };
            let pod = change.object();
            // A slice may be told of before the pod is: its interface is what matters.
            if !endpoints::is_new_interface(change) || pod.annotation(POD_ENI).is_none() {
                return;
            }
            for slice in this.slices.in_namespace(pod.namespace()) {
                let mut endpoints = slice.list("/endpoints").iter();
                if endpoints.any(|it| it.text("/targetRef/name") == pod.name())
                    && let Some(service) = slice.label(SERVICE_NAME)
                {
                    this.wake_service(&to, pod.namespace(), service);
                }
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.nodes.subscribe(move |change| {
            let Some(this) = this.upgrade() else { return };
            if nodes::counts(change) {
                for key in this.by_nodes.lock().iter() {
                    to.wake(key.clone());
                }
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.secrets.subscribe(move |change| {
            let Some(this) = this.upgrade() else { return };
            let secret = change.object();
            this.wake_secret(&to, secret.namespace(), secret.name());
        });
        let to = queue.clone();
        self.ingresses.subscribe(move |change| {
            let wake = |ingress: &Value| {
                for key in objects::keys(ingress) {
                    to.wake(key);
                }
            };
            if let Change::Changed { old, .. } = change {
                wake(old);
            }
            wake(change.object());
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.classes.subscribe(move |_| {
            let Some(this) = this.upgrade() else { return };
            for ingress in this.ingresses.all() {
                for key in objects::keys(&ingress) {
                    to.wake(key);
                }
            }
        });
    }

    fn wake_service(&self, queue: &Queue, namespace: &str, name: &str) {
        let key = Key::Service {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let service = self.services.get(namespace, name);
        let matters =
            service.is_none_or(|it| service::wants(&it) || it.has_finalizer(objects::OF_SERVICE));
        if matters || self.known.lock().contains_key(&key) {
            queue.wake(key);
        }
        for ingress in self.ingresses.in_namespace(namespace) {
            if objects::names_service(&ingress, name) {
                for key in objects::keys(&ingress) {
                    queue.wake(key);
                }
            }
        }
    }

    /// Ingresses whose users are authenticated by what is in a Secret, by their own annotations or by those of a Service.
    fn wake_secret(&self, queue: &Queue, namespace: &str, name: &str) {
        let names_it = |it: &Value| ingress::secret_of(it).as_deref() == Some(name);
        for service in self.services.in_namespace(namespace) {
            if names_it(&service) {
                self.wake_service(queue, namespace, service.name());
            }
        }
        for ingress in self.ingresses.in_namespace(namespace) {
            if names_it(&ingress) {
                for key in objects::keys(&ingress) {
                    queue.wake(key);
                }
            }
        }
    }
}
