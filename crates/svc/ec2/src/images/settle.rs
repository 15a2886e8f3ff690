//! An image that waits for its snapshots: it is available when all of them are completed, and failed when one is.
//! Looked at whenever one of them changed.

use wharf_records::{Record as _, Scope};

use super::{Image, State};
use crate::{
    Ec2Service,
    fault::Ec2Faults,
    instances::PERMIT,
    snapshots::{self, Snapshot},
};

type StepError = wharf_service::StepError<Ec2Faults>;

pub async fn settle(service: &Ec2Service, scope: &Scope, id: &str) -> Result<(), StepError> {
    let key = scope.key(Image::KIND, id);
    let Some(found) = service.table.read::<Image>(&key).await? else {
        return Ok(());
    };
    if found.record.state != State::Pending {
        return Ok(());
    }
    let mut snapshots = Vec::new();
    for id in found.record.snapshots() {
        let key = scope.key(Snapshot::KIND, id);
        let snapshot = service.table.read::<Snapshot>(&key).await?;
        snapshots.push((id.to_owned(), snapshot.map(|it| it.record)));
    }
    let Some(state) = state_of(&snapshots) else {
        return Ok(());
    };
    // It goes from pending to one of the others once, whoever else changes the image.
    let settled = |image: &mut Image| {
        if image.state == State::Pending {
            image.state = state.clone();
        }
        Ok::<_, wharf_wire::Fault>(())
    };
    service
        .table
        .change(&PERMIT, &key, settled)
        .await
        .map_err(StepError::other)?;
    Ok(())
}

/// `None`: it still waits. Pure.
fn state_of(snapshots: &[(String, Option<Snapshot>)]) -> Option<State> {
    let mut waits = false;
    for (id, snapshot) in snapshots {
        let Some(snapshot) = snapshot else {
            // One of another account, which the image only brings.
            continue;
        };
        match snapshot.state {
            snapshots::State::Completed => {}
            snapshots::State::Pending => waits = true,
            snapshots::State::Error => {
                let why = snapshot.reason.as_deref().unwrap_or("it failed");
                return Some(State::Failed {
                    reason: format!("The snapshot {id} could not be made: {why}"),
                });
            }
        }
    }
    (!waits).then_some(State::Available)
}
