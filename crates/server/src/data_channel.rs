//! What the audit log is told of data channels of ECS Exec: who came into which session, and who was
//! turned away. Agents that come because they were told to are not told of: the call of
//! ExecuteCommand is.

use std::sync::Arc;

use serde_json::Map;
use wharf_svc_ecs_exec::session::{Session, Side};
use wharf_wire::{
    Caller, CallerKind, Context, Dispatcher,
    audit::{Alike, Event, Sender},
};

use crate::gateway::Source;

/// As IAM and CloudTrail name it.
const SERVICE: &str = "ssmmessages";
const NAME: &str = "OpenDataChannel";

/// An end took its seat in a session, or nobody did: its token was none.
pub async fn seated(
    dispatcher: Dispatcher,
    cx: Context,
    session: Arc<Session>,
    side: Option<Side>,
) {
    match side {
        None => refused(&dispatcher, cx, Some(&session)).await,
        Some(Side::Agent) => {}
        Some(Side::Client) => {
            // The token was given to the session's owner alone.
            let caller = owner(&cx.account, session.owner());
            let cx = Context { caller, ..cx };
            let event = Event::of_service(cx, SERVICE, NAME);
            let event = event.with_parameters(&about(&session));
            dispatcher.tell(event).await;
        }
    }
}

/// Somebody without a good token, or for a session that is not there.
pub async fn refused(dispatcher: &Dispatcher, cx: Context, session: Option<&Session>) {
    let why = match session {
        Some(_) => "the token is not valid",
        None => "there is no such session",
    };
    let source = cx.source_ip.map(Source::of);
    let alike = Alike {
        sender: Sender::Unproven,
        by: format!("{source:?} data channel {why}"),
    };
    let event = Event::of_service(cx, SERVICE, NAME).with_error("AccessDenied", why);
    let event = match session {
        Some(session) => event.with_parameters(&about(session)),
        None => event,
    };
    dispatcher.tell_often(event, alike).await;
}

fn about(session: &Session) -> Map<String, serde_json::Value> {
    let members = [("sessionId", session.id.as_str()), ("task", session.task())];
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

/// The principal of that ARN.
fn owner(account: &str, arn: &str) -> Caller {
    let kind = match arn.rsplit(':').next().unwrap_or_default() {
        "root" => CallerKind::Account,
        user if user.starts_with("user/") => CallerKind::User,
        role if role.starts_with("assumed-role/") => CallerKind::AssumedRole,
        federated if federated.starts_with("federated-user/") => CallerKind::FederatedUser,
        _ => CallerKind::Service,
    };
    Caller {
        kind,
        arn: arn.to_owned(),
        ..Caller::unproven(account, "")
    }
}
