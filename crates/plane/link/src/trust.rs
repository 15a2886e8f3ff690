//! The authorities a node trusts: a PEM file that changes while the node runs.
//!
//! Every handshake goes by the file as it is then; nothing is resumed, so that an authority that was
//! taken out of the file counts for nothing from then on. A file that cannot be read changes nothing.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard};
use rustls::{
    ClientConfig, Error as TlsError, RootCertStore,
    client::{Resumption, WebPkiServerVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject},
};
use wharf_tls::{Rule, Shown, Verifier};
use wharf_wire::sigv4::sha256_hex;

/// A few certificates.
const MAX_FILE: u64 = 64 * 1024;

/// The authorities in a file.
#[derive(Debug)]
pub struct Trust {
    path: PathBuf,
    provider: Arc<CryptoProvider>,
    held: Mutex<Held>,
    told: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Held {
    stamp: Stamp,
    verifier: Arc<WebPkiServerVerifier>,
    /// Sorted.
    digests: Vec<String>,
}

/// Differs if the file is another: it is replaced as a whole, never written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    changed: (i64, i64),
    bytes: u64,
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        Ok(Self {
            inode: meta.ino(),
            changed: (meta.mtime(), meta.mtime_nsec()),
            bytes: meta.len(),
        })
    }
}

impl Trust {
    /// # Errors
    /// The file is not readable or holds no certificate.
    pub fn open(path: &Path) -> io::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        Ok(Self {
            held: Mutex::new(read(path, &provider)?),
            path: path.to_owned(),
            provider,
            told: Mutex::default(),
        })
    }

    /// A configuration that trusts as the file says.
    pub fn client(self: Arc<Self>) -> io::Result<Arc<ClientConfig>> {
        let provider = self.provider.clone();
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Verifier::new(self, provider))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }

    pub fn told(&self, mut authorities: Vec<String>) {
        authorities.sort_unstable();
        *self.told.lock() = authorities;
    }

    pub fn is_outdated(&self) -> bool {
        let told = self.told.lock();
        !told.is_empty() && *told != self.current().digests
    }

    pub fn digests(&self) -> Vec<String> {
        self.current().digests.clone()
    }

    /// As the file is now.
    fn current(&self) -> MutexGuard<'_, Held> {
        let mut held = self.held.lock();
        if Stamp::of(&self.path).is_ok_and(|stamp| stamp != held.stamp) {
            match read(&self.path, &self.provider) {
                Ok(read) => *held = read,
                Err(error) => {
                    let path = self.path.display();
                    tracing::warn!(%path, %error, "failed to reload the trusted certificate authorities");
                }
            }
        }
        held
    }
}

fn read(path: &Path, provider: &Arc<CryptoProvider>) -> io::Result<Held> {
    let stamp = Stamp::of(path)?;
    let missing = || io::Error::new(io::ErrorKind::NotFound, "it is gone");
    let pem = wharf_durable::read(path, MAX_FILE)?.ok_or_else(missing)?;
    let (mut roots, mut digests) = (RootCertStore::empty(), Vec::new());
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(io::Error::other)?;
        digests.push(sha256_hex(&certificate));
        roots.add(certificate).map_err(io::Error::other)?;
    }
    if roots.is_empty() {
        return Err(io::Error::other("it holds no certificate"));
    }
    digests.sort_unstable();
    digests.dedup();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    Ok(Held {
        stamp,
        verifier: verifier.map_err(io::Error::other)?,
        digests,
    })
}

impl Rule for Trust {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), TlsError> {
        let verifier = self.current().verifier.clone();
        wharf_tls::by_authority(&*verifier, shown)
    }
}

#[cfg(test)]
mod tests {
    use wharf_durable::{Durability, replace};

    use super::*;

    // Self-signed, P-256, CA.
    const ONE: &str = include_str!("trust/one.pem");
    const TWO: &str = include_str!("trust/two.pem");

    #[test]
    fn the_file_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let put = |text: &str| replace(&path, text.as_bytes(), Durability::Process).unwrap();
        assert!(Trust::open(&path).is_err());
        put("nothing");
        assert!(Trust::open(&path).is_err());
        put(ONE);
        let trust = Trust::open(&path).unwrap();
        let one = trust.digests();
        assert_eq!(one.len(), 1);
        assert!(!trust.is_outdated(), "nobody said anything");
        put(&format!("{ONE}{TWO}"));
        let both = trust.digests();
        assert_eq!(both.len(), 2);
        trust.told(one.clone());
        assert!(trust.is_outdated());
        trust.told(both.iter().rev().cloned().collect());
        assert!(!trust.is_outdated());
        // One that cannot be read changes nothing.
        put("nothing");
        assert_eq!(trust.digests(), both);
        put(TWO);
        assert_eq!(trust.digests().len(), 1);
        assert_ne!(trust.digests(), one);
    }
}
