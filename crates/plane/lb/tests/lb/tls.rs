//! HTTPS and HTTP/2.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use wharf_planeproto::{
    Resource,
    balancer::{Certificate, LoadBalancer, Protocol},
};

use crate::setup::*;

/// A certificate for a name, with who issued it.
pub fn certificate(name: &str) -> (Certificate, rcgen::Certificate) {
    let key = rcgen::KeyPair::generate().unwrap();
    let issued = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
    let issued = issued.self_signed(&key).unwrap();
    let record = Certificate {
        arn: format!("arn:cert/{name}"),
        names: vec![name.to_owned()],
        chain: issued.pem(),
        private_key: key.serialize_pem(),
    };
    (record, issued)
}

pub async fn connect(
    lb: &Running,
    name: &str,
    trusted: &rcgen::Certificate,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|it| it.to_vec()).collect();
    let stream = TcpStream::connect(lb.address()).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// A load balancer with an HTTPS listener for these certificates and one target.
pub async fn https(lb: &Running, certificates: &[&Certificate], policy: &str, server: &Server) {
    https_of(balancer(), lb, certificates, policy, server).await;
}

pub async fn https_of(
    balancer: LoadBalancer,
    lb: &Running,
    certificates: &[&Certificate],
    policy: &str,
    server: &Server,
) {
    let mut listener = listener(lb.port);
    listener.protocol = Protocol::Https;
    listener.ssl_policy = Some(policy.to_owned());
    listener.certificates = certificates.iter().map(|it| it.arn.clone()).collect();
    let mut resources = vec![
        Resource::LoadBalancer(balancer),
        Resource::Listener(listener),
        Resource::TargetGroup(group(GROUP)),
        Resource::Target(target(GROUP, server.address)),
    ];
    resources.extend(
        certificates
            .iter()
            .map(|it| Resource::Certificate((*it).clone())),
    );
    lb.snapshot(resources).await;
    lb.wait_for(
        server.address,
        wharf_planeproto::report::TargetState::Healthy,
    )
    .await;
    lb.listening().await;
}

pub const NEWEST: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_follows_the_name() {
    let lb = Running::start();
    let ((one, trust_one), (two, trust_two)) = (certificate("one.test"), certificate("*.two.test"));
    let server = Server::start("a").await;
    https(&lb, &[&one, &two], NEWEST, &server).await;
    connect(&lb, "one.test", &trust_one, &[]).await.unwrap();
    connect(&lb, "www.two.test", &trust_two, &[]).await.unwrap();
    connect(&lb, "www.two.test", &trust_one, &[])
        .await
        .unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_choose_versions() {
    let (own, trust) = certificate("one.test");
    let server = Server::start("a").await;
    for (policy, expected) in [
        (
            "ELBSecurityPolicy-2016-08",
            rustls::ProtocolVersion::TLSv1_2,
        ),
        (NEWEST, rustls::ProtocolVersion::TLSv1_3),
        (
            "ELBSecurityPolicy-TLS13-1-3-2021-06",
            rustls::ProtocolVersion::TLSv1_3,
        ),
    ] {
        let lb = Running::start();
        https(&lb, &[&own], policy, &server).await;
        let stream = connect(&lb, "one.test", &trust, &[]).await.unwrap();
        assert_eq!(
            stream.get_ref().1.protocol_version(),
            Some(expected),
            "{policy}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_requests_reach_http1_targets() {
    let lb = Running::start();
    let (own, trust) = certificate("one.test");
    let server = Server::answering(|request| async move {
        let headers = request.headers().clone();
        let cookie = headers
            .get("cookie")
            .map(|it| it.to_str().unwrap().to_owned());
        assert_eq!(
            headers["host"],
            format!("one.test:{}", headers["x-forwarded-port"].to_str().unwrap())
        );
        assert_eq!(headers["x-forwarded-proto"], "https");
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let text = format!("{} {}", cookie.unwrap_or_default(), body.len());
        http::Response::new(Full::from(text))
    })
    .await;
    https(&lb, &[&own], NEWEST, &server).await;
    let stream = connect(&lb, "one.test", &trust, &[b"h2", b"http/1.1"])
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let ask = |size: usize| {
        let mut sender = sender.clone();
        async move {
            let request = Request::post("https://one.test/x")
                .header("cookie", "a=1")
                .header("cookie", "b=2");
            let body = Full::new(Bytes::from(vec![7; size]));
            let response = sender
                .send_request(request.body(body).unwrap())
                .await
                .unwrap();
            assert_eq!(response.status(), 200);
            response.into_body().collect().await.unwrap().to_bytes()
        }
    };
    let sizes = [0, 1, 70_000, 1_000_000];
    let answers = within(futures_util::future::join_all(sizes.map(ask))).await;
    for (size, answer) in sizes.iter().zip(answers) {
        assert_eq!(answer, format!("a=1; b=2 {size}"));
    }
}

/// What a client says of it itself is not passed on where targets are told.
#[tokio::test(flavor = "multi_thread")]
async fn targets_are_told_of_tls_if_wanted() {
    let lb = Running::start();
    let (own, trust) = certificate("one.test");
    let server = Server::answering(|request| async move {
        let told = |name: &str| {
            let all = request.headers().get_all(name).into_iter();
            let all = all.map(|it| it.to_str().unwrap().to_owned());
            all.collect::<Vec<_>>().join(",")
        };
        let text = format!(
            "{} {}",
            told("x-amzn-tls-version"),
            told("x-amzn-tls-cipher-suite")
        );
        http::Response::new(Full::from(text))
    })
    .await;
    https(&lb, &[&own], NEWEST, &server).await;
    for (wanted, seen) in [
        ("false", "SSLv2 "),
        ("true", "TLSv1.3 TLS_AES_256_GCM_SHA384"),
    ] {
        let key = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled";
        let balancer = wharf_planeproto::balancer::LoadBalancer {
            attributes: [(key.to_owned(), wanted.to_owned())].into(),
            ..balancer()
        };
        lb.put(vec![Resource::LoadBalancer(balancer)]).await;
        let stream = connect(&lb, "one.test", &trust, &[b"http/1.1"])
            .await
            .unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let request = Request::get("/")
            .header("host", "one.test")
            .header("x-amzn-tls-version", "SSLv2");
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let response = within(sender.send_request(request)).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_with_another_key_is_refused() {
    let lb = Running::start();
    let ((mut one, _), (two, _)) = (certificate("one.test"), certificate("two.test"));
    one.private_key = two.private_key;
    let update = wharf_lb::Update::Snapshot(vec![Resource::Certificate(one)]);
    let why = lb.update(update).await.unwrap_err().to_string();
    assert!(
        why.contains("arn:cert/one.test") && !why.contains("PRIVATE"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_targets_get_http2_and_their_trailers_pass() {
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service =
                hyper::service::service_fn(|request: Request<hyper::body::Incoming>| async move {
                    assert_eq!(request.version(), http::Version::HTTP_2);
                    // A health check asks for a method that is not there.
                    let status = if request.uri().path() == "/health" {
                        "12"
                    } else {
                        "0"
                    };
                    let sent = request.into_body().collect().await.unwrap();
                    // What headers may not say the client's trailers do not say either.
                    let passed = sent.trailers().map_or(0, http::HeaderMap::len);
                    let mut trailers = http::HeaderMap::new();
                    trailers.insert("grpc-status", status.parse().unwrap());
                    trailers.insert("passed", passed.into());
                    let frames = [
                        Frame::data(Bytes::from_static(b"\0\0\0\0\0")),
                        Frame::trailers(trailers),
                    ];
                    let frames = frames.map(Ok::<_, std::convert::Infallible>);
                    Ok::<_, std::convert::Infallible>(http::Response::new(StreamBody::new(
                        stream::iter(frames),
                    )))
                });
            tokio::spawn(async move {
                let settings = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let _ = settings
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    let lb = Running::start();
    let (own, trust) = certificate("one.test");
    let mut listener = crate::setup::listener(lb.port);
    listener.protocol = Protocol::Https;
    listener.certificates = vec![own.arn.clone()];
    let mut group = group(GROUP);
    group.protocol_version = wharf_planeproto::balancer::ProtocolVersion::Grpc;
    group.health_check.matcher = "12".to_owned();
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener),
        Resource::TargetGroup(group),
        Resource::Target(target(GROUP, address)),
        Resource::Certificate(own),
    ])
    .await;
    lb.wait_for(address, wharf_planeproto::report::TargetState::Healthy)
        .await;
    lb.listening().await;
    let stream = connect(&lb, "one.test", &trust, &[b"h2"]).await.unwrap();
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::post("https://one.test/svc/Method").header("te", "trailers");
        let names = ["x-amzn-oidc-identity", "x-forwarded-for", "x-sum"];
        let sent = names.map(|it| (http::HeaderName::from_static(it), "1".parse().unwrap()));
        let frames = [
            Frame::data(Bytes::from_static(&[0; 5])),
            Frame::trailers(http::HeaderMap::from_iter(sent)),
        ];
        let frames = frames.map(Ok::<_, std::convert::Infallible>);
        let request = request.body(StreamBody::new(stream::iter(frames))).unwrap();
        let response = within(sender.send_request(request)).await.unwrap();
        assert_eq!(response.status(), 200);
        let body = within(response.into_body().collect()).await.unwrap();
        assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
        assert_eq!(body.trailers().unwrap()["passed"], "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_agreed_with_one_load_balancer_does_not_lead_to_another() {
    let lb = Running::start();
    let mut resources = Vec::new();
    let mut trusted = Vec::new();
    for name in ["one", "two"] {
        let dns_name = format!("{name}.elb.localhost");
        let (own, trust) = certificate(&dns_name);
        let mut balancer = balancer();
        balancer.arn = format!("arn:lb/{name}");
        balancer.dns_name = dns_name;
        let mut listener = listener(lb.port);
        listener.arn = format!("arn:listener/{name}");
        listener.load_balancer = balancer.arn.clone();
        listener.protocol = Protocol::Https;
        listener.certificates = vec![own.arn.clone()];
        listener.default_actions = vec![fixed(200, name)];
        resources.push(Resource::LoadBalancer(balancer));
        resources.push(Resource::Listener(listener));
        resources.push(Resource::Certificate(own));
        trusted.push(trust);
    }
    lb.snapshot(resources).await;
    lb.listening().await;
    let alpn: [&[u8]; 1] = [b"h2"];
    let stream = connect(&lb, "one.elb.localhost", &trusted[0], &alpn).await;
    let stream = TokioIo::new(stream.unwrap());
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    for (host, status) in [("one", 200), ("two", 421), ("one", 200)] {
        let request = Request::get(format!("https://{host}.elb.localhost/"));
        let request = request.body(Full::<Bytes>::default()).unwrap();
        let response = within(sender.send_request(request)).await.unwrap();
        assert_eq!(response.status(), status, "{host}");
    }
}
