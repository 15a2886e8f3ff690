//! What the gallery says of a repository.

use wharf_api_ecr_public::types::*;
use wharf_svc_ecr::{Catalog, CatalogData, NewCatalogData};
use wharf_wire::{Call, Fault};

use crate::{fault, service::EcrPublicService};

pub(crate) async fn get_repository_catalog_data(
    service: &EcrPublicService,
    call: &Call,
    input: GetRepositoryCatalogDataRequest,
) -> Result<GetRepositoryCatalogDataResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let data = service.catalog.catalog_data(&registry, &name).await?;
    let data = data.ok_or_else(|| fault::no_catalog_data(&name, &registry))?;
    let alias = service.alias(call, &registry).await?;
    let catalog_data = Some(show_data(&service.catalog, &alias, &name, data));
    Ok(GetRepositoryCatalogDataResponse { catalog_data })
}

pub(crate) async fn put_repository_catalog_data(
    service: &EcrPublicService,
    call: &Call,
    input: PutRepositoryCatalogDataRequest,
) -> Result<PutRepositoryCatalogDataResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let data = read_data(input.catalog_data.unwrap_or_default());
    let catalog = &service.catalog;
    let put = catalog.put_catalog_data(&call.permit, &registry, &name, data);
    let data = put.await?;
    let alias = service.alias(call, &registry).await?;
    let catalog_data = Some(show_data(catalog, &alias, &name, data));
    Ok(PutRepositoryCatalogDataResponse { catalog_data })
}

pub(super) fn read_data(data: RepositoryCatalogDataInput) -> NewCatalogData {
    NewCatalogData {
        description: data.description,
        architectures: data.architectures.unwrap_or_default(),
        operating_systems: data.operating_systems.unwrap_or_default(),
        about_text: data.about_text,
        usage_text: data.usage_text,
        logo: data.logo_image_blob.unwrap_or_default().into(),
    }
}

pub(super) fn show_data(
    catalog: &Catalog,
    alias: &str,
    name: &str,
    data: CatalogData,
) -> RepositoryCatalogData {
    let list = |all: Vec<String>| (!all.is_empty()).then_some(all);
    RepositoryCatalogData {
        description: data.description,
        architectures: list(data.architectures),
        operating_systems: list(data.operating_systems),
        logo_url: data.logo.map(|_| catalog.logo_url(alias, name)),
        about_text: data.about_text,
        usage_text: data.usage_text,
        marketplace_certified: Some(false),
    }
}
