//! The control endpoints: what wharf offers beside the AWS APIs, under `/wharf/` and `/metrics`.
//!
//! Each is a row of [`ENDPOINTS`]: method, path, the action that policies are asked about, and what
//! it does for whom they let. Rows that write take POST, and never what a browser sends. What was
//! decided and what came of it is told to the audit log.

use std::pin::Pin;

use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use hyper::body::Incoming;
use serde_json::{Map, Value};
use wharf_base::ids;
use wharf_wire::{Call, Check, audit::Event};

use super::{
    Body, Gateway, Peer, api,
    refused::{NotLetIn, Unproven},
    text,
};

/// Members of a query that prove something, and are nobody else's business.
const SECRET: [&str; 1] = ["proof"];

/// One endpoint.
pub struct Endpoint {
    method: Method,
    path: &'static str,
    /// What requests are counted as.
    pub name: &'static str,
    /// Of `wharf:`; also the name in the audit log.
    action: &'static str,
    run: Run,
}

type Run = for<'a> fn(&'a Gateway, Asked<'a>) -> Running<'a>;
type Running<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
type Outcome = Result<Done, Refusal>;

/// A request that policies let through.
pub struct Asked<'a> {
    pub call: Call,
    pub query: &'a str,
    pub peer: &'a Peer,
}

/// What was done.
pub struct Done {
    shown: String,
    kind: Option<&'static str>,
    /// What the audit log shows of the answer.
    told: Map<String, Value>,
}

impl Done {
    pub fn telling(self, name: &str, value: impl Into<Value>) -> Self {
        let mut told = self.told;
        told.insert(name.to_owned(), value.into());
        Self { told, ..self }
    }
}

impl<T: ToString> From<T> for Done {
    fn from(shown: T) -> Self {
        Self {
            shown: shown.to_string(),
            kind: None,
            told: Map::new(),
        }
    }
}

/// Why nothing was done, for people.
pub struct Refusal {
    status: StatusCode,
    text: String,
}

impl Refusal {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
        }
    }

    /// In the audit log.
    fn code(&self) -> &'static str {
        match self.status {
            StatusCode::FORBIDDEN => "AccessDenied",
            status if status.is_server_error() => "InternalFailure",
            _ => "InvalidRequest",
        }
    }
}

/// The request does not make sense as things are.
impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }
}

const fn reads(path: &'static str, name: &'static str, action: &'static str, run: Run) -> Endpoint {
    Endpoint {
        method: Method::GET,
        path,
        name,
        action,
        run,
    }
}

const fn writes(
    path: &'static str,
    name: &'static str,
    action: &'static str,
    run: Run,
) -> Endpoint {
    Endpoint {
        method: Method::POST,
        path,
        name,
        action,
        run,
    }
}

/// A row's work: an expression over the gateway and what was asked.
macro_rules! does {
    (|$all:ident, $asked:ident| $work:expr) => {
        |$all, $asked| Box::pin(async move { Ok(Done::from($work)) })
    };
}

/// All of them.
pub static ENDPOINTS: [Endpoint; 12] = [
    reads("/metrics", "metrics", "Metrics", |all, _| {
        Box::pin(async move { Ok(metrics(all)) })
    }),
    reads(
        "/wharf/overview",
        "overview",
        "Overview",
        does!(|all, asked| all.overview.document(&asked.call).await?),
    ),
    reads(
        "/wharf/explain",
        "explain",
        "Explain",
        does!(|all, asked| all.explain.document(&asked.call, asked.query).await?),
    ),
    reads(
        "/wharf/ca",
        "ca",
        "GetCertificateAuthority",
        does!(|all, _asked| all.certificate_authority.certificate().await?),
    ),
    reads(
        "/wharf/nodes",
        "nodes",
        "ListNodes",
        does!(|all, asked| all.nodes.list(&asked.call).await?),
    ),
    writes(
        "/wharf/nodes/remove",
        "nodes",
        "RemoveNode",
        does!(|all, asked| all.nodes.remove(&asked.call, asked.query).await?),
    ),
    reads(
        "/wharf/keys",
        "keys",
        "ListKeys",
        does!(|all, _asked| all.keys.list().await?),
    ),
    writes(
        "/wharf/keys/rotate",
        "keys",
        "RotateKeys",
        does!(|all, asked| all.keys.rotate(&asked.call, asked.query).await?),
    ),
    writes(
        "/wharf/keys/retire",
        "keys",
        "RotateKeys",
        does!(|all, asked| all.keys.retire(&asked.call, asked.query).await?),
    ),
    reads(
        "/wharf/backup",
        "backup",
        "Backup",
        does!(|all, _asked| all.backup.state()),
    ),
    writes(
        "/wharf/backup",
        "backup",
        "Backup",
        does!(|all, asked| all.backup.begin(asked.peer, asked.query).await?),
    ),
    writes(
        "/wharf/join-token",
        "join",
        "CreateJoinToken",
        |all, asked| Box::pin(async move { all.join.create_token(&asked.call, asked.query).await }),
    ),
];

fn metrics(all: &Gateway) -> Done {
    Done {
        kind: Some(wharf_metrics::CONTENT_TYPE),
        ..Done::from(all.metrics.text())
    }
}

/// The endpoint at a path, by its place in [`ENDPOINTS`].
pub fn find(method: &Method, path: &str) -> Option<usize> {
    let mut all = ENDPOINTS.iter();
    all.position(|it| it.path == path && it.method == *method)
}

/// Answers a request for the endpoint at that place.
pub async fn answer(
    all: &Gateway,
    endpoint: usize,
    request: &Request<Incoming>,
    peer: &Peer,
) -> Response<Body> {
    let (endpoint, request_id) = (&ENDPOINTS[endpoint], ids::uuid());
    let mut response = match endpoint.outcome(all, request, peer, &request_id).await {
        Ok(Ok(done)) => {
            let mut response = text(StatusCode::OK, done.shown);
            if let Some(kind) = done.kind {
                let kind = HeaderValue::from_static(kind);
                response.headers_mut().insert(CONTENT_TYPE, kind);
            }
            response
        }
        Ok(Err(refusal)) => text(refusal.status, format!("{}\n", refusal.text)),
        Err(answer) => return api::respond(answer, &request_id),
    };
    api::name_request(&mut response, &request_id);
    response
}

impl Endpoint {
    /// What was done or why not; the outer error is for whom nobody knows.
    async fn outcome(
        &self,
        all: &Gateway,
        request: &Request<Incoming>,
        peer: &Peer,
        request_id: &str,
    ) -> Result<Outcome, wharf_wire::service::Answer> {
        let asks = Unproven {
            service: "wharf",
            name: self.action,
            peer,
            request_id,
        };
        if self.method == Method::POST
            && let Some(header) = sent_by_a_browser(request)
        {
            let refusal = NotLetIn::Browser(header);
            return Err(all.apis.turn_away(request, &asks, &refusal).await);
        }
        let cx = all.apis.authenticate(request, &asks).await?;
        let dispatcher = &all.apis.dispatcher;
        let checks = [Check::any(format!("wharf:{}", self.action))];
        let (let_in, decided) = dispatcher.weigh(cx.clone(), &checks).await;
        let query = request.uri().query().unwrap_or_default();
        let outcome = match let_in {
            Ok(call) => (self.run)(all, Asked { call, query, peer }).await,
            Err(text) => Err(Refusal::new(StatusCode::FORBIDDEN, text)),
        };
        let event = Event {
            decided,
            read_only: self.method == Method::GET,
            ..Event::of_service(cx, "wharf", self.action).with_parameters(&parameters(query))
        };
        let event = match &outcome {
            Ok(done) => event.with_response(&done.told),
            Err(refusal) => event.with_error(refusal.code(), &refusal.text),
        };
        dispatcher.tell(event).await;
        Ok(outcome)
    }
}

/// A query as the audit log shows it.
fn parameters(query: &str) -> Map<String, Value> {
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| match SECRET.contains(&&*name) {
            true => (name.into_owned(), wharf_wire::audit::HIDDEN.into()),
            false => (name.into_owned(), value.into_owned().into()),
        })
        .collect()
}

/// What a browser says with every request that could change something; tools say none of it.
fn sent_by_a_browser<B>(request: &Request<B>) -> Option<&'static str> {
    let headers = ["Origin", "Sec-Fetch-Site"].into_iter();
    let mut said = headers.filter(|name| request.headers().contains_key(*name));
    said.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_stands_once() {
        for (place, endpoint) in ENDPOINTS.iter().enumerate() {
            assert_eq!(find(&endpoint.method, endpoint.path), Some(place));
        }
        assert_eq!(find(&Method::GET, "/wharf/keys/rotate"), None);
        assert_eq!(find(&Method::POST, "/metrics"), None);
    }

    #[test]
    fn proofs_are_not_told() {
        let told = parameters("dir=%2Fmnt&proof=hunter2");
        assert_eq!(told["dir"], "/mnt");
        assert_eq!(told["proof"], wharf_wire::audit::HIDDEN);
    }

    #[test]
    fn browsers_are_told_from_tools() {
        let request = |name: &str| {
            let request = Request::post("/").header("host", "localhost");
            request.header(name, "null").body(()).unwrap()
        };
        assert_eq!(sent_by_a_browser(&request("origin")), Some("Origin"));
        assert_eq!(
            sent_by_a_browser(&request("sec-fetch-site")),
            Some("Sec-Fetch-Site")
        );
        assert_eq!(sent_by_a_browser(&request("x-other")), None);
    }
}
