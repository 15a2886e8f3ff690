//! Pages of lists that are ordered by id.

use std::fmt;

use wharf_service::{Page, Pages};
use wharf_wire::{Context, Fault};

use crate::{Ec2Service, fault::Ec2Faults};

impl Ec2Service {
    /// The page that a request asks for; `selection` is the rest of the request. Without a size a
    /// page holds everything.
    pub(crate) fn page(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl fmt::Debug,
        (token, size): (Option<&str>, Option<i32>),
    ) -> Result<Page<'_, Ec2Faults>, Fault> {
        let size = size
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| *size > 0);
        let list = format!("ec2/{list}");
        Pages::new(&self.keyring, cx, &list, selection).page(token, size.unwrap_or(usize::MAX))
    }
}
