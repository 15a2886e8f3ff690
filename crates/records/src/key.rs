//! Keys: `/w1/<cell>/<service>/<account>/<region or aws-global>/<kind>/<escaped id>`.
//!
//! A transaction stays within one cell, so that cells can later live on different engines.

/// The cell of every key here; more than one come with the engine on many machines.
pub const CELL: &str = "c0";

/// Where the records of one service, account and region live.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    pub service: String,
    pub account: String,
    pub region: String,
}

impl Scope {
    pub fn new(service: &str, account: &str, region: &str) -> Self {
        Self {
            service: service.into(),
            account: account.into(),
            region: region.into(),
        }
    }

    /// Everything one service keeps, over all accounts and regions.
    pub fn service_prefix(service: &str) -> String {
        format!("/w1/{CELL}/{service}/")
    }

    /// Everything one service keeps for this account and region.
    pub fn everything(&self) -> String {
        let Self {
            service,
            account,
            region,
        } = self;
        format!(
            "/w1/{CELL}/{service}/{}/{}/",
            escape(account),
            escape(region)
        )
    }

    /// The folder of one kind, with its closing slash.
    pub fn prefix(&self, kind: &str) -> String {
        let mut prefix = self.everything();
        prefix.push_str(kind);
        prefix.push('/');
        prefix
    }

    pub fn key(&self, kind: &str, id: &str) -> String {
        let mut key = self.prefix(kind);
        key.push_str(&escape(id));
        key
    }

    /// Splits a key into its scope, kind and id; `None` for a key of another layout.
    pub fn parse(key: &str) -> Option<(Self, &str, String)> {
        let mut parts = key.strip_prefix("/w1/")?.splitn(6, '/');
        let _cell = parts.next()?;
        let (service, account, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (kind, id) = (parts.next()?, parts.next()?);
        let scope = Self {
            service: service.to_owned(),
            account: unescape(account)?,
            region: unescape(region)?,
        };
        Some((scope, kind, unescape(id)?))
    }
}

/// Keys of what belongs to a machine and so to no account and region:
/// `/w1/<cell>/hosts/<kind>/<escaped id>`.
pub mod machine {
    use super::{CELL, escape, unescape};

    /// Everything of all machines.
    pub fn prefix() -> String {
        format!("/w1/{CELL}/hosts/")
    }

    /// The folder of one kind, with its closing slash.
    pub fn folder(kind: &str) -> String {
        format!("/w1/{CELL}/hosts/{kind}/")
    }

    pub fn key(kind: &str, id: &str) -> String {
        format!("/w1/{CELL}/hosts/{kind}/{}", escape(id))
    }

    /// Splits a key into its kind and id; `None` for a key of another layout.
    pub fn parse(key: &str) -> Option<(&str, String)> {
        let mut parts = key.strip_prefix("/w1/")?.splitn(4, '/');
        let (_cell, room, kind, id) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        match room == "hosts" && !id.contains('/') {
            true => Some((kind, unescape(id)?)),
            false => None,
        }
    }
}

/// Percent-escapes `/`, `%` and everything outside printable ASCII.
pub fn escape(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_graphic() && byte != b'/' && byte != b'%' {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    out
}

/// The inverse of [`escape`]; `None` for text it cannot have made.
pub fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_with_slashes_is_one_segment() {
        let scope = Scope::new("ecs", "000000000000", "us-east-1");
        let key = scope.key("task", "a/b");
        assert_eq!(key, "/w1/c0/ecs/000000000000/us-east-1/task/a%2Fb");
        assert_eq!(Scope::parse(&key), Some((scope, "task", "a/b".to_owned())));
        assert_eq!(Scope::parse("/w1/c0/ecs"), None);
    }

    #[test]
    fn machines_have_no_account() {
        let key = machine::key("ledger", "a/b");
        assert_eq!(key, "/w1/c0/hosts/ledger/a%2Fb");
        assert!(key.starts_with(&machine::folder("ledger")));
        assert_eq!(machine::parse(&key), Some(("ledger", "a/b".to_owned())));
        assert_eq!(Scope::parse(&key), None);
        assert_eq!(machine::parse("/w1/c0/hosts/0/r/host/a"), None);
        assert_eq!(machine::parse("/w1/c0/ecs/host/a"), None);
    }

    proptest! {
        #[test]
        fn escaping_round_trips(id in ".*") {
            let escaped = escape(&id);
            prop_assert!(!escaped.contains('/'));
            prop_assert_eq!(unescape(&escaped), Some(id));
        }

        #[test]
        fn unescape_never_panics(text in ".*") { let _ = unescape(&text); }
    }
}
