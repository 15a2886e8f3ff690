//! Pages of lists.

use std::fmt;

use wharf_service::{Page, Pages};
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault::Elbv2Faults};

/// Without a size a page is as long as it may be.
const PAGE: usize = 400;

/// The page that a request asks for; `selection` is the request without its marker and size.
pub fn asked<'a>(
    core: &'a Core,
    call: &Call,
    list: &str,
    selection: &impl fmt::Debug,
    (marker, size): (Option<String>, Option<i32>),
) -> Result<Page<'a, Elbv2Faults>, Fault> {
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(PAGE).clamp(1, PAGE);
    Pages::new(&core.parts.keyring, call, list, selection).page(marker.as_deref(), size)
}

/// The page of what was found, ordered by id, each item once; and the next marker.
pub fn by_id<T>(
    page: &Page<'_, Elbv2Faults>,
    mut found: Vec<(String, T)>,
) -> (Vec<(String, T)>, Option<String>) {
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.0 == b.0);
    page.cut(found, |it| &it.0)
}
