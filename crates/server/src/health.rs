//! `GET /health`: whether the parts of the control plane work, and which does not.

use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::Mutex;
use wharf_base::Permit;
use wharf_store::Store;

use crate::gateway::{Asking, Body, Handler, Peer, full};

const PERMIT: Permit = Permit::for_controller("health");
/// Written by a check: a store that cannot write is not healthy.
const PROBE_KEY: &str = "/w1/c0/health/probe";

/// A verdict counts so long: whoever asks more often gets the same one, and no further write.
const VERDICT_LIFE: Duration = Duration::from_secs(1);

pub struct Health {
    store: Store,
    /// `ok`, or what the store said, and when.
    verdict: Mutex<Option<(Instant, String)>>,
}

impl Health {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            verdict: Mutex::default(),
        }
    }

    async fn store_verdict(&self) -> String {
        let mut verdict = self.verdict.lock().await;
        if let Some((at, text)) = &*verdict
            && at.elapsed() < VERDICT_LIFE
        {
            return text.clone();
        }
        let text = match self.store.put(&PERMIT, PROBE_KEY, "probe").await {
            Ok(_) => "ok".to_owned(),
            Err(error) => wharf_wire::fault::Chain(&error).to_string(),
        };
        *verdict = Some((Instant::now(), text.clone()));
        text
    }
}

#[async_trait::async_trait]
impl Handler for Health {
    async fn handle(&self, _: Request<Incoming>, _: Peer, _: &Asking) -> Response<Body> {
        let store = self.store_verdict().await;
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
