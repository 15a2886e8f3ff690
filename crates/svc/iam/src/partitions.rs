//! One IAM for all partitions: ARNs are read in any of them, kept and compared in the canonical form, and
//! shown with the partition of the region that the call came by.

use wharf_base::arn;
use wharf_wire::{
    Context, Fault,
    node::{Slot, Struct, View},
};

/// More members than any input of IAM has.
const MAX_MEMBERS: usize = 64;

/// An input with the ARNs of its first level in the canonical form.
pub(crate) fn canonical<T: Struct>(mut input: T) -> T {
    for index in 0..MAX_MEMBERS {
        let View::Str(given) = input.member(index) else {
            continue;
        };
        let std::borrow::Cow::Owned(canonical) = arn::canonical(given) else {
            continue;
        };
        if let Some(Slot::Str(place)) = input.member_mut(index) {
            *place = canonical;
        }
    }
    input
}

/// A fault whose text names ARNs as its caller writes them.
pub(crate) fn seen(cx: &Context, mut fault: Fault) -> Fault {
    fault.message = arn::as_seen_from(&cx.region, &fault.message).into_owned();
    fault
}

#[cfg(test)]
mod tests {
    use wharf_api_iam::types::AttachUserPolicyRequest;

    use super::*;

    #[test]
    fn arns_of_an_input_are_canonical() {
        let given = |arn: &str| AttachUserPolicyRequest {
            user_name: Some("anna".to_owned()),
            policy_arn: Some(arn.to_owned()),
        };
        let read = canonical(given("arn:aws-cn:iam::aws:policy/AdministratorAccess"));
        assert_eq!(read, given("arn:aws:iam::aws:policy/AdministratorAccess"));
        assert_eq!(
            canonical(AttachUserPolicyRequest::default()),
            Default::default()
        );
    }
}
