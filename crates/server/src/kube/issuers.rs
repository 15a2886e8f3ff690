//! What the clusters of this server say of the tokens that they sign: their discovery documents and key sets.
//!
//! An issuer has a name below `amazonaws.com`, as on AWS, which no name service of this installation leads here. So STS is told these
//! documents without a connection, and the gateway answers them at the same paths to whoever leads the name to it.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use parking_lot::RwLock;
use wharf_kube_auth::account_token::Issuer;

const FOLDER: &str = "/id/";
const DISCOVERY: &str = ".well-known/openid-configuration";
const KEYS: &str = "keys";

/// Those of all clusters that are served. Clones share them.
#[derive(Clone, Default)]
pub struct ClusterIssuers(Arc<RwLock<HashMap<String, Told>>>);

#[derive(Clone)]
struct Told {
    issuer: String,
    discovery: Bytes,
    keys: Bytes,
}

/// The cluster's id and the document that a path names.
fn asked(path: &str) -> Option<(&str, &str)> {
    let (id, document) = path.strip_prefix(FOLDER)?.split_once('/')?;
    let is_id = id.len() == 32 && id.bytes().all(|it| it.is_ascii_hexdigit());
    (is_id && [DISCOVERY, KEYS].contains(&document)).then_some((id, document))
}

/// Whether a path is one of an issuer.
pub fn is_issuers(path: &str) -> bool {
    asked(path).is_some()
}

impl ClusterIssuers {
    pub fn begin(&self, id: &str, issuer: &Issuer) {
        let told = Told {
            issuer: issuer.url().to_owned(),
            discovery: Bytes::from(issuer.configuration().to_string()),
            keys: Bytes::from(issuer.key_set().to_string()),
        };
        self.0.write().insert(id.to_owned(), told);
    }

    /// Its tokens are no longer vouched for.
    pub fn end(&self, id: &str) {
        self.0.write().remove(id);
    }

    /// The document at a path of the gateway.
    pub fn at_path(&self, path: &str) -> Option<Bytes> {
        let (id, document) = asked(path)?;
        let told = self.0.read().get(id).cloned()?;
        Some(told.document(document))
    }

    /// The document at an address, if that is one of a cluster of this server.
    pub fn at_url(&self, url: &str) -> Option<Bytes> {
        let path = url.find(FOLDER).and_then(|at| url.get(at..))?;
        let (id, document) = asked(path)?;
        let told = self.0.read().get(id).cloned()?;
        let is_own = url.strip_prefix(&*told.issuer)?.strip_prefix('/')? == document;
        is_own.then(|| told.document(document))
    }
}

impl Told {
    fn document(self, name: &str) -> Bytes {
        match name == KEYS {
            true => self.keys,
            false => self.discovery,
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_kube_auth::account_token::new_key;

    use super::*;

    const ID: &str = "0123456789ABCDEF0123456789ABCDEF";

    #[test]
    fn a_cluster_is_vouched_for_at_its_own_address_while_it_is_served() {
        let url = format!("https://oidc.eks.us-east-1.amazonaws.com/id/{ID}");
        let issuer = Issuer::new(&new_key().unwrap(), &*url).unwrap();
        let issuers = ClusterIssuers::default();
        let discovery = format!("/id/{ID}/.well-known/openid-configuration");
        assert!(is_issuers(&discovery) && issuers.at_path(&discovery).is_none());
        issuers.begin(ID, &issuer);
        let told = issuers.at_path(&discovery).unwrap();
        assert_eq!(told, issuer.configuration().to_string());
        let keys = issuers.at_url(&format!("{url}/keys")).unwrap();
        assert_eq!(keys, issuer.key_set().to_string());
        for other in [
            format!("https://oidc.eks.eu-west-1.amazonaws.com/id/{ID}/keys"),
            format!("http://oidc.eks.us-east-1.amazonaws.com/id/{ID}/keys"),
            format!("https://evil.example/?{url}/keys"),
            format!("{url}/keys/more"),
            format!("{url}/"),
        ] {
            assert!(issuers.at_url(&other).is_none(), "{other}");
        }
        issuers.end(ID);
        assert!(issuers.at_path(&discovery).is_none());
        for path in ["/id/1/keys", "/id/keys", "/id/../keys", "/keys"] {
            assert!(!is_issuers(path), "{path}");
        }
    }
}
