//! A registry that does as it is told.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::watch};

/// Method and path with query, and what the request shows of its sender.
pub type Seen = Arc<Mutex<Vec<(String, String)>>>;
pub type Scripted = Response<Full<Bytes>>;

/// Answers by path and `Authorization`.
pub async fn scripted(
    answer: impl Fn(&str, &str) -> Scripted + Send + Sync + 'static,
) -> (SocketAddr, Seen) {
    let (_, open) = watch::channel(true);
    scripted_behind(answer, "", open).await
}

/// Answers requests whose paths have `held` in them when the gate is open.
pub async fn scripted_behind(
    answer: impl Fn(&str, &str) -> Scripted + Send + Sync + 'static,
    held: &'static str,
    gate: watch::Receiver<bool>,
) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (answer, seen) = (Arc::new(answer), Seen::default());
    let noted = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answer, noted, gate) = (answer.clone(), noted.clone(), gate.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let shown = request.headers().get(AUTHORIZATION);
                let shown = shown.map_or("", |it| it.to_str().unwrap()).to_owned();
                let path = request.uri().to_string();
                let answered = answer(&path, &shown);
                noted
                    .lock()
                    .unwrap()
                    .push((format!("{} {path}", request.method()), shown));
                let mut gate = gate.clone();
                async move {
                    if path.contains(held) {
                        // Whoever held it may be gone, which opens it too.
                        let _ = gate.wait_for(|open| *open).await;
                    }
                    Ok::<_, Infallible>(answered)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, seen)
}

pub fn say(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Scripted {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Full::new(body.into())).unwrap()
}
