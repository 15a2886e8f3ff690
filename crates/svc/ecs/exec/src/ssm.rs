//! The two operations of Systems Manager that clients of a session call at this endpoint:
//! ResumeSession after a lost connection, TerminateSession to end it.

use wharf_api_ssm::{
    Input, ResumeSessionRequest, ResumeSessionResponse, TerminateSessionRequest,
    TerminateSessionResponse,
};
use wharf_base::Arn;
use wharf_datachannel::{PATH, QUERY};
use wharf_wire::{Call, Check, Context, Fault};

use crate::session::Sessions;

/// What Systems Manager asks about sessions; it has no other operation.
pub struct SessionManager(pub Sessions);

wharf_api_ssm::operations! {
    impl SessionManager;
    authorize(self, cx, input) = Ok(vec![check(cx, input)]);
    run(self, operation, call, input) = operation(&self.0, call, input);

    resume_session = resume;
    terminate_session = terminate;
}

fn check(cx: &Context, input: Input<'_>) -> Check {
    let action = input.action();
    let id = match input {
        Input::ResumeSession(it) => it.session_id.as_deref(),
        Input::TerminateSession(it) => it.session_id.as_deref(),
        _ => return Check::any(action),
    };
    let resource = format!("session/{}", id.unwrap_or_default());
    let session = Arn::new("ssm", &cx.region, &cx.account, resource);
    Check::new(action, session.to_string())
}

fn resume(
    sessions: &Sessions,
    call: &Call,
    input: ResumeSessionRequest,
) -> Result<ResumeSessionResponse, Fault> {
    let id = input.session_id.unwrap_or_default();
    let token = match sessions.find(&id) {
        Some(session) => {
            owned(session.is_owned_by(&call.caller.arn))?;
            session.resume(&call.caller.arn)
        }
        None => None,
    };
    Ok(ResumeSessionResponse {
        // Empty when the session is over.
        token_value: Some(token.unwrap_or_default()),
        stream_url: Some(stream_url(&call.endpoint, &id)),
        session_id: Some(id),
    })
}

fn terminate(
    sessions: &Sessions,
    call: &Call,
    input: TerminateSessionRequest,
) -> Result<TerminateSessionResponse, Fault> {
    let id = input.session_id.unwrap_or_default();
    if let Some(session) = sessions.find(&id) {
        owned(session.is_owned_by(&call.caller.arn))?;
        session.finish("");
    }
    Ok(TerminateSessionResponse {
        session_id: Some(id),
    })
}

/// Others' sessions are nobody's business, whatever a policy of `*` says.
fn owned(owned: bool) -> Result<(), Fault> {
    match owned {
        true => Ok(()),
        false => Err(Fault::sender(
            "AccessDeniedException",
            400,
            "The session was begun by another principal.",
        )),
    }
}

/// Where a session's data channel is, under the name by which the caller reached us.
pub fn stream_url(endpoint: &str, id: &str) -> String {
    let base = match endpoint.split_once("://") {
        Some(("https", rest)) => format!("wss://{rest}"),
        Some((_, rest)) => format!("ws://{rest}"),
        None => format!("ws://{endpoint}"),
    };
    format!("{base}{PATH}{id}?{QUERY}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        assert_eq!(
            stream_url("http://localhost:4566", "ecs-execute-command-1"),
            "ws://localhost:4566/v1/data-channel/ecs-execute-command-1?role=publish_subscribe"
        );
        assert!(stream_url("https://a.b", "x").starts_with("wss://a.b/v1/"));
    }
}
