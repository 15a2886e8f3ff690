//! Connections to ports of pods, for requests that the API server passes on to pods and services.

use std::net::Ipv4Addr;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::io::copy_bidirectional;
use wharf_kube_client::Object as _;

use super::{
    Target,
    answer::{Answer, refuse},
    streams::{is_tunnel, upgrade_tunnel},
};
use crate::kubelet::Kubelet;

/// The answer says whether the port was reached: the bytes follow it.
pub async fn connect(
    kubelet: &Kubelet,
    target: &Target,
    port: &str,
    request: Request<Incoming>,
) -> Response<Answer> {
    let Ok(port) = port.parse::<u16>() else {
        return refuse(StatusCode::BAD_REQUEST, "the port is no number");
    };
    if !is_tunnel(request.headers()) {
        return refuse(StatusCode::BAD_REQUEST, "Upgrade request required");
    }
    // As from elsewhere: what listens on the loopback alone is the pod's own.
    let Ok(address) = target.pod.text("/status/podIP").parse::<Ipv4Addr>() else {
        return refuse(StatusCode::BAD_GATEWAY, "the pod has no address");
    };
    let machine = &kubelet.node.machine;
    match machine.connect(&target.sandbox, address, port).await {
        Ok(mut stream) => upgrade_tunnel(request, move |mut bytes| async move {
            if let Err(error) = copy_bidirectional(&mut bytes, &mut stream).await {
                tracing::debug!(%error, "a connection to a pod broke");
            }
        }),
        Err(error) => {
            let text = format!("dial tcp {address}:{port}: connect: {error}");
            refuse(StatusCode::BAD_GATEWAY, &text)
        }
    }
}
