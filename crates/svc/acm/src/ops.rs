//! One file an operation, or a family of them.

pub mod account;
pub mod delete_certificate;
pub mod describe_certificate;
pub mod export_certificate;
pub mod get_certificate;
pub mod import_certificate;
pub mod list_certificates;
pub mod options;
pub mod renew_certificate;
pub mod request_certificate;
pub mod tags;
