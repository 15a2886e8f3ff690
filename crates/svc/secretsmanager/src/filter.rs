//! What ListSecrets and BatchGetSecretValue show of all secrets. Pure.
//!
//! Values match from the beginning of a name, tag or word; one that starts with `!` matches what does
//! not. Filters are ANDed, values of one ORed.

use wharf_api_secretsmanager::Filter;
use wharf_wire::Fault;

use crate::{core::Found, fault};

/// Refuses a filter without key or values.
///
/// # Errors
/// AWS's text.
pub fn check(filters: &[Filter]) -> Result<(), Fault> {
    for filter in filters {
        if filter.key.is_none() {
            return Err(fault::parameter("Invalid filter key"));
        }
        if filter.values.as_ref().is_none_or(Vec::is_empty) {
            let key = filter.key.as_deref().unwrap_or_default();
            return Err(fault::parameter(format!(
                "Invalid filter values for key: {key}"
            )));
        }
    }
    Ok(())
}

pub fn fits(found: &Found, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| {
        let key = filter.key.as_deref().unwrap_or_default();
        let mut values = filter.values.iter().flatten();
        values.any(|value| match value.strip_prefix('!') {
            Some(value) => !has(found, key, value),
            None => has(found, key, value),
        })
    })
}

fn has(found: &Found, key: &str, value: &str) -> bool {
    let secret = found.secret();
    let description = || secret.description.as_deref().unwrap_or_default();
    match key {
        "name" => found.name.starts_with(value),
        "description" => some_word(description(), value),
        "tag-key" => secret.tags.keys().any(|it| it.starts_with(value)),
        "tag-value" => secret.tags.values().any(|it| it.starts_with(value)),
        "primary-region" => {
            let replicated = found.is_replica() || !secret.replicas.is_empty();
            replicated && found.place.region.starts_with(value)
        }
        "all" => {
            let tags = secret.tags.iter().flat_map(|(key, value)| [key, value]);
            let mut texts = tags
                .map(String::as_str)
                .chain([found.name.as_str(), description()]);
            texts.any(|text| some_word(text, value))
        }
        "owning-service" => {
            let owner = secret.owner.as_deref();
            owner.is_some_and(|it| it.starts_with(value))
        }
        _ => false,
    }
}

/// Whether every word of `value` begins a word of the text, in any case.
fn some_word(text: &str, value: &str) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|it: char| !it.is_alphanumeric()).collect();
    let value = value.to_lowercase();
    let mut wanted = value.split_whitespace();
    text.starts_with(&value) || wanted.all(|it| words.iter().any(|word| word.starts_with(it)))
}
