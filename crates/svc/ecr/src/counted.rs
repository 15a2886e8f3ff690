//! Repositories, and the images of each, as CloudWatch tells their number.

use wharf_records::{Record as _, decode};
use wharf_service::{Counted, Counting};

use crate::{
    catalog::{MAX_IMAGES, MAX_REPOSITORIES},
    records::{Image, Repository, SERVICE},
};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "ECR",
    resources: &[
        Counting::all(Repository::KIND, "RepositoryCount").at_most(MAX_REPOSITORIES),
        Counting::inside(
            Repository::KIND,
            Image::KIND,
            |name, value| {
                let repository: Repository = decode(value).ok()?;
                Some((format!("{}.", repository.id), format!("repository/{name}")))
            },
            "ImagesPerRepositoryCount",
        )
        .at_most(MAX_IMAGES),
    ],
};
