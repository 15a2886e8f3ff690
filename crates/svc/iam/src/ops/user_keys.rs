//! Public keys of SSH and signing certificates of users, as they were uploaded. A record beside the user's
//! own has both: nobody signs in with them, so requests do not read them.

use wharf_api_iam::{faults, types::*};
use wharf_base::ids;
use wharf_wire::Fault;

use crate::{
    certificate,
    fault::{self, required},
    ops::{Subject, subject},
    records::{SigningCertificateRecord, SshKeyRecord, UserKeysRecord, UserRecord},
    service::Cx,
    ssh_key::{Encoding, RsaKey},
    table::{Changes, change},
};

/// Of one user, as in AWS.
const MAX_SSH_KEYS: usize = 5;
const MAX_CERTIFICATES: usize = 2;

/// A user inside a change, and what it has.
async fn of_user(tx: &mut Changes<'_>, name: &str) -> Result<(UserRecord, UserKeysRecord), Fault> {
    let user = tx.existing::<UserRecord>(name).await?;
    let keys = tx.find::<UserKeysRecord>(&user.id).await?;
    Ok((user, keys.unwrap_or_default()))
}

fn put(tx: &mut Changes<'_>, user: &UserRecord, keys: &UserKeysRecord) {
    match keys.is_empty() {
        true => tx.delete::<UserKeysRecord>(&user.id),
        false => tx.put(&user.id, keys),
    }
}

fn user_of(cx: &Cx<'_>, name: Option<String>) -> Result<String, Fault> {
    match subject(cx, name)? {
        Subject::User(name) => Ok(name),
        Subject::Root => Err(fault::validation(
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

fn status(active: bool) -> Option<String> {
    Some(if active { "Active" } else { "Inactive" }.to_owned())
}

fn is_active(status: &str) -> Result<bool, Fault> {
    match status {
        "Active" => Ok(true),
        "Inactive" => Ok(false),
        other => Err(faults::invalid_input_exception(format!(
            "Invalid status {other}"
        ))),
    }
}

fn no_key(id: &str) -> Fault {
    fault::not_found(format!("The Public Key with id {id} cannot be found."))
}

fn no_certificate(id: &str) -> Fault {
    fault::not_found(format!("The Certificate with id {id} cannot be found."))
}

fn shown(user: &str, key: &SshKeyRecord, encoding: Option<&str>) -> Result<SSHPublicKey, Fault> {
    let (read, own) = RsaKey::read(&key.body)?;
    let (body, form) = match encoding {
        None => (key.body.clone(), own),
        Some("PEM") => (read.write(Encoding::Pem), Encoding::Pem),
        Some(_) => (read.write(Encoding::Ssh), Encoding::Ssh),
    };
    Ok(SSHPublicKey {
        user_name: Some(user.to_owned()),
        ssh_public_key_id: Some(key.id.clone()),
        fingerprint: Some(read.fingerprint(form)),
        ssh_public_key_body: Some(body),
        status: status(key.active),
        upload_date: Some(key.uploaded),
    })
}

pub(crate) async fn upload_ssh(
    cx: &Cx<'_>,
    input: UploadSSHPublicKeyRequest,
) -> Result<UploadSSHPublicKeyResponse, Fault> {
    let name = required(input.user_name, "userName")?;
    let body = required(input.ssh_public_key_body, "sshPublicKeyBody")?;
    let (new, _) = RsaKey::read(&body)?;
    let record = SshKeyRecord {
        id: ids::iam_id("APKA", 20),
        body,
        active: true,
        uploaded: cx.now(),
    };
    change!(cx, |tx| {
        let (user, mut keys) = of_user(&mut tx, &name).await?;
        if keys.ssh.len() >= MAX_SSH_KEYS {
            return Err(fault::quota("SSHPublicKeysPerUser", MAX_SSH_KEYS));
        }
        let same = |it: &SshKeyRecord| RsaKey::read(&it.body).is_ok_and(|(key, _)| key == new);
        if keys.ssh.iter().any(same) {
            return Err(faults::duplicate_ssh_public_key_exception(
                "The SSH public key is already associated with the specified IAM user.",
            ));
        }
        keys.ssh.push(record.clone());
        put(&mut tx, &user, &keys);
    });
    Ok(UploadSSHPublicKeyResponse {
        ssh_public_key: Some(shown(&name, &record, None)?),
    })
}

pub(crate) async fn get_ssh(
    cx: &Cx<'_>,
    input: GetSSHPublicKeyRequest,
) -> Result<GetSSHPublicKeyResponse, Fault> {
    let name = required(input.user_name, "userName")?;
    let id = required(input.ssh_public_key_id, "sshPublicKeyId")?;
    let encoding = required(input.encoding, "encoding")?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let (_, keys) = of_user(&mut tx, &name).await?;
    let key = keys.ssh.iter().find(|it| it.id == id);
    let key = key.ok_or_else(|| no_key(&id))?;
    Ok(GetSSHPublicKeyResponse {
        ssh_public_key: Some(shown(&name, key, Some(&encoding))?),
    })
}

pub(crate) async fn list_ssh(
    cx: &Cx<'_>,
    input: ListSSHPublicKeysRequest,
) -> Result<ListSSHPublicKeysResponse, Fault> {
    let name = user_of(cx, input.user_name)?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let (user, mut keys) = of_user(&mut tx, &name).await?;
    let page = cx.page(
        &["ListSSHPublicKeys", &user.id],
        input.marker,
        input.max_items,
    )?;
    keys.ssh.sort_by(|a, b| a.id.cmp(&b.id));
    let (found, marker) = page.cut(keys.ssh, |it| &it.id);
    let shown = found.into_iter().map(|key| SSHPublicKeyMetadata {
        user_name: Some(user.name.clone()),
        ssh_public_key_id: Some(key.id),
        status: status(key.active),
        upload_date: Some(key.uploaded),
    });
    Ok(ListSSHPublicKeysResponse {
        ssh_public_keys: Some(shown.collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

pub(crate) async fn update_ssh(cx: &Cx<'_>, input: UpdateSSHPublicKeyRequest) -> Result<(), Fault> {
    let name = required(input.user_name, "userName")?;
    let id = required(input.ssh_public_key_id, "sshPublicKeyId")?;
    let active = is_active(&required(input.status, "status")?)?;
    change!(cx, |tx| {
        let (user, mut keys) = of_user(&mut tx, &name).await?;
        let key = keys.ssh.iter_mut().find(|it| it.id == id);
        key.ok_or_else(|| no_key(&id))?.active = active;
        put(&mut tx, &user, &keys);
    });
    Ok(())
}

pub(crate) async fn delete_ssh(cx: &Cx<'_>, input: DeleteSSHPublicKeyRequest) -> Result<(), Fault> {
    let name = required(input.user_name, "userName")?;
    let id = required(input.ssh_public_key_id, "sshPublicKeyId")?;
    change!(cx, |tx| {
        let (user, mut keys) = of_user(&mut tx, &name).await?;
        let place = keys.ssh.iter().position(|it| it.id == id);
        keys.ssh.remove(place.ok_or_else(|| no_key(&id))?);
        put(&mut tx, &user, &keys);
    });
    Ok(())
}

fn described(user: &str, record: &SigningCertificateRecord) -> SigningCertificate {
    SigningCertificate {
        user_name: Some(user.to_owned()),
        certificate_id: Some(record.id.clone()),
        certificate_body: Some(record.body.clone()),
        status: status(record.active),
        upload_date: Some(record.uploaded),
    }
}

pub(crate) async fn upload_certificate(
    cx: &Cx<'_>,
    input: UploadSigningCertificateRequest,
) -> Result<UploadSigningCertificateResponse, Fault> {
    let name = user_of(cx, input.user_name)?;
    let body = required(input.certificate_body, "certificateBody")?;
    let identity = certificate::identity(&body)?;
    let record = SigningCertificateRecord {
        id: ids::iam_id("", 32),
        body,
        active: true,
        uploaded: cx.now(),
    };
    let user = change!(cx, |tx| {
        let (user, mut keys) = of_user(&mut tx, &name).await?;
        let same = |it: &SigningCertificateRecord| {
            certificate::identity(&it.body).is_ok_and(|it| it == identity)
        };
        if let Some(before) = keys.certificates.iter().find(|it| same(it)) {
            return Err(faults::duplicate_certificate_exception(format!(
                "The certificate is already there under the id {}.",
                before.id
            )));
        }
        if keys.certificates.len() >= MAX_CERTIFICATES {
            return Err(fault::quota("CertificatesPerUser", MAX_CERTIFICATES));
        }
        keys.certificates.push(record.clone());
        put(&mut tx, &user, &keys);
        user
    });
    Ok(UploadSigningCertificateResponse {
        certificate: Some(described(&user.name, &record)),
    })
}

pub(crate) async fn list_certificates(
    cx: &Cx<'_>,
    input: ListSigningCertificatesRequest,
) -> Result<ListSigningCertificatesResponse, Fault> {
    let Subject::User(name) = subject(cx, input.user_name)? else {
        // Root has none.
        return Ok(ListSigningCertificatesResponse {
            certificates: Some(Vec::new()),
            is_truncated: Some(false),
            marker: None,
        });
    };
    let mut tx = Changes::new(cx.store(), cx.account());
    let (user, mut keys) = of_user(&mut tx, &name).await?;
    let list = ["ListSigningCertificates", &user.id];
    let page = cx.page(&list, input.marker, input.max_items)?;
    keys.certificates.sort_by(|a, b| a.id.cmp(&b.id));
    let (found, marker) = page.cut(keys.certificates, |it| &it.id);
    let shown = found.iter().map(|it| described(&user.name, it));
    Ok(ListSigningCertificatesResponse {
        certificates: Some(shown.collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

pub(crate) async fn update_certificate(
    cx: &Cx<'_>,
    input: UpdateSigningCertificateRequest,
) -> Result<(), Fault> {
    let name = user_of(cx, input.user_name)?;
    let id = required(input.certificate_id, "certificateId")?;
    let active = is_active(&required(input.status, "status")?)?;
    change!(cx, |tx| {
        let (user, mut keys) = of_user(&mut tx, &name).await?;
        let found = keys.certificates.iter_mut().find(|it| it.id == id);
        found.ok_or_else(|| no_certificate(&id))?.active = active;
        put(&mut tx, &user, &keys);
    });
    Ok(())
}

pub(crate) async fn delete_certificate(
    cx: &Cx<'_>,
    input: DeleteSigningCertificateRequest,
) -> Result<(), Fault> {
    let name = user_of(cx, input.user_name)?;
    let id = required(input.certificate_id, "certificateId")?;
    change!(cx, |tx| {
        let (user, mut keys) = of_user(&mut tx, &name).await?;
        let place = keys.certificates.iter().position(|it| it.id == id);
        keys.certificates
            .remove(place.ok_or_else(|| no_certificate(&id))?);
        put(&mut tx, &user, &keys);
    });
    Ok(())
}
