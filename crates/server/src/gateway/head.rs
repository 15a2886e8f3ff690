//! A request without its body.

use http::{Request, header};
use wharf_wire::sigv4::RequestParts;

use super::auth;

/// A request without its body, as signature and dispatcher need it.
pub(super) struct Head {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub raw: http::HeaderMap,
}

impl Head {
    pub fn of<B>(request: &Request<B>) -> Self {
        let uri = request.uri();
        let authority = uri.authority().map(http::uri::Authority::as_str);
        let mut raw = request.headers().clone();
        // HTTP/2 carries the host in `:authority`.
        if let Some(host) = authority.and_then(|host| host.parse().ok()) {
            raw.entry(header::HOST).or_insert(host);
        }
        Self {
            method: request.method().as_str().to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: auth::header_pairs(
                request.headers(),
                uri.authority().map(http::uri::Authority::as_str),
            ),
            raw,
        }
    }

    /// What it takes in memory: headers are kept twice.
    pub fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.len() + value.len() + 64)
            .sum();
        self.path.len() + self.query.len() + 2 * headers
    }

    pub fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
