//! A node is asked what it uses, over the same way as for logs.

use std::{io, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, header::HOST};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;
use wharf_kube_model::view::text_at;

use super::sample::{self, OfNode};
use crate::cluster::Nodes;

/// For all of it. A node that is slower is absent this time.
const TAKES: Duration = Duration::from_secs(10);
/// Room for some thousand containers.
const MOST_BODY: usize = 4 << 20;

pub async fn ask(nodes: &dyn Nodes, node: &Value) -> io::Result<OfNode> {
    let asked = tokio::time::timeout(TAKES, read(nodes, node)).await;
    let body = asked.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    sample::read(&body).map_err(io::Error::other)
}

async fn read(nodes: &dyn Nodes, node: &Value) -> io::Result<Bytes> {
    let connection = nodes.kubelet(node).await?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(connection)).await;
    let (mut sender, driver) = handshake.map_err(io::Error::other)?;
    // Errors reach whoever waits for the answer.
    let _driver = AbortOnDropHandle::new(tokio::spawn(async move {
        let _ = driver.await;
    }));
    let request = Request::get("/stats/summary")
        .header(HOST, text_at(node, &["metadata", "name"]))
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let answer = sender.send_request(request).await;
    let answer = answer.map_err(io::Error::other)?;
    if answer.status() != StatusCode::OK {
        return Err(io::Error::other(format!("it answered {}", answer.status())));
    }
    let body = Limited::new(answer.into_body(), MOST_BODY).collect().await;
    Ok(body.map_err(io::Error::other)?.to_bytes())
}
