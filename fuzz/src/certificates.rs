//! Certificates and keys that callers import.

use crate::input;

/// A certificate in DER.
pub fn certificate(der: &[u8]) {
    wharf_svc_acm::fuzz::certificate(der);
}

/// Three parts in PEM: certificate, key, chain (which may be missing).
pub fn import(bytes: &[u8]) {
    let parts = input::parts(bytes);
    if let [body, key, ..] = parts[..] {
        wharf_svc_acm::fuzz::import(body, key, parts.get(2).copied());
    }
}
