//! Clients that send or take little, to hold what others need.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};
use wharf_lb::Pace;
use wharf_planeproto::{Resource, report::TargetState};

use crate::{
    setup::*,
    tls::{NEWEST, certificate, connect, https},
};

/// More than all buffers on the way take.
const LARGE: usize = 64 << 20;

/// A target whose answers are [`LARGE`].
async fn generous() -> Server {
    Server::answering(|_| async {
        http::Response::new(http_body_util::Full::from(vec![b'x'; LARGE]))
    })
    .await
}

async fn serve(lb: &Running, server: &Server, idle_timeout_s: u32) {
    let mut balancer = balancer();
    let timeout = idle_timeout_s.to_string();
    balancer.attributes = [("idle_timeout.timeout_seconds".to_owned(), timeout)].into();
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer),
        Resource::Listener(listener(lb.port)),
        Resource::TargetGroup(group(GROUP)),
        Resource::Target(target(GROUP, server.address)),
    ])
    .await;
    lb.wait_for(server.address, TargetState::Healthy).await;
    lb.listening().await;
}

/// Asks for a large response, of which nothing is read yet.
async fn ask(lb: &Running) -> TcpStream {
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    let text = format!("GET / HTTP/1.1\r\nHost: {DNS_NAME}\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn open_connections(lb: &Running, wanted: u64) {
    until(&format!("{wanted} open connections"), async || {
        let counts = lb.metrics.balancers().remove(BALANCER)?;
        (counts.active_connection_count == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_a_response_is_let_go() {
    let server = generous().await;
    let lb = Running::start();
    serve(&lb, &server, 1).await;
    let mut stream = ask(&lb).await;
    until("the request", async || (server.served() == 1).then_some(())).await;
    open_connections(&lb, 0).await;
    let mut taken = Vec::new();
    let _ = within(stream.read_to_end(&mut taken)).await;
    assert!(taken.len() < LARGE, "{}", taken.len());
}

/// Takes some now and then: what came until the end, and whether it took so long.
async fn sip(mut stream: TcpStream, most: usize) -> usize {
    let mut buffer = vec![0; 64 << 10];
    let mut taken = 0;
    while taken < most {
        match stream.read(&mut buffer).await {
            Ok(1..) => taken += buffer.len(),
            Ok(0) | Err(_) => break,
        }
        sleep(Duration::from_millis(20)).await;
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sips_a_response_is_let_go() {
    let server = generous().await;
    // Far more than the client takes, which never pauses for as long as the idle timeout.
    let lb = Running::start_with(|config| {
        config.pace = Pace {
            bytes_per_s: 1 << 30,
            grace: Duration::from_millis(500),
        };
    });
    serve(&lb, &server, 60).await;
    let stream = ask(&lb).await;
    let taken = within(sip(stream, LARGE)).await;
    assert!(taken < LARGE, "{taken}");
    open_connections(&lb, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_the_pace_is_served_however_long_it_takes() {
    let server = generous().await;
    let lb = Running::start_with(|config| {
        config.pace = Pace {
            bytes_per_s: 100,
            grace: Duration::from_millis(200),
        };
    });
    serve(&lb, &server, 60).await;
    let mut stream = ask(&lb).await;
    // Longer than the grace, at first; then all of it.
    let mut buffer = vec![0; 1 << 20];
    for _ in 0..10 {
        within(stream.read_exact(&mut buffer)).await.unwrap();
        sleep(Duration::from_millis(50)).await;
    }
    for _ in 10..LARGE >> 20 {
        within(stream.read_exact(&mut buffer)).await.unwrap();
    }
}

/// A session over HTTP/2 with a load balancer before `server`.
async fn http2<B>(
    lb: &Running,
    server: &Server,
) -> (
    hyper::client::conn::http2::SendRequest<B>,
    JoinHandle<hyper::Result<()>>,
)
where
    B: http_body::Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (own, trust) = certificate("one.test");
    https(lb, &[&own], NEWEST, server).await;
    let stream = connect(lb, "one.test", &trust, &[b"h2"]).await.unwrap();
    let settings = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (sender, connection) = settings.handshake(TokioIo::new(stream)).await.unwrap();
    (sender, tokio::spawn(connection))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_over_http2_is_let_go() {
    let server = generous().await;
    let lb = Running::start();
    let (mut sender, connection) = http2(&lb, &server).await;
    let mut slow = balancer();
    slow.attributes = [("idle_timeout.timeout_seconds".to_owned(), "1".to_owned())].into();
    lb.put(vec![Resource::LoadBalancer(slow)]).await;
    let request = Request::get("https://one.test/");
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let response = within(sender.send_request(request)).await.unwrap();
    assert_eq!(response.status(), 200);
    // The connection ends, although it is the client's to take the response.
    let _ = within(connection).await.unwrap();
    open_connections(&lb, 0).await;
    within(response.into_body().collect()).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_over_http2_is_given_up() {
    let server = Server::answering(|request| async {
        // A client that breaks off is nobody's fault here.
        let _ = request.into_body().collect().await;
        http::Response::new(http_body_util::Full::from("done"))
    })
    .await;
    let lb = Running::start_with(|config| {
        config.pace = Pace {
            bytes_per_s: 100,
            grace: Duration::from_millis(500),
        };
    });
    let (mut sender, _connection) = http2(&lb, &server).await;
    // A byte each 20 ms: the idle timeout of a minute never comes.
    let drips = futures_util::stream::unfold((), |()| async {
        sleep(Duration::from_millis(20)).await;
        Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from("x"))), ()))
    });
    let body = StreamBody::new(Box::pin(drips));
    let request = Request::post("https://one.test/").body(body).unwrap();
    let response = within(sender.send_request(request)).await.unwrap();
    assert_eq!(response.status(), 408);
}

/// A target that begins to answer and then says nothing, however patient the client is.
#[tokio::test(flavor = "multi_thread")]
async fn a_patient_client_is_not_blamed_for_its_target() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let target_side = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let length = stream.read(&mut asked).await.unwrap();
                let health = asked[..length].starts_with(b"GET /health");
                let head: &[u8] = match health {
                    true => b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                    false => b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\nxxxx",
                };
                stream.write_all(head).await.unwrap();
                if health {
                    return;
                }
                sleep(Duration::from_millis(700)).await;
                stream.write_all(&[b'x'; 19_996]).await.unwrap();
                pending::<()>().await;
            });
        }
    });
    let lb = Running::start_with(|config| {
        config.pace = Pace {
            bytes_per_s: 1 << 30,
            grace: Duration::from_millis(100),
        };
    });
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(crate::setup::listener(lb.port)),
        Resource::TargetGroup(group(GROUP)),
        Resource::Target(target(GROUP, address)),
    ])
    .await;
    lb.wait_for(address, TargetState::Healthy).await;
    lb.listening().await;
    let mut stream = ask(&lb).await;
    let mut taken = vec![0; 20_000];
    within(stream.read_exact(&mut taken)).await.unwrap();
    target_side.abort();
}
