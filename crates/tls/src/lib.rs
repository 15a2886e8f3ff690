//! Whom connections over TLS take for their other end, where that is decided by another rule than names and public authorities.
//!
//! A rule looks at what the other end shows. That it has the certificate's key is checked here, for all of them.

#![forbid(unsafe_code)]

use std::{fmt::Debug, sync::Arc};

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};

/// What the other end of a handshake shows.
#[derive(Debug)]
pub struct Shown<'a> {
    pub certificate: &'a CertificateDer<'a>,
    /// What it sent beside its own certificate.
    pub intermediates: &'a [CertificateDer<'a>],
    /// The server that was asked for; clients have none.
    pub name: Option<&'a ServerName<'a>>,
    /// Stapled; empty if there is none.
    pub ocsp: &'a [u8],
    pub now: UnixTime,
}

/// Decides by a certificate who the other end is.
pub trait Rule: Debug + Send + Sync {
    /// # Errors
    /// It is somebody else, in words for whoever reads the log.
    fn judge(&self, shown: &Shown<'_>) -> Result<(), Error>;
}

impl<R: Rule> Rule for Arc<R> {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), Error> {
        R::judge(self, shown)
    }
}

/// Takes any certificate.
#[derive(Debug, Clone, Copy)]
pub struct Anybody;

impl Rule for Anybody {
    fn judge(&self, _: &Shown<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// As names and authorities go, where the authorities are others than the public ones.
///
/// # Errors
/// The verifier's.
pub fn by_authority(verifier: &impl ServerCertVerifier, shown: &Shown<'_>) -> Result<(), Error> {
    let name = shown
        .name
        .ok_or_else(|| Error::General("it was asked for by no name".to_owned()))?;
    verifier.verify_server_cert(
        shown.certificate,
        shown.intermediates,
        name,
        shown.ocsp,
        shown.now,
    )?;
    Ok(())
}

/// A rule, and signatures of the algorithms of a provider.
#[derive(Debug)]
pub struct Verifier<R> {
    rule: R,
    provider: Arc<CryptoProvider>,
}

impl<R: Rule> Verifier<R> {
    pub fn new(rule: R, provider: Arc<CryptoProvider>) -> Arc<Self> {
        Arc::new(Self { rule, provider })
    }

    fn tls12(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn tls13(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

impl<R: Rule> ServerCertVerifier for Verifier<R> {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Shown {
            certificate,
            intermediates,
            name: Some(name),
            ocsp,
            now,
        };
        self.rule.judge(&shown)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

impl<R: Rule> ClientCertVerifier for Verifier<R> {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let shown = Shown {
            certificate,
            intermediates,
            name: None,
            ocsp: &[],
            now,
        };
        self.rule.judge(&shown)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}
