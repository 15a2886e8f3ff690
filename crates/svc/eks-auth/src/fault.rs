//! The service's own sentences.

use wharf_api_eks_auth::faults;
use wharf_svc_eks::{control_planes::TokenRefused, pod_identity::NoPodRole};
use wharf_wire::Fault;

use crate::session::NoCredentials;

const INTERNAL: &str = "An internal error has occurred.";

pub fn no_role(why: NoPodRole, cluster: &str) -> Fault {
    match &why {
        NoPodRole::NoCluster => {
            faults::resource_not_found_exception(format!("No cluster found for name: {cluster}."))
        }
        NoPodRole::NoAssociation {
            namespace,
            service_account,
        } => faults::resource_not_found_exception(format!(
            "No association found for service account {service_account} in namespace {namespace} of cluster {cluster}."
        )),
        NoPodRole::Token(TokenRefused::Expired) => {
            faults::expired_token_exception("The token included in the request is expired.")
        }
        NoPodRole::Token(TokenRefused::Invalid(why)) => faults::invalid_token_exception(format!(
            "The token included in the request is invalid: {why}."
        )),
        NoPodRole::Token(TokenRefused::Unavailable) => faults::service_unavailable_exception(
            "The cluster cannot be asked about the token now. Try again.",
            &why,
        ),
        NoPodRole::Records(_) => faults::internal_server_exception(INTERNAL, &why),
    }
}

pub fn no_credentials(why: &NoCredentials) -> Fault {
    match why {
        NoCredentials::Refused(_) => faults::access_denied_exception(
            "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
        ),
        NoCredentials::Unavailable(_) => faults::internal_server_exception(INTERNAL, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_hears_why_in_the_codes_of_eks_auth() {
        let code = |why| no_role(why, "demo").code.to_string();
        assert_eq!(code(NoPodRole::NoCluster), "ResourceNotFoundException");
        let without = NoPodRole::NoAssociation {
            namespace: "team".to_owned(),
            service_account: "worker".to_owned(),
        };
        assert_eq!(code(without), "ResourceNotFoundException");
        let invalid = TokenRefused::Invalid("it is bound to no pod".to_owned());
        assert_eq!(code(invalid.into()), "InvalidTokenException");
        assert_eq!(code(TokenRefused::Expired.into()), "ExpiredTokenException");
        let unavailable = no_role(TokenRefused::Unavailable.into(), "demo");
        assert_eq!(unavailable.status, 503);
        let refused = no_credentials(&NoCredentials::Refused("no".to_owned()));
        assert_eq!(refused.code, "AccessDeniedException");
        assert_eq!(refused.status, 400);
    }
}
