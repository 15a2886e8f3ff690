//! Requests to a Kubernetes API server from many connections at once.
//!
//! `wharf-bench-kube WHAT URL AUTHORITY NAMESPACE CLIENTS COUNT`, with a bearer token in `KUBE_TOKEN` and the authority's
//! certificate in a file. Prints one line of JSON: `seconds`, `per_second`, `p50_ms`, `p99_ms`.
//!
//! | what | one of them is |
//! | --- | --- |
//! | `create` | a pod that no scheduler takes, made |
//! | `list` | all pods of the namespace, listed |
//! | `watch` | an event that one of so many watches hears of; there are `COUNT` changes |

use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, header::CONTENT_TYPE};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wharf_kube_client::{Body, Credentials, Https, NoToken, Tokens, Transport as _};

/// Watches over one connection of HTTP/2, as those of one program are.
const A_CONNECTION: usize = 20;
/// Nobody waits longer for an event that does not come.
const PATIENCE: Duration = Duration::from_secs(300);

struct Token(String);

#[async_trait]
impl Tokens for Token {
    async fn token(&self) -> Result<String, NoToken> {
        Ok(self.0.clone())
    }
}

/// Who asks, and for which namespace.
#[derive(Clone)]
struct Server {
    url: String,
    authority: Vec<u8>,
    token: String,
    namespace: String,
}

impl Server {
    /// A connection of its own.
    fn connect(&self) -> Result<Https> {
        let token = Credentials::Tokens(Arc::new(Token(self.token.clone())));
        Ok(Https::new(&self.url, &self.authority, token)?)
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }
}

async fn ask(to: &Https, method: Method, path: &str, kind: &str, body: &Value) -> Result<Body> {
    let body = match body {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    };
    let request = Request::builder().method(method).uri(path);
    let request = request.header(CONTENT_TYPE, kind).body(body)?;
    let answer = to.send(request).await?;
    let status = answer.status();
    if !status.is_success() {
        let said = answer.into_body().collect().await?.to_bytes();
        bail!("{path}: {status}: {}", String::from_utf8_lossy(&said));
    }
    Ok(answer.into_body())
}

/// To the end; how long it was.
async fn read(mut body: Body) -> Result<usize> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(length)
}

fn pod(number: usize) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": format!("p{number}"), "labels": {"app": "bench", "number": number.to_string()}},
        "spec": {
            "schedulerName": "nobody",
            // No controller made the upstream's account a token.
            "automountServiceAccountToken": false,
            "containers": [{
                "name": "c", "image": "registry/app:1",
                "env": [{"name": "A", "value": "B"}],
                "ports": [{"containerPort": 80}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
            }],
        },
    })
}

/// `count` times by `clients` connections; how long each took.
async fn repeat(
    server: &Server,
    what: &str,
    clients: usize,
    count: usize,
) -> Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut all = JoinSet::new();
    for _ in 0..clients {
        let (to, next) = (server.connect()?, Arc::clone(&next));
        let (path, is_list) = (server.path("pods"), what == "list");
        all.spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(took);
                }
                let begun = Instant::now();
                let (method, body) = match is_list {
                    true => (Method::GET, Value::Null),
                    false => (Method::POST, pod(number)),
                };
                let body = ask(&to, method, &path, "application/json", &body).await?;
                ensure!(read(body).await? > 0, "an answer is empty");
                took.push(begun.elapsed());
            }
        });
    }
    let mut took = Vec::new();
    while let Some(one) = all.join_next().await {
        took.extend(one??);
    }
    Ok(took)
}

/// One watch hears of `count` changes; when each came.
async fn hear(mut body: Body, count: usize) -> Result<Vec<Instant>> {
    let mut heard = Vec::with_capacity(count);
    while heard.len() < count {
        let frame = body.frame().await.context("a watch ended early")??;
        let now = Instant::now();
        let lines = frame
            .data_ref()
            .map_or(0, |it| it.iter().filter(|it| **it == b'\n').count());
        heard.resize(heard.len() + lines, now);
    }
    Ok(heard)
}

/// `count` changes of one object, of which all watches hear; from each change to each time it was heard.
async fn watch(server: &Server, clients: usize, count: usize) -> Result<Vec<Duration>> {
    let to = server.connect()?;
    let made = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "watched"}, "data": {"n": "0"}});
    let body = ask(
        &to,
        Method::POST,
        &server.path("configmaps"),
        "application/json",
        &made,
    )
    .await?;
    let made: Value = serde_json::from_slice(&body.collect().await?.to_bytes())?;
    let from = made["metadata"]["resourceVersion"]
        .as_str()
        .context("no revision")?;
    let path = server.path(&format!(
        "configmaps?watch=1&fieldSelector=metadata.name%3Dwatched&resourceVersion={from}"
    ));
    let ready = Arc::new(AtomicUsize::new(0));
    let mut all = JoinSet::new();
    for at in (0..clients).step_by(A_CONNECTION) {
        let (own, path, ready) = (server.connect()?, path.clone(), Arc::clone(&ready));
        all.spawn(async move {
            let mut watches = JoinSet::new();
            // One after the other: all but the first find a connection.
            for _ in at..clients.min(at + A_CONNECTION) {
                let body = ask(&own, Method::GET, &path, "application/json", &Value::Null);
                watches.spawn(hear(body.await?, count));
                ready.fetch_add(1, Ordering::Relaxed);
            }
            watches
                .join_all()
                .await
                .into_iter()
                .collect::<Result<Vec<_>>>()
        });
    }
    let patience = Instant::now() + PATIENCE;
    while ready.load(Ordering::Relaxed) < clients {
        ensure!(Instant::now() < patience, "not all watches began");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut changed = Vec::with_capacity(count);
    for n in 1..=count {
        changed.push(Instant::now());
        let change = json!({"data": {"n": n.to_string()}});
        let path = server.path("configmaps/watched");
        let body = ask(
            &to,
            Method::PATCH,
            &path,
            "application/merge-patch+json",
            &change,
        )
        .await?;
        read(body).await?;
    }
    let mut took = Vec::new();
    while let Some(one) = tokio::time::timeout(PATIENCE, all.join_next()).await? {
        for heard in one?? {
            let each = heard.iter().zip(&changed);
            took.extend(each.map(|(at, from)| at.duration_since(*from)));
        }
    }
    Ok(took)
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [what, url, authority, namespace, clients, count] = &arguments[..] else {
        bail!("wharf-bench-kube WHAT URL AUTHORITY NAMESPACE CLIENTS COUNT");
    };
    let server = Server {
        url: url.clone(),
        authority: fs::read(authority).with_context(|| authority.clone())?,
        token: env::var("KUBE_TOKEN").context("KUBE_TOKEN")?,
        namespace: namespace.clone(),
    };
    let (clients, count) = (clients.parse()?, count.parse()?);
    let begun = Instant::now();
    let mut took = match what.as_str() {
        "create" | "list" => repeat(&server, what, clients, count).await?,
        "watch" => watch(&server, clients, count).await?,
        _ => bail!("{what} is nothing that is known"),
    };
    let seconds = begun.elapsed().as_secs_f64();
    took.sort_unstable();
    ensure!(!took.is_empty(), "nothing was done");
    let ms = |part: usize| {
        let at = took[(took.len() * part / 100).min(took.len() - 1)];
        (at.as_secs_f64() * 100_000.0).round() / 100.0
    };
    let shown = json!({
        "seconds": seconds,
        "per_second": took.len() as f64 / seconds,
        "p50_ms": ms(50),
        "p99_ms": ms(99),
    });
    println!("{shown}");
    Ok(())
}
