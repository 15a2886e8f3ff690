//! TLS to the server, which has exactly one certificate that is trusted, whatever its name; and the line that goes first.

use std::{
    io::{self, Cursor, Read, Write},
    net::TcpStream,
    sync::Arc,
};

use parking_lot::Mutex;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};

use crate::broker::Broker;

/// The most of the first line.
pub const MAX_GREETING: usize = 4096;

/// Whom to trust, and what to say first.
pub struct Trust {
    config: Arc<ClientConfig>,
    greeting: Option<Arc<Broker>>,
}

/// Of one connection.
pub struct Session(Mutex<ClientConnection>);

#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    pub fn new(pem: &str, greeting: Option<Arc<Broker>>) -> io::Result<Self> {
        let certificate =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(io::Error::other)?;
        let provider = Arc::new(ring::default_provider());
        let pinned = Pinned {
            certificate,
            provider: provider.clone(),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(pinned))
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
            greeting,
        })
    }

    /// A session over it, after the handshake and the first line.
    pub fn greet(&self, tcp: &TcpStream) -> io::Result<Session> {
        let name = ServerName::try_from("files.wharf.internal").map_err(io::Error::other)?;
        let mut connection =
            ClientConnection::new(self.config.clone(), name).map_err(io::Error::other)?;
        connection.set_buffer_limit(None);
        let mut tcp = tcp;
        while connection.is_handshaking() {
            connection.complete_io(&mut tcp)?;
        }
        if let Some(broker) = &self.greeting {
            connection.writer().write_all(&broker.greeting()?)?;
        }
        while connection.wants_write() {
            connection.write_tls(&mut tcp)?;
        }
        Ok(Session(Mutex::new(connection)))
    }
}

impl Session {
    pub fn send(&self, mut tcp: &TcpStream, bytes: &[u8]) -> io::Result<()> {
        let mut connection = self.0.lock();
        connection.writer().write_all(bytes)?;
        while connection.wants_write() {
            connection.write_tls(&mut tcp)?;
        }
        Ok(())
    }

    /// By one thread. Nothing is held while it waits.
    pub fn read(&self, mut tcp: &TcpStream, into: &mut [u8]) -> io::Result<usize> {
        /// A record of TLS.
        const BYTES: usize = 18 << 10;
        let mut sealed = [0; BYTES];
        loop {
            match self.0.lock().reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            let length = tcp.read(&mut sealed)?;
            let mut connection = self.0.lock();
            let mut rest = Cursor::new(&sealed[..length]);
            // Also the end, which is nothing.
            loop {
                connection.read_tls(&mut rest)?;
                connection.process_new_packets().map_err(io::Error::other)?;
                if rest.position() >= length as u64 {
                    break;
                }
            }
            while connection.wants_write() {
                connection.write_tls(&mut tcp)?;
            }
        }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match *shown == self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::General(
                "the server has another certificate than it is to have".to_owned(),
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, shown, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, shown, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
