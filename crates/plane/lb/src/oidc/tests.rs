use std::{collections::BTreeMap, sync::Arc};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, HeaderValue, header::COOKIE};
use proptest::prelude::*;
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use serde_json::{Value, json};
use wharf_planeproto::oidc::{self as plane, Unauthenticated};

use super::{
    LoginRule, Refused,
    identity::is_own,
    keys::{Purpose, SessionKeys},
    session::Session,
    state::{self, NoLogin, State, told_nonce},
    token::{self, Expected, Tokens},
};

const NOW: u64 = 1_800_000_000;
const HOST: &str = "web.test:8443";

pub fn key(id: &str) -> plane::SessionKey {
    let random = SystemRandom::new();
    let signing = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let secret: [u8; 32] = super::keys::random().unwrap();
    plane::SessionKey {
        id: id.to_owned(),
        secret: STANDARD.encode(secret),
        signing_key: STANDARD.encode(signing.as_ref()),
    }
}

pub fn provider() -> plane::Oidc {
    let text = |it: &str| it.to_owned();
    plane::Oidc {
        issuer: text("https://idp.test"),
        authorization_endpoint: text("https://idp.test/authorize?tenant=a#top"),
        token_endpoint: text("https://idp.test/token"),
        user_info_endpoint: text("https://idp.test/userinfo"),
        client_id: text("web"),
        client_secret: text("sesame"),
        cookie: text("AWSELBAuthSessionCookie"),
        scope: text("openid email"),
        session_seconds: 3600,
        extra: BTreeMap::from([
            (text("prompt"), text("log in")),
            (text("state"), text("mine")),
        ]),
        unauthenticated: Unauthenticated::Authenticate,
    }
}

fn keys(told: &[plane::SessionKey]) -> Arc<SessionKeys> {
    Arc::new(SessionKeys::read(told).unwrap())
}

fn oidc(keys: &Arc<SessionKeys>, change: impl FnOnce(&mut plane::Oidc)) -> LoginRule {
    let mut told = provider();
    change(&mut told);
    LoginRule::compile(&told, keys, "arn:lb").unwrap()
}

fn session() -> Session {
    Session {
        began: NOW,
        expires: Some(NOW + 60),
        access_token: "access".to_owned(),
        refresh_token: Some("refresh".to_owned()),
        subject: "u1".to_owned(),
        claims: r#"{"name":"Ada","sub":"u1"}"#.to_owned(),
    }
}

/// What a browser sends after it got these lines.
fn cookies(lines: &[HeaderValue]) -> HeaderMap {
    let pairs = lines
        .iter()
        .map(|it| it.to_str().unwrap().split(';').next().unwrap());
    let all = pairs.collect::<Vec<_>>().join("; ");
    HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&all).unwrap())])
}

#[test]
fn keys_open_what_they_sealed_for_its_purpose() {
    let (old, new) = (key("old"), key("new"));
    let before = keys(std::slice::from_ref(&old));
    let sealed = before.seal(Purpose::Session, b"a", b"text").unwrap();
    let after = keys(&[new.clone(), old]);
    assert_eq!(
        after.open(Purpose::Session, b"a", &sealed).as_deref(),
        Some(&b"text"[..])
    );
    assert_eq!(after.open(Purpose::Session, b"b", &sealed), None);
    assert_eq!(after.open(Purpose::State, b"a", &sealed), None);
    // A host that has the new key as its second one opens what another has sealed with it as its first.
    let (next, ahead) = (key("next"), new.clone());
    let behind = keys(&[new.clone(), next.clone()]);
    let sealed_ahead = keys(&[next, ahead])
        .seal(Purpose::Session, b"a", b"text")
        .unwrap();
    assert!(behind.open(Purpose::Session, b"a", &sealed_ahead).is_some());
    assert_eq!(keys(&[new]).open(Purpose::Session, b"a", &sealed), None);
    let mut bent = sealed.into_bytes();
    bent[20] ^= 1;
    let bent = String::from_utf8(bent).unwrap();
    assert_eq!(after.open(Purpose::Session, b"a", &bent), None);
    let useless = plane::SessionKey {
        id: "x".to_owned(),
        secret: "AA==".to_owned(),
        signing_key: "AA==".to_owned(),
    };
    assert!(SessionKeys::read(&[useless]).is_none() && SessionKeys::read(&[]).is_none());
}

#[test]
fn a_user_is_sent_to_the_provider_with_everything_once() {
    let keys = keys(&[key("a")]);
    let location = oidc(&keys, |_| ()).authorization(HOST, "st", "no");
    let (start, query) = location.split_once("?tenant=a&").unwrap();
    assert_eq!(start, "https://idp.test/authorize");
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let of = |name: &str| {
        pairs
            .iter()
            .filter(|it| it.0 == name)
            .map(|it| it.1.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("redirect_uri"),
        ["https://web.test:8443/oauth2/idpresponse"]
    );
    assert_eq!(
        (of("state"), of("nonce"), of("client_id")),
        (vec!["st"], vec!["no"], vec!["web"])
    );
    assert_eq!(
        (of("scope"), of("response_type"), of("prompt")),
        (vec!["openid email"], vec!["code"], vec!["log in"])
    );
}

#[test]
fn only_a_provider_over_https_is_one() {
    let keys = keys(&[key("a")]);
    for change in [
        (|it: &mut plane::Oidc| it.token_endpoint = "http://idp.test/t".to_owned())
            as fn(&mut plane::Oidc),
        |it| it.user_info_endpoint = "/userinfo".to_owned(),
        |it| it.authorization_endpoint = "javascript:alert(1)".to_owned(),
        |it| it.token_endpoint = String::new(),
    ] {
        let mut told = provider();
        change(&mut told);
        assert!(
            LoginRule::compile(&told, &keys, "arn:lb").is_none(),
            "{told:?}"
        );
    }
    assert!(!format!("{:?}", oidc(&keys, |_| ())).contains("sesame"));
}

fn begun(
    keys: &SessionKeys,
    headers: &HeaderMap,
    target: &str,
    now: u64,
) -> (String, HeaderMap, String) {
    let begun = state::begin(keys, headers, [7; 16], (HOST, target), now).unwrap();
    let browser = match begun.cookie {
        Some(line) => cookies(&[line]),
        None => headers.clone(),
    };
    (begun.state, browser, begun.nonce)
}

fn refused(found: Result<state::Returned, Refused>) -> Option<u16> {
    found.err().map(|it| it.status())
}

#[test]
fn a_browser_comes_back_with_what_it_went_with() {
    let keys = keys(&[key("a")]);
    let (state, browser, nonce) = begun(&keys, &HeaderMap::new(), "//evil.test/a?b=c", NOW);
    let query = format!("code=c%2B1&state={state}");
    let returned = state::returned(&keys, &query, &browser, HOST, NOW + 900).unwrap();
    assert_eq!(
        (returned.code.as_str(), returned.state.id),
        ("c+1", [7; 16])
    );
    assert_eq!(told_nonce(&returned.state.nonce), nonce);
    // A path that looks like another host stays one of this host.
    assert_eq!(
        returned.state.back(),
        "https://web.test:8443//evil.test/a?b=c"
    );
    // A second window of the same browser uses the same nonce: both may come back.
    let (second, browser, _) = begun(&keys, &browser, "/second", NOW + 1);
    for state in [&state, &second] {
        let query = format!("code=c&state={state}");
        assert!(state::returned(&keys, &query, &browser, HOST, NOW + 2).is_ok());
    }
}

#[test]
fn a_nonce_is_of_this_host_alone_and_of_one_quarter_of_an_hour() {
    let keys = keys(&[key("a")]);
    let begin =
        |browser: &HeaderMap, now| state::begin(&keys, browser, [7; 16], (HOST, "/"), now).unwrap();
    let line = begin(&HeaderMap::new(), NOW).cookie.unwrap();
    let text = line.to_str().unwrap();
    // Browsers take such a name from this host alone, and with these attributes.
    assert!(text.starts_with("__Host-AWSALBAuthNonce="), "{text}");
    assert!(text.contains("; Path=/; Secure; HttpOnly; SameSite=Lax") && !text.contains("Domain"));
    // One of a name that other hosts can give as well is none.
    let given = text
        .split(';')
        .next()
        .unwrap()
        .trim_start_matches("__Host-");
    let tossed = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(given).unwrap())]);
    assert!(begin(&tossed, NOW).cookie.is_some());
    let browser = cookies(&[line]);
    let last = begin(&browser, NOW + 900);
    assert!(last.cookie.is_none());
    // The last login with it has as long as the others; the next one has another.
    let query = format!("code=c&state={}", last.state);
    assert!(state::returned(&keys, &query, &browser, HOST, NOW + 1800).is_ok());
    let next = begin(&browser, NOW + 901);
    assert!(next.cookie.is_some() && next.nonce != last.nonce);
    let gone = state::spent().unwrap();
    assert!(
        gone.to_str()
            .unwrap()
            .starts_with("__Host-AWSALBAuthNonce=; Expires=Thu, 01 Jan 1970")
    );
}

#[test]
fn a_state_leads_back_without_its_browser_but_lets_nobody_in() {
    let keys = keys(&[key("a")]);
    let (state, _, _) = begun(&keys, &HeaderMap::new(), "/a", NOW);
    let query = format!("code=c&state={state}");
    let back = |query: &str, host, now| state::leading(&keys, query, host, now).map(|it| it.back());
    assert_eq!(
        back(&query, HOST, NOW).as_deref(),
        Some("https://web.test:8443/a")
    );
    assert_eq!(back(&query, "other.test", NOW), None);
    assert_eq!(back(&query, HOST, NOW + 901), None);
    assert_eq!(back("state=a", HOST, NOW), None);
    assert_eq!(
        refused(state::returned(&keys, &query, &HeaderMap::new(), HOST, NOW)),
        Some(401)
    );
}

#[test]
fn a_code_is_redeemed_at_the_issuer_that_gave_it() {
    let keys = keys(&[key("a")]);
    let rule = oidc(&keys, |_| ());
    let (state, browser, _) = begun(&keys, &HeaderMap::new(), "/", NOW);
    let returned = |further: &str| {
        let query = format!("code=c&state={state}{further}");
        state::returned(&keys, &query, &browser, HOST, NOW)
    };
    for (further, status) in [
        ("", None),
        ("&iss=https%3A%2F%2Fidp.test", None),
        ("&iss=https%3A%2F%2Fother.test", Some(401)),
        ("&iss=", Some(401)),
    ] {
        let found = rule.check_issuer(&returned(further).unwrap());
        assert_eq!(found.err().map(|it| it.status()), status, "{further}");
    }
    let twice = returned("&iss=https%3A%2F%2Fidp.test&iss=https%3A%2F%2Fother.test");
    assert_eq!(refused(twice), Some(401));
}

#[test]
fn what_is_no_way_back() {
    let (one, others) = (keys(&[key("a")]), keys(&[key("b")]));
    let (state, browser, _) = begun(&one, &HeaderMap::new(), "/", NOW);
    let (_, attacker, _) = begun(&one, &HeaderMap::new(), "/", NOW);
    let good = format!("code=c&state={state}");
    let at = |query: &str, headers: &HeaderMap, host: &str, now| {
        refused(state::returned(&one, query, headers, host, now))
    };
    assert_eq!(at(&good, &browser, HOST, NOW), None);
    // Another browser's, or none's; another host's; too late; another listener's.
    assert_eq!(at(&good, &attacker, HOST, NOW), Some(401));
    assert_eq!(at(&good, &HeaderMap::new(), HOST, NOW), Some(401));
    assert_eq!(at(&good, &browser, "other.test", NOW), Some(401));
    assert_eq!(at(&good, &browser, HOST, NOW + 901), Some(401));
    assert_eq!(
        refused(state::returned(&others, &good, &browser, HOST, NOW)),
        Some(401)
    );
    // Two cookies of the name: one may be somebody else's.
    let both: Vec<&str> = [&browser, &attacker]
        .map(|it| it[COOKIE].to_str().unwrap())
        .to_vec();
    let both = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&both.join("; ")).unwrap())]);
    assert_eq!(at(&good, &both, HOST, NOW), Some(401));
    // The nonce's cookie is no state, nor the other way round.
    let nonce = browser[COOKIE].to_str().unwrap().split_once('=').unwrap().1;
    assert_eq!(
        at(&format!("code=c&state={nonce}"), &browser, HOST, NOW),
        Some(401)
    );
    let huge = "a".repeat(9000);
    for query in [
        String::new(),
        "code=c".to_owned(),
        format!("state={state}"),
        format!("code=&state={state}"),
        format!("code=a&code=b&state={state}"),
        format!("code=a&state={state}&state={state}"),
        format!("code={huge}&state={state}"),
        format!("code=c&state={huge}"),
        format!("error=access_denied&state={state}"),
        "error=server_error".to_owned(),
    ] {
        assert_eq!(at(&query, &browser, HOST, NOW), Some(401), "{query:.60}");
    }
    assert_eq!(
        at(
            &format!("error=server_error&state={state}"),
            &browser,
            HOST,
            NOW
        ),
        Some(561)
    );
    let long = format!("/{}", "a".repeat(5000));
    let found = state::begin(&one, &HeaderMap::new(), [0; 16], (HOST, &long), NOW);
    assert!(matches!(found, Err(NoLogin::TooLong)));
    assert_eq!(state::for_log("a\r\nb <x>"), "a??b??x?");
}

#[test]
fn a_session_is_kept_in_cookies() {
    let keys = keys(&[key("a")]);
    let one = oidc(&keys, |_| ());
    let lines = one.keep(&session(), &HeaderMap::new(), NOW).unwrap();
    let line = lines[0].to_str().unwrap();
    assert!(line.starts_with("AWSELBAuthSessionCookie-0="), "{line}");
    for wanted in ["; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"] {
        assert!(line.contains(wanted), "{line}");
    }
    assert!(!line.contains("Domain"));
    let browser = cookies(&lines);
    assert_eq!(one.session(&browser, NOW + 3599).unwrap().0, session());
    assert_eq!(one.session(&browser, NOW + 3600), None, "it is over");
    // Other rules of the listener take it, but not those with another client or provider, or that ask users for something else.
    let other = oidc(&keys, |it| it.unauthenticated = Unauthenticated::Deny);
    assert!(other.session(&browser, NOW).is_some() && other.id != one.id);
    let shorter = oidc(&keys, |it| it.session_seconds = 10);
    assert_eq!(shorter.session(&browser, NOW + 10), None);
    for other in [
        oidc(&keys, |it| it.client_id = "other".to_owned()),
        oidc(&keys, |it| it.issuer = "https://other.test".to_owned()),
        oidc(&keys, |it| {
            it.user_info_endpoint = "https://other.test/u".to_owned()
        }),
        oidc(&keys, |it| it.scope = "openid email admin".to_owned()),
        oidc(&keys, |it| it.scope = "openid".to_owned()),
        oidc(&keys, |it| {
            it.extra.insert("acr_values".to_owned(), "mfa".to_owned());
        }),
        oidc(&super::tests::keys(&[key("b")]), |_| ()),
    ] {
        assert_eq!(other.session(&browser, NOW), None);
    }
    // A secret is no part of what a session is, but of what a login began under.
    let renewed = oidc(&keys, |it| it.client_secret = "other".to_owned());
    assert!(renewed.session(&browser, NOW).is_some() && renewed.id != one.id);
    assert_eq!(oidc(&keys, |_| ()).id, one.id);
}

#[test]
fn a_long_session_has_several_cookies() {
    let keys = keys(&[key("a")]);
    let one = oidc(&keys, |_| ());
    let of = |length: usize| Session {
        claims: format!(r#"{{"sub":"u1","x":"{}"}}"#, "y".repeat(length)),
        ..session()
    };
    let lines = one.keep(&of(8000), &HeaderMap::new(), NOW).unwrap();
    assert!(lines.len() == 3 && lines.iter().all(|it| it.len() < 4096));
    let browser = cookies(&lines);
    assert_eq!(one.session(&browser, NOW).unwrap().0, of(8000));
    // The next one is shorter: what is left of this one goes.
    let shorter = one.keep(&session(), &browser, NOW).unwrap();
    let gone = |it: &&HeaderValue| it.to_str().unwrap().contains("=; Expires=Thu, 01 Jan 1970");
    assert_eq!((shorter.len(), shorter.iter().filter(gone).count()), (3, 2));
    let missing = cookies(&[lines[0].clone(), lines[2].clone()]);
    assert_eq!(one.session(&missing, NOW), None);
    let twice = cookies(&[lines.clone(), lines[..1].to_vec()].concat());
    assert_eq!(one.session(&twice, NOW), None);
    assert_eq!(
        one.keep(&of(11 * 1024), &HeaderMap::new(), NOW)
            .unwrap_err()
            .status(),
        401
    );
    // What leaves no room for other cookies would lock the user out of everything.
    let long = Session {
        refresh_token: Some("r".repeat(300)),
        ..of(11_100)
    };
    let found = one.keep(&long, &HeaderMap::new(), NOW);
    assert_eq!(found.unwrap_err().status(), 401);
    assert!(one.keep(&of(11_100), &HeaderMap::new(), NOW).is_ok());
}

fn id_token(claims: &Value) -> String {
    let encoded = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    format!(
        "{}.{}.{}",
        encoded(&json!({"alg": "RS256"})),
        encoded(claims),
        "sig"
    )
}

#[test]
fn tokens_about_users() {
    let expected = Expected {
        issuer: "https://idp.test",
        client_id: "web",
        nonce: Some("no"),
        now: NOW,
    };
    let good = json!({"iss": "https://idp.test", "aud": "web", "exp": NOW + 1, "nonce": "no", "sub": "u1"});
    assert_eq!(
        token::subject(&id_token(&good), &expected).as_deref(),
        Ok("u1")
    );
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        token::subject(&id_token(&claims), &expected).map_err(|it| it.status())
    };
    assert!(with("aud", json!(["web"])).is_ok());
    assert!(with("exp", json!(NOW - 59)).is_ok());
    for (name, value) in [
        ("iss", json!("https://idp.test/")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!(["web", "other"])),
        ("aud", json!([])),
        ("azp", json!("other")),
        ("exp", json!(NOW - 60)),
        ("exp", json!("soon")),
        ("nonce", json!("other")),
        ("nonce", Value::Null),
        ("sub", json!("")),
        ("sub", json!(" admin")),
        ("sub", json!("admin ")),
        ("sub", json!(1)),
        ("sub", json!("a\r\nX-Admin: 1")),
        ("sub", json!("u".repeat(256))),
    ] {
        assert_eq!(with(name, value.clone()), Err(401), "{name} {value}");
    }
    for text in ["", "a.b", "a.b.c.d", "..", "a.!.c", "a.W10.c"] {
        assert_eq!(
            token::subject(text, &expected).unwrap_err().status(),
            401,
            "{text}"
        );
    }
}

#[test]
fn answers_of_providers() {
    let parse = |it: Value| Tokens::parse(it.to_string().as_bytes());
    let tokens =
        parse(json!({"access_token": "a", "token_type": "bearer", "expires_in": 60})).unwrap();
    assert_eq!(tokens.expires(NOW), Some(NOW + 60));
    for (given, seconds) in [
        (json!("60"), Some(60)),
        (json!(60.0), Some(60)),
        (json!("60.9"), Some(60)),
        (json!(-5), Some(0)),
        (json!("nan"), Some(0)),
        (json!(1e300), Some(3_155_760_000)),
        (json!("soon"), None),
        (Value::Null, None),
    ] {
        let tokens = parse(json!({"access_token": "a", "expires_in": given})).unwrap();
        assert_eq!(tokens.expires(NOW), seconds.map(|it| NOW + it), "{given}");
    }
    for wrong in [
        json!({}),
        json!([]),
        json!({"access_token": ""}),
        json!({"access_token": "a\r\nb"}),
        json!({"access_token": "a", "token_type": "mac"}),
    ] {
        assert_eq!(parse(wrong.clone()).unwrap_err().status(), 500, "{wrong}");
    }
    assert_eq!(
        token::claims(b"{\"sub\": \"u1\"}", "u1").as_deref(),
        Ok("{\"sub\":\"u1\"}")
    );
    assert_eq!(
        token::claims(b"{\"sub\": \"u2\"}", "u1")
            .unwrap_err()
            .status(),
        401
    );
    assert_eq!(token::claims(b"{}", "u1").unwrap_err().status(), 401);
    assert_eq!(
        token::claims(b"eyJhbGciOi", "u1").unwrap_err().status(),
        500
    );
}

#[test]
fn targets_are_told_by_a_signature_of_es256() {
    let told = key("the-key");
    let keys = keys(std::slice::from_ref(&told));
    let identity = oidc(&keys, |_| ()).identity(&session(), NOW).unwrap();
    let header = |name: &str| {
        let mut found = identity.headers().iter().filter(|it| it.0 == name);
        found.next().unwrap().1.to_str().unwrap().to_owned()
    };
    assert_eq!(
        (
            header("x-amzn-oidc-accesstoken"),
            header("x-amzn-oidc-identity")
        ),
        ("access".to_owned(), "u1".to_owned())
    );
    let data = header("x-amzn-oidc-data");
    let parts: Vec<&str> = data.split('.').collect();
    let read =
        |text: &str| serde_json::from_slice::<Value>(&URL_SAFE.decode(text).unwrap()).unwrap();
    let head = read(parts[0]);
    assert_eq!(
        (&head["alg"], &head["kid"], &head["signer"], &head["client"]),
        (
            &json!("ES256"),
            &json!("the-key"),
            &json!("arn:lb"),
            &json!("web")
        )
    );
    let claims = read(parts[1]);
    assert_eq!(
        (&claims["name"], &claims["iss"], &claims["exp"]),
        (&json!("Ada"), &json!("https://idp.test"), &json!(NOW + 120))
    );
    let pkcs8 = STANDARD.decode(&told.signing_key).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &pkcs8,
        &SystemRandom::new(),
    )
    .unwrap();
    let public = UnparsedPublicKey::new(
        &ECDSA_P256_SHA256_FIXED,
        pair.public_key().as_ref().to_vec(),
    );
    let signed = format!("{}.{}", parts[0], parts[1]);
    public
        .verify(signed.as_bytes(), &URL_SAFE.decode(parts[2]).unwrap())
        .unwrap();
}

#[test]
fn no_client_sends_what_is_the_load_balancers() {
    for name in [
        "x-amzn-oidc-data",
        "x-amzn-oidc-identity",
        "x_amzn_oidc_data",
        "x-amzn_oidc-accesstoken",
        "x.amzn.oidc.identity",
        "x-amzn!oidc~data",
        "x-amzn-oidc-",
    ] {
        assert!(is_own(name), "{name}");
    }
    for name in ["x-amzn-oidc", "x-amzn-trace-id", "x-amzn-oidca", "", "host"] {
        assert!(!is_own(name), "{name}");
    }
}

proptest! {
    #[test]
    fn a_session_and_a_state_come_back_as_they_were(
        access in "[!-~]{1,40}", refresh in "[!-~]{0,40}", claims in "\\PC{0,40}", target in "/[!-~]{0,40}", expires in any::<Option<u32>>(),
    ) {
        let session = Session {
            access_token: access,
            refresh_token: (!refresh.is_empty()).then_some(refresh),
            claims,
            expires: expires.map(u64::from),
            ..session()
        };
        prop_assert_eq!(Session::decode(&session.encode()), Some(session));
        let keys = keys(&[key("a")]);
        let (sealed, _, _) = begun(&keys, &HeaderMap::new(), &target, NOW);
        let opened = keys.open(Purpose::State, b"", &sealed).unwrap();
        prop_assert_eq!(State::decode(&opened).unwrap().target, target);
    }

    #[test]
    fn nothing_confuses(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[ -~]{0,100}") {
        let _ = Session::decode(&bytes);
        let _ = State::decode(&bytes);
        let _ = Tokens::parse(&bytes);
        let _ = token::claims(&bytes, "u1");
        let keys = keys(&[key("a")]);
        prop_assert_eq!(keys.open(Purpose::Session, b"", &text), None);
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&text).unwrap())]);
        prop_assert_eq!(oidc(&keys, |_| ()).session(&headers, NOW), None);
        prop_assert!(state::returned(&keys, &text, &headers, HOST, NOW).is_err());
    }
}
