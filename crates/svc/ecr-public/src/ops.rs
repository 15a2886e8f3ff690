//! The operations, a file for each thing that they are about.

pub(crate) mod catalog_data;
pub(crate) mod describe_images;
pub(crate) mod images;
pub(crate) mod layers;
pub(crate) mod policies;
pub(crate) mod registries;
pub(crate) mod repositories;
pub(crate) mod tags;

/// What lists return where the request does not say.
const DEFAULT_RESULTS: usize = 100;
const MAX_RESULTS: usize = 1000;

/// `maxResults` as a number of entries.
fn limit(max_results: Option<i32>) -> usize {
    let asked = max_results.and_then(|asked| usize::try_from(asked).ok());
    asked.unwrap_or(DEFAULT_RESULTS).clamp(1, MAX_RESULTS)
}
