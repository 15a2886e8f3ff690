//! What hosts say of the file systems that lie on them. A host is believed for those that it was told of, and reports all it has
//! after each change; what could not be taken over has to be handed in again.

use wharf_base::Permit;
use wharf_planeproto::file_system::{
    self as plane, FileSystemReport, FileSystemState, MAX_FILE_SYSTEMS,
};
use wharf_service::{Place, transact};
use wharf_wire::Fault;

use crate::{EfsService, encryption, names, records::FileSystem};

const PERMIT: Permit = Permit::for_controller("efs-reports");

/// A file system that a host was told of.
#[derive(Debug, Clone)]
pub struct ToldFileSystem {
    place: Place,
    id: String,
}

impl ToldFileSystem {
    pub fn of(told: &plane::FileSystem) -> Self {
        Self {
            place: Place::new(&told.account, &told.region),
            id: told.id.clone(),
        }
    }
}

impl EfsService {
    /// Takes over what the host with that instance id reports. One that fails keeps none behind it back.
    ///
    /// # Errors
    /// The store's, the first of them: the reports are to be handed in again.
    pub async fn reported(
        &self,
        host: &str,
        reports: Vec<(ToldFileSystem, FileSystemReport)>,
    ) -> Result<(), Fault> {
        let mut all = Ok(());
        for (told, report) in reports.into_iter().take(MAX_FILE_SYSTEMS) {
            all = all.and(self.one_reported(host, &told, &report).await);
        }
        all
    }

    async fn one_reported(
        &self,
        host: &str,
        told: &ToldFileSystem,
        report: &FileSystemReport,
    ) -> Result<(), Fault> {
        let core = &self.core;
        let key = names::file_system_key(&told.place, &told.id);
        if report.state == FileSystemState::Gone
            && let Some(found) = core.table.read::<FileSystem>(&key).await?
            && found.record.deleting
            && found.record.host.as_deref() == Some(host)
        {
            // The server may have died before those were deleted.
            core.delete_access_points(&PERMIT, &told.place, &told.id, None)
                .await?;
            let encryption = found.record.encryption.as_ref();
            encryption::retire(core, &told.place, &told.id, encryption).await?;
        }
        transact!(core.table, &PERMIT, |tx| {
            if let Some(before) = tx.find::<FileSystem>(&key).await?
                && before.host.as_deref() == Some(host)
            {
                let mut record = before.clone();
                match report.state {
                    FileSystemState::Gone if record.deleting => tx.delete(&key),
                    FileSystemState::Gone => {}
                    FileSystemState::Ready | FileSystemState::Failed => {
                        record.made |= report.state == FileSystemState::Ready;
                        record.reported.serving.clone_from(&report.serving);
                        record.reported.reason.clone_from(&report.reason);
                        record.reported.shut = report.shut;
                        if record.reported.bytes != report.bytes || record.reported.at.is_none() {
                            record.reported.bytes = report.bytes;
                            record.reported.at = Some(core.now());
                        }
                        // What is billed later is looked at by the reconciler.
                        let _ = record.meter(core.now());
                        if record != before {
                            tx.put(&key, &record);
                        }
                    }
                }
            }
        });
        Ok(())
    }
}
