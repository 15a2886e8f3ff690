//! TLS towards clients and targets.
//!
//! Security policies name versions and ciphers of other libraries; what is kept of them is the
//! choice of versions, of which TLS 1.2 and 1.3 are offered, with forward secrecy always.

use std::{collections::HashMap, sync::Arc};

use rustls::{
    CipherSuite, ClientConfig, HandshakeKind, NamedGroup, ProtocolVersion, ServerConfig,
    ServerConnection, SupportedProtocolVersion,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use wharf_planeproto::balancer::{Certificate, Listener};
use wharf_tls::{Anybody, Verifier};

use crate::config::{CompiledCertificate, Registry};

/// Why a certificate cannot be used. Says nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum WrongCertificate {
    #[error("there is no certificate in its chain")]
    Chain,
    #[error("its private key cannot be read")]
    Key,
    #[error("its private key is not the one of the certificate")]
    Mismatch(#[source] rustls::Error),
}

/// Reads a certificate with its key and checks that they belong together.
pub fn certified_key(record: &Certificate) -> Result<Arc<CertifiedKey>, WrongCertificate> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(record.chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| WrongCertificate::Chain)?;
    if chain.is_empty() {
        return Err(WrongCertificate::Chain);
    }
    let key = PrivateKeyDer::from_pem_slice(record.private_key.as_bytes())
        .map_err(|_| WrongCertificate::Key)?;
    CertifiedKey::from_der(chain, key, &default_provider())
        .map(Arc::new)
        .map_err(WrongCertificate::Mismatch)
}

/// Chooses the certificate by the name that the client asks for, else the listener's default.
#[derive(Debug)]
pub struct ByName<T> {
    default: T,
    exact: HashMap<String, T>,
    /// By what follows the first label.
    wildcard: HashMap<String, T>,
}

impl<T: Clone> ByName<T> {
    /// What `of` says of a listener's certificates; `None` as long as none of these is there.
    fn read(
        registry: &Registry,
        listener: &Listener,
        of: impl Fn(&str, &CompiledCertificate) -> T,
    ) -> Option<Self> {
        let known = |arn: &String| Some((arn.clone(), registry.certificates.get(arn)?));
        let certificates: Vec<_> = listener.certificates.iter().filter_map(known).collect();
        let (arn, first) = certificates.first()?;
        let default = of(arn, first);
        let (mut exact, mut wildcard) = (HashMap::new(), HashMap::new());
        // The first that has a name keeps it.
        for (arn, certificate) in certificates.iter().rev() {
            for name in certificate.names() {
                let name = name.to_ascii_lowercase();
                let it = of(arn, certificate);
                match name.strip_prefix("*.") {
                    Some(parent) => wildcard.insert(parent.to_owned(), it),
                    None => exact.insert(name, it),
                };
            }
        }
        Some(Self {
            default,
            exact,
            wildcard,
        })
    }

    /// What a client gets that asks for this name.
    pub fn choose(&self, name: Option<&str>) -> &T {
        let named = name.and_then(|name| self.find(name));
        named.unwrap_or(&self.default)
    }

    fn find(&self, name: &str) -> Option<&T> {
        let name = name.to_ascii_lowercase();
        self.exact.get(&name).or_else(|| {
            let (_, parent) = name.split_once('.')?;
            self.wildcard.get(parent)
        })
    }
}

impl ResolvesServerCert for ByName<Arc<CertifiedKey>> {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(self.choose(hello.server_name())))
    }
}

/// Versions that a security policy stands for.
fn versions(policy: Option<&str>) -> Vec<&'static SupportedProtocolVersion> {
    match policy {
        Some(policy) if policy.contains("TLS13-1-3") => vec![&TLS13],
        Some(policy) if policy.contains("TLS13") => vec![&TLS13, &TLS12],
        _ => vec![&TLS12],
    }
}

const H2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// What application load balancers agree on with clients, the favourite first.
pub fn of_http(http2: bool) -> &'static [&'static [u8]] {
    if http2 { &[H2, HTTP1] } else { &[HTTP1] }
}

/// What a network load balancer does by its ALPN policy.
pub fn policy(name: Option<&str>) -> &'static [&'static [u8]] {
    const HTTP10: &[u8] = b"http/1.0";
    match name {
        Some("HTTP1Only") => &[HTTP1, HTTP10],
        Some("HTTP2Only") => &[H2],
        Some("HTTP2Optional") => &[HTTP1, HTTP10, H2],
        Some("HTTP2Preferred") => &[H2, HTTP1, HTTP10],
        _ => &[],
    }
}

/// The TLS side of a listener; `None` as long as none of its certificates is there.
pub fn server_config(
    registry: &Registry,
    listener: &Listener,
    alpn: &[&[u8]],
) -> Option<Arc<ServerConfig>> {
    let by_name = ByName::read(registry, listener, |_, it| Arc::clone(&it.key))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&versions(listener.ssl_policy.as_deref()))
        .ok()?;
    let mut config = builder
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(by_name));
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Some(Arc::new(config))
}

/// The ARNs of a listener's certificates, by which clients get them.
pub fn arns(registry: &Registry, listener: &Listener) -> Option<ByName<String>> {
    ByName::read(registry, listener, |arn, _| arn.to_owned())
}

/// What was agreed on with a client.
#[derive(Debug)]
pub struct Agreed {
    /// As OpenSSL and AWS call it.
    pub cipher: &'static str,
    pub protocol: &'static str,
    pub key_exchange: &'static str,
    /// What the client asked for.
    pub server_name: Option<String>,
    pub is_resumed: bool,
}

impl Agreed {
    pub fn of(connection: &ServerConnection) -> Self {
        let suite = connection.negotiated_cipher_suite().map(|it| it.suite());
        Self {
            cipher: suite.map_or("-", cipher),
            protocol: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "-",
            },
            key_exchange: connection
                .negotiated_key_exchange_group()
                .map_or("-", |it| group(it.name())),
            server_name: connection.server_name().map(str::to_owned),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}

fn cipher(suite: CipherSuite) -> &'static str {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => {
            "ECDHE-ECDSA-CHACHA20-POLY1305"
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => "-",
    }
}

fn group(name: NamedGroup) -> &'static str {
    match name {
        NamedGroup::X25519 => "x25519",
        NamedGroup::X25519MLKEM768 => "X25519MLKEM768",
        NamedGroup::secp256r1 => "secp256r1",
        NamedGroup::secp384r1 => "secp384r1",
        NamedGroup::secp521r1 => "secp521r1",
        _ => "-",
    }
}

/// TLS towards targets, whose certificates are not verified: as on AWS, where a target's
/// certificate may be self-signed and the network says who it is.
/// `alpn`: the protocol to agree on, if any.
pub fn client_config(alpn: Option<&[u8]>) -> Arc<ClientConfig> {
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring offers both versions");
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(Verifier::new(Anybody, provider))
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}
