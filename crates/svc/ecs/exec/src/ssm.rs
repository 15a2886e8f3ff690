//! The two operations of Systems Manager that clients of a session call at this endpoint:
//! ResumeSession after a lost connection, TerminateSession to end it.

use wharf_base::Arn;
use wharf_datachannel::{PATH, QUERY};
use wharf_wire::{
    Call, Check, Context, Fault, Output, Service, async_trait,
    constraints::Violation,
    node::Payload,
    schema::{Kind, Member, OperationSchema, Protocol, ServiceSchema, Shape},
    structure,
};

use crate::session::Sessions;

/// Both inputs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionRequest {
    pub session_id: Option<String>,
}
structure!(SessionRequest {
0 session_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResumeSessionResponse {
    pub session_id: Option<String>,
    /// Empty when the session is over.
    pub token_value: Option<String>,
    pub stream_url: Option<String>,
}
structure!(ResumeSessionResponse {
0 session_id,
1 token_value,
2 stream_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerminateSessionResponse {
    pub session_id: Option<String>,
}
structure!(TerminateSessionResponse {
0 session_id,
});

const RESUME: usize = 0;

static OPERATIONS: [OperationSchema; 2] = [
    OperationSchema::new("ResumeSession", Some(0), Some(1)),
    OperationSchema::new("TerminateSession", Some(0), Some(2)),
];

const fn shape(name: &'static str, kind: Kind, min: f64, max: f64) -> Shape {
    Shape {
        name,
        kind,
        min,
        max,
    }
}

static SHAPES: [Shape; 5] = [
    shape(
        "SessionRequest",
        Kind::Structure {
            members: &[Member::new("SessionId", 3).required()],
        },
        f64::NEG_INFINITY,
        f64::INFINITY,
    ),
    shape(
        "ResumeSessionResponse",
        Kind::Structure {
            members: &[
                Member::new("SessionId", 3),
                Member::new("TokenValue", 4),
                Member::new("StreamUrl", 4),
            ],
        },
        f64::NEG_INFINITY,
        f64::INFINITY,
    ),
    shape(
        "TerminateSessionResponse",
        Kind::Structure {
            members: &[Member::new("SessionId", 3)],
        },
        f64::NEG_INFINITY,
        f64::INFINITY,
    ),
    shape(
        "SessionId",
        Kind::String {
            pattern: None,
            values: &[],
        },
        1.0,
        96.0,
    ),
    shape(
        "String",
        Kind::String {
            pattern: None,
            values: &[],
        },
        f64::NEG_INFINITY,
        f64::INFINITY,
    ),
];

static SERVICE: ServiceSchema = ServiceSchema {
    name: "ssm",
    protocol: Protocol::Json { minor: 1 },
    protocols: &[Protocol::Json { minor: 1 }],
    api_version: "2014-11-06",
    signing_name: "ssm",
    action_prefix: "ssm",
    endpoint_prefix: "ssm",
    target_prefix: "AmazonSSM",
    xml_namespace: "",
    query_codes: None,
    operations: &OPERATIONS,
    left_out: &[],
    shapes: &SHAPES,
};

/// The service as the gateway holds it.
pub struct SessionManager(pub Sessions);

#[async_trait]
impl Service for SessionManager {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, _: usize) -> Box<dyn Payload> {
        Box::new(SessionRequest::default())
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            RESUME => Box::new(ResumeSessionResponse::default()),
            _ => Box::new(TerminateSessionResponse::default()),
        }
    }

    fn refuse(&self, _: usize, _: &[Violation]) -> Option<Fault> {
        None
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let id = id_of(input);
        let session = Arn::new("ssm", &cx.region, &cx.account, format!("session/{id}"));
        let action = format!("ssm:{}", SERVICE.operations[operation].name);
        Ok(vec![Check::new(action, session.to_string())])
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<Output, Fault> {
        let id = id_of(&*input);
        Ok(Output::Whole(match operation {
            RESUME => Box::new(self.resume(call, &id)?),
            _ => Box::new(self.terminate(call, &id)?),
        }))
    }
}

impl SessionManager {
    fn resume(&self, call: &Call, id: &str) -> Result<ResumeSessionResponse, Fault> {
        let token = match self.0.find(id) {
            Some(session) => {
                owned(session.is_owned_by(&call.caller.arn))?;
                session.resume(&call.caller.arn)
            }
            None => None,
        };
        Ok(ResumeSessionResponse {
            session_id: Some(id.to_owned()),
            token_value: Some(token.unwrap_or_default()),
            stream_url: Some(stream_url(&call.endpoint, id)),
        })
    }

    fn terminate(&self, call: &Call, id: &str) -> Result<TerminateSessionResponse, Fault> {
        if let Some(session) = self.0.find(id) {
            owned(session.is_owned_by(&call.caller.arn))?;
            session.finish("");
        }
        Ok(TerminateSessionResponse {
            session_id: Some(id.to_owned()),
        })
    }
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

fn id_of(input: &dyn Payload) -> String {
    let request = input.as_any().downcast_ref::<SessionRequest>();
    request
        .and_then(|r| r.session_id.clone())
        .unwrap_or_default()
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
