//! Pages of a list that is ordered by id: the token is the last id shown.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use wharf_wire::Fault;

use crate::fault;

/// Cuts `items` to the page that `token` and `max_results` ask for; returns it and the next token.
pub fn cut<T>(
    items: Vec<T>,
    id: impl Fn(&T) -> &str,
    token: Option<&str>,
    max_results: Option<i32>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let after = token
        .filter(|token| !token.is_empty())
        .map(read)
        .transpose()?;
    let limit = max_results
        .and_then(|limit| usize::try_from(limit).ok())
        .filter(|limit| *limit > 0);
    let mut page: Vec<T> = items
        .into_iter()
        .filter(|item| after.as_deref().is_none_or(|after| id(item) > after))
        .collect();
    let mut next = None;
    if let Some(limit) = limit.filter(|limit| page.len() > *limit) {
        page.truncate(limit);
        next = page.last().map(|last| BASE64.encode(id(last)));
    }
    Ok((page, next))
}

fn read(token: &str) -> Result<String, Fault> {
    let bytes = BASE64.decode(token).map_err(|_| fault::bad_token())?;
    String::from_utf8(bytes).map_err(|_| fault::bad_token())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_to_the_whole() {
        let all: Vec<String> = (0..10).map(|n| format!("id-{n}")).collect();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let (page, next) = cut(all.clone(), |id| id, token.as_deref(), Some(3)).unwrap();
            seen.extend(page);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        assert!(cut(all, |id| id, Some("!"), None).is_err());
    }
}
