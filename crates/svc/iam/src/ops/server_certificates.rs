//! Server certificates: uploaded with their keys, which never leave except to those who serve them.

use std::collections::BTreeMap;

use wharf_api_iam::types::*;
use wharf_base::ids;
use wharf_wire::Fault;

use crate::{
    certificate,
    fault::{self, required},
    names::{self, check_name, checked_path},
    ops::{below, tags},
    records::{ServerCertificateRecord, folded},
    service::Cx,
    table::{self, Changes, change},
};

const LONGEST_NAME: usize = 128;
/// In one account, as in AWS.
pub(crate) const MAX_CERTIFICATES: usize = 20;

fn missing(name: &str) -> Fault {
    fault::not_found(format!(
        "The Server Certificate with name {name} cannot be found."
    ))
}

/// The certificate of this name, inside a change.
pub(crate) async fn existing(
    tx: &mut Changes<'_>,
    name: &str,
) -> Result<ServerCertificateRecord, Fault> {
    tx.find(&folded(name)).await?.ok_or_else(|| missing(name))
}

pub(crate) async fn upload(
    cx: &Cx<'_>,
    input: UploadServerCertificateRequest,
) -> Result<UploadServerCertificateResponse, Fault> {
    let name = required(input.server_certificate_name, "serverCertificateName")?;
    check_name("serverCertificateName", &name, LONGEST_NAME)?;
    let path = checked_path(input.path)?;
    let tags = tags::checked(input.tags)?;
    let body = required(input.certificate_body, "certificateBody")?;
    let key = required(input.private_key, "privateKey")?;
    let chain = input
        .certificate_chain
        .filter(|chain| !chain.trim().is_empty());
    let facts = certificate::check(&body, &key, chain.as_deref())?;
    let id = ids::iam_id("ASCA", 21);
    let purpose = ServerCertificateRecord::purpose(&id);
    let record = ServerCertificateRecord {
        name: name.clone(),
        path,
        private_key: cx.directory.keyring().seal(key.as_bytes(), &purpose),
        id,
        body,
        chain,
        names: facts.names,
        uploaded: cx.now(),
        expires: facts.expires,
        tags,
        unknown: BTreeMap::new(),
    };
    let count = table::count::<ServerCertificateRecord>(cx.store(), cx.account()).await?;
    if count >= MAX_CERTIFICATES {
        return Err(fault::quota(
            "ServerCertificatesPerAccount",
            MAX_CERTIFICATES,
        ));
    }
    change!(cx, |tx| {
        let there = tx.find::<ServerCertificateRecord>(&folded(&name)).await?;
        if there.is_some() {
            return Err(fault::exists(format!(
                "The Server Certificate with name {name} already exists."
            )));
        }
        tx.put(&folded(&name), &record);
    });
    Ok(UploadServerCertificateResponse {
        server_certificate_metadata: Some(metadata(cx, &record)),
        tags: tags::shown(&record.tags),
    })
}

/// Without the key.
pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetServerCertificateRequest,
) -> Result<GetServerCertificateResponse, Fault> {
    let name = required(input.server_certificate_name, "serverCertificateName")?;
    let record = existing(&mut Changes::new(cx.store(), cx.account()), &name).await?;
    Ok(GetServerCertificateResponse {
        server_certificate: Some(ServerCertificate {
            server_certificate_metadata: Some(metadata(cx, &record)),
            certificate_body: Some(record.body),
            certificate_chain: record.chain,
            tags: tags::shown(&record.tags),
        }),
    })
}

pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListServerCertificatesRequest,
) -> Result<ListServerCertificatesResponse, Fault> {
    let prefix = input.path_prefix.as_deref();
    let list = ["ListServerCertificates", prefix.unwrap_or_default()];
    let page = cx.page(&list, input.marker, input.max_items)?;
    let fits = |record: &ServerCertificateRecord| below(&record.path, prefix);
    let after = page.after.as_deref();
    let (found, more) = table::scan(cx.store(), cx.account(), after, page.size, fits).await?;
    let marker = page.next(more, found.last().map(|it| folded(&it.name)).as_deref());
    let shown = found.iter().map(|it| metadata(cx, it));
    Ok(ListServerCertificatesResponse {
        server_certificate_metadata_list: Some(shown.collect()),
        is_truncated: Some(more),
        marker,
    })
}

/// Another name or path. Listeners know it by its ARN, so those that have it keep their copy of before.
pub(crate) async fn update(
    cx: &Cx<'_>,
    input: UpdateServerCertificateRequest,
) -> Result<(), Fault> {
    let name = required(input.server_certificate_name, "serverCertificateName")?;
    let path = input.new_path.map(|path| checked_path(Some(path)));
    let path = path.transpose()?;
    if let Some(new) = &input.new_server_certificate_name {
        check_name("newServerCertificateName", new, LONGEST_NAME)?;
    }
    change!(cx, |tx| {
        let mut record = existing(&mut tx, &name).await?;
        let before = folded(&record.name);
        if let Some(path) = &path {
            record.path.clone_from(path);
        }
        if let Some(new) = &input.new_server_certificate_name {
            record.name.clone_from(new);
        }
        let after = folded(&record.name);
        if after != before {
            if tx.find::<ServerCertificateRecord>(&after).await?.is_some() {
                let name = &record.name;
                return Err(fault::exists(format!(
                    "The Server Certificate with name {name} already exists."
                )));
            }
            tx.delete::<ServerCertificateRecord>(&before);
        }
        tx.put(&after, &record);
    });
    Ok(())
}

/// Load balancers that have it keep their copy.
pub(crate) async fn delete(
    cx: &Cx<'_>,
    input: DeleteServerCertificateRequest,
) -> Result<(), Fault> {
    let name = required(input.server_certificate_name, "serverCertificateName")?;
    change!(cx, |tx| {
        existing(&mut tx, &name).await?;
        tx.delete::<ServerCertificateRecord>(&folded(&name));
    });
    Ok(())
}

fn metadata(cx: &Cx<'_>, record: &ServerCertificateRecord) -> ServerCertificateMetadata {
    let arn = names::arn(
        cx.account(),
        "server-certificate",
        &record.path,
        &record.name,
    );
    ServerCertificateMetadata {
        path: Some(record.path.clone()),
        server_certificate_name: Some(record.name.clone()),
        server_certificate_id: Some(record.id.clone()),
        arn: Some(cx.seen(arn)),
        upload_date: Some(record.uploaded),
        expiration: Some(record.expires),
    }
}
