//! Rules of pulls through a cache: what they say, and who may have a secret shown to whom.

use std::sync::{Arc, Mutex};

use wharf_api_ecr::{Ecr, types::*};
use wharf_api_secretsmanager::{
    GetSecretValueRequest, GetSecretValueResponse, Input, Secretsmanager,
};
use wharf_svc_ecr::Outside;
use wharf_wire::{Call, Check, Context, Fault};

use crate::support::{ACCOUNT, Home, NOW, said, text};

/// Answers by the name of the secret, and remembers who asked.
#[derive(Default)]
struct Secrets(Arc<Mutex<Vec<String>>>);

#[wharf_wire::async_trait]
impl Secretsmanager for Secrets {
    async fn authorize(&self, _: &Context, _: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(Vec::new())
    }

    async fn get_secret_value(
        &self,
        call: &Call,
        input: GetSecretValueRequest,
    ) -> Result<GetSecretValueResponse, Fault> {
        self.0.lock().unwrap().push(call.caller.arn.clone());
        let id = input.secret_id.unwrap();
        let refuse = |code: &'static str| Err(Fault::sender(code, 400, "no"));
        let value = match id.rsplit('/').next().unwrap() {
            "missing" => return refuse("ResourceNotFoundException"),
            "closed" => return refuse("AccessDeniedException"),
            "sealed" => return refuse("DecryptionFailure"),
            "odd" => "a text",
            _ => r#"{"username":"me","accessToken":"key"}"#,
        };
        Ok(GetSecretValueResponse {
            secret_string: text(value),
            ..Default::default()
        })
    }
}

struct Ruled {
    home: Home,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Ruled {
    fn new() -> Self {
        let secrets = Secrets::default();
        let asked = secrets.0.clone();
        let egress = wharf_egress::Egress::to(vec!["127.0.0.0/8".parse().unwrap()]);
        let outside = Outside::new(&egress, Arc::new(secrets));
        let home = Home::with(NOW, |config| config.outside = Some(outside));
        Self { home, asked }
    }

    async fn create(
        &self,
        prefix: &str,
        url: &str,
        secret: Option<&str>,
    ) -> Result<CreatePullThroughCacheRuleResponse, Fault> {
        let input = CreatePullThroughCacheRuleRequest {
            ecr_repository_prefix: text(prefix),
            upstream_registry_url: text(url),
            credential_arn: secret.map(arn),
            ..Default::default()
        };
        let call = self.home.call();
        self.home
            .ecr
            .create_pull_through_cache_rule(&call, input)
            .await
    }

    async fn describe(
        &self,
        input: DescribePullThroughCacheRulesRequest,
    ) -> Result<(Vec<String>, Option<String>), Fault> {
        let call = self.home.call();
        let found = self
            .home
            .ecr
            .describe_pull_through_cache_rules(&call, input);
        let found = found.await?;
        let rules = found.pull_through_cache_rules.unwrap().into_iter();
        let prefixes = rules.map(|it| it.ecr_repository_prefix.unwrap());
        Ok((prefixes.collect(), found.next_token))
    }
}

fn arn(secret: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ecr-pullthroughcache/{secret}")
}

#[tokio::test]
async fn a_rule_is_made_shown_changed_and_deleted() {
    let it = Ruled::new();
    let made = it.create("hub", "registry-1.docker.io", Some("hub")).await;
    let made = made.unwrap();
    assert_eq!(made.upstream_registry.as_deref(), Some("docker-hub"));
    assert_eq!(made.upstream_repository_prefix.as_deref(), Some("ROOT"));
    assert_eq!(made.credential_arn, Some(arn("hub")));
    assert_eq!(made.created_at, Some(NOW));
    // ECR alone reads what it shows to a registry that AWS vouches for.
    let own = "pullthroughcache.ecr.amazonaws.com";
    assert_eq!(std::mem::take(&mut *it.asked.lock().unwrap()), [own]);

    let other = it
        .create("ours", "https://registry.example.com", Some("ours"))
        .await;
    assert_eq!(other.unwrap().upstream_registry, None);
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    assert_eq!(*it.asked.lock().unwrap(), [root.as_str(), own]);
    it.create("ROOT", "quay.io", None).await.unwrap();
    for same in ["hub", "hub/"] {
        let (code, why) = said(it.create(same, "quay.io", None).await.unwrap_err());
        assert_eq!(code, "PullThroughCacheRuleAlreadyExistsException", "{why}");
    }

    let page = |token| DescribePullThroughCacheRulesRequest {
        max_results: Some(2),
        next_token: token,
        ..Default::default()
    };
    let (first, token) = it.describe(page(None)).await.unwrap();
    assert_eq!(first, ["ROOT", "hub"]);
    assert_eq!(
        it.describe(page(token)).await.unwrap(),
        (vec!["ours".to_owned()], None)
    );
    let named = |prefix: &str| DescribePullThroughCacheRulesRequest {
        ecr_repository_prefixes: Some(vec![prefix.to_owned()]),
        ..Default::default()
    };
    assert_eq!(it.describe(named("ours")).await.unwrap().0, ["ours"]);
    let both = DescribePullThroughCacheRulesRequest {
        max_results: Some(1),
        ..named("ours")
    };
    let both = it.describe(both).await.unwrap_err();
    assert_eq!(both.code, "InvalidParameterException");
    let (code, why) = said(it.describe(named("none")).await.unwrap_err());
    assert_eq!(code, "PullThroughCacheRuleNotFoundException");
    assert!(why.contains("'none'") && why.contains(ACCOUNT), "{why}");

    let (ecr, call) = (&it.home.ecr, it.home.call());
    let update = |secret: Option<&str>| UpdatePullThroughCacheRuleRequest {
        ecr_repository_prefix: text("hub"),
        credential_arn: secret.map(arn),
        ..Default::default()
    };
    let changed = ecr.update_pull_through_cache_rule(&call, update(Some("new")));
    assert_eq!(changed.await.unwrap().credential_arn, Some(arn("new")));
    for (secret, code) in [
        (None, "InvalidParameterException"),
        (Some("missing"), "SecretNotFoundException"),
    ] {
        let refused = ecr.update_pull_through_cache_rule(&call, update(secret));
        assert_eq!(said(refused.await.unwrap_err()).0, code);
    }
    let delete = DeletePullThroughCacheRuleRequest {
        ecr_repository_prefix: text("hub"),
        ..Default::default()
    };
    let gone = ecr.delete_pull_through_cache_rule(&call, delete.clone());
    assert_eq!(gone.await.unwrap().credential_arn, Some(arn("new")));
    let again = ecr.delete_pull_through_cache_rule(&call, delete).await;
    assert_eq!(
        said(again.unwrap_err()).0,
        "PullThroughCacheRuleNotFoundException"
    );
}

#[tokio::test]
async fn rules_that_cannot_be_are_refused() {
    let it = Ruled::new();
    let account = "arn:aws:secretsmanager:us-east-1:111111111111:secret:ecr-pullthroughcache/x";
    for (url, secret, code, why) in [
        ("", None, "UnsupportedUpstreamRegistryException", "''"),
        (
            "quay.io/path",
            None,
            "UnsupportedUpstreamRegistryException",
            "quay.io/path",
        ),
        (
            "https://me:key@quay.io",
            None,
            "UnsupportedUpstreamRegistryException",
            "quay.io",
        ),
        (
            "12.dkr.ecr.eu-west-1.amazonaws.com",
            None,
            "UnsupportedUpstreamRegistryException",
            "12.dkr.ecr",
        ),
        (
            "000000000000.dkr.ecr.us-east-1.amazonaws.com",
            None,
            "InvalidParameterException",
            "the registry itself",
        ),
        (
            "111111111111.dkr.ecr.us-east-1.amazonaws.com",
            None,
            "InvalidParameterException",
            "read by a role",
        ),
        (
            "000000000000.dkr.ecr.eu-west-1.amazonaws.com",
            Some("hub"),
            "InvalidParameterException",
            "take no login",
        ),
        (
            "registry-1.docker.io",
            None,
            "InvalidParameterException",
            "docker-hub asks for a login",
        ),
        (
            "ghcr.io",
            Some("missing"),
            "SecretNotFoundException",
            "was not found",
        ),
        (
            "ghcr.io",
            Some("closed"),
            "UnableToAccessSecretException",
            "unable to be accessed",
        ),
        (
            "ghcr.io",
            Some("sealed"),
            "UnableToDecryptSecretValueException",
            "unable to be decrypted",
        ),
        (
            "ghcr.io",
            Some("odd"),
            "InvalidParameterException",
            "username and accessToken",
        ),
    ] {
        let (found, message) = said(it.create("some", url, secret).await.unwrap_err());
        assert_eq!(found, code, "{url}: {message}");
        assert!(message.contains(why), "{url}: {message}");
    }
    let (ecr, call) = (&it.home.ecr, it.home.call());
    let rule = CreatePullThroughCacheRuleRequest {
        ecr_repository_prefix: text("some"),
        upstream_registry_url: text("quay.io"),
        ..Default::default()
    };
    for input in [
        CreatePullThroughCacheRuleRequest {
            upstream_registry: text("k8s"),
            ..rule.clone()
        },
        CreatePullThroughCacheRuleRequest {
            credential_arn: text(account),
            ..rule.clone()
        },
        CreatePullThroughCacheRuleRequest {
            custom_role_arn: text("arn:aws:iam::000000000000:role/reader"),
            ..rule.clone()
        },
        CreatePullThroughCacheRuleRequest {
            registry_id: text("111111111111"),
            ..rule.clone()
        },
    ] {
        let refused = ecr.create_pull_through_cache_rule(&call, input).await;
        assert_eq!(said(refused.unwrap_err()).0, "InvalidParameterException");
    }
    for n in 0..50 {
        it.create(&format!("r{n}"), "quay.io", None).await.unwrap();
    }
    let (code, why) = said(it.create("more", "quay.io", None).await.unwrap_err());
    assert_eq!(code, "LimitExceededException", "{why}");
}

#[tokio::test]
async fn a_rule_is_tried() {
    let it = Ruled::new();
    // Nothing listens there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    it.create("gone", &url, None).await.unwrap();
    let input = ValidatePullThroughCacheRuleRequest {
        ecr_repository_prefix: text("gone"),
        ..Default::default()
    };
    let call = it.home.call();
    let tried = it.home.ecr.validate_pull_through_cache_rule(&call, input);
    let tried = tried.await.unwrap();
    assert_eq!(tried.is_valid, Some(false));
    let why = tried.failure.unwrap();
    assert!(why.contains("cannot connect"), "{why}");
}
