//! The endpoint of a cluster: its own port, TLS with the cluster's authority, who it is that asks; then the cluster answers.

use std::{
    convert::Infallible, io, net::IpAddr, os::fd::AsFd, pin::Pin, sync::Arc, time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::service::service_fn;
use nix::sys::socket::{setsockopt, sockopt};
use parking_lot::RwLock;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_base::net::Cidr4;
use wharf_kube_api::{Body, Cluster, Origin};
use wharf_kube_auth::{Authenticator as _, Credentials, Unauthenticated, user::ANONYMOUS};
use wharf_kube_model::status::{Asked, Status};

use super::{
    identity::{self, Identities},
    pod_identity_webhook::PodIdentityWebhook,
};
use crate::gateway::{
    Asking, Incoming, Source, connection,
    connections::{Connections, Slot},
};

/// A TLS handshake may take this long.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After descriptors ran out.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(20);
/// Requests that were begun may end within this at the server's end.
const ENDING: Duration = Duration::from_secs(5);
/// A client that says nothing is asked whether it is there after these seconds, so often, and so many times in vain.
const ASKED_AFTER_S: u32 = 30;
const ASKED_EVERY_S: u32 = 10;
const ASKED_TIMES: u32 = 3;
/// What is answered to whoever proves nothing.
const OPEN: [&str; 3] = ["/healthz", "/livez", "/readyz"];

/// The endpoint of one cluster.
pub struct Front {
    pub cluster: Cluster,
    pub identities: Arc<Identities>,
    pub tls: TlsAcceptor,
    /// Where requests may come from; of this machine they may in any case.
    pub admitted: RwLock<Vec<Cidr4>>,
    pub connections: Connections,
    /// Whom API servers ask without proving anything.
    pub webhook: Arc<PodIdentityWebhook>,
}

impl Front {
    /// Serves `listener` until `stop`, then lets running requests end.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let tracker = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    let ip = address.ip().to_canonical();
                    if !self.admits(ip) {
                        tracing::debug!(%address, "a connection was refused: its address is not admitted");
                        continue;
                    }
                    let Ok(slot) = self.connections.admit(Source::of(ip)) else {
                        tracing::debug!(%address, "a connection was refused: its source has too many");
                        continue;
                    };
                    let (front, stop) = (self.clone(), stop.clone());
                    tracker.spawn(async move {
                        let closed = slot.clone();
                        tokio::select! {
                            () = front.connection(stream, ip, slot, stop) => {}
                            () = closed.displaced() => {
                                tracing::debug!(%address, "a connection was closed for another");
                            }
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection of a cluster");
                    self.connections.close_one();
                    tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
                }
            }
        }
        drop(listener);
        tracker.close();
        let _ = tokio::time::timeout(ENDING, tracker.wait()).await;
    }

    fn admits(&self, ip: IpAddr) -> bool {
        let admitted = self.admitted.read();
        match ip {
            ip if ip.is_loopback() => true,
            IpAddr::V4(ip) => admitted.iter().any(|it| it.contains(ip)),
            IpAddr::V6(_) => admitted.contains(&Cidr4::ALL),
        }
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        source: IpAddr,
        slot: Arc<Slot>,
        stop: CancellationToken,
    ) {
        let _ = stream.set_nodelay(true);
        if let Err(error) = keep_alive(&stream) {
            tracing::debug!(%error, "a connection of a cluster will not tell that its client is gone");
        }
        let accepted = tokio::time::timeout(HANDSHAKE, self.tls.accept(stream)).await;
        let stream = match accepted {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake with a cluster failed");
                return;
            }
            Err(_) => return,
        };
        let chain = stream.get_ref().1.peer_certificates();
        let certificate = chain.and_then(|it| it.first()).map(|it| it.to_vec());
        let certificate = Arc::new(certificate);
        let asked = slot.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (front, asking) = (self.clone(), asked.request());
            let certificate = certificate.clone();
            async move {
                let certificate = certificate.as_deref();
                let answer = front.answer(request, certificate, source, &asking).await;
                if answer.status() == http::StatusCode::SWITCHING_PROTOCOLS {
                    asking.slot().upgraded();
                }
                Ok::<_, Infallible>(answer.map(|body| Held {
                    body,
                    _asking: asking,
                }))
            }
        });
        if let Err(error) = connection::serve_together(stream, &slot, stop, service).await {
            tracing::debug!(%error, "a connection of a cluster ended early");
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        certificate: Option<&[u8]>,
        source: IpAddr,
        asking: &Asking,
    ) -> Response<Body> {
        if self.webhook.is_at(request.uri().path()) {
            asking.admit();
            return self.webhook.answer(request).await;
        }
        let credentials = Credentials {
            headers: request.headers(),
            certificate,
        };
        let entered = match self.identities.authenticate(&credentials).await {
            Ok(entered) => entered,
            Err(why) => {
                let answer = self.refuse(&why);
                let code = answer.status();
                match why {
                    Unauthenticated::MayNotImpersonate {
                        user,
                        wanted,
                        reason,
                        ..
                    } => {
                        let impersonator = Some(*user);
                        let origin = Origin {
                            source,
                            impersonator,
                        };
                        let who = (&*wanted, &origin);
                        self.cluster.refused(&request, who, code, &reason);
                    }
                    Unauthenticated::Refused(_) => {
                        let has_certificate = certificate.is_some();
                        self.cluster
                            .unproven(&request, source, has_certificate, code);
                    }
                    Unauthenticated::TooMany => {}
                }
                return answer;
            }
        };
        let user = entered.user;
        let open = OPEN.iter().any(|it| {
            let rest = request.uri().path().strip_prefix(it);
            rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
        });
        if user.name == ANONYMOUS && !open {
            let why = Unauthenticated::Refused("nothing was proven".to_owned());
            let answer = self.refuse(&why);
            let has_certificate = certificate.is_some();
            self.cluster
                .unproven(&request, source, has_certificate, answer.status());
            return answer;
        }
        asking.admit();
        let mut request = request.map(|body| body.map_err(io::Error::other).boxed_unsync());
        identity::strip(request.headers_mut());
        request.extensions_mut().insert(Origin {
            source,
            impersonator: entered.impersonator,
        });
        self.cluster.serve(request, &user).await
    }

    fn refuse(&self, why: &Unauthenticated) -> Response<Body> {
        let status = match why {
            Unauthenticated::Refused(reason) => {
                let cluster = &self.identities.whose.name;
                tracing::info!(cluster, ?reason, "a request to a cluster was refused");
                Status::unauthorized()
            }
            Unauthenticated::TooMany => Status::too_many_requests("Too many requests", 1),
            Unauthenticated::MayNotImpersonate {
                user,
                asked,
                reason,
                ..
            } => {
                let resource = asked.full_resource();
                let what = Asked {
                    group: &asked.group,
                    resource: &resource,
                    namespace: &asked.namespace,
                    name: &asked.name,
                    path: &asked.path,
                };
                Status::not_allowed(&user.name, &asked.verb, &what, reason)
            }
        };
        super::refusal(&status)
    }
}

/// Watches and sessions say nothing for long: the kernel asks whether the client is there, and ends the connection of one that went away
/// without a word, which would hold its places for ever.
pub(super) fn keep_alive(client: &impl AsFd) -> io::Result<()> {
    setsockopt(client, sockopt::KeepAlive, &true)?;
    setsockopt(client, sockopt::TcpKeepIdle, &ASKED_AFTER_S)?;
    setsockopt(client, sockopt::TcpKeepInterval, &ASKED_EVERY_S)?;
    setsockopt(client, sockopt::TcpKeepCount, &ASKED_TIMES)?;
    Ok(())
}

/// An answer, with what counts its request for as long as it is sent: a watch lasts.
struct Held {
    body: Body,
    _asking: Asking,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::getsockopt;

    use super::*;

    #[tokio::test]
    async fn a_client_that_is_gone_is_noticed_within_a_minute() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (stream, _) = listener.accept().await.unwrap();
        assert!(!getsockopt(&stream, sockopt::KeepAlive).unwrap());
        keep_alive(&stream).unwrap();
        assert!(getsockopt(&stream, sockopt::KeepAlive).unwrap());
        let after = getsockopt(&stream, sockopt::TcpKeepIdle).unwrap();
        let every = getsockopt(&stream, sockopt::TcpKeepInterval).unwrap();
        let times = getsockopt(&stream, sockopt::TcpKeepCount).unwrap();
        assert!(after + every * times <= 60);
    }
}
