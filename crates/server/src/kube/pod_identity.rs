//! What a cluster's API server has to do with Pod Identity: which pod a token is of.

use wharf_kube_auth::{
    Unauthenticated,
    account_token::{Claims, Invalid},
};
use wharf_svc_eks::{
    control_planes::{PodOfToken, TokenRefused},
    pod_identity::PRINCIPAL,
};

use super::identity::Identities;

/// Only a token for Pod Identity, and of a pod: what a client made for itself by `kubectl create token` is of nobody who runs.
fn pod_of(claims: Claims) -> Result<PodOfToken, TokenRefused> {
    if !claims.audiences.iter().any(|it| it == PRINCIPAL) {
        return Err(TokenRefused::Invalid(format!(
            "its audience is not {PRINCIPAL}"
        )));
    }
    let pod = claims.bound.filter(|it| it.kind == "Pod");
    let pod = pod.ok_or_else(|| TokenRefused::Invalid("it is bound to no pod".to_owned()))?;
    Ok(PodOfToken {
        namespace: claims.namespace,
        service_account: claims.account,
        name: pod.name,
        uid: pod.uid,
    })
}

impl Identities {
    /// The pod of a token, which is there still.
    pub async fn pod(&self, token: &str) -> Result<PodOfToken, TokenRefused> {
        let read = self.issuer.read(token, self.clock.now());
        let claims = read.map_err(|error| match error {
            Invalid::Time => TokenRefused::Expired,
            other => TokenRefused::Invalid(other.to_string()),
        })?;
        let pod = pod_of(claims.clone())?;
        match self.still_there(&claims).await {
            Ok(()) => Ok(pod),
            Err(Unauthenticated::Refused(why)) => Err(TokenRefused::Invalid(why)),
            Err(_) => Err(TokenRefused::Unavailable),
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_kube_auth::Bound;

    use super::*;

    fn claims(audience: &str, kind: &str) -> Claims {
        Claims {
            namespace: "team".to_owned(),
            account: "worker".to_owned(),
            account_uid: "u0".to_owned(),
            audiences: vec![audience.to_owned()],
            bound: Some(Bound {
                kind: kind.to_owned(),
                name: "web-0".to_owned(),
                uid: "u1".to_owned(),
            }),
            node: None,
            id: String::new(),
        }
    }

    #[test]
    fn a_token_is_for_this_and_of_a_pod() {
        let pod = pod_of(claims(PRINCIPAL, "Pod")).unwrap();
        assert_eq!(
            (pod.name.as_str(), pod.service_account.as_str()),
            ("web-0", "worker")
        );
        for other in [
            claims("sts.amazonaws.com", "Pod"),
            claims(PRINCIPAL, "Secret"),
            Claims {
                bound: None,
                ..claims(PRINCIPAL, "Pod")
            },
        ] {
            assert!(matches!(pod_of(other), Err(TokenRefused::Invalid(_))));
        }
    }
}
