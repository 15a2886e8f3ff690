//! Probes of one run of a container: startup first, then liveness and readiness beside each other. They end with the run.

pub(crate) mod grpc;

use std::{
    future::pending,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, crypto::ring, pki_types::ServerName};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::task::AbortOnDropHandle;
use wharf_base::{Chain, Timestamp};
use wharf_container::runtime::ExecSpec;
use wharf_kube_client::{Ref, kind};
use wharf_tls::{Anybody, Verifier};

use crate::{
    machine::{ExecFailed, MachineError, run_name},
    pod::{Container, Handler, HttpGet, Probe},
    state::{Condemns, Event},
    worker::Context,
};

const MOST_BODY: usize = 10 << 10;
/// Requests of one look: the first, and those that its answers lead to.
const MOST_ASKED: usize = 11;

/// Why one look failed. What HTTP's own parts say has causes that upstream has nothing like: they are not told.
#[derive(Debug, thiserror::Error)]
pub enum Unwell {
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
    #[error("command timed out: no answer within {} s", .0.as_secs())]
    CommandLate(Duration),
    #[error("timeout: health rpc did not complete within {0:?}")]
    RpcLate(Duration),
    #[error("no such container")]
    NoContainer,
    /// What the program said.
    #[error("{0}")]
    Command(String),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error("host {0} is no IPv4 address")]
    Host(String),
    #[error("the pod has no address")]
    NoAddress,
    #[error("{0} is no port")]
    NoPort(u64),
    #[error("the container has no port {0:?}")]
    NoSuchPort(String),
    #[error("dial tcp {port}")]
    Dial { port: u16, source: io::Error },
    #[error("TLS cannot be spoken")]
    NoTls,
    #[error("tls")]
    Tls(#[source] io::Error),
    #[error("{0}")]
    Request(http::Error),
    #[error("{0}")]
    Http(hyper::Error),
    #[error("HTTP probe failed with statuscode: {0}")]
    Status(u16),
    #[error("stopped after {} redirects", MOST_ASKED - 1)]
    Redirects,
    #[error(transparent)]
    Rpc(#[from] grpc::RpcUnwell),
    #[error("nothing to look at")]
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Startup,
    Liveness,
    Readiness,
}

pub fn has_any(of: &Container) -> bool {
    of.liveness_probe.is_some() || of.readiness_probe.is_some() || of.startup_probe.is_some()
}

/// What one look after another comes to: a change counts once it was seen so often in a row. Pure.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tally {
    successes_needed: u32,
    failures_needed: u32,
    last: Option<bool>,
    in_a_row: u32,
}

impl Tally {
    fn of(probe: &Probe) -> Self {
        Self {
            successes_needed: probe.success_threshold.unwrap_or(1).max(1),
            failures_needed: probe.failure_threshold.unwrap_or(3).max(1),
            last: None,
            in_a_row: 0,
        }
    }

    /// What counts now, if enough agree.
    fn take(&mut self, success: bool) -> Option<bool> {
        if self.last != Some(success) {
            self.last = Some(success);
            self.in_a_row = 0;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let needed = if success {
            self.successes_needed
        } else {
            self.failures_needed
        };
        (self.in_a_row >= needed).then_some(success)
    }
}

struct Prober {
    context: Arc<Context>,
    of: Container,
    attempt: u32,
    /// Since when it runs: the first look comes so long after that, whenever this process began to look after it.
    since: Option<Timestamp>,
    ip: Option<Ipv4Addr>,
    tell: mpsc::Sender<Event>,
}

/// Until it is dropped.
pub async fn run(
    context: Arc<Context>,
    of: Container,
    attempt: u32,
    since: Option<Timestamp>,
    has_started: bool,
    ip: Option<Ipv4Addr>,
    tell: mpsc::Sender<Event>,
) {
    let prober = Arc::new(Prober {
        context,
        of,
        attempt,
        since,
        ip,
        tell,
    });
    if let Some(probe) = prober.of.startup_probe.clone().filter(|_| !has_started)
        && !prober.follow(Kind::Startup, &probe).await
    {
        return;
    }
    let both = [
        (Kind::Liveness, prober.of.liveness_probe.clone()),
        (Kind::Readiness, prober.of.readiness_probe.clone()),
    ];
    let _running: Vec<AbortOnDropHandle<()>> = both
        .into_iter()
        .filter_map(|(kind, probe)| Some((kind, probe?)))
        .map(|(kind, probe)| {
            let prober = prober.clone();
            AbortOnDropHandle::new(tokio::spawn(async move {
                prober.follow(kind, &probe).await;
            }))
        })
        .collect();
    pending::<()>().await;
}

impl Prober {
    /// Whether the container goes on, once that is decided for good.
    async fn follow(&self, kind: Kind, probe: &Probe) -> bool {
        let seconds = |it: Option<u32>, default: u32| {
            Duration::from_secs(it.unwrap_or(default).max(1).into())
        };
        let period = seconds(probe.period_seconds, 10);
        let patience = seconds(probe.timeout_seconds, 1);
        let delay = Duration::from_secs(probe.initial_delay_seconds.unwrap_or(0).into());
        let now = self.context.node.clock.now();
        let runs_for = self.since.map_or(Duration::ZERO, |since| now.since(since));
        sleep(delay.saturating_sub(runs_for)).await;
        let container = || self.of.name.clone();
        let mut tally = Tally::of(probe);
        let mut told = None;
        loop {
            let looked = once(
                &self.context,
                &self.of,
                self.attempt,
                &probe.handler,
                self.ip,
                patience,
            )
            .await;
            if let Err(reason) = &looked {
                let text = format!("{kind:?} probe failed: {}", Chain(reason));
                let object = self.context.node.pod_of(&self.context.sandbox);
                if let Some(object) = object {
                    let pod = self.context.pod.lock().clone();
                    let about = Ref::of(&kind::POD, &object).part(pod.path_of(&self.of.name));
                    let recorder = &self.context.node.recorder;
                    recorder.warning(about, "Unhealthy", &text);
                }
            }
            let event = match (kind, tally.take(looked.is_ok())) {
                (_, None) => None,
                (Kind::Startup, Some(true)) => {
                    let container = container();
                    return self
                        .tell
                        .send(Event::StartupPassed { container })
                        .await
                        .is_ok();
                }
                (Kind::Startup | Kind::Liveness, Some(false)) => {
                    let container = container();
                    let by = match kind {
                        Kind::Startup => Condemns::StartupProbe,
                        Kind::Liveness | Kind::Readiness => Condemns::LivenessProbe,
                    };
                    let _ = self.tell.send(Event::Condemned { container, by }).await;
                    return false;
                }
                (Kind::Liveness, Some(true)) => None,
                (Kind::Readiness, Some(is_ready)) => (told != Some(is_ready)).then(|| {
                    told = Some(is_ready);
                    Event::Ready {
                        container: container(),
                        is_ready,
                    }
                }),
            };
            if let Some(event) = event
                && self.tell.send(event).await.is_err()
            {
                return false;
            }
            sleep(period).await;
        }
    }
}

/// One look; why it failed.
pub async fn once(
    context: &Arc<Context>,
    of: &Container,
    attempt: u32,
    handler: &Handler,
    ip: Option<Ipv4Addr>,
    patience: Duration,
) -> Result<(), Unwell> {
    if let Some(exec) = &handler.exec {
        let run = run_name(&of.name, attempt).ok_or(Unwell::NoContainer)?;
        let spec = ExecSpec {
            argv: exec.command.clone(),
            ..ExecSpec::default()
        };
        let done = context
            .node
            .machine
            .exec_output(&context.sandbox, &run, &spec, patience)
            .await;
        return match done {
            Ok(output) if output.code == 0 => Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.output);
                Err(Unwell::Command(said.into_owned()))
            }
            Err(ExecFailed::TimedOut) => Err(Unwell::CommandLate(patience)),
            Err(ExecFailed::Other(error)) => Err(error.into()),
        };
    }
    let connect = |port: u16, host: &Option<String>| {
        let address = target(host.as_deref(), ip);
        async move {
            let connected = context
                .node
                .machine
                .connect(&context.sandbox, address?, port)
                .await;
            connected.map_err(|source| Unwell::Dial { port, source })
        }
    };
    if let Some(get) = &handler.http_get {
        let port = port(of, &get.port)?;
        let asked = async {
            let mut place = Place::of(get, ip, port);
            for _ in 0..MOST_ASKED {
                let stream = connect(place.port, &get.host).await?;
                let led = match place.is_secure {
                    true => http_get(secured(stream).await?, get, &place).await?,
                    false => http_get(stream, get, &place).await?,
                };
                match led.and_then(|it| place.led_on(&it)) {
                    Some(next) => place = next,
                    None => return Ok(()),
                }
            }
            Err(Unwell::Redirects)
        };
        let looked = timeout(patience, asked).await;
        return looked.unwrap_or(Err(Unwell::Late(patience)));
    }
    if let Some(socket) = &handler.tcp_socket {
        let port = port(of, &socket.port)?;
        let connected = timeout(patience, connect(port, &socket.host)).await;
        let connected = connected.unwrap_or(Err(Unwell::Late(patience)));
        return connected.map(|_| ());
    }
    if let Some(wanted) = &handler.grpc {
        let to = target(None, ip)?;
        let asked = async {
            let stream = connect(wanted.port, &None).await?;
            let authority = format!("{to}:{}", wanted.port);
            let service = wanted.service.as_deref().unwrap_or_default();
            let checked = grpc::check(stream, &authority, service).await;
            checked.map_err(Unwell::Rpc)
        };
        let looked = timeout(patience, asked).await;
        return looked.unwrap_or(Err(Unwell::RpcLate(patience)));
    }
    Err(Unwell::Nothing)
}

/// Where a probe goes: to the pod, unless it names another host.
fn target(host: Option<&str>, pod: Option<Ipv4Addr>) -> Result<Ipv4Addr, Unwell> {
    match host.filter(|it| !it.is_empty()) {
        Some(host) => host.parse().map_err(|_| Unwell::Host(host.to_owned())),
        None => pod.ok_or(Unwell::NoAddress),
    }
}

/// A number, or the name of one of the container's ports.
fn port(of: &Container, told: &Value) -> Result<u16, Unwell> {
    if let Some(number) = told.as_u64() {
        return u16::try_from(number).map_err(|_| Unwell::NoPort(number));
    }
    let name = told.as_str().unwrap_or_default();
    let named = of.ports.iter().find(|it| it.name.as_deref() == Some(name));
    named
        .map(|it| it.container_port)
        .or_else(|| name.parse().ok())
        .ok_or_else(|| Unwell::NoSuchPort(name.to_owned()))
}

/// How to look at what answers over TLS. It is asked whether it answers, not who it is: no certificate is checked, as upstream does.
static ANYBODY: LazyLock<Option<TlsConnector>> = LazyLock::new(|| {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let config = builder
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Verifier::new(Anybody, provider))
        .with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
});

async fn secured(stream: TcpStream) -> Result<TlsStream<TcpStream>, Unwell> {
    let connector = ANYBODY.as_ref().ok_or(Unwell::NoTls)?;
    // Whoever is asked by an address gets no name.
    let nobody = ServerName::from(IpAddr::from(Ipv4Addr::UNSPECIFIED));
    let connected = connector.connect(nobody, stream).await;
    connected.map_err(Unwell::Tls)
}

/// What is asked over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    is_secure: bool,
    host: String,
    port: u16,
    /// With its query.
    path: String,
}

fn rooted(path: &str) -> String {
    match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("/{path}"),
    }
}

impl Place {
    fn of(get: &HttpGet, ip: Option<Ipv4Addr>, port: u16) -> Self {
        let named = get.host.clone().filter(|it| !it.is_empty());
        let of_pod = || ip.map(|it| it.to_string()).unwrap_or_default();
        Self {
            is_secure: get.is_over_tls(),
            host: named.unwrap_or_else(of_pod),
            port,
            path: rooted(&get.path),
        }
    }

    /// Where an answer leads, if that is on the same host: what another one says is not asked.
    fn led_on(&self, location: &str) -> Option<Self> {
        let location = location.split('#').next().unwrap_or_default();
        let (is_secure, rest) = match location.split_once("//") {
            Some(("", rest)) => (self.is_secure, rest),
            Some(("http:", rest)) => (false, rest),
            Some(("https:", rest)) => (true, rest),
            _ => {
                let own = self.path.split('?').next().unwrap_or_default();
                let folder = own.rsplit_once('/').map_or("", |it| it.0);
                let path = match location.chars().next() {
                    Some('/') => location.to_owned(),
                    Some('?') => format!("{own}{location}"),
                    _ => format!("{folder}/{location}"),
                };
                return Some(Self {
                    path,
                    ..self.clone()
                });
            }
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if is_secure { 443 } else { 80 }),
        };
        (host == self.host).then(|| Self {
            is_secure,
            host: host.to_owned(),
            port,
            path: rooted(path),
        })
    }
}

/// Where what answered well leads to, if anywhere.
async fn http_get(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    get: &HttpGet,
    place: &Place,
) -> Result<Option<String>, Unwell> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Unwell::Http)?;
    let connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let mut request = Request::builder()
        .uri(&place.path)
        .header(header::USER_AGENT, "kube-probe/1.36")
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close");
    let names_host = |it: &crate::pod::HttpHeader| it.name.eq_ignore_ascii_case("host");
    if !get.http_headers.iter().any(names_host) {
        request = request.header(header::HOST, format!("{}:{}", place.host, place.port));
    }
    for header in &get.http_headers {
        request = request.header(&header.name, &header.value);
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(Unwell::Request)?;
    let answer = sender.send_request(request).await;
    let answer = answer.map_err(Unwell::Http)?;
    let status = answer.status();
    let leads = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer.headers().get(header::LOCATION);
    let location = location.and_then(|it| it.to_str().ok());
    let location = location.filter(|it| leads && !it.is_empty());
    let location = location.map(str::to_owned);
    let _ = Limited::new(answer.into_body(), MOST_BODY).collect().await;
    drop(connection);
    match status.is_success() || status.is_redirection() {
        true => Ok(location),
        false => Err(Unwell::Status(status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers one request over TLS with this status, with a certificate of its own making.
    async fn serving(status: u16) -> u16 {
        use rustls::{ServerConfig, pki_types::PrivateKeyDer};
        let own = rcgen::generate_simple_self_signed(vec!["a".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(stream).await.unwrap();
            let answer = hyper::service::service_fn(move |_| async move {
                let answer = http::Response::builder().status(status);
                answer.body(Empty::<Bytes>::new())
            });
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
        });
        port
    }

    #[tokio::test]
    async fn what_answers_over_tls_is_looked_at_whoever_it_is() {
        let get = HttpGet {
            scheme: Some("HTTPS".to_owned()),
            ..HttpGet::default()
        };
        assert!(get.is_over_tls());
        for (status, expected) in [
            (200, Ok(None)),
            (503, Err("HTTP probe failed with statuscode: 503")),
        ] {
            let port = serving(status).await;
            let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let stream = secured(stream).await.unwrap();
            let place = Place::of(&get, Some(Ipv4Addr::LOCALHOST), port);
            let looked = http_get(stream, &get, &place).await;
            let looked = looked.map_err(|it| it.to_string());
            assert_eq!(looked, expected.map_err(str::to_owned));
        }
    }

    #[tokio::test]
    async fn an_answer_may_lead_on() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = hyper::service::service_fn(move |_| async move {
                let answer = http::Response::builder().status(302);
                let answer = answer.header(header::LOCATION, "/login");
                answer.body(Empty::<Bytes>::new())
            });
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
        });
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let get = HttpGet::default();
        let place = Place::of(&get, Some(Ipv4Addr::LOCALHOST), port);
        let looked = http_get(stream, &get, &place).await;
        assert_eq!(looked.unwrap().as_deref(), Some("/login"));
    }

    #[test]
    fn a_probe_is_led_on_by_its_own_host() {
        let get = HttpGet {
            path: "a/b?c".to_owned(),
            ..HttpGet::default()
        };
        let place = Place::of(&get, Some(Ipv4Addr::new(10, 0, 0, 5)), 8080);
        let led = |location: &str| {
            let next = place.led_on(location)?;
            let scheme = if next.is_secure { "https" } else { "http" };
            Some(format!(
                "{scheme}://{}:{}{}",
                next.host, next.port, next.path
            ))
        };
        for (location, expected) in [
            ("/login", "http://10.0.0.5:8080/login"),
            ("?d", "http://10.0.0.5:8080/a/b?d"),
            ("d#e", "http://10.0.0.5:8080/a/d"),
            ("http://10.0.0.5:81/x?y", "http://10.0.0.5:81/x?y"),
            ("https://10.0.0.5", "https://10.0.0.5:443/"),
            ("//10.0.0.5?y", "http://10.0.0.5:80/?y"),
        ] {
            assert_eq!(led(location).as_deref(), Some(expected), "{location}");
        }
        for elsewhere in [
            "http://10.0.0.6/",
            "https://web.lan/x",
            "http://10.0.0.5:no/",
        ] {
            assert_eq!(led(elsewhere), None, "{elsewhere}");
        }
        let named = HttpGet {
            host: Some("10.0.0.7".to_owned()),
            ..HttpGet::default()
        };
        assert_eq!(Place::of(&named, None, 80).host, "10.0.0.7");
    }

    #[test]
    fn so_many_in_a_row_count() {
        let probe = Probe {
            success_threshold: Some(2),
            failure_threshold: Some(3),
            ..Probe::default()
        };
        let mut tally = Tally::of(&probe);
        let seen: Vec<Option<bool>> = [
            true, true, false, false, true, false, false, false, false, true,
        ]
        .map(|it| tally.take(it))
        .to_vec();
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(
            seen,
            [None, yes, None, None, None, None, None, no, no, None]
        );
    }

    #[test]
    fn a_probe_goes_to_the_pod_and_to_its_port() {
        let pod = Ipv4Addr::new(10, 0, 0, 5);
        assert_eq!(target(None, Some(pod)).unwrap(), pod);
        assert_eq!(target(Some(""), Some(pod)).unwrap(), pod);
        let other = Ipv4Addr::new(10, 0, 0, 6);
        assert_eq!(target(Some("10.0.0.6"), Some(pod)).unwrap(), other);
        assert!(target(Some("web.lan"), Some(pod)).is_err());
        assert!(target(None, None).is_err());
        let container: Container = serde_json::from_value(serde_json::json!({
            "name": "a", "ports": [{"name": "web", "containerPort": 8080}],
        }))
        .unwrap();
        for (told, expected) in [
            (Value::from(8080), 8080),
            (Value::from("web"), 8080),
            (Value::from("81"), 81),
        ] {
            assert_eq!(port(&container, &told).unwrap(), expected);
        }
        assert!(port(&container, &Value::from(70_000)).is_err());
        assert!(port(&container, &Value::from("none")).is_err());
    }
}
