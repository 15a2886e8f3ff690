//! What public registries keep beside what private ones do: their aliases, and what the gallery says of
//! their repositories.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::{Record, Unknown};
use wharf_wanted::owner;

use super::{Keys, PUBLIC_SERVICE};

/// The public registry of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublicRegistry {
    /// Stands for the account in addresses; for good.
    pub alias: String,
    pub created_at: Timestamp,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Whose an alias is. There is one record for all accounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub account: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What the gallery says of a repository.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CatalogData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub architectures: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operating_systems: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A repository's picture; its bytes are a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    pub digest: Digest,
    pub format: LogoFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogoFormat {
    Png,
    Jpeg,
}

impl LogoFormat {
    /// By how the bytes begin; `None` for what is neither.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            _ if bytes.starts_with(&[0xff, 0xd8, 0xff]) => Some(Self::Jpeg),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

impl Record for PublicRegistry {
    const KIND: &'static str = "public-registry";
    const FORMAT: u32 = 1;
}

impl Record for Alias {
    const KIND: &'static str = "alias";
    const FORMAT: u32 = 1;
}

impl Record for CatalogData {
    const KIND: &'static str = "catalog-data";
    const FORMAT: u32 = 1;
}

impl Alias {
    pub(crate) fn key(alias: &str) -> String {
        wharf_service::platform::scope(PUBLIC_SERVICE).key(Self::KIND, alias)
    }
}

impl Keys {
    pub(crate) fn public_registry(&self) -> String {
        self.0.key(PublicRegistry::KIND, "registry")
    }

    pub(crate) fn catalog_data(&self, repository: &str) -> String {
        self.0.key(CatalogData::KIND, repository)
    }
}

pub(crate) fn logo_owner(digest: &Digest, repository: &str) -> String {
    owner(digest, &format!("{repository}.logo"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_what_it_begins_as() {
        for (bytes, format) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], Some(LogoFormat::Png)),
            (b"\xff\xd8\xff\xe0", Some(LogoFormat::Jpeg)),
            (b"\x89PNG", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"", None),
        ] {
            assert_eq!(LogoFormat::of(bytes), format, "{bytes:?}");
        }
    }
}
