//! Pages of lists. A token holds where its page ended, sealed for the very list it came from:
//! it can be forged by nobody and means nothing to another list, account, region or filter.

use std::{fmt, marker::PhantomData};

use wharf_seal::Keyring;
use wharf_wire::{Context, Fault};

use crate::Faults;

/// The longest token that is opened. Ours hold one key or position.
const MAX_TOKEN: usize = 16 << 10;

/// One list of a caller, with everything that chooses what it shows.
pub struct Pages<'a, F> {
    keyring: &'a Keyring,
    list: String,
    faults: PhantomData<fn() -> F>,
}

impl<'a, F: Faults> Pages<'a, F> {
    /// `list` names service and operation; `selection` is everything a request chooses by, without
    /// the token and the size of the page, which may change from page to page.
    pub fn new(
        keyring: &'a Keyring,
        cx: &Context,
        list: &str,
        selection: &(impl fmt::Debug + ?Sized),
    ) -> Self {
        Self::at(keyring, &cx.account, &cx.region, list, selection)
    }

    /// As [`Pages::new`], for a list of another account or region than the caller's own.
    pub fn at(
        keyring: &'a Keyring,
        account: &str,
        region: &str,
        list: &str,
        selection: &(impl fmt::Debug + ?Sized),
    ) -> Self {
        // Texts are printed with quotes and escapes, so that no two lists share a context.
        Self {
            keyring,
            list: format!("page/{list:?}/{account:?}/{region:?}/{selection:?}"),
            faults: PhantomData,
        }
    }

    /// Where the page before ended; `None` without a token.
    ///
    /// # Errors
    /// The service's own fault for a token that was not made for this list.
    pub fn after(&self, token: Option<&str>) -> Result<Option<String>, Fault> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        if token.len() > MAX_TOKEN {
            return Err(F::bad_token());
        }
        let opened = self.keyring.open_token(token, &self.list);
        let opened = opened.map_err(|_| F::bad_token())?;
        let last = opened.expose_str().ok_or_else(F::bad_token)?;
        Ok(Some(last.to_owned()))
    }

    /// The token of what follows `last`.
    pub fn token(&self, last: &str) -> String {
        self.keyring.seal_token(last.as_bytes(), &self.list)
    }

    /// The page behind `token`, of at most `size` items.
    ///
    /// # Errors
    /// As [`Pages::after`].
    pub fn page(self, token: Option<&str>, size: usize) -> Result<Page<'a, F>, Fault> {
        Ok(Page {
            after: self.after(token)?,
            size,
            list: self,
        })
    }
}

/// One page of a list that is ordered by id.
pub struct Page<'a, F> {
    list: Pages<'a, F>,
    /// Items behind this one are asked for.
    pub after: Option<String>,
    /// At most this many.
    pub size: usize,
}

impl<F: Faults> Page<'_, F> {
    /// Cuts `items`, ascending by `id`, to this page; returns it and the next token.
    pub fn cut<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        id: impl Fn(&T) -> &str,
    ) -> (Vec<T>, Option<String>) {
        let after = self.after.as_deref();
        let behind = |item: &T| after.is_none_or(|after| id(item) > after);
        let mut rest = items.into_iter().filter(behind);
        let page: Vec<T> = rest.by_ref().take(self.size).collect();
        let more = rest.next().is_some();
        let token = self.next(more, page.last().map(id));
        (page, token)
    }

    /// The token of what follows `last`, if there is more.
    pub fn next(&self, more: bool, last: Option<&str>) -> Option<String> {
        last.filter(|_| more).map(|last| self.list.token(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::Plain;

    fn pages<'a>(keyring: &'a Keyring, region: &str, filter: &str) -> Pages<'a, Plain> {
        Pages::at(keyring, "1", region, "test/List", &[filter])
    }

    #[test]
    fn pages_join_up() {
        let keyring = Keyring::in_memory();
        let all: Vec<String> = (10..35).map(|n| n.to_string()).collect();
        let (mut seen, mut token) = (Vec::new(), None::<String>);
        loop {
            let page = pages(&keyring, "here", "")
                .page(token.as_deref(), 10)
                .unwrap();
            let (part, next) = page.cut(all.clone(), String::as_str);
            seen.extend(part);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_token_fits_its_list_only() {
        let keyring = Keyring::in_memory();
        let token = pages(&keyring, "here", "web").token("last");
        let open = |region, filter, token: &str| pages(&keyring, region, filter).after(Some(token));
        assert_eq!(
            open("here", "web", &token).unwrap().as_deref(),
            Some("last")
        );
        assert_eq!(open("here", "web", ""), Ok(None));
        let other = Keyring::in_memory().seal_token(b"last", "page");
        let long = "x".repeat(MAX_TOKEN + 1);
        for (region, filter, token) in [
            ("there", "web", &token),
            ("here", "db", &token),
            ("here", "web", &"nonsense".to_owned()),
            ("here", "web", &other),
            ("here", "web", &long),
        ] {
            assert_eq!(open(region, filter, token), Err(Plain::bad_token()));
        }
    }
}
