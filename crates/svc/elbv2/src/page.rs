//! Pages of a list: the marker is the sort key of the last item shown.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use wharf_wire::Fault;

use crate::fault;

/// Without a size a page is as long as it may be.
const PAGE: usize = 400;

/// Items, and the marker of the page after them.
pub type Page<T> = (Vec<T>, Option<String>);

/// The page asked for of what was found, ordered by id, each item once; and the next marker.
pub fn by_id<T>(
    mut found: Vec<(String, T)>,
    marker: Option<&str>,
    size: Option<i32>,
) -> Result<Page<(String, T)>, Fault> {
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.0 == b.0);
    cut(found, |it| it.0.clone(), marker, size)
}

/// Cuts `items`, ordered by `id`, to the page asked for; returns it and the next marker.
pub fn cut<T>(
    items: Vec<T>,
    id: impl Fn(&T) -> String,
    marker: Option<&str>,
    size: Option<i32>,
) -> Result<Page<T>, Fault> {
    let marker = marker.filter(|marker| !marker.is_empty());
    let after = marker.map(read).transpose()?;
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(PAGE).clamp(1, PAGE);
    let mut page: Vec<T> = items
        .into_iter()
        .filter(|item| after.as_ref().is_none_or(|after| id(item) > *after))
        .collect();
    let mut next = None;
    if page.len() > size {
        page.truncate(size);
        next = page.last().map(|last| BASE64.encode(id(last)));
    }
    Ok((page, next))
}

fn read(marker: &str) -> Result<String, Fault> {
    let bytes = BASE64.decode(marker).map_err(|_| fault::bad_marker())?;
    String::from_utf8(bytes).map_err(|_| fault::bad_marker())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_to_the_whole() {
        let all: Vec<String> = (0..10).map(|n| format!("id-{n}")).collect();
        let (mut seen, mut marker) = (Vec::new(), None);
        loop {
            let (page, next) = cut(all.clone(), Clone::clone, marker.as_deref(), Some(3)).unwrap();
            seen.extend(page);
            marker = next;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        assert!(cut(all, Clone::clone, Some("!"), None).is_err());
    }
}
