//! Credentials of pods by EKS Pod Identity. Pods ask at 169.254.170.23, which leads them to this listener of their node
//! ([`super::services`]); the node asks EKS Auth with the token that the pod shows, in the name of its instance's role.
//!
//! A token is good at the address of its own pod alone: who copied it elsewhere gets nothing.

mod credentials;

use std::{
    io,
    net::{IpAddr, SocketAddrV4},
    sync::Arc,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_network::Network;

pub use self::credentials::PodCredentials;
use self::credentials::Refused;
use super::members::{self, NoListener};
use crate::endpoint::{self, Caller, Connections};

const PATH: &str = "/v1/credentials";

pub struct PodIdentity {
    listener: TcpListener,
}

impl PodIdentity {
    /// # Errors
    /// Nothing of the VPC is here.
    pub async fn bind(network: &Network, vpc: &str, port: u16) -> Result<Self, NoListener> {
        let listener = members::listen(network, vpc, port).await?;
        Ok(Self { listener })
    }

    /// Where the VPC reaches it.
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn address(&self) -> io::Result<SocketAddrV4> {
        members::address(&self.listener)
    }

    /// Answers pods of the node until `stop`.
    pub async fn serve(
        self,
        network: Network,
        vpc: String,
        credentials: PodCredentials,
        connections: Connections,
        stop: CancellationToken,
    ) {
        let instance = credentials.kubelet.node.instance.clone();
        let caller = members::callers(network, vpc, instance);
        let credentials = Arc::new(credentials);
        let handle = move |stream: TcpStream, _: IpAddr, caller: Caller| {
            let credentials = credentials.clone();
            async move {
                let answer = |request: Request<Incoming>| {
                    let (credentials, caller) = (&credentials, &caller);
                    async move { document(answer(credentials, &request, caller).await) }
                };
                endpoint::answer_on(stream, answer).await;
            }
        };
        let running = TaskTracker::new();
        endpoint::accept(self.listener, caller, connections, stop, running, handle).await;
    }
}

async fn answer<B>(
    credentials: &PodCredentials,
    request: &Request<B>,
    caller: &Caller,
) -> Result<Value, Refused> {
    let Caller::Task(key) = caller else {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "This address is of no pod of the node.",
        ));
    };
    if request.uri().path() != PATH {
        return Err(Refused::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            "404 page not found",
        ));
    }
    if request.method() != Method::GET {
        return Err(Refused::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "Method Not Allowed",
        ));
    }
    let token = request.headers().get(header::AUTHORIZATION);
    let token = token.and_then(|it| it.to_str().ok()).unwrap_or_default();
    credentials.of(key, token.trim()).await
}

fn document(answer: Result<Value, Refused>) -> Response<Full<Bytes>> {
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(why) => (
            why.status,
            json!({"code": why.code, "message": why.message}),
        ),
    };
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}
