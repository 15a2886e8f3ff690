//! Add-ons: CreateAddon, DescribeAddon, ListAddons, UpdateAddon, DeleteAddon.

use serde_json::{Value, json};
use wharf_api_eks::{
    AddonPodIdentityAssociations, CreateAddonRequest, CreateAddonResponse, DeleteAddonRequest,
    DeleteAddonResponse, DescribeAddonRequest, DescribeAddonResponse, ListAddonsRequest,
    ListAddonsResponse, UpdateAddonRequest, UpdateAddonResponse,
};
use wharf_base::ids;
use wharf_kube_model::parts::Part;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    addons::{
        Addon, Conflicts, Issue, Status, facts, names as objects,
        roles::{self, Asked},
    },
    core::Core,
    fault, names,
    records::{self, Cluster},
    tags,
    updates::{Known, Owner, Update},
};

/// The kind of their updates.
const UPDATE: &str = "AddonUpdate";

pub async fn find(
    core: &Core,
    place: &Place,
    (cluster, name): (Option<&str>, Option<&str>),
) -> Result<(Cluster, Stored<Addon>), Fault> {
    let cluster = core.cluster(place, cluster.unwrap_or_default()).await?;
    let cluster = cluster.record;
    let name = name.unwrap_or_default();
    let key = names::addon_key(place, &cluster.id, name);
    let found = core.table.read(&key).await?;
    let found = found.ok_or_else(|| fault::no_addon(name, &cluster.name))?;
    Ok((cluster, found))
}

/// With what is wrong with it now, and what it owns.
async fn shown(
    core: &Core,
    place: &Place,
    cluster: &str,
    addon: &Addon,
) -> Result<wharf_api_eks::Addon, Fault> {
    let owned = roles::owned_by(core, place, cluster, addon).await?;
    let ailing = ailing(core, cluster, addon).await;
    Ok(addon.shown(place, ailing, owned.as_ref()))
}

/// While the cluster does not answer, nothing is known of it.
async fn ailing(core: &Core, cluster: &str, addon: &Addon) -> Option<Issue> {
    if addon.part != Part::CoreDns || addon.status != Status::Active {
        return None;
    }
    let client = core.parts.control_planes.client(cluster).await?;
    match objects::ailing(&client).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(cluster, %error, "looking for the nodes of a cluster failed");
            None
        }
    }
}

fn is_ready(cluster: &Cluster) -> Result<(), Fault> {
    match cluster.status {
        records::Status::Active | records::Status::Updating => Ok(()),
        _ => Err(fault::not_active(&cluster.name)),
    }
}

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateAddonRequest,
) -> Result<CreateAddonResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.clone().unwrap_or_default();
    let cluster = core.cluster(&place, &name).await?.record;
    let (wanted, asked) = wanted(core, &place, &cluster, input)?;
    let own = names::cluster_key(&place, &cluster.name);
    let key = names::addon_key(&place, &cluster.id, wanted.part.name());
    let made = transact!(core.table, &call.permit, |tx| {
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id);
        let mut standing = standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        match tx.find::<Addon>(&key).await? {
            Some(there) if there.token.is_some() && there.token == wanted.token => there,
            Some(there) => return Err(fault::addon_exists(&there)),
            None => {
                is_ready(&standing)?;
                standing.without.remove(&wanted.part);
                roles::write(&mut tx, core, &place, &mut standing, (&wanted, &asked)).await?;
                // It is written in any case: who brings clusters forward wakes by it.
                tx.put(&own, &standing);
                tx.put(&key, &wanted);
                wanted.clone()
            }
        }
    });
    let owned = roles::owned_by(core, &place, &cluster.id, &made).await?;
    Ok(CreateAddonResponse {
        addon: Some(made.shown(&place, None, owned.as_ref())),
    })
}

fn wanted(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
    input: CreateAddonRequest,
) -> Result<(Addon, Asked), Fault> {
    let name = input.addon_name.unwrap_or_default();
    let part = facts::find(&name, input.addon_version.as_deref(), &cluster.version)?;
    let conflicts = Conflicts::named(input.resolve_conflicts.as_deref());
    if conflicts == Conflicts::Preserve {
        return Err(fault::invalid(
            "Resolve conflicts option preserve is not supported for operation CreateAddon",
        ));
    }
    let configuration = configuration(part, input.configuration_values)?;
    let asked = roles::asked(
        place,
        part,
        input.service_account_role_arn.as_deref(),
        input.pod_identity_associations.as_deref(),
    )?;
    let now = core.now();
    let addon = Addon {
        part,
        cluster: cluster.name.clone(),
        uuid: ids::uuid(),
        status: Status::Creating,
        configuration: configuration.flatten(),
        conflicts,
        role: asked.role.clone(),
        issues: Vec::new(),
        update: None,
        preserved: false,
        created_at: now,
        modified_at: now,
        token: input.client_request_token,
        tags: tags::given(input.tags)?,
        unknown: Default::default(),
    };
    Ok((addon, asked))
}

/// What was given, if anything was; an empty text takes away what was configured.
fn configuration(part: Part, given: Option<String>) -> Result<Option<Option<String>>, Fault> {
    let Some(text) = given else { return Ok(None) };
    facts::check(part, &text)?;
    Ok(Some(Some(text).filter(|it| !it.trim().is_empty())))
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeAddonRequest,
) -> Result<DescribeAddonResponse, Fault> {
    let place = Place::of(call);
    let named = (input.cluster_name.as_deref(), input.addon_name.as_deref());
    let (cluster, found) = find(core, &place, named).await?;
    let addon = shown(core, &place, &cluster.id, &found.record).await?;
    Ok(DescribeAddonResponse { addon: Some(addon) })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListAddonsRequest,
) -> Result<ListAddonsResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.unwrap_or_default();
    let cluster = core.cluster(&place, &name).await?.record;
    let all = core.below::<Addon>(&place, &cluster.id).await?;
    let all = all.into_iter().map(|it| it.record.part.name().to_owned());
    let at = (input.next_token.as_deref(), input.max_results);
    let list = ("eks/ListAddons", &[cluster.id.as_str()][..]);
    let (addons, next_token) = core.page(call, list, all.collect(), at)?;
    Ok(ListAddonsResponse {
        addons: Some(addons),
        next_token,
    })
}

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdateAddonRequest,
) -> Result<UpdateAddonResponse, Fault> {
    let place = Place::of(call);
    let named = (input.cluster_name.as_deref(), input.addon_name.as_deref());
    let (cluster, found) = find(core, &place, named).await?;
    let part = found.record.part;
    facts::find(
        part.name(),
        input.addon_version.as_deref(),
        &cluster.version,
    )?;
    let conflicts = Conflicts::named(input.resolve_conflicts.as_deref());
    let configuration = configuration(part, input.configuration_values)?;
    let associations = input.pod_identity_associations;
    let role = input.service_account_role_arn.as_deref();
    let asked = roles::asked(&place, part, role, associations.as_deref())?;
    let mut params = vec![
        ("AddonVersion", facts::VERSION.to_owned()),
        ("ResolveConflicts", conflicts.name().to_owned()),
    ];
    if let Some(given) = &configuration {
        let given = given.clone().unwrap_or_default();
        params.push(("ConfigurationValues", given));
    }
    params.extend(params_of(&asked, associations.as_deref()));
    let token = input.client_request_token;
    let own = names::cluster_key(&place, &cluster.name);
    let (key, uuid) = (found.key, found.record.uuid);
    let owner = Owner::Addon(part.name());
    let update = transact!(core.table, &call.permit, |tx| {
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id);
        let mut standing = standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        let there = tx.find::<Addon>(&key).await?;
        let there = there.filter(|it| it.uuid == uuid);
        let mut addon = there.ok_or_else(|| fault::no_addon(part.name(), &cluster.name))?;
        let known = Known::of(core, &place, &cluster).await?;
        if let Some(made) = known.by_token((UPDATE, owner), token.as_deref()) {
            return Ok(UpdateAddonResponse {
                update: Some(made.shown()),
            });
        }
        is_ready(&standing)?;
        if matches!(
            addon.status,
            Status::Creating | Status::Updating | Status::Deleting | Status::DeleteFailed
        ) {
            return Err(fault::addon_cannot_be_updated(&addon));
        }
        let update = Update::new(UPDATE, owner, params.clone(), token.clone(), core.now());
        addon.status = Status::Updating;
        addon.conflicts = conflicts;
        addon.configuration = configuration.clone().unwrap_or(addon.configuration);
        addon.role.clone_from(&asked.role);
        roles::write(&mut tx, core, &place, &mut standing, (&addon, &asked)).await?;
        addon.update = Some(update.id.clone());
        addon.modified_at = core.now();
        known.make_room(&mut tx, &place, &cluster.id);
        tx.put(names::update_key(&place, &cluster.id, &update.id), &update);
        tx.put(&key, &addon);
        tx.put(&own, &standing);
        update
    });
    Ok(UpdateAddonResponse {
        update: Some(update.shown()),
    })
}

/// As EKS shows them with an update.
fn params_of(
    asked: &Asked,
    associations: Option<&[AddonPodIdentityAssociations]>,
) -> Vec<(&'static str, String)> {
    let mut params = Vec::new();
    if let Some(role) = &asked.role {
        params.push(("ServiceAccountRoleArn", role.clone()));
    }
    if let Some(all) = associations {
        let all = all
            .iter()
            .map(|it| json!({"ServiceAccount": it.service_account, "RoleArn": it.role_arn}));
        let all: Vec<Value> = all.collect();
        params.push(("PodIdentityAssociations", Value::from(all).to_string()));
    }
    params
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteAddonRequest,
) -> Result<DeleteAddonResponse, Fault> {
    let place = Place::of(call);
    let named = (input.cluster_name.as_deref(), input.addon_name.as_deref());
    let (cluster, found) = find(core, &place, named).await?;
    let part = found.record.part;
    let own = names::cluster_key(&place, &cluster.name);
    let preserved = input.preserve == Some(true);
    let (key, uuid) = (found.key, found.record.uuid);
    let gone = transact!(core.table, &call.permit, |tx| {
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id);
        let mut standing = standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        let there = tx.find::<Addon>(&key).await?;
        let there = there.filter(|it| it.uuid == uuid);
        let mut addon = there.ok_or_else(|| fault::no_addon(part.name(), &cluster.name))?;
        match addon.status {
            Status::Deleting => {}
            Status::Creating | Status::Updating => {
                return Err(fault::addon_cannot_be_deleted(&addon));
            }
            _ => {
                if addon.status == Status::DeleteFailed {
                    addon.issues.clear();
                }
                addon.status = Status::Deleting;
                addon.preserved = preserved;
                addon.modified_at = core.now();
                if !preserved {
                    standing.without.insert(part);
                }
                roles::let_go(&mut tx, &place, &mut standing, (&addon, preserved)).await?;
                tx.put(&key, &addon);
                tx.put(&own, &standing);
            }
        }
        addon
    });
    Ok(DeleteAddonResponse {
        addon: Some(gone.shown(&place, None, None)),
    })
}
