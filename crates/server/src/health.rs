//! `GET /health`: whether the parts of the control plane work, and which does not.

use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;
use wharf_base::Permit;
use wharf_store::Store;

use crate::gateway::{Body, Handler, Peer, full};

const PERMIT: Permit = Permit::for_controller("health");
/// Written anew by each check: a store that cannot write is not healthy.
const PROBE_KEY: &str = "/w1/c0/health/probe";

pub struct Health {
    pub store: Store,
}

#[async_trait::async_trait]
impl Handler for Health {
    async fn handle(&self, _: Request<Incoming>, _: Peer) -> Response<Body> {
        let store = match self.store.put(&PERMIT, PROBE_KEY, "probe").await {
            Ok(_) => "ok".to_owned(),
            Err(error) => wharf_wire::fault::Chain(&error).to_string(),
        };
        let healthy = store == "ok";
        let body = json!({
            "status": if healthy { "ok" } else { "failing" },
            "version": env!("CARGO_PKG_VERSION"),
            "parts": { "gateway": "ok", "store": store },
        });
        let mut response = Response::new(full(format!("{body}\n")));
        if !healthy {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        let json = header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}
