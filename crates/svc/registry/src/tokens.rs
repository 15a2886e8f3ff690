//! `/token/`: tokens as Docker's token protocol has them. A password is its own token; who shows none
//! gets one that pulls from the public gallery, as anybody may.

use http::{HeaderMap, Method, Response, StatusCode, header::CACHE_CONTROL};
use serde_json::json;
use wharf_base::Timestamp;
use wharf_seal::Keyring;
use wharf_svc_ecr::token;

use crate::{
    answer::{Answer, Refusal, TurnedAway, challenge},
    auth::{self, Credentials, Shown, Stranger},
    body::Body,
};

/// How long clients keep a token before they ask for another, in seconds. What it stands for lasts
/// longer: a push that began with it goes on.
const LIFE: u64 = 300;

/// Whether a path is the one of tokens.
pub fn is_token_path(path: &str) -> bool {
    matches!(path, "/token" | "/token/")
}

pub(crate) fn answer(
    method: &Method,
    headers: &HeaderMap,
    shown: &Shown,
    keyring: &Keyring,
    (realm, now): (&str, Timestamp),
) -> Result<Response<Body>, Refusal> {
    if *method != Method::GET {
        return Err(Refusal::unsupported());
    }
    let token = match auth::credentials(headers) {
        Credentials::None => token::issue_visit(keyring, now),
        Credentials::Token(password) => match shown {
            Shown::Private(_) | Shown::Public(_) => password,
            Shown::PrivateExpired | Shown::PublicExpired => return Err(Stranger::expired()),
            Shown::Visit | Shown::Nothing | Shown::Unknown => return Ok(refused(realm)),
        },
        Credentials::Foreign => return Ok(refused(realm)),
    };
    let issued = json!({
        "token": token,
        "access_token": token,
        "expires_in": LIFE,
        "issued_at": now.iso8601_seconds(),
    });
    let answer = Answer::new(StatusCode::OK).header(CACHE_CONTROL, "no-store");
    Ok(answer.json(&issued))
}

fn refused(realm: &str) -> Response<Body> {
    let basic = format!("Basic realm=\"{realm}\",service=\"ecr.amazonaws.com\"");
    challenge(&basic, Some(TurnedAway::WrongPassword))
}
