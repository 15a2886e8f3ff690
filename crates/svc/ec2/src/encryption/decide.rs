//! Whether what is made is to be sealed, and under which key. Pure.

use wharf_wire::Fault;

use super::{Defaults, Encryption};
use crate::fault;

/// An account's own key for EBS.
pub const OWN_KEY: &str = "alias/aws/ebs";

/// What a request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub encrypted: Option<bool>,
    pub key: Option<String>,
}

impl Asked {
    pub fn new(encrypted: Option<bool>, key: Option<&str>) -> Result<Self, Fault> {
        let key = key.filter(|it| !it.is_empty());
        match (encrypted, key) {
            (Some(true), _) | (_, None) => Ok(Self {
                encrypted,
                key: key.map(str::to_owned),
            }),
            (_, Some(_)) => Err(fault::key_without_encryption()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    No,
    /// Under the key of that name; `None` for that of what it is made of.
    Under(Option<String>),
}

/// `source`: how what it is made of is sealed, and whether that is the account's own.
///
/// # Errors
/// What is sealed cannot be had in the clear.
pub fn wanted(
    asked: &Asked,
    defaults: &Defaults,
    source: Option<(&Encryption, bool)>,
) -> Result<Wanted, Fault> {
    let is_sealed = source.is_some();
    if asked.encrypted == Some(false) && is_sealed {
        return Err(fault::stays_encrypted());
    }
    if !(is_sealed || asked.encrypted == Some(true) || defaults.encrypt) {
        return Ok(Wanted::No);
    }
    let default = || defaults.key().to_owned();
    Ok(Wanted::Under(match (&asked.key, source) {
        (Some(key), _) => Some(key.clone()),
        (None, Some((_, true))) => None,
        // Another account may take its key back.
        (None, _) => Some(default()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_and_under_which_key() {
        let plain = Defaults::default();
        let on = Defaults {
            encrypt: true,
            key: Some("alias/team".to_owned()),
            ..Defaults::default()
        };
        let sealed = Encryption {
            key: "arn:key".to_owned(),
            sealed: String::new(),
            of: "vol-1".to_owned(),
            origin: "vol-1".to_owned(),
            managed: false,
            source: None,
        };
        let asked = |encrypted, key: Option<&str>| Asked::new(encrypted, key).unwrap();
        let under = |key: &str| Wanted::Under(Some(key.to_owned()));
        let (own, shared) = (Some((&sealed, true)), Some((&sealed, false)));
        for (asked, defaults, source, then) in [
            (asked(None, None), &plain, None, Wanted::No),
            (asked(Some(false), None), &plain, None, Wanted::No),
            (asked(Some(true), None), &plain, None, under(OWN_KEY)),
            (asked(Some(true), Some("k")), &plain, None, under("k")),
            (asked(None, None), &on, None, under("alias/team")),
            // Encryption by default is not to be got past.
            (asked(Some(false), None), &on, None, under("alias/team")),
            (asked(None, None), &plain, own, Wanted::Under(None)),
            (asked(None, None), &on, own, Wanted::Under(None)),
            (asked(Some(true), Some("k")), &on, own, under("k")),
            (asked(None, None), &plain, shared, under(OWN_KEY)),
            (asked(None, None), &on, shared, under("alias/team")),
        ] {
            let found = wanted(&asked, defaults, source).unwrap();
            assert_eq!(found, then, "{asked:?} {source:?}");
        }
        let clear = wanted(&asked(Some(false), None), &plain, own).unwrap_err();
        assert_eq!(clear.code, "InvalidParameterCombination");
        for encrypted in [None, Some(false)] {
            let refused = Asked::new(encrypted, Some("k")).unwrap_err();
            assert_eq!(refused.code, "InvalidParameterDependency");
        }
    }
}
