//! CreateVpcEndpoint: the endpoint with its routes or its interfaces, in one transaction.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{CreateVpcEndpointRequest, CreateVpcEndpointResult};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use super::{
    Kind, MAX_GATEWAYS, MAX_INTERFACES, Service, VpcEndpoint,
    change::{self, OPEN, add_routes, checked_policy, each, new_interfaces, put_interfaces},
    describe::shown,
    fault,
};
use crate::{
    Ec2Service,
    endpoint_services::{self, Connection, Link, LinkState},
    fault::{dry_run, missing_parameter, token_reused},
    ops::interfaces::groups,
    records::{Fence, Pointer, Vpc},
    table::{LeanOn as _, client_token, digest_of},
    tags,
};

/// Whoever makes one rewrites it, so that no two count the same endpoints.
const COUNT: &str = "vpc-endpoints";

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateVpcEndpointRequest,
) -> Result<CreateVpcEndpointResult, Fault> {
    dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?;
    let token_id = token.map(|token| format!("vpc-endpoint-token:{token}"));
    let asked = digest_of(&input);
    let wanted = Wanted::read(call, &input, token_id.clone(), asked).await?;
    let made = transact!(service.table, &call.permit, |tx| {
        if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
            if made.asked != wanted.endpoint.asked {
                return Err(token_reused());
            }
            return answer(service, call, made, input.client_token).await;
        }
        let fence = service.fence(call, COUNT).await?;
        let mut made = wanted.endpoint.clone();
        service.get::<Vpc>(call, &made.vpc_id).await?;
        check_room(service, call, &made).await?;
        let mut txn = Txn::new()
            .when(fence)
            .put(Ec2Service::key::<Fence>(call, COUNT), encode(&Fence {}))
            .lean_on::<Vpc>(call, &made.vpc_id);
        match made.kind {
            Kind::Gateway => {
                txn = add_routes(service, call, txn, &made, &wanted.tables).await?;
            }
            Kind::Interface => {
                if wanted.is_of_account {
                    txn = connect(service, call, txn, &mut made, &wanted.subnets).await?;
                }
                if made.private_dns {
                    // Another endpoint of the VPC may be given the name meanwhile.
                    let fence = service.fence(call, &made.vpc_id).await?;
                    change::check_private_dns(service, call, &made).await?;
                    txn = txn.when(fence);
                }
                made.groups = groups(service, call, &made.vpc_id, &wanted.groups).await?;
                let of = (&wanted.subnets[..], &wanted.addresses);
                let interfaces = new_interfaces(service, call, &mut made, of).await?;
                txn = put_interfaces(txn, call, &interfaces);
                txn = change::lean_on_groups(txn, call, &made.groups);
            }
        }
        txn = txn.put(
            Ec2Service::key::<VpcEndpoint>(call, &made.id),
            encode(&made),
        );
        if let Some(token_id) = &token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&Pointer::to(&made.id)));
        }
        tx.join(txn);
        made
    });
    answer(service, call, made, input.client_token).await
}

/// Leads the endpoint to the service that its request names: one that the caller may connect to, that is where its subnets
/// are, and that has room.
async fn connect(
    service: &Ec2Service,
    call: &Call,
    txn: Txn,
    made: &mut VpcEndpoint,
    subnets: &[String],
) -> Result<Txn, Fault> {
    let name = endpoint_services::name_of(&made.service, &call.region);
    let found = service.admitting_service(call, &made.service).await?;
    let (account, found) = found.ok_or_else(|| fault::no_service(&name))?;
    endpoint_services::check_zones(service, call, made, subnets).await?;
    let provider = endpoint_services::scope_of(&account, &call.region);
    // The service does not go meanwhile, and nobody else takes the room that there is.
    let txn = service.alone_at(txn, &provider, &made.service).await?;
    endpoint_services::check_room(service, &provider, &made.service).await?;
    let state = match found.record.acceptance_required {
        true => LinkState::PendingAcceptance,
        false => LinkState::Available,
    };
    let private_name = match made.private_dns {
        true => Some(endpoint_services::usable_name(&found.record, state, &name)?),
        false => None,
    };
    made.link = Some(Link {
        provider: account,
        state,
        private_name,
        fronts: Default::default(),
    });
    let connection = Connection {
        id: ids::ec2_id("vpce-con"),
        service: made.service.clone(),
        endpoint: made.id.clone(),
        account: call.account.clone(),
        created_at: call.now,
        unknown: Unknown::new(),
    };
    let key = endpoint_services::connection_key(&provider, &made.service, &made.id);
    // Nobody who is named no more comes in.
    Ok(txn.when(found.unchanged()).put(key, encode(&connection)))
}

struct Wanted {
    endpoint: VpcEndpoint,
    /// It leads to a service of an account.
    is_of_account: bool,
    tables: Vec<String>,
    subnets: Vec<String>,
    /// Of interfaces, by subnet.
    addresses: BTreeMap<String, String>,
    groups: Vec<String>,
}

impl Wanted {
    async fn read(
        call: &Call,
        input: &CreateVpcEndpointRequest,
        token_id: Option<String>,
        asked: String,
    ) -> Result<Self, Fault> {
        let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        let vpc_id = given(&input.vpc_id).ok_or_else(|| missing_parameter("VpcId"))?;
        let name = given(&input.service_name).ok_or_else(|| missing_parameter("ServiceName"))?;
        let own = Service::named(&name, &call.region);
        let of_account = endpoint_services::id_in(&name, &call.region);
        let (of, kinds) = match (own, of_account) {
            (Some(own), _) => (own.name, own.kinds()),
            (None, Some(id)) => (id, vec![Kind::Interface.name()]),
            (None, None) => return Err(fault::no_service(&name)),
        };
        let is_of_account = own.is_none();
        let kind = match input.vpc_endpoint_type.as_deref() {
            None | Some("" | "Gateway") => Kind::Gateway,
            Some("Interface") => Kind::Interface,
            Some(other) => return Err(fault::wrong_kind(other, &kinds)),
        };
        if !kinds.contains(&kind.name()) {
            return Err(fault::wrong_kind(kind.name(), &kinds));
        }
        if is_of_account && given(&input.policy_document).is_some() {
            return Err(endpoint_services::fault::no_policy(&name));
        }
        let policy = match given(&input.policy_document) {
            Some(text) => checked_policy(call, &text).await?,
            None => OPEN.to_owned(),
        };
        let specifications = input.tag_specifications.as_deref();
        let subnets = each(&input.subnet_ids)?;
        let configurations = input.subnet_configurations.as_deref();
        let wanted = Self {
            endpoint: VpcEndpoint {
                id: ids::ec2_id("vpce"),
                vpc_id,
                service: of.to_owned(),
                // Once the service is found.
                link: None,
                kind,
                policy,
                interfaces: Vec::new(),
                groups: Vec::new(),
                // Services of accounts need not have a name.
                private_dns: kind == Kind::Interface
                    && input.private_dns_enabled.unwrap_or(!is_of_account),
                label: ids::hex16().chars().take(8).collect(),
                token_id,
                asked,
                created_at: call.now,
                tags: tags::specified(call, specifications, VpcEndpoint::KIND)?,
                unknown: Unknown::new(),
            },
            is_of_account,
            tables: each(&input.route_table_ids)?,
            addresses: change::addresses(configurations, &subnets)?,
            subnets,
            groups: each(&input.security_group_ids)?,
        };
        let odd = match kind {
            Kind::Gateway if !wanted.subnets.is_empty() => "SubnetIds",
            Kind::Gateway if !wanted.groups.is_empty() => "SecurityGroupIds",
            Kind::Gateway if input.private_dns_enabled == Some(true) => "PrivateDnsEnabled",
            Kind::Interface if !wanted.tables.is_empty() => "RouteTableIds",
            _ => return Ok(wanted),
        };
        Err(fault::of_other_kind(odd, kind.name()))
    }
}

async fn made_before(
    service: &Ec2Service,
    cx: &Context,
    token_id: Option<&str>,
) -> Result<Option<VpcEndpoint>, Fault> {
    let Some(token_id) = token_id else {
        return Ok(None);
    };
    match service.find::<Pointer>(cx, token_id).await? {
        Some(pointer) => service.find(cx, &pointer.id).await,
        None => Ok(None),
    }
}

async fn check_room(service: &Ec2Service, cx: &Context, new: &VpcEndpoint) -> Result<(), Fault> {
    let all: Vec<VpcEndpoint> = service.all(cx).await?;
    let of_kind = all.iter().filter(|it| it.kind == new.kind);
    let is_full = match new.kind {
        Kind::Gateway => of_kind.count() >= MAX_GATEWAYS,
        Kind::Interface => of_kind.filter(|it| it.vpc_id == new.vpc_id).count() >= MAX_INTERFACES,
    };
    match is_full {
        true => Err(fault::too_many()),
        false => Ok(()),
    }
}

async fn answer(
    service: &Ec2Service,
    call: &Call,
    made: VpcEndpoint,
    client_token: Option<String>,
) -> Result<CreateVpcEndpointResult, Fault> {
    let mut endpoint = shown(service, call, &made).await?;
    if made.kind == Kind::Interface && made.link.is_none() {
        // Others see it available at once; clients wait for that.
        endpoint.state = Some("pending".to_owned());
    }
    Ok(CreateVpcEndpointResult {
        vpc_endpoint: Some(endpoint),
        client_token,
    })
}
