// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Sqs`](crate::Sqs) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Sqs] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod add_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddPermissionRequest;
        pub type Output = ();
    }

    pub mod cancel_message_move_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelMessageMoveTaskRequest;
        pub type Output = CancelMessageMoveTaskResult;
    }

    pub mod change_message_visibility {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ChangeMessageVisibilityRequest;
        pub type Output = ();
    }

    pub mod change_message_visibility_batch {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ChangeMessageVisibilityBatchRequest;
        pub type Output = ChangeMessageVisibilityBatchResult;
    }

    pub mod create_queue {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateQueueRequest;
        pub type Output = CreateQueueResult;
    }

    pub mod delete_message {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteMessageRequest;
        pub type Output = ();
    }

    pub mod delete_message_batch {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteMessageBatchRequest;
        pub type Output = DeleteMessageBatchResult;
    }

    pub mod delete_queue {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteQueueRequest;
        pub type Output = ();
    }

    pub mod get_queue_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetQueueAttributesRequest;
        pub type Output = GetQueueAttributesResult;
    }

    pub mod get_queue_url {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetQueueUrlRequest;
        pub type Output = GetQueueUrlResult;
    }

    pub mod list_dead_letter_source_queues {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListDeadLetterSourceQueuesRequest;
        pub type Output = ListDeadLetterSourceQueuesResult;
    }

    pub mod list_message_move_tasks {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListMessageMoveTasksRequest;
        pub type Output = ListMessageMoveTasksResult;
    }

    pub mod list_queue_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListQueueTagsRequest;
        pub type Output = ListQueueTagsResult;
    }

    pub mod list_queues {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListQueuesRequest;
        pub type Output = ListQueuesResult;
    }

    pub mod purge_queue {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PurgeQueueRequest;
        pub type Output = ();
    }

    pub mod receive_message {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReceiveMessageRequest;
        pub type Output = ReceiveMessageResult;
    }

    pub mod remove_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemovePermissionRequest;
        pub type Output = ();
    }

    pub mod send_message {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SendMessageRequest;
        pub type Output = SendMessageResult;
    }

    pub mod send_message_batch {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SendMessageBatchRequest;
        pub type Output = SendMessageBatchResult;
    }

    pub mod set_queue_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetQueueAttributesRequest;
        pub type Output = ();
    }

    pub mod start_message_move_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartMessageMoveTaskRequest;
        pub type Output = StartMessageMoveTaskResult;
    }

    pub mod tag_queue {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagQueueRequest;
        pub type Output = ();
    }

    pub mod untag_queue {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagQueueRequest;
        pub type Output = ();
    }
}
