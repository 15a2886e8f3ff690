//! etcd as a peer: one member on loopback, spoken to in gRPC directly. The one message needed is
//! encoded by hand, which costs etcd nothing.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context;
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::{key, load, value};

pub struct Etcd {
    process: Child,
    port: u16,
    /// From the start of the process to its first answered write.
    pub ready_after: Duration,
}

impl Etcd {
    /// Whether it is on PATH.
    pub fn is_there() -> bool {
        let version = Command::new("etcd")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        version.is_ok_and(|s| s.success())
    }

    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        let (port, peer) = (free_port()?, free_port()?);
        let url = |port| format!("http://127.0.0.1:{port}");
        let start = Instant::now();
        let process = Command::new("etcd")
            .arg("--data-dir")
            .arg(dir.join("etcd"))
            .args([
                "--listen-client-urls",
                &url(port),
                "--advertise-client-urls",
                &url(port),
            ])
            .args([
                "--listen-peer-urls",
                &url(peer),
                "--initial-advertise-peer-urls",
                &url(peer),
            ])
            .args(["--initial-cluster", &format!("default={}", url(peer))])
            .args(["--log-level", "error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting etcd")?;
        let mut this = Self {
            process,
            port,
            ready_after: Duration::ZERO,
        };
        let deadline = start + Duration::from_secs(30);
        loop {
            if let Ok(mut client) = this.client().await
                && client
                    .put_key("/ready".to_owned(), Vec::new())
                    .await
                    .is_ok()
            {
                this.ready_after = start.elapsed();
                return Ok(this);
            }
            anyhow::ensure!(Instant::now() < deadline, "etcd does not answer");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub async fn client(&self) -> anyhow::Result<EtcdClient> {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let uri = format!("http://127.0.0.1:{}/etcdserverpb.KV/Put", self.port).parse()?;
        Ok(EtcdClient { sender, uri })
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection of its own.
pub struct EtcdClient {
    sender: SendRequest<Full<Bytes>>,
    uri: hyper::Uri,
}

impl EtcdClient {
    pub async fn put_key(&mut self, key: String, value: Vec<u8>) -> anyhow::Result<()> {
        let request = hyper::Request::post(self.uri.clone())
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(put_request(key.as_bytes(), &value)))?;
        self.sender.ready().await?;
        let reply = self.sender.send_request(request).await?;
        let early = reply.headers().get("grpc-status").cloned();
        let body = reply.into_body().collect().await?;
        let status = early.or_else(|| body.trailers()?.get("grpc-status").cloned());
        anyhow::ensure!(
            status.as_ref().is_some_and(|s| s == "0"),
            "etcd said {status:?}"
        );
        Ok(())
    }
}

impl load::Client for EtcdClient {
    async fn put(&mut self, n: usize) -> anyhow::Result<()> {
        self.put_key(key(n % crate::KEYS), value(n)).await
    }
}

/// `PutRequest { key = 1, value = 2 }` behind gRPC's five bytes.
fn put_request(key: &[u8], value: &[u8]) -> Bytes {
    let mut message = BytesMut::with_capacity(key.len() + value.len() + 16);
    for (tag, bytes) in [(0x0a, key), (0x12, value)] {
        message.put_u8(tag);
        let mut len = bytes.len();
        while len >= 0x80 {
            message.put_u8(len as u8 | 0x80);
            len >>= 7;
        }
        message.put_u8(len as u8);
        message.put_slice(bytes);
    }
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(message.len() as u32);
    framed.put_slice(&message);
    framed.freeze()
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
