//! The tables that a query looks values up in, read for it.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_insights::{BadTable, Query as Compiled, QueryError, Table};
use wharf_records::{Record as _, Scope};
use wharf_wire::Fault;

use crate::{LogsService, fault, records::LookupTable};

/// Bytes that the tables of one query take in memory together.
const MOST_BYTES: u64 = 32 << 20;
/// What a field of a table takes beside its text.
const PER_FIELD: u64 = 8;

/// Why a query does not get its tables.
#[derive(Debug, thiserror::Error)]
pub enum Ungiven {
    #[error("a table is gone or is another: {0}")]
    Text(#[from] QueryError),
    #[error("{0}")]
    Fault(Fault),
    #[error("a table is damaged: {0}")]
    Bad(#[from] BadTable),
    #[error("the thread that read its tables failed")]
    Thread,
}

impl LookupTable {
    /// In memory, about.
    fn weight(&self) -> u64 {
        self.bytes + PER_FIELD * self.rows * self.columns.len() as u64
    }
}

/// Whether a query may have the tables that it names.
pub async fn checked(service: &LogsService, scope: &Scope, query: &Compiled) -> Result<(), Fault> {
    let mut weight = 0;
    for name in query.tables() {
        let at = scope.key(LookupTable::KIND, name);
        let found = service.table.read::<LookupTable>(&at).await?;
        let columns = found.as_ref().map(|it| it.record.columns.as_slice());
        let fits = query.fits_table(name, columns);
        fits.map_err(|cause| fault::malformed_query(&cause))?;
        weight += found.map_or(0, |it| it.record.weight());
    }
    within(weight)
}

fn within(weight: u64) -> Result<(), Fault> {
    match weight > MOST_BYTES {
        true => Err(fault::invalid(format!(
            "The lookup tables of a query have at most {} MiB together.",
            MOST_BYTES >> 20
        ))),
        false => Ok(()),
    }
}

/// A query with its tables, as they are now.
pub async fn given(
    service: &LogsService,
    scope: &Scope,
    mut query: Compiled,
    now: Timestamp,
) -> Result<Compiled, Ungiven> {
    let names: Vec<String> = query.tables().into_iter().map(str::to_owned).collect();
    let mut weight = 0;
    for name in names {
        let found = service.read_table(scope, &name, now).await;
        let Some((table, body)) = found.map_err(Ungiven::Fault)? else {
            query.fits_table(&name, None)?;
            continue;
        };
        weight += table.weight();
        within(weight).map_err(Ungiven::Fault)?;
        let work = service.desk.work(&scope.account, move || {
            let table = Arc::new(Table::parse(&body)?);
            query.give_table(&name, &table)?;
            Ok::<Compiled, Ungiven>(query)
        });
        query = work.await.map_err(|_| Ungiven::Thread)??;
    }
    Ok(query)
}
