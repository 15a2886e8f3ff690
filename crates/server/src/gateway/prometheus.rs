//! Workspaces of Prometheus: who asks is known by a signature or, on these paths alone, by an access key's id and secret
//! as name and password (HTTP basic authentication), for clients that cannot sign.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use wharf_base::ids;
use wharf_prometheus::{Asked, Failure, MOST_PACKED, SERVICE, arn, split};
use wharf_wire::{
    Check, Context,
    schema::Protocol,
    service::Answer,
    sigv4::{SignatureError, sha256_hex},
};

use super::{
    Apis, Asking, Body, Gateway, IamMode, Incoming, Peer, api,
    api::MAX_BODY_STRANGER,
    auth::{self, Claim, Proof, Refusal},
    body,
    bytes_in_flight::Hold,
    head::Head,
    refused::{self, NotLetIn, Unproven},
    response,
    source::Source,
};

/// A longer pair of name and password is none of ours.
const MOST_BASIC: usize = 1024;

/// Who a request says that it is from.
struct Said {
    claim: Claim,
    /// Whether the password is that of the key, where one is given.
    basic: Option<Basic>,
}

struct Basic {
    access_key_id: String,
    holds: bool,
}

pub async fn answer(
    all: &Gateway,
    request: Request<Incoming>,
    peer: &Peer,
    asking: &Asking,
) -> Response<Body> {
    let request_id = ids::uuid();
    let answer = match answered(all, request, peer, asking, &request_id).await {
        Ok(answer) => answer,
        Err(failure) => failure.into(),
    };
    if answer.is_of_limit {
        all.apis.hold_back(asking).await;
    }
    let mut sent = Answer::new(answer.status, answer.content_type, answer.body);
    let headers = answer.headers.into_iter();
    sent.headers
        .extend(headers.map(|(name, value)| (name.into(), value)));
    response::respond(sent, &request_id)
}

async fn answered(
    all: &Gateway,
    request: Request<Incoming>,
    peer: &Peer,
    asking: &Asking,
    request_id: &str,
) -> Result<wharf_prometheus::Answer, Failure> {
    let apis = &all.apis;
    let head = Head::of(&request);
    let Some((region, path)) = split(&head.path).filter(|it| apis.regions.has(it.0)) else {
        return Err(no_workspace());
    };
    let wanted = wharf_prometheus::Request::of(&head.method, path);
    let asks = Unproven {
        service: SERVICE,
        name: wanted
            .as_ref()
            .map_or(refused::UNVERIFIED, wharf_prometheus::Request::action),
        peer,
        request_id,
    };
    let source = asking.slot().source();
    let hold = apis.bytes.enter(source, head.size());
    let hold = hold.map_err(|full| stopped(full.into()))?;
    let said = apis.said(&head).await;
    let body = apis.paid_body(request, &head, &said, &hold, asking).await?;
    let cx = match apis.known(&head, said, &body, region, &asks).await {
        Ok(cx) if cx.region == region => cx,
        Ok(_) => return Err(no_workspace()),
        Err(failure) => return Err(failure),
    };
    let admitted = apis.admit(&cx.caller, &hold, asking);
    admitted.map_err(|fault| Failure::new(fault.status, "unavailable", fault.message))?;
    let wanted = wanted?;
    let from = Some(Source::of_peer(peer));
    let taken = apis
        .throttle
        .take_of(SERVICE, &cx.caller, from, (wanted.action(), false), cx.now);
    if taken.is_err() {
        let text = "Rate exceeded".to_owned();
        return Err(Failure::new(429, "throttled", text));
    }
    let action = format!("{SERVICE}:{}", wanted.action());
    let checks = [Check::new(action, arn(&cx.account, region))];
    let call = apis.dispatcher.authorize(cx, &checks).await;
    let call = call.map_err(|denied| Failure::new(403, "forbidden", denied.0))?;
    let asked = Asked {
        account: &call.account,
        region,
        now: call.now,
        query: &head.query,
        content_type: head.get("content-type").unwrap_or_default(),
        content_encoding: head.get("content-encoding").unwrap_or_default(),
        body,
    };
    Ok(all.prometheus.answer(wanted, asked).await)
}

fn no_workspace() -> Failure {
    let text = "there is no such workspace: an account's in a region is ws-REGION";
    Failure::new(404, "not_found", text.to_owned())
}

fn stopped(why: body::Stopped) -> Failure {
    let fault = api::stopped(why);
    Failure::new(fault.status, "unavailable", fault.message)
}

impl Apis {
    async fn said(&self, head: &Head) -> Said {
        let Some((id, secret)) = basic(head) else {
            return Said {
                claim: self.claim(head).await,
                basic: None,
            };
        };
        let key = self.directory.key(&id, None, self.clock.now()).await;
        let holds = key
            .as_ref()
            .is_ok_and(|key| is_same(&secret, &key.secret_access_key));
        Said {
            claim: Claim {
                signature: Err(SignatureError::Missing),
                key,
            },
            basic: Some(Basic {
                access_key_id: id,
                holds,
            }),
        }
    }

    /// The body, of which little is read before it is known whose it is.
    async fn paid_body(
        &self,
        request: Request<Incoming>,
        head: &Head,
        said: &Said,
        hold: &Hold,
        asking: &Asking,
    ) -> Result<Bytes, Failure> {
        let (proven, may_be) = match &said.basic {
            Some(basic) => (basic.holds, basic.holds),
            None => match auth::verify_head(&said.claim, &head.parts(), self.clock.now()) {
                auth::Head::Holds => (true, true),
                auth::Head::Open => (false, said.claim.key.is_ok()),
                auth::Head::Refused(_) => (false, false),
            },
        };
        if let (true, Ok(key)) = (proven, &said.claim.key) {
            let admitted = self.admit(&key.caller, hold, asking);
            admitted.map_err(|fault| Failure::new(fault.status, "unavailable", fault.message))?;
        }
        let most = match may_be || self.iam == IamMode::Off {
            true => MOST_PACKED,
            false => MAX_BODY_STRANGER,
        };
        let read = body::read(request.into_body(), most, hold).await;
        hold.complete();
        read.map_err(stopped)
    }

    /// The context of a request whose sender proved who it is.
    async fn known(
        &self,
        head: &Head,
        said: Said,
        body: &[u8],
        region: &str,
        asks: &Unproven<'_>,
    ) -> Result<Context, Failure> {
        let named = refused::Named::of(&said.claim);
        let is_checked = self.iam != IamMode::Off;
        let known = match said.basic.filter(|_| is_checked) {
            Some(basic) => match said.claim.key {
                Ok(key) if basic.holds => {
                    let mut caller = key.caller;
                    caller.access_key_id = basic.access_key_id;
                    Ok(self.framed(head, caller, asks.peer, asks.request_id))
                }
                Ok(_) => Err(NotLetIn::Refused(Refusal::Signature(
                    SignatureError::Mismatch,
                ))),
                Err(error) => Err(NotLetIn::Refused(Refusal::Key(error))),
            }
            // Nothing but the path says of which region it is.
            .map(|cx| in_region(cx, region)),
            None => {
                let digest = sha256_hex(body);
                let found = self.context(head, said.claim, Proof::Request(&digest), asks);
                found.map(|cx| {
                    if is_checked {
                        cx
                    } else {
                        in_region(cx, region)
                    }
                })
            }
        };
        match known {
            Ok(cx) => Ok(cx),
            Err(refusal) => {
                let fault = refusal.fault(Protocol::RestJson);
                self.tell_of_refusal(asks, named, &refusal, &fault, head)
                    .await;
                Err(Failure::new(fault.status, "unauthorized", fault.message))
            }
        }
    }
}

fn in_region(cx: Context, region: &str) -> Context {
    Context {
        region: region.to_owned(),
        ..cx
    }
}

/// Name and password of a request.
fn basic(head: &Head) -> Option<(String, String)> {
    let (scheme, rest) = head.get("authorization")?.split_once(' ')?;
    let fits = scheme.eq_ignore_ascii_case("basic") && rest.len() <= MOST_BASIC;
    let pair = STANDARD.decode(rest.trim()).ok().filter(|_| fits)?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// In a time that says nothing of either.
fn is_same(given: &str, wanted: &str) -> bool {
    let digest = |text: &str| Sha256::digest(text.as_bytes());
    digest(given)
        .as_slice()
        .ct_eq(digest(wanted).as_slice())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords() {
        let of = |value: &str| {
            let request = Request::get("/").header("authorization", value);
            basic(&Head::of(&request.body(()).unwrap()))
        };
        let pair = ("AKIA".to_owned(), "a:b".to_owned());
        assert_eq!(of("Basic QUtJQTphOmI="), Some(pair.clone()));
        assert_eq!(of("basic QUtJQTphOmI="), Some(pair));
        for other in ["Bearer QUtJQTphOmI=", "Basic", "Basic !", "Basic QUtJQQ=="] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(of(&format!("Basic {}", "QUtJQTphOmI=".repeat(100))), None);
        assert!(is_same("secret", "secret") && !is_same("secret", "secrets"));
    }
}
