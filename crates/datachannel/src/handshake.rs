//! The JSON documents of a session.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The first frame of a connection, as text. Client and agent are told apart by their tokens.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Opening {
    pub message_schema_version: String,
    pub request_id: String,
    pub token_value: String,
    #[serde(default)]
    pub client_id: String,
    #[serde(default)]
    pub client_version: String,
}

impl Opening {
    pub fn new(token: &str, client_id: String, client_version: &str) -> Self {
        Self {
            message_schema_version: "1.0".to_owned(),
            request_id: wharf_base::ids::uuid(),
            token_value: token.to_owned(),
            client_id,
            client_version: client_version.to_owned(),
        }
    }
}

/// The token lets its bearer into a container.
impl std::fmt::Debug for Opening {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Opening")
            .field("client_id", &self.client_id)
            .field("client_version", &self.client_version)
            .finish_non_exhaustive()
    }
}

/// The agent's first message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub agent_version: String,
    pub requested_client_actions: Vec<Action>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Action {
    pub action_type: String,
    #[serde(default)]
    pub action_parameters: Value,
}

/// The action every session begins with.
pub const SESSION_TYPE: &str = "SessionType";

impl Request {
    /// A command on a terminal.
    pub fn interactive(agent_version: &str) -> Self {
        Self {
            agent_version: agent_version.to_owned(),
            requested_client_actions: vec![Action {
                action_type: SESSION_TYPE.to_owned(),
                action_parameters: serde_json::json!({
                    "SessionType": "InteractiveCommands",
                    "Properties": {},
                }),
            }],
        }
    }
}

/// The client's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    #[serde(default)]
    pub client_version: String,
    #[serde(default)]
    pub processed_client_actions: Vec<Processed>,
    #[serde(default)]
    pub errors: Option<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Processed {
    pub action_type: String,
    pub action_status: i64,
    #[serde(default)]
    pub action_result: Value,
    #[serde(default)]
    pub error: String,
}

/// [`Processed::action_status`]
pub const SUCCESS: i64 = 1;
pub const UNSUPPORTED: i64 = 3;

/// In the result of [`SESSION_TYPE`], from clients that want pipes instead of a terminal: what they
/// send ends with a message whose flag is FIN, and standard error comes by itself.
const TERMINAL: &str = "wharf:terminal";

impl Response {
    /// Answers every action of `request`: the session's type is taken, all else is not known.
    pub fn to(request: &Request, client_version: &str, terminal: bool) -> Self {
        let answer = |action: &Action| {
            let known = action.action_type == SESSION_TYPE;
            let wish = known && !terminal;
            Processed {
                action_type: action.action_type.clone(),
                action_status: if known { SUCCESS } else { UNSUPPORTED },
                action_result: match wish {
                    true => serde_json::json!({TERMINAL: false}),
                    false => Value::Null,
                },
                error: match known {
                    true => String::new(),
                    false => format!("Unsupported action {}", action.action_type),
                },
            }
        };
        Self {
            client_version: client_version.to_owned(),
            processed_client_actions: request
                .requested_client_actions
                .iter()
                .map(answer)
                .collect(),
            errors: None,
        }
    }

    /// Whether the session's type was taken.
    pub fn accepted(&self) -> bool {
        let mut actions = self.processed_client_actions.iter();
        actions.any(|a| a.action_type == SESSION_TYPE && a.action_status == SUCCESS)
    }

    /// A terminal unless the client said otherwise.
    pub fn wants_terminal(&self) -> bool {
        let mut actions = self.processed_client_actions.iter();
        !actions.any(|a| a.action_result.get(TERMINAL) == Some(&Value::Bool(false)))
    }
}

/// What ends the handshake.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Complete {
    /// Nanoseconds.
    pub handshake_time_to_complete: u64,
    #[serde(default)]
    pub customer_message: String,
}

/// The terminal's size in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub cols: u16,
    pub rows: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Acknowledge {
    pub acknowledged_message_type: String,
    pub acknowledged_message_id: String,
    pub acknowledged_message_sequence_number: i64,
    #[serde(default)]
    pub is_sequential_message: bool,
}

/// The session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Closed {
    #[serde(default)]
    pub message_id: String,
    #[serde(default)]
    pub created_date: String,
    #[serde(default)]
    pub destination_id: String,
    pub session_id: String,
    pub message_type: String,
    pub schema_version: i64,
    /// For the user; usually empty.
    #[serde(default)]
    pub output: String,
    /// Beyond the published members: how the command ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

impl Closed {
    /// `created` is RFC 3339.
    pub fn new(session_id: &str, created: String, output: &str, exit_code: Option<i32>) -> Self {
        Self {
            message_id: wharf_base::ids::uuid(),
            created_date: created,
            destination_id: session_id.to_owned(),
            session_id: session_id.to_owned(),
            message_type: "channel_closed".to_owned(),
            schema_version: 1,
            output: output.to_owned(),
            exit_code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stock_clients_answer() {
        let response: Response = serde_json::from_str(
            r#"{"ClientVersion":"1.2.0.0","ProcessedClientActions":[{"ActionType":"SessionType","ActionStatus":1,"ActionResult":null,"Error":""}],"Errors":null}"#,
        )
        .unwrap();
        assert!(response.accepted() && response.wants_terminal());
    }

    #[test]
    fn the_wish_for_pipes() {
        let mut request = Request::interactive("3.3.0.0");
        request.requested_client_actions.push(Action {
            action_type: "KMSEncryption".to_owned(),
            action_parameters: Value::Null,
        });
        let response = Response::to(&request, "1.2.0.0", false);
        assert!(response.accepted() && !response.wants_terminal());
        assert_eq!(
            response.processed_client_actions[1].action_status,
            UNSUPPORTED
        );
        assert!(Response::to(&request, "1.2.0.0", true).wants_terminal());
    }

    #[test]
    fn a_token_is_not_printed() {
        let opening = Opening::new("hush", "c".to_owned(), "1");
        assert!(!format!("{opening:?}").contains("hush"));
    }
}
