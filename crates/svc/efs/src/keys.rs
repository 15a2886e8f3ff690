//! What a file system's server shows and signs by, made with the file system.

use wharf_base::ids;
use wharf_seal::{Keyring, Sealed, Secret};

/// What a file system is made with.
pub struct Made {
    pub ticket_key: Sealed,
    pub certificate: String,
    pub private_key: Sealed,
}

/// What the key of tickets is sealed for.
pub fn for_tickets(account: &str, region: &str, id: &str) -> String {
    format!("efs/ticket/{account}/{region}/{id}")
}

/// … and that of the certificate.
pub fn for_certificate(account: &str, region: &str, id: &str) -> String {
    format!("efs/certificate/{account}/{region}/{id}")
}

/// Clients trust this very certificate, so nobody signs it.
///
/// # Errors
/// No key could be made.
pub fn make(
    keyring: &Keyring,
    (account, region, id): (&str, &str, &str),
) -> Result<Made, rcgen::Error> {
    let name = format!("{id}.efs.{region}.amazonaws.com");
    let made = rcgen::generate_simple_self_signed(vec![name])?;
    // Two of the random ids there are: 244 bits.
    let ticket = [ids::uuid(), ids::uuid()].concat().replace('-', "");
    let private = Secret::from(made.signing_key.serialize_pem());
    Ok(Made {
        ticket_key: keyring.seal(ticket.as_bytes(), &for_tickets(account, region, id)),
        certificate: made.cert.pem(),
        private_key: keyring.seal(private.expose(), &for_certificate(account, region, id)),
    })
}
