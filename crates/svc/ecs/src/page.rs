//! Pages of lists.

use wharf_service::{Page, Pages};
use wharf_wire::{Context, Fault};

use crate::{
    core::Core,
    fault::{self, EcsFaults},
};

/// Reads `maxResults` (1 to 100) and `nextToken`. `filter` is everything else that chooses what is
/// listed.
pub fn asked<'a>(
    core: &'a Core,
    cx: &Context,
    filter: &str,
    max_results: Option<i32>,
    token: Option<&str>,
) -> Result<Page<'a, EcsFaults>, Fault> {
    let size = match max_results {
        None => 100,
        Some(n @ 1..=100) => usize::try_from(n).unwrap_or(100),
        Some(_) => return Err(fault::invalid("maxResults should be between 1 and 100.")),
    };
    Pages::new(&core.keyring, cx, "ecs", filter).page(token, size)
}

/// Cuts one page out of `rows`, ascending by key; returns it and the token of the next.
pub fn cut<T>(
    page: &Page<'_, EcsFaults>,
    rows: impl IntoIterator<Item = (String, T)>,
) -> (Vec<T>, Option<String>) {
    let (rows, token) = page.cut(rows, |(key, _)| key);
    (rows.into_iter().map(|(_, row)| row).collect(), token)
}
