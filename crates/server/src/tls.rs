//! The installation's own certificate authority, its rotation, and the gateway's certificate.
//!
//! The authority is made at the first start and kept for ten years, its key sealed. The gateway's
//! certificate is made at every start, for the names and addresses it then has (`names`). Both go out with each
//! handshake, so that a node that knows only the authority's digest can check the whole chain.
//!
//! A rotation makes the next authority beside the current one: nodes learn to trust both, while the
//! gateway goes on with a certificate of the current. With its retirement the gateway shows one of the
//! next, which is the current from then on. All there is is one file that is replaced as a whole;
//! `ca.pem`, which programs of this machine trust by, is made of it at every start and change.
//! Handshakes are never resumed: each shows the certificate of now.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard, RwLock};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;
use wharf_base::{Clock, SystemClock, Timestamp, ids};
use wharf_durable::{self as durable, Durability};
use wharf_seal::{KeyId, Keyring, Sealed, Secret};
use wharf_wire::sigv4::sha256_hex;

const KEY_CONTEXT: &str = "server/tls-authority";
/// Common name; those of later authorities go on with a number, since clients tell them apart by it.
const NAME: &str = "wharf installation authority";
const DAY: time::Duration = time::Duration::DAY;
const AUTHORITY_LIFE: time::Duration = time::Duration::days(3650);
/// Longer than any server runs without a restart.
const LEAF_LIFE: time::Duration = time::Duration::days(825);
const FILE: &str = "authorities.json";
const FORMAT: u32 = 1;
/// Two certificates and two keys.
const MAX_FILE: u64 = 64 * 1024;

/// The authority or the certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot use {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the authority's key cannot be opened")]
    Sealed,
    #[error("{} is of format {found}, which this version does not know", path.display())]
    Format { path: PathBuf, found: u32 },
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    #[error("the certificate cannot be served")]
    Rustls(#[from] rustls::Error),
    #[error("the rotation before has not ended: `wharf keys retire nodes` ends it")]
    Rotating,
    #[error("there is no authority to retire: `wharf keys rotate nodes` makes the next one")]
    NotRotating,
}

/// The file.
#[derive(Clone, Serialize, Deserialize)]
struct Document {
    format: u32,
    current: Kept,
    /// Nodes learn to trust it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Kept>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    name: String,
    /// PEM
    certificate: String,
    /// PEM, sealed.
    key: String,
    /// Not known of those of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_at: Option<Timestamp>,
}

/// What people are shown of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// SHA-256 of its certificate.
    pub digest: String,
    pub made_at: Option<Timestamp>,
    /// Nodes still learn to trust it.
    pub next: bool,
}

/// The installation's authorities.
pub struct Authorities {
    dir: PathBuf,
    keyring: Keyring,
    /// What its certificates are for: names and addresses.
    names: Vec<String>,
    /// What the file says; held over each change of it.
    document: Mutex<Document>,
    /// Of all that nodes should trust.
    digests: RwLock<Vec<String>>,
    shown: Arc<Gateway>,
}

/// The certificate that each handshake shows.
struct Gateway(RwLock<Arc<CertifiedKey>>);

impl std::fmt::Debug for Gateway {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Gateway")
    }
}

impl ResolvesServerCert for Gateway {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read();
        Some(shown.clone())
    }
}

fn acceptor(shown: Arc<dyn ResolvesServerCert>) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shown);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Certificates for names of AWS's, each made when it is first asked for.
struct AwsNames {
    authorities: Arc<Authorities>,
    /// By name, with the authority's certificate.
    made: Mutex<HashMap<String, (String, Arc<CertifiedKey>)>>,
}

/// More are forgotten: buckets are below such names.
const MOST_AWS_NAMES: usize = 256;
const AWS_DOMAINS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws"];
/// Of a name in a certificate.
const MOST_NAME: usize = 253;

impl std::fmt::Debug for AwsNames {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("AwsNames")
    }
}

impl AwsNames {
    fn of(&self, name: &str) -> Result<Arc<CertifiedKey>, TlsError> {
        let authority = self.authorities.document().current.clone();
        let mut made = self.made.lock();
        if let Some((by, certified)) = made.get(name)
            && *by == authority.certificate
        {
            return Ok(certified.clone());
        }
        let leaf = authority.leaf(&self.authorities.keyring, &[name.to_owned()])?;
        let leaf = Arc::new(leaf);
        if made.len() >= MOST_AWS_NAMES {
            made.clear();
        }
        made.insert(name.to_owned(), (authority.certificate, leaf.clone()));
        Ok(leaf)
    }
}

impl ResolvesServerCert for AwsNames {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let is_aws = |name: &String| {
            name.len() <= MOST_NAME && AWS_DOMAINS.iter().any(|domain| name.ends_with(domain))
        };
        let Some(name) = name.filter(is_aws) else {
            return self.authorities.shown.resolve(hello);
        };
        match self.of(&name) {
            Ok(certified) => Some(certified),
            Err(error) => {
                tracing::error!(name, error = %wharf_wire::fault::Chain(&error), "failed to make a certificate");
                None
            }
        }
    }
}

impl Authorities {
    /// Opens the authorities kept in `dir`, or makes the first; the gateway serves under the given
    /// names and addresses.
    pub fn open_or_create(
        dir: &Path,
        keyring: &Keyring,
        names: &[String],
    ) -> Result<Self, TlsError> {
        let document = match load(dir)? {
            Some(document) => document,
            None => {
                fs::create_dir_all(dir).map_err(file(dir))?;
                let current = match earlier(dir)? {
                    Some(kept) => kept,
                    None => Kept::new(NAME.to_owned(), keyring)?,
                };
                let made = Document {
                    format: FORMAT,
                    current,
                    next: None,
                };
                save(dir, &made)?;
                made
            }
        };
        forget_earlier(dir)?;
        tell_programs(dir, &document)?;
        let shown = document.current.leaf(keyring, names)?;
        let digests = RwLock::new(digests(dir, &document)?);
        Ok(Self {
            digests,
            dir: dir.to_owned(),
            keyring: keyring.clone(),
            names: names.to_vec(),
            document: Mutex::new(document),
            shown: Arc::new(Gateway(RwLock::new(Arc::new(shown)))),
        })
    }

    /// SHA-256 of the current authority's certificate: what join tokens pin.
    pub fn digest(&self) -> Result<String, TlsError> {
        self.document().current.digest(&self.dir)
    }

    /// All that nodes should trust.
    pub fn all(&self) -> Result<Vec<Shown>, TlsError> {
        let document = self.document();
        let shown = |kept: &Kept, next| {
            Ok::<_, TlsError>(Shown {
                digest: kept.digest(&self.dir)?,
                made_at: kept.made_at,
                next,
            })
        };
        let mut all = vec![shown(&document.current, false)?];
        if let Some(next) = &document.next {
            all.push(shown(next, true)?);
        }
        Ok(all)
    }

    /// Their digests.
    pub fn digests(&self) -> Vec<String> {
        let digests = self.digests.read();
        digests.clone()
    }

    /// Their certificates in PEM.
    pub fn bundle(&self) -> String {
        bundle(&self.document())
    }

    /// Makes the next authority; nodes trust both from when they learn of it. Its digest.
    pub fn rotate(&self) -> Result<String, TlsError> {
        let mut document = self.document();
        if document.next.is_some() {
            return Err(TlsError::Rotating);
        }
        let next = Kept::new(format!("{NAME} {}", ids::hex16()), &self.keyring)?;
        let digest = next.digest(&self.dir)?;
        let changed = Document {
            next: Some(next),
            ..document.clone()
        };
        self.replace(&mut document, changed)?;
        Ok(digest)
    }

    /// Ends the current authority: from here on the gateway shows a certificate of the next, if that is
    /// still `next`.
    pub fn retire(&self, next: &str) -> Result<(), TlsError> {
        let mut document = self.document();
        let kept = document.next.clone().ok_or(TlsError::NotRotating)?;
        if kept.digest(&self.dir)? != next {
            return Err(TlsError::NotRotating);
        }
        // Before anything is written: what cannot be shown must not be the current.
        let leaf = kept.leaf(&self.keyring, &self.names)?;
        let changed = Document {
            format: FORMAT,
            current: kept,
            next: None,
        };
        self.replace(&mut document, changed)?;
        *self.shown.0.write() = Arc::new(leaf);
        Ok(())
    }

    /// The keys that those of the authorities are sealed under.
    pub fn sealed_under(&self) -> Vec<KeyId> {
        let document = self.document();
        [Some(&document.current), document.next.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|kept| Sealed::decode(&kept.key).ok())
            .map(|sealed| sealed.key_id())
            .collect()
    }

    /// Seals the keys under the keyring's active key; how many were not.
    pub fn reseal(&self) -> Result<usize, TlsError> {
        let mut document = self.document();
        let mut changed = document.clone();
        let mut count = 0;
        for kept in [Some(&mut changed.current), changed.next.as_mut()]
            .into_iter()
            .flatten()
        {
            if self.keyring.is_sealed_under_active(&kept.key) {
                continue;
            }
            let opened = self.keyring.open_token(&kept.key, KEY_CONTEXT);
            let opened = opened.map_err(|_| TlsError::Sealed)?;
            kept.key = self.keyring.seal_token(opened.expose(), KEY_CONTEXT);
            count += 1;
        }
        if count > 0 {
            self.replace(&mut document, changed)?;
        }
        Ok(count)
    }

    /// Serves TLS under the addresses, for clients of HTTP/1.1 and HTTP/2.
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        acceptor(self.shown.clone())
    }

    /// Serves TLS under AWS's names, as clients expect of what VPC endpoints lead to.
    pub fn acceptor_of_endpoints(authorities: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        acceptor(Arc::new(AwsNames {
            authorities: Arc::clone(authorities),
            made: Mutex::default(),
        }))
    }

    fn document(&self) -> MutexGuard<'_, Document> {
        self.document.lock()
    }

    fn replace(&self, held: &mut Document, changed: Document) -> Result<(), TlsError> {
        let digests = digests(&self.dir, &changed)?;
        save(&self.dir, &changed)?;
        *held = changed;
        *self.digests.write() = digests;
        tell_programs(&self.dir, held)
    }
}

impl Kept {
    fn new(name: String, keyring: &Keyring) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let certificate = authority_params(&name).self_signed(&key)?.pem();
        let pem = Secret::from(key.serialize_pem());
        Ok(Self {
            name,
            certificate,
            key: keyring.seal_token(pem.expose(), KEY_CONTEXT),
            made_at: Some(SystemClock.now()),
        })
    }

    fn der(&self, dir: &Path) -> Result<CertificateDer<'static>, TlsError> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .map_err(|cause| file(&dir.join(FILE))(io::Error::other(cause.to_string())))
    }

    fn digest(&self, dir: &Path) -> Result<String, TlsError> {
        Ok(sha256_hex(&self.der(dir)?))
    }

    /// A certificate for the gateway, with a fresh key.
    fn leaf(&self, keyring: &Keyring, names: &[String]) -> Result<CertifiedKey, TlsError> {
        let pem = keyring
            .open_token(&self.key, KEY_CONTEXT)
            .map_err(|_| TlsError::Sealed)?;
        let signing = KeyPair::from_pem(pem.expose_str().ok_or(TlsError::Sealed)?)?;
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "wharf gateway");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        live(&mut params, LEAF_LIFE);
        let key = KeyPair::generate()?;
        let issuer = Issuer::new(authority_params(&self.name), &signing);
        let leaf = params.signed_by(&key, &issuer)?;
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .map_err(|_| rustls::Error::General("the authority is no certificate".to_owned()))?;
        let chain = vec![leaf.der().clone(), certificate];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = rustls::crypto::ring::default_provider();
        Ok(CertifiedKey::from_der(chain, key, &provider)?)
    }
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> TlsError + use<> {
    let path = path.to_owned();
    move |source| TlsError::File { path, source }
}

fn load(dir: &Path) -> Result<Option<Document>, TlsError> {
    let path = dir.join(FILE);
    let document: Option<Document> = durable::read_json(&path, MAX_FILE).map_err(file(&path))?;
    match document {
        Some(document) if document.format != FORMAT => Err(TlsError::Format {
            found: document.format,
            path,
        }),
        other => Ok(other),
    }
}

fn save(dir: &Path, document: &Document) -> Result<(), TlsError> {
    let path = dir.join(FILE);
    durable::replace_json(&path, document, Durability::Machine).map_err(file(&path))
}

fn digests(dir: &Path, document: &Document) -> Result<Vec<String>, TlsError> {
    let all = [Some(&document.current), document.next.as_ref()];
    let all = all.into_iter().flatten();
    all.map(|kept| kept.digest(dir)).collect()
}

fn bundle(document: &Document) -> String {
    let next = document.next.as_ref().map(|next| next.certificate.as_str());
    document.current.certificate.clone() + next.unwrap_or_default()
}

/// Programs of this machine trust by `ca.pem`. Replaced only if it says something else: whoever follows
/// it need not look.
fn tell_programs(dir: &Path, document: &Document) -> Result<(), TlsError> {
    let path = dir.join("ca.pem");
    let wanted = bundle(document);
    let is = durable::read(&path, MAX_FILE).map_err(file(&path))?;
    if is.as_deref() == Some(wanted.as_bytes()) {
        return Ok(());
    }
    durable::replace(&path, wanted.as_bytes(), Durability::Machine).map_err(file(&path))
}

fn earlier_key(dir: &Path) -> PathBuf {
    dir.join("ca.key.sealed")
}

/// The authority as earlier versions kept it, in two files.
fn earlier(dir: &Path) -> Result<Option<Kept>, TlsError> {
    let (certificate_path, key_path) = (dir.join("ca.pem"), earlier_key(dir));
    let certificate =
        durable::read(&certificate_path, MAX_FILE).map_err(file(&certificate_path))?;
    // The certificate came last.
    let Some(certificate) = certificate else {
        return Ok(None);
    };
    let key = fs::read_to_string(&key_path).map_err(file(&key_path))?;
    let certificate = String::from_utf8(certificate)
        .map_err(|_| file(&certificate_path)(io::ErrorKind::InvalidData.into()))?;
    Ok(Some(Kept {
        name: NAME.to_owned(),
        certificate,
        key,
        made_at: None,
    }))
}

fn forget_earlier(dir: &Path) -> Result<(), TlsError> {
    let path = earlier_key(dir);
    durable::remove(&path).map_err(file(&path))
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    live(&mut params, AUTHORITY_LIFE);
    params
}

fn live(params: &mut CertificateParams, life: time::Duration) {
    let now = time::OffsetDateTime::now_utc();
    // Clocks of nodes may be behind.
    params.not_before = now - DAY;
    params.not_after = now + life;
}

#[cfg(test)]
mod tests;
