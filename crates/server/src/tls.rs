//! The installation's own certificate authority and the gateway's certificate.
//!
//! The authority is made at the first start and kept for ten years, its key sealed. The gateway's
//! certificate is made at every start, for the addresses it then listens on. Both go out with each
//! handshake, so that a node that knows only the authority's digest can check the whole chain.

use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;
use wharf_durable::{self as durable, Durability};
use wharf_seal::Keyring;
use wharf_wire::sigv4::sha256_hex;

const KEY_CONTEXT: &str = "server/tls-authority";
const DAY: time::Duration = time::Duration::DAY;
const AUTHORITY_LIFE: time::Duration = time::Duration::days(3650);
/// Longer than any server runs without a restart.
const LEAF_LIFE: time::Duration = time::Duration::days(825);

/// The authority or the certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot use {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the authority's key cannot be opened")]
    Sealed,
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    #[error("the certificate cannot be served")]
    Rustls(#[from] rustls::Error),
}

/// The installation's authority.
pub struct Authority {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    /// Opens the authority kept in `dir`, or makes it.
    pub fn open_or_create(dir: &Path, keyring: &Keyring) -> Result<Self, TlsError> {
        let (certificate_path, key_path) = (dir.join("ca.pem"), dir.join("ca.key.sealed"));
        let file = |path: &Path| {
            let path = path.to_owned();
            move |source| TlsError::File { path, source }
        };
        if !certificate_path.exists() {
            let key = KeyPair::generate()?;
            let certificate = authority_params().self_signed(&key)?;
            fs::create_dir_all(dir).map_err(file(dir))?;
            let sealed = keyring.seal_token(key.serialize_pem().as_bytes(), KEY_CONTEXT);
            durable::replace(&key_path, sealed.as_bytes(), Durability::Machine)
                .map_err(file(&key_path))?;
            // Last: its presence says that both are there.
            durable::replace(
                &certificate_path,
                certificate.pem().as_bytes(),
                Durability::Machine,
            )
            .map_err(file(&certificate_path))?;
        }
        let sealed = fs::read_to_string(&key_path).map_err(file(&key_path))?;
        let pem = keyring
            .open_token(&sealed, KEY_CONTEXT)
            .map_err(|_| TlsError::Sealed)?;
        let key = KeyPair::from_pem(pem.expose_str().ok_or(TlsError::Sealed)?)?;
        let certificate = CertificateDer::from_pem_file(&certificate_path)
            .map_err(|cause| file(&certificate_path)(io::Error::other(cause.to_string())))?;
        Ok(Self { certificate, key })
    }

    /// SHA-256 of the authority's certificate: what join tokens pin.
    pub fn digest(&self) -> String {
        sha256_hex(&self.certificate)
    }

    /// Serves TLS under the given addresses, for clients of HTTP/1.1 and HTTP/2.
    pub fn acceptor(&self, addresses: &[IpAddr]) -> Result<TlsAcceptor, TlsError> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        names.extend(addresses.iter().map(IpAddr::to_string));
        names.extend(host_name());
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "wharf gateway");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        live(&mut params, LEAF_LIFE);
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &Issuer::new(authority_params(), &self.key))?;
        let chain = vec![leaf.der().clone(), self.certificate.clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Seals the authority's key under the keyring's active key; whether it was not.
pub fn reseal(dir: &Path, keyring: &Keyring) -> Result<bool, TlsError> {
    let path = dir.join("ca.key.sealed");
    let failed = |source| TlsError::File {
        path: path.clone(),
        source,
    };
    let sealed = fs::read_to_string(&path).map_err(failed)?;
    if keyring.is_sealed_under_active(&sealed) {
        return Ok(false);
    }
    let pem = keyring
        .open_token(&sealed, KEY_CONTEXT)
        .map_err(|_| TlsError::Sealed)?;
    let sealed = keyring.seal_token(pem.expose(), KEY_CONTEXT);
    durable::replace(&path, sealed.as_bytes(), Durability::Machine).map_err(failed)?;
    Ok(true)
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "wharf installation authority");
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

fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    (plain && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::in_memory();
        let first = Authority::open_or_create(folder.path(), &keyring).unwrap();
        let again = Authority::open_or_create(folder.path(), &keyring).unwrap();
        assert_eq!(first.digest(), again.digest());
        assert!(again.acceptor(&["10.0.0.1".parse().unwrap()]).is_ok());
        let key = fs::read_to_string(folder.path().join("ca.key.sealed")).unwrap();
        assert!(!key.contains("PRIVATE"));
        assert!(matches!(
            Authority::open_or_create(folder.path(), &Keyring::in_memory()),
            Err(TlsError::Sealed)
        ));
    }
}
