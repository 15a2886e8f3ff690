//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_records::fuzz::again;

use crate::records;

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::AccountRecord>(bytes);
    again::<records::UserRecord>(bytes);
    again::<records::GroupRecord>(bytes);
    again::<records::GroupIdRecord>(bytes);
    again::<records::RoleRecord>(bytes);
    again::<records::PolicyRecord>(bytes);
    again::<records::PolicyUseRecord>(bytes);
    again::<records::InstanceProfileRecord>(bytes);
    again::<records::ServerCertificateRecord>(bytes);
    again::<records::OidcProviderRecord>(bytes);
    again::<records::MfaDeviceRecord>(bytes);
    again::<records::UserKeysRecord>(bytes);
    again::<records::AccessKeyRecord>(bytes);
    again::<records::AccessKeyUseRecord>(bytes);
}
