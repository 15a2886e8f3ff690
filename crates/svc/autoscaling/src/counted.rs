//! Groups, as CloudWatch tells their number.

use wharf_records::Record as _;
use wharf_service::{Counted, Counting};

use crate::{names::SERVICE, ops::create_group::MOST_GROUPS, records::Group};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "AutoScaling",
    resources: &[Counting::all(Group::KIND, "NumberOfAutoScalingGroup").at_most(MOST_GROUPS)],
};
