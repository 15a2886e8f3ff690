//! How nodes of other machines join: `wharf token` here, `wharf node --server … --join -` there.
//!
//! A token names the digest of the installation's authority, so the first connection of a node that
//! knows nothing else is checked too: the chain the server shows must end in that very certificate.
//!
//! A token comes over the standard input, in a file or in the environment: arguments show in process
//! lists, and a token that was not spent yet is a node's identity.

use std::{
    fs,
    io::{self, BufRead, Read},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use http_body_util::Full;
use rustls::{
    ClientConfig, Error as TlsError, RootCertStore,
    client::WebPkiServerVerifier,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName},
};
use serde::Deserialize;
use serde_json::json;
use tokio_rustls::TlsConnector;
use wharf_agent::{
    Identity,
    client::{Endpoint, Stream},
};
use wharf_api_wharf::types::{CreateJoinTokenRequest, CreateJoinTokenResponse};
use wharf_base::Timestamp;
use wharf_durable::{self as durable, Durability};
use wharf_records::node::Grant;
use wharf_seal::Keyring;
use wharf_tls::{Rule, Shown, Verifier};
use wharf_wire::sigv4::sha256_hex;

use crate::{
    args::{NodeArgs, TokenArgs},
    call::{self, block_on},
    layout::Layout,
    problem::Problem,
    style::Style,
};

/// Answers are a token or an identity.
const MAX_ANSWER: usize = 16 << 10;

/// Where a token may also stand.
pub const TOKEN_VARIABLE: &str = "WHARF_JOIN_TOKEN";
/// Digits of the digest at the end of a token.
const DIGEST: usize = 64;
/// How long the server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest token read, far above any.
const MAX_TOKEN: u64 = 1024;

/// The argument `--join -`.
#[derive(Debug, Clone, Copy)]
pub struct FromStdin;

/// A token among the arguments.
#[derive(Debug, thiserror::Error)]
#[error(
    "every user of this machine sees arguments in the process list: give the token to `--join -` on the \
     standard input, in a file with --join-file, or in {TOKEN_VARIABLE}. If others may have seen it, it \
     ends within the hour"
)]
pub struct ShownToken;

pub fn from_stdin(text: &str) -> Result<FromStdin, ShownToken> {
    match text {
        "-" => Ok(FromStdin),
        _ => Err(ShownToken),
    }
}

/// The token that a node was given: on the standard input, in a file, or in the environment.
pub fn given_token(args: &NodeArgs) -> Result<Option<String>, Problem> {
    let mut token = String::new();
    if args.join.is_some() {
        let mut input = std::io::stdin().lock().take(MAX_TOKEN);
        // A line, so that a person can type it.
        input
            .read_line(&mut token)
            .map_err(|cause| Problem::caused("cannot read the token", cause))?;
    } else if let Some(path) = &args.join_file {
        let file = fs::File::open(path).map_err(Problem::file("cannot open", path))?;
        file.take(MAX_TOKEN)
            .read_to_string(&mut token)
            .map_err(Problem::file("cannot read", path))?;
    } else {
        token = std::env::var(TOKEN_VARIABLE).unwrap_or_default();
    }
    match token.trim() {
        "" => Ok(None),
        token if is_token(token) => Ok(Some(token.to_owned())),
        _ => Err(Problem::NoToken),
    }
}

/// `<id>.<secret>.<digest of the authority>`, in hexadecimal digits.
fn is_token(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_hex = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.len() == 3 && parts.iter().all(is_hex) && parts[2].len() == DIGEST
}

/// Prints a token and the command that spends it.
pub fn token(layout: &Layout, args: &TokenArgs) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let wanted = wanted(args)?;
    let asked = call::wharf(layout, &settings, "CreateJoinToken", &wanted);
    let made: CreateJoinTokenResponse = call::block_on(asked)?;
    let style = Style::of_stdout();
    let address = settings.listen.filter(|address| !address.is_unspecified());
    println!("{}", style.faint("On the other machine, within the hour:"));
    println!(
        "  wharf node --server https://{} --join - <<< {}",
        match address {
            Some(address) => SocketAddr::from((address, settings.port)).to_string(),
            None => format!("ADDRESS:{}", settings.port),
        },
        made.token.unwrap_or_default()
    );
    let hint = match settings.listen {
        Some(address) if !address.is_loopback() => address
            .is_unspecified()
            .then_some("ADDRESS is one of this machine."),
        _ => Some(
            "The server listens on this machine only: start it again with --listen ADDRESS, one that the other machine reaches.",
        ),
    };
    if let Some(hint) = hint {
        println!("{}", style.faint(hint));
    }
    Ok(ExitCode::SUCCESS)
}

/// What the token shall allow.
fn wanted(args: &TokenArgs) -> Result<CreateJoinTokenRequest, Problem> {
    let number = |given: Option<u32>| {
        let number = given.map(i32::try_from).transpose();
        number.map_err(|cause| Problem::caused("no machine has that much", cause))
    };
    Ok(CreateJoinTokenRequest {
        cluster: Some(args.cluster.clone()),
        zone: args.zone.clone(),
        fargate: Some(args.fargate),
        instances: Some(args.instances),
        load_balancer: Some(args.lb),
        max_cpu: number(args.max_cpu)?,
        max_memory: number(args.max_memory)?,
        underlay: args.underlay.map(|address| address.to_string()),
        accounts: Some(args.serves.accounts.clone()),
        regions: Some(args.serves.regions.clone()),
    })
}

/// As a node's identity has them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Granted {
    credentials: Credentials,
    region: String,
    cluster: String,
    /// Whether the node may carry load balancers.
    #[serde(default)]
    load_balancer: bool,
    /// What the token allowed.
    granted: Grant,
}

/// Spends a token: writes the node's identity and the authority's certificate into the data folder.
pub fn join(layout: &Layout, server: &str, token: &str, keyring: &Keyring) -> Result<(), Problem> {
    let endpoint = Endpoint::parse(server)
        .map_err(|cause| Problem::caused(format!("{server} is no server"), cause))?;
    let digest = token.rsplit('.').next().unwrap_or_default().to_owned();
    let host: ServerName<'static> = ServerName::try_from(host_of(server))
        .map_err(|cause| Problem::caused(format!("{server} names no host"), cause))?;
    let pinned = Arc::new(Pinned {
        digest,
        provider: Arc::new(ring::default_provider()),
        authority: Default::default(),
    });
    let (answer, authority) = block_on(async {
        let authority = endpoint.authority();
        let connecting = tokio::net::TcpStream::connect(&authority);
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        let tcp = connected
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|cause| Problem::Unreachable {
                authority: authority.clone(),
                cause,
            })?;
        let provider = pinned.provider.clone();
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|cause| Problem::caused("TLS cannot be set up", cause))?
            .dangerous()
            .with_custom_certificate_verifier(Verifier::new(pinned.clone(), provider))
            .with_no_client_auth();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(host, tcp)
            .await
            .map_err(|cause| {
                Problem::caused(
                    format!(
                        "{authority} is not the server that the token is for, or its authority was rotated since: make a new token there"
                    ),
                    cause,
                )
            })?;
        let body = json!({ "token": token }).to_string();
        let answer = post(Box::new(stream), &authority, "/wharf/join", body).await?;
        let certificate = pinned.authority.lock().clone();
        Ok((answer, certificate))
    })?;
    let granted: Granted = serde_json::from_str(&answer)
        .map_err(|cause| Problem::caused("the server's answer is no identity", cause))?;
    let authority = authority.ok_or_else(|| Problem::other("the server showed no certificate"))?;
    write(layout, server, granted, &authority, keyring)
}

fn write(
    layout: &Layout,
    server: &str,
    granted: Granted,
    authority: &CertificateDer<'_>,
    keyring: &Keyring,
) -> Result<(), Problem> {
    let folder = layout.node();
    fs::create_dir_all(&folder).map_err(Problem::file("cannot make", &folder))?;
    private(&layout.node_ca(), &pem(authority))?;
    // Last: its presence says that the node has joined.
    let identity = Identity {
        endpoint: server.trim_end_matches('/').to_owned(),
        access_key_id: granted.credentials.access_key_id,
        secret_access_key: granted.credentials.secret_access_key,
        session_token: Some(granted.credentials.session_token),
        expires_at: Some(granted.credentials.expires_at),
        region: granted.region,
        cluster: granted.cluster,
        instance_name: String::new(),
        load_balancer: granted.load_balancer,
        granted: Some(granted.granted),
    };
    let path = layout.node_identity();
    identity
        .save(&path, keyring)
        .map_err(Problem::file("cannot write", &path))
}

fn private(path: &Path, text: &str) -> Result<(), Problem> {
    durable::replace(path, text.as_bytes(), Durability::Machine)
        .map_err(Problem::file("cannot write", path))
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = STANDARD.encode(certificate);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

/// The host of `https://host:port`, without brackets.
fn host_of(server: &str) -> String {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    host.trim_matches(['[', ']']).to_owned()
}

async fn post(
    stream: Box<dyn Stream>,
    host: &str,
    path: &str,
    body: String,
) -> Result<String, Problem> {
    let request = http::Request::post(path)
        .header("host", host)
        .body(Full::new(bytes::Bytes::from(body)))
        .map_err(|cause| Problem::caused("the request cannot be made", cause))?;
    call::exchange(stream, request, MAX_ANSWER).await
}

/// Trusts the chain that ends in the certificate of the given digest, and remembers it.
#[derive(Debug)]
struct Pinned {
    digest: String,
    provider: Arc<CryptoProvider>,
    authority: parking_lot::Mutex<Option<CertificateDer<'static>>>,
}

impl Rule for Pinned {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), TlsError> {
        let authority = shown
            .intermediates
            .iter()
            .find(|certificate| sha256_hex(certificate) == self.digest)
            .ok_or_else(|| TlsError::General("its authority is another".to_owned()))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
                .build()
                .map_err(|cause| TlsError::General(cause.to_string()))?;
        wharf_tls::by_authority(&*verifier, shown)?;
        *self.authority.lock() = Some(authority.clone().into_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let digest = "0f".repeat(32);
        assert!(is_token(&format!(
            "c4e2269a93da0d0e.3034e8feb810da22.{digest}"
        )));
        for bad in [
            "bad".to_owned(),
            format!("c4e2.3034.{}", &digest[1..]),
            format!("c4e2..{digest}"),
            format!("c4e2.xyz.{digest}"),
            format!("c4e2.3034.{digest}.0f"),
            format!("c4e2 3034 {digest}"),
        ] {
            assert!(!is_token(&bad), "{bad}");
        }
    }

    #[test]
    fn hosts() {
        for (server, host) in [
            ("https://10.0.0.1:4566", "10.0.0.1"),
            ("https://wharf.example/", "wharf.example"),
            ("https://[fe80::1]:4566", "fe80::1"),
        ] {
            assert_eq!(host_of(server), host);
        }
    }
}
