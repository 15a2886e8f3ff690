//! Buckets, as CloudWatch tells their number.

use wharf_records::Record as _;
use wharf_service::{Counted, Counting};

use crate::{
    ops::buckets::MAX_BUCKETS,
    records::{Bucket, SERVICE},
};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "S3",
    resources: &[Counting::all(Bucket::KIND, "GeneralPurposeBuckets").at_most(MAX_BUCKETS)],
};
