//! Requests by service, operation and status, with how long each operation takes.

use std::{borrow::Cow, time::Duration};

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};

use crate::{LATENCY_SECONDS, Metrics};

type Label = (&'static str, Cow<'static, str>);
type MakeHistogram = fn() -> Histogram;

/// Counted as they are answered. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Requests {
    answered: Family<[Label; 3], Counter>,
    seconds: Family<[Label; 2], Histogram, MakeHistogram>,
}

impl Requests {
    pub fn register(metrics: &mut Metrics) -> Self {
        let make: MakeHistogram = || Histogram::new(LATENCY_SECONDS);
        let requests = Self {
            answered: Family::default(),
            seconds: Family::new_with_constructor(make),
        };
        let registry = metrics.registry();
        registry.register(
            "wharf_requests",
            "Requests answered, by service, operation and HTTP status",
            requests.answered.clone(),
        );
        registry.register(
            "wharf_request_seconds",
            "Time from the head of a request to that of its answer",
            requests.seconds.clone(),
        );
        requests
    }

    /// `service` and `operation` are names that the program knows, never what a client sent.
    pub fn answered(
        &self,
        service: &'static str,
        operation: &'static str,
        status: u16,
        took: Duration,
    ) {
        let (service, operation) = (
            ("service", Cow::Borrowed(service)),
            ("operation", Cow::Borrowed(operation)),
        );
        let status = ("status", Cow::Owned(status.to_string()));
        self.seconds
            .get_or_create(&[service.clone(), operation.clone()])
            .observe(took.as_secs_f64());
        self.answered
            .get_or_create(&[service, operation, status])
            .inc();
    }
}
