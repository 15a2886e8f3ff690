//! etcd as a peer: one member on loopback, spoken to in gRPC directly. The few messages needed are
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
        let uri =
            |method| format!("http://127.0.0.1:{}/etcdserverpb.KV/{method}", self.port).parse();
        Ok(EtcdClient {
            sender,
            put: uri("Put")?,
            txn: uri("Txn")?,
        })
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
    put: hyper::Uri,
    txn: hyper::Uri,
}

impl EtcdClient {
    pub async fn put_key(&mut self, key: String, value: Vec<u8>) -> anyhow::Result<()> {
        let message = put_request(key.as_bytes(), &value);
        self.call(self.put.clone(), message).await.map(drop)
    }

    /// Writes all of `puts` if every key of `compares` has been written so many times; whether it
    /// was so.
    pub async fn swap(
        &mut self,
        compares: &[(&str, u64)],
        puts: &[(&str, &[u8])],
    ) -> anyhow::Result<bool> {
        let mut message = Vec::new();
        for (key, version) in compares {
            // Compare { result = EQUAL, target = VERSION, key = 3, version = 4 }
            let mut compare = Vec::new();
            field(&mut compare, 3, key.as_bytes());
            varint(&mut compare, 4 << 3);
            varint(&mut compare, *version);
            field(&mut message, 1, &compare);
        }
        for (key, value) in puts {
            // RequestOp { request_put = 2 }
            let mut op = Vec::new();
            field(&mut op, 2, &put_request(key.as_bytes(), value));
            field(&mut message, 2, &op);
        }
        let reply = self.call(self.txn.clone(), message).await?;
        succeeded(&reply).context("etcd's answer to a transaction")
    }

    async fn call(&mut self, uri: hyper::Uri, message: Vec<u8>) -> anyhow::Result<Bytes> {
        let mut framed = BytesMut::with_capacity(message.len() + 5);
        framed.put_u8(0);
        framed.put_u32(u32::try_from(message.len())?);
        framed.put_slice(&message);
        let request = hyper::Request::post(uri)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(framed.freeze()))?;
        self.sender.ready().await?;
        let reply = self.sender.send_request(request).await?;
        let early = reply.headers().get("grpc-status").cloned();
        let body = reply.into_body().collect().await?;
        let status = early.or_else(|| body.trailers()?.get("grpc-status").cloned());
        anyhow::ensure!(
            status.as_ref().is_some_and(|s| s == "0"),
            "etcd said {status:?}"
        );
        let bytes = body.to_bytes();
        anyhow::ensure!(bytes.len() >= 5, "etcd's answer has no message");
        Ok(bytes.slice(5..))
    }
}

/// `PutRequest { key = 1, value = 2 }`
fn put_request(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(key.len() + value.len() + 16);
    field(&mut message, 1, key);
    field(&mut message, 2, value);
    message
}

/// Bytes, or an inner message.
fn field(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    varint(out, number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// `TxnResponse { header = 1, succeeded = 2 }`: a member that is false is left out.
fn succeeded(mut reply: &[u8]) -> Option<bool> {
    let number = |reply: &mut &[u8]| {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (first, rest) = reply.split_first()?;
            *reply = rest;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    };
    while !reply.is_empty() {
        match number(&mut reply)? {
            // varint 2
            16 => return Some(number(&mut reply)? == 1),
            tag if tag & 7 == 2 => {
                let len = usize::try_from(number(&mut reply)?).ok()?;
                reply = reply.get(len..)?;
            }
            _ => return None,
        }
    }
    Some(false)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
