//! AWS API calls: the body is read within its bound, the service and operation found, the caller
//! verified, and the rest left to the dispatcher.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{Request, Response, header};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, ids, regions::Regions};
use wharf_metrics::Requests;
use wharf_svc_s3::S3Service;
use wharf_vended::Counters;
use wharf_wire::{
    Caller, CallerKind, Context, Dispatcher, Fault, Service,
    audit::{Alike, Event, Sender},
    codec::Body as Input,
    schema::{Protocol, ServiceSchema},
    service::{Answer, Reply},
    sigv4::sha256_hex,
};

use super::{
    Asking, Body, Incoming, Peer, auth,
    auth::{Claim, Directory, Proof},
    body::{self, Stopped},
    bytes_in_flight::{BytesInFlight, Full, Hold},
    cors, detached, events,
    head::Head,
    held_back::HeldBack,
    long::{LARGE, LARGE_PACKED, Turn},
    origin, post_form,
    refused::{self, NotLetIn, Unproven},
    response::{name_request, respond},
    source::Source,
    target::{NoTarget, is_named_by, protocol_of},
    throttle::Throttle,
    unknown_service, unpack, usage, website,
};
use crate::{node_identity::is_node, services::Links};

/// What is read of a request without a signature of a known key: enough to say what is wrong, and for the 100,000
/// characters of a SAML response that a form brings, with what goes along.
pub(super) const MAX_BODY_STRANGER: usize = 128 << 10;

/// How far IAM is in force (`--iam`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IamMode {
    /// Signatures and policies decide.
    Enforce,
    /// Signatures decide; what policies would refuse is logged.
    Soft,
    /// Nothing is checked; every caller is root.
    Off,
}

/// The AWS services behind the gateway.
pub struct Apis {
    pub services: Vec<Arc<dyn Service>>,
    pub links: Vec<Links>,
    pub dispatcher: Dispatcher,
    pub directory: Arc<dyn Directory>,
    pub clock: Arc<dyn Clock>,
    pub iam: IamMode,
    pub account: String,
    pub region: String,
    /// Those that clients may name.
    pub regions: Regions,
    /// Names under which this gateway may be addressed without a signature.
    pub own_hosts: Vec<String>,
    /// Of all requests.
    pub bytes: BytesInFlight,
    pub throttle: Arc<Throttle>,
    /// With `--iam off`: tasks are root too.
    pub tasks_as_root: bool,
    pub requests: Requests,
    /// Calls of each account.
    pub counters: Counters,
    /// Answers to those of accounts that ask far too much.
    pub held_back: Arc<HeldBack>,
    /// Rules of buckets, for pages of other sites.
    pub s3: Option<S3Service>,
    /// The server ends, and with it what goes on.
    pub ending: CancellationToken,
}

/// A body that came whole, with what it holds.
struct Received<'a> {
    body: Bytes,
    hold: &'a Arc<Hold>,
    asking: &'a Asking,
    named: &'a mut Named,
}

/// A request whose operation is known.
pub(super) struct Wanted<'a> {
    pub head: &'a Head,
    pub schema: &'static ServiceSchema,
    pub operation: &'a str,
    pub protocol: Protocol,
    /// It asks for a part of what there is.
    pub narrowed: bool,
    pub peer: &'a Peer,
    pub request_id: &'a str,
    pub hold: &'a Arc<Hold>,
    pub asking: &'a Asking,
}

impl Wanted<'_> {
    pub fn failure(&self, fault: &Fault) -> Reply {
        let codec = self.protocol.codec();
        let answer = codec.fault(self.schema, fault, self.request_id);
        answer.telling(fault).into()
    }
}

/// What a request turned out to be for, by names that schemas have.
struct Named {
    service: &'static str,
    operation: &'static str,
}

impl Default for Named {
    fn default() -> Self {
        Self {
            service: "unknown",
            operation: "unknown",
        }
    }
}

/// A body that did not come whole, in words that make SDKs try again where that helps.
pub(super) fn stopped(why: Stopped) -> Fault {
    match why {
        Stopped::TooLarge => Fault::sender(
            "RequestEntityTooLargeException",
            413,
            "The request body is too large.",
        ),
        Stopped::TooSlow | Stopped::Broken => Fault::sender(
            "RequestTimeout",
            408,
            "Your socket connection to the server was not read from or written to within the \
             timeout period.",
        ),
        Stopped::NoRoom => {
            let text = "The request has failed due to a temporary failure of the server.";
            let mut fault = Fault::sender("ServiceUnavailable", 503, text);
            fault.sender = false;
            fault
        }
    }
}

/// Why a body was not read.
enum Unread {
    Stopped(Fault),
    Refused(auth::Refusal),
}

impl Apis {
    pub async fn handle(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        asking: &Asking,
    ) -> Response<Body> {
        let (request_id, started) = (ids::uuid(), Instant::now());
        let mut named = Named::default();
        let page = match request.headers().contains_key(header::ORIGIN) {
            true => self.page(&Head::of(&request)),
            false => None,
        };
        let mut answer =
            if cors::is_preflight(request.method(), request.headers()) && peer.may_call("s3") {
                (named.service, named.operation) = ("s3", "preflight");
                self.preflight(&Head::of(&request), &request_id).await
            } else {
                self.call(request, peer, asking, &request_id, &mut named)
                    .await
            };
        if let Some(page) = page.filter(|_| (named.service, named.operation) != ("s3", "preflight"))
            && named.service == "s3"
        {
            self.let_read(&page, &mut answer).await;
        }
        let (service, operation) = (named.service, named.operation);
        self.requests
            .answered(service, operation, answer.status(), started.elapsed());
        if answer.is_of_limit() {
            self.hold_back(asking).await;
        }
        match answer {
            Reply::Whole(answer) => respond(answer, &request_id),
            Reply::Stream(answer, reader) => {
                let length = reader.length();
                let mut response = respond(answer, &request_id);
                let headers = response.headers_mut();
                if let Some(length) =
                    length.filter(|_| !headers.contains_key(header::CONTENT_LENGTH))
                {
                    headers.insert(header::CONTENT_LENGTH, length.into());
                }
                response.map(|_| events::pieces(reader))
            }
            Reply::Events(events) => {
                let mut response = events::respond(events, self.ending.clone());
                name_request(&mut response, &request_id);
                response
            }
        }
    }

    /// Waits as long as the answer to a call that was refused for a limit is held back. Nodes wait by themselves before they ask again,
    /// and ask for tasks of many accounts.
    pub(super) async fn hold_back(&self, asking: &Asking) {
        let source = asking.source();
        if !matches!(source, Source::Node(_)) {
            self.held_back.wait(source).await;
        }
    }

    async fn call(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        asking: &Asking,
        request_id: &str,
        named: &mut Named,
    ) -> Reply {
        let head = Head::of(&request);
        let source = asking.slot().source();
        let Ok(hold) = self.bytes.enter(source, head.size()).map(Arc::new) else {
            let fault = stopped(Stopped::NoRoom);
            return self.unaddressed(&head, None, &fault, request_id).into();
        };
        if let Some(bucket) = self.website_of(&head) {
            (named.service, named.operation) = ("s3", "GetObject");
            let asked = website::Asked {
                head: &head,
                peer: &peer,
                request_id,
                hold: &hold,
                asking,
            };
            return self.visit(bucket, asked).await;
        }
        let claim = self.claim(&head).await;
        let body = request.into_body();
        if let Some(form) = self.form(&head) {
            (named.service, named.operation) = ("s3", "PutObject");
            let asked = post_form::Asked {
                head: &head,
                peer: &peer,
                request_id,
                hold: &hold,
                asking,
            };
            return self.post(form, asked, body).await;
        }
        if let Some(found) = self.by_head(&head, &claim) {
            let schema = found.service.schema();
            (named.service, named.operation) = (schema.name, found.operation.name);
            let wanted = Wanted {
                head: &head,
                schema,
                operation: found.operation.name,
                protocol: schema.protocol,
                narrowed: false,
                peer: &peer,
                request_id,
                hold: &hold,
                asking,
            };
            return self.answer_by_head(found, &wanted, claim, body).await;
        }
        match self.read(body, &head, &claim, &hold, asking).await {
            Ok(body) => {
                let received = Received {
                    body,
                    hold: &hold,
                    asking,
                    named,
                };
                self.answer(&head, claim, received, &peer, request_id).await
            }
            Err(Unread::Stopped(fault)) => self
                .unaddressed(&head, claim.service(), &fault, request_id)
                .into(),
            Err(Unread::Refused(refusal)) => {
                let service = self.find(|schema| claim.service() == Some(schema.signing_name));
                let protocol = service.map(|it| protocol_of(&head, it.schema()));
                let protocol = protocol.unwrap_or(Protocol::Query);
                let refusal = NotLetIn::Refused(refusal);
                let fault = refusal.fault(protocol);
                let asks = self.asks(&head, &claim, &peer, request_id);
                let named = refused::Named::of(&claim);
                self.tell_of_refusal(&asks, named, &refusal, &fault, &head)
                    .await;
                self.unaddressed(&head, claim.service(), &fault, request_id)
                    .into()
            }
        }
    }

    /// What is asked for, as far as the head tells.
    fn asks<'a>(
        &self,
        head: &Head,
        claim: &Claim,
        peer: &'a Peer,
        request_id: &'a str,
    ) -> Unproven<'a> {
        let target = head.get("x-amz-target").and_then(|it| it.rsplit_once('.'));
        let service = match target {
            Some((prefix, _)) => self.find(|schema| schema.target_prefix == prefix),
            None => self.find(|schema| claim.service() == Some(schema.signing_name)),
        };
        let schema = service.map(|it| it.schema());
        let name = schema.zip(target).map(|(schema, (_, name))| (schema, name));
        Unproven {
            service: schema.map_or("wharf", |it| it.signing_name),
            name: name.map_or(refused::UNVERIFIED, |(schema, name)| {
                refused::operation(schema, name)
            }),
            peer,
            request_id,
        }
    }

    /// The body; where the head tells that the request is refused, it is not read.
    async fn read(
        &self,
        body: Incoming,
        head: &Head,
        claim: &Claim,
        hold: &Hold,
        asking: &Asking,
    ) -> Result<Bytes, Unread> {
        match auth::verify_head(claim, &head.parts(), self.clock.now()) {
            auth::Head::Refused(refusal) => return Err(Unread::Refused(refusal)),
            auth::Head::Holds => {
                if let Ok(key) = &claim.key {
                    let admitted = self.admit(&key.caller, hold, asking);
                    admitted.map_err(Unread::Stopped)?;
                }
            }
            auth::Head::Open => {}
        }
        let read = body::read(body, self.body_limit(head, claim), hold).await;
        hold.complete();
        read.map_err(|why| Unread::Stopped(stopped(why)))
    }

    /// The caller of a request is known: what it holds counts for that caller's account, or for
    /// the node that it is.
    pub(super) fn admit(&self, caller: &Caller, hold: &Hold, asking: &Asking) -> Result<(), Fault> {
        asking.admit();
        let source = if is_node(caller) {
            asking.slot().is_of_node(&caller.arn);
            Source::Node(caller.arn.clone())
        } else {
            Source::Account(caller.account.clone())
        };
        // Who says nothing of themselves is told apart by where they ask from.
        if caller.kind != CallerKind::Anonymous {
            asking.is_of(source.clone());
        }
        hold.charge(source).map_err(|Full| stopped(Stopped::NoRoom))
    }

    /// How much is read of a request: little, unless its key is known.
    fn body_limit(&self, head: &Head, claim: &Claim) -> usize {
        if self.iam != IamMode::Off && claim.key.is_err() {
            return MAX_BODY_STRANGER;
        }
        let largest = self.largest_body(head, claim.service());
        usize::try_from(largest).unwrap_or(usize::MAX)
    }

    /// Whether nothing is done for a peer because it is a task, and nobody checks who asks: every
    /// container would be root of the account.
    pub fn is_shut_to(&self, peer: &Peer) -> bool {
        self.iam == IamMode::Off && peer.task.is_some() && !self.tasks_as_root
    }

    /// Whether a browser sent the request for another site.
    pub fn is_foreign<B>(&self, request: &Request<B>) -> bool {
        origin::check(&Head::of(request).raw, &self.own_hosts).is_err()
    }

    async fn answer(
        &self,
        head: &Head,
        claim: Claim,
        received: Received<'_>,
        peer: &Peer,
        request_id: &str,
    ) -> Reply {
        let Received {
            body: sent,
            hold,
            asking,
            named,
        } = received;
        let packed = unpack::is_packed(head, claim.service());
        let packed = packed.then(|| self.body_limit(head, &claim));
        // What the head names is let in by it, and a call that comes too fast is refused before its body is unpacked.
        let (packed_first, packed_later) = match is_named_by(head) {
            true => (None, packed),
            false => (packed, None),
        };
        let large = packed_first.map_or(LARGE, |_| LARGE_PACKED);
        // Whose key it is, proven or not: nobody waits behind it but who sends large bodies in that name.
        let key = claim.key.as_ref().ok();
        let account = key.map_or(String::new(), |it| it.caller.account.clone());
        let turn = Turn::of(&account, sent.len() >= large).await;
        let (body_sha256, body) = turn.work(|| {
            let sum = sha256_hex(&sent);
            let body = match packed_first {
                Some(limit) => unpacked(&sent, limit, hold),
                None => Ok(sent),
            };
            (sum, body)
        });
        let body = match body {
            Ok(body) => body,
            Err(fault) => {
                let answer = self.unaddressed(head, claim.service(), &fault, request_id);
                return answer.into();
            }
        };
        let target = match self.target(head, claim.service(), body) {
            Ok(target) => target,
            Err(NoTarget::Malformed(fault)) => {
                let answer = self.unaddressed(head, claim.service(), &fault, request_id);
                return answer.into();
            }
            Err(NoTarget::Unknown(fault)) => {
                let claimed = claim.service().map(str::to_owned);
                let proven = self.proven_service(head, claim, &body_sha256, peer, asking);
                let answer = match proven {
                    Some(service) => self.not_here(head, &service, request_id),
                    None => self.unaddressed(head, claimed.as_deref(), &fault, request_id),
                };
                return answer.into();
            }
            Err(NoTarget::Classic(fault)) => {
                let claimed = claim.service().map(str::to_owned);
                let proven = self.proven_service(head, claim, &body_sha256, peer, asking);
                let answer = match proven {
                    Some(service) => {
                        unknown_service::no_classic_balancers(head, &service, request_id)
                    }
                    None => self.unaddressed(head, claimed.as_deref(), &fault, request_id),
                };
                return answer.into();
            }
        };
        let schema = target.service.schema();
        named.service = schema.name;
        if let Some(index) = schema.find_operation(&target.operation) {
            named.operation = schema.operations[index].name;
        }
        let wanted = Wanted {
            head,
            schema,
            operation: &target.operation,
            protocol: target.input.protocol(schema),
            narrowed: is_narrowed(&target.input),
            peer,
            request_id,
            hold,
            asking,
        };
        let cx = match self
            .pass(&wanted, claim, Proof::Request(&body_sha256))
            .await
        {
            Ok(cx) => Arc::new(cx),
            Err(fault) => return wanted.failure(&fault),
        };
        let pending = usage::pending(&cx, &self.region, (schema, target.operation.as_str()));
        let input = match packed_later {
            Some(limit) => {
                let is_large = target.input.size() >= LARGE_PACKED;
                let turn = Turn::of(&cx.account, is_large).await;
                turn.work(|| unpacked_input(target.input, limit, hold))
            }
            None => Ok(target.input),
        };
        let input = match input {
            Ok(input) => input,
            Err(fault) => {
                if let Some(pending) = pending {
                    pending.failed(&self.counters);
                }
                return wanted.failure(&fault);
            }
        };
        let (operation, held) = (target.operation, Arc::clone(hold));
        let reply =
            detached::dispatch(&self.dispatcher, target.service, cx, operation, input, held).await;
        if let Some(pending) = pending.filter(|_| reply.status() >= 400) {
            pending.failed(&self.counters);
        }
        reply
    }

    /// The context of a request whose signature holds, and that does not come too fast.
    pub(super) async fn pass(
        &self,
        wanted: &Wanted<'_>,
        claim: Claim,
        proof: Proof<'_>,
    ) -> Result<Context, Fault> {
        let Wanted {
            head,
            schema,
            operation,
            ..
        } = *wanted;
        let asks = Unproven {
            service: schema.signing_name,
            name: refused::operation(schema, operation),
            peer: wanted.peer,
            request_id: wanted.request_id,
        };
        let named = refused::Named::of(&claim);
        let known = self
            .context(head, claim, proof, &asks)
            .and_then(|cx| self.may_be_sent_so(head, schema, operation).map(|()| cx));
        let cx = match known {
            Ok(cx) => cx,
            Err(refusal) => {
                let fault = refusal.fault(wanted.protocol);
                self.tell_of_refusal(&asks, named, &refusal, &fault, head)
                    .await;
                return Err(fault);
            }
        };
        self.admit(&cx.caller, wanted.hold, wanted.asking)?;
        let taken = self.throttle.take(
            &cx.caller,
            Some(Source::of_peer(wanted.peer)),
            schema,
            operation,
            wanted.narrowed,
            cx.now,
        );
        let of = (schema, operation);
        usage::called(&self.counters, &cx, &self.region, of, taken.is_err());
        if taken.is_err() {
            let fault = Throttle::fault(wanted.protocol, schema);
            self.tell_of_throttling(cx, &asks, &fault).await;
            return Err(fault);
        }
        Ok(cx)
    }

    /// A caller learns of each refusal, the audit log how many there were.
    async fn tell_of_throttling(&self, cx: Context, asks: &Unproven<'_>, fault: &Fault) {
        let by = format!("{} {} {} throttled", cx.caller.arn, asks.service, asks.name);
        let sender = Sender::Proven;
        let event = Event::of_service(cx, asks.service, asks.name);
        let event = Event {
            is_api_call: true,
            ..event.with_error(fault.code.clone(), fault.message.clone())
        };
        self.dispatcher
            .tell_often(event, Alike { sender, by })
            .await;
    }

    pub(super) fn find(
        &self,
        wanted: impl Fn(&ServiceSchema) -> bool,
    ) -> Option<&Arc<dyn Service>> {
        self.services
            .iter()
            .find(|service| wanted(service.schema()))
    }

    /// An answer to a request that reached no service: in the protocol it seems to speak.
    fn unaddressed(
        &self,
        head: &Head,
        claimed: Option<&str>,
        fault: &Fault,
        request_id: &str,
    ) -> Answer {
        let json = head.get("x-amz-target").is_some()
            || head
                .get("content-type")
                .is_some_and(|kind| kind.starts_with("application/x-amz-json"));
        let claimed = match claimed {
            Some(claimed) => self.find(|schema| claimed == schema.signing_name),
            // Of a bucket, as its path says.
            None => self.by_rest(head, None).filter(|_| !json),
        };
        let (schema, protocol) = match claimed.map(|it| it.schema()) {
            Some(schema) => (schema, protocol_of(head, schema)),
            None => {
                let iam = self.find(|schema| schema.protocol == Protocol::Query);
                let iam = iam.expect("IAM is always among the services");
                let protocol = match json {
                    true => Protocol::Json { minor: 1 },
                    false => Protocol::Query,
                };
                (iam.schema(), protocol)
            }
        };
        protocol.codec().fault(schema, fault, request_id)
    }
}

/// A body of at most `limit` bytes as the client had it before it packed it.
fn unpacked(sent: &[u8], limit: usize, hold: &Hold) -> Result<Bytes, Fault> {
    let unpacked = unpack::unpack(sent, limit, hold);
    unpacked.map_err(|why| match why {
        unpack::Failed::Stopped(why) => stopped(why),
        unpack::Failed::NoGzip => {
            let text = "The request body is not valid gzip.";
            Fault::sender("SerializationException", 400, text)
        }
    })
}

/// The same of an input whose operation was known before it was unpacked.
fn unpacked_input(input: Input, limit: usize, hold: &Hold) -> Result<Input, Fault> {
    Ok(match input {
        Input::Json(sent) => Input::Json(unpacked(&sent, limit, hold)?),
        Input::Cbor(sent) => Input::Cbor(unpacked(&sent, limit, hold)?),
        // Their bodies say what is asked for, or are read with it.
        Input::Form(_) | Input::Rest(_) => input,
    })
}

/// Whether a request asks for a part of what there is, as EC2's throttling tells it.
fn is_narrowed(input: &Input) -> bool {
    match input {
        Input::Json(_) | Input::Cbor(_) | Input::Rest(_) => false,
        Input::Form(form) => ["MaxResults", "NextToken", "Filter.1.Name"]
            .iter()
            .any(|name| form.get(name).is_some()),
    }
}
