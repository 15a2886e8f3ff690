//! DescribeCapacityProviders: those over Auto Scaling groups, and FARGATE and FARGATE_SPOT.

use wharf_api_ecs as api;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault,
    names::{self, Place},
    page, provider,
};

pub async fn describe_capacity_providers(
    core: &Core,
    call: &Call,
    input: api::DescribeCapacityProvidersRequest,
) -> Result<api::DescribeCapacityProvidersResponse, Fault> {
    let place = Place::of(call);
    let given = input.capacity_providers.unwrap_or_default();
    let cluster = match input.cluster.as_deref().filter(|text| !text.is_empty()) {
        Some(cluster) => Some(core.state.cluster(call, Some(cluster)).await?),
        None => None,
    };
    let filter = cluster.as_ref().map_or("", |cluster| &cluster.name);
    let filter = format!("capacity-providers {filter} {}", given.join(" "));
    let (size, token) = (input.max_results, input.next_token.as_deref());
    let page = page::asked(core, call, &filter, size, token)?;
    let with_tags = input.include.iter().flatten().any(|part| part == "TAGS");
    let of_cluster = |name: &str| {
        cluster.as_ref().is_none_or(|cluster| {
            let mut providers = cluster.capacity_providers.iter();
            providers.any(|one| one == name)
        })
    };
    core.state.up_to_date().await;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    core.state.view.read(&place, |region| {
        let show = |name: &str| match provider::is_fargate(name) {
            true => Some(fargate(&place, name)),
            false => region
                .providers
                .get(name)
                .map(|held| describe::provider(held, with_tags)),
        };
        if given.is_empty() {
            let own = region.providers.keys().map(String::as_str);
            let names = own.chain(provider::FARGATE.iter().copied());
            let shown = names.filter(|name| of_cluster(name));
            found.extend(shown.filter_map(|name| Some((name.to_owned(), show(name)?))));
        }
        for one in &given {
            let name = names::provider_name(one).filter(|name| of_cluster(name));
            match name.and_then(|name| Some((name.to_owned(), show(name)?))) {
                Some(shown) => found.push(shown),
                None => {
                    let name = one.rsplit('/').next().unwrap_or_default();
                    failures.push(fault::failure(place.capacity_provider(name), "MISSING"));
                }
            }
        }
    });
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.dedup_by(|(a, _), (b, _)| a == b);
    let (shown, next_token) = page::cut(&page, found);
    Ok(api::DescribeCapacityProvidersResponse {
        capacity_providers: Some(shown),
        failures: Some(failures),
        next_token,
    })
}

fn fargate(place: &Place, name: &str) -> api::CapacityProvider {
    api::CapacityProvider {
        capacity_provider_arn: Some(place.capacity_provider(name)),
        name: Some(name.to_owned()),
        status: Some("ACTIVE".to_owned()),
        type_: Some(name.to_owned()),
        tags: Some(Vec::new()),
        ..api::CapacityProvider::default()
    }
}
