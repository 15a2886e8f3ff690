//! The node's port: logs of containers, sessions in them, and what the node knows of itself, for the API server of its cluster alone.
//!
//! Callers prove with a certificate of the cluster's authority that they are in the group `system:masters`; nobody else is let in.

mod answer;
mod attach;
mod channels;
mod forward;
#[doc(hidden)]
pub mod fuzz;
mod keep_alive;
mod logs;
mod metrics;
mod ports;
mod sessions;
mod spdy;
mod streams;
mod summary;
mod tls;

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_kube_client::Object as _;
use wharf_kube_model::view::containers;

use self::{
    answer::{Answer, exposition, refuse, text, value},
    keep_alive::keep_alive,
    metrics::Measures,
    streams::{Hold, is_websocket, upgrade_body},
};
use crate::kubelet::Kubelet;

/// Connections at the same time: sessions and followed logs are one each.
const MOST_CONNECTIONS: usize = 512;
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(30);

/// Why there is no port.
#[derive(Debug, thiserror::Error)]
pub enum NoPort {
    #[error(transparent)]
    Tls(#[from] tls::NoTls),
    #[error("failed to listen on {at}")]
    Listen { at: IpAddr, source: io::Error },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A port that is listened on, and whom it lets in.
pub struct Server {
    listener: TcpListener,
    port: u16,
    tls: tokio_rustls::TlsAcceptor,
}

impl Server {
    /// `name` is the node's; `authority` the certificates of the cluster's authority, in PEM.
    ///
    /// # Errors
    /// There is no port, or the authority is none.
    pub async fn bind(at: IpAddr, name: &str, authority: &[u8]) -> Result<Self, NoPort> {
        let tls = tls::acceptor(name, authority)?;
        let listener = TcpListener::bind((at, 0)).await;
        let listener = listener.map_err(|source| NoPort::Listen { at, source })?;
        let port = listener.local_addr()?.port();
        Ok(Self {
            listener,
            port,
            tls,
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Until `stop`.
pub async fn serve(server: Server, kubelet: Kubelet, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let running = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = server.listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "failed to take a connection of a node's port");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Beyond them a caller is turned away at once.
        let Ok(permit) = room.clone().try_acquire_owned() else {
            continue;
        };
        // Logs that are followed and ports that are passed on may say nothing for long.
        keep_alive(&stream, "the API server");
        let hold = Arc::new(Hold {
            _permit: permit,
            stop: stop.clone(),
        });
        let (tls, kubelet, stop) = (server.tls.clone(), kubelet.clone(), stop.clone());
        running.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = one(stream, tls, kubelet, hold) => {}
            }
        });
    }
    running.close();
    running.wait().await;
}

async fn one(stream: TcpStream, tls: tokio_rustls::TlsAcceptor, kubelet: Kubelet, hold: Arc<Hold>) {
    let stream = match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a caller of a node's port was not let in");
            return;
        }
        Err(_) => return,
    };
    let is_let_in = tls::is_api_server(stream.get_ref().1.peer_certificates());
    let service = service_fn(move |mut request: Request<Incoming>| {
        let kubelet = kubelet.clone();
        // A session keeps the place of its connection.
        request.extensions_mut().insert(hold.clone());
        async move {
            let answer = match is_let_in {
                true => answer(&kubelet, request).await,
                false => refuse(
                    StatusCode::FORBIDDEN,
                    "the certificate is not one of the cluster's API server",
                ),
            };
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection of a node's port broke");
    }
}

/// A container of a pod, by what the path names.
pub struct Target {
    pub sandbox: String,
    pub pod: Arc<Value>,
    pub container: String,
}

async fn answer(kubelet: &Kubelet, request: Request<Incoming>) -> Response<Answer> {
    let path = request.uri().path().to_owned();
    let segments: Vec<String> = path
        .trim_matches('/')
        .split('/')
        .map(|it| percent_decode_str(it).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let reads = request.method() == Method::GET;
    match segments.as_slice() {
        ["healthz"] if reads => text("ok"),
        ["pods"] if reads => pods(kubelet),
        ["metrics"] if reads => {
            let node = &kubelet.node;
            exposition(metrics::own(&node.name, node.usage.census()))
        }
        ["metrics", "cadvisor"] if reads => {
            exposition(metrics::cadvisor(&Measures::of(&kubelet.node)))
        }
        ["metrics", "resource"] if reads => {
            exposition(metrics::resource(&Measures::of(&kubelet.node)))
        }
        ["stats", "summary"] if reads => value(&summary::of(&kubelet.node)),
        ["containerLogs", namespace, pod, container] if reads => {
            match find(kubelet, namespace, pod, container) {
                Ok(target) => {
                    let query = request.uri().query().unwrap_or_default().to_owned();
                    let answer = logs::answer(kubelet, &target, &query).await;
                    match is_websocket(request.headers()) && answer.status().is_success() {
                        true => upgrade_body(request, answer.into_body()),
                        false => answer,
                    }
                }
                Err(why) => refuse(StatusCode::NOT_FOUND, &why.to_string()),
            }
        }
        ["exec", namespace, pod, container] => match find(kubelet, namespace, pod, container) {
            Ok(target) => sessions::exec(kubelet, target, request),
            Err(why) => refuse(StatusCode::NOT_FOUND, &why.to_string()),
        },
        ["attach", namespace, pod, container] => match find(kubelet, namespace, pod, container) {
            Ok(target) => attach::attach(kubelet, target, request),
            Err(why) => refuse(StatusCode::NOT_FOUND, &why.to_string()),
        },
        ["portForward", namespace, pod] => match find(kubelet, namespace, pod, "") {
            Ok(target) => forward::port_forward(kubelet, target, request),
            Err(why) => refuse(StatusCode::NOT_FOUND, &why.to_string()),
        },
        ["podPort", namespace, pod, port] if reads => match find(kubelet, namespace, pod, "") {
            Ok(target) => ports::connect(kubelet, &target, port, request).await,
            Err(why) => refuse(StatusCode::NOT_FOUND, &why.to_string()),
        },
        ["vpcPort", address, port] if reads => {
            ports::connect_from_node(kubelet, address, port, request).await
        }
        _ => refuse(StatusCode::NOT_FOUND, "404 page not found"),
    }
}

/// What a path names and this node does not have.
#[derive(Debug, thiserror::Error)]
enum NotHere {
    #[error("pod \"{0}\" is not on this node")]
    Pod(String),
    #[error("container {container} not found in pod {pod}_{namespace}")]
    Container {
        container: String,
        pod: String,
        namespace: String,
    },
}

fn find(
    kubelet: &Kubelet,
    namespace: &str,
    name: &str,
    container: &str,
) -> Result<Target, NotHere> {
    let pods = kubelet.node.pods.read();
    let is_it = |it: &&Arc<Value>| it.namespace() == namespace && it.name() == name;
    let pod = pods.values().find(is_it).cloned();
    let pod = pod.ok_or_else(|| NotHere::Pod(name.to_owned()))?;
    let is_known = || containers(&pod).any(|it| it.text("/name") == container);
    if !container.is_empty() && !is_known() {
        return Err(NotHere::Container {
            container: container.to_owned(),
            pod: name.to_owned(),
            namespace: namespace.to_owned(),
        });
    }
    let sandbox = kubelet.node.sandbox_of(pod.uid());
    Ok(Target {
        sandbox,
        container: container.to_owned(),
        pod,
    })
}

fn pods(kubelet: &Kubelet) -> Response<Answer> {
    let pods = kubelet.node.pods.read();
    let all: Vec<&Value> = pods.values().map(|it| &**it).collect();
    value(&json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": all}))
}
