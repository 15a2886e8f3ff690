//! Websockets: IAM asked, the upgrade answered, the connection handed to who speaks over it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use wharf_svc_ecs::{Channel as AgentChannel, Endpoint, Refusal};
use wharf_svc_ecs_exec::Sessions;
use wharf_wire::{Context, Dispatcher, fault::Chain};

use crate::{
    data_channel,
    gateway::{self, AgentSockets, Body, Channel, Incoming, full},
};

/// The agents' websockets: IAM asked, the upgrade answered, the connection handed to ECS.
pub struct Sockets {
    pub endpoint: Endpoint,
    pub sessions: Sessions,
    pub dispatcher: Dispatcher,
}

#[async_trait]
impl AgentSockets for Sockets {
    async fn upgrade(
        &self,
        request: Request<Incoming>,
        channel: Channel,
        cx: Context,
    ) -> Response<Body> {
        let channel = match channel {
            Channel::Acs => AgentChannel::Acs,
            Channel::Tcs => AgentChannel::Tcs,
        };
        let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let query: BTreeMap<String, String> = query.into_owned().collect();
        let checks = self.endpoint.checks(channel, &cx, &query);
        if let Err(denied) = self.dispatcher.decide(&cx, &checks).await {
            return refused(&Refusal::access_denied(denied.0));
        }
        let ticket = match self.endpoint.admit(channel, &cx, query).await {
            Ok(ticket) => ticket,
            Err(refusal) => return refused(&refusal),
        };
        let Some(accept) = accept_key(request.headers()) else {
            return gateway::text(StatusCode::BAD_REQUEST, "A websocket is expected here.\n");
        };
        let endpoint = self.endpoint.clone();
        tokio::spawn(async move {
            match hyper::upgrade::on(request).await {
                Ok(upgraded) => {
                    if let Err(error) = endpoint.serve(ticket, TokioIo::new(upgraded)).await {
                        tracing::warn!(error = %Chain(&error), "agent connection closed");
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "agent connection failed to upgrade to a websocket")
                }
            }
        });
        switching(accept)
    }

    async fn data_channel(&self, request: Request<Incoming>, cx: Context) -> Response<Body> {
        let path = request.uri().path();
        let id = path
            .strip_prefix(wharf_svc_ecs_exec::PATH)
            .unwrap_or_default();
        let Some(session) = self.sessions.find(id) else {
            data_channel::refused(&self.dispatcher, cx, None).await;
            return gateway::text(StatusCode::GONE, "There is no such session.\n");
        };
        let Some(accept) = accept_key(request.headers()) else {
            return gateway::text(StatusCode::BAD_REQUEST, "A websocket is expected here.\n");
        };
        let dispatcher = self.dispatcher.clone();
        tokio::spawn(async move {
            match hyper::upgrade::on(request).await {
                Ok(upgraded) => {
                    let about = session.clone();
                    let seated = |side| data_channel::seated(dispatcher, cx, about, side);
                    let io = TokioIo::new(upgraded);
                    wharf_svc_ecs_exec::channel::serve(session, io, seated).await;
                }
                Err(error) => tracing::debug!(%error, "a data channel was not upgraded"),
            }
        });
        switching(accept)
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = Response::new(full(refusal.body()));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    response
}

fn switching(accept: HeaderValue) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// The answer to `Sec-WebSocket-Key` (RFC 6455 §4.2.2); `None` if the request asks for no websocket.
fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let upgrade = headers.get(header::UPGRADE)?.to_str().ok()?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    if !upgrade.eq_ignore_ascii_case("websocket")
        || headers.get(header::SEC_WEBSOCKET_VERSION)? != "13"
    {
        return None;
    }
    let mut digest = Sha1::new();
    digest.update(key.as_bytes());
    digest.update(GUID);
    HeaderValue::from_str(&BASE64.encode(digest.finalize())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_as_the_rfc_says() {
        let mut headers = HeaderMap::new();
        assert_eq!(accept_key(&headers), None);
        headers.insert(header::UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        );
        headers.insert(
            header::SEC_WEBSOCKET_KEY,
            HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="),
        );
        let accept = accept_key(&headers).unwrap();
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
