//! A connection to a port of a pod, through the kubelet of its node: the API server itself is in no network of pods.

use std::io;

use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{CONNECTION, HOST, UPGRADE},
};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use crate::cluster::Connection;

/// What the kubelet is asked to become.
const PROTOCOL: &str = "tcp";
/// Of what a kubelet says when it cannot.
const MOST_TOLD: usize = 4 << 10;

/// Asks the kubelet at the other end to pass on bytes from and to where `path` leads.
pub async fn open(
    kubelet: Box<dyn Connection>,
    host: &str,
    path: &str,
) -> io::Result<Box<dyn Connection>> {
    let (mut sender, driver) = hyper::client::conn::http1::Builder::new()
        .handshake::<_, Empty<Bytes>>(TokioIo::new(kubelet))
        .await
        .map_err(io::Error::other)?;
    // Errors reach whoever waits for the answer; who no longer does takes it along.
    let _driver = AbortOnDropHandle::new(tokio::spawn(driver.with_upgrades()));
    let request = Request::get(path)
        .header(HOST, host)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, PROTOCOL)
        .body(Empty::new())
        .map_err(io::Error::other)?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(io::Error::other)?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let told = Limited::new(answer.into_body(), MOST_TOLD).collect().await;
        let told = told.map(|it| it.to_bytes()).unwrap_or_default();
        let told = String::from_utf8_lossy(&told).trim().to_owned();
        return Err(io::Error::other(told));
    }
    let upgraded = hyper::upgrade::on(answer).await.map_err(io::Error::other)?;
    Ok(Box::new(TokioIo::new(upgraded)))
}
