//! The controllers and the scheduler on somebody else's API server, until they are killed: `elsewhere URL AUTHORITY CERTIFICATE KEY`,
//! the last three files in PEM. `conformance/swapped.py` runs it on upstream's.

use std::{env, error::Error, fs, sync::Arc};

use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Client, Credentials, Https, Informers};
use wharf_kube_controllers::{CertificateSigner, NotSigned, Options, Order, ServerNames};

/// The key of that server's authority is not ours.
struct NoKey;

impl CertificateSigner for NoKey {
    fn sign(&self, _: &Order) -> Result<String, NotSigned> {
        Err(NotSigned("there is no key here".into()))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = env::args().skip(1).collect();
    let [url, authority, certificate, key] = &given[..] else {
        return Err("elsewhere URL AUTHORITY CERTIFICATE KEY".into());
    };
    let authority = fs::read(authority)?;
    let credentials = Credentials::Certificate {
        chain: fs::read(certificate)?,
        key: fs::read(key)?,
    };
    let client = Client::new(Https::new(url, &authority, credentials)?, "wharf");
    let stop = CancellationToken::new();
    let indexes = [
        wharf_kube_controllers::indexes(),
        wharf_kube_scheduler::indexes(),
    ];
    let informers = Informers::new(client.clone(), indexes.concat(), stop.clone());
    let options = Options {
        authority: String::from_utf8(authority)?,
        signer: Arc::new(NoKey),
        server: ServerNames::new([], []),
    };
    tokio::join!(
        wharf_kube_controllers::run(client.clone(), informers.clone(), options, stop.clone()),
        wharf_kube_scheduler::run(client, informers, stop),
    );
    Err("controllers that end".into())
}
