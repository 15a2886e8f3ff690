//! Whether a node has pods of a service whose outside traffic stays on the node (`externalTrafficPolicy: Local`). Load balancers ask at the
//! service's `healthCheckNodePort` and are led ([`super::services`]) to this one listener of the node, which tells services apart by the
//! port that was called. Whoever reaches the node may ask, as with the reference proxy.

use std::{
    io,
    net::{IpAddr, SocketAddrV4},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use nix::sys::socket::{getsockopt, sockopt};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_kube_services::{Book, Services};
use wharf_kubelet::Kubelet;
use wharf_network::Network;

use super::members::{self, NoListener};
use crate::endpoint::{self, Caller, Connections};

const WEIGHT: &str = "x-load-balancing-endpoint-weight";

pub struct ServiceHealth {
    listener: TcpListener,
}

impl ServiceHealth {
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

    /// Answers for the services of the node `kubelet` until `stop`.
    pub async fn serve(
        self,
        (network, vpc): (Network, String),
        kubelet: Kubelet,
        services: Services,
        connections: Connections,
        stop: CancellationToken,
    ) {
        let node = kubelet.node.name.clone();
        let caller = members::callers(network, vpc, kubelet.node.instance.clone());
        let handle = move |stream: TcpStream, address: IpAddr, _: Caller| {
            let (services, node) = (services.clone(), node.clone());
            async move {
                let port = match getsockopt(&stream, sockopt::OriginalDst) {
                    Ok(called) => u16::from_be(called.sin_port),
                    Err(error) => {
                        tracing::debug!(%address, %error, "the health of a service is asked by nobody knows which port");
                        return;
                    }
                };
                let answer = |_| {
                    let answer = answer(&services.known(), port, &node);
                    async move { answer }
                };
                endpoint::answer_on(stream, answer).await;
            }
        };
        let running = TaskTracker::new();
        endpoint::accept(self.listener, caller, connections, stop, running, handle).await;
    }
}

/// In the words of the reference proxy.
fn answer(book: &Book, port: u16, node: &str) -> Response<Full<Bytes>> {
    let mut of = book.services();
    let of = of.find(|(service, _)| service.health_port == Some(port));
    let Some((service, entry)) = of else {
        let mut answer = Response::new(Full::new(Bytes::from_static(b"404 page not found\n")));
        *answer.status_mut() = StatusCode::NOT_FOUND;
        return answer;
    };
    let here = entry.ready_on(node);
    let body = json!({
        "service": {"namespace": &*service.name.namespace, "name": &*service.name.name},
        "localEndpoints": here,
        "serviceProxyHealthy": true,
    });
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    if here == 0 {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(WEIGHT, HeaderValue::from(here));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_tells_by_the_port_whether_it_has_pods_of_a_service() {
        let mut book = Book::default();
        let spec = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 31000, "ports": [{"port": 80}]});
        book.put_service(&json!({"metadata": {"namespace": "a", "name": "s"}, "spec": spec}));
        let endpoint = |address: &str, node: &str, ready: bool| json!({"addresses": [address], "nodeName": node, "conditions": {"ready": ready}});
        book.put_slice(&json!({
            "metadata": {"namespace": "a", "name": "x", "labels": {"kubernetes.io/service-name": "s"}},
            "addressType": "IPv4", "ports": [{"port": 8080}],
            "endpoints": [endpoint("10.0.0.1", "here", true), endpoint("10.0.0.2", "here", false), endpoint("10.0.0.3", "there", false)],
        }));
        let told = |port, node| {
            let answer = answer(&book, port, node);
            let weight = answer.headers().get(WEIGHT).cloned();
            (
                answer.status().as_u16(),
                weight.and_then(|it| it.to_str().ok()?.parse::<u32>().ok()),
            )
        };
        assert_eq!(told(31000, "here"), (200, Some(1)));
        assert_eq!(told(31000, "there"), (503, Some(0)));
        assert_eq!(told(31001, "here"), (404, None));
    }
}
