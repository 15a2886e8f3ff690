//! Contributor Insights: counts events for CloudWatch, which has the rules.
//!
//! Nothing is kept beside the logs: each question reads the events themselves, as a query does, with what masks and
//! transformers make of them. So an event counts once, as soon as its put has answered and as long as it is kept,
//! whatever was killed meanwhile.

use std::sync::Arc;

use wharf_contributors::{LONGEST_COUNTING, LogEvents, Question, Tally, Untold};
use wharf_insights::Needles;
use wharf_records::{Record as _, Scope};
use wharf_wire::async_trait;

use crate::{
    LogsService, fault,
    insights::{
        scan::{Scanned, scan},
        source::{Part, Sources, Times},
    },
    records::Group,
};

#[async_trait]
impl LogEvents for LogsService {
    async fn tally(&self, question: Question) -> Result<Tally, Untold> {
        let counted = tokio::time::timeout(LONGEST_COUNTING, count(self, question));
        counted.await.unwrap_or(Err(Untold::TooLong))
    }
}

async fn count(service: &LogsService, question: Question) -> Result<Tally, Untold> {
    let place = &question.place;
    let scope = Scope::new("logs", &place.account, &place.region);
    let groups = service.all::<Group>(&scope.key(Group::KIND, "")).await;
    let mut groups = groups.map_err(Untold::Fault)?;
    groups.retain(|it| it.class != "DELIVERY" && question.rule.covers(&it.name));
    let times = Times {
        of_query: question.times.clone(),
        earlier: None,
    };
    let account = scope.account.clone();
    let mut sources = Sources::new(service.clone(), scope, groups, times, question.now);
    let mut tally = Tally::new(question.rule.clone(), question.period);
    let question = Arc::new(question);
    loop {
        let parts = sources.next().await.map_err(Untold::Fault)?;
        if parts.is_empty() {
            return Ok(tally);
        }
        let question = question.clone();
        let counted = service
            .desk
            .work(&account, move || counted(parts, &question, tally));
        let counted = counted.await;
        tally = counted.map_err(|cause| Untold::Fault(fault::unreadable(&cause)))??;
    }
}

fn counted(parts: Vec<Part>, question: &Question, mut tally: Tally) -> Result<Tally, Untold> {
    let (any, mut outcome) = (Needles::default(), Ok(()));
    for mut part in parts {
        let read = scan(
            &mut part,
            (&any, &any),
            (true, false),
            &Scanned::default(),
            |event| {
                if question.takes(event.ingestion) {
                    let made = event.fields.filter(|_| question.transformed);
                    outcome = tally.add(event.timestamp, made.unwrap_or(event.message));
                }
                outcome.is_ok()
            },
        );
        read.map_err(|cause| Untold::Fault(fault::read(cause)))?;
        outcome?;
    }
    Ok(tally)
}
