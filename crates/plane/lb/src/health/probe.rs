//! One health check of one target.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use wharf_planeproto::balancer::{Protocol, ProtocolVersion};

use super::machine::Outcome;
use crate::{
    config::CompiledGroup,
    netns::{Origin, Sockets},
    upstream,
};

/// Of an answer's head; a check that gets more has failed.
const MOST_HEAD: usize = 64 * 1024;
const AGENT: &str = "ELB-HealthChecker/2.0";

/// What a check needs to know.
#[derive(Debug, Clone)]
pub struct Probe {
    pub group: Arc<CompiledGroup>,
    /// Where to ask; the port may be another than that of the traffic.
    pub address: SocketAddr,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Probe {
    /// Runs the check. An error is of this host (no socket to be had in the namespace), and says
    /// nothing about the target.
    pub async fn run(&self, sockets: &Sockets, origin: &Origin) -> io::Result<Outcome> {
        let socket = sockets.tcp(origin, self.address.ip()).await?;
        let seconds = u64::from(self.group.record.health_check.timeout_seconds.max(1));
        let checked = self.check(socket);
        Ok(tokio::time::timeout(Duration::from_secs(seconds), checked)
            .await
            .unwrap_or(Outcome::TimedOut))
    }

    async fn check(&self, socket: std::os::fd::OwnedFd) -> Outcome {
        let Ok(stream) = upstream::connect_socket(socket, self.address).await else {
            return Outcome::Failed;
        };
        let record = &self.group.record;
        let http2 = record.protocol_version != ProtocolVersion::Http1;
        let stream: Box<dyn Stream> = match record.health_check.protocol {
            Protocol::Http => Box::new(stream),
            Protocol::Https => match upstream::handshake(stream, self.address, http2).await {
                Ok(stream) => Box::new(stream),
                Err(_) => return Outcome::Failed,
            },
            _ => return Outcome::Passed,
        };
        let code = match record.protocol_version {
            ProtocolVersion::Http1 => self.http1(stream).await,
            ProtocolVersion::Http2 => self.http2(stream).await,
            ProtocolVersion::Grpc => self.grpc(stream).await,
        };
        match code {
            None => Outcome::Failed,
            Some(code) if self.group.matcher.contains(code) => Outcome::Passed,
            Some(code) => Outcome::Code(code),
        }
    }

    async fn http1(&self, mut stream: Box<dyn Stream>) -> Option<u16> {
        let path = &self.group.record.health_check.path;
        let address = self.address;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nUser-Agent: {AGENT}\r\nAccept-Encoding: gzip, compressed\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut head = BytesMut::with_capacity(1024);
        loop {
            if stream.read_buf(&mut head).await.ok()? == 0 || head.len() > MOST_HEAD {
                return None;
            }
            let mut headers = [httparse::EMPTY_HEADER; upstream::MOST_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            if response.parse(&head).ok()?.is_complete() {
                return response.code;
            }
        }
    }

    async fn http2(&self, stream: Box<dyn Stream>) -> Option<u16> {
        let request = self.request(Method::GET, Bytes::new())?;
        let response = ask(stream, request).await?;
        Some(response.status().as_u16())
    }

    /// An empty message to the method that the path names; its gRPC status.
    async fn grpc(&self, stream: Box<dyn Stream>) -> Option<u16> {
        let mut request = self.request(Method::POST, Bytes::from_static(&[0; 5]))?;
        let headers = request.headers_mut();
        headers.insert("content-type", "application/grpc".parse().ok()?);
        headers.insert("te", "trailers".parse().ok()?);
        let response = ask(stream, request).await?;
        let status = |headers: &HeaderMap| headers.get("grpc-status")?.to_str().ok()?.parse().ok();
        if let Some(code) = status(response.headers()) {
            return Some(code);
        }
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            if let Ok(trailers) = frame.ok()?.into_trailers() {
                return status(&trailers);
            }
        }
        None
    }

    fn request(&self, method: Method, body: Bytes) -> Option<Request<Full<Bytes>>> {
        let path = &self.group.record.health_check.path;
        Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("user-agent", AGENT)
            .body(Full::new(body))
            .ok()
    }
}

async fn ask(
    stream: Box<dyn Stream>,
    request: Request<Full<Bytes>>,
) -> Option<http::Response<hyper::body::Incoming>> {
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.ok()?;
    // Ends with its sender, at the latest when the check times out.
    tokio::spawn(connection);
    sender.send_request(request).await.ok()
}
