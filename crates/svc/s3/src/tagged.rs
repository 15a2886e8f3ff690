//! Resources of S3 that have tags, for the tagging API: buckets.

use wharf_records::Record as _;
use wharf_service::{Kind, Tagged};

use crate::records::{Bucket, SERVICE};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[Kind::itself(Bucket::KIND, |name| name.to_owned()).of_no_place()],
};
