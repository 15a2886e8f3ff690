//! Who a node is to its peers: a certificate that it made itself, whose digest the control plane vouches for.
//!
//! Both ends of a connection show one and prove that they hold its key. Whose it should be, the one that asks knows before
//! (the control plane named it), and the one that is asked finds in the ticket.

use std::{io, net::IpAddr, sync::Arc};

use rustls::{
    ClientConfig, Error as TlsError, ServerConfig,
    client::Resumption,
    crypto::{CryptoProvider, ring as provider},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
    server::NoServerSessionStorage,
    version::TLS13,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use wharf_planeproto::layers::Sum;
use wharf_tls::{Anybody, Rule, Shown, Verifier};

/// Nobody looks for a name.
const NAME: &str = "wharf-node";

/// The certificate of this run, with its key.
pub struct Proof {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    sum: Sum,
    provider: Arc<CryptoProvider>,
}

impl Proof {
    pub fn make() -> io::Result<Self> {
        let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()]);
        let made = made.map_err(io::Error::other)?;
        let certificate = made.cert.der().clone();
        Ok(Self {
            sum: sum(&certificate),
            key: PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()),
            certificate,
            provider: Arc::new(provider::default_provider()),
        })
    }

    pub fn certificate(&self) -> &Sum {
        &self.sum
    }

    fn chain(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(self.key.clone_key());
        (vec![self.certificate.clone()], key)
    }

    /// Takes connections of whoever shows a certificate: whose it is, the caller asks [`shown`].
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let (chain, key) = self.chain();
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(Verifier::new(Anybody, self.provider.clone()))
            .with_single_cert(chain, key)?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Speaks to the node with that certificate alone.
    pub fn connector(&self, peer: Sum) -> Result<TlsConnector, TlsError> {
        let (chain, key) = self.chain();
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Verifier::new(Announced(peer), self.provider.clone()))
            .with_client_auth_cert(chain, key)?;
        config.resumption = Resumption::disabled();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// The name under which a connection to an address is begun; nobody checks it.
pub fn name_of(address: IpAddr) -> ServerName<'static> {
    ServerName::IpAddress(address.into())
}

/// The digest of the certificate that the other end proved to be its own.
pub fn shown(chain: Option<&[CertificateDer<'_>]>) -> Option<Sum> {
    chain.and_then(<[_]>::first).map(sum)
}

fn sum(certificate: &CertificateDer<'_>) -> Sum {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    std::array::from_fn(|at| digest.as_ref().get(at).copied().unwrap_or_default())
}

/// Takes the certificate with that digest.
#[derive(Debug)]
struct Announced(Sum);

impl Rule for Announced {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), TlsError> {
        if self.0 == sum(shown.certificate) {
            return Ok(());
        }
        let text = "the certificate is not the one that the peer announced";
        Err(TlsError::General(text.to_owned()))
    }
}
