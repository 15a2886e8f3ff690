//! What of the labels of an element says which others it belongs to.

use crate::{Labels, NAME};

/// With `on` the labels of these names, else all but those, and never the metric's name unless it is asked for.
pub fn of(labels: &Labels, on: bool, names: &[String]) -> Labels {
    match on {
        true => labels.filtered(|it| names.iter().any(|name| name == it)),
        false => labels.filtered(|it| it != NAME && names.iter().all(|name| name != it)),
    }
}
