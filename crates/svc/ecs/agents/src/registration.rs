//! Registration: a machine's agent says what it is and what it has (spec ecs-agent §1).

use std::{collections::BTreeMap, time::Duration};

use wharf_api_ecs::{Attribute, RegisterContainerInstanceRequest, Resource};
use wharf_base::ids;
use wharf_records::{
    Record, Unknown,
    ecs::{ClientToken, Cluster, Instance, InstanceStatus, instance::RegisteredResource},
    encode,
    hosts::{Capacity, Host, Ledger, Port, Protocol},
    node::Grant,
};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    Agents, binding, fault, grant,
    launch::EXTERNAL,
    names::{self, Place},
    provider,
    retirement::Retired,
    state::{MAX_TRIES, conflict},
    tags,
    view::{Held, Region},
};

/// The attribute by which a node offers its machine to Fargate tasks of every cluster.
pub const FARGATE_CAPACITY: &str = "wharf.fargate-capacity";
/// The attribute by which a node offers to keep EC2 instances.
pub const INSTANCES: &str = "wharf.instances";
/// How many MiB of disk it promises them.
pub const INSTANCE_DISKS: &str = "wharf.instance-disks";
/// The attributes by which a node takes Fargate tasks of some accounts and regions alone, divided by
/// commas.
pub const SERVED_ACCOUNTS: &str = "wharf.serves-accounts";
pub const SERVED_REGIONS: &str = "wharf.serves-regions";
/// How many interfaces of their own a node can give to tasks, where it says so.
pub const ENI_SLOTS: &str = "wharf.eni-slots";
/// What a node that can give interfaces but says no number is trusted with: an AWS instance with
/// trunking has about as many.
const DEFAULT_ENI_SLOTS: u32 = 120;
const INSTANCE_TYPE: &str = "ecs.instance-type";
/// Where a node runs that does not say.
const DEFAULT_ZONE_SUFFIX: &str = "a";
/// Most attributes of one registration; the stock agent sends about 60.
const MAX_ATTRIBUTES: usize = 256;
/// Longest client token; agents send a UUID.
const MAX_TOKEN: usize = 64;
/// Longest id of an instance of EC2, without its prefix; AWS's have 17 digits.
const MOST_OF_INSTANCE_ID: usize = 64;

/// Registers the caller's machine, or registers it again. Tries until nobody came between: to an agent a
/// lost race must not look like a refusal, which ends it for good. `of_ec2`: EC2 knows it.
///
/// # Errors
/// What is said breaks a rule or the node's grant; each with ECS's text.
pub async fn register(
    agents: &Agents,
    call: &Call,
    input: &RegisterContainerInstanceRequest,
    of_ec2: bool,
) -> Result<Instance, Fault> {
    let (allowed, place) = (grant::of(agents, call).await?, Place::of(call));
    let (allowed, place) = (allowed.as_ref(), &place);
    let given = input.cluster.as_deref();
    for tries in 0..MAX_TRIES {
        let cluster = agents.state.cluster(call, given).await?;
        grant::check_cluster(allowed, &cluster.name)?;
        let once = once(agents, call, place, &cluster, (input, of_ec2), allowed);
        if let Some(instance) = once.await? {
            return Ok(instance);
        }
        // What came between may not be durable yet, and is not seen before: all tries must not be
        // over by then.
        tokio::time::sleep(Duration::from_millis(tries.min(20) as u64)).await;
    }
    Err(conflict(given.unwrap_or(names::DEFAULT_CLUSTER)).into())
}

/// One try; `None` if the cluster or the client token changed meanwhile.
async fn once(
    agents: &Agents,
    call: &Call,
    place: &Place,
    cluster: &Held<Cluster>,
    (input, of_ec2): (&RegisterContainerInstanceRequest, bool),
    allowed: Option<&Grant>,
) -> Result<Option<Instance>, Fault> {
    let given = input
        .container_instance_arn
        .as_deref()
        .filter(|arn| !arn.is_empty());
    let token = token_key(call, place, cluster, input)?;
    let known = match given {
        Some(arn) => Some(arn.to_owned()),
        None => registered_before(agents, token.as_deref()).await?,
    };
    if let Some(arn) = known {
        let said = (input, of_ec2);
        let instance = again(agents, call, place, cluster, &arn, said, allowed).await?;
        return Ok(Some(instance));
    }
    let wanted = Registration {
        of_ec2,
        ..Registration::read(call, input, None, allowed)?
    };
    let taken = wanted.ec2_instance.as_ref().is_some_and(|id| {
        let taken = |region: &Region<'_>| binding::takes_anothers(&call.caller, region, id);
        agents.state.view.read(place, taken)
    });
    if taken {
        return Err(binding::refusal());
    }
    if allowed.is_some() {
        grant::supersede(agents, call).await?;
    }
    anew(agents, call, place, cluster, &wanted, token.as_deref()).await
}

/// Where the client token of a registration is remembered: an agent that lost the answer asks again
/// with the same token and gets the same instance.
fn token_key(
    call: &Call,
    place: &Place,
    cluster: &Held<Cluster>,
    input: &RegisterContainerInstanceRequest,
) -> Result<Option<String>, Fault> {
    let Some(token) = input
        .client_token
        .as_deref()
        .filter(|token| !token.is_empty())
    else {
        return Ok(None);
    };
    if token.len() > MAX_TOKEN {
        return Err(fault::invalid(format!(
            "clientToken has at most {MAX_TOKEN} characters."
        )));
    }
    let id = format!(
        "RegisterContainerInstance:{}:{}:{token}",
        cluster.name, call.caller.arn
    );
    Ok(Some(place.scope().key(ClientToken::KIND, &id)))
}

async fn registered_before(agents: &Agents, token: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(key) = token else { return Ok(None) };
    let found = agents.state.table.read::<ClientToken>(key).await?;
    Ok(found.and_then(|found| found.record.made.into_iter().next()))
}

/// What a registration says, checked, and laid over what an earlier one of the same agent said.
#[derive(Debug)]
struct Registration {
    attributes: BTreeMap<String, Option<String>>,
    registered: Vec<RegisteredResource>,
    capacity: Capacity,
    zone: String,
    fargate: bool,
    accounts: Vec<String>,
    regions: Vec<String>,
    ec2_instance: Option<String>,
    of_ec2: bool,
    tags: wharf_records::ecs::Tags,
    version: Option<wharf_api_ecs::VersionInfo>,
}

/// The members of the identity document that matter here.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IdentityDocument {
    instance_id: Option<String>,
    instance_type: Option<String>,
    image_id: Option<String>,
    availability_zone: Option<String>,
    architecture: Option<String>,
}

/// Whether it is the id of an instance of EC2 or of a managed one. It goes into names of metrics and texts.
fn is_instance_id(id: &str) -> bool {
    let rest = id.strip_prefix("i-").or_else(|| id.strip_prefix("mi-"));
    rest.is_some_and(|rest| {
        (1..=MOST_OF_INSTANCE_ID).contains(&rest.len())
            && rest.bytes().all(|it| it.is_ascii_alphanumeric())
    })
}

impl Registration {
    fn read(
        call: &Call,
        input: &RegisterContainerInstanceRequest,
        earlier: Option<&Instance>,
        allowed: Option<&Grant>,
    ) -> Result<Self, Fault> {
        let document = input
            .instance_identity_document
            .as_deref()
            .unwrap_or_default();
        let document: IdentityDocument = match document.is_empty() {
            true => IdentityDocument::default(),
            false => serde_json::from_str(document)
                .map_err(|_| fault::client("The instance identity document is not readable."))?,
        };
        let session = binding::instance_session(&call.caller);
        let said = document.instance_id.clone();
        let made_for = allowed.and_then(|allowed| allowed.made_for.as_ref());
        let ec2_instance = said
            .clone()
            .or_else(|| session.map(str::to_owned))
            .or_else(|| made_for.map(|it| it.instance.clone()));
        if ec2_instance
            .as_deref()
            .is_some_and(|id| !is_instance_id(id))
        {
            let text = "The instance identity document has no valid instance ID.";
            return Err(fault::client(text));
        }
        // What was sent comes back with equal value, or the stock agent exits for good.
        let mut attributes = kept(earlier);
        if session.is_some() {
            attributes.retain(|name, _| !binding::is_of_hosts(name));
        }
        if let Some(it) = made_for {
            let kind = Some(it.instance_type.clone());
            attributes.insert(INSTANCE_TYPE.to_owned(), kind);
        }
        attributes.extend(derived(document));
        attributes.extend(read_attributes(input.attributes.as_ref())?);
        if earlier.is_none() {
            // A machine that is here already comes back with what it came with.
            check_custom(input.attributes.as_deref().unwrap_or_default())?;
        }
        if allowed.is_some_and(|it| it.pool) {
            attributes.insert(provider::FARGATE_POOL.to_owned(), None);
        }
        if let Some(session) = session {
            binding::check_session(session, said.as_deref(), attributes.keys())?;
        }
        let default_zone = format!("{}{DEFAULT_ZONE_SUFFIX}", call.region);
        let granted_zone = allowed.and_then(|allowed| allowed.zone.clone());
        let zone = attributes
            .entry("ecs.availability-zone".to_owned())
            .or_default()
            .get_or_insert_with(|| granted_zone.unwrap_or_else(|| default_zone.clone()))
            .clone();
        let registered = read_resources(input.total_resources.as_ref())?;
        let capacity = capacity(&registered, &attributes)?;
        let claim = grant::Claim {
            ec2_instance: ec2_instance.as_deref(),
            zone: &zone,
            fargate: attributes.contains_key(FARGATE_CAPACITY),
            instances: attributes.contains_key(INSTANCES),
            cpu: capacity.cpu,
            memory: capacity.memory,
            interfaces: capacity.interfaces,
            accounts: listed(&attributes, SERVED_ACCOUNTS),
            regions: listed(&attributes, SERVED_REGIONS),
        };
        grant::check(allowed, &claim, &default_zone)?;
        Ok(Self {
            capacity,
            registered,
            fargate: attributes.contains_key(FARGATE_CAPACITY),
            accounts: bound(claim.accounts, allowed.map(|allowed| &allowed.accounts)),
            regions: bound(claim.regions, allowed.map(|allowed| &allowed.regions)),
            attributes,
            zone,
            ec2_instance,
            of_ec2: false,
            tags: tags::read(input.tags.as_ref())?,
            version: input.version_info.clone(),
        })
    }

    fn apply(&self, instance: &mut Instance) {
        instance.attributes.clone_from(&self.attributes);
        instance.registered.clone_from(&self.registered);
        if let Some(version) = &self.version {
            let take = |text: &Option<String>| text.clone().unwrap_or_default();
            instance.agent_version = take(&version.agent_version);
            instance.agent_hash = take(&version.agent_hash);
            instance.docker_version = take(&version.docker_version);
        }
        instance.version += 1;
    }
}

/// Attributes that outlive a registration: agents send custom ones with their first only.
/// Capabilities and what the node's operator allows are said anew each time, and what is no longer
/// said is gone.
fn kept(earlier: Option<&Instance>) -> BTreeMap<String, Option<String>> {
    let capability = |name: &str| {
        let said = [SERVED_ACCOUNTS, SERVED_REGIONS, INSTANCES, INSTANCE_DISKS];
        let binds = said.contains(&name);
        binds
            || name.contains("ecs.capability.")
            || name.starts_with(wharf_placement::offer::MARKER)
    };
    let attributes = earlier
        .into_iter()
        .flat_map(|instance| &instance.attributes);
    let kept = attributes.filter(|(name, _)| !capability(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What an attribute lists, divided by commas.
fn listed(attributes: &BTreeMap<String, Option<String>>, name: &str) -> Vec<String> {
    let value = attributes.get(name).and_then(Option::as_deref);
    let all = value.unwrap_or_default().split(',').map(str::trim);
    all.filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a node names, or else what its token binds it to.
fn bound(named: Vec<String>, of_token: Option<&Vec<String>>) -> Vec<String> {
    match named.is_empty() {
        true => of_token.cloned().unwrap_or_default(),
        false => named,
    }
}

fn derived(document: IdentityDocument) -> impl Iterator<Item = (String, Option<String>)> {
    let rows = [
        ("ecs.availability-zone", document.availability_zone),
        (INSTANCE_TYPE, document.instance_type),
        ("ecs.ami-id", document.image_id),
        ("ecs.cpu-architecture", document.architecture),
    ];
    rows.into_iter()
        .filter(|(_, value)| value.is_some())
        .map(|(name, value)| (name.to_owned(), value))
}

pub fn read_attributes(
    given: Option<&Vec<Attribute>>,
) -> Result<BTreeMap<String, Option<String>>, Fault> {
    let given = given.map(Vec::as_slice).unwrap_or_default();
    if given.len() > MAX_ATTRIBUTES {
        return Err(fault::invalid(format!(
            "At most {MAX_ATTRIBUTES} attributes are possible."
        )));
    }
    let mut read = BTreeMap::new();
    for attribute in given {
        let name = attribute.name.clone().unwrap_or_default();
        let value = attribute.value.clone();
        let long = value
            .as_ref()
            .is_some_and(|value| value.chars().count() > 128);
        if name.is_empty() || name.chars().count() > 128 || long {
            return Err(fault::invalid(
                "Attribute names have 1 to 128 characters, values at most 128.",
            ));
        }
        read.insert(name, value);
    }
    Ok(read)
}

/// What the agent or the platform says of an instance is not the user's to change. Wharf's own are what machines offer: a
/// registration asks who may say so, and keeps what was said before.
pub fn is_reserved(name: &str) -> bool {
    let reserved = ["ecs.", "com.amazonaws.", "wharf."];
    // By it the instances that ECS launched are kept for their provider.
    name == provider::MANAGED_INSTANCE || reserved.iter().any(|it| name.starts_with(it))
}

/// Which characters custom attributes have. Agents' own have others: lists are divided by commas.
///
/// # Errors
/// The first that has others.
pub fn check_custom(given: &[Attribute]) -> Result<(), Fault> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "-_/\\.".contains(c);
    let in_value = |c: char| in_name(c) || "@: ".contains(c);
    for attribute in given {
        let name = attribute.name.as_deref().unwrap_or_default();
        if is_reserved(name) {
            continue;
        }
        if !name.chars().all(in_name) {
            return Err(fault::invalid(
                "Attribute names can have letters, numbers, hyphens, underscores, slashes, \
                 backslashes and periods.",
            ));
        }
        let value = attribute.value.as_deref().unwrap_or_default();
        if value.trim_matches(' ') != value || !value.chars().all(in_value) {
            return Err(fault::invalid(
                "Attribute values can have letters, numbers, hyphens, underscores, periods, at signs, \
                 slashes, backslashes, colons, and spaces between them.",
            ));
        }
    }
    Ok(())
}

fn read_resources(given: Option<&Vec<Resource>>) -> Result<Vec<RegisteredResource>, Fault> {
    let given = given.map(Vec::as_slice).unwrap_or_default();
    if given.len() > 32 {
        return Err(fault::invalid("totalResources can have at most 32 items."));
    }
    let read = |row: &Resource| RegisteredResource {
        name: row.name.clone().unwrap_or_default(),
        kind: row.type_.clone().unwrap_or_default(),
        integer: row.integer_value.unwrap_or(0),
        set: row.string_set_value.clone().unwrap_or_default(),
    };
    Ok(given.iter().map(read).collect())
}

fn capacity(
    rows: &[RegisteredResource],
    attributes: &BTreeMap<String, Option<String>>,
) -> Result<Capacity, Fault> {
    let mut capacity = Capacity::default();
    for row in rows {
        let amount = || u32::try_from(row.integer).map_err(|_| invalid_resource(&row.name));
        match row.name.as_str() {
            "CPU" => capacity.cpu = amount()?,
            "MEMORY" => capacity.memory = amount()?,
            "PORTS" => capacity.reserved.extend(ports(row, Protocol::Tcp)?),
            "PORTS_UDP" => capacity.reserved.extend(ports(row, Protocol::Udp)?),
            _ => {}
        }
    }
    capacity.reserved.sort_unstable();
    capacity.reserved.dedup();
    let stated = attributes.get(ENI_SLOTS).cloned().flatten();
    capacity.interfaces = match stated.and_then(|number| number.parse().ok()) {
        Some(number) => number,
        None if attributes.contains_key("ecs.capability.task-eni") => DEFAULT_ENI_SLOTS,
        None => 0,
    };
    let disks = attributes.get(INSTANCE_DISKS).cloned().flatten();
    let disks = disks.map(|number| number.parse());
    capacity.disk = disks
        .transpose()
        .map_err(|_| invalid_resource(INSTANCE_DISKS))?;
    Ok(capacity)
}

fn ports(row: &RegisteredResource, protocol: Protocol) -> Result<Vec<Port>, Fault> {
    let port = |text: &String| {
        let number = text.parse().map_err(|_| invalid_resource(&row.name))?;
        Ok(Port { number, protocol })
    };
    row.set.iter().map(port).collect()
}

fn invalid_resource(name: &str) -> Fault {
    fault::invalid(format!(
        "Invalid value of the resource {name} in totalResources."
    ))
}

/// The same agent again: its resources and attributes are refreshed, its status and tasks stay.
async fn again(
    agents: &Agents,
    call: &Call,
    place: &Place,
    cluster: &Held<Cluster>,
    arn: &str,
    (input, of_ec2): (&RegisterContainerInstanceRequest, bool),
    allowed: Option<&Grant>,
) -> Result<Instance, Fault> {
    let id = names::member_id("container-instance", &cluster.name, arn)?;
    let scope = place.scope();
    let key = scope.key(Instance::KIND, &format!("{}:{id}", cluster.name));
    let instance = transact!(agents.state.table, &call.permit, |tx| {
        let unknown = || {
            fault::client(format!(
                "The container instance {arn} is not registered in the cluster."
            ))
        };
        let mut instance: Instance = tx.find(&key).await?.ok_or_else(unknown)?;
        if instance.status == InstanceStatus::Inactive {
            return Err(unknown());
        }
        if !binding::may_speak_for(&call.caller, &instance) {
            return Err(binding::refusal());
        }
        let wanted = Registration::read(call, input, Some(&instance), allowed)?;
        let kind = |attributes: &BTreeMap<String, Option<String>>| {
            attributes.get(INSTANCE_TYPE).cloned().flatten()
        };
        let (before, after) = (kind(&instance.attributes), kind(&wanted.attributes));
        if let (Some(before), Some(after)) = (before, after)
            && before != after
        {
            return Err(fault::client(format!(
                "Container instance type changes are not supported. Container instance {arn} was \
                 previously registered as {before}."
            )));
        }
        let host_key = Host::key(&instance.host);
        let ledger_key = Ledger::key(&instance.host);
        let mut host: Host = tx.find(&host_key).await?.ok_or_else(unknown)?;
        let mut ledger: Ledger = tx.find(&ledger_key).await?.ok_or_else(unknown)?;
        wanted.apply(&mut instance);
        // A version before did not note it.
        instance.of_ec2 |= of_ec2;
        // One that is retired takes no Fargate tasks, whatever its agent offers.
        let retired = tx.find::<Retired>(&Retired::key(&instance.host)).await?;
        refresh(&wanted, &mut host, &mut ledger, retired.is_some());
        tx.put(host_key, &host);
        tx.put(ledger_key, &ledger);
        tx.put(&key, &instance);
        instance
    });
    Ok(instance)
}

fn refresh(wanted: &Registration, host: &mut Host, ledger: &mut Ledger, retired: bool) {
    host.capacity = wanted.capacity.clone();
    host.fargate = wanted.fargate && !retired;
    host.accounts.clone_from(&wanted.accounts);
    host.regions.clone_from(&wanted.regions);
    host.availability_zone.clone_from(&wanted.zone);
    ledger.capacity = wanted.capacity.clone();
}

/// Machines that are none of EC2's have ids of their own kind.
fn kind_of_id(attributes: &BTreeMap<String, Option<String>>) -> &'static str {
    match attributes.contains_key(EXTERNAL) {
        true => "mi",
        false => "i",
    }
}

async fn anew(
    agents: &Agents,
    call: &Call,
    place: &Place,
    cluster: &Held<Cluster>,
    wanted: &Registration,
    token: Option<&str>,
) -> Result<Option<Instance>, Fault> {
    let scope = place.scope();
    let (id, host_id) = (ids::hex32(), ids::hex32());
    let mut instance = Instance {
        arn: place.instance(&cluster.name, &id),
        cluster: cluster.name.clone(),
        host: host_id.clone(),
        ec2_instance: wanted
            .ec2_instance
            .clone()
            .unwrap_or_else(|| ids::ec2_id(kind_of_id(&wanted.attributes))),
        status: InstanceStatus::Active,
        version: 0,
        registered_at: call.now,
        registered_by: call.caller.arn.clone(),
        of_ec2: wanted.of_ec2,
        agent_connected: false,
        disconnected_at: None,
        lost: false,
        agent_version: String::new(),
        agent_hash: String::new(),
        docker_version: String::new(),
        attributes: BTreeMap::new(),
        registered: Vec::new(),
        tags: wanted.tags.clone(),
        health: None,
        capacity_provider: None,
        deregistered_at: None,
        unknown: Unknown::new(),
        id,
    };
    wanted.apply(&mut instance);
    let host = Host {
        id: host_id.clone(),
        capacity: wanted.capacity.clone(),
        fargate: wanted.fargate,
        accounts: wanted.accounts.clone(),
        regions: wanted.regions.clone(),
        availability_zone: wanted.zone.clone(),
        instance: instance.arn.clone(),
        unknown: Unknown::new(),
    };
    let ledger = Ledger {
        capacity: wanted.capacity.clone(),
        ..Ledger::default()
    };
    let (host_key, ledger_key) = (Host::key(&host_id), Ledger::key(&host_id));
    let key = scope.key(Instance::KIND, &format!("{}:{}", cluster.name, instance.id));
    let mut txn = Txn::new()
        .when(cluster.unchanged())
        .when(Compare::absent(&key))
        .when(Compare::absent(&host_key))
        .put(&key, encode(&instance))
        .put(host_key, encode(&host))
        .put(ledger_key, encode(&ledger));
    if let Some(token) = token {
        let record = ClientToken {
            request: String::new(),
            made: vec![instance.arn.clone()],
            created_at: call.now,
            unknown: Unknown::new(),
        };
        let lease = agents.state.token_lease(&call.permit).await?;
        txn = txn
            .when(Compare::absent(token))
            .put_leased(token, encode(&record), lease);
    }
    let written = agents.state.table.commit(&call.permit, txn).await?;
    Ok(written.then_some(instance))
}
