//! Requests that are refused before anything is decided about them, and what the audit log is told of
//! them: which key was named, from where, and why it was not believed.
//!
//! Nothing of such a request is proven, and anybody can send as many as the port takes. So those that
//! are alike are counted (`wharf_svc_cloudtrail::Recorder`), what they name goes into the log only in
//! the form of what it should be, and requests that name no key at all have room of their own there.

use wharf_registry::TurnedAway;
use wharf_wire::{
    Caller, Context, Fault,
    audit::{Alike, Event, Sender},
    schema::{Protocol, ServiceSchema},
    sigv4::SignatureError,
};

use super::{
    Peer,
    auth::{self, Claim, KeyError, Refusal},
    source::Source,
};

/// The name of a request that does not say what it asks for before its body.
pub const UNVERIFIED: &str = "UnverifiedRequest";

/// Why somebody is not let in.
pub enum NotLetIn {
    Refused(Refusal),
    /// Unsigned, and of another site: the header that says so.
    Foreign(&'static str),
    /// Of a browser, where only tools may ask: the header that says so.
    Browser(&'static str),
    /// An operation that changes something, by GET.
    Get,
    /// A task, with `--iam off`.
    Task,
    /// It came through a VPC endpoint of another service.
    Endpoint,
    /// The registry did not let it in.
    Registry(TurnedAway),
}

impl NotLetIn {
    /// In the words of the protocol.
    pub fn fault(&self, protocol: Protocol) -> Fault {
        let denied = |text: String| Fault::sender("AccessDeniedException", 403, text);
        match self {
            Self::Refused(refusal) => auth::fault(protocol, refusal),
            Self::Registry(why) => registry_fault(*why),
            Self::Task => denied(
                "With --iam off, tasks may call nothing; --tasks-as-root lets them.".to_owned(),
            ),
            Self::Endpoint => denied(
                "The VPC endpoint that this came through leads to another service.".to_owned(),
            ),
            Self::Foreign(header) => denied(format!(
                "Unsigned requests with a foreign {header} are refused."
            )),
            Self::Browser(header) => denied(format!(
                "Browsers may change nothing here, and only they send {header}."
            )),
            Self::Get => {
                denied("Unsigned GET requests only read. Send this operation by POST.".to_owned())
            }
        }
    }

    /// Whether it is a refusal, and not a failure of the server.
    fn is_told(&self) -> bool {
        !matches!(self, Self::Refused(Refusal::Key(KeyError::Unavailable)))
    }

    fn sender(&self) -> Sender {
        match self {
            Self::Refused(Refusal::Signature(SignatureError::Missing))
            | Self::Registry(TurnedAway::Unnamed) => Sender::Unnamed,
            _ => Sender::Unproven,
        }
    }
}

/// For the audit log; the registry has answered in its protocol's words.
fn registry_fault(why: TurnedAway) -> Fault {
    let (code, status, text) = match why {
        TurnedAway::Unnamed => (
            "MissingAuthenticationToken",
            401,
            "The request carries no password of the registry.",
        ),
        TurnedAway::WrongPassword => (
            "UNAUTHORIZED",
            401,
            "The password is none that this registry gave.",
        ),
        TurnedAway::ExpiredPassword => (
            "ExpiredToken",
            403,
            "The password of the registry has expired.",
        ),
        TurnedAway::BadAddress => (
            "DENIED",
            403,
            "The layer's address is none that this registry gave, or has expired.",
        ),
    };
    Fault::sender(code, status, text)
}

/// A request of which nothing is proven yet.
pub struct Unproven<'a> {
    /// `ecs`, as IAM's actions name it.
    pub service: &'static str,
    /// The operation, if it is known.
    pub name: &'static str,
    pub peer: &'a Peer,
    pub request_id: &'a str,
}

/// Whom a request says it is from.
#[derive(Debug, Default)]
pub struct Named {
    /// Only what looks like one: people paste secrets in the wrong place.
    access_key_id: String,
    /// The account of the key, if there is such a key.
    account: Option<String>,
}

impl Named {
    pub fn of(claim: &Claim) -> Self {
        let signature = claim.signature.as_ref().ok();
        let id = signature.map(|it| it.access_key_id.as_str());
        Self {
            access_key_id: id.filter(|it| is_key_id(it)).unwrap_or_default().to_owned(),
            account: claim.key.as_ref().ok().map(|it| it.caller.account.clone()),
        }
    }
}

fn is_key_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    text.len() == 20
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(plain)
}

/// The event about a refused request and those that are like it; `None` where there is nothing to
/// tell. `context` says where and when; its caller is replaced.
pub fn event(
    asks: &Unproven<'_>,
    named: Named,
    why: &NotLetIn,
    fault: &Fault,
    context: Context,
) -> Option<(Event, Alike)> {
    if !why.is_told() {
        return None;
    }
    let source = Source::of_peer(asks.peer);
    // A stranger may name any number of keys that there are not.
    let by = match &named.account {
        Some(_) => format!("{source:?} {} {}", fault.code, named.access_key_id),
        None => format!("{source:?} {}", fault.code),
    };
    let account = named.account.unwrap_or_else(|| context.account.clone());
    let context = Context {
        caller: Caller::unproven(&account, &named.access_key_id),
        account,
        ..context
    };
    let event = Event::of_service(context, asks.service, asks.name);
    let event = event.with_error(fault.code.clone(), fault.message.clone());
    let sender = why.sender();
    Some((event, Alike { sender, by }))
}

/// The operation of a schema by the name that it has there.
pub fn operation(schema: &'static ServiceSchema, name: &str) -> &'static str {
    let index = schema.find_operation(name);
    index.map_or(UNVERIFIED, |index| schema.operations[index].name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_the_place_of_key_ids_are_not_told() {
        assert!(is_key_id("AKIAIOSFODNN7EXAMPLE"));
        assert!(is_key_id("ASIAIOSFODNN7EXAMPLE"));
        for other in [
            "",
            "AKIA",
            "wJalrXUtnFEMI/K7MDEN",
            "AKIAIOSFODNN7example",
            "AKIAIOSFODNN7EXAMPLE2",
        ] {
            assert!(!is_key_id(other), "{other}");
        }
    }

    #[test]
    fn a_request_that_names_nobody_has_room_of_its_own() {
        let peer = Peer {
            address: ([192, 0, 2, 1], 1).into(),
            secure: false,
            task: None,
            through: None,
        };
        let asks = Unproven {
            service: "ecs",
            name: "RunTask",
            peer: &peer,
            request_id: "r",
        };
        let told = |why: &NotLetIn| {
            let cx = Context::internal("000000000000", "us-east-1", "x", Default::default());
            let fault = why.fault(Protocol::Json { minor: 1 });
            event(&asks, Named::default(), why, &fault, cx)
        };
        let refused = |refusal| NotLetIn::Refused(refusal);
        let missing = refused(Refusal::Signature(SignatureError::Missing));
        for why in [missing, NotLetIn::Registry(TurnedAway::Unnamed)] {
            let (_, alike) = told(&why).unwrap();
            assert!(alike.sender == Sender::Unnamed && alike.by.contains("192.0.2.1"));
        }
        assert!(told(&refused(Refusal::Key(KeyError::Unavailable))).is_none());
        let (event, alike) = told(&refused(Refusal::Key(KeyError::Unknown))).unwrap();
        assert_eq!(event.name, "RunTask");
        assert_eq!(event.error.unwrap().0, "UnrecognizedClientException");
        assert!(alike.sender == Sender::Unproven && alike.by.contains("192.0.2.1"));
        let (_, wrong) = told(&NotLetIn::Registry(TurnedAway::WrongPassword)).unwrap();
        assert!(wrong.sender == Sender::Unproven && wrong.by != alike.by);
    }
}
