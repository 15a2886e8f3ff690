//! The identity provider of a cluster: what its API server is told of it.

use wharf_api_eks::{
    AssociateIdentityProviderConfigRequest, DescribeIdentityProviderConfigRequest,
    DescribeUpdateRequest, DisassociateIdentityProviderConfigRequest, Eks as _,
    IdentityProviderConfig, ListIdentityProviderConfigsRequest, OidcIdentityProviderConfig,
    OidcIdentityProviderConfigRequest, Update,
};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::Home;

fn demo() -> Option<String> {
    Some("demo".to_owned())
}

fn named() -> Option<IdentityProviderConfig> {
    Some(IdentityProviderConfig {
        type_: Some("oidc".to_owned()),
        name: Some("corp".to_owned()),
    })
}

fn association(name: &str, issuer: &str) -> AssociateIdentityProviderConfigRequest {
    AssociateIdentityProviderConfigRequest {
        cluster_name: demo(),
        oidc: Some(OidcIdentityProviderConfigRequest {
            identity_provider_config_name: Some(name.to_owned()),
            issuer_url: Some(issuer.to_owned()),
            client_id: Some("kubernetes".to_owned()),
            ..OidcIdentityProviderConfigRequest::default()
        }),
        ..AssociateIdentityProviderConfigRequest::default()
    }
}

impl Home {
    async fn associate(&self, name: &str, issuer: &str) -> Result<Update, Fault> {
        let input = association(name, issuer);
        let made = self
            .eks
            .associate_identity_provider_config(&call(), input)
            .await?;
        Ok(made.update.unwrap())
    }

    async fn provider(&self) -> Result<OidcIdentityProviderConfig, Fault> {
        let input = DescribeIdentityProviderConfigRequest {
            cluster_name: demo(),
            identity_provider_config: named(),
        };
        let found = self
            .eks
            .describe_identity_provider_config(&call(), input)
            .await?;
        Ok(found.identity_provider_config.unwrap().oidc.unwrap())
    }

    async fn ended(&self, update: Update) {
        until("the update has ended", || async {
            let input = DescribeUpdateRequest {
                name: demo(),
                update_id: update.id.clone(),
                ..DescribeUpdateRequest::default()
            };
            let found = self.eks.describe_update(&call(), input).await.unwrap();
            found.update.unwrap().status.as_deref() == Some("Successful")
        })
        .await;
    }
}

#[tokio::test]
async fn a_cluster_has_one_provider_and_its_server_hears_of_it() {
    let mut home = Home::new().await;
    let made = home.active("API").await;
    let own = made.identity.unwrap().oidc.unwrap().issuer.unwrap();
    refused(
        home.associate("corp", &own).await,
        "InvalidParameterException",
        "Incorrect Identity Provider URL configuration. The Identity Provider URL cannot be same as OpenID Connect (OIDC) issuer URL",
    );
    let update = home.associate("corp", "https://idp.lan").await.unwrap();
    home.ended(update).await;
    let told = home.planes.provider.lock().clone().unwrap();
    assert_eq!(told.issuer, "https://idp.lan");
    assert_eq!(told.client_id, "kubernetes");
    let shown = home.provider().await.unwrap();
    assert_eq!(shown.status.as_deref(), Some("ACTIVE"));
    assert_eq!(shown.username_claim.as_deref(), Some("sub"));
    refused(
        home.associate("other", "https://other.lan").await,
        "ResourceInUseException",
        "The cluster already has an identity provider config with name: corp",
    );
    home.eks.restart();
    let input = DisassociateIdentityProviderConfigRequest {
        cluster_name: demo(),
        identity_provider_config: named(),
        ..DisassociateIdentityProviderConfigRequest::default()
    };
    let gone = home
        .eks
        .disassociate_identity_provider_config(&call(), input)
        .await;
    home.ended(gone.unwrap().update.unwrap()).await;
    assert_eq!(*home.planes.provider.lock(), None);
    refused(
        home.provider().await,
        "ResourceNotFoundException",
        "No config found for cluster: demo, config type: oidc, config name: corp",
    );
    let all = ListIdentityProviderConfigsRequest {
        cluster_name: demo(),
        ..ListIdentityProviderConfigsRequest::default()
    };
    let all = home.eks.list_identity_provider_configs(&call(), all).await;
    assert!(all.unwrap().identity_provider_configs.unwrap().is_empty());
    let update = home.associate("other", "https://other.lan").await.unwrap();
    home.ended(update).await;
}

#[tokio::test]
async fn a_token_says_nothing_of_another_operation() {
    let home = Home::new().await;
    let caller = call();
    home.active("API").await;
    let token = || Some("t".to_owned());
    let input = || AssociateIdentityProviderConfigRequest {
        client_request_token: token(),
        ..association("corp", "https://idp.lan")
    };
    let made = home
        .eks
        .associate_identity_provider_config(&caller, input());
    let made = made.await.unwrap().update.unwrap();
    let again = home
        .eks
        .associate_identity_provider_config(&caller, input());
    assert_eq!(again.await.unwrap().update.unwrap().id, made.id);
    home.ended(made).await;
    let input = || DisassociateIdentityProviderConfigRequest {
        cluster_name: demo(),
        identity_provider_config: named(),
        client_request_token: token(),
    };
    let gone = home
        .eks
        .disassociate_identity_provider_config(&caller, input());
    let gone = gone.await.unwrap().update.unwrap();
    let kind = gone.type_.as_deref();
    assert_eq!(kind, Some("DisassociateIdentityProviderConfig"));
    let id = gone.id.clone();
    home.ended(gone).await;
    assert_eq!(*home.planes.provider.lock(), None);
    // Whoever did not hear the answer asks again when it is done.
    let again = home
        .eks
        .disassociate_identity_provider_config(&caller, input());
    assert_eq!(again.await.unwrap().update.unwrap().id, id);
}
