//! The operations, a file for each kind of thing they do.

pub mod archives;
pub mod buses;
pub mod connections;
pub mod destinations;
pub mod permissions;
pub mod put_events;
pub mod replays;
pub mod rules;
pub mod tags;
pub mod targets;
pub mod test_pattern;

/// The size of a page without a `Limit`; the model's bounds hold for one that is given.
fn page_size(limit: Option<i32>) -> usize {
    limit.and_then(|it| usize::try_from(it).ok()).unwrap_or(100)
}
