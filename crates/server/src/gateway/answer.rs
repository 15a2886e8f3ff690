//! Each request goes to the part of wharf that it is for.

use std::time::Instant;

use http::{
    HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use http_body_util::BodyExt;
use wharf_base::ids;
use wharf_registry::{AskedHead, InMemory, Standing, TurnedAway};
use wharf_wire::{Context, audit::Event, fault::Chain};

use super::{
    Asking, Body, Channel, Gateway, IamMode, Incoming, Peer, access_logs, connections,
    file_systems, flows, full,
    head::Head,
    instance_credentials, layers, metrics, prometheus,
    refused::{self, Unproven},
    response,
    route::{self, Route},
    sending::{self, Kept, Sending},
    snapshot_bytes, text, through,
};

impl Gateway {
    /// One request, counted until its answer has been sent.
    pub(super) async fn request(
        &self,
        mut request: Request<Incoming>,
        mut peer: Peer,
        asking: Asking,
    ) -> Response<Body> {
        let route = match route::of(&request) {
            // All paths of a website are its bucket's.
            _ if self.apis.is_for_a_website(&request) => Route::Api,
            // A signed path, or one of a service's own host, may look like one of wharf's: a bucket's.
            Route::Api => Route::Api,
            _ if route::may_be_of_a_service(&request) && self.apis.serves(&Head::of(&request)) => {
                Route::Api
            }
            // Nobody signs what everybody may read, nor the questions of browsers.
            Route::Nothing
                if !route::is_signed(&request)
                    && self.apis.is_for_a_bucket(&Head::of(&request)) =>
            {
                Route::Api
            }
            route => route,
        };
        if let Err(refusal) = through::look_up(&self.ec2, &mut peer, route).await {
            return refusal.map(|body| body.boxed());
        }
        let mut kept = Kept {
            asking,
            place: None,
        };
        let standing = (route == Route::Registry).then(|| self.registry.standing(&mut request));
        if let Some(standing) = standing {
            let source = kept.asking.slot().source();
            let is_visit = standing == Standing::Visit;
            match self.connections.enter_registry(source, is_visit) {
                Ok(place) => kept.place = Some(place),
                Err(connections::Full) => return registry_is_busy(),
            }
            if standing == Standing::Proven {
                kept.asking.admit();
            }
        }
        let (method, started) = (method_name(request.method()), Instant::now());
        let is_alone = request.version() < Version::HTTP_2;
        let mut answer = self.answer(request, route, peer, &kept.asking).await;
        if let Some(service) = route.name() {
            let (status, took) = (answer.status().as_u16(), started.elapsed());
            let requests = &self.apis.requests;
            requests.answered(service, method, status, took);
        }
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            kept.asking.slot().upgraded();
            return answer;
        }
        let is_here = answer.extensions_mut().remove::<InMemory>().is_some();
        let is_sent_at_once = is_alone && is_here && sending::is_small(answer.body());
        if is_sent_at_once || standing == Some(Standing::Nothing) {
            // It holds nothing. A connection of HTTP/1 has one request at a time, and no more of answers that wait for its client
            // than fits its buffer.
            kept.place = None;
        }
        answer.map(|body| Sending::new(body, kept).boxed())
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        route: Route,
        peer: Peer,
        asking: &Asking,
    ) -> Response<Body> {
        match route {
            Route::Registry
                if self.apis.iam == IamMode::Off
                    && (self.apis.is_foreign(&request) || self.apis.is_shut_to(&peer)) =>
            {
                text(
                    StatusCode::FORBIDDEN,
                    "Unsigned requests from other sites, and of tasks, are refused.\n",
                )
            }
            Route::Registry => self.registry(request, peer, asking).await,
            Route::Health => self.health.handle(request, peer, asking).await,
            Route::Join => {
                let request_id = ids::uuid();
                let cx = self.apis.frame(&request, &peer, &request_id);
                let mut answer = self.join.join(request, &peer, cx).await;
                response::name_request(&mut answer, &request_id);
                answer
            }
            Route::NodeCredentials | Route::NodeConfirmation => {
                self.node(&request, route, &peer).await
            }
            Route::InstanceCredentials => instance_credentials::answer(self, &request, &peer).await,
            Route::SnapshotBytes => snapshot_bytes::answer(self, request, &peer, asking).await,
            Route::Layers => layers::answer(self, request, &peer, asking).await,
            Route::FileSystems => file_systems::answer(self, request, &peer, asking).await,
            Route::AccessLogs => access_logs::answer(self, request, &peer, asking).await,
            Route::Flows => flows::answer(self, request, &peer, asking).await,
            Route::Metrics => metrics::answer(self, &request, &peer).await,
            Route::Prometheus => prometheus::answer(self, request, &peer, asking).await,
            Route::Agent(channel) => {
                let name = match channel {
                    Channel::Acs => "Poll",
                    Channel::Tcs => "StartTelemetrySession",
                };
                match self.authenticate(&request, "ecs", name, &peer).await {
                    Ok(cx) => {
                        asking.admit();
                        let node =
                            container_instance(&request).unwrap_or_else(|| cx.caller.arn.clone());
                        let answer = self.agents.upgrade(request, channel, cx).await;
                        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                            asking.slot().is_of_node(&node);
                        }
                        answer
                    }
                    Err(answer) => answer,
                }
            }
            Route::DataChannel => {
                let cx = self.apis.frame(&request, &peer, &ids::uuid());
                self.agents.data_channel(request, cx).await
            }
            Route::SigningCertificate => self.signing_certificate(request.uri().path()).await,
            Route::ClusterIssuer => self.cluster_issuer(request.uri().path()),
            Route::SessionKey => self.session_key(request.uri().path()).await,
            Route::Plane(plane) => {
                match self
                    .authenticate(&request, "wharf", "Subscribe", &peer)
                    .await
                {
                    Ok(cx) => {
                        asking.admit();
                        let node = cx.caller.arn.clone();
                        let answer = self.planes.subscribe(cx, plane, request, peer).await;
                        if answer.status() == StatusCode::OK {
                            asking.slot().is_of_node(&node);
                        }
                        answer
                    }
                    Err(answer) => answer,
                }
            }
            Route::Api => self.apis.handle(request, peer, asking).await,
            Route::Nothing => {
                let answer = self.apis.at_no_path(request, &peer, asking).await;
                answer.unwrap_or_else(|| {
                    text(StatusCode::NOT_FOUND, "There is nothing at this path.\n")
                })
            }
        }
    }

    /// The registry's answer. It tells the audit log of its decisions itself, but not of whom it did not
    /// let in.
    async fn registry(
        &self,
        mut request: Request<Incoming>,
        peer: Peer,
        asking: &Asking,
    ) -> Response<Body> {
        let instead = layers::instead(self, &mut request);
        let from = peer.clone();
        let mut answer = self.registry.handle(request, peer, asking).await;
        if let Some(instead) = instead {
            answer = instead.of(self, answer);
        }
        let Some(why) = answer.extensions_mut().remove::<TurnedAway>() else {
            return answer;
        };
        let head = answer.extensions_mut().remove::<AskedHead>();
        let head = head.map(|it| it.0).unwrap_or_default();
        let request_id = ids::uuid();
        let asks = Unproven {
            service: "ecr",
            name: refused::UNVERIFIED,
            peer: &from,
            request_id: &request_id,
        };
        self.apis
            .tell_of_refusal_by_registry(&asks, why, &Head::of(&head))
            .await;
        response::name_request(&mut answer, &request_id);
        answer
    }

    /// The context of a request for a stream, signed for `service`; or the answer to a stranger.
    async fn authenticate(
        &self,
        request: &Request<Incoming>,
        service: &'static str,
        name: &'static str,
        peer: &Peer,
    ) -> Result<Context, Response<Body>> {
        let request_id = ids::uuid();
        let asks = Unproven {
            service,
            name,
            peer,
            request_id: &request_id,
        };
        let known = self.apis.authenticate(request, &asks).await;
        known.map_err(|answer| response::respond(answer, &request_id))
    }

    async fn signing_certificate(&self, path: &str) -> Response<Body> {
        match self.signer.certificate(path.trim_start_matches('/')).await {
            Ok(Some(pem)) => {
                let mut answer = text(StatusCode::OK, pem);
                let kind = HeaderValue::from_static("application/x-pem-file");
                answer.headers_mut().insert(CONTENT_TYPE, kind);
                answer
            }
            Ok(None) => text(StatusCode::NOT_FOUND, "There is no such certificate.\n"),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "failed to read the certificate of signatures");
                text(StatusCode::SERVICE_UNAVAILABLE, "Try again.\n")
            }
        }
    }

    async fn session_key(&self, path: &str) -> Response<Body> {
        let id = super::route::session_key(path).unwrap_or_default();
        match self.balancers.session_public_key(id).await {
            Ok(Some(pem)) => text(StatusCode::OK, pem),
            Ok(None) => text(StatusCode::NOT_FOUND, "There is no such key.\n"),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "failed to read the key of sessions");
                text(StatusCode::SERVICE_UNAVAILABLE, "Try again.\n")
            }
        }
    }

    fn cluster_issuer(&self, path: &str) -> Response<Body> {
        match self.issuers.at_path(path) {
            Some(document) => {
                let mut answer = Response::new(full(document));
                let kind = HeaderValue::from_static("application/json");
                answer.headers_mut().insert(CONTENT_TYPE, kind);
                answer
            }
            None => text(StatusCode::NOT_FOUND, "There is no such cluster.\n"),
        }
    }

    /// A node renews its credentials, or confirms that it has written them down.
    async fn node(&self, request: &Request<Incoming>, route: Route, peer: &Peer) -> Response<Body> {
        let renews = route == Route::NodeCredentials;
        let request_id = ids::uuid();
        let asks = Unproven {
            service: "wharf",
            name: match renews {
                true => "RenewNodeCredentials",
                false => "ConfirmNodeCredentials",
            },
            peer,
            request_id: &request_id,
        };
        let cx = match self.apis.node(request, &asks).await {
            Ok(cx) => cx,
            Err(answer) => return response::respond(answer, &request_id),
        };
        let done = match renews {
            true => self.node_credentials.renew(&cx.caller).await,
            false => {
                let query = request.uri().query().unwrap_or_default();
                let confirmed = self.node_credentials.confirm(&cx.caller, query).await;
                confirmed.map(|()| serde_json::Value::Null)
            }
        };
        let event = Event::of_service(cx, asks.service, asks.name);
        let (event, mut answer) = match done {
            Ok(renewed) if renews => (event, text(StatusCode::OK, renewed.to_string())),
            Ok(_) => (event, text(StatusCode::OK, "")),
            Err((status, why)) => (
                event.with_error("AccessDenied", &why),
                text(status, format!("{why}\n")),
            ),
        };
        self.apis.dispatcher.tell(event).await;
        response::name_request(&mut answer, &request_id);
        answer
    }
}

/// A method by a name of few, for metrics.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// The container instance that an agent's socket is for.
fn container_instance<B>(request: &Request<B>) -> Option<String> {
    let query = request.uri().query()?;
    let named = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name.starts_with("containerInstance"))?;
    Some(named.1.into_owned())
}

/// In the words of the OCI distribution specification; clients try again.
fn registry_is_busy() -> Response<Body> {
    let mut answer = text(
        StatusCode::TOO_MANY_REQUESTS,
        r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests at once"}]}"#,
    );
    let headers = answer.headers_mut();
    let (json, second) = ("application/json", "1");
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(json));
    headers.insert(RETRY_AFTER, HeaderValue::from_static(second));
    answer
}
