//! What the API server of a cluster shows: to clients under all of its names, to nodes as itself.

use std::{net::Ipv4Addr, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig as TlsConfig,
    pki_types::{CertificateDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio_rustls::TlsAcceptor;
use wharf_base::net::Cidr4;
use wharf_kube_api::FRONT_PROXY;
use wharf_kube_auth::user::MASTERS;
use wharf_kube_controllers::ServerNames;
use wharf_svc_eks::control_planes::{ControlPlaneError, Wanted};

use super::{
    Clusters, failed, identity, keys,
    nodes::{Fleet, ToNodes},
    users::SELF,
};

/// Names that pods reach the API server by.
const IN_PODS: [&str; 4] = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

impl Clusters {
    /// What the certificate of a cluster holds for.
    fn names(&self, wanted: &Wanted) -> Vec<String> {
        let mut names = self.settings.names.clone();
        names.extend(IN_PODS.map(str::to_owned));
        names.extend(first_address(&wanted.service_cidr).map(|it| it.to_string()));
        names
    }

    /// What nobody else gets a certificate for.
    pub(super) fn own_names(&self, wanted: &Wanted) -> ServerNames {
        let mut names = self.names(wanted);
        names.push(self.settings.host.clone());
        names.extend(self.settings.reached.iter().map(ToString::to_string));
        ServerNames::new(names, [SELF, identity::TO_NODES].map(str::to_owned))
    }

    pub(super) fn to_nodes(
        &self,
        wanted: &Wanted,
        signing: &keys::Authority,
        front: &keys::FrontProxy,
    ) -> Result<ToNodes, ControlPlaneError> {
        const ACTION: &str = "making the certificate that nodes see";
        let signed = signing.for_client(identity::TO_NODES, MASTERS);
        let signed = signed.map_err(failed(ACTION))?;
        let seen = front.for_server(FRONT_PROXY).map_err(failed(ACTION))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let fleet = Fleet {
            ec2: self.settings.machines.clone(),
            store: self.settings.store.clone(),
            place: wanted.place.clone(),
            vpc: wanted.vpc.clone(),
            own: self.settings.reached.clone(),
        };
        let made = ToNodes::new(fleet, &provider, signed, seen);
        made.map_err(failed(ACTION))
    }

    pub(super) fn acceptor(
        &self,
        wanted: &Wanted,
        signing: &keys::Authority,
    ) -> Result<TlsAcceptor, ControlPlaneError> {
        const ACTION: &str = "making the certificate of a cluster";
        let signed = signing
            .for_server(self.names(wanted))
            .map_err(failed(ACTION))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(wanted.authority.as_bytes()) {
            let certificate = certificate.map_err(failed(ACTION))?;
            roots.add(certificate).map_err(failed(ACTION))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let clients = clients.allow_unauthenticated().build();
        let clients = clients.map_err(failed(ACTION))?;
        let tls = TlsConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed(ACTION))?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![signed.certificate], signed.key);
        let mut tls = tls.map_err(failed(ACTION))?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(tls)))
    }
}

/// The address of the API server's service.
fn first_address(range: &str) -> Option<Ipv4Addr> {
    Some(range.parse::<Cidr4>().ok()?.nth(1))
}
