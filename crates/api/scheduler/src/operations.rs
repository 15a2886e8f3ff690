// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Scheduler`](crate::Scheduler) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Scheduler] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod create_schedule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateScheduleInput;
        pub type Output = CreateScheduleOutput;
    }

    pub mod create_schedule_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateScheduleGroupInput;
        pub type Output = CreateScheduleGroupOutput;
    }

    pub mod delete_schedule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteScheduleInput;
        pub type Output = DeleteScheduleOutput;
    }

    pub mod delete_schedule_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteScheduleGroupInput;
        pub type Output = DeleteScheduleGroupOutput;
    }

    pub mod get_schedule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetScheduleInput;
        pub type Output = GetScheduleOutput;
    }

    pub mod get_schedule_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetScheduleGroupInput;
        pub type Output = GetScheduleGroupOutput;
    }

    pub mod list_schedule_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListScheduleGroupsInput;
        pub type Output = ListScheduleGroupsOutput;
    }

    pub mod list_schedules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSchedulesInput;
        pub type Output = ListSchedulesOutput;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceInput;
        pub type Output = ListTagsForResourceOutput;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceInput;
        pub type Output = TagResourceOutput;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceInput;
        pub type Output = UntagResourceOutput;
    }

    pub mod update_schedule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateScheduleInput;
        pub type Output = UpdateScheduleOutput;
    }
}
