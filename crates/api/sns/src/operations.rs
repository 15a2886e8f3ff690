// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Sns`](crate::Sns) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Sns] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod add_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddPermissionInput;
        pub type Output = ();
    }

    pub mod confirm_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ConfirmSubscriptionInput;
        pub type Output = ConfirmSubscriptionResponse;
    }

    pub mod create_topic {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateTopicInput;
        pub type Output = CreateTopicResponse;
    }

    pub mod delete_topic {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTopicInput;
        pub type Output = ();
    }

    pub mod get_data_protection_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDataProtectionPolicyInput;
        pub type Output = GetDataProtectionPolicyResponse;
    }

    pub mod get_subscription_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSubscriptionAttributesInput;
        pub type Output = GetSubscriptionAttributesResponse;
    }

    pub mod get_topic_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTopicAttributesInput;
        pub type Output = GetTopicAttributesResponse;
    }

    pub mod list_subscriptions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSubscriptionsInput;
        pub type Output = ListSubscriptionsResponse;
    }

    pub mod list_subscriptions_by_topic {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSubscriptionsByTopicInput;
        pub type Output = ListSubscriptionsByTopicResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod list_topics {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTopicsInput;
        pub type Output = ListTopicsResponse;
    }

    pub mod publish {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PublishInput;
        pub type Output = PublishResponse;
    }

    pub mod publish_batch {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PublishBatchInput;
        pub type Output = PublishBatchResponse;
    }

    pub mod put_data_protection_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDataProtectionPolicyInput;
        pub type Output = ();
    }

    pub mod remove_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemovePermissionInput;
        pub type Output = ();
    }

    pub mod set_subscription_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetSubscriptionAttributesInput;
        pub type Output = ();
    }

    pub mod set_topic_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetTopicAttributesInput;
        pub type Output = ();
    }

    pub mod subscribe {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SubscribeInput;
        pub type Output = SubscribeResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = TagResourceResponse;
    }

    pub mod unsubscribe {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UnsubscribeInput;
        pub type Output = ();
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = UntagResourceResponse;
    }
}
