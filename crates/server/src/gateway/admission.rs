//! Who asks: from the head of a request to the context that all decisions are about, or to a refusal
//! of which the audit log is told.

use http::Request;
use wharf_registry::TurnedAway;
use wharf_service::rates::is_read;
use wharf_wire::{
    Caller, CallerKind, Context, Fault, Settled, Signed, SignedBy,
    schema::{Auth, Protocol, ServiceSchema},
    service::Answer,
    sigv4::{SignatureError, is_s3, sha256_hex},
};

use super::{
    Apis, IamMode, Peer, auth,
    auth::{Claim, Proof},
    head::Head,
    origin,
    refused::{self, NotLetIn, Unproven},
};

impl Apis {
    pub(super) async fn claim(&self, head: &Head) -> Claim {
        Claim::read(&*self.directory, &head.parts(), self.clock.now()).await
    }

    /// The context of a request that is no API call, signed for the service that it is for; its body
    /// is empty.
    pub async fn authenticate<B>(
        &self,
        request: &Request<B>,
        asks: &Unproven<'_>,
    ) -> Result<Context, Answer> {
        let head = Head::of(request);
        let claim = self.claim(&head).await;
        let named = refused::Named::of(&claim);
        match self.context(&head, claim, Proof::Request(&sha256_hex(b"")), asks) {
            Ok(cx) => Ok(cx),
            Err(refusal) => Err(self.send_away(&head, asks, named, &refusal).await),
        }
    }

    /// The same of a request with a body, whose digest the head says: what is read has to be compared with it.
    pub async fn authenticate_with_body<B>(
        &self,
        request: &Request<B>,
        asks: &Unproven<'_>,
    ) -> Result<(Context, String), Answer> {
        let head = Head::of(request);
        let digest = match head.get("x-amz-content-sha256") {
            Some(said) => said.to_owned(),
            None => sha256_hex(b""),
        };
        let claim = self.claim(&head).await;
        let named = refused::Named::of(&claim);
        match self.context(&head, claim, Proof::Request(&digest), asks) {
            Ok(cx) => Ok((cx, digest)),
            Err(refusal) => Err(self.send_away(&head, asks, named, &refusal).await),
        }
    }

    async fn send_away(
        &self,
        head: &Head,
        asks: &Unproven<'_>,
        named: refused::Named,
        refusal: &NotLetIn,
    ) -> Answer {
        let fault = refusal.fault(Protocol::Json { minor: 1 });
        self.tell_of_refusal(asks, named, refusal, &fault, head)
            .await;
        let body = wharf_wire::codec::json::encode_fault(&fault);
        Answer::new(403, "application/json", body)
    }

    /// The context of a node's request, signed for `wharf`, whatever `--iam` says; its credentials may
    /// be over.
    pub async fn node<B>(
        &self,
        request: &Request<B>,
        asks: &Unproven<'_>,
    ) -> Result<Context, Answer> {
        let head = Head::of(request);
        let now = self.clock.now();
        let claim = Claim::read_of_node(&*self.directory, &head.parts(), now).await;
        let named = refused::Named::of(&claim);
        match auth::verify(claim, &head.parts(), &sha256_hex(b""), asks.service, now) {
            Ok(verified) => Ok(self.framed(&head, verified.caller, asks.peer, asks.request_id)),
            Err(refusal) => {
                let refusal = NotLetIn::Refused(refusal);
                Err(self.send_away(&head, asks, named, &refusal).await)
            }
        }
    }

    /// The context of a request whose sender proves in another way who it is, or not at all.
    pub fn frame<B>(&self, request: &Request<B>, peer: &Peer, request_id: &str) -> Context {
        let nobody = Caller::unproven(&self.account, "");
        self.framed(&Head::of(request), nobody, peer, request_id)
    }

    pub(super) fn context(
        &self,
        head: &Head,
        claim: Claim,
        proof: Proof<'_>,
        asks: &Unproven<'_>,
    ) -> Result<Context, NotLetIn> {
        let peer = asks.peer;
        if !peer.may_call(asks.service) {
            return Err(NotLetIn::Endpoint);
        }
        let signed = claim.signature.as_ref().ok().map(|it| Signed {
            by: match (proof, it.expires) {
                (Proof::Policy(_), _) => SignedBy::Form,
                (Proof::Request(_), Some(_)) => SignedBy::Query,
                (Proof::Request(_), None) => SignedBy::Header,
            },
            at: it.signed_at,
        });
        let (caller, region) = if self.iam == IamMode::Off {
            if self.is_shut_to(peer) {
                return Err(NotLetIn::Task);
            }
            origin::check(&head.raw, &self.own_hosts)
                .map_err(|origin::Foreign(header)| NotLetIn::Foreign(header))?;
            if let Some(error) = claim.is_of_no_open_account() {
                return Err(NotLetIn::Refused(auth::Refusal::Key(error)));
            }
            let account = claim.account().unwrap_or(&self.account);
            let caller = Caller {
                kind: CallerKind::Account,
                ..Caller::root(account)
            };
            let region = claim
                .signature
                .map_or_else(|_| self.region.clone(), |signature| signature.region);
            (caller, region)
        } else {
            let now = self.clock.now();
            let verified = match proof {
                Proof::Request(digest) => {
                    auth::verify(claim, &head.parts(), digest, asks.service, now)
                }
                Proof::Policy(policy) => auth::verify_form(claim, policy, asks.service),
            };
            match verified {
                Ok(verified) if !self.regions.has(&verified.region) => {
                    return Err(NotLetIn::Refused(auth::Refusal::WrongRegion));
                }
                Ok(verified) => (verified.caller, verified.region),
                // Policies of buckets may let in who says nothing of themselves, where policies decide. What
                // they use up counts for no account; nor does what brings a proof of its own.
                Err(auth::Refusal::Signature(SignatureError::Missing))
                    if self.is_open_to_the_unsigned(asks) =>
                {
                    (Caller::unproven("", ""), self.region.clone())
                }
                Err(auth::Refusal::Signature(SignatureError::Missing))
                    if head.method == "GET" && self.is_link(asks.service, asks.name) =>
                {
                    (Caller::unproven("", ""), self.region.clone())
                }
                Err(refusal) => return Err(NotLetIn::Refused(refusal)),
            }
        };
        Ok(Context {
            region,
            signed,
            by_form: matches!(proof, Proof::Policy(_)),
            ..self.framed(head, caller, peer, asks.request_id)
        })
    }

    /// Whether an operation is asked for by links in what its service sends.
    fn is_link(&self, service: &str, operation: &str) -> bool {
        let mut links = self.links.iter();
        links.any(|it| it.service == service && it.operations.contains(&operation))
    }

    fn is_open_to_the_unsigned(&self, asks: &Unproven<'_>) -> bool {
        if is_s3(asks.service) {
            return self.iam == IamMode::Enforce;
        }
        let service = self.find(|schema| schema.signing_name == asks.service);
        service.is_some_and(|it| {
            let schema = it.schema();
            let index = schema.find_operation(asks.name);
            index.is_some_and(|index| schema.operations[index].auth == Auth::Unsigned)
        })
    }

    /// Who asks, from where and when; in the installation's region.
    pub(super) fn framed(
        &self,
        head: &Head,
        caller: Caller,
        peer: &Peer,
        request_id: &str,
    ) -> Context {
        let scheme = if peer.secure { "https" } else { "http" };
        Context {
            account: caller.account.clone(),
            region: self.region.clone(),
            caller,
            called_via: Vec::new(),
            acting: None,
            source_arn: None,
            now: self.clock.now(),
            request_id: request_id.to_owned(),
            source_ip: Some(peer.address.ip()),
            origin: peer.origin(),
            user_agent: head.get("user-agent").unwrap_or_default().to_owned(),
            referer: head.get("referer").map(str::to_owned),
            signed: None,
            secure: peer.secure,
            by_form: false,
            endpoint: format!("{scheme}://{}", head.get("host").unwrap_or("localhost")),
            settled: Settled::default(),
        }
    }

    /// With `--iam off` a page of another site can make a browser send a GET that says nothing of
    /// where it comes from (an image's address); it must change nothing. For the installation itself
    /// nothing is done that a browser asks for, whosoever page it shows.
    pub(super) fn may_be_sent_so(
        &self,
        head: &Head,
        schema: &ServiceSchema,
        operation: &str,
    ) -> Result<(), NotLetIn> {
        let link = self.is_link(schema.signing_name, operation);
        if self.iam == IamMode::Off && head.method == "GET" && !is_read(operation) && !link {
            return Err(NotLetIn::Get);
        }
        let is_own = schema.name == wharf_api_wharf::schema::SERVICE.name;
        match sent_by_a_browser(head).filter(|_| is_own) {
            Some(header) => Err(NotLetIn::Browser(header)),
            None => Ok(()),
        }
    }

    /// Tells the audit log whom the registry did not let in.
    pub(super) async fn tell_of_refusal_by_registry(
        &self,
        asks: &Unproven<'_>,
        why: TurnedAway,
        head: &Head,
    ) {
        let (nobody, why) = (refused::Named::default(), NotLetIn::Registry(why));
        let fault = why.fault(Protocol::Json { minor: 1 });
        self.tell_of_refusal(asks, nobody, &why, &fault, head).await;
    }

    /// Tells the audit log of a request that nobody was let in for.
    pub(super) async fn tell_of_refusal(
        &self,
        asks: &Unproven<'_>,
        named: refused::Named,
        why: &NotLetIn,
        fault: &Fault,
        head: &Head,
    ) {
        let cx = self.framed(
            head,
            Caller::unproven(&self.account, ""),
            asks.peer,
            asks.request_id,
        );
        if let Some((event, alike)) = refused::event(asks, named, why, fault, cx) {
            self.dispatcher.tell_often(event, alike).await;
        }
    }
}

/// What a browser says with every request that could change something; tools say none of it.
fn sent_by_a_browser(head: &Head) -> Option<&'static str> {
    let headers = ["Origin", "Sec-Fetch-Site"].into_iter();
    let mut said = headers.filter(|name| head.raw.contains_key(*name));
    said.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_from_tools() {
        let said = |name: &str| {
            let request = Request::post("/").header("host", "localhost");
            let request = request.header(name, "null").body(()).unwrap();
            sent_by_a_browser(&Head::of(&request))
        };
        assert_eq!(said("origin"), Some("Origin"));
        assert_eq!(said("sec-fetch-site"), Some("Sec-Fetch-Site"));
        assert_eq!(said("x-other"), None);
    }
}
