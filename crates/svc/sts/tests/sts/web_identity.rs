//! AssumeRoleWithWebIdentity: roles for whom an identity provider vouches.

use ring::signature::EcdsaKeyPair;
use serde_json::{Value, json};
use wharf_svc_iam::{Documents, NoDocument};
use wharf_testkit::id_token::{pair, signed_with};
use wharf_wire::async_trait;

use super::*;

const ISSUER: &str = "https://git.lan";
const PROVIDER: &str = "arn:aws:iam::000000000000:oidc-provider/git.lan";
const SECONDS: i64 = NOW.millis() / 1000;
const ACTION: &str = "Not authorized to perform sts:AssumeRoleWithWebIdentity";

/// An identity provider with one key.
pub struct Provider {
    pair: EcdsaKeyPair,
    public: Value,
}

impl Provider {
    pub fn new() -> Self {
        let (pair, public) = pair();
        Self { pair, public }
    }

    fn sign(&self, claims: &Value) -> String {
        signed_with(&self.pair, claims)
    }
}

#[async_trait]
impl Documents for Provider {
    async fn get(&self, _: &str, url: &str, _: usize) -> Result<Vec<u8>, NoDocument> {
        let document = match url {
            "https://git.lan/.well-known/openid-configuration" => {
                json!({"issuer": ISSUER, "jwks_uri": "https://git.lan/keys"})
            }
            "https://git.lan/keys" => json!({"keys": [self.public]}),
            other => return Err(format!("no {other}").into()),
        };
        Ok(document.to_string().into_bytes())
    }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "repo:a", "aud": "sts.wharf", "iat": SECONDS, "exp": SECONDS + 300})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

/// A call that nobody signed.
fn unsigned() -> Call {
    by(Caller::unproven("", ""))
}

fn trusting(actions: &str, condition: &str) -> String {
    let rest = format!(
        r#","Principal":{{"Federated":"{PROVIDER}"}},"Condition":{{"StringEquals":{condition}}}"#
    );
    document(&[format!(r#"{{"Effect":"Allow","Action":{actions}{rest}}}"#)])
}

fn for_repo_a() -> String {
    trusting(
        r#""sts:AssumeRoleWithWebIdentity""#,
        r#"{"git.lan:sub":"repo:a","git.lan:aud":"sts.wharf"}"#,
    )
}

impl World {
    async fn trust_provider(&self) {
        let create = iam::CreateOpenIDConnectProviderRequest {
            url: text(ISSUER),
            client_id_list: Some(vec!["sts.wharf".to_owned()]),
            ..Default::default()
        };
        let root = root();
        let made = self.iam.create_open_id_connect_provider(&root, create);
        let arn = made.await.unwrap().open_id_connect_provider_arn;
        assert_eq!(arn.as_deref(), Some(PROVIDER));
    }

    async fn exchange(&self, token: String) -> Result<AssumeRoleWithWebIdentityResponse, Fault> {
        let wanted = AssumeRoleWithWebIdentityRequest {
            role_arn: text(ROLE),
            role_session_name: text("run-1"),
            web_identity_token: Some(token),
            ..Default::default()
        };
        let call = unsigned();
        let answer = self.sts.assume_role_with_web_identity(&call, wanted);
        answer.await
    }
}

#[tokio::test]
async fn a_token_is_exchanged_for_a_session() {
    let w = world();
    w.trust_provider().await;
    w.role("deploy", &for_repo_a(), &allow("iam:GetUser")).await;
    let answer = w.exchange(w.provider.sign(&claims())).await.unwrap();
    assert_eq!(answer.provider.as_deref(), Some(PROVIDER));
    assert_eq!(answer.audience.as_deref(), Some("sts.wharf"));
    assert_eq!(
        answer.subject_from_web_identity_token.as_deref(),
        Some("repo:a")
    );
    let session = w.call(&answer.credentials.unwrap()).await;
    assert_eq!(
        session.caller.arn,
        "arn:aws:sts::000000000000:assumed-role/deploy/run-1"
    );
    w.anna(None).await;
    assert!(w.may(&session, "anna").await);
    let facts = &session.caller.session.as_ref().unwrap().facts;
    assert_eq!(facts["git.lan:sub"], ["repo:a"]);
    assert_eq!(facts["aws:FederatedProvider"], [PROVIDER]);
}

#[tokio::test]
async fn policies_of_the_session_see_who_it_is_for() {
    let w = world();
    w.trust_provider().await;
    let condition = r#","Resource":"*","Condition":{"StringEquals":{"git.lan:sub":"repo:b"}}"#;
    let policy = document(&[statement("Allow", "iam:GetUser", condition)]);
    let trust = trusting(
        r#""sts:AssumeRoleWithWebIdentity""#,
        r#"{"git.lan:aud":"sts.wharf"}"#,
    );
    w.role("deploy", &trust, &policy).await;
    w.anna(None).await;
    for (subject, may) in [("repo:a", false), ("repo:b", true)] {
        let answer = w.exchange(w.provider.sign(&with("sub", subject))).await;
        let session = w.call(&answer.unwrap().credentials.unwrap()).await;
        assert_eq!(w.may(&session, "anna").await, may, "{subject}");
    }
}

#[tokio::test]
async fn whom_the_role_does_not_trust() {
    let w = world();
    w.trust_provider().await;
    let token = w.provider.sign(&claims());
    refused(w.exchange(token.clone()).await, "AccessDenied", ACTION);
    // Trusts the account, and whoever is in it; a provider is nobody of it.
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("*"))
        .await;
    refused(w.exchange(token).await, "AccessDenied", ACTION);
    let update = iam::UpdateAssumeRolePolicyRequest {
        role_name: text("deploy"),
        policy_document: Some(for_repo_a()),
    };
    w.iam
        .update_assume_role_policy(&root(), update)
        .await
        .unwrap();
    let other = w.provider.sign(&with("sub", "repo:b"));
    refused(w.exchange(other).await, "AccessDenied", ACTION);
    // The same trust lets no user of the account in.
    let anna = w.anna(Some(&allow("sts:*"))).await;
    refused(
        w.assume(&anna, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );
}

#[tokio::test]
async fn tokens_that_are_not_taken() {
    let w = world();
    w.role("deploy", &for_repo_a(), &allow("*")).await;
    let unknown = "No OpenIDConnect provider found in your account for https://git.lan";
    let token = w.provider.sign(&claims());
    refused(w.exchange(token).await, "InvalidIdentityToken", unknown);
    w.trust_provider().await;
    let exchange = async |claims: &Value| w.exchange(w.provider.sign(claims)).await;

    let audience = exchange(&with("aud", "another")).await;
    refused(audience, "InvalidIdentityToken", "Incorrect token audience");
    let over = exchange(&with("exp", SECONDS)).await;
    let text = format!(
        "Token expired: current date/time {SECONDS} must be before the expiration date/time {SECONDS}"
    );
    refused(over, "ExpiredTokenException", &text);
    let forged = Provider::new().sign(&claims());
    let text = "The ID Token's signature is not valid";
    refused(w.exchange(forged).await, "InvalidIdentityToken", text);
    let none = w.exchange("nonsense".to_owned()).await;
    let text = "The ID Token provided is not a valid JWT. (You may see this error if you sent an \
                Access Token)";
    refused(none, "InvalidIdentityToken", text);
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached() {
    let w = world();
    let create = iam::CreateOpenIDConnectProviderRequest {
        url: text("https://away.lan"),
        client_id_list: Some(vec!["sts.wharf".to_owned()]),
        ..Default::default()
    };
    let root = root();
    let made = w.iam.create_open_id_connect_provider(&root, create);
    made.await.unwrap();
    w.role("deploy", &for_repo_a(), &allow("*")).await;
    let answer = w
        .exchange(w.provider.sign(&with("iss", "https://away.lan")))
        .await;
    assert_eq!(answer.unwrap_err().code, "IDPCommunicationError");
}

#[tokio::test]
async fn tags_and_source_need_to_be_trusted_too() {
    let w = world();
    w.trust_provider().await;
    w.role("deploy", &for_repo_a(), &allow("*")).await;
    let tags = json!({"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]});
    let mut tagged = with("https://aws.amazon.com/tags", tags);
    let answer = w.exchange(w.provider.sign(&tagged)).await;
    refused(
        answer,
        "AccessDenied",
        "Not authorized to perform sts:TagSession",
    );
    tagged["https://aws.amazon.com/source_identity"] = json!("anna");
    let all = r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"]"#;
    let condition =
        r#"{"git.lan:sub":"repo:a","aws:RequestTag/team":"blue","sts:SourceIdentity":"anna"}"#;
    let update = iam::UpdateAssumeRolePolicyRequest {
        role_name: text("deploy"),
        policy_document: Some(trusting(all, condition)),
    };
    w.iam
        .update_assume_role_policy(&root(), update)
        .await
        .unwrap();
    // All three actions are asked with the same conditions.
    let answer = w.exchange(w.provider.sign(&tagged)).await.unwrap();
    assert_eq!(answer.source_identity.as_deref(), Some("anna"));
    let session = w
        .call(&answer.credentials.unwrap())
        .await
        .caller
        .session
        .clone();
    let session = session.unwrap();
    assert_eq!(session.tags["team"], "blue");
    assert_eq!(session.transitive_tag_keys, ["team"]);

    let bad = json!({"principal_tags": {"aws:team": ["blue"]}});
    let answer = w
        .exchange(w.provider.sign(&with("https://aws.amazon.com/tags", bad)))
        .await;
    refused(
        answer,
        "InvalidIdentityToken",
        "The tags of the ID Token are not valid",
    );
}

#[tokio::test]
async fn a_provider_of_another_account_is_none_here() {
    let w = world();
    w.trust_provider().await;
    let elsewhere = ROLE.replace(ACCOUNT, "111111111111");
    let wanted = AssumeRoleWithWebIdentityRequest {
        role_arn: Some(elsewhere),
        role_session_name: text("run-1"),
        web_identity_token: Some(w.provider.sign(&claims())),
        ..Default::default()
    };
    let call = unsigned();
    let answer = w.sts.assume_role_with_web_identity(&call, wanted);
    let text = "No OpenIDConnect provider found in your account for https://git.lan";
    refused(answer.await, "InvalidIdentityToken", text);
}
