//! `GET /health`: whether the parts of the control plane work, and which does not.
//!
//! Anybody may ask, so an answer writes nothing: store and journal say whether they could.

use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode, header};
use serde_json::json;
use tokio::sync::Mutex;
use wharf_journal::Journal;
use wharf_store::Store;
use wharf_wire::fault::Chain;

use crate::gateway::{Asking, Body, Handler, Incoming, Peer, full};

/// A verdict counts so long: whoever asks more often gets the same one.
const VERDICT_LIFE: Duration = Duration::from_secs(1);
/// A part that says nothing for so long hangs, on its disk most likely.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

pub struct Health {
    store: Store,
    journal: Journal,
    verdict: Mutex<Option<(Instant, Verdict)>>,
}

/// `ok`, or what the part says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    store: String,
    journal: String,
}

impl Health {
    pub fn new(store: Store, journal: Journal) -> Self {
        Self {
            store,
            journal,
            verdict: Mutex::default(),
        }
    }

    async fn verdict(&self) -> Verdict {
        let mut known = self.verdict.lock().await;
        if let Some((at, verdict)) = &*known
            && at.elapsed() < VERDICT_LIFE
        {
            return verdict.clone();
        }
        let (store, journal) = tokio::join!(said(self.store.probe()), said(self.journal.probe()));
        let verdict = Verdict { store, journal };
        *known = Some((Instant::now(), verdict.clone()));
        verdict
    }
}

async fn said<E: std::error::Error + Send + Sync + 'static>(
    probe: impl Future<Output = Result<(), E>>,
) -> String {
    match tokio::time::timeout(ANSWER_TIMEOUT, probe).await {
        Ok(Ok(())) => "ok".to_owned(),
        Ok(Err(error)) => Chain(&error).to_string(),
        Err(_) => format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()),
    }
}

#[async_trait::async_trait]
impl Handler for Health {
    async fn handle(&self, _: Request<Incoming>, _: Peer, _: &Asking) -> Response<Body> {
        let Verdict { store, journal } = self.verdict().await;
        let healthy = store == "ok" && journal == "ok";
        let body = json!({
            "status": if healthy { "ok" } else { "failing" },
            "version": env!("CARGO_PKG_VERSION"),
            "parts": { "gateway": "ok", "store": store, "journal": journal },
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
