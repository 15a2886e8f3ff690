//! What the bytes of a volume, or of the root of an instance, are sealed by, for the host that it is on. Who may ask is found out
//! before (`server`).

use aws_lc_rs::hkdf::{HKDF_SHA512, KeyType, Salt};
use wharf_api_kms::DecryptRequest;
use wharf_base::Arn;
use wharf_planeproto::snapshot::{Keys, SourceKey};
use wharf_records::Record as _;
use wharf_sectors::KEY;
use wharf_wire::{Call, Context};
use zeroize::Zeroizing;

use super::{
    Encryption,
    keys::{bound, decoded, principal, refused},
};
use crate::{
    Ec2Service,
    instances::PERMIT,
    snapshots::{NotTaken, Place, Snapshot, Source},
    volumes::Volume,
};

/// A call of KMS in EC2's own name, for a volume, a snapshot or an instance.
pub fn own_call(service: &Ec2Service, account: &str, region: &str, id: &str) -> Call {
    let now = service.instances.now();
    let context = Context::internal(account, region, &principal(region), now);
    Call::by_controller(context.acting_for(arn_of(account, region, id)), PERMIT)
}

/// ARN of a volume, a snapshot or an instance.
pub(super) fn arn_of(account: &str, region: &str, id: &str) -> String {
    let kind = match id.split_once('-') {
        Some(("snap", _)) => "snapshot",
        Some(("i", _)) => "instance",
        _ => "volume",
    };
    Arn::new("ec2", region, account, format!("{kind}/{id}")).to_string()
}

impl Ec2Service {
    /// Instance id of the host that a volume is attached on, and how it is sealed.
    ///
    /// # Errors
    /// The store's; it is attached to nobody, or not sealed.
    pub async fn sealed_volume(&self, at: &Place) -> Result<(String, Volume), NotTaken> {
        let key = Self::place_key(at, Volume::KIND);
        let found = self.table.read::<Volume>(&key).await?;
        let volume = found.ok_or(NotTaken::Gone)?.record;
        let host = volume.life.host.clone().ok_or(NotTaken::Gone)?;
        // One that is let go while it is being made is made first.
        let life = &volume.life;
        let is_made = life.attachment.is_some() && !life.made && life.moving.is_none();
        match (life.is_attached() || is_made) && volume.encryption.is_some() {
            true => Ok((host, volume)),
            false => Err(NotTaken::Gone),
        }
    }

    /// What its bytes are sealed by, and those that it is made of.
    ///
    /// # Errors
    /// KMS does not open its key: [`NotTaken::Shut`].
    pub async fn keys_of_volume(&self, at: &Place, volume: &Volume) -> Result<Keys, NotTaken> {
        let encryption = volume.encryption.as_ref().ok_or(NotTaken::Gone)?;
        let source = volume.made_of(&at.account);
        self.keys_under(at, encryption, source.as_ref()).await
    }

    /// `source`: what it is still to be made of.
    pub(super) async fn keys_under(
        &self,
        at: &Place,
        encryption: &Encryption,
        source: Option<&Source>,
    ) -> Result<Keys, NotTaken> {
        let own = self.opened(at, encryption, &encryption.sealed, &encryption.origin);
        let own = own.await?;
        let source = match (source, &encryption.source) {
            (None, _) => SourceKey::Same,
            (Some(_), Some(it)) => {
                let key = self.opened(at, encryption, &it.sealed, &it.origin).await?;
                SourceKey::Another(key)
            }
            (Some(source), None) => {
                let of = Place {
                    account: source.owner.clone(),
                    id: source.snapshot.clone(),
                    ..at.clone()
                };
                let key = Self::place_key(&of, Snapshot::KIND);
                let found = self.table.read::<Snapshot>(&key).await?;
                match found.ok_or(NotTaken::Gone)?.record.encryption {
                    Some(_) => SourceKey::Same,
                    None => SourceKey::None,
                }
            }
        };
        Ok(Keys { own, source })
    }

    pub(super) async fn opened(
        &self,
        at: &Place,
        encryption: &Encryption,
        sealed: &str,
        origin: &str,
    ) -> Result<Zeroizing<Vec<u8>>, NotTaken> {
        let call = own_call(self, &at.account, &at.region, &at.id);
        let input = DecryptRequest {
            key_id: Some(encryption.key.clone()),
            ciphertext_blob: Some(decoded(sealed)),
            encryption_context: Some(bound(&encryption.of)),
            ..DecryptRequest::default()
        };
        let opened = self.kms()?.decrypt(&call, input).await;
        let opened = opened.map_err(|fault| match fault.sender {
            true => NotTaken::Shut(refused(fault)),
            false => NotTaken::Failed(fault),
        })?;
        let data_key = Zeroizing::new(opened.plaintext.unwrap_or_default());
        derived(&data_key, origin).ok_or(NotTaken::Missing)
    }
}

struct Long;

impl KeyType for Long {
    fn len(&self) -> usize {
        KEY
    }
}

/// Volumes that share a data key have other bytes for the same content.
fn derived(data_key: &[u8], origin: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; KEY]);
    let secret = Salt::new(HKDF_SHA512, b"wharf ebs volume").extract(data_key);
    let info = [origin.as_bytes()];
    let made = secret.expand(&info, Long).ok()?;
    made.fill(&mut key).ok()?;
    (data_key.len() == KEY).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_volume_has_its_own() {
        let key = |of: &str| derived(&[7; KEY], of).unwrap();
        assert_eq!(key("vol-1"), key("vol-1"));
        assert_ne!(key("vol-1"), key("vol-2"));
        assert!(derived(&[7; 32], "vol-1").is_none());
    }
}
