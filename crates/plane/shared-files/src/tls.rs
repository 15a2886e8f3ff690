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

/// The most of the first line.
pub const MAX_GREETING: usize = 4096;

/// Reads the first line anew.
pub type Greeting = Box<dyn Fn() -> io::Result<Vec<u8>> + Send + Sync>;

/// Whom to trust, and what to say first.
pub struct Trust {
    config: Arc<ClientConfig>,
    greeting: Option<Greeting>,
}

/// Of one connection.
pub struct Session(Mutex<ClientConnection>);

#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    pub fn new(pem: &str, greeting: Option<Greeting>) -> io::Result<Self> {
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
        if let Some(greeting) = &self.greeting {
            connection.writer().write_all(&greeting()?)?;
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

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv4Addr, TcpListener},
        thread,
    };

    use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

    use super::*;

    /// A key and a certificate of its own.
    fn made() -> (String, ServerConfig) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["anybody".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        (certificate.pem(), config)
    }

    /// Answers with what it reads, twice as long.
    fn serve(config: ServerConfig) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(config);
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let session = ServerConnection::new(config.clone()).unwrap();
                let mut stream = StreamOwned::new(session, tcp.unwrap());
                let mut line = [0; 8];
                if stream.read_exact(&mut line).is_ok() {
                    let long = line.repeat(20_000);
                    let _ = stream.write_all(&long);
                }
            }
        });
        port
    }

    #[test]
    fn one_certificate_is_trusted_and_the_line_goes_first() {
        let (pem, config) = made();
        let port = serve(config);
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let line: Greeting = Box::new(|| Ok(b"a line.\n".to_vec()));
        let tcp = connect();
        let session = Trust::new(&pem, Some(line)).unwrap().greet(&tcp).unwrap();
        let (mut seen, mut part) = (Vec::<u8>::new(), [0; 5000]);
        while seen.len() < 160_000 {
            let length = session.read(&tcp, &mut part).unwrap();
            assert!(length > 0);
            seen.extend(&part[..length]);
        }
        assert!(seen[..] == b"a line.\n".repeat(20_000)[..]);

        let (other, _) = made();
        assert!(Trust::new(&other, None).unwrap().greet(&connect()).is_err());
        assert!(Trust::new("nothing", None).is_err());
    }
}
