//! UpdateClusterVersion says what a cluster is to be served as, a newer version or for a week the one before; the reconciler does it.

use wharf_api_eks::{UpdateClusterVersionRequest, UpdateClusterVersionResponse};
use wharf_kube_client::{Selection, kind};
use wharf_kube_model::Version;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault, names,
    records::{Cluster, Status},
    updates::{Known, Owner, Update, VERSION_ROLLBACK, VERSION_UPDATE},
    versions,
};

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdateClusterVersionRequest,
) -> Result<UpdateClusterVersionResponse, Fault> {
    let place = Place::of(call);
    let found = core
        .cluster(&place, input.name.as_deref().unwrap_or_default())
        .await?;
    let asked = input.version.unwrap_or_default();
    // Which is what overrides the checks of a cluster's readiness for an update.
    if input.force != Some(true) {
        check_nodes(core, &found.record, &asked).await?;
    }
    let (key, token) = (found.key, input.client_request_token);
    let update = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Cluster>(&key).await?;
        let there = there.filter(|it| it.id == found.record.id);
        let mut cluster = there.ok_or_else(|| fault::no_cluster(&found.record.name))?;
        let known = Known::of(core, &place, &cluster).await?;
        let made = [VERSION_UPDATE, VERSION_ROLLBACK]
            .into_iter()
            .find_map(|kind| known.by_token((kind, Owner::Cluster), token.as_deref()));
        if let Some(made) = made {
            return Ok(UpdateClusterVersionResponse {
                update: Some(made.shown()),
            });
        }
        if let Some(running) = &cluster.update {
            return Err(fault::cluster_is_updating(
                VERSION_UPDATE,
                &cluster.name,
                running,
            ));
        }
        if cluster.status != Status::Active {
            return Err(fault::not_active(&cluster.name));
        }
        let (kind, version) = goes_to(core, &cluster, &asked)?;
        let params = vec![
            ("Version", version.name().to_owned()),
            ("PlatformVersion", versions::PLATFORM.to_owned()),
        ];
        let update = Update::new(kind, Owner::Cluster, params, token.clone(), core.now());
        cluster.status = Status::Updating;
        cluster.update = Some(update.id.clone());
        known.make_room(&mut tx, &place, &cluster.id);
        tx.put(names::update_key(&place, &cluster.id, &update.id), &update);
        tx.put(&key, &cluster);
        update
    });
    Ok(UpdateClusterVersionResponse {
        update: Some(update.shown()),
    })
}

/// The next version by an update, or the one before by a rollback.
fn goes_to(core: &Core, cluster: &Cluster, asked: &str) -> Result<(&'static str, Version), Fault> {
    let before = versions::before(cluster.upgraded.as_ref(), core.now());
    if let Some(version) = before.filter(|it| it.name() == asked) {
        return Ok((VERSION_ROLLBACK, version));
    }
    let version = versions::next(&cluster.version, asked)?;
    Ok((VERSION_UPDATE, version))
}

/// Whether the nodes that a cluster has now are new enough for an API server of the version, and none is newer than it. Of a cluster that
/// does not answer, or cannot go to that version, something else is said.
async fn check_nodes(core: &Core, cluster: &Cluster, asked: &str) -> Result<(), Fault> {
    let Ok((_, version)) = goes_to(core, cluster, asked) else {
        return Ok(());
    };
    let Some(client) = core.parts.control_planes.client(&cluster.id).await else {
        return Ok(());
    };
    let nodes = client.list(&kind::NODE, &Selection::default()).await;
    let nodes = nodes.map_err(|error| fault::server(&error))?.items;
    let (behind, ahead) = (
        versions::left_behind(&nodes, version),
        versions::ahead(&nodes, version),
    );
    match (behind.as_slice(), ahead.as_slice()) {
        ([], []) => Ok(()),
        ([], names) => Err(fault::nodes_ahead(names, version.name())),
        (names, _) => Err(fault::nodes_left_behind(names, &cluster.version)),
    }
}
