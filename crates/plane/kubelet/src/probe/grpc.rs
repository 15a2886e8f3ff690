//! A look by gRPC's own protocol for health: `grpc.health.v1.Health/Check`, over HTTP/2 without TLS, with upstream's texts.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::AbortOnDropHandle;
use wharf_kube_model::codec::wire::{Reader, Wire, put_bytes};

use super::MOST_BODY;

const CHECK: &str = "/grpc.health.v1.Health/Check";
const UNIMPLEMENTED: &str = "12";
/// Codes of refusals by their numbers, as upstream prints them.
const CODES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];
/// As `HealthCheckResponse.ServingStatus` numbers them.
const STATUSES: [&str; 4] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const SERVING: u64 = 1;
/// A flag and a length stand before each message.
const PREFIX: usize = 5;

/// Why a server is not well, in upstream's words.
#[derive(Debug, thiserror::Error)]
pub enum RpcUnwell {
    #[error("error: health rpc probe failed: {0}")]
    Http(hyper::Error),
    #[error("error: health rpc probe failed: {0}")]
    Request(http::Error),
    #[error("error: health rpc probe failed: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("error: health rpc probe failed: unexpected HTTP status code: {0}")]
    Status(u16),
    #[error("error: health rpc probe failed: server closed the stream without sending trailers")]
    NoTrailers,
    #[error("error: health rpc probe failed: rpc error: code = {code} desc = {why}")]
    Refused { code: String, why: String },
    #[error("error: health rpc probe failed: what was answered cannot be read")]
    Unreadable,
    #[error("server does not implement the grpc health protocol (grpc.health.v1.Health): {0}")]
    Unimplemented(String),
    #[error("service unhealthy (responded with \"{0}\")")]
    Serving(String),
}

/// # Errors
/// It is not well.
pub async fn check(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    authority: &str,
    service: &str,
) -> Result<(), RpcUnwell> {
    let shaken = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(RpcUnwell::Http)?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let request = Request::post(format!("http://{authority}{CHECK}"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .header(header::USER_AGENT, "kube-probe/1.36")
        .body(Full::new(question(service)))
        .map_err(RpcUnwell::Request)?;
    let answer = sender.send_request(request).await;
    let (head, body) = answer.map_err(RpcUnwell::Http)?.into_parts();
    if head.status != StatusCode::OK {
        return Err(RpcUnwell::Status(head.status.as_u16()));
    }
    let read = Limited::new(body, MOST_BODY).collect().await;
    let read = read.map_err(RpcUnwell::Body)?;
    // A refusal has no body, and says why at once.
    let trailers = read.trailers().cloned().unwrap_or(head.headers);
    match text(&trailers, "grpc-status") {
        "0" => {}
        code => {
            let why = text(&trailers, "grpc-message");
            let why = percent_decode_str(why).decode_utf8_lossy().into_owned();
            return Err(match code {
                UNIMPLEMENTED => RpcUnwell::Unimplemented(why),
                "" => RpcUnwell::NoTrailers,
                _ => RpcUnwell::Refused {
                    code: code_name(code),
                    why,
                },
            });
        }
    }
    match status(read.to_bytes()).ok_or(RpcUnwell::Unreadable)? {
        SERVING => Ok(()),
        other => {
            let known = usize::try_from(other).ok();
            let name = known.and_then(|it| STATUSES.get(it).copied());
            let name = name.map_or_else(|| other.to_string(), str::to_owned);
            Err(RpcUnwell::Serving(name))
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let told = headers.get(name).and_then(|it| it.to_str().ok());
    told.unwrap_or_default()
}

fn code_name(code: &str) -> String {
    let known = code.parse().ok().and_then(|it: usize| CODES.get(it));
    known.map_or_else(|| format!("Code({code})"), |it| (*it).to_owned())
}

/// A message, with what stands before it. Its only member is the service's name, which is short.
fn question(service: &str) -> Bytes {
    let mut message = Vec::new();
    if !service.is_empty() {
        put_bytes(&mut message, 1, service.as_bytes());
    }
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(&message);
    framed.freeze()
}

/// The status that an answer tells; members that nobody knows are passed over.
pub fn status(mut answer: Bytes) -> Option<u64> {
    let is_plain = answer.try_get_u8().ok()? == 0;
    let length = usize::try_from(answer.try_get_u32().ok()?).ok()?;
    if !is_plain || answer.len() != length {
        return None;
    }
    let (mut fields, mut found) = (Reader::new(&answer), 0);
    while let Some((number, value)) = fields.field().ok()? {
        if let (1, Wire::Varint(status)) = (number, value) {
            found = status;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::Response;
    use http_body_util::StreamBody;
    use hyper::{body::Frame, service::service_fn};

    use super::*;

    /// What a server that answers so is found to be; `trailers` are those of the answer, or its headers where there is no message.
    async fn looked(
        service: &str,
        message: Option<&'static [u8]>,
        told: &[(&'static str, &'static str)],
    ) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        for (name, value) in told {
            headers.insert(*name, value.parse().unwrap());
        }
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let asked = question(service);
        let serving = service_fn(move |request: Request<hyper::body::Incoming>| {
            let (headers, asked) = (headers.clone(), asked.clone());
            async move {
                assert_eq!(request.uri().path(), CHECK);
                assert_eq!(text(request.headers(), "te"), "trailers");
                let body = request.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(body, asked);
                let mut answer = Response::builder().header("content-type", "application/grpc");
                let frames = match message {
                    Some(message) => vec![
                        Ok::<_, Infallible>(Frame::data(Bytes::from_static(message))),
                        Ok(Frame::trailers(headers)),
                    ],
                    None => {
                        answer.headers_mut().unwrap().extend(headers);
                        Vec::new()
                    }
                };
                let body = StreamBody::new(futures_util::stream::iter(frames));
                Ok::<_, Infallible>(answer.body(body).unwrap())
            }
        });
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let serving = tokio::spawn(server.serve_connection(TokioIo::new(theirs), serving));
        let found = check(ours, "10.0.0.5:50051", service).await;
        serving.abort();
        found.map_err(|why| why.to_string())
    }

    #[tokio::test]
    async fn a_server_is_well_if_it_says_so() {
        let ok = &[("grpc-status", "0")][..];
        let serving: &[u8] = &[0, 0, 0, 0, 2, 8, 1];
        assert_eq!(looked("", Some(serving), ok).await, Ok(()));
        assert_eq!(looked("liveness", Some(serving), ok).await, Ok(()));
        for (message, told, expected) in [
            (
                Some(&[0, 0, 0, 0, 2, 8, 2][..]),
                ok,
                "service unhealthy (responded with \"NOT_SERVING\")",
            ),
            (
                Some(&[0, 0, 0, 0, 0][..]),
                ok,
                "service unhealthy (responded with \"UNKNOWN\")",
            ),
            (
                Some(&[0, 0, 0, 0, 2, 8, 99][..]),
                ok,
                "service unhealthy (responded with \"99\")",
            ),
            (
                None,
                &[("grpc-status", "12"), ("grpc-message", "unknown service")],
                "server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service",
            ),
            (
                None,
                &[("grpc-status", "5"), ("grpc-message", "unknown service%0A")],
                "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service\n",
            ),
            (
                None,
                &[("grpc-status", "77")],
                "error: health rpc probe failed: rpc error: code = Code(77) desc = ",
            ),
            (
                Some(&[1, 0, 0, 0, 2, 8, 1][..]),
                ok,
                "error: health rpc probe failed: what was answered cannot be read",
            ),
        ] {
            let found = looked("", message, told).await;
            assert_eq!(found, Err(expected.to_owned()));
        }
    }

    #[test]
    fn what_is_no_answer_is_not_taken_for_one() {
        let read = |bytes: &'static [u8]| status(Bytes::from_static(bytes));
        assert_eq!(read(&[0, 0, 0, 0, 6, 0x12, 2, 7, 7, 8, 1]), Some(1));
        for bytes in [
            &[][..],
            &[0, 0, 0, 0],
            &[0, 0, 0, 0, 3, 8, 1],
            &[0, 0, 0, 0, 2, 0x12, 9],
            &[0, 0, 0, 0, 2, 0x0b, 1],
            &[0, 0, 0, 0, 1, 0xff],
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
