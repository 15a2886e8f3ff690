//! Connections to ports of pods, for requests that the API server passes on to pods and services.

use std::{io, net::Ipv4Addr, time::Duration};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{
    Target,
    answer::{Answer, refuse},
    keep_alive::keep_alive,
    sessions::CHUNK,
    streams::{STALLED, is_tunnel, upgrade_tunnel},
};
use crate::{kubelet::Kubelet, perform::POD_ENI};

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
    let Some(address) = address_of(&target.pod, &kubelet.node.place.host_ip) else {
        return refuse(StatusCode::BAD_GATEWAY, "the pod has no address");
    };
    let connected = kubelet.node.machine.connect(&target.sandbox, address, port);
    passed_on(connected.await, (address, port), request)
}

/// The same to an address of the node's network, as programs of the node reach it: where the API server is to ask somebody there.
pub async fn connect_from_node(
    kubelet: &Kubelet,
    address: &str,
    port: &str,
    request: Request<Incoming>,
) -> Response<Answer> {
    let Ok(port) = port.parse::<u16>() else {
        return refuse(StatusCode::BAD_REQUEST, "the port is no number");
    };
    let address = address.parse::<Ipv4Addr>().ok();
    let Some(address) = address.filter(is_of_others) else {
        return refuse(StatusCode::BAD_REQUEST, "the address is none of a network");
    };
    if !is_tunnel(request.headers()) {
        return refuse(StatusCode::BAD_REQUEST, "Upgrade request required");
    }
    let connected = kubelet.node.machine.dial(address, port);
    passed_on(connected.await, (address, port), request)
}

/// Neither the node's own loopback, nor what a node alone is told at such addresses: its credentials among them.
fn is_of_others(address: &Ipv4Addr) -> bool {
    !(address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_broadcast())
}

fn passed_on(
    connected: io::Result<TcpStream>,
    (address, port): (Ipv4Addr, u16),
    request: Request<Incoming>,
) -> Response<Answer> {
    match connected {
        Ok(stream) => upgrade_tunnel(request, move |bytes| async move {
            keep_alive(&stream, "a port of a pod");
            if let Err(error) = carry(bytes, stream).await {
                tracing::debug!(%error, "a connection that a node passes on broke");
            }
        }),
        Err(error) => {
            let text = format!("dial tcp {address}:{port}: connect: {error}");
            refuse(StatusCode::BAD_GATEWAY, &text)
        }
    }
}

/// What one end may still say once the other has ended: a program that never ends its connections would keep the places of the node's
/// port.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Until one end has said all. The other is given up if it takes nothing for too long: who asked may be gone by then, and nobody would
/// see it.
async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut piece = vec![0; CHUNK];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return timeout(STALLED, to.shutdown()).await?;
        }
        let writing = async {
            to.write_all(&piece[..count]).await?;
            to.flush().await
        };
        timeout(STALLED, writing).await??;
    }
}

async fn carry(
    near: impl AsyncRead + AsyncWrite,
    far: impl AsyncRead + AsyncWrite,
) -> io::Result<()> {
    let (from_near, to_near) = tokio::io::split(near);
    let (from_far, to_far) = tokio::io::split(far);
    let (onward, back) = (pass_on(from_near, to_far), pass_on(from_far, to_near));
    tokio::pin!(onward, back);
    tokio::select! {
        ended = &mut onward => {
            ended?;
            timeout(LAST_WORDS, back).await?
        }
        ended = &mut back => {
            ended?;
            timeout(LAST_WORDS, onward).await?
        }
    }
}

/// The address of the pod's interface, or of the node's for a pod in its network. As from elsewhere: what listens on the loopback alone
/// is the pod's own. Whoever may write the status of a pod may say anything there, so it is not asked.
fn address_of(pod: &Value, node: &str) -> Option<Ipv4Addr> {
    if pod["spec"]["hostNetwork"] == true {
        return node.parse().ok();
    }
    let told = pod["metadata"]["annotations"][POD_ENI].as_str()?;
    let told: Value = serde_json::from_str(told).ok()?;
    told[0]["privateIp"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_with_who_asked_for_it_whatever_the_program_does() {
        let ((mut client, near), (mut program, far)) =
            (tokio::io::duplex(64), tokio::io::duplex(64));
        let carried = tokio::spawn(carry(near, far));
        client.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        program.read_exact(&mut heard).await.unwrap();
        // Silence is no end.
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert!(!carried.is_finished());
        let ended_at = Instant::now();
        client.shutdown().await.unwrap();
        // It may still say something.
        program.write_all(b"bye").await.unwrap();
        let mut heard = [0; 3];
        client.read_exact(&mut heard).await.unwrap();
        let ended = carried.await.unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(ended_at.elapsed(), LAST_WORDS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_both_of_whose_ends_are_done_is_over_at_once() {
        let ((mut client, near), (mut program, far)) =
            (tokio::io::duplex(64), tokio::io::duplex(64));
        let carried = tokio::spawn(carry(near, far));
        let begun = Instant::now();
        program.write_all(b"last").await.unwrap();
        program.shutdown().await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "last");
        client.shutdown().await.unwrap();
        carried.await.unwrap().unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_with_a_program_that_takes_nothing() {
        let ((mut client, near), (program, far)) = (tokio::io::duplex(64), tokio::io::duplex(64));
        let carried = tokio::spawn(carry(near, far));
        let said = tokio::spawn(async move { client.write_all(&[1; 4 * CHUNK]).await });
        let ended = timeout(2 * STALLED, carried).await.unwrap().unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(said.await.unwrap().is_err());
        drop(program);
    }

    #[test]
    fn a_node_leads_to_others_alone() {
        for (address, leads) in [
            ("10.0.0.9", true),
            ("52.94.0.1", true),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("169.254.170.23", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
        ] {
            assert_eq!(is_of_others(&address.parse().unwrap()), leads, "{address}");
        }
    }

    #[test]
    fn a_pod_is_reached_at_its_interface_whatever_its_status_says() {
        let eni = r#"[{"eniId": "eni-1", "privateIp": "10.0.0.9"}]"#;
        for said in ["127.0.0.1", "169.254.169.254", "10.0.0.200", "10.0.0.9"] {
            let pod = json!({
                "metadata": {"annotations": {POD_ENI: eni}}, "status": {"podIP": said}, "spec": {},
            });
            let found = address_of(&pod, "10.0.0.1");
            assert_eq!(found, Some(Ipv4Addr::new(10, 0, 0, 9)));
            let pod = json!({"spec": {"hostNetwork": true}, "status": {"podIP": said}});
            let found = address_of(&pod, "10.0.0.1");
            assert_eq!(found, Some(Ipv4Addr::new(10, 0, 0, 1)));
            let pod = json!({"spec": {}, "status": {"podIP": said}});
            assert_eq!(address_of(&pod, "10.0.0.1"), None);
        }
    }
}
