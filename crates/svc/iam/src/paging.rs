//! Markers: the id where a page ended, sealed for the very list it came from, so that it means
//! nothing to any other call and can be forged by nobody.

use wharf_seal::Keyring;
use wharf_wire::Fault;

use crate::fault;

/// The model's default of MaxItems, and its maximum.
const DEFAULT: usize = 100;
const MAX: usize = 1_000;

/// Which page is asked for.
pub(crate) struct Page<'a> {
    keyring: &'a Keyring,
    /// The list and its filters.
    list: String,
    pub(crate) after: Option<String>,
    pub(crate) limit: usize,
}

impl<'a> Page<'a> {
    /// `list` names account, operation and everything that filters.
    pub(crate) fn new(
        keyring: &'a Keyring,
        list: &[&str],
        marker: Option<String>,
        max_items: Option<i32>,
    ) -> Result<Self, Fault> {
        // Lengths before the parts, so that no two lists share a text.
        let list = list.iter().fold("iam/page".to_owned(), |text, part| {
            format!("{text}/{}:{part}", part.len())
        });
        let after = match marker {
            None => None,
            Some(marker) => {
                let invalid = || fault::validation("Invalid Marker.");
                let opened = keyring.open_token(&marker, &list).map_err(|_| invalid())?;
                Some(opened.expose_str().ok_or_else(invalid)?.to_owned())
            }
        };
        let limit = max_items.map_or(DEFAULT, |n| usize::try_from(n).unwrap_or(1).clamp(1, MAX));
        Ok(Self {
            keyring,
            list,
            after,
            limit,
        })
    }

    /// The marker of a page that ended with `last`.
    pub(crate) fn marker(&self, last: &str) -> String {
        self.keyring.seal_token(last.as_bytes(), &self.list)
    }

    /// The marker if there is more behind `last`.
    pub(crate) fn next(&self, more: bool, last: Option<&str>) -> Option<String> {
        last.filter(|_| more).map(|last| self.marker(last))
    }

    /// The page of a list that is in memory, sorted by `id`.
    pub(crate) fn cut<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        id: impl Fn(&T) -> &str,
    ) -> (Vec<T>, Option<String>) {
        let mut rest = items
            .into_iter()
            .filter(|item| self.after.as_deref().is_none_or(|after| id(item) > after))
            .peekable();
        let page: Vec<T> = rest.by_ref().take(self.limit).collect();
        let marker = self.next(rest.peek().is_some(), page.last().map(&id));
        (page, marker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_a_marker_fits_its_list_only() {
        let keyring = Keyring::in_memory();
        let page = |marker, list: &[&str]| Page::new(&keyring, list, marker, Some(2));
        let items = ["a", "b", "c"];
        let first = page(None, &["x"]).unwrap();
        let (got, marker) = first.cut(items, |item| item);
        assert_eq!(got, ["a", "b"]);
        assert!(page(marker.clone(), &["y"]).is_err());
        assert!(page(Some("nonsense".to_owned()), &["x"]).is_err());
        let second = page(marker, &["x"]).unwrap();
        let (got, marker) = second.cut(items, |item| item);
        assert_eq!((got, marker), (vec!["c"], None));
    }

    #[test]
    fn a_marker_of_the_longest_name_fits_the_model() {
        let keyring = Keyring::in_memory();
        let page = Page::new(&keyring, &["x"], None, None).unwrap();
        assert!(page.marker(&"x".repeat(128)).len() <= 320);
    }
}
