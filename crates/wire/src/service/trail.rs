//! What the audit log is told of a request: gathered while it runs, and told although its client went away.

use std::sync::Arc;

use crate::{
    CallerKind, Context, Fault,
    audit::{self, Alike, Auditor, Decided, Event, Sender},
    schema::ServiceSchema,
};

/// What the audit log wants to know of an operation while it runs.
#[derive(Default)]
pub(super) struct Trail {
    pub wanted: bool,
    /// The gate did not let it in, which is told of what is not wanted, too.
    pub denied: bool,
    pub context: Option<Arc<Context>>,
    pub parameters: Option<String>,
    pub response: Option<String>,
    pub decided: Vec<Decided>,
    /// Whose what is asked for is, where the caller is of no account.
    pub owner: Option<String>,
}

impl Trail {
    /// The event of an operation that is over.
    pub fn event(
        &mut self,
        schema: &ServiceSchema,
        operation: &str,
        refused: Option<&Fault>,
    ) -> Option<Event> {
        let mut context = self.context.take()?;
        if let Some(owner) = self.owner.take() {
            Arc::make_mut(&mut context).account = owner;
        }
        Some(Event {
            context,
            service: schema.signing_name.to_owned(),
            name: operation.to_owned(),
            is_api_call: true,
            read_only: audit::is_read_only(operation),
            parameters: self.parameters.take(),
            response: self.response.take(),
            details: None,
            error: refused.map(|fault| {
                let code = audit::error_code(schema, &fault.code, fault.status);
                (code, fault.message.clone())
            }),
            decided: std::mem::take(&mut self.decided),
            repeats: None,
        })
    }
}

/// A request that is being answered. With its client it may be dropped at any await, after it had effect: then that is told of.
pub(super) struct Telling<'a> {
    pub auditor: Option<&'a dyn Auditor>,
    pub schema: &'a ServiceSchema,
    pub operation: &'a str,
    pub trail: Trail,
    pub is_over: bool,
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        let wanted = self.trail.wanted && !self.is_over;
        let Some(auditor) = self.auditor.filter(|_| wanted) else {
            return;
        };
        let Some(event) = self.trail.event(self.schema, self.operation, None) else {
            return;
        };
        let text = "The client closed its connection before there was an answer; the request may have had effect.";
        let error = Some(("ClientClosedConnection".to_owned(), text.to_owned()));
        // Nobody is here to wait for room; the event is taken all the same.
        let _taken = auditor.record(&Event { error, ..event });
    }
}

/// Whoever says nothing of themselves may be refused as often as they like, and so may who moves data;
/// those are counted.
pub(super) fn alike(event: &Event, wanted: bool) -> Option<Alike> {
    let (code, _) = event.error.as_ref()?;
    let (cx, service, name) = (&event.context, &event.service, &event.name);
    if cx.caller.kind == CallerKind::Anonymous {
        Some(Alike {
            sender: Sender::Unnamed,
            by: format!("{:?} {service} {name} {code}", cx.source_ip),
        })
    } else if wanted {
        None
    } else {
        Some(Alike {
            sender: Sender::Proven,
            by: format!("{} {service} {name} {code}", cx.caller.arn),
        })
    }
}
