//! Logs of buses: what happens to events, step by step, to where deliveries of CloudWatch Logs bring it.
//!
//! A record is made where a bus's settings have its level and a delivery wants it, and handed over: it is on disk before what it
//! tells of goes on, and nothing here fails with it. `steps` says what each is.

pub mod steps;

use std::sync::Arc;

use wharf_base::Clock;
use wharf_delivery::{LogDeliveries, LogRecord};

use self::steps::{DETAILS, Said, Step};
use crate::{
    core::Core,
    names::BusName,
    records::{LogDetail, LogLevel, LogSettings},
};

/// Levels, with the types of logs that they are delivered as.
const TYPES: [(LogLevel, &str); 3] = [
    (LogLevel::Error, "ERROR_LOGS"),
    (LogLevel::Info, "INFO_LOGS"),
    (LogLevel::Trace, "TRACE_LOGS"),
];

/// The log of a bus.
pub struct Logger {
    to: Arc<dyn LogDeliveries>,
    clock: Arc<dyn Clock>,
    arn: String,
    name: String,
    /// With what is in events.
    pub is_full: bool,
    /// Those that are wanted.
    types: Vec<(LogLevel, &'static str)>,
}

/// The log of a bus of which something is wanted. Where nothing is delivered at all this costs a look at a flag.
pub async fn logger(core: &Core, bus: &BusName) -> Option<Arc<Logger>> {
    let to = &core.parts.log_deliveries;
    if !to.are_any() {
        return None;
    }
    let arn = bus.arn();
    let wanted = TYPES.into_iter().filter(|(_, of)| to.wants(&arn, of));
    let wanted: Vec<_> = wanted.collect();
    if wanted.is_empty() {
        return None;
    }
    let settings = match core.look(bus).await {
        Ok(found) => found?.logs?,
        Err(error) => {
            tracing::warn!(bus = arn, %error, "the log of a bus is without some events: its settings cannot be read");
            return None;
        }
    };
    let types = levels(settings, wanted);
    (!types.is_empty()).then(|| {
        Arc::new(Logger {
            to: to.clone(),
            clock: core.parts.clock.clone(),
            arn,
            name: bus.name.clone(),
            is_full: settings.detail == Some(LogDetail::Full),
            types,
        })
    })
}

/// Those that a bus's settings have.
fn levels(
    settings: LogSettings,
    mut wanted: Vec<(LogLevel, &'static str)>,
) -> Vec<(LogLevel, &'static str)> {
    let most = settings.level.unwrap_or(LogLevel::Off);
    wanted.retain(|(level, _)| *level <= most);
    wanted
}

impl Logger {
    fn log_type(&self, step: Step) -> Option<&'static str> {
        let mut types = self.types.iter();
        types.find(|it| it.0 == step.level()).map(|it| it.1)
    }

    /// Whether anybody wants to know of a step.
    pub fn wants(&self, step: Step) -> bool {
        self.log_type(step).is_some()
    }

    /// Whether anybody wants to know of a step, and may have room for it. `least`: bytes that its details have at least.
    pub fn admits(&self, step: Step, least: usize) -> bool {
        let log_type = self.log_type(step);
        log_type.is_some_and(|it| self.to.admits(&self.arn, it, (DETAILS, least)))
    }

    /// Logs what somebody wants to know of steps, at once.
    pub async fn log(&self, all: Vec<Said>) {
        let records = all.into_iter().filter_map(|said| {
            let log_type = self.log_type(said.step)?;
            Some(LogRecord {
                log_type,
                at: said.at,
                fields: said.fields(&self.arn, &self.name),
            })
        });
        let records: Vec<LogRecord> = records.collect();
        if !records.is_empty() {
            self.to.log(&self.arn, records, self.clock.now()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_those_before_it() {
        let of = |level, wanted: &[usize]| {
            let settings = LogSettings {
                detail: None,
                level,
            };
            let wanted = wanted.iter().map(|it| TYPES[*it]).collect();
            let levels = levels(settings, wanted).into_iter();
            levels.map(|it| it.1).collect::<Vec<_>>()
        };
        assert!(of(None, &[0, 1, 2]).is_empty());
        assert!(of(Some(LogLevel::Off), &[0, 1, 2]).is_empty());
        assert_eq!(of(Some(LogLevel::Error), &[0, 1, 2]), ["ERROR_LOGS"]);
        assert_eq!(
            of(Some(LogLevel::Info), &[0, 1, 2]),
            ["ERROR_LOGS", "INFO_LOGS"]
        );
        assert_eq!(of(Some(LogLevel::Trace), &[2]), ["TRACE_LOGS"]);
    }
}
