//! A provider's metadata: who it is, and the keys that it signs with.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_base::Timestamp;

use super::{
    signature::Key,
    xml::{METADATA, Malformed, SIGNATURE, Xml},
};

/// Keys of one provider; those behind are not looked at.
const MAX_KEYS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// How its responses name their issuer.
    pub(crate) entity: String,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) keys: Vec<Key>,
}

impl Metadata {
    /// Reads the document of one identity provider, which signs with a key that is known here.
    pub(crate) fn read(text: &str) -> Result<Self, Malformed> {
        let xml = Xml::read(text.trim_start_matches('\u{feff}'))?;
        let root = xml.root()?;
        if !xml.is(root, METADATA, "EntityDescriptor") {
            return Err(Malformed);
        }
        let entity = xml.attribute(root, "entityID").unwrap_or_default();
        let valid_until = match xml.attribute(root, "validUntil") {
            Some(text) => Some(Timestamp::parse_iso8601(text).ok_or(Malformed)?),
            None => None,
        };
        let mut keys = Vec::new();
        for role in xml.children(root, METADATA, "IDPSSODescriptor") {
            for descriptor in xml.children(role, METADATA, "KeyDescriptor") {
                if xml
                    .attribute(descriptor, "use")
                    .is_some_and(|it| it != "signing")
                {
                    continue;
                }
                let all = xml.all(descriptor);
                let all = all.into_iter();
                for one in all.filter(|it| xml.is(*it, SIGNATURE, "X509Certificate")) {
                    let text: String = xml.text(one)?.split_whitespace().collect();
                    let der = BASE64.decode(text).map_err(|_| Malformed)?;
                    keys.extend(Key::of_certificate(&der));
                }
            }
        }
        keys.truncate(MAX_KEYS);
        match entity.is_empty() || keys.is_empty() {
            true => Err(Malformed),
            false => Ok(Self {
                entity: entity.to_owned(),
                valid_until,
                keys,
            }),
        }
    }
}
