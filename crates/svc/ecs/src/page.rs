//! Pages of list operations. Tokens are sealed: what they hold is nobody's business, and one made
//! for another list or with other filters is refused.

use wharf_seal::Keyring;
use wharf_wire::Fault;

use crate::fault;

/// A page of keys in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Keys behind this one are wanted.
    pub after: Option<String>,
    /// At most so many.
    pub size: usize,
}

impl Page {
    /// Reads `maxResults` (1 to 100) and `nextToken`. `filter` is everything else that chooses what
    /// is listed.
    pub fn read(
        keyring: &Keyring,
        filter: &str,
        max_results: Option<i32>,
        token: Option<&str>,
    ) -> Result<Self, Fault> {
        let size = match max_results {
            None => 100,
            Some(n @ 1..=100) => usize::try_from(n).unwrap_or(100),
            Some(_) => return Err(fault::invalid("maxResults should be between 1 and 100.")),
        };
        let after = match token.filter(|token| !token.is_empty()) {
            None => None,
            Some(token) => {
                let invalid = || fault::invalid("Invalid token.");
                let plain = keyring.open_token(token, filter).map_err(|_| invalid())?;
                Some(plain.expose_str().ok_or_else(invalid)?.to_owned())
            }
        };
        Ok(Self { after, size })
    }

    /// Cuts one page out of `keys` (ascending) and makes the token for the next.
    pub fn cut<T>(
        &self,
        keyring: &Keyring,
        filter: &str,
        keys: impl Iterator<Item = (String, T)>,
    ) -> (Vec<T>, Option<String>) {
        let behind = |key: &str| self.after.as_deref().is_none_or(|after| key > after);
        let mut keys = keys.filter(|(key, _)| behind(key));
        let mut last = None;
        let mut page = Vec::new();
        for (key, value) in keys.by_ref().take(self.size) {
            last = Some(key);
            page.push(value);
        }
        let more = keys.next().is_some();
        let token = last
            .filter(|_| more)
            .map(|key| keyring.seal_token(key.as_bytes(), filter));
        (page, token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_up() {
        let keyring = Keyring::in_memory();
        let all: Vec<String> = (10..35).map(|n| n.to_string()).collect();
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let page = Page::read(&keyring, "list", Some(10), token.as_deref()).unwrap();
            let keys = all.iter().map(|key| (key.clone(), key.clone()));
            let (mut part, next) = page.cut(&keyring, "list", keys);
            seen.append(&mut part);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        let keyring = Keyring::in_memory();
        let token = keyring.seal_token(b"10", "list of a");
        for token in [token.as_str(), "nonsense"] {
            let refused = Page::read(&keyring, "list of b", None, Some(token)).unwrap_err();
            assert_eq!(refused.message, "Invalid token.");
        }
        assert!(Page::read(&keyring, "", Some(101), None).is_err());
    }
}
