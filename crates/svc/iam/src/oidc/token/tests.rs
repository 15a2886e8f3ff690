use ring::signature::EcdsaKeyPair;
use serde_json::json;
use wharf_testkit::id_token::{pair, signed_with};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_767_312_000_000);
const SECONDS: i64 = 1_767_312_000;

struct Signer {
    pair: EcdsaKeyPair,
    public: Key,
}

fn signer() -> Signer {
    let (pair, public) = pair();
    let public = Key::read(&public).unwrap();
    Signer { pair, public }
}

fn claims() -> Value {
    json!({
        "iss": "https://git.lan/a", "sub": "repo:x", "aud": ["sts", "other"],
        "iat": SECONDS - 1, "exp": SECONDS + 60,
    })
}

fn signed(signer: &Signer, claims: &Value) -> String {
    signed_with(&signer.pair, claims)
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn refused(claims: &Value) -> TokenError {
    Token::read(&signed(&signer(), claims), NOW).unwrap_err()
}

#[test]
fn what_it_says_and_who_signed_it() {
    let (one, other) = (signer(), signer());
    let text = signed(&one, &claims());
    let token = Token::read(&text, NOW).unwrap();
    assert_eq!(
        (token.provider.as_str(), token.key_id.as_deref()),
        ("git.lan/a", Some("one"))
    );
    assert_eq!(
        token.is_signed_by(std::slice::from_ref(&other.public)),
        Err(TokenError::Signature)
    );
    assert_eq!(token.is_signed_by(&[]), Err(TokenError::Signature));
    token.is_signed_by(&[other.public, one.public]).unwrap();
    token.is_for(&["x".to_owned(), "other".to_owned()]).unwrap();
    assert_eq!(token.is_for(&["x".to_owned()]), Err(TokenError::Audience));
    let keys = token.keys();
    assert_eq!(keys["git.lan/a:sub"], ["repo:x"]);
    assert_eq!(keys["git.lan/a:aud"], ["sts", "other"]);
}

#[test]
fn a_changed_token_is_nobodys() {
    let signer = signer();
    let text = signed(&signer, &claims());
    let parts: Vec<&str> = text.split('.').collect();
    let changed = URL_SAFE_NO_PAD.encode(with("sub", json!("root")).to_string());
    let forged = format!("{}.{changed}.{}", parts[0], parts[2]);
    let token = Token::read(&forged, NOW).unwrap();
    assert_eq!(
        token.is_signed_by(&[signer.public]),
        Err(TokenError::Signature)
    );
}

#[test]
fn unsigned_tokens_and_shared_secrets_are_none() {
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "EdDSA"}),
    ] {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.AAAA", part(&header), part(&claims()));
        assert!(Token::read(&text, NOW).is_err(), "{header}");
    }
    for text in ["", "a.b", "a.b.c", "....", "e30.e30."] {
        assert_eq!(
            Token::read(text, NOW).unwrap_err(),
            TokenError::NoToken,
            "{text}"
        );
    }
}

#[test]
fn claims_that_must_be_there() {
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(refused(&claims), TokenError::Missing(name));
    }
    assert_eq!(
        refused(&with("iss", json!("http://git.lan"))),
        TokenError::UnknownIssuer("http://git.lan".to_owned())
    );
    assert_eq!(refused(&with("aud", json!(["a", 1]))), TokenError::NoToken);
    assert_eq!(refused(&with("exp", json!("soon"))), TokenError::NoToken);
}

#[test]
fn its_time() {
    assert_eq!(
        refused(&with("exp", json!(SECONDS))).to_string(),
        format!(
            "Token expired: current date/time {SECONDS} must be before the expiration date/time {SECONDS}"
        )
    );
    assert_eq!(
        refused(&with("nbf", json!(SECONDS + 301))),
        TokenError::Early(SECONDS + 301)
    );
    assert_eq!(
        refused(&with("iat", json!(SECONDS + 301))),
        TokenError::Early(SECONDS + 301)
    );
    let text = signed(&signer(), &with("nbf", json!(SECONDS + 300)));
    Token::read(&text, NOW).unwrap();
}

#[test]
fn the_party_it_was_made_for_counts_where_it_is_named() {
    let text = signed(&signer(), &with("azp", json!("app")));
    let token = Token::read(&text, NOW).unwrap();
    assert_eq!(token.is_for(&["sts".to_owned()]), Err(TokenError::Audience));
    token.is_for(&["app".to_owned()]).unwrap();
    let keys = token.keys();
    assert_eq!(keys["git.lan/a:aud"], ["app"]);
    assert_eq!(keys["git.lan/a:oaud"], ["sts", "other"]);
}

#[test]
fn own_claims_of_github_alone() {
    let github = with("iss", json!("https://token.actions.githubusercontent.com"));
    for (mut claims, known) in [(github, true), (claims(), false)] {
        claims["repository"] = json!("a/b");
        claims["amr"] = json!(["pwd", "otp"]);
        let text = signed(&signer(), &claims);
        let token = Token::read(&text, NOW).unwrap();
        let name = &token.provider;
        assert_eq!(
            token.keys().contains_key(&format!("{name}:repository")),
            known
        );
        assert_eq!(token.keys()[&format!("{name}:amr")], ["pwd", "otp"]);
    }
}

#[test]
fn tags() {
    let whole = json!({"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]});
    let mut claims = with("https://aws.amazon.com/tags", whole);
    claims["https://aws.amazon.com/tags/principal_tags/stage"] = json!("test");
    claims["https://aws.amazon.com/source_identity"] = json!("anna");
    let text = signed(&signer(), &claims);
    let token = Token::read(&text, NOW).unwrap();
    let (tags, transitive) = token.tags().unwrap();
    assert_eq!(
        (tags["team"].as_str(), tags["stage"].as_str()),
        ("blue", "test")
    );
    assert_eq!(transitive, ["team"]);
    assert_eq!(token.source_identity().as_deref(), Some("anna"));

    for bad in [
        json!([]),
        json!({"principal_tags": {"a": ["b", "c"]}}),
        json!({"transitive_tag_keys": [1]}),
    ] {
        let text = signed(&signer(), &with("https://aws.amazon.com/tags", bad));
        assert_eq!(
            Token::read(&text, NOW).unwrap().tags(),
            Err(TokenError::Tags)
        );
    }
}
