//! The dispatcher: a decoded request goes through the model's checks, the operation's
//! authorisation row and IAM before the operation runs. Calls from outside and calls between
//! services pass the same gate.

mod dispatcher;
mod gate;
mod trail;

use async_trait::async_trait;

use crate::{
    Call, Context, Fault,
    constraints::Violation,
    events::{EventAnswer, Output},
    node::Payload,
    schema::ServiceSchema,
    streaming::Reader,
    understood::Understood,
};

pub use self::{
    dispatcher::Dispatcher,
    gate::{AskedOf, Check, Denied, Gate, Unreadable},
};
pub use crate::codec::{Answer, Body};

/// A service with its types erased; implemented by the generated `Routes`.
#[async_trait]
pub trait Service: Send + Sync {
    fn schema(&self) -> &'static ServiceSchema;
    /// An empty input of the operation.
    fn input(&self, operation: usize) -> Box<dyn Payload>;
    /// An empty output of the operation, for those who decode answers.
    fn output(&self, operation: usize) -> Box<dyn Payload>;
    /// The operation's own way to refuse an input that breaks the model, if it has one.
    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault>;
    /// Which members of inputs operations understand; `None` where that is not looked at.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }
    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }
    /// Whether this version has the operation, or nobody says that it has not: all others are answered
    /// [`Fault::unsupported`].
    fn has(&self, operation: usize) -> bool {
        let name = self.schema().operations[operation].name;
        let written = self.written();
        written.is_none_or(|all| all.iter().any(|it| is_function_of(it, name)))
    }
    /// The authorisation row of the operation.
    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault>;
    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<Output, Fault>;
}

/// Whether a function is that of an operation: `run_task` of `RunTask`.
fn is_function_of(function: &str, operation: &str) -> bool {
    let lower = |it: u8| it.to_ascii_lowercase();
    let letters = function.bytes().filter(|it| *it != b'_').map(lower);
    letters.eq(operation.bytes().map(lower))
}

/// What a request from outside is answered.
pub enum Reply {
    Whole(Answer),
    /// A body that follows piece by piece, in place of the answer's.
    Stream(Answer, Reader),
    /// Goes on until the client or the operation ends it.
    Events(EventAnswer),
}

impl Reply {
    pub fn status(&self) -> u16 {
        match self {
            Self::Whole(answer) | Self::Stream(answer, _) => answer.status,
            Self::Events(_) => 200,
        }
    }

    /// Whether it tells of a limit that its caller has met.
    pub fn is_of_limit(&self) -> bool {
        matches!(self, Self::Whole(answer) if answer.is_of_limit)
    }

    /// `None` for one that goes on.
    pub fn whole(self) -> Option<Answer> {
        match self {
            Self::Whole(answer) => Some(answer),
            Self::Stream(..) | Self::Events(_) => None,
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Whole(answer)
    }
}

/// A fault in the protocol that the service's clients prefer.
pub fn failure(schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer {
    schema.protocol.codec().fault(schema, fault, request_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_the_names_of_their_operations() {
        for (function, operation, fits) in [
            ("run_task", "RunTask", true),
            ("list_objects_v2", "ListObjectsV2", true),
            (
                "create_open_id_connect_provider",
                "CreateOpenIDConnectProvider",
                true,
            ),
            ("run_task", "RunTasks", false),
            ("run_tasks", "RunTask", false),
        ] {
            assert_eq!(is_function_of(function, operation), fits, "{function}");
        }
    }
}
